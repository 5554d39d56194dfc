/* policy.c - knobs, departures and the text of profiles. */
#include "policy.h"
#include "alloc.h"
#include "profile.h"

#include <stdio.h>
#include <string.h>

struct knob {
    struct router_knob text;
    uint32_t initial; /* of a number */
    uint32_t least, most;
};

static const struct knob knobs[KNOB_COUNT] = {
#define SHOULD true
#define FREE false
#define KNOB(name_, text_, values_, initial_, should_, basis_) \
    [KNOB_##name_] = {{.name = text_, .values = values_, .initial = initial_, .recommended = should_, .basis = basis_}, \
                      0, 0, 0},
#define NUMBER(name_, text_, values_, initial_, least_, most_, basis_) \
    [KNOB_##name_] = {{.name = text_, .values = values_, .initial = #initial_, .basis = basis_, .is_number = true}, \
                      initial_, least_, most_},
#include "knobs.def"
#undef KNOB
#undef NUMBER
#undef SHOULD
#undef FREE
};

/* A knob is in use when a rule that is carried out names it. */
static bool knob_in_use(size_t knob) {
    for (int i = 0; i < RULE_COUNT; i++)
        if (router_rule_runs(&rule_texts[i]) && rule_texts[i].knob_number == (int)knob)
            return true;
    return false;
}

size_t router_knob_count(void) {
    return KNOB_COUNT;
}

struct router_knob router_knob(size_t n) {
    struct router_knob knob = knobs[n].text;
    knob.in_use = knob_in_use(n);
    return knob;
}

/* The n-th value of a list "a, (b), c"; false past the last. */
static bool value_at(const char *list, unsigned n, struct slice *out, bool *carried_out) {
    for (const char *at = list;; n--) {
        const size_t size = strcspn(at, ",");
        if (n == 0) {
            *carried_out = at[0] != '(';
            *out = *carried_out ? (struct slice){at, size} : (struct slice){at + 1, size - 2};
            return true;
        }
        if (at[size] == '\0')
            return false;
        at += size + 2;
    }
}

static bool same(struct slice a, struct slice b) {
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

static struct slice slice_of(const char *text) {
    return (struct slice){text, strlen(text)};
}

enum { WORD_MAX = 48 };

/* Edits (insert, delete, replace) between two words; words longer than WORD_MAX count as far apart. */
static unsigned distance(struct slice a, struct slice b) {
    if (a.size > WORD_MAX || b.size > WORD_MAX)
        return WORD_MAX;
    unsigned row[WORD_MAX + 1];
    for (unsigned j = 0; j <= b.size; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.size; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b.size; j++) {
            const unsigned replaced = diagonal + (a.data[i - 1] != b.data[j - 1]);
            diagonal = row[j];
            const unsigned moved = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = replaced < moved ? replaced : moved;
        }
    }
    return row[b.size];
}

static int fail(struct router_error *error, int result, struct slice word, const char *what, const char *advice) {
    if (error != NULL) {
        *error = (struct router_error){0};
        const int shown = word.size > 60 ? 60 : (int)word.size;
        snprintf(error->text, sizeof error->text, "%s '%.*s'%s", what, shown, word.data, advice);
    }
    return result;
}

static int unknown(struct router_error *error, struct slice word, const char *what, const char *(*name)(size_t)) {
    const char *best = NULL;
    unsigned best_distance = 5;
    for (size_t i = 0; name(i) != NULL; i++) {
        const unsigned d = distance(word, slice_of(name(i)));
        if (d < best_distance) {
            best = name(i);
            best_distance = d;
        }
    }
    char advice[100] = "";
    if (best != NULL)
        snprintf(advice, sizeof advice, "; did you mean '%s'?", best);
    return fail(error, ROUTER_E_UNKNOWN, word, what, advice);
}

static const char *knob_name_at(size_t n) {
    return n < KNOB_COUNT ? knobs[n].text.name : NULL;
}

static const char *rule_name_at(size_t n) {
    return n < RULE_COUNT ? rule_texts[n].id : NULL;
}

static int find_by_name(struct slice word, const char *(*name)(size_t)) {
    for (size_t i = 0; name(i) != NULL; i++)
        if (same(word, slice_of(name(i))))
            return (int)i;
    return -1;
}

static int set_number(struct policy *policy, int knob, struct slice value, struct router_error *error) {
    uint64_t number = 0;
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] < '0' || value.data[i] > '9' || number > UINT32_MAX / 10)
            number = UINT64_MAX / 20;
        else
            number = number * 10 + (uint64_t)(value.data[i] - '0');
    }
    if (value.size == 0 || number > knobs[knob].most || number < knobs[knob].least) {
        char advice[160];
        snprintf(advice, sizeof advice, " for knob %s, which takes a number: %s", knobs[knob].text.name,
                 knobs[knob].text.values);
        return fail(error, ROUTER_E_VALUE, value, "value", advice);
    }
    policy->value[knob] = (uint32_t)number;
    return ROUTER_OK;
}

int policy_set(struct policy *policy, struct slice name, struct slice value, struct router_error *error) {
    const int knob = find_by_name(name, knob_name_at);
    if (knob < 0)
        return unknown(error, name, "unknown policy knob", knob_name_at);
    if (!knob_in_use((size_t)knob))
        return fail(error, ROUTER_E_UNKNOWN, name, "policy knob", " belongs to rules that this version does not carry out");
    if (knobs[knob].text.is_number)
        return set_number(policy, knob, value, error);
    struct slice known;
    bool carried_out;
    for (unsigned n = 0; value_at(knobs[knob].text.values, n, &known, &carried_out); n++) {
        if (!same(known, value))
            continue;
        if (!carried_out)
            return fail(error, ROUTER_E_VALUE, value, "value", " is in the specification, but not carried out");
        policy->value[knob] = n;
        return ROUTER_OK;
    }
    char advice[160];
    snprintf(advice, sizeof advice, " for knob %s; it takes one of: %s", knobs[knob].text.name, knobs[knob].text.values);
    return fail(error, ROUTER_E_VALUE, value, "value", advice);
}

const char *policy_get(const struct policy *policy, size_t knob, char buffer[24]) {
    struct slice value;
    bool carried_out;
    if (knob >= KNOB_COUNT)
        buffer[0] = '\0';
    else if (knobs[knob].text.is_number)
        snprintf(buffer, 24, "%u", (unsigned)policy->value[knob]);
    else if (value_at(knobs[knob].text.values, policy->value[knob], &value, &carried_out))
        snprintf(buffer, 24, "%.*s", (int)value.size, value.data);
    return buffer;
}

static void set_initial(struct policy *policy) {
    for (size_t i = 0; i < KNOB_COUNT; i++) {
        policy->value[i] = knobs[i].initial;
        struct slice value;
        bool carried_out;
        for (unsigned n = 0; !knobs[i].text.is_number && value_at(knobs[i].text.values, n, &value, &carried_out); n++)
            if (same(value, slice_of(knobs[i].text.initial)))
                policy->value[i] = n;
    }
}

struct policy *policy_new(const struct router_alloc *alloc) {
    const struct router_alloc memory = alloc_or_malloc(alloc);
    struct policy *policy = memory.resize(memory.ctx, NULL, sizeof *policy);
    if (policy == NULL)
        return NULL;
    memset(policy, 0, sizeof *policy);
    policy->alloc = memory;
    set_initial(policy);
    return policy;
}

struct policy *policy_copy(const struct policy *policy, const struct router_alloc *alloc) {
    const struct router_alloc memory = alloc_or_malloc(alloc);
    const size_t size = policy->departure_count * sizeof *policy->departures;
    struct policy *copy = memory.resize(memory.ctx, NULL, sizeof *copy);
    if (copy == NULL)
        return NULL;
    *copy = *policy;
    copy->alloc = memory;
    copy->departure_capacity = copy->departure_count;
    copy->departures = size == 0 ? NULL : memory.resize(memory.ctx, NULL, size);
    if (size > 0 && copy->departures == NULL) {
        policy_free(copy);
        return NULL;
    }
    if (size > 0)
        memcpy(copy->departures, policy->departures, size);
    return copy;
}

void policy_free(struct policy *policy) {
    if (policy == NULL)
        return;
    const struct router_alloc memory = policy->alloc;
    memory.resize(memory.ctx, policy->departures, 0);
    memory.resize(memory.ctx, policy, 0);
}

struct decision policy_decide(const struct policy *policy, unsigned stage, enum stanza_kind kind, unsigned state) {
    const int rule = rule_table.row[stage][kind][state] - 1;
    const struct row *row = &rule_rows[rule];
    unsigned action = row->actions[0];
    if (row->knob != KNOB_none && row->actions[1] != DO_NOTHING)
        action = row->actions[policy->value[row->knob]];
    const char *departs = NULL;
    if (policy->departed[rule / 64] >> (rule % 64) & 1)
        for (size_t i = 0; i < policy->departure_count; i++) {
            const struct departure *d = &policy->departures[i];
            if (d->rule == rule && d->alternative == 0 && d->kinds >> kind & 1) {
                action = d->action;
                departs = d->id;
            }
        }
    return (struct decision){rule, (enum verb)(action & 0xff), (enum condition)(action >> 8), departs};
}

/* ---- the text of a profile ---- */

static const char *const verb_words[] = {
#define X(name) #name,
    VERBS(X)
#undef X
    "BOUNCE", "CLOSE"};

/* Profiles write deliver-most where the table has DELIVER_MOST. */
static bool same_word(struct slice written, const char *upper) {
    if (written.size != strlen(upper))
        return false;
    for (size_t i = 0; i < written.size; i++) {
        const char c = written.data[i] == '-' ? '_' : (char)(written.data[i] - (written.data[i] >= 'a' ? 'a' - 'A' : 0));
        if (c != upper[i])
            return false;
    }
    return true;
}

struct line {
    struct slice rest;
    struct router_error *error;
    unsigned number, start_column;
    const char *start;
};

static struct slice word(struct line *line) {
    size_t i = 0;
    while (i < line->rest.size && strchr(" \t\r", line->rest.data[i]) != NULL)
        i++;
    size_t end = i;
    while (end < line->rest.size && strchr(" \t\r", line->rest.data[end]) == NULL)
        end++;
    const struct slice found = {line->rest.data + i, end - i};
    line->rest = (struct slice){line->rest.data + end, line->rest.size - end};
    line->start_column = (unsigned)(found.data - line->start) + 1;
    return found;
}

static int at_line(const struct line *line, int result) {
    if (result != ROUTER_OK && line->error != NULL) {
        line->error->line = line->number;
        line->error->column = line->start_column;
    }
    return result;
}

static int expected(struct line *line, struct slice found, const char *what) {
    char advice[200];
    snprintf(advice, sizeof advice, "; expected %s", what);
    return at_line(line, fail(line->error, ROUTER_E_VALUE, found, "found", advice));
}

/* Some conditions are defined for stanzas and for streams (6120 4.9.3, 8.3.3). */
static bool is_of_streams(unsigned condition) {
    return condition_texts[condition].type == NULL || condition == CONDITION_CONFLICT ||
           condition == CONDITION_INTERNAL_SERVER_ERROR || condition == CONDITION_POLICY_VIOLATION ||
           condition == CONDITION_RESOURCE_CONSTRAINT;
}

static int read_action(struct line *line, unsigned *action) {
    const struct slice found = word(line);
    unsigned verb = 1;
    while (verb < VERB_COUNT && !same_word(found, verb_words[verb]))
        verb++;
    if (verb == VERB_COUNT)
        return expected(line, found, "an action such as drop, deliver-most or bounce CONDITION");
    *action = verb;
    if (verb != DO_BOUNCE && verb != DO_CLOSE)
        return ROUTER_OK;
    const struct slice name = word(line);
    for (unsigned c = 1; c < CONDITION_COUNT; c++)
        if (same(name, slice_of(condition_texts[c].name)) && (verb == DO_BOUNCE ? condition_texts[c].type != NULL
                                                                                : is_of_streams(c))) {
            *action |= c << 8;
            return ROUTER_OK;
        }
    return expected(line, name, verb == DO_BOUNCE ? "a stanza error condition" : "a stream error condition");
}

/* What is done: a word of the rule's own (alternatives.def), for all kinds of stanza, or an action. */
static int read_deed(struct line *line, struct departure *departure, bool is_row) {
    struct line ahead = *line;
    const struct slice found = word(&ahead);
    const int alternative = departure->kinds == UINT32_MAX ? alternative_find(departure->rule, found) : -1;
    if (alternative >= 0) {
        *line = ahead;
        departure->alternative = (uint16_t)(alternative + 1);
        return ROUTER_OK;
    }
    if (!is_row) {
        char what[180] = "one of this rule's words: ";
        *line = ahead;
        for (unsigned n = 0; alternative_word(departure->rule, n) != NULL; n++) {
            const size_t used = strlen(what);
            snprintf(what + used, sizeof what - used, "%s%s", n > 0 ? ", " : "", alternative_word(departure->rule, n));
        }
        return expected(line, found, departure->kinds == UINT32_MAX ? what : "no kinds of stanza for this rule");
    }
    unsigned action = 0;
    const int result = read_action(line, &action);
    departure->action = (uint16_t)action;
    if (result == ROUTER_OK && !deed_fits(&rule_rows[departure->rule], departure->kinds, (enum verb)(action & 0xff)))
        return expected(line, found, "an action that has what it needs where this rule decides");
    return result;
}

static int add_departure(struct policy *policy, const struct departure *departure) {
    if (policy->departure_count == policy->departure_capacity) {
        const size_t capacity = policy->departure_capacity * 2 + 8;
        void *grown = policy->alloc.resize(policy->alloc.ctx, policy->departures, capacity * sizeof *policy->departures);
        if (grown == NULL)
            return ROUTER_E_NOMEM;
        policy->departures = grown;
        policy->departure_capacity = capacity;
    }
    policy->departures[policy->departure_count++] = *departure;
    if (departure->alternative > 0)
        policy->alternatives[departure->alternative - 1] = (uint32_t)policy->departure_count;
    else
        policy->departed[departure->rule / 64] |= UINT64_C(1) << (departure->rule % 64);
    return ROUTER_OK;
}

/* departs RULE [for KIND...] does ACTION as ID */
static int read_departure(struct policy *policy, struct line *line) {
    struct departure departure = {.kinds = 0};
    const struct slice name = word(line);
    const int rule = find_by_name(name, rule_name_at);
    if (rule < 0)
        return at_line(line, unknown(line->error, name, "unknown rule", rule_name_at));
    const bool is_row = rule_texts[rule].part == RULE_ROW && rule_rows[rule].actions[0] != DO_NOTHING;
    if (!is_row && alternative_word(rule, 0) == NULL)
        return expected(line, name, "a rule that decides a stanza's fate, or has an alternative");
    departure.rule = (uint16_t)rule;
    struct slice next = word(line);
    if (same(next, slice_of("for")))
        for (next = word(line); !same(next, slice_of("does")); next = word(line)) {
            unsigned kind = 0;
            while (kind < STANZA_KIND_COUNT && !same(next, slice_of(stanza_kind_name((enum stanza_kind)kind))))
                kind++;
            if (kind == STANZA_KIND_COUNT)
                return expected(line, next, "a kind of stanza such as message/chat, or 'does'");
            departure.kinds |= 1u << kind;
        }
    else
        departure.kinds = UINT32_MAX;
    if (!same(next, slice_of("does")))
        return expected(line, next, "'for' or 'does'");
    const int result = read_deed(line, &departure, is_row);
    if (result != ROUTER_OK)
        return result;
    next = word(line);
    if (!same(next, slice_of("as")))
        return expected(line, next, "'as' and the departure's own id");
    next = word(line);
    if (next.size == 0 || next.size >= sizeof departure.id)
        return expected(line, next, "the departure's own id, at most 47 octets");
    memcpy(departure.id, next.data, next.size);
    return add_departure(policy, &departure);
}

static int read_base(struct policy *policy, struct line *line) {
    const struct slice name = word(line);
    char base[WORD_MAX];
    if (name.size == 0 || name.size >= sizeof base)
        return expected(line, name, "a profile's name");
    memcpy(base, name.data, name.size);
    base[name.size] = '\0';
    return at_line(line, policy_profile(policy, base, line->error));
}

static int read_line(struct policy *policy, struct line *line) {
    const struct slice first = word(line);
    int result;
    if (first.size == 0)
        return ROUTER_OK;
    if (same(first, slice_of("base"))) {
        result = read_base(policy, line);
    } else if (same(first, slice_of("knob"))) {
        const struct slice name = word(line);
        const unsigned column = line->start_column;
        const struct slice equals = word(line);
        if (!same(equals, slice_of("=")))
            return expected(line, equals, "'=' between a knob and its value");
        const struct slice value = word(line);
        result = policy_set(policy, name, value, line->error);
        if (result == ROUTER_E_UNKNOWN)
            line->start_column = column;
        at_line(line, result);
    } else if (same(first, slice_of("departs"))) {
        result = read_departure(policy, line);
    } else {
        return expected(line, first, "'base', 'knob' or 'departs'");
    }
    if (result != ROUTER_OK)
        return result;
    const struct slice extra = word(line);
    return extra.size == 0 ? ROUTER_OK : expected(line, extra, "the end of the line");
}

int policy_read(struct policy *policy, struct slice text, struct router_error *error) {
    const char *end = text.data + text.size;
    unsigned number = 1;
    for (const char *at = text.data; at < end; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        const char *comment = memchr(at, '#', (size_t)(stop - at));
        struct line line = {{at, (size_t)((comment != NULL ? comment : stop) - at)}, error, number, 1, at};
        const int result = read_line(policy, &line);
        if (result != ROUTER_OK)
            return result;
        at = stop + 1;
    }
    return ROUTER_OK;
}

bool policy_departure(const struct policy *policy, size_t n, struct router_departure *out) {
    if (n >= policy->departure_count)
        return false;
    const struct departure *d = &policy->departures[n];
    const unsigned condition = d->action >> 8;
    const char *deed = d->alternative > 0 ? alternative_name((enum alternative)(d->alternative - 1))
                                          : verb_words[d->action & 0xff];
    *out = (struct router_departure){d->rule, d->kinds, deed,
                                     condition == CONDITION_NONE ? NULL : condition_texts[condition].name, d->id};
    return true;
}

const char *router_profile_name(size_t n) {
    for (size_t i = 0; router_profile_texts[i].name != NULL; i++)
        if (i == n)
            return router_profile_texts[i].name;
    return NULL;
}

int policy_profile(struct policy *policy, const char *name, struct router_error *error) {
    const int n = find_by_name(slice_of(name), router_profile_name);
    if (n < 0)
        return unknown(error, slice_of(name), "unknown profile", router_profile_name);
    set_initial(policy);
    policy->departure_count = 0;
    memset(policy->departed, 0, sizeof policy->departed);
    memset(policy->alternatives, 0, sizeof policy->alternatives);
    return policy_read(policy, slice_of(router_profile_texts[n].text), error);
}
