/* The command line: finds the subcommand, and makes sure that what was printed has arrived. */
#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct cli_command *const commands[] = {
    &cli_run_command,     &cli_trace_command,   &cli_list_command,     &cli_lint_command,   &cli_rules_command,
    &cli_explain_command, &cli_profiles_command, &cli_diagram_command, &cli_lesson_command, &cli_coverage_command,
    &cli_compare_command, &cli_calibrate_command, &cli_record_command,
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void show_help(const struct cli_command *command) {
    printf("usage: stanzadrill %s %s\n\n%s\n\n", command->name, command->usage, command->summary);
    cli_show_options(command->options);
    fputs(command->notes, stdout);
}

static void show_overview(FILE *out) {
    fputs("usage: stanzadrill COMMAND [OPTION]... [PATH]...\n\n"
          "Puts XMPP stanza routing through its drill: plays scenario files on a simulated network of servers.\n\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
    }
    fputs("\n"
          "  --version   print the version\n"
          "  --help      print this; after a command: its options\n\n"
          "Exit status: 0 all as expected; 1 a scenario failed; 2 bad usage, an unreadable script or nothing\n"
          "selected; 3 an invariant broke.\n",
          out);
}

static int unknown_command(const char *word) {
    const char *known[COMMAND_COUNT + 3] = {NULL};
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        known[i] = commands[i]->name;
    }
    known[COMMAND_COUNT] = "--help";
    known[COMMAND_COUNT + 1] = "--version";
    cli_unknown(word[0] == '-' ? "option" : "command", word, known, NULL);
    return CLI_USAGE;
}

static int run_command(const struct cli_command *command, int argc, char **argv) {
    struct cli_settings settings;
    int status = CLI_USAGE;
    switch (cli_read_settings(command, argc, argv, &settings)) {
    case CLI_READ_HELP:
        show_help(command);
        status = CLI_OK;
        break;
    case CLI_READ:
        status = command->run(&settings);
        break;
    case CLI_READ_BAD:
        break;
    }
    cli_settings_free(&settings);
    return status;
}

static int dispatch(int argc, char **argv) {
    if (argc < 2) {
        show_overview(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        show_overview(stdout);
        return CLI_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("stanzadrill " STANZADRILL_VERSION);
        return CLI_OK;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i]->name) == 0) {
            return run_command(commands[i], argc - 2, argv + 2);
        }
    }
    return unknown_command(argv[1]);
}

int main(int argc, char **argv) {
    /* A file that may not grow shall be an error that can be told, as a full disk is. */
    (void)signal(SIGXFSZ, SIG_IGN);
    int status = dispatch(argc, argv);
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        /* A write that failed earlier has left its mark on the stream, but not its reason. */
        cli_complain("output could not be written: %s", errno != 0 ? strerror(errno) : "an earlier write failed");
        return CLI_USAGE;
    }
    return status;
}
