/* Components: trusted services that look after a domain of their own (XEP-0114 3; 6120 8.1, 10.5). */
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *router_components_suite(void);

#define ORCHARD "romeo@montague.example/orchard"
#define BALCONY "juliet@capulet.example/balcony"
#define TIMEOUT "<error type='wait'><remote-server-timeout xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
#define BAD_REQUEST "<error type='modify'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"

static uint32_t gateway; /* gateway.capulet.example is connected, archive.montague.example is not */

static uint32_t attach(const char *domain) {
    uint32_t port;
    ck_assert_int_eq(router_attach(router, s(domain), 0, &port), ROUTER_OK);
    return port;
}

static void new_router(void) {
    static const char *const domains[] = {"montague.example", "capulet.example"};
    const struct router_config config = {.policy = policy, .domains = domains, .domain_count = 2, .seed = 1};
    ck_assert_int_eq(router_new(&config, &router), ROUTER_OK);
    ck_assert_int_eq(router_account(router, s("romeo@montague.example")), ROUTER_OK);
    ck_assert_int_eq(router_account(router, s("juliet@capulet.example")), ROUTER_OK);
}

static void setup(void) {
    policy = policy_new(NULL);
    ck_assert_ptr_nonnull(policy);
    new_router();
    ck_assert_int_eq(router_component(router, s("gateway.capulet.example")), ROUTER_OK);
    ck_assert_int_eq(router_component(router, s("Archive.Montague.example")), ROUTER_OK);
    romeo = bind_as(ORCHARD);
    juliet = bind_as(BALCONY);
    gateway = attach("gateway.capulet.example");
}

/* ---- set-up ---- */

START_TEST(a_component_has_a_domain_that_nobody_else_serves) {
    router_free(router);
    new_router();
    static const char *const no_domains[] = {"", "a@x.example", "x.example/r", "a@x.example/r", "@"};
    for (size_t i = 0; i < sizeof no_domains / sizeof no_domains[0]; i++)
        ck_assert_int_eq(router_component(router, s(no_domains[i])), ROUTER_E_JID);
    ck_assert_int_eq(router_component(router, s("capulet.example")), ROUTER_E_CONFLICT);
    ck_assert(!router_serves(router, s("gateway.example")));
    ck_assert_int_eq(router_component(router, s("gateway.example")), ROUTER_OK);
    ck_assert(router_serves(router, s("gateway.example")));
    ck_assert_int_eq(router_component(router, s("GATEWAY.example.")), ROUTER_E_CONFLICT);
    bind_as(ORCHARD);
    ck_assert_int_eq(router_component(router, s("late.example")), ROUTER_E_CONFLICT);
}
END_TEST

START_TEST(a_component_has_no_accounts) {
    ck_assert_int_eq(router_account(router, s("a@gateway.capulet.example")), ROUTER_E_UNKNOWN);
    uint32_t port;
    ck_assert_int_eq(router_bind(router, s("a@gateway.capulet.example/r"), 0, &port), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(a_stream_is_the_components_own) {
    uint32_t port;
    ck_assert_int_eq(router_attach(router, s("@"), 0, &port), ROUTER_E_JID);
    ck_assert_int_eq(router_attach(router, s("a@gateway.capulet.example"), 0, &port), ROUTER_E_JID);
    ck_assert_int_eq(router_attach(router, s("gateway.capulet.example/r"), 0, &port), ROUTER_E_JID);
    ck_assert_int_eq(router_attach(router, s("capulet.example"), 0, &port), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(router_attach(router, s("other.capulet.example"), 0, &port), ROUTER_E_UNKNOWN);
    const struct slice jid = router_port_jid(router, gateway);
    ck_assert_uint_eq(jid.size, strlen("gateway.capulet.example"));
    ck_assert_int_eq(memcmp(jid.data, "gateway.capulet.example", jid.size), 0);
    ck_assert_int_eq(router_port_namespace(router, gateway), STANZA_COMPONENT);
    ck_assert_int_eq(router_port_namespace(router, attach("ARCHIVE.montague.example")), STANZA_COMPONENT);
}
END_TEST

START_TEST(a_second_connection_is_refused_or_takes_the_place_of_the_first) {
    uint32_t port;
    ck_assert_int_eq(router_attach(router, s("gateway.capulet.example"), 0, &port), ROUTER_E_CONFLICT);
    ck_assert(has_mark("ext.comp.conflict"));
    ck_assert_has(send_as(romeo, "<message to='gateway.capulet.example'/>", FATES), "hand to gateway.capulet.example");
    knob("ext.comp.conflict", "kick-old");
    port = attach("gateway.capulet.example");
    struct router_effect e;
    do
        ck_assert(router_next(router, &e));
    while (e.kind != ROUTER_CLOSE);
    ck_assert_uint_eq(e.port, gateway);
    ck_assert_str_eq(e.condition, "conflict");
    ck_assert_int_eq(e.rule, router_rule_find("ext.comp.conflict"));
    ck_assert_int_eq(router_link(router, gateway, ROUTER_LINK_CLOSED, 0), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(input(romeo, "<message to='gateway.capulet.example'/>"), ROUTER_OK);
    do
        ck_assert(router_next(router, &e));
    while (e.kind != ROUTER_HAND);
    ck_assert_uint_eq(e.port, port);
}
END_TEST

START_TEST(without_the_switch_the_domain_is_not_served) {
    router_free(router);
    knob("ext.comp", "off");
    new_router();
    uint32_t port;
    ck_assert_int_eq(router_component(router, s("gateway.capulet.example")), ROUTER_OK);
    ck_assert(!router_serves(router, s("gateway.capulet.example")));
    ck_assert_int_eq(router_attach(router, s("gateway.capulet.example"), 0, &port), ROUTER_E_UNKNOWN);
    ck_assert_str_eq(send_as(bind_as(ORCHARD), "<message to='a@gateway.capulet.example'/>", FATES),
                     "open to gateway.capulet.example\nroute to a@gateway.capulet.example by s2s.route\n");
}
END_TEST

START_TEST(a_stream_ends_when_it_closes_or_breaks) {
    ck_assert_int_eq(router_link(router, gateway, ROUTER_LINK_READY, 0), ROUTER_E_CONFLICT);
    ck_assert_int_eq(router_link(router, gateway, _i == 0 ? ROUTER_LINK_CLOSED : ROUTER_LINK_LOST, 0), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "");
    ck_assert_int_eq(router_link(router, gateway, ROUTER_LINK_LOST, 0), ROUTER_E_UNKNOWN);
    ck_assert_uint_eq(router_port_jid(router, gateway).size, 0);
    ck_assert_has(send_as(romeo, "<message to='gateway.capulet.example'/>", FATES), "by ext.comp.offline");
    attach("gateway.capulet.example");
    ck_assert_has(send_as(romeo, "<message to='gateway.capulet.example'/>", FATES), "by ext.comp.route");
}
END_TEST

START_TEST(xml_that_cannot_be_read_ends_the_stream) {
    ck_assert_int_eq(router_fault(router, gateway, STANZA_FAULT_ILLFORMED, 0), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "close not-well-formed to gateway.capulet.example by in.xml.illformed\n");
    ck_assert_int_eq(input(gateway, "<presence/>"), ROUTER_E_UNKNOWN);
    gateway = attach("gateway.capulet.example");
    ck_assert_int_eq(router_fault(router, gateway, STANZA_FAULT_END, 0), ROUTER_OK);
    ck_assert_int_eq(input(gateway, "<presence/>"), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(a_crash_ends_the_streams_of_components) {
    router_crash(router);
    ck_assert_int_eq(input(gateway, "<presence/>"), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(router_link(router, gateway, ROUTER_LINK_LOST, 0), ROUTER_E_UNKNOWN);
    ck_assert(router_serves(router, s("gateway.capulet.example")));
    ck_assert_has(send_as(bind_as("romeo@montague.example"), "<message to='gateway.capulet.example'/>", FATES),
                  "by ext.comp.offline");
    attach("gateway.capulet.example");
}
END_TEST

START_TEST(a_person_is_told_whether_the_component_is_connected) {
    ck_assert_str_eq(facts("a@gateway.capulet.example"),
                     "a@gateway.capulet.example: of a component, which is connected");
    ck_assert_str_eq(facts("archive.montague.example"),
                     "archive.montague.example: of a component, which is not connected");
}
END_TEST

/* ---- to a component ---- */

static const char *const kinds[] = {
    "<message to='%s'/>",
    "<message type='chat' to='%s'><body>x</body></message>",
    "<message type='groupchat' to='%s'/>",
    "<message type='headline' to='%s'/>",
    "<message type='error' to='%s'><error/></message>",
    "<presence to='%s'/>",
    "<presence type='unavailable' to='%s'/>",
    "<presence type='probe' to='%s'/>",
    "<presence type='error' to='%s'><error/></presence>",
    "<iq type='get' id='1' to='%s'><query xmlns='jabber:iq:version'/></iq>",
    "<iq type='set' id='1' to='%s'><x xmlns='urn:x'/></iq>",
    "<iq type='result' id='1' to='%s'/>",
    "<iq type='error' id='1' to='%s'><error/></iq>",
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static bool is_unanswerable(const char *xml) {
    return strstr(xml, "'error'") != NULL || strstr(xml, "'result'") != NULL;
}

START_TEST(every_kind_is_handed_over_whatever_the_address) {
    static const char *const addresses[] = {"gateway.capulet.example", "gateway.capulet.example/r",
                                            "a@gateway.capulet.example", "a@gateway.capulet.example/r"};
    for (size_t i = 0; i < 4; i++) {
        char xml[200], expected[200];
        snprintf(xml, sizeof xml, kinds[_i], addresses[i]);
        snprintf(expected, sizeof expected, "hand to %s by ext.comp.route\n", addresses[i]);
        ck_assert_str_eq(send_as(romeo, xml, FATES), expected);
        ck_assert_int_eq(input(romeo, xml), ROUTER_OK);
        ck_assert(has_mark("loc.component"));
    }
}
END_TEST

START_TEST(subscriptions_are_the_components_to_answer) {
    static const char *const types[] = {"subscribe", "unsubscribe", "subscribed", "unsubscribed"};
    const struct router_contact asks = {.pending_in = true};
    for (int i = 0; i < 4; i++) {
        char xml[200], jid[60], expected[300];
        snprintf(jid, sizeof jid, "%s@gateway.capulet.example", types[i]);
        if (i > 1)
            ck_assert_int_eq(router_contact_set(router, s("romeo@montague.example"), s(jid), asks), ROUTER_OK);
        snprintf(xml, sizeof xml, "<presence type='%s' to='%s'/>", types[i], jid);
        snprintf(expected, sizeof expected,
                 "hand to %s by ext.comp.route: <presence from='romeo@montague.example' type='%s' to='%s'/>\n", jid,
                 types[i], jid);
        ck_assert_has(send_as(romeo, xml, BYTES), expected);
        ck_assert_int_eq(input(romeo, xml), ROUTER_OK);
    }
    ck_assert_int_eq(input(romeo, "<presence type='subscribe' to='b@gateway.capulet.example'/>"), ROUTER_OK);
    const char *marks = effects(MARKS);
    ck_assert_has(marks, "mark by ext.comp.noroster\n");
    /* Of an account here the server would look after the other side; another server's would be routed. */
    ck_assert_lacks(marks, "sub.req.out.local");
    ck_assert_lacks(marks, "sub.req.out.remote");
    ck_assert_int_eq(input(romeo, "<presence type='probe' to='b@gateway.capulet.example'/>"), ROUTER_OK);
    ck_assert(has_mark("ext.comp.noroster"));
    ck_assert_int_eq(input(romeo, "<message to='b@gateway.capulet.example'/>"), ROUTER_OK);
    ck_assert(!has_mark("ext.comp.noroster"));
}
END_TEST

START_TEST(a_stanza_is_handed_over_as_it_is_but_for_the_stamp_and_the_namespace) {
    ck_assert_str_eq(send_as(romeo,
                             "<message xmlns='jabber:client' to='A@Gateway.capulet.example' xml:lang='it' x:y='1' "
                             "xmlns:x='urn:x'><body xmlns='jabber:client'>x &amp; <![CDATA[<y>]]></body>"
                             "<z xmlns='urn:z'><body xmlns='jabber:client'/></z></message>",
                             BYTES),
                     "hand to A@Gateway.capulet.example by ext.comp.route: <message from='" ORCHARD "' "
                     "to='A@Gateway.capulet.example' xml:lang='it' x:y='1' xmlns:x='urn:x'>"
                     "<body>x &amp; <![CDATA[<y>]]></body><z xmlns='urn:z'><body xmlns='jabber:client'/></z>"
                     "</message>\n");
}
END_TEST

START_TEST(what_a_peer_sends_to_a_component_is_accepted_and_handed_over) {
    uint32_t port;
    ck_assert_int_eq(router_peer(router, s("gateway.capulet.example"), s("verona.example"), &port), ROUTER_OK);
    ck_assert_str_eq(send_as(port,
                             "<message from='p@verona.example/r' to='a@gateway.capulet.example'>"
                             "<body xmlns='jabber:server'>x</body></message>",
                             BYTES),
                     "hand to a@gateway.capulet.example by ext.comp.route: <message from='p@verona.example/r' "
                     "to='a@gateway.capulet.example'><body>x</body></message>\n");
    ck_assert_int_eq(input(port, "<presence from='p@verona.example' to='gateway.capulet.example'/>"), ROUTER_OK);
    ck_assert(has_mark("ext.comp.fromremote"));
    ck_assert_int_eq(router_link(router, gateway, ROUTER_LINK_LOST, 0), ROUTER_OK);
    ck_assert_int_eq(input(port, "<message from='p@verona.example/r' to='gateway.capulet.example'/>"), ROUTER_OK);
    const char *seen = effects(FATES);
    ck_assert_has(seen, "open to verona.example\n");
    ck_assert_has(seen, "bounce remote-server-timeout to p@verona.example/r by ext.comp.offline\n");
}
END_TEST

START_TEST(nobody_else_may_send_in_the_name_of_a_component) {
    uint32_t port;
    ck_assert_int_eq(router_peer(router, s("capulet.example"), s("gateway.capulet.example"), &port), ROUTER_E_CONFLICT);
    ck_assert_str_eq(send_as(peer(), "<message from='a@gateway.capulet.example' to='" BALCONY "'/>", FATES),
                     "close invalid-from to verona.example by in.s2s.local-from\n");
}
END_TEST

/* ---- to one that is not connected ---- */

START_TEST(what_is_for_a_component_that_is_not_connected_comes_back) {
    char xml[200];
    snprintf(xml, sizeof xml, kinds[_i], "a@archive.montague.example");
    const bool dropped = is_unanswerable(xml);
    ck_assert_str_eq(send_as(romeo, xml, FATES), dropped ? "drop by ext.comp.offline\n"
                                                         : "bounce remote-server-timeout to " ORCHARD
                                                           " by ext.comp.offline\n");
    knob("ext.comp.offline", "service-unavailable");
    ck_assert_str_eq(send_as(romeo, xml, FATES), dropped ? "drop by ext.comp.offline\n"
                                                         : "bounce service-unavailable to " ORCHARD
                                                           " by ext.comp.offline\n");
    ck_assert_lacks(send_as(romeo, xml, FATES), "open");
}
END_TEST

START_TEST(what_comes_back_says_that_it_may_be_tried_again) {
    ck_assert_str_eq(send_as(romeo, "<message id='1' to='a@archive.montague.example'/>", BYTES),
                     "bounce remote-server-timeout to " ORCHARD " by ext.comp.offline: <message type='error' id='1' "
                     "to='" ORCHARD "' from='a@archive.montague.example'>" TIMEOUT "</message>\n");
}
END_TEST

START_TEST(presence_comes_back_to_whom_it_is_from) {
    contact("romeo@montague.example", "a@archive.montague.example", ROUTER_SUB_BOTH);
    /* His presence is from his resource, the probe that his server sends for him from his account. */
    const char *seen = send_as(romeo, "<presence/>", FATES);
    ck_assert_has(seen, "bounce remote-server-timeout to " ORCHARD " by ext.comp.offline\n");
    ck_assert_has(seen, "bounce remote-server-timeout to romeo@montague.example by ext.comp.offline\n"
                        "deliver to " ORCHARD " by pres.bare.error\n");
    /* Of the end there is nobody left to tell. */
    ck_assert_int_eq(router_link(router, romeo, ROUTER_LINK_LOST, 0), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "bounce remote-server-timeout to " ORCHARD " by ext.comp.offline\n"
                                     "drop by pres.full.nomatch.error\n");
}
END_TEST

START_TEST(a_request_that_cannot_be_handed_over_is_told_to_the_user) {
    /* 6121 3.1.2: an error to the bare JID; knob sub.fail-rollback says whether the request stays pending. */
    const uint32_t garden = bind_as("romeo@montague.example/garden");
    send_as(garden, "<presence/>", FATES);
    ck_assert_int_eq(input(garden, "<iq id='r' type='get'><query xmlns='jabber:iq:roster'/></iq>"), ROUTER_OK);
    ck_assert_int_eq(input(romeo, "<presence id='1' type='subscribe' to='A@archive.montague.example'/>"), ROUTER_OK);
    const char *seen = effects(FATES);
    ck_assert_has(seen, "bounce remote-server-timeout to romeo@montague.example by ext.comp.offline\n");
    ck_assert_has(seen, "deliver to romeo@montague.example/garden by pres.bare.error\n");
    ck_assert_has(facts("romeo@montague.example"), "a@archive.montague.example none, asked");
    knob("sub.fail-rollback", "rollback");
    ck_assert_int_eq(input(romeo, "<presence id='2' type='subscribe' to='B@archive.montague.example'/>"), ROUTER_OK);
    seen = effects(MARKS);
    ck_assert_has(seen, "mark by sub.req.out.error\n");
    ck_assert_has(seen, "mark by sub.req.out.fail\n");
    const char *now = facts("romeo@montague.example");
    ck_assert_has(now, "b@archive.montague.example none");
    ck_assert_lacks(now, "b@archive.montague.example none, asked");
}
END_TEST

/* ---- from a component ---- */

struct entry_case {
    const char *setting, *xml, *fate;
};

#define CLOSED(condition, rule) "close " condition " to gateway.capulet.example by " rule "\n"

static const struct entry_case entries[] = {
    /* any address of its domain, prepared */
    {"", "<message from='gateway.capulet.example' to='" BALCONY "'/>",
     "deliver to " BALCONY " by msg.full.normal.match\n"},
    {"", "<message from='a@gateway.capulet.example/r' to='" BALCONY "'/>",
     "deliver to " BALCONY " by msg.full.normal.match\n"},
    {"", "<message from='A@Gateway.Capulet.example' to='" BALCONY "'/>",
     "deliver to " BALCONY " by msg.full.normal.match\n"},
    /* and none of another */
    {"", "<message from='" ORCHARD "' to='" BALCONY "'/>", CLOSED("invalid-from", "ext.comp.from")},
    {"", "<message from='p@verona.example' to='" BALCONY "'/>", CLOSED("invalid-from", "ext.comp.from")},
    {"", "<message from='a@x.gateway.capulet.example' to='" BALCONY "'/>", CLOSED("invalid-from", "ext.comp.from")},
    {"", "<message from='archive.montague.example' to='" BALCONY "'/>", CLOSED("invalid-from", "ext.comp.from")},
    {"", "<message from='@gateway.capulet.example' to='" BALCONY "'/>", CLOSED("invalid-from", "ext.comp.from")},
    {"", "<message from='b c@verona.example' to='" BALCONY "'/>", CLOSED("invalid-from", "ext.comp.from")},
    {"", "<message from='b c@@' to='" BALCONY "'/>", CLOSED("invalid-from", "ext.comp.from")},
    /* what is at its domain, but no address, is refused alone (7622 4) */
    {"", "<message from='b c@Gateway.capulet.example' to='" BALCONY "'/>",
     "bounce jid-malformed to b c@Gateway.capulet.example by in.to.handled-jids\n"},
    {"", "<message type='error' from='b c@gateway.capulet.example' to='" BALCONY "'><error/></message>",
     "drop by in.to.handled-jids\n"},
    {"knob ext.comp.from-check = off", "<message from='p@verona.example' to='" BALCONY "'/>",
     "deliver to " BALCONY " by msg.full.normal.match\n"},
    {"knob ext.comp.from-check = off", "<message from='@gateway.capulet.example' to='" BALCONY "'/>",
     CLOSED("invalid-from", "ext.comp.from")},
    /* both addresses are there */
    {"", "<message from='a@gateway.capulet.example'/>", CLOSED("improper-addressing", "ext.comp.addr")},
    {"", "<message to='" BALCONY "'/>", CLOSED("improper-addressing", "ext.comp.addr")},
    {"", "<message from='' to='" BALCONY "'/>", CLOSED("improper-addressing", "ext.comp.addr")},
    {"", "<presence from='a@gateway.capulet.example' to=''/>", CLOSED("improper-addressing", "ext.comp.addr")},
    {"", "<iq type='result' id='1'/>", CLOSED("improper-addressing", "ext.comp.addr")},
    {"knob ext.comp.no-to = bad-request", "<message from='a@gateway.capulet.example'/>",
     "bounce bad-request to a@gateway.capulet.example by ext.comp.addr\n"},
    {"knob ext.comp.no-to = bad-request", "<message to='" BALCONY "'/>",
     "bounce bad-request to gateway.capulet.example by ext.comp.addr\n"},
    {"knob ext.comp.no-to = bad-request", "<iq type='result' id='1'/>", "drop by ext.comp.addr\n"},
    {"knob ext.comp.no-to = bad-request", "<message type='error' from='a@gateway.capulet.example'><error/></message>",
     "drop by ext.comp.addr\n"},
    /* what a profile does instead */
    {"departs ext.comp.addr does add-from as test.adds", "<message to='" BALCONY "'/>",
     "deliver to " BALCONY " by msg.full.normal.match\n"},
    {"departs ext.comp.addr does add-from as test.adds", "<message/>", CLOSED("improper-addressing", "ext.comp.addr")},
    {"departs ext.comp.from does compare-raw as test.raw", "<message from='a@gateway.capulet.example/r' to='" BALCONY "'/>",
     "deliver to " BALCONY " by msg.full.normal.match\n"},
    {"departs ext.comp.from does compare-raw as test.raw", "<message from='a@Gateway.capulet.example' to='" BALCONY "'/>",
     CLOSED("invalid-from", "ext.comp.from")},
    {"departs ext.comp.from does compare-raw as test.raw", "<message from='' to='" BALCONY "'/>",
     CLOSED("invalid-from", "ext.comp.from")},
    /* 'to' is an address */
    {"", "<message from='a@gateway.capulet.example' to='@capulet.example'/>",
     "bounce jid-malformed to a@gateway.capulet.example by in.to.malformed\n"},
    {"", "<iq type='result' id='1' from='a@gateway.capulet.example' to='@capulet.example'/>",
     "drop by in.to.malformed-reply\n"},
    /* the same XML as from anybody else */
    {"", "<message xmlns='jabber:client' from='a@gateway.capulet.example' to='" BALCONY "'/>",
     CLOSED("invalid-namespace", "in.ns.content")},
    {"", "<c:message xmlns:c='jabber:component:accept' from='a@gateway.capulet.example' to='" BALCONY "'/>",
     CLOSED("bad-namespace-prefix", "in.xml.prefix")},
    {"",
     "<message from='a@gateway.capulet.example' to='" BALCONY "'><c:body xmlns:c='jabber:component:accept'/></message>",
     CLOSED("bad-namespace-prefix", "in.xml.prefix")},
    {"", "<handshake/>", CLOSED("unsupported-stanza-type", "in.elem.unknown")},
    {"", "<iq type='get' from='gateway.capulet.example' to='" BALCONY "'><x xmlns='urn:x'/></iq>",
     "bounce bad-request to gateway.capulet.example by in.iq.id\n"},
    {"", "<iq type='get' id='1' from='gateway.capulet.example' to='capulet.example'><query/></iq>",
     "bounce bad-request to gateway.capulet.example by in.iq.child-ns\n"},
    {"", "<iq id='1' from='gateway.capulet.example' to='capulet.example'/>",
     "bounce bad-request to gateway.capulet.example by in.iq.type\n"},
    {"", "<presence type='odd' from='gateway.capulet.example' to='" BALCONY "'/>",
     "bounce bad-request to gateway.capulet.example by in.pres.type-unknown\n"},
    {"", "<presence from='gateway.capulet.example' to='" BALCONY "'><priority>x</priority></presence>",
     "bounce bad-request to gateway.capulet.example by in.pres.priority-bad\n"},
};

START_TEST(the_entry_of_a_components_stanza_is_checked) {
    profile(entries[_i].setting);
    ck_assert_str_eq(send_as(gateway, entries[_i].xml, FATES), entries[_i].fate);
    const bool closed = strncmp(entries[_i].fate, "close", 5) == 0;
    ck_assert_int_eq(router_link(router, gateway, ROUTER_LINK_CLOSED, 0), closed ? ROUTER_E_UNKNOWN : ROUTER_OK);
}
END_TEST

START_TEST(a_refused_stanza_goes_back_to_who_sent_it) {
    knob("ext.comp.no-to", "bad-request");
    struct router_effect e;
    ck_assert_int_eq(input(gateway, "<message id='1' from='a@gateway.capulet.example'/>"), ROUTER_OK);
    while (router_next(router, &e) && e.kind != ROUTER_BOUNCE)
        ;
    ck_assert_uint_eq(e.port, gateway);
    ck_assert_str_eq(send_as(gateway, "<message id='1' from='a@gateway.capulet.example'/>", BYTES),
                     "bounce bad-request to a@gateway.capulet.example by ext.comp.addr: <message type='error' id='1' "
                     "to='a@gateway.capulet.example'>" BAD_REQUEST "</message>\n");
    /* The server speaks for itself where what was addressed is no address. */
    ck_assert_has(send_as(gateway, "<message id='1' to='@'/>", BYTES),
                  "to='gateway.capulet.example' from='capulet.example'>" BAD_REQUEST);
    ck_assert_has(send_as(gateway, "<message id='1' to='" BALCONY "'/>", BYTES),
                  "to='gateway.capulet.example' from='" BALCONY "'>" BAD_REQUEST);
    ck_assert_has(send_as(gateway, "<message from='a@gateway.capulet.example' to='@'/>", BYTES),
                  "to='a@gateway.capulet.example' from='capulet.example'>");
    ck_assert_has(send_as(gateway, "<message from='b c@gateway.capulet.example' to='@'/>", BYTES),
                  "to='b c@gateway.capulet.example' from='capulet.example'>");
    ck_assert_has(send_as(gateway, "<message from='b c@gateway.capulet.example' to='" BALCONY "'/>", BYTES),
                  "to='b c@gateway.capulet.example' from='" BALCONY "'>");
    knob("err.malformed-from", "omit");
    ck_assert_has(send_as(gateway, "<message from='a@gateway.capulet.example' to='@'/>", BYTES),
                  "to='a@gateway.capulet.example'><error");
}
END_TEST

START_TEST(the_server_speaks_for_the_domain_that_is_nearest_above) {
    static const char *const names[][2] = {{"a.gateway.capulet.example", "capulet.example"},
                                           {"elsewhere.example", "montague.example"}};
    router_free(router);
    new_router();
    ck_assert_int_eq(router_component(router, s("gateway.capulet.example")), ROUTER_OK);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(router_component(router, s(names[i][0])), ROUTER_OK);
    knob("ext.comp.no-to", "bad-request");
    for (int i = 0; i < 2; i++) {
        char expected[100];
        snprintf(expected, sizeof expected, "from='%s'", names[i][1]);
        ck_assert_has(send_as(attach(names[i][0]), "<presence to='@'/>", BYTES), expected);
    }
}
END_TEST

START_TEST(a_stanza_that_is_too_large_goes_back_to_its_sender) {
    static const char start[] = "<message from='a@gateway.capulet.example/r' to='" BALCONY "'><body>";
    static const char end[] = "</body></message>";
    static char xml[300000];
    memset(xml, 'x', sizeof xml - 1);
    memcpy(xml, start, strlen(start));
    memcpy(xml + sizeof xml - sizeof end, end, sizeof end);
    ck_assert_str_eq(send_as(gateway, xml, FATES),
                     "bounce policy-violation to a@gateway.capulet.example/r by in.size.limit\n");
}
END_TEST

START_TEST(the_senders_address_is_not_rewritten) {
    send_as(juliet, "<presence/>", FATES);
    ck_assert_str_eq(send_as(gateway,
                             "<presence type='subscribe' from='A@gateway.capulet.example/r' "
                             "to='juliet@capulet.example'/>",
                             BYTES),
                     "deliver to " BALCONY " by sub.in.subscribe.none: <presence from='A@gateway.capulet.example/r' "
                     "type='subscribe' to='juliet@capulet.example'/>\n");
    ck_assert_int_eq(input(gateway, "<message from='gateway.capulet.example' to='" BALCONY "'/>"), ROUTER_OK);
    ck_assert(has_mark("ext.comp.nostamp"));
    profile("departs ext.comp.addr does add-from as test.adds");
    ck_assert_has(send_as(gateway, "<message to='" BALCONY "'/>", BYTES), "<message from='gateway.capulet.example' to='");
    ck_assert_int_eq(input(gateway, "<message to='" BALCONY "'/>"), ROUTER_OK);
    ck_assert(!has_mark("ext.comp.nostamp"));
}
END_TEST

START_TEST(a_stanza_leaves_a_components_stream_in_the_namespace_of_the_next) {
    const char *xml = "<message from='gateway.capulet.example' to='%s'><body xmlns='jabber:component:accept'>x</body>"
                      "<y xmlns='urn:y'><z xmlns='jabber:component:accept'/></y></message>";
    char sent[300];
    const char *body = "'><body>x</body><y xmlns='urn:y'><z xmlns='jabber:component:accept'/></y></message>\n";
    snprintf(sent, sizeof sent, xml, BALCONY);
    ck_assert_has(send_as(gateway, sent, BYTES), body);
    snprintf(sent, sizeof sent, xml, "p@verona.example");
    ck_assert_int_eq(input(gateway, sent), ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_READY, 0), ROUTER_OK);
    ck_assert_has(effects(BYTES), body);
}
END_TEST

Suite *router_components_suite(void) {
    Suite *suite = suite_create("router_components");
    TCase *tc = tcase_create("components");
    tcase_add_checked_fixture(tc, setup, harness_teardown);
    tcase_add_test(tc, a_component_has_a_domain_that_nobody_else_serves);
    tcase_add_test(tc, a_component_has_no_accounts);
    tcase_add_test(tc, a_stream_is_the_components_own);
    tcase_add_test(tc, a_second_connection_is_refused_or_takes_the_place_of_the_first);
    tcase_add_test(tc, without_the_switch_the_domain_is_not_served);
    tcase_add_loop_test(tc, a_stream_ends_when_it_closes_or_breaks, 0, 2);
    tcase_add_test(tc, xml_that_cannot_be_read_ends_the_stream);
    tcase_add_test(tc, a_crash_ends_the_streams_of_components);
    tcase_add_test(tc, a_person_is_told_whether_the_component_is_connected);
    tcase_add_loop_test(tc, every_kind_is_handed_over_whatever_the_address, 0, KINDS);
    tcase_add_test(tc, subscriptions_are_the_components_to_answer);
    tcase_add_test(tc, a_stanza_is_handed_over_as_it_is_but_for_the_stamp_and_the_namespace);
    tcase_add_test(tc, what_a_peer_sends_to_a_component_is_accepted_and_handed_over);
    tcase_add_test(tc, nobody_else_may_send_in_the_name_of_a_component);
    tcase_add_loop_test(tc, what_is_for_a_component_that_is_not_connected_comes_back, 0, KINDS);
    tcase_add_test(tc, what_comes_back_says_that_it_may_be_tried_again);
    tcase_add_test(tc, presence_comes_back_to_whom_it_is_from);
    tcase_add_test(tc, a_request_that_cannot_be_handed_over_is_told_to_the_user);
    tcase_add_loop_test(tc, the_entry_of_a_components_stanza_is_checked, 0, sizeof entries / sizeof entries[0]);
    tcase_add_test(tc, a_refused_stanza_goes_back_to_who_sent_it);
    tcase_add_test(tc, the_server_speaks_for_the_domain_that_is_nearest_above);
    tcase_add_test(tc, a_stanza_that_is_too_large_goes_back_to_its_sender);
    tcase_add_test(tc, the_senders_address_is_not_rewritten);
    tcase_add_test(tc, a_stanza_leaves_a_components_stream_in_the_namespace_of_the_next);
    suite_add_tcase(suite, tc);
    return suite;
}
