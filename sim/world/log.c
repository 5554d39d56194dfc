/* log.c - what happens is written down as events, or only counted. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct world_event *event_at(const struct world *world, size_t n, size_t *segment, size_t *offset) {
    size_t size = LOG_FIRST;
    *segment = 0;
    while (n >= size) {
        n -= size;
        size *= 2;
        ++*segment;
    }
    *offset = n;
    return world->segments[*segment] == NULL ? NULL : world->segments[*segment] + n;
}

static void count(struct world_tally *tally, enum world_event_kind kind) {
    switch (kind) {
    case WORLD_ARRIVE:
        tally->arrived++;
        break;
    case WORLD_LOST:
        tally->lost++;
        break;
    case WORLD_OPEN:
        tally->attempts++;
        break;
    case WORLD_FAILED:
        tally->failed++;
        break;
    default:
        break;
    }
}

struct world_event *world_log(struct world *world, enum world_event_kind kind, struct world_origin origin) {
    static const struct world_event blank = {.server = -1, .client = -1, .rule = -1, .priority = ROUTER_NOT_AVAILABLE};
    size_t segment;
    size_t offset;
    count(&world->tally, kind);
    if (world->tally_only) {
        return NULL;
    }
    if (event_at(world, world->event_count, &segment, &offset) == NULL) {
        world->segments[segment] = malloc(((size_t)LOG_FIRST << segment) * sizeof(struct world_event));
        if (world->segments[segment] == NULL) {
            world->failed = true;
            return NULL;
        }
    }
    world->event_count++;
    struct world_event *event = &world->segments[segment][offset];
    *event = blank;
    event->kind = kind;
    event->time_us = world->now_us;
    event->number = origin.number;
    event->cause = origin.cause;
    return event;
}

/* The text of a stanza that a router keeps to itself: that of the effect, else as it came in. */
static void name_stanza(const struct world *world, struct world_event *event, const struct world_task *task) {
    const struct world_event *effect = world_event(world, task->sent_by);
    for (size_t i = task->sent_by; effect != NULL && effect->stanza == NULL && i-- > 0;) {
        const struct world_event *earlier = world_event(world, i);
        if (earlier->kind == WORLD_ENTER && earlier->number == task->number) {
            effect = earlier;
        }
    }
    if (effect != NULL) {
        event->stanza = effect->stanza;
        event->stanza_size = effect->stanza_size;
    }
}

struct world_event *world_log_lost(struct world *world, const struct world_task *task, const char *why, int client) {
    struct world_event *event =
        world_log(world, WORLD_LOST, (struct world_origin){.number = task->number, .cause = task->cause});
    if (event == NULL) {
        return NULL;
    }
    event->text = why;
    event->client = client;
    event->sent_by = task->sent_by;
    event->stanza_size = task->size;
    if (task->size == 0) {
        name_stanza(world, event, task);
    } else {
        /* What is in the store already stays there; what the task owns goes with it. */
        event->stanza = task->bytes == task->octets ? world_keep(world, task->bytes, task->size) : task->bytes;
    }
    return event;
}

void world_log_fault(struct world *world, int place, const char *format, const char *a, const char *b) {
    struct world_event *event = world_log(world, WORLD_FAULT, world_own_origin(world));
    if (event == NULL) {
        return;
    }
    int size = snprintf(NULL, 0, format, a, b);
    char *text = size < 0 ? NULL : world_store_take(&world->store, (size_t)size + 1);
    if (text == NULL) {
        world->failed = true;
        return;
    }
    (void)snprintf(text, (size_t)size + 1, format, a, b);
    event->server = place;
    event->text = text;
}

size_t world_event_count(const struct world *world) {
    return world->event_count;
}

const struct world_event *world_event(const struct world *world, size_t n) {
    size_t segment;
    size_t offset;
    return n >= world->event_count ? NULL : event_at(world, n, &segment, &offset);
}

struct world_tally world_tally(const struct world *world) {
    return world->tally;
}
