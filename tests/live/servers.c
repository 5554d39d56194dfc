/* Tests of the three servers as targets, with the servers themselves: run by make test-live, which installs them.
 * Without a name all tests run, else those of the servers that are named. The last line is "N passed, N failed". */
#include "../suite_run.h"
#include "parts.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strophe.h>

enum { SECONDS = 60, HEARD_SIZE = 20000 };

static const char *const domains[] = {"montague.example", "capulet.example", "mantua.example"};
static const char *const components[] = {"rooms.capulet.example"};
static const struct live_needs needs = {
    .domains = domains, .domain_count = 3, .components = components, .component_count = 1};
static const char *const names[] = {"prosody", "ejabberd", "jabberd2"};
static struct live_error error;
static struct live_target *target;
static struct live_server *server;

static void open_server(int which) {
    target = live_target_builtin(names[which], &error);
    ck_assert_ptr_nonnull(target);
    server = live_open(target, &needs, SECONDS, &error);
    ck_assert_msg(server != NULL, "%s", error.text);
}

/* Clients stay until the test ends: see rests_after_end in parts.h. */
static xmpp_conn_t *clients[20];
static size_t client_count;

static void send_clients_home(void) {
    while (client_count > 0) {
        xmpp_conn_t *conn = clients[--client_count];
        xmpp_ctx_t *ctx = xmpp_conn_get_context(conn);
        xmpp_conn_release(conn);
        xmpp_ctx_free(ctx);
    }
}

static void close_server(void) {
    send_clients_home();
    live_close(server);
    live_target_free(target);
}

static void makes_account(const char *local) {
    ck_assert_msg(live_account(server, local, "montague.example", "secret", LIVE_NO_END, &error), "%s", error.text);
}

/* -------------------------------------------------------------------------------------- a client of libstrophe ---- */

struct heard {
    bool connected, over;
    char text[HEARD_SIZE]; /* all stanzas in order */
};

static int hear(xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *data) {
    struct heard *heard = data;
    char *text;
    size_t size;
    (void)conn;
    ck_assert_int_eq(xmpp_stanza_to_text(stanza, &text, &size), XMPP_EOK);
    strncat(heard->text, text, sizeof heard->text - strlen(heard->text) - 1);
    xmpp_free(xmpp_conn_get_context(conn), text);
    const char *id = xmpp_stanza_get_id(stanza);
    heard->over = heard->over || (id != NULL && strcmp(id, "last") == 0);
    return 1;
}

/* Asks for the roster, becomes available, and asks for an answer that comes behind everything else. */
static void arrive(xmpp_conn_t *conn, xmpp_conn_event_t event, int number, xmpp_stream_error_t *why, void *data) {
    static const char bytes[] = "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq><presence/>"
                                "<iq type='get' id='last' to='montague.example'><ping xmlns='urn:xmpp:ping'/></iq>";
    struct heard *heard = data;
    (void)number;
    (void)why;
    heard->connected = heard->connected || event == XMPP_CONN_CONNECT;
    heard->over = heard->over || event != XMPP_CONN_CONNECT;
    if (event == XMPP_CONN_CONNECT) {
        xmpp_handler_add(conn, hear, NULL, NULL, NULL, heard);
        xmpp_send_raw(conn, bytes, sizeof bytes - 1);
    }
}

/* What a client gets that logs in, asks for its roster and becomes available. */
static bool visit(const char *local, const char *password, struct heard *heard) {
    xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
    xmpp_conn_t *conn = xmpp_conn_new(ctx);
    const uint64_t start_us = live_clock_us();
    char jid[100];
    memset(heard, 0, sizeof *heard);
    xmpp_conn_set_pass(conn, password);
    snprintf(jid, sizeof jid, "%s@montague.example/orchard", local);
    xmpp_conn_set_jid(conn, jid);
    live_apply_tls(server, conn);
    ck_assert_int_eq(xmpp_connect_client(conn, "127.0.0.1", server->c2s_port, arrive, heard), XMPP_EOK);
    while (!heard->over) {
        ck_assert_uint_lt(live_clock_us() - start_us, SECONDS * 1000000);
        xmpp_run_once(ctx, 20);
    }
    ck_assert_uint_lt(client_count, sizeof clients / sizeof *clients);
    clients[client_count++] = conn;
    return heard->connected;
}

/* ---------------------------------------------------------------------------------------------- start and stop ---- */

/* How many processes there are that a folder's name occurs in, or that were started for one. */
static unsigned count_processes(const char *folder) {
    char command[300], line[40];
    snprintf(command, sizeof command, "grep -lsaF -- '%s' /proc/[0-9]*/cmdline /proc/[0-9]*/environ | wc -l", folder);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, pipe));
    pclose(pipe);
    const unsigned count = (unsigned)strtoul(line, NULL, 10);
    return count > 2 ? count - 2 : 0; /* the shell and grep themselves */
}

START_TEST(it_starts_answers_and_leaves_nothing) {
    char folder[200];
    open_server(_i);
    snprintf(folder, sizeof folder, "%s", live_nest_folder(server->nest));
    for (size_t i = 0; i < needs.domain_count; i++) {
        ck_assert_msg(live_reach(server, domains[i], LIVE_NO_END, &error), "%s", error.text);
    }
    ck_assert(live_port_open("127.0.0.1", server->s2s_port));
    ck_assert_uint_gt(count_processes(folder), 0);
    close_server();
    ck_assert_int_ne(access(folder, F_OK), 0);
    const uint64_t start_us = live_clock_us();
    while (count_processes(folder) > 0) {
        ck_assert_uint_lt(live_clock_us() - start_us, SECONDS * 1000000);
    }
}
END_TEST

START_TEST(nothing_is_left_where_the_harness_is_killed) {
    char folder[200] = "";
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t harness = fork();
    if (harness == 0) {
        open_server(_i);
        makes_account("romeo");
        snprintf(folder, sizeof folder, "%s", live_nest_folder(server->nest));
        ck_assert_int_eq(write(ends[1], folder, sizeof folder), sizeof folder);
        pause();
    }
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], folder, sizeof folder), sizeof folder);
    ck_assert_uint_gt(count_processes(folder), 0);
    ck_assert_int_eq(kill(harness, SIGKILL), 0);
    ck_assert_int_eq(waitpid(harness, NULL, 0), harness);
    const uint64_t start_us = live_clock_us();
    while (count_processes(folder) > 0 || access(folder, F_OK) == 0) {
        ck_assert_uint_lt(live_clock_us() - start_us, SECONDS * 1000000);
    }
}
END_TEST

START_TEST(a_domain_that_it_does_not_serve_is_refused) {
    open_server(_i);
    ck_assert(!live_reach(server, "nowhere.example", LIVE_NO_END, &error));
    ck_assert(!live_account(server, "romeo", "nowhere.example", "secret", LIVE_NO_END, &error));
    close_server();
}
END_TEST

START_TEST(one_that_died_is_started_anew) {
    struct heard heard;
    open_server(_i);
    makes_account("romeo");
    const int last = server->processes[server->process_count - 1];
    ck_assert_int_eq(kill(live_nest_pid(server->nest, last), SIGKILL), 0);
    while (live_nest_runs(server->nest, last)) {
        live_pause();
    }
    ck_assert_msg(live_check(server, &error), "%s", error.text);
    ck_assert_uint_eq(server->generation, 1);
    makes_account("mercutio");
    ck_assert(visit("mercutio", "secret", &heard));
    ck_assert(live_check(server, &error));
    ck_assert_uint_eq(server->generation, 1);
    close_server();
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- accounts ---- */

START_TEST(an_account_can_log_in_with_its_password_only) {
    struct heard heard;
    open_server(_i);
    makes_account("romeo.1f");
    ck_assert(visit("romeo.1f", "secret", &heard));
    ck_assert_ptr_nonnull(strstr(heard.text, "jabber:iq:roster"));
    ck_assert_ptr_null(strstr(heard.text, "<item"));
    ck_assert(!visit("romeo.1f", "wrong", &heard));
    ck_assert(!visit("nobody", "secret", &heard));
    close_server();
}
END_TEST

START_TEST(accounts_may_have_any_name_and_password) {
    static const char *const locals[] = {"o(x)=,;{}|~", "d\\27artagnan", "\xc3\xbcmlaut", "a%b%%c", "-dash",
                                         "..",          "$(x)`y`#"};
    struct heard heard;
    open_server(_i);
    for (size_t i = 0; i < sizeof locals / sizeof *locals; i++) {
        ck_assert_msg(live_account(server, locals[i], "montague.example", "p'a\"s\\s; \xc3\xa4", LIVE_NO_END, &error), "%s",
                      error.text);
        ck_assert_msg(visit(locals[i], "p'a\"s\\s; \xc3\xa4", &heard), "%s", locals[i]);
    }
    close_server();
}
END_TEST

START_TEST(a_thousand_accounts_are_made) {
    char local[40];
    open_server(_i);
    const uint64_t start_us = live_clock_us();
    for (int i = 0; i < 1000; i++) {
        snprintf(local, sizeof local, "romeo.%d", i);
        makes_account(local);
    }
    printf("%s: 1000 accounts in %.3f s\n", names[_i], (double)(live_clock_us() - start_us) / 1e6);
    close_server();
}
END_TEST

static const struct live_item *state(const char *jid, enum router_subscription subscription, bool ask, bool pending_in,
                                     bool approved) {
    static struct live_item item;
    item = (struct live_item){
        .jid = jid,
        .state = {.subscription = subscription, .ask = ask, .pending_in = pending_in, .approved = approved}};
    return &item;
}

static int furnishes(const struct live_item *items, size_t item_count, const char *const *stored, size_t stored_count) {
    return server->kind->furnish(server, "romeo", "montague.example", items, item_count, stored, stored_count,
                                 LIVE_NO_END, &error);
}

static bool holds(const struct heard *heard, const char *element, const char *one, const char *other) {
    for (const char *at = strstr(heard->text, element); at != NULL; at = strstr(at + 1, element)) {
        char tag[400];
        snprintf(tag, sizeof tag, "%.*s>", (int)strcspn(at, ">"), at);
        if (strstr(tag, one) != NULL && strstr(tag, other) != NULL) {
            return true;
        }
    }
    return false;
}

START_TEST(a_roster_is_there_before_the_first_login) {
    struct live_item items[8];
    struct heard heard;
    items[0] = *state("tybalt@verona.example", ROUTER_SUB_NONE, false, false, false);
    items[1] = *state("juliet@verona.example", ROUTER_SUB_TO, false, false, false);
    items[2] = *state("nurse@verona.example", ROUTER_SUB_FROM, false, false, false);
    items[3] = *state("friar@verona.example", ROUTER_SUB_BOTH, false, false, false);
    items[4] = *state("paris@verona.example", ROUTER_SUB_NONE, true, false, false);
    items[5] = *state("peter@verona.example", ROUTER_SUB_NONE, false, true, false);
    items[6] = *state("gregory@verona.example", ROUTER_SUB_TO, false, true, false);
    items[7] = *state("it\\27s@verona.example", ROUTER_SUB_FROM, true, false, false);
    open_server(_i);
    makes_account("romeo");
    ck_assert_int_eq(furnishes(items, 8, NULL, 0), ROUTER_OK);
    ck_assert(visit("romeo", "secret", &heard));
    ck_assert(holds(&heard, "<item", "tybalt@", "subscription=\"none\""));
    ck_assert(holds(&heard, "<item", "juliet@", "subscription=\"to\""));
    ck_assert(holds(&heard, "<item", "nurse@", "subscription=\"from\""));
    ck_assert(holds(&heard, "<item", "friar@", "subscription=\"both\""));
    ck_assert(holds(&heard, "<item", "paris@", "ask=\"subscribe\""));
    ck_assert(holds(&heard, "<item", "gregory@", "subscription=\"to\""));
    ck_assert(holds(&heard, "<item", "27s@verona", "ask=\"subscribe\""));
    ck_assert(!holds(&heard, "<item", "peter@", ""));
    ck_assert(!holds(&heard, "<item", "tybalt@", "ask"));
    ck_assert(holds(&heard, "<presence", "peter@", "type=\"subscribe\""));
    ck_assert(holds(&heard, "<presence", "gregory@", "type=\"subscribe\""));
    ck_assert(!holds(&heard, "<presence", "tybalt@", "type=\"subscribe\""));
    close_server();
}
END_TEST

START_TEST(messages_are_stored_before_the_first_login) {
    static const char *const stored[] = {
        "<message from='friar@verona.example/cell' to='romeo@montague.example' type='chat' id='m1'>"
        "<body>Take &lt;thou&gt; 'this' \"vial\" &amp; \xc3\xa9</body><x xmlns='urn:example:rose'><thorn "
        "a='1'/></x></message>",
        "<message id=\"m2\" xml:lang=\"de\" from=\"nurse@verona.example\" "
        "to=\"romeo@montague.example/gone\">\n\t<body>a > b</body>"
        "</message>",
        "<message from='it@verona.example' to='romeo@montague.example' id='m3'/>"};
    struct heard heard;
    open_server(_i);
    makes_account("romeo");
    ck_assert_int_eq(furnishes(NULL, 0, stored, 3), ROUTER_OK);
    ck_assert(visit("romeo", "secret", &heard));
    const char *first = strstr(heard.text, "id=\"m1\""), *second = strstr(heard.text, "id=\"m2\""),
               *third = strstr(heard.text, "id=\"m3\"");
    ck_assert_msg(first != NULL && second != NULL && third != NULL && first < second && second < third, "%s",
                  heard.text);
    ck_assert_ptr_nonnull(strstr(heard.text, "Take &lt;thou&gt;"));
    ck_assert_ptr_nonnull(strstr(heard.text, "vial"));
    ck_assert_ptr_nonnull(strstr(heard.text, "&amp; \xc3\xa9</body>"));
    ck_assert_ptr_nonnull(strstr(heard.text, "urn:example:rose"));
    ck_assert_ptr_nonnull(strstr(heard.text, "<thorn"));
    ck_assert_ptr_nonnull(strstr(heard.text, "urn:xmpp:delay"));
    if (!server->kind->rests_after_end) {
        send_clients_home();
        ck_assert(visit("romeo", "secret", &heard));
        ck_assert_ptr_null(strstr(heard.text, "id=\"m1\""));
    }
    close_server();
}
END_TEST

START_TEST(approval_ahead_of_time_is_there_or_said_to_be_missing) {
    open_server(_i);
    makes_account("romeo");
    const struct live_item *item = state("tybalt@verona.example", ROUTER_SUB_NONE, false, false, true);
    const int result = furnishes(item, 1, NULL, 0);
    ck_assert_int_eq(result, _i == 0 ? ROUTER_OK : VENUE_E_CANNOT);
    if (result != ROUTER_OK) {
        ck_assert_ptr_nonnull(strstr(error.text, "does not know approval ahead of time"));
    }
    close_server();
}
END_TEST

/* ----------------------------------------------------------------------------------- components, other servers ---- */

/* Reads until a text has come, or the server closes. */
static bool comes(int fd, char *heard, size_t size, const char *text) {
    size_t count = strlen(heard);
    while (strstr(heard, text) == NULL) {
        const ssize_t got = recv(fd, heard + count, size - 1 - count, 0);
        if (got <= 0) {
            return false;
        }
        count += (size_t)got;
        heard[count] = '\0';
    }
    return true;
}

/* The handshake of XEP-0114: the SHA-1 of the stream's id with the secret behind it. */
static bool attaches(const char *secret) {
    struct sockaddr_in in = {
        .sin_family = AF_INET, .sin_port = htons(server->component_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, NULL);
    char heard[2000] = "", text[300];
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&in, sizeof in), 0);
    snprintf(text, sizeof text,
             "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' "
             "to='%s'>",
             server->needs.components[0]);
    ck_assert_int_eq(send(fd, text, strlen(text), 0), (ssize_t)strlen(text));
    ck_assert(comes(fd, heard, sizeof heard, "<stream:stream") && comes(fd, heard, sizeof heard, " id="));
    const char *id = strstr(heard, " id=") + 5;
    ck_assert(comes(fd, heard, sizeof heard, ">"));
    snprintf(text, sizeof text, "%.*s%s", (int)strcspn(id, "'\""), id, secret);
    char *digest = xmpp_sha1(ctx, (const unsigned char *)text, strlen(text));
    snprintf(text, sizeof text, "<handshake>%s</handshake>", digest);
    ck_assert_int_eq(send(fd, text, strlen(text), 0), (ssize_t)strlen(text));
    const bool attached = comes(fd, heard, sizeof heard, "<handshake");
    xmpp_free(ctx, digest);
    xmpp_ctx_free(ctx);
    close(fd);
    return attached;
}

START_TEST(a_component_can_attach_itself) {
    open_server(_i);
    ck_assert(attaches(server->component_secret));
    ck_assert(!attaches("wrong"));
    close_server();
}
END_TEST

/* A request from a domain elsewhere makes the server look for that domain; its answer goes where our name server says.
 */
START_TEST(other_servers_are_found_by_our_name_server_alone) {
    struct sockaddr_in in = {.sin_family = AF_INET};
    socklen_t size = sizeof in;
    struct heard heard;
    ck_assert_int_eq(inet_pton(AF_INET, "127.0.1.7", &in.sin_addr), 1);
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&in, sizeof in), 0);
    ck_assert_int_eq(listen(listener, 5), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&in, &size), 0);
    open_server(_i);
    makes_account("romeo");
    ck_assert(live_dns_set(server->dns, "verona.example", LIVE_DNS_HERE, "127.0.1.7", ntohs(in.sin_port)));
    const struct live_item *item = state("friar@verona.example", ROUTER_SUB_BOTH, false, false, false);
    ck_assert_int_eq(furnishes(item, 1, NULL, 0), ROUTER_OK);
    ck_assert(visit("romeo", "secret", &heard)); /* its presence goes to the friar */
    const int fd = accept(listener, NULL, NULL);
    ck_assert_int_ge(fd, 0);
    char header[1000] = "";
    ck_assert_int_gt(recv(fd, header, sizeof header - 1, 0), 0);
    ck_assert_ptr_nonnull(strchr(header, '<'));
    close(fd);
    close(listener);
    close_server();
}
END_TEST

/* ------------------------------------------------------------------------------------------------ several servers ---- */

static uint16_t port_of(const struct live_server *which, const char *domain) {
    const char *address;
    uint16_t port = 0;
    ck_assert(live_where(which, domain, &address, &port));
    return port;
}

START_TEST(several_servers_have_processes_of_their_own) {
    struct live_served served[] = {{"montague.example", 0}, {"capulet.example", 1}, {"mantua.example", 1}},
                       again[] = {{"mantua.example", 0}, {"capulet.example", 0}, {"montague.example", 1}};
    struct live_server *front = NULL, *other = NULL;
    open_server(_i);
    ck_assert_msg(live_split(server, served, 3, 2, &front, &error) == ROUTER_OK, "%s", error.text);
    ck_assert_uint_eq(front->part_count, 2);
    ck_assert_uint_ne(port_of(front, "montague.example"), port_of(front, "capulet.example"));
    ck_assert_uint_eq(port_of(front, "mantua.example"), port_of(front, "capulet.example"));
    const struct live_server *home = live_home(front, "capulet.example");
    ck_assert_msg(live_reach(front, "mantua.example", LIVE_NO_END, &error), "%s", error.text);
    ck_assert_uint_eq(home->needs.domain_count, 2);
    ck_assert_ptr_eq(home, live_home(front, "c0.rooms.capulet.example"));
    ck_assert_uint_eq(live_home(front, "montague.example")->needs.component_count, 0);

    /* One that died is started anew when a case comes that needs it; the order of names in the script is nothing. */
    const int last = home->processes[home->process_count - 1];
    ck_assert_int_eq(kill(live_nest_pid(home->nest, last), SIGKILL), 0);
    while (live_nest_runs(home->nest, last)) {
        live_pause();
    }
    ck_assert_msg(live_split(server, again, 3, 2, &other, &error) == ROUTER_OK, "%s", error.text);
    ck_assert_ptr_eq(front, other);
    ck_assert_uint_eq(home->generation, 1);
    ck_assert_msg(live_reach(front, "capulet.example", LIVE_NO_END, &error), "%s", error.text);
    ck_assert_int_eq(live_split(server, served, 3, 100, &other, &error), VENUE_E_CANNOT);
    close_server();
}
END_TEST

/* -------------------------------------------------------------------------------------------------------- main ---- */

static void add_tests(TCase *tc, int which) {
    static const TTest *const *const tests[] = {
        &it_starts_answers_and_leaves_nothing,
        &nothing_is_left_where_the_harness_is_killed,
        &a_domain_that_it_does_not_serve_is_refused,
        &one_that_died_is_started_anew,
        &an_account_can_log_in_with_its_password_only,
        &accounts_may_have_any_name_and_password,
        &a_thousand_accounts_are_made,
        &a_roster_is_there_before_the_first_login,
        &messages_are_stored_before_the_first_login,
        &approval_ahead_of_time_is_there_or_said_to_be_missing,
        &a_component_can_attach_itself,
        &other_servers_are_found_by_our_name_server_alone,
        &several_servers_have_processes_of_their_own,
    };
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        tcase_add_loop_test(tc, *tests[i], which, which + 1);
    }
}

int main(int argc, char **argv) {
    setenv("CK_DEFAULT_TIMEOUT", "300", 0);
    Suite *suite = suite_create("servers");
    for (int i = 0; i < 3; i++) {
        bool chosen = argc < 2;
        for (int j = 1; j < argc; j++) {
            chosen = chosen || strcmp(argv[j], names[i]) == 0;
        }
        TCase *tc = tcase_create(names[i]);
        if (chosen) {
            add_tests(tc, i);
        }
        suite_add_tcase(suite, tc);
    }
    return suite_main(suite);
}
