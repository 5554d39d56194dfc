/* Faults: links that are cut or stalled, servers that crash, names that are lost; what they destroy is in the log. */
#include "world_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *world_faults_suite(void);

#define PAIR "montague.example capulet.example"
#define BACK "capulet.example montague.example"
#define TO_JULIET(id) "<message to='juliet@capulet.example/balcony' type='chat' id='" id "'><body>x</body></message>"
#define TO_ROMEO(id) "<message to='romeo@montague.example/orchard' type='chat' id='" id "'><body>x</body></message>"

/* At 1 s streams are open both ways, and nothing is under way. */
static void open_both(void) {
    sends(ROMEO, TO_JULIET("r0"));
    sends(JULIET, TO_ROMEO("j0"));
    until_ms(1000);
    ck_assert_uint_eq(count(WORLD_READY, -1), 2);
    (void)happened(0);
}

/* ------------------------------------------------------------------------------------------------------- cuts ---- */

START_TEST(a_cut_loses_what_is_under_way_and_breaks_streams_at_once) {
    open_both();
    sends(ROMEO, TO_JULIET("r1"));
    sends(JULIET, TO_ROMEO("j1"));
    until_ms(1005);
    ck_assert_int_eq(world_cut(world, NORTH, SOUTH, true), ROUTER_OK);
    ck_assert_happened(STREAMS | LOSSES | FAULTS, "1005 network cuts north from south\n1005 lost r1: cut\n"
                                                  "1005 closed " PAIR ": lost\n1005 lost j1: cut\n"
                                                  "1005 closed " BACK ": lost\n");
    const struct world_event *lost = find(WORLD_LOST, -1, 0);
    ck_assert_uint_eq(lost->number, find(WORLD_ENTER, ROMEO, 1)->number);
    ck_assert_ptr_nonnull(strstr(lost->stanza, "id='r1'"));
    ck_assert_int_eq(lost->client, -1);
    ck_assert_str_eq(lost->host, "montague.example");
    ck_assert_str_eq(lost->target, "capulet.example");
    settle();
    ck_assert_uint_eq(count(WORLD_ARRIVE, JULIET), 1);
}
END_TEST

START_TEST(what_a_fault_does_carries_the_cause_of_the_moment) {
    open_both();
    world_cause(world, 8);
    sends(ROMEO, TO_JULIET("r1"));
    world_cause(world, 9);
    ck_assert_int_eq(world_cut(world, NORTH, SOUTH, true), ROUTER_OK);
    ck_assert_int_eq(find(WORLD_FAULT, -1, 0)->cause, 9);
    ck_assert_int_eq(find(WORLD_CLOSED, -1, 0)->cause, 9);
    ck_assert_int_eq(find(WORLD_LOST, -1, 0)->cause, 8); /* a stanza has its own */
}
END_TEST

START_TEST(while_a_link_is_cut_attempts_get_no_answer) {
    ck_assert_int_eq(world_cut(world, NORTH, SOUTH, _i == 0), ROUTER_OK);
    (void)happened(0);
    if (_i < 2) {
        sends(ROMEO, TO_JULIET("r1"));
    } else {
        sends(JULIET, TO_ROMEO("j1"));
    }
    settle();
    ck_assert_uint_eq(world_now_us(world), 10000); /* the name is found elsewhere */
    run_out();
    ck_assert_happened(STREAMS | ARRIVALS,
                       _i < 2 ? "0 open " PAIR "\n10 name " PAIR "\n30010 failed " PAIR ": timed out\n"
                                "30010 Romeo < r1 remote-server-timeout\n"
                              : "0 open " BACK "\n10 name " BACK "\n30010 failed " BACK ": timed out\n"
                                "30010 Juliet < j1 remote-server-timeout\n");
}
END_TEST

START_TEST(a_cut_one_way_leaves_the_other_way_alone) {
    open_both();
    sends(ROMEO, TO_JULIET("r1"));
    sends(JULIET, TO_ROMEO("j1"));
    until_ms(1005);
    ck_assert_int_eq(world_cut(world, NORTH, SOUTH, false), ROUTER_OK);
    sends(JULIET, TO_ROMEO("j2"));
    settle();
    ck_assert_happened(STREAMS | LOSSES | FAULTS | ARRIVALS,
                       "1005 network cuts north to south\n1005 lost r1: cut\n1005 closed " PAIR ": lost\n"
                       "1010 Romeo < j1\n1015 Romeo < j2\n");
}
END_TEST

START_TEST(an_attempt_before_its_connection_stands_goes_on_when_the_network_heals) {
    /* At 5 ms the name is looked up; at 15 and 25 ms the connection is on its way there and back. */
    static const unsigned times[] = {5, 15, 25};
    sends(ROMEO, TO_JULIET("r1"));
    until_ms(times[_i]);
    ck_assert_int_eq(world_cut(world, NORTH, SOUTH, true), ROUTER_OK);
    settle();
    until_ms(5000);
    ck_assert_int_eq(world_heal(world), ROUTER_OK);
    settle();
    ck_assert_happened(KIND(WORLD_OPEN) | KIND(WORLD_READY) | KIND(WORLD_FAILED) | ARRIVALS | LOSSES,
                       "0 open " PAIR "\n5060 ready " PAIR "\n5070 Juliet < r1\n");
    ck_assert_uint_eq(find(WORLD_STEP, -1, 0)->time_us, 10000); /* the name is found elsewhere */
    ck_assert_uint_eq(find(WORLD_STEP, -1, 1)->time_us, 5020000);
}
END_TEST

START_TEST(an_attempt_whose_connection_stands_breaks) {
    static const unsigned times[] = {35, 45, 55, 65};
    sends(ROMEO, TO_JULIET("r1"));
    until_ms(times[_i]);
    ck_assert_int_eq(world_cut(world, NORTH, SOUTH, true), ROUTER_OK);
    settle();
    ck_assert_str_eq(find(WORLD_FAILED, -1, 0)->text, "lost");
    ck_assert_uint_eq(find(WORLD_FAILED, -1, 0)->time_us, times[_i] * 1000);
    ck_assert_uint_eq(count(WORLD_ARRIVE, ROMEO), 1);
    ck_assert_uint_eq(count(WORLD_READY, -1), 0);
}
END_TEST

START_TEST(an_attempt_whose_answers_are_cut_off_waits_for_them) {
    sends(ROMEO, TO_JULIET("r1"));
    until_ms(45);
    ck_assert_int_eq(world_cut(world, SOUTH, NORTH, false), ROUTER_OK);
    settle();
    until_ms(1000);
    ck_assert_int_eq(world_heal(world), ROUTER_OK);
    (void)happened(0);
    settle();
    ck_assert_happened(STREAMS | ARRIVALS, "1020 stream " PAIR "\n1040 ready " PAIR "\n1050 Juliet < r1\n");
}
END_TEST

START_TEST(after_a_cut_is_healed_streams_open_anew) {
    turn(north_policy, "s2s.retry", "immediate");
    open_both();
    ck_assert_int_eq(world_cut(world, NORTH, SOUTH, true), ROUTER_OK);
    ck_assert_int_eq(world_heal(world), ROUTER_OK);
    (void)happened(0);
    sends(ROMEO, TO_JULIET("r1"));
    settle();
    ck_assert_happened(KIND(WORLD_OPEN) | ARRIVALS, "1000 open " PAIR "\n1080 Juliet < r1\n");
}
END_TEST

START_TEST(a_close_that_a_cut_swallows_is_learned_of_with_the_next_stanza) {
    /* The receiver ends Juliet's server's stream, while nothing can go back to it. */
    int verona = add_peer("Verona", (struct world_peer){.domain = NULL});
    int place = world_place(world, "Verona");
    sends(verona, "<message from='a@verona.example' to='romeo@montague.example/orchard' id='v1'/>");
    settle();
    ck_assert_int_eq(world_cut(world, NORTH, place, false), ROUTER_OK);
    sends(verona, "<message from='a@elsinore.example' to='romeo@montague.example/orchard' id='bad'/>");
    settle();
    (void)happened(0);
    sends(verona, "<message from='a@verona.example' to='romeo@montague.example/orchard' id='v2'/>");
    settle();
    ck_assert_int_eq(world_heal(world), ROUTER_OK);
    sends(verona, "<message from='a@verona.example' to='romeo@montague.example/orchard' id='v3'/>");
    settle();
    sends(verona, "<message from='a@verona.example' to='romeo@montague.example/orchard' id='v4'/>");
    settle();
    ck_assert_happened(STREAMS | LOSSES | ARRIVALS,
                       "100 lost v2: closed\n110 lost v3: closed\n120 open verona.example montague.example\n"
                       "130 name verona.example montague.example\n150 connection verona.example montague.example\n"
                       "170 stream verona.example montague.example\n190 ready verona.example montague.example\n"
                       "200 Romeo < v4\n");
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- stalls ---- */

START_TEST(what_is_stalled_arrives_in_order_one_latency_after_healing) {
    open_both();
    sends(ROMEO, TO_JULIET("r1"));
    until_ms(1005);
    ck_assert_int_eq(world_stall(world, NORTH, SOUTH), ROUTER_OK);
    sends(ROMEO, TO_JULIET("r2"));
    sends(JULIET, TO_ROMEO("j1"));
    until_ms(1012);
    sends(ROMEO, TO_JULIET("r3"));
    settle();
    ck_assert(!world_busy(world));
    ck_assert(!world_step(world));
    until_ms(3600000);
    ck_assert_happened(FAULTS | STREAMS | LOSSES | ARRIVALS, "1005 network stalls north to south\n1015 Romeo < j1\n");
    ck_assert_int_eq(world_heal(world), ROUTER_OK);
    ck_assert(world_busy(world));
    sends(ROMEO, TO_JULIET("r4"));
    settle();
    ck_assert_happened(FAULTS | STREAMS | LOSSES | ARRIVALS, "3600000 network heals\n3600010 Juliet < r1\n"
                                                             "3600010 Juliet < r2\n3600010 Juliet < r3\n"
                                                             "3600010 Juliet < r4\n");
}
END_TEST

START_TEST(what_was_under_way_the_other_way_is_not_held_up) {
    open_both();
    sends(ROMEO, TO_JULIET("r1"));
    sends(JULIET, TO_ROMEO("j1"));
    until_ms(1005);
    ck_assert_int_eq(world_stall(world, NORTH, SOUTH), ROUTER_OK);
    settle();
    ck_assert_happened(ARRIVALS, "1010 Romeo < j1\n");
}
END_TEST

START_TEST(what_was_held_up_takes_the_latency_of_the_moment_of_healing) {
    open_both();
    ck_assert_int_eq(world_link(world, NORTH, SOUTH, 5000000, 0), ROUTER_OK);
    sends(ROMEO, TO_JULIET("r1"));
    sends(ROMEO, TO_JULIET("r2"));
    until_ms(1100);
    ck_assert_int_eq(world_stall(world, NORTH, SOUTH), ROUTER_OK);
    ck_assert_int_eq(world_link(world, NORTH, SOUTH, 20000, 0), ROUTER_OK);
    until_ms(2000);
    ck_assert_int_eq(world_heal(world), ROUTER_OK);
    settle();
    ck_assert_happened(ARRIVALS, "2020 Juliet < r1\n2020 Juliet < r2\n");
}
END_TEST

START_TEST(streams_of_one_way_keep_their_order_among_each_other_through_a_stall) {
    const char *const domains[] = {"a.example", "b.example"};
    struct router_error error;
    int west = world_server(world, "west", domains, 2, NULL, &error);
    ck_assert_int_ge(west, 0);
    int a = add_client("A", "u@a.example/x"), b = add_client("B", "u@b.example/x");
    sends(a, TO_ROMEO("a0"));
    sends(b, TO_ROMEO("b0"));
    until_ms(1000);
    ck_assert_int_eq(world_stall(world, west, NORTH), ROUTER_OK);
    (void)happened(0);
    for (int i = 1; i < 5; i++) {
        sends(i % 2 == 0 ? a : b, "<message to='romeo@montague.example/orchard' id='%d'/>", i);
        until_ms(1000 + 2 * (unsigned)i);
    }
    ck_assert_int_eq(world_heal(world), ROUTER_OK);
    settle();
    ck_assert_happened(ARRIVALS, "1018 Romeo < 1\n1018 Romeo < 2\n1018 Romeo < 3\n1018 Romeo < 4\n");
}
END_TEST

START_TEST(a_step_that_needs_a_stalled_way_waits) {
    /* 15 ms: the connection is on its way there; 25 ms: back. */
    sends(ROMEO, TO_JULIET("r1"));
    until_ms(_i == 0 ? 15 : 25);
    ck_assert_int_eq(_i == 0 ? world_stall(world, NORTH, SOUTH) : world_stall(world, SOUTH, NORTH), ROUTER_OK);
    settle();
    until_ms(1000);
    ck_assert_int_eq(world_heal(world), ROUTER_OK);
    (void)happened(0);
    settle();
    ck_assert_happened(STREAMS | ARRIVALS,
                       _i == 0 ? "1020 connection " PAIR "\n1040 stream " PAIR "\n1060 ready " PAIR
                                 "\n1070 Juliet < r1\n"
                               : "1010 connection " PAIR "\n1030 stream " PAIR "\n1050 ready " PAIR
                                 "\n1060 Juliet < r1\n");
}
END_TEST

START_TEST(a_step_that_waits_may_time_out) {
    ck_assert_int_eq(world_stall(world, SOUTH, NORTH), ROUTER_OK);
    sends(ROMEO, TO_JULIET("r1"));
    run_out();
    ck_assert_str_eq(find(WORLD_FAILED, -1, 0)->text, "timed out");
    ck_assert_uint_eq(find(WORLD_FAILED, -1, 0)->time_us, 30010000);
    ck_assert_int_eq(world_heal(world), ROUTER_OK);
    run_out();
    ck_assert_uint_eq(count(WORLD_READY, -1), 0);
}
END_TEST

START_TEST(what_is_stalled_is_lost_when_the_link_is_cut) {
    open_both();
    ck_assert_int_eq(world_stall(world, NORTH, SOUTH), ROUTER_OK);
    sends(ROMEO, TO_JULIET("r1"));
    settle();
    ck_assert_int_eq(world_cut(world, NORTH, SOUTH, false), ROUTER_OK);
    ck_assert_int_eq(world_heal(world), ROUTER_OK);
    settle();
    ck_assert_happened(LOSSES | ARRIVALS, "1000 lost r1: cut\n");
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- crashes ---- */

START_TEST(a_crash_ends_all_streams_at_once) {
    open_both();
    sends(ROMEO, TO_JULIET("r1"));
    sends(JULIET, TO_ROMEO("j1"));
    until_ms(1005);
    ck_assert_int_eq(world_crash(world, SOUTH), ROUTER_OK);
    ck_assert_happened(STREAMS | LOSSES | FAULTS | ENDS,
                       "1005 south crashes\n1005 Juliet ended: crash\n1005 Nurse ended: crash\n1005 lost r1: crash\n"
                       "1005 closed " PAIR ": lost\n1005 lost j1: crash\n1005 closed " BACK ": lost\n");
    ck_assert_int_eq(find(WORLD_FAULT, -1, 0)->server, SOUTH);
    ck_assert(world_connected(world, ROMEO));
    ck_assert(!world_connected(world, JULIET));
    ck_assert_int_eq(world_send(world, JULIET, "<presence/>", 11), ROUTER_E_CONFLICT);
    settle();
    ck_assert_uint_eq(count(WORLD_ARRIVE, JULIET), 1);
    ck_assert_uint_eq(count(WORLD_ARRIVE, ROMEO), 1);
}
END_TEST

START_TEST(while_a_server_is_down_connections_to_it_are_refused) {
    ck_assert_int_eq(world_crash(world, SOUTH), ROUTER_OK);
    (void)happened(0);
    sends(ROMEO, TO_JULIET("r1"));
    settle();
    ck_assert_happened(STREAMS | ARRIVALS, "0 open " PAIR "\n10 name " PAIR "\n30 failed " PAIR
                                           ": refused\n30 Romeo < r1 remote-server-timeout\n");
    ck_assert_int_eq(world_connect(world, JULIET), ROUTER_E_CONFLICT);
    ck_assert_ptr_nonnull(find(WORLD_REFUSED, JULIET, 0));
    ck_assert(!world_connected(world, JULIET));
}
END_TEST

START_TEST(a_server_that_starts_takes_its_clients_and_streams_again) {
    turn(north_policy, "s2s.retry", "immediate");
    open_both();
    ck_assert_int_eq(world_crash(world, SOUTH), ROUTER_OK);
    until_ms(2000);
    ck_assert_int_eq(world_start(world, SOUTH), ROUTER_OK);
    ck_assert_int_eq(world_connect(world, JULIET), ROUTER_OK);
    ck_assert_str_eq(world_full_jid(world, JULIET), "juliet@capulet.example/balcony");
    (void)happened(0);
    sends(ROMEO, TO_JULIET("r1"));
    sends(JULIET, TO_ROMEO("j1"));
    settle();
    ck_assert_happened(ARRIVALS | KIND(WORLD_READY), "2070 ready " PAIR "\n2070 ready " BACK
                                                     "\n2080 Juliet < r1\n2080 Romeo < j1\n");
}
END_TEST

START_TEST(what_was_stored_outlives_a_crash_and_what_was_in_memory_does_not) {
    sends(JULIET, "<presence/>");
    ck_assert_int_eq(world_disconnect(world, NURSE), ROUTER_OK);
    sends(JULIET, "<message to='nurse@capulet.example' type='chat' id='kept'><body>x</body></message>");
    settle();
    ck_assert_int_eq(world_crash(world, SOUTH), ROUTER_OK);
    ck_assert_int_eq(world_start(world, SOUTH), ROUTER_OK);
    (void)happened(0);
    ck_assert_int_eq(world_connect(world, NURSE), ROUTER_OK);
    sends(NURSE, "<presence id='p'/><iq type='get' to='juliet@capulet.example/balcony' id='m'>"
                 "<ping xmlns='urn:xmpp:ping'/></iq>");
    settle();
    ck_assert_happened(ARRIVALS, "0 Nurse < p\n0 Nurse < kept\n0 Nurse < m service-unavailable\n");
}
END_TEST

START_TEST(what_waits_in_a_crashed_server_is_lost_in_the_order_in_which_it_came) {
    (void)add_peer("Verona", (struct world_peer){.connect = WORLD_SILENT});
    (void)add_peer("Mantua", (struct world_peer){.domain = "mantua.example", .connect = WORLD_FAILS});
    sends(ROMEO, "<message to='a@mantua.example' id='m0'/>");
    settle(); /* it comes back, and the next one for Mantua waits for an attempt that waits itself */
    for (int i = 1; i < 5; i++) {
        sends(ROMEO, "<message to='a@%s.example' id='m%d'/>", i % 2 == 0 ? "verona" : "mantua", i);
    }
    settle();
    (void)happened(0);
    ck_assert_int_eq(world_crash(world, NORTH), ROUTER_OK);
    ck_assert_happened(LOSSES | ENDS | STREAMS, "50 Romeo ended: crash\n50 lost m1: crash\n50 lost m2: crash\n"
                                                "50 lost m3: crash\n50 lost m4: crash\n"
                                                "50 failed montague.example verona.example: lost\n");
    for (size_t i = 0; i < 4; i++) {
        const struct world_event *lost = find(WORLD_LOST, -1, i);
        ck_assert_uint_eq(lost->number, i + 2);
        ck_assert_ptr_nonnull(lost->stanza);
    }
    /* Nobody is told, and no timer of the old process comes up. */
    run_out();
    ck_assert_uint_eq(world_now_us(world), 50000);
    ck_assert_uint_eq(count(WORLD_ARRIVE, ROMEO), 1);
}
END_TEST

START_TEST(a_server_that_starts_has_timers_again) {
    (void)add_peer("Verona", (struct world_peer){.connect = WORLD_SILENT});
    sends(ROMEO, "<message to='a@verona.example' id='m1'/>");
    settle();
    ck_assert_int_eq(world_crash(world, NORTH), ROUTER_OK);
    ck_assert_int_eq(world_start(world, NORTH), ROUTER_OK);
    ck_assert_int_eq(world_connect(world, ROMEO), ROUTER_OK);
    until_ms(1000);
    sends(ROMEO, "<message to='a@verona.example' id='m2'/>");
    run_out();
    ck_assert_happened(ARRIVALS | LOSSES, "20 lost m1: crash\n31010 Romeo < m2 remote-server-timeout\n");
}
END_TEST

START_TEST(an_attempt_that_meets_a_crash_is_refused_or_breaks) {
    sends(ROMEO, TO_JULIET("r1"));
    until_ms(15 + 10 * (unsigned)_i);
    ck_assert_int_eq(world_crash(world, SOUTH), ROUTER_OK);
    settle();
    const struct world_event *failed = find(WORLD_FAILED, -1, 0);
    ck_assert_str_eq(failed->text, _i < 2 ? "refused" : "lost");
    ck_assert_uint_eq(failed->time_us, _i < 2 ? 30000 : 35000);
    ck_assert_uint_eq(count(WORLD_ARRIVE, ROMEO), 1);
    ck_assert_uint_eq(count(WORLD_READY, -1), 0);
}
END_TEST

START_TEST(a_client_under_way_loses_what_it_sent_to_a_server_that_crashes) {
    world_client_latency(world, JULIET, 50000);
    sends(JULIET, TO_ROMEO("j1"));
    sends(NURSE, "<message to='juliet@capulet.example/balcony' id='n1'/>");
    until_ms(20);
    ck_assert_int_eq(world_crash(world, SOUTH), ROUTER_OK);
    settle();
    ck_assert_happened(LOSSES | ARRIVALS | ENDS, "20 lost j1: crash\n20 lost n1 for Juliet: crash\n"
                                                 "20 Juliet ended: crash\n20 Nurse ended: crash\n");
    ck_assert_uint_eq(find(WORLD_LOST, -1, 0)->number, 0);
}
END_TEST

START_TEST(a_peer_crashes_and_starts_like_a_server) {
    int verona = add_peer("Verona", (struct world_peer){.domain = NULL});
    int place = world_place(world, "Verona");
    turn(north_policy, "s2s.retry", "immediate");
    sends(ROMEO, "<message to='a@verona.example' id='m1'/>");
    sends(verona, "<message from='a@verona.example' to='romeo@montague.example/orchard' id='v1'/>");
    until_ms(100);
    sends(ROMEO, "<message to='a@verona.example' id='m2'/>");
    sends(verona, "<message from='a@verona.example' to='romeo@montague.example/orchard' id='v2'/>"
                  "<message from='a@verona.example' to='juliet@capulet.example' id='v3'/>");
    until_ms(105);
    (void)happened(0);
    ck_assert_int_eq(world_crash(world, place), ROUTER_OK);
    ck_assert(!world_connected(world, verona));
    ck_assert_int_eq(world_send(world, verona, "<a/>", 4), ROUTER_E_CONFLICT);
    ck_assert_happened(LOSSES | STREAMS | FAULTS | ENDS,
                       "105 Verona crashes\n105 lost v3: crash\n105 lost m2 for Verona: crash\n"
                       "105 closed montague.example verona.example: lost\n105 lost v2: crash\n"
                       "105 closed verona.example montague.example: lost\n"
                       "105 failed verona.example capulet.example: lost\n");
    sends(ROMEO, "<message to='a@verona.example' id='m3'/>");
    settle();
    ck_assert_str_eq(find(WORLD_FAILED, -1, 1)->text, "refused");
    ck_assert_int_eq(world_start(world, place), ROUTER_OK);
    ck_assert(world_connected(world, verona));
    sends(ROMEO, "<message to='a@verona.example' id='m4'/>");
    settle();
    ck_assert_ptr_nonnull(strstr(find(WORLD_ARRIVE, verona, 1)->stanza, "m4"));
}
END_TEST

/* -------------------------------------------------------------------------------------------------------- dns ---- */

START_TEST(a_name_that_is_lost_is_not_found_until_it_is_found_again) {
    turn(north_policy, "s2s.retry", "immediate");
    ck_assert_int_eq(world_dns(world, "CAPULET.example", false), ROUTER_OK);
    sends(ROMEO, TO_JULIET("r1"));
    settle();
    ck_assert_happened(STREAMS | FAULTS, "0 DNS loses capulet.example\n0 open " PAIR "\n10 failed " PAIR
                                         ": no such host\n");
    ck_assert_int_eq(world_dns(world, "capulet.example", true), ROUTER_OK);
    sends(ROMEO, TO_JULIET("r2"));
    settle();
    ck_assert_happened(FAULTS | ARRIVALS, "10 DNS finds capulet.example\n90 Juliet < r2\n");
}
END_TEST

START_TEST(an_open_stream_needs_no_name) {
    open_both();
    ck_assert_int_eq(world_dns(world, "capulet.example", false), ROUTER_OK);
    ck_assert_int_eq(world_dns(world, "montague.example", false), ROUTER_OK);
    sends(ROMEO, TO_JULIET("r1"));
    settle();
    ck_assert_happened(ARRIVALS, "1010 Juliet < r1\n");
}
END_TEST

START_TEST(dialback_needs_the_openers_name) {
    ck_assert_int_eq(world_dns(world, "montague.example", false), ROUTER_OK);
    sends(ROMEO, TO_JULIET("r1"));
    settle();
    ck_assert_happened(KIND(WORLD_FAILED) | ARRIVALS, "70 failed " PAIR ": dialback error\n"
                                                      "70 Romeo < r1 remote-server-timeout\n");
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- results ---- */

START_TEST(what_is_so_already_is_a_conflict) {
    ck_assert_int_eq(world_heal(world), ROUTER_E_CONFLICT);
    ck_assert_int_eq(world_start(world, NORTH), ROUTER_E_CONFLICT);
    ck_assert_int_eq(world_dns(world, "capulet.example", true), ROUTER_E_CONFLICT);
    ck_assert_int_eq(world_cut(world, NORTH, SOUTH, false), ROUTER_OK);
    ck_assert_int_eq(world_cut(world, NORTH, SOUTH, false), ROUTER_E_CONFLICT);
    ck_assert_int_eq(world_cut(world, SOUTH, NORTH, true), ROUTER_OK); /* one of the two was open */
    ck_assert_int_eq(world_cut(world, NORTH, SOUTH, true), ROUTER_E_CONFLICT);
    ck_assert_int_eq(world_stall(world, NORTH, SOUTH), ROUTER_OK);
    ck_assert_int_eq(world_stall(world, NORTH, SOUTH), ROUTER_E_CONFLICT);
    ck_assert_int_eq(world_heal(world), ROUTER_OK);
    ck_assert_int_eq(world_heal(world), ROUTER_E_CONFLICT);
    ck_assert_int_eq(world_crash(world, NORTH), ROUTER_OK);
    ck_assert_int_eq(world_crash(world, NORTH), ROUTER_E_CONFLICT);
    ck_assert_int_eq(world_dns(world, "capulet.example", false), ROUTER_OK);
    ck_assert_int_eq(world_dns(world, "capulet.example", false), ROUTER_E_CONFLICT);
    ck_assert_uint_eq(count(WORLD_FAULT, -1), 6);
}
END_TEST

START_TEST(what_is_no_place_is_unknown) {
    ck_assert_int_eq(world_cut(world, NORTH, NORTH, true), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(world_cut(world, NORTH, 2, true), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(world_stall(world, -1, SOUTH), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(world_crash(world, -1), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(world_start(world, 2), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(world_dns(world, "nowhere.example", false), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(world_dns(world, "@", false), ROUTER_E_UNKNOWN);
    ck_assert_uint_eq(count(WORLD_FAULT, -1), 0);
}
END_TEST

START_TEST(what_is_due_at_the_moment_of_a_fault_happens_before_it) {
    open_both();
    sends(ROMEO, TO_JULIET("r1"));
    ck_assert_int_eq(world_cut(world, NORTH, SOUTH, true), ROUTER_OK);
    ck_assert_happened(ENTRIES | FAULTS | LOSSES, "1000 montague.example > r1\n1000 network cuts north from south\n"
                                                  "1000 lost r1: cut\n");
}
END_TEST

Suite *world_faults_suite(void) {
    Suite *suite = suite_create("world_faults");
    TCase *tc = tcase_create("faults");
    tcase_add_checked_fixture(tc, world_setup_connected, world_teardown);
    tcase_add_test(tc, a_cut_loses_what_is_under_way_and_breaks_streams_at_once);
    tcase_add_test(tc, what_a_fault_does_carries_the_cause_of_the_moment);
    tcase_add_loop_test(tc, while_a_link_is_cut_attempts_get_no_answer, 0, 3);
    tcase_add_test(tc, a_cut_one_way_leaves_the_other_way_alone);
    tcase_add_loop_test(tc, an_attempt_before_its_connection_stands_goes_on_when_the_network_heals, 0, 3);
    tcase_add_loop_test(tc, an_attempt_whose_connection_stands_breaks, 0, 4);
    tcase_add_test(tc, an_attempt_whose_answers_are_cut_off_waits_for_them);
    tcase_add_test(tc, after_a_cut_is_healed_streams_open_anew);
    tcase_add_test(tc, a_close_that_a_cut_swallows_is_learned_of_with_the_next_stanza);
    tcase_add_test(tc, what_is_stalled_arrives_in_order_one_latency_after_healing);
    tcase_add_test(tc, what_was_under_way_the_other_way_is_not_held_up);
    tcase_add_test(tc, what_was_held_up_takes_the_latency_of_the_moment_of_healing);
    tcase_add_test(tc, streams_of_one_way_keep_their_order_among_each_other_through_a_stall);
    tcase_add_loop_test(tc, a_step_that_needs_a_stalled_way_waits, 0, 2);
    tcase_add_test(tc, a_step_that_waits_may_time_out);
    tcase_add_test(tc, what_is_stalled_is_lost_when_the_link_is_cut);
    tcase_add_test(tc, a_crash_ends_all_streams_at_once);
    tcase_add_test(tc, while_a_server_is_down_connections_to_it_are_refused);
    tcase_add_test(tc, a_server_that_starts_takes_its_clients_and_streams_again);
    tcase_add_test(tc, what_was_stored_outlives_a_crash_and_what_was_in_memory_does_not);
    tcase_add_test(tc, what_waits_in_a_crashed_server_is_lost_in_the_order_in_which_it_came);
    tcase_add_test(tc, a_server_that_starts_has_timers_again);
    tcase_add_loop_test(tc, an_attempt_that_meets_a_crash_is_refused_or_breaks, 0, 3);
    tcase_add_test(tc, a_client_under_way_loses_what_it_sent_to_a_server_that_crashes);
    tcase_add_test(tc, a_peer_crashes_and_starts_like_a_server);
    tcase_add_test(tc, a_name_that_is_lost_is_not_found_until_it_is_found_again);
    tcase_add_test(tc, an_open_stream_needs_no_name);
    tcase_add_test(tc, dialback_needs_the_openers_name);
    tcase_add_test(tc, what_is_so_already_is_a_conflict);
    tcase_add_test(tc, what_is_no_place_is_unknown);
    tcase_add_test(tc, what_is_due_at_the_moment_of_a_fault_happens_before_it);
    suite_add_tcase(suite, tc);
    return suite;
}
