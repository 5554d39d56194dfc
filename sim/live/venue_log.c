/* venue_log.c - what happens on a venue of real servers, written down as events. */
#include "session.h"

#include <stdlib.h>
#include <string.h>

bool live_grow(void **items, size_t *capacity, size_t count, size_t item_size) {
    if (count < *capacity) {
        return true;
    }
    const size_t wanted = 2 * count + 8;
    void *grown = wanted < SIZE_MAX / item_size ? realloc(*items, wanted * item_size) : NULL;
    if (grown == NULL) {
        return false;
    }
    *items = grown;
    *capacity = wanted;
    return true;
}

/* An event with room for its texts behind it. returns NULL where memory ran out. */
static struct world_event *add(struct live_log *log, enum world_event_kind kind, int client, size_t room, char **texts) {
    struct world_event *event = NULL;
    if (live_grow((void **)&log->events, &log->capacity, log->count, sizeof(struct world_event *)) &&
        room < SIZE_MAX / 2) {
        event = malloc(sizeof *event + room);
    }
    if (event == NULL) {
        log->failed = true;
        return NULL;
    }
    *event = (struct world_event){.kind = kind,
                                  .time_us = live_clock_us() - log->began_us,
                                  .cause = log->cause,
                                  .server = -1,
                                  .client = client,
                                  .rule = -1,
                                  .priority = ROUTER_NOT_AVAILABLE};
    log->events[log->count++] = event;
    *texts = (char *)(event + 1);
    return event;
}

static const char *keep(char **texts, const char *data, size_t size) {
    char *kept = *texts;
    if (size > 0) {
        memcpy(kept, data, size);
    }
    kept[size] = '\0';
    *texts += size + 1;
    return kept;
}

void live_log_add(struct live_log *log, enum world_event_kind kind, int client, const char *text) {
    char *texts;
    struct world_event *event = add(log, kind, client, strlen(text) + 1, &texts);
    if (event != NULL) {
        event->text = keep(&texts, text, strlen(text));
    }
}

void live_log_arrive(struct live_log *log, int client, const char *stanza, size_t size) {
    char *texts;
    struct world_event *event = add(log, WORLD_ARRIVE, client, size + 1, &texts);
    if (event != NULL) {
        event->stanza = keep(&texts, stanza, size);
        event->stanza_size = size;
    }
}

/* The reader gives a stanza in pieces; the log has it whole, as it was written. */
static void keep_stanza(struct world_event *event, const struct stanza *stanza, char **texts) {
    const struct slice start = stanza->start;
    size_t name = 1;
    char *text = *texts, *at = text;
    while (name < start.size && strchr(" \t\r\n/>", start.data[name]) == NULL) {
        name++;
    }
    memcpy(at, start.data, start.size);
    at += start.size;
    if (stanza->body.size > 0) {
        memcpy(at, stanza->body.data, stanza->body.size);
        at += stanza->body.size;
    }
    if (start.size < 2 || start.data[start.size - 2] != '/') {
        memcpy(at, "</", 2);
        memcpy(at + 2, start.data + 1, name - 1);
        at[name + 1] = '>';
        at += name + 2;
    }
    *at = '\0';
    event->stanza = text;
    event->stanza_size = (size_t)(at - text);
    *texts = at + 1;
}

void live_log_enter(struct live_log *log, int client, const struct stanza *stanza) {
    char *texts;
    const size_t whole = 2 * stanza->start.size + stanza->body.size + 4;
    const size_t room = whole + stanza->id.size + stanza->from.size + stanza->to.size + 3;
    struct world_event *event = add(log, WORLD_ENTER, client, room, &texts);
    if (event == NULL) {
        return;
    }
    event->number = ++log->entered;
    event->stanza_kind = stanza->kind;
    keep_stanza(event, stanza, &texts);
    event->id = stanza->has_id ? keep(&texts, stanza->id.data, stanza->id.size) : NULL;
    event->from = stanza->has_from ? keep(&texts, stanza->from.data, stanza->from.size) : NULL;
    event->to = stanza->has_to ? keep(&texts, stanza->to.data, stanza->to.size) : NULL;
}

void live_log_free(struct live_log *log) {
    for (size_t i = 0; i < log->count; i++) {
        free(log->events[i]);
    }
    free(log->events);
}
