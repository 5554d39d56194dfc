/* diagram_layout.c - how wide and high the parts of a picture are, so that nothing in it covers anything else. The letters
 * of labels have one width each, so that what fits can be calculated; each row has a height of its own. */
#include "diagram_svg.h"

#include <stdlib.h>
#include <string.h>

static int wide(unsigned columns, int tenths) {
    return (int)(columns * (unsigned)tenths / 10) + 1;
}

/* ------------------------------------------------------------------------------------------------------- heads ---- */

static void head_line(struct head *head, size_t which, const char *text, size_t size, unsigned most) {
    char piece[256];
    if (size >= sizeof piece) {
        size = sizeof piece - 1;
    }
    memcpy(piece, text, size);
    piece[size] = '\0';
    head->lines[which] = head->text.size;
    head->columns[which] = ink_clean(&head->text, piece, most);
    ink_add(&head->text, "", 1);
}

/* An address in two lines: a JID breaks before its resource, a server's domains break between two. */
static void head_address(struct head *head, const struct report_lane *lane) {
    const char *address = strcmp(lane->name, lane->address) == 0 ? "" : lane->address;
    const size_t size = strlen(address);
    size_t first = strcspn(address, lane->kind == REPORT_SERVER ? " " : "/");
    if (size <= ADDRESS_COLUMNS - 8) {
        first = size;
    }
    head_line(head, 1, address, first, ADDRESS_COLUMNS);
    const char *rest = address + first + (address[first] == ' ');
    head_line(head, 2, rest, strlen(rest), ADDRESS_COLUMNS);
}

static bool make_head(struct head *head, const struct report_lane *lane) {
    head_line(head, 0, lane->name, strlen(lane->name), NAME_COLUMNS);
    head_address(head, lane);
    head->width = wide(head->columns[0], NAME_WIDTH);
    for (size_t i = 1; i < 3; i++) {
        const int width = wide(head->columns[i], SMALL_WIDTH);
        head->width = width > head->width ? width : head->width;
    }
    head->width += 20;
    return !head->text.failed;
}

/* ------------------------------------------------------------------------------------------------------- sizes ---- */

int picture_box_width(const struct row *row) {
    const int main = wide(row->columns[0], row->kind == ROW_MARK ? SMALL_WIDTH : LABEL_WIDTH);
    int width = main;
    for (size_t i = 1; i < ROW_TEXTS; i++) {
        const int below = wide(row->columns[i], SMALL_WIDTH);
        width = row->texts[i] != NO_TEXT && below > width ? below : width;
    }
    return width + 16;
}

static int row_height(const struct row *row) {
    const int below = 12 * picture_lines_below(row);
    switch (row->kind) {
    case ROW_ARROW:
    case ROW_LOST:
        return 26 + below + (picture_slants(row) ? SLANT : 0);
    case ROW_MARK:
        return 19;
    case ROW_TIME:
        return 26;
    default:
        return 30 + below;
    }
}

/* An arrow's texts have room between its lanes: what is missing is shared by the spaces between them. */
static void spread(const struct plan *plan, int *gaps) {
    for (size_t i = 0; i < plan->row_count; i++) {
        const struct row *row = &plan->rows[i];
        if (row->from < 0 || row->to < 0 || row->from == row->to) {
            continue;
        }
        const int first = row->from < row->to ? row->from : row->to;
        const int last = row->from < row->to ? row->to : row->from;
        int room = 0;
        for (int k = first; k < last; k++) {
            room += gaps[k];
        }
        const int missing = picture_box_width(row) + (row->kind == ROW_LOST ? 36 : 14) - room;
        for (int k = first; missing > 0 && k < last; k++) {
            gaps[k] += (missing + last - first - 1) / (last - first);
        }
    }
}

/* The times stand at the left; the last one is the longest. */
static int times_width(const struct plan *plan) {
    struct ink last = {0};
    diagram_time(&last, plan->row_count == 0 ? 0 : plan->rows[plan->row_count - 1].event->time_us);
    const int width = MARGIN + wide((unsigned)last.size, SMALL_WIDTH) + MARGIN;
    free(last.data);
    return width;
}

static bool place_lanes(struct picture *p) {
    const struct plan *plan = p->plan;
    int *gaps = calloc(plan->lane_count + 1, sizeof *gaps);
    for (size_t i = 0; gaps != NULL && i + 1 < plan->lane_count; i++) {
        gaps[i] = (p->heads[i].width + p->heads[i + 1].width) / 2 + 14;
    }
    if (gaps == NULL) {
        return false;
    }
    spread(plan, gaps);
    p->left = times_width(plan);
    p->width = p->left + MARGIN;
    for (size_t i = 0; i < plan->lane_count; i++) {
        p->x[i] = i == 0 ? p->left + p->heads[0].width / 2 : p->x[i - 1] + gaps[i - 1];
        const int right = p->x[i] + p->heads[i].width / 2 + MARGIN;
        p->width = right > p->width ? right : p->width;
    }
    free(gaps);
    return true;
}

int picture_box_left(const struct picture *p, int x, int width) {
    const int left = x - width / 2;
    const int most = p->width - MARGIN - width;
    return left < p->left ? p->left : left > most ? most : left;
}

int picture_centre(const struct picture *p, const struct row *row) {
    const int last = (int)p->plan->lane_count - 1;
    if (row->kind == ROW_FAULT || row->kind == ROW_TIME) {
        return last < 0 ? p->left : (p->x[0] + p->x[last]) / 2;
    }
    return row->to >= 0 && row->kind == ROW_STREAM ? (p->x[row->from] + p->x[row->to]) / 2 : p->x[row->from];
}

/* Whether the box of a session meets that of one before it in the same row. */
static bool meets(const struct picture *p, size_t index) {
    const struct row *row = &p->plan->rows[index];
    const int width = picture_box_width(row), left = picture_box_left(p, picture_centre(p, row), width);
    for (size_t i = index; i-- > 0;) {
        const struct row *other = &p->plan->rows[i];
        const int other_width = picture_box_width(other);
        const int other_left = picture_box_left(p, picture_centre(p, other), other_width);
        if (left < other_left + other_width + 4 && other_left < left + width + 4) {
            return true;
        }
        if (!other->beside) {
            break;
        }
    }
    return false;
}

int picture_nowhere(const struct row *row) {
    return picture_box_width(row) + 20;
}

static void place_rows(struct picture *p) {
    for (size_t i = 0; i < p->plan->row_count; i++) {
        const struct row *row = &p->plan->rows[i];
        const bool lost = row->kind == ROW_LOST && row->to < 0;
        const int width = row->kind == ROW_ARROW ? 0
                          : lost                 ? p->x[row->from] + picture_nowhere(row) + MARGIN
                                                 : picture_box_width(row) + p->left + MARGIN;
        p->width = width > p->width ? width : p->width;
    }
    int y = p->head_top + HEAD_HEIGHT + 8;
    for (size_t i = 0; i < p->plan->row_count; i++) {
        const struct row *row = &p->plan->rows[i];
        if (row->beside && !meets(p, i)) {
            p->top[i] = p->top[i - 1];
        } else {
            p->top[i] = y;
            y += row_height(row);
        }
    }
    p->top[p->plan->row_count] = y;
    p->names_top = y > TALL ? y + 20 : 0;
    p->height = y + (p->names_top > 0 ? 28 : 12) + (p->plan->left_out > 0 ? 22 : 0);
}

bool picture_make(struct picture *p) {
    const struct plan *plan = p->plan;
    p->heads = calloc(plan->lane_count + 1, sizeof *p->heads);
    p->x = calloc(plan->lane_count + 1, sizeof *p->x);
    p->since = calloc(plan->lane_count + 1, sizeof *p->since);
    p->top = calloc(plan->row_count + 1, sizeof *p->top);
    bool whole = p->heads != NULL && p->x != NULL && p->since != NULL && p->top != NULL;
    for (size_t i = 0; whole && i < plan->lane_count; i++) {
        whole = make_head(&p->heads[i], plan->lanes[i]);
    }
    if (!whole || !place_lanes(p)) {
        return false;
    }
    place_rows(p);
    return true;
}

void picture_free(struct picture *p) {
    for (size_t i = 0; p->heads != NULL && i < p->plan->lane_count; i++) {
        free(p->heads[i].text.data);
    }
    free(p->heads);
    free(p->x);
    free(p->since);
    free(p->top);
    free(p->clean.data);
}
