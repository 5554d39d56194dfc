/* Tests of the fresh names that each case has on a real server, and of the way back to the scenario's. */
#include "parts.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *live_names_suite(void);

static struct live_names *names;

static void make_names(void) {
    names = live_names_new(51); /* 1f in base 36 */
    ck_assert_ptr_nonnull(names);
    ck_assert(live_names_add(names, "romeo@montague.example"));
    ck_assert(live_names_add(names, "juliet@capulet.example"));
}

static void free_names(void) {
    live_names_free(names);
}

static void goes_out(const char *text, const char *expected) {
    size_t size = 0;
    char *seen = live_names_out(names, text, strlen(text), &size);
    ck_assert_ptr_nonnull(seen);
    ck_assert_str_eq(seen, expected);
    ck_assert_uint_eq(size, strlen(expected));
    free(seen);
}

static void comes_back(const char *text, const char *expected) {
    size_t size = 0;
    char *seen = live_names_back(names, text, strlen(text), &size);
    ck_assert_ptr_nonnull(seen);
    ck_assert_str_eq(seen, expected);
    ck_assert_uint_eq(size, strlen(expected));
    free(seen);
}

static void both_ways(const char *scenario, const char *wire) {
    goes_out(scenario, wire);
    comes_back(wire, scenario);
}

START_TEST(a_known_account_gets_the_cases_number) {
    both_ways("romeo@montague.example", "romeo.1f@montague.example");
    both_ways("juliet@capulet.example/balcony", "juliet.1f@capulet.example/balcony");
}
END_TEST

START_TEST(numbers_are_written_in_base_36) {
    static const struct {
        unsigned number;
        const char *wire;
    } rows[] = {{0, "a.0@b"}, {35, "a.z@b"}, {36, "a.10@b"}, {4294967295u, "a.1z141z3@b"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        live_names_free(names);
        names = live_names_new(rows[i].number);
        ck_assert(live_names_add(names, "a@b"));
        both_ways("a@b", rows[i].wire);
    }
}
END_TEST

START_TEST(all_places_of_a_text_are_mapped) {
    both_ways(
        "<message from='romeo@montague.example/o' to=\"juliet@capulet.example\"><body>Ask juliet@capulet.example, "
        "xmpp:romeo@montague.example?message; or (romeo@montague.example).</body></message>",
        "<message from='romeo.1f@montague.example/o' to=\"juliet.1f@capulet.example\"><body>Ask "
        "juliet.1f@capulet.example, xmpp:romeo.1f@montague.example?message; or (romeo.1f@montague.example).</body>"
        "</message>");
    both_ways("romeo@montague.example/romeo@montague.example", "romeo.1f@montague.example/romeo.1f@montague.example");
}
END_TEST

START_TEST(an_account_is_known_in_other_forms_too) {
    ck_assert(live_names_add(names, "jürgen@bücher.example"));
    both_ways("jürgen@bücher.example", "jürgen.1f@bücher.example");
    both_ways("JÜRGEN@bücher.example/Büro", "JÜRGEN.1f@bücher.example/Büro");
    both_ways("jürgen@BÜCHER.example", "jürgen.1f@BÜCHER.example");
    both_ways("ju\xcc\x88rgen@bücher.example", "ju\xcc\x88rgen.1f@bücher.example");
    both_ways("ｊｕｌｉｅｔ@capulet.example.", "ｊｕｌｉｅｔ.1f@capulet.example.");
    goes_out("'ju&#x308;rgen@bu&#776;cher.example'", "'ju&#x308;rgen.1f@bu&#776;cher.example'");
    goes_out("ju&#x307;rgen@bücher.example", "ju&#x307;rgen@bücher.example");
    goes_out("&#x308;@bücher.example", "&#x308;@bücher.example");
    goes_out("j&amp;ürgen@bücher.example", "j&amp;ürgen@bücher.example");
    goes_out("é@é&#", "é@é&#");
}
END_TEST

START_TEST(a_component_has_the_name_of_its_slot) {
    ck_assert(live_names_add_component(names, "rooms.capulet.example", 3));
    both_ways("rooms.capulet.example", "c3.rooms.capulet.example");
    both_ways("<a to='orchard@rooms.capulet.example/Romeo' from='romeo@montague.example'/>",
              "<a to='orchard@c3.rooms.capulet.example/Romeo' from='romeo.1f@montague.example'/>");
    both_ways("the.rooms.capulet.example", "the.rooms.capulet.example");
    comes_back("c4.rooms.capulet.example x1f.rooms.capulet.example", "c4.rooms.capulet.example x1f.rooms.capulet.example");
}
END_TEST

START_TEST(peers_and_components_have_prefixes_of_their_own) {
    ck_assert(live_names_add_domain(names, "verona.example"));
    ck_assert(live_names_add_component(names, "rooms.capulet.example", 12));
    both_ways("verona.example rooms.capulet.example", "x1f.verona.example c12.rooms.capulet.example");
    comes_back("c12.verona.example", "c12.verona.example");
}
END_TEST

START_TEST(others_keep_their_names) {
    static const char *const texts[] = {"",
                                        "@",
                                        "romeo",
                                        "romeo@",
                                        "@montague.example",
                                        "montague.example",
                                        "romeo@capulet.example",
                                        "xromeo@montague.example",
                                        "x.romeo@montague.example",
                                        "romeox@montague.example",
                                        "romeo.@montague.example",
                                        "romeo@montague.example.org",
                                        "romeo@montague.examples",
                                        "romeo@montague.exampl",
                                        "romeo@montague-example",
                                        "romeo@montague.example-x",
                                        "romeo@montague.example.\xc3\xa9",
                                        "\xc3\xa9romeo@montague.example"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        both_ways(texts[i], texts[i]);
    }
}
END_TEST

START_TEST(the_case_of_ascii_letters_does_not_matter) {
    both_ways("ROMEO@Montague.Example", "ROMEO.1f@Montague.Example");
}
END_TEST

START_TEST(what_looks_like_a_fresh_name_but_is_none_stays) {
    static const char *const texts[] = {"romeo.1g@montague.example", "mercutio.1f@montague.example",
                                        ".1f@montague.example", "romeo.1f@capulet.example",
                                        "romeo.1f@montague.example.org"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        comes_back(texts[i], texts[i]);
    }
}
END_TEST

START_TEST(a_scenario_may_use_such_a_name_itself) {
    ck_assert(live_names_add(names, "romeo.1f@montague.example"));
    both_ways("romeo.1f@montague.example", "romeo.1f.1f@montague.example");
    goes_out("romeo@montague.example", "romeo.1f@montague.example");
}
END_TEST

START_TEST(localparts_may_hold_what_plain_text_puts_around_them) {
    ck_assert(live_names_add(names, "a(b)=c,d@montague.example"));
    ck_assert(live_names_add(names, "d\\27artagnan@montague.example"));
    both_ways("a(b)=c,d@montague.example", "a(b)=c,d.1f@montague.example");
    both_ways("<d\\27artagnan@montague.example>", "<d\\27artagnan.1f@montague.example>");
}
END_TEST

START_TEST(a_domain_alone_is_no_account) {
    ck_assert(live_names_add(names, "montague.example"));
    ck_assert(live_names_add(names, "@montague.example"));
    both_ways("montague.example @montague.example", "montague.example @montague.example");
}
END_TEST

START_TEST(a_peers_domain_becomes_one_of_its_own) {
    ck_assert(live_names_add_domain(names, "peer.example"));
    both_ways("peer.example", "x1f.peer.example");
    both_ways("<iq to='nurse@peer.example/x' from='romeo@montague.example'>peer.example.</iq>",
              "<iq to='nurse@x1f.peer.example/x' from='romeo.1f@montague.example'>x1f.peer.example.</iq>");
    both_ways("Peer.Example", "x1f.Peer.Example");
    both_ways("a.peer.example", "a.peer.example");
    both_ways("xpeer.example", "xpeer.example");
    both_ways("peer.example.org", "peer.example.org");
    both_ways("peer.examples", "peer.examples");
    comes_back("x1g.peer.example", "x1g.peer.example");
    comes_back("y.x1f.peer.example", "y.x1f.peer.example");
}
END_TEST

START_TEST(octets_that_are_no_text_pass) {
    const char octets[] = "\0romeo@montague.example\0\xff\xfe";
    const char expected[] = "\0romeo.1f@montague.example\0\xff\xfe";
    size_t size = 0;
    char *seen = live_names_out(names, octets, sizeof octets - 1, &size);
    ck_assert_uint_eq(size, sizeof expected - 1);
    ck_assert_mem_eq(seen, expected, size);
    free(seen);
}
END_TEST

Suite *live_names_suite(void) {
    Suite *suite = suite_create("live_names");
    TCase *tc = tcase_create("names");
    tcase_add_checked_fixture(tc, make_names, free_names);
    tcase_add_test(tc, a_component_has_the_name_of_its_slot);
    tcase_add_test(tc, peers_and_components_have_prefixes_of_their_own);
    tcase_add_test(tc, a_known_account_gets_the_cases_number);
    tcase_add_test(tc, numbers_are_written_in_base_36);
    tcase_add_test(tc, all_places_of_a_text_are_mapped);
    tcase_add_test(tc, an_account_is_known_in_other_forms_too);
    tcase_add_test(tc, others_keep_their_names);
    tcase_add_test(tc, the_case_of_ascii_letters_does_not_matter);
    tcase_add_test(tc, what_looks_like_a_fresh_name_but_is_none_stays);
    tcase_add_test(tc, a_scenario_may_use_such_a_name_itself);
    tcase_add_test(tc, localparts_may_hold_what_plain_text_puts_around_them);
    tcase_add_test(tc, a_domain_alone_is_no_account);
    tcase_add_test(tc, a_peers_domain_becomes_one_of_its_own);
    tcase_add_test(tc, octets_that_are_no_text_pass);
    suite_add_tcase(suite, tc);
    return suite;
}
