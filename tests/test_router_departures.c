/* Departures of profiles: those of prosody-note as a peer sees them, and actions given to every row. */
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *router_departures_suite(void);

#define BALCONY "juliet@capulet.example/balcony"
#define JULIET  "juliet@capulet.example"
#define NURSE   "nurse@verona.example"

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
    ck_assert_has(nurse_sends("subscribed", FATES), "deliver to " BALCONY " by sub.in.subscribed.none-out");
    ck_assert_has(facts(JULIET), NURSE " to");
}
END_TEST

START_TEST(prosody_note_takes_a_request_for_a_full_jid_that_is_gone) {
    use_prosody_note(ROUTER_SUB_NONE, false);
    ck_assert_has(nurse_sends("subscribe", FATES), "deliver to " BALCONY " by sub.in.subscribe.none");
}
END_TEST

START_TEST(prosody_note_drops_the_rest_for_a_full_jid_that_is_gone) {
    use_prosody_note(ROUTER_SUB_BOTH, false);
    ck_assert_str_eq(nurse_sends("unsubscribe", FATES), "drop by pres.full.nomatch.subother\n");
    ck_assert_str_eq(nurse_sends("unsubscribed", FATES), "drop by pres.full.nomatch.subother\n");
    ck_assert_str_eq(nurse_sends("probe", FATES), "drop by pres.full.nomatch.probe as prosody-note.full.presence\n");
    ck_assert_has(facts(JULIET), NURSE " both");
}
END_TEST

START_TEST(a_departure_is_for_the_kinds_that_it_names) {
    profile("departs dom.msg for message/chat message/headline does handle as mine\n"
            "departs dom.msg for message/headline does drop as mine.too");
    ck_assert_str_eq(send_as(romeo, "<message to='capulet.example' type='chat'/>", FATES),
                     "handle by dom.msg as mine\n");
    ck_assert_str_eq(send_as(romeo, "<message to='capulet.example' type='headline'/>", FATES),
                     "drop by dom.msg as mine.too\n");
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

START_TEST(a_large_stanza_that_is_let_pass_comes_without_its_content) {
    static char text[10200] = "<message to='" BALCONY "'><body>";
    struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_CLIENT, ROUTER_STANZA_SIZE_MIN);
    struct stanza st;
    profile("departs in.size.limit does pass as mine");
    memset(text + strlen(text), 'x', 10000);
    strcat(text, "</body></message>");
    ck_assert_int_eq(stanza_reader_feed(reader, s(text)), ROUTER_OK);
    ck_assert_int_eq(stanza_reader_next(reader, &st), STANZA_READY);
    ck_assert_int_eq(router_input(router, romeo, &st, 0), ROUTER_OK);
    ck_assert_str_eq(effects(BYTES), "deliver to " BALCONY " by msg.full.normal.match: <message "
                                     "from='romeo@montague.example/orchard' to='" BALCONY "'/>\n");
    stanza_reader_free(reader);
}
END_TEST

/* What is no stanza, or has nobody it comes from or is for, cannot be let pass: no row could decide it. */
START_TEST(only_a_stanza_that_can_be_routed_is_let_pass) {
    static const char *const rules[] = {
        "in.elem.unknown", "in.iq.type",          "in.pres.type-unknown", "in.to.malformed",
        "in.s2s.no-to",    "in.s2s.foreign-from", "in.xml.illformed",     "ext.comp.addr",
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        char line[80];
        snprintf(line, sizeof line, "departs %s does pass as mine", rules[i]);
        ck_assert_msg(router_rule_find(rules[i]) >= 0, "%s", rules[i]);
        ck_assert_msg(policy_read(policy, s(line), NULL) == ROUTER_E_VALUE, "%s", line);
    }
}
END_TEST

START_TEST(an_element_that_is_no_stanza_does_not_pass_for_its_namespace) {
    profile("departs in.ns.content does pass as mine");
    const struct stanza news = {.kind = STANZA_FOREIGN, .other_content = true};
    ck_assert_int_eq(router_input(router, romeo, &news, 0), ROUTER_OK);
    ck_assert_has(effects(FATES), "close unsupported-stanza-type to romeo@montague.example/orchard by in.elem.unknown");
}
END_TEST

/* Two rosters that do not agree: only while Juliet is away does Romeo's say what he may see. */
START_TEST(the_roster_of_who_asks_decides_while_the_account_is_away) {
    static const char probe[] = "<presence type='probe' to='" JULIET "'/>";
    static const char info[] =
        "<iq type='get' id='1' to='" JULIET "'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>";
    profile("departs pres.probe.no-sub does asker-decides as mine\n"
            "departs iq.bare.known does asker-decides as mine\n");
    contact("romeo@montague.example", JULIET, ROUTER_SUB_TO);
    ck_assert_has(send_as(romeo, info, FATES), "bounce");
    ck_assert_int_eq(router_link(router, juliet, ROUTER_LINK_CLOSED, 0), ROUTER_OK);
    ck_assert_has(send_as(romeo, info, FATES), "answer to romeo@montague.example/orchard by iq.bare.known");
    ck_assert_has(send_as(romeo, probe, FATES), "answer to romeo@montague.example by pres.probe.offline");
    bind_as(BALCONY);
    ck_assert_has(send_as(romeo, probe, FATES), "by pres.probe.no-sub");
}
END_TEST

START_TEST(who_returned_an_error_is_spared_until_it_is_sent_presence_again) {
    profile("departs pres.upd.noerrcheck does skip as mine");
    contact(JULIET, NURSE, ROUTER_SUB_BOTH);
    ck_assert_has(send_as(juliet, "<presence/>", FATES), "route to " NURSE " by");
    send_as(peer(), "<presence type='error' from='" NURSE "' to='" BALCONY "'><error/></presence>", FATES);
    ck_assert_lacks(send_as(juliet, "<presence><show>away</show></presence>", FATES), NURSE);
    ck_assert_has(send_as(juliet, "<presence to='" NURSE "'/>", FATES), "route to " NURSE " by");
    ck_assert_has(send_as(juliet, "<presence><show>dnd</show></presence>", FATES), "route to " NURSE " by");
}
END_TEST

/* A step that takes too long is another failure than a refusal, whatever the attempt before met. */
START_TEST(a_refused_connection_is_told_from_one_that_takes_too_long) {
    profile("departs s2s.fail.connect does refused-unavailable as mine");
    input(romeo, "<message to='a@verona.example'/>");
    const uint32_t first = opened();
    link_is(0, first, ROUTER_LINK_RESOLVED);
    link_is(0, first, ROUTER_LINK_REFUSED);
    ck_assert_has(effects(FATES), "bounce service-unavailable");
    input(romeo, "<message to='a@verona.example'/>");
    const uint64_t again = router_wake_us(router);
    ck_assert_int_eq(router_tick(router, again), ROUTER_OK);
    link_is(again, opened(), ROUTER_LINK_RESOLVED);
    ck_assert_has(tick(router_wake_us(router), FATES), "bounce remote-server-timeout");
}
END_TEST

START_TEST(a_probe_for_the_own_account_is_no_probe_for_another) {
    profile("departs pres.probe.client does own-only as mine");
    ck_assert_str_eq(send_as(romeo, "<presence type='probe' to='" JULIET "'/>", FATES), "drop by pres.probe.client as mine\n");
    ck_assert_lacks(send_as(romeo, "<presence type='probe' to='romeo@montague.example'/>", FATES), "as mine");
}
END_TEST

START_TEST(a_delay_of_another_server_is_none_of_the_own) {
    profile("departs off.delay.add does once as mine");
    ck_assert_int_eq(router_offline_add(router, s(JULIET),
                                        s("<message from='" NURSE "' to='" JULIET "'><body>x</body>"
                                          "<delay xmlns='urn:xmpp:delay' from='verona.example' stamp='1'/></message>"), 0),
                     ROUTER_OK);
    ck_assert_has(send_as(juliet, "<presence/>", BYTES), "<delay xmlns='urn:xmpp:delay' from='capulet.example'");
}
END_TEST

START_TEST(a_type_is_found_early_only_where_it_is_answered_by_an_error) {
    static const char iq[] = "<iq id='1' from='" NURSE "' to='" JULIET "'/>";
    profile("departs in.iq.type does before-addresses as mine");
    ck_assert_has(send_as(peer(), iq, FATES), "bounce bad-request to " NURSE " by in.iq.type as mine");
    profile("departs in.iq.type does drop as mine.too");
    ck_assert_str_eq(send_as(peer(), iq, FATES), "drop by in.iq.type as mine.too\n");
}
END_TEST

START_TEST(an_error_comes_from_the_address_as_it_would_have_gone_on) {
    static const char iq[] = "<iq type='get' id='1' to='Juliet@CAPULET.example/gone'><x xmlns='urn:x'/></iq>";
    ck_assert_has(send_as(romeo, iq, BYTES), "from='Juliet@CAPULET.example/gone'");
    knob("addr.canon-to", "canonical");
    ck_assert_has(send_as(romeo, iq, BYTES), "from='juliet@capulet.example/gone'");
}
END_TEST

/* What it says first is no defined condition, and what it was before is still there (measured at jabberd2). */
START_TEST(an_error_that_is_answered_keeps_its_own_condition_last) {
    profile("knob err.payload = on\n"
            "departs s2s.never.error for message/error does bounce-mapped as mine");
    input(romeo, "<message type='error' to='a@verona.example'><error type='wait'/></message>");
    link_is(0, opened(), ROUTER_LINK_NO_HOST);
    ck_assert_str_eq(effects(BYTES),
                     "bounce remote-server-not-found to romeo@montague.example/orchard by s2s.never.error as mine: "
                     "<message type='error' to='romeo@montague.example/orchard' from='a@verona.example'>"
                     "<error type='cancel'><remote-server-not-found/></error><error type='wait'/></message>\n");
}
END_TEST

/* ---- every action at every row ---- */

/* Those that need no more than a sender to tell, so that any row can carry them. */
static const char *const actions[] = {
    "drop",      "handle",           "split-address",  "no-such-resource",           "deliver-resource", "take-reply",
    "answer-iq", "answer-available", "answer-approve", "bounce service-unavailable", "close bad-format",
};

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
    "<iq type='get' id='1'%s><query xmlns='jabber:iq:roster' ver=''/></iq>",
    "<iq type='set' id='1'%s><query xmlns='jabber:iq:roster'><item jid='" NURSE "'/></query></iq>",
    "<iq type='set' id='1'%s><query xmlns='jabber:iq:roster'><item jid='" NURSE "' subscription='remove'/></query></iq>",
};

enum sender { ROMEO, JULIET_HERSELF, PEER, SENDERS };

static const struct {
    enum sender sender;
    const char *attributes;
} addresses[] = {
    {ROMEO, ""},
    {ROMEO, " to='capulet.example'"},
    {ROMEO, " to='capulet.example/x'"},
    {ROMEO, " to='tybalt@capulet.example'"},
    {ROMEO, " to='tybalt@capulet.example/x'"},
    {ROMEO, " to='" JULIET "'"},
    {ROMEO, " to='" BALCONY "'"},
    {ROMEO, " to='" JULIET "/gone'"},
    {ROMEO, " to='romeo@montague.example'"},
    {ROMEO, " to='a@mantua.example'"},
    {ROMEO, " to='@'"},
    {ROMEO, " to='a@pisa.example'"},
    {JULIET_HERSELF, ""},
    {JULIET_HERSELF, " to='" JULIET "'"},
    {JULIET_HERSELF, " to='" BALCONY "'"},
    {PEER, ""},
    {PEER, " from='" NURSE "/r' to='capulet.example'"},
    {PEER, " from='" NURSE "/r' to='capulet.example/x'"},
    {PEER, " from='" NURSE "/r' to='tybalt@capulet.example'"},
    {PEER, " from='" NURSE "/r' to='" JULIET "'"},
    {PEER, " from='" NURSE "/r' to='" BALCONY "'"},
    {PEER, " from='" NURSE "/r' to='" JULIET "/gone'"},
};

enum { ELEMENTS = sizeof elements / sizeof elements[0], ADDRESSES = sizeof addresses / sizeof addresses[0] };

/* Each element with each address, read once and sent to one router after the other. */
static struct {
    struct stanza_reader *reader;
    struct stanza st;
    enum sender sender;
    char xml[240];
} stanzas[ELEMENTS * ADDRESSES];

static void read_stanzas(void) {
    for (size_t i = 0; i < ELEMENTS * ADDRESSES; i++) {
        stanzas[i].sender = addresses[i % ADDRESSES].sender;
        snprintf(stanzas[i].xml, sizeof stanzas[i].xml, elements[i / ADDRESSES], addresses[i % ADDRESSES].attributes);
        stanzas[i].reader = stanza_reader_new(NULL, stanzas[i].sender == PEER ? STANZA_SERVER : STANZA_CLIENT, 10000);
        ck_assert_int_eq(stanza_reader_feed(stanzas[i].reader, s(stanzas[i].xml)), ROUTER_OK);
        ck_assert_int_eq(stanza_reader_next(stanzas[i].reader, &stanzas[i].st), STANZA_READY);
    }
}

static void free_stanzas(void) {
    for (size_t i = 0; i < ELEMENTS * ADDRESSES; i++)
        stanza_reader_free(stanzas[i].reader);
}

/* What is wrong with an effect, or NULL. */
static const char *insane(const struct router_effect *e, int rule_count) {
    const bool needs_condition = e->kind == ROUTER_BOUNCE || e->kind == ROUTER_CLOSE;
    if (e->rule >= rule_count || (e->kind <= ROUTER_MARK && e->rule < 0))
        return "no rule";
    if (!router_serves(router, e->host))
        return "not by a host of this server";
    if ((e->condition != NULL) != needs_condition)
        return "the condition";
    const char *bytes = e->bytes.data;
    return e->bytes.size > 0 && (bytes[0] != '<' || bytes[e->bytes.size - 1] != '>') ? "no element" : NULL;
}

/* What comes out must make sense, whatever a profile says: a fate at the least for what came in, rules and hosts that
 * exist, a condition where one belongs, and an element wherever octets are written. */
static void assert_sane(int result, const char *rule, const char *xml) {
    size_t count, fates = 0;
    const char *wrong = result == ROUTER_OK ? NULL : "refused";
    router_rules(&count);
    for (struct router_effect e; wrong == NULL && router_next(router, &e);) {
        fates += e.kind < ROUTER_FATE_COUNT;
        wrong = insane(&e, (int)count);
    }
    if (wrong == NULL && fates == 0)
        wrong = "no fate";
    if (wrong != NULL)
        ck_abort_msg("%s: %s: %s", rule, xml, wrong);
}

static uint32_t ports[SENDERS];

/* The stream of a sender, opened anew where the departure has closed it. */
static uint32_t port_of(enum sender sender) {
    if (router_port_jid(router, ports[sender]).size == 0)
        ports[sender] = sender == ROMEO            ? bind_as("romeo@montague.example/orchard")
                        : sender == JULIET_HERSELF ? bind_as(BALCONY)
                                                   : peer();
    return ports[sender];
}

static void send_all(const char *rule) {
    ports[ROMEO] = romeo;
    ports[JULIET_HERSELF] = juliet;
    ports[PEER] = 0;
    for (size_t i = 0; i < ELEMENTS * ADDRESSES; i++) {
        const int result = router_input(router, port_of(stanzas[i].sender), &stanzas[i].st, 0);
        assert_sane(result, rule, stanzas[i].xml);
    }
}

/* Stages that only the failure of a stream or a fault of XML leads to. */
static void fail_all(const char *rule) {
    for (uint32_t port = 1; port < 20; port++)
        if (router_link(router, port, ROUTER_LINK_NO_HOST, 0) == ROUTER_OK)
            assert_sane(ROUTER_OK, rule, "failure of a stream");
    for (int fault = STANZA_FAULT_ILLFORMED; fault < STANZA_FAULT_END; fault++) {
        const int result = router_fault(router, port_of(ROMEO), (enum stanza_fault)fault, 0);
        assert_sane(result, rule, "fault of XML");
    }
}

/* A profile either refuses the action for this row, or the router lives with it. */
START_TEST(any_action_at_any_row_is_refused_or_borne) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    const bool closes = strncmp(actions[_i], "close", 5) == 0;
    read_stanzas();
    for (size_t i = 0; i < count; i++) {
        char line[200];
        struct router_error error;
        /* after a fault of XML nothing but the end of the stream is possible */
        if (rules[i].part != RULE_ROW || (!closes && strncmp(rules[i].id, "in.xml.", 7) == 0))
            continue;
        snprintf(line, sizeof line, "departs %s does %s as mine", rules[i].id, actions[_i]);
        if (policy_read(policy, s(line), &error) != ROUTER_OK)
            continue;
        send_all(rules[i].id);
        fail_all(rules[i].id);
        harness_teardown();
        harness_setup();
    }
    free_stanzas();
}
END_TEST

/* What is done instead of a rule that acts on the way must be borne without the rest of its profile, too. */
START_TEST(each_departure_of_a_profile_is_borne_alone) {
    struct policy *whole = policy_new(NULL);
    struct router_departure d;
    size_t count, taken = 0;
    const struct router_rule *rules = router_rules(&count);
    ck_assert_int_eq(policy_profile(whole, router_profile_name((size_t)_i), NULL), ROUTER_OK);
    read_stanzas();
    for (size_t n = 0; policy_departure(whole, n, &d); n++) {
        char line[200];
        snprintf(line, sizeof line, "departs %s does %s as mine", rules[d.rule].id, d.verb);
        if (policy_read(policy, s(line), NULL) != ROUTER_OK)
            continue; /* an action, which is written in another way */
        send_all(line);
        fail_all(line);
        taken++;
        harness_teardown();
        harness_setup();
    }
    ck_assert_msg(taken > 0 || !policy_departure(whole, 0, &d), "%s", router_profile_name((size_t)_i));
    free_stanzas();
    policy_free(whole);
}
END_TEST

Suite *router_departures_suite(void) {
    Suite *suite = suite_create("router_departures");
    TCase *tc = tcase_create("departures");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    tcase_add_test(tc, prosody_note_takes_an_approval_for_a_full_jid_that_is_gone);
    tcase_add_test(tc, prosody_note_takes_a_request_for_a_full_jid_that_is_gone);
    tcase_add_test(tc, prosody_note_drops_the_rest_for_a_full_jid_that_is_gone);
    tcase_add_test(tc, a_departure_is_for_the_kinds_that_it_names);
    tcase_add_test(tc, a_departure_can_bounce_or_close_with_a_condition_of_its_own);
    tcase_add_test(tc, a_large_stanza_that_is_let_pass_comes_without_its_content);
    tcase_add_test(tc, only_a_stanza_that_can_be_routed_is_let_pass);
    tcase_add_test(tc, an_element_that_is_no_stanza_does_not_pass_for_its_namespace);
    tcase_add_test(tc, the_roster_of_who_asks_decides_while_the_account_is_away);
    tcase_add_test(tc, who_returned_an_error_is_spared_until_it_is_sent_presence_again);
    tcase_add_test(tc, a_refused_connection_is_told_from_one_that_takes_too_long);
    tcase_add_test(tc, a_type_is_found_early_only_where_it_is_answered_by_an_error);
    tcase_add_test(tc, an_error_comes_from_the_address_as_it_would_have_gone_on);
    tcase_add_test(tc, an_error_that_is_answered_keeps_its_own_condition_last);
    tcase_add_test(tc, a_probe_for_the_own_account_is_no_probe_for_another);
    tcase_add_test(tc, a_delay_of_another_server_is_none_of_the_own);
    tcase_add_loop_test(tc, any_action_at_any_row_is_refused_or_borne, 0, sizeof actions / sizeof actions[0]);
    int profiles = 0;
    while (router_profile_name((size_t)profiles) != NULL)
        profiles++;
    tcase_add_loop_test(tc, each_departure_of_a_profile_is_borne_alone, 0, profiles);
    suite_add_tcase(suite, tc);
    return suite;
}
