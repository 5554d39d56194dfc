/* recorder.h - a session of real clients on a real server, written down as a scenario. */
#ifndef STANZADRILL_LIVE_RECORDER_H
#define STANZADRILL_LIVE_RECORDER_H

#include "live.h"

/* What was seen so far: who logged in, who sent and received what. */
struct live_recorder;

struct live_recorder *live_recorder_new(void); /* NULL where memory ran out */
void live_recorder_free(struct live_recorder *recorder);
size_t live_recorder_clients(const struct live_recorder *recorder); /* that have logged in */
size_t live_recorder_stanzas(const struct live_recorder *recorder); /* that were written down */

/* live_recorder_text - the scenario; target: how the server is called. new; NULL where nobody has logged in, or memory
 * ran out (*size is then 0, or 1). */
char *live_recorder_text(const struct live_recorder *recorder, const char *target, size_t *size);

/* What a proxy says while it works. */
struct live_record_calls {
    void *context;
    void (*listens)(void *context, const char *address, uint16_t port); /* clients may come */
    void (*notice)(void *context, const char *text); /* something that the scenario does not show; one line */
};

struct live_record {
    const char *address;         /* to listen at, of loopback; NULL: 127.0.0.1 */
    uint16_t port;               /* 0: a free one */
    int stop;                    /* a descriptor; when it can be read, the recording is over */
    const char *const *accounts; /* bare JIDs, to be made on a server that was started for it */
    size_t account_count;
    const char *password; /* of theirs */
    struct live_record_calls calls;
};

/* live_record_address - "ADDRESS:PORT", "[ADDRESS]:PORT" or "localhost:PORT" as an address of loopback, in a form that
 * live_record takes, and a port, which may be 0. returns false and *error. */
bool live_record_address(const char *text, char address[64], uint16_t *port, struct live_error *error);

/* live_record - stand between clients and a server until it is told to stop. TLS is offered to nobody: the server's
 * offer is taken out, and nobody but this machine's clients can connect. returns   false and *error where it could not
 * begin. */
bool live_record(struct live_server *server, const struct live_record *record, struct live_recorder *recorder,
                 struct live_error *error);

#endif
