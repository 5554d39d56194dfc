/* intern.c - the table of prepared JIDs. Nothing walks it in its own order, so its hash never shows in any output. */
#include "intern.h"

#include <string.h>

static uint32_t hash_text(struct slice text) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * 16777619u;
    return hash;
}

static struct jid *find(const struct jid_table *table, struct slice text, uint32_t hash) {
    if (table->bucket_count == 0)
        return NULL;
    struct jid *jid = table->buckets[hash & (table->bucket_count - 1)];
    while (jid != NULL && (jid->hash != hash || jid->size != text.size || memcmp(jid->text, text.data, text.size) != 0))
        jid = jid->chain;
    return jid;
}

struct jid *jid_find_text(const struct jid_table *table, struct slice text) {
    return find(table, text, hash_text(text));
}

int jid_read(const struct jid_table *table, struct slice text, struct jid_parts *parts, struct jid **known) {
    struct jid *jid = jid_find_text(table, text);
    *known = jid != NULL && jid->role != JID_FOREIGN && jid->role != JID_REMOTE ? jid : NULL;
    if (jid == NULL)
        return jid_prepare(text, parts);
    memcpy(parts->text, jid->text, jid->size);
    parts->size = jid->size;
    const size_t domain_at = jid->local_size > 0 ? jid->local_size + 1u : 0;
    parts->local = (struct slice){parts->text, jid->local_size};
    parts->domain = (struct slice){parts->text + domain_at, jid->domain->size};
    parts->resource = (struct slice){parts->text + jid->size - jid->resource_size, jid->resource_size};
    return ROUTER_OK;
}

static bool grow(struct jid_table *table) {
    const size_t count = table->bucket_count == 0 ? 64 : table->bucket_count * 2;
    struct jid **buckets = table->alloc.resize(table->alloc.ctx, NULL, count * sizeof *buckets);
    if (buckets == NULL)
        return false;
    memset(buckets, 0, count * sizeof *buckets);
    for (size_t i = 0; i < table->bucket_count; i++)
        for (struct jid *jid = table->buckets[i], *chain; jid != NULL; jid = chain) {
            chain = jid->chain;
            jid->chain = buckets[jid->hash & (count - 1)];
            buckets[jid->hash & (count - 1)] = jid;
        }
    table->alloc.resize(table->alloc.ctx, table->buckets, 0);
    table->buckets = buckets;
    table->bucket_count = count;
    return true;
}

/* The JID for a text whose bare and domain forms are already held by the caller; it takes over those two holds. */
static struct jid *make(struct jid_table *table, struct slice text, struct jid *bare, struct jid *domain) {
    if (table->count >= table->bucket_count && !grow(table))
        return NULL;
    struct jid *jid = table->alloc.resize(table->alloc.ctx, NULL, sizeof *jid + text.size + 1);
    if (jid == NULL)
        return NULL;
    memset(jid, 0, sizeof *jid);
    memcpy(jid->text, text.data, text.size);
    jid->text[text.size] = '\0';
    jid->size = (uint16_t)text.size;
    jid->hash = hash_text(text);
    jid->holders = 1;
    jid->bare = bare != NULL ? bare : jid;
    jid->domain = domain != NULL ? domain : jid;
    struct jid **bucket = &table->buckets[jid->hash & (table->bucket_count - 1)];
    jid->chain = *bucket;
    *bucket = jid;
    table->count++;
    return jid;
}

static struct jid *take_domain(struct jid_table *table, struct slice domain) {
    struct jid *jid = jid_find_text(table, domain);
    return jid != NULL ? jid_hold(jid) : make(table, domain, NULL, NULL);
}

static struct jid *take_bare(struct jid_table *table, const struct jid_parts *parts) {
    if (parts->local.size == 0)
        return take_domain(table, parts->domain);
    const struct slice text = {parts->text, parts->local.size + 1 + parts->domain.size};
    struct jid *jid = jid_find_text(table, text);
    if (jid != NULL)
        return jid_hold(jid);
    struct jid *domain = take_domain(table, parts->domain);
    if (domain == NULL)
        return NULL;
    jid = make(table, text, NULL, domain);
    if (jid == NULL)
        jid_release(table, domain);
    else
        jid->local_size = (uint16_t)parts->local.size;
    return jid;
}

struct jid *jid_take(struct jid_table *table, const struct jid_parts *parts) {
    if (parts->resource.size == 0)
        return take_bare(table, parts);
    const struct slice text = {parts->text, parts->size};
    struct jid *jid = jid_find_text(table, text);
    if (jid != NULL)
        return jid_hold(jid);
    struct jid *bare = take_bare(table, parts);
    if (bare == NULL)
        return NULL;
    jid = make(table, text, bare, jid_hold(bare->domain));
    if (jid == NULL) {
        jid_release(table, bare->domain);
        jid_release(table, bare);
        return NULL;
    }
    jid->local_size = bare->local_size;
    jid->resource_size = (uint16_t)parts->resource.size;
    return jid;
}

void jid_release(struct jid_table *table, struct jid *jid) {
    if (jid == NULL || --jid->holders > 0)
        return;
    struct jid **at = &table->buckets[jid->hash & (table->bucket_count - 1)];
    while (*at != jid)
        at = &(*at)->chain;
    *at = jid->chain;
    table->count--;
    if (jid->domain != jid)
        jid_release(table, jid->domain);
    if (jid->bare != jid)
        jid_release(table, jid->bare);
    table->alloc.resize(table->alloc.ctx, jid, 0);
}

void jid_table_free(struct jid_table *table) {
    table->alloc.resize(table->alloc.ctx, table->buckets, 0);
    table->buckets = NULL;
    table->bucket_count = 0;
}
