/* The recording proxy on real sockets of loopback, between clients and a server that a thread plays. */
#include "live_recorder_harness.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

Suite *live_proxy_suite(void);

/* --------------------------------------------------------------------------------------------------- addresses ---- */

static void expect_address(const char *text, const char *address, unsigned port) {
    char found[64];
    uint16_t number = 1;
    struct live_error error = {.line = 0};
    ck_assert_msg(live_record_address(text, found, &number, &error), "%s: %s", text, error.text);
    ck_assert_str_eq(found, address);
    ck_assert_uint_eq(number, port);
}

static void refuse_address(const char *text, const char *words) {
    char found[64];
    uint16_t number;
    struct live_error error = {.line = 0};
    ck_assert_msg(!live_record_address(text, found, &number, &error), "%s", text);
    ck_assert_msg(strstr(error.text, words) != NULL, "%s: %s", text, error.text);
}

START_TEST(addresses_of_loopback_are_taken) {
    expect_address("127.0.0.1:5222", "127.0.0.1", 5222);
    expect_address("127.8.0.1:0", "127.8.0.1", 0);
    expect_address("[::1]:65535", "::1", 65535);
    expect_address("localhost:15222", "127.0.0.1", 15222);
}
END_TEST

START_TEST(other_addresses_are_refused) {
    refuse_address("0.0.0.0:5222", "not on loopback");
    refuse_address("10.0.0.1:5222", "not on loopback");
    refuse_address("128.0.0.1:5222", "not on loopback");
    refuse_address("[::]:5222", "not on loopback");
    refuse_address("[::ffff:10.0.0.1]:5222", "not on loopback");
}
END_TEST

START_TEST(what_is_no_address_is_refused) {
    static const char *const texts[] = {
        "",
        ":",
        "5222",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:x",
        "127.0.0.1:5222x",
        ":5222",
        "[]:5222",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.1: 1",
        "::1:5222",
        "[127.0.0.1]:5222",
        "a:5222",
        "[::1:5222",
        "127.0.0.1:000000001",
        NULL,
    };
    for (size_t i = 0; texts[i] != NULL; i++) {
        refuse_address(texts[i], "is no ");
    }
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- sockets ---- */

static struct sockaddr_in place(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int listen_somewhere(uint16_t *port) {
    struct sockaddr_in address = place(0);
    socklen_t size = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(fd, 8), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static int connect_to(uint16_t port) {
    const struct sockaddr_in address = place(port);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, const char *text) {
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Reads until a text has come; what came with and before it is in `heard`. */
static bool hear(int fd, const char *text, char *heard, size_t size) {
    size_t used = 0;
    for (heard[0] = '\0'; strstr(heard, text) == NULL; heard[used] = '\0') {
        const ssize_t got = used + 1 < size ? recv(fd, heard + used, 1, 0) : 0;
        if (got <= 0) {
            return false;
        }
        used++;
    }
    return true;
}

static void expect(int fd, const char *text) {
    char heard[4000];
    ck_assert_msg(hear(fd, text, heard, sizeof heard), "not heard: %s; but: %s", text, heard);
}

/* --------------------------------------------------------------------------------------------------- recording ---- */

struct stage {
    struct live_host host;
    struct live_target target;
    struct live_server server;
    struct live_record record;
    int listener; /* the server's */
    int stop[2], told[2];
    pthread_t thread;
    bool good;
    char notices[1000];
    struct live_error error;
};

static void tell_port(void *context, const char *address, uint16_t port) {
    struct stage *stage = context;
    ck_assert_str_eq(address, "127.0.0.1");
    ck_assert_int_eq(write(stage->told[1], &port, sizeof port), sizeof port);
}

static void keep_notice(void *context, const char *text) {
    struct stage *stage = context;
    const size_t used = strlen(stage->notices);
    snprintf(stage->notices + used, sizeof stage->notices - used, "%s\n", text);
}

static void *work(void *context) {
    struct stage *stage = context;
    stage->good = live_record(&stage->server, &stage->record, recording(), &stage->error);
    return NULL;
}

/* A server for one domain, and a proxy before it. returns the proxy's port. */
static uint16_t begin(struct stage *stage) {
    static char name[] = "made-up", domain[] = "montague.example", address[] = "127.0.0.1";
    uint16_t port = 0;
    *stage = (struct stage){.host = {.domain = domain, .address = address}};
    stage->listener = listen_somewhere(&stage->host.port);
    stage->target = (struct live_target){.name = name, .tls = LIVE_TLS_OFF, .hosts = &stage->host, .host_count = 1};
    stage->server = (struct live_server){.target = &stage->target, .seconds = 10};
    ck_assert_int_eq(pipe(stage->stop), 0);
    ck_assert_int_eq(pipe(stage->told), 0);
    stage->record.stop = stage->stop[0];
    stage->record.calls = (struct live_record_calls){.context = stage, .listens = tell_port, .notice = keep_notice};
    ck_assert_int_eq(pthread_create(&stage->thread, NULL, work, stage), 0);
    ck_assert_int_eq(read(stage->told[0], &port, sizeof port), sizeof port);
    return port;
}

static void end(struct stage *stage) {
    ck_assert_int_eq(write(stage->stop[1], "", 1), 1);
    ck_assert_int_eq(pthread_join(stage->thread, NULL), 0);
    ck_assert_msg(stage->good, "%s", stage->error.text);
    for (int i = 0; i < 2; i++) {
        close(stage->stop[i]);
        close(stage->told[i]);
    }
    close(stage->listener);
}

/* Both ends of a connection through the proxy, up to a bound resource. */
static void log_both_in(struct stage *stage, uint16_t port, int *client, int *server) {
    *client = connect_to(port);
    say(*client, HEADER("to='montague.example'"));
    *server = accept(stage->listener, NULL, NULL);
    ck_assert_int_ge(*server, 0);
    expect(*server, "to='montague.example'");
    say(*server, HEADER("id='s1'") "<stream:features><starttls xmlns='" TLS "'/>" MECHANISMS "</stream:features>");
    char heard[4000];
    ck_assert(hear(*client, "</stream:features>", heard, sizeof heard));
    ck_assert_ptr_null(strstr(heard, "starttls"));
    say(*client, "<auth xmlns='" SASL "' mechanism='PLAIN'>" PASSWORD_OCTETS "</auth>");
    expect(*server, "</auth>");
    say(*server, "<success xmlns='" SASL "'/>");
    expect(*client, "<success xmlns='" SASL "'/>");
    say(*client, HEADER("to='montague.example'"));
    expect(*server, "version='1.0'>");
    say(*server, HEADER("id='s2'") "<stream:features><bind xmlns='" BIND "'/></stream:features>");
    expect(*client, "</stream:features>");
    say(*client, "<iq id='b1' type='set'><bind xmlns='" BIND "'><resource>orchard</resource></bind></iq>");
    expect(*server, "</iq>");
    say(*server,
        "<iq id='b1' type='result'><bind xmlns='" BIND "'><jid>romeo@montague.example/orchard</jid></bind></iq>");
    expect(*client, "</iq>");
}

START_TEST(a_session_passes_and_is_written_down) {
    struct stage stage;
    int client, server;
    const uint16_t port = begin(&stage);
    log_both_in(&stage, port, &client, &server);
    say(client, "<presence/>");
    expect(server, "<presence/>");
    say(server, "<presence from='romeo@montague.example/orchard'/>");
    expect(client, "<presence from='romeo@montague.example/orchard'/>");
    say(client, "</stream:stream>");
    expect(server, "</stream:stream>");
    say(server, "</stream:stream>");
    expect(client, "</stream:stream>");
    close(client);
    close(server);
    end(&stage);
    ck_assert_str_eq(stage.notices, "");
    expect_actions("\nRomeo connects\n\nRomeo sends:\n\t<presence/>\n\nRomeo receives:\n"
                   "\t<presence from=\"${Romeo's full JID}\"/>\n\nRomeo disconnects\n");
    expect_pass();
}
END_TEST

START_TEST(the_end_of_one_side_is_the_end_of_the_other) {
    struct stage stage;
    int client, server;
    char heard[100];
    const uint16_t port = begin(&stage);
    log_both_in(&stage, port, &client, &server);
    close(client);
    ck_assert(!hear(server, "anything", heard, sizeof heard));
    close(server);
    log_both_in(&stage, port, &client, &server);
    close(server);
    ck_assert(!hear(client, "anything", heard, sizeof heard));
    close(client);
    end(&stage);
    expect_actions("\nRomeo connects\nRomeo vanishes\nRomeo connects\n\n# The connection of Romeo broke.\n\n"
                   "Romeo receives: nothing\n");
}
END_TEST

START_TEST(many_octets_pass_in_both_directions) {
    enum { COUNT = 400 };
    struct stage stage;
    int client, server;
    char stanza[9000], heard[9100];
    snprintf(stanza, sizeof stanza, "<message><body>%08700d</body></message>", 7);
    const uint16_t port = begin(&stage);
    log_both_in(&stage, port, &client, &server);
    for (int i = 0; i < COUNT; i++) {
        say(client, stanza);
        ck_assert(hear(server, "</message>", heard, sizeof heard));
        ck_assert_str_eq(heard, stanza);
        say(server, stanza);
        ck_assert(hear(client, "</message>", heard, sizeof heard));
        ck_assert_str_eq(heard, stanza);
    }
    close(client);
    close(server);
    end(&stage);
    ck_assert_uint_ge(live_recorder_stanzas(recording()), 50);
}
END_TEST

START_TEST(a_domain_that_nobody_serves_is_said_to_the_client_and_to_the_user) {
    struct stage stage;
    const uint16_t port = begin(&stage);
    const int client = connect_to(port);
    say(client, HEADER("to='verona.example'"));
    expect(client, "<host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></error></stream:stream>");
    close(client);
    end(&stage);
    ck_assert_str_eq(stage.notices, "a client wants the domain \"verona.example\", which made-up does not serve\n");
    ck_assert_uint_eq(live_recorder_clients(recording()), 0);
}
END_TEST

START_TEST(a_server_that_is_not_there_is_named_with_its_port) {
    struct stage stage;
    char words[100];
    const uint16_t port = begin(&stage);
    close(stage.listener);
    stage.listener = -1;
    const int client = connect_to(port);
    say(client, HEADER("to='montague.example'"));
    expect(client, "<remote-connection-failed xmlns=");
    close(client);
    end(&stage);
    snprintf(words, sizeof words, "made-up: connect for montague.example to 127.0.0.1:%u: ", stage.host.port);
    ck_assert_msg(strstr(stage.notices, words) != NULL, "%s", stage.notices);
}
END_TEST

START_TEST(a_target_that_wants_tls_is_refused_before_anybody_comes) {
    struct live_target target = {.name = (char[]){"far"}, .tls = LIVE_TLS_REQUIRED};
    struct live_server server = {.target = &target, .seconds = 10};
    const struct live_record record = {.stop = 0};
    struct live_error error = {.line = 0};
    ck_assert(!live_record(&server, &record, recording(), &error));
    ck_assert_ptr_eq(strstr(error.text, "far: clients may not connect without TLS"), error.text);
}
END_TEST

START_TEST(a_port_that_is_taken_is_named) {
    struct stage stage;
    const uint16_t port = begin(&stage);
    struct live_record record = {.port = port, .stop = stage.stop[0]};
    struct live_error error = {.line = 0};
    char words[100];
    ck_assert(!live_record(&stage.server, &record, recording(), &error));
    snprintf(words, sizeof words, "listen at 127.0.0.1:%u: ", port);
    ck_assert_msg(strstr(error.text, words) == error.text, "%s", error.text);
    end(&stage);
}
END_TEST

Suite *live_proxy_suite(void) {
    Suite *suite = suite_create("live_proxy");
    TCase *tcase = tcase_create("live_proxy");
    tcase_add_checked_fixture(tcase, recording_begin, recording_end);
    tcase_add_test(tcase, addresses_of_loopback_are_taken);
    tcase_add_test(tcase, other_addresses_are_refused);
    tcase_add_test(tcase, what_is_no_address_is_refused);
    tcase_add_test(tcase, a_session_passes_and_is_written_down);
    tcase_add_test(tcase, the_end_of_one_side_is_the_end_of_the_other);
    tcase_add_test(tcase, many_octets_pass_in_both_directions);
    tcase_add_test(tcase, a_domain_that_nobody_serves_is_said_to_the_client_and_to_the_user);
    tcase_add_test(tcase, a_server_that_is_not_there_is_named_with_its_port);
    tcase_add_test(tcase, a_target_that_wants_tls_is_refused_before_anybody_comes);
    tcase_add_test(tcase, a_port_that_is_taken_is_named);
    suite_add_tcase(suite, tcase);
    return suite;
}
