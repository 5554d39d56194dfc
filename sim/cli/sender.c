/* Who of a script's cast sends a stanza that somebody asks about. */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

static bool plays(enum script_role role) {
    return role == SCRIPT_CLIENT || role == SCRIPT_PEER || role == SCRIPT_COMPONENT;
}

static const char *address_of(const struct script_actor *actor) {
    if (actor->jid != NULL) {
        return actor->jid;
    }
    for (size_t i = 0; i < actor->property_count; i++) {
        if (strcmp(actor->properties[i].key, "domain") == 0) {
            return actor->properties[i].value;
        }
    }
    return actor->name;
}

static struct slice bare_of(const struct jid_parts *parts) {
    const size_t resource = parts->resource.size > 0 ? parts->resource.size + 1 : 0;
    return (struct slice){parts->text, parts->size - resource};
}

static bool same(struct slice a, struct slice b) {
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* How well an address names a member of the cast: 3 as a whole, 2 without resource, 1 by a peer's or component's domain. */
static int fit(const struct script_actor *actor, const char *address) {
    struct jid_parts own, wanted;
    const char *text = address_of(actor);
    if (!plays(actor->role) || jid_prepare((struct slice){text, strlen(text)}, &own) != ROUTER_OK ||
        jid_prepare((struct slice){address, strlen(address)}, &wanted) != ROUTER_OK) {
        return 0;
    }
    if (same((struct slice){own.text, own.size}, (struct slice){wanted.text, wanted.size})) {
        return 3;
    }
    if (same(bare_of(&own), bare_of(&wanted))) {
        return 2;
    }
    return actor->role != SCRIPT_CLIENT && same(own.domain, wanted.domain) ? 1 : 0;
}

static int actor_at(const struct script *script, const char *address) {
    int best = -1, most = 0;
    for (size_t i = 0; i < script->cast_count; i++) {
        const int own = fit(&script->cast[i], address);
        if (own > most) {
            most = own;
            best = (int)i;
        }
    }
    return best;
}

static int actor_named(const struct script *script, const char *name) {
    struct cli_words known = {NULL, 0};
    int found = -1;
    for (size_t i = 0; i < script->cast_count; i++) {
        if (plays(script->cast[i].role)) {
            cli_words_add(&known, script->cast[i].name);
            found = strcmp(script->cast[i].name, name) == 0 ? (int)i : found;
        }
    }
    found = found >= 0 ? found : actor_at(script, name);
    cli_words_add(&known, NULL);
    if (found < 0) {
        cli_unknown("client", name, known.items, NULL);
    }
    free(known.items);
    return found;
}

/* The first client that is still connected at the end; else the first of all, and the playing says what is wrong. */
static int first_client(const struct script *script) {
    int any = -1;
    for (size_t i = 0; i < script->cast_count; i++) {
        bool connected = false;
        for (size_t n = 0; n < script->action_count; n++) {
            const struct script_action *action = &script->actions[n];
            if (action->actor == (int)i && action->verb <= SCRIPT_VANISHES) {
                connected = action->verb == SCRIPT_CONNECTS;
            }
        }
        if (script->cast[i].role == SCRIPT_CLIENT && connected) {
            return (int)i;
        }
        any = any < 0 && script->cast[i].role == SCRIPT_CLIENT ? (int)i : any;
    }
    return any;
}

int scene_sender(const struct script *script, const char *as, const struct xml_node *stanza) {
    if (as != NULL) {
        return actor_named(script, as);
    }
    const char *from = stanza == NULL ? NULL : xml_attribute_get(stanza, "from");
    const int named = from == NULL ? -1 : actor_at(script, from);
    const int sender = named >= 0 ? named : first_client(script);
    if (sender < 0) {
        cli_complain("no client could send it in %s", script->file);
    }
    return sender;
}
