/* Tests of a peer's barriers: pings that scripts never see, on a server that the test plays. */
#include "live_peer_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *live_peer_marks_suite(void);

#define MESSAGE(id) "<message id='" id "' from='juliet@capulet.example' to='romeo@montague.example'/>"

static const char *const also[] = {"mantua.example"};
static const struct world_peer plain = {.domain = "capulet.example"};
static const struct world_peer wide = {.domain = "capulet.example", .also = also, .also_count = 1};
static struct live_peer *peer;
static int own, line; /* the peer's stream, and the target's */

/* A peer with streams in both directions. */
static void begin(void) {
    char key[200];
    fake_begin();
    peer = fake_peer(&plain);
    fake_send(peer, MESSAGE("first"));
    own = fake_stream_from("capulet.example", "montague.example", "s1", key, sizeof key);
    fake_valid(own, "capulet.example", "montague.example");
    fake_hear(own, MESSAGE("first"));
    line = fake_stream_to("montague.example", "capulet.example");
}

static bool is_marked(const void *nothing) {
    (void)nothing;
    return live_peer_marked(peer);
}

static bool has_arrived(const void *count) {
    return fake_heard[0].count >= *(const size_t *)count;
}

static void wait_for(size_t count) {
    fake_until(has_arrived, &count);
}

/* The next ping on a stream of the peer. */
static void hear_ping(int stream, const char *from, char *id, size_t size) {
    char wants[100];
    snprintf(wants, sizeof wants, "from='%s'", from);
    FAKE_TAG(stream, "iq", "type='get'", wants, "to='montague.example'", "id='" LIVE_MARK);
    const char *at = fake_unread(stream);
    while (strncmp(at, " id='", 5) != 0) {
        at--;
    }
    snprintf(id, size, "%.*s", (int)strcspn(at + 5, "'"), at + 5);
    fake_hear(stream, "<ping xmlns='urn:xmpp:ping'/></iq>");
}

static void answer_ping(int stream, const char *to, const char *id) {
    char text[300];
    snprintf(text, sizeof text, "<iq type='result' from='montague.example' to='%s' id='%s'/>", to, id);
    fake_say(stream, text);
}

START_TEST(a_ping_follows_what_was_sent_and_its_answer_is_not_shown) {
    char id[64];
    fake_send(peer, MESSAGE("second"));
    fake_mark(peer, "montague.example");
    ck_assert(!live_peer_marked(peer));
    fake_hear(own, MESSAGE("second"));
    hear_ping(own, "capulet.example", id, sizeof id);
    fake_say(line, "<presence id='before'/>");
    wait_for(1);
    ck_assert(!live_peer_marked(peer));
    answer_ping(line, "capulet.example", id);
    fake_until(is_marked, NULL);
    ck_assert_str_eq(fake_heard[0].text, "<presence id='before'/>");
}
END_TEST

START_TEST(an_error_is_an_answer_too) {
    char id[64], text[300];
    fake_mark(peer, "montague.example");
    hear_ping(own, "capulet.example", id, sizeof id);
    snprintf(text, sizeof text, "<iq type='error' from='montague.example' id='%s'><error/></iq><presence/>", id);
    fake_say(line, text);
    fake_until(is_marked, NULL);
    wait_for(1);
    ck_assert_str_eq(fake_heard[0].text, "<presence/>");
}
END_TEST

START_TEST(each_mark_waits_for_its_own_answer) {
    char ids[2][64];
    fake_mark(peer, "montague.example");
    hear_ping(own, "capulet.example", ids[0], sizeof ids[0]);
    fake_mark(peer, "montague.example");
    hear_ping(own, "capulet.example", ids[1], sizeof ids[1]);
    answer_ping(line, "capulet.example", ids[1]);
    answer_ping(line, "capulet.example", ids[1]);
    fake_say(line, "<presence/>");
    wait_for(1);
    ck_assert(!live_peer_marked(peer));
    answer_ping(line, "capulet.example", ids[0]);
    fake_until(is_marked, NULL);
}
END_TEST

START_TEST(each_domain_of_the_peer_pings) {
    char key[200], ids[2][64];
    struct live_peer *second;
    live_peer_end(peer, true, NULL);
    second = fake_peer(&wide);
    fake_mark(second, "montague.example");
    const int stream = fake_stream_from("capulet.example", "montague.example", "s2", key, sizeof key);
    fake_valid(stream, "capulet.example", "montague.example");
    hear_ping(stream, "capulet.example", ids[0], sizeof ids[0]);
    FAKE_TAG(stream, "db:result", "from='mantua.example'");
    fake_valid(stream, "mantua.example", "montague.example");
    hear_ping(stream, "mantua.example", ids[1], sizeof ids[1]);
    ck_assert(!live_peer_marked(second));
}
END_TEST

START_TEST(a_ping_of_the_harness_is_answered_and_not_shown) {
    fake_say(line, "<iq type='get' from='romeo@montague.example/o&amp;r' to='capulet.example' id='" LIVE_MARK
                   "7'><ping xmlns='urn:xmpp:ping'/></iq>"
                   "<iq type='get' from='romeo@montague.example' to='capulet.example' id='q'/>");
    FAKE_TAG(own, "iq", "type='result'", "from='capulet.example'", "to='romeo@montague.example/o&amp;r'",
             "id='" LIVE_MARK "7'");
    wait_for(1);
    ck_assert_str_eq(fake_heard[0].text, "<iq type='get' from='romeo@montague.example' to='capulet.example' id='q'/>");
}
END_TEST

/* ejabberd takes the two names for different ones, and no stanza from the second on the first one's stream. */
START_TEST(an_answer_comes_from_the_domain_that_was_verified) {
    static const char *const written[] = {"capulet.example.", "Capulet.EXAMPLE", "juliet@capulet.example./balcony"};
    char text[300];
    snprintf(text, sizeof text, "<iq type='get' from='romeo@montague.example/o' to='%s' id='" LIVE_MARK "7'/>",
             written[_i]);
    fake_say(line, text);
    FAKE_TAG(own, "iq", "type='result'", "from='capulet.example'", "to='romeo@montague.example/o'",
             "id='" LIVE_MARK "7'");
}
END_TEST

/* A ping from a domain to which the script never sends, and the peer's stream on which its answer goes. */
static int answer_to_verona(void) {
    char key[200];
    const int other = fake_stream_to("verona.example", "capulet.example");
    const int back = fake_stream_from("capulet.example", "verona.example", "s2", key, sizeof key);
    fake_valid(back, "capulet.example", "verona.example");
    fake_say(other, "<iq type='get' from='verona.example' to='capulet.example' id='" LIVE_MARK "1'/>");
    FAKE_TAG(back, "iq", "type='result'", "to='verona.example'");
    return back;
}

START_TEST(whoever_can_send_to_the_peer_gets_answers) {
    (void)answer_to_verona();
}
END_TEST

START_TEST(a_stream_for_marks_alone_ends_unseen) {
    const int back = answer_to_verona();
    fake_say(back, "</stream:stream>");
    fake_hear_end(back);
    ck_assert_uint_eq(fake_heard[0].endings, 0);
}
END_TEST

/* -------------------------------------------------------------------------------------------------- raw octets ---- */

START_TEST(in_the_middle_of_an_element_the_ping_goes_on_another_stream) {
    char key[200], id[64];
    fake_send_raw(peer, "<message><bo");
    fake_mark(peer, "montague.example");
    const int aside = fake_stream_from("capulet.example", "montague.example", "s2", key, sizeof key);
    fake_valid(aside, "capulet.example", "montague.example");
    hear_ping(aside, "capulet.example", id, sizeof id);
    answer_ping(line, "capulet.example", id);
    fake_until(is_marked, NULL);
    fake_send_raw(peer, "dy/></message>");
    fake_hear(own, "<message><body/></message>");
    fake_mark(peer, "montague.example");
    hear_ping(own, "capulet.example", id, sizeof id);
}
END_TEST

START_TEST(nothing_but_pings_goes_on_that_other_stream) {
    char key[200];
    live_peer_end(peer, true, NULL);
    struct live_peer *second = fake_peer(&wide);
    fake_send(second, MESSAGE("first"));
    const int stream = fake_stream_from("capulet.example", "montague.example", "s2", key, sizeof key);
    fake_valid(stream, "capulet.example", "montague.example");
    fake_send_raw(second, "<message><bo");
    fake_mark(second, "montague.example");
    (void)fake_stream_from("capulet.example", "montague.example", "s3", key, sizeof key);
    (void)fake_stream_from("mantua.example", "montague.example", "s4", key, sizeof key);
}
END_TEST

START_TEST(whole_elements_sent_raw_are_followed_by_the_ping) {
    char id[64];
    fake_send_raw(peer, "<message/><x:y/>");
    fake_mark(peer, "montague.example");
    fake_hear(own, "<message/><x:y/>");
    hear_ping(own, "capulet.example", id, sizeof id);
}
END_TEST

static void expect_ping_after_end(void) {
    char key[200], id[64];
    fake_mark(peer, "montague.example");
    ck_assert(!live_peer_marked(peer));
    fake_say(
        own,
        "<stream:error><not-well-formed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
    const int next = fake_stream_from("capulet.example", "montague.example", "s2", key, sizeof key);
    fake_valid(next, "capulet.example", "montague.example");
    hear_ping(next, "capulet.example", id, sizeof id);
    ck_assert_str_eq(fake_heard[0].ended, "not-well-formed");
    answer_ping(line, "capulet.example", id);
    fake_until(is_marked, NULL);
}

START_TEST(what_is_ill_formed_is_worked_on_when_the_stream_has_ended) {
    fake_send_raw(peer, "<message></presence>");
    expect_ping_after_end();
    ck_assert_ptr_null(strstr(fake_unread(own), LIVE_MARK));
}
END_TEST

START_TEST(an_end_tag_is_worked_on_when_the_stream_has_ended) {
    fake_send_raw(peer, "</stream:stream>");
    expect_ping_after_end();
}
END_TEST

START_TEST(a_ping_whose_stream_ends_is_sent_on_the_next_one) {
    fake_send(peer, "<message from='tybalt@verona.example'/>");
    expect_ping_after_end();
}
END_TEST

START_TEST(a_target_that_ends_every_stream_is_a_failure) {
    char key[200];
    fake_mark(peer, "montague.example");
    for (int stream = own, n = 0; fake_works(); n++) {
        ck_assert_int_lt(n, 10);
        server_reset(stream);
        while (fake_works() && !fake_comes()) {
            live_pause();
        }
        if (fake_comes()) {
            stream = fake_stream_from("capulet.example", "montague.example", "s2", key, sizeof key);
            fake_valid(stream, "capulet.example", "montague.example");
            FAKE_TAG(stream, "iq", "type='get'");
        }
    }
    ck_assert_ptr_nonnull(strstr(fake_error.text, "ends every stream"));
}
END_TEST

/* --------------------------------------------------------------------------------------- where none comes back ---- */

START_TEST(nothing_is_waited_for_from_a_peer_that_is_down) {
    fake_fault(peer, LIVE_PEER_CRASH, NULL);
    fake_mark(peer, "montague.example");
    ck_assert(live_peer_marked(peer));
}
END_TEST

START_TEST(an_end_takes_its_marks_with_it) {
    fake_mark(peer, "montague.example");
    live_peer_end(peer, false, NULL);
    ck_assert(live_peer_marked(peer));
}
END_TEST

START_TEST(a_name_that_is_lost_stops_no_stream) {
    char id[64];
    fake_fault(peer, LIVE_PEER_LOSE, "capulet.example");
    fake_mark(peer, "montague.example");
    hear_ping(own, "capulet.example", id, sizeof id);
    answer_ping(line, "capulet.example", id);
    fake_until(is_marked, NULL);
}
END_TEST

/* Without a stream of the target there is no way for the answer, but on the peer's own. */
START_TEST(without_a_way_back_dialback_is_asked_something) {
    fake_fault(peer, LIVE_PEER_LOSE, "capulet.example");
    fake_say(line, "</stream:stream>");
    fake_hear_end(line);
    fake_mark(peer, "montague.example");
    ck_assert(!live_peer_marked(peer));
    FAKE_TAG(own, "db:verify", "from='capulet.example'", "to='montague.example'", "id='" LIVE_MARK);
    const char *at = fake_unread(own);
    while (strncmp(at, " id='", 5) != 0) {
        at--;
    }
    char text[300];
    snprintf(text, sizeof text, "<db:verify from='montague.example' to='capulet.example' type='invalid' id='%.*s'/>",
             (int)strcspn(at + 5, "'"), at + 5);
    fake_say(own, text);
    fake_until(is_marked, NULL);
}
END_TEST

START_TEST(a_second_connections_answer_reaches_the_first) {
    char key[200], id[64];
    struct live_peer *second = fake_join(peer);
    fake_mark(second, "montague.example");
    const int stream = fake_stream_from("capulet.example", "montague.example", "s2", key, sizeof key);
    fake_valid(stream, "capulet.example", "montague.example");
    hear_ping(stream, "capulet.example", id, sizeof id);
    ck_assert(!live_peer_marked(second));
    answer_ping(line, "capulet.example", id);
    peer = second;
    fake_until(is_marked, NULL);
}
END_TEST

/* A server that could not reach the peer a moment ago may drop what it has for it for a while. */
START_TEST(a_peer_that_was_away_asks_until_there_is_an_answer) {
    char key[200], id[64], again[64];
    fake_fault(peer, LIVE_PEER_CRASH, NULL);
    fake_fault(peer, LIVE_PEER_START, NULL);
    fake_mark(peer, "montague.example");
    const int stream = fake_stream_from("capulet.example", "montague.example", "s2", key, sizeof key);
    fake_valid(stream, "capulet.example", "montague.example");
    hear_ping(stream, "capulet.example", id, sizeof id);
    hear_ping(stream, "capulet.example", again, sizeof again);
    ck_assert_str_eq(id, again);
    answer_ping(fake_stream_to("montague.example", "capulet.example"), "capulet.example", id);
    fake_until(is_marked, NULL);
}
END_TEST

Suite *live_peer_marks_suite(void) {
    Suite *suite = suite_create("live peer marks");
    TCase *marks = tcase_create("marks"), *raw = tcase_create("raw"), *away = tcase_create("away");
    tcase_add_checked_fixture(marks, begin, fake_end);
    tcase_add_checked_fixture(raw, begin, fake_end);
    tcase_add_checked_fixture(away, begin, fake_end);
    tcase_add_test(marks, a_ping_follows_what_was_sent_and_its_answer_is_not_shown);
    tcase_add_test(marks, an_error_is_an_answer_too);
    tcase_add_test(marks, each_mark_waits_for_its_own_answer);
    tcase_add_test(marks, each_domain_of_the_peer_pings);
    tcase_add_test(marks, a_ping_of_the_harness_is_answered_and_not_shown);
    tcase_add_loop_test(marks, an_answer_comes_from_the_domain_that_was_verified, 0, 3);
    tcase_add_test(marks, whoever_can_send_to_the_peer_gets_answers);
    tcase_add_test(marks, a_stream_for_marks_alone_ends_unseen);
    suite_add_tcase(suite, marks);
    tcase_add_test(raw, in_the_middle_of_an_element_the_ping_goes_on_another_stream);
    tcase_add_test(raw, nothing_but_pings_goes_on_that_other_stream);
    tcase_add_test(raw, whole_elements_sent_raw_are_followed_by_the_ping);
    tcase_add_test(raw, what_is_ill_formed_is_worked_on_when_the_stream_has_ended);
    tcase_add_test(raw, an_end_tag_is_worked_on_when_the_stream_has_ended);
    tcase_add_test(raw, a_ping_whose_stream_ends_is_sent_on_the_next_one);
    tcase_add_test(raw, a_target_that_ends_every_stream_is_a_failure);
    suite_add_tcase(suite, raw);
    tcase_add_test(away, nothing_is_waited_for_from_a_peer_that_is_down);
    tcase_add_test(away, an_end_takes_its_marks_with_it);
    tcase_add_test(away, a_name_that_is_lost_stops_no_stream);
    tcase_add_test(away, without_a_way_back_dialback_is_asked_something);
    tcase_add_test(away, a_second_connections_answer_reaches_the_first);
    tcase_add_test(away, a_peer_that_was_away_asks_until_there_is_an_answer);
    suite_add_tcase(suite, away);
    return suite;
}
