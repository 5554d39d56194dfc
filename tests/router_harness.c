/* router_harness.c - a router with two hosts and two clients, and what comes out of it as text. */
#include "router_harness.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct policy *policy;
struct router *router;
uint32_t romeo, juliet;

static char seen[200000];
static size_t seen_size;

struct slice s(const char *text) {
    return (struct slice){text, strlen(text)};
}

void knob(const char *name, const char *value) {
    struct router_error error;
    ck_assert_msg(policy_set(policy, s(name), s(value), &error) == ROUTER_OK, "%s", error.text);
}

void profile(const char *text) {
    struct router_error error;
    ck_assert_msg(policy_read(policy, s(text), &error) == ROUTER_OK, "%s", error.text);
}

uint32_t bind_as(const char *jid) {
    uint32_t port;
    ck_assert_int_eq(router_bind(router, s(jid), 0, &port), ROUTER_OK);
    return port;
}

void harness_setup(void) {
    static const char *const domains[] = {"montague.example", "capulet.example"};
    policy = policy_new(NULL);
    ck_assert_ptr_nonnull(policy);
    const struct router_config config = {.policy = policy, .domains = domains, .domain_count = 2, .seed = 1};
    ck_assert_int_eq(router_new(&config, &router), ROUTER_OK);
    ck_assert_int_eq(router_account(router, s("romeo@montague.example")), ROUTER_OK);
    ck_assert_int_eq(router_account(router, s("juliet@capulet.example")), ROUTER_OK);
    romeo = bind_as("romeo@montague.example/orchard");
    juliet = bind_as("juliet@capulet.example/balcony");
}

void harness_teardown(void) {
    router_free(router);
    policy_free(policy);
}

uint32_t peer(void) {
    uint32_t port;
    ck_assert_int_eq(router_peer(router, s("capulet.example"), s("verona.example"), &port), ROUTER_OK);
    return port;
}

void contact(const char *account, const char *jid, enum router_subscription subscription) {
    const struct router_contact state = {.subscription = subscription};
    ck_assert_int_eq(router_contact_set(router, s(account), s(jid), state), ROUTER_OK);
}

int input(uint32_t port, const char *xml) {
    return input_at(0, port, xml);
}

int input_at(uint64_t now_us, uint32_t port, const char *xml) {
    struct stanza_reader *reader = stanza_reader_new(NULL, router_port_namespace(router, port), 262144);
    struct stanza st;
    ck_assert_ptr_nonnull(reader);
    ck_assert_int_eq(stanza_reader_feed(reader, s(xml)), ROUTER_OK);
    ck_assert_msg(stanza_reader_next(reader, &st) == STANZA_READY, "not a stanza: %s", xml);
    const int result = router_input(router, port, &st, now_us);
    stanza_reader_free(reader);
    return result;
}

/* ---- what came out ---- */

static void add(const char *text, size_t size) {
    ck_assert_uint_lt(seen_size + size, sizeof seen);
    memcpy(seen + seen_size, text, size);
    seen_size += size;
    seen[seen_size] = '\0';
}

static void add_text(const char *before, const char *text) {
    add(before, strlen(before));
    add(text, strlen(text));
}

static void add_effect(const struct router_effect *e, bool bytes) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    add_text("", router_fate_name(e->kind));
    if (e->condition != NULL)
        add_text(" ", e->condition);
    if (e->to.size > 0) {
        add(" to ", 4);
        add(e->to.data, e->to.size);
    }
    if (e->rule >= 0)
        add_text(" by ", rules[e->rule].id);
    if (e->departure != NULL)
        add_text(" as ", e->departure);
    if (bytes && e->bytes.size > 0) {
        add(": ", 2);
        add(e->bytes.data, e->bytes.size);
    }
    add("\n", 1);
}

const char *effects(enum show show) {
    seen_size = 0;
    seen[0] = '\0';
    for (struct router_effect e; router_next(router, &e);)
        if ((e.kind == ROUTER_MARK) == (show == MARKS))
            add_effect(&e, show == BYTES);
    return seen;
}

const char *send_as(uint32_t port, const char *xml, enum show show) {
    ck_assert_int_eq(input(port, xml), ROUTER_OK);
    return effects(show);
}

const char *tick(uint64_t now_us, enum show show) {
    ck_assert_int_eq(router_tick(router, now_us), ROUTER_OK);
    return effects(show);
}

void link_is(uint64_t now_us, uint32_t port, enum router_link_event event) {
    ck_assert_int_eq(router_link(router, port, event, now_us), ROUTER_OK);
}

uint32_t opened(void) {
    for (struct router_effect e; router_next(router, &e);)
        if (e.kind == ROUTER_OPEN)
            return e.port;
    ck_abort_msg("no stream was asked for");
}

const char *facts(const char *account) {
    static char text[1000];
    router_describe(router, s(account), text, sizeof text);
    return text;
}

bool has_mark(const char *rule) {
    const int wanted = router_rule_find(rule);
    bool found = false;
    ck_assert_int_ge(wanted, 0);
    for (struct router_effect e; router_next(router, &e);)
        found = found || (e.kind == ROUTER_MARK && e.rule == wanted);
    return found;
}

unsigned occurrences(const char *text, const char *wanted) {
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, wanted)) != NULL; at += strlen(wanted))
        count++;
    return count;
}

/* ---- memory that runs out ---- */

static void *failing_resize(void *ctx, void *old, size_t size) {
    struct failing *f = ctx;
    if (size == 0) {
        f->living -= old != NULL;
        free(old);
        return NULL;
    }
    const unsigned long call = f->calls++;
    if (call == f->refused_at || (f->lasting && call > f->refused_at)) {
        f->refused = true;
        return NULL;
    }
    void *memory = realloc(old, size);
    if (memory == NULL)
        ck_abort_msg("the machine has no memory");
    f->living += old == NULL;
    return memory;
}

struct router_alloc failing_alloc(struct failing *f) {
    return (struct router_alloc){failing_resize, f};
}

static void exhaust_from(bool (*story)(const struct router_alloc *alloc), bool lasting) {
    bool refused = true;
    unsigned long n = 0;
    for (; refused; n++) {
        struct failing f = {.refused_at = n, .lasting = lasting};
        const struct router_alloc alloc = failing_alloc(&f);
        const bool whole = story(&alloc);
        refused = f.refused;
        if (f.living != 0)
            ck_abort_msg("%ld pieces leak when allocation %lu fails", f.living, n);
        if (whole == refused)
            ck_abort_msg(
                refused ? "nobody tells that allocation %lu fails" : "without failure after %lu, but not whole", n);
    }
    /* A story that allocates next to nothing would prove next to nothing. */
    ck_assert_uint_gt(n, 5);
}

void exhaust(bool (*story)(const struct router_alloc *alloc)) {
    exhaust_from(story, false);
    exhaust_from(story, true);
}
