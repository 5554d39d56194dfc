/* When the next attempt to open a stream to another server begins, after one has failed or a stream has broken, and
 * what becomes of stanzas until then (6120 3.3). */
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *router_s2s_backoff_suite(void);

#define ORCHARD "romeo@montague.example/orchard"
#define MESSAGE "<message to='a@verona.example'/>"
#define ROUTED "route to a@verona.example by s2s.route\n"
#define TIMED_OUT "bounce remote-server-timeout to " ORCHARD " by s2s.fail.msg\n"
#define MINUTE (60 * SECONDS)
#define HOUR (60 * MINUTE)

/* A stanza opens a stream at once. */
static uint32_t opening(uint64_t now_us) {
    ck_assert_int_eq(input_at(now_us, romeo, MESSAGE), ROUTER_OK);
    return opened();
}

static void stream_breaks(uint64_t now_us) {
    const uint32_t port = opening(now_us);
    link_is(now_us, port, ROUTER_LINK_READY);
    link_is(now_us, port, ROUTER_LINK_LOST);
}

static void attempt_fails(uint64_t now_us) {
    link_is(now_us, opening(now_us), ROUTER_LINK_REFUSED);
}

/* A stanza waits; returns when the attempt is due that it waits for. */
static uint64_t waits(uint64_t now_us) {
    ck_assert_int_eq(input_at(now_us, romeo, MESSAGE), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), ROUTED);
    return router_wake_us(router);
}

static uint32_t attempt_begins(uint64_t due_us) {
    ck_assert_str_eq(tick(due_us - 1, FATES), "");
    ck_assert_int_eq(router_tick(router, due_us), ROUTER_OK);
    return opened();
}

/* ---- the first delay ---- */

START_TEST(after_a_stream_broke_the_next_attempt_waits_up_to_a_minute) {
    stream_breaks(SECONDS);
    const uint64_t due_us = waits(2 * SECONDS);
    ck_assert_uint_ge(due_us, SECONDS);
    ck_assert_uint_le(due_us, SECONDS + MINUTE);
    ck_assert_str_eq(tick(due_us - 1, FATES), "");
    ck_assert_str_eq(tick(due_us, FATES), "open to verona.example\n");
    ck_assert_uint_eq(router_wake_us(router), due_us + 30 * SECONDS);
}
END_TEST

START_TEST(what_waited_for_the_attempt_is_written_in_order) {
    stream_breaks(0);
    for (int i = 1; i < 4; i++) {
        char xml[80];
        snprintf(xml, sizeof xml, "<message id='%d' to='a@verona.example'/>", i);
        ck_assert_int_eq(input_at(0, romeo, xml), ROUTER_OK);
    }
    const uint64_t due_us = router_wake_us(router);
    link_is(due_us, attempt_begins(due_us), ROUTER_LINK_READY);
    const char *at = effects(BYTES);
    ck_assert_uint_eq(occurrences(at, "write to verona.example: "), 3);
    for (int i = 1; i < 4; i++) {
        char id[20];
        snprintf(id, sizeof id, "id='%d'", i);
        at = strstr(at, id);
        ck_assert_ptr_nonnull(at);
    }
}
END_TEST

START_TEST(a_stanza_that_waits_for_an_attempt_says_so) {
    stream_breaks(0);
    ck_assert_int_eq(input_at(0, romeo, MESSAGE), ROUTER_OK);
    const char *const seen = effects(MARKS);
    ck_assert_has(seen, "mark by s2s.reconnect\n");
    ck_assert_has(seen, "mark to verona.example by s2s.queue\n");
    ck_assert_lacks(seen, "s2s.new");
}
END_TEST

START_TEST(without_a_stanza_there_is_no_attempt) {
    stream_breaks(0);
    ck_assert_uint_eq(router_wake_us(router), UINT64_MAX);
    ck_assert_str_eq(tick(2 * HOUR, FATES), "");
    attempt_fails(2 * HOUR);
    ck_assert_uint_eq(router_wake_us(router), UINT64_MAX);
    ck_assert_str_eq(tick(4 * HOUR, FATES), "");
}
END_TEST

START_TEST(a_stanza_after_the_delay_opens_a_stream_at_once) {
    stream_breaks(0);
    ck_assert_int_eq(input_at(MINUTE, romeo, MESSAGE), ROUTER_OK);
    const char *const marks = effects(MARKS);
    ck_assert_lacks(marks, "s2s.reconnect");
    ck_assert_has(marks, "s2s.new");
    ck_assert_uint_eq(router_wake_us(router), MINUTE + 30 * SECONDS);
}
END_TEST

START_TEST(a_stanza_that_comes_when_the_attempt_is_due_begins_it) {
    /* The driver takes input before it lets time pass. */
    stream_breaks(0);
    const uint64_t due_us = waits(0);
    ck_assert_int_eq(input_at(due_us, romeo, MESSAGE), ROUTER_OK);
    const uint32_t port = opened();
    ck_assert_str_eq(tick(due_us, FATES), "");
    link_is(due_us, port, ROUTER_LINK_READY);
    ck_assert_uint_eq(occurrences(effects(FATES), "write"), 2);
}
END_TEST

START_TEST(a_stream_that_was_closed_in_order_is_opened_anew_at_once) {
    const uint32_t port = opening(0);
    link_is(0, port, ROUTER_LINK_READY);
    link_is(0, port, ROUTER_LINK_CLOSED);
    opening(0);
}
END_TEST

static const enum router_link_event passing[] = {ROUTER_LINK_REFUSED, ROUTER_LINK_FAILED, ROUTER_LINK_DIALBACK_ERROR,
                                                 ROUTER_LINK_CLOSED, ROUTER_LINK_LOST};

START_TEST(after_an_attempt_that_failed_the_next_one_waits) {
    link_is(0, opening(0), passing[_i]);
    ck_assert_uint_le(waits(0), MINUTE);
}
END_TEST

START_TEST(after_an_attempt_that_nobody_answered_the_next_one_waits) {
    static const enum router_link_event steps[] = {ROUTER_LINK_RESOLVED, ROUTER_LINK_CONNECTED, ROUTER_LINK_STARTED};
    const uint32_t port = opening(0);
    for (int i = 0; i < _i; i++)
        link_is(0, port, steps[i]);
    const uint64_t now_us = 30 * SECONDS;
    ck_assert_uint_eq(occurrences(tick(now_us, FATES), "end"), 1);
    const uint64_t due_us = waits(now_us);
    ck_assert_uint_gt(due_us, now_us);
    ck_assert_uint_le(due_us, now_us + MINUTE);
}
END_TEST

static const enum router_link_event lasting[] = {ROUTER_LINK_NO_HOST, ROUTER_LINK_UNTRUSTED,
                                                 ROUTER_LINK_DIALBACK_INVALID};

START_TEST(where_there_is_nothing_to_come_back_to_the_next_stanza_asks_again) {
    for (int i = 0; i < 3; i++)
        link_is(0, opening(0), lasting[_i]);
}
END_TEST

START_TEST(with_immediate_retry_each_stanza_begins_an_attempt) {
    knob("s2s.retry", "immediate");
    stream_breaks(0);
    for (int i = 0; i < 3; i++)
        attempt_fails(0);
    ck_assert_int_eq(input_at(0, romeo, MESSAGE), ROUTER_OK);
    ck_assert_lacks(effects(MARKS), "s2s.reconnect");
}
END_TEST

START_TEST(one_pair_of_domains_waits_and_another_does_not) {
    stream_breaks(0);
    ck_assert_has(send_as(juliet, MESSAGE, FATES), "open to verona.example\n");
    ck_assert_has(send_as(romeo, "<message to='a@mantua.example'/>", FATES), "open to mantua.example\n");
    waits(0);
}
END_TEST

/* ---- the delays that follow ---- */

START_TEST(the_delay_doubles_up_to_an_hour) {
    attempt_fails(0);
    uint64_t failed_us = 0, delay_us = waits(0);
    ck_assert_uint_gt(delay_us, 0);
    for (int i = 0; i < 40; i++) {
        link_is(failed_us + delay_us, attempt_begins(failed_us + delay_us), ROUTER_LINK_FAILED);
        failed_us += delay_us;
        delay_us = 2 * delay_us < HOUR ? 2 * delay_us : HOUR;
        /* It comes back as long as the attempt is further away than a minute. */
        if (delay_us > MINUTE) {
            ck_assert_int_eq(input_at(failed_us, romeo, MESSAGE), ROUTER_OK);
            ck_assert_str_eq(effects(FATES), TIMED_OUT);
            ck_assert_int_eq(input_at(failed_us + delay_us - MINUTE - 1, romeo, MESSAGE), ROUTER_OK);
            ck_assert_str_eq(effects(FATES), TIMED_OUT);
            ck_assert_uint_eq(router_wake_us(router), UINT64_MAX);
        }
        const uint64_t now_us = delay_us > MINUTE ? failed_us + delay_us - MINUTE : failed_us;
        ck_assert_uint_eq(waits(now_us), failed_us + delay_us);
    }
    ck_assert_uint_eq(delay_us, HOUR);
}
END_TEST

START_TEST(a_success_ends_the_back_off) {
    attempt_fails(0);
    uint64_t now_us = 0;
    for (int i = 0; i < 10; i++)
        attempt_fails(now_us += HOUR);
    const uint32_t port = opening(now_us += HOUR);
    link_is(now_us, port, ROUTER_LINK_READY);
    link_is(now_us, port, ROUTER_LINK_LOST);
    ck_assert_uint_le(waits(now_us), now_us + MINUTE);
}
END_TEST

START_TEST(a_failure_of_another_kind_in_between_ends_no_back_off) {
    attempt_fails(0);
    const uint64_t delay_us = waits(0);
    uint64_t now_us = delay_us;
    link_is(now_us, attempt_begins(now_us), ROUTER_LINK_NO_HOST);
    for (int i = 0; i < 2; i++)
        link_is(now_us, opening(now_us), ROUTER_LINK_NO_HOST);
    attempt_fails(now_us);
    now_us += 2 * delay_us > MINUTE ? 2 * delay_us - MINUTE : 0;
    ck_assert_uint_eq(waits(now_us), 3 * delay_us);
}
END_TEST

/* The delay that a router with this seed draws. */
static uint64_t drawn(uint64_t seed) {
    static const char *const domains[] = {"montague.example"};
    const struct router_config config = {.policy = policy, .domains = domains, .domain_count = 1, .seed = seed};
    struct router *const shared = router;
    const uint32_t shared_romeo = romeo;
    ck_assert_int_eq(router_new(&config, &router), ROUTER_OK);
    ck_assert_int_eq(router_account(router, s("romeo@montague.example")), ROUTER_OK);
    romeo = bind_as("romeo@montague.example/orchard");
    stream_breaks(0);
    const uint64_t delay_us = waits(0);
    router_free(router);
    router = shared;
    romeo = shared_romeo;
    return delay_us;
}

START_TEST(the_first_delay_is_drawn_from_a_minute_by_the_seed) {
    enum { SEEDS = 600 };
    unsigned tenths[6] = {0};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        const uint64_t delay_us = drawn(seed);
        ck_assert_uint_le(delay_us, MINUTE);
        tenths[delay_us == MINUTE ? 5 : delay_us / (10 * SECONDS)]++;
        ck_assert_uint_eq(drawn(seed), delay_us);
    }
    /* A sixth each, give or take: half as many would be seven standard deviations away. */
    for (int i = 0; i < 6; i++)
        ck_assert_msg(tenths[i] > SEEDS / 12 && tenths[i] < SEEDS / 4, "%u from ten seconds of %d", tenths[i], i);
}
END_TEST

/* ---- what comes back at once ---- */

/* A pair whose next attempt is further away than a minute. */
static uint64_t far_away(enum router_link_event event) {
    uint64_t now_us = 0;
    for (int i = 0; i < 40; i++) {
        now_us += HOUR;
        link_is(now_us, opening(now_us), event);
    }
    return now_us;
}

struct failure_case {
    enum router_link_event event;
    const char *knob, *value, *condition;
};

static const struct failure_case failures[] = {
    {ROUTER_LINK_REFUSED, NULL, NULL, "remote-server-timeout"},
    {ROUTER_LINK_REFUSED, "s2s.tcp-fail", "remote-server-not-found", "remote-server-not-found"},
    {ROUTER_LINK_FAILED, "s2s.tcp-fail", "remote-server-not-found", "remote-server-timeout"},
    {ROUTER_LINK_DIALBACK_ERROR, NULL, NULL, "remote-server-timeout"},
};

START_TEST(what_cannot_wait_comes_back_with_what_failed_last) {
    const struct failure_case *c = &failures[_i];
    char expected[200];
    if (c->knob != NULL)
        knob(c->knob, c->value);
    const uint64_t now_us = far_away(c->event);
    snprintf(expected, sizeof expected, "bounce %s to " ORCHARD " by s2s.fail.msg\n", c->condition);
    ck_assert_int_eq(input_at(now_us, romeo, MESSAGE), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), expected);
    ck_assert_int_eq(input_at(now_us, romeo, MESSAGE), ROUTER_OK);
    ck_assert(has_mark("s2s.reconnect"));
    ck_assert_uint_eq(router_wake_us(router), UINT64_MAX);
}
END_TEST

START_TEST(after_a_look_up_that_nobody_answered_there_is_no_such_server) {
    uint64_t now_us = 0;
    for (int i = 0; i < 40; i++) {
        opening(now_us += HOUR);
        ck_assert_int_eq(router_tick(router, now_us += 30 * SECONDS), ROUTER_OK);
    }
    ck_assert_int_eq(input_at(now_us, romeo, MESSAGE), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "bounce remote-server-not-found to " ORCHARD " by s2s.fail.msg\n");
}
END_TEST

struct kind_case {
    const char *xml, *fate;
};

static const struct kind_case kinds[] = {
    {"<iq id='1' to='verona.example' type='get'><x xmlns='urn:x'/></iq>",
     "bounce remote-server-timeout to " ORCHARD " by s2s.fail.iq\n"},
    {"<iq id='1' to='verona.example' type='result'/>", "drop by s2s.never.result\n"},
    {"<iq id='1' to='verona.example' type='error'><error/></iq>", "drop by s2s.never.error\n"},
    {"<message to='a@verona.example' type='error'><error/></message>", "drop by s2s.never.error\n"},
    {"<presence to='a@verona.example'/>", "bounce remote-server-timeout to " ORCHARD " by s2s.fail.directed\n"},
    {"<presence to='a@verona.example' type='probe'/>", "drop by s2s.fail.probe\n"},
};

START_TEST(what_cannot_wait_comes_back_by_its_kind) {
    const uint64_t now_us = far_away(ROUTER_LINK_REFUSED);
    ck_assert_int_eq(input_at(now_us, romeo, kinds[_i].xml), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), kinds[_i].fate);
}
END_TEST

START_TEST(a_request_that_cannot_wait_may_change_the_roster_back) {
    const uint64_t now_us = far_away(ROUTER_LINK_REFUSED);
    if (_i > 0)
        knob("sub.fail-rollback", "rollback");
    ck_assert_int_eq(input_at(now_us, romeo, "<presence to='a@verona.example' type='subscribe'/>"), ROUTER_OK);
    ck_assert(has_mark("sub.req.out.fail"));
    if (_i > 0)
        ck_assert_lacks(facts("romeo@montague.example"), "asked");
    else
        ck_assert_has(facts("romeo@montague.example"), "asked");
}
END_TEST

START_TEST(an_answer_that_cannot_wait_is_lost_with_a_mark) {
    const char *const xml =
        "<iq from='a@verona.example/x' to='montague.example' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>";
    uint32_t port;
    const uint64_t now_us = far_away(ROUTER_LINK_REFUSED);
    ck_assert_int_eq(router_peer(router, s("montague.example"), s("verona.example"), &port), ROUTER_OK);
    ck_assert_int_eq(input_at(now_us, port, xml), ROUTER_OK);
    ck_assert_str_eq(effects(BYTES), "answer to a@verona.example/x by dom.iq.known\n");
    ck_assert_int_eq(input_at(now_us, port, xml), ROUTER_OK);
    const char *const marks = effects(MARKS);
    ck_assert_has(marks, "s2s.reconnect");
    ck_assert_lacks(marks, "s2s.queue-full");
}
END_TEST

START_TEST(an_answer_waits_for_an_attempt_that_is_near) {
    uint32_t port;
    stream_breaks(0);
    ck_assert_int_eq(router_peer(router, s("montague.example"), s("verona.example"), &port), ROUTER_OK);
    ck_assert_int_eq(input(port, "<iq from='a@verona.example/x' to='montague.example' type='get' id='1'>"
                                 "<ping xmlns='urn:xmpp:ping'/></iq>"),
                     ROUTER_OK);
    const uint64_t due_us = router_wake_us(router);
    link_is(due_us, attempt_begins(due_us), ROUTER_LINK_READY);
    ck_assert_str_eq(effects(BYTES), "write to verona.example: <iq from='montague.example' to='a@verona.example/x' "
                                     "type='result' id='1'/>\n");
}
END_TEST

START_TEST(attempts_begin_in_the_order_in_which_they_are_due) {
    /* Both wait for a time of their own; whichever is earlier. */
    stream_breaks(0);
    const uint64_t first_us = waits(0);
    ck_assert_int_eq(input(romeo, "<message to='a@mantua.example'/>"), ROUTER_OK);
    link_is(0, opened(), ROUTER_LINK_REFUSED);
    ck_assert_int_eq(input(romeo, "<message to='a@mantua.example'/>"), ROUTER_OK);
    for (int i = 0; i < 20; i++) {
        char xml[80];
        snprintf(xml, sizeof xml, "<message to='a@padua%d.example'/>", i);
        ck_assert_int_eq(input(romeo, xml), ROUTER_OK);
        link_is(0, opened(), ROUTER_LINK_REFUSED);
        ck_assert_int_eq(input(romeo, xml), ROUTER_OK);
        ck_assert_uint_le(router_wake_us(router), first_us);
    }
    uint64_t last_us = 0;
    for (int i = 0; i < 22; i++) {
        const uint64_t wake_us = router_wake_us(router);
        ck_assert_uint_le(last_us, wake_us);
        last_us = wake_us;
        ck_assert_int_eq(router_tick(router, wake_us), ROUTER_OK);
        link_is(wake_us, opened(), ROUTER_LINK_READY);
    }
    ck_assert_uint_eq(router_wake_us(router), UINT64_MAX);
}
END_TEST

#define EACH(test, table) tcase_add_loop_test(tc, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *router_s2s_backoff_suite(void) {
    Suite *suite = suite_create("router_s2s_backoff");
    TCase *tc = tcase_create("backoff");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    tcase_add_test(tc, after_a_stream_broke_the_next_attempt_waits_up_to_a_minute);
    tcase_add_test(tc, what_waited_for_the_attempt_is_written_in_order);
    tcase_add_test(tc, a_stanza_that_waits_for_an_attempt_says_so);
    tcase_add_test(tc, without_a_stanza_there_is_no_attempt);
    tcase_add_test(tc, a_stanza_after_the_delay_opens_a_stream_at_once);
    tcase_add_test(tc, a_stanza_that_comes_when_the_attempt_is_due_begins_it);
    tcase_add_test(tc, a_stream_that_was_closed_in_order_is_opened_anew_at_once);
    EACH(after_an_attempt_that_failed_the_next_one_waits, passing);
    tcase_add_loop_test(tc, after_an_attempt_that_nobody_answered_the_next_one_waits, 0, 4);
    EACH(where_there_is_nothing_to_come_back_to_the_next_stanza_asks_again, lasting);
    tcase_add_test(tc, with_immediate_retry_each_stanza_begins_an_attempt);
    tcase_add_test(tc, one_pair_of_domains_waits_and_another_does_not);
    tcase_add_test(tc, the_delay_doubles_up_to_an_hour);
    tcase_add_test(tc, a_success_ends_the_back_off);
    tcase_add_test(tc, a_failure_of_another_kind_in_between_ends_no_back_off);
    tcase_add_test(tc, the_first_delay_is_drawn_from_a_minute_by_the_seed);
    EACH(what_cannot_wait_comes_back_with_what_failed_last, failures);
    tcase_add_test(tc, after_a_look_up_that_nobody_answered_there_is_no_such_server);
    EACH(what_cannot_wait_comes_back_by_its_kind, kinds);
    tcase_add_loop_test(tc, a_request_that_cannot_wait_may_change_the_roster_back, 0, 2);
    tcase_add_test(tc, an_answer_that_cannot_wait_is_lost_with_a_mark);
    tcase_add_test(tc, an_answer_waits_for_an_attempt_that_is_near);
    tcase_add_test(tc, attempts_begin_in_the_order_in_which_they_are_due);
    suite_add_tcase(suite, tc);
    return suite;
}
