/* subscription.c - subscription stanzas and the state machine of 6121 Appendix A, whose cells are rows of rules.def. */
#include "state.h"

static bool has_pending_in(unsigned state) {
    return state == STATE_SUB_NONE_IN || state == STATE_SUB_NONE_OUTIN || state == STATE_SUB_TO_IN;
}

static void move_to(struct router *r, struct contact *c, unsigned state) {
    c->state = (uint8_t)state;
    if (!has_pending_in(state)) {
        kept_free(r, c->request);
        c->request = NULL;
    }
}

/* The contact with a bare JID, added where it is new. NULL: limit or memory. */
static struct contact *contact_for(struct router *r, struct account *account, struct slice bare) {
    struct jid_parts parts;
    struct contact *c = contact_find_text(r, account, bare);
    if (c != NULL || jid_prepare(bare, &parts) != ROUTER_OK)
        return c;
    struct jid *jid = jid_take(&r->jids, &parts);
    if (jid == NULL) {
        r->failed = true;
        return NULL;
    }
    c = contact_add(r, account, jid);
    jid_release(&r->jids, jid);
    return c;
}

/* A subscription is between bare JIDs, so a resource in 'to' is cut off (6121 3.1.2, 3.1.3). */
static void cut_resource(struct router *r, struct input *in, int rule) {
    struct jid_parts *to = in->to_parts;
    if (to->resource.size == 0)
        return;
    mark(r, in->host, rule);
    to->size -= to->resource.size + 1;
    to->resource.size = 0;
    in->to = router_text_copy(r, (struct slice){to->text, to->size});
}

static void refuse_self(struct router *r, struct input *in) {
    const struct decision d = {.rule = RULE_sub_self};
    if (knob_is(r, KNOB_sub_self, 2))
        fate(r, in, ROUTER_DROP, &d);
    else
        bounce(r, in, &d, knob_is(r, KNOB_sub_self, 1) ? CONDITION_NOT_ALLOWED : CONDITION_BAD_REQUEST, NULL);
}

/* Approval ahead of a request, or its withdrawal, stays on this server (6121 3.4). */
static void keep_here(struct router *r, struct input *in, const struct decision *d, struct slice contact) {
    struct account *account = in->sender->account;
    struct contact *c = contact_find_text(r, account, contact);
    const bool ahead = rule_rows[d->rule].flags & CELL_APPROVE_AHEAD && knob_is(r, KNOB_sub_preapproval, 0);
    if (ahead && c == NULL)
        c = contact_for(r, account, contact);
    if (c != NULL && ahead)
        c->item = c->approved = true;
    const bool withdrawn = c != NULL && in->st->kind == STANZA_UNSUBSCRIBED && c->approved;
    if (withdrawn)
        c->approved = false;
    fate(r, in, ahead || withdrawn ? ROUTER_HANDLE : ROUTER_DROP, d);
}

void subscription_out(struct router *r, struct input *in) {
    struct account *account = in->sender->account;
    const bool request = in->st->kind == STANZA_SUBSCRIBE;
    const struct who to = who_is((struct slice){in->to_parts->text, in->to_parts->size});
    if (is_self(account, &to)) {
        refuse_self(r, in);
        return;
    }
    if (request && in->to_parts->resource.size > 0 && knob_is(r, KNOB_sub_full_jid, 1)) {
        const struct decision rejected = {.rule = RULE_sub_to_full_out};
        bounce(r, in, &rejected, CONDITION_BAD_REQUEST, NULL);
        return;
    }
    cut_resource(r, in, request ? RULE_sub_to_full_out : RULE_sub_to_full_others_out);
    struct contact *c = contact_find_text(r, account, to.bare);
    const struct decision d = look_up(r, in, STAGE_SUB_OUT, c == NULL ? STATE_SUB_NONE : c->state);
    const struct row *cell = &rule_rows[d.rule];
    if (!(cell->flags & CELL_PASSED)) {
        keep_here(r, in, &d, to.bare);
        return;
    }
    mark(r, in->host, d.rule);
    if (cell->flags & CELL_SHOW_UNAVAILABLE_FIRST)
        send_unavailable_of_all(r, account, to.bare, d.rule);
    if (c == NULL && cell->next != STATE_SUB_NONE)
        c = contact_for(r, account, to.bare);
    if (c != NULL) {
        c->item = c->item || request || in->st->kind == STANZA_SUBSCRIBED;
        move_to(r, c, cell->next);
    }
    const struct slice contact = router_text_copy(r, to.bare);
    dispatch(r, in);
    if (cell->flags & CELL_SHOW_AVAILABLE)
        send_presences_to(r, account, contact, d.rule);
}

static void reply(struct router *r, struct input *in, const struct decision *d, enum stanza_kind kind) {
    const char *type = kind == STANZA_SUBSCRIBED ? "subscribed" : "unsubscribed";
    answer(r, in, d, kind, jid_slice(in->account->jid), write_start(r, "presence", type, (struct slice){NULL, 0}),
           (struct slice){NULL, 0});
}

/* The contact was approved before it asked: it is answered at once and sees the user's presence (6121 3.4.2). */
static bool answer_preapproved(struct router *r, struct input *in, struct contact *c) {
    if (in->st->kind != STANZA_SUBSCRIBE || c == NULL || !c->approved || !knob_is(r, KNOB_sub_preapproval, 0))
        return false;
    if (c->state == STATE_SUB_NONE)
        c->state = STATE_SUB_FROM;
    else if (c->state == STATE_SUB_NONE_OUT)
        c->state = STATE_SUB_FROM_OUT;
    else if (c->state == STATE_SUB_TO)
        c->state = STATE_SUB_BOTH;
    else
        return false;
    if (knob_is(r, KNOB_sub_preapproval_keep, 1))
        c->approved = false;
    const struct decision d = {.rule = RULE_sub_req_in_preapproved};
    reply(r, in, &d, STANZA_SUBSCRIBED);
    send_presences_to(r, in->account, in->who.bare, RULE_sub_req_in_preapproved);
    return true;
}

/* A request is shown to all available resources, and kept until the user answers (6121 3.1.3). */
static void take_request(struct router *r, struct input *in, const struct decision *d, struct contact *c) {
    kept_free(r, c->request);
    c->request = kept_new(r, in->st, in->from, jid_slice(in->account->jid));
    const size_t before = r->effect_count;
    for (struct session *s = in->account->sessions; s != NULL; s = s->next)
        if (s->presence != NULL)
            deliver(r, in, d, s);
    if (r->effect_count == before)
        fate(r, in, ROUTER_STORE, d)->to = jid_slice(in->account->jid);
}

static bool ignored_by_knob(const struct router *r, const struct row *cell) {
    return cell->knob == KNOB_sub_denial_deliver && knob_is(r, KNOB_sub_denial_deliver, 1);
}

void subscription_in(struct router *r, struct input *in) {
    if (in->to_parts->resource.size > 0)
        cut_resource(r, in, RULE_sub_to_full_in);
    in->copy.size = 0;
    struct contact *c = contact_find_text(r, in->account, in->who.bare);
    const struct decision d = look_up(r, in, STAGE_SUB_IN, c == NULL ? STATE_SUB_NONE : c->state);
    if (answer_preapproved(r, in, c))
        return;
    const struct row *cell = &rule_rows[d.rule];
    if (!(cell->flags & CELL_PASSED) || ignored_by_knob(r, cell)) {
        if (cell->flags & CELL_REPLY_SUBSCRIBED)
            reply(r, in, &d, STANZA_SUBSCRIBED);
        else
            fate(r, in, ROUTER_DROP, &d);
        return;
    }
    if (c == NULL)
        c = contact_for(r, in->account, in->who.bare);
    if (c == NULL) {
        fate(r, in, ROUTER_DROP, &d);
        return;
    }
    move_to(r, c, cell->next);
    if (in->st->kind == STANZA_SUBSCRIBE) {
        take_request(r, in, &d, c);
        return;
    }
    /* Delivery is to interested resources, those that asked for the roster; this version answers no roster request. */
    fate(r, in, ROUTER_HANDLE, &d);
    if (cell->flags & CELL_SHOW_UNAVAILABLE)
        send_unavailable_of_all(r, in->account, in->who.bare, d.rule);
    if (cell->flags & CELL_REPLY_UNSUBSCRIBED && knob_is(r, KNOB_sub_unsub_autoreply, 0))
        reply(r, in, &d, STANZA_UNSUBSCRIBED);
}

void deliver_requests(struct router *r, struct session *session) {
    struct account *account = session->account;
    const struct decision d = {.rule = RULE_pres_init_pending_subs};
    for (uint32_t i = 0; i < account->contact_count; i++) {
        const struct kept *request = account->contacts[i].request;
        struct stanza st;
        if (request == NULL)
            continue;
        kept_stanza(request, &st);
        struct input in = {.st = &st, .from = request->from, .to = request->to, .host = jid_slice(account->host->jid)};
        in.from = router_text_copy(r, request->from);
        deliver(r, &in, &d, session);
    }
}
