/* rules.h - the rule table as the router's own code sees it: classes of input, actions, and the row for a class. */
#ifndef ROUTER_RULES_H
#define ROUTER_RULES_H

#include "router.h"

/* Index of every rule: RULE_msg_bare_chat_one and so on. */
enum rule_index {
#define ROW(name, ...) RULE_##name,
#define CELL ROW
#define MARK ROW
#define NEVER ROW
#define LATER ROW
#define UNSHOWN ROW
#include "rules.def"
#undef ROW
#undef CELL
#undef MARK
#undef NEVER
#undef LATER
#undef UNSHOWN
    RULE_COUNT
};

/* Index of every knob: KNOB_msg_store and so on. */
enum knob_index {
#define KNOB(name, ...) KNOB_##name,
#define NUMBER(name, ...) KNOB_##name,
#include "knobs.def"
#undef KNOB
#undef NUMBER
    KNOB_COUNT,
    KNOB_none = KNOB_COUNT
};

/* What is done instead of a rule that acts on the way: ALTERNATIVE_pres_init_self_omit_to and so on. */
enum alternative {
#define ALTERNATIVE(rule, name, ...) ALTERNATIVE_##rule##_##name,
#include "alternatives.def"
#undef ALTERNATIVE
    ALTERNATIVE_COUNT
};

/* alternative_find - the alternative of a rule with that word, or -1. */
int alternative_find(int rule, struct slice word);
/* alternative_word - the n-th word that a rule knows, or NULL past the last. */
const char *alternative_word(int rule, unsigned n);
const char *alternative_name(enum alternative alternative); /* its word */

/* Where a stanza belongs: the first of the two steps. Each with what it means. */
#define STAGES(X) \
    X(ENTRY, "something is wrong with it") \
    X(NOTO, "it has no 'to'") \
    X(REMOTE, "it is for a domain that is served elsewhere") \
    X(UNROUTED, "the stream to the other server failed") \
    X(COMPONENT, "it is for a domain that a component looks after") \
    X(DOMAIN, "it is for a served domain itself") \
    X(DOMAIN_RESOURCE, "it is for a resource of a served domain") \
    X(NOUSER_BARE, "it is for a bare JID without an account") \
    X(NOUSER_FULL, "it is for a full JID without an account") \
    X(BARE, "it is for the bare JID of an account") \
    X(FULL_MATCH, "it is for the full JID of a connected resource") \
    X(FULL_NOMATCH, "it is for a full JID of an account, and no such resource is connected") \
    X(OCCUPANT_GONE, "a room's groupchat is for a resource that is not connected") \
    X(PROBED_BARE, "a probe is for the bare JID of an account") \
    X(PROBED_FULL, "a probe is for a full JID of an account") \
    X(SUB_OUT, "a subscription stanza leaves its user") \
    X(SUB_IN, "a subscription stanza comes in to its contact")

/* What else the rows of a stage tell apart; stage_states in rules.c says which of these a stage knows. */
#define STATES(X) \
    X(PLAIN, "nothing else matters") \
    /* resources of the account */ \
    X(NONE, "no resource is connected") \
    X(CONNECTED, "resources are connected, and none is available") \
    X(NEGATIVE, "all available resources have negative priority") \
    X(ONE, "one available resource has non-negative priority") \
    X(MULTI, "several available resources have non-negative priority") \
    /* an iq request, or a reply */ \
    X(KNOWN, "the server can answer this request") \
    X(UNKNOWN, "nobody here can answer this request") \
    X(MATCHED, "it answers something that the server asked") \
    /* what the sender is to the resource */ \
    X(ONESELF, "the sender is the account itself") \
    X(ALLOWED, "the sender may see the presence of the resource") \
    X(STRANGER, "the sender may not see its presence") \
    /* what a prober may see */ \
    X(ONLINE, "the prober may see it, and it is available") \
    X(OFFLINE, "the prober may see it, and it is not available") \
    X(DIRECTED, "it has sent the prober directed presence") \
    /* inter-domain routing */ \
    X(OPEN, "there is routing between domains") \
    X(BARRED, "there is no routing between domains") \
    /* the component */ \
    X(ATTACHED, "the component is connected") \
    X(DETACHED, "the component is not connected") \
    /* where a stanza that cannot be routed came from */ \
    X(BY_CLIENT, "a client sent it") \
    X(BY_BROADCAST, "it is a copy of a broadcast") \
    X(BY_SERVER, "a server made it") \
    /* 6121 A.1, from the account's side */ \
    X(SUB_NONE, "no subscription") \
    X(SUB_NONE_OUT, "none, has asked") \
    X(SUB_NONE_IN, "none, was asked") \
    X(SUB_NONE_OUTIN, "none, has asked and was asked") \
    X(SUB_TO, "to") \
    X(SUB_TO_IN, "to, was asked") \
    X(SUB_FROM, "from") \
    X(SUB_FROM_OUT, "from, has asked") \
    X(SUB_BOTH, "both")

/* What is wrong on entry, in the order of checking: the states of stage ENTRY. */
#define FAULTS(X) \
    X(BAD_XML, "the XML is not well-formed") \
    X(BAD_NAMESPACE, "a namespace prefix is not declared") \
    X(RESTRICTED_XML, "comments, DTDs or the like") \
    X(BAD_ENCODING, "it is not UTF-8") \
    X(PREFIXED, "a prefix before a name of the content namespace") \
    X(OTHER_CONTENT, "a content namespace that is not the stream's") \
    X(NO_STANZA, "no message, presence or iq") \
    X(TOO_LARGE, "it is too large") \
    X(S2S_NO_TO, "a peer gave no 'to'") \
    X(S2S_NO_FROM, "a peer gave no 'from'") \
    X(S2S_BAD_ADDRESS, "a peer gave an address that is none") \
    X(S2S_FOREIGN_FROM, "'from' is not of the peer's domains") \
    X(S2S_LOCAL_FROM, "a peer's 'from' is of a served domain") \
    X(S2S_FOREIGN_TO, "a peer's 'to' is not of the stream's domain") \
    X(COMPONENT_NO_ADDRESS, "a component left an address out") \
    X(COMPONENT_FROM, "'from' is not of the component's domain") \
    X(IQ_TYPE, "an iq without a defined type") \
    X(IQ_NO_ID, "an iq request without id") \
    X(IQ_CHILDREN, "an iq request without exactly one child") \
    X(IQ_CHILD_NS, "an iq request's child in a namespace of streams") \
    X(IQ_RESULT_CHILDREN, "an iq result with several children") \
    X(IQ_ERROR_CHILD, "an iq error without its error element") \
    X(PRESENCE_TYPE, "a presence of an undefined type") \
    X(PRESENCE_PRIORITY, "a priority that is no number from -128 to 127") \
    X(PRESENCE_ERROR_CHILD, "a presence error without its error element") \
    X(FROM_MISMATCH, "a client's 'from' is not its own") \
    X(TO_MALFORMED, "'to' is no address")

/* The second step: what a row does. BOUNCE and CLOSE carry a condition. */
#define VERBS(X) \
    X(NOTHING) /* no action given */ \
    X(PASS)    /* carry on as if nothing were wrong */ \
    X(DROP) X(HANDLE) X(ROUTE) X(HAND) X(STORE) \
    X(BOUNCE_MAPPED)    /* with the condition of the failed stream */ \
    X(SPLIT_ADDRESS)    /* stream error for a bad domain, stanza error for a bad localpart or resourcepart */ \
    X(BY_TRUST)         /* an error to those who may know, silence to strangers (6121 8.1) */ \
    X(AS_IF_OFFLINE)    /* what an existing account without resources would show (6120 10.2) */ \
    X(AS_OFFLINE)       /* the row of an account without resources decides */ \
    X(AS_BARE)          /* the row of the bare JID decides */ \
    X(AS_OWN_BARE)      /* the same, for the sender's own bare JID */ \
    X(NO_SUCH_RESOURCE) /* of a domain */ \
    X(DELIVER_RESOURCE) X(DELIVER_MOST) X(DELIVER_ALL) X(DELIVER_AVAILABLE) X(DELIVER_CONNECTED) \
    X(TAKE_REPLY) X(ANSWER_IQ) X(ANSWER_PROBE) X(ANSWER_AVAILABLE) X(ANSWER_APPROVE) X(ANSWER_PRESENCE) X(ANSWER_UNAVAILABLE) \
    X(ANSWER_DIRECTED) X(ANSWER_MERE) X(ANSWER_UNSUBSCRIBED) \
    X(BROADCAST_AVAILABLE) X(BROADCAST_UNAVAILABLE) X(SUBSCRIPTION)

#define X(name, meaning) STAGE_##name,
enum stage { STAGES(X) STAGE_COUNT };
#undef X
#define X(name, meaning) STATE_##name,
enum state { STATES(X) STATE_COUNT };
#undef X
#define X(name, meaning) FAULT_##name,
enum fault { FAULTS(X) FAULT_COUNT, FAULT_NONE = FAULT_COUNT };
#undef X
#define X(name) DO_##name,
enum verb { VERBS(X) DO_BOUNCE, DO_CLOSE, VERB_COUNT };
#undef X
enum { ROUTER_STATES_MAX = STATE_COUNT > (int)FAULT_COUNT ? (int)STATE_COUNT : (int)FAULT_COUNT };

/* Defined conditions with the type that 6120 8.3.3 recommends; NULL: of streams (4.9.3) only. */
#define CONDITIONS(X) \
    X(BAD_REQUEST, "bad-request", "modify") \
    X(CONFLICT, "conflict", "cancel") \
    X(FORBIDDEN, "forbidden", "auth") \
    X(ITEM_NOT_FOUND, "item-not-found", "cancel") \
    X(INTERNAL_SERVER_ERROR, "internal-server-error", "cancel") \
    X(NOT_ACCEPTABLE, "not-acceptable", "modify") \
    X(FEATURE_NOT_IMPLEMENTED, "feature-not-implemented", "cancel") \
    X(JID_MALFORMED, "jid-malformed", "modify") \
    X(NOT_ALLOWED, "not-allowed", "cancel") \
    X(POLICY_VIOLATION, "policy-violation", "modify") \
    X(RECIPIENT_UNAVAILABLE, "recipient-unavailable", "wait") \
    X(REMOTE_SERVER_NOT_FOUND, "remote-server-not-found", "cancel") \
    X(REMOTE_SERVER_TIMEOUT, "remote-server-timeout", "wait") \
    X(RESOURCE_CONSTRAINT, "resource-constraint", "wait") \
    X(SERVICE_UNAVAILABLE, "service-unavailable", "cancel") \
    X(SUBSCRIPTION_REQUIRED, "subscription-required", "auth") \
    X(BAD_FORMAT, "bad-format", NULL) \
    X(BAD_NAMESPACE_PREFIX, "bad-namespace-prefix", NULL) \
    X(HOST_GONE, "host-gone", NULL) \
    X(HOST_UNKNOWN, "host-unknown", NULL) \
    X(IMPROPER_ADDRESSING, "improper-addressing", NULL) \
    X(INVALID_FROM, "invalid-from", NULL) \
    X(INVALID_NAMESPACE, "invalid-namespace", NULL) \
    X(NOT_AUTHORIZED_STREAM, "not-authorized", NULL) \
    X(NOT_WELL_FORMED, "not-well-formed", NULL) \
    X(XML_NOT_WELL_FORMED, "xml-not-well-formed", NULL) /* as RFC 3920 called it */ \
    X(RESTRICTED_XML_ERROR, "restricted-xml", NULL) \
    X(UNSUPPORTED_ENCODING, "unsupported-encoding", NULL) \
    X(UNSUPPORTED_STANZA_TYPE, "unsupported-stanza-type", NULL)

enum condition {
    CONDITION_NONE,
#define X(name, text, type) CONDITION_##name,
    CONDITIONS(X)
#undef X
    CONDITION_COUNT
};

struct condition_text {
    const char *name;
    const char *type; /* error type; NULL for a stream error */
};
extern const struct condition_text condition_texts[CONDITION_COUNT];

/* What happens in a cell of the subscription machine. A push is due whenever what the roster shows changes. */
enum cell_flag {
    CELL_PASSED = 1 << 0, /* routed; or delivered: a request to available resources, the others to interested ones */
    CELL_REPLY_SUBSCRIBED = 1 << 1,
    CELL_REPLY_UNSUBSCRIBED = 1 << 2,
    CELL_SHOW_AVAILABLE = 1 << 3,         /* current presence follows */
    CELL_SHOW_UNAVAILABLE_FIRST = 1 << 4, /* unavailable goes before */
    CELL_SHOW_UNAVAILABLE = 1 << 5,       /* unavailable follows */
    CELL_APPROVE_AHEAD = 1 << 6
};

enum { ROW_ACTIONS_MAX = 3 };

struct row {
    uint32_t stages; /* bit per enum stage */
    uint32_t kinds;  /* bit per enum stanza_kind */
    uint32_t states; /* bit per enum state; in stage ENTRY per enum fault */
    uint16_t actions[ROW_ACTIONS_MAX]; /* enum verb, with an enum condition shifted left by 8 */
    uint16_t flags;  /* enum cell_flag */
    uint8_t next;    /* enum state, for a cell */
    uint8_t knob;    /* enum knob_index */
};

/* deed_fits - whether a departure may give a row this action, for those of its kinds. */
bool deed_fits(const struct row *row, uint32_t kinds, enum verb verb);

extern const struct row rule_rows[RULE_COUNT]; /* zeroed for what is no row */
extern const struct router_rule rule_texts[RULE_COUNT];

/* For each class the index of its row plus one; 0: none. Made by make/rule_table.c, so that deciding is a look-up. */
struct rule_table {
    uint16_t row[STAGE_COUNT][STANZA_KIND_COUNT][ROUTER_STATES_MAX];
};
extern const struct rule_table rule_table;

/* class_number - that of a class of input, as effects bear it and router_class_at reads it. */
static inline unsigned class_number(unsigned stage, unsigned kind, unsigned state) {
    return (stage * STANZA_KIND_COUNT + kind) * ROUTER_STATES_MAX + state + 1;
}

#endif
