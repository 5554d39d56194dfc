/* nearest.c - the known word that somebody most likely meant. */
#include "parts.h"

#include <string.h>

enum { WORD_MAX = 60 }; /* octets; nobody mistypes a longer word for one of ours */

/* How many insertions, deletions and replacements lead from one word to the other. */
static size_t apart(const char *a, const char *b) {
    const size_t b_size = strlen(b);
    size_t row[WORD_MAX + 1];
    for (size_t j = 0; j <= b_size; j++) {
        row[j] = j;
    }
    for (size_t i = 1; *a != '\0'; a++, i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            const size_t above = row[j];
            size_t least = diagonal + (*a != b[j - 1]);
            least = above + 1 < least ? above + 1 : least;
            row[j] = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
            diagonal = above;
        }
    }
    return row[b_size];
}

const char *live_nearest(const char *word, const char *const *words) {
    const size_t size = strlen(word);
    size_t best = size / 3 + 2; /* one more than is taken */
    const char *result = NULL;
    for (; size <= WORD_MAX && *words != NULL; words++) {
        const size_t count = strlen(*words) <= WORD_MAX ? apart(word, *words) : best;
        if (count < best) {
            best = count;
            result = *words;
        }
    }
    return result;
}
