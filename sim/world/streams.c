/* streams.c - s2s streams: ordered, each from one domain to another; what travels on them, and how they end. */
#include "parts.h"

#include <stdlib.h>

/* Ends of streams share a server's ports with its clients, whose numbers are not negative. */
static int end_number(int stream, bool input) {
    return -1 - (stream * 2 + (input ? 1 : 0));
}

int world_stream_of_end(int end, bool *input) {
    *input = (-1 - end) % 2 == 1;
    return (-1 - end) / 2;
}

/* --------------------------------------------------------------------------------------------------- lifetime ---- */

int world_stream_new(struct world *world, int link, uint32_t port, struct world_origin origin) {
    int stream = world->spare_stream;
    if (stream >= 0) {
        world->spare_stream = world->streams[stream].to;
    } else if (world->stream_count < INT32_MAX / 4 &&
               world_grow((void **)&world->streams, &world->stream_capacity, world->stream_count,
                          sizeof *world->streams)) {
        stream = (int)world->stream_count++;
    } else {
        world->failed = true;
        return -1;
    }
    struct world_link *l = &world->links[link];
    world->streams[stream] = (struct world_stream){.link = link,
                                                   .to = world->domains[l->remote].place,
                                                   .out_port = port,
                                                   .cause = origin.cause,
                                                   .step = STEP_NAME,
                                                   .out_open = true};
    l->stream = stream;
    if (port != 0) {
        (void)world_end_set(world, l->from, port, end_number(stream, false));
    }
    return stream;
}

void world_stream_accepted(struct world *world, int stream, uint32_t port) {
    struct world_stream *s = &world->streams[stream];
    s->step = STEP_DONE;
    s->in_open = true;
    s->in_port = port;
    if (port != 0) {
        (void)world_end_set(world, s->to, port, end_number(stream, true));
    }
}

void world_stream_settle(struct world *world, int stream) {
    struct world_stream *s = &world->streams[stream];
    if (s->link < 0 || s->out_open || s->in_open || s->flight.first != NULL) {
        return;
    }
    stanza_reader_free(s->reader);
    *s = (struct world_stream){.link = -1, .to = world->spare_stream};
    world->spare_stream = stream;
}

static struct world_origin stream_origin(const struct world_stream *stream) {
    return (struct world_origin){.number = 0, .cause = stream->cause};
}

/* ----------------------------------------------------------------------------------------------- its two ends ---- */

static void log_end(struct world *world, int stream, struct world_origin origin, const char *why) {
    struct world_stream *s = &world->streams[stream];
    if (!s->ended) {
        s->ended = true;
        world_link_log(world, s->link, s->step == STEP_DONE ? WORLD_CLOSED : WORLD_FAILED, origin, why);
    }
}

/* The opener's end is over. returns the port that its router knew it by, or 0. */
static uint32_t out_over(struct world *world, int stream, const char *why) {
    struct world_stream *s = &world->streams[stream];
    struct world_link *l = &world->links[s->link];
    uint32_t port = s->out_port;
    s->out_port = 0;
    s->out_open = false;
    s->held_off = false;
    if (port != 0) {
        (void)world_end_set(world, l->from, port, NOBODY);
    }
    if (l->stream == stream) {
        l->stream = -1;
    }
    if (!world_is_server(world, l->from)) {
        world_peer_over(world, stream, why);
    }
    return port;
}

static uint32_t in_over(struct world *world, int stream) {
    struct world_stream *s = &world->streams[stream];
    uint32_t port = s->in_port;
    s->in_port = 0;
    s->in_open = false;
    if (port != 0) {
        (void)world_end_set(world, s->to, port, NOBODY);
    }
    return port;
}

static void tell(struct world *world, int server, uint32_t port, enum router_link_event event,
                 struct world_origin origin, int link) {
    if (port != 0 && !world->servers[server].down) {
        world->failed |= router_link(world->servers[server].router, port, event, world->now_us) != ROUTER_OK;
        world_drain(world, server, origin, link);
    }
}

void world_stream_tell_opener(struct world *world, int stream, enum router_link_event event, const char *why) {
    const struct world_stream *s = &world->streams[stream];
    int from = world->links[s->link].from;
    int link = event < ROUTER_LINK_READY ? -1 : s->link; /* a step does not concern what waits */
    uint32_t port = event > ROUTER_LINK_READY ? out_over(world, stream, why) : s->out_port;
    tell(world, from, port, event, stream_origin(&world->streams[stream]), link);
}

static void tell_receiver(struct world *world, int stream, enum router_link_event event, struct world_origin origin) {
    int to = world->streams[stream].to;
    tell(world, to, in_over(world, stream), event, origin, -1);
}

static void send_close(struct world *world, int stream, bool back, enum router_link_event event, const char *why) {
    struct world_stream *s = &world->streams[stream];
    struct world_task *task = world_task(world, TASK_CLOSE, stream, stream_origin(s), world_slice(why), false);
    if (task != NULL) {
        s->told |= back;
        task->back = back;
        task->event = (uint8_t)event;
        world_stream_send(world, task);
    }
}

void world_stream_end_out(struct world *world, int stream, enum router_link_event event, const char *why,
                          struct world_origin origin) {
    log_end(world, stream, origin, why);
    (void)out_over(world, stream, why);
    if (world->streams[stream].in_open) {
        send_close(world, stream, false, event, why);
    }
}

void world_stream_end_in(struct world *world, int stream, enum router_link_event event, const char *why,
                         struct world_origin origin) {
    struct world_stream *s = &world->streams[stream];
    if (s->in_open) {
        log_end(world, stream, origin, why);
        (void)in_over(world, stream);
    }
    if (s->out_open) {
        send_close(world, stream, true, event, why);
    }
}

void world_stream_closed_by_opener(struct world *world, int stream, const char *why, struct world_origin origin) {
    log_end(world, stream, origin, why);
    (void)out_over(world, stream, why);
    tell_receiver(world, stream, ROUTER_LINK_CLOSED, origin);
}

void world_stream_break(struct world *world, int stream, const char *why, struct world_origin origin) {
    world_stream_drop(world, stream, TRAVEL_BOTH, why);
    log_end(world, stream, origin, "lost");
    if (world->streams[stream].out_open) {
        world_stream_tell_opener(world, stream, ROUTER_LINK_LOST, why);
    }
    if (world->streams[stream].in_open) {
        tell_receiver(world, stream, ROUTER_LINK_LOST, origin);
    }
    world_stream_settle(world, stream);
}

void world_stream_fail(struct world *world, int stream, enum router_link_event event, const char *why) {
    log_end(world, stream, stream_origin(&world->streams[stream]), why);
    world_stream_tell_opener(world, stream, event, why);
}

/* ----------------------------------------------------------------------------------------------- what travels ---- */

static void lose(struct world *world, int stream, struct world_task *task, const char *why) {
    struct world_stream *s = &world->streams[stream];
    if (task->kind == TASK_CROSS) {
        const struct world_link *l = &world->links[s->link];
        bool to_peer = s->to >= 0 && !world_is_server(world, s->to);
        struct world_event *event = world_log_lost(world, task, why, to_peer ? world->servers[s->to].client : -1);
        if (event != NULL) {
            event->server = l->from;
            event->host = world->domains[l->host].name;
            event->target = world->domains[l->remote].name;
        }
    } else if (task->kind == TASK_PAIR) {
        world->links[task->number].pair = PAIR_WAITS;
    } else if (task->kind == TASK_CLOSE && task->back) {
        s->told = false;
    }
}

void world_stream_drop(struct world *world, int stream, unsigned travel, const char *why) {
    struct world_lane *lane = &world->streams[stream].flight;
    for (struct world_task *task = lane->first; task != NULL;) {
        struct world_task *next = task->lane_next;
        if ((travel & (task->back ? TRAVEL_BACK : TRAVEL_THERE)) != 0) {
            if (task->moment != NULL) {
                world_queue_remove(&world->queue, task);
            }
            world_lane_remove(lane, task);
            lose(world, stream, task, why);
            world_task_free(world, task);
        }
        task = next;
    }
}

void world_stream_set_off(struct world *world, struct world_task *task, bool held) {
    struct world_stream *s = &world->streams[task->subject];
    int from = world->links[s->link].from;
    int a = task->back ? s->to : from, b = task->back ? from : s->to;
    uint64_t due = world_after(world, world_delay(world, a, b));
    if (!task->back) {
        due = due > s->last_us ? due : s->last_us;
        s->last_us = due;
    }
    if (held) {
        task->time_us = due;
        task->order = world->queue.next_order++;
    } else {
        world_due(world, task, due);
    }
}

void world_stream_send(struct world *world, struct world_task *task) {
    struct world_stream *s = &world->streams[task->subject];
    int from = world->links[s->link].from;
    int a = task->back ? s->to : from, b = task->back ? from : s->to;
    if (world_is_cut(world, a, b)) {
        lose(world, task->subject, task, "cut");
        world_task_free(world, task);
        return;
    }
    world_lane_put(&s->flight, task);
    world_stream_set_off(world, task, world_is_stalled(world, a, b));
}

void world_stream_write(struct world *world, int stream, struct world_origin origin, struct slice bytes,
                        size_t sent_by) {
    const struct world_stream *s = &world->streams[stream];
    world->tally.written += world_is_server(world, s->to);
    struct world_task *task = world_task(world, TASK_CROSS, stream, origin, bytes, world->tally_only);
    if (task != NULL) {
        task->sent_by = sent_by;
        world_stream_send(world, task);
    }
}

/* ----------------------------------------------------------------------------------------------- what arrives ---- */

static void arrive_at_peer(struct world *world, const struct world_stream *s, const struct world_task *task) {
    struct world_event *event =
        world_log(world, WORLD_ARRIVE, (struct world_origin){.number = task->number, .cause = task->cause});
    if (event != NULL) {
        event->client = world->servers[s->to].client;
        event->server = world->links[s->link].from;
        event->stanza = task->bytes;
        event->stanza_size = task->size;
        event->sent_by = task->sent_by;
    }
}

static void cross(struct world *world, struct world_task *task) {
    struct world_stream *s = &world->streams[task->subject];
    if (!s->in_open) {
        lose(world, task->subject, task, "closed");
        /* Its sender can learn only now that nobody reads what it sends, if it was not to be told before. */
        if (s->out_open && !s->told) {
            send_close(world, task->subject, true, ROUTER_LINK_LOST, "lost");
        }
        return;
    }
    if (!world_is_server(world, s->to)) {
        arrive_at_peer(world, s, task);
        return;
    }
    if (task->raw && s->reader == NULL) {
        s->reader = stanza_reader_new(NULL, STANZA_SERVER, world->servers[s->to].size_max);
        world->failed |= s->reader == NULL;
    }
    struct world_source source = {.server = s->to,
                                  .client = -1,
                                  .stream = task->subject,
                                  .port = s->in_port,
                                  .host = world->domains[world->links[s->link].remote].name,
                                  .reader = s->reader,
                                  .shared = s->reader == NULL,
                                  .origin = {.number = task->number, .cause = task->cause},
                                  .sent_by = task->sent_by};
    if (source.shared) {
        source.reader = world_reader(world, s->to, STANZA_SERVER);
    }
    world_read(world, &source, (struct slice){.data = task->bytes, .size = task->size});
}

static void learn(struct world *world, const struct world_task *task) {
    const struct world_stream *s = &world->streams[task->subject];
    struct world_origin origin = {.number = 0, .cause = task->cause};
    if (!task->back && s->in_open) {
        tell_receiver(world, task->subject, (enum router_link_event)task->event, origin);
    } else if (task->back && s->out_open) {
        world_stream_fail(world, task->subject, (enum router_link_event)task->event, task->bytes);
    }
}

void world_stream_task(struct world *world, struct world_task *task) {
    world_lane_remove(&world->streams[task->subject].flight, task);
    switch (task->kind) {
    case TASK_CROSS:
        cross(world, task);
        break;
    case TASK_CLOSE:
        learn(world, task);
        break;
    case TASK_PAIR:
        world_pair_step(world, task);
        break;
    default:
        world_stream_step(world, task);
        break;
    }
    world_stream_settle(world, task->subject);
}
