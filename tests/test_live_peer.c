/* Tests of a peer on a server that the test plays: the streams that it accepts and its own, with dialback both ways
 * (XEP-0220), and where stanzas go. */
#include "live_peer_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *live_peer_suite(void);

#define MESSAGE(id, from, to) "<message id='" id "' from='" from "' to='" to "'><body>" id "</body></message>"
#define HEADER                                                                                                         \
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "                            \
    "xmlns:db='jabber:server:dialback'"
#define CAPULET "juliet@capulet.example/balcony"
#define ROMEO   "romeo@montague.example/orchard"

static const struct world_peer plain = {.domain = "capulet.example"};
static char key[200];

static bool has_arrived(const void *count) {
    return fake_heard[0].count >= *(const size_t *)count;
}

static void wait_for(size_t count) {
    fake_until(has_arrived, &count);
}

static bool has_ended(const void *count) {
    return fake_heard[0].endings >= *(const unsigned *)count;
}

static void wait_for_end(unsigned count) {
    fake_until(has_ended, &count);
}

static bool stands_between(const char *begin, const char *end, const char *text) {
    const char *found = strstr(begin, text);
    return found != NULL && found < end;
}

/* A peer whose own stream to montague.example is ready. */
static struct live_peer *ready_peer(int *line) {
    struct live_peer *peer = fake_peer(&plain);
    fake_send(peer, MESSAGE("first", CAPULET, ROMEO));
    *line = fake_stream_from("capulet.example", "montague.example", "s1", key, sizeof key);
    fake_valid(*line, "capulet.example", "montague.example");
    fake_hear(*line, MESSAGE("first", CAPULET, ROMEO));
    return peer;
}

/* ------------------------------------------------------------------------------------- streams that it accepts ---- */

START_TEST(a_stream_with_a_version_gets_header_and_features) {
    fake_peer(&plain);
    const int line = fake_dial("capulet.example");
    fake_say(line, HEADER " from='montague.example' to='capulet.example' version='1.0'>");
    FAKE_TAG(line, "stream:stream", "from='capulet.example'", "to='montague.example'", "version='1.0'", " id='");
    fake_hear(line, "<dialback xmlns='urn:xmpp:features:dialback'>");
    fake_hear(line, "</stream:features>");
}
END_TEST

START_TEST(a_stream_without_a_version_gets_no_features) {
    fake_peer(&plain);
    const int line = fake_dial("capulet.example");
    fake_say(line, HEADER ">");
    fake_hear(line, "<stream:stream ");
    const char *header = fake_unread(line);
    fake_hear(line, ">");
    ck_assert(stands_between(header, fake_unread(line), "from='capulet.example'"));
    ck_assert(stands_between(header, fake_unread(line), " id='"));
    ck_assert(!stands_between(header, fake_unread(line), "version"));
    fake_say(line, "<db:result from='montague.example' to='capulet.example'>key</db:result>");
    fake_hear(line, "<db:result ");
    ck_assert_ptr_null(strstr(fake_unread(line), "features"));
}
END_TEST

START_TEST(a_stream_to_another_domain_ends_with_host_unknown) {
    fake_peer(&plain);
    const int line = fake_dial("capulet.example");
    fake_say(line, HEADER " from='montague.example' to='mantua.example' version='1.0'>");
    fake_hear(line, "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
    fake_hear(line, "</stream:stream>");
}
END_TEST

START_TEST(two_streams_have_different_ids) {
    char ids[2][200];
    fake_peer(&plain);
    for (size_t i = 0; i < 2; i++) {
        const int line = fake_dial("capulet.example");
        fake_say(line, HEADER " to='capulet.example'>");
        fake_hear(line, " id='");
        const char *id = fake_unread(line);
        snprintf(ids[i], sizeof ids[i], "%.*s", (int)strcspn(id, "'"), id);
    }
    ck_assert_uint_gt(strlen(ids[0]), 8);
    ck_assert_str_ne(ids[0], ids[1]);
}
END_TEST

START_TEST(stanzas_arrive_as_they_came) {
    static const char stanza[] =
        "<message  to=\"juliet@capulet.example\" from='romeo@montague.example/a&amp;b'><body>a&lt;"
        "<!-- b -->c</body ></message>";
    static const char all[] =
        "<message  to=\"juliet@capulet.example\" from='romeo@montague.example/a&amp;b'><body>a&lt;"
        "<!-- b -->c</body ></message><presence from='a@montague.example'/><iq type='result'/>";
    fake_peer(&plain);
    const int line = fake_stream_to("montague.example", "capulet.example");
    for (const char *at = stanza; *at != '\0'; at++) {
        fake_say(line, (const char[]){*at, '\0'});
    }
    fake_say(line, " \n<presence from='a@montague.example'/> <iq type='result'/>");
    wait_for(3);
    ck_assert_str_eq(fake_heard[0].text, all);
}
END_TEST

START_TEST(what_is_no_stanza_does_not_arrive) {
    fake_peer(&plain);
    const int line = fake_stream_to("montague.example", "capulet.example");
    fake_say(line, "<x xmlns='a'/><message xmlns='b'/><presence/>");
    wait_for(1);
    ck_assert_str_eq(fake_heard[0].text, "<presence/>");
}
END_TEST

START_TEST(a_stanza_before_dialback_ends_the_stream) {
    fake_peer(&plain);
    const int line = fake_dial("capulet.example");
    fake_say(line, HEADER " from='montague.example' to='capulet.example'>" MESSAGE("m", ROMEO, CAPULET));
    fake_hear(line, "<not-authorized ");
    ck_assert_uint_eq(fake_heard[0].count, 0);
}
END_TEST

START_TEST(a_result_for_another_domain_is_an_error) {
    fake_peer(&plain);
    const int line = fake_dial("capulet.example");
    fake_say(line, HEADER "><db:result from='montague.example' to='mantua.example'>key</db:result>");
    FAKE_TAG(line, "db:result", "type='error'", "from='mantua.example'", "to='montague.example'");
    fake_hear(line, "<item-not-found ");
}
END_TEST

START_TEST(a_stream_is_closed_when_the_other_side_closes_it) {
    fake_peer(&plain);
    const int line = fake_stream_to("montague.example", "capulet.example");
    fake_say(line, "</stream:stream>");
    fake_hear(line, "</stream:stream>");
    fake_hear_end(line);
    ck_assert_uint_eq(fake_heard[0].endings, 0);
}
END_TEST

/* What the target must not do is why the case fails. */
static void expect_failure(const char *text) {
    while (fake_works()) {
        live_pause();
    }
    ck_assert_msg(strstr(fake_error.text, text) != NULL, "%s", fake_error.text);
    ck_assert_msg(strncmp(fake_error.text, "fake: ", 6) == 0, "%s", fake_error.text);
}

START_TEST(ill_formed_xml_of_the_target_is_a_failure) {
    fake_peer(&plain);
    fake_say(fake_stream_to("montague.example", "capulet.example"), "<message></presence>");
    expect_failure("not well-formed");
}
END_TEST

START_TEST(a_document_type_of_the_target_is_a_failure) {
    fake_peer(&plain);
    fake_say(fake_dial("capulet.example"), "<!DOCTYPE a [<!ENTITY b 'c'>]>" HEADER ">");
    expect_failure("document type");
}
END_TEST

START_TEST(an_element_of_the_target_that_never_ends_is_a_failure) {
    static char piece[4097];
    fake_peer(&plain);
    const int line = fake_stream_to("montague.example", "capulet.example");
    memset(piece, 'a', sizeof piece - 1);
    fake_say(line, "<message><body>");
    for (size_t i = 0; fake_works(); i++) {
        ck_assert_uint_lt(i, 300);
        fake_say(line, piece);
    }
    expect_failure("too large");
}
END_TEST

static void say_nested(int line, size_t depth) {
    struct live_text text = {0};
    for (size_t i = 0; i < 2 * depth; i++) {
        live_text_format(&text, i < depth ? "<a>" : "</a>");
    }
    fake_say(line, text.data);
    live_text_free(&text);
}

/* 4096 elements may be open, the stream itself among them. */
START_TEST(elements_of_the_target_may_be_nested_deep_but_not_deeper) {
    fake_peer(&plain);
    const int line = fake_stream_to("montague.example", "capulet.example");
    say_nested(line, 4095);
    fake_say(line, "<presence/>");
    wait_for(1);
    say_nested(line, 4096);
    expect_failure("nested too deep");
}
END_TEST

/* ----------------------------------------------------------------------------------------------- the authority ---- */

/* The answer to a question for a key, on a stream of the target. */
static const char *verdict(int line, const char *from, const char *to, const char *id, const char *text) {
    char question[600];
    snprintf(question, sizeof question, "<db:verify from='%s' to='%s' id='%s'>%s</db:verify>", from, to, id, text);
    fake_say(line, question);
    fake_hear(line, "<db:verify ");
    fake_hear(line, " type='");
    return strncmp(fake_unread(line), "valid'", 6) == 0 ? "valid" : "invalid";
}

START_TEST(a_key_is_valid_for_its_own_stream_and_domains_alone) {
    char longer[300];
    fake_peer(&plain);
    const int line = fake_stream_to("montague.example", "capulet.example");
    const int own = fake_stream_from("capulet.example", "montague.example", "s1", key, sizeof key);
    ck_assert_uint_gt(strlen(key), 16);
    ck_assert_str_eq(verdict(line, "montague.example", "capulet.example", "s1", key), "valid");
    snprintf(longer, sizeof longer, "%s<more xmlns='x'>1</more>", key);
    ck_assert_str_eq(verdict(line, "montague.example", "capulet.example", "s1", longer), "valid");
    ck_assert_str_eq(verdict(line, "montague.example", "capulet.example", "s2", key), "invalid");
    ck_assert_str_eq(verdict(line, "verona.example", "capulet.example", "s1", key), "invalid");
    ck_assert_str_eq(verdict(line, "montague.example", "mantua.example", "s1", key), "invalid");
    key[0] = key[0] == 'a' ? 'b' : 'a';
    ck_assert_str_eq(verdict(line, "montague.example", "capulet.example", "s1", key), "invalid");
    ck_assert_str_eq(verdict(line, "montague.example", "capulet.example", "s1", ""), "invalid");
    fake_valid(own, "capulet.example", "montague.example");
}
END_TEST

START_TEST(an_answer_names_the_question) {
    fake_peer(&plain);
    const int line = fake_dial("capulet.example");
    fake_say(line, HEADER "><db:verify from='montague.example' to='capulet.example' id='a&amp;b'>1</db:verify>");
    FAKE_TAG(line, "db:verify", "from='capulet.example'", "to='montague.example'", "id='a&amp;b'", "type='invalid'");
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- its own ---- */

START_TEST(a_stanza_waits_for_dialback_and_goes_out_as_it_is) {
    static const char stanza[] =
        "<message to=\"" ROMEO "\"  from='" CAPULET "'><body>&amp;<![CDATA[<]]></body></message>";
    struct live_peer *peer = fake_peer(&plain);
    fake_send(peer, stanza);
    const int line = fake_stream_from("capulet.example", "montague.example", "s1", key, sizeof key);
    const int other = fake_dial("capulet.example");
    fake_say(other, HEADER ">");
    ck_assert_str_eq(verdict(other, "montague.example", "capulet.example", "s1", key), "valid");
    ck_assert_ptr_null(strstr(fake_unread(line), "<message"));
    fake_valid(line, "capulet.example", "montague.example");
    fake_hear(line, stanza);
}
END_TEST

START_TEST(a_server_that_names_no_version_is_asked_at_once) {
    fake_send(fake_peer(&plain), MESSAGE("m", CAPULET, ROMEO));
    const int line = fake_accept();
    fake_hear(line, "<stream:stream ");
    fake_say(line, HEADER " id='s1'>");
    FAKE_TAG(line, "db:result", "from='capulet.example'", "to='montague.example'");
}
END_TEST

START_TEST(stanzas_for_two_domains_go_on_two_streams) {
    struct live_peer *peer = fake_peer(&plain);
    fake_send(peer, MESSAGE("m", CAPULET, ROMEO) " " MESSAGE("v", CAPULET, "escalus@VERONA.example"));
    const int first = fake_stream_from("capulet.example", "montague.example", "s1", key, sizeof key);
    const int second = fake_stream_from("capulet.example", "verona.example", "s2", key, sizeof key);
    fake_valid(second, "capulet.example", "verona.example");
    fake_valid(first, "capulet.example", "montague.example");
    fake_hear(first, MESSAGE("m", CAPULET, ROMEO));
    fake_hear(second, MESSAGE("v", CAPULET, "escalus@VERONA.example"));
    ck_assert_ptr_null(strstr(fake_unread(first), "'v'"));
}
END_TEST

static const char *const also[] = {"rooms.capulet.example", "mantua.example"};
static const struct world_peer wide = {.domain = "capulet.example", .also = also, .also_count = 2};
#define ROOM  "garden@rooms.capulet.example/nurse"
#define PARIS "paris@mantua.example"

START_TEST(further_domains_ask_on_the_same_stream_one_after_the_other) {
    struct live_peer *peer = fake_peer(&wide);
    fake_send(peer, MESSAGE("m", CAPULET, ROMEO) MESSAGE("r", ROOM, ROMEO));
    const int line = fake_stream_from("capulet.example", "montague.example", "s1", key, sizeof key);
    ck_assert_ptr_null(strstr(fake_unread(line), "<db:result"));
    fake_valid(line, "capulet.example", "montague.example");
    fake_hear(line, MESSAGE("m", CAPULET, ROMEO));
    FAKE_TAG(line, "db:result", "from='rooms.capulet.example'", "to='montague.example'");
    fake_send(peer, MESSAGE("p", PARIS, ROMEO));
    fake_hear(line, "</db:result>");
    ck_assert_str_eq(fake_unread(line), "");
    fake_valid(line, "rooms.capulet.example", "montague.example");
    fake_hear(line, MESSAGE("r", ROOM, ROMEO));
    FAKE_TAG(line, "db:result", "from='mantua.example'", "to='montague.example'");
    fake_valid(line, "mantua.example", "montague.example");
    fake_hear(line, MESSAGE("p", PARIS, ROMEO));
    ck_assert(!fake_comes());
}
END_TEST

START_TEST(a_further_domain_that_is_not_wanted_gets_a_stream_of_its_own) {
    struct live_peer *peer = fake_peer(&wide);
    fake_send(peer, MESSAGE("m", CAPULET, ROMEO) MESSAGE("r", ROOM, ROMEO));
    const int line = fake_stream_from("capulet.example", "montague.example", "s1", key, sizeof key);
    fake_valid(line, "capulet.example", "montague.example");
    FAKE_TAG(line, "db:result", "from='rooms.capulet.example'");
    fake_say(line, "<db:result from='montague.example' to='rooms.capulet.example' type='error'><error/></db:result>");
    const int other = fake_stream_from("rooms.capulet.example", "montague.example", "s2", key, sizeof key);
    fake_valid(other, "rooms.capulet.example", "montague.example");
    fake_hear(other, MESSAGE("r", ROOM, ROMEO));
}
END_TEST

START_TEST(what_fits_no_stream_follows_the_last_stanza) {
    int first;
    struct live_peer *peer = ready_peer(&first);
    fake_send(peer, MESSAGE("v", CAPULET, "escalus@verona.example"));
    const int line = fake_stream_from("capulet.example", "verona.example", "s2", key, sizeof key);
    fake_valid(line, "capulet.example", "verona.example");
    fake_hear(line, MESSAGE("v", CAPULET, "escalus@verona.example"));
    fake_send(peer, "<message from='tybalt@verona.example'/>");
    fake_hear(line, "<message from='tybalt@verona.example'/>");
    fake_send(peer, "<message from='' to=''/><foreign xmlns='x'/><message to='" ROMEO "'/>");
    fake_hear(line, "<message from='' to=''/><foreign xmlns='x'/><message to='" ROMEO "'/>");
    ck_assert(!fake_comes());
}
END_TEST

START_TEST(what_follows_nothing_goes_to_the_first_domain_that_is_served) {
    struct live_peer *peer = fake_peer(&plain);
    ck_assert(live_peer_serves(peer, "Verona.Example"));
    ck_assert(live_peer_serves(peer, "montague.example"));
    fake_send(peer, "<message to='nobody@padua.example' from='" CAPULET "'/>");
    const int line = fake_stream_from("capulet.example", "verona.example", "s1", key, sizeof key);
    fake_valid(line, "capulet.example", "verona.example");
    fake_hear(line, "<message to='nobody@padua.example' from='" CAPULET "'/>");
}
END_TEST

START_TEST(raw_octets_go_out_as_they_are) {
    int line;
    struct live_peer *peer = ready_peer(&line);
    fake_send_raw(peer, "<message><body></message> &foo; </x");
    fake_hear(line, "<message><body></message> &foo; </x");
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- endings ---- */

START_TEST(a_stream_error_of_the_target_is_told_by_its_condition) {
    int line;
    struct live_peer *peer = ready_peer(&line);
    fake_say(line, "<stream:error><invalid-from xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text "
                   "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>No</text></stream:error></stream:stream>");
    fake_hear(line, "</stream:stream>");
    fake_hear_end(line);
    wait_for_end(1);
    ck_assert_str_eq(fake_heard[0].ended, "invalid-from");
    fake_send(peer, MESSAGE("second", CAPULET, ROMEO));
    const int next = fake_stream_from("capulet.example", "montague.example", "s2", key, sizeof key);
    fake_valid(next, "capulet.example", "montague.example");
    fake_hear(next, MESSAGE("second", CAPULET, ROMEO));
}
END_TEST

START_TEST(a_stream_that_the_target_closes_is_told) {
    int line;
    ready_peer(&line);
    fake_say(line, "</stream:stream>");
    wait_for_end(1);
    ck_assert_str_eq(fake_heard[0].ended, "closed");
}
END_TEST

START_TEST(a_stream_that_breaks_is_told) {
    int line;
    ready_peer(&line);
    server_reset(line);
    wait_for_end(1);
    ck_assert_str_eq(fake_heard[0].ended, "lost");
}
END_TEST

static bool has_closed(const void *peer) {
    return !live_peer_ending(peer);
}

/* What waits is bounded: 16 MiB, and what the kernel holds besides. */
START_TEST(a_target_that_takes_nothing_loses_the_stream) {
    static char body[1 << 20];
    int line;
    struct live_peer *peer = ready_peer(&line);
    memset(body, 'a', sizeof body - 1);
    for (int i = 0; fake_heard[0].endings == 0; i++) {
        ck_assert_int_lt(i, 64);
        fake_send_raw(peer, body);
    }
    ck_assert_str_eq(fake_heard[0].ended, "lost");
}
END_TEST

START_TEST(all_streams_are_closed_in_order) {
    int own;
    struct live_peer *peer = ready_peer(&own);
    const int line = fake_stream_to("montague.example", "capulet.example");
    live_peer_end(peer, false, NULL);
    fake_say(line, MESSAGE("late", ROMEO, CAPULET));
    fake_hear(line, "</stream:stream>");
    fake_hear(own, "</stream:stream>");
    ck_assert(live_peer_ending(peer));
    fake_say(line, "</stream:stream>");
    fake_say(own, "</stream:stream>");
    fake_hear_end(line);
    fake_hear_end(own);
    ck_assert(!live_peer_ending(peer));
    ck_assert_uint_eq(fake_heard[0].count, 0);
    ck_assert_uint_eq(fake_heard[0].endings, 0);
}
END_TEST

START_TEST(all_streams_end_with_a_stream_error) {
    int own;
    struct live_peer *peer = ready_peer(&own);
    const int line = fake_stream_to("montague.example", "capulet.example");
    live_peer_end(peer, false, "system-shutdown");
    fake_hear(line, "<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
    fake_hear(own, "<system-shutdown ");
    fake_hear(own, "</stream:stream>");
}
END_TEST

START_TEST(all_streams_break) {
    int own;
    struct live_peer *peer = ready_peer(&own);
    const int line = fake_stream_to("montague.example", "capulet.example");
    live_peer_end(peer, true, NULL);
    fake_say(line, "<presence/>");
    fake_hear_end(line);
    fake_hear_end(own);
    ck_assert_ptr_null(strstr(fake_unread(line), "stream"));
    ck_assert(live_peer_ending(peer));
    fake_close(line);
    server_reset(own);
    fake_until(has_closed, peer);
    ck_assert_uint_eq(fake_heard[0].count, 0);
    ck_assert_uint_eq(fake_heard[0].endings, 0);
    (void)fake_stream_to("montague.example", "capulet.example");
}
END_TEST

/* ------------------------------------------------------------------------------------------- streams that fail ---- */

START_TEST(a_key_that_the_target_calls_invalid_is_a_failure) {
    fake_send(fake_peer(&plain), MESSAGE("m", CAPULET, ROMEO));
    const int line = fake_stream_from("capulet.example", "montague.example", "s1", key, sizeof key);
    fake_say(line, "<db:result from='montague.example' to='capulet.example' type='invalid'/>");
    expect_failure("from capulet.example to montague.example");
    ck_assert_ptr_nonnull(strstr(fake_error.text, "dialback"));
}
END_TEST

START_TEST(a_stream_error_instead_of_a_header_is_a_failure) {
    fake_send(fake_peer(&plain), MESSAGE("m", CAPULET, ROMEO));
    const int line = fake_accept();
    fake_say(line,
             HEADER " id='1' version='1.0'><stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
                    "</stream:error></stream:stream>");
    expect_failure("host-unknown");
    ck_assert_uint_eq(fake_heard[0].endings, 0);
}
END_TEST

START_TEST(no_answer_is_a_failure_that_names_the_step) {
    fake_server.seconds = 0;
    fake_send(fake_peer(&plain), MESSAGE("m", CAPULET, ROMEO));
    expect_failure("stream header: no answer");
}
END_TEST

START_TEST(a_port_that_refuses_is_a_failure) {
    const uint16_t port = live_free_port(&fake_error);
    fake_server.s2s_port = port;
    fake_send(fake_peer(&plain), MESSAGE("m", CAPULET, ROMEO));
    expect_failure("refused");
}
END_TEST

/* ----------------------------------------------------------------------------------------- two with one domain ---- */

START_TEST(of_two_connections_the_first_gets_what_comes) {
    struct live_peer *first = fake_peer(&plain);
    struct live_peer *second = fake_join(first);
    fake_send(second, MESSAGE("m", CAPULET, ROMEO));
    const int own = fake_stream_from("capulet.example", "montague.example", "s1", key, sizeof key);
    const int line = fake_stream_to("montague.example", "capulet.example");
    ck_assert_str_eq(verdict(line, "montague.example", "capulet.example", "s1", key), "valid");
    fake_valid(own, "capulet.example", "montague.example");
    fake_hear(own, MESSAGE("m", CAPULET, ROMEO));
    fake_say(line, "<presence/>");
    wait_for(1);
    ck_assert_uint_eq(fake_heard[1].count, 0);
    live_peer_end(second, false, NULL);
    fake_hear(own, "</stream:stream>");
    ck_assert(!live_peer_ending(first));
}
END_TEST

Suite *live_peer_suite(void) {
    Suite *suite = suite_create("live peer");
    TCase *accepts = tcase_create("accepts"), *own = tcase_create("own"), *ends = tcase_create("ends");
    tcase_add_checked_fixture(accepts, fake_begin, fake_end);
    tcase_add_checked_fixture(own, fake_begin, fake_end);
    tcase_add_checked_fixture(ends, fake_begin, fake_end);
    tcase_add_test(accepts, a_stream_with_a_version_gets_header_and_features);
    tcase_add_test(accepts, a_stream_without_a_version_gets_no_features);
    tcase_add_test(accepts, a_stream_to_another_domain_ends_with_host_unknown);
    tcase_add_test(accepts, two_streams_have_different_ids);
    tcase_add_test(accepts, stanzas_arrive_as_they_came);
    tcase_add_test(accepts, what_is_no_stanza_does_not_arrive);
    tcase_add_test(accepts, a_stanza_before_dialback_ends_the_stream);
    tcase_add_test(accepts, a_result_for_another_domain_is_an_error);
    tcase_add_test(accepts, a_stream_is_closed_when_the_other_side_closes_it);
    tcase_add_test(accepts, ill_formed_xml_of_the_target_is_a_failure);
    tcase_add_test(accepts, a_document_type_of_the_target_is_a_failure);
    tcase_add_test(accepts, an_element_of_the_target_that_never_ends_is_a_failure);
    tcase_add_test(accepts, elements_of_the_target_may_be_nested_deep_but_not_deeper);
    tcase_add_test(accepts, a_key_is_valid_for_its_own_stream_and_domains_alone);
    tcase_add_test(accepts, an_answer_names_the_question);
    suite_add_tcase(suite, accepts);
    tcase_add_test(own, a_stanza_waits_for_dialback_and_goes_out_as_it_is);
    tcase_add_test(own, a_server_that_names_no_version_is_asked_at_once);
    tcase_add_test(own, stanzas_for_two_domains_go_on_two_streams);
    tcase_add_test(own, further_domains_ask_on_the_same_stream_one_after_the_other);
    tcase_add_test(own, a_further_domain_that_is_not_wanted_gets_a_stream_of_its_own);
    tcase_add_test(own, what_fits_no_stream_follows_the_last_stanza);
    tcase_add_test(own, what_follows_nothing_goes_to_the_first_domain_that_is_served);
    tcase_add_test(own, raw_octets_go_out_as_they_are);
    suite_add_tcase(suite, own);
    tcase_add_test(ends, a_stream_error_of_the_target_is_told_by_its_condition);
    tcase_add_test(ends, a_stream_that_the_target_closes_is_told);
    tcase_add_test(ends, a_stream_that_breaks_is_told);
    tcase_add_test(ends, a_target_that_takes_nothing_loses_the_stream);
    tcase_add_test(ends, all_streams_are_closed_in_order);
    tcase_add_test(ends, all_streams_end_with_a_stream_error);
    tcase_add_test(ends, all_streams_break);
    tcase_add_test(ends, a_key_that_the_target_calls_invalid_is_a_failure);
    tcase_add_test(ends, a_stream_error_instead_of_a_header_is_a_failure);
    tcase_add_test(ends, no_answer_is_a_failure_that_names_the_step);
    tcase_add_test(ends, a_port_that_refuses_is_a_failure);
    tcase_add_test(ends, of_two_connections_the_first_gets_what_comes);
    suite_add_tcase(suite, ends);
    return suite;
}
