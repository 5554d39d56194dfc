/* results.h - results of runs as files of one JSON line a case, and the matrix of several of them. README.md has the
 * form. */
#ifndef STANZADRILL_RESULTS_H
#define STANZADRILL_RESULTS_H

#include "report.h"

/* report_results - a run as a results file. target: what it was played on, as in "prosody" or "simulator:rfc6121".
 * returns   false where writing failed or memory ran out. */
bool report_results(FILE *out, const struct report_run *run, const char *target);

/* One line that was read. Texts are UTF-8, may hold control characters, and are never NULL unless it says so. */
struct report_result {
    const char *target, *file, *name, *title;
    enum report_verdict verdict;
    const char *reason;  /* NULL where none */
    const char *failure; /* NULL where none */
    unsigned line;       /* in its file */
    void *owner;         /* of the texts */
};

struct report_results {
    struct report_result *items; /* in the order of the file */
    size_t count;
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
