/* stanzadrill profiles: the names of the built-in profiles. */
#include "cli.h"
#include "router.h"

#include <stdio.h>

static int run(const struct cli_settings *settings) {
    if (settings->paths.count > 0) {
        cli_complain("profiles takes no argument, but got \"%s\"", settings->paths.items[0]);
        return CLI_USAGE;
    }
    for (size_t i = 0; router_profile_name(i) != NULL; i++) {
        puts(router_profile_name(i));
    }
    return CLI_OK;
}

const struct cli_command cli_profiles_command = {
    .name = "profiles",
    .usage = "",
    .summary = "print the names of the built-in profiles",
    .notes = "",
    .run = run,
};
