/* TAP, version 14. The last line is the summary as a comment, so that the stream stays valid TAP. */
#include "report.h"
#include "text.h"

#include <string.h>

static void put_block(FILE *out, const char *key, const char *text) {
    /* A first line that starts with a space would be read as indentation unless the block says its own. */
    fprintf(out, "  %s: |%s\n", key, text[0] == ' ' ? "2" : "");
    report_lines(out, "    ", text);
}

static void put_place(FILE *out, const struct report_case *c) {
    fputs("  at:\n    file: ", out);
    text_json(out, c->file);
    putc('\n', out);
    if (c->line > 0) {
        fprintf(out, "    line: %u\n    column: %u\n", c->line, c->column > 0 ? c->column : 1);
    }
}

static void put_text(FILE *out, const char *key, const char *text) {
    if (text != NULL && text[0] != '\0') {
        fprintf(out, "  %s: ", key);
        text_json(out, text);
        putc('\n', out);
    }
}

static void put_details(FILE *out, const struct report_case *c, bool traces) {
    const bool plain = c->verdict == REPORT_PASS || c->verdict == REPORT_SKIP;
    const char *trace = traces ? c->trace : NULL;
    if (plain && trace == NULL) {
        return;
    }
    fputs("  ---\n", out);
    if (!plain) {
        fprintf(out, "  severity: %s\n", report_verdict_word(c->verdict));
        put_text(out, "title", c->title);
        put_text(out, "reason", c->reason);
        if (c->failure != NULL) {
            put_block(out, "message", c->failure);
        }
        put_place(out, c);
        put_text(out, "replay", c->replay);
    }
    if (trace != NULL) {
        put_block(out, "trace", trace);
    }
    fputs("  ...\n", out);
}

static bool is_ok(enum report_verdict verdict) {
    return verdict == REPORT_PASS || verdict == REPORT_NON_STRICT || verdict == REPORT_SKIP;
}

/* A failure that is known is a thing to do: it does not count as failed. */
static void put_directive(FILE *out, const struct report_case *c) {
    if (c->verdict == REPORT_SKIP || c->verdict == REPORT_XFAIL) {
        fputs(c->verdict == REPORT_SKIP ? " # SKIP " : " # TO" "DO ", out);
        report_text(out, c->reason != NULL ? c->reason : "");
    }
}

bool report_tap(FILE *out, const struct report_run *run, bool colour) {
    (void)colour;
    fprintf(out, "TAP version 14\n1..%zu%s\n", run->case_count, run->case_count == 0 ? " # SKIP no case" : "");
    for (size_t i = 0; i < run->case_count; i++) {
        const struct report_case *c = &run->cases[i];
        fprintf(out, "%s %zu - ", is_ok(c->verdict) ? "ok" : "not ok", i + 1);
        /* In a description '#' starts a directive, and the backslash guards it. */
        text_guard(out, c->name, strlen(c->name), "#\\");
        put_directive(out, c);
        putc('\n', out);
        put_details(out, c, run->traces);
    }
    struct report_counts counts = report_count(run);
    fputs("# ", out);
    return report_summary(out, &counts);
}
