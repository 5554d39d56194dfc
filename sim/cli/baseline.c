/* Cases that are known to fail, and why: a file of lines `CASE-NAME white space REASON`. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE_MAX_OCTETS = 1 << 20 };

struct known {
    const char *name; /* of a case of this run */
    const char *reason;
    unsigned line;
};

struct cli_baseline {
    const char *path;
    char *text;      /* of the file; its lines are cut into names and reasons */
    struct known *items; /* sorted by name */
    size_t count;
    struct cli_words names; /* of the cases of the files that it names, sorted; owned */
    bool *has_names; /* of the files: whether those of its cases are among them */
};

static bool complain(const char *path, unsigned line, size_t column, const char *what, const char *word) {
    char *start = cli_join(what, " \""), *named = cli_join(start, word), *text = cli_join(named, "\"");
    (void)cli_complain_at(path, line, column, text);
    free(start);
    free(named);
    free(text);
    return false;
}

/* -------------------------------------------------------------------------------------------- cases of files ---- */

/* Octets of the start of a file's case names: its path without ".scs". */
static size_t stem_size(const char *path) {
    const size_t size = strlen(path);
    return size > 4 && strcmp(path + size - 4, ".scs") == 0 ? size - 4 : size;
}

static bool is_blank(char octet) {
    return octet == ' ' || octet == '\t';
}

/* Whether a line is about a case of the file, or may be. */
static bool is_of_file(const char *line, const char *path) {
    const size_t size = stem_size(path);
    return strncmp(line, path, size) == 0 && (line[size] == '/' || line[size] == '\0' || is_blank(line[size]));
}

static void add_names(struct cli_baseline *baseline, const struct cli_file *file) {
    for (size_t n = 0; n < script_case_count(file->script); n++) {
        struct arena *arena = cli_need(arena_new());
        const struct script *script = script_case(file->script, n, arena);
        cli_words_add(&baseline->names, cli_copy(script != NULL ? script->name : cli_need(NULL)));
        arena_free(arena);
    }
}

/* ----------------------------------------------------------------------------------------------------- reading ---- */

/* Calls `visit` with each line that is neither blank nor a comment, cut at its end. */
static bool each_line(struct cli_baseline *baseline, const struct cli_files *files,
                      bool (*visit)(struct cli_baseline *, const struct cli_files *, char *line, unsigned number)) {
    unsigned number = 0;
    bool good = true;
    for (char *line = baseline->text; good && *line != '\0';) {
        char *end = line + strcspn(line, "\n");
        const bool last = *end == '\0';
        *end = '\0';
        number++;
        if (line[strspn(line, " \t\r")] != '\0' && line[0] != '#') {
            good = visit(baseline, files, line, number);
        }
        if (!last) {
            *end = '\n';
        }
        line = last ? end : end + 1;
    }
    return good;
}

static bool name_files(struct cli_baseline *baseline, const struct cli_files *files, char *line, unsigned number) {
    (void)number;
    for (size_t i = 0; i < files->count; i++) {
        const struct cli_file *file = &files->items[i];
        if (file->script != NULL && !baseline->has_names[i] && is_of_file(line, file->path)) {
            baseline->has_names[i] = true;
            add_names(baseline, file);
        }
    }
    return true;
}

/* Octets of the case's name. It may hold blanks itself, so that the longest one that there is counts; else the first
 * word. */
static size_t name_size(const struct cli_baseline *baseline, char *line) {
    size_t best = 0;
    for (size_t at = strcspn(line, " \t"); line[at] != '\0'; at += 1 + strcspn(line + at + 1, " \t")) {
        const char blank = line[at];
        line[at] = '\0';
        if (cli_words_have(&baseline->names, line)) {
            best = at;
        }
        line[at] = blank;
    }
    return best > 0 ? best : strcspn(line, " \t\r");
}

/* Whether the file that a case would be of is among those of the run, though the case is not. */
static bool is_missing(const struct cli_files *files, const char *name) {
    for (size_t i = 0; i < files->count; i++) {
        if (files->items[i].script != NULL && is_of_file(name, files->items[i].path)) {
            return true;
        }
    }
    return false;
}

static bool read_line(struct cli_baseline *baseline, const struct cli_files *files, char *line, unsigned number) {
    if (is_blank(line[0])) {
        return cli_complain_at(baseline->path, number, 1, "expected a case's name at the start of the line");
    }
    const size_t size = name_size(baseline, line);
    const size_t start = size + strspn(line + size, " \t");
    size_t end = strlen(line);
    while (end > start && strchr(" \t\r", line[end - 1]) != NULL) {
        end--;
    }
    char *name = cli_copy(line);
    name[size] = '\0';
    if (end <= start || !cli_words_have(&baseline->names, name)) {
        const bool good = end <= start ? complain(baseline->path, number, size + 1, "no reason stands behind", name)
                                       : !is_missing(files, name) ||
                                             complain(baseline->path, number, 1, "no case is called", name);
        free(name);
        return good;
    }
    char *reason = cli_copy(line + start);
    reason[end - start] = '\0';
    /* Room doubles whenever the count has reached a power of two. */
    if ((baseline->count & (baseline->count - 1)) == 0) {
        const size_t room = baseline->count == 0 ? 1 : 2 * baseline->count;
        baseline->items = cli_need(realloc(baseline->items, room * sizeof *baseline->items));
    }
    baseline->items[baseline->count++] = (struct known){name, reason, number};
    return true;
}

static int by_name(const void *a, const void *b) {
    const struct known *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static bool check_once(const struct cli_baseline *baseline) {
    for (size_t i = 1; i < baseline->count; i++) {
        const struct known *a = &baseline->items[i - 1], *b = &baseline->items[i];
        if (strcmp(a->name, b->name) == 0) {
            char text[80];
            snprintf(text, sizeof text, "line %u has this case already:", a->line);
            return complain(baseline->path, b->line, 1, text, b->name);
        }
    }
    return true;
}

static bool is_text(const char *path, const char *text, size_t size) {
    if (size == SIZE_MAX_OCTETS) {
        return cli_complain_at(path, 0, 0, "larger than the 1 MiB that a baseline may have");
    }
    if (memchr(text, '\0', size) != NULL) {
        return cli_complain_at(path, 0, 0, "no baseline: expected lines of a case's name and a reason");
    }
    return true;
}

static bool read_text(struct cli_baseline *baseline, size_t size, const struct cli_files *files) {
    if (!is_text(baseline->path, baseline->text, size)) {
        return false;
    }
    baseline->has_names = cli_need(calloc(files->count + 1, sizeof *baseline->has_names));
    (void)each_line(baseline, files, name_files);
    cli_words_sort(&baseline->names);
    if (!each_line(baseline, files, read_line)) {
        return false;
    }
    if (baseline->count > 0) {
        qsort(baseline->items, baseline->count, sizeof *baseline->items, by_name);
    }
    return check_once(baseline);
}

struct cli_baseline *cli_baseline_read(const char *path, const struct cli_files *files) {
    const char *why = "";
    size_t size = 0;
    char *text = cli_read(path, SIZE_MAX_OCTETS, &size, &why);
    if (text == NULL) {
        (void)cli_cannot_read(path, why);
        return NULL;
    }
    struct cli_baseline *baseline = cli_need(calloc(1, sizeof *baseline));
    *baseline = (struct cli_baseline){.path = path, .text = text};
    if (!read_text(baseline, size, files)) {
        cli_baseline_free(baseline);
        return NULL;
    }
    return baseline;
}

void cli_baseline_free(struct cli_baseline *baseline) {
    if (baseline == NULL) {
        return;
    }
    for (size_t i = 0; i < baseline->count; i++) {
        free((void *)(uintptr_t)baseline->items[i].name);
        free((void *)(uintptr_t)baseline->items[i].reason);
    }
    cli_words_free(&baseline->names);
    free(baseline->items);
    free(baseline->has_names);
    free(baseline->text);
    free(baseline);
}

/* ----------------------------------------------------------------------------------------------------- judging ---- */

static const struct known *find(const struct cli_baseline *baseline, const char *name) {
    const struct known key = {.name = name, .line = 0};
    size_t low = 0, high = baseline->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (by_name(&baseline->items[middle], &key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < baseline->count && strcmp(baseline->items[low].name, name) == 0 ? &baseline->items[low] : NULL;
}

/* Where a server draws lots, a case may come out either way. */
static bool is_by_chance(const struct known *known) {
    static const char mark[] = "by chance: ";
    return strncmp(known->reason, mark, sizeof mark - 1) == 0;
}

void cli_baseline_judge(const struct cli_baseline *baseline, struct report_case *report) {
    const struct known *known = baseline == NULL ? NULL : find(baseline, report->name);
    if (known == NULL) {
        return;
    }
    if (report->verdict == REPORT_FAIL) {
        report->verdict = REPORT_XFAIL;
        free((void *)(uintptr_t)report->reason);
        report->reason = cli_join("known to fail: ", known->reason);
    } else if ((report->verdict == REPORT_PASS || report->verdict == REPORT_NON_STRICT) && !is_by_chance(known)) {
        char line[32];
        snprintf(line, sizeof line, ":%u: ", known->line);
        char *place = cli_join(baseline->path, line);
        char *start = cli_join(place, "this case passes, though it is known to fail: ");
        char *text = cli_join(start, known->reason);
        report->verdict = REPORT_XPASS;
        report->failure = cli_join(text, "\n");
        free((void *)(uintptr_t)report->reason);
        report->reason = NULL;
        free(place);
        free(start);
        free(text);
    }
}
