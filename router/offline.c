/* offline.c - messages that wait for their account to come back (XEP-0160, XEP-0203). */
#include "state.h"

/* A message that says nothing but how a chat stands is of no use later (XEP-0160 3). By a departure, nor is an empty one. */
static bool is_chat_state_only(const struct stanza *st, bool empty_too) {
    bool any = empty_too;
    for (size_t i = 0; i < st->child_count; i++) {
        if (i >= STANZA_CHILDREN_MAX)
            return false;
        const bool state = slice_is(st->child[i].ns, text_slice("http://jabber.org/protocol/chatstates"));
        any = any || state;
        const bool delay = empty_too && slice_is(st->child[i].ns, text_slice("urn:xmpp:delay"));
        if (!state && !delay && !slice_is(st->child[i].name, text_slice("thread")))
            return false;
    }
    return any;
}

/* Knob off.chatstate: such a message is dropped, bounced, or stored after all. */
static bool keep_out(struct router *r, struct input *in) {
    const struct decision d = instead(r, ALTERNATIVE_off_chatstate_any_empty);
    const bool any = d.departure != NULL;
    if ((in->st->kind != STANZA_CHAT && !any) || knob_is(r, KNOB_off_chatstate, 2) || !is_chat_state_only(in->st, any))
        return false;
    if (knob_is(r, KNOB_off_chatstate, 0))
        fate(r, in, ROUTER_DROP, &d);
    else
        bounce(r, in, &d, CONDITION_SERVICE_UNAVAILABLE, NULL);
    return true;
}

bool offline_keep(struct router *r, struct input *in) {
    if (in->account->offline.count >= r->policy->value[KNOB_off_max]) {
        const struct decision full = {.rule = RULE_off_quota};
        bounce(r, in, &full, CONDITION_SERVICE_UNAVAILABLE, NULL);
        return false;
    }
    /* Only a 'to' that the server added is kept beside the start tag, which has the sender's own. */
    struct kept *kept = kept_new(r, in->st, in->from, in->to);
    if (kept != NULL)
        kept_append(&in->account->offline, kept);
    return kept != NULL;
}

void offline_store(struct router *r, struct input *in, const struct decision *d) {
    if (keep_out(r, in) || !offline_keep(r, in))
        return;
    mark(r, in->host, RULE_off_when);
    mark(r, in->host, in->st->kind == STANZA_CHAT ? RULE_off_chat : RULE_off_normal);
    fate(r, in, ROUTER_STORE, d)->to = jid_slice(in->account->jid);
}

/* One that says when somebody else kept the message: it stays, beside the own one. */
static bool has_delay(struct router *r, struct slice body) {
    size_t at = 0;
    for (struct element child; element_next(body, &at, &child);)
        if (slice_is(child.name, text_slice("delay")) &&
            slice_is(attribute_value(r, child.start, "xmlns"), text_slice("urn:xmpp:delay")))
            return true;
    return false;
}

static bool has_own_delay(struct router *r, struct slice body, struct slice host) {
    size_t at = 0;
    for (struct element child; element_next(body, &at, &child);)
        if (slice_is(child.name, text_slice("delay")) && slice_is(attribute_value(r, child.start, "from"), host))
            return true;
    return false;
}

static struct slice without_namespace(struct router *r, struct slice delay) {
    static const char qualified[] = "<delay xmlns='urn:xmpp:delay'";
    const size_t size = sizeof qualified - 1;
    const struct slice parts[] = {text_slice("<delay"), {delay.data + size, delay.size - size}};
    return delay.size < size ? delay : write_join(r, parts, 2);
}

void offline_deliver(struct router *r, struct session *session) {
    struct account *account = session->account;
    const struct decision d = {.rule = RULE_off_deliver_when};
    if (account->offline.count > 0)
        mark(r, jid_slice(account->host->jid), RULE_pres_init_offline);
    for (struct kept *kept; (kept = kept_shift(&account->offline)) != NULL;) {
        struct stanza st;
        kept_stanza(kept, &st);
        struct input in = {.st = &st, .from = kept->from, .host = jid_slice(account->host->jid)};
        if (kept->has_to)
            in.to = kept->to;
        struct slice delay = {NULL, 0};
        if (knob_is(r, KNOB_off_delay, 0) &&
            !(departs(r, ALTERNATIVE_off_delay_add_once) != NULL && has_own_delay(r, kept->body, in.host) &&
              depart(r, in.host, ALTERNATIVE_off_delay_add_once))) {
            mark(r, in.host, RULE_off_delay_add);
            const bool second = has_delay(r, kept->body);
            if (second)
                mark(r, in.host, RULE_off_delay_foreign);
            delay = write_delay(r, in.host, kept->time_us);
            if (second && depart(r, in.host, ALTERNATIVE_off_delay_add_unqualified))
                delay = without_namespace(r, delay);
        }
        name_resource(r, &in, &d, session);
        in.copy = write_copy(r, &in, delay);
        deliver(r, &in, &d, session);
        kept_free(r, kept);
    }
}
