/* What ${...} means once the case's values are put in, and what expectations say to the matcher. */
#include "reader.h"

#include <stdio.h>
#include <string.h>

/* An apostrophe inside ${...} while XML is parsed. No name holds it, so it is told apart from the text's own. */
enum { MASKED = 0x7F };

#define BARE_END "'s JID"
#define FULL_END "'s full JID"

static bool ends_with(struct text text, const char *word, struct text *before) {
    size_t size = strlen(word);
    if (text.size <= size || memcmp(text.data + text.size - size, word, size) != 0) {
        return false;
    }
    *before = script_cut(text, 0, text.size - size);
    return true;
}

static bool jid_name(struct text inside, struct text *name, bool *full) {
    *full = ends_with(inside, FULL_END, name);
    return *full || ends_with(inside, BARE_END, name);
}

/* --------------------------------------------------------------------------------------------- what it stands for ----
 */

static bool has_jid(const struct script_actor *actor) {
    return actor->role == SCRIPT_CLIENT || actor->role == SCRIPT_PEER || actor->role == SCRIPT_COMPONENT;
}

static int find_jid(const struct script *script, struct text name) {
    for (size_t i = 0; i < script->cast_count; i++) {
        const struct script_actor *actor = &script->cast[i];
        if (has_jid(actor) && strncmp(actor->name, name.data, name.size) == 0 && actor->name[name.size] == '\0') {
            return (int)i;
        }
    }
    return -1;
}

bool script_variable_next(const struct script *script, const char *text, struct script_variable *out) {
    struct text whole = script_text(text), name;
    bool full;
    if (!script_variable_find(whole, 0, &out->start, &out->end)) {
        return false;
    }
    struct text inside = script_cut(whole, out->start + 2, out->end - 1);
    out->actor = jid_name(inside, &name, &full) ? find_jid(script, name) : -1;
    out->kind = out->actor < 0 ? SCRIPT_CAPTURE : full ? SCRIPT_FULL_JID : SCRIPT_BARE_JID;
    out->name = out->actor < 0 ? inside.data : NULL;
    out->name_size = out->actor < 0 ? inside.size : 0;
    return true;
}

static bool known(const struct reading *reading, struct text inside) {
    const struct cast *cast = reading->cast;
    struct text name;
    bool full;
    if (jid_name(inside, &name, &full)) {
        int actor = script_names_find(&cast->names, name);
        if (actor >= 0 && has_jid(&cast->actors[actor])) {
            return true;
        }
    }
    return script_names_find(&reading->captures, inside) >= 0;
}

/* All that a variable could have meant, for a message. */
static const char **known_variables(const struct reading *reading) {
    const struct script_file *file = reading->file;
    const struct cast *cast = reading->cast;
    const char **list = script_names_list(&reading->captures, reading->arena, 2 * cast->count + file->column_count);
    const char **next = list;
    while (next != NULL && *next != NULL) {
        next++;
    }
    for (size_t i = 0; list != NULL && i < 2 * cast->count; i++) {
        const struct script_actor *actor = &cast->actors[i / 2];
        if (has_jid(actor)) {
            size_t size = strlen(actor->name) + sizeof FULL_END;
            char *text = arena_take(reading->arena, size);
            if (text == NULL) {
                return NULL;
            }
            snprintf(text, size, "%s%s", actor->name, i % 2 == 0 ? BARE_END : FULL_END);
            *next++ = text;
        }
    }
    for (size_t i = 0; list != NULL && i < file->column_count; i++) {
        *next = arena_text(reading->arena, file->columns[i].name.data, file->columns[i].name.size);
        if (*next++ == NULL) {
            return NULL;
        }
    }
    return list;
}

static bool unknown_variable(struct reading *reading, struct text inside, unsigned line, size_t octet) {
    if (reading->error == NULL) {
        return false;
    }
    const char **words = known_variables(reading);
    return script_fail(
        reading, line, octet,
        "unknown variable %s; expected NAME's JID or NAME's full JID of a [Client], [Peer] or [Component], a column of "
        "[Cases], or a capture of an earlier receives%s",
        script_quote(inside).text, script_hint(inside, words).text);
}

bool script_check_plain(struct reading *reading, struct text text, unsigned line, size_t octet, const char *where) {
    size_t start, end;
    if (!script_variable_find(text, 0, &start, &end)) {
        return true;
    }
    if (reading->error == NULL) {
        return false;
    }
    struct text name = script_cut(text, start + 2, end - 1);
    const char **columns = script_names_list(&reading->file->column_names, reading->arena, 0);
    return script_fail(reading, line, octet + start,
                       "%s is no column of [Cases]; expected one, for nothing else in ${} can stand in %s%s",
                       script_quote(name).text, where, script_hint(name, columns).text);
}

/* ----------------------------------------------------------------------------------------------------- masking ---- */

/* Follows the line that an octet of a block is in. */
struct place {
    size_t counted, line_start;
    unsigned line;
};

static void place_at(const struct block *block, struct place *place, size_t octet) {
    for (; place->counted < octet; place->counted++) {
        if (block->text[place->counted] == '\n') {
            place->line++;
            place->line_start = place->counted + 1;
        }
    }
}

static bool check_closed(struct reading *reading, const struct block *block, struct place *place, size_t from,
                         size_t to) {
    size_t open = script_find((struct text){block->text, to}, "${", from);
    if (open == TEXT_NONE) {
        return true;
    }
    place_at(block, place, open);
    return script_fail(reading, place->line, open - place->line_start,
                       "${ without } behind it in the line; expected the whole variable (in what is sent, &#36;{ "
                       "stands for the two characters)");
}

bool script_mask(struct reading *reading, struct block *block) {
    struct text text = {block->text, block->size};
    struct place place = {0, 0, block->line};
    size_t start, end, from = 0;
    for (; script_variable_find(text, from, &start, &end); from = end) {
        struct text inside = script_cut(text, start + 2, end - 1);
        if (!check_closed(reading, block, &place, from, start)) {
            return false;
        }
        if (!known(reading, inside)) {
            place_at(block, &place, start);
            return unknown_variable(reading, inside, place.line, start - place.line_start);
        }
        for (size_t i = start; i < end; i++) {
            if (block->text[i] == '\'') {
                block->text[i] = MASKED;
            }
        }
    }
    return check_closed(reading, block, &place, from, text.size);
}

void script_unmask(char *text, size_t size) {
    struct text whole = {text, size};
    size_t start, end = 0;
    if (memchr(text, MASKED, size) == NULL) {
        return;
    }
    while (script_variable_find(whole, end, &start, &end)) {
        for (size_t i = start; i < end; i++) {
            if (text[i] == MASKED) {
                text[i] = '\'';
            }
        }
    }
}

/* ------------------------------------------------------------------------------------------------- expectations ----
 */

static bool node_fail(struct reading *reading, const struct block *block, const struct xml_node *node, const char *text,
                      const char *found) {
    return script_fail(reading, node->line, script_block_octet(block, node->line, node->column),
                       "in <%.60s>: %s, found %s", node->name, text, script_quote(script_text(found)).text);
}

static bool keep_capture(struct reading *reading, const struct block *block, const struct xml_node *node,
                         struct text name) {
    if (script_names_find(&reading->file->column_names, name) >= 0) {
        return node_fail(reading, block, node, "a capture is called like a column of [Cases]; expected another name",
                         node->name);
    }
    char *copy = arena_text(reading->arena, name.data, name.size);
    if (copy == NULL || script_names_add(&reading->captures, reading->arena, script_text(copy), 0) == NAME_NO_MEMORY) {
        return script_fail_memory(reading);
    }
    return true;
}

/* A variable shows in what was parsed even where it was written as &#36;{...}, which was not checked before. */
static bool settle_variables(struct reading *reading, const struct block *block, const struct xml_node *node,
                             struct text value) {
    size_t start, end = 0;
    while (script_variable_find(value, end, &start, &end)) {
        if (!known(reading, script_cut(value, start + 2, end - 1))) {
            return node_fail(reading, block, node, "&#36;{...} can be sent, but not expected", value.data);
        }
    }
    return true;
}

static bool settle_value(struct reading *reading, const struct block *block, const struct xml_node *node,
                         const char *value) {
    static const char capture[] = "{scansion:capture:";
    struct text text = script_text(value);
    if (!settle_variables(reading, block, node, text)) {
        return false;
    }
    if (script_find(text, "{scansion:", 0) == TEXT_NONE || script_is(text, "{scansion:any}")) {
        return true;
    }
    if (script_starts(text, capture) && text.data[text.size - 1] == '}') {
        struct text name = script_cut(text, sizeof capture - 1, text.size - 1);
        bool plain = name.size > 0;
        for (size_t i = 0; i < name.size; i++) {
            plain = plain && strchr("${}\n\x7F", name.data[i]) == NULL;
        }
        if (plain) {
            return keep_capture(reading, block, node, name);
        }
    }
    return node_fail(reading, block, node,
                     "expected {scansion:any} or {scansion:capture:NAME} as the whole of a value or text", value);
}

static bool settle_attribute(struct reading *reading, const struct block *block, const struct xml_node *node,
                             const struct xml_attribute *attribute) {
    if (strcmp(attribute->ns, XML_SCANSION_NS) != 0) {
        return settle_value(reading, block, node, attribute->value);
    }
    if (strcmp(attribute->name, "strict") != 0) {
        return node_fail(reading, block, node, "scansion: has only the attribute strict", attribute->name);
    }
    return strcmp(attribute->value, "true") == 0 || strcmp(attribute->value, "false") == 0 ||
           node_fail(reading, block, node, "expected scansion:strict=\"true\" or \"false\"", attribute->value);
}

/* The strings of a tree were made for this reading, so they may be written to here. */
static void unmask_string(const char *text) {
    script_unmask((char *)text, strlen(text));
}

bool script_settle(struct reading *reading, const struct block *block, struct xml_node *roots, bool expected) {
    for (struct xml_node *node = roots; node != NULL; node = node->next) {
        if (node->text[0] != '\0') {
            unmask_string(node->text);
        }
        for (size_t i = 0; i < node->attribute_count; i++) {
            unmask_string(node->attributes[i].value);
            if (expected && !settle_attribute(reading, block, node, &node->attributes[i])) {
                return false;
            }
        }
        if ((expected && !settle_value(reading, block, node, node->text)) ||
            !script_settle(reading, block, node->child, expected)) {
            return false;
        }
    }
    return true;
}
