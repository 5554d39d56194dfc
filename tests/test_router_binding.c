/* Binding resources: which resourcepart a client gets, and what becomes of an older one (6120 7). */
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *router_binding_suite(void);

static struct slice jid_of(uint32_t port) {
    return router_port_jid(router, port);
}

static bool same(struct slice a, struct slice b) {
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

START_TEST(a_bare_jid_gets_a_resourcepart_of_the_routers_making) {
    const struct slice a = jid_of(bind_as("romeo@montague.example")), b = jid_of(bind_as("Romeo@Montague.example"));
    ck_assert_uint_gt(a.size, strlen("romeo@montague.example/"));
    ck_assert(!same(a, b));
}
END_TEST

START_TEST(the_same_seed_makes_the_same_resourceparts) {
    static const char *const domains[] = {"montague.example"};
    char first[200], again[200];
    for (uint64_t seed = 1; seed <= 2; seed++) {
        for (int i = 0; i < 2; i++) {
            const struct router_config config = {.domains = domains, .domain_count = 1, .seed = seed};
            struct router *r;
            uint32_t port;
            ck_assert_int_eq(router_new(&config, &r), ROUTER_OK);
            ck_assert_int_eq(router_account(r, s("romeo@montague.example")), ROUTER_OK);
            ck_assert_int_eq(router_bind(r, s("romeo@montague.example"), 0, &port), ROUTER_OK);
            const struct slice jid = router_port_jid(r, port);
            snprintf(i == 0 ? first : again, sizeof first, "%.*s", (int)jid.size, jid.data);
            router_free(r);
        }
        ck_assert_str_eq(first, again);
    }
    const struct slice other = jid_of(bind_as("romeo@montague.example")); /* seed 1 */
    ck_assert(!same(other, s(first)));
}
END_TEST

START_TEST(a_generated_resourcepart_is_not_one_that_is_taken) {
    /* Another router of the same seed tells what this one will make; that is asked for before. */
    static const char *const domains[] = {"montague.example"};
    const struct router_config config = {.domains = domains, .domain_count = 1, .seed = 1};
    struct router *oracle;
    uint32_t port;
    char next[200];
    ck_assert_int_eq(router_new(&config, &oracle), ROUTER_OK);
    ck_assert_int_eq(router_account(oracle, s("romeo@montague.example")), ROUTER_OK);
    ck_assert_int_eq(router_bind(oracle, s("romeo@montague.example"), 0, &port), ROUTER_OK);
    const struct slice told = router_port_jid(oracle, port);
    snprintf(next, sizeof next, "%.*s", (int)told.size, told.data);
    router_free(oracle);
    const struct slice asked = jid_of(bind_as(next)), made = jid_of(bind_as("romeo@montague.example"));
    ck_assert(same(asked, s(next)));
    ck_assert(!same(made, asked));
}
END_TEST

START_TEST(a_taken_resourcepart_is_replaced_by_a_generated_one) {
    const uint32_t port = bind_as("romeo@montague.example/orchard");
    ck_assert_uint_ne(port, romeo);
    ck_assert_uint_ne(jid_of(port).size, strlen("romeo@montague.example/orchard"));
}
END_TEST

START_TEST(a_resourcepart_that_was_asked_for_can_be_overridden) {
    knob("bind.submitted", "override");
    ck_assert(!same(jid_of(bind_as("romeo@montague.example/garden")), s("romeo@montague.example/garden")));
}
END_TEST

START_TEST(a_resourcepart_that_presence_was_sent_to_is_free) {
    send_as(juliet, "<presence to='romeo@montague.example/garden'/>", FATES);
    ck_assert(same(jid_of(bind_as("romeo@montague.example/garden")), s("romeo@montague.example/garden")));
}
END_TEST

START_TEST(a_taken_resourcepart_can_be_refused) {
    uint32_t port;
    knob("bind.conflict", "refuse");
    ck_assert_int_eq(router_bind(router, s("romeo@montague.example/orchard"), 0, &port), ROUTER_E_CONFLICT);
}
END_TEST

START_TEST(a_taken_resourcepart_can_end_the_older_stream) {
    knob("bind.conflict", "kick-old");
    bind_as("romeo@montague.example/orchard");
    ck_assert_str_eq(effects(FATES), "close conflict to romeo@montague.example/orchard by in.bind.conflict\n");
    ck_assert_int_eq(router_link(router, romeo, ROUTER_LINK_CLOSED, 0), ROUTER_E_UNKNOWN);
    ck_assert_str_eq(send_as(juliet, "<message to='romeo@montague.example/orchard'/>", FATES),
                     "deliver to romeo@montague.example/orchard by msg.full.normal.match\n");
}
END_TEST

START_TEST(a_replaced_resource_is_reported_unavailable_before_the_new_one_acts) {
    /* 6120 7.7.2.2, 6121 4.5.2: to contacts, to the user's other resources, and to whom it sent presence directly */
    const uint32_t garden = bind_as("romeo@montague.example/garden");
    contact("romeo@montague.example", "juliet@capulet.example", ROUTER_SUB_FROM);
    knob("bind.conflict", "kick-old");
    send_as(juliet, "<presence/>", FATES);
    send_as(garden, "<presence/>", FATES);
    send_as(romeo, "<presence/>", FATES);
    send_as(romeo, "<presence to='a@verona.example'/>", FATES);
    bind_as("romeo@montague.example/orchard");
    ck_assert_str_eq(effects(BYTES),
                     "close conflict to romeo@montague.example/orchard by in.bind.conflict\n"
                     "deliver to juliet@capulet.example/balcony by pres.bare.unavail: <presence "
                     "from='romeo@montague.example/orchard' to='juliet@capulet.example' type='unavailable'/>\n"
                     "deliver to romeo@montague.example/garden by pres.end.conflict: <presence "
                     "from='romeo@montague.example/orchard' to='romeo@montague.example' type='unavailable'/>\n"
                     "route to a@verona.example by s2s.route\n");
    ck_assert_str_eq(facts("romeo@montague.example") + strlen("romeo@montague.example: "),
                     "garden priority 0 available, orchard connected, no presence sent; roster: "
                     "juliet@capulet.example from");
}
END_TEST

START_TEST(an_account_has_a_limit_of_resources) {
    uint32_t port;
    knob("bind.max", "2");
    bind_as("romeo@montague.example/2");
    ck_assert_int_eq(router_bind(router, s("romeo@montague.example/3"), 0, &port), ROUTER_E_LIMIT);
    ck_assert_str_eq(effects(MARKS), "mark by in.bind.limit\n");
}
END_TEST

START_TEST(a_resource_that_replaces_another_does_not_count_twice) {
    uint32_t port;
    knob("bind.max", "1");
    knob("bind.conflict", "kick-old");
    bind_as("romeo@montague.example/orchard");
    ck_assert_int_eq(router_bind(router, s("romeo@montague.example/garden"), 0, &port), ROUTER_E_LIMIT);
    ck_assert_int_eq(router_bind(router, s("romeo@montague.example"), 0, &port), ROUTER_E_LIMIT);
}
END_TEST

START_TEST(a_resource_that_ends_makes_room_for_another) {
    /* The first, the last and one in the middle leave; who stays is found in the order of binding. */
    const uint32_t b = bind_as("romeo@montague.example/b"), c = bind_as("romeo@montague.example/c");
    bind_as("romeo@montague.example/d");
    ck_assert_int_eq(router_link(router, b, ROUTER_LINK_CLOSED, 0), ROUTER_OK);
    ck_assert_int_eq(router_link(router, romeo, ROUTER_LINK_LOST, 0), ROUTER_OK);
    bind_as("romeo@montague.example/e");
    ck_assert_int_eq(router_link(router, c, ROUTER_LINK_CLOSED, 0), ROUTER_OK);
    ck_assert_str_eq(facts("romeo@montague.example"), "romeo@montague.example: d connected, no presence sent, "
                                                      "e connected, no presence sent");
}
END_TEST

START_TEST(only_accounts_can_bind) {
    uint32_t port;
    ck_assert_int_eq(router_bind(router, s("tybalt@capulet.example"), 0, &port), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(router_bind(router, s("romeo@verona.example"), 0, &port), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(router_bind(router, s("capulet.example/x"), 0, &port), ROUTER_E_JID);
    ck_assert_int_eq(router_bind(router, s("@"), 0, &port), ROUTER_E_JID);
}
END_TEST

Suite *router_binding_suite(void) {
    Suite *suite = suite_create("router_binding");
    TCase *tc = tcase_create("binding");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    tcase_add_test(tc, a_bare_jid_gets_a_resourcepart_of_the_routers_making);
    tcase_add_test(tc, the_same_seed_makes_the_same_resourceparts);
    tcase_add_test(tc, a_generated_resourcepart_is_not_one_that_is_taken);
    tcase_add_test(tc, a_taken_resourcepart_is_replaced_by_a_generated_one);
    tcase_add_test(tc, a_resourcepart_that_was_asked_for_can_be_overridden);
    tcase_add_test(tc, a_resourcepart_that_presence_was_sent_to_is_free);
    tcase_add_test(tc, a_taken_resourcepart_can_be_refused);
    tcase_add_test(tc, a_taken_resourcepart_can_end_the_older_stream);
    tcase_add_test(tc, a_replaced_resource_is_reported_unavailable_before_the_new_one_acts);
    tcase_add_test(tc, an_account_has_a_limit_of_resources);
    tcase_add_test(tc, a_resource_that_replaces_another_does_not_count_twice);
    tcase_add_test(tc, a_resource_that_ends_makes_room_for_another);
    tcase_add_test(tc, only_accounts_can_bind);
    suite_add_tcase(suite, tc);
    return suite;
}
