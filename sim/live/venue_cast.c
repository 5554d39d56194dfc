/* venue_cast.c - the cast of a case on a real server: accounts come to be, whoever acts is made ready. */
#include "session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int live_refuse(struct router_error *error, int result, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    error->line = error->column = 0;
    (void)vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return result;
}

int live_no_memory(struct router_error *error) {
    return live_refuse(error, ROUTER_E_NOMEM, "memory ran out");
}

static const char *target_name(const struct live_venue *venue) {
    return live_target_name(venue->server->target);
}

/* A new text as it goes out, NUL-terminated. */
static char *outward(struct live_venue *venue, const char *text, size_t size) {
    size_t out_size = 0;
    return live_venue_out(venue, text, size, &out_size);
}

/* ---------------------------------------------------------------------------------------------------- domains ---- */

/* What the target serves for other cases is elsewhere in this one, and there is nobody. */
static bool hide_others(struct live_venue *venue) {
    const struct live_needs *needs = &venue->server->needs;
    bool good = true;
    for (size_t i = 0; venue->names != NULL && !venue->others_hidden && i < needs->domain_count; i++) {
        good = good && (live_venue_serves(venue, live_slice(needs->domains[i])) ||
                        live_names_add_domain(venue->names, needs->domains[i]));
    }
    for (size_t i = 0; venue->names != NULL && !venue->others_hidden && i < needs->component_count; i++) {
        good = good && (live_venue_serves(venue, live_slice(needs->components[i])) ||
                        live_names_add_domain(venue->names, needs->components[i]));
    }
    venue->others_hidden = true;
    return good;
}

static bool add_domain(struct live_venue *venue, const char *domain) {
    char *copy = strdup(domain);
    if (copy == NULL ||
        !live_grow((void **)&venue->domains, &venue->domain_capacity, venue->domain_count, sizeof(char *))) {
        free(copy);
        return false;
    }
    venue->domains[venue->domain_count++] = copy;
    return true;
}

static bool add_served(struct live_venue *venue, const char *domain) {
    if (!add_domain(venue, domain) ||
        !live_grow((void **)&venue->served, &venue->served_capacity, venue->served_count, sizeof *venue->served)) {
        return false;
    }
    venue->served[venue->served_count++] =
        (struct live_served){.domain = venue->domains[venue->domain_count - 1], .server = venue->server_count};
    return true;
}

int live_cast_server(struct venue *base, const char *name, const char *const *domains, size_t domain_count,
                     const struct policy *policy, struct router_error *error) {
    struct live_venue *venue = live_venue_of(base);
    const char *address;
    uint16_t port;
    (void)name;
    (void)policy;
    for (size_t i = 0; i < domain_count; i++) {
        if (!live_where(venue->server, domains[i], &address, &port)) {
            return live_refuse(error, VENUE_E_CANNOT, "%s does not serve %s", target_name(venue), domains[i]);
        }
        if (!add_served(venue, domains[i])) {
            return live_no_memory(error);
        }
    }
    venue->server_count++;
    return ROUTER_OK;
}

/* Several servers of a script are several here too, if it is for us to start them. */
static int part_servers(struct live_venue *venue, struct router_error *error) {
    struct live_server *front = NULL;
    struct live_error why = {.text = ""};
    if (venue->cast || venue->server_count < 2 || venue->server->kind == NULL) {
        venue->cast = true;
        return ROUTER_OK;
    }
    const uint64_t since_us = live_clock_us();
    const int result =
        live_split(venue->server, venue->served, venue->served_count, venue->server_count, &front, &why);
    live_venue_rest(venue, since_us);
    struct live_party *party = result == ROUTER_OK ? live_party_new(front) : NULL;
    if (party == NULL) {
        return result == ROUTER_OK ? live_no_memory(error) : live_refuse(error, result, "%s", why.text);
    }
    live_party_free(venue->party);
    venue->party = party;
    venue->server = front;
    venue->cast = venue->split = true;
    return ROUTER_OK;
}

/* --------------------------------------------------------------------------------------------------- accounts ---- */

static struct live_held *account_of(const struct live_venue *venue, struct slice jid) {
    const char *slash = jid.size == 0 ? NULL : memchr(jid.data, '/', jid.size);
    jid.size = slash == NULL ? jid.size : (size_t)(slash - jid.data);
    for (size_t i = 0; i < venue->account_count; i++) {
        if (live_same_domain(jid, venue->accounts[i]->bare)) {
            return venue->accounts[i];
        }
    }
    return NULL;
}

int live_cast_account(struct venue *base, const char *bare, bool exists, struct router_error *error) {
    struct live_venue *venue = live_venue_of(base);
    const int parted = part_servers(venue, error);
    if (parted != ROUTER_OK) {
        return parted;
    }
    if (!live_venue_serves(venue, live_jid_domain(live_slice(bare)))) {
        return live_refuse(error, ROUTER_E_UNKNOWN, "no server serves '%.200s'", bare);
    }
    if (account_of(venue, live_slice(bare)) != NULL) {
        return live_refuse(error, ROUTER_E_CONFLICT, "the account %.200s is there already", bare);
    }
    struct live_held *account = calloc(1, sizeof *account);
    if (account == NULL ||
        !live_grow((void **)&venue->accounts, &venue->account_capacity, venue->account_count, sizeof account)) {
        free(account);
        return live_no_memory(error);
    }
    venue->accounts[venue->account_count++] = account;
    account->exists = exists;
    account->bare = strdup(bare);
    return account->bare != NULL && (venue->names == NULL || live_names_add(venue->names, bare)) ? ROUTER_OK
                                                                                                 : live_no_memory(error);
}

int live_cast_contact(struct venue *base, const char *bare, struct slice contact, struct router_contact state,
                      struct router_error *error) {
    struct live_venue *venue = live_venue_of(base);
    struct live_held *account = account_of(venue, live_slice(bare));
    if (account == NULL || !account->exists) {
        return live_refuse(error, ROUTER_E_UNKNOWN, "there is no account %.200s", bare);
    }
    live_barrier_relates(venue, account, contact);
    char *jid = hide_others(venue) ? outward(venue, contact.data, contact.size) : NULL;
    if (jid == NULL ||
        !live_grow((void **)&account->items, &account->item_capacity, account->item_count, sizeof *account->items)) {
        free(jid);
        return live_no_memory(error);
    }
    account->items[account->item_count++] = (struct live_item){.jid = jid, .state = state};
    return ROUTER_OK;
}

int live_cast_offline(struct venue *base, const char *bare, struct slice stanza, struct router_error *error) {
    struct live_venue *venue = live_venue_of(base);
    struct live_held *account = account_of(venue, live_slice(bare));
    if (account == NULL || !account->exists) {
        return live_refuse(error, ROUTER_E_UNKNOWN, "there is no account %.200s", bare);
    }
    char *stored = hide_others(venue) ? outward(venue, stanza.data, stanza.size) : NULL;
    if (stored == NULL ||
        !live_grow((void **)&account->stored, &account->stored_capacity, account->stored_count, sizeof(char *))) {
        free(stored);
        return live_no_memory(error);
    }
    account->stored[account->stored_count++] = stored;
    live_act_language(venue, stanza);
    return ROUTER_OK;
}

/* ----------------------------------------------------------------------------------------------------- actors ---- */

/* returns NULL where memory ran out. */
static struct live_actor *add_actor(struct live_venue *venue, enum live_role role, const char *name, const char *jid) {
    const struct slice domain = live_jid_domain(live_slice(jid));
    struct live_actor *actor = calloc(1, sizeof *actor);
    if (actor == NULL || !live_grow((void **)&venue->actors, &venue->actor_capacity, venue->actor_count, sizeof actor)) {
        free(actor);
        return NULL;
    }
    actor->venue = venue;
    actor->role = role;
    actor->index = (int)venue->actor_count;
    venue->actors[venue->actor_count++] = actor;
    actor->name = strdup(name);
    actor->jid = strdup(jid);
    actor->domain = strndup(domain.data, domain.size);
    actor->full_jid = role == LIVE_ROLE_CLIENT ? NULL : strdup(jid);
    actor->meets = calloc(venue->domain_count + 1, sizeof *actor->meets);
    const bool good = actor->name != NULL && actor->jid != NULL && actor->domain != NULL && actor->meets != NULL &&
                      (role == LIVE_ROLE_CLIENT || actor->full_jid != NULL);
    return good ? actor : NULL;
}

static struct live_peer_events events_of(struct live_actor *actor) {
    struct live_peer_events events = live_actor_events;
    events.context = actor;
    return events;
}

/* The password that the script gives is the account's; one that it does not give is made by lot. */
static bool give_password(struct live_held *account, const char *password) {
    char secret[LIVE_PASSWORD_SIZE];
    struct live_error error;
    if (account->password == NULL && (password != NULL || live_secret(secret, &error))) {
        account->password = strdup(password != NULL ? password : secret);
    }
    return account->password != NULL;
}

/* An address on the wire in two parts; `local` is changed and holds both. */
static const char *split(char *local) {
    char *at = strchr(local, '@');
    if (at == NULL) {
        return local;
    }
    *at = '\0';
    return at + 1;
}

/* A script may write the address otherwise than it is prepared. */
static bool name_as_written(struct live_venue *venue, const char *jid) {
    char *bare = venue->names == NULL ? NULL : strndup(jid, strcspn(jid, "/"));
    const bool good = venue->names == NULL || (bare != NULL && live_names_add(venue->names, bare));
    free(bare);
    return good;
}

int live_cast_client(struct venue *base, const char *name, const char *jid, const char *password, uint64_t latency_us,
                     struct router_error *error) {
    struct live_venue *venue = live_venue_of(base);
    struct live_held *account = account_of(venue, live_slice(jid));
    if (latency_us != WORLD_CLIENT_LATENCY_US) {
        return live_refuse(error, VENUE_E_CANNOT, "a latency of %s cannot be made on real servers", name);
    }
    if (account == NULL) {
        return live_refuse(error, ROUTER_E_UNKNOWN, "there is no account %.200s", jid);
    }
    if (!name_as_written(venue, jid)) {
        return live_no_memory(error);
    }
    struct live_actor *actor = add_actor(venue, LIVE_ROLE_CLIENT, name, jid);
    char *wire = outward(venue, jid, strlen(jid)), *bare = outward(venue, account->bare, strlen(account->bare));
    if (actor != NULL && wire != NULL && bare != NULL && give_password(account, password)) {
        const struct live_peer_events events = events_of(actor);
        const char *domain = split(bare);
        const char *own = live_password(venue->server, bare, domain, password != NULL ? password : account->password);
        actor->account = account;
        actor->client = live_client_new(venue->party, wire, own, jid, &events);
    }
    free(wire);
    free(bare);
    return actor != NULL && actor->client != NULL ? ROUTER_OK : live_no_memory(error);
}

/* ------------------------------------------------------------------------------------------- peers and components ---- */

static bool name_domains(struct live_actor *actor, const char *domain, const char *const *also, size_t also_count) {
    actor->domains = calloc(also_count + 2, sizeof(char *));
    for (size_t i = 0; actor->domains != NULL && i <= also_count; i++) {
        actor->domains[i] = strdup(i == 0 ? domain : also[i - 1]);
        if (actor->domains[i] == NULL) {
            return false;
        }
    }
    return actor->domains != NULL;
}

static bool name_peer(struct live_actor *actor, const struct world_peer *config) {
    struct live_venue *venue = actor->venue;
    bool good = name_domains(actor, config->domain, config->also, config->also_count);
    for (char **domain = actor->domains; good && *domain != NULL && venue->names != NULL; domain++) {
        good = live_names_add_domain(venue->names, *domain);
    }
    return good;
}

static int make_peer(struct live_actor *actor, const struct world_peer *wire, struct router_error *error) {
    struct live_venue *venue = actor->venue;
    const struct live_peer_events events = events_of(actor);
    const struct live_actor *first = NULL;
    struct live_error why;
    for (int i = 0; first == NULL && i < actor->index; i++) {
        if (venue->actors[i]->peer != NULL && live_same_domain(live_slice(actor->domain), venue->actors[i]->domain)) {
            first = venue->actors[i];
        }
    }
    const char *cannot = live_peer_cannot(venue->server, wire);
    if (cannot != NULL) {
        return live_refuse(error, VENUE_E_CANNOT, "%s", cannot);
    }
    actor->peer = first != NULL ? live_peer_join(first->peer, &events, &why)
                                : live_peer_new(venue->server, wire, &events, &why);
    for (size_t i = 0; actor->peer != NULL && i < venue->domain_count; i++) {
        const struct live_actor *own = live_venue_actor(venue, live_slice(venue->domains[i]));
        const bool component = own != NULL && own->role == LIVE_ROLE_COMPONENT;
        /* Who writes to one that is away is on a stream to somebody else. */
        if (component && venue->server->kind != NULL && venue->server->kind->disowns_components) {
            continue;
        }
        char *served = outward(venue, venue->domains[i], strlen(venue->domains[i]));
        const bool good = served != NULL && live_peer_serves(actor->peer, served);
        free(served);
        if (!good) {
            return live_no_memory(error);
        }
    }
    return actor->peer != NULL ? ROUTER_OK : live_refuse(error, VENUE_E_DOWN, "%s", why.text);
}

int live_cast_peer(struct venue *base, const char *name, const struct world_peer *config, struct router_error *error) {
    struct live_venue *venue = live_venue_of(base);
    const int parted = part_servers(venue, error);
    if (parted != ROUTER_OK) {
        return parted;
    }
    struct world_peer wire = *config;
    struct live_actor *actor = add_actor(venue, LIVE_ROLE_PEER, name, config->domain);
    char **also = calloc(config->also_count + 1, sizeof *also);
    bool good = actor != NULL && also != NULL && name_peer(actor, config);
    char *domain = good ? outward(venue, config->domain, strlen(config->domain)) : NULL;
    good = domain != NULL;
    for (size_t i = 0; good && i < config->also_count; i++) {
        also[i] = outward(venue, config->also[i], strlen(config->also[i]));
        good = also[i] != NULL;
    }
    wire.domain = domain;
    wire.also = (const char *const *)also;
    const int result = good ? make_peer(actor, &wire, error) : live_no_memory(error);
    for (size_t i = 0; also != NULL && i < config->also_count; i++) {
        free(also[i]);
    }
    free(also);
    free(domain);
    return result;
}

int live_cast_component(struct venue *base, const char *name, const char *domain, const char *server,
                        struct router_error *error) {
    struct live_venue *venue = live_venue_of(base);
    const int parted = part_servers(venue, error);
    if (parted != ROUTER_OK) {
        return parted;
    }
    struct live_actor *actor = add_actor(venue, LIVE_ROLE_COMPONENT, name, domain);
    struct live_error why;
    (void)server;
    if (!venue->has_slot) {
        const uint64_t since_us = live_clock_us();
        venue->slot = live_slot_take(venue->server);
        venue->has_slot = true;
        live_venue_rest(venue, since_us);
    }
    /* To other servers its domain is one like the others. */
    const bool named = actor != NULL && name_domains(actor, domain, NULL, 0) && add_domain(venue, domain) &&
                       (venue->names == NULL || venue->server->kind == NULL ||
                        live_names_add_component(venue->names, domain, venue->slot));
    char *wire = named ? outward(venue, domain, strlen(domain)) : NULL;
    if (wire == NULL) {
        return live_no_memory(error);
    }
    const struct live_peer_events events = events_of(actor);
    actor->component = live_component_new(live_home(venue->server, wire), wire, &events, &why);
    free(wire);
    return actor->component != NULL
               ? ROUTER_OK
               : live_refuse(error, venue->server->kind == NULL ? VENUE_E_CANNOT : VENUE_E_DOWN, "%s", why.text);
}

int live_cast_link(struct venue *base, const char *a, const char *b, uint64_t latency_us, uint64_t jitter_us,
                   struct router_error *error) {
    (void)base;
    (void)latency_us;
    (void)jitter_us;
    return live_refuse(error, VENUE_E_CANNOT, "a latency between %.90s and %.90s cannot be made on real servers", a, b);
}

/* ------------------------------------------------------------------------------------------------------ ready ---- */

static int furnish(struct live_venue *venue, struct live_held *account, const char *local, const char *domain,
                   struct router_error *error) {
    const struct live_kind *kind = venue->server->kind;
    struct live_error why = {.text = ""};
    if (account->item_count == 0 && account->stored_count == 0) {
        return ROUTER_OK;
    }
    if (kind == NULL || kind->furnish == NULL) {
        return live_refuse(error, VENUE_E_CANNOT, "%s cannot be given %s for %.100s before it is played",
                           target_name(venue), account->item_count > 0 ? "contacts" : "stored messages", account->bare);
    }
    const int result = kind->furnish(live_home(venue->server, domain), local, domain, account->items, account->item_count,
                                     (const char *const *)account->stored, account->stored_count, venue->end_us, &why);
    return result == VENUE_E_DOWN ? live_venue_down(venue, &why, error)
           : result != ROUTER_OK  ? live_refuse(error, result, "%s", why.text)
                                  : ROUTER_OK;
}

static int open_account(struct live_venue *venue, struct live_held *account, struct router_error *error) {
    struct live_error why;
    char *local = outward(venue, account->bare, strlen(account->bare));
    if (local == NULL || !give_password(account, NULL)) {
        free(local);
        return live_no_memory(error);
    }
    const char *domain = split(local);
    int result = ROUTER_OK;
    if (!live_account(venue->server, local, domain, account->password, venue->end_us, &why)) {
        result = live_venue_down(venue, &why, error);
    }
    result = result == ROUTER_OK ? furnish(venue, account, local, domain, error) : result;
    free(local);
    return result;
}

int live_cast_ready(struct venue *base, struct router_error *error) {
    struct live_venue *venue = live_venue_of(base);
    int result = hide_others(venue) ? ROUTER_OK : live_no_memory(error);
    for (size_t i = 0; result == ROUTER_OK && i < venue->account_count; i++) {
        if (venue->accounts[i]->exists) {
            result = open_account(venue, venue->accounts[i], error);
        }
    }
    venue->log.began_us = live_clock_us();
    return result;
}

/* ------------------------------------------------------------------------------------------------------ the end ---- */

static void free_actor(struct live_actor *actor) {
    if (actor->peer != NULL) {
        live_peer_free(actor->peer);
    }
    if (actor->component != NULL) {
        live_component_free(actor->component);
    }
    for (char **domain = actor->domains; domain != NULL && *domain != NULL; domain++) {
        free(*domain);
    }
    free(actor->domains);
    free(actor->name);
    free(actor->jid);
    free(actor->domain);
    free(actor->full_jid);
    free(actor->meets);
    live_text_free(&actor->begun);
    free(actor);
}

static void free_account(struct live_held *account) {
    for (size_t i = 0; i < account->item_count; i++) {
        free((void *)(uintptr_t)account->items[i].jid);
    }
    for (size_t i = 0; i < account->stored_count; i++) {
        free(account->stored[i]);
    }
    free(account->items);
    free(account->stored);
    free(account->bare);
    free(account->password);
    free(account);
}

/* The next case's component is not to meet the stream of this one's. Whatever has come of the case, its end has a time of
 * its own. */
static void dismiss_components(struct live_venue *venue) {
    if (venue->result == VENUE_E_DOWN) {
        venue->result = ROUTER_OK;
    }
    venue->end_us = live_end_us(venue->server, LIVE_NO_END);
    for (size_t i = 0; i < venue->actor_count; i++) {
        if (venue->actors[i]->component != NULL && live_actor_connected(venue->actors[i])) {
            venue->actors[i]->leaving = "disconnects";
            live_component_end(venue->actors[i]->component, false, NULL);
        }
    }
    for (size_t i = 0; i < venue->actor_count; i++) {
        if (venue->actors[i]->component != NULL) {
            live_venue_until(venue->actors[i], live_actor_ending);
        }
    }
    live_slot_leave(venue->server, venue->slot);
}

/* What was joined to a peer goes before it. */
void live_cast_free(struct live_venue *venue) {
    if (venue->has_slot) {
        dismiss_components(venue);
    }
    while (venue->actor_count > 0) {
        free_actor(venue->actors[--venue->actor_count]);
    }
    while (venue->account_count > 0) {
        free_account(venue->accounts[--venue->account_count]);
    }
    while (venue->remote_count > 0) {
        free(venue->remotes[--venue->remote_count]);
    }
    while (venue->domain_count > 0) {
        free(venue->domains[--venue->domain_count]);
    }
    free(venue->actors);
    free(venue->accounts);
    free(venue->domains);
    free(venue->served);
}
