/* stanzadrill calibrate: does a profile predict what a real server does? Each case is played on both, whatever it expects,
 * and what everyone got is compared. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------------ compare ---- */

struct description {
    FILE *out;
    const char *target;
};

static void write_difference(void *context, const char *actor, size_t place, const char *simulated, const char *real) {
    const struct description *description = context;
    fprintf(description->out, "%s, stanza %zu\n  %-10s %s\n  %-10s %s\n", actor, place, "simulator",
            simulated == NULL ? "nothing" : simulated, description->target, real == NULL ? "nothing" : real);
}

static void compare(struct report_case *report, struct drill_result *expected, struct drill_result *real,
                    const char *target) {
    char *text = NULL;
    size_t size = 0;
    struct description description = {.out = cli_need(open_memstream(&text, &size)), .target = target};
    const bool same = drill_compare(expected, real, write_difference, &description) == 0;
    if (fclose(description.out) != 0) {
        cli_need(NULL);
    }
    report->verdict = same ? REPORT_PASS : REPORT_FAIL;
    report->failure = same ? NULL : cli_copy(text);
    free(text);
}

/* The command that played the case on the server, as one that compares. */
static char *replay_of(const char *run) {
    static const char start[] = "stanzadrill run", end[] = " --trace";
    const size_t size = strlen(run);
    char *text = cli_join("stanzadrill calibrate", size < sizeof start ? "" : run + sizeof start - 1);
    const size_t whole = strlen(text);
    if (whole > sizeof end && strcmp(text + whole - (sizeof end - 1), end) == 0) {
        text[whole - (sizeof end - 1)] = '\0';
    }
    return text;
}

/* What reports show of a case is what happened on the server. */
static void keep(struct report_case *report, struct drill_result *real, const struct drill_options *options) {
    report->virtual_us = real->virtual_us;
    report->replay = real->replay == NULL ? NULL : replay_of(real->replay);
    report->story = cli_story(real->story);
    if (options->trace || (options->trace_failure && report->verdict == REPORT_FAIL)) {
        report->trace = real->trace;
        real->trace = NULL;
    }
}

void cli_calibrate_case(const struct script *script, const struct drill_options *options, struct report_case *report) {
    struct drill_options own = *options;
    own.observe = own.one_policy = true;
    own.trace = options->trace || options->trace_failure;
    struct drill_result real, expected;
    if (!drill_play(script, &own, &real)) {
        cli_need(NULL);
    }
    own.trace = own.story = own.tally = own.trace_failure = false;
    own.venue = NULL;
    own.target = NULL;
    own.virtual_max_us = 0; /* --timeout is for the server */
    if (!drill_play(script, &own, &expected)) {
        cli_need(NULL);
    }
    /* What was seen before it turned out that the case cannot be played is no whole. */
    const bool stopped = real.observations == NULL || real.verdict == DRILL_SKIP || real.down;
    if (stopped || expected.observations == NULL || expected.verdict == DRILL_SKIP) {
        const struct drill_result *cause = stopped ? &real : &expected;
        report->reason = cause->reason == NULL ? NULL : cli_copy(cause->reason);
        report->failure = cause->failure == NULL ? NULL : cli_copy(cause->failure);
        report->verdict = real.verdict == DRILL_SKIP || expected.verdict == DRILL_SKIP ? REPORT_SKIP : REPORT_FAIL;
    } else {
        compare(report, &expected, &real, options->target);
        /* The server did not answer any more: that says more than all that is missing behind it. */
        if (report->verdict == REPORT_FAIL && real.down && real.failure != NULL) {
            free((char *)(uintptr_t)report->failure);
            report->failure = cli_copy(real.failure);
        }
    }
    keep(report, &real, options);
    drill_result_free(&real);
    drill_result_free(&expected);
}

static int calibrate(const struct cli_settings *settings) {
    struct cli_settings own = *settings;
    own.calibrate = true;
    if (own.target == NULL) {
        cli_complain("calibrate needs \"--target T\": prosody, ejabberd, jabberd2 or a target file", "");
        return CLI_USAGE;
    }
    return cli_run_command.run(&own);
}

const struct cli_command cli_calibrate_command = {
    .name = "calibrate",
    .usage = "--target T [OPTION]... PATH...",
    .summary = "compare what a real server does with what a profile says that it does",
    .notes = "Each case is played on the server and on the simulator, where every server follows the profile, whatever\n"
             "the case itself asks for; what each client, peer and component got must be the same. What a case expects\n"
             "does not matter. With a baseline, those that it lists must differ, and no others; where the server draws lots,\n"
             "a reason that begins with \"by chance: \" allows either.\n" CLI_FORMAT_NOTES,
    .options = CLI_PROFILE | CLI_FORMAT | CLI_CASE | CLI_TAGS | CLI_FAIL_FAST | CLI_JOBS | CLI_SEED |
               CLI_TARGET | CLI_TIMEOUT | CLI_PASS | CLI_BASELINE | CLI_SHARD | CLI_RERUN | CLI_LIST | CLI_QUIET,
    .needs_path = true,
    .run = calibrate,
};
