/* Departures of profiles: those of prosody-note as a peer sees them, and every action that a profile can give a row. */
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *router_departures_suite(void);

#define BALCONY "juliet@capulet.example/balcony"
#define JULIET "juliet@capulet.example"
#define NURSE "nurse@verona.example"

/* ---- prosody-note, line 17: presence to a full JID that is not connected ---- */

static const char *nurse_sends(const char *type, enum show show) {
    char xml[200];
    snprintf(xml, sizeof xml, "<presence from='" NURSE "' to='" JULIET "/gone' type='%s'/>", type);
    return send_as(peer(), xml, show);
}

static void use_prosody_note(enum router_subscription subscription, bool ask) {
    const struct router_contact state = {.subscription = subscription, .ask = ask};
    struct router_error error;
    ck_assert_int_eq(policy_profile(policy, "prosody-note", &error), ROUTER_OK);
    ck_assert_int_eq(router_contact_set(router, s(JULIET), s(NURSE), state), ROUTER_OK);
    send_as(juliet, "<presence/>", FATES);
    send_as(juliet, "<iq id='r' type='get'><query xmlns='jabber:iq:roster'/></iq>", FATES);
}

START_TEST(prosody_note_takes_an_approval_for_a_full_jid_that_is_gone) {
    use_prosody_note(ROUTER_SUB_NONE, true);
    ck_assert_ptr_nonnull(strstr(nurse_sends("subscribed", FATES), "deliver to " BALCONY " by sub.in.subscribed.none-out"));
    ck_assert_ptr_nonnull(strstr(facts(JULIET), NURSE " to"));
}
END_TEST

START_TEST(prosody_note_shows_its_departure_for_an_approval) {
    use_prosody_note(ROUTER_SUB_NONE, true);
    nurse_sends("subscribe", MARKS);
    ck_assert_ptr_nonnull(strstr(nurse_sends("subscribed", MARKS),
                                 "by pres.full.nomatch.subother as prosody-note.full.presence\n"));
}
END_TEST

START_TEST(prosody_note_takes_a_request_for_a_full_jid_that_is_gone) {
    use_prosody_note(ROUTER_SUB_NONE, false);
    ck_assert_ptr_nonnull(strstr(nurse_sends("subscribe", FATES), "deliver to " BALCONY " by sub.in.subscribe.none"));
}
END_TEST

START_TEST(prosody_note_drops_the_rest_for_a_full_jid_that_is_gone) {
    use_prosody_note(ROUTER_SUB_BOTH, false);
    ck_assert_str_eq(nurse_sends("unsubscribe", FATES), "drop by pres.full.nomatch.subother\n");
    ck_assert_str_eq(nurse_sends("unsubscribed", FATES), "drop by pres.full.nomatch.subother\n");
    ck_assert_str_eq(nurse_sends("probe", FATES), "drop by pres.full.nomatch.probe as prosody-note.full.presence\n");
    ck_assert_ptr_nonnull(strstr(facts(JULIET), NURSE " both"));
}
END_TEST

START_TEST(a_departure_is_for_the_kinds_that_it_names) {
    profile("departs dom.msg for message/chat message/headline does handle as mine\n"
            "departs dom.msg for message/headline does drop as mine.too");
    ck_assert_str_eq(send_as(romeo, "<message to='capulet.example' type='chat'/>", FATES), "handle by dom.msg as mine\n");
    ck_assert_str_eq(send_as(romeo, "<message to='capulet.example' type='headline'/>", FATES), "drop by dom.msg as mine.too\n");
    ck_assert_str_eq(send_as(romeo, "<message to='capulet.example'/>", FATES),
                     "bounce service-unavailable to romeo@montague.example/orchard by dom.msg\n");
}
END_TEST

START_TEST(a_departure_can_bounce_or_close_with_a_condition_of_its_own) {
    profile("departs dom.msg for message/chat does bounce not-allowed as mine\n"
            "departs dom.msg for message/headline does close host-gone as mine\n");
    ck_assert_str_eq(send_as(romeo, "<message to='capulet.example' type='chat'/>", FATES),
                     "bounce not-allowed to romeo@montague.example/orchard by dom.msg as mine\n");
    ck_assert_str_eq(send_as(romeo, "<message to='capulet.example' type='headline'/>", FATES),
                     "close host-gone to romeo@montague.example/orchard by dom.msg as mine\n");
}
END_TEST

/* ---- every action at every row ---- */

static const char *const actions[] = {
    "pass", "drop", "handle", "route", "store", "bounce-mapped", "split-address", "by-trust", "as-if-offline", "as-offline",
    "as-bare", "as-own-bare", "no-such-resource", "deliver-resource", "deliver-most", "deliver-all", "deliver-available",
    "deliver-connected", "take-reply", "answer-iq", "answer-probe", "answer-available", "answer-approve", "answer-presence",
    "answer-unavailable", "answer-directed", "answer-mere", "answer-unsubscribed", "broadcast-available",
    "broadcast-unavailable", "subscription", "bounce service-unavailable", "close policy-violation", "close bad-format",
};

struct step {
    int who; /* 0: Romeo, 1: Juliet, 2: a peer */
    const char *attributes, *content;
};

/* Each of these is sent to each address, by each of the three, before and after they have sent presence. */
static const char *const elements[] = {
    "<message type='normal' id='1'%s><body>x</body></message>",
    "<message type='chat' id='1'%s/>",
    "<message type='groupchat' id='1'%s/>",
    "<message type='headline' id='1'%s/>",
    "<message type='error' id='1'%s><error/></message>",
    "<presence id='1'%s/>",
    "<presence id='1'%s><priority>200</priority></presence>",
    "<presence type='unavailable' id='1'%s/>",
    "<presence type='subscribe' id='1'%s/>",
    "<presence type='subscribed' id='1'%s/>",
    "<presence type='unsubscribe' id='1'%s/>",
    "<presence type='unsubscribed' id='1'%s/>",
    "<presence type='probe' id='1'%s/>",
    "<presence type='error' id='1'%s><error/></presence>",
    "<presence type='odd' id='1'%s/>",
    "<iq type='get' id='1'%s><ping xmlns='urn:xmpp:ping'/></iq>",
    "<iq type='set' id='1'%s><x xmlns='urn:x'/></iq>",
    "<iq type='get'%s/>",
    "<iq type='result' id='1'%s/>",
    "<iq type='error' id='1'%s><error/></iq>",
    "<iq id='1'%s/>",
};

static const char *const addresses[] = {
    NULL, "capulet.example", "capulet.example/x", "tybalt@capulet.example", "tybalt@capulet.example/x", JULIET, BALCONY,
    JULIET "/gone", "romeo@montague.example", "romeo@montague.example/orchard", "a@mantua.example", "@",
};

/* The kinds and the bytes of what comes out must make sense, whatever a profile says: one fate at the least for what
 * came in, rules and ports that exist, and a stanza wherever one is to be written. */
static void assert_sane(const char *what) {
    size_t count, fates = 0;
    router_rules(&count);
    for (struct router_effect e; router_next(router, &e);) {
        fates += e.kind < ROUTER_FATE_COUNT;
        ck_assert_msg(e.rule < (int)count && (e.kind > ROUTER_MARK || e.rule >= 0), "%s: rule %d", what, e.rule);
        ck_assert_msg(e.host.size > 0 && router_serves(router, e.host), "%s: host", what);
        ck_assert_msg(e.bytes.size == 0 || (e.bytes.data[0] == '<' && e.bytes.data[e.bytes.size - 1] == '>'),
                      "%s writes %.*s", what, (int)e.bytes.size, e.bytes.data);
        const bool needs_condition = e.kind == ROUTER_BOUNCE || e.kind == ROUTER_CLOSE;
        ck_assert_msg((e.condition != NULL) == needs_condition, "%s: condition", what);
    }
    ck_assert_msg(fates >= 1, "%s has no fate", what);
}

static uint32_t verona;

static void send_all(const char *rule) {
    uint32_t *const ports[] = {&romeo, &juliet, &verona};
    for (size_t e = 0; e < sizeof elements / sizeof elements[0]; e++)
        for (size_t a = 0; a < sizeof addresses / sizeof addresses[0]; a++)
            for (int who = 0; who < 3; who++) {
                char attributes[200] = "", xml[400], what[600];
                if (addresses[a] != NULL)
                    snprintf(attributes, sizeof attributes, "%s to='%s'", who == 2 ? " from='" NURSE "/r'" : "", addresses[a]);
                snprintf(xml, sizeof xml, elements[e], attributes);
                snprintf(what, sizeof what, "%s at %s from %d", xml, rule, who);
                /* a departure may have closed the stream */
                if (router_port_jid(router, *ports[who]).size == 0)
                    *ports[who] = who == 0   ? bind_as("romeo@montague.example/orchard")
                                  : who == 1 ? bind_as(BALCONY)
                                             : peer();
                ck_assert_msg(input(*ports[who], xml) == ROUTER_OK, "%s", what);
                assert_sane(what);
            }
}

/* Stages that only a fault of XML, the failure of a stream or the end of a resource leads to. */
static void fail_all(const char *rule) {
    for (int fault = STANZA_FAULT_ILLFORMED; fault < STANZA_FAULT_END; fault++) {
        const uint32_t port = bind_as("romeo@montague.example");
        ck_assert_int_eq(router_fault(router, port, (enum stanza_fault)fault, 0), ROUTER_OK);
        assert_sane(rule);
    }
    for (size_t e = 0; e < sizeof elements / sizeof elements[0]; e++) {
        char xml[400];
        const uint32_t port = bind_as("romeo@montague.example");
        uint32_t open = 0;
        snprintf(xml, sizeof xml, elements[e], " to='a@pisa.example'");
        ck_assert_int_eq(input(port, xml), ROUTER_OK);
        for (struct router_effect effect; router_next(router, &effect);)
            if (effect.kind == ROUTER_OPEN && open == 0)
                open = effect.port;
        if (open != 0) {
            ck_assert_int_eq(router_link(router, open, ROUTER_LINK_NO_HOST, 0), ROUTER_OK);
            assert_sane(rule);
        }
        if (router_port_jid(router, port).size > 0)
            ck_assert_int_eq(router_link(router, port, ROUTER_LINK_LOST, 0), ROUTER_OK);
    }
}

/* A profile either refuses the action for this row, or the router lives with it. */
START_TEST(any_action_at_any_row_is_refused_or_borne) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    for (size_t i = 0; i < count; i++) {
        char line[200];
        struct router_error error;
        if (rules[i].part != RULE_ROW)
            continue;
        snprintf(line, sizeof line, "departs %s does %s as mine", rules[i].id, actions[_i]);
        if (policy_read(policy, s(line), &error) != ROUTER_OK)
            continue;
        knob("bind.max", "100");
        verona = peer();
        send_all(rules[i].id);
        fail_all(rules[i].id);
        harness_teardown();
        harness_setup();
    }
}
END_TEST

Suite *router_departures_suite(void) {
    Suite *suite = suite_create("router_departures");
    TCase *tc = tcase_create("departures");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    tcase_add_test(tc, prosody_note_takes_an_approval_for_a_full_jid_that_is_gone);
    tcase_add_test(tc, prosody_note_shows_its_departure_for_an_approval);
    tcase_add_test(tc, prosody_note_takes_a_request_for_a_full_jid_that_is_gone);
    tcase_add_test(tc, prosody_note_drops_the_rest_for_a_full_jid_that_is_gone);
    tcase_add_test(tc, a_departure_is_for_the_kinds_that_it_names);
    tcase_add_test(tc, a_departure_can_bounce_or_close_with_a_condition_of_its_own);
    tcase_add_loop_test(tc, any_action_at_any_row_is_refused_or_borne, 0, sizeof actions / sizeof actions[0]);
    suite_add_tcase(suite, tc);
    return suite;
}
