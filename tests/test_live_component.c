/* Tests of a component (XEP-0114) on a server that the test plays. */
#include "live_peer_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *live_component_suite(void);

#define HEADER                                                                                                         \
    "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' "                  \
    "from='rooms.montague.example' id='a'>"
#define MESSAGE "<message id='m' from='garden@rooms.montague.example/nurse' to='romeo@montague.example'/>"

static struct live_component *component;

static void begin(void) {
    fake_begin();
    component = fake_component("rooms.montague.example");
}

static bool is_connected(const void *nothing) {
    (void)nothing;
    return live_component_connected(component);
}

static bool is_marked(const void *nothing) {
    (void)nothing;
    return live_component_marked(component);
}

static bool has_arrived(const void *count) {
    return fake_heard[0].count >= *(const size_t *)count;
}

static void wait_for(size_t count) {
    fake_until(has_arrived, &count);
}

static bool has_ended(const void *nothing) {
    (void)nothing;
    return fake_heard[0].endings > 0;
}

static void wait_for_end(const char *why) {
    fake_until(has_ended, NULL);
    ck_assert_str_eq(fake_heard[0].ended, why);
    ck_assert(!live_component_connected(component));
}

static void send_text(const char *text) {
    ck_assert_msg(live_component_send(component, text, strlen(text), &fake_error), "%s", fake_error.text);
}

static int begin_stream(void) {
    ck_assert_msg(live_component_connect(component, &fake_error), "%s", fake_error.text);
    const int line = fake_accept();
    FAKE_TAG(line, "stream:stream", "to='rooms.montague.example'", "xmlns='jabber:component:accept'");
    fake_say(line, HEADER);
    return line;
}

static int connect_component(void) {
    const int line = begin_stream();
    fake_hear(line, "</handshake>");
    fake_say(line, "<handshake/>");
    fake_until(is_connected, NULL);
    return line;
}

/* The id is "a" and the secret "bc": the digest is that of "abc", an example of RFC 3174. */
START_TEST(the_handshake_is_the_digest_of_id_and_secret) {
    const int line = begin_stream();
    fake_hear(line, "<handshake>a9993e364706816aba3e25717850c26c9cd0d89d</handshake>");
    ck_assert(!live_component_connected(component));
    fake_say(line, "<handshake/>");
    fake_until(is_connected, NULL);
}
END_TEST

START_TEST(stanzas_pass_as_they_are) {
    static const char stanza[] =
        "<message to=\"garden@rooms.montague.example\"  from='romeo@montague.example'><body>&lt;</body></message>";
    const int line = connect_component();
    send_text(MESSAGE "<presence/>");
    fake_hear(line, MESSAGE "<presence/>");
    fake_say(line, stanza);
    wait_for(1);
    ck_assert_str_eq(fake_heard[0].text, stanza);
}
END_TEST

START_TEST(a_component_that_is_not_connected_cannot_send) {
    ck_assert(!live_component_send(component, MESSAGE, strlen(MESSAGE), &fake_error));
    ck_assert_str_eq(fake_error.text, "fake: component rooms.montague.example: it is not connected");
}
END_TEST

START_TEST(a_refusal_is_told_by_its_condition) {
    const int line = begin_stream();
    fake_say(
        line,
        "<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
    wait_for_end("not-authorized");
}
END_TEST

START_TEST(an_end_is_told_by_its_condition) {
    const int line = connect_component();
    fake_say(line,
             "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
    wait_for_end("conflict");
    fake_heard[0].endings = 0;
    fake_close(connect_component());
    wait_for_end("lost");
    (void)connect_component();
}
END_TEST

START_TEST(it_leaves_in_order) {
    const int line = connect_component();
    live_component_end(component, false, NULL);
    ck_assert(!live_component_connected(component));
    fake_hear(line, "</stream:stream>");
    ck_assert(live_component_ending(component));
    fake_say(line, "<message/></stream:stream>");
    fake_hear_end(line);
    ck_assert(!live_component_ending(component));
    ck_assert_uint_eq(fake_heard[0].count, 0);
    ck_assert_uint_eq(fake_heard[0].endings, 0);
    (void)connect_component();
}
END_TEST

START_TEST(it_breaks_its_stream_or_ends_it_with_an_error) {
    const int line = connect_component();
    live_component_end(component, true, NULL);
    fake_hear_end(line);
    ck_assert_str_eq(fake_unread(line), "");
    ck_assert(live_component_ending(component));
    const int next = connect_component();
    live_component_end(component, false, "system-shutdown");
    fake_hear(
        next,
        "<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- marks ---- */

static void mark(void) {
    ck_assert_msg(live_component_marker(component, "montague.example", &fake_error), "%s", fake_error.text);
}

START_TEST(a_ping_follows_what_was_sent_and_its_answer_is_not_shown) {
    const int line = connect_component();
    send_text(MESSAGE);
    mark();
    ck_assert(!live_component_marked(component));
    fake_hear(line, MESSAGE);
    FAKE_TAG(line, "iq", "type='get'", "from='rooms.montague.example'", "to='montague.example'", "id='" LIVE_MARK "1'");
    fake_say(line, "<presence/><iq type='result' from='montague.example' id='" LIVE_MARK "1'/>");
    fake_until(is_marked, NULL);
    ck_assert_str_eq(fake_heard[0].text, "<presence/>");
}
END_TEST

START_TEST(a_ping_of_the_harness_is_answered_and_not_shown) {
    const int line = connect_component();
    fake_say(line, "<iq type='get' from='romeo@montague.example/o' to='rooms.montague.example' id='" LIVE_MARK
                   "9'/><presence/>");
    FAKE_TAG(line, "iq", "type='result'", "from='rooms.montague.example'", "to='romeo@montague.example/o'",
             "id='" LIVE_MARK "9'");
    wait_for(1);
    ck_assert_str_eq(fake_heard[0].text, "<presence/>");
}
END_TEST

START_TEST(what_is_ill_formed_is_worked_on_when_the_stream_has_ended) {
    const int line = connect_component();
    send_text("<message></presence>");
    mark();
    ck_assert(!live_component_marked(component));
    fake_say(
        line,
        "<stream:error><not-well-formed xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
    fake_until(is_marked, NULL);
    ck_assert_ptr_null(strstr(fake_unread(line), LIVE_MARK));
}
END_TEST

START_TEST(in_the_middle_of_an_element_there_is_nothing_to_wait_for) {
    const int line = connect_component();
    send_text("<message><bo");
    mark();
    ck_assert(live_component_marked(component));
    send_text("dy/></message>");
    mark();
    fake_hear(line, "<message><body/></message><iq ");
    ck_assert(!live_component_marked(component));
}
END_TEST

START_TEST(an_answer_of_an_earlier_stream_is_none) {
    int line = connect_component();
    mark();
    fake_hear(line, LIVE_MARK "1'");
    live_component_end(component, true, NULL);
    ck_assert(live_component_marked(component));
    line = connect_component();
    mark();
    fake_say(line, "<iq type='result' id='" LIVE_MARK "1'/><presence/>");
    wait_for(1);
    ck_assert(!live_component_marked(component));
    fake_say(line, "<iq type='result' id='" LIVE_MARK "2'/>");
    fake_until(is_marked, NULL);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- failures ---- */

static void expect_failure(const char *text) {
    while (fake_works()) {
        live_pause();
    }
    ck_assert_msg(strstr(fake_error.text, text) != NULL, "%s", fake_error.text);
    ck_assert_ptr_null(strstr(fake_error.text, "bc"));
}

START_TEST(ill_formed_xml_of_the_server_is_a_failure) {
    fake_say(connect_component(), "<message></presence>");
    expect_failure("fake: component rooms.montague.example at 127.0.0.1:");
}
END_TEST

START_TEST(no_answer_is_a_failure) {
    fake_server.seconds = 0;
    ck_assert(live_component_connect(component, &fake_error));
    expect_failure("no answer");
}
END_TEST

START_TEST(a_port_that_refuses_is_a_failure) {
    fake_server.component_port = live_free_port(&fake_error);
    ck_assert(live_component_connect(component, &fake_error));
    expect_failure("refused");
}
END_TEST

START_TEST(a_server_without_a_port_for_components_has_none) {
    const struct live_peer_events none = {0};
    fake_server.component_port = 0;
    ck_assert_ptr_null(live_component_new(&fake_server, "rooms.montague.example", &none, &fake_error));
    ck_assert_ptr_nonnull(strstr(fake_error.text, "no port for components"));
}
END_TEST

START_TEST(what_jabberd2_asks_for_itself_is_not_shown) {
    fake_server.kind = &live_jabberd2;
    const int line = connect_component();
    fake_say(line, "<iq type='get' from='sm' to='rooms.montague.example' id='1'/>"
                   "<iq type='get' from='montague.example' to='rooms.montague.example' id='2'/>");
    wait_for(1);
    ck_assert_str_eq(fake_heard[0].text, "<iq type='get' from='montague.example' to='rooms.montague.example' id='2'/>");
}
END_TEST

Suite *live_component_suite(void) {
    Suite *suite = suite_create("live component");
    TCase *stream = tcase_create("stream"), *marks = tcase_create("marks"), *failures = tcase_create("failures");
    tcase_add_checked_fixture(stream, begin, fake_end);
    tcase_add_checked_fixture(marks, begin, fake_end);
    tcase_add_checked_fixture(failures, begin, fake_end);
    tcase_add_test(stream, the_handshake_is_the_digest_of_id_and_secret);
    tcase_add_test(stream, stanzas_pass_as_they_are);
    tcase_add_test(stream, a_component_that_is_not_connected_cannot_send);
    tcase_add_test(stream, a_refusal_is_told_by_its_condition);
    tcase_add_test(stream, an_end_is_told_by_its_condition);
    tcase_add_test(stream, it_leaves_in_order);
    tcase_add_test(stream, it_breaks_its_stream_or_ends_it_with_an_error);
    suite_add_tcase(suite, stream);
    tcase_add_test(marks, a_ping_follows_what_was_sent_and_its_answer_is_not_shown);
    tcase_add_test(marks, a_ping_of_the_harness_is_answered_and_not_shown);
    tcase_add_test(marks, what_is_ill_formed_is_worked_on_when_the_stream_has_ended);
    tcase_add_test(marks, in_the_middle_of_an_element_there_is_nothing_to_wait_for);
    tcase_add_test(marks, an_answer_of_an_earlier_stream_is_none);
    suite_add_tcase(suite, marks);
    tcase_add_test(failures, ill_formed_xml_of_the_server_is_a_failure);
    tcase_add_test(failures, no_answer_is_a_failure);
    tcase_add_test(failures, a_port_that_refuses_is_a_failure);
    tcase_add_test(failures, a_server_without_a_port_for_components_has_none);
    tcase_add_test(failures, what_jabberd2_asks_for_itself_is_not_shown);
    suite_add_tcase(suite, failures);
    return suite;
}
