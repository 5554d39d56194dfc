/* What holds at each line of a case: who is down, what is cut, which names are lost. The actions of a script run in
 * their order, so a fault that cannot be, and an action of somebody who is not there, are found before anything is
 * played. A case that is read again is known to be right. */
#include "reader.h"

#include <string.h>

/* Of a server or peer: whether it is up. Of a client or component: whether its stream can still be there. */
struct mark {
    unsigned down;         /* the line in which it crashed; 0: it is up */
    unsigned line;         /* of its last crash or start; 0: none */
    unsigned crashes;      /* so far */
    const char *called;    /* by its last crash */
    bool connected;        /* by the script */
    unsigned crashes_then; /* of its server, when it connected */
};

/* Marks move when one is added, so whoever needs two of them copies the first. */
static struct mark *find_mark(struct reading *reading, const char *name) {
    struct track *track = &reading->track;
    int index = script_names_add(&track->marked, reading->arena, script_text(name), (int)track->mark_count);
    if (index >= 0) {
        return &track->marks[index];
    }
    struct mark *marks =
        index == NAME_NO_MEMORY ? NULL : script_grow(reading->arena, track->marks, track->mark_count, sizeof *marks);
    if (marks == NULL) {
        script_fail_memory(reading);
        return NULL;
    }
    track->marks = marks;
    marks[track->mark_count] = (struct mark){0};
    return &marks[track->mark_count++];
}

/* ---------------------------------------------------------------------------------------------------- crashes ---- */

bool script_track_crash(struct reading *reading, const struct script_action *action, int place) {
    bool crash = action->verb == SCRIPT_CRASHES;
    struct text name = script_text(action->first);
    struct mark *mark = reading->error == NULL ? NULL : find_mark(reading, script_place_name(reading->cast, place));
    if (mark == NULL) {
        return reading->error == NULL;
    }
    if (crash && mark->down != 0) {
        return script_fail(reading, action->line, 0, "%s is down since line %u; expected it to start before it crashes",
                           script_quote(name).text, mark->down);
    }
    if (!crash && mark->down == 0) {
        return mark->line == 0 ? script_fail(reading, action->line, 0,
                                             "%s is up; expected \"NAME crashes\" in a line before \"NAME starts\"",
                                             script_quote(name).text)
                               : script_fail(reading, action->line, 0,
                                             "%s is up since line %u; expected it to crash before it starts again",
                                             script_quote(name).text, mark->line);
    }
    mark->line = action->line;
    mark->down = crash ? action->line : 0;
    mark->crashes += crash;
    mark->called = crash ? action->first : mark->called;
    return true;
}

/* ----------------------------------------------------------------------------------------------------- actors ---- */

static bool writes(enum script_verb verb) {
    return verb == SCRIPT_SENDS || verb == SCRIPT_SENDS_RAW || verb == SCRIPT_CLOSES;
}

static bool comes(enum script_verb verb) {
    return verb == SCRIPT_CONNECTS || verb == SCRIPT_IS_REFUSED;
}

static bool track_peer(struct reading *reading, const struct script_action *action, const char *name) {
    const struct mark *mark = find_mark(reading, name);
    return mark != NULL &&
           (mark->down == 0 || !writes(action->verb) ||
            script_fail(reading, action->line, 0, "%s is down since line %u; expected it to start first",
                        script_quote(script_text(name)).text, mark->down));
}

/* mark: of the client or component that connects or writes. */
static bool check_server(struct reading *reading, const struct script_action *action, const char *name,
                         const struct mark *server, const struct mark *mark) {
    struct quoted who = script_quote(script_text(name));
    if (server->down != 0) {
        return script_fail(reading, action->line, 0,
                           "the server of %s is down since line %u; expected %s to start first", who.text, server->down,
                           script_quote(script_text(server->called)).text);
    }
    bool ended = !comes(action->verb) && mark->connected && mark->crashes_then != server->crashes;
    return !ended || script_fail(reading, action->line, 0,
                                 "the stream of %s ended when %s crashed; expected %s to connect again first", who.text,
                                 script_quote(script_text(server->called)).text, who.text);
}

static bool track_stream(struct reading *reading, const struct script_action *action, const char *name) {
    const struct cast *cast = reading->cast;
    const struct mark *found = find_mark(reading, script_place_name(cast, cast->homes[action->actor]));
    struct mark server = found == NULL ? (struct mark){0} : *found;
    struct mark *mark = found == NULL ? NULL : find_mark(reading, name);
    if (mark == NULL) {
        return false;
    }
    if ((comes(action->verb) || writes(action->verb)) &&
        !check_server(reading, action, name, &server, mark)) {
        return false;
    }
    switch (action->verb) {
    case SCRIPT_CONNECTS:
        mark->connected = true;
        mark->crashes_then = server.crashes;
        break;
    case SCRIPT_DISCONNECTS:
    case SCRIPT_VANISHES:
    case SCRIPT_CLOSES:
        mark->connected = false;
        break;
    default:
        break;
    }
    return true;
}

bool script_track_actor(struct reading *reading, const struct script_action *action) {
    const struct script_actor *actor = &reading->cast->actors[action->actor];
    return reading->error == NULL || (actor->role == SCRIPT_PEER ? track_peer(reading, action, actor->name)
                                                                 : track_stream(reading, action, actor->name));
}

/* ---------------------------------------------------------------------------------------------------- network ---- */

/* Keeps that a direction is cut or stalled; *older: the line since which it is, or NAME_UNKNOWN. */
static bool keep_direction(struct reading *reading, struct names *directions, int from, int to, unsigned line,
                           int *older) {
    enum { APART = 1 }; /* no name holds it */
    const char *first = script_place_name(reading->cast, from), *second = script_place_name(reading->cast, to);
    size_t first_size = strlen(first), second_size = strlen(second);
    char *key = arena_take(reading->arena, first_size + second_size + 2);
    *older = NAME_NO_MEMORY;
    if (key != NULL) {
        memcpy(key, first, first_size);
        key[first_size] = APART;
        memcpy(key + first_size + 1, second, second_size);
        *older = script_names_add(directions, reading->arena, script_text(key), (int)line);
    }
    return *older != NAME_NO_MEMORY || script_fail_memory(reading);
}

bool script_track_network(struct reading *reading, const struct script_action *action, size_t octet,
                          const struct ends *ends) {
    bool stalls = action->verb == SCRIPT_STALLS, both = action->verb == SCRIPT_CUTS;
    struct names *directions = stalls ? &reading->track.stalls : &reading->track.cuts;
    int there, back = NAME_UNKNOWN;
    if (reading->error == NULL) {
        return true;
    }
    if (!keep_direction(reading, directions, ends->a, ends->b, action->line, &there) ||
        (both && !keep_direction(reading, directions, ends->b, ends->a, action->line, &back))) {
        return false;
    }
    return there == NAME_UNKNOWN || (both && back == NAME_UNKNOWN) ||
           script_fail(reading, action->line, octet,
                       "the way from %s to %s is %s since line %d; expected \"network heals\" in between",
                       script_quote(ends->first).text, script_quote(ends->second).text, stalls ? "stalled" : "cut",
                       there);
}

bool script_track_heal(struct reading *reading, const struct script_action *action) {
    struct track *track = &reading->track;
    bool whole = track->cuts.root == NULL && track->stalls.root == NULL;
    if (reading->error != NULL && whole) {
        return script_fail(
            reading, action->line, 0,
            "nothing is cut or stalled; expected \"network cuts A from B\" or \"network stalls A to B\" in "
            "a line before");
    }
    track->cuts = track->stalls = (struct names){NULL};
    return true;
}

/* ------------------------------------------------------------------------------------------------------ names ---- */

/* Where it is kept since which line a domain is lost; 0: it is not. */
static unsigned *find_lost(struct reading *reading, struct text domain) {
    struct track *track = &reading->track;
    const char *lower = script_lower(reading->arena, domain);
    int index = lower == NULL
                    ? NAME_NO_MEMORY
                    : script_names_add(&track->domains, reading->arena, script_text(lower), (int)track->domain_count);
    if (index >= 0) {
        return &track->lost[index];
    }
    unsigned *lost =
        index == NAME_NO_MEMORY ? NULL : script_grow(reading->arena, track->lost, track->domain_count, sizeof *lost);
    if (lost == NULL) {
        script_fail_memory(reading);
        return NULL;
    }
    track->lost = lost;
    lost[track->domain_count] = 0;
    return &lost[track->domain_count++];
}

bool script_track_dns(struct reading *reading, const struct script_action *action, size_t octet) {
    bool loses = action->verb == SCRIPT_DNS_LOSES;
    struct text domain = script_text(action->first);
    if (reading->error == NULL) {
        return true;
    }
    unsigned *lost = find_lost(reading, domain);
    if (lost == NULL) {
        return false;
    }
    if (loses && *lost != 0) {
        return script_fail(reading, action->line, octet,
                           "%s is lost since line %u; expected \"DNS finds\" before it is lost again",
                           script_quote(domain).text, *lost);
    }
    if (!loses && *lost == 0) {
        return script_fail(reading, action->line, octet, "%s is not lost; expected \"DNS loses\" in a line before",
                           script_quote(domain).text);
    }
    *lost = loses ? action->line : 0;
    return true;
}
