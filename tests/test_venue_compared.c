/* Tests of cases that are played to be compared: on real servers, which a fake stands for, stanzas mean the same without
 * what they imply, and a script goes on after differences. */
#include "drill_harness.h"
#include "fake_venue.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *venue_compared_suite(void);

static void setup(void) {
    drill_setup_fake_case();
    options.profile = "prosody";
}

static bool sent(const char *what) {
    return strstr(fake_calls, what) != NULL;
}

#define M1 "Romeo sends:\n\t<message id='m1' to='juliet@capulet.example'/>\n"
#define PUSH(id, jid)                                                                                                  \
    "<iq id='" id "' type='set'><query xmlns='jabber:iq:roster' ver='" id "'><item jid='" jid "'/></query></iq>"
#define SENDS_RESULT(name) "Juliet sends:\n\t<iq id='${" name "}' type='result'/>\n"

/* ----------------------------------------------------------------------------------------------------- implied ---- */

START_TEST(a_stanza_without_to_is_expected_of_who_gets_it) {
    fake_answer(0, "m1", 1, "<message id='m1'/>");
    passes(BOTH_CONNECT M1 "Juliet receives:\n\t<message id='m1' to=\"${Juliet's full JID}\"/>\n");
    passes(BOTH_CONNECT M1 "Juliet receives:\n\t<message id='m1' to=\"${Juliet's JID}\"/>\n");
    passes(BOTH_CONNECT M1 "Juliet receives:\n\t<message id='m1' to='juliet@capulet.example'/>\n");
    passes(BOTH_CONNECT M1 "Juliet receives:\n\t<message id='m1' to='{scansion:any}'/>\n");
    play_case(BOTH_CONNECT M1 "Juliet receives:\n\t<message id='m1' to=\"${Romeo's JID}\"/>\n", 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
}
END_TEST

START_TEST(the_address_that_is_implied_can_be_captured) {
    fake_answer(0, "m1", 1, "<message id='m1'/>");
    passes(BOTH_CONNECT M1 "Juliet receives:\n\t<message id='m1' to='{scansion:capture:me}'/>\n"
                           "Juliet sends:\n\t<message id='m2' to='${me}'/>\n");
    ck_assert(sent("<message id='m2' to='juliet@capulet.example/balcony'/>"));
}
END_TEST

START_TEST(a_message_without_type_is_normal) {
    fake_answer(0, "m1", 1, "<message id='m1'/>");
    passes(BOTH_CONNECT M1 "Juliet receives:\n\t<message id='m1' type='normal'/>\n");
    play_case(BOTH_CONNECT M1 "Juliet receives:\n\t<message id='m1' type='chat'/>\n", 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    fake_answer(0, "m1", 1, "<message id='m1'><x xmlns='urn:example'/></message>");
    play_case(BOTH_CONNECT M1 "Juliet receives:\n\t<message id='m1'><x xmlns='urn:example' to='juliet@capulet.example'/>"
                              "</message>\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
}
END_TEST

START_TEST(simulated_servers_imply_nothing) {
    options.venue = NULL;
    play_case(BOTH_CONNECT M1 "Juliet sends:\n\t<presence/>\n"
                              "Juliet receives:\n\t<presence/>\n\t<message id='m1' type='normal'/>\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- going on ---- */

#define GETS_PUSH                                                                                                      \
    "Juliet receives:\n"                                                                                               \
    "\t<iq id='{scansion:capture:push}' type='set' to='juliet@capulet.example/balcony'>"                               \
    "<query xmlns='jabber:iq:roster' ver='{scansion:capture:ver}'><item jid='a@b.example' subscription='to'/></query>"  \
    "</iq>\n"

START_TEST(what_a_difference_left_open_is_captured_from_what_came_instead) {
    options.one_policy = true;
    fake_answer(0, "m1", 1, PUSH("x1", "a@b.example"));
    play_case(BOTH_CONNECT M1 GETS_PUSH SENDS_RESULT("push") SENDS_RESULT("ver"), 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert(sent("1 <iq id='x1' type='result'/>\n"));
}
END_TEST

START_TEST(what_is_most_like_the_expected_stanza_is_taken) {
    options.one_policy = true;
    fake_answer(0, "m1", 1, "<presence id='x0'/>");
    fake_answer(1, "m1", 1, "<iq id='x1' type='result'/>");
    fake_answer(2, "m1", 1, PUSH("x2", "c@d.example"));
    fake_answer(3, "m1", 1, PUSH("x3", "a@b.example"));
    fake_answer(4, "m1", 1, PUSH("x4", "e@f.example"));
    play_case(BOTH_CONNECT M1 "Juliet receives:\n\t<presence/>\n\t<iq/>\n\t<iq/>\n\t<iq/>\n\t<iq/>\n" GETS_PUSH
                  SENDS_RESULT("push"),
              0);
    ck_assert(sent("1 <iq id='x3' type='result'/>"));
}
END_TEST

static const char *const several[] = {
    "Juliet receives in any order:\n"
    "\t<iq id='{scansion:capture:one}' type='set'/>\n"
    "\t<message id='m2'/>\n",
    "Juliet receives one of:\n"
    "\t<iq id='{scansion:capture:one}' type='set' from='a@b.example'/>\n"
    "\t<message id='m2'/>\n",
    "Juliet receives:\n"
    "\t<iq/>\n"
    "Juliet receives one of:\n" /* and none comes */
    "\t<iq id='{scansion:capture:one}' type='set'/>\n"
    "\t<message id='m2'/>\n",
};

START_TEST(captures_of_several_stanzas_go_on_too) {
    char text[600];
    options.one_policy = true;
    fake_answer(0, "m1", 1, PUSH("x1", "a@b.example"));
    (void)snprintf(text, sizeof text, BOTH_CONNECT M1 "%s" SENDS_RESULT("one"), several[_i]);
    play_case(text, 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert(sent("1 <iq id='x1' type='result'/>"));
}
END_TEST

START_TEST(what_has_no_value_is_not_sent_and_the_script_goes_on) {
    options.one_policy = true;
    fake_answer(0, "m1", 1, "<presence/>");
    play_case(BOTH_CONNECT M1 GETS_PUSH SENDS_RESULT("push") "Juliet sends:\n\t<message id='m2'/>\n", 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert(!sent("type='result'"));
    ck_assert(sent("<message id='m2'/>"));
}
END_TEST

START_TEST(what_cannot_be_done_is_passed_over) {
    options.one_policy = true;
    play_case(BOTH_CONNECT "Juliet connects\nRomeo disconnects\n" M1 "Juliet sends:\n\t<message id='m2'/>\n", 0);
    ck_assert_int_eq(result.verdict, DRILL_PASS);
    ck_assert(sent("1 <message id='m2'/>"));
}
END_TEST

START_TEST(a_script_that_is_not_compared_does_not_go_on) {
    fake_answer(0, "m1", 1, PUSH("x1", "a@b.example"));
    play_case(BOTH_CONNECT M1 GETS_PUSH SENDS_RESULT("push") "Juliet sends:\n\t<message id='m2'/>\n", 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert(!sent("type='result'"));
    ck_assert(!sent("<message id='m2'/>"));
    play_case(BOTH_CONNECT "Juliet connects\n", 0);
    ck_assert_int_eq(result.verdict, DRILL_ERROR);
}
END_TEST

/* ------------------------------------------------------------------------------------------- made comparable ---- */

START_TEST(several_servers_stay_several_and_follow_one_profile) {
    options.one_policy = true;
    play_case("# Test\n"
              "[Server] north\n"
              "\thosts: montague.example\n"
              "[Server] south\n"
              "\thosts: verona.example, capulet.example\n"
              "\tprofile: rfc6121\n"
              "[Component] rooms.capulet.example\n"
              "\tserver: south\n"
              "[Client] Romeo\n"
              "\tjid: romeo@montague.example/orchard\n"
              "---\n"
              "Romeo connects\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_PASS);
    ck_assert_ptr_eq(strstr(fake_calls, "server north montague.example +0\nserver south verona.example +1\n"), fake_calls);
    ck_assert(sent("component rooms.capulet.example rooms.capulet.example of south\n"));
}
END_TEST

#define CROSSING(servers)                                                                                              \
    "# Test\n" servers "[Client] Romeo\n"                                                                            \
    "\tjid: romeo@montague.example/orchard\n"                                                                        \
    "[Client] Juliet\n"                                                                                               \
    "\tjid: juliet@capulet.example/balcony\n"                                                                        \
    "---\nRomeo connects\nJuliet connects\n" M1 "Romeo sends:\n\t<message id='m2'/>\nJuliet sends:\n\t<message id='m3'/>\n"

static const char from_several[] =
    CROSSING("[Server] north\n\thosts: montague.example\n[Server] south\n\thosts: capulet.example\n");
static const char from_one[] = CROSSING("[Server] north\n\thosts: montague.example, capulet.example\n");

START_TEST(nothing_crosses_between_servers_in_a_case_that_is_compared) {
    options.one_policy = true;
    play_case(from_several, 0);
    ck_assert(sent("<message id='m1' to='juliet@capulet.example'/>\nsend 0 <message id='m2'/>\nsettle\nsend 1"));
    play_case(from_one, 0);
    ck_assert(sent("<message id='m2'/>\nsend 1"));
    options.one_policy = false;
    options.profile = NULL;
    play_case(from_several, 0);
    ck_assert(sent("<message id='m2'/>\nsend 1"));
}
END_TEST

START_TEST(a_server_that_is_gone_is_said_whatever_has_differed_before) {
    options.one_policy = true;
    fake_plan.down_at = "m2";
    fake_answer(0, "m2", 1, "<message id='m2'/>");
    play_case(BOTH_CONNECT "Juliet receives:\n\t<message id='m1'/>\n"
                           "Romeo sends:\n\t<message id='m2' to='juliet@capulet.example'/>\n"
                           "Juliet receives:\n\t<message id='m2'/>\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert(result.down);
    ck_assert_ptr_nonnull(strstr(result.failure, "fake: wait for an answer: the connection was lost"));
    play_case(BOTH_CONNECT "Juliet receives:\n\t<message id='m1'/>\n", 0);
    ck_assert(!result.down);
}
END_TEST

START_TEST(what_cannot_be_done_skips_a_case_whatever_has_differed_before) {
    options.one_policy = true;
    fake_plan.cannot = "leave";
    play_case(BOTH_CONNECT "Juliet receives:\n\t<message id='m1'/>\nRomeo disconnects\n", 0);
    ck_assert_int_eq(result.verdict, DRILL_SKIP);
    ck_assert_str_eq(result.reason, "a fake has no leave");
}
END_TEST

static const char leaves[] = "# Test\n"
                             "[Client] Romeo\n"
                             "\tjid: romeo@montague.example/orchard\n"
                             "[Client] Romeo's phone\n"
                             "\tjid: romeo@montague.example/phone\n"
                             "[Peer] capulet.example\n"
                             "\tdns: none\n"
                             "---\n"
                             "Romeo connects\n"
                             "Romeo sends:\n"
                             "\t<message id='m1' to='juliet@capulet.example'/>\n"
                             "Romeo disconnects\n";

START_TEST(nothing_is_under_way_when_somebody_leaves_a_simulation_that_is_compared) {
    options.venue = NULL;
    options.observe = true;
    play_case(leaves, 0);
    ck_assert_uint_eq(result.observations[0].count, 0);
    options.one_policy = true;
    play_case(leaves, 0);
    ck_assert_uint_eq(result.observations[0].count, 1);
}
END_TEST

#define TO_A_PEER                                                                                                      \
    "# Test\n"                                                                                                         \
    "[Client] Romeo\n"                                                                                                 \
    "\tjid: romeo@montague.example/orchard\n"                                                                          \
    "[Peer] capulet.example\n"                                                                                         \
    "---\n"                                                                                                            \
    "Romeo connects\n" M1
#define PEER_RECEIVES "capulet.example receives:\n\t<message id='m1'/>\n"

static const char *const goings[] = {"capulet.example disconnects\n", "capulet.example vanishes\n",
                                     "capulet.example closes: conflict\n", "capulet.example crashes\n"};

START_TEST(a_peer_that_goes_while_something_is_under_way_skips_a_case_that_is_compared) {
    char text[600];
    options.venue = NULL;
    options.one_policy = true;
    (void)snprintf(text, sizeof text, TO_A_PEER "%s", goings[_i]);
    play_case(text, 0);
    ck_assert_int_eq(result.verdict, DRILL_SKIP);
    ck_assert_str_eq(result.reason, "capulet.example goes while something is under way, which takes its own time");
    ck_assert_uint_eq(result.line, 9);
    options.one_policy = false;
    play_case(text, 0);
    ck_assert_int_ne(result.verdict, DRILL_SKIP);
    options.one_policy = true;
    (void)snprintf(text, sizeof text, TO_A_PEER PEER_RECEIVES "%s", goings[_i]);
    play_case(text, 0);
    ck_assert_int_ne(result.verdict, DRILL_SKIP);
}
END_TEST

Suite *venue_compared_suite(void) {
    Suite *suite = suite_create("venue compared");
    TCase *tc = tcase_create("venue compared");
    tcase_add_checked_fixture(tc, setup, drill_teardown_case);
    tcase_add_test(tc, a_stanza_without_to_is_expected_of_who_gets_it);
    tcase_add_test(tc, the_address_that_is_implied_can_be_captured);
    tcase_add_test(tc, a_message_without_type_is_normal);
    tcase_add_test(tc, simulated_servers_imply_nothing);
    tcase_add_test(tc, what_a_difference_left_open_is_captured_from_what_came_instead);
    tcase_add_test(tc, what_is_most_like_the_expected_stanza_is_taken);
    tcase_add_loop_test(tc, captures_of_several_stanzas_go_on_too, 0, (int)(sizeof several / sizeof *several));
    tcase_add_test(tc, what_has_no_value_is_not_sent_and_the_script_goes_on);
    tcase_add_test(tc, what_cannot_be_done_is_passed_over);
    tcase_add_test(tc, a_script_that_is_not_compared_does_not_go_on);
    tcase_add_test(tc, several_servers_stay_several_and_follow_one_profile);
    tcase_add_test(tc, nothing_crosses_between_servers_in_a_case_that_is_compared);
    tcase_add_test(tc, a_server_that_is_gone_is_said_whatever_has_differed_before);
    tcase_add_test(tc, what_cannot_be_done_skips_a_case_whatever_has_differed_before);
    tcase_add_loop_test(tc, a_peer_that_goes_while_something_is_under_way_skips_a_case_that_is_compared, 0,
                        (int)(sizeof goings / sizeof *goings));
    tcase_add_test(tc, nothing_is_under_way_when_somebody_leaves_a_simulation_that_is_compared);
    suite_add_tcase(suite, tc);
    return suite;
}
