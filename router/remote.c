/* remote.c - handing stanzas to other domains' servers: one output stream per pair of domains, a queue while it opens,
 * and what becomes of the queue when it cannot be opened (6120 10.1, 10.4). */
#include "state.h"

uint32_t port_new(struct router *r, enum port_kind kind, void *owner) {
    if (r->port_count >= ROUTER_PORTS_MAX)
        return 0;
    if (r->port_count == r->port_capacity && !router_grow(r, (void **)&r->ports, &r->port_capacity, sizeof *r->ports))
        return 0;
    r->ports[r->port_count] = (struct port){kind, owner};
    return (uint32_t)++r->port_count;
}

static struct stream *stream_find(const struct host *local, const struct jid *remote) {
    struct stream *s = remote->role == JID_REMOTE ? remote->owner : NULL;
    while (s != NULL && s->local != local)
        s = s->next;
    return s;
}

static struct stream *stream_open(struct router *r, struct host *local, struct jid *remote) {
    struct stream *s = router_take(r, sizeof *s);
    if (s == NULL)
        return NULL;
    s->port = port_new(r, PORT_STREAM, s);
    if (s->port == 0) {
        router_give(r, s);
        return NULL;
    }
    s->local = local;
    s->remote = jid_hold(remote);
    s->next = remote->role == JID_REMOTE ? remote->owner : NULL;
    remote->role = JID_REMOTE;
    remote->owner = s;
    mark(r, jid_slice(local->jid), RULE_s2s_new);
    struct router_effect *e = effect(r, ROUTER_OPEN, jid_slice(local->jid), -1);
    e->port = s->port;
    e->to = router_text_copy(r, jid_slice(remote));
    return s;
}

/* The output stream for the pair of domains, opened where there is none. */
static struct stream *stream_for(struct router *r, struct slice host, struct slice domain) {
    struct jid_parts parts;
    struct host *local = host_find(r, host);
    struct jid *remote = jid_find_text(&r->jids, domain);
    struct stream *s = local == NULL || remote == NULL ? NULL : stream_find(local, remote);
    if (s != NULL) {
        if (s->state == STREAM_READY)
            mark(r, host, RULE_s2s_existing);
        return s;
    }
    if (local == NULL || jid_prepare(domain, &parts) != ROUTER_OK)
        return NULL;
    remote = jid_take(&r->jids, &parts);
    if (remote == NULL) {
        r->failed = true;
        return NULL;
    }
    s = stream_open(r, local, remote);
    jid_release(&r->jids, remote);
    return s;
}

static bool enqueue(struct router *r, struct stream *s, const struct stanza *st, const struct input *in, struct slice from,
                    struct slice to) {
    if (s->queue.count >= ROUTER_STREAM_QUEUE_MAX)
        return false;
    struct kept *kept = kept_new(r, st, from, to);
    if (kept == NULL)
        return false;
    kept->origin = in->origin;
    kept_append(&s->queue, kept);
    mark(r, in->host, RULE_s2s_queue);
    return true;
}

uint32_t send_to_remote(struct router *r, const struct input *in, enum stanza_kind kind, struct slice text) {
    struct stream *s = stream_for(r, in->host, in->who.domain);
    if (s == NULL)
        return 0;
    if (s->state == STREAM_READY)
        return s->port;
    struct input own = *in;
    own.origin = STATE_BY_SERVER;
    /* The queue keeps stanzas by their parts, so that each can be bounced. */
    const struct stanza st = stanza_cut(text, kind);
    if (!enqueue(r, s, &st, &own, attribute_value(r, st.start, "from"), attribute_value(r, st.start, "to")))
        mark(r, in->host, RULE_s2s_queue_full);
    return 0;
}

/* No room for it, in the queue or for one more stream. */
static void refuse_to_queue(struct router *r, struct input *in) {
    const bool timeout = knob_is(r, KNOB_s2s_queue_full, 1);
    in->mapped = timeout ? CONDITION_REMOTE_SERVER_TIMEOUT : CONDITION_RESOURCE_CONSTRAINT;
    mark(r, in->host, RULE_s2s_queue_full);
    decide(r, in, STAGE_UNROUTED, in->origin);
}

void route(struct router *r, struct input *in, const struct decision *d) {
    const struct slice to = in->to.data != NULL ? in->to : in->st->to;
    struct stream *s = stream_for(r, in->host, in->to_parts->domain);
    const bool ready = s != NULL && s->state == STREAM_READY;
    if (s == NULL || (!ready && !enqueue(r, s, in->st, in, in->from, to))) {
        refuse_to_queue(r, in);
        return;
    }
    const struct slice text = ready ? write_copy(r, in, (struct slice){NULL, 0}) : (struct slice){NULL, 0};
    struct router_effect *e = fate(r, in, ROUTER_ROUTE, d);
    e->port = ready ? s->port : 0;
    e->to = router_text_copy(r, to);
    e->bytes = text;
}

/* A stanza that waited, as an input again; its texts are copied to outlive the queue. */
static void revive(struct router *r, const struct stream *s, const struct kept *kept, struct stanza *st, struct input *in) {
    kept_stanza(kept, st);
    st->to = router_text_copy(r, st->to);
    *in = (struct input){.st = st, .origin = kept->origin, .host = jid_slice(s->local->jid)};
    in->from = router_text_copy(r, kept->from);
    in->who = who_is(in->from);
    if (kept->has_to)
        in->to = st->to;
}

void stream_ready(struct router *r, struct stream *s) {
    s->state = STREAM_READY;
    for (struct kept *kept; (kept = kept_shift(&s->queue)) != NULL;) {
        struct stanza st;
        struct input in;
        revive(r, s, kept, &st, &in);
        const struct slice text = write_copy(r, &in, (struct slice){NULL, 0});
        struct router_effect *e = effect(r, ROUTER_WRITE, in.host, -1);
        e->port = s->port;
        e->bytes = text;
        e->to = router_text_copy(r, jid_slice(s->remote));
        kept_free(r, kept);
    }
}

/* What a failed stream means for those whose stanzas waited for it (6120 10.4.3). */
static int failure_rule(const struct router *r, enum router_link_event event, struct input *in) {
    in->mapped = CONDITION_REMOTE_SERVER_TIMEOUT;
    if (event == ROUTER_LINK_NO_HOST) {
        in->mapped = CONDITION_REMOTE_SERVER_NOT_FOUND;
        return RULE_s2s_fail_resolve;
    }
    if (event == ROUTER_LINK_REFUSED) {
        if (knob_is(r, KNOB_s2s_tcp_fail, 1))
            in->mapped = CONDITION_REMOTE_SERVER_NOT_FOUND;
        return RULE_s2s_fail_connect;
    }
    return RULE_s2s_fail_stream;
}

void stream_failed(struct router *r, struct stream *s, enum router_link_event event) {
    struct kept_list queue = s->queue;
    s->queue = (struct kept_list){NULL, NULL, 0};
    for (struct kept *kept; (kept = kept_shift(&queue)) != NULL;) {
        struct stanza st;
        struct input in;
        revive(r, s, kept, &st, &in);
        mark(r, in.host, failure_rule(r, event, &in));
        decide(r, &in, STAGE_UNROUTED, in.origin);
        if (kept->origin == STATE_BY_CLIENT)
            subscription_failed(r, &in);
        kept_free(r, kept);
    }
    stream_free(r, s);
}

void stream_free(struct router *r, struct stream *s) {
    r->ports[s->port - 1].kind = PORT_ENDED;
    kept_clear(r, &s->queue);
    if (!s->input) {
        struct stream **at = (struct stream **)&s->remote->owner;
        while (*at != s)
            at = &(*at)->next;
        *at = s->next;
        if (s->remote->owner == NULL)
            s->remote->role = JID_FOREIGN;
    }
    jid_release(&r->jids, s->remote);
    router_give(r, s);
}
