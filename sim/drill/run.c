/* run.c - one playing of one script: what it owns, and how it ends. */
#include "parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void drill_run_stop(struct run *run, enum run_state state, unsigned line, unsigned column, const char *format, ...) {
    if (run->state != RUN_GOING) {
        return;
    }
    char text[600];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    run->first = (struct difference){.line = line, .column = column, .decided = NO_EVENT};
    run->first.what = arena_text(run->arena, text, strlen(text));
    run->state = run->first.what == NULL ? RUN_NOMEM : state;
}

bool drill_run_failed(struct run *run, int result, const struct router_error *error, unsigned line) {
    if (result == ROUTER_E_NOMEM) {
        run->state = RUN_NOMEM;
    } else if (result != VENUE_E_CANNOT && result != VENUE_E_DOWN) {
        return false;
    } else if (run->state == RUN_GOING && run->differences > 0 && !run->options->one_policy) {
        run->state = RUN_ENDED;
    } else if (result == VENUE_E_CANNOT) {
        drill_run_stop(run, RUN_SKIPPED, line, 1, "%s", error->text[0] == '\0' ? "real servers cannot do it" : error->text);
    } else if (run->state == RUN_GOING) {
        drill_run_stop(run, RUN_DOWN, line, 1, "%s", error->text[0] == '\0' ? "the server is gone" : error->text);
        const struct script_action *present = drill_present(run);
        run->first.step = present == NULL ? "the cast is set up" : drill_action_text(run, present);
    }
    return true;
}

void *drill_run_take(struct run *run, size_t size) {
    void *room = arena_take(run->arena, size);
    if (room == NULL) {
        run->state = RUN_NOMEM;
    }
    return room;
}

const char *drill_run_keep(struct run *run, struct text *text) {
    return drill_run_keep_in(run, run->arena, text);
}

const char *drill_run_keep_in(struct run *run, struct arena *arena, struct text *text) {
    const char *kept = text->failed ? NULL : arena_text(arena, text->data == NULL ? "" : text->data, text->size);
    if (kept == NULL) {
        run->state = RUN_NOMEM;
    }
    free(text->data);
    *text = (struct text){0};
    return kept;
}

const char *drill_run_text(struct run *run, const char *format, ...) {
    char text[600];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *kept = arena_text(run->arena, text, strlen(text));
    if (kept == NULL) {
        run->state = RUN_NOMEM;
    }
    return kept;
}

bool drill_run_grow(struct run *run, void **items, size_t *capacity, size_t count, size_t item_size) {
    if (count < *capacity) {
        return true;
    }
    size_t wanted = *capacity == 0 ? 16 : *capacity * 2;
    wanted = wanted > count ? wanted : count + 1;
    void *bigger = wanted > SIZE_MAX / item_size ? NULL : realloc(*items, wanted * item_size);
    if (bigger == NULL) {
        run->state = RUN_NOMEM;
        return false;
    }
    memset((char *)bigger + *capacity * item_size, 0, (wanted - *capacity) * item_size);
    *items = bigger;
    *capacity = wanted;
    return true;
}

/* An element that cannot be read is remembered as this one, so that it is tried once only. */
static const struct xml_node unreadable = {.ns = "", .name = "", .text = ""};

static const struct xml_node *parse_event(struct run *run, const struct world_event *event) {
    struct xml_node *root = NULL;
    struct xml_fault fault;
    if (event->stanza == NULL) {
        return &unreadable;
    }
    bool read = xml_parse(run->arena, event->stanza, event->stanza_size, 1, &root, &fault);
    if (!read && strcmp(fault.text, "memory ran out") == 0) {
        run->state = RUN_NOMEM;
    }
    return read && root != NULL ? root : &unreadable;
}

const struct xml_node *drill_run_tree(struct run *run, size_t event) {
    const struct world_event *e = drill_event(run, event);
    if (run->world != NULL && e->kind == WORLD_ARRIVE && drill_event(run, e->sent_by)->stanza == e->stanza) {
        return drill_run_tree(run, e->sent_by);
    }
    if (!drill_run_grow(run, (void **)&run->trees, &run->tree_capacity, event, sizeof *run->trees)) {
        return NULL;
    }
    if (run->trees[event] == NULL) {
        run->trees[event] = parse_event(run, e);
    }
    return run->trees[event] == &unreadable ? NULL : run->trees[event];
}

const struct world_event *drill_run_enter(const struct run *run, uint32_t number) {
    return number == 0 || number > run->enter_count ? NULL : drill_event(run, run->enters[number - 1]);
}

long drill_run_decider(const struct run *run, size_t event) {
    const struct world_event *e = drill_event(run, event);
    size_t from = event;
    if (run->world == NULL) {
        return NO_EVENT;
    }
    if (e->kind == WORLD_ARRIVE) {
        from = e->sent_by;
    }
    if (drill_is_fate(drill_event(run, from))) {
        return (long)from;
    }
    for (size_t i = from; e->number > 0 && i-- > 0;) {
        const struct world_event *earlier = drill_event(run, i);
        if (earlier->number == e->number && drill_is_fate(earlier)) {
            return (long)i;
        }
    }
    return NO_EVENT;
}

int drill_run_peer(const struct run *run, const struct world_event *enter) {
    if (enter->client >= 0 || enter->cause < 0) {
        return -1;
    }
    const struct script_action *action = &run->script->actions[enter->cause];
    const bool sent = action->verb == SCRIPT_SENDS || action->verb == SCRIPT_SENDS_RAW;
    return sent && run->script->cast[action->actor].role == SCRIPT_PEER ? run->actors[action->actor].client : -1;
}

const char *drill_run_name(const struct run *run, int client) {
    return run->script->cast[run->actor_of[client]].name;
}

static void make_venue(struct run *run) {
    const struct drill_options *options = run->options;
    struct world_config config = {.seed = options->seed, .record_facts = run->explain};
    struct router_error error = {0};
    int result = ROUTER_OK;
    if (options->venue == NULL) {
        run->venue = venue_simulated(&config);
    } else {
        result = options->venue(options->venue_context, options->number, &run->venue, &error);
    }
    if (result == ROUTER_OK && run->venue == NULL) {
        result = ROUTER_E_NOMEM;
    }
    if (result != ROUTER_OK && !drill_run_failed(run, result, &error, 0)) {
        (void)drill_run_failed(run, VENUE_E_DOWN, &error, 0);
    }
    run->world = run->venue == NULL ? NULL : run->venue->world;
}

static bool run_begin(struct run *run) {
    size_t rules = 0;
    (void)router_rules(&rules);
    run->arena = arena_new();
    run->first.decided = NO_EVENT;
    if (run->arena == NULL) {
        return false;
    }
    make_venue(run);
    run->fired = run->world == NULL ? NULL : calloc(rules, 1);
    run->classes = run->world == NULL ? NULL : calloc(router_class_limit(), 1);
    return run->state != RUN_NOMEM && (run->world == NULL || (run->fired != NULL && run->classes != NULL));
}

static void run_end(struct run *run) {
    if (run->venue != NULL) {
        run->venue->ops->free(run->venue);
    }
    policy_free(run->target);
    for (size_t i = 0; i < run->policy_count; i++) {
        policy_free(run->policies[i]);
    }
    for (size_t i = 0; run->actors != NULL && i < run->script->cast_count; i++) {
        free(run->actors[i].inbox);
    }
    free(run->policies);
    free(run->enters);
    free(run->notes);
    free(run->trees);
    free(run->fired);
    free(run->classes);
    arena_free(run->arena);
}

static bool is_recommended(const struct run *run, const struct world_event *event, size_t knob) {
    char value[24];
    const struct router_knob known = router_knob(knob);
    return !known.recommended || strcmp(policy_get(run->policies[event->server], knob, value), known.initial) == 0;
}

/* A fate may be what the profile says, and still not what the specification asks for. */
static void note_loose(struct run *run, const struct world_event *event, const struct router_rule *rule) {
    if (event->departure != NULL) {
        run->loose = drill_run_text(run, "%s departs from %s (%s)", event->departure, rule->id, rule->strength);
        return;
    }
    if (rule->knob_number < 0 || is_recommended(run, event, (size_t)rule->knob_number)) {
        return;
    }
    char value[24];
    const struct router_knob knob = router_knob((size_t)rule->knob_number);
    run->loose = drill_run_text(
        run, "%s (%s): policy %s=%s, where the specification asks for %s", rule->id, rule->strength, knob.name,
        policy_get(run->policies[event->server], (size_t)rule->knob_number, value), knob.initial);
}

/* What fired is known by the log: each effect names its rule, and each never says whether it was tempted. */
static void judge(struct run *run) {
    size_t rules = 0;
    const struct router_rule *catalogue = router_rules(&rules);
    for (size_t i = 0; i < drill_event_count(run); i++) {
        const struct world_event *event = drill_event(run, i);
        if (event->kind == WORLD_EFFECT && event->rule >= 0 && (size_t)event->rule < rules) {
            if (run->loose == NULL && (run->fired[event->rule] == 0 || event->departure != NULL)) {
                note_loose(run, event, &catalogue[event->rule]);
            }
            run->fired[event->rule] = 1;
            run->classes[event->input_class] = 1;
        }
    }
    drill_nevers_check(run);
}

static void play_once(struct run *run) {
    if (run->state == RUN_GOING && drill_setup(run)) {
        drill_play_script(run);
    }
    if (run->state == RUN_ENDED) {
        run->state = RUN_GOING;
    }
    if (run->state == RUN_GOING && run->world != NULL) {
        judge(run);
    }
    if (run->world != NULL && world_failed(run->world)) {
        run->state = RUN_NOMEM;
    }
}

static enum drill_verdict verdict_of(const struct run *run) {
    switch (run->state) {
    case RUN_CANNOT:
        return DRILL_ERROR;
    case RUN_BROKEN:
        return DRILL_BROKEN;
    case RUN_SKIPPED:
        return DRILL_SKIP;
    case RUN_DOWN:
        return DRILL_FAIL;
    default:
        if (run->differences > 0) {
            return DRILL_FAIL;
        }
        return run->loose == NULL ? DRILL_PASS : run->options->strict ? DRILL_FAIL : DRILL_NON_STRICT;
    }
}

static bool is_passed(enum drill_verdict verdict) {
    return verdict == DRILL_PASS || verdict == DRILL_NON_STRICT;
}

static bool is_worth(enum drill_keep keep, enum drill_verdict verdict) {
    return keep == DRILL_KEEP_ALL || !is_passed(verdict) ||
           (keep == DRILL_KEEP_TROUBLES && verdict == DRILL_NON_STRICT);
}

/* Under --strict a case fails that did all that its script expects. */
static char *strict_text(const struct run *run) {
    struct text text = {0};
    drill_text_format(&text, "  %s: everything came as expected, but --strict wants what the specification asks for\n",
                      run->script->file);
    drill_text_format(&text, "    departed   %s\n", run->loose);
    return drill_text_take(&text);
}

static bool fill_reason(struct drill_result *result, const char *reason) {
    struct text text = {0};
    drill_text_line(&text, reason);
    result->reason = drill_text_take(&text);
    return result->reason != NULL;
}

static bool fill_texts(struct run *run, struct drill_result *result) {
    if (is_passed(result->verdict)) {
        return run->loose == NULL || fill_reason(result, run->loose);
    }
    result->line = run->first.line;
    result->column = run->first.column;
    if (result->verdict == DRILL_SKIP) {
        return fill_reason(result, run->first.what);
    }
    result->further = run->differences > 1 ? run->differences - 1 : 0;
    const bool only_strict = result->verdict == DRILL_FAIL && run->differences == 0 && run->state == RUN_GOING;
    result->failure = only_strict ? strict_text(run) : drill_failure_text(run, result->replay);
    return result->failure != NULL;
}

static void fill_result(struct run *run, struct drill_result *result) {
    result->verdict = verdict_of(run);
    result->down = run->state == RUN_DOWN;
    result->virtual_us = run->venue == NULL ? 0 : run->venue->ops->now_us(run->venue);
    if (run->fired != NULL) {
        (void)router_rules(&result->rule_count);
        result->fired = run->fired;
        result->classes = run->classes;
        run->fired = run->classes = NULL;
    }
    result->decides_skipped = run->decides_skipped;
    result->replay = drill_replay_text(run);
    bool whole = result->replay != NULL && fill_texts(run, result);
    const bool failed = !is_passed(result->verdict) && result->verdict != DRILL_SKIP;
    const bool worth = is_worth(run->options->keep, result->verdict);
    if (((run->options->trace && worth) || (run->options->trace_failure && failed)) && run->venue != NULL) {
        result->trace = drill_trace_text(run);
        whole = whole && result->trace != NULL;
    }
    if (run->options->observe && run->playing) {
        whole = whole && drill_observe(run, result);
    }
    if (run->options->story && worth && run->playing) {
        whole = whole && drill_tell(run, result);
    }
    if (run->options->tally && run->world != NULL) {
        result->tally = drill_tally_make(run);
        whole = whole && result->tally != NULL;
    }
    run->state = whole ? run->state : RUN_NOMEM;
}

static bool is_red(const struct run *run) {
    return run->state == RUN_CANNOT || run->state == RUN_BROKEN || run->differences > 0;
}

/* In the simulation, a case that goes wrong is played again with the facts recorded: recording them always would cost
 * every other case. What real servers did once they need not do again. */
bool drill_play(const struct script *script, const struct drill_options *options, struct drill_result *result) {
    *result = (struct drill_result){0};
    bool whole = true;
    for (int attempt = 0; attempt < 2; attempt++) {
        const bool real = options->venue != NULL;
        struct run run = {.script = script, .options = options, .explain = real || attempt == 1};
        whole = run_begin(&run);
        if (whole) {
            play_once(&run);
        }
        bool again = whole && !real && attempt == 0 && run.state != RUN_NOMEM && is_red(&run);
        if (whole && !again && run.state != RUN_NOMEM) {
            fill_result(&run, result);
        }
        whole = whole && run.state != RUN_NOMEM;
        run_end(&run);
        if (!again) {
            break;
        }
    }
    if (!whole) {
        drill_result_free(result);
    }
    return whole;
}

void drill_result_free(struct drill_result *result) {
    free(result->failure);
    free(result->reason);
    free(result->trace);
    free(result->replay);
    free(result->fired);
    free(result->classes);
    drill_observe_free(result);
    drill_story_free(result->story);
    drill_tally_free(result->tally);
    *result = (struct drill_result){0};
}
