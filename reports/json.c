/* For programs: a JSON document (RFC 8259) a run, a case a line. README.md and results.schema.json have the form. */
#include "report.h"
#include "results.h"
#include "text.h"

#include <inttypes.h>

static void put_text(FILE *out, const char *key, const char *text) {
    if (text != NULL) {
        fprintf(out, ",\"%s\":", key);
        text_json(out, text);
    }
}

static void put_tags(FILE *out, const struct report_case *c) {
    fputs(",\"tags\":[", out);
    for (size_t i = 0; c->tags != NULL && c->tags[i] != NULL; i++) {
        fputs(i > 0 ? "," : "", out);
        text_json(out, c->tags[i]);
    }
    putc(']', out);
}

/* Ids of rules are plain. */
static void put_rules(FILE *out, const struct report_case *c, const struct report_run *run) {
    const char *before = ",\"rules\":[";
    if (c->fired_rules == NULL || run->rules == NULL) {
        return;
    }
    for (size_t i = 0; i < run->rule_count; i++) {
        if (c->fired_rules[i] != 0) {
            fputs(before, out);
            putc('"', out);
            fputs(run->rules[i].id, out);
            putc('"', out);
            before = ",";
        }
    }
    fputs(before[1] == '\0' ? "]" : ",\"rules\":[]", out);
}

static void put_case(FILE *out, const struct report_case *c, const struct report_run *run) {
    fputs("{\"file\":", out);
    text_json(out, c->file);
    put_text(out, "name", c->name);
    put_text(out, "title", c->title);
    put_text(out, "description", c->description != NULL ? c->description : "");
    put_tags(out, c);
    put_text(out, "profile", c->profile);
    put_text(out, "verdict", report_verdict_word(c->verdict));
    if (c->line > 0) {
        fprintf(out, ",\"line\":%u,\"column\":%u", c->line, c->column > 0 ? c->column : 1);
    }
    put_text(out, "reason", c->reason);
    put_text(out, "failure", c->failure);
    put_text(out, "replay", c->replay);
    put_rules(out, c, run);
    fprintf(out, ",\"duration_us\":%" PRIu64, c->virtual_us);
    put_text(out, "trace", run->traces ? c->trace : NULL);
    putc('}', out);
}

bool report_json(FILE *out, const struct report_run *run, bool colour) {
    (void)colour;
    const struct report_counts counts = report_count(run);
    fprintf(out, "{\"format\":%d", REPORT_RESULTS_FORMAT);
    put_text(out, "version", run->version);
    put_text(out, "target", run->target != NULL ? run->target : "");
    fprintf(out, ",\"passed\":%zu,\"failed\":%zu,\"skipped\":%zu,\"non_strict\":%zu,\"known\":%zu,\n\"cases\":[",
            counts.passed, counts.failed, counts.skipped, counts.non_strict, counts.known);
    for (size_t i = 0; i < run->case_count; i++) {
        fputs(i > 0 ? ",\n" : "\n", out);
        put_case(out, &run->cases[i], run);
    }
    fputs("\n]}\n", out);
    return !ferror(out);
}
