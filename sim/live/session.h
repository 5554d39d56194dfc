/* session.h - what client.c, the venue's files and barrier.c share beside parts.h: clients, the log, and the venue itself. */
#ifndef STANZADRILL_LIVE_SESSION_H
#define STANZADRILL_LIVE_SESSION_H

#include "parts.h"

#include <poll.h>

struct _xmpp_stanza_t; /* libstrophe's xmpp_stanza_t */

/* ------------------------------------------------------------------------------------------------- stanza_text.c ---- */

/* live_stanza_text - a stanza of libstrophe as the simulation writes one: no xmlns on what is in `content_namespace`.
 * The library drops prefixes of attributes; xml:lang gets its own back. without_lang: the xml:lang of the stanza itself is
 * left out if it is this; NULL: it stays. */
void live_stanza_text(struct live_text *text, struct _xmpp_stanza_t *stanza, const char *content_namespace,
                      const char *without_lang);

/* live_stanza_condition - the name of the first child element, as an error has it. Cut where it does not fit. */
void live_stanza_condition(struct _xmpp_stanza_t *error, char *condition, size_t size);

/* ------------------------------------------------------------------------------------------------------ client.c ---- */

/* The clients of one venue, over libstrophe. Used by one thread at a time. JIDs are those on the wire. */
struct live_party;
struct live_client;

struct live_party *live_party_new(struct live_server *server); /* NULL where memory ran out */
void live_party_free(struct live_party *party);                /* and its clients; streams break without a word */

/* live_party_polls - what to wait for: at most `room` descriptors. */
size_t live_party_polls(const struct live_party *party, struct pollfd *polls, size_t room);
/* live_party_work - read and write what can be without waiting. Events are told from within. */
void live_party_work(struct live_party *party);
/* live_party_speaks_english - the script itself sends stanzas in the language of libstrophe's streams, which servers put
 * on stanzas that name none: from now on it is not taken off any more. */
void live_party_speaks_english(struct live_party *party);

/* live_client_new - a client. called: how error texts call it. events: as of a peer; `ended` of a stream that was
 * logged in. Everything is copied. NULL where memory ran out. */
struct live_client *live_client_new(struct live_party *party, const char *jid, const char *password, const char *called,
                                    const struct live_peer_events *events);

/* live_client_connect - begin to log in, one client of a party at a time. live_client_state says what has come of it; it
 * is the caller who gives up at end_us.
 * returns false and *error. */
bool live_client_connect(struct live_client *client, uint64_t end_us, struct live_error *error);
enum live_client_state {
    LIVE_CLIENT_OUT,
    LIVE_CLIENT_CONNECTING,
    LIVE_CLIENT_FAILED,  /* see live_client_error */
    LIVE_CLIENT_REFUSED, /* the resource was not bound; see live_client_condition */
    LIVE_CLIENT_IN,
    LIVE_CLIENT_ENDING   /* it has left; the server has not closed the stream yet */
};
enum live_client_state live_client_state(const struct live_client *client);
/* live_client_error - why logging in has failed; or, while the client is CONNECTING, that there is no answer: the server,
 * step, whom and where. returns false. */
bool live_client_error(const struct live_client *client, struct live_error *error);
const char *live_client_condition(const struct live_client *client);
int live_client_connection(const struct live_client *client); /* -1: none */
const char *live_client_full_jid(const struct live_client *client); /* of the latest session; NULL: never bound */

void live_client_send(struct live_client *client, const char *bytes, size_t size);
/* live_client_leave - breaks: the connection dies; else its stream is closed, after the stream error `condition` if there
 * is one. What is under way to the client is lost. It is ENDING until the server has closed its side. */
void live_client_leave(struct live_client *client, bool breaks, const char *condition);
void live_client_drop(struct live_client *client); /* the connection is gone at once, whatever the server thinks of it */

/* live_client_ping - a ping of the harness, which never shows. live_client_pings: how many have had no answer; none where
 * the client is not IN. live_client_forget: those that were sent are not waited for any more. */
void live_client_ping(struct live_client *client, const char *to);
unsigned live_client_pings(const struct live_client *client);
void live_client_forget(struct live_client *client);

/* --------------------------------------------------------------------------------------------------- venue_log.c ---- */

struct live_log {
    struct world_event **events;
    size_t count, capacity;
    uint32_t entered; /* the number of the last stanza that was sent */
    uint64_t began_us;
    int cause;
    bool failed; /* memory ran out */
};
void live_log_add(struct live_log *log, enum world_event_kind kind, int client, const char *text);
void live_log_arrive(struct live_log *log, int client, const char *stanza, size_t size);
void live_log_enter(struct live_log *log, int client, const struct stanza *stanza);
void live_log_free(struct live_log *log);

/* ------------------------------------------------------------------------------------------------------- venue.c ---- */

enum { LIVE_REMOTES_MAX = 64 }; /* domains elsewhere that barriers of one case reach */

enum live_role { LIVE_ROLE_CLIENT, LIVE_ROLE_PEER, LIVE_ROLE_COMPONENT };

struct live_venue;

struct live_actor {
    struct live_venue *venue;
    enum live_role role;
    int index;
    char *name;       /* the script's */
    char *jid;        /* of a client in the script's names, perhaps without a resource; else the domain */
    char *full_jid;   /* in the script's names; NULL: none yet */
    char *domain;     /* of jid */
    char **domains;   /* of a peer: all of its own; NULL at the end */
    struct live_held *account; /* of a client */
    struct live_client *client;
    struct live_peer *peer;
    struct live_component *component;
    const char *leaving; /* how its stream ends because the script wants it so; NULL: it does not */
    bool down;           /* a peer that has crashed */
    bool deaf;           /* a peer that is about to break: what comes is lost */
    bool coming;         /* a component that has not been accepted yet */

    struct live_text begun; /* octets that it has sent raw, and that are no whole elements yet */
    size_t begun_count;     /* stanzas in them that were written down */
    bool middle;            /* a ping would become a part of them */

    /* barrier.c */
    bool dirty;                     /* has sent something since the last barrier */
    bool owes[LIVE_REMOTES_MAX];    /* by remote domains, whether something may be under way there on its account */
    bool related[LIVE_REMOTES_MAX]; /* by remote domains, whether its presence goes there */
    bool *meets;                    /* a peer: by served domains, whether the two have had to do with each other */
};

struct live_held { /* an account of the scenario */
    char *bare, *password;
    bool exists;
    struct live_item *items; /* JIDs on the wire */
    size_t item_count, item_capacity;
    char **stored; /* as they go out */
    size_t stored_count, stored_capacity;
};

struct live_barrier {
    bool going;          /* it has begun, and nothing has been sent since */
    bool remote;         /* it waits for other servers too */
    bool stirred;        /* something has happened since the last one that no dirty actor stands for */
    bool stirred_remote; /* ... since the last one that waited for other servers */
    unsigned round;
    size_t seen;          /* events when the round began */
    unsigned waiting;     /* answers that were missing when something was last heard */
    uint64_t progress_us; /* when that was */
    uint64_t asked_us;    /* when they were asked */
    unsigned again;       /* how often everybody was asked anew */
};

struct live_venue {
    struct venue venue; /* first: the one is cast to the other */
    struct live_server *server;
    struct live_names *names; /* NULL: accounts keep the scenario's */
    struct live_party *party;
    struct live_log log;
    struct live_actor **actors;
    size_t actor_count, actor_capacity;
    struct live_held **accounts;
    size_t account_count, account_capacity;
    char **domains; /* that servers of the scenario serve */
    size_t domain_count, domain_capacity;
    struct live_served *served; /* those of servers, not of components, with their servers */
    size_t served_count, served_capacity, server_count;
    bool cast;  /* its servers are known */
    bool split; /* each of them is one of its own */
    char *remotes[LIVE_REMOTES_MAX]; /* domains elsewhere that the case has to do with, in the script's names */
    size_t remote_count;
    struct live_barrier barrier;
    struct live_actor *bereft; /* a client whose stream has ended without a word; NULL: none, or it was looked into */
    bool has_slot; /* it has components */
    unsigned slot;
    bool others_hidden; /* what the target serves besides is named out of the way */
    struct pollfd *polls;
    size_t poll_capacity;
    unsigned seconds; /* that the case may take */
    uint64_t end_us;  /* when they are over */
    bool english; /* the script itself sends stanzas in the language of libstrophe's streams */
    int result;   /* ROUTER_OK as long as the venue can be used */
    struct live_error error;
};

static inline struct live_venue *live_venue_of(const struct venue *venue) {
    return (struct live_venue *)(uintptr_t)venue;
}

extern const struct venue_ops live_venue_ops;

/* live_venue_fails - the venue cannot be used any more; the first reason counts. error: NULL: memory ran out.
 * live_venue_result - what has come of it. live_venue_down - both. */
void live_venue_fails(struct live_venue *venue, const struct live_error *error);
int live_venue_result(const struct live_venue *venue, struct router_error *error);
int live_venue_down(struct live_venue *venue, const struct live_error *why, struct router_error *error);
/* live_venue_wait - until something happens, for at most `wait_us`, and see to it. The venue fails when the case's time
 * is over. live_venue_until - for as long as an actor is in a state, for at most the bound of one wait. */
void live_venue_wait(struct live_venue *venue, uint64_t wait_us);
void live_venue_until(struct live_actor *actor, bool (*lasts)(const struct live_actor *actor));
/* live_venue_rest - what has passed since then is not the case's time: others were waited for. */
void live_venue_rest(struct live_venue *venue, uint64_t since_us);
/* Texts in the names of the other side; new, or NULL where memory ran out. */
char *live_venue_out(struct live_venue *venue, const char *text, size_t size, size_t *out_size);
char *live_venue_back(struct live_venue *venue, const char *text, size_t size, size_t *out_size);
bool live_grow(void **items, size_t *capacity, size_t count, size_t item_size);
/* live_venue_actor - which peer or component a domain belongs to; NULL: none. */
struct live_actor *live_venue_actor(const struct live_venue *venue, struct slice domain);
bool live_venue_serves(const struct live_venue *venue, struct slice domain);
struct slice live_jid_domain(struct slice jid);
bool live_same_domain(struct slice a, const char *b);
struct slice live_slice(const char *text);
bool live_actor_connected(const struct live_actor *actor);
bool live_actor_ending(const struct live_actor *actor); /* the server has not closed its side of the stream yet */
struct live_door *live_actor_door(const struct live_actor *actor); /* of a client's server; NULL: none is needed */
extern const struct live_peer_events live_actor_events; /* without its context, the actor */

/* -------------------------------------------------------------------------------------------------- venue_cast.c ---- */

int live_refuse(struct router_error *error, int result, const char *format, ...) __attribute__((format(printf, 3, 4)));
int live_no_memory(struct router_error *error);
int live_cast_server(struct venue *venue, const char *name, const char *const *domains, size_t domain_count,
                     const struct policy *policy, struct router_error *error);
int live_cast_account(struct venue *venue, const char *bare, bool exists, struct router_error *error);
int live_cast_client(struct venue *venue, const char *name, const char *jid, const char *password, uint64_t latency_us,
                     struct router_error *error);
int live_cast_peer(struct venue *venue, const char *name, const struct world_peer *config, struct router_error *error);
int live_cast_component(struct venue *venue, const char *name, const char *domain, const char *server,
                        struct router_error *error);
int live_cast_link(struct venue *venue, const char *a, const char *b, uint64_t latency_us, uint64_t jitter_us,
                   struct router_error *error);
int live_cast_contact(struct venue *venue, const char *bare, struct slice contact, struct router_contact state,
                      struct router_error *error);
int live_cast_offline(struct venue *venue, const char *bare, struct slice stanza, struct router_error *error);
int live_cast_ready(struct venue *venue, struct router_error *error);
void live_cast_free(struct live_venue *venue);

/* -------------------------------------------------------------------------------------------------- venue_acts.c ---- */

/* live_act_language - a stanza that the script sends, or has stored, by its start tag: its language may be that of
 * libstrophe's streams. */
void live_act_language(struct live_venue *venue, struct slice start);
int live_act_connect(struct venue *venue, int client, struct router_error *error);
int live_act_leave(struct venue *venue, int client, bool vanishes, struct router_error *error);
int live_act_close(struct venue *venue, int client, const char *condition, struct router_error *error);
int live_act_send(struct venue *venue, int client, bool raw, const char *bytes, size_t size, struct router_error *error);
int live_act_fault(struct venue *venue, enum venue_fault fault, const char *a, const char *b, struct router_error *error);
int live_act_allows(const struct venue *venue, enum venue_fault fault, const char *a, const char *b,
                    struct router_error *error);

/* ----------------------------------------------------------------------------------------------------- barrier.c ---- */

/* live_barrier_sent - an actor has sent something. from, to: its addresses; NULL: absent, or not known.
 * live_barrier_relates - what concerns an account's presence goes to a contact, too.
 * live_barrier_stirs - something else has happened. */
void live_barrier_sent(struct live_actor *actor, const struct slice *from, const struct slice *to);
void live_barrier_relates(struct live_venue *venue, const struct live_held *account, struct slice contact);
void live_barrier_stirs(struct live_venue *venue);
/* live_barrier_quiet - nothing is under way. remote: to and from other servers either. */
bool live_barrier_quiet(const struct live_venue *venue, bool remote);
/* live_barrier_missing - who has no answer to a ping, and since when. returns false: everybody has. */
bool live_barrier_missing(const struct live_venue *venue, struct live_error *error);
/* live_barrier_run - until nothing is under way; stop: or until there is a new event. */
void live_barrier_run(struct live_venue *venue, bool remote, bool stop);

#endif
