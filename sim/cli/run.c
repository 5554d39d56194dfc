/* stanzadrill run: play scenarios and print verdicts. */
#include "cli.h"
#include "results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool wants_colour(void) {
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    bool refused = no_color != NULL && no_color[0] != '\0';
    bool dumb = term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
    return !refused && !dumb && isatty(STDOUT_FILENO);
}

struct results {
    const struct report_run *run;
    const char *target;
};

static bool write_results(FILE *out, void *context) {
    const struct results *results = context;
    return report_results(out, results->run, results->target);
}

static bool keep_results(const struct cli_settings *settings, const struct report_run *report, const char *real) {
    const char *profile = settings->drill.profile != NULL ? settings->drill.profile : "rfc6121";
    char *target = real != NULL ? cli_copy(real) : cli_join("simulator:", profile);
    struct results results = {report, target};
    const bool kept = cli_output_write(settings->results, write_results, &results);
    free(target);
    return kept;
}

static int run(const struct cli_settings *settings) {
    struct cli_files files;
    cli_files_read(&files, settings);
    struct cli_outcomes outcomes;
    int status = cli_play(&files, settings, &outcomes);
    if (outcomes.items == NULL) { /* there was nothing to play on */
        cli_files_free(&files);
        return status;
    }
    struct report_run report = {
        .cases = outcomes.items, .case_count = outcomes.count, .version = STANZADRILL_VERSION};
    /* main sees to it that a failed write does not go unnoticed. */
    if (settings->tap) {
        report_tap(stdout, &report, false);
    } else {
        report_pretty(stdout, &report, wants_colour());
    }
    if (settings->results != NULL && !keep_results(settings, &report, outcomes.target) && status < CLI_USAGE) {
        status = CLI_USAGE;
    }
    cli_outcomes_free(&outcomes);
    cli_files_free(&files);
    return status;
}

const struct cli_command cli_run_command = {
    .name = "run",
    .usage = "[OPTION]... PATH...",
    .summary = "play scenarios and print verdicts",
    .notes = "A PATH is a scenario file, or a folder: every .scs below it, sorted; links to folders are left out.\n"
             "The last line is `N passed, N failed`, with `, N skipped` where some were (in tap: as a comment).\n",
    .options = CLI_PROFILE | CLI_SCANSION | CLI_STRICT | CLI_FORMAT | CLI_ONLY_TAGS | CLI_SKIP_TAGS | CLI_FAIL_FAST |
               CLI_TRACE | CLI_JOBS | CLI_SEED | CLI_RESULTS | CLI_TARGET | CLI_TIMEOUT | CLI_PASS,
    .needs_path = true,
    .run = run,
};
