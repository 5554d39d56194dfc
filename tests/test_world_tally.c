/* What is counted: the same with and without a log, and every stanza's fate is among it. */
#include "world_harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *world_tally_suite(void);


/* Something of everything: streams that open, fail, break and time out, jitter, stanzas that are lost on the way, in
 * memory and on the way to a client, answers and errors. */
static void play(const struct world_config *config) {
    world_setup_with(config);
    turn(south_policy, "s2s.retry", "immediate");
    turn(north_policy, "s2s.idle-after", "20");
    connect_all();
    int verona = add_peer("Verona", (struct world_peer){.domain = NULL});
    (void)add_peer("Mantua", (struct world_peer){.domain = "mantua.example", .stream = WORLD_SILENT});
    ck_assert_int_eq(world_link(world, NORTH, SOUTH, 10000, 5000), ROUTER_OK);
    world_client_latency(world, JULIET, 7000);
    sends(JULIET, "<presence id='p'/>");
    for (int i = 0; i < 40; i++) {
        static const char *const targets[] = {"juliet@capulet.example/balcony", "juliet@capulet.example",
                                              "a@mantua.example", "a@verona.example", "a@elsinore.example",
                                              "nobody@capulet.example"};
        world_cause(world, i);
        sends(ROMEO, "<message to='%s' id='r%d' type='chat'><body>x</body></message>", targets[i % 6], i);
        sends(JULIET, "<message to='romeo@montague.example/orchard' id='j%d'/>", i);
        sends(verona, "<message from='a@verona.example' to='romeo@montague.example/orchard' id='v%d'/>", i);
        world_pass(world, 9000);
        if (i == 15) {
            ck_assert_int_eq(world_cut(world, NORTH, SOUTH, true), ROUTER_OK);
        } else if (i == 18) {
            ck_assert_int_eq(world_heal(world), ROUTER_OK);
        } else if (i == 25) {
            ck_assert_int_eq(world_vanish(world, JULIET), ROUTER_OK);
            world_pass(world, 7000);
            ck_assert_int_eq(world_connect(world, JULIET), ROUTER_OK);
        } else if (i == 35) {
            ck_assert_int_eq(world_crash(world, NORTH), ROUTER_OK);
            ck_assert_int_eq(world_start(world, NORTH), ROUTER_OK);
            ck_assert_int_eq(world_connect(world, ROMEO), ROUTER_OK);
        }
    }
    run_out();
}

static char *log_as_text(void) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0; i < world_event_count(world); i++) {
        const struct world_event *e = world_event(world, i);
        (void)fprintf(out, "%d %llu %u %d %d %d %d %d %s %s %s %s %zu\n", (int)e->kind, (unsigned long long)e->time_us,
                      e->number, e->cause, e->server, e->client, (int)e->effect, e->rule,
                      e->host == NULL ? "-" : e->host, e->target == NULL ? "-" : e->target,
                      e->stanza == NULL ? "-" : e->stanza, e->text == NULL ? "-" : e->text, e->sent_by);
    }
    (void)fclose(out);
    return text;
}

static size_t count_fates(enum router_effect_kind kind) {
    size_t n = 0;
    for (size_t i = 0; i < world_event_count(world); i++) {
        const struct world_event *event = world_event(world, i);
        n += event->kind == WORLD_EFFECT && event->effect == kind;
    }
    return n;
}

START_TEST(the_tally_is_what_the_log_says) {
    struct world_config config = {.seed = 3};
    play(&config);
    struct world_tally tally = world_tally(world);
    ck_assert_uint_eq(tally.sent + tally.crossed, count(WORLD_ENTER, -1));
    ck_assert_uint_gt(tally.crossed, 10);
    ck_assert_uint_gt(tally.sent, 90);
    ck_assert_uint_eq(tally.arrived, count(WORLD_ARRIVE, -1));
    ck_assert_uint_eq(tally.lost, count(WORLD_LOST, -1));
    ck_assert_uint_gt(tally.lost, 5);
    ck_assert_uint_eq(tally.attempts, count(WORLD_OPEN, -1));
    ck_assert_uint_eq(tally.failed, count(WORLD_FAILED, -1));
    ck_assert_uint_eq(tally.opened, count(WORLD_READY, -1));
    for (int kind = 0; kind < ROUTER_FATE_COUNT; kind++) {
        ck_assert_uint_eq(tally.fates[kind], count_fates((enum router_effect_kind)kind));
    }
    world_teardown();
}
END_TEST

START_TEST(without_a_log_the_same_is_counted) {
    struct world_config config = {.seed = 3};
    play(&config);
    struct world_tally logged = world_tally(world);
    uint64_t now_us = world_now_us(world);
    world_teardown();
    config.tally_only = true;
    play(&config);
    struct world_tally counted = world_tally(world);
    ck_assert_mem_eq(&logged, &counted, sizeof logged);
    ck_assert_uint_eq(world_now_us(world), now_us);
    ck_assert_uint_eq(world_event_count(world), 0);
    ck_assert_ptr_null(world_event(world, 0));
    world_teardown();
}
END_TEST

START_TEST(the_same_calls_and_seed_give_the_same_log) {
    char *logs[3];
    for (size_t i = 0; i < 3; i++) {
        struct world_config config = {.seed = i == 2 ? 4 : 3};
        play(&config);
        logs[i] = log_as_text();
        world_teardown();
    }
    ck_assert_uint_gt(strlen(logs[0]), 10000);
    ck_assert_str_eq(logs[0], logs[1]);
    ck_assert_str_ne(logs[0], logs[2]);
    for (size_t i = 0; i < 3; i++) {
        free(logs[i]);
    }
}
END_TEST

/* Between two servers: what was written arrived, or was lost on the way. */
START_TEST(what_is_written_crosses_or_is_lost) {
    struct world_config config = {.seed = 5};
    world_setup_with(&config);
    turn(north_policy, "s2s.retry", "immediate");
    connect_all();
    for (int i = 0; i < 60; i++) {
        sends(ROMEO, "<message to='juliet@capulet.example/balcony' id='m%d'/>", i);
        world_pass(world, 4000);
        if (i % 20 == 19) {
            ck_assert_int_eq(world_cut(world, NORTH, SOUTH, false), ROUTER_OK);
            ck_assert_int_eq(world_heal(world), ROUTER_OK);
        }
    }
    run_out();
    struct world_tally tally = world_tally(world);
    ck_assert_uint_eq(tally.sent, 60);
    ck_assert_uint_eq(tally.fates[ROUTER_ROUTE], 60);
    ck_assert_uint_gt(tally.lost, 0);
    ck_assert_uint_eq(tally.written, tally.crossed + tally.lost);
    ck_assert_uint_eq(tally.crossed, tally.fates[ROUTER_DELIVER]);
    ck_assert_uint_eq(tally.arrived, tally.fates[ROUTER_DELIVER] + tally.fates[ROUTER_BOUNCE]);
    ck_assert_uint_eq(tally.sent, tally.written + tally.fates[ROUTER_BOUNCE]);
    world_teardown();
}
END_TEST

START_TEST(numbers_of_stanzas_are_unique_and_effects_carry_them) {
    struct world_config config = {.seed = 3};
    play(&config);
    uint32_t last = 0;
    for (size_t i = 0; i < world_event_count(world); i++) {
        const struct world_event *event = world_event(world, i);
        if (event->kind == WORLD_ENTER) {
            ck_assert_uint_eq(event->number, last + 1);
            last = event->number;
        } else {
            ck_assert_uint_le(event->number, last);
        }
    }
    world_teardown();
}
END_TEST

Suite *world_tally_suite(void) {
    Suite *suite = suite_create("world_tally");
    TCase *tc = tcase_create("tally");
    tcase_add_test(tc, the_tally_is_what_the_log_says);
    tcase_add_test(tc, without_a_log_the_same_is_counted);
    tcase_add_test(tc, the_same_calls_and_seed_give_the_same_log);
    tcase_add_test(tc, what_is_written_crosses_or_is_lost);
    tcase_add_test(tc, numbers_of_stanzas_are_unique_and_effects_carry_them);
    suite_add_tcase(suite, tc);
    return suite;
}
