/* Actions of nobody in the cast: time passes, the network breaks and heals, servers crash, names are lost. */
#include "reader.h"

#include <stdio.h>
#include <string.h>

/* ----------------------------------------------------------------------------------------------------- places ---- */

/* Whatever a fault can befall, for a message. */
static const char **known_places(const struct reading *reading) {
    const struct cast *cast = reading->cast;
    const char **list = script_names_list(&cast->domains, reading->arena, cast->count);
    const char **next = list;
    while (next != NULL && *next != NULL) {
        next++;
    }
    for (size_t i = 0; list != NULL && i < cast->count; i++) {
        if (cast->actors[i].role == SCRIPT_SERVER) {
            *next++ = cast->actors[i].name;
        }
    }
    return list;
}

static bool find_domain(struct reading *reading, struct text domain, int *value) {
    char *lower = script_lower(reading->arena, domain);
    *value = NAME_UNKNOWN;
    if (lower == NULL) {
        return script_fail_memory(reading);
    }
    *value = script_names_find(&reading->cast->domains, script_text(lower));
    return true;
}

bool script_served(struct reading *reading, struct text domain, bool *served) {
    int value;
    if (!find_domain(reading, domain, &value)) {
        return false;
    }
    *served = value == DOMAIN_OF_ONLY_SERVER || (value >= 0 && reading->cast->actors[value].role == SCRIPT_SERVER);
    return true;
}

bool script_place(struct reading *reading, unsigned line, size_t octet, struct text name, int *actor) {
    const struct cast *cast = reading->cast;
    int value = script_names_find(&cast->names, name);
    if (value >= 0 && cast->actors[value].role != SCRIPT_CLIENT) {
        *actor = value;
        return true;
    }
    int domain;
    if (!find_domain(reading, name, &domain)) {
        return false;
    }
    if (domain == NAME_UNKNOWN) {
        return script_fail(reading, line, octet, "%s is %s; expected a server's name or a domain%s",
                           script_quote(name).text, value >= 0 ? "a [Client]" : "not in the cast",
                           reading->error == NULL ? "" : script_hint(name, known_places(reading)).text);
    }
    *actor = domain == DOMAIN_OF_ONLY_SERVER ? -1 : domain;
    return true;
}

/* ------------------------------------------------------------------------------------------------------- time ---- */

static bool read_time(struct reading *reading, struct text line, struct script_action *action) {
    static const char form[] = "time passes:";
    if (!script_starts(line, form)) {
        return script_fail(reading, action->line, 0, "found %s, expected \"time passes: 30s\"",
                           script_quote(line).text);
    }
    struct text value = script_trim(script_cut(line, sizeof form - 1, line.size));
    action->verb = SCRIPT_TIME_PASSES;
    const char *fault = script_duration(value, &action->duration_us);
    return fault == NULL ||
           script_fail(
               reading, action->line, (size_t)(value.data - line.data),
               "%s is no duration: %s; expected \"time passes: 30s\", with a whole number and us, ms, s, m or h",
               script_quote(value).text, fault);
}

/* ----------------------------------------------------------------------------------------------------- faults ---- */

static bool keep_place(struct reading *reading, struct text line, struct text name, struct script_action *action,
                       const char **kept) {
    int actor;
    if (!script_place(reading, action->line, (size_t)(name.data - line.data), name, &actor)) {
        return false;
    }
    *kept = arena_text(reading->arena, name.data, name.size);
    return *kept != NULL || script_fail_memory(reading);
}

/* "network cuts A from B": both ends, between which `between` stands. */
static bool read_ends(struct reading *reading, struct text line, size_t start, const char *between, const char *form,
                      struct script_action *action) {
    size_t at = start > line.size ? TEXT_NONE : script_find(line, between, start);
    if (at == TEXT_NONE) {
        return script_fail(reading, action->line, start > line.size ? line.size : start, "found %s, expected \"%s\"",
                           script_quote(line).text, form);
    }
    struct text first = script_trim(script_cut(line, start, at));
    struct text second = script_trim(script_cut(line, at + strlen(between), line.size));
    if (!keep_place(reading, line, first, action, &action->first) ||
        !keep_place(reading, line, second, action, &action->second)) {
        return false;
    }
    return first.size != second.size || memcmp(first.data, second.data, first.size) != 0 ||
           script_fail(reading, action->line, (size_t)(second.data - line.data),
                       "both ends are %s; expected two places", script_quote(first).text);
}

static bool read_network(struct reading *reading, struct text line, struct text verb, struct script_action *action) {
    size_t start = (size_t)(verb.data - line.data) + verb.size + 1;
    if (script_is(verb, "cuts")) {
        action->verb = SCRIPT_CUTS;
        return read_ends(reading, line, start, " from ", "network cuts A from B", action);
    }
    if (script_is(verb, "stalls")) {
        action->verb = SCRIPT_STALLS;
        return read_ends(reading, line, start, " to ", "network stalls A to B", action);
    }
    action->verb = SCRIPT_HEALS;
    return start > line.size || script_fail(reading, action->line, start - 1, "found %s, expected \"network heals\"",
                                            script_quote(line).text);
}

/* "A crashes", "A starts": whatever stands before the verb is the name. */
static bool read_crash(struct reading *reading, struct text line, const char *verb, struct script_action *action,
                       bool *found) {
    size_t size = strlen(verb);
    if (line.size <= size || memcmp(line.data + line.size - size, verb, size) != 0) {
        return true;
    }
    *found = true;
    struct text name = script_trim_end(script_cut(line, 0, line.size - size));
    int actor;
    if (!keep_place(reading, line, name, action, &action->first) ||
        !script_place(reading, action->line, 0, name, &actor)) {
        return false;
    }
    action->verb = strcmp(verb, " crashes") == 0 ? SCRIPT_CRASHES : SCRIPT_STARTS;
    action->actor = actor;
    return true;
}

bool script_fault_action(struct reading *reading, const struct step *step, struct text line,
                         struct script_action *action, bool *found) {
    static const char *const network[] = {"cuts", "heals", "stalls", NULL};
    struct text rest = line, first = script_word(&rest), verb = script_word(&rest);
    (void)step;
    *found = true;
    if (script_is(first, "time") && script_starts(verb, "passes")) {
        return read_time(reading, line, action);
    }
    for (size_t i = 0; script_is(first, "network") && network[i] != NULL; i++) {
        if (script_is(verb, network[i])) {
            return read_network(reading, line, verb, action);
        }
    }
    if (script_is(first, "DNS") && script_is(verb, "loses")) {
        action->verb = SCRIPT_DNS_LOSES;
        return keep_place(reading, line, script_trim(rest), action, &action->first);
    }
    *found = false;
    return read_crash(reading, line, " crashes", action, found) &&
           (*found || read_crash(reading, line, " starts", action, found));
}

/* ------------------------------------------------------------------------------------------------ unsupported ---- */

/* The first few by name; how many more there are. */
struct list {
    char text[4 * (NAME_MAX_SIZE + 40)];
    size_t size, count;
};

static void list_item(struct list *list, const char *what, const char *name, unsigned line) {
    enum { SHOWN = 3 };
    if (list->count++ < SHOWN) {
        list->size +=
            (size_t)snprintf(list->text + list->size, sizeof list->text - list->size, "%s%s%s%.*s at line %u",
                             list->count > 1 ? ", " : "", what, name[0] == '\0' ? "" : " ", NAME_MAX_SIZE, name, line);
    } else {
        snprintf(list->text + list->size, sizeof list->text - list->size, " and %zu more", list->count - SHOWN);
    }
}

static void list_action(struct list *list, const struct script_action *action) {
    switch (action->verb) {
    case SCRIPT_CUTS:
        list_item(list, "network cuts", "", action->line);
        break;
    case SCRIPT_HEALS:
        list_item(list, "network heals", "", action->line);
        break;
    case SCRIPT_STALLS:
        list_item(list, "network stalls", "", action->line);
        break;
    case SCRIPT_CRASHES:
        list_item(list, action->first, "crashes", action->line);
        break;
    case SCRIPT_STARTS:
        list_item(list, action->first, "starts", action->line);
        break;
    case SCRIPT_DNS_LOSES:
        list_item(list, "DNS loses", action->first, action->line);
        break;
    default:
        break;
    }
}

bool script_unsupported(struct reading *reading, const struct script *script, const char **text) {
    struct list list = {"", 0, 0};
    for (size_t i = 0; i < script->cast_count; i++) {
        const struct script_actor *actor = &script->cast[i];
        const char *what = actor->role == SCRIPT_PEER        ? "[Peer]"
                           : actor->role == SCRIPT_COMPONENT ? "[Component]"
                           : actor->role == SCRIPT_LINK      ? "[Link]"
                                                             : NULL;
        if (what != NULL) {
            list_item(&list, what, actor->name, actor->line);
        }
    }
    for (size_t i = 0; i < script->action_count; i++) {
        list_action(&list, &script->actions[i]);
    }
    *text = list.count == 0 ? NULL : arena_text(reading->arena, list.text, strlen(list.text));
    return list.count == 0 || *text != NULL || script_fail_memory(reading);
}
