/* watch_streams.c - what the checks of a run's log must know of streams: on which one a stanza came, what went before
 * it there, and which stanza of a client's it was before another server sent it on. */
#include "watch.h"

struct slice drill_domain(const char *jid) {
    size_t size = bare_size(jid);
    const char *at = memchr(jid, '@', size);
    size_t before = at == NULL ? 0 : (size_t)(at + 1 - jid);
    return (struct slice){.data = jid + before, .size = size - before};
}

uint32_t *drill_lane(struct watch *w, int from, int to) {
    struct lane **bucket = &w->lanes[((unsigned)from * 31u + (unsigned)to) % LANE_BUCKETS];
    for (struct lane *lane = *bucket; lane != NULL; lane = lane->next) {
        if (lane->from == from && lane->to == to) {
            return &lane->number;
        }
    }
    struct lane *lane = drill_run_take(w->run, sizeof *lane);
    if (lane == NULL) {
        return NULL;
    }
    *lane = (struct lane){.next = *bucket, .from = from, .to = to};
    *bucket = lane;
    return &lane->number;
}

/* Streams of clients have the clients' numbers, those from other servers have numbers behind them. */
static int stream_of(struct watch *w, const struct world_event *enter) {
    if (enter->client >= 0) {
        return enter->client;
    }
    if (enter->from == NULL || enter->host == NULL) {
        return -1;
    }
    struct slice from = drill_domain(enter->from);
    for (struct peer *peer = w->peers; peer != NULL; peer = peer->next) {
        if (slice_equals(from, peer->from, peer->from_size) && strcmp(peer->host, enter->host) == 0) {
            return peer->number;
        }
    }
    struct peer *peer = drill_run_take(w->run, sizeof *peer);
    if (peer == NULL) {
        return -1;
    }
    *peer = (struct peer){.next = w->peers, .from = from.data, .from_size = from.size, .host = enter->host};
    peer->number = w->peers == NULL ? (int)w->run->client_count : w->peers->number + 1;
    w->peers = peer;
    return peer->number;
}

static void follow_input(struct watch *w) {
    w->before_it = 0;
    uint32_t *last = w->stream < 0 ? NULL : drill_lane(w, w->stream, -1);
    if (last != NULL) {
        w->before_it = *last;
        *last = w->event->number;
    }
}

/* ---------------------------------------------------------------------------------- from one server to another ---- */

static struct tie *between(struct watch *w, struct slice from, struct slice to) {
    return from.size == 0 || to.size == 0 ? NULL : drill_tie_for(w, from.data, from.size, to.data, to.size);
}

static struct slice whole(const char *text) {
    return (struct slice){.data = text, .size = text == NULL ? 0 : strlen(text)};
}

static bool wants_to_know(enum stanza_kind kind) {
    return !is_unanswerable(kind) && kind != STANZA_PROBE;
}

static void follow_route(struct watch *w) {
    const struct world_event *event = w->event, *enter = w->enter;
    bool own = is_copy(w) || is_subscription(enter->stanza_kind);
    const char *full = enter->client < 0 ? NULL : w->full[enter->client];
    if (full == NULL || !own || !w->to.good || w->to.here) {
        return;
    }
    if (event->stanza == NULL && wants_to_know(enter->stanza_kind)) {
        w->saw[event->number] |= SAW_WAIT;
    }
    struct tie *tie = is_copy(w) ? drill_tie_for(w, full, strlen(full), w->to.bare.data, w->to.bare.size) : NULL;
    struct sent *sent = tie == NULL ? NULL : drill_run_take(w->run, sizeof *sent);
    if (sent == NULL) {
        return;
    }
    sent->number = event->number;
    if (tie->last_sent == NULL) {
        tie->first_sent = sent;
    } else {
        tie->last_sent->next = sent;
    }
    tie->last_sent = sent;
}

static bool is_same_stanza(const struct watch *w, const struct sent *sent) {
    const struct world_event *before = drill_run_enter(w->run, sent->number);
    return before->stanza_kind == w->event->stanza_kind && same(before->id, w->event->id);
}

/* Of several that look alike the oldest is taken, so that nothing is held against a server that kept their order. */
static void follow_arrival(struct watch *w) {
    const char *from = w->event->from;
    struct tie *tie =
        from == NULL || !w->to.good ? NULL : drill_tie(w, from, strlen(from), w->to.bare.data, w->to.bare.size);
    struct sent *sent = tie == NULL ? NULL : tie->first_sent;
    while (sent != NULL && (sent->arrived || !is_same_stanza(w, sent))) {
        sent = sent->next;
    }
    if (sent == NULL) {
        return;
    }
    sent->arrived = true;
    w->original = sent->number;
    w->follows = sent != tie->first_sent;
    for (const struct sent *later = sent->next; later != NULL; later = later->next) {
        w->overtook = w->overtook || later->arrived;
    }
    while (tie->first_sent != NULL && tie->first_sent != tie->last_sent && tie->first_sent->arrived &&
           tie->first_sent->next->arrived) {
        tie->first_sent = tie->first_sent->next;
    }
}

/* A stream's end is told by the one who ends it. */
static void follow_link(struct watch *w) {
    const struct world_event *event = w->event;
    bool closed = event->kind == WORLD_EFFECT && event->effect == ROUTER_CLOSE && event->client < 0;
    bool link = event->kind == WORLD_OPEN || event->kind == WORLD_READY || event->kind == WORLD_FAILED;
    if ((!closed && !link) || event->target == NULL || event->host == NULL) {
        return;
    }
    struct slice host = whole(event->host), other = whole(event->target);
    struct tie *tie = closed ? between(w, other, host) : between(w, host, other);
    if (tie == NULL) {
        return;
    }
    w->reopened = event->kind == WORLD_OPEN && tie->open;
    tie->open = event->kind == WORLD_OPEN || event->kind == WORLD_READY;
    tie->ready = event->kind == WORLD_READY;
    tie->used = tie->used && tie->open;
    tie->failed = event->kind == WORLD_FAILED ? w->index : tie->failed;
}

void drill_watch_streams(struct watch *w) {
    w->overtook = w->follows = w->reopened = false;
    w->original = 0;
    w->stream = w->enter == NULL ? -1 : stream_of(w, w->enter);
    follow_link(w);
    if (is_enter(w)) {
        follow_input(w);
        if (w->event->client < 0) {
            follow_arrival(w);
        }
    } else if (is_effect(w, ROUTER_ROUTE)) {
        follow_route(w);
    }
}
