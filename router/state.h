/* state.h - what a router knows: hosts, accounts, resources, streams, and the stanza it is working on. */
#ifndef ROUTER_STATE_H
#define ROUTER_STATE_H

#include "intern.h"
#include "policy.h"
#include "stanza.h"

/* A stanza that is kept: its parts stand behind it in one piece of memory. */
struct kept {
    struct kept *next;
    uint64_t time_us;
    enum stanza_kind kind;
    enum state origin;        /* STATE_BY_CLIENT and its like, for stanzas that wait for an s2s stream */
    bool has_to, has_id;
    struct slice from, to, id; /* decoded; to: where this copy goes */
    struct slice host;         /* the served domain that acts, for what is deferred; not copied */
    struct slice start, body;  /* as in struct stanza */
};

struct kept_list {
    struct kept *first, *last;
    size_t count;
};

/* An entity on a resource's directed-presence list (6121 4.6.1). */
struct directed {
    struct directed *next;
    struct jid *jid;
};

/* A connected resource. */
struct session {
    struct session *next; /* of the account, in the order of binding */
    struct account *account;
    struct jid *jid;
    struct kept *presence; /* last available presence; NULL: not available */
    struct directed *directed;
    struct directed *refusing; /* who returned errors for its presence, where a profile spares them */
    bool interested; /* it asked for the roster (6121 2.2) */
    uint32_t pushed_first, pushed_last; /* numbers of the first and the last push it got; 0: none */
    uint64_t active; /* the router's activity count when its client last sent something */
    uint32_t port;
    int16_t priority; /* -128 to 127 */
    int16_t last_priority; /* stays when it becomes unavailable */
};

struct contact {
    struct jid *jid; /* bare */
    struct kept *request; /* a subscription request that waits for the user's answer */
    struct kept *known;   /* last available presence of each of its resources, where knobs ask for it */
    char *name;           /* NULL: none */
    char *groups;         /* one behind the other, each with its NUL; NULL: none */
    char *shown;          /* how the item's JID is shown, by a departure; NULL: as it is */
    uint32_t groups_size;
    uint32_t added;       /* when it came into the roster, counted per account: items are listed in this order */
    uint32_t version;     /* of the roster when this last changed; 0: never since it was set up */
    uint8_t state;        /* enum state, STATE_SUB_NONE to STATE_SUB_BOTH */
    bool approved;
    bool away;    /* known to have no available resource */
    bool vague;   /* it had too many resources to know of all */
    bool leaving; /* the user has asked to be rid of it, and there is no answer yet; only where sub.key is loose */
    bool refused; /* the last presence from it was an error; shown, but never acted on */
    bool item; /* in the roster; false: only a request is pending */
};

struct account {
    struct jid *jid;
    struct host *host;
    struct session *sessions, *last_session;
    uint32_t session_count;
    struct contact *contacts; /* in the order in which they were added */
    uint32_t contact_count, contact_capacity;
    uint32_t roster_version; /* counts changes */
    uint32_t items_added;    /* counts items that came */
    uint32_t *contact_index; /* place in contacts plus one, by hash; a power of two */
    uint32_t index_size;
    struct kept_list offline;
    struct kept_list notices;      /* answers about subscriptions that nobody was there to see */
    struct kept *last_unavailable; /* 6121 4.3.2 */
    struct kept *last_available;   /* NULL: none, or no profile asks for it */
    bool was_connected;
};

struct host {
    struct jid *jid;
    struct account **accounts; /* to free them */
    size_t account_count, account_capacity;
    struct component *component; /* it looks after this domain; NULL: the server itself does */
};

/* A trusted service that looks after a domain of its own (XEP-0114). */
struct component {
    struct component *next;
    struct host host;
    const struct host *server; /* speaks for the server on its stream: the nearest domain above, or the first of all */
    uint32_t port; /* 0: not connected */
};

/* How far the output stream of a pair of domains has come. */
enum stream_state {
    STREAM_NONE,    /* there is none */
    STREAM_WAITING, /* there will be one, for what is in the queue, when the back-off is over */
    /* a port exists, and the next step is waited for */
    STREAM_RESOLVING,
    STREAM_CONNECTING,
    STREAM_NEGOTIATING,
    STREAM_VERIFYING,
    STREAM_READY
};

/* What a pair of domains waits for: a list of its own for each, with the earliest first. */
enum timer { TIMER_STEP, TIMER_IDLE, TIMER_RETRY, TIMER_COUNT, TIMER_NONE = TIMER_COUNT };

/* A served domain and another server's: their output stream, and how many input streams were verified for them. There
 * may be very many, so it is kept small. */
struct pair {
    struct pair *next; /* of the same remote domain */
    struct host *local;
    struct jid *remote;
    struct kept_list queue; /* waits for the output stream */
    struct pair *earlier, *later; /* in the list of its timer */
    uint64_t due_us;    /* of the timer; without one, in STREAM_NONE: when the back-off is over */
    uint32_t backoff_us; /* the last delay that was drawn or doubled; 0: no attempt has failed */
    uint32_t port;      /* of the output stream, or of the last one; 0: there never was one */
    uint32_t inputs;
    uint16_t failure; /* the rule that the last attempt failed by, where backoff_us is not 0 */
    uint8_t state;    /* enum stream_state */
    uint8_t timer;    /* enum timer */
    bool refused;     /* the attempt that failed got no connection, and was told so */
    bool unheard;     /* the attempt that failed got no stream header of the other server */
};

/* An s2s input stream, from a peer that is verified. */
struct stream {
    struct pair *pair;  /* that it was opened for */
    struct pair **more; /* that were verified on it later */
    uint32_t more_count;
    uint32_t port;
};

enum port_kind {
    PORT_ENDED,
    PORT_SESSION,
    PORT_STREAM, /* struct stream */
    PORT_OUTPUT, /* struct pair, with a port that the outside knows */
    PORT_COMPONENT,
    PORT_PAST    /* struct pair that outlives the port; to the outside the port has ended */
};

struct port {
    enum port_kind kind;
    void *owner;
};

/* A block of memory for the texts of effects; freed or reused as a whole. */
struct block {
    struct block *next;
    size_t size, used;
    char data[];
};

struct router {
    struct router_alloc alloc;
    const struct policy *policy;
    struct policy *own_policy;
    struct jid_table jids;
    struct host *hosts;
    size_t host_count;
    struct component *components;
    struct port *ports;
    size_t port_count, port_capacity;
    struct router_effect *effects;
    size_t effect_count, effect_capacity, effect_next;
    struct block *blocks;
    struct session *ended; /* freed with the next input, as effects may still name them */
    struct router_effect spare; /* written to where there is no memory for another effect */
    struct {
        struct pair *first, *last;
    } timers[TIMER_COUNT];
    uint64_t now_us, activity, random;
    uint32_t pushes; /* sent so far */
    unsigned deferring; /* what the server makes waits in `deferred` while this is not 0 */
    struct kept_list deferred;
    bool failed; /* memory ran out */
};

/* A sender's prepared address. */
struct who {
    struct slice full, bare, domain; /* full is the bare JID where there is no resource */
};

/* The stanza that is being decided. */
struct input {
    const struct stanza *st;
    struct session *sender; /* local client; NULL: it came over s2s or from a component, or the server made it */
    struct stream *stream;  /* s2s input stream; else NULL */
    struct component *component; /* whose stream it came on; else NULL */
    enum state origin;      /* STATE_BY_CLIENT, STATE_BY_BROADCAST, STATE_BY_SERVER */
    struct slice from;      /* what its copies carry; size 0: nothing */
    struct who who;         /* the same, prepared */
    struct slice to;        /* replaces 'to' in copies where to.data is not NULL; size 0 then leaves it out */
    struct slice error_from; /* 'from' of an error for it, where data is not NULL; size 0 then leaves it out */
    struct slice error_to;   /* 'to' of an error for it, in the same way */
    struct slice both;      /* both addresses of what answers it, where data is not NULL */
    struct slice host;      /* the served domain that acts */
    struct jid_parts *to_parts; /* prepared 'to'; NULL: none */
    const struct jid *to_jid;   /* the same, where it is known; NULL: look it up */
    enum condition mapped;  /* what BOUNCE_MAPPED says */
    const char *mapped_type; /* with this error type; NULL: the recommended one */
    /* filled by dispatch */
    struct account *account;  /* recipient's */
    struct session *resource; /* recipient's matching resource */
    unsigned stage;
    unsigned input_class;     /* number of the class that was decided last; 0: none */
    struct slice copy;        /* the copy's text, once it was written */
};

static inline struct slice text_slice(const char *text) {
    return (struct slice){text, __builtin_strlen(text)};
}

static inline bool slice_is(struct slice a, struct slice b) {
    return a.size == b.size && (a.size == 0 || __builtin_memcmp(a.data, b.data, a.size) == 0);
}

static inline bool knob_is(const struct router *r, enum knob_index knob, uint32_t place) {
    return policy_is(r->policy, knob, place);
}

static inline bool kind_is_message(enum stanza_kind kind) {
    return kind <= STANZA_MESSAGE_ERROR;
}

static inline bool kind_is_presence(enum stanza_kind kind) {
    return kind >= STANZA_AVAILABLE && kind <= STANZA_PRESENCE_OTHER;
}

static inline bool kind_is_subscription(enum stanza_kind kind) {
    return kind >= STANZA_SUBSCRIBE && kind <= STANZA_UNSUBSCRIBED;
}

static inline bool kind_is_request(enum stanza_kind kind) {
    return kind == STANZA_GET || kind == STANZA_SET;
}

/* Errors and iq results are never answered (6120 8.2.3, 8.3.1). */
static inline bool kind_is_unanswerable(enum stanza_kind kind) {
    return kind == STANZA_MESSAGE_ERROR || kind == STANZA_PRESENCE_ERROR || kind == STANZA_RESULT ||
           kind == STANZA_IQ_ERROR;
}

/* ---- memory.c ---- */

void *router_take(struct router *r, size_t size); /* zeroed; NULL sets r->failed */
void router_give(struct router *r, void *memory);
bool router_grow(struct router *r, void **array, size_t *capacity, size_t item_size); /* room for one more */
char *router_text(struct router *r, size_t size); /* lives as long as the effects; NULL sets r->failed */
void router_text_trim(struct router *r, char *text, size_t size); /* the last text turned out shorter */
void router_text_reset(struct router *r);
struct slice router_text_copy(struct router *r, struct slice text);

/* kept_new - copy of a stanza that goes from one to another; to: size 0 for none. NULL where memory ran out. */
struct kept *kept_new(struct router *r, const struct stanza *st, struct slice from, struct slice to);
void kept_free(struct router *r, struct kept *kept);
void kept_append(struct kept_list *list, struct kept *kept);
struct kept *kept_shift(struct kept_list *list); /* NULL: empty */
void kept_clear(struct router *r, struct kept_list *list);
void kept_stanza(const struct kept *kept, struct stanza *out); /* views into it, without children */

/* ---- write.c: texts of stanzas, all living as long as the effects ---- */

/* write_copy - the stanza as it goes on: 'from' stamped, 'to' as in->to says, all else as it came. `extra` is put
 * behind its content. Empty where memory ran out. */
struct slice write_copy(struct router *r, struct input *in, struct slice extra);
/* write_error - the error stanza for an input (6120 8.3). type: NULL for the recommended one. */
struct slice write_error(struct router *r, const struct input *in, struct slice to, enum condition condition,
                         const char *type);
/* write_body - content of a stanza as any stream can carry it. at: room for st->body.size octets. returns what was used. */
size_t write_body(char *at, const struct stanza *st);
size_t start_tag_size(struct slice text); /* of the tag that a text begins with; 0: it does not end */
struct stanza stanza_cut(struct slice text, enum stanza_kind kind); /* start and body of a stanza that was written here */
/* attribute_value - decoded value of a start tag's attribute; data NULL: it has none. */
struct slice attribute_value(struct router *r, struct slice start, const char *wanted);
struct slice write_stream_error(struct router *r, enum condition condition);
/* write_start - start tag of a stanza that the server makes, without addresses. type: NULL for none; id: data NULL
 * for none. */
struct slice write_start(struct router *r, const char *name, const char *type, struct slice id);
struct slice write_join(struct router *r, const struct slice *parts, size_t count); /* one text from several */
struct slice write_escaped(struct router *r, struct slice text); /* for an attribute in single quotes */
struct slice write_delay(struct router *r, struct slice from, uint64_t time_us); /* XEP-0203 element */

/* ---- effects.c ---- */

struct router_effect *effect(struct router *r, enum router_effect_kind kind, struct slice host, int rule);
void mark(struct router *r, struct slice host, int rule);
/* mark_row - a row that sent the stanza on shows as a mark, with its departure; what ends it is the fate. */
void mark_row(struct router *r, const struct input *in, const struct decision *d);
/* fate - what became of the input, with the departure that a decision made. */
struct router_effect *fate(struct router *r, const struct input *in, enum router_effect_kind kind,
                           const struct decision *d);
void bounce(struct router *r, struct input *in, const struct decision *d, enum condition condition, const char *type);
void close_stream(struct router *r, struct input *in, const struct decision *d, enum condition condition);
void name_resource(struct router *r, struct input *in, const struct decision *d, const struct session *session);
void deliver(struct router *r, struct input *in, const struct decision *d, struct session *session);

/* ---- alternatives.c ---- */

/* departs - id of the departure by which the profile takes an alternative, or NULL. One look-up: what else an alternative
 * depends on is asked behind it, so that a stanza of a profile that does not take it pays for nothing more. */
static inline const char *departs(const struct router *r, enum alternative alternative) {
    const uint32_t place = r->policy->alternatives[alternative];
    return place == 0 ? NULL : r->policy->departures[place - 1].id;
}
bool depart_marked(struct router *r, struct slice host, enum alternative alternative); /* takes it: a mark says so */
/* depart - whether the profile takes an alternative, which is carried out now: it shows as a mark. */
static inline bool depart(struct router *r, struct slice host, enum alternative alternative) {
    return departs(r, alternative) != NULL && depart_marked(r, host, alternative);
}
/* instead - what the rule of an alternative decides; its departure is NULL where the profile does not take it. */
struct decision instead(const struct router *r, enum alternative alternative);
/* asker_decides - whether the roster of the user that asks says if it is subscribed, and what it says. */
bool asker_decides(struct router *r, const struct input *in, enum alternative alternative, bool *subscribed);
struct slice delay_stored(struct router *r, struct slice host, struct slice body); /* body of a presence that is kept */
bool own_bare_otherwise(struct router *r, struct input *in); /* a user's message to itself; true: it is decided */
void readdress(struct router *r, struct input *in, const struct session *session); /* a copy is written for a resource */
bool deliver_foreign_probe(struct router *r, struct input *in); /* true: its fate is sealed */
bool is_own_roster(struct router *r, const struct input *in); /* a request for another's roster, but taken for it */
bool goes_nowhere(struct router *r, const struct input *in); /* presence of a client; true: its fate is sealed */
bool refuse_dot(struct router *r, struct input *in, struct slice raw); /* what 'to' is; true: its fate is sealed */
bool is_elsewhere(struct router *r, const struct input *in, struct slice raw); /* a dot makes the domain another one */
void count_as_available(struct router *r, struct input *in, struct stanza *edited); /* presence of an unknown type */
bool presence_barred(const struct router *r, const struct account *account);
void pass_unavailable(struct router *r, struct input *in); /* presence for a resource that is not available */
const char *reflection_omitted(const struct router *r, int rule);
const char *reflection_departs(const struct router *r, int rule);
bool pushes_first(struct router *r, const struct input *in);
/* probe_watched - by this alternative, probes a contact whose presence the account sees. */
void probe_watched(struct router *r, const struct account *account, struct slice contact, enum alternative alternative);
bool lax_domain(struct router *r, struct input *in, struct jid_parts *parts); /* true: it is bounced */
bool ping_for_nobody(struct router *r, struct input *in); /* true: it is answered */
bool probe_for_nobody(struct router *r, struct input *in); /* likewise */
struct slice end_body(struct router *r, const struct account *account, bool replaced); /* of the unavailable at an end */
bool pushes_again(const struct router *r, enum stanza_kind kind, unsigned state);
bool pushes_before_delivery(struct router *r, const struct input *in);
bool routes_anyway(struct router *r, const struct input *in, bool ahead);
bool connected_too(struct router *r, struct slice host, int rule);
/* delay_shown - body of a resource's presence as it is shown later. */
struct slice delay_shown(struct router *r, const struct session *s, struct slice body, enum alternative alternative);

/* ---- dispatch.c ---- */

void dispatch(struct router *r, struct input *in); /* decide a stanza that passed entry */
void decide(struct router *r, struct input *in, unsigned stage, unsigned state);
struct decision look_up(struct router *r, const struct input *in, unsigned stage, unsigned state);
unsigned resource_state(const struct account *account);
bool is_online(const struct account *account); /* it has an available resource */

/* generated - a stanza that the server makes goes its way. start: without 'from'. */
void generated(struct router *r, enum stanza_kind kind, enum state origin, struct slice host, struct slice from,
               struct slice to, struct slice start, struct slice body);

/* defer_begin, defer_end - what is generated between them goes its way at the end, in order. They nest. */
void defer_begin(struct router *r);
void defer_end(struct router *r);

/* ---- edit.c ---- */

/* check_delay - a delay that claims to be this server's own is a lie when it comes in (XEP-0203 5). returns false: the
 * stanza's fate is sealed. */
bool check_delay(struct router *r, struct input *in, struct stanza *edited);
/* cut_child - leave out one child of the stanza, which moves to `edited`; the views of the others stay right. */
void cut_child(struct router *r, struct input *in, struct stanza *edited, struct slice child);
/* omit_empty - leave out the children of an available presence that have this name and no text, by the departure. */
void omit_empty(struct router *r, struct input *in, struct stanza *edited, const char *name, enum alternative alternative);
void add_child(struct router *r, struct stanza *edited, struct slice text); /* behind the others, not described */

/* ---- entry.c ---- */

/* enter - validate and stamp. to: where in->to_parts will point; edited: room for the stanza where some of it may not
 * pass. returns false where its fate is sealed already. */
bool enter(struct router *r, struct input *in, struct jid_parts *to, struct stanza *edited);

struct slice domain_of(struct slice raw); /* of an address as it was written */
bool is_content_namespace(struct slice ns); /* of stanzas */
bool is_stream_namespace(struct slice ns);  /* of stanzas, or of the stream itself */

/* presence_priority - priority of an available presence: out of range or no number gives false, and what the knob
 * pres.bad-priority makes of it. */
bool presence_priority(const struct router *r, const struct stanza *st, int16_t *priority);

/* ---- local.c ---- */

void deliver_some(struct router *r, struct input *in, const struct decision *d);

/* ---- contacts.c ---- */

struct contact *contact_find(const struct account *account, const struct jid *bare);
struct contact *contact_find_text(const struct router *r, const struct account *account, struct slice bare);
struct contact *contact_add(struct router *r, struct account *account, struct jid *bare); /* NULL: limit or memory */
bool contact_is_subscription(struct slice word); /* as an item may have it */
struct slice contact_shown(const struct contact *c); /* its JID, as an item has it */
void contact_unlist(struct router *r, struct contact *c); /* it is in the roster no more */
void contacts_free(struct router *r, struct account *account);
static inline void contact_list(struct account *account, struct contact *c) { /* it is in the roster from now on */
    if (!c->item)
        c->added = ++account->items_added;
    c->item = true;
}
static inline bool contact_entitled(const struct contact *c) { /* sees the account's presence */
    return c != NULL && c->state >= STATE_SUB_FROM;
}
static inline bool contact_watched(const struct contact *c) { /* the account sees its presence */
    return c != NULL && (c->state == STATE_SUB_TO || c->state == STATE_SUB_TO_IN || c->state == STATE_SUB_BOTH);
}

/* What a sender is to an account or to one of its resources. */
bool is_self(const struct account *account, const struct who *who);
bool is_entitled(const struct router *r, const struct account *account, const struct who *who);
bool was_directed(const struct router *r, const struct session *session, const struct who *who);
bool was_directed_by_any(const struct router *r, const struct account *account, const struct who *who);
struct who who_is(struct slice prepared);

/* ---- presence.c ---- */

/* spared - whether a contact gets no more of a session's presence, because it has returned an error.
 * spare, unspare - presence came back from an address, or goes there all the same. */
bool spared(const struct session *session, const struct jid *contact);
void spare(struct router *r, struct session *session, struct slice address);
void unspare(struct router *r, struct session *session, struct slice address);
void unspare_all(struct router *r, struct session *session);

void broadcast_available(struct router *r, struct input *in);
void broadcast_unavailable(struct router *r, struct input *in);
void directed_out(struct router *r, struct input *in); /* bookkeeping for presence with 'to' from a client */
void directed_approved(struct router *r, struct account *account, struct slice contact);   /* it is a subscriber now */
void directed_refused(struct router *r, struct session *s, struct slice target); /* an error came from it */
bool directed_listed(const struct account *account, struct slice contact); /* by an available resource */
void presence_in(struct router *r, struct input *in);  /* for an account; dispatch goes on with it */
void session_end(struct router *r, struct session *session, bool replaced);
void send_presences_to(struct router *r, struct account *account, struct slice to, int rule);
void send_unavailable_of_all(struct router *r, struct account *account, struct slice to, int rule);

/* ---- known.c: what was heard of watched contacts ---- */

void known_take(struct router *r, const struct input *in, struct contact *c); /* available or unavailable presence */
void known_forget(struct router *r, struct contact *c);
bool known_spares_update(const struct router *r, const struct contact *c);
/* known_spares_probe - whether the contact need not be probed; what is known of it then goes to the new resource. */
bool known_spares_probe(struct router *r, struct session *s, const struct contact *c);

/* ---- answer.c ---- */

/* answer - a stanza of the server's own goes back to the sender. start: without 'to' and 'from'. */
void answer(struct router *r, struct input *in, const struct decision *d, enum stanza_kind kind, struct slice from,
            struct slice start, struct slice body);
void answer_probe(struct router *r, struct input *in);
void answer_probe_with(struct router *r, struct input *in, const struct decision *d);
void answer_for_domain(struct router *r, struct input *in, const struct decision *d);

/* ---- subscription.c ---- */

void subscription_out(struct router *r, struct input *in); /* from a local client; dispatches it too */
void subscription_in(struct router *r, struct input *in);
int subscription_ignored_rule(enum stanza_kind kind);
void subscription_failed(struct router *r, const struct input *in); /* a request could not be routed */
void deliver_requests(struct router *r, struct session *session);   /* at initial presence, with stored notices */
/* probe_cancels - whether the answer "unsubscribed" to a probe goes out; by a departure it ends what there is to end. */
bool probe_cancels(struct router *r, const struct input *in);
void resend_requests(struct router *r, struct account *account);
bool state_asks(unsigned state); /* pending out */
/* contact_for - the contact with a bare JID, added where it is new. NULL: limit or memory. */
struct contact *contact_for(struct router *r, struct account *account, struct slice bare);

/* ---- loose.c: subscriptions without the state machine ---- */

bool is_loose(const struct router *r); /* the profile has them */
/* loose_out, loose_in - as subscription_out and subscription_in. returns false: the profile has the state machine. */
bool loose_out(struct router *r, struct input *in);
bool loose_in(struct router *r, struct input *in);
/* loose_remove - an item goes, and whom it was for is told. returns what a push may name; NULL: memory ran out. */
struct contact *loose_remove(struct router *r, struct input *in, const struct jid_parts *parts);
void loose_furnish(struct account *account, struct contact *c, struct kept *request); /* one with a request that waits */

/* ---- roster.c ---- */

void answer_roster(struct router *r, struct input *in, const struct decision *d);
/* roster_push - an item changed: a new version, and a push to each interested resource. returns false: there is none. */
bool roster_push(struct router *r, struct account *account, struct contact *c);
bool roster_take_reply(struct router *r, struct input *in); /* a client answers a push */

/* ---- element.c ---- */

struct element {
    struct slice raw, start, name, body; /* name: local */
};

/* element_next - the next element of a text that is well-formed; at: 0 to begin. returns false: none left. */
bool element_next(struct slice text, size_t *at, struct element *out);
struct slice element_text(struct router *r, const struct element *element); /* decoded; no children */

/* ---- offline.c ---- */

void offline_store(struct router *r, struct input *in, const struct decision *d);
bool offline_keep(struct router *r, struct input *in); /* beside the messages; false: no room, and it is bounced */
void offline_deliver(struct router *r, struct session *session);

/* ---- iq.c ---- */

bool iq_is_hidden(struct router *r, const struct input *in);
bool answer_for_nobody(struct router *r, struct input *in);
bool iq_is_known(struct router *r, const struct input *in, unsigned stage);
void answer_iq(struct router *r, struct input *in, const struct decision *d);
void answer_result(struct router *r, struct input *in, const struct decision *d, struct slice content);

/* ---- remote.c: stanzas on their way to other servers ---- */

void route(struct router *r, struct input *in, const struct decision *d);
/* send_to_remote - the server's own answer to the sender of `in`, on the stream to its domain or into its queue.
 * text: made empty where it can do neither and is lost. returns the port, 0 where it waits or is lost. */
uint32_t send_to_remote(struct router *r, const struct input *in, enum stanza_kind kind, struct slice *text);
void queue_write(struct router *r, struct pair *pair); /* the stream is ready */
/* queue_fail - there will be no stream; rule: why (6120 10.4.3). */
void queue_fail(struct router *r, const struct pair *pair, struct kept_list queue, int rule);

/* ---- streams.c: the output stream of each pair of domains, and the input streams of peers ---- */

struct pair *pair_find(const struct host *local, const struct jid *remote); /* NULL: none */
struct pair *pair_take(struct router *r, struct host *local, struct jid *remote); /* made where there is none */
void pair_tidy(struct router *r, struct pair *pair); /* frees it where it says nothing any more */
/* stream_open - ask for the output stream of a pair. asked: for the stanza that is decided, not because time has come.
 * returns   false where no port is left. */
bool stream_open(struct router *r, struct pair *pair, bool asked);
void stream_await(struct router *r, struct pair *pair); /* it is opened when the back-off is over */
void stream_used(struct router *r, struct pair *pair);  /* something was written on it */
int stream_event(struct router *r, struct pair *pair, enum router_link_event event);
void stream_free(struct router *r, struct stream *stream); /* an input stream is over */
void streams_free(struct router *r);                       /* all streams and pairs, without a word */

/* ---- timers.c ---- */

void timer_start(struct router *r, struct pair *pair, enum timer timer, uint64_t due_us); /* in place of what it has */
void timer_stop(struct router *r, struct pair *pair);
struct pair *timer_first(const struct router *r); /* whose timer ends first; NULL: no timer runs */
uint64_t time_after(uint64_t now_us, uint64_t duration_us); /* UINT64_MAX where there is no such time */

/* ---- router.c ---- */

void begin(struct router *r, uint64_t now_us); /* input is taken: the effects of the last one are over */
int done(const struct router *r);              /* ROUTER_OK, or ROUTER_E_NOMEM where memory ran out meanwhile */
struct port port_at(const struct router *r, uint32_t port);
uint32_t port_new(struct router *r, enum port_kind kind, void *owner); /* 0: limit or memory */
uint64_t next_random(struct router *r);

struct host *host_find(const struct router *r, struct slice domain);

/* ---- component.c ---- */

struct component *component_find(const struct router *r, struct slice domain); /* that looks after it, or NULL */
void components_free(struct router *r);
void components_crash(struct router *r); /* none is connected any more */
int component_attach(struct router *r, struct slice domain, uint32_t *port);
void component_detach(struct router *r, struct component *c);
const char *component_facts(const struct router *r, struct slice address); /* for a person; NULL: of no component */

/* component_port - the stream to the component that an address belongs to; 0: to none, or it is not connected. */
uint32_t component_port(const struct router *r, const struct who *who);

/* server_domain - in whose name the server itself speaks to the sender of `in`. */
struct slice server_domain(const struct input *in);

/* component_sender - the sender's address, as far as it is one. returns whether it is one of the component's own. */
bool component_sender(struct router *r, struct input *in);
void dispatch_component(struct router *r, struct input *in, struct component *c); /* the domain of 'to' is its own */
void hand(struct router *r, struct input *in, const struct decision *d);
void mark_outward(struct router *r, const struct input *in); /* the domain of 'to' is not served here */
bool is_trusted_service(const struct router *r, const struct who *who);

/* A room is an address with a localpart at a component, an occupant somebody's address in it, with a resource too. */
bool is_room(const struct input *in); /* whether the stanza comes from one */
void mark_room(struct router *r, const struct input *in, size_t before); /* effects from `before` on came of it */
bool is_occupant_jid(const struct jid *jid);
bool spares_room(const struct session *s); /* a broadcast passes by a room that it was in */

/* Whether the users of a domain are looked after here, by the server itself. */
static inline bool jid_is_local(const struct jid *jid) {
    return jid->domain->role == JID_HOST && ((const struct host *)jid->domain->owner)->component == NULL;
}

#endif
