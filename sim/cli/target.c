/* Real servers as targets: which one is meant, what a run's scenarios need of it, and a venue on it for each case. */
#include "cli.h"
#include "live.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TARGET_SIZE_MAX = 1 << 20 };

/* ------------------------------------------------------------------------------------------------ what is meant ---- */

static struct live_target *read_target(const char *path) {
    struct live_error error = {.line = 0};
    const char *why = "";
    size_t size = 0;
    char *text = cli_read(path, TARGET_SIZE_MAX + 1, &size, &why);
    if (text == NULL) {
        (void)cli_cannot_read(path, why);
        return NULL;
    }
    struct live_target *target = live_target_read(text, size, &error);
    free(text);
    if (target == NULL) {
        (void)cli_complain_at(path, error.line, error.column, error.text);
    }
    return target;
}

/* What has a slash or a dot in it is meant as a file, as with profiles. */
bool cli_target_is_file(const char *name) {
    return strpbrk(name, "./") != NULL;
}

struct live_target *cli_target(const char *name) {
    struct live_error error;
    struct live_target *target = cli_target_is_file(name) ? read_target(name) : live_target_builtin(name, &error);
    if (target == NULL && !cli_target_is_file(name)) {
        cli_complain("%s", error.text);
    }
    return target;
}

/* ----------------------------------------------------------------------------------------- what scenarios need ---- */

struct needs {
    struct cli_words domains, components;
};

static void add_domain(struct cli_words *words, const char *text, size_t size) {
    struct jid_parts parts;
    while (size > 0 && strchr(" \t", text[0]) != NULL) {
        text++;
        size--;
    }
    while (size > 0 && strchr(" \t", text[size - 1]) != NULL) {
        size--;
    }
    if (jid_prepare((struct slice){.data = text, .size = size}, &parts) != ROUTER_OK) {
        return;
    }
    for (size_t i = 0; i < words->count; i++) {
        if (strlen(words->items[i]) == parts.domain.size &&
            memcmp(words->items[i], parts.domain.data, parts.domain.size) == 0) {
            return;
        }
    }
    char *copy = cli_need(malloc(parts.domain.size + 1));
    memcpy(copy, parts.domain.data, parts.domain.size);
    copy[parts.domain.size] = '\0';
    cli_words_add(words, copy);
}

static const char *property(const struct script_actor *actor, const char *key) {
    for (size_t i = 0; i < actor->property_count; i++) {
        if (strcmp(actor->properties[i].key, key) == 0) {
            return actor->properties[i].value;
        }
    }
    return NULL;
}

static void add_actor(struct needs *needs, const struct script_actor *actor) {
    const char *domain = property(actor, "domain");
    const char *hosts = actor->role == SCRIPT_SERVER ? property(actor, "hosts") : NULL;
    while (hosts != NULL && *hosts != '\0') {
        const size_t size = strcspn(hosts, ",");
        add_domain(&needs->domains, hosts, size);
        hosts += size + (hosts[size] == ',');
    }
    const char *jid = actor->role == SCRIPT_CLIENT ? actor->jid : actor->role == SCRIPT_ACCOUNT ? actor->name : NULL;
    if (jid != NULL) {
        add_domain(&needs->domains, jid, strlen(jid));
    }
    if (actor->role == SCRIPT_COMPONENT) {
        domain = domain == NULL ? actor->name : domain;
        add_domain(&needs->components, domain, strlen(domain));
    }
}

static void find_needs(const struct cli_settings *settings, const struct cli_files *files, struct needs *needs) {
    for (size_t i = 0; i < files->count; i++) {
        const struct script_file *file = files->items[i].script;
        for (size_t n = 0; file != NULL && n < script_case_count(file); n++) {
            struct arena *arena = cli_need(arena_new());
            const struct script *script = cli_need((void *)(uintptr_t)script_case(file, n, arena));
            for (size_t a = 0; cli_selects(settings, script) && a < script->cast_count; a++) {
                add_actor(needs, &script->cast[a]);
            }
            arena_free(arena);
        }
    }
}

/* ------------------------------------------------------------------------------------------------------- a run ---- */

struct cli_live {
    struct live_target *target;
    struct live_server *server;
    uint64_t pass_max_us; /* that `time passes` may take in a case */
    unsigned seconds;     /* that a case may take */
    pthread_mutex_t lock; /* one at a time looks after the server */
};

struct cli_live *cli_live_open(const struct cli_settings *settings, const struct cli_files *files) {
    struct live_target *target = cli_target(settings->target);
    if (target == NULL) {
        return NULL;
    }
    struct needs needs = {{NULL, 0}, {NULL, 0}};
    find_needs(settings, files, &needs);
    const struct live_needs all = {.domains = needs.domains.items,
                                   .domain_count = needs.domains.count,
                                   .components = needs.components.items,
                                   .component_count = needs.components.count};
    struct live_error error = {.line = 0};
    struct live_server *server = live_open(target, &all, settings->timeout, &error);
    cli_words_free(&needs.domains);
    cli_words_free(&needs.components);
    if (server == NULL) {
        cli_complain("%s", error.text);
        live_target_free(target);
        return NULL;
    }
    struct cli_live *live = cli_need(malloc(sizeof *live));
    *live = (struct cli_live){.target = target,
                              .server = server,
                              .pass_max_us = UINT64_C(1000000) * (settings->pass == 0 ? 5 : settings->pass),
                              .seconds = settings->timeout != 0 ? settings->timeout : LIVE_CASE_SECONDS + settings->pass};
    pthread_mutex_init(&live->lock, NULL);
    return live;
}

static int new_venue(void *context, unsigned number, struct venue **venue, struct router_error *error) {
    struct cli_live *live = context;
    struct live_error why = {.line = 0};
    pthread_mutex_lock(&live->lock);
    const bool runs = live_check(live->server, &why);
    *venue = runs ? live_venue(live->server, number, live->seconds, &why) : NULL;
    pthread_mutex_unlock(&live->lock);
    if (*venue == NULL) {
        snprintf(error->text, sizeof error->text, "%.*s", (int)sizeof error->text - 1, why.text);
        return VENUE_E_DOWN;
    }
    return ROUTER_OK;
}

void cli_live_options(struct cli_live *live, struct drill_options *options) {
    const char *profile = live_target_profile(live->target);
    options->venue = new_venue;
    options->venue_context = live;
    options->target = live_target_name(live->target);
    options->profile = options->profile == NULL && profile != NULL ? profile : options->profile;
    options->pass_max_us = live->pass_max_us;
}

/* What a server waits for in vain it waits for in real time, once for each thing that happens, or so. */
unsigned long cli_live_patience(const struct script *script) {
    unsigned long troubles = 0, passes = 0;
    for (size_t i = 0; i < script->cast_count; i++) {
        const struct script_actor *actor = &script->cast[i];
        for (size_t n = 0; actor->role == SCRIPT_PEER && n < actor->property_count; n++) {
            troubles += strcmp(actor->properties[n].value, "timeout") == 0;
        }
    }
    for (size_t i = 0; i < script->action_count; i++) {
        const enum script_verb verb = script->actions[i].verb;
        troubles += verb == SCRIPT_CUTS || verb == SCRIPT_STALLS;
        passes += verb == SCRIPT_TIME_PASSES;
    }
    return troubles * script->action_count + passes;
}

void cli_live_close(struct cli_live *live) {
    if (live == NULL) {
        return;
    }
    live_close(live->server);
    live_target_free(live->target);
    pthread_mutex_destroy(&live->lock);
    free(live);
}
