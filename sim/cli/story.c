/* story.c - what happened in a case, as the reports know it: one piece of memory that needs nothing else but what is
 * constant in the program. */
#include "cli.h"
#include "router.h"

#include <stdlib.h>
#include <string.h>

/* Most texts stand in a story many times; here each is kept once. A table of pointers: the same text has the same one. */
struct texts {
    struct kept {
        const char *text;
        size_t offset;
    } *items;
    size_t capacity; /* a power of two */
    size_t size;     /* octets of all */
};

static struct kept *find(const struct texts *texts, const char *text) {
    size_t at = ((uintptr_t)text >> 3) * (size_t)2654435761U;
    for (at &= texts->capacity - 1; texts->items[at].text != NULL && texts->items[at].text != text;) {
        at = (at + 1) & (texts->capacity - 1);
    }
    return &texts->items[at];
}

static void add(struct texts *texts, const char *text) {
    struct kept *kept = text == NULL ? NULL : find(texts, text);
    if (kept != NULL && kept->text == NULL) {
        *kept = (struct kept){.text = text, .offset = texts->size};
        texts->size += strlen(text) + 1;
    }
}

static const char *copy(const struct texts *texts, char *room, const char *text) {
    if (text == NULL) {
        return NULL;
    }
    char *at = room + find(texts, text)->offset;
    memcpy(at, text, strlen(text) + 1);
    return at;
}

enum { TEXTS_OF_EVENT = 5 };

/* Those that are not the program's own and last as long as it does. */
static void list_texts(const struct drill_event *event, const char *out[TEXTS_OF_EVENT]) {
    const char *texts[TEXTS_OF_EVENT] = {event->label, event->stanza, event->departure, event->condition,
                                         event->address};
    memcpy(out, texts, sizeof texts);
}

static struct texts collect(const struct drill_story *story) {
    size_t most = story->lane_count * 2;
    for (size_t i = 0; i < story->event_count; i++) {
        const struct drill_event *event = &story->events[i];
        most += 2U + (event->departure != NULL) + (event->condition != NULL) + (event->address != NULL);
    }
    struct texts texts = {.capacity = 16};
    while (texts.capacity < most + most / 2) {
        texts.capacity *= 2;
    }
    texts.items = cli_need(calloc(texts.capacity, sizeof *texts.items));
    for (size_t i = 0; i < story->lane_count; i++) {
        add(&texts, story->lanes[i].name);
        add(&texts, story->lanes[i].address);
    }
    for (size_t i = 0; i < story->event_count; i++) {
        const char *of_event[TEXTS_OF_EVENT];
        list_texts(&story->events[i], of_event);
        for (size_t k = 0; k < TEXTS_OF_EVENT; k++) {
            add(&texts, of_event[k]);
        }
    }
    return texts;
}

static enum report_lane_kind lane_kind(enum drill_lane_kind kind) {
    static const enum report_lane_kind kinds[] = {[DRILL_LANE_CLIENT] = REPORT_CLIENT,
                                                  [DRILL_LANE_SERVER] = REPORT_SERVER,
                                                  [DRILL_LANE_PEER] = REPORT_PEER,
                                                  [DRILL_LANE_COMPONENT] = REPORT_COMPONENT};
    return kinds[kind];
}

static enum report_event_kind event_kind(enum drill_event_kind kind) {
    static const enum report_event_kind kinds[] = {[DRILL_SENDS] = REPORT_SENDS,
                                                   [DRILL_CROSSES] = REPORT_CROSSES,
                                                   [DRILL_ARRIVES] = REPORT_ARRIVES,
                                                   [DRILL_FATE] = REPORT_FATE,
                                                   [DRILL_MARK] = REPORT_MARK,
                                                   [DRILL_SESSION] = REPORT_SESSION,
                                                   [DRILL_STREAM] = REPORT_STREAM,
                                                   [DRILL_LOST] = REPORT_LOST,
                                                   [DRILL_FAULT] = REPORT_FAULT,
                                                   [DRILL_STEP] = REPORT_STEP};
    return kinds[kind];
}

static void copy_event(const struct texts *texts, char *room, const struct drill_event *event,
                       struct report_event *out) {
    const char *of_event[TEXTS_OF_EVENT];
    list_texts(event, of_event);
    for (size_t k = 0; k < TEXTS_OF_EVENT; k++) {
        of_event[k] = copy(texts, room, of_event[k]);
    }
    size_t count = 0;
    const struct router_rule *rules = router_rules(&count);
    const struct router_rule *rule = event->rule >= 0 && (size_t)event->rule < count ? &rules[event->rule] : NULL;
    *out = (struct report_event){.kind = event_kind(event->kind),
                                 .time_us = event->time_us,
                                 .sent_us = event->sent_us,
                                 .from = event->from,
                                 .to = event->to,
                                 .line = event->line,
                                 .number = event->number,
                                 .label = of_event[0],
                                 .stanza_kind = event->stanza_kind,
                                 .stanza = of_event[1],
                                 .rule = rule == NULL ? NULL : rule->id,
                                 .source = rule == NULL ? NULL : rule->source,
                                 .departure = of_event[2],
                                 .fate = event->fate,
                                 .condition = of_event[3],
                                 .address = of_event[4],
                                 .shown = event->shown};
}

struct report_story *cli_story(const struct drill_story *story) {
    if (story == NULL) {
        return NULL;
    }
    struct texts texts = collect(story);
    const size_t lanes_size = story->lane_count * sizeof(struct report_lane);
    const size_t events_size = story->event_count * sizeof(struct report_event);
    char *memory = cli_need(malloc(sizeof(struct report_story) + events_size + lanes_size + texts.size));
    struct report_story *out = (struct report_story *)(void *)memory;
    struct report_event *events = (struct report_event *)(void *)(memory + sizeof *out);
    struct report_lane *lanes = (struct report_lane *)(void *)(memory + sizeof *out + events_size);
    char *room = memory + sizeof *out + events_size + lanes_size;
    for (size_t i = 0; i < story->event_count; i++) {
        copy_event(&texts, room, &story->events[i], &events[i]);
    }
    for (size_t i = 0; i < story->lane_count; i++) {
        lanes[i] = (struct report_lane){.name = copy(&texts, room, story->lanes[i].name),
                                        .address = copy(&texts, room, story->lanes[i].address),
                                        .kind = lane_kind(story->lanes[i].kind)};
    }
    *out = (struct report_story){
        .lanes = lanes, .lane_count = story->lane_count, .events = events, .event_count = story->event_count};
    free(texts.items);
    return out;
}

void cli_story_free(const struct report_story *story) {
    free((void *)(uintptr_t)story);
}
