/* The class of input that a decision names: where the stanza belonged, and what else mattered there. */
#include "router_harness.h"
#include "world_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *classes_suite(void);

/* The classes that the effects of the last input name, in their order, each once in a row: "BARE/ONE BARE/NONE". */
static const char *classes(void) {
    static char text[512];
    struct router_effect e;
    unsigned last = 0;
    text[0] = '\0';
    while (router_next(router, &e)) {
        struct router_class c;
        if (e.input_class == 0 || e.input_class == last)
            continue;
        last = e.input_class;
        ck_assert_msg(router_class_at(e.input_class, &c), "there is no class %u", e.input_class);
        const size_t size = strlen(text);
        snprintf(text + size, sizeof text - size, "%s%s/%s", size == 0 ? "" : " ", router_stage_name(c.stage),
                 router_state_name(c.stage, c.state));
    }
    return text;
}

static const char *classes_of(uint32_t port, const char *xml) {
    ck_assert_int_eq(input(port, xml), ROUTER_OK);
    return classes();
}

START_TEST(a_number_stands_for_exactly_one_class) {
    struct router_class c = {0}, found;
    bool known[1 << 16] = {false};
    ck_assert_uint_le(router_class_limit(), 1 << 16);
    while (router_class_next(&c)) {
        ck_assert_uint_lt(c.next, router_class_limit());
        known[c.next] = true;
        ck_assert(router_class_at(c.next, &found));
        ck_assert(found.stage == c.stage && found.kind == c.kind && found.state == c.state);
    }
    for (unsigned i = 0; i < router_class_limit() + 2; i++)
        ck_assert_msg(router_class_at(i, &found) == (i < router_class_limit() && known[i]), "%u", i);
}
END_TEST

START_TEST(every_stage_and_state_of_a_class_has_a_name_and_a_meaning) {
    struct router_class c = {0};
    while (router_class_next(&c)) {
        ck_assert_str_ne(router_stage_name(c.stage), "?");
        ck_assert_str_ne(router_stage_meaning(c.stage), "?");
        ck_assert_str_ne(router_state_name(c.stage, c.state), "?");
        ck_assert_str_ne(router_state_meaning(c.stage, c.state), "?");
    }
    ck_assert_str_eq(router_stage_meaning(1000), "?");
    ck_assert_str_eq(router_state_meaning(0, 1000), "?");
}
END_TEST

/* The conditions of 6121 8.5.4, one after the other. */
START_TEST(a_message_names_the_condition_of_the_table) {
    ck_assert_str_eq(classes_of(romeo, "<message to='nobody@capulet.example'/>"), "NOUSER_BARE/PLAIN");
    ck_assert_str_eq(classes_of(romeo, "<message to='nobody@capulet.example/x'/>"), "NOUSER_FULL/PLAIN");
    ck_assert_str_eq(classes_of(romeo, "<message to='juliet@capulet.example/gone'/>"), "FULL_NOMATCH/CONNECTED");
    ck_assert_str_eq(classes_of(romeo, "<message to='juliet@capulet.example/balcony'/>"), "FULL_MATCH/PLAIN");
    input(juliet, "<presence><priority>-1</priority></presence>");
    ck_assert_str_eq(classes_of(romeo, "<message to='juliet@capulet.example'/>"), "BARE/NEGATIVE");
    ck_assert_str_eq(classes_of(romeo, "<message to='juliet@capulet.example/gone'/>"), "FULL_NOMATCH/NEGATIVE");
    input(juliet, "<presence/>");
    ck_assert_str_eq(classes_of(romeo, "<message to='juliet@capulet.example'/>"), "BARE/ONE");
    const uint32_t phone = bind_as("juliet@capulet.example/phone");
    input(phone, "<presence/>");
    ck_assert_str_eq(classes_of(romeo, "<message type='chat' to='juliet@capulet.example'/>"), "BARE/MULTI");
    ck_assert_str_eq(classes_of(romeo, "<message type='chat' to='juliet@capulet.example/x'/>"), "FULL_NOMATCH/MULTI");
}
END_TEST

START_TEST(an_account_without_resources_is_told_from_one_that_is_not_available) {
    ck_assert_str_eq(classes_of(juliet, "<message type='groupchat' to='juliet@capulet.example'/>"), "BARE/CONNECTED BARE/NONE");
    ck_assert_int_eq(router_link(router, romeo, ROUTER_LINK_CLOSED, 0), ROUTER_OK);
    ck_assert_str_eq(classes_of(juliet, "<message to='romeo@montague.example'/>"), "BARE/NONE");
}
END_TEST

START_TEST(a_fault_names_the_check_that_found_it) {
    ck_assert_str_eq(classes_of(romeo, "<iq type='get' id='1' to='capulet.example'/>"), "ENTRY/IQ_CHILDREN");
    ck_assert_str_eq(classes_of(romeo, "<message to='@capulet.example'/>"), "ENTRY/TO_MALFORMED");
    const uint32_t verona = peer();
    ck_assert_str_eq(classes_of(verona, "<message from='paris@verona.example'/>"), "ENTRY/S2S_NO_TO");
    ck_assert_int_eq(router_fault(router, juliet, STANZA_FAULT_ILLFORMED, 0), ROUTER_OK);
    ck_assert_str_eq(classes(), "ENTRY/BAD_XML");
}
END_TEST

START_TEST(what_a_knob_lets_pass_names_the_check_and_then_where_it_belongs) {
    ck_assert_str_eq(classes_of(romeo, "<message from='paris@verona.example' to='juliet@capulet.example/balcony'/>"),
                     "ENTRY/FROM_MISMATCH FULL_MATCH/PLAIN");
}
END_TEST

START_TEST(a_row_that_hands_on_shows_as_a_mark_of_its_own_class) {
    struct router_effect e;
    ck_assert_int_eq(input(romeo, "<message type='chat'/>"), ROUTER_OK);
    bool seen = false;
    while (router_next(router, &e)) {
        struct router_class c;
        if (e.kind == ROUTER_MARK && e.rule == router_rule_find("noto.msg")) {
            ck_assert(router_class_at(e.input_class, &c));
            ck_assert_str_eq(router_stage_name(c.stage), "NOTO");
            seen = true;
        }
    }
    ck_assert_msg(seen, "the row left no mark");
}
END_TEST

START_TEST(a_subscription_names_both_sides_states) {
    input(juliet, "<presence/>");
    ck_assert_str_eq(classes_of(romeo, "<presence type='subscribe' to='juliet@capulet.example'/>"),
                     "SUB_OUT/SUB_NONE BARE/ONE SUB_IN/SUB_NONE");
    ck_assert_str_eq(classes_of(romeo, "<presence type='subscribe' to='juliet@capulet.example'/>"),
                     "SUB_OUT/SUB_NONE_OUT BARE/ONE SUB_IN/SUB_NONE_IN");
}
END_TEST

/* The answer is of type unsubscribed, and meets the prober's own rules as any such stanza does. */
START_TEST(a_probe_names_what_the_prober_may_see) {
    ck_assert_str_eq(classes_of(romeo, "<presence type='probe' to='juliet@capulet.example'/>"),
                     "BARE/CONNECTED PROBED_BARE/STRANGER FULL_MATCH/PLAIN SUB_IN/SUB_NONE");
}
END_TEST

/* Where the row is of the class that is named, it is the rule; where another rule took over, the class stays. */
START_TEST(a_rule_that_takes_over_keeps_the_class) {
    struct router_effect e;
    struct router_class c;
    ck_assert_int_eq(input(romeo, "<iq type='set' id='1' to='capulet.example'><ping xmlns='urn:xmpp:ping'/></iq>"), ROUTER_OK);
    while (router_next(router, &e) && e.kind != ROUTER_BOUNCE)
        ;
    ck_assert_int_eq(e.kind, ROUTER_BOUNCE);
    ck_assert_int_eq(e.rule, router_rule_find("in.iq.unknown-elem"));
    ck_assert(router_class_at(e.input_class, &c));
    ck_assert_str_eq(router_stage_name(c.stage), "DOMAIN");
    ck_assert_str_eq(router_state_name(c.stage, c.state), "KNOWN");
    ck_assert(!router_class_row(&c, e.rule));
}
END_TEST

START_TEST(the_log_of_a_world_keeps_the_class) {
    sends(ROMEO, "<message id='m1' to='nurse@capulet.example/gone'/>");
    settle();
    struct router_class c;
    bool remote = false, nomatch = false;
    for (size_t i = 0; i < world_event_count(world); i++) {
        const struct world_event *event = world_event(world, i);
        if (event->kind != WORLD_EFFECT || !router_class_at(event->input_class, &c))
            continue;
        remote |= strcmp(router_stage_name(c.stage), "REMOTE") == 0 && event->effect == ROUTER_ROUTE;
        nomatch |= strcmp(router_stage_name(c.stage), "FULL_NOMATCH") == 0;
    }
    ck_assert(remote && nomatch);
}
END_TEST

Suite *classes_suite(void) {
    Suite *suite = suite_create("classes");
    TCase *router_case = tcase_create("router");
    tcase_add_checked_fixture(router_case, harness_setup, harness_teardown);
    tcase_add_test(router_case, a_number_stands_for_exactly_one_class);
    tcase_add_test(router_case, every_stage_and_state_of_a_class_has_a_name_and_a_meaning);
    tcase_add_test(router_case, a_message_names_the_condition_of_the_table);
    tcase_add_test(router_case, an_account_without_resources_is_told_from_one_that_is_not_available);
    tcase_add_test(router_case, a_fault_names_the_check_that_found_it);
    tcase_add_test(router_case, what_a_knob_lets_pass_names_the_check_and_then_where_it_belongs);
    tcase_add_test(router_case, a_row_that_hands_on_shows_as_a_mark_of_its_own_class);
    tcase_add_test(router_case, a_subscription_names_both_sides_states);
    tcase_add_test(router_case, a_probe_names_what_the_prober_may_see);
    tcase_add_test(router_case, a_rule_that_takes_over_keeps_the_class);
    suite_add_tcase(suite, router_case);
    TCase *world_case = tcase_create("world");
    tcase_add_checked_fixture(world_case, world_setup_connected, world_teardown);
    tcase_add_test(world_case, the_log_of_a_world_keeps_the_class);
    suite_add_tcase(suite, world_case);
    return suite;
}
