/* alloc.c - the allocator that a caller passed in, or malloc's. */
#include "alloc.h"

#include <stdlib.h>

static void *plain_resize(void *ctx, void *old, size_t size) {
    (void)ctx;
    if (size == 0) {
        free(old);
        return NULL;
    }
    return realloc(old, size);
}

struct router_alloc alloc_or_malloc(const struct router_alloc *alloc) {
    return alloc != NULL ? *alloc : (struct router_alloc){plain_resize, NULL};
}
