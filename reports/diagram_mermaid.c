/* diagram_mermaid.c - the diagram in the language of Mermaid, for pages that draw it themselves. */
#include "diagram.h"

#include <stdlib.h>
#include <string.h>

/* Whatever could mean something to Mermaid stands as a character entity, of which it has a form of its own. */
static void put(struct ink *out, const char *clean) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .@/_-=+,()'!?*";
    while (*clean != '\0') {
        const unsigned char c = (unsigned char)*clean;
        /* "end" closes blocks, wherever it stands. */
        const bool end = (c == 'e' || c == 'E') && (clean[1] == 'n' || clean[1] == 'N') &&
                         (clean[2] == 'd' || clean[2] == 'D');
        if (!end && (c >= 0x80 || strchr(plain, c) != NULL)) {
            ink_add(out, clean, 1);
        } else {
            ink_put(out, "#");
            ink_number(out, c);
            ink_put(out, ";");
        }
        clean++;
    }
}

static void put_from_elsewhere(struct ink *out, const char *text, unsigned most) {
    struct ink clean = {0};
    (void)ink_clean(&clean, text, most);
    out->failed |= clean.failed;
    put(out, clean.data == NULL ? "" : clean.data);
    free(clean.data);
}

static void lane(struct ink *out, int number) {
    ink_put(out, "L");
    ink_number(out, number);
}

static void texts(struct ink *out, const struct plan *plan, const struct row *row) {
    put(out, plan_text(plan, row->texts[0]));
    for (size_t i = 1; i < ROW_TEXTS && row->texts[i] != NO_TEXT; i++) {
        ink_put(out, "<br/>");
        put(out, plan_text(plan, row->texts[i]));
    }
    ink_put(out, "\n");
}

static void note(struct ink *out, const struct plan *plan, const struct row *row) {
    const bool all = row->kind == ROW_FAULT || row->kind == ROW_TIME;
    const int from = all ? 0 : row->from;
    const int to = all ? (int)plan->lane_count - 1 : row->kind == ROW_STREAM ? row->to : from;
    ink_put(out, "    Note over ");
    lane(out, from < to ? from : to);
    if (from != to) {
        ink_put(out, ",");
        lane(out, from < to ? to : from);
    }
    ink_put(out, ": ");
    texts(out, plan, row);
}

static void arrow(struct ink *out, const struct plan *plan, const struct row *row) {
    if (row->to < 0) {
        note(out, plan, row);
        return;
    }
    ink_put(out, "    ");
    lane(out, row->from);
    ink_put(out, row->kind == ROW_LOST ? "--x" : plan_is_error(row->event) ? "-->>" : "->>");
    lane(out, row->to);
    ink_put(out, ": ");
    texts(out, plan, row);
}

bool diagram_mermaid(struct ink *out, const struct plan *plan, const struct report_diagram *how) {
    ink_put(out, "sequenceDiagram\n");
    if (how->title != NULL && how->title[0] != '\0') {
        ink_put(out, "    title ");
        put_from_elsewhere(out, how->title, 200);
        ink_put(out, "\n");
    }
    for (size_t i = 0; i < plan->lane_count; i++) {
        ink_put(out, plan->lanes[i]->kind == REPORT_CLIENT ? "    actor " : "    participant ");
        lane(out, (int)i);
        ink_put(out, " as ");
        put_from_elsewhere(out, plan->lanes[i]->name, 60);
        ink_put(out, "\n");
    }
    for (size_t i = 0; i < plan->row_count && plan->lane_count > 0; i++) {
        const struct row *row = &plan->rows[i];
        if (row->kind == ROW_ARROW || row->kind == ROW_LOST) {
            arrow(out, plan, row);
        } else {
            note(out, plan, row);
        }
    }
    if (plan->left_out > 0 && plan->lane_count > 0) {
        ink_put(out, "    Note over L0: … and ");
        ink_number(out, (long)plan->left_out);
        ink_put(out, " more events\n");
    }
    return !out->failed;
}
