/* Knobs and profiles: values are checked, messages help, profiles are read line by line. */
#include "router.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *policy_suite(void);

static struct slice s(const char *text) {
    return (struct slice){text, strlen(text)};
}

static struct policy *policy;
static struct router_error error;
static char buffer[24];

static void setup(void) {
    policy = policy_new(NULL);
    memset(&error, 0, sizeof error);
}

static void teardown(void) {
    policy_free(policy);
}

static const char *value_of(const char *knob) {
    for (size_t i = 0; i < router_knob_count(); i++)
        if (strcmp(router_knob(i).name, knob) == 0)
            return policy_get(policy, i, buffer);
    return "no such knob";
}

START_TEST(a_new_policy_has_each_knob_at_its_initial_value) {
    for (size_t i = 0; i < router_knob_count(); i++)
        ck_assert_str_eq(policy_get(policy, i, buffer), router_knob(i).initial);
}
END_TEST

START_TEST(a_knob_takes_each_of_its_values) {
    ck_assert_int_eq(policy_set(policy, s("msg.top"), s("all-equal"), &error), ROUTER_OK);
    ck_assert_str_eq(value_of("msg.top"), "all-equal");
    ck_assert_int_eq(policy_set(policy, s("msg.top"), s("recent"), &error), ROUTER_OK);
    ck_assert_str_eq(value_of("msg.top"), "recent");
}
END_TEST

START_TEST(a_value_outside_the_set_is_refused_and_the_set_is_named) {
    ck_assert_int_eq(policy_set(policy, s("msg.store"), s("shred"), &error), ROUTER_E_VALUE);
    ck_assert_str_eq(error.text, "value 'shred' for knob msg.store; it takes one of: store, bounce");
    ck_assert_str_eq(value_of("msg.store"), "store");
}
END_TEST

START_TEST(an_unknown_knob_is_refused_and_the_nearest_is_named) {
    ck_assert_int_eq(policy_set(policy, s("msg.stor"), s("store"), &error), ROUTER_E_UNKNOWN);
    ck_assert_str_eq(error.text, "unknown policy knob 'msg.stor'; did you mean 'msg.store'?");
}
END_TEST

START_TEST(a_knob_that_no_rule_reads_is_refused) {
    ck_assert_int_eq(policy_set(policy, s("ext.carbons"), s("on"), &error), ROUTER_E_UNKNOWN);
    ck_assert_ptr_nonnull(strstr(error.text, "not carry out"));
}
END_TEST

START_TEST(a_value_that_is_not_carried_out_is_refused) {
    ck_assert_int_eq(policy_set(policy, s("msg.chat-fanout"), s("all-optin"), &error), ROUTER_E_VALUE);
    ck_assert_ptr_nonnull(strstr(error.text, "not carried out"));
}
END_TEST

START_TEST(a_number_has_a_least_value) {
    ck_assert_int_eq(policy_set(policy, s("size.max"), s("9999"), &error), ROUTER_E_VALUE);
    ck_assert_int_eq(policy_set(policy, s("size.max"), s("10000"), &error), ROUTER_OK);
    ck_assert_str_eq(value_of("size.max"), "10000");
}
END_TEST

START_TEST(a_number_is_digits_only) {
    static const char *const bad[] = {"", "-1", "12x", "1e5", "99999999999999999999999", " 20000"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(policy_set(policy, s("size.max"), s(bad[i]), &error) == ROUTER_E_VALUE, "'%s'", bad[i]);
}
END_TEST

START_TEST(a_message_need_not_be_wanted) {
    ck_assert_int_eq(policy_set(policy, s("msg.stor"), s("store"), NULL), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(policy_set(policy, s("msg.store"), s("shred"), NULL), ROUTER_E_VALUE);
    ck_assert_int_eq(policy_set(policy, s("size.max"), s("1"), NULL), ROUTER_E_VALUE);
    ck_assert_int_eq(policy_read(policy, s("base\nknob"), NULL), ROUTER_E_VALUE);
    ck_assert_int_eq(policy_read(policy, s("knob msg.stor = store"), NULL), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(policy_profile(policy, "x", NULL), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(a_long_word_is_cut_in_a_message_and_resembles_nothing) {
    char word[201];
    memset(word, 'm', 200);
    word[200] = '\0';
    ck_assert_int_eq(policy_set(policy, s(word), s("store"), &error), ROUTER_E_UNKNOWN);
    ck_assert_uint_lt(strlen(error.text), 120);
    ck_assert_ptr_null(strstr(error.text, "did you mean"));
    ck_assert_int_eq(policy_set(policy, s("msg.store"), s(word), &error), ROUTER_E_VALUE);
    ck_assert_ptr_nonnull(strstr(error.text, "it takes one of: store, bounce"));
    ck_assert_int_eq(policy_profile(policy, word, &error), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(past_the_last_knob_there_is_no_value) {
    strcpy(buffer, "x");
    ck_assert_str_eq(policy_get(policy, router_knob_count(), buffer), "");
}
END_TEST

START_TEST(a_policy_can_be_no_policy_when_it_is_freed) {
    policy_free(NULL);
}
END_TEST

START_TEST(a_profile_text_sets_knobs_and_ignores_comments) {
    const char *text = "# mine\nbase rfc6121\n\n  knob msg.store = bounce  # no storage\r\nknob msg.top = recent\n";
    ck_assert_int_eq(policy_read(policy, s(text), &error), ROUTER_OK);
    ck_assert_str_eq(value_of("msg.store"), "bounce");
    ck_assert_str_eq(value_of("msg.top"), "recent");
}
END_TEST

struct bad_line {
    const char *text;
    unsigned line, column;
    const char *says;
};

static const struct bad_line bad_lines[] = {
    {"knobs msg.store = store", 1, 1, "found 'knobs'; expected 'base', 'knob' or 'departs'"},
    {"\nknob msg.stor = store", 2, 6, "did you mean 'msg.store'?"},
    {"knob msg.store store", 1, 16, "expected '='"},
    {"knob msg.store = shred", 1, 18, "it takes one of"},
    {"knob msg.store = store now", 1, 24, "expected the end of the line"},
    {"base prosody-not", 1, 6, "did you mean 'prosody-note'?"},
    {"departs msg.bare.chat.on does drop as x", 1, 9, "did you mean 'msg.bare.chat.one'?"},
    {"departs msg.bare.never-negative does drop as x", 1, 9, "a rule that decides"},
    {"departs msg.nouser.bare.chat does deliver-most as x", 1, 35, "an action that has what it needs"},
    {"departs msg.bare.chat.one does as-bare as x", 1, 32, "an action that has what it needs"},
    {"departs msg.bare.chat.one does answer-unavailable as x", 1, 32, "an action that has what it needs"},
    {"departs iq.full.nomatch does as-bare as x", 1, 30, "an action that has what it needs"},
    {"departs s2s.route does store as x", 1, 24, "an action that has what it needs"},
    {"departs pres.init.self does drop as x", 1, 29, "found 'drop'; expected one of this rule's words: omit-to, omit"},
    {"departs sub.req.in.already does show as x", 1, 33, "words: show-twice, asker-decides, show-unavailable, probe-too"},
    {"departs pres.init.self for presence/probe does omit-to as x", 1, 48, "expected no kinds of stanza for this rule"},
    {"departs pres.init.bcast does omit-to as x", 1, 9, "a rule that decides a stanza's fate, or has an alternative"},
    {"departs dom.pres.sub does omit-to as x", 1, 27, "an action"},
    {"departs pres.init.self does omit-to", 1, 36, "'as'"},
    {"departs msg.bare.chat.one do drop as x", 1, 27, "'for' or 'does'"},
    {"departs msg.bare.chat.one for chat does drop as x", 1, 31, "a kind of stanza"},
    {"departs msg.bare.chat.one does vanish as x", 1, 32, "an action"},
    {"departs msg.bare.chat.one does bounce host-gone as x", 1, 39, "a stanza error condition"},
    {"departs msg.bare.chat.one does close forbidden as x", 1, 38, "a stream error condition"},
    {"departs msg.bare.chat.one does drop", 1, 36, "'as'"},
    {"departs msg.bare.chat.one does drop as", 1, 39, "own id"},
    {"departs msg.bare.chat.one does drop as an-id-of-forty-eight-octets-is-one-octet-too-long-x", 1, 40, "own id"},
    {"departs msg.bare.chat.one does drop as x y", 1, 42, "expected the end of the line"},
    {"departs msg.bare.chat.one does", 1, 31, "an action"},
    {"departs msg.bare.chat.one does dro9 as x", 1, 32, "an action"},
    {"departs msg.bare.chat.one does bounce as x", 1, 39, "a stanza error condition"},
    {"departs msg.bare.chat.one for message/chat", 1, 43, "a kind of stanza"},
    {"departs sub.out.subscribe.none does drop as x", 1, 9, "a rule that decides"},
    {"departs", 1, 8, "unknown rule"},
    {"base", 1, 5, "a profile's name"},
    {"base a-name-of-forty-eight-octets-is-one-octet-too-long", 1, 6, "a profile's name"},
    {"base rfc6121 now", 1, 14, "expected the end of the line"},
    {"knob", 1, 5, "expected '='"},
    {"# a comment\n\n  \t\r\n x", 4, 2, "found 'x'"},
};

START_TEST(a_wrong_line_of_a_profile_is_named_with_line_and_column) {
    const struct bad_line *bad = &bad_lines[_i];
    ck_assert_int_ne(policy_read(policy, s(bad->text), &error), ROUTER_OK);
    ck_assert_msg(strstr(error.text, bad->says) != NULL, "'%s' does not say '%s'", error.text, bad->says);
    ck_assert_uint_eq(error.line, bad->line);
    ck_assert_uint_eq(error.column, bad->column);
}
END_TEST

/* What a profile adds is told by playing it; here, that every form of a line is read. */
START_TEST(a_departure_can_be_for_some_kinds_and_carry_a_condition) {
    ck_assert_int_eq(
        policy_read(policy,
                    s("departs msg.bare.chat.one for message/chat message/normal does bounce not-allowed as a\n"
                      "departs in.elem.unknown for foreign does close bad-format as b"),
                    &error),
        ROUTER_OK);
}
END_TEST

START_TEST(a_policy_tells_its_departures_in_order) {
    struct router_departure d;
    ck_assert(!policy_departure(policy, 0, &d));
    ck_assert_int_eq(policy_read(policy,
                                 s("departs msg.bare.chat.one for message/chat does bounce not-allowed as a\n"
                                   "departs msg.full.normal.nomatch does deliver-most as b\n"),
                                 &error),
                     ROUTER_OK);
    ck_assert(policy_departure(policy, 0, &d));
    ck_assert_int_eq(d.rule, router_rule_find("msg.bare.chat.one"));
    ck_assert_uint_eq(d.kinds, 1u << STANZA_CHAT);
    ck_assert_str_eq(d.verb, "BOUNCE");
    ck_assert_str_eq(d.condition, "not-allowed");
    ck_assert_str_eq(d.id, "a");
    ck_assert(policy_departure(policy, 1, &d));
    ck_assert_int_eq(d.rule, router_rule_find("msg.full.normal.nomatch"));
    ck_assert_str_eq(d.verb, "DELIVER_MOST");
    ck_assert_ptr_null(d.condition);
    ck_assert_str_eq(d.id, "b");
    ck_assert(!policy_departure(policy, 2, &d));
    ck_assert_int_eq(policy_profile(policy, "rfc6121", NULL), ROUTER_OK);
    ck_assert(!policy_departure(policy, 0, &d));
}
END_TEST

START_TEST(dozens_of_departures_can_be_read) {
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(policy_read(policy, s("departs msg.bare.chat.one does drop as x"), &error), ROUTER_OK);
}
END_TEST

static void *no_memory(void *ctx, void *old, size_t size) {
    int *left = ctx;
    if (size > 0 && (*left)-- <= 0)
        return NULL;
    if (size > 0)
        return realloc(old, size);
    free(old);
    return NULL;
}

START_TEST(a_policy_says_where_memory_runs_out) {
    int left = 0;
    const struct router_alloc alloc = {no_memory, &left};
    ck_assert_ptr_null(policy_new(&alloc));
    left = 1;
    struct policy *small = policy_new(&alloc);
    ck_assert_ptr_nonnull(small);
    ck_assert_int_eq(policy_read(small, s("departs msg.bare.chat.one does drop as x"), &error), ROUTER_E_NOMEM);
    ck_assert_int_eq(policy_profile(small, "prosody-note", &error), ROUTER_E_NOMEM);
    ck_assert_int_eq(policy_profile(small, "rfc6121", &error), ROUTER_OK);
    policy_free(small);
}
END_TEST

/* Both kinds of departure, a value of a list and a number. */
static const char copied_text[] = "knob msg.nouser = silent\n"
                                  "knob size.max = 20000\n"
                                  "departs msg.bare.chat.one for message/chat does bounce item-not-found as mine.chat\n"
                                  "departs pres.init.self does omit-to as mine.copy\n";

static bool same_values(const struct policy *a, const struct policy *b) {
    char other[24];
    for (size_t i = 0; i < router_knob_count(); i++)
        if (strcmp(policy_get(a, i, buffer), policy_get(b, i, other)) != 0)
            return false;
    return true;
}

START_TEST(a_copy_of_a_policy_does_the_same_and_outlives_it) {
    struct policy *original = policy_new(NULL);
    ck_assert_int_eq(policy_read(original, s(copied_text), &error), ROUTER_OK);
    policy_free(policy);
    policy = policy_copy(original, NULL);
    ck_assert(same_values(policy, original));
    policy_free(original);
    ck_assert_str_eq(value_of("msg.nouser"), "silent");
    ck_assert_str_eq(value_of("size.max"), "20000");
    static const struct {
        const char *rule, *verb, *id;
        uint32_t kinds;
    } departures[] = {{"msg.bare.chat.one", "BOUNCE", "mine.chat", 1u << STANZA_CHAT},
                      {"pres.init.self", "omit-to", "mine.copy", UINT32_MAX}};
    struct router_departure d;
    for (size_t i = 0; i < 2; i++) {
        ck_assert(policy_departure(policy, i, &d));
        ck_assert_int_eq(d.rule, router_rule_find(departures[i].rule));
        ck_assert_str_eq(d.verb, departures[i].verb);
        ck_assert_str_eq(d.id, departures[i].id);
        ck_assert_uint_eq(d.kinds, departures[i].kinds);
    }
    ck_assert(!policy_departure(policy, 2, &d));
}
END_TEST

START_TEST(what_changes_in_a_copy_does_not_change_in_the_original) {
    struct router_departure d;
    ck_assert_int_eq(policy_read(policy, s(copied_text), &error), ROUTER_OK);
    struct policy *copy = policy_copy(policy, NULL);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(policy_read(copy, s("departs msg.bare.chat.one does drop as theirs"), &error), ROUTER_OK);
    ck_assert_int_eq(policy_set(copy, s("size.max"), s("30000"), &error), ROUTER_OK);
    ck_assert(policy_departure(copy, 21, &d));
    ck_assert_str_eq(d.id, "theirs");
    ck_assert(!policy_departure(policy, 2, &d));
    ck_assert_str_eq(value_of("size.max"), "20000");
    policy_free(copy);
}
END_TEST

/* Pieces of memory that a policy holds. */
static void *counting(void *ctx, void *old, size_t size) {
    int *held = ctx;
    *held += (size > 0) - (old != NULL);
    if (size > 0)
        return realloc(old, size);
    free(old);
    return NULL;
}

START_TEST(a_copy_has_an_allocator_of_its_own) {
    int held = 0, left;
    const struct router_alloc alloc = {counting, &held}, scarce = {no_memory, &left};
    ck_assert_int_eq(policy_read(policy, s(copied_text), &error), ROUTER_OK);
    struct policy *copy = policy_copy(policy, &alloc);
    ck_assert_int_eq(held, 2);
    policy_free(copy);
    ck_assert_int_eq(held, 0);
    for (int enough = 0; enough < 2; enough++) {
        left = enough;
        ck_assert_ptr_null(policy_copy(policy, &scarce));
    }
    left = 2;
    copy = policy_copy(policy, &scarce);
    ck_assert_ptr_nonnull(copy);
    policy_free(copy);
}
END_TEST

START_TEST(an_alternative_is_a_departure_with_its_word) {
    struct router_departure d;
    ck_assert_int_eq(policy_read(policy, s("departs pres.init.self does omit-to as mine.copy\n"), &error), ROUTER_OK);
    ck_assert(policy_departure(policy, 0, &d));
    ck_assert_int_eq(d.rule, router_rule_find("pres.init.self"));
    ck_assert_str_eq(d.verb, "omit-to");
    ck_assert_str_eq(d.id, "mine.copy");
    ck_assert_ptr_null(d.condition);
    ck_assert(!policy_departure(policy, 1, &d));
}
END_TEST

START_TEST(a_row_takes_an_action_or_a_word_of_its_own) {
    struct router_departure d;
    const char *text = "departs dom.pres.sub does show-available as a\n"
                       "departs dom.pres.sub for presence/subscribe does drop as b\n";
    ck_assert_int_eq(policy_read(policy, s(text), &error), ROUTER_OK);
    ck_assert(policy_departure(policy, 0, &d));
    ck_assert_str_eq(d.verb, "show-available");
    ck_assert(policy_departure(policy, 1, &d));
    ck_assert_str_eq(d.verb, "DROP");
    ck_assert_uint_eq(d.kinds, 1u << STANZA_SUBSCRIBE);
}
END_TEST

START_TEST(applying_a_profile_forgets_alternatives) {
    struct router_departure d;
    ck_assert_int_eq(policy_read(policy, s("departs pres.init.self does omit-to as mine.copy\n"), &error), ROUTER_OK);
    ck_assert_int_eq(policy_profile(policy, "rfc6121", NULL), ROUTER_OK);
    ck_assert(!policy_departure(policy, 0, &d));
}
END_TEST

START_TEST(the_built_in_profiles_can_be_applied) {
    size_t count = 0;
    for (const char *name; (name = router_profile_name(count)) != NULL; count++)
        ck_assert_msg(policy_profile(policy, name, &error) == ROUTER_OK, "%s: %s", name, error.text);
    ck_assert_uint_ge(count, 2);
    ck_assert_str_eq(router_profile_name(0), "rfc6121");
}
END_TEST

START_TEST(applying_a_profile_forgets_what_was_set_before) {
    ck_assert_int_eq(policy_set(policy, s("msg.store"), s("bounce"), NULL), ROUTER_OK);
    ck_assert_int_eq(policy_profile(policy, "rfc6121", NULL), ROUTER_OK);
    ck_assert_str_eq(value_of("msg.store"), "store");
}
END_TEST

START_TEST(an_unknown_profile_is_refused) {
    ck_assert_int_eq(policy_profile(policy, "rfc6122", &error), ROUTER_E_UNKNOWN);
    ck_assert_str_eq(error.text, "unknown profile 'rfc6122'; did you mean 'rfc6121'?");
}
END_TEST

Suite *policy_suite(void) {
    Suite *suite = suite_create("policy");
    TCase *tc = tcase_create("policy");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_new_policy_has_each_knob_at_its_initial_value);
    tcase_add_test(tc, a_knob_takes_each_of_its_values);
    tcase_add_test(tc, a_value_outside_the_set_is_refused_and_the_set_is_named);
    tcase_add_test(tc, an_unknown_knob_is_refused_and_the_nearest_is_named);
    tcase_add_test(tc, a_knob_that_no_rule_reads_is_refused);
    tcase_add_test(tc, a_value_that_is_not_carried_out_is_refused);
    tcase_add_test(tc, a_number_has_a_least_value);
    tcase_add_test(tc, a_number_is_digits_only);
    tcase_add_test(tc, a_message_need_not_be_wanted);
    tcase_add_test(tc, a_long_word_is_cut_in_a_message_and_resembles_nothing);
    tcase_add_test(tc, past_the_last_knob_there_is_no_value);
    tcase_add_test(tc, a_policy_can_be_no_policy_when_it_is_freed);
    tcase_add_test(tc, a_profile_text_sets_knobs_and_ignores_comments);
    tcase_add_loop_test(tc, a_wrong_line_of_a_profile_is_named_with_line_and_column, 0,
                        sizeof bad_lines / sizeof bad_lines[0]);
    tcase_add_test(tc, a_departure_can_be_for_some_kinds_and_carry_a_condition);
    tcase_add_test(tc, a_policy_tells_its_departures_in_order);
    tcase_add_test(tc, dozens_of_departures_can_be_read);
    tcase_add_test(tc, a_policy_says_where_memory_runs_out);
    tcase_add_test(tc, a_copy_of_a_policy_does_the_same_and_outlives_it);
    tcase_add_test(tc, what_changes_in_a_copy_does_not_change_in_the_original);
    tcase_add_test(tc, a_copy_has_an_allocator_of_its_own);
    tcase_add_test(tc, an_alternative_is_a_departure_with_its_word);
    tcase_add_test(tc, a_row_takes_an_action_or_a_word_of_its_own);
    tcase_add_test(tc, applying_a_profile_forgets_alternatives);
    tcase_add_test(tc, the_built_in_profiles_can_be_applied);
    tcase_add_test(tc, applying_a_profile_forgets_what_was_set_before);
    tcase_add_test(tc, an_unknown_profile_is_refused);
    suite_add_tcase(suite, tc);
    return suite;
}
