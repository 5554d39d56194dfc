/* What only the whole cast shows: who serves which domain, and whom each section means. */
#include "reader.h"

#include <string.h>

static size_t octet_of(const struct script_property *property) {
    return property->column - 1;
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

/* A domain that is taken. Several peers may be connections of one server, and several components of one service. */
static bool check_taken(struct reading *reading, struct value domain, int owner, int older) {
    const struct cast *cast = reading->cast;
    enum script_role role = cast->actors[owner].role;
    struct quoted shown = script_quote(domain.text);
    if (older == owner) {
        return script_fail(reading, domain.line, domain.octet,
                           "the [%s] of line %u has the domain %s already; expected it once", script_role_word(role),
                           cast->actors[owner].line, shown.text);
    }
    if (older == DOMAIN_OF_ONLY_SERVER) {
        return script_fail(
            reading, domain.line, domain.octet,
            "the domain %s of this [%s] is served, for an account of it is in the cast; expected another", shown.text,
            script_role_word(role));
    }
    return (role != SCRIPT_SERVER && cast->actors[older].role == role) ||
           script_fail(reading, domain.line, domain.octet,
                       "the domain %s belongs to the [%s] of line %u already; expected another", shown.text,
                       script_role_word(cast->actors[older].role), cast->actors[older].line);
}

static bool claim_domain(struct reading *reading, struct value domain, int owner) {
    int older;
    return add_name(reading, &reading->cast->domains, domain.text, owner, &older) &&
           (older == NAME_UNKNOWN || check_taken(reading, domain, owner, older));
}

/* A list of domains in a property, if it is there. */
static bool claim_list(struct reading *reading, int owner, const char *key) {
    const struct script_property *list = script_property_of(&reading->cast->actors[owner], key);
    struct value rest = {{NULL, 0}, 0, 0}, item;
    if (list != NULL) {
        rest = (struct value){script_text(list->value), list->line, octet_of(list)};
    }
    while (script_next_item(&rest, &item)) {
        if (!claim_domain(reading, item, owner)) {
            return false;
        }
    }
    return true;
}

static bool claim_hosts(struct reading *reading, bool *has_server) {
    const struct cast *cast = reading->cast;
    *has_server = false;
    for (size_t i = 0; i < cast->count; i++) {
        if (cast->actors[i].role == SCRIPT_SERVER) {
            *has_server = true;
            if (!claim_list(reading, (int)i, "hosts")) {
                return false;
            }
        }
    }
    return true;
}

/* What peers and components play. served: whether there is a server at all. */
static bool claim_played(struct reading *reading, bool served) {
    const struct cast *cast = reading->cast;
    for (size_t i = 0; i < cast->count; i++) {
        const struct script_actor *actor = &cast->actors[i];
        if (actor->role != SCRIPT_PEER && actor->role != SCRIPT_COMPONENT) {
            continue;
        }
        const struct script_property *domain = script_property_of(actor, "domain");
        struct value value = {script_text(actor->name), actor->line, script_name_octet(reading, actor)};
        if (!served) {
            return script_fail(reading, value.line, value.octet,
                               "no server is there for the [%s] %s; expected a [Server], [Client] or [Account] in the "
                               "cast",
                               script_role_word(actor->role), script_quote(value.text).text);
        }
        if (domain != NULL) {
            value = (struct value){script_text(domain->value), domain->line, octet_of(domain)};
        }
        if (!claim_domain(reading, value, (int)i) || !claim_list(reading, (int)i, "also")) {
            return false;
        }
    }
    return true;
}

/* Every account needs a server; without [Server] there is one for all domains. */
static bool check_home(struct reading *reading, const struct script_actor *actor, struct value jid, bool has_server) {
    const struct cast *cast = reading->cast;
    struct text domain = script_domain_of(jid.text);
    int older;
    if (!has_server) {
        return add_name(reading, &reading->cast->domains, domain, DOMAIN_OF_ONLY_SERVER, &older);
    }
    int owner = script_domain_owner(cast, domain);
    if (owner == NAME_UNKNOWN) {
        const char **hosts = script_names_list(&cast->domains, reading->arena, 0);
        return script_fail(reading, jid.line, jid.octet,
                           "no [Server] serves the domain %s of this [%s]; expected it among the hosts of one%s",
                           script_quote(domain).text, script_role_word(actor->role), script_hint(domain, hosts).text);
    }
    return cast->actors[owner].role == SCRIPT_SERVER ||
           script_fail(reading, jid.line, jid.octet,
                       "the domain %s of this [%s] is played by the [%s] of line %u; expected one that a [Server] "
                       "serves",
                       script_quote(domain).text, script_role_word(actor->role),
                       script_role_word(cast->actors[owner].role), cast->actors[owner].line);
}

/* *any: whether there is an account at all. */
static bool check_homes(struct reading *reading, bool has_server, bool *any) {
    const struct cast *cast = reading->cast;
    for (size_t i = 0; i < cast->count; i++) {
        const struct script_actor *actor = &cast->actors[i];
        const struct script_property *jid = script_property_of(actor, "jid");
        struct value value = {script_text(actor->name), actor->line, 0};
        if (actor->role == SCRIPT_CLIENT) {
            value = (struct value){script_text(jid->value), jid->line, octet_of(jid)};
        } else if (actor->role != SCRIPT_ACCOUNT) {
            continue;
        }
        *any = true;
        if (!check_home(reading, actor, value, has_server)) {
            return false;
        }
    }
    return true;
}

/* A domain is served or played, never both. Without [Server] it is the accounts that say what is served, and so they
 * are looked at before peers and components; else after them. */
static bool claim_domains(struct reading *reading) {
    bool has_server, any = false;
    if (!claim_hosts(reading, &has_server)) {
        return false;
    }
    return has_server ? claim_played(reading, true) && check_homes(reading, true, &any)
                      : check_homes(reading, false, &any) && claim_played(reading, any);
}

/* --------------------------------------------------------------------------------------------------- accounts ---- */

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
    const struct script_property *exists = script_property_of(actor, "exists");
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

bool script_check_cast(struct reading *reading) {
    return claim_domains(reading) && check_accounts(reading) && script_check_homes(reading) &&
           script_check_links(reading);
}
