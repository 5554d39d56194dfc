/* recorder_blocks.c - what passed, put together as a scenario has it. Between two things that clients do, what one of
 * them receives stands together: there is no order between what reaches one client and what reaches another. */
#include "record.h"

#include <stdlib.h>
#include <string.h>

static const char *get(const struct live_recorder *recorder, size_t event, const char *attribute) {
    return live_node_get(recorder->events[event].root, attribute);
}

/* ------------------------------------------------------------------------------------------------------- order ---- */

static bool is_answer(const struct live_recorder *recorder, size_t event) {
    const char *type = get(recorder, event, "type");
    return strcmp(recorder->events[event].root->name, "iq") == 0 && type != NULL &&
           (strcmp(type, "result") == 0 || strcmp(type, "error") == 0);
}

/* Where the client asked what is answered; SIZE_MAX where it did not. */
static size_t question_of(const struct live_recorder *recorder, size_t answer) {
    const char *id = get(recorder, answer, "id");
    for (size_t i = answer; id != NULL && i-- > 0;) {
        const struct live_recorded *event = &recorder->events[i];
        const char *asked = event->kind == LIVE_RECORDED_SEND && event->client == recorder->events[answer].client &&
                                    strcmp(event->root->name, "iq") == 0
                                ? live_node_get(event->root, "id")
                                : NULL;
        if (asked != NULL && strcmp(asked, id) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* Whether all that the client has sent between two questions, or since it last received something, are questions too.
 */
static bool only_questions(const struct live_recorder *recorder, size_t from, size_t question) {
    const size_t client = recorder->events[question].client;
    for (size_t i = question; i-- > from;) {
        const struct live_recorded *event = &recorder->events[i];
        if (event->client == client && event->kind == LIVE_RECORDED_RECEIVE) {
            return true;
        }
        if (event->client == client && event->kind == LIVE_RECORDED_SEND && strcmp(event->root->name, "iq") != 0) {
            return false;
        }
    }
    return true;
}

/* Answers that come before anything else, in the order of their questions, come in that order. */
static size_t leading_answers(const struct live_recorder *recorder, const struct live_block *block) {
    size_t count = 0, before = 0;
    while (count < block->count && is_answer(recorder, block->events[count])) {
        const size_t question = question_of(recorder, block->events[count]);
        if (question == SIZE_MAX || question < before || !only_questions(recorder, before, question)) {
            break;
        }
        before = question + 1;
        count++;
    }
    return count;
}

/* Stanzas have an order only between one sender and one recipient (RFC 6120 10.1). A client's own server, which speaks
 * for its account, counts as one sender. */
static const char *sender_of(const struct live_recorder *recorder, size_t event) {
    const char *from = get(recorder, event, "from");
    const char *bare = recorder->clients[recorder->events[event].client].bare;
    const size_t size = strlen(bare);
    const bool own = from == NULL || (strncmp(from, bare, size) == 0 && (from[size] == '\0' || from[size] == '/'));
    return own ? "" : from;
}

static bool has_two_senders(const struct live_recorder *recorder, const struct live_block *block, size_t from) {
    for (size_t i = from + 1; i < block->count; i++) {
        if (strcmp(sender_of(recorder, block->events[i]), sender_of(recorder, block->events[from])) != 0) {
            return true;
        }
    }
    return false;
}

static void find_order(const struct live_recorder *recorder, struct live_block *block) {
    const size_t answers = leading_answers(recorder, block);
    block->ordered = answers < block->count && has_two_senders(recorder, block, answers) ? answers : block->count;
}

/* ------------------------------------------------------------------------------------------------------ blocks ---- */

static struct live_block *add(struct live_blocks *blocks, enum live_recorded_kind kind, size_t client) {
    if (blocks->count == blocks->capacity) {
        const size_t wanted = 2 * blocks->capacity + 16;
        struct live_block *grown =
            wanted > SIZE_MAX / sizeof *grown ? NULL : realloc(blocks->items, wanted * sizeof *grown);
        if (grown == NULL) {
            return NULL;
        }
        blocks->items = grown;
        blocks->capacity = wanted;
    }
    struct live_block *block = &blocks->items[blocks->count++];
    *block = (struct live_block){.kind = kind, .client = client};
    return block;
}

static bool has_room(const struct live_block *block, const struct live_recorded *event) {
    return block->size + event->size <= LIVE_RECORDED_STANZA_MAX;
}

/* round: the first block since the last thing that a client did. */
static struct live_block *block_for(struct live_blocks *blocks, const struct live_recorded *event, size_t *round) {
    if (event->kind == LIVE_RECORDED_RECEIVE) {
        for (size_t i = blocks->count; i-- > *round;) {
            if (blocks->items[i].client == event->client) {
                if (has_room(&blocks->items[i], event)) {
                    return &blocks->items[i];
                }
                break;
            }
        }
        return add(blocks, event->kind, event->client);
    }
    if (event->kind == LIVE_RECORDED_SEND && blocks->count > 0) {
        struct live_block *last = &blocks->items[blocks->count - 1];
        if (last->kind == event->kind && last->client == event->client && has_room(last, event)) {
            return last;
        }
    }
    struct live_block *block = add(blocks, event->kind, event->client);
    *round = blocks->count;
    return block;
}

/* Which block each event belongs to, in `events` first. */
static bool assign(struct live_blocks *blocks, const struct live_recorder *recorder) {
    size_t round = 0;
    for (size_t i = 0; i < recorder->count; i++) {
        struct live_block *block = block_for(blocks, &recorder->events[i], &round);
        if (block == NULL) {
            return false;
        }
        block->count++;
        block->size += recorder->events[i].size;
        blocks->events[i] = (size_t)(block - blocks->items);
    }
    return true;
}

/* Events in the order of their blocks. */
static bool sort(struct live_blocks *blocks, const struct live_recorder *recorder) {
    size_t *sorted = calloc(recorder->count + 1, sizeof *sorted);
    if (sorted == NULL) {
        return false;
    }
    size_t at = 0;
    for (size_t i = 0; i < blocks->count; i++) {
        blocks->items[i].events = sorted + at;
        at += blocks->items[i].count;
        blocks->items[i].count = 0;
    }
    for (size_t i = 0; i < recorder->count; i++) {
        struct live_block *block = &blocks->items[blocks->events[i]];
        block->events[block->count++] = i;
    }
    free(blocks->events);
    blocks->events = sorted;
    return true;
}

bool live_blocks_make(struct live_blocks *blocks, const struct live_recorder *recorder) {
    *blocks = (struct live_blocks){.events = calloc(recorder->count + 1, sizeof(size_t))};
    if (blocks->events == NULL || !assign(blocks, recorder) || !sort(blocks, recorder)) {
        return false;
    }
    for (size_t i = 0; i < blocks->count; i++) {
        if (blocks->items[i].kind == LIVE_RECORDED_RECEIVE) {
            find_order(recorder, &blocks->items[i]);
        }
    }
    return true;
}

void live_blocks_free(struct live_blocks *blocks) {
    free(blocks->items);
    free(blocks->events);
}
