/* Peers: remote servers that the caller plays, what they get, what they send, and how their streams end. */
#include "world_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *world_peers_suite(void);

#define OUT "montague.example verona.example"
#define IN "verona.example montague.example"
#define TO_PARIS(id) "<message to='paris@verona.example' type='chat' id='" id "'><body>x</body></message>"
#define FROM(from, id) "<message from='" from "' to='romeo@montague.example/orchard' id='" id "'/>"
#define FROM_PARIS(id) FROM("paris@verona.example", id)

static int verona;

static void setup(void) {
    static const char *const also[] = {"rooms.verona.example", "mantua.example"};
    world_setup_connected();
    verona = add_peer("Verona", (struct world_peer){.also = also, .also_count = 2});
}

/* ------------------------------------------------------------------------------------------------------- cast ---- */

START_TEST(a_peer_is_connected_from_the_start_and_goes_by_its_domain) {
    ck_assert(world_connected(world, verona));
    ck_assert_str_eq(world_full_jid(world, verona), "verona.example");
    ck_assert_int_eq(world_connect(world, verona), ROUTER_E_CONFLICT);
}
END_TEST

START_TEST(a_place_is_found_by_domain_or_name_and_the_domain_goes_first) {
    int west = add_server("verona.example", "west.example");
    int place = world_place(world, "verona.example");
    ck_assert_int_ge(place, 0);
    ck_assert_int_ne(place, west);
    ck_assert_int_eq(world_place(world, "Verona"), place);
    ck_assert_int_eq(world_place(world, "MANTUA.example"), place);
    ck_assert_int_eq(world_place(world, "north"), NORTH);
    ck_assert_int_eq(world_place(world, "capulet.example"), SOUTH);
    ck_assert_int_eq(world_place(world, "nowhere"), -1);
    ck_assert_int_eq(world_host(world, "verona.example"), -1); /* no server that decides anything */
    ck_assert_ptr_null(world_router(world, place));
}
END_TEST

START_TEST(a_peer_has_domains_that_no_server_has) {
    struct router_error error = {0};
    struct world_peer taken = {.domain = "montague.example"}, nonsense = {.domain = "paris@verona.example"};
    ck_assert_int_eq(world_peer(world, "a", &taken, &error), -1);
    ck_assert_str_eq(error.text, "'montague.example' is served twice");
    ck_assert_int_eq(world_peer(world, "b", &nonsense, &error), -1);
    ck_assert_str_eq(error.text, "'paris@verona.example' is not a domain");
    const char *domain = "mantua.example";
    ck_assert_int_eq(world_server(world, "west", &domain, 1, NULL, &error), -1);
    ck_assert_str_eq(error.text, "'mantua.example' is served twice");
    /* What was refused leaves nothing behind. */
    const char *const also[] = {"new.example", "montague.example"};
    struct world_peer half = {.domain = "half.example", .also = also, .also_count = 2};
    ck_assert_int_eq(world_peer(world, "c", &half, &error), -1);
    ck_assert_int_eq(world_place(world, "half.example"), -1);
    ck_assert_int_ge(add_server("west", "new.example"), 0);
}
END_TEST

/* ----------------------------------------------------------------------------------------------- what it gets ---- */

START_TEST(what_is_sent_to_a_peers_domain_arrives_at_the_peer) {
    world_cause(world, 4);
    sends(ROMEO, TO_PARIS("m1"));
    settle();
    sends(ROMEO, TO_PARIS("m2"));
    settle();
    ck_assert_happened(STREAMS | ARRIVALS, "0 open " OUT "\n10 name " OUT "\n30 connection " OUT "\n50 stream " OUT
                                           "\n70 ready " OUT "\n80 Verona < m1\n90 Verona < m2\n");
    const struct world_event *arrival = find(WORLD_ARRIVE, verona, 0);
    ck_assert_str_eq(arrival->stanza,
                     "<message from='romeo@montague.example/orchard' to='paris@verona.example' type='chat' id='m1'>"
                     "<body>x</body></message>");
    ck_assert_uint_eq(arrival->stanza_size, strlen(arrival->stanza));
    ck_assert_uint_eq(arrival->number, 1);
    ck_assert_int_eq(arrival->cause, 4);
    ck_assert_uint_eq(world_tally(world).written, 0); /* that is counted between simulated servers */
}
END_TEST

START_TEST(an_arrival_at_a_peer_names_the_fate_that_sent_it) {
    sends(ROMEO, TO_PARIS("m1"));
    sends(ROMEO, TO_PARIS("m2"));
    settle();
    sends(ROMEO, TO_PARIS("m3"));
    settle();
    for (size_t i = 0; i < 3; i++) {
        const struct world_event *arrival = find(WORLD_ARRIVE, verona, i);
        const struct world_event *effect = world_event(world, arrival->sent_by);
        ck_assert_int_eq(effect->kind, WORLD_EFFECT);
        ck_assert_int_eq(effect->effect, ROUTER_ROUTE);
        ck_assert_uint_eq(effect->number, i + 1);
        ck_assert_uint_eq(arrival->number, i + 1);
    }
}
END_TEST

START_TEST(each_of_its_domains_is_the_peers) {
    sends(ROMEO, "<message to='den@rooms.verona.example' id='m1'/><message to='mantua.example' id='m2'/>");
    settle();
    ck_assert_happened(ARRIVALS, "80 Verona < m1\n80 Verona < m2\n");
}
END_TEST

START_TEST(the_first_of_several_peers_with_a_domain_gets_what_is_sent_there) {
    int second = add_peer("second", (struct world_peer){.domain = NULL});
    sends(ROMEO, TO_PARIS("m1"));
    settle();
    ck_assert_uint_eq(count(WORLD_ARRIVE, verona), 1);
    ck_assert_uint_eq(count(WORLD_ARRIVE, second), 0);
}
END_TEST

/* ---------------------------------------------------------------------------------------------- what it sends ---- */

START_TEST(a_peers_stream_opens_like_any_other) {
    sends(verona, FROM_PARIS("v1"));
    settle();
    sends(verona, FROM_PARIS("v2"));
    settle();
    ck_assert_happened(STREAMS | ENTRIES | ARRIVALS,
                       "0 open " IN "\n10 name " IN "\n30 connection " IN "\n50 stream " IN "\n70 ready " IN
                       "\n80 montague.example > v1\n80 Romeo < v1\n90 montague.example > v2\n90 Romeo < v2\n");
    const struct world_event *enter = find(WORLD_ENTER, -1, 0);
    ck_assert_int_eq(enter->client, -1);
    ck_assert_int_eq(enter->server, NORTH);
    ck_assert_str_eq(enter->from, "paris@verona.example");
    ck_assert_uint_eq(world_tally(world).sent, 2);
    ck_assert_uint_eq(world_tally(world).crossed, 0);
}
END_TEST

START_TEST(a_peer_counts_as_verified_whatever_dns_says_of_it) {
    struct world_peer config = {.domain = "silent.example", .dns = WORLD_FAILS, .connect = WORLD_SILENT};
    int silent = add_peer("silent", config);
    ck_assert_int_eq(world_dns(world, "silent.example", false), ROUTER_OK);
    sends(silent, FROM("a@silent.example", "v1"));
    settle();
    ck_assert_uint_eq(count(WORLD_ARRIVE, ROMEO), 1);
}
END_TEST

START_TEST(a_stanza_goes_to_the_server_that_serves_its_to) {
    sends(verona, "<message from='paris@verona.example' to='juliet@capulet.example/balcony' id='v1'/>\n"
                  "<message from='paris@verona.example' to='romeo@montague.example/orchard' id='v2'/>");
    settle();
    ck_assert_happened(KIND(WORLD_OPEN) | ARRIVALS, "0 open verona.example capulet.example\n0 open " IN
                                                    "\n80 Juliet < v1\n80 Romeo < v2\n");
}
END_TEST

START_TEST(several_stanzas_of_one_send_stay_in_order) {
    sends(verona, "\n" FROM_PARIS("v1") "\n" FROM_PARIS("v2") FROM_PARIS("v3") " ");
    settle();
    ck_assert_happened(ENTRIES, "80 montague.example > v1\n80 montague.example > v2\n80 montague.example > v3\n");
    ck_assert_str_eq(find(WORLD_ENTER, -1, 1)->stanza, FROM_PARIS("v2"));
}
END_TEST

START_TEST(a_stanza_of_a_further_domain_shares_the_stream_after_a_dialback_of_its_own) {
    sends(verona, FROM_PARIS("v1"));
    settle();
    sends(verona, FROM("den@rooms.verona.example", "v2"));
    settle();
    sends(verona, FROM("den@rooms.verona.example", "v3"));
    sends(verona, FROM_PARIS("v4"));
    settle();
    /* There and back for dialback, then one way. */
    ck_assert_happened(KIND(WORLD_OPEN) | KIND(WORLD_READY) | ARRIVALS,
                       "0 open " IN "\n70 ready " IN "\n80 Romeo < v1\n"
                       "100 ready rooms.verona.example montague.example\n110 Romeo < v2\n"
                       "120 Romeo < v3\n120 Romeo < v4\n");
    ck_assert_uint_eq(world_tally(world).attempts, 1);
    ck_assert_uint_eq(world_tally(world).opened, 1);
}
END_TEST

START_TEST(a_further_domain_waits_for_a_stream_that_is_still_opening) {
    sends(verona, FROM_PARIS("v1"));
    sends(verona, FROM("a@mantua.example", "v2"));
    settle();
    ck_assert_happened(KIND(WORLD_OPEN) | ARRIVALS, "0 open " IN "\n80 Romeo < v1\n100 Romeo < v2\n");
}
END_TEST

START_TEST(a_further_domain_alone_has_a_stream_of_its_own) {
    sends(verona, FROM("a@mantua.example", "v1"));
    settle();
    ck_assert_happened(KIND(WORLD_OPEN) | ARRIVALS, "0 open mantua.example montague.example\n80 Romeo < v1\n");
}
END_TEST

/* -------------------------------------------------------------------------------------- what it must not send ---- */

START_TEST(a_stanza_that_fits_no_stream_ends_the_one_used_last) {
    static const struct {
        const char *stanza, *condition;
    } cases[] = {
        {FROM("paris@elsinore.example", "bad"), "invalid-from"},
        {"<message from='paris@verona.example' to='hamlet@elsinore.example' id='bad'/>", "host-unknown"},
        {"<message from='paris@verona.example' id='bad'/>", "improper-addressing"},
        {"<message to='romeo@montague.example' id='bad'/>", "improper-addressing"},
    };
    char expected[300];
    sends(verona, FROM_PARIS("v1"));
    settle();
    (void)happened(0);
    sends(verona, "%s", cases[_i].stanza);
    settle();
    (void)snprintf(expected, sizeof expected, "90 montague.example > bad\n90 closed " IN ": %s\n", cases[_i].condition);
    ck_assert_happened(STREAMS | ENTRIES, expected);
    /* At 100 ms the peer knows, and opens another for what comes next. */
    sends(verona, FROM_PARIS("v2"));
    settle();
    ck_assert_happened(KIND(WORLD_OPEN) | ENTRIES, "100 open " IN "\n180 montague.example > v2\n");
}
END_TEST

START_TEST(a_stanza_that_fits_no_stream_opens_one_to_the_first_server) {
    sends(verona, FROM("paris@elsinore.example", "bad"));
    settle();
    ck_assert_happened(KIND(WORLD_OPEN) | KIND(WORLD_CLOSED) | ENTRIES,
                       "0 open " IN "\n80 montague.example > bad\n80 closed " IN ": invalid-from\n");
}
END_TEST

START_TEST(what_a_peer_sends_before_it_knows_that_its_stream_is_over_is_lost) {
    sends(verona, FROM("paris@elsinore.example", "bad"));
    until_ms(85);
    sends(verona, FROM_PARIS("v1"));
    settle();
    ck_assert_happened(LOSSES, "95 lost v1: closed\n");
    ck_assert_uint_eq(find(WORLD_LOST, -1, 0)->number, 0); /* it has not entered anywhere */
    ck_assert_str_eq(find(WORLD_LOST, -1, 0)->stanza, FROM_PARIS("v1"));
}
END_TEST

START_TEST(a_peer_without_any_server_loses_what_it_sends) {
    world_teardown();
    struct world_config config = {.seed = 1};
    world = world_new(&config);
    int alone = add_peer("alone", (struct world_peer){.domain = NULL});
    sends(alone, FROM_PARIS("v1"));
    settle();
    ck_assert_uint_eq(count(WORLD_LOST, -1), 1);
}
END_TEST

/* ------------------------------------------------------------------------------------------------- raw octets ---- */

START_TEST(raw_octets_go_on_the_stream_used_last_and_may_be_a_part) {
    sends(verona, "<message from='paris@verona.example' to='juliet@capulet.example/balcony' id='v1'/>");
    settle();
    sends_raw(verona, "<message from='paris@verona.example' to='juliet@capulet.example/balcony' id='v2'><bo");
    settle();
    sends(ROMEO, "<message to='juliet@capulet.example/balcony' id='m1'/>");
    settle();
    sends_raw(verona, "dy>x</body></message>");
    settle();
    ck_assert_happened(ARRIVALS, "80 Juliet < v1\n170 Juliet < m1\n180 Juliet < v2\n");
    ck_assert_uint_eq(count(WORLD_OPEN, -1), 2);
}
END_TEST

START_TEST(ill_formed_octets_end_only_the_peers_stream) {
    sends_raw(verona, "<message></iq>");
    sends(ROMEO, "<message to='juliet@capulet.example/balcony' id='m1'/>");
    settle();
    ck_assert_happened(KIND(WORLD_CLOSED) | ARRIVALS, "80 closed " IN ": not-well-formed\n80 Juliet < m1\n");
    sends(verona, FROM_PARIS("v1"));
    settle();
    ck_assert_uint_eq(count(WORLD_ARRIVE, ROMEO), 1);
}
END_TEST

/* 6120 4.9.1.1: a stream error is unrecoverable and closes the stream; the receiver does not answer it with another. */
START_TEST(a_stream_error_ends_the_stream_in_order) {
    static const struct {
        const char *octets, *why;
    } cases[] = {
        {"<stream:error><host-gone xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>",
         "host-gone"},
        {"<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text/></stream:error>", "reset"},
        {"<error xmlns='http://etherx.jabber.org/streams'><conflict "
         "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></error>",
         "conflict"},
        {"<s:error a='>' xmlns:s = \"http://etherx.jabber.org/streams\"/>", "undefined-condition"},
        {"</stream:stream>", "closed"},
    };
    char expected[200];
    sends(verona, FROM_PARIS("v1"));
    settle();
    (void)happened(0);
    sends_raw(verona, cases[_i].octets);
    settle();
    (void)snprintf(expected, sizeof expected, "90 closed " IN ": %s\n", cases[_i].why);
    ck_assert_happened(STREAMS | ENTRIES | LOSSES, expected);
    for (size_t i = 0; i < world_event_count(world); i++) {
        ck_assert(world_event(world, i)->kind != WORLD_EFFECT || world_event(world, i)->effect != ROUTER_CLOSE);
    }
    sends(verona, FROM_PARIS("v2"));
    settle();
    ck_assert_happened(KIND(WORLD_OPEN) | ARRIVALS, "90 open " IN "\n170 Romeo < v2\n");
}
END_TEST

START_TEST(an_unknown_element_of_another_namespace_is_no_stream_error) {
    static const char *const octets[] = {"<error/>", "<stream:features/>", "<x:error xmlns:x='urn:x'/>",
                                         "<stream:error xmlns:stream='urn:x'/>", "<stream:errors/>"};
    sends_raw(verona, octets[_i]);
    settle();
    ck_assert_str_eq(find(WORLD_CLOSED, -1, 0)->text, "unsupported-stanza-type");
}
END_TEST

START_TEST(a_clients_stream_error_ends_its_stream_too) {
    sends_raw(NURSE, "<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
    settle();
    ck_assert_happened(ENDS | ENTRIES, "0 Nurse ended: reset\n");
    ck_assert(!world_connected(world, NURSE));
    ck_assert_int_eq(world_connect(world, NURSE), ROUTER_OK);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- leaving ---- */

static void both_ways(void) {
    sends(ROMEO, TO_PARIS("m1"));
    sends(verona, FROM_PARIS("v1"));
    until_ms(100);
    ck_assert_uint_eq(count(WORLD_READY, -1), 2);
    (void)happened(0);
}

START_TEST(a_peer_that_leaves_ends_all_its_streams) {
    static const char *const whys[] = {"closed", "lost", "see-other-host"};
    char expected[200];
    both_ways();
    int result = _i == 0 ? world_disconnect(world, verona)
                 : _i == 1 ? world_vanish(world, verona)
                           : world_close(world, verona, "see-other-host");
    ck_assert_int_eq(result, ROUTER_OK);
    settle();
    (void)snprintf(expected, sizeof expected, "100 closed " OUT ": %s\n100 closed " IN ": %s\n", whys[_i], whys[_i]);
    ck_assert_happened(STREAMS | LOSSES, expected);
    ck_assert(world_connected(world, verona));
    sends(verona, FROM_PARIS("v2"));
    settle();
    ck_assert_happened(KIND(WORLD_OPEN) | ARRIVALS, "110 open " IN "\n190 Romeo < v2\n");
}
END_TEST

START_TEST(a_server_takes_a_close_for_order_and_a_break_for_trouble) {
    /* After a break it backs off; 6120 3.3. */
    both_ways();
    ck_assert_int_eq(_i == 0 ? world_disconnect(world, verona) : world_vanish(world, verona), ROUTER_OK);
    settle();
    sends(ROMEO, TO_PARIS("m2"));
    settle();
    ck_assert_uint_eq(count(WORLD_OPEN, -1), _i == 0 ? 3 : 2);
    bool lost = false;
    for (size_t i = 0; i < world_event_count(world); i++) {
        const struct world_event *event = world_event(world, i);
        lost = lost || (event->kind == WORLD_EFFECT && event->rule == router_rule_find("s2s.lost"));
    }
    ck_assert(lost == (_i == 1));
    run_out();
    ck_assert_uint_eq(count(WORLD_ARRIVE, verona), 2);
}
END_TEST

START_TEST(a_server_learns_after_one_latency_and_after_what_was_sent_before) {
    both_ways();
    sends(verona, FROM_PARIS("v2"));
    ck_assert_int_eq(world_vanish(world, verona), ROUTER_OK);
    until_ms(105);
    /* The server writes once more into a stream that is over at the other end. */
    sends(ROMEO, TO_PARIS("m2"));
    settle();
    ck_assert_happened(ARRIVALS | LOSSES | KIND(WORLD_CLOSED), "100 closed " OUT ": lost\n100 closed " IN ": lost\n"
                                                               "110 Romeo < v2\n115 lost m2 for Verona: closed\n");
}
END_TEST

START_TEST(what_is_under_way_to_a_peer_that_leaves_is_lost) {
    both_ways();
    sends(ROMEO, TO_PARIS("m2"));
    until_ms(105);
    ck_assert_int_eq(_i == 0 ? world_disconnect(world, verona) : world_vanish(world, verona), ROUTER_OK);
    settle();
    ck_assert_happened(ARRIVALS | LOSSES, _i == 0 ? "105 lost m2 for Verona: disconnected\n"
                                                  : "105 lost m2 for Verona: vanished\n");
    ck_assert_uint_eq(find(WORLD_LOST, verona, 0)->number, find(WORLD_ENTER, ROMEO, 1)->number);
}
END_TEST

START_TEST(streams_that_are_still_opening_end_too) {
    sends(ROMEO, TO_PARIS("m1"));
    sends(verona, FROM_PARIS("v1"));
    until_ms(45);
    (void)happened(0);
    ck_assert_int_eq(world_close(world, verona, "system-shutdown"), ROUTER_OK);
    settle();
    ck_assert_happened(STREAMS | LOSSES | ARRIVALS,
                       "45 failed " IN ": system-shutdown\n45 lost v1: system-shutdown\n"
                       "55 failed " OUT ": system-shutdown\n55 Romeo < m1 remote-server-timeout\n");
}
END_TEST

START_TEST(a_server_that_waits_for_a_silent_peer_hears_of_its_end) {
    int silent = add_peer("silent", (struct world_peer){.domain = "silent.example", .stream = WORLD_SILENT});
    sends(ROMEO, "<message to='a@silent.example' id='m1'/>");
    until_ms(1000);
    (void)happened(0);
    ck_assert_int_eq(world_vanish(world, silent), ROUTER_OK);
    settle();
    ck_assert_happened(STREAMS | ARRIVALS, "1010 failed montague.example silent.example: lost\n"
                                           "1010 Romeo < m1 remote-server-timeout\n");
}
END_TEST

START_TEST(a_peer_that_leaves_takes_its_shared_streams_along) {
    sends(verona, FROM_PARIS("v1"));
    settle();
    sends(verona, FROM("a@mantua.example", "v2"));
    until_ms(85);
    ck_assert_int_eq(world_disconnect(world, verona), ROUTER_OK);
    settle();
    ck_assert_happened(LOSSES, "85 lost v2: closed\n");
    sends(verona, FROM("a@mantua.example", "v3"));
    settle();
    ck_assert_uint_eq(count(WORLD_ARRIVE, ROMEO), 2);
    ck_assert_str_eq(find(WORLD_OPEN, -1, 1)->text, "mantua.example montague.example");
}
END_TEST

START_TEST(two_connections_of_one_server_end_apart) {
    int second = add_peer("second", (struct world_peer){.domain = NULL});
    sends(verona, FROM_PARIS("v1"));
    sends(second, FROM_PARIS("w1"));
    settle();
    ck_assert_int_eq(world_disconnect(world, second), ROUTER_OK);
    settle();
    sends(verona, FROM_PARIS("v2"));
    settle();
    ck_assert_uint_eq(count(WORLD_OPEN, -1), 2);
    ck_assert_uint_eq(count(WORLD_ARRIVE, ROMEO), 3);
}
END_TEST

Suite *world_peers_suite(void) {
    Suite *suite = suite_create("world_peers");
    TCase *tc = tcase_create("peers");
    tcase_add_checked_fixture(tc, setup, world_teardown);
    tcase_add_test(tc, a_peer_is_connected_from_the_start_and_goes_by_its_domain);
    tcase_add_test(tc, a_place_is_found_by_domain_or_name_and_the_domain_goes_first);
    tcase_add_test(tc, a_peer_has_domains_that_no_server_has);
    tcase_add_test(tc, what_is_sent_to_a_peers_domain_arrives_at_the_peer);
    tcase_add_test(tc, an_arrival_at_a_peer_names_the_fate_that_sent_it);
    tcase_add_test(tc, each_of_its_domains_is_the_peers);
    tcase_add_test(tc, the_first_of_several_peers_with_a_domain_gets_what_is_sent_there);
    tcase_add_test(tc, a_peers_stream_opens_like_any_other);
    tcase_add_test(tc, a_peer_counts_as_verified_whatever_dns_says_of_it);
    tcase_add_test(tc, a_stanza_goes_to_the_server_that_serves_its_to);
    tcase_add_test(tc, several_stanzas_of_one_send_stay_in_order);
    tcase_add_test(tc, a_stanza_of_a_further_domain_shares_the_stream_after_a_dialback_of_its_own);
    tcase_add_test(tc, a_further_domain_waits_for_a_stream_that_is_still_opening);
    tcase_add_test(tc, a_further_domain_alone_has_a_stream_of_its_own);
    tcase_add_loop_test(tc, a_stanza_that_fits_no_stream_ends_the_one_used_last, 0, 4);
    tcase_add_test(tc, a_stanza_that_fits_no_stream_opens_one_to_the_first_server);
    tcase_add_test(tc, what_a_peer_sends_before_it_knows_that_its_stream_is_over_is_lost);
    tcase_add_test(tc, a_peer_without_any_server_loses_what_it_sends);
    tcase_add_test(tc, raw_octets_go_on_the_stream_used_last_and_may_be_a_part);
    tcase_add_test(tc, ill_formed_octets_end_only_the_peers_stream);
    tcase_add_loop_test(tc, a_stream_error_ends_the_stream_in_order, 0, 5);
    tcase_add_loop_test(tc, an_unknown_element_of_another_namespace_is_no_stream_error, 0, 5);
    tcase_add_test(tc, a_clients_stream_error_ends_its_stream_too);
    tcase_add_loop_test(tc, a_peer_that_leaves_ends_all_its_streams, 0, 3);
    tcase_add_loop_test(tc, a_server_takes_a_close_for_order_and_a_break_for_trouble, 0, 2);
    tcase_add_test(tc, a_server_learns_after_one_latency_and_after_what_was_sent_before);
    tcase_add_loop_test(tc, what_is_under_way_to_a_peer_that_leaves_is_lost, 0, 2);
    tcase_add_test(tc, streams_that_are_still_opening_end_too);
    tcase_add_test(tc, a_server_that_waits_for_a_silent_peer_hears_of_its_end);
    tcase_add_test(tc, a_peer_that_leaves_takes_its_shared_streams_along);
    tcase_add_test(tc, two_connections_of_one_server_end_apart);
    suite_add_tcase(suite, tc);
    return suite;
}
