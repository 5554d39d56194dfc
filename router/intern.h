/* intern.h - prepared JIDs, each kept once, so that two are equal exactly when their pointers are. */
#ifndef ROUTER_INTERN_H
#define ROUTER_INTERN_H

#include "router.h"

/* What a JID stands for in this router. */
enum jid_role { JID_FOREIGN, JID_HOST, JID_REMOTE, JID_ACCOUNT, JID_SESSION };

struct jid {
    struct jid *chain; /* next in its bucket */
    struct jid *bare;   /* without resource; itself where there is none */
    struct jid *domain; /* domain alone; itself for a domain */
    void *owner;        /* by role: struct host, stream, account or session */
    uint32_t hash;
    uint32_t holders; /* jid_release by the last one frees it */
    uint16_t size, local_size, resource_size;
    uint8_t role; /* enum jid_role */
    char text[];  /* prepared; NUL-terminated */
};

struct jid_table {
    struct router_alloc alloc;
    struct jid **buckets;
    size_t bucket_count; /* a power of two, or 0 */
    size_t count;
};

/* jid_find_text - the JID with exactly this prepared text, or NULL. Does not hold it. */
struct jid *jid_find_text(const struct jid_table *table, struct slice text);

/* jid_read - the prepared parts of a written JID. One that is known as it stands needs no preparing, which is the
 * common case. known: receives it where it is a host, an account or a bound resource here, which outlast the stanza at
 * work; else NULL. returns what jid_prepare does. */
int jid_read(const struct jid_table *table, struct slice text, struct jid_parts *parts, struct jid **known);

/* jid_take - hold the JID with these parts, made where it is new. NULL where memory ran out. */
struct jid *jid_take(struct jid_table *table, const struct jid_parts *parts);

/* jid_hold - one more holder. */
static inline struct jid *jid_hold(struct jid *jid) {
    jid->holders++;
    return jid;
}

/* jid_release - one holder less; NULL is allowed. */
void jid_release(struct jid_table *table, struct jid *jid);

void jid_table_free(struct jid_table *table); /* the buckets; every JID must be released */

static inline struct slice jid_slice(const struct jid *jid) {
    return (struct slice){jid->text, jid->size};
}

#endif
