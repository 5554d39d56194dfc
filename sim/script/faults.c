/* Actions of nobody in the cast: time passes, the network breaks and heals, servers crash, names are lost. */
#include "reader.h"

#include <string.h>

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

static bool keep_name(struct reading *reading, struct text name, const char **kept) {
    *kept = arena_text(reading->arena, name.data, name.size);
    return *kept != NULL || script_fail_memory(reading);
}

/* The ends of "A from B". The words may stand in a name too, so the first place counts where both ends are known; where
 * there is none, the first at all. returns false where `between` is not in the line. */
static bool split_ends(const struct cast *cast, struct text line, size_t start, const char *between,
                       struct ends *ends) {
    bool found = false;
    for (size_t at = script_find(line, between, start); at != TEXT_NONE; at = script_find(line, between, at + 1)) {
        struct text first = script_trim(script_cut(line, start, at));
        struct text second = script_trim(script_cut(line, at + strlen(between), line.size));
        int a = script_find_place(cast, first), b = script_find_place(cast, second);
        bool known = a != NO_PLACE && b != NO_PLACE;
        if (!found || known) {
            *ends = (struct ends){first, second, a, b};
        }
        found = true;
        if (known) {
            break;
        }
    }
    return found;
}

static bool both_known(const struct ends *ends) {
    return ends->a != NO_PLACE && ends->b != NO_PLACE;
}

/* Sets the verb of an action line that cuts, too. */
static bool find_ends(struct reading *reading, struct text line, size_t start, struct script_action *action,
                      struct ends *ends) {
    struct ends way;
    if (action->verb == SCRIPT_STALLS) {
        return split_ends(reading->cast, line, start, " to ", ends);
    }
    bool both = split_ends(reading->cast, line, start, " from ", ends);
    bool one = split_ends(reading->cast, line, start, " to ", &way);
    if (one && (!both || (both_known(&way) && !both_known(ends)))) {
        action->verb = SCRIPT_CUTS_ONE_WAY;
        *ends = way;
    }
    return both || one;
}

/* start: where the names begin. */
static bool read_ends(struct reading *reading, struct text line, size_t start, struct script_action *action) {
    struct ends ends;
    if (start > line.size || !find_ends(reading, line, start, action, &ends)) {
        return script_fail(reading, action->line, start > line.size ? line.size : start, "found %s, expected %s",
                           script_quote(line).text,
                           action->verb == SCRIPT_STALLS ? "\"network stalls A to B\""
                                                         : "\"network cuts A from B\" or \"network cuts A to B\"");
    }
    size_t first = (size_t)(ends.first.data - line.data), second = (size_t)(ends.second.data - line.data);
    return script_place(reading, action->line, first, ends.first, &ends.a) &&
           script_place(reading, action->line, second, ends.second, &ends.b) &&
           script_two_places(reading, action->line, second, &ends) && keep_name(reading, ends.first, &action->first) &&
           keep_name(reading, ends.second, &action->second) && script_track_network(reading, action, first, &ends);
}

static bool read_network(struct reading *reading, struct text line, struct text verb, struct script_action *action) {
    size_t start = (size_t)(verb.data - line.data) + verb.size + 1;
    action->verb = script_is(verb, "cuts") ? SCRIPT_CUTS : script_is(verb, "stalls") ? SCRIPT_STALLS : SCRIPT_HEALS;
    if (action->verb != SCRIPT_HEALS) {
        return read_ends(reading, line, start, action);
    }
    if (start <= line.size) {
        return script_fail(reading, action->line, start - 1, "found %s, expected \"network heals\"",
                           script_quote(line).text);
    }
    return script_track_heal(reading, action);
}

static bool read_dns(struct reading *reading, struct text line, struct text domain, struct script_action *action) {
    size_t octet = (size_t)(domain.data - line.data);
    const struct cast *cast = reading->cast;
    if (script_domain_owner(cast, domain) != NAME_UNKNOWN) {
        return keep_name(reading, domain, &action->first) && script_track_dns(reading, action, octet);
    }
    if (domain.size == 0) {
        return script_fail(reading, action->line, octet, "nothing stands behind %s; expected a domain",
                           script_quote(line).text);
    }
    int named = script_names_find(&cast->names, domain);
    if (named >= 0) {
        return script_fail(reading, action->line, octet, "%s is the name of a [%s]; expected a domain",
                           script_quote(domain).text, script_role_word(cast->actors[named].role));
    }
    const char **domains = reading->error == NULL ? NULL : script_names_list(&cast->domains, reading->arena, 0);
    return script_fail(reading, action->line, octet,
                       "%s is not in the cast; expected a domain that is served or played%s", script_quote(domain).text,
                       script_hint(domain, domains).text);
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
    int place;
    if (!script_place(reading, action->line, 0, name, &place) || !keep_name(reading, name, &action->first)) {
        return false;
    }
    action->verb = strcmp(verb, " crashes") == 0 ? SCRIPT_CRASHES : SCRIPT_STARTS;
    action->actor = place == (int)reading->cast->count ? -1 : place;
    return script_track_crash(reading, action, place);
}

static const char *const network_words[] = {"cuts", "stalls", "heals", NULL};
static const char *const dns_words[] = {"loses", "finds", NULL};

bool script_fault_action(struct reading *reading, struct text line, struct script_action *action, bool *found) {
    struct text rest = line, first = script_word(&rest), verb = script_word(&rest);
    *found = true;
    if (script_is(first, "time") && script_starts(verb, "passes")) {
        return read_time(reading, line, action);
    }
    if (script_is(first, "network") && script_find_word(verb, network_words) != NULL) {
        return read_network(reading, line, verb, action);
    }
    if (script_is(first, "DNS") && script_find_word(verb, dns_words) != NULL) {
        action->verb = script_is(verb, "loses") ? SCRIPT_DNS_LOSES : SCRIPT_DNS_FINDS;
        return read_dns(reading, line, script_trim(rest), action);
    }
    *found = false;
    return read_crash(reading, line, " crashes", action, found) &&
           (*found || read_crash(reading, line, " starts", action, found));
}

static bool mistyped(struct reading *reading, struct text line, unsigned number, struct text verb, const char *expected,
                     const char *const *words) {
    return script_fail(reading, number, (size_t)(verb.data - line.data), "found %s, expected %s%s",
                       script_quote(verb).text, expected, script_hint(verb, words).text);
}

bool script_fault_mistyped(struct reading *reading, struct text line, unsigned number) {
    struct text rest = line, first = script_word(&rest), verb = script_word(&rest);
    if (script_is(first, "network")) {
        return mistyped(
            reading, line, number, verb,
            "\"network cuts A from B\", \"network cuts A to B\", \"network stalls A to B\" or \"network heals\"",
            network_words);
    }
    if (script_is(first, "DNS") || script_is(first, "dns")) {
        return mistyped(reading, line, number, script_is(first, "DNS") ? verb : first,
                        "\"DNS loses DOMAIN\" or \"DNS finds DOMAIN\"", dns_words);
    }
    return !script_is(first, "time") || mistyped(reading, line, number, verb, "\"time passes: 30s\"", NULL);
}
