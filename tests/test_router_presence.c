/* Presence sessions, directed presence and probes, with the knobs that scripts seldom turn (6121 4). */
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *router_presence_suite(void);

#define BALCONY "juliet@capulet.example/balcony"
#define ORCHARD "romeo@montague.example/orchard"

/* ---- the presence session (6121 4.2, 4.4, 4.5) ---- */

START_TEST(the_last_presence_of_ones_other_resources_can_be_left_out) {
    const uint32_t chamber = bind_as("juliet@capulet.example/chamber");
    send_as(juliet, "<presence/>", FATES);
    ck_assert_has(send_as(chamber, "<presence/>", FATES), "by pres.init.own-others");
    knob("pres.own-others", "skip");
    send_as(chamber, "<presence type='unavailable'/>", FATES);
    ck_assert_str_eq(send_as(chamber, "<presence/>", FATES),
                     "deliver to " BALCONY " by pres.init.self\n"
                     "deliver to juliet@capulet.example/chamber by pres.init.self\n");
}
END_TEST

START_TEST(a_copy_for_oneself_is_for_the_bare_or_for_the_full_jid) {
    ck_assert_has(send_as(juliet, "<presence/>", BYTES), " to='juliet@capulet.example'/>");
    knob("pres.self-to", "full");
    ck_assert_has(send_as(juliet, "<presence/>", BYTES), " to='" BALCONY "'/>");
}
END_TEST

/* 6121 4.5.2 says nothing of a second unavailable; who got directed presence hears of it in any case (4.6.3). */
START_TEST(unavailable_without_a_session_is_for_directed_targets_only) {
    contact("juliet@capulet.example", "romeo@montague.example", ROUTER_SUB_FROM);
    send_as(romeo, "<presence/>", FATES);
    ck_assert_str_eq(send_as(juliet, "<presence type='unavailable'/>", FATES), "handle by pres.unavail.again\n");
    send_as(juliet, "<presence to='" ORCHARD "'/>", FATES);
    ck_assert_str_eq(send_as(juliet, "<presence type='unavailable'/>", FATES),
                     "deliver to " ORCHARD " by pres.full.match.unavail\nhandle by pres.unavail.again\n");
    ck_assert_str_eq(send_as(juliet, "<presence type='unavailable'/>", FATES), "handle by pres.unavail.again\n");
}
END_TEST

START_TEST(unavailable_without_a_session_can_be_broadcast) {
    contact("juliet@capulet.example", "romeo@montague.example", ROUTER_SUB_FROM);
    send_as(romeo, "<presence/>", FATES);
    knob("pres.unavail-again", "broadcast");
    ck_assert_str_eq(send_as(juliet, "<presence type='unavailable'/>", FATES),
                     "deliver to " ORCHARD " by pres.bare.unavail\ndeliver to " BALCONY " by pres.unavail.self\n");
}
END_TEST

START_TEST(the_end_of_a_stream_ends_the_presence_session) {
    send_as(juliet, "<presence to='romeo@montague.example'/>", FATES);
    ck_assert_int_eq(router_fault(router, juliet, STANZA_FAULT_END, 0), ROUTER_OK);
    ck_assert_has(effects(MARKS), "mark by pres.end.directed\n");
}
END_TEST

START_TEST(a_second_resource_hears_of_the_end_of_the_first) {
    const uint32_t chamber = bind_as("juliet@capulet.example/chamber");
    send_as(juliet, "<presence/>", FATES);
    send_as(chamber, "<presence/>", FATES);
    ck_assert_int_eq(router_link(router, chamber, ROUTER_LINK_LOST, 0), ROUTER_OK);
    ck_assert_str_eq(effects(FATES), "deliver to " BALCONY " by pres.end.stream\n");
}
END_TEST

/* Stored messages go out at initial presence, or when the priority stops being negative (XEP-0160 2). */
START_TEST(a_priority_that_is_negative_no_more_fetches_stored_messages) {
    send_as(juliet, "<presence><priority>-1</priority></presence>", FATES);
    send_as(romeo, "<message to='juliet@capulet.example'><body>x</body></message>", FATES);
    ck_assert_uint_eq(
        occurrences(send_as(juliet, "<presence><status/><priority>0</priority></presence>", FATES), "off.deliver.when"),
        1);
    send_as(juliet, "<presence><priority>-1</priority><status/></presence>", FATES);
    send_as(romeo, "<message to='juliet@capulet.example'><body>x</body></message>", FATES);
    knob("off.trigger", "initial-only");
    ck_assert_uint_eq(occurrences(send_as(juliet, "<presence/>", FATES), "off.deliver.when"), 0);
    send_as(juliet, "<presence type='unavailable'/>", FATES);
    ck_assert_uint_eq(occurrences(send_as(juliet, "<presence/>", FATES), "off.deliver.when"), 1);
}
END_TEST

START_TEST(a_presence_with_many_children_is_passed_on_whole) {
    contact("juliet@capulet.example", "romeo@montague.example", ROUTER_SUB_FROM);
    send_as(romeo, "<presence/>", FATES);
    const char *seen =
        send_as(juliet, "<presence><a/><b/><c/><d/><e/><f/><g/><priority>3</priority><i/><j/></presence>", BYTES);
    ck_assert_has(seen, "<a/><b/><c/><d/><e/><f/><g/><priority>3</priority><i/><j/></presence>\n");
    ck_assert_has(facts("juliet@capulet.example"), "priority 3 ");
}
END_TEST

/* 6121 4.7.2.3: a server may override a priority; what it made of it shows in the echo and in what contacts get. */
START_TEST(a_priority_that_is_overridden_shows_in_every_copy) {
    contact("juliet@capulet.example", "romeo@montague.example", ROUTER_SUB_FROM);
    send_as(romeo, "<presence/>", FATES);
    knob("pres.prio-override", "zero");
    const char *seen = send_as(juliet,
                               "<presence><a/><show>away</show><priority>5</priority><d/><e/><f/><g/><h/><i/><j/>"
                               "</presence>",
                               BYTES);
    ck_assert_uint_eq(occurrences(seen, "<priority>0</priority>"), 2);
    ck_assert_uint_eq(occurrences(seen, "<a/><show>away</show><d/><e/><f/><g/><h/><i/><j/>"), 2);
    ck_assert_lacks(seen, "5");
    ck_assert_has(facts("juliet@capulet.example"), "priority 0 ");
    ck_assert_lacks(send_as(juliet, "<presence><a/><b/><c/><d/><e/><f/><g/><h/><i/></presence>", BYTES), "priority");
}
END_TEST

/* An id is what XML makes of its text: references are resolved, each tab and line end counts as a space. */
START_TEST(the_id_of_a_broadcast_comes_back_with_its_error) {
    contact("juliet@capulet.example", "a@verona.example", ROUTER_SUB_FROM);
    ck_assert_int_eq(input(juliet, "<presence id=\"&quot;it&apos;s\t&#49;\r\n&#x4E;&amp;&lt;&gt;;&quot;\"/>"),
                     ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_NO_HOST, 0), ROUTER_OK);
    const char *seen = effects(BYTES);
    ck_assert_msg(strstr(seen, " id='\"it&apos;s 1 N&amp;&lt;&gt;;\"' ") != NULL, "%s", seen);
}
END_TEST

/* ---- directed presence (6121 4.6) ---- */

START_TEST(presence_to_a_subscriber_during_a_session_is_not_remembered) {
    contact("juliet@capulet.example", "romeo@montague.example", ROUTER_SUB_FROM);
    send_as(juliet, "<presence/>", FATES);
    ck_assert_int_eq(input(juliet, "<presence to='" ORCHARD "'/>"), ROUTER_OK);
    ck_assert(has_mark("pres.dir.subscriber"));
    send_as(romeo, "<presence/>", FATES);
    /* once, as a contact */
    ck_assert_uint_eq(occurrences(send_as(juliet, "<presence type='unavailable'/>", FATES), "to " ORCHARD), 1);
}
END_TEST

START_TEST(who_got_directed_presence_twice_hears_of_the_end_once) {
    send_as(juliet, "<presence to='" ORCHARD "'/>", FATES);
    send_as(juliet, "<presence to='a@verona.example'/>", FATES);
    send_as(juliet, "<presence to='" ORCHARD "'><show>away</show></presence>", FATES);
    ck_assert_str_eq(send_as(juliet, "<presence type='unavailable'/>", FATES),
                     "deliver to " ORCHARD " by pres.full.match.unavail\n"
                     "route to a@verona.example by s2s.route\n"
                     "handle by pres.unavail.again\n");
}
END_TEST

static const struct {
    const char *knob;
    bool forgotten;
} matches[] = {{"exact", false}, {"bare", true}};

/* 6121 4.6.1 leaves open whether the bare JID stands for the full one on the list of targets. */
START_TEST(directed_unavailable_takes_its_target_off_the_list) {
    knob("pres.dir-match", matches[_i].knob);
    send_as(juliet, "<presence to='" ORCHARD "'/>", FATES);
    send_as(juliet, "<presence to='nurse@verona.example/r'/>", FATES);
    send_as(juliet, "<presence to='romeo@montague.example' type='unavailable'/>", FATES);
    ck_assert_uint_eq(occurrences(send_as(juliet, "<presence type='unavailable'/>", FATES), "to " ORCHARD),
                      matches[_i].forgotten ? 0 : 1);
    send_as(juliet, "<presence to='" ORCHARD "'/>", FATES);
    send_as(juliet, "<presence to='" ORCHARD "' type='unavailable'/>", FATES);
    ck_assert_str_eq(send_as(juliet, "<presence type='unavailable'/>", FATES), "handle by pres.unavail.again\n");
}
END_TEST

START_TEST(a_target_that_leaves_is_taken_off_the_list) {
    const uint32_t port = peer();
    knob("pres.dir-match", matches[_i].knob);
    send_as(juliet, "<presence to='a@verona.example/r'/>", FATES);
    send_as(port, "<presence from='b@verona.example/r' to='" BALCONY "' type='unavailable'/>", FATES);
    send_as(port, "<presence from='a@verona.example/s' to='" BALCONY "' type='unavailable'/>", FATES);
    ck_assert_uint_eq(occurrences(send_as(juliet, "<presence type='unavailable'/>", FATES), "to a@verona.example/r"),
                      matches[_i].forgotten ? 0 : 1);
    send_as(juliet, "<presence to='a@verona.example/r'/>", FATES);
    send_as(port, "<presence from='a@verona.example/r' to='" BALCONY "' type='unavailable'/>", FATES);
    ck_assert_str_eq(send_as(juliet, "<presence type='unavailable'/>", FATES), "handle by pres.unavail.again\n");
}
END_TEST

START_TEST(a_list_of_directed_presence_has_a_limit) {
    for (int i = 0; i <= ROUTER_DIRECTED_MAX; i++) {
        char xml[80];
        snprintf(xml, sizeof xml, "<presence to='montague.example/%d'/>", i);
        ck_assert_int_eq(input(juliet, xml), ROUTER_OK);
    }
    ck_assert_int_eq(input(juliet, "<presence type='unavailable'/>"), ROUTER_OK);
    unsigned told = 0;
    for (struct router_effect e; router_next(router, &e);)
        told += e.kind == ROUTER_MARK && e.rule == router_rule_find("pres.unavail.directed");
    ck_assert_uint_eq(told, ROUTER_DIRECTED_MAX);
}
END_TEST

/* 6121 4.6.1: who becomes a subscriber is one like any other from then on. */
START_TEST(an_approval_takes_the_place_of_directed_presence) {
    const struct router_contact asks = {.pending_in = true};
    ck_assert_int_eq(router_contact_set(router, s("juliet@capulet.example"), s("romeo@montague.example"), asks),
                     ROUTER_OK);
    send_as(romeo, "<presence/>", FATES);
    send_as(bind_as("juliet@capulet.example/chamber"), "<presence to='romeo@montague.example'/>", FATES);
    send_as(juliet, "<presence/>", FATES);
    send_as(juliet, "<presence to='a@verona.example'/>", FATES);
    send_as(juliet, "<presence to='" ORCHARD "'/>", FATES);
    send_as(juliet, "<presence to='romeo@montague.example' type='subscribed'/>", FATES);
    const char *seen = send_as(juliet, "<presence type='unavailable'/>", FATES);
    ck_assert_uint_eq(occurrences(seen, "to " ORCHARD), 1);
    ck_assert_uint_eq(occurrences(seen, "route to a@verona.example"), 1);
}
END_TEST

START_TEST(an_error_from_a_contact_changes_nothing_for_it) {
    contact("juliet@capulet.example", "a@verona.example", ROUTER_SUB_FROM);
    send_as(juliet, "<presence/>", FATES);
    send_as(peer(), "<presence from='a@verona.example/r' to='juliet@capulet.example' type='error'><error/></presence>",
            FATES);
    ck_assert_uint_eq(occurrences(send_as(juliet, "<presence/>", FATES), "route to a@verona.example"), 1);
    ck_assert_uint_eq(
        occurrences(send_as(juliet, "<presence type='unavailable'/>", FATES), "route to a@verona.example"), 1);
    ck_assert_uint_eq(occurrences(send_as(juliet, "<presence/>", FATES), "route to a@verona.example"), 1);
}
END_TEST

START_TEST(presence_to_oneself_is_not_directed) {
    send_as(juliet, "<presence/>", FATES);
    ck_assert_int_eq(input(juliet, "<presence to='juliet@capulet.example'/>"), ROUTER_OK);
    ck_assert(has_mark("pres.dir.self-bare"));
    ck_assert_int_eq(input(juliet, "<presence to='" BALCONY "'/>"), ROUTER_OK);
    ck_assert(has_mark("pres.dir.self-full"));
    knob("pres.dir-self", "broadcast");
    ck_assert_str_eq(send_as(juliet, "<presence to='juliet@capulet.example'/>", FATES),
                     "deliver to " BALCONY " by pres.upd.self\n");
    ck_assert_int_eq(input(juliet, "<presence to='" BALCONY "'/>"), ROUTER_OK);
    ck_assert(has_mark("pres.dir.self-full"));
}
END_TEST

/* ---- probes (6121 4.3, 4.6.6) ---- */

static const char *probe(const char *to, enum show show) {
    char xml[200];
    snprintf(xml, sizeof xml, "<presence id='p' to='%s' type='probe'/>", to);
    return send_as(romeo, xml, show);
}

START_TEST(only_the_resource_that_sent_presence_is_shown_to_whom_it_sent_it) {
    const uint32_t chamber = bind_as("juliet@capulet.example/chamber");
    send_as(juliet, "<presence to='" ORCHARD "'/>", FATES);
    ck_assert_uint_eq(
        occurrences(probe("juliet@capulet.example", FATES), "answer to " ORCHARD " by pres.probe.directed"), 1);
    send_as(chamber, "<presence to='" ORCHARD "'/>", FATES);
    ck_assert_uint_eq(occurrences(probe("juliet@capulet.example", FATES), "answer"), 2);
    const char *seen = probe("juliet@capulet.example/chamber", BYTES);
    ck_assert_uint_eq(occurrences(seen, "answer"), 1);
    ck_assert_has(seen, "by pres.probe.full.directed: <presence from='juliet@capulet.example/chamber' "
                        "to='" ORCHARD "' id='p'/>\n");
    ck_assert_lacks(probe("juliet@capulet.example/gone", FATES), "directed");
}
END_TEST

static const struct {
    const char *knob, *sent_to;
    bool answered;
} directed_matches[] = {
    {"exact", ORCHARD, true},
    {"exact", "romeo@montague.example", false},
    {"exact", "romeo@montague.example/other", false},
    {"bare", "romeo@montague.example/other", true},
    {"bare", "benvolio@montague.example", false},
    {"domain", "benvolio@montague.example/x", true},
    {"domain", "romeo@verona.example/orchard", false},
};

START_TEST(a_knob_says_how_closely_a_prober_must_match_a_target) {
    char xml[100];
    knob("iq.directed-match", directed_matches[_i].knob);
    snprintf(xml, sizeof xml, "<presence to='%s'/>", directed_matches[_i].sent_to);
    send_as(juliet, xml, FATES);
    ck_assert_msg((strstr(probe(BALCONY, FATES), "by pres.probe.full.directed") != NULL) ==
                      directed_matches[_i].answered,
                  "%s for %s", directed_matches[_i].knob, directed_matches[_i].sent_to);
}
END_TEST

START_TEST(a_user_is_authorised_to_probe_itself) {
    send_as(romeo, "<presence id='q'><show>dnd</show></presence>", FATES);
    ck_assert_str_eq(probe("romeo@montague.example", BYTES),
                     "answer to " ORCHARD " by pres.probe.avail: <presence from='" ORCHARD "' to='" ORCHARD "' id='q'>"
                     "<show>dnd</show></presence>\n");
    ck_assert_has(probe(ORCHARD, FATES), "by pres.probe.full.match");
    ck_assert_has(probe("romeo@montague.example/gone", FATES), "by pres.probe.full.nomatch");
}
END_TEST

/* 6121 4.3.2: the last unavailable presence can be shown whole; it has its own id, else that of the probe (4.3.2.1). */
static const struct {
    const char *unavailable, *answer;
} last_words[] = {
    {"<presence type='unavailable'><status>bye</status></presence>",
     "<presence from='juliet@capulet.example' to='" ORCHARD "' id='p' type='unavailable'><status>bye</status><delay "},
    {"<presence id='u' type='unavailable'/>",
     "<presence from='juliet@capulet.example' to='" ORCHARD "' id='u' type='unavailable'><delay "},
};

START_TEST(the_last_unavailable_presence_can_be_shown_to_a_prober) {
    knob("pres.probe-offline-detail", "full");
    contact("juliet@capulet.example", "romeo@montague.example", ROUTER_SUB_FROM);
    ck_assert_has(probe("juliet@capulet.example", BYTES),
                  "<presence from='juliet@capulet.example' to='" ORCHARD "' type='unavailable' id='p'/>");
    send_as(juliet, "<presence/>", FATES);
    send_as(juliet, last_words[_i].unavailable, FATES);
    const char *seen = probe("juliet@capulet.example", BYTES);
    ck_assert_msg(strstr(seen, last_words[_i].answer) != NULL, "%s", seen);
    send_as(romeo, "<presence to='juliet@capulet.example' type='probe'/>", FATES);
    ck_assert_lacks(send_as(romeo, "<presence to='juliet@capulet.example' type='probe'/>", BYTES), "id='p'");
}
END_TEST

static const struct {
    const char *knob, *to, *from;
} client_probes[] = {
    {"auto", "a@verona.example", " from='romeo@montague.example' "},
    {"auto", "b@verona.example", " from='" ORCHARD "' "},
    {"auto", "a@verona.example/r", " from='" ORCHARD "' "},
    {"full", "a@verona.example", " from='" ORCHARD "' "},
    {"bare", "b@verona.example/r", " from='romeo@montague.example' "},
};

START_TEST(a_knob_says_in_whose_name_a_client_probes) {
    contact("romeo@montague.example", "a@verona.example", ROUTER_SUB_TO);
    contact("romeo@montague.example", "b@verona.example", ROUTER_SUB_FROM);
    input(romeo, "<message to='verona.example'/>");
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_READY, 0), ROUTER_OK);
    knob("pres.probe-client-from", client_probes[_i].knob);
    const char *seen = probe(client_probes[_i].to, BYTES);
    ck_assert_msg(strstr(seen, client_probes[_i].from) != NULL, "%s", seen);
}
END_TEST

static const struct {
    enum router_subscription subscription;
    bool ask, pending_in, probed;
} probed[] = {
    {ROUTER_SUB_NONE, false, false, false}, {ROUTER_SUB_NONE, true, false, false}, {ROUTER_SUB_NONE, true, true, false},
    {ROUTER_SUB_FROM, false, false, false}, {ROUTER_SUB_FROM, true, false, false}, {ROUTER_SUB_TO, false, false, true},
    {ROUTER_SUB_TO, false, true, true},     {ROUTER_SUB_BOTH, false, false, true},
};

START_TEST(contacts_that_the_user_is_subscribed_to_are_probed) {
    const struct router_contact state = {probed[_i].subscription, probed[_i].ask, probed[_i].pending_in, false};
    ck_assert_int_eq(router_contact_set(router, s("romeo@montague.example"), s("a@verona.example"), state), ROUTER_OK);
    ck_assert_int_eq(input(romeo, "<presence/>"), ROUTER_OK);
    ck_assert(has_mark("pres.init.probe") == probed[_i].probed);
}
END_TEST

/* ---- what is known of contacts need not be asked (6121 4.3.1), nor told to those that are away (4.4.2) ---- */

static const char *from_nurse(uint32_t port, const char *resource, const char *rest) {
    char xml[300];
    snprintf(xml, sizeof xml, "<presence from='nurse@verona.example%s' to='juliet@capulet.example'%s", resource, rest);
    return send_as(port, xml, FATES);
}

/* What a second resource of Juliet's sees of the nurse at its initial presence. */
static const char *chamber_comes(enum show show) {
    return send_as(bind_as("juliet@capulet.example/chamber"), "<presence/>", show);
}

START_TEST(a_contact_whose_presence_is_known_is_not_probed_again) {
    const uint32_t port = peer();
    knob("pres.probe-on-init", "unless-known");
    contact("juliet@capulet.example", "nurse@verona.example", ROUTER_SUB_TO);
    ck_assert_uint_eq(occurrences(send_as(juliet, "<presence/>", FATES), "route to nurse@verona.example"), 1);
    from_nurse(port, "/kitchen", "><show>away</show></presence>");
    from_nurse(port, "/kitchen", "><show>dnd</show></presence>");
    from_nurse(port, "/garden", "/>");
    const char *seen = chamber_comes(BYTES);
    ck_assert_lacks(seen, "route to nurse@verona.example");
    ck_assert_uint_eq(occurrences(seen, "by pres.init.probe: <presence from='nurse@verona.example/"), 2);
    ck_assert_has(seen, "<show>dnd</show>");
    ck_assert_lacks(seen, "<show>away</show>");
}
END_TEST

START_TEST(a_contact_that_is_known_to_be_away_is_not_probed_again) {
    const uint32_t port = peer();
    knob("pres.probe-on-init", "unless-known");
    contact("juliet@capulet.example", "nurse@verona.example", ROUTER_SUB_TO);
    send_as(juliet, "<presence/>", FATES);
    from_nurse(port, "/kitchen", "/>");
    from_nurse(port, "/garden", "/>");
    from_nurse(port, "/kitchen", " type='unavailable'/>");
    const uint32_t chamber = bind_as("juliet@capulet.example/chamber");
    ck_assert_uint_eq(occurrences(send_as(chamber, "<presence/>", FATES), "by pres.init.probe\n"), 1);
    send_as(chamber, "<presence type='unavailable'/>", FATES);
    from_nurse(port, "", " type='unavailable'/>");
    const char *seen = send_as(chamber, "<presence/>", FATES);
    ck_assert_lacks(seen, "nurse@verona.example");
}
END_TEST

START_TEST(what_was_known_counts_only_while_somebody_was_there_to_hear) {
    knob("pres.probe-on-init", "unless-known");
    contact("juliet@capulet.example", "nurse@verona.example", ROUTER_SUB_TO);
    send_as(juliet, "<presence/>", FATES);
    from_nurse(peer(), "/kitchen", "/>");
    send_as(juliet, "<presence type='unavailable'/>", FATES);
    ck_assert_uint_eq(occurrences(chamber_comes(FATES), "route to nurse@verona.example"), 1);
}
END_TEST

START_TEST(a_contact_with_too_many_resources_is_probed_again) {
    const uint32_t port = peer();
    knob("pres.probe-on-init", "unless-known");
    contact("juliet@capulet.example", "nurse@verona.example", ROUTER_SUB_TO);
    send_as(juliet, "<presence/>", FATES);
    for (int i = 0; i < 100; i++) {
        char resource[20];
        snprintf(resource, sizeof resource, "/%d", i);
        from_nurse(port, resource, "/>");
    }
    from_nurse(port, "/0", " type='unavailable'/>");
    const uint32_t chamber = bind_as("juliet@capulet.example/chamber");
    ck_assert_uint_eq(occurrences(send_as(chamber, "<presence/>", FATES), "route to nurse@verona.example"), 1);
    send_as(chamber, "<presence type='unavailable'/>", FATES);
    from_nurse(port, "", " type='unavailable'/>");
    ck_assert_uint_eq(occurrences(send_as(chamber, "<presence/>", FATES), "nurse@verona.example"), 0);
}
END_TEST

START_TEST(only_what_a_watched_contact_tells_the_account_is_known) {
    const uint32_t port = peer();
    knob("pres.probe-on-init", "unless-known");
    contact("juliet@capulet.example", "nurse@verona.example", ROUTER_SUB_TO);
    contact("juliet@capulet.example", "a@verona.example", ROUTER_SUB_FROM);
    send_as(juliet, "<presence/>", FATES);
    send_as(port, "<presence from='nurse@verona.example/kitchen' to='" BALCONY "'/>", FATES);
    send_as(port, "<presence from='a@verona.example/r' to='juliet@capulet.example'/>", FATES);
    const char *seen = chamber_comes(FATES);
    ck_assert_uint_eq(occurrences(seen, "route to nurse@verona.example"), 1);
    ck_assert_lacks(seen, "by pres.init.probe");
}
END_TEST

START_TEST(updates_can_spare_contacts_that_are_away) {
    const uint32_t port = peer();
    knob("pres.smart-bcast", "on");
    contact("juliet@capulet.example", "nurse@verona.example", ROUTER_SUB_BOTH);
    send_as(juliet, "<presence/>", FATES);
    ck_assert_uint_eq(occurrences(send_as(juliet, "<presence/>", FATES), "route to nurse@verona.example"), 1);
    from_nurse(port, "", " type='unavailable'/>");
    ck_assert_uint_eq(occurrences(send_as(juliet, "<presence/>", FATES), "route to nurse@verona.example"), 0);
    from_nurse(port, "/kitchen", "/>");
    ck_assert_uint_eq(occurrences(send_as(juliet, "<presence/>", FATES), "route to nurse@verona.example"), 1);
    /* 6121 4.5.2: the end of the session is for all of them */
    from_nurse(port, "/kitchen", " type='unavailable'/>");
    ck_assert_uint_eq(
        occurrences(send_as(juliet, "<presence type='unavailable'/>", FATES), "route to nurse@verona.example"), 1);
}
END_TEST

/* ---- presence for a domain (6120 10.5.1) ---- */

static const struct {
    const char *knobs, *xml, *fate;
} for_domain[] = {
    {"", "<presence to='capulet.example'/>", "handle by dom.pres.avail\n"},
    {"knob dom.presence = bounce", "<presence to='capulet.example'/>",
     "bounce service-unavailable to " ORCHARD " by dom.pres.avail\n"},
    {"knob dom.presence = answer", "<presence to='capulet.example' type='probe'/>",
     "answer to " ORCHARD " by dom.pres.probe\n"},
    {"knob dom.presence = bounce", "<presence to='capulet.example' type='probe'/>", "handle by dom.pres.probe\n"},
    {"knob dom.subscribe = ignore", "<presence to='capulet.example' type='subscribe'/>", "handle by dom.pres.sub\n"},
    {"knob dom.subscribe = approve", "<presence to='capulet.example' type='unsubscribe'/>", "handle by dom.pres.sub\n"},
    {"knob dom.subscribe = approve", "<presence to='capulet.example' type='subscribe'/>",
     "answer to romeo@montague.example by dom.pres.sub\n"},
    {"", "<presence to='capulet.example/x' type='probe'/>", "handle by domres.any\n"},
    {"", "<presence to='capulet.example/x'/>", "bounce service-unavailable to " ORCHARD " by domres.any\n"},
    {"knob dom.message = admin", "<presence to='capulet.example/x'/>", "handle by domres.any\n"},
    {"knob dom.message = drop", "<message to='capulet.example/x'/>", "drop by domres.any\n"},
    {"knob dom.message = drop", "<iq type='get' id='1' to='capulet.example/x'><ping xmlns='urn:xmpp:ping'/></iq>",
     "bounce service-unavailable to " ORCHARD " by domres.any\n"},
    {"", "<message type='error' to='capulet.example/x'/>", "drop by domres.any\n"},
};

START_TEST(what_is_sent_to_a_domain_is_handled_as_the_knobs_say) {
    profile(for_domain[_i].knobs);
    const char *seen = send_as(romeo, for_domain[_i].xml, FATES);
    ck_assert_msg(strncmp(seen, for_domain[_i].fate, strlen(for_domain[_i].fate)) == 0, "%s gives %s",
                  for_domain[_i].xml, seen);
}
END_TEST

#define EACH(test, table) tcase_add_loop_test(tc, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *router_presence_suite(void) {
    Suite *suite = suite_create("router_presence");
    TCase *tc = tcase_create("presence");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    tcase_add_test(tc, the_last_presence_of_ones_other_resources_can_be_left_out);
    tcase_add_test(tc, a_copy_for_oneself_is_for_the_bare_or_for_the_full_jid);
    tcase_add_test(tc, unavailable_without_a_session_is_for_directed_targets_only);
    tcase_add_test(tc, unavailable_without_a_session_can_be_broadcast);
    tcase_add_test(tc, the_end_of_a_stream_ends_the_presence_session);
    tcase_add_test(tc, a_second_resource_hears_of_the_end_of_the_first);
    tcase_add_test(tc, a_priority_that_is_negative_no_more_fetches_stored_messages);
    tcase_add_test(tc, a_presence_with_many_children_is_passed_on_whole);
    tcase_add_test(tc, a_priority_that_is_overridden_shows_in_every_copy);
    tcase_add_test(tc, the_id_of_a_broadcast_comes_back_with_its_error);
    tcase_add_test(tc, presence_to_a_subscriber_during_a_session_is_not_remembered);
    tcase_add_test(tc, who_got_directed_presence_twice_hears_of_the_end_once);
    EACH(directed_unavailable_takes_its_target_off_the_list, matches);
    EACH(a_target_that_leaves_is_taken_off_the_list, matches);
    tcase_add_test(tc, a_list_of_directed_presence_has_a_limit);
    tcase_add_test(tc, an_approval_takes_the_place_of_directed_presence);
    tcase_add_test(tc, an_error_from_a_contact_changes_nothing_for_it);
    tcase_add_test(tc, presence_to_oneself_is_not_directed);
    tcase_add_test(tc, only_the_resource_that_sent_presence_is_shown_to_whom_it_sent_it);
    EACH(a_knob_says_how_closely_a_prober_must_match_a_target, directed_matches);
    tcase_add_test(tc, a_user_is_authorised_to_probe_itself);
    EACH(the_last_unavailable_presence_can_be_shown_to_a_prober, last_words);
    EACH(a_knob_says_in_whose_name_a_client_probes, client_probes);
    EACH(contacts_that_the_user_is_subscribed_to_are_probed, probed);
    tcase_add_test(tc, a_contact_whose_presence_is_known_is_not_probed_again);
    tcase_add_test(tc, a_contact_that_is_known_to_be_away_is_not_probed_again);
    tcase_add_test(tc, what_was_known_counts_only_while_somebody_was_there_to_hear);
    tcase_add_test(tc, a_contact_with_too_many_resources_is_probed_again);
    tcase_add_test(tc, only_what_a_watched_contact_tells_the_account_is_known);
    tcase_add_test(tc, updates_can_spare_contacts_that_are_away);
    EACH(what_is_sent_to_a_domain_is_handled_as_the_knobs_say, for_domain);
    suite_add_tcase(suite, tc);
    return suite;
}
