/* Any octets as a script: it is refused with a place and a reason, or every case and variable of it can be walked. */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CASES_WALKED = 32 };

static void require(bool fact, const char *what) {
    if (!fact) {
        fprintf(stderr, "not so: %s\n", what);
        abort();
    }
}

static const char *walk_variables(const struct script *script, const char *text) {
    struct script_variable variable;
    for (; script_variable_next(script, text, &variable); text += variable.end) {
        require(variable.end > variable.start + 2 && variable.end <= strlen(text), "a variable lies within its text");
        require(variable.kind == SCRIPT_CAPTURE ? variable.name != NULL : (size_t)variable.actor < script->cast_count,
                "a variable names a capture or somebody in the cast");
    }
    return text;
}

/* A text as it was written; in a tree, &#36;{ may have become the start of a variable without end. */
static void walk_written(const struct script *script, const char *text) {
    require(strstr(walk_variables(script, text), "${") == NULL, "nothing else begins like a variable");
}

static void walk_tree(const struct script *script, const struct xml_node *node) {
    char buffer[256];
    size_t size = xml_write(node, buffer, sizeof buffer);
    require(strlen(buffer) <= size && strlen(buffer) < sizeof buffer, "a written element fits its buffer");
    for (size_t i = 0; i < node->attribute_count; i++) {
        walk_variables(script, node->attributes[i].value);
    }
    for (const struct xml_node *child = node->child; child != NULL; child = child->next) {
        walk_tree(script, child);
    }
}

/* What the network is like before an action. */
struct network {
    bool *down; /* of each in the cast, and of the one server of a file without [Server] */
    bool broken;
};

static void walk_fault(const struct script *script, const struct script_action *action, struct network *network) {
    size_t place = action->actor < 0 ? script->cast_count : (size_t)action->actor;
    switch (action->verb) {
    case SCRIPT_CRASHES:
    case SCRIPT_STARTS:
        require(network->down[place] == (action->verb == SCRIPT_STARTS), "who crashes is up, and who starts is down");
        network->down[place] = !network->down[place];
        break;
    case SCRIPT_CUTS:
    case SCRIPT_CUTS_ONE_WAY:
    case SCRIPT_STALLS:
        require(action->first != NULL && action->second != NULL, "what is cut has two ends");
        network->broken = true;
        break;
    case SCRIPT_HEALS:
        require(network->broken, "what heals is broken");
        network->broken = false;
        break;
    case SCRIPT_CLOSES:
    case SCRIPT_DECIDES:
    case SCRIPT_DNS_LOSES:
    case SCRIPT_DNS_FINDS:
        require(action->first != NULL, "it is said what is closed with, who decides, and what is lost or found");
        break;
    default:
        require(action->first == NULL && action->second == NULL, "nothing else has a place");
        break;
    }
}

static void walk_action(const struct script *script, const struct script_action *action) {
    require(action->actor >= -1 && action->actor < (int)script->cast_count, "an actor is in the cast");
    for (size_t i = 0; i < action->stanza_count; i++) {
        const struct script_stanza *stanza = &action->stanzas[i];
        require(strlen(stanza->bytes) == stanza->size, "a stanza's size is that of its octets");
        walk_written(script, stanza->bytes);
        if (stanza->tree != NULL) {
            walk_tree(script, stanza->tree);
        }
    }
    for (size_t i = 0; i < action->fate_count; i++) {
        if (action->fates[i].to != NULL) {
            walk_written(script, action->fates[i].to);
        }
    }
}

static void walk_case(const struct script_file *file, size_t n) {
    struct arena *arena = arena_new();
    const struct script *script = arena == NULL ? NULL : script_case(file, n, arena);
    require(script != NULL, "a case of a file that was read can be made");
    struct network network = {arena_take(arena, (script->cast_count + 1) * sizeof *network.down), false};
    require(network.down != NULL, "there is memory");
    for (size_t i = 0; i < script->action_count; i++) {
        walk_action(script, &script->actions[i]);
        walk_fault(script, &script->actions[i], &network);
    }
    for (size_t i = 0; i < script->cast_count; i++) {
        for (size_t p = 0; p < script->cast[i].property_count; p++) {
            if (strcmp(script->cast[i].properties[p].key, "offline") == 0) {
                walk_written(script, script->cast[i].properties[p].value);
            }
        }
    }
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct script_error error;
    enum script_mode mode = size % 2 == 0 ? SCRIPT_STRICT_FORM : SCRIPT_THIRD_PARTY;
    struct script_file *file = script_read("fuzz.scs", (const char *)data, size, mode, &error);
    if (file == NULL) {
        require(error.text[0] != '\0' && memchr(error.text, '\0', sizeof error.text) != NULL,
                "an error says something");
        require((error.line == 0) == (error.column == 0), "an error has a line and a column, or neither");
        return 0;
    }
    for (size_t n = 0; n < script_case_count(file) && n < CASES_WALKED; n++) {
        walk_case(file, n);
    }
    script_file_free(file);
    return 0;
}
