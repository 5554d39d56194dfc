/* Streams between servers: what waits for them, what their failure means, and how they end (6120 10.4). */
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *router_streams_suite(void);

#define ORCHARD "romeo@montague.example/orchard"

/* ---- on the way out ---- */

START_TEST(what_waits_for_a_stream_is_written_in_order_once_it_is_ready) {
    ck_assert_int_eq(input(romeo, "<message id='1' to='a@verona.example'/>"), ROUTER_OK);
    const uint32_t port = opened();
    ck_assert_str_eq(send_as(romeo, "<message id='2' to='a@verona.example/r'><body>x</body></message>", FATES),
                     "route to a@verona.example/r by s2s.route\n");
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_READY, 0), ROUTER_OK);
    ck_assert_str_eq(effects(BYTES),
                     "write to verona.example: <message from='" ORCHARD "' to='a@verona.example' id='1'/>\n"
                     "write to verona.example: <message from='" ORCHARD "' to='a@verona.example/r' id='2'>"
                     "<body>x</body></message>\n");
    ck_assert_str_eq(send_as(romeo, "<message id='3' to='a@verona.example'/>", BYTES),
                     "route to a@verona.example by s2s.route: <message from='" ORCHARD "' id='3' "
                     "to='a@verona.example'/>\n");
}
END_TEST

START_TEST(each_pair_of_domains_has_a_stream_of_its_own) {
    /* 6120 10.1 */
    ck_assert_has(send_as(romeo, "<message to='a@verona.example'/>", FATES), "open to verona.example");
    ck_assert_has(send_as(juliet, "<message to='a@verona.example'/>", FATES), "open to verona.example");
    ck_assert_has(send_as(romeo, "<message to='a@mantua.example'/>", FATES), "open to mantua.example");
    ck_assert_lacks(send_as(romeo, "<message to='b@verona.example'/>", FATES), "open");
    ck_assert_lacks(send_as(juliet, "<message to='verona.example'/>", FATES), "open");
}
END_TEST

START_TEST(a_stream_that_has_ended_is_opened_anew) {
    ck_assert_int_eq(input(romeo, "<message to='a@verona.example'/>"), ROUTER_OK);
    const uint32_t first = opened();
    ck_assert_int_eq(input(juliet, "<message to='a@verona.example'/>"), ROUTER_OK);
    const uint32_t second = opened();
    ck_assert_int_eq(router_link(router, first, ROUTER_LINK_READY, 0), ROUTER_OK);
    ck_assert_int_eq(router_link(router, first, ROUTER_LINK_CLOSED, 0), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "");
    ck_assert_int_eq(router_link(router, first, ROUTER_LINK_CLOSED, 0), ROUTER_E_UNKNOWN);
    ck_assert_has(send_as(romeo, "<message to='a@verona.example'/>", FATES), "open to verona.example");
    ck_assert_lacks(send_as(juliet, "<message to='a@verona.example'/>", FATES), "open");
    ck_assert_int_eq(router_link(router, second, ROUTER_LINK_READY, 0), ROUTER_OK);
    ck_assert_uint_eq(occurrences(effects(FATES), "write to verona.example"), 2);
    ck_assert_int_eq(router_link(router, second, ROUTER_LINK_LOST, 0), ROUTER_OK);
    ck_assert_int_eq(router_link(router, second, ROUTER_LINK_LOST, 0), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(the_stream_of_one_domain_ends_without_that_of_another) {
    const char *const xml = "<message to='a@verona.example'/>";
    ck_assert_int_eq(input(romeo, xml), ROUTER_OK);
    const uint32_t older = opened();
    ck_assert_int_eq(input(juliet, xml), ROUTER_OK);
    const uint32_t newer = opened();
    ck_assert_int_eq(router_link(router, _i == 0 ? older : newer, ROUTER_LINK_READY, 0), ROUTER_OK);
    ck_assert_int_eq(router_link(router, _i == 0 ? older : newer, ROUTER_LINK_CLOSED, 0), ROUTER_OK);
    ck_assert_lacks(send_as(_i == 0 ? juliet : romeo, xml, FATES), "open");
    ck_assert_has(send_as(_i == 0 ? romeo : juliet, xml, FATES), "open to verona.example");
}
END_TEST

START_TEST(inter_domain_routing_can_be_barred) {
    knob("s2s.enable", "off");
    ck_assert_str_eq(send_as(romeo, "<message to='a@verona.example'/>", FATES),
                     "bounce not-allowed to " ORCHARD " by s2s.denied\n");
    ck_assert_str_eq(send_as(romeo, "<iq type='result' id='1' to='a@verona.example'/>", FATES), "drop by s2s.denied\n");
    knob("s2s.deny-condition", "policy-violation");
    ck_assert_str_eq(send_as(romeo, "<message to='a@verona.example'/>", FATES),
                     "bounce policy-violation to " ORCHARD " by s2s.denied\n");
}
END_TEST

/* ---- failure ---- */

struct failure_case {
    enum router_link_event event;
    const char *knob, *value, *condition, *type, *mark;
};

static const struct failure_case failures[] = {
    {ROUTER_LINK_NO_HOST, NULL, NULL, "remote-server-not-found", "cancel", "s2s.fail.resolve"},
    {ROUTER_LINK_REFUSED, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.connect"},
    {ROUTER_LINK_REFUSED, "s2s.tcp-fail", "remote-server-not-found", "remote-server-not-found", "cancel",
     "s2s.fail.connect"},
    {ROUTER_LINK_FAILED, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.stream"},
    {ROUTER_LINK_CLOSED, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.connect"},
    {ROUTER_LINK_LOST, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.connect"},
};

START_TEST(a_stream_that_fails_bounces_what_waited_for_it) {
    const struct failure_case *c = &failures[_i];
    char expected[600];
    if (c->knob != NULL)
        knob(c->knob, c->value);
    ck_assert_int_eq(input(romeo, "<message id='1' to='a@verona.example' type='chat'/>"), ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), c->event, 0), ROUTER_OK);
    snprintf(expected, sizeof expected,
             "bounce %s to " ORCHARD " by s2s.fail.msg: <message type='error' id='1' to='" ORCHARD "' "
             "from='a@verona.example'><error type='%s'><%s xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
             "</message>\n",
             c->condition, c->type, c->condition);
    ck_assert_str_eq(effects(BYTES), expected);
    ck_assert_int_eq(input(juliet, "<message id='2' to='a@verona.example'/>"), ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), c->event, 0), ROUTER_OK);
    ck_assert(has_mark(c->mark));
}
END_TEST

START_TEST(what_waited_is_bounced_in_the_order_in_which_it_came) {
    char expected[600] = "";
    input(romeo, "<message id='0' to='a@verona.example'/>");
    const uint32_t port = opened();
    for (int i = 1; i < 4; i++) {
        char xml[80];
        snprintf(xml, sizeof xml, "<message id='%d' to='a@verona.example'/>", i);
        ck_assert_int_eq(input(romeo, xml), ROUTER_OK);
    }
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_NO_HOST, 0), ROUTER_OK);
    for (int i = 0; i < 4; i++) {
        struct router_effect e;
        do
            ck_assert(router_next(router, &e));
        while (e.kind == ROUTER_MARK);
        snprintf(expected, sizeof expected, "<message type='error' id='%d' ", i);
        ck_assert_int_eq(strncmp(e.bytes.data, expected, strlen(expected)), 0);
    }
}
END_TEST

struct unrouted_case {
    const char *xml, *fate;
};

#define NOT_FOUND "bounce remote-server-not-found to " ORCHARD " by "

static const struct unrouted_case unrouted[] = {
    {"<iq id='1' to='verona.example' type='get'><x xmlns='urn:x'/></iq>", NOT_FOUND "s2s.fail.iq\n"},
    {"<iq id='1' to='verona.example' type='set'><x xmlns='urn:x'/></iq>", NOT_FOUND "s2s.fail.iq\n"},
    {"<iq id='1' to='verona.example' type='result'/>", "drop by s2s.never.result\n"},
    {"<iq id='1' to='verona.example' type='error'><error/></iq>", "drop by s2s.never.error\n"},
    {"<message to='a@verona.example' type='error'><error/></message>", "drop by s2s.never.error\n"},
    {"<presence to='a@verona.example' type='error'><error/></presence>", "drop by s2s.never.error\n"},
    {"<message to='a@verona.example' type='groupchat'/>", NOT_FOUND "s2s.fail.msg\n"},
    {"<presence to='a@verona.example'/>", NOT_FOUND "s2s.fail.directed\n"},
    {"<presence to='a@verona.example' type='unavailable'/>", NOT_FOUND "s2s.fail.directed\n"},
    {"<presence to='a@verona.example' type='probe'/>", "drop by s2s.fail.probe\n"},
    /* An error about a subscription goes to the user's bare JID, and Romeo has no available resource. */
    {"<presence to='a@verona.example' type='subscribe'/>",
     "bounce remote-server-not-found to romeo@montague.example by s2s.fail.subscription\ndrop by pres.bare.error\n"},
};

START_TEST(what_cannot_be_routed_is_bounced_or_dropped_by_its_kind) {
    ck_assert_int_eq(input(romeo, unrouted[_i].xml), ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_NO_HOST, 0), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), unrouted[_i].fate);
}
END_TEST

START_TEST(a_broadcast_that_cannot_be_routed_comes_back_or_not) {
    contact("romeo@montague.example", "a@verona.example", ROUTER_SUB_FROM);
    ck_assert_int_eq(input(romeo, "<presence/>"), ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_NO_HOST, 0), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), NOT_FOUND "s2s.fail.broadcast\n");
    knob("s2s.fail-broadcast", "drop");
    ck_assert_int_eq(input(romeo, "<presence/>"), ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_NO_HOST, 0), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "drop by s2s.fail.broadcast\n");
}
END_TEST

START_TEST(what_the_server_made_and_cannot_route_is_dropped) {
    /* A presence to a contact after approval, unavailable at the end of a stream, and a probe. */
    contact("romeo@montague.example", "a@verona.example", ROUTER_SUB_BOTH);
    ck_assert_int_eq(input(romeo, "<presence/>"), ROUTER_OK);
    const uint32_t port = opened();
    ck_assert_int_eq(router_link(router, romeo, ROUTER_LINK_LOST, 0), ROUTER_OK);
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_NO_HOST, 0), ROUTER_OK);
    const char *seen = effects(FATES);
    ck_assert_uint_eq(occurrences(seen, "drop by s2s.fail.probe\n"), 1);
    ck_assert_uint_eq(occurrences(seen, "drop by s2s.fail.generated\n"), 1);
}
END_TEST

START_TEST(a_probe_that_cannot_be_routed_can_be_told_to_its_user) {
    knob("s2s.fail-probe", "bounce");
    ck_assert_int_eq(input(romeo, "<presence to='a@verona.example/r' type='probe'/>"), ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_NO_HOST, 0), ROUTER_OK);
    ck_assert_has(effects(FATES), NOT_FOUND "s2s.fail.probe\n");
}
END_TEST

START_TEST(an_answer_that_cannot_be_routed_is_dropped) {
    ck_assert_int_eq(input(peer(), "<iq from='a@verona.example/x' to='capulet.example' type='get' id='1'>"
                                   "<x xmlns='urn:x'/></iq>"),
                     ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_NO_HOST, 0), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "drop by s2s.never.bounce-of-bounce\n");
}
END_TEST

START_TEST(an_error_for_a_peer_goes_back_over_a_stream_to_its_domain) {
    const char *const xml =
        "<iq from='a@verona.example/x' to='capulet.example' type='get' id='1'><x xmlns='urn:x'/></iq>";
    ck_assert_str_eq(send_as(peer(), xml, FATES),
                     "open to verona.example\n"
                     "bounce service-unavailable to a@verona.example/x by dom.iq.unknown\n");
}
END_TEST

START_TEST(an_answer_waits_for_its_stream_with_its_own_addresses) {
    ck_assert_int_eq(input(peer(), "<iq from='a@verona.example/x' to='capulet.example' type='get' id='1'>"
                                   "<ping xmlns='urn:xmpp:ping'/></iq>"),
                     ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_READY, 0), ROUTER_OK);
    ck_assert_str_eq(effects(BYTES),
                     "write to verona.example: <iq from='capulet.example' to='a@verona.example/x' type='result' "
                     "id='1'/>\n");
}
END_TEST

START_TEST(a_bounce_for_a_client_that_has_left_is_dropped) {
    ck_assert_int_eq(input(romeo, "<message to='a@verona.example'/>"), ROUTER_OK);
    const uint32_t port = opened();
    ck_assert_int_eq(router_link(router, romeo, ROUTER_LINK_CLOSED, 0), ROUTER_OK);
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_NO_HOST, 0), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), NOT_FOUND "s2s.fail.msg\ndrop by msg.full.error.nomatch\n");
}
END_TEST

START_TEST(a_bounce_from_an_address_that_is_none_reaches_nobody_else) {
    /* The localpart is malformed, which only its own server may judge; so the error has no address to come from. */
    ck_assert_int_eq(input(romeo, "<presence to='a b@verona.example' type='subscribe'/>"), ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_NO_HOST, 0), ROUTER_OK);
    ck_assert_uint_eq(occurrences(effects(FATES), "bounce remote-server-not-found"), 1);
}
END_TEST

/* ---- a full queue ---- */

static void fill_queue(void) {
    for (int i = 0; i < ROUTER_STREAM_QUEUE_MAX; i++)
        ck_assert_int_eq(input(romeo, "<message to='a@verona.example'/>"), ROUTER_OK);
}

START_TEST(a_full_queue_refuses_what_comes_then) {
    fill_queue();
    ck_assert_str_eq(send_as(romeo, "<message to='a@verona.example'/>", FATES),
                     "bounce resource-constraint to " ORCHARD " by s2s.fail.msg\n");
    knob("s2s.queue-full", "remote-server-timeout");
    ck_assert_str_eq(send_as(romeo, "<message to='a@verona.example'/>", FATES),
                     "bounce remote-server-timeout to " ORCHARD " by s2s.fail.msg\n");
    ck_assert_int_eq(input(romeo, "<message to='a@verona.example'/>"), ROUTER_OK);
    ck_assert(has_mark("s2s.queue-full"));
}
END_TEST

static const struct unrouted_case crowded[] = {
    {"<message to='a@verona.example' type='error'><error/></message>", "drop by s2s.never.error\n"},
    {"<presence to='a@verona.example' type='error'><error/></presence>", "drop by s2s.never.error\n"},
    {"<iq id='1' to='a@verona.example' type='error'><error/></iq>", "drop by s2s.never.error\n"},
    {"<iq id='1' to='a@verona.example' type='result'/>", "drop by s2s.never.result\n"},
    {"<presence to='a@verona.example' type='probe'/>", "drop by s2s.fail.probe\n"},
    {"<iq id='1' to='a@verona.example' type='get'><x xmlns='urn:x'/></iq>",
     "bounce resource-constraint to " ORCHARD " by s2s.fail.iq\n"},
    {"<presence to='a@verona.example'/>", "bounce resource-constraint to " ORCHARD " by s2s.fail.directed\n"},
};

START_TEST(what_meets_a_full_queue_is_bounced_or_dropped_by_its_kind) {
    fill_queue();
    ck_assert_str_eq(send_as(romeo, crowded[_i].xml, FATES), crowded[_i].fate);
    ck_assert_int_eq(input(romeo, crowded[_i].xml), ROUTER_OK);
    ck_assert(has_mark("s2s.queue-full"));
}
END_TEST

START_TEST(an_answer_that_meets_a_full_queue_is_lost_with_a_mark) {
    const char *const xml =
        "<iq from='a@verona.example/x' to='capulet.example' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>";
    for (int i = 0; i < ROUTER_STREAM_QUEUE_MAX; i++)
        ck_assert_int_eq(input(juliet, "<message to='a@verona.example'/>"), ROUTER_OK);
    const uint32_t port = peer();
    ck_assert_int_eq(input(port, xml), ROUTER_OK);
    ck_assert(has_mark("s2s.queue-full"));
    ck_assert_uint_eq(occurrences(send_as(port, xml, FATES), "answer to a@verona.example/x by dom.iq.known"), 1);
}
END_TEST

/* ---- streams from peers ---- */

static const enum router_link_event ends[] = {ROUTER_LINK_CLOSED, ROUTER_LINK_LOST};

START_TEST(the_end_of_a_peers_stream_ends_nothing_else) {
    const uint32_t first = peer(), second = peer();
    struct stanza st = {.kind = STANZA_NORMAL};
    send_as(first, "<message from='a@verona.example' to='capulet.example'/>", FATES);
    ck_assert_int_eq(router_link(router, first, ends[_i], 0), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "");
    ck_assert_int_eq(router_input(router, first, &st, 0), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(router_link(router, first, ends[_i], 0), ROUTER_E_UNKNOWN);
    /* neither another stream of the same peer, nor the stream to it that its error waits for */
    ck_assert_str_eq(send_as(second, "<message from='a@verona.example' to='juliet@capulet.example/balcony'/>", FATES),
                     "deliver to juliet@capulet.example/balcony by msg.full.normal.match\n");
    ck_assert_lacks(send_as(juliet, "<message to='a@verona.example'/>", FATES), "open");
}
END_TEST

START_TEST(a_peer_can_close_its_stream_by_its_end_tag) {
    const uint32_t port = peer();
    ck_assert_int_eq(router_fault(router, port, STANZA_FAULT_END, 0), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "");
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_CLOSED, 0), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(streams_can_come_and_go_by_the_thousand) {
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(router_link(router, peer(), ROUTER_LINK_CLOSED, 0), ROUTER_OK);
}
END_TEST

#define EACH(test, table) tcase_add_loop_test(tc, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *router_streams_suite(void) {
    Suite *suite = suite_create("router_streams");
    TCase *tc = tcase_create("streams");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    tcase_add_test(tc, what_waits_for_a_stream_is_written_in_order_once_it_is_ready);
    tcase_add_test(tc, each_pair_of_domains_has_a_stream_of_its_own);
    tcase_add_test(tc, a_stream_that_has_ended_is_opened_anew);
    tcase_add_loop_test(tc, the_stream_of_one_domain_ends_without_that_of_another, 0, 2);
    tcase_add_test(tc, inter_domain_routing_can_be_barred);
    EACH(a_stream_that_fails_bounces_what_waited_for_it, failures);
    tcase_add_test(tc, what_waited_is_bounced_in_the_order_in_which_it_came);
    EACH(what_cannot_be_routed_is_bounced_or_dropped_by_its_kind, unrouted);
    tcase_add_test(tc, a_broadcast_that_cannot_be_routed_comes_back_or_not);
    tcase_add_test(tc, what_the_server_made_and_cannot_route_is_dropped);
    tcase_add_test(tc, a_probe_that_cannot_be_routed_can_be_told_to_its_user);
    tcase_add_test(tc, an_answer_that_cannot_be_routed_is_dropped);
    tcase_add_test(tc, an_error_for_a_peer_goes_back_over_a_stream_to_its_domain);
    tcase_add_test(tc, an_answer_waits_for_its_stream_with_its_own_addresses);
    tcase_add_test(tc, a_bounce_for_a_client_that_has_left_is_dropped);
    tcase_add_test(tc, a_bounce_from_an_address_that_is_none_reaches_nobody_else);
    tcase_add_test(tc, a_full_queue_refuses_what_comes_then);
    EACH(what_meets_a_full_queue_is_bounced_or_dropped_by_its_kind, crowded);
    tcase_add_test(tc, an_answer_that_meets_a_full_queue_is_lost_with_a_mark);
    EACH(the_end_of_a_peers_stream_ends_nothing_else, ends);
    tcase_add_test(tc, a_peer_can_close_its_stream_by_its_end_tag);
    tcase_add_test(tc, streams_can_come_and_go_by_the_thousand);
    suite_add_tcase(suite, tc);
    return suite;
}
