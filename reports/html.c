/* The HTML report: one file, without anything from elsewhere. Each case has a line; details are in it as long as the
 * report stays small, those of what did not pass first. */
#include "html.h"

#include <stdlib.h>
#include <string.h>

/* Octets of a text. */
struct span {
    size_t start, end;
};

struct page {
    const struct report_run *run;
    struct html_tally tally;
    struct ink top, rows, full, bottom;
    struct span *heads;                 /* in rows, by case: its line */
    struct span *briefs;                /* in rows, by case: what stands in its fold where there are no details */
    struct span *details;               /* in full, by case; empty: none */
    enum { FITS, FULL, STOPPED } state; /* STOPPED: memory ran out */
};

/* Up to how many cases the folders of the list stand open by themselves. */
enum { OPEN_MAX = 100 };

/* ------------------------------------------------------------------------------------------ which have details ---- */

/* The order in which cases get their details. */
enum turn { FAILED, KNOWN, FIRST_OF_FILE, NON_STRICT, OTHERS, TURN_COUNT };

static enum turn turn_of(const struct report_run *run, size_t index) {
    const struct report_case *c = &run->cases[index];
    if (report_is_failure(c->verdict)) {
        return FAILED;
    }
    if (c->verdict == REPORT_XFAIL) {
        return KNOWN;
    }
    const bool first = index == 0 || strcmp(run->cases[index - 1].file, c->file) != 0;
    return first ? FIRST_OF_FILE : c->verdict == REPORT_NON_STRICT ? NON_STRICT : OTHERS;
}

static void add_details(struct page *page, size_t index, size_t most) {
    const size_t start = page->full.size;
    if (!html_case_full(&page->full, page->run, &page->tally, index)) {
        page->state = STOPPED;
    } else if (page->full.size > most) {
        page->full.size = start;
        page->state = FULL;
    }
    page->details[index] = (struct span){start, page->full.size};
}

static void fill_details(struct page *page, size_t most) {
    for (int turn = FAILED; turn < TURN_COUNT; turn++) {
        for (size_t i = 0; i < page->run->case_count && page->state == FITS; i++) {
            if (turn_of(page->run, i) == (enum turn)turn) {
                add_details(page, i, most);
            }
        }
    }
}

/* ---------------------------------------------------------------------------------------------------- the list ---- */

static void make_rows(struct page *page) {
    struct ink *rows = &page->rows;
    for (size_t i = 0; i < page->run->case_count; i++) {
        const size_t start = rows->size;
        html_row(rows, page->run, &page->tally, i);
        page->heads[i] = (struct span){start, rows->size};
        html_case_brief(rows, &page->run->cases[i], page->tally.twins[i]);
        page->briefs[i] = (struct span){page->heads[i].end, rows->size};
    }
}

static bool put_span(FILE *out, const struct ink *from, struct span span) {
    const size_t size = span.end - span.start;
    return size == 0 || fwrite(from->data + span.start, 1, size, out) == size;
}

static bool put_folder_head(FILE *out, const struct page *page, size_t index) {
    const struct html_folder *folder = &page->tally.folders[index];
    struct ink head = {0};
    html_put(&head, "<details class=\"folder\"%r><summary><h3>",
             page->run->case_count <= OPEN_MAX ? " open=\"open\"" : "");
    html_text(&head, folder->name + folder->shown, folder->size - folder->shown);
    html_put(&head, folder->size == folder->shown ? ".</h3> " : "</h3> ");
    html_counts(&head, folder->verdicts);
    html_put(&head, " <span class=\"meta matches\"></span></summary>\n");
    const bool good = !head.failed && put_span(out, &head, (struct span){0, head.size});
    free(head.data);
    return good;
}

static bool put_folder(FILE *out, const struct page *page, size_t index) {
    bool good = put_folder_head(out, page, index);
    for (size_t i = 0; good && i < page->run->case_count; i++) {
        if (page->tally.folder_of[i] != index) {
            continue;
        }
        const bool detailed = page->details[i].end > page->details[i].start;
        good = put_span(out, &page->rows, page->heads[i]) &&
               put_span(out, detailed ? &page->full : &page->rows, detailed ? page->details[i] : page->briefs[i]) &&
               fputs("</details>\n", out) >= 0;
    }
    return good && fputs("</details>\n", out) >= 0;
}

/* ---------------------------------------------------------------------------------------------------- the page ---- */

static void make_top(struct page *page) {
    struct ink *top = &page->top;
    html_head(top, page->run, &page->tally);
    html_overview(top, page->run, &page->tally);
    html_grids(top, page->run, &page->tally);
    html_rules(top, page->run, &page->tally);
    html_put(top, "<section aria-labelledby=\"cases\">\n<h2 id=\"cases\">Cases</h2>\n");
    if (page->run->case_count > 0) {
        html_filter(top, page->run, &page->tally);
    }
}

static bool make(struct page *page) {
    const size_t count = page->run->case_count;
    page->heads = calloc(count + 1, sizeof *page->heads);
    page->briefs = calloc(count + 1, sizeof *page->briefs);
    page->details = calloc(count + 1, sizeof *page->details);
    if (page->heads == NULL || page->briefs == NULL || page->details == NULL || !html_tally(&page->tally, page->run)) {
        return false;
    }
    make_top(page);
    make_rows(page);
    html_put(&page->bottom, "</section>\n");
    html_foot(&page->bottom, page->run);
    const size_t rest = page->top.size + page->rows.size + page->bottom.size;
    fill_details(page, rest < HTML_SIZE ? HTML_SIZE - rest : 0);
    return page->state != STOPPED && !page->top.failed && !page->rows.failed && !page->full.failed &&
           !page->bottom.failed;
}

static bool put(FILE *out, const struct page *page) {
    bool good = put_span(out, &page->top, (struct span){0, page->top.size});
    for (size_t i = 0; good && i < page->tally.folder_count; i++) {
        good = put_folder(out, page, i);
    }
    return good && put_span(out, &page->bottom, (struct span){0, page->bottom.size});
}

bool report_html(FILE *out, const struct report_run *run, bool colour) {
    (void)colour;
    struct page page = {.run = run};
    const bool good = make(&page) && put(out, &page);
    html_tally_free(&page.tally);
    struct ink *texts[] = {&page.top, &page.rows, &page.full, &page.bottom};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free(texts[i]->data);
    }
    free(page.heads);
    free(page.briefs);
    free(page.details);
    return good && !ferror(out);
}
