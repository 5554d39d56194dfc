/* diagram.h - a story brought into rows, from which each form of diagram is drawn; private to reports/diagram*.c. */
#ifndef STANZADRILL_REPORTS_DIAGRAM_H
#define STANZADRILL_REPORTS_DIAGRAM_H

#include "ink.h"
#include "report.h"

/* ------------------------------------------------------------------------------------------------------- text ---- */

void ink_number(struct ink *ink, long number);

/* ink_clean - text from elsewhere: one line, only UTF-8 that XML can hold and that does not turn the writing direction;
 * the rest as \xNN. Where it has more than `most` columns, its end is cut off and shown by an ellipsis.
 * returns   how many columns it took. */
unsigned ink_clean(struct ink *ink, const char *text, unsigned most);

void ink_xml(struct ink *ink, const char *clean); /* what ink_clean has made, as text between tags of XML or HTML */

/* ------------------------------------------------------------------------------------------------------- rows ---- */

enum row_kind {
    ROW_ARROW,
    ROW_LOST,   /* an arrow that does not arrive */
    ROW_NOTE,   /* at one lane: what became of a stanza */
    ROW_MARK,   /* at one lane: a rule that acted */
    ROW_SESSION,/* at one lane; those of one row stand side by side */
    ROW_STREAM, /* between two lanes, or at one */
    ROW_FAULT,  /* over all lanes */
    ROW_TIME    /* time passes */
};

enum { ROW_TEXTS = 3, NO_TEXT = 0 };

struct row {
    enum row_kind kind;
    const struct report_event *event; /* the last one that it shows */
    int from, to;                     /* lanes of the plan; of ROW_LOST `to` may be -1 */
    bool beside;                      /* ROW_SESSION: in the row before */
    bool over;                        /* an arrow that was under way while something else happened to the network */
    size_t begins;                    /* over: above which row it set out */
    size_t texts[ROW_TEXTS];          /* the main one and those below: offsets in the plan's ink; NO_TEXT: none */
    unsigned columns[ROW_TEXTS];
};

struct plan {
    const struct report_story *story;
    int *shown;                  /* lane of the story: lane of the plan, or -1 */
    const struct report_lane **lanes;
    size_t lane_count;
    struct row *rows;
    size_t row_count, row_capacity;
    const struct report_event *passing; /* time that is to pass before the next event; NULL: none */
    size_t left_out;             /* events beyond the most that are drawn */
    struct ink texts;            /* NUL-terminated, one behind the other; the first octet is a NUL */
    bool failed;
};

enum { DIAGRAM_ROWS_MAX = 400, DIAGRAM_LANES_MAX = 60, LABEL_COLUMNS = 48, BOX_COLUMNS = 64 };

/* plan_make - false where memory ran out. Either way, plan_free. */
bool plan_make(struct plan *plan, const struct report_story *story, const struct report_diagram *how);
void plan_free(struct plan *plan);

static inline const char *plan_text(const struct plan *plan, size_t text) {
    return plan->texts.data + text;
}

/* plan_says - whether an event's stanza is an error that somebody gets. */
bool plan_is_error(const struct report_event *event);

/* diagram_draw - what report_diagram writes, behind what is there already. returns false where memory ran out. */
bool diagram_draw(struct ink *out, const struct report_story *story, const struct report_diagram *how);

/* The forms. returns false where memory ran out. */
bool diagram_svg(struct ink *out, const struct plan *plan, const struct report_diagram *how);
bool diagram_mermaid(struct ink *out, const struct plan *plan, const struct report_diagram *how);
bool diagram_text(struct ink *out, const struct plan *plan, const struct report_diagram *how);

/* diagram_time - "0.080": seconds, with as many digits as it needs, at least three. */
void diagram_time(struct ink *out, uint64_t time_us);

#endif
