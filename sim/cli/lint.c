/* stanzadrill lint: read scenarios without playing them. */
#include "cli.h"

#include <stdio.h>

struct tally {
    size_t cases, unsupported;
};

static void note(void *context, const struct script *script) {
    struct tally *tally = context;
    tally->cases++;
    if (script->unsupported != NULL) {
        tally->unsupported++;
        report_text(stdout, script->name);
        fputs(": cannot be played by this version: ", stdout);
        report_text(stdout, script->unsupported);
        putchar('\n');
    }
}

static int run(const struct cli_settings *settings) {
    struct tally tally = {0, 0};
    int status = cli_each_case(settings, note, &tally);
    printf("%zu %s readable", tally.cases, tally.cases == 1 ? "case is" : "cases are");
    if (tally.unsupported > 0) {
        printf(", %zu of them cannot be played", tally.unsupported);
    }
    putchar('\n');
    return status;
}

const struct cli_command cli_lint_command = {
    .name = "lint",
    .usage = "[OPTION]... PATH...",
    .summary = "read scenarios without playing them",
    .notes = "Errors stand on stderr as FILE:LINE:COLUMN: TEXT; the exit status is then 2.\n",
    .options = CLI_SCANSION,
    .needs_path = true,
    .run = run,
};
