/* Places, which links join and faults befall: servers and peers. A domain leads to one, or a name. */
#include "reader.h"

#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------------------------------------------- finding ---- */

int script_domain_owner(const struct cast *cast, struct text domain) {
    char lower[DOMAIN_MAX_SIZE];
    if (domain.size > sizeof lower) {
        return NAME_UNKNOWN;
    }
    script_lower_into(domain, lower);
    return script_names_find(&cast->domains, (struct text){lower, domain.size});
}

bool script_served(const struct cast *cast, struct text domain) {
    int owner = script_domain_owner(cast, domain);
    return owner == DOMAIN_OF_ONLY_SERVER || (owner >= 0 && cast->actors[owner].role == SCRIPT_SERVER);
}

static bool is_place(const struct cast *cast, int actor) {
    return actor >= 0 && (cast->actors[actor].role == SCRIPT_SERVER || cast->actors[actor].role == SCRIPT_PEER);
}

int script_find_place(const struct cast *cast, struct text name) {
    int owner = script_domain_owner(cast, name);
    if (owner == DOMAIN_OF_ONLY_SERVER) {
        return (int)cast->count;
    }
    int named = is_place(cast, owner) ? owner : script_names_find(&cast->names, name);
    return is_place(cast, named) ? named : NO_PLACE;
}

const char *script_place_name(const struct cast *cast, int place) {
    return place == (int)cast->count ? "" : cast->actors[place].name;
}

/* Whatever a fault can befall, for a message. */
static const char **known_places(const struct reading *reading) {
    const struct cast *cast = reading->cast;
    const char **list = script_names_list(&cast->domains, reading->arena, cast->count);
    const char **next = list;
    for (const char **domain = list; domain != NULL && *domain != NULL; domain++) {
        if (script_find_place(cast, script_text(*domain)) != NO_PLACE) {
            *next++ = *domain;
        }
    }
    for (size_t i = 0; list != NULL && i < cast->count; i++) {
        if (is_place(cast, (int)i)) {
            *next++ = cast->actors[i].name;
        }
    }
    if (list != NULL) {
        *next = NULL;
    }
    return list;
}

/* The role of what is called so, or NULL. */
static const char *role_of(const struct cast *cast, struct text name) {
    int owner = script_domain_owner(cast, name);
    int named = owner >= 0 && owner != DOMAIN_OF_ONLY_SERVER ? owner : script_names_find(&cast->names, name);
    return named < 0 ? NULL : script_role_word(cast->actors[named].role);
}

bool script_place(struct reading *reading, unsigned line, size_t octet, struct text name, int *place) {
    static const char expected[] = "expected a server or a peer, by name or by domain";
    *place = script_find_place(reading->cast, name);
    if (*place != NO_PLACE || reading->error == NULL) {
        return *place != NO_PLACE;
    }
    const char *role = role_of(reading->cast, name);
    if (role != NULL) {
        return script_fail(reading, line, octet, "%s is a [%s]; %s", script_quote(name).text, role, expected);
    }
    return script_fail(reading, line, octet, "%s is not in the cast; %s%s", script_quote(name).text, expected,
                       script_hint(name, known_places(reading)).text);
}

bool script_two_places(struct reading *reading, unsigned line, size_t octet, const struct ends *ends) {
    const struct cast *cast = reading->cast;
    struct quoted first = script_quote(ends->first), second = script_quote(ends->second);
    if (ends->a == ends->b) {
        return script_names_equal(ends->first, ends->second)
                   ? script_fail(reading, line, octet, "both ends are %s; expected two places", first.text)
                   : script_fail(reading, line, octet, "%s and %s are one server; expected two places", first.text,
                                 second.text);
    }
    bool peers = ends->a < (int)cast->count && ends->b < (int)cast->count &&
                 cast->actors[ends->a].role == SCRIPT_PEER && cast->actors[ends->b].role == SCRIPT_PEER;
    return !peers || script_fail(reading, line, octet,
                                 "%s and %s are both a [Peer], and nothing travels between peers; expected a server "
                                 "as one of the two",
                                 first.text, second.text);
}

/* ------------------------------------------------------------------------------------------------------ links ---- */

static bool keep_pair(struct reading *reading, const struct script_actor *link, size_t octet, const struct ends *ends,
                      struct names *pairs) {
    int low = ends->a < ends->b ? ends->a : ends->b, high = ends->a < ends->b ? ends->b : ends->a;
    char key[32];
    snprintf(key, sizeof key, "%d %d", low, high);
    const char *copy = arena_text(reading->arena, key, strlen(key));
    int older =
        copy == NULL ? NAME_NO_MEMORY : script_names_add(pairs, reading->arena, script_text(copy), (int)link->line);
    if (older == NAME_NO_MEMORY) {
        return script_fail_memory(reading);
    }
    return older == NAME_UNKNOWN ||
           script_fail(reading, link->line, octet,
                       "%s and %s have a [Link] in line %d already; expected one for each pair",
                       script_quote(ends->first).text, script_quote(ends->second).text, older);
}

static bool check_link(struct reading *reading, const struct script_actor *link, struct names *pairs) {
    struct text line = reading->cast_lines[link->line - 1];
    size_t first = script_find(line, link->name, script_find(line, "]", 0) + 1);
    size_t second = script_find(line, link->second, first + strlen(link->name));
    struct ends ends = {script_text(link->name), script_text(link->second), NO_PLACE, NO_PLACE};
    return script_place(reading, link->line, first, ends.first, &ends.a) &&
           script_place(reading, link->line, second, ends.second, &ends.b) &&
           script_two_places(reading, link->line, second, &ends) && keep_pair(reading, link, first, &ends, pairs);
}

bool script_check_links(struct reading *reading) {
    const struct cast *cast = reading->cast;
    struct names pairs = {NULL};
    for (size_t i = 0; i < cast->count; i++) {
        if (cast->actors[i].role == SCRIPT_LINK && !check_link(reading, &cast->actors[i], &pairs)) {
            return false;
        }
    }
    return true;
}

/* ------------------------------------------------------------------------------------------------------ homes ---- */

/* The server of the longest domain above this one. */
static int server_above(const struct cast *cast, struct text domain) {
    for (size_t dot = script_find(domain, ".", 0); dot != TEXT_NONE; dot = script_find(domain, ".", dot + 1)) {
        struct text above = script_cut(domain, dot + 1, domain.size);
        if (script_served(cast, above)) {
            return script_find_place(cast, above);
        }
    }
    return NO_PLACE;
}

/* A server by its name, or by a domain. */
static int server_called(const struct cast *cast, struct text name) {
    int named = script_names_find(&cast->names, name);
    if (named >= 0 && cast->actors[named].role == SCRIPT_SERVER) {
        return named;
    }
    return script_served(cast, name) ? script_find_place(cast, name) : NO_PLACE;
}

static bool find_home(struct reading *reading, const struct script_actor *component, int *home) {
    const struct cast *cast = reading->cast;
    const struct script_property *server = script_property_of(component, "server");
    struct text domain = script_domain_played(component);
    if (server == NULL) {
        *home = server_above(cast, domain);
        return *home != NO_PLACE ||
               script_fail(
                   reading, component->line, script_name_octet(reading, component),
                   "no server serves a domain above %s, so this [Component] has none; expected a line \"server: "
                   "NAME\" below it",
                   script_quote(domain).text);
    }
    struct text name = script_text(server->value);
    *home = server_called(cast, name);
    return *home != NO_PLACE ||
           script_fail(reading, server->line, server->column - 1, "server: %s is no server; expected a server's name%s",
                       script_quote(name).text, script_hint(name, known_places(reading)).text);
}

/* Components of one domain are connections of one service, which is at one server. */
static bool check_component(struct reading *reading, int index) {
    struct cast *cast = reading->cast;
    const struct script_actor *component = &cast->actors[index];
    struct text domain = script_domain_played(component);
    if (!find_home(reading, component, &cast->homes[index])) {
        return false;
    }
    int first = script_domain_owner(cast, domain);
    return cast->homes[first] == cast->homes[index] ||
           script_fail(reading, component->line, script_name_octet(reading, component),
                       "the [Component] of line %u has %s at another server; expected the same \"server:\" for both",
                       cast->actors[first].line, script_quote(domain).text);
}

bool script_check_homes(struct reading *reading) {
    struct cast *cast = reading->cast;
    cast->homes = arena_take(reading->arena, (cast->count + 1) * sizeof *cast->homes);
    if (cast->homes == NULL) {
        return script_fail_memory(reading);
    }
    for (size_t i = 0; i < cast->count; i++) {
        const struct script_actor *actor = &cast->actors[i];
        cast->homes[i] = NO_PLACE;
        if (actor->role == SCRIPT_CLIENT) {
            cast->homes[i] = script_find_place(cast, script_domain_of(script_text(actor->jid)));
        } else if (actor->role == SCRIPT_COMPONENT && !check_component(reading, (int)i)) {
            return false;
        }
    }
    return true;
}
