/* Reads what json.c writes. It may have been written by anybody. */
#include "results.h"
#include "text.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_SHOWN = 200 };

static const char *const words[] = {
    [REPORT_PASS] = "pass", [REPORT_NON_STRICT] = "non-strict", [REPORT_FAIL] = "fail",
    [REPORT_SKIP] = "skip", [REPORT_BROKEN] = "broken",         [REPORT_ERROR] = "error",
    [REPORT_XFAIL] = "xfail", [REPORT_XPASS] = "xpass",
};

const char *report_verdict_word(enum report_verdict verdict) {
    return words[verdict];
}

/* A file of results holds nothing but UTF-8. */
char *report_utf8(const char *text) {
    const size_t size = strlen(text);
    char *copy = size > SIZE_MAX / 4 - 1 ? NULL : malloc(4 * size + 1), *end = copy;
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
    *end = '\0';
    return copy;
}

/* ----------------------------------------------------------------------------------------------------- reading ---- */

struct reading {
    size_t number; /* of the case, from 1; 0: the document */
    const json_t *object;
    struct report_fault *fault;
};

static bool fails(const struct reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The reader of JSON keeps no places, so that a case is named by its number. */
static bool fails(const struct reading *reading, const char *format, ...) {
    struct report_fault *fault = reading->fault;
    va_list arguments;
    va_start(arguments, format);
    fault->line = fault->column = 1;
    const size_t room = sizeof fault->text;
    const int size = reading->number == 0 ? 0 : snprintf(fault->text, room, "case %zu: ", reading->number);
    (void)vsnprintf(fault->text + size, room - (size_t)size, format, arguments);
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
    return fails(reading, value == NULL ? "\"%s\" is missing" : "\"%s\" is not a string", key);
}

static bool get_format(const struct reading *reading) {
    const json_t *value = json_object_get(reading->object, "format");
    if (!json_is_integer(value)) {
        return fails(reading, "no results: \"format\" is missing, or no number");
    }
    return json_integer_value(value) == REPORT_RESULTS_FORMAT ||
           fails(reading, "results of format %lld; this version reads format %d", (long long)json_integer_value(value),
                 REPORT_RESULTS_FORMAT);
}

static bool get_verdict(const struct reading *reading, enum report_verdict *verdict) {
    const char *word;
    if (!get_text(reading, "verdict", true, &word)) {
        return false;
    }
    for (int i = 0; i < REPORT_VERDICT_COUNT; i++) {
        if (strcmp(words[i], word) == 0) {
            *verdict = (enum report_verdict)i;
            return true;
        }
    }
    return fails(reading,
                 "\"verdict\" is \"%.40s\"; expected pass, non-strict, fail, skip, broken, error, xfail or xpass", word);
}

static bool get_result(const struct reading *reading, const char *target, struct report_result *result) {
    *result = (struct report_result){.target = target, .number = reading->number};
    return (json_is_object(reading->object) || fails(reading, "expected a JSON object")) &&
           get_text(reading, "file", true, &result->file) && get_text(reading, "name", true, &result->name) &&
           get_text(reading, "title", true, &result->title) && get_verdict(reading, &result->verdict) &&
           get_text(reading, "reason", false, &result->reason) && get_text(reading, "failure", false, &result->failure);
}

static int by_case(const void *a, const void *b) {
    const struct report_result *x = *(const struct report_result *const *)a,
                               *y = *(const struct report_result *const *)b;
    const int name = strcmp(x->name, y->name);
    return name != 0 ? name : (x->number > y->number) - (x->number < y->number);
}

/* Two results of one case would leave open which of them counts. */
static bool check_once(const struct report_results *results, struct reading *reading) {
    const struct report_result **sorted = calloc(results->count + 1, sizeof *sorted), *twice = NULL, *first = NULL;
    reading->number = 0;
    if (sorted == NULL) {
        return fails(reading, "memory ran out");
    }
    for (size_t i = 0; i < results->count; i++) {
        sorted[i] = &results->items[i];
    }
    qsort(sorted, results->count, sizeof *sorted, by_case);
    for (size_t i = 1; i < results->count; i++) {
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0 && (twice == NULL || sorted[i]->number < twice->number)) {
            twice = sorted[i];
            first = sorted[i - 1];
        }
    }
    free(sorted);
    if (twice != NULL) {
        reading->number = twice->number;
        return fails(reading, "a second result of \"%.80s\"; case %zu is the first", twice->name, first->number);
    }
    return true;
}

static bool read_cases(struct report_results *results, struct reading *reading, const json_t *document) {
    const char *target = NULL;
    const json_t *cases = json_object_get(document, "cases");
    reading->object = document;
    if (!json_is_object(document) ? !fails(reading, "expected a JSON object")
                                  : !get_format(reading) || !get_text(reading, "target", true, &target)) {
        return false;
    }
    if (!json_is_array(cases)) {
        return fails(reading, "\"cases\" is missing, or no array");
    }
    const size_t count = json_array_size(cases);
    results->items = count == 0 ? NULL : calloc(count, sizeof *results->items);
    if (results->items == NULL) {
        return fails(reading, count == 0 ? "no result in this file" : "memory ran out");
    }
    for (; results->count < count; results->count++) {
        reading->number = results->count + 1;
        reading->object = json_array_get(cases, results->count);
        if (!get_result(reading, target, &results->items[results->count])) {
            return false;
        }
    }
    return check_once(results, reading);
}

bool report_results_read(struct report_results *results, const char *bytes, size_t size, struct report_fault *fault) {
    json_error_t error;
    struct reading reading = {.fault = fault};
    json_t *document = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &error);
    *results = (struct report_results){.owner = document};
    if (document == NULL) {
        fault->line = error.line > 0 ? (unsigned)error.line : 1;
        fault->column = error.column > 0 ? (unsigned)error.column : 1;
        (void)snprintf(fault->text, sizeof fault->text, "no JSON: %.*s", REASON_SHOWN, error.text);
        return false;
    }
    const bool good = read_cases(results, &reading, document);
    if (!good) {
        report_results_free(results);
    }
    return good;
}

void report_results_free(struct report_results *results) {
    free(results->items);
    json_decref(results->owner);
    *results = (struct report_results){.items = NULL};
}
