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
    WORLD_SERVER_LATENCY_US = 10000, /* between two servers, each way, where world_link says nothing else */
    /* Opening an s2s stream takes seven latencies of its link: one for the look-up of the name, and there and back for
     * each of connection, stream headers and dialback. What waited then needs one more to arrive. */
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
    WORLD_STEP,   /* a step of opening it is done; `text`: "name", "connection" or "stream" */
    WORLD_READY,  /* it is open: dialback is done; also of a further pair of domains on a peer's stream */
    WORLD_FAILED, /* it could not be opened; `text`: "no such host", "refused", "timed out", "not trusted", "dialback
                   * invalid", "dialback error", "lost", "closed", or a stream error */
    WORLD_CLOSED, /* an s2s stream that was open is over; `text`: "closed", "idle", "lost", or a stream error */
    WORLD_LOST,   /* a stanza that was under way, or waited in a server's memory, is gone; `number`: which, or 0 where
                   * it had not entered anywhere; `text`: "cut", "crash", "vanished", "disconnected", "closed" (nobody
                   * reads the stream any more), or how a peer's own stream failed; `stanza`; `client`: whom it would
                   * have reached, or -1; `host` and `target`: of the s2s stream, else NULL */
    WORLD_FAULT   /* the network or a server was changed; `text`: how, as the trace shows it */
};

struct world_event {
    enum world_event_kind kind;
    uint64_t time_us;
    uint32_t number;  /* number of the stanza that entered, from 1, unique in the world; effects carry their cause's */
    int cause;        /* what world_cause was set to when the chain began */
    int server;       /* which server, or -1; of s2s streams: the opener's place */
    int client;       /* which client: ARRIVE, BOUND, REFUSED, ENDED, ENTER (sender; -1: came over s2s) */
    enum stanza_kind stanza_kind;  /* ENTER */
    unsigned input_class;          /* EFFECT: for router_class_at; 0: not known */
    const char *id, *from, *to;    /* ENTER: as it came in, NULL where absent */
    enum router_effect_kind effect; /* EFFECT */
    int rule;                      /* EFFECT: index into router_rules, or -1 */
    const char *departure, *condition; /* EFFECT, NULL where none */
    const char *host;              /* EFFECT, ENTER: the served domain that acts; of s2s streams: the opener's */
    const char *target;            /* EFFECT: whom the copy is for, NULL: nobody; of s2s streams: remote domain */
    int priority;                  /* EFFECT: recipient's priority or ROUTER_NOT_AVAILABLE */
    const char *stanza;            /* ENTER, ARRIVE, EFFECT, LOST: text, NUL-terminated, or NULL */
    size_t stanza_size;
    size_t sent_by;                /* ARRIVE, and ENTER and LOST where a server sent it: which event is the EFFECT that
                                    * did; where it had to wait for its stream, that may have no `stanza`. No effect
                                    * is the first event: 0 where none sent it */
    const char *text;              /* facts with ENTER where they are recorded; see above for others; else NULL */
};

struct world_config {
    uint64_t seed;
    bool record_facts; /* keep router_describe of each ENTER's target with the event */
    bool tally_only;   /* keep no log, only what world_tally counts: for worlds with millions of stanzas */
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

/* ------------------------------------------------------------------------------------------------ the network ---- */

/* How an attempt of a server to open a stream to a peer goes wrong, step by step. Zeroed: nothing does. */
enum world_trouble {
    WORLD_FINE,
    WORLD_FAILS,   /* dns: no such name; connect: refused; stream: a stream error; auth: a lasting reason;
                    * dialback: "error" */
    WORLD_SILENT,  /* no answer, ever */
    WORLD_INVALID  /* dialback only: the result "invalid" */
};

struct world_peer {
    const char *domain;
    const char *const *also; /* further domains of the same server, which it has verified on the same streams */
    size_t also_count;
    enum world_trouble dns, connect, stream, auth, dialback;
    const char *stream_error; /* condition where stream is WORLD_FAILS; NULL: undefined-condition */
    uint64_t latency_us;      /* to any server, each way, where world_link says nothing else; 0 is 0 */
};

/* world_peer - add a remote server that the caller plays. It is a client too: it sends with world_send, and what
 * reaches its domains arrives at it. Its streams open by themselves when it sends: one from the stanza's 'from' domain,
 * where that is its own, to the server that serves the 'to' domain, or with a dialback for both on a stream that it has
 * to that server for another domain of its own. A stanza that fits no stream goes on the one that it used last, else on
 * one to the first server. Peers with the same domain are several connections of one server: the first gets what is
 * sent there.
 * config    copied.
 * returns   the client's index, or -1 and *error. */
int world_peer(struct world *world, const char *name, const struct world_peer *config, struct router_error *error);

/* world_component - add a component of a server, which the caller plays. A client too: world_connect attaches it.
 * Several for one domain of a server are several connections. They are added before anybody connects to that server.
 * returns   the client's index, or -1 and *error. */
int world_component(struct world *world, const char *name, const char *domain, int server, struct router_error *error);

/* world_place - a server or peer, by one of its domains or by name, for what follows; -1: none. A domain goes first. */
int world_place(const struct world *world, const char *name);

/* world_link - latency each way and the most that jitter adds, between two places, both ways.
 * returns   ROUTER_OK; ROUTER_E_UNKNOWN not two different places; ROUTER_E_NOMEM. */
int world_link(struct world *world, int a, int b, uint64_t latency_us, uint64_t jitter_us);

void world_client_latency(struct world *world, int client, uint64_t latency_us); /* each way */

/* Faults. Streams that exist and steps of those that open are struck alike. Whatever is due at this moment happens
 * before. All return ROUTER_OK; ROUTER_E_CONFLICT where it is so already (a server that is down crashes, one that is up
 * starts, a cut link is cut, nothing is there to be healed); ROUTER_E_UNKNOWN; ROUTER_E_NOMEM.
 *
 * world_cut     what is under way from a to b is lost, streams from a to b break, and nothing new passes; both: the
 *               same from b to a. While a link is cut in either direction no stream can be set up between the two: a
 *               step finds no answer until the network heals, and then begins anew. The look-up of a name goes on.
 * world_stall   nothing moves from a to b, and nothing is lost: it waits, in order, until the network heals.
 * world_heal    every cut and stall is over.
 * world_crash   a server's process dies: its clients' and its s2s streams break, what it has not stored is gone, and
 *               connections to it are refused until world_start. Of a peer the same.
 * world_dns     a domain's name is not found any more, or is found again. */
int world_cut(struct world *world, int a, int b, bool both);
int world_stall(struct world *world, int a, int b);
int world_heal(struct world *world);
int world_crash(struct world *world, int place);
int world_start(struct world *world, int place);
int world_dns(struct world *world, const char *domain, bool found);

/* What a client is told to do happens at the present virtual time; what comes of it is in the log after world_step.
 * Whatever is due at this moment happens before a client connects or leaves, so that things happen in the order in
 * which they were asked for.
 * They return ROUTER_OK; ROUTER_E_CONFLICT (not connected, connected already, or binding was refused); ROUTER_E_UNKNOWN
 * (no server serves it, or no such account); ROUTER_E_JID; ROUTER_E_NOMEM. world_disconnect of a client
 * that is gone is ROUTER_OK and does nothing. To log in takes no time, and a server that is down refuses it. A client
 * with a latency sends and leaves at once, and its server learns of both one latency later. */
int world_connect(struct world *world, int client);
int world_disconnect(struct world *world, int client);
int world_vanish(struct world *world, int client);
int world_send(struct world *world, int client, const char *bytes, size_t size); /* whole stanzas; copied */

/* world_close - as world_disconnect, with a stream error. A peer closes all streams between it and any server; with
 * world_disconnect it does so too, in order, and with world_vanish they break. */
int world_close(struct world *world, int client, const char *condition);

/* world_send_raw - as world_send, but of any octets: ill-formed ones, or a part of a stanza. Only this client's stream
 * suffers from them. Once it has arrived, an end tag of the stream is a world_disconnect, and a stream error a
 * world_close; a peer's go on the stream that it used last, and end that one only. */
int world_send_raw(struct world *world, int client, const char *bytes, size_t size);

bool world_connected(const struct world *world, int client);
const char *world_full_jid(const struct world *world, int client); /* of the latest session; NULL: never bound */

/* world_cause - a number that all that follows carries in its events, until it is set again. */
void world_cause(struct world *world, int cause);

/* world_step - the next thing that is due happens, and time moves to it; a router's timer counts too. returns false:
 * nothing is under way, and no timer runs. */
bool world_step(struct world *world);

/* world_busy - whether anything but routers' timers is under way. What a stall holds up, or what waits for a step that
 * nobody answers, is not. */
bool world_busy(const struct world *world);

/* world_pass - let `duration_us` go by, with all that is due within it. */
void world_pass(struct world *world, uint64_t duration_us);

uint64_t world_now_us(const struct world *world);

/* world_failed - memory ran out, or a router refused what it must take; the log is not to be trusted. */
bool world_failed(const struct world *world);

/* What was counted, also where no log is kept. Of every stanza that entered: each fate of each copy. */
struct world_tally {
    uint64_t sent;                      /* stanzas that entered from clients, peers and components */
    uint64_t crossed;                   /* that entered over s2s between two simulated servers */
    uint64_t fates[ROUTER_FATE_COUNT];
    uint64_t written;                   /* on s2s streams between simulated servers, answers and bounces included */
    uint64_t arrived, lost;             /* WORLD_ARRIVE and WORLD_LOST */
    uint64_t attempts, opened, failed;  /* s2s streams */
};
struct world_tally world_tally(const struct world *world);

/* The log. Events stay valid for the world's life. */
size_t world_event_count(const struct world *world);
const struct world_event *world_event(const struct world *world, size_t n);

#endif
