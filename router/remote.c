/* remote.c - handing stanzas to other domains' servers: on the one output stream of each pair of domains, or in a queue
 * while it opens, and what becomes of the queue when it cannot be opened (6120 10.1, 10.4). */
#include "state.h"

enum { BACKOFF_QUEUED_US = 60000000 }; /* a stanza waits for an attempt that begins within this time, no longer */

/* What a stanza for another domain meets. */
enum way {
    WAY_READY,   /* the stream takes it */
    WAY_QUEUE,   /* it waits in the pair's queue */
    WAY_BACKOFF, /* the next attempt is too far away */
    WAY_BARRED,  /* nothing goes to other servers at all */
    WAY_NONE     /* there is no room for one more stream */
};

static enum way way_open(struct router *r, struct pair *pair) {
    if (stream_open(r, pair, true))
        return WAY_QUEUE;
    pair_tidy(r, pair);
    return WAY_NONE;
}

/* An attempt begins at once where none had to wait, or where the time to wait is over. */
static enum way way_in_state(struct router *r, struct slice host, struct pair *pair) {
    if (pair->state == STREAM_READY) {
        mark(r, host, RULE_s2s_existing);
        stream_used(r, pair);
        return WAY_READY;
    }
    if (pair->state > STREAM_WAITING)
        return WAY_QUEUE;
    if (pair->backoff_us == 0 || pair->due_us <= r->now_us)
        return way_open(r, pair);
    mark(r, host, RULE_s2s_reconnect);
    if (pair->due_us - r->now_us > BACKOFF_QUEUED_US)
        return WAY_BACKOFF;
    stream_await(r, pair);
    return WAY_QUEUE;
}

/* The way from a served domain to another one. pair: receives what there is between the two, unless it is WAY_NONE. */
static enum way way_to(struct router *r, struct slice host, struct slice domain, struct pair **pair) {
    struct jid_parts parts;
    struct host *local = host_find(r, host);
    struct jid *remote = jid_find_text(&r->jids, domain);
    *pair = local == NULL || remote == NULL ? NULL : pair_find(local, remote);
    if (*pair != NULL)
        return way_in_state(r, host, *pair);
    if (local == NULL || jid_prepare(domain, &parts) != ROUTER_OK)
        return WAY_NONE;
    remote = jid_take(&r->jids, &parts);
    *pair = remote == NULL ? NULL : pair_take(r, local, remote);
    jid_release(&r->jids, remote);
    if (*pair != NULL)
        return way_open(r, *pair);
    r->failed = true;
    return WAY_NONE;
}

static bool enqueue(struct router *r, struct pair *pair, const struct stanza *st, const struct input *in,
                    struct slice from, struct slice to) {
    if (pair->queue.count >= r->policy->value[KNOB_s2s_queue_max])
        return false;
    struct kept *kept = kept_new(r, st, from, to);
    if (kept == NULL)
        return false;
    kept->origin = in->origin;
    kept_append(&pair->queue, kept);
    effect(r, ROUTER_MARK, in->host, RULE_s2s_queue)->to = router_text_copy(r, jid_slice(pair->remote));
    return true;
}

uint32_t send_to_remote(struct router *r, const struct input *in, enum stanza_kind kind, struct slice *text) {
    struct pair *pair;
    const bool barred = knob_is(r, KNOB_s2s_enable, 1);
    const enum way way = barred ? WAY_BARRED : way_to(r, in->host, in->who.domain, &pair);
    if (way == WAY_READY)
        return pair->port;
    struct input own = *in;
    own.origin = STATE_BY_SERVER;
    /* The queue keeps stanzas by their parts, so that each can be bounced. */
    const struct stanza st = stanza_cut(*text, kind);
    if (way == WAY_QUEUE &&
        enqueue(r, pair, &st, &own, attribute_value(r, st.start, "from"), attribute_value(r, st.start, "to")))
        return 0;
    if (way != WAY_BACKOFF)
        mark(r, in->host, way == WAY_BARRED ? RULE_s2s_denied : RULE_s2s_queue_full);
    *text = (struct slice){NULL, 0};
    return 0;
}

/* ---- what cannot be handed on ---- */

/* What a failure means for those whose stanzas cannot be handed on (6120 10.4.3). returns the departure that says so. */
static const char *map_failure(const struct router *r, const struct pair *pair, int rule, struct input *in) {
    static const char *const auth_types[] = {"cancel", "auth", "wait"};
    const char *unheard = rule == RULE_s2s_fail_stream && pair->unheard
                              ? departs(r, ALTERNATIVE_s2s_fail_stream_not_found_unheard)
                              : NULL;
    const char *refused = rule == RULE_s2s_fail_connect && pair->refused
                              ? departs(r, ALTERNATIVE_s2s_fail_connect_refused_unavailable)
                              : NULL;
    in->mapped = CONDITION_REMOTE_SERVER_TIMEOUT;
    if (refused != NULL)
        in->mapped = CONDITION_SERVICE_UNAVAILABLE;
    else if (rule == RULE_s2s_fail_resolve)
        in->mapped = CONDITION_REMOTE_SERVER_NOT_FOUND;
    else if (rule == RULE_s2s_fail_connect && knob_is(r, KNOB_s2s_tcp_fail, 1))
        in->mapped = CONDITION_REMOTE_SERVER_NOT_FOUND;
    else if (unheard != NULL)
        in->mapped = CONDITION_REMOTE_SERVER_NOT_FOUND;
    else if (rule == RULE_s2s_fail_dialback_invalid && knob_is(r, KNOB_s2s_dialback_invalid, 1))
        in->mapped = CONDITION_INTERNAL_SERVER_ERROR;
    else if (rule == RULE_s2s_fail_auth)
        in->mapped_type = auth_types[r->policy->value[KNOB_s2s_auth_fail_type]];
    return refused != NULL ? refused : unheard;
}

/* to: whom it was for. A request that could not be handed on may change its sender's roster (6121 3.1.2). */
static void give_back(struct router *r, struct input *in, struct slice to) {
    decide(r, in, STAGE_UNROUTED, in->origin);
    struct jid_parts parts;
    struct stanza st = *in->st;
    if (st.kind != STANZA_SUBSCRIBE || in->origin != STATE_BY_CLIENT || jid_prepare(to, &parts) != ROUTER_OK)
        return;
    struct input failed = *in;
    st.to = (struct slice){parts.text, parts.size};
    failed.st = &st;
    subscription_failed(r, &failed);
}

/* There is no room for it, in the queue or for one more stream. */
static void refuse_to_queue(struct router *r, struct input *in, struct slice to) {
    const bool timeout = knob_is(r, KNOB_s2s_queue_full, 1);
    in->mapped = timeout ? CONDITION_REMOTE_SERVER_TIMEOUT : CONDITION_RESOURCE_CONSTRAINT;
    mark(r, in->host, RULE_s2s_queue_full);
    give_back(r, in, to);
}

void route(struct router *r, struct input *in, const struct decision *d) {
    const struct slice to = in->to.data != NULL ? in->to : in->st->to;
    struct pair *pair;
    const enum way way = way_to(r, in->host, in->to_parts->domain, &pair);
    const bool ready = way == WAY_READY;
    if (way == WAY_BACKOFF) {
        (void)map_failure(r, pair, pair->failure, in);
        give_back(r, in, to);
        return;
    }
    if (!ready && (way == WAY_NONE || !enqueue(r, pair, in->st, in, in->from, to))) {
        refuse_to_queue(r, in, to);
        return;
    }
    const struct slice text = ready ? write_copy(r, in, (struct slice){NULL, 0}) : (struct slice){NULL, 0};
    struct router_effect *e = fate(r, in, ROUTER_ROUTE, d);
    e->port = ready ? pair->port : 0;
    e->to = router_text_copy(r, to);
    e->bytes = text;
}

/* ---- what waited ---- */

/* A stanza that waited, as an input again; its texts are copied to outlive the queue. */
static void revive(struct router *r, const struct pair *pair, const struct kept *kept, struct stanza *st,
                   struct input *in) {
    kept_stanza(kept, st);
    st->to = router_text_copy(r, st->to);
    *in = (struct input){.st = st, .origin = kept->origin, .host = jid_slice(pair->local->jid)};
    in->from = router_text_copy(r, kept->from);
    in->who = who_is(in->from);
    if (kept->has_to)
        in->to = st->to;
}

void queue_write(struct router *r, struct pair *pair) {
    for (struct kept *kept; (kept = kept_shift(&pair->queue)) != NULL;) {
        struct stanza st;
        struct input in;
        revive(r, pair, kept, &st, &in);
        const struct slice text = write_copy(r, &in, (struct slice){NULL, 0});
        struct router_effect *e = effect(r, ROUTER_WRITE, in.host, -1);
        e->port = pair->port;
        e->bytes = text;
        e->to = router_text_copy(r, jid_slice(pair->remote));
        kept_free(r, kept);
    }
}

void queue_fail(struct router *r, const struct pair *pair, struct kept_list queue, int rule) {
    for (struct kept *kept; (kept = kept_shift(&queue)) != NULL;) {
        struct stanza st;
        struct input in;
        revive(r, pair, kept, &st, &in);
        const char *departure = map_failure(r, pair, rule, &in);
        effect(r, ROUTER_MARK, in.host, rule)->departure = departure;
        give_back(r, &in, st.to);
        kept_free(r, kept);
    }
}
