/* Output streams that end: idle ones, which their opener closes (6120 4.6.3), and broken ones (6120 3.4). */
#include "router_harness.h"

#include <check.h>
#include <string.h>

Suite *router_s2s_idle_suite(void);

#define MESSAGE "<message to='a@verona.example'/>"
#define ROUTED "route to a@verona.example by s2s.route\n"
#define HOUR (3600 * SECONDS)

static uint32_t opening(uint64_t now_us, uint32_t sender) {
    ck_assert_int_eq(input_at(now_us, sender, MESSAGE), ROUTER_OK);
    return opened();
}

static uint32_t open_stream(uint64_t now_us, uint32_t sender) {
    const uint32_t port = opening(now_us, sender);
    link_is(now_us, port, ROUTER_LINK_READY);
    return port;
}

static void sent(uint64_t now_us, uint32_t sender) {
    ck_assert_int_eq(input_at(now_us, sender, MESSAGE), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), ROUTED);
}

START_TEST(a_stream_stays_open_where_nothing_else_is_said) {
    open_stream(0, romeo);
    ck_assert_uint_eq(router_wake_us(router), UINT64_MAX);
    ck_assert_str_eq(tick(1000 * HOUR, FATES), "");
    sent(1000 * HOUR, romeo);
}
END_TEST

START_TEST(a_stream_on_which_nothing_is_written_is_closed) {
    struct router_effect e;
    knob("s2s.idle-after", "60");
    const uint32_t port = open_stream(SECONDS, romeo);
    ck_assert_uint_eq(router_wake_us(router), 61 * SECONDS);
    ck_assert_str_eq(tick(61 * SECONDS - 1, FATES), "");
    ck_assert_int_eq(router_tick(router, 61 * SECONDS), ROUTER_OK);
    ck_assert(router_next(router, &e));
    ck_assert_int_eq(e.kind, ROUTER_END);
    ck_assert_int_eq(e.rule, router_rule_find("s2s.idle"));
    ck_assert_uint_eq(e.port, port);
    ck_assert_str_eq(effects(MARKS), "mark by s2s.idle\n");
    ck_assert_uint_eq(router_wake_us(router), UINT64_MAX);
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_CLOSED, 61 * SECONDS), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(after_an_idle_stream_a_stanza_opens_a_new_one_at_once) {
    knob("s2s.idle-after", "60");
    const uint32_t port = open_stream(0, romeo);
    ck_assert_str_eq(tick(60 * SECONDS, FATES), "end by s2s.idle\n");
    ck_assert_uint_ne(opening(60 * SECONDS, romeo), port);
}
END_TEST

START_TEST(what_is_written_keeps_a_stream_open) {
    knob("s2s.idle-after", "60");
    open_stream(0, romeo);
    for (uint64_t now_us = 59 * SECONDS; now_us < HOUR; now_us += 59 * SECONDS) {
        sent(now_us, romeo);
        ck_assert_uint_eq(router_wake_us(router), now_us + 60 * SECONDS);
        ck_assert_str_eq(tick(now_us + 1, FATES), "");
    }
}
END_TEST

START_TEST(the_servers_own_answers_keep_a_stream_open) {
    knob("s2s.idle-after", "60");
    open_stream(0, juliet);
    ck_assert_int_eq(input_at(50 * SECONDS, peer(),
                              "<iq from='a@verona.example/x' to='capulet.example' type='get' id='1'>"
                              "<ping xmlns='urn:xmpp:ping'/></iq>"),
                     ROUTER_OK);
    ck_assert_uint_eq(router_wake_us(router), 110 * SECONDS);
}
END_TEST

START_TEST(what_comes_in_does_not_keep_a_stream_open) {
    /* 6120 4.5: the peer's stream is another one. */
    static const char xml[] = "<message from='a@verona.example' to='juliet@capulet.example/balcony'/>";
    knob("s2s.idle-after", "60");
    open_stream(0, juliet);
    const uint32_t port = peer();
    ck_assert_int_eq(input_at(50 * SECONDS, port, xml), ROUTER_OK);
    ck_assert_str_eq(tick(60 * SECONDS, FATES), "end by s2s.idle\n");
    ck_assert_int_eq(input_at(61 * SECONDS, port, xml), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "deliver to juliet@capulet.example/balcony by msg.full.normal.match\n");
}
END_TEST

START_TEST(streams_become_idle_in_the_order_in_which_they_were_last_used) {
    knob("s2s.idle-after", "60");
    open_stream(0, romeo);
    open_stream(1, juliet);
    sent(2, romeo);
    ck_assert_uint_eq(router_wake_us(router), 1 + 60 * SECONDS);
    ck_assert_str_eq(tick(1 + 60 * SECONDS, FATES), "end by s2s.idle\n");
    sent(2 + 59 * SECONDS, romeo);
}
END_TEST

START_TEST(a_stream_that_ends_is_not_idle_any_more) {
    knob("s2s.idle-after", "60");
    link_is(1, open_stream(0, romeo), ROUTER_LINK_CLOSED);
    ck_assert_uint_eq(router_wake_us(router), UINT64_MAX);
    link_is(1, open_stream(0, juliet), ROUTER_LINK_LOST);
    ck_assert_uint_eq(router_wake_us(router), UINT64_MAX);
    ck_assert_str_eq(tick(HOUR, FATES), "");
}
END_TEST

START_TEST(the_knob_counts_from_the_next_stanza) {
    open_stream(0, romeo);
    knob("s2s.idle-after", "60");
    sent(10, romeo);
    ck_assert_uint_eq(router_wake_us(router), 10 + 60 * SECONDS);
    knob("s2s.idle-after", "0");
    sent(20, romeo);
    ck_assert_uint_eq(router_wake_us(router), UINT64_MAX);
}
END_TEST

START_TEST(the_router_wakes_for_whatever_comes_first) {
    /* a step, an idle stream and an attempt, each of another pair */
    static const uint64_t idle_us = 20 * SECONDS, step_us = 30 * SECONDS;
    knob("s2s.idle-after", "20");
    open_stream(0, romeo);
    opening(0, juliet);
    ck_assert_int_eq(input(romeo, "<message to='a@mantua.example'/>"), ROUTER_OK);
    const uint32_t port = opened();
    link_is(0, port, ROUTER_LINK_REFUSED);
    ck_assert_int_eq(input(romeo, "<message to='a@mantua.example'/>"), ROUTER_OK);
    unsigned ends = 0, opens = 0;
    for (uint64_t last_us = 0; ends < 2 || opens < 1;) {
        const uint64_t wake_us = router_wake_us(router);
        ck_assert_uint_le(last_us, wake_us);
        last_us = wake_us;
        ck_assert_int_eq(router_tick(router, wake_us), ROUTER_OK);
        struct router_effect e;
        while (router_next(router, &e)) {
            if (e.kind == ROUTER_END)
                ck_assert_uint_eq(wake_us, e.rule == router_rule_find("s2s.idle") ? idle_us : step_us);
            ends += e.kind == ROUTER_END;
            opens += e.kind == ROUTER_OPEN;
        }
    }
    ck_assert_uint_eq(opens, 1);
}
END_TEST

/* ---- broken ---- */

START_TEST(what_was_written_on_a_stream_that_breaks_counts_as_handed_over) {
    const uint32_t port = open_stream(0, romeo);
    sent(1, romeo);
    link_is(2, port, ROUTER_LINK_LOST);
    ck_assert_str_eq(effects(FATES), "");
    link_is(3, open_stream(3, juliet), ROUTER_LINK_LOST);
    ck_assert_str_eq(effects(MARKS), "mark by s2s.lost\n");
}
END_TEST

START_TEST(a_stream_that_is_closed_in_order_is_not_lost) {
    link_is(1, open_stream(0, romeo), ROUTER_LINK_CLOSED);
    ck_assert_str_eq(effects(MARKS), "");
}
END_TEST

START_TEST(the_loss_of_a_peers_stream_is_the_peers) {
    link_is(0, peer(), ROUTER_LINK_LOST);
    ck_assert_str_eq(effects(MARKS), "");
    opening(0, juliet);
}
END_TEST

START_TEST(what_is_lost_is_not_sent_again_without_stream_management) {
    struct router_error error;
    ck_assert_int_eq(policy_set(policy, s("s2s.lost"), s(_i == 0 ? "requeue" : "bounce"), &error), ROUTER_E_VALUE);
    ck_assert_has(error.text, "not carried out");
    knob("s2s.lost", "drop");
}
END_TEST

Suite *router_s2s_idle_suite(void) {
    Suite *suite = suite_create("router_s2s_idle");
    TCase *tc = tcase_create("idle");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    tcase_add_test(tc, a_stream_stays_open_where_nothing_else_is_said);
    tcase_add_test(tc, a_stream_on_which_nothing_is_written_is_closed);
    tcase_add_test(tc, after_an_idle_stream_a_stanza_opens_a_new_one_at_once);
    tcase_add_test(tc, what_is_written_keeps_a_stream_open);
    tcase_add_test(tc, the_servers_own_answers_keep_a_stream_open);
    tcase_add_test(tc, what_comes_in_does_not_keep_a_stream_open);
    tcase_add_test(tc, streams_become_idle_in_the_order_in_which_they_were_last_used);
    tcase_add_test(tc, a_stream_that_ends_is_not_idle_any_more);
    tcase_add_test(tc, the_knob_counts_from_the_next_stanza);
    tcase_add_test(tc, the_router_wakes_for_whatever_comes_first);
    tcase_add_test(tc, what_was_written_on_a_stream_that_breaks_counts_as_handed_over);
    tcase_add_test(tc, a_stream_that_is_closed_in_order_is_not_lost);
    tcase_add_test(tc, the_loss_of_a_peers_stream_is_the_peers);
    tcase_add_loop_test(tc, what_is_lost_is_not_sent_again_without_stream_management, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
