/* policy.h - the picks and departures of a profile, as the router reads them. */
#ifndef ROUTER_POLICY_H
#define ROUTER_POLICY_H

#include "rules.h"

/* A marked departure from the specification: another action for a row, for some kinds of stanza. */
struct departure {
    uint16_t rule;
    uint16_t action;      /* as in struct row; DO_NOTHING: an alternative */
    uint16_t alternative; /* enum alternative plus one; 0: an action */
    uint32_t kinds;       /* bit per enum stanza_kind */
    char id[48];
};

struct policy {
    struct router_alloc alloc;
    uint32_t value[KNOB_COUNT]; /* place in the knob's list of values, or the number */
    struct departure *departures;
    size_t departure_count, departure_capacity;
    uint32_t alternatives[ALTERNATIVE_COUNT]; /* place in departures plus one; 0: not taken */
    uint64_t departed[(RULE_COUNT + 63) / 64]; /* rules with a departure, to keep the common look-up short */
};

/* What is done for a class of input. */
struct decision {
    int rule;
    enum verb verb;
    enum condition condition;
    const char *departure; /* NULL: none */
};

/* policy_decide - the row for a class, and the action that the policy picks. The class must be one of router_class_next. */
struct decision policy_decide(const struct policy *policy, unsigned stage, enum stanza_kind kind, unsigned state);

/* policy_is - whether a knob has the value at that place of its list in knobs.def. */
static inline bool policy_is(const struct policy *policy, enum knob_index knob, uint32_t place) {
    return policy->value[knob] == place;
}

#endif
