/* target_read.c - reads target files. README.md has their form. */
#include "parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <arpa/inet.h>
#include <netinet/in.h>

enum { LINE_SIZE = 2048, WORDS_MAX = 64, SIZE_MAX_READ = 1 << 20 };

enum section { SECTION_NONE, SECTION_TARGET, SECTION_HOST, SECTION_ACCOUNT, SECTION_COMPONENT };

struct place {
    unsigned line, column;
};

struct reading {
    struct live_target *target;
    struct live_error *error;
    unsigned line;
    char text[LINE_SIZE]; /* the line */
    enum section section;
    struct place section_place;
    bool seen[8];               /* which of the section's properties */
    bool everywhere;            /* what tls says holds beyond loopback too */
    struct place *host_places;  /* of addresses */
    struct place account_place; /* of the first [Account] */
    bool seen_target, says_accounts;
};

static bool fail(struct reading *reading, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail(struct reading *reading, struct place place, const char *format, ...) {
    char text[sizeof reading->error->text];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(reading->error->text, text, sizeof text);
    reading->error->line = place.line;
    reading->error->column = place.column;
    return false;
}

/* Columns count characters, not octets. */
static struct place here(const struct reading *reading, const char *at) {
    struct place place = {reading->line, 1};
    for (const char *before = reading->text; before < at; before++) {
        place.column += ((unsigned char)*before & 0xC0) != 0x80;
    }
    return place;
}

static bool no_memory(struct reading *reading) {
    return fail(reading, (struct place){0, 0}, "memory ran out");
}

/* Says that a word is unknown, which there are, and which is near. */
static bool unknown(struct reading *reading, const char *at, const char *what, const char *word,
                    const char *const *known) {
    char list[200] = "";
    const char *meant = live_nearest(word, known);
    for (size_t i = 0; known[i] != NULL; i++) {
        const size_t size = strlen(list);
        snprintf(list + size, sizeof list - size, "%s%s", i == 0 ? "" : known[i + 1] == NULL ? " or " : ", ", known[i]);
    }
    return fail(reading, here(reading, at), "unknown %s \"%.60s\"; expected %s%s%s%s", what, word, list,
                meant == NULL ? "" : "; did you mean \"", meant == NULL ? "" : meant, meant == NULL ? "" : "\"?");
}

static bool keep(struct reading *reading, char **out, const char *value) {
    free(*out);
    *out = strdup(value);
    return *out != NULL || no_memory(reading);
}

static bool pick(struct reading *reading, char *value, const char *what, const char *const *words, size_t *out) {
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], value) == 0) {
            *out = i;
            return true;
        }
    }
    return unknown(reading, value, what, value, words);
}

/* ---------------------------------------------------------------------------------------------------- [Target] ---- */

static bool read_tls(struct reading *reading, char *value) {
    static const char *const words[] = {"required", "allowed", "off", "allowed everywhere", "off everywhere", NULL};
    static const enum live_tls policies[] = {LIVE_TLS_REQUIRED, LIVE_TLS_ALLOWED, LIVE_TLS_OFF, LIVE_TLS_ALLOWED,
                                             LIVE_TLS_OFF};
    size_t which = 0;
    if (!pick(reading, value, "TLS policy", words, &which)) {
        return false;
    }
    reading->target->tls = policies[which];
    reading->everywhere = which >= 3;
    return true;
}

static bool read_accounts(struct reading *reading, char *value) {
    static const char *const words[] = {"listed", "register", "command", NULL};
    size_t which = 0;
    const bool good = pick(reading, value, "way to accounts", words, &which);
    reading->target->accounts = (enum live_accounts)which;
    reading->says_accounts = true;
    return good;
}

static bool read_barrier(struct reading *reading, char *value) {
    static const char *const words[] = {"ping", "rounds", NULL};
    size_t which = 0;
    const bool good = pick(reading, value, "barrier", words, &which);
    reading->target->pings_in_rounds = which == 1;
    return good;
}

static bool check_placeholders(struct reading *reading, const char *word, const char *at) {
    static const char *const known[] = {"{local}", "{domain}", "{jid}", "{password}", NULL};
    for (const char *open = strchr(word, '{'); open != NULL; open = strchr(open + 1, '{')) {
        const size_t size = 1 + strspn(open + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");
        char name[64];
        bool good = open[size] != '}' || size + 2 > sizeof name;
        snprintf(name, sizeof name, "%.*s", (int)size + 1, open);
        for (size_t i = 0; !good && known[i] != NULL; i++) {
            good = strcmp(known[i], name) == 0;
        }
        if (!good) {
            return unknown(reading, at + (open - word), "placeholder", name, known);
        }
    }
    return true;
}

/* Takes the next word off a command, without its quotes; they may stand anywhere in it. */
static char *next_word(char **rest) {
    char *at = *rest + strspn(*rest, " \t"), *out = at, *word = at, quote = '\0';
    for (; *at != '\0' && (quote != '\0' || (*at != ' ' && *at != '\t')); at++) {
        if (quote == '\0' && (*at == '"' || *at == '\'')) {
            quote = *at;
        } else if (*at == quote) {
            quote = '\0';
        } else {
            *out++ = *at;
        }
    }
    *rest = at + (*at != '\0');
    *out = '\0';
    return quote == '\0' ? word : NULL;
}

static bool read_command(struct reading *reading, char *value) {
    struct live_target *target = reading->target;
    const char *start = value;
    char copy[LINE_SIZE];
    snprintf(copy, sizeof copy, "%s", value);
    if (!check_placeholders(reading, copy, start)) {
        return false;
    }
    if (strstr(copy, "{password}") == NULL || (strstr(copy, "{local}") == NULL && strstr(copy, "{jid}") == NULL)) {
        return fail(reading, here(reading, start), "a command needs {password}, and {jid} or {local}");
    }
    target->command = calloc(WORDS_MAX + 1, sizeof *target->command);
    if (target->command == NULL) {
        return no_memory(reading);
    }
    char *rest = copy;
    for (size_t i = 0; rest[strspn(rest, " \t")] != '\0'; i++) {
        const char *at = start + (rest - copy);
        const char *word = next_word(&rest);
        if (word == NULL || i == WORDS_MAX) {
            return fail(reading, here(reading, at), word == NULL ? "a quote is not closed" : "too many words");
        }
        if (!keep(reading, &target->command[i], word)) {
            return false;
        }
    }
    return true;
}

static bool read_profile(struct reading *reading, char *value) {
    return keep(reading, &reading->target->profile, value);
}

static bool read_ca(struct reading *reading, char *value) {
    return keep(reading, &reading->target->ca_file, value);
}

/* ------------------------------------------------------------------------------ [Host], [Account], [Component] ---- */

static bool is_loopback(const char *address) {
    struct in_addr four;
    struct in6_addr six;
    return (inet_pton(AF_INET, address, &four) == 1 && ntohl(four.s_addr) >> 24 == 127) ||
           (inet_pton(AF_INET6, address, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six)) ||
           strcasecmp(address, "localhost") == 0;
}

static struct live_host *last_host(struct reading *reading) {
    return &reading->target->hosts[reading->target->host_count - 1];
}

static bool read_address(struct reading *reading, char *value) {
    if (strcspn(value, " \t/@") != strlen(value)) {
        return fail(reading, here(reading, value + strcspn(value, " \t/@")), "expected an IP address or a name");
    }
    reading->host_places[reading->target->host_count - 1] = here(reading, value);
    return keep(reading, &last_host(reading)->address, value);
}

static bool take_port(struct reading *reading, char *value, uint16_t *out) {
    char *end;
    const unsigned long port = strtoul(value, &end, 10);
    if (*value < '0' || *value > '9' || *end != '\0' || port == 0 || port > 65535) {
        return fail(reading, here(reading, value), "\"%.60s\" is no port; expected a number from 1 to 65535", value);
    }
    *out = (uint16_t)port;
    return true;
}

static bool read_port(struct reading *reading, char *value) {
    return take_port(reading, value, &last_host(reading)->port);
}

static bool read_component_port(struct reading *reading, char *value) {
    return take_port(reading, value, &reading->target->attached[reading->target->attached_count - 1].port);
}

static bool read_secret(struct reading *reading, char *value) {
    return keep(reading, &reading->target->attached[reading->target->attached_count - 1].secret, value);
}

static bool read_password(struct reading *reading, char *value) {
    return keep(reading, &reading->target->listed[reading->target->listed_count - 1].password, value);
}

/* -------------------------------------------------------------------------------------------------- properties ---- */

struct property {
    const char *name;
    bool (*read)(struct reading *reading, char *value);
};

static const struct property target_properties[] = {
    {"profile", read_profile}, {"tls", read_tls},         {"ca", read_ca}, {"accounts", read_accounts},
    {"command", read_command}, {"barrier", read_barrier}, {NULL, NULL}};
static const struct property host_properties[] = {{"address", read_address}, {"port", read_port}, {NULL, NULL}};
static const struct property account_properties[] = {{"password", read_password}, {NULL, NULL}};
static const struct property component_properties[] = {{"port", read_component_port}, {"secret", read_secret}, {NULL, NULL}};
static const struct property *const properties[] = {NULL, target_properties, host_properties, account_properties,
                                                    component_properties};

static bool read_property(struct reading *reading, char *at) {
    const struct property *known = properties[reading->section];
    const char *names[8] = {NULL};
    char *colon = strchr(at, ':');
    char word[64];
    if (known == NULL) {
        return fail(reading, here(reading, at), "expected [Target] and a name first");
    }
    if (colon == NULL) {
        return fail(reading, here(reading, at), "expected a property and its value with a colon between them");
    }
    snprintf(word, sizeof word, "%.*s", (int)(colon - at), at);
    char *value = colon + 1 + strspn(colon + 1, " \t");
    for (size_t i = 0; known[i].name != NULL; i++) {
        names[i] = known[i].name;
        if (strcmp(known[i].name, word) != 0) {
            continue;
        }
        if (reading->seen[i]) {
            return fail(reading, here(reading, at), "%s stands here twice", word);
        }
        if (*value == '\0') {
            return fail(reading, here(reading, colon), "%s has no value", word);
        }
        reading->seen[i] = true;
        return known[i].read(reading, value);
    }
    return unknown(reading, at, "property", word, names);
}

/* ---------------------------------------------------------------------------------------------------- sections ---- */

static bool section_complete(struct reading *reading) {
    static const char *const missing[] = {NULL, NULL, "a [Host] needs an address and a port",
                                          "an [Account] needs a password", "a [Component] needs a port and a secret"};
    const bool two = reading->section == SECTION_HOST || reading->section == SECTION_COMPONENT;
    const bool complete = (!two && reading->section != SECTION_ACCOUNT) || (reading->seen[0] && (!two || reading->seen[1]));
    return complete || fail(reading, reading->section_place, "%s", missing[reading->section]);
}

/* One more element at the end of an array. */
static bool lengthen(struct reading *reading, void **array, size_t count, size_t size) {
    void *longer = realloc(*array, (count + 1) * size);
    if (longer == NULL) {
        return no_memory(reading);
    }
    *array = longer;
    memset((char *)longer + count * size, 0, size);
    return true;
}

static bool new_host(struct reading *reading, const char *name) {
    struct live_target *target = reading->target;
    if (name[strcspn(name, "@/ \t")] != '\0') {
        return fail(reading, here(reading, name), "\"%.60s\" is no domain", name);
    }
    for (size_t i = 0; i < target->host_count; i++) {
        if (strcasecmp(target->hosts[i].domain, name) == 0) {
            return fail(reading, here(reading, name), "the host %.60s stands here twice", name);
        }
    }
    if (!lengthen(reading, (void **)&target->hosts, target->host_count, sizeof *target->hosts) ||
        !lengthen(reading, (void **)&reading->host_places, target->host_count, sizeof *reading->host_places)) {
        return false;
    }
    target->host_count++;
    return keep(reading, &last_host(reading)->domain, name);
}

static bool new_account(struct reading *reading, const char *name) {
    struct live_target *target = reading->target;
    const char *at = strchr(name, '@');
    if (at == NULL || at == name || at[1] == '\0' || name[strcspn(name, "/ \t")] != '\0') {
        return fail(reading, here(reading, name), "\"%.60s\" is no account; expected local@domain", name);
    }
    for (size_t i = 0; i < target->listed_count; i++) {
        if (strcasecmp(target->listed[i].bare, name) == 0) {
            return fail(reading, here(reading, name), "the account %.60s stands here twice", name);
        }
    }
    if (!lengthen(reading, (void **)&target->listed, target->listed_count, sizeof *target->listed)) {
        return false;
    }
    if (target->listed_count++ == 0) {
        reading->account_place = reading->section_place;
    }
    return keep(reading, &target->listed[target->listed_count - 1].bare, name);
}

static bool new_component(struct reading *reading, const char *name) {
    struct live_target *target = reading->target;
    if (name[strcspn(name, "@/ \t")] != '\0') {
        return fail(reading, here(reading, name), "\"%.60s\" is no domain", name);
    }
    for (size_t i = 0; i < target->attached_count; i++) {
        if (strcasecmp(target->attached[i].domain, name) == 0) {
            return fail(reading, here(reading, name), "the component %.60s stands here twice", name);
        }
    }
    if (!lengthen(reading, (void **)&target->attached, target->attached_count, sizeof *target->attached)) {
        return false;
    }
    return keep(reading, &target->attached[target->attached_count++].domain, name);
}

static bool read_section(struct reading *reading, char *at) {
    static const char *const words[] = {"Target", "Host", "Account", "Component", NULL};
    char *close = strchr(at, ']');
    size_t which = 0;
    if (close == NULL) {
        return fail(reading, here(reading, at), "expected ] behind the kind of section");
    }
    if (!section_complete(reading)) {
        return false;
    }
    *close = '\0';
    char *name = close + 1 + strspn(close + 1, " \t");
    if (!pick(reading, at + 1, "section", words, &which)) {
        return false;
    }
    if (*name == '\0') {
        return fail(reading, here(reading, close), "a [%s] needs a name", words[which]);
    }
    if (reading->seen_target ? which == 0 : which != 0) {
        return fail(reading, here(reading, at),
                    which == 0 ? "a file has one [Target]" : "expected [Target] and a name first");
    }
    reading->section = (enum section)(which + 1);
    reading->section_place = here(reading, at);
    reading->seen_target = true;
    memset(reading->seen, 0, sizeof reading->seen);
    return which == 0   ? keep(reading, &reading->target->name, name)
           : which == 1 ? new_host(reading, name)
           : which == 2 ? new_account(reading, name)
                        : new_component(reading, name);
}

static bool read_line(struct reading *reading) {
    char *at = reading->text + strspn(reading->text, " \t");
    for (size_t size = strlen(at); size > 0 && strchr(" \t\r", at[size - 1]) != NULL; size--) {
        at[size - 1] = '\0';
    }
    if (*at == '\0' || *at == '#') {
        return true;
    }
    if (at == reading->text && *at != '[') {
        return fail(reading, here(reading, at),
                    "expected a section, [Target], [Host], [Account] or [Component]; properties are indented");
    }
    return at == reading->text ? read_section(reading, at) : read_property(reading, at);
}

/* ------------------------------------------------------------------------------------------------------- whole ---- */

static bool check_whole(struct reading *reading) {
    const struct live_target *target = reading->target;
    const struct place nowhere = {0, 0};
    if (!reading->seen_target || target->host_count == 0) {
        return fail(reading, nowhere, "a target file needs a [Target] and a [Host]");
    }
    if (!reading->says_accounts) {
        return fail(reading, nowhere, "[Target] needs accounts: listed, register or command");
    }
    if ((target->accounts == LIVE_ACCOUNTS_COMMAND) != (target->command != NULL)) {
        return fail(reading, nowhere,
                    target->command == NULL ? "accounts: command needs a command"
                                            : "a command needs accounts: command");
    }
    if (target->accounts != LIVE_ACCOUNTS_LISTED && target->listed_count > 0) {
        return fail(reading, reading->account_place, "an [Account] needs accounts: listed");
    }
    if (target->accounts == LIVE_ACCOUNTS_LISTED && target->listed_count == 0) {
        return fail(reading, nowhere, "accounts: listed needs an [Account]");
    }
    for (size_t i = 0; target->tls != LIVE_TLS_REQUIRED && !reading->everywhere && i < target->host_count; i++) {
        if (!is_loopback(target->hosts[i].address)) {
            const char *policy = target->tls == LIVE_TLS_OFF ? "off" : "allowed";
            return fail(
                reading, reading->host_places[i],
                "tls: %s is for loopback, and %.60s is elsewhere; if passwords may travel there in the clear, say "
                "tls: %s everywhere",
                policy, target->hosts[i].address, policy);
        }
    }
    return true;
}

static bool read_all(struct reading *reading, const char *text, size_t size) {
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        const size_t length = end == NULL ? size - at : (size_t)(end - text) - at;
        const struct place start = {++reading->line, 1};
        if (length >= sizeof reading->text) {
            return fail(reading, start, "the line is longer than %d octets", (int)LINE_SIZE - 1);
        }
        if (memchr(text + at, '\0', length) != NULL) {
            return fail(reading, start, "a target file is text");
        }
        memcpy(reading->text, text + at, length);
        reading->text[length] = '\0';
        if (!read_line(reading)) {
            return false;
        }
        at += length + 1;
    }
    return section_complete(reading) && check_whole(reading);
}

struct live_target *live_target_read(const char *text, size_t size, struct live_error *error) {
    struct reading reading = {.error = error};
    reading.target = calloc(1, sizeof *reading.target);
    bool good = reading.target != NULL || no_memory(&reading);
    if (good) {
        reading.target->tls = LIVE_TLS_REQUIRED;
        reading.target->pings_in_rounds = true; /* that is right for every server */
        good = (size <= SIZE_MAX_READ || fail(&reading, (struct place){0, 0}, "a target file of more than 1 MiB")) &&
               read_all(&reading, text, size);
    }
    free(reading.host_places);
    if (!good) {
        live_target_free(reading.target);
        return NULL;
    }
    return reading.target;
}
