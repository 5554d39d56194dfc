/* A case in numbers: fates, latencies, queues and attempts, and the bound on virtual time. */
#include "drill_harness.h"

#include <check.h>
#include <string.h>

Suite *tally_suite(void);

#define TWO_SERVERS                                                                                                    \
    "# Test\n"                                                                                                         \
    "[Server] north\n"                                                                                                 \
    "\thosts: montague.example\n"                                                                                      \
    "[Server] south\n"                                                                                                 \
    "\thosts: capulet.example\n"                                                                                       \
    "[Client] Romeo\n"                                                                                                 \
    "\tjid: romeo@montague.example/orchard\n"                                                                          \
    "[Client] Juliet\n"                                                                                                \
    "\tjid: juliet@capulet.example/balcony\n"                                                                          \
    "---\n"                                                                                                            \
    "Romeo connects\n"                                                                                                 \
    "Juliet connects\n"
#define JULIET_RECEIVES "Juliet receives:\n\t<message id='m1'/>\n"

static size_t count_fates(const char *kind, const char *rule, const char *fate) {
    size_t count = 0;
    for (size_t i = 0; i < result.tally->fate_count; i++) {
        const struct drill_fate *f = &result.tally->fates[i];
        count += f->rule == router_rule_find(rule) && strcmp(stanza_kind_name((enum stanza_kind)f->kind), kind) == 0 &&
                 strcmp(router_fate_name((enum router_effect_kind)f->fate), fate) == 0;
    }
    return count;
}

START_TEST(nothing_is_counted_unless_asked_for) {
    passes(BOTH_CONNECT CHAT JULIET_RECEIVES);
    ck_assert_ptr_null(result.tally);
}
END_TEST

START_TEST(each_copy_has_a_fate_and_each_arrival_a_latency) {
    options.tally = true;
    passes(BOTH_CONNECT CHAT JULIET_RECEIVES);
    ck_assert_uint_eq(result.tally->fate_count, 1);
    ck_assert_uint_eq(count_fates("message/chat", "msg.full.chat.match", "deliver"), 1);
    ck_assert_uint_eq(result.tally->latency_count, 1);
    ck_assert_uint_eq(result.tally->latencies_us[0], 0);
    ck_assert_uint_eq(result.tally->queue_count, 0);
    ck_assert_uint_eq(result.tally->attempt_count, 0);
}
END_TEST

/* Opening takes 70 ms, and the stanza 10 ms more; the second goes on the same stream. */
START_TEST(latency_counts_from_the_first_server) {
    options.tally = true;
    passes(TWO_SERVERS CHAT JULIET_RECEIVES CHAT JULIET_RECEIVES);
    ck_assert_uint_eq(count_fates("message/chat", "s2s.route", "route"), 2);
    ck_assert_uint_eq(count_fates("message/chat", "msg.full.chat.match", "deliver"), 2);
    ck_assert_uint_eq(result.tally->latency_count, 2);
    ck_assert_uint_eq(result.tally->latencies_us[0], 80000);
    ck_assert_uint_eq(result.tally->latencies_us[1], 10000);
    ck_assert_uint_eq(result.tally->queue_count, 1);
    ck_assert_uint_eq(result.tally->queues[0], 1);
    ck_assert_uint_eq(result.tally->attempt_count, 1);
    ck_assert_str_eq(result.tally->attempts[0], "ready");
}
END_TEST

START_TEST(a_queue_grows_until_its_stream_is_ready) {
    options.tally = true;
    passes(TWO_SERVERS CHAT CHAT CHAT "Juliet receives:\n\t<message id='m1'/>\n\t<message id='m1'/>\n"
                                      "\t<message id='m1'/>\n");
    ck_assert_uint_eq(result.tally->queue_count, 3);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(result.tally->queues[i], i + 1);
    }
}
END_TEST

START_TEST(an_attempt_that_fails_says_why) {
    options.tally = true;
    passes(TWO_SERVERS "DNS loses capulet.example\n" CHAT
                       "Romeo receives:\n\t<message id='m1' type='error'/>\n"
                       "DNS finds capulet.example\n" CHAT JULIET_RECEIVES);
    ck_assert_uint_eq(result.tally->attempt_count, 2);
    ck_assert_str_eq(result.tally->attempts[0], "no such host");
    ck_assert_str_eq(result.tally->attempts[1], "ready");
    /* The queue was empty again in between. */
    ck_assert_uint_eq(result.tally->queue_count, 2);
    ck_assert_uint_eq(result.tally->queues[1], 1);
    /* What came back is known after the look-up of the name. */
    ck_assert_uint_eq(result.tally->latencies_us[0], 10000);
}
END_TEST

START_TEST(a_case_that_takes_longer_than_it_may_fails) {
    options.virtual_max_us = 90 * 1000000;
    passes(BOTH_CONNECT "time passes: 90s\n" CHAT JULIET_RECEIVES);
    ends(BOTH_CONNECT "time passes: 91s\n" CHAT JULIET_RECEIVES, DRILL_FAIL, 9,
         "  test.scs:9: this takes more than the 90 s of virtual time that it may\n"
         "    step       time passes\n"
         "    replay     stanzadrill run --timeout 90 test.scs --trace\n");
    options.virtual_max_us = 0;
    passes(BOTH_CONNECT "time passes: 91s\n" CHAT JULIET_RECEIVES);
}
END_TEST

START_TEST(a_trace_of_failures_is_kept_of_failures_only) {
    options.trace_failure = true;
    passes(BOTH_CONNECT CHAT JULIET_RECEIVES);
    ck_assert_ptr_null(result.trace);
    play_case(BOTH_CONNECT CHAT, 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_ptr_nonnull(result.trace);
    ck_assert(traced("> m1 message/chat"));
}
END_TEST

/* With a profile that takes a liberty with it. */
#define LOOSE                                                                                                          \
    BOTH_CONNECT "Juliet sends:\n\t<presence/>\nJuliet receives:\n\t<presence/>\nRomeo sends:\n"                     \
                 "\t<message id='m1' type='groupchat' to='juliet@capulet.example'/>\n" JULIET_RECEIVES

static void expect_kept(bool kept) {
    ck_assert_int_eq(result.trace != NULL, kept);
    ck_assert_int_eq(result.story != NULL, kept);
}

START_TEST(a_sparing_run_keeps_trace_and_story_of_what_does_not_pass) {
    options.trace = options.story = true;
    options.keep = DRILL_KEEP_TROUBLES;
    passes(BOTH_CONNECT CHAT JULIET_RECEIVES);
    expect_kept(false);
    play_case(BOTH_CONNECT CHAT, 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    expect_kept(true);
    options.profile = "prosody-note";
    passes_loosely(LOOSE);
    expect_kept(true);
}
END_TEST

START_TEST(a_very_sparing_run_keeps_trace_and_story_of_failures_only) {
    options.trace = options.story = true;
    options.keep = DRILL_KEEP_FAILURES;
    play_case(BOTH_CONNECT CHAT, 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    expect_kept(true);
    options.profile = "prosody-note";
    passes_loosely(LOOSE);
    expect_kept(false);
    options.keep = DRILL_KEEP_ALL;
    passes_loosely(LOOSE);
    expect_kept(true);
}
END_TEST

START_TEST(every_result_says_how_to_play_it_again) {
    passes(BOTH_CONNECT CHAT JULIET_RECEIVES);
    ck_assert_ptr_nonnull(strstr(result.replay, "stanzadrill run "));
    options.strict = true;
    options.seed = 7;
    options.virtual_max_us = 5000000;
    passes(BOTH_CONNECT CHAT JULIET_RECEIVES);
    ck_assert_ptr_nonnull(strstr(result.replay, "--seed 7 --strict --timeout 5 "));
}
END_TEST

Suite *tally_suite(void) {
    Suite *suite = suite_create("tally");
    TCase *tcase = tcase_create("tally");
    tcase_add_checked_fixture(tcase, drill_setup_case, drill_teardown_case);
    tcase_add_test(tcase, nothing_is_counted_unless_asked_for);
    tcase_add_test(tcase, each_copy_has_a_fate_and_each_arrival_a_latency);
    tcase_add_test(tcase, latency_counts_from_the_first_server);
    tcase_add_test(tcase, a_queue_grows_until_its_stream_is_ready);
    tcase_add_test(tcase, an_attempt_that_fails_says_why);
    tcase_add_test(tcase, a_case_that_takes_longer_than_it_may_fails);
    tcase_add_test(tcase, a_trace_of_failures_is_kept_of_failures_only);
    tcase_add_test(tcase, a_sparing_run_keeps_trace_and_story_of_what_does_not_pass);
    tcase_add_test(tcase, a_very_sparing_run_keeps_trace_and_story_of_failures_only);
    tcase_add_test(tcase, every_result_says_how_to_play_it_again);
    suite_add_tcase(suite, tcase);
    return suite;
}
