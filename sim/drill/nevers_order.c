/* nevers_order.c - what must never happen to the order of stanzas: within one input stream and for one recipient,
 * whose bare and full JID count as one, it is kept (6120 10.1). */
#include "watch.h"

static enum finding one_after_the_other(const struct watch *w) {
    if (w->before_it == 0) {
        return SILENT;
    }
    return kept_if((w->saw[w->before_it] & SAW_FATE) != 0);
}

/* A lane's numbers never fall: those of the stanzas that took it, one after the other. */
static enum finding in_lane(const struct watch *w, int from, int to) {
    uint32_t *last = from < 0 ? NULL : drill_lane(w->self, from, to);
    if (last == NULL) {
        return SILENT;
    }
    bool later = w->event->number > *last;
    enum finding finding = w->event->number < *last ? BROKEN : later && *last > 0 ? TEMPTED : SILENT;
    *last = w->event->number;
    return finding;
}

static enum finding to_local_recipient(const struct watch *w, bool from_client) {
    if (!is_passed_on(w) || w->event->client < 0 || w->crossed == from_client) {
        return SILENT;
    }
    return in_lane(w, w->stream, w->event->client);
}

static enum finding client_to_local(const struct watch *w) {
    return to_local_recipient(w, true);
}

static enum finding peer_to_local(const struct watch *w) {
    return to_local_recipient(w, false);
}

/* Where the streams of two servers meet, the order that counts is the one in which they arrive. */
static enum finding client_to_remote(const struct watch *w) {
    if (w->original == 0 || (w->saw[w->original] & SAW_DEPARTURE)) {
        return SILENT;
    }
    if (!is_enter(w)) {
        return in_lane(w, w->stream, drill_stream(w->self, w->to.domain, w->enter->host));
    }
    return w->overtook ? BROKEN : w->follows ? TEMPTED : SILENT;
}

static bool is_for_own_server(const struct watch *w) {
    if (w->sender < 0 || (!is_message(w->enter->stanza_kind) && !is_iq(w->enter->stanza_kind))) {
        return false;
    }
    struct slice own = sender_bare(w);
    return w->enter->to == NULL || (w->to.here && (!w->to.local || slice_equals(w->to.bare, own.data, own.size)));
}

enum { TO_SERVER = -2 };

static enum finding direct(const struct watch *w) {
    return w->enter != NULL && is_for_own_server(w) ? in_lane(w, w->stream, TO_SERVER) : SILENT;
}

/* A roster set is done with, its answer and its pushes included, before the stream's next stanza is looked at. */
static enum finding done_before_next(const struct watch *w) {
    const struct world_event *before = is_enter(w) ? drill_run_enter(w->run, w->before_it) : w->enter;
    if (before == NULL || !is_user(w, before->client) || before->stanza_kind != STANZA_SET || before->to != NULL) {
        return SILENT;
    }
    if (is_enter(w)) {
        return TEMPTED;
    }
    return w->last_enter[before->client] > w->event->number ? BROKEN : SILENT;
}

const struct never drill_nevers_order[] = {
    {"in.order.stream", one_after_the_other, ON_ENTER},
    {"in.order.barrier", done_before_next, ON_ENTER | ON(ANSWER) | ON(PUSH)},
    {"in.order.local", client_to_local, ON(DELIVER) | ON(HAND)},
    {"in.order.remote", client_to_remote, ON_ENTER | ON_ARRIVE},
    {"in.order.fromremote", peer_to_local, ON(DELIVER) | ON(HAND)},
    {"in.order.direct", direct, ON(ANSWER) | ON(BOUNCE) | ON(HANDLE)},
    {NULL, NULL, 0},
};
