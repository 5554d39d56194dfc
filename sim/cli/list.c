/* stanzadrill list: the cases of scenarios with their titles and tags. */
#include "cli.h"

#include <stdio.h>

void cli_show_case(void *context, const struct script *script) {
    (void)context;
    report_text(stdout, script->name);
    putchar('\t');
    report_text(stdout, script->title);
    putchar('\t');
    for (size_t i = 0; script->tags[i] != NULL; i++) {
        fputs(i > 0 ? "; " : "", stdout);
        report_text(stdout, script->tags[i]);
    }
    putchar('\n');
}

static int run(const struct cli_settings *settings) {
    return cli_each_case(settings, cli_show_case, NULL);
}

const struct cli_command cli_list_command = {
    .name = "list",
    .usage = "[OPTION]... PATH...",
    .summary = "print each case's name, title and tags",
    .notes = "One case a line; name, title and tags stand with tabs between, the tags with semicolons.\n",
    .options = CLI_SCANSION | CLI_TAGS | CLI_SHARD,
    .needs_path = true,
    .run = run,
};
