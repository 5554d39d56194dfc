/* The properties of the cast: which there are, and what their values must look like. */
#include "reader.h"

#include <stdio.h>
#include <string.h>

enum { JID_MAX_SIZE = 3 * 1023 + 2 };

static bool check_words(struct reading *reading, struct value value, const char *key, const char *const *words,
                        const char *list) {
    return script_find_word(value.text, words) != NULL ||
           script_fail(reading, value.line, value.octet, "%s: found %s, expected %s%s", key,
                       script_quote(value.text).text, list, script_hint(value.text, words).text);
}

/* Keeps a thing that a section may say once. */
static bool check_once(struct reading *reading, struct names *seen, const char *what, struct text thing,
                       struct value value) {
    char *lower = script_lower(reading->arena, thing);
    size_t size = strlen(what) + 1 + thing.size;
    char *key = lower == NULL ? NULL : arena_take(reading->arena, size + 1);
    if (key == NULL) {
        return script_fail_memory(reading);
    }
    snprintf(key, size + 1, "%s %s", what, lower);
    int older = script_names_add(seen, reading->arena, (struct text){key, size}, (int)value.line);
    if (older == NAME_NO_MEMORY) {
        return script_fail_memory(reading);
    }
    return older == NAME_UNKNOWN ||
           script_fail(reading, value.line, value.octet, "%s %s is here twice, first in line %d; expected it once",
                       what, script_quote(thing).text, older);
}

/* ------------------------------------------------------------------------------------------------------ JIDs ---- */

struct text script_bare_of(struct text jid) {
    size_t slash = script_find(jid, "/", 0);
    return slash == TEXT_NONE ? jid : script_cut(jid, 0, slash);
}

struct text script_domain_of(struct text jid) {
    struct text bare = script_bare_of(jid);
    size_t at = script_find(bare, "@", 0);
    return at == TEXT_NONE ? bare : script_cut(bare, at + 1, bare.size);
}

static bool has_space(struct text text) {
    for (size_t i = 0; i < text.size; i++) {
        if ((unsigned char)text.data[i] <= ' ') {
            return true;
        }
    }
    return false;
}

/* What is wrong with a domain, or NULL. Whether its characters are allowed is for the router to say. */
static const char *bad_domain(struct text domain) {
    return domain.size == 0                           ? "the domain is empty"
           : domain.size > DOMAIN_MAX_SIZE            ? "the domain has more than 1023 octets"
           : has_space(domain)                        ? "the domain holds a space"
           : script_find(domain, "@", 0) != TEXT_NONE ? "a domain holds no @"
           : script_find(domain, "/", 0) != TEXT_NONE ? "a domain holds no /"
                                                      : NULL;
}

static const char *bad_jid(struct text jid, bool needs_local) {
    struct text bare = script_bare_of(jid);
    size_t at = script_find(bare, "@", 0);
    if (jid.size > JID_MAX_SIZE) {
        return "it is longer than a JID can be";
    }
    if (at == TEXT_NONE && needs_local) {
        return "there is no @ in it";
    }
    if (at == 0) {
        return "nothing stands before the @";
    }
    if (at != TEXT_NONE && has_space(script_cut(bare, 0, at))) {
        return "a space stands before the @";
    }
    if (jid.size == bare.size + 1) {
        return "nothing stands behind the /";
    }
    return bad_domain(script_domain_of(jid));
}

static bool check_jid(struct reading *reading, struct value value, const char *key) {
    const char *fault = bad_jid(value.text, true);
    return fault == NULL || script_fail(reading, value.line, value.octet,
                                        "%s: %s is no JID: %s; expected local@domain or local@domain/resource", key,
                                        script_quote(value.text).text, fault);
}

bool script_check_address(struct reading *reading, enum script_role role, struct value value) {
    bool account = role == SCRIPT_ACCOUNT;
    const char *expected = account ? "local@domain" : "a domain, or a line \"domain: DOMAIN\" below it";
    const char *fault = account ? bad_jid(value.text, true) : bad_domain(value.text);
    if (fault == NULL && account && script_find(value.text, "/", 0) != TEXT_NONE) {
        fault = "an account has no resource";
    }
    return fault == NULL || script_fail(reading, value.line, value.octet, "[%s] %s: %s; expected %s",
                                        script_role_word(role), script_quote(value.text).text, fault, expected);
}

/* --------------------------------------------------------------------------------------------------- numbers ---- */

const char *script_duration(struct text text, uint64_t *us) {
    static const struct {
        const char *word;
        uint64_t us;
    } units[] = {{"us", 1}, {"ms", 1000}, {"s", 1000000}, {"m", 60000000}, {"h", 3600000000}};
    size_t digits = 0;
    uint64_t number = 0;
    while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9') {
        if (number > UINT64_MAX / 10000 / 3600000000) {
            return "it is too long";
        }
        number = number * 10 + (uint64_t)(text.data[digits++] - '0');
    }
    struct text unit = script_cut(text, digits, text.size);
    if (digits == 0) {
        return "it does not begin with a number";
    }
    if (unit.size == 0) {
        return "its unit is missing";
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (script_is(unit, units[i].word)) {
            *us = number * units[i].us;
            return NULL;
        }
    }
    return "its unit is unknown";
}

static bool check_duration(struct reading *reading, struct value value, const char *key) {
    uint64_t us;
    const char *fault = script_duration(value.text, &us);
    return fault == NULL || script_fail(reading, value.line, value.octet,
                                        "%s: %s is no duration: %s; expected a whole number and us, ms, s, m or h, "
                                        "as in 40ms",
                                        key, script_quote(value.text).text, fault);
}

static bool check_port(struct reading *reading, struct value value) {
    unsigned long port = 0;
    for (size_t i = 0; i < value.text.size && port <= 65535; i++) {
        char c = value.text.data[i];
        port = c >= '0' && c <= '9' ? port * 10 + (unsigned long)(c - '0') : 65536;
    }
    return (port >= 1 && port <= 65535) ||
           script_fail(reading, value.line, value.octet, "connect_port: found %s, expected a number from 1 to 65535",
                       script_quote(value.text).text);
}

/* ------------------------------------------------------------------------------------------- domains, contacts ---- */

bool script_next_item(struct value *rest, struct value *item) {
    if (rest->text.data == NULL) {
        return false;
    }
    size_t comma = script_find(rest->text, ",", 0);
    struct text whole = script_cut(rest->text, 0, comma == TEXT_NONE ? rest->text.size : comma);
    struct text trimmed = script_trim(whole);
    *item = (struct value){trimmed, rest->line, rest->octet + (size_t)(trimmed.data - whole.data)};
    if (comma == TEXT_NONE) {
        rest->text.data = NULL;
    } else {
        rest->text = script_cut(rest->text, comma + 1, rest->text.size);
        rest->octet += comma + 1;
    }
    return true;
}

static bool check_domain(struct reading *reading, struct value value, const char *key, const char *expected) {
    const char *fault = bad_domain(value.text);
    return fault == NULL || script_fail(reading, value.line, value.octet, "%s: %s is no domain: %s; expected %s", key,
                                        script_quote(value.text).text, fault, expected);
}

static bool check_domains(struct reading *reading, struct value value, const char *key, struct names *seen) {
    struct value item;
    while (script_next_item(&value, &item)) {
        if (!check_domain(reading, item, key, "domains with commas between") ||
            !check_once(reading, seen, "domain", item.text, item)) {
            return false;
        }
    }
    return true;
}

static bool check_contact(struct reading *reading, struct value value, struct names *seen) {
    static const char *const states[] = {"none", "to", "from", "both", NULL};
    static const char *const flags[] = {"ask", "approved", "pending-in", NULL};
    struct value item, rest = value;
    struct names given = {NULL};
    script_next_item(&rest, &item);
    struct text state = item.text;
    struct text jid = script_word(&state);
    const char *fault = bad_jid(jid, false);
    if (fault != NULL) {
        return script_fail(reading, item.line, item.octet,
                           "contact: %s is no JID: %s; expected JID none|to|from|both[, ask][, approved][, pending-in]",
                           script_quote(jid).text, fault);
    }
    if (!check_once(reading, seen, "contact", jid, item)) {
        return false;
    }
    struct text word = script_trim(state);
    struct value place = {word, item.line, item.octet + (size_t)(word.data - item.text.data)};
    if (!check_words(reading, place, "contact", states, "none, to, from or both behind the JID")) {
        return false;
    }
    while (script_next_item(&rest, &item)) {
        if (!check_words(reading, item, "contact", flags, "ask, approved or pending-in") ||
            !check_once(reading, &given, "flag", item.text, item)) {
            return false;
        }
    }
    return true;
}

static bool check_policy(struct reading *reading, struct value value, struct names *seen) {
    size_t equals = script_find(value.text, "=", 0);
    if (equals == TEXT_NONE || equals == 0 || equals == value.text.size - 1 || has_space(value.text)) {
        return script_fail(reading, value.line, value.octet, "policy: found %s, expected KNOB=VALUE without spaces",
                           script_quote(value.text).text);
    }
    return check_once(reading, seen, "policy", script_cut(value.text, 0, equals), value);
}

static bool check_one_word(struct reading *reading, struct value value, const char *key) {
    return !has_space(value.text) || script_fail(reading, value.line, value.octet, "%s: found %s, expected one word",
                                                 key, script_quote(value.text).text);
}

/* How a peer meets the header of a stream. */
static bool check_stream(struct reading *reading, struct value value, const char *key) {
    static const char *const words[] = {"ok", "timeout", NULL};
    if (script_find_word(value.text, words) != NULL || script_find_word(value.text, script_stream_conditions) != NULL) {
        return true;
    }
    struct hint hint = script_hint(value.text, words);
    hint = hint.text[0] == '\0' ? script_hint(value.text, script_stream_conditions) : hint;
    return script_fail(reading, value.line, value.octet,
                       "%s: found %s, expected ok, timeout or the condition of a stream error (RFC 6120 4.9.3)%s", key,
                       script_quote(value.text).text, hint.text);
}

/* ----------------------------------------------------------------------------------------------------- table ---- */

enum check {
    CHECK_NONE, /* free text, which may be empty */
    CHECK_TEXT, /* free text */
    CHECK_JID,
    CHECK_PORT,
    CHECK_CONTACT,
    CHECK_DOMAIN,
    CHECK_DOMAINS,
    CHECK_WORD,
    CHECK_WORDS, /* one of those in the row */
    CHECK_POLICY,
    CHECK_STREAM,
    CHECK_DURATION,
    CHECK_LATER /* check_cast.c does it */
};

static const char *const no[] = {"no", NULL};
static const char *const dns[] = {"ok", "none", "timeout", NULL};
static const char *const connect[] = {"ok", "refused", "timeout", NULL};
static const char *const auth[] = {"ok", "fails", NULL};
static const char *const dialback[] = {"ok", "invalid", "error", "timeout", NULL};

static const struct property_rule {
    enum script_role role;
    const char *key;
    bool repeats;
    enum check check;
    const char *const *words; /* CHECK_WORDS, and how a message lists them */
    const char *list;
} rules[] = {
    {SCRIPT_CLIENT, "jid", false, CHECK_JID, NULL, NULL},
    {SCRIPT_CLIENT, "password", false, CHECK_NONE, NULL, NULL},
    {SCRIPT_CLIENT, "resource", false, CHECK_TEXT, NULL, NULL},
    {SCRIPT_CLIENT, "connect_host", false, CHECK_TEXT, NULL, NULL},
    {SCRIPT_CLIENT, "connect_port", false, CHECK_PORT, NULL, NULL},
    {SCRIPT_CLIENT, "latency", false, CHECK_DURATION, NULL, NULL},
    {SCRIPT_ACCOUNT, "contact", true, CHECK_CONTACT, NULL, NULL},
    {SCRIPT_ACCOUNT, "offline", true, CHECK_LATER, NULL, NULL},
    {SCRIPT_ACCOUNT, "exists", false, CHECK_WORDS, no, "no (an account that is named exists)"},
    {SCRIPT_SERVER, "hosts", false, CHECK_DOMAINS, NULL, NULL},
    {SCRIPT_SERVER, "profile", false, CHECK_WORD, NULL, NULL},
    {SCRIPT_SERVER, "policy", true, CHECK_POLICY, NULL, NULL},
    {SCRIPT_PEER, "domain", false, CHECK_DOMAIN, NULL, NULL},
    {SCRIPT_PEER, "also", false, CHECK_DOMAINS, NULL, NULL},
    {SCRIPT_PEER, "dns", false, CHECK_WORDS, dns, "ok, none or timeout"},
    {SCRIPT_PEER, "connect", false, CHECK_WORDS, connect, "ok, refused or timeout"},
    {SCRIPT_PEER, "stream", false, CHECK_STREAM, NULL, NULL},
    {SCRIPT_PEER, "auth", false, CHECK_WORDS, auth, "ok or fails"},
    {SCRIPT_PEER, "dialback", false, CHECK_WORDS, dialback, "ok, invalid, error or timeout"},
    {SCRIPT_PEER, "latency", false, CHECK_DURATION, NULL, NULL},
    {SCRIPT_COMPONENT, "domain", false, CHECK_DOMAIN, NULL, NULL},
    {SCRIPT_COMPONENT, "server", false, CHECK_TEXT, NULL, NULL},
    {SCRIPT_LINK, "latency", false, CHECK_DURATION, NULL, NULL},
    {SCRIPT_LINK, "jitter", false, CHECK_DURATION, NULL, NULL},
};

enum { RULE_COUNT = sizeof rules / sizeof rules[0] };

static const struct property_rule *find_rule(enum script_role role, struct text word) {
    for (size_t i = 0; i < RULE_COUNT; i++) {
        if (rules[i].role == role && script_is(word, rules[i].key)) {
            return &rules[i];
        }
    }
    return NULL;
}

const char *script_property_key(enum script_role role, struct text word) {
    const struct property_rule *rule = find_rule(role, word);
    return rule == NULL ? NULL : rule->key;
}

void script_property_keys(enum script_role role, const char *keys[], size_t room) {
    size_t count = 0;
    for (size_t i = 0; i < RULE_COUNT && count + 1 < room; i++) {
        if (rules[i].role == role) {
            keys[count++] = rules[i].key;
        }
    }
    keys[count] = NULL;
}

static bool check_by_rule(struct reading *reading, const struct property_rule *rule, struct value value,
                          struct names *seen) {
    switch (rule->check) {
    case CHECK_JID:
        return check_jid(reading, value, rule->key);
    case CHECK_PORT:
        return check_port(reading, value);
    case CHECK_CONTACT:
        return check_contact(reading, value, seen);
    case CHECK_DOMAIN:
        return check_domain(reading, value, rule->key, "one as in remote.example");
    case CHECK_DOMAINS:
        return check_domains(reading, value, rule->key, seen);
    case CHECK_WORD:
        return check_one_word(reading, value, rule->key);
    case CHECK_POLICY:
        return check_policy(reading, value, seen);
    case CHECK_WORDS:
        return check_words(reading, value, rule->key, rule->words, rule->list);
    case CHECK_STREAM:
        return check_stream(reading, value, rule->key);
    case CHECK_DURATION:
        return check_duration(reading, value, rule->key);
    case CHECK_NONE:
    case CHECK_TEXT:
    case CHECK_LATER:
        break;
    }
    return true;
}

bool script_check_value(struct reading *reading, enum script_role role, const char *key, struct value value,
                        struct names *seen) {
    const struct property_rule *rule = find_rule(role, script_text(key));
    if (!rule->repeats && !check_once(reading, seen, "property", script_text(key), value)) {
        return false;
    }
    if (value.text.size == 0 && rule->check != CHECK_NONE) {
        return script_fail(reading, value.line, value.octet, "%s has no value; expected one behind the colon", key);
    }
    bool free = rule->check == CHECK_NONE || rule->check == CHECK_LATER;
    if (!free && !script_check_plain(reading, value.text, value.line, value.octet, "this property")) {
        return false;
    }
    return check_by_rule(reading, rule, value, seen);
}
