/* Tests of what a playing tells of itself: who takes part, who sends what to whom, which rule sent it, and what was lost. */
#include "drill_harness.h"
#include "fake_venue.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *story_suite(void);

static void setup(void) {
    drill_setup_case();
    options.story = true;
}

static void setup_real(void) {
    drill_setup_fake_case();
    options.story = true;
    options.profile = "rfc6121";
}

#define NORTH_SOUTH                                                                                                    \
    "# Test\n"                                                                                                         \
    "[Server] north\n"                                                                                                 \
    "\thosts: montague.example\n"                                                                                      \
    "[Server] south\n"                                                                                                 \
    "\thosts: capulet.example, verona.example\n"
#define ROMEO                                                                                                          \
    "[Client] Romeo\n"                                                                                                 \
    "\tjid: romeo@montague.example/orchard\n"
#define JULIET                                                                                                         \
    "[Client] Juliet\n"                                                                                                \
    "\tjid: juliet@capulet.example/balcony\n"
#define TWO_SERVERS                                                                                                    \
    NORTH_SOUTH ROMEO JULIET "---\n"                                                                                   \
                             "Romeo connects\n"                                                                        \
                             "Juliet connects\n"
#define GETS_M1                                                                                                        \
    "Juliet receives:\n"                                                                                               \
    "\t<message id='m1'/>\n"

/* ----------------------------------------------------------------------------------------------------- asking ---- */

/* The n-th event of a kind, from 0; NULL: there are not so many. */
static const struct drill_event *nth(enum drill_event_kind kind, size_t n) {
    ck_assert_ptr_nonnull(result.story);
    for (size_t i = 0; i < result.story->event_count; i++) {
        if (result.story->events[i].kind == kind && n-- == 0) {
            return &result.story->events[i];
        }
    }
    return NULL;
}

static size_t count(enum drill_event_kind kind) {
    size_t n = 0;
    while (nth(kind, n) != NULL) {
        n++;
    }
    return n;
}

static const char *lane(int index) {
    ck_assert_int_lt(index, (int)result.story->lane_count);
    return index < 0 ? "-" : result.story->lanes[index].name;
}

static const char *rule_id(int rule) {
    size_t rules;
    const struct router_rule *catalogue = router_rules(&rules);
    return rule < 0 ? "none" : catalogue[rule].id;
}

/* The n-th event of a kind is this one. rule: NULL: none. returns it. */
static const struct drill_event *told(enum drill_event_kind kind, size_t n, const char *from, const char *to,
                                      const char *label, const char *rule) {
    const struct drill_event *event = nth(kind, n);
    ck_assert_msg(event != NULL, "there is no event %zu of kind %d", n, (int)kind);
    ck_assert_str_eq(lane(event->from), from);
    ck_assert_str_eq(lane(event->to), to);
    ck_assert_str_eq(event->label, label);
    const int wanted = rule == NULL ? -1 : router_rule_find(rule);
    ck_assert_msg(rule == NULL || wanted >= 0, "no rule %s", rule);
    ck_assert_msg(event->rule == wanted, "%s of %s by %s", label, from, rule_id(event->rule));
    return event;
}

static void lanes_are(const char *const *names) {
    ck_assert_ptr_nonnull(result.story);
    for (size_t i = 0; i < result.story->lane_count; i++) {
        ck_assert_ptr_nonnull(names[i]);
        ck_assert_str_eq(lane((int)i), names[i]);
    }
    ck_assert_ptr_null(names[result.story->lane_count]);
}

/* ------------------------------------------------------------------------------------------------------ lanes ---- */

START_TEST(nobody_pays_for_a_story_that_he_has_not_asked_for) {
    options.story = false;
    passes(BOTH_CONNECT CHAT GETS_M1);
    ck_assert_ptr_null(result.story);
}
END_TEST

START_TEST(the_one_server_stands_between_its_first_client_and_the_others) {
    passes(BOTH_CONNECT CHAT GETS_M1);
    lanes_are((const char *const[]){"Romeo", "montague.example", "Juliet", NULL});
    ck_assert_int_eq(result.story->lanes[0].kind, DRILL_LANE_CLIENT);
    ck_assert_str_eq(result.story->lanes[0].address, "romeo@montague.example/orchard");
    ck_assert_int_eq(result.story->lanes[1].kind, DRILL_LANE_SERVER);
    ck_assert_str_eq(result.story->lanes[1].address, "montague.example capulet.example");
}
END_TEST

START_TEST(each_server_stands_beside_its_own_client) {
    passes(TWO_SERVERS CHAT GETS_M1);
    lanes_are((const char *const[]){"Romeo", "north", "south", "Juliet", NULL});
    ck_assert_str_eq(result.story->lanes[2].address, "capulet.example verona.example");
}
END_TEST

START_TEST(a_server_without_clients_stands_at_the_end) {
    passes(NORTH_SOUTH ROMEO "[Account] nurse@capulet.example\n---\nRomeo connects\nRomeo receives: nothing\n");
    lanes_are((const char *const[]){"Romeo", "north", "south", NULL});
}
END_TEST

START_TEST(peers_and_components_have_lanes) {
    passes("# Test\n" ROMEO "[Component] rooms.montague.example\n"
           "[Peer] Away\n"
           "\tdomain: capulet.example\n"
           "---\n"
           "Romeo connects\n"
           "rooms.montague.example connects\n"
           "Away sends:\n"
           "\t<message id='m1' type='chat' from='juliet@capulet.example/a' to=\"${Romeo's full JID}\"/>\n"
           "Romeo receives:\n"
           "\t<message id='m1'/>\n"
           "Romeo sends:\n"
           "\t<message id='m2' to='hall@rooms.montague.example'/>\n"
           "\t<message id='m3' type='chat' to='juliet@capulet.example'/>\n"
           "rooms.montague.example receives:\n"
           "\t<message id='m2'/>\n"
           "Away receives:\n"
           "\t<message id='m3'/>\n");
    lanes_are((const char *const[]){"Romeo", "montague.example", "rooms.montague.example", "Away", NULL});
    ck_assert_int_eq(result.story->lanes[2].kind, DRILL_LANE_COMPONENT);
    ck_assert_int_eq(result.story->lanes[3].kind, DRILL_LANE_PEER);
    ck_assert_str_eq(result.story->lanes[3].address, "capulet.example");
    /* 70 ms until its stream is ready, and 10 ms for the way. */
    const struct drill_event *sent = told(DRILL_SENDS, 0, "Away", "montague.example", "m1 message/chat", NULL);
    ck_assert_uint_eq(sent->sent_us, 70000);
    ck_assert_uint_eq(sent->time_us, 80000);
    told(DRILL_ARRIVES, 0, "montague.example", "Romeo", "m1 message/chat", "msg.full.chat.match");
    told(DRILL_ARRIVES, 1, "montague.example", "rooms.montague.example", "m2 message/normal", "ext.comp.route");
    const struct drill_event *came = told(DRILL_ARRIVES, 2, "montague.example", "Away", "m3 message/chat", "s2s.route");
    ck_assert_uint_eq(came->sent_us, 150000);
    ck_assert_uint_eq(came->time_us, 160000);
    ck_assert_uint_eq(count(DRILL_CROSSES), 0);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- stanzas ---- */

START_TEST(a_message_is_told_from_its_sender_to_its_receiver) {
    passes(BOTH_CONNECT CHAT GETS_M1);
    const struct drill_event *sent = told(DRILL_SENDS, 0, "Romeo", "montague.example", "m1 message/chat", NULL);
    ck_assert_str_eq(sent->stanza_kind, "message/chat");
    ck_assert_str_eq(sent->stanza,
                     "<message id=\"m1\" to=\"juliet@capulet.example/balcony\" type=\"chat\"><body>Hi</body></message>");
    ck_assert_uint_eq(sent->line, 9);
    const struct drill_event *came =
        told(DRILL_ARRIVES, 0, "montague.example", "Juliet", "m1 message/chat", "msg.full.chat.match");
    ck_assert_str_eq(came->fate, "deliver");
    ck_assert_str_eq(came->stanza, "<message from=\"romeo@montague.example/orchard\" id=\"m1\" "
                                   "to=\"juliet@capulet.example/balcony\" type=\"chat\"><body>Hi</body></message>");
    ck_assert_uint_eq(came->line, 9);
    ck_assert_uint_eq(came->number, sent->number);
    const struct drill_event *fate = told(DRILL_FATE, 0, "montague.example", "Juliet", "m1 message/chat",
                                          "msg.full.chat.match");
    ck_assert(fate->shown);
    ck_assert_str_eq(fate->address, "juliet@capulet.example/balcony");
    ck_assert_uint_eq(count(DRILL_ARRIVES), 1);
}
END_TEST

START_TEST(what_stays_at_the_server_is_shown_by_nothing_else) {
    passes(BOTH_CONNECT "Romeo sends:\n"
                        "\t<message id='m1' type='chat' to='rosaline@capulet.example'/>\n"
                        "Juliet receives: nothing\n");
    const struct drill_event *fate =
        told(DRILL_FATE, 0, "montague.example", "-", "m1 message/chat", "msg.nouser.bare.chat");
    ck_assert_str_eq(fate->fate, "drop");
    ck_assert(!fate->shown);
    ck_assert_uint_eq(count(DRILL_ARRIVES), 0);
}
END_TEST

START_TEST(an_error_arrives_with_its_condition_and_rule) {
    passes(BOTH_CONNECT "Romeo sends:\n"
                        "\t<iq id='q1' type='get' to='rosaline@capulet.example'><query xmlns='urn:x'/></iq>\n"
                        "Romeo receives:\n"
                        "\t<iq id='q1' type='error'/>\n");
    const struct drill_event *came =
        told(DRILL_ARRIVES, 0, "montague.example", "Romeo", "q1 iq/error", "iq.nouser.request");
    ck_assert_str_eq(came->fate, "bounce");
    ck_assert_str_eq(came->condition, "service-unavailable");
}
END_TEST

START_TEST(an_id_that_is_no_word_gives_way_to_a_number) {
    passes(BOTH_CONNECT "Romeo sends:\n"
                        "\t<message id='two words' type='chat' to=\"${Juliet's full JID}\"/>\n"
                        "Juliet receives:\n"
                        "\t<message id='two words'/>\n");
    told(DRILL_SENDS, 0, "Romeo", "montague.example", "#1 message/chat", NULL);
    told(DRILL_ARRIVES, 0, "montague.example", "Juliet", "#1 message/chat", "msg.full.chat.match");
}
END_TEST

START_TEST(marks_name_the_rules_that_acted_on_the_way) {
    passes(BOTH_CONNECT CHAT GETS_M1);
    bool found = false;
    for (size_t i = 0; i < count(DRILL_MARK); i++) {
        found = found || nth(DRILL_MARK, i)->rule == router_rule_find("in.from.full");
    }
    ck_assert(found);
}
END_TEST

START_TEST(a_departure_is_named) {
    options.profile = "prosody";
    play_case(BOTH_CONNECT "Juliet sends:\n"
                           "\t<presence/>\n"
                           "Romeo sends:\n"
                           "\t<message id='m1' to='juliet@capulet.example/gone'/>\n"
                           "Juliet receives:\n"
                           "\t<presence/>\n"
                           "\t<message id='m1'/>\n",
              0);
    const struct drill_event *came =
        told(DRILL_ARRIVES, 0, "montague.example", "Juliet", "#1 presence/available", "pres.init.self");
    ck_assert_str_eq(came->departure, "prosody.reflection");
    ck_assert_ptr_null(nth(DRILL_ARRIVES, 1)->departure);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- time ---- */

START_TEST(a_client_with_a_latency_sends_before_its_server_reads) {
    passes("# Test\n" ROMEO "\tlatency: 50ms\n" JULIET "\tlatency: 20ms\n"
           "---\n"
           "Romeo connects\n"
           "Juliet connects\n"
           "time passes: 10ms\n" CHAT GETS_M1);
    const struct drill_event *sent = nth(DRILL_SENDS, 0), *came = nth(DRILL_ARRIVES, 0);
    ck_assert_uint_eq(sent->sent_us, 10000);
    ck_assert_uint_eq(sent->time_us, 60000);
    ck_assert_uint_eq(came->sent_us, 60000);
    ck_assert_uint_eq(came->time_us, 80000);
}
END_TEST

START_TEST(what_waits_for_a_stream_is_written_when_it_is_ready) {
    passes(TWO_SERVERS CHAT GETS_M1);
    const struct drill_event *crossed = told(DRILL_CROSSES, 0, "north", "south", "m1 message/chat", "s2s.route");
    ck_assert_uint_eq(crossed->sent_us, 70000);
    ck_assert_uint_eq(crossed->time_us, 80000);
    ck_assert_str_eq(crossed->fate, "route");
    told(DRILL_ARRIVES, 0, "south", "Juliet", "m1 message/chat", "msg.full.chat.match");
    told(DRILL_SENDS, 0, "Romeo", "north", "m1 message/chat", NULL);
    ck_assert_uint_eq(count(DRILL_SENDS), 1);
    ck_assert(nth(DRILL_FATE, 0)->shown);
}
END_TEST

/* What goes to the local contact in between does not wait. */
START_TEST(each_stanza_that_waits_has_the_rule_that_sent_it) {
    static const char *const kinds[] = {"presence/available", "presence/probe", "message/chat"};
    passes(NORTH_SOUTH ROMEO JULIET "[Account] romeo@montague.example\n"
                                    "\tcontact: juliet@capulet.example both\n"
                                    "\tcontact: nurse@montague.example both\n"
                                    "[Account] nurse@montague.example\n"
                                    "\tcontact: romeo@montague.example both\n"
                                    "[Account] juliet@capulet.example\n"
                                    "\tcontact: romeo@montague.example both\n"
                                    "---\n"
                                    "Romeo connects\n"
                                    "Juliet connects\n"
                                    "Romeo sends:\n"
                                    "\t<presence id='p1'/>\n" CHAT "Romeo receives:\n"
                                    "\t<presence id='p1'/>\n"
                                    "\t<presence type='unavailable'/>\n"
                                    "\t<presence type='unavailable'/>\n" GETS_M1);
    for (size_t n = 0; n < sizeof kinds / sizeof *kinds; n++) {
        const struct drill_event *crossed = nth(DRILL_CROSSES, n);
        ck_assert_ptr_nonnull(crossed);
        ck_assert_str_eq(crossed->stanza_kind, kinds[n]);
        ck_assert_str_eq(rule_id(crossed->rule), "s2s.route");
        ck_assert_str_eq(crossed->fate, "route");
    }
}
END_TEST

START_TEST(what_needs_not_wait_is_written_at_once) {
    passes(TWO_SERVERS CHAT GETS_M1 CHAT GETS_M1);
    const struct drill_event *crossed = nth(DRILL_CROSSES, 1);
    ck_assert_uint_eq(crossed->sent_us, 80000);
    ck_assert_uint_eq(crossed->time_us, 90000);
}
END_TEST

START_TEST(an_answer_crosses_back_by_the_rule_that_made_it) {
    passes(TWO_SERVERS "Romeo sends:\n"
                       "\t<iq id='q1' type='get' to='rosaline@capulet.example'><query xmlns='urn:x'/></iq>\n"
                       "Romeo receives:\n"
                       "\t<iq id='q1' type='error'/>\n");
    const struct drill_event *crossed = told(DRILL_CROSSES, 1, "south", "north", "q1 iq/error", "iq.nouser.request");
    ck_assert_str_eq(crossed->condition, "service-unavailable");
    told(DRILL_ARRIVES, 0, "north", "Romeo", "q1 iq/error", "iq.full.match.reply");
}
END_TEST

START_TEST(streams_are_told_step_by_step) {
    static const char *const labels[] = {"opens", "found", "connected", "started", "ready"};
    static const uint64_t times[] = {0, 10000, 30000, 50000, 70000};
    passes(TWO_SERVERS CHAT GETS_M1);
    for (size_t i = 0; i < 5; i++) {
        const struct drill_event *step = told(DRILL_STREAM, i, "north", "south", labels[i], NULL);
        ck_assert_uint_eq(step->time_us, times[i]);
        ck_assert_str_eq(step->address, "capulet.example");
    }
    ck_assert_uint_eq(count(DRILL_STREAM), 5);
}
END_TEST

START_TEST(a_stream_to_nobody_says_why_it_failed) {
    passes("# Test\n" ROMEO "---\n"
           "Romeo connects\n"
           "Romeo sends:\n"
           "\t<message id='m1' type='chat' to='friar@laurence.example'/>\n"
           "Romeo receives:\n"
           "\t<message id='m1' type='error'/>\n");
    const struct drill_event *failed =
        told(DRILL_STREAM, 1, "montague.example", "-", "failed: no such host", NULL);
    ck_assert_str_eq(failed->address, "laurence.example");
    told(DRILL_ARRIVES, 0, "montague.example", "Romeo", "m1 message/error", "s2s.fail.msg");
    ck_assert(!nth(DRILL_FATE, 0)->shown);
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- losses ---- */

START_TEST(what_a_cut_takes_is_lost_between_the_two) {
    passes(TWO_SERVERS CHAT "time passes: 75ms\n"
                            "network cuts north from south\n"
                            "time passes: 1s\n"
                            "Juliet receives: nothing\n");
    const struct drill_event *lost = told(DRILL_LOST, 0, "north", "south", "cut", "s2s.route");
    ck_assert_uint_eq(lost->sent_us, 70000);
    ck_assert_uint_eq(lost->time_us, 75000);
    ck_assert_uint_eq(lost->number, nth(DRILL_SENDS, 0)->number);
    ck_assert_str_eq(lost->stanza_kind, "message/chat");
    ck_assert(nth(DRILL_FATE, 0)->shown);
    told(DRILL_FAULT, 0, "-", "-", "network cuts north from south", NULL);
    ck_assert_uint_eq(count(DRILL_CROSSES), 0);
}
END_TEST

START_TEST(what_a_crash_takes_is_lost_with_its_server) {
    passes(TWO_SERVERS CHAT "time passes: 5ms\n"
                            "north crashes\n"
                            "time passes: 1s\n"
                            "Juliet receives: nothing\n");
    told(DRILL_LOST, 0, "north", "south", "crash", "s2s.route");
    told(DRILL_FAULT, 0, "north", "-", "north crashes", NULL);
    told(DRILL_SESSION, 2, "Romeo", "-", "ended crash", NULL);
}
END_TEST

START_TEST(what_a_client_leaves_behind_is_lost_on_its_way) {
    passes("# Test\n" ROMEO JULIET "\tlatency: 50ms\n"
           "---\n"
           "Romeo connects\n"
           "Juliet connects\n" CHAT "time passes: 20ms\n"
           "Juliet vanishes\n"
           "Romeo receives: nothing\n");
    told(DRILL_LOST, 0, "montague.example", "Juliet", "vanished", "msg.full.chat.match");
}
END_TEST

/* --------------------------------------------------------------------------------------------------- sessions ---- */

START_TEST(sessions_begin_and_end) {
    passes(BOTH_CONNECT "Juliet disconnects\n"
                        "Romeo receives: nothing\n");
    told(DRILL_SESSION, 0, "Romeo", "-", "bound romeo@montague.example/orchard", NULL);
    told(DRILL_SESSION, 1, "Juliet", "-", "bound juliet@capulet.example/balcony", NULL);
    told(DRILL_SESSION, 2, "Juliet", "-", "ended disconnects", NULL);
}
END_TEST

START_TEST(a_stream_that_its_server_ends_names_the_rule) {
    passes(BOTH_CONNECT "Romeo sends raw:\n"
                        "\t<message></wrong>\n"
                        "Juliet receives: nothing\n");
    const struct drill_event *ended =
        told(DRILL_SESSION, 2, "Romeo", "-", "ended not-well-formed", "in.xml.illformed");
    ck_assert_uint_eq(ended->line, 9);
    const struct drill_event *fate = nth(DRILL_FATE, 0);
    ck_assert_str_eq(fate->fate, "close");
    ck_assert(fate->shown);
}
END_TEST

START_TEST(who_is_not_let_in_is_told) {
    play_case("# Test\n"
              "[Server] verona\n"
              "\thosts: montague.example\n"
              "\tpolicy: bind.conflict=refuse\n" ROMEO "[Client] Double\n"
              "\tjid: romeo@montague.example/orchard\n"
              "---\n"
              "Romeo connects\n"
              "Double connects\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    told(DRILL_SESSION, 1, "Double", "-", "refused conflict", NULL);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ steps ---- */

START_TEST(each_action_is_a_step_with_its_line) {
    passes(BOTH_CONNECT CHAT "time passes: 90s\n" GETS_M1);
    static const char *const labels[] = {"Romeo connects", "Juliet connects", "Romeo sends", "time passes: 90s",
                                         "Juliet receives"};
    static const unsigned lines[] = {7, 8, 9, 11, 12};
    static const char *const who[] = {"Romeo", "Juliet", "Romeo", "-", "Juliet"};
    for (size_t i = 0; i < 5; i++) {
        const struct drill_event *step = told(DRILL_STEP, i, who[i], "-", labels[i], NULL);
        ck_assert_uint_eq(step->line, lines[i]);
        ck_assert_uint_eq(step->time_us, i < 4 ? 0 : 90000000);
    }
    ck_assert_uint_eq(count(DRILL_STEP), 5);
}
END_TEST

START_TEST(a_case_that_fails_is_told_up_to_its_end) {
    play_case(BOTH_CONNECT CHAT "Juliet receives:\n"
                                "\t<message id='m2'/>\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_FAIL);
    told(DRILL_ARRIVES, 0, "montague.example", "Juliet", "m1 message/chat", "msg.full.chat.match");
}
END_TEST

START_TEST(a_case_that_cannot_be_played_has_no_story) {
    play_case("# Test\n"
              "[Server] verona\n"
              "\thosts: montague.example\n"
              "\tpolicy: msg.nouser=nonsense\n" ROMEO "---\n"
              "Romeo connects\n",
              0);
    ck_assert_int_eq(result.verdict, DRILL_ERROR);
    ck_assert_ptr_null(result.story);
}
END_TEST

START_TEST(events_stand_in_the_order_of_time) {
    passes(TWO_SERVERS CHAT "time passes: 30ms\n" GETS_M1 "Juliet disconnects\n" CHAT "Romeo receives: nothing\n");
    for (size_t i = 1; i < result.story->event_count; i++) {
        const struct drill_event *before = &result.story->events[i - 1], *event = &result.story->events[i];
        ck_assert_uint_le(before->time_us, event->time_us);
        ck_assert_uint_le(event->sent_us, event->time_us);
    }
}
END_TEST

/* ----------------------------------------------------------------------------------------------- real servers ---- */

START_TEST(on_real_servers_nobody_knows_the_rule) {
    fake_answer(0, "m1", 1, "<message id='m1' from='romeo@montague.example/orchard'/>");
    passes(BOTH_CONNECT "Romeo sends:\n"
                        "\t<message id='m1' to=\"${Juliet's full JID}\"/>\n" GETS_M1);
    lanes_are((const char *const[]){"Romeo", "montague.example", "Juliet", NULL});
    told(DRILL_SENDS, 0, "Romeo", "montague.example", "m1 message/normal", NULL);
    const struct drill_event *came = told(DRILL_ARRIVES, 0, "montague.example", "Juliet", "m1 message/normal", NULL);
    ck_assert_ptr_null(came->fate);
    ck_assert_uint_eq(count(DRILL_FATE), 0);
    told(DRILL_SESSION, 0, "Romeo", "-", "bound romeo@montague.example/orchard", NULL);
}
END_TEST

Suite *story_suite(void) {
    Suite *suite = suite_create("story");
    TCase *tcase = tcase_create("simulation");
    tcase_add_checked_fixture(tcase, setup, drill_teardown_case);
    tcase_add_test(tcase, nobody_pays_for_a_story_that_he_has_not_asked_for);
    tcase_add_test(tcase, the_one_server_stands_between_its_first_client_and_the_others);
    tcase_add_test(tcase, each_server_stands_beside_its_own_client);
    tcase_add_test(tcase, a_server_without_clients_stands_at_the_end);
    tcase_add_test(tcase, peers_and_components_have_lanes);
    tcase_add_test(tcase, a_message_is_told_from_its_sender_to_its_receiver);
    tcase_add_test(tcase, what_stays_at_the_server_is_shown_by_nothing_else);
    tcase_add_test(tcase, an_error_arrives_with_its_condition_and_rule);
    tcase_add_test(tcase, an_id_that_is_no_word_gives_way_to_a_number);
    tcase_add_test(tcase, marks_name_the_rules_that_acted_on_the_way);
    tcase_add_test(tcase, a_departure_is_named);
    tcase_add_test(tcase, a_client_with_a_latency_sends_before_its_server_reads);
    tcase_add_test(tcase, what_waits_for_a_stream_is_written_when_it_is_ready);
    tcase_add_test(tcase, each_stanza_that_waits_has_the_rule_that_sent_it);
    tcase_add_test(tcase, what_needs_not_wait_is_written_at_once);
    tcase_add_test(tcase, an_answer_crosses_back_by_the_rule_that_made_it);
    tcase_add_test(tcase, streams_are_told_step_by_step);
    tcase_add_test(tcase, a_stream_to_nobody_says_why_it_failed);
    tcase_add_test(tcase, what_a_cut_takes_is_lost_between_the_two);
    tcase_add_test(tcase, what_a_crash_takes_is_lost_with_its_server);
    tcase_add_test(tcase, what_a_client_leaves_behind_is_lost_on_its_way);
    tcase_add_test(tcase, sessions_begin_and_end);
    tcase_add_test(tcase, a_stream_that_its_server_ends_names_the_rule);
    tcase_add_test(tcase, who_is_not_let_in_is_told);
    tcase_add_test(tcase, each_action_is_a_step_with_its_line);
    tcase_add_test(tcase, a_case_that_fails_is_told_up_to_its_end);
    tcase_add_test(tcase, a_case_that_cannot_be_played_has_no_story);
    tcase_add_test(tcase, events_stand_in_the_order_of_time);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("real servers");
    tcase_add_checked_fixture(tcase, setup_real, drill_teardown_case);
    tcase_add_test(tcase, on_real_servers_nobody_knows_the_rule);
    suite_add_tcase(suite, tcase);
    return suite;
}
