/* Tests of asking a server for a stream and for an account, on servers that answer badly, or not at all: a clear
 * message names the step. Each is a thread that plays its lines: what it waits for, and what it says then. */
#include "parts.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strophe.h>

Suite *live_reach_suite(void);

#define HEADER                                                                                                         \
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0' "       \
    "from='montague.example'>"
#define PLAIN                                                                                                          \
    "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"  \
    "</stream:features>"
#define STARTTLS      "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"
#define TLS_NAMESPACE " xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"

struct line {
    const char *awaits; /* somewhere in what came since the last line; NULL: nothing more is played */
    const char *says;   /* NULL: the connection is closed */
};

static const struct line *play;
static pthread_t thread;
static int listener;
static uint16_t port;
static struct live_target target;
static struct live_host host;
static struct live_server server;
static struct live_error error;

/* Plays to one client, and then waits until it has gone. */
static void *serve(void *argument) {
    char heard[4096] = "";
    size_t size = 0;
    const int fd = accept(listener, NULL, NULL);
    (void)argument;
    for (const struct line *line = play; fd >= 0;) {
        const bool due = line->awaits != NULL && strstr(heard, line->awaits) != NULL;
        if (due && line->says == NULL) {
            break;
        }
        if (due) {
            (void)send(fd, line->says, strlen(line->says), MSG_NOSIGNAL);
            heard[size = 0] = '\0';
            line++;
            continue;
        }
        const ssize_t got = recv(fd, heard + size, sizeof heard - 1 - size, 0);
        if (got <= 0) {
            break;
        }
        size += (size_t)got;
        heard[size] = '\0';
    }
    if (fd >= 0) {
        close(fd);
    }
    return NULL;
}

static void starts(const struct line *lines, enum live_tls tls) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof in;
    play = lines;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&in, sizeof in), 0);
    ck_assert_int_eq(listen(listener, 5), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&in, &size), 0);
    port = ntohs(in.sin_port);
    ck_assert_int_eq(pthread_create(&thread, NULL, serve, NULL), 0);
    host = (struct live_host){
        .domain = (char *)(uintptr_t) "montague.example", .address = (char *)(uintptr_t) "127.0.0.1", .port = port};
    target = (struct live_target){.name = (char *)(uintptr_t) "cellar", .tls = tls, .hosts = &host, .host_count = 1};
    server = (struct live_server){.target = &target, .seconds = 60};
    xmpp_initialize();
}

static void ends(void) {
    (void)shutdown(listener, SHUT_RDWR);
    pthread_join(thread, NULL);
    close(listener);
}

static void says(const char *step, const char *why) {
    char expected[300];
    snprintf(expected, sizeof expected, "cellar: %s for montague.example at 127.0.0.1:%u: %s", step, port, why);
    ck_assert_str_eq(error.text, expected);
}

/* A server that closes while something is on its way to it resets the connection. */
static void says_that_it_closed(const char *step) {
    says(step, strstr(error.text, "reset") != NULL ? "Connection reset by peer" : "the server closed the connection");
}

static void closes(const struct line *lines) {
    starts(lines, LIVE_TLS_OFF);
    ck_assert(!live_reach(&server, "montague.example", LIVE_NO_END, &error));
    says_that_it_closed("open a stream");
    ends();
}

static void fails(const struct line *lines, enum live_tls tls, unsigned seconds, const char *step, const char *why) {
    starts(lines, tls);
    server.seconds = seconds;
    ck_assert(!live_reach(&server, "montague.example", LIVE_NO_END, &error));
    says(step, why);
    ends();
}

START_TEST(a_server_that_offers_features_is_reached) {
    static const struct line lines[] = {{"to=\"montague.example\"", HEADER PLAIN}, {NULL, NULL}};
    starts(lines, LIVE_TLS_OFF);
    ck_assert_msg(live_reach(&server, "montague.example", LIVE_NO_END, &error), "%s", error.text);
    ends();
    starts(lines, LIVE_TLS_ALLOWED);
    ck_assert_msg(live_reach(&server, "montague.example", LIVE_NO_END, &error), "%s", error.text);
    ends();
}
END_TEST

START_TEST(a_server_that_closes_at_once_is_named) {
    static const struct line lines[] = {{"", NULL}};
    closes(lines);
}
END_TEST

START_TEST(a_server_that_closes_behind_its_header_is_named) {
    static const struct line lines[] = {{"<stream:stream", HEADER}, {"", NULL}};
    closes(lines);
}
END_TEST

START_TEST(a_server_that_never_answers_is_named) {
    static const struct line lines[] = {{NULL, NULL}};
    fails(lines, LIVE_TLS_OFF, 1, "open a stream", "no answer within 1 s");
}
END_TEST

START_TEST(who_asks_may_have_less_time_than_a_wait) {
    static const struct line lines[] = {{NULL, NULL}};
    starts(lines, LIVE_TLS_OFF);
    ck_assert(!live_reach(&server, "montague.example", live_clock_us() + 1000000, &error));
    says("open a stream", "no answer within 1 s");
    ends();
}
END_TEST

START_TEST(a_server_that_offers_nothing_is_named) {
    static const struct line lines[] = {{"<stream:stream", HEADER}, {NULL, NULL}};
    fails(lines, LIVE_TLS_OFF, 1, "open a stream", "no answer within 1 s");
}
END_TEST

START_TEST(a_stream_error_is_named) {
    static const struct line lines[] = {
        {"<stream:stream",
         HEADER "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
                "</stream:stream>"},
        {NULL, NULL}};
    fails(lines, LIVE_TLS_OFF, 60, "open a stream", "the server ends the stream: host-unknown");
}
END_TEST

START_TEST(what_is_no_xmpp_is_named) {
    static const struct line lines[] = {{"<stream:stream", "HTTP/1.0 400 Bad Request\r\n\r\n"}, {NULL, NULL}};
    fails(lines, LIVE_TLS_OFF, 60, "open a stream", "what the server says is no XMPP");
}
END_TEST

START_TEST(a_server_without_tls_is_not_reached_where_it_is_required) {
    static const struct line lines[] = {{"<stream:stream", HEADER PLAIN}, {NULL, NULL}};
    fails(lines, LIVE_TLS_REQUIRED, 60, "start TLS", "the server does not offer it");
}
END_TEST

START_TEST(a_server_that_refuses_tls_is_named) {
    static const struct line lines[] = {
        {"<stream:stream", HEADER STARTTLS}, {"<starttls", "<failure" TLS_NAMESPACE}, {NULL, NULL}};
    fails(lines, LIVE_TLS_REQUIRED, 60, "start TLS", "the server offers TLS and refuses it");
}
END_TEST

START_TEST(tls_that_does_not_come_to_be_is_named) {
    static const struct line lines[] = {
        {"<stream:stream", HEADER STARTTLS}, {"<starttls", "<proceed" TLS_NAMESPACE}, {"", NULL}};
    starts(lines, LIVE_TLS_REQUIRED);
    ck_assert(!live_reach(&server, "montague.example", LIVE_NO_END, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "cellar: start TLS for montague.example at 127.0.0.1:"));
    ck_assert_ptr_nonnull(strstr(error.text, "it does not come about"));
    ends();
}
END_TEST

START_TEST(a_server_that_is_silent_in_the_middle_of_tls_is_named) {
    static const struct line lines[] = {
        {"<stream:stream", HEADER STARTTLS}, {"<starttls", "<proceed" TLS_NAMESPACE}, {NULL, NULL}};
    starts(lines, LIVE_TLS_REQUIRED);
    server.seconds = 1;
    ck_assert(!live_reach(&server, "montague.example", LIVE_NO_END, &error));
    says("start TLS", "no answer within 1 s");
    ends();
}
END_TEST

/* ------------------------------------------------------------------------------------------------- registering ---- */

static bool registers(const struct line *lines) {
    starts(lines, LIVE_TLS_OFF);
    const bool made = live_register(&server, "romeo", "montague.example", "a<'b'>&", LIVE_NO_END, &error);
    ends();
    return made;
}

START_TEST(an_account_is_registered) {
    static const struct line lines[] = {{"<stream:stream", HEADER PLAIN},
                                        {"<username>romeo</username><password>a&lt;&apos;b&apos;&gt;&amp;</password>",
                                         "<iq type='result' id='register'/>"},
                                        {NULL, NULL}};
    ck_assert_msg(registers(lines), "%s", error.text);
}
END_TEST

START_TEST(an_account_that_is_refused_is_named) {
    static const struct line lines[] = {{"<stream:stream", HEADER PLAIN},
                                        {"jabber:iq:register",
                                         "<iq type='error' id='register'><error type='cancel'><conflict "
                                         "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"},
                                        {NULL, NULL}};
    ck_assert(!registers(lines));
    says("register romeo", "the server refuses it: conflict");
}
END_TEST

START_TEST(a_server_that_closes_instead_of_registering_is_named) {
    static const struct line lines[] = {{"<stream:stream", HEADER PLAIN}, {"jabber:iq:register", NULL}};
    ck_assert(!registers(lines));
    says_that_it_closed("register romeo");
    ck_assert_ptr_null(strstr(error.text, "a<"));
}
END_TEST

Suite *live_reach_suite(void) {
    Suite *suite = suite_create("live_reach");
    TCase *tc = tcase_create("reach");
    tcase_add_test(tc, a_server_that_offers_features_is_reached);
    tcase_add_test(tc, a_server_that_closes_at_once_is_named);
    tcase_add_test(tc, a_server_that_closes_behind_its_header_is_named);
    tcase_add_test(tc, a_server_that_never_answers_is_named);
    tcase_add_test(tc, who_asks_may_have_less_time_than_a_wait);
    tcase_add_test(tc, a_server_that_offers_nothing_is_named);
    tcase_add_test(tc, a_stream_error_is_named);
    tcase_add_test(tc, what_is_no_xmpp_is_named);
    tcase_add_test(tc, a_server_without_tls_is_not_reached_where_it_is_required);
    tcase_add_test(tc, a_server_that_refuses_tls_is_named);
    tcase_add_test(tc, tls_that_does_not_come_to_be_is_named);
    tcase_add_test(tc, a_server_that_is_silent_in_the_middle_of_tls_is_named);
    tcase_add_test(tc, an_account_is_registered);
    tcase_add_test(tc, an_account_that_is_refused_is_named);
    tcase_add_test(tc, a_server_that_closes_instead_of_registering_is_named);
    suite_add_tcase(suite, tc);
    return suite;
}
