/* world_harness.c - what the tests of the simulated network share. */
#include "world_harness.h"

#include <check.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world *world;
struct policy *north_policy, *south_policy;

static size_t seen; /* events that were shown, or passed over */
static const char *names[64];
static char shown[1 << 16];

/* ------------------------------------------------------------------------------------------------------- cast ---- */

int add_server(const char *name, const char *domain) {
    struct router_error error = {0};
    int server = world_server(world, name, &domain, 1, NULL, &error);
    ck_assert_msg(server >= 0, "%s", error.text);
    return server;
}

void add_account(const char *bare) {
    int server = world_host(world, strchr(bare, '@') + 1);
    ck_assert_int_ge(server, 0);
    ck_assert_int_eq(router_account(world_router(world, server), (struct slice){.data = bare, .size = strlen(bare)}),
                     ROUTER_OK);
}

static int user(const char *name, const char *jid) {
    char bare[200];
    (void)snprintf(bare, sizeof bare, "%.*s", (int)strcspn(jid, "/"), jid);
    int server = world_host(world, bare);
    ck_assert_int_ge(server, 0);
    int made = router_account(world_router(world, server), (struct slice){.data = bare, .size = strlen(bare)});
    ck_assert(made == ROUTER_OK || made == ROUTER_E_CONFLICT);
    int client = world_client(world, name, jid);
    ck_assert_int_ge(client, 0);
    names[client] = name;
    return client;
}

int add_client(const char *name, const char *jid) {
    int client = user(name, jid);
    ck_assert_int_eq(world_connect(world, client), ROUTER_OK);
    return client;
}

int add_peer(const char *name, struct world_peer config) {
    struct router_error error = {0};
    config.domain = config.domain == NULL ? "verona.example" : config.domain;
    config.latency_us = config.latency_us == 0 ? WORLD_SERVER_LATENCY_US : config.latency_us;
    int peer = world_peer(world, name, &config, &error);
    ck_assert_msg(peer >= 0, "%s", error.text);
    names[peer] = name;
    return peer;
}

int add_component(const char *name, const char *domain, int server) {
    struct router_error error = {0};
    int component = world_component(world, name, domain, server, &error);
    ck_assert_msg(component >= 0, "%s", error.text);
    names[component] = name;
    return component;
}

static int policed_server(const char *name, const char *domain, struct policy **policy) {
    struct router_error error = {0};
    *policy = policy_new(NULL);
    int server = world_server(world, name, &domain, 1, *policy, &error);
    ck_assert_msg(server >= 0, "%s", error.text);
    return server;
}

void world_setup_with(const struct world_config *config) {
    world = world_new(config);
    ck_assert_ptr_nonnull(world);
    seen = 0;
    ck_assert_int_eq(policed_server("north", "montague.example", &north_policy), NORTH);
    ck_assert_int_eq(policed_server("south", "capulet.example", &south_policy), SOUTH);
    ck_assert_int_eq(user("Romeo", "romeo@montague.example/orchard"), ROMEO);
    ck_assert_int_eq(user("Juliet", "juliet@capulet.example/balcony"), JULIET);
    ck_assert_int_eq(user("Nurse", "nurse@capulet.example/kitchen"), NURSE);
}

void world_setup(void) {
    struct world_config config = {.seed = 1};
    world_setup_with(&config);
}

void connect_all(void) {
    ck_assert_int_eq(world_connect(world, ROMEO), ROUTER_OK);
    ck_assert_int_eq(world_connect(world, JULIET), ROUTER_OK);
    ck_assert_int_eq(world_connect(world, NURSE), ROUTER_OK);
}

void world_setup_connected(void) {
    world_setup();
    connect_all();
}

void world_teardown(void) {
    world_free(world);
    policy_free(north_policy);
    policy_free(south_policy);
    world = NULL;
    north_policy = south_policy = NULL;
}

void turn(struct policy *policy, const char *knob, const char *value) {
    struct router_error error = {0};
    int result = policy_set(policy, (struct slice){.data = knob, .size = strlen(knob)},
                            (struct slice){.data = value, .size = strlen(value)}, &error);
    ck_assert_msg(result == ROUTER_OK, "%s", error.text);
}

/* ----------------------------------------------------------------------------------------------- what they do ---- */

void sends(int client, const char *format, ...) {
    char text[2000];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ck_assert_int_gt(size, 0);
    ck_assert_int_lt(size, (int)sizeof text);
    ck_assert_int_eq(world_send(world, client, text, (size_t)size), ROUTER_OK);
}

void sends_raw(int client, const char *octets) {
    ck_assert_int_eq(world_send_raw(world, client, octets, strlen(octets)), ROUTER_OK);
}

void settle(void) {
    while (world_busy(world) && world_step(world)) {
    }
    ck_assert(!world_failed(world));
}

void run_out(void) {
    while (world_step(world)) {
    }
    ck_assert(!world_failed(world));
}

void until_ms(unsigned ms) {
    ck_assert_uint_ge((uint64_t)ms * 1000, world_now_us(world));
    world_pass(world, (uint64_t)ms * 1000 - world_now_us(world));
    ck_assert(!world_failed(world));
}

/* ---------------------------------------------------------------------------------------------- what happened ---- */

const struct world_event *find(enum world_event_kind kind, int client, size_t n) {
    for (size_t i = 0; i < world_event_count(world); i++) {
        const struct world_event *event = world_event(world, i);
        if (event->kind == kind && (client < 0 || event->client == client) && n-- == 0) {
            return event;
        }
    }
    return NULL;
}

size_t count(enum world_event_kind kind, int client) {
    size_t n = 0;
    while (find(kind, client, n) != NULL) {
        n++;
    }
    return n;
}

/* The value of attribute id, or "-". */
static const char *id_of(const char *stanza, char id[40]) {
    const char *at = stanza == NULL ? NULL : strstr(stanza, " id=");
    size_t size = at == NULL ? 0 : strcspn(at + 5, "'\"");
    (void)snprintf(id, 40, "%.*s", at == NULL ? 1 : (int)size, at == NULL ? "-" : at + 5);
    return id;
}

static const char *condition_of(const char *stanza) {
    static const char *const conditions[] = {"remote-server-not-found", "remote-server-timeout", "service-unavailable",
                                             "resource-constraint", "item-not-found"};
    for (size_t i = 0; stanza != NULL && i < sizeof conditions / sizeof *conditions; i++) {
        if (strstr(stanza, conditions[i]) != NULL) {
            return conditions[i];
        }
    }
    return NULL;
}

static void show(FILE *out, const struct world_event *e) {
    static const char *const words[] = {
        [WORLD_OPEN] = "open", [WORLD_READY] = "ready", [WORLD_FAILED] = "failed", [WORLD_CLOSED] = "closed"};
    char id[40];
    const char *condition = condition_of(e->stanza);
    switch (e->kind) {
    case WORLD_ENTER:
        (void)fprintf(out, "%s > %s", e->host, id_of(e->stanza, id));
        break;
    case WORLD_ARRIVE:
        (void)fprintf(out, "%s < %s%s%s", names[e->client], id_of(e->stanza, id), condition == NULL ? "" : " ",
                      condition == NULL ? "" : condition);
        break;
    case WORLD_ENDED:
        (void)fprintf(out, "%s ended: %s", names[e->client], e->text);
        break;
    case WORLD_LOST:
        (void)fprintf(out, "lost %s%s%s: %s", id_of(e->stanza, id), e->client < 0 ? "" : " for ",
                      e->client < 0 ? "" : names[e->client], e->text);
        break;
    case WORLD_FAULT:
        (void)fputs(e->text, out);
        break;
    case WORLD_STEP:
        (void)fprintf(out, "%s %s %s", e->text, e->host, e->target);
        break;
    case WORLD_FAILED:
    case WORLD_CLOSED:
        (void)fprintf(out, "%s %s %s: %s", words[e->kind], e->host, e->target, e->text);
        break;
    default:
        (void)fprintf(out, "%s %s %s", words[e->kind], e->host, e->target);
        break;
    }
}

const char *happened(unsigned kinds) {
    FILE *out = fmemopen(shown, sizeof shown, "w");
    shown[0] = '\0';
    for (; seen < world_event_count(world); seen++) {
        const struct world_event *event = world_event(world, seen);
        if ((kinds & KIND(event->kind)) == 0) {
            continue;
        }
        (void)fprintf(out, "%" PRIu64, event->time_us / 1000);
        if (event->time_us % 1000 != 0) {
            (void)fprintf(out, ".%03" PRIu64, event->time_us % 1000);
        }
        (void)fputc(' ', out);
        show(out, event);
        (void)fputc('\n', out);
    }
    (void)fclose(out);
    return shown;
}
