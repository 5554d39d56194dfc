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
