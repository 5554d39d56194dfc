/* What passed between clients and a server, written down as a scenario. */
#include "live_recorder_harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *live_recorder_suite(void);

/* ----------------------------------------------------------------------------------------------- whole stories ---- */

START_TEST(a_message_between_two_clients_is_a_scenario_that_passes) {
    struct live_follow *romeo = log_in("romeo@montague.example", "orchard", NULL);
    struct live_follow *juliet = log_in("juliet@capulet.example", "balcony", NULL);
    up(romeo, "<message id='m1' type='chat' to='juliet@capulet.example/balcony'><body>But soft!</body></message>");
    down(juliet, "<message type='chat' from='romeo@montague.example/orchard' id='m1' "
                 "to='juliet@capulet.example/balcony'><body>But soft!</body></message>");
    up(juliet, "</stream:stream>");
    down(juliet, "</stream:stream>");
    char *text = scenario();
    ck_assert_str_eq(text,
                     "# Romeo and Juliet, as recorded on prosody\n"
                     "## recorded\n"
                     "\n"
                     "[Client] Romeo\n"
                     "\tjid: romeo@montague.example/orchard\n"
                     "\n"
                     "[Client] Juliet\n"
                     "\tjid: juliet@capulet.example/balcony\n"
                     "\n"
                     "---------\n"
                     "\n"
                     "Romeo connects\n"
                     "Juliet connects\n"
                     "\n"
                     "Romeo sends:\n"
                     "\t<message id=\"m1\" to=\"${Juliet's full JID}\" type=\"chat\"><body>But soft!</body></message>\n"
                     "\n"
                     "Juliet receives:\n"
                     "\t<message id=\"m1\" from=\"${Romeo's full JID}\" to=\"${Juliet's full JID}\" type=\"chat\">\n"
                     "\t\t<body>But soft!</body>\n"
                     "\t</message>\n"
                     "\n"
                     "Juliet disconnects\n");
    free(text);
    expect_pass();
    live_follow_free(romeo);
    live_follow_free(juliet);
}
END_TEST

/* RFC 6121 2.1.3, 4.2.2, 4.3.2, 4.5.2: rosters are fetched, presence is exchanged, and the one who leaves is missed. */
START_TEST(presence_and_rosters_are_a_scenario_that_passes) {
    struct live_follow *juliet = log_in("juliet@capulet.example", "balcony", NULL);
    up(juliet, "<iq id='r1' type='get'><query xmlns='" ROSTER "'/></iq>");
    down(juliet, "<iq id='r1' type='result' to='juliet@capulet.example/balcony'><query xmlns='" ROSTER "' ver='7'>"
                 "<item jid='romeo@montague.example' subscription='both' name='Romeo'><group>Friends</group></item>"
                 "</query></iq>");
    up(juliet, "<presence/>");
    down(juliet, "<presence from='juliet@capulet.example/balcony'/>");
    down(juliet, "<presence from='romeo@montague.example' to='juliet@capulet.example' type='unavailable'/>");
    struct live_follow *romeo = log_in("romeo@montague.example", NULL, "4b7e1c90");
    up(romeo, "<iq id='r1' type='get'><query xmlns='" ROSTER "'/></iq><presence><show>chat</show></presence>");
    down(romeo, "<iq id='r1' type='result'><query xmlns='" ROSTER "' ver='3'>"
                "<item jid='juliet@capulet.example' subscription='both'/></query></iq>");
    down(romeo, "<presence from='romeo@montague.example/4b7e1c90'><show>chat</show></presence>");
    down(juliet,
         "<presence from='romeo@montague.example/4b7e1c90' to='juliet@capulet.example'><show>chat</show></presence>");
    down(romeo, "<presence from='juliet@capulet.example/balcony' to='romeo@montague.example'/>");
    live_follow_end(romeo, true);
    down(juliet, "<presence from='romeo@montague.example/4b7e1c90' to='juliet@capulet.example' type='unavailable'/>");
    expect_part("[Client] Juliet\n"
                "\tjid: juliet@capulet.example/balcony\n"
                "\n"
                "[Client] Romeo\n"
                "\tjid: romeo@montague.example\n"
                "\n"
                "[Account] juliet@capulet.example\n"
                "\tcontact: romeo@montague.example both\n"
                "\n"
                "[Account] romeo@montague.example\n"
                "\tcontact: juliet@capulet.example both\n"
                "\n"
                "---------\n");
    expect_actions("\n"
                   "Juliet connects\n"
                   "\n"
                   "Juliet sends:\n"
                   "\t<iq id=\"r1\" type=\"get\"><query xmlns=\"jabber:iq:roster\"/></iq>\n"
                   "\n"
                   "Juliet receives:\n"
                   "\t<iq id=\"r1\" type=\"result\">\n"
                   "\t\t<query xmlns=\"jabber:iq:roster\" scansion:strict=\"false\" ver=\"{scansion:any}\">\n"
                   "\t\t\t<item jid=\"${Romeo's JID}\" subscription=\"both\"/>\n"
                   "\t\t</query>\n"
                   "\t</iq>\n"
                   "\n"
                   "Juliet sends:\n"
                   "\t<presence/>\n"
                   "\n"
                   "Juliet receives in any order:\n"
                   "\t<presence from=\"${Juliet's full JID}\"/>\n"
                   "\t<presence from=\"${Romeo's JID}\" type=\"unavailable\"/>\n"
                   "\n"
                   "Romeo connects\n"
                   "\n"
                   "Romeo sends:\n"
                   "\t<iq id=\"r1\" type=\"get\"><query xmlns=\"jabber:iq:roster\"/></iq>\n"
                   "\t<presence><show>chat</show></presence>\n"
                   "\n"
                   "Romeo receives:\n"
                   "\t<iq id=\"r1\" type=\"result\">\n"
                   "\t\t<query xmlns=\"jabber:iq:roster\" ver=\"{scansion:any}\">\n"
                   "\t\t\t<item jid=\"${Juliet's JID}\" subscription=\"both\"/>\n"
                   "\t\t</query>\n"
                   "\t</iq>\n"
                   "\n"
                   "Romeo receives in any order:\n"
                   "\t<presence from=\"${Romeo's full JID}\"><show>chat</show></presence>\n"
                   "\t<presence from=\"${Juliet's full JID}\"/>\n"
                   "\n"
                   "Juliet receives:\n"
                   "\t<presence from=\"${Romeo's full JID}\"><show>chat</show></presence>\n"
                   "\n"
                   "Romeo vanishes\n"
                   "\n"
                   "Juliet receives:\n"
                   "\t<presence from=\"${Romeo's full JID}\" type=\"unavailable\"/>\n");
    expect_pass();
    live_follow_free(romeo);
    live_follow_free(juliet);
}
END_TEST

/* RFC 6121 3.1.2-3.1.6: what the server makes up for a roster push comes back in the client's answer. */
START_TEST(a_subscription_with_its_roster_pushes_is_a_scenario_that_passes) {
    struct live_follow *romeo = log_in("romeo@montague.example", "orchard", NULL);
    up(romeo, "<iq id='r1' type='get'><query xmlns='" ROSTER "'/></iq>");
    down(romeo, "<iq id='r1' type='result'><query xmlns='" ROSTER "' ver='1'/></iq>");
    up(romeo, "<presence/>");
    down(romeo, "<presence from='romeo@montague.example/orchard'/>");
    struct live_follow *juliet = log_in("juliet@capulet.example", "balcony", NULL);
    up(juliet, "<iq id='r1' type='get'><query xmlns='" ROSTER "'/></iq>");
    down(juliet, "<iq id='r1' type='result'><query xmlns='" ROSTER "' ver='1'/></iq>");
    up(juliet, "<presence/>");
    down(juliet, "<presence from='juliet@capulet.example/balcony'/>");
    up(romeo, "<presence id='s1' to='juliet@capulet.example' type='subscribe'/>");
    down(romeo, "<iq id='push8812' to='romeo@montague.example/orchard' type='set'><query xmlns='" ROSTER "' ver='2'>"
                "<item jid='juliet@capulet.example' subscription='none' ask='subscribe'/></query></iq>");
    up(romeo, "<iq id='push8812' type='result'/>");
    down(juliet, "<presence id='s1' from='romeo@montague.example' to='juliet@capulet.example' type='subscribe'/>");
    up(juliet, "<presence id='s2' to='romeo@montague.example' type='subscribed'/>");
    down(juliet, "<iq id='push8812' type='set' from='juliet@capulet.example'><query xmlns='" ROSTER "' ver='2'>"
                 "<item jid='romeo@montague.example' subscription='from'/></query></iq>");
    down(romeo, "<presence id='s2' from='juliet@capulet.example' to='romeo@montague.example' type='subscribed'/>");
    down(romeo, "<iq id='push9' type='set'><query xmlns='" ROSTER "' ver='3'>"
                "<item jid='juliet@capulet.example' subscription='to'/></query></iq>");
    down(romeo, "<presence from='juliet@capulet.example/balcony' to='romeo@montague.example'/>");
    up(juliet, "<iq id='push8812' type='result'/>");
    up(romeo, "<iq id='push9' type='result'/>");
    expect_part("Romeo receives:\n"
                "\t<iq id=\"{scansion:capture:push1}\" type=\"set\">\n"
                "\t\t<query xmlns=\"jabber:iq:roster\" ver=\"{scansion:any}\">\n"
                "\t\t\t<item jid=\"${Juliet's JID}\" ask=\"subscribe\" subscription=\"none\"/>\n"
                "\t\t</query>\n"
                "\t</iq>\n"
                "\n"
                "Romeo sends:\n"
                "\t<iq id=\"${push1}\" type=\"result\"/>\n"
                "\n"
                "Juliet receives:\n"
                "\t<presence id=\"s1\" from=\"${Romeo's JID}\" to=\"${Juliet's JID}\" type=\"subscribe\"/>\n");
    expect_part("Juliet sends:\n"
                "\t<iq id=\"${push2}\" type=\"result\"/>\n"
                "\n"
                "Romeo sends:\n"
                "\t<iq id=\"${push3}\" type=\"result\"/>\n");
    expect_none("push8812");
    expect_none("[Account]");
    expect_pass();
    live_follow_free(romeo);
    live_follow_free(juliet);
}
END_TEST

/* RFC 6121 3.1.3, 8.5.2.2.1: what waited for somebody is there again when the scenario is played. */
START_TEST(what_was_stored_before_is_a_part_of_the_account) {
    struct live_follow *juliet = log_in("juliet@capulet.example", "balcony", NULL);
    up(juliet, "<presence/>");
    down(juliet, "<presence from='juliet@capulet.example/balcony'/>"
                 "<message id='m1' type='chat' from='romeo@montague.example/orchard' to='juliet@capulet.example'>"
                 "<body>But soft! &amp; low</body><delay xmlns='urn:xmpp:delay' from='capulet.example' "
                 "stamp='2026-11-22T16:00:00Z'/></message>"
                 "<presence type='subscribe' from='paris@verona.example' to='juliet@capulet.example'/>");
    expect_part("[Account] juliet@capulet.example\n"
                "\tcontact: paris@verona.example none, pending-in\n"
                "\toffline: <message id=\"m1\" from=\"romeo@montague.example/orchard\" to=\"juliet@capulet.example\" "
                "type=\"chat\"><body>But soft! &amp; low</body></message>\n"
                "\n"
                "---------\n");
    expect_part("Juliet receives in any order:\n");
    expect_pass();
    live_follow_free(juliet);
}
END_TEST

/* RFC 6121 2.1.2.2, 3.1.1: states of a roster item, and what they are from the other side. */
START_TEST(a_roster_shows_what_contacts_there_were_on_both_sides) {
    struct live_follow *romeo = log_in("romeo@montague.example", "orchard", NULL);
    up(romeo, "<iq id='r1' type='get'><query xmlns='" ROSTER "'/></iq>");
    down(romeo, "<iq id='r1' type='result'><query xmlns='" ROSTER "'>"
                "<item jid='nurse@montague.example' subscription='to'/><item jid='benvolio@montague.example' "
                "subscription='from'/><item jid='juliet@capulet.example' subscription='none' ask='subscribe'/>"
                "<item jid='mercutio@montague.example' subscription='none' approved='true'/>"
                "<item jid='bad jid@montague.example' subscription='both'/><item jid='x@y@z' subscription='both'/>"
                "<item jid='odd@montague.example' subscription='sideways'/></query></iq>");
    expect_part("[Account] romeo@montague.example\n"
                "\tcontact: nurse@montague.example to\n"
                "\tcontact: benvolio@montague.example from\n"
                "\tcontact: juliet@capulet.example none, ask\n"
                "\tcontact: mercutio@montague.example none, approved\n"
                "\n"
                "[Account] nurse@montague.example\n"
                "\tcontact: romeo@montague.example from\n"
                "\n"
                "[Account] benvolio@montague.example\n"
                "\tcontact: romeo@montague.example to\n"
                "\n"
                "---------\n");
    expect_readable();
    live_follow_free(romeo);
}
END_TEST

START_TEST(a_roster_that_was_changed_before_it_was_seen_says_nothing_of_the_past) {
    struct live_follow *romeo = log_in("romeo@montague.example", "orchard", NULL);
    up(romeo, "<iq id='s1' type='set'><query xmlns='" ROSTER "'><item jid='nurse@montague.example'/></query></iq>");
    down(romeo, "<iq id='s1' type='result'/>");
    up(romeo, "<iq id='r1' type='get'><query xmlns='" ROSTER "'/></iq>");
    down(romeo, "<iq id='r1' type='result'><query xmlns='" ROSTER "'><item jid='nurse@montague.example' "
                "subscription='none'/></query></iq>");
    expect_none("[Account]");
    live_follow_free(romeo);
}
END_TEST

START_TEST(who_can_be_written_to_exists_and_who_cannot_does_not) {
    struct live_follow *romeo = log_in("romeo@montague.example", "orchard", NULL);
    up(romeo, "<message id='m1' type='chat' to='nurse@montague.example'><body>a</body></message>"
              "<message id='m2' type='chat' to='ghost@montague.example'><body>b</body></message>"
              "<message id='m3' type='chat' to='friar@elsewhere.example'><body>c</body></message>");
    down(romeo,
         "<message id='m2' type='error' from='ghost@montague.example' to='romeo@montague.example/orchard'>"
         "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
    expect_part("\tjid: romeo@montague.example/orchard\n\n[Account] nurse@montague.example\n\n---------\n");
    expect_none("[Account] ghost");
    expect_none("[Account] friar");
    live_follow_free(romeo);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- names ---- */

/* Logs in with each of these, and leaves; the cast is then what is expected. */
static void expect_cast(const char *const *jids, const char *cast) {
    for (; jids[0] != NULL; jids += 2) {
        live_follow_free(log_in(jids[0], jids[1], "made"));
    }
    char *text = scenario();
    const char *first = strstr(text, "[Client]"), *dashes = strstr(text, "---------");
    ck_assert(first != NULL && dashes != NULL);
    ck_assert_uint_eq((size_t)(dashes - first), strlen(cast));
    ck_assert_msg(strncmp(first, cast, strlen(cast)) == 0, "%s", text);
    free(text);
    expect_readable();
}

START_TEST(two_clients_of_one_account_are_told_apart_by_their_resources) {
    static const char *const jids[] = {"juliet@capulet.example", "balcony", "juliet@capulet.example", "phone", NULL};
    expect_cast(jids, "[Client] Juliet's balcony\n\tjid: juliet@capulet.example/balcony\n\n"
                      "[Client] Juliet's phone\n\tjid: juliet@capulet.example/phone\n\n");
}
END_TEST

START_TEST(clients_whose_resources_the_server_makes_up_are_counted) {
    static const char *const jids[] = {"juliet@capulet.example", NULL, "juliet@capulet.example", NULL, NULL};
    expect_cast(jids, "[Client] Juliet's client\n\tjid: juliet@capulet.example\n\n"
                      "[Client] Juliet's client 2\n\tjid: juliet@capulet.example\n\n");
}
END_TEST

START_TEST(accounts_with_one_localpart_are_told_apart_by_their_domains) {
    static const char *const jids[] = {"romeo@a.example", "x", "romeo@b.example", "x", NULL};
    expect_cast(jids, "[Client] Romeo of a.example\n\tjid: romeo@a.example/x\n\n"
                      "[Client] Romeo of b.example\n\tjid: romeo@b.example/x\n\n");
}
END_TEST

START_TEST(two_sessions_with_one_jid_at_once_are_two_clients) {
    static const char *const jids[] = {"romeo@a.example", "x", "romeo@a.example", "x", NULL};
    expect_cast(jids, "[Client] Romeo's x\n\tjid: romeo@a.example/x\n\n"
                      "[Client] Romeo's x 2\n\tjid: romeo@a.example/x\n\n");
}
END_TEST

START_TEST(a_name_holds_nothing_that_a_script_would_misread) {
    static const char *const jids[] = {"{x}[y]#1@a.example",
                                       "r",
                                       "#tag@a.example",
                                       "r",
                                       "\xc3\xa9ric@a.example",
                                       "r",
                                       "o'neil@a.example",
                                       "r",
                                       "sends@a.example",
                                       "r",
                                       "romeo@a.example",
                                       "in any order:",
                                       "romeo@a.example",
                                       "${x} ",
                                       NULL};
    for (const char *const *jid = jids; jid[0] != NULL; jid += 2) {
        struct live_follow *wire = log_in(jid[0], jid[1], "made");
        up(wire, "<presence/>");
        up(wire, "</stream:stream>");
        live_follow_free(wire);
    }
    expect_part("[Client] \xc3\xa9ric\n");
    expect_part("[Client] O'neil\n");
    expect_part("[Client] Romeo's client\n\tjid: romeo@a.example\n");
    expect_readable();
}
END_TEST

/* ----------------------------------------------------------------------------------------------- coming, going ---- */

START_TEST(a_client_that_comes_again_is_the_same) {
    for (int i = 0; i < 2; i++) {
        struct live_follow *romeo = log_in("romeo@montague.example", NULL, i == 0 ? "first01" : "second02");
        up(romeo, i == 0 ? "<message id='a' to='romeo@montague.example/first01'/>"
                         : "<message id='b' to='romeo@montague.example/second02'/>"
                           "<message id='c' to='romeo@montague.example/first01'/>");
        up(romeo, "</stream:stream>");
        live_follow_free(romeo);
    }
    expect_actions("\n"
                   "Romeo connects\n"
                   "\n"
                   "Romeo sends:\n"
                   "\t<message id=\"a\" to=\"${Romeo's full JID}\"/>\n"
                   "\n"
                   "Romeo disconnects\n"
                   "Romeo connects\n"
                   "\n"
                   "Romeo sends:\n"
                   "\t<message id=\"b\" to=\"${Romeo's full JID}\"/>\n"
                   "\t<message id=\"c\" to=\"romeo@montague.example/first01\"/>\n"
                   "\n"
                   "Romeo disconnects\n"
                   "\n"
                   "Romeo receives: nothing\n");
    expect_readable();
}
END_TEST

START_TEST(what_comes_late_keeps_its_order) {
    struct live_follow *romeo = log_in("romeo@montague.example", "orchard", NULL);
    struct live_follow *juliet = log_in("juliet@capulet.example", "balcony", NULL);
    up(romeo, "</stream:stream>");
    up(juliet, "</stream:stream>");
    down(romeo, "<message from='one.example'/><message from='two.example'/>");
    down(juliet, "<message from='three.example'/>");
    expect_actions("\n"
                   "Romeo connects\n"
                   "Juliet connects\n"
                   "\n"
                   "Romeo receives in any order:\n"
                   "\t<message from=\"one.example\"/>\n"
                   "\t<message from=\"two.example\"/>\n"
                   "\n"
                   "Romeo disconnects\n"
                   "\n"
                   "Juliet receives:\n"
                   "\t<message from=\"three.example\"/>\n"
                   "\n"
                   "Juliet disconnects\n");
    live_follow_free(romeo);
    live_follow_free(juliet);
}
END_TEST

/* 3 MiB, where each octet may become a reference of six. */
START_TEST(stanzas_that_one_block_cannot_hold_stand_in_two) {
    enum { SIZE = 200000 };
    static char text[SIZE + 100];
    struct live_follow *wire = log_in("romeo@montague.example", "orchard", NULL);
    sprintf(text, "<message><body>%0*d</body></message>", SIZE, 0);
    for (int i = 0; i < 3; i++) {
        up(wire, text);
    }
    char *made = scenario();
    const char *second = strstr(strstr(made, "Romeo sends:\n") + 1, "Romeo sends:\n");
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_null(strstr(second + 1, "Romeo sends:\n"));
    free(made);
    live_follow_free(wire);
}
END_TEST

START_TEST(what_was_under_way_to_a_client_that_leaves_came_before) {
    struct live_follow *romeo = log_in("romeo@montague.example", "orchard", NULL);
    struct live_follow *juliet = log_in("juliet@capulet.example", "balcony", NULL);
    up(romeo, "<presence/></stream:stream>");
    down(juliet, "<message id='x' from='capulet.example'/>");
    down(romeo, "<presence from='romeo@montague.example/orchard'/>");
    up(juliet, "</stream:stream>");
    down(juliet, "<message id='y' from='capulet.example'/></stream:stream><message id='z'/>");
    expect_actions("\n"
                   "Romeo connects\n"
                   "Juliet connects\n"
                   "\n"
                   "Romeo sends:\n"
                   "\t<presence/>\n"
                   "\n"
                   "Romeo receives:\n"
                   "\t<presence from=\"${Romeo's full JID}\"/>\n"
                   "\n"
                   "Romeo disconnects\n"
                   "\n"
                   "Juliet receives:\n"
                   "\t<message id=\"{scansion:any}\" from=\"capulet.example\"/>\n"
                   "\t<message id=\"{scansion:any}\" from=\"capulet.example\"/>\n"
                   "\n"
                   "Juliet disconnects\n");
    live_follow_free(romeo);
    live_follow_free(juliet);
}
END_TEST

START_TEST(a_client_may_vanish_or_close_with_an_error) {
    struct live_follow *romeo = log_in("romeo@montague.example", "orchard", NULL);
    struct live_follow *juliet = log_in("juliet@capulet.example", "balcony", NULL);
    live_follow_end(romeo, true);
    up(juliet,
       "<stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
    expect_actions("\n"
                   "Romeo connects\n"
                   "Juliet connects\n"
                   "Romeo vanishes\n"
                   "\n"
                   "Juliet closes: policy-violation\n"
                   "\n"
                   "Romeo receives: nothing\n"
                   "Juliet receives: nothing\n");
    expect_pass();
    live_follow_free(romeo);
    live_follow_free(juliet);
}
END_TEST

START_TEST(a_client_that_the_server_threw_out_leaves_before_it_comes_again) {
    for (int i = 0; i < 3; i++) {
        struct live_follow *romeo = log_in("romeo@montague.example", "orchard", NULL);
        if (i == 0) {
            down(
                romeo,
                "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
        } else if (i == 1) {
            live_follow_end(romeo, false);
        } else {
            down(romeo, "</stream:stream>");
        }
        live_follow_end(romeo, true);
        live_follow_free(romeo);
    }
    expect_actions("\n"
                   "Romeo connects\n"
                   "\n"
                   "# The server ended the stream of Romeo: conflict.\n"
                   "\n"
                   "Romeo disconnects\n"
                   "Romeo connects\n"
                   "\n"
                   "# The connection of Romeo broke.\n"
                   "\n"
                   "Romeo disconnects\n"
                   "Romeo connects\n"
                   "\n"
                   "# The server closed the stream of Romeo.\n"
                   "\n"
                   "Romeo receives: nothing\n");
    expect_pass();
}
END_TEST

START_TEST(the_end_of_an_older_session_does_not_end_a_newer_one) {
    struct live_follow *older = log_in("romeo@montague.example", "orchard", NULL);
    up(older, "</stream:stream>");
    struct live_follow *newer = log_in("romeo@montague.example", "orchard", NULL);
    down(older, "</stream:stream>");
    live_follow_end(older, false);
    up(newer, "<presence/>");
    expect_part("Romeo disconnects\nRomeo connects\n\nRomeo sends:\n\t<presence/>\n");
    expect_none("# The");
    live_follow_free(older);
    live_follow_free(newer);
}
END_TEST

START_TEST(a_target_cannot_break_the_title) {
    live_follow_free(log_in("romeo@montague.example", "orchard", NULL));
    size_t size;
    char *text = live_recorder_text(recording(), "odd\n[Client] name", &size);
    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_eq(strstr(text, "# Romeo, as recorded on odd-[Client] name\n## recorded\n\n[Client] Romeo\n"), text);
    free(text);
}
END_TEST

Suite *live_recorder_suite(void) {
    Suite *suite = suite_create("live_recorder");
    TCase *tcase = tcase_create("live_recorder");
    tcase_add_checked_fixture(tcase, recording_begin, recording_end);
    tcase_add_test(tcase, a_message_between_two_clients_is_a_scenario_that_passes);
    tcase_add_test(tcase, presence_and_rosters_are_a_scenario_that_passes);
    tcase_add_test(tcase, a_subscription_with_its_roster_pushes_is_a_scenario_that_passes);
    tcase_add_test(tcase, what_was_stored_before_is_a_part_of_the_account);
    tcase_add_test(tcase, a_roster_shows_what_contacts_there_were_on_both_sides);
    tcase_add_test(tcase, a_roster_that_was_changed_before_it_was_seen_says_nothing_of_the_past);
    tcase_add_test(tcase, who_can_be_written_to_exists_and_who_cannot_does_not);
    tcase_add_test(tcase, two_clients_of_one_account_are_told_apart_by_their_resources);
    tcase_add_test(tcase, clients_whose_resources_the_server_makes_up_are_counted);
    tcase_add_test(tcase, accounts_with_one_localpart_are_told_apart_by_their_domains);
    tcase_add_test(tcase, two_sessions_with_one_jid_at_once_are_two_clients);
    tcase_add_test(tcase, a_name_holds_nothing_that_a_script_would_misread);
    tcase_add_test(tcase, a_client_that_comes_again_is_the_same);
    tcase_add_test(tcase, what_comes_late_keeps_its_order);
    tcase_add_test(tcase, stanzas_that_one_block_cannot_hold_stand_in_two);
    tcase_add_test(tcase, what_was_under_way_to_a_client_that_leaves_came_before);
    tcase_add_test(tcase, a_client_may_vanish_or_close_with_an_error);
    tcase_add_test(tcase, a_client_that_the_server_threw_out_leaves_before_it_comes_again);
    tcase_add_test(tcase, the_end_of_an_older_session_does_not_end_a_newer_one);
    tcase_add_test(tcase, a_target_cannot_break_the_title);
    suite_add_tcase(suite, tcase);
    return suite;
}
