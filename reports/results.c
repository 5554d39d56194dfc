/* Results as lines of JSON, written and read. What is read may have been written by anybody. */
#include "results.h"
#include "text.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT = 1, TARGETS_MAX = 100 /* of one file: a matrix cannot be wider than a reader */ };

static const char *const words[] = {
    [REPORT_PASS] = "pass", [REPORT_NON_STRICT] = "non-strict", [REPORT_FAIL] = "fail",
    [REPORT_SKIP] = "skip", [REPORT_BROKEN] = "broken",         [REPORT_ERROR] = "error",
    [REPORT_XFAIL] = "xfail", [REPORT_XPASS] = "xpass",
};

enum { WORD_COUNT = sizeof words / sizeof words[0] };

const char *report_verdict_word(enum report_verdict verdict) {
    return words[verdict];
}

/* ----------------------------------------------------------------------------------------------------- writing ---- */

/* A text in which octets that are not UTF-8 stand as \xNN, for JSON holds nothing else. NULL where memory ran out. */
static json_t *json_of(const char *text) {
    const size_t size = strlen(text);
    if (size > SIZE_MAX / 4 - 1) {
        return NULL;
    }
    char *copy = malloc(4 * size + 1), *end = copy;
    if (copy == NULL) {
        return NULL;
    }
    char piece[TEXT_PIECE_MAX + 1];
    bool escaped;
    for (size_t octets; (octets = text_piece(text, piece, &escaped)) > 0; text += octets) {
        const bool foreign = octets == 1 && (unsigned char)text[0] >= 0x80;
        const size_t length = foreign ? strlen(piece) : octets;
        memcpy(end, foreign ? piece : text, length);
        end += length;
    }
    json_t *value = json_stringn(copy, (size_t)(end - copy));
    free(copy);
    return value;
}

/* Like json_object_set_new, this takes the value, and fails where there is none. */
static bool put_text(json_t *object, const char *key, const char *text) {
    return text == NULL || json_object_set_new(object, key, json_of(text)) == 0;
}

static bool put_number(json_t *object, const char *key, uint64_t number) {
    return json_object_set_new(object, key, json_integer((json_int_t)number)) == 0;
}

static bool fill(json_t *object, const struct report_case *c, const char *version, const char *target) {
    return put_number(object, "format", FORMAT) && put_text(object, "version", version) &&
           put_text(object, "target", target) && put_text(object, "file", c->file) &&
           put_text(object, "name", c->name) && put_text(object, "title", c->title) &&
           put_text(object, "verdict", words[c->verdict]) && put_text(object, "reason", c->reason) &&
           put_text(object, "failure", c->failure) && (c->fired == 0 || put_number(object, "fired", c->fired)) &&
           put_number(object, "duration_us", c->virtual_us);
}

bool report_results(FILE *out, const struct report_run *run, const char *target) {
    bool good = true;
    for (size_t i = 0; good && i < run->case_count; i++) {
        json_t *object = json_object();
        good = object != NULL && fill(object, &run->cases[i], run->version, target) &&
               json_dumpf(object, out, JSON_COMPACT | JSON_PRESERVE_ORDER) == 0 && putc('\n', out) != EOF;
        json_decref(object);
    }
    return good && !ferror(out);
}

/* ----------------------------------------------------------------------------------------------------- reading ---- */

struct reading {
    unsigned line;
    const json_t *object;
    struct report_fault *fault;
};

static bool fails(const struct reading *reading, unsigned column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool fails(const struct reading *reading, unsigned column, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    reading->fault->line = reading->line;
    reading->fault->column = column;
    (void)vsnprintf(reading->fault->text, sizeof reading->fault->text, format, arguments);
    va_end(arguments);
    return false;
}

/* *text: NULL where the key is missing and may be. */
static bool get_text(const struct reading *reading, const char *key, bool needed, const char **text) {
    const json_t *value = json_object_get(reading->object, key);
    *text = json_string_value(value);
    if (*text != NULL || (value == NULL && !needed)) {
        return true;
    }
    return fails(reading, 1, value == NULL ? "\"%s\" is missing" : "\"%s\" is not a string", key);
}

static bool get_format(const struct reading *reading) {
    const json_t *value = json_object_get(reading->object, "format");
    if (!json_is_integer(value)) {
        return fails(reading, 1, "no result: \"format\" is missing, or no number");
    }
    return json_integer_value(value) == FORMAT ||
           fails(reading, 1, "results of format %lld; this version reads format %d",
                 (long long)json_integer_value(value), FORMAT);
}

static bool get_verdict(const struct reading *reading, enum report_verdict *verdict) {
    const char *word;
    if (!get_text(reading, "verdict", true, &word)) {
        return false;
    }
    for (int i = 0; i < WORD_COUNT; i++) {
        if (strcmp(words[i], word) == 0) {
            *verdict = (enum report_verdict)i;
            return true;
        }
    }
    return fails(reading, 1, "\"verdict\" is \"%.40s\"; expected pass, non-strict, fail, skip, broken or error", word);
}

static bool get_result(const struct reading *reading, struct report_result *result) {
    *result = (struct report_result){.line = reading->line};
    return get_format(reading) && get_text(reading, "target", true, &result->target) &&
           get_text(reading, "file", true, &result->file) && get_text(reading, "name", true, &result->name) &&
           get_text(reading, "title", true, &result->title) && get_verdict(reading, &result->verdict) &&
           get_text(reading, "reason", false, &result->reason) && get_text(reading, "failure", false, &result->failure);
}

static bool keep(struct report_results *results, const struct report_result *result) {
    /* Room doubles whenever the count has reached a power of two. */
    if ((results->count & (results->count - 1)) == 0) {
        const size_t room = results->count == 0 ? 1 : 2 * results->count;
        struct report_result *items =
            room > SIZE_MAX / sizeof *items ? NULL : realloc(results->items, room * sizeof *items);
        if (items == NULL) {
            return false;
        }
        results->items = items;
    }
    results->items[results->count++] = *result;
    return true;
}

static bool read_line(struct report_results *results, struct reading *reading, const char *bytes, size_t size) {
    json_error_t error;
    json_t *object = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
    struct report_result result;
    if (object == NULL) {
        return fails(reading, error.column > 0 ? (unsigned)error.column : 1, "no JSON: %s", error.text);
    }
    reading->object = object;
    bool good = json_is_object(object) || fails(reading, 1, "expected a JSON object");
    good = good && get_result(reading, &result);
    result.owner = object;
    if (good && !keep(results, &result)) {
        good = fails(reading, 1, "memory ran out");
    }
    if (!good) {
        json_decref(object);
    }
    return good;
}

static bool is_blank(const char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r') {
            return false;
        }
    }
    return true;
}

static int by_case(const void *a, const void *b) {
    const struct report_result *x = *(const struct report_result *const *)a,
                               *y = *(const struct report_result *const *)b;
    const int target = strcmp(x->target, y->target), name = target != 0 ? target : strcmp(x->name, y->name);
    return name != 0 ? name : (x->line > y->line) - (x->line < y->line);
}

/* Two results of one case would leave open which of them counts. */
static bool check_once(const struct report_results *results, struct reading *reading) {
    const struct report_result **sorted = calloc(results->count + 1, sizeof *sorted), *twice = NULL, *first = NULL;
    if (sorted == NULL) {
        return fails(reading, 1, "memory ran out");
    }
    for (size_t i = 0; i < results->count; i++) {
        sorted[i] = &results->items[i];
    }
    qsort(sorted, results->count, sizeof *sorted, by_case);
    size_t targets = 1;
    for (size_t i = 1; i < results->count; i++) {
        const struct report_result *a = sorted[i - 1], *b = sorted[i];
        const bool same = strcmp(a->target, b->target) == 0;
        targets += !same;
        if (same && strcmp(a->name, b->name) == 0 && (twice == NULL || b->line < twice->line)) {
            twice = b;
            first = a;
        }
    }
    free(sorted);
    if (targets > TARGETS_MAX) {
        return fails(reading, 1, "results on %zu targets; at most %d are allowed", targets, TARGETS_MAX);
    }
    if (twice != NULL) {
        reading->line = twice->line;
        return fails(reading, 1, "a second result of \"%.80s\" on \"%.80s\"; line %u has one", twice->name,
                     twice->target, first->line);
    }
    return true;
}

bool report_results_read(struct report_results *results, const char *bytes, size_t size, struct report_fault *fault) {
    struct reading reading = {.fault = fault};
    bool good = true;
    *results = (struct report_results){NULL, 0};
    for (size_t at = 0; good && at < size;) {
        const char *newline = memchr(bytes + at, '\n', size - at);
        const size_t end = newline == NULL ? size : (size_t)(newline - bytes);
        reading.line++;
        good = is_blank(bytes + at, end - at) || read_line(results, &reading, bytes + at, end - at);
        at = end + 1;
    }
    if (good && results->count == 0) {
        reading.line = 1;
        good = fails(&reading, 1, "no result in this file");
    }
    good = good && check_once(results, &reading);
    if (!good) {
        report_results_free(results);
    }
    return good;
}

void report_results_free(struct report_results *results) {
    for (size_t i = 0; i < results->count; i++) {
        json_decref(results->items[i].owner);
    }
    free(results->items);
    *results = (struct report_results){NULL, 0};
}
