/* Script files from end to end: octets to lines, lines to sections and steps, steps to cases. */
#include "reader.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------------ lines ---- */

enum line_kind script_line_kind(struct text line) {
    struct text trimmed = script_trim_end(line);
    size_t dashes = 0;
    if (trimmed.size == 0) {
        return LINE_BLANK;
    }
    if (script_space(line.data[0])) {
        return LINE_INDENTED;
    }
    while (dashes < trimmed.size && trimmed.data[dashes] == '-') {
        dashes++;
    }
    if (dashes >= 3 && dashes == trimmed.size) {
        return LINE_DASHES;
    }
    if (line.data[0] == '#' || dashes >= 2 || script_starts(line, "//")) {
        return LINE_COMMENT;
    }
    return line.data[0] == '[' ? LINE_SECTION : LINE_PLAIN;
}

/* Where an octet of the file stands. */
static bool fail_at_octet(struct reading *reading, struct text text, size_t octet, const char *what) {
    unsigned line = 1;
    size_t start = 0;
    for (size_t i = 0; i < octet; i++) {
        if (text.data[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    script_fail(reading, line, 0, "%s", what);
    reading->error->column = script_characters(script_cut(text, start, octet)) + 1;
    return false;
}

/* A copy with plain line ends and without byte order mark. */
static bool copy_text(struct reading *reading, struct text bytes, struct text *out) {
    if (script_starts(bytes, "\xEF\xBB\xBF")) {
        bytes = script_cut(bytes, 3, bytes.size);
    }
    size_t bad, size = 0;
    *out = script_cut(bytes, 0, 0);
    if (!script_utf8(bytes, &bad)) {
        return fail_at_octet(reading, bytes, bad,
                             bytes.data[bad] == '\0' ? "a NUL octet; expected text"
                                                     : "an octet that is not UTF-8; expected text in UTF-8");
    }
    char *copy = arena_text(reading->arena, bytes.data, bytes.size);
    if (copy == NULL) {
        return script_fail_memory(reading);
    }
    for (size_t i = 0; i < bytes.size; i++) {
        if (copy[i] != '\r' || copy[i + 1] != '\n') {
            copy[size++] = copy[i];
        }
    }
    copy[size] = '\0';
    *out = (struct text){copy, size};
    return true;
}

static bool split_lines(struct reading *reading, struct text text) {
    struct script_file *file = reading->file;
    size_t count = text.size > 0 && text.data[text.size - 1] != '\n';
    for (size_t i = 0; i < text.size; i++) {
        count += text.data[i] == '\n';
    }
    if (count > SCRIPT_LINES_MAX) {
        return script_fail(reading, SCRIPT_LINES_MAX, 0, "%zu lines; at most %d are allowed", count, SCRIPT_LINES_MAX);
    }
    file->lines = arena_take(file->arena, count * sizeof *file->lines);
    if (file->lines == NULL) {
        return script_fail_memory(reading);
    }
    for (size_t start = 0; start < text.size;) {
        size_t newline = script_find(text, "\n", start);
        size_t end = newline == TEXT_NONE ? text.size : newline;
        file->lines[file->line_count++] = script_cut(text, start, end);
        start = end + 1;
    }
    return true;
}

/* --------------------------------------------------------------------------------------------------- metadata ---- */

static bool keep_tag(struct reading *reading, unsigned line, struct text text, size_t octet) {
    struct script_file *file = reading->file;
    struct tag *tags = script_grow(file->arena, file->tags, file->tag_count, sizeof *tags);
    if (tags == NULL) {
        return script_fail_memory(reading);
    }
    file->tags = tags;
    tags[file->tag_count++] = (struct tag){text, line, octet};
    return true;
}

/* The file's first comment: title, then description up to the first blank line. */
struct head {
    char *description; /* room for all of it */
    size_t size;
    bool titled, open, described;
};

static bool head_line(struct reading *reading, struct head *head, struct text text) {
    if (!head->titled) {
        head->titled = head->open = true;
        reading->file->title = arena_text(reading->arena, text.data, text.size);
        return reading->file->title != NULL || script_fail_memory(reading);
    }
    if (head->open) {
        if (head->described) {
            head->description[head->size++] = '\n';
        }
        head->described = true;
        memcpy(head->description + head->size, text.data, text.size);
        head->size += text.size;
    }
    return true;
}

static bool comment_line(struct reading *reading, struct head *head, size_t index) {
    struct text line = reading->file->lines[index];
    if (line.data[0] != '#') {
        return true;
    }
    if (!script_starts(line, "##")) {
        return head_line(reading, head, script_trim(script_cut(line, 1, line.size)));
    }
    struct text text = script_trim(script_cut(line, 2, line.size));
    bool apart = line.size > 2 && script_space(line.data[2]);
    return !apart || text.size == 0 || keep_tag(reading, (unsigned)index + 1, text, (size_t)(text.data - line.data));
}

static bool read_head(struct reading *reading, size_t *next) {
    struct script_file *file = reading->file;
    struct head head = {NULL, 0, false, false, false};
    size_t end = 0, size = 1;
    for (enum line_kind kind = LINE_BLANK; end < file->line_count; end++) {
        kind = script_line_kind(file->lines[end]);
        if (kind != LINE_BLANK && kind != LINE_COMMENT) {
            break;
        }
        size += file->lines[end].size + 1;
    }
    head.description = arena_take(file->arena, size);
    if (head.description == NULL) {
        return script_fail_memory(reading);
    }
    for (*next = 0; *next < end; ++*next) {
        if (script_line_kind(file->lines[*next]) == LINE_BLANK) {
            head.open = false;
        } else if (!comment_line(reading, &head, *next)) {
            return false;
        }
    }
    file->description = head.description;
    return true;
}

/* ---------------------------------------------------------------------------------------------- cast and steps ---- */

static bool stray_block(struct reading *reading, size_t index, const char *expected) {
    struct text line = reading->file->lines[index], trimmed = script_trim(line);
    return script_fail(reading, (unsigned)index + 1, (size_t)(trimmed.data - line.data),
                       "an indented line %s that belongs to nothing; expected %s at column 1",
                       script_quote(trimmed).text, expected);
}

static bool no_cast(struct reading *reading, size_t next) {
    const struct script_file *file = reading->file;
    if (next == file->line_count || script_line_kind(file->lines[next]) == LINE_DASHES) {
        return script_fail_file(reading,
                                "there is no cast; expected a section such as [Client] Juliet before the actions");
    }
    return script_fail(reading, (unsigned)next + 1, 0,
                       "%s stands before the cast; expected a section such as [Client] Juliet first, then the actions",
                       script_quote(file->lines[next]).text);
}

/* A section goes on until something else stands at column 0; comments do not end it. */
static bool find_section(struct reading *reading, size_t *next) {
    struct script_file *file = reading->file;
    struct range range = {*next, *next + 1};
    for (; range.end < file->line_count; range.end++) {
        enum line_kind kind = script_line_kind(file->lines[range.end]);
        if (kind != LINE_BLANK && kind != LINE_COMMENT && kind != LINE_INDENTED) {
            break;
        }
    }
    *next = range.end;
    if (script_is_cases(file->lines[range.first])) {
        return script_cases(reading, &range);
    }
    struct range *sections = script_grow(file->arena, file->sections, file->section_count, sizeof *sections);
    if (sections == NULL) {
        return script_fail_memory(reading);
    }
    file->sections = sections;
    file->sections[file->section_count++] = range;
    return true;
}

/* Comments and blank lines are part of what stands before them. */
static bool find_sections(struct reading *reading, size_t *next) {
    const struct script_file *file = reading->file;
    while (*next < file->line_count) {
        enum line_kind kind = script_line_kind(file->lines[*next]);
        if (kind == LINE_INDENTED) {
            return stray_block(reading, *next, "a section of the cast such as [Client] Juliet");
        }
        if (kind == LINE_DASHES || kind == LINE_PLAIN) {
            break;
        }
        if (!find_section(reading, next)) {
            return false;
        }
    }
    return file->section_count > 0 || no_cast(reading, *next);
}

/* An action with the indented lines below it; blank lines and comments in the block do not end it. */
static bool keep_step(struct reading *reading, size_t *next) {
    struct script_file *file = reading->file;
    struct step *steps = script_grow(file->arena, file->steps, file->step_count, sizeof *steps);
    if (steps == NULL) {
        return script_fail_memory(reading);
    }
    struct step step = {*next, *next + 1, *next + 1};
    for (size_t i = step.line + 1; i < file->line_count; i++) {
        enum line_kind kind = script_line_kind(file->lines[i]);
        if (kind == LINE_INDENTED) {
            step.block = step.block == step.block_end ? i : step.block;
            step.block_end = i + 1;
        } else if (kind != LINE_BLANK && kind != LINE_COMMENT && kind != LINE_DASHES) {
            break;
        }
    }
    *next = step.block_end;
    file->steps = steps;
    file->steps[file->step_count++] = step;
    return true;
}

static bool read_steps(struct reading *reading, size_t next) {
    const struct script_file *file = reading->file;
    while (next < file->line_count) {
        struct text line = file->lines[next];
        enum line_kind kind = script_line_kind(line);
        if (kind == LINE_INDENTED) {
            return stray_block(reading, next, "an action");
        }
        if (kind == LINE_SECTION && script_known_section(line)) {
            return script_fail(reading, (unsigned)next + 1, 0,
                               "%s stands among the actions; expected the cast before them", script_quote(line).text);
        }
        if (kind == LINE_BLANK || kind == LINE_COMMENT || kind == LINE_DASHES) {
            next++;
        } else if (!keep_step(reading, &next)) {
            return false;
        }
    }
    return true;
}

/* ------------------------------------------------------------------------------------------------------ cases ---- */

static bool make_tags(struct reading *reading, struct script *script) {
    const struct script_file *file = reading->file;
    const char **tags = arena_take(reading->arena, (file->tag_count + 1) * sizeof *tags);
    if (tags == NULL) {
        return script_fail_memory(reading);
    }
    for (size_t i = 0; i < file->tag_count; i++) {
        const struct tag *tag = &file->tags[i];
        struct text text;
        if (!script_expand(reading, tag->text, tag->line, &text) ||
            !script_check_plain(reading, text, tag->line, tag->octet, "a tag")) {
            return false;
        }
        tags[i] = text.data;
    }
    script->tags = tags;
    return true;
}

static bool make_name(struct reading *reading, struct script *script) {
    const struct script_file *file = reading->file;
    script->file = file->name;
    script->name = file->stem;
    if (reading->row == NULL) {
        return true;
    }
    struct text cell = reading->row->cells[0];
    size_t stem = strlen(file->stem);
    char *name = arena_take(reading->arena, stem + cell.size + 2);
    if (name == NULL) {
        return script_fail_memory(reading);
    }
    memcpy(name, file->stem, stem);
    name[stem] = '/';
    memcpy(name + stem + 1, cell.data, cell.size);
    script->name = name;
    script->case_name = name + stem + 1;
    return true;
}

static bool make_actions(struct reading *reading, struct script *script) {
    const struct script_file *file = reading->file;
    struct script_action *actions = arena_take(reading->arena, file->step_count * sizeof *actions);
    bool expects = false;
    if (actions == NULL) {
        return script_fail_memory(reading);
    }
    for (size_t i = 0; i < file->step_count; i++) {
        if (!script_action(reading, &file->steps[i], &actions[i])) {
            return false;
        }
        expects = expects || script_expects(&actions[i]);
    }
    script->actions = actions;
    script->action_count = file->step_count;
    return expects || file->mode == SCRIPT_THIRD_PARTY ||
           script_fail_file(reading,
                            "nothing is expected; expected one \"NAME receives:\" or \"HOST decides:\" or more");
}

static bool read_cast(struct reading *reading) {
    const struct script_file *file = reading->file;
    for (size_t i = 0; i < file->section_count; i++) {
        if (!script_section(reading, &file->sections[i])) {
            return false;
        }
    }
    return script_check_cast(reading);
}

/* The file's cast, or one of the case's own where its values stand in it. */
static bool make_cast(struct reading *reading, struct script *script) {
    struct script_file *file = reading->file;
    reading->cast = &file->cast;
    if (file->cast_varies) {
        reading->cast = arena_take(reading->arena, sizeof *reading->cast);
        if (reading->cast == NULL) {
            return script_fail_memory(reading);
        }
        if (!script_expand_cast(reading) || !read_cast(reading)) {
            return false;
        }
    }
    script->cast = reading->cast->actors;
    script->cast_count = reading->cast->count;
    return true;
}

/* What all cases share, so that its faults are not put down to one of them. */
static bool make_shared_cast(struct reading *reading) {
    struct script_file *file = reading->file;
    reading->cast = &file->cast;
    reading->cast_lines = file->lines;
    return file->cast_varies || read_cast(reading);
}

static const struct script *make_case(struct reading *reading, size_t n) {
    const struct script_file *file = reading->file;
    struct script *script = arena_take(reading->arena, sizeof *script);
    if (script == NULL) {
        script_fail_memory(reading);
        return NULL;
    }
    reading->row = file->row_count == 0 ? NULL : &file->rows[n];
    script->title = file->title;
    script->description = file->description;
    bool made = make_name(reading, script) && make_tags(reading, script) && make_cast(reading, script) &&
                make_actions(reading, script);
    return made ? script : NULL;
}

size_t script_case_count(const struct script_file *file) {
    return file->row_count == 0 ? 1 : file->row_count;
}

const struct script *script_case(const struct script_file *file, size_t n, struct arena *arena) {
    /* A case is read without writing to the file; only script_read does that. */
    struct reading reading = {.file = (struct script_file *)file, .arena = arena};
    return make_case(&reading, n);
}

/* All cases are tried, so that later they can only run out of memory. */
static bool try_cases(struct reading *reading) {
    size_t expanded = 0;
    for (size_t n = 0; n < script_case_count(reading->file); n++) {
        struct reading attempt = {
            .file = reading->file, .arena = arena_new(), .error = reading->error, .expanded = expanded};
        if (attempt.arena == NULL) {
            return script_fail_memory(reading);
        }
        bool made = make_case(&attempt, n) != NULL;
        arena_free(attempt.arena);
        if (!made) {
            return false;
        }
        expanded = attempt.expanded;
    }
    return true;
}

/* ------------------------------------------------------------------------------------------------------- file ---- */

static bool name_file(struct reading *reading, const char *name) {
    struct script_file *file = reading->file;
    size_t size = strlen(name);
    bool ends = size > 4 && strcmp(name + size - 4, ".scs") == 0;
    file->name = arena_text(file->arena, name, size);
    file->stem = arena_text(file->arena, name, ends ? size - 4 : size);
    return (file->name != NULL && file->stem != NULL) || script_fail_memory(reading);
}

static bool read_file(struct reading *reading, const char *name, struct text bytes) {
    struct text text;
    size_t next = 0;
    if (bytes.size > SCRIPT_SIZE_MAX) {
        return script_fail_file(reading, "%zu octets; at most %d are allowed", bytes.size, SCRIPT_SIZE_MAX);
    }
    return name_file(reading, name) && copy_text(reading, bytes, &text) && split_lines(reading, text) &&
           read_head(reading, &next) && find_sections(reading, &next) && read_steps(reading, next) &&
           script_check_columns(reading) && make_shared_cast(reading) && try_cases(reading);
}

struct script_file *script_read(const char *name, const char *bytes, size_t size, enum script_mode mode,
                                struct script_error *error) {
    *error = (struct script_error){0, 0, "memory ran out"};
    struct arena *arena = arena_new();
    if (arena == NULL) {
        return NULL;
    }
    struct script_file *file = arena_take(arena, sizeof *file);
    if (file == NULL) {
        arena_free(arena);
        return NULL;
    }
    file->arena = arena;
    file->mode = mode;
    file->title = file->description = "";
    struct reading reading = {.file = file, .arena = arena, .error = error};
    if (!read_file(&reading, name, (struct text){bytes, size})) {
        arena_free(arena);
        return NULL;
    }
    return file;
}

void script_file_free(struct script_file *file) {
    if (file != NULL) {
        arena_free(file->arena);
    }
}
