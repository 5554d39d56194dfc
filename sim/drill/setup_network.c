/* setup_network.c - what a script's cast says of the world around its servers: peers, components and links. */
#include "parts.h"

#include <string.h>

/* ------------------------------------------------------------------------------------------------------ peers ---- */

/* What the words of a peer's properties mean. */
static const struct {
    const char *key, *word;
    enum world_trouble trouble;
} troubles[] = {
    {"dns", "none", WORLD_FAILS},           {"dns", "timeout", WORLD_SILENT},    {"connect", "refused", WORLD_FAILS},
    {"connect", "timeout", WORLD_SILENT},   {"stream", "timeout", WORLD_SILENT}, {"auth", "fails", WORLD_FAILS},
    {"dialback", "invalid", WORLD_INVALID}, {"dialback", "error", WORLD_FAILS},  {"dialback", "timeout", WORLD_SILENT},
};

/* returns false: the word is none of those that are known. */
static bool read_trouble(const struct script_actor *actor, const char *key, enum world_trouble *trouble) {
    const struct script_property *property = drill_property(actor, key);
    *trouble = WORLD_FINE;
    if (property == NULL || strcmp(property->value, "ok") == 0) {
        return true;
    }
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
        if (strcmp(troubles[i].key, key) == 0 && strcmp(troubles[i].word, property->value) == 0) {
            *trouble = troubles[i].trouble;
            return true;
        }
    }
    return false;
}

static bool read_troubles(struct run *run, const struct script_actor *actor, struct world_peer *peer) {
    const struct {
        const char *key, *wanted;
        enum world_trouble *trouble;
    } steps[] = {
        {"dns", "ok, none or timeout", &peer->dns},
        {"connect", "ok, refused or timeout", &peer->connect},
        {"auth", "ok or fails", &peer->auth},
        {"dialback", "ok, invalid, error or timeout", &peer->dialback},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (!read_trouble(actor, steps[i].key, steps[i].trouble)) {
            const struct script_property *property = drill_property(actor, steps[i].key);
            return drill_refuse(
                run, actor, property,
                drill_run_text(run, "%s: found '%s', expected %s", steps[i].key, property->value, steps[i].wanted));
        }
    }
    /* Any other word is the condition of a stream error. */
    if (!read_trouble(actor, "stream", &peer->stream)) {
        peer->stream = WORLD_FAILS;
        peer->stream_error = drill_property(actor, "stream")->value;
    }
    return true;
}

static bool read_also(struct run *run, const struct script_actor *actor, struct actor *own, struct world_peer *peer) {
    const struct script_property *also = drill_property(actor, "also");
    if (also == NULL) {
        return true;
    }
    struct slice rest = {.data = also->value, .size = strlen(also->value)};
    struct slice item;
    const char **names = drill_run_take(run, (rest.size + 2) * sizeof *names);
    while (names != NULL && drill_item_next(&rest, ',', &item)) {
        const char *name = arena_text(run->arena, item.data, item.size), *full = NULL;
        if (name == NULL) {
            run->state = RUN_NOMEM;
            return false;
        }
        if (!drill_value_bare_jid(run, name, &names[peer->also_count], &full) || full != NULL ||
            strchr(names[peer->also_count], '@') != NULL) {
            return drill_refuse(run, actor, also, drill_run_text(run, "also: found '%s', expected a domain", name));
        }
        peer->also_count++;
    }
    peer->also = own->also = names;
    return run->state == RUN_GOING;
}

bool drill_setup_peer(struct run *run, size_t index) {
    const struct script_actor *actor = &run->script->cast[index];
    struct world_peer peer = {.domain = run->actors[index].bare, .latency_us = WORLD_SERVER_LATENCY_US};
    struct router_error error = {0};
    if (!read_troubles(run, actor, &peer) || !read_also(run, actor, &run->actors[index], &peer) ||
        !drill_duration(run, actor, "latency", &peer.latency_us)) {
        return false;
    }
    int result = run->venue->ops->peer(run->venue, actor->name, &peer, &error);
    if (result != ROUTER_OK) {
        return !drill_run_failed(run, result, &error, actor->line) &&
               drill_refuse(run, actor, drill_property(actor, "domain"), error.text);
    }
    drill_setup_client(run, index);
    return true;
}

/* ------------------------------------------------------------------------------------------------- components ---- */

static bool is_domain(struct slice item, const char *domain) {
    struct jid_parts parts;
    return jid_prepare(item, &parts) == ROUTER_OK && parts.domain.size == strlen(domain) &&
           memcmp(parts.domain.data, domain, parts.domain.size) == 0;
}

static bool has_host(const struct script_actor *server, const char *domain) {
    const struct script_property *hosts = drill_property(server, "hosts");
    struct slice rest = {.data = hosts->value, .size = strlen(hosts->value)};
    struct slice item;
    bool found = false;
    while (!found && drill_item_next(&rest, ',', &item)) {
        found = is_domain(item, domain);
    }
    return found;
}

const char *drill_server_of(const struct run *run, const char *domain) {
    for (size_t i = 0; i < run->script->cast_count; i++) {
        const struct script_actor *actor = &run->script->cast[i];
        const struct actor *own = &run->actors[i];
        if (actor->role == SCRIPT_SERVER && has_host(actor, domain)) {
            return actor->name;
        }
        const char *at = own->bare == NULL ? NULL : strchr(own->bare, '@');
        if (run->only_server != NULL && at != NULL && strcmp(at + 1, domain) == 0) {
            return run->only_server;
        }
        if (actor->role == SCRIPT_COMPONENT && own->server != NULL && strcmp(own->bare, domain) == 0) {
            return own->server;
        }
    }
    return NULL;
}

static const char *server_named(struct run *run, const char *name) {
    for (size_t i = 0; i < run->script->cast_count; i++) {
        if (run->script->cast[i].role == SCRIPT_SERVER && strcmp(run->script->cast[i].name, name) == 0) {
            return name;
        }
    }
    const char *bare, *full;
    return drill_value_bare_jid(run, name, &bare, &full) ? drill_server_of(run, bare) : NULL;
}

/* The server of the longest domain that is served and that this one is below. */
static const char *server_of_parent(const struct run *run, const char *domain) {
    const char *server = NULL;
    for (const char *dot = strchr(domain, '.'); server == NULL && dot != NULL; dot = strchr(dot + 1, '.')) {
        server = drill_server_of(run, dot + 1);
    }
    return server;
}

bool drill_setup_component(struct run *run, size_t index) {
    const struct script_actor *actor = &run->script->cast[index];
    const struct script_property *named = drill_property(actor, "server");
    struct actor *own = &run->actors[index];
    own->server = named == NULL ? server_of_parent(run, own->bare) : server_named(run, named->value);
    if (own->server == NULL) {
        const char *text =
            named == NULL
                ? drill_run_text(run, "no server serves a domain above '%s'; expected 'server:' with one", own->bare)
                : drill_run_text(run, "server: '%s' is no server", named->value);
        return drill_refuse(run, actor, named, text);
    }
    struct router_error error = {0};
    int result = run->venue->ops->component(run->venue, actor->name, own->bare, own->server, &error);
    if (result != ROUTER_OK) {
        return !drill_run_failed(run, result, &error, actor->line) &&
               drill_refuse(run, actor, drill_property(actor, "domain"), error.text);
    }
    drill_setup_client(run, index);
    return true;
}

/* ------------------------------------------------------------------------------------------------------ links ---- */

bool drill_setup_link(struct run *run, size_t index) {
    const struct script_actor *actor = &run->script->cast[index];
    uint64_t latency_us = WORLD_SERVER_LATENCY_US;
    uint64_t jitter_us = 0;
    struct router_error error = {0};
    if (!drill_duration(run, actor, "latency", &latency_us) || !drill_duration(run, actor, "jitter", &jitter_us)) {
        return false;
    }
    int result = run->venue->ops->link(run->venue, actor->name, actor->second, latency_us, jitter_us, &error);
    return result == ROUTER_OK || (!drill_run_failed(run, result, &error, actor->line) &&
                                   drill_refuse(run, actor, NULL, error.text));
}
