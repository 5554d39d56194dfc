/* stanzadrill run: play scenarios and write reports. */
#include "cli.h"

#include <stdio.h>

static int report(const struct cli_settings *settings, const struct cli_outcomes *outcomes, int status) {
    struct report_run run = {
        .cases = outcomes->items,
        .case_count = outcomes->count,
        .version = STANZADRILL_VERSION,
        .target = outcomes->target,
        .metrics = outcomes->metrics,
        .traces = settings->drill.trace,
    };
    const bool rules = (settings->needs & REPORT_NEEDS_RULES) != 0;
    if (rules) {
        cli_catalogue(&run);
    }
    if (!cli_sinks_write(settings, &run) && status < CLI_USAGE) {
        status = CLI_USAGE;
    }
    if (rules) {
        cli_catalogue_free(&run);
    }
    return status;
}

static int play(const struct cli_settings *settings) {
    struct cli_files files;
    struct cli_outcomes outcomes;
    if (settings->list) {
        return cli_each_case(settings, cli_show_case, NULL);
    }
    cli_files_read(&files, settings);
    int status = cli_play(&files, settings, &outcomes);
    if (outcomes.items != NULL) {
        status = report(settings, &outcomes, status);
    }
    cli_outcomes_free(&outcomes);
    cli_files_free(&files);
    return status;
}

/* Without a path, what failed says where it is. */
static int play_again(struct cli_settings *settings) {
    struct cli_rerun rerun;
    const struct cli_words given = settings->paths;
    if (!cli_rerun_read(&rerun, settings->rerun_file)) {
        return CLI_USAGE;
    }
    settings->rerun = &rerun;
    if (given.count == 0) {
        settings->paths = rerun.files;
    }
    const int status = play(settings);
    settings->paths = given;
    cli_rerun_free(&rerun);
    return status;
}

static int run(const struct cli_settings *given) {
    struct cli_settings settings = *given;
    if (!settings.list && !cli_sinks_check(&settings, &settings.needs)) {
        return CLI_USAGE;
    }
    return settings.rerun_file != NULL ? play_again(&settings) : play(&settings);
}

const struct cli_command cli_run_command = {
    .name = "run",
    .usage = "[OPTION]... PATH...",
    .summary = "play scenarios and print verdicts",
    .notes = "A PATH is a scenario file, or a folder: every .scs below it, sorted; links to folders are left out.\n"
             "The last line is `N passed, N failed`, with `, N skipped` and `, N known to fail` where some were\n"
             "(in tap: as a comment).\n" CLI_FORMAT_NOTES,
    .options = CLI_PROFILE | CLI_SCANSION | CLI_STRICT | CLI_FORMAT | CLI_CASE | CLI_TAGS | CLI_FAIL_FAST |
               CLI_TRACE | CLI_JOBS | CLI_SEED | CLI_TARGET | CLI_TIMEOUT | CLI_PASS | CLI_BASELINE | CLI_SHARD | CLI_RERUN |
               CLI_LIST | CLI_QUIET,
    .needs_path = true,
    .run = run,
};
