/* stanzadrill compare: what several servers made of the same scenarios. */
#include "cli.h"
#include "results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RESULTS_SIZE_MAX = 256 * 1024 * 1024 };

bool cli_results_read(const char *path, struct report_results *results) {
    struct report_fault fault = {.line = 1, .column = 1};
    const char *why = "";
    size_t size = 0;
    char *bytes = cli_read(path, RESULTS_SIZE_MAX, &size, &why);
    if (bytes == NULL) {
        return cli_cannot_read(path, why);
    }
    const bool whole = size < RESULTS_SIZE_MAX;
    if (!whole) {
        snprintf(fault.text, sizeof fault.text, "larger than the %d MiB that results may have", RESULTS_SIZE_MAX >> 20);
    }
    const bool good = whole && report_results_read(results, bytes, size, &fault);
    free(bytes);
    return good || cli_complain_at(path, fault.line, fault.column, fault.text);
}

/* A file that is named twice is one all the same. */
static bool is_named_before(const struct cli_words *paths, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (strcmp(paths->items[i], paths->items[n]) == 0) {
            return true;
        }
    }
    return false;
}

static int run(const struct cli_settings *settings) {
    if (settings->paths.count == 0) {
        cli_complain("compare needs a file of results, as `stanzadrill run --format json` writes them", "");
        return CLI_USAGE;
    }
    struct report_source *sources = cli_need(calloc(settings->paths.count, sizeof *sources));
    struct report_matrix matrix = {
        .sources = sources,
        .only_differences = settings->only_differences,
        .only_departures = settings->only_departures,
        .tsv = settings->tsv,
    };
    int status = CLI_OK;
    for (size_t i = 0; i < settings->paths.count; i++) {
        if (is_named_before(&settings->paths, i)) {
            continue;
        }
        struct report_source *source = &sources[matrix.source_count++];
        source->path = settings->paths.items[i];
        if (!cli_results_read(source->path, &source->results)) {
            status = CLI_USAGE;
        }
    }
    /* main sees to it that a failed write does not go unnoticed. */
    if (status == CLI_OK && !report_matrix(stdout, &matrix) && !ferror(stdout)) {
        cli_need(NULL);
    }
    for (size_t i = 0; i < settings->paths.count; i++) {
        report_results_free(&sources[i].results);
    }
    free(sources);
    return status;
}

const struct cli_command cli_compare_command = {
    .name = "compare",
    .usage = "[OPTION]... RESULTS...",
    .summary = "print what several servers made of the same scenarios",
    .notes =
        "RESULTS are files that `stanzadrill run --format json:FILE` has written. Each is a column, named by its\n"
        "target; a case that a target has not played has a `-` there. A case is a difference where two targets have\n"
        "different verdicts, skipped ones left out, and a departure where the verdict of one is neither PASS nor SKIP.\n",
    .options = CLI_TABLE | CLI_ONLY,
    .run = run,
};
