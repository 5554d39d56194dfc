/* component.c - trusted services that look after a domain of their own (XEP-0114), and what a server can tell of rooms
 * that one of them may hold (XEP-0045). The server keeps nothing of their users: it hands over, and takes in. */
#include "state.h"

/* ---- set-up and streams ---- */

struct component *component_find(const struct router *r, struct slice domain) {
    const struct host *host = host_find(r, domain);
    return host != NULL ? host->component : NULL;
}

/* The served domain that is nearest above another, or NULL. */
static const struct host *host_above(const struct router *r, struct slice domain) {
    const struct host *host = NULL;
    for (size_t i = 0; i + 1 < domain.size && host == NULL; i++)
        if (domain.data[i] == '.')
            host = host_find(r, (struct slice){domain.data + i + 1, domain.size - i - 1});
    return host;
}

int router_component(struct router *r, struct slice domain) {
    struct jid_parts parts;
    if (jid_prepare(domain, &parts) != ROUTER_OK || parts.local.size > 0 || parts.resource.size > 0)
        return ROUTER_E_JID;
    if (host_find(r, parts.domain) != NULL || r->port_count > 0)
        return ROUTER_E_CONFLICT;
    if (knob_is(r, KNOB_ext_comp, 0))
        return ROUTER_OK;
    struct component *c = router_take(r, sizeof *c);
    if (c == NULL)
        return ROUTER_E_NOMEM;
    const struct host *above = host_above(r, parts.domain);
    c->server = above == NULL ? &r->hosts[0] : above->component != NULL ? above->component->server : above;
    c->host.component = c;
    c->host.jid = jid_take(&r->jids, &parts);
    if (c->host.jid == NULL) {
        router_give(r, c);
        r->failed = true;
        return ROUTER_E_NOMEM;
    }
    c->host.jid->role = JID_HOST;
    c->host.jid->owner = &c->host;
    c->next = r->components;
    r->components = c;
    return ROUTER_OK;
}

void components_free(struct router *r) {
    while (r->components != NULL) {
        struct component *next = r->components->next;
        jid_release(&r->jids, r->components->host.jid);
        router_give(r, r->components);
        r->components = next;
    }
}

void component_detach(struct router *r, struct component *c) {
    r->ports[c->port - 1].kind = PORT_ENDED;
    c->port = 0;
}

void components_crash(struct router *r) {
    for (struct component *c = r->components; c != NULL; c = c->next)
        if (c->port != 0)
            component_detach(r, c);
}

/* One stream for one name: either the one that is there stays, or the new one takes its place. */
int component_attach(struct router *r, struct slice domain, uint32_t *port) {
    struct jid_parts parts;
    if (jid_prepare(domain, &parts) != ROUTER_OK || parts.local.size > 0 || parts.resource.size > 0)
        return ROUTER_E_JID;
    struct component *c = component_find(r, parts.domain);
    if (c == NULL)
        return ROUTER_E_UNKNOWN;
    if (c->port != 0 && knob_is(r, KNOB_ext_comp_conflict, 0)) {
        mark(r, jid_slice(c->host.jid), RULE_ext_comp_conflict);
        return ROUTER_E_CONFLICT;
    }
    const uint32_t fresh = port_new(r, PORT_COMPONENT, c);
    if (fresh == 0)
        return r->failed ? ROUTER_E_NOMEM : ROUTER_E_LIMIT;
    if (c->port != 0) {
        struct input in = {.component = c, .host = jid_slice(c->host.jid)};
        const struct decision d = {.rule = RULE_ext_comp_conflict};
        close_stream(r, &in, &d, CONDITION_CONFLICT);
    }
    c->port = *port = fresh;
    return ROUTER_OK;
}

const char *component_facts(const struct router *r, struct slice address) {
    struct jid_parts parts;
    const struct component *c = jid_prepare(address, &parts) == ROUTER_OK ? component_find(r, parts.domain) : NULL;
    if (c == NULL)
        return NULL;
    return c->port != 0 ? ": of a component, which is connected" : ": of a component, which is not connected";
}

uint32_t component_port(const struct router *r, const struct who *who) {
    const struct component *c = component_find(r, who->domain);
    return c == NULL ? 0 : c->port;
}

/* ---- from a component ---- */

struct slice server_domain(const struct input *in) {
    return in->component != NULL ? jid_slice(in->component->server->jid) : in->host;
}

static bool is_at_home(const struct input *in) {
    return slice_is(in->who.domain, jid_slice(in->component->host.jid));
}

/* Errors go to the sender's address where it is one of the component's own, which is all that is known of it before its
 * stanza has been looked at; else to the component. */
bool component_sender(struct router *r, struct input *in) {
    struct jid_parts from;
    struct jid *known;
    in->from = jid_slice(in->component->host.jid);
    in->who = who_is(in->from);
    if (!in->st->has_from || jid_read(&r->jids, in->st->from, &from, &known) != ROUTER_OK ||
        !slice_is(from.domain, in->who.domain))
        return false;
    in->from = in->st->from;
    in->who = who_is(router_text_copy(r, (struct slice){from.text, from.size}));
    return true;
}

void mark_outward(struct router *r, const struct input *in) {
    if (host_above(r, in->to_parts->domain) != NULL)
        mark(r, in->host, RULE_ext_comp_subdomain);
    if (in->component != NULL && is_at_home(in))
        mark(r, in->host, RULE_ext_comp_remote);
}

bool is_trusted_service(const struct router *r, const struct who *who) {
    return who->bare.size == who->domain.size && component_find(r, who->domain) != NULL;
}

/* ---- to a component ---- */

void hand(struct router *r, struct input *in, const struct decision *d) {
    const struct slice copy = write_copy(r, in, (struct slice){NULL, 0});
    struct router_effect *e = fate(r, in, ROUTER_HAND, d);
    e->port = component_find(r, in->host)->port;
    e->to = router_text_copy(r, in->to.data != NULL ? in->to : in->st->to);
    e->bytes = copy;
}

static bool is_occupant(const struct session *s, struct slice room) {
    for (const struct directed *d = s->directed; d != NULL; d = d->next)
        if (d->jid->resource_size > 0 && slice_is(jid_slice(d->jid->bare), room))
            return true;
    return false;
}

static void mark_handed(struct router *r, const struct input *in) {
    const enum stanza_kind kind = in->st->kind;
    const struct jid_parts *to = in->to_parts;
    const struct slice bare = who_is((struct slice){to->text, to->size}).bare;
    if (in->stream != NULL)
        mark(r, in->host, RULE_ext_comp_fromremote);
    if (kind == STANZA_PROBE || kind_is_subscription(kind))
        mark(r, in->host, RULE_ext_comp_noroster);
    const bool reply = kind == STANZA_RESULT || kind == STANZA_IQ_ERROR;
    if (reply && in->sender != NULL && to->local.size > 0 && to->resource.size > 0 && is_occupant(in->sender, bare))
        mark(r, in->host, RULE_ext_muc_iq_reply);
}

void dispatch_component(struct router *r, struct input *in, struct component *c) {
    mark(r, in->host, RULE_loc_component);
    if (c->port != 0) {
        mark_handed(r, in);
        decide(r, in, STAGE_COMPONENT, STATE_ATTACHED);
    } else if (in->stream != NULL && depart(r, in->host, ALTERNATIVE_ext_comp_fromremote_not_served)) {
        const struct decision d = {.rule = RULE_ext_comp_fromremote};
        fate(r, in, ROUTER_DROP, &d);
    } else {
        const struct decision afar = instead(r, ALTERNATIVE_ext_comp_offline_unknown_afar);
        if (in->stream != NULL && afar.departure != NULL)
            bounce(r, in, &afar, CONDITION_ITEM_NOT_FOUND, NULL);
        else
            decide(r, in, STAGE_COMPONENT, STATE_DETACHED);
    }
}

/* ---- rooms ---- */

bool is_room(const struct input *in) {
    return in->component != NULL && is_at_home(in) && in->who.bare.size > in->who.domain.size;
}

bool is_occupant_jid(const struct jid *jid) {
    return jid->local_size > 0 && jid->resource_size > 0 && jid->domain->role == JID_HOST && !jid_is_local(jid);
}

bool spares_room(const struct session *s) {
    for (const struct directed *d = s->directed; d != NULL; d = d->next)
        if (is_occupant_jid(d->jid) && !contact_entitled(contact_find(s->account, d->jid->bare)))
            return true;
    return false;
}

/* Whether one of the effects from a place on is of a kind, by a rule (-1: by any) that was not departed from. */
static bool came_of(const struct router *r, size_t before, enum router_effect_kind kind, int rule) {
    for (; before < r->effect_count; before++) {
        const struct router_effect *e = &r->effects[before];
        if (e->kind == kind && (rule < 0 || e->rule == rule) && e->departure == NULL)
            return true;
    }
    return false;
}

/* Whether it was only by another occupant's address that the request's sender is known. */
static bool is_by_neighbour(const struct router *r, const struct input *in) {
    if (is_entitled(r, in->account, &in->who))
        return false;
    const struct directed *d = in->resource->directed;
    while (d != NULL && !slice_is(jid_slice(d->jid), in->who.full))
        d = d->next;
    return d == NULL;
}

void mark_room(struct router *r, const struct input *in, size_t before) {
    const bool occupant = in->resource != NULL && is_occupant(in->resource, in->who.bare);
    if (in->st->kind == STANZA_GROUPCHAT) {
        if (occupant && came_of(r, before, ROUTER_DELIVER, -1))
            mark(r, in->host, RULE_ext_muc_reflect);
        if (in->stage == STAGE_BARE && came_of(r, before, ROUTER_BOUNCE, -1))
            mark(r, in->host, RULE_ext_muc_groupchat_bare);
    } else if (!occupant) {
        return;
    } else if (kind_is_request(in->st->kind) && came_of(r, before, ROUTER_DELIVER, -1) && is_by_neighbour(r, in)) {
        mark(r, in->host, RULE_ext_muc_iq);
    } else if (came_of(r, before, ROUTER_ANSWER, RULE_pres_probe_full_directed)) {
        mark(r, in->host, RULE_ext_muc_probe);
    }
}
