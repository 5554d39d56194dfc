/* diagram_svg.h - where the parts of a picture stand; private to reports/diagram_svg.c and diagram_layout.c. */
#ifndef STANZADRILL_REPORTS_DIAGRAM_SVG_H
#define STANZADRILL_REPORTS_DIAGRAM_SVG_H

#include "diagram.h"

enum {
    MARGIN = 12,
    LABEL_WIDTH = 73,  /* of a letter, in tenths of a pixel: 12 px */
    SMALL_WIDTH = 61,  /* 10 px */
    NAME_WIDTH = 82,   /* 13 px, bold, not monospaced: most letters are narrower */
    NAME_COLUMNS = 24,
    ADDRESS_COLUMNS = 30,
    HEAD_HEIGHT = 48,
    HEAD_TOP = 32,     /* below the title */
    HEAD_TOP_INSIDE = 4,
    SLANT = 12,
    TALL = 900         /* pixels that a screen has */
};

struct head {
    struct ink text; /* name, then two lines of address, each NUL-terminated */
    size_t lines[3];
    unsigned columns[3];
    int width;
};

struct picture {
    struct ink *out;
    struct ink clean; /* one text at a time, on its way into `out` */
    const struct plan *plan;
    const struct report_diagram *how;
    struct head *heads;
    int *x;        /* of lanes */
    int *top;      /* of rows, and of the end */
    long *since;   /* of lanes: y of where its session began; 0: there is none */
    int width, height, left, head_top;
    int names_top; /* 0: no names at the bottom */
};

/* picture_make - where lanes and rows stand. returns false where memory ran out; either way, picture_free. */
bool picture_make(struct picture *p);
void picture_free(struct picture *p);

int picture_box_width(const struct row *row);
int picture_box_left(const struct picture *p, int x, int width); /* of a box that should be centred at x */
int picture_centre(const struct picture *p, const struct row *row);
int picture_nowhere(const struct row *row); /* how far an arrow reaches that has no lane to go to */

static inline int picture_lines_below(const struct row *row) {
    return (row->texts[1] != NO_TEXT) + (row->texts[2] != NO_TEXT);
}

/* picture_slants - time passes on an arrow's way. */
static inline bool picture_slants(const struct row *row) {
    return !row->over &&
           (row->kind == ROW_LOST || (row->kind == ROW_ARROW && row->event->time_us > row->event->sent_us));
}

#endif
