/* network.c - what a script does to the network and to its servers: links are cut, names are lost, servers crash. The
 * reader has seen to it that a script asks only for what can be; what it asks for in vain is said all the same. */
#include "parts.h"

#include <string.h>

/* A peer that has crashed owes nobody an answer any more. */
static void peer_leaves(struct run *run, int actor) {
    if (actor >= 0 && run->script->cast[actor].role == SCRIPT_PEER) {
        run->actors[actor].left = drill_event_count(run);
    }
}

static void judge(struct run *run, const struct script_action *action, int result, const struct router_error *error) {
    if (result != ROUTER_OK && !drill_run_failed(run, result, error, action->line)) {
        drill_run_stop(run, RUN_CANNOT, action->line, action->column, "%s",
                       result == ROUTER_E_CONFLICT ? "it is so already; expected it to be otherwise before this line"
                                                   : "the network has no such place");
    }
}

void drill_network(struct run *run, const struct script_action *action) {
    enum venue_fault fault;
    struct router_error error = {0};
    if (!drill_fault_of(action, &fault)) {
        return;
    }
    drill_rest(run);
    int result = run->venue->ops->fault(run->venue, fault, action->first, action->second, &error);
    drill_look(run);
    judge(run, action, result, &error);
    run->stalled = fault != VENUE_HEAL && (run->stalled || fault == VENUE_STALL);
    if (fault == VENUE_CRASH && result == ROUTER_OK) {
        peer_leaves(run, action->actor);
    }
}
