/* A router is set up and asked: domains, accounts, contacts, stored messages, facts, and what its functions refuse. */
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *router_suite(void);

static bool is(struct slice text, const char *wanted) {
    return text.size == strlen(wanted) && memcmp(text.data, wanted, text.size) == 0;
}

/* ---- domains and accounts ---- */

START_TEST(a_router_needs_distinct_and_well_formed_domains) {
    static const char *const twice[] = {"a.example", "A.example"};
    static const char *const wrong[] = {"a@b", "a/b", "a..b", ""};
    struct router *other;
    struct router_config config = {.domains = twice, .domain_count = 2};
    ck_assert_int_eq(router_new(&config, &other), ROUTER_E_CONFLICT);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        config = (struct router_config){.domains = &wrong[i], .domain_count = 1};
        ck_assert_int_eq(router_new(&config, &other), ROUTER_E_JID);
    }
    config.domain_count = 0;
    ck_assert_int_eq(router_new(&config, &other), ROUTER_E_VALUE);
}
END_TEST

START_TEST(a_router_without_a_policy_does_as_rfc6121_recommends) {
    static const char *const domains[] = {"capulet.example"};
    const struct router_config config = {.domains = domains, .domain_count = 1};
    struct router *other;
    uint32_t port;
    ck_assert_int_eq(router_new(&config, &other), ROUTER_OK);
    ck_assert_int_eq(router_account(other, s("juliet@capulet.example")), ROUTER_OK);
    ck_assert_int_eq(router_bind(other, s("juliet@capulet.example/balcony"), 0, &port), ROUTER_OK);
    ck_assert(is(router_port_jid(other, port), "juliet@capulet.example/balcony"));
    router_free(other);
    router_free(NULL);
}
END_TEST

START_TEST(only_the_domains_of_a_router_are_served) {
    ck_assert(router_serves(router, s("capulet.example")));
    ck_assert(!router_serves(router, s("verona.example")));
    ck_assert(!router_serves(router, s("juliet@capulet.example")));
}
END_TEST

START_TEST(an_account_belongs_to_a_served_domain_and_exists_once) {
    ck_assert_int_eq(router_account(router, s("tybalt@capulet.example")), ROUTER_OK);
    ck_assert_int_eq(router_account(router, s("Tybalt@capulet.example")), ROUTER_E_CONFLICT);
    ck_assert_int_eq(router_account(router, s("a@verona.example")), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(router_account(router, s("capulet.example")), ROUTER_E_JID);
    ck_assert_int_eq(router_account(router, s("a@capulet.example/r")), ROUTER_E_JID);
    ck_assert_int_eq(router_account(router, s("@capulet.example")), ROUTER_E_JID);
}
END_TEST

START_TEST(a_contact_of_somebody_is_no_account_yet) {
    contact("juliet@capulet.example", "nurse@capulet.example", ROUTER_SUB_BOTH);
    ck_assert_has(facts("nurse@capulet.example"), "no such account");
    ck_assert_int_eq(router_account(router, s("nurse@capulet.example")), ROUTER_OK);
    ck_assert_str_eq(facts("nurse@capulet.example"), "nurse@capulet.example: no resource");
}
END_TEST

/* ---- contacts ---- */

START_TEST(a_contact_is_set_once_and_not_to_oneself) {
    const struct router_contact both = {.subscription = ROUTER_SUB_BOTH};
    const struct slice account = s("juliet@capulet.example"), romeos = s("romeo@montague.example");
    ck_assert_int_eq(router_contact_set(router, account, romeos, both), ROUTER_OK);
    ck_assert_int_eq(router_contact_set(router, account, s("ROMEO@montague.example"), both), ROUTER_E_CONFLICT);
    ck_assert_int_eq(router_contact_set(router, account, account, both), ROUTER_E_CONFLICT);
    ck_assert_int_eq(router_contact_set(router, account, s("x@"), both), ROUTER_E_JID);
    ck_assert_int_eq(router_contact_set(router, account, s("x@y/z"), both), ROUTER_E_JID);
}
END_TEST

START_TEST(only_an_account_has_contacts) {
    static const char *const nobody[] = {"tybalt@capulet.example", "capulet.example", "romeo@montague.example/orchard",
                                         "@capulet.example", ""};
    const struct router_contact both = {.subscription = ROUTER_SUB_BOTH};
    for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++)
        ck_assert_int_eq(router_contact_set(router, s(nobody[i]), s("a@b.example"), both), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(a_contact_has_one_of_the_nine_states_of_appendix_a) {
    static const struct {
        enum router_subscription subscription;
        bool ask, pending_in, known;
    } states[] = {
        {ROUTER_SUB_NONE, false, false, true},
        {ROUTER_SUB_NONE, true, false, true},
        {ROUTER_SUB_NONE, false, true, true},
        {ROUTER_SUB_NONE, true, true, true},
        {ROUTER_SUB_TO, false, false, true},
        {ROUTER_SUB_TO, true, false, false},
        {ROUTER_SUB_TO, false, true, true},
        {ROUTER_SUB_TO, true, true, false},
        {ROUTER_SUB_FROM, false, false, true},
        {ROUTER_SUB_FROM, true, false, true},
        {ROUTER_SUB_FROM, false, true, false},
        {ROUTER_SUB_FROM, true, true, false},
        {ROUTER_SUB_BOTH, false, false, true},
        {ROUTER_SUB_BOTH, true, false, false},
        {ROUTER_SUB_BOTH, false, true, false},
        {ROUTER_SUB_BOTH, true, true, false},
        {(enum router_subscription)4, false, false, false},
    };
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        char jid[40];
        snprintf(jid, sizeof jid, "c%zu@verona.example", i);
        const struct router_contact state = {states[i].subscription, states[i].ask, states[i].pending_in, false};
        ck_assert_int_eq(router_contact_set(router, s("juliet@capulet.example"), s(jid), state),
                         states[i].known ? ROUTER_OK : ROUTER_E_VALUE);
    }
}
END_TEST

static size_t fates_of(enum router_effect_kind kind) {
    size_t count = 0;
    for (struct router_effect e; router_next(router, &e);)
        count += e.kind == kind;
    return count;
}

START_TEST(hundreds_of_contacts_are_all_found_again) {
    const struct router_contact from = {.subscription = ROUTER_SUB_FROM};
    for (int i = 0; i < 500; i++) {
        char jid[40];
        snprintf(jid, sizeof jid, "c%d@verona.example", i);
        ck_assert_int_eq(router_contact_set(router, s("juliet@capulet.example"), s(jid), from), ROUTER_OK);
        ck_assert_int_eq(router_contact_set(router, s("juliet@capulet.example"), s(jid), from), ROUTER_E_CONFLICT);
    }
    ck_assert_int_eq(input(juliet, "<presence/>"), ROUTER_OK);
    ck_assert_uint_eq(fates_of(ROUTER_ROUTE), 500);
}
END_TEST

START_TEST(a_roster_has_a_limit) {
    const struct router_contact none = {.subscription = ROUTER_SUB_NONE};
    for (int i = 0; i < ROUTER_CONTACTS_MAX; i++) {
        char jid[40];
        snprintf(jid, sizeof jid, "c%d@verona.example", i);
        if (router_contact_set(router, s("juliet@capulet.example"), s(jid), none) != ROUTER_OK)
            ck_abort_msg("%s is refused", jid);
    }
    ck_assert_int_eq(router_contact_set(router, s("juliet@capulet.example"), s("one@verona.example"), none),
                     ROUTER_E_LIMIT);
    /* Who is not among them cannot become one by asking, but is told so (6121 3.1.3, warning). */
    const char *seen = send_as(romeo, "<presence to='juliet@capulet.example' type='subscribe'/>", FATES);
    ck_assert_has(seen, "bounce resource-constraint to romeo@montague.example");
    ck_assert_int_eq(input(juliet, "<presence to='one@verona.example' type='subscribed'/>"), ROUTER_OK);
    ck_assert_uint_eq(fates_of(ROUTER_DROP), 1);
}
END_TEST

/* With the usual hash of 32 bits (FNV-1a) these have one value: the JIDs of the first pair are of one length, those of
 * the second are not. A table that compared hashes only would take one for the other. */
START_TEST(contacts_whose_hashes_are_the_same_are_told_apart) {
    static const char *const pairs[][2] = {{"d65058@ab.example", "c231397@a.example"},
                                           {"c47077@a.example", "d64006@ab.example"}};
    for (size_t i = 0; i < 2; i++) {
        contact("juliet@capulet.example", pairs[i][0], ROUTER_SUB_NONE);
        contact("juliet@capulet.example", pairs[i][1], ROUTER_SUB_BOTH);
    }
    ck_assert_int_eq(input(juliet, "<presence/>"), ROUTER_OK);
    const char *seen = effects(FATES);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_lacks(seen, pairs[i][0]);
        ck_assert_has(seen, pairs[i][1]);
    }
}
END_TEST

START_TEST(a_request_that_was_set_up_is_shown_until_it_is_answered) {
    const struct router_contact state = {.subscription = ROUTER_SUB_NONE, .pending_in = true, .approved = _i == 1};
    ck_assert_int_eq(router_contact_set(router, s("juliet@capulet.example"), s("romeo@montague.example"), state),
                     ROUTER_OK);
    ck_assert_has(send_as(juliet, "<presence/>", BYTES),
                  "deliver to juliet@capulet.example/balcony by pres.init.pending-subs: <presence "
                  "from='romeo@montague.example' to='juliet@capulet.example' type='subscribe'/>\n");
    send_as(juliet, "<presence type='unavailable'/>", FATES);
    ck_assert_uint_eq(occurrences(send_as(juliet, "<presence/>", FATES), "pres.init.pending-subs"), 1);
    send_as(juliet, "<presence to='romeo@montague.example' type='unsubscribed'/>", FATES);
    send_as(juliet, "<presence type='unavailable'/>", FATES);
    ck_assert_uint_eq(occurrences(send_as(juliet, "<presence/>", FATES), "pres.init.pending-subs"), 0);
}
END_TEST

/* ---- stored messages ---- */

START_TEST(only_a_message_with_a_sender_can_be_put_into_the_store) {
    const struct slice account = s("juliet@capulet.example");
    ck_assert_int_eq(router_offline_add(router, account, s("<presence from='a@b'/>"), 0), ROUTER_E_VALUE);
    ck_assert_int_eq(router_offline_add(router, account, s("<message/>"), 0), ROUTER_E_VALUE);
    ck_assert_int_eq(router_offline_add(router, account, s("<message from='a@b'"), 0), ROUTER_E_VALUE);
    ck_assert_int_eq(router_offline_add(router, account, s("</message>"), 0), ROUTER_E_VALUE);
    ck_assert_int_eq(router_offline_add(router, s("tybalt@capulet.example"), s("<message from='a@b'/>"), 0),
                     ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(the_store_has_a_limit) {
    const struct slice account = s("juliet@capulet.example");
    knob("off.max", "1");
    ck_assert_int_eq(router_offline_add(router, account, s("<message from='a@b'/>"), 0), ROUTER_OK);
    ck_assert_int_eq(router_offline_add(router, account, s("<message from='a@b'/>"), 0), ROUTER_E_LIMIT);
}
END_TEST

START_TEST(a_message_past_the_size_of_a_stanza_is_not_stored) {
    static char text[10100] = "<message from='a@b'><body>";
    memset(text + strlen(text), 'x', 10000);
    strcat(text, "</body></message>");
    ck_assert_int_eq(router_offline_add(router, s("juliet@capulet.example"), s(text), 0), ROUTER_OK);
    knob("size.max", "10000");
    ck_assert_int_eq(router_offline_add(router, s("juliet@capulet.example"), s(text), 0), ROUTER_E_VALUE);
}
END_TEST

/* Seconds since 1970 by the calendar: the days of February in a leap year, the first and the last day of a year, the
 * day after February where a century has no leap day. */
static const struct {
    uint64_t seconds, micros;
    const char *stamp;
} stamps[] = {
    {0, 0, "1970-01-01T00:00:00.000000Z"},          {951825600, 250000, "2000-02-29T12:00:00.250000Z"},
    {1078012799, 0, "2004-02-28T23:59:59.000000Z"}, {1109635200, 0, "2005-03-01T00:00:00.000000Z"},
    {1719792000, 1, "2024-07-01T00:00:00.000001Z"}, {1735689599, 999999, "2024-12-31T23:59:59.999999Z"},
    {4107542400, 0, "2100-03-01T00:00:00.000000Z"},
};

START_TEST(a_stored_message_comes_with_the_time_of_storing) {
    char expected[300];
    ck_assert_int_eq(router_offline_add(router, s("juliet@capulet.example"),
                                        s("<message from='a@b' to='juliet@capulet.example'><body>x</body></message>"),
                                        stamps[_i].seconds * 1000000 + stamps[_i].micros),
                     ROUTER_OK);
    snprintf(expected, sizeof expected,
             "by off.deliver.when: <message from='a@b' to='juliet@capulet.example'><body>x</body>"
             "<delay xmlns='urn:xmpp:delay' from='capulet.example' stamp='%s'/></message>\n",
             stamps[_i].stamp);
    const char *seen = send_as(juliet, "<presence/>", BYTES);
    ck_assert_msg(strstr(seen, expected) != NULL, "%s", seen);
}
END_TEST

START_TEST(a_stored_message_can_come_without_a_stamp) {
    knob("off.delay", "off");
    ck_assert_int_eq(router_offline_add(router, s("juliet@capulet.example"), s("<message from='a@b'/>"), 0), ROUTER_OK);
    ck_assert_has(send_as(juliet, "<presence/>", BYTES), "by off.deliver.when: <message from='a@b'/>\n");
}
END_TEST

/* ---- what streams cannot have, and what there is to know of them ---- */

START_TEST(events_that_a_stream_cannot_have_are_refused) {
    ck_assert_int_eq(router_link(router, romeo, ROUTER_LINK_READY, 0), ROUTER_E_CONFLICT);
    const uint32_t port = peer();
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_REFUSED, 0), ROUTER_E_CONFLICT);
    ck_assert_int_eq(router_link(router, 0, ROUTER_LINK_CLOSED, 0), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(router_link(router, 99, ROUTER_LINK_CLOSED, 0), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(what_is_no_fault_and_what_is_no_stream_is_refused) {
    ck_assert_int_eq(router_fault(router, romeo, STANZA_FAULT_NONE, 0), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(router_fault(router, 99, STANZA_FAULT_ILLFORMED, 0), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(router_fault(router, 99, STANZA_FAULT_END, 0), ROUTER_E_UNKNOWN);
    ck_assert_str_eq(send_as(romeo, "<presence to='romeo@montague.example/x'/>", FATES),
                     "drop by pres.full.nomatch.avail\n");
}
END_TEST

START_TEST(no_stanza_comes_in_on_an_output_stream) {
    const struct stanza st = {.kind = STANZA_NORMAL};
    ck_assert_int_eq(input(romeo, "<message to='a@verona.example'/>"), ROUTER_OK);
    const uint32_t port = opened();
    ck_assert_int_eq(router_input(router, port, &st, 0), ROUTER_E_UNKNOWN);
    ck_assert_int_eq(router_fault(router, port, STANZA_FAULT_ILLFORMED, 0), ROUTER_E_UNKNOWN);
}
END_TEST

START_TEST(a_stream_has_an_owner_and_a_content_namespace) {
    const uint32_t port = peer();
    ck_assert(is(router_port_jid(router, romeo), "romeo@montague.example/orchard"));
    ck_assert(is(router_port_jid(router, port), "verona.example"));
    ck_assert(is(router_port_jid(router, 0), ""));
    ck_assert(is(router_port_jid(router, 99), ""));
    ck_assert_int_eq(router_port_namespace(router, romeo), STANZA_CLIENT);
    ck_assert_int_eq(router_port_namespace(router, port), STANZA_SERVER);
    ck_assert_int_eq(router_link(router, port, ROUTER_LINK_CLOSED, 0), ROUTER_OK);
    ck_assert(is(router_port_jid(router, port), ""));
}
END_TEST

START_TEST(facts_name_resources_roster_and_store) {
    char text[300];
    contact("juliet@capulet.example", "romeo@montague.example", ROUTER_SUB_TO);
    contact("juliet@capulet.example", "nurse@verona.example", ROUTER_SUB_BOTH);
    ck_assert_int_eq(router_offline_add(router, s("juliet@capulet.example"), s("<message from='a@b'/>"), 0), ROUTER_OK);
    ck_assert_str_eq(facts("juliet@capulet.example"),
                     "juliet@capulet.example: balcony connected, no presence sent; roster: romeo@montague.example to, "
                     "nurse@verona.example both; 1 stored");
    send_as(juliet, "<presence><priority>-5</priority></presence>", FATES);
    bind_as("juliet@capulet.example/chamber");
    ck_assert_has(facts("juliet@capulet.example"),
                  ": balcony priority -5 available, chamber connected, no presence sent; roster");
    router_describe(router, s("juliet@capulet.example"), text, 10);
    ck_assert_str_eq(text, "juliet@ca");
    router_describe(router, s("juliet@capulet.example"), text, 1);
    ck_assert_str_eq(text, "");
    ck_assert_has(facts("tybalt@capulet.example"), "no such account");
    ck_assert_has(facts("capulet.example"), "no such account");
    router_describe(router, s("tybalt@capulet.example"), text, 7);
    ck_assert_str_eq(text, "tybalt");
}
END_TEST

START_TEST(every_kind_of_effect_has_a_name_of_its_own) {
    for (int i = 0; i <= ROUTER_WRITE; i++)
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(router_fate_name((enum router_effect_kind)i),
                             router_fate_name((enum router_effect_kind)j));
    ck_assert_str_eq(router_fate_name(ROUTER_DELIVER), "deliver");
    ck_assert_str_eq(router_fate_name(ROUTER_HANDLE), "handle");
    ck_assert_str_eq(router_fate_name(ROUTER_MARK), "mark");
    ck_assert_str_eq(router_fate_name(ROUTER_WRITE), "write");
    ck_assert_str_eq(router_fate_name((enum router_effect_kind)(ROUTER_END + 1)), "?");
}
END_TEST

START_TEST(every_stage_and_every_state_has_a_name) {
    ck_assert_str_eq(router_stage_name(0), "ENTRY");
    ck_assert_str_eq(router_state_name(0, 0), "BAD_XML");
    for (struct router_class c = {0}; router_class_next(&c);) {
        if (strcmp(router_stage_name(c.stage), "?") == 0 || strcmp(router_state_name(c.stage, c.state), "?") == 0)
            ck_abort_msg("stage %u, state %u", c.stage, c.state);
    }
    ck_assert_str_eq(router_stage_name(1000), "?");
    ck_assert_str_eq(router_state_name(0, 1000), "?");
    ck_assert_str_eq(router_state_name(1, 1000), "?");
}
END_TEST

START_TEST(what_was_not_fetched_is_lost_with_the_next_input) {
    struct router_effect e;
    ck_assert_int_eq(input(romeo, "<message to='juliet@capulet.example/balcony' id='1'/>"), ROUTER_OK);
    const char *seen = send_as(romeo, "<message to='juliet@capulet.example/balcony' id='2'/>", BYTES);
    ck_assert_lacks(seen, "id='1'");
    ck_assert_uint_eq(occurrences(seen, "deliver"), 1);
    ck_assert(!router_next(router, &e));
}
END_TEST

Suite *router_suite(void) {
    Suite *suite = suite_create("router");
    TCase *tc = tcase_create("set-up");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    tcase_add_test(tc, a_router_needs_distinct_and_well_formed_domains);
    tcase_add_test(tc, a_router_without_a_policy_does_as_rfc6121_recommends);
    tcase_add_test(tc, only_the_domains_of_a_router_are_served);
    tcase_add_test(tc, an_account_belongs_to_a_served_domain_and_exists_once);
    tcase_add_test(tc, a_contact_of_somebody_is_no_account_yet);
    tcase_add_test(tc, a_contact_is_set_once_and_not_to_oneself);
    tcase_add_test(tc, only_an_account_has_contacts);
    tcase_add_test(tc, a_contact_has_one_of_the_nine_states_of_appendix_a);
    tcase_add_test(tc, hundreds_of_contacts_are_all_found_again);
    tcase_add_test(tc, a_roster_has_a_limit);
    tcase_add_test(tc, contacts_whose_hashes_are_the_same_are_told_apart);
    tcase_add_loop_test(tc, a_request_that_was_set_up_is_shown_until_it_is_answered, 0, 2);
    tcase_add_test(tc, only_a_message_with_a_sender_can_be_put_into_the_store);
    tcase_add_test(tc, the_store_has_a_limit);
    tcase_add_test(tc, a_message_past_the_size_of_a_stanza_is_not_stored);
    tcase_add_loop_test(tc, a_stored_message_comes_with_the_time_of_storing, 0, sizeof stamps / sizeof stamps[0]);
    tcase_add_test(tc, a_stored_message_can_come_without_a_stamp);
    tcase_add_test(tc, events_that_a_stream_cannot_have_are_refused);
    tcase_add_test(tc, what_is_no_fault_and_what_is_no_stream_is_refused);
    tcase_add_test(tc, no_stanza_comes_in_on_an_output_stream);
    tcase_add_test(tc, a_stream_has_an_owner_and_a_content_namespace);
    tcase_add_test(tc, facts_name_resources_roster_and_store);
    tcase_add_test(tc, every_kind_of_effect_has_a_name_of_its_own);
    tcase_add_test(tc, every_stage_and_every_state_has_a_name);
    tcase_add_test(tc, what_was_not_fetched_is_lost_with_the_next_input);
    suite_add_tcase(suite, tc);
    return suite;
}
