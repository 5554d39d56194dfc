/* What a recording proxy lets pass between client and server, what it takes out, and what it understands of it. */
#include "live_recorder_harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *live_follow_suite(void);

#define CLIENT_HEADER HEADER("to='montague.example'")
#define SERVER_HEADER HEADER("id='s1' from='montague.example'")

/* -------------------------------------------------------------------------------------------------- passing on ---- */

START_TEST(octets_pass_as_they_are) {
    static const char *const pieces[] = {
        CLIENT_HEADER,
        " \n",
        "<auth xmlns='" SASL "'>x</auth>",
        "<iq  id = \"a\"\ttype='get' ><a xmlns='b'  /></iq >",
        "<message><body>&amp;&#x20AC;&lt; <![CDATA[<x>]]></body></message>",
        "\n</stream:stream>",
    };
    struct live_follow *wire = wire_new();
    char all[2000] = "";
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        up(wire, pieces[i]);
        strcat(all, pieces[i]);
    }
    ck_assert_str_eq(to_server(wire), all);
    ck_assert_str_eq(to_client(wire), "");
    ck_assert_str_eq(recording_notices(), "");
    live_follow_free(wire);
}
END_TEST

START_TEST(octets_may_come_one_by_one) {
    static const char text[] =
        SERVER_HEADER "<stream:features>" MECHANISMS "<starttls xmlns='" TLS "'/></stream:features>";
    struct live_follow *wire = wire_new();
    for (size_t i = 0; i < sizeof text - 1; i++) {
        down(wire, (const char[]){text[i], '\0'});
    }
    ck_assert_str_eq(to_client(wire), SERVER_HEADER "<stream:features>" MECHANISMS "</stream:features>");
    live_follow_free(wire);
}
END_TEST

START_TEST(a_keepalive_passes_at_once) {
    struct live_follow *wire = log_in("romeo@montague.example", "orchard", NULL);
    forget(wire);
    up(wire, " ");
    ck_assert_str_eq(to_server(wire), " ");
    down(wire, "\n");
    ck_assert_str_eq(to_client(wire), "\n");
    live_follow_free(wire);
}
END_TEST

START_TEST(the_domain_is_what_the_client_says) {
    struct live_follow *wire = wire_new();
    ck_assert_ptr_null(live_follow_domain(wire));
    up(wire, CLIENT_HEADER);
    ck_assert_str_eq(live_follow_domain(wire), "montague.example");
    live_follow_free(wire);
}
END_TEST

START_TEST(a_client_that_names_no_domain_has_an_empty_one) {
    struct live_follow *wire = wire_new();
    up(wire, HEADER(""));
    ck_assert_str_eq(live_follow_domain(wire), "");
    live_follow_free(wire);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- features ---- */

START_TEST(what_would_hide_the_conversation_is_taken_out_of_the_offer) {
    struct live_follow *wire = wire_new();
    up(wire, CLIENT_HEADER);
    down(wire, SERVER_HEADER);
    forget(wire);
    down(wire, "<stream:features>"
               "<starttls xmlns='" TLS "'/>" MECHANISMS
               "<compression xmlns='http://jabber.org/features/compress'><method>zlib</method></compression>"
               "<sm xmlns='urn:xmpp:sm:2'/><sm xmlns='urn:xmpp:sm:3'><optional/></sm>"
               "<csi xmlns='urn:xmpp:csi:0'/><authentication xmlns='urn:xmpp:sasl:2'><mechanism>PLAIN</mechanism>"
               "</authentication><auth xmlns='http://jabber.org/features/iq-auth'/>"
               "<register xmlns='http://jabber.org/features/iq-register'/><ver xmlns='urn:xmpp:features:rosterver'/>"
               "</stream:features>");
    ck_assert_str_eq(to_client(wire),
                     "<stream:features>" MECHANISMS "<register xmlns='http://jabber.org/features/iq-register'/>"
                     "<ver xmlns='urn:xmpp:features:rosterver'/></stream:features>");
    live_follow_free(wire);
}
END_TEST

START_TEST(a_name_alone_does_not_make_a_feature) {
    static const char features[] =
        "<stream:features>" MECHANISMS "<starttls xmlns='urn:example:other'/><x xmlns='" TLS "'/></stream:features>";
    struct live_follow *wire = wire_new();
    down(wire, SERVER_HEADER);
    forget(wire);
    down(wire, features);
    ck_assert_str_eq(to_client(wire), features);
    live_follow_free(wire);
}
END_TEST

START_TEST(a_server_that_demands_tls_is_named) {
    struct live_follow *wire = wire_new();
    up(wire, CLIENT_HEADER);
    down(wire, SERVER_HEADER);
    forget(wire);
    down(wire, "<stream:features><starttls xmlns='" TLS "'><required/></starttls></stream:features>");
    ck_assert_ptr_nonnull(strstr(recording_notices(), "the server demands TLS of clients of montague.example"));
    ck_assert_ptr_nonnull(strstr(to_client(wire), "<policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"));
    ck_assert_ptr_null(strstr(to_client(wire), "starttls"));
    ck_assert(live_follow_over(wire));
    live_follow_free(wire);
}
END_TEST

START_TEST(a_server_that_demands_tls_only_when_asked_is_named_too) {
    struct live_follow *wire = wire_new();
    up(wire, CLIENT_HEADER);
    down(wire, SERVER_HEADER "<stream:features><starttls xmlns='" TLS "'/>" MECHANISMS "</stream:features>");
    up(wire, "<auth xmlns='" SASL "' mechanism='PLAIN'>" PASSWORD_OCTETS "</auth>");
    down(wire, "<failure xmlns='" SASL "'><encryption-required/></failure>");
    ck_assert_ptr_nonnull(strstr(recording_notices(), "the server demands TLS of clients of montague.example"));
    ck_assert(live_follow_over(wire));
    live_follow_free(wire);
}
END_TEST

START_TEST(a_client_that_asks_for_tls_all_the_same_is_refused) {
    struct live_follow *wire = wire_new();
    up(wire, CLIENT_HEADER);
    down(wire, SERVER_HEADER "<stream:features>" MECHANISMS "</stream:features>");
    forget(wire);
    up(wire, "<starttls xmlns='" TLS "'/>");
    ck_assert_str_eq(to_server(wire), "");
    ck_assert_str_eq(to_client(wire), "<failure xmlns='" TLS "'/></stream:stream>");
    ck_assert_ptr_nonnull(strstr(recording_notices(), "asks for TLS"));
    ck_assert(live_follow_over(wire));
    live_follow_free(wire);
}
END_TEST

START_TEST(a_client_that_begins_with_tls_is_refused_without_a_word) {
    struct live_follow *wire = wire_new();
    up(wire, "\x16\x03\x01");
    ck_assert_str_eq(to_server(wire), "");
    ck_assert_str_eq(to_client(wire), "");
    ck_assert_ptr_nonnull(strstr(recording_notices(), "begins with TLS"));
    ck_assert(live_follow_over(wire));
    live_follow_free(wire);
}
END_TEST

START_TEST(compression_is_refused_and_the_stream_goes_on) {
    struct live_follow *wire = log_in("romeo@montague.example", "orchard", NULL);
    forget(wire);
    up(wire, "<compress xmlns='http://jabber.org/protocol/compress'><method>zlib</method></compress><presence/>");
    ck_assert_str_eq(to_server(wire), "<presence/>");
    ck_assert_ptr_nonnull(strstr(to_client(wire), "<setup-failed/>"));
    ck_assert(!live_follow_over(wire));
    live_follow_free(wire);
}
END_TEST

START_TEST(a_refusal_before_any_stream_has_a_header_of_its_own) {
    struct live_follow *wire = wire_new();
    up(wire, HEADER("to='verona&amp;co.example'"));
    live_follow_refuse(wire, "host-unknown", "nobody serves it");
    ck_assert_ptr_eq(strstr(to_client(wire), "<?xml"), to_client(wire));
    ck_assert_ptr_nonnull(strstr(to_client(wire), "from='verona&amp;co.example'"));
    ck_assert_ptr_nonnull(strstr(to_client(wire), "<host-unknown "));
    ck_assert_str_eq(recording_notices(), "nobody serves it\n");
    live_follow_free(wire);
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- binding ---- */

START_TEST(nothing_is_written_down_before_a_resource_is_bound) {
    struct live_follow *wire = wire_new();
    authenticate(wire, "montague.example");
    up(wire, "<iq id='q1' type='get'><query xmlns='jabber:iq:register'/></iq>");
    down(wire, "<iq id='q1' type='result'/>");
    ck_assert_uint_eq(live_recorder_clients(recording()), 0);
    size_t size;
    ck_assert_ptr_null(live_recorder_text(recording(), "prosody", &size));
    ck_assert_uint_eq(size, 0);
    bind_resource(wire, "romeo@montague.example", "orchard", NULL);
    ck_assert_uint_eq(live_recorder_clients(recording()), 1);
    ck_assert_uint_eq(live_recorder_stanzas(recording()), 0);
    expect_none("q1");
    expect_none(PASSWORD_OCTETS);
    expect_none("auth");
    live_follow_free(wire);
}
END_TEST

START_TEST(what_a_client_sends_with_its_request_to_bind_counts) {
    struct live_follow *wire = wire_new();
    authenticate(wire, "montague.example");
    up(wire, "<iq id='b1' type='set'><bind xmlns='" BIND "'/></iq><presence id='p1'/>");
    ck_assert_uint_eq(live_recorder_stanzas(recording()), 0);
    down(wire, "<iq id='b1' type='result'><bind xmlns='" BIND "'><jid>romeo@montague.example/x</jid></bind></iq>");
    expect_part("Romeo connects\n\nRomeo sends:\n\t<presence id=\"p1\"/>\n");
    live_follow_free(wire);
}
END_TEST

START_TEST(a_client_may_try_again_when_a_resource_is_refused) {
    struct live_follow *wire = wire_new();
    authenticate(wire, "montague.example");
    up(wire, "<iq id='b1' type='set'><bind xmlns='" BIND "'><resource>orchard</resource></bind></iq>");
    down(wire, "<iq id='b1' type='error'><error type='cancel'><conflict/></error></iq>");
    ck_assert_uint_eq(live_recorder_clients(recording()), 0);
    bind_resource(wire, "romeo@montague.example", "garden", NULL);
    expect_part("jid: romeo@montague.example/garden\n");
    live_follow_free(wire);
}
END_TEST

START_TEST(what_a_client_sends_with_a_request_that_is_refused_does_not_count) {
    struct live_follow *wire = wire_new();
    authenticate(wire, "montague.example");
    up(wire, "<iq id='b1' type='set'><bind xmlns='" BIND "'><resource>orchard</resource></bind></iq><presence id='p1'/>");
    down(wire, "<iq id='b1' type='error'><error type='cancel'><conflict/></error></iq>");
    bind_resource(wire, "romeo@montague.example", "garden", NULL);
    up(wire, "<presence id='p2'/>");
    expect_part("Romeo connects\n\nRomeo sends:\n\t<presence id=\"p2\"/>\n");
    ck_assert_uint_eq(live_recorder_stanzas(recording()), 1);
    live_follow_free(wire);
}
END_TEST

START_TEST(a_resource_that_the_server_changed_is_not_the_clients) {
    struct live_follow *wire = wire_new();
    authenticate(wire, "montague.example");
    up(wire, "<iq id='b1' type='set'><bind xmlns='" BIND "'><resource>orchard</resource></bind></iq>");
    down(wire,
         "<iq id='b1' type='result'><bind xmlns='" BIND "'><jid>romeo@montague.example/orchard7f3a</jid></bind></iq>");
    expect_part("\tjid: romeo@montague.example\n");
    live_follow_free(wire);
}
END_TEST

START_TEST(opening_a_session_is_a_part_of_logging_in) {
    struct live_follow *wire = log_in("romeo@montague.example", "orchard", NULL);
    up(wire, "<iq id='s1' type='set'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>");
    down(wire, "<iq id='s1' type='result'/>");
    ck_assert_uint_eq(live_recorder_stanzas(recording()), 0);
    live_follow_free(wire);
}
END_TEST

START_TEST(an_account_that_no_scenario_can_name_is_passed_on_and_said) {
    struct live_follow *wire = log_in("ro${me}o@montague.example", "orchard", NULL);
    ck_assert_uint_eq(live_recorder_clients(recording()), 0);
    ck_assert_ptr_nonnull(strstr(recording_notices(), "it is not written down"));
    forget(wire);
    up(wire, "<presence/>");
    ck_assert_str_eq(to_server(wire), "<presence/>");
    live_follow_free(wire);
}
END_TEST

/* ------------------------------------------------------------------------------------------------- bad streams ---- */

START_TEST(what_is_not_well_formed_passes_and_is_noted) {
    struct live_follow *wire = log_in("romeo@montague.example", "orchard", NULL);
    forget(wire);
    up(wire, "<presence/><message><body>x</bodi></message>");
    up(wire, "<presence id='later'/>");
    ck_assert_str_eq(to_server(wire), "<presence/><message><body>x</bodi></message><presence id='later'/>");
    ck_assert_ptr_nonnull(strstr(recording_notices(), "romeo@montague.example"));
    ck_assert_ptr_nonnull(strstr(recording_notices(), "no XML stream"));
    expect_part("\t<presence/>\n\n# Romeo sent what is not well-formed.\n");
    expect_none("later");
    down(wire, "<stream:error><not-well-formed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
    expect_part("# The server ended the stream of Romeo: not-well-formed.\n");
    expect_readable();
    live_follow_free(wire);
}
END_TEST

START_TEST(a_dtd_is_no_stream) {
    struct live_follow *wire = wire_new();
    up(wire, "<!DOCTYPE a [<!ENTITY b 'c'>]>" CLIENT_HEADER);
    ck_assert_str_eq(recording_notices(), "a client begins with what is no XML stream: it holds a DTD\n");
    ck_assert_ptr_null(live_follow_domain(wire));
    ck_assert_ptr_nonnull(strstr(to_client(wire), "<not-well-formed "));
    ck_assert(live_follow_over(wire));
    live_follow_free(wire);
}
END_TEST

START_TEST(elements_nested_too_deep_pass_and_are_noted) {
    enum { DEPTH = 5000 };
    struct live_follow *wire = log_in("romeo@montague.example", "orchard", NULL);
    char *text = malloc(7 * DEPTH + 100);
    ck_assert_ptr_nonnull(text);
    char *end = text + sprintf(text, "<message>");
    for (int i = 0; i < DEPTH; i++) {
        end += sprintf(end, "<a>");
    }
    for (int i = 0; i < DEPTH; i++) {
        end += sprintf(end, "</a>");
    }
    sprintf(end, "</message>");
    forget(wire);
    up(wire, text);
    ck_assert_str_eq(to_server(wire), text);
    down(wire, text);
    ck_assert_str_eq(to_client(wire), text);
    expect_part("# Romeo sent a stanza whose elements are nested deeper than can be written down.\n");
    expect_part("# Romeo got a stanza whose elements are nested deeper than can be written down.\n");
    up(wire, "<presence/>");
    expect_part("Romeo sends:\n\t<presence/>\n");
    expect_readable();
    free(text);
    live_follow_free(wire);
}
END_TEST

START_TEST(an_element_without_end_is_passed_on_when_it_is_too_large) {
    enum { SIZE = LIVE_TAP_SIZE_MAX + 10 };
    struct live_follow *wire = log_in("romeo@montague.example", "orchard", NULL);
    char *text = malloc(SIZE + 1);
    ck_assert_ptr_nonnull(text);
    memset(text, 'x', SIZE);
    memcpy(text, "<message>", 9);
    text[SIZE] = '\0';
    forget(wire);
    up(wire, text);
    ck_assert_uint_eq(live_follow_out(wire, true)->size, SIZE);
    ck_assert_ptr_nonnull(strstr(recording_notices(), "more than 1 MiB"));
    free(text);
    live_follow_free(wire);
}
END_TEST

START_TEST(broken_octets_of_a_server_pass_too) {
    struct live_follow *wire = log_in("romeo@montague.example", "orchard", NULL);
    forget(wire);
    down(wire, "</nothing>\xff");
    ck_assert_str_eq(to_client(wire), "</nothing>\xff");
    expect_part("# Romeo got what is not well-formed.\n");
    live_follow_free(wire);
}
END_TEST

/* Whatever comes, nothing breaks, and what is written down can be read. */
START_TEST(sessions_that_were_garbled_are_still_scenarios) {
    static const char session[] =
        "<presence id='a'><show>away</show></presence><message to='juliet@capulet.example' id='m'><body>x ${y} &amp; "
        "z</body>"
        "<x xmlns='jabber:x:data'><field var='password'><value>1</value></field></x></message>"
        "<iq type='result' id='push1' xml:lang='en'><query xmlns='jabber:iq:roster' ver='12'><item "
        "jid='a@b'/></query></iq>"
        "<presence type='subscribe' to='a@b.example/c' from='d@e'/></stream:stream>";
    static const char noise[] = "<>/='\" \n&;${}:@a1\x80\xc3\xa9\x01!";
    unsigned seed = 7;
    for (int round = 0; round < 400; round++) {
        struct live_follow *romeo = log_in("romeo@montague.example", round % 2 == 0 ? "orchard" : NULL, "f00");
        char text[sizeof session];
        memcpy(text, session, sizeof session);
        for (int i = 0; i < round % 5; i++) {
            seed = seed * 1103515245u + 12345u;
            const size_t place = (seed >> 8) % (sizeof session - 1);
            seed = seed * 1103515245u + 12345u;
            text[place] = noise[(seed >> 8) % (sizeof noise - 1)];
        }
        up(romeo, text);
        down(romeo, text);
        live_follow_end(romeo, round % 3 == 0);
        live_follow_free(romeo);
    }
    expect_readable();
}
END_TEST

Suite *live_follow_suite(void) {
    Suite *suite = suite_create("live_follow");
    TCase *tcase = tcase_create("live_follow");
    tcase_add_checked_fixture(tcase, recording_begin, recording_end);
    tcase_add_test(tcase, octets_pass_as_they_are);
    tcase_add_test(tcase, octets_may_come_one_by_one);
    tcase_add_test(tcase, a_keepalive_passes_at_once);
    tcase_add_test(tcase, the_domain_is_what_the_client_says);
    tcase_add_test(tcase, a_client_that_names_no_domain_has_an_empty_one);
    tcase_add_test(tcase, what_would_hide_the_conversation_is_taken_out_of_the_offer);
    tcase_add_test(tcase, a_name_alone_does_not_make_a_feature);
    tcase_add_test(tcase, a_server_that_demands_tls_is_named);
    tcase_add_test(tcase, a_server_that_demands_tls_only_when_asked_is_named_too);
    tcase_add_test(tcase, a_client_that_asks_for_tls_all_the_same_is_refused);
    tcase_add_test(tcase, a_client_that_begins_with_tls_is_refused_without_a_word);
    tcase_add_test(tcase, compression_is_refused_and_the_stream_goes_on);
    tcase_add_test(tcase, a_refusal_before_any_stream_has_a_header_of_its_own);
    tcase_add_test(tcase, nothing_is_written_down_before_a_resource_is_bound);
    tcase_add_test(tcase, what_a_client_sends_with_its_request_to_bind_counts);
    tcase_add_test(tcase, what_a_client_sends_with_a_request_that_is_refused_does_not_count);
    tcase_add_test(tcase, a_client_may_try_again_when_a_resource_is_refused);
    tcase_add_test(tcase, a_resource_that_the_server_changed_is_not_the_clients);
    tcase_add_test(tcase, opening_a_session_is_a_part_of_logging_in);
    tcase_add_test(tcase, an_account_that_no_scenario_can_name_is_passed_on_and_said);
    tcase_add_test(tcase, what_is_not_well_formed_passes_and_is_noted);
    tcase_add_test(tcase, a_dtd_is_no_stream);
    tcase_add_test(tcase, elements_nested_too_deep_pass_and_are_noted);
    tcase_add_test(tcase, an_element_without_end_is_passed_on_when_it_is_too_large);
    tcase_add_test(tcase, broken_octets_of_a_server_pass_too);
    tcase_add_test(tcase, sessions_that_were_garbled_are_still_scenarios);
    suite_add_tcase(suite, tcase);
    return suite;
}
