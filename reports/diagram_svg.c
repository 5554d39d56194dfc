/* diagram_svg.c - the diagram as a picture: arrows slant where time passes, and whoever points at one sees its stanza. */
#include "diagram_svg.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------------- marks ---- */

static void attribute(struct ink *out, const char *name, long value) {
    ink_put(out, " ");
    ink_put(out, name);
    ink_put(out, "=\"");
    ink_number(out, value);
    ink_put(out, "\"");
}

static void style_of(struct picture *p, const char *style) {
    if (style[0] != '\0') {
        ink_put(p->out, " class=\"");
        ink_put(p->out, style);
        ink_put(p->out, "\"");
    }
}

static void text(struct picture *p, const char *style, int x, int y, const char *words) {
    ink_put(p->out, "<text");
    style_of(p, style);
    attribute(p->out, "x", x);
    attribute(p->out, "y", y);
    ink_put(p->out, ">");
    ink_xml(p->out, words);
    ink_put(p->out, "</text>");
}

static void rectangle(struct picture *p, const char *style, int x, int y, int width, int height, int round) {
    ink_put(p->out, "<rect");
    style_of(p, style);
    attribute(p->out, "x", x);
    attribute(p->out, "y", y);
    attribute(p->out, "width", width);
    attribute(p->out, "height", height);
    if (round > 0) {
        attribute(p->out, "rx", round);
    }
    ink_put(p->out, "/>");
}

static void point(struct ink *out, char what, int x, int y) {
    ink_add(out, &what, 1);
    ink_number(out, x);
    ink_put(out, y < 0 ? "" : " ");
    ink_number(out, y);
}

static void clean_xml(struct picture *p, const char *words, unsigned most) {
    p->clean.size = 0;
    (void)ink_clean(&p->clean, words, most);
    if (p->clean.failed) {
        p->out->failed = true;
    } else if (p->clean.size > 0) {
        ink_xml(p->out, p->clean.data);
    }
}

/* What a pointer that rests on it shows: all that is known. */
static void tooltip(struct picture *p, const struct row *row) {
    const struct report_event *event = row->event;
    ink_put(p->out, "<title>");
    if (event->line > 0) {
        ink_put(p->out, "line ");
        ink_number(p->out, (long)event->line);
    }
    if (event->time_us > event->sent_us) {
        ink_put(p->out, ", ");
        diagram_time(p->out, event->sent_us);
        ink_put(p->out, " to ");
        diagram_time(p->out, event->time_us);
    }
    const struct {
        const char *before, *text;
    } parts[] = {{", ", event->kind == REPORT_SESSION || event->kind == REPORT_STREAM ? event->label : NULL},
                 {", ", event->fate},
                 {" ", event->condition},
                 {" by ", event->rule},
                 {": ", event->source},
                 {"; departs: ", event->departure},
                 {"\n", event->stanza}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].text != NULL) {
            ink_put(p->out, parts[i].before);
            clean_xml(p, parts[i].text, 2000);
        }
    }
    ink_put(p->out, "</title>");
}

static void begin_group(struct picture *p, const struct row *row, const char *style) {
    ink_put(p->out, "<g class=\"");
    ink_put(p->out, style);
    ink_put(p->out, "\">");
    tooltip(p, row);
}

/* ------------------------------------------------------------------------------------------------------ arrows ---- */

static long root(long square) {
    long guess = square > 0 ? square : 1;
    for (long next = (guess + 1) / 2; next < guess;) {
        guess = next;
        next = (guess + square / guess) / 2;
    }
    return guess;
}

/* The head of an arrow from (dx, dy) behind: two corners beside its tip. */
static void tip(struct picture *p, int dx, int dy) {
    const long length = root((long)dx * dx + (long)dy * dy);
    const int along_x = (int)(8L * dx / length), along_y = (int)(8L * dy / length);
    const int across_x = (int)(-4L * dy / length), across_y = (int)(4L * dx / length);
    ink_put(p->out, "m0 0");
    point(p->out, 'l', -along_x + across_x, -along_y + across_y);
    point(p->out, ' ', -2 * across_x, -2 * across_y);
    ink_put(p->out, "z");
}

static const char *arrow_style(const struct row *row) {
    if (row->kind == ROW_LOST) {
        return "a l";
    }
    return row->event->departure != NULL ? "a v" : plan_is_error(row->event) ? "a e" : "a";
}

static void arrow(struct picture *p, size_t index) {
    const struct row *row = &p->plan->rows[index];
    const int y = p->top[index] + 16;
    const int end_y = y + (picture_slants(row) ? SLANT : 0);
    const int from = p->x[row->from];
    const bool right = row->to < 0 || row->to > row->from;
    const int whole = row->to < 0 ? from + picture_nowhere(row) : p->x[row->to];
    const int to = whole + (right ? -1 : 1) * (row->kind == ROW_LOST ? 14 : 1);
    begin_group(p, row, arrow_style(row));
    ink_put(p->out, row->over ? "<path class=\"z\" d=\"" : "<path d=\"");
    if (row->over) {
        point(p->out, 'M', from, p->top[row->begins] - 2);
        point(p->out, 'L', from + (right ? 6 : -6), p->top[row->begins] + 6);
        ink_put(p->out, "V");
        ink_number(p->out, y);
    } else {
        point(p->out, 'M', from, y);
    }
    if (y == end_y) {
        ink_put(p->out, "H");
        ink_number(p->out, to);
    } else {
        point(p->out, 'L', to, end_y);
    }
    if (row->kind == ROW_LOST) {
        ink_put(p->out, "\"/><path class=\"x\" d=\"");
        point(p->out, 'M', to - 5, end_y - 5);
        ink_put(p->out, "l10 10m0-10l-10 10");
    } else {
        if (row->over) {
            ink_put(p->out, "\"/><path d=\"");
            point(p->out, 'M', to, end_y);
        }
        tip(p, to - from, end_y - y);
    }
    ink_put(p->out, "\"/>");
    const int centre = (from + whole) / 2;
    text(p, "", centre, y - 5, plan_text(p->plan, row->texts[0]));
    for (size_t i = 1; i < ROW_TEXTS && row->texts[i] != NO_TEXT; i++) {
        text(p, i == 1 && picture_lines_below(row) == 2 ? "c" : "r", centre, end_y + 12 * (int)i,
             plan_text(p->plan, row->texts[i]));
    }
    ink_put(p->out, "</g>");
}

/* ------------------------------------------------------------------------------------------------------- boxes ---- */

static void box(struct picture *p, size_t index, const char *style, int round) {
    const struct row *row = &p->plan->rows[index];
    int width = picture_box_width(row);
    int left = picture_box_left(p, picture_centre(p, row), width);
    if (row->kind == ROW_STREAM && row->from != row->to) {
        const int a = p->x[row->from], b = p->x[row->to];
        const int lane_left = (a < b ? a : b) - 6, lane_right = (a < b ? b : a) + 6;
        const int right = left + width > lane_right ? left + width : lane_right;
        left = left < lane_left ? left : lane_left;
        width = right - left;
    } else if (row->kind == ROW_FAULT) {
        left = p->left - 4;
        width = p->width - MARGIN + 4 - left;
    }
    const int height = row->kind == ROW_MARK ? 16 : 22 + 12 * picture_lines_below(row);
    const int y = p->top[index] + 2;
    begin_group(p, row, style);
    rectangle(p, "", left, y, width, height, round);
    text(p, row->kind == ROW_MARK ? "r" : "", left + width / 2, y + (row->kind == ROW_MARK ? 12 : 15),
         plan_text(p->plan, row->texts[0]));
    for (size_t i = 1; i < ROW_TEXTS && row->texts[i] != NO_TEXT; i++) {
        text(p, "r", left + width / 2, y + 15 + 12 * (int)i, plan_text(p->plan, row->texts[i]));
    }
    ink_put(p->out, "</g>");
}

static void passing(struct picture *p, size_t index) {
    const struct row *row = &p->plan->rows[index];
    const int y = p->top[index] + 13;
    const int centre = picture_centre(p, row), half = picture_box_width(row) / 2;
    ink_put(p->out, "<path class=\"p\" d=\"");
    point(p->out, 'M', p->left, y);
    point(p->out, 'L', centre - half, y);
    point(p->out, 'M', centre + half, y);
    point(p->out, 'L', p->width - MARGIN, y);
    ink_put(p->out, "\"/>");
    text(p, "i", centre, y + 4, plan_text(p->plan, row->texts[0]));
}

/* Whether what happens to the network is for the better. */
static bool is_repair(const struct report_event *event) {
    const size_t size = strlen(event->label);
    return strncmp(event->label, "DNS finds ", 10) == 0 ||
           (size > 6 && (strcmp(event->label + size - 6, " heals") == 0)) ||
           (size > 7 && strcmp(event->label + size - 7, " starts") == 0);
}

static void draw_row(struct picture *p, size_t index) {
    switch (p->plan->rows[index].kind) {
    case ROW_ARROW:
    case ROW_LOST:
        arrow(p, index);
        break;
    case ROW_NOTE:
        box(p, index, "n", 0);
        break;
    case ROW_MARK:
        box(p, index, "k", 0);
        break;
    case ROW_SESSION:
        box(p, index, "s", 11);
        break;
    case ROW_STREAM:
        box(p, index, "b", 4);
        break;
    case ROW_FAULT:
        box(p, index, is_repair(p->plan->rows[index].event) ? "f y" : "f", 0);
        break;
    case ROW_TIME:
        passing(p, index);
        break;
    }
}

/* ---------------------------------------------------------------------------------------------------- lifelines ---- */

static void line_down(struct picture *p, const char *style, int x, int from, int to) {
    ink_put(p->out, "<path class=\"");
    ink_put(p->out, style);
    ink_put(p->out, "\" d=\"");
    point(p->out, 'M', x, from);
    ink_put(p->out, "V");
    ink_number(p->out, to);
    ink_put(p->out, "\"/>");
}

static bool has_sessions(const struct report_lane *lane) {
    return lane->kind == REPORT_CLIENT || lane->kind == REPORT_COMPONENT;
}

/* Thin and dotted where nobody is logged in. */
static void lifelines(struct picture *p) {
    const struct plan *plan = p->plan;
    const int top = p->head_top + HEAD_HEIGHT;
    const int bottom = p->top[plan->row_count] + 6;
    for (size_t i = 0; i < plan->lane_count; i++) {
        line_down(p, has_sessions(plan->lanes[i]) ? "w" : "u", p->x[i], top, bottom);
    }
    for (size_t i = 0; i < plan->row_count; i++) {
        const struct row *row = &plan->rows[i];
        const char *label = row->event->label;
        const int y = p->top[i] + 13;
        if (row->kind != ROW_SESSION) {
            continue;
        }
        if (strncmp(label, "bound ", 6) == 0) {
            p->since[row->from] = y;
        } else if (strncmp(label, "ended ", 6) == 0 && p->since[row->from] > 0) {
            line_down(p, "u", p->x[row->from], (int)p->since[row->from], y);
            p->since[row->from] = 0;
        }
    }
    for (size_t i = 0; i < plan->lane_count; i++) {
        if (p->since[i] > 0) {
            line_down(p, "u", p->x[i], (int)p->since[i], bottom);
        }
    }
}

static void draw_head(struct picture *p, size_t lane) {
    static const char *const styles[] = {[REPORT_CLIENT] = "hc",
                                         [REPORT_SERVER] = "hs",
                                         [REPORT_PEER] = "hp",
                                         [REPORT_COMPONENT] = "ho"};
    static const char *const words[] = {[REPORT_CLIENT] = "client",
                                        [REPORT_SERVER] = "server",
                                        [REPORT_PEER] = "peer server, played by the script",
                                        [REPORT_COMPONENT] = "component"};
    const struct head *head = &p->heads[lane];
    const struct report_lane *of = p->plan->lanes[lane];
    const int lines = 1 + (head->columns[1] > 0) + (head->columns[2] > 0);
    int y = p->head_top + (HEAD_HEIGHT - 14 * lines) / 2 + 12;
    ink_put(p->out, "<g class=\"h ");
    ink_put(p->out, styles[of->kind]);
    ink_put(p->out, "\"><title>");
    ink_put(p->out, words[of->kind]);
    ink_put(p->out, " ");
    clean_xml(p, of->address, 400);
    ink_put(p->out, "</title>");
    rectangle(p, "", p->x[lane] - head->width / 2, p->head_top, head->width, HEAD_HEIGHT,
              of->kind == REPORT_CLIENT ? 14 : of->kind == REPORT_SERVER ? 3 : 0);
    text(p, "", p->x[lane], y, head->text.data + head->lines[0]);
    for (size_t i = 1; i < 3; i++) {
        if (head->columns[i] > 0) {
            y += 13;
            text(p, "r", p->x[lane], y, head->text.data + head->lines[i]);
        }
    }
    ink_put(p->out, "</g>");
}

/* Below a picture that is higher than a screen, the names once more. */
static void names_below(struct picture *p) {
    if (p->names_top == 0) {
        return;
    }
    ink_put(p->out, "<g class=\"h\">");
    for (size_t i = 0; i < p->plan->lane_count; i++) {
        text(p, "", p->x[i], p->names_top, p->heads[i].text.data + p->heads[i].lines[0]);
    }
    ink_put(p->out, "</g>");
}

static void times(struct picture *p) {
    uint64_t last = UINT64_MAX;
    for (size_t i = 0; i < p->plan->row_count; i++) {
        const struct row *row = &p->plan->rows[i];
        const bool said = row->kind == ROW_TIME || row->event->time_us == last;
        if (said) {
            continue;
        }
        last = row->event->time_us;
        const bool arrow_row = row->kind == ROW_ARROW || row->kind == ROW_LOST;
        const int y = p->top[i] + (!arrow_row ? 17 : picture_slants(row) ? 20 + SLANT : 20);
        ink_put(p->out, "<text class=\"t\" x=\"8\"");
        attribute(p->out, "y", y);
        ink_put(p->out, ">");
        diagram_time(p->out, last);
        ink_put(p->out, "</text>");
    }
}

/* ----------------------------------------------------------------------------------------------------- the whole ---- */

/* For whoever hears the picture instead of seeing it. */
static void describe(struct picture *p) {
    size_t arrows = 0, lost = 0;
    for (size_t i = 0; i < p->plan->row_count; i++) {
        arrows += p->plan->rows[i].kind == ROW_ARROW;
        lost += p->plan->rows[i].kind == ROW_LOST;
    }
    ink_put(p->out, "Time runs from top to bottom. Side by side, from left to right: ");
    for (size_t i = 0; i < p->plan->lane_count; i++) {
        ink_put(p->out, i == 0 ? "" : ", ");
        clean_xml(p, p->plan->lanes[i]->name, 60);
    }
    ink_put(p->out, ". Stanzas that arrive: ");
    ink_number(p->out, (long)arrows);
    if (lost > 0) {
        ink_put(p->out, ", that are lost: ");
        ink_number(p->out, (long)lost);
    }
    ink_put(p->out, ".");
}

static void begin_picture(struct picture *p) {
    struct ink *out = p->out;
    const struct report_diagram *how = p->how;
    const char *title = how->title == NULL || how->title[0] == '\0' ? "Sequence diagram" : how->title;
    ink_put(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"seq\" role=\"img\"");
    attribute(out, "width", p->width);
    attribute(out, "height", p->height);
    ink_put(out, " viewBox=\"0 0 ");
    ink_number(out, p->width);
    ink_put(out, " ");
    ink_number(out, p->height);
    ink_put(out, "\" aria-labelledby=\"t");
    ink_number(out, (long)how->id);
    ink_put(out, "\" aria-describedby=\"d");
    ink_number(out, (long)how->id);
    ink_put(out, "\"><title id=\"t");
    ink_number(out, (long)how->id);
    ink_put(out, "\">");
    clean_xml(p, title, 200);
    ink_put(out, "</title><desc id=\"d");
    ink_number(out, (long)how->id);
    ink_put(out, "\">");
    describe(p);
    ink_put(out, "</desc>");
    if (!how->inside) {
        ink_put(out, "<style>");
        ink_xml(out, report_diagram_style());
        ink_put(out, "</style>");
        rectangle(p, "g", 0, 0, p->width, p->height, 0);
        ink_put(out, "<text class=\"q\" x=\"12\" y=\"20\">");
        clean_xml(p, title, (unsigned)((p->width - 2 * MARGIN) * 10 / 78));
        ink_put(out, "</text>");
    }
}

static void draw(struct picture *p) {
    begin_picture(p);
    lifelines(p);
    for (size_t i = 0; i < p->plan->lane_count; i++) {
        draw_head(p, i);
    }
    names_below(p);
    times(p);
    for (size_t i = 0; i < p->plan->row_count; i++) {
        draw_row(p, i);
    }
    if (p->plan->left_out > 0) {
        ink_put(p->out, "<text class=\"i\"");
        attribute(p->out, "x", p->width / 2);
        attribute(p->out, "y", p->height - 12);
        ink_put(p->out, ">… and ");
        ink_number(p->out, (long)p->plan->left_out);
        ink_put(p->out, " more events</text>");
    }
    ink_put(p->out, p->how->inside ? "</svg>" : "</svg>\n");
}

bool diagram_svg(struct ink *out, const struct plan *plan, const struct report_diagram *how) {
    struct picture p = {.out = out, .plan = plan, .how = how, .head_top = how->inside ? HEAD_TOP_INSIDE : HEAD_TOP};
    if (picture_make(&p)) {
        draw(&p);
    } else {
        out->failed = true;
    }
    picture_free(&p);
    return !out->failed;
}
