/* What becomes of ids, addresses, texts and the order of stanzas when a session is written down. */
#include "live_recorder_harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *live_recorder_values_suite(void);

static struct live_follow *romeo, *juliet;

static void begin(void) {
    recording_begin();
    romeo = log_in("romeo@montague.example", "orchard", NULL);
    juliet = log_in("juliet@capulet.example", "balcony", NULL);
}

static void end(void) {
    live_follow_free(romeo);
    live_follow_free(juliet);
    recording_end();
}

/* --------------------------------------------------------------------------------------------------------- ids ---- */

START_TEST(ids_that_clients_sent_stay) {
    up(romeo, "<iq id='q1' type='get' to='juliet@capulet.example/balcony'><ping xmlns='urn:xmpp:ping'/></iq>");
    down(juliet, "<iq id='q1' type='get' from='romeo@montague.example/orchard' to='juliet@capulet.example/balcony'>"
                 "<ping xmlns='urn:xmpp:ping'/></iq>");
    up(juliet, "<iq id='q1' type='result' to='romeo@montague.example/orchard'/>");
    down(romeo,
         "<iq id='q1' type='result' from='juliet@capulet.example/balcony' to='romeo@montague.example/orchard'/>");
    expect_actions("\n"
                   "Romeo connects\n"
                   "Juliet connects\n"
                   "\n"
                   "Romeo sends:\n"
                   "\t<iq id=\"q1\" to=\"${Juliet's full JID}\" type=\"get\"><ping xmlns=\"urn:xmpp:ping\"/></iq>\n"
                   "\n"
                   "Juliet receives:\n"
                   "\t<iq id=\"q1\" from=\"${Romeo's full JID}\" to=\"${Juliet's full JID}\" type=\"get\">\n"
                   "\t\t<ping xmlns=\"urn:xmpp:ping\"/>\n"
                   "\t</iq>\n"
                   "\n"
                   "Juliet sends:\n"
                   "\t<iq id=\"q1\" to=\"${Romeo's full JID}\" type=\"result\"/>\n"
                   "\n"
                   "Romeo receives:\n"
                   "\t<iq id=\"q1\" from=\"${Juliet's full JID}\" to=\"${Romeo's full JID}\" type=\"result\"/>\n");
    expect_readable();
}
END_TEST

START_TEST(ids_that_the_server_made_are_any) {
    down(romeo, "<message id='x' from='montague.example'><body>Welcome</body></message>");
    expect_part("\t<message id=\"{scansion:any}\" from=\"montague.example\"><body>Welcome</body></message>\n");
    expect_readable();
}
END_TEST

START_TEST(ids_that_the_server_made_and_a_client_answers_are_captured) {
    down(romeo, "<iq id='p77' type='get' from='montague.example'><ping xmlns='urn:xmpp:ping'/></iq>");
    up(romeo, "<iq id='p77' type='result' to='montague.example'/>");
    expect_part("\t<iq id=\"{scansion:capture:id1}\" from=\"montague.example\" type=\"get\">");
    expect_part("\t<iq id=\"${id1}\" to=\"montague.example\" type=\"result\"/>\n");
    expect_readable();
}
END_TEST

START_TEST(an_id_that_the_server_uses_again_is_captured_again) {
    for (int i = 0; i < 2; i++) {
        down(romeo, "<iq id='push' type='set'><query xmlns='" ROSTER "'/></iq>");
        up(romeo, "<iq id='push' type='result'/>");
    }
    expect_part("{scansion:capture:push1}");
    expect_part("<iq id=\"${push1}\" type=\"result\"/>");
    expect_part("{scansion:capture:push2}");
    expect_part("<iq id=\"${push2}\" type=\"result\"/>");
    expect_readable();
}
END_TEST

START_TEST(one_id_for_two_clients_is_captured_for_each) {
    down(romeo, "<iq id='push' type='set'><query xmlns='" ROSTER "'/></iq>");
    down(juliet, "<iq id='push' type='set'><query xmlns='" ROSTER "'/></iq>");
    up(juliet, "<iq id='push' type='result'/>");
    up(romeo, "<iq id='push' type='result'/>");
    expect_part("Juliet sends:\n\t<iq id=\"${push2}\" type=\"result\"/>\n\nRomeo sends:\n\t<iq id=\"${push1}\"");
    expect_readable();
}
END_TEST

START_TEST(a_value_that_a_client_gives_back_later_is_captured) {
    up(romeo, "<iq id='c1' type='set' to='montague.example'><command xmlns='http://jabber.org/protocol/commands' "
              "node='list' action='execute'/></iq>");
    down(romeo,
         "<iq id='c1' type='result' from='montague.example'><command xmlns='http://jabber.org/protocol/commands' "
         "node='list' sessionid='2026-a81b4c77' status='executing'/></iq>");
    up(romeo, "<iq id='c2' type='set' to='montague.example'><command xmlns='http://jabber.org/protocol/commands' "
              "node='list' sessionid='2026-a81b4c77' action='cancel'/></iq>");
    expect_part("node=\"list\" sessionid=\"{scansion:capture:command1}\" status=\"executing\"");
    expect_part("action=\"cancel\" node=\"list\" sessionid=\"${command1}\"");
    expect_readable();
}
END_TEST

START_TEST(stamps_and_ids_beside_the_stanza_are_any_and_what_was_said_stays) {
    up(romeo, "<message id='m1' to='juliet@capulet.example'><body>12345678-90ab</body></message>");
    down(juliet,
         "<message id='m1' from='romeo@montague.example/orchard' to='juliet@capulet.example'>"
         "<body>12345678-90ab</body><stanza-id xmlns='urn:xmpp:sid:0' by='juliet@capulet.example' id='99-x'/>"
         "<delay xmlns='urn:xmpp:delay' from='capulet.example' stamp='2026-11-22T16:00:00Z'>Offline</delay></message>");
    expect_part("\t<message id=\"m1\" from=\"${Romeo's full JID}\" to=\"${Juliet's JID}\">\n"
                "\t\t<body>12345678-90ab</body>\n"
                "\t\t<stanza-id xmlns=\"urn:xmpp:sid:0\" id=\"{scansion:any}\" by=\"${Juliet's JID}\"/>\n"
                "\t\t<delay xmlns=\"urn:xmpp:delay\" scansion:strict=\"false\" stamp=\"{scansion:any}\"/>\n"
                "\t</message>\n");
    expect_readable();
}
END_TEST

START_TEST(what_a_server_says_of_itself_is_left_out) {
    up(romeo, "<iq id='v1' type='get' to='montague.example'><query xmlns='jabber:iq:version'/></iq>");
    down(romeo,
         "<iq id='v1' type='result' from='montague.example'><query xmlns='jabber:iq:version'><name>Prosody</name>"
         "<version>0.12.3</version></query></iq>");
    expect_part("\t\t<query xmlns=\"jabber:iq:version\" scansion:strict=\"false\"/>\n");
    expect_none("0.12.3");
    expect_pass();
}
END_TEST

START_TEST(what_a_client_says_of_itself_stays) {
    up(romeo, "<iq id='v1' type='get' to='juliet@capulet.example/balcony'><query xmlns='jabber:iq:version'/></iq>");
    down(juliet, "<iq id='v1' type='get' from='romeo@montague.example/orchard' to='juliet@capulet.example/balcony'>"
                 "<query xmlns='jabber:iq:version'/></iq>");
    up(juliet, "<iq id='v1' type='result' to='romeo@montague.example/orchard'><query xmlns='jabber:iq:version'>"
               "<name>Quill</name><version>1.2.30</version></query></iq>");
    down(romeo, "<iq id='v1' type='result' from='juliet@capulet.example/balcony' to='romeo@montague.example/orchard'>"
                "<query xmlns='jabber:iq:version'><name>Quill</name><version>1.2.30</version></query></iq>");
    expect_part("Romeo receives:\n"
                "\t<iq id=\"v1\" from=\"${Juliet's full JID}\" to=\"${Romeo's full JID}\" type=\"result\">\n"
                "\t\t<query xmlns=\"jabber:iq:version\"><name>Quill</name><version>1.2.30</version></query>\n"
                "\t</iq>\n");
    expect_readable();
}
END_TEST

START_TEST(the_words_of_an_error_and_its_old_code_are_left_out) {
    up(romeo, "<message id='m1' to='nobody@montague.example'><body>x</body></message>");
    down(romeo, "<message id='m1' type='error' from='nobody@montague.example' to='romeo@montague.example/orchard'>"
                "<error type='cancel' code='503'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
                "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>There is nobody</text></error></message>");
    expect_part(
        "\t<message id=\"m1\" from=\"nobody@montague.example\" type=\"error\">\n"
        "\t\t<error type=\"cancel\"><service-unavailable xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/></error>\n"
        "\t</message>\n");
    expect_none("[Account] nobody");
    expect_readable();
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- secrets ---- */

START_TEST(passwords_are_not_written_down) {
    up(romeo,
       "<iq id='p1' type='set' to='montague.example'><query xmlns='jabber:iq:register'><username>romeo</username>"
       "<password>hemlock1</password></query></iq>"
       "<iq id='p2' type='set' to='montague.example'><command xmlns='http://jabber.org/protocol/commands' node='n'>"
       "<x xmlns='jabber:x:data' type='submit'><field var='accountjid'><value>a</value></field>"
       "<field var='password'><value>hemlock2</value></field><field var='passwd-verify'><value>hemlock3</value>"
       "</field><field var='w' type='text-private'><value>hemlock4</value></field></x></command></iq>"
       "<presence to='orchard@rooms.montague.example/r'><x xmlns='http://jabber.org/protocol/muc'>"
       "<password>hemlock5</password></x></presence>"
       "<message to='juliet@capulet.example'><x xmlns='jabber:x:conference' password='hemlock6'/></message>");
    down(juliet, "<message from='romeo@montague.example/orchard'><x xmlns='jabber:x:conference' password='hemlock6'/>"
                 "</message>");
    down(romeo,
         "<iq id='p3' type='result'><query xmlns='jabber:iq:register'><password>hemlock7</password></query></iq>");
    expect_none("hemlock");
    expect_part("<password>secret</password>");
    expect_part("<field var=\"accountjid\"><value>a</value></field>");
    expect_part("<field var=\"password\"><value>secret</value></field>");
    expect_part("<x xmlns=\"jabber:x:conference\" password=\"{scansion:any}\"/>");
    expect_part("<query xmlns=\"jabber:iq:register\"><password>{scansion:any}</password></query>");
    expect_readable();
}
END_TEST

/* --------------------------------------------------------------------------------------------------- addresses ---- */

START_TEST(what_only_names_the_recipient_is_left_out_and_what_the_sender_wrote_is_not) {
    up(romeo,
       "<message id='m1' xml:lang='it' to='juliet@capulet.example'/><message id='m2' to='juliet@capulet.example'/>");
    down(juliet,
         "<message id='m1' xml:lang='it' from='romeo@montague.example/orchard' to='juliet@capulet.example'/>"
         "<message id='m2' xml:lang='en' from='romeo@montague.example/orchard' to='juliet@capulet.example/balcony'/>"
         "<iq type='result' id='r' from='juliet@capulet.example' to='juliet@capulet.example/balcony'/>");
    expect_part("\t<message id=\"m1\" from=\"${Romeo's full JID}\" to=\"${Juliet's JID}\" xml:lang=\"it\"/>\n"
                "\t<message id=\"m2\" from=\"${Romeo's full JID}\"/>\n"
                "\t<iq id=\"{scansion:any}\" type=\"result\"/>\n");
    expect_readable();
}
END_TEST

START_TEST(an_address_that_is_written_otherwise_stays_as_it_is) {
    up(romeo, "<message id='m1' to='Juliet@capulet.example/balcony'/>");
    expect_part("\t<message id=\"m1\" to=\"Juliet@capulet.example/balcony\"/>\n");
}
END_TEST

START_TEST(a_resource_that_some_server_made_up_is_any) {
    down(romeo, "<presence from='nurse@capulet.example/8f3a2b7c90'/><presence from='nurse@capulet.example/kitchen'/>");
    expect_part("\t<presence from=\"{scansion:any}\"/>\n\t<presence from=\"nurse@capulet.example/kitchen\"/>\n");
}
END_TEST

/* -------------------------------------------------------------------------------------------------------- text ---- */

START_TEST(texts_keep_their_characters) {
    up(romeo,
       "<message id='m1' to='juliet@capulet.example/balcony'><body>&lt;a&gt; &amp; 'b' \"c\"\n\td\xc3\xa9 ]]&gt;</body>"
       "<x xmlns='urn:example:x' a='&quot;1&#10;2&apos;' xmlns:y='urn:example:y' y:b='3'/></message>");
    down(juliet, "<message id='m1' from='romeo@montague.example/orchard' to='juliet@capulet.example/balcony'>"
                 "<body>&lt;a&gt; &amp; 'b' \"c\"\n\td\xc3\xa9 ]]&gt;</body>"
                 "<x xmlns='urn:example:x' a='&quot;1&#10;2&apos;' xmlns:y='urn:example:y' y:b='3'/></message>");
    expect_part("\t\t<x xmlns=\"urn:example:x\" a=\"&quot;1&#10;2'\" xmlns:a1=\"urn:example:y\" a1:b=\"3\"/>\n");
    expect_part("&#10;&#9;d\xc3\xa9 ]]&gt;</body>\n");
    expect_pass();
}
END_TEST

START_TEST(what_looks_like_a_variable_is_sent_as_it_is_and_expected_as_any) {
    up(romeo, "<message id='m1' to='juliet@capulet.example/balcony'><body>${name} {scansion:any}</body></message>");
    down(juliet, "<message id='m1' from='romeo@montague.example/orchard' to='juliet@capulet.example/balcony'>"
                 "<body>${name} {scansion:any}</body></message>");
    expect_part("<body>&#36;{name} {scansion:any}</body>");
    expect_part("<body>{scansion:any}</body>");
    expect_pass();
}
END_TEST

START_TEST(prefixes_and_namespaces_are_written_out) {
    up(romeo,
       "<message id='m1' to='juliet@capulet.example/balcony'><p:a xmlns:p='urn:example:p'><p:b/><c xmlns=''/></p:a>"
       "</message>");
    expect_part("<a xmlns=\"urn:example:p\"><b/><c xmlns=\"\"/></a>");
    expect_none("<p:");
}
END_TEST

START_TEST(text_between_elements_is_not_torn_apart) {
    up(romeo,
       "<message id='m1' to='juliet@capulet.example/balcony'><html xmlns='http://jabber.org/protocol/xhtml-im'>"
       "<body xmlns='http://www.w3.org/1999/xhtml'>But <b>soft</b>! What <i>light</i> through yonder window breaks, "
       "it is the east</body></html></message>");
    expect_part(">But <b>soft</b>! What <i>light</i> through yonder window breaks, it is the east</body>\n");
    expect_readable();
}
END_TEST

START_TEST(a_stanza_that_would_be_too_long_is_noted) {
    enum { COUNT = 20000 };
    static const char piece[] = "<p:a/><a/>";
    char *text = malloc(COUNT * sizeof piece + 3000);
    ck_assert_ptr_nonnull(text);
    /* Short as a prefix, long where it is written out. */
    size_t size = (size_t)sprintf(text, "<message xmlns:p='urn:");
    memset(text + size, 'x', 2000);
    size += 2000;
    size += (size_t)sprintf(text + size, "'>");
    for (int i = 0; i < COUNT; i++) {
        memcpy(text + size, piece, sizeof piece - 1);
        size += sizeof piece - 1;
    }
    memcpy(text + size, "</message>", sizeof "</message>");
    up(romeo, text);
    up(romeo, "<presence/>");
    expect_part("# Romeo sent a stanza that is longer than can be written down.\n\nRomeo sends:\n\t<presence/>\n");
    free(text);
}
END_TEST

START_TEST(a_recording_ends_before_it_is_too_large_to_be_a_scenario) {
    enum { SIZE = 300000 };
    char *text = malloc(SIZE + 200);
    ck_assert_ptr_nonnull(text);
    size_t size = (size_t)sprintf(text, "<message><body>");
    memset(text + size, '"', SIZE); /* takes six octets */
    sprintf(text + size + SIZE, "</body></message>");
    for (int i = 0; i < 30; i++) {
        up(romeo, text);
    }
    expect_part("# Romeo sent or got more than a scenario can hold; nothing is written down from here on.\n");
    expect_readable();
    free(text);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- order ---- */

START_TEST(stanzas_of_one_sender_keep_their_order) {
    up(romeo,
       "<message id='m1' to='juliet@capulet.example/balcony'/><message id='m2' to='juliet@capulet.example/balcony'/>");
    down(juliet, "<message id='m1' from='romeo@montague.example/orchard' to='juliet@capulet.example/balcony'/>"
                 "<message id='m2' from='romeo@montague.example/orchard' to='juliet@capulet.example/balcony'/>");
    expect_part("Romeo sends:\n"
                "\t<message id=\"m1\" to=\"${Juliet's full JID}\"/>\n"
                "\t<message id=\"m2\" to=\"${Juliet's full JID}\"/>\n"
                "\n"
                "Juliet receives:\n"
                "\t<message id=\"m1\"");
    expect_none("any order");
    expect_pass();
}
END_TEST

START_TEST(stanzas_of_two_senders_have_none) {
    struct live_follow *nurse = log_in("nurse@capulet.example", "kitchen", NULL);
    up(romeo, "<message id='m1' to='juliet@capulet.example/balcony'/>");
    up(nurse, "<message id='n1' to='juliet@capulet.example/balcony'/>");
    down(juliet, "<message id='n1' from='nurse@capulet.example/kitchen' to='juliet@capulet.example/balcony'/>");
    down(juliet, "<message id='m1' from='romeo@montague.example/orchard' to='juliet@capulet.example/balcony'/>");
    expect_part("Juliet receives in any order:\n\t<message id=\"n1\"");
    expect_pass();
    live_follow_free(nurse);
}
END_TEST

START_TEST(what_two_clients_receive_meanwhile_stands_together_for_each) {
    down(romeo, "<message from='montague.example' id='a1b2'/>");
    down(juliet, "<message from='montague.example' id='a1b2'/>");
    down(romeo, "<message from='montague.example' type='headline'/>");
    expect_actions("\n"
                   "Romeo connects\n"
                   "Juliet connects\n"
                   "\n"
                   "Romeo receives:\n"
                   "\t<message id=\"{scansion:any}\" from=\"montague.example\"/>\n"
                   "\t<message from=\"montague.example\" type=\"headline\"/>\n"
                   "\n"
                   "Juliet receives:\n"
                   "\t<message id=\"{scansion:any}\" from=\"montague.example\"/>\n");
}
END_TEST

START_TEST(answers_in_the_order_of_their_questions_stay_in_front) {
    up(romeo, "<iq id='q1' type='get' to='montague.example'><ping xmlns='urn:xmpp:ping'/></iq>"
              "<iq id='q2' type='get'><query xmlns='" ROSTER "'/></iq><presence/>");
    down(romeo,
         "<iq id='q1' type='result' from='montague.example'/><iq id='q2' type='result'><query xmlns='" ROSTER "'/></iq>"
         "<presence from='romeo@montague.example/orchard'/><presence from='juliet@capulet.example/balcony'/>");
    expect_part("Romeo receives:\n"
                "\t<iq id=\"q1\" from=\"montague.example\" type=\"result\"/>\n"
                "\t<iq id=\"q2\" type=\"result\"><query xmlns=\"jabber:iq:roster\"/></iq>\n"
                "\n"
                "Romeo receives in any order:\n"
                "\t<presence from=\"${Romeo's full JID}\"/>\n"
                "\t<presence from=\"${Juliet's full JID}\"/>\n");
}
END_TEST

START_TEST(an_answer_that_may_come_earlier_or_later_has_no_order) {
    up(romeo, "<presence/><iq id='q1' type='get' to='montague.example'><ping xmlns='urn:xmpp:ping'/></iq>");
    down(romeo, "<iq id='q1' type='result' from='montague.example'/><presence from='romeo@montague.example/orchard'/>");
    expect_part("Romeo receives in any order:\n"
                "\t<iq id=\"q1\" from=\"montague.example\" type=\"result\"/>\n"
                "\t<presence from=\"${Romeo's full JID}\"/>\n");
}
END_TEST

Suite *live_recorder_values_suite(void) {
    Suite *suite = suite_create("live_recorder_values");
    TCase *tcase = tcase_create("live_recorder_values");
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, ids_that_clients_sent_stay);
    tcase_add_test(tcase, ids_that_the_server_made_are_any);
    tcase_add_test(tcase, ids_that_the_server_made_and_a_client_answers_are_captured);
    tcase_add_test(tcase, an_id_that_the_server_uses_again_is_captured_again);
    tcase_add_test(tcase, one_id_for_two_clients_is_captured_for_each);
    tcase_add_test(tcase, a_value_that_a_client_gives_back_later_is_captured);
    tcase_add_test(tcase, stamps_and_ids_beside_the_stanza_are_any_and_what_was_said_stays);
    tcase_add_test(tcase, what_a_server_says_of_itself_is_left_out);
    tcase_add_test(tcase, what_a_client_says_of_itself_stays);
    tcase_add_test(tcase, the_words_of_an_error_and_its_old_code_are_left_out);
    tcase_add_test(tcase, passwords_are_not_written_down);
    tcase_add_test(tcase, what_only_names_the_recipient_is_left_out_and_what_the_sender_wrote_is_not);
    tcase_add_test(tcase, an_address_that_is_written_otherwise_stays_as_it_is);
    tcase_add_test(tcase, a_resource_that_some_server_made_up_is_any);
    tcase_add_test(tcase, texts_keep_their_characters);
    tcase_add_test(tcase, what_looks_like_a_variable_is_sent_as_it_is_and_expected_as_any);
    tcase_add_test(tcase, prefixes_and_namespaces_are_written_out);
    tcase_add_test(tcase, text_between_elements_is_not_torn_apart);
    tcase_add_test(tcase, a_stanza_that_would_be_too_long_is_noted);
    tcase_add_test(tcase, a_recording_ends_before_it_is_too_large_to_be_a_scenario);
    tcase_add_test(tcase, stanzas_of_one_sender_keep_their_order);
    tcase_add_test(tcase, stanzas_of_two_senders_have_none);
    tcase_add_test(tcase, what_two_clients_receive_meanwhile_stands_together_for_each);
    tcase_add_test(tcase, answers_in_the_order_of_their_questions_stay_in_front);
    tcase_add_test(tcase, an_answer_that_may_come_earlier_or_later_has_no_order);
    suite_add_tcase(suite, tcase);
    return suite;
}
