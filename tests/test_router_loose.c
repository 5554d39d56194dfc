/* Subscriptions without the state machine, as the alternative `loose` of sub.key has them, and what memory does to them. */
#include "router_harness.h"

#include <check.h>
#include <string.h>

Suite *router_loose_suite(void);

#define JULIET "juliet@capulet.example"
#define ROMEO  "romeo@montague.example"

static void use_loose(void) {
    harness_setup();
    profile("departs sub.key does loose as mine");
}

START_TEST(an_approval_that_nobody_asked_for_counts_at_home_and_is_bogus_elsewhere) {
    ck_assert_str_eq(send_as(juliet, "<presence type='subscribed' to='" ROMEO "'/>", FATES),
                     "drop by sub.in.subscribed.none as mine\n");
    ck_assert_has(facts(JULIET), ROMEO " from");
    ck_assert_lacks(facts(ROMEO), "roster");
}
END_TEST

START_TEST(a_request_waits_with_the_messages_where_nobody_takes_it) {
    ck_assert_str_eq(send_as(romeo, "<presence type='subscribe' to='" JULIET "'/>", FATES),
                     "store to " JULIET " by sub.in.subscribe.none as mine\n");
    ck_assert_has(facts(ROMEO), JULIET " none, asked");
    ck_assert_has(facts(JULIET), "1 stored");
    send_as(romeo, "<presence type='subscribe' to='" JULIET "'/>", FATES);
    ck_assert_has(facts(JULIET), "2 stored");
}
END_TEST

START_TEST(requests_wait_as_long_as_there_is_room_for_messages) {
    knob("off.max", "1");
    send_as(romeo, "<presence type='subscribe' to='" JULIET "'/>", FATES);
    ck_assert_has(send_as(romeo, "<presence type='subscribe' to='" JULIET "'/>", FATES),
                  "bounce service-unavailable to " ROMEO " by off.quota");
    ck_assert_has(facts(JULIET), "1 stored");
}
END_TEST

START_TEST(an_answer_goes_to_the_resources_of_the_highest_priority) {
    const uint32_t phone = bind_as(JULIET "/phone"), tablet = bind_as(JULIET "/tablet");
    send_as(juliet, "<presence><priority>1</priority></presence>", FATES);
    send_as(phone, "<presence><priority>5</priority></presence>", FATES);
    send_as(tablet, "<presence><priority>5</priority></presence>", FATES);
    send_as(juliet, "<presence type='subscribe' to='" ROMEO "'/>", FATES);
    const char *became = send_as(romeo, "<presence type='subscribed' to='" JULIET "'/>", FATES);
    ck_assert_has(became, "deliver to " JULIET "/phone by sub.in.subscribed.none-out");
    ck_assert_has(became, "deliver to " JULIET "/tablet by sub.in.subscribed.none-out");
    ck_assert_lacks(became, "deliver to " JULIET "/balcony");
}
END_TEST

START_TEST(a_request_of_one_who_may_see_is_answered_at_once) {
    contact(JULIET, ROMEO, ROUTER_SUB_FROM);
    send_as(romeo, "<presence type='subscribe' to='" JULIET "'/>", FATES);
    ck_assert_has(facts(ROMEO), JULIET " to");
    ck_assert_lacks(facts(JULIET), "stored");
}
END_TEST

START_TEST(who_is_unsubscribed_from_confirms_it) {
    contact(JULIET, ROMEO, ROUTER_SUB_BOTH);
    contact(ROMEO, JULIET, ROUTER_SUB_BOTH);
    send_as(romeo, "<presence type='unsubscribe' to='" JULIET "'/>", FATES);
    ck_assert_has(facts(JULIET), ROMEO " to");
    ck_assert_has(facts(ROMEO), JULIET " from");
}
END_TEST

/* Whoever asked may be told so twice; the second time there is nothing left that it could change. */
START_TEST(an_answer_is_bogus_once_it_is_settled) {
    contact(ROMEO, JULIET, ROUTER_SUB_TO);
    ck_assert_str_eq(send_as(juliet, "<presence type='subscribed' to='" ROMEO "'/>", FATES),
                     "drop by sub.in.subscribed.to as mine\n");
    ck_assert_has(facts(ROMEO), JULIET " to");
}
END_TEST

Suite *router_loose_suite(void) {
    Suite *suite = suite_create("router_loose");
    TCase *tc = tcase_create("loose");
    tcase_add_checked_fixture(tc, use_loose, harness_teardown);
    tcase_add_test(tc, an_approval_that_nobody_asked_for_counts_at_home_and_is_bogus_elsewhere);
    tcase_add_test(tc, a_request_waits_with_the_messages_where_nobody_takes_it);
    tcase_add_test(tc, requests_wait_as_long_as_there_is_room_for_messages);
    tcase_add_test(tc, an_answer_goes_to_the_resources_of_the_highest_priority);
    tcase_add_test(tc, a_request_of_one_who_may_see_is_answered_at_once);
    tcase_add_test(tc, who_is_unsubscribed_from_confirms_it);
    tcase_add_test(tc, an_answer_is_bogus_once_it_is_settled);
    suite_add_tcase(suite, tc);
    return suite;
}
