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

/* cli_unknown - "stanzadrill: unknown WHAT "WORD"", and the known word that is nearest. known: NULL at the end. */
void cli_unknown(const char *what, const char *word, const char *const *known);

/* cli_need - its argument; without memory there is nothing sensible left to do, so that NULL ends the process. */
void *cli_need(void *memory);
char *cli_copy(const char *text);
char *cli_join(const char *a, const char *b);

struct cli_words {
    const char **items;
    size_t count;
};

void cli_words_add(struct cli_words *words, const char *word);

/* --- options --- */

/* Sets of these say which options a command takes. */
enum cli_option {
    CLI_PROFILE = 1 << 0,
    CLI_SCANSION = 1 << 1,
    CLI_STRICT = 1 << 2,
    CLI_FORMAT = 1 << 3, /* pretty or tap */
    CLI_ONLY_TAGS = 1 << 4,
    CLI_SKIP_TAGS = 1 << 5,
    CLI_FAIL_FAST = 1 << 6,
    CLI_TRACE = 1 << 7,
    CLI_JOBS = 1 << 8,
    CLI_RULES_FORMAT = 1 << 9, /* text or tsv */
    CLI_STATUS = 1 << 10,
    CLI_PROOF = 1 << 11,
    CLI_SEED = 1 << 12,
    CLI_RESULTS = 1 << 16,
    CLI_ONLY_DIFFERENCES = 1 << 17,
    CLI_ONLY_DEPARTURES = 1 << 18,
    CLI_TARGET = 1 << 19,
    CLI_LISTEN = 1 << 20,
    CLI_OUTPUT = 1 << 21,
    CLI_ACCOUNT = 1 << 22,
    CLI_TIMEOUT = 1 << 23,
    CLI_BASELINE = 1 << 24,
    CLI_PASS = 1 << 25
};

struct cli_settings {
    struct cli_words paths, only_tags, skip_tags;
    enum script_mode mode;
    struct drill_options drill;
    bool fail_fast, tap, tsv, status;
    const char *proof;  /* scenarios that show which of them fires a rule; NULL: none */
    char *profile_text; /* of --profile FILE; owned */
    unsigned jobs;
    bool calibrate;  /* play on the target and on the simulator, and compare the two */
    char *baseline;  /* text of --baseline: differences that are known; owned; NULL: none */
    unsigned timeout; /* seconds of one wait for a real server; 0: as it is usual */
    unsigned pass; /* seconds that `time passes` may take in a case on a real server; 0: as it is usual */
    const char *results; /* where to write them; NULL: nowhere */
    bool only_differences, only_departures;
    const char *target, *listen, *output; /* NULL: not given */
    struct cli_words accounts;
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
    cli_calibrate_command;

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

/* cli_read - the octets of a regular file, at most `most` of them; new. NULL and *why where it cannot be read. */
char *cli_read(const char *path, size_t most, size_t *size, const char **why);

/* cli_files_read - parse the files given, and every .scs below the folders given. */
void cli_files_read(struct cli_files *files, const struct cli_settings *settings);
void cli_files_free(struct cli_files *files);

/* cli_file_error - "FILE:LINE:COLUMN: text\n" for a file that was not read; new. */
char *cli_file_error(const struct cli_file *file);

/* cli_selects - whether a case's tags are wanted. A tag "key: value" is meant by its whole text or by its key. */
bool cli_selects(const struct cli_settings *settings, const struct script *script);

/* cli_each_case - call `visit` for every selected case, in order; what cannot be read is said on stderr.
 * returns   CLI_OK; CLI_USAGE where a file could not be read or nothing was selected. */
int cli_each_case(const struct cli_settings *settings, void (*visit)(void *context, const struct script *script),
                  void *context);

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

/* cli_calibrate_case - play one case on the target of `options` and on the simulator, and report how they differ.
 * baseline  differences that are known; may be NULL. report: named already; the rest is filled in. */
void cli_calibrate_case(const struct script *script, const struct drill_options *options, const char *baseline,
                        struct report_case *report);
char *cli_baseline_read(const char *path); /* its text, new; NULL: the message is out */

/* --- files that are written --- */

/* cli_output_check - whether a file of this name could be written, before the work that fills it. false: the message is
 * out. */
bool cli_output_check(const char *path);

/* cli_output_write - a file that `write` fills, aside first, then renamed; what is no plain file is written to as it is.
 * write     returns false where it failed.
 * returns   false: the message is out, and a file that was there is as it was. */
bool cli_output_write(const char *path, bool (*write)(FILE *out, void *context), void *context);

/* --- profiles --- */

struct policy;

/* cli_policy - the policy that a profile's name means: a built-in one, or else a file's. The message is out where it is
 * NULL; else free it with policy_free. text: receives the file's text, new, or NULL; may be NULL itself. */
struct policy *cli_policy(const char *name, char **text);

/* --- which rules the scenarios fire --- */

/* cli_status - `rules --status`. returns the exit code. */
int cli_status(const struct cli_settings *settings);

/* cli_proofs - for each rule of the catalogue the name of the first case below `path` that fires it, or NULL; new, and
 * so are the names. NULL where nothing could be played: the message is out. */
char **cli_proofs(const char *path, size_t *cases);
void cli_proofs_free(char **proofs);

/* --- playing --- */

struct cli_outcomes {
    struct report_case *items; /* of the selected cases, in the order of files and rows */
    size_t count;
    char *profile; /* that cases on a real server name; owned */
    char *target;  /* the real server's name; NULL: the simulator; owned */
};

/* cli_play - play all selected cases; files that cannot be read are outcomes too. What is an error is said on stderr.
 * returns   the exit code that the outcomes call for. */
int cli_play(const struct cli_files *files, const struct cli_settings *settings, struct cli_outcomes *out);
void cli_outcomes_free(struct cli_outcomes *outcomes);

#endif
