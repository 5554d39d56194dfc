/* presence.c - presence sessions: initial presence, updates, unavailable, the end of a stream, directed presence
 * (6121 4.2, 4.4, 4.5, 4.6). */
#include "state.h"

static struct slice host_of(const struct account *account) {
    return jid_slice(account->host->jid);
}

/* A copy of a presence for one of the user's own resources. */
static void copy_to_own(struct router *r, const struct stanza *st, struct slice from, struct session *to, bool full,
                        int rule) {
    struct input in = {.st = st, .from = from, .host = host_of(to->account)};
    in.to = full ? jid_slice(to->jid) : jid_slice(to->account->jid);
    struct decision d = {.rule = rule};
    if (slice_is(from, jid_slice(to->jid))) {
        d.departure = reflection_omitted(r, rule);
        if (d.departure != NULL) {
            fate(r, &in, ROUTER_HANDLE, &d);
            return;
        }
        d.departure = reflection_departs(r, rule);
    }
    if (d.departure != NULL)
        in.to = (struct slice){"", 0};
    deliver(r, &in, &d, to);
}

/* The content as any stream can carry it: what the server sends on its own no longer tells its children apart. */
static struct slice plain_body(struct router *r, const struct stanza *st) {
    char *text = st->child_count > 0 ? router_text(r, st->body.size) : NULL;
    return text == NULL ? st->body : (struct slice){text, write_body(text, st)};
}

/* What a contact answered earlier makes no difference to what it is sent (6121 4.4.2, 4.5.2). */
static void mark_copy(struct router *r, const struct contact *c, struct slice host, int rule) {
    mark(r, host, rule);
    if (c->refused && rule != RULE_pres_init_bcast)
        mark(r, host, RULE_pres_upd_noerrcheck);
}

bool spared(const struct session *session, const struct jid *contact) {
    const struct directed *d = session->refusing;
    while (d != NULL && d->jid != contact)
        d = d->next;
    return d != NULL;
}

/* Puts an address at the end of a session's list. returns NULL: it is there already, or there is no room for it. */
static struct directed *list_add(struct router *r, struct directed **at, const struct jid_parts *address) {
    const struct slice text = {address->text, address->size};
    size_t count = 0;
    for (; *at != NULL; at = &(*at)->next, count++)
        if (slice_is(jid_slice((*at)->jid), text))
            return NULL;
    if (count >= ROUTER_DIRECTED_MAX)
        return NULL;
    struct directed *d = router_take(r, sizeof *d);
    if (d == NULL)
        return NULL;
    d->jid = jid_take(&r->jids, address);
    if (d->jid == NULL) {
        r->failed = true;
        router_give(r, d);
        return NULL;
    }
    return *at = d;
}

void spare(struct router *r, struct session *session, struct slice address) {
    struct jid_parts parts;
    if (departs(r, ALTERNATIVE_pres_upd_noerrcheck_skip) != NULL && jid_prepare(address, &parts) == ROUTER_OK &&
        depart(r, host_of(session->account), ALTERNATIVE_pres_upd_noerrcheck_skip))
        list_add(r, &session->refusing, &parts);
}

static void forget_directed(struct router *r, struct directed **at) {
    struct directed *gone = *at;
    *at = gone->next;
    jid_release(&r->jids, gone->jid);
    router_give(r, gone);
}

void unspare(struct router *r, struct session *session, struct slice address) {
    for (struct directed **at = &session->refusing; *at != NULL;)
        if (slice_is(jid_slice((*at)->jid), address))
            forget_directed(r, at);
        else
            at = &(*at)->next;
}

void unspare_all(struct router *r, struct session *session) {
    while (session->refusing != NULL)
        forget_directed(r, &session->refusing);
}

static void to_contacts(struct router *r, const struct session *s, const struct stanza *st, enum state origin, int rule) {
    const struct account *account = s->account;
    const struct slice body = plain_body(r, st);
    for (uint32_t i = 0; i < account->contact_count; i++) {
        if (!contact_entitled(&account->contacts[i]) || spared(s, account->contacts[i].jid) ||
            (rule == RULE_pres_upd_bcast && known_spares_update(r, &account->contacts[i])))
            continue;
        mark_copy(r, &account->contacts[i], host_of(account), rule);
        generated(r, st->kind, origin, host_of(account), jid_slice(s->jid),
                  jid_slice(account->contacts[i].jid), st->start, body);
    }
}

static void to_own_available(struct router *r, const struct session *from, const struct stanza *st, int rule) {
    for (struct session *s = from->account->sessions; s != NULL; s = s->next)
        if (s->presence != NULL)
            copy_to_own(r, st, jid_slice(from->jid), s, knob_is(r, KNOB_pres_self_to, 1), rule);
}

static void probe_contacts(struct router *r, struct session *s) {
    const struct account *account = s->account;
    const struct slice start = write_start(r, "presence", "probe", (struct slice){NULL, 0});
    for (uint32_t i = 0; i < account->contact_count; i++) {
        const struct contact *c = &account->contacts[i];
        const bool local = jid_is_local(c->jid);
        if (!contact_watched(c) || (!local && known_spares_probe(r, s, c)))
            continue;
        const bool from_full = depart(r, host_of(account), ALTERNATIVE_pres_probe_out_addr_from_full);
        if (!from_full)
            mark(r, host_of(account), RULE_pres_probe_out_addr);
        mark(r, host_of(account), local ? RULE_pres_init_probe_local : RULE_pres_init_probe);
        generated(r, STANZA_PROBE, STATE_BY_SERVER, host_of(account), jid_slice(from_full ? s->jid : account->jid),
                  jid_slice(c->jid), start, (struct slice){NULL, 0});
    }
}

static bool watches_any(const struct account *account) {
    for (uint32_t i = 0; i < account->contact_count; i++)
        if (contact_watched(&account->contacts[i]))
            return true;
    return false;
}

static void show_all(struct router *r, const struct account *account) {
    for (const struct session *s = account->sessions; s != NULL; s = s->next)
        for (struct session *to = account->sessions; to != NULL; to = to->next) {
            struct stanza st;
            if (s == to || s->presence == NULL || to->presence == NULL)
                continue;
            kept_stanza(s->presence, &st);
            copy_to_own(r, &st, jid_slice(s->jid), to, true, RULE_pres_init_own_others);
        }
}

static void show_others(struct router *r, struct session *to) {
    if (!knob_is(r, KNOB_pres_own_others, 0))
        return;
    if (depart(r, host_of(to->account), ALTERNATIVE_pres_init_own_others_show_all)) {
        show_all(r, to->account);
        return;
    }
    for (const struct session *s = to->account->sessions; s != NULL; s = s->next) {
        struct stanza st;
        if (s == to || s->presence == NULL)
            continue;
        kept_stanza(s->presence, &st);
        st.body = delay_shown(r, s, st.body, ALTERNATIVE_pres_init_own_others_add_delay);
        copy_to_own(r, &st, jid_slice(s->jid), to, true, RULE_pres_init_own_others);
    }
}

static bool is_priority(const struct stanza_child *child) {
    return slice_is(child->name, text_slice("priority")) && is_content_namespace(child->ns);
}

/* Knob pres.prio-override: whoever gets this presence must see the priority that counts (6121 4.7.2.3). */
static void override_priority(struct router *r, struct input *in, struct stanza *edited) {
    int16_t priority;
    presence_priority(r, in->st, &priority);
    if (priority == 0 || !knob_is(r, KNOB_pres_prio_override, 1))
        return;
    mark(r, in->host, RULE_pres_prio_override);
    for (size_t i = 0; i < in->st->child_count && i < STANZA_CHILDREN_MAX; i++)
        if (is_priority(&in->st->child[i]))
            cut_child(r, in, edited, in->st->child[i--].raw);
    add_child(r, edited, text_slice("<priority>0</priority>"));
}

static void mark_priority(struct router *r, const struct stanza *st, bool initial, int16_t before,
                          const struct session *s) {
    const struct slice host = host_of(s->account);
    bool given = false;
    for (size_t i = 0; i < st->child_count && i < STANZA_CHILDREN_MAX; i++)
        given = given || is_priority(&st->child[i]);
    if (!given)
        mark(r, host, RULE_pres_prio_default);
    if (s->priority < 0)
        mark(r, host, RULE_pres_prio_negative);
    if (!initial && s->priority != before)
        mark(r, host, RULE_pres_upd_priority);
}

static bool takes_messages(const struct account *account) {
    const unsigned state = resource_state(account);
    return state == STATE_ONE || state == STATE_MULTI;
}

static void keep_last_available(struct router *r, const struct session *s, const struct stanza *st) {
    struct kept *last = departs(r, ALTERNATIVE_pres_probe_offline_last_available) == NULL
                            ? NULL
                            : kept_new(r, st, jid_slice(s->jid), (struct slice){NULL, 0});
    if (last == NULL)
        return;
    kept_free(r, s->account->last_available);
    s->account->last_available = last;
}

void broadcast_available(struct router *r, struct input *in) {
    struct session *s = in->sender;
    if (s->last_priority >= 0 && !takes_messages(s->account) && depart(r, in->host, ALTERNATIVE_off_deliver_when_by_last))
        offline_deliver(r, s);
    const bool initial = s->presence == NULL;
    const int16_t before = s->priority;
    const struct stanza *as_sent = in->st;
    struct stanza edited;
    override_priority(r, in, &edited);
    struct stanza stored = *in->st;
    stored.body = delay_stored(r, in->host, stored.body);
    struct kept *kept = kept_new(r, &stored, jid_slice(s->jid), (struct slice){NULL, 0});
    if (kept == NULL) {
        in->st = as_sent;
        return;
    }
    kept_free(r, s->presence);
    s->presence = kept;
    keep_last_available(r, s, in->st);
    presence_priority(r, in->st, &s->priority);
    s->last_priority = s->priority;
    if (initial)
        mark(r, in->host, RULE_pres_init_detect);
    mark(r, in->host, RULE_pres_init_store);
    mark_priority(r, as_sent, initial, before, s);
    const bool newly_willing = s->priority >= 0 && (initial || (before < 0 && knob_is(r, KNOB_off_trigger, 0)));
    if (newly_willing && s->account->offline.count > 0 && depart(r, in->host, ALTERNATIVE_pres_init_offline_first))
        offline_deliver(r, s);
    const bool probes_first = initial && departs(r, ALTERNATIVE_pres_init_probe_first) != NULL &&
                              watches_any(s->account) && depart(r, in->host, ALTERNATIVE_pres_init_probe_first);
    if (probes_first)
        probe_contacts(r, s);
    to_contacts(r, s, in->st, STATE_BY_BROADCAST, initial ? RULE_pres_init_bcast : RULE_pres_upd_bcast);
    to_own_available(r, s, in->st, initial ? RULE_pres_init_self : RULE_pres_upd_self);
    if (initial) {
        const bool others_last = depart(r, in->host, ALTERNATIVE_pres_init_own_others_after_probes);
        if (!others_last)
            show_others(r, s);
        if (!probes_first)
            probe_contacts(r, s);
        if (others_last)
            show_others(r, s);
        deliver_requests(r, s);
        resend_requests(r, s->account);
    } else {
        mark(r, in->host, RULE_pres_upd_noprobe);
        if (spares_room(s))
            mark(r, in->host, RULE_ext_muc_update);
    }
    in->st = as_sent;
    if (departs(r, ALTERNATIVE_off_deliver_when_by_last) != NULL)
        return;
    if (newly_willing)
        offline_deliver(r, s);
    else if (s->priority < 0 && s->account->offline.count > 0)
        mark(r, in->host, RULE_off_deliver_negative);
}

/* Who got directed presence hears of the end too (6121 4.6.3), in the order in which it was sent. */
static void to_directed(struct router *r, struct session *s, const struct stanza *st, bool broadcast, int rule) {
    const struct slice body = s->directed == NULL ? st->body : plain_body(r, st);
    while (s->directed != NULL) {
        /* A contact that got the broadcast has heard of it already (6121 4.6.3: once). */
        if (broadcast && contact_entitled(contact_find(s->account, s->directed->jid->bare)) &&
            departs(r, ALTERNATIVE_pres_dir_precedence_approve_keep) == NULL) {
            forget_directed(r, &s->directed);
            continue;
        }
        mark(r, host_of(s->account), rule);
        if (is_occupant_jid(s->directed->jid))
            mark(r, host_of(s->account), RULE_ext_muc_leave);
        generated(r, STANZA_UNAVAILABLE, STATE_BY_SERVER, host_of(s->account), jid_slice(s->jid),
                  jid_slice(s->directed->jid), st->start, body);
        forget_directed(r, &s->directed);
    }
}

static void end_presence(struct router *r, struct session *s, const struct stanza *st) {
    kept_free(r, s->presence);
    s->presence = NULL;
    s->priority = 0;
    if (s->account->contact_count > 0)
        mark(r, host_of(s->account), RULE_sub_persist);
    struct kept *last = kept_new(r, st, jid_slice(s->jid), (struct slice){NULL, 0});
    if (last == NULL)
        return;
    kept_free(r, s->account->last_unavailable);
    s->account->last_unavailable = last;
}

void broadcast_unavailable(struct router *r, struct input *in) {
    struct session *s = in->sender;
    const bool was_available = s->presence != NULL;
    const bool any_directed = s->directed != NULL;
    if (!was_available)
        mark(r, in->host, RULE_pres_unavail_again);
    if (was_available || knob_is(r, KNOB_pres_unavail_again, 1)) {
        to_contacts(r, s, in->st, STATE_BY_BROADCAST, RULE_pres_unavail_bcast);
        if (!was_available)
            copy_to_own(r, in->st, jid_slice(s->jid), s, knob_is(r, KNOB_pres_self_to, 1), RULE_pres_unavail_self);
        to_own_available(r, s, in->st, RULE_pres_unavail_self);
    }
    to_directed(r, s, in->st, was_available || knob_is(r, KNOB_pres_unavail_again, 1), RULE_pres_unavail_directed);
    if (any_directed)
        mark(r, in->host, RULE_pres_unavail_clear);
    unspare_all(r, s);
    if (was_available) {
        end_presence(r, s, in->st);
        mark(r, in->host, RULE_pres_unavail_connected);
    } else if (knob_is(r, KNOB_pres_unavail_again, 0)) {
        const struct decision d = {.rule = RULE_pres_unavail_again};
        fate(r, in, ROUTER_HANDLE, &d);
    }
}

void session_end(struct router *r, struct session *session, bool replaced) {
    struct account *account = session->account;
    const bool was_available = session->presence != NULL;
    struct stanza st = {.kind = STANZA_UNAVAILABLE};
    st.start = write_start(r, "presence", "unavailable", (struct slice){NULL, 0});
    st.body = end_body(r, account, replaced);
    if (was_available) {
        mark(r, host_of(account), replaced ? RULE_pres_end_conflict : RULE_pres_end_stream);
        end_presence(r, session, &st);
    } else {
        mark(r, host_of(account), RULE_pres_end_never_available);
    }
    /* It is out of the account before anything is sent, so that nothing can be delivered to it any more. */
    struct session **at = &account->sessions;
    struct session *previous = NULL;
    while (*at != session) {
        previous = *at;
        at = &(*at)->next;
    }
    *at = session->next;
    if (account->last_session == session)
        account->last_session = previous;
    account->session_count--;
    session->jid->role = JID_FOREIGN;
    r->ports[session->port - 1].kind = PORT_ENDED;
    mark(r, host_of(account), RULE_loc_ended);
    if (was_available) {
        to_contacts(r, session, &st, STATE_BY_SERVER, RULE_pres_unavail_bcast);
        to_own_available(r, session, &st, replaced ? RULE_pres_end_conflict : RULE_pres_end_stream);
    } else if (depart(r, host_of(account), ALTERNATIVE_pres_end_never_available_tell_own)) {
        to_own_available(r, session, &st, RULE_pres_end_never_available);
    }
    if (!was_available && session->directed != NULL &&
        depart(r, host_of(account), ALTERNATIVE_pres_end_directed_broadcast_too))
        to_contacts(r, session, &st, STATE_BY_SERVER, RULE_pres_unavail_bcast);
    to_directed(r, session, &st, was_available, RULE_pres_end_directed);
    unspare_all(r, session);
    session->next = r->ended;
    r->ended = session;
}

/* ---- directed presence ---- */

static bool same_target(const struct directed *d, const struct slice full, bool bare_match) {
    const struct slice listed = bare_match ? jid_slice(d->jid->bare) : jid_slice(d->jid);
    return slice_is(listed, full);
}

static void forget_sender(struct router *r, struct input *in) {
    const bool bare = knob_is(r, KNOB_pres_dir_match, 1);
    for (struct session *s = in->account->sessions; s != NULL; s = s->next)
        for (struct directed **at = &s->directed; *at != NULL;) {
            if (!same_target(*at, bare ? in->who.bare : in->who.full, bare) ||
                depart(r, in->host, ALTERNATIVE_pres_in_unavail_directed_keep)) {
                at = &(*at)->next;
                continue;
            }
            mark(r, in->host, RULE_pres_in_unavail_directed);
            forget_directed(r, at);
        }
}

void directed_refused(struct router *r, struct session *s, struct slice target) {
    for (struct directed **at = &s->directed; *at != NULL;)
        if (same_target(*at, target, false) && depart(r, host_of(s->account), ALTERNATIVE_pres_in_error_forget_directed))
            forget_directed(r, at);
        else
            at = &(*at)->next;
}

/* Presence for an account that exists. Who may send it is not asked (6121 4.2.3); what the account watches it for only
 * tells broadcast from directed presence, which are handled alike (6121 4.6.4). */
void presence_in(struct router *r, struct input *in) {
    const enum stanza_kind kind = in->st->kind;
    const bool for_somebody = in->to_parts->resource.size == 0 || in->resource != NULL;
    struct contact *c = contact_find_text(r, in->account, in->who.bare);
    if (kind == STANZA_UNAVAILABLE)
        forget_sender(r, in);
    for (struct session *s = in->account->sessions; kind == STANZA_PRESENCE_ERROR && s != NULL; s = s->next)
        directed_refused(r, s, in->who.full);
    if (kind == STANZA_AVAILABLE && for_somebody) {
        mark(r, in->host, RULE_pres_in_avail);
        if (!contact_watched(c) && !is_self(in->account, &in->who))
            mark(r, in->host, RULE_pres_dir_inbound);
    } else if (kind == STANZA_UNAVAILABLE && for_somebody) {
        mark(r, in->host, RULE_pres_in_unavail);
    } else if (kind == STANZA_PRESENCE_ERROR && for_somebody) {
        mark(r, in->host, RULE_pres_in_error);
    }
    if (kind == STANZA_PRESENCE_ERROR && in->resource != NULL)
        spare(r, in->resource, in->who.full);
    if (c != NULL)
        known_take(r, in, c);
    if (c != NULL && (kind == STANZA_AVAILABLE || kind == STANZA_PRESENCE_ERROR))
        c->refused = kind == STANZA_PRESENCE_ERROR;
}

/* A subscription takes the place of what directed presence began (6121 4.6.1): broadcasts reach the contact from now
 * on, the end of the presence session included. A resource that is not available broadcasts nothing, and keeps its list. */
void directed_approved(struct router *r, struct account *account, struct slice contact) {
    for (struct session *s = account->sessions; s != NULL; s = s->next)
        for (struct directed **at = &s->directed; s->presence != NULL && *at != NULL;) {
            if (!same_target(*at, contact, true) ||
                depart(r, host_of(account), ALTERNATIVE_pres_dir_precedence_approve_keep)) {
                at = &(*at)->next;
                continue;
            }
            mark(r, host_of(account), RULE_pres_dir_precedence_approve);
            forget_directed(r, at);
        }
}

bool directed_listed(const struct account *account, struct slice contact) {
    for (const struct session *s = account->sessions; s != NULL; s = s->next)
        for (const struct directed *d = s->directed; s->presence != NULL && d != NULL; d = d->next)
            if (same_target(d, contact, true))
                return true;
    return false;
}

static void note_directed(struct router *r, struct session *s, const struct jid_parts *to) {
    const struct directed *d = list_add(r, &s->directed, to);
    if (d == NULL)
        return;
    mark(r, host_of(s->account), RULE_pres_dir_list_scope);
    if (is_occupant_jid(d->jid))
        mark(r, host_of(s->account), RULE_ext_muc_join);
}

static void unnote_directed(struct router *r, struct session *s, const struct jid_parts *to) {
    const bool bare = knob_is(r, KNOB_pres_dir_match, 1);
    const struct who who = who_is((struct slice){to->text, to->size});
    for (struct directed **at = &s->directed; *at != NULL;)
        if (same_target(*at, bare ? who.bare : who.full, bare))
            forget_directed(r, at);
        else
            at = &(*at)->next;
}

void directed_out(struct router *r, struct input *in) {
    struct session *s = in->sender;
    const struct who to = who_is((struct slice){in->to_parts->text, in->to_parts->size});
    unspare(r, s, to.full);
    if (in->st->kind == STANZA_AVAILABLE && s->presence == NULL)
        mark(r, in->host, RULE_pres_dir_noavail);
    if (is_self(s->account, &to)) {
        mark(r, in->host, in->to_parts->resource.size == 0 ? RULE_pres_dir_self_bare : RULE_pres_dir_self_full);
        return;
    }
    if (in->st->kind == STANZA_UNAVAILABLE) {
        mark(r, in->host, RULE_pres_dir_unavail);
        unnote_directed(r, s, in->to_parts);
    } else if (s->presence != NULL && is_entitled(r, s->account, &to)) {
        mark(r, in->host, RULE_pres_dir_subscriber);
    } else if (s->presence != NULL || !is_entitled(r, s->account, &to) ||
               !depart(r, in->host, ALTERNATIVE_pres_dir_nosession_skip_subscribers)) {
        mark(r, in->host, s->presence != NULL ? RULE_pres_dir_other : RULE_pres_dir_nosession);
        note_directed(r, s, in->to_parts);
    }
}

/* ---- presence that goes with a change of subscription ---- */

void send_presences_to(struct router *r, struct account *account, struct slice to, int rule) {
    for (const struct session *s = account->sessions; s != NULL; s = s->next) {
        struct stanza st;
        if (s->presence == NULL)
            continue;
        kept_stanza(s->presence, &st);
        mark(r, host_of(account), rule);
        generated(r, STANZA_AVAILABLE, STATE_BY_SERVER, host_of(account), jid_slice(s->jid), to, st.start, st.body);
    }
}

void send_unavailable_of_all(struct router *r, struct account *account, struct slice to, int rule) {
    const struct slice start = write_start(r, "presence", "unavailable", (struct slice){NULL, 0});
    const bool connected = connected_too(r, host_of(account), rule);
    for (const struct session *s = account->sessions; s != NULL; s = s->next) {
        if (s->presence == NULL && !connected)
            continue;
        mark(r, host_of(account), rule);
        generated(r, STANZA_UNAVAILABLE, STATE_BY_SERVER, host_of(account), jid_slice(s->jid), to, start,
                  (struct slice){NULL, 0});
    }
}
