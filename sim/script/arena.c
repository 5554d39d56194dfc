/* Memory that is handed out piece by piece and freed as a whole. */
#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_MIN = 8 * 1024, CHUNK_MAX = 1024 * 1024 };

struct chunk {
    struct chunk *next;
    size_t size, used; /* octets of data */
    max_align_t data[];
};

struct arena {
    struct chunk *chunks; /* the first one is being filled */
    size_t next_size;
    struct xml_reader *reader;
};

struct arena *arena_new(void) {
    struct arena *arena = malloc(sizeof *arena);
    if (arena != NULL) {
        *arena = (struct arena){.next_size = CHUNK_MIN};
    }
    return arena;
}

void arena_free(struct arena *arena) {
    if (arena == NULL) {
        return;
    }
    for (struct chunk *chunk = arena->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    xml_reader_free(arena->reader);
    free(arena);
}

struct xml_reader **arena_reader(struct arena *arena) {
    return &arena->reader;
}

/* A piece that is larger than the next chunk gets one of its own behind the first, so that what is left of the first is
 * still used. */
static struct chunk *chunk_add(struct arena *arena, size_t size) {
    bool own = size > arena->next_size;
    size_t data_size = own ? size : arena->next_size;
    struct chunk *chunk = malloc(sizeof *chunk + data_size);
    if (chunk == NULL) {
        return NULL;
    }
    chunk->size = data_size;
    chunk->used = 0;
    if (own && arena->chunks != NULL) {
        chunk->next = arena->chunks->next;
        arena->chunks->next = chunk;
        return chunk;
    }
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    if (arena->next_size < CHUNK_MAX) {
        arena->next_size *= 2;
    }
    return chunk;
}

static char *take(struct arena *arena, size_t size) {
    enum { ALIGN = alignof(max_align_t) };
    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    size_t rounded = size == 0 ? ALIGN : (size + ALIGN - 1) / ALIGN * ALIGN;
    struct chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->size - chunk->used < rounded) {
        chunk = chunk_add(arena, rounded);
        if (chunk == NULL) {
            return NULL;
        }
    }
    char *piece = (char *)chunk->data + chunk->used;
    chunk->used += rounded;
    return piece;
}

void *arena_take(struct arena *arena, size_t size) {
    char *piece = take(arena, size);
    return piece == NULL ? NULL : memset(piece, 0, size);
}

char *arena_text(struct arena *arena, const char *data, size_t size) {
    char *text = size == SIZE_MAX ? NULL : take(arena, size + 1);
    if (text != NULL) {
        if (size > 0) {
            memcpy(text, data, size);
        }
        text[size] = '\0';
    }
    return text;
}
