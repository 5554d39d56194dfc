/* ports.c - ports of loopback, secrets, and lines exchanged with a process that was started. */
#include "parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

enum { PORT_FIRST = 10000, PORT_COUNT = 20000, PORT_TRIES = 200 };

static bool fill_random(void *data, size_t size) {
    const int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    const ssize_t got = fd < 0 ? -1 : read(fd, data, size);
    if (fd >= 0) {
        close(fd);
    }
    return got == (ssize_t)size;
}

bool live_secret(char secret[LIVE_PASSWORD_SIZE], struct live_error *error) {
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    unsigned char octets[LIVE_PASSWORD_SIZE - 1];
    if (!fill_random(octets, sizeof octets)) {
        return live_fail(error, "/dev/urandom cannot be read");
    }
    for (size_t i = 0; i < sizeof octets; i++) {
        secret[i] = digits[octets[i] % 32];
    }
    secret[sizeof octets] = '\0';
    return true;
}

static struct sockaddr_in address_of(const char *address, uint16_t port) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    (void)inet_pton(AF_INET, address, &in.sin_addr);
    return in;
}

static bool is_free(uint16_t port) {
    const struct sockaddr_in in = address_of("127.0.0.1", port);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool result = fd >= 0 && bind(fd, (const struct sockaddr *)&in, sizeof in) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return result;
}

/* Below the range from which connections get theirs, so that none takes it before the server does; and anywhere in it,
 * so that two harnesses hardly ever want the same. */
uint16_t live_free_port(struct live_error *error) {
    for (int tries = 0; tries < PORT_TRIES; tries++) {
        uint16_t number;
        if (!fill_random(&number, sizeof number)) {
            live_fail(error, "/dev/urandom cannot be read");
            return 0;
        }
        const uint16_t port = (uint16_t)(PORT_FIRST + number % PORT_COUNT);
        if (is_free(port)) {
            return port;
        }
    }
    live_fail(error, "no port of 127.0.0.1 is free");
    return 0;
}

bool live_port_open(const char *address, uint16_t port) {
    const struct sockaddr_in in = address_of(address, port);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool open = fd >= 0 && connect(fd, (const struct sockaddr *)&in, sizeof in) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return open;
}

/* returns 0, or why there is no connection: an errno. */
static int try_connection(const struct addrinfo *where, unsigned seconds) {
    const int fd = socket(where->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    int problem = 0;
    socklen_t size = sizeof problem;
    if (fd < 0) {
        return errno;
    }
    if (connect(fd, where->ai_addr, where->ai_addrlen) != 0) {
        problem = errno;
        if (problem == EINPROGRESS && poll(&ready, 1, (int)seconds * 1000) <= 0) {
            problem = ETIMEDOUT;
        } else if (problem == EINPROGRESS && getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) != 0) {
            problem = errno;
        }
    }
    close(fd);
    return problem;
}

const char *live_port_problem(const char *address, uint16_t port, unsigned seconds) {
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char number[8];
    int problem = ENOENT;
    snprintf(number, sizeof number, "%u", port);
    const int result = getaddrinfo(address, number, &hints, &found);
    if (result != 0) {
        return gai_strerror(result);
    }
    for (const struct addrinfo *at = found; at != NULL && problem != 0; at = at->ai_next) {
        problem = try_connection(at, seconds);
    }
    freeaddrinfo(found);
    return problem == 0 ? NULL : strerror(problem);
}

/* ------------------------------------------------------------------------------------------------------- lines ---- */

/* returns how many milliseconds are left, at least one; -1: none. */
static int left_ms(uint64_t end_us) {
    const uint64_t now_us = live_clock_us();
    const uint64_t left = now_us >= end_us ? 0 : (end_us - now_us) / 1000;
    return now_us >= end_us ? -1 : left < INT_MAX ? (int)left + 1 : INT_MAX;
}

/* A question that has begun must not stay half, as the next one would be read as its end. */
static bool send_all(int fd, const char *data, size_t size, uint64_t end_us) {
    for (bool begun = false; size > 0; begun = true) {
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        const int left = left_ms(end_us);
        if (left < 0 || poll(&ready, 1, left) <= 0) {
            if (begun) {
                (void)shutdown(fd, SHUT_RDWR);
            }
            errno = ETIMEDOUT;
            return false;
        }
        const ssize_t sent = send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN) {
            return false;
        }
        data += sent > 0 ? sent : 0;
        size -= sent > 0 ? (size_t)sent : 0;
    }
    return true;
}

/* One line, without its end, behind those that come too late. Nothing comes behind it: one question is asked at a time. */
static bool receive_line(int fd, unsigned *late, char *line, size_t size, uint64_t end_us) {
    size_t count = 0;
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        const int left = left_ms(end_us);
        char octets[256];
        if (left < 0 || poll(&ready, 1, left) <= 0) {
            ++*late;
            errno = ETIMEDOUT;
            return false;
        }
        const ssize_t got = recv(fd, octets, sizeof octets, 0);
        if (got <= 0) {
            errno = EPIPE;
            return false;
        }
        for (ssize_t i = 0; i < got; i++) {
            if (octets[i] == '\n' && *late == 0) {
                line[count] = '\0';
                return true;
            }
            if (octets[i] == '\n') {
                --*late;
                count = 0;
            } else if (count + 1 < size) {
                line[count++] = octets[i];
            }
        }
    }
}

bool live_ask(int channel, unsigned *late, const char *question, size_t question_size, char *answer, size_t size,
              uint64_t end_us) {
    return send_all(channel, question, question_size, end_us) && receive_line(channel, late, answer, size, end_us);
}
