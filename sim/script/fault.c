/* Saying what is wrong with a script, and where. */
#include "reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Leaves out a last character that did not fit as a whole. */
static void cut_whole(char *text, size_t size) {
    size_t bad;
    if (!script_utf8((struct text){text, size}, &bad)) {
        text[bad] = '\0';
    }
}

static void add_case(const struct reading *reading, struct script_error *error) {
    size_t size = strlen(error->text);
    if (reading->row != NULL) {
        snprintf(error->text + size, sizeof error->text - size, " (in case %s of line %u)",
                 script_quote(reading->row->cells[0]).text, reading->row->line);
    }
}

/* Room stays for the case's name, which says where to look. */
static void write_error(struct script_error *error, const char *format, va_list arguments) {
    vsnprintf(error->text, sizeof error->text - sizeof(struct quoted) - 32, format, arguments);
    cut_whole(error->text, strlen(error->text));
}

bool script_fail(struct reading *reading, unsigned line, size_t octet, const char *format, ...) {
    struct script_error *error = reading->error;
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        write_error(error, format, arguments);
        va_end(arguments);
        add_case(reading, error);
        error->line = line;
        error->column = script_source_column(reading, line, octet);
    }
    return false;
}

bool script_fail_file(struct reading *reading, const char *format, ...) {
    struct script_error *error = reading->error;
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        write_error(error, format, arguments);
        va_end(arguments);
        add_case(reading, error);
        error->line = error->column = 0;
    }
    return false;
}

bool script_fail_memory(struct reading *reading) {
    return script_fail_file(reading, "memory ran out");
}

struct hint script_hint(struct text word, const char *const *words) {
    struct hint hint = {""};
    char copy[NAME_MAX_SIZE + 1];
    if (words == NULL || word.size >= sizeof copy) {
        return hint;
    }
    if (word.size > 0) {
        memcpy(copy, word.data, word.size);
    }
    copy[word.size] = '\0';
    const char *nearest = script_nearest(copy, words);
    if (nearest != NULL) {
        snprintf(hint.text, sizeof hint.text, "; did you mean \"%s\"?", nearest);
        cut_whole(hint.text, strlen(hint.text));
    }
    return hint;
}

void *script_grow(struct arena *arena, void *items, size_t count, size_t item_size) {
    enum { FIRST = 8 };
    bool full = count == 0 || (count >= FIRST && (count & (count - 1)) == 0);
    if (!full) {
        return items;
    }
    size_t capacity = count == 0 ? FIRST : 2 * count;
    void *grown = capacity > SIZE_MAX / item_size ? NULL : arena_take(arena, capacity * item_size);
    if (grown != NULL && count > 0) {
        memcpy(grown, items, count * item_size);
    }
    return grown;
}
