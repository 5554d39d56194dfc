/* proxy.c - stands between clients and a server on loopback, and lets everything pass. */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

enum {
    UNWRITTEN_MAX = 1 << 20, /* octets that may wait for one side before the other is not read any more */
    READ_SIZE = 16384,
    BACKLOG = 64
};

/* A client and, once it has said which domain it wants, its server. Descriptors are -1 where there is none. */
struct link {
    struct link *next;
    struct live_follow *follow;
    int client, server;
    bool client_done, server_done; /* nothing more comes from there */
    bool told_server;              /* that nothing more comes from the client */
};

struct proxy {
    struct live_server *server;
    const struct live_record *record;
    struct live_recorder *recorder;
    int listener;
    struct link *links;
    size_t link_count;
    size_t link_most; /* there are no descriptors for more */
    struct pollfd *polls;
    size_t poll_room;
    bool failed; /* memory ran out */
};

union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    struct sockaddr_storage room;
};

/* --------------------------------------------------------------------------------------------------- addresses ---- */

/* Reads an address in numbers. returns its size, or 0. */
static socklen_t make_address(union address *address, const char *text, uint16_t port) {
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &address->four.sin_addr) == 1) {
        address->four.sin_family = AF_INET;
        address->four.sin_port = htons(port);
        return sizeof address->four;
    }
    if (inet_pton(AF_INET6, text, &address->six.sin6_addr) == 1) {
        address->six.sin6_family = AF_INET6;
        address->six.sin6_port = htons(port);
        return sizeof address->six;
    }
    return 0;
}

static bool is_loopback(const union address *address) {
    return address->any.sa_family == AF_INET ? ntohl(address->four.sin_addr.s_addr) >> 24 == 127
                                             : IN6_IS_ADDR_LOOPBACK(&address->six.sin6_addr);
}

bool live_record_address(const char *text, char address[64], uint16_t *port, struct live_error *error) {
    const char *colon = strrchr(text, ':');
    const size_t size = colon == NULL ? 0 : (size_t)(colon - text);
    const size_t digits = colon == NULL ? 0 : strspn(colon + 1, "0123456789");
    const unsigned long number = digits > 0 && digits < 6 ? strtoul(colon + 1, NULL, 10) : 65536;
    const bool brackets = size > 2 && text[0] == '[' && text[size - 1] == ']';
    union address made;
    if (size == 0 || size >= 64 || digits == 0 || colon[1 + digits] != '\0' || number > 65535) {
        return live_fail(error, "\"%.80s\" is no ADDRESS:PORT, as in 127.0.0.1:5222", text);
    }
    snprintf(address, 64, "%.*s", (int)(brackets ? size - 2 : size), text + brackets);
    if (strcmp(address, "localhost") == 0) {
        snprintf(address, 64, "127.0.0.1");
    }
    if (make_address(&made, address, 0) == 0 || (strchr(address, ':') != NULL) != brackets) {
        return live_fail(error, "\"%.80s\" is no address in numbers, as in 127.0.0.1:5222 or [::1]:5222", text);
    }
    *port = (uint16_t)number;
    return is_loopback(&made) ||
           live_fail(error, "%.64s is not on loopback; clients come without TLS, so that only this machine's may",
                     address);
}

static bool make_live(int fd) {
    const int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static bool start_listening(struct proxy *proxy, struct live_error *error) {
    const struct live_record *record = proxy->record;
    const char *text = record->address == NULL ? "127.0.0.1" : record->address;
    const uint16_t port = record->port != 0 ? record->port : live_free_port(error);
    const int on = 1;
    union address address;
    const socklen_t size = make_address(&address, text, port);
    if (port == 0 || size == 0) {
        return port != 0 && live_fail(error, "\"%.80s\" is no address", text);
    }
    if (!is_loopback(&address)) {
        return live_fail(error, "%.64s is not on loopback", text);
    }
    proxy->listener = socket(address.any.sa_family, SOCK_STREAM, 0);
    if (proxy->listener < 0 || setsockopt(proxy->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(proxy->listener, &address.any, size) != 0 || listen(proxy->listener, BACKLOG) != 0 ||
        !make_live(proxy->listener)) {
        return live_fail(error, "listen at %.64s:%u: %s", text, port, strerror(errno));
    }
    if (record->calls.listens != NULL) {
        record->calls.listens(record->calls.context, text, port);
    }
    return true;
}

/* -------------------------------------------------------------------------------------------------- the server ---- */

static bool finish_connecting(int fd, unsigned seconds) {
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    int why = 0;
    socklen_t size = sizeof why;
    const int count = poll(&ready, 1, (int)seconds * 1000);
    if (count <= 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) != 0) {
        errno = count == 0 ? ETIMEDOUT : errno;
        return false;
    }
    errno = why;
    return why == 0;
}

static int connect_one(const struct addrinfo *info, unsigned seconds) {
    const int fd = socket(info->ai_family, info->ai_socktype, info->ai_protocol);
    if (fd < 0) {
        return -1;
    }
    const bool begun = make_live(fd) && (connect(fd, info->ai_addr, info->ai_addrlen) == 0 || errno == EINPROGRESS);
    if (begun && finish_connecting(fd, seconds)) {
        return fd;
    }
    const int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* Returns a descriptor, or -1 and why. */
static int connect_to(const char *host, uint16_t port, unsigned seconds, const char **why) {
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *infos = NULL;
    char number[8];
    snprintf(number, sizeof number, "%u", port);
    const int result = getaddrinfo(host, number, &hints, &infos);
    int fd = -1;
    *why = result == 0 ? "" : gai_strerror(result);
    for (const struct addrinfo *info = result == 0 ? infos : NULL; info != NULL && fd < 0; info = info->ai_next) {
        fd = connect_one(info, seconds);
        *why = strerror(errno);
    }
    if (result == 0) {
        freeaddrinfo(infos);
    }
    return fd;
}

/* The client has said what it wants; a server that cannot be had is the client's bad luck, and told. */
static void find_server(struct proxy *proxy, struct link *link) {
    const char *domain = live_follow_domain(link->follow), *address, *why;
    const char *target = live_target_name(proxy->server->target);
    char text[500];
    uint16_t port;
    if (!live_where(proxy->server, domain, &address, &port)) {
        snprintf(text, sizeof text, "a client wants the domain \"%.200s\", which %.100s does not serve", domain,
                 target);
        live_follow_refuse(link->follow, "host-unknown", text);
        return;
    }
    link->server = connect_to(address, port, proxy->server->seconds, &why);
    if (link->server < 0) {
        snprintf(text, sizeof text, "%.100s: connect for %.200s to %.100s:%u: %.60s", target, domain, address, port,
                 why);
        live_follow_refuse(link->follow, "remote-connection-failed", text);
    }
}

/* ------------------------------------------------------------------------------------------------------- links ---- */

static void link_free(struct link *link) {
    if (link->client >= 0) {
        close(link->client);
    }
    if (link->server >= 0) {
        close(link->server);
    }
    live_follow_free(link->follow);
    free(link);
}

static void accept_client(struct proxy *proxy) {
    const int fd = accept(proxy->listener, NULL, NULL);
    if (fd < 0) {
        /* It has gone already, or has to wait until another goes. */
        proxy->link_most = errno == EMFILE || errno == ENFILE ? proxy->link_count : SIZE_MAX;
        return;
    }
    struct link *link = make_live(fd) ? calloc(1, sizeof *link) : NULL;
    struct live_follow *follow = link == NULL ? NULL : live_follow_new(proxy->recorder, &proxy->record->calls);
    if (follow == NULL) {
        proxy->failed = true;
        free(link);
        close(fd);
        return;
    }
    *link = (struct link){.follow = follow, .client = fd, .server = -1};
    struct link **tail = &proxy->links;
    while (*tail != NULL) {
        tail = &(*tail)->next;
    }
    *tail = link;
    proxy->link_count++;
}

/* Returns false where nothing more comes. */
static bool read_side(struct proxy *proxy, struct link *link, bool from_client) {
    char octets[READ_SIZE];
    const ssize_t got = recv(from_client ? link->client : link->server, octets, sizeof octets, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        return true;
    }
    if (got <= 0) {
        live_follow_end(link->follow, from_client);
        return false;
    }
    proxy->failed = proxy->failed || !live_follow_octets(link->follow, from_client, octets, (size_t)got);
    return true;
}

static void write_side(struct link *link, bool to_server) {
    struct live_text *out = live_follow_out(link->follow, to_server);
    const int fd = to_server ? link->server : link->client;
    if (out->size == 0 || fd < 0) {
        return;
    }
    const ssize_t sent = send(fd, out->data, out->size, MSG_NOSIGNAL);
    if (sent > 0) {
        memmove(out->data, out->data + sent, out->size - (size_t)sent);
        out->size -= (size_t)sent;
    } else if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        out->size = 0; /* nobody is there to read it */
    }
}

/* Whether the link is done with. */
static bool work(struct proxy *proxy, struct link *link, short client_events, short server_events) {
    enum { COMES = POLLIN | POLLHUP | POLLERR };
    if ((client_events & COMES) != 0 && !link->client_done) {
        link->client_done = !read_side(proxy, link, true);
    }
    if (link->server < 0 && live_follow_domain(link->follow) != NULL && !live_follow_over(link->follow)) {
        find_server(proxy, link);
    }
    if ((server_events & COMES) != 0 && !link->server_done) {
        link->server_done = !read_side(proxy, link, false);
    }
    write_side(link, true);
    write_side(link, false);
    if (link->client_done && !link->told_server && link->server >= 0 &&
        live_follow_out(link->follow, true)->size == 0) {
        shutdown(link->server, SHUT_WR);
        link->told_server = true;
    }
    const bool written = link->client_done || live_follow_out(link->follow, false)->size == 0;
    return (live_follow_over(link->follow) && written) ||
           (link->client_done && (link->server < 0 || link->server_done));
}

/* -------------------------------------------------------------------------------------------------------- loop ---- */

static short wanted(const struct link *link, bool client) {
    const bool done = client ? link->client_done : link->server_done;
    const bool held = live_follow_out(link->follow, client)->size > UNWRITTEN_MAX;
    const bool writes = live_follow_out(link->follow, !client)->size > 0;
    const short in = done || held || live_follow_over(link->follow) ? 0 : POLLIN;
    return (short)(in | (writes ? POLLOUT : 0));
}

/* A descriptor from which nothing more comes would wake up the loop for ever. */
static struct pollfd poll_of(const struct link *link, bool client) {
    const short events = wanted(link, client);
    const bool done = client ? link->client_done : link->server_done;
    return (struct pollfd){.fd = done && events == 0 ? -1 : client ? link->client : link->server, .events = events};
}

static bool fill_polls(struct proxy *proxy) {
    const size_t count = 2 + 2 * proxy->link_count;
    if (count > proxy->poll_room) {
        struct pollfd *grown = realloc(proxy->polls, 2 * count * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        proxy->polls = grown;
        proxy->poll_room = 2 * count;
    }
    proxy->polls[0] = (struct pollfd){.fd = proxy->record->stop, .events = POLLIN};
    const bool crowded = proxy->link_count >= proxy->link_most && proxy->link_count > 0;
    proxy->polls[1] = (struct pollfd){.fd = crowded ? -1 : proxy->listener, .events = POLLIN};
    size_t n = 2;
    for (const struct link *link = proxy->links; link != NULL; link = link->next) {
        proxy->polls[n++] = poll_of(link, true);
        proxy->polls[n++] = poll_of(link, false);
    }
    return true;
}

static void work_on_all(struct proxy *proxy) {
    size_t n = 2;
    for (struct link **at = &proxy->links; *at != NULL; n += 2) {
        struct link *link = *at;
        if (work(proxy, link, proxy->polls[n].revents, proxy->polls[n + 1].revents)) {
            *at = link->next;
            proxy->link_count--;
            link_free(link);
        } else {
            at = &link->next;
        }
    }
}

static bool run(struct proxy *proxy, struct live_error *error) {
    while (!proxy->failed && fill_polls(proxy)) {
        const int count = poll(proxy->polls, (nfds_t)(2 + 2 * proxy->link_count), -1);
        if (count < 0 && errno != EINTR) {
            return live_fail(error, "wait for clients: %s", strerror(errno));
        }
        if (count <= 0) {
            continue;
        }
        if (proxy->polls[0].revents != 0) {
            return true;
        }
        work_on_all(proxy);
        if (proxy->polls[1].revents != 0) {
            accept_client(proxy);
        }
    }
    return live_fail(error, "memory ran out");
}

static bool make_accounts(struct proxy *proxy, struct live_error *error) {
    for (size_t i = 0; i < proxy->record->account_count; i++) {
        const char *bare = proxy->record->accounts[i], *at = strchr(bare, '@');
        char local[1024];
        snprintf(local, sizeof local, "%.*s", (int)(at - bare), bare);
        if (!live_account(proxy->server, local, at + 1, proxy->record->password, LIVE_NO_END, error)) {
            return false;
        }
    }
    return true;
}

bool live_record(struct live_server *server, const struct live_record *record, struct live_recorder *recorder,
                 struct live_error *error) {
    struct proxy proxy = {
        .server = server, .record = record, .recorder = recorder, .listener = -1, .link_most = SIZE_MAX};
    if (server->target->tls == LIVE_TLS_REQUIRED) {
        return live_fail(
            error,
            "%.100s: clients may not connect without TLS, which the recorder does not speak; where they may on "
            "loopback, say tls: allowed",
            live_target_name(server->target));
    }
    const bool good = make_accounts(&proxy, error) && start_listening(&proxy, error) && run(&proxy, error);
    while (proxy.links != NULL) {
        struct link *next = proxy.links->next;
        link_free(proxy.links);
        proxy.links = next;
    }
    if (proxy.listener >= 0) {
        close(proxy.listener);
    }
    free(proxy.polls);
    return good;
}
