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

void drill_look(struct run *run) {
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
    drill_look(run);
    return moved && run->state == RUN_GOING;
}

void drill_settle(struct run *run) {
    while (world_busy(run->world) && step(run)) {
    }
}

void drill_run_out(struct run *run) {
    while (step(run)) {
    }
}

long drill_receive(struct run *run, int actor, bool timers) {
    struct actor *a = &run->actors[actor];
    while (a->inbox_read == a->inbox_count && (timers || world_busy(run->world)) && step(run)) {
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

static const char *note_of(struct run *run, const struct script_action *action) {
    static const char *const words[] = {[SCRIPT_CONNECTS] = "connects",
                                        [SCRIPT_DISCONNECTS] = "disconnects",
                                        [SCRIPT_VANISHES] = "vanishes",
                                        [SCRIPT_SENDS] = "sends",
                                        [SCRIPT_SENDS_RAW] = "sends raw"};
    switch (action->verb) {
    case SCRIPT_CONNECTS:
    case SCRIPT_DISCONNECTS:
    case SCRIPT_VANISHES:
    case SCRIPT_SENDS:
    case SCRIPT_SENDS_RAW:
        return drill_run_text(run, "line %u: %s %s", action->line, drill_actor_name(run, action), words[action->verb]);
    case SCRIPT_CLOSES:
        return drill_run_text(run, "line %u: %s closes: %s", action->line, drill_actor_name(run, action),
                              action->first);
    case SCRIPT_CUTS:
        return drill_run_text(run, "line %u: network cuts %s from %s", action->line, action->first, action->second);
    case SCRIPT_CUTS_ONE_WAY:
        return drill_run_text(run, "line %u: network cuts %s to %s", action->line, action->first, action->second);
    case SCRIPT_STALLS:
        return drill_run_text(run, "line %u: network stalls %s to %s", action->line, action->first, action->second);
    case SCRIPT_HEALS:
        return drill_run_text(run, "line %u: network heals", action->line);
    case SCRIPT_CRASHES:
        return drill_run_text(run, "line %u: %s crashes", action->line, action->first);
    case SCRIPT_STARTS:
        return drill_run_text(run, "line %u: %s starts", action->line, action->first);
    case SCRIPT_DNS_LOSES:
        return drill_run_text(run, "line %u: DNS loses %s", action->line, action->first);
    case SCRIPT_DNS_FINDS:
        return drill_run_text(run, "line %u: DNS finds %s", action->line, action->first);
    default:
        return NULL;
    }
}

static void play_action(struct run *run, const struct script_action *action) {
    if (run->options->trace) {
        drill_note(run, note_of(run, action));
    }
    switch (action->verb) {
    case SCRIPT_CONNECTS:
        drill_connects(run, action);
        break;
    case SCRIPT_DISCONNECTS:
    case SCRIPT_VANISHES:
    case SCRIPT_CLOSES:
        drill_leaves(run, action);
        break;
    case SCRIPT_SENDS:
    case SCRIPT_SENDS_RAW:
        drill_sends(run, action);
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
        drill_look(run);
        break;
    default:
        drill_network(run, action);
        break;
    }
}

void drill_play_script(struct run *run) {
    run->began = drill_run_take(run, (run->script->action_count + 1) * sizeof *run->began);
    for (size_t i = 0; i < run->script->action_count && run->state == RUN_GOING; i++) {
        run->action = i;
        run->began[i] = world_event_count(run->world);
        world_cause(run->world, (int)i);
        play_action(run, &run->script->actions[i]);
    }
    if (run->state == RUN_GOING) {
        drill_expect_end(run);
    }
}
