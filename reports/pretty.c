/* For people: a line a file, then each failure in full, then the counts. */
#include "report.h"

#include <string.h>

struct look {
    const char *word, *colour;
};

static struct look look_of(enum report_verdict verdict) {
    switch (verdict) {
    case REPORT_PASS:
        return (struct look){"PASS", "\033[32m"};
    case REPORT_NON_STRICT:
        return (struct look){"NON-STRICT", "\033[33m"};
    case REPORT_SKIP:
        return (struct look){"SKIP", "\033[33m"};
    case REPORT_FAIL:
        return (struct look){"FAIL", "\033[31m"};
    case REPORT_BROKEN:
        return (struct look){"BROKEN", "\033[35m"};
    case REPORT_XFAIL:
        return (struct look){"XFAIL", "\033[33m"};
    case REPORT_XPASS:
        return (struct look){"XPASS", "\033[31m"};
    case REPORT_ERROR:
        break;
    }
    return (struct look){"ERROR", "\033[31m"};
}

static void put_verdict(FILE *out, enum report_verdict verdict, bool colour) {
    struct look look = look_of(verdict);
    fprintf(out, "%s%-10s%s  ", colour ? look.colour : "", look.word, colour ? "\033[0m" : "");
}

/* Which of two verdicts stands for both. */
static enum report_verdict worse(enum report_verdict a, enum report_verdict b) {
    static const int weight[] = {
        [REPORT_SKIP] = 0, [REPORT_PASS] = 1,  [REPORT_NON_STRICT] = 2,
        [REPORT_XFAIL] = 3, [REPORT_XPASS] = 4, [REPORT_FAIL] = 5, [REPORT_ERROR] = 6, [REPORT_BROKEN] = 7,
    };
    return weight[b] > weight[a] ? b : a;
}

static void put_reasons(FILE *out, const struct report_run *run) {
    const char *before = NULL;
    for (size_t i = 0; i < run->case_count; i++) {
        const struct report_case *c = &run->cases[i];
        if (c->reason == NULL || (before != NULL && strcmp(before, c->reason) == 0)) {
            continue;
        }
        fputs("            ", out);
        if (run->case_count > 1) {
            report_text(out, c->name);
            fputs(": ", out);
        }
        report_text(out, c->reason);
        putc('\n', out);
        before = c->reason;
    }
}

/* The cases of one file, as a run of their own. */
static void put_file(FILE *out, const struct report_run *run, bool colour) {
    enum report_verdict verdict = run->cases[0].verdict;
    for (size_t i = 1; i < run->case_count; i++) {
        verdict = worse(verdict, run->cases[i].verdict);
    }
    put_verdict(out, verdict, colour);
    report_text(out, run->cases[0].file);
    struct report_counts counts = report_count(run);
    if (run->case_count > 1) {
        fprintf(out, "  %zu cases", run->case_count);
        if (counts.failed > 0) {
            fprintf(out, ", %zu failed", counts.failed);
        }
        if (counts.skipped > 0) {
            fprintf(out, ", %zu skipped", counts.skipped);
        }
        if (counts.non_strict > 0) {
            fprintf(out, ", %zu non-strict", counts.non_strict);
        }
        if (counts.known > 0) {
            fprintf(out, ", %zu known to fail", counts.known);
        }
    }
    putc('\n', out);
    put_reasons(out, run);
}

static void put_files(FILE *out, const struct report_run *run, bool colour) {
    for (size_t i = 0, end; i < run->case_count; i = end) {
        for (end = i + 1; end < run->case_count && strcmp(run->cases[end].file, run->cases[i].file) == 0;) {
            end++;
        }
        struct report_run file = {.cases = run->cases + i, .case_count = end - i, .version = run->version};
        put_file(out, &file, colour);
    }
}

static void put_traces(FILE *out, const struct report_run *run, bool colour) {
    for (size_t i = 0; i < run->case_count; i++) {
        const struct report_case *c = &run->cases[i];
        put_verdict(out, c->verdict, colour);
        report_text(out, c->name);
        putc('\n', out);
        struct report_run one = {.cases = c, .case_count = 1, .version = run->version};
        put_reasons(out, &one);
        if (c->trace != NULL) {
            report_lines(out, "    ", c->trace);
        }
    }
}

/* returns whether there were any. */
static bool put_failures(FILE *out, const struct report_run *run, bool colour, bool after_others) {
    for (size_t i = 0; i < run->case_count; i++) {
        const struct report_case *c = &run->cases[i];
        /* An error was said on stderr, where it stands without the rest; here it would stand twice. */
        if (c->failure == NULL || c->verdict == REPORT_ERROR || !report_is_failure(c->verdict)) {
            continue;
        }
        fprintf(out, "%s%snot ok%s %zu - ", after_others ? "\n" : "", colour ? look_of(c->verdict).colour : "",
                colour ? "\033[0m" : "", i + 1);
        report_text(out, c->name);
        putc('\n', out);
        report_lines(out, "  ", c->failure);
        after_others = true;
    }
    return after_others;
}

bool report_pretty(FILE *out, const struct report_run *run, bool colour) {
    if (run->traces) {
        put_traces(out, run, colour);
    } else {
        put_files(out, run, colour);
    }
    put_failures(out, run, colour, true);
    struct report_counts counts = report_count(run);
    putc('\n', out);
    return report_summary(out, &counts);
}

bool report_quiet(FILE *out, const struct report_run *run, bool colour) {
    struct report_counts counts = report_count(run);
    if (put_failures(out, run, colour, false)) {
        putc('\n', out);
    }
    return report_summary(out, &counts);
}
