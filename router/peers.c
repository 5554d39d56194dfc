/* peers.c - input streams from other servers, and the pairs of domains that are verified on each (6120 4.3.6, 10.1;
 * XEP-0220 2.7). */
#include "state.h"

/* The pair of a served domain with another server's, for a stream that is verified for them. */
static int find_pair(struct router *r, struct slice local, struct slice remote, struct pair **out) {
    struct jid_parts parts;
    if (jid_prepare(local, &parts) != ROUTER_OK)
        return ROUTER_E_JID;
    struct host *host = host_find(r, parts.domain);
    if (host == NULL)
        return ROUTER_E_UNKNOWN;
    if (jid_prepare(remote, &parts) != ROUTER_OK || parts.local.size > 0 || parts.resource.size > 0)
        return ROUTER_E_JID;
    if (host_find(r, parts.domain) != NULL)
        return ROUTER_E_CONFLICT;
    struct jid *jid = jid_take(&r->jids, &parts);
    *out = jid == NULL ? NULL : pair_take(r, host, jid);
    jid_release(&r->jids, jid);
    r->failed = r->failed || *out == NULL;
    return *out == NULL ? ROUTER_E_NOMEM : ROUTER_OK;
}

static int input_open(struct router *r, struct pair *pair, uint32_t *port) {
    struct stream *s = router_take(r, sizeof *s);
    if (s == NULL)
        return ROUTER_E_NOMEM;
    s->pair = pair;
    s->port = port_new(r, PORT_STREAM, s);
    if (s->port == 0) {
        router_give(r, s);
        return r->failed ? ROUTER_E_NOMEM : ROUTER_E_LIMIT;
    }
    pair->inputs++;
    *port = s->port;
    return ROUTER_OK;
}

int router_peer(struct router *r, struct slice local, struct slice remote, uint32_t *port) {
    begin(r, r->now_us);
    struct pair *pair;
    int result = find_pair(r, local, remote, &pair);
    if (result != ROUTER_OK)
        return result;
    const bool second = pair->inputs > 0;
    if (second)
        mark(r, jid_slice(pair->local->jid), RULE_in_s2s_multi);
    result = second && knob_is(r, KNOB_s2s_multi_stream, 1) ? ROUTER_E_CONFLICT : input_open(r, pair, port);
    pair_tidy(r, pair);
    return r->failed ? ROUTER_E_NOMEM : result;
}

static bool is_verified(const struct stream *s, const struct pair *pair) {
    bool found = s->pair == pair;
    for (uint32_t i = 0; i < s->more_count && !found; i++)
        found = s->more[i] == pair;
    return found;
}

static int pair_add(struct router *r, struct stream *s, struct pair *pair) {
    if (s->more_count >= ROUTER_PAIRS_MAX - 1)
        return ROUTER_E_LIMIT;
    /* It grows by doubling, whenever the count has come to a power of two. */
    if ((s->more_count & (s->more_count - 1)) == 0) {
        size_t capacity = s->more_count;
        void *more = s->more;
        if (!router_grow(r, &more, &capacity, sizeof *s->more))
            return ROUTER_E_NOMEM;
        s->more = more;
    }
    s->more[s->more_count++] = pair;
    pair->inputs++;
    return ROUTER_OK;
}

int router_peer_pair(struct router *r, uint32_t port, struct slice local, struct slice remote) {
    begin(r, r->now_us);
    const struct port p = port_at(r, port);
    if (p.kind != PORT_STREAM)
        return ROUTER_E_UNKNOWN;
    struct pair *pair;
    int result = find_pair(r, local, remote, &pair);
    if (result == ROUTER_OK && !is_verified(p.owner, pair)) {
        result = pair_add(r, p.owner, pair);
        pair_tidy(r, pair);
    }
    return result;
}

static void input_leaves(struct router *r, struct pair *pair) {
    pair->inputs--;
    pair_tidy(r, pair);
}

void stream_free(struct router *r, struct stream *s) {
    r->ports[s->port - 1].kind = PORT_ENDED;
    input_leaves(r, s->pair);
    for (uint32_t i = 0; i < s->more_count; i++)
        input_leaves(r, s->more[i]);
    router_give(r, s->more);
    router_give(r, s);
}
