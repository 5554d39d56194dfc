/* streams.c - the output stream of each pair of domains: how it is opened, step by step, what its end means for the
 * next one, and what happens to it when time goes by (6120 3.3, 4.6.3, 10.4). */
#include "state.h"

#define SECOND_US UINT64_C(1000000)
enum { BACKOFF_FIRST_US = 60000000 };                     /* the most that a first delay is (6120 3.3) */
static const uint32_t backoff_most_us = 3600 * 1000000u; /* where doubling ends */

static uint64_t knob_us(const struct router *r, enum knob_index knob) {
    return r->policy->value[knob] * SECOND_US;
}

/* ---- pairs ---- */

struct pair *pair_find(const struct host *local, const struct jid *remote) {
    struct pair *pair = remote->role == JID_REMOTE ? remote->owner : NULL;
    while (pair != NULL && pair->local != local)
        pair = pair->next;
    return pair;
}

struct pair *pair_take(struct router *r, struct host *local, struct jid *remote) {
    struct pair *pair = pair_find(local, remote);
    if (pair != NULL)
        return pair;
    pair = router_take(r, sizeof *pair);
    if (pair == NULL)
        return NULL;
    pair->local = local;
    pair->remote = jid_hold(remote);
    pair->timer = TIMER_NONE;
    pair->next = remote->role == JID_REMOTE ? remote->owner : NULL;
    remote->role = JID_REMOTE;
    remote->owner = pair;
    return pair;
}

void pair_tidy(struct router *r, struct pair *pair) {
    if (pair->state != STREAM_NONE || pair->backoff_us > 0 || pair->inputs > 0)
        return;
    struct pair **at = (struct pair **)&pair->remote->owner;
    while (*at != pair)
        at = &(*at)->next;
    *at = pair->next;
    if (pair->remote->owner == NULL)
        pair->remote->role = JID_FOREIGN;
    if (pair->port != 0)
        r->ports[pair->port - 1].kind = PORT_ENDED;
    jid_release(&r->jids, pair->remote);
    router_give(r, pair);
}

/* ---- opening ---- */

static void next_step(struct router *r, struct pair *pair, enum stream_state state) {
    pair->state = (uint8_t)state;
    timer_start(r, pair, TIMER_STEP, time_after(r->now_us, knob_us(r, KNOB_s2s_timeout)));
}

bool stream_open(struct router *r, struct pair *pair, bool asked) {
    const uint32_t port = port_new(r, PORT_OUTPUT, pair);
    if (port == 0)
        return false;
    if (pair->port != 0)
        r->ports[pair->port - 1].kind = PORT_ENDED;
    pair->port = port;
    pair->unheard = true;
    pair->refused = false;
    next_step(r, pair, STREAM_RESOLVING);
    if (asked)
        mark(r, jid_slice(pair->local->jid), RULE_s2s_new);
    struct router_effect *e = effect(r, ROUTER_OPEN, jid_slice(pair->local->jid), -1);
    e->port = port;
    e->to = router_text_copy(r, jid_slice(pair->remote));
    return true;
}

void stream_await(struct router *r, struct pair *pair) {
    if (pair->state != STREAM_WAITING)
        timer_start(r, pair, TIMER_RETRY, pair->due_us);
    pair->state = STREAM_WAITING;
}

void stream_used(struct router *r, struct pair *pair) {
    const uint64_t idle_us = knob_us(r, KNOB_s2s_idle_after);
    if (idle_us > 0)
        timer_start(r, pair, TIMER_IDLE, time_after(r->now_us, idle_us));
    else
        timer_stop(r, pair);
}

static void stream_ready(struct router *r, struct pair *pair) {
    pair->state = STREAM_READY;
    pair->backoff_us = 0;
    stream_used(r, pair);
    queue_write(r, pair);
}

/* ---- ending ---- */

static void end_port(struct router *r, struct pair *pair) {
    timer_stop(r, pair);
    r->ports[pair->port - 1].kind = PORT_PAST;
    pair->state = STREAM_NONE;
    pair->due_us = r->now_us;
}

/* The next attempt has to wait: at first for a time that nobody can foresee, then longer and longer (6120 3.3). */
static void back_off(struct router *r, struct pair *pair, int failure) {
    if (knob_is(r, KNOB_s2s_retry, 0))
        return;
    if (pair->backoff_us == 0)
        pair->backoff_us = (uint32_t)(1 + next_random(r) % BACKOFF_FIRST_US);
    else
        pair->backoff_us = pair->backoff_us > backoff_most_us / 2 ? backoff_most_us : pair->backoff_us * 2;
    pair->due_us = time_after(r->now_us, pair->backoff_us);
    pair->failure = (uint16_t)failure;
}

/* lasting: another attempt would end in the same way, however long it waits. */
static void stream_failed(struct router *r, struct pair *pair, int rule, bool lasting) {
    const struct kept_list queue = pair->queue;
    pair->queue = (struct kept_list){NULL, NULL, 0};
    pair->unheard = pair->unheard && pair->state <= STREAM_NEGOTIATING;
    end_port(r, pair);
    if (!lasting)
        back_off(r, pair, rule);
    queue_fail(r, pair, queue, rule);
    pair_tidy(r, pair);
}

/* The rule for the step that was waited for. */
static int step_rule(const struct pair *pair) {
    switch (pair->state) {
    case STREAM_RESOLVING: return RULE_s2s_fail_resolve;
    case STREAM_CONNECTING: return RULE_s2s_fail_connect;
    case STREAM_NEGOTIATING: return RULE_s2s_fail_stream;
    default: return RULE_s2s_fail_dialback_error;
    }
}

static void open_failed(struct router *r, struct pair *pair, enum router_link_event event) {
    switch (event) {
    case ROUTER_LINK_NO_HOST: stream_failed(r, pair, RULE_s2s_fail_resolve, true); break;
    case ROUTER_LINK_REFUSED:
        pair->refused = true;
        stream_failed(r, pair, RULE_s2s_fail_connect, false); break;
    case ROUTER_LINK_FAILED:
        pair->unheard = false; /* a stream error comes behind a stream header */
        stream_failed(r, pair, RULE_s2s_fail_stream, false);
        break;
    case ROUTER_LINK_UNTRUSTED: stream_failed(r, pair, RULE_s2s_fail_auth, true); break;
    case ROUTER_LINK_DIALBACK_INVALID: stream_failed(r, pair, RULE_s2s_fail_dialback_invalid, true); break;
    case ROUTER_LINK_DIALBACK_ERROR: stream_failed(r, pair, RULE_s2s_fail_dialback_error, false); break;
    default:
        if ((event == ROUTER_LINK_CLOSED || event == ROUTER_LINK_LOST) && pair->state > STREAM_CONNECTING &&
            depart(r, jid_slice(pair->local->jid), ALTERNATIVE_s2s_reconnect_while_opening)) {
            end_port(r, pair);
            if (stream_open(r, pair, false))
                return;
        }
        /* What breaks before it stands is a connection, as a name that is not known shows in another way. */
        stream_failed(r, pair, pair->state == STREAM_RESOLVING ? RULE_s2s_fail_connect : step_rule(pair), false);
    }
}

static void stream_over(struct router *r, struct pair *pair, bool lost) {
    end_port(r, pair);
    if (lost) {
        mark(r, jid_slice(pair->local->jid), RULE_s2s_lost);
        back_off(r, pair, RULE_s2s_fail_stream);
    }
    pair_tidy(r, pair);
}

int stream_event(struct router *r, struct pair *pair, enum router_link_event event) {
    if (event <= ROUTER_LINK_STARTED) {
        const enum stream_state state = (enum stream_state)(STREAM_CONNECTING + (int)event);
        if (pair->state >= state)
            return ROUTER_E_CONFLICT;
        next_step(r, pair, state);
    } else if (pair->state != STREAM_READY) {
        if (event == ROUTER_LINK_READY)
            stream_ready(r, pair);
        else
            open_failed(r, pair, event);
    } else if (event == ROUTER_LINK_CLOSED || event == ROUTER_LINK_LOST) {
        stream_over(r, pair, event == ROUTER_LINK_LOST);
    } else {
        return ROUTER_E_CONFLICT;
    }
    return done(r);
}

/* ---- time ---- */

static void say_end(struct router *r, const struct pair *pair, int rule) {
    effect(r, ROUTER_END, jid_slice(pair->local->jid), rule)->port = pair->port;
}

static void timer_ends(struct router *r, struct pair *pair) {
    const enum timer timer = (enum timer)pair->timer;
    timer_stop(r, pair);
    if (timer == TIMER_STEP) {
        say_end(r, pair, step_rule(pair));
        stream_failed(r, pair, step_rule(pair), false);
    } else if (timer == TIMER_IDLE) {
        say_end(r, pair, RULE_s2s_idle);
        mark(r, jid_slice(pair->local->jid), RULE_s2s_idle);
        stream_over(r, pair, false);
    } else if (!stream_open(r, pair, false)) {
        stream_failed(r, pair, pair->failure, false);
    }
}

int router_tick(struct router *r, uint64_t now_us) {
    begin(r, now_us);
    for (struct pair *pair; (pair = timer_first(r)) != NULL && pair->due_us <= now_us;)
        timer_ends(r, pair);
    return done(r);
}

void streams_free(struct router *r) {
    for (size_t i = 0; i < r->port_count; i++) {
        const struct port port = r->ports[i];
        if (port.kind == PORT_STREAM) {
            stream_free(r, port.owner);
        } else if (port.kind == PORT_OUTPUT || port.kind == PORT_PAST) {
            struct pair *pair = port.owner;
            end_port(r, pair);
            kept_clear(r, &pair->queue);
            pair->backoff_us = 0;
            pair_tidy(r, pair);
        }
    }
}
