/* Streams between servers: how long it takes to open one, what can go wrong on the way, and when one is given up. */
#include "world_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *world_opening_suite(void);

#define CHAT(to, id) "<message to='" to "' type='chat' id='" id "'><body>x</body></message>"
#define TO_JULIET(id) CHAT("juliet@capulet.example/balcony", id)
#define PAIR "montague.example capulet.example\n"
#define VERONA "montague.example verona.example"

/* ------------------------------------------------------------------------------------------------------- time ---- */

START_TEST(a_stream_opens_in_four_steps_that_take_seven_latencies) {
    sends(ROMEO, TO_JULIET("m1"));
    settle();
    ck_assert_happened(STREAMS | ENTRIES | ARRIVALS, "0 montague.example > m1\n"
                                                     "0 open " PAIR "10 name " PAIR "30 connection " PAIR
                                                     "50 stream " PAIR "70 ready " PAIR "80 capulet.example > m1\n"
                                                     "80 Juliet < m1\n");
}
END_TEST

START_TEST(events_of_a_stream_name_its_opener_and_its_cause) {
    world_cause(world, 5);
    sends(ROMEO, TO_JULIET("m1"));
    world_cause(world, 6);
    settle();
    enum world_event_kind kinds[] = {WORLD_OPEN, WORLD_STEP, WORLD_READY};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct world_event *event = find(kinds[i], -1, 0);
        ck_assert_int_eq(event->server, NORTH);
        ck_assert_int_eq(event->client, -1);
        ck_assert_uint_eq(event->number, 0);
        ck_assert_int_eq(event->cause, 5);
    }
    ck_assert_str_eq(find(WORLD_OPEN, -1, 0)->text, "montague.example capulet.example");
}
END_TEST

START_TEST(what_waited_is_written_in_order_once_the_stream_is_ready) {
    for (int i = 0; i < 4; i++) {
        sends(ROMEO, "<message to='juliet@capulet.example/balcony' id='m%d'/>", i);
        until_ms(20 * (unsigned)(i + 1));
    }
    settle();
    /* The last one was sent at 60 ms, while dialback went on. */
    ck_assert_happened(ARRIVALS, "80 Juliet < m0\n80 Juliet < m1\n80 Juliet < m2\n80 Juliet < m3\n");
}
END_TEST

START_TEST(each_direction_has_a_stream_of_its_own) {
    sends(ROMEO, TO_JULIET("m1"));
    settle();
    sends(JULIET, CHAT("romeo@montague.example/orchard", "j1"));
    settle();
    ck_assert_uint_eq(count(WORLD_OPEN, -1), 2);
    ck_assert_uint_eq(find(WORLD_ARRIVE, ROMEO, 0)->time_us, 160000);
}
END_TEST

START_TEST(a_link_has_its_own_latency_both_ways) {
    ck_assert_int_eq(world_link(world, SOUTH, NORTH, 3000, 0), ROUTER_OK);
    sends(ROMEO, TO_JULIET("m1"));
    settle();
    ck_assert_uint_eq(find(WORLD_READY, -1, 0)->time_us, 21000);
    ck_assert_uint_eq(find(WORLD_ARRIVE, JULIET, 0)->time_us, 24000);
    sends(JULIET, CHAT("romeo@montague.example/orchard", "j1"));
    settle();
    ck_assert_uint_eq(find(WORLD_ARRIVE, ROMEO, 0)->time_us, 48000);
}
END_TEST

START_TEST(a_link_leaves_others_alone) {
    int west = add_server("west", "verona.example");
    add_account("paris@verona.example");
    ck_assert_int_eq(world_link(world, NORTH, west, 1000, 0), ROUTER_OK);
    sends(ROMEO, TO_JULIET("m1"));
    settle();
    ck_assert_uint_eq(find(WORLD_ARRIVE, JULIET, 0)->time_us, 80000);
}
END_TEST

START_TEST(a_link_is_between_two_different_places) {
    ck_assert_int_eq(world_link(world, NORTH, NORTH, 1, 0), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(world_link(world, NORTH, -1, 1, 0), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(world_link(world, 2, NORTH, 1, 0), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(a_latency_may_be_longer_than_time_itself) {
    ck_assert_int_eq(world_link(world, NORTH, SOUTH, UINT64_MAX, UINT64_MAX), ROUTER_OK);
    turn(north_policy, "s2s.timeout", "5");
    sends(ROMEO, TO_JULIET("m1"));
    until_ms(5000);
    ck_assert_happened(STREAMS & ~KIND(WORLD_OPEN), "5000 failed montague.example capulet.example: timed out\n");
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- jitter ---- */

enum { JITTER_US = 4000, MANY = 200 };

static uint64_t play_jitter(uint64_t seed, uint64_t times[MANY]) {
    struct world_config config = {.seed = seed};
    world_teardown();
    world_setup_with(&config);
    connect_all();
    ck_assert_int_eq(world_link(world, NORTH, SOUTH, 10000, JITTER_US), ROUTER_OK);
    sends(ROMEO, TO_JULIET("first"));
    settle();
    uint64_t ready = find(WORLD_READY, -1, 0)->time_us;
    until_ms(1000);
    for (int i = 0; i < MANY; i++) {
        sends(ROMEO, TO_JULIET("m"));
        until_ms(1000 + 20 * (unsigned)(i + 1));
    }
    for (size_t i = 0; i < MANY; i++) {
        times[i] = find(WORLD_ARRIVE, JULIET, i + 1)->time_us;
    }
    return ready;
}

START_TEST(jitter_adds_up_to_its_most_to_each_step_and_each_stanza) {
    uint64_t times[MANY], least = UINT64_MAX, most = 0;
    uint64_t ready = play_jitter(1, times);
    ck_assert_uint_ge(ready, 70000);
    ck_assert_uint_le(ready, 70000 + 7 * JITTER_US);
    ck_assert_uint_ne(ready, 70000);
    for (size_t i = 0; i < MANY; i++) {
        uint64_t late = times[i] - (1000000 + 20000 * i) - 10000;
        ck_assert_uint_le(late, JITTER_US);
        least = late < least ? late : least;
        most = late > most ? late : most;
    }
    /* Of 200 even draws none below a quarter, or none above three quarters, has odds of 1 to 10^24. */
    ck_assert_uint_lt(least, JITTER_US / 4);
    ck_assert_uint_gt(most, JITTER_US * 3 / 4);
}
END_TEST

START_TEST(the_seed_decides_on_jitter) {
    uint64_t first[MANY], second[MANY], other[MANY];
    ck_assert_uint_eq(play_jitter(7, first), play_jitter(7, second));
    ck_assert_mem_eq(first, second, sizeof first);
    (void)play_jitter(8, other);
    ck_assert_mem_ne(first, other, sizeof first);
}
END_TEST

START_TEST(jitter_does_not_swap_what_is_on_one_stream) {
    ck_assert_int_eq(world_link(world, NORTH, SOUTH, 10000, 50000), ROUTER_OK);
    for (int i = 0; i < MANY; i++) {
        sends(ROMEO, "<message to='juliet@capulet.example/balcony' id='n%d.'/>", i);
        world_pass(world, 2000);
    }
    settle();
    for (size_t i = 0; i < MANY; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "n%zu.", i);
        ck_assert_ptr_nonnull(strstr(find(WORLD_ARRIVE, JULIET, i)->stanza, id));
    }
}
END_TEST

/* --------------------------------------------------------------------------------------------------- failures ---- */

struct trouble_case {
    struct world_peer peer;
    const char *lines;
};

/* A peer that fails at a step is known to do so once that step is over, and one that is silent 30 s after it began. */
static const struct trouble_case troubles[] = {
    {{.dns = WORLD_FAILS}, "10 failed " VERONA ": no such host\n10 Romeo < m1 remote-server-not-found\n"},
    {{.connect = WORLD_FAILS},
     "10 name " VERONA "\n30 failed " VERONA ": refused\n30 Romeo < m1 remote-server-timeout\n"},
    {{.stream = WORLD_FAILS, .stream_error = "host-gone"},
     "10 name " VERONA "\n30 connection " VERONA "\n50 failed " VERONA
     ": host-gone\n50 Romeo < m1 remote-server-timeout\n"},
    {{.stream = WORLD_FAILS},
     "10 name " VERONA "\n30 connection " VERONA "\n50 failed " VERONA
     ": undefined-condition\n50 Romeo < m1 remote-server-timeout\n"},
    {{.auth = WORLD_FAILS},
     "10 name " VERONA "\n30 connection " VERONA "\n50 stream " VERONA "\n70 failed " VERONA
     ": not trusted\n70 Romeo < m1 remote-server-timeout\n"},
    {{.dialback = WORLD_INVALID},
     "10 name " VERONA "\n30 connection " VERONA "\n50 stream " VERONA "\n70 failed " VERONA
     ": dialback invalid\n70 Romeo < m1 remote-server-timeout\n"},
    {{.dialback = WORLD_FAILS},
     "10 name " VERONA "\n30 connection " VERONA "\n50 stream " VERONA "\n70 failed " VERONA
     ": dialback error\n70 Romeo < m1 remote-server-timeout\n"},
    {{.dns = WORLD_SILENT}, "30000 failed " VERONA ": timed out\n30000 Romeo < m1 remote-server-not-found\n"},
    {{.connect = WORLD_SILENT},
     "10 name " VERONA "\n30010 failed " VERONA ": timed out\n30010 Romeo < m1 remote-server-timeout\n"},
    {{.stream = WORLD_SILENT},
     "10 name " VERONA "\n30 connection " VERONA "\n30030 failed " VERONA
     ": timed out\n30030 Romeo < m1 remote-server-timeout\n"},
    {{.auth = WORLD_SILENT},
     "10 name " VERONA "\n30 connection " VERONA "\n50 stream " VERONA "\n30050 failed " VERONA
     ": timed out\n30050 Romeo < m1 remote-server-timeout\n"},
    {{.dialback = WORLD_SILENT},
     "10 name " VERONA "\n30 connection " VERONA "\n50 stream " VERONA "\n30050 failed " VERONA
     ": timed out\n30050 Romeo < m1 remote-server-timeout\n"},
};

START_TEST(each_step_may_fail_or_find_no_answer) {
    turn(north_policy, "s2s.dialback-invalid", "remote-server-timeout");
    (void)add_peer("Verona", troubles[_i].peer);
    sends(ROMEO, CHAT("paris@verona.example", "m1"));
    run_out();
    char expected[400];
    (void)snprintf(expected, sizeof expected, "0 open " VERONA "\n%s", troubles[_i].lines);
    ck_assert_happened(STREAMS | ARRIVALS | LOSSES, expected);
    struct world_tally tally = world_tally(world);
    ck_assert_uint_eq(tally.attempts, 1);
    ck_assert_uint_eq(tally.opened, 0);
    ck_assert_uint_eq(tally.failed, 1);
}
END_TEST

START_TEST(a_silent_step_is_nothing_that_is_under_way) {
    (void)add_peer("Verona", (struct world_peer){.connect = WORLD_SILENT});
    sends(ROMEO, CHAT("paris@verona.example", "m1"));
    settle();
    ck_assert(!world_busy(world));
    ck_assert_uint_eq(world_now_us(world), 20000); /* when the request has arrived */
    ck_assert(world_step(world));                  /* the opener's timer */
    ck_assert_uint_eq(world_now_us(world), 30010000);
}
END_TEST

START_TEST(how_long_a_step_may_take_is_a_knob) {
    turn(north_policy, "s2s.timeout", "2");
    (void)add_peer("Verona", (struct world_peer){.connect = WORLD_SILENT});
    sends(ROMEO, CHAT("paris@verona.example", "m1"));
    run_out();
    ck_assert_uint_eq(find(WORLD_FAILED, -1, 0)->time_us, 2010000);
}
END_TEST

START_TEST(a_peer_is_as_far_away_as_it_says) {
    (void)add_peer("Verona", (struct world_peer){.connect = WORLD_FAILS, .latency_us = 40000});
    sends(ROMEO, CHAT("paris@verona.example", "m1"));
    settle();
    ck_assert_uint_eq(find(WORLD_STEP, -1, 0)->time_us, 40000);
    ck_assert_uint_eq(find(WORLD_FAILED, -1, 0)->time_us, 120000);
}
END_TEST

START_TEST(an_address_in_another_form_waits_for_the_same_stream) {
    world_cause(world, 1);
    sends(ROMEO, CHAT("hamlet@ELSINORE.example", "m1"));
    world_cause(world, 2);
    sends(ROMEO, CHAT("hamlet@elsinore.example", "m2"));
    world_cause(world, 3);
    sends(ROMEO, CHAT("hamlet@Elsinore.Example", "m3"));
    settle();
    ck_assert_uint_eq(count(WORLD_OPEN, -1), 1);
    for (size_t i = 0; i < 3; i++) {
        const struct world_event *arrival = find(WORLD_ARRIVE, ROMEO, i);
        ck_assert_int_eq(arrival->cause, (int)i + 1);
        ck_assert_uint_eq(arrival->number, i + 1);
    }
}
END_TEST

START_TEST(what_times_out_comes_back_each_to_its_own_sender) {
    (void)add_peer("Verona", (struct world_peer){.connect = WORLD_SILENT});
    (void)add_peer("Mantua", (struct world_peer){.domain = "mantua.example", .connect = WORLD_SILENT});
    const char *const domains[] = {"verona", "mantua"};
    for (int i = 0; i < 6; i++) {
        world_cause(world, i + 1);
        sends(ROMEO, "<message to='paris@%s.example' id='m%d'/>", domains[i % 2], i);
    }
    run_out();
    ck_assert_happened(ARRIVALS, "30010 Romeo < m0 remote-server-timeout\n30010 Romeo < m2 remote-server-timeout\n"
                                 "30010 Romeo < m4 remote-server-timeout\n30010 Romeo < m1 remote-server-timeout\n"
                                 "30010 Romeo < m3 remote-server-timeout\n30010 Romeo < m5 remote-server-timeout\n");
    for (size_t i = 0; i < 6; i++) {
        const struct world_event *arrival = find(WORLD_ARRIVE, ROMEO, i);
        uint32_t number = (uint32_t)(i < 3 ? 2 * i + 1 : 2 * (i - 3) + 2);
        ck_assert_uint_eq(arrival->number, number);
        ck_assert_int_eq(arrival->cause, (int)number);
    }
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- timers ---- */

START_TEST(an_idle_stream_is_closed_by_its_opener) {
    turn(north_policy, "s2s.idle-after", "3");
    sends(ROMEO, TO_JULIET("m1"));
    until_ms(1000);
    sends(ROMEO, TO_JULIET("m2"));
    until_ms(3999);
    ck_assert_uint_eq(count(WORLD_CLOSED, -1), 0);
    run_out();
    (void)happened(0);
    ck_assert_uint_eq(find(WORLD_CLOSED, -1, 0)->time_us, 4000000);
    ck_assert_str_eq(find(WORLD_CLOSED, -1, 0)->text, "idle");
    until_ms(10000);
    sends(ROMEO, TO_JULIET("m3"));
    settle();
    ck_assert_happened(ARRIVALS | KIND(WORLD_OPEN), "10000 open " PAIR "10080 Juliet < m3\n");
}
END_TEST

START_TEST(a_closed_stream_is_still_read_to_its_end) {
    /* Written at 2.999 s with a latency of 2 s, behind which the close of 3 s idleness follows. */
    turn(north_policy, "s2s.idle-after", "1");
    ck_assert_int_eq(world_link(world, NORTH, SOUTH, 2000000, 0), ROUTER_OK);
    sends(ROMEO, TO_JULIET("m1"));
    run_out();
    ck_assert_happened(ARRIVALS | LOSSES | KIND(WORLD_CLOSED), "15000 closed montague.example capulet.example: idle\n"
                                                               "16000 Juliet < m1\n");
}
END_TEST

START_TEST(the_other_end_of_an_idle_stream_learns_of_it_after_one_latency) {
    /* Until then it refuses a second stream for the pair. */
    turn(north_policy, "s2s.idle-after", "1");
    turn(south_policy, "s2s.multi-stream", "conflict");
    ck_assert_int_eq(world_link(world, NORTH, SOUTH, 10000, 0), ROUTER_OK);
    for (int i = 0; i < 3; i++) {
        sends(ROMEO, TO_JULIET("m"));
        run_out();
    }
    ck_assert_uint_eq(count(WORLD_READY, -1), 3);
    ck_assert_uint_eq(count(WORLD_FAILED, -1), 0);
    ck_assert_uint_eq(count(WORLD_CLOSED, -1), 3);
}
END_TEST

START_TEST(timers_are_not_busy_but_steps_all_the_same) {
    turn(north_policy, "s2s.idle-after", "3");
    sends(ROMEO, TO_JULIET("m1"));
    settle();
    ck_assert(!world_busy(world));
    ck_assert_uint_eq(world_now_us(world), 80000);
    run_out();
    ck_assert_uint_eq(count(WORLD_CLOSED, -1), 1);
    /* The close was on its way for one latency more. */
    ck_assert_uint_eq(world_now_us(world), 3080000);
    ck_assert(!world_step(world));
}
END_TEST

START_TEST(a_timer_that_is_not_needed_any_more_moves_no_time) {
    /* The time-outs of the steps would have come up 30 s later. */
    sends(ROMEO, TO_JULIET("m1"));
    run_out();
    ck_assert_uint_eq(world_now_us(world), 80000);
}
END_TEST

START_TEST(an_attempt_that_had_to_wait_belongs_to_the_stanza_that_waits) {
    int verona = add_peer("Verona", (struct world_peer){.connect = WORLD_FAILS});
    world_cause(world, 1);
    sends(ROMEO, CHAT("paris@verona.example", "m1"));
    settle();
    ck_assert_uint_eq(count(WORLD_FAILED, -1), 1);
    /* Back-off: a delay of up to 60 s; what is sent meanwhile waits for the next attempt, which comes by a timer. */
    world_cause(world, 2);
    sends(ROMEO, CHAT("paris@verona.example", "m2"));
    settle();
    ck_assert_uint_eq(count(WORLD_OPEN, -1), 1);
    (void)happened(0);
    run_out();
    const struct world_event *again = find(WORLD_OPEN, -1, 1);
    ck_assert_ptr_nonnull(again);
    ck_assert_uint_gt(again->time_us, 30000);
    ck_assert_uint_le(again->time_us, 60030000);
    ck_assert_int_eq(again->cause, 2);
    const struct world_event *bounce = find(WORLD_ARRIVE, ROMEO, 1);
    ck_assert_int_eq(bounce->cause, 2);
    ck_assert_uint_eq(bounce->number, 2);
    ck_assert(world_connected(world, verona));
}
END_TEST

START_TEST(a_server_may_refuse_a_second_stream_for_a_pair) {
    turn(south_policy, "s2s.multi-stream", "conflict");
    (void)add_peer("first", (struct world_peer){.domain = NULL});
    int second = add_peer("second", (struct world_peer){.domain = NULL});
    sends(3, "<message from='verona.example' to='juliet@capulet.example/balcony' id='a'/>");
    settle();
    sends(second, "<message from='verona.example' to='juliet@capulet.example/balcony' id='b'/>");
    settle();
    ck_assert_str_eq(find(WORLD_FAILED, -1, 0)->text, "conflict");
    ck_assert_happened(LOSSES | ARRIVALS, "80 Juliet < a\n150 lost b: conflict\n");
}
END_TEST

Suite *world_opening_suite(void) {
    Suite *suite = suite_create("world_opening");
    TCase *tc = tcase_create("opening");
    tcase_add_checked_fixture(tc, world_setup_connected, world_teardown);
    tcase_add_test(tc, a_stream_opens_in_four_steps_that_take_seven_latencies);
    tcase_add_test(tc, events_of_a_stream_name_its_opener_and_its_cause);
    tcase_add_test(tc, what_waited_is_written_in_order_once_the_stream_is_ready);
    tcase_add_test(tc, each_direction_has_a_stream_of_its_own);
    tcase_add_test(tc, a_link_has_its_own_latency_both_ways);
    tcase_add_test(tc, a_link_leaves_others_alone);
    tcase_add_test(tc, a_link_is_between_two_different_places);
    tcase_add_test(tc, a_latency_may_be_longer_than_time_itself);
    tcase_add_test(tc, jitter_adds_up_to_its_most_to_each_step_and_each_stanza);
    tcase_add_test(tc, the_seed_decides_on_jitter);
    tcase_add_test(tc, jitter_does_not_swap_what_is_on_one_stream);
    tcase_add_loop_test(tc, each_step_may_fail_or_find_no_answer, 0, (int)(sizeof troubles / sizeof *troubles));
    tcase_add_test(tc, a_silent_step_is_nothing_that_is_under_way);
    tcase_add_test(tc, how_long_a_step_may_take_is_a_knob);
    tcase_add_test(tc, a_peer_is_as_far_away_as_it_says);
    tcase_add_test(tc, an_address_in_another_form_waits_for_the_same_stream);
    tcase_add_test(tc, what_times_out_comes_back_each_to_its_own_sender);
    tcase_add_test(tc, an_idle_stream_is_closed_by_its_opener);
    tcase_add_test(tc, a_closed_stream_is_still_read_to_its_end);
    tcase_add_test(tc, the_other_end_of_an_idle_stream_learns_of_it_after_one_latency);
    tcase_add_test(tc, timers_are_not_busy_but_steps_all_the_same);
    tcase_add_test(tc, a_timer_that_is_not_needed_any_more_moves_no_time);
    tcase_add_test(tc, an_attempt_that_had_to_wait_belongs_to_the_stanza_that_waits);
    tcase_add_test(tc, a_server_may_refuse_a_second_stream_for_a_pair);
    suite_add_tcase(suite, tc);
    return suite;
}
