/* drill_harness.c - playing a script's text and looking at what came of it. */
#include "drill_harness.h"
#include "fake_venue.h"

#include <check.h>
#include <string.h>

struct drill_result result;
struct drill_options options;

void drill_setup_case(void) {
    result = (struct drill_result){0};
    options = (struct drill_options){.seed = 0};
}

void drill_setup_fake_case(void) {
    drill_setup_case();
    fake_reset();
    options.venue = fake_venue;
    options.venue_context = &fake_plan;
    options.number = 7;
}

void drill_teardown_case(void) {
    drill_result_free(&result);
}

/* Plays case n of a script's text. */
void play_case(const char *text, size_t n) {
    struct script_error error = {0};
    struct script_file *file = script_read("test.scs", text, strlen(text), SCRIPT_THIRD_PARTY, &error);
    ck_assert_msg(file != NULL, "%u:%u: %s", error.line, error.column, error.text);
    struct arena *arena = arena_new();
    const struct script *script = script_case(file, n, arena);
    ck_assert_ptr_nonnull(script);
    drill_result_free(&result);
    ck_assert(drill_play(script, &options, &result));
    arena_free(arena);
    script_file_free(file);
}

void passes(const char *text) {
    play_case(text, 0);
    ck_assert_msg(result.verdict == DRILL_PASS, "%s", result.failure == NULL ? "no failure text" : result.failure);
    ck_assert_ptr_null(result.failure);
}

void passes_loosely(const char *text) {
    play_case(text, 0);
    ck_assert_int_eq(result.verdict, DRILL_NON_STRICT);
    ck_assert_ptr_null(result.failure);
    ck_assert_ptr_nonnull(result.reason);
}

void ends(const char *text, enum drill_verdict verdict, unsigned line, const char *failure) {
    play_case(text, 0);
    ck_assert_msg(result.verdict == verdict, "verdict %d: %s", (int)result.verdict,
                  result.failure == NULL ? "" : result.failure);
    ck_assert_str_eq(result.failure, failure);
    ck_assert_uint_eq(result.line, line);
}

bool fired(const char *rule) {
    int index = router_rule_find(rule);
    ck_assert_msg(index >= 0, "no rule %s", rule);
    return result.fired[index] != 0;
}

bool traced(const char *what) {
    ck_assert_ptr_nonnull(result.trace);
    return strstr(result.trace, what) != NULL;
}
