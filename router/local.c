/* local.c - which of an account's resources get a copy (6121 8.5). */
#include "state.h"

unsigned resource_state(const struct account *account) {
    unsigned available = 0, willing = 0;
    for (const struct session *s = account->sessions; s != NULL; s = s->next) {
        available += s->presence != NULL;
        willing += s->presence != NULL && s->priority >= 0;
    }
    if (account->sessions == NULL)
        return STATE_NONE;
    if (available == 0)
        return STATE_CONNECTED;
    return willing == 0 ? STATE_NEGATIVE : willing == 1 ? STATE_ONE : STATE_MULTI;
}

bool is_online(const struct account *account) {
    const struct session *s = account->sessions;
    while (s != NULL && s->presence == NULL)
        s = s->next;
    return s != NULL;
}

static bool is_willing(const struct session *s) {
    return s->presence != NULL && s->priority >= 0;
}

/* The most available resources: those that share the top place, by the knobs msg.top and msg.top-ties. */
static void deliver_most(struct router *r, struct input *in, const struct decision *d) {
    const bool by_priority = knob_is(r, KNOB_msg_top, 0);
    int16_t top = 0;
    const struct session *recent = NULL;
    for (const struct session *s = in->account->sessions; s != NULL; s = s->next)
        if (is_willing(s) && s->priority > top)
            top = s->priority;
    unsigned tied = 0;
    for (const struct session *s = in->account->sessions; s != NULL; s = s->next) {
        if (!is_willing(s) || (by_priority && s->priority != top))
            continue;
        tied++;
        if (recent == NULL || s->active > recent->active)
            recent = s;
    }
    const bool only_recent = knob_is(r, KNOB_msg_top, 1) || knob_is(r, KNOB_msg_top_ties, 1);
    if (tied == 0)
        return;
    mark(r, in->host, RULE_msg_sel_top);
    if (tied > 1)
        mark(r, in->host, RULE_msg_sel_ties);
    for (struct session *s = in->account->sessions; s != NULL; s = s->next)
        if (is_willing(s) && (only_recent ? s == recent : !by_priority || s->priority == top))
            deliver(r, in, d, s);
}

void deliver_some(struct router *r, struct input *in, const struct decision *d) {
    const bool own = kind_is_presence(in->st->kind) && in->sender != NULL && in->sender->account == in->account;
    const bool others = own && depart(r, in->host, ALTERNATIVE_pres_dir_self_bare_others_only);
    const size_t before = r->effect_count;
    if (d->verb == DO_DELIVER_MOST) {
        deliver_most(r, in, d);
    } else {
        for (struct session *s = in->account->sessions; s != NULL; s = s->next)
            if ((d->verb == DO_DELIVER_CONNECTED || (d->verb == DO_DELIVER_AVAILABLE && s->presence != NULL) ||
                 (d->verb == DO_DELIVER_ALL && is_willing(s))) &&
                !(others && s == in->sender))
                deliver(r, in, d, s);
    }
    if (r->effect_count == before)
        fate(r, in, ROUTER_DROP, d);
}
