/* Messages on stderr, and memory that is there or else the process ends. */
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

void cli_unknown(const char *what, const char *word, const char *const *known) {
    fflush(stdout);
    fprintf(stderr, "stanzadrill: unknown %s \"", what);
    report_text(stderr, word);
    const char *nearest = script_nearest(word, known);
    if (nearest != NULL) {
        fprintf(stderr, "\"; did you mean \"%s\"?\n", nearest);
    } else {
        fputs("\"\n", stderr);
    }
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
