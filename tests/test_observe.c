/* Tests of what is observed of a case: what each actor got, in a form that does not depend on the venue. */
#include "drill_harness.h"
#include "fake_venue.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *observe_suite(void);

static void setup(void) {
    drill_setup_case();
    fake_reset();
    options.observe = true;
}

static void play_on_fake(const char *text) {
    options.venue = fake_venue;
    options.venue_context = &fake_plan;
    options.number = 7;
    play_case(text, 0);
    options.venue = NULL;
}

/* Everything that was observed, an item a line. */
static const char *observed(void) {
    static char text[4000];
    size_t size = 0;
    text[0] = '\0';
    for (size_t i = 0; i < result.observation_count; i++) {
        for (size_t n = 0; n < result.observations[i].count; n++) {
            int more = snprintf(text + size, sizeof text - size, "%s %s\n", result.observations[i].actor,
                                result.observations[i].items[n]);
            ck_assert(more > 0 && (size_t)more < sizeof text - size);
            size += (size_t)more;
        }
    }
    return text;
}

#define M1 "Romeo sends:\n\t<message id='m1' to='juliet@capulet.example/balcony'><body>Hi</body></message>\n"

/* ------------------------------------------------------------------------------------------------------- items ---- */

START_TEST(each_actor_has_its_stanzas_in_their_order_as_canonical_text) {
    play_case("# Test\n"
              "[Peer] remote.example\n"
              "[Client] Romeo\n"
              "\tjid: romeo@montague.example/orchard\n"
              "[Component] rooms.montague.example\n"
              "[Client] Juliet\n"
              "\tjid: juliet@montague.example/balcony\n"
              "---\n"
              "Romeo connects\n"
              "Juliet connects\n"
              "rooms.montague.example connects\n"
              "Romeo sends:\n"
              "\t<message type='chat' id='m1' to='juliet@montague.example/balcony'><body>one</body></message>\n"
              "\t<message id='m2' to='rooms.montague.example' type='chat'/>\n"
              "\t<message id='m3' to='a@remote.example' type='chat'/>\n"
              "\t<message id='m4' to='juliet@montague.example/balcony' type='chat'/>\n"
              "Juliet receives:\n"
              "\t<message id='m1'/>\n"
              "\t<message id='m4'/>\n"
              "rooms.montague.example receives:\n"
              "\t<message id='m2'/>\n"
              "remote.example receives:\n"
              "\t<message id='m3'/>\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_PASS);
    ck_assert_uint_eq(result.observation_count, 4);
    ck_assert_str_eq(result.observations[1].actor, "Romeo");
    ck_assert_uint_eq(result.observations[1].count, 0);
    ck_assert_str_eq(
        observed(),
        "remote.example <message from=\"romeo@montague.example/orchard\" id=\"m3\" to=\"a@remote.example\" "
        "type=\"chat\"/>\n"
        "rooms.montague.example <message from=\"romeo@montague.example/orchard\" id=\"m2\" "
        "to=\"rooms.montague.example\" type=\"chat\"/>\n"
        "Juliet <message from=\"romeo@montague.example/orchard\" id=\"m1\" to=\"juliet@montague.example/balcony\" "
        "type=\"chat\"><body>one</body></message>\n"
        "Juliet <message from=\"romeo@montague.example/orchard\" id=\"m4\" to=\"juliet@montague.example/balcony\" "
        "type=\"chat\"/>\n");
}
END_TEST

START_TEST(a_stanza_of_any_length_is_observed_whole) {
    for (size_t size = 300; size < 1200; size += size == 560 ? 440 : 1) {
        char script[2600], body[1200] = "", wanted[1500];
        memset(body, 'x', size);
        body[size] = '\0';
        snprintf(script, sizeof script,
                 BOTH_CONNECT "Romeo sends:\n\t<message id='m1' to='juliet@capulet.example/balcony'><body>%s</body>"
                              "</message>\nJuliet receives:\n\t<message id='m1'/>\n",
                 body);
        snprintf(wanted, sizeof wanted,
                 "Juliet <message from=\"romeo@montague.example/orchard\" id=\"m1\" "
                 "to=\"juliet@capulet.example/balcony\"><body>%s</body></message>\n",
                 body);
        play_case(script, 0);
        ck_assert_str_eq(observed(), wanted);
    }
}
END_TEST

START_TEST(nothing_is_observed_unless_it_is_asked_for) {
    options.observe = false;
    play_case(BOTH_CONNECT CHAT "Juliet receives:\n\t<message id='m1'/>\n", 0);
    ck_assert_ptr_null(result.observations);
    ck_assert_uint_eq(result.observation_count, 0);
}
END_TEST

START_TEST(a_case_that_fails_is_observed_too) {
    play_case(BOTH_CONNECT CHAT "Juliet receives:\n\t<message id='m2'/>\n", 0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_str_eq(observed(), "Juliet <message from=\"romeo@montague.example/orchard\" id=\"m1\" "
                                 "to=\"juliet@capulet.example/balcony\" type=\"chat\"><body>Hi</body></message>\n");
    fake_answer(0, "m1", 1, "<message id='m1'/>");
    play_on_fake(BOTH_CONNECT M1 "Juliet receives:\n\t<message id='m2'/>\n");
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_str_eq(observed(), "Juliet <message id=\"m1\"/>\n");
}
END_TEST

START_TEST(what_came_before_a_server_was_gone_is_observed) {
    fake_answer(0, "m1", 1, "<message id='m1'/>");
    fake_plan.cannot = NULL;
    fake_plan.down_at = "m2";
    fake_answer(1, "m2", 1, "<message id='m2'/>");
    play_on_fake(BOTH_CONNECT M1 "Juliet receives:\n\t<message id='m1'/>\n"
                                 "Romeo sends:\n\t<message id='m2' to='juliet@capulet.example'/>\n"
                                 "Juliet receives:\n\t<message id='m2'/>\n");
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    ck_assert_str_eq(observed(), "Juliet <message id=\"m1\"/>\n");
}
END_TEST

START_TEST(a_case_that_cannot_begin_is_not_observed) {
    fake_plan.cannot = "ready";
    play_on_fake(BOTH_CONNECT);
    ck_assert_int_eq(result.verdict, DRILL_SKIP);
    ck_assert_ptr_null(result.observations);
}
END_TEST

/* ------------------------------------------------------------------------------------------- what is made up ---- */

START_TEST(ids_that_a_server_makes_up_are_left_open_and_those_of_the_script_stay) {
    fake_answer(0, "m1", 0, "<iq id='x7f' type='set'/>");
    fake_answer(1, "m1", 1, "<message id='a'/>");
    fake_answer(2, "m1", 1, "<iq id='x80' type='set'/>");
    fake_answer(3, "m1", 1, "<message id='m1'><item xmlns='urn:example' id='x7f'/><body>x7f</body></message>");
    fake_answer(4, "m1", 1, "<message id=''/>");
    play_on_fake(BOTH_CONNECT M1);
    ck_assert_str_eq(observed(), "Romeo <iq id=\"{id}\" type=\"set\"/>\n"
                                 "Juliet <message id=\"{id}\"/>\n"
                                 "Juliet <iq id=\"{id}\" type=\"set\"/>\n"
                                 "Juliet <message id=\"m1\"><body>x7f</body>"
                                 "<item xmlns=\"urn:example\" id=\"{id}\"/></message>\n"
                                 "Juliet <message id=\"\"/>\n");
}
END_TEST

START_TEST(an_id_that_the_script_only_hands_back_is_still_the_servers) {
    fake_answer(0, "m1", 0, "<iq id='x7f' type='get'/>");
    fake_answer(1, "x7f", 1, "<iq id='x7f' type='result'/>");
    play_on_fake(BOTH_CONNECT M1 "Romeo receives:\n\t<iq id='{scansion:capture:question}' type='get'/>\n"
                                 "Romeo sends:\n\t<iq id='${question}' type='result'/>\n"
                                 "Juliet receives:\n\t<iq type='result'/>\n");
    ck_assert_int_eq(result.verdict, DRILL_PASS);
    ck_assert_str_eq(observed(), "Romeo <iq id=\"{id}\" type=\"get\"/>\n"
                                 "Juliet <iq id=\"{id}\" type=\"result\"/>\n");
}
END_TEST

START_TEST(ids_of_raw_octets_and_of_stored_messages_are_the_scripts) {
    fake_answer(0, "m1", 0, "<message id='m1'/>");
    fake_answer(1, "m1", 0, "<message id='o1'/>");
    play_on_fake("# Test\n"
                 "[Client] Romeo\n"
                 "\tjid: romeo@montague.example/orchard\n"
                 "[Account] romeo@montague.example\n"
                 "\toffline: <message id=\"o1\" from='a@b.example' to='romeo@montague.example'/>\n"
                 "---\n"
                 "Romeo connects\n"
                 "Romeo sends raw:\n"
                 "\t<message id='m1'/>\n");
    ck_assert_str_eq(observed(), "Romeo <message id=\"m1\"/>\nRomeo <message id=\"o1\"/>\n");
}
END_TEST

#define NO_RESOURCE                                                                                                    \
    "# Test\n"                                                                                                         \
    "[Client] Romeo\n"                                                                                                 \
    "\tjid: romeo@montague.example\n"                                                                                  \
    "[Client] Juliet\n"                                                                                                \
    "\tjid: juliet@capulet.example\n"                                                                                  \
    "[Client] Nurse\n"                                                                                                 \
    "\tjid: nurse@capulet.example/room\n"                                                                              \
    "---\n"                                                                                                            \
    "Romeo connects\n"                                                                                                 \
    "Juliet connects\n"                                                                                                \
    "Nurse connects\n"

START_TEST(resources_that_a_server_makes_up_are_numbered) {
    fake_plan.bound = "a1";
    fake_answer(0, "m1", 2,
           "<message id='m1' from='juliet@capulet.example/a1' to='nurse@capulet.example/room'>"
           "<body>romeo@montague.example/a1, romeo@montague.example/a12; romeo@montague.example/a1!</body>"
           "<x xmlns='urn:example' jid='romeo@montague.example/a1'/></message>");
    play_on_fake(NO_RESOURCE "Romeo sends:\n\t<message id='m1' to='juliet@capulet.example'/>\n");
    ck_assert_str_eq(observed(),
                     "Nurse <message from=\"juliet@capulet.example/{resource:2}\" id=\"m1\" "
                     "to=\"nurse@capulet.example/room\">"
                     "<body>romeo@montague.example/{resource:1}, romeo@montague.example/a12; "
                     "romeo@montague.example/{resource:1}!</body>"
                     "<x xmlns=\"urn:example\" jid=\"romeo@montague.example/{resource:1}\"/></message>\n");
}
END_TEST

START_TEST(the_simulation_and_a_real_server_are_observed_alike) {
    static const char text[] = NO_RESOURCE "Romeo sends:\n"
                                           "\t<message id='m1' to=\"${Juliet's full JID}\" type='chat'/>\n"
                                           "Juliet receives:\n"
                                           "\t<message id='m1' from=\"${Romeo's full JID}\"/>\n";
    static const char both[] = "Juliet <message from=\"romeo@montague.example/{resource:1}\" id=\"m1\" "
                               "to=\"juliet@capulet.example/{resource:2}\" type=\"chat\"/>\n";
    play_case(text, 0);
    ck_assert_str_eq(observed(), both);
    fake_plan.bound = "f00";
    fake_answer(0, "m1", 1, "<message from='romeo@montague.example/f00' to='juliet@capulet.example/f00' type='chat' id='m1'/>");
    play_on_fake(text);
    ck_assert_str_eq(observed(), both);
}
END_TEST

/* What two servers may write in different ways shows in one: what comes of one stanza or two, and what is observed of it. */
static const struct {
    const char *fact, *further; /* further: what the script does after M1 */
    struct {
        const char *of; /* the id of the stanza that it comes of */
        int client;
        const char *stanza;
    } came[5];
    const char *observed;
} forms[] = {
    {"stamps are left open unless the script wrote them",
     "Romeo sends:\n"
     "\t<message id='m2' to='juliet@capulet.example'><delay xmlns='urn:xmpp:delay' "
     "stamp='1595-01-29T00:00:00Z'/></message>\n",
     {{"m1", 1, "<message id='m1'><delay xmlns='urn:xmpp:delay' from='capulet.example' stamp='2002-09-10T23:08:25Z'/>"
       "<x xmlns='jabber:x:delay' stamp='20020910T23:08:25'/></message>"},
      {"m2", 1, "<message id='m2'><delay xmlns='urn:xmpp:delay' stamp='1595-01-29T00:00:00Z'/></message>"}},
     "Juliet <message id=\"m1\"><delay xmlns=\"urn:xmpp:delay\" "
     "stamp=\"{stamp}\"/><x xmlns=\"jabber:x:delay\" stamp=\"{stamp}\"/></message>\n"
     "Juliet <message id=\"m2\"><delay xmlns=\"urn:xmpp:delay\" "
     "stamp=\"1595-01-29T00:00:00Z\"/></message>\n"},
    {"versions of rosters are left open",
     "",
     {{"m1", 0, "<iq id='m1' type='result'><query xmlns='jabber:iq:roster' ver='12'/></iq>"},
      {"m1", 0, "<iq id='m1' type='set'><query xmlns='jabber:iq:roster' ver='13'/></iq>"},
      {"m1", 1, "<iq id='m1' type='set'><query xmlns='jabber:iq:roster' ver='12'/></iq>"},
      {"m1", 1, "<iq id='m1' type='set'><query xmlns='jabber:iq:roster' ver=''/></iq>"},
      {"m1", 1, "<iq id='m1' type='result'><query xmlns='urn:example' ver='12'/></iq>"}},
     "Romeo <iq id=\"m1\" type=\"result\"><query xmlns=\"jabber:iq:roster\" ver=\"{version}\"/></iq>\n"
     "Romeo <iq id=\"m1\" type=\"set\"><query xmlns=\"jabber:iq:roster\" ver=\"{version}\"/></iq>\n"
     "Juliet <iq id=\"m1\" type=\"set\"><query xmlns=\"jabber:iq:roster\" ver=\"{version}\"/></iq>\n"
     "Juliet <iq id=\"m1\" type=\"set\"><query xmlns=\"jabber:iq:roster\" ver=\"\"/></iq>\n"
     "Juliet <iq id=\"m1\" type=\"result\"><query xmlns=\"urn:example\" ver=\"12\"/></iq>\n"},
    {"of an error only the defined condition is kept",
     "",
     {{"m1", 0, "<message id='m1' type='error'><body>Hi</body><error type='modify'>"
       "<gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>xmpp:a@b.example</gone>"
       "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>It is gone</text>"
       "<too-late xmlns='urn:example'/></error><text xmlns='urn:example'>stays</text></message>"}},
     "Romeo <message id=\"m1\" type=\"error\"><body>Hi</body><error type=\"modify\">"
     "<gone xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\">xmpp:a@b.example</gone></error>"
     "<text xmlns=\"urn:example\">stays</text></message>\n"},
    {"children of a stanza are sorted by name and those below are not",
     "",
     {{"m1", 1, "<message id='m1'><subject>b</subject><x xmlns='urn:b'><d/><c/></x><body>2</body><x xmlns='urn:a'/>"
       "<body xml:lang='de'>1</body></message>"}},
     "Juliet <message id=\"m1\"><body>2</body><body xml:lang=\"de\">1</body>"
     "<subject>b</subject><x xmlns=\"urn:a\"/><x xmlns=\"urn:b\"><d/><c/></x></message>\n"},
    {"the old code of an error is left out and other codes are not",
     "",
     {{"m1", 0, "<message id='m1' type='error'><error code='404' type='cancel'><item-not-found "
       "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error><x xmlns='urn:example' code='110'/></message>"}},
     "Romeo <message id=\"m1\" type=\"error\"><error type=\"cancel\">"
     "<item-not-found xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/></error>"
     "<x xmlns=\"urn:example\" code=\"110\"/></message>\n"},
    {"a message is normal without saying so",
     "",
     {{"m1", 1, "<message id='m1' type='normal'><x xmlns='urn:example' type='normal'/></message>"},
      {"m1", 1, "<presence id='m1' type='normal'/>"},
      {"m1", 1, "<message id='m1' type='chat'/>"}},
     "Juliet <message id=\"m1\"><x xmlns=\"urn:example\" type=\"normal\"/></message>\n"
     "Juliet <presence id=\"m1\" type=\"normal\"/>\n"
     "Juliet <message id=\"m1\" type=\"chat\"/>\n"},
    {"a language is left out unless the script wrote it",
     "Romeo sends:\n\t<message id='m2' xml:lang='de' to='juliet@capulet.example'/>\n",
     {{"m1", 1, "<message id='m1' xml:lang='en'><body xml:lang='en'>Hi</body></message>"},
      {"m2", 1, "<message id='m2' xml:lang='de'/>"}},
     "Juliet <message id=\"m1\"><body xml:lang=\"en\">Hi</body></message>\n"
     "Juliet <message id=\"m2\" xml:lang=\"de\"/>\n"},
    {"what is from the own account need not say so",
     "",
     {{"m1", 1, "<iq id='m1' from='juliet@capulet.example' type='result'/>"},
      {"m1", 1, "<message id='m1' from='juliet@capulet.example/phone'/>"},
      {"m1", 0, "<message id='m1' from='juliet@capulet.example'/>"}},
     "Romeo <message from=\"juliet@capulet.example\" id=\"m1\"/>\n"
     "Juliet <iq id=\"m1\" type=\"result\"/>\n"
     "Juliet <message from=\"juliet@capulet.example/phone\" id=\"m1\"/>\n"},
    {"an item has no subscription without saying so",
     "",
     {{"m1", 1, "<iq id='m1' type='set'><query xmlns='jabber:iq:roster'><item jid='a@b.example' subscription='none'/>"
       "<item jid='c@d.example' subscription='to'/></query></iq>"},
      {"m1", 1, "<message id='m1'><item subscription='none' xmlns='urn:example'/></message>"}},
     "Juliet <iq id=\"m1\" type=\"set\"><query xmlns=\"jabber:iq:roster\">"
     "<item jid=\"a@b.example\"/><item jid=\"c@d.example\" subscription=\"to\"/></query></iq>\n"
     "Juliet <message id=\"m1\"><item xmlns=\"urn:example\" subscription=\"none\"/></message>\n"},
    {"an error may repeat an empty id or leave it out",
     "",
     {{"m1", 0, "<iq id='' type='error'/>"},
      {"m1", 0, "<iq id='' type='result'/>"}},
     "Romeo <iq type=\"error\"/>\nRomeo <iq id=\"\" type=\"result\"/>\n"},
    {"the language of a status is left out too",
     "",
     {{"m1", 1, "<presence id='m1' type='subscribe'><status xml:lang='en'>Hi</status></presence>"}},
     "Juliet <presence id=\"m1\" type=\"subscribe\"><status>Hi</status></presence>\n"},
    {"who delayed a stanza and why is left out",
     "",
     {{"m1", 1, "<message id='m1'><delay xmlns='urn:xmpp:delay' from='capulet.example' stamp='2002-09-10T23:08:25Z'>"
       "Offline Storage</delay><x xmlns='urn:example' from='capulet.example'>why</x></message>"}},
     "Juliet <message id=\"m1\"><delay xmlns=\"urn:xmpp:delay\" stamp=\"{stamp}\"/>"
     "<x xmlns=\"urn:example\" from=\"capulet.example\">why</x></message>\n"},
    {"who an error is by is left out, and elsewhere it stays",
     "",
     {{"m1", 0, "<iq id='m1' type='error'><error by='montague.example' type='cancel'><gone by='x' "
       "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"}},
     "Romeo <iq id=\"m1\" type=\"error\"><error type=\"cancel\">"
     "<gone xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\" by=\"x\"/></error></iq>\n"},
    {"the stamp of a delay without a namespace is left open too",
     "",
     {{"m1", 1, "<message id='m1'><delay stamp='2002-09-10T23:08:25Z'>why</delay></message>"},
      {"m1", 1, "<message id='m1'><delay xmlns='urn:example' stamp='2002-09-10T23:08:25Z'>why</delay></message>"}},
     "Juliet <message id=\"m1\"><delay stamp=\"{stamp}\"/></message>\n"
     "Juliet <message id=\"m1\"><delay xmlns=\"urn:example\" stamp=\"2002-09-10T23:08:25Z\">why</delay></message>\n"},
    {"the items of a roster and their groups are sorted, and nothing else below a stanza",
     "",
     {{"m1", 1, "<iq id='m1' type='set'><query xmlns='jabber:iq:roster'><item jid='c@d.example'><group>two</group>"
       "<group>one</group></item><item jid='a@b.example'/></query></iq>"},
      {"m1", 1, "<iq id='m1' type='set'><query xmlns='urn:x'><item jid='c@d.example'/><item jid='a@b.example'/>"
       "</query></iq>"}},
     "Juliet <iq id=\"m1\" type=\"set\"><query xmlns=\"jabber:iq:roster\"><item jid=\"a@b.example\"/>"
     "<item jid=\"c@d.example\"><group>one</group><group>two</group></item></query></iq>\n"
     "Juliet <iq id=\"m1\" type=\"set\"><query xmlns=\"urn:x\"><item jid=\"c@d.example\"/><item jid=\"a@b.example\"/>"
     "</query></iq>\n"},
    {"what a server says of its software is left out, and what a client says of its own is not",
     "",
     {{"m1", 1, "<iq id='m1' type='result' from='capulet.example'><query xmlns='jabber:iq:version'><name>x</name>"
       "</query></iq>"},
      {"m1", 1, "<iq id='m1' type='result'><query xmlns='http://jabber.org/protocol/disco#info'><feature var='x'/>"
       "</query></iq>"},
      {"m1", 1, "<iq id='m1' type='result' from='a@b.example/c'><query xmlns='jabber:iq:version'><name>x</name>"
       "</query></iq>"},
      {"m1", 1, "<iq id='m1' type='result' from='capulet.example'><query xmlns='urn:x'><name>x</name></query></iq>"},
      {"m1", 1, "<iq id='m1' type='set' from='capulet.example'><query xmlns='jabber:iq:version'><name>x</name>"
       "</query></iq>"}},
     "Juliet <iq from=\"capulet.example\" id=\"m1\" type=\"result\"><query xmlns=\"jabber:iq:version\"/></iq>\n"
     "Juliet <iq id=\"m1\" type=\"result\"><query xmlns=\"http://jabber.org/protocol/disco#info\"/></iq>\n"
     "Juliet <iq from=\"a@b.example/c\" id=\"m1\" type=\"result\"><query xmlns=\"jabber:iq:version\">"
     "<name>x</name></query></iq>\n"
     "Juliet <iq from=\"capulet.example\" id=\"m1\" type=\"result\"><query xmlns=\"urn:x\"><name>x</name></query></iq>\n"
     "Juliet <iq from=\"capulet.example\" id=\"m1\" type=\"set\"><query xmlns=\"jabber:iq:version\">"
     "<name>x</name></query></iq>\n"},
    {"a server's own answer has whatever language",
     "Romeo sends:\n\t<message id='m2' xml:lang='de' to='juliet@capulet.example'/>\n",
     {{"m2", 1, "<iq id='m2' type='result' xml:lang='de'/>"}, {"m2", 1, "<iq id='m2' type='set' xml:lang='de'/>"}},
     "Juliet <iq id=\"m2\" type=\"result\"/>\nJuliet <iq id=\"m2\" type=\"set\" xml:lang=\"de\"/>\n"},
    {"the namespaces of streams are one, wherever they are spelled out",
     "",
     {{"m1", 1, "<message id='m1'><f xmlns='urn:f'><body xmlns='jabber:client'/><body xmlns='jabber:server'/></f>"
       "</message>"}},
     "Juliet <message id=\"m1\"><f xmlns=\"urn:f\"><body xmlns=\"stream\"/><body xmlns=\"stream\"/></f></message>\n"},
    {"the namespace of an attribute is left out",
     "",
     {{"m1", 1, "<message id='m1'><x xmlns='urn:x' xmlns:p='urn:p' p:a='b' xml:lang='en'/></message>"}},
     "Juliet <message id=\"m1\"><x xmlns=\"urn:x\" a=\"b\" xml:lang=\"en\"/></message>\n"},
    {"an empty sender is none",
     "",
     {{"m1", 1, "<message id='m1' from=''><x xmlns='urn:x' from=''/></message>"}},
     "Juliet <message id=\"m1\"><x xmlns=\"urn:x\" from=\"\"/></message>\n"},
    {"what cannot be read stands as it came",
     "",
     {{"m1", 0, "<message id='m1'"}},
     "Romeo <message id='m1'\n"},
};

START_TEST(whatever_venues_may_write_differently_is_observed_in_one_form) {
    char text[1000];
    (void)snprintf(text, sizeof text, "%s%s", BOTH_CONNECT M1, forms[_i].further);
    for (size_t n = 0; n < 5 && forms[_i].came[n].of != NULL; n++) {
        fake_answer(n, forms[_i].came[n].of, forms[_i].came[n].client, forms[_i].came[n].stanza);
    }
    play_on_fake(text);
    ck_assert_msg(strcmp(observed(), forms[_i].observed) == 0, "%s: %s", forms[_i].fact, observed());
}
END_TEST

/* -------------------------------------------------------------------------------------------------- comparing ---- */

static void note_difference(void *context, const char *actor, size_t place, const char *a, const char *b) {
    char *text = context;
    const size_t size = strlen(text);
    ck_assert_int_lt(snprintf(text + size, 2000 - size, "%s %zu: %s / %s\n", actor, place, a == NULL ? "-" : a,
                              b == NULL ? "-" : b),
                     (int)(2000 - size));
}

/* What differs between what Juliet gets on one venue and on another, one line for each. */
static const char *compared(const char *const *one, const char *const *other) {
    static char text[2000];
    text[0] = '\0';
    const char *const *const sides[] = {one, other};
    struct drill_result results[2];
    for (size_t i = 0; i < 2; i++) {
        fake_reset();
        for (size_t n = 0; sides[i][n] != NULL; n++) {
            fake_answer(n, "m1", 1, sides[i][n]);
        }
        play_on_fake(BOTH_CONNECT M1);
        results[i] = result;
        result = (struct drill_result){0};
    }
    const size_t count = drill_compare(&results[0], &results[1], note_difference, text);
    ck_assert_uint_eq(count, drill_compare(&results[0], &results[1], NULL, NULL));
    drill_result_free(&results[0]);
    drill_result_free(&results[1]);
    ck_assert_int_eq(count == 0, text[0] == '\0');
    return text;
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

START_TEST(what_one_venue_gives_and_the_other_does_not_is_a_difference) {
    ck_assert_str_eq(compared(LIST("<message id='m1'/>"), LIST("<message id='m1'/>")), "");
    ck_assert_str_eq(compared(LIST("<message id='m1'/>"), LIST("<message id='m1' type='chat'/>")),
                     "Juliet 1: <message id=\"m1\"/> / <message id=\"m1\" type=\"chat\"/>\n");
    ck_assert_str_eq(compared(LIST("<message id='m1'/>", "<presence/>"), LIST("<message id='m1'/>")),
                     "Juliet 2: <presence/> / -\n");
    ck_assert_str_eq(compared(LIST("<presence/>"), LIST("<presence/>", "<message id='m1'/>")),
                     "Juliet 2: - / <message id=\"m1\"/>\n");
}
END_TEST

START_TEST(only_the_order_of_one_sender_counts) {
    ck_assert_str_eq(compared(LIST("<presence from='a@b.example'/>", "<presence from='c@d.example'/>"),
                              LIST("<presence from='c@d.example'/>", "<presence from='a@b.example'/>")),
                     "");
    ck_assert_str_eq(compared(LIST("<presence from='a@b.example'/>", "<message from='a@b.example'/>"),
                              LIST("<message from='a@b.example'/>", "<presence from='a@b.example'/>")),
                     "Juliet 1: <presence from=\"a@b.example\"/> / <message from=\"a@b.example\"/>\n"
                     "Juliet 2: <message from=\"a@b.example\"/> / <presence from=\"a@b.example\"/>\n");
}
END_TEST

static size_t different_at_a_peer(const char *const first[2], const char *const second[2]) {
    char *one[2], *other[2];
    for (size_t i = 0; i < 2; i++) {
        one[i] = strdup(first[i]);
        other[i] = strdup(second[i]);
    }
    struct drill_observation a = {.actor = "peer", .items = one, .count = 2};
    struct drill_observation b = {.actor = "peer", .items = other, .count = 2};
    struct drill_result left = {.observations = &a, .observation_count = 1};
    struct drill_result right = {.observations = &b, .observation_count = 1};
    const size_t count = drill_compare(&left, &right, NULL, NULL);
    for (size_t i = 0; i < 2; i++) {
        free(one[i]);
        free(other[i]);
    }
    return count;
}

START_TEST(at_a_peer_the_order_counts_for_each_recipient) {
    const char *const a[2] = {"<presence from=\"x@y.example\" to=\"a@b.example\"/>",
                              "<presence from=\"x@y.example\" to=\"c@d.example\"/>"};
    const char *const b[2] = {a[1], a[0]};
    ck_assert_uint_eq(different_at_a_peer(a, b), 0);
    const char *const c[2] = {a[0], "<message from=\"x@y.example\" to=\"a@b.example\"/>"};
    const char *const d[2] = {c[1], c[0]};
    ck_assert_uint_eq(different_at_a_peer(c, d), 2);
}
END_TEST

START_TEST(a_stanza_without_to_is_for_who_gets_it) {
    static const char without[] = "<presence id='m1'/>";
    ck_assert_str_eq(compared(LIST(without), LIST("<presence id='m1' to='juliet@capulet.example/balcony'/>")), "");
    ck_assert_str_eq(compared(LIST("<presence id='m1' to='juliet@capulet.example'/>"), LIST(without)), "");
    ck_assert_str_ne(compared(LIST(without), LIST("<presence id='m1' to='romeo@montague.example'/>")), "");
    ck_assert_str_ne(compared(LIST(without), LIST("<presence id='m2' to='juliet@capulet.example'/>")), "");
    ck_assert_str_ne(compared(LIST(without), LIST("<presence id='m1'><x xmlns='urn:x' to='juliet@capulet.example'/>"
                                                  "</presence>")),
                     "");
    ck_assert_str_ne(compared(LIST("<presence to='juliet@capulet.example'/>"),
                              LIST("<presence to='juliet@capulet.example/balcony'/>")),
                     "");
}
END_TEST

/* ------------------------------------------------------------------------------------------------- how it ends ---- */

START_TEST(a_stream_that_the_server_ends_stands_where_it_ended) {
    fake_answer(0, "m1", 0, "<message id='m1'/>");
    fake_plan.replies[1] = (struct fake_reply){.id = "m1", .client = 0, .ended = "policy-violation"};
    fake_answer(2, "m1", 1, "<message id='m1'/>");
    play_on_fake(BOTH_CONNECT M1 "Juliet receives:\n\t<message id='m1'/>\n"
                                 "Romeo connects\n"
                                 "Romeo disconnects\n"
                                 "Juliet closes: policy-violation\n"
                                 "Juliet connects\n"
                                 "Juliet vanishes\n");
    ck_assert_str_eq(observed(), "Romeo <message id=\"m1\"/>\n"
                                 "Romeo ended: policy-violation\n"
                                 "Juliet <message id=\"m1\"/>\n");
}
END_TEST

START_TEST(who_is_refused_shows_with_the_condition) {
    fake_plan.refused = "not-authorized";
    play_on_fake(CAST "Romeo connects\n");
    ck_assert_str_eq(observed(), "Romeo refused: not-authorized\n");
}
END_TEST

START_TEST(the_simulations_streams_end_alike) {
    play_case(CAST "Romeo connects\n"
                   "Romeo sends raw:\n"
                   "\t<message></presence>\n"
                   "Romeo receives: nothing\n"
                   "Juliet connects\n"
                   "Juliet disconnects\n",
              0);
    ck_assert_str_eq(observed(), "Romeo ended: not-well-formed\n");
}
END_TEST

START_TEST(a_peers_stream_that_the_server_refuses_shows_with_the_condition) {
    play_case("# Test\n"
              "[Client] Romeo\n"
              "\tjid: romeo@montague.example/orchard\n"
              "[Peer] capulet.example\n"
              "---\n"
              "Romeo connects\n"
              "capulet.example sends:\n"
              "\t<message id='m1' from='tybalt@verona.example' to='romeo@montague.example'/>\n"
              "Romeo receives: nothing\n"
              "capulet.example sends:\n"
              "\t<message id='m2' from='a@capulet.example' to=\"${Romeo's full JID}\"/>\n"
              "Romeo receives:\n"
              "\t<message id='m2'/>\n"
              "capulet.example closes: policy-violation\n",
              0);
    ck_assert_str_eq(observed(),
                     "Romeo <message from=\"a@capulet.example\" id=\"m2\" to=\"romeo@montague.example/orchard\"/>\n"
                     "capulet.example ended: invalid-from\n");
}
END_TEST

Suite *observe_suite(void) {
    Suite *suite = suite_create("observe");
    TCase *tc = tcase_create("observe");
    tcase_add_checked_fixture(tc, setup, drill_teardown_case);
    tcase_add_test(tc, each_actor_has_its_stanzas_in_their_order_as_canonical_text);
    tcase_add_test(tc, a_stanza_of_any_length_is_observed_whole);
    tcase_add_test(tc, nothing_is_observed_unless_it_is_asked_for);
    tcase_add_test(tc, a_case_that_fails_is_observed_too);
    tcase_add_test(tc, what_came_before_a_server_was_gone_is_observed);
    tcase_add_test(tc, a_case_that_cannot_begin_is_not_observed);
    tcase_add_test(tc, ids_that_a_server_makes_up_are_left_open_and_those_of_the_script_stay);
    tcase_add_test(tc, an_id_that_the_script_only_hands_back_is_still_the_servers);
    tcase_add_test(tc, ids_of_raw_octets_and_of_stored_messages_are_the_scripts);
    tcase_add_test(tc, resources_that_a_server_makes_up_are_numbered);
    tcase_add_test(tc, the_simulation_and_a_real_server_are_observed_alike);
    tcase_add_loop_test(tc, whatever_venues_may_write_differently_is_observed_in_one_form, 0,
                        (int)(sizeof forms / sizeof *forms));
    tcase_add_test(tc, at_a_peer_the_order_counts_for_each_recipient);
    tcase_add_test(tc, what_one_venue_gives_and_the_other_does_not_is_a_difference);
    tcase_add_test(tc, only_the_order_of_one_sender_counts);
    tcase_add_test(tc, a_stanza_without_to_is_for_who_gets_it);
    tcase_add_test(tc, a_stream_that_the_server_ends_stands_where_it_ended);
    tcase_add_test(tc, who_is_refused_shows_with_the_condition);
    tcase_add_test(tc, the_simulations_streams_end_alike);
    tcase_add_test(tc, a_peers_stream_that_the_server_refuses_shows_with_the_condition);
    suite_add_tcase(suite, tc);
    return suite;
}
