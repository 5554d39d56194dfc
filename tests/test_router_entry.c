/* What is checked and stamped before a stanza is routed: syntax, priorities, addresses from clients and from peers. */
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *router_entry_suite(void);

#define BALCONY    "juliet@capulet.example/balcony"
#define TO_ORCHARD "to romeo@montague.example/orchard"

struct entry_case {
    const char *knobs, *xml, *fate; /* knobs: lines of a profile; fate: how the fates of the stanza begin */
};

static void check_entry(const struct entry_case *c) {
    profile(c->knobs);
    const char *seen = send_as(romeo, c->xml, FATES);
    ck_assert_msg(strncmp(seen, c->fate, strlen(c->fate)) == 0, "%s gives %s", c->xml, seen);
}

/* ---- syntax of iq and presence (6120 8.2.3, 8.3.1; 6121 4.7.1) ---- */

#define NINE "<a/><b/><c/><d/><e/><f/><g/><h/><i/>"

static const struct entry_case syntax[] = {
    /* a request has an id, and one child */
    {"", "<iq type='get' to='" BALCONY "'><x xmlns='urn:x'/></iq>", "bounce bad-request " TO_ORCHARD " by in.iq.id\n"},
    {"", "<iq type='get' id='1' to='" BALCONY "'/>", "bounce bad-request " TO_ORCHARD " by in.iq.children\n"},
    {"", "<iq type='set' id='1' to='" BALCONY "'><a xmlns='urn:x'/><b xmlns='urn:x'/></iq>",
     "bounce bad-request " TO_ORCHARD " by in.iq.children\n"},
    {"", "<iq type='get' id='1' to='" BALCONY "'><query/></iq>",
     "bounce bad-request " TO_ORCHARD " by in.iq.child-ns\n"},
    {"", "<iq type='get' id='1' to='" BALCONY "'><x xmlns='http://etherx.jabber.org/streams'/></iq>",
     "bounce bad-request " TO_ORCHARD " by in.iq.child-ns\n"},
    {"", "<iq id='1' to='" BALCONY "'/>", "bounce bad-request " TO_ORCHARD " by in.iq.type\n"},
    {"", "<iq id='1' type='Get' to='" BALCONY "'/>", "bounce bad-request " TO_ORCHARD " by in.iq.type\n"},
    /* without an id it can be let pass, but not what else is wrong with it */
    {"knob iq.no-id = tolerate", "<iq type='get' to='capulet.example'><ping xmlns='urn:xmpp:ping'/></iq>",
     "answer " TO_ORCHARD " by dom.iq.known\n"},
    {"knob iq.no-id = tolerate", "<iq type='get' to='" BALCONY "'/>",
     "bounce bad-request " TO_ORCHARD " by in.iq.children\n"},
    {"knob iq.no-id = tolerate", "<iq type='get' to='" BALCONY "'><query/></iq>",
     "bounce bad-request " TO_ORCHARD " by in.iq.child-ns\n"},
    /* bad children are let pass to another entity, and refused by who has to answer them (6120 8.2.3, 8.4) */
    {"knob iq.bad-children = pass", "<iq type='get' id='1' to='romeo@montague.example/orchard'/>",
     "deliver " TO_ORCHARD " by iq.full.match.self\n"},
    {"knob iq.bad-children = pass", "<iq type='get' id='1' to='romeo@montague.example'/>",
     "bounce bad-request " TO_ORCHARD " by in.iq.children\n"},
    {"knob iq.bad-children = pass", "<iq type='get' id='1' to='capulet.example'><query/></iq>",
     "bounce bad-request " TO_ORCHARD " by in.iq.child-ns\n"},
    /* replies cannot be answered: what is wrong with them is dropped, or let pass */
    {"", "<iq type='result' id='1' to='" BALCONY "'><a xmlns='urn:x'/><b xmlns='urn:x'/></iq>",
     "drop by in.iq.result-children\n"},
    {"knob iq.bad-reply = pass", "<iq type='result' id='1' to='" BALCONY "'><a xmlns='urn:x'/><b xmlns='urn:x'/></iq>",
     "deliver to " BALCONY " by iq.full.match.reply\n"},
    {"", "<iq type='result' id='1' to='" BALCONY "'><a xmlns='urn:x'/></iq>",
     "deliver to " BALCONY " by iq.full.match.reply\n"},
    {"", "<iq type='error' id='1' to='" BALCONY "'/>", "drop by in.iq.error-child\n"},
    {"", "<iq type='error' id='1' to='" BALCONY "'><error xmlns='urn:x'/></iq>", "drop by in.iq.error-child\n"},
    {"", "<iq type='error' id='1' to='" BALCONY "'><errors/></iq>", "drop by in.iq.error-child\n"},
    {"", "<iq type='error' id='1' to='" BALCONY "'><x xmlns='urn:x'/><error/></iq>",
     "deliver to " BALCONY " by iq.full.match.reply\n"},
    {"", "<iq type='error' id='1' to='" BALCONY "'>" NINE "<error/></iq>",
     "deliver to " BALCONY " by iq.full.match.reply\n"},
    {"", "<presence type='error' to='" BALCONY "'/>", "drop by in.pres.error-child\n"},
    {"knob iq.bad-reply = pass", "<presence type='error' to='" BALCONY "'/>",
     "deliver to " BALCONY " by pres.full.match.error\n"},
    /* types of presence */
    {"", "<presence type='available' to='" BALCONY "'/>",
     "bounce bad-request " TO_ORCHARD " by in.pres.type-unknown\n"},
    {"", "<presence type='' to='" BALCONY "'/>", "bounce bad-request " TO_ORCHARD " by in.pres.type-unknown\n"},
    {"knob pres.bad-type = drop", "<presence type='here' to='" BALCONY "'/>", "drop by in.pres.type-unknown\n"},
    {"", "<presence type='here'/>", "bounce bad-request " TO_ORCHARD " by noto.pres.unknown\n"},
};

START_TEST(a_stanza_of_wrong_syntax_is_refused_as_its_kind_allows) {
    check_entry(&syntax[_i]);
}
END_TEST

START_TEST(an_answer_to_a_request_without_id_has_an_empty_one) {
    knob("iq.no-id", "tolerate");
    const char *seen = send_as(romeo, "<iq type='get' to='capulet.example'><ping xmlns='urn:xmpp:ping'/></iq>", BYTES);
    ck_assert_msg(strstr(seen, " id=''") != NULL, "%s", seen);
}
END_TEST

/* ---- elements that are no stanzas, and how they are written (6120 4.8) ---- */

static const struct entry_case elements[] = {
    {"", "<x xmlns='urn:x'/>", "close unsupported-stanza-type " TO_ORCHARD " by in.elem.unknown\n"},
    {"", "<messages/>", "close unsupported-stanza-type " TO_ORCHARD " by in.elem.unknown\n"},
    {"knob elem.unknown = ignore", "<x xmlns='urn:x'/>", "drop by in.elem.unknown\n"},
    {"", "<message xmlns='jabber:server'/>", "close invalid-namespace " TO_ORCHARD " by in.ns.content\n"},
    {"", "<c:message xmlns:c='jabber:client'/>", "close bad-namespace-prefix " TO_ORCHARD " by in.xml.prefix\n"},
    {"knob xml.ns-prefix = ignore", "<c:message xmlns:c='jabber:client'/>", "drop by in.xml.prefix\n"},
    {"", "<c:x xmlns:c='urn:x'/>", "close unsupported-stanza-type " TO_ORCHARD " by in.elem.unknown\n"},
};

START_TEST(what_is_no_stanza_of_this_stream_ends_it_or_is_ignored) {
    check_entry(&elements[_i]);
}
END_TEST

/* ---- priorities (6121 4.7.2.3: an xs:byte); how XML can write a number is for test_stanza.c ---- */

#define BYTE_BAD "bounce bad-request"

static const struct {
    const char *content, *facts; /* facts: the priority in the description, or BYTE_BAD */
} priorities[] = {
    {"", "priority 0 "},
    {"<status>5</status>", "priority 0 "},
    {"<priority>0</priority>", "priority 0 "},
    {"<priority>127</priority>", "priority 127 "},
    {"<priority>-128</priority>", "priority -128 "},
    {"<priority>+5</priority>", "priority 5 "},
    {"<priority>-0</priority>", "priority 0 "},
    {"<priority>007</priority>", "priority 7 "},
    {"<priority> \n\t5 </priority>", "priority 5 "},
    {"<priority>\r\n8\r</priority>", "priority 8 "},
    {"<priority xmlns='urn:x'>300</priority>", "priority 0 "},
    {"<a/><b/><c/><d/><e/><f/><g/><h/><i/>", "priority 0 "},
    {"<show>away</show><priority>2</priority><status/>", "priority 2 "},
    {"<a/><b/><c/><d/><e/><f/><g/><priority>8</priority><h/>", "priority 8 "},
    {"<priority>128</priority>", BYTE_BAD},
    {"<priority>-129</priority>", BYTE_BAD},
    {"<priority>99999999</priority>", BYTE_BAD},
    {"<priority>99999999999999999999</priority>", BYTE_BAD},
    {"<priority/>", BYTE_BAD},
    {"<priority></priority>", BYTE_BAD},
    {"<priority> </priority>", BYTE_BAD},
    {"<priority>-</priority>", BYTE_BAD},
    {"<priority>+</priority>", BYTE_BAD},
    {"<priority>--1</priority>", BYTE_BAD},
    {"<priority>1 2</priority>", BYTE_BAD},
    {"<priority>1.0</priority>", BYTE_BAD},
    {"<priority>0x1</priority>", BYTE_BAD},
    {"<priority>five</priority>", BYTE_BAD},
    {"<priority>/</priority>", BYTE_BAD},
    {"<priority>&amp;5</priority>", BYTE_BAD},
    {"<priority>\xD9\xA3</priority>", BYTE_BAD}, /* a digit, but not one of ours */
    {"<priority><b/></priority>", BYTE_BAD},
    {"<priority>1<boundary/></priority>", BYTE_BAD},
    {"<priority>1</priority><priority>1</priority>", BYTE_BAD},
    {"<priority>x</priority><priority>1</priority>", BYTE_BAD},
};

static const char *presence(const char *content) {
    static char xml[300];
    snprintf(xml, sizeof xml, "<presence>%s</presence>", content);
    return xml;
}

START_TEST(a_priority_is_a_whole_number_from_minus_128_to_127) {
    const char *seen = send_as(romeo, presence(priorities[_i].content), FATES);
    if (strcmp(priorities[_i].facts, BYTE_BAD) == 0) {
        ck_assert_str_eq(seen, "bounce bad-request " TO_ORCHARD " by in.pres.priority-bad\n");
        ck_assert_has(facts("romeo@montague.example"), "no presence sent");
    } else {
        ck_assert_msg(strstr(facts("romeo@montague.example"), priorities[_i].facts) != NULL, "%s: %s",
                      priorities[_i].content, facts("romeo@montague.example"));
    }
}
END_TEST

static const struct {
    const char *content, *zero, *clamp;
} loose[] = {
    {"<priority>128</priority>", "priority 0 ", "priority 127 "},
    {"<priority>-129</priority>", "priority 0 ", "priority -128 "},
    {"<priority>12</priority>", "priority 12 ", "priority 12 "},
    {"<priority>high</priority>", "priority 0 ", "priority 0 "},
    {"<priority>1</priority><priority>2</priority>", "priority 0 ", "priority 0 "},
};

START_TEST(a_bad_priority_can_count_as_zero_or_as_the_nearest) {
    knob("pres.bad-priority", "zero");
    send_as(romeo, presence(loose[_i].content), FATES);
    ck_assert_has(facts("romeo@montague.example"), loose[_i].zero);
    knob("pres.bad-priority", "clamp");
    send_as(romeo, presence(loose[_i].content), FATES);
    ck_assert_has(facts("romeo@montague.example"), loose[_i].clamp);
}
END_TEST

/* ---- 'from' and 'to' of a client (6120 8.1.1.1, 8.1.2.1) ---- */

static const struct {
    const char *from;
    bool own;
} froms[] = {
    {"romeo@montague.example/orchard", true},
    {"romeo@montague.example", true},
    {"ROMEO@Montague.example/orchard", true},
    {"Romeo@montague.Example.", true},
    {"romeo@montague.example/ORCHARD", false},
    {"romeo@montague.example/other", false},
    {"juliet@capulet.example/balcony", false},
    {"montague.example", false},
    {"romeo@montague.example.example", false},
    {"@", false},
    {"", false},
};

START_TEST(a_client_speaks_for_itself_only) {
    char xml[200];
    knob("from.mismatch", "invalid-from");
    snprintf(xml, sizeof xml, "<message from='%s' to='" BALCONY "'/>", froms[_i].from);
    ck_assert_str_eq(send_as(romeo, xml, FATES), froms[_i].own ? "deliver to " BALCONY " by msg.full.normal.match\n"
                                                               : "close invalid-from " TO_ORCHARD
                                                                 " by in.from.mismatch\n");
}
END_TEST

#define NINE_I                                                                                                         \
    "\xC4\xB0\xC4\xB0\xC4\xB0\xC4\xB0\xC4\xB0\xC4\xB0\xC4\xB0\xC4\xB0\xC4\xB0" /* each becomes "i" and a dot */

static const struct {
    const char *to, *mark; /* what preparing the address changed */
} prepared[] = {
    {"juliet@CAPULET.example/balcony", "in.to.prep-domain"},
    {"juliet@capulet.example./balcony", "in.to.dot"},
    {"JULIET@capulet.example/balcony", "in.to.prep-local"},
    {NINE_I "@b", "in.to.prep-local"},
    {"juliet@capulet.example/\xC2\xAD"
     "balcony",
     "in.to.prep-resource"},
    {"a@b/c/d", "in.to.split"},
    {"a@b/c@d", "in.to.split"},
};

START_TEST(what_preparing_an_address_changes_is_told) {
    char xml[200];
    snprintf(xml, sizeof xml, "<message to='%s'/>", prepared[_i].to);
    ck_assert_int_eq(input(romeo, xml), ROUTER_OK);
    ck_assert_msg(has_mark(prepared[_i].mark), "%s", prepared[_i].to);
}
END_TEST

static const char *const bad_to[] = {
    "", "@capulet.example", "juliet@", "a b@capulet.example", "juliet@capulet.example/", "/x", "a@b..c"};

START_TEST(a_malformed_to_of_a_client_is_bounced) {
    char xml[200];
    snprintf(xml, sizeof xml, "<message to='%s'/>", bad_to[_i]);
    ck_assert_str_eq(send_as(romeo, xml, FATES), "bounce jid-malformed " TO_ORCHARD " by in.to.malformed\n");
    snprintf(xml, sizeof xml, "<message type='error' to='%s'/>", bad_to[_i]);
    ck_assert_str_eq(send_as(romeo, xml, FATES), "drop by in.to.malformed-reply\n");
}
END_TEST

START_TEST(a_part_of_an_address_has_a_limit) {
    static char xml[4000];
    static const char *const format[] = {"<message to='%s@capulet.example'/>",
                                         "<message to='juliet@capulet.example/%s'/>", "<message to='juliet@%s'/>"};
    char part[ROUTER_JID_PART_MAX + 2];
    memset(part, 'x', ROUTER_JID_PART_MAX + 1);
    part[ROUTER_JID_PART_MAX + 1] = '\0';
    for (size_t i = 0; i < 3; i++) {
        snprintf(xml, sizeof xml, format[i], part);
        ck_assert_int_eq(input(romeo, xml), ROUTER_OK);
        ck_assert(has_mark("in.to.length"));
    }
}
END_TEST

/* ---- peers (6120 8.1.1.2, 8.1.2.2) ---- */

struct peer_case {
    const char *xml, *fate;
};

static const struct peer_case peer_cases[] = {
    {"<message from='a@verona.example'/>", "improper-addressing to verona.example by in.s2s.no-to"},
    {"<message from='a@verona.example' to=''/>", "improper-addressing to verona.example by in.s2s.no-to"},
    {"<message to='" BALCONY "'/>", "improper-addressing to verona.example by in.s2s.no-from"},
    {"<message from='' to='" BALCONY "'/>", "improper-addressing to verona.example by in.s2s.no-from"},
    {"<message from='a@verona.example' to='@capulet.example'/>",
     "improper-addressing to verona.example by in.s2s.bad-addr"},
    {"<message from='@verona.example' to='" BALCONY "'/>", "improper-addressing to verona.example by in.s2s.bad-addr"},
    {"<message from='a@mantua.example' to='" BALCONY "'/>", "invalid-from to verona.example by in.s2s.foreign-from"},
    {"<message from='a@x.verona.example' to='" BALCONY "'/>", "invalid-from to verona.example by in.s2s.foreign-from"},
    {"<message from='romeo@montague.example' to='" BALCONY "'/>",
     "invalid-from to verona.example by in.s2s.local-from"},
    {"<message from='a@verona.example' to='b@mantua.example'/>", "host-unknown to verona.example by in.s2s.foreign-to"},
    {"<message from='a@verona.example' to='romeo@montague.example'/>",
     "host-unknown to verona.example by in.s2s.foreign-to"},
    {"<x xmlns='urn:x'/>", "unsupported-stanza-type to verona.example by in.elem.unknown"},
    {"<message xmlns='jabber:client' from='a@verona.example' to='" BALCONY "'/>",
     "invalid-namespace to verona.example by in.ns.content"},
};

START_TEST(a_peer_that_breaks_the_rules_of_addressing_loses_its_stream) {
    char expected[200];
    const uint32_t port = peer();
    snprintf(expected, sizeof expected, "close %s\n", peer_cases[_i].fate);
    ck_assert_str_eq(send_as(port, peer_cases[_i].xml, FATES), expected);
    struct stanza st = {.kind = STANZA_NORMAL};
    ck_assert_int_eq(router_input(router, port, &st, 0), ROUTER_E_UNKNOWN);
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
    const char *seen = send_as(port, "<message from='a@verona.example/x' to='@capulet.example'/>", FATES);
    ck_assert_has(seen, "bounce jid-malformed to a@verona.example/x by in.s2s.bad-addr\n");
    ck_assert_str_eq(send_as(port, "<message from='a@verona.example' to='juliet@-'/>", FATES),
                     "close improper-addressing to verona.example by in.s2s.bad-addr\n");
}
END_TEST

START_TEST(any_malformed_address_from_a_peer_can_be_a_stanza_error) {
    knob("s2s.bad-address", "stanza-error");
    const char *seen = send_as(peer(), "<message from='a@verona.example/x' to='juliet@-'/>", FATES);
    ck_assert_has(seen, "bounce jid-malformed to a@verona.example/x by in.s2s.bad-addr\n");
}
END_TEST

START_TEST(a_peers_from_is_passed_on_as_it_came) {
    const char *const xml = "<message from='A@Verona.example/&lt;x' to='" BALCONY "'/>";
    ck_assert_str_eq(send_as(peer(), xml, BYTES),
                     "deliver to " BALCONY " by msg.full.normal.match: <message from='A@Verona.example/&lt;x' "
                     "to='" BALCONY "'/>\n");
}
END_TEST

START_TEST(the_syntax_of_a_peers_stanza_is_checked_too) {
    const uint32_t port = peer();
    const char *seen = send_as(port, "<iq type='get' id='1' from='a@verona.example/x' to='" BALCONY "'/>", FATES);
    ck_assert_has(seen, "bounce bad-request to a@verona.example/x by in.iq.children\n");
    ck_assert_str_eq(send_as(port, "<iq type='error' id='1' from='a@verona.example/x' to='" BALCONY "'/>", FATES),
                     "drop by in.iq.error-child\n");
}
END_TEST

START_TEST(a_peer_needs_a_served_target_and_a_foreign_name) {
    uint32_t port;
    ck_assert_int_eq(router_peer(router, s("verona.example"), s("mantua.example"), &port), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(router_peer(router, s("capulet.example"), s("montague.example"), &port), ROUTER_E_CONFLICT);
    ck_assert_int_eq(router_peer(router, s("-"), s("mantua.example"), &port), ROUTER_E_JID);
    ck_assert_int_eq(router_peer(router, s("capulet.example"), s("a@b"), &port), ROUTER_E_JID);
    ck_assert_int_eq(router_peer(router, s("capulet.example"), s("b/c"), &port), ROUTER_E_JID);
    ck_assert_int_eq(router_peer(router, s("capulet.example"), s("b..c"), &port), ROUTER_E_JID);
}
END_TEST

#define EACH(test, table) tcase_add_loop_test(tc, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *router_entry_suite(void) {
    Suite *suite = suite_create("router_entry");
    TCase *tc = tcase_create("entry");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    EACH(a_stanza_of_wrong_syntax_is_refused_as_its_kind_allows, syntax);
    tcase_add_test(tc, an_answer_to_a_request_without_id_has_an_empty_one);
    EACH(what_is_no_stanza_of_this_stream_ends_it_or_is_ignored, elements);
    EACH(a_priority_is_a_whole_number_from_minus_128_to_127, priorities);
    EACH(a_bad_priority_can_count_as_zero_or_as_the_nearest, loose);
    EACH(a_client_speaks_for_itself_only, froms);
    EACH(what_preparing_an_address_changes_is_told, prepared);
    EACH(a_malformed_to_of_a_client_is_bounced, bad_to);
    tcase_add_test(tc, a_part_of_an_address_has_a_limit);
    EACH(a_peer_that_breaks_the_rules_of_addressing_loses_its_stream, peer_cases);
    tcase_add_test(tc, a_gone_host_can_be_the_word_for_a_domain_not_served);
    tcase_add_test(tc, a_malformed_localpart_from_a_peer_can_be_a_stanza_error);
    tcase_add_test(tc, any_malformed_address_from_a_peer_can_be_a_stanza_error);
    tcase_add_test(tc, a_peers_from_is_passed_on_as_it_came);
    tcase_add_test(tc, the_syntax_of_a_peers_stanza_is_checked_too);
    tcase_add_test(tc, a_peer_needs_a_served_target_and_a_foreign_name);
    suite_add_tcase(suite, tc);
    return suite;
}
