/* world_harness.h - what the tests of the simulated network share: two servers with clients, and what happened as lines
 * of text. */
#ifndef STANZADRILL_TESTS_WORLD_HARNESS_H
#define STANZADRILL_TESTS_WORLD_HARNESS_H

#include "world.h"

/* Server "north" serves montague.example, where Romeo is; "south" serves capulet.example, where Juliet and her nurse
 * are. connect_all connects them; nobody has sent presence. The policies can be turned at any time. */
extern struct world *world;
extern struct policy *north_policy, *south_policy;
enum { NORTH, SOUTH };
enum { ROMEO, JULIET, NURSE };

void world_setup(void);
void world_setup_connected(void);
void connect_all(void);
void world_setup_with(const struct world_config *config);
void world_teardown(void);

int add_server(const char *name, const char *domain);
void add_account(const char *bare);
int add_client(const char *name, const char *jid); /* with an account, and connected */
void turn(struct policy *policy, const char *knob, const char *value);

/* A peer of domain verona.example, 10 ms away, unless `config` says otherwise. */
int add_peer(const char *name, struct world_peer config);

/* A component of a server, not connected. Components are added before anybody connects. */
int add_component(const char *name, const char *domain, int server);

void sends(int client, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sends_raw(int client, const char *octets);
void settle(void);      /* until nothing is under way but timers */
void run_out(void);     /* until not even a timer runs */
void until_ms(unsigned ms); /* time goes by up to this moment */

/* The n-th event of a kind, of one client where that is not negative; NULL: there are not so many. */
const struct world_event *find(enum world_event_kind kind, int client, size_t n);
size_t count(enum world_event_kind kind, int client);

#define KIND(kind) (1u << (kind))
#define STREAMS (KIND(WORLD_OPEN) | KIND(WORLD_STEP) | KIND(WORLD_READY) | KIND(WORLD_FAILED) | KIND(WORLD_CLOSED))
#define ARRIVALS KIND(WORLD_ARRIVE)
#define ENTRIES KIND(WORLD_ENTER)
#define LOSSES KIND(WORLD_LOST)
#define FAULTS KIND(WORLD_FAULT)
#define ENDS KIND(WORLD_ENDED)

/* The events of some kinds since the last call, one a line, with their time in milliseconds:
 *     0 open montague.example capulet.example     10 name ...     70 ready ...
 *     10 failed montague.example elsinore.example: no such host    500 closed ...: idle
 *     80 capulet.example > m1                     80 Juliet < m1           10 Romeo < m1 remote-server-not-found
 *     90 lost m1: cut                             90 lost m1 for Juliet: vanished
 *     90 Juliet ended: crash                      90 network heals
 * The text is overwritten by the next call. */
const char *happened(unsigned kinds);

#define ck_assert_happened(kinds, text) ck_assert_str_eq(happened(kinds), (text))

#endif
