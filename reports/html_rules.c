/* The catalogue in the HTML report: the tables of delivery as heat maps, and rules x scenarios. */
#include "html.h"

#include <string.h>

/* ------------------------------------------------------------------------------------------------------- heat ---- */

/* How warm a cell is: a shade for each power of ten, and none for nothing. */
static size_t heat(size_t count) {
    return count == 0 ? 0 : count < 10 ? 1 : count < 100 ? 2 : count < 1000 ? 3 : 4;
}

static void put_cases(struct ink *out, size_t count) {
    html_put(out, count == 1 ? "1 case" : "%N cases", count);
}

/* ------------------------------------------------------------------------------------------------------ grids ---- */

static void put_cell(struct ink *out, const struct report_run *run, const struct html_tally *tally, int index) {
    if (index < 0 || (size_t)index >= run->rule_count) {
        html_put(out, "<td class=\"never\">cannot occur</td>");
        return;
    }
    const struct report_rule *rule = &run->rules[index];
    const struct html_rule *seen = &tally->rules[index];
    if (seen->fired == 0) {
        const bool shows = rule->runs && rule->reason == NULL;
        html_put(out, "<td class=\"%r\"><a href=\"#rule/%i\">%s</a> %r</td>", shows ? "none" : "never", rule->id,
                 rule->id, shows ? "<strong>nothing fires it</strong>" : "not shown here");
        return;
    }
    html_put(out, "<td class=\"h%n\"><a href=\"#rule/%i\">%s</a> <span>", heat(seen->fired), rule->id, rule->id);
    put_cases(out, seen->fired);
    html_put(out, "</span> ");
    html_badge(out, seen->worst);
    html_put(out, "</td>");
}

static void put_grid(struct ink *out, const struct report_run *run, const struct html_tally *tally,
                     const struct report_grid *grid) {
    html_put(out,
             "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"%s\">\n<table class=\"grid\">\n"
             "<thead><tr><td></td>",
             grid->title);
    for (size_t i = 0; i < grid->column_count; i++) {
        html_put(out, "<th scope=\"col\">%s</th>", grid->columns[i]);
    }
    html_put(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < grid->row_count; i++) {
        html_put(out, "<tr><th scope=\"row\">%s</th>", grid->rows[i]);
        for (size_t k = 0; k < grid->column_count; k++) {
            put_cell(out, run, tally, grid->rules[i * grid->column_count + k]);
        }
        html_put(out, "</tr>\n");
    }
    html_put(out, "</tbody>\n</table>\n</div>\n");
}

void html_grids(struct ink *out, const struct report_run *run, const struct html_tally *tally) {
    if (run->grid_count == 0) {
        return;
    }
    html_put(out,
             "<section aria-labelledby=\"delivery\">\n<h2 id=\"delivery\">Delivery</h2>\n<p>Which rule decides, by "
             "what is sent and who is there. The stronger a cell\xe2\x80\x99s colour, the more cases fire its rule; the "
             "word in it is the worst verdict among them.</p>\n<p class=\"scale\"><span class=\"h1\">1 to 9 cases</span> "
             "<span class=\"h2\">10 to 99</span> <span class=\"h3\">100 to 999</span> "
             "<span class=\"h4\">1,000 or more</span> <span class=\"none\"><strong>nothing fires it</strong></span>"
             "</p>\n");
    for (size_t i = 0; i < run->grid_count; i++) {
        html_put(out, "<details class=\"fold\"%r><summary><h3>%s</h3></summary>\n", i == 0 ? " open=\"open\"" : "",
                 run->grids[i].title);
        put_grid(out, run, tally, &run->grids[i]);
        html_put(out, "</details>\n");
    }
    html_put(out, "</section>\n");
}

/* ------------------------------------------------------------------------------------------- rules x scenarios ---- */

/* Up to how many rules without a case the list of them stands open: a run of a few scenarios leaves out hundreds. */
enum { UNFIRED_OPEN_MAX = 20 };

enum state { FIRED, UNFIRED, UNSHOWN, IDLE };

static enum state state_of(const struct report_rule *rule, const struct html_rule *seen) {
    return seen->fired > 0 ? FIRED : rule->reason != NULL ? UNSHOWN : rule->runs ? UNFIRED : IDLE;
}

struct group {
    size_t start, end; /* rules of it */
    size_t states[IDLE + 1];
};

static struct group group_at(const struct report_run *run, const struct html_tally *tally, size_t start) {
    struct group group = {.start = start, .end = start};
    while (group.end < run->rule_count && strcmp(run->rules[group.end].group, run->rules[start].group) == 0) {
        group.states[state_of(&run->rules[group.end], &tally->rules[group.end])]++;
        group.end++;
    }
    return group;
}

static void put_picks(struct ink *out, const struct report_run *run, const struct html_tally *tally,
                      const struct html_rule *seen) {
    html_put(out, "<details><summary>");
    put_cases(out, seen->fired);
    html_put(out, "</summary><ul>");
    for (size_t i = 0; i < seen->pick_count; i++) {
        const struct report_case *c = &run->cases[seen->picks[i]];
        const size_t shown = tally->folders[tally->folder_of[seen->picks[i]]].shown;
        html_put(out, "<li><a href=\"#");
        html_case_id(out, c, tally->twins[seen->picks[i]]);
        html_put(out, "\">%s</a></li>", c->name + (shown < strlen(c->name) ? shown : 0));
    }
    html_put(out, seen->fired > seen->pick_count ? "<li>and %N more</li></ul></details>" : "</ul></details>",
             seen->fired - seen->pick_count);
}

static void put_fired(struct ink *out, const struct report_run *run, const struct html_tally *tally,
                      const struct html_rule *seen) {
    html_put(out, "<td>");
    put_picks(out, run, tally, seen);
    html_badge(out, seen->worst);
    html_put(out, "</td>");
    for (size_t i = 0; i < tally->folder_count; i++) {
        if (seen->folders[i] == 0) {
            html_put(out, "<td></td>");
        } else {
            html_put(out, "<td class=\"h%n\">%n</td>", heat(seen->folders[i]), seen->folders[i]);
        }
    }
}

static void put_rule(struct ink *out, const struct report_run *run, const struct html_tally *tally, size_t index) {
    const struct report_rule *rule = &run->rules[index];
    const struct html_rule *seen = &tally->rules[index];
    const enum state state = state_of(rule, seen);
    html_put(out,
             "<tr id=\"rule/%i\"%r><th scope=\"row\"><code>%s</code> <span class=\"src\">%s \xc2\xb7 %s</span>"
             "<p>When %s: %s.</p></th>",
             rule->id, state == UNFIRED ? " class=\"none\"" : "", rule->id, rule->strength, rule->source,
             rule->condition, rule->outcome);
    if (state == FIRED) {
        put_fired(out, run, tally, seen);
    } else {
        html_put(out, "<td colspan=\"%n\">", tally->folder_count + 1);
        html_put(out,
                 state == UNFIRED
                     ? "<strong>Nothing fired it.</strong> It is carried out, so that a case should show it."
                 : state == UNSHOWN ? "Nothing can show it: %s."
                                    : "Not carried out here.",
                 rule->reason);
        html_put(out, "</td>");
    }
    html_put(out, "</tr>\n");
}

static void put_folders(struct ink *out, const struct html_tally *tally) {
    for (size_t i = 0; i < tally->folder_count; i++) {
        const struct html_folder *folder = &tally->folders[i];
        html_put(out, "<th scope=\"col\" class=\"turned\"><span>");
        html_text(out, folder->name + folder->shown, folder->size - folder->shown);
        html_put(out, folder->size == folder->shown ? ".</span></th>" : "</span></th>");
    }
}

static void put_group(struct ink *out, const struct report_run *run, const struct html_tally *tally,
                      const struct group *group) {
    const char *name = run->rules[group->start].group;
    html_put(out, "<details class=\"fold\"><summary><h3>%s</h3> <span class=\"meta\">%N rules, %N fired</span>", name,
             group->end - group->start, group->states[FIRED]);
    if (group->states[UNFIRED] > 0) {
        html_put(out, " <strong class=\"none\">%N fired by nothing</strong>", group->states[UNFIRED]);
    }
    html_put(out,
             "</summary>\n<div class=\"wide high\" role=\"region\" tabindex=\"0\" aria-label=\"Rules of %s\">\n"
             "<table class=\"rules\">\n<thead><tr><th scope=\"col\">Rule</th><th scope=\"col\">Fired by</th>",
             name);
    put_folders(out, tally);
    html_put(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = group->start; i < group->end; i++) {
        put_rule(out, run, tally, i);
    }
    html_put(out, "</tbody>\n</table>\n</div>\n</details>\n");
}

static void put_unfired(struct ink *out, const struct report_run *run, const struct html_tally *tally, size_t count) {
    html_put(out,
             "<details class=\"unfired\"%r>\n<summary><strong>%N %r carried out, but nothing fired %r</strong></summary>\n"
             "<ul>",
             count <= UNFIRED_OPEN_MAX ? " open=\"open\"" : "", count, count == 1 ? "rule is" : "rules are",
             count == 1 ? "it" : "them");
    for (size_t i = 0; i < run->rule_count; i++) {
        if (state_of(&run->rules[i], &tally->rules[i]) == UNFIRED) {
            html_put(out, "<li><a href=\"#rule/%i\">%s</a></li>\n", run->rules[i].id, run->rules[i].id);
        }
    }
    html_put(out, "</ul>\n</details>\n");
}

void html_rules(struct ink *out, const struct report_run *run, const struct html_tally *tally) {
    if (run->rule_count == 0) {
        return;
    }
    size_t states[IDLE + 1] = {0};
    for (size_t i = 0; i < run->rule_count; i++) {
        states[state_of(&run->rules[i], &tally->rules[i])]++;
    }
    html_put(out,
             "<section aria-labelledby=\"rules\">\n<h2 id=\"rules\">Rules and scenarios</h2>\n<p>Of the %N rules of "
             "the catalogue the cases of this run fired %N. %N can be shown by nothing, and %N are not carried out "
             "here. A column of a table stands for the scenarios of a folder, a number for cases that fired the "
             "rule.</p>\n",
             run->rule_count, states[FIRED], states[UNSHOWN], states[IDLE]);
    if (states[UNFIRED] > 0) {
        put_unfired(out, run, tally, states[UNFIRED]);
    }
    for (size_t i = 0; i < run->rule_count;) {
        const struct group group = group_at(run, tally, i);
        put_group(out, run, tally, &group);
        i = group.end;
    }
    html_put(out, "</section>\n");
}
