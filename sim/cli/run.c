/* stanzadrill run: play scenarios and print verdicts. */
#include "cli.h"

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

static int run(const struct cli_settings *settings) {
    struct cli_files files;
    cli_files_read(&files, settings);
    struct cli_outcomes outcomes;
    int status = cli_play(&files, settings, &outcomes);
    struct report_run report = {
        .cases = outcomes.items, .case_count = outcomes.count, .version = STANZADRILL_VERSION};
    /* main sees to it that a failed write does not go unnoticed. */
    if (settings->tap) {
        report_tap(stdout, &report, false);
    } else {
        report_pretty(stdout, &report, wants_colour());
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
               CLI_TRACE | CLI_JOBS | CLI_SEED,
    .needs_path = true,
    .run = run,
};
