/* Memory that runs out while streams to other servers open, fail, wait and end: stories that are played again and
 * again, each time with another allocation failing. */
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *router_s2s_memory_suite(void);

/* A router of one server, and what was asked of it last. */
struct stage {
    struct router *router;
    uint32_t romeo, opening;
    uint64_t now_us;
    int result; /* of the first call that failed; else ROUTER_OK */
};

static bool take(struct stage *stage, int result) {
    for (struct router_effect e; router_next(stage->router, &e);)
        if (e.kind == ROUTER_OPEN)
            stage->opening = e.port;
    if (stage->result == ROUTER_OK)
        stage->result = result;
    return stage->result == ROUTER_OK;
}

static bool says(struct stage *stage, uint32_t port, const char *xml) {
    struct stanza_reader *reader = stanza_reader_new(NULL, router_port_namespace(stage->router, port), 10000);
    struct stanza st;
    ck_assert_ptr_nonnull(reader);
    ck_assert_int_eq(stanza_reader_feed(reader, s(xml)), ROUTER_OK);
    ck_assert_int_eq(stanza_reader_next(reader, &st), STANZA_READY);
    const int result = router_input(stage->router, port, &st, stage->now_us);
    stanza_reader_free(reader);
    return take(stage, result);
}

static bool happens(struct stage *stage, enum router_link_event event) {
    return take(stage, router_link(stage->router, stage->opening, event, stage->now_us));
}

static bool passes(struct stage *stage) {
    stage->now_us = router_wake_us(stage->router);
    ck_assert_uint_ne(stage->now_us, UINT64_MAX);
    return take(stage, router_tick(stage->router, stage->now_us));
}

static bool begins(struct stage *stage, const struct router_alloc *alloc) {
    static const char *const domains[] = {"montague.example"};
    const struct router_config config = {.alloc = alloc, .policy = policy, .domains = domains, .domain_count = 1};
    *stage = (struct stage){.router = NULL};
    stage->result = router_new(&config, &stage->router);
    return stage->result == ROUTER_OK && take(stage, router_account(stage->router, s("romeo@montague.example"))) &&
           take(stage, router_bind(stage->router, s("romeo@montague.example/orchard"), 0, &stage->romeo));
}

static bool ends(struct stage *stage) {
    ck_assert(stage->result == ROUTER_OK || stage->result == ROUTER_E_NOMEM);
    router_free(stage->router);
    return stage->result == ROUTER_OK;
}

#define MESSAGE "<message to='a@verona.example'><body>x</body></message>"
#define REQUEST "<presence to='a@verona.example' type='subscribe'/>"

/* ---- the stories ---- */

static bool opens_step_by_step(const struct router_alloc *alloc) {
    struct stage stage;
    (void)(begins(&stage, alloc) && says(&stage, stage.romeo, MESSAGE) && says(&stage, stage.romeo, REQUEST) &&
           happens(&stage, ROUTER_LINK_RESOLVED) && happens(&stage, ROUTER_LINK_CONNECTED) &&
           happens(&stage, ROUTER_LINK_STARTED) && happens(&stage, ROUTER_LINK_READY) &&
           says(&stage, stage.romeo, MESSAGE) && passes(&stage) && says(&stage, stage.romeo, MESSAGE));
    return ends(&stage);
}

static bool is_given_up(const struct router_alloc *alloc) {
    struct stage stage;
    bool going = begins(&stage, alloc);
    for (int i = 0; i < 6 && going; i++)
        going = says(&stage, stage.romeo, MESSAGE) && says(&stage, stage.romeo, REQUEST);
    going = going && passes(&stage);
    /* It waits for the end of the back-off, is opened, and given up again. */
    for (int i = 0; i < 6 && going; i++)
        going = says(&stage, stage.romeo, MESSAGE);
    (void)(going && passes(&stage) && passes(&stage));
    return ends(&stage);
}

static bool cannot_wait(const struct router_alloc *alloc) {
    struct stage stage;
    bool going = begins(&stage, alloc);
    for (int i = 0; i < 12 && going; i++) {
        stage.now_us += 3600 * SECONDS;
        going = says(&stage, stage.romeo, MESSAGE) && happens(&stage, ROUTER_LINK_UNTRUSTED) &&
                says(&stage, stage.romeo, MESSAGE) && happens(&stage, ROUTER_LINK_REFUSED);
    }
    for (int i = 0; i < 8 && going; i++)
        going = says(&stage, stage.romeo, MESSAGE) && says(&stage, stage.romeo, REQUEST);
    return ends(&stage);
}

static bool breaks(const struct router_alloc *alloc) {
    struct stage stage;
    (void)(begins(&stage, alloc) && says(&stage, stage.romeo, MESSAGE) && happens(&stage, ROUTER_LINK_READY) &&
           happens(&stage, ROUTER_LINK_LOST) && says(&stage, stage.romeo, MESSAGE) && passes(&stage) &&
           happens(&stage, ROUTER_LINK_DIALBACK_INVALID) && says(&stage, stage.romeo, MESSAGE));
    return ends(&stage);
}

static bool many_open(const struct router_alloc *alloc) {
    struct stage stage;
    bool going = begins(&stage, alloc);
    for (int i = 0; i < 70 && going; i++) {
        char xml[80];
        snprintf(xml, sizeof xml, "<message to='a@d%d.example'/>", i);
        going = says(&stage, stage.romeo, xml) && (i % 2 == 0 || happens(&stage, ROUTER_LINK_REFUSED));
    }
    (void)(going && passes(&stage));
    return ends(&stage);
}

static bool peers_open(const struct router_alloc *alloc) {
    struct stage stage;
    uint32_t port = 0;
    const struct slice local = s("montague.example"), remotes[] = {s("verona.example"), s("Mantua.example")};
    bool going = begins(&stage, alloc);
    for (int i = 0; i < 20 && going; i++)
        going = take(&stage, router_peer(stage.router, local, remotes[i % 2], &port));
    for (int i = 0; i < 20 && going; i++) {
        char domain[40];
        snprintf(domain, sizeof domain, "d%d.example", i);
        going = take(&stage, router_peer_pair(stage.router, port, local, s(domain)));
    }
    (void)(going && says(&stage, port, "<message from='a@d7.example' to='romeo@montague.example/orchard'/>") &&
           says(&stage, port, "<iq from='a@d8.example' to='montague.example' type='get' id='1'><x xmlns='urn:x'/>"
                              "</iq>") &&
           says(&stage, port, "<message from='a@d7.example' to='romeo@d8.example'/>"));
    return ends(&stage);
}

static bool crashes(const struct router_alloc *alloc) {
    struct stage stage;
    uint32_t port = 0;
    bool going = begins(&stage, alloc);
    for (int i = 0; i < 3 && going; i++) {
        going = says(&stage, stage.romeo, "<presence/>") &&
                says(&stage, stage.romeo, "<presence to='a@padua.example/x'/>") &&
                says(&stage, stage.romeo, MESSAGE) && happens(&stage, ROUTER_LINK_REFUSED) &&
                says(&stage, stage.romeo, MESSAGE) &&
                take(&stage, router_peer(stage.router, s("montague.example"), s("verona.example"), &port));
        router_crash(stage.router);
        going = going && take(&stage, router_bind(stage.router, s("romeo@montague.example/orchard"), stage.now_us,
                                                  &stage.romeo));
    }
    return ends(&stage);
}

static bool (*const stories[])(const struct router_alloc *alloc) = {
    opens_step_by_step, is_given_up, cannot_wait, breaks, many_open, peers_open, crashes,
};

START_TEST(memory_may_run_out_over_streams_between_servers) {
    knob("s2s.idle-after", "60");
    exhaust(stories[_i]);
}
END_TEST

START_TEST(memory_may_run_out_where_a_roster_changes_back) {
    knob("s2s.idle-after", "60");
    knob("sub.fail-rollback", "rollback");
    knob("s2s.queue-max", "2");
    exhaust(stories[_i]);
}
END_TEST

Suite *router_s2s_memory_suite(void) {
    const int count = (int)(sizeof stories / sizeof *stories);
    Suite *suite = suite_create("router_s2s_memory");
    TCase *tc = tcase_create("memory");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    tcase_add_loop_test(tc, memory_may_run_out_over_streams_between_servers, 0, count);
    tcase_add_loop_test(tc, memory_may_run_out_where_a_roster_changes_back, 0, count);
    suite_add_tcase(suite, tc);
    return suite;
}
