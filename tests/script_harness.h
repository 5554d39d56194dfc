/* script_harness.h - reading a script's text. */
#ifndef STANZADRILL_TESTS_SCRIPT_HARNESS_H
#define STANZADRILL_TESTS_SCRIPT_HARNESS_H

#include "script.h"

#define CAST                                                                                                           \
    "[Client] Romeo\n\tjid: romeo@montague.example/orchard\n"                                                          \
    "[Client] Juliet\n\tjid: juliet@capulet.example/balcony\n"                                                         \
    "[Client] Juliet's phone\n\tjid: juliet@capulet.example\n---\n"

extern struct script_file *file; /* the last one read */
extern struct arena *arena;

void script_set_up(void);
void script_tear_down(void);

void read_octets(const char *name, const char *text, size_t size, enum script_mode mode);
const struct script *read_case(const char *text, size_t n);
const struct script *read_first(const char *text);

void same_or_null(const char *found, const char *expected); /* either may be NULL */

/* A script that is wrong, and where. */
struct wrong {
    const char *text;
    unsigned line, column;
    const char *words[3]; /* in the message; each is looked for */
};
void refuse(const struct wrong *wrong);

#endif
