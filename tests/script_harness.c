/* script_harness.c - reading a script's text. */
#include "script_harness.h"

#include <check.h>
#include <string.h>

struct script_file *file;
struct arena *arena;

void script_set_up(void) {
    file = NULL;
    arena = arena_new();
    ck_assert_ptr_nonnull(arena);
}

void script_tear_down(void) {
    arena_free(arena);
    script_file_free(file);
}

void read_octets(const char *name, const char *text, size_t size, enum script_mode mode) {
    struct script_error error;
    script_file_free(file);
    file = script_read(name, text, size, mode, &error);
    ck_assert_msg(file != NULL, "%u:%u: %s", error.line, error.column, error.text);
}

const struct script *read_case(const char *text, size_t n) {
    read_octets("a/b.scs", text, strlen(text), SCRIPT_STRICT_FORM);
    const struct script *script = script_case(file, n, arena);
    ck_assert_ptr_nonnull(script);
    return script;
}

const struct script *read_first(const char *text) {
    return read_case(text, 0);
}

void refuse(const struct wrong *wrong) {
    struct script_error error;
    struct script_file *read = script_read("x.scs", wrong->text, strlen(wrong->text), SCRIPT_STRICT_FORM, &error);
    ck_assert_msg(read == NULL, "accepted: %s", wrong->text);
    ck_assert_msg(error.line == wrong->line && error.column == wrong->column, "%s\ngave %u:%u: %s", wrong->text,
                  error.line, error.column, error.text);
    for (size_t i = 0; i < 3 && wrong->words[i] != NULL; i++) {
        ck_assert_msg(strstr(error.text, wrong->words[i]) != NULL, "%s\ngave %s", wrong->text, error.text);
    }
}

void same_or_null(const char *found, const char *expected) {
    if (expected == NULL) {
        ck_assert_ptr_null(found);
    } else {
        ck_assert_ptr_nonnull(found);
        ck_assert_str_eq(found, expected);
    }
}
