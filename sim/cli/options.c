/* All options of all commands: one table for reading them and for the help about them. */
#include "cli.h"
#include "router.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- values --- */

static bool set_profile(struct cli_settings *settings, const char *value) {
    free(settings->profile_text);
    struct policy *policy = cli_policy(value, &settings->profile_text);
    settings->drill.profile = value;
    settings->drill.profile_text = settings->profile_text;
    policy_free(policy);
    return policy != NULL;
}

static bool set_rerun(struct cli_settings *settings, const char *value) {
    settings->rerun_file = value != NULL ? value : CLI_REPORTS_FOLDER "results.json";
    return true;
}

/* A number from 1 to 9999, and what stands behind it; 0: there is none. */
static unsigned small_number(const char *text, const char **rest) {
    const size_t digits = strspn(text, "0123456789");
    *rest = text + digits;
    return digits == 0 || digits > 4 ? 0 : (unsigned)strtoul(text, NULL, 10);
}

static bool set_shard(struct cli_settings *settings, const char *value) {
    const char *rest;
    settings->shard = small_number(value, &rest);
    settings->shards = *rest == '/' ? small_number(rest + 1, &rest) : 0;
    if (settings->shard == 0 || settings->shard > settings->shards || *rest != '\0') {
        cli_complain("option \"--shard\" needs I/N with I from 1 to N and N up to 9999, not \"%s\"", value);
        return false;
    }
    return true;
}

static bool set_output(struct cli_settings *settings, const char *value) {
    settings->output = value;
    return cli_output_check(value);
}

static bool set_form(struct cli_settings *settings, const char *value) {
    const char *known[4] = {NULL};
    for (size_t i = 0; cli_forms[i].name != NULL; i++) {
        known[i] = cli_forms[i].name;
        if (strcmp(value, cli_forms[i].name) == 0) {
            settings->form = &cli_forms[i];
            return true;
        }
    }
    cli_unknown("format", value, known, NULL);
    return false;
}

static bool set_rules_format(struct cli_settings *settings, const char *value) {
    static const char *const known[] = {"text", "tsv", NULL};
    settings->tsv = strcmp(value, "tsv") == 0;
    if (!settings->tsv && strcmp(value, "text") != 0) {
        cli_unknown("format", value, known, NULL);
        return false;
    }
    return true;
}

/* A share of a hundred with at most two digits behind the point, in hundredths. */
static bool set_fail_under(struct cli_settings *settings, const char *value) {
    const size_t whole = strspn(value, "0123456789");
    const char *rest = value + whole;
    const size_t part = *rest == '.' ? strspn(rest + 1, "0123456789") : 0;
    unsigned long share = whole == 0 || whole > 3 ? 10001 : strtoul(value, NULL, 10) * 100;
    if (part == 1) {
        share += (unsigned long)(rest[1] - '0') * 10;
    } else if (part == 2) {
        share += strtoul(rest + 1, NULL, 10);
    }
    if (share > 10000 || part > 2 || rest[part > 0 ? part + 1 : 0] != '\0') {
        cli_complain("option \"--fail-under\" needs a number from 0 to 100, not \"%s\"", value);
        return false;
    }
    settings->fail_under = (unsigned)share;
    return true;
}

static bool set_scansion(struct cli_settings *settings, const char *value) {
    (void)value;
    settings->mode = SCRIPT_THIRD_PARTY;
    settings->drill.scansion = true;
    return true;
}

static bool add_account(struct cli_settings *settings, const char *value) {
    cli_words_add(&settings->accounts, value);
    return true;
}

static bool add_only(struct cli_settings *settings, const char *value) {
    cli_words_add(&settings->only_tags, value);
    return true;
}

static bool add_skip(struct cli_settings *settings, const char *value) {
    cli_words_add(&settings->skip_tags, value);
    return true;
}

/* A whole number from least to most, called `what` in the message. false: it is none, and the message is out. */
static bool read_number(const char *option, const char *what, const char *value, uint64_t least, uint64_t most,
                        uint64_t *out) {
    const size_t digits = strspn(value, "0123456789");
    errno = 0;
    *out = digits == 0 ? 0 : strtoull(value, NULL, 10);
    if (digits > 0 && value[digits] == '\0' && errno == 0 && *out >= least && *out <= most) {
        return true;
    }
    char complaint[120];
    snprintf(complaint, sizeof complaint, "option \"%s\" needs %s from %" PRIu64 " to %" PRIu64 ", not \"%%s\"", option,
             what, least, most);
    cli_complain(complaint, value);
    return false;
}

static bool read_small(const char *option, const char *what, const char *value, unsigned least, unsigned most,
                       unsigned *out) {
    uint64_t number;
    const bool good = read_number(option, what, value, least, most, &number);
    *out = good ? (unsigned)number : 0;
    return good;
}

static bool set_width(struct cli_settings *settings, const char *value) {
    return read_small("--width", "a number of columns", value, 40, 400, &settings->width);
}

static bool set_timeout(struct cli_settings *settings, const char *value) {
    return read_small("--timeout", "a number of seconds", value, 1, 3600, &settings->timeout);
}

static bool set_pass(struct cli_settings *settings, const char *value) {
    return read_small("--pass", "a number of seconds", value, 1, 3600, &settings->pass);
}

static bool set_jobs(struct cli_settings *settings, const char *value) {
    return read_small("--jobs", "a number", value, 1, 256, &settings->jobs);
}

static bool set_seed(struct cli_settings *settings, const char *value) {
    return read_number("--seed", "a number", value, 0, UINT64_MAX, &settings->drill.seed);
}

/* --- the table --- */

struct option {
    unsigned option;
    const char *name;
    const char *value; /* what its value is called; NULL: it has none */
    char letter;       /* 'j' for -j; '\0': none */
    bool (*set)(struct cli_settings *settings, const char *value); /* false: the message is out. NULL: see field */
    size_t field; /* of the settings, where `set` is NULL: a text, or without a value a bool, which becomes true */
    const char *help;
};

#define BY(function) function, 0
#define AT(member) NULL, offsetof(struct cli_settings, member)

static const struct option options[] = {
    {CLI_PROFILE, "--profile", "P", '\0', BY(set_profile),
     "profile of servers that name none: a built-in one, see `stanzadrill profiles`, or a\n"
     "file (rfc6121)"},
    {CLI_SCANSION, "--scansion", NULL, '\0', BY(set_scansion),
     "plain Scansion scripts: what is unread when a script ends is no failure"},
    {CLI_STRICT, "--strict", NULL, '\0', AT(drill.strict),
     "what the specification does not ask for is a failure, though the\n"
     "profile allows it"},
    {CLI_FORMAT, "--format", "F[:FILE]", '\0', BY(cli_sinks_add),
     "write a report in this form, to FILE (-: standard output); repeatable, see below"},
    {CLI_TAGS, "--only-tags", "T", '\0', BY(add_only),
     "only cases with tag T, or one of several with commas between; a tag `key: value`\n"
     "goes by its key too"},
    {CLI_TAGS, "--skip-tags", "T", '\0', BY(add_skip), "all cases but those"},
    {CLI_FAIL_FAST, "--fail-fast", NULL, '\0', AT(fail_fast), "stop after the first case that fails"},
    {CLI_TRACE, "--trace", NULL, '\0', AT(drill.trace), "print each case's trace below it"},
    {CLI_JOBS, "--jobs", "N", 'j', BY(set_jobs),
     "play with N threads; what is printed stays the same (1; with --target 8, and 48 for\n"
     "cases that wait long for others to give up)"},
    {CLI_SEED, "--seed", "N", '\0', BY(set_seed),
     "seed of all that is drawn: jitter of links, the wait before a server tries again,\n"
     "names and ids that servers make up; the same seed, the same output (0)"},
    {CLI_QUIET, "--quiet", NULL, '\0', AT(quiet), "print what has failed and the last line only"},
    {CLI_LIST, "--list", NULL, '\0', AT(list), "print the cases that would be played, as `stanzadrill list` does"},
    {CLI_SHARD, "--shard", "I/N", '\0', BY(set_shard),
     "only part I of N of the cases: each is in one of them, and they are of one size"},
    {CLI_RERUN, "--rerun-failed", "[=FILE]", '\0', BY(set_rerun),
     "only cases that failed in a run whose json report is FILE\n"
     "(build/reports/results.json); without a PATH those of its files"},
    {CLI_ONLY, "--only-differences", NULL, '\0', AT(only_differences),
     "only cases in which two targets differ"},
    {CLI_ONLY, "--only-departures", NULL, '\0', AT(only_departures),
     "only cases in which a target has not done what is asked for"},
    {CLI_TARGET, "--target", "T", '\0', AT(target),
     "a real server: one that is installed here (prosody, ejabberd, jabberd2), or a file"},
    {CLI_TIMEOUT, "--timeout", "S", '\0', BY(set_timeout),
     "seconds that a case may take: on the simulator of virtual time (no bound), on a real\n"
     "server of real time (60, and what --pass allows; each wait for it 10)"},
    {CLI_PASS, "--pass", "S", '\0', BY(set_pass),
     "seconds that `time passes` may take in a case with a [Peer] on a real server; those\n"
     "that let more pass are skipped (5)"},
    {CLI_BASELINE, "--baseline", "F", '\0', AT(baseline),
     "cases that are known to fail, a line each: the case's name, white space, the reason;\n"
     "they do not count as failed, but one of them that passes does"},
    {CLI_LISTEN, "--listen", "A:P", '\0', AT(listen),
     "address of loopback and port for clients (127.0.0.1 and a port that is free)"},
    {CLI_ACCOUNT, "--account", "JID", '\0', BY(add_account), "an account for a server that is started; repeatable"},
    {CLI_OUTPUT, "--output", "F", 'o', BY(set_output), "what to write"},
    {CLI_TABLE, "--format", "F", '\0', BY(set_rules_format), "text or tsv (text)"},
    {CLI_DIAGRAM, "--format", "F", '\0', BY(set_form),
     "svg, mermaid or text (as the name of -o ends in .svg, .mmd or .txt; else text)"},
    {CLI_DIAGRAM, "--marks", NULL, '\0', AT(marks), "the rules that acted on the way too, not only those that decided"},
    {CLI_DIAGRAM, "--width", "N", '\0', BY(set_width), "columns that text may take, from 40 to 400 (the terminal's, else 100)"},
    {CLI_NO_WAIT, "--no-wait", NULL, '\0', AT(no_wait), "go on without waiting for Enter"},
    {CLI_STATE, "--state", "FILE", '\0', AT(state), "the scenario after whose end the stanza is sent"},
    {CLI_AS, "--as", "CLIENT", '\0', AT(as), "who sends it, by name or JID (whom its `from` names, else the first client)"},
    {CLI_CASE, "--case", "NAME", '\0', AT(only_case), "of a file with a table of cases, only this one"},
    {CLI_FAIL_UNDER, "--fail-under", "P", '\0', BY(set_fail_under),
     "fail where less than P per cent of the rules that are carried out are fired"},
    {CLI_PROOF, "--proof", "PATH", '\0', AT(proof), "play the scenarios of PATH, and name one that fires each rule"},
    {CLI_STATUS, "--status", NULL, '\0', AT(status),
     "count the rules that are carried out and fired by the scenarios of --proof (scenarios)"},
};

enum { OPTION_COUNT = sizeof options / sizeof options[0] };

static bool belongs(const struct cli_command *command, const struct option *option) {
    return (command->options & option->option) != 0;
}

/* --- reading --- */

struct reader {
    const struct cli_command *command;
    int argc;
    char **argv;
    int next;
};

static bool unknown_option(const struct cli_command *command, const char *name) {
    const char *known[OPTION_COUNT + 2] = {"--help"};
    size_t count = 1;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (belongs(command, &options[i])) {
            known[count++] = options[i].name;
        }
    }
    char *start = cli_join("`stanzadrill ", command->name), *where = cli_join(start, " --help`");
    cli_unknown("option", name, known, where);
    free(start);
    free(where);
    return false;
}

/* attached: what stands behind "=" or the letter; NULL: nothing. */
static bool apply(struct reader *reader, const struct option *option, const char *attached,
                  struct cli_settings *settings) {
    if (option->value == NULL && attached != NULL) {
        cli_complain("option \"%s\" takes no value", option->name);
        return false;
    }
    void *field = (char *)settings + option->field;
    if (option->value == NULL && option->set == NULL) {
        *(bool *)field = true;
        return true;
    }
    if (option->value == NULL || option->value[0] == '[') { /* what may be missing can only be attached */
        return option->set(settings, attached);
    }
    if (attached == NULL && reader->next >= reader->argc) {
        char complaint[100];
        snprintf(complaint, sizeof complaint, "option \"%%s\" needs a value: \"%s %s\"", option->name, option->value);
        cli_complain(complaint, option->name);
        return false;
    }
    const char *value = attached != NULL ? attached : reader->argv[reader->next++];
    if (option->set == NULL) {
        *(const char **)field = value;
        return true;
    }
    return option->set(settings, value);
}

static bool long_option(struct reader *reader, char *argument, struct cli_settings *settings) {
    char *equals = strchr(argument, '=');
    if (equals != NULL) {
        *equals = '\0';
    }
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (belongs(reader->command, &options[i]) && strcmp(options[i].name, argument) == 0) {
            return apply(reader, &options[i], equals != NULL ? equals + 1 : NULL, settings);
        }
    }
    return unknown_option(reader->command, argument);
}

static bool short_option(struct reader *reader, char *argument, struct cli_settings *settings) {
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (belongs(reader->command, &options[i]) && options[i].letter == argument[1]) {
            return apply(reader, &options[i], argument[2] != '\0' ? argument + 2 : NULL, settings);
        }
    }
    return unknown_option(reader->command, argument);
}

enum cli_reading cli_read_settings(const struct cli_command *command, int argc, char **argv, struct cli_settings *out) {
    *out = (struct cli_settings){.jobs = 0};
    struct reader reader = {.command = command, .argc = argc, .argv = argv};
    bool only_paths = false;
    while (reader.next < argc) {
        char *argument = argv[reader.next++];
        if (only_paths || argument[0] != '-' || argument[1] == '\0') {
            cli_words_add(&out->paths, argument);
        } else if (strcmp(argument, "--") == 0) {
            only_paths = true;
        } else if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
            return CLI_READ_HELP;
        } else if (!(argument[1] == '-' ? long_option : short_option)(&reader, argument, out)) {
            return CLI_READ_BAD;
        }
    }
    if (command->needs_path && out->paths.count == 0 && out->rerun_file == NULL) {
        cli_complain("%s needs a scenario file or a folder", command->name);
        return CLI_READ_BAD;
    }
    return CLI_READ;
}

void cli_settings_free(struct cli_settings *settings) {
    free(settings->profile_text);
    free(settings->paths.items);
    free(settings->only_tags.items);
    free(settings->skip_tags.items);
    free(settings->accounts.items);
    cli_sinks_free(settings);
}

void cli_show_options(unsigned set) {
    enum { LEFT = 18 };
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &options[i];
        if ((set & option->option) == 0) {
            continue;
        }
        char left[40];
        int size = option->letter != '\0' ? snprintf(left, sizeof left, "-%c %s, ", option->letter, option->value) : 0;
        const char *value = option->value != NULL ? option->value : "";
        snprintf(left + size, sizeof left - (size_t)size, "%s%s%s", option->name,
                 value[0] == '[' || value[0] == '\0' ? "" : " ", value);
        /* Two blanks at least tell an option from its help; where there is no room for them, the help begins below. */
        printf("  %-*s%s", LEFT, left, strlen(left) >= LEFT ? "\n                    " : "");
        for (const char *line = option->help; line != NULL;) {
            const size_t length = strcspn(line, "\n");
            printf("%s %.*s\n", line == option->help ? "" : "                    ", (int)length, line);
            line = line[length] == '\n' ? line + length + 1 : NULL;
        }
    }
    if (set != 0) {
        putchar('\n');
    }
}
