/* venue.h - where a script is played: on the simulated network, or on real servers. sim/drill sees nothing else.
 *
 * A venue is for one case. Clients, peers and components have indexes from 0 in the order in which they were added.
 * Everything that happens is an event in the venue's log (struct world_event), in the order of time. On real servers
 * there are these kinds; `cause` is always that of venue_ops.cause, `time_us` is real time since the case began, and what
 * is not named here is zero (server: -1):
 *   ENTER    the harness sends a stanza: client (whoever sends, peers too), number (from 1, in order), stanza, id, from, to
 *   ARRIVE   client, stanza; number is 0, for nobody says which stanza it was that became this one
 *   BOUND    client, text: its full JID
 *   REFUSED  client, text: the condition of the error
 *   ENDED    client, text: "disconnects", "vanishes" or "crash" where the script wanted it, or the condition that the
 *            script gave; else the stream error's condition, "closed" without one, "lost" without a word. Of a peer: one
 *            of the streams that it has opened was ended by the server
 *   FAULT    text: how, as the simulation writes it ("network cuts A from B", "A crashes", "DNS loses DOMAIN") */
#ifndef STANZADRILL_VENUE_H
#define STANZADRILL_VENUE_H

#include "world.h"

/* Results beside those of enum router_result. */
enum venue_result {
    VENUE_E_CANNOT = 64, /* this kind of venue cannot do it: the case is skipped, error->text says why */
    VENUE_E_DOWN         /* the server does not answer or is gone: the case fails, error->text says which and at what step */
};

enum venue_fault {
    VENUE_CUT,
    VENUE_CUT_ONE_WAY,
    VENUE_STALL,
    VENUE_HEAL,
    VENUE_CRASH,
    VENUE_START,
    VENUE_DNS_LOSE,
    VENUE_DNS_FIND
};

struct venue;

/* Functions return an enum router_result or venue_result where nothing else is said; error may be filled on any failure
 * and is never NULL. Meanings, arguments and limits are those of the functions of world.h and router.h with that name.
 * Nothing that is passed in is kept beyond the call but the policy, which is borrowed for the venue's life. */
struct venue_ops {
    /* The cast, in this order: servers, components, accounts, clients, peers, links, contacts and stored messages, then
     * ready. Several clients of one account: ROUTER_E_CONFLICT for the second `account` is no failure. password: NULL
     * where the script gives none. A component's server goes by the name that `server` got. */
    int (*server)(struct venue *venue, const char *name, const char *const *domains, size_t domain_count,
                  const struct policy *policy, struct router_error *error);
    int (*account)(struct venue *venue, const char *bare, bool exists, struct router_error *error);
    int (*client)(struct venue *venue, const char *name, const char *jid, const char *password, uint64_t latency_us,
                  struct router_error *error);
    int (*peer)(struct venue *venue, const char *name, const struct world_peer *config, struct router_error *error);
    int (*component)(struct venue *venue, const char *name, const char *domain, const char *server,
                     struct router_error *error);
    int (*link)(struct venue *venue, const char *a, const char *b, uint64_t latency_us, uint64_t jitter_us,
                struct router_error *error);
    int (*contact)(struct venue *venue, const char *bare, struct slice contact, struct router_contact state,
                   struct router_error *error);
    int (*offline)(struct venue *venue, const char *bare, struct slice stanza, struct router_error *error);
    int (*ready)(struct venue *venue, struct router_error *error); /* the cast is complete; the first action follows */

    /* Whether a fault of the script can be made: ROUTER_OK, or VENUE_E_CANNOT with the reason. Asked when all links are
     * there, before contacts. May be NULL: what cannot be made is found when its turn comes. */
    int (*allows)(const struct venue *venue, enum venue_fault fault, const char *a, const char *b,
                  struct router_error *error);

    /* Actions. connect: ROUTER_E_CONFLICT where it is connected, or was refused (REFUSED is in the log then). Whoever is
     * gone may leave once more, but close and send are ROUTER_E_CONFLICT. a, b: names of servers and peers, or domains,
     * as the script has them; NULL where the fault has none. */
    int (*connect)(struct venue *venue, int client, struct router_error *error);
    int (*leave)(struct venue *venue, int client, bool vanishes, struct router_error *error);
    int (*close)(struct venue *venue, int client, const char *condition, struct router_error *error);
    int (*send)(struct venue *venue, int client, bool raw, const char *bytes, size_t size, struct router_error *error);
    int (*fault)(struct venue *venue, enum venue_fault fault, const char *a, const char *b, struct router_error *error);

    /* Time. */
    bool (*step)(struct venue *venue); /* wait for the next event. false: nothing is under way, none will come */
    void (*settle)(struct venue *venue); /* until nothing is under way; timers of the simulation do not count */
    void (*pass)(struct venue *venue, uint64_t duration_us);
    uint64_t (*now_us)(const struct venue *venue);

    /* What there is. */
    void (*cause)(struct venue *venue, int cause);
    bool (*connected)(const struct venue *venue, int client);
    const char *(*full_jid)(const struct venue *venue, int client);
    size_t (*event_count)(const struct venue *venue);
    const struct world_event *(*event)(const struct venue *venue, size_t n);
    int (*failed)(const struct venue *venue, struct router_error *error); /* ROUTER_OK, ROUTER_E_NOMEM or VENUE_E_DOWN */
    void (*free)(struct venue *venue);
};

struct venue {
    const struct venue_ops *ops;
    struct world *world; /* the simulation, whose routers can be asked and whose log shows decisions; NULL: real servers */
};

/* venue_simulated - a venue on a fresh simulated network. returns NULL where memory ran out; free it with ops->free. */
struct venue *venue_simulated(const struct world_config *config);

#endif
