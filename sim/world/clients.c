/* clients.c - what clients and components do, and what reaches them. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

struct world_origin world_own_origin(const struct world *world) {
    return (struct world_origin){.number = 0, .cause = world->cause};
}

int world_client_add(struct world *world, const char *name, const char *jid, enum world_client_kind kind) {
    if (world->client_count >= WORLD_CLIENTS_MAX ||
        !world_grow((void **)&world->clients, &world->client_capacity, world->client_count, sizeof *world->clients)) {
        return -1;
    }
    struct world_client *client = &world->clients[world->client_count];
    *client = (struct world_client){.server = -1, .kind = kind, .latency_us = WORLD_CLIENT_LATENCY_US};
    client->name = world_keep(world, name, strlen(name));
    client->jid = world_keep(world, jid, strlen(jid));
    client->full_jid = kind == CLIENT_USER ? NULL : client->jid;
    return world->failed ? -1 : (int)world->client_count++;
}

int world_client(struct world *world, const char *name, const char *jid) {
    return world_client_add(world, name, jid, CLIENT_USER);
}

void world_client_latency(struct world *world, int client, uint64_t latency_us) {
    world->clients[client].latency_us = latency_us;
}

bool world_connected(const struct world *world, int client) {
    const struct world_client *c = &world->clients[client];
    return c->kind == CLIENT_PEER ? !world->servers[c->server].down : c->connected;
}

const char *world_full_jid(const struct world *world, int client) {
    return world->clients[client].full_jid;
}

/* Takes `latency`, but nothing overtakes what was sent before. */
static uint64_t arrival(const struct world *world, uint64_t latency_us, uint64_t *latest_us) {
    uint64_t due = world_after(world, latency_us);
    *latest_us = due > *latest_us ? due : *latest_us;
    return *latest_us;
}

static void set_out(struct world *world, struct world_task *task, uint64_t due) {
    if (task != NULL) {
        world_lane_put(&world->clients[task->subject].flight, task);
        world_due(world, task, due);
    }
}

/* ------------------------------------------------------------------------------------------------- connecting ---- */

static void log_client(struct world *world, int client, enum world_event_kind kind, struct world_origin origin,
                       const char *text) {
    struct world_event *event = world_log(world, kind, origin);
    if (event != NULL) {
        event->client = client;
        event->server = world->clients[client].server;
        event->text = text;
    }
}

static int bound(struct world *world, int client, uint32_t port) {
    struct world_client *c = &world->clients[client];
    struct slice jid = router_port_jid(world->servers[c->server].router, port);
    if (c->full_jid == NULL || strlen(c->full_jid) != jid.size || memcmp(c->full_jid, jid.data, jid.size) != 0) {
        c->full_jid = world_keep_slice(world, jid);
    }
    struct jid_parts parts;
    if (c->full_jid == NULL || jid_prepare(jid, &parts) != ROUTER_OK ||
        !world_end_set(world, c->server, port, client)) {
        world->failed = true;
        return ROUTER_E_NOMEM;
    }
    c->host = world_server_domain(world, c->server, parts.domain);
    c->port = port;
    c->connected = true;
    log_client(world, client, WORLD_BOUND, world_own_origin(world), c->full_jid);
    return ROUTER_OK;
}

static int log_in(struct world *world, const struct world_client *c, uint32_t *port) {
    struct router *router = world->servers[c->server].router;
    return c->kind == CLIENT_COMPONENT ? router_attach(router, world_slice(c->jid), world->now_us, port)
                                       : router_bind(router, world_slice(c->jid), world->now_us, port);
}

int world_connect(struct world *world, int client) {
    world_finish_moment(world);
    struct world_client *c = &world->clients[client];
    if (world_connected(world, client) || c->kind == CLIENT_PEER) {
        return ROUTER_E_CONFLICT;
    }
    c->server = world_host(world, c->jid);
    if (c->server < 0) {
        return ROUTER_E_UNKNOWN;
    }
    if (world->servers[c->server].down) {
        log_client(world, client, WORLD_REFUSED, world_own_origin(world), "server is down");
        return ROUTER_E_CONFLICT;
    }
    uint32_t port = 0;
    int result = log_in(world, c, &port);
    world_drain(world, c->server, world_own_origin(world), -1);
    if (result == ROUTER_E_CONFLICT || result == ROUTER_E_LIMIT) {
        const char *why = result == ROUTER_E_CONFLICT ? "conflict" : "resource-constraint";
        log_client(world, client, WORLD_REFUSED, world_own_origin(world), why);
        return ROUTER_E_CONFLICT;
    }
    return result == ROUTER_OK ? bound(world, client, port) : result;
}

/* ---------------------------------------------------------------------------------------------------- leaving ---- */

static void drop_task(struct world *world, struct world_task *task) {
    world_queue_remove(&world->queue, task);
    world_lane_remove(&world->clients[task->subject].flight, task);
    world_task_free(world, task);
}

static void lose(struct world *world, const struct world_task *task, const char *why, int to) {
    struct world_event *event = world_log_lost(world, task, why, to);
    if (event != NULL) {
        event->server = world->clients[task->subject].server;
    }
}

/* What is under way to the client, which is not there any more. */
static void lose_downward(struct world *world, int client, const char *why) {
    for (struct world_task *task = world->clients[client].flight.first; task != NULL;) {
        struct world_task *next = task->lane_next;
        if (task->kind == TASK_ARRIVE) {
            lose(world, task, why, client);
        }
        if (task->kind == TASK_ARRIVE || task->kind == TASK_END) {
            drop_task(world, task);
        }
        task = next;
    }
}

static void end_session(struct world *world, int client, struct world_origin origin, const char *why) {
    world->clients[client].connected = false;
    log_client(world, client, WORLD_ENDED, origin, why);
}

/* The server's side of a stream that has ended from the client's side. */
static void server_learns(struct world *world, int client, uint32_t port, enum router_link_event event,
                          struct world_origin origin) {
    int server = world->clients[client].server;
    if (world_end(world, server, port) != client) {
        return;
    }
    (void)world_end_set(world, server, port, NOBODY);
    world->failed |= router_link(world->servers[server].router, port, event, world->now_us) != ROUTER_OK;
    world_drain(world, server, origin, -1);
}

/* at_once: its server knows already. */
static void client_leaves(struct world *world, int client, enum router_link_event event, const char *why,
                          struct world_origin origin, bool at_once) {
    struct world_client *c = &world->clients[client];
    uint32_t port = c->port;
    c->port = 0;
    c->left = event == ROUTER_LINK_LOST ? "vanished" : "disconnected";
    end_session(world, client, origin, why);
    lose_downward(world, client, c->left);
    if (port == 0) {
        return;
    }
    uint64_t due = arrival(world, c->latency_us, &c->up_us);
    if (at_once || due <= world->now_us) {
        server_learns(world, client, port, event, origin);
        return;
    }
    struct world_task *task = world_task(world, TASK_LEAVE, client, origin, (struct slice){NULL, 0}, false);
    if (task != NULL) {
        task->port = port;
        task->event = (uint8_t)event;
        set_out(world, task, due);
    }
}

void world_client_ended(struct world *world, int client, uint32_t port, const char *why, struct world_origin origin) {
    const struct world_client *c = &world->clients[client];
    if (c->connected && c->port == port) {
        client_leaves(world, client, ROUTER_LINK_CLOSED, why, origin, true);
    } else {
        server_learns(world, client, port, ROUTER_LINK_CLOSED, origin);
    }
}

/* stream_why: how a peer's streams end. */
static int leave(struct world *world, int client, enum router_link_event event, const char *why,
                 const char *stream_why) {
    world_finish_moment(world);
    const struct world_client *c = &world->clients[client];
    if (c->kind == CLIENT_PEER) {
        world_peer_leave(world, client, event, stream_why);
    } else if (c->connected) {
        client_leaves(world, client, event, why, world_own_origin(world), false);
    }
    return world->failed ? ROUTER_E_NOMEM : ROUTER_OK;
}

int world_disconnect(struct world *world, int client) {
    return leave(world, client, ROUTER_LINK_CLOSED, "disconnects", "closed");
}

int world_vanish(struct world *world, int client) {
    return leave(world, client, ROUTER_LINK_LOST, "vanishes", "lost");
}

int world_close(struct world *world, int client, const char *condition) {
    const char *kept = world_keep(world, condition, strlen(condition));
    if (kept == NULL) {
        return ROUTER_E_NOMEM;
    }
    return world_connected(world, client) ? leave(world, client, ROUTER_LINK_CLOSED, kept, kept) : ROUTER_E_CONFLICT;
}

void world_client_crashed(struct world *world, int client) {
    struct world_client *c = &world->clients[client];
    while (c->flight.first != NULL) {
        struct world_task *task = c->flight.first;
        if (task->kind == TASK_ARRIVE || task->kind == TASK_OCTETS || task->kind == TASK_RAW) {
            lose(world, task, "crash", task->kind == TASK_ARRIVE ? client : -1);
        }
        drop_task(world, task);
    }
    c->port = 0;
    c->left = "crash";
    if (c->connected) {
        end_session(world, client, world_own_origin(world), "crash");
    }
}

/* ---------------------------------------------------------------------------------------------------- sending ---- */

static int send_octets(struct world *world, int client, enum world_task_kind kind, const char *bytes, size_t size) {
    struct world_client *c = &world->clients[client];
    if (!world_connected(world, client)) {
        return ROUTER_E_CONFLICT;
    }
    struct world_task *task =
        world_task(world, kind, client, world_own_origin(world), (struct slice){bytes, size}, true);
    if (task == NULL) {
        return ROUTER_E_NOMEM;
    }
    task->port = c->port;
    set_out(world, task, c->kind == CLIENT_PEER ? world->now_us : arrival(world, c->latency_us, &c->up_us));
    return world->failed ? ROUTER_E_NOMEM : ROUTER_OK;
}

int world_send(struct world *world, int client, const char *bytes, size_t size) {
    return send_octets(world, client, TASK_OCTETS, bytes, size);
}

int world_send_raw(struct world *world, int client, const char *bytes, size_t size) {
    return send_octets(world, client, TASK_RAW, bytes, size);
}

/* A client that may have sent a part of a stanza has a reader of its own, for one session after the other. */
static struct stanza_reader *own_reader(struct world *world, struct world_client *c, const struct world_task *task,
                                        enum stanza_namespace ns) {
    if (task->kind != TASK_RAW && (c->reader == NULL || c->reader_port != task->port)) {
        return NULL;
    }
    if (c->reader == NULL) {
        c->reader = stanza_reader_new(NULL, ns, world->servers[c->server].size_max);
        world->failed |= c->reader == NULL;
    } else if (c->reader_port != task->port) {
        world->failed |= stanza_reader_reset(c->reader) != ROUTER_OK;
    }
    c->reader_port = task->port;
    return c->reader;
}

static void take_octets(struct world *world, const struct world_task *task) {
    struct world_client *c = &world->clients[task->subject];
    if (task->port == 0 || world_end(world, c->server, task->port) != task->subject) {
        lose(world, task, "closed", -1);
        return;
    }
    enum stanza_namespace ns = c->kind == CLIENT_COMPONENT ? STANZA_COMPONENT : STANZA_CLIENT;
    struct world_source source = {.server = c->server,
                                  .client = task->subject,
                                  .stream = -1,
                                  .port = task->port,
                                  .host = c->host,
                                  .reader = own_reader(world, c, task, ns),
                                  .origin = {.number = 0, .cause = task->cause}};
    if (source.reader == NULL) {
        source.reader = world_reader(world, c->server, ns);
        source.shared = true;
    }
    world_read(world, &source, (struct slice){.data = task->bytes, .size = task->size});
}

/* -------------------------------------------------------------------------------------- what reaches somebody ---- */

void world_client_deliver(struct world *world, int client, uint32_t port, struct world_origin origin,
                          struct slice bytes, size_t sent_by) {
    struct world_client *c = &world->clients[client];
    if (world->tally_only) {
        bytes = (struct slice){NULL, 0}; /* nobody looks at them */
    }
    struct world_task *task = world_task(world, TASK_ARRIVE, client, origin, bytes, false);
    if (task == NULL) {
        return;
    }
    task->sent_by = sent_by;
    if (c->port != port) {
        lose(world, task, c->left == NULL ? "closed" : c->left, client);
        world_task_free(world, task);
        return;
    }
    set_out(world, task, arrival(world, c->latency_us, &c->down_us));
}

/* The server has ended the stream by itself; the client hears of it with the stream error. */
void world_client_closed(struct world *world, int client, uint32_t port, struct world_origin origin, const char *why) {
    struct world_client *c = &world->clients[client];
    (void)world_end_set(world, c->server, port, NOBODY);
    if (c->port != port) {
        return;
    }
    c->port = 0;
    struct world_task *task =
        world_task(world, TASK_END, client, origin, (struct slice){why, why == NULL ? 0 : strlen(why)}, false);
    set_out(world, task, arrival(world, c->latency_us, &c->down_us));
}

void world_client_task(struct world *world, struct world_task *task) {
    struct world_client *c = &world->clients[task->subject];
    struct world_origin origin = {.number = task->number, .cause = task->cause};
    world_lane_remove(&c->flight, task);
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
    } else if (task->kind == TASK_LEAVE) {
        server_learns(world, task->subject, task->port, (enum router_link_event)task->event, origin);
    } else if (c->kind == CLIENT_PEER) {
        world_peer_task(world, task);
    } else {
        take_octets(world, task);
    }
}
