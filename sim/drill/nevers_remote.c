/* nevers_remote.c - what must never happen between servers: on which stream stanzas travel, what comes of those that
 * cannot, and what is done with those that come in (6120 10.4). */
#include "watch.h"

static struct tie *stream_to(const struct watch *w, const char *host, struct slice domain) {
    return drill_tie(w, host, strlen(host), domain.data, domain.size);
}

/* The tie of the domains that a stanza is routed between. */
static struct tie *route_of(const struct watch *w) {
    if (!is_effect(w, ROUTER_ROUTE) || w->event->target == NULL) {
        return NULL;
    }
    const struct slice domain = is_copy(w) && w->to.good ? w->to.domain : drill_domain(w->event->target);
    return stream_to(w, w->event->host, domain);
}

static enum finding one_stream_a_pair(const struct watch *w) {
    if (w->event->kind == WORLD_OPEN) {
        return w->reopened && is_opened_here(w) ? BROKEN : SILENT;
    }
    struct tie *tie = route_of(w);
    if (tie == NULL || !tie->open) {
        return SILENT;
    }
    const bool again = tie->used;
    tie->used = true;
    return again ? TEMPTED : SILENT;
}

/* A stream is opened under the two names that the log gives it, and a stanza waits for it or takes it. */
static enum finding from_the_senders_domain(const struct watch *w) {
    if (w->event->kind == WORLD_OPEN) {
        const bool named = w->event->host != NULL && w->event->target != NULL;
        return is_opened_here(w) ? kept_if(named && !drill_served_here(w, w->event->target)) : SILENT;
    }
    if (!is_effect(w, ROUTER_ROUTE) || !is_copy(w) || w->sender < 0) {
        return SILENT;
    }
    const struct tie *tie = route_of(w);
    const struct slice domain = drill_domain(sender_bare(w).data);
    return kept_if(tie != NULL && tie->opened && slice_equals(domain, w->event->host, strlen(w->event->host)));
}

/* What is written at once needs a stream that was opened from here; that it has been closed at its other end may not be
 * known here yet. */
static enum finding not_back_on_an_input(const struct watch *w) {
    if (!is_effect(w, ROUTER_ROUTE) || w->event->stanza == NULL || w->event->target == NULL) {
        return SILENT;
    }
    const struct tie *tie = route_of(w);
    if (tie == NULL || !tie->verified) {
        return BROKEN;
    }
    const struct slice host = {.data = w->event->host, .size = strlen(w->event->host)};
    const struct tie *back = drill_tie(w, tie->entity, strlen(tie->entity), host.data, host.size);
    return back != NULL && back->ready ? TEMPTED : SILENT;
}

/* Whether a stanza came from a server of the script's, which stamps what its clients send, though not what its
 * components do, and does so as the text has it: where a profile departs from that, only the sending server's part of
 * the log says so. */
static bool is_from_server(const struct watch *w) {
    if (!is_enter(w) || !w->crossed || w->played || w->event->from == NULL) {
        return false;
    }
    char domain[1024];
    const struct slice from = drill_domain(w->event->from);
    if (from.size == 0 || from.size >= sizeof domain || drill_is_component(w, from)) {
        return false;
    }
    memcpy(domain, from.data, from.size);
    domain[from.size] = '\0';
    const int server = world_host(w->run->world, domain);
    struct router_departure departure;
    return server >= 0 && !policy_departure(w->run->policies[server], 0, &departure);
}

/* At its other end a stanza does not show what the profile of the server that sent it departs from. */
static enum finding subscriptions_from_bare(const struct watch *w) {
    if (w->departed || !is_enter(w) || !is_subscription(w->event->stanza_kind) || !is_from_server(w)) {
        return SILENT;
    }
    return kept_if(strchr(w->event->from, '/') == NULL);
}

/* What waited for a stream that could not be opened comes back. */
static enum finding sender_hears_of_failure(const struct watch *w) {
    return saw(w, SAW_WAIT) && saw(w, SAW_UNROUTED) ? kept_if(saw(w, SAW_BOUNCE | SAW_LOST)) : SILENT;
}

/* --------------------------------------------------------------------------------------------------- coming in ---- */

static bool is_for_us(const struct watch *w) {
    return w->crossed && w->to.here;
}

static enum finding as_if_local(const struct watch *w) {
    if (!is_for_us(w) || w->event->rule < 0 || rule_is_of(w, "entry")) {
        return SILENT;
    }
    return kept_if(!rule_is_of(w, "noto") && (!rule_is_of(w, "remote") || !is_passed_on(w)));
}

static bool is_connected(const struct watch *w, struct slice full) {
    for (size_t i = 0; i < w->run->client_count; i++) {
        if (w->full[i] != NULL && slice_equals(full, w->full[i], strlen(w->full[i]))) {
            return true;
        }
    }
    return false;
}

static enum finding errors_come_through(const struct watch *w) {
    if (!is_for_us(w) || !is_unanswerable(w->enter->stanza_kind) || w->enter->stanza_kind == STANZA_RESULT ||
        !w->to.local || !w->to.resource || rule_is_of(w, "entry") || !is_connected(w, w->to.full)) {
        return SILENT;
    }
    return kept_if(is_effect(w, ROUTER_DELIVER) && w->event->target != NULL &&
                   slice_equals(w->to.full, w->event->target, strlen(w->event->target)));
}

const struct never drill_nevers_remote[] = {
    {"s2s.single", one_stream_a_pair, ON_OTHER | ON(ROUTE)},
    {"s2s.header-from", from_the_senders_domain, ON_OTHER | ON(ROUTE)},
    {"s2s.direction", not_back_on_an_input, ON(ROUTE)},
    {"s2s.subscription-from", subscriptions_from_bare, ON_ENTER},
    {"s2s.fail.any", sender_hears_of_failure, ON_LATE},
    {"s2s.recv.deliver", as_if_local, ON(DELIVER) | ON(ROUTE) | ON(STORE) | ON(BOUNCE) | ON(ANSWER) | ON(HANDLE)},
    {"s2s.recv.error-back", errors_come_through, ON(DELIVER) | ON(DROP) | ON(STORE) | ON(BOUNCE) | ON(HANDLE)},
    {NULL, NULL, 0},
};
