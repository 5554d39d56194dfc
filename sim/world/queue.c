/* queue.c - what is under way, by due time and, at one time, by the order in which it was asked for. */
#include "parts.h"

#include <stdlib.h>

static bool earlier(const struct world_task *a, const struct world_task *b) {
    return a->time_us != b->time_us ? a->time_us < b->time_us : a->order < b->order;
}

bool world_queue_put(struct world_queue *queue, struct world_task task) {
    if (!world_grow((void **)&queue->tasks, &queue->capacity, queue->count, sizeof *queue->tasks)) {
        return false;
    }
    task.order = queue->next_order++;
    size_t at = queue->count++;
    while (at > 0 && earlier(&task, &queue->tasks[(at - 1) / 2])) {
        queue->tasks[at] = queue->tasks[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    queue->tasks[at] = task;
    return true;
}

bool world_queue_take(struct world_queue *queue, struct world_task *out) {
    if (queue->count == 0) {
        return false;
    }
    *out = queue->tasks[0];
    struct world_task last = queue->tasks[--queue->count];
    size_t at = 0;
    for (size_t child = 1; child < queue->count; child = 2 * at + 1) {
        if (child + 1 < queue->count && earlier(&queue->tasks[child + 1], &queue->tasks[child])) {
            child++;
        }
        if (!earlier(&queue->tasks[child], &last)) {
            break;
        }
        queue->tasks[at] = queue->tasks[child];
        at = child;
    }
    queue->tasks[at] = last;
    return true;
}

void world_queue_free(struct world_queue *queue) {
    struct world_task task;
    while (world_queue_take(queue, &task)) {
        free(task.octets);
    }
    free(queue->tasks);
}
