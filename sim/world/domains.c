/* domains.c - servers, and the domains that they and peers have. */
#include "parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int world_refuse(struct router_error *error, const char *format, const char *what) {
    if (error != NULL) {
        *error = (struct router_error){0};
        (void)snprintf(error->text, sizeof error->text, format, what);
    }
    return -1;
}

/* ---------------------------------------------------------------------------------------------------- domains ---- */

int world_domain_find(const struct world *world, struct slice name) {
    return world_names_get(&world->domain_names, name.data, name.size);
}

int world_domain_take(struct world *world, struct slice name) {
    int known = world_domain_find(world, name);
    if (known >= 0) {
        return known;
    }
    if (world->domain_count >= INT32_MAX ||
        !world_grow((void **)&world->domains, &world->domain_capacity, world->domain_count, sizeof *world->domains)) {
        world->failed = true;
        return -1;
    }
    const char *kept = world_keep(world, name.data, name.size);
    int domain = (int)world->domain_count;
    if (kept == NULL || !world_names_put(&world->domain_names, kept, name.size, domain)) {
        world->failed = true;
        return -1;
    }
    world->domains[world->domain_count++] = (struct world_domain){.name = kept, .size = name.size, .place = -1};
    return domain;
}

static struct slice raw_domain(struct slice jid) {
    const char *slash = jid.size == 0 ? NULL : memchr(jid.data, '/', jid.size);
    struct slice domain = {.data = jid.data, .size = slash == NULL ? jid.size : (size_t)(slash - jid.data)};
    const char *at = domain.size == 0 ? NULL : memchr(domain.data, '@', domain.size);
    if (at != NULL) {
        domain.size -= (size_t)(at + 1 - domain.data);
        domain.data = at + 1;
    }
    return domain;
}

/* Most addresses are written as they are compared, so that preparing is for the rest. */
int world_domain_read(const struct world *world, struct slice jid) {
    struct jid_parts parts;
    struct slice raw = raw_domain(jid);
    int known = world_domain_find(world, raw);
    if (known >= 0 || jid_prepare(raw, &parts) != ROUTER_OK) {
        return known;
    }
    return world_domain_find(world, parts.domain);
}

bool world_host_add(struct world *world, int place, struct world_server *server, const char *domain,
                    struct router_error *error) {
    struct jid_parts parts;
    if (jid_prepare(world_slice(domain), &parts) != ROUTER_OK || parts.local.size + parts.resource.size != 0) {
        return world_refuse(error, "'%.200s' is not a domain", domain) == 0;
    }
    int known = world_domain_take(world, parts.domain);
    if (known < 0 ||
        !world_grow((void **)&server->hosts, &server->host_capacity, server->host_count, sizeof *server->hosts)) {
        world->failed = true;
        return world_refuse(error, "%s", "out of memory") == 0;
    }
    int *holder = &world->domains[known].place;
    bool peers = server->router == NULL && server->client >= 0 && *holder >= 0 && !world_is_server(world, *holder);
    if (*holder >= 0 && !peers) {
        return world_refuse(error, "'%.200s' is served twice", domain) == 0;
    }
    *holder = *holder < 0 ? place : *holder;
    server->hosts[server->host_count++] = known;
    return true;
}

int world_host(const struct world *world, const char *domain) {
    struct jid_parts parts;
    if (jid_prepare(world_slice(domain), &parts) != ROUTER_OK) {
        return -1;
    }
    int known = world_domain_find(world, parts.domain);
    return known >= 0 && world_is_server(world, world->domains[known].place) ? world->domains[known].place : -1;
}

const char *world_server_domain(struct world *world, int server, struct slice domain) {
    const struct world_server *s = &world->servers[server];
    for (size_t i = 0; i < s->host_count; i++) {
        const struct world_domain *host = &world->domains[s->hosts[i]];
        if (host->size == domain.size && memcmp(host->name, domain.data, domain.size) == 0) {
            return host->name;
        }
    }
    return world_keep_slice(world, domain);
}

/* ---------------------------------------------------------------------------------------------------- servers ---- */

bool world_is_server(const struct world *world, int place) {
    return place >= 0 && (size_t)place < world->server_count && world->servers[place].router != NULL;
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

/* Routers of one world must not draw the same numbers. */
static uint64_t server_seed(const struct world *world) {
    uint64_t x = world->seed + (uint64_t)(world->server_count + 1) * 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

struct world_server *world_server_room(struct world *world, const char *name, struct router_error *error) {
    if (world->server_count >= WORLD_SERVERS_MAX ||
        !world_grow((void **)&world->servers, &world->server_capacity, world->server_count, sizeof *world->servers)) {
        (void)world_refuse(error, "there is no room for '%.100s'", name);
        return NULL;
    }
    struct world_server *server = &world->servers[world->server_count];
    *server = (struct world_server){.client = -1, .last_link = -1};
    server->name = world_keep(world, name, strlen(name));
    return server;
}

static int router_made(struct world *world, struct world_server *server, const struct policy *policy) {
    const char **names = malloc(server->host_count * sizeof *names);
    if (names == NULL) {
        return ROUTER_E_NOMEM;
    }
    for (size_t i = 0; i < server->host_count; i++) {
        names[i] = world->domains[server->hosts[i]].name;
    }
    struct router_config config = {
        .policy = policy, .domains = names, .domain_count = server->host_count, .seed = server_seed(world)};
    int result = router_new(&config, &server->router);
    free(names);
    return result;
}

int world_server(struct world *world, const char *name, const char *const *domains, size_t domain_count,
                 const struct policy *policy, struct router_error *error) {
    if (domain_count == 0) {
        return world_refuse(error, "server '%.100s' has no domain", name);
    }
    struct world_server *server = world_server_room(world, name, error);
    if (server == NULL || server->name == NULL) {
        return -1;
    }
    server->size_max = stanza_size_max(policy);
    bool fine = true;
    for (size_t i = 0; i < domain_count && fine; i++) {
        fine = world_host_add(world, (int)world->server_count, server, domains[i], error);
    }
    if (fine && router_made(world, server, policy) != ROUTER_OK) {
        (void)world_refuse(error, "server '%.100s' cannot be made", name);
        fine = false;
    }
    for (size_t i = 0; !fine && i < server->host_count; i++) {
        world->domains[server->hosts[i]].place = -1;
    }
    if (!fine) {
        free(server->hosts);
        return -1;
    }
    return (int)world->server_count++;
}

struct router *world_router(struct world *world, int server) {
    return world_is_server(world, server) ? world->servers[server].router : NULL;
}

int world_place(const struct world *world, const char *name) {
    struct jid_parts parts;
    int known = jid_prepare(world_slice(name), &parts) == ROUTER_OK ? world_domain_find(world, parts.domain) : -1;
    if (known >= 0 && parts.local.size + parts.resource.size == 0 && world->domains[known].place >= 0) {
        return world->domains[known].place;
    }
    for (size_t i = 0; i < world->server_count; i++) {
        if (strcmp(world->servers[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* ---------------------------------------------------------------------------------------------------- streams ---- */

int world_end(const struct world *world, int server, uint32_t port) {
    const struct world_server *s = &world->servers[server];
    return port < s->end_count ? s->ends[port] : NOBODY;
}

bool world_end_set(struct world *world, int server, uint32_t port, int end) {
    struct world_server *s = &world->servers[server];
    if (port >= s->end_count) {
        size_t wanted = s->end_count == 0 ? 16 : s->end_count * 2;
        wanted = wanted > port ? wanted : (size_t)port + 1;
        int *bigger = wanted > SIZE_MAX / sizeof *bigger ? NULL : realloc(s->ends, wanted * sizeof *bigger);
        if (bigger == NULL) {
            world->failed = true;
            return false;
        }
        for (size_t i = s->end_count; i < wanted; i++) {
            bigger[i] = NOBODY;
        }
        s->ends = bigger;
        s->end_count = wanted;
    }
    s->ends[port] = end;
    return true;
}

/* Servers that take stanzas of the same size share a reader, as each of them reads only whole stanzas. */
struct stanza_reader *world_reader(struct world *world, int server, enum stanza_namespace ns) {
    struct world_server *s = &world->servers[server];
    for (size_t i = 0; i < world->reader_count && s->readers[ns] == NULL; i++) {
        const struct world_shared_reader *shared = &world->readers[i];
        if (shared->ns == ns && shared->size_max == s->size_max) {
            s->readers[ns] = shared->reader;
        }
    }
    if (s->readers[ns] == NULL &&
        world_grow((void **)&world->readers, &world->reader_capacity, world->reader_count, sizeof *world->readers)) {
        s->readers[ns] = stanza_reader_new(NULL, ns, s->size_max);
        if (s->readers[ns] != NULL) {
            world->readers[world->reader_count++] =
                (struct world_shared_reader){.reader = s->readers[ns], .ns = ns, .size_max = s->size_max};
        }
    }
    return s->readers[ns];
}
