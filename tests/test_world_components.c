/* Components: parts of a server that the caller plays, each with a domain of its own (XEP-0114). */
#include "world_harness.h"

#include <check.h>
#include <string.h>

Suite *world_components_suite(void);

#define ROOMS "rooms.capulet.example"
#define TO_ROOM(id) "<message to='den@" ROOMS "' type='groupchat' id='" id "'><body>x</body></message>"
#define FROM_ROOM(to, id) "<message from='den@" ROOMS "' to='" to "' id='" id "'/>"

static int rooms;

static void setup(void) {
    world_setup();
    rooms = add_component("Rooms", ROOMS, SOUTH);
    connect_all();
}

static void setup_connected(void) {
    setup();
    ck_assert_int_eq(world_connect(world, rooms), ROUTER_OK);
    (void)happened(0);
}

START_TEST(a_component_connects_and_goes_by_its_domain) {
    ck_assert(!world_connected(world, rooms));
    ck_assert_str_eq(world_full_jid(world, rooms), ROOMS);
    ck_assert_int_eq(world_send(world, rooms, "<presence/>", 11), ROUTER_E_CONFLICT);
    ck_assert_int_eq(world_connect(world, rooms), ROUTER_OK);
    ck_assert_int_eq(world_connect(world, rooms), ROUTER_E_CONFLICT);
    ck_assert(world_connected(world, rooms));
    ck_assert_str_eq(find(WORLD_BOUND, rooms, 0)->text, ROOMS);
    ck_assert_str_eq(world_full_jid(world, rooms), ROOMS);
    ck_assert_int_eq(world_host(world, ROOMS), SOUTH);
    ck_assert_int_eq(world_place(world, ROOMS), SOUTH);
}
END_TEST

START_TEST(a_component_needs_a_server_and_a_domain_of_its_own) {
    struct router_error error = {0};
    ck_assert_int_eq(world_component(world, "a", "a.example", -1, &error), -1);
    ck_assert_str_eq(error.text, "'a.example' has no server");
    ck_assert_int_eq(world_component(world, "b", "montague.example", SOUTH, &error), -1);
    ck_assert_str_eq(error.text, "'montague.example' is served twice");
    ck_assert_int_eq(world_component(world, "c", ROOMS, NORTH, &error), -1);
    ck_assert_int_eq(world_component(world, "c", "den@" ROOMS, SOUTH, &error), -1);
    ck_assert_int_eq(world_component(world, "d", "a@b.example", SOUTH, &error), -1);
    ck_assert_str_eq(error.text, "'a@b.example' is not a domain");
    (void)add_peer("Verona", (struct world_peer){.domain = NULL});
    ck_assert_int_eq(world_component(world, "e", "e.example", world_place(world, "Verona"), &error), -1);
    ck_assert_int_eq(world_component(world, "f", "verona.example", SOUTH, &error), -1);
    /* It is too late now; what was refused leaves nothing behind. */
    ck_assert_int_eq(world_component(world, "g", "late.example", SOUTH, &error), -1);
    ck_assert_int_eq(world_place(world, "late.example"), -1);
}
END_TEST

START_TEST(a_component_is_no_way_from_its_server) {
    sends(JULIET, TO_ROOM("m1"));
    sends(rooms, FROM_ROOM("juliet@capulet.example/balcony", "c1"));
    settle();
    ck_assert_happened(ENTRIES | ARRIVALS, "0 capulet.example > m1\n0 " ROOMS " > c1\n0 Rooms < m1\n0 Juliet < c1\n");
    const struct world_event *arrival = find(WORLD_ARRIVE, rooms, 0);
    const struct world_event *effect = world_event(world, arrival->sent_by);
    ck_assert_int_eq(effect->effect, ROUTER_HAND);
    ck_assert_int_eq(effect->client, rooms);
    ck_assert_int_eq(find(WORLD_ENTER, rooms, 0)->server, SOUTH);
    ck_assert_uint_eq(world_tally(world).sent, 2);
}
END_TEST

START_TEST(other_servers_reach_a_component_by_a_stream_for_its_domain) {
    sends(ROMEO, TO_ROOM("m1"));
    sends(rooms, FROM_ROOM("romeo@montague.example/orchard", "c1"));
    settle();
    ck_assert_happened(KIND(WORLD_OPEN) | ARRIVALS, "0 open montague.example " ROOMS "\n0 open " ROOMS
                                                    " montague.example\n80 Rooms < m1\n80 Romeo < c1\n");
}
END_TEST

START_TEST(a_component_may_send_a_part_of_a_stanza) {
    sends_raw(rooms, "<message from='" ROOMS "' to='juliet@capulet.example/balcony' id='c1'><bo");
    settle();
    ck_assert_happened(ENTRIES, "");
    sends_raw(rooms, "dy>x</body></message>");
    settle();
    ck_assert_happened(ARRIVALS, "0 Juliet < c1\n");
}
END_TEST

START_TEST(a_component_leaves_in_order_or_not) {
    static const char *const whys[] = {"disconnects", "vanishes", "reset"};
    int result = _i == 0   ? world_disconnect(world, rooms)
                 : _i == 1 ? world_vanish(world, rooms)
                           : world_close(world, rooms, "reset");
    ck_assert_int_eq(result, ROUTER_OK);
    ck_assert_str_eq(find(WORLD_ENDED, rooms, 0)->text, whys[_i]);
    ck_assert(!world_connected(world, rooms));
    sends(JULIET, TO_ROOM("m1"));
    settle();
    ck_assert_uint_eq(count(WORLD_ARRIVE, rooms), 0);
    ck_assert_int_eq(world_connect(world, rooms), ROUTER_OK);
    sends(JULIET, TO_ROOM("m2"));
    settle();
    ck_assert_uint_eq(count(WORLD_ARRIVE, rooms), 1);
}
END_TEST

START_TEST(a_component_goes_down_with_its_server) {
    ck_assert_int_eq(world_crash(world, SOUTH), ROUTER_OK);
    ck_assert_str_eq(find(WORLD_ENDED, rooms, 0)->text, "crash");
    ck_assert_int_eq(world_connect(world, rooms), ROUTER_E_CONFLICT);
    ck_assert_int_eq(world_start(world, SOUTH), ROUTER_OK);
    ck_assert_int_eq(world_connect(world, rooms), ROUTER_OK);
    ck_assert_int_eq(world_connect(world, JULIET), ROUTER_OK);
    sends(JULIET, TO_ROOM("m1"));
    settle();
    ck_assert_uint_eq(count(WORLD_ARRIVE, rooms), 1);
}
END_TEST

START_TEST(a_second_connection_for_a_domain_is_refused_or_replaces_the_first) {
    turn(south_policy, "ext.comp.conflict", _i == 0 ? "refuse-new" : "kick-old");
    int second = add_component("second", ROOMS, SOUTH);
    ck_assert_int_eq(world_connect(world, second), _i == 0 ? ROUTER_E_CONFLICT : ROUTER_OK);
    sends(JULIET, TO_ROOM("m1"));
    settle();
    ck_assert_happened(ENDS | ARRIVALS,
                       _i == 0 ? "0 Rooms < m1\n" : "0 Rooms ended: conflict\n0 second < m1\n");
    ck_assert(world_connected(world, rooms) == (_i == 0));
    ck_assert(world_connected(world, second) == (_i == 1));
}
END_TEST

START_TEST(without_components_their_domains_are_nobodys) {
    turn(south_policy, "ext.comp", "off");
    int late = add_component("late", "late.example", SOUTH);
    ck_assert_int_eq(world_host(world, "late.example"), -1);
    ck_assert_int_eq(world_connect(world, late), ROUTER_E_UNKNOWN);
}
END_TEST

Suite *world_components_suite(void) {
    Suite *suite = suite_create("world_components");
    TCase *tc = tcase_create("not connected");
    tcase_add_checked_fixture(tc, setup, world_teardown);
    tcase_add_test(tc, a_component_connects_and_goes_by_its_domain);
    tcase_add_test(tc, a_component_needs_a_server_and_a_domain_of_its_own);
    suite_add_tcase(suite, tc);
    tc = tcase_create("connected");
    tcase_add_checked_fixture(tc, setup_connected, world_teardown);
    tcase_add_test(tc, a_component_is_no_way_from_its_server);
    tcase_add_test(tc, other_servers_reach_a_component_by_a_stream_for_its_domain);
    tcase_add_test(tc, a_component_may_send_a_part_of_a_stanza);
    tcase_add_loop_test(tc, a_component_leaves_in_order_or_not, 0, 3);
    tcase_add_test(tc, a_component_goes_down_with_its_server);
    tcase_add_loop_test(tc, a_second_connection_for_a_domain_is_refused_or_replaces_the_first, 0, 2);
    suite_add_tcase(suite, tc);
    tc = tcase_create("without components");
    tcase_add_checked_fixture(tc, world_setup, world_teardown);
    tcase_add_test(tc, without_components_their_domains_are_nobodys);
    suite_add_tcase(suite, tc);
    return suite;
}
