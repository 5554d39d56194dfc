/* tap_tree.c - the trees that a tap makes, and their memory. */
#include "tap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 2000, ALIGNMENT = sizeof(max_align_t) };

struct block {
    struct block *older;
    size_t used, size;
    max_align_t room[];
};

struct live_pool {
    struct block *blocks;
};

struct live_pool *live_pool_new(void) {
    return calloc(1, sizeof(struct live_pool));
}

void live_pool_free(struct live_pool *pool) {
    while (pool != NULL && pool->blocks != NULL) {
        struct block *older = pool->blocks->older;
        free(pool->blocks);
        pool->blocks = older;
    }
    free(pool);
}

void *live_pool_take(struct live_pool *pool, size_t size) {
    if (size > SIZE_MAX / 4) {
        return NULL;
    }
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct block *block = pool->blocks;
    if (block == NULL || block->size - block->used < size) {
        const size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        block = calloc(1, sizeof *block + room);
        if (block == NULL) {
            return NULL;
        }
        *block = (struct block){.older = pool->blocks, .size = room};
        pool->blocks = block;
    }
    void *taken = (char *)block->room + block->used;
    block->used += size;
    return taken;
}

char *live_pool_text(struct live_pool *pool, const char *data, size_t size) {
    char *text = live_pool_take(pool, size + 1);
    if (text != NULL && size > 0) {
        memcpy(text, data, size);
    }
    return text;
}

/* ----------------------------------------------------------------------------------------------------- looking ---- */

const char *live_node_get(const struct live_node *node, const char *name) {
    for (const struct live_attribute *a = node->attributes; a != NULL; a = a->next) {
        if (a->ns[0] == '\0' && strcmp(a->name, name) == 0) {
            return a->value;
        }
    }
    return NULL;
}

bool live_node_is(const struct live_node *node, const char *ns, const char *name) {
    return node != NULL && node->name != NULL && strcmp(node->name, name) == 0 && strcmp(node->ns, ns) == 0;
}

const struct live_node *live_node_child(const struct live_node *node, const char *ns, const char *name) {
    const struct live_node *child = node->child;
    while (child != NULL && !live_node_is(child, ns, name)) {
        child = child->next;
    }
    return child;
}

const char *live_node_text(const struct live_node *node) {
    for (const struct live_node *child = node->child; child != NULL; child = child->next) {
        if (child->name == NULL) {
            return child->text;
        }
    }
    return "";
}
