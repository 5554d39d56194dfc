/* stanzadrill lint: read scenarios without playing them. */
#include "cli.h"

#include <stdio.h>

static void count(void *context, const struct script *script) {
    (void)script;
    ++*(size_t *)context;
}

static int run(const struct cli_settings *settings) {
    size_t cases = 0;
    struct cli_settings own = *settings;
    own.watch = true;
    int status = cli_each_case(&own, count, &cases);
    printf("%zu %s readable\n", cases, cases == 1 ? "case is" : "cases are");
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
