/* stanzadrill record: stand between clients and a server, and write what passes as a scenario. */
#include "cli.h"
#include "recorder.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of accounts on a server that nobody but this machine reaches and that is gone after the recording. */
#define PASSWORD "password"

static bool complain(const char *text) {
    cli_complain("%s", text);
    return false;
}

/* --------------------------------------------------------------------------------------------------- arguments ---- */

static bool check_account(const char *jid) {
    const char *at = strchr(jid, '@');
    const bool good = at != NULL && at > jid && at[1] != '\0' && strpbrk(jid, "/ \t\r\n\"'<>&:") == NULL &&
                      strchr(at + 1, '@') == NULL && strlen(jid) < 1000;
    if (!good) {
        cli_complain("option \"--account\" needs local@domain, not \"%s\"", jid);
    }
    return good;
}

static bool check_accounts(const struct cli_settings *settings) {
    const struct cli_words *accounts = &settings->accounts;
    if (cli_target_is_file(settings->target)) {
        return accounts->count == 0 ||
               complain(
                   "option \"--account\" is for a server that is started; one that runs already has its own accounts");
    }
    if (accounts->count == 0) {
        return complain(
            "a server that is started for a recording needs \"--account JID\" for each account that clients "
            "shall use");
    }
    for (size_t i = 0; i < accounts->count; i++) {
        if (!check_account(accounts->items[i])) {
            return false;
        }
    }
    return true;
}

static bool check(const struct cli_settings *settings) {
    if (settings->paths.count > 0) {
        cli_complain("record takes no path, but got \"%s\"", settings->paths.items[0]);
        return false;
    }
    if (settings->target == NULL) {
        return complain("record needs \"--target T\": prosody, ejabberd, jabberd2 or a target file");
    }
    if (settings->output == NULL) {
        return complain("record needs \"-o FILE\"");
    }
    return check_accounts(settings);
}

/* The domains of the accounts, each once. */
static void add_domains(struct cli_words *domains, const struct cli_words *accounts) {
    for (size_t i = 0; i < accounts->count; i++) {
        const char *domain = strchr(accounts->items[i], '@') + 1;
        bool known = false;
        for (size_t n = 0; n < domains->count; n++) {
            known = known || strcmp(domains->items[n], domain) == 0;
        }
        if (!known) {
            cli_words_add(domains, domain);
        }
    }
}

/* ----------------------------------------------------------------------------------------------------- the end ---- */

/* Ctrl-C and its like become an octet in a pipe. They are blocked everywhere else, so that one thread gets them. */
struct ending {
    sigset_t signals;
    int ends[2];
    pthread_t thread;
};

static void *wait_for_signal(void *context) {
    struct ending *ending = context;
    int number;
    while (sigwait(&ending->signals, &number) != 0 || write(ending->ends[1], "", 1) != 1) {
    }
    return NULL;
}

static bool ending_begin(struct ending *ending) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    sigemptyset(&ending->signals);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        sigaddset(&ending->signals, numbers[i]);
        (void)sigaction(numbers[i], &usual, NULL); /* a shell may have them ignored, and then they would never come */
    }
    if (pthread_sigmask(SIG_BLOCK, &ending->signals, NULL) != 0 || pipe(ending->ends) != 0) {
        return false;
    }
    if (pthread_create(&ending->thread, NULL, wait_for_signal, ending) != 0) {
        close(ending->ends[0]);
        close(ending->ends[1]);
        return false;
    }
    return true;
}

static void ending_end(struct ending *ending) {
    (void)pthread_cancel(ending->thread);
    (void)pthread_join(ending->thread, NULL);
    close(ending->ends[0]);
    close(ending->ends[1]);
}

/* --------------------------------------------------------------------------------------------------- recording ---- */

static void say_listens(void *context, const char *address, uint16_t port) {
    const struct cli_settings *settings = context;
    const bool six = strchr(address, ':') != NULL;
    printf("listening at %s%s%s:%u, without TLS; Ctrl-C ends the recording\n", six ? "[" : "", address, six ? "]" : "",
           port);
    for (size_t i = 0; i < settings->accounts.count; i++) {
        fputs(i == 0 ? "" : i + 1 == settings->accounts.count ? " and " : ", ", stdout);
        report_text(stdout, settings->accounts.items[i]);
    }
    if (settings->accounts.count > 0) {
        puts(settings->accounts.count == 1 ? " logs in with the password \"" PASSWORD "\""
                                           : " log in with the password \"" PASSWORD "\"");
    }
    fflush(stdout);
}

static void say_notice(void *context, const char *text) {
    (void)context;
    cli_complain("%s", text);
}

static bool record(const struct cli_settings *settings, const struct live_target *target, struct live_record *how,
                   struct live_recorder *recorder) {
    struct cli_words domains = {NULL, 0};
    struct live_error error = {.line = 0};
    add_domains(&domains, &settings->accounts);
    const struct live_needs needs = {.domains = domains.items, .domain_count = domains.count};
    struct live_server *server = live_open(target, &needs, settings->timeout, &error);
    const bool good = server != NULL && live_record(server, how, recorder, &error);
    if (!good) {
        complain(error.text);
    }
    if (server != NULL) {
        live_close(server);
    }
    free(domains.items);
    return good;
}

static bool write_text(FILE *out, void *context) {
    const char *text = context;
    return fputs(text, out) >= 0;
}

/* The scenario must be one that the other commands can read. */
static int check_text(const char *path, const char *text, size_t size) {
    struct script_error error;
    struct script_file *file = script_read(path, text, size, SCRIPT_STRICT_FORM, &error);
    if (file == NULL) {
        (void)cli_complain_at(path, error.line, error.column, error.text);
        return CLI_BROKEN;
    }
    script_file_free(file);
    return CLI_OK;
}

static int keep(const struct cli_settings *settings, const struct live_target *target,
                const struct live_recorder *recorder) {
    size_t size;
    const size_t clients = live_recorder_clients(recorder), stanzas = live_recorder_stanzas(recorder);
    if (clients == 0) {
        cli_complain("nobody has logged in; %s is not written", settings->output);
        return CLI_USAGE;
    }
    char *text = cli_need(live_recorder_text(recorder, live_target_name(target), &size));
    int status = CLI_USAGE;
    if (cli_output_write(settings->output, write_text, text)) {
        printf("%zu client%s and %zu stanza%s are in ", clients, clients == 1 ? "" : "s", stanzas,
               stanzas == 1 ? "" : "s");
        report_text(stdout, settings->output);
        putchar('\n');
        status = check_text(settings->output, text, size);
    }
    free(text);
    return status;
}

static int record_and_keep(const struct cli_settings *settings, const struct live_target *target,
                           struct live_record *how) {
    struct ending ending;
    struct live_recorder *recorder = cli_need(live_recorder_new());
    if (!ending_begin(&ending)) {
        cli_need(NULL);
    }
    how->stop = ending.ends[0];
    const bool good = record(settings, target, how, recorder);
    ending_end(&ending);
    int status = good || live_recorder_clients(recorder) > 0 ? keep(settings, target, recorder) : CLI_USAGE;
    status = good || status != CLI_OK ? status : CLI_USAGE;
    live_recorder_free(recorder);
    return status;
}

static int run(const struct cli_settings *settings) {
    char address[64];
    struct live_error error;
    struct live_record how = {
        .accounts = settings->accounts.items,
        .account_count = settings->accounts.count,
        .password = PASSWORD,
        .calls = {.context = (void *)(uintptr_t)settings, .listens = say_listens, .notice = say_notice},
    };
    if (!check(settings)) {
        return CLI_USAGE;
    }
    if (settings->listen != NULL) {
        if (!live_record_address(settings->listen, address, &how.port, &error)) {
            cli_complain("option \"--listen\": %s", error.text);
            return CLI_USAGE;
        }
        how.address = address;
    }
    struct live_target *target = cli_target(settings->target);
    if (target == NULL) {
        return CLI_USAGE;
    }
    const int status = record_and_keep(settings, target, &how);
    live_target_free(target);
    return status;
}

const struct cli_command cli_record_command = {
    .name = "record",
    .usage = "--target T [--account JID]... [--listen ADDRESS:PORT] -o FILE",
    .summary = "stand between clients and a real server, and write what passes as a scenario",
    .notes =
        "Clients connect to the address that is printed instead of to the server, with their own accounts and without\n"
        "TLS. What passes once a resource is bound becomes the scenario; Ctrl-C ends the recording and writes it. A\n"
        "server that is started for the recording has the accounts of --account, all with the password \"" PASSWORD
        "\".\n"
        "scenarios/README.md says what becomes of ids, JIDs and times.\n",
    .options = CLI_TARGET | CLI_TIMEOUT | CLI_LISTEN | CLI_ACCOUNT | CLI_OUTPUT,
    .run = run,
};
