/* report.h - how a run went, as plain structs, and the writers of its reports. Knows neither router nor sim. Everything
 * is borrowed and outlives the writing. A report holds nothing that is not in these structs: no clock, no machine. */
#ifndef STANZADRILL_REPORT_H
#define STANZADRILL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ------------------------------------------------------------------------------------------ what happened in a case */

enum report_lane_kind { REPORT_CLIENT, REPORT_SERVER, REPORT_PEER, REPORT_COMPONENT };

/* Who takes part, in the order in which they stand side by side in a diagram. */
struct report_lane {
    const char *name; /* as in the script; of a server its first domain where it has no other */
    const char *address; /* a client's JID, a server's domains with blanks between, a peer's or component's domain */
    enum report_lane_kind kind;
};

enum report_event_kind {
    REPORT_SENDS,   /* from a client, peer or component to a server: a stanza as the server gets it */
    REPORT_CROSSES, /* from a server to another one, over s2s */
    REPORT_ARRIVES, /* from a server to a client, peer or component */
    REPORT_FATE,    /* at server `from`: what became of a stanza, or of one copy of it */
    REPORT_MARK,    /* at server `from`: a rule that acted on the way */
    REPORT_SESSION, /* of `from`: label "bound JID", "refused CONDITION", "ended WHY" */
    REPORT_STREAM,  /* of an s2s stream, opened by `from` to `to`: label "opens", "found", "connected", "started",
                     * "ready", "failed: WHY", "closed: WHY"; `to` is -1 where nobody has that domain */
    REPORT_LOST,    /* a stanza that was under way from `from` to `to` is gone; either may be -1; label: how */
    REPORT_FAULT,   /* label: what became of the network, or of a server */
    REPORT_STEP     /* label: the script's next action, which is in `line` */
};

struct report_event {
    enum report_event_kind kind;
    uint64_t time_us; /* virtual; when it arrived */
    uint64_t sent_us; /* SENDS, CROSSES, ARRIVES: when it was written; else time_us */
    int from, to;     /* lanes; -1: none */
    unsigned line;    /* of the script's action from which it follows; 0: of none */
    unsigned number;  /* of the stanza that entered; of what a server made of it too; 0: none */
    const char *label; /* one line; of a stanza its id (or "#number") and kind: "m1 message/chat" */
    const char *stanza_kind; /* "message/chat"; NULL: no stanza */
    const char *stanza;      /* its canonical text; NULL where it is not known */
    const char *rule; /* id; FATE and MARK: which; CROSSES and ARRIVES: which sent it; NULL where not known */
    const char *source; /* of the rule; NULL */
    const char *departure; /* id, where a profile's departure replaced the rule's outcome; NULL */
    const char *fate;      /* FATE, CROSSES, ARRIVES: "deliver", "bounce", ...; NULL */
    const char *condition; /* with bounce and close; NULL */
    const char *address;   /* FATE: whom the copy is for; NULL */
    bool shown; /* FATE: an event of another kind shows what came of it, so that a diagram can leave it out */
};

struct report_story {
    const struct report_lane *lanes;
    size_t lane_count;
    const struct report_event *events; /* in the order of time */
    size_t event_count;
};

/* ---------------------------------------------------------------------------------------------------------- results */

enum report_verdict {
    REPORT_PASS,
    REPORT_NON_STRICT,
    REPORT_FAIL,
    REPORT_SKIP,
    REPORT_BROKEN, /* an invariant broke */
    REPORT_ERROR,  /* the scenario cannot be read or played */
    REPORT_XFAIL,  /* it failed, and the baseline knows that */
    REPORT_XPASS   /* the baseline says that it fails, but it did not */
};

enum { REPORT_VERDICT_COUNT = REPORT_XPASS + 1 };

struct report_case {
    const char *file;    /* the scenario's path; cases of one file follow each other */
    const char *name;    /* path without .scs, with the case's name; any octets but NUL */
    const char *title;
    const char *description; /* lines joined by newline; "" where none */
    const char *const *tags; /* "section: RFC 6121 8.5.2"; NULL at the end; NULL itself: none */
    const char *profile;
    enum report_verdict verdict;
    unsigned line, column; /* of what failed; 0: no place */
    const char *failure; /* several lines, each ended by newline; NULL on a pass */
    const char *reason;  /* one line; NULL where none */
    const char *trace;   /* several lines; NULL where none; there may be one that this format has not asked for */
    const char *replay;  /* the command that plays it again; NULL where the file could not be read */
    uint64_t virtual_us;
    size_t fired; /* how many rules it fired; 0: not known */
    const unsigned char *fired_rules; /* one octet a rule of the run: 1 where it fired; NULL: not known */
    const struct report_story *story; /* NULL where it was not asked for, or nothing was played */
};

/* A rule of the catalogue. */
struct report_rule {
    const char *id, *group, *source, *strength, *condition, *outcome;
    const char *reason; /* why nothing can show it; NULL where something can */
    bool runs;          /* it is carried out, so that a scenario should fire it */
};

/* A table of input, as RFC 6121 8.5.4 has one of messages: which rule decides where. */
struct report_grid {
    const char *title;
    const char *const *columns, *const *rows; /* headings */
    size_t column_count, row_count;
    const int *rules; /* row by row: index into the run's rules; -1: cannot occur */
};

/* The whole run in numbers; keys in an order that does not depend on how it was played. */
struct report_route { /* copies of stanzas */
    const char *kind; /* "message/chat" */
    const char *rule, *fate;
    uint64_t count;
};

struct report_value { /* how often something had this value */
    uint64_t value, count;
};

struct report_outcome {
    const char *name;
    uint64_t count;
};

struct report_metrics {
    const struct report_route *routes;
    size_t route_count;
    const struct report_value *latencies_us; /* from a stanza's first server to whom it, or what came of it, reached */
    size_t latency_count;
    const struct report_value *queues; /* stanzas in a queue for another domain whenever one joined it */
    size_t queue_count;
    const struct report_outcome *attempts; /* to open an s2s stream: "ready", or why not */
    size_t attempt_count;
};

struct report_run {
    const struct report_case *cases; /* in the order of the run */
    size_t case_count;
    const char *version; /* of the program */
    const char *target;  /* "prosody", or "simulator:rfc6121" */
    const struct report_rule *rules; /* the whole catalogue; NULL: no writer that needs it was asked for */
    size_t rule_count;
    const struct report_grid *grids;
    size_t grid_count;
    const struct report_metrics *metrics; /* NULL: no writer that needs it was asked for */
    bool traces; /* every case's trace is to be printed, by those that print it otherwise with failures or not at all */
};

struct report_counts {
    size_t passed, failed, skipped; /* passed includes non_strict; failed: broken, error and xpass too; xfail is in none */
    size_t non_strict, known;       /* known: xfail */
};

struct report_counts report_count(const struct report_run *run);
void report_count_add(struct report_counts *counts, enum report_verdict verdict); /* one more case */

/* report_is_failure - whether a case of this verdict counts as failed. */
bool report_is_failure(enum report_verdict verdict);

/* report_verdict_word - "pass", "non-strict", "fail", "skip", "broken", "error", "xfail", "xpass". Static. */
const char *report_verdict_word(enum report_verdict verdict);

/* ---------------------------------------------------------------------------------------------------------- writers */

/* What a format needs to be known of the cases, beside verdicts: sets of these. */
enum report_need {
    REPORT_NEEDS_RULES = 1 << 0,
    REPORT_NEEDS_FAILURES = 1 << 1, /* traces of the cases that failed */
    REPORT_NEEDS_METRICS = 1 << 2,
    REPORT_NEEDS_SAMPLES = 1 << 3 /* stories and traces of cases that did not pass, and of the first of each file; of all
                                   * in a small run; in one of very many files, of what is not strict none but those */
};

struct report_format {
    const char *name;
    const char *file;  /* where it goes where nothing else is said, below the folder of reports; NULL: standard output */
    unsigned needs;    /* set of enum report_need */
    bool (*write)(FILE *out, const struct report_run *run, bool colour); /* a whole run; false where writing failed */
};

/* report_formats - all of them, ended by a NULL name. Static. */
extern const struct report_format report_formats[];

/* The writers of the table. colour: ANSI colours, for those that know any. */
bool report_pretty(FILE *out, const struct report_run *run, bool colour);
bool report_tap(FILE *out, const struct report_run *run, bool colour);
bool report_junit(FILE *out, const struct report_run *run, bool colour);
bool report_json(FILE *out, const struct report_run *run, bool colour);
bool report_html(FILE *out, const struct report_run *run, bool colour);
bool report_openmetrics(FILE *out, const struct report_run *run, bool colour);
bool report_github(FILE *out, const struct report_run *run, bool colour);

/* report_quiet - what pretty prints, without the cases that went as they should. */
bool report_quiet(FILE *out, const struct report_run *run, bool colour);

/* report_summary - the last line: "N passed, N failed", with ", N skipped" and ", N known to fail" where some were. */
bool report_summary(FILE *out, const struct report_counts *counts);

/* report_text - text from elsewhere on one line: octets that could steer a terminal, and those that are not UTF-8, come
 * out as \xNN. returns false where writing failed. */
bool report_text(FILE *out, const char *text);

/* report_lines - the same for several lines, each after `indent`. */
bool report_lines(FILE *out, const char *indent, const char *text);

/* ---------------------------------------------------------------------------------------------------- one story alone */

enum report_diagram_form { REPORT_SVG, REPORT_MERMAID, REPORT_TEXT };

struct report_diagram {
    enum report_diagram_form form;
    const char *title;
    bool marks;    /* the rules that acted on the way too */
    unsigned width; /* REPORT_TEXT: columns, 40 or more; others: 0 */
    bool colour;    /* REPORT_TEXT */
    bool inside;    /* REPORT_SVG: it becomes a part of an HTML page, which brings the style sheet (report_diagram_style) */
    unsigned id;    /* REPORT_SVG inside a page: unique in it */
};

/* report_diagram - a story as a sequence diagram: lanes side by side, time from top to bottom, arrows with stanza and
 * rule. returns false where writing failed or memory ran out. */
bool report_diagram(FILE *out, const struct report_story *story, const struct report_diagram *how);

/* report_diagram_style - the style sheet of SVG diagrams: light and dark. Static. */
const char *report_diagram_style(void);

#endif
