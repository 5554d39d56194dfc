/* stanzadrill trace: play scenarios and print what happened, one event a line. */
#include "cli.h"

#include <stdio.h>

static int run(const struct cli_settings *given) {
    struct cli_settings settings = *given;
    settings.drill.trace = true;
    struct cli_files files;
    cli_files_read(&files, &settings);
    struct cli_outcomes outcomes;
    int status = cli_play(&files, &settings, &outcomes);
    for (size_t i = 0; i < outcomes.count; i++) {
        const struct report_case *c = &outcomes.items[i];
        if (outcomes.count > 1) {
            fputs("# ", stdout);
            report_text(stdout, c->name);
            putchar('\n');
        }
        if (c->trace != NULL) {
            report_lines(stdout, "", c->trace);
        }
        if (c->verdict == REPORT_FAIL || c->verdict == REPORT_BROKEN) {
            cli_complain("%s fails; `stanzadrill run` says why", c->name);
        }
    }
    cli_outcomes_free(&outcomes);
    cli_files_free(&files);
    return status;
}

const struct cli_command cli_trace_command = {
    .name = "trace",
    .usage = "[OPTION]... PATH...",
    .summary = "print what happens in a scenario, one event a line",
    .notes = "Where there are several cases, a line `# NAME` stands before each. The exit status is that of `run`.\n",
    .options = CLI_PROFILE | CLI_SCANSION | CLI_CASE | CLI_TAGS | CLI_SEED,
    .needs_path = true,
    .run = run,
};
