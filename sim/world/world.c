/* world.c - a simulated network as a whole: its servers, its clock, its log. */
#include "parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world *world_new(const struct world_config *config) {
    struct world *world = calloc(1, sizeof *world);
    if (world != NULL) {
        world->seed = config->seed;
        world->record_facts = config->record_facts;
        world->cause = -1;
    }
    return world;
}

static void server_free(struct world_server *server) {
    router_free(server->router);
    for (size_t i = 0; i < sizeof server->readers / sizeof *server->readers; i++) {
        stanza_reader_free(server->readers[i]);
    }
    world_ports_free(&server->ports);
}

void world_free(struct world *world) {
    if (world == NULL) {
        return;
    }
    for (size_t i = 0; i < world->server_count; i++) {
        server_free(&world->servers[i]);
    }
    for (size_t i = 0; i < world->client_count; i++) {
        stanza_reader_free(world->clients[i].reader);
    }
    for (size_t i = 0; i < world->link_count; i++) {
        free(world->links[i].waiting);
    }
    for (size_t i = 0; i < LOG_SEGMENTS; i++) {
        free(world->segments[i]);
    }
    free(world->servers);
    free(world->clients);
    free(world->links);
    world_names_free(&world->domains);
    world_names_free(&world->link_names);
    world_queue_free(&world->queue);
    world_store_free(&world->store);
    free(world);
}

bool world_grow(void **items, size_t *capacity, size_t count, size_t item_size) {
    if (count < *capacity) {
        return true;
    }
    size_t wanted = *capacity == 0 ? 8 : *capacity * 2;
    void *bigger = wanted > SIZE_MAX / item_size ? NULL : realloc(*items, wanted * item_size);
    if (bigger == NULL) {
        return false;
    }
    *items = bigger;
    *capacity = wanted;
    return true;
}

struct slice world_slice(const char *text) {
    return (struct slice){.data = text, .size = strlen(text)};
}

const char *world_keep(struct world *world, const char *data, size_t size) {
    const char *text = world_store_text(&world->store, data, size);
    world->failed |= text == NULL;
    return text;
}

const char *world_keep_slice(struct world *world, struct slice text) {
    return text.size == 0 ? NULL : world_keep(world, text.data, text.size);
}

/* ---------------------------------------------------------------------------------------------------- servers ---- */

static int refuse(struct router_error *error, const char *format, const char *what) {
    if (error != NULL) {
        *error = (struct router_error){0};
        (void)snprintf(error->text, sizeof error->text, format, what);
    }
    return -1;
}

/* The reader keeps what the router would take, so that both agree on what is too large. */
static size_t stanza_size_max(const struct policy *policy) {
    for (size_t i = 0; i < router_knob_count(); i++) {
        struct router_knob knob = router_knob(i);
        if (strcmp(knob.name, "size.max") == 0) {
            char buffer[24];
            uintmax_t size = strtoumax(policy == NULL ? knob.initial : policy_get(policy, i, buffer), NULL, 10);
            return size < ROUTER_STANZA_SIZE_MIN || size > SIZE_MAX / 2 ? ROUTER_STANZA_SIZE_MIN : (size_t)size;
        }
    }
    return ROUTER_STANZA_SIZE_MIN;
}

static bool server_domains(struct world *world, struct world_server *server, const char *const *domains,
                           size_t domain_count, struct router_error *error) {
    server->domains = world_store_take(&world->store, domain_count * sizeof *server->domains);
    if (server->domains == NULL) {
        refuse(error, "%s", "out of memory");
        return false;
    }
    for (size_t i = 0; i < domain_count; i++) {
        struct jid_parts parts;
        if (jid_prepare(world_slice(domains[i]), &parts) != ROUTER_OK || parts.local.size + parts.resource.size != 0) {
            refuse(error, "'%.200s' is not a domain", domains[i]);
            return false;
        }
        if (world_names_get(&world->domains, parts.domain.data, parts.domain.size) >= 0) {
            refuse(error, "'%.200s' is served twice", domains[i]);
            return false;
        }
        const char *kept = world_keep(world, parts.domain.data, parts.domain.size);
        if (kept == NULL || !world_names_put(&world->domains, kept, parts.domain.size, (int)world->server_count)) {
            refuse(error, "%s", "out of memory");
            return false;
        }
        server->domains[server->domain_count++] = kept;
    }
    return true;
}

/* Routers of one world must not draw the same numbers. */
static uint64_t server_seed(const struct world *world) {
    uint64_t x = world->seed + (uint64_t)(world->server_count + 1) * 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

int world_server(struct world *world, const char *name, const char *const *domains, size_t domain_count,
                 const struct policy *policy, struct router_error *error) {
    if (domain_count == 0) {
        return refuse(error, "server '%.100s' has no domain", name);
    }
    if (world->server_count >= WORLD_SERVERS_MAX ||
        !world_grow((void **)&world->servers, &world->server_capacity, world->server_count, sizeof *world->servers)) {
        return refuse(error, "there is no room for server '%.100s'", name);
    }
    struct world_server *server = &world->servers[world->server_count];
    *server = (struct world_server){.size_max = stanza_size_max(policy)};
    server->name = world_keep(world, name, strlen(name));
    if (server->name == NULL || !server_domains(world, server, domains, domain_count, error)) {
        return -1;
    }
    struct router_config config = {
        .policy = policy, .domains = server->domains, .domain_count = domain_count, .seed = server_seed(world)};
    if (router_new(&config, &server->router) != ROUTER_OK) {
        return refuse(error, "server '%.100s' cannot be made", name);
    }
    return (int)world->server_count++;
}

struct router *world_router(struct world *world, int server) {
    return server < 0 || (size_t)server >= world->server_count ? NULL : world->servers[server].router;
}

int world_host(const struct world *world, const char *domain) {
    struct jid_parts parts;
    if (jid_prepare(world_slice(domain), &parts) != ROUTER_OK) {
        return -1;
    }
    return world_names_get(&world->domains, parts.domain.data, parts.domain.size);
}

const char *world_server_domain(struct world *world, int server, struct slice domain) {
    const struct world_server *s = &world->servers[server];
    for (size_t i = 0; i < s->domain_count; i++) {
        if (strlen(s->domains[i]) == domain.size && memcmp(s->domains[i], domain.data, domain.size) == 0) {
            return s->domains[i];
        }
    }
    return world_keep_slice(world, domain);
}

/* ------------------------------------------------------------------------------------------------------- time ---- */

static void run_task(struct world *world, const struct world_task *task) {
    switch (task->kind) {
    case TASK_OCTETS:
    case TASK_RAW:
    case TASK_ARRIVE:
    case TASK_END:
        world_client_task(world, task);
        break;
    case TASK_CROSS:
    case TASK_LINK_READY:
    case TASK_LINK_NO_HOST:
    case TASK_LINK_END:
        world_link_task(world, task);
        break;
    }
    free(task->octets);
}

bool world_step(struct world *world) {
    struct world_task task;
    if (world->failed || !world_queue_take(&world->queue, &task)) {
        return false;
    }
    world->now_us = task.time_us;
    run_task(world, &task);
    return true;
}

void world_pass(struct world *world, uint64_t duration_us) {
    uint64_t until = duration_us > UINT64_MAX - world->now_us ? UINT64_MAX : world->now_us + duration_us;
    while (world->queue.count > 0 && world->queue.tasks[0].time_us <= until && world_step(world)) {
    }
    world->now_us = until;
}

uint64_t world_now_us(const struct world *world) {
    return world->now_us;
}

void world_cause(struct world *world, int cause) {
    world->cause = cause;
}

bool world_failed(const struct world *world) {
    return world->failed;
}

/* -------------------------------------------------------------------------------------------------------- log ---- */

static const struct world_event *event_at(const struct world *world, size_t n, size_t *segment, size_t *offset) {
    size_t size = LOG_FIRST;
    *segment = 0;
    while (n >= size) {
        n -= size;
        size *= 2;
        ++*segment;
    }
    *offset = n;
    return world->segments[*segment] == NULL ? NULL : world->segments[*segment] + n;
}

struct world_event *world_log(struct world *world, enum world_event_kind kind, struct world_origin origin) {
    static const struct world_event blank = {.server = -1, .client = -1, .rule = -1, .priority = ROUTER_NOT_AVAILABLE};
    size_t segment;
    size_t offset;
    if (event_at(world, world->event_count, &segment, &offset) == NULL) {
        world->segments[segment] = malloc(((size_t)LOG_FIRST << segment) * sizeof(struct world_event));
        if (world->segments[segment] == NULL) {
            world->failed = true;
            return NULL;
        }
    }
    world->event_count++;
    struct world_event *event = &world->segments[segment][offset];
    *event = blank;
    event->kind = kind;
    event->time_us = world->now_us;
    event->number = origin.number;
    event->cause = origin.cause;
    return event;
}

size_t world_event_count(const struct world *world) {
    return world->event_count;
}

const struct world_event *world_event(const struct world *world, size_t n) {
    size_t segment;
    size_t offset;
    return n >= world->event_count ? NULL : event_at(world, n, &segment, &offset);
}
