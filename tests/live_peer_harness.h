/* live_peer_harness.h - a server that a test plays, and peers and components that talk to it over loopback. */
#ifndef LIVE_PEER_HARNESS_H
#define LIVE_PEER_HARNESS_H

#include "../sim/live/parts.h"

enum { FAKE_HEARD_MAX = 4 };

/* What a peer or component has told of. */
struct fake_heard {
    char text[20000]; /* stanzas that arrived, one behind the other */
    size_t count;
    char ended[64]; /* why the last of its streams ended */
    unsigned endings;
};

extern struct live_server fake_server; /* its name is "fake", its port serves servers and components */
extern struct fake_heard fake_heard[FAKE_HEARD_MAX];
extern struct live_error fake_error;

void fake_begin(void); /* fixtures */
void fake_end(void);

/* Peers and components that work whenever a test waits, and are freed at its end. They tell `fake_heard` of what they
 * hear, the first the first, and so on. */
struct live_peer *fake_peer(const struct world_peer *config);
struct live_peer *fake_join(struct live_peer *first);
struct live_component *fake_component(const char *domain);
void fake_send(struct live_peer *peer, const char *text);
void fake_send_raw(struct live_peer *peer, const char *text);
void fake_mark(struct live_peer *peer, const char *served);
void fake_fault(struct live_peer *peer, enum live_peer_fault fault, const char *domain);
bool fake_works(void); /* whether all can go on; else fake_error says why not */

/* Connections of the fake server. */
int fake_accept(void); /* the next one that comes to it */
bool fake_comes(void); /* whether one has come already */
/* fake_dial - to where the name server says that the domain is; fails the test where it cannot. */
int fake_dial(const char *domain);
/* fake_knock - how far one gets: 'o' open, 'n' no such name, 's' the name server is silent, 'r' refused, 'w' waits. */
char fake_knock(const char *domain);
void fake_say(int line, const char *text);
void fake_close(int line);
void server_reset(int line);
/* fake_hear - wait for a text in what comes, and go on reading behind it. */
void fake_hear(int line, const char *text);
/* fake_hear_tag - wait for the next start tag of that name, which must hold the texts (up to NULL). after: what stands
 * between it and the next '<'; may be NULL. */
void fake_hear_tag(int line, const char *name, const char *const *texts, char *after, size_t size);
#define FAKE_TAG(line, name, ...) fake_hear_tag(line, name, (const char *const[]){__VA_ARGS__, NULL}, NULL, 0)
void fake_hear_end(int line); /* the connection is closed */
bool fake_is_over(int line);
const char *fake_unread(int line);                                       /* what has come, and was not waited for */
void fake_until(bool (*done)(const void *subject), const void *subject); /* wait for it */

/* A stream from one served domain to the peer, from header to a valid result. */
int fake_stream_to(const char *from, const char *to);
/* A stream of the peer: accepted, and answered; after it comes dialback. key: what the peer asks with. */
int fake_stream_from(const char *from, const char *to, const char *id, char *key, size_t size);
void fake_valid(int line, const char *from, const char *to); /* the result of dialback, for a pair as the peer has it */

#endif
