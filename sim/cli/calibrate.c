/* stanzadrill calibrate: does a profile predict what a real server does? Each case is played on both, whatever it expects,
 * and what everyone got is compared. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------------ compare ---- */

/* What a stanza is from. Two servers may serve different senders in another order; each sender's own order counts. */
static size_t sender_of(const char *item, const char **start) {
    const char *from = strstr(item, " from=\"");
    *start = from == NULL ? "" : from + 7;
    return from == NULL ? 0 : strcspn(*start, "\"");
}

static int by_sender(const char *a, const char *b) {
    const char *from_a, *from_b;
    const size_t size_a = sender_of(a, &from_a), size_b = sender_of(b, &from_b);
    const int order = strncmp(from_a, from_b, size_a < size_b ? size_a : size_b);
    return order != 0 ? order : size_a < size_b ? -1 : size_a > size_b;
}

/* Insertion keeps the order of equal ones, and what one actor gets is not much. */
static void sort_items(const struct drill_observation *observation) {
    char **items = observation->items;
    for (size_t i = 1; i < observation->count; i++) {
        char *item = items[i];
        size_t at = i;
        for (; at > 0 && by_sender(items[at - 1], item) > 0; at--) {
            items[at] = items[at - 1];
        }
        items[at] = item;
    }
}

/* An iq to a client that bears no 'to' is for that client (6120 10.3), so that one with its address says the same. */
static bool same_item(const char *a, const char *b) {
    static const char mark[] = " to=\"";
    const char *to_a = strstr(a, mark), *to_b = strstr(b, mark);
    if (strcmp(a, b) == 0) {
        return true;
    }
    if (strncmp(a, "<iq ", 4) != 0 || (to_a == NULL) == (to_b == NULL)) {
        return false;
    }
    const char *with = to_a == NULL ? b : a, *without = to_a == NULL ? a : b, *at = to_a == NULL ? to_b : to_a;
    const size_t before = (size_t)(at - with), gone = sizeof mark - 1 + strcspn(at + sizeof mark - 1, "\"") + 1;
    return strncmp(with, without, before) == 0 && strcmp(with + before + gone, without + before) == 0;
}

static const char *item_at(const struct drill_observation *observation, size_t n) {
    return observation != NULL && n < observation->count ? observation->items[n] : "nothing";
}

static size_t most(const struct drill_observation *a, const struct drill_observation *b) {
    return a->count > b->count ? a->count : b->count;
}

/* Writes the differences where `out` is not NULL. returns how many there are. */
static size_t differences(const struct drill_result *expected, const struct drill_result *real, const char *target,
                          FILE *out) {
    size_t count = 0;
    for (size_t i = 0; i < expected->observation_count && i < real->observation_count; i++) {
        const struct drill_observation *a = &expected->observations[i], *b = &real->observations[i];
        for (size_t n = 0; n < most(a, b); n++) {
            if (same_item(item_at(a, n), item_at(b, n))) {
                continue;
            }
            count++;
            if (out != NULL) {
                fprintf(out, "%s, stanza %zu\n  %-10s %s\n  %-10s %s\n", a->actor, n + 1, "simulator", item_at(a, n),
                        target, item_at(b, n));
            }
        }
    }
    return count;
}

static char *describe(const struct drill_result *expected, const struct drill_result *real, const char *target) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = cli_need(open_memstream(&text, &size));
    differences(expected, real, target, out);
    if (fclose(out) != 0) {
        cli_need(NULL);
    }
    return text;
}

static void compare(struct report_case *report, struct drill_result *expected, struct drill_result *real,
                    const char *target) {
    for (size_t i = 0; i < expected->observation_count; i++) {
        sort_items(&expected->observations[i]);
    }
    for (size_t i = 0; i < real->observation_count; i++) {
        sort_items(&real->observations[i]);
    }
    const bool same = differences(expected, real, target, NULL) == 0;
    report->verdict = same ? REPORT_PASS : REPORT_FAIL;
    report->failure = same ? NULL : describe(expected, real, target);
}

void cli_calibrate_case(const struct script *script, const struct drill_options *options, struct report_case *report) {
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
    if (real.observations == NULL || expected.observations == NULL) {
        const struct drill_result *cause = real.observations == NULL ? &real : &expected;
        report->reason = cause->reason == NULL ? NULL : cli_copy(cause->reason);
        report->failure = cause->failure == NULL ? NULL : cli_copy(cause->failure);
        report->verdict = real.verdict == DRILL_SKIP || expected.verdict == DRILL_SKIP ? REPORT_SKIP : REPORT_FAIL;
    } else {
        compare(report, &expected, &real, options->target);
    }
    report->virtual_us = real.virtual_us;
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
             "does not matter.\n" CLI_FORMAT_NOTES,
    .options = CLI_PROFILE | CLI_FORMAT | CLI_ONLY_TAGS | CLI_SKIP_TAGS | CLI_FAIL_FAST | CLI_JOBS | CLI_SEED |
               CLI_TARGET | CLI_TIMEOUT | CLI_BASELINE | CLI_SHARD | CLI_RERUN | CLI_LIST | CLI_QUIET,
    .needs_path = true,
    .run = calibrate,
};
