/* Clients that are some way from their servers: what is under way when they leave, and who learns of it when. */
#include "world_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *world_latency_suite(void);

#define TO_JULIET(id) "<message to='juliet@capulet.example/balcony' type='chat' id='" id "'><body>x</body></message>"
#define TO_NURSE(id) "<message to='nurse@capulet.example/kitchen' type='chat' id='" id "'><body>x</body></message>"

/* Juliet is 50 ms away from her server, her nurse not at all. */
static void setup(void) {
    world_setup_connected();
    world_client_latency(world, JULIET, 50000);
}

START_TEST(a_latency_counts_each_way) {
    sends(JULIET, TO_NURSE("j1"));
    sends(NURSE, TO_JULIET("n1"));
    settle();
    ck_assert_happened(ENTRIES | ARRIVALS, "0 capulet.example > n1\n50 capulet.example > j1\n50 Juliet < n1\n"
                                           "50 Nurse < j1\n");
    sends(JULIET, "<iq type='get' id='q' to='capulet.example'><ping xmlns='urn:xmpp:ping'/></iq>");
    settle();
    ck_assert_happened(ARRIVALS, "150 Juliet < q\n");
}
END_TEST

START_TEST(a_latency_that_shrinks_lets_nothing_overtake) {
    sends(JULIET, TO_NURSE("j1"));
    sends(NURSE, TO_JULIET("n1"));
    until_ms(10);
    world_client_latency(world, JULIET, 0);
    sends(JULIET, TO_NURSE("j2"));
    sends(NURSE, TO_JULIET("n2"));
    settle();
    ck_assert_happened(ARRIVALS, "50 Juliet < n1\n50 Juliet < n2\n50 Nurse < j1\n50 Nurse < j2\n");
}
END_TEST

START_TEST(what_is_under_way_to_a_client_that_vanishes_is_lost_at_once) {
    sends(NURSE, TO_JULIET("n1"));
    until_ms(20);
    ck_assert_int_eq(_i == 0 ? world_vanish(world, JULIET) : world_disconnect(world, JULIET), ROUTER_OK);
    settle();
    ck_assert_happened(ENDS | LOSSES | ARRIVALS,
                       _i == 0 ? "20 Juliet ended: vanishes\n20 lost n1 for Juliet: vanished\n"
                               : "20 Juliet ended: disconnects\n20 lost n1 for Juliet: disconnected\n");
    ck_assert_uint_eq(find(WORLD_LOST, JULIET, 0)->number, 1);
    ck_assert_ptr_nonnull(strstr(find(WORLD_LOST, JULIET, 0)->stanza, "n1"));
}
END_TEST

START_TEST(a_server_that_does_not_know_yet_decides_for_a_client_that_is_gone) {
    ck_assert_int_eq(world_vanish(world, JULIET), ROUTER_OK);
    until_ms(49);
    sends(NURSE, TO_JULIET("n1"));
    settle();
    ck_assert_happened(ENDS | LOSSES | ARRIVALS, "0 Juliet ended: vanishes\n49 lost n1 for Juliet: vanished\n");
    const struct world_event *decided = NULL;
    for (size_t i = 0; i < world_event_count(world); i++) {
        const struct world_event *event = world_event(world, i);
        decided = event->kind == WORLD_EFFECT && event->effect < ROUTER_FATE_COUNT ? event : decided;
    }
    ck_assert_int_eq(decided->effect, ROUTER_DELIVER);
    /* From 50 ms on it knows: nobody answers there. */
    until_ms(50);
    sends(NURSE, "<iq type='get' id='n2' to='juliet@capulet.example/balcony'><ping xmlns='urn:xmpp:ping'/></iq>");
    settle();
    ck_assert_happened(LOSSES | ARRIVALS, "50 Nurse < n2 service-unavailable\n");
}
END_TEST

START_TEST(what_a_client_sent_before_it_left_arrives_before_its_leaving) {
    struct router_contact both = {.subscription = ROUTER_SUB_BOTH};
    struct slice j = {"juliet@capulet.example", 22}, n = {"nurse@capulet.example", 21};
    ck_assert_int_eq(router_contact_set(world_router(world, SOUTH), j, n, both), ROUTER_OK);
    ck_assert_int_eq(router_contact_set(world_router(world, SOUTH), n, j, both), ROUTER_OK);
    sends(NURSE, "<presence id='n'/>");
    sends(JULIET, "<presence id='j'/>");
    settle();
    (void)happened(0);
    sends(JULIET, TO_NURSE("last"));
    ck_assert_int_eq(_i == 0 ? world_disconnect(world, JULIET) : world_vanish(world, JULIET), ROUTER_OK);
    settle();
    const char *lines = happened(ENDS | ARRIVALS);
    ck_assert_msg(strstr(lines, _i == 0 ? "100 Juliet ended: disconnects\n150 Nurse < last\n150 Nurse < "
                                        : "100 Juliet ended: vanishes\n150 Nurse < last\n150 Nurse < ") == lines,
                  "%s", lines);
    ck_assert_ptr_nonnull(strstr(find(WORLD_ARRIVE, NURSE, count(WORLD_ARRIVE, NURSE) - 1)->stanza, "unavailable"));
}
END_TEST

START_TEST(without_latency_a_server_learns_at_once) {
    ck_assert_int_eq(world_vanish(world, NURSE), ROUTER_OK);
    sends(JULIET, "<iq type='get' id='q' to='nurse@capulet.example/kitchen'><ping xmlns='urn:xmpp:ping'/></iq>");
    settle();
    ck_assert_happened(LOSSES | ARRIVALS, "100 Juliet < q service-unavailable\n");
}
END_TEST

START_TEST(a_client_that_comes_back_at_once_has_a_session_of_its_own) {
    sends(NURSE, TO_JULIET("n1"));
    until_ms(20);
    ck_assert_int_eq(world_vanish(world, JULIET), ROUTER_OK);
    /* Her server holds the old session for 50 ms more, so that its resource is taken. */
    ck_assert_int_eq(world_connect(world, JULIET), ROUTER_OK);
    ck_assert_str_ne(world_full_jid(world, JULIET), "juliet@capulet.example/balcony");
    sends(NURSE, TO_JULIET("n2"));
    sends(NURSE, "<message to='%s' id='n3'/>", world_full_jid(world, JULIET));
    settle();
    ck_assert_happened(LOSSES | ARRIVALS, "20 lost n1 for Juliet: vanished\n20 lost n2 for Juliet: vanished\n"
                                          "70 Juliet < n3\n");
    ck_assert(world_connected(world, JULIET));
}
END_TEST

START_TEST(a_half_stanza_that_is_under_way_does_not_reach_the_next_session) {
    sends_raw(JULIET, "<message to='nurse@capulet.example/kitchen' id='torn'><body>");
    ck_assert_int_eq(world_vanish(world, JULIET), ROUTER_OK);
    ck_assert_int_eq(world_connect(world, JULIET), ROUTER_OK);
    sends_raw(JULIET, "<message to='nurse@capulet.example/kitchen' id='new'/>");
    settle();
    ck_assert_happened(ARRIVALS, "50 Nurse < new\n");
    ck_assert(world_connected(world, JULIET));
}
END_TEST

START_TEST(a_client_learns_one_latency_later_that_its_server_has_ended_its_stream) {
    sends_raw(JULIET, "<message></iq>");
    sends(NURSE, TO_JULIET("n1"));
    until_ms(60);
    ck_assert(world_connected(world, JULIET));
    sends(JULIET, TO_NURSE("late"));
    settle();
    ck_assert_happened(ENDS | LOSSES | ARRIVALS, "50 Juliet < n1\n100 Juliet ended: not-well-formed\n"
                                                 "110 lost late: closed\n");
    ck_assert_uint_eq(find(WORLD_LOST, -1, 0)->number, 0);
    ck_assert_int_eq(find(WORLD_LOST, -1, 0)->client, -1);
}
END_TEST

START_TEST(a_client_that_closes_with_an_error_is_gone_in_order) {
    sends(JULIET, TO_NURSE("j1"));
    ck_assert_int_eq(world_close(world, JULIET, "undefined-condition"), ROUTER_OK);
    settle();
    ck_assert_happened(ENDS | ARRIVALS, "0 Juliet ended: undefined-condition\n50 Nurse < j1\n");
    ck_assert_int_eq(world_close(world, JULIET, "reset"), ROUTER_E_CONFLICT);
    ck_assert_int_eq(world_connect(world, JULIET), ROUTER_OK);
    ck_assert_str_eq(world_full_jid(world, JULIET), "juliet@capulet.example/balcony");
}
END_TEST

START_TEST(an_end_tag_on_its_way_ends_only_the_session_that_it_belongs_to) {
    sends_raw(JULIET, "</stream:stream>");
    ck_assert_int_eq(world_vanish(world, JULIET), ROUTER_OK);
    ck_assert_int_eq(world_connect(world, JULIET), ROUTER_OK);
    settle();
    ck_assert(world_connected(world, JULIET));
    ck_assert_uint_eq(count(WORLD_ENDED, JULIET), 1);
}
END_TEST

Suite *world_latency_suite(void) {
    Suite *suite = suite_create("world_latency");
    TCase *tc = tcase_create("latency");
    tcase_add_checked_fixture(tc, setup, world_teardown);
    tcase_add_test(tc, a_latency_counts_each_way);
    tcase_add_test(tc, a_latency_that_shrinks_lets_nothing_overtake);
    tcase_add_loop_test(tc, what_is_under_way_to_a_client_that_vanishes_is_lost_at_once, 0, 2);
    tcase_add_test(tc, a_server_that_does_not_know_yet_decides_for_a_client_that_is_gone);
    tcase_add_loop_test(tc, what_a_client_sent_before_it_left_arrives_before_its_leaving, 0, 2);
    tcase_add_test(tc, without_latency_a_server_learns_at_once);
    tcase_add_test(tc, a_client_that_comes_back_at_once_has_a_session_of_its_own);
    tcase_add_test(tc, a_half_stanza_that_is_under_way_does_not_reach_the_next_session);
    tcase_add_test(tc, a_client_learns_one_latency_later_that_its_server_has_ended_its_stream);
    tcase_add_test(tc, a_client_that_closes_with_an_error_is_gone_in_order);
    tcase_add_test(tc, an_end_tag_on_its_way_ends_only_the_session_that_it_belongs_to);
    suite_add_tcase(suite, tc);
    return suite;
}
