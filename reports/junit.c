/* JUnit XML, as Jenkins and what reads the same files expect it: a suite a file. */
#include "report.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------------- text ---- */

static void put_character(FILE *out, const char *piece) {
    switch (piece[1] == '\0' ? piece[0] : 'x') {
    case '<':
        fputs("&lt;", out);
        break;
    case '>':
        fputs("&gt;", out);
        break;
    case '&':
        fputs("&amp;", out);
        break;
    case '"':
        fputs("&quot;", out);
        break;
    default:
        fputs(piece, out);
    }
}

static size_t plain_size(const char *text) {
    size_t size = 0;
    while (text[size] >= ' ' && text[size] <= '~' && strchr("<>&\"", text[size]) == NULL) {
        size++;
    }
    return size;
}

/* In attributes a line's end would become a space. */
static void put_xml(FILE *out, const char *text, bool attribute) {
    char piece[TEXT_PIECE_MAX + 1];
    bool escaped;
    for (;;) {
        const size_t plain = plain_size(text);
        fwrite(text, 1, plain, out);
        text += plain;
        if (*text == '\n') {
            fputs(attribute ? "&#10;" : "\n", out);
            text++;
            continue;
        }
        const size_t size = text_piece_xml(text, piece, &escaped);
        if (size == 0) {
            return;
        }
        put_character(out, piece);
        text += size;
    }
}

static void put_attribute(FILE *out, const char *name, const char *value) {
    fprintf(out, " %s=\"", name);
    put_xml(out, value, true);
    putc('"', out);
}

static void put_seconds(FILE *out, uint64_t us) {
    fprintf(out, " time=\"%" PRIu64 ".%06" PRIu64 "\"", us / 1000000, us % 1000000);
}

/* ------------------------------------------------------------------------------------------------------- cases ---- */

struct sums {
    size_t tests, failures, errors, skipped;
    uint64_t virtual_us;
};

/* A failure is what the server did; an error is that it could not be found out. */
static bool is_error(enum report_verdict verdict) {
    return verdict == REPORT_BROKEN || verdict == REPORT_ERROR;
}

static bool is_failure(enum report_verdict verdict) {
    return report_is_failure(verdict) && !is_error(verdict);
}

static bool is_skipped(enum report_verdict verdict) {
    return verdict == REPORT_SKIP || verdict == REPORT_XFAIL;
}

static struct sums sum(const struct report_case *cases, size_t count) {
    struct sums sums = {.tests = count};
    for (size_t i = 0; i < count; i++) {
        sums.failures += is_failure(cases[i].verdict);
        sums.errors += is_error(cases[i].verdict);
        sums.skipped += is_skipped(cases[i].verdict);
        sums.virtual_us += cases[i].virtual_us;
    }
    return sums;
}

static void put_first_line(FILE *out, const char *text) {
    const size_t size = strcspn(text, "\n");
    char line[400];
    if (size < sizeof line) {
        memcpy(line, text, size);
        line[size] = '\0';
        put_attribute(out, "message", line);
    } else {
        put_attribute(out, "message", text);
    }
}

static void put_outcome(FILE *out, const struct report_case *c) {
    if (is_skipped(c->verdict)) {
        fputs("   <skipped", out);
        put_attribute(out, "message", c->reason != NULL ? c->reason : "");
        fputs("/>\n", out);
    } else if (report_is_failure(c->verdict)) {
        const char *element = is_error(c->verdict) ? "error" : "failure";
        const char *text = c->failure != NULL ? c->failure : "";
        fprintf(out, "   <%s", element);
        put_first_line(out, text);
        put_attribute(out, "type", report_verdict_word(c->verdict));
        putc('>', out);
        put_xml(out, text, false);
        fprintf(out, "</%s>\n", element);
    }
}

static bool is_plain(const struct report_case *c) {
    return c->verdict == REPORT_PASS || c->verdict == REPORT_SKIP;
}

/* What a person needs who sees this case and nothing else. */
static void put_output(FILE *out, const struct report_case *c, bool traces) {
    const bool traced = c->trace != NULL && (traces || report_is_failure(c->verdict));
    if (is_plain(c) && !traced) {
        return;
    }
    fputs("   <system-out>verdict: ", out);
    put_xml(out, report_verdict_word(c->verdict), false);
    putc('\n', out);
    if (c->reason != NULL) {
        fputs("reason: ", out);
        put_xml(out, c->reason, false);
        putc('\n', out);
    }
    if (c->verdict == REPORT_XFAIL && c->failure != NULL) {
        put_xml(out, c->failure, false);
    }
    if (c->replay != NULL) {
        fputs("replay: ", out);
        put_xml(out, c->replay, false);
        putc('\n', out);
    }
    if (traced) {
        put_xml(out, c->trace, false);
    }
    fputs("</system-out>\n", out);
}

/* The file's path with dots, which is how readers of these files make folders of classes. */
static void put_class(FILE *out, const char *file) {
    const size_t size = strlen(file);
    const size_t stem = size > 4 && strcmp(file + size - 4, ".scs") == 0 ? size - 4 : size;
    char small[512];
    if (stem >= sizeof small) {
        put_attribute(out, "classname", file);
        return;
    }
    for (size_t i = 0; i < stem; i++) {
        small[i] = file[i] == '/' ? '.' : file[i] == '.' ? '_' : file[i];
    }
    small[stem] = '\0';
    put_attribute(out, "classname", small);
}

static void put_case(FILE *out, const struct report_case *c, bool traces) {
    fputs("  <testcase", out);
    put_class(out, c->file);
    put_attribute(out, "name", c->name);
    put_seconds(out, c->virtual_us);
    const bool traced = traces && c->trace != NULL;
    if (c->verdict == REPORT_PASS && !traced) {
        fputs("/>\n", out);
        return;
    }
    fputs(">\n", out);
    put_outcome(out, c);
    put_output(out, c, traces);
    fputs("  </testcase>\n", out);
}

static void put_sums(FILE *out, const struct sums *sums) {
    fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", sums->tests, sums->failures, sums->errors);
}

static void put_file(FILE *out, const struct report_case *cases, size_t count, const struct report_run *run) {
    const struct sums sums = sum(cases, count);
    fputs(" <testsuite", out);
    put_attribute(out, "name", cases[0].file);
    put_sums(out, &sums);
    fprintf(out, " skipped=\"%zu\"", sums.skipped);
    put_seconds(out, sums.virtual_us);
    fputs(">\n  <properties>\n   <property name=\"target\"", out);
    put_attribute(out, "value", run->target != NULL ? run->target : "");
    fputs("/>\n   <property name=\"title\"", out);
    put_attribute(out, "value", cases[0].title);
    fputs("/>\n  </properties>\n", out);
    for (size_t i = 0; i < count; i++) {
        put_case(out, &cases[i], run->traces);
    }
    fputs(" </testsuite>\n", out);
}

bool report_junit(FILE *out, const struct report_run *run, bool colour) {
    (void)colour;
    const struct sums sums = sum(run->cases, run->case_count);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"stanzadrill\"", out);
    put_sums(out, &sums);
    put_seconds(out, sums.virtual_us);
    fputs(">\n", out);
    for (size_t i = 0, end; i < run->case_count; i = end) {
        for (end = i + 1; end < run->case_count && strcmp(run->cases[end].file, run->cases[i].file) == 0;) {
            end++;
        }
        put_file(out, run->cases + i, end - i, run);
    }
    fputs("</testsuites>\n", out);
    return !ferror(out);
}
