/* live_peer_harness.c - a server as far as a scripted peer can tell, for tests of what a peer does on its streams. */
#include "live_peer_harness.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

enum { LINES_MAX = 16, TEXT_SIZE = 200000, ACTORS_MAX = 4, PATIENCE_US = 60 * 1000000 };

struct line {
    int fd;
    char text[TEXT_SIZE];
    size_t size, at; /* at: read up to here */
    bool over, reset;
};

struct live_server fake_server;
struct fake_heard fake_heard[FAKE_HEARD_MAX];
struct live_error fake_error;

static struct live_target target;
static struct line lines[LINES_MAX];
static int line_count, listener;
static struct live_peer *peers[ACTORS_MAX];
static struct live_component *components[ACTORS_MAX];
static size_t peer_count, component_count;

/* ---------------------------------------------------------------------------------------------------- fixtures ---- */

void fake_begin(void) {
    static char name[] = "fake";
    static const char *const domains[] = {"montague.example", "verona.example"};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof in;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&in, sizeof in), 0);
    ck_assert_int_eq(listen(listener, 16), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&in, &size), 0);
    memset(&fake_heard, 0, sizeof fake_heard);
    line_count = 0;
    peer_count = component_count = 0;
    target = (struct live_target){.name = name};
    fake_server = (struct live_server){.target = &target,
                                       .needs = {.domains = domains, .domain_count = 2},
                                       .seconds = 60,
                                       .dns = live_dns_start(&fake_error),
                                       .s2s_port = ntohs(in.sin_port),
                                       .component_port = ntohs(in.sin_port),
                                       .component_secret = "bc"};
    ck_assert_msg(fake_server.dns != NULL, "%s", fake_error.text);
}

void fake_end(void) {
    while (peer_count > 0) {
        live_peer_free(peers[--peer_count]);
    }
    while (component_count > 0) {
        live_component_free(components[--component_count]);
    }
    for (int i = 0; i < line_count; i++) {
        fake_close(i);
    }
    close(listener);
    live_dns_stop(fake_server.dns);
}

/* ------------------------------------------------------------------------------------------------------ actors ---- */

static void arrived(void *context, const char *stanza, size_t size) {
    struct fake_heard *heard = context;
    const size_t length = strlen(heard->text);
    ck_assert_uint_lt(length + size, sizeof heard->text);
    memcpy(heard->text + length, stanza, size);
    heard->text[length + size] = '\0';
    heard->count++;
}

static void ended(void *context, const char *why) {
    struct fake_heard *heard = context;
    snprintf(heard->ended, sizeof heard->ended, "%s", why);
    heard->endings++;
}

static struct live_peer_events events_for(size_t n) {
    ck_assert_uint_lt(n, FAKE_HEARD_MAX);
    return (struct live_peer_events){.context = &fake_heard[n], .arrived = arrived, .ended = ended};
}

static struct live_peer *keep(struct live_peer *peer) {
    ck_assert_msg(peer != NULL, "%s", fake_error.text);
    peers[peer_count++] = peer;
    return peer;
}

struct live_peer *fake_peer(const struct world_peer *config) {
    const struct live_peer_events events = events_for(peer_count + component_count);
    return keep(live_peer_new(&fake_server, config, &events, &fake_error));
}

struct live_peer *fake_join(struct live_peer *first) {
    const struct live_peer_events events = events_for(peer_count + component_count);
    return keep(live_peer_join(first, &events, &fake_error));
}

struct live_component *fake_component(const char *domain) {
    const struct live_peer_events events = events_for(peer_count + component_count);
    struct live_component *component = live_component_new(&fake_server, domain, &events, &fake_error);
    ck_assert_msg(component != NULL, "%s", fake_error.text);
    components[component_count++] = component;
    return component;
}

void fake_send(struct live_peer *peer, const char *text) {
    ck_assert_msg(live_peer_send(peer, false, text, strlen(text), &fake_error), "%s", fake_error.text);
}

void fake_send_raw(struct live_peer *peer, const char *text) {
    ck_assert_msg(live_peer_send(peer, true, text, strlen(text), &fake_error), "%s", fake_error.text);
}

void fake_mark(struct live_peer *peer, const char *served) {
    ck_assert_msg(live_peer_marker(peer, served, &fake_error), "%s", fake_error.text);
}

void fake_fault(struct live_peer *peer, enum live_peer_fault fault, const char *domain) {
    ck_assert_msg(live_peer_fault(peer, fault, domain, &fake_error), "%s", fake_error.text);
}

bool fake_works(void) {
    bool good = true;
    for (size_t i = 0; i < peer_count && good; i++) {
        good = live_peer_work(peers[i], &fake_error);
    }
    for (size_t i = 0; i < component_count && good; i++) {
        good = live_component_work(components[i], &fake_error);
    }
    return good;
}

/* ------------------------------------------------------------------------------------------------------- lines ---- */

static void read_line(struct line *line) {
    ssize_t size = 0;
    while (!line->over && line->size + 1 < TEXT_SIZE &&
           (size = recv(line->fd, line->text + line->size, TEXT_SIZE - 1 - line->size, MSG_DONTWAIT)) > 0) {
        line->size += (size_t)size;
    }
    line->text[line->size] = '\0';
    if (!line->over && (size == 0 || (size < 0 && errno != EAGAIN))) {
        line->over = true;
        line->reset = size < 0;
    }
}

static void turn(void) {
    struct pollfd fds[LINES_MAX + ACTORS_MAX * 2 + 1] = {{.fd = listener, .events = POLLIN}};
    nfds_t count = 1;
    for (int i = 0; i < line_count; i++) {
        fds[count++] = (struct pollfd){.fd = lines[i].over ? -1 : lines[i].fd, .events = POLLIN};
    }
    for (size_t i = 0; i < peer_count; i++) {
        fds[count].events = POLLIN;
        ck_assert_uint_eq(live_peer_descriptors(peers[i], &fds[count++].fd, 1), 1);
    }
    for (size_t i = 0; i < component_count; i++) {
        fds[count].events = POLLIN;
        ck_assert_uint_eq(live_component_descriptors(components[i], &fds[count++].fd, 1), 1);
    }
    (void)poll(fds, count, 20);
    ck_assert_msg(fake_works(), "%s", fake_error.text);
    for (int i = 0; i < line_count; i++) {
        read_line(&lines[i]);
    }
}

void fake_until(bool (*done)(const void *subject), const void *subject) {
    const uint64_t end_us = live_clock_us() + PATIENCE_US;
    while (!done(subject)) {
        ck_assert_msg(live_clock_us() < end_us, "what is waited for does not come");
        turn();
    }
}

static int add_line(int fd) {
    ck_assert_int_lt(line_count, LINES_MAX);
    lines[line_count].fd = fd;
    lines[line_count].size = lines[line_count].at = 0;
    lines[line_count].text[0] = '\0';
    lines[line_count].over = lines[line_count].reset = false;
    return line_count++;
}

static bool has_come(const void *fd) {
    return (*(int *)(uintptr_t)fd = accept(listener, NULL, NULL)) >= 0;
}

int fake_accept(void) {
    int fd = -1;
    fake_until(has_come, &fd);
    return add_line(fd);
}

bool fake_comes(void) {
    struct pollfd fds = {.fd = listener, .events = POLLIN};
    return poll(&fds, 1, 0) > 0;
}

void fake_say(int line, const char *text) {
    ck_assert_int_eq(send(lines[line].fd, text, strlen(text), MSG_NOSIGNAL), (int)strlen(text));
}

void fake_close(int line) {
    if (lines[line].fd >= 0) {
        close(lines[line].fd);
    }
    lines[line].fd = -1;
    lines[line].over = true;
}

void server_reset(int line) {
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    ck_assert_int_eq(setsockopt(lines[line].fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    fake_close(line);
}

bool fake_is_over(int line) {
    return lines[line].over;
}

const char *fake_unread(int line) {
    return lines[line].text + lines[line].at;
}

void fake_hear(int line, const char *text) {
    const uint64_t end_us = live_clock_us() + PATIENCE_US;
    const char *found;
    while ((found = strstr(fake_unread(line), text)) == NULL) {
        ck_assert_msg(!lines[line].over && live_clock_us() < end_us, "no %s in: %s", text, fake_unread(line));
        turn();
    }
    lines[line].at = (size_t)(found - lines[line].text) + strlen(text);
}

void fake_hear_tag(int line, const char *name, const char *const *texts, char *after, size_t size) {
    char begin[64], tag[2000];
    snprintf(begin, sizeof begin, "<%s ", name);
    fake_hear(line, begin);
    const size_t at = lines[line].at;
    fake_hear(line, ">");
    snprintf(tag, sizeof tag, "%.*s", (int)(lines[line].at - at), lines[line].text + at);
    for (; *texts != NULL; texts++) {
        ck_assert_msg(strstr(tag, *texts) != NULL, "no %s in: <%s %s", *texts, name, tag);
    }
    if (after != NULL) {
        fake_hear(line, "<");
        lines[line].at--;
        const size_t begun = at + strlen(tag);
        snprintf(after, size, "%.*s", (int)(lines[line].at - begun), lines[line].text + begun);
    }
}

static bool is_over(const void *line) {
    return ((const struct line *)line)->over;
}

void fake_hear_end(int line) {
    fake_until(is_over, &lines[line]);
    ck_assert(!lines[line].reset);
}

/* ------------------------------------------------------------------------------------------------------- names ---- */

static size_t put_name(unsigned char *at, const char *name) {
    size_t size = 0;
    while (*name != '\0') {
        const size_t label = strcspn(name, ".");
        at[size] = (unsigned char)label;
        memcpy(at + size + 1, name, label);
        size += label + 1;
        name += label + (name[label] == '.');
    }
    at[size] = 0;
    return size + 1;
}

static size_t make_query(unsigned char *query, unsigned char id, const char *domain) {
    char name[200];
    memcpy(query, (const unsigned char[]){0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}, 12);
    snprintf(name, sizeof name, "_xmpp-server._tcp.%s", domain);
    size_t size = 12 + put_name(query + 12, name);
    memcpy(query + size, (const unsigned char[]){0, 33, 0, 1}, 4);
    return size + 4;
}

/* The name server answers in order: what has no answer before that of a later question has none at all. */
static bool ask_name(const char *domain, unsigned char answer[600], size_t *query_size) {
    unsigned char query[300], other[600];
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(live_dns_port(fake_server.dns))};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bool answered = false;
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&server, sizeof server), 0);
    *query_size = make_query(query, 7, domain);
    ck_assert_int_eq(send(fd, query, *query_size, 0), (int)*query_size);
    const size_t size = make_query(query, 8, "nobody.example");
    ck_assert_int_eq(send(fd, query, size, 0), (int)size);
    do {
        ck_assert_int_gt(recv(fd, other, sizeof other, 0), 18);
        if (other[1] == 7) {
            memcpy(answer, other, sizeof other);
            answered = true;
        }
    } while (other[1] != 8);
    close(fd);
    return answered;
}

/* returns 'o', 'n' or 's'. The target of the service is an address in dots. */
static char look_up(const char *domain, struct sockaddr_in *in) {
    unsigned char answer[600];
    char address[INET_ADDRSTRLEN] = "";
    size_t size = 0;
    if (!ask_name(domain, answer, &size)) {
        return 's';
    }
    if ((answer[3] & 15) != 0 || answer[7] == 0) {
        return 'n';
    }
    in->sin_family = AF_INET;
    in->sin_port = htons((uint16_t)(answer[size + 16] << 8 | answer[size + 17]));
    for (size_t at = size + 18; answer[at] != 0 && strlen(address) + answer[at] + 1 < sizeof address;
         at += answer[at] + 1u) {
        snprintf(address + strlen(address), sizeof address - strlen(address), "%s%.*s", address[0] == '\0' ? "" : ".",
                 (int)answer[at], (const char *)answer + at + 1);
    }
    ck_assert_msg(inet_pton(AF_INET, address, &in->sin_addr) == 1, "%s is no address", address);
    return 'o';
}

static char dial(const char *domain, int *fd) {
    struct sockaddr_in in = {0};
    const char found = look_up(domain, &in);
    if (found != 'o') {
        return found;
    }
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (connect(*fd, (struct sockaddr *)&in, sizeof in) != 0 && errno == ECONNREFUSED) {
        close(*fd);
        return 'r';
    }
    struct pollfd fds = {.fd = *fd, .events = POLLOUT};
    const bool open = poll(&fds, 1, 0) > 0 && (fds.revents & POLLERR) == 0;
    if (!open) {
        close(*fd);
    }
    return open ? 'o' : (fds.revents & POLLERR) != 0 ? 'r' : 'w';
}

char fake_knock(const char *domain) {
    int fd;
    const char result = dial(domain, &fd);
    if (result == 'o') {
        close(fd);
    }
    return result;
}

int fake_dial(const char *domain) {
    int fd = -1;
    ck_assert_int_eq(dial(domain, &fd), 'o');
    return add_line(fd);
}

/* ----------------------------------------------------------------------------------------------------- streams ---- */

#define HEADER                                                                                                         \
    "<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "       \
    "xmlns:db='jabber:server:dialback' version='1.0'"

int fake_stream_to(const char *from, const char *to) {
    char text[1000];
    const int line = fake_dial(to);
    snprintf(text, sizeof text, HEADER " from='%s' to='%s'><db:result from='%s' to='%s'>key</db:result>", from, to,
             from, to);
    fake_say(line, text);
    fake_hear(line, "</stream:features>");
    FAKE_TAG(line, "db:result", "type='valid'");
    return line;
}

int fake_stream_from(const char *from, const char *to, const char *id, char *key, size_t size) {
    char text[1000], wants_from[300], wants_to[300];
    const int line = fake_accept();
    snprintf(wants_from, sizeof wants_from, "from='%s'", from);
    snprintf(wants_to, sizeof wants_to, "to='%s'", to);
    const char *const wants[] = {wants_from, wants_to, NULL};
    fake_hear_tag(line, "stream:stream", wants, NULL, 0);
    snprintf(text, sizeof text, HEADER " from='%s' to='%s' id='%s'><stream:features/>", to, from, id);
    fake_say(line, text);
    fake_hear_tag(line, "db:result", wants, key, size);
    return line;
}

void fake_valid(int line, const char *from, const char *to) {
    char text[1000];
    snprintf(text, sizeof text, "<db:result from='%s' to='%s' type='valid'/>", to, from);
    fake_say(line, text);
}
