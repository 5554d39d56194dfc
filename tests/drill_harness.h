/* drill_harness.h - playing a script's text and looking at what came of it. */
#ifndef STANZADRILL_TESTS_DRILL_HARNESS_H
#define STANZADRILL_TESTS_DRILL_HARNESS_H

#include "drill.h"
#include "router.h"

extern struct drill_result result; /* of the last case played */
extern struct drill_options options;

void drill_setup_case(void);
void drill_setup_fake_case(void); /* on real servers, which a fake stands for */
void drill_teardown_case(void);

void play_case(const char *text, size_t n); /* case n of a script's text */
void passes(const char *text);
void passes_loosely(const char *text); /* NON-STRICT */
void ends(const char *text, enum drill_verdict verdict, unsigned line, const char *failure);
bool fired(const char *rule);
bool traced(const char *what);

/* Seven lines before the first action. */
#define CAST                                                                                                           \
    "# Test\n"                                                                                                         \
    "[Client] Romeo\n"                                                                                                 \
    "\tjid: romeo@montague.example/orchard\n"                                                                          \
    "[Client] Juliet\n"                                                                                                \
    "\tjid: juliet@capulet.example/balcony\n"                                                                          \
    "---\n"
#define BOTH_CONNECT                                                                                                   \
    CAST "Romeo connects\n"                                                                                            \
         "Juliet connects\n"
#define CHAT                                                                                                           \
    "Romeo sends:\n"                                                                                                   \
    "\t<message id='m1' type='chat' to=\"${Juliet's full JID}\"><body>Hi</body></message>\n"

#endif
