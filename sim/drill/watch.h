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
    bool good, here; /* it is a JID; its domain is served by the server that the stanza entered */
    bool local, resource;
    struct slice full, bare; /* in text */
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
    SAW_SESSION = SAW_INITIAL | SAW_UPDATE | SAW_FAREWELL
};

/* A message in an account's store. */
struct stored {
    struct stored *next;
    const char *from, *to, *id; /* NULL: not known */
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
};

enum { TIE_BUCKETS = 4096 };

struct watch {
    struct run *run;
    size_t canon_knob;
    int *priorities;      /* of clients; ROUTER_NOT_AVAILABLE: none */
    const char **full;    /* of clients: the JID of the stream, NULL where there is none */
    uint32_t *last_enter; /* of clients: number of the last stanza, 0: none */
    int before;           /* priority of the client that last entered something or left, before it did */
    size_t last_end;      /* event in which a client last left */
    struct ended {
        struct ended *next;
        const char *full;
    } *ended; /* resources that are gone and have not come back */
    unsigned char *saw;  /* of stanzas by number, SAW_... */
    uint16_t *deliveries, *wanted; /* of stanzas: to how many clients; how many it must be, plus one, 0: not known */
    struct tie *ties[TIE_BUCKETS];
    struct stored *taken; /* the message that an event takes from a store */
    const struct router_rule *rules;
    struct address to;
    size_t index;
    const struct world_event *event;
    const struct world_event *enter; /* the stanza that it is or comes from; NULL: none */
};

/* When a check looks at an event: bit per effect, and these. Late: at a stanza's entry, with all that came of it. */
enum { ON_ENTER = 1 << 20, ON_END = 1 << 21, ON_LATE = 1 << 22, ON_OTHER = 1 << 23, ON_ANY = ~ON_LATE };
#define ON(effect) (1 << ROUTER_##effect)

struct never {
    const char *id;
    enum finding (*check)(const struct watch *w);
    int when;
};

extern const struct never drill_nevers_stanza[], drill_nevers_presence[], drill_nevers_roster[], drill_nevers_offline[];

/* drill_watch_begin, drill_watch_event - what is known before the log, and from its next event on. */
bool drill_watch_begin(struct watch *w);
void drill_watch_event(struct watch *w);
void drill_watch_done(struct watch *w); /* with the checks of the event */

struct tie *drill_tie(const struct watch *w, const char *user, size_t user_size, const char *entity,
                      size_t entity_size);
size_t drill_available_count(const struct watch *w, struct slice bare);
bool drill_served_here(const struct watch *w, const char *jid);
bool drill_knob_is(const struct watch *w, const char *name, const char *value); /* of the event's server */

static inline bool is_enter(const struct watch *w) {
    return w->event->kind == WORLD_ENTER;
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

/* Whether an effect is the very stanza that entered, on its way to whom it is for. The server's own stanzas that others
 * cause (broadcasts, stored messages, answers to probes) are not. */
static inline bool is_passed_on(const struct watch *w) {
    if ((!is_effect(w, ROUTER_DELIVER) && !is_effect(w, ROUTER_ROUTE)) || w->event->stanza == NULL ||
        w->enter->to == NULL) {
        return false;
    }
    enum stanza_kind kind = w->enter->stanza_kind;
    return is_message(kind) || is_iq(kind) || kind == STANZA_AVAILABLE || kind == STANZA_UNAVAILABLE ||
           kind == STANZA_PRESENCE_ERROR;
}

static inline bool rule_begins(const struct watch *w, const char *with) {
    return w->event->kind == WORLD_EFFECT && w->event->rule >= 0 &&
           strncmp(w->rules[w->event->rule].id, with, strlen(with)) == 0;
}

static inline bool saw(const struct watch *w, int what) {
    return w->enter != NULL && (w->saw[w->event->number] & what) != 0;
}

#endif
