/* play.c - carries out a script's actions, one after the other. */
#include "parts.h"

#include <inttypes.h>
#include <string.h>

/* No script comes near this; a world that does has servers which keep each other busy for ever. */
enum { STEPS_MAX = 20 * 1000 * 1000 };

const struct script_action *drill_present(const struct run *run) {
    return run->playing && run->action < run->script->action_count ? &run->script->actions[run->action] : NULL;
}

static void note_arrival(struct run *run, size_t event) {
    struct actor *actor = &run->actors[run->actor_of[drill_event(run, event)->client]];
    if (drill_run_grow(run, (void **)&actor->inbox, &actor->inbox_capacity, actor->inbox_count, sizeof *actor->inbox)) {
        actor->inbox[actor->inbox_count++] = event;
    }
}

void drill_look(struct run *run) {
    for (; run->pumped < drill_event_count(run); run->pumped++) {
        const struct world_event *event = drill_event(run, run->pumped);
        if (event->kind == WORLD_ARRIVE) {
            note_arrival(run, run->pumped);
        } else if (event->kind == WORLD_ENTER && drill_run_grow(run, (void **)&run->enters, &run->enter_capacity,
                                                                run->enter_count, sizeof *run->enters)) {
            run->enters[run->enter_count++] = run->pumped;
        }
    }
    struct router_error error;
    error.text[0] = '\0';
    const struct script_action *present = drill_present(run);
    const uint64_t most = run->options->virtual_max_us;
    if (most != 0 && run->world != NULL && world_now_us(run->world) > most) {
        drill_run_stop(run, RUN_DOWN, present == NULL ? 0 : present->line, 1,
                       "this takes more than the %" PRIu64 " s of virtual time that it may", most / 1000000);
        run->first.step = present == NULL ? "the script is over" : drill_action_text(run, present);
    }
    (void)drill_run_failed(run, run->venue->ops->failed(run->venue, &error), &error,
                           present == NULL ? 0 : present->line);
}

static bool step(struct run *run) {
    if (++run->steps > STEPS_MAX) {
        drill_run_stop(run, RUN_BROKEN, run->script->actions[run->action].line, 1, "the servers do not come to rest");
    }
    bool moved = run->state == RUN_GOING && run->venue->ops->step(run->venue);
    drill_look(run);
    return moved && run->state == RUN_GOING;
}

/* The simulation is led step by step, so that servers are found out that do not come to rest. When real ones have, and
 * what they may still be waiting for, is for the venue to know. */
void drill_settle(struct run *run) {
    while (run->world != NULL && world_busy(run->world) && step(run)) {
    }
    if (run->world == NULL && run->state == RUN_GOING) {
        run->venue->ops->settle(run->venue);
        drill_look(run);
    }
}

/* Real servers are quicker than a script now and slower then. Where what is under way could be lost, it is not left to
 * chance whether it is: it arrives first, and likewise in a simulation that is compared with them. */
void drill_rest(struct run *run) {
    if (run->world == NULL || run->options->one_policy) {
        drill_settle(run);
    }
}

void drill_run_out(struct run *run) {
    while (run->world != NULL && step(run)) {
    }
    if (run->world == NULL) {
        drill_settle(run);
    }
}

static bool may_come(const struct run *run, bool timers) {
    return timers || run->world == NULL || world_busy(run->world);
}

long drill_receive(struct run *run, int actor, bool timers) {
    struct actor *a = &run->actors[actor];
    while (a->inbox_read == a->inbox_count && may_come(run, timers) && step(run)) {
    }
    return a->inbox_read < a->inbox_count ? (long)a->inbox[a->inbox_read++] : NO_EVENT;
}

void drill_note(struct run *run, const struct script_action *action, const char *text) {
    if (run->options->trace &&
        drill_run_grow(run, (void **)&run->notes, &run->note_capacity, run->note_count, sizeof *run->notes)) {
        const size_t before = drill_event_count(run);
        run->notes[run->note_count++] = (struct note){.before = before, .action = action, .text = text};
    }
}

/* ---------------------------------------------------------------------------------------------------- actions ---- */

const char *drill_action_text(struct run *run, const struct script_action *action) {
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
        return drill_run_text(run, "%s %s", drill_actor_name(run, action), words[action->verb]);
    case SCRIPT_CLOSES:
        return drill_run_text(run, "%s closes: %s", drill_actor_name(run, action), action->first);
    case SCRIPT_IS_REFUSED:
        return drill_run_text(run, "%s is refused: %s", drill_actor_name(run, action), action->first);
    case SCRIPT_CUTS:
        return drill_run_text(run, "network cuts %s from %s", action->first, action->second);
    case SCRIPT_CUTS_ONE_WAY:
        return drill_run_text(run, "network cuts %s to %s", action->first, action->second);
    case SCRIPT_STALLS:
        return drill_run_text(run, "network stalls %s to %s", action->first, action->second);
    case SCRIPT_HEALS:
        return "network heals";
    case SCRIPT_CRASHES:
        return drill_run_text(run, "%s crashes", action->first);
    case SCRIPT_STARTS:
        return drill_run_text(run, "%s starts", action->first);
    case SCRIPT_DNS_LOSES:
        return drill_run_text(run, "DNS loses %s", action->first);
    case SCRIPT_DNS_FINDS:
        return drill_run_text(run, "DNS finds %s", action->first);
    case SCRIPT_DECIDES:
        return drill_run_text(run, "%s decides", action->first);
    case SCRIPT_TIME_PASSES:
        return "time passes";
    default:
        return drill_run_text(run, "%s receives", drill_actor_name(run, action));
    }
}

/* Streams of real servers open, and stanzas arrive, at their own pace: a case that is compared cannot have a peer go while
 * that is under way. */
static bool is_in_time(struct run *run, const struct script_action *action) {
    const bool crash = action->verb == SCRIPT_CRASHES;
    if (run->world == NULL || !run->options->one_policy || !world_busy(run->world) ||
        (!crash && run->script->cast[action->actor].role != SCRIPT_PEER)) {
        return true;
    }
    drill_run_stop(run, RUN_SKIPPED, action->line, 1, "%s goes while something is under way, which takes its own time",
                   crash ? action->first : drill_actor_name(run, action));
    return false;
}

static void play_action(struct run *run, const struct script_action *action) {
    drill_note(run, action, NULL);
    switch (action->verb) {
    case SCRIPT_CONNECTS:
        drill_connects(run, action);
        break;
    case SCRIPT_IS_REFUSED:
        drill_is_refused(run, action);
        break;
    case SCRIPT_DISCONNECTS:
    case SCRIPT_VANISHES:
    case SCRIPT_CLOSES:
        if (is_in_time(run, action)) {
            drill_leaves(run, action);
        }
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
        run->venue->ops->pass(run->venue, action->duration_us);
        drill_look(run);
        break;
    default:
        if (action->verb != SCRIPT_CRASHES || is_in_time(run, action)) {
            drill_network(run, action);
        }
        break;
    }
}

void drill_play_script(struct run *run) {
    run->began = drill_run_take(run, (run->script->action_count + 1) * sizeof *run->began);
    if (run->options->story) {
        run->began_us = drill_run_take(run, (run->script->action_count + 1) * sizeof *run->began_us);
    }
    run->playing = true;
    for (size_t i = 0; i < run->script->action_count && run->state == RUN_GOING; i++) {
        run->action = i;
        run->began[i] = drill_event_count(run);
        if (run->began_us != NULL) {
            run->began_us[i] = run->venue->ops->now_us(run->venue);
        }
        run->venue->ops->cause(run->venue, (int)i);
        play_action(run, &run->script->actions[i]);
    }
    if (run->state == RUN_GOING) {
        drill_expect_end(run);
    }
}
