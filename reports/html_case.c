/* A case in the HTML report: its line, and what its fold holds. */
#include "diagram.h"
#include "html.h"

#include <stdlib.h>
#include <string.h>

/* What one case shows of each part at most, in octets or events: beyond that nobody reads on, and the command that
 * plays the case again has the rest. */
enum { TITLE_MAX = 300, TEXT_MAX = 16000, BRIEF_MAX = 500, STEPS_MAX = 300, STEPS_SHORT = 12, DIAGRAM_MAX = 400 };

const char *html_section(const char *tag) {
    static const char key[] = "section:";
    if (strncmp(tag, key, sizeof key - 1) != 0) {
        return NULL;
    }
    return tag + sizeof key - 1 + strspn(tag + sizeof key - 1, " ");
}

/* ---------------------------------------------------------------------------------------------------- the line ---- */

static void put_sections(struct ink *out, const struct report_case *c) {
    const char *between = " data-s=\"";
    for (const char *const *tag = c->tags; tag != NULL && *tag != NULL; tag++) {
        const char *section = html_section(*tag);
        if (section != NULL) {
            html_put(out, "%r%s", between, section);
            between = "|";
        }
    }
    html_put(out, between[0] == '|' ? "\"" : "");
}

void html_row(struct ink *out, const struct report_run *run, const struct html_tally *tally, size_t index) {
    const struct report_case *c = &run->cases[index];
    const struct html_folder *folder = &tally->folders[tally->folder_of[index]];
    const bool below = strncmp(c->name, folder->name, folder->size) == 0 && c->name[folder->size] == '/';
    html_put(out, "<details class=\"case\" data-v=\"%r\"", report_verdict_word(c->verdict));
    put_sections(out, c);
    html_put(out, "><summary>");
    html_badge(out, c->verdict);
    html_put(out, "<h4>");
    if (c->title[0] != '\0') {
        html_short(out, c->title, strlen(c->title), TITLE_MAX);
        html_put(out, " ");
    }
    html_put(out, "<code>%s</code></h4></summary>", c->name + (below ? folder->size + 1 : 0));
}

static void put_replay(struct ink *out, const struct report_case *c) {
    if (c->replay == NULL) {
        return;
    }
    html_put(out, "<h5>Play it again</h5>");
    if (c->story == NULL && c->verdict != REPORT_SKIP) {
        html_put(out, "<p class=\"meta\">The diagram is left out, to keep this report small.</p>");
    }
    html_put(out, "<pre class=\"command\"><code>%s</code></pre>", c->replay);
}

/* There may be many thousands of these: each element counts. */
void html_case_brief(struct ink *out, const struct report_case *c, unsigned twins) {
    const char *why = c->reason != NULL ? c->reason : c->failure;
    html_put(out, "<p id=\"");
    html_case_id(out, c, twins);
    html_put(out, "\">");
    if (why != NULL) {
        html_short(out, why, strlen(why), BRIEF_MAX);
        html_put(out, "<br/>");
    }
    html_put(out, "The details are left out, to keep this report small.");
    if (c->replay != NULL) {
        html_put(out, " They are shown by <code>%s</code>", c->replay);
    }
    html_put(out, "</p>");
}

/* ------------------------------------------------------------------------------------------------- requirement ---- */

/* A section of an RFC, as in "RFC 6121 8.5.2", is a link to it; all other words stay words. */
static void put_section(struct ink *out, const char *section) {
    size_t number = 0, place = 0;
    if (strncmp(section, "RFC ", 4) == 0) {
        number = strspn(section + 4, "0123456789");
        place = number > 0 && section[4 + number] == ' ' ? strspn(section + 5 + number, "ABCDEFGH0123456789.") : 0;
    }
    if (place == 0 || section[5 + number + place] != '\0') {
        html_put(out, "<li>%s</li>", section);
        return;
    }
    html_put(out, "<li><a href=\"https://www.rfc-editor.org/rfc/rfc");
    ink_add(out, section + 4, number);
    const char *where = section + 5 + number;
    html_put(out, "#%r-%s\">%s</a></li>", where[0] >= 'A' ? "appendix" : "section", where, section);
}

static void put_tags(struct ink *out, const struct report_case *c) {
    if (c->tags == NULL || c->tags[0] == NULL) {
        return;
    }
    html_put(out, "<ul class=\"tags\">");
    for (const char *const *tag = c->tags; *tag != NULL; tag++) {
        const char *section = html_section(*tag);
        if (section != NULL) {
            put_section(out, section);
        } else {
            html_put(out, "<li>%s</li>", *tag);
        }
    }
    html_put(out, "</ul>");
}

static void put_paragraphs(struct ink *out, const char *text, size_t size) {
    while (size > 0) {
        const char *blank = strstr(text, "\n\n");
        const size_t part = blank != NULL && (size_t)(blank - text) < size ? (size_t)(blank - text) : size;
        html_put(out, "<p>");
        html_text(out, text, part);
        html_put(out, "</p>");
        text += part;
        size -= part;
        const size_t gap = strspn(text, "\n");
        text += gap < size ? gap : size;
        size -= gap < size ? gap : size;
    }
}

static void put_requirement(struct ink *out, const struct report_case *c) {
    html_put(out, "<h5>Requirement</h5>");
    if (c->description != NULL && c->description[0] != '\0') {
        put_paragraphs(out, c->description, html_cut(c->description, TEXT_MAX));
    } else {
        html_put(out, "<p>%s</p>", c->title[0] != '\0' ? c->title : c->name);
    }
    put_tags(out, c);
}

static void put_fired(struct ink *out, const struct report_run *run, const struct report_case *c) {
    if (c->fired_rules == NULL || run->rules == NULL || c->fired == 0) {
        return;
    }
    html_put(out, "<details class=\"part\"><summary><h5>%n %r fired</h5></summary><ul class=\"fired\">", c->fired,
             c->fired == 1 ? "rule" : "rules");
    for (size_t i = 0; i < run->rule_count; i++) {
        if (c->fired_rules[i] != 0) {
            const struct report_rule *rule = &run->rules[i];
            html_put(out, "<li><a href=\"#rule/%i\">%s</a> %s</li>", rule->id, rule->id, rule->source);
        }
    }
    html_put(out, "</ul></details>");
}

/* ------------------------------------------------------------------------------------- expectation and outcome ---- */

static bool went_wrong(enum report_verdict verdict) {
    return html_troubles(verdict) && verdict != REPORT_NON_STRICT && verdict != REPORT_XPASS;
}

static bool is_step(const struct report_event *event) {
    return event->kind == REPORT_STEP && event->label != NULL;
}

/* The step that failed, and how many there are. What failed may be in one of the lines below a step's own. */
static const struct report_event *failed_step(const struct report_case *c, size_t *count) {
    const struct report_story *story = c->story;
    const struct report_event *failed = NULL;
    *count = 0;
    for (size_t i = 0; story != NULL && i < story->event_count; i++) {
        const struct report_event *event = &story->events[i];
        if (!is_step(event)) {
            continue;
        }
        ++*count;
        if (event->line != 0 && event->line <= c->line && (failed == NULL || event->line >= failed->line)) {
            failed = event;
        }
    }
    return went_wrong(c->verdict) ? failed : NULL;
}

/* The script's actions, with its line numbers as those of the list. */
static void put_steps(struct ink *out, const struct report_case *c) {
    const struct report_story *story = c->story;
    size_t count, steps = 0;
    const struct report_event *failed = failed_step(c, &count);
    if (count > 0) {
        html_put(out, "<h5>Expectation, step by step</h5><ol class=\"steps%r\">", count > STEPS_SHORT ? " many" : "");
    }
    for (size_t i = 0; story != NULL && i < story->event_count && steps < STEPS_MAX; i++) {
        const struct report_event *event = &story->events[i];
        if (!is_step(event)) {
            continue;
        }
        const bool here = event == failed;
        steps++;
        html_put(out, "<li value=\"%n\"%r>%s%r</li>", (size_t)event->line, here ? " class=\"here\"" : "", event->label,
                 here ? " <strong>\xe2\x80\x93 it failed here</strong>" : "");
    }
    html_put(out, count > 0 ? "</ol>" : "");
    if (steps < count) {
        html_put(out, "<p class=\"meta\">%N more steps follow.</p>", count - steps);
    }
}

static void put_outcome(struct ink *out, const struct report_case *c) {
    html_put(out, "<h5>Outcome</h5><p>");
    html_badge(out, c->verdict);
    if (c->verdict == REPORT_PASS || c->verdict == REPORT_NON_STRICT || c->verdict == REPORT_XPASS) {
        html_put(out, " Everything that was expected has happened, in %t s of virtual time, with the profile %s.",
                 c->virtual_us, c->profile != NULL ? c->profile : "");
    }
    html_put(out, c->reason != NULL ? " %s</p>" : "</p>", c->reason);
    if (c->failure != NULL && c->failure[0] != '\0') {
        html_put(out, "<pre class=\"failure\">");
        html_short(out, c->failure, strlen(c->failure), TEXT_MAX);
        html_put(out, "</pre>");
    }
}

/* ------------------------------------------------------------------------------------------- diagram and trace ---- */

static bool put_diagram(struct ink *out, const struct report_case *c, size_t index) {
    if (c->story == NULL || c->story->event_count == 0) {
        return true;
    }
    html_put(out, "<h5>What happened</h5>");
    if (c->story->event_count > DIAGRAM_MAX) {
        html_put(out, "<p class=\"meta\">With its %N events it makes no diagram of a size to look at.</p>",
                 c->story->event_count);
        return true;
    }
    html_put(out, "<div class=\"wide diagram\" role=\"region\" tabindex=\"0\" aria-label=\"Sequence diagram\">");
    const struct report_diagram how = {.form = REPORT_SVG,
                                       .title = c->title[0] != '\0' ? c->title : c->name,
                                       .inside = true,
                                       .id = (unsigned)index + 1};
    const bool drawn = diagram_draw(out, c->story, &how);
    html_put(out, "</div>");
    return drawn;
}

static void put_trace(struct ink *out, const struct report_case *c) {
    if (c->trace == NULL || c->trace[0] == '\0') {
        return;
    }
    size_t size = html_cut(c->trace, TEXT_MAX);
    while (c->trace[size] != '\0' && size > 0 && c->trace[size - 1] != '\n') {
        size--;
    }
    html_put(out, "<details class=\"part\"><summary><h5>Trace</h5></summary>"
                  "<pre class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"Trace\">");
    html_text(out, c->trace, size);
    html_put(out, "</pre>%r</details>", c->trace[size] != '\0' ? "<p class=\"meta\">The trace goes on.</p>" : "");
}

bool html_case_full(struct ink *out, const struct report_run *run, const struct html_tally *tally, size_t index) {
    const struct report_case *c = &run->cases[index];
    html_put(out, "<div id=\"");
    html_case_id(out, c, tally->twins[index]);
    html_put(out, "\">");
    put_requirement(out, c);
    put_steps(out, c);
    put_outcome(out, c);
    const bool drawn = put_diagram(out, c, index);
    put_fired(out, run, c);
    put_trace(out, c);
    put_replay(out, c);
    html_put(out, c->line > 0 ? "<p class=\"meta\">%s:%n" : "<p class=\"meta\">%s", c->file, (size_t)c->line);
    html_put(out, " \xc2\xb7 <a href=\"#");
    html_case_id(out, c, tally->twins[index]);
    html_put(out, "\">link to this case</a></p></div>");
    return drawn;
}
