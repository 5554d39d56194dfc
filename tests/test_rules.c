/* The rule table: it covers every class of input exactly once, and its columns are consistent. */
#include "router.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

Suite *rules_suite(void);

START_TEST(every_class_of_input_has_exactly_one_row) {
    struct router_class c = {0};
    size_t count, classes = 0;
    router_rules(&count);
    for (; router_class_next(&c); classes++) {
        size_t rows = 0;
        for (size_t i = 0; i < count; i++)
            rows += router_class_row(&c, (int)i);
        ck_assert_msg(rows == 1, "%zu rows for stage %s, kind %s, state %s", rows, router_stage_name(c.stage),
                      stanza_kind_name((enum stanza_kind)c.kind), router_state_name(c.stage, c.state));
    }
    /* 72 of them are the subscription machine, so far fewer would mean that the enumeration itself is broken. */
    ck_assert_uint_gt(classes, 600);
}
END_TEST

START_TEST(every_row_is_the_row_of_some_class) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    for (size_t i = 0; i < count; i++) {
        if (rules[i].part != RULE_ROW)
            continue;
        struct router_class c = {0};
        bool used = false;
        while (!used && router_class_next(&c))
            used = router_class_row(&c, (int)i);
        ck_assert_msg(used, "no class of input leads to %s", rules[i].id);
    }
}
END_TEST

START_TEST(rules_that_are_no_rows_decide_nothing) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    struct router_class c = {0};
    while (router_class_next(&c))
        for (size_t i = 0; i < count; i++)
            ck_assert_msg(rules[i].part == RULE_ROW || !router_class_row(&c, (int)i), "%s decides", rules[i].id);
}
END_TEST

START_TEST(the_catalogue_is_whole) {
    static const struct {
        const char *group;
        size_t rules;
    } groups[] = {{"entry", 124},        {"noto", 13},   {"remote", 35},  {"local", 102}, {"presence", 80},
                  {"subscription", 139}, {"roster", 45}, {"offline", 31}, {"ext", 105}};
    size_t count, sum = 0;
    const struct router_rule *rules = router_rules(&count);
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        size_t found = 0;
        for (size_t i = 0; i < count; i++)
            found += strcmp(rules[i].group, groups[g].group) == 0;
        ck_assert_msg(found == groups[g].rules, "group %s has %zu rules", groups[g].group, found);
        sum += found;
    }
    ck_assert_uint_eq(sum, count);
}
END_TEST

START_TEST(rule_ids_are_unique_and_found_again) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(router_rule_find(rules[i].id), (int)i);
    ck_assert_int_eq(router_rule_find("msg.bare"), -1);
}
END_TEST

static bool is_strength(const char *word) {
    static const char *const words[] = {"MUST", "MUST-NOT", "SHOULD", "SHOULD-NOT", "REC", "MAY", "DEF", "DERIVED"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

static bool is_source(const char *text) {
    static const char *const documents[] = {"6120 ", "6121 ", "7622 ", "X0"};
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++)
        if (strncmp(text, documents[i], strlen(documents[i])) == 0)
            return true;
    return false;
}

static bool knob_exists(const char *name) {
    for (size_t i = 0; i < router_knob_count(); i++)
        if (strcmp(router_knob(i).name, name) == 0)
            return true;
    return false;
}

START_TEST(each_rule_has_source_strength_condition_and_outcome) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(is_source(rules[i].source), "%s: source %s", rules[i].id, rules[i].source);
        ck_assert_msg(is_strength(rules[i].strength), "%s: strength %s", rules[i].id, rules[i].strength);
        ck_assert_msg(rules[i].condition[0] != '\0' && rules[i].outcome[0] != '\0', "%s", rules[i].id);
        ck_assert_msg(rules[i].knob[0] == '\0' || knob_exists(rules[i].knob), "%s: knob %s", rules[i].id, rules[i].knob);
    }
}
END_TEST

/* The table of message delivery rules, 6121 8.5.4, with type error after the running text: stage, state and kind of a
 * cell, and the rule that decides it. Written after the RFC's table row by row, not after rules.def. */
struct cell {
    const char *stage, *state, *rules[5];
};

static const struct cell message_cells[] = {
    {"NOUSER_BARE",
     "PLAIN",
     {"msg.nouser.bare.normal", "msg.nouser.bare.chat", "msg.nouser.bare.groupchat",
      "msg.nouser.bare.headline", "msg.nouser.error"}},
    {"NOUSER_FULL",
     "PLAIN",
     {"msg.nouser.full.normal", "msg.nouser.full.chat", "msg.nouser.full.groupchat",
      "msg.nouser.full.headline", "msg.nouser.error"}},
    {"BARE",
     "NONE",
     {"msg.bare.normal.none", "msg.bare.chat.none", "msg.bare.groupchat.none",
      "msg.bare.headline.none", "msg.bare.error.none"}},
    {"FULL_NOMATCH",
     "NONE",
     {"msg.full.normal.nomatch", "msg.full.chat.nomatch.none", "msg.full.groupchat.nomatch",
      "msg.full.headline.nomatch", "msg.full.error.nomatch"}},
    {"BARE",
     "NEGATIVE",
     {"msg.bare.normal.neg", "msg.bare.chat.neg", "msg.bare.groupchat.neg",
      "msg.bare.headline.neg", "msg.bare.error.neg"}},
    {"FULL_MATCH",
     "PLAIN",
     {"msg.full.normal.match", "msg.full.chat.match", "msg.full.groupchat.match",
      "msg.full.headline.match", "msg.full.error.match"}},
    {"FULL_NOMATCH",
     "NEGATIVE",
     {"msg.full.normal.nomatch", "msg.full.chat.nomatch.neg", "msg.full.groupchat.nomatch",
      "msg.full.headline.nomatch", "msg.full.error.nomatch"}},
    {"BARE",
     "ONE",
     {"msg.bare.normal.one", "msg.bare.chat.one", "msg.bare.groupchat.one",
      "msg.bare.headline.one", "msg.bare.error.one"}},
    {"FULL_NOMATCH",
     "ONE",
     {"msg.full.normal.nomatch", "msg.full.chat.nomatch.one", "msg.full.groupchat.nomatch",
      "msg.full.headline.nomatch", "msg.full.error.nomatch"}},
    {"BARE",
     "MULTI",
     {"msg.bare.normal.multi", "msg.bare.chat.multi", "msg.bare.groupchat.multi",
      "msg.bare.headline.multi", "msg.bare.error.multi"}},
    {"FULL_NOMATCH",
     "MULTI",
     {"msg.full.normal.nomatch", "msg.full.chat.nomatch.multi", "msg.full.groupchat.nomatch",
      "msg.full.headline.nomatch", "msg.full.error.nomatch"}},
};

START_TEST(each_cell_of_the_message_table_has_its_rule) {
    const struct cell *cell = &message_cells[_i];
    unsigned found = 0;
    for (struct router_class c = {0}; router_class_next(&c);) {
        if (strcmp(router_stage_name(c.stage), cell->stage) != 0 || c.kind > STANZA_MESSAGE_ERROR ||
            strcmp(router_state_name(c.stage, c.state), cell->state) != 0)
            continue;
        found++;
        ck_assert_msg(router_class_row(&c, router_rule_find(cell->rules[c.kind])), "%s %s kind %u is not %s", cell->stage,
                      cell->state, c.kind, cell->rules[c.kind]);
    }
    ck_assert_uint_eq(found, 5);
}
END_TEST

Suite *rules_suite(void) {
    Suite *suite = suite_create("rules");
    TCase *tc = tcase_create("table");
    tcase_add_test(tc, every_class_of_input_has_exactly_one_row);
    tcase_add_test(tc, every_row_is_the_row_of_some_class);
    tcase_add_test(tc, rules_that_are_no_rows_decide_nothing);
    tcase_add_test(tc, the_catalogue_is_whole);
    tcase_add_test(tc, rule_ids_are_unique_and_found_again);
    tcase_add_test(tc, each_rule_has_source_strength_condition_and_outcome);
    tcase_add_loop_test(tc, each_cell_of_the_message_table_has_its_rule, 0,
                        sizeof message_cells / sizeof message_cells[0]);
    suite_add_tcase(suite, tc);
    return suite;
}
