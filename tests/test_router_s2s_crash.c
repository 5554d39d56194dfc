/* A server's process that dies and starts anew: what was in memory is gone without a word, what was stored stays. */
#include "router_harness.h"

#include <check.h>
#include <string.h>

Suite *router_s2s_crash_suite(void);

#define ORCHARD "romeo@montague.example/orchard"
#define MESSAGE "<message to='a@verona.example'/>"
#define HOUR (3600 * SECONDS)

static uint32_t opening(uint64_t now_us) {
    ck_assert_int_eq(input_at(now_us, romeo, MESSAGE), ROUTER_OK);
    return opened();
}

static void crash(void) {
    router_crash(router);
    ck_assert_str_eq(effects(FATES), "");
    ck_assert_str_eq(effects(MARKS), "");
}

START_TEST(every_stream_is_gone) {
    const struct stanza st = {.kind = STANZA_NORMAL};
    const uint32_t ready = opening(0), input_stream = peer();
    link_is(0, ready, ROUTER_LINK_READY);
    ck_assert_int_eq(router_peer_pair(router, input_stream, s("capulet.example"), s("mantua.example")), ROUTER_OK);
    ck_assert_int_eq(input(juliet, MESSAGE), ROUTER_OK);
    const uint32_t output = opened();
    crash();
    for (uint32_t port = 1; port <= output; port++) {
        ck_assert_int_eq(router_link(router, port, ROUTER_LINK_LOST, 0), ROUTER_E_UNKNOWN);
        ck_assert_int_eq(router_input(router, port, &st, 0), ROUTER_E_UNKNOWN);
        ck_assert_uint_eq(router_port_jid(router, port).size, 0);
    }
    ck_assert_str_eq(effects(FATES), "");
    ck_assert_uint_gt(bind_as("romeo@montague.example/orchard"), output);
}
END_TEST

START_TEST(no_timer_outlives_it) {
    knob("s2s.idle-after", "60");
    link_is(0, opening(0), ROUTER_LINK_READY);
    ck_assert_int_eq(input(juliet, MESSAGE), ROUTER_OK);
    ck_assert_int_eq(input(romeo, "<message to='a@mantua.example'/>"), ROUTER_OK);
    link_is(0, opened(), ROUTER_LINK_REFUSED);
    ck_assert_int_eq(input(romeo, "<message to='a@mantua.example'/>"), ROUTER_OK);
    crash();
    ck_assert_uint_eq(router_wake_us(router), UINT64_MAX);
    ck_assert_str_eq(tick(HOUR, FATES), "");
}
END_TEST

START_TEST(nobody_waits_for_an_attempt_any_more) {
    link_is(0, opening(0), ROUTER_LINK_REFUSED);
    if (_i > 0)
        ck_assert_int_eq(input(romeo, MESSAGE), ROUTER_OK);
    crash();
    romeo = bind_as(ORCHARD);
    link_is(0, opening(0), ROUTER_LINK_READY);
    /* and the queue is empty but for the one new stanza */
    ck_assert_uint_eq(occurrences(effects(FATES), "write"), 1);
}
END_TEST

START_TEST(nobody_is_told_that_the_resources_are_gone) {
    contact("romeo@montague.example", "juliet@capulet.example", ROUTER_SUB_BOTH);
    contact("juliet@capulet.example", "romeo@montague.example", ROUTER_SUB_BOTH);
    ck_assert_int_eq(input(romeo, "<presence/>"), ROUTER_OK);
    ck_assert_int_eq(input(romeo, "<presence to='a@mantua.example/x'/>"), ROUTER_OK);
    crash();
    ck_assert_has(facts("romeo@montague.example"), "no resource");
    juliet = bind_as("juliet@capulet.example/balcony");
    ck_assert_str_eq(send_as(juliet, "<message to='" ORCHARD "' type='groupchat'/>", FATES),
                     "bounce service-unavailable to juliet@capulet.example/balcony by msg.full.groupchat.nomatch\n");
    romeo = bind_as(ORCHARD);
    /* not on any list of directed presence */
    ck_assert_str_eq((link_is(0, romeo, ROUTER_LINK_CLOSED), effects(FATES)), "");
}
END_TEST

START_TEST(a_contact_that_was_there_counts_as_offline) {
    contact("romeo@montague.example", "juliet@capulet.example", ROUTER_SUB_BOTH);
    contact("juliet@capulet.example", "romeo@montague.example", ROUTER_SUB_BOTH);
    ck_assert_int_eq(input(romeo, "<presence/>"), ROUTER_OK);
    if (_i > 0)
        ck_assert_int_eq(input(romeo, "<presence type='unavailable'><status>gone</status></presence>"), ROUTER_OK);
    crash();
    juliet = bind_as("juliet@capulet.example/balcony");
    const char *const seen = send_as(juliet, "<presence/>", BYTES);
    ck_assert_has(seen, "type='unavailable'");
    ck_assert_lacks(seen, "gone");
}
END_TEST

START_TEST(accounts_rosters_and_stored_stanzas_stay) {
    contact("juliet@capulet.example", "romeo@montague.example", ROUTER_SUB_BOTH);
    ck_assert_int_eq(input(romeo, "<message type='chat' to='juliet@capulet.example'><body>Hi</body></message>"),
                     ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "store to juliet@capulet.example by msg.bare.chat.none\n");
    ck_assert_int_eq(input(romeo, "<presence to='juliet@capulet.example' type='subscribe'/>"), ROUTER_OK);
    ck_assert_int_eq(router_contact_set(router, s("juliet@capulet.example"), s("nurse@capulet.example"),
                                        (struct router_contact){.pending_in = true}),
                     ROUTER_OK);
    crash();
    ck_assert_str_eq(facts("juliet@capulet.example"),
                     "juliet@capulet.example: no resource; roster: romeo@montague.example both, "
                     "nurse@capulet.example none, pending in; 1 stored");
    ck_assert_int_eq(router_account(router, s("juliet@capulet.example")), ROUTER_E_CONFLICT);
    juliet = bind_as("juliet@capulet.example/balcony");
    const char *const seen = send_as(juliet, "<presence/>", BYTES);
    ck_assert_has(seen, "<body>Hi</body>");
    ck_assert_has(seen, "type='subscribe'");
}
END_TEST

START_TEST(what_was_heard_of_contacts_is_forgotten) {
    knob("pres.probe-on-init", "unless-known");
    contact("juliet@capulet.example", "paris@verona.example", ROUTER_SUB_BOTH);
    ck_assert_int_eq(input(juliet, "<presence/>"), ROUTER_OK);
    ck_assert_int_eq(input(peer(), "<presence from='paris@verona.example/x' to='juliet@capulet.example'/>"), ROUTER_OK);
    const uint32_t witness = bind_as("juliet@capulet.example/chamber");
    ck_assert_lacks(send_as(witness, "<presence/>", MARKS), "pres.init.probe");
    crash();
    juliet = bind_as("juliet@capulet.example/balcony");
    ck_assert_has(send_as(juliet, "<presence/>", MARKS), "pres.init.probe");
    /* Nobody has answered yet. */
    juliet = bind_as("juliet@capulet.example/chamber");
    ck_assert_has(send_as(juliet, "<presence/>", MARKS), "pres.init.probe");
}
END_TEST

START_TEST(an_address_that_a_roster_names_reaches_nobody) {
    ck_assert_int_eq(input(juliet, "<iq type='set' id='1'><query xmlns='jabber:iq:roster'><item jid='" ORCHARD "'/>"
                                   "</query></iq>"),
                     ROUTER_OK);
    ck_assert_has(facts("juliet@capulet.example"), ORCHARD);
    crash();
    juliet = bind_as("juliet@capulet.example/balcony");
    ck_assert_str_eq(send_as(juliet, "<message type='groupchat' to='" ORCHARD "'/>", FATES),
                     "drop by msg.full.groupchat.nomatch\n");
}
END_TEST

START_TEST(errors_that_contacts_answered_are_forgotten) {
    contact("juliet@capulet.example", "paris@verona.example", ROUTER_SUB_FROM);
    ck_assert_int_eq(input(juliet, "<presence/>"), ROUTER_OK);
    ck_assert_int_eq(input(peer(), "<presence type='error' from='paris@verona.example' to='juliet@capulet.example'>"
                                   "<error/></presence>"),
                     ROUTER_OK);
    ck_assert_has(send_as(juliet, "<presence><show>away</show></presence>", MARKS), "pres.upd.noerrcheck");
    crash();
    juliet = bind_as("juliet@capulet.example/balcony");
    ck_assert_int_eq(input(juliet, "<presence/>"), ROUTER_OK);
    ck_assert_lacks(send_as(juliet, "<presence><show>away</show></presence>", MARKS), "pres.upd.noerrcheck");
}
END_TEST

START_TEST(a_server_may_crash_again_and_again) {
    for (int i = 0; i < 20; i++) {
        romeo = bind_as(ORCHARD);
        ck_assert_int_eq(input(romeo, "<presence/>"), ROUTER_OK);
        const uint32_t port = opening(0);
        if (i % 2 == 0)
            link_is(0, port, ROUTER_LINK_READY);
        peer();
        crash();
    }
}
END_TEST

START_TEST(a_resource_that_ended_just_before_is_gone_too) {
    link_is(0, romeo, ROUTER_LINK_LOST);
    crash();
    crash();
    romeo = bind_as(ORCHARD);
    opening(0);
}
END_TEST

Suite *router_s2s_crash_suite(void) {
    Suite *suite = suite_create("router_s2s_crash");
    TCase *tc = tcase_create("crash");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    tcase_add_test(tc, every_stream_is_gone);
    tcase_add_test(tc, no_timer_outlives_it);
    tcase_add_loop_test(tc, nobody_waits_for_an_attempt_any_more, 0, 2);
    tcase_add_test(tc, nobody_is_told_that_the_resources_are_gone);
    tcase_add_loop_test(tc, a_contact_that_was_there_counts_as_offline, 0, 2);
    tcase_add_test(tc, accounts_rosters_and_stored_stanzas_stay);
    tcase_add_test(tc, what_was_heard_of_contacts_is_forgotten);
    tcase_add_test(tc, an_address_that_a_roster_names_reaches_nobody);
    tcase_add_test(tc, errors_that_contacts_answered_are_forgotten);
    tcase_add_test(tc, a_server_may_crash_again_and_again);
    tcase_add_test(tc, a_resource_that_ended_just_before_is_gone_too);
    suite_add_tcase(suite, tc);
    return suite;
}
