/* What profile prosody does with stanzas from another server, which no scenario can send as a script plays no peer yet.
 * The conditions are those that Prosody's sources name. */
#include "router_harness.h"

#include <check.h>
#include <string.h>

Suite *profile_prosody_suite(void);

#define JULIET "juliet@capulet.example"
#define NURSE "nurse@verona.example"

static void setup(void) {
    struct router_error error;
    harness_setup();
    ck_assert_int_eq(policy_profile(policy, "prosody", &error), ROUTER_OK);
}

static void assert_peer_gets(const char *xml, const char *fate, const char *by) {
    const char *text = send_as(peer(), xml, FATES);
    ck_assert_msg(strstr(text, fate) != NULL && strstr(text, by) != NULL, "%s is no %s by %s", text, fate, by);
}

START_TEST(a_stanza_without_to_from_a_peer_closes_with_host_unknown) {
    assert_peer_gets("<message from='" NURSE "'/>", "close host-unknown", "by in.s2s.no-to as prosody.s2s-to\n");
}
END_TEST

START_TEST(a_sender_that_is_not_the_peers_closes_with_not_authorized) {
    assert_peer_gets("<message from='a@mantua.example' to='" JULIET "'/>", "close not-authorized",
                     "by in.s2s.foreign-from as prosody.s2s-from\n");
}
END_TEST

START_TEST(a_malformed_address_from_a_peer_is_bounced) {
    assert_peer_gets("<message from='" NURSE "' to='@capulet.example'/>", "bounce jid-malformed",
                     "by in.s2s.bad-addr as prosody.s2s-malformed\n");
}
END_TEST

START_TEST(an_unsubscribe_for_a_full_jid_that_is_gone_counts_as_for_the_bare_one) {
    const struct router_contact both = {.subscription = ROUTER_SUB_BOTH};
    ck_assert_int_eq(router_contact_set(router, s(JULIET), s(NURSE), both), ROUTER_OK);
    send_as(peer(), "<presence from='" NURSE "' to='" JULIET "/gone' type='unsubscribe'/>", FATES);
    ck_assert_ptr_nonnull(strstr(facts(JULIET), NURSE " to"));
}
END_TEST

START_TEST(the_store_has_no_limit) {
    for (int i = 0; i < 101; i++) {
        const char *text = send_as(romeo, "<message to='" JULIET "'><body>x</body></message>", FATES);
        ck_assert_msg(strstr(text, "store to " JULIET) == text, "%d: %s", i, text);
    }
}
END_TEST

Suite *profile_prosody_suite(void) {
    Suite *suite = suite_create("profile_prosody");
    TCase *tc = tcase_create("peers");
    tcase_add_checked_fixture(tc, setup, harness_teardown);
    tcase_add_test(tc, a_stanza_without_to_from_a_peer_closes_with_host_unknown);
    tcase_add_test(tc, a_sender_that_is_not_the_peers_closes_with_not_authorized);
    tcase_add_test(tc, a_malformed_address_from_a_peer_is_bounced);
    tcase_add_test(tc, an_unsubscribe_for_a_full_jid_that_is_gone_counts_as_for_the_bare_one);
    tcase_add_test(tc, the_store_has_no_limit);
    suite_add_tcase(suite, tc);
    return suite;
}
