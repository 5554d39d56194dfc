/* story.c - what happened in a case, told of those who took part: for diagrams, and for whoever wants to read it event by
 * event. Everything is in the log; here it is put into words, and each copy is tied to the rule that sent it. */
#include "story.h"

#include <inttypes.h>
#include <string.h>

static const char *keep(struct teller *t, const char *text) {
    const char *kept = text == NULL ? NULL : arena_text(t->arena, text, strlen(text));
    if (text != NULL && kept == NULL) {
        t->run->state = RUN_NOMEM;
    }
    return kept;
}

static const char *keep_text(struct teller *t, struct text *text) {
    return drill_run_keep_in(t->run, t->arena, text);
}

/* ---------------------------------------------------------------------------------------------------- stanzas ---- */

static const char *kind_of(const struct xml_node *node) {
    static const struct {
        const char *element;
        enum stanza_kind first, last, other;
    } elements[] = {{"message", STANZA_NORMAL, STANZA_MESSAGE_ERROR, STANZA_NORMAL},
                    {"presence", STANZA_AVAILABLE, STANZA_PRESENCE_ERROR, STANZA_PRESENCE_OTHER},
                    {"iq", STANZA_GET, STANZA_IQ_ERROR, STANZA_IQ_OTHER}};
    const char *type = xml_attribute_get(node, "type");
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        if (strcmp(node->name, elements[i].element) != 0) {
            continue;
        }
        if (type == NULL) {
            return stanza_kind_name(strcmp(node->name, "iq") == 0 ? STANZA_IQ_OTHER : elements[i].first);
        }
        for (int kind = (int)elements[i].first; kind <= (int)elements[i].last; kind++) {
            const char *name = stanza_kind_name((enum stanza_kind)kind);
            if (kind != STANZA_AVAILABLE && strcmp(name + strlen(node->name) + 1, type) == 0) {
                return name;
            }
        }
        return stanza_kind_name(elements[i].other);
    }
    return stanza_kind_name(STANZA_FOREIGN);
}

/* The canonical text of an event's stanza; what cannot be read stands as it came. */
static const char *write_stanza(struct teller *t, size_t index) {
    struct text text = {0};
    if (drill_event(t->run, index)->stanza == NULL) {
        return NULL;
    }
    drill_write_stanza(t->run, &text, index);
    return keep_text(t, &text);
}

static const char *label_of(struct teller *t, uint32_t number) {
    const struct world_event *enter = drill_run_enter(t->run, number);
    if (enter == NULL) {
        return "";
    }
    if (t->labels[number] == NULL) {
        struct text text = {0};
        drill_write_label(t->run, &text, number);
        drill_text_format(&text, " %s", stanza_kind_name(enter->stanza_kind));
        t->labels[number] = keep_text(t, &text);
    }
    return t->labels[number] == NULL ? "" : t->labels[number];
}

static const char *stanza_of(struct teller *t, uint32_t number) {
    if (drill_run_enter(t->run, number) == NULL) {
        return NULL;
    }
    if (t->stanzas[number] == NULL) {
        t->stanzas[number] = write_stanza(t, t->run->enters[number - 1]);
    }
    return t->stanzas[number];
}

/* What a server has made of a stanza may have another id, and be of another kind. */
static const char *own_label(struct teller *t, const struct world_event *event, const struct xml_node *tree,
                             const char *kind) {
    const struct world_event *enter = drill_run_enter(t->run, event->number);
    const char *id = tree == NULL ? NULL : xml_attribute_get(tree, "id");
    if (enter != NULL && kind == stanza_kind_name(enter->stanza_kind) &&
        (id == NULL || (enter->id != NULL && strcmp(id, enter->id) == 0))) {
        return label_of(t, event->number);
    }
    struct text text = {0};
    if (id != NULL && drill_is_label(id)) {
        drill_text_format(&text, "%s ", id);
    } else if (event->number > 0) {
        drill_text_format(&text, "#%" PRIu32 " ", event->number);
    }
    drill_text_put(&text, kind);
    return keep_text(t, &text);
}

/* ------------------------------------------------------------------------------------------------------ lanes ---- */

static int client_lane(const struct teller *t, int client) {
    return client < 0 ? -1 : t->lane_of_actor[t->run->actor_of[client]];
}

static int server_lane(const struct teller *t, const struct world_event *event) {
    if (event->server >= 0) {
        return drill_story_lane_of(t, event->server);
    }
    return event->client < 0 ? -1 : t->server_of_actor[t->run->actor_of[event->client]];
}

static int actor_lane(const struct teller *t, int cause) {
    const int actor = cause < 0 ? -1 : t->run->script->actions[cause].actor;
    return actor < 0 ? -1 : t->lane_of_actor[actor];
}

/* On real servers, whoever sent it says nothing of the server that it is connected to; a peer is to none. */
static int entered_at(const struct teller *t, const struct world_event *event) {
    int lane = server_lane(t, event);
    for (size_t i = 0; lane < 0 && i < t->story->lane_count; i++) {
        lane = t->story->lanes[i].kind == DRILL_LANE_SERVER ? (int)i : -1;
    }
    return lane;
}

/* ------------------------------------------------------------------------------------------------------- time ---- */

static const struct opened *opened_find(const struct teller *t, int from, struct slice target) {
    const struct opened *opened = t->opened;
    while (opened != NULL && (opened->from != from || strlen(opened->target) != target.size ||
                              memcmp(opened->target, target.data, target.size) != 0)) {
        opened = opened->next;
    }
    return opened;
}

static void note_ready(struct teller *t, int from, const struct world_event *event) {
    const struct slice target = {.data = event->target, .size = strlen(event->target)};
    struct opened *opened = (struct opened *)opened_find(t, from, target);
    if (opened == NULL) {
        opened = drill_run_take(t->run, sizeof *opened);
        if (opened == NULL) {
            return;
        }
        *opened = (struct opened){.next = t->opened, .from = from, .target = event->target};
        t->opened = opened;
    }
    opened->time_us = event->time_us;
}

/* When something was written that may have had to wait for a stream. */
static uint64_t written(const struct teller *t, uint64_t wanted_us, int from, struct slice target) {
    const struct opened *opened = opened_find(t, from, target);
    return opened != NULL && opened->time_us > wanted_us ? opened->time_us : wanted_us;
}

static uint64_t written_by_server(const struct teller *t, const struct world_event *effect) {
    const char *whom = effect->target == NULL ? "" : effect->target;
    return written(t, effect->time_us, server_lane(t, effect), drill_domain(whom));
}

static uint64_t sent_by_client(const struct teller *t, const struct world_event *enter, int client) {
    const struct actor *actor = &t->run->actors[t->run->actor_of[client]];
    if (t->run->world == NULL) {
        return enter->time_us;
    }
    if (enter->client < 0 && enter->cause >= 0) {
        const struct slice host = {.data = enter->host, .size = strlen(enter->host)};
        return written(t, t->run->began_us[enter->cause], client_lane(t, client), host);
    }
    return enter->time_us > actor->latency_us ? enter->time_us - actor->latency_us : 0;
}

/* ---------------------------------------------------------------------------------------------------- senders ---- */

/* The fate that has sent what came here; NULL: none, or it is not known. */
static const struct world_event *sender_of(const struct teller *t, const struct world_event *event) {
    const struct world_event *effect = t->run->world == NULL ? NULL : drill_event(t->run, event->sent_by);
    return effect != NULL && effect != event && drill_is_fate(effect) ? effect : NULL;
}

static bool as_it_was_sent(const struct world_event *enter, const struct world_event *effect) {
    return effect != NULL && effect->stanza != NULL && effect->stanza_size == enter->stanza_size &&
           memcmp(effect->stanza, enter->stanza, enter->stanza_size) == 0;
}

/* ----------------------------------------------------------------------------------------------------- events ---- */

static struct drill_event *add(struct teller *t, enum drill_event_kind kind, const struct world_event *event) {
    struct drill_event *told = &t->story->events[t->story->event_count++];
    const int cause = event->cause;
    *told = (struct drill_event){.kind = kind,
                                 .time_us = event->time_us,
                                 .sent_us = event->time_us,
                                 .from = -1,
                                 .to = -1,
                                 .line = cause < 0 ? 0 : t->run->script->actions[cause].line,
                                 .number = event->number,
                                 .label = "",
                                 .rule = -1};
    return told;
}

static void take_rule(struct teller *t, struct drill_event *told, const struct world_event *event) {
    struct drill_event *fate = &t->story->events[t->told[event->sent_by]];
    told->rule = fate->rule;
    told->departure = fate->departure;
    told->fate = fate->fate;
    told->condition = fate->condition;
    fate->shown = true;
}

static void tell_enter(struct teller *t, size_t index) {
    const struct world_event *event = drill_event(t->run, index);
    const struct world_event *effect = event->client < 0 ? sender_of(t, event) : NULL;
    struct drill_event *told = add(t, effect == NULL ? DRILL_SENDS : DRILL_CROSSES, event);
    told->to = entered_at(t, event);
    told->label = label_of(t, event->number);
    told->stanza_kind = stanza_kind_name(event->stanza_kind);
    if (effect != NULL) {
        take_rule(t, told, event);
        told->from = server_lane(t, effect);
        told->sent_us = written_by_server(t, effect);
        const struct drill_event *fate = &t->story->events[t->told[event->sent_by]];
        if (as_it_was_sent(event, effect)) {
            t->stanzas[event->number] = fate->stanza;
        }
    } else {
        const int client = event->client >= 0 ? event->client : drill_run_peer(t->run, event);
        told->from = client_lane(t, client);
        told->sent_us = client < 0 ? event->time_us : sent_by_client(t, event, client);
    }
    told->stanza = stanza_of(t, event->number);
}

static void tell_effect(struct teller *t, size_t index) {
    const struct world_event *event = drill_event(t->run, index);
    const bool fate = drill_is_fate(event);
    struct drill_event *told = add(t, fate ? DRILL_FATE : DRILL_MARK, event);
    const struct world_event *enter = drill_run_enter(t->run, event->number);
    told->from = server_lane(t, event);
    told->to = client_lane(t, event->client);
    told->label = label_of(t, event->number);
    told->stanza_kind = enter == NULL ? NULL : stanza_kind_name(enter->stanza_kind);
    told->stanza = fate && event->stanza != NULL ? write_stanza(t, index) : stanza_of(t, event->number);
    told->rule = event->rule;
    told->departure = keep(t, event->departure);
    if (fate) {
        told->fate = router_fate_name(event->effect);
        told->condition = keep(t, event->condition);
        told->address = keep(t, event->target);
    }
    if (fate && event->effect == ROUTER_CLOSE && event->client >= 0) {
        t->closings[event->client] = t->story->event_count;
    }
}

static void tell_arrival(struct teller *t, size_t index) {
    const struct world_event *event = drill_event(t->run, index);
    const struct world_event *effect = sender_of(t, event);
    const struct xml_node *tree = drill_run_tree(t->run, index);
    struct drill_event *told = add(t, DRILL_ARRIVES, event);
    told->from = server_lane(t, event);
    told->to = client_lane(t, event->client);
    told->from = told->from < 0 ? entered_at(t, event) : told->from;
    told->stanza_kind = tree == NULL ? stanza_kind_name(STANZA_FOREIGN) : kind_of(tree);
    told->label = own_label(t, event, tree, told->stanza_kind);
    if (effect != NULL) {
        take_rule(t, told, event);
        told->sent_us = drill_run_role(t->run, event->client) == SCRIPT_PEER ? written_by_server(t, effect)
                                                                             : effect->time_us;
    }
    const struct drill_event *fate = effect == NULL ? NULL : &t->story->events[t->told[event->sent_by]];
    told->stanza = fate != NULL && effect->stanza == event->stanza ? fate->stanza : write_stanza(t, index);
}

static void tell_session(struct teller *t, const struct world_event *event, const char *word) {
    struct drill_event *told = add(t, DRILL_SESSION, event);
    struct text text = {0};
    drill_text_format(&text, "%s ", word);
    drill_text_line(&text, event->text == NULL ? "" : event->text);
    told->label = keep_text(t, &text);
    told->from = client_lane(t, event->client);
    const size_t closing = event->kind == WORLD_ENDED ? t->closings[event->client] : 0;
    if (closing > 0) {
        struct drill_event *fate = &t->story->events[closing - 1];
        told->rule = fate->rule;
        told->departure = fate->departure;
        fate->shown = true;
    }
    t->closings[event->client] = 0;
}

static void tell_stream(struct teller *t, const struct world_event *event) {
    struct drill_event *told = add(t, DRILL_STREAM, event);
    struct text text = {0};
    drill_text_put(&text, drill_link_word(event));
    if (event->kind == WORLD_FAILED || event->kind == WORLD_CLOSED) {
        drill_text_put(&text, ": ");
        drill_text_line(&text, event->text == NULL ? "" : event->text);
    }
    told->label = keep_text(t, &text);
    told->from = server_lane(t, event);
    told->to = drill_story_place(t, event->target);
    told->address = keep(t, event->target);
    if (event->kind == WORLD_READY) {
        note_ready(t, told->from, event);
    }
}

static void tell_lost(struct teller *t, size_t index) {
    const struct world_event *event = drill_event(t->run, index);
    const struct world_event *effect = sender_of(t, event);
    const struct xml_node *tree = event->stanza == NULL ? NULL : drill_run_tree(t->run, index);
    struct drill_event *told = add(t, DRILL_LOST, event);
    told->label = keep(t, event->text == NULL ? "" : event->text);
    if (effect != NULL) {
        take_rule(t, told, event);
        told->from = server_lane(t, effect);
        told->sent_us = written_by_server(t, effect);
    } else {
        told->from = actor_lane(t, event->cause);
        told->sent_us = event->cause < 0 ? event->time_us : t->run->began_us[event->cause];
    }
    if (event->client >= 0) {
        told->to = client_lane(t, event->client);
    } else {
        told->to = event->target != NULL ? drill_story_place(t, event->target) : server_lane(t, event);
    }
    told->to = told->to == told->from ? -1 : told->to;
    told->stanza_kind = tree == NULL ? NULL : kind_of(tree);
    told->stanza = write_stanza(t, index);
}

static void tell_fault(struct teller *t, const struct world_event *event) {
    struct drill_event *told = add(t, DRILL_FAULT, event);
    struct text text = {0};
    drill_text_line(&text, event->text == NULL ? "" : event->text);
    told->label = keep_text(t, &text);
    told->from = server_lane(t, event);
}

static void tell_event(struct teller *t, size_t index) {
    const struct world_event *event = drill_event(t->run, index);
    t->told[index] = t->story->event_count;
    switch (event->kind) {
    case WORLD_ENTER:
        tell_enter(t, index);
        break;
    case WORLD_EFFECT:
        tell_effect(t, index);
        break;
    case WORLD_ARRIVE:
        tell_arrival(t, index);
        break;
    case WORLD_BOUND:
        tell_session(t, event, "bound");
        break;
    case WORLD_REFUSED:
        tell_session(t, event, "refused");
        break;
    case WORLD_ENDED:
        tell_session(t, event, "ended");
        break;
    case WORLD_OPEN:
    case WORLD_STEP:
    case WORLD_READY:
    case WORLD_FAILED:
    case WORLD_CLOSED:
        tell_stream(t, event);
        break;
    case WORLD_LOST:
        tell_lost(t, index);
        break;
    case WORLD_FAULT:
        tell_fault(t, event);
        break;
    }
}

/* ------------------------------------------------------------------------------------------------------ steps ---- */

static void add_duration(struct text *text, uint64_t us) {
    static const struct {
        const char *unit;
        uint64_t us;
    } units[] = {{"h", UINT64_C(3600000000)}, {"m", 60000000}, {"s", 1000000}, {"ms", 1000}, {"us", 1}};
    size_t unit = 0;
    while (us % units[unit].us != 0 || (us == 0 && units[unit].us > 1)) {
        unit++;
    }
    drill_text_format(text, "%" PRIu64 "%s", us / units[unit].us, units[unit].unit);
}

static void tell_step(struct teller *t, size_t index) {
    const struct script_action *action = &t->run->script->actions[index];
    const struct world_event when = {.time_us = t->run->began_us[index], .cause = (int)index};
    struct drill_event *told = add(t, DRILL_STEP, &when);
    const char *words = drill_action_text(t->run, action);
    struct text text = {0};
    drill_text_line(&text, words == NULL ? "" : words);
    if (action->verb == SCRIPT_TIME_PASSES) {
        drill_text_put(&text, ": ");
        add_duration(&text, action->duration_us);
    }
    told->label = keep_text(t, &text);
    told->from = actor_lane(t, (int)index);
}

static bool begin(struct teller *t, size_t steps) {
    struct run *run = t->run;
    const size_t count = drill_event_count(run);
    t->arena = arena_new();
    t->story = t->arena == NULL ? NULL : arena_take(t->arena, sizeof *t->story);
    if (t->story == NULL) {
        arena_free(t->arena);
        return false;
    }
    t->story->owner = t->arena;
    t->story->events = arena_take(t->arena, (count + steps + 1) * sizeof *t->story->events);
    t->told = drill_run_take(run, (count + 1) * sizeof *t->told);
    t->labels = drill_run_take(run, (run->enter_count + 1) * sizeof *t->labels);
    t->stanzas = drill_run_take(run, (run->enter_count + 1) * sizeof *t->stanzas);
    t->closings = drill_run_take(run, (run->client_count + 1) * sizeof *t->closings);
    return t->story->events != NULL && run->state != RUN_NOMEM && drill_story_lanes(t);
}

bool drill_tell(struct run *run, struct drill_result *result) {
    const enum run_state state = run->state;
    const size_t steps = run->script->action_count == 0 ? 0 : run->action + 1;
    struct teller t = {.run = run};
    size_t step = 0;
    bool whole = begin(&t, steps);
    for (size_t i = 0; whole && i <= drill_event_count(run); i++) {
        for (; step < steps && run->began[step] <= i; step++) {
            tell_step(&t, step);
        }
        if (i < drill_event_count(run)) {
            tell_event(&t, i);
        }
        whole = run->state == state;
    }
    result->story = t.story;
    return whole;
}

void drill_story_free(struct drill_story *story) {
    if (story != NULL) {
        arena_free(story->owner);
    }
}
