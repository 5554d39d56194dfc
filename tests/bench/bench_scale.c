/* bench_scale.c - how time grows with the size of a roster, of a broadcast and of a store: each is measured at one size
 * and at twice that size, and the line says how many times longer the second took. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "router.h"

enum { CONTACTS = 10000, STORED = 50000 };

struct scale {
    unsigned size;
    int failed;
    struct router *router;
    struct policy *policy;
    uint32_t juliet, romeo;
};

static struct slice text(const char *chars) {
    return (struct slice){chars, strlen(chars)};
}

static size_t drain(struct scale *scale) {
    size_t octets = 0;
    for (struct router_effect e; router_next(scale->router, &e);) {
        octets += e.bytes.size;
        if (e.kind == ROUTER_OPEN) {
            const uint32_t port = e.port;
            if (router_link(scale->router, port, ROUTER_LINK_READY, 0) != ROUTER_OK) scale->failed = 1;
        }
    }
    return octets;
}

static void open_router(struct scale *scale) {
    static const char *const domains[] = {"capulet.example"};
    scale->policy = policy_new(NULL);
    const struct router_config config = {.policy = scale->policy, .domains = domains, .domain_count = 1};
    if (scale->policy == NULL || policy_set(scale->policy, text("off.max"), text("1000000"), NULL) != ROUTER_OK ||
        router_new(&config, &scale->router) != ROUTER_OK ||
        router_account(scale->router, text("juliet@capulet.example")) != ROUTER_OK ||
        router_account(scale->router, text("romeo@capulet.example")) != ROUTER_OK ||
        router_bind(scale->router, text("juliet@capulet.example/balcony"), 0, &scale->juliet) != ROUTER_OK ||
        router_bind(scale->router, text("romeo@capulet.example/orchard"), 0, &scale->romeo) != ROUTER_OK) {
        fputs("bench: the router cannot be set up\n", stderr);
        exit(1);
    }
}

static void close_router(struct scale *scale) {
    router_free(scale->router);
    policy_free(scale->policy);
}

static void set_contacts(struct scale *scale) {
    const struct router_contact both = {.subscription = ROUTER_SUB_BOTH};
    for (unsigned i = 0; i < scale->size; i++) {
        char jid[64];
        snprintf(jid, sizeof jid, "user%u@verona.example", i);
        if (router_contact_set(scale->router, text("juliet@capulet.example"), text(jid), both) != ROUTER_OK)
            scale->failed = 1;
    }
}

static void send_stanza(struct scale *scale, uint32_t port, const struct stanza *st) {
    if (router_input(scale->router, port, st, 0) != ROUTER_OK || drain(scale) == 0) scale->failed = 1;
}

static void run_roster(void *ctx) {
    static const char query[] = "<query xmlns='jabber:iq:roster'/>";
    struct scale *scale = ctx;
    struct stanza get = {.kind = STANZA_GET, .has_id = true, .id = text("r"), .child_count = 1};
    get.start = text("<iq type='get' id='r'>");
    get.body = text(query);
    get.child[0] = (struct stanza_child){text("jabber:iq:roster"), text("query"), text(query)};
    open_router(scale);
    set_contacts(scale);
    send_stanza(scale, scale->juliet, &get);
    close_router(scale);
}

/* Initial presence opens the stream to the contacts' server; the update after it goes to each of them at once. */
static void run_broadcast(void *ctx) {
    struct scale *scale = ctx;
    const struct stanza presence = {.kind = STANZA_AVAILABLE, .start = text("<presence/>")};
    open_router(scale);
    set_contacts(scale);
    for (int i = 0; i < 5; i++) send_stanza(scale, scale->juliet, &presence);
    close_router(scale);
}

static void run_store(void *ctx) {
    struct scale *scale = ctx;
    const struct stanza presence = {.kind = STANZA_AVAILABLE, .start = text("<presence/>")};
    const struct stanza message = {.kind = STANZA_CHAT,
                                   .has_to = true,
                                   .to = text("juliet@capulet.example"),
                                   .type = text("chat"),
                                   .start = text("<message to='juliet@capulet.example' type='chat'>"),
                                   .body = text("<body>Parting is such sweet sorrow</body>")};
    open_router(scale);
    for (unsigned i = 0; i < scale->size; i++) {
        if (router_input(scale->router, scale->romeo, &message, 0) != ROUTER_OK) scale->failed = 1;
        drain(scale);
    }
    send_stanza(scale, scale->juliet, &presence);
    close_router(scale);
}

static int measure(const char *name, void (*body)(void *), unsigned size) {
    struct scale one = {.size = size}, two = {.size = 2 * size};
    char line[64];
    snprintf(line, sizeof line, "scale-%s", name);
    bench_line(line, bench_median_ns(body, &two, 1) / 1e6, "ms");
    snprintf(line, sizeof line, "scale-%s-doubled", name);
    bench_line(line, bench_ratio(body, &two, body, &one, 1), "times");
    return one.failed | two.failed;
}

int bench_scale(void) {
    return measure("roster", run_roster, CONTACTS / 2) | measure("broadcast", run_broadcast, CONTACTS / 2) |
           measure("store", run_store, STORED);
}
