/* results.h - results of runs, read from the files that report_json writes, and the matrix of several of them.
 * README.md and results.schema.json have the form. */
#ifndef STANZADRILL_RESULTS_H
#define STANZADRILL_RESULTS_H

#include "report.h"

enum { REPORT_RESULTS_FORMAT = 2 }; /* of the form */

/* One result that was read. Texts are UTF-8, may hold control characters, and are never NULL unless it says so. */
struct report_result {
    const char *target, *file, *name, *title;
    enum report_verdict verdict;
    const char *reason;  /* NULL where none */
    const char *failure; /* NULL where none */
    size_t number;       /* in its file, from 1 */
};

struct report_results {
    struct report_result *items; /* in the order of the file */
    size_t count;
    void *owner; /* of the texts */
};

/* Why a results file cannot be read. */
struct report_fault {
    unsigned line, column; /* from 1, in characters */
    char text[300];
};

/* report_results_read - the results in a file's octets, whatever they are.
 * returns   false and *fault (results are then empty); else free them with report_results_free. */
bool report_results_read(struct report_results *results, const char *bytes, size_t size, struct report_fault *fault);
void report_results_free(struct report_results *results);

/* report_utf8 - a text as results files hold it: octets that are not UTF-8 stand as \\xNN. New; NULL: memory ran out. */
char *report_utf8(const char *text);

/* Results of one file, and how it is called. */
struct report_source {
    const char *path;
    struct report_results results;
};

struct report_matrix {
    const struct report_source *sources;
    size_t source_count;
    bool only_differences; /* rows in which two targets have different verdicts; a case that one skipped or has not
                            * played says nothing about it */
    bool only_departures;  /* rows in which a target has not done what the scenario and the specification ask for */
    bool tsv;              /* for programs, else for people */
};

/* report_matrix - cases by targets. Each target of each source is a column, in the order in which they come; where two
 * sources have the same target, the source's path tells them apart. Cases stand in the order in which they come.
 * returns   false where writing failed or memory ran out. */
bool report_matrix(FILE *out, const struct report_matrix *matrix);

#endif
