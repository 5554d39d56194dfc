/* links.c - streams between servers: opened on demand, ordered, each from one domain to another. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends of links share a server's ports with its clients, whose numbers are not negative. */
static int link_end(int link, bool input) {
    return -1 - (link * 2 + (input ? 1 : 0));
}

static void put_task(struct world *world, struct world_task task) {
    if (!world_queue_put(&world->queue, task)) {
        world->failed = true;
    }
}

static int link_new(struct world *world, int server, struct slice host, struct slice remote, const char *key,
                    size_t key_size) {
    if (world->link_count >= INT32_MAX / 4 ||
        !world_grow((void **)&world->links, &world->link_capacity, world->link_count, sizeof *world->links)) {
        world->failed = true;
        return -1;
    }
    int link = (int)world->link_count;
    const char *kept = world_keep(world, key, key_size);
    struct world_link fresh = {.from = server, .to = world_names_get(&world->domains, remote.data, remote.size)};
    fresh.host = world_server_domain(world, server, host);
    fresh.remote = world_keep_slice(world, remote);
    if (world->failed || !world_names_put(&world->link_names, kept, key_size, link)) {
        world->failed = true;
        return -1;
    }
    world->links[world->link_count++] = fresh;
    return link;
}

int world_link_find(struct world *world, int server, struct slice host, struct slice remote) {
    char key[2 * ROUTER_JID_PART_MAX + 32];
    int size =
        snprintf(key, sizeof key, "%d %.*s %.*s", server, (int)host.size, host.data, (int)remote.size, remote.data);
    if (host.size > ROUTER_JID_PART_MAX || remote.size > ROUTER_JID_PART_MAX || size < 0) {
        world->failed = true;
        return -1;
    }
    int link = world_names_get(&world->link_names, key, (size_t)size);
    return link >= 0 ? link : link_new(world, server, host, remote, key, (size_t)size);
}

static void log_link(struct world *world, int link, enum world_event_kind kind, struct world_origin origin,
                     const char *why) {
    const struct world_link *l = &world->links[link];
    struct world_event *event = world_log(world, kind, (struct world_origin){.number = 0, .cause = origin.cause});
    if (event == NULL) {
        return;
    }
    event->server = l->from;
    event->host = l->host;
    event->target = l->remote;
    event->text = why;
    if (why == NULL) {
        char text[2 * ROUTER_JID_PART_MAX + 2];
        int size = snprintf(text, sizeof text, "%s %s", l->host, l->remote);
        event->text = world_keep(world, text, size < 0 ? 0 : strlen(text));
    }
}

void world_link_open(struct world *world, int link, uint32_t port, struct world_origin origin) {
    struct world_link *l = &world->links[link];
    l->out_port = port;
    l->in_port = 0;
    l->session++;
    if (!world_ports_put(&world->servers[l->from].ports, port, link_end(link, false))) {
        world->failed = true;
        return;
    }
    log_link(world, link, WORLD_OPEN, origin, NULL);
    struct world_task task = {.kind = TASK_LINK_READY, .subject = link, .session = l->session, .cause = origin.cause};
    /* One way for the look-up of a name that nobody has; there and back to set a stream up. */
    task.time_us = world->now_us + 2 * WORLD_SERVER_LATENCY_US;
    if (l->to < 0) {
        task.kind = TASK_LINK_NO_HOST;
        task.time_us = world->now_us + WORLD_SERVER_LATENCY_US;
    }
    put_task(world, task);
}

void world_link_wait(struct world *world, int link, struct world_origin origin) {
    struct world_link *l = &world->links[link];
    if (!world_grow((void **)&l->waiting, &l->waiting_capacity, l->waiting_count, sizeof *l->waiting)) {
        world->failed = true;
        return;
    }
    l->waiting[l->waiting_count++] = origin;
}

/* The oldest that waits, which then does no longer, or the last one that did. returns false: none ever did. */
bool world_link_waited(struct world *world, int link, bool take, struct world_origin *origin) {
    struct world_link *l = &world->links[link];
    if (l->waiting_count == 0) {
        return false;
    }
    l->waiting_first += take && l->waiting_first < l->waiting_count;
    *origin = l->waiting[l->waiting_first > 0 ? l->waiting_first - 1 : 0];
    return true;
}

void world_link_write(struct world *world, int link, struct world_origin origin, const char *bytes, size_t size) {
    struct world_link *l = &world->links[link];
    uint64_t due = world->now_us + WORLD_SERVER_LATENCY_US;
    l->last_us = due > l->last_us ? due : l->last_us;
    put_task(world, (struct world_task){.time_us = l->last_us,
                                        .kind = TASK_CROSS,
                                        .subject = link,
                                        .session = l->session,
                                        .number = origin.number,
                                        .cause = origin.cause,
                                        .bytes = bytes,
                                        .size = size});
}

/* One router has ended a link by itself. The other one learns of it: the opener after the way there, the receiver at
 * once, as everything that was written before has to arrive and does so through its session. */
void world_link_closed(struct world *world, int link, bool input, struct world_origin origin) {
    struct world_link *l = &world->links[link];
    int own = input ? l->to : l->from;
    uint32_t port = input ? l->in_port : l->out_port;
    if (own >= 0) {
        world_ports_remove(&world->servers[own].ports, port);
    }
    if (input) {
        l->in_port = 0;
    } else {
        l->out_port = 0;
    }
    put_task(world, (struct world_task){.time_us = world->now_us + WORLD_SERVER_LATENCY_US,
                                        .kind = TASK_LINK_END,
                                        .subject = link,
                                        .session = l->session,
                                        .number = input ? 1 : 0,
                                        .cause = origin.cause});
}

/* Nothing of what waited before waits any more, since the stream has opened or failed. */
static void forget_waiting(struct world_link *l, size_t before) {
    if (before > 0 && before < l->waiting_count) {
        memmove(l->waiting, l->waiting + before, (l->waiting_count - before) * sizeof *l->waiting);
    }
    l->waiting_count -= before;
    l->waiting_first = 0;
}

static void tell_opener(struct world *world, int link, enum router_link_event event, struct world_origin origin) {
    struct world_link *l = &world->links[link];
    uint32_t port = l->out_port;
    int from = l->from;
    size_t before = l->waiting_count;
    if (port == 0) {
        return;
    }
    if (event != ROUTER_LINK_READY) {
        world_ports_remove(&world->servers[from].ports, port);
        l->out_port = 0;
    }
    world->failed |= router_link(world->servers[from].router, port, event, world->now_us) != ROUTER_OK;
    world_drain(world, from, origin, link);
    forget_waiting(&world->links[link], before);
}

static void link_ready(struct world *world, int link, struct world_origin origin) {
    struct world_link *l = &world->links[link];
    struct world_server *to = &world->servers[l->to];
    int result = router_peer(to->router, world_slice(l->remote), world_slice(l->host), &l->in_port);
    if (result == ROUTER_OK && !world_ports_put(&to->ports, l->in_port, link_end(link, true))) {
        result = ROUTER_E_NOMEM;
    }
    if (result == ROUTER_E_NOMEM) {
        world->failed = true;
        return;
    }
    world_drain(world, world->links[link].to, origin, -1);
    if (result == ROUTER_OK) {
        log_link(world, link, WORLD_READY, origin, NULL);
        tell_opener(world, link, ROUTER_LINK_READY, origin);
    } else {
        log_link(world, link, WORLD_FAILED, origin, "refused");
        tell_opener(world, link, ROUTER_LINK_FAILED, origin);
    }
}

static void link_cross(struct world *world, const struct world_task *task) {
    const struct world_link *l = &world->links[task->subject];
    if (l->in_port == 0) {
        return; /* sent before its sender has heard that the stream is over */
    }
    struct world_server *server = &world->servers[l->to];
    if (server->readers[STANZA_SERVER] == NULL) {
        server->readers[STANZA_SERVER] = stanza_reader_new(NULL, STANZA_SERVER, server->size_max);
    }
    struct world_stream stream = {.server = l->to,
                                  .client = -1,
                                  .port = l->in_port,
                                  .host = l->remote,
                                  .reader = server->readers[STANZA_SERVER],
                                  .origin = {.number = task->number, .cause = task->cause}};
    world_read(world, &stream, (struct slice){.data = task->bytes, .size = task->size});
}

static void link_ended(struct world *world, int link, bool by_receiver, struct world_origin origin) {
    struct world_link *l = &world->links[link];
    if (by_receiver) {
        tell_opener(world, link, ROUTER_LINK_CLOSED, origin);
        return;
    }
    uint32_t port = l->in_port;
    int to = l->to;
    if (port != 0) {
        l->in_port = 0;
        world_ports_remove(&world->servers[to].ports, port);
        world->failed |= router_link(world->servers[to].router, port, ROUTER_LINK_CLOSED, world->now_us) != ROUTER_OK;
        world_drain(world, to, origin, -1);
    }
}

void world_link_task(struct world *world, const struct world_task *task) {
    struct world_origin origin = {.number = 0, .cause = task->cause};
    if (task->session != world->links[task->subject].session) {
        return;
    }
    switch (task->kind) {
    case TASK_CROSS:
        link_cross(world, task);
        break;
    case TASK_LINK_READY:
        link_ready(world, task->subject, origin);
        break;
    case TASK_LINK_NO_HOST:
        log_link(world, task->subject, WORLD_FAILED, origin, "no such host");
        tell_opener(world, task->subject, ROUTER_LINK_NO_HOST, origin);
        break;
    default:
        link_ended(world, task->subject, task->number == 1, origin);
        break;
    }
}
