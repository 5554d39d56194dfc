/* venue.c - the simulated network as a venue. */
#include "parts.h"
#include "venue.h"

#include <stdlib.h>
#include <string.h>

static int failure(const struct world *world, int otherwise) {
    return world->failed ? ROUTER_E_NOMEM : otherwise;
}

/* -------------------------------------------------------------------------------------------------------- cast ---- */

static int add_server(struct venue *venue, const char *name, const char *const *domains, size_t domain_count,
                      const struct policy *policy, struct router_error *error) {
    int server = world_server(venue->world, name, domains, domain_count, policy, error);
    return server >= 0 ? ROUTER_OK : failure(venue->world, ROUTER_E_VALUE);
}

static struct router *home_of(const struct venue *venue, const char *bare, struct router_error *error) {
    const char *at = strchr(bare, '@');
    int server = at == NULL ? -1 : world_host(venue->world, at + 1);
    if (server < 0) {
        (void)world_refuse(error, "no server serves '%.200s'", at == NULL ? bare : at + 1);
        return NULL;
    }
    return world_router(venue->world, server);
}

static int add_account(struct venue *venue, const char *bare, bool exists, struct router_error *error) {
    struct router *home = home_of(venue, bare, error);
    if (home == NULL) {
        return ROUTER_E_UNKNOWN;
    }
    return exists ? router_account(home, world_slice(bare)) : ROUTER_OK;
}

/* Whoever connects to a simulated server is who it says. */
static int add_client(struct venue *venue, const char *name, const char *jid, const char *password,
                      uint64_t latency_us, struct router_error *error) {
    (void)password;
    (void)error;
    int client = world_client(venue->world, name, jid);
    if (client < 0) {
        return ROUTER_E_NOMEM;
    }
    world_client_latency(venue->world, client, latency_us);
    return ROUTER_OK;
}

static int add_peer(struct venue *venue, const char *name, const struct world_peer *config,
                    struct router_error *error) {
    return world_peer(venue->world, name, config, error) >= 0 ? ROUTER_OK
                                                                 : failure(venue->world, ROUTER_E_VALUE);
}

/* A name goes before a domain: another server may serve a domain that is this one's name. */
static int server_named(const struct world *world, const char *name) {
    for (size_t i = 0; i < world->server_count; i++) {
        if (world_is_server(world, (int)i) && strcmp(world->servers[i].name, name) == 0) {
            return (int)i;
        }
    }
    return world_host(world, name);
}

static int add_component(struct venue *venue, const char *name, const char *domain, const char *server,
                         struct router_error *error) {
    int home = server_named(venue->world, server);
    return world_component(venue->world, name, domain, home, error) >= 0
               ? ROUTER_OK
               : failure(venue->world, ROUTER_E_VALUE);
}

static int add_link(struct venue *venue, const char *a, const char *b, uint64_t latency_us, uint64_t jitter_us,
                    struct router_error *error) {
    const int places[] = {world_place(venue->world, a), world_place(venue->world, b)};
    if (places[0] < 0 || places[1] < 0) {
        (void)world_refuse(error, "'%.100s' is no server, no domain that is served and no peer",
                           places[0] < 0 ? a : b);
        return ROUTER_E_UNKNOWN;
    }
    int result = world_link(venue->world, places[0], places[1], latency_us, jitter_us);
    if (result == ROUTER_E_UNKNOWN) {
        (void)world_refuse(error, "'%.100s' is both ends; expected two places", a);
    }
    return result;
}

static int add_contact(struct venue *venue, const char *bare, struct slice contact, struct router_contact state,
                       struct router_error *error) {
    struct router *home = home_of(venue, bare, error);
    return home == NULL ? ROUTER_E_UNKNOWN : router_contact_set(home, world_slice(bare), contact, state);
}

static int add_offline(struct venue *venue, const char *bare, struct slice stanza, struct router_error *error) {
    struct router *home = home_of(venue, bare, error);
    return home == NULL ? ROUTER_E_UNKNOWN : router_offline_add(home, world_slice(bare), stanza, 0);
}

static int ready(struct venue *venue, struct router_error *error) {
    (void)error;
    return failure(venue->world, ROUTER_OK);
}

/* ----------------------------------------------------------------------------------------------------- actions ---- */

static int connect_client(struct venue *venue, int client, struct router_error *error) {
    (void)error;
    return world_connect(venue->world, client);
}

static int leave(struct venue *venue, int client, bool vanishes, struct router_error *error) {
    (void)error;
    return vanishes ? world_vanish(venue->world, client) : world_disconnect(venue->world, client);
}

static int close_client(struct venue *venue, int client, const char *condition, struct router_error *error) {
    (void)error;
    return world_close(venue->world, client, condition);
}

static int send_octets(struct venue *venue, int client, bool raw, const char *bytes, size_t size,
                       struct router_error *error) {
    (void)error;
    return raw ? world_send_raw(venue->world, client, bytes, size)
               : world_send(venue->world, client, bytes, size);
}

static int fault_between(struct world *world, enum venue_fault fault, const char *a, const char *b) {
    int from = world_place(world, a), to = world_place(world, b);
    return fault == VENUE_STALL ? world_stall(world, from, to) : world_cut(world, from, to, fault == VENUE_CUT);
}

static int make_fault(struct venue *venue, enum venue_fault fault, const char *a, const char *b,
                      struct router_error *error) {
    struct world *world = venue->world;
    (void)error;
    switch (fault) {
    case VENUE_CUT:
    case VENUE_CUT_ONE_WAY:
    case VENUE_STALL:
        return fault_between(world, fault, a, b);
    case VENUE_HEAL:
        return world_heal(world);
    case VENUE_CRASH:
        return world_crash(world, world_place(world, a));
    case VENUE_START:
        return world_start(world, world_place(world, a));
    case VENUE_DNS_LOSE:
    case VENUE_DNS_FIND:
        return world_dns(world, a, fault == VENUE_DNS_FIND);
    }
    return ROUTER_E_VALUE;
}

/* -------------------------------------------------------------------------------------------------------- time ---- */

static bool step(struct venue *venue) {
    return world_step(venue->world);
}

static void settle(struct venue *venue) {
    while (world_busy(venue->world) && world_step(venue->world)) {
    }
}

static void pass(struct venue *venue, uint64_t duration_us) {
    world_pass(venue->world, duration_us);
}

static uint64_t now_us(const struct venue *venue) {
    return world_now_us(venue->world);
}

/* ----------------------------------------------------------------------------------------------- what there is ---- */

static void set_cause(struct venue *venue, int cause) {
    world_cause(venue->world, cause);
}

static bool is_connected(const struct venue *venue, int client) {
    return world_connected(venue->world, client);
}

static const char *full_jid(const struct venue *venue, int client) {
    return world_full_jid(venue->world, client);
}

static size_t event_count(const struct venue *venue) {
    return world_event_count(venue->world);
}

static const struct world_event *event_at(const struct venue *venue, size_t n) {
    return world_event(venue->world, n);
}

static int failed(const struct venue *venue, struct router_error *error) {
    (void)error;
    return failure(venue->world, ROUTER_OK);
}

static void free_venue(struct venue *venue) {
    world_free(venue->world);
    free(venue);
}

static const struct venue_ops simulated = {
    .server = add_server,
    .account = add_account,
    .client = add_client,
    .peer = add_peer,
    .component = add_component,
    .link = add_link,
    .contact = add_contact,
    .offline = add_offline,
    .ready = ready,
    .connect = connect_client,
    .leave = leave,
    .close = close_client,
    .send = send_octets,
    .fault = make_fault,
    .step = step,
    .settle = settle,
    .pass = pass,
    .now_us = now_us,
    .cause = set_cause,
    .connected = is_connected,
    .full_jid = full_jid,
    .event_count = event_count,
    .event = event_at,
    .failed = failed,
    .free = free_venue,
};

struct venue *venue_simulated(const struct world_config *config) {
    struct venue *venue = malloc(sizeof *venue);
    if (venue == NULL) {
        return NULL;
    }
    *venue = (struct venue){.ops = &simulated, .world = world_new(config)};
    if (venue->world == NULL) {
        free(venue);
        return NULL;
    }
    return venue;
}
