/* diagram_plan.c - which rows a diagram has: what a reader wants to see of a story, and in which words. */
#include "diagram.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------------ words ---- */

/* Texts of a row are put together from pieces, NULL at the end; what is too long is cut as a whole. */
static void write_text(struct plan *plan, struct row *row, size_t which, const char *const *pieces) {
    const bool narrow = row->from >= 0 && row->to >= 0 && row->from != row->to;
    const unsigned most = narrow ? LABEL_COLUMNS : BOX_COLUMNS;
    unsigned columns = 0;
    row->texts[which] = plan->texts.size;
    for (; *pieces != NULL && columns < most; pieces++) {
        columns += ink_clean(&plan->texts, *pieces, most - columns);
    }
    ink_add(&plan->texts, "", 1);
    row->columns[which] = columns;
}

static void set_text(struct plan *plan, struct row *row, size_t which, const char *a, const char *b, const char *c) {
    const char *pieces[] = {a, b, b == NULL ? NULL : c, NULL};
    write_text(plan, row, which, pieces);
}

static void add_below(struct plan *plan, struct row *row, const char *a, const char *b) {
    if (a != NULL && row->texts[1] == NO_TEXT) {
        set_text(plan, row, 1, a, b, NULL);
    } else if (a != NULL) {
        set_text(plan, row, 2, a, b, NULL);
    }
}

bool plan_is_error(const struct report_event *event) {
    const char *kind = event->stanza_kind;
    const char *slash = kind == NULL ? NULL : strchr(kind, '/');
    return slash != NULL && strcmp(slash, "/error") == 0;
}

/* Why it was sent: with what a profile does instead where it departs from the rule. */
static void add_rule(struct plan *plan, struct row *row) {
    const struct report_event *event = row->event;
    if (event->departure != NULL) {
        add_below(plan, row, "departs: ", event->departure);
    } else {
        add_below(plan, row, event->rule, NULL);
    }
}

static bool starts(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

static const char *behind(const char *text, const char *with) {
    return starts(text, with) ? text + strlen(with) : text;
}

/* ------------------------------------------------------------------------------------------------------- rows ---- */

static int lane_of(const struct plan *plan, int lane) {
    return lane < 0 || (size_t)lane >= plan->story->lane_count ? -1 : plan->shown[lane];
}

static struct row *add_row(struct plan *plan, enum row_kind kind, const struct report_event *event) {
    if (plan->row_count == plan->row_capacity) {
        const size_t capacity = plan->row_capacity == 0 ? 32 : plan->row_capacity * 2;
        struct row *rows = realloc(plan->rows, capacity * sizeof *rows);
        if (rows == NULL) {
            plan->failed = true;
            return NULL;
        }
        plan->rows = rows;
        plan->row_capacity = capacity;
    }
    struct row *row = &plan->rows[plan->row_count];
    *row = (struct row){.kind = kind,
                        .event = event,
                        .from = lane_of(plan, event->from),
                        .to = lane_of(plan, event->to)};
    plan->row_count++;
    return row;
}

/* Whoever sends to itself does so by way of a server, so that both lanes differ in a story; a hand-made one may not. */
static void add_arrow(struct plan *plan, const struct report_event *event) {
    struct row *row = add_row(plan, ROW_ARROW, event);
    if (row == NULL) {
        return;
    }
    set_text(plan, row, 0, event->label, NULL, NULL);
    if (event->condition != NULL && event->kind != REPORT_SENDS && plan_is_error(event)) {
        add_below(plan, row, event->condition, NULL);
    }
    add_rule(plan, row);
    if (row->from < 0 || row->to < 0 || row->from == row->to) {
        row->kind = ROW_NOTE;
        row->from = row->from < 0 ? row->to : row->from;
    }
}

/* The name of a stanza that is gone: as it was called when it was last seen. */
static const char *lost_label(const struct plan *plan, const struct report_event *event) {
    const struct report_event *events = plan->story->events;
    for (size_t i = (size_t)(event - events); event->number > 0 && i-- > 0;) {
        const bool stanza = events[i].kind == REPORT_SENDS || events[i].kind == REPORT_CROSSES;
        if (stanza && events[i].number == event->number) {
            return events[i].label;
        }
    }
    return event->stanza_kind == NULL ? "a stanza" : event->stanza_kind;
}

static void add_lost(struct plan *plan, const struct report_event *event) {
    struct row *row = add_row(plan, ROW_LOST, event);
    if (row == NULL) {
        return;
    }
    set_text(plan, row, 0, lost_label(plan, event), NULL, NULL);
    add_below(plan, row, "lost: ", event->label);
    if (row->from < 0 || row->from == row->to) {
        row->kind = ROW_NOTE;
        row->from = row->from < 0 ? row->to : row->from;
    }
}

static void add_fate(struct plan *plan, const struct report_event *event) {
    struct row *row = add_row(plan, ROW_NOTE, event);
    if (row == NULL) {
        return;
    }
    char id[64] = "";
    const size_t size = strcspn(event->label, " ");
    if (size > 0 && size < sizeof id) {
        memcpy(id, event->label, size);
        id[size] = '\0';
    }
    const char *const pieces[] = {id,
                                  id[0] == '\0' ? "" : ": ",
                                  event->fate == NULL ? "" : event->fate,
                                  event->condition == NULL ? "" : " ",
                                  event->condition == NULL ? "" : event->condition,
                                  event->address == NULL ? "" : " for ",
                                  event->address == NULL ? "" : event->address,
                                  NULL};
    write_text(plan, row, 0, pieces);
    add_rule(plan, row);
}

static void add_mark(struct plan *plan, const struct report_event *event) {
    struct row *row = event->rule == NULL ? NULL : add_row(plan, ROW_MARK, event);
    if (row != NULL) {
        set_text(plan, row, 0, event->departure == NULL ? event->rule : event->departure, NULL, NULL);
    }
}

static void add_session(struct plan *plan, const struct report_event *event) {
    static const char *const plain[] = {"ended disconnects", "ended vanishes"};
    const size_t before = plan->row_count;
    struct row *row = add_row(plan, ROW_SESSION, event);
    if (row == NULL) {
        return;
    }
    if (starts(event->label, "bound ")) {
        set_text(plan, row, 0, "connects", NULL, NULL);
    } else if (strcmp(event->label, plain[0]) == 0 || strcmp(event->label, plain[1]) == 0) {
        set_text(plan, row, 0, behind(event->label, "ended "), NULL, NULL);
    } else if (starts(event->label, "refused ")) {
        set_text(plan, row, 0, "refused: ", behind(event->label, "refused "), NULL);
    } else {
        set_text(plan, row, 0, "ended: ", behind(event->label, "ended "), NULL);
    }
    add_rule(plan, row);
    /* Several who connect at the same time do so side by side. */
    const struct row *last = before == 0 ? NULL : &plan->rows[before - 1];
    bool beside = last != NULL && last->kind == ROW_SESSION && last->event->time_us == event->time_us;
    for (size_t i = before; beside && i-- > 0 && plan->rows[i].kind == ROW_SESSION;) {
        beside = plan->rows[i].from != row->from;
        if (!plan->rows[i].beside) {
            break;
        }
    }
    row->beside = beside && last->texts[1] == NO_TEXT && row->texts[1] == NO_TEXT;
}

static void add_fault(struct plan *plan, const struct report_event *event) {
    struct row *row = add_row(plan, ROW_FAULT, event);
    if (row != NULL) {
        set_text(plan, row, 0, event->label, NULL, NULL);
    }
}

/* ---------------------------------------------------------------------------------------------------- streams ---- */

static bool same_stream(const struct report_event *a, const struct report_event *b) {
    return a->kind == REPORT_STREAM && b->kind == REPORT_STREAM && a->from == b->from && a->to == b->to &&
           (a->address == NULL) == (b->address == NULL) &&
           (a->address == NULL || strcmp(a->address, b->address) == 0);
}

static bool ends_opening(const struct report_event *event) {
    return strcmp(event->label, "ready") == 0 || starts(event->label, "failed") || starts(event->label, "closed");
}

/* Whether something is drawn of an event other than the steps of streams. */
static bool interrupts(const struct report_event *event) {
    return event->kind == REPORT_FAULT;
}

/* The last event of the opening that begins here, or of what is seen of it before something happens to the network. */
static size_t end_of_opening(const struct report_story *story, size_t begin) {
    size_t last = begin;
    for (size_t i = begin + 1; i < story->event_count; i++) {
        const struct report_event *event = &story->events[i];
        if (interrupts(event)) {
            break;
        }
        if (same_stream(&story->events[begin], event)) {
            last = i;
            if (ends_opening(event)) {
                break;
            }
        }
    }
    return last;
}

static bool opens(const struct report_event *event) {
    return event->kind == REPORT_STREAM && strcmp(event->label, "opens") == 0;
}

/* The event with which what is shown in this one's row began; itself where it is the first. */
static const struct report_event *opening_of(const struct report_story *story, size_t index) {
    for (size_t i = index; i-- > 0;) {
        const struct report_event *event = &story->events[i];
        if (interrupts(event)) {
            break;
        }
        if (same_stream(&story->events[index], event)) {
            if (opens(event)) {
                return event;
            }
            if (ends_opening(event)) {
                break;
            }
        }
    }
    return &story->events[index];
}

/* Steps of opening a stream are one row, where the last of them stands. */
static void add_stream(struct plan *plan, size_t index) {
    const struct report_event *event = &plan->story->events[index];
    const struct report_event *first = opens(event) ? event : opening_of(plan->story, index);
    if (!ends_opening(event) && end_of_opening(plan->story, (size_t)(first - plan->story->events)) != index) {
        return;
    }
    struct row *row = add_row(plan, ROW_STREAM, event);
    if (row == NULL) {
        return;
    }
    const bool nobody = row->to < 0 && event->address != NULL;
    row->from = row->from < 0 ? row->to : row->from;
    row->to = row->to < 0 ? row->from : row->to;
    if (first == event && strcmp(event->label, "ready") == 0) {
        set_text(plan, row, 0, "one more domain verified", NULL, NULL);
        return;
    }
    const char *const pieces[] = {nobody ? "stream to " : "stream",
                                  nobody ? event->address : "",
                                  " ",
                                  first == event ? "" : "opens … ",
                                  event->label,
                                  NULL};
    write_text(plan, row, 0, pieces);
}

/* ------------------------------------------------------------------------------------------------------ steps ---- */

static bool was_sent(const struct report_story *story, size_t step) {
    bool sent = false;
    for (size_t i = step + 1; i < story->event_count && !sent; i++) {
        sent = story->events[i].kind == REPORT_SENDS && story->events[i].line == story->events[step].line;
    }
    return sent;
}

/* Of the script's own steps, what shows nowhere else: that time passes, and octets that never became a stanza. */
static void add_step(struct plan *plan, size_t index) {
    const struct report_event *event = &plan->story->events[index];
    static const char raw[] = " sends raw";
    const size_t size = strlen(event->label);
    if (event->from < 0 && starts(event->label, "time passes")) {
        plan->passing = event;
    } else if (event->from >= 0 && size >= sizeof raw && strcmp(event->label + size - (sizeof raw - 1), raw) == 0 &&
               !was_sent(plan->story, index)) {
        struct row *row = add_row(plan, ROW_NOTE, event);
        if (row != NULL) {
            set_text(plan, row, 0, "sends raw octets", NULL, NULL);
        }
    }
}

/* What was asked for before it passes, and happens at once, stands above it. */
static void add_passing(struct plan *plan, const struct report_event *next) {
    const struct report_event *event = plan->passing;
    if (event == NULL || next->kind == REPORT_STEP || next->time_us == event->time_us) {
        return;
    }
    plan->passing = NULL;
    struct row *row = add_row(plan, ROW_TIME, event);
    if (row != NULL) {
        set_text(plan, row, 0, event->label, NULL, NULL);
    }
}

static void add_event(struct plan *plan, size_t index, bool marks) {
    const struct report_event *event = &plan->story->events[index];
    add_passing(plan, event);
    switch (event->kind) {
    case REPORT_SENDS:
    case REPORT_CROSSES:
    case REPORT_ARRIVES:
        add_arrow(plan, event);
        break;
    case REPORT_FATE:
        if (!event->shown) {
            add_fate(plan, event);
        }
        break;
    case REPORT_MARK:
        if (marks) {
            add_mark(plan, event);
        }
        break;
    case REPORT_SESSION:
        add_session(plan, event);
        break;
    case REPORT_STREAM:
        add_stream(plan, index);
        break;
    case REPORT_LOST:
        add_lost(plan, event);
        break;
    case REPORT_FAULT:
        add_fault(plan, event);
        break;
    case REPORT_STEP:
        add_step(plan, index);
        break;
    }
}

/* ------------------------------------------------------------------------------------------------- the whole ---- */

/* Where many take part, those of whom nothing is told stand in the way. */
static bool choose_lanes(struct plan *plan) {
    const struct report_story *story = plan->story;
    plan->shown = calloc(story->lane_count + 1, sizeof *plan->shown);
    plan->lanes = calloc(story->lane_count + 1, sizeof *plan->lanes);
    if (plan->shown == NULL || plan->lanes == NULL) {
        return false;
    }
    const bool few = story->lane_count <= 10;
    for (size_t i = 0; i < story->event_count && !few; i++) {
        const struct report_event *event = &story->events[i];
        if (event->kind != REPORT_STEP && event->from >= 0 && (size_t)event->from < story->lane_count) {
            plan->shown[event->from] = 1;
        }
        if (event->kind != REPORT_STEP && event->to >= 0 && (size_t)event->to < story->lane_count) {
            plan->shown[event->to] = 1;
        }
    }
    for (size_t i = 0; i < story->lane_count; i++) {
        const bool taken = (few || plan->shown[i] != 0) && plan->lane_count < DIAGRAM_LANES_MAX;
        plan->shown[i] = taken ? (int)plan->lane_count : -1;
        if (taken) {
            plan->lanes[plan->lane_count++] = &story->lanes[i];
        }
    }
    return true;
}

/* What was under way while something happened to the network set out before that. */
static void find_long_ways(struct plan *plan) {
    for (size_t i = 0; i < plan->row_count; i++) {
        struct row *row = &plan->rows[i];
        const bool flies = row->kind == ROW_LOST || row->kind == ROW_ARROW;
        for (size_t k = i; flies && k-- > 0 && plan->rows[k].event->time_us >= row->event->sent_us;) {
            const struct report_event *fault = plan->rows[k].event;
            if (row->kind == ROW_LOST && fault->number == row->event->number && fault->number > 0 &&
                plan->rows[k].kind == ROW_ARROW) {
                break;
            }
            /* What happened in the same instant did so before, unless the stanza is gone because of it. */
            if (plan->rows[k].kind == ROW_FAULT && (fault->time_us > row->event->sent_us || row->kind == ROW_LOST)) {
                row->over = true;
                row->begins = k;
            }
        }
    }
}

/* A row that has none of the lanes that are drawn. */
static void drop_homeless(struct plan *plan) {
    size_t kept = 0;
    for (size_t i = 0; i < plan->row_count; i++) {
        const enum row_kind kind = plan->rows[i].kind;
        if (plan->rows[i].from >= 0 || kind == ROW_FAULT || kind == ROW_TIME) {
            plan->rows[kept] = plan->rows[i];
            kept++;
        }
    }
    plan->row_count = kept;
}

bool plan_make(struct plan *plan, const struct report_story *story, const struct report_diagram *how) {
    *plan = (struct plan){.story = story};
    ink_add(&plan->texts, "", 1);
    if (!choose_lanes(plan)) {
        return false;
    }
    size_t next = 0;
    while (next < story->event_count && plan->row_count < DIAGRAM_ROWS_MAX && !plan->failed) {
        add_event(plan, next++, how->marks);
    }
    plan->left_out = story->event_count - next;
    drop_homeless(plan);
    find_long_ways(plan);
    return !plan->failed && !plan->texts.failed;
}

void plan_free(struct plan *plan) {
    free(plan->shown);
    free(plan->lanes);
    free(plan->rows);
    free(plan->texts.data);
}
