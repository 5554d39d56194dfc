/* What only the whole cast shows: who serves which domain, and whom each section means. */
#include "reader.h"

#include <string.h>

static size_t octet_of(const struct script_property *property) {
    return property->column - 1;
}

static const struct script_property *find_property(const struct script_actor *actor, const char *key) {
    for (size_t i = 0; i < actor->property_count; i++) {
        if (strcmp(actor->properties[i].key, key) == 0) {
            return &actor->properties[i];
        }
    }
    return NULL;
}

static bool add_name(struct reading *reading, struct names *names, struct text name, int value, int *older) {
    char *lower = script_lower(reading->arena, name);
    *older = NAME_NO_MEMORY;
    if (lower == NULL) {
        return script_fail_memory(reading);
    }
    *older = script_names_add(names, reading->arena, script_text(lower), value);
    return *older != NAME_NO_MEMORY || script_fail_memory(reading);
}

/* ---------------------------------------------------------------------------------------------------- domains ---- */

static bool claim_domain(struct reading *reading, struct text domain, int owner, unsigned line, size_t octet) {
    const struct cast *cast = reading->cast;
    int older;
    if (!add_name(reading, &reading->cast->domains, domain, owner, &older)) {
        return false;
    }
    return older == NAME_UNKNOWN ||
           script_fail(reading, line, octet, "the domain %s belongs to the [%s] of line %u already; expected another",
                       script_quote(domain).text, script_role_word(cast->actors[older].role), cast->actors[older].line);
}

static bool claim_hosts(struct reading *reading, int server) {
    const struct script_property *hosts = find_property(&reading->cast->actors[server], "hosts");
    struct text list = script_text(hosts->value);
    for (size_t start = 0; start <= list.size;) {
        size_t comma = script_find(list, ",", start);
        size_t end = comma == TEXT_NONE ? list.size : comma;
        struct text host = script_trim(script_cut(list, start, end));
        if (!claim_domain(reading, host, server, hosts->line, octet_of(hosts) + (size_t)(host.data - list.data))) {
            return false;
        }
        start = end + 1;
    }
    return true;
}

static bool claim_domains(struct reading *reading, bool *has_server) {
    const struct cast *cast = reading->cast;
    *has_server = false;
    for (size_t i = 0; i < cast->count; i++) {
        const struct script_actor *actor = &cast->actors[i];
        if (actor->role == SCRIPT_SERVER) {
            *has_server = true;
            if (!claim_hosts(reading, (int)i)) {
                return false;
            }
        } else if ((actor->role == SCRIPT_PEER || actor->role == SCRIPT_COMPONENT) &&
                   !claim_domain(reading, script_text(actor->name), (int)i, actor->line, 0)) {
            return false;
        }
    }
    return true;
}

/* Every account needs a server; without [Server] there is one for all domains. */
static bool check_home(struct reading *reading, const struct script_actor *actor, struct text jid, bool has_server,
                       unsigned line, size_t octet) {
    struct text domain = script_domain_of(jid);
    int older;
    if (!has_server) {
        return add_name(reading, &reading->cast->domains, domain, DOMAIN_OF_ONLY_SERVER, &older);
    }
    char *lower = script_lower(reading->arena, domain);
    if (lower == NULL) {
        return script_fail_memory(reading);
    }
    if (script_names_find(&reading->cast->domains, script_text(lower)) != NAME_UNKNOWN) {
        return true;
    }
    const char **hosts = script_names_list(&reading->cast->domains, reading->arena, 0);
    return script_fail(reading, line, octet,
                       "no [Server] serves the domain %s of this [%s]; expected it among the hosts of one%s",
                       script_quote(domain).text, script_role_word(actor->role), script_hint(domain, hosts).text);
}

/* --------------------------------------------------------------------------------------------------- accounts ---- */

static bool check_homes(struct reading *reading, bool has_server) {
    const struct cast *cast = reading->cast;
    for (size_t i = 0; i < cast->count; i++) {
        const struct script_actor *actor = &cast->actors[i];
        if (actor->role == SCRIPT_CLIENT) {
            const struct script_property *jid = find_property(actor, "jid");
            if (!check_home(reading, actor, script_text(jid->value), has_server, jid->line, octet_of(jid))) {
                return false;
            }
        } else if (actor->role == SCRIPT_ACCOUNT &&
                   !check_home(reading, actor, script_text(actor->name), has_server, actor->line, 0)) {
            return false;
        }
    }
    return true;
}

static bool name_clients(struct reading *reading, struct names *clients) {
    const struct cast *cast = reading->cast;
    int older;
    for (size_t i = 0; i < cast->count; i++) {
        if (cast->actors[i].role == SCRIPT_CLIENT &&
            !add_name(reading, clients, script_bare_of(script_text(cast->actors[i].jid)), (int)i, &older)) {
            return false;
        }
    }
    return true;
}

static bool check_account(struct reading *reading, const struct script_actor *actor, struct names *clients,
                          struct names *accounts) {
    struct text address = script_text(actor->name);
    int older, client;
    if (!add_name(reading, accounts, address, (int)actor->line, &older)) {
        return false;
    }
    if (older != NAME_UNKNOWN) {
        return script_fail(reading, actor->line, 0,
                           "the account %s is here twice, first in line %d; expected one [Account]",
                           script_quote(address).text, older);
    }
    const struct script_property *exists = find_property(actor, "exists");
    char *lower = exists == NULL ? NULL : script_lower(reading->arena, address);
    if (exists == NULL || lower == NULL) {
        return exists == NULL || script_fail_memory(reading);
    }
    client = script_names_find(clients, script_text(lower));
    return client == NAME_UNKNOWN ||
           script_fail(reading, exists->line, octet_of(exists),
                       "the account %s exists, for the [Client] %s of line %u names it; expected no \"exists: no\"",
                       script_quote(address).text, script_quote(script_text(reading->cast->actors[client].name)).text,
                       reading->cast->actors[client].line);
}

/* A stored message is parsed where it stands, so that columns are the file's. */
static bool check_offline(struct reading *reading, const struct script_property *property) {
    size_t octet = octet_of(property), size = strlen(property->value);
    char *text = arena_take(reading->arena, octet + size + 1);
    struct xml_node *roots;
    unsigned count;
    if (text == NULL) {
        return script_fail_memory(reading);
    }
    memset(text, ' ', octet);
    memcpy(text + octet, property->value, size);
    struct block block = {text, octet + size, property->line};
    if (!script_mask(reading, &block) || !script_xml(reading, &block, NULL, &count, &roots)) {
        return false;
    }
    for (const struct xml_node *node = roots; node != NULL; node = node->next) {
        if (strcmp(node->ns, XML_STREAM_NS) != 0 || strcmp(node->name, "message") != 0) {
            return script_fail(reading, node->line, script_block_octet(&block, node->line, node->column),
                               "offline: found <%.60s>, expected <message/>: only messages are stored", node->name);
        }
    }
    return true;
}

static bool check_accounts(struct reading *reading) {
    const struct cast *cast = reading->cast;
    struct names clients = {NULL}, accounts = {NULL};
    if (!name_clients(reading, &clients)) {
        return false;
    }
    for (size_t i = 0; i < cast->count; i++) {
        const struct script_actor *actor = &cast->actors[i];
        if (actor->role != SCRIPT_ACCOUNT) {
            continue;
        }
        if (!check_account(reading, actor, &clients, &accounts)) {
            return false;
        }
        for (size_t p = 0; p < actor->property_count; p++) {
            if (strcmp(actor->properties[p].key, "offline") == 0 && !check_offline(reading, &actor->properties[p])) {
                return false;
            }
        }
    }
    return true;
}

/* ------------------------------------------------------------------------------------------------------ links ---- */

static bool check_end(struct reading *reading, const struct script_actor *link, const char *name, size_t octet) {
    int actor;
    if (!script_place(reading, link->line, octet, script_text(name), &actor)) {
        return false;
    }
    return actor < 0 || reading->cast->actors[actor].role == SCRIPT_SERVER ||
           script_fail(reading, link->line, octet, "%s is a [%s]; a [Link] is between two simulated servers",
                       script_quote(script_text(name)).text, script_role_word(reading->cast->actors[actor].role));
}

static bool check_link(struct reading *reading, const struct script_actor *link) {
    struct text line = reading->cast_lines[link->line - 1];
    size_t first = script_find(line, link->name, script_find(line, "]", 0));
    size_t second = script_find(line, link->second, first + strlen(link->name));
    return check_end(reading, link, link->name, first) && check_end(reading, link, link->second, second) &&
           (strcmp(link->name, link->second) != 0 ||
            script_fail(reading, link->line, second, "both ends of the [Link] are %s; expected two servers",
                        script_quote(script_text(link->name)).text));
}

bool script_check_cast(struct reading *reading) {
    const struct cast *cast = reading->cast;
    bool has_server;
    if (!claim_domains(reading, &has_server) || !check_homes(reading, has_server) || !check_accounts(reading)) {
        return false;
    }
    for (size_t i = 0; i < cast->count; i++) {
        if (cast->actors[i].role == SCRIPT_LINK && !check_link(reading, &cast->actors[i])) {
            return false;
        }
    }
    return true;
}
