/* effects.c - the list of what comes out of a router, and the three common ways to add to it. */
#include "state.h"

#include <string.h>

struct router_effect *effect(struct router *r, enum router_effect_kind kind, struct slice host, int rule) {
    struct router_effect *e = &r->spare;
    if (r->effect_count < r->effect_capacity ||
        router_grow(r, (void **)&r->effects, &r->effect_capacity, sizeof *r->effects))
        e = &r->effects[r->effect_count++];
    *e = (struct router_effect){.kind = kind, .rule = rule, .host = host, .priority = ROUTER_NOT_AVAILABLE};
    return e;
}

void mark(struct router *r, struct slice host, int rule) {
    effect(r, ROUTER_MARK, host, rule);
}

struct router_effect *fate(struct router *r, const struct input *in, enum router_effect_kind kind,
                           const struct decision *d) {
    struct router_effect *e = effect(r, kind, in->host, d->rule);
    e->departure = d->departure;
    e->input_class = in->input_class;
    return e;
}

void mark_row(struct router *r, const struct input *in, const struct decision *d) {
    fate(r, in, ROUTER_MARK, d);
}

/* The departure by which presence, and whatever names a resource or nobody, says which resource gets it. */
void name_resource(struct router *r, struct input *in, const struct decision *d, const struct session *session) {
    if (departs(r, ALTERNATIVE_in_to_norewrite_name_resource) == NULL)
        return;
    const struct slice to = in->to.data != NULL ? in->to : attribute_value(r, in->st->start, "to");
    /* A request that was kept is for the account. */
    if (d->rule == RULE_pres_init_pending_subs || slice_is(to, jid_slice(session->jid)) ||
        (!kind_is_presence(in->st->kind) && to.size > 0 && memchr(to.data, '/', to.size) == NULL) ||
        !depart(r, in->host, ALTERNATIVE_in_to_norewrite_name_resource))
        return;
    in->to = jid_slice(session->jid);
    in->copy.size = 0;
}

void deliver(struct router *r, struct input *in, const struct decision *d, struct session *session) {
    name_resource(r, in, d, session);
    readdress(r, in, session);
    const struct slice copy = write_copy(r, in, (struct slice){NULL, 0});
    struct router_effect *e = fate(r, in, ROUTER_DELIVER, d);
    e->port = session->port;
    e->to = jid_slice(session->jid);
    e->bytes = copy;
    if (session->presence != NULL)
        e->priority = session->priority;
}

/* The session that a bound full JID belongs to, or NULL. */
static struct session *session_of(const struct router *r, struct slice full) {
    const struct jid *jid = jid_find_text(&r->jids, full);
    return jid != NULL && jid->role == JID_SESSION ? jid->owner : NULL;
}

static enum stanza_kind error_kind(enum stanza_kind kind) {
    return kind_is_message(kind)    ? STANZA_MESSAGE_ERROR
           : kind_is_presence(kind) ? STANZA_PRESENCE_ERROR
                                    : STANZA_IQ_ERROR;
}

/* An error for an account's bare JID is a stanza like any other, and meets that account's own rules. */
static void bounce_to_account(struct router *r, const struct input *in, struct slice text) {
    const struct stanza st = stanza_cut(text, error_kind(in->st->kind));
    const struct slice from = in->error_from.data != NULL ? in->error_from : in->st->to;
    generated(r, st.kind, STATE_BY_SERVER, in->host, from, in->from, st.start, st.body);
}

/* Whether it is a user's request that could not be handed on, and not one that was refused for what it says. */
static bool is_failed_request(const struct router *r, const struct input *in) {
    return in->st->kind == STANZA_SUBSCRIBE && in->origin == STATE_BY_CLIENT && in->stream == NULL &&
           in->stage >= STAGE_REMOTE && component_find(r, in->who.domain) == NULL;
}

static void forget_refused(struct router *r, const struct input *in, struct session *to) {
    struct jid_parts target;
    if (departs(r, ALTERNATIVE_pres_in_error_forget_directed) != NULL && kind_is_presence(in->st->kind) &&
        in->st->has_to && jid_prepare(in->st->to, &target) == ROUTER_OK)
        directed_refused(r, to, (struct slice){target.text, target.size});
}

/* A profile may answer what the specification says not to (6120 8.2.3). */
static bool is_answered_result(const struct input *in, const struct decision *d) {
    const bool undelivered = d->rule == RULE_iq_full_nomatch_reply || d->rule == RULE_iq_nouser_reply ||
                             d->rule == RULE_s2s_never_result;
    const bool unrouted = d->rule == RULE_s2s_never_error || d->rule == RULE_ext_comp_offline;
    return d->rule == RULE_in_iq_id || (in->st->kind == STANZA_RESULT && undelivered && d->departure != NULL) ||
           (in->st->kind != STANZA_PRESENCE_ERROR && unrouted && d->departure != NULL);
}

void bounce(struct router *r, struct input *in, const struct decision *d, enum condition condition, const char *type) {
    /* What the server made itself and may not send has nobody to come back to. */
    const bool answerable = !kind_is_unanswerable(in->st->kind) || is_answered_result(in, d);
    if (!answerable || (in->stage == STAGE_REMOTE && in->origin == STATE_BY_SERVER)) {
        fate(r, in, ROUTER_DROP, d);
        return;
    }
    /* A subscription that was stamped with the bare JID and then failed has its error sent there (6121 3.1.2). */
    const bool to_account = in->sender != NULL && in->stage >= STAGE_REMOTE && kind_is_subscription(in->st->kind);
    struct session *local = to_account ? NULL : in->sender;
    if (is_failed_request(r, in))
        mark(r, in->host, RULE_sub_req_out_error);
    const bool as_it_came =
        local == NULL || d->rule == RULE_in_pres_type_unknown || d->rule == RULE_in_from_mismatch;
    const struct slice to = as_it_came ? in->from : jid_slice(local->jid);
    struct slice text = write_error(r, in, to, condition, type != NULL ? type : in->mapped_type);
    if (knob_is(r, KNOB_err_by, 1))
        mark(r, in->host, RULE_err_by);
    if (knob_is(r, KNOB_err_payload, 1) && !in->st->oversize)
        mark(r, in->host, RULE_err_payload);
    uint32_t port = 0;
    if (local == NULL && in->stream == NULL && !to_account)
        local = session_of(r, in->from);
    if (local != NULL) {
        port = local->port;
        forget_refused(r, in, local);
    } else if (in->stream != NULL) {
        mark(r, in->host, RULE_err_return_path);
        port = send_to_remote(r, in, error_kind(in->st->kind), &text);
    } else {
        port = in->component != NULL && in->error_to.data != NULL ? in->component->port : component_port(r, &in->who);
    }
    if (local != NULL && kind_is_presence(in->st->kind) && in->stage >= STAGE_REMOTE) {
        spare(r, local, in->st->to);
        if (presence_barred(r, local->account)) {
            fate(r, in, ROUTER_DROP, d);
            return;
        }
    }
    struct router_effect *e = fate(r, in, ROUTER_BOUNCE, d);
    e->condition = condition_texts[condition].name;
    e->port = port;
    e->to = router_text_copy(r, to);
    e->bytes = text;
    if (local == NULL && in->stream == NULL && port == 0)
        bounce_to_account(r, in, text);
}

void close_stream(struct router *r, struct input *in, const struct decision *d, enum condition condition) {
    const struct slice text = write_stream_error(r, condition);
    mark(r, in->host, RULE_err_stream_fatal);
    struct router_effect *e = fate(r, in, ROUTER_CLOSE, d);
    e->condition = condition_texts[condition].name;
    e->bytes = text;
    if (in->sender != NULL) {
        e->port = in->sender->port;
        e->to = jid_slice(in->sender->jid);
        session_end(r, in->sender, false);
    } else if (in->stream != NULL) {
        e->port = in->stream->port;
        e->to = router_text_copy(r, jid_slice(in->stream->pair->remote));
        stream_free(r, in->stream);
    } else if (in->component != NULL) {
        e->port = in->component->port;
        e->to = jid_slice(in->component->host.jid);
        component_detach(r, in->component);
    }
}
