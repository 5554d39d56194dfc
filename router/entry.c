/* entry.c - what is checked and stamped before a stanza is routed (6120 8.1, 8.2, 8.3; catalogue groups 1.3 to 1.7). */
#include "state.h"

#include <string.h>

#define CONTENT_CLIENT "jabber:client"
#define CONTENT_SERVER "jabber:server"
#define CONTENT_COMPONENT "jabber:component:accept"
#define STREAM_NAMESPACE "http://etherx.jabber.org/streams"

static bool check_peer(struct router *r, struct input *in, struct jid_parts *to, struct jid_parts *from);

/* Before a peer is told of a fault, the addresses that its error goes between are looked at, out of their turn. */
static bool check_return_path(struct router *r, struct input *in, enum fault fault) {
    struct jid_parts to, from;
    if (in->stream == NULL || in->st->kind == STANZA_FOREIGN || fault >= FAULT_S2S_NO_TO)
        return true;
    const bool fine = check_peer(r, in, &to, &from);
    in->to_parts = NULL;
    return fine;
}

/* refuse - a fault was found; its row says what follows. returns true where the stanza's fate is sealed. */
static bool refuse(struct router *r, struct input *in, enum fault fault) {
    struct decision d = policy_decide(r->policy, STAGE_ENTRY, in->st->kind, fault);
    in->input_class = class_number(STAGE_ENTRY, in->st->kind, fault);
    if (d.verb == DO_SPLIT_ADDRESS) {
        d.verb = DO_CLOSE;
        d.condition = CONDITION_IMPROPER_ADDRESSING;
    }
    switch (d.verb) {
    case DO_PASS:
        mark_row(r, in, &d);
        return false;
    case DO_BOUNCE:
        if (check_return_path(r, in, fault))
            bounce(r, in, &d, d.condition, NULL);
        return true;
    case DO_CLOSE: close_stream(r, in, &d, d.condition); return true;
    default: fate(r, in, ROUTER_DROP, &d); return true;
    }
}

bool is_content_namespace(struct slice ns) {
    return slice_is(ns, text_slice(CONTENT_CLIENT)) || slice_is(ns, text_slice(CONTENT_SERVER)) ||
           slice_is(ns, text_slice(CONTENT_COMPONENT));
}

bool is_stream_namespace(struct slice ns) {
    return is_content_namespace(ns) || slice_is(ns, text_slice(STREAM_NAMESPACE));
}

static bool has_error_child(const struct stanza *st) {
    for (size_t i = 0; i < st->child_count && i < STANZA_CHILDREN_MAX; i++)
        if (slice_is(st->child[i].name, text_slice("error")) && is_content_namespace(st->child[i].ns))
            return true;
    /* Children past those described are not looked at; such a stanza gets the benefit of the doubt. */
    return st->child_count > STANZA_CHILDREN_MAX;
}

bool presence_priority(const struct router *r, const struct stanza *st, int16_t *priority) {
    enum { LIMIT = 1000000, DIGITS_MAX = 32, USUAL = 8 };
    const bool any = departs(r, ALTERNATIVE_in_pres_priority_bad_any_number) != NULL;
    size_t found = 0;
    bool valid = true;
    long value = 0;
    for (size_t i = 0; i < st->child_count && i < STANZA_CHILDREN_MAX; i++) {
        if (!slice_is(st->child[i].name, text_slice("priority")) || !is_content_namespace(st->child[i].ns))
            continue;
        char text[DIGITS_MAX];
        size_t size = 0;
        found++;
        valid = valid && stanza_child_text(st, i, text, any ? DIGITS_MAX : USUAL, &size) && size > 0;
        size_t digit = valid && (text[0] == '-' || text[0] == '+') ? 1 : 0;
        valid = valid && digit < size;
        long number = 0;
        for (; valid && digit < size; digit++) {
            valid = text[digit] >= '0' && text[digit] <= '9';
            number = number > LIMIT ? LIMIT : number * 10 + (text[digit] - '0');
        }
        if (valid && found == 1)
            value = text[0] == '-' ? -number : number;
    }
    const bool in_range = any || (value >= -128 && value <= 127);
    if (any) /* as far as there is room beside ROUTER_NOT_AVAILABLE */
        value = value > INT16_MAX ? INT16_MAX : value <= ROUTER_NOT_AVAILABLE ? ROUTER_NOT_AVAILABLE + 1 : value;
    if (!in_range && knob_is(r, KNOB_pres_bad_priority, 2))
        value = value < 0 ? -128 : 127;
    else if (!in_range)
        value = 0;
    *priority = (int16_t)(valid && found <= 1 ? value : 0);
    return valid && in_range && found <= 1;
}

/* 6121 4.7.2.1 has four values, and one element at most; what a presence says beside them is passed on all the same. */
static bool is_show_odd(const struct stanza *st) {
    static const char *const values[] = {"away", "chat", "dnd", "xa"};
    size_t found = 0;
    bool known = true;
    for (size_t i = 0; i < st->child_count && i < STANZA_CHILDREN_MAX; i++) {
        char text[8];
        size_t size = 0;
        if (!slice_is(st->child[i].name, text_slice("show")) || !is_content_namespace(st->child[i].ns))
            continue;
        bool one = false;
        if (stanza_child_text(st, i, text, sizeof text, &size))
            for (size_t v = 0; v < sizeof values / sizeof values[0]; v++)
                one = one || slice_is((struct slice){text, size}, text_slice(values[v]));
        known = known && one;
        found++;
    }
    return !known || found > 1;
}

static bool is_show_unknown(const struct stanza *st) {
    for (size_t i = 0; i < st->child_count && i < STANZA_CHILDREN_MAX; i++) {
        char text[8];
        size_t size = 0;
        const struct stanza only = {.child_count = 1, .child = {st->child[i]}, .body = st->body};
        if (slice_is(st->child[i].name, text_slice("show")) && is_show_odd(&only) &&
            !(stanza_child_text(st, i, text, sizeof text, &size) && size == 0))
            return true;
    }
    return false;
}

/* A child in the content namespace is no extension, so it may bear no prefix either (6120 4.8.5). */
static bool has_prefixed_child(const struct stanza *st) {
    for (size_t i = 0; i < st->child_count && i < STANZA_CHILDREN_MAX; i++) {
        const struct stanza_child *child = &st->child[i];
        const size_t end = 1 + child->name.size;
        if (is_content_namespace(child->ns) && child->raw.size > end &&
            (memcmp(child->raw.data + 1, child->name.data, child->name.size) != 0 || child->raw.data[end] == ':'))
            return true;
    }
    return false;
}

/* By a departure, a client's stanza on a server's stream is taken for one that nobody handles. */
static bool bounce_content(struct router *r, struct input *in) {
    struct jid_parts to, from;
    const struct decision d = instead(r, ALTERNATIVE_in_ns_content_client_bounced);
    if (check_peer(r, in, &to, &from))
        bounce(r, in, &d, CONDITION_SERVICE_UNAVAILABLE, NULL);
    return false;
}

static bool check_element(struct router *r, struct input *in) {
    const struct stanza *st = in->st;
    if (st->kind != STANZA_FOREIGN && (st->prefixed || has_prefixed_child(st)) && refuse(r, in, FAULT_PREFIXED))
        return false;
    if (st->other_content && in->stream != NULL && departs(r, ALTERNATIVE_in_ns_content_client_bounced) != NULL)
        return bounce_content(r, in);
    if (st->other_content && refuse(r, in, FAULT_OTHER_CONTENT))
        return false;
    if (st->kind == STANZA_FOREIGN)
        return !refuse(r, in, FAULT_NO_STANZA);
    return !st->oversize || !refuse(r, in, FAULT_TOO_LARGE);
}

static enum fault iq_fault(const struct stanza *st) {
    if (st->kind == STANZA_IQ_OTHER)
        return FAULT_IQ_TYPE;
    if (kind_is_request(st->kind)) {
        if (!st->has_id)
            return FAULT_IQ_NO_ID;
        if (st->child_count != 1)
            return FAULT_IQ_CHILDREN;
        if (is_stream_namespace(st->child[0].ns))
            return FAULT_IQ_CHILD_NS;
    }
    if (st->kind == STANZA_RESULT && st->child_count > 1)
        return FAULT_IQ_RESULT_CHILDREN;
    if (st->kind == STANZA_IQ_ERROR && !has_error_child(st))
        return FAULT_IQ_ERROR_CHILD;
    return FAULT_NONE;
}

/* What a profile sees otherwise: some look at what clients send alone, some want an id of results too. */
static enum fault iq_fault_here(struct router *r, const struct input *in) {
    const enum fault fault = iq_fault(in->st);
    if (fault != FAULT_NONE && in->sender == NULL && depart(r, in->host, ALTERNATIVE_in_iq_children_clients_only))
        return FAULT_NONE;
    if (in->st->kind == STANZA_RESULT && !in->st->has_id && in->sender != NULL &&
        depart(r, in->host, ALTERNATIVE_in_iq_id_results_too))
        return FAULT_IQ_NO_ID;
    return fault;
}

static bool is_empty_error(const struct stanza *st) {
    return st->child_count == 0 &&
           (st->kind == STANZA_MESSAGE_ERROR || st->kind == STANZA_PRESENCE_ERROR || st->kind == STANZA_IQ_ERROR);
}

/* By a departure, the error of a presence of unknown type is sent as if it were a subscription. */
static void answer_between_bare(struct router *r, struct input *in) {
    struct jid_parts parts;
    if (departs(r, ALTERNATIVE_in_pres_type_unknown_bare) == NULL || jid_prepare(in->st->to, &parts) != ROUTER_OK ||
        !depart(r, in->host, ALTERNATIVE_in_pres_type_unknown_bare))
        return;
    in->from = in->who.bare;
    in->error_from = router_text_copy(r, who_is((struct slice){parts.text, parts.size}).bare);
}

static bool check_syntax(struct router *r, struct input *in) {
    const struct stanza *st = in->st;
    enum fault fault = iq_fault_here(r, in);
    if (fault == FAULT_IQ_NO_ID && refuse(r, in, fault))
        return false;
    if (fault == FAULT_IQ_NO_ID)
        fault = st->child_count != 1 ? FAULT_IQ_CHILDREN : is_stream_namespace(st->child[0].ns) ? FAULT_IQ_CHILD_NS : FAULT_NONE;
    int16_t priority;
    /* Without 'to' a presence of unknown type has a row of its own. */
    if (st->kind == STANZA_PRESENCE_OTHER && st->has_to)
        fault = FAULT_PRESENCE_TYPE;
    else if (st->kind == STANZA_AVAILABLE && !presence_priority(r, st, &priority))
        fault = FAULT_PRESENCE_PRIORITY;
    else if (st->kind == STANZA_PRESENCE_ERROR && !has_error_child(st))
        fault = FAULT_PRESENCE_ERROR_CHILD;
    if (fault == FAULT_PRESENCE_TYPE)
        answer_between_bare(r, in);
    if (is_empty_error(st) && in->sender != NULL && depart(r, in->host, ALTERNATIVE_in_iq_error_child_drop_empty)) {
        fate(r, in, ROUTER_DROP, &(const struct decision){.rule = RULE_in_iq_error_child});
        return false;
    }
    if (fault != FAULT_NONE && refuse(r, in, fault))
        return false;
    if (kind_is_message(st->kind) && st->type.size == 0)
        mark(r, in->host, RULE_in_msg_type_absent);
    else if (st->kind == STANZA_NORMAL && !slice_is(st->type, text_slice("normal")) &&
             !depart(r, in->host, ALTERNATIVE_in_msg_type_unknown_remove))
        mark(r, in->host, RULE_in_msg_type_unknown);
    if (st->kind == STANZA_AVAILABLE && is_show_odd(st)) {
        const struct decision d = instead(r, ALTERNATIVE_in_pres_show_bad_refuse);
        if (d.departure != NULL && is_show_unknown(st) && depart(r, in->host, ALTERNATIVE_in_pres_show_bad_refuse)) {
            bounce(r, in, &d, CONDITION_BAD_REQUEST, NULL);
            return false;
        }
        mark(r, in->host, RULE_in_pres_show_bad);
    }
    return true;
}

static bool stamp(struct router *r, struct input *in) {
    const struct stanza *st = in->st;
    const struct jid *own = in->sender->jid;
    if (st->has_from && !slice_is(st->from, jid_slice(own)) && !slice_is(st->from, jid_slice(own->bare))) {
        struct jid_parts parts;
        const bool prepared = jid_prepare(st->from, &parts) == ROUTER_OK;
        const struct slice text = {parts.text, prepared ? parts.size : 0};
        if (!prepared && depart(r, in->host, ALTERNATIVE_in_from_mismatch_malformed_bounced)) {
            const struct decision d = {.rule = RULE_in_from_mismatch};
            in->from = st->from;
            bounce(r, in, &d, CONDITION_BAD_REQUEST, NULL);
            return false;
        }
        if ((!prepared || !(slice_is(text, jid_slice(own)) || slice_is(text, jid_slice(own->bare)))) &&
            refuse(r, in, FAULT_FROM_MISMATCH))
            return false;
    }
    if (kind_is_subscription(st->kind)) {
        mark(r, in->host, RULE_in_from_bare);
        in->from = jid_slice(own->bare);
    } else {
        mark(r, in->host, RULE_in_from_full);
        in->from = jid_slice(own);
    }
    return true;
}

struct slice domain_of(struct slice raw) {
    const char *slash = memchr(raw.data, '/', raw.size);
    if (slash != NULL)
        raw.size = (size_t)(slash - raw.data);
    const char *at = memchr(raw.data, '@', raw.size);
    return at == NULL ? raw : (struct slice){at + 1, raw.size - (size_t)(at + 1 - raw.data)};
}

/* Which part of the address was brought into another form; shown because it decides who gets the stanza. */
static void mark_preparation(struct router *r, const struct input *in, struct slice raw, const struct jid_parts *parts) {
    struct slice domain = domain_of(raw);
    mark(r, in->host, RULE_in_to_map_first);
    if (domain.size > 0 && domain.data[domain.size - 1] == '.') {
        mark(r, in->host, RULE_in_to_dot);
        domain.size--;
    }
    if (!slice_is(domain, parts->domain))
        mark(r, in->host, RULE_in_to_prep_domain);
    if (parts->local.size > 0 && (raw.size < parts->local.size || memcmp(raw.data, parts->local.data, parts->local.size) != 0))
        mark(r, in->host, RULE_in_to_prep_local);
    const char *slash = memchr(raw.data, '/', raw.size);
    if (slash != NULL) {
        const size_t at = (size_t)(slash + 1 - raw.data);
        if (!slice_is((struct slice){slash + 1, raw.size - at}, parts->resource))
            mark(r, in->host, RULE_in_to_prep_resource);
    }
}

static bool part_too_long_or_empty(struct slice raw) {
    const char *slash = memchr(raw.data, '/', raw.size);
    const size_t resource_at = slash == NULL ? raw.size : (size_t)(slash - raw.data) + 1;
    const struct slice rest = {raw.data, slash == NULL ? raw.size : resource_at - 1};
    const char *at = memchr(rest.data, '@', rest.size);
    const size_t local = at == NULL ? 1 : (size_t)(at - rest.data);
    const size_t domain = domain_of(raw).size;
    const size_t resource = slash == NULL ? 1 : raw.size - resource_at;
    return local == 0 || domain == 0 || resource == 0 || local > ROUTER_JID_PART_MAX || domain > ROUTER_JID_PART_MAX ||
           resource > ROUTER_JID_PART_MAX;
}

/* check_to - parse 'to' (7622 3). Known JIDs are found as they stand; preparing is for the rest. */
static bool check_to(struct router *r, struct input *in, struct jid_parts *parts) {
    const struct slice raw = in->st->to;
    struct jid *known;
    const bool valid = jid_read(&r->jids, raw, parts, &known) == ROUTER_OK;
    const bool too_long = valid && departs(r, ALTERNATIVE_in_to_length_as_written) != NULL &&
                          part_too_long_or_empty(raw) && depart(r, in->host, ALTERNATIVE_in_to_length_as_written);
    if (valid && !too_long) {
        if (refuse_dot(r, in, raw))
            return false;
        in->to_parts = parts;
        in->to_jid = known;
        if (parts->size != raw.size || memcmp(parts->text, raw.data, raw.size) != 0)
            mark_preparation(r, in, raw, parts);
        if (parts->resource.size > 0 && (memchr(parts->resource.data, '/', parts->resource.size) != NULL ||
                                         memchr(parts->resource.data, '@', parts->resource.size) != NULL))
            mark(r, in->host, RULE_in_to_split);
        if (knob_is(r, KNOB_addr_canon_to, 1))
            in->to = router_text_copy(r, (struct slice){parts->text, parts->size});
        return true;
    }
    if (part_too_long_or_empty(raw))
        mark(r, in->host, RULE_in_to_length);
    if (in->sender != NULL && depart(r, in->host, ALTERNATIVE_in_to_malformed_as_absent)) {
        in->to = (struct slice){"", 0};
        return true;
    }
    if (lax_domain(r, in, parts))
        return false;
    if (!too_long && knob_is(r, KNOB_addr_remote_check, 0) && jid_prepare(domain_of(raw), parts) == ROUTER_OK &&
        host_find(r, parts->domain) == NULL) {
        mark(r, in->host, RULE_in_to_remote_localpart);
        in->to_parts = parts;
        return true;
    }
    mark(r, in->host, RULE_err_swap_malformed);
    if (kind_is_subscription(in->st->kind))
        mark(r, in->host, RULE_sub_to_malformed);
    if (in->st->kind == STANZA_SUBSCRIBE && in->component == NULL)
        mark(r, in->host, RULE_sub_req_out_error);
    if (knob_is(r, KNOB_err_malformed_from, 0))
        in->error_from = server_domain(in);
    else if (knob_is(r, KNOB_err_malformed_from, 1))
        in->error_from = (struct slice){"", 0};
    refuse(r, in, FAULT_TO_MALFORMED);
    return false;
}

/* Whether the domain of 'from' is one that the peer has shown to be its own on this stream. */
static enum fault from_fault(const struct router *r, const struct input *in, struct slice domain) {
    const struct stream *s = in->stream;
    bool verified = slice_is(domain, jid_slice(s->pair->remote));
    for (uint32_t i = 0; i < s->more_count && !verified; i++)
        verified = slice_is(domain, jid_slice(s->more[i]->remote));
    return host_find(r, domain) != NULL ? FAULT_S2S_LOCAL_FROM : verified ? FAULT_NONE : FAULT_S2S_FOREIGN_FROM;
}

static bool is_pair(const struct pair *pair, struct slice from, struct slice to) {
    return slice_is(from, jid_slice(pair->remote)) && slice_is(to, jid_slice(pair->local->jid));
}

/* Only pairs of domains that are verified on the stream are accepted: the first, or one that was added. */
static bool check_pair(struct router *r, struct input *in, struct slice from, struct slice to) {
    const struct stream *s = in->stream;
    if (is_pair(s->pair, from, to))
        return true;
    for (uint32_t i = 0; i < s->more_count; i++)
        if (is_pair(s->more[i], from, to)) {
            in->host = jid_slice(s->more[i]->local->jid);
            mark(r, in->host, RULE_in_s2s_pair);
            return true;
        }
    return false;
}

/* An error would have nowhere to go, so that no knob asks for one. */
static void refuse_bad_from(struct router *r, struct input *in) {
    const struct decision d = policy_decide(r->policy, STAGE_ENTRY, in->st->kind, FAULT_S2S_BAD_ADDRESS);
    in->input_class = class_number(STAGE_ENTRY, in->st->kind, FAULT_S2S_BAD_ADDRESS);
    if (d.departure != NULL)
        refuse(r, in, FAULT_S2S_BAD_ADDRESS);
    else
        close_stream(r, in, &d, CONDITION_IMPROPER_ADDRESSING);
}

/* Knob s2s.bad-address may ask for a stanza error, which goes to nobody but the peer's own domains. */
static void refuse_bad_to(struct router *r, struct input *in, struct slice from, struct jid_parts *to) {
    const struct decision d = policy_decide(r->policy, STAGE_ENTRY, in->st->kind, FAULT_S2S_BAD_ADDRESS);
    const bool split = d.verb == DO_SPLIT_ADDRESS && jid_prepare(domain_of(in->st->to), to) == ROUTER_OK;
    const enum fault fault = from_fault(r, in, from);
    in->input_class = class_number(STAGE_ENTRY, in->st->kind, FAULT_S2S_BAD_ADDRESS);
    if (!knob_is(r, KNOB_err_malformed_from, 2))
        in->error_from = in->host;
    if ((split || d.verb == DO_BOUNCE) && d.departure == NULL && fault != FAULT_NONE)
        refuse(r, in, fault);
    else if (split)
        bounce(r, in, &d, CONDITION_JID_MALFORMED, NULL);
    else
        refuse(r, in, FAULT_S2S_BAD_ADDRESS);
}

static enum fault missing_address(const struct router *r, const struct input *in) {
    const struct stanza *st = in->st;
    const bool empty_fine = departs(r, ALTERNATIVE_in_s2s_bad_addr_empty_too) != NULL;
    const bool no_to =
        !st->has_to || (st->to.size == 0 && !empty_fine && departs(r, ALTERNATIVE_in_s2s_no_to_empty_malformed) == NULL);
    const bool no_from = !st->has_from || (st->from.size == 0 && !empty_fine &&
                                           departs(r, ALTERNATIVE_in_s2s_no_from_empty_malformed) == NULL);
    if (no_from && (!no_to || departs(r, ALTERNATIVE_in_s2s_no_from_before_to) != NULL))
        return FAULT_S2S_NO_FROM;
    return no_to ? FAULT_S2S_NO_TO : FAULT_NONE;
}

/* Addresses on a stream from a peer (6120 8.1.1.2, 8.1.2.2): checked, never rewritten. */
static bool check_peer(struct router *r, struct input *in, struct jid_parts *to, struct jid_parts *from) {
    const struct stanza *st = in->st;
    in->from = st->from;
    const enum fault missing = missing_address(r, in);
    if (missing != FAULT_NONE)
        return !refuse(r, in, missing);
    if (jid_prepare(st->from, from) != ROUTER_OK) {
        refuse_bad_from(r, in);
        return false;
    }
    if (jid_prepare(st->to, to) != ROUTER_OK) {
        refuse_bad_to(r, in, from->domain, to);
        return false;
    }
    const enum fault fault = is_elsewhere(r, in, st->from) ? FAULT_S2S_FOREIGN_FROM : from_fault(r, in, from->domain);
    if (fault != FAULT_NONE)
        return !refuse(r, in, fault);
    if (is_elsewhere(r, in, st->to) || !check_pair(r, in, from->domain, to->domain))
        return !refuse(r, in, FAULT_S2S_FOREIGN_TO);
    in->who = who_is(router_text_copy(r, (struct slice){from->text, from->size}));
    in->to_parts = to;
    if (knob_is(r, KNOB_addr_canon_to, 1))
        in->to = router_text_copy(r, (struct slice){to->text, to->size});
    if (!slice_is(in->from, in->who.full) && depart(r, in->host, ALTERNATIVE_in_s2s_nostamp_canonical))
        in->from = in->who.full;
    return true;
}

/* A 'from' that is no address: at the component's own domain the stanza alone is refused (7622 4). Else, whatever knob
 * ext.comp.from-check says, nobody can be its sender. */
static void refuse_bad_sender(struct router *r, struct input *in) {
    struct jid_parts parts;
    const struct slice raw = in->st->from;
    if (depart(r, in->host, ALTERNATIVE_ext_comp_from_bounce_malformed)) {
        const struct decision bad = {.rule = RULE_ext_comp_from};
        in->from = raw;
        bounce(r, in, &bad, CONDITION_BAD_REQUEST, NULL);
        return;
    }
    const bool own = raw.size > 0 && raw.data[0] != '@' && jid_prepare(domain_of(raw), &parts) == ROUTER_OK &&
                     slice_is(parts.domain, in->host);
    const struct decision d = {.rule = own ? RULE_in_to_handled_jids : RULE_ext_comp_from};
    if (!own) {
        close_stream(r, in, &d, CONDITION_INVALID_FROM);
        return;
    }
    in->from = raw;
    if (jid_prepare(in->st->to, &parts) != ROUTER_OK)
        in->error_from = server_domain(in);
    bounce(r, in, &d, CONDITION_JID_MALFORMED, NULL);
}

/* A component speaks for somebody else. */
static bool check_other_sender(struct router *r, struct input *in) {
    struct jid_parts from;
    if (jid_prepare(in->st->from, &from) != ROUTER_OK) {
        refuse_bad_sender(r, in);
        return false;
    }
    if (depart(r, in->host, ALTERNATIVE_ext_comp_from_return_as_is)) {
        in->error_from = in->st->from;
        in->error_to = in->st->to;
    }
    if (refuse(r, in, FAULT_COMPONENT_FROM))
        return false;
    const struct host *host = host_find(r, from.domain);
    in->from = in->st->from;
    in->who = who_is(router_text_copy(r, (struct slice){from.text, from.size}));
    in->host = host != NULL ? jid_slice(host->jid) : in->host;
    return true;
}

/* Addresses on a component's stream (XEP-0114 3): both are there, and 'from' stays as it is. own: it is one of the
 * component's. */
static bool check_component(struct router *r, struct input *in, struct jid_parts *to, bool own) {
    const struct stanza *st = in->st;
    const bool literal = departs(r, ALTERNATIVE_ext_comp_from_compare_raw) != NULL;
    const bool no_to = !st->has_to || st->to.size == 0;
    const bool empty_is_bad = literal || departs(r, ALTERNATIVE_ext_comp_from_bounce_malformed) != NULL;
    const bool no_from = !st->has_from || (st->from.size == 0 && !empty_is_bad);
    if (!no_to && no_from && depart(r, in->host, ALTERNATIVE_ext_comp_addr_add_from))
        return check_to(r, in, to);
    if (no_to || no_from) {
        if (no_to)
            in->error_from = (struct slice){"", 0};
        else if (jid_prepare(st->to, to) != ROUTER_OK)
            in->error_from = server_domain(in);
        return !refuse(r, in, FAULT_COMPONENT_NO_ADDRESS);
    }
    if (own && literal && !slice_is(domain_of(st->from), in->host))
        own = !depart(r, in->host, ALTERNATIVE_ext_comp_from_compare_raw);
    if (!own && !check_other_sender(r, in))
        return false;
    mark(r, in->host, RULE_ext_comp_nostamp);
    return check_to(r, in, to);
}

/* What was not looked at may be of no type that there is: then it goes the way of a result, which nobody answers. */
static void take_any_type(struct router *r, struct input *in, struct stanza *edited) {
    if (in->st->kind == STANZA_IQ_OTHER && depart(r, in->host, ALTERNATIVE_in_iq_children_clients_only)) {
        *edited = *in->st;
        edited->kind = STANZA_RESULT;
        in->st = edited;
    }
}

/* What does not come from a client: its addresses were checked before. */
static bool check_content(struct router *r, struct input *in, struct stanza *edited) {
    if (!check_syntax(r, in))
        return false;
    take_any_type(r, in, edited);
    return check_delay(r, in, edited);
}

/* By a departure, a type that there is not is found first, and whatever the addresses, the error goes back the way the
 * stanza came. */
static bool refuse_type(struct router *r, struct input *in) {
    const struct stanza *st = in->st;
    const bool presence = st->kind == STANZA_PRESENCE_OTHER;
    const enum fault fault = presence ? FAULT_PRESENCE_TYPE : FAULT_IQ_TYPE;
    /* Clients' addresses come later in any case, but where there is no 'to'. */
    const bool early = in->sender == NULL || (presence && !st->has_to && st->has_from);
    if (!early || (!presence && st->kind != STANZA_IQ_OTHER))
        return false;
    struct decision d = policy_decide(r->policy, STAGE_ENTRY, st->kind, fault);
    d.departure = departs(r, presence ? ALTERNATIVE_in_pres_type_unknown_before_addresses
                                      : ALTERNATIVE_in_iq_type_before_addresses);
    if (d.departure == NULL || d.verb != DO_BOUNCE)
        return false;
    in->input_class = class_number(STAGE_ENTRY, st->kind, fault);
    if (st->has_from && in->component == NULL)
        in->from = st->from;
    in->error_from = st->has_to ? st->to : (struct slice){"", 0};
    in->error_to = st->has_from ? st->from : (struct slice){"", 0};
    bounce(r, in, &d, d.condition, NULL);
    return true;
}

bool enter(struct router *r, struct input *in, struct jid_parts *to, struct stanza *edited) {
    if (in->st->kind == STANZA_PRESENCE_OTHER)
        count_as_available(r, in, edited);
    if (in->st->kind == STANZA_AVAILABLE) {
        omit_empty(r, in, edited, "priority", ALTERNATIVE_in_pres_priority_bad_omit_empty);
        omit_empty(r, in, edited, "show", ALTERNATIVE_in_pres_show_bad_omit_empty);
    }
    if (in->stream != NULL) {
        struct jid_parts from;
        return check_element(r, in) && !refuse_type(r, in) && check_peer(r, in, to, &from) &&
               check_content(r, in, edited);
    }
    if (in->component != NULL) {
        const bool own = component_sender(r, in);
        return check_element(r, in) && !refuse_type(r, in) && check_component(r, in, to, own) &&
               check_content(r, in, edited);
    }
    in->from = in->who.full;
    if (!check_element(r, in) || refuse_type(r, in) || !check_syntax(r, in) || !stamp(r, in))
        return false;
    return (!in->st->has_to || check_to(r, in, to)) && check_delay(r, in, edited);
}
