/* stanza_harness.c - texts in and out of a stanza reader, for its tests. */
#include "stanza_harness.h"

#include <check.h>
#include <string.h>

struct slice text_of(const char *text) {
    return (struct slice){text, strlen(text)};
}

bool same_text(struct slice view, const char *text) {
    return view.size == strlen(text) && memcmp(view.data, text, view.size) == 0;
}

struct stanza_reader *reader_for(enum stanza_namespace ns, const char *text) {
    struct stanza_reader *reader = stanza_reader_new(NULL, ns, SIZE_MAX_INITIAL);
    ck_assert_ptr_nonnull(reader);
    ck_assert_int_eq(stanza_reader_feed(reader, text_of(text)), ROUTER_OK);
    return reader;
}

struct stanza_reader *read_one(enum stanza_namespace ns, const char *text, struct stanza *out) {
    struct stanza_reader *reader = reader_for(ns, text);
    ck_assert_msg(stanza_reader_next(reader, out) == STANZA_READY, "not a stanza: %s", text);
    return reader;
}

void read_more(struct stanza_reader *reader, const char *text, struct stanza *out) {
    ck_assert_int_eq(stanza_reader_next(reader, out), STANZA_MORE);
    ck_assert_int_eq(stanza_reader_feed(reader, text_of(text)), ROUTER_OK);
    ck_assert_msg(stanza_reader_next(reader, out) == STANZA_READY, "not a stanza: %s", text);
}

enum stanza_fault fault_in(const char *text) {
    struct stanza stanza;
    struct stanza_reader *reader = reader_for(STANZA_CLIENT, text);
    enum stanza_read result;
    while ((result = stanza_reader_next(reader, &stanza)) == STANZA_READY)
        continue;
    enum stanza_fault fault = stanza_reader_fault(reader);
    ck_assert_msg((result == STANZA_FAULT) == (fault != STANZA_FAULT_NONE), "%s", text);
    stanza_reader_free(reader);
    return fault;
}
