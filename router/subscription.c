/* subscription.c - subscription stanzas and the state machine of 6121 Appendix A, whose cells are rows of rules.def. */
#include "state.h"

static bool has_pending_in(unsigned state) {
    return state == STATE_SUB_NONE_IN || state == STATE_SUB_NONE_OUTIN || state == STATE_SUB_TO_IN;
}

bool state_asks(unsigned state) {
    return state == STATE_SUB_NONE_OUT || state == STATE_SUB_NONE_OUTIN || state == STATE_SUB_FROM_OUT;
}

static void move_to(struct router *r, struct contact *c, unsigned state) {
    c->state = (uint8_t)state;
    if (!contact_watched(c))
        known_forget(r, c);
    if (!has_pending_in(state)) {
        kept_free(r, c->request);
        c->request = NULL;
    }
}

/* What a roster shows of a contact, as one number: a push is due when it changes (6121 2.2). */
static unsigned look(const struct router *r, const struct contact *c) {
    if (c == NULL || !c->item)
        return 0;
    const unsigned sees = contact_watched(c), seen = contact_entitled(c), asks = state_asks(c->state);
    const unsigned state = departs(r, ALTERNATIVE_sub_visible_push_by_state) != NULL ? c->state : 0;
    return 1u | sees << 1 | seen << 2 | asks << 3 | (unsigned)c->approved << 4 | state << 5;
}

static void push_if_changed(struct router *r, struct account *account, struct contact *c, unsigned before) {
    if (c == NULL || !c->item)
        return;
    const struct slice host = jid_slice(account->host->jid);
    if (look(r, c) != before) {
        if (!depart(r, host, ALTERNATIVE_sub_visible_push_by_state))
            mark(r, host, RULE_sub_visible_push);
        else if (c->state == STATE_SUB_NONE_IN)
            return;
        roster_push(r, account, c);
    } else if (knob_is(r, KNOB_sub_push_nochange, 1)) {
        mark(r, host, RULE_sub_push_invisible);
        roster_push(r, account, c);
    }
}

struct contact *contact_for(struct router *r, struct account *account, struct slice bare) {
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
    in->to_jid = NULL;
    in->to = router_text_copy(r, (struct slice){to->text, to->size});
}

/* The state between the two: None also where neither knows of the other (6121 A.1). */
static unsigned state_between(struct router *r, const struct input *in, const struct contact *c) {
    if (c != NULL)
        return c->state;
    mark(r, in->host, RULE_sub_key);
    return STATE_SUB_NONE;
}

int subscription_ignored_rule(enum stanza_kind kind) {
    switch (kind) {
    case STANZA_SUBSCRIBED: return RULE_sub_app_in_ignore;
    case STANZA_UNSUBSCRIBED: return RULE_sub_cancel_in_ignore;
    case STANZA_UNSUBSCRIBE: return RULE_sub_unsub_in_ignore;
    default: return RULE_sub_req_in_nouser;
    }
}

/* ---- from a local client ---- */

static void refuse_self(struct router *r, struct input *in) {
    const struct decision d = {.rule = RULE_sub_self};
    if (knob_is(r, KNOB_sub_self, 2))
        fate(r, in, ROUTER_DROP, &d);
    else
        bounce(r, in, &d, knob_is(r, KNOB_sub_self, 1) ? CONDITION_NOT_ALLOWED : CONDITION_BAD_REQUEST, NULL);
}

/* Approval ahead of a request stays on this server (6121 3.4.2). */
static bool approve_ahead(struct router *r, struct input *in, const struct decision *d, struct slice contact) {
    struct account *account = in->sender->account;
    if (!(rule_rows[d->rule].flags & CELL_APPROVE_AHEAD))
        return false;
    if (knob_is(r, KNOB_sub_preapproval, 1)) {
        mark(r, in->host, RULE_sub_pre_off);
        return false;
    }
    struct contact *c = contact_for(r, account, contact);
    if (c == NULL)
        return false;
    const unsigned before = look(r, c);
    mark(r, in->host, c->item ? RULE_sub_pre_flag : RULE_sub_pre_create);
    contact_list(account, c);
    c->approved = true;
    push_if_changed(r, account, c, before);
    return true;
}

static bool withdraw_approval(struct router *r, struct input *in, struct slice contact) {
    struct account *account = in->sender->account;
    struct contact *c = contact_find_text(r, account, contact);
    if (in->st->kind != STANZA_UNSUBSCRIBED || c == NULL || !c->approved)
        return false;
    if (depart(r, in->host, ALTERNATIVE_sub_cancel_out_preapproval_keep))
        return false;
    const unsigned before = look(r, c);
    mark(r, in->host, RULE_sub_cancel_out_preapproval);
    mark(r, in->host, RULE_sub_pre_cancel);
    c->approved = false;
    push_if_changed(r, account, c, before);
    return true;
}

/* Approval of who is subscribed already changes nothing, but may be passed on for all that. */
static bool approve_again(struct router *r, struct input *in, struct slice contact) {
    struct account *account = in->sender->account;
    if (in->st->kind != STANZA_SUBSCRIBED || !contact_entitled(contact_find_text(r, account, contact)) ||
        !depart(r, in->host, ALTERNATIVE_sub_pre_noop_pass_on))
        return false;
    defer_begin(r);
    dispatch(r, in);
    send_presences_to(r, account, contact, RULE_sub_pre_noop);
    probe_watched(r, account, contact, ALTERNATIVE_sub_app_out_presence_probe_too);
    defer_end(r);
    return true;
}

static void keep_here(struct router *r, struct input *in, const struct decision *d, struct slice contact) {
    const bool ahead = approve_ahead(r, in, d, contact);
    if (ahead || withdraw_approval(r, in, contact)) {
        fate(r, in, ROUTER_HANDLE, d);
        if (ahead)
            probe_watched(r, in->sender->account, contact, ALTERNATIVE_sub_pre_flag_probe_too);
        return;
    }
    if (approve_again(r, in, contact))
        return;
    if (routes_anyway(r, in, rule_rows[d->rule].flags & CELL_APPROVE_AHEAD)) {
        mark(r, in->host, d->rule);
        dispatch(r, in);
        return;
    }
    if (in->st->kind == STANZA_UNSUBSCRIBED)
        mark(r, in->host, RULE_sub_cancel_out_noop);
    else if (in->st->kind == STANZA_SUBSCRIBED && !(rule_rows[d->rule].flags & CELL_APPROVE_AHEAD))
        mark(r, in->host, RULE_sub_pre_noop);
    fate(r, in, ROUTER_DROP, d);
}

/* What the step is called in the running text of 6121 3, beside its cell of the table. */
static void mark_out(struct router *r, const struct input *in, const struct row *cell) {
    switch (in->st->kind) {
    case STANZA_SUBSCRIBE: {
        const struct host *host = host_find(r, in->to_parts->domain);
        if (host == NULL || host->component == NULL)
            mark(r, in->host, host != NULL ? RULE_sub_req_out_local : RULE_sub_req_out_remote);
        mark(r, in->host, RULE_sub_req_out_push);
        break;
    }
    case STANZA_SUBSCRIBED:
        mark(r, in->host, RULE_sub_pre_normal);
        mark(r, in->host, RULE_sub_app_out_order);
        break;
    case STANZA_UNSUBSCRIBE: mark(r, in->host, RULE_sub_unsub_out); break;
    default:
        mark(r, in->host, cell->flags & CELL_SHOW_UNAVAILABLE_FIRST ? RULE_sub_cancel_out_order : RULE_sub_cancel_out_deny);
    }
}

/* Whether the contact is a component's, and that is not connected. */
static bool is_left_waiting(const struct router *r, const struct input *in) {
    const struct component *c = component_find(r, in->to_parts->domain);
    return c != NULL && c->port == 0;
}

/* Everything that the other side does in answer waits until this side is done, as if its server were another one. */
static void pass_on(struct router *r, struct input *in, const struct decision *d, struct slice contact) {
    struct account *account = in->sender->account;
    const struct row *cell = &rule_rows[d->rule];
    const bool adds = in->st->kind == STANZA_SUBSCRIBE || in->st->kind == STANZA_SUBSCRIBED;
    struct contact *c = contact_find_text(r, account, contact);
    mark_row(r, in, d);
    mark_out(r, in, cell);
    if (cell->flags & CELL_SHOW_UNAVAILABLE_FIRST && directed_listed(account, contact))
        mark(r, in->host, RULE_pres_dir_precedence_cancel);
    const bool was_subscribed = cell->flags & CELL_SHOW_UNAVAILABLE_FIRST;
    const bool unavailable_last = was_subscribed && depart(r, in->host, ALTERNATIVE_sub_cancel_out_order_unavailable_last);
    const bool push_first = unavailable_last || pushes_first(r, in);
    if (was_subscribed && !unavailable_last)
        send_unavailable_of_all(r, account, contact, RULE_sub_cancel_out_order);
    if (c == NULL && cell->next != STATE_SUB_NONE)
        c = contact_for(r, account, contact);
    const unsigned before = look(r, c), state = c == NULL ? STATE_SUB_NONE : c->state;
    if (c != NULL) {
        if (adds && !c->item && in->st->kind == STANZA_SUBSCRIBED)
            mark(r, in->host, RULE_sub_app_out_item);
        if (in->st->kind == STANZA_SUBSCRIBE && c->item && !state_asks(c->state))
            mark(r, in->host, RULE_sub_either_order);
        if (adds)
            contact_list(account, c);
        if (in->st->kind == STANZA_UNSUBSCRIBED && departs(r, ALTERNATIVE_sub_cancel_out_preapproval_keep) == NULL)
            c->approved = false;
        move_to(r, c, cell->next);
        if (in->st->kind == STANZA_UNSUBSCRIBED && state == STATE_SUB_NONE_IN &&
            depart(r, in->host, ALTERNATIVE_sub_cancel_out_deny_forget_item))
            contact_unlist(r, c);
    }
    defer_begin(r);
    if (push_first && c != NULL && c->item && pushes_again(r, in->st->kind, state))
        roster_push(r, account, c);
    else if (push_first)
        push_if_changed(r, account, c, before);
    dispatch(r, in);
    if (!push_first)
        push_if_changed(r, account, contact_find_text(r, account, contact), before);
    else if (unavailable_last)
        send_unavailable_of_all(r, account, contact, RULE_sub_cancel_out_order);
    if (cell->flags & CELL_SHOW_AVAILABLE) {
        directed_approved(r, account, contact);
        send_presences_to(r, account, contact, RULE_sub_app_out_presence);
        probe_watched(r, account, contact, ALTERNATIVE_sub_app_out_presence_probe_too);
    }
    defer_end(r);
    if (is_left_waiting(r, in))
        subscription_failed(r, in);
}

void subscription_out(struct router *r, struct input *in) {
    struct account *account = in->sender->account;
    if (loose_out(r, in))
        return;
    const bool request = in->st->kind == STANZA_SUBSCRIBE;
    const struct who to = who_is((struct slice){in->to_parts->text, in->to_parts->size});
    if (is_self(account, &to) &&
        (in->to_parts->resource.size == 0 || !depart(r, in->host, ALTERNATIVE_sub_self_full_both_sides))) {
        if (in->to_parts->resource.size > 0 && depart(r, in->host, ALTERNATIVE_sub_self_full_as_other))
            dispatch(r, in);
        else
            refuse_self(r, in);
        return;
    }
    if (request && in->to_parts->resource.size > 0 && knob_is(r, KNOB_sub_full_jid, 1)) {
        const struct decision rejected = {.rule = RULE_sub_to_full_out};
        bounce(r, in, &rejected, CONDITION_BAD_REQUEST, NULL);
        return;
    }
    if (in->to_parts->resource.size == 0 || !depart(r, in->host, ALTERNATIVE_sub_to_full_out_keep))
        cut_resource(r, in, request ? RULE_sub_to_full_out : RULE_sub_to_full_others_out);
    unsigned state = state_between(r, in, contact_find_text(r, account, to.bare));
    if (in->st->kind == STANZA_SUBSCRIBED && state == STATE_SUB_TO &&
        depart(r, in->host, ALTERNATIVE_sub_out_subscribed_to_accept))
        state = STATE_SUB_TO_IN;
    const struct decision d = look_up(r, in, STAGE_SUB_OUT, state);
    in->input_class = class_number(STAGE_SUB_OUT, in->st->kind, state);
    const struct slice contact = router_text_copy(r, to.bare);
    if (rule_rows[d.rule].flags & CELL_PASSED)
        pass_on(r, in, &d, contact);
    else
        keep_here(r, in, &d, contact);
}

void subscription_failed(struct router *r, const struct input *in) {
    const struct jid *jid = jid_find_text(&r->jids, in->who.bare);
    struct jid_parts to;
    if (jid == NULL || jid->role != JID_ACCOUNT || in->st->kind != STANZA_SUBSCRIBE ||
        jid_prepare(in->st->to, &to) != ROUTER_OK)
        return;
    mark(r, in->host, RULE_sub_req_out_fail);
    struct account *account = jid->owner;
    struct contact *c = contact_find_text(r, account, who_is((struct slice){to.text, to.size}).bare);
    if (c == NULL || !state_asks(c->state) || !knob_is(r, KNOB_sub_fail_rollback, 1))
        return;
    const unsigned before = look(r, c);
    move_to(r, c, c->state == STATE_SUB_NONE_OUT     ? STATE_SUB_NONE
                  : c->state == STATE_SUB_NONE_OUTIN ? STATE_SUB_NONE_IN
                                                     : STATE_SUB_FROM);
    push_if_changed(r, account, c, before);
}

/* ---- to a local account ---- */

static void reply(struct router *r, struct input *in, const struct decision *d, const char *type, enum stanza_kind kind) {
    /* Subscriptions are between bare JIDs, also where another server sent one from a full JID (6121 3.1.3). */
    if (in->who.full.size == in->who.bare.size || !depart(r, in->host, ALTERNATIVE_sub_stamp_answer_full))
        in->from = in->who.bare;
    answer(r, in, d, kind, jid_slice(in->account->jid), write_start(r, "presence", type, (struct slice){NULL, 0}),
           (struct slice){NULL, 0});
}

/* Whether a request needs no answer of the user's: approved ahead, or a setting says so (6121 3.1.3). */
static bool is_preapproved(struct router *r, const struct input *in, const struct contact *c) {
    if (c != NULL && c->approved && knob_is(r, KNOB_sub_preapproval, 0))
        return true;
    return knob_is(r, KNOB_sub_autoapprove, 1) ||
           (knob_is(r, KNOB_sub_autoapprove, 2) && host_find(r, in->who.domain) != NULL);
}

/* The requester is answered at once, and then sees the user's presence (6121 3.4.2). */
static bool answer_preapproved(struct router *r, struct input *in, struct contact *c) {
    const unsigned state = c == NULL ? STATE_SUB_NONE : c->state;
    const bool open = state == STATE_SUB_NONE || state == STATE_SUB_NONE_OUT || state == STATE_SUB_TO;
    if (in->st->kind != STANZA_SUBSCRIBE || !open || !is_preapproved(r, in, c))
        return false;
    const bool ahead = c != NULL && c->approved;
    const struct decision d = {.rule = ahead ? RULE_sub_req_in_preapproved : RULE_sub_req_in_noauto};
    if (c == NULL)
        c = contact_for(r, in->account, in->who.bare);
    if (c == NULL)
        return false;
    const unsigned before = look(r, c);
    contact_list(in->account, c);
    move_to(r, c, state == STATE_SUB_NONE ? STATE_SUB_FROM : state == STATE_SUB_TO ? STATE_SUB_BOTH : STATE_SUB_FROM_OUT);
    if (ahead)
        mark(r, in->host, RULE_sub_pre_respond);
    if (ahead && knob_is(r, KNOB_sub_preapproval_keep, 1))
        c->approved = false;
    else if (ahead)
        mark(r, in->host, RULE_sub_pre_keep);
    reply(r, in, &d, "subscribed", STANZA_SUBSCRIBED);
    push_if_changed(r, in->account, contact_find_text(r, in->account, in->who.bare), before);
    directed_approved(r, in->account, in->who.bare);
    send_presences_to(r, in->account, in->who.bare, d.rule);
    probe_watched(r, in->account, in->who.bare, ALTERNATIVE_sub_pre_respond_probe_too);
    return true;
}

static size_t request_count(const struct account *account) {
    size_t count = 0;
    for (uint32_t i = 0; i < account->contact_count; i++)
        count += account->contacts[i].request != NULL;
    return count;
}

static bool keep_request(struct router *r, const struct input *in, struct contact *c) {
    kept_free(r, c->request);
    const bool full = in->stream != NULL && depart(r, in->host, ALTERNATIVE_sub_to_full_in_kept_full);
    c->request = kept_new(r, in->st, in->from, full ? in->st->to : jid_slice(in->account->jid));
    return c->request != NULL;
}

/* returns false: there was no available resource. */
static bool deliver_available(struct router *r, struct input *in, const struct decision *d) {
    for (struct session *s = in->account->sessions; s != NULL; s = s->next)
        if (s->presence != NULL)
            deliver(r, in, d, s);
    return is_online(in->account);
}

/* A request is shown to all available resources, and kept until the user answers (6121 3.1.3). */
static void take_request(struct router *r, struct input *in, const struct decision *d, struct contact *c) {
    const bool shown = deliver_available(r, in, d);
    if (shown)
        mark(r, in->host, RULE_sub_req_in_deliver);
    if (!c->item)
        mark(r, in->host, RULE_sub_pending_in_hidden);
    if (!shown || knob_is(r, KNOB_sub_store_when, 0)) {
        mark(r, in->host, RULE_sub_req_in_store);
        keep_request(r, in, c);
    }
    if (!shown)
        fate(r, in, ROUTER_STORE, d)->to = jid_slice(in->account->jid);
}

static void acknowledge(struct router *r, struct input *in) {
    const struct decision ack = {.rule = RULE_sub_req_in_ack};
    const struct slice from = in->from;
    if (knob_is(r, KNOB_sub_ack, 1))
        reply(r, in, &ack, "unavailable", STANZA_UNAVAILABLE);
    in->from = from;
}

static void acknowledge_repeated(struct router *r, struct input *in) {
    const struct decision d = instead(r, ALTERNATIVE_sub_req_in_repeat_acknowledge);
    if (d.departure != NULL)
        reply(r, in, &d, "unavailable", STANZA_UNAVAILABLE);
}

/* What a subscriber that asks again is shown beyond the presence that knob sub.already-presence has. */
static void show_again(struct router *r, struct input *in) {
    const bool online = is_online(in->account);
    const struct decision d = instead(r, ALTERNATIVE_sub_req_in_already_show_unavailable);
    if (online && depart(r, in->host, ALTERNATIVE_sub_req_in_already_show_twice))
        send_presences_to(r, in->account, in->who.bare, RULE_sub_req_in_already);
    else if (!online && d.departure != NULL)
        reply(r, in, &d, "unavailable", STANZA_UNAVAILABLE);
}

/* Not delivered: it changes nothing, or a knob says to leave it. */
static void decline(struct router *r, struct input *in, const struct decision *d, struct contact *c) {
    const bool request = in->st->kind == STANZA_SUBSCRIBE;
    if (request && c != NULL && has_pending_in(c->state)) {
        mark(r, in->host, RULE_sub_req_in_repeat);
        mark(r, in->host, RULE_sub_req_in_dedupe);
        if (knob_is(r, KNOB_sub_store_which, 1) && c->request != NULL)
            keep_request(r, in, c);
    }
    if (!request)
        mark(r, in->host, subscription_ignored_rule(in->st->kind));
    else if (c != NULL && has_pending_in(c->state))
        acknowledge_repeated(r, in);
    if (!(rule_rows[d->rule].flags & CELL_REPLY_SUBSCRIBED)) {
        fate(r, in, ROUTER_DROP, d);
        return;
    }
    mark(r, in->host, RULE_sub_req_in_already);
    reply(r, in, d, "subscribed", STANZA_SUBSCRIBED);
    if (knob_is(r, KNOB_sub_already_presence, 1))
        send_presences_to(r, in->account, in->who.bare, RULE_sub_req_in_already);
    probe_watched(r, in->account, in->who.bare, ALTERNATIVE_sub_req_in_already_probe_too);
    show_again(r, in);
}

static int notice_rule(enum stanza_kind kind) {
    return kind == STANZA_SUBSCRIBED     ? RULE_sub_app_in_notice
           : kind == STANZA_UNSUBSCRIBED ? RULE_sub_cancel_in_notice
                                         : RULE_sub_unsub_in_notice;
}

static void deliver_notice(struct router *r, struct input *in, const struct decision *d) {
    const size_t before = r->effect_count;
    for (struct session *s = in->account->sessions; s != NULL; s = s->next)
        if (s->interested)
            deliver(r, in, d, s);
    if (r->effect_count > before)
        return;
    if (knob_is(r, KNOB_sub_notice_store, 1) && !is_online(in->account)) {
        struct kept *kept = kept_new(r, in->st, in->from, jid_slice(in->account->jid));
        mark(r, in->host, notice_rule(in->st->kind));
        if (kept != NULL)
            kept_append(&in->account->notices, kept);
        fate(r, in, ROUTER_STORE, d)->to = jid_slice(in->account->jid);
    } else {
        fate(r, in, ROUTER_HANDLE, d);
    }
}

/* The user's server confirms that a subscription is gone. */
static void confirm(struct router *r, struct input *in, const struct decision *d) {
    if (!(rule_rows[d->rule].flags & CELL_REPLY_UNSUBSCRIBED) || !knob_is(r, KNOB_sub_unsub_autoreply, 0))
        return;
    mark(r, in->host, RULE_sub_unsub_in_autoreply);
    reply(r, in, d, "unsubscribed", STANZA_UNSUBSCRIBED);
}

/* Answered and pushed first, then delivered to available resources. */
static void push_then_deliver(struct router *r, struct input *in, const struct decision *d, struct contact *c,
                              unsigned before) {
    confirm(r, in, d);
    if (rule_rows[d->rule].flags & CELL_SHOW_UNAVAILABLE)
        send_unavailable_of_all(r, in->account, in->who.bare, RULE_sub_unsub_in_order);
    push_if_changed(r, in->account, c, before);
    if (!deliver_available(r, in, d))
        fate(r, in, ROUTER_HANDLE, d);
}

static void take_notice(struct router *r, struct input *in, const struct decision *d, struct contact *c) {
    const struct row *cell = &rule_rows[d->rule];
    const unsigned before = look(r, c);
    const bool only_pending = has_pending_in(c->state) && in->st->kind == STANZA_UNSUBSCRIBE;
    move_to(r, c, cell->next);
    if (only_pending)
        mark(r, in->host, RULE_sub_unsub_in_pending);
    if (only_pending && knob_is(r, KNOB_sub_pending_unsub, 1)) {
        fate(r, in, ROUTER_HANDLE, d);
        return;
    }
    if (only_pending && cell->next == STATE_SUB_NONE && depart(r, in->host, ALTERNATIVE_sub_unsub_in_pending_forget_item)) {
        contact_unlist(r, c);
        reply(r, in, d, "unsubscribed", STANZA_UNSUBSCRIBED);
        return;
    }
    if (pushes_before_delivery(r, in)) {
        push_then_deliver(r, in, d, c, before);
        return;
    }
    mark(r, in->host, in->st->kind == STANZA_SUBSCRIBED     ? RULE_sub_app_in_order
                      : in->st->kind == STANZA_UNSUBSCRIBED ? RULE_sub_cancel_in_order
                                                            : RULE_sub_unsub_in_order);
    deliver_notice(r, in, d);
    if (only_pending && depart(r, in->host, ALTERNATIVE_sub_unsub_in_pending_push))
        roster_push(r, in->account, c);
    else
        push_if_changed(r, in->account, c, before);
    if (cell->flags & CELL_SHOW_UNAVAILABLE && !depart(r, in->host, ALTERNATIVE_sub_unsub_in_order_no_unavailable))
        send_unavailable_of_all(r, in->account, in->who.bare, RULE_sub_unsub_in_order);
    confirm(r, in, d);
}

static bool is_ignored(const struct router *r, const struct row *cell) {
    return cell->knob == KNOB_sub_denial_deliver && knob_is(r, KNOB_sub_denial_deliver, 1);
}

void subscription_in(struct router *r, struct input *in) {
    if (loose_in(r, in))
        return;
    if (in->to_parts->resource.size > 0)
        cut_resource(r, in, RULE_sub_to_full_in);
    if (in->who.full.size > in->who.bare.size && depart(r, in->host, ALTERNATIVE_sub_stamp_deliver_bare))
        in->from = in->who.bare;
    in->copy.size = 0;
    struct contact *c = contact_find_text(r, in->account, in->who.bare);
    unsigned state = state_between(r, in, c);
    bool subscribed = false;
    if (in->st->kind == STANZA_SUBSCRIBE && !contact_entitled(c) &&
        asker_decides(r, in, ALTERNATIVE_sub_req_in_already_asker_decides, &subscribed) && subscribed)
        state = STATE_SUB_FROM;
    if (in->st->kind == STANZA_SUBSCRIBED && state == STATE_SUB_FROM &&
        depart(r, in->host, ALTERNATIVE_sub_in_subscribed_from_accept))
        state = STATE_SUB_FROM_OUT;
    const struct decision d = look_up(r, in, STAGE_SUB_IN, state);
    in->input_class = class_number(STAGE_SUB_IN, in->st->kind, state);
    const struct row *cell = &rule_rows[d.rule];
    if (in->st->kind != STANZA_SUBSCRIBE)
        mark(r, in->host, in->st->kind == STANZA_SUBSCRIBED     ? RULE_sub_app_in_check
                          : in->st->kind == STANZA_UNSUBSCRIBED ? RULE_sub_cancel_in_check
                                                                : RULE_sub_unsub_in_check);
    if (answer_preapproved(r, in, c))
        return;
    if (!(cell->flags & CELL_PASSED) || is_ignored(r, cell)) {
        decline(r, in, &d, c);
        return;
    }
    if (in->st->kind == STANZA_SUBSCRIBE && request_count(in->account) >= r->policy->value[KNOB_sub_store_max]) {
        const struct decision full = {.rule = RULE_sub_req_in_limit};
        bounce(r, in, &full, CONDITION_RESOURCE_CONSTRAINT, NULL);
        return;
    }
    if (c == NULL)
        c = contact_for(r, in->account, in->who.bare);
    if (c == NULL) {
        const struct decision full = {.rule = RULE_sub_req_in_limit};
        bounce(r, in, &full, CONDITION_RESOURCE_CONSTRAINT, NULL);
    } else if (in->st->kind == STANZA_SUBSCRIBE) {
        const unsigned before = look(r, c);
        move_to(r, c, cell->next);
        if (departs(r, ALTERNATIVE_sub_visible_push_by_state) != NULL)
            push_if_changed(r, in->account, c, before);
        acknowledge(r, in);
        take_request(r, in, &d, c);
    } else {
        take_notice(r, in, &d, c);
    }
}

bool probe_cancels(struct router *r, const struct input *in) {
    struct contact *c = contact_find_text(r, in->account, in->who.bare);
    if (!depart(r, in->host, ALTERNATIVE_pres_probe_no_sub_as_cancellation))
        return true;
    if (c == NULL || !(has_pending_in(c->state) || contact_entitled(c)))
        return false;
    const unsigned before = look(r, c);
    move_to(r, c, rule_rows[policy_decide(r->policy, STAGE_SUB_OUT, STANZA_UNSUBSCRIBED, c->state).rule].next);
    push_if_changed(r, in->account, c, before);
    return true;
}
