/* fake_venue.h - a venue over arrays that stands for real servers: it does what a test has planned, and keeps what it was
 * asked for. */
#ifndef STANZADRILL_TESTS_FAKE_VENUE_H
#define STANZADRILL_TESTS_FAKE_VENUE_H

#include "venue.h"

/* What comes of a stanza with an id: something arrives at a client, or its stream ends where `stanza` is NULL. */
struct fake_reply {
    const char *id;
    int client;
    const char *stanza, *ended;
};

struct fake_plan {
    struct fake_reply replies[16]; /* up to the first without an id */
    const char *bound;    /* resource for clients that ask for none; NULL: "made-up" */
    const char *cannot;   /* the function that answers VENUE_E_CANNOT */
    const char *down;     /* the function that answers VENUE_E_DOWN */
    const char *down_at;  /* text in a stanza at which the server is gone, once it has waited */
    const char *refused;  /* condition with which nobody is let in */
    bool foresees;        /* says before the case which faults it cannot make */
    bool no_venue;        /* there is nobody to play with */
};

extern struct fake_plan fake_plan;
extern char fake_calls[4000]; /* one line for each call, since fake_reset */
extern unsigned fake_made, fake_freed;

void fake_reset(void);
void fake_answer(size_t n, const char *id, int client, const char *stanza); /* plans the n-th reply, which arrives */
int fake_venue(void *context, unsigned number, struct venue **venue, struct router_error *error);

#endif
