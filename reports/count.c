/* Counts of a run and its last line. */
#include "report.h"

void report_count_add(struct report_counts *counts, enum report_verdict verdict) {
    switch (verdict) {
    case REPORT_PASS:
        counts->passed++;
        break;
    case REPORT_NON_STRICT:
        counts->passed++;
        counts->non_strict++;
        break;
    case REPORT_SKIP:
        counts->skipped++;
        break;
    case REPORT_FAIL:
    case REPORT_BROKEN:
    case REPORT_ERROR:
    case REPORT_XPASS:
        counts->failed++;
        break;
    case REPORT_XFAIL:
        counts->known++;
        break;
    }
}

struct report_counts report_count(const struct report_run *run) {
    struct report_counts counts = {0};
    for (size_t i = 0; i < run->case_count; i++) {
        report_count_add(&counts, run->cases[i].verdict);
    }
    return counts;
}

bool report_is_failure(enum report_verdict verdict) {
    struct report_counts counts = {0};
    report_count_add(&counts, verdict);
    return counts.failed > 0;
}

bool report_summary(FILE *out, const struct report_counts *counts) {
    fprintf(out, "%zu passed, %zu failed", counts->passed, counts->failed);
    if (counts->skipped > 0) {
        fprintf(out, ", %zu skipped", counts->skipped);
    }
    if (counts->known > 0) {
        fprintf(out, ", %zu known to fail", counts->known);
    }
    putc('\n', out);
    return !ferror(out);
}
