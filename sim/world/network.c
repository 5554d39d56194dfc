/* network.c - the ways between places: how long they take, and what is cut or held up on them. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------------ paths ---- */

/* Each direction is a path of its own, which stands here only once something about it was changed. */
static struct world_path *path_find(const struct world *world, int a, int b) {
    int ends[] = {a, b};
    int path = world->path_count == 0 ? -1 : world_names_get(&world->path_names, (const char *)ends, sizeof ends);
    return path < 0 ? NULL : &world->paths[path];
}

static struct world_path *path_take(struct world *world, int a, int b) {
    struct world_path *known = path_find(world, a, b);
    if (known != NULL) {
        return known;
    }
    int ends[] = {a, b};
    const char *key = world_keep(world, (const char *)ends, sizeof ends);
    if (key == NULL || world->path_count >= INT32_MAX ||
        !world_grow((void **)&world->paths, &world->path_capacity, world->path_count, sizeof *world->paths) ||
        !world_names_put(&world->path_names, key, sizeof ends, (int)world->path_count)) {
        world->failed = true;
        return NULL;
    }
    world->paths[world->path_count] = (struct world_path){.a = a, .b = b};
    return &world->paths[world->path_count++];
}

bool world_is_cut(const struct world *world, int a, int b) {
    const struct world_path *path = path_find(world, a, b);
    return path != NULL && path->cut;
}

bool world_is_stalled(const struct world *world, int a, int b) {
    const struct world_path *path = path_find(world, a, b);
    return path != NULL && path->stalled;
}

/* splitmix64: the next number of the world's own sequence. */
static uint64_t next_random(struct world *world) {
    uint64_t z = world->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t latency(const struct world *world, int place, uint64_t otherwise_us) {
    bool peer = place >= 0 && world->servers[place].router == NULL;
    return peer ? world->servers[place].trouble->latency_us : otherwise_us;
}

uint64_t world_delay(struct world *world, int a, int b) {
    const struct world_path *path = path_find(world, a, b);
    if (path == NULL || !path->set) {
        return latency(world, a, latency(world, b, WORLD_SERVER_LATENCY_US));
    }
    uint64_t jitter_us = 0;
    if (path->jitter_us > 0) {
        uint64_t number = next_random(world);
        jitter_us = path->jitter_us == UINT64_MAX ? number : number % (path->jitter_us + 1);
    }
    return jitter_us > UINT64_MAX - path->latency_us ? UINT64_MAX : path->latency_us + jitter_us;
}

static bool are_two_places(const struct world *world, int a, int b) {
    return a >= 0 && b >= 0 && a != b && (size_t)a < world->server_count && (size_t)b < world->server_count;
}

int world_link(struct world *world, int a, int b, uint64_t latency_us, uint64_t jitter_us) {
    if (!are_two_places(world, a, b)) {
        return ROUTER_E_UNKNOWN;
    }
    for (int i = 0; i < 2; i++) {
        struct world_path *path = i == 0 ? path_take(world, a, b) : path_take(world, b, a);
        if (path == NULL) {
            return ROUTER_E_NOMEM;
        }
        path->set = true;
        path->latency_us = latency_us;
        path->jitter_us = jitter_us;
    }
    return ROUTER_OK;
}

/* ------------------------------------------------------------------------------------------------------- cuts ---- */

/* A step that is struck finds no answer until the network heals. */
static void hold_off(struct world *world, int stream) {
    world_stream_drop(world, stream, TRAVEL_BOTH, "cut");
    world->streams[stream].held_off = true;
}

static void strike_stream(struct world *world, int stream, int a, int b) {
    const struct world_stream *s = &world->streams[stream];
    bool same_way = s->link >= 0 && world->links[s->link].from == a && s->to == b;
    bool other_way = s->link >= 0 && world->links[s->link].from == b && s->to == a;
    if (same_way && world_stream_connected(s)) {
        world_stream_break(world, stream, "cut", world_own_origin(world));
    } else if ((same_way || other_way) && s->step != STEP_NAME && s->step != STEP_DONE) {
        hold_off(world, stream);
    } else if (other_way && s->step == STEP_DONE) {
        world_stream_drop(world, stream, TRAVEL_BACK, "cut");
        world_stream_settle(world, stream);
    }
}

/* What comes of it may open streams, but none of them has got as far as to be struck. */
static void strike(struct world *world, int a, int b) {
    for (size_t i = 0; i < world->stream_count; i++) {
        strike_stream(world, (int)i, a, b);
    }
}

static int result(const struct world *world) {
    return world->failed ? ROUTER_E_NOMEM : ROUTER_OK;
}

int world_cut(struct world *world, int a, int b, bool both) {
    if (!are_two_places(world, a, b)) {
        return ROUTER_E_UNKNOWN;
    }
    if (world_is_cut(world, a, b) && (!both || world_is_cut(world, b, a))) {
        return ROUTER_E_CONFLICT;
    }
    world_finish_moment(world);
    struct world_path *there = path_take(world, a, b);
    if (there != NULL) {
        there->cut = true;
    }
    struct world_path *back = both ? path_take(world, b, a) : NULL;
    if (back != NULL) {
        back->cut = true;
    }
    world_log_fault(world, -1, both ? "network cuts %s from %s" : "network cuts %s to %s", world->servers[a].name,
                    world->servers[b].name);
    strike(world, a, b);
    if (both) {
        strike(world, b, a);
    }
    return result(world);
}

/* -------------------------------------------------------------------------------------------- stalls, healing ---- */

static bool travels(const struct world *world, const struct world_stream *s, const struct world_task *task, int a,
                    int b) {
    int from = world->links[s->link].from;
    return task->kind != TASK_NAME && (task->back ? s->to == a && from == b : from == a && s->to == b);
}

int world_stall(struct world *world, int a, int b) {
    if (!are_two_places(world, a, b)) {
        return ROUTER_E_UNKNOWN;
    }
    if (world_is_stalled(world, a, b)) {
        return ROUTER_E_CONFLICT;
    }
    world_finish_moment(world);
    struct world_path *path = path_take(world, a, b);
    if (path == NULL) {
        return ROUTER_E_NOMEM;
    }
    path->stalled = true;
    world_log_fault(world, -1, "network stalls %s to %s", world->servers[a].name, world->servers[b].name);
    for (size_t i = 0; i < world->stream_count; i++) {
        const struct world_stream *s = &world->streams[i];
        for (struct world_task *task = s->flight.first; task != NULL; task = task->lane_next) {
            if (task->moment != NULL && travels(world, s, task, a, b)) {
                world_queue_remove(&world->queue, task);
            }
        }
    }
    return result(world);
}

static int by_time(const void *x, const void *y) {
    const struct world_task *a = *(struct world_task *const *)x, *b = *(struct world_task *const *)y;
    int time = (a->time_us > b->time_us) - (a->time_us < b->time_us);
    return time != 0 ? time : (a->order > b->order) - (a->order < b->order);
}

/* What was held up sets out again, in the order in which it would have arrived. */
static void release(struct world *world) {
    struct world_task **held = NULL;
    size_t count = 0, capacity = 0;
    for (size_t i = 0; i < world->stream_count; i++) {
        struct world_stream *s = &world->streams[i];
        for (struct world_task *task = s->flight.first; task != NULL; task = task->lane_next) {
            if (task->moment != NULL) {
                continue;
            }
            s->last_us = task->back ? s->last_us : 0;
            if (!world_grow((void **)&held, &capacity, count, sizeof(struct world_task *))) {
                world->failed = true;
                break;
            }
            held[count++] = task;
        }
    }
    if (count > 0) {
        qsort(held, count, sizeof(struct world_task *), by_time);
    }
    for (size_t i = 0; i < count; i++) {
        world_stream_set_off(world, held[i], false);
    }
    free(held);
}

int world_heal(struct world *world) {
    bool ill = false;
    world_finish_moment(world);
    for (size_t i = 0; i < world->path_count; i++) {
        ill = ill || world->paths[i].cut || world->paths[i].stalled;
        world->paths[i].cut = world->paths[i].stalled = false;
    }
    if (!ill) {
        return ROUTER_E_CONFLICT;
    }
    world_log_fault(world, -1, "network heals", NULL, NULL);
    release(world);
    for (size_t i = 0; i < world->stream_count; i++) {
        if (world->streams[i].link >= 0 && world->streams[i].held_off) {
            world_stream_begin_step(world, (int)i);
        }
    }
    world_pairs_ask(world);
    return result(world);
}
