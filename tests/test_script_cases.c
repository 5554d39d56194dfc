/* Tables of cases, variables, and the nearest word. */
#include "script_harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *script_cases_suite(void);

/* ------------------------------------------------------------------------------------------------------ cases ---- */

#define TABLE                                                                                                          \
    "## rule: ${rule}\n"                                                                                               \
    "[Cases]\n"                                                                                                        \
    "\tcase    gets            stanza                     rule  empty  \n"                                             \
    "# comment\n\n"                                                                                                    \
    "\tfirst\tJuliet's phone\t\t<message id='a b'/>\tx.y\t\"\"\t\n"                                                    \
    "\tsecond one  Juliet  <iq to=\"${Romeo's JID}\"/>  z  e\n" CAST "${gets} receives:\n"                             \
    "\t${stanza}<a b='${empty}' c=\"${${gets}'s full JID}\"/>\n"                                                       \
    "montague.example decides:\n\tdrop by ${rule}\n"

START_TEST(each_row_is_a_case_with_its_values_put_in) {
    const struct script *script = read_first(TABLE);
    ck_assert_uint_eq(script_case_count(file), 2);
    ck_assert_str_eq(script->name, "a/b/first");
    ck_assert_str_eq(script->case_name, "first");
    ck_assert_str_eq(script->tags[0], "rule: x.y");
    ck_assert_int_eq(script->actions[0].actor, 2);
    ck_assert_str_eq(script->actions[0].stanzas[0].bytes, "<message id='a b'/>");
    ck_assert_str_eq(script->actions[0].stanzas[1].bytes, "<a b='' c=\"${Juliet's phone's full JID}\"/>");
    ck_assert_str_eq(script->actions[1].fates[0].by, "x.y");
    script = script_case(file, 1, arena);
    ck_assert_str_eq(script->name, "a/b/second one");
    ck_assert_str_eq(script->tags[0], "rule: z");
    ck_assert_int_eq(script->actions[0].actor, 1);
    ck_assert_str_eq(script->actions[0].stanzas[0].bytes, "<iq to=\"${Romeo's JID}\"/>");
    ck_assert_str_eq(script->actions[0].stanzas[1].bytes, "<a b='e' c=\"${Juliet's full JID}\"/>");
}
END_TEST

START_TEST(values_stand_in_the_cast_too) {
    read_case("[Server] s\n\thosts: a.example, b.example\n\tpolicy: msg.top=${top}\n\n"
              "[Account] juliet@${domain}\n\tcontact: ${contact}\n\n"
              "[Cases]\n\tcase  domain     top     contact\n\t1     a.example  recent  x@y.example both\n"
              "\t2     b.example  first   z@y.example none, ask\n\n"
              "[Client] Juliet\n\tjid: juliet@${domain}/balcony\n---\n${domain} decides:\n\tdrop\n",
              0);
    const struct script *one = script_case(file, 0, arena), *two = script_case(file, 1, arena);
    ck_assert_str_eq(one->cast[0].properties[1].value, "msg.top=recent");
    ck_assert_str_eq(two->cast[0].properties[1].value, "msg.top=first");
    ck_assert_str_eq(one->cast[1].name, "juliet@a.example");
    ck_assert_str_eq(two->cast[1].properties[0].value, "z@y.example none, ask");
    ck_assert_str_eq(one->cast[2].jid, "juliet@a.example/balcony");
    ck_assert_str_eq(two->cast[2].jid, "juliet@b.example/balcony");
    ck_assert_uint_eq(two->cast[2].line, 13);
}
END_TEST

START_TEST(many_cases_are_read_and_made_in_any_order) {
    enum { ROWS = 20000 };
    size_t size = 0, room = 64 * (size_t)ROWS;
    char *text = arena_take(arena, room);
    size += (size_t)snprintf(text, room, "[Client] R\n\tjid: r@a.example\n[Cases]\n\tcase  id\n");
    for (int i = 0; i < ROWS; i++) {
        size += (size_t)snprintf(text + size, room - size, "\tcase-%d  id-%d\n", i, i * 7);
    }
    size += (size_t)snprintf(text + size, room - size, "---\nR receives:\n\t<a id='${id}'/>\n");
    read_octets("x.scs", text, size, SCRIPT_STRICT_FORM);
    ck_assert_uint_eq(script_case_count(file), ROWS);
    for (int i = ROWS - 1; i >= 0; i -= 997) {
        char name[32], value[32];
        snprintf(name, sizeof name, "x/case-%d", i);
        snprintf(value, sizeof value, "id-%d", i * 7);
        const struct script *script = script_case(file, (size_t)i, arena);
        ck_assert_str_eq(script->name, name);
        ck_assert_str_eq(script->actions[0].stanzas[0].tree->attributes[0].value, value);
    }
}
END_TEST

/* -------------------------------------------------------------------------------------------------- variables ---- */

START_TEST(variables_are_found_one_after_the_other) {
    const struct script *script = read_first(CAST "Romeo receives:\n\t<a b='{scansion:capture:x y}'/>\n");
    static const struct {
        enum script_variable_kind kind;
        int actor;
        const char *text;
    } expected[] = {{SCRIPT_BARE_JID, 0, "${Romeo's JID}"},
                    {SCRIPT_FULL_JID, 2, "${Juliet's phone's full JID}"},
                    {SCRIPT_FULL_JID, 1, "${Juliet's full JID}"},
                    {SCRIPT_CAPTURE, -1, "${x y}"},
                    {SCRIPT_CAPTURE, -1, "${Nurse's JID}"}};
    const char *text = "$ { ${Romeo's JID}} ${Juliet's phone's full JID}${Juliet's full JID} ${x y} ${Nurse's JID} ${x";
    struct script_variable variable;
    for (size_t i = 0; i < 5; i++, text += variable.end) {
        ck_assert(script_variable_next(script, text, &variable));
        ck_assert_int_eq(variable.kind, expected[i].kind);
        ck_assert_uint_eq(variable.end - variable.start, strlen(expected[i].text));
        ck_assert_mem_eq(text + variable.start, expected[i].text, strlen(expected[i].text));
        if (expected[i].kind == SCRIPT_CAPTURE) {
            ck_assert_ptr_eq(variable.name, text + variable.start + 2);
            ck_assert_uint_eq(variable.name_size, strlen(expected[i].text) - 3);
        } else {
            ck_assert_int_eq(variable.actor, expected[i].actor);
        }
    }
    ck_assert(!script_variable_next(script, text, &variable));
    ck_assert(!script_variable_next(script, "", &variable));
}
END_TEST

START_TEST(a_capture_is_known_after_the_receives_that_makes_it) {
    const struct script *script = read_first(CAST "Romeo receives one of:\n\t<a><b>{scansion:capture:n}</b></a>\n\tnothing\n"
                                            "Juliet sends:\n\t<c d='${n}'/>\nRomeo receives:\n\t<e>${n}</e>\n");
    ck_assert_str_eq(script->actions[1].stanzas[0].bytes, "<c d='${n}'/>");
    ck_assert_str_eq(script->actions[2].stanzas[0].tree->text, "${n}");
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- nearest ---- */

static const struct {
    const char *word, *nearest;
} near_words[] = {
    {"conects", "connects"},       {"recieves", "receives"}, {"Sends", "sends"}, {"sneds", "sends"}, {"sned", "sends"},
    {"vanish", "vanishes"},        {"receives", "receives"}, {"jump", NULL},     {"", NULL},         {"x", NULL},
    {"disconects", "disconnects"},
};

START_TEST(the_nearest_word_is_few_edits_away) {
    static const char *const words[] = {"connects", "disconnects", "vanishes", "sends", "receives", NULL};
    const char *nearest = script_nearest(near_words[_i].word, words);
    if (near_words[_i].nearest == NULL) {
        ck_assert_ptr_null(nearest);
    } else {
        ck_assert_ptr_nonnull(nearest);
        ck_assert_str_eq(nearest, near_words[_i].nearest);
    }
}
END_TEST

START_TEST(of_equally_near_words_the_first_is_taken) {
    static const char *const words[] = {"abcd", "abce", NULL}, *const none[] = {NULL};
    ck_assert_str_eq(script_nearest("abcf", words), "abcd");
    ck_assert_ptr_null(script_nearest("abcf", none));
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

Suite *script_cases_suite(void) {
    Suite *suite = suite_create("script_cases");
    TCase *tests = tcase_create("script_cases");
    tcase_add_checked_fixture(tests, script_set_up, script_tear_down);
    tcase_add_test(tests, each_row_is_a_case_with_its_values_put_in);
    tcase_add_test(tests, values_stand_in_the_cast_too);
    tcase_add_test(tests, many_cases_are_read_and_made_in_any_order);
    tcase_add_test(tests, variables_are_found_one_after_the_other);
    tcase_add_test(tests, a_capture_is_known_after_the_receives_that_makes_it);
    tcase_add_loop_test(tests, the_nearest_word_is_few_edits_away, 0, COUNT(near_words));
    tcase_add_test(tests, of_equally_near_words_the_first_is_taken);
    suite_add_tcase(suite, tests);
    return suite;
}
