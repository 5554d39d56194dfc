/* match.h - compares an element that came with one that a script expects. For sim/drill and its tests. */
#ifndef STANZADRILL_DRILL_MATCH_H
#define STANZADRILL_DRILL_MATCH_H

#include "xml.h"

/* What expected values mean. A function may be NULL: values then stand for themselves, captures are forgotten, nothing
 * is implied. */
struct match_words {
    /* Replaces the ${...} in a value; NULL where that cannot be done, which makes it match nothing. */
    const char *(*resolve)(void *context, const char *value);
    /* Takes the value of a {scansion:capture:NAME}; called only for an element that matches as a whole. */
    void (*capture)(void *context, const char *name, size_t name_size, const char *value);
    /* The value that counts where an expected attribute of the stanza itself has not come; NULL: none does. wanted: its
     * value, or NULL where any will do. */
    const char *(*implied)(void *context, const struct xml_node *stanza, const char *attribute, const char *wanted);
    void *context;
};

/* Where the first difference is and what it is, in one line: "message/body: text: expected 'x', found 'y'". */
struct match_difference {
    char text[400];
};

/* match_stanza - whether `found` is what `expected` says.
 * arena       for what is needed on the way.
 * difference  filled where it is not; may be NULL. */
bool match_stanza(struct arena *arena, const struct match_words *words, const struct xml_node *expected,
                  const struct xml_node *found, struct match_difference *difference);

/* match_likeness - how much `found` is like what `expected` says, where it need not be it: 0 where nothing in it can stand
 * for each of expected's captures, else more the more it has in common. For a script that goes on all the same. */
unsigned match_likeness(const struct xml_node *expected, const struct xml_node *found);

/* match_captures - makes the captures of an element that does not match, as far as there is something to take.
 * words       with `capture`. */
void match_captures(const struct match_words *words, const struct xml_node *expected, const struct xml_node *found);

/* match_is_set - whether the order of an element's children means nothing: items of a roster and their groups (6121
 * 2.1.2). */
bool match_is_set(const struct xml_node *node);

/* match_any_order - pairs each of `count` expected elements with one of `found_count` others, each used once.
 * pair        pair[i]: index of what goes with expected[i], or -1; filled with as many pairs as there can be.
 * returns     whether all expected ones have one; captures are made only then. A NULL in `found` matches nothing. */
bool match_any_order(struct arena *arena, const struct match_words *words, const struct xml_node *const *expected,
                     size_t count, const struct xml_node *const *found, size_t found_count, int *pair);

#endif
