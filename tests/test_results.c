/* Results files: what is written is read back, what is broken is refused with its place; and the matrix of several. */
#include "results.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *results_suite(void);

static struct report_case case_of(const char *name, enum report_verdict verdict) {
    return (struct report_case){
        .file = "talk.scs", .name = name, .title = "Talk", .profile = "rfc6121", .verdict = verdict, .fired = 3};
}

/* The text of a run as a results file; new. */
static char *written_run(const struct report_run *run) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    ck_assert(report_json(out, run, false));
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

static char *written(const struct report_case *cases, size_t count, const char *target) {
    return written_run(
        &(struct report_run){.cases = cases, .case_count = count, .version = "1.2.3", .target = target});
}

static struct report_results read_back(const char *text) {
    struct report_results results;
    struct report_fault fault = {0};
    ck_assert_msg(report_results_read(&results, text, strlen(text), &fault), "%u:%u: %s", fault.line, fault.column,
                  fault.text);
    return results;
}

static void refused_octets(const char *bytes, size_t size, unsigned line, const char *words) {
    struct report_results results;
    struct report_fault fault = {0};
    ck_assert(!report_results_read(&results, bytes, size, &fault));
    ck_assert_uint_eq(fault.line, line);
    ck_assert_uint_ge(fault.column, 1);
    ck_assert_msg(strstr(fault.text, words) != NULL, "no \"%s\" in: %s", words, fault.text);
    ck_assert_ptr_null(results.items);
    ck_assert_uint_eq(results.count, 0);
}

static void refused(const char *text, unsigned line, const char *words) {
    refused_octets(text, strlen(text), line, words);
}

/* A document of some cases, which have commas between. */
#define FILE_OF(target, cases) "{\"format\":2,\"target\":\"" target "\",\"cases\":[" cases "]}"
#define CASE(name, verdict) "{\"file\":\"f.scs\",\"name\":\"" name "\",\"title\":\"\",\"verdict\":\"" verdict "\"}"

/* ----------------------------------------------------------------------------------------------------- writing ---- */

START_TEST(a_case_is_one_line_with_its_keys_in_a_fixed_order) {
    static const char *const tags[] = {"slow", "section: RFC 6121 8.5", NULL};
    static const unsigned char fired[] = {1, 0, 1};
    static const struct report_rule rules[] = {{.id = "a.b"}, {.id = "c"}, {.id = "d"}};
    struct report_case c = case_of("talk/a", REPORT_NON_STRICT);
    c.description = "Two\nlines";
    c.tags = tags;
    c.line = 12;
    c.column = 3;
    c.reason = "a SHOULD";
    c.failure = "why\n";
    c.replay = "stanzadrill run talk.scs";
    c.fired_rules = fired;
    c.virtual_us = 80000;
    const struct report_run run = {.cases = &c, .case_count = 1, .version = "1.2.3", .target = "prosody", .rules = rules,
                                   .rule_count = 3};
    char *text = written_run(&run);
    ck_assert_str_eq(text, "{\"format\":2,\"version\":\"1.2.3\",\"target\":\"prosody\",\"passed\":1,\"failed\":0,"
                           "\"skipped\":0,\"non_strict\":1,\"known\":0,\n"
                           "\"cases\":[\n"
                           "{\"file\":\"talk.scs\",\"name\":\"talk/a\",\"title\":\"Talk\","
                           "\"description\":\"Two\\nlines\",\"tags\":[\"slow\",\"section: RFC 6121 8.5\"],"
                           "\"profile\":\"rfc6121\",\"verdict\":\"non-strict\",\"line\":12,\"column\":3,"
                           "\"reason\":\"a SHOULD\",\"failure\":\"why\\n\",\"replay\":\"stanzadrill run talk.scs\","
                           "\"rules\":[\"a.b\",\"d\"],\"duration_us\":80000}\n"
                           "]}\n");
    free(text);
}
END_TEST

START_TEST(a_case_that_fired_no_rule_says_so) {
    static const unsigned char fired[] = {0};
    static const struct report_rule rules[] = {{.id = "a.b"}};
    struct report_case c = case_of("talk/a", REPORT_PASS);
    c.fired_rules = fired;
    char *text = written_run(&(struct report_run){
        .cases = &c, .case_count = 1, .version = "1.2.3", .target = "prosody", .rules = rules, .rule_count = 1});
    ck_assert_ptr_nonnull(strstr(text, ",\"rules\":[],\"duration_us\":0}"));
    free(text);
}
END_TEST

START_TEST(rules_that_are_not_known_are_left_out) {
    struct report_case c = case_of("talk/a", REPORT_PASS);
    char *text = written(&c, 1, "prosody");
    ck_assert_ptr_null(strstr(text, "rules"));
    free(text);
}
END_TEST

START_TEST(what_is_written_is_read_back) {
    static const char odd[] = "quote \" backslash \\ line\nend \x1b[31m Gr\xc3\xbc\xc3\x9f\x65 \xf0\x9f\x8e\xad";
    struct report_case cases[8];
    for (int i = 0; i < 8; i++) {
        static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
        cases[i] = case_of(names[i], (enum report_verdict)i);
    }
    cases[2].failure = odd;
    cases[3].reason = odd;
    cases[4].title = odd;
    char *text = written(cases, 8, odd);
    struct report_results results = read_back(text);
    ck_assert_uint_eq(results.count, 8);
    for (unsigned i = 0; i < 8; i++) {
        const struct report_result *r = &results.items[i];
        ck_assert_str_eq(r->target, odd);
        ck_assert_str_eq(r->file, "talk.scs");
        ck_assert_str_eq(r->name, cases[i].name);
        ck_assert_str_eq(r->title, cases[i].title);
        ck_assert_int_eq(r->verdict, (int)i);
        ck_assert_uint_eq(r->number, i + 1);
    }
    ck_assert_str_eq(results.items[2].failure, odd);
    ck_assert_ptr_null(results.items[2].reason);
    ck_assert_str_eq(results.items[3].reason, odd);
    report_results_free(&results);
    free(text);
}
END_TEST

START_TEST(octets_that_are_not_utf8_are_written_as_their_numbers) {
    const struct report_case c = case_of("a\xff\xc3(", REPORT_PASS);
    char *text = written(&c, 1, "prosody");
    struct report_results results = read_back(text);
    ck_assert_str_eq(results.items[0].name, "a\\xff\\xc3(");
    char *same = report_utf8("a\xff\xc3(");
    ck_assert_str_eq(same, results.items[0].name);
    free(same);
    report_results_free(&results);
    free(text);
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- reading ---- */

START_TEST(any_layout_and_unknown_keys_are_fine) {
    struct report_results results = read_back(
        "\n  \r\n{\"later\":[1,{}],\"cases\":\t[ {\"later\":1,\"file\":\"f\",\"name\":\"n\",\"title\":\"\",\n"
        "\"verdict\":\"pass\"}],\"target\":\"t\",\"format\":2}");
    ck_assert_uint_eq(results.count, 1);
    ck_assert_str_eq(results.items[0].target, "t");
    report_results_free(&results);
}
END_TEST

START_TEST(a_file_without_results_is_refused) {
    refused("", 1, "no JSON");
    refused(FILE_OF("t", ""), 1, "no result in this file");
}
END_TEST

START_TEST(what_is_no_json_is_refused_with_its_place) {
    refused("# Romeo writes to Juliet\n", 1, "no JSON");
    refused("{\"format\":2,\n", 2, "no JSON");
    refused("{} {}\n", 1, "no JSON");
    refused("{\"format\":2,\"format\":2}\n", 1, "no JSON");
    refused("{\"a\":\"\xff\"}\n", 1, "no JSON");
    refused_octets("{\"a\":\"\0\"}\n", 10, 1, "no JSON");
    refused("{\"a\":\"\\u0000\"}\n", 1, "no JSON");
    refused("{\"a\":1e999999}\n", 1, "no JSON");
}
END_TEST

START_TEST(a_column_counts_from_the_start_of_its_line) {
    struct report_results results;
    struct report_fault fault;
    static const char text[] = "{\"format\":2,\n{\"name\":x}\n";
    ck_assert(!report_results_read(&results, text, sizeof text - 1, &fault));
    ck_assert_uint_eq(fault.line, 2);
    ck_assert_uint_eq(fault.column, 1); /* an object is no key */
}
END_TEST

START_TEST(deep_nesting_is_refused_and_breaks_nothing) {
    enum { DEPTH = 1000000 };
    char *text = malloc(DEPTH);
    ck_assert_ptr_nonnull(text);
    memset(text, '[', DEPTH);
    refused_octets(text, DEPTH, 1, "no JSON");
    free(text);
}
END_TEST

START_TEST(what_is_json_but_no_result_is_refused) {
    refused("[]\n", 1, "expected a JSON object");
    refused("17\n", 1, "no JSON"); /* no JSON text by RFC 4627 */
    refused("{}\n", 1, "\"format\" is missing");
    refused("{\"format\":\"2\"}\n", 1, "\"format\" is missing, or no number");
    refused("{\"format\":1}\n", 1, "format 1; this version reads format 2");
    refused("{\"format\":2,\"target\":1}\n", 1, "\"target\" is not a string");
    refused("{\"format\":2,\"target\":\"t\"}\n", 1, "\"cases\" is missing, or no array");
    refused("{\"format\":2,\"target\":\"t\",\"cases\":{}}\n", 1, "\"cases\" is missing, or no array");
    refused(FILE_OF("t", CASE("a", "pass") ",[]"), 1, "case 2: expected a JSON object");
    refused(FILE_OF("t", "{\"file\":\"f\",\"title\":\"\",\"verdict\":\"pass\"}"), 1, "case 1: \"name\" is missing");
    refused(FILE_OF("t", CASE("a", "pas")), 1, "\"verdict\" is \"pas\"; expected pass, non-strict");
    refused(FILE_OF("t", CASE("a", "")), 1, "\"verdict\" is \"\"");
    refused(FILE_OF("t", "{\"file\":\"f\",\"name\":\"n\",\"title\":\"\",\"verdict\":\"fail\",\"failure\":[]}"), 1,
            "\"failure\" is not a string");
}
END_TEST

START_TEST(a_second_result_of_a_case_is_refused_with_the_number_of_the_first) {
    refused(FILE_OF("t", CASE("b", "pass") "," CASE("a", "pass") "," CASE("b", "fail")), 1,
            "case 3: a second result of \"b\"; case 1 is the first");
    refused(FILE_OF("t", CASE("a", "pass") "," CASE("b", "pass") "," CASE("b", "fail") "," CASE("a", "fail")), 1,
            "case 3: a second result of \"b\"; case 2 is the first");
    refused(FILE_OF("t", CASE("a", "pass") "," CASE("b", "pass") "," CASE("a", "fail") "," CASE("b", "fail")), 1,
            "case 3: a second result of \"a\"; case 1 is the first");
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ matrix ---- */

/* The matrix of sources "one", "two" and so on with these texts, and options; new. */
static char *matrix_of(const char *const *texts, size_t count, struct report_matrix matrix) {
    static const char *const names[] = {"one", "two", "three"};
    struct report_source sources[3];
    for (size_t i = 0; i < count; i++) {
        sources[i] = (struct report_source){names[i], read_back(texts[i])};
    }
    matrix.sources = sources;
    matrix.source_count = count;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    ck_assert(report_matrix(out, &matrix));
    ck_assert_int_eq(fclose(out), 0);
    for (size_t i = 0; i < count; i++) {
        report_results_free(&sources[i].results);
    }
    return text;
}

static void expect_matrix(const char *const *texts, size_t count, struct report_matrix matrix, const char *expected) {
    char *text = matrix_of(texts, count, matrix);
    ck_assert_str_eq(text, expected);
    free(text);
}

static const char *const two_servers[] = {
    FILE_OF("simulator:rfc6121", CASE("z/same", "pass") "," CASE("a/other", "pass") "," CASE("both", "fail") ","
            CASE("skipped", "pass")),
    FILE_OF("prosody", CASE("a/other", "fail") "," CASE("z/same", "pass") "," CASE("only-there", "non-strict") ","
            CASE("both", "fail") "," CASE("skipped", "skip")),
};

START_TEST(cases_are_rows_in_the_order_in_which_they_come_and_targets_are_columns) {
    expect_matrix(two_servers, 2, (struct report_matrix){.tsv = false},
                  "case        simulator:rfc6121  prosody\n"
                  "z/same      PASS               PASS\n"
                  "a/other     PASS               FAIL\n"
                  "both        FAIL               FAIL\n"
                  "skipped     PASS               SKIP\n"
                  "only-there  -                  NON-STRICT\n"
                  "\n"
                  "simulator:rfc6121: 3 passed, 1 failed\n"
                  "prosody: 2 passed, 2 failed, 1 skipped\n"
                  "5 cases, 1 with differences, 3 with departures\n");
}
END_TEST

START_TEST(a_difference_is_where_two_verdicts_differ_and_neither_is_skipped_or_missing) {
    expect_matrix(two_servers, 2, (struct report_matrix){.tsv = true, .only_differences = true},
                  "#case\tsimulator:rfc6121\tprosody\n"
                  "a/other\tpass\tfail\n");
}
END_TEST

START_TEST(a_departure_is_where_one_verdict_is_neither_pass_nor_skip) {
    expect_matrix(two_servers, 2, (struct report_matrix){.tsv = true, .only_departures = true},
                  "#case\tsimulator:rfc6121\tprosody\n"
                  "a/other\tpass\tfail\n"
                  "both\tfail\tfail\n"
                  "only-there\t-\tnon-strict\n");
}
END_TEST

START_TEST(both_filters_together_keep_what_both_keep) {
    expect_matrix(two_servers, 2,
                  (struct report_matrix){.tsv = true, .only_departures = true, .only_differences = true},
                  "#case\tsimulator:rfc6121\tprosody\n"
                  "a/other\tpass\tfail\n");
}
END_TEST

START_TEST(a_difference_shows_also_between_the_first_and_the_third) {
    static const char *const texts[] = {FILE_OF("a", CASE("x", "pass")), FILE_OF("b", CASE("y", "pass")),
                                        FILE_OF("c", CASE("x", "fail"))};
    expect_matrix(texts, 3, (struct report_matrix){.tsv = true, .only_differences = true},
                  "#case\ta\tb\tc\n"
                  "x\tpass\t-\tfail\n");
}
END_TEST

START_TEST(one_target_in_two_files_is_two_columns_with_their_files) {
    static const char *const texts[] = {FILE_OF("prosody", CASE("x", "pass")), FILE_OF("other", CASE("x", "pass")),
                                        FILE_OF("prosody", CASE("x", "fail"))};
    expect_matrix(texts, 3, (struct report_matrix){.tsv = false},
                  "case  prosody (one)  other       prosody (three)\n"
                  "x     PASS           PASS        FAIL\n"
                  "\n"
                  "prosody (one): 1 passed, 0 failed\n"
                  "other: 1 passed, 0 failed\n"
                  "prosody (three): 0 passed, 1 failed\n"
                  "1 case, 1 with differences, 1 with departures\n");
}
END_TEST

START_TEST(known_failures_are_counted_and_are_departures) {
    static const char *const texts[] = {FILE_OF("a", CASE("x", "xfail") "," CASE("y", "xpass") "," CASE("z", "pass"))};
    expect_matrix(texts, 1, (struct report_matrix){.only_departures = true},
                  "case  a\n"
                  "x     XFAIL\n"
                  "y     XPASS\n"
                  "\n"
                  "a: 1 passed, 1 failed, 1 known to fail\n"
                  "3 cases, 0 with differences, 2 with departures\n");
}
END_TEST

START_TEST(where_no_row_is_left_the_counts_still_stand) {
    static const char *const texts[] = {FILE_OF("a", CASE("x", "pass"))};
    expect_matrix(texts, 1, (struct report_matrix){.only_departures = true},
                  "a: 1 passed, 0 failed\n"
                  "1 case, 0 with differences, 0 with departures\n");
}
END_TEST

START_TEST(names_cannot_steer_a_terminal_or_break_a_row) {
    static const char *const texts[] = {FILE_OF("a\\u001b[31m", CASE("x\\ty\\nz", "pass"))};
    expect_matrix(texts, 1, (struct report_matrix){.tsv = true},
                  "#case\ta\\x1b[31m\n"
                  "x\\x09y\\x0az\tpass\n");
}
END_TEST

START_TEST(columns_line_up_where_names_are_not_ascii) {
    static const char *const texts[] = {FILE_OF("a", CASE("gr\xc3\xbc\xc3\x9f", "pass") "," CASE("plain", "fail"))};
    char *text = matrix_of(texts, 1, (struct report_matrix){.tsv = false});
    ck_assert_ptr_nonnull(strstr(text, "\ngr\xc3\xbc\xc3\x9f   PASS\nplain  FAIL\n"));
    free(text);
}
END_TEST

Suite *results_suite(void) {
    Suite *suite = suite_create("results");
    TCase *tcase = tcase_create("results");
    tcase_add_test(tcase, a_case_is_one_line_with_its_keys_in_a_fixed_order);
    tcase_add_test(tcase, a_case_that_fired_no_rule_says_so);
    tcase_add_test(tcase, rules_that_are_not_known_are_left_out);
    tcase_add_test(tcase, what_is_written_is_read_back);
    tcase_add_test(tcase, octets_that_are_not_utf8_are_written_as_their_numbers);
    tcase_add_test(tcase, any_layout_and_unknown_keys_are_fine);
    tcase_add_test(tcase, a_file_without_results_is_refused);
    tcase_add_test(tcase, what_is_no_json_is_refused_with_its_place);
    tcase_add_test(tcase, a_column_counts_from_the_start_of_its_line);
    tcase_add_test(tcase, deep_nesting_is_refused_and_breaks_nothing);
    tcase_add_test(tcase, what_is_json_but_no_result_is_refused);
    tcase_add_test(tcase, a_second_result_of_a_case_is_refused_with_the_number_of_the_first);
    tcase_add_test(tcase, cases_are_rows_in_the_order_in_which_they_come_and_targets_are_columns);
    tcase_add_test(tcase, a_difference_is_where_two_verdicts_differ_and_neither_is_skipped_or_missing);
    tcase_add_test(tcase, a_departure_is_where_one_verdict_is_neither_pass_nor_skip);
    tcase_add_test(tcase, both_filters_together_keep_what_both_keep);
    tcase_add_test(tcase, a_difference_shows_also_between_the_first_and_the_third);
    tcase_add_test(tcase, one_target_in_two_files_is_two_columns_with_their_files);
    tcase_add_test(tcase, known_failures_are_counted_and_are_departures);
    tcase_add_test(tcase, where_no_row_is_left_the_counts_still_stand);
    tcase_add_test(tcase, names_cannot_steer_a_terminal_or_break_a_row);
    tcase_add_test(tcase, columns_line_up_where_names_are_not_ascii);
    suite_add_tcase(suite, tcase);
    return suite;
}
