/* peer.h - what the files of a peer share. */
#ifndef STANZADRILL_LIVE_PEER_H
#define STANZADRILL_LIVE_PEER_H

#include "stream.h"

enum { PEER_STREAMS_MAX = 200, PEER_VERIFIED_MAX = 100, PEER_KEY_SIZE = 41 };

/* One stream, accepted by the peer or its own. */
struct peer_stream {
    struct peer_stream *next;
    struct live_peer *peer;
    struct live_stream *stream;
    bool accepted;
    bool silent;            /* accepted: nothing is read from it, ever, and nothing said */
    bool ready;             /* own: dialback can begin, or is over */
    bool used;              /* own: a stanza of the script went out on it */
    char *id;               /* whoever accepted the stream gave it */
    struct peer_pair *pair; /* own: for which it was opened */
    struct live_text open;  /* own: octets of the script, sent raw, that are no whole elements yet */
    enum live_raw raw;      /* own: what they are */
    struct {
        size_t own;
        char *served;
    } verified[PEER_VERIFIED_MAX]; /* accepted: whom the target showed to be, and for which of the peer's domains */
    size_t verified_count;
};

enum peer_window { WINDOW_NONE, WINDOW_OPEN, WINDOW_CLOSING };

enum peer_step { PAIR_WAITS, PAIR_ASKED, PAIR_READY };

/* A domain of the peer and one of the target, from the one to the other. */
struct peer_pair {
    struct peer_pair *next;
    size_t own;
    char *served;
    bool aside;                 /* a stream that is for marks alone, beside one in the middle of raw octets */
    struct peer_stream *stream; /* NULL: none now */
    enum peer_step step;
    uint64_t since_us; /* the step's beginning */
    struct live_text waiting;
    bool scripted; /* some of what waits is the script's */
};

/* A ping that has not been answered. */
struct peer_mark {
    struct peer_mark *next;
    struct peer_pair *pair;
    unsigned number, tries;
    bool probes;       /* it is a question of dialback */
    uint64_t asked_us; /* when it went out last */
};

struct live_peer {
    struct live_server *server;
    struct live_peer *first;  /* the one that accepts for all: itself, where it was not joined */
    struct live_peer *joined; /* first: the list of those; else the next of them */
    struct live_peer_events events;
    struct world_peer config; /* troubles alone */
    char *stream_error;
    char **domains; /* the first is its own, the others are those of `also` */
    bool *lost;     /* whose name is not found */
    size_t domain_count;
    char **served;
    size_t served_count;
    char secret[LIVE_PASSWORD_SIZE]; /* of dialback keys */

    int loop;
    int listener, fillers[2]; /* -1: none */
    char address[LIVE_SOURCE_SIZE];
    uint16_t port;
    bool down, cut, stall_in, stall_out;
    enum peer_window window;
    bool was_away; /* the target may have failed to reach it */

    struct peer_stream *streams;
    size_t stream_count;
    struct peer_pair *pairs, *last; /* last: on which the script sent */
    struct peer_mark *marks;
    unsigned mark_count;
    bool failed;
    struct live_error failure;
};

/* peer.c */
void peer_fail(struct live_peer *peer, const char *why);
void peer_fail_pair(struct live_peer *peer, const struct peer_pair *pair, const char *step, const char *why);
struct peer_pair *peer_pair_find(struct live_peer *peer, size_t own, const char *served, bool aside);
/* peer_pair_put - written when the pair is ready; a stream for it begins to open where there is none. */
void peer_pair_put(struct live_peer *peer, struct peer_pair *pair, const char *bytes, size_t size, bool scripted);
/* peer_pair_begin - gets it a stream. alone: not one of another pair. */
void peer_pair_begin(struct live_peer *peer, struct peer_pair *pair, bool alone);
void peer_pair_flush(struct live_peer *peer, struct peer_pair *pair);
void peer_pair_drop(struct live_peer *peer, struct peer_pair *pair); /* what waits, and its marks, are given up */
bool peer_domain(const char *jid, char *domain, size_t size);        /* as it is compared; false: it has none */
int peer_own(const struct live_peer *peer, const char *jid);         /* which of its domains, or -1 */

/* peer_net.c */
enum peer_port { PORT_OPEN, PORT_REFUSES, PORT_SILENT };
bool peer_listen(struct live_peer *peer, enum peer_port how, struct live_error *error);
enum peer_port peer_wanted_port(const struct live_peer *peer);
bool peer_tell_dns(struct live_peer *peer, struct live_error *error);
bool peer_accept(struct live_peer *peer); /* false: nobody was there, or there is no descriptor for them */
void peer_close_port(struct live_peer *peer);
/* peer_stream_add - socket: -1: one of its own, to the domain `served`. */
struct peer_stream *peer_stream_add(struct live_peer *peer, int socket, const char *served);
void peer_sweep(struct live_peer *peer);                                 /* streams that are over */
/* peer_is_away - a fault keeps the target from a domain of the peer. peer_reached - no fault and no trouble does. */
bool peer_is_away(const struct live_peer *peer, size_t own);
bool peer_reached(const struct live_peer *peer, size_t own);

/* peer_window.c */
bool peer_is_troubled(const struct live_peer *peer); /* the script wants it to be out of reach, or not to believe */
bool peer_window_open(struct live_peer *peer); /* for pairs that are to be verified; false: the peer has failed */
void peer_window_step(struct live_peer *peer);

/* dialback.c */
extern const struct live_stream_calls peer_accepted_calls, peer_own_calls;
/* peer_ask_next - for the verification of a pair that waits for it on a stream; one after the other, so that what the
 * script sends for several domains arrives in one order. */
void peer_ask_next(struct peer_stream *stream);
/* peer_probe - a mark that comes back on the same stream. */
void peer_probe(struct live_peer *peer, struct peer_pair *pair, unsigned number);
bool peer_is_verified(const struct live_peer *peer, const char *served, size_t own);

/* peer_marks.c */
bool peer_marks_see(struct live_peer *peer, const struct live_element *element); /* whether it is hidden */
void peer_marks_back(struct live_peer *peer, const char *id);
void peer_marks_again(struct live_peer *peer, struct peer_pair *pair); /* its stream is over */
void peer_marks_remind(struct live_peer *peer); /* asks again where the answer may have been given up */
void peer_marks_drop(struct live_peer *peer, const struct peer_pair *pair); /* NULL: all */

#endif
