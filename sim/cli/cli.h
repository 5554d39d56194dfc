/* cli.h - what the subcommands share. Only this folder prints, reads options and exits. */
#ifndef STANZADRILL_CLI_H
#define STANZADRILL_CLI_H

#include "drill.h"
#include "report.h"
#include "script.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum cli_exit {
    CLI_OK = 0,     /* all as expected */
    CLI_FAILED = 1, /* a scenario failed */
    CLI_USAGE = 2,  /* bad usage, an unreadable script, nothing selected, output that cannot be written */
    CLI_BROKEN = 3  /* an invariant broke, or memory ran out */
};

/* --- messages --- */

/* cli_complain - "stanzadrill: " and a message on stderr; `word` stands in for the only %s, made safe to show. */
void cli_complain(const char *format, const char *word);

/* cli_complain_at - "FILE:LINE:COLUMN: TEXT" on stderr, as editors know it. What is about the whole file, with 0 for a
 * place, is about its start. returns false. */
bool cli_complain_at(const char *path, unsigned line, size_t column, const char *text);

/* cli_cannot_read - the same of a file that cannot be read, and why. returns false. */
bool cli_cannot_read(const char *path, const char *why);

/* cli_unknown - "stanzadrill: unknown WHAT "WORD"", and the known word that is nearest, or else all, if they are few.
 * known     NULL at the end.
 * where     the command that lists them, named if they are many; NULL: they are not that many. */
void cli_unknown(const char *what, const char *word, const char *const *known, const char *where);

/* cli_need - its argument; without memory there is nothing sensible left to do, so that NULL ends the process. */
void *cli_need(void *memory);
char *cli_copy(const char *text);
char *cli_join(const char *a, const char *b);

struct cli_words {
    const char **items;
    size_t count;
};

void cli_words_add(struct cli_words *words, const char *word);
void cli_words_sort(struct cli_words *words);                        /* by octets */
bool cli_words_have(const struct cli_words *words, const char *word); /* sorted ones */
void cli_words_free(struct cli_words *words);                        /* whose texts are owned */

/* --- options --- */

/* Sets of these say which options a command takes. */
enum cli_option {
    CLI_PROFILE = 1 << 0,
    CLI_SCANSION = 1 << 1,
    CLI_STRICT = 1 << 2,
    CLI_FORMAT = 1 << 3, /* reports */
    CLI_TAGS = 1 << 4,
    CLI_FAIL_FAST = 1 << 5,
    CLI_TRACE = 1 << 6,
    CLI_JOBS = 1 << 7,
    CLI_TABLE = 1 << 8, /* --format text or tsv */
    CLI_STATUS = 1 << 9,
    CLI_PROOF = 1 << 10,
    CLI_SEED = 1 << 11,
    CLI_STATE = 1 << 12,
    CLI_AS = 1 << 13,
    CLI_CASE = 1 << 14,
    CLI_FAIL_UNDER = 1 << 15,
    CLI_ONLY = 1 << 16, /* differences or departures */
    CLI_TARGET = 1 << 17,
    CLI_LISTEN = 1 << 18,
    CLI_OUTPUT = 1 << 19,
    CLI_ACCOUNT = 1 << 20,
    CLI_TIMEOUT = 1 << 21,
    CLI_PASS = 1 << 22,
    CLI_BASELINE = 1 << 23,
    CLI_SHARD = 1 << 24,
    CLI_RERUN = 1 << 25,
    CLI_LIST = 1 << 26,
    CLI_QUIET = 1 << 27,
    CLI_DIAGRAM = 1 << 28, /* --format, --marks and --width of diagrams */
    CLI_NO_WAIT = 1 << 29
};

/* Where reports go that are given no other place. */
#define CLI_REPORTS_FOLDER "build/reports/"

/* What the help of commands with --format says about it. */
#define CLI_FORMAT_NOTES \
    "\n" \
    "F is pretty, tap, junit, json, html, openmetrics or github; several may be given. Without FILE, junit, json,\n" \
    "html and openmetrics go to " CLI_REPORTS_FOLDER ", the others to standard output, where pretty stands if nothing\n" \
    "else does. A file is replaced when the run is over, as a whole; what cannot be written is said before it begins.\n"

/* A report to write. */
struct cli_sink {
    const struct report_format *format;
    char *path; /* NULL: standard output */
};

struct cli_settings {
    struct cli_words paths, only_tags, skip_tags;
    enum script_mode mode;
    struct drill_options drill;
    bool fail_fast, tsv, status, quiet, list;
    bool watch; /* cli_each_case shows how far it is, as nothing is printed meanwhile */
    const char *proof;  /* scenarios that show which of them fires a rule; NULL: none */
    char *profile_text; /* of --profile FILE; owned */
    unsigned jobs; /* threads; 0: not given */
    bool calibrate;  /* play on the target and on the simulator, and compare the two */
    const char *baseline; /* file of cases that are known to fail; NULL: none */
    struct cli_sink *sinks;
    size_t sink_count;
    unsigned needs;  /* what to record of the cases for reports: set of enum report_need */
    unsigned shard, shards; /* play the shard-th of so many parts, from 1; 0: all */
    const char *rerun_file; /* results: play the cases that failed there; NULL: all */
    const struct cli_rerun *rerun; /* what stands in it */
    unsigned timeout; /* seconds that a case may take; 0: as it is usual */
    unsigned pass; /* seconds that `time passes` may take in a case on a real server; 0: as it is usual */
    bool only_differences, only_departures;
    const char *target, *listen, *output; /* NULL: not given */
    struct cli_words accounts;
    const char *state, *as; /* of explain; NULL: not given */
    const char *only_case;   /* of a file with [Cases]; NULL: not given */
    const struct cli_form *form; /* of a diagram; NULL: not given */
    bool marks, no_wait;
    unsigned width;  /* columns; 0: those of the terminal */
    unsigned fail_under; /* hundredths of a per cent of the rules that must be fired */
};

struct cli_command {
    const char *name;
    const char *usage;   /* what follows the name */
    const char *summary; /* one line */
    const char *notes;   /* lines below the options in its help */
    unsigned options;    /* set of enum cli_option */
    bool needs_path;
    int (*run)(const struct cli_settings *settings);
};

extern const struct cli_command cli_run_command, cli_trace_command, cli_list_command, cli_lint_command,
    cli_rules_command, cli_profiles_command, cli_compare_command, cli_record_command,
    cli_calibrate_command, cli_coverage_command, cli_explain_command, cli_diagram_command,
    cli_lesson_command;

/* cli_read_settings - read the arguments after a command's name: options before and after paths, "--" ends the options.
 * returns   CLI_READ; CLI_READ_HELP where help is asked for; CLI_READ_BAD: the message is out. */
enum cli_reading { CLI_READ, CLI_READ_HELP, CLI_READ_BAD };
enum cli_reading cli_read_settings(const struct cli_command *command, int argc, char **argv, struct cli_settings *out);
void cli_settings_free(struct cli_settings *settings);

/* cli_show_options - the lines of help about a set of options, on stdout. */
void cli_show_options(unsigned options);

/* --- which scenarios --- */

/* A file to play, or a path that cannot be read, with the reason in `error`. */
struct cli_file {
    char *path; /* as it is shown: no "./", no double slash */
    struct script_file *script; /* NULL: see error */
    struct script_error error;
};

struct cli_files {
    struct cli_file *items; /* sorted by the octets of path, each once */
    size_t count;
};

/* cli_read - the octets of a regular file, at most `most` of them, and a NUL behind; new. NULL and *why where it cannot be
 * read. */
char *cli_read(const char *path, size_t most, size_t *size, const char **why);

/* cli_files_read - parse the files given, and every .scs below the folders given. */
void cli_files_read(struct cli_files *files, const struct cli_settings *settings);
void cli_files_free(struct cli_files *files);

/* cli_file_error - "FILE:LINE:COLUMN: text\n" for a file that was not read; new. */
char *cli_file_error(const struct cli_file *file);
void cli_file_complain(const struct cli_file *file); /* the same on stderr */

/* cli_is_case - whether --case leaves a case in: all do where it is not given. */
bool cli_is_case(const struct cli_settings *settings, const struct script *script);

/* cli_selects - whether a case's tags are wanted. A tag "key: value" is meant by its whole text or by its key. */
bool cli_selects(const struct cli_settings *settings, const struct script *script);

/* The cases that failed in a run. */
struct cli_rerun {
    const char *path;
    struct cli_words names; /* as a results file writes them, sorted; owned, as their texts are */
    struct cli_words files; /* of them */
};

bool cli_rerun_read(struct cli_rerun *rerun, const char *path); /* false: the message is out */
void cli_rerun_free(struct cli_rerun *rerun);

struct report_results;

/* cli_results_read - a file that holds the json report of a run. false: the message is out. */
bool cli_results_read(const char *path, struct report_results *results);

/* A case of a file; of one that cannot be read there is one. */
struct cli_choice {
    const struct cli_file *file;
    size_t n;
};

struct cli_selection {
    struct cli_choice *items; /* in the order of files and rows */
    size_t count;
    int status; /* where there is none: the exit code; the message is out */
};

/* cli_select - the cases that are to be played: those that have the name and the tags, and failed before, and are in this
 * part. */
void cli_select(struct cli_selection *selection, const struct cli_files *files, const struct cli_settings *settings);
void cli_selection_free(struct cli_selection *selection);

/* cli_each_case - call `visit` for every selected case, in order; what cannot be read is said on stderr.
 * returns   CLI_OK; CLI_USAGE where a file could not be read or nothing was selected. */
int cli_each_case(const struct cli_settings *settings, void (*visit)(void *context, const struct script *script),
                  void *context);

void cli_show_case(void *context, const struct script *script); /* a line of `list`, for cli_each_case */

/* --- real servers --- */

struct live_target;
struct cli_live;

/* cli_target - the target that --target names: built in, or a file's. NULL: the message is out; else live_target_free. */
struct live_target *cli_target(const char *name);
bool cli_target_is_file(const char *name);

/* cli_live_open - the server of --target, made ready for the selected cases. NULL: the message is out. */
struct cli_live *cli_live_open(const struct cli_settings *settings, const struct cli_files *files);
void cli_live_options(struct cli_live *live, struct drill_options *options); /* cases are played there */
void cli_live_close(struct cli_live *live);                                  /* NULL: nothing to do */

/* cli_live_patience - how long a case is likely to wait for others to give up, compared with other cases. */
unsigned long cli_live_patience(const struct script *script);

/* cli_calibrate_case - play one case on the target of `options` and on the simulator, and report how they differ.
 * report    named already; the rest is filled in. */
void cli_calibrate_case(const struct script *script, const struct drill_options *options, struct report_case *report);

/* --- reports --- */

/* cli_sinks_add - the report that --format asks for: NAME, NAME:FILE or NAME:-. false: the message is out. */
bool cli_sinks_add(struct cli_settings *settings, const char *value);
void cli_sinks_free(struct cli_settings *settings);

/* cli_sinks_check - what all the reports need recorded, in *needs, and whether they can be written, before the work that
 * fills them. false: the message is out. */
bool cli_sinks_check(const struct cli_settings *settings, unsigned *needs);

/* cli_sinks_write - all reports. On standard output one stands always: for people where none was asked for.
 * returns   false: something could not be written, and the message is out; the other reports are. */
bool cli_sinks_write(const struct cli_settings *settings, const struct report_run *run);

/* --- cases that are known to fail --- */

struct cli_baseline;

/* cli_baseline_read - the file of --baseline; its names are checked against the cases of the files. NULL: the message is
 * out. */
struct cli_baseline *cli_baseline_read(const char *path, const struct cli_files *files);
void cli_baseline_free(struct cli_baseline *baseline);

/* cli_baseline_judge - turn a failure that is known into XFAIL, and a case that passes against it into XPASS.
 * baseline  may be NULL. report: filled in; owns its texts, as the outcomes of cli_play do. */
void cli_baseline_judge(const struct cli_baseline *baseline, struct report_case *report);

/* --- files that are written --- */

/* cli_output_check - whether a file of this name could be written, before the work that fills it. false: the message is
 * out. */
bool cli_output_check(const char *path);

/* cli_output_write - a file that `write` fills, aside first, then renamed; what is no plain file is written to as it is.
 * write     returns false where it failed.
 * returns   false: the message is out, and a file that was there is as it was. */
bool cli_output_write(const char *path, bool (*write)(FILE *out, void *context), void *context);

/* --- terminals --- */

/* cli_wrap - words from a column on, in lines that begin at `indent`, made safe to show. returns the column behind the
 * last one. */
unsigned cli_wrap(unsigned width, unsigned column, unsigned indent, const char *text, size_t size);
void cli_put(const char *text, size_t size);         /* made safe to show */
unsigned cli_columns(const char *text, size_t size); /* that a text in UTF-8 takes */

bool cli_colour(void);     /* whether standard output is a terminal on which colours are welcome */
unsigned cli_width(void);  /* columns of the terminal on standard output; 0: it is none, or does not say */

/* --- stories --- */

/* A form of diagrams, and how the names of its files end. */
struct cli_form {
    const char *name, *ending;
    enum report_diagram_form form;
};

extern const struct cli_form cli_forms[]; /* NULL names at the end */

struct drill_story;

/* cli_story - a case's story for the reports; new, and independent of what it was made of. NULL for NULL. */
struct report_story *cli_story(const struct drill_story *story);
void cli_story_free(const struct report_story *story);

/* --- profiles --- */

struct policy;

/* cli_policy - the policy that a profile's name means: a built-in one, or else a file's. The message is out where it is
 * NULL; else free it with policy_free. text: receives the file's text, new, or NULL; may be NULL itself. */
struct policy *cli_policy(const char *name, char **text);

/* --- the catalogue --- */

struct router_class;
struct router_departure;
struct router_rule;

/* cli_catalogue - fill a run's rules and grids from the router's tables; free them with cli_catalogue_free. The first grid
 * is the table of message delivery of RFC 6121 8.5.4, the others are one a stage of routing. */
void cli_catalogue(struct report_run *run);
void cli_catalogue_free(struct report_run *run);

/* A table of input: which rule decides where, and which class of input that is. */
struct cli_table {
    char *title;
    const char **columns;
    char **rows;
    size_t column_count, row_count;
    int *rules;        /* row by row: index into router_rules; -1: cannot occur */
    unsigned *classes; /* numbers as router_class_at reads them; 0: cannot occur */
};

/* cli_tables - the same grids as cli_catalogue's; free them with cli_tables_free. */
struct cli_table *cli_tables(size_t *count);
void cli_tables_free(struct cli_table *tables, size_t count);

/* cli_row_of - index of the rule whose row decides a class of input. */
int cli_row_of(const struct router_class *input);

/* cli_rule - a rule of the catalogue by its index. */
const struct router_rule *cli_rule(int rule);

/* cli_departure - what a profile does instead of a rule, in words. */
void cli_departure(const struct router_departure *departure);

/* cli_cite - a rule's sources as a person cites them, "RFC 6121 8.5.2; XEP-0160 2"; new. */
char *cli_cite(const char *source);

/* --- which rules the scenarios fire --- */

/* cli_status - `rules --status`. returns the exit code. */
int cli_status(const struct cli_settings *settings);

/* What scenarios show. */
struct cli_proofs {
    char **first; /* by rule: name of the first case that fires it, or NULL */
    unsigned *classes; /* by number of a class of input: cases in which a stanza is of it */
    size_t cases;
};

/* cli_proofs_play - play the selected cases. returns CLI_OK, or CLI_USAGE: the message is out, and *out empty. */
int cli_proofs_play(const struct cli_settings *settings, struct cli_proofs *out);
int cli_proofs_below(const char *path, struct cli_proofs *out); /* all cases there, with profile rfc6121 */
void cli_proofs_free(struct cli_proofs *proofs);

/* cli_status_show - the rules by group, and those that no case fires. cli_status_count - the same in two numbers. */
void cli_status_show(const struct cli_proofs *proofs);
void cli_status_count(const struct cli_proofs *proofs, size_t *carried_out, size_t *fired);

/* --- counting --- */

struct cli_metrics;
struct drill_tally;

struct cli_metrics *cli_metrics_new(void);
void cli_metrics_add(struct cli_metrics *metrics, const struct drill_tally *tally); /* nothing where either is NULL */
/* cli_metrics_close - the sums, for reports; frees what they were made in. NULL for NULL. */
struct report_metrics *cli_metrics_close(struct cli_metrics *metrics);
void cli_metrics_free(struct report_metrics *metrics);

/* --- progress --- */

/* What stands on a terminal while cases are played, once that has taken a second. */
struct cli_progress {
    size_t total, done, failed;
    bool on, shown;
    unsigned long long start_ms, last_ms; /* since some moment in the past */
};

void cli_progress_start(struct cli_progress *progress, size_t total, bool quiet);
void cli_progress_step(struct cli_progress *progress, bool failed);
void cli_progress_end(struct cli_progress *progress); /* the line is gone, until the next step */

/* --- playing --- */

struct cli_outcomes {
    struct report_case *items; /* of the selected cases, in the order of files and rows */
    size_t count;
    char *profile; /* that cases on a real server name; owned */
    char *target;  /* what they were played on: a real server's name, or "simulator:" and the profile; owned */
    int empty;     /* the exit code where there is none */
    struct report_metrics *metrics; /* NULL: no report needs them */
};

/* cli_play - play all selected cases; files that cannot be read are outcomes too. What is an error is said on stderr.
 * out       items is NULL where there was nothing to play on, or the baseline is broken: the message is out.
 * returns   the exit code that the outcomes call for. */
int cli_play(const struct cli_files *files, const struct cli_settings *settings, struct cli_outcomes *out);
void cli_outcomes_free(struct cli_outcomes *outcomes);

/* cli_exit_of - the exit code that a played case calls for. */
int cli_exit_of(enum drill_verdict verdict);

#endif
