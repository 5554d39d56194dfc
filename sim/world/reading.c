/* reading.c - what streams bring is read into the routers. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FACTS_SIZE = 4096 };

static const char stream_namespace[] = "http://etherx.jabber.org/streams";

/* ---------------------------------------------------------------------------------------------- stanzas' text ---- */

/* Octets of the element's name as it is written, after the '<'. */
static size_t name_size(struct slice start) {
    size_t name = 0;
    while (name + 1 < start.size && strchr(" \t\r\n/>", start.data[name + 1]) == NULL) {
        name++;
    }
    return name;
}

/* The reader gives a stanza in pieces; the log has it whole, as it was written. */
static const char *whole_text(struct world *world, const struct stanza *st, size_t *size) {
    size_t name = name_size(st->start);
    bool closed = st->start.size >= 2 && st->start.data[st->start.size - 2] == '/';
    size_t tail = closed ? 0 : name + 3;
    if (st->body.size > SIZE_MAX - st->start.size - tail - 1) {
        world->failed = true;
        return NULL;
    }
    *size = st->start.size + st->body.size + tail;
    char *text = world_store_take(&world->store, *size + 1);
    if (text == NULL) {
        world->failed = true;
        return NULL;
    }
    char *at = text;
    memcpy(at, st->start.data, st->start.size);
    at += st->start.size;
    if (st->body.size > 0) {
        memcpy(at, st->body.data, st->body.size);
        at += st->body.size;
    }
    if (!closed) {
        *at++ = '<';
        *at++ = '/';
        memcpy(at, st->start.data + 1, name);
        at[name] = '>';
    }
    return text;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next attribute of a start tag that is known to be well-formed. at: behind the element's name to begin. */
static bool next_attribute(struct slice start, size_t *at, struct slice *name, struct slice *value) {
    size_t i = *at;
    while (i < start.size && is_space(start.data[i])) {
        i++;
    }
    size_t begin = i;
    while (i < start.size && !is_space(start.data[i]) && strchr("=/>", start.data[i]) == NULL) {
        i++;
    }
    *name = (struct slice){start.data + begin, i - begin};
    while (i < start.size && (is_space(start.data[i]) || start.data[i] == '=')) {
        i++;
    }
    if (name->size == 0 || i >= start.size) {
        return false;
    }
    const char *from = start.data + i + 1;
    const char *end = memchr(from, start.data[i], start.size - i - 1);
    if (end == NULL) {
        return false;
    }
    *value = (struct slice){from, (size_t)(end - from)};
    *at = (size_t)(end + 1 - start.data);
    return true;
}

/* A stream's error has a meaning of its own, whoever it comes from (6120 4.9.1.1); it is no stanza that a router could
 * refuse. Prefix 'stream' is bound by the stream's header, unless the element itself says otherwise. */
static bool is_stream_error(const struct stanza *st) {
    struct slice start = st->start;
    size_t name = name_size(start);
    const char *colon = name == 0 ? NULL : memchr(start.data + 1, ':', name);
    size_t prefix = colon == NULL ? 0 : (size_t)(colon - (start.data + 1));
    size_t skip = 1 + (colon == NULL ? 0 : prefix + 1);
    if (st->kind != STANZA_FOREIGN || name + 1 - skip != 5 || memcmp(start.data + skip, "error", 5) != 0) {
        return false;
    }
    bool bound = prefix == 6 && memcmp(start.data + 1, "stream", 6) == 0;
    struct slice attribute, value;
    for (size_t at = 1 + name; next_attribute(start, &at, &attribute, &value);) {
        bool declares = prefix == 0 ? attribute.size == 5 && memcmp(attribute.data, "xmlns", 5) == 0
                                    : attribute.size == 6 + prefix && memcmp(attribute.data, "xmlns:", 6) == 0 &&
                                          memcmp(attribute.data + 6, start.data + 1, prefix) == 0;
        if (declares) {
            bound = value.size == sizeof stream_namespace - 1 && memcmp(value.data, stream_namespace, value.size) == 0;
        }
    }
    return bound;
}

/* --------------------------------------------------------------------------------------------------- entering ---- */

/* The account that a stanza is about: its recipient's where that is served here, else its sender's. */
static const char *facts(struct world *world, const struct world_source *source, const struct stanza *st) {
    struct jid_parts parts;
    const struct router *r = world->servers[source->server].router;
    bool here = st->has_to && jid_prepare(st->to, &parts) == ROUTER_OK && router_serves(r, parts.domain);
    if (!here && (source->client < 0 || jid_prepare(router_port_jid(r, source->port), &parts) != ROUTER_OK)) {
        return NULL;
    }
    if (parts.local.size == 0) {
        return NULL;
    }
    char bare[2 * ROUTER_JID_PART_MAX + 2];
    int size = snprintf(bare, sizeof bare, "%.*s@%.*s", (int)parts.local.size, parts.local.data, (int)parts.domain.size,
                        parts.domain.data);
    char text[FACTS_SIZE];
    router_describe(r, (struct slice){.data = bare, .size = (size_t)size}, text, sizeof text);
    return world_keep(world, text, strlen(text));
}

static void log_entry(struct world *world, const struct world_source *source, const struct stanza *st,
                      struct world_origin origin) {
    struct world_event *event = world_log(world, WORLD_ENTER, origin);
    if (event == NULL) {
        return;
    }
    event->server = source->server;
    event->client = source->client;
    event->sent_by = source->sent_by;
    event->host = source->host;
    event->stanza_kind = st->kind;
    event->id = st->has_id ? world_keep(world, st->id.data, st->id.size) : NULL;
    event->from = st->has_from ? world_keep(world, st->from.data, st->from.size) : NULL;
    event->to = st->has_to ? world_keep(world, st->to.data, st->to.size) : NULL;
    event->stanza = whole_text(world, st, &event->stanza_size);
    if (world->record_facts) {
        event->text = facts(world, source, st);
    }
}

static bool source_open(const struct world *world, const struct world_source *source) {
    return world_end(world, source->server, source->port) != NOBODY;
}

/* The sender has ended its stream in order, with a stream error or without. */
static void source_ends(struct world *world, const struct world_source *source, const char *why) {
    if (source->client >= 0) {
        world_client_ended(world, source->client, source->port, why == NULL ? "disconnects" : why, source->origin);
    } else {
        world_stream_closed_by_opener(world, source->stream, why == NULL ? "closed" : why, source->origin);
    }
}

static void source_fault(struct world *world, const struct world_source *source) {
    enum stanza_fault fault = stanza_reader_fault(source->reader);
    if (fault == STANZA_FAULT_END) {
        source_ends(world, source, NULL);
        return;
    }
    struct router *r = world->servers[source->server].router;
    world->failed |= router_fault(r, source->port, fault, world->now_us) != ROUTER_OK;
    world_drain(world, source->server, source->origin, -1);
}

static void count_entry(struct world *world, const struct world_source *source) {
    int link = source->stream < 0 ? -1 : world->streams[source->stream].link;
    if (link >= 0 && world_is_server(world, world->links[link].from)) {
        world->tally.crossed++;
    } else {
        world->tally.sent++;
    }
}

static bool enter(struct world *world, const struct world_source *source, const struct stanza *st) {
    if (is_stream_error(st)) {
        const char *condition = st->child_count == 0 ? "undefined-condition"
                                                     : world_keep_slice(world, st->child[0].name);
        source_ends(world, source, condition);
        return false;
    }
    struct world_origin origin = {.number = ++world->last_number, .cause = source->origin.cause};
    count_entry(world, source);
    log_entry(world, source, st, origin);
    int result = router_input(world->servers[source->server].router, source->port, st, world->now_us);
    world->failed |= result != ROUTER_OK;
    world_drain(world, source->server, origin, -1);
    return !world->failed && source_open(world, source);
}

static size_t until(struct slice bytes, size_t at, const char *end) {
    const size_t size = strlen(end);
    while (at + size <= bytes.size && memcmp(bytes.data + at, end, size) != 0) {
        at++;
    }
    return at + size <= bytes.size ? at + size : bytes.size;
}

static bool begins(struct slice bytes, size_t at, const char *text) {
    return strlen(text) <= bytes.size - at && memcmp(bytes.data + at, text, strlen(text)) == 0;
}

/* Without comments and processing instructions, for a server that takes no notice of either. NULL: memory ran out. */
static char *without_comments(struct slice bytes, size_t *size) {
    char *text = malloc(bytes.size + 1);
    *size = 0;
    for (size_t at = 0; text != NULL && at < bytes.size;) {
        const bool comment = begins(bytes, at, "<!--"), instruction = begins(bytes, at, "<?");
        const size_t next = comment                        ? until(bytes, at + 4, "-->")
                            : instruction                  ? until(bytes, at, "?>")
                            : begins(bytes, at, "<![CDATA[") ? until(bytes, at, "]]>")
                                                           : at + 1;
        if (!comment && !instruction) {
            memcpy(text + *size, bytes.data + at, next - at);
            *size += next - at;
        }
        at = next;
    }
    return text;
}

static void read_all(struct world *world, const struct world_source *source, struct slice bytes) {
    if (source->reader == NULL || stanza_reader_feed(source->reader, bytes) != ROUTER_OK) {
        world->failed = true;
        return;
    }
    struct stanza st;
    enum stanza_read read;
    while ((read = stanza_reader_next(source->reader, &st)) == STANZA_READY) {
        if (!enter(world, source, &st)) {
            break;
        }
    }
    if (read == STANZA_MORE) {
        return;
    }
    if (read == STANZA_FAULT) {
        source_fault(world, source);
    }
    /* What a stream leaves behind at its end must not reach the next one. A reader of its own ends with the stream. */
    if (read == STANZA_NOMEM || (source->shared && stanza_reader_reset(source->reader) != ROUTER_OK)) {
        world->failed = true;
    }
}

/* What is fed has to stay for as long as it is read. */
void world_read(struct world *world, const struct world_source *source, struct slice bytes) {
    size_t size = 0;
    char *text = NULL;
    if (router_skips_comments(world->servers[source->server].router)) {
        text = without_comments(bytes, &size);
        world->failed |= text == NULL;
        bytes = (struct slice){.data = text, .size = size};
    }
    if (!world->failed) {
        read_all(world, source, bytes);
    }
    free(text);
}
