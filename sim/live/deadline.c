/* deadline.c - an end for calls that wait on a connection and know none: libstrophe's TLS handshake does. */
#include "parts.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct live_deadline {
    pthread_t thread;
    int connection; /* a copy, as the number may become another connection's meanwhile */
    int ends[2];    /* closing the second calls it off */
    int wait_ms;
    bool over; /* of the thread until it has been joined */
};

static void *wait_for_it(void *argument) {
    struct live_deadline *deadline = argument;
    struct pollfd off = {.fd = deadline->ends[0], .events = POLLIN};
    if (poll(&off, 1, deadline->wait_ms) == 0) {
        deadline->over = true;
        (void)shutdown(deadline->connection, SHUT_RDWR);
    }
    return NULL;
}

struct live_deadline *live_deadline_new(int connection, unsigned wait_ms) {
    struct live_deadline *deadline = calloc(1, sizeof *deadline);
    if (deadline == NULL) {
        return NULL;
    }
    deadline->wait_ms = wait_ms > 1000000000 ? 1000000000 : (int)wait_ms;
    deadline->connection = fcntl(connection, F_DUPFD_CLOEXEC, 0);
    const bool paired =
        deadline->connection >= 0 && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, deadline->ends) == 0;
    if (paired && pthread_create(&deadline->thread, NULL, wait_for_it, deadline) == 0) {
        return deadline;
    }
    if (paired) {
        close(deadline->ends[0]);
        close(deadline->ends[1]);
    }
    if (deadline->connection >= 0) {
        close(deadline->connection);
    }
    free(deadline);
    return NULL;
}

bool live_deadline_end(struct live_deadline *deadline) {
    if (deadline == NULL) {
        return false;
    }
    close(deadline->ends[1]);
    pthread_join(deadline->thread, NULL);
    const bool over = deadline->over;
    close(deadline->ends[0]);
    close(deadline->connection);
    free(deadline);
    return over;
}
