/* drill.h - plays a script on a world, compares what happened with what the script expects, and says what differed. */
#ifndef STANZADRILL_DRILL_H
#define STANZADRILL_DRILL_H

#include "script.h"

#include <stddef.h>

struct policy;

enum drill_verdict {
    DRILL_PASS,
    DRILL_NON_STRICT, /* passed, but a SHOULD was not followed, or a MAY was taken that the scenario flags */
    DRILL_FAIL,
    DRILL_SKIP,   /* not played; `reason` says why */
    DRILL_BROKEN, /* an invariant or assertion broke: the fault is ours, or the router's */
    DRILL_ERROR   /* the script cannot be played as written (unknown policy value, no server for a domain, ...) */
};

struct drill_options {
    const char *profile;            /* of servers that name none; NULL: rfc6121 */
    const char *profile_text;       /* NULL: it is built in; else the text of one that is not */
    bool scansion;                  /* third-party scripts: what is still unread at the end is no failure */
    bool strict;                    /* NON-STRICT fails */
    bool trace;                     /* keep the trace */
    uint64_t seed;
};

struct drill_result {
    enum drill_verdict verdict;
    unsigned line, column;  /* of the action that failed or that cannot be played */
    char *failure;          /* lines of the failure text as every format shows it, NULL on a pass */
    char *reason;           /* SKIP and NON-STRICT: why; else NULL */
    char *trace;            /* one event a line; NULL unless asked for */
    uint64_t virtual_us;    /* how long the script took in virtual time */
    unsigned char *fired;   /* one octet a rule of router_rules: 1 where this case fired it */
    size_t rule_count;
    size_t further;         /* differences after the first */
};

/* drill_play - play one case on a fresh simulated world.
 * result    filled; free it with drill_result_free.
 * returns   false where memory ran out (result is then empty). */
bool drill_play(const struct script *script, const struct drill_options *options, struct drill_result *result);
void drill_result_free(struct drill_result *result);

#endif
