/* nevers_address.c - what must never happen to addresses: where they lead, to whom they bind, what the server itself
 * puts there (6120 7, 8.1, 10). */
#include "watch.h"

#include <stdlib.h>

/* ----------------------------------------------------------------------------------------------------- binding ---- */

/* A client whose place is taken is told so at once. */
static bool gives_way(const struct watch *w, int client) {
    const struct world_event *next =
        w->index + 1 < world_event_count(w->run->world) ? world_event(w->run->world, w->index + 1) : NULL;
    return next != NULL && next->kind == WORLD_ENDED && next->client == client && next->time_us == w->event->time_us;
}

static enum finding resource_is_unique(const struct watch *w) {
    if (w->event->kind != WORLD_BOUND || w->user < 0) {
        return SILENT;
    }
    const char *bare = w->run->actors[w->run->actor_of[w->event->client]].bare;
    enum finding finding = SILENT;
    for (size_t i = 0; i < w->run->client_count && finding != BROKEN; i++) {
        if ((int)i == w->event->client || w->full[i] == NULL) {
            continue;
        }
        const bool other = strcmp(bare, w->run->actors[w->run->actor_of[i]].bare) != 0;
        const bool taken = strcmp(w->full[i], w->event->text) == 0 && !gives_way(w, (int)i);
        finding = taken ? BROKEN : other ? finding : TEMPTED;
    }
    return finding;
}

/* Only a client that asks for the very same resource may take another one's place. */
static enum finding resources_stand_side_by_side(const struct watch *w) {
    if (w->event->kind == WORLD_BOUND) {
        return resource_is_unique(w);
    }
    if (w->event->kind != WORLD_ENDED || w->user < 0 || strcmp(w->event->text, "conflict") != 0) {
        return SILENT;
    }
    const char *own = world_full_jid(w->run->world, w->event->client);
    for (size_t i = 0; own != NULL && i < w->run->client_count; i++) {
        const char *asked = w->run->actors[w->run->actor_of[i]].full;
        if ((int)i != w->event->client && asked != NULL && strcmp(asked, own) == 0) {
            return TEMPTED;
        }
    }
    return BROKEN;
}

/* ---------------------------------------------------------------------------------------------------- where to ---- */

static enum finding domain_decides(const struct watch *w) {
    if (w->sender < 0 || !w->to.good || !is_copy(w)) {
        return SILENT;
    }
    return kept_if(is_effect(w, ROUTER_ROUTE) ? !w->to.served : w->to.served);
}

static bool names(const char *to, const char *full) {
    struct jid_parts parts;
    const size_t size = bare_size(full);
    if (jid_prepare((struct slice){.data = to, .size = strlen(to)}, &parts) != ROUTER_OK) {
        return false;
    }
    const size_t bare = parts.size - (parts.resource.size > 0 ? parts.resource.size + 1 : 0);
    return bare == size && memcmp(parts.text, full, size) == 0;
}

/* Only a message may come to another resource than the one it names: kept for later, or sent on to the account. */
static enum finding only_what_is_addressed(const struct watch *w) {
    const char *full = w->event->target;
    const struct xml_node *tree = is_effect(w, ROUTER_DELIVER) && full != NULL ? element(w) : NULL;
    const char *to = tree == NULL ? NULL : xml_attribute_get(tree, "to");
    if (to == NULL || strcmp(to, full) == 0) {
        return to == NULL ? SILENT : TEMPTED;
    }
    const size_t size = bare_size(full);
    if (strncmp(to, full, size) == 0 && to[size] == '\0') {
        return TEMPTED;
    }
    return kept_if(names(to, full) || !drill_knob_is(w, "addr.canon-to", "preserve"));
}

static enum finding own_stanzas_name_their_client(const struct watch *w) {
    const struct xml_node *tree = w->user < 0 ? NULL : element(w);
    if (tree == NULL || w->enter == NULL) {
        return SILENT;
    }
    const char *to = xml_attribute_get(tree, "to");
    const char *full = w->full[w->user];
    return full == NULL || !is_sure(w, w->user) ? SILENT : kept_if(to == NULL || strcmp(to, full) == 0);
}

static enum finding peers_stamp_is_kept(const struct watch *w) {
    if (!is_passed_on(w) || !w->crossed) {
        return SILENT;
    }
    const struct xml_node *tree = element(w);
    return tree == NULL ? SILENT : kept_if(same(xml_attribute_get(tree, "from"), w->enter->from));
}

/* Without 'to' a request is the server's and a message the account's; nobody else gets either. */
static enum finding stays_with_the_sender(const struct watch *w) {
    if (w->sender < 0 || w->enter->to != NULL ||
        (!is_message(w->enter->stanza_kind) && !is_iq(w->enter->stanza_kind))) {
        return SILENT;
    }
    if (is_enter(w)) {
        return TEMPTED;
    }
    const char *name = is_message(w->enter->stanza_kind) ? "<message" : "<iq";
    if (w->event->stanza == NULL || strncmp(w->event->stanza, name, strlen(name)) != 0 || w->event->target == NULL) {
        return SILENT;
    }
    const struct slice own = sender_bare(w);
    const bool stays = is_effect(w, ROUTER_DELIVER) && is_message(w->enter->stanza_kind) &&
                       slice_equals(own, w->event->target, bare_size(w->event->target));
    return stays ? SILENT : BROKEN;
}

/* The server's own domain is no account, and an account is not the server: what decides goes by the form. */
static enum finding form_decides(const struct watch *w) {
    if (w->enter == NULL || w->enter->to == NULL || !w->to.here || !rule_is_of(w, "local") ||
        is_subscription(w->enter->stanza_kind) || w->enter->stanza_kind == STANZA_PROBE) {
        return SILENT;
    }
    if (is_effect(w, ROUTER_DELIVER) && !is_passed_on(w)) {
        return SILENT;
    }
    return kept_if(rule_begins(w, "dom") != w->to.local);
}

static enum finding limit_is_high_enough(const struct watch *w) {
    char buffer[24];
    if (!rule_begins(w, "in.size.limit")) {
        return SILENT;
    }
    return kept_if(strtoul(drill_knob(w, "size.max", buffer), NULL, 10) >= ROUTER_STANZA_SIZE_MIN);
}

const struct never drill_nevers_address[] = {
    {"in.size.floor", limit_is_high_enough, ON(BOUNCE) | ON(CLOSE)},
    {"in.bind.unique", resource_is_unique, ON_OTHER},
    {"in.bind.multi", resources_stand_side_by_side, ON_OTHER | ON_END},
    {"in.to.present", domain_decides, ON(DELIVER) | ON(ROUTE) | ON(HAND)},
    {"in.to.generated", own_stanzas_name_their_client, ON(ANSWER) | ON(BOUNCE) | ON(PUSH)},
    {"in.to.scope", only_what_is_addressed, ON(DELIVER)},
    {"in.s2s.nostamp", peers_stamp_is_kept, ON(DELIVER)},
    {"noto.scope", stays_with_the_sender, ON_ENTER | ON(DELIVER) | ON(ROUTE)},
    {"loc.self", form_decides,
     ON(DELIVER) | ON(STORE) | ON(BOUNCE) | ON(ANSWER) | ON(DROP) | ON(HANDLE)},
    {NULL, NULL, 0},
};
