/* trace.c - the log as text, one event a line, the same for every build. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL_SIZE_MAX = 40, ELEMENT_SIZE_MAX = 4000 };

/* ---------------------------------------------------------------------------------------------------- writing ---- */

bool drill_is_label(const char *id) {
    size_t size = 0;
    for (; id[size] != '\0'; size++) {
        unsigned char c = (unsigned char)id[size];
        if (c <= 0x20 || c >= 0x7f || size >= LABEL_SIZE_MAX) {
            return false;
        }
    }
    return size > 0;
}

void drill_write_label(const struct run *run, struct text *out, uint32_t number) {
    const struct world_event *enter = drill_run_enter(run, number);
    if (number == 0) {
        drill_text_put(out, "-");
    } else if (enter != NULL && enter->id != NULL && drill_is_label(enter->id)) {
        drill_text_put(out, enter->id);
    } else {
        drill_text_put(out, "#");
        drill_text_number(out, number);
    }
}

static const char *rule_id(int rule) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    return rule < 0 || (size_t)rule >= count ? "none" : rules[rule].id;
}

void drill_write_fate(const struct run *run, struct text *out, const struct world_event *event) {
    (void)run;
    drill_text_put(out, router_fate_name(event->effect));
    if (event->condition != NULL) {
        drill_text_format(out, " %s", event->condition);
    }
    if (event->target != NULL) {
        drill_text_put(out, " to ");
        drill_text_line(out, event->target);
    }
    drill_text_format(out, " by %s", event->departure == NULL ? rule_id(event->rule) : event->departure);
}

void drill_write_element(struct text *out, const struct xml_node *node) {
    char few[1024];
    char *buffer = few;
    size_t size = xml_write(node, few, sizeof few);
    if (size >= sizeof few) {
        size_t room = size < ELEMENT_SIZE_MAX ? size + 1 : ELEMENT_SIZE_MAX + 1;
        buffer = malloc(room);
        if (buffer == NULL) {
            out->failed = true;
            return;
        }
        (void)xml_write(node, buffer, room);
    }
    drill_text_line(out, buffer);
    if (size > ELEMENT_SIZE_MAX) {
        drill_text_format(out, "... (%zu octets)", size);
    }
    if (buffer != few) {
        free(buffer);
    }
}

void drill_write_stanza(struct run *run, struct text *out, size_t event) {
    const struct xml_node *tree = drill_run_tree(run, event);
    const char *stanza = drill_event(run, event)->stanza;
    if (tree != NULL) {
        drill_write_element(out, tree);
    } else {
        drill_text_line(out, stanza == NULL ? "" : stanza);
    }
}

/* The canonical text of an element without the sender's address, which servers write. */
static struct text without_from(struct run *run, const struct xml_node *node) {
    struct xml_node copy = *node;
    struct text text = {0};
    copy.attributes = drill_run_take(run, (node->attribute_count + 1) * sizeof *copy.attributes);
    if (copy.attributes == NULL) {
        text.failed = true;
        return text;
    }
    copy.attribute_count = 0;
    for (size_t i = 0; i < node->attribute_count; i++) {
        if (node->attributes[i].ns[0] != '\0' || strcmp(node->attributes[i].name, "from") != 0) {
            copy.attributes[copy.attribute_count++] = node->attributes[i];
        }
    }
    drill_text_xml(&text, &copy);
    return text;
}

static bool unchanged(struct run *run, struct text *out, const struct xml_node *sent, const struct xml_node *came) {
    struct text before = without_from(run, sent);
    struct text after = without_from(run, came);
    out->failed |= before.failed || after.failed;
    bool same = !out->failed && before.size == after.size && memcmp(before.data, after.data, after.size) == 0;
    free(before.data);
    free(after.data);
    return same;
}

/* The element that a client sent and that became this one: what servers make themselves may carry the same id. */
static const struct xml_node *sent_by_client(struct run *run, uint32_t number) {
    const struct world_event *enter = drill_run_enter(run, number);
    for (; enter != NULL && enter->client < 0; enter = drill_run_enter(run, --number)) {
        if (enter->id == NULL) {
            return NULL;
        }
        const char *id = enter->id;
        uint32_t earlier = number - 1;
        const struct world_event *before = drill_run_enter(run, earlier);
        while (before != NULL && (before->id == NULL || strcmp(before->id, id) != 0)) {
            before = drill_run_enter(run, --earlier);
        }
        number = earlier + 1;
    }
    return enter == NULL ? NULL : drill_run_tree(run, run->enters[number - 1]);
}

static void write_arrival(struct run *run, struct text *out, size_t event) {
    const struct world_event *e = drill_event(run, event);
    const struct xml_node *came = drill_run_tree(run, event);
    drill_text_line(out, drill_run_name(run, e->client));
    drill_text_put(out, " < ");
    const struct xml_node *sent = sent_by_client(run, e->number);
    if (came != NULL && sent != NULL && unchanged(run, out, sent, came)) {
        drill_write_label(run, out, e->number);
        drill_text_put(out, " unchanged");
    } else {
        drill_write_stanza(run, out, event);
    }
}

/* ------------------------------------------------------------------------------------------------------ lines ---- */

static void put_both(struct text *out, const char *one, const char *other) {
    drill_text_put(out, one);
    drill_text_put(out, other);
}

static void write_address(struct text *out, const char *key, const char *value) {
    if (value != NULL) {
        put_both(out, " ", key);
        drill_text_put(out, "=");
        drill_text_word(out, value);
    }
}

/* What real servers make of it is not known, so that what was sent shows in full. */
static void write_sent(struct run *run, struct text *out, size_t index) {
    drill_text_line(out, drill_run_name(run, drill_event(run, index)->client));
    drill_text_put(out, " > ");
    drill_write_stanza(run, out, index);
}

static void write_enter(struct run *run, struct text *out, size_t index) {
    const struct world_event *event = drill_event(run, index);
    if (run->world == NULL) {
        write_sent(run, out, index);
        return;
    }
    const char *from = event->from;
    if (from == NULL && event->client >= 0) {
        from = run->venue->ops->full_jid(run->venue, event->client);
    }
    put_both(out, event->host, " > ");
    drill_write_label(run, out, event->number);
    put_both(out, " ", stanza_kind_name(event->stanza_kind));
    write_address(out, "from", from);
    write_address(out, "to", event->to);
}

static void write_effect(const struct run *run, struct text *out, const struct world_event *event) {
    bool mark = event->effect >= ROUTER_FATE_COUNT;
    put_both(out, event->host, mark ? " + " : " = ");
    drill_write_label(run, out, event->number);
    put_both(out, " rule=", rule_id(event->rule));
    if (!mark) {
        put_both(out, " fate=", router_fate_name(event->effect));
        if (event->condition != NULL) {
            put_both(out, " ", event->condition);
        }
        write_address(out, "to", event->target);
    }
    if (event->departure != NULL) {
        put_both(out, " departs=", event->departure);
    }
}

static void write_client(const struct run *run, struct text *out, const struct world_event *event, const char *word) {
    drill_text_line(out, drill_run_name(run, event->client));
    put_both(out, " ~ ", word);
    drill_text_put(out, " ");
    drill_text_line(out, event->text == NULL ? "" : event->text);
}

const char *drill_link_word(const struct world_event *event) {
    static const struct {
        const char *step, *word;
    } steps[] = {{"name", "found"}, {"connection", "connected"}, {"stream", "started"}, {"pair", "verified"}};
    for (size_t i = 0; event->kind == WORLD_STEP && i < sizeof steps / sizeof *steps; i++) {
        if (strcmp(steps[i].step, event->text) == 0) {
            return steps[i].word;
        }
    }
    switch (event->kind) {
    case WORLD_OPEN:
        return "opens";
    case WORLD_READY:
        return "ready";
    case WORLD_FAILED:
        return "failed";
    case WORLD_CLOSED:
        return "closed";
    default:
        return event->text;
    }
}

/* A stream to another server, step by step: who opens it, what, to whom, and why where it ends. */
static void write_link(struct text *out, const struct world_event *event) {
    put_both(out, event->host, " ~ ");
    put_both(out, drill_link_word(event), " ");
    drill_text_put(out, event->target);
    if (event->kind == WORLD_FAILED || event->kind == WORLD_CLOSED) {
        drill_text_put(out, ": ");
        drill_text_line(out, event->text == NULL ? "" : event->text);
    }
}

/* What has not entered a server has no number, but may have an id. */
static void write_lost(struct run *run, struct text *out, size_t index) {
    const struct world_event *event = drill_event(run, index);
    const struct xml_node *tree = event->number > 0 ? NULL : drill_run_tree(run, index);
    const char *id = tree == NULL ? NULL : xml_attribute_get(tree, "id");
    if (id != NULL && drill_is_label(id)) {
        drill_text_put(out, id);
    } else {
        drill_write_label(run, out, event->number);
    }
    drill_text_put(out, " ! lost ");
    drill_text_line(out, event->text == NULL ? "" : event->text);
    if (event->host != NULL && event->target != NULL) {
        put_both(out, " ", event->host);
        put_both(out, " ", event->target);
    } else if (event->client >= 0) {
        drill_text_put(out, " ");
        drill_text_line(out, drill_run_name(run, event->client));
    }
}

void drill_write_event(struct run *run, struct text *out, size_t index) {
    const struct world_event *event = drill_event(run, index);
    drill_text_time(out, event->time_us);
    drill_text_put(out, " ");
    switch (event->kind) {
    case WORLD_ENTER:
        write_enter(run, out, index);
        break;
    case WORLD_EFFECT:
        write_effect(run, out, event);
        break;
    case WORLD_ARRIVE:
        write_arrival(run, out, index);
        break;
    case WORLD_BOUND:
        write_client(run, out, event, "bound");
        break;
    case WORLD_REFUSED:
        write_client(run, out, event, "refused");
        break;
    case WORLD_ENDED:
        write_client(run, out, event, "ended");
        break;
    case WORLD_OPEN:
    case WORLD_STEP:
    case WORLD_READY:
    case WORLD_FAILED:
    case WORLD_CLOSED:
        write_link(out, event);
        break;
    case WORLD_LOST:
        write_lost(run, out, index);
        break;
    case WORLD_FAULT:
        drill_text_put(out, "* ");
        drill_text_line(out, event->text == NULL ? "" : event->text);
        break;
    }
}

const char *drill_event_line(struct run *run, size_t index) {
    struct text text = {0};
    drill_write_event(run, &text, index);
    return drill_run_keep(run, &text);
}

/* What the script does stands in the trace; what it waits for shows by what comes. */
static bool is_told(const struct script_action *action) {
    enum venue_fault fault;
    return action->verb <= SCRIPT_SENDS_RAW || action->verb == SCRIPT_CLOSES || action->verb == SCRIPT_IS_REFUSED ||
           drill_fault_of(action, &fault);
}

static void write_note(struct run *run, struct text *out, const struct note *note) {
    const char *text = note->text == NULL && is_told(note->action) ? drill_action_text(run, note->action) : note->text;
    if (text != NULL) {
        drill_text_put(out, "# line ");
        drill_text_number(out, note->action->line);
        drill_text_put(out, ": ");
        drill_text_line(out, text);
        drill_text_put(out, "\n");
    }
}

static void write_notes(struct run *run, struct text *out, size_t *next, size_t before) {
    for (; *next < run->note_count && run->notes[*next].before <= before; ++*next) {
        write_note(run, out, &run->notes[*next]);
    }
}

char *drill_trace_text(struct run *run) {
    struct text out = {0};
    size_t note = 0;
    size_t count = drill_event_count(run);
    drill_text_put(&out, "");
    for (size_t i = 0; i < count; i++) {
        write_notes(run, &out, &note, i);
        drill_write_event(run, &out, i);
        drill_text_put(&out, "\n");
    }
    write_notes(run, &out, &note, count);
    return drill_text_take(&out);
}
