/* Opening a stream to another server step by step: what comes of a step that fails, and of one that nobody answers
 * (6120 8.3.3.16, 8.3.3.17, 10.4.3; XEP-0220 2.1.1). */
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *router_s2s_opening_suite(void);

#define ORCHARD "romeo@montague.example/orchard"
#define MESSAGE "<message to='a@verona.example'/>"
#define BOUNCED(condition) "bounce " condition " to " ORCHARD " by s2s.fail.msg\n"

static uint32_t opening(uint64_t now_us) {
    ck_assert_int_eq(input_at(now_us, romeo, MESSAGE), ROUTER_OK);
    return opened();
}

/* The first so many steps of four. */
static void steps_are_done(uint64_t now_us, uint32_t port, int count) {
    static const enum router_link_event steps[] = {ROUTER_LINK_RESOLVED, ROUTER_LINK_CONNECTED, ROUTER_LINK_STARTED,
                                                   ROUTER_LINK_READY};
    for (int i = 0; i < count; i++)
        link_is(now_us, port, steps[i]);
}

/* ---- steps ---- */

START_TEST(a_router_without_streams_has_nothing_to_do_by_itself) {
    ck_assert_uint_eq(router_wake_us(router), UINT64_MAX);
    ck_assert_str_eq(tick(1000 * SECONDS, FATES), "");
    ck_assert_str_eq(send_as(romeo, "<message to='juliet@capulet.example/balcony'/>", FATES),
                     "deliver to juliet@capulet.example/balcony by msg.full.normal.match\n");
    ck_assert_uint_eq(router_wake_us(router), UINT64_MAX);
}
END_TEST

START_TEST(each_step_may_take_as_long_as_the_knob_says) {
    if (_i > 0)
        knob("s2s.timeout", "7");
    const uint64_t step_us = (_i > 0 ? 7 : 30) * SECONDS;
    const uint32_t port = opening(5);
    ck_assert_uint_eq(router_wake_us(router), 5 + step_us);
    link_is(10, port, ROUTER_LINK_RESOLVED);
    ck_assert_str_eq(effects(FATES), "");
    ck_assert_uint_eq(router_wake_us(router), 10 + step_us);
    link_is(20, port, ROUTER_LINK_CONNECTED);
    ck_assert_uint_eq(router_wake_us(router), 20 + step_us);
    link_is(30, port, ROUTER_LINK_STARTED);
    ck_assert_uint_eq(router_wake_us(router), 30 + step_us);
    link_is(40, port, ROUTER_LINK_READY);
    ck_assert_str_eq(effects(FATES), "write to verona.example\n");
    ck_assert_uint_eq(router_wake_us(router), UINT64_MAX);
}
END_TEST

START_TEST(steps_can_be_left_out_but_not_taken_twice_or_back) {
    const uint32_t port = opening(0);
    link_is(1, port, ROUTER_LINK_CONNECTED);
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_CONNECTED, 2), ROUTER_E_CONFLICT);
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_RESOLVED, 2), ROUTER_E_CONFLICT);
    ck_assert_uint_eq(router_wake_us(router), 1 + 30 * SECONDS);
    link_is(3, port, ROUTER_LINK_READY);
    for (int event = ROUTER_LINK_RESOLVED; event < ROUTER_LINK_CLOSED; event++)
        ck_assert_int_eq(router_link(router, port, (enum router_link_event)event, 4), ROUTER_E_CONFLICT);
    ck_assert_str_eq(send_as(romeo, MESSAGE, FATES), "route to a@verona.example by s2s.route\n");
}
END_TEST

START_TEST(a_stream_that_opens_belongs_to_the_remote_domain) {
    const uint32_t port = opening(0);
    for (int steps = 0; steps <= 4; steps += 4) {
        steps_are_done(0, port, steps);
        const struct slice jid = router_port_jid(router, port);
        ck_assert_uint_eq(jid.size, strlen("verona.example"));
        ck_assert_mem_eq(jid.data, "verona.example", jid.size);
        ck_assert_int_eq(router_port_namespace(router, port), STANZA_SERVER);
    }
    link_is(0, port, ROUTER_LINK_LOST);
    ck_assert_uint_eq(router_port_jid(router, port).size, 0);
}
END_TEST

START_TEST(nothing_comes_in_on_an_output_stream) {
    /* 6120 4.5: a stream is one-way */
    const struct stanza st = {.kind = STANZA_NORMAL};
    const uint32_t port = opening(0);
    ck_assert_int_eq(router_input(router, port, &st, 0), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(router_fault(router, port, STANZA_FAULT_ILLFORMED, 0), ROUTER_E_UNKNOWN);
    steps_are_done(0, port, 4);
    ck_assert_int_eq(router_input(router, port, &st, 0), ROUTER_E_UNKNOWN);
}
END_TEST

/* ---- what fails ---- */

struct failure_case {
    int steps; /* done before */
    enum router_link_event event;
    const char *knob, *value, *condition, *type, *mark;
};

static const struct failure_case failures[] = {
    {1, ROUTER_LINK_UNTRUSTED, NULL, NULL, "remote-server-timeout", "cancel", "s2s.fail.auth"},
    {3, ROUTER_LINK_UNTRUSTED, "s2s.auth-fail-type", "auth", "remote-server-timeout", "auth", "s2s.fail.auth"},
    {3, ROUTER_LINK_UNTRUSTED, "s2s.auth-fail-type", "wait", "remote-server-timeout", "wait", "s2s.fail.auth"},
    {3, ROUTER_LINK_DIALBACK_INVALID, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.dialback-invalid"},
    {3, ROUTER_LINK_DIALBACK_INVALID, "s2s.dialback-invalid", "internal-server-error", "internal-server-error",
     "cancel", "s2s.fail.dialback-invalid"},
    {3, ROUTER_LINK_DIALBACK_ERROR, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.dialback-error"},
    {2, ROUTER_LINK_FAILED, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.stream"},
    {1, ROUTER_LINK_REFUSED, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.connect"},
    {0, ROUTER_LINK_NO_HOST, NULL, NULL, "remote-server-not-found", "cancel", "s2s.fail.resolve"},
    /* the connection ends early */
    {0, ROUTER_LINK_LOST, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.connect"},
    {1, ROUTER_LINK_LOST, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.connect"},
    {1, ROUTER_LINK_CLOSED, "s2s.tcp-fail", "remote-server-not-found", "remote-server-not-found", "cancel",
     "s2s.fail.connect"},
    {2, ROUTER_LINK_LOST, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.stream"},
    {2, ROUTER_LINK_CLOSED, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.stream"},
    {3, ROUTER_LINK_LOST, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.dialback-error"},
    {3, ROUTER_LINK_CLOSED, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.dialback-error"},
};

static const char *bounced_with(const char *condition, const char *type) {
    static char text[400];
    snprintf(text, sizeof text,
             "bounce %s to " ORCHARD " by s2s.fail.msg: <message type='error' to='" ORCHARD "' "
             "from='a@verona.example'><error type='%s'><%s xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
             "</message>\n",
             condition, type, condition);
    return text;
}

START_TEST(what_failed_decides_what_the_sender_hears) {
    const struct failure_case *c = &failures[_i];
    if (c->knob != NULL)
        knob(c->knob, c->value);
    const uint32_t port = opening(0);
    steps_are_done(0, port, c->steps);
    link_is(0, port, c->event);
    ck_assert_str_eq(effects(BYTES), bounced_with(c->condition, c->type));
    ck_assert_int_eq(router_link(router, port, c->event, 0), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(each_stanza_that_comes_back_is_marked_with_what_failed) {
    const struct failure_case *c = &failures[_i];
    const int rule = router_rule_find(c->mark);
    const uint32_t port = opening(0);
    ck_assert_int_eq(input(romeo, MESSAGE), ROUTER_OK);
    steps_are_done(0, port, c->steps);
    link_is(0, port, c->event);
    struct router_effect e;
    for (int i = 0; i < 2; i++) {
        ck_assert(router_next(router, &e));
        ck_assert(e.kind == ROUTER_MARK && e.rule == rule);
        ck_assert(router_next(router, &e));
        ck_assert_int_eq(e.kind, ROUTER_BOUNCE);
    }
    ck_assert(!router_next(router, &e));
}
END_TEST

/* ---- what nobody answers ---- */

struct silence {
    int steps; /* done before */
    const char *knob, *value, *condition, *type, *rule;
};

static const struct silence silences[] = {
    {0, NULL, NULL, "remote-server-not-found", "cancel", "s2s.fail.resolve"},
    {1, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.connect"},
    {1, "s2s.tcp-fail", "remote-server-not-found", "remote-server-not-found", "cancel", "s2s.fail.connect"},
    {2, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.stream"},
    {3, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.dialback-error"},
};

START_TEST(a_step_that_nobody_answers_ends_the_attempt) {
    const struct silence *c = &silences[_i];
    struct router_effect end;
    if (c->knob != NULL)
        knob(c->knob, c->value);
    const uint32_t port = opening(0);
    steps_are_done(SECONDS, port, c->steps);
    const uint64_t wake_us = (c->steps > 0 ? 31 : 30) * SECONDS;
    ck_assert_uint_eq(router_wake_us(router), wake_us);
    ck_assert_str_eq(tick(wake_us - 1, FATES), "");
    ck_assert_int_eq(router_tick(router, wake_us), ROUTER_OK);
    ck_assert(router_next(router, &end));
    ck_assert_int_eq(end.kind, ROUTER_END);
    ck_assert_int_eq(end.rule, router_rule_find(c->rule));
    ck_assert_uint_eq(end.port, port);
    ck_assert_uint_eq(end.host.size, strlen("montague.example"));
    ck_assert_str_eq(effects(BYTES), bounced_with(c->condition, c->type));
    ck_assert_uint_eq(router_wake_us(router), UINT64_MAX);
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_READY, wake_us), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(streams_are_given_up_in_the_order_in_which_their_time_ends) {
    const uint32_t first = opening(0);
    ck_assert_int_eq(input_at(1, juliet, "<message to='b@mantua.example'/>"), ROUTER_OK);
    const uint32_t second = opened();
    ck_assert_int_eq(input_at(2, romeo, "<message to='c@padua.example'/>"), ROUTER_OK);
    ck_assert_int_eq(input_at(2, romeo, "<iq type='get' id='1' to='padua.example'><x xmlns='urn:x'/></iq>"), ROUTER_OK);
    ck_assert_int_eq(input_at(3, romeo, "<message to='d@verona.example'/>"), ROUTER_OK);
    link_is(4, first, ROUTER_LINK_RESOLVED);
    link_is(4, second, ROUTER_LINK_RESOLVED);
    link_is(5, first, ROUTER_LINK_CONNECTED);
    ck_assert_uint_eq(router_wake_us(router), 2 + 30 * SECONDS);
    ck_assert_str_eq(tick(40 * SECONDS, FATES),
                     "end by s2s.fail.resolve\n" BOUNCED("remote-server-not-found")
                     "bounce remote-server-not-found to " ORCHARD " by s2s.fail.iq\n"
                     "end by s2s.fail.connect\n"
                     "bounce remote-server-timeout to juliet@capulet.example/balcony by s2s.fail.msg\n"
                     "end by s2s.fail.stream\n" BOUNCED("remote-server-timeout") BOUNCED("remote-server-timeout"));
}
END_TEST

START_TEST(a_tick_ends_only_what_is_due) {
    opening(0);
    ck_assert_int_eq(input_at(1, juliet, MESSAGE), ROUTER_OK);
    ck_assert_str_eq(tick(30 * SECONDS, FATES), "end by s2s.fail.resolve\n" BOUNCED("remote-server-not-found"));
    ck_assert_uint_eq(router_wake_us(router), 30 * SECONDS + 1);
    ck_assert_uint_eq(occurrences(tick(30 * SECONDS + 1, FATES), "end"), 1);
    ck_assert_str_eq(tick(30 * SECONDS + 1, FATES), "");
}
END_TEST

START_TEST(of_streams_that_began_together_the_first_is_given_up_first) {
    opening(0);
    ck_assert_int_eq(input(juliet, MESSAGE), ROUTER_OK);
    ck_assert_str_eq(tick(30 * SECONDS, FATES),
                     "end by s2s.fail.resolve\n" BOUNCED("remote-server-not-found") "end by s2s.fail.resolve\n"
                     "bounce remote-server-not-found to juliet@capulet.example/balcony by s2s.fail.msg\n");
}
END_TEST

START_TEST(streams_that_end_leave_the_time_of_others_alone) {
    /* the first, the middle or the last of three that wait equally long */
    uint32_t ports[3];
    ports[0] = opening(0);
    ck_assert_int_eq(input_at(1, romeo, "<message to='b@mantua.example'/>"), ROUTER_OK);
    ports[1] = opened();
    ck_assert_int_eq(input_at(2, romeo, "<message to='c@padua.example'/>"), ROUTER_OK);
    ports[2] = opened();
    link_is(3, ports[_i], ROUTER_LINK_NO_HOST);
    ck_assert_uint_eq(router_wake_us(router), 30 * SECONDS + (_i == 0 ? 1 : 0));
    ck_assert_uint_eq(occurrences(tick(30 * SECONDS + (_i == 0 ? 1 : 0), FATES), "end"), 1);
    ck_assert_uint_eq(router_wake_us(router), 30 * SECONDS + (_i == 2 ? 1 : 2));
    ck_assert_uint_eq(occurrences(tick(UINT64_MAX, FATES), "end"), 1);
    ck_assert_uint_eq(router_wake_us(router), UINT64_MAX);
}
END_TEST

START_TEST(at_the_end_of_time_nothing_goes_round_in_circles) {
    ck_assert_int_eq(input_at(UINT64_MAX - 1, romeo, MESSAGE), ROUTER_OK);
    ck_assert_str_eq(tick(UINT64_MAX - 1, FATES), "");
    ck_assert_str_eq(tick(UINT64_MAX, FATES), "end by s2s.fail.resolve\n" BOUNCED("remote-server-not-found"));
}
END_TEST

/* ---- the queue ---- */

START_TEST(the_queue_is_as_long_as_the_knob_says) {
    knob("s2s.queue-max", "2");
    const uint32_t port = opening(0);
    ck_assert_str_eq(send_as(romeo, MESSAGE, FATES), "route to a@verona.example by s2s.route\n");
    ck_assert_str_eq(send_as(romeo, MESSAGE, FATES), BOUNCED("resource-constraint"));
    ck_assert_has(send_as(juliet, MESSAGE, FATES), "route to a@verona.example by s2s.route\n");
    link_is(0, port, ROUTER_LINK_READY);
    ck_assert_uint_eq(occurrences(effects(FATES), "write to verona.example\n"), 2);
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(send_as(romeo, MESSAGE, FATES), "route to a@verona.example by s2s.route\n");
}
END_TEST

static const char *const wrong_lengths[] = {"0", "1001", "-1", "a"};

START_TEST(the_queue_holds_one_to_a_thousand) {
    struct router_error error;
    knob("s2s.queue-max", "1");
    knob("s2s.queue-max", "1000");
    ck_assert_int_eq(policy_set(policy, s("s2s.queue-max"), s(wrong_lengths[_i]), &error), ROUTER_E_VALUE);
    ck_assert_has(error.text, "s2s.queue-max");
}
END_TEST

START_TEST(a_step_takes_a_second_at_least) {
    ck_assert_int_eq(policy_set(policy, s("s2s.timeout"), s("0"), NULL), ROUTER_E_VALUE);
    knob("s2s.timeout", "1");
}
END_TEST

START_TEST(a_request_that_meets_a_full_queue_changes_the_roster_back) {
    /* 6121 3.1.2: it could not be handed on */
    knob("s2s.queue-max", "1");
    knob("sub.fail-rollback", "rollback");
    ck_assert_int_eq(input(romeo, MESSAGE), ROUTER_OK);
    ck_assert_int_eq(input(romeo, "<presence to='A@Verona.example/x' type='subscribe'/>"), ROUTER_OK);
    ck_assert(has_mark("sub.req.out.fail"));
    ck_assert_lacks(facts("romeo@montague.example"), "asked");
}
END_TEST

START_TEST(an_answer_that_meets_a_full_queue_has_no_octets) {
    knob("s2s.queue-max", "1");
    ck_assert_int_eq(input(juliet, MESSAGE), ROUTER_OK);
    const char *const seen = send_as(peer(), "<iq from='a@verona.example/x' to='capulet.example' type='get' id='1'>"
                                             "<ping xmlns='urn:xmpp:ping'/></iq>", BYTES);
    ck_assert_str_eq(seen, "answer to a@verona.example/x by dom.iq.known\n");
}
END_TEST

#define EACH(test, table) tcase_add_loop_test(tc, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *router_s2s_opening_suite(void) {
    Suite *suite = suite_create("router_s2s_opening");
    TCase *tc = tcase_create("opening");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    tcase_add_test(tc, a_router_without_streams_has_nothing_to_do_by_itself);
    tcase_add_loop_test(tc, each_step_may_take_as_long_as_the_knob_says, 0, 2);
    tcase_add_test(tc, steps_can_be_left_out_but_not_taken_twice_or_back);
    tcase_add_test(tc, a_stream_that_opens_belongs_to_the_remote_domain);
    tcase_add_test(tc, nothing_comes_in_on_an_output_stream);
    EACH(what_failed_decides_what_the_sender_hears, failures);
    EACH(each_stanza_that_comes_back_is_marked_with_what_failed, failures);
    EACH(a_step_that_nobody_answers_ends_the_attempt, silences);
    tcase_add_test(tc, streams_are_given_up_in_the_order_in_which_their_time_ends);
    tcase_add_test(tc, a_tick_ends_only_what_is_due);
    tcase_add_test(tc, of_streams_that_began_together_the_first_is_given_up_first);
    tcase_add_loop_test(tc, streams_that_end_leave_the_time_of_others_alone, 0, 3);
    tcase_add_test(tc, at_the_end_of_time_nothing_goes_round_in_circles);
    tcase_add_test(tc, the_queue_is_as_long_as_the_knob_says);
    EACH(the_queue_holds_one_to_a_thousand, wrong_lengths);
    tcase_add_test(tc, a_step_takes_a_second_at_least);
    tcase_add_test(tc, a_request_that_meets_a_full_queue_changes_the_roster_back);
    tcase_add_test(tc, an_answer_that_meets_a_full_queue_has_no_octets);
    suite_add_tcase(suite, tc);
    return suite;
}
