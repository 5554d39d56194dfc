/* world.c - a simulated network as a whole: its memory and its clock. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

struct world *world_new(const struct world_config *config) {
    struct world *world = calloc(1, sizeof *world);
    if (world != NULL) {
        world->seed = config->seed;
        world->random = config->seed ^ 0x5851f42d4c957f2du;
        world->record_facts = config->record_facts;
        world->tally_only = config->tally_only;
        world->cause = -1;
        world->spare_stream = -1;
        world->queue_rule = router_rule_find("s2s.queue");
    }
    return world;
}

static void parts_free(struct world *world) {
    for (size_t i = 0; i < world->server_count; i++) {
        router_free(world->servers[i].router);
        free(world->servers[i].hosts);
        free(world->servers[i].ends);
    }
    for (size_t i = 0; i < world->client_count; i++) {
        stanza_reader_free(world->clients[i].reader);
    }
    for (size_t i = 0; i < world->stream_count; i++) {
        stanza_reader_free(world->streams[i].reader);
    }
    for (size_t i = 0; i < world->reader_count; i++) {
        stanza_reader_free(world->readers[i].reader);
    }
    for (size_t i = 0; i < LOG_SEGMENTS; i++) {
        free(world->segments[i]);
    }
}

void world_free(struct world *world) {
    if (world == NULL) {
        return;
    }
    parts_free(world);
    world_queue_free(&world->queue);
    world_pool_free(&world->pool);
    free(world->servers);
    free(world->clients);
    free(world->domains);
    free(world->links);
    free(world->link_index);
    free(world->streams);
    free(world->paths);
    free(world->readers);
    world_names_free(&world->domain_names);
    world_names_free(&world->path_names);
    world_store_free(&world->store);
    free(world);
}

struct slice world_slice(const char *text) {
    return (struct slice){.data = text, .size = strlen(text)};
}

const char *world_keep(struct world *world, const char *data, size_t size) {
    const char *text = world_store_text(&world->store, data, size);
    world->failed |= text == NULL;
    return text;
}

const char *world_keep_slice(struct world *world, struct slice text) {
    return text.size == 0 ? NULL : world_keep(world, text.data, text.size);
}

/* ------------------------------------------------------------------------------------------------------ tasks ---- */

struct world_task *world_task(struct world *world, enum world_task_kind kind, int subject, struct world_origin origin,
                              struct slice bytes, bool copy) {
    struct world_task *task = world_pool_take(&world->pool, copy ? bytes.size : 0);
    if (task == NULL) {
        world->failed = true;
        return NULL;
    }
    *task = (struct world_task){.kind = (uint8_t)kind,
                                .subject = subject,
                                .number = origin.number,
                                .cause = origin.cause,
                                .bytes = bytes.data,
                                .size = bytes.size,
                                .pool = task->pool};
    if (copy && bytes.size > 0) {
        memcpy(task->octets, bytes.data, bytes.size);
        task->bytes = task->octets;
    }
    return task;
}

void world_task_free(struct world *world, struct world_task *task) {
    world_pool_give(&world->pool, task);
}

void world_due(struct world *world, struct world_task *task, uint64_t time_us) {
    if (task == NULL) {
        return;
    }
    task->time_us = time_us;
    world->failed |= !world_queue_put(&world->queue, task);
}

uint64_t world_after(const struct world *world, uint64_t delay_us) {
    return delay_us > UINT64_MAX - world->now_us ? UINT64_MAX : world->now_us + delay_us;
}

/* ------------------------------------------------------------------------------------------------------- time ---- */

/* A router may have found something else to wait for; then its timer is set anew without time having moved. */
static struct world_task *next_task(struct world *world) {
    struct world_task *task;
    while ((task = world_queue_first(&world->queue)) != NULL && task->kind == TASK_TIMER &&
           world_timer_is_early(world, task)) {
    }
    return task;
}

static void run_task(struct world *world, struct world_task *task) {
    switch (task->kind) {
    case TASK_OCTETS:
    case TASK_RAW:
    case TASK_LEAVE:
    case TASK_ARRIVE:
    case TASK_END:
        world_client_task(world, task);
        break;
    case TASK_NAME:
    case TASK_STEP:
    case TASK_PAIR:
    case TASK_CROSS:
    case TASK_CLOSE:
        world_stream_task(world, task);
        break;
    case TASK_TIMER:
        world_timer_task(world, task->subject);
        break;
    }
    world_task_free(world, task);
}

/* With many servers hardly anything that a task needs is near what the last one needed, so it is asked for early. */
static void fetch_ahead(const struct world *world, const struct world_task *task) {
    const struct world_task *next = task->next;
    if (next == NULL) {
        return;
    }
    __builtin_prefetch(next->next);
    __builtin_prefetch(next->bytes);
    if (next->kind >= TASK_NAME && next->kind <= TASK_CLOSE) {
        __builtin_prefetch(&world->streams[next->subject]);
    } else if (next->kind != TASK_TIMER) {
        __builtin_prefetch(&world->clients[next->subject]);
    }
}

static void run_next(struct world *world, struct world_task *task) {
    fetch_ahead(world, task);
    world->now_us = task->time_us;
    world_queue_remove(&world->queue, task);
    run_task(world, task);
}

bool world_step(struct world *world) {
    struct world_task *task = world->failed ? NULL : next_task(world);
    if (task != NULL) {
        run_next(world, task);
    }
    return task != NULL;
}

static void run_until(struct world *world, uint64_t until) {
    for (struct world_task *task; !world->failed && (task = next_task(world)) != NULL && task->time_us <= until;) {
        run_next(world, task);
    }
}

void world_finish_moment(struct world *world) {
    run_until(world, world->now_us);
}

void world_pass(struct world *world, uint64_t duration_us) {
    uint64_t until = world_after(world, duration_us);
    run_until(world, until);
    world->now_us = until;
}

bool world_busy(const struct world *world) {
    return world->queue.busy > 0;
}

uint64_t world_now_us(const struct world *world) {
    return world->now_us;
}

void world_cause(struct world *world, int cause) {
    world->cause = cause;
}

bool world_failed(const struct world *world) {
    return world->failed;
}
