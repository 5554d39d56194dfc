/* barrier.c - how the harness learns that nothing is under way any more, without waiting for time to go by.
 *
 * A server works on what one stream brings in order, and its answer to a ping comes after whatever it had written to that
 * stream before. So when whoever has sent something has an answer to a ping, the server has worked on all of it; and when
 * after that everybody has an answer to one more ping, whatever came of it has arrived. Servers whose sessions work side
 * by side need a round more for each step that one session's work makes another one take: there the rounds go on until one
 * brings nothing new.
 *
 * What leaves for another server is waited for by a ping from the same client to that domain, which goes the same way
 * behind it and comes back answered or refused; what a peer sends, and what the server writes to it, by a ping of the peer. */
#include "session.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    ROUNDS_HOME = 2,   /* whoever has sent something, then everybody */
    ROUNDS_REMOTE = 3, /* and once more, behind what came back from elsewhere */
    ROUNDS_LEAST = 3, /* where sessions work side by side: the sender's own, the others', and those that the others stir */
    ROUNDS_MOST = 100,
    AGAIN_MOST = 3
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

static void met(struct live_actor *peer, struct slice served_domain) {
    const struct live_venue *venue = peer->venue;
    for (size_t i = 0; peer->role == LIVE_ROLE_PEER && i < venue->domain_count; i++) {
        if (live_same_domain(served_domain, venue->domains[i])) {
            peer->meets[i] = true;
        }
    }
}

static bool is_name(struct slice domain) {
    for (size_t i = 0; i < domain.size; i++) {
        const unsigned char c = (unsigned char)domain.data[i];
        if (c <= ' ' || c == 0x7f || strchr("<>&\"'@/", (char)c) != NULL) {
            return false;
        }
    }
    return domain.size > 0;
}

/* Servers remember what they have found out about a name, so that each case has names of its own for domains that nobody
 * plays. Those of the target's own, and what is below them, mean the target. */
static bool is_elsewhere(const struct live_venue *venue, struct slice domain) {
    bool plain = domain.data[0] != '.' && domain.data[domain.size - 1] != '.';
    for (size_t i = 0; i < domain.size; i++) {
        const char c = domain.data[i];
        plain = plain && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                          (c == '.' && domain.data[i + 1] != '.'));
    }
    for (size_t i = 0; plain && i < venue->domain_count; i++) {
        const size_t size = strlen(venue->domains[i]);
        plain = domain.size <= size || strncasecmp(domain.data + domain.size - size, venue->domains[i], size) != 0;
    }
    return plain;
}

/* The number of a domain elsewhere; -1: it is none, or there are too many. */
static int remote_of(struct live_venue *venue, struct slice domain) {
    const struct live_actor *actor = live_venue_actor(venue, domain);
    /* A component that is not there may be looked for elsewhere. */
    const bool here = actor != NULL && actor->role != LIVE_ROLE_PEER && live_actor_connected(actor);
    const bool served = live_venue_serves(venue, domain) && (actor == NULL || actor->role != LIVE_ROLE_COMPONENT);
    if (!is_name(domain) || served || here) {
        return -1;
    }
    for (size_t i = 0; i < venue->remote_count; i++) {
        if (live_same_domain(domain, venue->remotes[i])) {
            return (int)i;
        }
    }
    if (venue->remote_count == LIVE_REMOTES_MAX) {
        return -1;
    }
    char *kept = strndup(domain.data, domain.size);
    if (kept == NULL) {
        live_venue_fails(venue, NULL);
        return -1;
    }
    venue->remotes[venue->remote_count++] = kept;
    if (actor == NULL && venue->names != NULL && is_elsewhere(venue, domain) &&
        !live_names_add_domain(venue->names, kept)) {
        live_venue_fails(venue, NULL);
    }
    return (int)venue->remote_count - 1;
}

static void owes(struct live_actor *actor, int remote) {
    struct live_actor *peer = live_venue_actor(actor->venue, live_slice(actor->venue->remotes[remote]));
    actor->owes[remote] = true;
    if (peer != NULL) {
        met(peer, live_slice(actor->domain));
    }
}

void live_barrier_relates(struct live_venue *venue, const struct live_held *account, struct slice contact) {
    const int remote = remote_of(venue, live_jid_domain(contact));
    for (size_t i = 0; remote >= 0 && i < venue->actor_count; i++) {
        if (venue->actors[i]->account == account) {
            venue->actors[i]->related[remote] = true;
        }
    }
}

/* What a peer sends makes the server answer, and the answer may come back to whom it was for. */
static void peer_sent(struct live_actor *peer, const struct slice *from, const struct slice *to) {
    struct live_venue *venue = peer->venue;
    const int remote = remote_of(venue, from == NULL ? live_slice(peer->domain) : live_jid_domain(*from));
    met(peer, live_jid_domain(*to));
    for (size_t i = 0; remote >= 0 && i < venue->actor_count; i++) {
        struct live_actor *actor = venue->actors[i];
        const size_t size = actor->account == NULL ? SIZE_MAX : strlen(actor->account->bare);
        if (to->size >= size && live_same_domain((struct slice){to->data, size}, actor->account->bare)) {
            actor->related[remote] = true;
            owes(actor, remote);
        }
    }
}

void live_barrier_sent(struct live_actor *actor, const struct slice *from, const struct slice *to) {
    struct live_venue *venue = actor->venue;
    actor->dirty = true;
    restart(venue);
    if (to != NULL && actor->role == LIVE_ROLE_PEER) {
        peer_sent(actor, from, to);
        return;
    }
    const int remote = to == NULL ? -1 : remote_of(venue, live_jid_domain(*to));
    if (remote >= 0) {
        actor->related[remote] = true;
        owes(actor, remote);
    }
    for (size_t i = 0; to == NULL && i < venue->remote_count; i++) {
        if (actor->related[i]) {
            owes(actor, (int)i);
        }
    }
}

static bool owes_any(const struct live_actor *actor) {
    for (size_t i = 0; i < actor->venue->remote_count; i++) {
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

static void ping_remote(struct live_actor *actor, const char *domain) {
    struct live_venue *venue = actor->venue;
    struct live_error error;
    size_t size = 0;
    char *wire = live_venue_out(venue, domain, strlen(domain), &size);
    if (wire == NULL) {
        live_venue_fails(venue, NULL);
    } else if (actor->role == LIVE_ROLE_CLIENT) {
        live_client_ping(actor->client, wire);
    } else if (!live_component_marker(actor->component, wire, &error)) {
        live_venue_fails(venue, &error);
    }
    free(wire);
}

static void ping_remotes(struct live_actor *actor) {
    const bool can = can_ping(actor) || (actor->role == LIVE_ROLE_COMPONENT && live_actor_connected(actor));
    for (size_t i = 0; can && i < actor->venue->remote_count; i++) {
        if (actor->owes[i]) {
            ping_remote(actor, actor->venue->remotes[i]);
        }
    }
}

/* Whether a marker for a domain would come back: that of a component that is away may be nobody's. */
static bool is_owned(const struct live_venue *venue, const char *domain) {
    const struct live_actor *actor = live_venue_actor(venue, live_slice(domain));
    const struct live_kind *kind = venue->server->kind;
    return actor == NULL || actor->role != LIVE_ROLE_COMPONENT || kind == NULL || !kind->disowns_components ||
           live_actor_connected(actor);
}

static bool is_home(const struct live_actor *actor, const char *domain) {
    const struct live_server *server = actor->venue->server;
    return live_home(server, domain) == live_home(server, actor->domain);
}

/* Where the case's servers are several, what goes from one to another is answered by either, round by round. */
static void ping_parts(struct live_actor *actor) {
    struct live_venue *venue = actor->venue;
    const bool can = can_ping(actor) || (actor->role == LIVE_ROLE_COMPONENT && live_actor_connected(actor));
    for (size_t i = 0; can && i < venue->domain_count; i++) {
        if (is_owned(venue, venue->domains[i]) && !is_home(actor, venue->domains[i])) {
            ping_remote(actor, venue->domains[i]);
        }
    }
}

static void mark_peer(struct live_actor *actor) {
    struct live_venue *venue = actor->venue;
    struct live_error error;
    for (size_t i = 0; !actor->down && i < venue->domain_count; i++) {
        size_t size = 0;
        const bool marks = actor->meets[i] && is_owned(venue, venue->domains[i]);
        char *wire = marks ? live_venue_out(venue, venue->domains[i], strlen(venue->domains[i]), &size) : NULL;
        if (marks && wire == NULL) {
            live_venue_fails(venue, NULL);
        } else if (wire != NULL && !live_peer_marker(actor->peer, wire, &error)) {
            live_venue_fails(venue, &error);
        }
        free(wire);
    }
}

static void mark_component(struct live_actor *actor) {
    struct live_venue *venue = actor->venue;
    struct live_error error;
    size_t own = 0;
    while (own < venue->domain_count && !is_home(actor, venue->domains[own])) {
        own++;
    }
    if (live_actor_connected(actor) && !actor->middle && own < venue->domain_count &&
        !live_component_marker(actor->component, venue->domains[own], &error)) {
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
        count += venue->actors[i]->dirty && (venue->barrier.remote || venue->actors[i]->role != LIVE_ROLE_PEER);
    }
    return count;
}

/* The first round is of those who have sent something. One that did so alone has nothing more to wait for behind its own
 * answer, where a server does one thing at a time. */
static void begin_round(struct live_venue *venue) {
    struct live_barrier *barrier = &venue->barrier;
    const bool first = barrier->round == 0;
    const bool local = !venue->split && (!barrier->remote || venue->remote_count == 0);
    const bool alone = !first && local && !in_rounds(venue) && count_dirty(venue) == 1;
    barrier->seen = venue->log.count;
    for (size_t i = 0; i < venue->actor_count; i++) {
        struct live_actor *actor = venue->actors[i];
        if (first ? actor->dirty : !(alone && actor->dirty)) {
            ask(actor, barrier->remote);
        }
        if (barrier->round == 1 && barrier->remote) {
            ping_remotes(actor);
        }
        if (venue->split && !first) {
            ping_parts(actor);
        }
    }
    barrier->waiting = count_missing(venue);
    barrier->progress_us = barrier->asked_us = live_clock_us();
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
            memset(actor->owes, 0, sizeof actor->owes);
        }
    }
    barrier->again = 0;
    barrier->stirred = false;
    barrier->stirred_remote = barrier->stirred_remote && !barrier->remote;
    barrier->going = false;
}

static bool is_last_round(const struct live_venue *venue) {
    const struct live_barrier *barrier = &venue->barrier;
    const unsigned rounds = barrier->round + 1;
    if (!in_rounds(venue) && !venue->split) {
        return rounds >= (barrier->remote && venue->remote_count > 0 ? ROUNDS_REMOTE : ROUNDS_HOME);
    }
    return (rounds >= ROUNDS_LEAST && venue->log.count == barrier->seen) || rounds >= ROUNDS_MOST;
}

/* ------------------------------------------------------------------------------------------------------ waiting ---- */

bool live_barrier_missing(const struct live_venue *venue, struct live_error *error) {
    const unsigned seconds = live_seconds(live_clock_us() - venue->barrier.progress_us);
    for (size_t i = 0; i < venue->actor_count; i++) {
        const struct live_actor *actor = venue->actors[i];
        if (missing(actor) > 0) {
            const char *address = "?";
            uint16_t port = 0;
            (void)live_where(venue->server, actor->domain, &address, &port);
            live_fail(error, "%s: wait for %s, at %s:%u: a ping is after %u s without an answer",
                      live_target_name(venue->server->target), actor->full_jid == NULL ? actor->name : actor->full_jid,
                      address, port, seconds);
            return true;
        }
    }
    return false;
}

/* The last bound: somebody has no answer, and nothing comes any more. */
static void give_up(struct live_venue *venue) {
    struct live_error error;
    if (live_barrier_missing(venue, &error)) {
        live_venue_fails(venue, &error);
    }
}

/* A server whose sessions work side by side loses what comes for a stream or a component just while that ends, and a ping
 * with it. It is asked anew then, a few times within the last bound. */
static bool asks_anew(struct live_venue *venue, uint64_t now) {
    struct live_barrier *barrier = &venue->barrier;
    const uint64_t part_us = (uint64_t)venue->server->seconds * 1000000 / (AGAIN_MOST + 2);
    const uint64_t heard_us = barrier->progress_us;
    if (!in_rounds(venue) || barrier->again >= AGAIN_MOST || now - barrier->asked_us < part_us) {
        return false;
    }
    barrier->again++;
    begin(venue, barrier->remote);
    barrier->progress_us = heard_us; /* that one asks again is no answer */
    return true;
}

static void look(struct live_venue *venue, unsigned left) {
    struct live_barrier *barrier = &venue->barrier;
    const uint64_t bound_us = (uint64_t)venue->server->seconds * 1000000;
    const uint64_t now = live_clock_us();
    if (left < barrier->waiting) {
        barrier->waiting = left;
        barrier->progress_us = now;
    } else if (asks_anew(venue, now)) {
        return;
    } else if (now - barrier->progress_us >= bound_us) {
        give_up(venue);
        return;
    }
    const uint64_t end_us = barrier->progress_us + bound_us - now;
    const uint64_t part_us = bound_us / (AGAIN_MOST + 2);
    live_venue_wait(venue, in_rounds(venue) && end_us > part_us ? part_us : end_us);
}

void live_barrier_run(struct live_venue *venue, bool remote, bool stop) {
    struct live_barrier *barrier = &venue->barrier;
    const size_t before = venue->log.count;
    remote = remote || venue->split;
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
