/* story.h - what the two halves of telling a story share; private to sim/drill. */
#ifndef STANZADRILL_DRILL_STORY_H
#define STANZADRILL_DRILL_STORY_H

#include "parts.h"

/* When a stream between two domains last became ready: what had waited for it was written then. */
struct opened {
    struct opened *next;
    int from; /* lane of the opener */
    const char *target;
    uint64_t time_us;
};

struct teller {
    struct run *run;
    struct drill_story *story;
    struct arena *arena;   /* of the story */
    int *lane_of_actor;    /* of the cast; -1: it has none */
    int *server_of_actor;  /* lane of a client's or component's server; -1: none */
    size_t *actor_of_place; /* of the world's servers and peers: where they are in the cast, or its end */
    size_t place_count;
    size_t *told;          /* of the log's events: where the story has it */
    const char **labels;   /* of stanzas by number, from 1; NULL: not asked for yet */
    const char **stanzas;  /* the same: their canonical texts */
    size_t *closings;      /* of clients: where the story has the fate that ends its stream, plus one; 0: there is none */
    struct opened *opened;
};

/* drill_story_lanes - who takes part. returns false where memory ran out. */
bool drill_story_lanes(struct teller *t);

int drill_story_lane_of(const struct teller *t, int place); /* of a server or peer of the world; -1: none */

/* drill_story_place - the lane of whoever has a domain in the simulation; -1: nobody. */
int drill_story_place(const struct teller *t, const char *domain);

#endif
