/* html.h - what the parts of the HTML report share. It is written as XHTML that is HTML5 too, so that an XML parser can
 * check it: each element is closed, and each octet from elsewhere goes through html_text or html_put. */
#ifndef STANZADRILL_REPORTS_HTML_H
#define STANZADRILL_REPORTS_HTML_H

#include "ink.h"
#include "report.h"

enum {
    HTML_SIZE = 15 * 1000 * 1000, /* octets of a report, as long as what each case needs at least leaves room: a browser
                                   * shall open it in less than two seconds */
    HTML_FOLDERS_MAX = 20,        /* columns of the matrix of rules */
    HTML_PICKS = 8                /* cases that a rule links to */
};

/* --- text; html_text.c --- */

/* html_text - text from elsewhere, `size` octets of it, escaped: for elements and attributes alike. */
void html_text(struct ink *out, const char *text, size_t size);

/* html_put - a template: %s text to escape, %r markup as it stands, %n a size_t, %N the same with commas, %i text as a
 * part of an id, %t microseconds (uint64_t) as seconds. */
void html_put(struct ink *out, const char *format, ...);

/* html_cut - octets of the first `most` octets of a text, less the character that they would tear apart. */
size_t html_cut(const char *text, size_t most);

/* html_short - html_text, of whose `size` octets at most `most` are shown, and an ellipsis where that is not all. */
void html_short(struct ink *out, const char *text, size_t size, size_t most);

/* html_id - text as a part of an id. Different texts become different ids, none of which holds "__". */
void html_id(struct ink *out, const char *text);

/* --- counts; html_tally.c --- */

/* Cases that stand in one folder, or, where there are too many folders, below one. */
struct html_folder {
    const char *name; /* the first `size` octets of a case's file */
    size_t size;
    size_t shown; /* octets of it that all folders share, and a heading can leave out */
    size_t cases, verdicts[REPORT_VERDICT_COUNT];
};

struct html_rule {
    size_t fired; /* by how many cases */
    enum report_verdict worst;
    size_t picks[HTML_PICKS]; /* cases; those that did not pass first */
    size_t pick_count;
    size_t folders[HTML_FOLDERS_MAX]; /* fired, by folder */
};

struct html_tally {
    size_t verdicts[REPORT_VERDICT_COUNT];
    struct html_folder folders[HTML_FOLDERS_MAX];
    size_t folder_count;
    unsigned char *folder_of; /* by case */
    unsigned *twins;          /* by case: how many of its name came before */
    struct html_rule *rules;
};

/* returns false where memory ran out; html_tally_free is due all the same. */
bool html_tally(struct html_tally *tally, const struct report_run *run);
void html_tally_free(struct html_tally *tally);

/* html_troubles - whether a verdict asks for a look: it is neither pass nor skip. */
bool html_troubles(enum report_verdict verdict);

/* --- parts of the page --- */

/* html_badge - a verdict as a word with its sign. */
void html_badge(struct ink *out, enum report_verdict verdict);

/* html_case_id - the id of a case, without the sign # of a link. */
void html_case_id(struct ink *out, const struct report_case *c, unsigned twins);

/* html_counts - "2 fail, 10 pass", worst first. */
void html_counts(struct ink *out, const size_t verdicts[REPORT_VERDICT_COUNT]);

/* html_worst - the verdicts, worst first. Static. */
extern const enum report_verdict html_worst[REPORT_VERDICT_COUNT];

void html_head(struct ink *out, const struct report_run *run, const struct html_tally *tally);
void html_overview(struct ink *out, const struct report_run *run, const struct html_tally *tally);
void html_grids(struct ink *out, const struct report_run *run, const struct html_tally *tally);
void html_rules(struct ink *out, const struct report_run *run, const struct html_tally *tally);
void html_foot(struct ink *out, const struct report_run *run);

/* html_row - a case's line, up to what is inside its fold; html_case_brief and html_case_full: two ways to fill it. */
void html_row(struct ink *out, const struct report_run *run, const struct html_tally *tally, size_t index);
void html_case_brief(struct ink *out, const struct report_case *c, unsigned twins);
bool html_case_full(struct ink *out, const struct report_run *run, const struct html_tally *tally, size_t index);

/* html_filter - the form that a script brings to life. */
void html_filter(struct ink *out, const struct report_run *run, const struct html_tally *tally);

/* html_section - of a tag "section: RFC 6121 8.5.2" what follows the key; NULL for another tag. */
const char *html_section(const char *tag);

/* html_style, html_script - constant texts of the page. html_script_hash: of the script, base64 of its SHA-256. */
const char *html_style(void);
const char *html_script(void);
const char *html_script_hash(void);

#endif
