/* Tests of what the drill says of a run: failure texts, trace, rules that fired. */
#include "drill_harness.h"
#include "nevers.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------------------------------------- failures ---- */

START_TEST(a_stanza_that_does_not_come_fails) {
    ends(BOTH_CONNECT "Romeo sends:\n"
                      "\t<message id='m1' type='headline' to='juliet@capulet.example'/>\n"
                      "Juliet receives:\n"
                      "\t<message id='m1'/>\n",
         DRILL_FAIL, 12,
         "  test.scs:12: Juliet should have received m1\n"
         "    expected   Juliet < <message id=\"m1\"/>\n"
         "    instead    nothing; all was quiet at 0.000000\n"
         "    decided by msg.bare.headline.none, fate=drop   RFC 6121 8.5.2.2.1; 5.2.2 (MUST)\n"
         "    facts      juliet@capulet.example: balcony connected, no presence sent\n"
         "    allowed    drop (5.2.2 would also allow an error)\n"
         "    replay     stanzadrill run test.scs --trace\n");
}
END_TEST

START_TEST(a_stanza_that_somebody_else_got_is_shown_there) {
    ends("# Test\n"
         "[Client] Romeo\n"
         "\tjid: romeo@montague.example/orchard\n"
         "[Client] Juliet\n"
         "\tjid: juliet@capulet.example/balcony\n"
         "[Client] Nurse\n"
         "\tjid: juliet@capulet.example/chamber\n"
         "---\n"
         "Romeo connects\n"
         "Juliet connects\n"
         "Nurse connects\n" CHAT "Nurse receives:\n"
         "\t<message id='m1'/>\n",
         DRILL_FAIL, 15,
         "  test.scs:15: Nurse should have received m1\n"
         "    expected   Nurse < <message id=\"m1\"/>\n"
         "    instead    0.000000 Juliet < m1 unchanged\n"
         "    decided by msg.full.chat.match, fate=deliver to=juliet@capulet.example/balcony   RFC 6121 8.5.3.1; T1 "
         "(MUST)\n"
         "    facts      juliet@capulet.example: balcony connected, no presence sent, chamber connected, no presence "
         "sent\n"
         "    allowed    deliver(that resource); the table would also allow all opted-in resources when several are "
         "non-negative\n"
         "    replay     stanzadrill run test.scs --trace\n"
         "    also       1 more difference\n");
    ck_assert_uint_eq(result.further, 1);
}
END_TEST

START_TEST(a_stanza_that_differs_fails_and_says_where) {
    ends(BOTH_CONNECT CHAT "Juliet receives:\n"
                           "\t<message id='m1' to=\"${Juliet's full JID}\"><body>Bye</body></message>\n",
         DRILL_FAIL, 12,
         "  test.scs:12: Juliet should have received m1\n"
         "    expected   Juliet < <message id=\"m1\" to=\"juliet@capulet.example/balcony\"><body>Bye</body></message>\n"
         "    instead    0.000000 Juliet < <message from=\"romeo@montague.example/orchard\" id=\"m1\" "
         "to=\"juliet@capulet.example/balcony\" type=\"chat\"><body>Hi</body></message>\n"
         "    differs    message/body: text: expected 'Bye', found 'Hi'\n"
         "    decided by msg.full.chat.match, fate=deliver to=juliet@capulet.example/balcony   RFC 6121 8.5.3.1; T1 "
         "(MUST)\n"
         "    facts      juliet@capulet.example: balcony connected, no presence sent\n"
         "    allowed    deliver(that resource); the table would also allow all opted-in resources when several are "
         "non-negative\n"
         "    replay     stanzadrill run test.scs --trace\n");
}
END_TEST

START_TEST(a_stanza_that_no_line_expects_fails_at_the_line_that_caused_it) {
    const char *script = BOTH_CONNECT CHAT "Romeo receives: nothing\n";
    ends(script, DRILL_FAIL, 9,
         "  test.scs:9: because of this, Juliet got a stanza that no line expects\n"
         "    expected   Juliet < nothing\n"
         "    instead    0.000000 Juliet < m1 unchanged\n"
         "    decided by msg.full.chat.match, fate=deliver to=juliet@capulet.example/balcony   RFC 6121 8.5.3.1; T1 "
         "(MUST)\n"
         "    facts      juliet@capulet.example: balcony connected, no presence sent\n"
         "    allowed    deliver(that resource); the table would also allow all opted-in resources when several are "
         "non-negative\n"
         "    replay     stanzadrill run test.scs --trace\n");
    options.scansion = true;
    passes(script);
}
END_TEST

START_TEST(what_a_client_left_unread_when_it_went_counts_at_the_end) {
    play_case(BOTH_CONNECT CHAT "Juliet disconnects\n", 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_uint_eq(result.line, 9);
}
END_TEST

START_TEST(nothing_fails_where_something_comes) {
    play_case(BOTH_CONNECT CHAT "Juliet receives: nothing\n", 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_uint_eq(result.line, 11);
    ck_assert_ptr_nonnull(strstr(result.failure, "test.scs:11: Juliet should have received nothing\n"
                                                 "    expected   Juliet < nothing\n"
                                                 "    instead    0.000000 Juliet < m1 unchanged\n"));
    passes(BOTH_CONNECT "Juliet receives: nothing\n");
}
END_TEST

START_TEST(the_replay_has_the_options_that_matter) {
    options.profile = "prosody-note";
    options.scansion = true;
    play_case(BOTH_CONNECT CHAT "Juliet receives: nothing\n", 0);
    ck_assert_ptr_nonnull(
        strstr(result.failure, "replay     stanzadrill run --profile prosody-note --scansion test.scs --trace\n"));
}
END_TEST

START_TEST(the_replay_names_the_row_of_a_table) {
    static const char table[] = "# Test\n"
                                "[Client] Romeo\n"
                                "\tjid: romeo@montague.example/orchard\n"
                                "[Client] Juliet\n"
                                "\tjid: juliet@capulet.example/balcony\n"
                                "[Cases]\n"
                                "\tcase        id\n"
                                "\tplain-1     m2\n"
                                "\tJuliet's 2  m3\n"
                                "---\n"
                                "Romeo connects\n"
                                "Juliet connects\n" CHAT "Juliet receives:\n"
                                "\t<message id='${id}'/>\n";
    play_case(table, 0);
    ck_assert_str_eq(result.replay, "stanzadrill run --case plain-1 test.scs --trace");
    ck_assert_ptr_nonnull(strstr(result.failure, "    replay     stanzadrill run --case plain-1 test.scs --trace\n"));
    play_case(table, 1);
    ck_assert_str_eq(result.replay, "stanzadrill run --case 'Juliet'\\''s 2' test.scs --trace");
}
END_TEST

START_TEST(what_rests_on_a_failure_is_not_played) {
    play_case(BOTH_CONNECT "Juliet receives:\n"
                           "\t<message id='{scansion:capture:id}'/>\n"
                           "Juliet sends:\n"
                           "\t<message id='${id}' to=\"${Romeo's full JID}\"/>\n"
                           "Romeo receives:\n"
                           "\t<message/>\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_uint_eq(result.line, 10);
    ck_assert_uint_eq(result.further, 0);
}
END_TEST

/* -------------------------------------------------------------------------------------------- trace and rules ---- */

START_TEST(the_trace_has_one_event_a_line) {
    options.trace = true;
    passes("# Test\n"
           "[Server] north\n"
           "\thosts: montague.example\n"
           "[Server] south\n"
           "\thosts: capulet.example\n"
           "[Client] Romeo\n"
           "\tjid: romeo@montague.example/orchard\n"
           "[Client] Juliet\n"
           "\tjid: juliet@capulet.example/bal cony\n"
           "---\n"
           "Romeo connects\n"
           "Juliet connects\n"
           "Romeo sends:\n"
           "\t<message id='m1' type='chat' to=\"${Juliet's full JID}\"><body>one\n"
           "\ttwo</body></message>\n"
           "\t<message id='not a label' type='error' to='juliet@capulet.example'/>\n"
           "Juliet receives:\n"
           "\t<message id='m1'/>\n"
           "Juliet vanishes\n");
    const char *lines[] = {
        "# line 11: Romeo connects\n",
        "0.000000 Romeo ~ bound romeo@montague.example/orchard\n",
        "# line 13: Romeo sends\n",
        "0.000000 montague.example > m1 message/chat from=romeo@montague.example/orchard "
        "to=juliet@capulet.example/bal&#32;cony\n",
        "0.000000 montague.example ~ opens capulet.example\n",
        "0.000000 montague.example = m1 rule=s2s.route fate=route to=juliet@capulet.example/bal&#32;cony\n",
        "0.070000 montague.example ~ ready capulet.example\n",
        "0.080000 capulet.example > m1 message/chat from=romeo@montague.example/orchard "
        "to=juliet@capulet.example/bal&#32;cony\n",
        "0.080000 capulet.example = m1 rule=msg.full.chat.match fate=deliver to=juliet@capulet.example/bal&#32;cony\n",
        "0.080000 capulet.example > #4 message/error from=romeo@montague.example/orchard to=juliet@capulet.example\n",
        "0.080000 Juliet < m1 unchanged\n",
        "# line 19: Juliet vanishes\n",
        "0.080000 Juliet ~ ended vanishes\n",
    };
    const char *at = result.trace;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *found = strstr(at, lines[i]);
        ck_assert_msg(found != NULL, "no line %s in\n%s", lines[i], result.trace);
        at = found;
    }
}
END_TEST

START_TEST(what_came_with_changes_is_shown_in_one_line) {
    options.trace = true;
    passes(CAST "Romeo connects\n"
                "Romeo sends:\n"
                "\t<presence><status>one\n"
                "\ttwo</status></presence>\n"
                "Romeo receives:\n"
                "\t<presence/>\n");
    ck_assert(traced("0.000000 Romeo < <presence from=\"romeo@montague.example/orchard\" "
                     "to=\"romeo@montague.example\"><status>one&#10;"));
}
END_TEST

START_TEST(the_same_script_gives_the_same_result) {
    options.trace = true;
    const char *script = "# Test\n"
                         "[Client] Romeo\n"
                         "\tjid: romeo@montague.example\n"
                         "---\n"
                         "Romeo connects\n"
                         "Romeo sends:\n"
                         "\t<presence/>\n";
    play_case(script, 0);
    char *trace = strdup(result.trace);
    char *failure = strdup(result.failure);
    play_case(script, 0);
    ck_assert_str_eq(result.trace, trace);
    ck_assert_str_eq(result.failure, failure);
    free(trace);
    free(failure);
}
END_TEST

START_TEST(rules_that_decided_or_acted_or_were_tempted_are_fired) {
    passes(BOTH_CONNECT CHAT "Juliet receives:\n"
                             "\t<message id='m1'/>\n");
    ck_assert(fired("msg.full.chat.match"));
    ck_assert(fired("in.from.full"));
    ck_assert(fired("in.to.norewrite"));
    ck_assert(!fired("loc.norewrite"));
    ck_assert(!fired("lang.keep"));
    ck_assert(!fired("msg.full.normal.match"));
    size_t count;
    (void)router_rules(&count);
    ck_assert_uint_eq(result.rule_count, count);
}
END_TEST

START_TEST(a_never_is_fired_only_where_it_could_be_broken) {
    passes(CAST "Romeo connects\n"
                "Juliet connects\n"
                "Juliet sends:\n"
                "\t<presence><priority>-1</priority></presence>\n"
                "Juliet receives:\n"
                "\t<presence/>\n"
                "Romeo sends:\n"
                "\t<message xml:lang='it' id='m1' type='headline' to='juliet@capulet.example'/>\n"
                "\t<message xml:lang='it' id='m2' to=\"${Juliet's full JID}\"/>\n"
                "\t<message id='m3' type='error' to='tybalt@capulet.example'/>\n"
                "\t<iq id='i1' type='result' to='juliet@capulet.example'/>\n"
                "\t<presence type='probe' to='capulet.example'/>\n"
                "Juliet receives:\n"
                "\t<message id='m2'/>\n");
    ck_assert(fired("msg.bare.never-negative"));
    ck_assert(fired("lang.keep"));
    ck_assert(fired("err.none-for-error"));
    ck_assert(fired("err.none-for-result"));
    ck_assert(fired("in.iq.no-reply"));
    ck_assert(fired("iq.bare.never-deliver"));
    ck_assert(fired("pres.probe.client-noerr"));
    ck_assert(fired("loc.noforward"));
    ck_assert(!fired("s2s.loop"));
}
END_TEST

START_TEST(every_never_of_the_rule_table_has_a_check_and_every_check_a_never) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    for (size_t i = 0; i < count; i++) {
        size_t n = 0;
        while (drill_nevers_name(n) != NULL && strcmp(drill_nevers_name(n), rules[i].id) != 0) {
            n++;
        }
        ck_assert_msg((rules[i].part == RULE_NEVER) == (drill_nevers_name(n) != NULL), "%s", rules[i].id);
    }
    for (size_t n = 0; drill_nevers_name(n) != NULL; n++) {
        ck_assert_msg(router_rule_find(drill_nevers_name(n)) >= 0, "%s", drill_nevers_name(n));
    }
}
END_TEST

Suite *verdict_suite(void);
Suite *verdict_suite(void) {
    Suite *suite = suite_create("verdict");
    TCase *tc = tcase_create("verdict");
    tcase_add_checked_fixture(tc, drill_setup_case, drill_teardown_case);
    tcase_add_test(tc, a_stanza_that_does_not_come_fails);
    tcase_add_test(tc, a_stanza_that_somebody_else_got_is_shown_there);
    tcase_add_test(tc, a_stanza_that_differs_fails_and_says_where);
    tcase_add_test(tc, a_stanza_that_no_line_expects_fails_at_the_line_that_caused_it);
    tcase_add_test(tc, what_a_client_left_unread_when_it_went_counts_at_the_end);
    tcase_add_test(tc, nothing_fails_where_something_comes);
    tcase_add_test(tc, the_replay_has_the_options_that_matter);
    tcase_add_test(tc, the_replay_names_the_row_of_a_table);
    tcase_add_test(tc, what_rests_on_a_failure_is_not_played);
    tcase_add_test(tc, the_trace_has_one_event_a_line);
    tcase_add_test(tc, what_came_with_changes_is_shown_in_one_line);
    tcase_add_test(tc, the_same_script_gives_the_same_result);
    tcase_add_test(tc, rules_that_decided_or_acted_or_were_tempted_are_fired);
    tcase_add_test(tc, a_never_is_fired_only_where_it_could_be_broken);
    tcase_add_test(tc, every_never_of_the_rule_table_has_a_check_and_every_check_a_never);
    suite_add_tcase(suite, tc);
    return suite;
}
