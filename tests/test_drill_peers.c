/* Tests of playing peers and components: they act like clients, in the name of their domains. */
#include "drill_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *drill_peers_suite(void);

/* Five lines before the first action, and those of the properties. */
#define PEER(properties)                                                                                               \
    "# Test\n"                                                                                                         \
    "[Client] Romeo\n"                                                                                                 \
    "\tjid: romeo@montague.example/orchard\n"                                                                          \
    "[Peer] capulet.example\n" properties "---\n"
#define HELLO                                                                                                          \
    "Romeo sends:\n"                                                                                                   \
    "\t<message id='m1' to='juliet@capulet.example'><body>Hi</body></message>\n"
#define ASK                                                                                                            \
    "Romeo sends:\n"                                                                                                   \
    "\t<iq id='q1' type='get' to='juliet@capulet.example/balcony'><ping xmlns='urn:xmpp:ping'/></iq>\n"
#define GETS_IT                                                                                                        \
    "capulet.example receives:\n"                                                                                      \
    "\t<iq id='q1' type='get'/>\n"

/* ------------------------------------------------------------------------------------------------------ peers ---- */

START_TEST(a_peer_gets_what_is_sent_to_its_domain_after_eight_latencies) {
    passes(PEER("") "Romeo connects\n" HELLO "capulet.example receives:\n"
                    "\t<message id='m1' from=\"${Romeo's full JID}\" to='juliet@capulet.example'/>\n");
    ck_assert_uint_eq(result.virtual_us, 80000);
}
END_TEST

START_TEST(a_peer_sends_in_the_name_of_its_users) {
    passes(PEER("") "Romeo connects\n"
                    "capulet.example sends:\n"
                    "\t<message id='m1' from='juliet@capulet.example/balcony' to=\"${Romeo's full JID}\"/>\n"
                    "Romeo receives:\n"
                    "\t<message id='m1' from='juliet@capulet.example/balcony'/>\n");
    ck_assert_uint_eq(result.virtual_us, 80000);
    ck_assert(fired("in.s2s.nostamp"));
    ck_assert(fired("s2s.recv.deliver"));
}
END_TEST

START_TEST(a_peers_latency_is_that_of_its_streams) {
    passes(PEER("\tlatency: 40ms\n") "Romeo connects\n" HELLO "capulet.example receives:\n\t<message id='m1'/>\n");
    ck_assert_uint_eq(result.virtual_us, 320000);
}
END_TEST

START_TEST(a_peer_may_have_a_name_and_further_domains) {
    passes("# Test\n"
           "[Client] Romeo\n"
           "\tjid: romeo@montague.example/orchard\n"
           "[Peer] The house\n"
           "\tdomain: Capulet.example\n"
           "\talso: chamber.example, garden.example\n"
           "---\n"
           "Romeo connects\n"
           "Romeo sends:\n"
           "\t<message id='m1' to=\"juliet@${The house's JID}\"/>\n"
           "The house receives:\n"
           "\t<message id='m1' to='juliet@capulet.example'/>\n"
           "Romeo sends:\n"
           "\t<message id='m2' to='nurse@garden.example'/>\n"
           "The house receives:\n"
           "\t<message id='m2'/>\n"
           "The house sends:\n"
           "\t<message id='m3' from='nurse@garden.example' to=\"${Romeo's full JID}\"/>\n"
           "\t<message id='m4' from=\"juliet@${The house's full JID}\" to=\"${Romeo's full JID}\"/>\n"
           "Romeo receives in any order:\n"
           "\t<message id='m3'/>\n"
           "\t<message id='m4'/>\n");
}
END_TEST

START_TEST(each_trouble_of_a_peer_comes_back_as_the_error_for_it) {
    static const struct {
        const char *property, *type, *condition;
    } troubles[] = {
        {"\tdns: none\n", "cancel", "remote-server-not-found"},
        {"\tdns: timeout\n", "cancel", "remote-server-not-found"},
        {"\tconnect: refused\n", "wait", "remote-server-timeout"},
        {"\tconnect: timeout\n", "wait", "remote-server-timeout"},
        {"\tstream: timeout\n", "wait", "remote-server-timeout"},
        {"\tstream: host-unknown\n", "wait", "remote-server-timeout"},
        {"\tauth: fails\n", "cancel", "remote-server-timeout"},
        {"\tdialback: invalid\n", "wait", "remote-server-timeout"},
        {"\tdialback: error\n", "wait", "remote-server-timeout"},
        {"\tdialback: timeout\n", "wait", "remote-server-timeout"},
    };
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
        char script[1024];
        snprintf(script, sizeof script,
                 "# Test\n[Client] Romeo\n\tjid: romeo@montague.example/orchard\n[Peer] capulet.example\n%s---\n"
                 "Romeo connects\n" HELLO "Romeo receives:\n\t<message id='m1' type='error'><error type='%s'>"
                 "<%s xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>\n",
                 troubles[i].property, troubles[i].type, troubles[i].condition);
        passes(script);
        ck_assert_msg(fired("s2s.fail.any"), "%s", troubles[i].property);
    }
}
END_TEST

START_TEST(what_a_peer_gets_and_no_line_expects_fails) {
    play_case(PEER("") "Romeo connects\n" HELLO "Romeo receives: nothing\n", 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_uint_eq(result.line, 7);
    ck_assert_ptr_nonnull(strstr(result.failure,
                                 "test.scs:7: because of this, capulet.example got a stanza that no line expects\n"
                                 "    expected   capulet.example < nothing\n"
                                 "    instead    0.080000 capulet.example < m1 unchanged\n"
                                 "    decided by s2s.route, fate=route to=juliet@capulet.example"));
}
END_TEST

START_TEST(a_request_that_a_peer_gets_must_be_answered) {
    passes(PEER("") "Romeo connects\n" ASK GETS_IT "capulet.example sends:\n"
                    "\t<iq id='q1' type='result' from='juliet@capulet.example/balcony' to=\"${Romeo's full JID}\"/>\n"
                    "Romeo receives:\n"
                    "\t<iq id='q1' type='result'/>\n");
    play_case(PEER("") "Romeo connects\n" ASK GETS_IT, 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_uint_eq(result.line, 7);
    ck_assert_ptr_nonnull(strstr(result.failure, "because of this, capulet.example got an iq request that no line"));
}
END_TEST

START_TEST(a_peer_that_is_gone_owes_no_answer) {
    static const char *const ways[] = {"disconnects", "vanishes", "crashes", "closes: system-shutdown"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char script[1024];
        snprintf(script, sizeof script, "%scapulet.example %s\n", PEER("") "Romeo connects\n" ASK GETS_IT, ways[i]);
        passes(script);
    }
}
END_TEST

START_TEST(an_answer_that_is_lost_on_its_way_is_one) {
    passes(PEER("") "Romeo connects\n" ASK GETS_IT "network cuts montague.example from capulet.example\n"
                    "capulet.example sends:\n"
                    "\t<iq id='q1' type='result' from='juliet@capulet.example/balcony' to=\"${Romeo's full JID}\"/>\n"
                    "Romeo receives: nothing\n");
}
END_TEST

START_TEST(a_peer_that_sends_for_a_third_domain_is_not_relayed) {
    passes("# Test\n"
           "[Client] Romeo\n"
           "\tjid: romeo@montague.example/orchard\n"
           "[Peer] capulet.example\n"
           "[Peer] verona.example\n"
           "---\n"
           "Romeo connects\n"
           "capulet.example sends:\n"
           "\t<message id='m1' from='juliet@capulet.example' to='escalus@verona.example'/>\n"
           "verona.example receives: nothing\n"
           "montague.example decides:\n"
           "\tclose host-unknown by in.s2s.foreign-to\n");
    ck_assert(fired("s2s.norelay"));
}
END_TEST

START_TEST(a_peer_that_speaks_for_another_domain_ends_its_stream) {
    passes(PEER("") "Romeo connects\n"
                    "capulet.example sends:\n"
                    "\t<message id='m1' from='escalus@verona.example' to=\"${Romeo's full JID}\"/>\n"
                    "Romeo receives: nothing\n"
                    "montague.example decides:\n"
                    "\tclose invalid-from by in.s2s.foreign-from\n");
}
END_TEST

START_TEST(a_peer_sends_anything_raw) {
    passes(PEER("") "Romeo connects\n"
                    "capulet.example sends raw:\n"
                    "\t<message from='juliet@capulet.example' to='romeo@montague.example'><body></message>\n"
                    "Romeo receives: nothing\n"
                    "montague.example decides:\n"
                    "\tclose not-well-formed by in.xml.illformed\n");
}
END_TEST

START_TEST(a_peer_that_was_started_again_sends) {
    passes(PEER("") "Romeo connects\n"
                    "capulet.example crashes\n"
                    "capulet.example starts\n"
                    "capulet.example sends:\n"
                    "\t<message id='m1' from='juliet@capulet.example' to=\"${Romeo's full JID}\"/>\n"
                    "Romeo receives:\n"
                    "\t<message id='m1'/>\n");
}
END_TEST

START_TEST(a_peers_variable_is_its_domain) {
    passes("# Test\n"
           "[Client] Romeo\n"
           "\tjid: romeo@montague.example/orchard\n"
           "[Peer] South\n"
           "\tdomain: capulet.example\n"
           "---\n"
           "Romeo connects\n"
           "South sends:\n"
           "\t<message id='m1' from=\"${South's full JID}\" to=\"${Romeo's full JID}\"/>\n"
           "Romeo receives:\n"
           "\t<message id='m1' from=\"${South's JID}\"/>\n");
}
END_TEST

/* ------------------------------------------------------------------------------------------------- components ---- */

#define COMPONENT                                                                                                      \
    "# Test\n"                                                                                                         \
    "[Client] Romeo\n"                                                                                                 \
    "\tjid: romeo@montague.example/orchard\n"                                                                          \
    "[Component] rooms.montague.example\n"                                                                             \
    "---\n"                                                                                                            \
    "Romeo connects\n"

START_TEST(a_component_gets_and_sends_what_is_of_its_domain) {
    passes(COMPONENT "rooms.montague.example connects\n"
                     "Romeo sends:\n"
                     "\t<message id='m1' to='hall@rooms.montague.example'/>\n"
                     "rooms.montague.example receives:\n"
                     "\t<message id='m1' from=\"${Romeo's full JID}\" to='hall@rooms.montague.example'/>\n"
                     "rooms.montague.example sends:\n"
                     "\t<message id='m2' from=\"hall@${rooms.montague.example's JID}\" to=\"${Romeo's full JID}\"/>\n"
                     "Romeo receives:\n"
                     "\t<message id='m2' from='hall@rooms.montague.example'/>\n");
    ck_assert_uint_eq(result.virtual_us, 0);
}
END_TEST

START_TEST(a_component_must_answer_requests_too) {
    play_case(COMPONENT "rooms.montague.example connects\n"
                        "Romeo sends:\n"
                        "\t<iq id='q1' type='get' to='rooms.montague.example'><ping xmlns='urn:xmpp:ping'/></iq>\n"
                        "rooms.montague.example receives:\n"
                        "\t<iq id='q1'/>\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_uint_eq(result.line, 8);
    passes(COMPONENT "rooms.montague.example connects\n"
                     "Romeo sends:\n"
                     "\t<iq id='q1' type='get' to='rooms.montague.example'><ping xmlns='urn:xmpp:ping'/></iq>\n"
                     "rooms.montague.example receives:\n"
                     "\t<iq id='q1'/>\n"
                     "rooms.montague.example vanishes\n");
}
END_TEST

START_TEST(a_component_that_is_not_connected_cannot_send) {
    ends(COMPONENT "rooms.montague.example sends:\n"
                   "\t<message from='hall@rooms.montague.example' to=\"${Romeo's full JID}\"/>\n",
         DRILL_ERROR, 7, "  test.scs:7:1: rooms.montague.example is not connected\n");
    ends(COMPONENT "rooms.montague.example connects\n"
                   "rooms.montague.example connects\n",
         DRILL_ERROR, 8, "  test.scs:8:1: rooms.montague.example is connected already\n");
}
END_TEST

Suite *drill_peers_suite(void) {
    Suite *suite = suite_create("drill_peers");
    TCase *tc = tcase_create("drill_peers");
    tcase_add_checked_fixture(tc, drill_setup_case, drill_teardown_case);
    tcase_add_test(tc, a_peer_gets_what_is_sent_to_its_domain_after_eight_latencies);
    tcase_add_test(tc, a_peer_sends_in_the_name_of_its_users);
    tcase_add_test(tc, a_peers_latency_is_that_of_its_streams);
    tcase_add_test(tc, a_peer_may_have_a_name_and_further_domains);
    tcase_add_test(tc, each_trouble_of_a_peer_comes_back_as_the_error_for_it);
    tcase_add_test(tc, what_a_peer_gets_and_no_line_expects_fails);
    tcase_add_test(tc, a_request_that_a_peer_gets_must_be_answered);
    tcase_add_test(tc, a_peer_that_is_gone_owes_no_answer);
    tcase_add_test(tc, an_answer_that_is_lost_on_its_way_is_one);
    tcase_add_test(tc, a_peer_that_sends_for_a_third_domain_is_not_relayed);
    tcase_add_test(tc, a_peer_that_speaks_for_another_domain_ends_its_stream);
    tcase_add_test(tc, a_peer_sends_anything_raw);
    tcase_add_test(tc, a_peer_that_was_started_again_sends);
    tcase_add_test(tc, a_peers_variable_is_its_domain);
    suite_add_tcase(suite, tc);
    TCase *components = tcase_create("components");
    tcase_add_checked_fixture(components, drill_setup_case, drill_teardown_case);
    tcase_add_test(components, a_component_gets_and_sends_what_is_of_its_domain);
    tcase_add_test(components, a_component_must_answer_requests_too);
    tcase_add_test(components, a_component_that_is_not_connected_cannot_send);
    suite_add_tcase(suite, components);
    return suite;
}
