/* rules.c - turns rules.def into the catalogue, the rows and the look-up from a class of input to its row. */
#include "rules.h"

#include <string.h>

_Static_assert(STAGE_COUNT < 32 && STATE_COUNT < 32 && FAULT_COUNT < 32, "a row has a bit for each");

/* The words of rules.def's columns. They live in this file only. */
enum {
    NORMAL = 1 << STANZA_NORMAL,
    CHAT = 1 << STANZA_CHAT,
    GROUPCHAT = 1 << STANZA_GROUPCHAT,
    HEADLINE = 1 << STANZA_HEADLINE,
    MESSAGE_ERROR = 1 << STANZA_MESSAGE_ERROR,
    AVAILABLE = 1 << STANZA_AVAILABLE,
    UNAVAILABLE = 1 << STANZA_UNAVAILABLE,
    SUBSCRIBE = 1 << STANZA_SUBSCRIBE,
    SUBSCRIBED = 1 << STANZA_SUBSCRIBED,
    UNSUBSCRIBE = 1 << STANZA_UNSUBSCRIBE,
    UNSUBSCRIBED = 1 << STANZA_UNSUBSCRIBED,
    PROBE = 1 << STANZA_PROBE,
    PRESENCE_ERROR = 1 << STANZA_PRESENCE_ERROR,
    PRESENCE_OTHER = 1 << STANZA_PRESENCE_OTHER,
    GET = 1 << STANZA_GET,
    SET = 1 << STANZA_SET,
    RESULT = 1 << STANZA_RESULT,
    IQ_ERROR = 1 << STANZA_IQ_ERROR,
    IQ_OTHER = 1 << STANZA_IQ_OTHER,
    FOREIGN = 1 << STANZA_FOREIGN,
    ANY_KIND = (1 << STANZA_KIND_COUNT) - 1,
    UNANSWERABLE = MESSAGE_ERROR | PRESENCE_ERROR | RESULT | IQ_ERROR,
    ANSWERABLE = ANY_KIND & ~UNANSWERABLE,
    ROUTABLE = ANY_KIND & ~(PRESENCE_OTHER | IQ_OTHER | FOREIGN),
    MESSAGES = NORMAL | CHAT | GROUPCHAT | HEADLINE | MESSAGE_ERROR,
    IQ_REQUEST = GET | SET,
    SUBSCRIPTIONS = SUBSCRIBE | SUBSCRIBED | UNSUBSCRIBE | UNSUBSCRIBED
};
#define X(name, meaning) name = 1 << STAGE_##name,
enum { STAGES(X) };
#undef X
#define X(name, meaning) name = 1 << STATE_##name,
enum { STATES(X) };
#undef X
#define X(name, meaning) name = 1 << FAULT_##name,
enum { FAULTS(X) };
#undef X
#define X(name) name = DO_##name,
enum { VERBS(X) };
#undef X
enum {
    PASSED = CELL_PASSED,
    REPLY_SUBSCRIBED = CELL_REPLY_SUBSCRIBED,
    REPLY_UNSUBSCRIBED = CELL_REPLY_UNSUBSCRIBED,
    SHOW_AVAILABLE = CELL_SHOW_AVAILABLE,
    SHOW_UNAVAILABLE_FIRST = CELL_SHOW_UNAVAILABLE_FIRST,
    SHOW_UNAVAILABLE = CELL_SHOW_UNAVAILABLE,
    APPROVE_AHEAD = CELL_APPROVE_AHEAD
};
#define BOUNCE(condition) (DO_BOUNCE | CONDITION_##condition << 8)
#define CLOSE(condition) (DO_CLOSE | CONDITION_##condition << 8)
#define AT(stage, kind, state) .stages = (stage), .kinds = (kind), .states = (state)
#define DO(...) .actions = {__VA_ARGS__}
#define BECOMES(state, what) .next = STATE_##state, .flags = (what)

const struct condition_text condition_texts[CONDITION_COUNT] = {
#define X(name, text, type) [CONDITION_##name] = {text, type},
    CONDITIONS(X)
#undef X
};

const struct row rule_rows[RULE_COUNT] = {
#define ROW(name, id, group, source, strength, knob_name, condition, outcome, at, what) \
    [RULE_##name] = {at, what, .knob = KNOB_##knob_name},
#define CELL ROW
#define MARK(...)
#define NEVER(...)
#define LATER(...)
#define UNSHOWN(...)
#include "rules.def"
#undef ROW
#undef CELL
#undef MARK
#undef NEVER
#undef LATER
#undef UNSHOWN
};

/* The names of knobs as literals, so that the catalogue below stays constant data. */
enum { KNOB_NAME_MAX = 32 };
static const char knob_names[KNOB_COUNT + 1][KNOB_NAME_MAX] = {
#define KNOB(name, text, ...) [KNOB_##name] = text,
#define NUMBER KNOB
#include "knobs.def"
#undef KNOB
#undef NUMBER
};

const struct router_rule rule_texts[RULE_COUNT] = {
#define TEXT(part_, name, id_, group_, source_, strength_, knob_, condition_, outcome_, reason_) \
    [RULE_##name] = {.id = id_, .group = group_, .source = source_, .strength = strength_, \
                     .knob = knob_names[KNOB_##knob_], \
                     .knob_number = KNOB_##knob_ == KNOB_none ? -1 : (int)KNOB_##knob_, .condition = condition_, \
                     .outcome = outcome_, .part = part_, .reason = reason_},
#define ROW(name, id, group, source, strength, knob, condition, outcome, ...) \
    TEXT(RULE_ROW, name, id, group, source, strength, knob, condition, outcome, NULL)
#define CELL ROW
#define MARK(...) TEXT(RULE_MARK, __VA_ARGS__, NULL)
#define NEVER(...) TEXT(RULE_NEVER, __VA_ARGS__, NULL)
#define UNSHOWN(...) TEXT(RULE_UNSHOWN, __VA_ARGS__)
#define LATER(...) TEXT(RULE_LATER, __VA_ARGS__, NULL)
#include "rules.def"
#undef ROW
#undef CELL
#undef MARK
#undef NEVER
#undef LATER
#undef UNSHOWN
};

const struct router_rule *router_rules(size_t *count) {
    *count = RULE_COUNT;
    return rule_texts;
}

int router_rule_find(const char *id) {
    for (int i = 0; i < RULE_COUNT; i++)
        if (strcmp(rule_texts[i].id, id) == 0)
            return i;
    return -1;
}

static uint32_t entry_faults(uint32_t kind) {
    /* What cannot be read as XML is of no kind yet. */
    if (kind & FOREIGN)
        return BAD_XML | BAD_NAMESPACE | RESTRICTED_XML | BAD_ENCODING | OTHER_CONTENT | NO_STANZA;
    uint32_t faults = PREFIXED | OTHER_CONTENT | TOO_LARGE;
    faults |= S2S_NO_TO | S2S_NO_FROM | S2S_BAD_ADDRESS | S2S_FOREIGN_FROM | S2S_LOCAL_FROM | S2S_FOREIGN_TO;
    faults |= COMPONENT_NO_ADDRESS | COMPONENT_FROM;
    if (!(kind & (IQ_OTHER | PRESENCE_OTHER)))
        faults |= TO_MALFORMED;
    /* A client's 'from' is looked at when the type is known to be one. */
    faults |= kind & IQ_OTHER ? IQ_TYPE : FROM_MISMATCH;
    if (kind & IQ_REQUEST)
        faults |= IQ_NO_ID | IQ_CHILDREN | IQ_CHILD_NS;
    if (kind & RESULT)
        faults |= IQ_RESULT_CHILDREN;
    if (kind & IQ_ERROR)
        faults |= IQ_ERROR_CHILD;
    if (kind & PRESENCE_OTHER)
        faults |= PRESENCE_TYPE;
    if (kind & AVAILABLE)
        faults |= PRESENCE_PRIORITY;
    if (kind & PRESENCE_ERROR)
        faults |= PRESENCE_ERROR_CHILD;
    return faults;
}

static uint32_t account_states(uint32_t stage, uint32_t kind) {
    const uint32_t resources = NONE | CONNECTED | NEGATIVE | ONE | MULTI;
    if (kind & (RESULT | IQ_ERROR))
        return stage & BARE ? PLAIN | MATCHED : PLAIN;
    if (kind & IQ_REQUEST)
        return stage & BARE ? KNOWN | UNKNOWN : stage & FULL_MATCH ? ONESELF | ALLOWED | STRANGER : PLAIN;
    return stage & FULL_MATCH ? PLAIN : resources;
}

/* The states that a stage tells apart for a kind: bit per enum state, in stage ENTRY per enum fault. 0: never here. */
static uint32_t stage_states(enum stage stage, enum stanza_kind kind) {
    const uint32_t s = 1u << stage, k = 1u << kind;
    if (s & ENTRY)
        return entry_faults(k);
    if (k & FOREIGN || k & IQ_OTHER || (k & PRESENCE_OTHER && !(s & NOTO)))
        return 0;
    if (s & NOTO || s & DOMAIN)
        return k & IQ_REQUEST                          ? KNOWN | UNKNOWN
               : s & NOTO && k & (RESULT | IQ_ERROR) ? PLAIN | MATCHED
                                                     : PLAIN;
    if (s & REMOTE)
        return OPEN | BARRED;
    if (s & COMPONENT)
        return ATTACHED | DETACHED;
    if (s & OCCUPANT_GONE)
        return k & GROUPCHAT ? PLAIN : 0;
    if (s & (DOMAIN_RESOURCE | NOUSER_BARE | NOUSER_FULL))
        return PLAIN;
    if (s & (BARE | FULL_MATCH | FULL_NOMATCH))
        return account_states(s, k);
    if (s & (PROBED_BARE | PROBED_FULL))
        return k & PROBE ? ONLINE | OFFLINE | DIRECTED | STRANGER : 0;
    if (s & (SUB_OUT | SUB_IN))
        return k & SUBSCRIPTIONS ? SUB_NONE | SUB_NONE_OUT | SUB_NONE_IN | SUB_NONE_OUTIN | SUB_TO | SUB_TO_IN |
                                       SUB_FROM | SUB_FROM_OUT | SUB_BOTH
                                 : 0;
    /* UNROUTED: what a server makes itself is never an iq request, nor a message but an error; a broadcast copy is always
     * presence. */
    if (k & (IQ_REQUEST | (MESSAGES & ~MESSAGE_ERROR)))
        return BY_CLIENT;
    return k & (AVAILABLE | UNAVAILABLE) ? BY_CLIENT | BY_BROADCAST | BY_SERVER : BY_CLIENT | BY_SERVER;
}

bool router_class_next(struct router_class *c) {
    for (unsigned n = c->next;; n++) {
        const unsigned stage = n / (STANZA_KIND_COUNT * ROUTER_STATES_MAX);
        const unsigned kind = n / ROUTER_STATES_MAX % STANZA_KIND_COUNT;
        const unsigned state = n % ROUTER_STATES_MAX;
        if (stage >= STAGE_COUNT)
            return false;
        if (!(stage_states((enum stage)stage, (enum stanza_kind)kind) >> state & 1))
            continue;
        *c = (struct router_class){n + 1, stage, kind, state};
        return true;
    }
}

bool router_class_row(const struct router_class *c, int rule) {
    const struct row *row = &rule_rows[rule];
    return (row->stages >> c->stage & 1) && (row->kinds >> c->kind & 1) && (row->states >> c->state & 1);
}

bool router_class_at(unsigned number, struct router_class *out) {
    *out = (struct router_class){number - 1, 0, 0, 0};
    return number > 0 && router_class_next(out) && out->next == number;
}

unsigned router_class_limit(void) {
    return STAGE_COUNT * STANZA_KIND_COUNT * ROUTER_STATES_MAX + 1;
}

struct named {
    const char *name, *meaning;
};

static const struct named stage_texts[] = {
#define X(name, meaning) {#name, meaning},
    STAGES(X)
#undef X
};

static const struct named *state_text(unsigned stage, unsigned state) {
    static const struct named states[] = {
#define X(name, meaning) {#name, meaning},
        STATES(X)
#undef X
    };
    static const struct named faults[] = {
#define X(name, meaning) {#name, meaning},
        FAULTS(X)
#undef X
    };
    static const struct named unknown = {"?", "?"};
    if (stage == STAGE_ENTRY)
        return state < FAULT_COUNT ? &faults[state] : &unknown;
    return state < STATE_COUNT ? &states[state] : &unknown;
}

const char *router_stage_name(unsigned stage) {
    return stage < STAGE_COUNT ? stage_texts[stage].name : "?";
}

const char *router_stage_meaning(unsigned stage) {
    return stage < STAGE_COUNT ? stage_texts[stage].meaning : "?";
}

const char *router_state_name(unsigned stage, unsigned state) {
    return state_text(stage, state)->name;
}

const char *router_state_meaning(unsigned stage, unsigned state) {
    return state_text(stage, state)->meaning;
}
