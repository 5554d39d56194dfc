/* peers.c - remote servers that the caller plays, and components. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------------- cast ---- */

static bool peer_made(struct world *world, struct world_server *place, const struct world_peer *config,
                      struct router_error *error) {
    struct world_peer *trouble = world_store_take(&world->store, sizeof *trouble);
    if (trouble == NULL) {
        return world_refuse(error, "%s", "out of memory") == 0;
    }
    *trouble = *config;
    trouble->domain = NULL;
    trouble->also = NULL;
    if (config->stream_error != NULL) {
        trouble->stream_error = world_keep(world, config->stream_error, strlen(config->stream_error));
    }
    place->trouble = trouble;
    place->size_max = SIZE_MAX / 2;
    bool fine = world_host_add(world, (int)world->server_count, place, config->domain, error);
    for (size_t i = 0; i < config->also_count && fine; i++) {
        fine = world_host_add(world, (int)world->server_count, place, config->also[i], error);
    }
    for (size_t i = 0; !fine && i < place->host_count; i++) {
        struct world_domain *domain = &world->domains[place->hosts[i]];
        domain->place = domain->place == (int)world->server_count ? -1 : domain->place;
    }
    return fine && !world->failed;
}

int world_peer(struct world *world, const char *name, const struct world_peer *config, struct router_error *error) {
    struct world_server *place = world_server_room(world, name, error);
    if (place == NULL || place->name == NULL) {
        return -1;
    }
    place->client = (int)world->client_count;
    if (!peer_made(world, place, config, error)) {
        free(place->hosts);
        return -1;
    }
    int client = world_client_add(world, name, world->domains[place->hosts[0]].name, CLIENT_PEER);
    if (client < 0) {
        free(place->hosts);
        return world_refuse(error, "there is no room for '%.100s'", name);
    }
    world->clients[client].server = (int)world->server_count++;
    return client;
}

/* The domain, if a component of that server looks after it already: this one is another connection for it. */
static int component_domain(const struct world *world, const char *domain, int server) {
    struct jid_parts parts;
    if (jid_prepare(world_slice(domain), &parts) != ROUTER_OK || parts.local.size + parts.resource.size > 0) {
        return -1;
    }
    const int known = world_domain_find(world, parts.domain);
    bool found = false;
    for (size_t i = 0; known >= 0 && i < world->client_count && !found; i++) {
        const struct world_client *c = &world->clients[i];
        found = c->kind == CLIENT_COMPONENT && strcmp(c->jid, world->domains[known].name) == 0;
    }
    return found && world->domains[known].place == server ? known : -1;
}

static int component_made(struct world *world, const char *domain, int server, struct router_error *error) {
    struct world_server *s = &world->servers[server];
    if (!world_host_add(world, server, s, domain, error)) {
        return -1;
    }
    const int known = s->hosts[s->host_count - 1];
    struct world_domain *host = &world->domains[known];
    const struct slice name = {host->name, host->size};
    if (router_component(s->router, name) != ROUTER_OK) {
        s->host_count--;
        host->place = -1;
        return world_refuse(error, "component '%.100s' cannot be added", domain);
    }
    /* With components switched off its domain is nobody's. */
    if (!router_serves(s->router, name)) {
        s->host_count--;
        host->place = -1;
    }
    return known;
}

int world_component(struct world *world, const char *name, const char *domain, int server,
                    struct router_error *error) {
    if (!world_is_server(world, server)) {
        return world_refuse(error, "'%.200s' has no server", domain);
    }
    int known = component_domain(world, domain, server);
    known = known >= 0 ? known : component_made(world, domain, server, error);
    if (known < 0) {
        return -1;
    }
    const int client = world_client_add(world, name, world->domains[known].name, CLIENT_COMPONENT);
    return client >= 0 ? client : world_refuse(error, "there is no room for '%.100s'", name);
}

/* ------------------------------------------------------------------------------------------ streams of a peer ---- */

static struct slice domain_name(const struct world *world, int domain) {
    return (struct slice){world->domains[domain].name, world->domains[domain].size};
}

/* Whether stanzas of the link can go out now. */
static bool may_write(const struct world *world, const struct world_link *l) {
    return l->stream >= 0 && world->streams[l->stream].step == STEP_DONE &&
           (l->pair == PAIR_OWN || l->pair == PAIR_VERIFIED);
}

static void flush(struct world *world, int link) {
    struct world_task *task;
    while (may_write(world, &world->links[link]) && (task = world_link_next(world, link)) != NULL) {
        task->subject = world->links[link].stream;
        world_stream_send(world, task);
    }
}

/* Another stream of the peer to the same server, for another of its domains; -1: none. */
static int carrier_for(const struct world *world, const struct world_link *wanted) {
    int server = world->domains[wanted->remote].place;
    for (size_t i = 0; i < world->link_count; i++) {
        const struct world_link *l = &world->links[i];
        if (l->from == wanted->from && l->host != wanted->host && l->stream >= 0 && l->pair == PAIR_OWN &&
            world->domains[l->remote].place == server) {
            return l->stream;
        }
    }
    return -1;
}

static void ask(struct world *world, int link) {
    struct world_link *l = &world->links[link];
    struct world_task *task = world_task(
        world, TASK_PAIR, l->stream,
        (struct world_origin){.number = (uint32_t)link, .cause = world->streams[l->stream].cause},
        (struct slice){NULL, 0}, false);
    if (task != NULL) {
        l->pair = PAIR_ASKS;
        world_stream_send(world, task);
    }
}

void world_pairs_ask(struct world *world) {
    for (size_t i = 0; i < world->link_count; i++) {
        const struct world_link *l = &world->links[i];
        if (l->pair == PAIR_WAITS && l->stream >= 0 && world->streams[l->stream].in_open) {
            ask(world, (int)i);
        }
    }
}

static void begin_own(struct world *world, int link) {
    struct world_link *l = &world->links[link];
    const struct world_task *first = l->waiting.first;
    l->pair = PAIR_OWN;
    world_stream_open(world, link, 0, (struct world_origin){.number = 0, .cause = first == NULL ? -1 : first->cause});
}

void world_pair_step(struct world *world, const struct world_task *task) {
    const struct world_stream *s = &world->streams[task->subject];
    int link = (int)task->number;
    struct world_link *l = &world->links[link];
    if (!s->in_open || !s->out_open || l->stream != task->subject) {
        return;
    }
    if (!task->back) {
        struct world_task *answer = world_task(world, TASK_PAIR, task->subject,
                                               (struct world_origin){.number = task->number, .cause = task->cause},
                                               (struct slice){NULL, 0}, false);
        if (answer != NULL) {
            answer->back = true;
            world_stream_send(world, answer);
        }
        return;
    }
    int to = s->to;
    struct world_origin origin = {.number = 0, .cause = task->cause};
    int result = router_peer_pair(world->servers[to].router, s->in_port, domain_name(world, l->remote),
                                  domain_name(world, l->host));
    world_drain(world, to, origin, -1);
    if (result == ROUTER_OK) {
        world->links[link].pair = PAIR_VERIFIED;
        world_link_log(world, link, WORLD_READY, origin, NULL);
        flush(world, link);
    } else {
        begin_own(world, link);
    }
}

void world_peer_ready(struct world *world, int stream) {
    int own = world->streams[stream].link;
    if (!world_is_server(world, world->links[own].from)) {
        flush(world, own);
        world_pairs_ask(world);
    }
}

void world_peer_over(struct world *world, int stream, const char *why) {
    int from = world->links[world->streams[stream].link].from;
    for (size_t i = 0; i < world->link_count; i++) {
        struct world_link *l = &world->links[i];
        if (l->from == from && (l->stream == stream || (int)i == world->streams[stream].link)) {
            l->stream = l->stream == stream ? -1 : l->stream;
            l->pair = PAIR_OWN;
            world_link_lose(world, (int)i, why);
        }
    }
}

/* ---------------------------------------------------------------------------------------------------- sending ---- */

static void send_on(struct world *world, int link, struct world_task *task) {
    struct world_link *l = &world->links[link];
    world->servers[l->from].last_link = link;
    if (may_write(world, l) && l->waiting.first == NULL) {
        task->subject = l->stream;
        world_stream_send(world, task);
        return;
    }
    world_link_wait(world, link, task);
    if (l->stream >= 0) {
        return;
    }
    l->stream = carrier_for(world, l);
    if (l->stream < 0) {
        begin_own(world, link);
        return;
    }
    l->pair = PAIR_WAITS;
    if (world->streams[l->stream].in_open) {
        ask(world, link);
    }
}

/* The link that the peer used last, while it has a stream, else one from its own domain to the first server. */
static int link_anyway(struct world *world, int place) {
    const struct world_server *peer = &world->servers[place];
    if (peer->last_link >= 0 && world->links[peer->last_link].stream >= 0) {
        return peer->last_link;
    }
    for (size_t i = 0; i < world->server_count; i++) {
        if (world_is_server(world, (int)i)) {
            return world_link_find(world, place, peer->hosts[0], world->servers[i].hosts[0]);
        }
    }
    return -1;
}

static int link_of(struct world *world, int place, const struct stanza *st) {
    const struct world_server *peer = &world->servers[place];
    int from = st->has_from ? world_domain_read(world, st->from) : -1;
    int to = st->has_to ? world_domain_read(world, st->to) : -1;
    for (size_t i = 0; i < peer->host_count && from >= 0 && to >= 0; i++) {
        if (peer->hosts[i] == from && world_is_server(world, world->domains[to].place)) {
            return world_link_find(world, place, from, to);
        }
    }
    return link_anyway(world, place);
}

static void send_piece(struct world *world, const struct world_task *whole, int link, struct slice bytes, bool raw) {
    struct world_origin origin = {.number = 0, .cause = whole->cause};
    struct world_task *task = world_task(world, TASK_CROSS, 0, origin, bytes, true);
    if (task == NULL) {
        return;
    }
    task->raw = raw;
    if (link >= 0) {
        send_on(world, link, task);
        return;
    }
    (void)world_log_lost(world, task, "no server", -1);
    world_task_free(world, task);
}

/* Each stanza goes out by itself, with whatever stands behind it. */
static void send_whole(struct world *world, int place, const struct world_task *task) {
    struct stanza_reader *reader = world_reader(world, place, STANZA_SERVER);
    if (reader == NULL || stanza_reader_feed(reader, (struct slice){task->bytes, task->size}) != ROUTER_OK) {
        world->failed = true;
        return;
    }
    struct stanza st;
    enum stanza_read read;
    size_t begun = 0;
    int link = -1;
    bool some = false;
    while ((read = stanza_reader_next(reader, &st)) == STANZA_READY) {
        size_t at = (size_t)(st.start.data - task->bytes);
        if (some) {
            send_piece(world, task, link, (struct slice){task->bytes + begun, at - begun}, false);
            begun = at;
        }
        link = link_of(world, place, &st);
        some = true;
    }
    link = some ? link : link_anyway(world, place);
    send_piece(world, task, link, (struct slice){task->bytes + begun, task->size - begun}, read == STANZA_FAULT);
    if (read == STANZA_NOMEM || (read == STANZA_FAULT && stanza_reader_reset(reader) != ROUTER_OK)) {
        world->failed = true;
    }
}

void world_peer_task(struct world *world, const struct world_task *task) {
    int place = world->clients[task->subject].server;
    if (task->kind == TASK_RAW) {
        send_piece(world, task, link_anyway(world, place), (struct slice){task->bytes, task->size}, true);
    } else {
        send_whole(world, place, task);
    }
}

/* ---------------------------------------------------------------------------------------------------- leaving ---- */

static void leave_own(struct world *world, int stream, enum router_link_event event, const char *why) {
    struct world_stream *s = &world->streams[stream];
    if (s->step != STEP_DONE) {
        world_stream_drop(world, stream, TRAVEL_BOTH, why);
    }
    if (s->out_open) {
        world_stream_end_out(world, stream, event, why, world_own_origin(world));
    }
}

/* What is under way to the peer, which does not read any more, is lost. */
static void leave_other(struct world *world, int stream, enum router_link_event event, const char *why,
                        const char *lost) {
    struct world_stream *s = &world->streams[stream];
    if (s->step != STEP_DONE ? !s->told : s->in_open) {
        world_stream_drop(world, stream, TRAVEL_BOTH, lost);
        s->held_off = false;
        world_stream_end_in(world, stream, event, why, world_own_origin(world));
    }
}

void world_peer_leave(struct world *world, int client, enum router_link_event event, const char *why) {
    int place = world->clients[client].server;
    bool vanishes = event == ROUTER_LINK_LOST;
    const char *lost = vanishes ? "vanished" : "disconnected";
    for (size_t i = 0; i < world->stream_count; i++) {
        const struct world_stream *s = &world->streams[i];
        if (s->link >= 0 && world->links[s->link].from == place) {
            leave_own(world, (int)i, event, why);
        } else if (s->link >= 0 && s->to == place) {
            leave_other(world, (int)i, event, why, lost);
        }
        world_stream_settle(world, (int)i);
    }
}
