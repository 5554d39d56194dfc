/* What the HTML report says, through report.h. How it looks and works in a browser: html.sh. */
#include "report.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

Suite *html_suite(void);

enum { RULE_COUNT = 5 };

static const struct report_rule rules[RULE_COUNT] = {
    {"msg.one", "local", "6121 8.5.2", "MUST", "one resource is there", "deliver it", NULL, true},
    {"msg.two", "local", "6121 8.5.2", "MUST", "a < b & c", "store \"it\"", NULL, true},
    {"msg.three", "local", "6121 8.5.3", "MAY", "nothing shows it", "nothing", "there are no <streams> here", true},
    {"msg.four", "remote", "6120 10.4", "MUST", "it is carried out", "it is not seen", NULL, true},
    {"msg.five", "remote", "6120 10.4", "MUST", "it waits", "it waits on", NULL, false},
};
static const unsigned char fired_one[RULE_COUNT] = {1, 0, 0, 0, 0}, fired_two[RULE_COUNT] = {1, 1, 0, 0, 0};

static struct report_case simple(const char *file, const char *name, enum report_verdict verdict) {
    return (struct report_case){
        .file = file,
        .name = name,
        .title = "Talk",
        .description = "They talk.",
        .profile = "rfc6121",
        .verdict = verdict,
        .failure = verdict == REPORT_FAIL ? "line 9: Juliet receives\n" : NULL,
        .replay = "stanzadrill run talk.scs",
        .fired = 1,
        .fired_rules = fired_one,
    };
}

static char *write_run(const struct report_run *run, size_t *size) {
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    ck_assert_ptr_nonnull(out);
    ck_assert(report_html(out, run, false));
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

static char *write_cases(const struct report_case *cases, size_t count, size_t *size) {
    static const char *const columns[] = {"chat", "normal"}, *const rows[] = {"somebody", "nobody"};
    static const int cells[] = {0, 3, -1, 2};
    static const struct report_grid grid = {"Messages", columns, rows, 2, 2, cells};
    const struct report_run run = {.cases = cases,
                                   .case_count = count,
                                   .version = "1.2.3",
                                   .target = "simulator:rfc6121",
                                   .rules = rules,
                                   .rule_count = RULE_COUNT,
                                   .grids = &grid,
                                   .grid_count = 1};
    return write_run(&run, size);
}

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (const char *p = text; (p = strstr(p, part)) != NULL; p += strlen(part)) {
        count++;
    }
    return count;
}

/* `expected` is NULL-terminated; all of it must be in the report of these cases. */
static void expect_parts(const struct report_case *cases, size_t count, const char *const *expected) {
    size_t size;
    char *text = write_cases(cases, count, &size);
    for (; *expected != NULL; expected++) {
        ck_assert_msg(strstr(text, *expected) != NULL, "missing: %s", *expected);
    }
    free(text);
}

START_TEST(text_of_a_scenario_is_escaped_wherever_it_stands) {
    static const char evil[] = "<script>alert(1)</script>\"'&]]>\xe2\x80\xae\xff\x1b";
    static const char *const tags[] = {evil, "section: <script>alert(2)</script>", NULL};
    struct report_event step = {.kind = REPORT_STEP, .from = -1, .to = -1, .line = 9, .label = evil};
    struct report_lane lane = {evil, evil, REPORT_CLIENT};
    struct report_story story = {&lane, 1, &step, 1};
    struct report_case c = simple(evil, evil, REPORT_FAIL);
    c.title = c.description = c.profile = c.failure = c.reason = c.trace = c.replay = evil;
    c.tags = tags;
    c.story = &story;
    size_t size;
    char *text = write_cases(&c, 1, &size);
    ck_assert_uint_eq(count_of(text, "<script>alert"), 0);
    ck_assert_uint_eq(count_of(text, "<script>"), 1);
    ck_assert_uint_eq(count_of(text, "</script>"), 1);
    ck_assert_ptr_null(strstr(text, "]]>"));
    ck_assert_ptr_null(strstr(text, "\xe2\x80\xae"));
    ck_assert_ptr_null(strchr(text, '\xff'));
    ck_assert_ptr_null(strchr(text, '\x1b'));
    ck_assert_ptr_nonnull(
        strstr(text, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;]]&gt;\\xe2\\x80\\xae\\xff\\x1b"));
    free(text);
}
END_TEST

START_TEST(what_xml_cannot_hold_comes_out_as_octets) {
    struct report_case c = simple("a.scs", "a", REPORT_PASS);
    c.title = "a\xef\xbf\xbe"
              "b\xef\xbf\xbf"
              "c\xed\xa0\x80"
              "d\xc0\x80"
              "e\xf0\x9f\x98\x80"
              "f";
    expect_parts(&c, 1,
                 (const char *const[]){"a\\xef\\xbf\\xbeb\\xef\\xbf\\xbfc\\xed\\xa0\\x80d\\xc0\\x80"
                                       "e\xf0\x9f\x98\x80"
                                       "f",
                                       NULL});
}
END_TEST

START_TEST(a_permalink_is_made_of_the_name_and_of_nothing_else) {
    const struct report_case cases[] = {simple("s/a.scs", "s/a/first row", REPORT_PASS),
                                        simple("s/b_c.scs", "s/b_c", REPORT_FAIL)};
    expect_parts(cases, 2, (const char *const[]){"id=\"case/s/a/first_20row\"", "id=\"case/s/b_5fc\"", NULL});
    expect_parts(cases + 1, 1, (const char *const[]){"id=\"case/s/b_5fc\"", NULL});
}
END_TEST

START_TEST(cases_of_one_name_have_permalinks_of_their_own) {
    const struct report_case cases[] = {simple("s.scs", "s/a", REPORT_PASS), simple("s/a.scs", "s/a", REPORT_PASS),
                                        simple("t.scs", "s/a__2", REPORT_PASS)};
    expect_parts(cases, 3,
                 (const char *const[]){"id=\"case/s/a\"", "id=\"case/s/a__2\"", "id=\"case/s/a_5f_5f2\"", NULL});
}
END_TEST

START_TEST(all_eight_verdicts_are_counted_and_explained) {
    static const char *const words[] = {"pass", "non-strict", "fail", "skip", "broken", "error", "xfail", "xpass"};
    struct report_case cases[REPORT_VERDICT_COUNT + 2];
    for (int i = 0; i < REPORT_VERDICT_COUNT; i++) {
        cases[i] = simple("a.scs", "a", (enum report_verdict)i);
    }
    cases[8] = cases[9] = simple("a.scs", "a", REPORT_FAIL);
    size_t size;
    char *text = write_cases(cases, 10, &size);
    for (int i = 0; i < REPORT_VERDICT_COUNT; i++) {
        char row[200];
        snprintf(row, sizeof row, "<th scope=\"row\"><span class=\"v %s\">%s</span></th><td>%d</td><td>", words[i],
                 words[i], i == REPORT_FAIL ? 3 : 1);
        ck_assert_msg(count_of(text, row) == 1, "missing: %s", row);
    }
    ck_assert_ptr_nonnull(strstr(text, "<h1>6 of 9 cases failed</h1>"));
    free(text);
}
END_TEST

START_TEST(the_headline_says_what_matters_most) {
    static const struct {
        enum report_verdict first, second;
        const char *headline;
    } rows[] = {
        {REPORT_PASS, REPORT_NON_STRICT, "<h1>All 2 cases passed</h1>"},
        {REPORT_PASS, REPORT_XFAIL, "<h1>1 of 2 cases passed</h1>"},
        {REPORT_PASS, REPORT_XPASS, "<h1>1 of 2 cases failed</h1>"},
        {REPORT_ERROR, REPORT_BROKEN, "<h1>2 of 2 cases failed</h1>"},
        {REPORT_FAIL, REPORT_SKIP, "<h1>The case failed</h1>"},
        {REPORT_SKIP, REPORT_SKIP, "<h1>No case was played</h1>"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct report_case cases[] = {simple("a.scs", "a/1", rows[i].first),
                                            simple("a.scs", "a/2", rows[i].second)};
        expect_parts(cases, 2, (const char *const[]){rows[i].headline, NULL});
    }
}
END_TEST

static const char legend_open[] = "<details class=\"fold\" open=\"open\"><summary><h3>What the verdicts mean</h3>";

START_TEST(what_did_not_pass_comes_before_the_legend_of_verdicts) {
    const struct report_case cases[] = {simple("a.scs", "a", REPORT_PASS), simple("b.scs", "b", REPORT_FAIL)};
    expect_parts(cases, 1, (const char *const[]){legend_open, NULL});
    expect_parts(cases, 2,
                 (const char *const[]){"<details class=\"fold\"><summary><h3>What the verdicts mean</h3>", NULL});
}
END_TEST

START_TEST(of_many_cases_that_departed_from_a_should_some_are_listed_behind_all_that_failed) {
    struct report_case cases[42];
    for (int i = 0; i < 42; i++) {
        cases[i] = simple("a.scs", "a", i < 30 ? REPORT_NON_STRICT : REPORT_FAIL);
    }
    size_t size;
    char *text = write_cases(cases, 42, &size);
    char *list = strstr(text, "<ul class=\"attention\">"), *end = list == NULL ? NULL : strstr(list, "</ul>");
    ck_assert_ptr_nonnull(end);
    ck_assert_ptr_nonnull(strstr(end, "<p>20 more stand among the"));
    *end = '\0';
    ck_assert_uint_eq(count_of(list, "<li><span class=\"v fail\">"), 12);
    ck_assert_uint_eq(count_of(strstr(list, "non-strict"), "<li>"), 9);
    ck_assert_uint_eq(count_of(list, "<li><span class=\"v non-strict\">"), 10);
    free(text);
}
END_TEST

START_TEST(a_verdict_that_no_case_has_stands_in_the_legend_too) {
    const struct report_case c = simple("a.scs", "a", REPORT_PASS);
    expect_parts(&c, 1,
                 (const char *const[]){"<h1>The case passed</h1>",
                                       "<span class=\"v xpass\">xpass</span></th><td>0</td>",
                                       "<span class=\"v broken\">broken</span></th><td>0</td>", NULL});
}
END_TEST

START_TEST(a_rule_that_nothing_fired_stands_out_and_is_listed) {
    struct report_case cases[] = {simple("s/a.scs", "s/a", REPORT_PASS), simple("s/b.scs", "s/b", REPORT_FAIL)};
    cases[1].fired_rules = fired_two;
    size_t size;
    char *text = write_cases(cases, 2, &size);
    ck_assert_ptr_nonnull(strstr(text, "<details class=\"unfired\" open=\"open\">\n<summary><strong>1 rule is carried "
                                 "out, but nothing fired it</strong></summary>"));
    ck_assert_ptr_nonnull(strstr(text, "<li><a href=\"#rule/msg.four\">msg.four</a></li>"));
    ck_assert_ptr_nonnull(strstr(text, "<tr id=\"rule/msg.four\" class=\"none\">"));
    ck_assert_uint_eq(count_of(text, "<strong>Nothing fired it.</strong>"), 1);
    ck_assert_ptr_nonnull(strstr(text, "<tr id=\"rule/msg.one\">"));
    ck_assert_ptr_nonnull(strstr(text, "<tr id=\"rule/msg.two\">"));
    free(text);
}
END_TEST

START_TEST(a_rule_that_nothing_can_show_says_why) {
    const struct report_case c = simple("a.scs", "a", REPORT_PASS);
    expect_parts(&c, 1,
                 (const char *const[]){"Nothing can show it: there are no &lt;streams&gt; here.",
                                       "<p>When a &lt; b &amp; c: store &quot;it&quot;.</p>", NULL});
}
END_TEST

START_TEST(a_rule_says_how_many_cases_fired_it_and_links_to_them) {
    struct report_case cases[] = {simple("s/a.scs", "s/a", REPORT_PASS), simple("t/b.scs", "t/b", REPORT_FAIL),
                                  simple("t/c.scs", "t/c", REPORT_PASS)};
    cases[1].fired_rules = fired_two;
    expect_parts(
        cases, 3,
        (const char *const[]){"<summary>3 cases</summary><ul><li><a href=\"#case/t/b\">t/b</a></li>"
                              "<li><a href=\"#case/s/a\">s/a</a></li><li><a href=\"#case/t/c\">t/c</a></li></ul>"
                              "</details><span class=\"v fail\">fail</span></td><td class=\"h1\">1</td>"
                              "<td class=\"h1\">2</td></tr>",
                              NULL});
}
END_TEST

START_TEST(a_grid_shows_rule_count_and_worst_verdict_of_each_cell) {
    const struct report_case cases[] = {simple("s/a.scs", "s/a", REPORT_PASS), simple("s/b.scs", "s/b", REPORT_FAIL)};
    expect_parts(cases, 2,
                 (const char *const[]){
                     "<td class=\"h1\"><a href=\"#rule/msg.one\">msg.one</a> <span>2 cases</span> "
                     "<span class=\"v fail\">fail</span></td>",
                     "<td class=\"none\"><a href=\"#rule/msg.four\">msg.four</a> <strong>nothing fires it</strong>",
                     "<td class=\"never\">cannot occur</td>",
                     "<td class=\"never\"><a href=\"#rule/msg.three\">msg.three</a> not shown here</td>", NULL});
    const struct report_case order[] = {simple("s/a.scs", "s/a", REPORT_XFAIL), simple("s/b.scs", "s/b", REPORT_FAIL),
                                        simple("s/c.scs", "s/c", REPORT_NON_STRICT)};
    expect_parts(order, 3,
                 (const char *const[]){"<span>3 cases</span> <span class=\"v fail\">fail</span></td>", NULL});
}
END_TEST

START_TEST(a_cell_is_warmer_for_each_power_of_ten) {
    static const struct {
        size_t cases;
        const char *cell;
    } rows[] = {{1, "<td class=\"h1\">1</td>"},     {9, "<td class=\"h1\">9</td>"},
                {10, "<td class=\"h2\">10</td>"},   {99, "<td class=\"h2\">99</td>"},
                {100, "<td class=\"h3\">100</td>"}, {999, "<td class=\"h3\">999</td>"},
                {1000, "<td class=\"h4\">1000</td>"}};
    struct report_case *cases = calloc(1000, sizeof *cases);
    ck_assert_ptr_nonnull(cases);
    for (size_t i = 0; i < 1000; i++) {
        cases[i] = simple("s/a.scs", "s/a", REPORT_PASS);
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect_parts(cases, rows[i].cases, (const char *const[]){rows[i].cell, NULL});
    }
    free(cases);
}
END_TEST

START_TEST(folders_are_called_by_what_tells_them_apart) {
    const struct report_case cases[] = {simple("s/x/ab/1.scs", "s/x/ab/1", REPORT_PASS),
                                        simple("s/x/ac/1.scs", "s/x/ac/1", REPORT_PASS)};
    expect_parts(cases, 2,
                 (const char *const[]){"<th scope=\"col\" class=\"turned\"><span>ab</span></th>"
                                       "<th scope=\"col\" class=\"turned\"><span>ac</span></th>",
                                       "<summary><h3>ab</h3>", "<a href=\"#case/s/x/ac/1\">ac/1</a>", NULL});
    expect_parts(cases, 1, (const char *const[]){"<summary><h3>s/x/ab</h3>", NULL});
}
END_TEST

START_TEST(a_rule_links_to_one_case_a_file) {
    const struct report_case cases[] = {simple("a.scs", "a/1", REPORT_PASS), simple("a.scs", "a/2", REPORT_PASS),
                                        simple("b.scs", "b", REPORT_PASS)};
    expect_parts(cases, 3,
                 (const char *const[]){"<summary>3 cases</summary><ul><li><a href=\"#case/a/1\">a/1</a></li>"
                                       "<li><a href=\"#case/b\">b</a></li><li>and 1 more</li></ul>",
                                       NULL});
}
END_TEST

START_TEST(chapters_to_filter_by_stand_in_the_order_of_their_numbers) {
    static const char *const tags[] = {"section: RFC 6121 8.10.1", "section: RFC 6121 8.9.2", "section: RFC 6120 10.4",
                                       "section: RFC 6121 8.9.1", "section: XEP-0160 3", NULL};
    struct report_case c = simple("a.scs", "a", REPORT_PASS);
    c.tags = tags;
    expect_parts(&c, 1,
                 (const char *const[]){"<option value=\"\">all</option><option>RFC 6120 10.4</option>"
                                       "<option>RFC 6121 8.9</option><option>RFC 6121 8.10</option>"
                                       "<option>XEP-0160 3</option></select>",
                                       NULL});
}
END_TEST

START_TEST(what_is_cut_is_whole_up_to_there) {
    char title[400], trace[20000];
    struct report_event events[401];
    const struct report_story story = {.events = events, .event_count = 401};
    struct report_case c = simple("a.scs", "a", REPORT_PASS);
    memset(title, 'T', sizeof title);
    memcpy(title + 299, "\xc3\xbc tail", 8);
    memset(trace, 'x', sizeof trace);
    memcpy(trace + 15985, "\nthe last\nthe next", 18);
    trace[sizeof trace - 1] = '\0';
    for (int i = 0; i < 401; i++) {
        events[i] = (struct report_event){.kind = REPORT_FAULT, .from = -1, .to = -1, .label = "network heals"};
    }
    c.title = title;
    c.trace = trace;
    c.story = &story;
    size_t size;
    char *text = write_cases(&c, 1, &size);
    ck_assert_ptr_nonnull(strstr(text, "TTT\xe2\x80\xa6 <code>a</code></h4>"));
    ck_assert_ptr_nonnull(strstr(text, "xxx\nthe last\n</pre><p class=\"meta\">The trace goes on.</p>"));
    ck_assert_ptr_nonnull(strstr(text, "With its 401 events it makes no diagram"));
    ck_assert_ptr_null(strstr(text, "<svg "));
    free(text);
}
END_TEST

START_TEST(a_section_of_an_rfc_is_a_link_to_it) {
    static const char *const tags[] = {"section: RFC 6121 8.5.2", "section: RFC 6121 A.2", "section: XEP-0160 3",
                                       "slow", NULL};
    struct report_case c = simple("a.scs", "a", REPORT_PASS);
    c.tags = tags;
    expect_parts(&c, 1,
                 (const char *const[]){
                     "<a href=\"https://www.rfc-editor.org/rfc/rfc6121#section-8.5.2\">RFC 6121 8.5.2</a>",
                     "<a href=\"https://www.rfc-editor.org/rfc/rfc6121#appendix-A.2\">RFC 6121 A.2</a>",
                     "<li>XEP-0160 3</li>", "<li>slow</li>", " data-s=\"RFC 6121 8.5.2|RFC 6121 A.2|XEP-0160 3\"",
                     "<option>RFC 6121 8.5</option>", NULL});
}
END_TEST

START_TEST(a_case_shows_requirement_steps_outcome_diagram_trace_and_command) {
    const struct report_lane lanes[] = {{"Romeo", "romeo@verona.example/x", REPORT_CLIENT},
                                        {"verona", "verona.example", REPORT_SERVER}};
    const struct report_event events[] = {
        {.kind = REPORT_STEP, .from = -1, .to = -1, .line = 9, .label = "Romeo sends"},
        {.kind = REPORT_SENDS,
         .from = 0,
         .to = 1,
         .line = 9,
         .number = 1,
         .label = "m1 message/chat",
         .stanza_kind = "message/chat",
         .stanza = "<message id=\"m1\"/>"},
    };
    const struct report_story story = {lanes, 2, events, 2};
    struct report_case c = simple("a.scs", "a", REPORT_FAIL);
    c.line = 9;
    c.story = &story;
    c.trace = "0.000000 verona < m1\n";
    expect_parts(&c, 1,
                 (const char *const[]){
                     "<h5>Requirement</h5><p>They talk.</p>", "<li value=\"9\" class=\"here\">Romeo sends <strong>",
                     "<pre class=\"failure\">line 9: Juliet receives\n</pre>", "<svg ", "</svg></div>",
                     "0.000000 verona &lt; m1\n</pre>", "<code>stanzadrill run talk.scs</code>",
                     "<a href=\"#rule/msg.one\">msg.one</a> 6121 8.5.2</li>", NULL});
}
END_TEST

/* The line of a failure may be below that of the step it belongs to, as that of a stanza is. */
START_TEST(the_step_in_which_it_failed_is_marked) {
    static const char mark[] = " <strong>\xe2\x80\x93 it failed here</strong>";
    struct report_event steps[14];
    char expected[100];
    for (unsigned i = 0; i < 14; i++) {
        steps[i] = (struct report_event){.kind = REPORT_STEP, .from = -1, .to = -1, .line = 10 * i + 10, .label = "step"};
    }
    const struct report_story story = {.events = steps, .event_count = 14};
    static const struct {
        enum report_verdict verdict;
        unsigned line, step;
    } rows[] = {{REPORT_FAIL, 20, 20}, {REPORT_FAIL, 39, 30},    {REPORT_FAIL, 999, 140}, {REPORT_FAIL, 9, 0},
                {REPORT_FAIL, 0, 0},   {REPORT_BROKEN, 45, 40}, {REPORT_PASS, 20, 0},    {REPORT_NON_STRICT, 20, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct report_case c = simple("a.scs", "a", rows[i].verdict);
        c.line = rows[i].line;
        c.story = &story;
        size_t size;
        char *text = write_cases(&c, 1, &size);
        snprintf(expected, sizeof expected, "<li value=\"%u\" class=\"here\">step%s</li>", rows[i].step, mark);
        ck_assert_uint_eq(count_of(text, expected), rows[i].step > 0);
        ck_assert_uint_eq(count_of(text, mark), rows[i].step > 0);
        ck_assert_uint_eq(count_of(text, "<ol class=\"steps many\">"), 1);
        ck_assert_uint_eq(count_of(text, "<li value="), 14);
        free(text);
    }
}
END_TEST

/* Three thousand cases whose details would be far too much; every third is the first of its file, the last one fails.
 */
START_TEST(a_report_keeps_its_budget_and_shows_first_what_did_not_pass) {
    enum { COUNT = 3000, TRACE = 12000 };
    struct report_case *cases = calloc(COUNT, sizeof *cases);
    char(*names)[32] = calloc(COUNT, sizeof *names), *trace = malloc(TRACE + 1);
    ck_assert(cases != NULL && names != NULL && trace != NULL);
    memset(trace, '<', TRACE);
    trace[TRACE] = '\0';
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "s/%d", i);
        cases[i] = simple(names[i - i % 3], names[i], i == COUNT - 1 ? REPORT_FAIL : REPORT_PASS);
        cases[i].trace = trace;
    }
    size_t size;
    char *text = write_cases(cases, COUNT, &size);
    ck_assert_uint_lt(size, 20 * 1000 * 1000);
    const size_t left_out = count_of(text, "The details are left out, to keep this report small.");
    const size_t kept = count_of(text, "<h5>Outcome</h5>");
    ck_assert_uint_gt(kept, 100);
    ck_assert_uint_eq(kept + left_out, COUNT);
    ck_assert_ptr_nonnull(strstr(text, "<div id=\"case/s/2999\">"));
    ck_assert_ptr_nonnull(strstr(text, "<div id=\"case/s/0\">"));
    ck_assert_ptr_nonnull(strstr(text,
                                 "<p id=\"case/s/1\">The details are left out, to keep this report small. They are "
                                 "shown by <code>stanzadrill run talk.scs</code></p>"));
    free(text);
    free(trace);
    free(names);
    free(cases);
}
END_TEST

START_TEST(nothing_is_fetched_from_elsewhere) {
    const struct report_case c = simple("a.scs", "a", REPORT_PASS);
    size_t size;
    char *text = write_cases(&c, 1, &size);
    ck_assert_ptr_nonnull(strstr(text, "default-src 'none'"));
    ck_assert_ptr_null(strstr(text, "<link"));
    ck_assert_ptr_null(strstr(text, "<img"));
    ck_assert_ptr_null(strstr(text, "@import"));
    ck_assert_ptr_null(strstr(text, " src=\""));
    ck_assert_uint_eq(count_of(text, "url("), count_of(text, "url(\"data:"));
    free(text);
}
END_TEST

START_TEST(a_run_without_cases_and_rules_makes_a_page_too) {
    const struct report_run run = {.version = "1.2.3", .target = "prosody"};
    size_t size;
    char *text = write_run(&run, &size);
    ck_assert_ptr_nonnull(strstr(text, "<h1>No case</h1>"));
    ck_assert_str_eq(text + size - 8, "</html>\n");
    free(text);
}
END_TEST

START_TEST(a_full_disk_is_noticed) {
    FILE *out = fopen("/dev/full", "w");
    if (out == NULL) {
        return;
    }
    struct report_case c = simple("a.scs", "a", REPORT_PASS);
    const struct report_run run = {.cases = &c, .case_count = 1, .version = "1.2.3", .target = "prosody"};
    char small[64];
    setvbuf(out, small, _IOFBF, sizeof small);
    ck_assert(!report_html(out, &run, false));
    fclose(out);
}
END_TEST

Suite *html_suite(void) {
    Suite *suite = suite_create("html");
    TCase *tcase = tcase_create("html");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, text_of_a_scenario_is_escaped_wherever_it_stands);
    tcase_add_test(tcase, what_xml_cannot_hold_comes_out_as_octets);
    tcase_add_test(tcase, a_permalink_is_made_of_the_name_and_of_nothing_else);
    tcase_add_test(tcase, cases_of_one_name_have_permalinks_of_their_own);
    tcase_add_test(tcase, all_eight_verdicts_are_counted_and_explained);
    tcase_add_test(tcase, the_headline_says_what_matters_most);
    tcase_add_test(tcase, what_did_not_pass_comes_before_the_legend_of_verdicts);
    tcase_add_test(tcase, of_many_cases_that_departed_from_a_should_some_are_listed_behind_all_that_failed);
    tcase_add_test(tcase, a_verdict_that_no_case_has_stands_in_the_legend_too);
    tcase_add_test(tcase, a_rule_that_nothing_fired_stands_out_and_is_listed);
    tcase_add_test(tcase, a_rule_that_nothing_can_show_says_why);
    tcase_add_test(tcase, a_rule_says_how_many_cases_fired_it_and_links_to_them);
    tcase_add_test(tcase, a_grid_shows_rule_count_and_worst_verdict_of_each_cell);
    tcase_add_test(tcase, a_cell_is_warmer_for_each_power_of_ten);
    tcase_add_test(tcase, folders_are_called_by_what_tells_them_apart);
    tcase_add_test(tcase, a_rule_links_to_one_case_a_file);
    tcase_add_test(tcase, chapters_to_filter_by_stand_in_the_order_of_their_numbers);
    tcase_add_test(tcase, what_is_cut_is_whole_up_to_there);
    tcase_add_test(tcase, a_section_of_an_rfc_is_a_link_to_it);
    tcase_add_test(tcase, a_case_shows_requirement_steps_outcome_diagram_trace_and_command);
    tcase_add_test(tcase, the_step_in_which_it_failed_is_marked);
    tcase_add_test(tcase, a_report_keeps_its_budget_and_shows_first_what_did_not_pass);
    tcase_add_test(tcase, nothing_is_fetched_from_elsewhere);
    tcase_add_test(tcase, a_run_without_cases_and_rules_makes_a_page_too);
    tcase_add_test(tcase, a_full_disk_is_noticed);
    suite_add_tcase(suite, tcase);
    return suite;
}
