/* Sections of the cast: "[Client] Juliet" and its properties. */
#include "reader.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *word;
    enum script_role role;
    bool acts; /* its name begins action lines */
} kinds[] = {
    {"Client", SCRIPT_CLIENT, true}, {"Server", SCRIPT_SERVER, true},       {"Account", SCRIPT_ACCOUNT, false},
    {"Peer", SCRIPT_PEER, true},     {"Component", SCRIPT_COMPONENT, true}, {"Link", SCRIPT_LINK, false},
};

static const char *const kind_words[] = {"Client", "Server", "Account", "Peer", "Component", "Link", "Cases", NULL};

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

/* A section while it is read. */
struct section {
    struct script_actor *actor;
    size_t kind;
    size_t line; /* index */
    struct names seen;
};

const char *script_role_word(enum script_role role) {
    size_t kind = 0;
    while (kinds[kind].role != role) {
        kind++;
    }
    return kinds[kind].word;
}

/* The word in "[word] rest"; *close: octet behind the bracket. */
static bool section_word(struct text line, struct text *word, size_t *close) {
    size_t bracket = script_find(line, "]", 0);
    *word = script_cut(line, 0, 0);
    *close = 0;
    if (bracket == TEXT_NONE) {
        return false;
    }
    *word = script_trim(script_cut(line, 1, bracket));
    *close = bracket + 1;
    return true;
}

bool script_known_section(struct text line) {
    struct text word;
    size_t close;
    if (!section_word(line, &word, &close)) {
        return false;
    }
    for (size_t i = 0; kind_words[i] != NULL; i++) {
        if (script_is(word, kind_words[i])) {
            return true;
        }
    }
    return false;
}

bool script_is_cases(struct text line) {
    struct text word;
    size_t close;
    return section_word(line, &word, &close) && script_is(word, "Cases");
}

const struct script_property *script_property_of(const struct script_actor *actor, const char *key) {
    for (size_t i = 0; i < actor->property_count; i++) {
        if (strcmp(actor->properties[i].key, key) == 0) {
            return &actor->properties[i];
        }
    }
    return NULL;
}

struct text script_domain_played(const struct script_actor *actor) {
    const struct script_property *domain = script_property_of(actor, "domain");
    return script_text(domain == NULL ? actor->name : domain->value);
}

size_t script_name_octet(const struct reading *reading, const struct script_actor *actor) {
    struct text line = reading->cast_lines[actor->line - 1];
    return script_find(line, actor->name, script_find(line, "]", 0) + 1);
}

/* ----------------------------------------------------------------------------------------------------- names ---- */

/* Names stand inside ${...} inside XML: what would end either cannot be part of one. */
static bool check_name(struct reading *reading, struct value name) {
    for (size_t i = 0; i < name.text.size; i++) {
        char c = name.text.data[i];
        if ((unsigned char)c < ' ' || c == 0x7F || strchr("{}$<&\"", c) != NULL) {
            return script_fail(reading, name.line, name.octet + i,
                               "the name %s holds %s; a name holds no { } $ < & \" and no control character",
                               script_quote(name.text).text, script_quote(script_cut(name.text, i, i + 1)).text);
        }
    }
    if (script_starts(name.text, "#") || script_starts(name.text, "//") || script_starts(name.text, "--")) {
        return script_fail(reading, name.line, name.octet,
                           "the name %s begins like a comment; expected a name that can begin an action line",
                           script_quote(name.text).text);
    }
    return name.text.size <= NAME_MAX_SIZE ||
           script_fail(reading, name.line, name.octet, "a name of %zu octets; at most %d are allowed", name.text.size,
                       NAME_MAX_SIZE);
}

static bool keep_name(struct reading *reading, struct section *section, struct value name) {
    struct cast *cast = reading->cast;
    int older = script_names_add(&cast->names, reading->arena, script_text(section->actor->name),
                                 (int)(section->actor - cast->actors));
    if (older == NAME_NO_MEMORY) {
        return script_fail_memory(reading);
    }
    return older == NAME_UNKNOWN || script_fail(reading, name.line, name.octet,
                                                "the name %s is taken by the [%s] of line %u; expected another name",
                                                script_quote(name.text).text,
                                                script_role_word(cast->actors[older].role), cast->actors[older].line);
}

static bool name_link(struct reading *reading, struct script_actor *actor, struct value name) {
    struct text rest = name.text;
    struct text first = script_word(&rest), second = script_word(&rest);
    if (second.size == 0 || script_trim(rest).size > 0) {
        return script_fail(reading, name.line, name.octet,
                           "[Link] %s; expected two names, as in [Link] a.example b.example (a place whose name "
                           "holds a space goes by its domain)",
                           script_quote(name.text).text);
    }
    actor->name = arena_text(reading->arena, first.data, first.size);
    actor->second = arena_text(reading->arena, second.data, second.size);
    return (actor->name != NULL && actor->second != NULL) || script_fail_memory(reading);
}

static bool name_section(struct reading *reading, struct section *section, struct value name) {
    struct script_actor *actor = section->actor;
    const char *word = kinds[section->kind].word;
    if (name.text.size == 0) {
        return script_fail(reading, name.line, name.octet, "[%s] without a name; expected one behind the bracket",
                           word);
    }
    if (!script_check_plain(reading, name.text, name.line, name.octet, "a name") || !check_name(reading, name)) {
        return false;
    }
    if (actor->role == SCRIPT_LINK) {
        return name_link(reading, actor, name);
    }
    if (actor->role == SCRIPT_ACCOUNT && !script_check_address(reading, actor->role, name)) {
        return false;
    }
    actor->name = arena_text(reading->arena, name.text.data, name.text.size);
    if (actor->name == NULL) {
        return script_fail_memory(reading);
    }
    return !kinds[section->kind].acts || keep_name(reading, section, name);
}

/* ------------------------------------------------------------------------------------------------ properties ---- */

static bool unknown_property(struct reading *reading, const struct section *section, struct text word, unsigned line,
                             size_t octet) {
    const char *keys[12];
    char list[120] = "";
    size_t size = 0;
    script_property_keys(section->actor->role, keys, sizeof keys / sizeof keys[0]);
    for (size_t i = 0; keys[i] != NULL && size < sizeof list; i++) {
        size += (size_t)snprintf(list + size, sizeof list - size, "%s%s", i == 0 ? "" : ", ", keys[i]);
    }
    return script_fail(reading, line, octet, "unknown property %s; a [%s] has %s%s", script_quote(word).text,
                       kinds[section->kind].word, list, script_hint(word, keys).text);
}

static bool keep_property(struct reading *reading, struct section *section, const char *key, struct value value) {
    struct script_actor *actor = section->actor;
    if (!script_check_value(reading, actor->role, key, value, &section->seen)) {
        return false;
    }
    struct script_property *properties =
        script_grow(reading->arena, actor->properties, actor->property_count, sizeof *properties);
    char *copy = arena_text(reading->arena, value.text.data, value.text.size);
    if (properties == NULL || copy == NULL) {
        return script_fail_memory(reading);
    }
    actor->properties = properties;
    actor->properties[actor->property_count++] =
        (struct script_property){key, copy, value.line, script_source_column(reading, value.line, value.octet)};
    return true;
}

/* How far a line is indented, as an editor shows it. */
static size_t indentation(struct text line) {
    size_t width = 0;
    for (size_t i = 0; i < line.size && (line.data[i] == ' ' || line.data[i] == '\t'); i++) {
        width = line.data[i] == '\t' ? (width / 8 + 1) * 8 : width + 1;
    }
    return width;
}

/* A stored message may go on in the lines below that are indented more. *next: the line behind it. */
static void lengthen(const struct reading *reading, size_t section_end, struct value *value, size_t *next) {
    const struct text *lines = reading->cast_lines;
    size_t end = *next, least = indentation(lines[*next - 1]);
    for (size_t i = end; i < section_end; i++) {
        enum line_kind kind = script_line_kind(lines[i]);
        if (kind == LINE_INDENTED && indentation(lines[i]) > least) {
            end = i + 1;
        } else if (kind != LINE_BLANK) {
            break;
        }
    }
    const char *last = lines[end - 1].data + lines[end - 1].size;
    struct text whole = {value->text.data, (size_t)(last - value->text.data)};
    struct text trimmed = script_trim(whole);
    for (const char *c = whole.data; c < trimmed.data; c++) {
        if (*c == '\n') {
            value->line++;
        }
    }
    *next = end;
    value->text = trimmed;
    value->octet = (size_t)(trimmed.data - lines[value->line - 1].data);
}

/* One "key: value" line, whose index is *next. */
static bool property(struct reading *reading, struct section *section, size_t section_end, size_t *next) {
    struct text line = reading->cast_lines[*next];
    unsigned number = (unsigned)*next + 1;
    struct text trimmed = script_trim(line);
    size_t octet = (size_t)(trimmed.data - line.data);
    size_t colon = script_find(trimmed, ":", 0);
    ++*next;
    if (colon == TEXT_NONE) {
        return script_fail(reading, number, octet, "found %s below [%s], expected \"property: value\"",
                           script_quote(trimmed).text, kinds[section->kind].word);
    }
    struct text word = script_trim_end(script_cut(trimmed, 0, colon));
    const char *key = script_property_key(section->actor->role, word);
    if (key == NULL) {
        return unknown_property(reading, section, word, number, octet);
    }
    struct text text = script_trim(script_cut(trimmed, colon + 1, trimmed.size));
    struct value value = {text, number, (size_t)(text.data - line.data)};
    if (strcmp(key, "offline") == 0) {
        lengthen(reading, section_end, &value, next);
    }
    return keep_property(reading, section, key, value);
}

static bool join_jid(struct reading *reading, struct script_actor *actor) {
    const struct script_property *jid = script_property_of(actor, "jid"),
                                 *resource = script_property_of(actor, "resource");
    const char *slash = strchr(jid->value, '/');
    if (resource == NULL || (slash != NULL && strcmp(slash + 1, resource->value) == 0)) {
        actor->jid = jid->value;
        return true;
    }
    if (slash != NULL) {
        return script_fail(reading, resource->line, resource->column - 1,
                           "resource %s, but the jid of line %u has another; expected only one of them",
                           script_quote(script_text(resource->value)).text, jid->line);
    }
    size_t size = strlen(jid->value) + 1 + strlen(resource->value);
    char *joined = arena_take(reading->arena, size + 1);
    if (joined == NULL) {
        return script_fail_memory(reading);
    }
    snprintf(joined, size + 1, "%s/%s", jid->value, resource->value);
    actor->jid = joined;
    return true;
}

static const struct needed {
    enum script_role role;
    const char *key, *example;
} needed[] = {
    {SCRIPT_CLIENT, "jid", "local@domain"},
    {SCRIPT_SERVER, "hosts", "a.example, b.example"},
    {SCRIPT_LINK, "latency", "40ms"},
};

static bool check_needed(struct reading *reading, const struct script_actor *actor) {
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (actor->role == needed[i].role && script_property_of(actor, needed[i].key) == NULL) {
            return script_fail(reading, actor->line, 0, "[%s] %s has no %s; expected a line \"%s: %s\" below it",
                               script_role_word(actor->role), script_quote(script_text(actor->name)).text,
                               needed[i].key, needed[i].key, needed[i].example);
        }
    }
    return true;
}

/* What a section needs, once all of its properties are known. */
static bool end_section(struct reading *reading, struct section *section, struct value name) {
    struct script_actor *actor = section->actor;
    if (!check_needed(reading, actor)) {
        return false;
    }
    if (actor->role == SCRIPT_CLIENT) {
        return join_jid(reading, actor);
    }
    if (actor->role == SCRIPT_PEER || actor->role == SCRIPT_COMPONENT) {
        return script_property_of(actor, "domain") != NULL || script_check_address(reading, actor->role, name);
    }
    const struct script_property *exists = script_property_of(actor, "exists");
    if (exists != NULL && actor->property_count > 1) {
        return script_fail(
            reading, exists->line, exists->column - 1,
            "an account that does not exist has no contacts and no messages; expected only \"exists: no\"");
    }
    return true;
}

/* -------------------------------------------------------------------------------------------------- sections ---- */

static bool open_section(struct reading *reading, struct section *section) {
    struct cast *cast = reading->cast;
    if (cast->count == SCRIPT_ACTORS_MAX) {
        return script_fail(reading, (unsigned)section->line + 1, 0, "more than %d sections in the cast",
                           SCRIPT_ACTORS_MAX);
    }
    struct script_actor *actors = script_grow(reading->arena, cast->actors, cast->count, sizeof *actors);
    if (actors == NULL) {
        return script_fail_memory(reading);
    }
    cast->actors = actors;
    section->actor = &actors[cast->count++];
    section->actor->role = kinds[section->kind].role;
    section->actor->line = (unsigned)section->line + 1;
    return true;
}

static bool read_section(struct reading *reading, struct section *section, struct value name, size_t end) {
    if (!open_section(reading, section) || !name_section(reading, section, name)) {
        return false;
    }
    for (size_t next = section->line + 1; next < end;) {
        if (script_line_kind(reading->cast_lines[next]) != LINE_INDENTED) {
            next++;
        } else if (!property(reading, section, end, &next)) {
            return false;
        }
    }
    return end_section(reading, section, name);
}

bool script_section(struct reading *reading, const struct range *range) {
    struct text line = reading->cast_lines[range->first], word;
    unsigned number = (unsigned)range->first + 1;
    size_t close;
    if (!section_word(line, &word, &close)) {
        return script_fail(reading, number, 0, "%s has no closing bracket; expected as in [Client] Juliet",
                           script_quote(line).text);
    }
    struct text name = script_trim(script_cut(line, close, line.size));
    struct value value = {name, number, (size_t)(name.data - line.data)};
    for (size_t kind = 0; kind < KIND_COUNT; kind++) {
        if (script_is(word, kinds[kind].word)) {
            struct section section = {NULL, kind, range->first, {NULL}};
            return read_section(reading, &section, value, range->end);
        }
    }
    return script_fail(reading, number, 0,
                       "unknown section %s; expected Client, Server, Account, Peer, Component, Link or Cases%s",
                       script_quote(word).text, script_hint(word, kind_words).text);
}
