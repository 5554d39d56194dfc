/* tally.c - a case in numbers, for reports that count: which rules sent what where, how long it took, and what became of
 * streams. All is read from the log when the case is over. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

struct pair { /* a server's queue for a remote domain */
    struct pair *next;
    const char *host, *target;
    size_t waiting;
};

/* As many as the log has events are room enough for each list. */
static struct drill_tally *new_tally(size_t events) {
    struct drill_tally *tally = calloc(1, sizeof *tally);
    if (tally == NULL) {
        return NULL;
    }
    tally->fates = calloc(events + 1, sizeof *tally->fates);
    tally->latencies_us = calloc(events + 1, sizeof *tally->latencies_us);
    tally->queues = calloc(events + 1, sizeof *tally->queues);
    tally->attempts = calloc(events + 1, sizeof *tally->attempts);
    if (tally->fates == NULL || tally->latencies_us == NULL || tally->queues == NULL || tally->attempts == NULL) {
        drill_tally_free(tally);
        return NULL;
    }
    return tally;
}

void drill_tally_free(struct drill_tally *tally) {
    if (tally != NULL) {
        free(tally->fates);
        free(tally->latencies_us);
        free(tally->queues);
        free(tally->attempts);
        free(tally);
    }
}

/* The stanza with which it began, at the server of its sender. */
static const struct world_event *origin(const struct run *run, uint32_t number) {
    const struct world_event *enter = drill_run_enter(run, number);
    /* Each came of an earlier one, so that this ends. */
    while (enter != NULL && enter->client < 0) {
        const struct world_event *sender = enter->sent_by == 0 ? NULL : drill_event(run, enter->sent_by);
        enter = sender == NULL || sender->number >= number ? NULL : drill_run_enter(run, sender->number);
        number = sender == NULL ? 0 : sender->number;
    }
    return enter;
}

static struct pair *pair_of(struct run *run, struct pair **pairs, const struct world_event *event) {
    struct pair *pair = *pairs;
    while (pair != NULL && (strcmp(pair->host, event->host) != 0 || strcmp(pair->target, event->target) != 0)) {
        pair = pair->next;
    }
    if (pair == NULL && (pair = drill_run_take(run, sizeof *pair)) != NULL) {
        *pair = (struct pair){.next = *pairs, .host = event->host, .target = event->target};
        *pairs = pair;
    }
    return pair;
}

static void note_effect(const struct run *run, struct drill_tally *tally, const struct world_event *event) {
    const struct world_event *enter = drill_run_enter(run, event->number);
    if (event->effect < ROUTER_FATE_COUNT && enter != NULL) {
        tally->fates[tally->fate_count++] = (struct drill_fate){
            .rule = event->rule, .kind = (unsigned char)enter->stanza_kind, .fate = (unsigned char)event->effect};
    }
}

static void note_arrival(const struct run *run, struct drill_tally *tally, const struct world_event *event) {
    const struct world_event *first = event->number == 0 ? NULL : origin(run, event->number);
    if (first != NULL) {
        tally->latencies_us[tally->latency_count++] = event->time_us - first->time_us;
    }
}

/* The words are those of the log; a stream error may have any name. */
static const char *outcome(const struct world_event *event) {
    static const char *const known[] = {"no such host",   "refused", "timed out", "not trusted", "dialback invalid",
                                        "dialback error", "lost",    "closed"};
    if (event->kind == WORLD_READY) {
        return "ready";
    }
    for (size_t i = 0; event->text != NULL && i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i], event->text) == 0) {
            return known[i];
        }
    }
    return "stream error";
}

struct drill_tally *drill_tally_make(struct run *run) {
    const size_t count = drill_event_count(run);
    const int queue_rule = router_rule_find("s2s.queue");
    struct drill_tally *tally = new_tally(count);
    struct pair *pairs = NULL;
    for (size_t i = 0; tally != NULL && i < count; i++) {
        const struct world_event *event = drill_event(run, i);
        const bool waits = event->kind == WORLD_EFFECT && event->rule == queue_rule && event->target != NULL;
        const bool ends = event->kind == WORLD_READY || event->kind == WORLD_FAILED;
        struct pair *pair = waits || ends ? pair_of(run, &pairs, event) : NULL;
        if (event->kind == WORLD_EFFECT) {
            note_effect(run, tally, event);
        } else if (event->kind == WORLD_ARRIVE) {
            note_arrival(run, tally, event);
        } else if (ends) {
            tally->attempts[tally->attempt_count++] = outcome(event);
        }
        if (waits && pair != NULL) {
            tally->queues[tally->queue_count++] = ++pair->waiting;
        } else if (ends && pair != NULL) {
            pair->waiting = 0;
        }
    }
    return tally;
}
