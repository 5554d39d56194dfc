/* dispatch.c - the two steps: where a stanza belongs, and what the row of that stage does with it. */
#include "state.h"

#include <string.h>

struct decision look_up(struct router *r, const struct input *in, unsigned stage, unsigned state) {
    return policy_decide(r->policy, stage, in->st->kind, state);
}

struct host *host_find(const struct router *r, struct slice domain) {
    const struct jid *jid = jid_find_text(&r->jids, domain);
    return jid != NULL && jid->role == JID_HOST ? jid->owner : NULL;
}

/* The error that a missing account shows is the one that an account without resources would show (6120 10.2, 13.11). */
static void as_if_offline(struct router *r, struct input *in, const struct decision *d) {
    mark(r, in->host, RULE_loc_consistent);
    const unsigned stage = in->stage == STAGE_NOUSER_BARE ? STAGE_BARE : STAGE_FULL_NOMATCH;
    const struct decision offline = look_up(r, in, stage, STATE_NONE);
    if (offline.verb == DO_BOUNCE)
        bounce(r, in, d, offline.condition, NULL);
    else
        fate(r, in, ROUTER_DROP, d);
}

/* 6121 8.1: an error tells whether a resource is there, so only who may know that gets one. */
static void by_trust(struct router *r, struct input *in, const struct decision *d) {
    mark(r, in->host, RULE_loc_trust);
    if (is_self(in->account, &in->who) || is_entitled(r, in->account, &in->who) ||
        was_directed_by_any(r, in->account, &in->who))
        bounce(r, in, d, CONDITION_SERVICE_UNAVAILABLE, NULL);
    else
        fate(r, in, ROUTER_DROP, d);
}

static void decide_request(struct router *r, struct input *in, unsigned stage);

static void no_such_resource(struct router *r, struct input *in, const struct decision *d) {
    const enum stanza_kind kind = in->st->kind;
    if (depart(r, in->host, ALTERNATIVE_domres_any_as_domain)) {
        decide_request(r, in, STAGE_DOMAIN);
        return;
    }
    if (kind_is_unanswerable(kind))
        fate(r, in, ROUTER_DROP, d);
    /* A probe alone is never a reason for an error (6121 4.3). */
    else if (kind == STANZA_PROBE || (!kind_is_request(kind) && knob_is(r, KNOB_dom_message, 1)))
        fate(r, in, ROUTER_HANDLE, d);
    else if (!kind_is_request(kind) && knob_is(r, KNOB_dom_message, 2))
        fate(r, in, ROUTER_DROP, d);
    else
        bounce(r, in, d, CONDITION_SERVICE_UNAVAILABLE, NULL);
}

static void own_bare(struct router *r, struct input *in, const struct decision *d) {
    mark_row(r, in, d);
    if (depart(r, in->host, ALTERNATIVE_noto_msg_to_sender)) {
        in->to = jid_slice(in->sender->jid);
        in->account = in->sender->account;
        in->resource = in->sender;
        decide(r, in, STAGE_FULL_MATCH, STATE_PLAIN);
        return;
    }
    in->account = in->sender->account;
    in->resource = NULL;
    if (knob_is(r, KNOB_noto_msg_to, 0))
        in->to = jid_slice(in->account->jid);
    mark(r, in->host, RULE_msg_bare_any_own);
    decide(r, in, STAGE_BARE, resource_state(in->account));
}

static void hand_on(struct router *r, struct input *in, const struct decision *d, unsigned stage, unsigned state) {
    mark_row(r, in, d);
    decide(r, in, stage, state);
}

/* Only what a person would read goes to resources that sent no presence; groupchat and errors stay barred. */
static void deliver_connected(struct router *r, struct input *in, const struct decision *d) {
    const enum stanza_kind kind = in->st->kind;
    if (d->departure == NULL && (kind == STANZA_GROUPCHAT || kind == STANZA_MESSAGE_ERROR))
        hand_on(r, in, d, in->stage, STATE_NONE);
    else
        deliver_some(r, in, d);
}

static void apply(struct router *r, struct input *in, const struct decision *d, unsigned state) {
    switch (d->verb) {
    case DO_NOTHING:
    case DO_PASS:
    case DO_SPLIT_ADDRESS:
    case DO_DROP: fate(r, in, ROUTER_DROP, d); break;
    case DO_HANDLE: fate(r, in, ROUTER_HANDLE, d); break;
    case DO_BOUNCE:
        if (rule_rows[d->rule].knob == KNOB_msg_store)
            mark(r, in->host, RULE_off_disabled);
        bounce(r, in, d, d->condition, NULL);
        break;
    case DO_BOUNCE_MAPPED: bounce(r, in, d, in->mapped, NULL); break;
    case DO_CLOSE: close_stream(r, in, d, d->condition); break;
    case DO_ROUTE: route(r, in, d); break;
    case DO_HAND: hand(r, in, d); break;
    case DO_STORE: offline_store(r, in, d); break;
    case DO_BY_TRUST: by_trust(r, in, d); break;
    case DO_AS_IF_OFFLINE: as_if_offline(r, in, d); break;
    case DO_AS_OFFLINE: hand_on(r, in, d, in->stage, STATE_NONE); break;
    case DO_AS_BARE: hand_on(r, in, d, STAGE_BARE, resource_state(in->account)); break;
    case DO_AS_OWN_BARE: own_bare(r, in, d); break;
    case DO_NO_SUCH_RESOURCE: no_such_resource(r, in, d); break;
    case DO_DELIVER_RESOURCE:
        if (in->resource != NULL)
            deliver(r, in, d, in->resource);
        else
            fate(r, in, ROUTER_DROP, d);
        break;
    case DO_DELIVER_CONNECTED: deliver_connected(r, in, d); break;
    case DO_DELIVER_MOST:
    case DO_DELIVER_ALL:
    case DO_DELIVER_AVAILABLE: deliver_some(r, in, d); break;
    case DO_TAKE_REPLY: fate(r, in, state == STATE_MATCHED ? ROUTER_HANDLE : ROUTER_DROP, d); break;
    case DO_ANSWER_IQ: answer_iq(r, in, d); break;
    case DO_ANSWER_PROBE:
        mark_row(r, in, d);
        answer_probe(r, in);
        break;
    case DO_ANSWER_AVAILABLE:
    case DO_ANSWER_APPROVE: answer_for_domain(r, in, d); break;
    case DO_ANSWER_PRESENCE:
    case DO_ANSWER_UNAVAILABLE:
    case DO_ANSWER_DIRECTED:
    case DO_ANSWER_MERE:
    case DO_ANSWER_UNSUBSCRIBED: answer_probe_with(r, in, d); break;
    case DO_BROADCAST_AVAILABLE:
        mark_row(r, in, d);
        broadcast_available(r, in);
        break;
    case DO_BROADCAST_UNAVAILABLE:
        mark_row(r, in, d);
        broadcast_unavailable(r, in);
        break;
    case DO_SUBSCRIPTION:
        mark_row(r, in, d);
        subscription_in(r, in);
        break;
    case VERB_COUNT: break;
    }
}

void decide(struct router *r, struct input *in, unsigned stage, unsigned state) {
    in->stage = stage;
    in->input_class = class_number(stage, in->st->kind, state);
    const struct decision d = look_up(r, in, stage, state);
    apply(r, in, &d, state);
}

/* The server is the recipient: of what it does not understand it takes no notice (6120 8.4). */
static void mark_parts(struct router *r, const struct input *in) {
    const struct stanza *st = in->st;
    size_t unknown = 0;
    for (size_t i = 0; i < st->child_count && i < STANZA_CHILDREN_MAX; i++)
        unknown += !is_content_namespace(st->child[i].ns);
    if (unknown == 0 || (!kind_is_message(st->kind) && !kind_is_presence(st->kind)))
        return;
    const bool nothing_else = kind_is_message(st->kind) && st->child_count == 1;
    if (nothing_else && knob_is(r, KNOB_dom_message, 1))
        return; /* whoever looks after the server may understand it */
    mark(r, in->host, nothing_else ? RULE_in_elem_recipient_msg : RULE_in_elem_recipient_part);
}

static unsigned request_state(struct router *r, struct input *in, unsigned stage) {
    const bool reply = in->st->kind == STANZA_RESULT || in->st->kind == STANZA_IQ_ERROR;
    const bool to_self = stage == STAGE_NOTO || (stage == STAGE_BARE && is_self(in->account, &in->who));
    if (reply && to_self)
        return roster_take_reply(r, in) ? STATE_MATCHED : STATE_PLAIN;
    if (!kind_is_request(in->st->kind))
        return STATE_PLAIN;
    if (!iq_is_known(r, in, stage))
        return STATE_UNKNOWN;
    if (stage == STAGE_BARE && is_self(in->account, &in->who))
        mark(r, in->host, RULE_noto_to_client_must);
    return STATE_KNOWN;
}

/* A request in a form that knob iq.bad-children let pass is still refused by whoever has to answer it (6120 8.2.3). */
static bool refuse_form(struct router *r, struct input *in) {
    const struct stanza *st = in->st;
    if (!kind_is_request(st->kind) || departs(r, ALTERNATIVE_in_iq_children_as_usual) != NULL)
        return false;
    if (st->child_count != 1) {
        const struct decision d = {.rule = RULE_in_iq_children};
        bounce(r, in, &d, CONDITION_BAD_REQUEST, NULL);
        return true;
    }
    if (!is_stream_namespace(st->child[0].ns) ||
        policy_decide(r->policy, STAGE_ENTRY, st->kind, FAULT_IQ_CHILD_NS).departure != NULL)
        return false;
    const struct decision d = instead(r, ALTERNATIVE_in_iq_child_ns_as_unknown);
    bounce(r, in, &d, d.departure != NULL ? CONDITION_SERVICE_UNAVAILABLE : CONDITION_BAD_REQUEST, NULL);
    return true;
}

static void decide_request(struct router *r, struct input *in, unsigned stage) {
    const struct stanza *st = in->st;
    if (refuse_form(r, in))
        return;
    const unsigned state = request_state(r, in, stage);
    if (state == STATE_UNKNOWN)
        mark(r, in->host, RULE_in_iq_unknown_ns);
    if (state == STATE_UNKNOWN && stage == STAGE_BARE && iq_is_hidden(r, in)) {
        const struct decision d = instead(r, ALTERNATIVE_iq_bare_unknown_say_why);
        bounce(r, in, &d, CONDITION_SUBSCRIPTION_REQUIRED, NULL);
        return;
    }
    if (state == STATE_UNKNOWN && stage == STAGE_NOTO && depart(r, in->host, ALTERNATIVE_noto_iq_unknown_from_sender))
        in->error_from = jid_slice(in->sender->jid);
    if (stage == STAGE_NOTO && kind_is_subscription(st->kind) && depart(r, in->host, ALTERNATIVE_noto_pres_sub_as_written)) {
        in->error_from = (struct slice){"", 0};
        in->error_to = st->has_to ? st->to : in->error_from;
    }
    decide(r, in, stage, state);
}

/* What the sender of an iq request is to the resource that it is for (6121 8.5.3.1). */
static unsigned relation(const struct router *r, const struct input *in) {
    if (is_self(in->account, &in->who))
        return STATE_ONESELF;
    return is_entitled(r, in->account, &in->who) || was_directed(r, in->resource, &in->who) ? STATE_ALLOWED
                                                                                             : STATE_STRANGER;
}

static void dispatch_account(struct router *r, struct input *in) {
    const enum stanza_kind kind = in->st->kind;
    if (kind == STANZA_AVAILABLE || kind == STANZA_UNAVAILABLE || kind == STANZA_PRESENCE_ERROR) {
        pass_unavailable(r, in);
        presence_in(r, in);
    }
    if (in->component != NULL)
        mark(r, in->host, RULE_ext_comp_local);
    if (kind == STANZA_PROBE && deliver_foreign_probe(r, in))
        return;
    const size_t before = r->effect_count;
    if (in->to_parts->resource.size == 0) {
        if (in->sender != NULL && in->sender->account == in->account && kind_is_message(kind)) {
            if (own_bare_otherwise(r, in))
                return;
            mark(r, in->host, RULE_msg_bare_any_own);
        }
        if (kind >= STANZA_GET)
            decide_request(r, in, STAGE_BARE);
        else
            decide(r, in, STAGE_BARE, resource_state(in->account));
    } else if (in->resource != NULL) {
        decide(r, in, STAGE_FULL_MATCH, kind_is_request(kind) ? relation(r, in) : STATE_PLAIN);
    } else if (kind == STANZA_GROUPCHAT && is_room(in)) {
        decide(r, in, STAGE_OCCUPANT_GONE, STATE_PLAIN);
    } else {
        decide(r, in, STAGE_FULL_NOMATCH, kind >= STANZA_GET ? STATE_PLAIN : resource_state(in->account));
    }
    if (is_room(in))
        mark_room(r, in, before);
}

/* No such account: what the chapters on probes and subscriptions say of it, beside the row of the table. */
static void dispatch_nobody(struct router *r, struct input *in) {
    const enum stanza_kind kind = in->st->kind;
    if (kind_is_request(kind) && answer_for_nobody(r, in))
        return;
    if (kind == STANZA_PROBE)
        mark(r, in->host, RULE_pres_probe_nouser);
    else if (kind_is_subscription(kind) && knob_is(r, KNOB_sub_local_nouser, 0))
        mark(r, in->host, subscription_ignored_rule(kind));
    if (ping_for_nobody(r, in) || probe_for_nobody(r, in))
        return;
    decide(r, in, in->to_parts->resource.size == 0 ? STAGE_NOUSER_BARE : STAGE_NOUSER_FULL, STATE_PLAIN);
}

/* find - host, account and resource of 'to'. One look-up where the full JID is bound, which is the common case. */
static struct host *find(const struct router *r, struct input *in) {
    const struct jid_parts *to = in->to_parts;
    const struct jid *jid = in->to_jid;
    if (jid == NULL)
        jid = jid_find_text(&r->jids, (struct slice){to->text, to->size});
    if (jid != NULL && jid->role == JID_SESSION)
        in->resource = jid->owner;
    if (jid == NULL && to->resource.size > 0)
        jid = jid_find_text(&r->jids, (struct slice){to->text, to->size - to->resource.size - 1});
    if (jid == NULL)
        return host_find(r, to->domain);
    if (jid->bare->role == JID_ACCOUNT)
        in->account = jid->bare->owner;
    return jid->domain->role == JID_HOST ? jid->domain->owner : NULL;
}

void dispatch(struct router *r, struct input *in) {
    if (in->to_parts == NULL) {
        if (!kind_is_message(in->st->kind))
            mark_parts(r, in);
        decide_request(r, in, STAGE_NOTO);
        return;
    }
    const struct host *host = find(r, in);
    const struct jid_parts *to = in->to_parts;
    if (host == NULL) {
        mark_outward(r, in);
        decide(r, in, STAGE_REMOTE, knob_is(r, KNOB_s2s_enable, 1) ? STATE_BARRED : STATE_OPEN);
        return;
    }
    in->host = jid_slice(host->jid);
    if (host->component != NULL) {
        dispatch_component(r, in, host->component);
        return;
    }
    if (to->local.size == 0)
        mark_parts(r, in);
    if (to->local.size == 0 && to->resource.size == 0)
        decide_request(r, in, STAGE_DOMAIN);
    else if (to->local.size == 0 && in->st->kind >= STANZA_GET && depart(r, in->host, ALTERNATIVE_domres_any_iq_as_domain))
        decide_request(r, in, STAGE_DOMAIN);
    else if (to->local.size == 0)
        decide(r, in, STAGE_DOMAIN_RESOURCE, STATE_PLAIN);
    else if (in->account == NULL)
        dispatch_nobody(r, in);
    else
        dispatch_account(r, in);
}

static void send_generated(struct router *r, enum stanza_kind kind, enum state origin, struct slice host,
                           struct slice from, struct slice to, struct slice start, struct slice body) {
    struct jid_parts parts, sender;
    struct jid *known, *self;
    if (jid_read(&r->jids, to, &parts, &known) != ROUTER_OK || jid_read(&r->jids, from, &sender, &self) != ROUTER_OK)
        return;
    struct stanza st = {.kind = kind, .has_to = true, .to = to, .start = start, .body = body};
    st.id = attribute_value(r, start, "id");
    st.has_id = st.id.data != NULL;
    struct input in = {.st = &st, .origin = origin, .from = from, .to = to, .host = host, .to_parts = &parts, .to_jid = known};
    in.who = who_is((struct slice){sender.text, sender.size});
    dispatch(r, &in);
}

void generated(struct router *r, enum stanza_kind kind, enum state origin, struct slice host, struct slice from,
               struct slice to, struct slice start, struct slice body) {
    if (r->deferring == 0) {
        send_generated(r, kind, origin, host, from, to, start, body);
        return;
    }
    const struct stanza st = {.kind = kind, .start = start, .body = body};
    struct kept *kept = kept_new(r, &st, from, to);
    if (kept == NULL)
        return;
    kept->origin = origin;
    kept->host = host;
    kept_append(&r->deferred, kept);
}

void defer_begin(struct router *r) {
    r->deferring++;
}

void defer_end(struct router *r) {
    if (--r->deferring > 0)
        return;
    for (struct kept *kept; (kept = kept_shift(&r->deferred)) != NULL; kept_free(r, kept))
        send_generated(r, kept->kind, kept->origin, kept->host, router_text_copy(r, kept->from),
                       router_text_copy(r, kept->to), router_text_copy(r, kept->start), router_text_copy(r, kept->body));
}
