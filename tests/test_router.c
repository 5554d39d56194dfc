/* The router through its public border: what scripts cannot tempt (peers that break rules, streams that fail, memory
 * that runs out), and the form of what goes out. */
#include "router.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *router_suite(void);

static struct slice s(const char *text) {
    return (struct slice){text, strlen(text)};
}

/* ---- a router with two hosts, two accounts and one resource each ---- */

static struct policy *policy;
static struct router *router;
static uint32_t romeo, juliet;
static uint64_t now;
static char seen[20000];

static void knob(const char *name, const char *value) {
    struct router_error error;
    ck_assert_msg(policy_set(policy, s(name), s(value), &error) == ROUTER_OK, "%s", error.text);
}

static void setup(void) {
    static const char *const domains[] = {"montague.example", "capulet.example"};
    policy = policy_new(NULL);
    const struct router_config config = {.policy = policy, .domains = domains, .domain_count = 2, .seed = 1};
    now = 0;
    ck_assert_int_eq(router_new(&config, &router), ROUTER_OK);
    ck_assert_int_eq(router_account(router, s("romeo@montague.example")), ROUTER_OK);
    ck_assert_int_eq(router_account(router, s("juliet@capulet.example")), ROUTER_OK);
    ck_assert_int_eq(router_bind(router, s("romeo@montague.example/orchard"), now, &romeo), ROUTER_OK);
    ck_assert_int_eq(router_bind(router, s("juliet@capulet.example/balcony"), now, &juliet), ROUTER_OK);
}

static void teardown(void) {
    router_free(router);
    policy_free(policy);
}

static void add(const char *text, size_t size) {
    const size_t used = strlen(seen);
    ck_assert_uint_lt(used + size, sizeof seen);
    memcpy(seen + used, text, size);
    seen[used + size] = '\0';
}

static void add_effect(const struct router_effect *e, bool bytes) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    add(router_fate_name(e->kind), strlen(router_fate_name(e->kind)));
    if (e->condition != NULL) {
        add(" ", 1);
        add(e->condition, strlen(e->condition));
    }
    if (e->to.size > 0) {
        add(" to ", 4);
        add(e->to.data, e->to.size);
    }
    if (e->rule >= 0) {
        add(" by ", 4);
        add(rules[e->rule].id, strlen(rules[e->rule].id));
    }
    if (bytes && e->bytes.size > 0) {
        add(": ", 2);
        add(e->bytes.data, e->bytes.size);
    }
    add("\n", 1);
}

enum show { FATES, BYTES, MARKS };

/* The effects of the last call, one a line. */
static const char *effects(enum show show) {
    struct router_effect e;
    seen[0] = '\0';
    while (router_next(router, &e))
        if ((e.kind == ROUTER_MARK) == (show == MARKS))
            add_effect(&e, show == BYTES);
    return seen;
}

static int input(uint32_t port, const char *xml) {
    struct stanza_reader *reader = stanza_reader_new(NULL, router_port_namespace(router, port), 262144);
    struct stanza st;
    ck_assert_ptr_nonnull(reader);
    ck_assert_int_eq(stanza_reader_feed(reader, s(xml)), ROUTER_OK);
    ck_assert_int_eq(stanza_reader_next(reader, &st), STANZA_READY);
    const int result = router_input(router, port, &st, now);
    stanza_reader_free(reader);
    return result;
}

static const char *send_as(uint32_t port, const char *xml, enum show show) {
    ck_assert_int_eq(input(port, xml), ROUTER_OK);
    return effects(show);
}

static uint32_t peer(void) {
    uint32_t port;
    ck_assert_int_eq(router_peer(router, s("capulet.example"), s("verona.example"), &port), ROUTER_OK);
    return port;
}

/* ---- what goes out ---- */

START_TEST(a_copy_keeps_attributes_and_content_as_they_were_written) {
    const char *xml = "<message xml:lang=\"it\" to='juliet@capulet.example/balcony' x='&quot;&lt;'\n id=\"m'1\" type='chat'>"
                      "<body>a &amp; b</body><x xmlns='urn:x'><!-- --></x></message>";
    char without_comment[300];
    snprintf(without_comment, sizeof without_comment, "%s", xml);
    char *comment = strstr(without_comment, "<!-- -->");
    memmove(comment, comment + 8, strlen(comment + 8) + 1);
    ck_assert_str_eq(send_as(romeo, without_comment, BYTES),
                     "deliver to juliet@capulet.example/balcony by msg.full.chat.match: <message "
                     "from='romeo@montague.example/orchard' xml:lang=\"it\" to='juliet@capulet.example/balcony' "
                     "x='&quot;&lt;' id=\"m'1\" type='chat'><body>a &amp; b</body><x xmlns='urn:x'></x></message>\n");
}
END_TEST

START_TEST(a_false_from_and_the_stream_namespace_are_not_passed_on) {
    ck_assert_str_eq(send_as(romeo,
                             "<message xmlns='jabber:client' from='pope@vatican.example' "
                             "to='juliet@capulet.example/balcony'/>",
                             BYTES),
                     "deliver to juliet@capulet.example/balcony by msg.full.normal.match: <message "
                     "from='romeo@montague.example/orchard' to='juliet@capulet.example/balcony'/>\n");
}
END_TEST

START_TEST(an_address_with_markup_characters_is_escaped) {
    uint32_t port;
    ck_assert_int_eq(router_bind(router, s("romeo@montague.example/<'&\">"), now, &port), ROUTER_OK);
    ck_assert_str_eq(send_as(port, "<message to='juliet@capulet.example/balcony' type='chat'/>", BYTES),
                     "deliver to juliet@capulet.example/balcony by msg.full.chat.match: <message "
                     "from='romeo@montague.example/&lt;&apos;&amp;\"&gt;' to='juliet@capulet.example/balcony' "
                     "type='chat'/>\n");
}
END_TEST

START_TEST(an_error_has_the_form_of_rfc_6120_8_3) {
    ck_assert_str_eq(send_as(romeo, "<iq id='q' type='get' to='juliet@capulet.example/gone'><x xmlns='urn:x'/></iq>", BYTES),
                     "bounce service-unavailable to romeo@montague.example/orchard by iq.full.nomatch: "
                     "<iq type='error' id='q' to='romeo@montague.example/orchard' from='juliet@capulet.example/gone'>"
                     "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
                     "</iq>\n");
}
END_TEST

START_TEST(a_stream_error_closes_the_stream) {
    ck_assert_str_eq(send_as(romeo, "<x xmlns='urn:x'/>", BYTES),
                     "close unsupported-stanza-type to romeo@montague.example/orchard by in.elem.unknown: <stream:error>"
                     "<unsupported-stanza-type xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
                     "</stream:stream>\n");
    struct stanza st = {.kind = STANZA_NORMAL};
    ck_assert_int_eq(router_input(router, romeo, &st, now), ROUTER_E_UNKNOWN);
}
END_TEST

/* ---- faults of XML ---- */

struct xml_fault_case {
    enum stanza_fault fault;
    const char *knob, *value, *fate;
};

static const struct xml_fault_case xml_faults[] = {
    {STANZA_FAULT_ILLFORMED, NULL, NULL, "close not-well-formed to romeo@montague.example/orchard by in.xml.illformed\n"},
    {STANZA_FAULT_NS_ILLFORMED, NULL, NULL, "close not-well-formed to romeo@montague.example/orchard by in.xml.nsillformed\n"},
    {STANZA_FAULT_RESTRICTED, NULL, NULL, "close restricted-xml to romeo@montague.example/orchard by in.xml.restricted\n"},
    {STANZA_FAULT_RESTRICTED, "xml.restricted", "bad-format", "close bad-format to romeo@montague.example/orchard by in.xml.restricted\n"},
    {STANZA_FAULT_ENCODING, NULL, NULL, "close unsupported-encoding to romeo@montague.example/orchard by in.xml.encoding\n"},
    {STANZA_FAULT_ENCODING, "xml.encoding", "bad-format", "close bad-format to romeo@montague.example/orchard by in.xml.encoding\n"},
};

START_TEST(a_fault_of_xml_closes_the_stream) {
    const struct xml_fault_case *c = &xml_faults[_i];
    if (c->knob != NULL)
        knob(c->knob, c->value);
    ck_assert_int_eq(router_fault(router, romeo, c->fault, now), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), c->fate);
    ck_assert_int_eq(router_link(router, romeo, ROUTER_LINK_CLOSED, now), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(the_end_of_a_stream_ends_the_presence_session) {
    send_as(juliet, "<presence to='romeo@montague.example'/>", FATES);
    ck_assert_int_eq(router_fault(router, juliet, STANZA_FAULT_END, now), ROUTER_OK);
    ck_assert_ptr_nonnull(strstr(effects(MARKS), "mark by pres.end.directed\n"));
}
END_TEST

/* ---- peers (6120 8.1.1.2, 8.1.2.2) ---- */

struct peer_case {
    const char *xml, *fate;
};

static const struct peer_case peer_cases[] = {
    {"<message from='a@verona.example'/>", "close improper-addressing to verona.example by in.s2s.no-to\n"},
    {"<message from='a@verona.example' to=''/>", "close improper-addressing to verona.example by in.s2s.no-to\n"},
    {"<message to='juliet@capulet.example'/>", "close improper-addressing to verona.example by in.s2s.no-from\n"},
    {"<message from='' to='juliet@capulet.example'/>", "close improper-addressing to verona.example by in.s2s.no-from\n"},
    {"<message from='a@verona.example' to='@capulet.example'/>", "close improper-addressing to verona.example by in.s2s.bad-addr\n"},
    {"<message from='@verona.example' to='juliet@capulet.example'/>", "close improper-addressing to verona.example by in.s2s.bad-addr\n"},
    {"<message from='a@mantua.example' to='juliet@capulet.example'/>", "close invalid-from to verona.example by in.s2s.foreign-from\n"},
    {"<message from='romeo@montague.example' to='juliet@capulet.example'/>", "close invalid-from to verona.example by in.s2s.local-from\n"},
    {"<message from='a@verona.example' to='b@mantua.example'/>", "close host-unknown to verona.example by in.s2s.foreign-to\n"},
    {"<message from='a@verona.example' to='romeo@montague.example'/>", "close host-unknown to verona.example by in.s2s.foreign-to\n"},
};

START_TEST(a_peer_that_breaks_the_rules_of_addressing_loses_its_stream) {
    const uint32_t port = peer();
    ck_assert_str_eq(send_as(port, peer_cases[_i].xml, FATES), peer_cases[_i].fate);
    struct stanza st = {.kind = STANZA_NORMAL};
    ck_assert_int_eq(router_input(router, port, &st, now), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(a_gone_host_can_be_the_word_for_a_domain_not_served) {
    knob("s2s.foreign-to", "host-gone");
    ck_assert_str_eq(send_as(peer(), "<message from='a@verona.example' to='b@mantua.example'/>", FATES),
                     "close host-gone to verona.example by in.s2s.foreign-to\n");
}
END_TEST

START_TEST(a_malformed_localpart_from_a_peer_can_be_a_stanza_error) {
    knob("s2s.bad-address", "split");
    const uint32_t port = peer();
    ck_assert_ptr_nonnull(strstr(send_as(port, "<message from='a@verona.example/x' to='@capulet.example'/>", FATES),
                                 "bounce jid-malformed to a@verona.example/x by in.s2s.bad-addr\n"));
    ck_assert_str_eq(send_as(port, "<message from='a@verona.example' to='juliet@-'/>", FATES),
                     "close improper-addressing to verona.example by in.s2s.bad-addr\n");
}
END_TEST

START_TEST(a_peers_from_is_passed_on_as_it_came) {
    ck_assert_str_eq(send_as(peer(), "<message from='A@Verona.example/&lt;x' to='juliet@capulet.example/balcony'/>", BYTES),
                     "deliver to juliet@capulet.example/balcony by msg.full.normal.match: <message "
                     "from='A@Verona.example/&lt;x' to='juliet@capulet.example/balcony'/>\n");
}
END_TEST

START_TEST(an_error_for_a_peer_goes_back_over_a_stream_to_its_domain) {
    const uint32_t port = peer();
    ck_assert_str_eq(send_as(port, "<iq from='a@verona.example/x' to='capulet.example' type='get' id='1'><x xmlns='urn:x'/></iq>", FATES),
                     "open to verona.example\n"
                     "bounce service-unavailable to a@verona.example/x by dom.iq.unknown\n");
}
END_TEST

START_TEST(a_peer_needs_a_served_target_and_a_foreign_name) {
    uint32_t port;
    ck_assert_int_eq(router_peer(router, s("verona.example"), s("mantua.example"), &port), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(router_peer(router, s("capulet.example"), s("montague.example"), &port), ROUTER_E_CONFLICT);
    ck_assert_int_eq(router_peer(router, s("capulet.example"), s("a@b"), &port), ROUTER_E_JID);
}
END_TEST

/* ---- streams to other domains ---- */

static uint32_t opened(void) {
    struct router_effect e;
    while (router_next(router, &e))
        if (e.kind == ROUTER_OPEN)
            return e.port;
    ck_abort_msg("no stream was asked for");
}

START_TEST(what_waits_for_a_stream_is_written_in_order_once_it_is_ready) {
    ck_assert_int_eq(input(romeo, "<message id='1' to='a@verona.example'/>"), ROUTER_OK);
    const uint32_t port = opened();
    ck_assert_str_eq(send_as(romeo, "<message id='2' to='a@verona.example/r'><body>x</body></message>", FATES),
                     "route to a@verona.example/r by s2s.route\n");
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_READY, now), ROUTER_OK);
    ck_assert_str_eq(effects(BYTES),
                     "write to verona.example: <message from='romeo@montague.example/orchard' to='a@verona.example' "
                     "id='1'/>\n"
                     "write to verona.example: <message from='romeo@montague.example/orchard' to='a@verona.example/r' "
                     "id='2'><body>x</body></message>\n");
    ck_assert_str_eq(send_as(romeo, "<message id='3' to='a@verona.example'/>", BYTES),
                     "route to a@verona.example by s2s.route: <message from='romeo@montague.example/orchard' id='3' "
                     "to='a@verona.example'/>\n");
}
END_TEST

struct failure_case {
    enum router_link_event event;
    const char *knob, *value, *condition, *type, *mark;
};

static const struct failure_case failures[] = {
    {ROUTER_LINK_NO_HOST, NULL, NULL, "remote-server-not-found", "cancel", "s2s.fail.resolve"},
    {ROUTER_LINK_REFUSED, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.connect"},
    {ROUTER_LINK_REFUSED, "s2s.tcp-fail", "remote-server-not-found", "remote-server-not-found", "cancel", "s2s.fail.connect"},
    {ROUTER_LINK_FAILED, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.stream"},
    {ROUTER_LINK_LOST, NULL, NULL, "remote-server-timeout", "wait", "s2s.fail.stream"},
};

START_TEST(a_stream_that_fails_bounces_what_waited_for_it) {
    const struct failure_case *c = &failures[_i];
    char expected[600];
    if (c->knob != NULL)
        knob(c->knob, c->value);
    ck_assert_int_eq(input(romeo, "<message id='1' to='a@verona.example' type='chat'/>"), ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), c->event, now), ROUTER_OK);
    snprintf(expected, sizeof expected,
             "bounce %s to romeo@montague.example/orchard by s2s.fail.msg: <message type='error' id='1' "
             "to='romeo@montague.example/orchard' from='a@verona.example'><error type='%s'><%s "
             "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>\n",
             c->condition, c->type, c->condition);
    ck_assert_str_eq(effects(BYTES), expected);
    ck_assert_int_eq(input(romeo, "<message id='2' to='a@verona.example'/>"), ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), c->event, now), ROUTER_OK);
    snprintf(expected, sizeof expected, "mark by %s\n", c->mark);
    ck_assert_str_eq(effects(MARKS), expected);
}
END_TEST

struct unrouted_case {
    const char *xml, *fate;
};

static const struct unrouted_case unrouted[] = {
    {"<iq id='1' to='verona.example' type='get'><x xmlns='urn:x'/></iq>", "bounce remote-server-not-found to romeo@montague.example/orchard by s2s.fail.iq\n"},
    {"<iq id='1' to='verona.example' type='set'><x xmlns='urn:x'/></iq>", "bounce remote-server-not-found to romeo@montague.example/orchard by s2s.fail.iq\n"},
    {"<iq id='1' to='verona.example' type='result'/>", "drop by s2s.never.result\n"},
    {"<iq id='1' to='verona.example' type='error'><error/></iq>", "drop by s2s.never.error\n"},
    {"<message to='a@verona.example' type='error'><error/></message>", "drop by s2s.never.error\n"},
    {"<presence to='a@verona.example' type='error'><error/></presence>", "drop by s2s.never.error\n"},
    {"<message to='a@verona.example' type='groupchat'/>", "bounce remote-server-not-found to romeo@montague.example/orchard by s2s.fail.msg\n"},
    {"<presence to='a@verona.example'/>", "bounce remote-server-not-found to romeo@montague.example/orchard by s2s.fail.directed\n"},
    {"<presence to='a@verona.example' type='unavailable'/>", "bounce remote-server-not-found to romeo@montague.example/orchard by s2s.fail.directed\n"},
    {"<presence to='a@verona.example' type='probe'/>", "drop by s2s.fail.probe\n"},
    /* An error about a subscription goes to the user's bare JID, and Romeo has no available resource. */
    {"<presence to='a@verona.example' type='subscribe'/>", "bounce remote-server-not-found to romeo@montague.example by s2s.fail.subscription\ndrop by pres.bare.error\n"},
};

START_TEST(what_cannot_be_routed_is_bounced_or_dropped_by_its_kind) {
    ck_assert_int_eq(input(romeo, unrouted[_i].xml), ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_NO_HOST, now), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), unrouted[_i].fate);
}
END_TEST

START_TEST(an_answer_that_cannot_be_routed_is_dropped) {
    ck_assert_int_eq(input(peer(), "<iq from='a@verona.example/x' to='capulet.example' type='get' id='1'>"
                                   "<x xmlns='urn:x'/></iq>"),
                     ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_NO_HOST, now), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "drop by s2s.never.bounce-of-bounce\n");
}
END_TEST

START_TEST(an_answer_waits_for_its_stream_with_its_own_addresses) {
    ck_assert_int_eq(input(peer(), "<iq from='a@verona.example/x' to='capulet.example' type='get' id='1'>"
                                   "<ping xmlns='urn:xmpp:ping'/></iq>"),
                     ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_READY, now), ROUTER_OK);
    ck_assert_str_eq(effects(BYTES),
                     "write to verona.example: <iq from='capulet.example' to='a@verona.example/x' type='result' "
                     "id='1'/>\n");
}
END_TEST

START_TEST(a_bounce_for_a_client_that_has_left_is_dropped) {
    ck_assert_int_eq(input(romeo, "<message to='a@verona.example'/>"), ROUTER_OK);
    const uint32_t port = opened();
    ck_assert_int_eq(router_link(router, romeo, ROUTER_LINK_CLOSED, now), ROUTER_OK);
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_NO_HOST, now), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "bounce remote-server-not-found to romeo@montague.example/orchard by s2s.fail.msg\n"
                                     "drop by msg.full.error.nomatch\n");
}
END_TEST

START_TEST(a_full_queue_refuses_what_comes_then) {
    for (int i = 0; i < ROUTER_STREAM_QUEUE_MAX; i++)
        ck_assert_int_eq(input(romeo, "<message to='a@verona.example'/>"), ROUTER_OK);
    ck_assert_str_eq(send_as(romeo, "<message to='a@verona.example'/>", FATES),
                     "bounce resource-constraint to romeo@montague.example/orchard by s2s.queue-full\n");
    knob("s2s.queue-full", "remote-server-timeout");
    ck_assert_str_eq(send_as(romeo, "<message to='a@verona.example'/>", FATES),
                     "bounce remote-server-timeout to romeo@montague.example/orchard by s2s.queue-full\n");
}
END_TEST

START_TEST(inter_domain_routing_can_be_barred) {
    knob("s2s.enable", "off");
    ck_assert_str_eq(send_as(romeo, "<message to='a@verona.example'/>", FATES),
                     "bounce not-allowed to romeo@montague.example/orchard by s2s.denied\n");
    ck_assert_str_eq(send_as(romeo, "<iq type='result' id='1' to='a@verona.example'/>", FATES), "drop by s2s.denied\n");
}
END_TEST

/* ---- binding ---- */

START_TEST(a_bare_jid_gets_a_resourcepart_of_the_routers_making) {
    uint32_t first, second;
    ck_assert_int_eq(router_bind(router, s("romeo@montague.example"), now, &first), ROUTER_OK);
    ck_assert_int_eq(router_bind(router, s("Romeo@Montague.example"), now, &second), ROUTER_OK);
    const struct slice a = router_port_jid(router, first), b = router_port_jid(router, second);
    ck_assert_uint_gt(a.size, strlen("romeo@montague.example/"));
    ck_assert(a.size != b.size || memcmp(a.data, b.data, a.size) != 0);
}
END_TEST

START_TEST(a_taken_resourcepart_is_replaced_by_a_generated_one) {
    uint32_t port;
    ck_assert_int_eq(router_bind(router, s("romeo@montague.example/orchard"), now, &port), ROUTER_OK);
    ck_assert_uint_ne(port, romeo);
    ck_assert_uint_ne(router_port_jid(router, port).size, strlen("romeo@montague.example/orchard"));
}
END_TEST

START_TEST(a_taken_resourcepart_can_be_refused) {
    uint32_t port;
    knob("bind.conflict", "refuse");
    ck_assert_int_eq(router_bind(router, s("romeo@montague.example/orchard"), now, &port), ROUTER_E_CONFLICT);
}
END_TEST

START_TEST(a_taken_resourcepart_can_end_the_older_stream) {
    uint32_t port;
    knob("bind.conflict", "kick-old");
    ck_assert_int_eq(router_bind(router, s("romeo@montague.example/orchard"), now, &port), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "close conflict to romeo@montague.example/orchard by in.bind.conflict\n");
    ck_assert_int_eq(router_link(router, romeo, ROUTER_LINK_CLOSED, now), ROUTER_E_UNKNOWN);
    ck_assert_str_eq(send_as(juliet, "<message to='romeo@montague.example/orchard'/>", FATES),
                     "deliver to romeo@montague.example/orchard by msg.full.normal.match\n");
}
END_TEST

START_TEST(an_account_has_a_limit_of_resources) {
    uint32_t port;
    knob("bind.max", "2");
    ck_assert_int_eq(router_bind(router, s("romeo@montague.example/2"), now, &port), ROUTER_OK);
    ck_assert_int_eq(router_bind(router, s("romeo@montague.example/3"), now, &port), ROUTER_E_LIMIT);
    ck_assert_str_eq(effects(MARKS), "mark by in.bind.limit\n");
}
END_TEST

START_TEST(only_accounts_can_bind) {
    uint32_t port;
    ck_assert_int_eq(router_bind(router, s("tybalt@capulet.example"), now, &port), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(router_bind(router, s("capulet.example/x"), now, &port), ROUTER_E_JID);
    ck_assert_int_eq(router_bind(router, s("@"), now, &port), ROUTER_E_JID);
}
END_TEST

/* ---- setting state up ---- */

START_TEST(a_contact_is_set_once_and_not_to_oneself) {
    const struct router_contact both = {.subscription = ROUTER_SUB_BOTH};
    const struct slice account = s("juliet@capulet.example"), contact = s("romeo@montague.example");
    ck_assert_int_eq(router_contact_set(router, account, contact, both), ROUTER_OK);
    ck_assert_int_eq(router_contact_set(router, account, s("ROMEO@montague.example"), both), ROUTER_E_CONFLICT);
    ck_assert_int_eq(router_contact_set(router, account, account, both), ROUTER_E_CONFLICT);
    ck_assert_int_eq(router_contact_set(router, account, s("x@"), both), ROUTER_E_JID);
    ck_assert_int_eq(router_contact_set(router, account, s("x@y/z"), both), ROUTER_E_JID);
    ck_assert_int_eq(router_contact_set(router, s("tybalt@capulet.example"), contact, both), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(a_contact_has_one_of_the_nine_states_of_appendix_a) {
    static const struct {
        enum router_subscription subscription;
        bool ask, pending_in, known;
    } states[] = {
        {ROUTER_SUB_NONE, false, false, true}, {ROUTER_SUB_NONE, true, false, true}, {ROUTER_SUB_NONE, false, true, true},
        {ROUTER_SUB_NONE, true, true, true},   {ROUTER_SUB_TO, false, false, true},  {ROUTER_SUB_TO, true, false, false},
        {ROUTER_SUB_TO, false, true, true},    {ROUTER_SUB_TO, true, true, false},   {ROUTER_SUB_FROM, false, false, true},
        {ROUTER_SUB_FROM, true, false, true},  {ROUTER_SUB_FROM, false, true, false}, {ROUTER_SUB_FROM, true, true, false},
        {ROUTER_SUB_BOTH, false, false, true}, {ROUTER_SUB_BOTH, true, false, false}, {ROUTER_SUB_BOTH, false, true, false},
        {ROUTER_SUB_BOTH, true, true, false},
    };
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        char contact[40];
        snprintf(contact, sizeof contact, "c%zu@verona.example", i);
        const struct router_contact state = {states[i].subscription, states[i].ask, states[i].pending_in, false};
        ck_assert_int_eq(router_contact_set(router, s("juliet@capulet.example"), s(contact), state),
                         states[i].known ? ROUTER_OK : ROUTER_E_VALUE);
    }
}
END_TEST

START_TEST(hundreds_of_contacts_are_all_found_again) {
    const struct router_contact from = {.subscription = ROUTER_SUB_FROM};
    for (int i = 0; i < 500; i++) {
        char contact[40];
        snprintf(contact, sizeof contact, "c%d@verona.example", i);
        ck_assert_int_eq(router_contact_set(router, s("juliet@capulet.example"), s(contact), from), ROUTER_OK);
        ck_assert_int_eq(router_contact_set(router, s("juliet@capulet.example"), s(contact), from), ROUTER_E_CONFLICT);
    }
    ck_assert_int_eq(input(juliet, "<presence/>"), ROUTER_OK);
    size_t routed = 0;
    for (struct router_effect e; router_next(router, &e);)
        routed += e.kind == ROUTER_ROUTE;
    ck_assert_uint_eq(routed, 500);
}
END_TEST

START_TEST(only_a_message_with_a_sender_can_be_put_into_the_store) {
    const struct slice account = s("juliet@capulet.example");
    ck_assert_int_eq(router_offline_add(router, account, s("<presence from='a@b'/>"), 0), ROUTER_E_VALUE);
    ck_assert_int_eq(router_offline_add(router, account, s("<message/>"), 0), ROUTER_E_VALUE);
    ck_assert_int_eq(router_offline_add(router, account, s("<message from='a@b'"), 0), ROUTER_E_VALUE);
    ck_assert_int_eq(router_offline_add(router, s("tybalt@capulet.example"), s("<message from='a@b'/>"), 0), ROUTER_E_UNKNOWN);
    knob("off.max", "1");
    ck_assert_int_eq(router_offline_add(router, account, s("<message from='a@b'/>"), 0), ROUTER_OK);
    ck_assert_int_eq(router_offline_add(router, account, s("<message from='a@b'/>"), 0), ROUTER_E_LIMIT);
}
END_TEST

START_TEST(a_stored_message_comes_with_the_time_of_storing) {
    /* 2000-02-29T12:00:00Z is 951825600 seconds after the epoch, by the calendar. */
    ck_assert_int_eq(router_offline_add(router, s("juliet@capulet.example"),
                                        s("<message from='a@b' to='juliet@capulet.example'><body>x</body></message>"),
                                        UINT64_C(951825600) * 1000000 + 250000),
                     ROUTER_OK);
    send_as(juliet, "<presence/>", BYTES);
    ck_assert_ptr_nonnull(strstr(seen, "by off.deliver.when: <message from='a@b' to='juliet@capulet.example'>"
                                       "<body>x</body><delay xmlns='urn:xmpp:delay' from='capulet.example' "
                                       "stamp='2000-02-29T12:00:00.250000Z'/></message>\n"));
}
END_TEST

START_TEST(a_router_needs_distinct_and_well_formed_domains) {
    static const char *const twice[] = {"a.example", "A.example"}, *const wrong[] = {"a@b"};
    struct router *other;
    struct router_config config = {.domains = twice, .domain_count = 2};
    ck_assert_int_eq(router_new(&config, &other), ROUTER_E_CONFLICT);
    config = (struct router_config){.domains = wrong, .domain_count = 1};
    ck_assert_int_eq(router_new(&config, &other), ROUTER_E_JID);
    config.domain_count = 0;
    ck_assert_int_eq(router_new(&config, &other), ROUTER_E_VALUE);
}
END_TEST

START_TEST(an_account_belongs_to_a_served_domain_and_exists_once) {
    ck_assert_int_eq(router_account(router, s("tybalt@capulet.example")), ROUTER_OK);
    ck_assert_int_eq(router_account(router, s("Tybalt@capulet.example")), ROUTER_E_CONFLICT);
    ck_assert_int_eq(router_account(router, s("a@verona.example")), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(router_account(router, s("capulet.example")), ROUTER_E_JID);
    ck_assert_int_eq(router_account(router, s("a@capulet.example/r")), ROUTER_E_JID);
}
END_TEST

START_TEST(events_that_a_stream_cannot_have_are_refused) {
    ck_assert_int_eq(router_link(router, romeo, ROUTER_LINK_READY, now), ROUTER_E_CONFLICT);
    const uint32_t port = peer();
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_REFUSED, now), ROUTER_E_CONFLICT);
    ck_assert_int_eq(router_link(router, 0, ROUTER_LINK_CLOSED, now), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(router_link(router, 99, ROUTER_LINK_CLOSED, now), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(facts_name_resources_roster_and_store) {
    char facts[300];
    const struct router_contact to = {.subscription = ROUTER_SUB_TO};
    ck_assert_int_eq(router_contact_set(router, s("juliet@capulet.example"), s("romeo@montague.example"), to), ROUTER_OK);
    ck_assert_int_eq(router_offline_add(router, s("juliet@capulet.example"), s("<message from='a@b'/>"), 0), ROUTER_OK);
    router_describe(router, s("juliet@capulet.example"), facts, sizeof facts);
    ck_assert_str_eq(facts, "juliet@capulet.example: balcony connected, no presence sent; roster: "
                            "romeo@montague.example to; 1 stored");
    send_as(juliet, "<presence><priority>-5</priority></presence>", FATES);
    router_describe(router, s("juliet@capulet.example"), facts, sizeof facts);
    ck_assert_ptr_nonnull(strstr(facts, "balcony priority -5 available"));
    router_describe(router, s("juliet@capulet.example"), facts, 10);
    ck_assert_str_eq(facts, "juliet@ca");
    router_describe(router, s("tybalt@capulet.example"), facts, sizeof facts);
    ck_assert_str_eq(facts, "no such account");
}
END_TEST

/* ---- memory ---- */

struct failing {
    unsigned long left; /* allocations that still succeed */
    long living;
};

static void *failing_resize(void *ctx, void *old, size_t size) {
    struct failing *f = ctx;
    if (size == 0) {
        f->living -= old != NULL;
        free(old);
        return NULL;
    }
    if (f->left == 0)
        return NULL;
    f->left--;
    void *memory = realloc(old, size);
    f->living += old == NULL && memory != NULL;
    return memory;
}

struct step {
    int client; /* 0: Romeo, 1: Juliet, 2: the peer */
    const char *xml;
};

static const struct step steps[] = {
    {1, "<presence id='p'><priority>1</priority></presence>"},
    {0, "<presence/>"},
    {0, "<message to='juliet@capulet.example' type='chat'><body>x</body></message>"},
    {0, "<presence to='juliet@capulet.example' type='subscribe'/>"},
    {1, "<presence to='romeo@montague.example' type='subscribed'/>"},
    {0, "<presence to='paris@verona.example'/>"},
    {0, "<message to='paris@verona.example'/>"},
    {2, "<presence from='paris@verona.example/x' to='juliet@capulet.example' type='probe'/>"},
    {2, "<iq from='paris@verona.example/x' to='capulet.example' id='1' type='get'><ping xmlns='urn:xmpp:ping'/></iq>"},
    {2, "<message from='paris@verona.example/x' to='nurse@capulet.example' type='groupchat'/>"},
    {0, "<message to='mercutio@montague.example' type='chat'/>"},
    {0, "<presence type='unavailable'/>"},
    {0, "<message to='romeo@montague.example' type='chat'/>"},
};

/* Plays a small story; memory may run out anywhere. Every call must say so or succeed, and nothing may leak. */
static bool play_story(const struct router_alloc *alloc) {
    static const char *const domains[] = {"montague.example", "capulet.example"};
    const struct router_config config = {.alloc = alloc, .domains = domains, .domain_count = 2};
    const struct router_contact from = {.subscription = ROUTER_SUB_FROM};
    struct router *r = NULL;
    uint32_t ports[3] = {0};
    int result = router_new(&config, &r);
    if (result == ROUTER_OK)
        result = router_account(r, s("romeo@montague.example"));
    if (result == ROUTER_OK)
        result = router_account(r, s("juliet@capulet.example"));
    if (result == ROUTER_OK)
        result = router_contact_set(r, s("juliet@capulet.example"), s("paris@verona.example"), from);
    if (result == ROUTER_OK)
        result = router_offline_add(r, s("juliet@capulet.example"), s("<message from='a@b'/>"), 0);
    if (result == ROUTER_OK)
        result = router_bind(r, s("romeo@montague.example"), 0, &ports[0]);
    if (result == ROUTER_OK)
        result = router_bind(r, s("juliet@capulet.example/balcony"), 0, &ports[1]);
    if (result == ROUTER_OK)
        result = router_peer(r, s("capulet.example"), s("verona.example"), &ports[2]);
    uint32_t open = 0;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && result == ROUTER_OK; i++) {
        struct stanza_reader *reader =
            stanza_reader_new(NULL, steps[i].client == 2 ? STANZA_SERVER : STANZA_CLIENT, 262144);
        struct stanza st;
        ck_assert_int_eq(stanza_reader_feed(reader, s(steps[i].xml)), ROUTER_OK);
        ck_assert_int_eq(stanza_reader_next(reader, &st), STANZA_READY);
        result = router_input(r, ports[steps[i].client], &st, i);
        for (struct router_effect e; router_next(r, &e);)
            if (e.kind == ROUTER_OPEN && open == 0)
                open = e.port;
        stanza_reader_free(reader);
    }
    if (result == ROUTER_OK)
        result = router_link(r, open, ROUTER_LINK_NO_HOST, 100);
    if (result == ROUTER_OK)
        result = router_link(r, ports[1], ROUTER_LINK_LOST, 100);
    ck_assert_msg(result == ROUTER_OK || result == ROUTER_E_NOMEM, "result %d", result);
    router_free(r);
    return result == ROUTER_OK;
}

START_TEST(memory_may_run_out_at_any_allocation) {
    bool whole = false;
    unsigned long n = 0;
    for (; !whole; n++) {
        struct failing f = {.left = n};
        const struct router_alloc alloc = {failing_resize, &f};
        whole = play_story(&alloc);
        ck_assert_msg(f.living == 0, "%ld pieces leak when allocation %lu fails", f.living, n);
        ck_assert_uint_lt(n, 10000);
    }
    ck_assert_uint_gt(n, 40);
}
END_TEST

Suite *router_suite(void) {
    Suite *suite = suite_create("router");
    TCase *tc = tcase_create("router");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_copy_keeps_attributes_and_content_as_they_were_written);
    tcase_add_test(tc, a_false_from_and_the_stream_namespace_are_not_passed_on);
    tcase_add_test(tc, an_address_with_markup_characters_is_escaped);
    tcase_add_test(tc, an_error_has_the_form_of_rfc_6120_8_3);
    tcase_add_test(tc, a_stream_error_closes_the_stream);
    tcase_add_loop_test(tc, a_fault_of_xml_closes_the_stream, 0, sizeof xml_faults / sizeof xml_faults[0]);
    tcase_add_test(tc, the_end_of_a_stream_ends_the_presence_session);
    tcase_add_loop_test(tc, a_peer_that_breaks_the_rules_of_addressing_loses_its_stream, 0,
                        sizeof peer_cases / sizeof peer_cases[0]);
    tcase_add_test(tc, a_gone_host_can_be_the_word_for_a_domain_not_served);
    tcase_add_test(tc, a_malformed_localpart_from_a_peer_can_be_a_stanza_error);
    tcase_add_test(tc, a_peers_from_is_passed_on_as_it_came);
    tcase_add_test(tc, an_error_for_a_peer_goes_back_over_a_stream_to_its_domain);
    tcase_add_test(tc, a_peer_needs_a_served_target_and_a_foreign_name);
    tcase_add_test(tc, what_waits_for_a_stream_is_written_in_order_once_it_is_ready);
    tcase_add_loop_test(tc, a_stream_that_fails_bounces_what_waited_for_it, 0, sizeof failures / sizeof failures[0]);
    tcase_add_loop_test(tc, what_cannot_be_routed_is_bounced_or_dropped_by_its_kind, 0,
                        sizeof unrouted / sizeof unrouted[0]);
    tcase_add_test(tc, an_answer_that_cannot_be_routed_is_dropped);
    tcase_add_test(tc, an_answer_waits_for_its_stream_with_its_own_addresses);
    tcase_add_test(tc, a_bounce_for_a_client_that_has_left_is_dropped);
    tcase_add_test(tc, a_full_queue_refuses_what_comes_then);
    tcase_add_test(tc, inter_domain_routing_can_be_barred);
    tcase_add_test(tc, a_bare_jid_gets_a_resourcepart_of_the_routers_making);
    tcase_add_test(tc, a_taken_resourcepart_is_replaced_by_a_generated_one);
    tcase_add_test(tc, a_taken_resourcepart_can_be_refused);
    tcase_add_test(tc, a_taken_resourcepart_can_end_the_older_stream);
    tcase_add_test(tc, an_account_has_a_limit_of_resources);
    tcase_add_test(tc, only_accounts_can_bind);
    tcase_add_test(tc, a_contact_is_set_once_and_not_to_oneself);
    tcase_add_test(tc, a_contact_has_one_of_the_nine_states_of_appendix_a);
    tcase_add_test(tc, hundreds_of_contacts_are_all_found_again);
    tcase_add_test(tc, only_a_message_with_a_sender_can_be_put_into_the_store);
    tcase_add_test(tc, a_stored_message_comes_with_the_time_of_storing);
    tcase_add_test(tc, a_router_needs_distinct_and_well_formed_domains);
    tcase_add_test(tc, an_account_belongs_to_a_served_domain_and_exists_once);
    tcase_add_test(tc, events_that_a_stream_cannot_have_are_refused);
    tcase_add_test(tc, facts_name_resources_roster_and_store);
    tcase_add_test(tc, memory_may_run_out_at_any_allocation);
    suite_add_tcase(suite, tc);
    return suite;
}
