/* record.h - what the files that record share; private to them. */
#ifndef STANZADRILL_LIVE_RECORD_H
#define STANZADRILL_LIVE_RECORD_H

#include "parts.h"
#include "recorder.h"
#include "tap.h"

enum {
    /* Octets as they may stand in the scenario. What a roster holds can stand there three times. */
    LIVE_RECORDED_MAX = 5 << 20,
    LIVE_RECORDED_STANZA_MAX = 3 << 20, /* of one stanza, and of those in one block */
    LIVE_RECORDED_CLIENTS_MAX = 1000
};

/* ---------------------------------------------------------------------------------------------------- follow.c ---- */

/* One connection between a client and a server: what each says is passed on, but for what would keep the recorder from
 * reading on (TLS, compression, and the like); once a resource is bound, stanzas go to the recorder. */
struct live_follow;

struct live_follow *live_follow_new(struct live_recorder *recorder, const struct live_record_calls *calls);
void live_follow_free(struct live_follow *follow);

/* live_follow_octets - what one side has sent. returns false where memory ran out. */
bool live_follow_octets(struct live_follow *follow, bool from_client, const char *octets, size_t size);
void live_follow_end(struct live_follow *follow, bool by_client); /* a side's connection is over */

const char *live_follow_domain(const struct live_follow *follow); /* that the client wants; NULL: not said yet */
/* live_follow_out - what is to be written to one side; whoever writes takes it from the front. */
struct live_text *live_follow_out(struct live_follow *follow, bool to_server);
bool live_follow_over(const struct live_follow *follow); /* nothing more is to be read from either side */

/* live_follow_refuse - the client gets a stream error, and that is all. why: for a notice. */
void live_follow_refuse(struct live_follow *follow, const char *condition, const char *why);

/* -------------------------------------------------------------------------------------------------- recorder.c ---- */

enum live_recorded_kind {
    LIVE_RECORDED_CONNECT,
    LIVE_RECORDED_SEND,
    LIVE_RECORDED_RECEIVE,
    LIVE_RECORDED_DISCONNECT,
    LIVE_RECORDED_VANISH,
    LIVE_RECORDED_CLOSE, /* by the client, with a stream error: text */
    LIVE_RECORDED_ENDED, /* by the server; text: why */
    LIVE_RECORDED_NOTE   /* text: what cannot be written down */
};

struct live_recorded {
    enum live_recorded_kind kind;
    size_t client;
    struct live_node *root; /* SEND, RECEIVE */
    struct live_pool *pool;
    size_t size; /* octets that it may take in the scenario */
    char *text;  /* else NULL. CONNECT: the full JID */
};

struct live_recorded_client {
    char *bare, *resource; /* resource: NULL where the server makes one up, and another each time */
    char *name;            /* recorder_cast.c */
    bool online;
    bool thrown_out; /* its last stream was ended by the server */
};

struct live_recorded_session {
    size_t client;
    bool online;
    bool leaving; /* the client has closed its stream, but the server has not */
    size_t left;  /* which event that was */
};

struct live_recorder {
    struct live_recorded *events;
    size_t count, capacity;
    struct live_recorded_client *clients;
    size_t client_count, client_capacity;
    struct live_recorded_session *sessions;
    size_t session_count, session_capacity;
    size_t stanzas;
    size_t size; /* of all events */
    bool full;   /* nothing more is written down */
    bool failed; /* memory ran out */
};

enum { LIVE_NOBODY = -1 };

/* live_recorder_bound - a client has logged in. asked: it wanted this resource. returns its session, or LIVE_NOBODY. */
int live_recorder_bound(struct live_recorder *recorder, const char *full_jid, bool asked);
/* live_recorder_stanza - a stanza of a client, or to it. Its pool is taken. */
void live_recorder_stanza(struct live_recorder *recorder, int session, bool sent, struct live_node *root,
                          struct live_pool *pool);
/* live_recorder_leaves - the client ends its stream: DISCONNECT, VANISH or CLOSE. */
void live_recorder_leaves(struct live_recorder *recorder, int session, enum live_recorded_kind kind,
                          const char *condition);
void live_recorder_ended(struct live_recorder *recorder, int session, const char *why); /* by the server */
void live_recorder_note(struct live_recorder *recorder, int session, const char *text);
const char *live_recorder_account(const struct live_recorder *recorder, int session); /* its bare JID */

/* --------------------------------------------------------------------------------------------- recorder_cast.c ---- */

struct live_contact {
    struct live_contact *next;
    const char *jid, *state;
    bool ask, approved, pending;
};

struct live_stored {
    struct live_stored *next;
    size_t event; /* that delivered it */
};

/* What an account must have had before. */
struct live_past {
    struct live_past *next;
    const char *bare;
    struct live_contact *contacts;
    struct live_stored *stored;
    bool known;   /* its roster was seen */
    bool changed; /* it may have changed since */
};

/* live_cast_names - a name for each client. returns false where memory ran out. */
bool live_cast_names(const struct live_recorder *recorder);
/* live_cast_past - what accounts had before the session, as far as it shows, in the order in which it shows. *past: of
 * the pool. returns false where memory ran out. */
bool live_cast_past(const struct live_recorder *recorder, struct live_pool *pool, struct live_past **past);

/* ------------------------------------------------------------------------------------------- recorder_blocks.c ---- */

/* Lines of a scenario that stand together: one action, or stanzas that one client sends or receives. */
struct live_block {
    enum live_recorded_kind kind;
    size_t client;
    size_t *events;
    size_t count, size;
    size_t ordered; /* RECEIVE: how many come in this order; the others in any */
};

struct live_blocks {
    struct live_block *items;
    size_t count, capacity;
    size_t *events; /* of all blocks */
};

bool live_blocks_make(struct live_blocks *blocks,
                      const struct live_recorder *recorder); /* false where memory ran out */
void live_blocks_free(struct live_blocks *blocks);

/* ------------------------------------------------------------------------------------------- recorder_values.c ---- */

/* A value that a client has sent, and when. */
struct live_sent {
    const char *value;
    size_t event;
    bool echo; /* the id of an answer: somebody else's */
};

struct live_capture {
    struct live_capture *next;
    const char *value, *name;
    size_t client; /* that received it */
};

/* The scenario while it is written. */
struct live_writing {
    const struct live_recorder *recorder;
    struct live_text out;
    struct live_pool *pool;
    struct live_sent *sent; /* sorted by value, then event */
    size_t sent_count;
    struct live_capture *captures;
    size_t capture_count;
    const char **full; /* of each client: the full JID of its present or last session; NULL: none yet */
    size_t event;      /* that is being written */
    bool failed;
};

bool live_values_begin(struct live_writing *writing); /* false where memory ran out */
void live_values_end(struct live_writing *writing);

/* live_values_origin - the event in which a client sent the stanza that another received in `event`; SIZE_MAX: none
 * did. */
size_t live_values_origin(const struct live_recorder *recorder, size_t event);

/* Each of these appends a value as it stands in the scenario, escaped. parent: NULL for the stanza itself.
 * returns   false: it is to be left out. */
bool live_values_attribute(struct live_writing *writing, const struct live_node *parent, const struct live_node *node,
                           const struct live_attribute *attribute);
bool live_values_text(struct live_writing *writing, const struct live_node *parent, const struct live_node *node,
                      const char *text);
/* live_values_child - whether an element within another is not to be left out. */
bool live_values_child(const struct live_writing *writing, const struct live_node *child);
/* live_values_loose - whether something is left out of an element that would be compared strictly. */
bool live_values_loose(const struct live_writing *writing, const struct live_node *node);
void live_values_literal(struct live_text *out, const char *value); /* escaped, without variables */
bool live_is_blank(const char *text);

bool live_is_delay(const struct live_node *node);   /* that says when a stanza was stored (XEP-0203, XEP-0091) */
bool live_is_session(const struct live_node *root); /* an iq that opens a session, which is a part of logging in */

#endif
