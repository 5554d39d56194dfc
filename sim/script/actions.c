/* Action lines: who does what. */
#include "reader.h"

#include <string.h>

enum below { BELOW_NOTHING, BELOW_STANZAS, BELOW_OCTETS };

static const struct verb {
    const char *words;
    enum script_verb verb;
    enum below below;
} verbs[] = {
    {"connects", SCRIPT_CONNECTS, BELOW_NOTHING},
    {"disconnects", SCRIPT_DISCONNECTS, BELOW_NOTHING},
    {"vanishes", SCRIPT_VANISHES, BELOW_NOTHING},
    {"sends", SCRIPT_SENDS, BELOW_STANZAS},
    {"sends raw", SCRIPT_SENDS_RAW, BELOW_OCTETS},
    {"receives", SCRIPT_RECEIVES, BELOW_STANZAS},
    {"receives in any order", SCRIPT_RECEIVES_ANY_ORDER, BELOW_STANZAS},
    {"receives one of", SCRIPT_RECEIVES_ONE_OF, BELOW_STANZAS},
    {"receives nothing", SCRIPT_RECEIVES_NOTHING, BELOW_NOTHING},
    {"receives: nothing", SCRIPT_RECEIVES_NOTHING, BELOW_NOTHING},
};

/* Every word that can stand behind a name. */
static const char *const verb_words[] = {"connects", "disconnects", "vanishes", "sends", "receives", "closes",
                                         "is",       "decides",     "crashes",  "starts", NULL};

/* What each kind of actor does. */
static const char *const client_words[] = {"connects", "disconnects", "vanishes", "closes",
                                           "sends",    "receives",    "is",       NULL};
static const char *const peer_words[] = {"sends",  "receives", "disconnects", "vanishes",
                                         "closes", "crashes",  "starts",      NULL};
static const char *const server_words[] = {"crashes", "starts", NULL};

static const struct {
    const char *const *words;
    const char *list;
} repertoires[] = {
    [SCRIPT_CLIENT] = {client_words, "connects, is refused, disconnects, vanishes, closes, sends or receives"},
    [SCRIPT_COMPONENT] = {client_words, "connects, is refused, disconnects, vanishes, closes, sends or receives"},
    [SCRIPT_PEER] = {peer_words, "sends, receives, disconnects, vanishes, closes, crashes or starts"},
    [SCRIPT_SERVER] = {server_words, "crashes or starts"},
};

/* Forms that begin with one of the words above, for messages. */
#define SENDS_FORMS "\"sends:\" or \"sends raw:\", and the XML in the next lines, indented"
#define RECEIVES_FORMS                                                                                                 \
    "\"receives:\", \"receives in any order:\" or \"receives one of:\" with XML in the next lines, indented, or "      \
    "\"receives: nothing\""

#define IS_REFUSED_FORM "\"is refused: CONDITION\" with bad-request, conflict, not-allowed or resource-constraint"

/* An action line while it is read. */
struct action_line {
    struct text text;
    const struct step *step;
    struct script_action *action;
};

static bool fail_in(struct reading *reading, const struct action_line *line, struct text found, const char *expected,
                    const char *const *words) {
    return script_fail(reading, line->action->line, (size_t)(found.data - line->text.data), "found %s, expected %s%s",
                       script_quote(found).text, expected, script_hint(found, words).text);
}

/* ------------------------------------------------------------------------------------------------------ verbs ---- */

/* The words with one space between and without a last colon; false where they are too long for any verb. */
static bool normalize(struct text words, char *out, size_t room, bool *colon) {
    size_t size = 0;
    words = script_trim(words);
    *colon = words.size > 0 && words.data[words.size - 1] == ':';
    words = *colon ? script_trim_end(script_cut(words, 0, words.size - 1)) : words;
    for (struct text word = script_word(&words); word.size > 0; word = script_word(&words)) {
        if (size + word.size + 2 > room) {
            return false;
        }
        if (size > 0) {
            out[size++] = ' ';
        }
        memcpy(out + size, word.data, word.size);
        size += word.size;
    }
    out[size] = '\0';
    return true;
}

static const struct verb *find_verb(struct text words) {
    char phrase[40];
    bool colon;
    if (!normalize(words, phrase, sizeof phrase, &colon)) {
        return NULL;
    }
    if (!colon && strcmp(phrase, "receives:nothing") == 0) {
        return find_verb(script_text("receives: nothing"));
    }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(phrase, verbs[i].words) == 0 && (!colon || verbs[i].below != BELOW_NOTHING)) {
            return &verbs[i];
        }
    }
    return NULL;
}

/* Why a client may not bind its resource (RFC 6120 7.6.2, 7.7.2), or a component not attach. */
static const char *const refusals[] = {"bad-request", "conflict", "not-allowed", "resource-constraint", NULL};

/* "NAME closes: CONDITION" and its like. */
static const struct told {
    const char *first, *second; /* its words; second: NULL where there is one */
    enum script_verb verb;
    const char *const *conditions;
    const char *form;
} tolds[] = {
    {"closes", NULL, SCRIPT_CLOSES, script_stream_conditions,
     "\"closes: CONDITION\" with the condition of a stream error (RFC 6120 4.9.3)"},
    {"is", "refused", SCRIPT_IS_REFUSED, refusals,
     IS_REFUSED_FORM},
};

static const struct told *find_told(struct text words) {
    size_t colon = script_find(words, ":", 0);
    struct text rest = script_cut(words, 0, colon == TEXT_NONE ? words.size : colon);
    struct text first = script_word(&rest), second = script_word(&rest);
    for (size_t i = 0; i < sizeof tolds / sizeof tolds[0]; i++) {
        const struct told *told = &tolds[i];
        if (script_is(first, told->first) && (told->second == NULL || script_is(second, told->second))) {
            return told;
        }
    }
    return NULL;
}

static struct text without_colon(struct text word) {
    return word.size > 0 && word.data[word.size - 1] == ':' ? script_cut(word, 0, word.size - 1) : word;
}

static bool unknown_verb(struct reading *reading, const struct action_line *line, struct text words) {
    struct text rest = words, first = script_word(&rest), word = without_colon(first);
    enum script_role role = reading->cast->actors[line->action->actor].role;
    if (first.size == 0) {
        return script_fail(reading, line->action->line, line->text.size,
                           "nothing stands behind the name; expected a verb, as in \"NAME connects\"");
    }
    if (script_find_word(word, verb_words) == NULL) {
        return script_fail(reading, line->action->line, (size_t)(word.data - line->text.data),
                           "unknown verb %s; expected %s%s", script_quote(word).text, repertoires[role].list,
                           script_hint(word, repertoires[role].words).text);
    }
    const char *expected = script_is(word, "sends")      ? SENDS_FORMS
                           : script_is(word, "receives") ? RECEIVES_FORMS
                           : script_is(word, "is")       ? IS_REFUSED_FORM
                                                         : "nothing behind the verb";
    return fail_in(reading, line, script_trim(words), expected, NULL);
}

static bool read_below(struct reading *reading, const struct action_line *line, enum below below) {
    const struct step *step = line->step;
    if (below == BELOW_STANZAS) {
        return script_block_stanzas(reading, step, line->action);
    }
    if (below == BELOW_OCTETS) {
        return script_block_raw(reading, step, line->action);
    }
    if (step->block != step->block_end) {
        struct text first = reading->file->lines[step->block];
        return script_fail(reading, (unsigned)step->block + 1, (size_t)(script_trim(first).data - first.data),
                           "an indented block below line %u, which takes none; expected an action at column 1",
                           line->action->line);
    }
    return true;
}

static bool read_told(struct reading *reading, const struct action_line *line, const struct told *told,
                      struct text words) {
    size_t colon = script_find(words, ":", 0);
    if (colon == TEXT_NONE) {
        return fail_in(reading, line, words, told->form, NULL);
    }
    struct text condition = script_trim(script_cut(words, colon + 1, words.size));
    line->action->first = script_find_word(condition, told->conditions);
    if (line->action->first == NULL) {
        return fail_in(reading, line, condition, told->form, told->conditions);
    }
    return read_below(reading, line, BELOW_NOTHING);
}

/* Whether the actor can do this at all. */
static bool check_actor(struct reading *reading, const struct action_line *line, struct text words) {
    enum script_role role = reading->cast->actors[line->action->actor].role;
    if (role == SCRIPT_SERVER) {
        return fail_in(reading, line, words, "a [Client] before it: a [Server] only crashes, starts and decides", NULL);
    }
    const bool comes = line->action->verb == SCRIPT_CONNECTS || line->action->verb == SCRIPT_IS_REFUSED;
    return role != SCRIPT_PEER || !comes ||
           fail_in(reading, line, words,
                   "a [Client] or [Component] before it: the streams of a [Peer] open when it sends", NULL);
}

static bool read_verb(struct reading *reading, const struct action_line *line, struct text words) {
    const struct verb *verb = find_verb(words);
    words = script_trim(words);
    const struct told *told = find_told(words);
    if (verb == NULL && told == NULL) {
        return unknown_verb(reading, line, words);
    }
    line->action->verb = told != NULL ? told->verb : verb->verb;
    return check_actor(reading, line, words) &&
           (told != NULL ? read_told(reading, line, told, words) : read_below(reading, line, verb->below)) &&
           script_track_actor(reading, line->action);
}

/* ------------------------------------------------------------------------------------------------------ names ---- */

/* The longest name of the cast that the line begins with; *size: its octets. */
static int longest_name(const struct cast *cast, struct text line, size_t *size) {
    for (size_t end = line.size < NAME_MAX_SIZE ? line.size : NAME_MAX_SIZE; end > 0; end--) {
        if (end == line.size || script_space(line.data[end])) {
            int actor = script_names_find(&cast->names, script_cut(line, 0, end));
            if (actor >= 0) {
                *size = end;
                return actor;
            }
        }
    }
    return -1;
}

/* What stands before the first word that is a verb; size 0: there is none. */
static struct text name_before_verb(struct text line) {
    struct text rest = line;
    for (struct text word = script_word(&rest); word.size > 0; word = script_word(&rest)) {
        if (word.data > line.data && script_find_word(without_colon(word), verb_words) != NULL) {
            return script_trim(script_cut(line, 0, (size_t)(word.data - line.data)));
        }
    }
    return script_cut(line, 0, 0);
}

static bool unknown_name(struct reading *reading, const struct action_line *line) {
    struct text name = name_before_verb(line->text);
    const char **names = reading->error == NULL ? NULL : script_names_list(&reading->cast->names, reading->arena, 0);
    if (name.size > 0) {
        return script_fail(reading, line->action->line, 0, "%s is not in the cast; expected a name of the cast%s",
                           script_quote(name).text, script_hint(name, names).text);
    }
    if (!script_fault_mistyped(reading, line->text, line->action->line)) {
        return false;
    }
    size_t colon = script_find(line->text, ":", 0);
    struct text key = script_trim(script_cut(line->text, 0, colon == TEXT_NONE ? 0 : colon));
    for (int role = SCRIPT_CLIENT; role <= SCRIPT_LINK; role++) {
        if (script_property_key((enum script_role)role, key) != NULL) {
            return fail_in(reading, line, line->text, "an action; a property of the cast is indented", NULL);
        }
    }
    return fail_in(reading, line, line->text,
                   "a name of the cast and what it does, as in \"NAME connects\" or \"NAME sends:\"", NULL);
}

/* A component's domain is served too, by the server that it is attached to. */
static bool has_account(const struct cast *cast, struct text host) {
    int owner = script_domain_owner(cast, host);
    return script_served(cast, host) || (owner >= 0 && cast->actors[owner].role == SCRIPT_COMPONENT);
}

static bool not_served(struct reading *reading, const struct action_line *line, struct text host) {
    const struct cast *cast = reading->cast;
    int owner = script_domain_owner(cast, host);
    if (owner != NAME_UNKNOWN) {
        return script_fail(
            reading, line->action->line, 0,
            "no server serves the domain %s: the script itself plays it, by the [Peer] of line %u; expected "
            "one that is served",
            script_quote(host).text, cast->actors[owner].line);
    }
    const char **hosts = reading->error == NULL ? NULL : script_names_list(&cast->domains, reading->arena, 0);
    return script_fail(reading, line->action->line, 0, "no server serves the domain %s; expected one that is served%s",
                       script_quote(host).text, script_hint(host, hosts).text);
}

/* "HOST decides:" names a domain that is served. */
static bool read_decides(struct reading *reading, const struct action_line *line, bool *found) {
    static const char verb[] = " decides";
    struct text before = script_trim_end(without_colon(line->text));
    size_t verb_size = sizeof verb - 1;
    *found = before.size > verb_size && memcmp(before.data + before.size - verb_size, verb, verb_size) == 0;
    if (!*found) {
        return true;
    }
    struct text host = script_trim_end(script_cut(before, 0, before.size - verb_size));
    if (!has_account(reading->cast, host)) {
        return not_served(reading, line, host);
    }
    line->action->verb = SCRIPT_DECIDES;
    line->action->first = arena_text(reading->arena, host.data, host.size);
    if (line->action->first == NULL) {
        return script_fail_memory(reading);
    }
    return script_block_fates(reading, line->step, line->action);
}

/* ------------------------------------------------------------------------------------------------------- line ---- */

static bool check_line(struct reading *reading, const struct action_line *line) {
    if (line->text.size > ACTION_MAX_SIZE) {
        return script_fail(reading, line->action->line, 0, "an action line of %zu octets; at most %d are allowed",
                           line->text.size, ACTION_MAX_SIZE);
    }
    if (!script_check_plain(reading, line->text, line->action->line, 0, "an action line")) {
        return false;
    }
    enum line_kind kind = script_line_kind(line->text);
    return kind == LINE_PLAIN || kind == LINE_SECTION ||
           script_fail(reading, line->action->line, 0, "with the case's values this line is %s; expected an action",
                       script_quote(line->text).text);
}

bool script_action(struct reading *reading, const struct step *step, struct script_action *action) {
    struct action_line line = {.step = step, .action = action};
    action->line = (unsigned)step->line + 1;
    action->column = 1;
    action->actor = -1;
    if (!script_expand(reading, reading->file->lines[step->line], action->line, &line.text)) {
        return false;
    }
    line.text = script_trim_end(line.text);
    if (!check_line(reading, &line)) {
        return false;
    }
    bool found;
    if (!script_fault_action(reading, line.text, action, &found)) {
        return false;
    }
    if (found) {
        return read_below(reading, &line, BELOW_NOTHING);
    }
    if (!read_decides(reading, &line, &found)) {
        return false;
    }
    if (found) {
        return true;
    }
    size_t size = 0;
    action->actor = longest_name(reading->cast, line.text, &size);
    return action->actor < 0 ? unknown_name(reading, &line)
                             : read_verb(reading, &line, script_cut(line.text, size, line.text.size));
}

bool script_expects(const struct script_action *action) {
    switch (action->verb) {
    case SCRIPT_RECEIVES:
    case SCRIPT_RECEIVES_ANY_ORDER:
    case SCRIPT_RECEIVES_ONE_OF:
    case SCRIPT_RECEIVES_NOTHING:
    case SCRIPT_DECIDES:
        return true;
    default:
        return false;
    }
}
