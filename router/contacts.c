/* contacts.c - an account's roster, and what a sender is to the account. */
#include "state.h"

#include <string.h>

/* Below this many contacts a walk is quicker than an index. */
enum { INDEX_FROM = 16 };

static uint32_t *slot(const struct account *account, const struct jid *bare) {
    uint32_t at = bare->hash & (account->index_size - 1);
    while (account->contact_index[at] != 0 && account->contacts[account->contact_index[at] - 1].jid != bare)
        at = (at + 1) & (account->index_size - 1);
    return &account->contact_index[at];
}

struct contact *contact_find(const struct account *account, const struct jid *bare) {
    if (account->index_size > 0) {
        const uint32_t place = *slot(account, bare);
        return place == 0 ? NULL : &account->contacts[place - 1];
    }
    for (uint32_t i = 0; i < account->contact_count; i++)
        if (account->contacts[i].jid == bare)
            return &account->contacts[i];
    return NULL;
}

struct contact *contact_find_text(const struct router *r, const struct account *account, struct slice bare) {
    const struct jid *jid = jid_find_text(&r->jids, bare);
    return jid == NULL ? NULL : contact_find(account, jid);
}

static bool index_grow(struct router *r, struct account *account) {
    const uint32_t size = account->index_size == 0 ? 4 * INDEX_FROM : account->index_size * 2;
    uint32_t *index = router_take(r, size * sizeof *index);
    if (index == NULL)
        return false;
    router_give(r, account->contact_index);
    account->contact_index = index;
    account->index_size = size;
    for (uint32_t i = 0; i < account->contact_count; i++)
        *slot(account, account->contacts[i].jid) = i + 1;
    return true;
}

struct contact *contact_add(struct router *r, struct account *account, struct jid *bare) {
    const uint32_t count = account->contact_count;
    if (count >= ROUTER_CONTACTS_MAX)
        return NULL;
    if (count == account->contact_capacity) {
        size_t capacity = account->contact_capacity;
        if (!router_grow(r, (void **)&account->contacts, &capacity, sizeof *account->contacts))
            return NULL;
        account->contact_capacity = (uint32_t)capacity;
    }
    if (count >= INDEX_FROM && 2 * count >= account->index_size && !index_grow(r, account))
        return NULL;
    struct contact *contact = &account->contacts[account->contact_count++];
    *contact = (struct contact){.jid = jid_hold(bare), .state = STATE_SUB_NONE};
    if (account->index_size > 0)
        *slot(account, bare) = account->contact_count;
    return contact;
}

void contact_unlist(struct router *r, struct contact *c) {
    c->item = c->approved = false;
    router_give(r, c->name);
    router_give(r, c->groups);
    router_give(r, c->shown);
    c->name = c->groups = c->shown = NULL;
    c->groups_size = 0;
}

void contacts_free(struct router *r, struct account *account) {
    for (uint32_t i = 0; i < account->contact_count; i++) {
        kept_free(r, account->contacts[i].request);
        known_forget(r, &account->contacts[i]);
        router_give(r, account->contacts[i].name);
        router_give(r, account->contacts[i].groups);
        router_give(r, account->contacts[i].shown);
        jid_release(&r->jids, account->contacts[i].jid);
    }
    router_give(r, account->contacts);
    router_give(r, account->contact_index);
}

struct who who_is(struct slice prepared) {
    struct who who = {prepared, prepared, prepared};
    const char *slash = memchr(prepared.data, '/', prepared.size);
    if (slash != NULL)
        who.bare.size = (size_t)(slash - prepared.data);
    const char *at = memchr(who.bare.data, '@', who.bare.size);
    who.domain = at == NULL ? who.bare : (struct slice){at + 1, who.bare.size - (size_t)(at + 1 - who.bare.data)};
    return who;
}

bool is_self(const struct account *account, const struct who *who) {
    return slice_is(jid_slice(account->jid), who->bare);
}

bool is_entitled(const struct router *r, const struct account *account, const struct who *who) {
    return contact_entitled(contact_find_text(r, account, who->bare));
}

/* Knob iq.directed-match says how closely the sender must match what directed presence was sent to (6121 8.5.3.1). */
bool was_directed(const struct router *r, const struct session *session, const struct who *who) {
    for (const struct directed *d = session->directed; d != NULL; d = d->next) {
        if (knob_is(r, KNOB_iq_directed_match, 0) && slice_is(jid_slice(d->jid), who->full))
            return true;
        if (knob_is(r, KNOB_iq_directed_match, 1) && slice_is(jid_slice(d->jid->bare), who->bare))
            return true;
        if (knob_is(r, KNOB_iq_directed_match, 2) && slice_is(jid_slice(d->jid->domain), who->domain))
            return true;
    }
    return false;
}

bool was_directed_by_any(const struct router *r, const struct account *account, const struct who *who) {
    for (const struct session *s = account->sessions; s != NULL; s = s->next)
        if (was_directed(r, s, who))
            return true;
    return false;
}
