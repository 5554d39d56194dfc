/* alternatives.c - departures that sit in rules which act on the way, and decide no stanza's fate by themselves. */
#include "state.h"

struct alternative_text {
    uint16_t rule;
    const char *word;
};

static const struct alternative_text alternative_texts[ALTERNATIVE_COUNT] = {
#define ALTERNATIVE(rule, name, word, what) [ALTERNATIVE_##rule##_##name] = {RULE_##rule, word},
#include "alternatives.def"
#undef ALTERNATIVE
};

int alternative_find(int rule, struct slice word) {
    for (int i = 0; i < ALTERNATIVE_COUNT; i++)
        if (alternative_texts[i].rule == rule && slice_is(text_slice(alternative_texts[i].word), word))
            return i;
    return -1;
}

const char *alternative_word(int rule, unsigned n) {
    for (int i = 0; i < ALTERNATIVE_COUNT; i++)
        if (alternative_texts[i].rule == rule && n-- == 0)
            return alternative_texts[i].word;
    return NULL;
}

const char *alternative_name(enum alternative alternative) {
    return alternative_texts[alternative].word;
}

bool depart_marked(struct router *r, struct slice host, enum alternative alternative) {
    effect(r, ROUTER_MARK, host, alternative_texts[alternative].rule)->departure = departs(r, alternative);
    return true;
}

struct decision instead(const struct router *r, enum alternative alternative) {
    return (struct decision){.rule = alternative_texts[alternative].rule, .departure = departs(r, alternative)};
}

/* The account that a stanza comes from, if it is one of this server that is online; else NULL. */
static const struct account *asker_online(const struct router *r, const struct input *in) {
    const struct jid *jid = jid_find_text(&r->jids, in->who.bare);
    const struct account *asker = jid == NULL || jid->role != JID_ACCOUNT ? NULL : jid->owner;
    return asker == NULL || asker->sessions == NULL ? NULL : asker;
}

bool asker_decides(struct router *r, const struct input *in, enum alternative alternative, bool *subscribed) {
    if (departs(r, alternative) == NULL || in->account->sessions != NULL)
        return false;
    const struct account *asker = asker_online(r, in);
    if (asker == NULL)
        return false;
    *subscribed = contact_watched(contact_find(asker, in->account->jid));
    return depart(r, in->host, alternative);
}

/* ---- what is done instead, where it takes more than leaving something out ---- */

struct slice delay_stored(struct router *r, struct slice host, struct slice body) {
    if (!depart(r, host, ALTERNATIVE_pres_init_store_add_delay))
        return body;
    const struct slice parts[] = {body, write_delay(r, host, r->now_us)};
    return write_join(r, parts, 2);
}

struct slice delay_shown(struct router *r, const struct session *s, struct slice body, enum alternative alternative) {
    const struct slice host = jid_slice(s->account->host->jid);
    if (!depart(r, host, alternative))
        return body;
    const struct slice parts[] = {body, write_delay(r, host, s->presence->time_us)};
    return write_join(r, parts, 2);
}

/* Whether unavailable presence that goes with a change of subscription comes from resources without presence, too. */
bool connected_too(struct router *r, struct slice host, int rule) {
    switch (rule) {
    case RULE_sub_cancel_out_order: return depart(r, host, ALTERNATIVE_sub_cancel_out_order_all_connected);
    case RULE_sub_unsub_in_order: return departs(r, ALTERNATIVE_sub_unsub_in_order_answer_first) != NULL;
    case RULE_sub_remove_from: return depart(r, host, ALTERNATIVE_sub_remove_from_all_connected);
    default: return false;
    }
}

bool own_bare_otherwise(struct router *r, struct input *in) {
    if (!depart(r, in->host, ALTERNATIVE_msg_bare_any_own_omit_to))
        return false;
    in->to = (struct slice){"", 0};
    in->error_from = in->to;
    in->to_parts = NULL;
    decide(r, in, STAGE_NOTO, STATE_PLAIN);
    return true;
}

void probe_watched(struct router *r, const struct account *account, struct slice contact,
                   enum alternative alternative) {
    const struct slice host = jid_slice(account->host->jid), none = {NULL, 0};
    if (contact_watched(contact_find_text(r, account, contact)) && depart(r, host, alternative))
        generated(r, STANZA_PROBE, STATE_BY_SERVER, host, jid_slice(account->jid), contact,
                  write_start(r, "presence", "probe", none), none);
}

static bool ends_in_dot(struct slice raw) {
    const struct slice domain = domain_of(raw);
    return domain.size > 0 && domain.data[domain.size - 1] == '.';
}

bool is_elsewhere(struct router *r, const struct input *in, struct slice raw) {
    return departs(r, ALTERNATIVE_in_to_dot_unreachable) != NULL && ends_in_dot(raw) &&
           depart(r, in->host, ALTERNATIVE_in_to_dot_unreachable);
}

bool refuse_dot(struct router *r, struct input *in, struct slice raw) {
    struct decision d = instead(r, ALTERNATIVE_in_to_dot_not_found);
    if (d.departure != NULL && ends_in_dot(raw)) {
        bounce(r, in, &d, CONDITION_ITEM_NOT_FOUND, NULL);
        return true;
    }
    if (!is_elsewhere(r, in, raw))
        return false;
    d.departure = NULL; /* the mark has it */
    bounce(r, in, &d, CONDITION_REMOTE_SERVER_TIMEOUT, NULL);
    return true;
}

/* Presence of a type that is none, but that a profile takes for available. */
void count_as_available(struct router *r, struct input *in, struct stanza *edited) {
    const bool named = slice_is(in->st->type, text_slice("available")) &&
                       depart(r, in->host, ALTERNATIVE_in_pres_type_unknown_as_available);
    if (!named && !depart(r, in->host, ALTERNATIVE_in_pres_type_unknown_all_available))
        return;
    *edited = *in->st;
    edited->kind = STANZA_AVAILABLE;
    in->st = edited;
}

/* What was stored was written before, and keeps its address; and so does what was written to this resource, in whatever
 * way it was written (measured). */
void readdress(struct router *r, struct input *in, const struct session *session) {
    if (departs(r, ALTERNATIVE_loc_norewrite_to_full) == NULL || in->resource == session ||
        (in->to_parts == NULL && in->sender == NULL))
        return;
    const struct slice now = in->to.data != NULL ? in->to : in->st->to;
    if (slice_is(now, jid_slice(session->jid)) || !depart(r, in->host, ALTERNATIVE_loc_norewrite_to_full))
        return;
    in->to = jid_slice(session->jid);
    in->copy.size = 0;
}

bool deliver_foreign_probe(struct router *r, struct input *in) {
    if (in->to_parts->resource.size == 0 || (in->stream == NULL && in->component == NULL))
        return false;
    const struct decision d = instead(r, ALTERNATIVE_pres_full_match_probe_deliver_foreign);
    if (d.departure == NULL)
        return false;
    if (in->resource != NULL)
        deliver(r, in, &d, in->resource);
    else
        fate(r, in, ROUTER_DROP, &d);
    return true;
}

bool is_own_roster(struct router *r, const struct input *in) {
    const struct stanza *st = in->st;
    return departs(r, ALTERNATIVE_roster_get_foreign_own) != NULL && st->child_count > 0 &&
           slice_is(st->child[0].ns, text_slice("jabber:iq:roster")) &&
           depart(r, in->host, ALTERNATIVE_roster_get_foreign_own);
}

bool goes_nowhere(struct router *r, const struct input *in) {
    struct decision d;
    if (in->st->kind == STANZA_PROBE &&
        !slice_is(who_is((struct slice){in->to_parts->text, in->to_parts->size}).bare, in->who.bare))
        d = instead(r, ALTERNATIVE_pres_probe_client_own_only);
    else if (in->st->kind == STANZA_PRESENCE_ERROR)
        d = instead(r, ALTERNATIVE_pres_in_error_drop_from_client);
    else
        return false;
    if (d.departure != NULL)
        fate(r, in, ROUTER_DROP, &d);
    return d.departure != NULL;
}

/* Whether presence for a resource of the account finds nobody. */
bool presence_barred(const struct router *r, const struct account *account) {
    return departs(r, ALTERNATIVE_pres_full_match_avail_if_available) != NULL && !is_online(account);
}

void pass_unavailable(struct router *r, struct input *in) {
    enum alternative alternative;
    switch (in->st->kind) {
    case STANZA_AVAILABLE: alternative = ALTERNATIVE_pres_full_match_avail_if_available; break;
    case STANZA_UNAVAILABLE: alternative = ALTERNATIVE_pres_full_match_unavail_if_available; break;
    default: alternative = ALTERNATIVE_pres_full_match_error_if_available;
    }
    if (in->resource != NULL && departs(r, alternative) != NULL && !is_online(in->account) &&
        depart(r, in->host, alternative))
        in->resource = NULL;
}

/* The departure by which a sender does not get its own presence back. */
const char *reflection_omitted(const struct router *r, int rule) {
    switch (rule) {
    case RULE_pres_init_self: return departs(r, ALTERNATIVE_pres_init_self_omit);
    case RULE_pres_upd_self: return departs(r, ALTERNATIVE_pres_upd_self_omit);
    case RULE_pres_unavail_self: return departs(r, ALTERNATIVE_pres_unavail_self_omit);
    default: return NULL;
    }
}

/* The departure by which a sender's own presence comes back without 'to', for the rule that sends it back. */
const char *reflection_departs(const struct router *r, int rule) {
    switch (rule) {
    case RULE_pres_init_self: return departs(r, ALTERNATIVE_pres_init_self_omit_to);
    case RULE_pres_upd_self: return departs(r, ALTERNATIVE_pres_upd_self_omit_to);
    case RULE_pres_unavail_self: return departs(r, ALTERNATIVE_pres_unavail_self_omit_to);
    default: return NULL;
    }
}

/* Whether the push comes before the stanza that a user sent goes on. */
bool pushes_first(struct router *r, const struct input *in) {
    const struct slice host = in->host;
    switch (in->st->kind) {
    case STANZA_SUBSCRIBE:
        return depart(r, host, ALTERNATIVE_sub_req_out_push_push_first) ||
               depart(r, host, ALTERNATIVE_sub_req_out_push_push_again);
    case STANZA_UNSUBSCRIBE:
        return depart(r, host, ALTERNATIVE_sub_unsub_out_push_first) ||
               depart(r, host, ALTERNATIVE_sub_unsub_out_push_changed);
    case STANZA_SUBSCRIBED: return depart(r, host, ALTERNATIVE_sub_app_out_order_push_first);
    default: return depart(r, host, ALTERNATIVE_sub_cancel_out_order_push_first);
    }
}

/* Whether a push goes with what a user sent even though it changes nothing. */
bool pushes_again(const struct router *r, enum stanza_kind kind, unsigned state) {
    if (kind == STANZA_SUBSCRIBE)
        return departs(r, ALTERNATIVE_sub_req_out_push_push_first) != NULL ||
               (departs(r, ALTERNATIVE_sub_req_out_push_push_again) != NULL && state == STATE_SUB_NONE_OUT);
    return kind == STANZA_UNSUBSCRIBE && departs(r, ALTERNATIVE_sub_unsub_out_push_first) != NULL;
}

/* Whether a stanza that this server should keep to itself is routed all the same. */
bool routes_anyway(struct router *r, const struct input *in, bool ahead) {
    if (in->st->kind == STANZA_UNSUBSCRIBED)
        return depart(r, in->host, ALTERNATIVE_sub_cancel_out_noop_route);
    return depart(r, in->host, ahead ? ALTERNATIVE_sub_pre_off_route : ALTERNATIVE_sub_pre_noop_route);
}

/* Whether what comes in for a subscription is pushed before it is delivered, and then to available resources. */
bool pushes_before_delivery(struct router *r, const struct input *in) {
    switch (in->st->kind) {
    case STANZA_SUBSCRIBED: return depart(r, in->host, ALTERNATIVE_sub_app_in_order_push_first);
    case STANZA_UNSUBSCRIBED: return depart(r, in->host, ALTERNATIVE_sub_cancel_in_order_push_first);
    default: return depart(r, in->host, ALTERNATIVE_sub_unsub_in_order_answer_first);
    }
}

bool ping_for_nobody(struct router *r, struct input *in) {
    const struct stanza *st = in->st;
    if (st->kind != STANZA_GET || in->to_parts->resource.size > 0 || st->child_count != 1 ||
        !slice_is(st->child[0].ns, text_slice("urn:xmpp:ping")))
        return false;
    const struct decision d = instead(r, ALTERNATIVE_iq_nouser_request_ping);
    if (d.departure == NULL)
        return false;
    answer(r, in, &d, STANZA_RESULT, router_text_copy(r, (struct slice){in->to_parts->text, in->to_parts->size}),
           write_start(r, "iq", "result", st->has_id ? st->id : (struct slice){"", 0}), (struct slice){NULL, 0});
    return true;
}

bool probe_for_nobody(struct router *r, struct input *in) {
    if (in->st->kind != STANZA_PROBE || departs(r, ALTERNATIVE_pres_nouser_probe_asker_decides) == NULL)
        return false;
    const struct account *asker = asker_online(r, in);
    const struct who asked = who_is((struct slice){in->to_parts->text, in->to_parts->size});
    if (asker == NULL || !contact_watched(contact_find_text(r, asker, asked.bare)))
        return false;
    struct decision d = instead(r, ALTERNATIVE_pres_nouser_probe_asker_decides);
    d.verb = DO_ANSWER_UNAVAILABLE;
    answer_probe_with(r, in, &d);
    return true;
}

struct slice end_body(struct router *r, const struct account *account, bool replaced) {
    if (replaced && depart(r, jid_slice(account->host->jid), ALTERNATIVE_pres_end_conflict_say_why))
        return text_slice("<status>Disconnected: Replaced by new connection</status>");
    return (struct slice){NULL, 0};
}

/* Takes spaces and empty labels out of the domain of an address. returns false: there are none. */
static bool clean_domain(struct router *r, struct slice raw, struct slice *clean) {
    const struct slice name = domain_of(raw);
    const size_t start = (size_t)(name.data - raw.data), end = start + name.size;
    char *text = router_text(r, raw.size);
    size_t size = 0;
    for (size_t i = 0; text != NULL && i < raw.size; i++) {
        const bool domain = i >= start && i < end;
        const bool empty = domain && raw.data[i] == '.' && i + 1 < end && (i == start || raw.data[i - 1] == '.');
        if (!empty && !(domain && raw.data[i] == ' '))
            text[size++] = raw.data[i];
    }
    if (text != NULL)
        router_text_trim(r, text, size);
    *clean = (struct slice){text, size};
    return text != NULL && size < raw.size;
}

bool lax_domain(struct router *r, struct input *in, struct jid_parts *parts) {
    struct slice clean;
    const struct decision d = instead(r, ALTERNATIVE_in_to_malformed_lax_domain);
    if (d.departure == NULL || kind_is_unanswerable(in->st->kind) || !clean_domain(r, in->st->to, &clean) ||
        jid_prepare(clean, parts) != ROUTER_OK)
        return false;
    bounce(r, in, &d, CONDITION_REMOTE_SERVER_NOT_FOUND, NULL);
    return true;
}
