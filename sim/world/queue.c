/* queue.c - what is under way, by due time and, at one time, by the order in which it was asked for.
 *
 * Many things are due at one time, so the heap holds moments, and each moment its tasks. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

enum { INDEX_FIRST = 64 };

/* ------------------------------------------------------------------------------------------------------- heap ---- */

static void heap_up(struct world_queue *queue, size_t at, struct world_moment *moment) {
    while (at > 0 && moment->time_us < queue->heap[(at - 1) / 2]->time_us) {
        queue->heap[at] = queue->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    queue->heap[at] = moment;
}

static void heap_take(struct world_queue *queue) {
    struct world_moment *last = queue->heap[--queue->count];
    size_t at = 0;
    for (size_t child = 1; child < queue->count; child = 2 * at + 1) {
        if (child + 1 < queue->count && queue->heap[child + 1]->time_us < queue->heap[child]->time_us) {
            child++;
        }
        if (queue->heap[child]->time_us >= last->time_us) {
            break;
        }
        queue->heap[at] = queue->heap[child];
        at = child;
    }
    queue->heap[at] = last;
}

/* ------------------------------------------------------------------------------------------------------ index ---- */

static size_t index_slot(size_t index_size, uint64_t time_us) {
    uint64_t hash = time_us * 0x9e3779b97f4a7c15u;
    return (size_t)(hash >> 32) & (index_size - 1);
}

static bool index_grow(struct world_queue *queue) {
    size_t wanted = queue->index_size == 0 ? INDEX_FIRST : queue->index_size * 2;
    struct world_moment **index = calloc(wanted, sizeof(struct world_moment *));
    if (index == NULL) {
        return false;
    }
    for (size_t i = 0; i < queue->count; i++) {
        struct world_moment *moment = queue->heap[i];
        size_t slot = index_slot(wanted, moment->time_us);
        moment->chained = index[slot];
        index[slot] = moment;
    }
    free(queue->index);
    queue->index = index;
    queue->index_size = wanted;
    return true;
}

static void index_remove(struct world_queue *queue, const struct world_moment *moment) {
    struct world_moment **at = &queue->index[index_slot(queue->index_size, moment->time_us)];
    while (*at != moment) {
        at = &(*at)->chained;
    }
    *at = moment->chained;
}

/* ---------------------------------------------------------------------------------------------------- moments ---- */

static struct world_moment *moment_new(struct world_queue *queue, uint64_t time_us) {
    if ((queue->count >= queue->index_size && !index_grow(queue)) ||
        !world_grow((void **)&queue->heap, &queue->capacity, queue->count, sizeof *queue->heap)) {
        return NULL;
    }
    struct world_moment *moment = queue->spare;
    if (moment != NULL) {
        queue->spare = moment->chained;
    } else {
        moment = malloc(sizeof *moment);
    }
    if (moment == NULL) {
        return NULL;
    }
    size_t slot = index_slot(queue->index_size, time_us);
    *moment = (struct world_moment){.time_us = time_us, .chained = queue->index[slot]};
    queue->index[slot] = moment;
    heap_up(queue, queue->count++, moment);
    return moment;
}

static struct world_moment *moment_at(struct world_queue *queue, uint64_t time_us) {
    if (queue->index_size > 0) {
        struct world_moment *moment = queue->index[index_slot(queue->index_size, time_us)];
        while (moment != NULL && moment->time_us != time_us) {
            moment = moment->chained;
        }
        if (moment != NULL) {
            return moment;
        }
    }
    return moment_new(queue, time_us);
}

/* ------------------------------------------------------------------------------------------------------ queue ---- */

bool world_queue_put(struct world_queue *queue, struct world_task *task) {
    struct world_moment *moment = moment_at(queue, task->time_us);
    if (moment == NULL) {
        return false;
    }
    task->order = queue->next_order++;
    task->moment = moment;
    task->next = NULL;
    task->prev = moment->last;
    if (moment->last == NULL) {
        moment->first = task;
    } else {
        moment->last->next = task;
    }
    moment->last = task;
    queue->busy += task->kind != TASK_TIMER;
    return true;
}

void world_queue_remove(struct world_queue *queue, struct world_task *task) {
    struct world_moment *moment = task->moment;
    if (task->prev == NULL) {
        moment->first = task->next;
    } else {
        task->prev->next = task->next;
    }
    if (task->next == NULL) {
        moment->last = task->prev;
    } else {
        task->next->prev = task->prev;
    }
    task->moment = NULL;
    queue->busy -= task->kind != TASK_TIMER;
}

struct world_task *world_queue_first(struct world_queue *queue) {
    while (queue->count > 0 && queue->heap[0]->first == NULL) {
        struct world_moment *moment = queue->heap[0];
        heap_take(queue);
        index_remove(queue, moment);
        moment->chained = queue->spare;
        queue->spare = moment;
    }
    return queue->count == 0 ? NULL : queue->heap[0]->first;
}

void world_queue_free(struct world_queue *queue) {
    for (size_t i = 0; i < queue->count; i++) {
        free(queue->heap[i]);
    }
    while (queue->spare != NULL) {
        struct world_moment *moment = queue->spare;
        queue->spare = moment->chained;
        free(moment);
    }
    free(queue->heap);
    free(queue->index);
}

/* ------------------------------------------------------------------------------------------------------ lanes ---- */

void world_lane_put(struct world_lane *lane, struct world_task *task) {
    task->lane_next = NULL;
    task->lane_prev = lane->last;
    if (lane->last == NULL) {
        lane->first = task;
    } else {
        lane->last->lane_next = task;
    }
    lane->last = task;
}

void world_lane_remove(struct world_lane *lane, struct world_task *task) {
    if (task->lane_prev == NULL) {
        lane->first = task->lane_next;
    } else {
        task->lane_prev->lane_next = task->lane_next;
    }
    if (task->lane_next == NULL) {
        lane->last = task->lane_prev;
    } else {
        task->lane_next->lane_prev = task->lane_prev;
    }
}

/* ------------------------------------------------------------------------------------------------------- pool ---- */

enum { POOL_UNIT = 64, POOL_BLOCK = 64 * 1024 };

struct world_block {
    struct world_block *older, *newer;
    max_align_t data[];
};

static struct world_block *block_new(struct world_pool *pool, size_t size) {
    struct world_block *block = size > SIZE_MAX - sizeof *block ? NULL : malloc(sizeof *block + size);
    if (block != NULL) {
        *block = (struct world_block){.older = pool->blocks};
        if (pool->blocks != NULL) {
            pool->blocks->newer = block;
        }
        pool->blocks = block;
    }
    return block;
}

/* A task with many octets has a block of its own, which goes when it goes. */
static struct world_task *take_large(struct world_pool *pool, size_t size) {
    struct world_block *block = block_new(pool, size);
    struct world_task *task = block == NULL ? NULL : (struct world_task *)(void *)block->data;
    if (task != NULL) {
        task->pool = POOL_CLASSES;
    }
    return task;
}

struct world_task *world_pool_take(struct world_pool *pool, size_t octets) {
    size_t size = octets > SIZE_MAX / 2 ? SIZE_MAX / 2 : sizeof(struct world_task) + octets;
    size_t class = (size + POOL_UNIT - 1) / POOL_UNIT;
    if (class >= POOL_CLASSES) {
        return take_large(pool, size);
    }
    struct world_task *task = pool->spare[class];
    if (task != NULL) {
        pool->spare[class] = task->next;
        return task;
    }
    if (pool->left < class * POOL_UNIT) {
        struct world_block *block = block_new(pool, POOL_BLOCK);
        if (block == NULL) {
            return NULL;
        }
        pool->at = (char *)block->data;
        pool->left = POOL_BLOCK;
    }
    task = (struct world_task *)(void *)pool->at;
    pool->at += class * POOL_UNIT;
    pool->left -= class * POOL_UNIT;
    task->pool = (uint8_t)class;
    return task;
}

void world_pool_give(struct world_pool *pool, struct world_task *task) {
    if (task->pool < POOL_CLASSES) {
        task->next = pool->spare[task->pool];
        pool->spare[task->pool] = task;
        return;
    }
    struct world_block *block = (struct world_block *)(void *)((char *)task - offsetof(struct world_block, data));
    if (block->newer == NULL) {
        pool->blocks = block->older;
    } else {
        block->newer->older = block->older;
    }
    if (block->older != NULL) {
        block->older->newer = block->newer;
    }
    free(block);
}

void world_pool_free(struct world_pool *pool) {
    while (pool->blocks != NULL) {
        struct world_block *block = pool->blocks;
        pool->blocks = block->older;
        free(block);
    }
}
