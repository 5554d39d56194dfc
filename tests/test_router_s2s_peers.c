/* Streams from peers that are verified for several pairs of domains, and several streams for one pair (6120 8.1.1.2,
 * 8.1.2.2, 10.1; XEP-0220 2.7). */
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *router_s2s_peers_suite(void);

#define DELIVERED "deliver to juliet@capulet.example/balcony by msg.full.normal.match\n"

static int pair(uint32_t port, const char *local, const char *remote) {
    return router_peer_pair(router, port, s(local), s(remote));
}

static int input_from(uint32_t port, const char *from, const char *to) {
    char xml[200];
    snprintf(xml, sizeof xml, "<message from='%s' to='%s'/>", from, to);
    return input(port, xml);
}

static int open_from(const char *local, const char *remote, uint32_t *port) {
    return router_peer(router, s(local), s(remote), port);
}

/* ---- pairs ---- */

START_TEST(a_stanza_of_an_added_pair_is_accepted) {
    const uint32_t port = peer();
    ck_assert_int_eq(pair(port, "capulet.example", "Mantua.example."), ROUTER_OK);
    ck_assert_int_eq(input_from(port, "a@mantua.example", "juliet@capulet.example/balcony"), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), DELIVERED);
    ck_assert_int_eq(input_from(port, "a@mantua.example", "juliet@capulet.example/balcony"), ROUTER_OK);
    ck_assert(has_mark("in.s2s.pair"));
}
END_TEST

START_TEST(the_pair_that_a_stream_was_opened_for_needs_no_mark) {
    const uint32_t port = peer();
    ck_assert_int_eq(pair(port, "capulet.example", "mantua.example"), ROUTER_OK);
    ck_assert_int_eq(input_from(port, "a@verona.example", "juliet@capulet.example/balcony"), ROUTER_OK);
    ck_assert(!has_mark("in.s2s.pair"));
}
END_TEST

START_TEST(a_pair_may_have_another_served_domain) {
    const uint32_t port = peer();
    ck_assert_int_eq(pair(port, "montague.example", "verona.example"), ROUTER_OK);
    ck_assert_int_eq(input_from(port, "a@verona.example", "romeo@montague.example/orchard"), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "deliver to romeo@montague.example/orchard by msg.full.normal.match\n");
    /* An error goes back between the same two domains. */
    ck_assert_int_eq(input_from(port, "a@verona.example", "nobody@montague.example"), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "drop by msg.nouser.bare.normal\n");
    ck_assert_int_eq(input(port, "<iq from='a@verona.example' to='montague.example' type='get' id='1'>"
                                 "<x xmlns='urn:x'/></iq>"),
                     ROUTER_OK);
    struct router_effect e;
    bool asked = false;
    while (router_next(router, &e)) {
        asked = asked || e.kind == ROUTER_OPEN;
        ck_assert_uint_eq(e.host.size, strlen("montague.example"));
        ck_assert_mem_eq(e.host.data, "montague.example", e.host.size);
    }
    ck_assert(asked);
}
END_TEST

struct refused {
    const char *from, *to, *fate;
};

#define INVALID_FROM "close invalid-from to verona.example by "
#define HOST_UNKNOWN "close host-unknown to verona.example by "

/* Verified are verona.example with capulet.example, mantua.example with capulet.example, padua.example with
 * montague.example. */
static const struct refused refused[] = {
    {"a@venice.example", "juliet@capulet.example/balcony", INVALID_FROM "in.s2s.foreign-from\n"},
    {"a@padua.example", "juliet@capulet.example/balcony", HOST_UNKNOWN "in.s2s.foreign-to\n"},
    {"a@verona.example", "romeo@montague.example", HOST_UNKNOWN "in.s2s.foreign-to\n"},
    {"a@mantua.example", "romeo@montague.example", HOST_UNKNOWN "in.s2s.foreign-to\n"},
    {"a@mantua.example", "a@venice.example", HOST_UNKNOWN "in.s2s.foreign-to\n"},
    {"a@capulet.example", "juliet@capulet.example", INVALID_FROM "in.s2s.local-from\n"},
};

START_TEST(a_pair_that_is_not_verified_ends_the_stream) {
    const uint32_t port = peer();
    ck_assert_int_eq(pair(port, "capulet.example", "mantua.example"), ROUTER_OK);
    ck_assert_int_eq(pair(port, "montague.example", "padua.example"), ROUTER_OK);
    ck_assert_int_eq(input_from(port, refused[_i].from, refused[_i].to), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), refused[_i].fate);
    ck_assert_int_eq(input_from(port, "a@verona.example", "juliet@capulet.example"), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(pair(port, "capulet.example", "venice.example"), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(pairs_are_verified_for_one_stream_only) {
    const uint32_t first = peer(), second = peer();
    ck_assert_int_eq(pair(first, "capulet.example", "mantua.example"), ROUTER_OK);
    ck_assert_int_eq(input_from(second, "a@mantua.example", "juliet@capulet.example/balcony"), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "close invalid-from to verona.example by in.s2s.foreign-from\n");
    ck_assert_int_eq(input_from(first, "a@mantua.example", "juliet@capulet.example/balcony"), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), DELIVERED);
}
END_TEST

START_TEST(a_pair_can_be_verified_again) {
    const uint32_t port = peer();
    for (int i = 0; i < 3 * ROUTER_PAIRS_MAX; i++) {
        ck_assert_int_eq(pair(port, "capulet.example", "verona.example"), ROUTER_OK);
        ck_assert_int_eq(pair(port, "capulet.example", "mantua.example"), ROUTER_OK);
    }
}
END_TEST

START_TEST(a_stream_has_no_more_pairs_than_the_limit) {
    const uint32_t port = peer();
    char domain[40];
    for (int i = 1; i < ROUTER_PAIRS_MAX; i++) {
        snprintf(domain, sizeof domain, "d%d.example", i);
        ck_assert_int_eq(pair(port, "capulet.example", domain), ROUTER_OK);
    }
    ck_assert_int_eq(pair(port, "capulet.example", "mantua.example"), ROUTER_E_LIMIT);
    ck_assert_int_eq(pair(port, "capulet.example", domain), ROUTER_OK);
    ck_assert_int_eq(input_from(port, "a@d99.example", "juliet@capulet.example/balcony"), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), DELIVERED);
    ck_assert_int_eq(input_from(port, "a@mantua.example", "juliet@capulet.example/balcony"), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "close invalid-from to verona.example by in.s2s.foreign-from\n");
}
END_TEST

struct wrong_pair {
    const char *local, *remote;
    int result;
};

static const struct wrong_pair wrong_pairs[] = {
    {"venice.example", "mantua.example", ROUTER_E_UNKNOWN},
    {"capulet.example", "montague.example", ROUTER_E_CONFLICT},
    {"capulet.example", "a@mantua.example", ROUTER_E_JID},
    {"capulet.example", "mantua.example/x", ROUTER_E_JID},
    {"capulet.example", "", ROUTER_E_JID},
    {"", "mantua.example", ROUTER_E_JID},
};

START_TEST(a_pair_has_a_served_domain_and_another_one) {
    uint32_t port = peer(), other;
    ck_assert_int_eq(pair(port, wrong_pairs[_i].local, wrong_pairs[_i].remote), wrong_pairs[_i].result);
    ck_assert_int_eq(open_from(wrong_pairs[_i].local, wrong_pairs[_i].remote, &other), wrong_pairs[_i].result);
}
END_TEST

START_TEST(pairs_are_added_to_input_streams_only) {
    ck_assert_int_eq(input(romeo, "<message to='a@verona.example'/>"), ROUTER_OK);
    const uint32_t output = opened(), port = peer();
    ck_assert_int_eq(pair(output, "capulet.example", "mantua.example"), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(pair(romeo, "capulet.example", "mantua.example"), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(pair(0, "capulet.example", "mantua.example"), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(pair(port + 1, "capulet.example", "mantua.example"), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_LOST, 0), ROUTER_OK);
    ck_assert_int_eq(pair(port, "capulet.example", "mantua.example"), ROUTER_E_UNKNOWN);
}
END_TEST

/* ---- several streams ---- */

START_TEST(a_second_stream_for_a_pair_is_allowed) {
    peer();
    ck_assert(!has_mark("in.s2s.multi"));
    const uint32_t second = peer();
    ck_assert(has_mark("in.s2s.multi"));
    ck_assert_int_eq(input_from(second, "a@verona.example", "juliet@capulet.example/balcony"), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), DELIVERED);
}
END_TEST

START_TEST(a_second_stream_for_a_pair_can_be_refused) {
    uint32_t port = 0;
    knob("s2s.multi-stream", "conflict");
    const uint32_t first = peer();
    ck_assert_int_eq(open_from("capulet.example", "verona.example", &port), ROUTER_E_CONFLICT);
    ck_assert(has_mark("in.s2s.multi"));
    ck_assert_uint_eq(port, 0);
    /* Another pair is another matter, and so is a stream in the other direction. */
    ck_assert_int_eq(open_from("montague.example", "verona.example", &port), ROUTER_OK);
    ck_assert_int_eq(open_from("capulet.example", "mantua.example", &port), ROUTER_OK);
    ck_assert_has(send_as(juliet, "<message to='a@verona.example'/>", FATES), "open to verona.example\n");
    ck_assert_int_eq(open_from("capulet.example", "verona.example", &port), ROUTER_E_CONFLICT);
    ck_assert_int_eq(router_link(router, first, _i == 0 ? ROUTER_LINK_CLOSED : ROUTER_LINK_LOST, 0), ROUTER_OK);
    ck_assert_int_eq(open_from("capulet.example", "verona.example", &port), ROUTER_OK);
}
END_TEST

START_TEST(a_pair_that_was_added_counts_as_a_stream_for_it) {
    uint32_t port = 0;
    knob("s2s.multi-stream", "conflict");
    const uint32_t first = peer();
    ck_assert_int_eq(pair(first, "capulet.example", "mantua.example"), ROUTER_OK);
    ck_assert_int_eq(open_from("capulet.example", "mantua.example", &port), ROUTER_E_CONFLICT);
    ck_assert_int_eq(router_link(router, first, ROUTER_LINK_CLOSED, 0), ROUTER_OK);
    ck_assert_int_eq(open_from("capulet.example", "mantua.example", &port), ROUTER_OK);
}
END_TEST

START_TEST(a_stream_that_a_stream_error_ended_counts_no_more) {
    uint32_t port = peer();
    knob("s2s.multi-stream", "conflict");
    ck_assert_int_eq(input_from(port, "a@venice.example", "juliet@capulet.example"), ROUTER_OK);
    ck_assert_int_eq(open_from("capulet.example", "verona.example", &port), ROUTER_OK);
}
END_TEST

/* ---- errors go back to the peer's own domains only ---- */

#define TO_PEER "a@verona.example/x"

static const char *const bad_from[] = {"@verona.example", "a@", "a b@verona.example", "a@verona.example/", "/x"};

START_TEST(a_malformed_from_ends_the_stream_whatever_the_knob_says) {
    static const char *const picks[] = {"stream-error", "stanza-error", "split"};
    for (size_t i = 0; i < 3; i++) {
        knob("s2s.bad-address", picks[i]);
        ck_assert_int_eq(input_from(peer(), bad_from[_i], "juliet@capulet.example/balcony"), ROUTER_OK);
        ck_assert_str_eq(effects(FATES), "close improper-addressing to verona.example by in.s2s.bad-addr\n");
    }
}
END_TEST

START_TEST(a_profile_may_answer_a_malformed_from_all_the_same) {
    knob("err.malformed-from", "echo");
    profile("departs in.s2s.bad-addr does bounce jid-malformed as mine.bad");
    ck_assert_int_eq(input_from(peer(), "@verona.example", "juliet@capulet.example/balcony"), ROUTER_OK);
    const char *const seen = effects(BYTES);
    ck_assert_has(seen, "bounce jid-malformed to @verona.example by in.s2s.bad-addr as mine.bad: <message type='error' "
                        "to='@verona.example' from='juliet@capulet.example/balcony'>");
}
END_TEST

START_TEST(an_error_for_a_malformed_to_comes_from_the_domain_or_from_it) {
    knob("s2s.bad-address", "stanza-error");
    if (_i > 0)
        knob("err.malformed-from", "echo");
    ck_assert_int_eq(input_from(peer(), TO_PEER, "@capulet.example"), ROUTER_OK);
    ck_assert_has(effects(BYTES),
                  _i > 0 ? "to='" TO_PEER "' from='@capulet.example'>" : "to='" TO_PEER "' from='capulet.example'>");
}
END_TEST

struct third_party {
    const char *from, *fate;
};

static const struct third_party third_parties[] = {
    {"a@mantua.example", INVALID_FROM "in.s2s.foreign-from\n"},
    {"romeo@montague.example", INVALID_FROM "in.s2s.local-from\n"},
};

START_TEST(no_error_for_a_malformed_to_goes_to_a_third_domain) {
    static const char *const picks[] = {"stanza-error", "split"};
    for (size_t i = 0; i < 2; i++) {
        knob("s2s.bad-address", picks[i]);
        ck_assert_int_eq(input_from(peer(), third_parties[_i].from, "a b@capulet.example"), ROUTER_OK);
        ck_assert_str_eq(effects(FATES), third_parties[_i].fate);
    }
}
END_TEST

/* Too large is found before the addresses are looked at. */
static int input_large(uint32_t port, const char *from, const char *to) {
    struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_SERVER, 200);
    struct stanza st;
    char xml[500];
    snprintf(xml, sizeof xml, "<message id='1' from='%s' to='%s'><body>%0200d</body></message>", from, to, 0);
    ck_assert_int_eq(stanza_reader_feed(reader, s(xml)), ROUTER_OK);
    ck_assert_int_eq(stanza_reader_next(reader, &st), STANZA_READY);
    ck_assert(st.oversize);
    const int result = router_input(router, port, &st, 0);
    stanza_reader_free(reader);
    return result;
}

START_TEST(a_stanza_that_is_too_large_comes_back_to_its_sender) {
    ck_assert_int_eq(input_large(peer(), TO_PEER, "juliet@capulet.example/balcony"), ROUTER_OK);
    const char *const seen = effects(BYTES);
    ck_assert_has(seen, "open to verona.example\n");
    ck_assert_has(seen, "bounce policy-violation to " TO_PEER " by in.size.limit: <message type='error' id='1' "
                        "to='" TO_PEER "' from='juliet@capulet.example/balcony'>");
}
END_TEST

START_TEST(a_stanza_that_is_too_large_comes_back_between_the_two_domains_of_its_pair) {
    const uint32_t port = peer();
    ck_assert_int_eq(pair(port, "montague.example", "mantua.example"), ROUTER_OK);
    ck_assert_int_eq(input_large(port, "a@mantua.example", "romeo@montague.example"), ROUTER_OK);
    ck_assert_str_eq(effects(FATES),
                     "open to mantua.example\nbounce policy-violation to a@mantua.example by in.size.limit\n");
}
END_TEST

START_TEST(a_stanza_that_is_too_large_comes_back_to_nobody_else) {
    ck_assert_int_eq(input_large(peer(), "a@mantua.example", "juliet@capulet.example/balcony"), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), INVALID_FROM "in.s2s.foreign-from\n");
    ck_assert_int_eq(input_large(peer(), TO_PEER, "a@padua.example"), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), HOST_UNKNOWN "in.s2s.foreign-to\n");
}
END_TEST

START_TEST(a_server_that_talks_to_no_other_does_not_answer_either) {
    knob("s2s.enable", "off");
    const uint32_t port = peer();
    const char *const xml =
        "<iq from='" TO_PEER "' to='capulet.example' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>";
    ck_assert_str_eq(send_as(port, xml, BYTES), "answer to " TO_PEER " by dom.iq.known\n");
    ck_assert_int_eq(input(port, xml), ROUTER_OK);
    ck_assert(has_mark("s2s.denied"));
    ck_assert_str_eq(send_as(port, "<message type='groupchat' from='" TO_PEER "' to='juliet@capulet.example'/>", BYTES),
                     "bounce service-unavailable to " TO_PEER " by msg.bare.groupchat.none\n");
}
END_TEST

START_TEST(what_a_server_makes_itself_and_may_not_send_comes_back_to_nobody) {
    /* The copy of a broadcast does (6120 10.4), the probe and the goodbye do not. */
    knob("s2s.enable", "off");
    contact("romeo@montague.example", "a@verona.example", ROUTER_SUB_BOTH);
    const char *const seen = send_as(romeo, "<presence/>", FATES);
    ck_assert_uint_eq(occurrences(seen, "bounce not-allowed to romeo@montague.example/orchard by s2s.denied\n"), 1);
    ck_assert_uint_eq(occurrences(seen, "bounce"), 1);
    ck_assert_uint_eq(occurrences(seen, "drop by s2s.denied\n"), 1);
    link_is(0, romeo, ROUTER_LINK_LOST);
    ck_assert_str_eq(effects(FATES), "drop by s2s.denied\n");
}
END_TEST

#define EACH(test, table) tcase_add_loop_test(tc, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *router_s2s_peers_suite(void) {
    Suite *suite = suite_create("router_s2s_peers");
    TCase *tc = tcase_create("peers");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    tcase_add_test(tc, a_stanza_of_an_added_pair_is_accepted);
    tcase_add_test(tc, the_pair_that_a_stream_was_opened_for_needs_no_mark);
    tcase_add_test(tc, a_pair_may_have_another_served_domain);
    EACH(a_pair_that_is_not_verified_ends_the_stream, refused);
    tcase_add_test(tc, pairs_are_verified_for_one_stream_only);
    tcase_add_test(tc, a_pair_can_be_verified_again);
    tcase_add_test(tc, a_stream_has_no_more_pairs_than_the_limit);
    EACH(a_pair_has_a_served_domain_and_another_one, wrong_pairs);
    tcase_add_test(tc, pairs_are_added_to_input_streams_only);
    tcase_add_test(tc, a_second_stream_for_a_pair_is_allowed);
    tcase_add_loop_test(tc, a_second_stream_for_a_pair_can_be_refused, 0, 2);
    tcase_add_test(tc, a_pair_that_was_added_counts_as_a_stream_for_it);
    tcase_add_test(tc, a_stream_that_a_stream_error_ended_counts_no_more);
    EACH(a_malformed_from_ends_the_stream_whatever_the_knob_says, bad_from);
    tcase_add_test(tc, a_profile_may_answer_a_malformed_from_all_the_same);
    tcase_add_loop_test(tc, an_error_for_a_malformed_to_comes_from_the_domain_or_from_it, 0, 2);
    EACH(no_error_for_a_malformed_to_goes_to_a_third_domain, third_parties);
    tcase_add_test(tc, a_stanza_that_is_too_large_comes_back_to_its_sender);
    tcase_add_test(tc, a_stanza_that_is_too_large_comes_back_between_the_two_domains_of_its_pair);
    tcase_add_test(tc, a_stanza_that_is_too_large_comes_back_to_nobody_else);
    tcase_add_test(tc, a_server_that_talks_to_no_other_does_not_answer_either);
    tcase_add_test(tc, what_a_server_makes_itself_and_may_not_send_comes_back_to_nobody);
    suite_add_tcase(suite, tc);
    return suite;
}
