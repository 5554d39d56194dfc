/* effects.c - what the routers want is carried out: stanzas are written to streams, streams are opened and ended. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

struct drain {
    struct world *world;
    int server;
    struct world_origin origin; /* what the router was called for */
    /* What waited for a stream is dealt with stanza by stanza, in the order in which it came. */
    int link;                   /* the stream's; -1: none is spoken of */
    uint32_t left;              /* stanzas that waited and were not spoken of yet */
    struct world_origin now;    /* the one that is spoken of */
    size_t sent_by;             /* the event of the effect by which it came to wait */
    int queued;                 /* the link for whose stream the stanza of the next fate waits; -1: for none */
};

/* ----------------------------------------------------------------------------------------- what waited before ---- */

static void leave_link(struct drain *d) {
    for (; d->left > 0; d->left--) {
        world_task_free(d->world, world_link_next(d->world, d->link));
    }
}

static void turn_to_link(struct drain *d, int link) {
    leave_link(d);
    d->link = link;
    d->left = link < 0 ? 0 : d->world->links[link].waiting_count;
    d->now = d->origin;
    if (d->left > 0) {
        const struct world_task *first = d->world->links[link].waiting.first;
        d->now = (struct world_origin){.number = first->number, .cause = first->cause};
    }
}

/* Each stanza that waited is written, or a rule says why it cannot be. All that follows up to the next is about it. */
static bool begins_next(const struct router_effect *effect) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    return effect->kind == ROUTER_WRITE ||
           (effect->kind == ROUTER_MARK && effect->rule >= 0 && strncmp(rules[effect->rule].id, "s2s.fail.", 9) == 0);
}

static void speak_of_next(struct drain *d, const struct router_effect *effect) {
    if (d->left > 0 && begins_next(effect)) {
        struct world_task *task = world_link_next(d->world, d->link);
        d->left--;
        d->now = (struct world_origin){.number = task->number, .cause = task->cause};
        d->sent_by = task->sent_by;
        world_task_free(d->world, task);
    }
}

/* ---------------------------------------------------------------------------------------------------- streams ---- */

static int link_to(const struct drain *d, struct slice host, struct slice to) {
    struct world *world = d->world;
    int local = world_domain_find(world, host);
    int remote = world_domain_read(world, to);
    if (local < 0 || remote < 0) {
        return -1;
    }
    return world_link_find(world, d->server, local, remote);
}

static void open_stream(const struct drain *d, const struct router_effect *effect) {
    struct world *world = d->world;
    struct world_origin origin = d->origin;
    (void)world_domain_take(world, effect->to);
    int link = link_to(d, effect->host, effect->to);
    if (link < 0) {
        return;
    }
    /* An attempt that had to wait belongs to the stanza that waits for it. */
    const struct world_task *first = world->links[link].waiting.first;
    if (first != NULL) {
        origin.cause = first->cause;
    }
    world_stream_open(world, link, effect->port, origin);
}

/* The router gives up a stream that it has opened. */
static void give_up(struct drain *d, const struct router_effect *effect) {
    struct world *world = d->world;
    int end = world_end(world, d->server, effect->port);
    if (end == NOBODY || end >= 0) {
        return;
    }
    bool input;
    int stream = world_stream_of_end(end, &input);
    const struct world_stream *s = &world->streams[stream];
    struct world_origin origin = {.number = 0, .cause = s->cause};
    d->origin.cause = s->cause;
    turn_to_link(d, s->link);
    if (s->step != STEP_DONE) {
        world_stream_drop(world, stream, TRAVEL_BOTH, "timed out");
    }
    world_stream_end_out(world, stream, ROUTER_LINK_CLOSED, s->step == STEP_DONE ? "idle" : "timed out", origin);
    world_stream_settle(world, stream);
}

static void close_stream(struct drain *d, const struct router_effect *effect, int end) {
    struct world *world = d->world;
    const char *why = effect->condition == NULL ? "closed" : effect->condition;
    if (!world->tally_only) {
        why = world_keep_slice(world, world_slice(why));
    }
    if (why == NULL) {
        return;
    }
    if (end >= 0) {
        world_client_closed(world, end, effect->port, d->now, why);
    } else {
        bool input;
        int stream = world_stream_of_end(end, &input);
        world_stream_end_in(world, stream, ROUTER_LINK_CLOSED, why, d->now);
        world_stream_settle(world, stream);
    }
}

/* ---------------------------------------------------------------------------------------------------- effects ---- */

static const char *target_text(struct world *world, int end, struct slice to) {
    const char *jid = end >= 0 ? world->clients[end].full_jid : NULL;
    if (jid != NULL && strlen(jid) == to.size && memcmp(jid, to.data, to.size) == 0) {
        return jid;
    }
    return world_keep_slice(world, to);
}

/* returns the bytes as they last. */
static struct slice log_effect(const struct drain *d, const struct router_effect *effect, int end) {
    struct world *world = d->world;
    if (world->tally_only) {
        return effect->bytes;
    }
    const char *bytes = world_keep_slice(world, effect->bytes);
    struct world_event *event = world_log(world, WORLD_EFFECT, d->now);
    if (event == NULL) {
        return (struct slice){NULL, 0};
    }
    event->server = d->server;
    event->client = end >= 0 ? end : -1;
    event->effect = effect->kind;
    event->rule = effect->rule;
    event->input_class = effect->input_class;
    event->departure = effect->departure == NULL ? NULL : world_keep_slice(world, world_slice(effect->departure));
    event->condition = effect->condition == NULL ? NULL : world_keep_slice(world, world_slice(effect->condition));
    event->host = world_server_domain(world, d->server, effect->host);
    event->target = target_text(world, end, effect->to);
    event->priority = effect->kind == ROUTER_DELIVER ? effect->priority : ROUTER_NOT_AVAILABLE;
    event->stanza = bytes;
    event->stanza_size = effect->bytes.size;
    return (struct slice){bytes, effect->bytes.size};
}

/* Who sent it is kept here, since the router does not say it again when the stream opens or fails. */
static void keep_waiting(struct drain *d, int link) {
    struct world_task *task = world_task(d->world, TASK_CROSS, link, d->now, (struct slice){NULL, 0}, false);
    if (task != NULL) {
        task->sent_by = d->world->event_count - 1;
        world_link_wait(d->world, link, task);
    }
}

static void carry(const struct drain *d, uint32_t port, int end, struct slice bytes, size_t sent_by) {
    if (bytes.size == 0 || end == NOBODY) {
        return;
    }
    if (end >= 0) {
        world_client_deliver(d->world, end, port, d->now, bytes, sent_by);
        return;
    }
    bool input;
    int stream = world_stream_of_end(end, &input);
    if (!input) {
        world_stream_write(d->world, stream, d->now, bytes, sent_by);
    }
}

static void write_waited(const struct drain *d, const struct router_effect *effect) {
    struct slice bytes = effect->bytes;
    if (!d->world->tally_only) {
        bytes.data = world_keep_slice(d->world, bytes);
    }
    carry(d, effect->port, world_end(d->world, d->server, effect->port), bytes, d->sent_by);
}

static void take_fate(struct drain *d, const struct router_effect *effect) {
    struct world *world = d->world;
    int end = world_end(world, d->server, effect->port);
    struct slice bytes = log_effect(d, effect, end);
    size_t logged = world->event_count - 1;
    world->tally.fates[effect->kind]++;
    if (d->queued >= 0) {
        keep_waiting(d, d->queued);
        d->queued = -1;
    }
    if (effect->kind == ROUTER_CLOSE && end != NOBODY) {
        close_stream(d, effect, end);
    } else {
        carry(d, effect->port, end, bytes, logged);
    }
}

static void drain_one(struct drain *d, const struct router_effect *effect) {
    speak_of_next(d, effect);
    switch (effect->kind) {
    case ROUTER_MARK:
        if (effect->rule == d->world->queue_rule) {
            d->queued = link_to(d, effect->host, effect->to);
        }
        (void)log_effect(d, effect, NOBODY);
        break;
    case ROUTER_OPEN:
        open_stream(d, effect);
        break;
    case ROUTER_WRITE:
        write_waited(d, effect);
        break;
    case ROUTER_END:
        give_up(d, effect);
        break;
    default:
        take_fate(d, effect);
        break;
    }
}

/* ------------------------------------------------------------------------------------------------------- time ---- */

/* A timer that was set too early is left alone until it comes up. */
static void set_timer(struct world *world, int server) {
    struct world_server *s = &world->servers[server];
    uint64_t wake_us = router_wake_us(s->router);
    if (wake_us == UINT64_MAX || (s->timer != NULL && s->timer->time_us <= wake_us)) {
        return;
    }
    if (s->timer == NULL) {
        s->timer = world_task(world, TASK_TIMER, server, (struct world_origin){.number = 0, .cause = -1},
                              (struct slice){NULL, 0}, false);
    } else {
        world_queue_remove(&world->queue, s->timer);
    }
    world_due(world, s->timer, wake_us > world->now_us ? wake_us : world->now_us);
}

bool world_timer_is_early(struct world *world, struct world_task *timer) {
    struct world_server *s = &world->servers[timer->subject];
    uint64_t wake_us = s->down ? UINT64_MAX : router_wake_us(s->router);
    if (wake_us <= timer->time_us) {
        return false;
    }
    world_queue_remove(&world->queue, timer);
    if (wake_us == UINT64_MAX) {
        s->timer = NULL;
        world_task_free(world, timer);
    } else {
        world_due(world, timer, wake_us);
    }
    return true;
}

void world_timer_task(struct world *world, int server) {
    struct world_server *s = &world->servers[server];
    s->timer = NULL;
    world->failed |= router_tick(s->router, world->now_us) != ROUTER_OK;
    world_drain(world, server, (struct world_origin){.number = 0, .cause = -1}, -1);
}

void world_drain(struct world *world, int server, struct world_origin origin, int link) {
    struct drain d = {.world = world, .server = server, .link = -1, .queued = -1, .origin = origin};
    struct router_effect effect;
    turn_to_link(&d, link);
    while (router_next(world->servers[server].router, &effect)) {
        drain_one(&d, &effect);
    }
    leave_link(&d);
    set_timer(world, server);
}
