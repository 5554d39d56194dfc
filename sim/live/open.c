/* open.c - a target is made ready for a run, looked after, and left as it was. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <strophe.h>

static void free_words(const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free((void *)(uintptr_t)words[i]);
    }
    free((void *)(uintptr_t)words);
}

static const char *const *copy_words(const char *const *words, size_t count) {
    const char **copy = calloc(count + 1, sizeof *copy);
    for (size_t i = 0; copy != NULL && i < count; i++) {
        copy[i] = strdup(words[i]);
        if (copy[i] == NULL) {
            free_words(copy, i);
            copy = NULL;
        }
    }
    return copy;
}

/* Components in every slot. */
static const char *const *copy_components(const struct live_needs *needs, size_t slots) {
    if (slots == 0) {
        return copy_words(needs->components, needs->component_count);
    }
    const size_t count = needs->component_count * slots;
    const char **copy = calloc(count + 1, sizeof *copy);
    for (size_t i = 0; copy != NULL && i < count; i++) {
        struct live_text text = {0};
        live_text_format(&text, "c%zu.%s", i % slots, needs->components[i / slots]);
        copy[i] = text.failed ? NULL : text.data;
        if (copy[i] == NULL) {
            live_text_free(&text);
            free_words(copy, i);
            copy = NULL;
        }
    }
    return copy;
}

static bool copy_needs(struct live_needs *copy, const struct live_needs *needs, size_t slots) {
    copy->domains = copy_words(needs->domains, needs->domain_count);
    copy->components = copy_components(needs, slots);
    copy->domain_count = copy->domains == NULL ? 0 : needs->domain_count;
    copy->component_count = copy->components == NULL ? 0 : needs->component_count * (slots == 0 ? 1 : slots);
    return copy->domains != NULL && copy->components != NULL;
}

/* ---------------------------------------------------------------------------------------------- built-in kinds ---- */

/* Ports that differ: what is free for one is free for the next as long as nobody listens. */
static bool choose_ports(struct live_server *server, struct live_error *error) {
    uint16_t *const ports[] = {&server->c2s_port, &server->s2s_port, &server->component_port};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        bool fresh = true;
        do {
            *ports[i] = live_free_port(error);
            fresh = *ports[i] != 0;
            for (size_t j = 0; j < i; j++) {
                fresh = fresh && *ports[j] != *ports[i];
            }
        } while (!fresh && *ports[i] != 0);
        if (!fresh) {
            return false;
        }
    }
    return true;
}

/* The served domains are known to the name server too: a peer's dialback may make the server look for itself. Of several
 * servers, each looks for the others, and for their components. */
static bool name_hosts(struct live_server *server, struct live_error *error) {
    const struct live_needs *needs = &server->needs;
    const size_t components = server->borrows_dns ? needs->component_count : 0;
    for (size_t i = 0; i < needs->domain_count + components; i++) {
        const char *name = i < needs->domain_count ? needs->domains[i] : needs->components[i - needs->domain_count];
        if (!live_dns_set(server->dns, name, LIVE_DNS_HERE, "127.0.0.1", server->s2s_port)) {
            return live_fail(error, "the name server cannot take the domain %.100s", name);
        }
    }
    return true;
}

bool live_server_start(struct live_server *server, struct live_error *error) {
    const struct live_kind *kind = server->kind;
    char path[512];
    if (!live_program(kind->program, path, sizeof path)) {
        return live_fail(error, "%s is not installed: there is no program %s; on Debian it is in the package %s",
                         kind->name, kind->program, kind->package);
    }
    if (server->needs.domain_count == 0) {
        return live_fail(error, "%s: start: there is no domain to serve", kind->name);
    }
    server->nest = live_nest_new(error);
    if (server->nest != NULL && server->dns == NULL) {
        server->dns = live_dns_start(error);
    }
    return server->nest != NULL && server->dns != NULL && choose_ports(server, error) &&
           live_secret(server->component_secret, error) && name_hosts(server, error) && kind->start(server, error);
}

static void stop_processes(struct live_server *server) {
    if (server->channel >= 0) {
        close(server->channel);
        server->channel = -1;
        server->late = 0;
    }
    live_nest_stop(server->nest, 0);
    server->process_count = 0;
}

/* What the dead server has left may be broken, and the names of cases that come are new to any: it starts from nothing.
 */
static bool start_again(struct live_server *server, struct live_error *error) {
    stop_processes(server);
    server->generation++;
    atomic_store(&server->doubted, false);
    return server->kind->start(server, error);
}

/* ------------------------------------------------------------------------------------------------ target files ---- */

static bool is_needed(const struct live_server *server, const char *domain) {
    for (size_t i = 0; i < server->needs.domain_count; i++) {
        if (strcasecmp(server->needs.domains[i], domain) == 0) {
            return true;
        }
    }
    return false;
}

static bool reach_hosts(struct live_server *server, struct live_error *error) {
    const struct live_target *target = server->target;
    if (target->ca_file != NULL && access(target->ca_file, R_OK) != 0) {
        return live_fail(error, "%s: the CA file %.200s cannot be read", target->name, target->ca_file);
    }
    for (size_t i = 0; i < target->host_count; i++) {
        if (is_needed(server, target->hosts[i].domain) && !live_reach(server, target->hosts[i].domain, LIVE_NO_END, error)) {
            return false;
        }
    }
    if (target->accounts == LIVE_ACCOUNTS_COMMAND) {
        server->nest = live_nest_new(error);
        return server->nest != NULL;
    }
    return true;
}

/* -------------------------------------------------------------------------------------------------- the server ---- */

struct live_server *live_server_new(const struct live_target *target, const struct live_needs *needs, unsigned seconds,
                                    size_t slots) {
    struct live_server *server = calloc(1, sizeof *server);
    pthread_mutexattr_t attributes;
    if (server == NULL) {
        return NULL;
    }
    server->target = target;
    server->kind = target->kind;
    server->seconds = seconds == 0 ? LIVE_SECONDS : seconds;
    server->start_seconds = server->seconds < LIVE_SECONDS ? LIVE_SECONDS : server->seconds;
    server->channel = -1;
    (void)pthread_mutexattr_init(&attributes);
    (void)pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    (void)pthread_mutex_init(&server->lock, &attributes);
    (void)pthread_mutex_init(&server->split_lock, NULL);
    (void)pthread_mutex_init(&server->slot_lock, NULL);
    (void)pthread_cond_init(&server->slot_left, NULL);
    (void)pthread_mutexattr_destroy(&attributes);
    const bool rests = live_rests(server) && !live_own_names(server);
    server->door = rests ? live_door_new(server) : NULL;
    if (!copy_needs(&server->needs, needs, slots) || (rests && server->door == NULL)) {
        live_close(server);
        return NULL;
    }
    return server;
}

struct live_server *live_open(const struct live_target *target, const struct live_needs *needs, unsigned seconds,
                              struct live_error *error) {
    struct live_server *server = live_server_new(target, needs, seconds, LIVE_SLOTS);
    if (server == NULL) {
        live_fail(error, "memory ran out");
        return NULL;
    }
    xmpp_initialize();
    if (!(server->kind != NULL ? live_server_start(server, error) : reach_hosts(server, error))) {
        live_close(server);
        return NULL;
    }
    return server;
}

void live_close(struct live_server *server) {
    if (server == NULL) {
        return;
    }
    live_splits_close(server);
    live_door_free(server->door);
    if (server->nest != NULL) {
        stop_processes(server);
        live_nest_free(server->nest);
    }
    if (!server->borrows_dns) {
        live_dns_stop(server->dns);
    }
    free_words(server->needs.domains, server->needs.domain_count);
    free_words(server->needs.components, server->needs.component_count);
    pthread_mutex_destroy(&server->lock);
    pthread_mutex_destroy(&server->split_lock);
    pthread_mutex_destroy(&server->slot_lock);
    pthread_cond_destroy(&server->slot_left);
    free(server);
}

/* A process that is killed closes its port some time before it can be seen to have ended. */
static bool kind_runs(struct live_server *server) {
    bool runs = server->process_count > 0 && live_port_open("127.0.0.1", server->c2s_port);
    for (size_t i = 0; i < server->process_count; i++) {
        runs = live_nest_runs(server->nest, server->processes[i]) && runs;
    }
    return runs;
}

static bool check_kind(struct live_server *server, struct live_error *error) {
    bool good = true;
    for (size_t i = 0; good && i < server->part_count; i++) {
        good = check_kind(server->parts[i], error);
    }
    if (server->part_count > 0) {
        return good;
    }
    pthread_mutex_lock(&server->lock);
    bool runs = kind_runs(server);
    if (!runs && server->kind->mend != NULL && server->kind->mend(server)) {
        runs = kind_runs(server);
    }
    /* One that hangs has processes and ports too. */
    if (runs && atomic_exchange(&server->doubted, false)) {
        runs = live_reach(server, server->needs.domains[0], LIVE_NO_END, error);
    }
    good = runs || start_again(server, error);
    pthread_mutex_unlock(&server->lock);
    return good;
}

bool live_check(struct live_server *server, struct live_error *error) {
    const struct live_target *target = server->target;
    if (server->kind != NULL) {
        return check_kind(server, error);
    }
    for (size_t i = 0; i < target->host_count; i++) {
        const struct live_host *host = &target->hosts[i];
        const char *why =
            is_needed(server, host->domain) ? live_port_problem(host->address, host->port, server->seconds) : NULL;
        if (why != NULL) {
            return live_fail(error, "%s: connect for %s at %s:%u: %s", target->name, host->domain, host->address,
                             host->port, why);
        }
    }
    return true;
}

bool live_where(const struct live_server *server, const char *domain, const char **address, uint16_t *port) {
    const struct live_target *target = server->target;
    if (server->kind != NULL) {
        *address = "127.0.0.1";
        *port = live_home(server, domain)->c2s_port;
        return is_needed(server, domain);
    }
    for (size_t i = 0; i < target->host_count; i++) {
        if (strcasecmp(target->hosts[i].domain, domain) == 0) {
            *address = target->hosts[i].address;
            *port = target->hosts[i].port;
            return true;
        }
    }
    return false;
}

/* -------------------------------------------------------------------------------------------------- components ---- */

bool live_attach(const struct live_server *server, const char *domain, uint16_t *port, const char **secret) {
    const struct live_target *target = server->target;
    if (server->component_port != 0) {
        *port = server->component_port;
        *secret = server->component_secret;
        return true;
    }
    for (size_t i = 0; i < target->attached_count; i++) {
        if (strcasecmp(target->attached[i].domain, domain) == 0) {
            *port = target->attached[i].port;
            *secret = target->attached[i].secret;
            return true;
        }
    }
    return false;
}

unsigned live_slot_take(struct live_server *server) {
    const unsigned slots = server->kind != NULL ? LIVE_SLOTS : 1;
    unsigned slot, tried = 0;
    pthread_mutex_lock(&server->slot_lock);
    /* One after the other, so that a case does not follow at once on one whose clients may still be going. */
    while (server->slot_taken[slot = server->slot_next % slots]) {
        server->slot_next++;
        if (++tried % slots == 0) {
            pthread_cond_wait(&server->slot_left, &server->slot_lock);
        }
    }
    server->slot_taken[slot] = true;
    server->slot_next++;
    pthread_mutex_unlock(&server->slot_lock);
    return slot;
}

void live_slot_leave(struct live_server *server, unsigned slot) {
    pthread_mutex_lock(&server->slot_lock);
    server->slot_taken[slot] = false;
    pthread_cond_signal(&server->slot_left);
    pthread_mutex_unlock(&server->slot_lock);
}

/* ---------------------------------------------------------------------------------------------------- accounts ---- */

bool live_rests(const struct live_server *server) {
    const char *profile = server->target->profile;
    if (server->kind != NULL) {
        return server->kind->rests_after_end;
    }
    return profile != NULL && strcmp(profile, live_jabberd2.name) == 0 && live_jabberd2.rests_after_end;
}

bool live_own_names(const struct live_server *server) {
    return server->kind == NULL && server->target->accounts == LIVE_ACCOUNTS_LISTED;
}

static const char *listed_password(const struct live_target *target, const char *local, const char *domain) {
    const size_t size = strlen(local);
    for (size_t i = 0; i < target->listed_count; i++) {
        const char *bare = target->listed[i].bare;
        if (strncasecmp(bare, local, size) == 0 && bare[size] == '@' && strcasecmp(bare + size + 1, domain) == 0) {
            return target->listed[i].password;
        }
    }
    return NULL;
}

const char *live_password(const struct live_server *server, const char *local, const char *domain,
                          const char *generated) {
    const char *listed = live_own_names(server) ? listed_password(server->target, local, domain) : NULL;
    return listed == NULL ? generated : listed;
}

bool live_account(struct live_server *server, const char *local, const char *domain, const char *password,
                  uint64_t end_us, struct live_error *error) {
    const struct live_target *target = server->target;
    const char *address;
    uint16_t port;
    if (!live_where(server, domain, &address, &port)) {
        return live_fail(error, "%s does not serve %s", target->name, domain);
    }
    if (server->kind != NULL) {
        return server->kind->account(live_home(server, domain), local, domain, password, end_us, error);
    }
    switch (target->accounts) {
    case LIVE_ACCOUNTS_REGISTER:
        return live_register(server, local, domain, password, end_us, error);
    case LIVE_ACCOUNTS_COMMAND:
        return live_account_command(server, local, domain, password, end_us, error);
    case LIVE_ACCOUNTS_LISTED:
        break;
    }
    return listed_password(target, local, domain) != NULL ||
           live_fail(error, "%s: the target file does not list the account %s@%s", target->name, local, domain);
}
