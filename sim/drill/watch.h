/* watch.h - what the checks of a run's log share: the event they look at, and what was seen before it. Private to the
 * nevers of sim/drill. */
#ifndef STANZADRILL_DRILL_WATCH_H
#define STANZADRILL_DRILL_WATCH_H

#include "parts.h"

#include <string.h>

/* What an event says about a rule: nothing; that it could have been broken here and was kept; that it was broken. */
enum finding { SILENT, TEMPTED, BROKEN };

/* The address of a stanza that entered, read once for all its effects. */
struct address {
    uint32_t number;
    bool good;   /* it is a JID */
    bool served; /* its domain is served by the server that the stanza entered; here: and no component plays it */
    bool here;
    bool local, resource;
    struct slice full, bare, domain; /* in text */
    char text[sizeof((struct jid_parts *)0)->text];
};

/* What is known of a stanza that entered, as bits. */
enum {
    SAW_INITIAL = 1 << 0,  /* it began a presence session */
    SAW_UPDATE = 1 << 1,   /* available presence in one */
    SAW_FAREWELL = 1 << 2, /* it ended one */
    SAW_STORE = 1 << 3,
    SAW_BOUNCE = 1 << 4,
    SAW_DENIAL = 1 << 5,    /* a prober was told that it may not see */
    SAW_PRESENCE = 1 << 6,  /* a prober was shown presence */
    SAW_DEPARTURE = 1 << 7, /* a profile departs from the text here, on purpose */
    SAW_FATE = 1 << 8,
    SAW_REFUSAL = 1 << 9, /* it was dropped on entry, or its stream was closed for it */
    SAW_REQUEST = 1 << 10, /* a request that the server itself has to answer */
    SAW_WAIT = 1 << 11,    /* it was put aside until a stream to another server opens, and its sender wants to know */
    SAW_UNROUTED = 1 << 12, /* that stream could not be opened */
    SAW_ROUTED = 1 << 13,   /* a client's stanza that went to another server, or waits for a stream there */
    SAW_ARRIVED = 1 << 14,  /* there it arrived */
    SAW_LOST = 1 << 15,     /* it was lost on the way, or with the memory of its server */
    SAW_DROP = 1 << 16,     /* it could not be routed, and nobody is told */
    SAW_SESSION = SAW_INITIAL | SAW_UPDATE | SAW_FAREWELL
};

/* A message in an account's store. */
struct stored {
    struct stored *next;
    const char *from, *to, *id; /* NULL: not known */
};

/* A stanza that went to another server. */
struct sent {
    struct sent *next;
    uint32_t number;
    bool arrived;
};

/* A stream of a client's. */
struct session {
    struct session *older;
    size_t event; /* in which it was bound */
};

/* What one user is to an entity; with an entity "" what concerns the user alone. Bare JIDs; for pushes full. */
struct tie {
    struct tie *next;
    const char *user, *entity;
    bool rostered;     /* the roster that the script sets up names it */
    bool entitled;     /* it may have been a subscriber at some time */
    bool directed;     /* it was sent directed presence */
    uint32_t strangers, guests; /* of the user: in the roster but never a subscriber; the same with directed presence */
    uint32_t last;              /* stanza that last came over s2s from the entity to the user's bare JID */
    struct stored *first_stored, *last_stored;
    const char *version; /* of the last roster push */
    struct sent *first_sent, *last_sent; /* from a full JID to whoever has the entity's bare JID */
    bool open, ready, used;              /* of two domains: the s2s stream between them; used: something was routed */
    bool opened;                         /* of two domains: there was an attempt to open one */
    int stream;                          /* of two domains: its number, see drill_stream; 0: none yet */
    bool verified;                       /* of two domains: a stream between them was ready once */
    struct sent *waiting;                /* of two domains: what waits for the stream */
    const struct world_event *answer;    /* of two accounts: an error that the user, a stranger, got */
};

/* What was last seen on the way from one stream to another; the numbers of streams are those of drill_stream. */
struct lane {
    struct lane *next;
    int from, to;
    uint32_t number;
};

enum { TIE_BUCKETS = 4096, LANE_BUCKETS = 256, KNOBS_KNOWN = 16 };

struct watch {
    struct run *run;
    struct watch *self; /* for what is looked up once */
    struct {
        const char *name;
        int number;
    } knobs[KNOBS_KNOWN]; /* that were asked for */
    int *priorities;      /* of clients; ROUTER_NOT_AVAILABLE: none */
    const char **full;    /* of clients: the JID of the stream, NULL where there is none */
    struct session **sessions; /* of clients, the last one first */
    uint64_t *unsure_us;  /* of clients: up to when their servers may think of an earlier stream; 0: never */
    uint32_t *last_enter; /* of clients: number of the last stanza, 0: none */
    long *under_way;      /* of clients: stanzas that were sent to them and have neither arrived nor been lost */
    bool departed;        /* a profile has departed from the text somewhere */
    int user;             /* the [Client] that the event is of; -1: another, or none */
    int sender;           /* the [Client] that sent its stanza; -1: it came from elsewhere, or there is none */
    bool crossed;         /* its stanza came from another server, simulated or played by the script */
    bool played;          /* by the script */
    int before;           /* priority of the client that last entered something or left, before it did */
    size_t last_end;      /* event in which a client last left */
    bool components;      /* there are some */
    struct ended {
        struct ended *next;
        const char *full;
        uint64_t unsure_us; /* up to when its server may not know; 0: it knew at once */
    } *ended; /* resources that are gone and have not come back */
    uint32_t *saw;       /* of stanzas by number, SAW_... */
    const struct session **sent_on; /* of stanzas: the client's stream that they were sent on; NULL: not a client's */
    unsigned char *replies; /* of stanzas: how many results and errors came of them */
    uint16_t *deliveries, *wanted; /* of stanzas: to how many clients; how many it must be, plus one, 0: not known */
    struct tie *ties[TIE_BUCKETS];
    struct lane *lanes[LANE_BUCKETS];
    int stream_count; /* between domains */
    int stream;            /* on which the event's stanza entered; -1: none */
    uint32_t before_it;    /* stanza that entered on that stream before it; 0: none */
    uint32_t original;     /* of a stanza from another server: the one that a client sent, 0: not known */
    bool overtook, follows; /* it came before one that was sent earlier; behind one that was */
    bool reopened; /* a stream is opened where there is one */
    uint32_t lasting; /* stanza whose last copy could not be routed for a reason that lasts; 0: none */
    const char *foreign; /* domain of a stanza from another server for a third one, until the next stanza; else NULL */
    const struct world_event *foreign_enter; /* that stanza */
    struct {
        uint32_t number; /* of the stanza that this was found of */
        enum finding whole, apart;
    } unchecked; /* what was sent raw, see nevers_raw.c */
    struct stored *taken; /* the message that an event takes from a store */
    const struct router_rule *rules;
    struct address to;
    size_t index;
    const struct world_event *event;
    const struct world_event *enter; /* the stanza that it is or comes from; NULL: none */
};

/* When a check looks at an event: bit per effect, and these. Late: at a stanza's entry, with all that came of it. */
enum {
    ON_ENTER = 1 << 20,
    ON_END = 1 << 21,
    ON_LATE = 1 << 22,
    ON_OTHER = 1 << 23,
    ON_ARRIVE = 1 << 24,
    ON_LAST = 1 << 25, /* behind the last event */
    ON_ANY = ~(ON_LATE | ON_ARRIVE | ON_LAST)
};
#define ON(effect) (1 << ROUTER_##effect)

struct never {
    const char *id;
    enum finding (*check)(const struct watch *w);
    int when;
};

/* What holds of every log, whatever rule decides. */
struct law {
    const char *broken, *wanted;
    enum finding (*check)(const struct watch *w);
    int when;
};

extern const struct law drill_laws[]; /* `broken` NULL at the end */

extern const struct never drill_nevers_stanza[], drill_nevers_presence[], drill_nevers_roster[], drill_nevers_offline[],
    drill_nevers_error[], drill_nevers_order[], drill_nevers_content[], drill_nevers_address[], drill_nevers_remote[],
    drill_nevers_raw[];

/* drill_watch_begin, drill_watch_event - what is known before the log, and from its next event on. */
bool drill_watch_begin(struct watch *w);
void drill_watch_event(struct watch *w);
void drill_watch_done(struct watch *w); /* with the checks of the event */
void drill_watch_late(struct watch *w, uint32_t number); /* all that came of a stanza is known */
void drill_watch_streams(struct watch *w); /* part of drill_watch_event: what concerns streams */

struct tie *drill_tie(const struct watch *w, const char *user, size_t user_size, const char *entity,
                      size_t entity_size);
struct tie *drill_tie_for(struct watch *w, const char *user, size_t user_size, const char *entity,
                          size_t entity_size); /* made where there is none yet; NULL: memory ran out */
/* drill_lane - what was last seen between two streams; 0 at first. NULL: memory ran out. */
uint32_t *drill_lane(struct watch *w, int from, int to);
/* drill_stream - the number of the stream between a domain and one that is served. -1: memory ran out. */
int drill_stream(struct watch *w, struct slice domain, const char *host);
bool drill_is_component(const struct watch *w, struct slice domain); /* a component plays it */
bool drill_served_here(const struct watch *w, const char *jid);
bool drill_of_component(const struct watch *w, const char *jid); /* its domain is a component's */
const char *drill_knob(const struct watch *w, const char *name, char buffer[24]); /* of the event's server */
bool drill_knob_is(const struct watch *w, const char *name, const char *value);

/* Whether a client of the world is a [Client]: peers and components are clients of the world too. */
static inline bool is_user(const struct watch *w, int client) {
    return client >= 0 && drill_run_role(w->run, client) == SCRIPT_CLIENT;
}

/* Whether a client and its server are sure to think of the same stream. */
static inline bool is_sure(const struct watch *w, int client) {
    return w->unsure_us[client] == 0 || w->unsure_us[client] < w->event->time_us;
}

/* The full JID of the client that sent the event's stanza; NULL: there is none. */
static inline const char *sender_full(const struct watch *w) {
    const struct session *session = w->sender < 0 ? NULL : w->sent_on[w->enter->number];
    return session == NULL ? NULL : world_event(w->run->world, session->event)->text;
}

static inline bool is_enter(const struct watch *w) {
    return w->event->kind == WORLD_ENTER;
}

/* Whether it is a simulated server that opens a stream; peers open as many as they like. */
static inline bool is_opened_here(const struct watch *w) {
    return drill_served_here(w, w->event->host);
}

static inline bool is_effect(const struct watch *w, enum router_effect_kind effect) {
    return w->event->kind == WORLD_EFFECT && w->event->effect == effect && w->enter != NULL;
}

static inline bool is_message(enum stanza_kind kind) {
    return kind <= STANZA_MESSAGE_ERROR;
}

static inline bool is_iq(enum stanza_kind kind) {
    return kind >= STANZA_GET && kind <= STANZA_IQ_OTHER;
}

static inline bool is_subscription(enum stanza_kind kind) {
    return kind >= STANZA_SUBSCRIBE && kind <= STANZA_UNSUBSCRIBED;
}

static inline size_t bare_size(const char *jid) {
    return strcspn(jid, "/");
}

static inline bool same(const char *a, const char *b) {
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static inline const struct xml_node *element(const struct watch *w) {
    return drill_run_tree(w->run, w->index);
}

static inline enum finding kept_if(bool kept) {
    return kept ? TEMPTED : BROKEN;
}

static inline bool to_bare_account(const struct watch *w) {
    return w->to.here && w->to.local && !w->to.resource;
}

static inline bool saw(const struct watch *w, uint32_t what) {
    return w->enter != NULL && (w->saw[w->event->number] & what) != 0;
}

/* The sender's bare JID, as far as it is known. */
static inline struct slice sender_bare(const struct watch *w) {
    const char *jid = w->sender >= 0 ? w->run->actors[w->run->actor_of[w->sender]].bare : w->enter->from;
    return (struct slice){.data = jid, .size = jid == NULL ? 0 : bare_size(jid)};
}

static inline bool slice_equals(struct slice a, const char *text, size_t size) {
    return a.size == size && memcmp(a.data, text, size) == 0;
}

/* Knob pres.dir-self=broadcast takes presence for one's own bare JID as if it had no address. */
static inline bool is_broadcast_after_all(const struct watch *w) {
    const enum stanza_kind kind = w->enter->stanza_kind;
    const struct slice own = sender_bare(w);
    return (kind == STANZA_AVAILABLE || kind == STANZA_UNAVAILABLE) && w->to.good && !w->to.resource &&
           own.data != NULL && slice_equals(w->to.bare, own.data, own.size) &&
           drill_knob_is(w, "pres.dir-self", "broadcast");
}

/* Whether an effect is the very stanza that entered, on its way to whom it is for, or, for is_copy, put aside until its
 * stream opens. The server's own stanzas that others cause (broadcasts, stored messages, answers to probes, what a
 * change of the roster sends) are not. */
static inline bool is_copy(const struct watch *w) {
    if ((!is_effect(w, ROUTER_DELIVER) && !is_effect(w, ROUTER_ROUTE) && !is_effect(w, ROUTER_HAND)) ||
        w->enter->to == NULL || saw(w, SAW_REFUSAL | SAW_REQUEST)) {
        return false;
    }
    enum stanza_kind kind = w->enter->stanza_kind;
    if (is_broadcast_after_all(w)) {
        return false;
    }
    return is_message(kind) || is_iq(kind) || kind == STANZA_AVAILABLE || kind == STANZA_UNAVAILABLE ||
           kind == STANZA_PRESENCE_ERROR;
}

static inline bool is_passed_on(const struct watch *w) {
    return w->event->stanza != NULL && is_copy(w);
}

static inline bool rule_begins(const struct watch *w, const char *with) {
    return w->event->kind == WORLD_EFFECT && w->event->rule >= 0 &&
           strncmp(w->rules[w->event->rule].id, with, strlen(with)) == 0;
}

static inline bool rule_is_of(const struct watch *w, const char *group) {
    return w->event->kind == WORLD_EFFECT && w->event->rule >= 0 && strcmp(w->rules[w->event->rule].group, group) == 0;
}

/* An error, or an iq result: nothing is ever sent in answer to it. */
static inline bool is_unanswerable(enum stanza_kind kind) {
    return kind == STANZA_MESSAGE_ERROR || kind == STANZA_PRESENCE_ERROR || kind == STANZA_IQ_ERROR ||
           kind == STANZA_RESULT;
}

#endif
