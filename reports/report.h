/* report.h - results as text, in several formats, from plain structs. Knows neither router nor sim. */
#ifndef STANZADRILL_REPORT_H
#define STANZADRILL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum report_verdict { REPORT_PASS, REPORT_NON_STRICT, REPORT_FAIL, REPORT_SKIP, REPORT_BROKEN, REPORT_ERROR };

struct report_case {
    const char *file;    /* the scenario's path; cases of one file follow each other */
    const char *name;    /* path without .scs, with the case's name; any octets but NUL */
    const char *title;
    const char *profile;
    enum report_verdict verdict;
    const char *failure; /* several lines, each ended by newline; NULL on a pass */
    const char *reason;  /* one line; NULL where none */
    const char *trace;   /* several lines; NULL where none */
    uint64_t virtual_us;
    size_t fired; /* how many rules it fired; 0: not known */
};

struct report_run {
    const struct report_case *cases; /* in the order of the run */
    size_t case_count;
    const char *version;
};

struct report_counts {
    size_t passed, failed, skipped, non_strict; /* passed includes non_strict; failed includes broken and error */
};

struct report_counts report_count(const struct report_run *run);

/* A writer prints a whole run. colour: ANSI colours. returns false where writing failed. */
bool report_pretty(FILE *out, const struct report_run *run, bool colour);
bool report_tap(FILE *out, const struct report_run *run, bool colour);

/* report_summary - the last line: "N passed, N failed", with ", N skipped" where some were. */
bool report_summary(FILE *out, const struct report_counts *counts);

/* report_text - text from elsewhere on one line: octets that could steer a terminal, and those that are not UTF-8, come
 * out as \xNN. returns false where writing failed. */
bool report_text(FILE *out, const char *text);

/* report_lines - the same for several lines, each after `indent`. */
bool report_lines(FILE *out, const char *indent, const char *text);

#endif
