/* opening.c - how an s2s stream comes about: the look-up of a name takes one way; a connection, stream headers and
 * dialback take the way there and back each. */
#include "parts.h"

enum { SILENCE = -1 }; /* instead of an event: nobody ever answers */

static bool is_peer(const struct world *world, int place) {
    return place >= 0 && world->servers[place].router == NULL;
}

/* What goes wrong with those who want to reach a peer; another server is as it should be. */
static const struct world_peer *trouble_of(const struct world *world, const struct world_stream *s) {
    static const struct world_peer none = {.domain = NULL};
    return is_peer(world, s->to) ? world->servers[s->to].trouble : &none;
}

/* --------------------------------------------------------------------------------------------------- outcomes ---- */

static int with_trouble(enum world_trouble trouble, enum router_link_event fine, enum router_link_event fails) {
    return trouble == WORLD_FINE ? (int)fine : trouble == WORLD_SILENT ? SILENCE : (int)fails;
}

static int name_outcome(const struct world *world, const struct world_stream *s) {
    if (s->to < 0 || world->domains[world->links[s->link].remote].lost) {
        return ROUTER_LINK_NO_HOST;
    }
    return with_trouble(trouble_of(world, s)->dns, ROUTER_LINK_RESOLVED, ROUTER_LINK_NO_HOST);
}

static int connection_outcome(const struct world *world, const struct world_stream *s) {
    if (world->servers[s->to].down) {
        return ROUTER_LINK_REFUSED;
    }
    return with_trouble(trouble_of(world, s)->connect, ROUTER_LINK_CONNECTED, ROUTER_LINK_REFUSED);
}

/* A peer that opens a stream counts as verified; of a server, the receiver looks the name up. */
static int dialback_outcome(const struct world *world, const struct world_stream *s) {
    const struct world_link *l = &world->links[s->link];
    const struct world_peer *trouble = trouble_of(world, s);
    if (trouble->auth != WORLD_FINE) {
        return with_trouble(trouble->auth, ROUTER_LINK_READY, ROUTER_LINK_UNTRUSTED);
    }
    if (trouble->dialback == WORLD_INVALID) {
        return ROUTER_LINK_DIALBACK_INVALID;
    }
    if (world->domains[l->host].lost && !is_peer(world, l->from)) {
        return ROUTER_LINK_DIALBACK_ERROR;
    }
    return with_trouble(trouble->dialback, ROUTER_LINK_READY, ROUTER_LINK_DIALBACK_ERROR);
}

static int outcome(const struct world *world, const struct world_stream *s) {
    switch (s->step) {
    case STEP_NAME:
        return name_outcome(world, s);
    case STEP_CONNECTION:
        return connection_outcome(world, s);
    case STEP_STREAM:
        return with_trouble(trouble_of(world, s)->stream, ROUTER_LINK_STARTED, ROUTER_LINK_FAILED);
    default:
        return dialback_outcome(world, s);
    }
}

static const char *failure_text(const struct world *world, const struct world_stream *s) {
    const char *condition = trouble_of(world, s)->stream_error;
    switch (s->answer) {
    case ROUTER_LINK_NO_HOST:
        return "no such host";
    case ROUTER_LINK_REFUSED:
        return "refused";
    case ROUTER_LINK_FAILED:
        return condition == NULL ? "undefined-condition" : condition;
    case ROUTER_LINK_UNTRUSTED:
        return "not trusted";
    case ROUTER_LINK_DIALBACK_INVALID:
        return "dialback invalid";
    default:
        return "dialback error";
    }
}

/* ------------------------------------------------------------------------------------------------------ steps ---- */

bool world_stream_connected(const struct world_stream *stream) {
    return stream->step > STEP_CONNECTION;
}

static struct world_task *step_task(struct world *world, enum world_task_kind kind, int stream) {
    struct world_origin origin = {.number = 0, .cause = world->streams[stream].cause};
    return world_task(world, kind, stream, origin, (struct slice){NULL, 0}, false);
}

static void set_out(struct world *world, int stream, bool back) {
    struct world_task *task = step_task(world, TASK_STEP, stream);
    if (task != NULL) {
        task->back = back;
        world_stream_send(world, task);
    }
}

/* The name is looked up elsewhere, so nothing between the two places can be in the way of that. */
static void look_up(struct world *world, int stream) {
    struct world_stream *s = &world->streams[stream];
    if (name_outcome(world, s) == SILENCE) {
        return;
    }
    int from = world->links[s->link].from;
    struct world_task *task = step_task(world, TASK_NAME, stream);
    if (task != NULL) {
        world_lane_put(&s->flight, task);
        world_due(world, task, world_after(world, world_delay(world, from, s->to)));
    }
}

void world_stream_begin_step(struct world *world, int stream) {
    struct world_stream *s = &world->streams[stream];
    int from = world->links[s->link].from;
    s->held_off = world_is_cut(world, from, s->to) || world_is_cut(world, s->to, from);
    if (!s->held_off) {
        set_out(world, stream, false);
    }
}

/* --------------------------------------------------------------------------------------------------- progress ---- */

/* What a server says to a stream that it does not take (6120 4.9.3). */
static const char *refusal(int result) {
    switch (result) {
    case ROUTER_E_CONFLICT:
        return "conflict";
    case ROUTER_E_LIMIT:
        return "resource-constraint";
    case ROUTER_E_UNKNOWN:
        return "host-unknown";
    default:
        return "improper-addressing";
    }
}

static void ready(struct world *world, int stream) {
    const struct world_stream *s = &world->streams[stream];
    const struct world_link *l = &world->links[s->link];
    struct world_origin origin = {.number = 0, .cause = s->cause};
    uint32_t port = 0;
    int result = ROUTER_OK;
    if (world_is_server(world, s->to)) {
        const struct world_domain *local = &world->domains[l->remote], *remote = &world->domains[l->host];
        int to = s->to;
        result = router_peer(world->servers[to].router, (struct slice){local->name, local->size},
                             (struct slice){remote->name, remote->size}, &port);
        world->failed |= result == ROUTER_E_NOMEM;
        world_drain(world, to, origin, -1);
    }
    if (result != ROUTER_OK) {
        world_stream_fail(world, stream, ROUTER_LINK_FAILED, refusal(result));
        return;
    }
    world_stream_accepted(world, stream, port);
    world->tally.opened++;
    world_link_log(world, world->streams[stream].link, WORLD_READY, origin, NULL);
    world_stream_tell_opener(world, stream, ROUTER_LINK_READY, NULL);
    world_peer_ready(world, stream);
}

static void step_done(struct world *world, int stream) {
    static const char *const names[] = {"name", "connection", "stream"};
    struct world_stream *s = &world->streams[stream];
    enum router_link_event event = (enum router_link_event)s->answer;
    if (event == ROUTER_LINK_READY) {
        ready(world, stream);
        return;
    }
    if (event > ROUTER_LINK_READY) {
        world_stream_fail(world, stream, event, failure_text(world, s));
        return;
    }
    world_link_log(world, s->link, WORLD_STEP, (struct world_origin){.number = 0, .cause = s->cause}, names[s->step]);
    s->step++;
    world_stream_tell_opener(world, stream, event, NULL);
    world_stream_begin_step(world, stream);
}

void world_stream_step(struct world *world, const struct world_task *task) {
    struct world_stream *s = &world->streams[task->subject];
    if (!s->out_open) {
        return;
    }
    if (!task->back) {
        int event = outcome(world, s);
        if (event == SILENCE) {
            return;
        }
        s->answer = (uint8_t)event;
    }
    if (task->back || task->kind == TASK_NAME) {
        step_done(world, task->subject);
    } else {
        set_out(world, task->subject, true);
    }
}

void world_stream_open(struct world *world, int link, uint32_t port, struct world_origin origin) {
    int stream = world_stream_new(world, link, port, origin);
    if (stream >= 0) {
        world_link_log(world, link, WORLD_OPEN, origin, NULL);
        look_up(world, stream);
    }
}
