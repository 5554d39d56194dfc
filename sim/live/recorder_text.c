/* recorder_text.c - the scenario as text. */
#include "record.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_WIDTH = 116, TAB_WIDTH = 8 };

/* ---------------------------------------------------------------------------------------------------- elements ---- */

static void put(struct live_writing *writing, const char *text) {
    live_text_add(&writing->out, text, strlen(text));
}

static void indent(struct live_writing *writing, size_t depth) {
    while (depth-- > 0) {
        put(writing, "\t");
    }
}

static void cut(struct live_writing *writing, size_t size) {
    if (!writing->out.failed) {
        writing->out.size = size;
        writing->out.data[size] = '\0';
    }
}

/* foreign: how many attributes of other namespaces the element has had before. */
static void put_attribute(struct live_writing *writing, const struct live_node *parent, const struct live_node *node,
                          const struct live_attribute *a, unsigned *foreign) {
    const size_t size = writing->out.size;
    if (a->ns[0] == '\0') {
        live_text_format(&writing->out, " %s=\"", a->name);
    } else if (strcmp(a->ns, "http://www.w3.org/XML/1998/namespace") == 0) {
        live_text_format(&writing->out, " xml:%s=\"", a->name);
    } else {
        ++*foreign;
        live_text_format(&writing->out, " xmlns:a%u=\"", *foreign);
        live_values_literal(&writing->out, a->ns);
        live_text_format(&writing->out, "\" a%u:%s=\"", *foreign, a->name);
    }
    if (live_values_attribute(writing, parent, node, a)) {
        put(writing, "\"");
    } else {
        cut(writing, size);
    }
}

/* Servers have no order for attributes, and what they write today may stand otherwise tomorrow. */
static int rank(const struct live_attribute *a) {
    static const char *const first[] = {"id", "from", "to", "type", "jid"};
    enum { FIRST = sizeof first / sizeof first[0] };
    int n = 0;
    while (n < FIRST && (a->ns[0] != '\0' || strcmp(a->name, first[n]) != 0)) {
        n++;
    }
    return n;
}

static int compare(const void *left, const void *right) {
    const struct live_attribute *a = *(const struct live_attribute *const *)left;
    const struct live_attribute *b = *(const struct live_attribute *const *)right;
    const int ns = strcmp(a->ns, b->ns), order = rank(a) - rank(b);
    return order != 0 ? order : ns != 0 ? ns : strcmp(a->name, b->name);
}

static void put_attributes(struct live_writing *writing, const struct live_node *parent, const struct live_node *node) {
    unsigned foreign = 0;
    size_t count = 0;
    for (const struct live_attribute *a = node->attributes; a != NULL; a = a->next) {
        count++;
    }
    const struct live_attribute **sorted = count == 0 ? NULL : calloc(count, sizeof *sorted);
    if (sorted == NULL) {
        writing->failed = writing->failed || count > 0;
        return;
    }
    count = 0;
    for (const struct live_attribute *a = node->attributes; a != NULL; a = a->next) {
        sorted[count++] = a;
    }
    qsort(sorted, count, sizeof *sorted, compare);
    for (size_t i = 0; i < count; i++) {
        put_attribute(writing, parent, node, sorted[i], &foreign);
    }
    free(sorted);
}

static void put_start(struct live_writing *writing, const struct live_node *parent, const struct live_node *node,
                      const char *outer_ns) {
    live_text_format(&writing->out, "<%s", node->name);
    if (strcmp(node->ns, outer_ns) != 0) {
        put(writing, " xmlns=\"");
        live_values_literal(&writing->out, node->ns);
        put(writing, "\"");
    }
    if (live_values_loose(writing, node)) {
        put(writing, " scansion:strict=\"false\"");
    }
    put_attributes(writing, parent, node);
}

static bool has_elements(const struct live_node *node) {
    for (const struct live_node *child = node->child; child != NULL; child = child->next) {
        if (child->name != NULL) {
            return true;
        }
    }
    return false;
}

static bool has_text(const struct live_node *node) {
    for (const struct live_node *child = node->child; child != NULL; child = child->next) {
        if (child->name == NULL && !live_is_blank(child->text)) {
            return true;
        }
    }
    return false;
}

static void put_compact(struct live_writing *writing, const struct live_node *parent, const struct live_node *node,
                        const char *outer_ns) {
    put_start(writing, parent, node, outer_ns);
    const size_t start = writing->out.size;
    const bool spaced = !has_elements(node) || has_text(node);
    put(writing, ">");
    for (const struct live_node *child = node->child; child != NULL; child = child->next) {
        if (child->name == NULL && spaced) {
            (void)live_values_text(writing, parent, node, child->text);
        } else if (child->name != NULL && live_values_child(writing, child)) {
            put_compact(writing, node, child, node->ns);
        }
    }
    if (writing->out.size == start + 1) {
        cut(writing, start);
        put(writing, "/>");
    } else {
        live_text_format(&writing->out, "</%s>", node->name);
    }
}

static size_t width_since(const struct live_writing *writing, size_t start) {
    size_t width = 0;
    for (size_t i = start; !writing->out.failed && i < writing->out.size; i++) {
        width += ((unsigned char)writing->out.data[i] & 0xC0) != 0x80;
    }
    return width;
}

/* On one line where it fits, else its children below each other. */
static void put_element(struct live_writing *writing, const struct live_node *parent, const struct live_node *node,
                        const char *outer_ns, size_t depth) {
    const struct live_capture *captures = writing->captures;
    const size_t count = writing->capture_count;
    indent(writing, depth);
    const size_t start = writing->out.size;
    put_compact(writing, parent, node, outer_ns);
    if (!has_elements(node) || has_text(node) || width_since(writing, start) + depth * TAB_WIDTH <= LINE_WIDTH) {
        put(writing, "\n");
        return;
    }
    cut(writing, start);
    writing->captures = (struct live_capture *)(uintptr_t)captures;
    writing->capture_count = count;
    put_start(writing, parent, node, outer_ns);
    put(writing, ">\n");
    for (const struct live_node *child = node->child; child != NULL; child = child->next) {
        if (child->name != NULL && live_values_child(writing, child)) {
            put_element(writing, node, child, node->ns, depth + 1);
        }
    }
    indent(writing, depth);
    live_text_format(&writing->out, "</%s>\n", node->name);
}

/* ----------------------------------------------------------------------------------------------------- actions ---- */

static void put_stanzas(struct live_writing *writing, const struct live_block *block, size_t from, size_t to,
                        const char *verb) {
    if (from == to) {
        return;
    }
    live_text_format(&writing->out, "\n%s %s:\n", writing->recorder->clients[block->client].name, verb);
    for (size_t i = from; i < to; i++) {
        writing->event = block->events[i];
        put_element(writing, NULL, writing->recorder->events[writing->event].root, LIVE_TAP_CLIENT, 1);
    }
}

static void put_end(struct live_writing *writing, const char *name, const char *why) {
    if (strcmp(why, "closed") == 0) {
        live_text_format(&writing->out, "\n# The server closed the stream of %s.\n", name);
    } else if (strcmp(why, "broken") == 0) {
        live_text_format(&writing->out, "\n# The connection of %s broke.\n", name);
    } else {
        live_text_format(&writing->out, "\n# The server ended the stream of %s: %s.\n", name, why);
    }
}

/* Lines of one word follow each other without a gap. */
static void put_line(struct live_writing *writing, bool gap, const char *name, const char *verb) {
    live_text_format(&writing->out, "%s%s %s\n", gap ? "\n" : "", name, verb);
}

static bool is_short(enum live_recorded_kind kind) {
    return kind == LIVE_RECORDED_CONNECT || kind == LIVE_RECORDED_DISCONNECT || kind == LIVE_RECORDED_VANISH;
}

static void put_block(struct live_writing *writing, const struct live_block *block, bool gap) {
    const struct live_recorded *event = &writing->recorder->events[block->events[0]];
    const char *name = writing->recorder->clients[block->client].name;
    switch (block->kind) {
    case LIVE_RECORDED_CONNECT:
        put_line(writing, gap, name, "connects");
        writing->full[block->client] = event->text;
        break;
    case LIVE_RECORDED_DISCONNECT:
        put_line(writing, gap, name, "disconnects");
        break;
    case LIVE_RECORDED_VANISH:
        put_line(writing, gap, name, "vanishes");
        break;
    case LIVE_RECORDED_CLOSE:
        live_text_format(&writing->out, "\n%s closes: %s\n", name, event->text);
        break;
    case LIVE_RECORDED_ENDED:
        put_end(writing, name, event->text);
        break;
    case LIVE_RECORDED_NOTE:
        live_text_format(&writing->out, "\n# %s %s.\n", name, event->text);
        break;
    case LIVE_RECORDED_SEND:
        put_stanzas(writing, block, 0, block->count, "sends");
        break;
    case LIVE_RECORDED_RECEIVE:
        put_stanzas(writing, block, 0, block->ordered, "receives");
        put_stanzas(writing, block, block->ordered, block->count, "receives in any order");
        break;
    }
}

static void put_actions(struct live_writing *writing, const struct live_blocks *blocks) {
    bool expects = false;
    put(writing, "---------\n");
    for (size_t i = 0; i < blocks->count; i++) {
        const bool follows = i > 0 && is_short(blocks->items[i - 1].kind) && is_short(blocks->items[i].kind);
        put_block(writing, &blocks->items[i], !follows);
        expects = expects || blocks->items[i].kind == LIVE_RECORDED_RECEIVE;
    }
    for (size_t i = 0; !expects && i < writing->recorder->client_count; i++) {
        put_line(writing, i == 0, writing->recorder->clients[i].name, "receives: nothing");
    }
}

/* -------------------------------------------------------------------------------------------------------- cast ---- */

static void put_literal_attribute(struct live_writing *writing, const char *name, const char *value) {
    if (value != NULL) {
        live_text_format(&writing->out, " %s=\"", name);
        live_values_literal(&writing->out, value);
        put(writing, "\"");
    }
}

/* An element with all that is in it, in one line and without variables, for the cast. */
static void put_plain(struct live_writing *writing, const struct live_node *node, const char *outer_ns) {
    live_text_format(&writing->out, "<%s", node->name);
    put_literal_attribute(writing, "xmlns", strcmp(node->ns, outer_ns) == 0 ? NULL : node->ns);
    for (const struct live_attribute *a = node->attributes; a != NULL; a = a->next) {
        put_literal_attribute(writing, a->name, a->ns[0] == '\0' ? a->value : NULL);
    }
    put(writing, ">");
    for (const struct live_node *child = node->child; child != NULL; child = child->next) {
        if (child->name != NULL) {
            put_plain(writing, child, node->ns);
        } else {
            live_values_literal(&writing->out, child->text);
        }
    }
    live_text_format(&writing->out, "</%s>", node->name);
}

static void put_stored(struct live_writing *writing, const struct live_past *past, size_t event) {
    static const char *const names[] = {"id", "from", "to", "type"};
    const struct live_node *root = writing->recorder->events[event].root;
    put(writing, "\toffline: <message");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = live_node_get(root, names[i]);
        put_literal_attribute(writing, names[i], value == NULL && i == 2 ? past->bare : value);
    }
    put(writing, ">");
    for (const struct live_node *child = root->child; child != NULL; child = child->next) {
        if (child->name != NULL && !live_is_delay(child)) {
            put_plain(writing, child, root->ns);
        }
    }
    put(writing, "</message>\n");
}

static void put_past(struct live_writing *writing, const struct live_past *past) {
    bool client = false;
    for (size_t i = 0; i < writing->recorder->client_count; i++) {
        client = client || strcmp(writing->recorder->clients[i].bare, past->bare) == 0;
    }
    if (client && past->contacts == NULL && past->stored == NULL) {
        return;
    }
    live_text_format(&writing->out, "[Account] %s\n", past->bare);
    for (const struct live_contact *c = past->contacts; c != NULL; c = c->next) {
        live_text_format(&writing->out, "\tcontact: %s %s%s%s%s\n", c->jid, c->state, c->ask ? ", ask" : "",
                         c->approved ? ", approved" : "", c->pending ? ", pending-in" : "");
    }
    for (const struct live_stored *s = past->stored; s != NULL; s = s->next) {
        put_stored(writing, past, s->event);
    }
    put(writing, "\n");
}

static bool put_cast(struct live_writing *writing) {
    struct live_past *past;
    for (size_t i = 0; i < writing->recorder->client_count; i++) {
        const struct live_recorded_client *client = &writing->recorder->clients[i];
        live_text_format(&writing->out, "[Client] %s\n\tjid: %s%s%s\n\n", client->name, client->bare,
                         client->resource == NULL ? "" : "/", client->resource == NULL ? "" : client->resource);
    }
    if (!live_cast_past(writing->recorder, writing->pool, &past)) {
        return false;
    }
    for (; past != NULL; past = past->next) {
        put_past(writing, past);
    }
    return true;
}

/* "Romeo, Juliet and Nurse", or how many they are. */
static void put_title(struct live_writing *writing, const char *target) {
    enum { NAMED = 4 };
    const struct live_recorder *recorder = writing->recorder;
    put(writing, "# ");
    for (size_t i = 0; recorder->client_count <= NAMED && i < recorder->client_count; i++) {
        put(writing, i == 0 ? "" : i + 1 == recorder->client_count ? " and " : ", ");
        put(writing, recorder->clients[i].name);
    }
    if (recorder->client_count > NAMED) {
        live_text_format(&writing->out, "%zu clients", recorder->client_count);
    }
    put(writing, ", as recorded on ");
    for (const char *p = target; *p != '\0'; p++) {
        const bool control = (unsigned char)*p < ' ' || *p == 0x7F;
        live_text_add(&writing->out, control ? "-" : p, 1);
    }
    put(writing, "\n## recorded\n\n");
}

char *live_recorder_text(const struct live_recorder *recorder, const char *target, size_t *size) {
    struct live_writing writing = {.recorder = recorder};
    struct live_blocks blocks = {0};
    *size = recorder->client_count == 0 ? 0 : 1;
    if (recorder->client_count == 0 || recorder->failed) {
        return NULL;
    }
    bool good = live_cast_names(recorder) && live_values_begin(&writing) && live_blocks_make(&blocks, recorder);
    if (good) {
        put_title(&writing, target);
        good = put_cast(&writing);
        put_actions(&writing, &blocks);
    }
    live_values_end(&writing);
    live_blocks_free(&blocks);
    if (!good || writing.failed || writing.out.failed) {
        live_text_free(&writing.out);
        return NULL;
    }
    *size = writing.out.size;
    return writing.out.data;
}
