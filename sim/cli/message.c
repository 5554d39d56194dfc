/* Messages on stderr, memory that is there or else the process ends, and lists of words. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cli_complain(const char *format, const char *word) {
    fflush(stdout);
    fputs("stanzadrill: ", stderr);
    const char *hole = strstr(format, "%s");
    if (hole == NULL) {
        fputs(format, stderr);
    } else {
        fprintf(stderr, "%.*s", (int)(hole - format), format);
        report_text(stderr, word);
        fputs(hole + 2, stderr);
    }
    putc('\n', stderr);
}

bool cli_complain_at(const char *path, unsigned line, size_t column, const char *text) {
    fflush(stdout);
    report_text(stderr, path);
    fprintf(stderr, ":%u:%zu: ", line > 0 ? line : 1, column > 0 ? column : 1);
    report_text(stderr, text);
    putc('\n', stderr);
    return false;
}

bool cli_cannot_read(const char *path, const char *why) {
    char *text = cli_join("cannot be read: ", why);
    (void)cli_complain_at(path, 0, 0, text);
    free(text);
    return false;
}

/* What one can take in at a glance. */
enum { FEW = 16 };

void cli_unknown(const char *what, const char *word, const char *const *known, const char *where) {
    fflush(stdout);
    fprintf(stderr, "stanzadrill: unknown %s \"", what);
    report_text(stderr, word);
    const char *nearest = script_nearest(word, known);
    size_t count = 0;
    while (known[count] != NULL) {
        count++;
    }
    putc('"', stderr);
    if (nearest != NULL) {
        fputs("; did you mean \"", stderr);
        report_text(stderr, nearest);
        fputs("\"?", stderr);
    }
    if (nearest == NULL && count > FEW && where != NULL) {
        fputs("; ", stderr);
        report_text(stderr, where);
        fputs(" lists those that there are", stderr);
    }
    for (size_t i = 0; nearest == NULL && count <= FEW && i < count; i++) {
        fputs(i == 0 ? "; expected " : i + 1 == count ? " or " : ", ", stderr);
        report_text(stderr, known[i]);
    }
    putc('\n', stderr);
}

void *cli_need(void *memory) {
    if (memory == NULL) {
        cli_complain("out of memory", "");
        exit(CLI_BROKEN);
    }
    return memory;
}

char *cli_join(const char *a, const char *b) {
    size_t a_size = strlen(a), b_size = strlen(b);
    char *joined = cli_need(malloc(a_size + b_size + 1));
    memcpy(joined, a, a_size);
    memcpy(joined + a_size, b, b_size + 1);
    return joined;
}

char *cli_copy(const char *text) {
    return cli_join(text, "");
}

void cli_words_add(struct cli_words *words, const char *word) {
    words->items = cli_need(realloc(words->items, (words->count + 1) * sizeof *words->items));
    words->items[words->count++] = word;
}

static int by_octets(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void cli_words_sort(struct cli_words *words) {
    if (words->count > 0) {
        qsort(words->items, words->count, sizeof *words->items, by_octets);
    }
}

bool cli_words_have(const struct cli_words *words, const char *word) {
    return words->count > 0 && bsearch(&word, words->items, words->count, sizeof *words->items, by_octets) != NULL;
}

void cli_words_free(struct cli_words *words) {
    for (size_t i = 0; i < words->count; i++) {
        free((void *)(uintptr_t)words->items[i]);
    }
    free(words->items);
}
