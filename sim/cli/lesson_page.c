/* How a lesson is told: what the scenario says between its lines, each action as it stands there, and what came of it. */
#include "cli.h"
#include "lesson.h"
#include "router.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_INDENT = 11 };

struct line {
    const char *text;
    size_t size;
};

struct teller {
    const struct lesson_page *page;
    const struct drill_story *story; /* NULL: nothing was played */
    struct line *lines;              /* of the file */
    size_t line_count;
    int *homes;           /* of the story's events: the action below which they are told, or -1 */
    unsigned char *told;  /* rules whose sentence was shown already */
};

/* --- layout --- */

enum style { PLAIN, TITLE, ACTION, DIM, GOOD, BAD };

static void style(const struct teller *t, enum style style) {
    static const char *const codes[] = {[PLAIN] = "\033[0m", [TITLE] = "\033[1m",  [ACTION] = "\033[36m",
                                        [DIM] = "\033[2m",   [GOOD] = "\033[32m", [BAD] = "\033[31m"};
    if (t->page->colour) {
        fputs(codes[style], stdout);
    }
}

static void wrap_line(const struct teller *t, unsigned indent, const char *text) {
    printf("%*s", (int)indent, "");
    (void)cli_wrap(t->page->width, indent, indent, text, strlen(text));
    putchar('\n');
}

/* --- what the file says --- */

static void split(struct teller *t) {
    size_t room = 1;
    for (const char *at = t->page->text; *at != '\0'; at++) {
        room += *at == '\n';
    }
    t->lines = cli_need(calloc(room, sizeof *t->lines));
    for (const char *at = t->page->text; *at != '\0';) {
        const size_t size = strcspn(at, "\n");
        const bool returns = size > 0 && at[size - 1] == '\r';
        t->lines[t->line_count++] = (struct line){at, size - returns};
        at += size + (at[size] == '\n');
    }
}

static bool is_comment(const struct line *line) {
    return line->size > 0 && line->text[0] == '#' && (line->size < 2 || line->text[1] != '#');
}

static bool is_block(const struct line *line) {
    return line->size > 0 && (line->text[0] == ' ' || line->text[0] == '\t');
}

/* The line behind an action and its block. */
static size_t end_of_action(const struct teller *t, size_t begin) {
    size_t end = begin + 1;
    for (size_t i = end; i < t->line_count && (t->lines[i].size == 0 || is_block(&t->lines[i]) || is_comment(&t->lines[i]));
         i++) {
        end = is_block(&t->lines[i]) ? i + 1 : end;
    }
    return end;
}

static size_t action_line(const struct teller *t, size_t action) {
    const size_t line = t->page->script->actions[action].line;
    return line > 0 && line <= t->line_count ? line - 1 : t->line_count;
}

/* The line of dashes behind the cast, or where the cast ends without one. */
static size_t end_of_cast(const struct teller *t) {
    const size_t first = t->page->script->action_count == 0 ? t->line_count : action_line(t, 0);
    size_t end = 0;
    for (size_t i = 0; i < first; i++) {
        const struct line *line = &t->lines[i];
        if (line->size >= 3 && strncmp(line->text, "---", 3) == 0) {
            return i;
        }
        end = line->size > 0 && (line->text[0] == '[' || is_block(line)) ? i + 1 : end;
    }
    return end;
}

/* Comment lines that follow each other are one paragraph. returns whether there was any. */
static bool comments(const struct teller *t, size_t from, size_t to) {
    bool any = false;
    for (size_t i = from; i < to;) {
        if (!is_comment(&t->lines[i])) {
            i++;
            continue;
        }
        unsigned column = 0;
        putchar('\n');
        for (; i < to && is_comment(&t->lines[i]); i++) {
            const char *text = t->lines[i].text + 1;
            const size_t size = t->lines[i].size - 1;
            if (column > 0 && size > 0) {
                const size_t blank = strspn(text, " \t");
                const size_t word = strcspn(text + blank, " \t\n");
                const bool fits = column + 1 + cli_columns(text + blank, word) <= t->page->width;
                fputs(fits ? " " : "\n", stdout);
                column = fits ? column + 1 : 0;
            }
            column = cli_wrap(t->page->width, column, 0, text, size);
        }
        putchar('\n');
        any = true;
    }
    return any;
}

static bool has_comments(const struct teller *t, size_t from, size_t to) {
    bool any = false;
    for (size_t i = from; i < to && !any; i++) {
        any = is_comment(&t->lines[i]);
    }
    return any;
}

static void as_written(const struct teller *t, size_t from, size_t to, enum style how) {
    for (size_t i = from; i < to; i++) {
        const struct line *line = &t->lines[i];
        if (is_comment(line) || line->size == 0) {
            continue;
        }
        const size_t tabs = strspn(line->text, "\t");
        printf("%*s", 4 + 4 * (int)(tabs < line->size ? tabs : line->size), "");
        style(t, how);
        cli_put(line->text + (tabs < line->size ? tabs : line->size), line->size - (tabs < line->size ? tabs : line->size));
        style(t, PLAIN);
        putchar('\n');
    }
}

/* The cast, without what stands between its lines as explanation. */
static void cast(const struct teller *t, size_t to) {
    bool begun = false;
    for (size_t i = 0; i < to; i++) {
        const struct line *line = &t->lines[i];
        const bool section = line->size > 0 && line->text[0] == '[';
        if (section && !begun) {
            printf("\nWho takes part:\n");
        }
        begun = begun || section;
        if (begun && (section || is_block(line))) {
            as_written(t, i, i + 1, DIM);
        }
    }
}

/* --- what happened --- */

static const char *name(const struct teller *t, int lane) {
    return lane < 0 || (size_t)lane >= t->story->lane_count ? "nobody" : t->story->lanes[lane].name;
}

static void time_of(const struct drill_event *event) {
    char time[40];
    snprintf(time, sizeof time, "%" PRIu64 ".%06" PRIu64, event->time_us / 1000000, event->time_us % 1000000);
    size_t size = strlen(time);
    while (time[size - 1] == '0' && time[size - 4] != '.') {
        time[--size] = '\0';
    }
    printf("%*s ", EVENT_INDENT - 1, time);
}

static void way(const struct teller *t, const struct drill_event *event, const char *arrow) {
    report_text(stdout, name(t, event->from));
    printf(" %s ", arrow);
    report_text(stdout, name(t, event->to));
    fputs("  ", stdout);
    report_text(stdout, event->label);
    putchar('\n');
}

/* The sentence of a rule, where it is met for the first time. */
static void because(struct teller *t, const struct drill_event *event) {
    if (event->rule < 0) {
        return;
    }
    const struct router_rule *rule = cli_rule(event->rule);
    style(t, DIM);
    printf("%*srule %s", EVENT_INDENT, "", rule->id);
    if (event->departure != NULL) {
        fputs(", from which the profile departs: ", stdout);
        report_text(stdout, event->departure);
    }
    if (t->told[event->rule] == 0) {
        t->told[event->rule] = 1;
        printf(" (%s)\n", rule->source);
        char *start = cli_join("if: ", rule->condition);
        wrap_line(t, EVENT_INDENT + 2, start);
        free(start);
        start = cli_join("then: ", rule->outcome);
        wrap_line(t, EVENT_INDENT + 2, start);
        free(start);
    } else {
        putchar('\n');
    }
    style(t, PLAIN);
}

static void fate(const struct teller *t, const struct drill_event *event) {
    report_text(stdout, name(t, event->from));
    printf(": %s", event->fate == NULL ? "" : event->fate);
    if (event->condition != NULL) {
        putchar(' ');
        report_text(stdout, event->condition);
    }
    if (event->address != NULL) {
        fputs(" for ", stdout);
        report_text(stdout, event->address);
    }
    if (event->label[0] != '\0') {
        fputs("  ", stdout);
        report_text(stdout, event->label);
    }
    putchar('\n');
}

static void lost(const struct teller *t, const struct drill_event *event) {
    style(t, BAD);
    printf("%s is lost: ", event->stanza_kind == NULL ? "a stanza" : event->stanza_kind);
    report_text(stdout, event->label);
    style(t, PLAIN);
    if (event->from >= 0 && event->to >= 0) {
        fputs("  ", stdout);
        report_text(stdout, name(t, event->from));
        fputs(" ╌✗ ", stdout);
        report_text(stdout, name(t, event->to));
    }
    putchar('\n');
}

static void stream(const struct teller *t, const struct drill_event *event) {
    report_text(stdout, name(t, event->from));
    fputs(" ══ ", stdout);
    report_text(stdout, event->address == NULL ? name(t, event->to) : event->address);
    fputs("  stream ", stdout);
    report_text(stdout, event->label);
    putchar('\n');
}

/* What is worth a line: decisions are told with what they sent, and of a stream only how opening it ended. */
static bool is_told(const struct drill_event *event) {
    static const char *const steps[] = {"opens", "found", "connected", "started"};
    bool told = event->kind != DRILL_MARK && event->kind != DRILL_STEP && event->kind != DRILL_FAULT &&
                !(event->kind == DRILL_FATE && event->shown);
    for (size_t i = 0; event->kind == DRILL_STREAM && i < sizeof steps / sizeof *steps; i++) {
        told = told && strcmp(event->label, steps[i]) != 0;
    }
    return told;
}

static void tell_event(struct teller *t, const struct drill_event *event) {
    time_of(event);
    switch (event->kind) {
    case DRILL_SENDS:
    case DRILL_CROSSES:
        way(t, event, "─▶");
        break;
    case DRILL_ARRIVES:
        way(t, event, "─▶");
        if (event->stanza != NULL) {
            wrap_line(t, EVENT_INDENT, event->stanza);
        }
        break;
    case DRILL_FATE:
        fate(t, event);
        break;
    case DRILL_STREAM:
        stream(t, event);
        break;
    case DRILL_LOST:
        lost(t, event);
        return;
    default:
        report_text(stdout, name(t, event->from));
        fputs(": ", stdout);
        report_text(stdout, event->label);
        putchar('\n');
        break;
    }
    because(t, event);
}

/* --- which step it belongs to --- */

static bool acts(const struct script_action *action) {
    switch (action->verb) {
    case SCRIPT_RECEIVES:
    case SCRIPT_RECEIVES_ANY_ORDER:
    case SCRIPT_RECEIVES_ONE_OF:
    case SCRIPT_RECEIVES_NOTHING:
    case SCRIPT_DECIDES:
        return false;
    default:
        return true;
    }
}

static int action_at(const struct script *script, unsigned line) {
    for (size_t i = 0; i < script->action_count && line > 0; i++) {
        if (script->actions[i].line == line) {
            return (int)i;
        }
    }
    return -1;
}

/* Things begin to happen when somebody waits for them. They are told below what last was done, or below the action
 * that they follow from where no time has passed since. */
static void find_homes(struct teller *t) {
    const struct script *script = t->page->script;
    uint64_t *times = cli_need(calloc(script->action_count + 1, sizeof *times));
    int last = -1;
    t->homes = cli_need(calloc(t->story->event_count + 1, sizeof *t->homes));
    for (size_t i = 0; i < t->story->event_count; i++) {
        const struct drill_event *event = &t->story->events[i];
        const int cause = action_at(script, event->line);
        if (event->kind == DRILL_STEP && cause >= 0) {
            times[cause] = event->time_us;
            last = acts(&script->actions[cause]) ? cause : last;
        }
        const bool at_once = cause >= 0 && cause < last && event->kind != DRILL_LOST && event->time_us == times[cause];
        t->homes[i] = at_once ? cause : last;
    }
    free(times);
}

/* --- step by step --- */

/* returns false: the reader wants to leave. */
static bool go_on(const struct teller *t) {
    char answer[64];
    if (!t->page->wait) {
        return true;
    }
    style(t, DIM);
    fputs("\n[Enter: next step, q: leave] ", stdout);
    style(t, PLAIN);
    fflush(stdout);
    if (fgets(answer, sizeof answer, stdin) == NULL) {
        putchar('\n');
        return false;
    }
    return answer[0] != 'q' && answer[0] != 'Q';
}

/* What the failure says is said at the end; of what stands behind it nobody knows. end: of the action's lines. */
static void expectation(const struct teller *t, const struct script_action *action, size_t end) {
    const struct drill_result *result = t->page->result;
    const bool good = result->failure == NULL || end < result->line;
    if (good || action->line <= result->line) {
        style(t, good ? GOOD : BAD);
        printf("%*s%s\n", EVENT_INDENT, "", good ? "✓ so it was" : "✗ see below");
        style(t, PLAIN);
    }
}

static void step(struct teller *t, size_t index) {
    const struct script_action *action = &t->page->script->actions[index];
    const size_t line = action_line(t, index);
    putchar('\n');
    const size_t end = end_of_action(t, line);
    as_written(t, line, end, ACTION);
    if (!acts(action)) {
        expectation(t, action, end);
    }
    for (size_t i = 0; t->story != NULL && i < t->story->event_count; i++) {
        if (t->homes[i] == (int)index && is_told(&t->story->events[i])) {
            tell_event(t, &t->story->events[i]);
        }
    }
}

static bool steps(struct teller *t) {
    const struct script *script = t->page->script;
    size_t behind = end_of_cast(t);
    for (size_t i = 0; i < script->action_count; i++) {
        const size_t line = action_line(t, i);
        const bool explained = has_comments(t, behind, line);
        if ((explained || acts(&script->actions[i])) && !go_on(t)) {
            return false;
        }
        (void)comments(t, behind, line);
        step(t, i);
        behind = end_of_action(t, line);
    }
    (void)comments(t, behind, t->line_count);
    return true;
}

static void introduction(struct teller *t) {
    const struct script *script = t->page->script;
    const size_t first = end_of_cast(t);
    size_t head = 0;
    while (head < first && !is_comment(&t->lines[head])) {
        head++;
    }
    style(t, TITLE);
    report_text(stdout, script->title);
    style(t, PLAIN);
    putchar('\n');
    (void)comments(t, head < first ? head + 1 : first, first);
    cast(t, first);
}

void lesson_tell(const struct lesson_page *page) {
    size_t rules = 0;
    struct teller t = {.page = page, .story = page->result->story};
    (void)router_rules(&rules);
    t.told = cli_need(calloc(rules + 1, 1));
    split(&t);
    if (t.story != NULL) {
        find_homes(&t);
    }
    introduction(&t);
    if (steps(&t) && page->result->failure == NULL) {
        style(&t, GOOD);
        printf("\nThat was it, and all of it came as the scenario says.\n");
        style(&t, PLAIN);
    }
    if (page->result->failure != NULL) {
        fflush(stdout);
        report_lines(stderr, "", page->result->failure);
    }
    free(t.lines);
    free(t.homes);
    free(t.told);
}
