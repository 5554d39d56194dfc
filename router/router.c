/* router.c - a router's life: domains, accounts, streams, and the way in and out. */
#include "alloc.h"
#include "state.h"

#include <stdio.h>
#include <string.h>

void begin(struct router *r, uint64_t now_us) {
    r->effect_count = r->effect_next = 0;
    r->now_us = now_us;
    router_text_reset(r);
}

int done(const struct router *r) {
    return r->failed ? ROUTER_E_NOMEM : ROUTER_OK;
}

static int host_add(struct router *r, struct host *host, const char *domain) {
    struct jid_parts parts;
    if (jid_prepare(text_slice(domain), &parts) != ROUTER_OK || parts.local.size > 0 || parts.resource.size > 0)
        return ROUTER_E_JID;
    if (host_find(r, parts.domain) != NULL)
        return ROUTER_E_CONFLICT;
    host->jid = jid_take(&r->jids, &parts);
    if (host->jid == NULL)
        return ROUTER_E_NOMEM;
    host->jid->role = JID_HOST;
    host->jid->owner = host;
    r->host_count++;
    return ROUTER_OK;
}

int router_new(const struct router_config *config, struct router **out) {
    const struct router_alloc alloc = alloc_or_malloc(config->alloc);
    if (config->domain_count == 0)
        return ROUTER_E_VALUE;
    struct router *r = alloc.resize(alloc.ctx, NULL, sizeof *r);
    if (r == NULL)
        return ROUTER_E_NOMEM;
    *r = (struct router){.alloc = alloc, .policy = config->policy, .random = config->seed};
    r->jids.alloc = alloc;
    if (r->policy == NULL)
        r->policy = r->own_policy = policy_new(&r->alloc);
    r->hosts = router_take(r, config->domain_count * sizeof *r->hosts);
    int result = r->policy == NULL || r->hosts == NULL ? ROUTER_E_NOMEM : ROUTER_OK;
    for (size_t i = 0; i < config->domain_count && result == ROUTER_OK; i++)
        result = host_add(r, &r->hosts[i], config->domains[i]);
    if (result == ROUTER_OK)
        *out = r;
    else
        router_free(r);
    return result;
}

static void session_free(struct router *r, struct session *s) {
    kept_free(r, s->presence);
    while (s->directed != NULL) {
        struct directed *next = s->directed->next;
        jid_release(&r->jids, s->directed->jid);
        router_give(r, s->directed);
        s->directed = next;
    }
    unspare_all(r, s);
    jid_release(&r->jids, s->jid);
    router_give(r, s);
}

static void account_free(struct router *r, struct account *account) {
    while (account->sessions != NULL) {
        struct session *next = account->sessions->next;
        session_free(r, account->sessions);
        account->sessions = next;
    }
    contacts_free(r, account);
    kept_clear(r, &account->offline);
    kept_clear(r, &account->notices);
    kept_free(r, account->last_unavailable);
    kept_free(r, account->last_available);
    jid_release(&r->jids, account->jid);
    router_give(r, account);
}

void router_free(struct router *r) {
    if (r == NULL)
        return;
    router_text_reset(r);
    streams_free(r);
    components_crash(r);
    for (size_t i = 0; i < r->host_count; i++) {
        for (size_t j = 0; j < r->hosts[i].account_count; j++)
            account_free(r, r->hosts[i].accounts[j]);
        router_give(r, r->hosts[i].accounts);
        jid_release(&r->jids, r->hosts[i].jid);
    }
    components_free(r);
    jid_table_free(&r->jids);
    router_give(r, r->hosts);
    router_give(r, r->ports);
    router_give(r, r->effects);
    router_give(r, r->blocks);
    policy_free(r->own_policy);
    const struct router_alloc alloc = r->alloc;
    alloc.resize(alloc.ctx, r, 0);
}

/* What an account's server knew of others is gone; what a user or an administrator would call stored stays. */
static void account_forget(struct router *r, struct account *account) {
    for (struct session *s = account->sessions, *next; s != NULL; s = next) {
        next = s->next;
        r->ports[s->port - 1].kind = PORT_ENDED;
        s->jid->role = JID_FOREIGN;
        session_free(r, s);
    }
    account->sessions = account->last_session = NULL;
    account->session_count = 0;
    kept_free(r, account->last_unavailable);
    account->last_unavailable = NULL;
    for (uint32_t i = 0; i < account->contact_count; i++) {
        known_forget(r, &account->contacts[i]);
        account->contacts[i].refused = false;
    }
}

void router_crash(struct router *r) {
    begin(r, r->now_us);
    streams_free(r);
    components_crash(r);
    for (size_t i = 0; i < r->host_count; i++)
        for (size_t j = 0; j < r->hosts[i].account_count; j++)
            account_forget(r, r->hosts[i].accounts[j]);
}

bool router_serves(const struct router *r, struct slice domain) {
    return host_find(r, domain) != NULL;
}

bool router_skips_comments(const struct router *r) {
    return departs(r, ALTERNATIVE_in_xml_restricted_comments_ignored) != NULL;
}

/* ---- accounts ---- */

static struct account *account_find(const struct router *r, struct slice bare) {
    struct jid_parts parts;
    if (jid_prepare(bare, &parts) != ROUTER_OK || parts.resource.size > 0)
        return NULL;
    const struct jid *jid = jid_find_text(&r->jids, (struct slice){parts.text, parts.size});
    return jid != NULL && jid->role == JID_ACCOUNT ? jid->owner : NULL;
}

int router_account(struct router *r, struct slice bare) {
    struct jid_parts parts;
    if (jid_prepare(bare, &parts) != ROUTER_OK || parts.local.size == 0 || parts.resource.size > 0)
        return ROUTER_E_JID;
    struct host *host = host_find(r, parts.domain);
    if (host == NULL || host->component != NULL)
        return ROUTER_E_UNKNOWN;
    if (account_find(r, bare) != NULL)
        return ROUTER_E_CONFLICT;
    if (host->account_count == host->account_capacity &&
        !router_grow(r, (void **)&host->accounts, &host->account_capacity, sizeof *host->accounts))
        return ROUTER_E_NOMEM;
    struct account *account = router_take(r, sizeof *account);
    if (account == NULL)
        return ROUTER_E_NOMEM;
    account->jid = jid_take(&r->jids, &parts);
    if (account->jid == NULL) {
        router_give(r, account);
        r->failed = true;
        return ROUTER_E_NOMEM;
    }
    account->jid->role = JID_ACCOUNT;
    account->jid->owner = account;
    account->host = host;
    host->accounts[host->account_count++] = account;
    return ROUTER_OK;
}

/* The state of Appendix A that a contact's marks mean, or -1. */
static int state_of(struct router_contact state) {
    static const signed char states[4][4] = {
        /* neither, ask, pending in, both */
        {STATE_SUB_NONE, STATE_SUB_NONE_OUT, STATE_SUB_NONE_IN, STATE_SUB_NONE_OUTIN},
        {STATE_SUB_TO, -1, STATE_SUB_TO_IN, -1},
        {STATE_SUB_FROM, STATE_SUB_FROM_OUT, -1, -1},
        {STATE_SUB_BOTH, -1, -1, -1},
    };
    return states[state.subscription][(state.ask ? 1 : 0) + (state.pending_in ? 2 : 0)];
}

static struct kept *made_request(struct router *r, const struct jid *from, const struct jid *to) {
    const struct slice start = write_start(r, "presence", "subscribe", (struct slice){NULL, 0});
    const struct stanza st = {.kind = STANZA_SUBSCRIBE, .start = start};
    return kept_new(r, &st, jid_slice(from), jid_slice(to));
}

int router_contact_set(struct router *r, struct slice bare, struct slice contact, struct router_contact state) {
    struct account *account = account_find(r, bare);
    struct jid_parts parts;
    if (account == NULL)
        return ROUTER_E_UNKNOWN;
    if (jid_prepare(contact, &parts) != ROUTER_OK || parts.resource.size > 0)
        return ROUTER_E_JID;
    const int place = state.subscription <= ROUTER_SUB_BOTH ? state_of(state) : -1;
    if (place < 0)
        return ROUTER_E_VALUE;
    if (account->contact_count >= ROUTER_CONTACTS_MAX)
        return ROUTER_E_LIMIT;
    struct jid *jid = jid_take(&r->jids, &parts);
    if (jid == NULL)
        return ROUTER_E_NOMEM;
    if (jid == account->jid || contact_find(account, jid) != NULL) {
        jid_release(&r->jids, jid);
        return ROUTER_E_CONFLICT;
    }
    struct contact *c = contact_add(r, account, jid);
    jid_release(&r->jids, jid);
    if (c == NULL)
        return ROUTER_E_NOMEM;
    c->state = (uint8_t)place;
    c->approved = state.approved;
    if (place != STATE_SUB_NONE_IN || state.approved)
        contact_list(account, c);
    struct kept *request = state.pending_in ? made_request(r, c->jid, account->jid) : NULL;
    if (request != NULL && is_loose(r))
        loose_furnish(account, c, request);
    else
        c->request = request;
    return done(r);
}

int router_offline_add(struct router *r, struct slice bare, struct slice stanza, uint64_t stored_us) {
    struct account *account = account_find(r, bare);
    if (account == NULL)
        return ROUTER_E_UNKNOWN;
    if (account->offline.count >= r->policy->value[KNOB_off_max])
        return ROUTER_E_LIMIT;
    struct stanza_reader *reader = stanza_reader_new(&r->alloc, STANZA_CLIENT, r->policy->value[KNOB_size_max]);
    if (reader == NULL)
        return ROUTER_E_NOMEM;
    struct stanza st;
    int result = stanza_reader_feed(reader, stanza);
    const enum stanza_read read = result == ROUTER_OK ? stanza_reader_next(reader, &st) : STANZA_NOMEM;
    if (read == STANZA_NOMEM)
        result = ROUTER_E_NOMEM;
    else if (read != STANZA_READY || !kind_is_message(st.kind) || !st.has_from || st.oversize)
        result = ROUTER_E_VALUE;
    struct kept *kept = result == ROUTER_OK ? kept_new(r, &st, st.from, (struct slice){NULL, 0}) : NULL;
    stanza_reader_free(reader);
    if (kept != NULL) {
        kept->time_us = stored_us;
        kept_append(&account->offline, kept);
    }
    return result == ROUTER_OK && kept == NULL ? ROUTER_E_NOMEM : result;
}

/* ---- streams ---- */

/* splitmix64: the next number of the router's own sequence. */
uint64_t next_random(struct router *r) {
    uint64_t z = r->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static bool with_resource(struct jid_parts *parts, uint64_t number) {
    const size_t bare = parts->size - (parts->resource.size > 0 ? parts->resource.size + 1 : 0);
    const int size = snprintf(parts->text + bare, sizeof parts->text - bare, "/%016llx", (unsigned long long)number);
    parts->resource = (struct slice){parts->text + bare + 1, (size_t)size - 1};
    parts->size = bare + (size_t)size;
    return true;
}

static struct jid *bound_jid(struct router *r, const struct jid_parts *parts) {
    struct jid *jid = jid_find_text(&r->jids, (struct slice){parts->text, parts->size});
    return jid != NULL && jid->role == JID_SESSION ? jid : NULL;
}

static void kick(struct router *r, struct session *old) {
    struct input in = {.sender = old, .host = jid_slice(old->account->host->jid)};
    const struct decision d = {.rule = RULE_in_bind_conflict};
    struct router_effect *e = fate(r, &in, ROUTER_CLOSE, &d);
    e->condition = condition_texts[CONDITION_CONFLICT].name;
    e->port = old->port;
    e->to = jid_slice(old->jid);
    session_end(r, old, true);
}

/* Which resourcepart a client gets (6120 7.6, 7.7). */
static int choose_resource(struct router *r, const struct account *account, struct jid_parts *parts) {
    const struct slice host = jid_slice(account->host->jid);
    if (parts->resource.size > 0 && knob_is(r, KNOB_bind_submitted, 0)) {
        mark(r, host, RULE_in_bind_submitted);
        struct jid *taken = bound_jid(r, parts);
        if (taken == NULL)
            return ROUTER_OK;
        if (knob_is(r, KNOB_bind_conflict, 2)) {
            kick(r, taken->owner);
            return ROUTER_OK;
        }
        mark(r, host, RULE_in_bind_conflict);
        if (knob_is(r, KNOB_bind_conflict, 1))
            return ROUTER_E_CONFLICT;
    }
    mark(r, host, RULE_in_bind_generate);
    do
        with_resource(parts, next_random(r));
    while (bound_jid(r, parts) != NULL);
    return ROUTER_OK;
}

static int bind_to(struct router *r, struct account *account, const struct jid_parts *parts, uint32_t *port) {
    struct session *s = router_take(r, sizeof *s);
    if (s == NULL)
        return ROUTER_E_NOMEM;
    s->jid = jid_take(&r->jids, parts);
    s->port = s->jid == NULL ? 0 : port_new(r, PORT_SESSION, s);
    if (s->port == 0) {
        const int result = s->jid != NULL && !r->failed ? ROUTER_E_LIMIT : ROUTER_E_NOMEM;
        jid_release(&r->jids, s->jid);
        router_give(r, s);
        return result;
    }
    s->jid->role = JID_SESSION;
    s->jid->owner = s;
    s->account = account;
    s->active = ++r->activity;
    if (account->last_session == NULL)
        account->sessions = s;
    else
        account->last_session->next = s;
    account->last_session = s;
    account->session_count++;
    account->was_connected = true;
    if (account->offline.count > 0)
        mark(r, jid_slice(account->host->jid), RULE_off_deliver_connected);
    *port = s->port;
    return ROUTER_OK;
}

int router_bind(struct router *r, struct slice jid, uint64_t now_us, uint32_t *port) {
    begin(r, now_us);
    struct jid_parts parts;
    if (jid_prepare(jid, &parts) != ROUTER_OK || parts.local.size == 0)
        return ROUTER_E_JID;
    struct account *account = account_find(r, who_is((struct slice){parts.text, parts.size}).bare);
    if (account == NULL)
        return ROUTER_E_UNKNOWN;
    const bool replaces = knob_is(r, KNOB_bind_conflict, 2) && bound_jid(r, &parts) != NULL;
    if (account->session_count >= r->policy->value[KNOB_bind_max] && !replaces) {
        mark(r, jid_slice(account->host->jid), RULE_in_bind_limit);
        return ROUTER_E_LIMIT;
    }
    const int result = choose_resource(r, account, &parts);
    if (result != ROUTER_OK)
        return result;
    const int bound = bind_to(r, account, &parts, port);
    return bound == ROUTER_OK ? done(r) : bound;
}

uint32_t port_new(struct router *r, enum port_kind kind, void *owner) {
    if (r->port_count >= ROUTER_PORTS_MAX)
        return 0;
    if (r->port_count == r->port_capacity && !router_grow(r, (void **)&r->ports, &r->port_capacity, sizeof *r->ports))
        return 0;
    r->ports[r->port_count] = (struct port){kind, owner};
    return (uint32_t)++r->port_count;
}

struct port port_at(const struct router *r, uint32_t port) {
    return port >= 1 && port <= r->port_count ? r->ports[port - 1] : (struct port){PORT_ENDED, NULL};
}

struct slice router_port_jid(const struct router *r, uint32_t port) {
    const struct port p = port_at(r, port);
    if (p.kind == PORT_SESSION)
        return jid_slice(((const struct session *)p.owner)->jid);
    if (p.kind == PORT_STREAM)
        return jid_slice(((const struct stream *)p.owner)->pair->remote);
    if (p.kind == PORT_OUTPUT)
        return jid_slice(((const struct pair *)p.owner)->remote);
    if (p.kind == PORT_COMPONENT)
        return jid_slice(((const struct component *)p.owner)->host.jid);
    return (struct slice){"", 0};
}

enum stanza_namespace router_port_namespace(const struct router *r, uint32_t port) {
    const enum port_kind kind = port_at(r, port).kind;
    if (kind == PORT_COMPONENT)
        return STANZA_COMPONENT;
    return kind == PORT_STREAM || kind == PORT_OUTPUT ? STANZA_SERVER : STANZA_CLIENT;
}

/* ---- input ---- */

static void probe_from_client(struct router *r, struct input *in) {
    const struct account *account = in->sender->account;
    const struct slice bare = {in->to_parts->text, in->to_parts->size};
    const bool watched = in->to_parts->resource.size == 0 && contact_watched(contact_find_text(r, account, bare));
    mark(r, in->host, RULE_pres_probe_client);
    if (knob_is(r, KNOB_pres_probe_client_from, 2) || (knob_is(r, KNOB_pres_probe_client_from, 0) && watched))
        in->from = jid_slice(account->jid);
}

static bool is_own_bare(const struct input *in) {
    return slice_is((struct slice){in->to_parts->text, in->to_parts->size}, jid_slice(in->sender->account->jid));
}

static void from_client(struct router *r, struct input *in) {
    const enum stanza_kind kind = in->st->kind;
    if (in->to_parts == NULL) {
        mark(r, in->host, RULE_in_to_absent);
    } else if (kind_is_subscription(kind)) {
        subscription_out(r, in);
        return;
    } else if (kind == STANZA_AVAILABLE || kind == STANZA_UNAVAILABLE) {
        if (knob_is(r, KNOB_pres_dir_self, 1) && is_own_bare(in))
            in->to_parts = NULL;
        else
            directed_out(r, in);
    } else if (kind == STANZA_PROBE && is_own_bare(in) && depart(r, in->host, ALTERNATIVE_pres_probe_client_own_ignored)) {
        const struct decision d = {.rule = RULE_pres_probe_client};
        fate(r, in, ROUTER_DROP, &d);
        return;
    } else if (kind_is_presence(kind) && goes_nowhere(r, in)) {
        return;
    } else if (kind_is_request(kind) && is_own_roster(r, in)) {
        in->to_parts = NULL;
        in->both = in->st->to;
    } else if (kind == STANZA_PROBE) {
        probe_from_client(r, in);
    }
    dispatch(r, in);
}

static bool input_of(struct router *r, uint32_t port, struct input *in) {
    const struct port p = port_at(r, port);
    in->origin = STATE_BY_CLIENT;
    if (p.kind == PORT_SESSION) {
        struct session *s = p.owner;
        s->active = ++r->activity;
        in->sender = s;
        in->host = jid_slice(s->account->host->jid);
        in->who = (struct who){jid_slice(s->jid), jid_slice(s->account->jid), in->host};
        return true;
    }
    if (p.kind == PORT_COMPONENT) {
        in->component = p.owner;
        in->host = jid_slice(in->component->host.jid);
        return true;
    }
    in->stream = p.kind == PORT_STREAM ? p.owner : NULL;
    if (in->stream == NULL)
        return false;
    in->host = jid_slice(in->stream->pair->local->jid);
    in->who.full = in->who.bare = in->who.domain = jid_slice(in->stream->pair->remote);
    return true;
}

int router_input(struct router *r, uint32_t port, const struct stanza *st, uint64_t now_us) {
    begin(r, now_us);
    struct input in = {.st = st};
    struct jid_parts to;
    struct stanza edited;
    if (!input_of(r, port, &in))
        return ROUTER_E_UNKNOWN;
    if (!enter(r, &in, &to, &edited))
        return done(r);
    if (in.sender != NULL)
        from_client(r, &in);
    else
        dispatch(r, &in);
    return done(r);
}

int router_fault(struct router *r, uint32_t port, enum stanza_fault fault, uint64_t now_us) {
    static const enum fault faults[] = {
        [STANZA_FAULT_ILLFORMED] = FAULT_BAD_XML,
        [STANZA_FAULT_NS_ILLFORMED] = FAULT_BAD_NAMESPACE,
        [STANZA_FAULT_RESTRICTED] = FAULT_RESTRICTED_XML,
        [STANZA_FAULT_ENCODING] = FAULT_BAD_ENCODING,
    };
    if (fault == STANZA_FAULT_END)
        return router_link(r, port, ROUTER_LINK_CLOSED, now_us);
    begin(r, now_us);
    const struct stanza none = {.kind = STANZA_FOREIGN};
    struct input in = {.st = &none, .input_class = class_number(STAGE_ENTRY, none.kind, faults[fault])};
    if (fault == STANZA_FAULT_NONE || !input_of(r, port, &in))
        return ROUTER_E_UNKNOWN;
    const struct decision d = policy_decide(r->policy, STAGE_ENTRY, none.kind, faults[fault]);
    close_stream(r, &in, &d, d.condition);
    return done(r);
}

int router_link(struct router *r, uint32_t port, enum router_link_event event, uint64_t now_us) {
    begin(r, now_us);
    const struct port p = port_at(r, port);
    const bool over = event == ROUTER_LINK_CLOSED || event == ROUTER_LINK_LOST;
    if (p.kind == PORT_ENDED || p.kind == PORT_PAST)
        return ROUTER_E_UNKNOWN;
    if (p.kind == PORT_OUTPUT)
        return stream_event(r, p.owner, event);
    if (!over)
        return ROUTER_E_CONFLICT;
    if (p.kind == PORT_SESSION)
        session_end(r, p.owner, false);
    else if (p.kind == PORT_COMPONENT)
        component_detach(r, p.owner);
    else
        stream_free(r, p.owner);
    return done(r);
}

int router_attach(struct router *r, struct slice domain, uint64_t now_us, uint32_t *port) {
    begin(r, now_us);
    const int result = component_attach(r, domain, port);
    return result == ROUTER_OK ? done(r) : result;
}

/* ---- output ---- */

bool router_next(struct router *r, struct router_effect *out) {
    if (r->effect_next >= r->effect_count)
        return false;
    *out = r->effects[r->effect_next++];
    return true;
}

const char *router_fate_name(enum router_effect_kind kind) {
    static const char *const names[] = {"deliver", "route", "hand",  "store",  "bounce", "answer", "push",
                                        "drop",    "close", "handle", "mark", "open",   "write", "end"};
    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "?";
}

struct writer {
    char *at;
    size_t left; /* octets that still fit, the final NUL not counted */
};

static void say(struct writer *w, const char *text) {
    for (; *text != '\0' && w->left > 0; w->left--)
        *w->at++ = *text++;
    *w->at = '\0';
}

static const char *relation_word(unsigned state) {
    static const char *const words[] = {"none", "none, asked", "none, pending in", "none, asked, pending in", "to",
                                        "to, pending in", "from", "from, asked", "both"};
    return words[state - STATE_SUB_NONE];
}

void router_describe(const struct router *r, struct slice bare, char *buffer, size_t size) {
    struct writer w = {buffer, size - 1};
    buffer[0] = '\0';
    const struct account *account = account_find(r, bare);
    if (account == NULL) {
        const char *of_component = component_facts(r, bare);
        for (size_t i = 0; i < bare.size && w.left > 0; i++, w.left--)
            *w.at++ = bare.data[i];
        say(&w, of_component != NULL ? of_component : ": no such account");
        return;
    }
    say(&w, account->jid->text);
    say(&w, account->sessions == NULL ? ": no resource" : ":");
    for (const struct session *s = account->sessions; s != NULL; s = s->next) {
        char state[64];
        if (s->presence != NULL)
            snprintf(state, sizeof state, " priority %d available", s->priority);
        else
            snprintf(state, sizeof state, " connected, no presence sent");
        say(&w, s == account->sessions ? " " : ", ");
        say(&w, s->jid->text + s->jid->size - s->jid->resource_size);
        say(&w, state);
    }
    for (uint32_t i = 0; i < account->contact_count; i++) {
        say(&w, i == 0 ? "; roster: " : ", ");
        say(&w, account->contacts[i].jid->text);
        say(&w, " ");
        say(&w, relation_word(account->contacts[i].state));
        say(&w, account->contacts[i].approved ? ", approved" : "");
    }
    if (account->offline.count > 0) {
        char stored[48];
        snprintf(stored, sizeof stored, "; %zu stored", account->offline.count);
        say(&w, stored);
    }
}
