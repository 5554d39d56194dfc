/* clients.c - what clients do, and what reaches them. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

static struct world_origin own_origin(const struct world *world) {
    return (struct world_origin){.number = 0, .cause = world->cause};
}

int world_client(struct world *world, const char *name, const char *jid) {
    if (world->client_count >= WORLD_CLIENTS_MAX ||
        !world_grow((void **)&world->clients, &world->client_capacity, world->client_count, sizeof *world->clients)) {
        return -1;
    }
    struct world_client *client = &world->clients[world->client_count];
    *client = (struct world_client){.server = -1};
    client->name = world_keep(world, name, strlen(name));
    client->jid = world_keep(world, jid, strlen(jid));
    return world->failed ? -1 : (int)world->client_count++;
}

bool world_connected(const struct world *world, int client) {
    return world->clients[client].connected;
}

const char *world_full_jid(const struct world *world, int client) {
    return world->clients[client].full_jid;
}

/* A client that connects or leaves must not overtake what was sent before. */
static void finish_moment(struct world *world) {
    while (world->queue.count > 0 && world->queue.tasks[0].time_us <= world->now_us && world_step(world)) {
    }
}

static void log_binding(struct world *world, int client, enum world_event_kind kind, const char *text) {
    struct world_event *event = world_log(world, kind, own_origin(world));
    if (event != NULL) {
        event->client = client;
        event->server = world->clients[client].server;
        event->text = text;
    }
}

static int bound(struct world *world, int client, uint32_t port) {
    struct world_client *c = &world->clients[client];
    struct world_server *server = &world->servers[c->server];
    struct slice jid = router_port_jid(server->router, port);
    if (c->full_jid == NULL || strlen(c->full_jid) != jid.size || memcmp(c->full_jid, jid.data, jid.size) != 0) {
        c->full_jid = world_keep_slice(world, jid);
    }
    struct jid_parts parts;
    if (c->full_jid == NULL || jid_prepare(jid, &parts) != ROUTER_OK ||
        !world_ports_put(&server->ports, port, client)) {
        world->failed = true;
        return ROUTER_E_NOMEM;
    }
    c->host = world_server_domain(world, c->server, parts.domain);
    c->port = port;
    c->connected = true;
    c->session++;
    log_binding(world, client, WORLD_BOUND, c->full_jid);
    return ROUTER_OK;
}

int world_connect(struct world *world, int client) {
    finish_moment(world);
    struct world_client *c = &world->clients[client];
    if (c->connected) {
        return ROUTER_E_CONFLICT;
    }
    c->server = world_host(world, c->jid);
    if (c->server < 0) {
        return ROUTER_E_UNKNOWN;
    }
    uint32_t port = 0;
    int result = router_bind(world->servers[c->server].router, world_slice(c->jid), world->now_us, &port);
    /* The end of a replaced resource comes first: its port's number may be the new one's. */
    world_drain(world, c->server, own_origin(world), -1);
    if (result == ROUTER_E_CONFLICT) {
        log_binding(world, client, WORLD_REFUSED, "conflict");
    }
    return result == ROUTER_OK ? bound(world, client, port) : result;
}

static void end_session(struct world *world, int client, struct world_origin origin, const char *why) {
    struct world_client *c = &world->clients[client];
    c->connected = false;
    stanza_reader_free(c->reader);
    c->reader = NULL;
    struct world_event *event = world_log(world, WORLD_ENDED, origin);
    if (event != NULL) {
        event->client = client;
        event->server = c->server;
        event->text = why;
    }
}

/* The server's side of a stream that ends from the client's side. */
void world_client_leave(struct world *world, int client, enum router_link_event event, const char *why,
                        struct world_origin origin) {
    struct world_client *c = &world->clients[client];
    uint32_t port = c->port;
    end_session(world, client, origin, why);
    c->port = 0;
    if (port != 0) {
        world_ports_remove(&world->servers[c->server].ports, port);
        world->failed |= router_link(world->servers[c->server].router, port, event, world->now_us) != ROUTER_OK;
        world_drain(world, c->server, origin, -1);
    }
}

int world_disconnect(struct world *world, int client) {
    finish_moment(world);
    if (world->clients[client].connected) {
        world_client_leave(world, client, ROUTER_LINK_CLOSED, "disconnects", own_origin(world));
    }
    return world->failed ? ROUTER_E_NOMEM : ROUTER_OK;
}

int world_vanish(struct world *world, int client) {
    finish_moment(world);
    if (world->clients[client].connected) {
        world_client_leave(world, client, ROUTER_LINK_LOST, "vanishes", own_origin(world));
    }
    return world->failed ? ROUTER_E_NOMEM : ROUTER_OK;
}

static int send_octets(struct world *world, int client, enum world_task_kind kind, const char *bytes, size_t size) {
    const struct world_client *c = &world->clients[client];
    if (!c->connected) {
        return ROUTER_E_CONFLICT;
    }
    struct world_task task = {.time_us = world->now_us + WORLD_CLIENT_LATENCY_US,
                              .kind = kind,
                              .subject = client,
                              .session = c->session,
                              .cause = world->cause,
                              .size = size};
    task.octets = malloc(size > 0 ? size : 1);
    if (task.octets == NULL) {
        return ROUTER_E_NOMEM;
    }
    memcpy(task.octets, bytes, size);
    if (!world_queue_put(&world->queue, task)) {
        free(task.octets);
        return ROUTER_E_NOMEM;
    }
    return ROUTER_OK;
}

int world_send(struct world *world, int client, const char *bytes, size_t size) {
    return send_octets(world, client, TASK_OCTETS, bytes, size);
}

int world_send_raw(struct world *world, int client, const char *bytes, size_t size) {
    return send_octets(world, client, TASK_RAW, bytes, size);
}

/* ------------------------------------------------------------------------------------- what reaches somebody ---- */

static void put_task(struct world *world, struct world_task task) {
    if (!world_queue_put(&world->queue, task)) {
        world->failed = true;
    }
}

void world_client_deliver(struct world *world, int client, const struct world_event *effect, size_t sent_by) {
    put_task(world, (struct world_task){.time_us = world->now_us + WORLD_CLIENT_LATENCY_US,
                                        .kind = TASK_ARRIVE,
                                        .subject = client,
                                        .session = world->clients[client].session,
                                        .number = effect->number,
                                        .cause = effect->cause,
                                        .sent_by = sent_by,
                                        .bytes = effect->stanza,
                                        .size = effect->stanza_size});
}

/* The server has ended the stream by itself; the client hears of it with the stream error. */
void world_client_closed(struct world *world, int client, struct world_origin origin, const char *why) {
    struct world_client *c = &world->clients[client];
    world_ports_remove(&world->servers[c->server].ports, c->port);
    c->port = 0;
    put_task(world, (struct world_task){.time_us = world->now_us + WORLD_CLIENT_LATENCY_US,
                                        .kind = TASK_END,
                                        .subject = client,
                                        .session = c->session,
                                        .number = origin.number,
                                        .cause = origin.cause,
                                        .bytes = why});
}

static struct stanza_reader *client_reader(struct world *world, struct world_client *c, bool raw) {
    struct world_server *server = &world->servers[c->server];
    if (raw && c->reader == NULL) {
        c->reader = stanza_reader_new(NULL, STANZA_CLIENT, server->size_max);
        return c->reader;
    }
    if (c->reader != NULL) {
        return c->reader;
    }
    if (server->readers[STANZA_CLIENT] == NULL) {
        server->readers[STANZA_CLIENT] = stanza_reader_new(NULL, STANZA_CLIENT, server->size_max);
    }
    return server->readers[STANZA_CLIENT];
}

static void take_octets(struct world *world, const struct world_task *task) {
    struct world_client *c = &world->clients[task->subject];
    if (c->port == 0) {
        return; /* sent into a stream that the server has ended already */
    }
    struct world_stream stream = {.server = c->server,
                                  .client = task->subject,
                                  .port = c->port,
                                  .host = c->host,
                                  .reader = client_reader(world, c, task->kind == TASK_RAW),
                                  .origin = {.number = 0, .cause = task->cause}};
    world_read(world, &stream, (struct slice){.data = task->octets, .size = task->size});
}

void world_client_task(struct world *world, const struct world_task *task) {
    const struct world_client *c = &world->clients[task->subject];
    struct world_origin origin = {.number = task->number, .cause = task->cause};
    if (task->session != c->session || !c->connected) {
        return;
    }
    if (task->kind == TASK_ARRIVE) {
        struct world_event *event = world_log(world, WORLD_ARRIVE, origin);
        if (event != NULL) {
            event->client = task->subject;
            event->server = c->server;
            event->stanza = task->bytes;
            event->stanza_size = task->size;
            event->sent_by = task->sent_by;
        }
    } else if (task->kind == TASK_END) {
        end_session(world, task->subject, origin, task->bytes);
    } else {
        take_octets(world, task);
    }
}
