/* script.h - the only reader of .scs files. scenarios/README.md has the grammar with examples. */
#ifndef STANZADRILL_SCRIPT_H
#define STANZADRILL_SCRIPT_H

#include "xml.h"

#include <stdint.h>

enum {
    SCRIPT_SIZE_MAX = 16 * 1024 * 1024, /* octets of a file */
    SCRIPT_CASES_MAX = 100000,          /* rows of its [Cases] */
    SCRIPT_ACTORS_MAX = 10000,
    SCRIPT_LINES_MAX = 1000000
};

/* What was wrong, where, and what to do. Printed as FILE:LINE:COLUMN: TEXT. */
struct script_error {
    unsigned line, column; /* from 1, in characters; 0 where the whole file is meant */
    char text[400];        /* what was found, what was expected, the nearest known word */
};

enum script_role { SCRIPT_CLIENT, SCRIPT_SERVER, SCRIPT_ACCOUNT, SCRIPT_PEER, SCRIPT_COMPONENT, SCRIPT_LINK };

struct script_property {
    const char *key, *value;
    unsigned line, column; /* of the value */
};

struct script_actor {
    enum script_role role;
    const char *name;   /* as written, without white space at both ends; Link: first end. A peer or component without
                         * the property `domain` has its domain here */
    const char *second; /* Link: second end; else NULL */
    const char *jid;    /* Client: as written, with its `resource:` joined; else NULL */
    struct script_property *properties;
    size_t property_count;
    unsigned line;
};

enum script_verb {
    SCRIPT_CONNECTS,
    SCRIPT_DISCONNECTS,
    SCRIPT_VANISHES,
    SCRIPT_SENDS,
    SCRIPT_SENDS_RAW,          /* octets as they stand in the block, not checked; {octet:FF} is one */
    SCRIPT_RECEIVES,           /* each stanza, in this order */
    SCRIPT_RECEIVES_ANY_ORDER,
    SCRIPT_RECEIVES_ONE_OF,    /* `or_nothing` where nothing is one of them */
    SCRIPT_RECEIVES_NOTHING,
    SCRIPT_DECIDES,
    SCRIPT_TIME_PASSES,
    SCRIPT_CLOSES, /* Name closes: CONDITION; a stream error, whose condition is in `first` */
    SCRIPT_IS_REFUSED, /* Name is refused: CONDITION; it connects, and the server does not let it, for what is in `first` */
    SCRIPT_CUTS,   /* network cuts A from B: both ways */
    SCRIPT_CUTS_ONE_WAY, /* network cuts A to B */
    SCRIPT_HEALS,  /* network heals */
    SCRIPT_STALLS, /* network stalls A to B */
    SCRIPT_CRASHES,
    SCRIPT_STARTS,
    SCRIPT_DNS_LOSES,
    SCRIPT_DNS_FINDS
};

struct script_stanza {
    const char *bytes; /* as written in the block, NUL-terminated; ${...} of the cast and of captures still inside */
    size_t size;
    const struct xml_node *tree; /* NULL for SCRIPT_SENDS_RAW */
    unsigned line;
};

struct script_fate {
    const char *fate;      /* one of script_fate_words */
    const char *condition; /* NULL: not stated */
    const char *to;        /* NULL: not stated; variables still inside */
    const char *by;        /* NULL: not stated */
    unsigned line;
};

extern const char *const script_fate_words[]; /* "deliver", "route", ..., NULL */

struct script_action {
    enum script_verb verb;
    unsigned line, column;
    int actor;              /* index into the cast; CRASHES, STARTS: the server or peer; -1: none, or the one server of
                             * a file without [Server] */
    const char *first, *second; /* DECIDES: host; CLOSES: condition; faults: their names as written; else NULL */
    uint64_t duration_us;   /* TIME_PASSES */
    struct script_stanza *stanzas;
    size_t stanza_count;
    bool or_nothing;
    struct script_fate *fates;
    size_t fate_count;
};

/* One case of a file, ready to be played. */
struct script {
    const char *file;        /* as it was given */
    const char *name;        /* file without .scs, plus "/CASE" for a row of [Cases] */
    const char *case_name;   /* NULL without [Cases] */
    const char *title;       /* "" where none */
    const char *description; /* lines joined by newline; "" where none */
    const char *const *tags; /* "slow", "section: RFC 6121 8.5.2"; NULL at the end */
    const struct script_actor *cast; /* of this case: values of [Cases] may stand in it */
    size_t cast_count;
    const struct script_action *actions;
    size_t action_count;
};

struct script_file;

enum script_mode {
    SCRIPT_STRICT_FORM = 0, /* a file without any expectation is an error */
    SCRIPT_THIRD_PARTY = 1  /* plain Scansion scripts: such a file is fine */
};

/* script_read - read a file's text.
 * name      how messages and results call it; copied.
 * bytes     borrowed until return; invalid UTF-8, NUL and a size over SCRIPT_SIZE_MAX are errors.
 * returns   NULL and *error on the first error, of any of its cases; else free it with script_file_free. */
struct script_file *script_read(const char *name, const char *bytes, size_t size, enum script_mode mode,
                                struct script_error *error);
void script_file_free(struct script_file *file);

/* script_case_count - cases of a file: the rows of [Cases], or 1. */
size_t script_case_count(const struct script_file *file);

/* script_case - make case n ready to be played. The script borrows from the arena and the file.
 * returns   NULL only where memory ran out: errors were all found by script_read. */
const struct script *script_case(const struct script_file *file, size_t n, struct arena *arena);

/* script_variable - meaning of the first ${...} in a text from an action, resolved against the cast.
 * text      may start anywhere; the scan goes on to the first "${" with a "}" behind it.
 * returns   false: none left. */
enum script_variable_kind { SCRIPT_BARE_JID, SCRIPT_FULL_JID, SCRIPT_CAPTURE };
struct script_variable {
    enum script_variable_kind kind;
    size_t start, end; /* octets of "${...}" within text */
    int actor;         /* BARE_JID, FULL_JID: a client, or a peer or component, whose JIDs are both its domain */
    const char *name;  /* CAPTURE: points into text, name_size octets */
    size_t name_size;
};
bool script_variable_next(const struct script *script, const char *text, struct script_variable *out);

/* script_nearest - the known word that is closest to `word` (few edits), or NULL. words: NULL at the end. */
const char *script_nearest(const char *word, const char *const *words);

#endif
