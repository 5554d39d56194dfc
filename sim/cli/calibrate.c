/* stanzadrill calibrate: does a profile predict what a real server does? Each case is played on both, whatever it expects,
 * and what everyone got is compared. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BASELINE_SIZE_MAX = 1 << 20 };

/* --------------------------------------------------------------------------------------------------- known ones ---- */

/* The reason that a baseline gives for a case, or NULL. A line: the case's name, white space, the reason. */
static char *known_difference(const char *baseline, const char *name) {
    const size_t size = strlen(name);
    for (const char *line = baseline; line != NULL && *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        if (length > size && strncmp(line, name, size) == 0 && strchr(" \t", line[size]) != NULL) {
            const char *reason = line + size + strspn(line + size, " \t");
            const size_t rest = length - (size_t)(reason - line);
            char *copy = cli_need(malloc(rest + 1));
            memcpy(copy, reason, rest);
            copy[rest] = '\0';
            return copy;
        }
        line += length + (line[length] == '\n');
    }
    return NULL;
}

char *cli_baseline_read(const char *path) {
    const char *why = "";
    size_t size = 0;
    char *text = cli_read(path, BASELINE_SIZE_MAX, &size, &why);
    if (text == NULL || size == BASELINE_SIZE_MAX || memchr(text, '\0', size) != NULL) {
        fflush(stdout);
        report_text(stderr, path);
        fprintf(stderr, ": %s\n", text == NULL ? why : "is no baseline: expected lines of a case's name and a reason");
        free(text);
        return NULL;
    }
    text = cli_need(realloc(text, size + 1));
    text[size] = '\0';
    return text;
}

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

static char *describe(struct drill_result *expected, struct drill_result *real, const char *target) {
    char *text = NULL;
    size_t size = 0;
    struct description description = {.out = cli_need(open_memstream(&text, &size)), .target = target};
    (void)drill_compare(expected, real, write_difference, &description);
    if (fclose(description.out) != 0) {
        cli_need(NULL);
    }
    return text;
}

static void compare(struct report_case *report, struct drill_result *expected, struct drill_result *real,
                    const char *target, const char *baseline) {
    const bool same = drill_compare(expected, real, NULL, NULL) == 0;
    char *known = known_difference(baseline, report->name);
    /* Where a server draws lots, the case may come out either way. */
    if (same && known != NULL && strncmp(known, "by chance: ", strlen("by chance: ")) == 0) {
        free(known);
        known = NULL;
    }
    report->verdict = same && known == NULL ? REPORT_PASS : !same && known != NULL ? REPORT_NON_STRICT : REPORT_FAIL;
    report->reason = NULL;
    report->failure = NULL;
    if (report->verdict == REPORT_NON_STRICT) {
        char *reason = cli_join("known to differ: ", known);
        report->reason = reason;
    } else if (same && known != NULL) {
        report->failure = cli_copy("the baseline says that this case differs, but it does not\n");
    } else if (!same) {
        report->failure = describe(expected, real, target);
    }
    free(known);
}

void cli_calibrate_case(const struct script *script, const struct drill_options *options, const char *baseline,
                        struct report_case *report) {
    struct drill_options own = *options;
    own.observe = own.one_policy = true;
    struct drill_result real, expected;
    if (!drill_play(script, &own, &real)) {
        cli_need(NULL);
    }
    own.venue = NULL;
    own.target = NULL;
    if (!drill_play(script, &own, &expected)) {
        cli_need(NULL);
    }
    report->verdict = real.verdict == DRILL_SKIP ? REPORT_SKIP : REPORT_ERROR;
    /* What was seen before it turned out that the case cannot be played is no whole. */
    if (real.observations == NULL || expected.observations == NULL || real.verdict == DRILL_SKIP ||
        expected.verdict == DRILL_SKIP) {
        const struct drill_result *cause = real.observations == NULL || real.verdict == DRILL_SKIP ? &real : &expected;
        report->reason = cause->reason == NULL ? NULL : cli_copy(cause->reason);
        report->failure = cause->failure == NULL ? NULL : cli_copy(cause->failure);
        report->verdict = real.verdict == DRILL_SKIP || expected.verdict == DRILL_SKIP ? REPORT_SKIP : REPORT_FAIL;
    } else {
        compare(report, &expected, &real, options->target, baseline);
        /* The server did not answer any more: that says more than all that is missing behind it. */
        if (report->verdict == REPORT_FAIL && real.down && real.failure != NULL) {
            free((char *)(uintptr_t)report->failure);
            report->failure = cli_copy(real.failure);
        }
    }
    drill_result_free(&real);
    drill_result_free(&expected);
}

static int calibrate(const struct cli_settings *settings) {
    struct cli_settings own = *settings;
    own.calibrate = true;
    if (own.target == NULL) {
        cli_complain("calibrate needs \"%s\"", "--target T");
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
             "a reason that begins with \"by chance: \" allows either.\n",
    .options = CLI_PROFILE | CLI_FORMAT | CLI_ONLY_TAGS | CLI_SKIP_TAGS | CLI_FAIL_FAST | CLI_JOBS | CLI_SEED |
               CLI_RESULTS | CLI_TARGET | CLI_TIMEOUT | CLI_BASELINE,
    .needs_path = true,
    .run = calibrate,
};
