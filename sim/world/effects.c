/* effects.c - what streams bring is read into the routers, and what the routers want is written to the streams. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FACTS_SIZE = 4096 };

/* --------------------------------------------------------------------------------------------------- entering ---- */

/* The reader gives a stanza in pieces; the log has it whole, as it was written. */
static const char *whole_text(struct world *world, const struct stanza *st, size_t *size) {
    size_t name = 0;
    bool closed = st->start.size >= 2 && st->start.data[st->start.size - 2] == '/';
    while (name + 1 < st->start.size && strchr(" \t\r\n/>", st->start.data[name + 1]) == NULL) {
        name++;
    }
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

/* The account that a stanza is about: its recipient's where that is served here, else its sender's. */
static const char *facts(struct world *world, const struct world_stream *stream, const struct stanza *st) {
    struct jid_parts parts;
    const struct router *r = world->servers[stream->server].router;
    bool here = st->has_to && jid_prepare(st->to, &parts) == ROUTER_OK && router_serves(r, parts.domain);
    if (!here && (stream->client < 0 || jid_prepare(router_port_jid(r, stream->port), &parts) != ROUTER_OK)) {
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

static void log_entry(struct world *world, const struct world_stream *stream, const struct stanza *st,
                      struct world_origin origin) {
    struct world_event *event = world_log(world, WORLD_ENTER, origin);
    if (event == NULL) {
        return;
    }
    event->server = stream->server;
    event->client = stream->client;
    event->host = stream->host;
    event->stanza_kind = st->kind;
    event->id = st->has_id ? world_keep(world, st->id.data, st->id.size) : NULL;
    event->from = st->has_from ? world_keep(world, st->from.data, st->from.size) : NULL;
    event->to = st->has_to ? world_keep(world, st->to.data, st->to.size) : NULL;
    event->stanza = whole_text(world, st, &event->stanza_size);
    if (world->record_facts) {
        event->text = facts(world, stream, st);
    }
}

static bool stream_open(const struct world *world, const struct world_stream *stream) {
    return world_ports_get(&world->servers[stream->server].ports, stream->port, INT32_MIN) != INT32_MIN;
}

static void stream_fault(struct world *world, const struct world_stream *stream) {
    enum stanza_fault fault = stanza_reader_fault(stream->reader);
    if (fault == STANZA_FAULT_END && stream->client >= 0) {
        world_client_leave(world, stream->client, ROUTER_LINK_CLOSED, "disconnects", stream->origin);
        return;
    }
    struct router *r = world->servers[stream->server].router;
    world->failed |= router_fault(r, stream->port, fault, world->now_us) != ROUTER_OK;
    world_drain(world, stream->server, stream->origin, -1);
}

static bool enter(struct world *world, const struct world_stream *stream, const struct stanza *st) {
    struct world_origin origin = {.number = ++world->last_number, .cause = stream->origin.cause};
    log_entry(world, stream, st, origin);
    int result = router_input(world->servers[stream->server].router, stream->port, st, world->now_us);
    world->failed |= result != ROUTER_OK;
    world_drain(world, stream->server, origin, -1);
    return !world->failed && stream_open(world, stream);
}

void world_read(struct world *world, const struct world_stream *stream, struct slice bytes) {
    const struct world_server *server = &world->servers[stream->server];
    bool shared = stream->reader == server->readers[STANZA_CLIENT] || stream->reader == server->readers[STANZA_SERVER];
    if (stream->reader == NULL || stanza_reader_feed(stream->reader, bytes) != ROUTER_OK) {
        world->failed = true;
        return;
    }
    struct stanza st;
    enum stanza_read read;
    while ((read = stanza_reader_next(stream->reader, &st)) == STANZA_READY) {
        if (!enter(world, stream, &st)) {
            break;
        }
    }
    if (read == STANZA_MORE) {
        return;
    }
    if (read == STANZA_FAULT) {
        stream_fault(world, stream);
    }
    /* What a stream leaves behind at its end must not reach the next one. A reader of its own ends with the stream. */
    if (read == STANZA_NOMEM || (shared && stanza_reader_reset(stream->reader) != ROUTER_OK)) {
        world->failed = true;
    }
}

/* ---------------------------------------------------------------------------------------------------- effects ---- */

struct drain {
    struct world *world;
    int server, link;
    struct world_origin origin;
};

static struct slice domain_of(struct slice jid) {
    const char *slash = jid.size == 0 ? NULL : memchr(jid.data, '/', jid.size);
    struct slice domain = {.data = jid.data, .size = slash == NULL ? jid.size : (size_t)(slash - jid.data)};
    const char *at = domain.size == 0 ? NULL : memchr(domain.data, '@', domain.size);
    if (at != NULL) {
        domain.size -= (size_t)(at + 1 - domain.data);
        domain.data = at + 1;
    }
    return domain;
}

/* A copy for another server that has no port yet waits in its router until the stream opens. Who sent it is kept here,
 * since the router does not say it again. */
static bool waits_for_link(const struct drain *d, const struct router_effect *effect) {
    bool written = effect->kind == ROUTER_ROUTE ||
                   ((effect->kind == ROUTER_BOUNCE || effect->kind == ROUTER_ANSWER) && effect->bytes.size > 0);
    if (!written || effect->port != 0 || effect->to.size == 0) {
        return false;
    }
    return !router_serves(d->world->servers[d->server].router, domain_of(effect->to));
}

static const char *target_text(struct world *world, int end, struct slice to) {
    if (end >= 0) {
        const char *jid = world->clients[end].full_jid;
        if (strlen(jid) == to.size && memcmp(jid, to.data, to.size) == 0) {
            return jid;
        }
    }
    return world_keep_slice(world, to);
}

static struct world_event *log_effect(const struct drain *d, const struct router_effect *effect,
                                      struct world_origin origin, int end) {
    struct world *world = d->world;
    const char *bytes = world_keep_slice(world, effect->bytes);
    struct world_event *event = world_log(world, WORLD_EFFECT, origin);
    if (event == NULL) {
        return NULL;
    }
    event->server = d->server;
    event->client = end >= 0 ? end : -1;
    event->effect = effect->kind;
    event->rule = effect->rule;
    event->departure = effect->departure == NULL ? NULL : world_keep_slice(world, world_slice(effect->departure));
    event->condition = effect->condition == NULL ? NULL : world_keep_slice(world, world_slice(effect->condition));
    event->host = world_server_domain(world, d->server, effect->host);
    event->target = target_text(world, end, effect->to);
    event->priority = effect->kind == ROUTER_DELIVER ? effect->priority : ROUTER_NOT_AVAILABLE;
    event->stanza = bytes;
    event->stanza_size = effect->bytes.size;
    return event;
}

static void close_stream(struct world *world, const struct router_effect *effect, struct world_origin origin, int end) {
    const char *why = effect->condition == NULL ? "closed" : effect->condition;
    if (end >= 0) {
        world_client_closed(world, end, origin, world_keep_slice(world, world_slice(why)));
    } else {
        world_link_closed(world, (-1 - end) / 2, (-1 - end) % 2 == 1, origin);
    }
}

static void carry(struct world *world, const struct world_event *event, int end) {
    if (event->stanza == NULL) {
        return;
    }
    if (end >= 0) {
        world_client_deliver(world, end, event, world->event_count - 1);
    } else if ((-1 - end) % 2 == 0) {
        world_link_write(world, (-1 - end) / 2, (struct world_origin){.number = event->number, .cause = event->cause},
                         event->stanza, event->stanza_size);
    }
}

static void write_waited(const struct drain *d, const struct router_effect *effect, struct world_origin origin,
                         int end) {
    const char *bytes = world_keep_slice(d->world, effect->bytes);
    if (bytes != NULL && end < 0 && end != INT32_MIN && (-1 - end) % 2 == 0) {
        world_link_write(d->world, (-1 - end) / 2, origin, bytes, effect->bytes.size);
    }
}

/* What waited for a stream is dealt with one after the other: each is written, or a rule says why it cannot be. All that
 * follows up to the next belongs to it. */
static bool begins_next(const struct router_effect *effect) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    return effect->kind == ROUTER_WRITE ||
           (effect->kind == ROUTER_MARK && effect->rule >= 0 && strncmp(rules[effect->rule].id, "s2s.fail.", 9) == 0);
}

static struct world_origin effect_origin(const struct drain *d, const struct router_effect *effect) {
    struct world_origin origin = d->origin;
    if (d->link >= 0 && effect->kind != ROUTER_OPEN) {
        (void)world_link_waited(d->world, d->link, begins_next(effect), &origin);
    }
    return origin;
}

static void drain_one(struct drain *d, const struct router_effect *effect) {
    struct world *world = d->world;
    struct world_origin origin = effect_origin(d, effect);
    if (effect->kind == ROUTER_OPEN) {
        int link = world_link_find(world, d->server, effect->host, effect->to);
        if (link >= 0) {
            world_link_open(world, link, effect->port, origin);
        }
        return;
    }
    int end = world_ports_get(&world->servers[d->server].ports, effect->port, INT32_MIN);
    if (effect->kind == ROUTER_WRITE) {
        write_waited(d, effect, origin, end);
        return;
    }
    const struct world_event *event = log_effect(d, effect, origin, end);
    if (waits_for_link(d, effect)) {
        int link = world_link_find(world, d->server, effect->host, domain_of(effect->to));
        if (link >= 0) {
            world_link_wait(world, link, origin);
        }
    }
    if (event != NULL && end != INT32_MIN) {
        if (effect->kind == ROUTER_CLOSE) {
            close_stream(world, effect, origin, end);
        } else {
            carry(world, event, end);
        }
    }
}

void world_drain(struct world *world, int server, struct world_origin origin, int link) {
    struct drain d = {.world = world, .server = server, .link = link, .origin = origin};
    struct router_effect effect;
    while (router_next(world->servers[server].router, &effect)) {
        drain_one(&d, &effect);
    }
}
