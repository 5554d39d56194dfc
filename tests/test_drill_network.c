/* Tests of playing links, faults, latency and time, and of what the trace and the failure texts say of streams. */
#include "drill_harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *drill_network_suite(void);

/* Ten lines before the first action but for the properties. */
#define TWO_SERVERS(properties)                                                                                        \
    "# Test\n"                                                                                                         \
    "[Server] north\n"                                                                                                 \
    "\thosts: montague.example\n"                                                                                      \
    "[Server] south\n"                                                                                                 \
    "\thosts: capulet.example\n" properties "[Client] Romeo\n"                                                         \
    "\tjid: romeo@montague.example/orchard\n"                                                                          \
    "[Client] Juliet\n"                                                                                                \
    "\tjid: juliet@capulet.example/balcony\n"                                                                          \
    "---\n"                                                                                                            \
    "Romeo connects\n"                                                                                                 \
    "Juliet connects\n"
#define SENDS(id)                                                                                                      \
    "Romeo sends:\n"                                                                                                   \
    "\t<message id='" id "' type='chat' to=\"${Juliet's full JID}\"/>\n"
#define GETS(id)                                                                                                       \
    "Juliet receives:\n"                                                                                               \
    "\t<message id='" id "'/>\n"

/* Five lines before the first action, and those of the properties. */
#define PEER(properties)                                                                                               \
    "# Test\n"                                                                                                         \
    "[Client] Romeo\n"                                                                                                 \
    "\tjid: romeo@montague.example/orchard\n"                                                                          \
    "[Peer] capulet.example\n" properties "---\n"                                                                      \
    "Romeo connects\n"
#define TO_PEER                                                                                                        \
    "Romeo sends:\n"                                                                                                   \
    "\t<message id='m1' type='chat' to='juliet@capulet.example'/>\n"

/* ----------------------------------------------------------------------------------------------- time and links ----
 */

START_TEST(a_link_has_the_latency_that_its_section_gives) {
    passes(TWO_SERVERS("[Link] north south\n\tlatency: 25ms\n") SENDS("m1") GETS("m1"));
    ck_assert_uint_eq(result.virtual_us, 200000);
    passes(TWO_SERVERS("[Link] capulet.example montague.example\n\tlatency: 1s\n") SENDS("m1") GETS("m1"));
    ck_assert_uint_eq(result.virtual_us, 8000000);
}
END_TEST

START_TEST(a_link_may_lead_to_a_peer) {
    passes(PEER("\tlatency: 40ms\n[Link] montague.example capulet.example\n\tlatency: 20ms\n") TO_PEER
           "capulet.example receives:\n\t<message id='m1'/>\n");
    ck_assert_uint_eq(result.virtual_us, 160000);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_jitter) {
    static const char script[] = TWO_SERVERS("[Link] north south\n\tlatency: 10ms\n\tjitter: 50ms\n") SENDS("m1")
        GETS("m1") SENDS("m2") GETS("m2");
    options.trace = true;
    options.seed = 7;
    passes(script);
    char *first = malloc(strlen(result.trace) + 1);
    ck_assert_ptr_nonnull(first);
    strcpy(first, result.trace);
    passes(script);
    ck_assert_str_eq(result.trace, first);
    options.seed = 8;
    passes(script);
    ck_assert_str_ne(result.trace, first);
    free(first);
}
END_TEST

START_TEST(a_clients_latency_counts_each_way) {
    passes("# Test\n"
           "[Client] Romeo\n"
           "\tjid: romeo@montague.example/orchard\n"
           "\tlatency: 50ms\n"
           "---\n"
           "Romeo connects\n"
           "Romeo sends:\n"
           "\t<iq id='q1' type='get' to='montague.example'><ping xmlns='urn:xmpp:ping'/></iq>\n"
           "Romeo receives:\n"
           "\t<iq id='q1' type='result'/>\n");
    ck_assert(result.virtual_us >= 100000);
}
END_TEST

START_TEST(what_is_on_its_way_to_a_client_that_vanishes_breaks_no_rule) {
    options.trace = true;
    passes("# Test\n"
           "[Client] Romeo\n"
           "\tjid: romeo@montague.example/orchard\n"
           "[Client] Juliet\n"
           "\tjid: juliet@montague.example/balcony\n"
           "\tlatency: 50ms\n"
           "---\n"
           "Romeo connects\n"
           "Juliet connects\n"
           "time passes: 1s\n"
           "Juliet vanishes\n" SENDS("m1") "Juliet receives: nothing\n"
                                           "montague.example decides:\n"
                                           "\tdeliver to juliet@montague.example/balcony\n");
    ck_assert(traced("m1 ! lost vanished Juliet\n"));
}
END_TEST

START_TEST(a_client_that_comes_back_is_not_taken_for_who_it_was) {
    passes("# Test\n"
           "[Client] Romeo\n"
           "\tjid: romeo@montague.example\n"
           "\tlatency: 50ms\n"
           "[Client] Juliet\n"
           "\tjid: juliet@montague.example/balcony\n"
           "---\n"
           "Romeo connects\n"
           "Juliet connects\n"
           "Romeo sends:\n"
           "\t<presence to=\"${Juliet's full JID}\"/>\n"
           "\t<presence/>\n"
           "Romeo disconnects\n"
           "Romeo connects\n"
           "Juliet receives:\n"
           "\t<presence/>\n"
           "\t<presence type='unavailable'/>\n");
}
END_TEST

START_TEST(nothing_and_decides_do_not_wait_for_timers) {
    passes(PEER("\tconnect: timeout\n") TO_PEER "Romeo receives: nothing\n"
                                                "montague.example decides:\n"
                                                "\troute to juliet@capulet.example\n"
                                                "Romeo receives one of:\n"
                                                "\t<message id='m1' type='error'/>\n"
                                                "\tnothing\n"
                                                "Romeo receives:\n"
                                                "\t<message id='m1' type='error'/>\n");
    ck_assert_uint_eq(result.virtual_us, 30010000);
}
END_TEST

START_TEST(a_late_bounce_is_caught_when_the_script_ends) {
    play_case(PEER("\tconnect: timeout\n") TO_PEER "Romeo receives: nothing\n", 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_uint_eq(result.line, 8);
    ck_assert_ptr_nonnull(strstr(result.failure, "because of this, Romeo got a stanza that no line expects\n"
                                                 "    expected   Romeo < nothing\n"
                                                 "    instead    30.010000 Romeo < <message from="));
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ faults ---- */

START_TEST(what_is_under_way_when_the_link_is_cut_is_lost) {
    options.trace = true;
    passes(TWO_SERVERS("") SENDS("m1") GETS("m1") SENDS("m2") "time passes: 5ms\n"
                                                              "network cuts north from south\n"
                                                              "Juliet receives: nothing\n"
                                                              "Romeo receives: nothing\n");
    ck_assert(traced("0.085000 m2 ! lost cut montague.example capulet.example\n"));
    ck_assert(traced("# line 20: network cuts north from south\n"));
}
END_TEST

START_TEST(a_stalled_link_keeps_what_it_holds) {
    passes(TWO_SERVERS("") SENDS("m1")
               GETS("m1") "network stalls north to south\n" SENDS("m2") "Juliet receives: nothing\n"
                                                                        "time passes: 10s\n"
                                                                        "network heals\n" GETS("m2"));
    passes(TWO_SERVERS("") SENDS("m1")
               GETS("m1") "network stalls north to south\n" SENDS("m2") "Juliet receives: nothing\n");
}
END_TEST

START_TEST(a_crash_ends_the_sessions_of_a_server) {
    options.trace = true;
    passes(TWO_SERVERS("") "south crashes\n"
                           "south starts\n"
                           "Juliet connects\n" SENDS("m1") GETS("m1"));
    ck_assert(traced("0.000000 Juliet ~ ended crash\n"));
}
END_TEST

START_TEST(a_name_that_is_lost_comes_back) {
    passes(TWO_SERVERS("") "DNS loses capulet.example\n" SENDS(
        "m1") "Romeo receives:\n"
              "\t<message id='m1' type='error'>"
              "<error type='cancel'><remote-server-not-found "
              "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>\n"
              "DNS finds capulet.example\n" SENDS("m2") GETS("m2"));
}
END_TEST

START_TEST(a_client_that_closes_its_stream_is_gone) {
    options.trace = true;
    passes(TWO_SERVERS("") "Juliet closes: policy-violation\n"
                           "Juliet connects\n");
    ck_assert(traced("# line 13: Juliet closes: policy-violation\n"));
    ends(TWO_SERVERS("") "Juliet disconnects\n"
                         "Juliet closes: policy-violation\n",
         DRILL_ERROR, 14, "  test.scs:14:1: Juliet is not connected\n");
    ends(TWO_SERVERS("") "Juliet closes: policy-violation\n"
                         "Juliet sends:\n\t<presence/>\n",
         DRILL_ERROR, 14, "  test.scs:14:1: Juliet is not connected\n");
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ trace ---- */

START_TEST(the_trace_shows_each_step_of_a_stream) {
    options.trace = true;
    passes(TWO_SERVERS("") SENDS("m1") GETS("m1"));
    const char *at = result.trace;
    static const char *const steps[] = {"0.000000 montague.example ~ opens capulet.example\n",
                                        "0.010000 montague.example ~ found capulet.example\n",
                                        "0.030000 montague.example ~ connected capulet.example\n",
                                        "0.050000 montague.example ~ started capulet.example\n",
                                        "0.070000 montague.example ~ ready capulet.example\n",
                                        "0.080000 capulet.example > m1 message/chat ",
                                        "0.080000 Juliet < m1 unchanged\n"};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const char *next = strstr(at, steps[i]);
        ck_assert_msg(next != NULL, "%s is not behind the one before it in\n%s", steps[i], result.trace);
        at = next;
    }
}
END_TEST

START_TEST(the_trace_says_why_a_stream_did_not_open_or_ended) {
    options.trace = true;
    passes(PEER("\tdns: none\n") TO_PEER "Romeo receives:\n\t<message type='error'/>\n");
    ck_assert(traced("0.010000 montague.example ~ failed capulet.example: "));
    passes(PEER("") TO_PEER "capulet.example receives:\n\t<message/>\n"
                            "capulet.example closes: system-shutdown\n");
    ck_assert(traced(" montague.example ~ closed capulet.example: system-shutdown\n"));
}
END_TEST

/* ---------------------------------------------------------------------------------------------- failure texts ---- */

START_TEST(a_stanza_that_was_lost_is_said_to_be) {
    play_case(TWO_SERVERS("") SENDS("m1") GETS("m1") SENDS("m2") "time passes: 5ms\n"
                                                                 "network cuts north from south\n" GETS("m2"),
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_uint_eq(result.line, 22);
    ck_assert_ptr_nonnull(strstr(result.failure,
                                 "  test.scs:22: Juliet should have received m2\n"
                                 "    expected   Juliet < <message id=\"m2\"/>\n"
                                 "    instead    0.085000 m2 ! lost cut montague.example capulet.example\n"));
    ck_assert_ptr_nonnull(
        strstr(result.failure, "    decided by s2s.route, fate=route to=juliet@capulet.example/balcony"));
}
END_TEST

START_TEST(a_stanza_that_found_no_stream_names_the_stream_and_the_peer) {
    play_case("# Test\n"
              "[Client] Romeo\n"
              "\tjid: romeo@montague.example/orchard\n"
              "[Peer] South\n"
              "\tdomain: capulet.example\n"
              "\tconnect: refused\n"
              "---\n"
              "Romeo connects\n" TO_PEER "Romeo receives:\n"
              "\t<message id='m1' type='error'/>\n"
              "South receives:\n"
              "\t<message id='m1' type='chat'/>\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_uint_eq(result.line, 14);
    ck_assert_ptr_nonnull(strstr(result.failure, "  test.scs:14: South should have received m1\n"));
    ck_assert_ptr_nonnull(
        strstr(result.failure, "    stream     0.030000 montague.example ~ failed capulet.example: "));
    ck_assert_ptr_nonnull(strstr(result.failure, "   ([Peer] South)\n"));
}
END_TEST

START_TEST(a_stanza_that_a_stall_holds_up_names_the_fault) {
    play_case(TWO_SERVERS("") SENDS("m1") GETS("m1") "network stalls north to south\n" SENDS("m2") GETS("m2"), 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_ptr_nonnull(strstr(
        result.failure, "    stream     0.070000 montague.example ~ ready capulet.example\n    network    0.080000 "));
}
END_TEST

START_TEST(a_seed_is_part_of_the_replay) {
    options.seed = 12;
    play_case(TWO_SERVERS("") GETS("m1"), 0);
    ck_assert_ptr_nonnull(strstr(result.failure, "    replay     stanzadrill run --seed 12 test.scs --trace\n"));
}
END_TEST

Suite *drill_network_suite(void) {
    Suite *suite = suite_create("drill_network");
    TCase *tc = tcase_create("drill_network");
    tcase_add_checked_fixture(tc, drill_setup_case, drill_teardown_case);
    tcase_add_test(tc, a_link_has_the_latency_that_its_section_gives);
    tcase_add_test(tc, a_link_may_lead_to_a_peer);
    tcase_add_test(tc, the_same_seed_gives_the_same_jitter);
    tcase_add_test(tc, a_clients_latency_counts_each_way);
    tcase_add_test(tc, what_is_on_its_way_to_a_client_that_vanishes_breaks_no_rule);
    tcase_add_test(tc, a_client_that_comes_back_is_not_taken_for_who_it_was);
    tcase_add_test(tc, nothing_and_decides_do_not_wait_for_timers);
    tcase_add_test(tc, a_late_bounce_is_caught_when_the_script_ends);
    tcase_add_test(tc, what_is_under_way_when_the_link_is_cut_is_lost);
    tcase_add_test(tc, a_stalled_link_keeps_what_it_holds);
    tcase_add_test(tc, a_crash_ends_the_sessions_of_a_server);
    tcase_add_test(tc, a_name_that_is_lost_comes_back);
    tcase_add_test(tc, a_client_that_closes_its_stream_is_gone);
    tcase_add_test(tc, the_trace_shows_each_step_of_a_stream);
    tcase_add_test(tc, the_trace_says_why_a_stream_did_not_open_or_ended);
    tcase_add_test(tc, a_stanza_that_was_lost_is_said_to_be);
    tcase_add_test(tc, a_stanza_that_found_no_stream_names_the_stream_and_the_peer);
    tcase_add_test(tc, a_stanza_that_a_stall_holds_up_names_the_fault);
    tcase_add_test(tc, a_seed_is_part_of_the_replay);
    suite_add_tcase(suite, tc);
    return suite;
}
