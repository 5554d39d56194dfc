/* router.h - an XMPP stanza router as a library without input or output of its own.
 *
 * Stanzas, stream events and virtual time go in; effects come out. The library opens no file and no socket, reads no
 * clock, prints nothing, draws no random number and keeps nothing global, so that a simulator, a test, a fuzzer or a
 * server can drive it alike. A router is used by one thread at a time; different routers share only constants.
 *
 * Sources are cited as in the rule table: "6120 8.1.2" is RFC 6120 section 8.1.2.
 */
#ifndef STANZADRILL_ROUTER_H
#define STANZADRILL_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROUTER_VERSION "0.1.0"

/* ---------------------------------------------------------------------------------------------------- limits ---- */

enum {
    ROUTER_JID_PART_MAX = 1023,          /* octets of a prepared JID part; more: jid-malformed (7622 3.1) */
    ROUTER_STANZA_SIZE_MIN = 10000,      /* octets; the least that knob size.max may be (6120 13.12) */
    ROUTER_STANZA_DEPTH_MAX = 512,       /* nested elements; more is handled as a stanza that is too large */
    ROUTER_GROUPS_MAX = 100,             /* groups of an item, unless roster.limits is at its most; more: resource-constraint */
    ROUTER_STANZA_DROP_MAX = 4 << 20,    /* octets past size.max that are read and dropped; more: restricted-xml */
    ROUTER_STANZA_NESTING_MAX = 32768,   /* nested elements that are read and dropped; more: restricted-xml */
    ROUTER_STREAM_QUEUE_MAX = 1000,      /* the most that knob s2s.queue-max may be */
    ROUTER_PAIRS_MAX = 100,              /* domain pairs verified on one s2s input stream; more are refused */
    ROUTER_CONTACTS_MAX = 100000,        /* roster items of one account */
    ROUTER_DIRECTED_MAX = 10000,         /* entities on one resource's directed-presence list, and of those that returned
                                          * errors for its presence; more are not remembered */
    ROUTER_PORTS_MAX = 1 << 24           /* streams in the life of a router, as no number is used twice */
};

/* Results of functions that can fail. */
enum router_result {
    ROUTER_OK = 0,
    ROUTER_E_NOMEM,    /* the allocator gave nothing; the router stays valid only for router_free */
    ROUTER_E_LIMIT,    /* a limit above was hit; nothing changed */
    ROUTER_E_JID,      /* a JID argument cannot be prepared; nothing changed */
    ROUTER_E_UNKNOWN,  /* no such port, account, domain, knob or profile; nothing changed */
    ROUTER_E_CONFLICT, /* it exists already, or the stream's state forbids it; nothing changed */
    ROUTER_E_VALUE     /* a value outside its range or set; nothing changed */
};

/* A piece of text that somebody else owns; not NUL-terminated. */
struct slice {
    const char *data;
    size_t size; /* octets */
};

/* Memory comes from here. resize(ctx, NULL, n) allocates, resize(ctx, p, 0) frees and returns NULL. */
struct router_alloc {
    void *(*resize)(void *ctx, void *old, size_t size);
    void *ctx;
};

/* What was wrong with a text that was read, and where in it. */
struct router_error {
    unsigned line, column; /* from 1; 0: not about a place */
    char text[240];        /* NUL-terminated, one sentence without a final stop */
};

/* ------------------------------------------------------------------------------------------------------ JIDs ---- */

/* A prepared JID. The parts point into `text`. */
struct jid_parts {
    struct slice local;    /* size 0: none */
    struct slice domain;   /* never empty */
    struct slice resource; /* size 0: none */
    size_t size;           /* octets of text */
    char text[3 * (ROUTER_JID_PART_MAX + 1)];
};

/* jid_prepare - split a JID and bring its parts into the form in which they are compared.
 * text      any octets; borrowed until return.
 * out       filled on success, else undefined.
 * returns   ROUTER_OK; ROUTER_E_JID where a part is empty, too long, not UTF-8 or cannot be mapped.
 * source    7622 3.1-3.4 (split, length); preparation by the stringprep profiles of RFC 6122 2.2-2.4, through libidn. */
int jid_prepare(struct slice text, struct jid_parts *out);

/* --------------------------------------------------------------------------------------------------- stanzas ---- */

/* What a stanza is, by element name and type. The order is that of the rule table's columns. */
enum stanza_kind {
    STANZA_NORMAL, /* a message without type, or of an unknown one, is normal too (6121 5.2.2) */
    STANZA_CHAT,
    STANZA_GROUPCHAT,
    STANZA_HEADLINE,
    STANZA_MESSAGE_ERROR,
    STANZA_AVAILABLE,
    STANZA_UNAVAILABLE,
    STANZA_SUBSCRIBE,
    STANZA_SUBSCRIBED,
    STANZA_UNSUBSCRIBE,
    STANZA_UNSUBSCRIBED,
    STANZA_PROBE,
    STANZA_PRESENCE_ERROR,
    STANZA_PRESENCE_OTHER, /* a type outside the seven that are defined (6121 4.7.1) */
    STANZA_GET,
    STANZA_SET,
    STANZA_RESULT,
    STANZA_IQ_ERROR,
    STANZA_IQ_OTHER, /* type missing or unknown */
    STANZA_FOREIGN,  /* a first-level element that is no stanza */
    STANZA_KIND_COUNT
};

/* stanza_kind_name - "message/chat", "presence/subscribe", "iq/get" and the like; never NULL, static. */
const char *stanza_kind_name(enum stanza_kind kind);

enum { STANZA_CHILDREN_MAX = 8 }; /* child elements that are described; all are counted and kept */

struct stanza_child {
    struct slice ns;   /* namespace name, decoded; size 0: none */
    struct slice name; /* local name */
    struct slice raw;  /* the element as it was written */
};

/* One first-level element, as views into the bytes that were read. */
struct stanza {
    enum stanza_kind kind;
    bool oversize;      /* larger than the limit: only the start tag was kept */
    bool prefixed;      /* the element was written with a namespace prefix (6120 4.8.5) */
    bool other_content; /* it is in a content namespace that is not the stream's (6120 4.8.3) */
    bool has_to, has_from, has_id, has_lang;
    struct slice to, from, id; /* attribute values, decoded */
    struct slice type;         /* as written, decoded; size 0 where absent */
    struct slice start;        /* the start tag as it was written */
    struct slice body;         /* what stands between start tag and end tag, as written; size 0 where empty */
    size_t child_count;        /* child elements; may exceed STANZA_CHILDREN_MAX */
    struct stanza_child child[STANZA_CHILDREN_MAX];
};

/* What ends a stream when its XML is read (6120 4.9.3, 11.1-11.6). */
enum stanza_fault {
    STANZA_FAULT_NONE,
    STANZA_FAULT_ILLFORMED,
    STANZA_FAULT_NS_ILLFORMED,
    STANZA_FAULT_RESTRICTED,
    STANZA_FAULT_ENCODING,
    STANZA_FAULT_END /* the peer closed the stream with its end tag */
};

enum stanza_namespace { STANZA_CLIENT, STANZA_SERVER, STANZA_COMPONENT }; /* content namespace of a stream */

struct stanza_reader;

/* stanza_reader_new - a reader for the first-level elements of one stream whose header is already behind it.
 * alloc     borrowed for the reader's life; NULL: malloc.
 * size_max  octets of one stanza that are kept.
 * returns   NULL where memory ran out; else free it with stanza_reader_free. */
struct stanza_reader *stanza_reader_new(const struct router_alloc *alloc, enum stanza_namespace ns, size_t size_max);

void stanza_reader_free(struct stanza_reader *reader);

/* stanza_reader_reset - forget all input and any fault, as at the start of a new stream.
 * returns   ROUTER_OK; ROUTER_E_NOMEM. */
int stanza_reader_reset(struct stanza_reader *reader);

/* stanza_reader_feed - hand the next octets of the stream to the reader.
 * bytes     borrowed until stanza_reader_next has returned STANZA_MORE or STANZA_FAULT.
 * returns   ROUTER_OK; ROUTER_E_CONFLICT where earlier octets were not read to their end, or a fault ended the stream;
 *           ROUTER_E_NOMEM. */
int stanza_reader_feed(struct stanza_reader *reader, struct slice bytes);

enum stanza_read { STANZA_READY, STANZA_MORE, STANZA_FAULT, STANZA_NOMEM };

/* stanza_reader_next - the next complete first-level element.
 * out       its views stay valid until the next call for this reader.
 * returns   STANZA_READY: out is filled; STANZA_MORE: feed it; STANZA_FAULT: see stanza_reader_fault; STANZA_NOMEM.
 * source    6120 4.8, 8, 11. */
enum stanza_read stanza_reader_next(struct stanza_reader *reader, struct stanza *out);

/* stanza_reader_fault - why the last stanza_reader_next returned STANZA_FAULT. */
enum stanza_fault stanza_reader_fault(const struct stanza_reader *reader);

/* ----------------------------------------------------------------------------------------------------- rules ---- */

/* How much of a rule this build carries out. */
enum rule_part {
    RULE_ROW,   /* decides a stanza's fate */
    RULE_MARK,  /* happens on the way; the code path that does it names the rule */
    RULE_NEVER, /* must not happen; checked over the trace of a run */
    RULE_UNSHOWN, /* nothing that a router of stanzas alone can do or show */
    RULE_LATER  /* in the catalogue, not carried out yet */
};

struct router_rule {
    const char *id;        /* permanent, dotted */
    const char *group;     /* entry, noto, remote, local, presence, subscription, roster, offline, ext */
    const char *source;    /* "6121 8.5.2.1.1; 6120 10.5.3.2" */
    const char *strength;  /* MUST, MUST-NOT, SHOULD, SHOULD-NOT, REC, MAY, DEF, DERIVED */
    const char *knob;      /* the knob that picks among the outcomes; "" where none */
    int knob_number;       /* the same, for router_knob; -1: none */
    const char *condition; /* one sentence: when it applies */
    const char *outcome;   /* one sentence: all that the specification allows */
    enum rule_part part;
    const char *reason;    /* RULE_UNSHOWN: why; else NULL */
};

/* router_rule_runs - whether a rule is carried out by this build. */
static inline bool router_rule_runs(const struct router_rule *rule) {
    return rule->part < RULE_UNSHOWN;
}

/* router_rules - the whole catalogue, in its order. count: number of rules. Static. */
const struct router_rule *router_rules(size_t *count);

/* router_rule_find - index of a rule by its id, or -1. */
int router_rule_find(const char *id);

/* A class of input: where a stanza belongs, what it is, and what else matters there. Rows decide by class. */
struct router_class {
    unsigned next; /* the number of this class; 0 to begin */
    unsigned stage, kind, state;
};

/* router_class_next - the next class of input that can occur, or false after the last. Begin with a zeroed struct. */
bool router_class_next(struct router_class *c);

/* router_class_row - whether the row of a rule (index into router_rules) is for this class. */
bool router_class_row(const struct router_class *c, int rule);

/* router_class_at - the class that an effect names by number; false: there is none.
 * router_class_limit - all numbers of classes are below it. */
bool router_class_at(unsigned number, struct router_class *out);
unsigned router_class_limit(void);

/* Names of a class's parts as in router/rules.def ("BARE", "MULTI"), and what they mean, in words that stand alone ("it is
 * for the bare JID of an account"). Static. */
const char *router_stage_name(unsigned stage);
const char *router_stage_meaning(unsigned stage);
const char *router_state_name(unsigned stage, unsigned state);
const char *router_state_meaning(unsigned stage, unsigned state);

struct router_knob {
    const char *name;
    const char *values;  /* "store, bounce", or what a number means: "integer, at least 10000" */
    const char *initial; /* value in profile rfc6121 */
    const char *basis;   /* why */
    bool recommended;    /* the initial value is what a SHOULD of the specification asks for */
    bool is_number;
    bool in_use; /* false: only rules that are not carried out read it */
};

/* router_knob - the n-th of router_knob_count policy knobs, in the catalogue's order. Its texts are static. */
size_t router_knob_count(void);
struct router_knob router_knob(size_t n);

/* ---------------------------------------------------------------------------------------------------- policy ---- */

/* What a server does where the specification leaves a choice, and where it departs from it. */
struct policy;

/* policy_new - profile rfc6121: each knob at its initial value, no departure.
 * alloc     borrowed for the policy's life; NULL: malloc.   returns   NULL where memory ran out. */
struct policy *policy_new(const struct router_alloc *alloc);
/* policy_copy - a policy of its own that does the same; much cheaper than to read the profile again.
 * alloc     as of policy_new.   returns   NULL where memory ran out. */
struct policy *policy_copy(const struct policy *policy, const struct router_alloc *alloc);
void policy_free(struct policy *policy);

/* policy_set - turn one knob.
 * error     filled on failure, with the nearest known word; may be NULL.
 * returns   ROUTER_OK; ROUTER_E_UNKNOWN no such knob, or one that this build does not read yet; ROUTER_E_VALUE. */
int policy_set(struct policy *policy, struct slice knob, struct slice value, struct router_error *error);

/* policy_get - the value of a knob by its index, as text in buffer, which is returned. */
const char *policy_get(const struct policy *policy, size_t knob, char buffer[24]);

/* policy_read - apply the text of a profile (router/profiles/README.md has its form) on top of what is set.
 * error     filled on failure with line and column; may be NULL.
 * returns   ROUTER_OK; ROUTER_E_VALUE; ROUTER_E_UNKNOWN; ROUTER_E_NOMEM. */
int policy_read(struct policy *policy, struct slice text, struct router_error *error);

/* policy_profile - apply a built-in profile by name. returns ROUTER_OK; ROUTER_E_UNKNOWN; ROUTER_E_NOMEM. */
int policy_profile(struct policy *policy, const char *name, struct router_error *error);

/* What a policy does beside the specification. Texts are valid until the policy changes. */
struct router_departure {
    int rule;           /* index into router_rules: the rule that is departed from */
    uint32_t kinds;     /* bit per enum stanza_kind */
    const char *verb;   /* what is done instead, as in router/rules.h ("DELIVER_MOST") or alternatives.def ("omit-to") */
    const char *condition; /* with BOUNCE and CLOSE; else NULL */
    const char *id;
};

/* policy_departure - the n-th departure, or false past the last. */
bool policy_departure(const struct policy *policy, size_t n, struct router_departure *out);

/* router_profile_name - the n-th built-in profile's name, or NULL past the last. Static. */
const char *router_profile_name(size_t n);

/* ---------------------------------------------------------------------------------------------------- router ---- */

struct router;

struct router_config {
    const struct router_alloc *alloc;  /* borrowed for the router's life; NULL: malloc */
    const struct policy *policy;       /* borrowed for the router's life; NULL: profile rfc6121 */
    const char *const *domains;        /* domains served here; copied */
    size_t domain_count;               /* 1 or more */
    uint64_t seed;                     /* for generated resourceparts and ids */
};

/* router_new - a router that serves some domains.
 * returns   ROUTER_OK and *out, to be freed with router_free; ROUTER_E_JID, ROUTER_E_CONFLICT (a domain twice),
 *           ROUTER_E_VALUE (no domain), ROUTER_E_NOMEM. */
int router_new(const struct router_config *config, struct router **out);
void router_free(struct router *r);

/* router_serves - whether a prepared domain is served here. */
bool router_serves(const struct router *r, struct slice domain);
/* router_skips_comments - whether comments and processing instructions are to be left out before a stream is read. */
bool router_skips_comments(const struct router *r);

/* router_account - create an account.
 * bare      a bare JID at a served domain.
 * returns   ROUTER_OK; ROUTER_E_CONFLICT it exists; ROUTER_E_JID; ROUTER_E_UNKNOWN domain not served; ROUTER_E_NOMEM. */
int router_account(struct router *r, struct slice bare);

enum router_subscription { ROUTER_SUB_NONE, ROUTER_SUB_TO, ROUTER_SUB_FROM, ROUTER_SUB_BOTH };

struct router_contact {
    enum router_subscription subscription; /* from the account's side (6121 2.1.2.5) */
    bool ask;        /* the account has asked, no answer yet (Pending Out) */
    bool pending_in; /* the contact has asked, no answer yet (Pending In); the request is stored */
    bool approved;   /* the account has approved ahead of time (6121 3.4) */
};

/* router_contact_set - set one roster item without playing the dance.
 * returns   ROUTER_OK; ROUTER_E_UNKNOWN no such account; ROUTER_E_JID; ROUTER_E_CONFLICT the contact is set already or
 *           is the account itself; ROUTER_E_VALUE a combination that Appendix A of 6121 does not have; ROUTER_E_LIMIT;
 *           ROUTER_E_NOMEM. */
int router_contact_set(struct router *r, struct slice account, struct slice contact, struct router_contact state);

/* router_offline_add - put a message into an account's offline store.
 * stanza    one message as the account would get it, with 'from' and 'to'; copied.
 * stored_us virtual time of storing.
 * returns   ROUTER_OK; ROUTER_E_UNKNOWN; ROUTER_E_LIMIT store full; ROUTER_E_VALUE no message; ROUTER_E_NOMEM. */
int router_offline_add(struct router *r, struct slice account, struct slice stanza, uint64_t stored_us);

/* router_bind - a client has logged in and binds a resource.
 * jid       bare: the router makes a resourcepart; full: that one is asked for.
 * port      the new stream's number, never 0.
 * returns   ROUTER_OK; ROUTER_E_UNKNOWN no such account; ROUTER_E_JID; ROUTER_E_LIMIT; ROUTER_E_CONFLICT refused by knob
 *           bind.conflict; ROUTER_E_NOMEM.
 * effects   those of the end of a resource that was replaced, under bind.conflict=kick-old.
 * source    6120 7.5-7.7. */
int router_bind(struct router *r, struct slice jid, uint64_t now_us, uint32_t *port);

/* router_peer - a remote domain has opened a stream to a domain served here, and its identity is verified.
 * returns   ROUTER_OK and *port; ROUTER_E_UNKNOWN local is not served; ROUTER_E_CONFLICT remote is served here, or knob
 *           s2s.multi-stream refuses a second stream for the pair; ROUTER_E_JID; ROUTER_E_LIMIT; ROUTER_E_NOMEM.
 * effects   marks only.
 * source    6120 4.3.6, 8.1.2.2, 10.1. */
int router_peer(struct router *r, struct slice local, struct slice remote, uint32_t *port);

/* router_peer_pair - one more pair of domains is verified on an s2s input stream.
 * returns   ROUTER_OK, also where the pair was verified already; ROUTER_E_UNKNOWN no such input stream, or local is not
 *           served; ROUTER_E_CONFLICT remote is served here; ROUTER_E_JID; ROUTER_E_LIMIT; ROUTER_E_NOMEM.
 * source    6120 8.1.1.2, 8.1.2.2; XEP-0220 2.7. */
int router_peer_pair(struct router *r, uint32_t port, struct slice local, struct slice remote);

/* router_component - a domain served here is looked after by a trusted component, which may connect (XEP-0114).
 * Components are set up before the first stream. With ext.comp=off nothing changes: the domain is not served.
 * returns   ROUTER_OK; ROUTER_E_CONFLICT it is served already, or a stream has begun; ROUTER_E_JID; ROUTER_E_NOMEM. */
int router_component(struct router *r, struct slice domain);

/* router_attach - a component has connected and shown that it knows the secret.
 * returns   ROUTER_OK and *port; ROUTER_E_UNKNOWN no such component; ROUTER_E_CONFLICT it is connected already, and knob
 *           ext.comp.conflict refuses the new stream; ROUTER_E_JID; ROUTER_E_LIMIT; ROUTER_E_NOMEM.
 * effects   ROUTER_CLOSE of the older stream under ext.comp.conflict=kick-old; marks.
 * source    XEP-0114 3. */
int router_attach(struct router *r, struct slice domain, uint64_t now_us, uint32_t *port);

/* router_port_jid - whom a stream belongs to: the bound full JID, or the domain of a peer or component. Empty for an
 *                   unknown port. Valid until the stream ends. */
struct slice router_port_jid(const struct router *r, uint32_t port);

/* router_port_namespace - the content namespace of a stream. */
enum stanza_namespace router_port_namespace(const struct router *r, uint32_t port);

/* router_input - take one stanza and decide its fate.
 * now_us    virtual microseconds; never goes back.
 * st        borrowed until return; what is kept is copied.
 * returns   ROUTER_OK; ROUTER_E_UNKNOWN no such port, or one that does not accept stanzas; ROUTER_E_NOMEM.
 * effects   at least one fate per stanza, ROUTER_DROP included; each names its rule.
 * source    6120 8, 10; 6121 8. */
int router_input(struct router *r, uint32_t port, const struct stanza *st, uint64_t now_us);

/* router_fault - a stream's XML cannot be read on.
 * effects   ROUTER_CLOSE, then those of the stream's end.
 * returns   ROUTER_OK; ROUTER_E_UNKNOWN; ROUTER_E_NOMEM.
 * source    6120 4.9.3, 11. */
int router_fault(struct router *r, uint32_t port, enum stanza_fault fault, uint64_t now_us);

enum router_link_event {
    /* steps of an output stream that ROUTER_OPEN asked for; each gives the next one as long as knob s2s.timeout says.
     * A driver may leave them out and report ROUTER_LINK_READY alone. */
    ROUTER_LINK_RESOLVED,  /* the name has an address */
    ROUTER_LINK_CONNECTED, /* the connection stands */
    ROUTER_LINK_STARTED,   /* both stream headers are there; what is left is authentication */
    ROUTER_LINK_READY,     /* it is negotiated */
    /* it could not be opened */
    ROUTER_LINK_NO_HOST,   /* its name does not resolve (6120 10.4.3) */
    ROUTER_LINK_REFUSED,   /* it resolved, but no connection came about */
    ROUTER_LINK_FAILED,    /* connected, but negotiation failed */
    ROUTER_LINK_UNTRUSTED, /* TLS or SASL failed for a lasting reason */
    ROUTER_LINK_DIALBACK_INVALID,
    ROUTER_LINK_DIALBACK_ERROR, /* or the stream ended before dialback gave a result */
    /* any stream */
    ROUTER_LINK_CLOSED, /* the peer closed the stream in order */
    ROUTER_LINK_LOST    /* the connection broke */
};

/* router_link - something happened to a stream.
 * port      ends here with every event but the steps and ROUTER_LINK_READY.
 * effects   ROUTER_WRITE of what waited; bounces of what cannot be routed; the end of a presence session.
 * returns   ROUTER_OK; ROUTER_E_UNKNOWN; ROUTER_E_CONFLICT an event that this stream cannot have; ROUTER_E_NOMEM.
 * source    6120 4.4, 10.4; 6121 4.5.2. */
int router_link(struct router *r, uint32_t port, enum router_link_event event, uint64_t now_us);

/* router_wake_us - when the router next has something to do by itself: a step of opening a stream takes too long, a
 * stream is idle, an attempt that had to wait is due. UINT64_MAX: never, unless something happens before. */
uint64_t router_wake_us(const struct router *r);

/* router_tick - time has come to now_us; nothing happens before router_wake_us.
 * effects   ROUTER_OPEN of attempts that are due; ROUTER_END of streams that are given up or idle, each followed by the
 *           bounces of what waited for it.
 * returns   ROUTER_OK; ROUTER_E_NOMEM.
 * source    6120 3.3, 4.6.3, 10.4.3. */
int router_tick(struct router *r, uint64_t now_us);

/* router_crash - the server's process dies and starts anew: all streams, presence and queues are gone, without a word to
 * anybody; accounts, rosters, pending requests and stored messages stay. No effects. */
void router_crash(struct router *r);

/* The first ROUTER_FATE_COUNT kinds are fates: what became of a stanza or of one copy of it. */
enum router_effect_kind {
    ROUTER_DELIVER, /* a copy goes to a local client */
    ROUTER_ROUTE,   /* a copy goes to another domain's server */
    ROUTER_HAND,    /* a copy goes to a local component */
    ROUTER_STORE,   /* kept for later */
    ROUTER_BOUNCE,  /* the sender gets an error */
    ROUTER_ANSWER,  /* the server itself answers */
    ROUTER_PUSH,    /* a roster push goes to an interested resource */
    ROUTER_DROP,    /* nobody is told */
    ROUTER_CLOSE,   /* the sender's stream ends with a stream error */
    ROUTER_HANDLE,  /* the server took it in, and nothing else comes of it */
    ROUTER_FATE_COUNT,
    ROUTER_MARK = ROUTER_FATE_COUNT, /* a rule acted on the way */
    ROUTER_OPEN,                     /* please open an output stream; answer with router_link */
    ROUTER_WRITE,                    /* a stanza that waited for its stream is written */
    ROUTER_END                       /* the router gives up an output stream of its own: please close it. Its port has
                                      * ended; what follows up to the next ROUTER_END comes of it */
};

/* router_fate_name - "deliver", "route" and so on for a fate, "mark", "open", "write" for the rest. Static. */
const char *router_fate_name(enum router_effect_kind kind);

struct router_effect {
    enum router_effect_kind kind;
    int rule;              /* index into router_rules; -1 for ROUTER_OPEN and ROUTER_WRITE; ROUTER_END: why */
    const char *departure; /* id of the profile's departure that replaced the rule's outcome; NULL: none */
    const char *condition; /* "service-unavailable" and the like with a bounce or close; else NULL */
    uint32_t port;         /* where `bytes` go; 0: nowhere now (a fate without output, or the stream is not open yet) */
    unsigned input_class;  /* fates, and marks of rows: number of the class that the stanza was found to be, for
                            * router_class_at; 0: not known, as the server made it on the way. The rule is that of the
                            * class's row, or one that took over where the row was carried out */
    struct slice host;     /* the served domain that acted */
    struct slice to;       /* ROUTER_OPEN, and a mark of s2s.queue: remote domain; else whom this copy is for; size 0:
                            * nobody */
    struct slice bytes;    /* the stanza as it is written; size 0: none */
    int priority;          /* ROUTER_DELIVER: the recipient's priority; ROUTER_NOT_AVAILABLE where it has none */
};

enum { ROUTER_NOT_AVAILABLE = -1000 };

/* router_next - the next effect of the last call that took input, in order.
 * out       its slices stay valid until the next call that takes input.
 * returns   false: none left. What is not fetched before the next input is lost. */
bool router_next(struct router *r, struct router_effect *out);

/* router_describe - the facts about an account, for a person: its resources in the order of binding.
 * buffer    filled with text, NUL-terminated, cut where it does not fit. size: octets, 1 or more. */
void router_describe(const struct router *r, struct slice bare, char *buffer, size_t size);

#endif
