/* known.c - what an account's server has heard of the contacts that the account watches: kept only where knobs
 * pres.probe-on-init or pres.smart-bcast make use of it (6121 4.3.1, 4.4.2, 4.5.3). */
#include "state.h"

enum { KNOWN_MAX = 64 }; /* resources of one contact; of one with more than that nothing is known */

static bool is_wanted(const struct router *r) {
    return knob_is(r, KNOB_pres_probe_on_init, 1) || knob_is(r, KNOB_pres_smart_bcast, 1);
}

void known_forget(struct router *r, struct contact *c) {
    while (c->known != NULL) {
        struct kept *next = c->known->next;
        kept_free(r, c->known);
        c->known = next;
    }
    c->away = c->vague = false;
}

static void take_available(struct router *r, const struct input *in, struct contact *c) {
    struct kept *kept = kept_new(r, in->st, in->who.full, jid_slice(in->account->jid));
    struct kept **at = &c->known;
    size_t count = 0;
    if (kept == NULL)
        return;
    for (; *at != NULL && !slice_is((*at)->from, in->who.full); at = &(*at)->next)
        count++;
    c->away = false;
    if (count >= KNOWN_MAX) {
        kept_free(r, kept);
        known_forget(r, c);
        c->vague = true;
        return;
    }
    if (*at != NULL) {
        kept->next = (*at)->next;
        kept_free(r, *at);
    }
    *at = kept;
}

static void take_unavailable(struct router *r, const struct input *in, struct contact *c) {
    const bool all = in->who.full.size == in->who.bare.size;
    for (struct kept **at = &c->known; *at != NULL;) {
        struct kept *kept = *at;
        if (all || slice_is(kept->from, in->who.full)) {
            *at = kept->next;
            kept_free(r, kept);
        } else {
            at = &kept->next;
        }
    }
    c->vague = c->vague && !all;
    c->away = c->known == NULL && !c->vague;
    if (c->away && knob_is(r, KNOB_pres_smart_bcast, 1))
        mark(r, in->host, RULE_pres_in_unavail_map);
}

void known_take(struct router *r, const struct input *in, struct contact *c) {
    if (!is_wanted(r) || !contact_watched(c) || in->to_parts->resource.size > 0)
        return;
    if (in->st->kind == STANZA_AVAILABLE && !c->vague)
        take_available(r, in, c);
    else if (in->st->kind == STANZA_UNAVAILABLE)
        take_unavailable(r, in, c);
}

bool known_spares_update(const struct router *r, const struct contact *c) {
    return knob_is(r, KNOB_pres_smart_bcast, 1) && c->state == STATE_SUB_BOTH && c->away;
}

/* A resource that stayed available since the contact was probed has seen to it that nothing was missed. */
static bool has_witness(const struct session *newcomer) {
    for (const struct session *s = newcomer->account->sessions; s != NULL; s = s->next)
        if (s != newcomer && s->presence != NULL)
            return true;
    return false;
}

bool known_spares_probe(struct router *r, struct session *s, const struct contact *c) {
    if (!knob_is(r, KNOB_pres_probe_on_init, 1) || (c->known == NULL && !c->away) || !has_witness(s))
        return false;
    for (const struct kept *kept = c->known; kept != NULL; kept = kept->next) {
        struct stanza st;
        kept_stanza(kept, &st);
        struct input in = {.st = &st, .from = kept->from, .to = kept->to, .host = jid_slice(s->account->host->jid)};
        const struct decision d = {.rule = RULE_pres_init_probe};
        deliver(r, &in, &d, s);
    }
    return true;
}
