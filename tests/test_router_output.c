/* The form of what goes out: copies of what came, errors, stream errors. */
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *router_output_suite(void);

/* ---- copies ---- */

START_TEST(a_copy_keeps_attributes_and_content_as_they_were_written) {
    ck_assert_str_eq(
        send_as(romeo,
                "<message xml:lang=\"it\" to='juliet@capulet.example/balcony' x='&quot;&lt;'\r\n\tid=\"m'1\" "
                "type = 'chat' ><body>a &amp; b</body><x xmlns='urn:x'><![CDATA[<]]></x></message>",
                BYTES),
        "deliver to juliet@capulet.example/balcony by msg.full.chat.match: <message "
        "from='romeo@montague.example/orchard' xml:lang=\"it\" to='juliet@capulet.example/balcony' "
        "x='&quot;&lt;' id=\"m'1\" type='chat'><body>a &amp; b</body><x xmlns='urn:x'><![CDATA[<]]></x>"
        "</message>\n");
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
    const uint32_t port = bind_as("romeo@montague.example/<'&\">");
    ck_assert_str_eq(send_as(port, "<message to='juliet@capulet.example/balcony' type='chat'/>", BYTES),
                     "deliver to juliet@capulet.example/balcony by msg.full.chat.match: <message "
                     "from='romeo@montague.example/&lt;&apos;&amp;\"&gt;' to='juliet@capulet.example/balcony' "
                     "type='chat'/>\n");
}
END_TEST

/* 6120 4.8.3: children that say the client stream's namespace belong to the server stream's on the way out. */
START_TEST(children_in_the_content_namespace_move_to_that_of_the_other_stream) {
    ck_assert_int_eq(
        router_link(router, (input(romeo, "<message to='verona.example'/>"), opened()), ROUTER_LINK_READY, 0),
        ROUTER_OK);
    ck_assert_str_eq(send_as(romeo,
                             "<message to='a@verona.example'><body a='1' xmlns='jabber:client' b='>'>x</body>"
                             "<x xmlns='urn:x'/><subject xmlns=\"jabber:client\"/><thread>1</thread>"
                             "<y xmlns='urn:x'><body xmlns='jabber:client'/></y></message>",
                             BYTES),
                     "route to a@verona.example by s2s.route: <message from='romeo@montague.example/orchard' "
                     "to='a@verona.example'><body a='1' b='>'>x</body><x xmlns='urn:x'/><subject/><thread>1</thread>"
                     "<y xmlns='urn:x'><body xmlns='jabber:client'/></y></message>\n");
}
END_TEST

START_TEST(a_malformed_address_is_passed_on_to_the_server_that_it_concerns) {
    /* 6120 8.3.3.8: a localpart is for its own server to judge */
    ck_assert_str_eq(send_as(romeo, "<message to='a b@verona.example'/>", FATES),
                     "open to verona.example\nroute to a b@verona.example by s2s.route\n");
    knob("addr.remote-check", "bounce");
    ck_assert_str_eq(send_as(romeo, "<message to='a b@verona.example'/>", FATES),
                     "bounce jid-malformed to romeo@montague.example/orchard by in.to.malformed\n");
}
END_TEST

START_TEST(a_to_can_be_written_in_its_prepared_form) {
    knob("addr.canon-to", "canonical");
    ck_assert_str_eq(send_as(romeo, "<message to='JULIET@Capulet.Example./balcony'/>", BYTES),
                     "deliver to juliet@capulet.example/balcony by msg.full.normal.match: <message "
                     "from='romeo@montague.example/orchard' to='juliet@capulet.example/balcony'/>\n");
}
END_TEST

/* ---- errors ---- */

START_TEST(an_error_has_the_form_of_rfc_6120_8_3) {
    ck_assert_str_eq(
        send_as(romeo, "<iq id='q' type='get' to='juliet@capulet.example/gone'><x xmlns='urn:x'/></iq>", BYTES),
        "bounce service-unavailable to romeo@montague.example/orchard by iq.full.nomatch: "
        "<iq type='error' id='q' to='romeo@montague.example/orchard' from='juliet@capulet.example/gone'>"
        "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
        "</iq>\n");
}
END_TEST

START_TEST(the_id_of_an_error_is_escaped) {
    const char *seen = send_as(romeo, "<message id=\"&lt;&amp;'&gt;&quot;\" to='capulet.example'/>", BYTES);
    ck_assert_msg(strstr(seen, "<message type='error' id='&lt;&amp;&apos;&gt;\"' to=") != NULL, "%s", seen);
}
END_TEST

/* 6120 8.1.3: the same id, as a reader of XML understands it: a line end that stands in it for itself would be read as
 * a space. */
START_TEST(the_id_of_an_error_keeps_line_ends_that_were_references) {
    const char *seen = send_as(romeo, "<message id='a&#9;b&#10;c&#13;d' to='capulet.example'/>", BYTES);
    ck_assert_msg(strstr(seen, "<message type='error' id='a&#9;b&#10;c&#13;d' to=") != NULL, "%s", seen);
}
END_TEST

START_TEST(an_error_can_hold_the_payload_and_name_its_maker) {
    knob("err.payload", "on");
    knob("err.by", "on");
    ck_assert_str_eq(send_as(romeo, "<message to='capulet.example'><body>x</body></message>", BYTES),
                     "bounce service-unavailable to romeo@montague.example/orchard by dom.msg: <message type='error' "
                     "to='romeo@montague.example/orchard' from='capulet.example'><body>x</body><error type='cancel' "
                     "by='capulet.example'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
                     "</message>\n");
    ck_assert_int_eq(input(romeo, "<message to='capulet.example'/>"), ROUTER_OK);
    ck_assert(has_mark("err.payload"));
    ck_assert_int_eq(input(romeo, "<message to='capulet.example'/>"), ROUTER_OK);
    ck_assert(has_mark("err.by"));
}
END_TEST

/* 6120 8.3.1: a stanza that is too large is refused, not sent back. */
START_TEST(an_error_about_a_large_stanza_holds_nothing_of_it) {
    static char text[10200] = "<message id='big' to='juliet@capulet.example'><body>";
    struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_CLIENT, ROUTER_STANZA_SIZE_MIN);
    struct stanza st;
    knob("err.payload", "on");
    memset(text + strlen(text), 'x', 10000);
    strcat(text, "</body></message>");
    ck_assert_int_eq(stanza_reader_feed(reader, s(text)), ROUTER_OK);
    ck_assert_int_eq(stanza_reader_next(reader, &st), STANZA_READY);
    ck_assert_int_eq(router_input(router, romeo, &st, 0), ROUTER_OK);
    ck_assert_str_eq(
        effects(BYTES),
        "bounce policy-violation to romeo@montague.example/orchard by in.size.limit: <message type='error' "
        "id='big' to='romeo@montague.example/orchard' from='juliet@capulet.example'><error type='modify'>"
        "<policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>\n");
    ck_assert_int_eq(router_input(router, romeo, &st, 0), ROUTER_OK);
    ck_assert(!has_mark("err.payload"));
    stanza_reader_free(reader);
}
END_TEST

START_TEST(an_error_without_a_to_to_answer_for_can_come_from_the_account) {
    const char *const xml = "<iq id='1' type='get'><x xmlns='urn:x'/></iq>";
    ck_assert_lacks(send_as(romeo, xml, BYTES), "from=");
    knob("gen.account-from", "bare");
    ck_assert_has(send_as(romeo, xml, BYTES), " from='romeo@montague.example'>");
}
END_TEST

static const struct {
    const char *knob, *from;
} malformed[] = {
    {"domain", " from='montague.example'>"},
    {"omit", " to='romeo@montague.example/orchard'><error"},
    {"echo", " from='a b@capulet.example'>"},
};

START_TEST(an_error_about_a_malformed_to_does_not_have_to_repeat_it) {
    knob("err.malformed-from", malformed[_i].knob);
    const char *seen = send_as(romeo, "<message to='a b@capulet.example'/>", BYTES);
    ck_assert_has(seen, "bounce jid-malformed to romeo@montague.example/orchard by in.to.malformed");
    ck_assert_msg(strstr(seen, malformed[_i].from) != NULL, "%s", seen);
}
END_TEST

/* ---- stream errors ---- */

START_TEST(a_stream_error_closes_the_stream) {
    ck_assert_str_eq(
        send_as(romeo, "<x xmlns='urn:x'/>", BYTES),
        "close unsupported-stanza-type to romeo@montague.example/orchard by in.elem.unknown: <stream:error>"
        "<unsupported-stanza-type xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
        "</stream:stream>\n");
    struct stanza st = {.kind = STANZA_NORMAL};
    ck_assert_int_eq(router_input(router, romeo, &st, 0), ROUTER_E_UNKNOWN);
}
END_TEST

struct xml_fault_case {
    enum stanza_fault fault;
    const char *knob, *value, *condition, *rule;
};

static const struct xml_fault_case xml_faults[] = {
    {STANZA_FAULT_ILLFORMED, NULL, NULL, "not-well-formed", "in.xml.illformed"},
    {STANZA_FAULT_NS_ILLFORMED, NULL, NULL, "not-well-formed", "in.xml.nsillformed"},
    {STANZA_FAULT_RESTRICTED, NULL, NULL, "restricted-xml", "in.xml.restricted"},
    {STANZA_FAULT_RESTRICTED, "xml.restricted", "bad-format", "bad-format", "in.xml.restricted"},
    {STANZA_FAULT_ENCODING, NULL, NULL, "unsupported-encoding", "in.xml.encoding"},
    {STANZA_FAULT_ENCODING, "xml.encoding", "bad-format", "bad-format", "in.xml.encoding"},
};

START_TEST(a_fault_of_xml_closes_the_stream) {
    const struct xml_fault_case *c = &xml_faults[_i];
    char expected[200];
    if (c->knob != NULL)
        knob(c->knob, c->value);
    ck_assert_int_eq(router_fault(router, romeo, c->fault, 0), ROUTER_OK);
    snprintf(expected, sizeof expected, "close %s to romeo@montague.example/orchard by %s\n", c->condition, c->rule);
    ck_assert_str_eq(effects(FATES), expected);
    ck_assert_int_eq(router_link(router, romeo, ROUTER_LINK_CLOSED, 0), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(a_fault_of_a_peers_xml_closes_its_stream) {
    const uint32_t port = peer();
    ck_assert_int_eq(router_fault(router, port, STANZA_FAULT_ILLFORMED, 0), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "close not-well-formed to verona.example by in.xml.illformed\n");
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_CLOSED, 0), ROUTER_E_UNKNOWN);
}
END_TEST

/* ---- whatever a caller hands over ---- */

/* A stanza need not come from a stanza_reader. Views that were cut off anywhere must not be read past. */
START_TEST(a_stanza_is_read_only_as_far_as_its_views_go) {
    static const char start[] = "<message  id = 'a&lt;' to=\"juliet@capulet.example/balcony\" xml:lang='en'>";
    for (size_t size = 0; size < sizeof start; size++) {
        char exact[sizeof start]; /* the text ends where the array does, so that one octet more is seen */
        char *text = exact + sizeof exact - size;
        memcpy(text, start, size);
        const struct stanza st = {
            .kind = STANZA_NORMAL, .has_to = true, .to = s("juliet@capulet.example/balcony"), .start = {text, size}};
        ck_assert_int_eq(router_input(router, romeo, &st, 0), ROUTER_OK);
        ck_assert_uint_eq(occurrences(effects(FATES), "deliver to juliet@capulet.example/balcony"), 1);
    }
}
END_TEST

Suite *router_output_suite(void) {
    Suite *suite = suite_create("router_output");
    TCase *tc = tcase_create("output");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    tcase_add_test(tc, a_copy_keeps_attributes_and_content_as_they_were_written);
    tcase_add_test(tc, a_false_from_and_the_stream_namespace_are_not_passed_on);
    tcase_add_test(tc, an_address_with_markup_characters_is_escaped);
    tcase_add_test(tc, children_in_the_content_namespace_move_to_that_of_the_other_stream);
    tcase_add_test(tc, a_malformed_address_is_passed_on_to_the_server_that_it_concerns);
    tcase_add_test(tc, a_to_can_be_written_in_its_prepared_form);
    tcase_add_test(tc, an_error_has_the_form_of_rfc_6120_8_3);
    tcase_add_test(tc, the_id_of_an_error_is_escaped);
    tcase_add_test(tc, the_id_of_an_error_keeps_line_ends_that_were_references);
    tcase_add_test(tc, an_error_can_hold_the_payload_and_name_its_maker);
    tcase_add_test(tc, an_error_about_a_large_stanza_holds_nothing_of_it);
    tcase_add_test(tc, an_error_without_a_to_to_answer_for_can_come_from_the_account);
    tcase_add_loop_test(tc, an_error_about_a_malformed_to_does_not_have_to_repeat_it, 0,
                        sizeof malformed / sizeof malformed[0]);
    tcase_add_test(tc, a_stream_error_closes_the_stream);
    tcase_add_loop_test(tc, a_fault_of_xml_closes_the_stream, 0, sizeof xml_faults / sizeof xml_faults[0]);
    tcase_add_test(tc, a_fault_of_a_peers_xml_closes_its_stream);
    tcase_add_test(tc, a_stanza_is_read_only_as_far_as_its_views_go);
    suite_add_tcase(suite, tc);
    return suite;
}
