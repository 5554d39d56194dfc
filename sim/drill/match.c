/* match.c - compares an element that came with one that a script expects. */
#include "match.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 200, PAIRS_MAX = 4 * 1024 * 1024 };

/* Attributes both ways and children in order, or only what is expected. `forced`: by scansion:strict, for all below. */
struct mode {
    bool strict, forced;
};

struct staged {
    const struct staged *older;
    const char *name;
    size_t name_size;
    const char *value;
};

struct matching {
    struct arena *arena;
    const struct match_words *words;
    struct match_difference *difference; /* NULL while a pairing is only tried */
    const struct staged *staged;
    bool keep; /* whether captures are staged */
    char path[PATH_SIZE];
};

static bool differs(struct matching *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool differs(struct matching *m, const char *format, ...) {
    if (m->difference != NULL) {
        char *text = m->difference->text;
        size_t size = sizeof m->difference->text;
        int used = snprintf(text, size, "%s%s", m->path, m->path[0] == '\0' ? "" : ": ");
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(text + used, size - (size_t)used, format, arguments);
        va_end(arguments);
    }
    return false;
}

/* ----------------------------------------------------------------------------------------------------- values ---- */

static bool is_capture(const char *expected, const char **name, size_t *name_size) {
    static const char start[] = "{scansion:capture:";
    size_t size = strlen(expected);
    if (strncmp(expected, start, sizeof start - 1) != 0 || expected[size - 1] != '}') {
        return false;
    }
    *name = expected + sizeof start - 1;
    *name_size = size - sizeof start;
    return true;
}

static void stage(struct matching *m, const char *name, size_t name_size, const char *value) {
    struct staged *staged = m->keep ? arena_take(m->arena, sizeof *staged) : NULL;
    if (staged != NULL) {
        *staged = (struct staged){.older = m->staged, .name = name, .name_size = name_size, .value = value};
        m->staged = staged;
    }
}

static bool is_wildcard(struct matching *m, const char *expected, const char *found) {
    const char *name;
    size_t name_size;
    if (strcmp(expected, "{scansion:any}") == 0) {
        return true;
    }
    if (is_capture(expected, &name, &name_size)) {
        stage(m, name, name_size, found);
        return true;
    }
    return false;
}

static const char *meaning(const struct matching *m, const char *expected) {
    if (m->words == NULL || m->words->resolve == NULL || strstr(expected, "${") == NULL) {
        return expected;
    }
    return m->words->resolve(m->words->context, expected);
}

static bool is_open(const char *expected) {
    const char *name;
    size_t name_size;
    return strcmp(expected, "{scansion:any}") == 0 || is_capture(expected, &name, &name_size);
}

/* What counts as found of an attribute that has not come. */
static const char *implied(const struct matching *m, const struct xml_node *node,
                           const struct xml_attribute *expected) {
    const bool stanza = strchr(m->path, '/') == NULL && expected->ns[0] == '\0';
    if (!stanza || m->words == NULL || m->words->implied == NULL) {
        return NULL;
    }
    const char *wanted = is_open(expected->value) ? NULL : meaning(m, expected->value);
    return m->words->implied(m->words->context, node, expected->name, wanted);
}

static bool match_attribute(struct matching *m, const struct xml_node *node, const struct xml_attribute *expected,
                            const char *found) {
    found = found == NULL ? implied(m, node, expected) : found;
    if (found != NULL && is_wildcard(m, expected->value, found)) {
        return true;
    }
    const char *wanted = meaning(m, expected->value);
    if (wanted == NULL) {
        return differs(m, "attribute '%s': the value of '%s' is not known", expected->name, expected->value);
    }
    if (found == NULL) {
        return differs(m, "attribute '%s': expected '%s', found none", expected->name, wanted);
    }
    return strcmp(wanted, found) == 0 ||
           differs(m, "attribute '%s': expected '%s', found '%s'", expected->name, wanted, found);
}

static bool match_text(struct matching *m, const struct xml_node *expected, const struct xml_node *found, bool strict) {
    if (expected->text[0] == '\0') {
        return !strict || found->text[0] == '\0' || differs(m, "text: expected none, found '%s'", found->text);
    }
    if (found->text[0] != '\0' && is_wildcard(m, expected->text, found->text)) {
        return true;
    }
    const char *wanted = meaning(m, expected->text);
    if (wanted == NULL) {
        return differs(m, "text: the value of '%s' is not known", expected->text);
    }
    if (found->text[0] == '\0') {
        return differs(m, "text: expected '%s', found none", wanted);
    }
    return strcmp(wanted, found->text) == 0 || differs(m, "text: expected '%s', found '%s'", wanted, found->text);
}

/* ------------------------------------------------------------------------------------------------- attributes ---- */

static bool is_directive(const struct xml_attribute *attribute) {
    return strcmp(attribute->ns, XML_SCANSION_NS) == 0;
}

static const char *attribute_value(const struct xml_node *node, const struct xml_attribute *like) {
    for (size_t i = 0; i < node->attribute_count; i++) {
        if (strcmp(node->attributes[i].name, like->name) == 0 && strcmp(node->attributes[i].ns, like->ns) == 0) {
            return node->attributes[i].value;
        }
    }
    return NULL;
}

static bool match_attributes(struct matching *m, const struct xml_node *expected, const struct xml_node *found,
                             bool strict) {
    for (size_t i = 0; i < expected->attribute_count; i++) {
        const struct xml_attribute *attribute = &expected->attributes[i];
        if (!is_directive(attribute) && !match_attribute(m, expected, attribute, attribute_value(found, attribute))) {
            return false;
        }
    }
    for (size_t i = 0; strict && i < found->attribute_count; i++) {
        const struct xml_attribute *attribute = &found->attributes[i];
        if (attribute_value(expected, attribute) == NULL) {
            return differs(m, "attribute '%s': expected none, found '%s'", attribute->name, attribute->value);
        }
    }
    return true;
}

static struct mode mode_of(struct mode parent, const struct xml_node *expected) {
    for (size_t i = 0; i < expected->attribute_count; i++) {
        if (is_directive(&expected->attributes[i]) && strcmp(expected->attributes[i].name, "strict") == 0) {
            return (struct mode){.strict = strcmp(expected->attributes[i].value, "true") == 0, .forced = true};
        }
    }
    if (parent.forced) {
        return parent;
    }
    return (struct mode){.strict = parent.strict || strcmp(expected->ns, XML_STREAM_NS) != 0};
}

/* ---------------------------------------------------------------------------------------------------- pairing ---- */

/* Each expected element gets a found one of its own: a maximum matching of a bipartite graph by augmenting paths.
 * Whether two go together is found out when it is first asked. */
struct pairing {
    struct matching *matching;
    struct mode mode;
    const struct xml_node *const *expected, *const *found;
    size_t expected_count, found_count;
    unsigned char *known; /* 0 unknown, 1 they do not, 2 they do */
    bool *tried;          /* found ones of the present path */
    int *owner;           /* of each found one: the expected one that has it, or -1 */
};

static bool match_node(struct matching *m, struct mode parent, const struct xml_node *expected,
                       const struct xml_node *found);

static bool go_together(struct pairing *p, size_t e, size_t f) {
    unsigned char *known = &p->known[e * p->found_count + f];
    if (*known == 0) {
        *known = p->found[f] != NULL && match_node(p->matching, p->mode, p->expected[e], p->found[f]) ? 2 : 1;
    }
    return *known == 2;
}

/* Recursion is as deep as the path is long; a path visits each found element once. */
static bool find_pair(struct pairing *p, size_t e) {
    for (size_t f = 0; f < p->found_count; f++) {
        if (p->owner[f] < 0 && go_together(p, e, f)) {
            p->owner[f] = (int)e;
            return true;
        }
    }
    for (size_t f = 0; f < p->found_count; f++) {
        if (!p->tried[f] && go_together(p, e, f)) {
            p->tried[f] = true;
            if (p->owner[f] < 0 || find_pair(p, (size_t)p->owner[f])) {
                p->owner[f] = (int)e;
                return true;
            }
        }
    }
    return false;
}

static bool pair_up(struct pairing *p, int *pair) {
    bool all = true;
    bool room = p->expected_count <= PAIRS_MAX / (p->found_count + 1);
    if (room) {
        p->known = arena_take(p->matching->arena, p->expected_count * p->found_count + 1);
        p->tried = arena_take(p->matching->arena, p->found_count + 1);
        p->owner = arena_take(p->matching->arena, (p->found_count + 1) * sizeof *p->owner);
        room = p->known != NULL && p->tried != NULL && p->owner != NULL;
    }
    for (size_t e = 0; e < p->expected_count; e++) {
        pair[e] = -1;
    }
    if (!room) {
        return p->expected_count == 0;
    }
    for (size_t f = 0; f < p->found_count; f++) {
        p->owner[f] = -1;
    }
    for (size_t e = 0; e < p->expected_count; e++) {
        memset(p->tried, 0, p->found_count);
        all &= find_pair(p, e);
    }
    for (size_t f = 0; f < p->found_count; f++) {
        if (p->owner[f] >= 0) {
            pair[p->owner[f]] = (int)f;
        }
    }
    return all;
}

/* --------------------------------------------------------------------------------------------------- children ---- */

static size_t count_children(const struct xml_node *node) {
    size_t count = 0;
    for (const struct xml_node *child = node->child; child != NULL; child = child->next) {
        count++;
    }
    return count;
}

static const struct xml_node **list_children(struct matching *m, const struct xml_node *node, size_t count) {
    const struct xml_node **list = arena_take(m->arena, (count + 1) * sizeof *list);
    size_t n = 0;
    for (const struct xml_node *child = node->child; list != NULL && child != NULL; child = child->next) {
        list[n++] = child;
    }
    return list;
}

static bool same_name(const struct xml_node *a, const struct xml_node *b) {
    return strcmp(a->name, b->name) == 0 && strcmp(a->ns, b->ns) == 0;
}

/* Says what is wrong with the child that has no partner: inside the only one of its name, if there is one. */
static bool child_missing(struct matching *m, struct mode mode, const struct xml_node *expected,
                          const struct xml_node *parent) {
    const struct xml_node *like = NULL;
    size_t count = 0;
    for (const struct xml_node *child = parent->child; child != NULL; child = child->next) {
        if (same_name(child, expected)) {
            like = child;
            count++;
        }
    }
    if (count == 1 && !match_node(m, mode, expected, like)) {
        return false;
    }
    if (count == 0) {
        return differs(m, "child <%s>: expected one, found none", expected->name);
    }
    return differs(m, "child <%s>: none of the %zu that were found matches", expected->name, count);
}

static bool match_loose(struct matching *m, struct mode mode, const struct xml_node *expected,
                        const struct xml_node *found) {
    size_t count = count_children(expected);
    if (count == 0) {
        return true;
    }
    size_t found_count = count_children(found);
    const struct xml_node **wanted = list_children(m, expected, count);
    const struct xml_node **others = list_children(m, found, found_count);
    int *pair = arena_take(m->arena, count * sizeof *pair);
    if (wanted == NULL || others == NULL || pair == NULL) {
        return differs(m, "memory ran out");
    }
    struct matching trial = *m;
    trial.difference = NULL;
    trial.keep = false;
    struct pairing p = {.matching = &trial,
                        .mode = mode,
                        .expected = wanted,
                        .found = others,
                        .expected_count = count,
                        .found_count = found_count};
    bool all = pair_up(&p, pair);
    for (size_t i = 0; i < count; i++) {
        /* Looking for the reason takes as long as trying did, so only who is asked for it does. */
        if (!all && pair[i] < 0) {
            return m->difference != NULL && child_missing(m, mode, wanted[i], found);
        }
        if (all && m->keep && !match_node(m, mode, wanted[i], others[pair[i]])) {
            return false;
        }
    }
    return all;
}

static bool match_strict(struct matching *m, struct mode mode, const struct xml_node *expected,
                         const struct xml_node *found) {
    const struct xml_node *wanted = expected->child;
    const struct xml_node *child = found->child;
    for (; wanted != NULL && child != NULL; wanted = wanted->next, child = child->next) {
        if (!match_node(m, mode, wanted, child)) {
            return false;
        }
    }
    if (wanted != NULL) {
        return differs(m, "child <%s>: expected one, found none", wanted->name);
    }
    return child == NULL || differs(m, "child <%s>: expected none, found one", child->name);
}

bool match_is_set(const struct xml_node *node) {
    return strcmp(node->ns, "jabber:iq:roster") == 0 &&
           (strcmp(node->name, "query") == 0 || strcmp(node->name, "item") == 0);
}

static bool match_children(struct matching *m, struct mode mode, const struct xml_node *expected,
                           const struct xml_node *found) {
    const bool ordered = mode.strict && !(match_is_set(expected) && count_children(expected) == count_children(found));
    return ordered ? match_strict(m, mode, expected, found) : match_loose(m, mode, expected, found);
}

static bool match_node(struct matching *m, struct mode parent, const struct xml_node *expected,
                       const struct xml_node *found) {
    if (!same_name(expected, found)) {
        const char *own = strcmp(expected->name, found->name) == 0 ? found->ns : "";
        return differs(m, "expected <%s>, found <%s>%s%s", expected->name, found->name,
                       own[0] == '\0' ? "" : " in namespace ", own);
    }
    size_t path_size = strlen(m->path);
    (void)snprintf(m->path + path_size, sizeof m->path - path_size, "%s%s", path_size == 0 ? "" : "/", expected->name);
    struct mode mode = mode_of(parent, expected);
    bool same = match_attributes(m, expected, found, mode.strict) && match_text(m, expected, found, mode.strict) &&
                match_children(m, mode, expected, found);
    m->path[path_size] = '\0';
    return same;
}

static void commit(const struct matching *m, const struct staged *staged) {
    if (staged != NULL && m->words != NULL && m->words->capture != NULL) {
        commit(m, staged->older);
        m->words->capture(m->words->context, staged->name, staged->name_size, staged->value);
    }
}

bool match_stanza(struct arena *arena, const struct match_words *words, const struct xml_node *expected,
                  const struct xml_node *found, struct match_difference *difference) {
    struct match_difference unread;
    struct matching m = {.arena = arena, .words = words, .keep = true};
    m.difference = difference == NULL ? &unread : difference;
    m.difference->text[0] = '\0';
    if (!match_node(&m, (struct mode){.strict = false}, expected, found)) {
        return false;
    }
    commit(&m, m.staged);
    return true;
}

bool match_any_order(struct arena *arena, const struct match_words *words, const struct xml_node *const *expected,
                     size_t count, const struct xml_node *const *found, size_t found_count, int *pair) {
    struct matching m = {.arena = arena, .words = words};
    struct pairing p = {
        .matching = &m, .expected = expected, .found = found, .expected_count = count, .found_count = found_count};
    if (!pair_up(&p, pair)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!match_stanza(arena, words, expected[i], found[pair[i]], NULL)) {
            return false;
        }
    }
    return true;
}

/* -------------------------------------------------------------------------------------------------- likenesses ---- */

static bool has_captures(const struct xml_node *expected) {
    const char *name;
    size_t size;
    bool found = is_capture(expected->text, &name, &size);
    for (size_t i = 0; i < expected->attribute_count; i++) {
        found = found || is_capture(expected->attributes[i].value, &name, &size);
    }
    for (const struct xml_node *child = expected->child; child != NULL && !found; child = child->next) {
        found = has_captures(child);
    }
    return found;
}

static const struct xml_node *most_like(const struct xml_node *expected, const struct xml_node *parent,
                                        unsigned *likeness) {
    const struct xml_node *best = NULL;
    *likeness = 0;
    for (const struct xml_node *child = parent->child; child != NULL; child = child->next) {
        const unsigned own = match_likeness(expected, child);
        if (own > *likeness) {
            best = child;
            *likeness = own;
        }
    }
    return best;
}

/* A push is not the result of a get, whatever else they share. */
static bool same_type(const struct xml_node *expected, const struct xml_node *found) {
    const char *wanted = xml_attribute_get(expected, "type"), *type = xml_attribute_get(found, "type");
    return wanted == NULL || (type != NULL && strcmp(wanted, type) == 0);
}

unsigned match_likeness(const struct xml_node *expected, const struct xml_node *found) {
    const char *name;
    size_t size;
    unsigned likeness = 1;
    if (!same_name(expected, found) || !same_type(expected, found) ||
        (found->text[0] == '\0' && is_capture(expected->text, &name, &size))) {
        return 0;
    }
    for (size_t i = 0; i < expected->attribute_count; i++) {
        const char *value = attribute_value(found, &expected->attributes[i]);
        if (value == NULL && is_capture(expected->attributes[i].value, &name, &size)) {
            return 0;
        }
        likeness += value != NULL && strcmp(value, expected->attributes[i].value) == 0;
    }
    for (const struct xml_node *child = expected->child; child != NULL; child = child->next) {
        unsigned own;
        if (most_like(child, found, &own) == NULL && has_captures(child)) {
            return 0;
        }
        likeness += own;
    }
    return likeness;
}

static void capture(const struct match_words *words, const char *expected, const char *found) {
    const char *name;
    size_t size;
    if (found != NULL && found[0] != '\0' && is_capture(expected, &name, &size)) {
        words->capture(words->context, name, size, found);
    }
}

void match_captures(const struct match_words *words, const struct xml_node *expected, const struct xml_node *found) {
    capture(words, expected->text, found->text);
    for (size_t i = 0; i < expected->attribute_count; i++) {
        capture(words, expected->attributes[i].value, attribute_value(found, &expected->attributes[i]));
    }
    for (const struct xml_node *child = expected->child; child != NULL; child = child->next) {
        unsigned likeness;
        const struct xml_node *like = most_like(child, found, &likeness);
        if (like != NULL) {
            match_captures(words, child, like);
        }
    }
}
