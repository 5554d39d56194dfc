/* The filter of the HTML report: a form that stays hidden until a script has made it work. */
#include "html.h"

#include <stdlib.h>
#include <string.h>

enum { SECTIONS_MAX = 300 };

struct section {
    const char *text;
    size_t size;
};

/* Of "RFC 6121 8.5.2.1" the octets of "RFC 6121 8.5": with finer choices nobody would find anything. */
static size_t chapter_size(const char *section) {
    const char *place = strrchr(section, ' ');
    const char *dot = place != NULL ? strchr(place, '.') : NULL;
    const char *second = dot != NULL ? strchr(dot + 1, '.') : NULL;
    return second != NULL ? (size_t)(second - section) : strlen(section);
}

static size_t add_section(struct section *sections, size_t count, const char *text) {
    const struct section section = {text, chapter_size(text)};
    for (size_t i = count; i-- > 0;) {
        if (sections[i].size == section.size && memcmp(sections[i].text, text, section.size) == 0) {
            return count;
        }
    }
    if (count < SECTIONS_MAX) {
        sections[count++] = section;
    }
    return count;
}

/* By text, but numbers in it by their value, so that 8.10 comes behind 8.9. */
static int by_place(const void *a, const void *b) {
    const struct section *x = a, *y = b;
    const char *p = x->text, *q = y->text;
    const char *const p_end = p + x->size, *const q_end = q + y->size;
    while (p < p_end && q < q_end) {
        if (*p >= '0' && *p <= '9' && *q >= '0' && *q <= '9') {
            char *p_next, *q_next;
            const unsigned long m = strtoul(p, &p_next, 10), n = strtoul(q, &q_next, 10);
            if (m != n) {
                return m < n ? -1 : 1;
            }
            p = p_next;
            q = q_next;
        } else if (*p != *q) {
            return (unsigned char)*p < (unsigned char)*q ? -1 : 1;
        } else {
            p++;
            q++;
        }
    }
    return (p < p_end) - (q < q_end);
}

static void put_options(struct ink *out, const struct report_run *run) {
    struct section sections[SECTIONS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < run->case_count; i++) {
        /* The cases of one file have the same tags, one pointer or not. */
        const struct report_case *c = &run->cases[i];
        if (i > 0 && strcmp(c->file, run->cases[i - 1].file) == 0) {
            continue;
        }
        for (const char *const *tag = c->tags; tag != NULL && *tag != NULL; tag++) {
            const char *section = html_section(*tag);
            count = section != NULL ? add_section(sections, count, section) : count;
        }
    }
    qsort(sections, count, sizeof *sections, by_place);
    for (size_t i = 0; i < count; i++) {
        html_put(out, "<option>");
        html_text(out, sections[i].text, sections[i].size);
        html_put(out, "</option>");
    }
}

void html_filter(struct ink *out, const struct report_run *run, const struct html_tally *tally) {
    html_put(out, "<form id=\"filter\" hidden=\"hidden\" role=\"search\" aria-label=\"Filter the cases\">\n"
                  "<div><label for=\"words\">Words</label><input id=\"words\" type=\"search\" autocomplete=\"off\" "
                  "spellcheck=\"false\"/></div>\n"
                  "<div><label for=\"section\">Section</label><select id=\"section\"><option value=\"\">all</option>");
    put_options(out, run);
    html_put(out, "</select></div>\n<fieldset><legend>Verdict</legend>");
    for (size_t i = 0; i < REPORT_VERDICT_COUNT; i++) {
        const enum report_verdict verdict = html_worst[i];
        if (tally->verdicts[verdict] > 0) {
            html_put(out, "<label><input type=\"checkbox\" value=\"%r\"/> ", report_verdict_word(verdict));
            html_badge(out, verdict);
            html_put(out, "</label>");
        }
    }
    html_put(out, "</fieldset>\n<div><button type=\"reset\">Show all</button></div>\n"
                  "<p id=\"shown\" role=\"status\"></p>\n</form>\n");
}
