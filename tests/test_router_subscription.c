/* Subscriptions: tables 2 to 9 of RFC 6121 Appendix A, cell by cell, and what the running text and the knobs add. */
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *router_subscription_suite(void);

#define BALCONY "juliet@capulet.example/balcony"
#define JULIET  "juliet@capulet.example"
#define NURSE   "nurse@verona.example"

/* ---- Appendix A ---- */

/* AHEAD is the same state with pre-approval (6121 3.4). */
enum sub { NONE, NONE_OUT, NONE_IN, NONE_OUTIN, TO, TO_IN, FROM, FROM_OUT, BOTH, SUBS, SAME = SUBS, AHEAD };

static const struct router_contact states[SUBS] = {
    {ROUTER_SUB_NONE, false, false, false}, {ROUTER_SUB_NONE, true, false, false},
    {ROUTER_SUB_NONE, false, true, false},  {ROUTER_SUB_NONE, true, true, false},
    {ROUTER_SUB_TO, false, false, false},   {ROUTER_SUB_TO, false, true, false},
    {ROUTER_SUB_FROM, false, false, false}, {ROUTER_SUB_FROM, true, false, false},
    {ROUTER_SUB_BOTH, false, false, false},
};

/* How a description shows them. */
static const char *const words[SUBS] = {
    [NONE] = "none",
    [NONE_OUT] = "none, asked",
    [NONE_IN] = "none, pending in",
    [NONE_OUTIN] = "none, asked, pending in",
    [TO] = "to",
    [TO_IN] = "to, pending in",
    [FROM] = "from",
    [FROM_OUT] = "from, asked",
    [BOTH] = "both",
};

struct cell {
    bool passed; /* routed, or delivered */
    enum sub next;
};

static const char *const kinds[] = {"subscribe", "unsubscribe", "subscribed", "unsubscribed"};

/* Tables 2 to 5: ROUTE? and NEW STATE; a line is a state, its columns are the `kinds`. */
static const struct cell outbound[SUBS][4] = {
    {{true, NONE_OUT}, {true, SAME}, {false, AHEAD}, {false, SAME}},
    {{true, SAME}, {true, NONE}, {false, AHEAD}, {false, SAME}},
    {{true, NONE_OUTIN}, {true, SAME}, {true, FROM}, {true, NONE}},
    {{true, SAME}, {true, NONE_IN}, {true, FROM_OUT}, {true, NONE_OUT}},
    {{true, SAME}, {true, NONE}, {false, AHEAD}, {false, SAME}},
    {{true, SAME}, {true, NONE_IN}, {true, BOTH}, {true, TO}},
    {{true, FROM_OUT}, {true, SAME}, {false, SAME}, {true, NONE}},
    {{true, SAME}, {true, FROM}, {false, SAME}, {true, NONE_OUT}},
    {{true, SAME}, {true, FROM}, {false, SAME}, {true, TO}},
};

/* Tables 6 to 9: DELIVER? and NEW STATE. */
static const struct cell inbound[SUBS][4] = {
    {{true, NONE_IN}, {false, SAME}, {false, SAME}, {false, SAME}},
    {{true, NONE_OUTIN}, {false, SAME}, {true, TO}, {true, NONE}},
    {{false, SAME}, {true, NONE}, {false, SAME}, {false, SAME}},
    {{false, SAME}, {true, NONE_OUT}, {true, TO_IN}, {true, NONE_IN}},
    {{true, TO_IN}, {false, SAME}, {false, SAME}, {true, NONE}},
    {{false, SAME}, {true, TO}, {false, SAME}, {true, NONE_IN}},
    {{false, SAME}, {true, NONE}, {false, SAME}, {false, SAME}},
    {{false, SAME}, {true, NONE_OUT}, {true, BOTH}, {true, FROM}},
    {{false, SAME}, {true, TO}, {false, SAME}, {true, FROM}},
};

static void set_nurse(enum sub state) {
    ck_assert_int_eq(router_contact_set(router, s(JULIET), s(NURSE), states[state]), ROUTER_OK);
}

/* Juliet has asked for her roster, so that she is told of changes; what was sent to her is not of interest. */
static void juliet_is_interested(void) {
    send_as(juliet, "<presence/>", FATES);
    send_as(juliet, "<iq id='r' type='get'><query xmlns='jabber:iq:roster'/></iq>", FATES);
}

static void assert_roster(enum sub state, const char *more) {
    char expected[100];
    snprintf(expected, sizeof expected, "roster: " NURSE " %s%s", words[state], more);
    const char *seen = strstr(facts(JULIET), "roster: ");
    ck_assert_str_eq(seen == NULL ? "no roster" : seen, expected);
}

static void assert_state(enum sub state) {
    assert_roster(state, "");
}

static void assert_approved(enum sub state) {
    assert_roster(state, ", approved");
}

static const char *juliet_sends(const char *kind, enum show show) {
    char xml[200];
    snprintf(xml, sizeof xml, "<presence to='" NURSE "' type='%s'/>", kind);
    return send_as(juliet, xml, show);
}

static const char *nurse_sends(const char *kind, enum show show) {
    char xml[200];
    snprintf(xml, sizeof xml, "<presence from='" NURSE "' to='" JULIET "' type='%s'/>", kind);
    return send_as(peer(), xml, show);
}

START_TEST(outbound_stanzas_move_a_subscription_by_tables_2_to_5) {
    const unsigned kind = (unsigned)_i / SUBS, state = (unsigned)_i % SUBS;
    const struct cell *cell = &outbound[state][kind];
    char copy[200];
    set_nurse(state);
    input(juliet, "<message to='verona.example'/>");
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_READY, 0), ROUTER_OK);
    /* 6121 3: from the bare JID */
    snprintf(copy, sizeof copy, "<presence from='" JULIET "' to='" NURSE "' type='%s'/>", kinds[kind]);
    const char *seen = juliet_sends(kinds[kind], BYTES);
    ck_assert_msg(occurrences(seen, copy) == (cell->passed ? 1 : 0), "%s: %s gives %s", words[state], kinds[kind],
                  seen);
    if (cell->next == AHEAD)
        assert_approved(state);
    else
        assert_state(cell->next == SAME ? state : cell->next);
}
END_TEST

START_TEST(inbound_stanzas_move_a_subscription_by_tables_6_to_9) {
    const unsigned kind = (unsigned)_i / SUBS, state = (unsigned)_i % SUBS;
    const struct cell *cell = &inbound[state][kind];
    char copy[200];
    set_nurse(state);
    juliet_is_interested();
    snprintf(copy, sizeof copy, "<presence from='" NURSE "' to='" JULIET "' type='%s'/>", kinds[kind]);
    const char *seen = nurse_sends(kinds[kind], BYTES);
    ck_assert_msg(occurrences(seen, copy) == (cell->passed ? 1 : 0), "%s: %s gives %s", words[state], kinds[kind],
                  seen);
    assert_state(cell->next == SAME ? state : cell->next);
    /* the notes under tables 6 and 7: who is subscribed already, or has left, is told so */
    const bool subscribed = kind == 0 && state >= FROM, unsubscribed = kind == 1 && cell->passed;
    ck_assert_uint_eq(occurrences(seen, "answer to " NURSE), subscribed || unsubscribed);
    ck_assert_uint_eq(occurrences(seen, "type='subscribed'/>"), subscribed || (kind == 2 && cell->passed));
    ck_assert_uint_eq(occurrences(seen, "type='unsubscribed'/>"), unsubscribed || (kind == 3 && cell->passed));
}
END_TEST

START_TEST(a_stranger_is_in_state_none) {
    juliet_is_interested();
    ck_assert_uint_eq(occurrences(nurse_sends("subscribed", FATES), "drop by sub.in.subscribed.none\n"), 1);
    ck_assert_uint_eq(occurrences(nurse_sends("unsubscribe", FATES), "drop by sub.in.unsubscribe.none\n"), 1);
    ck_assert_lacks(facts(JULIET), "roster");
    ck_assert_uint_eq(occurrences(nurse_sends("subscribe", FATES), "deliver to " BALCONY " by sub.in.subscribe.none\n"),
                      1);
    ck_assert_has(facts(JULIET), NURSE " none, pending in");
}
END_TEST

/* ---- with whom one cannot have a subscription ---- */

static const struct {
    const char *knob, *fate;
} selves[] = {
    {"bad-request", "bounce bad-request to " BALCONY " by sub.self\n"},
    {"not-allowed", "bounce not-allowed to " BALCONY " by sub.self\n"},
    {"drop", "drop by sub.self\n"},
};

START_TEST(nobody_subscribes_to_oneself) {
    knob("sub.self", selves[_i].knob);
    ck_assert_str_eq(send_as(juliet, "<presence to='" JULIET "' type='subscribe'/>", FATES), selves[_i].fate);
    ck_assert_str_eq(send_as(juliet, "<presence to='" BALCONY "' type='subscribe'/>", FATES), selves[_i].fate);
    ck_assert_lacks(facts(JULIET), "roster");
}
END_TEST

/* ---- a subscription is between bare JIDs (6121 3.1.2, 3.1.3) ---- */

START_TEST(a_request_to_a_full_jid_goes_to_the_bare_jid) {
    input(juliet, "<message to='verona.example'/>");
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_READY, 0), ROUTER_OK);
    ck_assert_has(send_as(juliet, "<presence to='" NURSE "/r' type='subscribe'/>", BYTES),
                  "<presence from='" JULIET "' to='" NURSE "' type='subscribe'/>");
    assert_state(NONE_OUT);
    ck_assert_has(send_as(juliet, "<presence to='" NURSE "/r' type='unsubscribe'/>", BYTES),
                  "<presence from='" JULIET "' to='" NURSE "' type='unsubscribe'/>");
    assert_state(NONE);
}
END_TEST

START_TEST(a_request_to_a_full_jid_can_be_refused) {
    knob("sub.full-jid", "reject");
    ck_assert_str_eq(send_as(juliet, "<presence to='" NURSE "/r' type='subscribe'/>", FATES),
                     "bounce bad-request to " BALCONY " by sub.to-full.out\n");
    ck_assert_has(send_as(juliet, "<presence to='" NURSE "/r' type='unsubscribe'/>", FATES), "route to " NURSE);
}
END_TEST

#define FROM_NURSE(to, type) send_as(peer(), "<presence from='" NURSE "' to='" to "' type='" type "'/>", BYTES)

START_TEST(a_peers_request_to_a_full_jid_is_one_to_the_bare_jid) {
    send_as(juliet, "<presence/>", FATES);
    const char *seen = FROM_NURSE("juliet@capulet.example/gone", "subscribe");
    ck_assert_str_eq(seen,
                     "deliver to " BALCONY " by sub.in.subscribe.none: <presence from='" NURSE "' to='" JULIET "' "
                     "type='subscribe'/>\n");
    assert_state(NONE_IN);
    ck_assert_str_eq(FROM_NURSE("juliet@capulet.example/balcony", "subscribe"), "drop by sub.in.subscribe.none-in\n");
}
END_TEST

START_TEST(a_peers_request_to_a_full_jid_that_is_gone_can_be_refused) {
    knob("sub.full-jid", "reject");
    ck_assert_has(FROM_NURSE("juliet@capulet.example/gone", "subscribe"),
                  "bounce bad-request to " NURSE " by pres.full.nomatch.subscribe");
    ck_assert_lacks(facts(JULIET), "roster");
}
END_TEST

/* 6121 8.5.3.2.2: silently ignored; 3 would have a server treat them as it does those to the bare JID. */
START_TEST(what_else_a_peer_sends_to_a_full_jid_that_is_gone_is_dropped_or_not) {
    set_nurse(BOTH);
    juliet_is_interested();
    ck_assert_str_eq(FROM_NURSE("juliet@capulet.example/gone", "unsubscribe"), "drop by pres.full.nomatch.subother\n");
    ck_assert_str_eq(FROM_NURSE("juliet@capulet.example/gone", "unsubscribed"), "drop by pres.full.nomatch.subother\n");
    ck_assert_str_eq(FROM_NURSE("juliet@capulet.example/gone", "subscribed"), "drop by pres.full.nomatch.subother\n");
    assert_state(BOTH);
    knob("sub.full-nomatch", "to-bare");
    ck_assert_has(FROM_NURSE("juliet@capulet.example/gone", "unsubscribed"),
                  "deliver to " BALCONY " by sub.in.unsubscribed.both: <presence from='" NURSE "' "
                  "to='" JULIET "' type='unsubscribed'/>");
    assert_state(FROM);
    FROM_NURSE("juliet@capulet.example/gone", "unsubscribe");
    assert_state(NONE);
}
END_TEST

/* ---- requests ---- */

START_TEST(a_request_waits_for_a_resource_and_is_stored_whole) {
    send_as(peer(),
            "<presence id='q' from='" NURSE "' to='" JULIET "' type='subscribe'><status>I am &lt;</status></presence>",
            FATES);
    ck_assert_has(send_as(juliet, "<presence/>", BYTES),
                  "deliver to " BALCONY " by pres.init.pending-subs: <presence from='" NURSE "' "
                  "to='" JULIET "' id='q' type='subscribe'><status>I am &lt;</status></presence>\n");
}
END_TEST

static const struct {
    const char *knobs, *shown;
} repeated[] = {
    {"", "<status>1</status>"},
    {"knob sub.store-which = last", "<status>2</status>"},
};

START_TEST(of_several_requests_one_is_kept) {
    profile(repeated[_i].knobs);
    ck_assert_str_eq(
        send_as(peer(), "<presence from='" NURSE "' to='" JULIET "' type='subscribe'><status>1</status></presence>",
                FATES),
        "store to " JULIET " by sub.in.subscribe.none\n");
    ck_assert_str_eq(
        send_as(peer(), "<presence from='" NURSE "' to='" JULIET "' type='subscribe'><status>2</status></presence>",
                FATES),
        "drop by sub.in.subscribe.none-in\n");
    const char *seen = send_as(juliet, "<presence/>", BYTES);
    ck_assert_uint_eq(occurrences(seen, "pres.init.pending-subs"), 1);
    ck_assert_has(seen, repeated[_i].shown);
}
END_TEST

START_TEST(a_request_that_was_shown_need_not_be_stored) {
    knob("sub.store-when", "only-offline");
    knob("sub.store-which", "last");
    send_as(juliet, "<presence/>", FATES);
    ck_assert_has(nurse_sends("subscribe", FATES), "deliver to " BALCONY);
    nurse_sends("subscribe", FATES);
    send_as(juliet, "<presence type='unavailable'/>", FATES);
    ck_assert_lacks(send_as(juliet, "<presence/>", FATES), "pending-subs");
}
END_TEST

START_TEST(stored_requests_have_a_limit) {
    knob("sub.store-max", "1");
    nurse_sends("subscribe", FATES);
    ck_assert_has(send_as(romeo, "<presence to='" JULIET "' type='subscribe'/>", FATES),
                  "bounce resource-constraint to romeo@montague.example by sub.req.in.limit\n");
    ck_assert_str_eq(strstr(facts(JULIET), "roster: "), "roster: " NURSE " none, pending in");
}
END_TEST

START_TEST(a_request_can_be_acknowledged) {
    knob("sub.ack", "on");
    ck_assert_has(nurse_sends("subscribe", BYTES),
                  "answer to " NURSE " by sub.req.in.ack: <presence from='" JULIET "' to='" NURSE "' "
                  "type='unavailable'/>\n");
}
END_TEST

START_TEST(a_subscriber_that_asks_again_can_get_presence_again) {
    set_nurse(FROM);
    send_as(juliet, "<presence/>", FATES);
    ck_assert_lacks(nurse_sends("subscribe", FATES), "route to " NURSE);
    knob("sub.already-presence", "on");
    ck_assert_has(nurse_sends("subscribe", FATES), "route to " NURSE);
}
END_TEST

START_TEST(a_request_that_cannot_be_routed_stays_asked_or_is_taken_back) {
    static const enum sub before[] = {NONE, NONE_IN, FROM}, asked[] = {NONE_OUT, NONE_OUTIN, FROM_OUT};
    const unsigned n = (unsigned)_i % 3;
    const bool rollback = _i >= 3;
    if (rollback)
        knob("sub.fail-rollback", "rollback");
    set_nurse(before[n]);
    ck_assert_int_eq(input(juliet, "<presence to='" NURSE "' type='subscribe'/>"), ROUTER_OK);
    const uint32_t port = opened();
    assert_state(asked[n]);
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_NO_HOST, 0), ROUTER_OK);
    ck_assert_has(effects(FATES), "bounce remote-server-not-found to " JULIET " by s2s.fail.subscription\n");
    assert_state(rollback ? before[n] : asked[n]);
}
END_TEST

START_TEST(an_answer_that_came_before_the_failure_is_not_taken_back) {
    knob("sub.fail-rollback", "rollback");
    ck_assert_int_eq(input(juliet, "<presence to='" NURSE "' type='subscribe'/>"), ROUTER_OK);
    const uint32_t port = opened();
    nurse_sends("subscribed", FATES);
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_LOST, 0), ROUTER_OK);
    assert_state(TO);
}
END_TEST

static const struct {
    enum sub state;
    const char *knob;
    bool resent;
} resent[] = {{NONE_OUT, "on-available", true}, {NONE_OUTIN, "on-available", true}, {FROM_OUT, "on-available", true},
              {NONE_OUT, "off", false},         {NONE, "on-available", false},      {TO, "on-available", false}};

START_TEST(a_request_without_answer_is_repeated_at_initial_presence) {
    knob("sub.resend", resent[_i].knob);
    set_nurse(resent[_i].state);
    ck_assert_int_eq(input(juliet, "<presence/>"), ROUTER_OK);
    ck_assert(has_mark("pres.init.resend-out") == resent[_i].resent);
}
END_TEST

/* ---- approval ahead of a request (6121 3.4) ---- */

static const struct { enum sub state, next; } ahead[] = {{NONE, FROM}, {NONE_OUT, FROM_OUT}, {TO, BOTH}};

START_TEST(who_was_approved_ahead_is_subscribed_at_once) {
    set_nurse(ahead[_i].state);
    juliet_is_interested();
    ck_assert_has(juliet_sends("subscribed", FATES), "handle by sub.out.subscribed.");
    assert_approved(ahead[_i].state);
    const char *seen = nurse_sends("subscribe", FATES);
    ck_assert_has(seen, "answer to " NURSE " by sub.req.in.preapproved\n");
    ck_assert_lacks(seen, "deliver to " BALCONY);
    ck_assert_uint_eq(occurrences(seen, "route to " NURSE), 1); /* her presence (6121 3.4.2) */
    assert_approved(ahead[_i].next);
}
END_TEST

START_TEST(approval_ahead_makes_an_item_and_can_be_withdrawn) {
    juliet_is_interested();
    ck_assert_has(juliet_sends("subscribed", BYTES), "approved='true'");
    assert_approved(NONE);
    ck_assert_uint_eq(occurrences(juliet_sends("unsubscribed", FATES), "handle by sub.out.unsubscribed.none\n"), 1);
    ck_assert_uint_eq(occurrences(juliet_sends("unsubscribed", FATES), "drop by sub.out.unsubscribed.none\n"), 1);
    ck_assert_has(nurse_sends("subscribe", FATES), "deliver to " BALCONY);
}
END_TEST

START_TEST(an_approval_that_was_used_is_kept_or_not) {
    const struct router_contact approved = {.subscription = ROUTER_SUB_NONE, .approved = true};
    if (_i == 1)
        knob("sub.preapproval-keep", "clear");
    ck_assert_int_eq(router_contact_set(router, s(JULIET), s(NURSE), approved), ROUTER_OK);
    nurse_sends("subscribe", FATES);
    nurse_sends("unsubscribe", FATES);
    assert_roster(NONE, _i == 0 ? ", approved" : "");
    ck_assert((strstr(nurse_sends("subscribe", FATES), "sub.req.in.preapproved") != NULL) == (_i == 0));
}
END_TEST

START_TEST(approval_ahead_can_be_turned_off) {
    const struct router_contact approved = {.subscription = ROUTER_SUB_NONE, .approved = true};
    knob("sub.preapproval", "off");
    ck_assert_uint_eq(occurrences(juliet_sends("subscribed", FATES), "drop by sub.out.subscribed.none\n"), 1);
    ck_assert_lacks(facts(JULIET), "roster");
    ck_assert_int_eq(router_contact_set(router, s(JULIET), s(NURSE), approved), ROUTER_OK);
    ck_assert_str_eq(nurse_sends("subscribe", FATES), "store to " JULIET " by sub.in.subscribe.none\n");
}
END_TEST

static const struct {
    const char *knob;
    bool stranger, neighbour; /* who is approved by it: somebody at a remote domain, somebody at a served one */
} automatic[] = {{"off", false, false}, {"account", true, true}, {"provider", false, true}};

START_TEST(a_setting_can_approve_requests) {
    knob("sub.autoapprove", automatic[_i].knob);
    set_nurse(TO);
    ck_assert((strstr(nurse_sends("subscribe", FATES), "answer to " NURSE) != NULL) == automatic[_i].stranger);
    assert_state(automatic[_i].stranger ? BOTH : TO_IN);
    const char *seen = send_as(romeo, "<presence to='" JULIET "' type='subscribe'/>", FATES);
    ck_assert((strstr(seen, "answer to romeo@montague.example") != NULL) == automatic[_i].neighbour);
}
END_TEST

/* ---- what follows a change ---- */

START_TEST(an_approval_is_followed_by_presence_and_an_end_is_preceded_by_its_end) {
    const uint32_t chamber = bind_as("juliet@capulet.example/chamber");
    set_nurse(NONE_IN);
    send_as(juliet, "<presence/>", FATES);
    send_as(chamber, "<presence/>", FATES);
    input(juliet, "<message to='verona.example'/>");
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_READY, 0), ROUTER_OK);
    ck_assert_str_eq(juliet_sends("subscribed", BYTES),
                     "route to " NURSE " by s2s.route: <presence from='" JULIET "' to='" NURSE "' type='subscribed'/>\n"
                     "route to " NURSE " by s2s.route: <presence from='" BALCONY "' to='" NURSE "'/>\n"
                     "route to " NURSE " by s2s.route: <presence from='juliet@capulet.example/chamber' to='" NURSE
                     "'/>\n");
    send_as(chamber, "<presence type='unavailable'/>", FATES);
    ck_assert_str_eq(juliet_sends("unsubscribed", BYTES), "route to " NURSE " by s2s.route: <presence from='" BALCONY
                                                          "' to='" NURSE "' type='unavailable'/>\n"
                                                          "route to " NURSE " by s2s.route: <presence from='" JULIET
                                                          "' to='" NURSE "' type='unsubscribed'/>\n");
}
END_TEST

/* 6121 4.6.1: also where directed presence came before the subscription. */
START_TEST(a_subscriber_that_got_directed_presence_too_hears_of_the_end_once) {
    set_nurse(FROM);
    send_as(juliet, "<presence to='a@mantua.example'/>", FATES);
    send_as(juliet, "<presence to='" NURSE "/r'/>", FATES);
    send_as(juliet, "<presence/>", FATES);
    input(juliet, "<message to='verona.example'/>");
    const char *seen = juliet_sends("unsubscribed", FATES);
    ck_assert_uint_eq(occurrences(seen, "route to " NURSE " "), 2); /* unavailable, unsubscribed */
}
END_TEST

START_TEST(who_unsubscribes_gets_unavailable_and_perhaps_an_answer) {
    set_nurse(BOTH);
    send_as(juliet, "<presence/>", FATES);
    knob("sub.unsub-autoreply", "off");
    const char *seen = nurse_sends("unsubscribe", FATES);
    ck_assert_uint_eq(occurrences(seen, "route to " NURSE), 1);
    ck_assert_lacks(seen, "answer");
    assert_state(TO);
}
END_TEST

START_TEST(a_request_that_is_taken_back_can_be_removed_silently) {
    set_nurse(NONE_IN);
    juliet_is_interested();
    knob("sub.pending-unsub", "remove-silently");
    ck_assert_str_eq(nurse_sends("unsubscribe", FATES), "handle by sub.in.unsubscribe.none-in\n");
    assert_state(NONE);
}
END_TEST

START_TEST(a_denial_can_be_ignored) {
    set_nurse(NONE_OUT);
    juliet_is_interested();
    knob("sub.denial-deliver", "ignore");
    ck_assert_str_eq(nurse_sends("unsubscribed", FATES), "drop by sub.in.unsubscribed.none-out\n");
    assert_state(NONE_OUT);
}
END_TEST

START_TEST(a_cancellation_is_not_a_denial) {
    set_nurse(TO);
    juliet_is_interested();
    knob("sub.denial-deliver", "ignore");
    ck_assert_has(nurse_sends("unsubscribed", FATES), "deliver to " BALCONY " by sub.in.unsubscribed.to\n");
    assert_state(NONE);
}
END_TEST

static const struct {
    enum sub state;
    const char *kind;
} notices[] = {{NONE_OUT, "subscribed"}, {TO, "unsubscribed"}, {FROM, "unsubscribe"}};

START_TEST(a_notice_that_nobody_sees_is_taken_in_or_kept) {
    set_nurse(notices[_i].state);
    ck_assert_has(nurse_sends(notices[_i].kind, FATES), "handle by sub.in.");
    ck_assert_lacks(send_as(juliet, "<presence/>", FATES), "pres.init.notices");
}
END_TEST

START_TEST(a_notice_that_is_kept_is_shown_once) {
    knob("sub.notice-store", "on");
    set_nurse(notices[_i].state);
    ck_assert_has(nurse_sends(notices[_i].kind, FATES), "store to " JULIET " by sub.in.");
    ck_assert_uint_eq(occurrences(send_as(juliet, "<presence/>", FATES), "to " BALCONY " by pres.init.notices"), 1);
    send_as(juliet, "<presence type='unavailable'/>", FATES);
    ck_assert_lacks(send_as(juliet, "<presence/>", FATES), "pres.init.notices");
}
END_TEST

START_TEST(a_notice_is_not_kept_for_a_resource_that_is_there_but_never_asked_for_the_roster) {
    knob("sub.notice-store", "on");
    set_nurse(TO);
    send_as(juliet, "<presence/>", FATES);
    ck_assert_has(nurse_sends("unsubscribed", FATES), "handle by sub.in.unsubscribed.to\n");
}
END_TEST

START_TEST(a_change_that_no_roster_shows_can_be_pushed_all_the_same) {
    set_nurse(TO);
    juliet_is_interested();
    ck_assert_lacks(juliet_sends("subscribe", FATES), "push");
    knob("sub.push-nochange", "on");
    ck_assert_uint_eq(occurrences(juliet_sends("subscribe", FATES), "push to " BALCONY), 1);
}
END_TEST

/* 6121 3: two users of this server, where each stanza of one is what the other gets. */
START_TEST(two_users_of_one_server_come_to_see_each_other) {
    juliet_is_interested();
    send_as(romeo, "<presence/>", FATES);
    send_as(romeo, "<iq id='r' type='get'><query xmlns='jabber:iq:roster'/></iq>", FATES);
    send_as(romeo, "<presence to='" JULIET "' type='subscribe'/>", FATES);
    send_as(juliet, "<presence to='romeo@montague.example' type='subscribed'/>", FATES);
    ck_assert_has(facts("romeo@montague.example"), "roster: " JULIET " to");
    send_as(juliet, "<presence to='romeo@montague.example' type='subscribe'/>", FATES);
    send_as(romeo, "<presence to='" JULIET "' type='subscribed'/>", FATES);
    ck_assert_has(facts("romeo@montague.example"), "roster: " JULIET " both");
    ck_assert_has(facts(JULIET), "roster: romeo@montague.example both");
    send_as(romeo, "<presence to='" JULIET "' type='unsubscribed'/>", FATES);
    ck_assert_has(facts(JULIET), "roster: romeo@montague.example from");
    ck_assert_has(facts("romeo@montague.example"), "roster: " JULIET " to");
}
END_TEST

#define EACH(test, table) tcase_add_loop_test(tc, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *router_subscription_suite(void) {
    Suite *suite = suite_create("router_subscription");
    TCase *tc = tcase_create("subscription");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    tcase_add_loop_test(tc, outbound_stanzas_move_a_subscription_by_tables_2_to_5, 0, 4 * SUBS);
    tcase_add_loop_test(tc, inbound_stanzas_move_a_subscription_by_tables_6_to_9, 0, 4 * SUBS);
    tcase_add_test(tc, a_stranger_is_in_state_none);
    EACH(nobody_subscribes_to_oneself, selves);
    tcase_add_test(tc, a_request_to_a_full_jid_goes_to_the_bare_jid);
    tcase_add_test(tc, a_request_to_a_full_jid_can_be_refused);
    tcase_add_test(tc, a_peers_request_to_a_full_jid_is_one_to_the_bare_jid);
    tcase_add_test(tc, a_peers_request_to_a_full_jid_that_is_gone_can_be_refused);
    tcase_add_test(tc, what_else_a_peer_sends_to_a_full_jid_that_is_gone_is_dropped_or_not);
    tcase_add_test(tc, a_request_waits_for_a_resource_and_is_stored_whole);
    EACH(of_several_requests_one_is_kept, repeated);
    tcase_add_test(tc, a_request_that_was_shown_need_not_be_stored);
    tcase_add_test(tc, stored_requests_have_a_limit);
    tcase_add_test(tc, a_request_can_be_acknowledged);
    tcase_add_test(tc, a_subscriber_that_asks_again_can_get_presence_again);
    tcase_add_loop_test(tc, a_request_that_cannot_be_routed_stays_asked_or_is_taken_back, 0, 6);
    tcase_add_test(tc, an_answer_that_came_before_the_failure_is_not_taken_back);
    EACH(a_request_without_answer_is_repeated_at_initial_presence, resent);
    EACH(who_was_approved_ahead_is_subscribed_at_once, ahead);
    tcase_add_test(tc, approval_ahead_makes_an_item_and_can_be_withdrawn);
    tcase_add_loop_test(tc, an_approval_that_was_used_is_kept_or_not, 0, 2);
    tcase_add_test(tc, approval_ahead_can_be_turned_off);
    EACH(a_setting_can_approve_requests, automatic);
    tcase_add_test(tc, an_approval_is_followed_by_presence_and_an_end_is_preceded_by_its_end);
    tcase_add_test(tc, a_subscriber_that_got_directed_presence_too_hears_of_the_end_once);
    tcase_add_test(tc, who_unsubscribes_gets_unavailable_and_perhaps_an_answer);
    tcase_add_test(tc, a_request_that_is_taken_back_can_be_removed_silently);
    tcase_add_test(tc, a_denial_can_be_ignored);
    tcase_add_test(tc, a_cancellation_is_not_a_denial);
    EACH(a_notice_that_nobody_sees_is_taken_in_or_kept, notices);
    EACH(a_notice_that_is_kept_is_shown_once, notices);
    tcase_add_test(tc, a_notice_is_not_kept_for_a_resource_that_is_there_but_never_asked_for_the_roster);
    tcase_add_test(tc, a_change_that_no_roster_shows_can_be_pushed_all_the_same);
    tcase_add_test(tc, two_users_of_one_server_come_to_see_each_other);
    suite_add_tcase(suite, tc);
    return suite;
}
