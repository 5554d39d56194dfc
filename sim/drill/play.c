/* play.c - carries out a script's actions, one after the other. */
#include "parts.h"

#include <string.h>

/* No script comes near this; a world that does has servers which keep each other busy for ever. */
enum { STEPS_MAX = 20 * 1000 * 1000 };

static void note_arrival(struct run *run, size_t event) {
    struct actor *actor = &run->actors[run->actor_of[world_event(run->world, event)->client]];
    if (drill_run_grow(run, (void **)&actor->inbox, &actor->inbox_capacity, actor->inbox_count, sizeof *actor->inbox)) {
        actor->inbox[actor->inbox_count++] = event;
    }
}

static void look_at_log(struct run *run) {
    for (; run->pumped < world_event_count(run->world); run->pumped++) {
        const struct world_event *event = world_event(run->world, run->pumped);
        if (event->kind == WORLD_ARRIVE) {
            note_arrival(run, run->pumped);
        } else if (event->kind == WORLD_ENTER && drill_run_grow(run, (void **)&run->enters, &run->enter_capacity,
                                                                run->enter_count, sizeof *run->enters)) {
            run->enters[run->enter_count++] = run->pumped;
        }
    }
    if (world_failed(run->world)) {
        run->state = RUN_NOMEM;
    }
}

static bool step(struct run *run) {
    if (++run->steps > STEPS_MAX) {
        drill_run_stop(run, RUN_BROKEN, run->script->actions[run->action].line, 1, "the servers do not come to rest");
    }
    bool moved = run->state == RUN_GOING && world_step(run->world);
    look_at_log(run);
    return moved && run->state == RUN_GOING;
}

void drill_settle(struct run *run) {
    while (step(run)) {
    }
}

long drill_receive(struct run *run, int actor) {
    struct actor *a = &run->actors[actor];
    while (a->inbox_read == a->inbox_count && step(run)) {
    }
    return a->inbox_read < a->inbox_count ? (long)a->inbox[a->inbox_read++] : NO_EVENT;
}

void drill_note(struct run *run, const char *text) {
    if (run->options->trace && text != NULL &&
        drill_run_grow(run, (void **)&run->notes, &run->note_capacity, run->note_count, sizeof *run->notes)) {
        run->notes[run->note_count++] = (struct note){.before = world_event_count(run->world), .text = text};
    }
}

/* ---------------------------------------------------------------------------------------------------- actions ---- */

static const char *name_of(const struct run *run, const struct script_action *action) {
    return run->script->cast[action->actor].name;
}

/* Where a client's last session ended; NO_EVENT: it has not. */
static long last_end(const struct run *run, int client) {
    for (size_t i = world_event_count(run->world); i-- > 0;) {
        const struct world_event *event = world_event(run->world, i);
        if (event->client == client && (event->kind == WORLD_ENDED || event->kind == WORLD_REFUSED)) {
            return (long)i;
        }
    }
    return NO_EVENT;
}

static const char *describe_end(struct run *run, long event) {
    const struct world_event *e = event == NO_EVENT ? NULL : world_event(run->world, (size_t)event);
    struct text text = {0};
    if (e != NULL) {
        drill_text_time(&text, e->time_us);
        drill_text_format(&text, " %s ~ %s ", drill_run_name(run, e->client),
                          e->kind == WORLD_ENDED ? "ended" : "refused");
        drill_text_line(&text, e->text == NULL ? "" : e->text);
    } else {
        drill_text_put(&text, "it is not");
    }
    return drill_run_keep(run, &text);
}

static long closing_fate(const struct run *run, long end) {
    for (long i = end; i > 0; i--) {
        const struct world_event *event = world_event(run->world, (size_t)i - 1);
        if (event->kind == WORLD_EFFECT && event->effect == ROUTER_CLOSE) {
            return i - 1;
        }
    }
    return NO_EVENT;
}

static void should_be_connected(struct run *run, const struct script_action *action, const char *what) {
    long end = last_end(run, run->actors[action->actor].client);
    struct difference difference = {.line = action->line, .column = action->column, .decided = NO_EVENT};
    if (run->explain) {
        difference.what = drill_run_text(run, "%s should %s", name_of(run, action), what);
        difference.expected = drill_run_text(run, "%s ~ connected", name_of(run, action));
        difference.instead = describe_end(run, end);
        difference.decided = closing_fate(run, end);
    }
    drill_difference(run, &difference);
}

static void connects(struct run *run, const struct script_action *action) {
    int client = run->actors[action->actor].client;
    int result = world_connect(run->world, client);
    look_at_log(run);
    if (result == ROUTER_OK || run->state != RUN_GOING) {
        return;
    }
    if (result == ROUTER_E_NOMEM) {
        run->state = RUN_NOMEM;
    } else if (result == ROUTER_E_CONFLICT && world_connected(run->world, client)) {
        drill_run_stop(run, RUN_CANNOT, action->line, action->column, "%s is connected already", name_of(run, action));
    } else if (result == ROUTER_E_CONFLICT) {
        should_be_connected(run, action, "have been logged in");
    } else {
        drill_run_stop(run, RUN_CANNOT, action->line, action->column, "%s cannot log in as '%s'", name_of(run, action),
                       run->script->cast[action->actor].jid);
    }
}

static void leaves(struct run *run, const struct script_action *action) {
    int client = run->actors[action->actor].client;
    int result =
        action->verb == SCRIPT_VANISHES ? world_vanish(run->world, client) : world_disconnect(run->world, client);
    look_at_log(run);
    if (result != ROUTER_OK) {
        run->state = RUN_NOMEM;
    }
}

/* Whether the script itself has not connected the client, or has made it leave. */
static bool left_by_script(const struct run *run, int client) {
    long end = last_end(run, client);
    const struct world_event *event = end == NO_EVENT ? NULL : world_event(run->world, (size_t)end);
    return event == NULL || (event->kind == WORLD_ENDED &&
                             (strcmp(event->text, "disconnects") == 0 || strcmp(event->text, "vanishes") == 0));
}

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

static void send_one(struct run *run, const struct script_action *action, const struct script_stanza *stanza) {
    int client = run->actors[action->actor].client;
    const char *bytes = drill_value_resolve(run, stanza->bytes, true, stanza->line);
    if (bytes == NULL) {
        return;
    }
    size_t size = bytes == stanza->bytes ? stanza->size : strlen(bytes);
    if (action->verb == SCRIPT_SENDS_RAW) {
        keep_raw(run, client, bytes);
    }
    int result = action->verb == SCRIPT_SENDS_RAW ? world_send_raw(run->world, client, bytes, size)
                                                  : world_send(run->world, client, bytes, size);
    if (result == ROUTER_E_NOMEM) {
        run->state = RUN_NOMEM;
    } else if (result != ROUTER_OK && left_by_script(run, client)) {
        drill_run_stop(run, RUN_CANNOT, action->line, action->column, "%s is not connected", name_of(run, action));
    } else if (result != ROUTER_OK) {
        should_be_connected(run, action, "still be connected");
    }
}

static void sends(struct run *run, const struct script_action *action) {
    for (size_t i = 0; i < action->stanza_count && run->state == RUN_GOING; i++) {
        send_one(run, action, &action->stanzas[i]);
    }
}

static void note_action(struct run *run, const struct script_action *action) {
    static const char *const words[] = {[SCRIPT_CONNECTS] = "connects",
                                        [SCRIPT_DISCONNECTS] = "disconnects",
                                        [SCRIPT_VANISHES] = "vanishes",
                                        [SCRIPT_SENDS] = "sends",
                                        [SCRIPT_SENDS_RAW] = "sends raw"};
    if (run->options->trace && action->verb <= SCRIPT_SENDS_RAW) {
        drill_note(run, drill_run_text(run, "line %u: %s %s", action->line, name_of(run, action), words[action->verb]));
    }
}

static void play_action(struct run *run, const struct script_action *action) {
    note_action(run, action);
    switch (action->verb) {
    case SCRIPT_CONNECTS:
        connects(run, action);
        break;
    case SCRIPT_DISCONNECTS:
    case SCRIPT_VANISHES:
        leaves(run, action);
        break;
    case SCRIPT_SENDS:
    case SCRIPT_SENDS_RAW:
        sends(run, action);
        break;
    case SCRIPT_RECEIVES:
        drill_expect_stanzas(run, action);
        break;
    case SCRIPT_RECEIVES_ANY_ORDER:
        drill_expect_any_order(run, action);
        break;
    case SCRIPT_RECEIVES_ONE_OF:
        drill_expect_one_of(run, action);
        break;
    case SCRIPT_RECEIVES_NOTHING:
        drill_expect_nothing(run, action);
        break;
    case SCRIPT_DECIDES:
        drill_expect_fates(run, action);
        break;
    case SCRIPT_TIME_PASSES:
        world_pass(run->world, action->duration_us);
        look_at_log(run);
        break;
    default:
        drill_run_stop(run, RUN_CANNOT, action->line, action->column, "this action is not supported yet");
        break;
    }
}

void drill_play_script(struct run *run) {
    for (size_t i = 0; i < run->script->action_count && run->state == RUN_GOING; i++) {
        run->action = i;
        world_cause(run->world, (int)i);
        play_action(run, &run->script->actions[i]);
    }
    if (run->state == RUN_GOING) {
        drill_expect_end(run);
    }
}
