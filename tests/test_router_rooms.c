/* What components send to users, to other servers and to each other, and a component with rooms, which a server knows
 * by directed presence alone (6120 10.4, 10.5; 6121 4.3.2, 4.6, 8.5; XEP-0045). */
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *router_rooms_suite(void);

#define ORCHARD "romeo@montague.example/orchard"
#define BALCONY "juliet@capulet.example/balcony"
#define HALL "hall@rooms.capulet.example"

static uint32_t rooms, relay; /* rooms.capulet.example and relay.montague.example, both connected */

static void setup(void) {
    static const char *const domains[] = {"montague.example", "capulet.example"};
    policy = policy_new(NULL);
    ck_assert_ptr_nonnull(policy);
    const struct router_config config = {.policy = policy, .domains = domains, .domain_count = 2, .seed = 1};
    ck_assert_int_eq(router_new(&config, &router), ROUTER_OK);
    ck_assert_int_eq(router_account(router, s("romeo@montague.example")), ROUTER_OK);
    ck_assert_int_eq(router_account(router, s("juliet@capulet.example")), ROUTER_OK);
    ck_assert_int_eq(router_component(router, s("rooms.capulet.example")), ROUTER_OK);
    ck_assert_int_eq(router_component(router, s("relay.montague.example")), ROUTER_OK);
    romeo = bind_as(ORCHARD);
    juliet = bind_as(BALCONY);
    ck_assert_int_eq(router_attach(router, s("rooms.capulet.example"), 0, &rooms), ROUTER_OK);
    ck_assert_int_eq(router_attach(router, s("relay.montague.example"), 0, &relay), ROUTER_OK);
}

static uint32_t port_of(enum router_effect_kind kind) {
    struct router_effect e;
    while (router_next(router, &e))
        if (e.kind == kind)
            return e.port;
    ck_abort_msg("no effect of kind %s", router_fate_name(kind));
}

static bool is_text(struct slice slice, const char *text) {
    return slice.size == strlen(text) && memcmp(slice.data, text, slice.size) == 0;
}

/* ---- to users here ---- */

struct case_of {
    const char *setting, *xml, *fate;
};

#define FROM_RELAY " from='a@relay.montague.example/r' to='"
#define TO_RELAY " to a@relay.montague.example/r by "

/* Juliet is connected and has sent no presence. */
static const struct case_of to_users[] = {
    {"", "<message type='chat'" FROM_RELAY BALCONY "'/>", "deliver to " BALCONY " by msg.full.chat.match\n"},
    {"", "<message" FROM_RELAY "juliet@capulet.example'/>",
     "store to juliet@capulet.example by msg.bare.normal.none\n"},
    {"", "<message type='groupchat'" FROM_RELAY "juliet@capulet.example'/>",
     "bounce service-unavailable" TO_RELAY "msg.bare.groupchat.none\n"},
    {"", "<message type='headline'" FROM_RELAY "juliet@capulet.example'/>", "drop by msg.bare.headline.none\n"},
    {"", "<message" FROM_RELAY "juliet@capulet.example/gone'/>", "drop by msg.full.normal.nomatch\n"},
    {"knob policy.silent = error", "<message" FROM_RELAY "juliet@capulet.example/gone'/>",
     "bounce service-unavailable" TO_RELAY "msg.full.normal.nomatch\n"},
    {"", "<iq type='get' id='1'" FROM_RELAY "juliet@capulet.example'><x xmlns='urn:x'/></iq>",
     "bounce service-unavailable" TO_RELAY "iq.bare.unknown\n"},
    {"", "<iq type='get' id='1'" FROM_RELAY BALCONY "'><x xmlns='urn:x'/></iq>",
     "bounce service-unavailable" TO_RELAY "iq.full.match.stranger\n"},
    {"knob iq.presence-check = off", "<iq type='get' id='1'" FROM_RELAY BALCONY "'><x xmlns='urn:x'/></iq>",
     "deliver to " BALCONY " by iq.full.match.stranger\n"},
    {"", "<iq type='result' id='1'" FROM_RELAY BALCONY "'/>", "deliver to " BALCONY " by iq.full.match.reply\n"},
    {"", "<iq type='get' id='1'" FROM_RELAY "capulet.example'><ping xmlns='urn:xmpp:ping'/></iq>",
     "answer" TO_RELAY "dom.iq.known\n"},
    {"", "<presence type='probe'" FROM_RELAY "juliet@capulet.example'/>", "answer" TO_RELAY "pres.probe.no-sub\n"},
    {"", "<presence type='probe'" FROM_RELAY "nobody@capulet.example'/>", "answer" TO_RELAY "pres.nouser.probe\n"},
    {"", "<message type='error'" FROM_RELAY "nobody@capulet.example'><error/></message>", "drop by msg.nouser.error\n"},
};

START_TEST(a_component_meets_the_rules_that_anybody_meets) {
    profile(to_users[_i].setting);
    ck_assert_str_eq(send_as(relay, to_users[_i].xml, FATES), to_users[_i].fate);
    ck_assert_int_eq(input(relay, to_users[_i].xml), ROUTER_OK);
    ck_assert(has_mark("ext.comp.local") == (strstr(to_users[_i].xml, "juliet@") != NULL));
}
END_TEST

START_TEST(what_the_server_says_to_a_component_is_written_to_its_stream) {
    const char *ping = "<iq type='get' id='1'" FROM_RELAY "capulet.example'><ping xmlns='urn:xmpp:ping'/></iq>";
    ck_assert_int_eq(input(relay, ping), ROUTER_OK);
    ck_assert_uint_eq(port_of(ROUTER_ANSWER), relay);
    ck_assert_int_eq(input(relay, "<iq type='get' id='1'" FROM_RELAY BALCONY "'><x xmlns='urn:x'/></iq>"), ROUTER_OK);
    ck_assert_uint_eq(port_of(ROUTER_BOUNCE), relay);
    ck_assert_str_eq(send_as(relay, ping, BYTES),
                     "answer to a@relay.montague.example/r by dom.iq.known: <iq from='capulet.example' "
                     "to='a@relay.montague.example/r' type='result' id='1'/>\n");
}
END_TEST

START_TEST(an_unavailable_contact_at_a_component_sees_what_it_may) {
    contact("juliet@capulet.example", "a@relay.montague.example", ROUTER_SUB_BOTH);
    const char *seen = send_as(juliet, "<presence id='p'/>", BYTES);
    ck_assert_has(seen, "hand to a@relay.montague.example by ext.comp.route: <presence from='" BALCONY
                        "' to='a@relay.montague.example' id='p'/>\n");
    ck_assert_has(seen, "hand to a@relay.montague.example by ext.comp.route: <presence from='juliet@capulet.example' "
                        "to='a@relay.montague.example' type='probe'/>\n");
    ck_assert_has(send_as(relay, "<presence type='probe'" FROM_RELAY "juliet@capulet.example'/>", BYTES),
                  "answer to a@relay.montague.example/r by pres.probe.avail: <presence from='" BALCONY
                  "' to='a@relay.montague.example/r' id='p'/>\n");
    ck_assert_has(send_as(relay, "<presence" FROM_RELAY "juliet@capulet.example'/>", FATES),
                  "deliver to " BALCONY " by pres.bare.avail\n");
}
END_TEST

START_TEST(only_accounts_here_need_no_probe) {
    contact("juliet@capulet.example", "a@relay.montague.example", ROUTER_SUB_TO);
    send_as(juliet, "<presence type='unavailable'/>", FATES);
    ck_assert_int_eq(input(juliet, "<presence/>"), ROUTER_OK);
    const char *marks = effects(MARKS);
    ck_assert_has(marks, "mark by pres.init.probe\n");
    ck_assert_lacks(marks, "pres.init.probe-local");
}
END_TEST

START_TEST(a_request_to_a_component_is_sent_anew_until_it_is_answered) {
    /* 6121 3.1.2; nobody here keeps it for the component. */
    const struct router_contact asked = {.ask = true};
    static const char *const contacts[] = {"a@relay.montague.example", "romeo@montague.example"};
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(router_contact_set(router, s("juliet@capulet.example"), s(contacts[i]), asked), ROUTER_OK);
    const char *seen = send_as(juliet, "<presence/>", BYTES);
    ck_assert_has(seen, "<presence from='juliet@capulet.example' to='a@relay.montague.example' type='subscribe'/>");
    ck_assert_uint_eq(occurrences(seen, "type='subscribe'"), 1);
}
END_TEST

START_TEST(a_subscription_of_a_components_user_is_kept_by_the_account) {
    const char *request = "<presence type='subscribe' from='a@relay.montague.example' to='juliet@capulet.example'/>";
    send_as(juliet, "<presence/>", FATES);
    ck_assert_has(send_as(relay, request, FATES),
                  "deliver to " BALCONY " by sub.in.subscribe.none\n");
    ck_assert_has(send_as(juliet, "<presence type='subscribed' to='a@relay.montague.example'/>", FATES),
                  "hand to a@relay.montague.example by ext.comp.route\n");
    ck_assert_has(facts("juliet@capulet.example"), "a@relay.montague.example from");
    knob("sub.already-presence", "on");
    ck_assert_str_eq(send_as(relay, request, FATES), "answer to a@relay.montague.example by sub.in.subscribe.from\n"
                                                     "hand to a@relay.montague.example by ext.comp.route\n");
}
END_TEST

START_TEST(a_component_stamps_its_own_delays) {
    /* XEP-0203 5: what claims to be this server's own is discarded; what a room kept is not this server's. */
    const char *xml = "<message" FROM_RELAY BALCONY "'><delay xmlns='urn:xmpp:delay' from='%s'/></message>";
    char sent[300];
    snprintf(sent, sizeof sent, xml, "relay.montague.example");
    ck_assert_has(send_as(relay, sent, BYTES), "<delay");
    snprintf(sent, sizeof sent, xml, "montague.example");
    ck_assert_lacks(send_as(relay, sent, BYTES), "<delay");
}
END_TEST

/* ---- to a trusted service (6121 4.3.2) ---- */

START_TEST(a_trusted_service_may_see_presence) {
    const char *probe = "<presence type='probe' from='relay.montague.example' to='juliet@capulet.example'/>";
    ck_assert_has(send_as(relay, probe, FATES), "by pres.probe.no-sub\n");
    knob("pres.probe-trusted", "on");
    ck_assert_has(send_as(relay, probe, FATES), "answer to relay.montague.example by pres.probe.offline\n");
    send_as(juliet, "<presence id='p'><show>away</show></presence>", FATES);
    ck_assert_str_eq(send_as(relay, probe, BYTES),
                     "answer to relay.montague.example by pres.probe.avail: <presence from='" BALCONY
                     "' to='relay.montague.example' id='p'><show>away</show></presence>\n");
    ck_assert_int_eq(input(relay, probe), ROUTER_OK);
    ck_assert(has_mark("pres.probe.trusted"));
    ck_assert_has(send_as(relay, "<presence type='probe' from='relay.montague.example' to='" BALCONY "'/>", FATES),
                  "by pres.probe.full.match\n");
    /* Its users are not the service, and neither is another server. */
    ck_assert_has(send_as(relay, "<presence type='probe'" FROM_RELAY "juliet@capulet.example'/>", FATES),
                  "by pres.probe.no-sub\n");
    probe = "<presence type='probe' from='verona.example' to='juliet@capulet.example'/>";
    ck_assert_int_eq(input(peer(), probe), ROUTER_OK);
    ck_assert(!has_mark("pres.probe.trusted"));
}
END_TEST

/* ---- to other servers and other components ---- */

START_TEST(a_component_has_streams_to_other_servers_of_its_own) {
    struct router_effect e;
    ck_assert_has(send_as(romeo, "<message to='p@verona.example'/>", FATES), "open to verona.example\n");
    ck_assert_int_eq(input(relay, "<message" FROM_RELAY "p@verona.example'/>"), ROUTER_OK);
    do
        ck_assert(router_next(router, &e));
    while (e.kind != ROUTER_OPEN);
    ck_assert(is_text(e.host, "relay.montague.example"));
    ck_assert_int_eq(router_link(router, e.port, ROUTER_LINK_READY, 0), ROUTER_OK);
    ck_assert_str_eq(effects(BYTES), "write to verona.example: <message from='a@relay.montague.example/r' "
                                     "to='p@verona.example'/>\n");
    ck_assert_int_eq(input(relay, "<message" FROM_RELAY "p@verona.example'/>"), ROUTER_OK);
    ck_assert(has_mark("ext.comp.remote"));
    ck_assert_has(send_as(relay, "<message" FROM_RELAY "p@verona.example'/>", BYTES),
                  "route to p@verona.example by s2s.route: <message from='a@relay.montague.example/r' "
                  "to='p@verona.example'/>\n");
}
END_TEST

START_TEST(what_cannot_be_routed_comes_back_to_the_component) {
    ck_assert_int_eq(input(relay, "<presence type='subscribe' id='1'" FROM_RELAY "p@verona.example'/>"), ROUTER_OK);
    const uint32_t port = opened();
    ck_assert_int_eq(input(relay, "<iq type='result' id='2'" FROM_RELAY "p@verona.example'/>"), ROUTER_OK);
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_NO_HOST, 0), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "bounce remote-server-not-found" TO_RELAY "s2s.fail.subscription\n"
                                     "drop by s2s.never.result\n");
    knob("s2s.enable", "off");
    ck_assert_str_eq(send_as(relay, "<message" FROM_RELAY "p@verona.example'/>", FATES),
                     "bounce not-allowed" TO_RELAY "s2s.denied\n");
}
END_TEST

START_TEST(no_user_is_told_of_a_components_request) {
    ck_assert_int_eq(input(relay, "<presence type='subscribe' id='1'" FROM_RELAY "p@verona.example'/>"), ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_NO_HOST, 0), ROUTER_OK);
    const char *marks = effects(MARKS);
    ck_assert_lacks(marks, "sub.req.out.error");
    ck_assert_lacks(marks, "sub.req.out.fail");
    ck_assert_int_eq(input(relay, "<presence type='subscribe' id='1'" FROM_RELAY "@'/>"), ROUTER_OK);
    ck_assert(!has_mark("sub.req.out.error"));
}
END_TEST

START_TEST(what_comes_back_too_late_is_dropped) {
    ck_assert_int_eq(input(relay, "<message id='1'" FROM_RELAY "p@verona.example'/>"), ROUTER_OK);
    const uint32_t port = opened();
    ck_assert_int_eq(router_link(router, relay, ROUTER_LINK_LOST, 0), ROUTER_OK);
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_NO_HOST, 0), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "bounce remote-server-not-found" TO_RELAY "s2s.fail.msg\n"
                                     "drop by ext.comp.offline\n");
}
END_TEST

START_TEST(components_reach_each_other) {
    ck_assert_str_eq(send_as(relay, "<message" FROM_RELAY "rooms.capulet.example'/>", BYTES),
                     "hand to rooms.capulet.example by ext.comp.route: <message from='a@relay.montague.example/r' "
                     "to='rooms.capulet.example'/>\n");
    ck_assert_str_eq(send_as(relay, "<message" FROM_RELAY "relay.montague.example'/>", FATES),
                     "hand to relay.montague.example by ext.comp.route\n");
    ck_assert_int_eq(router_link(router, rooms, ROUTER_LINK_LOST, 0), ROUTER_OK);
    ck_assert_str_eq(send_as(relay, "<message" FROM_RELAY "rooms.capulet.example'/>", FATES),
                     "bounce remote-server-timeout" TO_RELAY "ext.comp.offline\n");
}
END_TEST

START_TEST(a_component_that_may_speak_for_others_does_so_under_their_name) {
    struct router_effect e;
    knob("ext.comp.from-check", "off");
    /* What comes back goes to whom the stanza was from. */
    const char *question = "<iq type='get' id='1' from='" ORCHARD "' to='" BALCONY "'><x xmlns='urn:x'/></iq>";
    ck_assert_str_eq(send_as(relay, question, FATES),
                     "bounce service-unavailable to " ORCHARD " by iq.full.match.stranger\n");
    ck_assert_int_eq(input(relay, "<message from='" BALCONY "' to='p@verona.example'/>"), ROUTER_OK);
    do
        ck_assert(router_next(router, &e));
    while (e.kind != ROUTER_OPEN);
    ck_assert(is_text(e.host, "capulet.example"));
    ck_assert_int_eq(input(relay, "<message from='" BALCONY "' to='p@verona.example'/>"), ROUTER_OK);
    ck_assert(!has_mark("ext.comp.remote"));
}
END_TEST

START_TEST(a_subdomain_without_component_is_a_remote_domain) {
    ck_assert_str_eq(send_as(romeo, "<message to='a@other.capulet.example'/>", FATES),
                     "open to other.capulet.example\nroute to a@other.capulet.example by s2s.route\n");
    static const char *const below[] = {"x.other.capulet.example", "x.rooms.capulet.example"};
    static const char *const elsewhere[] = {"notcapulet.example", "example"};
    for (int i = 0; i < 4; i++) {
        const char *domain = i < 2 ? below[i] : elsewhere[i - 2];
        char xml[100];
        snprintf(xml, sizeof xml, "<message to='%s'/>", domain);
        ck_assert_int_eq(input(romeo, xml), ROUTER_OK);
        ck_assert_msg(has_mark("ext.comp.subdomain") == (i < 2), "%s", domain);
    }
}
END_TEST

/* ---- rooms ---- */

static void join(void) {
    ck_assert_int_eq(input(juliet, "<presence/>"), ROUTER_OK);
    ck_assert_int_eq(
        input(juliet, "<presence to='" HALL "/Juliet'><x xmlns='http://jabber.org/protocol/muc'/></presence>"), ROUTER_OK);
}

START_TEST(to_join_is_directed_presence) {
    join();
    const char *seen = effects(MARKS);
    ck_assert_has(seen, "mark by ext.muc.join\n");
    ck_assert_has(seen, "mark by pres.dir.other\n");
    ck_assert_str_eq(send_as(juliet, "<presence to='" HALL "/Juliet'/>", BYTES),
                     "hand to " HALL "/Juliet by ext.comp.route: "
                     "<presence from='" BALCONY "' to='" HALL "/Juliet'/>\n");
    /* Neither a room as such, nor a service, nor somebody elsewhere is an occupant. */
    static const char *const others[] = {HALL, "rooms.capulet.example/x", "romeo@montague.example/x",
                                         "hall@rooms.example/J"};
    for (int i = 0; i < 4; i++) {
        char xml[100];
        snprintf(xml, sizeof xml, "<presence to='%s'/>", others[i]);
        ck_assert_int_eq(input(juliet, xml), ROUTER_OK);
        ck_assert_msg(!has_mark("ext.muc.join"), "%s", others[i]);
    }
}
END_TEST

START_TEST(a_room_gets_no_broadcast) {
    ck_assert_int_eq(input(juliet, "<presence/>"), ROUTER_OK);
    ck_assert_lacks(send_as(juliet, "<presence><show>dnd</show></presence>", FATES), "hand");
    ck_assert_int_eq(input(juliet, "<presence/>"), ROUTER_OK);
    ck_assert(!has_mark("ext.muc.update"));
    join();
    ck_assert_lacks(send_as(juliet, "<presence><show>away</show></presence>", FATES), "hand");
    ck_assert_int_eq(input(juliet, "<presence/>"), ROUTER_OK);
    ck_assert(has_mark("ext.muc.update"));
}
END_TEST

START_TEST(a_room_that_is_a_contact_too_gets_broadcasts) {
    contact("juliet@capulet.example", HALL, ROUTER_SUB_FROM);
    /* before there is a presence session */
    ck_assert_int_eq(input(juliet, "<presence to='" HALL "/Juliet'/>"), ROUTER_OK);
    send_as(juliet, "<presence/>", FATES);
    ck_assert_has(send_as(juliet, "<presence/>", FATES), "hand to " HALL " by ext.comp.route\n");
    ck_assert_int_eq(input(juliet, "<presence/>"), ROUTER_OK);
    ck_assert(!has_mark("ext.muc.update"));
}
END_TEST

START_TEST(a_room_hears_of_the_end) {
    join();
    if (_i == 0)
        ck_assert_int_eq(router_link(router, juliet, ROUTER_LINK_LOST, 0), ROUTER_OK);
    else
        ck_assert_int_eq(input(juliet, "<presence type='unavailable'/>"), ROUTER_OK);
    const char *seen = effects(FATES);
    ck_assert_has(seen, "hand to " HALL "/Juliet by ext.comp.route\n");
    ck_assert_uint_eq(occurrences(seen, "hand"), 1);
}
END_TEST

START_TEST(whoever_has_left_a_room_is_not_announced_to_it) {
    join();
    ck_assert_has(send_as(juliet, "<presence type='unavailable' to='" HALL "/Juliet'/>", FATES),
                  "hand to " HALL "/Juliet");
    ck_assert_int_eq(router_link(router, juliet, ROUTER_LINK_LOST, 0), ROUTER_OK);
    const char *seen = effects(MARKS);
    ck_assert_lacks(seen, "ext.muc.leave");
    ck_assert_lacks(seen, "hand");
}
END_TEST

#define GROUPCHAT "<message type='groupchat' from='" HALL "/Romeo' to='"

START_TEST(groupchat_reaches_the_occupant) {
    ck_assert_str_eq(send_as(rooms, GROUPCHAT BALCONY "'/>", FATES),
                     "deliver to " BALCONY " by msg.full.groupchat.match\n");
    ck_assert_int_eq(input(rooms, GROUPCHAT BALCONY "'/>"), ROUTER_OK);
    ck_assert(!has_mark("ext.muc.reflect")); /* that resource never joined */
    ck_assert_int_eq(input(juliet, "<presence to='" HALL "'/>"), ROUTER_OK);
    ck_assert_int_eq(input(rooms, GROUPCHAT BALCONY "'/>"), ROUTER_OK);
    ck_assert(!has_mark("ext.muc.reflect")); /* what went to the room as such made it no occupant */
    join();
    ck_assert_str_eq(send_as(rooms, GROUPCHAT BALCONY "'/>", FATES),
                     "deliver to " BALCONY " by msg.full.groupchat.match\n");
    ck_assert_int_eq(input(rooms, GROUPCHAT BALCONY "'/>"), ROUTER_OK);
    ck_assert(has_mark("ext.muc.reflect"));
}
END_TEST

START_TEST(the_room_may_learn_that_the_occupant_is_gone) {
    static const char *const values[][2] = {
        {"service-unavailable", "bounce service-unavailable to " HALL "/Romeo by ext.muc.gone\n"},
        {"recipient-unavailable", "bounce recipient-unavailable to " HALL "/Romeo by ext.muc.gone\n"},
        {"silent", "drop by ext.muc.gone\n"}};
    knob("ext.muc.ghost-condition", values[_i][0]);
    ck_assert_str_eq(send_as(rooms, GROUPCHAT "juliet@capulet.example/gone'/>", FATES), values[_i][1]);
    ck_assert_int_eq(input(rooms, GROUPCHAT "juliet@capulet.example/gone'/>"), ROUTER_OK);
    ck_assert(!has_mark("ext.muc.groupchat-bare"));
    if (_i == 1) /* 6120 8.3.3.13 */
        ck_assert_has(send_as(rooms, GROUPCHAT "juliet@capulet.example/gone'/>", BYTES),
                      "<error type='wait'><recipient-unavailable");
}
END_TEST

START_TEST(only_a_rooms_groupchat_tells_of_ghosts) {
    /* Of another server's room nobody here knows that it is one; a service is no room. */
    const char *elsewhere = "<message type='groupchat' from='hall@verona.example/R' to='juliet@capulet.example/gone'/>";
    const char *service = "<message type='groupchat' from='rooms.capulet.example' to='juliet@capulet.example/gone'/>";
    ck_assert_str_eq(send_as(peer(), elsewhere, FATES), "drop by msg.full.groupchat.nomatch\n");
    ck_assert_str_eq(send_as(rooms, service, FATES), "drop by msg.full.groupchat.nomatch\n");
    ck_assert_str_eq(send_as(rooms, "<message from='" HALL "/R' to='juliet@capulet.example/gone'/>", FATES),
                     "drop by msg.full.normal.nomatch\n");
    ck_assert_str_eq(send_as(rooms, GROUPCHAT "nobody@capulet.example/gone'/>", FATES),
                     "drop by msg.nouser.full.groupchat\n");
    knob("ext.comp.from-check", "off");
    ck_assert_str_eq(send_as(rooms, elsewhere, FATES), "drop by msg.full.groupchat.nomatch\n");
}
END_TEST

START_TEST(groupchat_to_a_bare_jid_comes_back) {
    join();
    ck_assert_str_eq(send_as(rooms, GROUPCHAT "juliet@capulet.example'/>", FATES),
                     "bounce service-unavailable to " HALL "/Romeo by msg.bare.groupchat.one\n");
    ck_assert_int_eq(input(rooms, GROUPCHAT "juliet@capulet.example'/>"), ROUTER_OK);
    ck_assert(has_mark("ext.muc.groupchat-bare"));
    profile("departs msg.bare.groupchat.one does deliver-all as test.delivers");
    ck_assert_int_eq(input(rooms, GROUPCHAT "juliet@capulet.example'/>"), ROUTER_OK);
    ck_assert(!has_mark("ext.muc.groupchat-bare"));
}
END_TEST

START_TEST(a_room_may_ask_whether_its_occupant_is_there) {
    static const char *const probes[] = {"<presence type='probe' from='" HALL "' to='" BALCONY "'/>",
                                         "<presence type='probe' from='" HALL "/Juliet' to='" BALCONY "'/>",
                                         "<presence type='probe' from='" HALL "/Romeo' to='" BALCONY "'/>"};
    ck_assert_has(send_as(rooms, probes[0], FATES), "by pres.probe.full.no-sub\n");
    join();
    for (int i = 0; i < 3; i++) {
        knob("iq.directed-match", "bare");
        ck_assert_has(send_as(rooms, probes[i], FATES), "by pres.probe.full.directed\n");
        ck_assert_int_eq(input(rooms, probes[i]), ROUTER_OK);
        ck_assert(has_mark("ext.muc.probe"));
        /* Directed presence went to the nickname Juliet, and to no other address. */
        knob("iq.directed-match", "exact");
        ck_assert_has(send_as(rooms, probes[i], FATES),
                      i == 1 ? "by pres.probe.full.directed\n" : "by pres.probe.full.no-sub\n");
        ck_assert_int_eq(input(rooms, probes[i]), ROUTER_OK);
        ck_assert(has_mark("ext.muc.probe") == (i == 1));
    }
    knob("iq.directed-match", "domain");
    ck_assert_has(send_as(rooms, "<presence type='probe' from='rooms.capulet.example' to='" BALCONY "'/>", FATES),
                  "by pres.probe.full.directed\n");
    profile("departs pres.probe.full.directed does answer-unsubscribed as test.denies");
    ck_assert_int_eq(input(rooms, probes[1]), ROUTER_OK);
    ck_assert(!has_mark("ext.muc.probe"));
}
END_TEST

#define QUESTION "' to='" BALCONY "' type='get' id='1'><query xmlns='jabber:iq:version'/></iq>"

START_TEST(a_room_forwards_questions_between_occupants) {
    const char *question = "<iq from='" HALL "/Romeo" QUESTION, *own = "<iq from='" HALL "/Juliet" QUESTION;
    ck_assert_has(send_as(rooms, question, FATES), "by iq.full.match.stranger\n");
    join();
    ck_assert_str_eq(send_as(rooms, question, FATES), "deliver to " BALCONY " by iq.full.match.allowed\n");
    ck_assert_int_eq(input(rooms, question), ROUTER_OK);
    ck_assert(has_mark("ext.muc.iq"));
    ck_assert_int_eq(input(rooms, own), ROUTER_OK);
    ck_assert(!has_mark("ext.muc.iq")); /* the very address that directed presence went to */
    knob("iq.directed-match", "exact");
    ck_assert_has(send_as(rooms, question, FATES), "by iq.full.match.stranger\n");
    ck_assert_has(send_as(rooms, own, FATES), "by iq.full.match.allowed\n");
    knob("iq.directed-match", "bare");
    contact("juliet@capulet.example", HALL, ROUTER_SUB_FROM);
    ck_assert_int_eq(input(rooms, question), ROUTER_OK);
    ck_assert(!has_mark("ext.muc.iq")); /* a subscriber's address */
}
END_TEST

START_TEST(the_answer_goes_back_through_the_room) {
    static const char *const answers[] = {"<iq type='result' id='1' to='" HALL "/Romeo'/>",
                                          "<iq type='error' id='1' to='" HALL "/Romeo'><error/></iq>"};
    ck_assert_int_eq(input(juliet, answers[_i]), ROUTER_OK);
    ck_assert(!has_mark("ext.muc.iq-reply")); /* not in the room */
    join();
    ck_assert_str_eq(send_as(juliet, answers[_i], FATES), "hand to " HALL "/Romeo by ext.comp.route\n");
    ck_assert_int_eq(input(juliet, answers[_i]), ROUTER_OK);
    ck_assert(has_mark("ext.muc.iq-reply"));
    ck_assert_int_eq(input(juliet, "<iq type='result' id='1' to='" HALL "'/>"), ROUTER_OK);
    ck_assert(!has_mark("ext.muc.iq-reply"));
}
END_TEST

/* ---- memory that runs out ---- */

static int send_in(struct router *r, uint32_t port, const char *xml) {
    struct stanza_reader *reader = stanza_reader_new(NULL, router_port_namespace(r, port), 262144);
    struct stanza st;
    if (reader == NULL || stanza_reader_feed(reader, s(xml)) != ROUTER_OK ||
        stanza_reader_next(reader, &st) != STANZA_READY)
        ck_abort_msg("not a stanza: %s", xml);
    const int result = router_input(r, port, &st, 0);
    stanza_reader_free(reader);
    return result;
}

static bool story(const struct router_alloc *alloc) {
    static const char *const domains[] = {"montague.example", "capulet.example"};
    const struct router_config config = {.alloc = alloc, .policy = policy, .domains = domains, .domain_count = 2};
    struct router *r = NULL;
    uint32_t user = 0, service = 0, peering = 0;
    int result = router_new(&config, &r);
    if (result == ROUTER_OK)
        result = router_account(r, s("juliet@capulet.example"));
    if (result == ROUTER_OK)
        result = router_component(r, s("rooms.capulet.example"));
    if (result == ROUTER_OK)
        result = router_component(r, s("x.rooms.capulet.example"));
    if (result == ROUTER_OK)
        result = router_bind(r, s(BALCONY), 0, &user);
    for (int i = 0; i < 4 && result == ROUTER_OK; i++)
        result = router_attach(r, s("rooms.capulet.example"), 0, &service);
    if (result == ROUTER_OK)
        result = router_peer(r, s("rooms.capulet.example"), s("verona.example"), &peering);
    const struct {
        const uint32_t *port;
        const char *xml;
    } steps[] = {
        {&user, "<presence/>"},
        {&user, "<presence to='" HALL "/Juliet'><x xmlns='urn:x'/></presence>"},
        {&user, "<presence type='subscribe' to='a@rooms.capulet.example'/>"},
        {&user, "<presence type='subscribe' to='a@x.rooms.capulet.example'/>"},
        {&user, "<message id='1' to='a@x.rooms.capulet.example/r'><body>x</body></message>"},
        {&service, GROUPCHAT BALCONY "'><body>x</body></message>"},
        {&service, GROUPCHAT "juliet@capulet.example/gone'/>"},
        {&service, "<iq from='" HALL "/Romeo" QUESTION},
        {&service, "<presence type='probe' from='" HALL "' to='" BALCONY "'/>"},
        {&service,
         "<iq type='get' id='1' from='rooms.capulet.example' to='capulet.example'><ping xmlns='urn:xmpp:ping'/></iq>"},
        {&service, "<message from='" HALL "' to='p@verona.example'/>"},
        {&service, "<message from='" HALL "' to='@'/>"},
        {&service, "<message from='" HALL "'/>"},
        {&peering, "<message from='p@verona.example' to='" HALL "'/>"},
        {&user, "<presence type='unavailable'/>"},
        {&service, "<message from='p@verona.example' to='" BALCONY "'/>"},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && result == ROUTER_OK; i++)
        result = send_in(r, *steps[i].port, steps[i].xml);
    if (result == ROUTER_OK && router_link(r, service, ROUTER_LINK_LOST, 0) != ROUTER_E_UNKNOWN)
        ck_abort_msg("the component's stream has not ended");
    if (result != ROUTER_OK && result != ROUTER_E_NOMEM)
        ck_abort_msg("result %d", result);
    router_free(r);
    return result == ROUTER_OK;
}

START_TEST(memory_may_run_out_with_components) {
    knob("ext.comp.conflict", "kick-old");
    knob("ext.comp.no-to", "bad-request");
    knob("sub.fail-rollback", "rollback");
    exhaust(story);
}
END_TEST

Suite *router_rooms_suite(void) {
    Suite *suite = suite_create("router_rooms");
    TCase *tc = tcase_create("rooms");
    tcase_add_checked_fixture(tc, setup, harness_teardown);
    tcase_add_loop_test(tc, a_component_meets_the_rules_that_anybody_meets, 0, sizeof to_users / sizeof to_users[0]);
    tcase_add_test(tc, what_the_server_says_to_a_component_is_written_to_its_stream);
    tcase_add_test(tc, an_unavailable_contact_at_a_component_sees_what_it_may);
    tcase_add_test(tc, only_accounts_here_need_no_probe);
    tcase_add_test(tc, a_request_to_a_component_is_sent_anew_until_it_is_answered);
    tcase_add_test(tc, a_subscription_of_a_components_user_is_kept_by_the_account);
    tcase_add_test(tc, a_component_stamps_its_own_delays);
    tcase_add_test(tc, a_trusted_service_may_see_presence);
    tcase_add_test(tc, a_component_has_streams_to_other_servers_of_its_own);
    tcase_add_test(tc, what_cannot_be_routed_comes_back_to_the_component);
    tcase_add_test(tc, no_user_is_told_of_a_components_request);
    tcase_add_test(tc, what_comes_back_too_late_is_dropped);
    tcase_add_test(tc, components_reach_each_other);
    tcase_add_test(tc, a_component_that_may_speak_for_others_does_so_under_their_name);
    tcase_add_test(tc, a_subdomain_without_component_is_a_remote_domain);
    tcase_add_test(tc, to_join_is_directed_presence);
    tcase_add_test(tc, a_room_gets_no_broadcast);
    tcase_add_test(tc, a_room_that_is_a_contact_too_gets_broadcasts);
    tcase_add_loop_test(tc, a_room_hears_of_the_end, 0, 2);
    tcase_add_test(tc, whoever_has_left_a_room_is_not_announced_to_it);
    tcase_add_test(tc, groupchat_reaches_the_occupant);
    tcase_add_loop_test(tc, the_room_may_learn_that_the_occupant_is_gone, 0, 3);
    tcase_add_test(tc, only_a_rooms_groupchat_tells_of_ghosts);
    tcase_add_test(tc, groupchat_to_a_bare_jid_comes_back);
    tcase_add_test(tc, a_room_may_ask_whether_its_occupant_is_there);
    tcase_add_test(tc, a_room_forwards_questions_between_occupants);
    tcase_add_loop_test(tc, the_answer_goes_back_through_the_room, 0, 2);
    tcase_add_test(tc, memory_may_run_out_with_components);
    suite_add_tcase(suite, tc);
    return suite;
}
