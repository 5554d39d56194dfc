/* alloc.h - the allocator that a caller passed in, or malloc's. */
#ifndef ROUTER_ALLOC_H
#define ROUTER_ALLOC_H

#include "router.h"

struct router_alloc alloc_or_malloc(const struct router_alloc *alloc); /* alloc: NULL for malloc's */

#endif
