/* Tests of what can be wrong with a peer from the beginning, and of what goes wrong later. */
#include "live_peer_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *live_peer_faults_suite(void);

#define MESSAGE "<message id='m' from='juliet@capulet.example' to='romeo@montague.example'/>"
#define HEADER                                                                                                         \
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "                            \
    "xmlns:db='jabber:server:dialback' from='montague.example' to='capulet.example' version='1.0'>"
#define ASK "<db:result from='montague.example' to='capulet.example'>key</db:result>"

static const char *const also[] = {"mantua.example"};
static char key[200];

static struct live_peer *troubled(struct world_peer config) {
    config.domain = "capulet.example";
    return fake_peer(&config);
}

static bool has_arrived(const void *count) {
    return fake_heard[0].count >= *(const size_t *)count;
}

static void wait_for(size_t count) {
    fake_until(has_arrived, &count);
}

/* ---------------------------------------------------------------------------------------------------- troubles ---- */

START_TEST(a_name_can_be_unknown_or_get_no_answer) {
    troubled((struct world_peer){.dns = WORLD_FAILS, .also = also, .also_count = 1});
    ck_assert_int_eq(fake_knock("capulet.example"), 'n');
    ck_assert_int_eq(fake_knock("mantua.example"), 'n');
    fake_end();
    fake_begin();
    troubled((struct world_peer){.dns = WORLD_SILENT});
    ck_assert_int_eq(fake_knock("capulet.example"), 's');
}
END_TEST

START_TEST(a_name_is_forgotten_with_its_peer) {
    const struct live_peer_events none = {0};
    const struct world_peer config = {.domain = "padua.example"};
    struct live_peer *peer = live_peer_new(&fake_server, &config, &none, &fake_error);
    ck_assert_int_eq(fake_knock("padua.example"), 'o');
    live_peer_free(peer);
    ck_assert_int_eq(fake_knock("padua.example"), 'n');
}
END_TEST

START_TEST(a_connection_can_be_refused_or_get_no_answer) {
    troubled((struct world_peer){.connect = WORLD_FAILS});
    ck_assert_int_eq(fake_knock("capulet.example"), 'r');
    fake_end();
    fake_begin();
    troubled((struct world_peer){.connect = WORLD_SILENT});
    ck_assert_int_eq(fake_knock("capulet.example"), 'w');
    ck_assert_int_eq(fake_knock("capulet.example"), 'w');
}
END_TEST

START_TEST(a_stream_can_end_with_any_error) {
    troubled((struct world_peer){.stream = WORLD_FAILS, .stream_error = "host-gone"});
    int line = fake_dial("capulet.example");
    fake_say(line, HEADER);
    FAKE_TAG(line, "stream:stream", "from='capulet.example'");
    fake_hear(line,
              "<stream:error><host-gone xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
    fake_end();
    fake_begin();
    troubled((struct world_peer){.stream = WORLD_FAILS});
    line = fake_dial("capulet.example");
    fake_say(line, HEADER);
    fake_hear(line, "<undefined-condition ");
}
END_TEST

START_TEST(a_stream_can_get_no_answer_whatever_is_said) {
    static const struct world_peer other = {.domain = "mantua.example"};
    troubled((struct world_peer){.stream = WORLD_SILENT});
    const int line = fake_dial("capulet.example");
    fake_say(line, HEADER ASK "<message from='montague.example' to='capulet.example'/>");
    fake_say(line, "<?xml version='1.0'?>" HEADER "</stream:stream>");
    fake_peer(&other);
    (void)fake_stream_to("montague.example", "mantua.example");
    ck_assert_str_eq(fake_unread(line), "");
    ck_assert(!fake_is_over(line));
    ck_assert_uint_eq(fake_heard[0].count, 0);
}
END_TEST

static void expect_result(enum world_trouble trouble, const char *type, const char *condition) {
    troubled((struct world_peer){.dialback = trouble});
    const int line = fake_dial("capulet.example");
    fake_say(line, HEADER ASK);
    FAKE_TAG(line, "db:result", "from='capulet.example'", "to='montague.example'", type);
    if (condition != NULL) {
        fake_hear(line, condition);
    }
}

START_TEST(dialback_can_say_invalid) {
    expect_result(WORLD_INVALID, "type='invalid'", NULL);
}
END_TEST

START_TEST(dialback_can_say_that_there_was_an_error) {
    expect_result(WORLD_FAILS, "type='error'", "<error type='wait'><remote-server-timeout ");
}
END_TEST

START_TEST(dialback_can_say_nothing) {
    troubled((struct world_peer){.dialback = WORLD_SILENT});
    const int line = fake_dial("capulet.example");
    fake_say(line, HEADER ASK "<db:verify from='montague.example' to='capulet.example' id='1'>0</db:verify>");
    fake_hear(line, "</stream:features>");
    fake_hear(line, "<db:");
    ck_assert_int_eq(strncmp(fake_unread(line), "verify ", 7), 0);
}
END_TEST

START_TEST(what_cannot_be_made_from_outside_is_said) {
    const struct world_peer untrusted = {.domain = "capulet.example", .auth = WORLD_FAILS};
    const struct world_peer plain = {.domain = "capulet.example"}, other = {.domain = "zürich.example"};
    const struct world_peer nameless = {.domain = "capulet.example", .dns = WORLD_SILENT};
    const struct live_peer_events none = {0};
    ck_assert_ptr_nonnull(live_peer_cannot(&fake_server, &untrusted));
    ck_assert_ptr_nonnull(live_peer_cannot(&fake_server, &other));
    ck_assert_ptr_null(live_peer_cannot(&fake_server, &plain));
    ck_assert_ptr_null(live_peer_cannot(&fake_server, &nameless));
    ck_assert_ptr_null(live_peer_new(&fake_server, &untrusted, &none, &fake_error));
    ck_assert_ptr_nonnull(strstr(fake_error.text, "certificate"));
    const struct live_server elsewhere = {.s2s_port = 5269};
    ck_assert_ptr_nonnull(live_peer_cannot(&elsewhere, &plain));
}
END_TEST

/* ----------------------------------------------------------------------------- sending from where none reaches ---- */

/* Up to where dialback is over, and the target's stream is not closed yet: what the peer sends still waits. */
static void open_window(struct world_peer config, int *own_stream, int *target_stream) {
    struct live_peer *peer = troubled(config);
    fake_send(peer, MESSAGE);
    const int own = *own_stream = fake_stream_from("capulet.example", "montague.example", "s1", key, sizeof key);
    const int line = *target_stream = fake_stream_to("montague.example", "capulet.example");
    char question[300];
    snprintf(question, sizeof question,
             "<message id='queued'/><db:verify from='montague.example' to='capulet.example' id='s1'>%s</db:verify>",
             key);
    fake_say(line, question);
    FAKE_TAG(line, "db:verify", "type='valid'");
    fake_valid(own, "capulet.example", "montague.example");
    fake_hear(line, "</stream:stream>");
    ck_assert_ptr_null(strstr(fake_unread(own), "<message"));
}

/* While dialback takes place all is well; then the target's streams are closed, and only then the stanza goes out. */
static void expect_window(struct world_peer config, char later) {
    int own, line;
    open_window(config, &own, &line);
    fake_say(line, "</stream:stream>");
    fake_hear(own, MESSAGE);
    ck_assert_int_eq(fake_knock("capulet.example"), later);
    ck_assert_uint_eq(fake_heard[0].count, 0);
}

START_TEST(a_peer_without_a_name_can_send) {
    expect_window((struct world_peer){.dns = WORLD_FAILS}, 'n');
}
END_TEST

START_TEST(a_peer_that_refuses_connections_can_send) {
    expect_window((struct world_peer){.connect = WORLD_FAILS}, 'r');
}
END_TEST

START_TEST(a_peer_that_ends_streams_can_send) {
    expect_window((struct world_peer){.stream = WORLD_FAILS}, 'o');
    const int line = fake_dial("capulet.example");
    fake_say(line, HEADER);
    fake_hear(line, "<undefined-condition ");
}
END_TEST

START_TEST(a_peer_that_does_not_believe_can_send) {
    expect_window((struct world_peer){.dialback = WORLD_INVALID}, 'o');
    const int line = fake_dial("capulet.example");
    fake_say(line, HEADER ASK);
    FAKE_TAG(line, "db:result", "type='invalid'");
}
END_TEST

START_TEST(what_was_never_written_is_not_lost_without_a_word) {
    int own, line;
    open_window((struct world_peer){.dns = WORLD_FAILS}, &own, &line);
    fake_say(own, "</stream:stream>");
    while (fake_works()) {
        live_pause();
    }
    ck_assert_ptr_nonnull(strstr(fake_error.text, "before what the script sends was written: it ends the stream: closed"));
}
END_TEST

START_TEST(jabberd2_gives_no_sign_of_what_such_a_peer_sent) {
    fake_server.kind = &live_jabberd2;
    struct live_peer *peer = troubled((struct world_peer){.connect = WORLD_FAILS});
    ck_assert_ptr_nonnull(live_peer_mute(peer));
    ck_assert(!live_peer_send(peer, false, MESSAGE, strlen(MESSAGE), &fake_error));
    ck_assert_ptr_nonnull(strstr(fake_error.text, "jabberd2"));
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ faults ---- */

/* A peer with a stream of its own and one of the target's. */
static struct live_peer *open_peer(int *own, int *line) {
    struct live_peer *peer = troubled((struct world_peer){.also = also, .also_count = 1});
    fake_send(peer, MESSAGE);
    *own = fake_stream_from("capulet.example", "montague.example", "s1", key, sizeof key);
    fake_valid(*own, "capulet.example", "montague.example");
    fake_hear(*own, MESSAGE);
    *line = fake_stream_to("montague.example", "capulet.example");
    return peer;
}

START_TEST(a_peer_that_crashes_breaks_its_streams_and_refuses_new_ones) {
    int own, line;
    struct live_peer *peer = open_peer(&own, &line);
    fake_fault(peer, LIVE_PEER_CRASH, NULL);
    fake_hear_end(own);
    fake_hear_end(line);
    ck_assert_str_eq(fake_unread(own), "");
    ck_assert(!live_peer_ending(peer));
    ck_assert_int_eq(fake_knock("capulet.example"), 'r');
    fake_fault(peer, LIVE_PEER_START, NULL);
    line = fake_stream_to("montague.example", "capulet.example");
    fake_say(line, "<presence/>");
    wait_for(1);
}
END_TEST

START_TEST(a_cut_breaks_streams_and_leaves_attempts_without_an_answer) {
    int own, line;
    struct live_peer *peer = open_peer(&own, &line);
    fake_fault(peer, LIVE_PEER_CUT, NULL);
    fake_hear_end(own);
    fake_hear_end(line);
    ck_assert_int_eq(fake_knock("capulet.example"), 'w');
    fake_fault(peer, LIVE_PEER_HEAL, NULL);
    (void)fake_stream_to("montague.example", "capulet.example");
}
END_TEST

START_TEST(a_stall_keeps_what_comes_until_it_is_over) {
    int own, line;
    struct live_peer *peer = open_peer(&own, &line);
    fake_fault(peer, LIVE_PEER_STALL_IN, NULL);
    fake_say(line, "<presence id='1'/>");
    fake_send(peer, "<message from='juliet@capulet.example' to='montague.example' id='out'/>");
    fake_hear(own, "id='out'");
    ck_assert_uint_eq(fake_heard[0].count, 0);
    fake_say(line, "<presence id='2'/>");
    fake_fault(peer, LIVE_PEER_HEAL, NULL);
    wait_for(2);
    ck_assert_str_eq(fake_heard[0].text, "<presence id='1'/><presence id='2'/>");
}
END_TEST

START_TEST(a_stall_keeps_what_goes_out_until_it_is_over) {
    int own, line;
    struct live_peer *peer = open_peer(&own, &line);
    fake_fault(peer, LIVE_PEER_STALL_OUT, NULL);
    fake_send(peer, "<message from='juliet@capulet.example' to='montague.example' id='out'/>");
    fake_say(line, "<presence id='1'/>");
    wait_for(1);
    ck_assert_str_eq(fake_unread(own), "");
    fake_fault(peer, LIVE_PEER_HEAL, NULL);
    fake_hear(own, "id='out'");
}
END_TEST

START_TEST(a_name_is_lost_and_found) {
    int own, line;
    struct live_peer *peer = open_peer(&own, &line);
    fake_fault(peer, LIVE_PEER_LOSE, "Capulet.example");
    ck_assert_int_eq(fake_knock("capulet.example"), 'n');
    ck_assert_int_eq(fake_knock("mantua.example"), 'o');
    fake_say(line, "<presence/>");
    wait_for(1);
    fake_fault(peer, LIVE_PEER_FIND, "capulet.example");
    ck_assert_int_eq(fake_knock("capulet.example"), 'o');
    ck_assert(!live_peer_fault(peer, LIVE_PEER_LOSE, "padua.example", &fake_error));
}
END_TEST

START_TEST(without_its_name_a_peer_opens_no_stream) {
    int own, line;
    struct live_peer *peer = open_peer(&own, &line);
    fake_fault(peer, LIVE_PEER_LOSE, "capulet.example");
    live_peer_end(peer, true, NULL);
    fake_send(peer, "<message from='juliet@capulet.example' to='montague.example' id='lost'/>");
    fake_fault(peer, LIVE_PEER_FIND, "capulet.example");
    fake_send(peer, MESSAGE);
    own = fake_stream_from("capulet.example", "montague.example", "s2", key, sizeof key);
    fake_valid(own, "capulet.example", "montague.example");
    fake_hear(own, "<message ");
    ck_assert_int_eq(strncmp(fake_unread(own), "id='m'", 6), 0);
}
END_TEST

START_TEST(jabberd2_goes_on_finding_names) {
    int own, line;
    struct live_peer *peer = open_peer(&own, &line);
    ck_assert_ptr_null(live_peer_fault_cannot(peer, LIVE_PEER_LOSE));
    fake_server.kind = &live_jabberd2;
    ck_assert_ptr_nonnull(live_peer_fault_cannot(peer, LIVE_PEER_LOSE));
    ck_assert_ptr_null(live_peer_fault_cannot(peer, LIVE_PEER_CRASH));
}
END_TEST

Suite *live_peer_faults_suite(void) {
    Suite *suite = suite_create("live peer faults");
    TCase *troubles = tcase_create("troubles"), *faults = tcase_create("faults");
    tcase_add_checked_fixture(troubles, fake_begin, fake_end);
    tcase_add_checked_fixture(faults, fake_begin, fake_end);
    tcase_add_test(troubles, a_name_can_be_unknown_or_get_no_answer);
    tcase_add_test(troubles, a_name_is_forgotten_with_its_peer);
    tcase_add_test(troubles, a_connection_can_be_refused_or_get_no_answer);
    tcase_add_test(troubles, a_stream_can_end_with_any_error);
    tcase_add_test(troubles, a_stream_can_get_no_answer_whatever_is_said);
    tcase_add_test(troubles, dialback_can_say_invalid);
    tcase_add_test(troubles, dialback_can_say_that_there_was_an_error);
    tcase_add_test(troubles, dialback_can_say_nothing);
    tcase_add_test(troubles, what_cannot_be_made_from_outside_is_said);
    tcase_add_test(troubles, a_peer_without_a_name_can_send);
    tcase_add_test(troubles, a_peer_that_refuses_connections_can_send);
    tcase_add_test(troubles, a_peer_that_ends_streams_can_send);
    tcase_add_test(troubles, a_peer_that_does_not_believe_can_send);
    tcase_add_test(troubles, what_was_never_written_is_not_lost_without_a_word);
    tcase_add_test(troubles, jabberd2_gives_no_sign_of_what_such_a_peer_sent);
    suite_add_tcase(suite, troubles);
    tcase_add_test(faults, a_peer_that_crashes_breaks_its_streams_and_refuses_new_ones);
    tcase_add_test(faults, a_cut_breaks_streams_and_leaves_attempts_without_an_answer);
    tcase_add_test(faults, a_stall_keeps_what_comes_until_it_is_over);
    tcase_add_test(faults, a_stall_keeps_what_goes_out_until_it_is_over);
    tcase_add_test(faults, a_name_is_lost_and_found);
    tcase_add_test(faults, without_its_name_a_peer_opens_no_stream);
    tcase_add_test(faults, jabberd2_goes_on_finding_names);
    suite_add_tcase(suite, faults);
    return suite;
}
