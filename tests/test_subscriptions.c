/* Two users of one server: whatever subscription stanzas they send, their rosters agree (6121 3, Appendix A). */
#include "router.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *subscriptions_suite(void);

#define ROMEO "romeo@montague.example"
#define JULIET "juliet@capulet.example"

/* From the account's side: it sees the contact, the contact sees it, it has asked, it has been asked, and it has
 * approved ahead. */
struct view {
    bool sees, seen, asks, asked, approved;
};

struct pair {
    struct router *router;
    uint32_t ports[2];
    size_t answers; /* that the last stanza caused */
};

static struct slice s(const char *text) {
    return (struct slice){text, strlen(text)};
}

static void take_effects(struct pair *pair) {
    pair->answers = 0;
    for (struct router_effect e; router_next(pair->router, &e);)
        pair->answers += e.kind == ROUTER_ANSWER;
}

static void open_pair(struct pair *pair) {
    static const char *const domains[] = {"montague.example", "capulet.example"};
    const struct router_config config = {.domains = domains, .domain_count = 2};
    const struct stanza presence = {.kind = STANZA_AVAILABLE, .start = {"<presence/>", 11}};
    ck_assert_int_eq(router_new(&config, &pair->router), ROUTER_OK);
    ck_assert_int_eq(router_account(pair->router, s(ROMEO)), ROUTER_OK);
    ck_assert_int_eq(router_account(pair->router, s(JULIET)), ROUTER_OK);
    ck_assert_int_eq(router_bind(pair->router, s(ROMEO "/orchard"), 0, &pair->ports[0]), ROUTER_OK);
    ck_assert_int_eq(router_bind(pair->router, s(JULIET "/balcony"), 0, &pair->ports[1]), ROUTER_OK);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(router_input(pair->router, pair->ports[i], &presence, 0), ROUTER_OK);
        take_effects(pair);
    }
}

enum { TYPES = 4, EVENTS = 2 * TYPES };

/* Event 0 to 3: Romeo sends; 4 to 7: Juliet does. */
static void send_event(struct pair *pair, unsigned event) {
    static const char *const types[TYPES] = {"subscribe", "subscribed", "unsubscribe", "unsubscribed"};
    static const enum stanza_kind kinds[TYPES] = {STANZA_SUBSCRIBE, STANZA_SUBSCRIBED, STANZA_UNSUBSCRIBE,
                                                  STANZA_UNSUBSCRIBED};
    const unsigned who = event / TYPES, type = event % TYPES;
    const char *to = who == 0 ? JULIET : ROMEO;
    char start[100];
    const int size = snprintf(start, sizeof start, "<presence to='%s' type='%s'/>", to, types[type]);
    const struct stanza st = {.kind = kinds[type],
                              .has_to = true,
                              .to = s(to),
                              .type = s(types[type]),
                              .start = {start, (size_t)size}};
    ck_assert_int_eq(router_input(pair->router, pair->ports[who], &st, 0), ROUTER_OK);
    take_effects(pair);
}

static struct view view_of(const struct pair *pair, const char *account) {
    char facts[300];
    router_describe(pair->router, s(account), facts, sizeof facts);
    const char *roster = strstr(facts, "roster: ");
    if (roster == NULL)
        return (struct view){false, false, false, false, false};
    const bool both = strstr(roster, " both") != NULL;
    return (struct view){both || strstr(roster, " to") != NULL, both || strstr(roster, " from") != NULL,
                         strstr(roster, "asked") != NULL, strstr(roster, "pending in") != NULL,
                         strstr(roster, "approved") != NULL};
}

static unsigned number_of(struct view v) {
    return (unsigned)v.sees | (unsigned)v.seen << 1 | (unsigned)v.asks << 2 | (unsigned)v.asked << 3 |
           (unsigned)v.approved << 4;
}

static unsigned joint_state(const struct pair *pair) {
    return number_of(view_of(pair, ROMEO)) << 5 | number_of(view_of(pair, JULIET));
}

static void must_agree(const struct pair *pair, const char *after) {
    const struct view romeo = view_of(pair, ROMEO), juliet = view_of(pair, JULIET);
    ck_assert_msg(romeo.sees == juliet.seen && romeo.seen == juliet.sees && romeo.asks == juliet.asked &&
                      romeo.asked == juliet.asks,
                  "the rosters disagree after %s: %x and %x", after, number_of(romeo), number_of(juliet));
}

enum { STATES = 1024, PATH_MAX_EVENTS = 16 };

struct path {
    unsigned char events[PATH_MAX_EVENTS];
    unsigned size;
};

/* Breadth first: each state that is new is reached by the shortest way, and every event is tried from it. */
START_TEST(exactly_25_joint_states_can_be_reached_and_in_all_of_them_the_rosters_agree) {
    static struct path paths[STATES];
    bool known[STATES] = {[0] = true};
    unsigned queue[STATES] = {0};
    size_t count = 1;
    paths[0].size = 0;
    for (size_t next = 0; next < count; next++) {
        for (unsigned event = 0; event < EVENTS; event++) {
            struct pair pair;
            struct path path = paths[queue[next]];
            ck_assert_uint_lt(path.size, PATH_MAX_EVENTS);
            path.events[path.size++] = (unsigned char)event;
            open_pair(&pair);
            for (unsigned i = 0; i < path.size; i++)
                send_event(&pair, path.events[i]);
            ck_assert_uint_le(pair.answers, 1);
            must_agree(&pair, "a walk over all states");
            const unsigned state = joint_state(&pair);
            router_free(pair.router);
            if (known[state])
                continue;
            known[state] = true;
            paths[state] = path;
            queue[count++] = state;
        }
    }
    /* In each direction there are five: nothing, approved ahead, asked, subscribed, subscribed with the approval kept. */
    ck_assert_uint_eq(count, 25);
}
END_TEST

START_TEST(a_long_random_walk_keeps_the_rosters_in_agreement) {
    struct pair pair;
    uint32_t random = 12345u + (uint32_t)_i;
    open_pair(&pair);
    for (int i = 0; i < 5000; i++) {
        random = random * 1664525u + 1013904223u;
        send_event(&pair, (random >> 24) % EVENTS);
        ck_assert_uint_le(pair.answers, 1);
        must_agree(&pair, "a random walk");
    }
    router_free(pair.router);
}
END_TEST

Suite *subscriptions_suite(void) {
    Suite *suite = suite_create("subscriptions");
    TCase *tc = tcase_create("pair");
    tcase_add_test(tc, exactly_25_joint_states_can_be_reached_and_in_all_of_them_the_rosters_agree);
    tcase_add_loop_test(tc, a_long_random_walk_keeps_the_rosters_in_agreement, 0, 4);
    suite_add_tcase(suite, tc);
    return suite;
}
