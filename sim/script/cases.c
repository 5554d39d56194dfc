/* The table of [Cases], and putting a row's values in the place of ${column}. */
#include "reader.h"

#include <string.h>

/* ------------------------------------------------------------------------------------------------ reading it ---- */

/* The next cell of a line at or after *at. Cells are apart by a tab or by two spaces. size 0: none left. */
static struct text next_cell(struct text line, size_t *at) {
    size_t start = *at;
    while (start < line.size && script_space(line.data[start])) {
        start++;
    }
    size_t end = start;
    while (end < line.size && line.data[end] != '\t' &&
           !(line.data[end] == ' ' && end + 1 < line.size && script_space(line.data[end + 1]))) {
        end++;
    }
    *at = end;
    return script_trim_end(script_cut(line, start, end));
}

static bool check_column(struct reading *reading, unsigned line, struct text name, size_t octet) {
    if (script_is(name, "\"\"")) {
        return script_fail(reading, line, octet, "a column without a name; expected one");
    }
    for (size_t i = 0; i < name.size; i++) {
        if (strchr("${}", name.data[i]) != NULL) {
            return script_fail(reading, line, octet, "the column %s has $, { or } in its name; expected plain text",
                               script_quote(name).text);
        }
    }
    return true;
}

static bool read_header(struct reading *reading, unsigned number) {
    struct script_file *file = reading->file;
    struct text line = file->lines[number - 1];
    size_t at = 0;
    for (struct text name = next_cell(line, &at); name.size > 0; name = next_cell(line, &at)) {
        size_t octet = (size_t)(name.data - line.data);
        struct column *columns = script_grow(file->arena, file->columns, file->column_count, sizeof *columns);
        if (columns == NULL) {
            return script_fail_memory(reading);
        }
        file->columns = columns;
        if (!check_column(reading, number, name, octet)) {
            return false;
        }
        int older = script_names_add(&file->column_names, file->arena, name, (int)file->column_count);
        if (older == NAME_NO_MEMORY) {
            return script_fail_memory(reading);
        }
        if (older != NAME_UNKNOWN) {
            return script_fail(reading, number, octet, "the column %s is here twice; expected another name",
                               script_quote(name).text);
        }
        columns[file->column_count++] = (struct column){name, octet, false};
    }
    file->column_line = number;
    return true;
}

/* Columns as a message names them: "a", "b" and 3 more. */
static struct hint list_columns(const struct script_file *file, size_t first) {
    struct hint list = {""};
    size_t size = 0;
    for (size_t i = first; i < file->column_count; i++) {
        struct quoted name = script_quote(file->columns[i].name);
        size_t length = strlen(name.text);
        /* Room for a comma in front, and for the dots behind in case the next one does not fit. */
        if (size + 2 + length + sizeof ", ..." > sizeof list.text) {
            memcpy(list.text + size, ", ...", sizeof ", ...");
            break;
        }
        if (size > 0) {
            memcpy(list.text + size, ", ", 2);
            size += 2;
        }
        memcpy(list.text + size, name.text, length + 1);
        size += length;
    }
    return list;
}

static bool read_row(struct reading *reading, unsigned number, struct names *seen) {
    struct script_file *file = reading->file;
    struct text line = file->lines[number - 1];
    struct row row = {arena_take(file->arena, file->column_count * sizeof *row.cells), number};
    size_t count = 0, at = 0;
    if (row.cells == NULL) {
        return script_fail_memory(reading);
    }
    for (struct text cell = next_cell(line, &at); cell.size > 0; cell = next_cell(line, &at)) {
        if (count == file->column_count) {
            return script_fail(reading, number, (size_t)(cell.data - line.data),
                               "%s stands below no column; the columns are %s (cells are apart by two spaces or a tab)",
                               script_quote(cell).text, list_columns(file, 0).text);
        }
        row.cells[count++] = script_is(cell, "\"\"") ? script_cut(cell, 0, 0) : cell;
    }
    if (count < file->column_count) {
        return script_fail(
            reading, number, line.size,
            "the row of %s has %zu of %zu cells; nothing stands below %s (an empty cell is written \"\")",
            script_quote(row.cells[0]).text, count, file->column_count, list_columns(file, count).text);
    }
    int older = script_names_add(seen, file->arena, row.cells[0], (int)number);
    if (row.cells[0].size == 0 || older >= 0) {
        size_t octet = (size_t)(row.cells[0].data - line.data);
        return row.cells[0].size == 0
                   ? script_fail(reading, number, octet, "a case without a name; expected one in the first column")
                   : script_fail(reading, number, octet, "the case %s is here twice, first in line %d",
                                 script_quote(row.cells[0]).text, older);
    }
    struct row *rows = script_grow(file->arena, file->rows, file->row_count, sizeof *rows);
    if (older == NAME_NO_MEMORY || rows == NULL) {
        return script_fail_memory(reading);
    }
    file->rows = rows;
    file->rows[file->row_count++] = row;
    return true;
}

static bool read_table_line(struct reading *reading, unsigned number, struct names *seen) {
    const struct script_file *file = reading->file;
    if (file->column_count == 0) {
        return read_header(reading, number);
    }
    if (file->row_count == SCRIPT_CASES_MAX) {
        return script_fail(reading, number, 0, "more than %d rows in [Cases]", SCRIPT_CASES_MAX);
    }
    return read_row(reading, number, seen);
}

bool script_cases(struct reading *reading, const struct range *section) {
    struct script_file *file = reading->file;
    struct names seen = {NULL};
    unsigned number = (unsigned)section->first + 1;
    struct text line = file->lines[section->first];
    size_t behind = script_find(line, "]", 0) + 1;
    struct text name = script_trim(script_cut(line, behind, line.size));
    if (name.size > 0) {
        return script_fail(reading, number, (size_t)(name.data - line.data), "[Cases] takes no name; found %s",
                           script_quote(name).text);
    }
    if (file->cases_line != 0) {
        return script_fail(reading, number, 0, "a second [Cases]; the first is in line %u, add the rows there",
                           file->cases_line);
    }
    file->cases_line = number;
    for (size_t i = section->first + 1; i < section->end; i++) {
        if (script_line_kind(file->lines[i]) == LINE_INDENTED && !read_table_line(reading, (unsigned)i + 1, &seen)) {
            return false;
        }
    }
    bool header = file->column_count > 0;
    return file->row_count > 0 ||
           script_fail(reading, number, 0, "[Cases] without %s; expected %sa row for each case below it, indented",
                       header ? "rows" : "a table", header ? "" : "a row of column names and ");
}

/* ------------------------------------------------------------------------------------------------- its columns ---- */

/* Whether there is a column in the text. */
static bool mark_used(struct script_file *file, struct text text) {
    size_t start, end = 0;
    bool found = false;
    while (script_variable_find(text, end, &start, &end)) {
        int column = script_names_find(&file->column_names, script_cut(text, start + 2, end - 1));
        if (column >= 0) {
            file->columns[column].used = true;
            found = true;
        }
    }
    return found;
}

static bool mark_lines(struct script_file *file, size_t first, size_t end) {
    bool found = false;
    for (size_t i = first; i < end; i++) {
        enum line_kind kind = script_line_kind(file->lines[i]);
        if ((kind == LINE_INDENTED || kind == LINE_SECTION) && mark_used(file, file->lines[i])) {
            found = true;
        }
    }
    return found;
}

bool script_check_columns(struct reading *reading) {
    struct script_file *file = reading->file;
    for (size_t i = 0; i < file->section_count; i++) {
        if (mark_lines(file, file->sections[i].first, file->sections[i].end)) {
            file->cast_varies = true;
        }
    }
    for (size_t i = 0; i < file->tag_count; i++) {
        mark_used(file, file->tags[i].text);
    }
    for (size_t i = 0; i < file->step_count; i++) {
        mark_used(file, file->lines[file->steps[i].line]);
        mark_lines(file, file->steps[i].block, file->steps[i].block_end);
    }
    for (size_t i = 1; i < file->column_count; i++) {
        if (!file->columns[i].used) {
            return script_fail(reading, file->column_line, file->columns[i].octet,
                               "nothing uses the column %s; expected ${%.*s} in a tag, the cast, an action or a block",
                               script_quote(file->columns[i].name).text,
                               (int)(file->columns[i].name.size > 60 ? 60 : file->columns[i].name.size),
                               file->columns[i].name.data);
        }
    }
    return true;
}

/* --------------------------------------------------------------------------------------------------- its values ----
 */

/* Where one variable stands in another, the inner one is found: ${${who}'s JID} asks for ${who} first. */
bool script_variable_find(struct text text, size_t from, size_t *start, size_t *end) {
    size_t open = script_find(text, "${", from);
    *start = *end = from;
    for (size_t i = open; i < text.size; i++) {
        char c = text.data[i];
        if (c == '$' && i + 1 < text.size && text.data[i + 1] == '{') {
            open = i++;
        } else if (c == '\n') {
            open = TEXT_NONE;
        } else if (c == '}' && open != TEXT_NONE) {
            *start = open;
            *end = i + 1;
            return true;
        }
    }
    return false;
}

/* A stretch of a line: as it stands, or a value in the place of a variable. */
struct stretch {
    struct text text;
    size_t source; /* where it stands in the line */
    bool is_value;
};

/* The stretch at *at, which moves behind it; false at the end of the line. */
static bool next_stretch(const struct reading *reading, struct text line, size_t *at, struct stretch *out) {
    const struct script_file *file = reading->file;
    size_t start, end, from = *at;
    if (from >= line.size) {
        return false;
    }
    if (reading->row == NULL || !script_variable_find(line, from, &start, &end)) {
        *out = (struct stretch){script_cut(line, from, line.size), from, false};
        *at = line.size;
        return true;
    }
    int column = script_names_find(&file->column_names, script_cut(line, start + 2, end - 1));
    if (column >= 0 && start == from) {
        *out = (struct stretch){reading->row->cells[column], from, true};
        *at = end;
        return true;
    }
    *at = column >= 0 ? start : end;
    *out = (struct stretch){script_cut(line, from, *at), from, false};
    return true;
}

/* Octets of the line with values put in; out: NULL, or room for them. */
static size_t expand(const struct reading *reading, struct text line, char *out) {
    struct stretch stretch;
    size_t at = 0, size = 0;
    while (next_stretch(reading, line, &at, &stretch)) {
        if (out != NULL && stretch.text.size > 0) {
            memcpy(out + size, stretch.text.data, stretch.text.size);
        }
        size += stretch.text.size;
    }
    return size;
}

/* Bounds the work that a small file with many rows can ask for. */
static bool count_expanded(struct reading *reading, unsigned line, size_t size) {
    enum { LINE_COST = 32 }; /* what a line costs, however short it is */
    size_t cost = size + LINE_COST;
    if (cost > EXPANDED_MAX_SIZE - reading->expanded) {
        return script_fail(reading, line, 0,
                           "with the values of all cases put in, this file is too large; expected fewer rows, or "
                           "several files");
    }
    reading->expanded += cost;
    return true;
}

bool script_expand(struct reading *reading, struct text source, unsigned line, struct text *out) {
    size_t size = expand(reading, source, NULL);
    if (!count_expanded(reading, line, size)) {
        return false;
    }
    char *text = arena_take(reading->arena, size + 1);
    if (text == NULL) {
        return script_fail_memory(reading);
    }
    expand(reading, source, text);
    *out = (struct text){text, size};
    return true;
}

/* A line of a block: comments at column 0 are no part of it. */
static struct text block_line(const struct script_file *file, size_t line) {
    struct text text = file->lines[line];
    return script_line_kind(text) == LINE_INDENTED ? text : script_cut(text, 0, 0);
}

bool script_expand_block(struct reading *reading, const struct step *step, struct block *block) {
    const struct script_file *file = reading->file;
    size_t size = 0;
    block->line = (unsigned)step->block + 1;
    for (size_t line = step->block; line < step->block_end; line++) {
        size_t octets = expand(reading, block_line(file, line), NULL) + 1;
        if (!count_expanded(reading, (unsigned)line + 1, octets)) {
            return false;
        }
        size += octets;
    }
    block->text = arena_take(reading->arena, size + 1);
    if (block->text == NULL) {
        return script_fail_memory(reading);
    }
    block->size = size;
    char *next = block->text;
    for (size_t line = step->block; line < step->block_end; line++) {
        next += expand(reading, block_line(file, line), next);
        *next++ = '\n';
    }
    return true;
}

/* The lines of a section stand behind each other with newlines between, as they do in the file. */
static bool expand_section(struct reading *reading, const struct range *section) {
    const struct script_file *file = reading->file;
    size_t size = 0;
    for (size_t i = section->first; i < section->end; i++) {
        size_t octets = expand(reading, file->lines[i], NULL) + 1;
        if (!count_expanded(reading, (unsigned)i + 1, octets)) {
            return false;
        }
        size += octets;
    }
    char *next = arena_take(reading->arena, size);
    if (next == NULL) {
        return script_fail_memory(reading);
    }
    for (size_t i = section->first; i < section->end; i++) {
        size_t octets = expand(reading, file->lines[i], next);
        reading->cast_lines[i] = (struct text){next, octets};
        next += octets;
        *next++ = '\n';
    }
    return true;
}

bool script_expand_cast(struct reading *reading) {
    const struct script_file *file = reading->file;
    size_t count = file->sections[file->section_count - 1].end;
    reading->cast_lines = arena_take(reading->arena, count * sizeof *reading->cast_lines);
    if (reading->cast_lines == NULL) {
        return script_fail_memory(reading);
    }
    for (size_t i = 0; i < file->section_count; i++) {
        if (!expand_section(reading, &file->sections[i])) {
            return false;
        }
    }
    return true;
}

unsigned script_source_column(const struct reading *reading, unsigned line, size_t octet) {
    if (line == 0 || line > reading->file->line_count) {
        return 1;
    }
    struct text source = reading->file->lines[line - 1];
    struct stretch stretch;
    size_t at = 0, size = 0, found = source.size;
    while (next_stretch(reading, source, &at, &stretch)) {
        if (octet < size + stretch.text.size) {
            found = stretch.source + (stretch.is_value ? 0 : octet - size);
            break;
        }
        size += stretch.text.size;
        found = stretch.is_value ? stretch.source : source.size;
    }
    return script_characters(script_cut(source, 0, found)) + 1;
}
