/* Tests of playing on real servers, which a fake stands for: what they are asked for, what makes a case be skipped, and
 * what is said where it fails. */
#include "drill_harness.h"
#include "fake_venue.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *venue_suite(void);

static void setup(void) {
    drill_setup_fake_case();
    options.profile = "prosody";
    options.target = "prosody";
}

static void teardown(void) {
    drill_teardown_case();
    ck_assert_uint_eq(fake_made, fake_freed);
}

#define M1 "Romeo sends:\n\t<message id='m1' to=\"${Juliet's full JID}\"><body>Hi</body></message>\n"
#define GETS_M1 "Juliet receives:\n\t<message id='m1' from=\"${Romeo's full JID}\"/>\n"
#define ARRIVES_M1 "<message id='m1' from='romeo@montague.example/orchard'><body>Hi</body></message>"

static void skips(const char *text, const char *reason) {
    options.trace_failure = true;
    play_case(text, 0);
    ck_assert_msg(result.verdict == DRILL_SKIP, "verdict %d: %s", (int)result.verdict,
                  result.failure == NULL ? "" : result.failure);
    ck_assert(result.failure == NULL && result.trace == NULL);
    ck_assert_str_eq(result.reason, reason);
    ck_assert_uint_eq(fake_made, 1);
    ck_assert_ptr_null(strstr(fake_calls, "connect"));
}

static bool asked(const char *what) {
    return strstr(fake_calls, what) != NULL;
}

/* ----------------------------------------------------------------------------------------------------- playing ---- */

START_TEST(a_venue_is_told_of_the_cast_and_then_of_each_action) {
    fake_answer(0, "m1", 2, ARRIVES_M1);
    passes("# Test\n"
           "[Server] north\n"
           "\thosts: montague.example, verona.example\n"
           "[Server] south\n"
           "\thosts: capulet.example\n"
           "[Client] Romeo\n"
           "\tjid: romeo@montague.example/orchard\n"
           "\tpassword: secret\n"
           "[Client] Juliet\n"
           "\tjid: juliet@capulet.example/balcony\n"
           "[Account] juliet@capulet.example\n"
           "\tcontact: romeo@montague.example both\n"
           "\toffline: <message from='a@b.example' to='juliet@capulet.example'/>\n"
           "[Account] rosaline@capulet.example\n"
           "\texists: no\n"
           "[Peer] Remote\n"
           "\tdomain: remote.example\n"
           "\talso: other.example\n"
           "[Component] rooms.capulet.example\n"
           "---\n"
           "Romeo connects\n"
           "Juliet connects\n" M1 GETS_M1 "time passes: 20ms\n"
           "Juliet receives: nothing\n"
           "Romeo closes: policy-violation\n"
           "Juliet vanishes\n");
    ck_assert_str_eq(fake_calls,
                     "server north montague.example +1\n"
                     "server south capulet.example +0\n"
                     "component rooms.capulet.example rooms.capulet.example of south\n"
                     "account romeo@montague.example\n"
                     "account juliet@capulet.example\n"
                     "account juliet@capulet.example\n"
                     "account rosaline@capulet.example not\n"
                     "client Romeo romeo@montague.example/orchard secret\n"
                     "client Juliet juliet@capulet.example/balcony\n"
                     "peer Remote remote.example +1\n"
                     "contact juliet@capulet.example romeo@montague.example 3\n"
                     "offline juliet@capulet.example <message from='a@b.example' to='juliet@capulet.example'/>\n"
                     "ready\n"
                     "connect 1\n"
                     "connect 2\n"
                     "send 1 <message id='m1' to=\"juliet@capulet.example/balcony\"><body>Hi</body></message>\n"
                     "pass 20000\n"
                     "settle\n"
                     "settle\n"
                     "close 1 policy-violation\n"
                     "settle\n"
                     "vanish 2\n"
                     "settle\n");
}
END_TEST

START_TEST(the_venues_time_is_that_of_the_result) {
    fake_answer(0, "m1", 1, ARRIVES_M1);
    passes(BOTH_CONNECT M1 GETS_M1);
    ck_assert_uint_eq(result.virtual_us, 4000);
}
END_TEST

START_TEST(a_script_without_actions_ends_at_once) {
    passes(CAST);
    fake_plan.down = "ready";
    play_case(CAST, 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
}
END_TEST

START_TEST(which_rules_fired_is_unknown) {
    fake_answer(0, "m1", 1, ARRIVES_M1);
    passes(BOTH_CONNECT M1 GETS_M1);
    ck_assert_ptr_null(result.fired);
    ck_assert_uint_eq(result.rule_count, 0);
}
END_TEST

START_TEST(what_a_host_decides_is_passed_over_and_counted) {
    fake_answer(0, "m1", 1, ARRIVES_M1);
    passes(BOTH_CONNECT M1 GETS_M1 "capulet.example decides:\n"
                                   "\tbounce service-unavailable\n"
                                   "capulet.example decides:\n"
                                   "\tdrop\n");
    ck_assert_uint_eq(result.decides_skipped, 2);
    options.venue = NULL;
    options.target = NULL;
    play_case(BOTH_CONNECT M1 GETS_M1 "capulet.example decides:\n\tdeliver\n", 0);
    ck_assert_uint_eq(result.decides_skipped, 0);
}
END_TEST

START_TEST(who_is_refused_was_not_logged_in) {
    fake_plan.refused = "not-authorized";
    ends(CAST "Romeo connects\n", DRILL_FAIL, 7,
         "  test.scs:7: Romeo should have been logged in\n"
         "    expected   Romeo ~ connected\n"
         "    instead    0.001000 Romeo ~ refused not-authorized\n"
         "    server     prosody\n"
         "    replay     stanzadrill run --target prosody test.scs --trace\n");
}
END_TEST

START_TEST(a_trace_shows_what_was_sent_and_what_came_in_full) {
    fake_answer(0, "m1", 1, ARRIVES_M1);
    options.trace = true;
    passes(BOTH_CONNECT M1 GETS_M1 "capulet.example decides:\n\tdeliver\n");
    ck_assert_str_eq(result.trace, "# line 7: Romeo connects\n"
                                   "0.001000 Romeo ~ bound romeo@montague.example/orchard\n"
                                   "# line 8: Juliet connects\n"
                                   "0.002000 Juliet ~ bound juliet@capulet.example/balcony\n"
                                   "# line 9: Romeo sends\n"
                                   "0.003000 Romeo > <message id=\"m1\" to=\"juliet@capulet.example/balcony\">"
                                   "<body>Hi</body></message>\n"
                                   "0.004000 Juliet < <message from=\"romeo@montague.example/orchard\" id=\"m1\">"
                                   "<body>Hi</body></message>\n"
                                   "# line 13: what capulet.example decides is not known\n");
}
END_TEST

START_TEST(a_trace_shows_octets_that_are_no_xml_as_they_were_sent) {
    options.trace = true;
    passes(CAST "Romeo connects\n"
                "Romeo sends raw:\n"
                "\t<message\n");
    ck_assert(traced(" Romeo > <message\n"));
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ policy ---- */

#define SERVER(properties)                                                                                             \
    "# Test\n"                                                                                                         \
    "[Server] north\n"                                                                                                 \
    "\thosts: montague.example, capulet.example\n" properties                                                          \
    "[Client] Romeo\n"                                                                                                 \
    "\tjid: romeo@montague.example/orchard\n"                                                                          \
    "[Client] Juliet\n"                                                                                                \
    "\tjid: juliet@capulet.example/balcony\n"                                                                          \
    "---\n"                                                                                                            \
    "Romeo connects\n"                                                                                                 \
    "Juliet connects\n" M1 GETS_M1

START_TEST(a_server_with_another_value_of_a_knob_skips_the_case) {
    options.profile = "rfc6121";
    skips(SERVER("\tpolicy: msg.store=bounce\n"),
          "[Server] north asks for policy msg.store=bounce; profile rfc6121 has store");
    ck_assert_str_eq(fake_calls, "");
    ck_assert_uint_eq(result.line, 2);
}
END_TEST

START_TEST(a_server_with_the_targets_own_policy_is_played) {
    options.profile = "rfc6121";
    fake_answer(0, "m1", 1, ARRIVES_M1);
    passes(SERVER("\tpolicy: msg.store=store\n"));
    passes(SERVER("\tprofile: rfc6121\n"));
    options.profile = "prosody";
    passes(SERVER("\tprofile: prosody\n"));
    passes(SERVER(""));
}
END_TEST

START_TEST(a_server_with_another_targets_profile_skips_the_case) {
    options.profile = "rfc6121";
    skips(SERVER("\tprofile: prosody\n"), "[Server] north asks for profile prosody; the target's is rfc6121");
    ck_assert_str_eq(fake_calls, "");
}
END_TEST

START_TEST(every_target_is_held_against_the_specification) {
    options.profile = "prosody";
    fake_answer(0, "m1", 1, ARRIVES_M1);
    passes(SERVER("\tprofile: rfc6121\n"));
}
END_TEST

START_TEST(with_one_policy_no_server_asks_for_another) {
    options.profile = "rfc6121";
    options.one_policy = true;
    fake_answer(0, "m1", 1, ARRIVES_M1);
    passes(SERVER("\tprofile: prosody\n\tpolicy: msg.store=bounce\n"));
}
END_TEST

/* ---------------------------------------------------------------------------------------------- what has no way ---- */

START_TEST(latencies_skip_the_case_before_anything_is_asked) {
    skips("# Test\n"
          "[Client] Romeo\n"
          "\tjid: romeo@montague.example/orchard\n"
          "\tlatency: 50ms\n"
          "---\n"
          "Romeo connects\n",
          "asks for a latency of Romeo");
    ck_assert_str_eq(fake_calls, "");
    ck_assert_uint_eq(result.line, 4);
}
END_TEST

START_TEST(a_latency_that_is_the_usual_one_does_not_skip_the_case) {
    passes("# Test\n"
           "[Client] Romeo\n"
           "\tjid: romeo@montague.example/orchard\n"
           "\tlatency: 0ms\n"
           "[Peer] capulet.example\n"
           "\tlatency: 10ms\n"
           "---\n"
           "Romeo connects\n");
}
END_TEST

START_TEST(the_latency_of_a_peer_skips_the_case) {
    skips("# Test\n"
          "[Client] Romeo\n"
          "\tjid: romeo@montague.example/orchard\n"
          "[Peer] The house\n"
          "\tdomain: capulet.example\n"
          "\tlatency: 50ms\n"
          "---\n"
          "Romeo connects\n",
          "asks for a latency of The house");
}
END_TEST

START_TEST(a_link_skips_the_case) {
    skips("# Test\n"
          "[Client] Romeo\n"
          "\tjid: romeo@montague.example/orchard\n"
          "[Peer] capulet.example\n"
          "[Link] montague.example capulet.example\n"
          "\tlatency: 50ms\n"
          "---\n"
          "Romeo connects\n",
          "asks for a latency between montague.example and capulet.example");
}
END_TEST

#define CAST_WITH_PEER                                                                                                 \
    "# Test\n"                                                                                                         \
    "[Client] Romeo\n"                                                                                                 \
    "\tjid: romeo@montague.example/orchard\n"                                                                          \
    "[Peer] capulet.example\n"                                                                                         \
    "---\n"

START_TEST(more_time_than_there_is_skips_the_case) {
    options.pass_max_us = 10500000;
    skips(CAST_WITH_PEER "Romeo connects\n"
                         "time passes: 8s\n"
                         "time passes: 3s\n",
          "lets more than 10.500 s pass");
    ck_assert_uint_eq(result.line, 8);
}
END_TEST

START_TEST(without_a_peer_any_time_may_pass) {
    options.pass_max_us = 10500000;
    passes(CAST "Romeo connects\n"
                "time passes: 24h\n");
    ck_assert(asked("pass"));
}
END_TEST

START_TEST(as_much_time_as_there_is_may_pass) {
    options.pass_max_us = 10500000;
    passes(CAST_WITH_PEER "Romeo connects\n"
                          "time passes: 8s\n"
                          "time passes: 2500ms\n");
}
END_TEST

static const struct {
    const char *moment, *next;
    bool skipped;
} moments[] = {
    {"99ms", "capulet.example disconnects", true},
    {"99ms", "capulet.example vanishes", true},
    {"99ms", "Romeo closes: conflict", true},
    {"99ms", "network cuts montague.example from capulet.example", true},
    {"99ms", "network cuts montague.example to capulet.example", true},
    {"99ms", "network stalls montague.example to capulet.example", true},
    {"99ms", "capulet.example crashes", true},
    {"99ms", "DNS loses capulet.example", true},
    {"100ms", "capulet.example disconnects", false},
    {"99ms", "network heals", false},
    {"99ms", "Romeo receives: nothing", false},
    {"99ms", "", false},
};

START_TEST(a_moment_before_something_breaks_skips_the_case) {
    char text[600];
    options.pass_max_us = 10500000;
    (void)snprintf(text, sizeof text,
                   CAST_WITH_PEER "Romeo connects\n"
                                  "network cuts capulet.example to montague.example\n"
                                  "%s"
                                  "time passes: %s\n"
                                  "%s\n",
                   strcmp(moments[_i].next, "network heals") == 0 ? "" : "network heals\n", moments[_i].moment,
                   moments[_i].next);
    play_case(text, 0);
    const bool skipped = result.verdict == DRILL_SKIP && strcmp(result.reason, "a moment between two steps of servers "
                                                                               "cannot be hit on real ones") == 0;
    ck_assert_msg(skipped == moments[_i].skipped && (!skipped || result.line == 9), "%s", moments[_i].next);
}
END_TEST

#define FAULT                                                                                                          \
    "# Test\n"                                                                                                         \
    "[Client] Romeo\n"                                                                                                 \
    "\tjid: romeo@montague.example/orchard\n"                                                                          \
    "[Account] romeo@montague.example\n"                                                                               \
    "\tcontact: a@capulet.example both\n"                                                                              \
    "[Peer] capulet.example\n"                                                                                         \
    "---\n"                                                                                                            \
    "Romeo connects\n"                                                                                                 \
    "network cuts montague.example from capulet.example\n"

START_TEST(a_fault_that_is_refused_beforehand_skips_the_case_before_it_begins) {
    fake_plan.cannot = "fault";
    fake_plan.foresees = true;
    skips(FAULT, "a fake has no fault");
    ck_assert(asked("allows 0 montague.example capulet.example\n"));
    ck_assert(!asked("contact"));
    ck_assert_uint_eq(result.line, 9);
}
END_TEST

START_TEST(a_fault_that_is_refused_in_its_turn_skips_the_case_all_the_same) {
    fake_plan.cannot = "fault";
    play_case(FAULT, 0);
    ck_assert_int_eq(result.verdict, DRILL_SKIP);
    ck_assert_str_eq(result.reason, "a fake has no fault");
    ck_assert_uint_eq(fake_made, 1);
}
END_TEST

START_TEST(a_fault_that_can_be_made_is_made) {
    passes(FAULT);
    ck_assert(asked("settle\nfault 0 montague.example capulet.example\n"));
}
END_TEST

START_TEST(what_has_differed_before_something_cannot_be_done_still_fails) {
    fake_plan.cannot = "fault";
    play_case("# Test\n"
              "[Client] Romeo\n"
              "\tjid: romeo@montague.example/orchard\n"
              "[Peer] capulet.example\n"
              "---\n"
              "Romeo connects\n"
              "Romeo receives:\n"
              "\t<message id='m0'/>\n"
              "network cuts montague.example from capulet.example\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_uint_eq(result.line, 8);
    ck_assert_uint_eq(result.further, 0);
}
END_TEST

START_TEST(whatever_of_the_cast_cannot_be_skips_the_case_with_the_venues_reason) {
    static const char *const functions[] = {"server", "account", "client", "peer", "component", "contact", "offline",
                                            "ready"};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        fake_reset();
        fake_plan.cannot = functions[i];
        play_case("# Test\n"
                  "[Client] Romeo\n"
                  "\tjid: romeo@montague.example/orchard\n"
                  "[Account] romeo@montague.example\n"
                  "\tcontact: a@capulet.example both\n"
                  "\toffline: <message from='a@b.example' to='romeo@montague.example'/>\n"
                  "[Peer] capulet.example\n"
                  "[Component] rooms.montague.example\n"
                  "---\n"
                  "Romeo connects\n",
                  0);
        ck_assert_msg(result.verdict == DRILL_SKIP, "%s: verdict %d", functions[i], (int)result.verdict);
        ck_assert_ptr_nonnull(strstr(result.reason, functions[i]));
        ck_assert(!asked("connect"));
        ck_assert_uint_eq(fake_freed, 1);
    }
}
END_TEST

/* ------------------------------------------------------------------------------------------------ gone servers ---- */

START_TEST(a_server_that_is_gone_fails_the_case_at_its_step) {
    fake_plan.down = "send";
    ends(BOTH_CONNECT M1 GETS_M1, DRILL_FAIL, 10,
         "  test.scs:10: fake: send at 127.0.0.1:5222: the connection is closed\n"
         "    step       Romeo sends\n"
         "    server     prosody\n"
         "    replay     stanzadrill run --target prosody test.scs --trace\n");
    ck_assert_uint_eq(fake_made, 1);
    fake_reset();
    fake_answer(0, "m1", 1, ARRIVES_M1);
    passes(BOTH_CONNECT M1 GETS_M1);
}
END_TEST

START_TEST(a_server_that_goes_while_it_is_waited_for_is_no_missing_stanza) {
    fake_plan.down_at = "m1";
    fake_answer(0, "m1", 1, ARRIVES_M1);
    ends(BOTH_CONNECT M1 GETS_M1, DRILL_FAIL, 11,
         "  test.scs:11: fake: wait for an answer: the connection was lost\n"
         "    step       Juliet receives\n"
         "    server     prosody\n"
         "    replay     stanzadrill run --target prosody test.scs --trace\n");
}
END_TEST

START_TEST(a_server_may_be_gone_before_the_first_action) {
    fake_plan.down = "account";
    ends(CAST "Romeo connects\n", DRILL_FAIL, 2,
         "  test.scs:2: fake: account at 127.0.0.1:5222: the connection is closed\n"
         "    step       the cast is set up\n"
         "    server     prosody\n"
         "    replay     stanzadrill run --target prosody test.scs --trace\n");
}
END_TEST

START_TEST(without_a_venue_the_case_fails) {
    fake_plan.no_venue = true;
    options.trace = options.observe = true;
    ends(CAST "Romeo connects\n", DRILL_FAIL, 0,
         "  test.scs: fake: start: port 5222 is taken\n"
         "    step       the cast is set up\n"
         "    server     prosody\n"
         "    replay     stanzadrill run --target prosody test.scs --trace\n");
    ck_assert_ptr_null(result.trace);
    ck_assert_ptr_null(result.observations);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- failures ---- */

START_TEST(a_failing_case_is_played_once_and_names_no_rule) {
    fake_answer(0, "m1", 1, "<message id='m1' from='romeo@montague.example'><body>Hi</body></message>");
    ends(BOTH_CONNECT M1 GETS_M1, DRILL_FAIL, 12,
         "  test.scs:12: Juliet should have received m1\n"
         "    expected   Juliet < <message from=\"romeo@montague.example/orchard\" id=\"m1\"/>\n"
         "    instead    0.004000 Juliet < <message from=\"romeo@montague.example\" id=\"m1\"><body>Hi</body></message>\n"
         "    differs    message: attribute 'from': expected 'romeo@montague.example/orchard', found "
         "'romeo@montague.example'\n"
         "    server     prosody\n"
         "    replay     stanzadrill run --target prosody test.scs --trace\n");
    ck_assert_uint_eq(fake_made, 1);
}
END_TEST

START_TEST(what_did_not_come_went_to_somebody_else_or_nowhere) {
    ends(BOTH_CONNECT M1 GETS_M1, DRILL_FAIL, 12,
         "  test.scs:12: Juliet should have received m1\n"
         "    expected   Juliet < <message from=\"romeo@montague.example/orchard\" id=\"m1\"/>\n"
         "    instead    nothing; all was quiet at 0.003000\n"
         "    server     prosody\n"
         "    replay     stanzadrill run --target prosody test.scs --trace\n");
    fake_answer(0, "m1", 0, ARRIVES_M1);
    play_case(BOTH_CONNECT M1 GETS_M1, 0);
    ck_assert_ptr_nonnull(strstr(result.failure, "    instead    0.004000 Romeo < <message "));
}
END_TEST

START_TEST(what_nobody_asked_for_is_blamed_on_the_stanza_with_its_id) {
    fake_answer(0, "m2", 1, ARRIVES_M1);
    ends(BOTH_CONNECT M1 "Romeo sends:\n\t<message id='m2' to='montague.example'/>\n", DRILL_FAIL, 9,
         "  test.scs:9: because of this, Juliet got a stanza that no line expects\n"
         "    expected   Juliet < nothing\n"
         "    instead    0.005000 Juliet < <message from=\"romeo@montague.example/orchard\" id=\"m1\"><body>Hi</body>"
         "</message>\n"
         "    server     prosody\n"
         "    replay     stanzadrill run --target prosody test.scs --trace\n");
}
END_TEST

START_TEST(what_has_nobodys_id_is_blamed_on_nobody) {
    options.target = "my server.target";
    fake_answer(0, "m1", 1, "<presence from='juliet@capulet.example/phone'/>");
    ends(BOTH_CONNECT M1, DRILL_FAIL, 9,
         "  test.scs:9: Juliet got a stanza that no line expects\n"
         "    expected   Juliet < nothing\n"
         "    instead    0.004000 Juliet < <presence from=\"juliet@capulet.example/phone\"/>\n"
         "    server     my server.target\n"
         "    replay     stanzadrill run --target 'my server.target' --profile prosody test.scs --trace\n");
}
END_TEST

#define REQUEST "Juliet receives:\n\t<iq id='q1' type='get'/>\n"

START_TEST(a_request_must_be_answered_by_whoever_got_it) {
    fake_answer(0, "m1", 1, "<iq id='q1' type='get' from='romeo@montague.example/orchard'><ping xmlns='urn:xmpp:ping'/></iq>");
    play_case(BOTH_CONNECT M1 REQUEST, 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_ptr_nonnull(strstr(result.failure, "Juliet got an iq request that no line answers"));
    passes(BOTH_CONNECT M1 REQUEST "Juliet sends:\n\t<iq id='q1' type='result' to=\"${Romeo's full JID}\"/>\n");
    passes(BOTH_CONNECT M1 REQUEST "Juliet sends raw:\n\t<iq id='q1' type='error' to=\"${Romeo's full JID}\"/>\n");
    play_case(BOTH_CONNECT M1 REQUEST "Juliet sends raw:\n\t<iq id='q1' type='get' to=\"${Romeo's full JID}\"/>\n", 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
}
END_TEST

START_TEST(who_was_thrown_out_should_still_be_connected) {
    fake_plan.replies[0] = (struct fake_reply){.id = "m1", .client = 0, .ended = "policy-violation"};
    ends(BOTH_CONNECT M1 "Juliet receives: nothing\n" M1, DRILL_FAIL, 12,
         "  test.scs:12: Romeo should still be connected\n"
         "    expected   Romeo ~ connected\n"
         "    instead    0.004000 Romeo ~ ended policy-violation\n"
         "    server     prosody\n"
         "    replay     stanzadrill run --target prosody test.scs --trace\n");
}
END_TEST

Suite *venue_suite(void) {
    Suite *suite = suite_create("venue");
    TCase *tc = tcase_create("venue");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_venue_is_told_of_the_cast_and_then_of_each_action);
    tcase_add_test(tc, the_venues_time_is_that_of_the_result);
    tcase_add_test(tc, a_script_without_actions_ends_at_once);
    tcase_add_test(tc, which_rules_fired_is_unknown);
    tcase_add_test(tc, what_a_host_decides_is_passed_over_and_counted);
    tcase_add_test(tc, who_is_refused_was_not_logged_in);
    tcase_add_test(tc, a_trace_shows_what_was_sent_and_what_came_in_full);
    tcase_add_test(tc, a_trace_shows_octets_that_are_no_xml_as_they_were_sent);
    tcase_add_test(tc, a_server_with_another_value_of_a_knob_skips_the_case);
    tcase_add_test(tc, a_server_with_the_targets_own_policy_is_played);
    tcase_add_test(tc, a_server_with_another_targets_profile_skips_the_case);
    tcase_add_test(tc, every_target_is_held_against_the_specification);
    tcase_add_test(tc, with_one_policy_no_server_asks_for_another);
    tcase_add_test(tc, latencies_skip_the_case_before_anything_is_asked);
    tcase_add_test(tc, a_latency_that_is_the_usual_one_does_not_skip_the_case);
    tcase_add_test(tc, the_latency_of_a_peer_skips_the_case);
    tcase_add_test(tc, a_link_skips_the_case);
    tcase_add_test(tc, more_time_than_there_is_skips_the_case);
    tcase_add_test(tc, without_a_peer_any_time_may_pass);
    tcase_add_test(tc, as_much_time_as_there_is_may_pass);
    tcase_add_loop_test(tc, a_moment_before_something_breaks_skips_the_case, 0,
                        (int)(sizeof moments / sizeof *moments));
    tcase_add_test(tc, a_fault_that_is_refused_beforehand_skips_the_case_before_it_begins);
    tcase_add_test(tc, a_fault_that_is_refused_in_its_turn_skips_the_case_all_the_same);
    tcase_add_test(tc, a_fault_that_can_be_made_is_made);
    tcase_add_test(tc, what_has_differed_before_something_cannot_be_done_still_fails);
    tcase_add_test(tc, whatever_of_the_cast_cannot_be_skips_the_case_with_the_venues_reason);
    tcase_add_test(tc, a_server_that_is_gone_fails_the_case_at_its_step);
    tcase_add_test(tc, a_server_that_goes_while_it_is_waited_for_is_no_missing_stanza);
    tcase_add_test(tc, a_server_may_be_gone_before_the_first_action);
    tcase_add_test(tc, without_a_venue_the_case_fails);
    tcase_add_test(tc, a_failing_case_is_played_once_and_names_no_rule);
    tcase_add_test(tc, what_did_not_come_went_to_somebody_else_or_nowhere);
    tcase_add_test(tc, what_nobody_asked_for_is_blamed_on_the_stanza_with_its_id);
    tcase_add_test(tc, what_has_nobodys_id_is_blamed_on_nobody);
    tcase_add_test(tc, a_request_must_be_answered_by_whoever_got_it);
    tcase_add_test(tc, who_was_thrown_out_should_still_be_connected);
    suite_add_tcase(suite, tc);
    return suite;
}
