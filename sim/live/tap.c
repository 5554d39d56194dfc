/* tap.c - one direction of an XML stream, cut where its elements end. Expat stops there, and goes on when the next
 * piece is asked for, so that a new stream can begin in the middle of what was read. */
#include "tap.h"

#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include <expat.h>

/* Between namespace and name: no XML document holds it. */
#define SEPARATOR '\x01'

struct level {
    struct live_node *node, **child_tail;
};

struct live_tap {
    XML_Parser parser;
    struct live_text data;   /* octets that were not given back yet; the first begins a piece */
    size_t parsed;           /* how many of them the parser has */
    size_t given;            /* how many of them make the last piece */
    unsigned long long base; /* where the first stands for the parser */
    bool suspended, blind, nomem;
    size_t depth; /* open elements */
    struct level levels[LIVE_TAP_DEPTH_MAX + 2];
    struct live_text text; /* since the last tag */
    struct live_pool *pool;
    struct live_node *root;
    bool too_deep;
    enum live_piece_kind ready; /* MORE: none */
    size_t ready_size;
    const char *why; /* the parser was stopped for this */
};

/* Some versions of expat wait for more of a token than its end, which would hold up a conversation. */
extern XML_Bool XML_SetReparseDeferralEnabled(XML_Parser parser, XML_Bool enabled) __attribute__((weak));

/* ------------------------------------------------------------------------------------------------------- trees ---- */

static void stop(struct live_tap *tap, const char *why) {
    if (tap->why == NULL) {
        tap->why = why;
    }
    (void)XML_StopParser(tap->parser, XML_FALSE);
}

static void *need(struct live_tap *tap, void *memory) {
    if (memory == NULL) {
        tap->nomem = true;
        stop(tap, "memory ran out");
    }
    return memory;
}

static size_t place(const struct live_tap *tap) {
    return (size_t)((unsigned long long)XML_GetCurrentByteIndex(tap->parser) - tap->base);
}

static size_t place_behind(const struct live_tap *tap) {
    return place(tap) + (size_t)XML_GetCurrentByteCount(tap->parser);
}

static bool split(struct live_tap *tap, const char *qualified, const char **ns, const char **name) {
    const char *end = strchr(qualified, SEPARATOR);
    const size_t size = end == NULL ? 0 : (size_t)(end - qualified);
    *ns = live_pool_text(tap->pool, qualified, size);
    const char *local = end == NULL ? qualified : end + 1;
    *name = live_pool_text(tap->pool, local, strlen(local));
    return *ns != NULL && *name != NULL;
}

static struct live_node *make_node(struct live_tap *tap, const char *qualified, const char **attributes) {
    struct live_node *node = live_pool_take(tap->pool, sizeof *node);
    if (node == NULL || !split(tap, qualified, &node->ns, &node->name)) {
        return NULL;
    }
    struct live_attribute **tail = &node->attributes;
    for (; attributes[0] != NULL; attributes += 2) {
        struct live_attribute *attribute = live_pool_take(tap->pool, sizeof *attribute);
        if (attribute == NULL || !split(tap, attributes[0], &attribute->ns, &attribute->name)) {
            return NULL;
        }
        attribute->value = live_pool_text(tap->pool, attributes[1], strlen(attributes[1]));
        if (attribute->value == NULL) {
            return NULL;
        }
        *tail = attribute;
        tail = &attribute->next;
    }
    return node;
}

static void append(struct level *level, struct live_node *node) {
    *level->child_tail = node;
    level->child_tail = &node->next;
}

static void flush_text(struct live_tap *tap, struct level *level) {
    if (tap->text.size == 0 || level->node == NULL) {
        tap->text.size = 0;
        return;
    }
    struct live_node *node = need(tap, live_pool_take(tap->pool, sizeof *node));
    if (node != NULL) {
        node->ns = "";
        node->text = need(tap, live_pool_text(tap->pool, tap->text.data, tap->text.size));
        append(level, node);
    }
    tap->text.size = 0;
}

/* ---------------------------------------------------------------------------------------------------- handlers ---- */

static void finish_piece(struct live_tap *tap, enum live_piece_kind kind) {
    tap->ready = kind;
    tap->ready_size = place_behind(tap);
    (void)XML_StopParser(tap->parser, XML_TRUE);
}

static bool begin_tree(struct live_tap *tap) {
    live_pool_free(tap->pool);
    tap->root = NULL;
    tap->too_deep = false;
    tap->pool = live_pool_new();
    return need(tap, tap->pool) != NULL;
}

/* Depth 0: the stream's header; 1: an element of the first level. */
static void on_start(void *context, const char *name, const char **attributes) {
    struct live_tap *tap = context;
    if (tap->why != NULL || (tap->depth <= 1 && !begin_tree(tap))) {
        return;
    }
    tap->too_deep = tap->too_deep || tap->depth > LIVE_TAP_DEPTH_MAX;
    if (!tap->too_deep) {
        struct level *level = &tap->levels[tap->depth];
        if (tap->depth > 1) {
            flush_text(tap, level - 1);
        }
        struct live_node *node = need(tap, make_node(tap, name, attributes));
        if (node == NULL) {
            return;
        }
        node->start = place(tap);
        *level = (struct level){node, &node->child};
        if (tap->depth > 1) {
            append(level - 1, node);
        } else {
            tap->root = node;
        }
    }
    if (tap->depth++ == 0) {
        finish_piece(tap, LIVE_PIECE_HEADER);
    }
}

static void on_end(void *context, const char *name) {
    struct live_tap *tap = context;
    (void)name;
    if (tap->why != NULL) {
        return;
    }
    if (tap->ready != LIVE_PIECE_MORE) {
        stop(tap, "the stream ends with its header");
        return;
    }
    tap->depth--;
    if (tap->depth == 0) {
        finish_piece(tap, LIVE_PIECE_END);
        return;
    }
    if (!tap->too_deep) {
        struct level *level = &tap->levels[tap->depth];
        flush_text(tap, level);
        level->node->end = place_behind(tap);
    }
    if (tap->depth == 1) {
        finish_piece(tap, LIVE_PIECE_ELEMENT);
    }
}

static void on_text(void *context, const char *text, int size) {
    struct live_tap *tap = context;
    if (tap->why == NULL && tap->depth > 1 && !tap->too_deep) {
        live_text_add(&tap->text, text, (size_t)size);
        if (tap->text.failed) {
            need(tap, NULL);
        }
    }
}

static void on_doctype(void *context, const char *name, const char *system, const char *public, int subset) {
    (void)name;
    (void)system;
    (void)public;
    (void)subset;
    stop(context, "it holds a DTD");
}

/* ----------------------------------------------------------------------------------------------------- the tap ---- */

static void set_up(struct live_tap *tap) {
    XML_SetUserData(tap->parser, tap);
    XML_SetElementHandler(tap->parser, on_start, on_end);
    XML_SetCharacterDataHandler(tap->parser, on_text);
    XML_SetStartDoctypeDeclHandler(tap->parser, on_doctype);
    if (XML_SetReparseDeferralEnabled != NULL) {
        (void)XML_SetReparseDeferralEnabled(tap->parser, XML_FALSE);
    }
}

struct live_tap *live_tap_new(void) {
    struct live_tap *tap = calloc(1, sizeof *tap);
    if (tap == NULL) {
        return NULL;
    }
    tap->parser = XML_ParserCreateNS("UTF-8", SEPARATOR);
    if (tap->parser == NULL) {
        free(tap);
        return NULL;
    }
    set_up(tap);
    return tap;
}

void live_tap_free(struct live_tap *tap) {
    if (tap != NULL) {
        XML_ParserFree(tap->parser);
        live_text_free(&tap->data);
        live_text_free(&tap->text);
        live_pool_free(tap->pool);
        free(tap);
    }
}

bool live_tap_feed(struct live_tap *tap, const char *octets, size_t size) {
    live_text_add(&tap->data, octets, size);
    return !tap->data.failed;
}

/* The octets of the last piece are done with. */
static void drop_given(struct live_tap *tap) {
    if (tap->given > 0) {
        memmove(tap->data.data, tap->data.data + tap->given, tap->data.size - tap->given);
        tap->data.size -= tap->given;
        tap->parsed -= tap->given < tap->parsed ? tap->given : tap->parsed;
        tap->base += tap->given;
        tap->given = 0;
    }
}

bool live_tap_restart(struct live_tap *tap) {
    drop_given(tap);
    live_pool_free(tap->pool);
    tap->pool = NULL;
    tap->root = NULL;
    tap->text.size = 0;
    tap->suspended = tap->blind = tap->too_deep = false;
    tap->why = NULL;
    tap->ready = LIVE_PIECE_MORE;
    tap->parsed = tap->depth = 0;
    tap->base = 0;
    if (!XML_ParserReset(tap->parser, "UTF-8")) {
        return false;
    }
    set_up(tap);
    return true;
}

struct live_pool *live_tap_take(struct live_tap *tap) {
    struct live_pool *pool = tap->pool;
    tap->pool = NULL;
    return pool;
}

static void give(struct live_tap *tap, struct live_piece *piece, enum live_piece_kind kind, size_t size) {
    *piece = (struct live_piece){.kind = kind, .octets = tap->data.data, .size = size};
    tap->given = size;
}

static void give_rest(struct live_tap *tap, struct live_piece *piece, enum live_piece_kind kind, const char *why) {
    tap->blind = true;
    give(tap, piece, kind, tap->data.size);
    piece->why = why;
}

static size_t count_spaces(const struct live_tap *tap) {
    size_t count = 0;
    while (count < tap->data.size && strchr(" \t\r\n", tap->data.data[count]) != NULL &&
           tap->data.data[count] != '\0') {
        count++;
    }
    return count;
}

static void give_ready(struct live_tap *tap, struct live_piece *piece) {
    give(tap, piece, tap->ready, tap->ready_size);
    piece->node = tap->too_deep || tap->ready == LIVE_PIECE_END ? NULL : tap->root;
    tap->blind = tap->ready == LIVE_PIECE_END;
    tap->ready = LIVE_PIECE_MORE;
}

/* The parser has all octets, and none of what they make is left. */
static void give_spaces(struct live_tap *tap, struct live_piece *piece) {
    const size_t spaces = count_spaces(tap);
    if (tap->data.size - spaces > LIVE_TAP_SIZE_MAX) {
        give_rest(tap, piece, LIVE_PIECE_BROKEN, "an element of more than 1 MiB");
    } else {
        give(tap, piece, spaces > 0 ? LIVE_PIECE_SPACE : LIVE_PIECE_MORE, spaces);
    }
}

void live_tap_next(struct live_tap *tap, struct live_piece *piece) {
    drop_given(tap);
    while (!tap->nomem && !tap->blind) {
        enum XML_Status status;
        if (tap->suspended) {
            status = XML_ResumeParser(tap->parser);
        } else if (tap->parsed < tap->data.size) {
            const size_t from = tap->parsed;
            tap->parsed = tap->data.size;
            status = XML_Parse(tap->parser, tap->data.data + from, (int)(tap->data.size - from), 0);
        } else {
            give_spaces(tap, piece);
            return;
        }
        tap->suspended = status == XML_STATUS_SUSPENDED;
        if (status == XML_STATUS_SUSPENDED) {
            give_ready(tap, piece);
            return;
        }
        if (status == XML_STATUS_ERROR && !tap->nomem) {
            const enum XML_Error error = XML_GetErrorCode(tap->parser);
            tap->nomem = error == XML_ERROR_NO_MEMORY;
            give_rest(tap, piece, LIVE_PIECE_BROKEN, tap->why != NULL ? tap->why : XML_ErrorString(error));
            if (!tap->nomem) {
                return;
            }
        }
    }
    if (tap->nomem) {
        *piece = (struct live_piece){.kind = LIVE_PIECE_NOMEM};
    } else {
        give(tap, piece, tap->data.size > 0 ? LIVE_PIECE_BLIND : LIVE_PIECE_MORE, tap->data.size);
    }
}
