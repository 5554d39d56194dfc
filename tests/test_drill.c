/* Tests of playing scripts: what each action and each part of the cast means. */
#include "drill_harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------------ basics ---- */

START_TEST(a_stanza_that_is_expected_passes) {
    passes(BOTH_CONNECT CHAT "Juliet receives:\n"
                             "\t<message id='m1' from=\"${Romeo's full JID}\"><body>Hi</body></message>\n");
    ck_assert_uint_eq(result.virtual_us, 0);
    ck_assert_uint_eq(result.further, 0);
}
END_TEST

START_TEST(a_client_may_connect_again) {
    passes(BOTH_CONNECT "Juliet disconnects\n"
                        "Juliet disconnects\n"
                        "Juliet connects\n" CHAT "Juliet receives:\n"
                        "\t<message id='m1'/>\n");
}
END_TEST

START_TEST(what_is_inserted_is_escaped) {
    passes(BOTH_CONNECT
           "Romeo sends:\n"
           "\t<message id='&lt;&amp;\"&apos;>' to=\"${Juliet's full JID}\"><body>a &lt; b</body></message>\n"
           "Juliet receives:\n"
           "\t<message id='{scansion:capture:id}'><body>{scansion:capture:text}</body></message>\n"
           "Juliet sends:\n"
           "\t<message id='${id}' to=\"${Romeo's full JID}\"><body>${text}</body></message>\n"
           "Romeo receives:\n"
           "\t<message id='&lt;&amp;&quot;&apos;&gt;'><body>a &lt; b</body></message>\n");
}
END_TEST

START_TEST(time_passes_when_it_is_told_to) {
    passes(CAST "Romeo connects\n"
                "time passes: 90s\n"
                "Romeo sends:\n"
                "\t<iq type='get' id='p' to='montague.example'><ping xmlns='urn:xmpp:ping'/></iq>\n"
                "Romeo receives:\n"
                "\t<iq type='result' id='p'/>\n");
    ck_assert_uint_eq(result.virtual_us, 90000000);
}
END_TEST

START_TEST(receives_waits_until_the_stanza_has_crossed) {
    passes("# Test\n"
           "[Server] north\n"
           "\thosts: montague.example\n"
           "[Server] south\n"
           "\thosts: capulet.example\n"
           "[Client] Romeo\n"
           "\tjid: romeo@montague.example/orchard\n"
           "[Client] Juliet\n"
           "\tjid: juliet@capulet.example/balcony\n"
           "---\n"
           "Romeo connects\n"
           "Juliet connects\n" CHAT "Juliet receives:\n"
           "\t<message id='m1'/>\n");
    ck_assert_uint_eq(result.virtual_us, 80000);
}
END_TEST

/* --------------------------------------------------------------------------------------------- other receives ---- */

#define TWO_MESSAGES                                                                                                   \
    "Romeo sends:\n"                                                                                                   \
    "\t<message id='m1' to=\"${Juliet's full JID}\"/>\n"                                                               \
    "\t<message id='m2' to=\"${Juliet's full JID}\"/>\n"

START_TEST(stanzas_may_be_expected_in_any_order) {
    passes(BOTH_CONNECT TWO_MESSAGES "Juliet receives in any order:\n"
                                     "\t<message id='m2'/>\n"
                                     "\t<message id='m1'/>\n");
    play_case(BOTH_CONNECT TWO_MESSAGES "Juliet receives:\n"
                                        "\t<message id='m2'/>\n"
                                        "\t<message id='m1'/>\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_uint_eq(result.further, 1);
}
END_TEST

START_TEST(in_any_order_the_one_without_a_partner_is_named) {
    play_case(BOTH_CONNECT TWO_MESSAGES "Juliet receives in any order:\n"
                                        "\t<message id='m3'/>\n"
                                        "\t<message id='m1'/>\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_uint_eq(result.line, 13);
    ck_assert_uint_eq(result.further, 0);
    ck_assert_ptr_nonnull(strstr(result.failure, "differs    message: attribute 'id': expected 'm3', found 'm2'\n"));
    play_case(BOTH_CONNECT TWO_MESSAGES "Juliet receives in any order:\n"
                                        "\t<message/>\n"
                                        "\t<message id='m1'/>\n"
                                        "\t<message id='m3'/>\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_uint_eq(result.line, 15);
    ck_assert_uint_eq(result.further, 0);
    ck_assert_ptr_nonnull(strstr(result.failure, "instead    nothing; all was quiet at 0.000000\n"));
}
END_TEST

START_TEST(one_of_several_is_enough_and_the_trace_says_which) {
    options.trace = true;
    passes(BOTH_CONNECT CHAT "Juliet receives one of:\n"
                             "\t<message id='m0'/>\n"
                             "\t<message id='m1'/>\n");
    ck_assert(traced("# line 11: alternative 2 of 2 came\n"));
    play_case(BOTH_CONNECT CHAT "Juliet receives one of:\n"
                                "\t<message id='m0'/>\n"
                                "\t<message id='m2'/>\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_uint_eq(result.line, 12);
}
END_TEST

START_TEST(nothing_may_be_one_of_the_alternatives) {
    options.trace = true;
    passes(BOTH_CONNECT "Juliet receives one of:\n"
                        "\t<message id='m0'/>\n"
                        "\tnothing\n");
    ck_assert(traced("# line 9: of the alternatives, nothing came\n"));
    play_case(BOTH_CONNECT "Juliet receives one of:\n"
                           "\t<message id='m0'/>\n"
                           "\t<message id='m1'/>\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
}
END_TEST

#define ASK_JULIET                                                                                                     \
    "# Test\n"                                                                                                         \
    "[Client] Juliet\n"                                                                                                \
    "\tjid: juliet@capulet.example/balcony\n"                                                                          \
    "[Client] Phone\n"                                                                                                 \
    "\tjid: juliet@capulet.example/phone\n"                                                                            \
    "---\n"                                                                                                            \
    "Juliet connects\n"                                                                                                \
    "Phone connects\n"                                                                                                 \
    "Phone sends:\n"                                                                                                   \
    "\t<iq type='get' id='q1' to='juliet@capulet.example/balcony'><ping xmlns='urn:xmpp:ping'/></iq>\n"                \
    "Juliet receives:\n"                                                                                               \
    "\t<iq type='get' id='q1'/>\n"

START_TEST(an_iq_request_must_be_answered) {
    play_case(ASK_JULIET, 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_uint_eq(result.line, 9);
    ck_assert_ptr_nonnull(
        strstr(result.failure, "test.scs:9: because of this, Juliet got an iq request that no line answers\n"));
    passes(ASK_JULIET "Juliet disconnects\n");
    passes(ASK_JULIET "Juliet sends:\n"
                      "\t<iq type='result' id='q1' to='juliet@capulet.example/phone'/>\n"
                      "Phone receives:\n"
                      "\t<iq type='result' id='q1'/>\n");
    play_case(ASK_JULIET "Juliet sends:\n"
                         "\t<iq type='result' id='q2' to='juliet@capulet.example/phone'/>\n"
                         "Phone receives:\n"
                         "\t<iq type='result' id='q2'/>\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    options.scansion = true;
    passes(ASK_JULIET);
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- decides ---- */

#define ASK_FOR_NOBODY                                                                                                 \
    BOTH_CONNECT "Romeo sends:\n"                                                                                      \
                 "\t<message type='headline' to='juliet@capulet.example'/>\n"                                          \
                 "\t<iq type='get' id='q' to='tybalt@capulet.example'><ping xmlns='urn:xmpp:ping'/></iq>\n"            \
                 "Romeo receives:\n"                                                                                   \
                 "\t<iq type='error' id='q'/>\n"

START_TEST(a_host_accounts_for_all_of_its_fates_in_order) {
    passes(ASK_FOR_NOBODY "capulet.example decides:\n"
                          "\tdrop by msg.bare.headline.none\n"
                          "\tbounce service-unavailable to Romeo@MONTAGUE.example/orchard by iq.nouser.request\n");
    passes(ASK_FOR_NOBODY "Capulet.Example decides:\n"
                          "\tdrop\n"
                          "\tbounce to ${Romeo's full JID}\n");
}
END_TEST

START_TEST(an_account_begins_where_the_last_one_ended) {
    passes(ASK_FOR_NOBODY "capulet.example decides:\n"
                          "\tdrop\n"
                          "\tbounce\n" CHAT "Juliet receives:\n"
                          "\t<message id='m1'/>\n"
                          "capulet.example decides:\n"
                          "\tdeliver to ${Juliet's full JID}\n");
}
END_TEST

START_TEST(a_fate_that_is_not_listed_fails) {
    ends(ASK_FOR_NOBODY "capulet.example decides:\n"
                        "\tdrop\n",
         DRILL_FAIL, 14,
         "  test.scs:14: capulet.example decided more than is listed\n"
         "    expected   capulet.example = nothing more\n"
         "    instead    0.000000 capulet.example = q bounce service-unavailable to romeo@montague.example/orchard "
         "by iq.nouser.request\n"
         "    decided by iq.nouser.request, fate=bounce service-unavailable to=romeo@montague.example/orchard   "
         "RFC 6121 8.5.1; RFC 6120 10.5.3.1 (MUST)\n"
         "    facts      tybalt@capulet.example: no such account\n"
         "    allowed    bounce(service-unavailable,cancel)\n"
         "    replay     stanzadrill run test.scs --trace\n");
}
END_TEST

static void wrong_fate(const char *line) {
    char script[2000];
    (void)snprintf(script, sizeof script, "%scapulet.example decides:\n\tdrop\n\t%s\n", ASK_FOR_NOBODY, line);
    play_case(script, 0);
    ck_assert_msg(result.verdict == DRILL_FAIL, "%s", line);
    ck_assert_uint_eq(result.line, 16);
}

START_TEST(all_that_a_fate_line_states_is_compared) {
    wrong_fate("store");
    wrong_fate("bounce not-allowed");
    wrong_fate("bounce to romeo@montague.example");
    wrong_fate("bounce to romeo@montague.example/Orchard");
    wrong_fate("bounce by msg.nouser.error");
    play_case(ASK_FOR_NOBODY "capulet.example decides:\n"
                             "\tdrop\n"
                             "\tbounce\n"
                             "\thandle\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_ptr_nonnull(strstr(result.failure, "test.scs:17: capulet.example should have decided handle\n"
                                                 "    expected   capulet.example = handle\n"
                                                 "    instead    capulet.example = nothing more\n"));
}
END_TEST

START_TEST(a_departure_is_called_by_its_own_id) {
    const char *script = BOTH_CONNECT "Juliet sends:\n"
                                      "\t<presence/>\n"
                                      "Juliet receives:\n"
                                      "\t<presence/>\n"
                                      "Romeo sends:\n"
                                      "\t<message id='m1' type='groupchat' to='juliet@capulet.example'/>\n"
                                      "Juliet receives:\n"
                                      "\t<message id='m1'/>\n"
                                      "capulet.example decides:\n"
                                      "\tdeliver\n"
                                      "\tdeliver to ${Juliet's full JID} by prosody-note.bare.message\n";
    options.profile = "prosody-note";
    passes_loosely(script);
    ck_assert_str_eq(result.reason, "prosody-note.bare.message departs from msg.bare.groupchat.one (MUST)");
    options.strict = true;
    ends(script, DRILL_FAIL, 0,
         "  test.scs: everything came as expected, but --strict wants what the specification asks for\n"
         "    departed   prosody-note.bare.message departs from msg.bare.groupchat.one (MUST)\n");
    options.strict = false;
    options.profile = NULL;
    play_case(script, 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- cast ---- */

START_TEST(policy_lines_turn_knobs) {
    const char *cast = "# Test\n"
                       "[Server] verona\n"
                       "\thosts: montague.example, capulet.example\n"
                       "\tprofile: rfc6121\n"
                       "\tpolicy: %s\n"
                       "[Client] Romeo\n"
                       "\tjid: romeo@montague.example/orchard\n"
                       "---\n"
                       "Romeo connects\n"
                       "Romeo sends:\n"
                       "\t<message id='m1' to='tybalt@capulet.example'><body>Hi</body></message>\n"
                       "Romeo receives one of:\n"
                       "\t<message type='error' id='m1'/>\n"
                       "\tnothing\n"
                       "capulet.example decides:\n"
                       "\t%s\n";
    char script[2000];
    (void)snprintf(script, sizeof script, cast, "msg.nouser=error", "bounce service-unavailable");
    passes(script);
    (void)snprintf(script, sizeof script, cast, "msg.nouser=silent", "drop");
    passes(script);
}
END_TEST

START_TEST(a_policy_that_is_none_is_an_error_of_the_script) {
    const char *scripts[] = {"\tpolicy: msg.nosuer=silent\n", "\tpolicy: msg.nouser=explode\n", "\tprofile: nobody\n"};
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        char script[1000];
        (void)snprintf(script, sizeof script,
                       "# Test\n[Server] verona\n\thosts: montague.example\n%s[Client] Romeo\n"
                       "\tjid: romeo@montague.example\n---\nRomeo connects\n",
                       scripts[i]);
        play_case(script, 0);
        ck_assert_int_eq(result.verdict, DRILL_ERROR);
        ck_assert_uint_eq(result.line, 4);
        ck_assert_uint_ge(result.column, 10);
        char place[40];
        (void)snprintf(place, sizeof place, "  test.scs:4:%u: ", result.column);
        ck_assert_int_eq(strncmp(result.failure, place, strlen(place)), 0);
    }
    ck_assert_ptr_nonnull(strstr(result.failure, "nobody"));
}
END_TEST

START_TEST(a_profile_that_is_none_is_an_error_without_a_place) {
    options.profile = "nobody";
    options.profiles = drill_profiles_new();
    for (int again = 0; again < 2; again++) {
        play_case(BOTH_CONNECT, 0);
        ck_assert_int_eq(result.verdict, DRILL_ERROR);
        ck_assert_uint_eq(result.line, 0);
        ck_assert_int_eq(strncmp(result.failure, "  test.scs: ", 12), 0);
    }
    drill_profiles_free(options.profiles);
}
END_TEST

static void writes_to_nobody(const char *server, const char *fate) {
    char script[1000];
    (void)snprintf(script, sizeof script,
                   "# Test\n[Server] verona\n\thosts: montague.example, capulet.example\n%s"
                   "[Client] Romeo\n\tjid: romeo@montague.example/orchard\n---\n"
                   "Romeo connects\nRomeo sends:\n\t<message id='m1' to='tybalt@capulet.example'/>\n"
                   "Romeo receives one of:\n\t<message type='error' id='m1'/>\n\tnothing\n"
                   "capulet.example decides:\n\t%s\n",
                   server, fate);
    play_case(script, 0);
    ck_assert_msg(result.verdict == DRILL_PASS || result.verdict == DRILL_NON_STRICT, "%s", result.failure);
}

/* Each of these would come out as the one before it where plays told profiles apart by less, or changed what is kept. */
START_TEST(plays_that_share_profiles_go_as_they_would_alone) {
    options.profiles = drill_profiles_new();
    for (int again = 0; again < 2; again++) {
        writes_to_nobody("\tpolicy: msg.nouser=error\n", "bounce service-unavailable");
        writes_to_nobody("", "drop");
        options.profile_text = "knob msg.nouser = error\n";
        writes_to_nobody("", "bounce service-unavailable");
        writes_to_nobody("\tprofile: rfc6121\n", "drop");
        options.profile_text = "departs msg.nouser.bare.normal does bounce item-not-found as mine.nobody\n";
        writes_to_nobody("", "bounce item-not-found by mine.nobody");
        options.profile_text = "rfc6121";
        play_case(BOTH_CONNECT, 0);
        ck_assert_int_eq(result.verdict, DRILL_ERROR);
        options.profile_text = NULL;
    }
    drill_profiles_free(options.profiles);
}
END_TEST

START_TEST(contacts_are_there_from_the_start) {
    passes("# Test\n"
           "[Account] juliet@capulet.example\n"
           "\tcontact: romeo@montague.example both\n"
           "[Account] romeo@montague.example\n"
           "\tcontact: juliet@capulet.example both\n"
           "[Client] Romeo\n"
           "\tjid: romeo@montague.example/orchard\n"
           "[Client] Juliet\n"
           "\tjid: juliet@capulet.example/balcony\n"
           "---\n"
           "Romeo connects\n"
           "Juliet connects\n"
           "Romeo sends:\n"
           "\t<presence/>\n"
           "Romeo receives:\n"
           "\t<presence from=\"${Romeo's full JID}\"/>\n"
           "\t<presence from=\"${Juliet's JID}\" type='unavailable'/>\n"
           "Juliet sends:\n"
           "\t<presence/>\n"
           "Romeo receives:\n"
           "\t<presence from=\"${Juliet's full JID}\"/>\n"
           "Juliet receives in any order:\n"
           "\t<presence from=\"${Juliet's full JID}\"/>\n"
           "\t<presence from=\"${Romeo's full JID}\"/>\n");
}
END_TEST

START_TEST(a_roster_that_cannot_be_is_an_error_of_the_script) {
    play_case("# Test\n"
              "[Account] juliet@capulet.example\n"
              "\tcontact: romeo@montague.example both, ask\n"
              "[Client] Romeo\n"
              "\tjid: romeo@montague.example\n"
              "---\n"
              "Romeo connects\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_ERROR);
    ck_assert_uint_eq(result.line, 3);
    ck_assert_uint_eq(result.column, 11);
    ck_assert_str_eq(result.failure, "  test.scs:3:11: no roster can be in this state (RFC 6121 Appendix A)\n");
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- streams ---- */

START_TEST(ill_formed_octets_end_a_stream_and_what_follows_fails) {
    passes(BOTH_CONNECT "Romeo sends raw:\n"
                        "\t<message><body></message>\n"
                        "montague.example decides:\n"
                        "\tclose not-well-formed by in.xml.illformed\n");
    ck_assert(fired("in.xml.illformed"));
    play_case(BOTH_CONNECT "Romeo sends raw:\n"
                           "\t<message><body></message>\n"
                           "Juliet receives: nothing\n"
                           "Romeo sends:\n"
                           "\t<presence/>\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_uint_eq(result.line, 12);
    ck_assert_ptr_nonnull(strstr(result.failure, "test.scs:12: Romeo should still be connected\n"
                                                 "    expected   Romeo ~ connected\n"
                                                 "    instead    0.000000 Romeo ~ ended not-well-formed\n"
                                                 "    decided by in.xml.illformed, fate=close not-well-formed"));
}
END_TEST

#define TAKEN(policy, resource)                                                                                        \
    "# Test\n"                                                                                                         \
    "[Server] verona\n"                                                                                                \
    "\thosts: montague.example\n" policy "[Client] Romeo\n"                                                           \
    "\tjid: romeo@montague.example/orchard\n"                                                                          \
    "[Client] Double\n"                                                                                                \
    "\tjid: romeo@montague.example/" resource "\n"                                                                     \
    "---\n"                                                                                                            \
    "Romeo connects\n"

START_TEST(who_is_refused_stays_out) {
    options.trace = true;
    passes(TAKEN("\tpolicy: bind.conflict=refuse\n", "orchard") "Double is refused: conflict\n");
    ck_assert_ptr_nonnull(strstr(result.trace, "# line 11: Double is refused: conflict\n"));
    ck_assert_ptr_nonnull(strstr(result.trace, "Double ~ refused conflict\n"));
    passes(TAKEN("\tpolicy: bind.max=1\n", "phone") "Double is refused: resource-constraint\nRomeo disconnects\n"
                                                      "Double connects\n");
    ends(TAKEN("\tpolicy: bind.max=1\n", "phone") "Double is refused: resource-constraint\n"
                                                    "Double sends:\n\t<presence/>\n",
         DRILL_ERROR, 12, "  test.scs:12:1: Double is not connected\n");
    ends(TAKEN("", "phone") "Romeo is refused: conflict\n", DRILL_ERROR, 10,
         "  test.scs:10:1: Romeo is connected already\n");
}
END_TEST

START_TEST(who_should_have_been_refused_and_is_not_fails) {
    play_case(TAKEN("", "phone") "Double is refused: conflict\nDouble connects\n", 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_uint_eq(result.line, 10);
    ck_assert_ptr_nonnull(strstr(result.failure, "test.scs:10: Double should have been refused: conflict\n"
                                                 "    expected   Double ~ refused conflict\n"
                                                 "    instead    0.000000 Double ~ connected "
                                                 "romeo@montague.example/phone\n"));
    play_case(TAKEN("\tpolicy: bind.max=1\n", "phone") "Double is refused: conflict\n", 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_ptr_nonnull(strstr(result.failure, "    instead    0.000000 Double ~ refused resource-constraint\n"));
    play_case(TAKEN("\tpolicy: bind.max=1\n", "phone") "Double connects\n", 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_ptr_nonnull(strstr(result.failure, "Double should have been logged in\n"));
}
END_TEST

START_TEST(a_script_that_forgets_to_connect_is_an_error) {
    ends(CAST "Romeo sends:\n\t<presence/>\n", DRILL_ERROR, 7, "  test.scs:7:1: Romeo is not connected\n");
    ends(CAST "Romeo connects\nRomeo connects\n", DRILL_ERROR, 8, "  test.scs:8:1: Romeo is connected already\n");
    ends(CAST "Romeo connects\nRomeo vanishes\nRomeo sends:\n\t<presence/>\n", DRILL_ERROR, 9,
         "  test.scs:9:1: Romeo is not connected\n");
}
END_TEST

Suite *drill_suite(void);
Suite *drill_suite(void) {
    Suite *suite = suite_create("drill");
    TCase *tc = tcase_create("drill");
    tcase_add_checked_fixture(tc, drill_setup_case, drill_teardown_case);
    tcase_add_test(tc, a_stanza_that_is_expected_passes);
    tcase_add_test(tc, a_client_may_connect_again);
    tcase_add_test(tc, what_is_inserted_is_escaped);
    tcase_add_test(tc, time_passes_when_it_is_told_to);
    tcase_add_test(tc, receives_waits_until_the_stanza_has_crossed);
    tcase_add_test(tc, stanzas_may_be_expected_in_any_order);
    tcase_add_test(tc, in_any_order_the_one_without_a_partner_is_named);
    tcase_add_test(tc, one_of_several_is_enough_and_the_trace_says_which);
    tcase_add_test(tc, nothing_may_be_one_of_the_alternatives);
    tcase_add_test(tc, an_iq_request_must_be_answered);
    tcase_add_test(tc, a_host_accounts_for_all_of_its_fates_in_order);
    tcase_add_test(tc, an_account_begins_where_the_last_one_ended);
    tcase_add_test(tc, a_fate_that_is_not_listed_fails);
    tcase_add_test(tc, all_that_a_fate_line_states_is_compared);
    tcase_add_test(tc, a_departure_is_called_by_its_own_id);
    tcase_add_test(tc, policy_lines_turn_knobs);
    tcase_add_test(tc, a_policy_that_is_none_is_an_error_of_the_script);
    tcase_add_test(tc, a_profile_that_is_none_is_an_error_without_a_place);
    tcase_add_test(tc, plays_that_share_profiles_go_as_they_would_alone);
    tcase_add_test(tc, contacts_are_there_from_the_start);
    tcase_add_test(tc, a_roster_that_cannot_be_is_an_error_of_the_script);
    tcase_add_test(tc, ill_formed_octets_end_a_stream_and_what_follows_fails);
    tcase_add_test(tc, who_is_refused_stays_out);
    tcase_add_test(tc, who_should_have_been_refused_and_is_not_fails);
    tcase_add_test(tc, a_script_that_forgets_to_connect_is_an_error);
    suite_add_tcase(suite, tc);
    return suite;
}
