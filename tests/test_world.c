/* Tests of the simulated network: time, order, sessions and the log. */
#include "world_harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TO_JULIET "<message to='juliet@capulet.example/balcony' type='chat' id='%s'><body>x</body></message>"

static void send_to_juliet(int client, const char *id) {
    char bytes[200];
    (void)snprintf(bytes, sizeof bytes, TO_JULIET, id);
    sends(client, "%s", bytes);
}

/* --------------------------------------------------------------------------------------------------- sessions ---- */

START_TEST(a_client_that_connects_is_bound_to_the_resource_it_asks_for) {
    ck_assert_ptr_null(world_full_jid(world, JULIET));
    ck_assert_int_eq(world_connect(world, JULIET), ROUTER_OK);
    ck_assert(world_connected(world, JULIET));
    ck_assert_str_eq(world_full_jid(world, JULIET), "juliet@capulet.example/balcony");
    ck_assert_str_eq(find(WORLD_BOUND, JULIET, 0)->text, "juliet@capulet.example/balcony");
}
END_TEST

START_TEST(a_client_without_a_resource_gets_one) {
    int client = world_client(world, "Juliet's phone", "juliet@capulet.example");
    ck_assert_int_eq(world_connect(world, client), ROUTER_OK);
    const char *jid = world_full_jid(world, client);
    ck_assert_int_eq(strncmp(jid, "juliet@capulet.example/", 23), 0);
    ck_assert_uint_gt(strlen(jid), 23);
}
END_TEST

START_TEST(a_client_connects_only_once_at_a_time) {
    ck_assert_int_eq(world_connect(world, JULIET), ROUTER_OK);
    ck_assert_int_eq(world_connect(world, JULIET), ROUTER_E_CONFLICT);
    ck_assert_int_eq(world_disconnect(world, JULIET), ROUTER_OK);
    ck_assert_int_eq(world_connect(world, JULIET), ROUTER_OK);
    ck_assert_uint_eq(count(WORLD_BOUND, JULIET), 2);
}
END_TEST

START_TEST(nobody_logs_in_without_an_account) {
    int stranger = world_client(world, "Tybalt", "tybalt@capulet.example/sword");
    int foreigner = world_client(world, "Hamlet", "hamlet@elsinore.example/castle");
    int nonsense = world_client(world, "Nobody", "@/");
    ck_assert_int_eq(world_connect(world, stranger), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(world_connect(world, foreigner), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(world_connect(world, nonsense), ROUTER_E_UNKNOWN);
    ck_assert(!world_connected(world, stranger));
    ck_assert_uint_eq(count(WORLD_BOUND, -1), 0);
}
END_TEST

START_TEST(a_client_that_is_gone_may_disconnect_again_but_not_send) {
    connect_all();
    ck_assert_int_eq(world_disconnect(world, ROMEO), ROUTER_OK);
    ck_assert_int_eq(world_disconnect(world, ROMEO), ROUTER_OK);
    ck_assert_int_eq(world_vanish(world, ROMEO), ROUTER_OK);
    ck_assert_uint_eq(count(WORLD_ENDED, ROMEO), 1);
    ck_assert_str_eq(find(WORLD_ENDED, ROMEO, 0)->text, "disconnects");
    ck_assert_int_eq(world_send(world, ROMEO, "<presence/>", 11), ROUTER_E_CONFLICT);
}
END_TEST

START_TEST(a_client_that_vanishes_is_logged_as_such) {
    connect_all();
    ck_assert_int_eq(world_vanish(world, NURSE), ROUTER_OK);
    ck_assert_str_eq(find(WORLD_ENDED, NURSE, 0)->text, "vanishes");
}
END_TEST

START_TEST(what_was_sent_before_its_sender_leaves_is_not_overtaken) {
    connect_all();
    send_to_juliet(NURSE, "last");
    ck_assert_int_eq(world_disconnect(world, NURSE), ROUTER_OK);
    settle();
    ck_assert_uint_eq(count(WORLD_ARRIVE, JULIET), 1);
}
END_TEST

START_TEST(what_is_under_way_to_a_client_that_has_left_is_not_got) {
    connect_all();
    send_to_juliet(ROMEO, "late");
    world_pass(world, 75000);
    ck_assert_int_eq(world_disconnect(world, JULIET), ROUTER_OK);
    ck_assert_int_eq(world_connect(world, JULIET), ROUTER_OK);
    world_pass(world, 1);
    ck_assert_uint_eq(count(WORLD_ARRIVE, JULIET), 0);
    settle();
    ck_assert_uint_eq(count(WORLD_ARRIVE, JULIET), 1); /* it is decided on only at 80 ms, for the new session */
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- time ---- */

START_TEST(nothing_is_due_where_nothing_was_done) {
    ck_assert(!world_step(world));
    ck_assert_uint_eq(world_now_us(world), 0);
    world_pass(world, 1500000);
    ck_assert_uint_eq(world_now_us(world), 1500000);
    ck_assert_uint_eq(world_event_count(world), 0);
}
END_TEST

START_TEST(a_stanza_within_one_server_takes_no_time) {
    connect_all();
    world_pass(world, 7);
    send_to_juliet(NURSE, "m1");
    ck_assert_uint_eq(count(WORLD_ENTER, -1), 0);
    settle();
    const struct world_event *arrival = find(WORLD_ARRIVE, JULIET, 0);
    ck_assert_ptr_nonnull(arrival);
    ck_assert_uint_eq(arrival->time_us, 7);
    ck_assert_uint_eq(count(WORLD_OPEN, -1), 0);
}
END_TEST

START_TEST(the_first_stanza_to_another_server_arrives_after_80_ms_and_later_ones_after_10) {
    connect_all();
    send_to_juliet(ROMEO, "m1");
    settle();
    ck_assert_uint_eq(find(WORLD_OPEN, -1, 0)->time_us, 0);
    ck_assert_str_eq(find(WORLD_OPEN, -1, 0)->text, "montague.example capulet.example");
    ck_assert_uint_eq(find(WORLD_READY, -1, 0)->time_us, 70000);
    ck_assert_uint_eq(find(WORLD_ARRIVE, JULIET, 0)->time_us, 80000);
    send_to_juliet(ROMEO, "m2");
    settle();
    ck_assert_uint_eq(find(WORLD_ARRIVE, JULIET, 1)->time_us, 90000);
    ck_assert_uint_eq(count(WORLD_OPEN, -1), 1);
}
END_TEST

START_TEST(a_name_that_nobody_has_is_found_out_after_10_ms) {
    connect_all();
    sends(ROMEO, "%s", "<message to='hamlet@elsinore.example' id='m1' type='chat'><body>x</body></message>");
    settle();
    const struct world_event *failed = find(WORLD_FAILED, -1, 0);
    ck_assert_ptr_nonnull(failed);
    ck_assert_uint_eq(failed->time_us, 10000);
    ck_assert_str_eq(failed->host, "montague.example");
    ck_assert_str_eq(failed->target, "elsinore.example");
    const struct world_event *arrival = find(WORLD_ARRIVE, ROMEO, 0);
    ck_assert_uint_eq(arrival->time_us, 10000);
    ck_assert_ptr_nonnull(strstr(arrival->stanza, "remote-server-not-found"));
}
END_TEST

START_TEST(time_stops_where_it_was_told_to) {
    connect_all();
    send_to_juliet(ROMEO, "m1");
    world_pass(world, 79999);
    ck_assert_uint_eq(world_now_us(world), 79999);
    ck_assert_uint_eq(count(WORLD_ARRIVE, JULIET), 0);
    world_pass(world, 1);
    ck_assert_uint_eq(count(WORLD_ARRIVE, JULIET), 1);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ order ---- */

START_TEST(a_stream_between_servers_keeps_its_order) {
    enum { MANY = 500 };
    connect_all();
    for (int i = 0; i < MANY; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "n%d.", i);
        send_to_juliet(ROMEO, id);
        if (i % 7 == 0) {
            world_pass(world, 3000);
        }
    }
    settle();
    ck_assert_uint_eq(count(WORLD_ARRIVE, JULIET), MANY);
    uint64_t now = 0;
    size_t n = 0;
    for (size_t i = 0; i < world_event_count(world); i++) {
        const struct world_event *event = world_event(world, i);
        ck_assert_uint_ge(event->time_us, now);
        now = event->time_us;
        if (event->kind == WORLD_ARRIVE) {
            char id[16];
            (void)snprintf(id, sizeof id, "n%zu.", n++);
            ck_assert_ptr_nonnull(strstr(event->stanza, id));
        }
    }
}
END_TEST

START_TEST(one_send_may_hold_several_stanzas) {
    connect_all();
    sends(NURSE, "%s", "<message to='juliet@capulet.example/balcony' id='a'><body>1</body></message>\n "
                "<message to='juliet@capulet.example/balcony' id='b'/>");
    settle();
    ck_assert_uint_eq(count(WORLD_ENTER, NURSE), 2);
    ck_assert_str_eq(find(WORLD_ENTER, NURSE, 0)->stanza,
                     "<message to='juliet@capulet.example/balcony' id='a'><body>1</body></message>");
    ck_assert_str_eq(find(WORLD_ENTER, NURSE, 1)->stanza, "<message to='juliet@capulet.example/balcony' id='b'/>");
    ck_assert_uint_eq(count(WORLD_ARRIVE, JULIET), 2);
}
END_TEST

/* -------------------------------------------------------------------------------------------------- bad input ---- */

START_TEST(ill_formed_octets_end_only_their_senders_stream) {
    connect_all();
    sends_raw(NURSE, "<message to='juliet@capulet.example/balcony'><body></message>");
    send_to_juliet(ROMEO, "m1");
    settle();
    ck_assert(!world_connected(world, NURSE));
    ck_assert_str_eq(find(WORLD_ENDED, NURSE, 0)->text, "not-well-formed");
    ck_assert(world_connected(world, JULIET));
    ck_assert_uint_eq(count(WORLD_ARRIVE, JULIET), 1);
    ck_assert_int_eq(world_send(world, NURSE, "<presence/>", 11), ROUTER_E_CONFLICT);
    ck_assert_int_eq(world_connect(world, NURSE), ROUTER_OK);
    send_to_juliet(NURSE, "again");
    settle();
    ck_assert_uint_eq(count(WORLD_ARRIVE, JULIET), 2);
}
END_TEST

START_TEST(ill_formed_octets_sent_as_whole_stanzas_end_only_their_senders_stream) {
    connect_all();
    sends(NURSE, "%s", "<message to='juliet@capulet.example/balcony'><body></message>");
    settle();
    ck_assert(!world_connected(world, NURSE));
    int other = world_client(world, "Juliet's phone", "juliet@capulet.example/phone");
    ck_assert_int_eq(world_connect(world, other), ROUTER_OK);
    send_to_juliet(other, "m1");
    settle();
    ck_assert_uint_eq(count(WORLD_ARRIVE, JULIET), 1);
}
END_TEST

START_TEST(a_part_of_a_stanza_waits_for_the_rest_and_reaches_nobody_else) {
    connect_all();
    int other = world_client(world, "Juliet's phone", "juliet@capulet.example/phone");
    ck_assert_int_eq(world_connect(world, other), ROUTER_OK);
    sends_raw(NURSE, "<message to='juliet@capulet.example/balcony' id='torn'><bo");
    settle();
    ck_assert_uint_eq(count(WORLD_ENTER, -1), 0);
    send_to_juliet(other, "whole");
    settle();
    ck_assert_uint_eq(count(WORLD_ENTER, -1), 1);
    ck_assert_ptr_nonnull(strstr(find(WORLD_ARRIVE, JULIET, 0)->stanza, "whole"));
    sends_raw(NURSE, "dy>x</body></message>");
    settle();
    ck_assert_uint_eq(count(WORLD_ENTER, -1), 2);
    ck_assert_ptr_nonnull(strstr(find(WORLD_ARRIVE, JULIET, 1)->stanza, "torn"));
}
END_TEST

START_TEST(what_follows_the_end_of_a_stream_is_not_read) {
    connect_all();
    sends_raw(NURSE, "</stream:stream>");
    settle();
    ck_assert(!world_connected(world, NURSE));
    ck_assert_str_eq(find(WORLD_ENDED, NURSE, 0)->text, "disconnects");
    ck_assert_uint_eq(count(WORLD_ENTER, -1), 0);
}
END_TEST

START_TEST(a_half_stanza_of_a_former_session_is_forgotten) {
    connect_all();
    sends_raw(NURSE, "<message to='juliet@capulet.example/balcony'><body>");
    settle();
    ck_assert_int_eq(world_vanish(world, NURSE), ROUTER_OK);
    ck_assert_int_eq(world_connect(world, NURSE), ROUTER_OK);
    sends_raw(NURSE, "<message to='juliet@capulet.example/balcony' id='new'/>");
    settle();
    ck_assert_uint_eq(count(WORLD_ENTER, NURSE), 1);
    ck_assert_str_eq(find(WORLD_ENTER, NURSE, 0)->id, "new");
}
END_TEST

/* -------------------------------------------------------------------------------------------------------- log ---- */

START_TEST(effects_carry_the_number_of_their_stanza_and_arrivals_name_their_effect) {
    connect_all();
    send_to_juliet(NURSE, "m1");
    send_to_juliet(NURSE, "m2");
    settle();
    for (size_t n = 0; n < 2; n++) {
        const struct world_event *enter = find(WORLD_ENTER, NURSE, n);
        const struct world_event *arrival = find(WORLD_ARRIVE, JULIET, n);
        ck_assert_uint_eq(enter->number, n + 1);
        ck_assert_uint_eq(arrival->number, n + 1);
        const struct world_event *effect = world_event(world, arrival->sent_by);
        ck_assert_int_eq(effect->kind, WORLD_EFFECT);
        ck_assert_int_eq(effect->effect, ROUTER_DELIVER);
        ck_assert_uint_eq(effect->number, n + 1);
        ck_assert_str_eq(effect->target, "juliet@capulet.example/balcony");
        ck_assert_str_eq(effect->host, "capulet.example");
        ck_assert_int_ge(effect->rule, 0);
    }
}
END_TEST

START_TEST(a_cause_is_handed_down_over_streams_and_to_what_waited_for_them) {
    connect_all();
    world_cause(world, 11);
    send_to_juliet(ROMEO, "m1");
    world_cause(world, 12);
    send_to_juliet(ROMEO, "m2");
    world_cause(world, 13);
    settle();
    ck_assert_int_eq(find(WORLD_ARRIVE, JULIET, 0)->cause, 11);
    ck_assert_int_eq(find(WORLD_ARRIVE, JULIET, 1)->cause, 12);
    ck_assert_int_eq(find(WORLD_OPEN, -1, 0)->cause, 11);
}
END_TEST

START_TEST(an_error_for_what_waited_belongs_to_the_stanza_that_waited) {
    connect_all();
    for (int i = 0; i < 3; i++) {
        char bytes[200];
        (void)snprintf(bytes, sizeof bytes, "<message to='hamlet@elsinore.example' id='m%d'><body>x</body></message>",
                       i);
        world_cause(world, 20 + i);
        sends(ROMEO, "%s", bytes);
    }
    settle();
    ck_assert_uint_eq(count(WORLD_ARRIVE, ROMEO), 3);
    for (int i = 0; i < 3; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "m%d", i);
        const struct world_event *arrival = find(WORLD_ARRIVE, ROMEO, (size_t)i);
        ck_assert_ptr_nonnull(strstr(arrival->stanza, id));
        ck_assert_int_eq(arrival->cause, 20 + i);
        ck_assert_str_eq(find(WORLD_ENTER, ROMEO, arrival->number - 1)->id, id);
    }
}
END_TEST

START_TEST(facts_are_recorded_only_where_they_are_asked_for) {
    connect_all();
    send_to_juliet(NURSE, "m1");
    settle();
    ck_assert_ptr_null(find(WORLD_ENTER, NURSE, 0)->text);
    world_free(world);
    struct world_config config = {.seed = 1, .record_facts = true};
    world = world_new(&config);
    add_server("south", "capulet.example");
    add_account("juliet@capulet.example");
    add_account("nurse@capulet.example");
    int juliet = world_client(world, "Juliet", "juliet@capulet.example/balcony");
    int nurse = world_client(world, "Nurse", "nurse@capulet.example/kitchen");
    ck_assert_int_eq(world_connect(world, juliet), ROUTER_OK);
    ck_assert_int_eq(world_connect(world, nurse), ROUTER_OK);
    send_to_juliet(nurse, "m1");
    settle();
    ck_assert_ptr_nonnull(strstr(find(WORLD_ENTER, nurse, 0)->text, "balcony"));
}
END_TEST

static char *log_as_text(void) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0; i < world_event_count(world); i++) {
        const struct world_event *e = world_event(world, i);
        (void)fprintf(out, "%d %llu %u %d %d %d %d %s %s %s %s\n", (int)e->kind, (unsigned long long)e->time_us,
                      e->number, e->cause, e->client, (int)e->effect, e->rule, e->host == NULL ? "-" : e->host,
                      e->target == NULL ? "-" : e->target, e->stanza == NULL ? "-" : e->stanza,
                      e->text == NULL ? "-" : e->text);
    }
    (void)fclose(out);
    return text;
}

static char *play_something(void) {
    connect_all();
    int phone = world_client(world, "Juliet's phone", "juliet@capulet.example");
    ck_assert_int_eq(world_connect(world, phone), ROUTER_OK);
    sends(JULIET, "%s", "<presence/>");
    sends(phone, "%s", "<presence><priority>-1</priority></presence>");
    send_to_juliet(ROMEO, "m1");
    sends(ROMEO, "%s", "<iq type='get' id='q' to='capulet.example'><ping xmlns='urn:xmpp:ping'/></iq>");
    settle();
    ck_assert_int_eq(world_vanish(world, JULIET), ROUTER_OK);
    settle();
    return log_as_text();
}

START_TEST(the_same_calls_give_the_same_log) {
    char *first = play_something();
    world_teardown();
    world_setup();
    char *second = play_something();
    ck_assert_uint_gt(strlen(first), 1000);
    ck_assert_str_eq(first, second);
    free(first);
    free(second);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- servers ---- */

START_TEST(a_domain_is_served_by_one_server) {
    struct router_error error = {0};
    const char *taken = "Capulet.example";
    ck_assert_int_eq(world_server(world, "east", &taken, 1, NULL, &error), -1);
    ck_assert_str_eq(error.text, "'Capulet.example' is served twice");
    ck_assert_int_eq(world_host(world, "CAPULET.example"), 1);
    ck_assert_int_eq(world_host(world, "elsinore.example"), -1);
}
END_TEST

START_TEST(a_domain_must_be_one) {
    struct router_error error = {0};
    const char *jid = "juliet@capulet.example";
    ck_assert_int_eq(world_server(world, "east", &jid, 1, NULL, &error), -1);
    ck_assert_str_eq(error.text, "'juliet@capulet.example' is not a domain");
    ck_assert_int_eq(world_server(world, "east", &jid, 0, NULL, &error), -1);
    ck_assert_str_eq(error.text, "server 'east' has no domain");
}
END_TEST

/* A hundred servers with a client each, every one of which writes to every other. */
START_TEST(many_servers_reach_each_other) {
    enum { SERVERS = 100 };
    int clients[SERVERS];
    for (int i = 0; i < SERVERS; i++) {
        char domain[32];
        char bare[40];
        (void)snprintf(domain, sizeof domain, "s%d.example", i);
        (void)snprintf(bare, sizeof bare, "user@%s", domain);
        add_server(domain, domain);
        add_account(bare);
        (void)snprintf(bare, sizeof bare, "user@%s/r", domain);
        clients[i] = world_client(world, bare, bare);
        ck_assert_int_eq(world_connect(world, clients[i]), ROUTER_OK);
    }
    for (int i = 0; i < SERVERS; i++) {
        for (int k = 0; k < SERVERS; k++) {
            char bytes[120];
            (void)snprintf(bytes, sizeof bytes, "<message to='user@s%d.example/r' id='%d'/>", k, i);
            sends(clients[i], "%s", bytes);
        }
    }
    settle();
    for (int i = 0; i < SERVERS; i++) {
        size_t got = 0;
        for (size_t n = 0; n < world_event_count(world); n++) {
            const struct world_event *event = world_event(world, n);
            got += event->kind == WORLD_ARRIVE && event->client == clients[i];
        }
        ck_assert_uint_eq(got, SERVERS);
    }
    ck_assert_uint_eq(count(WORLD_OPEN, -1), SERVERS * (SERVERS - 1));
}
END_TEST


Suite *world_suite(void);
Suite *world_suite(void) {
    Suite *suite = suite_create("world");
    TCase *tc = tcase_create("world");
    tcase_add_checked_fixture(tc, world_setup, world_teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_client_that_connects_is_bound_to_the_resource_it_asks_for);
    tcase_add_test(tc, a_client_without_a_resource_gets_one);
    tcase_add_test(tc, a_client_connects_only_once_at_a_time);
    tcase_add_test(tc, nobody_logs_in_without_an_account);
    tcase_add_test(tc, a_client_that_is_gone_may_disconnect_again_but_not_send);
    tcase_add_test(tc, a_client_that_vanishes_is_logged_as_such);
    tcase_add_test(tc, what_was_sent_before_its_sender_leaves_is_not_overtaken);
    tcase_add_test(tc, what_is_under_way_to_a_client_that_has_left_is_not_got);
    tcase_add_test(tc, nothing_is_due_where_nothing_was_done);
    tcase_add_test(tc, a_stanza_within_one_server_takes_no_time);
    tcase_add_test(tc, the_first_stanza_to_another_server_arrives_after_80_ms_and_later_ones_after_10);
    tcase_add_test(tc, a_name_that_nobody_has_is_found_out_after_10_ms);
    tcase_add_test(tc, time_stops_where_it_was_told_to);
    tcase_add_test(tc, a_stream_between_servers_keeps_its_order);
    tcase_add_test(tc, one_send_may_hold_several_stanzas);
    tcase_add_test(tc, ill_formed_octets_end_only_their_senders_stream);
    tcase_add_test(tc, ill_formed_octets_sent_as_whole_stanzas_end_only_their_senders_stream);
    tcase_add_test(tc, a_part_of_a_stanza_waits_for_the_rest_and_reaches_nobody_else);
    tcase_add_test(tc, what_follows_the_end_of_a_stream_is_not_read);
    tcase_add_test(tc, a_half_stanza_of_a_former_session_is_forgotten);
    tcase_add_test(tc, effects_carry_the_number_of_their_stanza_and_arrivals_name_their_effect);
    tcase_add_test(tc, a_cause_is_handed_down_over_streams_and_to_what_waited_for_them);
    tcase_add_test(tc, an_error_for_what_waited_belongs_to_the_stanza_that_waited);
    tcase_add_test(tc, facts_are_recorded_only_where_they_are_asked_for);
    tcase_add_test(tc, the_same_calls_give_the_same_log);
    tcase_add_test(tc, a_domain_is_served_by_one_server);
    tcase_add_test(tc, a_domain_must_be_one);
    tcase_add_test(tc, many_servers_reach_each_other);
    suite_add_tcase(suite, tc);
    return suite;
}
