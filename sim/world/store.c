/* store.c - containers of the simulated network: lasting memory, numbers under names, arrays that grow. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_FIRST = 8 * 1024, CHUNK_MAX = 1024 * 1024, TABLE_FIRST = 16 };

struct world_chunk {
    struct world_chunk *older;
    size_t used, size;
    max_align_t data[];
};

static struct world_chunk *chunk_new(struct world_chunk *older, size_t needed) {
    size_t size = CHUNK_FIRST;
    if (older != NULL) {
        size = older->size < CHUNK_MAX / 2 ? older->size * 2 : CHUNK_MAX;
    }
    if (size < needed) {
        size = needed;
    }
    if (size > SIZE_MAX - sizeof(struct world_chunk)) {
        return NULL;
    }
    struct world_chunk *chunk = malloc(sizeof *chunk + size);
    if (chunk != NULL) {
        chunk->older = older;
        chunk->used = 0;
        chunk->size = size;
    }
    return chunk;
}

static void *chunk_room(struct world_store *store, size_t size, size_t align) {
    struct world_chunk *chunk = store->chunk;
    size_t start = chunk == NULL ? 0 : (chunk->used + align - 1) / align * align;
    if (chunk == NULL || start > chunk->size || chunk->size - start < size) {
        chunk = chunk_new(store->chunk, size);
        if (chunk == NULL) {
            return NULL;
        }
        store->chunk = chunk;
        start = 0;
    }
    chunk->used = start + size;
    return (char *)chunk->data + start;
}

void *world_store_take(struct world_store *store, size_t size) {
    void *room = chunk_room(store, size, sizeof(max_align_t));
    if (room != NULL) {
        memset(room, 0, size);
    }
    return room;
}

const char *world_store_text(struct world_store *store, const char *data, size_t size) {
    char *text = size < SIZE_MAX ? chunk_room(store, size + 1, 1) : NULL;
    if (text != NULL) {
        if (size > 0) {
            memcpy(text, data, size);
        }
        text[size] = '\0';
    }
    return text;
}

void world_store_free(struct world_store *store) {
    while (store->chunk != NULL) {
        struct world_chunk *older = store->chunk->older;
        free(store->chunk);
        store->chunk = older;
    }
}

/* ------------------------------------------------------------------------------------------------------ names ---- */

struct world_name {
    const char *key; /* NULL: free */
    size_t size;
    uint64_t hash;
    int value;
};

static uint64_t name_hash(const char *key, size_t size) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3u;
    }
    return hash ^ (hash >> 29);
}

static struct world_name *name_slot(const struct world_names *names, const char *key, size_t size, uint64_t hash) {
    size_t at = (size_t)hash & (names->capacity - 1);
    for (;; at = (at + 1) & (names->capacity - 1)) {
        struct world_name *slot = &names->slots[at];
        if (slot->key == NULL || (slot->hash == hash && slot->size == size && memcmp(slot->key, key, size) == 0)) {
            return slot;
        }
    }
}

int world_names_get(const struct world_names *names, const char *key, size_t size) {
    if (names->count == 0) {
        return -1;
    }
    const struct world_name *slot = name_slot(names, key, size, name_hash(key, size));
    return slot->key == NULL ? -1 : slot->value;
}

static bool names_grow(struct world_names *names) {
    struct world_names bigger = {.capacity = names->capacity == 0 ? TABLE_FIRST : names->capacity * 2,
                                 .count = names->count};
    bigger.slots = calloc(bigger.capacity, sizeof *bigger.slots);
    if (bigger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < names->capacity; i++) {
        const struct world_name *old = &names->slots[i];
        if (old->key != NULL) {
            *name_slot(&bigger, old->key, old->size, old->hash) = *old;
        }
    }
    free(names->slots);
    *names = bigger;
    return true;
}

bool world_names_put(struct world_names *names, const char *key, size_t size, int value) {
    if (names->count * 2 >= names->capacity && !names_grow(names)) {
        return false;
    }
    uint64_t hash = name_hash(key, size);
    struct world_name *slot = name_slot(names, key, size, hash);
    names->count += slot->key == NULL;
    *slot = (struct world_name){.key = key, .size = size, .hash = hash, .value = value};
    return true;
}

void world_names_free(struct world_names *names) {
    free(names->slots);
}

/* ----------------------------------------------------------------------------------------------------- arrays ---- */

bool world_grow(void **items, size_t *capacity, size_t count, size_t item_size) {
    if (count < *capacity) {
        return true;
    }
    size_t wanted = *capacity == 0 ? 8 : *capacity * 2;
    void *bigger = wanted > SIZE_MAX / item_size ? NULL : realloc(*items, wanted * item_size);
    if (bigger == NULL) {
        return false;
    }
    *items = bigger;
    *capacity = wanted;
    return true;
}
