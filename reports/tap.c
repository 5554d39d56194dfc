/* TAP, version 14. The last line is the summary as a comment, so that the stream stays valid TAP. */
#include "report.h"
#include "text.h"

/* In a description '#' starts a directive, and the backslash guards it. */
static void put_description(FILE *out, const char *text) {
    char piece[TEXT_PIECE_MAX + 1];
    bool escaped;
    for (size_t size; (size = text_piece(text, piece, &escaped)) > 0; text += size) {
        for (const char *p = piece; *p != '\0'; p++) {
            if (*p == '#' || *p == '\\') {
                putc('\\', out);
            }
            putc(*p, out);
        }
    }
}

static void put_block(FILE *out, const char *key, const char *text) {
    /* A first line that starts with a space would be read as indentation unless the block says its own. */
    fprintf(out, "  %s: |%s\n", key, text[0] == ' ' ? "2" : "");
    report_lines(out, "    ", text);
}

static const char *severity(enum report_verdict verdict) {
    switch (verdict) {
    case REPORT_NON_STRICT:
        return "non-strict";
    case REPORT_FAIL:
        return "fail";
    case REPORT_BROKEN:
        return "broken";
    case REPORT_ERROR:
        return "error";
    case REPORT_XFAIL:
        return "xfail";
    case REPORT_XPASS:
        return "xpass";
    case REPORT_PASS:
    case REPORT_SKIP:
        break;
    }
    return NULL;
}

static void put_details(FILE *out, const struct report_case *c) {
    const char *word = severity(c->verdict);
    const char *message = c->failure != NULL ? c->failure : c->verdict == REPORT_NON_STRICT ? c->reason : NULL;
    if (word == NULL && c->trace == NULL) {
        return;
    }
    fputs("  ---\n", out);
    if (word != NULL) {
        fprintf(out, "  severity: %s\n", word);
    }
    if (message != NULL) {
        put_block(out, "message", message);
    }
    if (c->trace != NULL) {
        put_block(out, "trace", c->trace);
    }
    fputs("  ...\n", out);
}

static bool is_ok(enum report_verdict verdict) {
    return verdict == REPORT_PASS || verdict == REPORT_NON_STRICT || verdict == REPORT_SKIP;
}

bool report_tap(FILE *out, const struct report_run *run, bool colour) {
    (void)colour;
    fprintf(out, "TAP version 14\n1..%zu%s\n", run->case_count, run->case_count == 0 ? " # SKIP no case" : "");
    for (size_t i = 0; i < run->case_count; i++) {
        const struct report_case *c = &run->cases[i];
        fprintf(out, "%s %zu - ", is_ok(c->verdict) ? "ok" : "not ok", i + 1);
        put_description(out, c->name);
        if (c->verdict == REPORT_SKIP) {
            fputs(" # SKIP ", out);
            report_text(out, c->reason != NULL ? c->reason : "");
        }
        putc('\n', out);
        put_details(out, c);
    }
    struct report_counts counts = report_count(run);
    fputs("# ", out);
    return report_summary(out, &counts);
}
