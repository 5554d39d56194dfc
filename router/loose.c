/* loose.c - subscriptions at a server without the state machine of 6121 Appendix A, as the alternative `loose` of sub.key
 * has them. What a user may see of a contact, what the contact may see, and what was asked for stand apart from each
 * other, and each side changes its own at once. Requests are not kept: clients get them, or they wait with the messages
 * until somebody does. */
#include "state.h"

static const struct slice nothing = {NULL, 0};

bool is_loose(const struct router *r) {
    return departs(r, ALTERNATIVE_sub_key_loose) != NULL;
}

static struct slice host_of(const struct account *account) {
    return jid_slice(account->host->jid);
}

static unsigned state_of(bool to, bool from, bool asks) {
    if (to)
        return from ? STATE_SUB_BOTH : STATE_SUB_TO;
    if (from)
        return asks ? STATE_SUB_FROM_OUT : STATE_SUB_FROM;
    return asks ? STATE_SUB_NONE_OUT : STATE_SUB_NONE;
}

/* An item of the roster; requests alone are no contacts here. */
static struct contact *item_find(const struct router *r, const struct account *account, struct slice jid) {
    struct contact *c = contact_find_text(r, account, jid);
    return c != NULL && c->item ? c : NULL;
}

static struct decision decision_for(struct router *r, const struct input *in, unsigned stage, const struct contact *c) {
    struct decision d = look_up(r, in, stage, c == NULL ? STATE_SUB_NONE : c->state);
    d.departure = departs(r, ALTERNATIVE_sub_key_loose);
    return d;
}

/* A resource shows itself to a contact that may see it now, or takes its leave of one that may not; not where it has sent
 * that contact presence of its own. */
static void show_change(struct router *r, const struct session *s, const struct contact *c) {
    if (s == NULL || s->presence == NULL)
        return;
    for (const struct directed *d = s->directed; d != NULL; d = d->next)
        if (d->jid == c->jid)
            return;
    if (spared(s, c->jid))
        return;
    const struct slice host = host_of(s->account), from = jid_slice(s->jid), to = jid_slice(c->jid);
    if (contact_entitled(c)) {
        struct stanza st;
        kept_stanza(s->presence, &st);
        generated(r, STANZA_AVAILABLE, STATE_BY_SERVER, host, from, to, st.start, st.body);
    } else {
        generated(r, STANZA_UNAVAILABLE, STATE_BY_SERVER, host, from, to,
                  write_start(r, "presence", "unavailable", nothing), nothing);
    }
}

/* The last one of those with the highest priority. */
static const struct session *leading(const struct account *account) {
    const struct session *top = NULL;
    for (const struct session *s = account->sessions; s != NULL; s = s->next)
        if (s->presence != NULL && s->priority >= 0 && (top == NULL || s->priority > top->priority))
            top = s;
    return top;
}

/* ---- from a local client ---- */

static void change_own(struct router *r, const struct session *s, struct contact *c, enum stanza_kind kind) {
    const bool to = contact_watched(c), from = contact_entitled(c), asks = state_asks(c->state);
    if (kind == STANZA_SUBSCRIBE && !to) {
        c->state = (uint8_t)state_of(to, from, true);
    } else if (kind == STANZA_UNSUBSCRIBE && to) {
        c->leaving = true;
    } else if (kind == STANZA_SUBSCRIBED || kind == STANZA_UNSUBSCRIBED) {
        c->state = (uint8_t)state_of(to, kind == STANZA_SUBSCRIBED, asks);
        show_change(r, s, c);
    }
}

bool loose_out(struct router *r, struct input *in) {
    struct account *account = in->sender->account;
    const enum stanza_kind kind = in->st->kind;
    if (!depart(r, in->host, ALTERNATIVE_sub_key_loose))
        return false;
    const struct slice to = router_text_copy(r, (struct slice){in->to_parts->text, in->to_parts->size});
    struct contact *c = item_find(r, account, to);
    if (c == NULL && (kind == STANZA_SUBSCRIBE || kind == STANZA_SUBSCRIBED)) {
        c = contact_for(r, account, to);
        if (c == NULL)
            return false;
        contact_list(account, c);
    }
    if (c != NULL) {
        change_own(r, in->sender, c, kind);
        c = item_find(r, account, to);
        if (c != NULL)
            roster_push(r, account, c);
    }
    dispatch(r, in);
    return true;
}

/* ---- to a local account ---- */

/* Only resources that take messages get it, or it waits with the messages. */
static void hand_over(struct router *r, struct input *in, const struct decision *d) {
    if (in->resource != NULL) {
        deliver(r, in, d, in->resource);
        return;
    }
    const struct session *top = leading(in->account);
    for (struct session *s = in->account->sessions; top != NULL && s != NULL; s = s->next)
        if (s->presence != NULL && s->priority == top->priority)
            deliver(r, in, d, s);
    if (top == NULL && offline_keep(r, in))
        fate(r, in, ROUTER_STORE, d)->to = jid_slice(in->account->jid);
}

/* Its sender is told how things stand, in its own words. */
static void answer_back(struct router *r, struct input *in, const struct decision *d, enum stanza_kind kind) {
    const struct slice id = in->st->has_id ? in->st->id : nothing;
    const struct slice from = router_text_copy(r, (struct slice){in->to_parts->text, in->to_parts->size});
    answer(r, in, d, kind, from, write_start(r, "presence", kind == STANZA_SUBSCRIBED ? "subscribed" : "unsubscribed", id),
           router_text_copy(r, in->st->body));
}

static void take_request(struct router *r, struct input *in, const struct decision *d, const struct contact *c) {
    size_t shown = 0;
    if (contact_entitled(c)) {
        const struct session *top = leading(in->account);
        answer_back(r, in, d, STANZA_SUBSCRIBED);
        show_change(r, top, c);
        return;
    }
    for (struct session *s = in->account->sessions; c == NULL && leading(in->account) != NULL && s != NULL; s = s->next)
        if (s->interested) {
            deliver(r, in, d, s);
            shown++;
        }
    if (shown == 0)
        hand_over(r, in, d);
}

/* Answers to what nobody has asked, and to what was settled before. */
static bool is_bogus(const struct contact *c, enum stanza_kind kind) {
    return c == NULL || (kind == STANZA_SUBSCRIBED && !state_asks(c->state)) ||
           (kind == STANZA_UNSUBSCRIBED && !contact_watched(c));
}

static void take_change(struct router *r, struct input *in, const struct decision *d, struct contact *c) {
    const struct account *account = in->account;
    const struct slice contact = router_text_copy(r, jid_slice(c->jid));
    const bool to = contact_watched(c), from = contact_entitled(c);
    if (in->st->kind == STANZA_UNSUBSCRIBE) {
        c->state = (uint8_t)state_of(to, false, state_asks(c->state));
        generated(r, STANZA_UNSUBSCRIBED, STATE_BY_SERVER, in->host, jid_slice(account->jid), in->who.bare,
                  write_start(r, "presence", "unsubscribed", nothing), nothing);
        show_change(r, leading(account), c);
    } else {
        c->state = (uint8_t)state_of(in->st->kind == STANZA_SUBSCRIBED, from, false);
        c->leaving = false;
    }
    c = item_find(r, account, contact);
    if (c != NULL)
        roster_push(r, in->account, c);
    hand_over(r, in, d);
}

bool loose_in(struct router *r, struct input *in) {
    if (!depart(r, in->host, ALTERNATIVE_sub_key_loose))
        return false;
    struct contact *c = item_find(r, in->account, in->sender != NULL ? in->who.bare : in->who.full);
    const struct decision d = decision_for(r, in, STAGE_SUB_IN, c);
    if (in->st->kind == STANZA_SUBSCRIBE)
        take_request(r, in, &d, c);
    else if (is_bogus(c, in->st->kind))
        fate(r, in, ROUTER_DROP, &d);
    else if (in->st->kind == STANZA_UNSUBSCRIBE && !contact_entitled(c))
        answer_back(r, in, &d, STANZA_UNSUBSCRIBED);
    else
        take_change(r, in, &d, c);
    return true;
}

/* ---- the roster ---- */

static void tell(struct router *r, const struct account *account, struct slice contact, enum stanza_kind kind) {
    const char *type = kind == STANZA_UNSUBSCRIBE ? "unsubscribe" : "unsubscribed";
    generated(r, kind, STATE_BY_SERVER, host_of(account), jid_slice(account->jid), who_is(contact).bare,
              write_start(r, "presence", type, nothing), nothing);
}

struct contact *loose_remove(struct router *r, struct input *in, const struct jid_parts *parts) {
    struct account *account = in->sender->account;
    const struct slice jid = router_text_copy(r, (struct slice){parts->text, parts->size});
    struct contact *c = item_find(r, account, jid);
    if (c != NULL) {
        const bool to = contact_watched(c), from = contact_entitled(c);
        c->state = STATE_SUB_NONE;
        c->leaving = false;
        defer_begin(r);
        if (from)
            tell(r, account, jid, STANZA_UNSUBSCRIBED);
        if (to)
            tell(r, account, jid, STANZA_UNSUBSCRIBE);
        show_change(r, in->sender, c);
        c->item = false;
        defer_end(r);
    }
    return contact_for(r, account, jid);
}

void loose_furnish(struct account *account, struct contact *c, struct kept *request) {
    const bool none = c->state == STATE_SUB_NONE_IN;
    c->state = (uint8_t)state_of(contact_watched(c), contact_entitled(c), state_asks(c->state));
    c->item = c->item && !none;
    kept_append(&account->offline, request);
}
