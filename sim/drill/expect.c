/* expect.c - compares what clients got with what the script says that they get. */
#include "parts.h"

#include <string.h>

/* ------------------------------------------------------------------------------------------------------ texts ---- */

/* How a person calls an expected stanza: by its id, else by what it is. */
static const char *call(struct run *run, const struct xml_node *expected) {
    const char *id = xml_attribute_get(expected, "id");
    if (id != NULL && id[0] != '\0' && strpbrk(id, "${} \t\r\n") == NULL && strlen(id) <= 40) {
        return id;
    }
    return drill_run_text(run, "%s %.60s", strchr("aeiou", expected->name[0]) != NULL ? "an" : "a", expected->name);
}

/* The expected element with the values that its words have now. What has none stays as it was written. */
static const struct xml_node *with_values(struct run *run, const struct xml_node *expected) {
    struct xml_node *copy = drill_run_take(run, sizeof *copy);
    if (copy == NULL) {
        return expected;
    }
    *copy = *expected;
    copy->next = NULL;
    copy->attributes = drill_run_take(run, (expected->attribute_count + 1) * sizeof *copy->attributes);
    for (size_t i = 0; copy->attributes != NULL && i < expected->attribute_count; i++) {
        copy->attributes[i] = expected->attributes[i];
        const char *value = drill_value_resolve(run, expected->attributes[i].value, false, 0);
        copy->attributes[i].value = value == NULL ? expected->attributes[i].value : value;
    }
    const char *text = drill_value_resolve(run, expected->text, false, 0);
    copy->text = text == NULL ? expected->text : text;
    struct xml_node **last = &copy->child;
    for (const struct xml_node *child = expected->child; child != NULL; child = child->next) {
        /* with_values gives a fresh node, so that it may be linked anew. */
        struct xml_node *fresh = (struct xml_node *)(uintptr_t)with_values(run, child);
        if (run->state != RUN_GOING) {
            return expected;
        }
        *last = fresh;
        last = &fresh->next;
    }
    return copy;
}

static const char *expected_line(struct run *run, int actor, const struct xml_node *expected) {
    struct text text = {0};
    drill_text_line(&text, run->script->cast[actor].name);
    drill_text_put(&text, " < ");
    run->quiet = true;
    drill_write_element(&text, with_values(run, expected));
    run->quiet = false;
    return drill_run_keep(run, &text);
}

/* What came in full, to be held against what was expected. */
static const char *full_arrival_line(struct run *run, size_t event) {
    const struct world_event *e = drill_event(run, event);
    struct text text = {0};
    drill_text_time(&text, e->time_us);
    drill_text_format(&text, " %s < ", drill_run_name(run, e->client));
    drill_write_stanza(run, &text, event);
    return drill_run_keep(run, &text);
}

/* ------------------------------------------------------------------------------------------------ differences ---- */

static void add_wrong(struct run *run, const struct script_action *action, const struct script_stanza *stanza,
                      size_t event, const struct match_difference *where) {
    struct difference difference = {.line = stanza->line, .column = 1, .decided = NO_EVENT};
    if (run->explain && run->state == RUN_GOING) {
        difference.what =
            drill_run_text(run, "%s should have received %s", drill_actor_name(run, action), call(run, stanza->tree));
        difference.expected = expected_line(run, action->actor, stanza->tree);
        difference.instead = full_arrival_line(run, event);
        difference.differs = where == NULL ? NULL : drill_run_text(run, "%s", where->text);
        difference.decided = drill_run_decider(run, event);
        drill_explain_way(run, &difference);
    }
    drill_difference(run, &difference);
}

static void add_missing(struct run *run, const struct script_action *action, const struct script_stanza *stanza) {
    struct difference difference = {.line = stanza->line, .column = 1, .decided = NO_EVENT};
    if (run->explain && run->state == RUN_GOING) {
        difference.what =
            drill_run_text(run, "%s should have received %s", drill_actor_name(run, action), call(run, stanza->tree));
        difference.expected = expected_line(run, action->actor, stanza->tree);
        drill_explain_missing(run, action->actor, stanza->tree, &difference);
    }
    drill_difference(run, &difference);
}

/* Where a script goes on after a difference, what it captures comes from what is most like the stanza that it expects. */
static void capture_all_the_same(struct run *run, const struct script_action *action, const struct xml_node *expected) {
    const struct actor *actor = &run->actors[action->actor];
    const struct match_words words = drill_value_words(run);
    const struct xml_node *best = NULL;
    unsigned likeness = 0;
    if (!run->options->one_policy) {
        return;
    }
    /* Whatever else was meant to wait for it waits for all that may still come of what went before. */
    drill_settle(run);
    /* What has not been read goes before what has, and of that the latest. */
    for (size_t i = 0; i < actor->inbox_count; i++) {
        const size_t unread = actor->inbox_count - actor->inbox_read;
        const size_t at = i < unread ? actor->inbox_read + i : actor->inbox_count - 1 - i;
        const struct xml_node *tree = drill_run_tree(run, actor->inbox[at]);
        const unsigned own = tree == NULL ? 0 : match_likeness(expected, tree);
        if (own > likeness) {
            best = tree;
            likeness = own;
        }
    }
    if (best != NULL) {
        match_captures(&words, expected, best);
    }
}

/* ------------------------------------------------------------------------------------------------------ verbs ---- */

static bool matches(struct run *run, const struct xml_node *expected, size_t event, struct match_difference *where) {
    const struct xml_node *tree = drill_run_tree(run, event);
    struct match_words words = drill_value_words(run);
    if (tree == NULL) {
        *where = (struct match_difference){"what came cannot be read as XML"};
        return false;
    }
    return match_stanza(run->arena, &words, expected, tree, where);
}

void drill_expect_stanzas(struct run *run, const struct script_action *action) {
    for (size_t i = 0; i < action->stanza_count && run->state == RUN_GOING; i++) {
        const struct script_stanza *stanza = &action->stanzas[i];
        long event = drill_receive(run, action->actor, true);
        struct match_difference where;
        if (run->state != RUN_GOING) {
            return;
        }
        if (event == NO_EVENT) {
            add_missing(run, action, stanza);
            capture_all_the_same(run, action, stanza->tree);
        } else if (!matches(run, stanza->tree, (size_t)event, &where)) {
            add_wrong(run, action, stanza, (size_t)event, &where);
            capture_all_the_same(run, action, stanza->tree);
        }
    }
}

static bool is_paired(const int *pair, size_t count, size_t found) {
    size_t i = 0;
    while (i < count && pair[i] != (int)found) {
        i++;
    }
    return i < count;
}

/* What was expected and has no partner is shown beside what came and has none. */
static void unpaired(struct run *run, const struct script_action *action, const long *events, size_t event_count,
                     const int *pair) {
    size_t next = 0;
    for (size_t i = 0; i < action->stanza_count && run->state == RUN_GOING; i++) {
        if (pair[i] >= 0) {
            continue;
        }
        while (next < event_count && is_paired(pair, action->stanza_count, next)) {
            next++;
        }
        const struct script_stanza *stanza = &action->stanzas[i];
        struct match_difference where;
        if (next < event_count) {
            bool odd = matches(run, stanza->tree, (size_t)events[next], &where);
            add_wrong(run, action, stanza, (size_t)events[next++], odd ? NULL : &where);
        } else {
            add_missing(run, action, stanza);
        }
    }
    for (size_t i = 0; i < action->stanza_count && run->state == RUN_GOING; i++) {
        capture_all_the_same(run, action, action->stanzas[i].tree);
    }
}

void drill_expect_any_order(struct run *run, const struct script_action *action) {
    size_t count = action->stanza_count;
    long *events = drill_run_take(run, (count + 1) * sizeof *events);
    int *pair = drill_run_take(run, (count + 1) * sizeof *pair);
    const struct xml_node **expected = drill_run_take(run, (count + 1) * sizeof *expected);
    const struct xml_node **found = drill_run_take(run, (count + 1) * sizeof *found);
    size_t event_count = 0;
    for (size_t i = 0; run->state == RUN_GOING && i < count; i++) {
        expected[i] = action->stanzas[i].tree;
        long event = drill_receive(run, action->actor, true);
        if (event != NO_EVENT && run->state == RUN_GOING) {
            found[event_count] = drill_run_tree(run, (size_t)event);
            events[event_count++] = event;
        }
    }
    if (run->state != RUN_GOING) {
        return;
    }
    struct match_words words = drill_value_words(run);
    if (!match_any_order(run->arena, &words, expected, count, found, event_count, pair) && run->state == RUN_GOING) {
        unpaired(run, action, events, event_count, pair);
    }
}

void drill_expect_one_of(struct run *run, const struct script_action *action) {
    long event = drill_receive(run, action->actor, !action->or_nothing);
    if (run->state != RUN_GOING) {
        return;
    }
    if (event == NO_EVENT) {
        if (action->or_nothing) {
            drill_note(run, action, "of the alternatives, nothing came");
        } else {
            add_missing(run, action, &action->stanzas[0]);
            capture_all_the_same(run, action, action->stanzas[0].tree);
        }
        return;
    }
    struct match_difference first = {"none of the alternatives"};
    for (size_t i = 0; i < action->stanza_count && run->state == RUN_GOING; i++) {
        struct match_difference where;
        if (matches(run, action->stanzas[i].tree, (size_t)event, &where)) {
            drill_note(run, action, drill_run_text(run, "alternative %zu of %zu came", i + 1,
                                                   action->stanza_count + action->or_nothing));
            return;
        }
        if (i == 0) {
            first = where;
        }
    }
    if (run->state == RUN_GOING && action->stanza_count > 0) {
        add_wrong(run, action, &action->stanzas[0], (size_t)event, &first);
        capture_all_the_same(run, action, action->stanzas[0].tree);
    }
}

static void add_unexpected(struct run *run, unsigned line, const char *what, const char *expected, size_t event) {
    struct difference difference = {.line = line, .column = 1, .what = what, .expected = expected};
    difference.decided = drill_run_decider(run, event);
    if (run->explain) {
        difference.instead = drill_event_line(run, event);
        drill_explain_way(run, &difference);
    }
    drill_difference(run, &difference);
}

void drill_expect_nothing(struct run *run, const struct script_action *action) {
    struct actor *actor = &run->actors[action->actor];
    drill_settle(run);
    while (run->state == RUN_GOING && actor->inbox_read < actor->inbox_count) {
        const char *what = NULL;
        const char *expected = NULL;
        if (run->explain) {
            what = drill_run_text(run, "%s should have received nothing", drill_actor_name(run, action));
            expected = drill_run_text(run, "%s < nothing", drill_actor_name(run, action));
        }
        add_unexpected(run, action->line, what, expected, actor->inbox[actor->inbox_read++]);
    }
}

/* ---------------------------------------------------------------------------------------------------- the end ---- */

static unsigned action_line(const struct run *run, int cause) {
    return cause < 0 ? 0 : run->script->actions[cause].line;
}

/* The last stanza that was sent before an event and has the id of what came; NULL: none has. */
static const struct world_event *sent_with_id_of(struct run *run, size_t event) {
    const struct xml_node *tree = drill_run_tree(run, event);
    const char *id = tree == NULL ? NULL : xml_attribute_get(tree, "id");
    for (size_t i = event; id != NULL && i-- > 0;) {
        const struct world_event *earlier = drill_event(run, i);
        if (earlier->kind == WORLD_ENTER && earlier->id != NULL && strcmp(earlier->id, id) == 0) {
            return earlier;
        }
    }
    return NULL;
}

/* Why something came that nobody asked for: the line of the action, and the text with a person's name put in. Real
 * servers do not say because of what they sent it, but its id may. */
static unsigned blame(struct run *run, size_t event, const char *name, const char *text, const char **what) {
    const struct world_event *sent = run->world != NULL ? drill_event(run, event) : sent_with_id_of(run, event);
    *what = run->explain ? drill_run_text(run, "%s%s %s", sent == NULL ? "" : "because of this, ", name, text) : NULL;
    return action_line(run, sent == NULL ? drill_event(run, event)->cause : sent->cause);
}

static void unread(struct run *run, size_t index) {
    struct actor *actor = &run->actors[index];
    while (run->state == RUN_GOING && actor->inbox_read < actor->inbox_count) {
        size_t event = actor->inbox[actor->inbox_read++];
        const char *name = run->script->cast[index].name;
        const char *what = NULL;
        const char *expected = run->explain ? drill_run_text(run, "%s < nothing", name) : NULL;
        const unsigned line = blame(run, event, name, "got a stanza that no line expects", &what);
        add_unexpected(run, line, what, expected, event);
    }
}

/* Whether a stanza that was sent is an iq of type result or error. Of real servers only its text is known. */
static bool is_reply(struct run *run, size_t event) {
    const struct world_event *e = drill_event(run, event);
    if (run->world != NULL) {
        return e->stanza_kind == STANZA_RESULT || e->stanza_kind == STANZA_IQ_ERROR;
    }
    const struct xml_node *tree = drill_run_tree(run, event);
    const char *type = tree == NULL || strcmp(tree->name, "iq") != 0 ? NULL : xml_attribute_get(tree, "type");
    return type != NULL && (strcmp(type, "result") == 0 || strcmp(type, "error") == 0);
}

/* Whether somebody has sent a result or an error with the id of a request after getting it, or has left. */
static bool answered(struct run *run, const struct actor *actor, size_t event, const char *id) {
    /* Nobody waits for the answer of a client that has left. */
    bool done = actor->left > event;
    for (const struct answer *answer = actor->answers; answer != NULL && !done; answer = answer->next) {
        done = answer->event > event && strcmp(answer->id, id) == 0;
    }
    for (size_t i = event + 1; i < drill_event_count(run) && !done; i++) {
        const struct world_event *later = drill_event(run, i);
        const bool reply =
            later->kind == WORLD_ENTER && later->id != NULL && strcmp(later->id, id) == 0 && is_reply(run, i);
        const int from = reply && later->client < 0 ? drill_run_peer(run, later) : later->client;
        done = from == actor->client && (later->kind == WORLD_ENDED || reply);
    }
    return done;
}

static void unanswered(struct run *run, size_t index) {
    const struct actor *actor = &run->actors[index];
    for (size_t i = 0; run->state == RUN_GOING && i < actor->inbox_count; i++) {
        size_t event = actor->inbox[i];
        const struct xml_node *tree = drill_run_tree(run, event);
        const char *type = tree == NULL || strcmp(tree->name, "iq") != 0 ? NULL : xml_attribute_get(tree, "type");
        const char *id = type == NULL ? NULL : xml_attribute_get(tree, "id");
        if (id == NULL || (strcmp(type, "get") != 0 && strcmp(type, "set") != 0) || answered(run, actor, event, id)) {
            continue;
        }
        const char *name = run->script->cast[index].name;
        const char *what = NULL;
        const char *expected =
            run->explain ? drill_run_text(run, "%s sends an iq of type result or error with the same id", name) : NULL;
        const unsigned line = blame(run, event, name, "got an iq request that no line answers", &what);
        add_unexpected(run, line, what, expected, event);
    }
}

void drill_expect_end(struct run *run) {
    drill_run_out(run);
    run->finished = run->state == RUN_GOING;
    if (run->options->scansion) {
        return;
    }
    for (size_t i = 0; i < run->script->cast_count; i++) {
        unread(run, i);
    }
    for (size_t i = 0; i < run->script->cast_count; i++) {
        unanswered(run, i);
    }
}
