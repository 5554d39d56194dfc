/* What the server itself makes of a stanza's content: requests that it answers, messages that it keeps or will not
 * keep, delays that it believes or not. */
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *router_content_suite(void);

#define BALCONY "juliet@capulet.example/balcony"
#define JULIET  "juliet@capulet.example"
#define ORCHARD "romeo@montague.example/orchard"

/* ---- requests (6120 8.4, 10.3.3, 10.5; 6121 8.5) ---- */

static const struct {
    const char *xml, *fate;
} requests[] = {
    {"<iq id='1' type='get' to='capulet.example'><ping xmlns='urn:xmpp:ping'/></iq>",
     "answer to " ORCHARD " by dom.iq.known"},
    {"<iq id='1' type='get'><ping xmlns='urn:xmpp:ping'/></iq>", "answer to " ORCHARD " by noto.iq.known"},
    {"<iq id='1' type='get' to='" JULIET "'><ping xmlns='urn:xmpp:ping'/></iq>",
     "answer to " ORCHARD " by iq.bare.known"},
    {"<iq id='1' type='get' to='capulet.example'><query xmlns='jabber:iq:version'/></iq>",
     "answer to " ORCHARD " by dom.iq.known"},
    {"<iq id='1' type='get' to='" JULIET "'><query xmlns='jabber:iq:version'/></iq>",
     "bounce service-unavailable to " ORCHARD " by iq.bare.unknown"},
    /* a namespace that is understood, with what it does not have (6120 8.3.3.3) */
    {"<iq id='1' type='set' to='capulet.example'><ping xmlns='urn:xmpp:ping'/></iq>",
     "bounce feature-not-implemented to " ORCHARD " by in.iq.unknown-elem"},
    {"<iq id='1' type='get' to='capulet.example'><pong xmlns='urn:xmpp:ping'/></iq>",
     "bounce feature-not-implemented to " ORCHARD " by in.iq.unknown-elem"},
    {"<iq id='1' type='get' to='capulet.example'><p:ping xmlns:p='urn:xmpp:ping'/></iq>",
     "answer to " ORCHARD " by dom.iq.known"},
    /* what an account can do is for those who see its presence */
    {"<iq id='1' type='get' to='romeo@montague.example'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
     "answer to " ORCHARD " by iq.bare.known"},
    {"<iq id='1' type='get' to='" JULIET "'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
     "answer to " ORCHARD " by iq.bare.known"},
    {"<iq id='1' type='get' to='nurse@capulet.example'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
     "bounce service-unavailable to " ORCHARD " by iq.bare.unknown"},
};

START_TEST(a_request_is_answered_where_its_payload_is_known) {
    ck_assert_int_eq(router_account(router, s("nurse@capulet.example")), ROUTER_OK);
    contact(JULIET, "romeo@montague.example", ROUTER_SUB_FROM);
    const char *seen = send_as(romeo, requests[_i].xml, FATES);
    ck_assert_msg(strncmp(seen, requests[_i].fate, strlen(requests[_i].fate)) == 0, "%s gives %s", requests[_i].xml,
                  seen);
}
END_TEST

START_TEST(a_server_that_keeps_messages_says_so) {
    const char *const get =
        "<iq id='1' type='get' to='capulet.example'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>";
    ck_assert_has(send_as(romeo, get, BYTES), "<feature var='msgoffline'/>"); /* XEP-0160 4 */
    knob("msg.store", "bounce");
    ck_assert_lacks(send_as(romeo, get, BYTES), "msgoffline");
}
END_TEST

/* 6121 8.5.3.2.1: to a full JID that is not connected; who the user does not know learns nothing (8.1). */
static const struct {
    const char *to, *fate;
} trusts[] = {
    {"romeo@montague.example/gone",
     "bounce service-unavailable to " ORCHARD " by msg.full.normal.nomatch\n"},                 /* oneself */
    {JULIET "/gone", "bounce service-unavailable to " ORCHARD " by msg.full.normal.nomatch\n"}, /* a subscriber */
    {"nurse@capulet.example/gone",
     "bounce service-unavailable to " ORCHARD " by msg.full.normal.nomatch\n"}, /* directed */
    {"tybalt@capulet.example/gone", "drop by msg.full.normal.nomatch\n"},
};

START_TEST(an_error_that_tells_of_presence_is_for_those_who_may_know) {
    char xml[100];
    ck_assert_int_eq(router_account(router, s("nurse@capulet.example")), ROUTER_OK);
    ck_assert_int_eq(router_account(router, s("tybalt@capulet.example")), ROUTER_OK);
    contact(JULIET, "romeo@montague.example", ROUTER_SUB_FROM);
    send_as(bind_as("nurse@capulet.example/kitchen"), "<presence to='" ORCHARD "'/>", FATES);
    bind_as("tybalt@capulet.example/street");
    snprintf(xml, sizeof xml, "<message to='%s'/>", trusts[_i].to);
    ck_assert_str_eq(send_as(romeo, xml, FATES), trusts[_i].fate);
}
END_TEST

/* ---- what is kept (XEP-0160 3) ---- */

#define STATE "<composing xmlns='http://jabber.org/protocol/chatstates'/>"

static const struct {
    const char *xml, *fate;
} kept[] = {
    {"<message type='chat' to='" JULIET "'><body>x</body></message>", "store to " JULIET " by msg.bare.chat.none\n"},
    {"<message type='chat' to='" JULIET "'/>", "store to " JULIET " by msg.bare.chat.none\n"},
    {"<message type='chat' to='" JULIET "'>" STATE "</message>", "drop by off.chatstate\n"},
    {"<message type='chat' to='" JULIET "'>" STATE "<thread>1</thread></message>", "drop by off.chatstate\n"},
    {"<message type='chat' to='" JULIET "'><thread>1</thread>" STATE "</message>", "drop by off.chatstate\n"},
    {"<message type='chat' to='" JULIET "'><thread>1</thread></message>",
     "store to " JULIET " by msg.bare.chat.none\n"},
    {"<message type='chat' to='" JULIET "'>" STATE "<body>x</body></message>",
     "store to " JULIET " by msg.bare.chat.none\n"},
    {"<message type='chat' to='" JULIET "'><body>x</body>" STATE "</message>",
     "store to " JULIET " by msg.bare.chat.none\n"},
    {"<message type='chat' to='" JULIET "'>" STATE
     "<thread/><thread/><thread/><thread/><thread/><thread/><thread/><body>x</body>"
     "</message>",
     "store to " JULIET " by msg.bare.chat.none\n"},
    {"<message to='" JULIET "'>" STATE "</message>", "store to " JULIET " by msg.bare.normal.none\n"},
};

START_TEST(a_message_that_says_nothing_but_how_a_chat_stands_is_not_kept) {
    ck_assert_int_eq(router_link(router, juliet, ROUTER_LINK_CLOSED, 0), ROUTER_OK);
    ck_assert_str_eq(send_as(romeo, kept[_i].xml, FATES), kept[_i].fate);
}
END_TEST

START_TEST(a_chat_state_can_be_refused_or_kept) {
    const char *const xml = "<message type='chat' to='" JULIET "'>" STATE "</message>";
    ck_assert_int_eq(router_link(router, juliet, ROUTER_LINK_CLOSED, 0), ROUTER_OK);
    knob("off.chatstate", "bounce");
    ck_assert_str_eq(send_as(romeo, xml, FATES), "bounce service-unavailable to " ORCHARD " by off.chatstate\n");
    knob("off.chatstate", "store");
    ck_assert_str_eq(send_as(romeo, xml, FATES), "store to " JULIET " by msg.bare.chat.none\n");
}
END_TEST

START_TEST(a_full_store_refuses_and_an_empty_one_takes_again) {
    const char *const xml = "<message to='" JULIET "'><body>x</body></message>";
    knob("off.max", "1");
    ck_assert_str_eq(send_as(romeo, xml, FATES), "store to " JULIET " by msg.bare.normal.none\n");
    ck_assert_str_eq(send_as(romeo, xml, FATES), "bounce service-unavailable to " ORCHARD " by off.quota\n");
    send_as(juliet, "<presence/>", FATES);
    send_as(juliet, "<presence type='unavailable'/>", FATES);
    ck_assert_str_eq(send_as(romeo, xml, FATES), "store to " JULIET " by msg.bare.normal.none\n");
}
END_TEST

START_TEST(messages_are_kept_in_order_and_with_the_address_that_was_added) {
    send_as(juliet, "<message id='1' type='chat'><body>a note to myself</body></message>", FATES);
    send_as(romeo, "<message id='2' to='" JULIET "'><body>x</body></message>", FATES);
    knob("off.delay", "off");
    ck_assert_has(send_as(juliet, "<presence/>", BYTES),
                  "by off.deliver.when: <message from='" BALCONY "' to='" JULIET "' id='1' type='chat'>"
                  "<body>a note to myself</body></message>\n"
                  "deliver to " BALCONY " by off.deliver.when: <message from='" ORCHARD "' id='2' "
                  "to='" JULIET "'><body>x</body></message>\n");
}
END_TEST

/* ---- delays (XEP-0203 5) ---- */

#define DELAY(from) "<delay xmlns='urn:xmpp:delay'" from " stamp='2000-01-01T00:00:00Z'/>"

static const struct {
    const char *delay;
    bool stripped; /* it is in the name of this server */
} delays[] = {
    {DELAY(" from='capulet.example'"), true},
    {DELAY(" from='Montague.Example.'"), true},
    {DELAY(" from='capulet.example/x'"), true},
    {DELAY(" from='verona.example'"), false},
    {DELAY(" from='" JULIET "'"), false},
    {DELAY(" from='@'"), false},
    {DELAY(""), false},
    {"<delay xmlns='urn:x' from='capulet.example'/>", false},
};

static const char *with_delay(const char *delay) {
    static char xml[500];
    snprintf(xml, sizeof xml, "<message to='" BALCONY "'><a xmlns='urn:a'/>%s<b xmlns='urn:b'/></message>", delay);
    return xml;
}

START_TEST(a_delay_in_the_name_of_this_server_does_not_come_in) {
    char expected[500];
    snprintf(expected, sizeof expected, "<a xmlns='urn:a'/>%s<b xmlns='urn:b'/></message>\n",
             delays[_i].stripped ? "" : delays[_i].delay);
    const char *seen = send_as(romeo, with_delay(delays[_i].delay), BYTES);
    ck_assert_msg(strstr(seen, expected) != NULL, "%s", seen);
}
END_TEST

START_TEST(a_false_delay_can_be_refused_or_kept) {
    const char *const xml = with_delay(DELAY(" from='capulet.example'"));
    knob("off.delay-spoof", "not-acceptable");
    ck_assert_str_eq(send_as(romeo, xml, FATES), "bounce not-acceptable to " ORCHARD " by off.delay.spoof\n");
    knob("off.delay-spoof", "keep");
    ck_assert_has(send_as(romeo, xml, BYTES), DELAY(" from='capulet.example'"));
}
END_TEST

START_TEST(several_false_delays_go_and_the_rest_stays_in_order) {
    const char *seen = send_as(
        romeo,
        "<message to='" BALCONY
        "'>" DELAY(" from='capulet.example'") "<a xmlns='urn:a'/>" DELAY(" from='montague.example'")
            DELAY(" from='capulet.example'") "<b xmlns='urn:b'>b</b>" DELAY(" from='capulet.example'") "</message>",
        BYTES);
    ck_assert_msg(strstr(seen, "><a xmlns='urn:a'/><b xmlns='urn:b'>b</b></message>\n") != NULL, "%s", seen);
}
END_TEST

START_TEST(the_delay_of_another_server_stays_beside_the_own_one) {
    send_as(peer(),
            "<message from='a@verona.example' to='" JULIET
            "'><body>x</body><delay xmlns='urn:x'/>" DELAY(" from='verona.example'") "</message>",
            FATES);
    const char *seen = send_as(juliet, "<presence/>", BYTES);
    ck_assert_has(seen, DELAY(" from='verona.example'"));
    ck_assert_has(seen, "<delay xmlns='urn:xmpp:delay' from='capulet.example'");
}
END_TEST

#define EACH(test, table) tcase_add_loop_test(tc, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *router_content_suite(void) {
    Suite *suite = suite_create("router_content");
    TCase *tc = tcase_create("content");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    EACH(a_request_is_answered_where_its_payload_is_known, requests);
    tcase_add_test(tc, a_server_that_keeps_messages_says_so);
    EACH(an_error_that_tells_of_presence_is_for_those_who_may_know, trusts);
    EACH(a_message_that_says_nothing_but_how_a_chat_stands_is_not_kept, kept);
    tcase_add_test(tc, a_chat_state_can_be_refused_or_kept);
    tcase_add_test(tc, a_full_store_refuses_and_an_empty_one_takes_again);
    tcase_add_test(tc, messages_are_kept_in_order_and_with_the_address_that_was_added);
    EACH(a_delay_in_the_name_of_this_server_does_not_come_in, delays);
    tcase_add_test(tc, a_false_delay_can_be_refused_or_kept);
    tcase_add_test(tc, several_false_delays_go_and_the_rest_stays_in_order);
    tcase_add_test(tc, the_delay_of_another_server_stays_beside_the_own_one);
    suite_add_tcase(suite, tc);
    return suite;
}
