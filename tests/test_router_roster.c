/* The roster over the wire: get, set, removal, push and versions, with the errors of RFC 6121 section 2. */
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *router_roster_suite(void);

#define BALCONY "juliet@capulet.example/balcony"
#define JULIET  "juliet@capulet.example"
#define QUERY   "<query xmlns='jabber:iq:roster'"

/* A roster get of Juliet's; ver: NULL for none. */
static const char *gets(const char *ver, enum show show) {
    char xml[200];
    snprintf(xml, sizeof xml, "<iq id='g' type='get'>" QUERY "%s%s%s/></iq>", ver == NULL ? "" : " ver='",
             ver == NULL ? "" : ver, ver == NULL ? "" : "'");
    return send_as(juliet, xml, show);
}

static const char *sets(const char *items, enum show show) {
    static char xml[12000];
    ck_assert_uint_lt((size_t)snprintf(xml, sizeof xml, "<iq id='s' type='set'>" QUERY ">%s</query></iq>", items),
                      sizeof xml);
    return send_as(juliet, xml, show);
}

/* The items of Juliet's roster as a get shows them, in a static buffer. */
static const char *items(void) {
    static char text[12000];
    const char *seen = gets(NULL, BYTES), *from = strstr(seen, QUERY);
    ck_assert_ptr_nonnull(from);
    from = strchr(from, '>') + 1;
    const char *end = strstr(from, "</query>");
    snprintf(text, sizeof text, "%.*s", end == NULL ? 0 : (int)(end - from), from);
    return text;
}

/* ---- get ---- */

START_TEST(an_empty_roster_is_an_empty_query) {
    /* 6121 2.1.4: the query is there, so that it is told apart from "nothing has changed" */
    const char *seen = gets(NULL, BYTES);
    ck_assert_has(seen, "answer to " BALCONY " by noto.iq.known: <iq to='" BALCONY "' type='result' id='g'>" QUERY);
    ck_assert_lacks(seen, "<item");
}
END_TEST

START_TEST(a_get_shows_each_contact_with_its_subscription) {
    static const struct router_contact states[] = {
        {ROUTER_SUB_NONE, false, false, false}, {ROUTER_SUB_NONE, true, false, false},
        {ROUTER_SUB_NONE, false, true, false},  {ROUTER_SUB_NONE, true, true, false},
        {ROUTER_SUB_TO, false, false, false},   {ROUTER_SUB_TO, false, true, true},
        {ROUTER_SUB_FROM, false, false, false}, {ROUTER_SUB_FROM, true, false, false},
        {ROUTER_SUB_BOTH, false, false, false}, {ROUTER_SUB_NONE, false, false, true},
    };
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        char jid[30];
        snprintf(jid, sizeof jid, "c%zu@b.example", i);
        ck_assert_int_eq(router_contact_set(router, s(JULIET), s(jid), states[i]), ROUTER_OK);
    }
    /* 6121 A.1: who has only asked is not in the roster */
    ck_assert_str_eq(items(), "<item jid='c0@b.example' subscription='none'/>"
                              "<item jid='c1@b.example' subscription='none' ask='subscribe'/>"
                              "<item jid='c3@b.example' subscription='none' ask='subscribe'/>"
                              "<item jid='c4@b.example' subscription='to'/>"
                              "<item jid='c5@b.example' subscription='to' approved='true'/>"
                              "<item jid='c6@b.example' subscription='from'/>"
                              "<item jid='c7@b.example' subscription='from' ask='subscribe'/>"
                              "<item jid='c8@b.example' subscription='both'/>"
                              "<item jid='c9@b.example' subscription='none' approved='true'/>");
}
END_TEST

START_TEST(a_get_holds_no_items) {
    ck_assert_str_eq(send_as(juliet, "<iq id='g' type='get'>" QUERY "><item jid='a@b'/></query></iq>", FATES),
                     "bounce bad-request to " BALCONY " by roster.get.items\n");
}
END_TEST

START_TEST(a_roster_is_for_its_owner_only) {
    const char *get = "<iq id='1' type='get' to='" JULIET "'>" QUERY "/></iq>";
    const char *set = "<iq id='1' type='set' to='" JULIET "'>" QUERY "><item jid='a@b'/></query></iq>";
    ck_assert_str_eq(send_as(romeo, get, FATES),
                     "bounce forbidden to romeo@montague.example/orchard by roster.get.foreign\n");
    ck_assert_str_eq(send_as(romeo, set, FATES),
                     "bounce forbidden to romeo@montague.example/orchard by roster.set.forbidden\n");
    knob("roster.get-foreign", "service-unavailable");
    ck_assert_str_eq(send_as(romeo, get, FATES),
                     "bounce service-unavailable to romeo@montague.example/orchard by roster.get.foreign\n");
    ck_assert_has(send_as(peer(),
                          "<iq id='1' type='set' from='a@verona.example/r' to='" JULIET "'>" QUERY
                          "><item jid='a@b'/></query></iq>",
                          FATES),
                  "bounce forbidden to a@verona.example/r by roster.set.forbidden\n");
    ck_assert_has(send_as(juliet, set, FATES), "answer to " BALCONY " by iq.bare.known\n");
    ck_assert_str_eq(items(), "<item jid='a@b' subscription='none'/>");
}
END_TEST

/* ---- set ---- */

START_TEST(an_item_is_kept_exactly_as_it_was_set) {
    sets("<item jid='a@b.example' name='N &amp; &lt;&apos;&quot;&#x21;' ask='subscribe' subscription='both' "
         "approved='true'>"
         "<group>One</group><group> Two &amp; <![CDATA[<3>]]> </group></item>",
         FATES);
    sets("<item jid='B@B.Example'/>", FATES);
    sets("<y:item xmlns:y='jabber:iq:roster' jid=\"c@b.example\" name=\"a'b\"><x xmlns='urn:x'><group>no</group></x>"
         "<group a='>'>G</group></y:item>",
         FATES);
    const char *seen = items();
    ck_assert_has(seen, "<item jid='a@b.example' name='N &amp; &lt;&apos;\"!' subscription='none'>"
                        "<group>One</group><group>");
    ck_assert_has(seen, "Two &amp; &lt;3&gt;");
    ck_assert_has(seen, "<item jid='b@b.example' subscription='none'/>");
    ck_assert_has(seen, "<item jid='c@b.example' name='a&apos;b' subscription='none'><group>G</group></item>");
}
END_TEST

START_TEST(an_update_replaces_name_and_groups_and_leaves_the_subscription) {
    contact(JULIET, "a@b.example", ROUTER_SUB_BOTH);
    sets("<item jid='a@b.example' name='A'><group>One</group><group>Two</group></item>", FATES);
    ck_assert_str_eq(
        items(), "<item jid='a@b.example' name='A' subscription='both'><group>One</group><group>Two</group></item>");
    sets("<item jid='a@b.example' name='A'><group>Two</group></item>", FATES);
    ck_assert_str_eq(items(), "<item jid='a@b.example' name='A' subscription='both'><group>Two</group></item>");
    sets("<item jid='a@b.example' name='' subscription='none'/>", FATES);
    ck_assert_str_eq(items(), "<item jid='a@b.example' subscription='both'/>");
}
END_TEST

struct set_case {
    const char *knobs, *items, *fate;
};

#define BAD          "bounce bad-request to " BALCONY " by "
#define UNACCEPTABLE "bounce not-acceptable to " BALCONY " by "

static const struct set_case refused[] = {
    {"", "", BAD "roster.set.noitem\n"},
    {"", "<x xmlns='urn:x'/>", BAD "roster.set.noitem\n"},
    {"", "<item/>", BAD "roster.set.noitem\n"},
    {"", "<item name='A'/>", BAD "roster.set.noitem\n"},
    {"", "<item jid='a@b'/><item jid='c@d'/>", BAD "roster.set.multi\n"},
    {"", "<item jid='a@b'><group>A</group></item><item jid='a@b' subscription='remove'/>", BAD "roster.set.multi\n"},
    {"", "<item jid='a@b'><group>A</group><group>B</group><group>A</group></item>", BAD "roster.set.dupgroup\n"},
    {"", "<item jid='a@b'><group>A&amp;</group><group><![CDATA[A&]]></group></item>", BAD "roster.set.dupgroup\n"},
    {"", "<item jid='a@b'><group/></item>", UNACCEPTABLE "roster.set.group-empty\n"},
    {"", "<item jid='a@b'><group></group></item>", UNACCEPTABLE "roster.set.group-empty\n"},
    {"", "<item jid='a@b'><group>A</group><group><![CDATA[]]></group></item>", UNACCEPTABLE "roster.set.group-empty\n"},
    {"knob roster.limits = 3", "<item jid='a@b' name='four'/>", UNACCEPTABLE "roster.set.name-long\n"},
    {"knob roster.limits = 3", "<item jid='a@b'><group>four</group></item>", UNACCEPTABLE "roster.set.group-long\n"},
    {"", "<item jid='a b@c'/>", "bounce jid-malformed to " BALCONY " by roster.set.bad-jid\n"},
    {"", "<item jid=''/>", "bounce jid-malformed to " BALCONY " by roster.set.bad-jid\n"},
    {"", "<item jid='@' subscription='remove'/>", "bounce jid-malformed to " BALCONY " by roster.set.bad-jid\n"},
    {"", "<item jid='Juliet@capulet.example'/>", "bounce not-allowed to " BALCONY " by roster.set.self\n"},
    {"knob roster.full-jid-item = refuse", "<item jid='a@b/c'/>", BAD "roster.set.full-jid\n"},
    {"", "<item jid='a@b' subscription='remove'/>", "bounce item-not-found to " BALCONY " by roster.rem.missing\n"},
};

START_TEST(a_set_that_violates_the_rules_is_refused_and_changes_nothing) {
    profile(refused[_i].knobs);
    gets(NULL, FATES);
    const char *seen = sets(refused[_i].items, FATES);
    ck_assert_msg(strcmp(seen, refused[_i].fate) == 0, "%s gives %s", refused[_i].items, seen);
    ck_assert_str_eq(items(), "");
}
END_TEST

static const struct set_case accepted[] = {
    {"knob roster.limits = 3", "<item jid='a@b' name='&amp;&amp;&amp;'><group>one</group></item>",
     "<item jid='a@b' name='&amp;&amp;&amp;' subscription='none'><group>one</group></item>"},
    {"knob roster.limits = 0", "<item jid='a@b'/>", "<item jid='a@b' subscription='none'/>"},
    {"knob roster.self-item = accept", "<item jid='" JULIET "'/>", "<item jid='" JULIET "' subscription='none'/>"},
    {"", "<item jid='a@b/c&apos;d'/>", "<item jid='a@b/c&apos;d' subscription='none'/>"},
    {"knob roster.full-jid-item = bare", "<item jid='a@b/c'/>", "<item jid='a@b' subscription='none'/>"},
    {"", "<item jid='a@b'><group>A</group><group>a</group></item>",
     "<item jid='a@b' subscription='none'><group>A</group><group>a</group></item>"},
};

START_TEST(a_set_within_the_rules_is_taken) {
    profile(accepted[_i].knobs);
    ck_assert_str_eq(sets(accepted[_i].items, FATES), "answer to " BALCONY " by noto.iq.known\n");
    ck_assert_str_eq(items(), accepted[_i].fate);
}
END_TEST

START_TEST(an_item_has_a_limit_of_groups) {
    static char text[12000];
    for (unsigned count = ROUTER_GROUPS_MAX; count <= ROUTER_GROUPS_MAX + 1; count++) {
        size_t at = (size_t)snprintf(text, sizeof text, "<item jid='a@b'>");
        for (unsigned i = 0; i < count; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, "<group>%u</group>", i);
        snprintf(text + at, sizeof text - at, "</item>");
        const bool fits = count == ROUTER_GROUPS_MAX;
        ck_assert_has(sets(text, FATES), fits ? "answer to " : "bounce resource-constraint to ");
    }
}
END_TEST

/* ---- push ---- */

START_TEST(a_change_is_pushed_to_each_resource_that_asked_for_the_roster) {
    const uint32_t chamber = bind_as("juliet@capulet.example/chamber");
    ck_assert_str_eq(sets("<item jid='a@b'/>", FATES), "answer to " BALCONY " by noto.iq.known\n");
    gets(NULL, FATES);
    send_as(chamber, "<iq id='g' type='get'>" QUERY "/></iq>", FATES);
    const char *seen = sets("<item jid='a@b' name='A'/>", BYTES);
    /* 6121 2.3.2: the result, then the pushes; 2.1.6: one item each, to the full JID */
    ck_assert_int_eq(strncmp(seen, "answer to " BALCONY, strlen("answer to " BALCONY)), 0);
    ck_assert_uint_eq(occurrences(seen, "push to " BALCONY " by roster.push.who: <iq to='" BALCONY "' type='set' id='"),
                      1);
    ck_assert_uint_eq(occurrences(seen, "push to juliet@capulet.example/chamber by roster.push.who"), 1);
    ck_assert_uint_eq(occurrences(seen, "><item jid='a@b' name='A' subscription='none'/></query></iq>\n"), 2);
}
END_TEST

START_TEST(a_push_can_go_before_the_result_and_come_from_the_account) {
    gets(NULL, FATES);
    knob("roster.order", "push-first");
    knob("gen.account-from", "bare");
    const char *seen = sets("<item jid='a@b'/>", BYTES);
    ck_assert_int_eq(strncmp(seen, "push to " BALCONY, strlen("push to " BALCONY)), 0);
    ck_assert_uint_eq(occurrences(seen, "<iq from='" JULIET "' to='" BALCONY "' type='set'"), 1);
}
END_TEST

/* The id of the first push among effects, in a static buffer. */
static const char *push_id(const char *seen) {
    static char id[40];
    const char *at = strstr(seen, "push to ");
    ck_assert_ptr_nonnull(at);
    at = strstr(at, " id='") + strlen(" id='");
    snprintf(id, sizeof id, "%.*s", (int)(strchr(at, '\'') - at), at);
    return id;
}

START_TEST(an_answer_to_a_push_is_taken_in_and_any_other_is_dropped) {
    static const char *const to[] = {"", " to='" JULIET "'"};
    const uint32_t chamber = bind_as("juliet@capulet.example/chamber");
    char xml[200], id[40];
    gets(NULL, FATES);
    snprintf(id, sizeof id, "%s", push_id(sets("<item jid='a@b'/>", BYTES)));
    for (size_t i = 0; i < 2; i++) {
        snprintf(xml, sizeof xml, "<iq type='result' id='%s'%s/>", id, to[i]);
        ck_assert_has(send_as(juliet, xml, FATES), "handle by ");
        ck_assert_has(send_as(chamber, xml, FATES), "drop by ");
        ck_assert_has(send_as(romeo, xml, FATES), "drop by ");
        snprintf(xml, sizeof xml, "<iq type='error' id='%s'%s><error/></iq>", id, to[i]);
        ck_assert_has(send_as(juliet, xml, FATES), "handle by ");
    }
}
END_TEST

static const char *const strays[] = {"",      "push",   "pusher", "p",
                                     "push0", "push-1", "push1x", "push99999999999999999999",
                                     "push2", "xpush1", "PUSH1",  "x1"};

START_TEST(an_answer_to_nothing_is_dropped) {
    char xml[200];
    gets(NULL, FATES);
    sets("<item jid='a@b'/>", FATES);
    snprintf(xml, sizeof xml, "<iq type='result' id='%s'/>", strays[_i]);
    ck_assert_str_eq(send_as(juliet, xml, FATES), "drop by noto.iq.stray\n");
    ck_assert_str_eq(send_as(juliet, "<iq type='result'/>", FATES), "drop by noto.iq.stray\n");
}
END_TEST

/* ---- removal ---- */

static const struct {
    struct router_contact state;
    const char *knob;
    unsigned unsubscribe, unsubscribed, unavailable;
    const char *left; /* what is left of the contact in the description */
} removals[] = {
    {{ROUTER_SUB_NONE, false, false, false}, "cancel", 0, 0, 0, NULL},
    {{ROUTER_SUB_TO, false, false, false}, "cancel", 1, 0, 0, NULL},
    {{ROUTER_SUB_FROM, false, false, true}, "cancel", 0, 1, 1, NULL},
    {{ROUTER_SUB_BOTH, false, false, false}, "cancel", 1, 1, 1, NULL},
    {{ROUTER_SUB_NONE, true, false, false}, "cancel", 1, 0, 0, NULL},
    {{ROUTER_SUB_NONE, true, true, false}, "cancel", 1, 1, 0, NULL},
    {{ROUTER_SUB_TO, false, true, false}, "cancel", 1, 1, 0, NULL},
    {{ROUTER_SUB_FROM, true, false, false}, "cancel", 1, 1, 1, NULL},
    {{ROUTER_SUB_NONE, true, false, false}, "leave", 0, 0, 0, NULL},
    {{ROUTER_SUB_NONE, true, true, false}, "leave", 0, 0, 0, "pending in"},
    {{ROUTER_SUB_TO, false, true, false}, "leave", 1, 0, 0, "pending in"},
};

START_TEST(the_removal_of_an_item_ends_its_subscriptions) {
    knob("roster.remove-pending", removals[_i].knob);
    input(juliet, "<message to='verona.example'/>");
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_READY, 0), ROUTER_OK);
    ck_assert_int_eq(router_contact_set(router, s(JULIET), s("a@verona.example"), removals[_i].state), ROUTER_OK);
    sets("<item jid='a@verona.example' name='A'><group>One</group></item>", FATES);
    send_as(juliet, "<presence/>", FATES);
    gets(NULL, FATES);
    const char *seen = sets("<item jid='A@Verona.example' subscription='remove'/>", BYTES);
    ck_assert_uint_eq(occurrences(seen, "push to " BALCONY), 1);
    ck_assert_uint_eq(occurrences(seen, "<item jid='a@verona.example' subscription='remove'/>"), 1);
    ck_assert_uint_eq(occurrences(seen, "<presence from='" JULIET "' to='a@verona.example' type='unsubscribe'/>"),
                      removals[_i].unsubscribe);
    ck_assert_uint_eq(occurrences(seen, "<presence from='" JULIET "' to='a@verona.example' type='unsubscribed'/>"),
                      removals[_i].unsubscribed);
    ck_assert_uint_eq(occurrences(seen, "<presence from='" BALCONY "' to='a@verona.example' type='unavailable'/>"),
                      removals[_i].unavailable);
    if (removals[_i].left != NULL)
        ck_assert_has(facts(JULIET), removals[_i].left);
    ck_assert_str_eq(items(), "");
    ck_assert_str_eq(sets("<item jid='a@verona.example' subscription='remove'/>", FATES),
                     "bounce item-not-found to " BALCONY " by roster.rem.missing\n");
}
END_TEST

START_TEST(an_item_that_was_removed_can_be_added_again_from_nothing) {
    contact(JULIET, "a@verona.example", ROUTER_SUB_BOTH);
    sets("<item jid='a@verona.example' name='A'><group>One</group></item>", FATES);
    sets("<item jid='a@verona.example' subscription='remove'/>", FATES);
    sets("<item jid='a@verona.example'/>", FATES);
    ck_assert_str_eq(items(), "<item jid='a@verona.example' subscription='none'/>");
}
END_TEST

/* ---- versions (6121 2.6) ---- */

/* The version that a get names, in a static buffer. */
static const char *version(void) {
    static char text[40];
    const char *at = strstr(gets("", BYTES), " ver='");
    ck_assert_ptr_nonnull(at);
    at += strlen(" ver='");
    snprintf(text, sizeof text, "%.*s", (int)(strchr(at, '\'') - at), at);
    return text;
}

static void set_n(int n, const char *name) {
    char text[100];
    snprintf(text, sizeof text, "<item jid='c%d@b.example' name='%s'/>", n, name);
    sets(text, FATES);
}

START_TEST(who_knows_the_last_version_gets_an_empty_result) {
    set_n(1, "A");
    const char *seen = gets(version(), BYTES);
    ck_assert_str_eq(seen, "answer to " BALCONY " by noto.iq.known: <iq to='" BALCONY "' type='result' id='g'/>\n");
}
END_TEST

START_TEST(who_knows_an_older_version_gets_each_changed_item_once_in_order) {
    char old[40];
    for (int i = 1; i <= 5; i++)
        set_n(i, "A");
    snprintf(old, sizeof old, "%s", version());
    set_n(4, "B");
    set_n(2, "B");
    set_n(4, "C");
    sets("<item jid='c1@b.example' subscription='remove'/>", FATES);
    const char *seen = gets(old, BYTES);
    ck_assert_int_eq(
        strncmp(seen, "answer to " BALCONY " by noto.iq.known: <iq to='" BALCONY "' type='result' id='g'/>\n", 90), 0);
    ck_assert_uint_eq(occurrences(seen, "push to " BALCONY), 3);
    const char *second = strstr(seen, "<item jid='c2@b.example' name='B' subscription='none'/>");
    const char *fourth = strstr(seen, "<item jid='c4@b.example' name='C' subscription='none'/>");
    const char *first = strstr(seen, "<item jid='c1@b.example' subscription='remove'/>");
    ck_assert(second != NULL && fourth > second && first > fourth);
}
END_TEST

START_TEST(versions_grow_with_each_change) {
    static char last[40];
    snprintf(last, sizeof last, "%s", version());
    for (int i = 0; i < 3; i++) {
        set_n(i, "A");
        ck_assert_str_ne(version(), last);
        snprintf(last, sizeof last, "%s", version());
    }
    ck_assert_str_eq(version(), last);
}
END_TEST

static const char *const unknown_versions[] = {"", "99", "x", "-1", "1x", "99999999999999999999999"};

START_TEST(who_names_a_version_that_never_was_gets_the_whole_roster) {
    set_n(1, "A");
    const char *seen = gets(unknown_versions[_i], BYTES);
    ck_assert_has(seen, "<item jid='c1@b.example' name='A' subscription='none'/>");
    ck_assert_lacks(seen, "push to");
}
END_TEST

START_TEST(the_whole_roster_can_be_the_answer_to_any_version) {
    char old[40];
    knob("roster.versioning", "full");
    set_n(1, "A");
    snprintf(old, sizeof old, "%s", version());
    ck_assert_has(gets(old, BYTES), "<item jid='c1@b.example' name='A' subscription='none'/>");
    set_n(1, "B");
    const char *seen = gets(old, BYTES);
    ck_assert_has(seen, "<item jid='c1@b.example' name='B' subscription='none'/>");
    ck_assert_lacks(seen, "push to");
}
END_TEST

START_TEST(without_versions_none_is_named) {
    knob("roster.versioning", "off");
    set_n(1, "A");
    ck_assert_str_eq(gets("1", BYTES),
                     "answer to " BALCONY " by noto.iq.known: <iq to='" BALCONY "' type='result' id='g'>" QUERY
                     "><item jid='c1@b.example' name='A' subscription='none'/></query></iq>\n");
}
END_TEST

#define EACH(test, table) tcase_add_loop_test(tc, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *router_roster_suite(void) {
    Suite *suite = suite_create("router_roster");
    TCase *tc = tcase_create("roster");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    tcase_add_test(tc, an_empty_roster_is_an_empty_query);
    tcase_add_test(tc, a_get_shows_each_contact_with_its_subscription);
    tcase_add_test(tc, a_get_holds_no_items);
    tcase_add_test(tc, a_roster_is_for_its_owner_only);
    tcase_add_test(tc, an_item_is_kept_exactly_as_it_was_set);
    tcase_add_test(tc, an_update_replaces_name_and_groups_and_leaves_the_subscription);
    EACH(a_set_that_violates_the_rules_is_refused_and_changes_nothing, refused);
    EACH(a_set_within_the_rules_is_taken, accepted);
    tcase_add_test(tc, an_item_has_a_limit_of_groups);
    tcase_add_test(tc, a_change_is_pushed_to_each_resource_that_asked_for_the_roster);
    tcase_add_test(tc, a_push_can_go_before_the_result_and_come_from_the_account);
    tcase_add_test(tc, an_answer_to_a_push_is_taken_in_and_any_other_is_dropped);
    EACH(an_answer_to_nothing_is_dropped, strays);
    EACH(the_removal_of_an_item_ends_its_subscriptions, removals);
    tcase_add_test(tc, an_item_that_was_removed_can_be_added_again_from_nothing);
    tcase_add_test(tc, who_knows_the_last_version_gets_an_empty_result);
    tcase_add_test(tc, who_knows_an_older_version_gets_each_changed_item_once_in_order);
    tcase_add_test(tc, versions_grow_with_each_change);
    EACH(who_names_a_version_that_never_was_gets_the_whole_roster, unknown_versions);
    tcase_add_test(tc, the_whole_roster_can_be_the_answer_to_any_version);
    tcase_add_test(tc, without_versions_none_is_named);
    suite_add_tcase(suite, tc);
    return suite;
}
