/* diagram_text.c - the diagram for a terminal, in lines that fit its width. Where the lanes do not fit side by side,
 * a list says the same. */
#include "diagram.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { GAP_MIN = 16, NAME_COLUMNS = 22, CELL_SIZE = TEXT_PIECE_MAX + 1, WIDTH_MAX = 400 };

enum style { PLAIN, NAME, DIM, STANZA, WRONG, STREAM, FAULT, NOTE, STYLES };

struct cell {
    char piece[CELL_SIZE]; /* "": the second column of a wide character */
    unsigned char style;
};

struct sheet {
    struct ink *out;
    const struct plan *plan;
    bool colour;
    unsigned width, left;  /* left: where the times end */
    unsigned *at;          /* columns of lanes */
    bool *online;          /* of lanes: whether somebody is logged in there */
    struct cell *line;
    uint64_t last_us;
};

/* ------------------------------------------------------------------------------------------------------- a line ---- */

static void blank(struct sheet *s) {
    for (unsigned i = 0; i < s->width; i++) {
        s->line[i] = (struct cell){.piece = " ", .style = PLAIN};
    }
}

static void set(struct sheet *s, unsigned column, const char *piece, enum style style) {
    if (column < s->width) {
        const size_t size = strlen(piece);
        memcpy(s->line[column].piece, piece, size < CELL_SIZE ? size + 1 : CELL_SIZE);
        s->line[column].style = (unsigned char)style;
    }
}

static void fill(struct sheet *s, unsigned from, unsigned to, const char *piece, enum style style) {
    for (unsigned i = from; i < to; i++) {
        set(s, i, piece, style);
    }
}

/* Text at a column, at most so many columns of it. */
static void write_at(struct sheet *s, unsigned column, unsigned most, const char *text, enum style style) {
    struct ink cut = {0};
    char piece[TEXT_PIECE_MAX + 1];
    bool escaped;
    (void)ink_clean(&cut, text, most);
    s->out->failed |= cut.failed;
    const char *rest = cut.data == NULL ? "" : cut.data;
    for (size_t size; (size = text_piece(rest, piece, &escaped)) > 0; rest += size) {
        struct ink one = {0};
        const unsigned columns = ink_clean(&one, piece, TEXT_PIECE_MAX);
        if (columns > 0 && column < s->width) {
            set(s, column, piece, style);
            for (unsigned i = 1; i < columns; i++) {
                set(s, column + i, "", style);
            }
        }
        free(one.data);
        column += columns;
    }
    free(cut.data);
}

static void lifelines(struct sheet *s) {
    blank(s);
    for (size_t i = 0; i < s->plan->lane_count; i++) {
        set(s, s->at[i], s->online[i] ? "│" : "┊", DIM);
    }
}

static const char *colour_of(unsigned style) {
    static const char *const codes[STYLES] = {[PLAIN] = "\033[0m",    [NAME] = "\033[0;1m",   [DIM] = "\033[0;2m",
                                              [STANZA] = "\033[0;36m", [WRONG] = "\033[0;31m", [STREAM] = "\033[0;34m",
                                              [FAULT] = "\033[0;1;33m", [NOTE] = "\033[0;33m"};
    return codes[style];
}

static void end_line(struct sheet *s) {
    unsigned end = s->width;
    while (end > 0 && strcmp(s->line[end - 1].piece, " ") == 0) {
        end--;
    }
    unsigned style = PLAIN;
    for (unsigned i = 0; i < end; i++) {
        const bool space = strcmp(s->line[i].piece, " ") == 0;
        if (s->colour && !space && s->line[i].style != style) {
            style = s->line[i].style;
            ink_put(s->out, colour_of(style));
        }
        ink_put(s->out, s->line[i].piece);
    }
    if (style != PLAIN) {
        ink_put(s->out, colour_of(PLAIN));
    }
    ink_put(s->out, "\n");
}

static void write_time(struct sheet *s, const struct row *row) {
    if (row->kind == ROW_TIME || row->event->time_us == s->last_us) {
        return;
    }
    struct ink time = {0};
    s->last_us = row->event->time_us;
    diagram_time(&time, s->last_us);
    s->out->failed |= time.failed;
    write_at(s, 0, s->left, time.data == NULL ? "" : time.data, DIM);
    free(time.data);
}

/* -------------------------------------------------------------------------------------------------------- lanes ---- */

static unsigned name_columns(const struct plan *plan, size_t lane) {
    struct ink name = {0};
    const unsigned columns = ink_clean(&name, plan->lanes[lane]->name, NAME_COLUMNS);
    free(name.data);
    return columns;
}

static unsigned columns_needed(const struct row *row) {
    unsigned needed = row->columns[0] + 8;
    for (size_t i = 1; i < ROW_TEXTS; i++) {
        needed = row->columns[i] + 3 > needed ? row->columns[i] + 3 : needed;
    }
    return needed;
}

static void spread(const struct plan *plan, unsigned *gaps) {
    for (size_t i = 0; i < plan->row_count; i++) {
        const struct row *row = &plan->rows[i];
        if (row->from < 0 || row->to < 0 || row->from == row->to) {
            continue;
        }
        const unsigned first = (unsigned)(row->from < row->to ? row->from : row->to);
        const unsigned last = (unsigned)(row->from < row->to ? row->to : row->from);
        unsigned room = 0;
        for (unsigned k = first; k < last; k++) {
            room += gaps[k];
        }
        const unsigned missing = columns_needed(row) > room ? columns_needed(row) - room : 0;
        for (unsigned k = first; k < last; k++) {
            gaps[k] += (missing + last - first - 1) / (last - first);
        }
    }
}

/* What is too wide is made narrower, the widest space first. returns false: even so there is no room. */
static bool squeeze(unsigned *gaps, size_t count, unsigned room) {
    for (;;) {
        unsigned all = 0;
        size_t widest = 0;
        for (size_t i = 0; i < count; i++) {
            all += gaps[i];
            widest = gaps[i] > gaps[widest] ? i : widest;
        }
        if (all <= room) {
            return true;
        }
        if (gaps[widest] <= GAP_MIN) {
            return false;
        }
        gaps[widest]--;
    }
}

static bool place_lanes(struct sheet *s) {
    const struct plan *plan = s->plan;
    const size_t count = plan->lane_count;
    unsigned *gaps = calloc(count + 1, sizeof *gaps);
    if (gaps == NULL || count == 0) {
        s->out->failed |= gaps == NULL;
        free(gaps);
        return false;
    }
    for (size_t i = 0; i + 1 < count; i++) {
        const unsigned wanted = (name_columns(plan, i) + name_columns(plan, i + 1)) / 2 + 3;
        gaps[i] = wanted > GAP_MIN ? wanted : GAP_MIN;
    }
    spread(plan, gaps);
    const unsigned edges = (name_columns(plan, 0) + 1) / 2 + (name_columns(plan, count - 1) + 1) / 2 + s->left + 1;
    const bool fits = edges < s->width && squeeze(gaps, count - 1, s->width - edges);
    s->at[0] = s->left + (name_columns(plan, 0) + 1) / 2;
    for (size_t i = 1; i < count; i++) {
        s->at[i] = s->at[i - 1] + gaps[i - 1];
    }
    free(gaps);
    return fits;
}

/* Where a text of so many columns begins that should be centred at a column. */
static unsigned centred(const struct sheet *s, unsigned centre, unsigned columns) {
    const unsigned most = s->width > columns ? s->width - columns : 0;
    const unsigned begin = centre > columns / 2 + s->left ? centre - columns / 2 : s->left;
    return begin > most ? most : begin;
}

static void heads(struct sheet *s) {
    blank(s);
    for (size_t i = 0; i < s->plan->lane_count; i++) {
        const unsigned columns = name_columns(s->plan, i);
        write_at(s, centred(s, s->at[i], columns), columns, s->plan->lanes[i]->name, NAME);
    }
    end_line(s);
}

/* --------------------------------------------------------------------------------------------------------- rows ---- */

static void below(struct sheet *s, const struct row *row, unsigned centre, unsigned most) {
    for (size_t i = 1; i < ROW_TEXTS && row->texts[i] != NO_TEXT; i++) {
        const unsigned columns = row->columns[i] < most ? row->columns[i] : most;
        lifelines(s);
        write_at(s, centred(s, centre, columns), columns, plan_text(s->plan, row->texts[i]),
                 i == 1 && row->texts[2] != NO_TEXT ? WRONG : DIM);
        end_line(s);
    }
}

static void arrow(struct sheet *s, const struct row *row) {
    const bool lost = row->kind == ROW_LOST;
    const bool right = row->to < 0 || row->to > row->from;
    const unsigned from = s->at[row->from];
    const unsigned to = row->to >= 0 ? s->at[row->to] : from + row->columns[0] + 10;
    const unsigned low = (right ? from : to) + 1, high = right ? to : from; /* between the lanes: low up to high */
    const enum style style = lost || plan_is_error(row->event) ? WRONG : STANZA;
    const unsigned room = high - low > 4 ? high - low - 4 : 0;
    const unsigned columns = row->columns[0] < room ? row->columns[0] : room;
    const unsigned begin = low + (high - low - columns) / 2;
    lifelines(s);
    fill(s, low, high, lost ? "╌" : "─", style);
    set(s, right ? high - 1 : low, lost ? "✗" : right ? "▶" : "◀", style);
    set(s, begin - 1, " ", PLAIN);
    set(s, begin + columns, " ", PLAIN);
    write_at(s, begin, columns, plan_text(s->plan, row->texts[0]), lost ? WRONG : PLAIN);
    write_time(s, row);
    end_line(s);
    below(s, row, (low + high) / 2, high - low - 1);
}

/* Text in a pair of brackets at a lane. */
static void bracket(struct sheet *s, const struct row *row, const char *open, const char *close, enum style style) {
    const unsigned most = s->width - s->left - 2;
    const unsigned columns = row->columns[0] < most ? row->columns[0] : most;
    const unsigned begin = centred(s, s->at[row->from], columns + 2);
    set(s, begin, open, style);
    write_at(s, begin + 1, columns, plan_text(s->plan, row->texts[0]), style);
    set(s, begin + 1 + columns, close, style);
}

static void mark(struct sheet *s, const struct row *row) {
    lifelines(s);
    bracket(s, row, "·", "·", DIM);
    write_time(s, row);
    end_line(s);
}

static void note(struct sheet *s, const struct row *row) {
    lifelines(s);
    bracket(s, row, "[", "]", NOTE);
    write_time(s, row);
    end_line(s);
    below(s, row, s->at[row->from], s->width - s->left);
}

static void stream(struct sheet *s, const struct row *row) {
    const unsigned a = s->at[row->from], b = s->at[row->to];
    const unsigned low = a < b ? a : b, high = a < b ? b : a;
    const unsigned most = s->width - s->left - 2;
    const unsigned columns = row->columns[0] < most ? row->columns[0] : most;
    lifelines(s);
    fill(s, low + 1, high, "═", STREAM);
    const unsigned begin = centred(s, (low + high) / 2, columns + 2);
    set(s, begin, " ", PLAIN);
    write_at(s, begin + 1, columns, plan_text(s->plan, row->texts[0]), STREAM);
    set(s, begin + 1 + columns, " ", PLAIN);
    write_time(s, row);
    end_line(s);
}

static void band(struct sheet *s, const struct row *row, const char *line, enum style style) {
    const unsigned most = s->width - s->left - 6;
    const unsigned columns = row->columns[0] < most ? row->columns[0] : most;
    const unsigned end = s->at[s->plan->lane_count - 1] + 2;
    const unsigned centre = (s->left + (end > s->width ? s->width : end)) / 2;
    blank(s);
    fill(s, s->left, end, line, style);
    const unsigned begin = centred(s, centre, columns + 2);
    set(s, begin, " ", PLAIN);
    write_at(s, begin + 1, columns, plan_text(s->plan, row->texts[0]), style);
    set(s, begin + 1 + columns, " ", PLAIN);
    write_time(s, row);
    end_line(s);
}

static void note_online(struct sheet *s, const struct row *row) {
    s->online[row->from] = strncmp(row->event->label, "bound ", 6) == 0 ||
                           (s->online[row->from] && strncmp(row->event->label, "ended ", 6) != 0);
}

/* Several in one line where there is room for them. returns the row that comes next. */
static size_t sessions(struct sheet *s, size_t index) {
    const struct row *first = &s->plan->rows[index];
    size_t next = index;
    lifelines(s);
    do {
        const struct row *row = &s->plan->rows[next];
        const unsigned most = s->width - s->left - 2;
        const unsigned columns = (row->columns[0] < most ? row->columns[0] : most) + 2;
        const unsigned begin = centred(s, s->at[row->from], columns);
        bool free_room = true;
        for (unsigned i = begin; i < begin + columns && i < s->width; i++) {
            free_room = free_room && (strcmp(s->line[i].piece, " ") == 0 || s->line[i].style == DIM);
        }
        if (!free_room) {
            break;
        }
        bracket(s, row, "(", ")", PLAIN);
        note_online(s, row);
        next++;
    } while (next < s->plan->row_count && s->plan->rows[next].beside);
    write_time(s, first);
    end_line(s);
    below(s, first, s->at[first->from], s->width - s->left);
    return next;
}

static size_t draw_row(struct sheet *s, size_t index) {
    const struct row *row = &s->plan->rows[index];
    switch (row->kind) {
    case ROW_ARROW:
    case ROW_LOST:
        arrow(s, row);
        break;
    case ROW_NOTE:
        note(s, row);
        break;
    case ROW_MARK:
        mark(s, row);
        break;
    case ROW_SESSION:
        return sessions(s, index);
    case ROW_STREAM:
        stream(s, row);
        break;
    case ROW_FAULT:
        band(s, row, "━", FAULT);
        break;
    case ROW_TIME:
        band(s, row, "┄", DIM);
        break;
    }
    return index + 1;
}

/* -------------------------------------------------------------------------------------------------------- a list ---- */

static const char *name_of(const struct plan *plan, int lane) {
    return lane < 0 ? "nobody" : plan->lanes[lane]->name;
}

static void list_row(struct sheet *s, const struct row *row) {
    const struct plan *plan = s->plan;
    struct ink words = {0};
    const bool way = row->kind == ROW_ARROW || row->kind == ROW_LOST ||
                     (row->kind == ROW_STREAM && row->from != row->to);
    if (row->from >= 0 && row->kind != ROW_FAULT && row->kind != ROW_TIME) {
        ink_put(&words, name_of(plan, row->from));
        ink_put(&words, !way ? "" : row->kind == ROW_LOST ? " ╌✗ " : row->kind == ROW_STREAM ? " ══ " : " ─▶ ");
        ink_put(&words, way ? name_of(plan, row->to) : "");
        ink_put(&words, ": ");
    }
    ink_put(&words, plan_text(plan, row->texts[0]));
    s->out->failed |= words.failed;
    blank(s);
    write_at(s, s->left, s->width - s->left, words.data == NULL ? "" : words.data,
             row->kind == ROW_FAULT                                         ? FAULT
             : row->kind == ROW_LOST || (way && plan_is_error(row->event)) ? WRONG
             : row->kind == ROW_MARK || row->kind == ROW_TIME              ? DIM
                                                                           : PLAIN);
    write_time(s, row);
    end_line(s);
    free(words.data);
    for (size_t i = 1; i < ROW_TEXTS && row->texts[i] != NO_TEXT; i++) {
        blank(s);
        write_at(s, s->left + 2, s->width - s->left - 2, plan_text(plan, row->texts[i]), DIM);
        end_line(s);
    }
}

/* ------------------------------------------------------------------------------------------------------ the whole ---- */

static void draw(struct sheet *s, bool side_by_side) {
    const struct plan *plan = s->plan;
    if (side_by_side) {
        heads(s);
        for (size_t i = 0; i < plan->row_count;) {
            i = draw_row(s, i);
        }
    }
    for (size_t i = 0; !side_by_side && i < plan->row_count; i++) {
        list_row(s, &plan->rows[i]);
    }
    if (plan->left_out > 0) {
        ink_put(s->out, "… and ");
        ink_number(s->out, (long)plan->left_out);
        ink_put(s->out, " more events\n");
    }
}

static unsigned times_width(const struct plan *plan) {
    struct ink last = {0};
    diagram_time(&last, plan->row_count == 0 ? 0 : plan->rows[plan->row_count - 1].event->time_us);
    const unsigned width = (unsigned)last.size + 1;
    free(last.data);
    return width < 7 ? 7 : width;
}

bool diagram_text(struct ink *out, const struct plan *plan, const struct report_diagram *how) {
    const unsigned width = how->width < 40 ? 40 : how->width > WIDTH_MAX ? WIDTH_MAX : how->width;
    struct sheet s = {
        .out = out, .plan = plan, .colour = how->colour, .width = width, .left = times_width(plan), .last_us = UINT64_MAX};
    s.line = calloc(width, sizeof *s.line);
    s.at = calloc(plan->lane_count + 1, sizeof *s.at);
    s.online = calloc(plan->lane_count + 1, sizeof *s.online);
    if (s.line != NULL && s.at != NULL && s.online != NULL) {
        for (size_t i = 0; i < plan->lane_count; i++) {
            s.online[i] = plan->lanes[i]->kind == REPORT_SERVER || plan->lanes[i]->kind == REPORT_PEER;
        }
        if (how->title != NULL && how->title[0] != '\0') {
            blank(&s);
            write_at(&s, 0, width, how->title, NAME);
            end_line(&s);
            ink_put(out, "\n");
        }
        draw(&s, place_lanes(&s));
    } else {
        out->failed = true;
    }
    free(s.line);
    free(s.at);
    free(s.online);
    return !out->failed;
}
