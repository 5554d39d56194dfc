/* ink.h - a text that grows; what diagrams and the HTML report are put together in. */
#ifndef STANZADRILL_REPORTS_INK_H
#define STANZADRILL_REPORTS_INK_H

#include <stdbool.h>
#include <stddef.h>

/* NUL-terminated, once something was added. Once memory has run out, `failed` stays true and nothing is added. */
struct ink {
    char *data;
    size_t size, capacity;
    bool failed;
};

void ink_add(struct ink *ink, const char *data, size_t size);
void ink_put(struct ink *ink, const char *text);

#endif
