/* nevers_stanza.c - what must never happen to any stanza: addresses, replies, errors, languages, routes
 * (6120 8 and 10). */
#include "watch.h"

static bool is_error(enum stanza_kind kind) {
    return kind == STANZA_MESSAGE_ERROR || kind == STANZA_PRESENCE_ERROR || kind == STANZA_IQ_ERROR;
}

/* Whether the stanza that entered and the one it is delivered to belong to different accounts. */
static bool from_another(const struct watch *w) {
    const struct slice sender = sender_bare(w);
    return sender.data != NULL && w->event->target != NULL &&
           !slice_equals(sender, w->event->target, bare_size(w->event->target));
}

static enum finding to_is_kept(const struct watch *w) {
    if (!is_passed_on(w) || w->event->effect != ROUTER_DELIVER || !from_another(w) ||
        !drill_knob_is(w, "addr.canon-to", "preserve")) {
        return SILENT;
    }
    const struct xml_node *tree = element(w);
    const char *to = tree == NULL ? NULL : xml_attribute_get(tree, "to");
    return tree == NULL ? SILENT : kept_if(to != NULL && strcmp(to, w->enter->to) == 0);
}

static enum finding bare_to_is_kept(const struct watch *w) {
    return w->enter != NULL && to_bare_account(w) ? to_is_kept(w) : SILENT;
}

static enum finding from_is_there(const struct watch *w) {
    if (!is_effect(w, ROUTER_DELIVER) || w->event->stanza == NULL || !from_another(w)) {
        return SILENT;
    }
    const struct xml_node *tree = element(w);
    return tree == NULL ? SILENT : kept_if(xml_attribute_get(tree, "from") != NULL);
}

static enum finding no_reply_to(const struct watch *w, bool concerned) {
    if (!concerned) {
        return SILENT;
    }
    if (is_effect(w, ROUTER_ANSWER) || is_effect(w, ROUTER_BOUNCE)) {
        return BROKEN;
    }
    return is_enter(w) ? TEMPTED : SILENT;
}

static enum finding iq_reply_is_not_answered(const struct watch *w) {
    return no_reply_to(w, w->enter != NULL &&
                              (w->enter->stanza_kind == STANZA_RESULT || w->enter->stanza_kind == STANZA_IQ_ERROR));
}

static enum finding error_is_not_answered(const struct watch *w) {
    return no_reply_to(w, w->enter != NULL && is_error(w->enter->stanza_kind));
}

static enum finding result_is_not_answered(const struct watch *w) {
    return no_reply_to(w, w->enter != NULL && w->enter->stanza_kind == STANZA_RESULT);
}

static enum finding no_error_child(const struct watch *w) {
    if ((!is_effect(w, ROUTER_ANSWER) && !is_effect(w, ROUTER_PUSH)) || w->event->stanza == NULL) {
        return SILENT;
    }
    const struct xml_node *tree = element(w);
    const char *type = tree == NULL ? NULL : xml_attribute_get(tree, "type");
    if (tree == NULL || (type != NULL && strcmp(type, "error") == 0)) {
        return SILENT;
    }
    for (const struct xml_node *child = tree->child; child != NULL; child = child->next) {
        if (strcmp(child->name, "error") == 0 && strcmp(child->ns, tree->ns) == 0) {
            return BROKEN;
        }
    }
    return TEMPTED;
}

static const char *language(const struct xml_node *node) {
    for (size_t i = 0; node != NULL && i < node->attribute_count; i++) {
        if (strcmp(node->attributes[i].name, "lang") == 0 && node->attributes[i].ns[0] != '\0') {
            return node->attributes[i].value;
        }
    }
    return NULL;
}

static enum finding language_is_kept(const struct watch *w) {
    if (!is_passed_on(w) || strstr(w->enter->stanza, "lang") == NULL) {
        return SILENT;
    }
    const char *sent = language(drill_run_tree(w->run, w->run->enters[w->enter->number - 1]));
    const struct xml_node *tree = element(w);
    if (sent == NULL || tree == NULL) {
        return SILENT;
    }
    const char *came = language(tree);
    return kept_if(came != NULL && strcmp(sent, came) == 0);
}

/* A stanza from another server for a third one goes nowhere, and no stream is opened for it. */
static enum finding no_relay(const struct watch *w) {
    if (w->event->kind == WORLD_OPEN) {
        const char *host = w->event->host, *target = w->event->target;
        const struct tie *tie = drill_tie(w, host, strlen(host), target, strlen(target));
        const bool wanted = tie != NULL && tie->waiting != NULL;
        const struct world_event *cause = w->foreign_enter;
        const bool caused = w->foreign != NULL && strcmp(w->foreign, target) == 0 && cause->cause == w->event->cause &&
                            cause->time_us == w->event->time_us;
        return caused && !wanted && is_opened_here(w) ? BROKEN : SILENT;
    }
    if (!w->crossed || !w->to.good || w->to.served || (!is_enter(w) && w->event->kind != WORLD_EFFECT)) {
        return SILENT;
    }
    return is_enter(w) ? TEMPTED : BROKEN;
}

/* The server's own domain as the target of a stream or of a stanza for another server. */
static bool goes_in_a_circle(const struct watch *w) {
    const bool routed = w->event->kind == WORLD_EFFECT && w->event->effect == ROUTER_ROUTE;
    const bool opened = w->event->kind == WORLD_OPEN && is_opened_here(w);
    return (routed || opened) && drill_served_here(w, w->event->target);
}

static enum finding no_loop(const struct watch *w) {
    if (goes_in_a_circle(w)) {
        return BROKEN;
    }
    return is_enter(w) && w->crossed && w->to.served ? TEMPTED : SILENT;
}

static enum finding no_forward(const struct watch *w) {
    if (goes_in_a_circle(w)) {
        return BROKEN;
    }
    return is_enter(w) && w->sender >= 0 && w->to.served ? TEMPTED : SILENT;
}

static bool negative(int priority) {
    return priority < 0 && priority != ROUTER_NOT_AVAILABLE;
}

static bool has_negative_resource(const struct watch *w) {
    for (size_t i = 0; i < w->run->client_count; i++) {
        const char *bare = w->run->actors[w->run->actor_of[i]].bare;
        if (negative(w->priorities[i]) && strlen(bare) == w->to.bare.size &&
            memcmp(bare, w->to.bare.data, w->to.bare.size) == 0) {
            return true;
        }
    }
    return false;
}

static enum finding negative_gets_no_message(const struct watch *w) {
    if (w->enter == NULL || !is_message(w->enter->stanza_kind) || !to_bare_account(w)) {
        return SILENT;
    }
    if (is_effect(w, ROUTER_DELIVER) && negative(w->event->priority)) {
        return BROKEN;
    }
    return is_enter(w) && has_negative_resource(w) ? TEMPTED : SILENT;
}

static enum finding bare_iq_reaches_no_client(const struct watch *w) {
    if (w->enter == NULL || !is_iq(w->enter->stanza_kind) || !to_bare_account(w)) {
        return SILENT;
    }
    return is_effect(w, ROUTER_DELIVER) ? BROKEN : is_enter(w) ? TEMPTED : SILENT;
}

/* An error for another reason (a malformed address, a server that cannot be reached) is none for the probe itself. */
static enum finding client_may_probe(const struct watch *w) {
    if (w->sender < 0 || w->enter->stanza_kind != STANZA_PROBE) {
        return SILENT;
    }
    if (is_enter(w)) {
        return TEMPTED;
    }
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    bool on_entry =
        w->event->rule >= 0 && (size_t)w->event->rule < count && strcmp(rules[w->event->rule].group, "entry") == 0;
    bool error = is_effect(w, ROUTER_BOUNCE) || is_effect(w, ROUTER_CLOSE);
    return error && !on_entry && (w->enter->to == NULL || w->to.here) ? BROKEN : SILENT;
}

const struct never drill_nevers_stanza[] = {
    {"in.to.norewrite", to_is_kept, ON(DELIVER)},
    {"in.from.never-absent", from_is_there, ON(DELIVER)},
    {"in.iq.no-reply", iq_reply_is_not_answered, ON_ENTER | ON(ANSWER) | ON(BOUNCE)},
    {"err.none-for-error", error_is_not_answered, ON_ENTER | ON(ANSWER) | ON(BOUNCE)},
    {"err.none-for-result", result_is_not_answered, ON_ENTER | ON(ANSWER) | ON(BOUNCE)},
    {"err.nonerror-child", no_error_child, ON(ANSWER) | ON(PUSH)},
    {"lang.keep", language_is_kept, ON(DELIVER) | ON(ROUTE) | ON(HAND)},
    {"s2s.norelay", no_relay, ON_ENTER | ON(DELIVER) | ON(ROUTE) | ON(HAND) | ON(STORE) | ON(WRITE) | ON_OTHER},
    {"s2s.loop", no_loop, ON_ANY},
    {"loc.noforward", no_forward, ON_ANY},
    {"loc.norewrite", bare_to_is_kept, ON(DELIVER)},
    {"msg.bare.never-negative", negative_gets_no_message, ON_ENTER | ON(DELIVER)},
    {"iq.bare.never-deliver", bare_iq_reaches_no_client, ON_ENTER | ON(DELIVER)},
    {"pres.probe.client-noerr", client_may_probe, ON_ENTER | ON(BOUNCE) | ON(CLOSE)},
    {NULL, NULL, 0},
};
