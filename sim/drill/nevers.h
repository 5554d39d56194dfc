/* nevers.h - what must never happen, looked for in the log of every run. For sim/drill and its tests. */
#ifndef STANZADRILL_DRILL_NEVERS_H
#define STANZADRILL_DRILL_NEVERS_H

#include <stddef.h>

struct run;

/* drill_nevers_name - id of the n-th rule that has a check, or NULL past the last. */
const char *drill_nevers_name(size_t n);

/* drill_nevers_check - all checks over a whole log. A rule that something in the run tempted is fired; one that broke
 * stops the run, as does a log that contradicts itself. */
void drill_nevers_check(struct run *run);

#endif
