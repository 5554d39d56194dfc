/* faults.c - servers and peers that crash and start, and names that are lost and found. */
#include "parts.h"

#include <stdlib.h>

static int result(const struct world *world) {
    return world->failed ? ROUTER_E_NOMEM : ROUTER_OK;
}

static void crash_router(struct world *world, int place) {
    struct world_server *server = &world->servers[place];
    router_crash(server->router);
    for (size_t i = 0; i < server->end_count; i++) {
        server->ends[i] = NOBODY;
    }
    if (server->timer != NULL) {
        world_queue_remove(&world->queue, server->timer);
        world_task_free(world, server->timer);
        server->timer = NULL;
    }
}

static void crash_clients(struct world *world, int place) {
    for (size_t i = 0; i < world->client_count; i++) {
        if (world->clients[i].server == place) {
            world_client_crashed(world, (int)i);
        }
    }
}

/* Whoever was about to connect is refused; all that stood breaks. */
static void crash_stream(struct world *world, int stream, int place) {
    struct world_stream *s = &world->streams[stream];
    bool own = s->link >= 0 && world->links[s->link].from == place;
    bool other = s->link >= 0 && s->to == place;
    if (own || (other && world_stream_connected(s))) {
        world_stream_break(world, stream, "crash", world_own_origin(world));
    } else if (other && s->step == STEP_CONNECTION) {
        s->answer = ROUTER_LINK_REFUSED;
    }
}

int world_crash(struct world *world, int place) {
    if (place < 0 || (size_t)place >= world->server_count) {
        return ROUTER_E_UNKNOWN;
    }
    struct world_server *server = &world->servers[place];
    if (server->down) {
        return ROUTER_E_CONFLICT;
    }
    world_finish_moment(world);
    server->down = true;
    world_log_fault(world, place, "%s crashes", server->name, NULL);
    if (server->router != NULL) {
        crash_router(world, place);
    }
    crash_clients(world, place);
    world_links_lose(world, place, "crash");
    for (size_t i = 0; i < world->stream_count; i++) {
        crash_stream(world, (int)i, place);
    }
    return result(world);
}

int world_start(struct world *world, int place) {
    if (place < 0 || (size_t)place >= world->server_count) {
        return ROUTER_E_UNKNOWN;
    }
    struct world_server *server = &world->servers[place];
    if (!server->down) {
        return ROUTER_E_CONFLICT;
    }
    world_finish_moment(world);
    server->down = false;
    world_log_fault(world, place, "%s starts", server->name, NULL);
    return result(world);
}

int world_dns(struct world *world, const char *domain, bool found) {
    struct jid_parts parts;
    if (jid_prepare(world_slice(domain), &parts) != ROUTER_OK) {
        return ROUTER_E_UNKNOWN;
    }
    int known = world_domain_find(world, parts.domain);
    if (known < 0 || world->domains[known].place < 0 || parts.local.size + parts.resource.size != 0) {
        return ROUTER_E_UNKNOWN;
    }
    if (world->domains[known].lost != found) {
        return ROUTER_E_CONFLICT;
    }
    world_finish_moment(world);
    world->domains[known].lost = !found;
    world_log_fault(world, -1, found ? "DNS finds %s" : "DNS loses %s", world->domains[known].name, NULL);
    return result(world);
}
