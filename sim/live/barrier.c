/* barrier.c - how the harness learns that nothing is under way any more, without waiting for time to go by.
 *
 * A server works on what one stream brings in order, and its answer to a ping comes after whatever it had written to that
 * stream before. So when whoever has sent something has an answer to a ping, the server has worked on all of it; and when
 * after that everybody has an answer to one more ping, whatever came of it has arrived. Servers whose sessions work side
 * by side need a round more for each step that one session's work makes another one take: there the rounds go on until one
 * brings nothing new.
 *
 * What leaves for a peer is waited for by a ping from the same client to the peer's domain, which goes the same way behind
 * it and comes back answered or refused; what the peer sends, and what the server writes to it, by a ping of the peer. */
#include "session.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROUNDS_LEAST = 3, /* where sessions work side by side: the sender's own, the others', and those that the others stir */
    ROUNDS_MOST = 100
};

static bool in_rounds(const struct live_venue *venue) {
    return venue->server->kind != NULL ? venue->server->kind->pings_in_rounds : venue->server->target->pings_in_rounds;
}

/* ------------------------------------------------------------------------------------------ what may be under way ---- */

static void restart(struct live_venue *venue) {
    venue->barrier.going = false;
}

void live_barrier_stirs(struct live_venue *venue) {
    venue->barrier.stirred = venue->barrier.stirred_remote = true;
    restart(venue);
}

void live_barrier_met(struct live_actor *peer, struct slice served_domain) {
    const struct live_venue *venue = peer->venue;
    for (size_t i = 0; i < venue->domain_count; i++) {
        if (live_same_domain(served_domain, venue->domains[i])) {
            peer->meets[i] = true;
        }
    }
}

static void owes(struct live_actor *client, struct live_actor *peer) {
    client->owes[peer->index] = true;
    live_barrier_met(peer, (struct slice){.data = client->domain, .size = strlen(client->domain)});
}

void live_barrier_sent(struct live_actor *actor, const struct slice *to) {
    struct live_venue *venue = actor->venue;
    struct live_actor *peer = to == NULL ? NULL : live_venue_peer(venue, live_jid_domain(*to));
    actor->dirty = true;
    restart(venue);
    if (actor->role == LIVE_ROLE_PEER && to != NULL) {
        live_barrier_met(actor, live_jid_domain(*to));
    }
    if (actor->role != LIVE_ROLE_CLIENT) {
        return;
    }
    if (peer != NULL) {
        actor->related[peer->index] = true;
        owes(actor, peer);
    }
    for (size_t i = 0; to == NULL && i < venue->actor_count; i++) {
        if (actor->related[i]) {
            owes(actor, venue->actors[i]);
        }
    }
}

static bool owes_any(const struct live_actor *actor) {
    for (size_t i = 0; i < actor->venue->actor_count; i++) {
        if (actor->owes[i]) {
            return true;
        }
    }
    return false;
}

bool live_barrier_quiet(const struct live_venue *venue, bool remote) {
    bool quiet = !venue->barrier.stirred && !(remote && venue->barrier.stirred_remote);
    for (size_t i = 0; quiet && i < venue->actor_count; i++) {
        const struct live_actor *actor = venue->actors[i];
        const bool local = actor->role != LIVE_ROLE_PEER;
        quiet = !(actor->dirty && (local || remote)) && !(remote && owes_any(actor));
    }
    return quiet;
}

/* ------------------------------------------------------------------------------------------------------- rounds ---- */

static bool can_ping(const struct live_actor *actor) {
    return actor->role == LIVE_ROLE_CLIENT && !actor->middle && live_actor_connected(actor);
}

static void ping_home(struct live_actor *actor) {
    if (can_ping(actor)) {
        live_client_ping(actor->client, actor->domain);
    }
}

/* The peer's domain as it is on the wire. */
static void ping_peers(struct live_actor *actor) {
    struct live_venue *venue = actor->venue;
    for (size_t i = 0; can_ping(actor) && i < venue->actor_count; i++) {
        if (actor->owes[i]) {
            size_t size = 0;
            const char *domain = venue->actors[i]->domain;
            char *wire = live_venue_out(venue, domain, strlen(domain), &size);
            if (wire == NULL) {
                live_venue_fails(venue, NULL);
                return;
            }
            live_client_ping(actor->client, wire);
            free(wire);
        }
    }
}

static void mark_peer(struct live_actor *actor) {
    struct live_venue *venue = actor->venue;
    struct live_error error;
    for (size_t i = 0; !actor->down && i < venue->domain_count; i++) {
        if (actor->meets[i] && !live_peer_marker(actor->peer, venue->domains[i], &error)) {
            live_venue_fails(venue, &error);
        }
    }
}

static void mark_component(struct live_actor *actor) {
    struct live_venue *venue = actor->venue;
    struct live_error error;
    if (live_actor_connected(actor) && !actor->middle && venue->domain_count > 0 &&
        !live_component_marker(actor->component, venue->domains[0], &error)) {
        live_venue_fails(venue, &error);
    }
}

static void ask(struct live_actor *actor, bool remote) {
    switch (actor->role) {
    case LIVE_ROLE_CLIENT:
        ping_home(actor);
        break;
    case LIVE_ROLE_PEER:
        if (remote) {
            mark_peer(actor);
        }
        break;
    case LIVE_ROLE_COMPONENT:
        mark_component(actor);
        break;
    }
}

static unsigned missing(const struct live_actor *actor) {
    switch (actor->role) {
    case LIVE_ROLE_CLIENT:
        return live_client_pings(actor->client);
    case LIVE_ROLE_PEER:
        return !live_peer_marked(actor->peer);
    case LIVE_ROLE_COMPONENT:
        return live_actor_connected(actor) && !live_component_marked(actor->component);
    }
    return 0;
}

static unsigned count_missing(const struct live_venue *venue) {
    unsigned count = 0;
    for (size_t i = 0; i < venue->actor_count; i++) {
        const struct live_actor *actor = venue->actors[i];
        count += actor->role == LIVE_ROLE_PEER && !venue->barrier.remote ? 0 : missing(actor);
    }
    return count;
}

static size_t count_dirty(const struct live_venue *venue) {
    size_t count = venue->barrier.stirred;
    for (size_t i = 0; i < venue->actor_count; i++) {
        count += venue->actors[i]->dirty;
    }
    return count;
}

/* The first round is of those who have sent something. One that did so alone has nothing more to wait for behind its own
 * answer, where a server does one thing at a time. */
static void begin_round(struct live_venue *venue) {
    struct live_barrier *barrier = &venue->barrier;
    const bool first = barrier->round == 0;
    const bool alone = !first && !in_rounds(venue) && !barrier->remote && count_dirty(venue) == 1;
    barrier->seen = venue->log.count;
    for (size_t i = 0; i < venue->actor_count; i++) {
        struct live_actor *actor = venue->actors[i];
        if (first ? actor->dirty : !(alone && actor->dirty)) {
            ask(actor, barrier->remote);
        }
        if (first && barrier->remote && actor->role == LIVE_ROLE_CLIENT) {
            ping_peers(actor);
        }
    }
    barrier->waiting = count_missing(venue);
    barrier->progress_us = live_clock_us();
    live_party_work(venue->party);
}

static void begin(struct live_venue *venue, bool remote) {
    venue->barrier.going = true;
    venue->barrier.remote = remote;
    venue->barrier.round = 0;
    for (size_t i = 0; i < venue->actor_count; i++) {
        if (venue->actors[i]->client != NULL) {
            live_client_forget(venue->actors[i]->client);
        }
    }
    begin_round(venue);
}

static void finish(struct live_venue *venue) {
    struct live_barrier *barrier = &venue->barrier;
    for (size_t i = 0; i < venue->actor_count; i++) {
        struct live_actor *actor = venue->actors[i];
        actor->dirty = actor->dirty && actor->role == LIVE_ROLE_PEER && !barrier->remote;
        if (barrier->remote) {
            memset(actor->owes, 0, venue->actor_count * sizeof *actor->owes);
        }
    }
    barrier->stirred = false;
    barrier->stirred_remote = barrier->stirred_remote && !barrier->remote;
    barrier->going = false;
}

static bool is_last_round(const struct live_venue *venue) {
    const struct live_barrier *barrier = &venue->barrier;
    const unsigned rounds = barrier->round + 1;
    return in_rounds(venue) ? (rounds >= ROUNDS_LEAST && venue->log.count == barrier->seen) || rounds >= ROUNDS_MOST
                            : rounds >= 2;
}

/* ------------------------------------------------------------------------------------------------------ waiting ---- */

/* The last bound: somebody has no answer, and nothing comes any more. */
static void give_up(struct live_venue *venue) {
    struct live_error error;
    const char *name = live_target_name(venue->server->target);
    for (size_t i = 0; i < venue->actor_count; i++) {
        const struct live_actor *actor = venue->actors[i];
        if (missing(actor) > 0) {
            const char *address = "?";
            uint16_t port = 0;
            (void)live_where(venue->server, actor->domain, &address, &port);
            live_fail(&error, "%s: wait for %s, at %s:%u: a ping is after %u s without an answer", name,
                      actor->full_jid == NULL ? actor->name : actor->full_jid, address, port, venue->server->seconds);
            live_venue_fails(venue, &error);
        }
    }
}

static void look(struct live_venue *venue, unsigned left) {
    struct live_barrier *barrier = &venue->barrier;
    const uint64_t bound_us = (uint64_t)venue->server->seconds * 1000000;
    const uint64_t now = live_clock_us();
    if (left < barrier->waiting) {
        barrier->waiting = left;
        barrier->progress_us = now;
    } else if (now - barrier->progress_us >= bound_us) {
        give_up(venue);
        return;
    }
    live_venue_wait(venue, barrier->progress_us + bound_us - now);
}

void live_barrier_run(struct live_venue *venue, bool remote, bool stop) {
    struct live_barrier *barrier = &venue->barrier;
    const size_t before = venue->log.count;
    while (venue->result == ROUTER_OK && !(stop && venue->log.count > before) && !live_barrier_quiet(venue, remote)) {
        if (!barrier->going || (remote && !barrier->remote)) {
            begin(venue, remote);
        }
        const unsigned left = count_missing(venue);
        if (left > 0) {
            look(venue, left);
        } else if (is_last_round(venue)) {
            finish(venue);
        } else {
            barrier->round++;
            begin_round(venue);
        }
    }
}
