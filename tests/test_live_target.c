/* Tests of targets: the built-in ones, what a target file says, and what is wrong with it, by line and column. */
#include "parts.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *live_target_suite(void);

static struct live_error error;

static struct live_target *read_file(const char *text) {
    memset(&error, 0, sizeof error);
    return live_target_read(text, strlen(text), &error);
}

static struct live_target *reads(const char *text) {
    struct live_target *target = read_file(text);
    ck_assert_msg(target != NULL, "%u:%u: %s", error.line, error.column, error.text);
    return target;
}

static void fails(const char *text, unsigned line, unsigned column, const char *said) {
    struct live_target *target = read_file(text);
    ck_assert_msg(target == NULL, "was read: %s", text);
    ck_assert_msg(strcmp(error.text, said) == 0, "expected: %s\nseen: %s", said, error.text);
    ck_assert_msg(error.line == line && error.column == column, "expected %u:%u, seen %u:%u for %s", line, column,
                  error.line, error.column, said);
}

/* ---------------------------------------------------------------------------------------------------- built in ---- */

START_TEST(components_have_a_port_and_a_secret) {
    const struct live_needs needs = {NULL, 0, NULL, 0};
    const char *secret = NULL;
    uint16_t port = 0;
    struct live_target *target =
        reads("[Target] a\n accounts: register\n[Host] b\n address: 127.0.0.1\n port: 1\n[Component] rooms.b\n"
          " port: 5347\n secret: s p\n");
    struct live_server *server = live_server_new(target, &needs, 1, 0);
    ck_assert_ptr_nonnull(server);
    ck_assert(live_attach(server, "rooms.b", &port, &secret));
    ck_assert_uint_eq(port, 5347);
    ck_assert_str_eq(secret, "s p");
    ck_assert(!live_attach(server, "other.b", &port, &secret));
    live_close(server);
    live_target_free(target);
}
END_TEST

START_TEST(a_component_without_a_secret_is_an_error) {
    fails("[Target] a\n accounts: register\n[Host] b\n address: 127.0.0.1\n port: 1\n[Component] rooms.b\n port: 5347\n",
          6, 1, "a [Component] needs a port and a secret");
    fails("[Target] a\n accounts: register\n[Component] r\n port: 1\n secret: s\n[Component] r\n", 6, 13,
          "the component r stands here twice");
}
END_TEST

START_TEST(three_servers_are_built_in) {
    static const char *const names[] = {"prosody", "ejabberd", "jabberd2"};
    for (size_t i = 0; i < 3; i++) {
        struct live_target *target = live_target_builtin(names[i], &error);
        ck_assert_str_eq(live_builtin_name(i), names[i]);
        ck_assert_ptr_nonnull(target);
        ck_assert_str_eq(live_target_name(target), names[i]);
        ck_assert_str_eq(target->profile, names[i]);
        live_target_free(target);
    }
    ck_assert_ptr_null(live_builtin_name(3));
}
END_TEST

START_TEST(a_misspelt_server_is_told_the_nearest) {
    ck_assert_ptr_null(live_target_builtin("ejaberd", &error));
    ck_assert_str_eq(error.text,
                     "there is no built-in target \"ejaberd\", but \"ejabberd\"; there are prosody, ejabberd and "
                     "jabberd2");
    ck_assert_ptr_null(live_target_builtin("openfire", &error));
    ck_assert_str_eq(error.text, "there is no built-in target \"openfire\"; there are prosody, ejabberd and jabberd2");
}
END_TEST

START_TEST(the_nearest_word_is_near) {
    static const char *const words[] = {"address", "port", NULL};
    ck_assert_str_eq(live_nearest("adress", words), "address");
    ck_assert_str_eq(live_nearest("prt", words), "port");
    ck_assert_ptr_null(live_nearest("password", words));
    ck_assert_ptr_null(live_nearest("", words));
}
END_TEST

/* ------------------------------------------------------------------------------------------------ what is read ---- */

#define HOST "[Host] montague.example\n\taddress: 127.0.0.1\n\tport: 5222\n"

START_TEST(a_file_says_how_a_server_is_reached) {
    struct live_target *target = reads("# The server in the cellar\n"
                                       "[Target] cellar\n"
                                       "    profile: ejabberd\n"
                                       "    barrier: ping\n"
                                       "    tls: required\n"
                                       "    ca: /etc/cellar/ca.pem\n"
                                       "    accounts: register\n"
                                       "\n"
                                       "[Host] montague.example\n"
                                       "    address: 192.0.2.7\n"
                                       "    port: 5222\n"
                                       "  # another one\n"
                                       "[Host] capulet.example\r\n"
                                       "\taddress: xmpp.example.org  \r\n"
                                       "\tport: 65535\n");
    ck_assert_str_eq(live_target_name(target), "cellar");
    ck_assert_str_eq(target->profile, "ejabberd");
    ck_assert_str_eq(target->ca_file, "/etc/cellar/ca.pem");
    ck_assert(!target->pings_in_rounds);
    ck_assert_int_eq(target->tls, LIVE_TLS_REQUIRED);
    ck_assert_int_eq(target->accounts, LIVE_ACCOUNTS_REGISTER);
    ck_assert_uint_eq(target->host_count, 2);
    ck_assert_str_eq(target->hosts[0].domain, "montague.example");
    ck_assert_str_eq(target->hosts[0].address, "192.0.2.7");
    ck_assert_uint_eq(target->hosts[0].port, 5222);
    ck_assert_str_eq(target->hosts[1].domain, "capulet.example");
    ck_assert_str_eq(target->hosts[1].address, "xmpp.example.org");
    ck_assert_uint_eq(target->hosts[1].port, 65535);
    live_target_free(target);
}
END_TEST

START_TEST(what_is_left_out_is_careful) {
    struct live_target *target = reads("[Target] the one in the cellar\n accounts: register\n" HOST);
    ck_assert_str_eq(live_target_name(target), "the one in the cellar");
    ck_assert_int_eq(target->tls, LIVE_TLS_REQUIRED);
    ck_assert(target->pings_in_rounds);
    ck_assert_ptr_null(target->profile);
    ck_assert_ptr_null(target->ca_file);
    live_target_free(target);
}
END_TEST

START_TEST(accounts_can_be_listed) {
    struct live_target *target = reads("[Target] t\n\taccounts: listed\n" HOST
                                       "[Account] romeo@montague.example\n\tpassword: # so: soft! \"1\"\n"
                                       "[Account] juliet@montague.example\n\tpassword: x\n");
    struct live_server server = {.target = target};
    ck_assert(live_own_names(&server));
    ck_assert_str_eq(live_password(&server, "romeo", "montague.example", "made"), "# so: soft! \"1\"");
    ck_assert_str_eq(live_password(&server, "Juliet", "Montague.example", "made"), "x");
    ck_assert_str_eq(live_password(&server, "juliet", "capulet.example", "made"), "made");
    ck_assert(live_account(&server, "romeo", "montague.example", "x", LIVE_NO_END, &error));
    ck_assert(!live_account(&server, "nurse", "montague.example", "x", LIVE_NO_END, &error));
    ck_assert_str_eq(error.text, "t: the target file does not list the account nurse@montague.example");
    ck_assert(!live_account(&server, "nurse", "capulet.example", "x", LIVE_NO_END, &error));
    ck_assert_str_eq(error.text, "t does not serve capulet.example");
    live_target_free(target);
}
END_TEST

START_TEST(a_host_is_found_by_its_domain) {
    struct live_target *target = reads("[Target] t\n\taccounts: register\n" HOST);
    struct live_server server = {.target = target};
    const char *address;
    uint16_t port;
    ck_assert(live_where(&server, "Montague.example", &address, &port));
    ck_assert_str_eq(address, "127.0.0.1");
    ck_assert_uint_eq(port, 5222);
    ck_assert(!live_where(&server, "capulet.example", &address, &port));
    ck_assert(!live_own_names(&server));
    ck_assert(!live_rests(&server));
    ck_assert_str_eq(live_password(&server, "romeo", "montague.example", "made"), "made");
    live_target_free(target);
}
END_TEST

START_TEST(a_server_that_is_like_jabberd2_rests) {
    struct live_target *target = reads("[Target] t\n\taccounts: register\n\tprofile: jabberd2\n" HOST);
    struct live_server server = {.target = target};
    ck_assert(live_rests(&server));
    live_target_free(target);
}
END_TEST

START_TEST(a_command_is_split_into_words) {
    static const char *const expected[] = {"/usr/sbin/ctl", "--note", "two  words", "it's", "{local}", "{domain}",
                                           "pw={password}", "",       "a$(b)`c`;d", "{1}",  "{",       NULL};
    struct live_target *target = reads("[Target] t\n\taccounts: command\n"
                                       "\tcommand: /usr/sbin/ctl --note \"two  words\" \"it's\" {local} {domain} "
                                       "pw={password} '' a$(b)`c`;d {1} {\n" HOST);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        if (expected[i] == NULL) {
            ck_assert_ptr_null(target->command[i]);
        } else {
            ck_assert_str_eq(target->command[i], expected[i]);
        }
    }
    live_target_free(target);
}
END_TEST

/* --------------------------------------------------------------------------------------------- what is refused ---- */

START_TEST(unknown_words_are_told_the_nearest) {
    fails("[Target] t\n\taccount: register\n", 2, 2,
          "unknown property \"account\"; expected profile, tls, ca, accounts, command or barrier; did you mean "
          "\"accounts\"?");
    fails("[Target] t\n\taccounts: register\n[Host] a.example\n    adress: 127.0.0.1\n", 4, 5,
          "unknown property \"adress\"; expected address or port; did you mean \"address\"?");
    fails("[Target] t\n\taccounts: list\n", 2, 12,
          "unknown way to accounts \"list\"; expected listed, register or command; did you mean \"listed\"?");
    fails("[Target] t\n\ttls: offf\n", 2, 7,
          "unknown TLS policy \"offf\"; expected required, allowed, off, allowed everywhere or off everywhere; did you "
          "mean "
          "\"off\"?");
    fails("[Target] t\n\tbarrier: pings\n", 2, 11,
          "unknown barrier \"pings\"; expected ping or rounds; did you mean \"ping\"?");
    fails("[target] t\n", 1, 2,
          "unknown section \"target\"; expected Target, Host, Account or Component; did you mean \"Target\"?");
    fails("[Target] \xc3\xa9\n\taccounts: command\n\tcommand: \xc3\xa9 {password} {user}\n", 3, 24,
          "unknown placeholder \"{user}\"; expected {local}, {domain}, {jid} or {password}");
}
END_TEST

START_TEST(lines_that_are_nothing_are_refused) {
    fails("tls: off\n", 1, 1, "expected a section, [Target], [Host], [Account] or [Component]; properties are indented");
    fails("  tls: off\n", 1, 3, "expected [Target] and a name first");
    fails("[Target] t\n\ttls off\n", 2, 2, "expected a property and its value with a colon between them");
    fails("[Target] t\n\ttls:\n", 2, 5, "tls has no value");
    fails("[Target] t\n\ttls: off\n\ttls: off\n", 3, 2, "tls stands here twice");
    fails("[Target\n", 1, 1, "expected ] behind the kind of section");
    fails("[Target]\n", 1, 8, "a [Target] needs a name");
    fails("[Host] a.example\n", 1, 1, "expected [Target] and a name first");
    fails("[Target] t\n[Target] u\n", 2, 1, "a file has one [Target]");
}
END_TEST

START_TEST(hosts_must_be_whole) {
    fails("[Target] t\n\taccounts: register\n[Host] a.example\n\tport: 5222\n", 3, 1,
          "a [Host] needs an address and a port");
    fails("[Target] t\n\taccounts: register\n[Host] a.example\n\taddress: ::1\n" HOST, 3, 1,
          "a [Host] needs an address and a port");
    fails("[Target] t\n\taccounts: register\n[Host] a@example\n", 3, 8, "\"a@example\" is no domain");
    fails("[Target] t\n\taccounts: register\n" HOST "[Host] MONTAGUE.example\n", 6, 8,
          "the host MONTAGUE.example stands here twice");
    fails("[Target] t\n\taccounts: register\n[Host] a.example\n\taddress: 127.0.0.1 5222\n", 4, 20,
          "expected an IP address or a name");
    static const char *const ports[] = {"0", "65536", "-1", "5222x", "+1", "99999999999999999999"};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        char text[200], said[200];
        snprintf(text, sizeof text, "[Target] t\n\taccounts: register\n[Host] a.example\n\tport: %s\n", ports[i]);
        snprintf(said, sizeof said, "\"%s\" is no port; expected a number from 1 to 65535", ports[i]);
        fails(text, 4, 8, said);
    }
    fails("[Target] t\n\taccounts: register\n", 0, 0, "a target file needs a [Target] and a [Host]");
    fails("", 0, 0, "a target file needs a [Target] and a [Host]");
}
END_TEST

START_TEST(accounts_must_fit_what_the_target_says) {
    fails("[Target] t\n" HOST, 0, 0, "[Target] needs accounts: listed, register or command");
    fails("[Target] t\n\taccounts: listed\n" HOST, 0, 0, "accounts: listed needs an [Account]");
    fails("[Target] t\n\taccounts: register\n" HOST "[Account] a@montague.example\n\tpassword: x\n", 6, 1,
          "an [Account] needs accounts: listed");
    fails("[Target] t\n\taccounts: listed\n" HOST "[Account] a@montague.example\n", 6, 1,
          "an [Account] needs a password");
    fails("[Target] t\n\taccounts: listed\n[Account] montague.example\n", 3, 11,
          "\"montague.example\" is no account; expected local@domain");
    fails("[Target] t\n\taccounts: listed\n[Account] a@b\n\tpassword: x\n[Account] A@b\n", 5, 11,
          "the account A@b stands here twice");
}
END_TEST

START_TEST(commands_must_be_whole) {
    fails("[Target] t\n\taccounts: command\n" HOST, 0, 0, "accounts: command needs a command");
    fails("[Target] t\n\taccounts: register\n\tcommand: a {jid} {password}\n" HOST, 0, 0,
          "a command needs accounts: command");
    fails("[Target] t\n\taccounts: command\n\tcommand: a {jid}\n" HOST, 3, 11,
          "a command needs {password}, and {jid} or {local}");
    fails("[Target] t\n\taccounts: command\n\tcommand: a {domain} {password}\n" HOST, 3, 11,
          "a command needs {password}, and {jid} or {local}");
    fails("[Target] t\n\taccounts: command\n\tcommand: a \"{jid} {password}\n" HOST, 3, 13, "a quote is not closed");
}
END_TEST

START_TEST(tls_is_left_out_only_on_loopback_unless_the_file_says_so) {
    static const char *const loopback[] = {"127.0.0.1", "127.3.2.1", "::1", "localhost", "LocalHost"};
    static const char *const elsewhere[] = {"192.0.2.7", "::2", "example.org", "localhost.example.org",
                                            "127.evil.example"};
    char text[300], said[300];
    for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++) {
        snprintf(text, sizeof text,
                 "[Target] t\n\taccounts: register\n\ttls: off\n[Host] a.example\n\taddress: %s\n\tport: 1\n",
                 loopback[i]);
        live_target_free(reads(text));
    }
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
        static const char *const policies[] = {"off", "allowed"};
        snprintf(text, sizeof text,
                 "[Target] t\n\taccounts: register\n\ttls: %s\n" HOST "[Host] a.example\n\tport: 1\n\taddress: %s\n",
                 policies[i % 2], elsewhere[i]);
        snprintf(said, sizeof said,
                 "tls: %s is for loopback, and %s is elsewhere; if passwords may travel there in the clear, "
                 "say tls: %s everywhere",
                 policies[i % 2], elsewhere[i], policies[i % 2]);
        fails(text, 9, 11, said);
        snprintf(text, sizeof text,
                 "[Target] t\n\taccounts: register\n\ttls: %s everywhere\n[Host] a.example\n\tport: 1\n\taddress: %s\n",
                 policies[i % 2], elsewhere[i]);
        struct live_target *target = reads(text);
        ck_assert_int_eq(target->tls, i % 2 == 0 ? LIVE_TLS_OFF : LIVE_TLS_ALLOWED);
        live_target_free(target);
    }
}
END_TEST

START_TEST(no_error_holds_a_password) {
    static const char *const texts[] = {
        "[Target] t\n\taccounts: listed\n" HOST "[Account] a@montague.example\n\tpassword hunter2\n",
        "[Target] t\n\taccounts: listed\n" HOST "[Account] a@montague.example\n\tpasswort: hunter2\n",
        "[Target] t\n\taccounts: listed\n" HOST
        "[Account] a@montague.example\n\tpassword: hunter2\n\tpassword: hunter2\n",
        "[Target] t\n\taccounts: listed\n" HOST "[Account] a@montague.example\npassword: hunter2\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_ptr_null(read_file(texts[i]));
        ck_assert_ptr_null(strstr(error.text, "hunter2"));
    }
}
END_TEST

START_TEST(what_is_no_text_or_too_long_is_refused) {
    char text[4000] = "[Target] t\n\tca: ";
    const size_t start = strlen(text);
    memset(text + start, 'x', sizeof text - start - 1);
    fails(text, 2, 1, "the line is longer than 2047 octets");
    ck_assert_ptr_null(live_target_read("[Target] \0t\n", 12, &error));
    ck_assert_uint_eq(error.line, 1);
    ck_assert_str_eq(error.text, "a target file is text");
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- commands ---- */

static struct live_target *target;
static struct live_server server;

static void make_server(const char *command) {
    char text[500];
    snprintf(text, sizeof text, "[Target] t\n\taccounts: command\n\tcommand: %s\n" HOST, command);
    target = reads(text);
    server = (struct live_server){.target = target, .seconds = 60};
    server.nest = live_nest_new(&error);
    ck_assert_ptr_nonnull(server.nest);
}

static void free_server(void) {
    live_nest_free(server.nest);
    live_target_free(target);
}

static bool makes(const char *local) {
    return live_account(&server, local, "montague.example", "Pa$$ 'w\"ord", LIVE_NO_END, &error);
}

START_TEST(a_command_gets_names_and_password_as_they_are) {
    char path[300], line[200] = "";
    make_server("sh -c 'printf \"%s|\" \"$@\" > said' sh {local} x{domain}x {jid} {password}");
    ck_assert_msg(makes("a$(echo b)`echo c`; * 'd'"), "%s", error.text);
    snprintf(path, sizeof path, "%s/said", live_nest_folder(server.nest));
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    fclose(file);
    ck_assert_str_eq(line, "a$(echo b)`echo c`; * 'd'|xmontague.examplex|a$(echo b)`echo c`; * 'd'@montague.example|"
                           "Pa$$ 'w\"ord|");
    free_server();
}
END_TEST

START_TEST(a_command_that_fails_is_shown_without_the_password) {
    make_server("sh -c 'echo \"no: $1\"; echo never; exit 4' sh {password} {jid}");
    ck_assert(!makes("romeo"));
    ck_assert_str_eq(error.text,
                     "t: make the account romeo@montague.example: sh ends with status 4: no: *********** never");
    free_server();
    make_server("sh -c 'i=0; while [ $i -lt 19 ]; do printf 0123456789; i=$((i + 1)); done; printf \"$1\"; exit 4' sh "
                "{password} {jid}");
    ck_assert(!makes("romeo"));
    ck_assert_ptr_null(strstr(error.text, "Pa")); /* cut in the middle */
    free_server();
}
END_TEST

START_TEST(a_command_that_is_not_there_or_hangs_is_named) {
    make_server("no-such-program-anywhere {password} {jid}");
    ck_assert(!makes("romeo"));
    ck_assert_str_eq(error.text,
                     "t: make the account romeo@montague.example: there is no program no-such-program-anywhere");
    free_server();
    make_server("sh -c 'exec sleep 1000' {password} {jid}");
    server.seconds = 0;
    ck_assert(!makes("romeo"));
    ck_assert_str_eq(error.text, "t: make the account romeo@montague.example: sh did not end within 0 s");
    free_server();
}
END_TEST

START_TEST(names_that_look_like_options_are_not_handed_to_commands) {
    make_server("true {password} {local}");
    ck_assert(!makes("--help"));
    ck_assert_ptr_nonnull(strstr(error.text, "begins with a dash"));
    ck_assert(makes("romeo"));
    free_server();
}
END_TEST

Suite *live_target_suite(void) {
    Suite *suite = suite_create("live_target");
    TCase *tc = tcase_create("target");
    tcase_add_test(tc, components_have_a_port_and_a_secret);
    tcase_add_test(tc, a_component_without_a_secret_is_an_error);
    tcase_add_test(tc, three_servers_are_built_in);
    tcase_add_test(tc, a_misspelt_server_is_told_the_nearest);
    tcase_add_test(tc, the_nearest_word_is_near);
    tcase_add_test(tc, a_file_says_how_a_server_is_reached);
    tcase_add_test(tc, what_is_left_out_is_careful);
    tcase_add_test(tc, accounts_can_be_listed);
    tcase_add_test(tc, a_host_is_found_by_its_domain);
    tcase_add_test(tc, a_server_that_is_like_jabberd2_rests);
    tcase_add_test(tc, a_command_is_split_into_words);
    tcase_add_test(tc, unknown_words_are_told_the_nearest);
    tcase_add_test(tc, lines_that_are_nothing_are_refused);
    tcase_add_test(tc, hosts_must_be_whole);
    tcase_add_test(tc, accounts_must_fit_what_the_target_says);
    tcase_add_test(tc, commands_must_be_whole);
    tcase_add_test(tc, tls_is_left_out_only_on_loopback_unless_the_file_says_so);
    tcase_add_test(tc, no_error_holds_a_password);
    tcase_add_test(tc, what_is_no_text_or_too_long_is_refused);
    tcase_add_test(tc, a_command_gets_names_and_password_as_they_are);
    tcase_add_test(tc, a_command_that_fails_is_shown_without_the_password);
    tcase_add_test(tc, a_command_that_is_not_there_or_hangs_is_named);
    tcase_add_test(tc, names_that_look_like_options_are_not_handed_to_commands);
    suite_add_tcase(suite, tc);
    return suite;
}
