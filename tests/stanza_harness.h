/* stanza_harness.h - what the tests of the stanza reader share. */
#ifndef STANZADRILL_TESTS_STANZA_HARNESS_H
#define STANZADRILL_TESTS_STANZA_HARNESS_H

#include "router.h"

enum { SIZE_MAX_INITIAL = 262144 }; /* knob size.max at first */

struct slice text_of(const char *text);
bool same_text(struct slice view, const char *text);

#define ck_assert_view(view, text)                                                                                     \
    ck_assert_msg(same_text((view), (text)), "%s is \"%.*s\", not \"%s\"", #view, (int)(view).size, (view).data, (text))

/* A reader that was fed a text. */
struct stanza_reader *reader_for(enum stanza_namespace ns, const char *text);

/* Reads the one stanza that a text holds; the reader is to be freed. */
struct stanza_reader *read_one(enum stanza_namespace ns, const char *text, struct stanza *out);

/* Reads on in a reader that is at its end. */
void read_more(struct stanza_reader *reader, const char *text, struct stanza *out);

/* What ends a client's stream with this text; STANZA_FAULT_NONE where nothing does. */
enum stanza_fault fault_in(const char *text);

#endif
