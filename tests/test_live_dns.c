/* Tests of the name server: what it says of domains that are there, are not, or are silent. */
#include "parts.h"

#include <check.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

Suite *live_dns_suite(void);

enum { A = 1, AAAA = 28, SRV = 33, ID = 0x1234, NAME_ERROR = 3 };

struct reply {
    unsigned char data[512];
    size_t size;
    unsigned code, answers, authorities;
};

static struct live_dns *dns;
static struct live_error error;
static int fd;

static void make_dns(void) {
    dns = live_dns_start(&error);
    ck_assert_msg(dns != NULL, "%s", error.text);
    struct sockaddr_in in = {
        .sin_family = AF_INET, .sin_port = htons(live_dns_port(dns)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&in, sizeof in), 0);
}

static void free_dns(void) {
    close(fd);
    live_dns_stop(dns);
}

/* A query as RFC 1035 4.1 has it: a head with one question, then the name's labels, type and class. */
static size_t make_query(unsigned char *query, unsigned id, const char *name, unsigned type) {
    const unsigned char head[] = {(unsigned char)(id >> 8), (unsigned char)id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    size_t size = sizeof head;
    memcpy(query, head, size);
    while (*name != '\0') {
        const size_t label = strcspn(name, ".");
        query[size++] = (unsigned char)label;
        memcpy(query + size, name, label);
        size += label;
        name += label + (name[label] == '.');
    }
    const unsigned char tail[] = {0, (unsigned char)(type >> 8), (unsigned char)type, 0, 1};
    memcpy(query + size, tail, sizeof tail);
    return size + sizeof tail;
}

static struct reply receive(void) {
    struct reply reply = {.size = 0};
    const ssize_t size = recv(fd, reply.data, sizeof reply.data, 0);
    ck_assert_int_ge(size, 12);
    reply.size = (size_t)size;
    ck_assert_uint_eq(reply.data[2] & 0x80, 0x80); /* a response */
    reply.code = reply.data[3] & 15u;
    reply.answers = reply.data[7];
    reply.authorities = reply.data[9];
    return reply;
}

static struct reply ask(const char *name, unsigned type) {
    unsigned char query[300];
    const size_t size = make_query(query, ID, name, type);
    ck_assert_int_eq(send(fd, query, size, 0), (ssize_t)size);
    const struct reply reply = receive();
    ck_assert_uint_eq(reply.data[0] << 8 | reply.data[1], ID);
    ck_assert_uint_gt(reply.size, size - 1);
    ck_assert_mem_eq(reply.data + 12, query + 12, size - 12); /* the question comes back */
    return reply;
}

static void is_at(const char *name, const char *address) {
    unsigned char expected[4];
    const struct reply reply = ask(name, A);
    ck_assert_uint_eq(reply.code, 0);
    ck_assert_uint_eq(reply.answers, 1);
    ck_assert_int_eq(inet_pton(AF_INET, address, expected), 1);
    ck_assert_mem_eq(reply.data + reply.size - 4, expected, 4);
}

static void is_unknown(const char *name, unsigned type) {
    const struct reply reply = ask(name, type);
    ck_assert_uint_eq(reply.code, NAME_ERROR);
    ck_assert_uint_eq(reply.answers, 0);
}

START_TEST(a_domain_that_is_here_has_an_address) {
    ck_assert(live_dns_set(dns, "capulet.example", LIVE_DNS_HERE, "127.0.1.7", 5269));
    is_at("capulet.example", "127.0.1.7");
    is_at("Capulet.EXAMPLE", "127.0.1.7");
}
END_TEST

/* RFC 2782: priority, weight, port, target. The target is the address in dots, as a name. */
START_TEST(a_domain_that_is_here_has_a_service) {
    static const unsigned char expected[] = {0, 0, 0, 0, 0x14, 0x95, 3, '1', '2', '7', 1, '0', 1, '1', 1, '7', 0};
    ck_assert(live_dns_set(dns, "capulet.example", LIVE_DNS_HERE, "127.0.1.7", 5269));
    const struct reply reply = ask("_xmpp-server._tcp.capulet.example", SRV);
    ck_assert_uint_eq(reply.code, 0);
    ck_assert_uint_eq(reply.answers, 1);
    ck_assert_mem_eq(reply.data + reply.size - sizeof expected, expected, sizeof expected);
    is_at("127.0.1.7", "127.0.1.7");
}
END_TEST

START_TEST(no_answer_may_be_kept) {
    ck_assert(live_dns_set(dns, "a.example", LIVE_DNS_HERE, "127.0.1.7", 5269));
    const struct reply reply = ask("a.example", A);
    static const unsigned char zero[4];
    ck_assert_mem_eq(reply.data + reply.size - 10, zero, 4); /* the time to live, before size and address */
    const struct reply none = ask("b.example", A);
    ck_assert_uint_eq(none.authorities, 1); /* an SOA, whose last field says how long "none" holds (RFC 2308) */
    ck_assert_mem_eq(none.data + none.size - 4, zero, 4);
}
END_TEST

START_TEST(other_questions_about_a_domain_that_is_here_have_no_answer) {
    static const struct {
        const char *name;
        unsigned type;
    } rows[] = {{"capulet.example", AAAA},
                {"capulet.example", SRV},
                {"_xmpps-server._tcp.capulet.example", SRV},
                {"_jabber._tcp.capulet.example", SRV},
                {"_xmpp-server._tcp.capulet.example", A}};
    ck_assert(live_dns_set(dns, "capulet.example", LIVE_DNS_HERE, "127.0.1.7", 5269));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct reply reply = ask(rows[i].name, rows[i].type);
        ck_assert_uint_eq(reply.code, 0);
        ck_assert_uint_eq(reply.answers, 0);
    }
}
END_TEST

START_TEST(a_domain_that_was_not_set_is_unknown) {
    ck_assert(live_dns_set(dns, "capulet.example", LIVE_DNS_HERE, "127.0.1.7", 5269));
    is_unknown("montague.example", A);
    is_unknown("_xmpp-server._tcp.montague.example", SRV);
    is_unknown("rooms.capulet.example", A);
    is_unknown("example", A);
}
END_TEST

START_TEST(what_was_said_of_a_domain_can_change) {
    ck_assert(live_dns_set(dns, "capulet.example", LIVE_DNS_HERE, "127.0.1.7", 5269));
    ck_assert(live_dns_set(dns, "capulet.example", LIVE_DNS_NONE, NULL, 0));
    is_unknown("capulet.example", A);
    is_unknown("_xmpp-server._tcp.capulet.example", SRV);
    ck_assert(live_dns_set(dns, "CAPULET.example", LIVE_DNS_HERE, "127.0.1.8", 1));
    is_at("capulet.example", "127.0.1.8");
}
END_TEST

START_TEST(a_domain_that_goes_takes_no_other_along) {
    static const char *const names[] = {"one.example", "two.example", "three.example"};
    for (int i = 0; i < 3; i++) {
        ck_assert(live_dns_set(dns, names[i], LIVE_DNS_HERE, "127.0.1.7", 5269));
    }
    ck_assert(live_dns_set(dns, names[_i], LIVE_DNS_NONE, NULL, 0));
    ck_assert(live_dns_set(dns, names[_i], LIVE_DNS_NONE, NULL, 0));
    for (int i = 0; i < 3; i++) {
        if (i == _i) {
            is_unknown(names[i], A);
        } else {
            is_at(names[i], "127.0.1.7");
        }
    }
}
END_TEST

START_TEST(nothing_is_said_of_a_silent_domain) {
    static const char *const names[] = {"capulet.example", "_xmpp-server._tcp.capulet.example",
                                        "_xmpps-server._tcp.capulet.example"};
    ck_assert(live_dns_set(dns, "capulet.example", LIVE_DNS_SILENT, NULL, 0));
    ck_assert(live_dns_set(dns, "other.example", LIVE_DNS_HERE, "127.0.1.7", 5269));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unsigned char query[300];
        const size_t size = make_query(query, 7, names[i], i == 0 ? A : SRV);
        ck_assert_int_eq(send(fd, query, size, 0), (ssize_t)size);
    }
    is_at("other.example", "127.0.1.7"); /* it was asked last, and is the first that is answered */
}
END_TEST

START_TEST(what_is_no_question_is_passed_over) {
    static const struct {
        const char *bytes;
        size_t size;
    } rows[] = {{"", 0},
                {"\x12\x34", 2},
                {"\x12\x34\1\0\0\1\0\0\0\0\0\0", 12},                 /* no question behind the head */
                {"\x12\x34\1\0\0\2\0\0\0\0\0\0\1a\0\0\1\0\1", 19},    /* says that there are two */
                {"\x12\x34\1\0\0\1\0\0\0\0\0\0\5a\0\0\1\0\1", 19},    /* a label longer than the rest */
                {"\x12\x34\1\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1", 18}, /* a name that points to itself */
                {"\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\0\0\1", 17}};       /* no class */
    ck_assert(live_dns_set(dns, "other.example", LIVE_DNS_HERE, "127.0.1.7", 5269));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_int_eq(send(fd, rows[i].bytes, rows[i].size, 0), (ssize_t)rows[i].size);
    }
    is_at("other.example", "127.0.1.7");
}
END_TEST

START_TEST(names_as_long_as_they_may_be_are_answered) {
    char name[260] = "";
    for (int i = 0; i < 3; i++) {
        strcat(name, "123456789012345678901234567890123456789012345678901234567890123.");
    }
    strcat(name, "1234567890123456789012345678901234567890123456789012345678901");
    ck_assert_uint_eq(strlen(name), 253);
    is_unknown(name, A);
    ck_assert(live_dns_set(dns, name, LIVE_DNS_HERE, "127.0.1.7", 5269));
    is_at(name, "127.0.1.7");
}
END_TEST

START_TEST(an_address_must_be_one) {
    ck_assert(!live_dns_set(dns, "a.example", LIVE_DNS_HERE, "localhost", 5269));
    char name[300];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_assert(!live_dns_set(dns, name, LIVE_DNS_NONE, NULL, 0));
}
END_TEST

Suite *live_dns_suite(void) {
    Suite *suite = suite_create("live_dns");
    TCase *tc = tcase_create("dns");
    tcase_add_checked_fixture(tc, make_dns, free_dns);
    tcase_add_test(tc, a_domain_that_is_here_has_an_address);
    tcase_add_test(tc, a_domain_that_is_here_has_a_service);
    tcase_add_test(tc, no_answer_may_be_kept);
    tcase_add_test(tc, other_questions_about_a_domain_that_is_here_have_no_answer);
    tcase_add_test(tc, a_domain_that_was_not_set_is_unknown);
    tcase_add_test(tc, what_was_said_of_a_domain_can_change);
    tcase_add_loop_test(tc, a_domain_that_goes_takes_no_other_along, 0, 3);
    tcase_add_test(tc, nothing_is_said_of_a_silent_domain);
    tcase_add_test(tc, what_is_no_question_is_passed_over);
    tcase_add_test(tc, names_as_long_as_they_may_be_are_answered);
    tcase_add_test(tc, an_address_must_be_one);
    suite_add_tcase(suite, tc);
    return suite;
}
