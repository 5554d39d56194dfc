/* Tests of target files on a server that runs already: TLS, whom it is trusted by, and how accounts come to be. The
 * server is a Prosody with TLS and in-band registration; make test-live installs it. The last line is "N passed, N
 * failed". */
#include "../suite_run.h"
#include "parts.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <strophe.h>

enum { SECONDS = 60 };

static const char *const domains[] = {"montague.example", "capulet.example"};
static const struct live_needs needs = {.domains = domains, .domain_count = 1};
static struct live_error error;
static struct live_nest *nest; /* of the server that runs already */
static uint16_t port;
static int process;
static struct live_target *target;
static struct live_server *server;

static void run(const char *script) {
    char command[1000], output[400];
    int status = -1;
    snprintf(command, sizeof command, "cd %s && { %s; }", live_nest_folder(nest), script);
    const char *const argv[] = {"sh", "-c", command, NULL};
    const uint64_t end_us = live_clock_us() + UINT64_C(1000000) * SECONDS;
    ck_assert_msg(live_nest_run(nest, argv, end_us, &status, output, sizeof output, &error), "%s", error.text);
    ck_assert_msg(status == 0, "%s", output);
}

static const char configuration[] =
    "run_as_root=true\npidfile=\"%s/pid\"\ndata_path=\"%s/"
    "data\"\nplugin_paths={}\ninterfaces={\"127.0.0.1\"}\nc2s_ports={%u}\n"
    "s2s_ports={}\nc2s_direct_tls_ports={}\ns2s_direct_tls_ports={}\nuse_ipv6=false\nhttp_ports={}\nhttps_ports={}\n"
    "modules_enabled={\"roster\",\"saslauth\",\"tls\",\"disco\",\"ping\",\"register_ibr\"}\nmodules_disabled={\"s2s\"}"
    "\n"
    "allow_registration=true\nc2s_require_encryption=true\nauthentication=\"internal_hashed\"\nstorage=\"internal\"\n"
    "network_settings={nagle=false}\nlog={{levels={min=\"info\"},to=\"console\"}}\n"
    "ssl={key=\"%s/key.pem\",certificate=\"%s/cert.pem\"}\nVirtualHost \"montague.example\"\n";

static void start_server(void) {
    char text[2000], path[300];
    nest = live_nest_new(&error);
    ck_assert_msg(nest != NULL, "%s", error.text);
    const char *folder = live_nest_folder(nest);
    run("openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=montague.example "
        "-addext subjectAltName=DNS:montague.example");
    port = live_free_port(&error);
    snprintf(text, sizeof text, configuration, folder, folder, port, folder, folder);
    ck_assert(live_nest_write(nest, "prosody.cfg.lua", text, strlen(text), &error));
    snprintf(path, sizeof path, "%s/prosody.cfg.lua", folder);
    const char *const argv[] = {"prosody", "--config", path, "-F", NULL};
    process = live_nest_start(nest, argv, NULL, NULL, &error);
    ck_assert_msg(process >= 0, "%s", error.text);
    const uint64_t start_us = live_clock_us();
    while (!live_port_open("127.0.0.1", port)) {
        ck_assert(live_nest_runs(nest, process));
        ck_assert_uint_lt(live_clock_us() - start_us, SECONDS * 1000000);
        live_pause();
    }
}

static void stop_server(void) {
    live_close(server);
    live_target_free(target);
    live_nest_free(nest);
}

/* Reads a target file for the server; ~ stands for the folder. */
static void read_target(const char *properties) {
    struct live_text text = {0};
    live_text_format(&text, "[Target] cellar\n");
    for (; *properties != '\0'; properties++) {
        if (*properties == '~') {
            live_text_format(&text, "%s", live_nest_folder(nest));
        } else {
            live_text_add(&text, properties, 1);
        }
    }
    live_text_format(&text, "[Host] montague.example\n\taddress: 127.0.0.1\n\tport: %u\n", port);
    target = live_target_read(text.data, text.size, &error);
    ck_assert_msg(target != NULL, "%u:%u: %s", error.line, error.column, error.text);
    live_text_free(&text);
}

static void opens(const char *properties) {
    read_target(properties);
    server = live_open(target, &needs, SECONDS, &error);
    ck_assert_msg(server != NULL, "%s", error.text);
}

static void does_not_open(const char *properties, const char *step, const char *why) {
    char expected[100];
    read_target(properties);
    server = live_open(target, &needs, SECONDS, &error);
    ck_assert_ptr_null(server);
    snprintf(expected, sizeof expected, "cellar: %s for montague.example at 127.0.0.1:%u: ", step, port);
    ck_assert_msg(strncmp(error.text, expected, strlen(expected)) == 0, "%s", error.text);
    ck_assert_msg(strstr(error.text, why) != NULL, "%s", error.text);
}

/* ------------------------------------------------------------------------------------------------------ log in ---- */

struct seen {
    bool in, secured, over;
};

static void changed(xmpp_conn_t *conn, xmpp_conn_event_t event, int number, xmpp_stream_error_t *why, void *data) {
    struct seen *seen = data;
    (void)number;
    (void)why;
    seen->in = seen->in || event == XMPP_CONN_CONNECT;
    seen->secured = seen->secured || (seen->in && xmpp_conn_is_secured(conn));
    seen->over = true;
}

static bool logs_in(const char *jid, const char *password) {
    struct seen seen = {.over = false};
    xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
    xmpp_conn_t *conn = xmpp_conn_new(ctx);
    const uint64_t start_us = live_clock_us();
    xmpp_conn_set_jid(conn, jid);
    xmpp_conn_set_pass(conn, password);
    live_apply_tls(server, conn);
    ck_assert_int_eq(xmpp_connect_client(conn, "127.0.0.1", port, changed, &seen), XMPP_EOK);
    while (!seen.over) {
        ck_assert_uint_lt(live_clock_us() - start_us, SECONDS * 1000000);
        xmpp_run_once(ctx, 20);
    }
    const bool in = seen.in && seen.secured;
    xmpp_conn_release(conn);
    xmpp_ctx_free(ctx);
    return in;
}

/* ------------------------------------------------------------------------------------------------------- tests ---- */

START_TEST(a_certificate_that_is_trusted_opens) {
    opens("\taccounts: register\n\tca: ~/cert.pem\n");
    ck_assert_msg(live_check(server, &error), "%s", error.text);
    ck_assert(live_reach(server, "montague.example", LIVE_NO_END, &error));
}
END_TEST

START_TEST(a_certificate_that_is_not_trusted_does_not) {
    does_not_open("\taccounts: register\n", "start TLS", "the certificate is not trusted: self-signed certificate");
}
END_TEST

START_TEST(a_certificate_for_another_name_does_not) {
    run("openssl req -x509 -newkey rsa:2048 -nodes -keyout other-key.pem -out other.pem -days 2 -subj "
        "/CN=verona.example "
        "-addext subjectAltName=DNS:verona.example");
    does_not_open("\taccounts: register\n\tca: ~/other.pem\n", "start TLS", "the certificate is not trusted: ");
}
END_TEST

START_TEST(an_authority_that_cannot_be_read_does_not) {
    read_target("\taccounts: register\n\tca: ~/nothing.pem\n");
    server = live_open(target, &needs, SECONDS, &error);
    ck_assert_ptr_null(server);
    ck_assert_ptr_nonnull(strstr(error.text, "/nothing.pem cannot be read"));
}
END_TEST

START_TEST(tls_that_is_allowed_asks_for_no_trust) {
    opens("\taccounts: register\n\ttls: allowed\n");
}
END_TEST

START_TEST(tls_that_is_off_meets_a_server_that_requires_it) {
    does_not_open("\taccounts: register\n\ttls: off\n", "start TLS", "the server requires it");
}
END_TEST

START_TEST(accounts_register_themselves) {
    opens("\taccounts: register\n\tca: ~/cert.pem\n");
    ck_assert_msg(live_account(server, "romeo.1f", "montague.example", "s<e>c&r'e\"t", LIVE_NO_END, &error), "%s", error.text);
    ck_assert(logs_in("romeo.1f@montague.example", "s<e>c&r'e\"t"));
    ck_assert(!logs_in("romeo.1f@montague.example", "wrong"));
    ck_assert(!live_account(server, "romeo.1f", "montague.example", "other", LIVE_NO_END, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "register romeo.1f for montague.example at 127.0.0.1:"));
    ck_assert_ptr_nonnull(strstr(error.text, "conflict"));
}
END_TEST

START_TEST(accounts_come_from_a_command) {
    opens("\taccounts: command\n\tca: ~/cert.pem\n"
          "\tcommand: prosodyctl --config ~/prosody.cfg.lua register {local} {domain} {password}\n");
    ck_assert_msg(live_account(server, "romeo.1f", "montague.example", "s$e;c`r'et", LIVE_NO_END, &error), "%s", error.text);
    ck_assert(logs_in("romeo.1f@montague.example", "s$e;c`r'et"));
}
END_TEST

START_TEST(accounts_may_be_there_already) {
    run("prosodyctl --config \"$PWD/prosody.cfg.lua\" register juliet montague.example secret");
    opens("\taccounts: listed\n\tca: ~/cert.pem\n[Account] juliet@montague.example\n\tpassword: secret\n");
    ck_assert(live_account(server, "juliet", "montague.example", NULL, LIVE_NO_END, &error));
    ck_assert(logs_in("juliet@montague.example", live_password(server, "juliet", "montague.example", NULL)));
}
END_TEST

START_TEST(a_server_that_dies_is_missed) {
    opens("\taccounts: register\n\tca: ~/cert.pem\n");
    ck_assert_int_eq(kill(live_nest_pid(nest, process), SIGKILL), 0);
    while (live_nest_runs(nest, process)) {
        live_pause();
    }
    ck_assert(!live_check(server, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "cellar: connect for montague.example at 127.0.0.1:"));
    ck_assert_ptr_nonnull(strstr(error.text, "Connection refused"));
}
END_TEST

int main(void) {
    setenv("CK_DEFAULT_TIMEOUT", "300", 0);
    Suite *suite = suite_create("files");
    TCase *tc = tcase_create("files");
    tcase_add_checked_fixture(tc, start_server, stop_server);
    tcase_add_test(tc, a_certificate_that_is_trusted_opens);
    tcase_add_test(tc, a_certificate_that_is_not_trusted_does_not);
    tcase_add_test(tc, a_certificate_for_another_name_does_not);
    tcase_add_test(tc, an_authority_that_cannot_be_read_does_not);
    tcase_add_test(tc, tls_that_is_allowed_asks_for_no_trust);
    tcase_add_test(tc, tls_that_is_off_meets_a_server_that_requires_it);
    tcase_add_test(tc, accounts_register_themselves);
    tcase_add_test(tc, accounts_come_from_a_command);
    tcase_add_test(tc, accounts_may_be_there_already);
    tcase_add_test(tc, a_server_that_dies_is_missed);
    suite_add_tcase(suite, tc);
    return suite_main(suite);
}
