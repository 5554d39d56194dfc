/* actors.c - what members of the cast do: they connect, leave and send. */
#include "parts.h"

#include <string.h>

/* --------------------------------------------------------------------------------------------------- sessions ---- */

/* The last event of a client of one of two kinds; NO_EVENT: there is none. */
static long last_of(const struct run *run, int client, enum world_event_kind kind, enum world_event_kind other) {
    for (size_t i = drill_event_count(run); i-- > 0;) {
        const struct world_event *event = drill_event(run, i);
        if (event->client == client && (event->kind == kind || event->kind == other)) {
            return (long)i;
        }
    }
    return NO_EVENT;
}

static const char *describe_end(struct run *run, long event) {
    const struct world_event *e = event == NO_EVENT ? NULL : drill_event(run, (size_t)event);
    struct text text = {0};
    if (e != NULL) {
        drill_text_time(&text, e->time_us);
        drill_text_format(&text, " %s ~ %s ", drill_run_name(run, e->client),
                          e->kind == WORLD_ENDED   ? "ended"
                          : e->kind == WORLD_BOUND ? "connected"
                                                   : "refused");
        drill_text_line(&text, e->text == NULL ? "" : e->text);
    } else {
        drill_text_put(&text, "it is not");
    }
    return drill_run_keep(run, &text);
}

static long closing_fate(const struct run *run, long end) {
    for (long i = end; i > 0; i--) {
        const struct world_event *event = drill_event(run, (size_t)i - 1);
        if (event->kind == WORLD_EFFECT && event->effect == ROUTER_CLOSE) {
            return i - 1;
        }
    }
    return NO_EVENT;
}

static void should_be(struct run *run, const struct script_action *action, const char *what, const char *expected,
                      long end) {
    struct difference difference = {.line = action->line, .column = action->column, .decided = NO_EVENT};
    if (run->explain) {
        difference.what = drill_run_text(run, "%s should %s", drill_actor_name(run, action), what);
        difference.expected = drill_run_text(run, "%s ~ %s", drill_actor_name(run, action), expected);
        difference.instead = describe_end(run, end);
        difference.decided = closing_fate(run, end);
    }
    drill_difference(run, &difference);
}

static void should_be_connected(struct run *run, const struct script_action *action, const char *what) {
    should_be(run, action, what, "connected", last_of(run, run->actors[action->actor].client, WORLD_ENDED, WORLD_REFUSED));
}

/* Whether the script itself has not connected the client, has made it leave, or has made its server crash. */
static bool left_by_script(const struct run *run, const struct actor *actor) {
    long bound = last_of(run, actor->client, WORLD_BOUND, WORLD_BOUND);
    long end = last_of(run, actor->client, WORLD_ENDED, WORLD_ENDED);
    if (bound == NO_EVENT || actor->left > (size_t)bound) {
        return true;
    }
    const char *why = end > bound ? drill_event(run, (size_t)end)->text : NULL;
    return why != NULL && (strcmp(why, "crash") == 0 || strcmp(why, "disconnects") == 0);
}

/* A script that is only played to be compared passes over what cannot be done; else a difference before is why it cannot. */
static void stop(struct run *run, const struct script_action *action, const char *text) {
    if (run->options->one_policy) {
        return;
    }
    if (run->state == RUN_GOING && run->differences > 0) {
        run->state = RUN_ENDED;
        return;
    }
    drill_run_stop(run, RUN_CANNOT, action->line, action->column, "%s", text);
}

enum coming { COMING_IN, COMING_REFUSED, COMING_STOPPED };

static enum coming come(struct run *run, const struct script_action *action) {
    const struct actor *actor = &run->actors[action->actor];
    const struct venue_ops *ops = run->venue->ops;
    struct router_error error = {0};
    const bool before = ops->connected(run->venue, actor->client);
    int result = ops->connect(run->venue, actor->client, &error);
    drill_look(run);
    if (result == ROUTER_OK) {
        return COMING_IN;
    }
    if (run->state != RUN_GOING || drill_run_failed(run, result, &error, action->line)) {
        return COMING_STOPPED;
    }
    if (result == ROUTER_E_CONFLICT && !before) {
        return COMING_REFUSED;
    }
    stop(run, action,
         before ? drill_run_text(run, "%s is connected already", drill_actor_name(run, action))
                : drill_run_text(run, "%s cannot log in as '%s'", drill_actor_name(run, action), actor->bare));
    return COMING_STOPPED;
}

void drill_connects(struct run *run, const struct script_action *action) {
    if (come(run, action) == COMING_REFUSED) {
        should_be_connected(run, action, "have been logged in");
    }
}

void drill_is_refused(struct run *run, const struct script_action *action) {
    const enum coming coming = come(run, action);
    const int client = run->actors[action->actor].client;
    const long end = coming == COMING_IN        ? last_of(run, client, WORLD_BOUND, WORLD_BOUND)
                     : coming == COMING_REFUSED ? last_of(run, client, WORLD_REFUSED, WORLD_REFUSED)
                                                : NO_EVENT;
    const char *why = end == NO_EVENT || coming == COMING_IN ? NULL : drill_event(run, (size_t)end)->text;
    if (coming != COMING_STOPPED && (why == NULL || strcmp(why, action->first) != 0)) {
        should_be(run, action, drill_run_text(run, "have been refused: %s", action->first),
                  drill_run_text(run, "refused %s", action->first), end);
    }
}

void drill_leaves(struct run *run, const struct script_action *action) {
    struct actor *actor = &run->actors[action->actor];
    const bool peer = run->script->cast[action->actor].role == SCRIPT_PEER;
    const struct venue_ops *ops = run->venue->ops;
    struct router_error error = {0};
    drill_rest(run);
    int result = action->verb == SCRIPT_CLOSES
                     ? ops->close(run->venue, actor->client, action->first, &error)
                     : ops->leave(run->venue, actor->client, action->verb == SCRIPT_VANISHES, &error);
    drill_look(run);
    if (drill_run_failed(run, result, &error, action->line)) {
        return;
    }
    if (result != ROUTER_OK && (peer || left_by_script(run, actor))) {
        stop(run, action,
             drill_run_text(run, peer ? "%s is down" : "%s is not connected", drill_actor_name(run, action)));
    } else if (result != ROUTER_OK) {
        should_be_connected(run, action, "still be connected");
    }
    actor->left = drill_event_count(run);
}

/* ---------------------------------------------------------------------------------------------------- sending ---- */

static void keep_raw(struct run *run, int client, const char *bytes) {
    struct raw *raw = drill_run_take(run, sizeof *raw);
    if (raw == NULL) {
        return;
    }
    *raw = (struct raw){.client = client, .action = run->action, .bytes = bytes};
    if (run->last_raw == NULL) {
        run->first_raw = raw;
    } else {
        run->last_raw->next = raw;
    }
    run->last_raw = raw;
}

/* An answer counts once it is sent: that it is lost on its way is not the fault of whoever sent it. */
static void keep_answer(struct run *run, struct actor *actor, const struct script_stanza *stanza) {
    const struct xml_node *tree = stanza->tree;
    const char *type = tree == NULL || strcmp(tree->name, "iq") != 0 ? NULL : xml_attribute_get(tree, "type");
    const char *id = type == NULL ? NULL : xml_attribute_get(tree, "id");
    if (id == NULL || (strcmp(type, "result") != 0 && strcmp(type, "error") != 0)) {
        return;
    }
    id = drill_value_resolve(run, id, false, stanza->line);
    struct answer *answer = id == NULL ? NULL : drill_run_take(run, sizeof *answer);
    if (answer != NULL) {
        *answer = (struct answer){.next = actor->answers, .event = drill_event_count(run), .id = id};
        actor->answers = answer;
    }
}

static void cannot_send(struct run *run, const struct script_action *action) {
    const struct actor *actor = &run->actors[action->actor];
    if (run->script->cast[action->actor].role == SCRIPT_PEER) {
        stop(run, action, drill_run_text(run, "%s cannot send: it is down", drill_actor_name(run, action)));
    } else if (left_by_script(run, actor)) {
        stop(run, action, drill_run_text(run, "%s is not connected", drill_actor_name(run, action)));
    } else {
        should_be_connected(run, action, "still be connected");
    }
}

static void send_one(struct run *run, const struct script_action *action, const struct script_stanza *stanza) {
    struct actor *actor = &run->actors[action->actor];
    const char *bytes = drill_value_resolve(run, stanza->bytes, true, stanza->line);
    if (bytes == NULL) {
        return;
    }
    size_t size = bytes == stanza->bytes ? stanza->size : strlen(bytes);
    if (action->verb == SCRIPT_SENDS_RAW) {
        keep_raw(run, actor->client, bytes);
    }
    struct router_error error = {0};
    const bool raw = action->verb == SCRIPT_SENDS_RAW;
    int result = run->venue->ops->send(run->venue, actor->client, raw, bytes, size, &error);
    if (drill_run_failed(run, result, &error, stanza->line)) {
        return;
    }
    if (result != ROUTER_OK) {
        cannot_send(run, action);
    } else {
        keep_answer(run, actor, stanza);
    }
}

/* What crosses on its way between real servers crosses there by chance. */
static void let_none_cross(struct run *run, int sender) {
    if (run->options->one_policy && run->policy_count > 1 && run->sender != sender) {
        drill_settle(run);
    }
    run->sender = sender;
}

void drill_sends(struct run *run, const struct script_action *action) {
    let_none_cross(run, action->actor);
    for (size_t i = 0; i < action->stanza_count && run->state == RUN_GOING; i++) {
        send_one(run, action, &action->stanzas[i]);
    }
}
