/* Plays a script up to one stanza, and keeps what came of it. */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

/* A simulated network that tells what happened on it when it ends. */
struct stage {
    struct venue venue; /* first, so that it can be taken for one */
    struct venue_ops ops;
    struct venue *inner;
    const struct scene_script *script;
    struct scene *scene;
    const struct policy **policies; /* of the servers */
    size_t policy_count;
    bool asked;
    size_t from; /* how long the log was then */
};

/* -------------------------------------------------------------------------------------------------- the script ---- */

static struct script_action *copy_actions(const struct script *script, size_t count, size_t room, struct arena *arena) {
    struct script_action *actions = cli_need(arena_take(arena, (count + room + 1) * sizeof *actions));
    for (size_t i = 0; i < count; i++) {
        actions[i] = script->actions[i];
    }
    return actions;
}

struct scene_script scene_before(const struct script *script, size_t action, size_t stanza, struct arena *arena) {
    struct script_action *actions = copy_actions(script, action + 1, 1, arena);
    size_t count = action;
    if (stanza > 0) {
        actions[count++].stanza_count = stanza;
    }
    actions[count] = script->actions[action];
    actions[count].stanzas += stanza;
    actions[count].stanza_count = 1;
    actions[count].line = actions[count].stanzas[0].line;
    struct scene_script cut = {*script, false};
    cut.script.actions = actions;
    cut.script.action_count = count + 1;
    return cut;
}

bool scene_after(const struct script *script, int actor, const char *bytes, struct arena *arena,
                 struct scene_script *out, struct xml_fault *fault) {
    struct xml_node *root = NULL;
    if (!xml_parse(arena, bytes, strlen(bytes), 1, &root, fault)) {
        return false;
    }
    if (root == NULL || root->next != NULL) {
        *fault = (struct xml_fault){.line = root == NULL ? 1 : root->next->line,
                                    .column = root == NULL ? 1 : root->next->column,
                                    .text = "expected one stanza, an element with all that is in it"};
        return false;
    }
    struct script_stanza *stanza = cli_need(arena_take(arena, sizeof *stanza));
    *stanza = (struct script_stanza){.bytes = bytes, .size = strlen(bytes), .tree = root, .line = 0};
    struct script_action *actions = copy_actions(script, script->action_count, 1, arena);
    actions[script->action_count] = (struct script_action){
        .verb = SCRIPT_SENDS, .line = 0, .column = 1, .actor = actor, .stanzas = stanza, .stanza_count = 1};
    *out = (struct scene_script){*script, true};
    out->script.actions = actions;
    out->script.action_count++;
    return true;
}

/* ----------------------------------------------------------------------------------------------- what came of it ---- */

static const char *keep(const struct scene *scene, const char *text) {
    return text == NULL ? NULL : cli_need(arena_text(scene->arena, text, strlen(text)));
}

static const char *knob_value(const struct stage *stage, const struct world_event *event) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    char value[24];
    if (event->kind != WORLD_EFFECT || event->rule < 0 || rules[event->rule].knob_number < 0 || event->server < 0 ||
        (size_t)event->server >= stage->policy_count) {
        return NULL;
    }
    return keep(stage->scene, policy_get(stage->policies[event->server], (size_t)rules[event->rule].knob_number, value));
}

static void keep_event(const struct stage *stage, const struct world_event *event) {
    struct scene *scene = stage->scene;
    struct world_event *copy = &scene->events[scene->count];
    *copy = *event;
    copy->id = keep(scene, event->id);
    copy->from = keep(scene, event->from);
    copy->to = keep(scene, event->to);
    copy->departure = keep(scene, event->departure);
    copy->condition = keep(scene, event->condition);
    copy->host = keep(scene, event->host);
    copy->target = keep(scene, event->target);
    copy->text = keep(scene, event->text);
    copy->stanza = event->stanza == NULL ? NULL : cli_need(arena_text(scene->arena, event->stanza, event->stanza_size));
    scene->values[scene->count++] = knob_value(stage, event);
}

static void keep_events(const struct stage *stage) {
    struct scene *scene = stage->scene;
    const struct world *world = stage->venue.world;
    const int cause = (int)stage->script->script.action_count - 1;
    const size_t all = world_event_count(world) - stage->from;
    scene->events = cli_need(arena_take(scene->arena, (all + 1) * sizeof *scene->events));
    scene->values = cli_need(arena_take(scene->arena, (all + 1) * sizeof *scene->values));
    for (size_t i = 0; i < scene->name_count; i++) {
        scene->bound[i] = keep(scene, world_full_jid(world, (int)i));
    }
    for (size_t i = stage->from; i < world_event_count(world); i++) {
        if (world_event(world, i)->cause == cause) {
            keep_event(stage, world_event(world, i));
        }
    }
}

/* ---------------------------------------------------------------------------------------------------- the venue ---- */

static int add_server(struct venue *venue, const char *name, const char *const *domains, size_t domain_count,
                      const struct policy *policy, struct router_error *error) {
    struct stage *stage = (struct stage *)venue;
    stage->policies = cli_need(realloc(stage->policies, (stage->policy_count + 1) * sizeof *stage->policies));
    stage->policies[stage->policy_count++] = policy;
    return stage->inner->ops->server(venue, name, domains, domain_count, policy, error);
}

static void set_cause(struct venue *venue, int cause) {
    struct stage *stage = (struct stage *)venue;
    if ((size_t)cause + 1 == stage->script->script.action_count) {
        while (stage->script->settle && world_busy(venue->world) && world_step(venue->world)) {
        }
        stage->asked = true;
        stage->from = world_event_count(venue->world);
    }
    stage->inner->ops->cause(venue, cause);
}

static void end(struct venue *venue) {
    struct stage *stage = (struct stage *)venue;
    if (stage->asked) {
        keep_events(stage);
    }
    stage->inner->ops->free(stage->inner);
    free(stage->policies);
    free(stage);
}

struct order {
    const struct scene_script *script;
    struct scene *scene;
    uint64_t seed;
};

static int new_stage(void *context, unsigned number, struct venue **venue, struct router_error *error) {
    const struct order *order = context;
    (void)number;
    (void)error;
    struct stage *stage = cli_need(calloc(1, sizeof *stage));
    const struct world_config config = {.seed = order->seed, .record_facts = true};
    stage->inner = cli_need(venue_simulated(&config));
    stage->ops = *stage->inner->ops;
    stage->ops.server = add_server;
    stage->ops.cause = set_cause;
    stage->ops.free = end;
    stage->venue = (struct venue){.ops = &stage->ops, .world = stage->inner->world};
    stage->script = order->script;
    stage->scene = order->scene;
    *venue = &stage->venue;
    return ROUTER_OK;
}

/* The world counts components, then clients, then peers. */
static void name_clients(const struct script *script, struct scene *scene) {
    static const enum script_role order[] = {SCRIPT_COMPONENT, SCRIPT_CLIENT, SCRIPT_PEER};
    scene->names = cli_need(arena_take(scene->arena, (script->cast_count + 1) * sizeof *scene->names));
    scene->bound = cli_need(arena_take(scene->arena, (script->cast_count + 1) * sizeof *scene->bound));
    for (size_t role = 0; role < sizeof order / sizeof order[0]; role++) {
        for (size_t i = 0; i < script->cast_count; i++) {
            if (script->cast[i].role == order[role]) {
                scene->names[scene->name_count++] = keep(scene, script->cast[i].name);
            }
        }
    }
}

/* --scansion's view of what is still unread fits here: the script was cut off. */
void scene_play(const struct scene_script *script, const struct drill_options *options, struct scene *out) {
    *out = (struct scene){.arena = cli_need(arena_new())};
    struct order order = {script, out, options->seed};
    struct drill_options own = *options;
    own.venue = new_stage;
    own.venue_context = &order;
    own.scansion = true;
    own.trace = own.story = own.observe = own.strict = false;
    struct drill_result result;
    name_clients(&script->script, out);
    if (!drill_play(&script->script, &own, &result)) {
        cli_need(NULL);
    }
    out->reached = result.verdict == DRILL_PASS || result.verdict == DRILL_NON_STRICT;
    if (!out->reached) {
        out->failure = cli_copy(result.failure != NULL ? result.failure : result.reason != NULL ? result.reason : "");
    }
    drill_result_free(&result);
}

void scene_free(struct scene *scene) {
    free(scene->failure);
    arena_free(scene->arena);
    *scene = (struct scene){0};
}
