/* links.c - pairs of domains between which s2s streams are opened, and what waits for one to be open. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

enum { INDEX_FIRST = 64 };

/* ------------------------------------------------------------------------------------------------------ index ---- */

static size_t link_slot(size_t index_size, int from, int host, int remote) {
    uint64_t hash = (uint64_t)(uint32_t)from * 0x9e3779b97f4a7c15u;
    hash = (hash ^ (hash >> 31) ^ (uint32_t)host) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ (hash >> 27) ^ (uint32_t)remote) * 0x94d049bb133111ebu;
    return (size_t)(hash ^ (hash >> 31)) & (index_size - 1);
}

/* Where a pair stands in the index, or would. */
static uint32_t *index_at(const struct world *world, int from, int host, int remote) {
    size_t slot = link_slot(world->link_index_size, from, host, remote);
    for (; world->link_index[slot] != 0; slot = (slot + 1) & (world->link_index_size - 1)) {
        const struct world_link *link = &world->links[world->link_index[slot] - 1];
        if (link->from == from && link->host == host && link->remote == remote) {
            break;
        }
    }
    return &world->link_index[slot];
}

static bool index_grow(struct world *world) {
    size_t wanted = world->link_index_size == 0 ? INDEX_FIRST : world->link_index_size * 2;
    uint32_t *index = calloc(wanted, sizeof *index);
    if (index == NULL) {
        return false;
    }
    free(world->link_index);
    world->link_index = index;
    world->link_index_size = wanted;
    for (size_t i = 0; i < world->link_count; i++) {
        const struct world_link *link = &world->links[i];
        *index_at(world, link->from, link->host, link->remote) = (uint32_t)i + 1;
    }
    return true;
}

int world_link_find(struct world *world, int from, int host, int remote) {
    if (world->link_count * 4 >= world->link_index_size * 3 && !index_grow(world)) {
        world->failed = true;
        return -1;
    }
    uint32_t *at = index_at(world, from, host, remote);
    if (*at != 0) {
        return (int)(*at - 1);
    }
    if (world->link_count >= INT32_MAX ||
        !world_grow((void **)&world->links, &world->link_capacity, world->link_count, sizeof *world->links)) {
        world->failed = true;
        return -1;
    }
    world->links[world->link_count] =
        (struct world_link){.from = from, .host = host, .remote = remote, .stream = -1, .pair = PAIR_OWN};
    *at = (uint32_t)++world->link_count;
    return (int)(*at - 1);
}

/* ---------------------------------------------------------------------------------------------------- waiting ---- */

void world_link_wait(struct world *world, int link, struct world_task *task) {
    if (task == NULL) {
        return;
    }
    struct world_link *l = &world->links[link];
    task->order = world->queue.next_order++;
    world_lane_put(&l->waiting, task);
    l->waiting_count++;
}

struct world_task *world_link_next(struct world *world, int link) {
    struct world_link *l = &world->links[link];
    struct world_task *task = l->waiting.first;
    if (task != NULL) {
        world_lane_remove(&l->waiting, task);
        l->waiting_count--;
    }
    return task;
}

static void lose(struct world *world, int link, struct world_task *task, const char *why) {
    const struct world_link *l = &world->links[link];
    struct world_event *event = world_log_lost(world, task, why, -1);
    if (event != NULL) {
        event->server = l->from;
        event->host = world->domains[l->host].name;
        event->target = world->domains[l->remote].name;
    }
    world_task_free(world, task);
}

void world_link_lose(struct world *world, int link, const char *why) {
    for (struct world_task *task; (task = world_link_next(world, link)) != NULL;) {
        lose(world, link, task, why);
    }
}

static int by_order(const void *a, const void *b) {
    const struct world_task *x = *(struct world_task *const *)a, *y = *(struct world_task *const *)b;
    return (x->order > y->order) - (x->order < y->order);
}

void world_links_lose(struct world *world, int place, const char *why) {
    struct world_task **tasks = NULL;
    size_t count = 0, capacity = 0;
    for (size_t i = 0; i < world->link_count; i++) {
        if (world->links[i].from != place) {
            continue;
        }
        for (struct world_task *task; (task = world_link_next(world, (int)i)) != NULL;) {
            task->subject = (int)i;
            if (world_grow((void **)&tasks, &capacity, count, sizeof(struct world_task *))) {
                tasks[count++] = task;
            } else {
                world->failed = true;
                world_task_free(world, task);
            }
        }
    }
    if (count > 0) {
        qsort(tasks, count, sizeof(struct world_task *), by_order);
    }
    for (size_t i = 0; i < count; i++) {
        lose(world, tasks[i]->subject, tasks[i], why);
    }
    free(tasks);
}

/* -------------------------------------------------------------------------------------------------------- log ---- */

void world_link_log(struct world *world, int link, enum world_event_kind kind, struct world_origin origin,
                    const char *text) {
    struct world_event *event = world_log(world, kind, (struct world_origin){.number = 0, .cause = origin.cause});
    if (event == NULL) {
        return;
    }
    const struct world_link *l = &world->links[link];
    const struct world_domain *host = &world->domains[l->host], *remote = &world->domains[l->remote];
    event->server = l->from;
    event->host = host->name;
    event->target = remote->name;
    event->text = text;
    if (text == NULL) {
        char *both = world_store_take(&world->store, host->size + remote->size + 2);
        if (both == NULL) {
            world->failed = true;
            return;
        }
        memcpy(both, host->name, host->size);
        both[host->size] = ' ';
        memcpy(both + host->size + 1, remote->name, remote->size);
        event->text = both;
    }
}
