/* What the writers for programs print: JUnit, GitHub's annotations, OpenMetrics, and the table of them all. */
#include "report.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *report_formats_suite(void);

static struct report_case case_of(const char *name, enum report_verdict verdict) {
    return (struct report_case){
        .file = "talk/a.scs", .name = name, .title = "Talk", .profile = "rfc6121", .verdict = verdict};
}

/* What a writer makes of a run; new. */
static char *print(bool (*writer)(FILE *, const struct report_run *, bool), const struct report_run *run) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    ck_assert(writer(out, run, true));
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

static char *print_cases(bool (*writer)(FILE *, const struct report_run *, bool), const struct report_case *cases,
                         size_t count) {
    const struct report_run run = {.cases = cases, .case_count = count, .version = "1.2.3", .target = "prosody"};
    return print(writer, &run);
}

static void expect(bool (*writer)(FILE *, const struct report_run *, bool), const struct report_case *cases, size_t count,
                   const char *expected) {
    char *text = print_cases(writer, cases, count);
    ck_assert_str_eq(text, expected);
    free(text);
}

static void expect_part(bool (*writer)(FILE *, const struct report_run *, bool), const struct report_case *cases,
                        size_t count, const char *part) {
    char *text = print_cases(writer, cases, count);
    ck_assert_msg(strstr(text, part) != NULL, "no %s in:\n%s", part, text);
    free(text);
}

/* ------------------------------------------------------------------------------------------------------ the table ---- */

START_TEST(every_format_has_a_name_of_its_own) {
    for (const struct report_format *a = report_formats; a->name != NULL; a++) {
        ck_assert_ptr_nonnull((void *)(uintptr_t)a->write);
        for (const struct report_format *b = report_formats; b != a; b++) {
            ck_assert_str_ne(a->name, b->name);
            ck_assert(a->file == NULL || b->file == NULL || strcmp(a->file, b->file) != 0);
        }
    }
}
END_TEST

START_TEST(every_format_can_write_a_run_of_no_cases) {
    const struct report_run run = {.version = "1.2.3"};
    for (const struct report_format *format = report_formats; format->name != NULL; format++) {
        char *text = print(format->write, &run);
        ck_assert_str_ne(text, "");
        free(text);
    }
}
END_TEST

/* ---------------------------------------------------------------------------------------------------------- junit ---- */

START_TEST(junit_is_a_suite_a_file_with_sums) {
    struct report_case cases[] = {case_of("talk/a/one", REPORT_PASS), case_of("talk/a/two", REPORT_FAIL),
                                  case_of("b", REPORT_ERROR)};
    cases[0].virtual_us = 80000;
    cases[1].failure = "talk/a.scs:12: not so\n  expected   this\n";
    cases[1].virtual_us = 1000001;
    cases[2].file = "b";
    cases[2].failure = "why\n";
    expect(report_junit, cases, 3,
           "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<testsuites name=\"stanzadrill\" tests=\"3\" failures=\"1\" errors=\"1\" time=\"1.080001\">\n"
           " <testsuite name=\"talk/a.scs\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"1.080001\">\n"
           "  <properties>\n"
           "   <property name=\"target\" value=\"prosody\"/>\n"
           "   <property name=\"title\" value=\"Talk\"/>\n"
           "  </properties>\n"
           "  <testcase classname=\"talk.a\" name=\"talk/a/one\" time=\"0.080000\"/>\n"
           "  <testcase classname=\"talk.a\" name=\"talk/a/two\" time=\"1.000001\">\n"
           "   <failure message=\"talk/a.scs:12: not so\" type=\"fail\">talk/a.scs:12: not so\n"
           "  expected   this\n"
           "</failure>\n"
           "   <system-out>verdict: fail\n"
           "</system-out>\n"
           "  </testcase>\n"
           " </testsuite>\n"
           " <testsuite name=\"b\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\" time=\"0.000000\">\n"
           "  <properties>\n"
           "   <property name=\"target\" value=\"prosody\"/>\n"
           "   <property name=\"title\" value=\"Talk\"/>\n"
           "  </properties>\n"
           "  <testcase classname=\"b\" name=\"b\" time=\"0.000000\">\n"
           "   <error message=\"why\" type=\"error\">why\n"
           "</error>\n"
           "   <system-out>verdict: error\n"
           "</system-out>\n"
           "  </testcase>\n"
           " </testsuite>\n"
           "</testsuites>\n");
}
END_TEST

/* Readers of these files make folders at dots. */
START_TEST(junit_makes_a_class_of_the_path) {
    char path[700];
    struct report_case c = case_of("a", REPORT_PASS);
    c.file = "talk.d/a.b.scs";
    expect_part(report_junit, &c, 1, "<testcase classname=\"talk_d.a_b\" name=\"a\" ");
    memset(path, 'x', sizeof path);
    memcpy(path, "<a>/", 4);
    path[sizeof path - 1] = '\0';
    c.file = path;
    expect_part(report_junit, &c, 1, "<testcase classname=\"&lt;a&gt;/xxx");
}
END_TEST

START_TEST(junit_tells_a_broken_invariant_from_a_failure) {
    struct report_case c = case_of("a", REPORT_BROKEN);
    c.failure = "why\n";
    expect_part(report_junit, &c, 1, "<error message=\"why\" type=\"broken\">");
    c.verdict = REPORT_XPASS;
    expect_part(report_junit, &c, 1, "<failure message=\"why\" type=\"xpass\">");
}
END_TEST

START_TEST(junit_skips_what_was_skipped_or_is_known) {
    struct report_case c = case_of("a", REPORT_SKIP);
    c.reason = "no server";
    expect_part(report_junit, &c, 1, " errors=\"0\" skipped=\"1\"");
    expect_part(report_junit, &c, 1, "   <skipped message=\"no server\"/>\n  </testcase>");
    c.verdict = REPORT_XFAIL;
    c.reason = "known to fail: so it is";
    c.failure = "what was wrong\n";
    expect_part(report_junit, &c, 1,
                "   <skipped message=\"known to fail: so it is\"/>\n"
                "   <system-out>verdict: xfail\nreason: known to fail: so it is\nwhat was wrong\n</system-out>\n");
}
END_TEST

START_TEST(junit_shows_replay_and_trace_of_what_failed) {
    struct report_case c = case_of("a", REPORT_FAIL);
    c.failure = "why\n";
    c.replay = "stanzadrill run a.scs";
    c.trace = "0.000000 Romeo ~ bound <x>\n";
    expect_part(report_junit, &c, 1,
                "<system-out>verdict: fail\nreplay: stanzadrill run a.scs\n0.000000 Romeo ~ bound &lt;x&gt;\n</system-out>");
}
END_TEST

START_TEST(junit_holds_only_what_xml_can_hold) {
    struct report_case c = case_of("<&\"'\x01\xff\xef\xbf\xbf]]>\n", REPORT_FAIL);
    c.failure = "]]> <x a=\"b\"> \x1b[31m \xc3\xbc\n";
    expect_part(report_junit, &c, 1, " name=\"&lt;&amp;&quot;'\\x01\\xff\\xef\\xbf\\xbf]]&gt;&#10;\" ");
    expect_part(report_junit, &c, 1, ">]]&gt; &lt;x a=&quot;b&quot;&gt; \\x1b[31m \xc3\xbc\n</failure>");
}
END_TEST

/* --------------------------------------------------------------------------------------------------------- github ---- */

START_TEST(github_annotates_what_did_not_go_as_it_should) {
    struct report_case cases[] = {case_of("p", REPORT_PASS), case_of("f", REPORT_FAIL), case_of("n", REPORT_NON_STRICT),
                                  case_of("x", REPORT_XFAIL), case_of("s", REPORT_SKIP)};
    cases[1].line = 12;
    cases[1].column = 3;
    cases[1].failure = "first\n  second\n";
    cases[2].reason = "a SHOULD";
    cases[3].line = 4;
    cases[3].reason = "known to fail: so it is";
    cases[3].failure = "why\n";
    cases[4].reason = "no server";
    expect(report_github, cases, 5,
           "::error file=talk/a.scs,line=12,col=3,title=fail f::first%0A  second\n"
           "::warning file=talk/a.scs,title=non-strict n::a SHOULD\n"
           "::notice file=talk/a.scs,line=4,col=1,title=xfail x::known to fail: so it is%0Awhy\n"
           "::notice file=talk/a.scs,title=skip s::no server\n"
           "2 passed, 1 failed, 1 skipped, 1 known to fail\n");
}
END_TEST

START_TEST(github_guards_what_would_end_a_property_or_a_line) {
    struct report_case c = case_of("a,b:c%0A::error::\nd", REPORT_FAIL);
    c.failure = "50%, a:b\r\n::error::x\n\x1b[31m\n";
    expect(report_github, &c, 1,
           "::error file=talk/a.scs,title=fail a%2Cb%3Ac%250A%3A%3Aerror%3A%3A%0Ad"
           "::50%25, a:b%0D%0A::error::x%0A\\x1b[31m\n"
           "0 passed, 1 failed\n");
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- openmetrics ---- */

START_TEST(openmetrics_counts_verdicts_by_profile) {
    struct report_case cases[] = {case_of("a", REPORT_PASS), case_of("b", REPORT_FAIL), case_of("c", REPORT_PASS)};
    cases[1].profile = "pro\"s\\\n";
    expect_part(report_openmetrics, cases, 3, "# TYPE stanzadrill_run info\n");
    expect_part(report_openmetrics, cases, 3, "stanzadrill_run_info{version=\"1.2.3\",target=\"prosody\"} 1\n");
    expect_part(report_openmetrics, cases, 3, "stanzadrill_cases{profile=\"rfc6121\",verdict=\"pass\"} 2\n");
    expect_part(report_openmetrics, cases, 3, "stanzadrill_cases{profile=\"rfc6121\",verdict=\"fail\"} 0\n");
    expect_part(report_openmetrics, cases, 3, "stanzadrill_cases{profile=\"pro\\\"s\\\\\\\\x0a\",verdict=\"fail\"} 1\n");
}
END_TEST

START_TEST(openmetrics_puts_durations_into_buckets) {
    struct report_case cases[] = {case_of("a", REPORT_PASS), case_of("b", REPORT_PASS), case_of("c", REPORT_PASS)};
    cases[0].virtual_us = 3600 * 1000000ull + 1;
    cases[1].virtual_us = 10000;
    expect_part(report_openmetrics, cases, 3,
                "stanzadrill_case_duration_seconds_bucket{le=\"0.0\"} 1\n"
                "stanzadrill_case_duration_seconds_bucket{le=\"0.01\"} 2\n");
    expect_part(report_openmetrics, cases, 3,
                "stanzadrill_case_duration_seconds_bucket{le=\"3600.0\"} 2\n"
                "stanzadrill_case_duration_seconds_bucket{le=\"+Inf\"} 3\n"
                "stanzadrill_case_duration_seconds_count 3\n"
                "stanzadrill_case_duration_seconds_sum 3600.010001\n");
}
END_TEST

START_TEST(openmetrics_counts_stanzas_attempts_and_queues) {
    static const struct report_route routes[] = {{"message/chat", "msg.full", "deliver", 3}, {"foreign", "in.x", "drop", 1}};
    static const struct report_outcome attempts[] = {{"ready", 2}, {"refused", 1}};
    static const struct report_value queues[] = {{1, 4}, {3, 1}};
    static const struct report_value latencies[] = {{0, 2}, {90000, 1}};
    const struct report_metrics metrics = {routes, 2, latencies, 2, queues, 2, attempts, 2};
    const struct report_run run = {.version = "1.2.3", .target = "t", .metrics = &metrics};
    static const char *const parts[] = {
        "# TYPE stanzadrill_routed_stanzas counter\n# UNIT stanzadrill_routed_stanzas stanzas\n",
        "stanzadrill_routed_stanzas_total{kind=\"message\",type=\"chat\",rule=\"msg.full\",fate=\"deliver\"} 3\n"
        "stanzadrill_routed_stanzas_total{kind=\"foreign\",type=\"\",rule=\"in.x\",fate=\"drop\"} 1\n",
        "stanzadrill_s2s_attempts_total{outcome=\"ready\"} 2\nstanzadrill_s2s_attempts_total{outcome=\"refused\"} 1\n",
        "stanzadrill_s2s_queue_stanzas_bucket{le=\"1.0\"} 4\nstanzadrill_s2s_queue_stanzas_bucket{le=\"2.0\"} 4\n"
        "stanzadrill_s2s_queue_stanzas_bucket{le=\"5.0\"} 5\n",
        "stanzadrill_s2s_queue_stanzas_count 5\nstanzadrill_s2s_queue_stanzas_sum 7.0\n",
        "stanzadrill_latency_seconds_bucket{le=\"0.08\"} 2\nstanzadrill_latency_seconds_bucket{le=\"0.1\"} 3\n",
        "stanzadrill_latency_seconds_sum 0.09\n# EOF\n",
    };
    char *text = print(report_openmetrics, &run);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        ck_assert_msg(strstr(text, parts[i]) != NULL, "no %s in:\n%s", parts[i], text);
    }
    free(text);
}
END_TEST

Suite *report_formats_suite(void) {
    Suite *suite = suite_create("report_formats");
    TCase *tcase = tcase_create("report_formats");
    tcase_add_test(tcase, every_format_has_a_name_of_its_own);
    tcase_add_test(tcase, every_format_can_write_a_run_of_no_cases);
    tcase_add_test(tcase, junit_is_a_suite_a_file_with_sums);
    tcase_add_test(tcase, junit_makes_a_class_of_the_path);
    tcase_add_test(tcase, junit_tells_a_broken_invariant_from_a_failure);
    tcase_add_test(tcase, junit_skips_what_was_skipped_or_is_known);
    tcase_add_test(tcase, junit_shows_replay_and_trace_of_what_failed);
    tcase_add_test(tcase, junit_holds_only_what_xml_can_hold);
    tcase_add_test(tcase, github_annotates_what_did_not_go_as_it_should);
    tcase_add_test(tcase, github_guards_what_would_end_a_property_or_a_line);
    tcase_add_test(tcase, openmetrics_counts_verdicts_by_profile);
    tcase_add_test(tcase, openmetrics_puts_durations_into_buckets);
    tcase_add_test(tcase, openmetrics_counts_stanzas_attempts_and_queues);
    suite_add_tcase(suite, tcase);
    return suite;
}
