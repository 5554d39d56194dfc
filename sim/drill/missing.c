/* missing.c - why something that was expected did not come. */
#include "parts.h"

#include <string.h>

static const char *resolved_id(struct run *run, const struct xml_node *expected) {
    const char *id = xml_attribute_get(expected, "id");
    return id == NULL ? NULL : drill_value_resolve(run, id, false, 0);
}

static bool is_expected(struct run *run, const struct xml_node *expected, size_t event) {
    struct match_words words = drill_value_words(run);
    const struct xml_node *tree = drill_run_tree(run, event);
    words.capture = NULL;
    return tree != NULL && match_stanza(run->arena, &words, expected, tree, NULL);
}

static bool has_its_id(struct run *run, const struct xml_node *expected, const char *id, size_t event) {
    const struct xml_node *tree = id == NULL ? NULL : drill_run_tree(run, event);
    const char *own = tree == NULL ? NULL : xml_attribute_get(tree, "id");
    return own != NULL && strcmp(own, id) == 0 && strcmp(tree->name, expected->name) == 0;
}

/* Somebody else who got what was expected here. */
static long strayed(struct run *run, int actor, const struct xml_node *expected) {
    for (size_t i = drill_event_count(run); i-- > 0;) {
        const struct world_event *event = drill_event(run, i);
        if (event->kind == WORLD_ARRIVE && event->client != run->actors[actor].client &&
            is_expected(run, expected, i)) {
            return (long)i;
        }
    }
    return NO_EVENT;
}

/* What was expected here and was on its way; or, after a rule has changed it, what has its id. */
static long lost(struct run *run, int actor, const struct xml_node *expected) {
    const char *id = resolved_id(run, expected);
    for (size_t i = drill_event_count(run); i-- > 0;) {
        const struct world_event *event = drill_event(run, i);
        if (event->kind == WORLD_LOST && (event->client < 0 || event->client == run->actors[actor].client) &&
            (is_expected(run, expected, i) || has_its_id(run, expected, id, i))) {
            return (long)i;
        }
    }
    return NO_EVENT;
}

/* ------------------------------------------------------------------------------------------------- what decided ----
 */

static bool is_text(struct slice text, const char *other) {
    return strlen(other) == text.size && memcmp(other, text.data, text.size) == 0;
}

/* Whether a fate is for an actor: for an account, or for a domain that a peer or a component plays. */
static bool concerns(const struct run *run, int actor, const struct world_event *event) {
    const struct actor *own = &run->actors[actor];
    if (event->target == NULL) {
        return false;
    }
    if (run->script->cast[actor].role == SCRIPT_CLIENT) {
        const size_t size = strlen(own->bare);
        return strncmp(event->target, own->bare, size) == 0 &&
               (event->target[size] == '\0' || event->target[size] == '/');
    }
    return is_text(drill_domain(event->target), own->bare);
}

/* The last fate that concerns the actor, or else the last one, of a stanza (number 0: any) or of what an action caused.
 */
static long last_fate(const struct run *run, int actor, uint32_t number, int cause) {
    long any = NO_EVENT;
    for (size_t i = drill_event_count(run); i-- > 0;) {
        const struct world_event *event = drill_event(run, i);
        if (!drill_is_fate(event) || (number > 0 ? event->number != number : event->cause != cause)) {
            continue;
        }
        if (concerns(run, actor, event)) {
            return (long)i;
        }
        any = any == NO_EVENT ? (long)i : any;
    }
    return any;
}

static bool sends(const struct script_action *action) {
    return action->verb <= SCRIPT_SENDS_RAW;
}

/* The fate that explains why nothing came: of the stanza that has the expected id, else of what was last sent. */
static long explaining_fate(struct run *run, int actor, const struct xml_node *expected) {
    const char *id = resolved_id(run, expected);
    for (uint32_t number = (uint32_t)run->enter_count; id != NULL && number > 0; number--) {
        if (has_its_id(run, expected, id, run->enters[number - 1])) {
            return last_fate(run, actor, number, 0);
        }
    }
    size_t last = run->action;
    while (last > 0 && !sends(&run->script->actions[last])) {
        last--;
    }
    return last_fate(run, actor, 0, (int)last);
}

/* ------------------------------------------------------------------------------------------------- on which way ----
 */

static bool is_step(const struct world_event *event) {
    return event->kind == WORLD_OPEN || event->kind == WORLD_STEP || event->kind == WORLD_READY ||
           event->kind == WORLD_FAILED || event->kind == WORLD_CLOSED;
}

static const char *peer_serving(const struct run *run, struct slice domain) {
    for (size_t i = 0; i < run->script->cast_count; i++) {
        if (run->script->cast[i].role != SCRIPT_PEER) {
            continue;
        }
        const char *const *also = run->actors[i].also;
        bool found = is_text(domain, run->actors[i].bare);
        for (size_t n = 0; also != NULL && also[n] != NULL && !found; n++) {
            found = is_text(domain, also[n]);
        }
        if (found) {
            return run->script->cast[i].name;
        }
    }
    return NULL;
}

/* What last became of the stream that a stanza needed, and whose it is where the script plays the other end. */
static const char *stream_line(struct run *run, const char *host, const char *target) {
    const struct slice domain = drill_domain(target);
    for (size_t i = drill_event_count(run); i-- > 0;) {
        const struct world_event *event = drill_event(run, i);
        if (is_step(event) && event->host != NULL && event->target != NULL && strcmp(event->host, host) == 0 &&
            is_text(domain, event->target)) {
            const char *line = drill_event_line(run, i);
            const char *peer = peer_serving(run, domain);
            return peer == NULL ? line : drill_run_text(run, "%.400s   ([Peer] %.100s)", line, peer);
        }
    }
    return NULL;
}

/* Where the stanza of a fate was routed to another server; NULL: it was not. */
static const struct world_event *route_of(const struct run *run, long fate) {
    const uint32_t number = fate == NO_EVENT ? 0 : drill_event(run, (size_t)fate)->number;
    for (size_t i = drill_event_count(run); number > 0 && i-- > 0;) {
        const struct world_event *event = drill_event(run, i);
        if (drill_is_fate(event) && event->effect == ROUTER_ROUTE && event->number == number) {
            return event;
        }
    }
    return NULL;
}

static const char *network_line(struct run *run) {
    for (size_t i = drill_event_count(run); i-- > 0;) {
        if (drill_event(run, i)->kind == WORLD_FAULT) {
            return drill_event_line(run, i);
        }
    }
    return NULL;
}

static void explain_way(struct run *run, const struct world_event *way, struct difference *difference) {
    if (way != NULL && way->host != NULL && way->target != NULL) {
        difference->stream = stream_line(run, way->host, way->target);
        difference->network = network_line(run);
    }
}

void drill_explain_way(struct run *run, struct difference *difference) {
    if (difference->decided != NO_EVENT &&
        drill_event(run, (size_t)difference->decided)->effect == ROUTER_BOUNCE) {
        explain_way(run, route_of(run, difference->decided), difference);
    }
}

static const char *quiet_line(struct run *run) {
    struct text text = {0};
    drill_text_put(&text, "nothing; all was quiet at ");
    drill_text_time(&text, run->venue->ops->now_us(run->venue));
    return drill_run_keep(run, &text);
}

/* Of real servers only what came of it is known, and what was done to the network. */
static void explain_outside(struct run *run, int actor, const struct xml_node *expected,
                            struct difference *difference) {
    const long instead = strayed(run, actor, expected);
    difference->instead = instead == NO_EVENT ? quiet_line(run) : drill_event_line(run, (size_t)instead);
    difference->network = network_line(run);
}

void drill_explain_missing(struct run *run, int actor, const struct xml_node *expected, struct difference *difference) {
    run->quiet = true;
    if (run->world == NULL) {
        explain_outside(run, actor, expected, difference);
        run->quiet = false;
        return;
    }
    long instead = strayed(run, actor, expected);
    const bool stray = instead != NO_EVENT;
    instead = stray ? instead : lost(run, actor, expected);
    difference->instead = instead == NO_EVENT ? quiet_line(run) : drill_event_line(run, (size_t)instead);
    difference->decided =
        instead == NO_EVENT ? explaining_fate(run, actor, expected) : drill_run_decider(run, (size_t)instead);
    run->quiet = false;
    const struct world_event *way =
        instead != NO_EVENT && !stray ? drill_event(run, (size_t)instead) : route_of(run, difference->decided);
    explain_way(run, way, difference);
}
