/* answer.c - what the server itself says to a sender: answers to probes (6121 4.3.2), and for its own domain. */
#include "state.h"

void answer(struct router *r, struct input *in, const struct decision *d, enum stanza_kind kind, struct slice from,
            struct slice start, struct slice body) {
    /* A client that asked in its own name is answered on its stream; subscription types change a roster first. */
    const bool direct = in->sender != NULL && !kind_is_subscription(kind) && slice_is(in->from, jid_slice(in->sender->jid)) &&
                        !(kind_is_presence(kind) && presence_barred(r, in->sender->account));
    const struct stanza st = {.kind = kind, .start = start, .body = body};
    struct input out = {.st = &st, .from = from, .to = in->from, .host = in->host, .stream = in->stream};
    out.who = in->who;
    if (in->both.data != NULL && in->st->kind == STANZA_GET)
        out.from = out.to = in->both;
    struct slice text = {NULL, 0};
    const uint32_t component = direct || in->stream != NULL ? 0 : component_port(r, &in->who);
    uint32_t port = component;
    if (direct || in->stream != NULL || component != 0)
        text = write_copy(r, &out, (struct slice){NULL, 0});
    if (direct)
        port = in->sender->port;
    else if (in->stream != NULL)
        port = send_to_remote(r, &out, kind, &text);
    struct router_effect *e = fate(r, in, ROUTER_ANSWER, d);
    e->port = port;
    e->to = router_text_copy(r, in->from);
    e->bytes = text;
    if (!direct && in->stream == NULL && component == 0)
        generated(r, kind, STATE_BY_SERVER, in->host, from, in->from, start, body);
}

static struct slice probe_id(const struct input *in) {
    return in->st->has_id ? in->st->id : (struct slice){NULL, 0};
}

static void show_services(struct router *r, struct input *in, const struct decision *d) {
    static const char *const services[] = {"/echo", "/help"};
    const struct slice none = {NULL, 0};
    in->from = in->who.bare;
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        const struct slice from[] = {in->host, text_slice(services[i])};
        answer(r, in, d, STANZA_AVAILABLE, write_join(r, from, 2), write_start(r, "presence", NULL, none), none);
    }
}

static void approve_for_domain(struct router *r, struct input *in, const struct decision *d) {
    const struct slice none = {NULL, 0};
    if (depart(r, in->host, ALTERNATIVE_dom_pres_sub_mutual)) {
        answer(r, in, d, STANZA_SUBSCRIBED, in->host, write_start(r, "presence", "subscribed", none), none);
        answer(r, in, d, STANZA_SUBSCRIBE, in->host, write_start(r, "presence", "subscribe", none), none);
        show_services(r, in, d);
        return;
    }
    answer(r, in, d, STANZA_SUBSCRIBED, in->host, write_start(r, "presence", "subscribed", probe_id(in)), none);
    if (depart(r, in->host, ALTERNATIVE_dom_pres_sub_show_available))
        answer(r, in, d, STANZA_AVAILABLE, in->host, write_start(r, "presence", NULL, probe_id(in)), none);
}

static struct slice mirrored_id(const struct router *r, const struct input *in) {
    return departs(r, ALTERNATIVE_pres_probe_id_mirror_omit) != NULL ? (struct slice){NULL, 0} : probe_id(in);
}

void answer_for_domain(struct router *r, struct input *in, const struct decision *d) {
    const struct slice none = {NULL, 0};
    if (in->st->kind == STANZA_PROBE && d->verb == DO_ANSWER_AVAILABLE &&
        depart(r, in->host, ALTERNATIVE_dom_pres_probe_answer_bare))
        in->from = in->who.bare;
    if (d->verb == DO_ANSWER_AVAILABLE && depart(r, in->host, ALTERNATIVE_dom_pres_probe_services))
        show_services(r, in, d);
    else if (d->verb == DO_ANSWER_AVAILABLE)
        answer(r, in, d, STANZA_AVAILABLE, in->host, write_start(r, "presence", NULL, probe_id(in)), none);
    else if (in->st->kind == STANZA_UNSUBSCRIBE && departs(r, ALTERNATIVE_dom_pres_sub_mutual) != NULL)
        answer(r, in, d, STANZA_UNSUBSCRIBED, in->host, write_start(r, "presence", "unsubscribed", none), none);
    else if (in->st->kind == STANZA_SUBSCRIBE)
        approve_for_domain(r, in, d);
    else
        fate(r, in, ROUTER_HANDLE, d);
}

/* What a prober may see of an account (6121 4.3.2): of the whole account, or of the one resource it names. */
static unsigned visibility(struct router *r, struct input *in, bool full) {
    const bool self = is_self(in->account, &in->who) && departs(r, ALTERNATIVE_pres_probe_self_refuse) == NULL;
    if (self)
        mark(r, in->host, RULE_pres_probe_self);
    bool entitled = is_entitled(r, in->account, &in->who);
    (void)asker_decides(r, in, ALTERNATIVE_pres_probe_no_sub_asker_decides, &entitled);
    const bool trusted = knob_is(r, KNOB_pres_probe_trusted, 1) && is_trusted_service(r, &in->who);
    if (trusted)
        mark(r, in->host, RULE_pres_probe_trusted);
    if (self || entitled || trusted) {
        const bool online = full ? in->resource != NULL && in->resource->presence != NULL : is_online(in->account);
        return online ? STATE_ONLINE : STATE_OFFLINE;
    }
    const bool directed = full ? in->resource != NULL && was_directed(r, in->resource, &in->who)
                               : was_directed_by_any(r, in->account, &in->who);
    return directed ? STATE_DIRECTED : STATE_STRANGER;
}

void answer_probe(struct router *r, struct input *in) {
    /* A departure may have sent a probe for a full JID on to the bare one. */
    const bool full = in->stage != STAGE_BARE;
    if (is_self(in->account, &in->who) && depart(r, in->host, ALTERNATIVE_pres_probe_self_refuse) &&
        in->to_parts->resource.size == 0) {
        const struct decision refused = {.rule = RULE_pres_probe_self};
        bounce(r, in, &refused, CONDITION_BAD_REQUEST, NULL);
        return;
    }
    decide(r, in, full ? STAGE_PROBED_FULL : STAGE_PROBED_BARE, visibility(r, in, full));
}

static void answer_presences(struct router *r, struct input *in, const struct decision *d) {
    for (const struct session *s = in->account->sessions; s != NULL; s = s->next) {
        struct stanza st;
        if (s->presence == NULL || (in->stage == STAGE_PROBED_FULL && s != in->resource))
            continue;
        kept_stanza(s->presence, &st);
        st.body = delay_shown(r, s, st.body, in->stage == STAGE_PROBED_FULL ? ALTERNATIVE_pres_probe_full_match_add_delay
                                                                           : ALTERNATIVE_pres_probe_avail_add_delay);
        if (st.has_id)
            mark(r, in->host, RULE_pres_probe_id_keep);
        if (in->stream != NULL)
            mark(r, in->host, RULE_pres_probe_ns);
        answer(r, in, d, STANZA_AVAILABLE, jid_slice(s->jid), st.start, st.body);
    }
}

/* Available presence is answered under the id of the resource's own presence, if it sent one (6121 4.3.2.1). */
static void answer_mere(struct router *r, struct input *in, const struct decision *d, const struct session *s) {
    const struct slice id = s->presence->has_id ? s->presence->id : (struct slice){NULL, 0};
    if (s->presence->has_id)
        mark(r, in->host, RULE_pres_probe_id_keep);
    answer(r, in, d, STANZA_AVAILABLE, jid_slice(s->jid), write_start(r, "presence", NULL, id), (struct slice){NULL, 0});
}

/* Whether a probe came from the very JID that was shown this resource, to that resource (6121 4.6.6). */
static bool is_probe_in_form(const struct input *in, const struct session *s) {
    const struct directed *d = s->directed;
    while (d != NULL && !slice_is(jid_slice(d->jid), in->who.full))
        d = d->next;
    return d != NULL && in->stage == STAGE_PROBED_FULL;
}

static void answer_directed(struct router *r, struct input *in, const struct decision *d) {
    for (const struct session *s = in->account->sessions; s != NULL; s = s->next)
        if (was_directed(r, s, &in->who) && (in->stage == STAGE_PROBED_BARE || s == in->resource)) {
            if (is_probe_in_form(in, s))
                mark(r, in->host, RULE_pres_probe_out_directed);
            answer(r, in, d, STANZA_AVAILABLE, jid_slice(s->jid), write_start(r, "presence", NULL, mirrored_id(r, in)),
                   (struct slice){NULL, 0});
        }
}

/* Knob pres.probe-offline-detail: the last unavailable presence is shown with all that it held, its id too. */
static bool shows_last_unavailable(const struct router *r, const struct input *in) {
    return in->stage == STAGE_PROBED_BARE && in->account->last_unavailable != NULL &&
           knob_is(r, KNOB_pres_probe_offline_detail, 1);
}

/* Its start tag, with the probe's id where it has none of its own (6121 4.3.2.1). */
static struct slice start_with_id(struct router *r, const struct kept *last, struct slice id) {
    enum { NAME = sizeof "<presence" - 1 };
    if (last->has_id || id.data == NULL || last->start.size < NAME)
        return last->start;
    const struct slice parts[] = {{last->start.data, NAME}, text_slice(" id='"), write_escaped(r, id), text_slice("'"),
                                  {last->start.data + NAME, last->start.size - NAME}};
    return write_join(r, parts, 5);
}

static void answer_unavailable(struct router *r, struct input *in, const struct decision *d) {
    const bool full = in->stage == STAGE_PROBED_FULL;
    const struct kept *last = in->account == NULL ? NULL : in->account->last_unavailable;
    const struct slice asked = router_text_copy(r, (struct slice){in->to_parts->text, in->to_parts->size});
    const struct slice from = full ? asked : who_is(asked).bare;
    const bool whole = in->account != NULL && shows_last_unavailable(r, in);
    const struct slice start =
        whole ? start_with_id(r, last, mirrored_id(r, in)) : write_start(r, "presence", "unavailable", mirrored_id(r, in));
    struct slice body = {NULL, 0};
    if (!full && last != NULL && !depart(r, in->host, ALTERNATIVE_pres_probe_offline_delay_omit)) {
        const struct slice parts[] = {whole ? last->body : body, write_delay(r, jid_slice(in->account->jid), last->time_us)};
        mark(r, in->host, RULE_pres_probe_offline_delay);
        mark(r, in->host, RULE_off_delay_presence);
        mark(r, in->host, RULE_pres_probe_offline_detail);
        body = write_join(r, parts, 2);
    }
    answer(r, in, d, STANZA_UNAVAILABLE, from, start, body);
}

/* The alternative last-available. returns false: the profile has another answer. */
static bool answer_last_available(struct router *r, struct input *in, const struct decision *d) {
    const struct slice none = {NULL, 0};
    const struct decision own = instead(r, ALTERNATIVE_pres_probe_offline_last_available);
    if (d->rule != own.rule || own.departure == NULL)
        return false;
    const struct kept *last = in->account->last_available;
    if (in->account->was_connected)
        answer(r, in, &own, STANZA_UNAVAILABLE, jid_slice(in->account->jid),
               write_start(r, "presence", "unavailable", last != NULL && last->has_id ? last->id : none),
               last != NULL ? last->body : none);
    else
        fate(r, in, ROUTER_DROP, &own);
    return true;
}

void answer_probe_with(struct router *r, struct input *in, const struct decision *d) {
    if (answer_last_available(r, in, d))
        return;
    if (kind_is_subscription(in->st->kind))
        in->from = in->who.bare; /* subscriptions are between bare JIDs (6121 3) */
    const bool own_presence = d->verb == DO_ANSWER_PRESENCE || d->verb == DO_ANSWER_MERE ||
                              (d->verb == DO_ANSWER_UNAVAILABLE && shows_last_unavailable(r, in) &&
                               in->account->last_unavailable->has_id);
    if (!own_presence && probe_id(in).data != NULL && !depart(r, in->host, ALTERNATIVE_pres_probe_id_mirror_omit))
        mark(r, in->host, RULE_pres_probe_id_mirror);
    switch (d->verb) {
    case DO_ANSWER_PRESENCE: answer_presences(r, in, d); break;
    case DO_ANSWER_DIRECTED: answer_directed(r, in, d); break;
    case DO_ANSWER_UNAVAILABLE: answer_unavailable(r, in, d); break;
    case DO_ANSWER_MERE: answer_mere(r, in, d, in->resource); break;
    default: {
        /* The account need not exist; the answer then comes from the bare JID that was asked. */
        const struct who asked = who_is((struct slice){in->to_parts->text, in->to_parts->size});
        const struct contact *c = in->account == NULL ? NULL : contact_find_text(r, in->account, in->who.bare);
        if (c != NULL && c->approved)
            mark(r, in->host, RULE_pres_probe_no_sub_preapproved);
        if (in->account != NULL && !probe_cancels(r, in)) {
            fate(r, in, ROUTER_HANDLE, d);
            return;
        }
        answer(r, in, d, STANZA_UNSUBSCRIBED, router_text_copy(r, asked.bare),
               write_start(r, "presence", "unsubscribed", mirrored_id(r, in)), (struct slice){NULL, 0});
    }
    }
}
