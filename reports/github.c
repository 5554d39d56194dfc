/* Annotations for GitHub Actions: workflow commands, one a line, each at its place in a scenario. */
#include "report.h"
#include "text.h"

#include <string.h>

/* As the documentation of workflow commands has it; a property's value ends at a comma, and its name at a colon. */
static void put_escaped(FILE *out, const char *text, bool property) {
    char piece[TEXT_PIECE_MAX + 1];
    bool escaped;
    for (size_t size; *text != '\0'; text += size) {
        size = 1;
        /* The end of the last line would show as an empty one. */
        if (strcmp(text, "\n") == 0) {
            return;
        }
        if (*text == '%') {
            fputs("%25", out);
        } else if (*text == '\n') {
            fputs("%0A", out);
        } else if (*text == '\r') {
            fputs("%0D", out);
        } else if (property && (*text == ':' || *text == ',')) {
            fputs(*text == ':' ? "%3A" : "%2C", out);
        } else {
            size = text_piece(text, piece, &escaped);
            fputs(piece, out);
        }
    }
}

static const char *command_of(enum report_verdict verdict) {
    switch (verdict) {
    case REPORT_FAIL:
    case REPORT_BROKEN:
    case REPORT_ERROR:
    case REPORT_XPASS:
        return "error";
    case REPORT_NON_STRICT:
        return "warning";
    case REPORT_XFAIL:
    case REPORT_SKIP:
        return "notice";
    case REPORT_PASS:
        break;
    }
    return NULL;
}

static void put_case(FILE *out, const struct report_case *c) {
    const char *command = command_of(c->verdict);
    if (command == NULL) {
        return;
    }
    fprintf(out, "::%s file=", command);
    put_escaped(out, c->file, true);
    if (c->line > 0) {
        fprintf(out, ",line=%u,col=%u", c->line, c->column > 0 ? c->column : 1);
    }
    fprintf(out, ",title=%s ", report_verdict_word(c->verdict));
    put_escaped(out, c->name, true);
    fputs("::", out);
    if (c->reason != NULL) {
        put_escaped(out, c->reason, false);
    }
    if (c->failure != NULL) {
        fputs(c->reason != NULL ? "%0A" : "", out);
        put_escaped(out, c->failure, false);
    }
    putc('\n', out);
}

bool report_github(FILE *out, const struct report_run *run, bool colour) {
    (void)colour;
    const struct report_counts counts = report_count(run);
    for (size_t i = 0; i < run->case_count; i++) {
        put_case(out, &run->cases[i]);
    }
    return report_summary(out, &counts);
}
