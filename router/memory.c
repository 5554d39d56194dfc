/* memory.c - where a router's memory comes from: lasting objects, and texts that live as long as the effects. */
#include "state.h"

#include <string.h>

enum { BLOCK_SIZE = 4096 };

void *router_take(struct router *r, size_t size) {
    void *memory = r->alloc.resize(r->alloc.ctx, NULL, size);
    if (memory == NULL)
        r->failed = true;
    else
        memset(memory, 0, size);
    return memory;
}

void router_give(struct router *r, void *memory) {
    if (memory != NULL)
        r->alloc.resize(r->alloc.ctx, memory, 0);
}

bool router_grow(struct router *r, void **array, size_t *capacity, size_t item_size) {
    const size_t grown = *capacity < 4 ? 4 : *capacity * 2;
    void *memory = r->alloc.resize(r->alloc.ctx, *array, grown * item_size);
    if (memory == NULL) {
        r->failed = true;
        return false;
    }
    *array = memory;
    *capacity = grown;
    return true;
}

char *router_text(struct router *r, size_t size) {
    struct block *block = r->blocks;
    if (block == NULL || block->size - block->used < size) {
        const size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = r->alloc.resize(r->alloc.ctx, NULL, sizeof *block + room);
        if (block == NULL) {
            r->failed = true;
            return NULL;
        }
        *block = (struct block){r->blocks, room, 0};
        r->blocks = block;
    }
    char *text = block->data + block->used;
    block->used += size;
    return text;
}

void router_text_trim(struct router *r, char *text, size_t size) {
    r->blocks->used = (size_t)(text - r->blocks->data) + size;
}

struct slice router_text_copy(struct router *r, struct slice text) {
    char *copy = router_text(r, text.size);
    if (copy == NULL)
        return (struct slice){"", 0};
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    return (struct slice){copy, text.size};
}

/* One block is kept, so that a router at work allocates nothing for common stanzas. */
void router_text_reset(struct router *r) {
    while (r->blocks != NULL && (r->blocks->next != NULL || r->blocks->size > BLOCK_SIZE)) {
        struct block *next = r->blocks->next;
        router_give(r, r->blocks);
        r->blocks = next;
    }
    if (r->blocks != NULL)
        r->blocks->used = 0;
    while (r->ended != NULL) {
        struct session *session = r->ended;
        r->ended = session->next;
        jid_release(&r->jids, session->jid);
        router_give(r, session);
    }
}

static struct slice put(char **at, struct slice text) {
    const struct slice placed = {*at, text.size};
    if (text.size > 0)
        memcpy(*at, text.data, text.size);
    *at += text.size;
    return placed;
}

struct kept *kept_new(struct router *r, const struct stanza *st, struct slice from, struct slice to) {
    const size_t size = from.size + to.size + st->id.size + st->start.size + st->body.size;
    struct kept *kept = router_take(r, sizeof *kept + size);
    if (kept == NULL)
        return NULL;
    char *at = (char *)(kept + 1);
    kept->kind = st->kind;
    kept->time_us = r->now_us;
    kept->has_to = to.size > 0;
    kept->has_id = st->has_id;
    kept->from = put(&at, from);
    kept->to = put(&at, to);
    kept->id = put(&at, st->has_id ? st->id : (struct slice){"", 0});
    kept->start = put(&at, st->start);
    /* What a child says of its stream's namespace is left out here, as a kept stanza no longer tells its children apart. */
    kept->body = (struct slice){at, write_body(at, st)};
    return kept;
}

void kept_free(struct router *r, struct kept *kept) {
    router_give(r, kept);
}

void kept_append(struct kept_list *list, struct kept *kept) {
    if (list->last == NULL)
        list->first = kept;
    else
        list->last->next = kept;
    list->last = kept;
    list->count++;
}

struct kept *kept_shift(struct kept_list *list) {
    struct kept *kept = list->first;
    if (kept == NULL)
        return NULL;
    list->first = kept->next;
    if (list->first == NULL)
        list->last = NULL;
    list->count--;
    kept->next = NULL;
    return kept;
}

void kept_clear(struct router *r, struct kept_list *list) {
    for (struct kept *kept; (kept = kept_shift(list)) != NULL;)
        kept_free(r, kept);
}

void kept_stanza(const struct kept *kept, struct stanza *out) {
    memset(out, 0, sizeof *out);
    out->kind = kept->kind;
    out->has_to = kept->has_to;
    out->to = kept->to;
    out->has_id = kept->has_id;
    out->id = kept->id;
    out->start = kept->start;
    out->body = kept->body;
}
