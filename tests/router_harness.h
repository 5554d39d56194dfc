/* router_harness.h - what the tests of the router share: a router with two hosts and a client on each, stanzas as text
 * that go in, and what comes out as text. */
#ifndef STANZADRILL_TESTS_ROUTER_HARNESS_H
#define STANZADRILL_TESTS_ROUTER_HARNESS_H

#include "router.h"

/* montague.example and capulet.example are served; romeo@montague.example/orchard and juliet@capulet.example/balcony
 * are connected and have sent no presence. Knobs and departures can be turned at any time. */
extern struct policy *policy;
extern struct router *router;
extern uint32_t romeo, juliet;

void harness_setup(void);
void harness_teardown(void);

struct slice s(const char *text);
void knob(const char *name, const char *value);
void profile(const char *text); /* lines of a profile, on top of what is set */

uint32_t bind_as(const char *jid);
uint32_t peer(void); /* verona.example opens a stream to capulet.example */
void contact(const char *account, const char *jid, enum router_subscription subscription);

/* What becomes of the stanza in a text that comes in on a stream. */
int input(uint32_t port, const char *xml);
int input_at(uint64_t now_us, uint32_t port, const char *xml); /* the same, later than at the beginning of time */

#define SECONDS UINT64_C(1000000)

enum show {
    FATES, /* "deliver to juliet@capulet.example/balcony by msg.full.chat.match", opened streams and writes too */
    BYTES, /* the same with what is written: "...: <message .../>" */
    MARKS  /* "mark by in.to.absent" */
};

/* The effects of the last input, one a line; a departure shows as " as ID". The text is overwritten by the next call.
 */
const char *effects(enum show show);
const char *send_as(uint32_t port, const char *xml, enum show show); /* input, which must go well, then effects */
const char *tick(uint64_t now_us, enum show show); /* time goes by, which must go well, then effects */
uint32_t opened(void);                                               /* the stream that the last input asked for */
void link_is(uint64_t now_us, uint32_t port, enum router_link_event event); /* it happens to a stream, and goes well */
const char *facts(const char *account);                              /* of router_describe */
bool has_mark(const char *rule);                                     /* whether the last input left this mark */

/* A text is part of another, or is not; what is looked into is evaluated once. */
#define ck_assert_has(text, part)                                                                                      \
    do {                                                                                                               \
        const char *looked_into = (text);                                                                              \
        ck_assert_msg(strstr(looked_into, (part)) != NULL, "%s is not in:\n%s", (part), looked_into);                  \
    } while (0)
#define ck_assert_lacks(text, part)                                                                                    \
    do {                                                                                                               \
        const char *looked_into = (text);                                                                              \
        ck_assert_msg(strstr(looked_into, (part)) == NULL, "%s is in:\n%s", (part), looked_into);                      \
    } while (0)

/* How often a text is in another. */
unsigned occurrences(const char *text, const char *wanted);

/* An allocator that refuses its n-th call, counted from 0, and also all that follow where `lasting`. */
struct failing {
    unsigned long calls, refused_at;
    bool lasting, refused;
    long living; /* pieces that were given and not taken back */
};
struct router_alloc failing_alloc(struct failing *f);

/* Runs a story with the first, the second, ... allocation failing, until one run has no more of them. The story returns
 * whether no call told of missing memory. Each run must leave nothing behind, and none may hide a failure. */
void exhaust(bool (*story)(const struct router_alloc *alloc));

#endif
