/* Tests of the comparison of an expected element with one that came. Expectations come from the scenario language. */
#include "match.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena *arena;

static void setup(void) {
    arena = arena_new();
    ck_assert_ptr_nonnull(arena);
}

static void teardown(void) {
    arena_free(arena);
}

static const struct xml_node *parse(const char *text) {
    struct xml_node *root = NULL;
    struct xml_fault fault = {0};
    ck_assert_msg(xml_parse(arena, text, strlen(text), 1, &root, &fault), "%s: %s", text, fault.text);
    return root;
}

static char captured[200];

static const char *resolve(void *context, const char *value) {
    (void)context;
    return strcmp(value, "${Juliet's JID}") == 0 ? "juliet@capulet.example" : NULL;
}

static void capture(void *context, const char *name, size_t name_size, const char *value) {
    size_t used = strlen(captured);
    (void)context;
    (void)snprintf(captured + used, sizeof captured - used, "%.*s=%s;", (int)name_size, name, value);
}

static bool match(const char *expected, const char *found, struct match_difference *difference) {
    struct match_words words = {.resolve = resolve, .capture = capture};
    captured[0] = '\0';
    return match_stanza(arena, &words, parse(expected), parse(found), difference);
}

static void same(const char *expected, const char *found) {
    struct match_difference difference;
    bool matched = match(expected, found, &difference);
    ck_assert_msg(matched, "%s / %s: %s", expected, found, difference.text);
}

static void differs(const char *expected, const char *found, const char *how) {
    struct match_difference difference;
    ck_assert_msg(!match(expected, found, &difference), "%s / %s", expected, found);
    ck_assert_str_eq(difference.text, how);
}

/* ------------------------------------------------------------------------------------------------- non-strict ---- */

START_TEST(what_is_not_expected_may_be_there) {
    same("<message/>", "<message to='a' type='chat'>text<body>x</body><thread>t</thread></message>");
    same("<message type='chat'><body/></message>", "<message to='a' type='chat'><thread/><body>hello</body></message>");
}
END_TEST

START_TEST(what_is_expected_must_be_there) {
    differs("<message/>", "<presence/>", "expected <message>, found <presence>");
    differs("<message type='chat'/>", "<message/>", "message: attribute 'type': expected 'chat', found none");
    differs("<message type='chat'/>", "<message type='normal'/>",
            "message: attribute 'type': expected 'chat', found 'normal'");
    differs("<message><body/></message>", "<message/>", "message: child <body>: expected one, found none");
    differs("<message><body>a</body></message>", "<message><body>b</body></message>",
            "message/body: text: expected 'a', found 'b'");
    differs("<message><body>a</body></message>", "<message><body/></message>",
            "message/body: text: expected 'a', found none");
}
END_TEST

START_TEST(the_order_of_children_does_not_count) {
    same("<message><body>a</body><subject>b</subject></message>",
         "<message><subject>b</subject><body>a</body></message>");
}
END_TEST

START_TEST(each_expected_child_needs_one_of_its_own) {
    same("<message><body/><body>b</body></message>", "<message><body>b</body><body>a</body></message>");
    same("<message><body/><body>a</body><body/></message>",
         "<message><body>a</body><body>b</body><body>c</body></message>");
    differs("<message><body/><body/></message>", "<message><body/></message>",
            "message: child <body>: none of the 1 that were found matches");
    differs("<message><body>x</body></message>", "<message><body>a</body><body>b</body></message>",
            "message: child <body>: none of the 2 that were found matches");
}
END_TEST

START_TEST(attributes_are_told_apart_by_namespace) {
    same("<message xml:lang='en'/>", "<message xml:lang='en' lang='de'/>");
    differs("<message xml:lang='en'/>", "<message lang='en'/>", "message: attribute 'lang': expected 'en', found none");
}
END_TEST

START_TEST(text_is_compared_after_trimming) {
    same("<message><body>\n\t a b\n</body></message>", "<message><body>a b  </body></message>");
    differs("<message><body>a b</body></message>", "<message><body>a  b</body></message>",
            "message/body: text: expected 'a b', found 'a  b'");
}
END_TEST

START_TEST(elements_are_told_apart_by_namespace) {
    differs("<iq><query xmlns='a'/></iq>", "<iq><query xmlns='b'/></iq>",
            "iq: child <query>: expected one, found none");
    same("<message xmlns='jabber:client'><body>a</body></message>", "<message><body>a</body></message>");
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- strict ---- */

START_TEST(an_element_with_a_namespace_of_its_own_is_matched_strictly) {
    same("<iq><query xmlns='a' x='1'/></iq>", "<iq id='1'><query xmlns='a' x='1'/></iq>");
    differs("<iq><query xmlns='a'/></iq>", "<iq><query xmlns='a' x='1'/></iq>",
            "iq/query: attribute 'x': expected none, found '1'");
    differs("<iq><query xmlns='a'/></iq>", "<iq><query xmlns='a'><item/></query></iq>",
            "iq/query: child <item>: expected none, found one");
    differs("<iq><query xmlns='a'/></iq>", "<iq><query xmlns='a'>t</query></iq>",
            "iq/query: text: expected none, found 't'");
}
END_TEST

START_TEST(strict_children_stand_in_the_same_order) {
    same("<iq><q xmlns='a'><b/><c/></q></iq>", "<iq><q xmlns='a'><b/><c/></q></iq>");
    differs("<iq><q xmlns='a'><b/><c/></q></iq>", "<iq><q xmlns='a'><c/><b/></q></iq>",
            "iq/q: expected <b>, found <c>");
    differs("<iq><q xmlns='a'><b/><c/></q></iq>", "<iq><q xmlns='a'><b/></q></iq>",
            "iq/q: child <c>: expected one, found none");
}
END_TEST

START_TEST(items_of_a_roster_and_their_groups_have_no_order) {
    same("<iq><query xmlns='jabber:iq:roster'><item jid='a@b'/><item jid='c@d'/></query></iq>",
         "<iq><query xmlns='jabber:iq:roster'><item jid='c@d'/><item jid='a@b'/></query></iq>");
    same("<iq><query xmlns='jabber:iq:roster'><item jid='a@b'><group>x</group><group>y</group></item></query></iq>",
         "<iq><query xmlns='jabber:iq:roster'><item jid='a@b'><group>y</group><group>x</group></item></query></iq>");
    differs("<iq><query xmlns='jabber:iq:roster'><item jid='a@b'/></query></iq>",
            "<iq><query xmlns='jabber:iq:roster'><item jid='a@b'/><item jid='c@d'/></query></iq>",
            "iq/query: child <item>: expected none, found one");
    differs("<iq><query xmlns='jabber:iq:roster'><item jid='a@b'/><item jid='a@b'/></query></iq>",
            "<iq><query xmlns='jabber:iq:roster'><item jid='a@b'/><item jid='c@d'/></query></iq>",
            "iq/query: child <item>: none of the 2 that were found matches");
}
END_TEST

START_TEST(children_of_a_strict_element_are_strict) {
    differs("<iq><q xmlns='a'><b><c/></b></q></iq>", "<iq><q xmlns='a'><b><c y='1'/></b></q></iq>",
            "iq/q/b/c: attribute 'y': expected none, found '1'");
}
END_TEST

START_TEST(the_mode_can_be_set_for_all_below) {
    differs("<message scansion:strict='true'/>", "<message to='a'/>",
            "message: attribute 'to': expected none, found 'a'");
    differs("<message scansion:strict='true'><body/></message>", "<message><body>a</body></message>",
            "message/body: text: expected none, found 'a'");
    same("<iq><q xmlns='a' scansion:strict='false'><b/></q></iq>",
         "<iq><q xmlns='a' v='1'><c/><b w='2'><d/></b></q></iq>");
    same("<iq scansion:strict='false'><q xmlns='a'/></iq>", "<iq><q xmlns='a' v='1'/></iq>");
    differs("<iq><q xmlns='a' scansion:strict='false'><b scansion:strict='true'/></q></iq>",
            "<iq><q xmlns='a' v='1'><b w='2'/></q></iq>", "iq/q/b: attribute 'w': expected none, found '2'");
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ words ---- */

START_TEST(any_value_must_be_present) {
    same("<message id='{scansion:any}'><body>{scansion:any}</body></message>",
         "<message id=''><body>b</body></message>");
    differs("<message id='{scansion:any}'/>", "<message/>",
            "message: attribute 'id': expected '{scansion:any}', found none");
    differs("<message><body>{scansion:any}</body></message>", "<message><body> </body></message>",
            "message/body: text: expected '{scansion:any}', found none");
}
END_TEST

START_TEST(variables_stand_for_their_values) {
    same("<message to=\"${Juliet's JID}\"/>", "<message to='juliet@capulet.example'/>");
    differs("<message to=\"${Juliet's JID}\"/>", "<message to='romeo@montague.example'/>",
            "message: attribute 'to': expected 'juliet@capulet.example', found 'romeo@montague.example'");
    differs("<message to='${other}'/>", "<message to='x'/>",
            "message: attribute 'to': the value of '${other}' is not known");
}
END_TEST

START_TEST(captures_are_made_in_the_order_of_the_expectation) {
    same("<message id='{scansion:capture:first}'><body>{scansion:capture:second}</body></message>",
         "<message id='1'><body>b</body></message>");
    ck_assert_str_eq(captured, "first=1;second=b;");
}
END_TEST

START_TEST(a_match_that_fails_captures_nothing) {
    differs("<message id='{scansion:capture:first}' type='chat'/>", "<message id='1'/>",
            "message: attribute 'type': expected 'chat', found none");
    ck_assert_str_eq(captured, "");
}
END_TEST

START_TEST(children_that_were_only_tried_capture_nothing) {
    same("<message><x>{scansion:capture:n}</x><x>a</x></message>", "<message><x>a</x><x>b</x></message>");
    ck_assert_str_eq(captured, "n=b;");
}
END_TEST

/* -------------------------------------------------------------------------------------------------- any order ---- */

enum { COUNT_MAX = 60 };

static bool any_order(const char *const *expected, size_t count, const char *const *found, size_t found_count,
                      int *pair) {
    const struct xml_node *wanted[COUNT_MAX];
    const struct xml_node *came[COUNT_MAX];
    struct match_words words = {.resolve = resolve, .capture = capture};
    for (size_t i = 0; i < count; i++) {
        wanted[i] = parse(expected[i]);
    }
    for (size_t i = 0; i < found_count; i++) {
        came[i] = found[i] == NULL ? NULL : parse(found[i]);
    }
    captured[0] = '\0';
    return match_any_order(arena, &words, wanted, count, came, found_count, pair);
}

START_TEST(a_pairing_is_found_where_the_first_choice_is_wrong) {
    const char *expected[] = {"<message/>", "<message type='chat'/>",
                              "<message type='chat' id='{scansion:capture:c}'/>"};
    const char *found[] = {"<message type='chat' id='1'/>", "<message type='chat'/>", "<message/>"};
    int pair[3];
    ck_assert(any_order(expected, 3, found, 3, pair));
    ck_assert_int_eq(pair[0], 2);
    ck_assert_int_eq(pair[1], 1);
    ck_assert_int_eq(pair[2], 0);
    ck_assert_str_eq(captured, "c=1;");
}
END_TEST

START_TEST(without_a_pairing_for_all_as_many_as_can_be_are_paired_and_nothing_is_captured) {
    const char *expected[] = {"<message id='{scansion:capture:c}'/>", "<presence/>", "<iq/>"};
    const char *found[] = {NULL, "<presence/>", "<message id='1'/>"};
    int pair[3];
    ck_assert(!any_order(expected, 3, found, 3, pair));
    ck_assert_int_eq(pair[0], 2);
    ck_assert_int_eq(pair[1], 1);
    ck_assert_int_eq(pair[2], -1);
    ck_assert_str_eq(captured, "");
}
END_TEST

/* One of many has no partner: trying out all orders would never end. */
START_TEST(a_pairing_that_cannot_be_is_found_out_quickly) {
    const char *expected[COUNT_MAX];
    const char *found[COUNT_MAX];
    int pair[COUNT_MAX];
    for (size_t i = 0; i < COUNT_MAX; i++) {
        expected[i] = i < COUNT_MAX - 1 ? "<message/>" : "<presence/>";
        found[i] = "<message/>";
    }
    ck_assert(!any_order(expected, COUNT_MAX, found, COUNT_MAX, pair));
    ck_assert_int_eq(pair[COUNT_MAX - 1], -1);
    ck_assert_int_ge(pair[0], 0);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ sizes ---- */

static char *nested(size_t depth, const char *inside) {
    size_t size = depth * 7 + strlen(inside) + 1;
    char *text = malloc(size);
    ck_assert_ptr_nonnull(text);
    text[0] = '\0';
    for (size_t i = 0; i < depth; i++) {
        strcat(text, "<a>");
    }
    strcat(text, inside);
    for (size_t i = 0; i < depth; i++) {
        strcat(text, "</a>");
    }
    return text;
}

START_TEST(a_difference_deep_inside_is_found) {
    char *expected = nested(XML_DEPTH_MAX - 1, "<b/>");
    char *found = nested(XML_DEPTH_MAX - 1, "<c/>");
    struct match_difference difference;
    ck_assert(match(expected, expected, &difference));
    ck_assert(!match(expected, found, &difference));
    ck_assert_int_eq(strncmp(difference.text, "a/a/a/", 6), 0);
    free(expected);
    free(found);
}
END_TEST

START_TEST(a_long_value_is_cut_in_the_difference) {
    char value[2000];
    char text[2100];
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    (void)snprintf(text, sizeof text, "<message id='%s'/>", value);
    struct match_difference difference;
    ck_assert(!match("<message id='y'/>", text, &difference));
    ck_assert_uint_lt(strlen(difference.text), sizeof difference.text);
}
END_TEST

Suite *match_suite(void);
Suite *match_suite(void) {
    Suite *suite = suite_create("match");
    TCase *tc = tcase_create("match");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_is_not_expected_may_be_there);
    tcase_add_test(tc, what_is_expected_must_be_there);
    tcase_add_test(tc, the_order_of_children_does_not_count);
    tcase_add_test(tc, each_expected_child_needs_one_of_its_own);
    tcase_add_test(tc, attributes_are_told_apart_by_namespace);
    tcase_add_test(tc, text_is_compared_after_trimming);
    tcase_add_test(tc, elements_are_told_apart_by_namespace);
    tcase_add_test(tc, an_element_with_a_namespace_of_its_own_is_matched_strictly);
    tcase_add_test(tc, strict_children_stand_in_the_same_order);
    tcase_add_test(tc, items_of_a_roster_and_their_groups_have_no_order);
    tcase_add_test(tc, children_of_a_strict_element_are_strict);
    tcase_add_test(tc, the_mode_can_be_set_for_all_below);
    tcase_add_test(tc, any_value_must_be_present);
    tcase_add_test(tc, variables_stand_for_their_values);
    tcase_add_test(tc, captures_are_made_in_the_order_of_the_expectation);
    tcase_add_test(tc, a_match_that_fails_captures_nothing);
    tcase_add_test(tc, children_that_were_only_tried_capture_nothing);
    tcase_add_test(tc, a_pairing_is_found_where_the_first_choice_is_wrong);
    tcase_add_test(tc, without_a_pairing_for_all_as_many_as_can_be_are_paired_and_nothing_is_captured);
    tcase_add_test(tc, a_pairing_that_cannot_be_is_found_out_quickly);
    tcase_add_test(tc, a_difference_deep_inside_is_found);
    tcase_add_test(tc, a_long_value_is_cut_in_the_difference);
    suite_add_tcase(suite, tc);
    return suite;
}
