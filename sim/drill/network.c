/* network.c - what a script does to the network and to its servers: links are cut, names are lost, servers crash. The
 * reader has seen to it that a script asks only for what can be; what it asks for in vain is said all the same. */
#include "parts.h"

#include <string.h>

static void judge(struct run *run, const struct script_action *action, int result) {
    drill_look(run);
    if (result == ROUTER_E_NOMEM) {
        run->state = RUN_NOMEM;
    } else if (result != ROUTER_OK) {
        drill_run_stop(run, RUN_CANNOT, action->line, action->column, "%s",
                       result == ROUTER_E_CONFLICT ? "it is so already; expected it to be otherwise before this line"
                                                   : "the simulated network has no such place");
    }
}

static int breaks(struct run *run, const struct script_action *action) {
    int a = world_place(run->world, action->first);
    int b = world_place(run->world, action->second);
    if (a < 0 || b < 0 || a == b) {
        return ROUTER_E_UNKNOWN;
    }
    if (action->verb != SCRIPT_STALLS) {
        return world_cut(run->world, a, b, action->verb == SCRIPT_CUTS);
    }
    run->stalled = true;
    return world_stall(run->world, a, b);
}

/* A peer that has crashed owes nobody an answer any more. */
static void peers_leave(struct run *run, int place) {
    for (size_t i = 0; i < run->script->cast_count; i++) {
        if (run->script->cast[i].role == SCRIPT_PEER && world_place(run->world, run->actors[i].bare) == place) {
            run->actors[i].left = world_event_count(run->world);
        }
    }
}

static int crashes(struct run *run, const struct script_action *action) {
    int place = world_place(run->world, action->first);
    int result = place < 0 ? ROUTER_E_UNKNOWN : world_crash(run->world, place);
    if (result == ROUTER_OK) {
        peers_leave(run, place);
    }
    return result;
}

static int starts(struct run *run, const struct script_action *action) {
    int place = world_place(run->world, action->first);
    return place < 0 ? ROUTER_E_UNKNOWN : world_start(run->world, place);
}

void drill_network(struct run *run, const struct script_action *action) {
    switch (action->verb) {
    case SCRIPT_CUTS:
    case SCRIPT_CUTS_ONE_WAY:
    case SCRIPT_STALLS:
        judge(run, action, breaks(run, action));
        break;
    case SCRIPT_HEALS:
        run->stalled = false;
        judge(run, action, world_heal(run->world));
        break;
    case SCRIPT_CRASHES:
        judge(run, action, crashes(run, action));
        break;
    case SCRIPT_STARTS:
        judge(run, action, starts(run, action));
        break;
    default:
        judge(run, action, world_dns(run->world, action->first, action->verb == SCRIPT_DNS_FINDS));
        break;
    }
}
