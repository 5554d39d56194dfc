/* What the report writers print, octet by octet. */
#include "report.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *report_suite(void);

static const char file_a[] = "talk/a.scs", file_b[] = "talk/b.scs";

static struct report_case passed_case(const char *file, const char *name) {
    return (struct report_case){.file = file, .name = name, .title = "", .profile = "rfc6121", .verdict = REPORT_PASS};
}

static struct report_case failed_case(const char *file, const char *name, const char *failure) {
    struct report_case c = passed_case(file, name);
    c.verdict = REPORT_FAIL;
    c.failure = failure;
    return c;
}

static struct report_case skipped_case(const char *file, const char *name, const char *reason) {
    struct report_case c = passed_case(file, name);
    c.verdict = REPORT_SKIP;
    c.reason = reason;
    return c;
}

/* What a writer makes of `count` cases; new. */
static char *print_run(bool (*writer)(FILE *, const struct report_run *, bool), bool colour,
                       const struct report_case *cases, size_t count) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    struct report_run run = {.cases = cases, .case_count = count, .version = "1.2.3"};
    for (size_t i = 0; i < count; i++) {
        run.traces = run.traces || cases[i].trace != NULL;
    }
    ck_assert(writer(out, &run, colour));
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

static void expect_run(bool (*writer)(FILE *, const struct report_run *, bool), bool colour,
                       const struct report_case *cases, size_t count, const char *expected) {
    char *text = print_run(writer, colour, cases, count);
    ck_assert_str_eq(text, expected);
    free(text);
}

static void expect_start(bool (*writer)(FILE *, const struct report_run *, bool), const struct report_case *cases,
                         size_t count, const char *word) {
    char *text = print_run(writer, false, cases, count);
    ck_assert_msg(strncmp(text, word, strlen(word)) == 0 && text[strlen(word)] == ' ', "no %s at the start of %s", word,
                  text);
    free(text);
}

static void expect_text(const char *text, const char *expected) {
    char *seen = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&seen, &size);
    ck_assert_ptr_nonnull(out);
    ck_assert(report_text(out, text));
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_str_eq(seen, expected);
    free(seen);
}

START_TEST(broken_and_error_count_as_failed_and_non_strict_as_passed) {
    struct report_case cases[6];
    for (int i = 0; i < 6; i++) {
        cases[i] = passed_case(file_a, "a");
    }
    cases[1].verdict = REPORT_NON_STRICT;
    cases[2].verdict = REPORT_FAIL;
    cases[3].verdict = REPORT_SKIP;
    cases[4].verdict = REPORT_BROKEN;
    cases[5].verdict = REPORT_ERROR;
    struct report_run run = {.cases = cases, .case_count = 6, .version = ""};
    struct report_counts counts = report_count(&run);
    ck_assert_uint_eq(counts.passed, 2);
    ck_assert_uint_eq(counts.non_strict, 1);
    ck_assert_uint_eq(counts.failed, 3);
    ck_assert_uint_eq(counts.skipped, 1);
}
END_TEST

START_TEST(plain_and_non_ascii_text_is_shown_as_it_is) {
    static const char text[] = "Gr\xc3\xbc\xc3\x9f\x65 an \"Julia\" \\ # ~ \xe6\x97\xa5 \xf0\x9f\x8e\xad";
    expect_text(text, text);
}
END_TEST

START_TEST(control_characters_are_shown_as_octets) {
    expect_text("a\x1b[31mb\r\n\t\x7f.", "a\\x1b[31mb\\x0d\\x0a\\x09\\x7f.");
    /* U+009B starts an escape sequence on its own. */
    expect_text("\xc2\x9b"
                "31m",
                "\\xc2\\x9b31m");
}
END_TEST

START_TEST(characters_that_turn_the_writing_direction_are_shown_as_octets) {
    expect_text("\xe2\x80\xae"
                "evil",
                "\\xe2\\x80\\xaeevil");
    expect_text("\xe2\x81\xa6", "\\xe2\\x81\\xa6");
}
END_TEST

START_TEST(octets_that_are_not_utf8_are_shown_as_octets) {
    expect_text("\xff", "\\xff");
    expect_text("\xc0\xaf", "\\xc0\\xaf");                      /* longer than needed */
    expect_text("\xe0\x9f\xbf", "\\xe0\\x9f\\xbf");
    expect_text("\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf");
    expect_text("\xed\xa0\x80", "\\xed\\xa0\\x80");             /* half of a surrogate pair */
    expect_text("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");    /* past U+10FFFF */
    expect_text("\xe6\x97", "\\xe6\\x97");                      /* cut off */
    expect_text("\xe6\x97x", "\\xe6\\x97x");
}
END_TEST

START_TEST(pretty_has_a_line_a_file_and_failures_in_full) {
    struct report_case cases[] = {
        passed_case(file_a, "talk/a/one"),
        failed_case(file_a, "talk/a/two", "talk/a.scs:12: Juliet should have received m1\n  expected   this\n"),
        passed_case(file_b, "talk/b"),
    };
    expect_run(report_pretty, false, cases, 3,
               "FAIL        talk/a.scs  2 cases, 1 failed\n"
               "PASS        talk/b.scs\n"
               "\n"
               "not ok 2 - talk/a/two\n"
               "  talk/a.scs:12: Juliet should have received m1\n"
               "    expected   this\n"
               "\n"
               "2 passed, 1 failed\n");
}
END_TEST

START_TEST(pretty_says_why_a_case_is_skipped_or_not_strict) {
    struct report_case cases[] = {
        skipped_case(file_a, "talk/a/one", "[Peer] at line 7"),
        skipped_case(file_a, "talk/a/two", "[Peer] at line 7"),
        passed_case(file_b, "talk/b"),
    };
    cases[2].verdict = REPORT_NON_STRICT;
    cases[2].reason = "a SHOULD";
    expect_run(report_pretty, false, cases, 3,
               "SKIP        talk/a.scs  2 cases, 2 skipped\n"
               "            talk/a/one: [Peer] at line 7\n"
               "NON-STRICT  talk/b.scs\n"
               "            a SHOULD\n"
               "\n"
               "1 passed, 0 failed, 2 skipped\n");
}
END_TEST

START_TEST(pretty_shows_traces_below_their_cases) {
    struct report_case cases[] = {passed_case(file_a, "talk/a/one"), passed_case(file_a, "talk/a/two")};
    cases[0].trace = "0.000000 Romeo\n0.010000 Juliet \x1b\n";
    expect_run(report_pretty, false, cases, 2,
               "PASS        talk/a/one\n"
               "    0.000000 Romeo\n"
               "    0.010000 Juliet \\x1b\n"
               "PASS        talk/a/two\n"
               "\n"
               "2 passed, 0 failed\n");
}
END_TEST

START_TEST(pretty_colours_only_the_verdicts) {
    struct report_case cases[] = {passed_case(file_b, "talk/b"), failed_case(file_a, "talk/a", "why\n")};
    expect_run(report_pretty, true, cases, 2,
               "\033[32mPASS      \033[0m  talk/b.scs\n"
               "\033[31mFAIL      \033[0m  talk/a.scs\n"
               "\n"
               "\033[31mnot ok\033[0m 2 - talk/a\n"
               "  why\n"
               "\n"
               "1 passed, 1 failed\n");
}
END_TEST

START_TEST(the_worst_verdict_stands_for_the_file) {
    struct report_case cases[] = {
        skipped_case(file_a, "talk/a/one", "why"),
        passed_case(file_a, "talk/a/two"),
        failed_case(file_b, "talk/b/one", "x\n"),
        failed_case(file_b, "talk/b/two", "y\n"),
    };
    static const struct {
        enum report_verdict better, worse;
        const char *line;
    } rows[] = {
        {REPORT_SKIP, REPORT_PASS, "PASS"},         {REPORT_PASS, REPORT_NON_STRICT, "NON-STRICT"},
        {REPORT_NON_STRICT, REPORT_XFAIL, "XFAIL"}, {REPORT_XFAIL, REPORT_XPASS, "XPASS"},
        {REPORT_XPASS, REPORT_FAIL, "FAIL"},        {REPORT_FAIL, REPORT_ERROR, "ERROR"},
        {REPORT_ERROR, REPORT_BROKEN, "BROKEN"},
    };
    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        struct report_case both[] = {passed_case(file_a, "a"), passed_case(file_a, "b")};
        both[i % 2].verdict = rows[i / 2].better;
        both[1 - i % 2].verdict = rows[i / 2].worse;
        expect_start(report_pretty, both, 2, rows[i / 2].line);
    }
    cases[3].verdict = REPORT_BROKEN;
    expect_run(report_pretty, false, cases, 4,
               "PASS        talk/a.scs  2 cases, 1 skipped\n"
               "            talk/a/one: why\n"
               "BROKEN      talk/b.scs  2 cases, 2 failed\n"
               "\n"
               "not ok 3 - talk/b/one\n"
               "  x\n"
               "\n"
               "not ok 4 - talk/b/two\n"
               "  y\n"
               "\n"
               "1 passed, 2 failed, 1 skipped\n");
}
END_TEST

START_TEST(tap_is_version_14_with_plan_and_blocks) {
    struct report_case cases[] = {
        passed_case(file_a, "talk/a/one"),
        failed_case(file_a, "talk/a/two", "talk/a.scs:12: not so\n  expected   this\n"),
        skipped_case(file_b, "talk/b", "no #live server"),
    };
    expect_run(report_tap, false, cases, 3,
               "TAP version 14\n"
               "1..3\n"
               "ok 1 - talk/a/one\n"
               "not ok 2 - talk/a/two\n"
               "  ---\n"
               "  severity: fail\n"
               "  message: |\n"
               "    talk/a.scs:12: not so\n"
               "      expected   this\n"
               "  at:\n"
               "    file: \"talk/a.scs\"\n"
               "  ...\n"
               "ok 3 - talk/b # SKIP no #live server\n"
               "# 1 passed, 1 failed, 1 skipped\n");
}
END_TEST

START_TEST(tap_guards_what_would_be_a_directive_or_a_new_line) {
    struct report_case cases[] = {passed_case(file_a, "a # SKIP b\\c\nnot ok 2")};
    expect_run(report_tap, false, cases, 1,
               "TAP version 14\n"
               "1..1\n"
               "ok 1 - a \\# SKIP b\\\\c\\\\x0anot ok 2\n"
               "# 1 passed, 0 failed\n");
}
END_TEST

START_TEST(tap_keeps_a_space_at_the_start_of_a_block) {
    struct report_case cases[] = {failed_case(file_a, "a", " odd.scs:1:1: bad\n")};
    cases[0].verdict = REPORT_ERROR;
    expect_run(report_tap, false, cases, 1,
               "TAP version 14\n"
               "1..1\n"
               "not ok 1 - a\n"
               "  ---\n"
               "  severity: error\n"
               "  message: |2\n"
               "     odd.scs:1:1: bad\n"
               "  at:\n"
               "    file: \"talk/a.scs\"\n"
               "  ...\n"
               "# 0 passed, 1 failed\n");
}
END_TEST

START_TEST(tap_carries_traces_and_reasons_of_passed_cases) {
    struct report_case cases[] = {passed_case(file_a, "a"), passed_case(file_b, "b")};
    cases[0].trace = "0.000000 x\n";
    cases[1].verdict = REPORT_NON_STRICT;
    cases[1].reason = "a SHOULD";
    expect_run(report_tap, false, cases, 2,
               "TAP version 14\n"
               "1..2\n"
               "ok 1 - a\n"
               "  ---\n"
               "  trace: |\n"
               "    0.000000 x\n"
               "  ...\n"
               "ok 2 - b\n"
               "  ---\n"
               "  severity: non-strict\n"
               "  reason: \"a SHOULD\"\n"
               "  at:\n"
               "    file: \"talk/b.scs\"\n"
               "  ...\n"
               "# 2 passed, 0 failed\n");
}
END_TEST

START_TEST(a_trace_that_another_format_has_asked_for_is_not_printed) {
    struct report_case cases[] = {passed_case(file_a, "a")};
    cases[0].trace = "0.000000 x\n";
    struct report_run run = {.cases = cases, .case_count = 1, .version = "1.2.3"};
    bool (*const writers[])(FILE *, const struct report_run *, bool) = {report_pretty, report_tap, report_json,
                                                                        report_junit};
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        ck_assert_ptr_nonnull(out);
        ck_assert(writers[i](out, &run, false));
        ck_assert_int_eq(fclose(out), 0);
        ck_assert_ptr_null(strstr(text, "0.000000 x"));
        free(text);
    }
}
END_TEST

START_TEST(tap_says_where_a_failure_is_and_how_to_see_it_again) {
    struct report_case cases[] = {failed_case(file_a, "a", "why\n")};
    cases[0].title = "A \"title\"";
    cases[0].line = 12;
    cases[0].replay = "stanzadrill run talk/a.scs --trace";
    expect_run(report_tap, false, cases, 1,
               "TAP version 14\n"
               "1..1\n"
               "not ok 1 - a\n"
               "  ---\n"
               "  severity: fail\n"
               "  title: \"A \\\"title\\\"\"\n"
               "  message: |\n"
               "    why\n"
               "  at:\n"
               "    file: \"talk/a.scs\"\n"
               "    line: 12\n"
               "    column: 1\n"
               "  replay: \"stanzadrill run talk/a.scs --trace\"\n"
               "  ...\n"
               "# 0 passed, 1 failed\n");
}
END_TEST

START_TEST(a_known_failure_is_shown_with_its_reason_only) {
    struct report_case cases[] = {failed_case(file_a, "a/one", "why\n"), passed_case(file_a, "a/two")};
    cases[0].verdict = REPORT_XFAIL;
    cases[0].reason = "known to fail: so it is";
    expect_run(report_pretty, false, cases, 2,
               "XFAIL       talk/a.scs  2 cases, 1 known to fail\n"
               "            a/one: known to fail: so it is\n"
               "\n"
               "1 passed, 0 failed, 1 known to fail\n");
    expect_run(report_tap, false, cases, 1,
               "TAP version 14\n"
               "1..1\n"
               "not ok 1 - a/one # TO" "DO known to fail: so it is\n"
               "  ---\n"
               "  severity: xfail\n"
               "  reason: \"known to fail: so it is\"\n"
               "  message: |\n"
               "    why\n"
               "  at:\n"
               "    file: \"talk/a.scs\"\n"
               "  ...\n"
               "# 0 passed, 0 failed, 1 known to fail\n");
}
END_TEST

START_TEST(a_case_that_passes_against_the_baseline_fails) {
    struct report_case cases[] = {failed_case(file_a, "a", "it passes\n")};
    cases[0].verdict = REPORT_XPASS;
    expect_run(report_pretty, false, cases, 1,
               "XPASS       talk/a.scs\n"
               "\n"
               "not ok 1 - a\n"
               "  it passes\n"
               "\n"
               "0 passed, 1 failed\n");
}
END_TEST

START_TEST(quiet_has_failures_and_counts_only) {
    struct report_case cases[] = {passed_case(file_a, "a"), failed_case(file_b, "b", "why\n"),
                                  skipped_case(file_b, "c", "no server")};
    expect_run(report_quiet, false, cases, 3, "not ok 2 - b\n  why\n\n1 passed, 1 failed, 1 skipped\n");
    expect_run(report_quiet, false, cases, 1, "1 passed, 0 failed\n");
}
END_TEST

START_TEST(an_empty_run_is_valid_in_both_formats) {
    expect_run(report_tap, false, NULL, 0, "TAP version 14\n1..0 # SKIP no case\n# 0 passed, 0 failed\n");
    expect_run(report_pretty, false, NULL, 0, "\n0 passed, 0 failed\n");
}
END_TEST

START_TEST(a_full_disk_is_noticed) {
    FILE *out = fopen("/dev/full", "w");
    ck_assert_ptr_nonnull(out);
    setvbuf(out, NULL, _IONBF, 0);
    struct report_case cases[] = {passed_case(file_a, "a")};
    struct report_run run = {.cases = cases, .case_count = 1, .version = ""};
    for (const struct report_format *format = report_formats; format->name != NULL; format++) {
        ck_assert_msg(!format->write(out, &run, false), "%s", format->name);
        clearerr(out);
    }
    ck_assert(!report_quiet(out, &run, false));
    fclose(out);
}
END_TEST

Suite *report_suite(void) {
    Suite *suite = suite_create("report");
    TCase *tcase = tcase_create("report");
    tcase_add_test(tcase, broken_and_error_count_as_failed_and_non_strict_as_passed);
    tcase_add_test(tcase, plain_and_non_ascii_text_is_shown_as_it_is);
    tcase_add_test(tcase, control_characters_are_shown_as_octets);
    tcase_add_test(tcase, characters_that_turn_the_writing_direction_are_shown_as_octets);
    tcase_add_test(tcase, octets_that_are_not_utf8_are_shown_as_octets);
    tcase_add_test(tcase, pretty_has_a_line_a_file_and_failures_in_full);
    tcase_add_test(tcase, pretty_says_why_a_case_is_skipped_or_not_strict);
    tcase_add_test(tcase, pretty_shows_traces_below_their_cases);
    tcase_add_test(tcase, pretty_colours_only_the_verdicts);
    tcase_add_test(tcase, the_worst_verdict_stands_for_the_file);
    tcase_add_test(tcase, tap_is_version_14_with_plan_and_blocks);
    tcase_add_test(tcase, tap_guards_what_would_be_a_directive_or_a_new_line);
    tcase_add_test(tcase, tap_keeps_a_space_at_the_start_of_a_block);
    tcase_add_test(tcase, tap_carries_traces_and_reasons_of_passed_cases);
    tcase_add_test(tcase, a_trace_that_another_format_has_asked_for_is_not_printed);
    tcase_add_test(tcase, tap_says_where_a_failure_is_and_how_to_see_it_again);
    tcase_add_test(tcase, a_known_failure_is_shown_with_its_reason_only);
    tcase_add_test(tcase, a_case_that_passes_against_the_baseline_fails);
    tcase_add_test(tcase, quiet_has_failures_and_counts_only);
    tcase_add_test(tcase, an_empty_run_is_valid_in_both_formats);
    tcase_add_test(tcase, a_full_disk_is_noticed);
    suite_add_tcase(suite, tcase);
    return suite;
}
