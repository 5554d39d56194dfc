/* fits.c - whether a script can be played on real servers: they have one policy, the time of day and no wires to pull.
 * What does not fit is a reason to skip the case, found before its first action where that is possible. */
#include "parts.h"

#include <inttypes.h>
#include <string.h>

enum { MOMENT_US = 100000 }; /* a shorter time is meant for the latencies of the simulation */

static bool skip(struct run *run, unsigned line, const char *reason) {
    drill_run_stop(run, RUN_SKIPPED, line, 1, "%s", reason == NULL ? "" : reason);
    return false;
}

static const char *profile_name(const struct run *run) {
    return run->options->profile == NULL ? "rfc6121" : run->options->profile;
}

const char *drill_run_target(const struct run *run) {
    return run->options->target == NULL ? profile_name(run) : run->options->target;
}

/* -------------------------------------------------------------------------------------------------------- time ---- */

static bool has_no_latency(struct run *run, const struct script_actor *actor, uint64_t usual_us) {
    uint64_t us = usual_us;
    if (!drill_duration(run, actor, "latency", &us)) {
        return false;
    }
    return us == usual_us ||
           skip(run, drill_property(actor, "latency")->line, drill_run_text(run, "asks for a latency of %s", actor->name));
}

static bool breaks(enum script_verb verb) {
    switch (verb) {
    case SCRIPT_DISCONNECTS:
    case SCRIPT_VANISHES:
    case SCRIPT_CLOSES:
    case SCRIPT_CUTS:
    case SCRIPT_CUTS_ONE_WAY:
    case SCRIPT_STALLS:
    case SCRIPT_CRASHES:
    case SCRIPT_DNS_LOSES:
        return true;
    default:
        return false;
    }
}

static bool fits_pass(struct run *run) {
    const uint64_t most_us = run->options->pass_max_us;
    uint64_t left_us = most_us;
    bool waits = false;
    for (size_t i = 0; i < run->script->cast_count; i++) {
        waits = waits || run->script->cast[i].role == SCRIPT_PEER;
    }
    for (size_t i = 0; waits && most_us > 0 && i < run->script->action_count; i++) {
        const struct script_action *action = &run->script->actions[i];
        if (action->verb != SCRIPT_TIME_PASSES) {
            continue;
        }
        if (action->duration_us < MOMENT_US && i + 1 < run->script->action_count && breaks(action[1].verb)) {
            return skip(run, action->line, "a moment between two steps of servers cannot be hit on real ones");
        }
        if (action->duration_us > left_us) {
            return skip(run, action->line,
                        drill_run_text(run, "lets more than %" PRIu64 ".%03" PRIu64 " s pass", most_us / 1000000,
                                       most_us / 1000 % 1000));
        }
        left_us -= action->duration_us;
    }
    return true;
}

bool drill_fits_time(struct run *run) {
    for (size_t i = 0; run->world == NULL && i < run->script->cast_count; i++) {
        const struct script_actor *actor = &run->script->cast[i];
        const uint64_t usual_us = actor->role == SCRIPT_PEER ? WORLD_SERVER_LATENCY_US : WORLD_CLIENT_LATENCY_US;
        if (actor->role == SCRIPT_LINK) {
            return skip(run, actor->line,
                        drill_run_text(run, "asks for a latency between %s and %s", actor->name, actor->second));
        }
        if (!has_no_latency(run, actor, usual_us)) {
            return false;
        }
    }
    return run->world != NULL || fits_pass(run);
}

/* ------------------------------------------------------------------------------------------------------ policy ---- */

/* What a knob of the script's stands at, against what the target's profile says. */
static bool fits_knob(struct run *run, const struct script_actor *actor, const struct policy *policy, size_t n) {
    char wanted[24], there[24];
    const struct router_knob knob = router_knob(n);
    const char *value = policy_get(policy, n, wanted), *other = policy_get(run->target, n, there);
    return strcmp(value, other) == 0 ||
           skip(run, actor->line,
                drill_run_text(run, "[Server] %s asks for policy %s=%s; profile %s has %s", actor->name, knob.name, value,
                               profile_name(run), other));
}

static bool names_knob(const struct script_property *property, const char *knob) {
    const size_t size = strlen(knob);
    const char *value = property->value + strspn(property->value, " \t");
    return strcmp(property->key, "policy") == 0 && strncmp(value, knob, size) == 0 &&
           strchr("= \t", value[size]) != NULL;
}

/* What the specification recommends is what every server is held against. Another choice, or another server's ways, a
 * target must have by itself. */
bool drill_fits_policy(struct run *run, const struct script_actor *actor, const struct policy *policy) {
    const struct script_property *named = drill_property(actor, "profile");
    if (run->world != NULL || run->options->one_policy) {
        return true;
    }
    if (named != NULL && strcmp(named->value, "rfc6121") != 0 && strcmp(named->value, profile_name(run)) != 0) {
        return skip(run, actor->line, drill_run_text(run, "[Server] %s asks for profile %s; the target's is %s", actor->name,
                                                     named->value, profile_name(run)));
    }
    run->target = run->target == NULL ? drill_policy(run, NULL) : run->target;
    if (run->target == NULL) {
        return false;
    }
    for (size_t i = 0; i < actor->property_count; i++) {
        for (size_t n = 0; n < router_knob_count(); n++) {
            if (names_knob(&actor->properties[i], router_knob(n).name) && !fits_knob(run, actor, policy, n)) {
                return false;
            }
        }
    }
    return true;
}

/* ------------------------------------------------------------------------------------------------------ faults ---- */

bool drill_fault_of(const struct script_action *action, enum venue_fault *fault) {
    static const struct {
        enum script_verb verb;
        enum venue_fault fault;
    } faults[] = {
        {SCRIPT_CUTS, VENUE_CUT},        {SCRIPT_CUTS_ONE_WAY, VENUE_CUT_ONE_WAY}, {SCRIPT_STALLS, VENUE_STALL},
        {SCRIPT_HEALS, VENUE_HEAL},      {SCRIPT_CRASHES, VENUE_CRASH},            {SCRIPT_STARTS, VENUE_START},
        {SCRIPT_DNS_LOSES, VENUE_DNS_LOSE}, {SCRIPT_DNS_FINDS, VENUE_DNS_FIND},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (faults[i].verb == action->verb) {
            *fault = faults[i].fault;
            return true;
        }
    }
    return false;
}

bool drill_fits_faults(struct run *run) {
    for (size_t i = 0; run->venue->ops->allows != NULL && i < run->script->action_count; i++) {
        const struct script_action *action = &run->script->actions[i];
        enum venue_fault fault;
        struct router_error error = {0};
        if (!drill_fault_of(action, &fault)) {
            continue;
        }
        int result = run->venue->ops->allows(run->venue, fault, action->first, action->second, &error);
        if (drill_run_failed(run, result, &error, action->line)) {
            return false;
        }
    }
    return true;
}
