/* world.h - a simulated network: virtual clock, ordered links, servers made of routers.
 *
 * Everything that happens is an event in the world's log; whoever plays a script reads it there. The world's time moves
 * only through world_step and world_pass. Same calls, same log.
 */
#ifndef STANZADRILL_WORLD_H
#define STANZADRILL_WORLD_H

#include "router.h"

enum {
    WORLD_CLIENT_LATENCY_US = 0,     /* between a client and its server, each way */
    WORLD_SERVER_LATENCY_US = 10000, /* between two servers, each way */
    WORLD_SERVERS_MAX = 10000,
    WORLD_CLIENTS_MAX = 1000000
};

struct world;

enum world_event_kind {
    WORLD_ENTER,  /* a stanza reached a router: `stanza` holds it as it came */
    WORLD_EFFECT, /* the router's fate or mark for it */
    WORLD_ARRIVE, /* a stanza reached a client */
    WORLD_BOUND,  /* a client is logged in; `text`: its full JID */
    WORLD_REFUSED,/* a client was refused (binding) */
    WORLD_ENDED,  /* a client's stream is over; `text`: "disconnects", "vanishes", or a stream error's condition */
    WORLD_OPEN,   /* an s2s stream starts to open (text: "FROM TO") */
    WORLD_READY,  /* it is open */
    WORLD_FAILED  /* it could not be opened; `text` says why */
};

struct world_event {
    enum world_event_kind kind;
    uint64_t time_us;
    uint32_t number;  /* number of the stanza that entered, from 1, unique in the world; effects carry their cause's */
    int cause;        /* what world_cause was set to when the chain began */
    int server;       /* which server, or -1 */
    int client;       /* which client: ARRIVE, BOUND, REFUSED, ENDED, ENTER (sender; -1: came over s2s) */
    enum stanza_kind stanza_kind;  /* ENTER */
    const char *id, *from, *to;    /* ENTER: as it came in, NULL where absent */
    enum router_effect_kind effect; /* EFFECT */
    int rule;                      /* EFFECT: index into router_rules, or -1 */
    const char *departure, *condition; /* EFFECT, NULL where none */
    const char *host;              /* EFFECT, ENTER: the served domain that acts; OPEN, READY, FAILED: the opener's */
    const char *target;            /* EFFECT: whom the copy is for, NULL: nobody; OPEN, READY, FAILED: remote domain */
    int priority;                  /* EFFECT: recipient's priority or ROUTER_NOT_AVAILABLE */
    const char *stanza;            /* ENTER, ARRIVE, EFFECT: text, NUL-terminated, or NULL */
    size_t stanza_size;
    size_t sent_by;                /* ARRIVE: which event is the EFFECT that sent it */
    const char *text;              /* facts with ENTER where they are recorded; see above for others; else NULL */
};

struct world_config {
    uint64_t seed;
    bool record_facts; /* keep router_describe of each ENTER's target with the event */
};

struct world *world_new(const struct world_config *config); /* NULL where memory ran out */
void world_free(struct world *world);

/* world_server - add a server. domains, policy: as in router_config; policy is borrowed for the world's life.
 * returns   its index, or -1 and *error. */
int world_server(struct world *world, const char *name, const char *const *domains, size_t domain_count,
                 const struct policy *policy, struct router_error *error);

/* world_router - a server's router, for accounts and contacts; find one by domain with world_host. */
struct router *world_router(struct world *world, int server);
int world_host(const struct world *world, const char *domain); /* which serves it, or -1; domain is prepared here */

/* world_client - add a client. jid: bare or full; returns its index, or -1 (memory). */
int world_client(struct world *world, const char *name, const char *jid);

/* What a client is told to do happens at the present virtual time; what comes of it is in the log after world_step.
 * Whatever is due at this moment happens before a client connects or leaves, so that things happen in the order in
 * which they were asked for.
 * They return ROUTER_OK; ROUTER_E_CONFLICT (not connected, connected already, or binding was refused); ROUTER_E_UNKNOWN
 * (no server serves it, or no such account); ROUTER_E_JID; ROUTER_E_LIMIT; ROUTER_E_NOMEM. world_disconnect of a client
 * that is gone is ROUTER_OK and does nothing. */
int world_connect(struct world *world, int client);
int world_disconnect(struct world *world, int client);
int world_vanish(struct world *world, int client);
int world_send(struct world *world, int client, const char *bytes, size_t size); /* whole stanzas; copied */

/* world_send_raw - as world_send, but of any octets: ill-formed ones, or a part of a stanza. Only this client's stream
 * suffers from them. An end tag of the stream is a world_disconnect. */
int world_send_raw(struct world *world, int client, const char *bytes, size_t size);

bool world_connected(const struct world *world, int client);
const char *world_full_jid(const struct world *world, int client); /* of the latest session; NULL: never bound */

/* world_cause - a number that all that follows carries in its events, until it is set again. */
void world_cause(struct world *world, int cause);

/* world_step - the next thing that is due happens, and time moves to it. returns false: nothing is under way. */
bool world_step(struct world *world);

/* world_pass - let `duration_us` go by, with all that is due within it. */
void world_pass(struct world *world, uint64_t duration_us);

uint64_t world_now_us(const struct world *world);

/* world_failed - memory ran out, or a router refused what it must take; the log is not to be trusted. */
bool world_failed(const struct world *world);

/* The log. Events stay valid for the world's life. */
size_t world_event_count(const struct world *world);
const struct world_event *world_event(const struct world *world, size_t n);

#endif
