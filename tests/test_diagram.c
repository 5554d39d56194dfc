/* Tests of sequence diagrams: what is drawn of a story and what is not, and that nothing that a name or a stanza holds
 * becomes anything but text. */
#include "diagram_harness.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *diagram_suite(void);

/* ------------------------------------------------------------------------------------------------ what is drawn ---- */

START_TEST(an_arrow_carries_stanza_and_rule) {
    two_clients();
    story_sends(0, 1, 0, "m1 message/chat");
    story_arrives(1, 2, 0, "m1 message/chat", "msg.full.chat.match");
    draw(REPORT_SVG);
    ck_assert_uint_eq(drawn_texts("m1 message/chat"), 2);
    ck_assert_uint_eq(drawn_texts("msg.full.chat.match"), 1);
    ck_assert_uint_eq(drawn_texts("Romeo"), 1);
    ck_assert_uint_eq(drawn_texts("verona"), 1);
    ck_assert_uint_eq(elements("g", "a"), 2);
}
END_TEST

START_TEST(a_tooltip_has_the_whole_stanza) {
    two_clients();
    struct report_event *event = story_sends(0, 1, 0, "m1 message/chat");
    event->stanza = "<message id=\"m1\"><body>a &amp; b ]]> c</body></message>";
    event->line = 7;
    draw(REPORT_SVG);
    ck_assert_uint_eq(titles("line 7\n<message id=\"m1\"><body>a &amp; b ]]> c</body></message>"), 1);
}
END_TEST

START_TEST(a_fate_that_nothing_else_shows_is_a_note) {
    two_clients();
    story_sends(0, 1, 0, "m1 message/chat");
    struct report_event *fate = story_add(REPORT_FATE, 1, -1, 0, "m1 message/chat");
    fate->fate = "drop";
    fate->rule = "msg.nouser.bare.chat";
    draw(REPORT_SVG);
    ck_assert_uint_eq(elements("g", "n"), 1);
    ck_assert_uint_eq(drawn_texts("m1: drop"), 1);
    ck_assert_uint_eq(drawn_texts("msg.nouser.bare.chat"), 1);
    fate->shown = true;
    draw(REPORT_SVG);
    ck_assert_uint_eq(elements("g", "n"), 0);
}
END_TEST

START_TEST(rules_that_acted_on_the_way_are_shown_where_they_are_asked_for) {
    two_clients();
    story_sends(0, 1, 0, "m1 message/chat");
    story_add(REPORT_MARK, 1, -1, 0, "m1 message/chat")->rule = "in.from.full";
    draw(REPORT_SVG);
    ck_assert_uint_eq(drawn_texts("in.from.full"), 0);
    how.marks = true;
    draw(REPORT_SVG);
    ck_assert_uint_eq(drawn_texts("in.from.full"), 1);
}
END_TEST

START_TEST(an_error_shows_its_condition) {
    two_clients();
    struct report_event *event = story_arrives(1, 0, 0, "m1 message/error", "s2s.fail.msg");
    event->stanza_kind = "message/error";
    event->condition = "remote-server-not-found";
    draw(REPORT_SVG);
    ck_assert_uint_eq(drawn_texts("remote-server-not-found"), 1);
    ck_assert_uint_eq(drawn_texts("s2s.fail.msg"), 1);
    ck_assert_uint_eq(elements("g", "a e"), 1);
}
END_TEST

START_TEST(a_departure_stands_in_the_place_of_the_rule) {
    two_clients();
    story_arrives(1, 2, 0, "m1 message/chat", "msg.full.chat.match")->departure = "prosody.full-to-bare";
    draw(REPORT_SVG);
    ck_assert_uint_eq(drawn_texts("departs: prosody.full-to-bare"), 1);
    ck_assert_uint_eq(drawn_texts("msg.full.chat.match"), 0);
}
END_TEST

START_TEST(an_arrow_slants_where_time_passes) {
    two_servers();
    story_sends(0, 1, 0, "m1 message/chat");
    struct report_event *event = story_add(REPORT_CROSSES, 1, 2, 80000, "m1 message/chat");
    event->sent_us = 70000;
    draw(REPORT_SVG);
    ck_assert(!slants(0));
    ck_assert(slants(1));
}
END_TEST

START_TEST(the_steps_of_a_stream_are_one_band) {
    two_servers();
    static const char *const steps[] = {"opens", "found", "connected", "started", "ready"};
    for (size_t i = 0; i < 5; i++) {
        story_add(REPORT_STREAM, 1, 2, i * 10000, steps[i])->address = "capulet.example";
    }
    draw(REPORT_SVG);
    ck_assert_uint_eq(elements("g", "b"), 1);
    ck_assert_uint_eq(drawn_texts("stream opens … ready"), 1);
    story_add(REPORT_STREAM, 1, 2, 90000, "closed: idle")->address = "capulet.example";
    draw(REPORT_SVG);
    ck_assert_uint_eq(elements("g", "b"), 2);
    ck_assert_uint_eq(drawn_texts("stream closed: idle"), 1);
}
END_TEST

START_TEST(a_stream_to_nobody_names_the_domain) {
    two_servers();
    story_add(REPORT_STREAM, 1, -1, 0, "opens")->address = "laurence.example";
    story_add(REPORT_STREAM, 1, -1, 10000, "failed: no such host")->address = "laurence.example";
    draw(REPORT_SVG);
    ck_assert_uint_eq(drawn_texts("stream to laurence.example opens … failed: no such host"), 1);
    ck_assert_uint_eq(elements("g", "b"), 1);
}
END_TEST

START_TEST(streams_of_two_pairs_are_two_bands) {
    two_servers();
    story_add(REPORT_STREAM, 1, 2, 0, "opens")->address = "capulet.example";
    story_add(REPORT_STREAM, 2, 1, 0, "opens")->address = "montague.example";
    story_add(REPORT_STREAM, 1, 2, 70000, "ready")->address = "capulet.example";
    story_add(REPORT_STREAM, 2, 1, 70000, "ready")->address = "montague.example";
    draw(REPORT_SVG);
    ck_assert_uint_eq(drawn_texts("stream opens … ready"), 2);
    ck_assert_uint_eq(elements("g", "b"), 2);
}
END_TEST

START_TEST(what_gets_better_does_not_look_like_a_fault) {
    static const char *const labels[] = {"network cuts north from south", "network heals", "south crashes",
                                         "south starts", "DNS loses south.example", "DNS finds south.example"};
    two_servers();
    for (uint64_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        story_add(REPORT_FAULT, -1, -1, i, labels[i]);
    }
    draw(REPORT_SVG);
    ck_assert_uint_eq(elements("g", "f"), 3);
    ck_assert_uint_eq(elements("g", "f y"), 3);
}
END_TEST

START_TEST(what_is_lost_ends_in_a_cross) {
    two_servers();
    story_sends(0, 1, 0, "m1 message/chat")->number = 1;
    story_add(REPORT_FAULT, -1, -1, 5000, "network cuts north from south");
    struct report_event *lost = story_add(REPORT_LOST, 1, 2, 5000, "cut");
    lost->number = 1;
    lost->stanza_kind = "message/chat";
    draw(REPORT_SVG);
    ck_assert_uint_eq(elements("g", "a l"), 1);
    ck_assert_uint_eq(elements("path", "x"), 1);
    ck_assert_uint_eq(drawn_texts("m1 message/chat"), 2);
    ck_assert_uint_eq(drawn_texts("lost: cut"), 1);
    ck_assert_uint_eq(elements("g", "f"), 1);
    ck_assert_uint_eq(drawn_texts("network cuts north from south"), 1);
}
END_TEST

START_TEST(time_passes_below_what_happens_at_once) {
    two_clients();
    story_add(REPORT_STEP, -1, -1, 0, "time passes: 1h");
    story_sends(0, 1, 0, "m1 message/chat");
    story_sends(2, 1, 3600000000, "m2 message/chat");
    draw(REPORT_SVG);
    ck_assert(text_y("m1 message/chat") < text_y("time passes: 1h"));
    ck_assert(text_y("time passes: 1h") < text_y("m2 message/chat"));
    story.event_count = 2;
    draw(REPORT_SVG);
    ck_assert_uint_eq(drawn_texts("time passes: 1h"), 0);
}
END_TEST

START_TEST(raw_octets_that_became_no_stanza_are_a_note) {
    two_clients();
    story_add(REPORT_STEP, 0, -1, 0, "Romeo sends raw")->line = 9;
    draw(REPORT_SVG);
    ck_assert_uint_eq(drawn_texts("sends raw octets"), 1);
    story_sends(0, 1, 0, "m1 message/chat")->line = 9;
    draw(REPORT_SVG);
    ck_assert_uint_eq(drawn_texts("sends raw octets"), 0);
}
END_TEST

START_TEST(sessions_of_one_moment_stand_side_by_side) {
    two_clients();
    story_add(REPORT_SESSION, 0, -1, 0, "bound romeo@montague.example/orchard");
    story_add(REPORT_SESSION, 2, -1, 0, "bound juliet@capulet.example/balcony");
    story_add(REPORT_SESSION, 2, -1, 0, "ended policy-violation");
    draw(REPORT_SVG);
    ck_assert_uint_eq(drawn_texts("connects"), 2);
    ck_assert(texts_share_a_line("connects"));
    ck_assert_uint_eq(drawn_texts("ended: policy-violation"), 1);
    ck_assert(text_y("ended: policy-violation") > text_y("connects"));
}
END_TEST

START_TEST(sessions_that_would_cover_each_other_stand_below) {
    two_clients();
    story_lane("Nurse", "nurse@capulet.example/street", REPORT_CLIENT);
    story_add(REPORT_SESSION, 2, -1, 0, "refused a-condition-with-a-name-of-some-length-or-more");
    story_add(REPORT_SESSION, 3, -1, 0, "refused another-condition-with-a-name-of-some-length");
    draw(REPORT_SVG);
    ck_assert(text_y("refused: another-condition-with-a-name-of-some-length") >
              text_y("refused: a-condition-with-a-name-of-some-length-or-more"));
    nothing_overlaps();
}
END_TEST

START_TEST(what_is_too_much_to_look_at_is_cut_and_counted) {
    two_clients();
    for (size_t i = 0; i < 500; i++) {
        story_sends(0, 1, i, "m1 message/chat");
    }
    draw(REPORT_SVG);
    ck_assert_uint_eq(elements("g", "a"), 400);
    ck_assert_uint_eq(drawn_texts("… and 100 more events"), 1);
}
END_TEST

START_TEST(of_many_lanes_those_without_events_are_left_out) {
    story.lane_count = 0;
    for (size_t i = 0; i < 30; i++) {
        story_lane(i == 0 ? "verona" : "Somebody", "somebody@verona.example", i == 0 ? REPORT_SERVER : REPORT_CLIENT);
    }
    story_sends(17, 0, 0, "m1 message/chat");
    draw(REPORT_SVG);
    ck_assert_uint_eq(drawn_texts("Somebody"), 1);
    ck_assert_uint_eq(drawn_texts("verona"), 1);
}
END_TEST

START_TEST(an_empty_story_is_an_empty_picture) {
    static const enum report_diagram_form forms[] = {REPORT_SVG, REPORT_MERMAID, REPORT_TEXT};
    for (size_t i = 0; i < 3; i++) {
        story.lane_count = story.event_count = 0;
        draw(forms[i]);
    }
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- the page ---- */

START_TEST(a_picture_of_its_own_brings_title_and_style) {
    two_clients();
    how.title = "Who & what";
    draw(REPORT_SVG);
    ck_assert_uint_eq(elements("style", NULL), 1);
    ck_assert_uint_eq(titles("Who & what"), 1);
    ck_assert_uint_eq(drawn_texts("Who & what"), 1);
    ck_assert_uint_eq(elements("desc", NULL), 1);
    ck_assert_ptr_nonnull(strstr(report_diagram_style(), "prefers-color-scheme:dark"));
}
END_TEST

#define X99 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X198 X99 X99
#define ACUTE "\xcc\x81"

/* A title has at most 200 columns, and a letter at most four marks. */
static const struct {
    const char *title, *shown;
} cut_titles[] = {
    {X198 "yz", X198 "yz"},
    {X198 "yzz", X198 "y…"},
    {X198 "日", X198 "日"},
    {X198 "日z", X198 "…"},
    {X198 "y日", X198 "y…"},
    {X198 "y" ACUTE "z", X198 "y" ACUTE "z"},
    {X198 "y" ACUTE "zz", X198 "y" ACUTE "…"},
    {X198 "yz" ACUTE, X198 "yz" ACUTE},
    {X198 "\x01", X198 "…"},
    {"x" ACUTE ACUTE ACUTE ACUTE ACUTE "yz" ACUTE ACUTE, "x" ACUTE ACUTE ACUTE ACUTE "yz" ACUTE ACUTE},
};

START_TEST(a_title_that_is_too_long_is_cut_between_letters) {
    two_clients();
    how.inside = true;
    how.title = cut_titles[_i].title;
    draw(REPORT_SVG);
    ck_assert_uint_eq(titles(cut_titles[_i].shown), 1);
}
END_TEST

START_TEST(a_picture_in_a_page_brings_ids_of_its_own_and_no_style) {
    two_clients();
    how.title = "Who & what";
    how.inside = true;
    how.id = 42;
    draw(REPORT_SVG);
    ck_assert_uint_eq(elements("style", NULL), 0);
    ck_assert_uint_eq(drawn_texts("Who & what"), 0);
    ck_assert_ptr_nonnull(strstr(drawn, "aria-labelledby=\"t42\""));
    ck_assert_ptr_nonnull(strstr(drawn, "<title id=\"t42\">"));
    ck_assert_ptr_nonnull(strstr(drawn, "<desc id=\"d42\">"));
}
END_TEST

START_TEST(no_label_covers_another_and_none_is_cut_off) {
    static const char *const steps[] = {"opens", "found", "failed: policy-violation", "opens", "ready"};
    two_servers();
    story_add(REPORT_SESSION, 0, -1, 0, "bound romeo@montague.example/orchard");
    story_add(REPORT_SESSION, 3, -1, 0, "refused conflict")->rule = "in.bind.conflict";
    for (size_t i = 0; i < 5; i++) {
        story_add(REPORT_STREAM, 1, 2, i * 10000, steps[i])->address = "capulet.example";
    }
    story_sends(0, 1, 50000, "an-id-that-is-as-long-as-a-label-may-be- presence/unsubscribed");
    story_add(REPORT_CROSSES, 1, 2, 60000, "m1 message/chat")->rule = "sub.out.unsubscribed.both-with-a-long-name";
    story_arrives(2, 3, 60000, "m1 message/chat", "msg.full.chat.match");
    struct report_event *fate = story_add(REPORT_FATE, 1, -1, 60000, "m1 message/chat");
    fate->fate = "store";
    fate->address = "a-very-long-name-of-somebody@montague.example";
    fate->rule = "msg.bare.chat.none";
    *story_add(REPORT_FATE, 2, -1, 60000, "m2 message/chat") = (struct report_event){
        .kind = REPORT_FATE, .from = 2, .to = -1, .label = "m2 message/chat", .fate = "bounce",
        .condition = "remote-server-not-found", .rule = "s2s.fail.msg", .time_us = 70000};
    story_add(REPORT_FAULT, -1, -1, 80000, "network cuts montague.example from capulet.example");
    story_add(REPORT_LOST, 1, 2, 90000, "cut")->sent_us = 60000;
    story_add(REPORT_LOST, 3, -1, 90000, "vanished");
    story_sends(3, 2, 100000, "m3 message/chat");
    how.title = "A title that is rather long, so that it may not fit above a picture that is not as wide as it is "
                "itself, with everything that it says about the case below it and nothing left out at all";
    draw(REPORT_SVG);
    nothing_overlaps();
    how.inside = true;
    draw(REPORT_SVG);
    nothing_overlaps();
}
END_TEST

START_TEST(long_names_do_not_cover_each_other) {
    story.lane_count = 0;
    story_lane("A name that goes on and on until nobody reads it any more",
               "a-long-local-part@a-long-domain.example/and-resource",
         REPORT_CLIENT);
    story_lane("server", "one.example two.example three.example four.example five.example", REPORT_SERVER);
    story_lane("C", "c.example", REPORT_COMPONENT);
    story_lane("peer.of.a.very.long.domain.with.many.labels.example", "peer.of.a.very.long.domain.with.many.labels.example",
         REPORT_PEER);
    story_sends(0, 1, 0, "m1 message/chat");
    draw(REPORT_SVG);
    nothing_overlaps();
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- hostile ---- */

START_TEST(hostile_texts_stay_text_in_a_picture) {
    const char *evil = "</text><script>alert(1)</script>&amp;\"'";
    two_clients();
    story_lane(evil, evil, REPORT_CLIENT);
    struct report_event *event = story_sends(3, 1, 0, evil);
    event->stanza = "<x>]]></x><script>\x01\x7f\xff\xef\xbf\xbe\xe2\x80\xae</script>";
    event->rule = evil;
    story_add(REPORT_FAULT, -1, -1, 0, evil);
    story_add(REPORT_SESSION, 3, -1, 0, evil);
    story_add(REPORT_STREAM, 1, -1, 0, evil)->address = evil;
    how.title = evil;
    draw(REPORT_SVG);
    ck_assert_uint_eq(elements("script", NULL), 0);
    ck_assert_uint_ge(titles(evil), 1);
    ck_assert_ptr_null(strstr(drawn, "\x01"));
    ck_assert_ptr_null(strstr(drawn, "\xe2\x80\xae"));
    ck_assert_ptr_nonnull(strstr(drawn, "\\x01\\x7f\\xff"));
    nothing_overlaps();
}
END_TEST

START_TEST(an_end_of_line_in_a_label_ends_no_line) {
    two_clients();
    story_sends(0, 1, 0, "a\nb; c%%d #35; end");
    story_lane("x\nend", "", REPORT_CLIENT);
    draw(REPORT_MERMAID);
    ck_assert_str_eq(drawn, "sequenceDiagram\n"
                            "    actor L0 as Romeo\n"
                            "    participant L1 as verona\n"
                            "    actor L2 as Juliet\n"
                            "    actor L3 as x#92;x0a#101;nd\n"
                            "    L0->>L1: a#92;x0ab#59; c#37;#37;d #35;35#59; #101;nd\n");
    draw(REPORT_TEXT);
    lines_fit(80);
    ck_assert_ptr_nonnull(strstr(drawn, "a\\x0ab"));
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- Mermaid ---- */

START_TEST(mermaid_has_arrows_and_notes) {
    two_servers();
    how.title = "A title: with a colon";
    story_sends(0, 1, 0, "m1 message/chat")->number = 1;
    story_add(REPORT_CROSSES, 1, 2, 0, "m1 message/chat")->rule = "s2s.route";
    struct report_event *fate = story_add(REPORT_FATE, 2, -1, 0, "m1 message/chat");
    fate->fate = "drop";
    fate->rule = "msg.nouser.bare.chat";
    story_add(REPORT_FAULT, -1, -1, 0, "network heals");
    story_add(REPORT_LOST, 1, 2, 0, "cut")->number = 1;
    struct report_event *error = story_arrives(1, 0, 0, "m1 message/error", NULL);
    error->stanza_kind = "message/error";
    draw(REPORT_MERMAID);
    ck_assert_str_eq(drawn, "sequenceDiagram\n"
                            "    title A title#58; with a colon\n"
                            "    actor L0 as Romeo\n"
                            "    participant L1 as north\n"
                            "    participant L2 as south\n"
                            "    actor L3 as Juliet\n"
                            "    L0->>L1: m1 message/chat\n"
                            "    L1->>L2: m1 message/chat<br/>s2s.route\n"
                            "    Note over L2: m1#58; drop<br/>msg.nouser.bare.chat\n"
                            "    Note over L0,L3: network heals\n"
                            "    L1--xL2: m1 message/chat<br/>lost#58; cut\n"
                            "    L1-->>L0: m1 message/error\n");
}
END_TEST

/* -------------------------------------------------------------------------------------------------------- text ---- */

START_TEST(text_stands_between_lifelines) {
    two_clients();
    story_add(REPORT_SESSION, 0, -1, 0, "bound romeo@montague.example/orchard");
    story_sends(0, 1, 0, "m1 message/chat");
    story_arrives(1, 2, 250000, "m1 message/chat", "msg.full.chat.match");
    how.width = 80;
    draw(REPORT_TEXT);
    squeeze();
    ck_assert_str_eq(drawn, " Romeo verona Juliet\n"
                            "0.000 (connects) │ ┊\n"
                            " │─ m1 message/chat ─▶│ ┊\n"
                            "0.250 │ │─ m1 message/chat ─▶┊\n"
                            " │ │ msg.full.chat.match ┊\n");
}
END_TEST

START_TEST(text_fits_every_width) {
    static const char *const steps[] = {"opens", "ready"};
    two_servers();
    story_add(REPORT_SESSION, 0, -1, 0, "bound romeo@montague.example/orchard");
    story_add(REPORT_SESSION, 3, -1, 0, "ended a-condition-that-is-so-long-that-it-does-not-fit");
    for (size_t i = 0; i < 2; i++) {
        story_add(REPORT_STREAM, 1, 2, i * 10000, steps[i])->address = "capulet.example";
    }
    story_sends(0, 1, 50000, "an-id-that-is-as-long-as-a-label-may-be- presence/unsubscribed");
    struct report_event *fate = story_add(REPORT_FATE, 2, -1, 60000, "m1 message/chat");
    fate->fate = "store";
    fate->address = "a-very-long-name-of-somebody@montague.example";
    fate->rule = "msg.bare.chat.none.of.them.is.as.long.as.this";
    story_add(REPORT_FAULT, -1, -1, 80000, "network cuts montague.example from capulet.example");
    story_add(REPORT_LOST, 1, 2, 90000, "cut");
    story_add(REPORT_LOST, 3, -1, 90000, "vanished");
    story_lane("日本語日本語日本語日本語", "x.example", REPORT_PEER);
    story_sends(4, 1, 100000, "日本語 message/chat");
    story_add(REPORT_MARK, 1, -1, 0, "m1 message/chat")->rule = "in.from.full";
    how.title = "A title that is longer than a line of the narrowest terminal that there is";
    how.marks = true;
    for (how.width = 40; how.width <= 200; how.width++) {
        draw(REPORT_TEXT);
        lines_fit(how.width);
    }
}
END_TEST

/* A name has at most 22 columns, and such a letter takes two. */
START_TEST(letters_of_wide_scripts_take_two_columns) {
    story_lane("日日日日日日日日日日日日日", "a.example", REPORT_CLIENT);
    story_lane("v", "v.example", REPORT_SERVER);
    story_sends(0, 1, 0, "m1 message/chat");
    how.width = 80;
    draw(REPORT_TEXT);
    ck_assert_ptr_nonnull(strstr(drawn, " 日日日日日日日日日日… "));
}
END_TEST

START_TEST(where_lanes_have_no_room_a_list_says_the_same) {
    two_servers();
    story_sends(0, 1, 0, "m1 message/chat");
    struct report_event *event = story_add(REPORT_CROSSES, 1, 2, 80000, "m1 message/chat");
    event->rule = "s2s.route";
    how.width = 40;
    draw(REPORT_TEXT);
    ck_assert_str_eq(drawn, "0.000  Romeo ─▶ north: m1 message/chat\n"
                            "0.080  north ─▶ south: m1 message/chat\n"
                            "         s2s.route\n");
}
END_TEST

START_TEST(colours_come_only_where_they_are_asked_for) {
    two_clients();
    story_sends(0, 1, 0, "m1 message/chat");
    draw(REPORT_TEXT);
    ck_assert_ptr_null(strchr(drawn, '\033'));
    how.colour = true;
    draw(REPORT_TEXT);
    ck_assert_ptr_nonnull(strchr(drawn, '\033'));
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- writing ---- */

START_TEST(what_cannot_be_written_is_said) {
    two_clients();
    for (size_t i = 0; i < 300; i++) {
        story_sends(0, 1, i, "m1 message/chat");
    }
    FILE *full = fopen("/dev/full", "w");
    ck_assert_ptr_nonnull(full);
    how.form = REPORT_SVG;
    ck_assert(!report_diagram(full, &story, &how) || fflush(full) != 0);
    (void)fclose(full);
}
END_TEST

Suite *diagram_suite(void) {
    Suite *suite = suite_create("diagram");
    TCase *tcase = tcase_create("diagram");
    tcase_add_checked_fixture(tcase, diagram_setup, diagram_teardown);
    tcase_add_test(tcase, an_arrow_carries_stanza_and_rule);
    tcase_add_test(tcase, a_tooltip_has_the_whole_stanza);
    tcase_add_test(tcase, a_fate_that_nothing_else_shows_is_a_note);
    tcase_add_test(tcase, rules_that_acted_on_the_way_are_shown_where_they_are_asked_for);
    tcase_add_test(tcase, an_error_shows_its_condition);
    tcase_add_test(tcase, a_departure_stands_in_the_place_of_the_rule);
    tcase_add_test(tcase, an_arrow_slants_where_time_passes);
    tcase_add_test(tcase, the_steps_of_a_stream_are_one_band);
    tcase_add_test(tcase, a_stream_to_nobody_names_the_domain);
    tcase_add_test(tcase, streams_of_two_pairs_are_two_bands);
    tcase_add_test(tcase, what_gets_better_does_not_look_like_a_fault);
    tcase_add_test(tcase, what_is_lost_ends_in_a_cross);
    tcase_add_test(tcase, time_passes_below_what_happens_at_once);
    tcase_add_test(tcase, raw_octets_that_became_no_stanza_are_a_note);
    tcase_add_test(tcase, sessions_of_one_moment_stand_side_by_side);
    tcase_add_test(tcase, sessions_that_would_cover_each_other_stand_below);
    tcase_add_test(tcase, what_is_too_much_to_look_at_is_cut_and_counted);
    tcase_add_test(tcase, of_many_lanes_those_without_events_are_left_out);
    tcase_add_test(tcase, an_empty_story_is_an_empty_picture);
    tcase_add_test(tcase, a_picture_of_its_own_brings_title_and_style);
    tcase_add_loop_test(tcase, a_title_that_is_too_long_is_cut_between_letters, 0,
                        (int)(sizeof cut_titles / sizeof *cut_titles));
    tcase_add_test(tcase, a_picture_in_a_page_brings_ids_of_its_own_and_no_style);
    tcase_add_test(tcase, no_label_covers_another_and_none_is_cut_off);
    tcase_add_test(tcase, long_names_do_not_cover_each_other);
    tcase_add_test(tcase, hostile_texts_stay_text_in_a_picture);
    tcase_add_test(tcase, an_end_of_line_in_a_label_ends_no_line);
    tcase_add_test(tcase, mermaid_has_arrows_and_notes);
    tcase_add_test(tcase, text_stands_between_lifelines);
    tcase_add_test(tcase, text_fits_every_width);
    tcase_add_test(tcase, letters_of_wide_scripts_take_two_columns);
    tcase_add_test(tcase, where_lanes_have_no_room_a_list_says_the_same);
    tcase_add_test(tcase, colours_come_only_where_they_are_asked_for);
    tcase_add_test(tcase, what_cannot_be_written_is_said);
    suite_add_tcase(suite, tcase);
    return suite;
}
