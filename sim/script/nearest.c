/* The known word that somebody most likely meant. */
#include "script.h"

#include <string.h>

enum { WORD_MAX = 100 }; /* octets; nobody mistypes a longer word for another */

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* How many insertions, deletions, replacements and swaps of neighbours lead from one word to the other. */
static size_t edits(const char *a, size_t a_size, const char *b, size_t b_size) {
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_size; j++) {
        last[j] = j;
    }
    for (size_t i = 1; i <= a_size; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[b_size];
}

const char *script_nearest(const char *word, const char *const *words) {
    size_t size = strlen(word);
    size_t best_edits = size < 3 ? 2 : size / 3 + 2; /* one more than is taken */
    const char *best = NULL;
    if (size > WORD_MAX) {
        return NULL;
    }
    for (; *words != NULL; words++) {
        size_t other = strlen(*words);
        size_t apart = other > size ? other - size : size - other;
        if (other > WORD_MAX || apart >= best_edits) {
            continue;
        }
        size_t count = edits(word, size, *words, other);
        if (count < best_edits && count < (other > size ? other : size)) {
            best = *words;
            best_edits = count;
        }
    }
    return best;
}
