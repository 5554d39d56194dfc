/* Children of a stanza that may not pass as they are: those beyond the ones that a reader describes, too. */
#include "router_harness.h"

#include <check.h>
#include <string.h>

Suite *router_children_suite(void);

#define EIGHT "<a/><b/><c/><d/><e/><f/><g/><h/>"

START_TEST(a_child_that_spells_out_its_streams_namespace_is_rescoped_wherever_it_stands) {
    const char *sent = "<message to='a@verona.example'>" EIGHT "<body xmlns='jabber:client'>x</body></message>";
    ck_assert_int_eq(input(romeo, sent), ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_READY, 0), ROUTER_OK);
    (void)effects(BYTES);
    ck_assert_str_eq(send_as(romeo, sent, BYTES),
                     "route to a@verona.example by s2s.route: <message from='romeo@montague.example/orchard' "
                     "to='a@verona.example'>" EIGHT "<body>x</body></message>\n");
}
END_TEST

START_TEST(a_false_delay_is_left_out_wherever_it_stands) {
    const char *sent = "<message to='juliet@capulet.example/balcony'>" EIGHT
                       "<delay xmlns='urn:xmpp:delay' from='capulet.example' stamp='x'/>"
                       "<delay xmlns='urn:xmpp:delay' from='verona.example' stamp='x'/>"
                       "<delay from='montague.example' xmlns='urn:xmpp:delay' stamp='x'><i/></delay></message>";
    ck_assert_str_eq(send_as(romeo, sent, BYTES),
                     "deliver to juliet@capulet.example/balcony by msg.full.normal.match: <message "
                     "from='romeo@montague.example/orchard' to='juliet@capulet.example/balcony'>" EIGHT
                     "<delay xmlns='urn:xmpp:delay' from='verona.example' stamp='x'/></message>\n");
}
END_TEST

START_TEST(an_overridden_priority_stands_behind_what_was_sent) {
    knob("pres.prio-override", "zero");
    const char *sent = "<presence><show xmlns='jabber:client'>away</show><priority>7</priority></presence>";
    ck_assert_str_eq(send_as(romeo, sent, BYTES),
                     "deliver to romeo@montague.example/orchard by pres.init.self: <presence "
                           "from='romeo@montague.example/orchard' to='romeo@montague.example'>"
                           "<show>away</show><priority>0</priority></presence>\n");
}
END_TEST

START_TEST(a_stream_can_be_closed_with_a_condition_that_stanzas_have_too) {
    profile("departs msg.full.chat.match does close policy-violation as own.close\n");
    ck_assert_ptr_nonnull(strstr(send_as(romeo, "<message to='juliet@capulet.example/balcony' type='chat'/>", FATES),
                                 "close policy-violation to romeo@montague.example/orchard by"));
}
END_TEST

Suite *router_children_suite(void) {
    Suite *suite = suite_create("router_children");
    TCase *tc = tcase_create("children");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    tcase_add_test(tc, a_child_that_spells_out_its_streams_namespace_is_rescoped_wherever_it_stands);
    tcase_add_test(tc, a_false_delay_is_left_out_wherever_it_stands);
    tcase_add_test(tc, an_overridden_priority_stands_behind_what_was_sent);
    tcase_add_test(tc, a_stream_can_be_closed_with_a_condition_that_stanzas_have_too);
    suite_add_tcase(suite, tc);
    return suite;
}
