/* Scripts that are right: what is read of them. Scripts that are wrong are in test_script_errors.c. */
#include "script_harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *script_suite(void);

/* ----------------------------------------------------------------------------------------------- form of a file ----
 */

START_TEST(metadata_is_title_description_and_tags) {
    const struct script *script =
        read_first("\n# A title\n# First line\n## slow\n#\n# third line\n## section: RFC 6121 8.5\n\n"
             "# no description\n## late: tag\n### no tag\n" CAST "Romeo receives: nothing\n");
    ck_assert_str_eq(script->title, "A title");
    ck_assert_str_eq(script->description, "First line\n\nthird line");
    ck_assert_str_eq(script->tags[0], "slow");
    ck_assert_str_eq(script->tags[1], "section: RFC 6121 8.5");
    ck_assert_str_eq(script->tags[2], "late: tag");
    ck_assert_ptr_null(script->tags[3]);
}
END_TEST

START_TEST(a_script_needs_no_metadata_and_no_separator) {
    const struct script *script = read_first("[Client] Romeo\n\tpassword: p: q\n\tjid: romeo@a.example\n\nRomeo connects\n"
                                       "Romeo receives: nothing");
    ck_assert_str_eq(script->title, "");
    ck_assert_str_eq(script->description, "");
    ck_assert_ptr_null(script->tags[0]);
    ck_assert_uint_eq(script->action_count, 2);
    ck_assert_str_eq(script->cast[0].properties[0].value, "p: q");
}
END_TEST

START_TEST(a_script_is_named_after_its_file) {
    const struct script *script = read_first(CAST "Romeo receives: nothing\n");
    ck_assert_str_eq(script->file, "a/b.scs");
    ck_assert_str_eq(script->name, "a/b");
    ck_assert_ptr_null(script->case_name);
    const char *text = CAST "Romeo receives: nothing\n";
    read_octets("plain", text, strlen(text), SCRIPT_STRICT_FORM);
    ck_assert_str_eq(script_case(file, 0, arena)->name, "plain");
}
END_TEST

START_TEST(line_ends_of_any_kind_and_a_byte_order_mark_are_accepted) {
    const struct script *script = read_first("\xEF\xBB\xBF# T\r\n\r\n[Client] Romeo\r\n  jid: romeo@a.example\r\n\r\n"
                                       "Romeo sends:\r\n  <a>\r\n  </a>\r\nRomeo receives: nothing");
    ck_assert_str_eq(script->title, "T");
    ck_assert_str_eq(script->cast[0].jid, "romeo@a.example");
    ck_assert_str_eq(script->actions[0].stanzas[0].bytes, "<a>\n  </a>");
    ck_assert_int_eq(script->actions[1].verb, SCRIPT_RECEIVES_NOTHING);
}
END_TEST

START_TEST(comments_and_blank_lines_stand_anywhere) {
    const struct script *script = read_first(
        "# T\n// c\n\n[Client] Romeo\n\n# c\n\tjid: romeo@a.example\n// c\n-----\n-- c\n# c\nRomeo sends:\n\n\t<a>\n"
        "# <b>\n\n   \t\n-- c\n\t</a>\n\n// vim: c\nRomeo receives: nothing\n# end");
    ck_assert_uint_eq(script->action_count, 2);
    ck_assert_str_eq(script->actions[0].stanzas[0].bytes, "<a>\n\n\n\n\n\t</a>");
    ck_assert_uint_eq(script->actions[0].stanzas[0].line, 14);
    ck_assert_uint_eq(script->actions[0].line, 12);
    ck_assert_uint_eq(script->actions[0].column, 1);
    ck_assert_uint_eq(script->actions[1].line, 22);
}
END_TEST

/* The shape that Scansion's own scripts have. */
START_TEST(a_plain_scansion_script_runs_unchanged) {
    static const char text[] = "[Client] Romeo\n"
                               "\tpassword: secret\n"
                               "\tjid: user@localhost/krxLaE3s\n"
                               "\tconnect_host: 127.0.0.1\n"
                               "\tconnect_port: 5222\n"
                               "\n"
                               "Romeo connects\n"
                               "\n"
                               "# Ask for the version\n"
                               "Romeo sends\n"
                               "\t<iq id='lx2' to='localhost' type='get' xml:lang='sv'>\n"
                               "\t  <query xmlns='jabber:iq:version'/>\n"
                               "\t</iq>\n"
                               "\t\n"
                               "Romeo receives\n"
                               "\t<iq id='lx2' from='localhost' type='result'>\n"
                               "\t\t<query xmlns='jabber:iq:version' scansion:strict='false'>\n"
                               "\t\t\t<name>{scansion:any}</name><version>{scansion:capture:v}</version>\n"
                               "\t\t</query>\n"
                               "\t</iq>\n"
                               "\n"
                               "Romeo sends:\n"
                               "\t<iq type='result' id='{scansion:any}'><x>${v}</x></iq>\n"
                               "\n"
                               "Romeo disconnects\n"
                               "\n"
                               "// vim: syntax=xml:\n";
    read_octets("version.scs", text, sizeof text - 1, SCRIPT_THIRD_PARTY);
    const struct script *script = script_case(file, 0, arena);
    static const enum script_verb verbs[] = {SCRIPT_CONNECTS, SCRIPT_SENDS, SCRIPT_RECEIVES, SCRIPT_SENDS,
                                             SCRIPT_DISCONNECTS};
    ck_assert_uint_eq(script->action_count, 5);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_int_eq(script->actions[i].verb, verbs[i]);
        ck_assert_int_eq(script->actions[i].actor, 0);
    }
    const struct xml_node *query = script->actions[2].stanzas[0].tree->child;
    ck_assert_str_eq(query->attributes[0].ns, XML_SCANSION_NS);
    ck_assert_str_eq(query->attributes[0].name, "strict");
    ck_assert_str_eq(query->attributes[0].value, "false");
    ck_assert_str_eq(query->child->text, "{scansion:any}");
    ck_assert_str_eq(query->child->next->text, "{scansion:capture:v}");
    ck_assert_str_eq(script->actions[3].stanzas[0].tree->child->text, "${v}");
}
END_TEST

START_TEST(a_script_without_expectation_is_fine_for_third_parties) {
    const char *text = CAST "Romeo connects\n";
    read_octets("x.scs", text, strlen(text), SCRIPT_THIRD_PARTY);
    ck_assert_uint_eq(script_case(file, 0, arena)->action_count, 1);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- cast ---- */

START_TEST(the_cast_keeps_every_section_with_its_properties) {
    const struct script *script =
        read_first("[Server] verona\n    hosts: montague.example, capulet.example\n    profile: rfc6121\n"
             "    policy: msg.top=recent\n    policy: err.by=on\n"
             "[Account] nurse@capulet.example\n"
             "\tcontact: romeo@montague.example to, ask, approved, pending-in\n"
             "\tcontact: gateway.example none\n"
             "[Account] ghost@capulet.example\n\texists: no\n"
             "[Client] Romeo\n\tresource: orchard\n\tjid: romeo@montague.example\n---\n"
             "Romeo receives: nothing\n");
    const struct script_actor *cast = script->cast;
    ck_assert_uint_eq(script->cast_count, 4);
    ck_assert_int_eq(cast[0].role, SCRIPT_SERVER);
    ck_assert_str_eq(cast[0].name, "verona");
    ck_assert_uint_eq(cast[0].property_count, 4);
    ck_assert_str_eq(cast[0].properties[3].key, "policy");
    ck_assert_str_eq(cast[0].properties[3].value, "err.by=on");
    ck_assert_uint_eq(cast[0].properties[3].line, 5);
    ck_assert_uint_eq(cast[0].properties[3].column, 13);
    ck_assert_ptr_null(cast[0].jid);
    ck_assert_int_eq(cast[1].role, SCRIPT_ACCOUNT);
    ck_assert_str_eq(cast[1].name, "nurse@capulet.example");
    ck_assert_uint_eq(cast[1].property_count, 2);
    ck_assert_str_eq(cast[2].properties[0].key, "exists");
    ck_assert_int_eq(cast[3].role, SCRIPT_CLIENT);
    ck_assert_str_eq(cast[3].jid, "romeo@montague.example/orchard");
    ck_assert_uint_eq(cast[3].line, 11);
}
END_TEST

START_TEST(a_stored_message_stands_on_the_line_or_below_it) {
    const struct script *script =
        read_first("[Account] juliet@capulet.example\n\toffline: <message id='1' to='${Romeo's JID}'/>\n\toffline:\n"
             "\t\t<message id='2'>\n\n\t\t\t<body>x</body>\n\t\t</message>\n\toffline: <message\n\t  id='3'/>\n"
             "\tcontact: romeo@montague.example both\n" CAST "Romeo receives: nothing\n");
    const struct script_property *properties = script->cast[0].properties;
    ck_assert_uint_eq(script->cast[0].property_count, 4);
    ck_assert_str_eq(properties[0].value, "<message id='1' to='${Romeo's JID}'/>");
    ck_assert_str_eq(properties[1].value, "<message id='2'>\n\n\t\t\t<body>x</body>\n\t\t</message>");
    ck_assert_uint_eq(properties[1].line, 4);
    ck_assert_uint_eq(properties[1].column, 3);
    ck_assert_str_eq(properties[2].value, "<message\n\t  id='3'/>");
    ck_assert_uint_eq(properties[2].line, 8);
    ck_assert_str_eq(properties[3].key, "contact");
}
END_TEST

START_TEST(a_tab_is_indented_more_than_some_spaces) {
    const struct script *script = read_first("[Account] juliet@capulet.example\n    offline:\n\t<message/>\n"
                                       "    contact: a@b none\n" CAST "Romeo receives: nothing\n");
    ck_assert_uint_eq(script->cast[0].property_count, 2);
    ck_assert_str_eq(script->cast[0].properties[0].value, "<message/>");
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- actions ---- */

static const struct {
    const char *line;
    enum script_verb verb;
    const char *actor;
    bool block;
} actions[] = {
    {"Romeo connects", SCRIPT_CONNECTS, "Romeo", false},
    {"Juliet's phone connects", SCRIPT_CONNECTS, "Juliet's phone", false},
    {"Juliet's phone  disconnects ", SCRIPT_DISCONNECTS, "Juliet's phone", false},
    {"Juliet\tvanishes", SCRIPT_VANISHES, "Juliet", false},
    {"Juliet sends:", SCRIPT_SENDS, "Juliet", true},
    {"Juliet sends", SCRIPT_SENDS, "Juliet", true},
    {"Juliet sends raw:", SCRIPT_SENDS_RAW, "Juliet", true},
    {"Juliet sends raw", SCRIPT_SENDS_RAW, "Juliet", true},
    {"Juliet receives:", SCRIPT_RECEIVES, "Juliet", true},
    {"Juliet receives", SCRIPT_RECEIVES, "Juliet", true},
    {"Juliet receives in any order:", SCRIPT_RECEIVES_ANY_ORDER, "Juliet", true},
    {"Juliet receives in any order", SCRIPT_RECEIVES_ANY_ORDER, "Juliet", true},
    {"Juliet receives: nothing", SCRIPT_RECEIVES_NOTHING, "Juliet", false},
    {"Juliet receives nothing", SCRIPT_RECEIVES_NOTHING, "Juliet", false},
    {"Juliet receives:nothing", SCRIPT_RECEIVES_NOTHING, "Juliet", false},
};

START_TEST(an_action_is_a_name_and_a_verb) {
    char text[600];
    snprintf(text, sizeof text, CAST "%s\n%sRomeo receives: nothing\n", actions[_i].line,
             actions[_i].block ? "  <message/>\n  <presence/>\n" : "");
    const struct script *script = read_first(text);
    const struct script_action *action = &script->actions[0];
    size_t stanzas = !actions[_i].block ? 0 : actions[_i].verb == SCRIPT_SENDS_RAW ? 1 : 2;
    ck_assert_uint_eq(script->action_count, 2);
    ck_assert_int_eq(action->verb, actions[_i].verb);
    ck_assert_str_eq(script->cast[action->actor].name, actions[_i].actor);
    ck_assert_uint_eq(action->line, 8);
    ck_assert_uint_eq(action->stanza_count, stanzas);
    ck_assert_ptr_null(action->first);
}
END_TEST

START_TEST(the_longest_name_that_fits_is_meant) {
    const struct script *script = read_first("[Client] Juliet\n\tjid: a@b\n[Client] Juliet of Verona\n\tjid: c@b\n"
                                       "[Client] Juliet of\n\tjid: d@b\n---\nJuliet of Verona receives: nothing\n"
                                       "Juliet receives: nothing\nJuliet of receives: nothing\n");
    ck_assert_int_eq(script->actions[0].actor, 1);
    ck_assert_int_eq(script->actions[1].actor, 0);
    ck_assert_int_eq(script->actions[2].actor, 2);
}
END_TEST

START_TEST(a_block_is_taken_as_it_was_written) {
    const struct script *script =
        read_first(CAST "Romeo sends:\n\t<message to='${Juliet's JID}' >\n"
                  "\t  <body>&lt;\xC3\xA9 ${Juliet's phone's full JID}</body></message> <iq/>\n\n"
                  "    <presence/>\nRomeo receives: nothing\n");
    const struct script_action *action = &script->actions[0];
    ck_assert_uint_eq(action->stanza_count, 3);
    ck_assert_str_eq(action->stanzas[0].bytes, "<message to='${Juliet's JID}' >\n\t  <body>&lt;\xC3\xA9 "
                                               "${Juliet's phone's full JID}</body></message>");
    ck_assert_uint_eq(action->stanzas[0].size, strlen(action->stanzas[0].bytes));
    ck_assert_str_eq(action->stanzas[0].tree->attributes[0].value, "${Juliet's JID}");
    ck_assert_str_eq(action->stanzas[0].tree->child->text, "<\xC3\xA9 ${Juliet's phone's full JID}");
    ck_assert_uint_eq(action->stanzas[0].line, 9);
    ck_assert_str_eq(action->stanzas[1].bytes, "<iq/>");
    ck_assert_uint_eq(action->stanzas[1].line, 10);
    ck_assert_str_eq(action->stanzas[2].bytes, "<presence/>");
    ck_assert_uint_eq(action->stanzas[2].line, 12);
}
END_TEST

START_TEST(a_dollar_written_as_reference_begins_no_variable) {
    const struct script *script = read_first(CAST "Romeo sends:\n\t<a b='&#36;{x}'/>\nRomeo receives:\n\t<a>&#36;{x</a>\n");
    struct script_variable variable;
    ck_assert(!script_variable_next(script, script->actions[0].stanzas[0].bytes, &variable));
    ck_assert_str_eq(script->actions[1].stanzas[0].tree->text, "${x");
    ck_assert(!script_variable_next(script, script->actions[1].stanzas[0].tree->text, &variable));
}
END_TEST

START_TEST(raw_octets_need_not_be_xml) {
    const struct script *script = read_first(CAST "Romeo sends raw:\n\n\t<a>\n\t\t'${Romeo's JID}' & </b>\n\n"
                                            "Romeo receives: nothing\n");
    const struct script_stanza *stanza = &script->actions[0].stanzas[0];
    ck_assert_str_eq(stanza->bytes, "<a>\n\t\t'${Romeo's JID}' & </b>");
    ck_assert_uint_eq(stanza->size, strlen(stanza->bytes));
    ck_assert_ptr_null(stanza->tree);
    ck_assert_uint_eq(stanza->line, 10);
}
END_TEST

START_TEST(raw_octets_may_be_given_by_number) {
    const struct script *script = read_first(CAST "Romeo sends raw:\n\t{octet:C0}<a>{octet:7f}\n\t{octets} {octet:01}\n"
                                            "Romeo receives: nothing\n");
    const struct script_stanza *stanza = &script->actions[0].stanzas[0];
    ck_assert_str_eq(stanza->bytes, "\xC0<a>\x7F\n\t{octets} \x01");
    ck_assert_uint_eq(stanza->size, strlen(stanza->bytes));
    script = read_first("[Client] R\n\tjid: r@a.example\n[Cases]\n\tcase\twhich\n\ta\t{octet:FE}\n---\n"
                        "R sends raw:\n\t<b>${which}</b>\nR receives: nothing\n");
    ck_assert_str_eq(script->actions[0].stanzas[0].bytes, "<b>\xFE</b>");
}
END_TEST

START_TEST(nothing_may_be_one_of_the_alternatives) {
    const struct script *script = read_first(
        CAST "Romeo receives one of:\n\t<a/>\n\tnothing\n\t<b>nothing</b>\nRomeo receives one of:\n\t<a/>\n\t<b/>\n");
    ck_assert_int_eq(script->actions[0].verb, SCRIPT_RECEIVES_ONE_OF);
    ck_assert_uint_eq(script->actions[0].stanza_count, 2);
    ck_assert(script->actions[0].or_nothing);
    ck_assert_str_eq(script->actions[0].stanzas[1].tree->text, "nothing");
    ck_assert(!script->actions[1].or_nothing);
}
END_TEST

static const struct {
    const char *line, *fate, *condition, *to, *by;
} fates[] = {
    {"drop", "drop", NULL, NULL, NULL},
    {"drop by msg.full.error", "drop", NULL, NULL, "msg.full.error"},
    {"deliver to juliet@capulet.example/balcony", "deliver", NULL, "juliet@capulet.example/balcony", NULL},
    {"deliver to juliet@capulet.example/left by right by x.y", "deliver", NULL, "juliet@capulet.example/left by right",
     "x.y"},
    {"deliver to ${Juliet's phone's full JID} by x.y", "deliver", NULL, "${Juliet's phone's full JID}", "x.y"},
    {"bounce service-unavailable to ${Romeo's full JID}", "bounce", "service-unavailable", "${Romeo's full JID}", NULL},
    {"bounce gone by x", "bounce", "gone", NULL, "x"},
    {"close  not-well-formed", "close", "not-well-formed", NULL, NULL},
    {"route to a@b.example", "route", NULL, "a@b.example", NULL},
    {"hand", "hand", NULL, NULL, NULL},
    {"store to a@b.example", "store", NULL, "a@b.example", NULL},
    {"answer", "answer", NULL, NULL, NULL},
    {"push", "push", NULL, NULL, NULL},
    {"handle", "handle", NULL, NULL, NULL},
};

START_TEST(a_fate_has_its_condition_its_target_and_its_rule) {
    char text[600];
    snprintf(text, sizeof text, CAST "CAPULET.example decides:\n\n\t%s\n# c\n\tdrop\n", fates[_i].line);
    const struct script *script = read_first(text);
    const struct script_action *action = &script->actions[0];
    ck_assert_int_eq(action->verb, SCRIPT_DECIDES);
    ck_assert_str_eq(action->first, "CAPULET.example");
    ck_assert_int_eq(action->actor, -1);
    ck_assert_uint_eq(action->fate_count, 2);
    same_or_null(action->fates[0].fate, fates[_i].fate);
    same_or_null(action->fates[0].condition, fates[_i].condition);
    same_or_null(action->fates[0].to, fates[_i].to);
    same_or_null(action->fates[0].by, fates[_i].by);
    ck_assert_uint_eq(action->fates[0].line, 10);
    ck_assert_uint_eq(action->fates[1].line, 12);
}
END_TEST

START_TEST(all_fates_are_known_words) {
    static const char *const words[] = {"deliver", "route", "hand", "store", "bounce",
                                        "answer",  "push",  "drop", "close", "handle"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        ck_assert_str_eq(script_fate_words[i], words[i]);
    }
    ck_assert_ptr_null(script_fate_words[sizeof words / sizeof words[0]]);
}
END_TEST

static const struct {
    const char *text;
    uint64_t us;
} durations[] = {{"500us", 500},        {"40ms", 40000}, {"30s", 30000000}, {"2m", 120000000},
                 {"1h", 3600000000ull}, {"0s", 0},       {"007s", 7000000}};

START_TEST(time_passes_by_unit) {
    char text[600];
    snprintf(text, sizeof text, CAST "time passes: %s\nRomeo receives: nothing\n", durations[_i].text);
    const struct script *script = read_first(text);
    ck_assert_int_eq(script->actions[0].verb, SCRIPT_TIME_PASSES);
    ck_assert_int_eq(script->actions[0].actor, -1);
    ck_assert_uint_eq(script->actions[0].duration_us, durations[_i].us);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

static void add_reading(TCase *tests) {
    tcase_add_test(tests, metadata_is_title_description_and_tags);
    tcase_add_test(tests, a_script_needs_no_metadata_and_no_separator);
    tcase_add_test(tests, a_script_is_named_after_its_file);
    tcase_add_test(tests, line_ends_of_any_kind_and_a_byte_order_mark_are_accepted);
    tcase_add_test(tests, comments_and_blank_lines_stand_anywhere);
    tcase_add_test(tests, a_plain_scansion_script_runs_unchanged);
    tcase_add_test(tests, a_script_without_expectation_is_fine_for_third_parties);
    tcase_add_test(tests, the_cast_keeps_every_section_with_its_properties);
    tcase_add_test(tests, a_stored_message_stands_on_the_line_or_below_it);
    tcase_add_test(tests, a_tab_is_indented_more_than_some_spaces);
}

Suite *script_suite(void) {
    Suite *suite = suite_create("script");
    TCase *tests = tcase_create("script");
    tcase_add_checked_fixture(tests, script_set_up, script_tear_down);
    add_reading(tests);
    tcase_add_loop_test(tests, an_action_is_a_name_and_a_verb, 0, COUNT(actions));
    tcase_add_test(tests, the_longest_name_that_fits_is_meant);
    tcase_add_test(tests, a_block_is_taken_as_it_was_written);
    tcase_add_test(tests, a_dollar_written_as_reference_begins_no_variable);
    tcase_add_test(tests, raw_octets_need_not_be_xml);
    tcase_add_test(tests, raw_octets_may_be_given_by_number);
    tcase_add_test(tests, nothing_may_be_one_of_the_alternatives);
    tcase_add_loop_test(tests, a_fate_has_its_condition_its_target_and_its_rule, 0, COUNT(fates));
    tcase_add_test(tests, all_fates_are_known_words);
    tcase_add_loop_test(tests, time_passes_by_unit, 0, COUNT(durations));
    suite_add_tcase(suite, tests);
    return suite;
}
