/* Tests of starting, checking and stopping, on servers that are shell scripts: what is said where a start fails, and
 * that one that died is started anew. The real ones are tested in tests/live. */
#include "parts.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

Suite *live_start_suite(void);

static const char *const domains[] = {"montague.example"};
static const struct live_needs needs = {.domains = domains, .domain_count = 1};
static struct live_error error;

/* ------------------------------------------------------------------------------------------ scripts as servers ---- */

static bool run_script(struct live_server *server, const char *script) {
    const char *const argv[] = {"sh", "-c", script, NULL};
    return live_start_process(server, argv, NULL, NULL, &error);
}

static bool file_is_there(struct live_server *server, const void *data) {
    char path[300];
    snprintf(path, sizeof path, "%s/%s%u", live_nest_folder(server->nest), (const char *)data, server->generation);
    return access(path, F_OK) == 0;
}

/* The port of a script is held by the test itself. */
static bool hold_port(uint16_t port) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (live_port_open("127.0.0.1", port)) {
        return true;
    }
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && bind(fd, (struct sockaddr *)&in, sizeof in) == 0 && listen(fd, 100) == 0;
}

static bool start_well(struct live_server *server, struct live_error *why) {
    char script[100];
    ck_assert(hold_port(server->c2s_port));
    snprintf(script, sizeof script, "echo $$ > pid; : > ready%u; exec sleep 1000", server->generation);
    return run_script(server, script) && live_wait(server, file_is_there, "ready", "make a file", why);
}

static bool start_badly(struct live_server *server, struct live_error *why) {
    return run_script(server, "echo first; echo; echo the port is taken; exit 1") &&
           live_wait_port(server, server->c2s_port, "open its port for clients", why);
}

static bool start_never(struct live_server *server, struct live_error *why) {
    server->start_seconds = 0;
    return run_script(server, "exec sleep 1000") &&
           live_wait_port(server, server->c2s_port, "open its port for clients", why);
}

static bool start_talkative(struct live_server *server, struct live_error *why) {
    return run_script(server, "i=0; while [ $i -lt 900 ]; do echo \"line $i\"; i=$((i + 1)); done; exit 1") &&
           live_wait_port(server, server->c2s_port, "open its port for clients", why);
}

static bool make_account(struct live_server *server, const char *local, const char *domain, const char *password,
                         uint64_t end_us, struct live_error *why) {
    (void)server;
    (void)local;
    (void)domain;
    (void)password;
    (void)end_us;
    return live_fail(why, "accounts are not for scripts");
}

static struct live_server *open_kind(bool (*start)(struct live_server *server, struct live_error *why),
                                     const char *program) {
    static struct live_kind kind;
    static struct live_target target;
    kind = (struct live_kind){
        .name = "script", .package = "scripts", .program = program, .start = start, .account = make_account};
    target = (struct live_target){.name = (char *)(uintptr_t) "script", .kind = &kind};
    return live_open(&target, &needs, 60, &error);
}

static long read_pid(const struct live_server *server) {
    char path[300];
    long pid = 0;
    snprintf(path, sizeof path, "%s/pid", live_nest_folder(server->nest));
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%ld", &pid), 1);
    fclose(file);
    return pid;
}

/* ------------------------------------------------------------------------------------------------------ starts ---- */

START_TEST(missing_software_is_named_with_its_package) {
    ck_assert_ptr_null(open_kind(start_well, "no-such-program-anywhere"));
    ck_assert_str_eq(error.text,
                     "script is not installed: there is no program no-such-program-anywhere; on Debian it is in the "
                     "package scripts");
}
END_TEST

START_TEST(a_server_that_ends_at_once_is_quoted) {
    ck_assert_ptr_null(open_kind(start_badly, "sh"));
    ck_assert_str_eq(error.text,
                     "script: start: it ended before it could open its port for clients; it said: first | the port "
                     "is taken");
}
END_TEST

START_TEST(a_server_that_never_gets_ready_is_not_waited_for_forever) {
    ck_assert_ptr_null(open_kind(start_never, "sh"));
    ck_assert_str_eq(error.text, "script: start: 0 s went by before it could open its port for clients");
}
END_TEST

START_TEST(of_a_long_log_the_end_is_quoted) {
    ck_assert_ptr_null(open_kind(start_talkative, "sh"));
    ck_assert_ptr_nonnull(strstr(error.text, " | line 898 | line 899"));
    ck_assert_ptr_null(strstr(error.text, "line 700"));
}
END_TEST

START_TEST(nothing_to_serve_is_an_error) {
    const struct live_needs none = {.domain_count = 0};
    struct live_target *target = live_target_builtin("prosody", &error);
    struct live_error why;
    ck_assert_ptr_null(live_open(target, &none, 60, &why));
    ck_assert(strstr(why.text, "no domain") != NULL || strstr(why.text, "not installed") != NULL);
    live_target_free(target);
}
END_TEST

START_TEST(a_server_that_runs_is_left_alone) {
    struct live_server *server = open_kind(start_well, "sh");
    ck_assert_msg(server != NULL, "%s", error.text);
    const long pid = read_pid(server);
    ck_assert(live_check(server, &error));
    ck_assert_int_eq(read_pid(server), pid);
    ck_assert_uint_eq(server->generation, 0);
    const uint16_t ports[] = {server->c2s_port, server->s2s_port, server->component_port};
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_ne(ports[i], 0);
        for (size_t j = 0; j < i; j++) {
            ck_assert_uint_ne(ports[i], ports[j]);
        }
    }
    live_close(server);
    ck_assert_int_ne(kill((pid_t)pid, 0), 0);
}
END_TEST

START_TEST(a_server_that_died_is_started_anew) {
    struct live_server *server = open_kind(start_well, "sh");
    ck_assert_msg(server != NULL, "%s", error.text);
    const uint16_t port = server->c2s_port;
    for (unsigned i = 0; i < 3; i++) {
        const long pid = read_pid(server);
        ck_assert_int_eq(kill((pid_t)pid, SIGKILL), 0);
        while (live_nest_runs(server->nest, server->processes[0])) {
            live_pause();
        }
        ck_assert_msg(live_check(server, &error), "%s", error.text);
        ck_assert_int_ne(read_pid(server), pid);
        ck_assert_uint_eq(server->generation, i + 1);
        ck_assert_uint_eq(server->c2s_port, port);
    }
    live_close(server);
}
END_TEST

/* The script's port takes connections, and nobody speaks there. */
START_TEST(a_server_that_gives_no_answer_is_started_anew_once_it_is_doubted) {
    struct live_server *server = open_kind(start_well, "sh");
    ck_assert_msg(server != NULL, "%s", error.text);
    server->seconds = 0;
    ck_assert(live_check(server, &error));
    ck_assert_uint_eq(server->generation, 0);
    server->doubted = true;
    ck_assert_msg(live_check(server, &error), "%s", error.text);
    ck_assert_uint_eq(server->generation, 1);
    ck_assert(live_check(server, &error));
    ck_assert_uint_eq(server->generation, 1);
    live_close(server);
}
END_TEST

START_TEST(the_served_domains_have_names_and_a_place) {
    struct live_server *server = open_kind(start_well, "sh");
    const char *address;
    uint16_t port;
    ck_assert_msg(server != NULL, "%s", error.text);
    ck_assert(live_where(server, "montague.example", &address, &port));
    ck_assert_str_eq(address, "127.0.0.1");
    ck_assert_uint_eq(port, server->c2s_port);
    ck_assert(!live_where(server, "capulet.example", &address, &port));
    ck_assert(!live_account(server, "romeo", "capulet.example", "x", LIVE_NO_END, &error));
    ck_assert_str_eq(error.text, "script does not serve capulet.example");
    ck_assert(!live_account(server, "romeo", "montague.example", "x", LIVE_NO_END, &error));
    ck_assert_str_eq(error.text, "accounts are not for scripts");
    live_close(server);
}
END_TEST

/* ------------------------------------------------------------------------------------ servers that run already ---- */

START_TEST(a_closed_port_is_named_with_its_host) {
    char text[200], said[200];
    const uint16_t port = live_free_port(&error);
    snprintf(text, sizeof text,
             "[Target] cellar\n\taccounts: register\n\ttls: off\n[Host] montague.example\n\taddress: "
             "127.0.0.1\n\tport: %u\n",
             port);
    struct live_target *target = live_target_read(text, strlen(text), &error);
    ck_assert_ptr_nonnull(target);
    ck_assert_ptr_null(live_open(target, &needs, 60, &error));
    snprintf(said, sizeof said, "cellar: connect for montague.example at 127.0.0.1:%u: Connection refused", port);
    ck_assert_str_eq(error.text, said);
    live_target_free(target);
}
END_TEST

Suite *live_start_suite(void) {
    Suite *suite = suite_create("live_start");
    TCase *tc = tcase_create("start");
    tcase_add_test(tc, missing_software_is_named_with_its_package);
    tcase_add_test(tc, a_server_that_ends_at_once_is_quoted);
    tcase_add_test(tc, a_server_that_never_gets_ready_is_not_waited_for_forever);
    tcase_add_test(tc, of_a_long_log_the_end_is_quoted);
    tcase_add_test(tc, nothing_to_serve_is_an_error);
    tcase_add_test(tc, a_server_that_runs_is_left_alone);
    tcase_add_test(tc, a_server_that_died_is_started_anew);
    tcase_add_test(tc, a_server_that_gives_no_answer_is_started_anew_once_it_is_doubted);
    tcase_add_test(tc, the_served_domains_have_names_and_a_place);
    tcase_add_test(tc, a_closed_port_is_named_with_its_host);
    suite_add_tcase(suite, tc);
    return suite;
}
