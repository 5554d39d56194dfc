/* watch_streams.c - what the checks of a run's log must know of streams: on which one a stanza came, what went before
 * it there, and which stanza of a client's it was before another server sent it on. */
#include "watch.h"

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

int drill_stream(struct watch *w, struct slice domain, const char *host) {
    struct tie *tie = drill_tie_for(w, domain.data, domain.size, host, strlen(host));
    if (tie != NULL && tie->stream == 0) {
        tie->stream = (int)w->run->client_count + ++w->stream_count;
    }
    return tie == NULL ? -1 : tie->stream;
}

/* Streams of clients have the clients' numbers, those from other servers have numbers behind them. */
static int stream_of(struct watch *w, const struct world_event *enter) {
    if (enter->client >= 0) {
        return enter->client;
    }
    return enter->from == NULL || enter->host == NULL ? -1 : drill_stream(w, drill_domain(enter->from), enter->host);
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

static void wait_for(struct watch *w, struct tie *tie) {
    struct sent *sent = tie == NULL ? NULL : drill_run_take(w->run, sizeof *sent);
    if (sent != NULL) {
        *sent = (struct sent){.next = tie->waiting, .number = w->event->number};
        tie->waiting = sent;
    }
}

/* Whether a stanza can be told from others when it arrives: presence without an id looks like a broadcast. */
static bool is_known_again(const struct watch *w) {
    const enum stanza_kind kind = w->enter->stanza_kind;
    return is_copy(w) && (w->enter->id != NULL || (kind != STANZA_AVAILABLE && kind != STANZA_UNAVAILABLE));
}

static void follow_route(struct watch *w) {
    const struct world_event *event = w->event, *enter = w->enter;
    bool own = is_copy(w) || is_subscription(enter->stanza_kind);
    const char *full = sender_full(w);
    if (full == NULL || !own || !w->to.good || w->to.here) {
        return;
    }
    if (event->stanza == NULL && wants_to_know(enter->stanza_kind)) {
        w->saw[event->number] |= SAW_WAIT;
        wait_for(w, between(w, whole(event->host), w->to.domain));
    }
    if (!is_known_again(w)) {
        return;
    }
    w->saw[event->number] |= SAW_ROUTED;
    struct tie *tie = drill_tie_for(w, full, strlen(full), w->to.bare.data, w->to.bare.size);
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
    const bool over = (w->saw[sent->number] & (SAW_LOST | SAW_BOUNCE | SAW_DROP)) != 0;
    return !over && before->stanza_kind == w->event->stanza_kind && before->cause == w->event->cause &&
           same(before->id, w->event->id);
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
    w->saw[sent->number] |= SAW_ARRIVED;
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

/* What waited for a stream that did not open. */
static void follow_failure(struct watch *w, const struct tie *tie) {
    for (const struct sent *sent = tie->waiting; sent != NULL; sent = sent->next) {
        w->saw[sent->number] |= SAW_UNROUTED;
    }
}

static void follow_link(struct watch *w) {
    const struct world_event *event = w->event;
    const bool ended = event->kind == WORLD_FAILED || event->kind == WORLD_CLOSED;
    const bool step = event->kind == WORLD_STEP;
    if ((event->kind != WORLD_OPEN && event->kind != WORLD_READY && !step && !ended) || event->target == NULL ||
        event->host == NULL) {
        return;
    }
    struct tie *tie = between(w, whole(event->host), whole(event->target));
    if (tie == NULL || step) {
        /* One more pair of domains on a peer's stream. */
        if (tie != NULL && strcmp(event->text, "pair") == 0) {
            tie->verified = true;
        }
        return;
    }
    if (ended && !tie->ready) {
        follow_failure(w, tie);
    }
    w->reopened = event->kind == WORLD_OPEN && tie->open;
    tie->waiting = event->kind == WORLD_OPEN ? tie->waiting : NULL;
    tie->open = !ended;
    tie->opened = true;
    tie->ready = event->kind == WORLD_READY;
    tie->verified = tie->verified || tie->ready;
    tie->used = tie->used && tie->open;
}

static bool is_of_peer(const struct watch *w, int client, struct slice domain) {
    const struct actor *peer = &w->run->actors[w->run->actor_of[client]];
    bool own = slice_equals(domain, peer->bare, strlen(peer->bare));
    for (size_t i = 0; peer->also != NULL && peer->also[i] != NULL && !own; i++) {
        own = slice_equals(domain, peer->also[i], strlen(peer->also[i]));
    }
    return own;
}

/* What a server may not pass on; to the peer itself an error may go back. */
static void follow_foreign(struct watch *w) {
    const bool foreign = w->crossed && w->to.good && !w->to.served;
    if (foreign && !(w->played && is_of_peer(w, drill_run_peer(w->run, w->event), w->to.domain))) {
        w->foreign = arena_text(w->run->arena, w->to.domain.data, w->to.domain.size);
        w->foreign_enter = w->event;
    }
}

/* What is lost on its way to a client here may be what came back. */
static void follow_loss(struct watch *w) {
    if (w->enter != NULL && (w->event->client < 0 || drill_run_role(w->run, w->event->client) == SCRIPT_PEER)) {
        w->saw[w->event->number] |= SAW_LOST;
    }
}

/* What arrives at a peer is seen only there. */
static void follow_peer(struct watch *w) {
    if (saw(w, SAW_ROUTED) && drill_run_role(w->run, w->event->client) == SCRIPT_PEER) {
        w->saw[w->event->number] |= SAW_ARRIVED;
        w->original = w->event->number;
    }
}

void drill_watch_streams(struct watch *w) {
    w->overtook = w->follows = w->reopened = false;
    w->original = 0;
    w->foreign = is_enter(w) ? NULL : w->foreign;
    w->stream = w->enter == NULL ? -1 : stream_of(w, w->enter);
    follow_link(w);
    if (is_enter(w)) {
        follow_input(w);
        follow_foreign(w);
        if (w->crossed && !w->played) {
            follow_arrival(w);
        }
    } else if (is_effect(w, ROUTER_ROUTE)) {
        follow_route(w);
    } else if (w->event->kind == WORLD_LOST) {
        follow_loss(w);
    } else if (w->event->kind == WORLD_ARRIVE) {
        follow_peer(w);
    }
}
