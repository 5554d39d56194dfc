/* nevers_error.c - what must never happen to errors and replies: when they are due, how they look, what they give away
 * (6120 8.2.3, 8.3). */
#include "watch.h"

#define STANZAS_NS "urn:ietf:params:xml:ns:xmpp-stanzas"

/* Defined conditions, and the types that go with them (6120 8.3.3). */
static const struct {
    const char *name, *types;
} conditions[] = {
    {"bad-request", "modify"},
    {"conflict", "cancel"},
    {"feature-not-implemented", "cancel modify"},
    {"forbidden", "auth"},
    {"gone", "cancel"},
    {"internal-server-error", "cancel"},
    {"item-not-found", "cancel"},
    {"jid-malformed", "modify"},
    {"not-acceptable", "modify"},
    {"not-allowed", "cancel"},
    {"not-authorized", "auth"},
    {"policy-violation", "modify wait"},
    {"recipient-unavailable", "wait"},
    {"redirect", "modify"},
    {"registration-required", "auth"},
    {"remote-server-not-found", "cancel"},
    {"remote-server-timeout", "wait"},
    {"resource-constraint", "wait"},
    {"service-unavailable", "cancel"},
    {"subscription-required", "auth"},
    {"undefined-condition", "auth cancel continue modify wait"},
    {"unexpected-request", "wait modify"},
};

static const char *types_of(const char *condition) {
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        if (strcmp(conditions[i].name, condition) == 0) {
            return conditions[i].types;
        }
    }
    return NULL;
}

static bool is_word_of(const char *word, const char *list) {
    const size_t size = strlen(word);
    for (const char *at = strstr(list, word); at != NULL; at = strstr(at + 1, word)) {
        if ((at == list || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0')) {
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------------------------------------- when it is due ---- */

/* The catalogue says of each rule all that may come of it, where no knob may say otherwise. */
static bool may_be_silent(const struct watch *w) {
    const struct router_rule *rule = &w->rules[w->event->rule];
    return rule->knob[0] != '\0' || strstr(rule->outcome, "drop") != NULL || strstr(rule->outcome, "silen") != NULL ||
           strstr(rule->outcome, "ignore") != NULL;
}

static enum finding silent_only_by_rule(const struct watch *w, bool concerned) {
    if (w->enter == NULL || !concerned) {
        return SILENT;
    }
    /* What a change of the roster sends on its own is no answer to the request for it. */
    const bool dropped = is_effect(w, ROUTER_DROP) && w->event->rule >= 0 && !rule_is_of(w, "subscription");
    return dropped && !may_be_silent(w) ? BROKEN : TEMPTED;
}

static bool is_request(enum stanza_kind kind) {
    return kind == STANZA_GET || kind == STANZA_SET;
}

static enum finding error_is_sent(const struct watch *w) {
    return silent_only_by_rule(w, w->enter != NULL && is_request(w->enter->stanza_kind));
}

static enum finding message_is_tried(const struct watch *w) {
    return silent_only_by_rule(w, w->enter != NULL && is_message(w->enter->stanza_kind) && w->to.good);
}

static enum finding peer_is_told(const struct watch *w) {
    if (!w->crossed || (!is_request(w->enter->stanza_kind) && !is_message(w->enter->stanza_kind))) {
        return SILENT;
    }
    enum finding finding = silent_only_by_rule(w, true);
    const bool told = finding == TEMPTED && is_effect(w, ROUTER_BOUNCE);
    return told ? kept_if(same(w->event->target, w->enter->from)) : finding;
}

/* ------------------------------------------------------------------------------------------ what it looks like ---- */

/* Whether more may have come of a stanza than the stanza itself, each of which may come back: copies of presence, and
 * what goes with a change of subscription. What was refused on entry caused nothing. */
static bool has_followers(const struct watch *w) {
    const enum stanza_kind kind = w->enter->stanza_kind;
    if (rule_is_of(w, "entry") || rule_is_of(w, "noto")) {
        return false;
    }
    if (kind == STANZA_SET) {
        return strncmp(w->event->stanza, "<iq", 3) != 0 && saw(w, SAW_REQUEST);
    }
    const bool broadcast = w->enter->to == NULL || is_broadcast_after_all(w);
    return is_subscription(kind) || (!is_message(kind) && !is_iq(kind) && broadcast);
}

/* The error that an effect carries, where what it answers is the very stanza that entered. */
static const struct xml_node *error_of(const struct watch *w) {
    if (!is_effect(w, ROUTER_BOUNCE) || w->event->stanza == NULL || has_followers(w)) {
        return NULL;
    }
    return element(w);
}

static enum finding same_kind(const struct watch *w) {
    const struct xml_node *tree = error_of(w);
    if (tree == NULL) {
        return SILENT;
    }
    const enum stanza_kind kind = w->enter->stanza_kind;
    const char *name = is_message(kind) ? "message" : is_iq(kind) ? "iq" : "presence";
    const char *type = xml_attribute_get(tree, "type");
    return kept_if(strcmp(tree->name, name) == 0 && type != NULL && strcmp(type, "error") == 0);
}

static bool is_from_asked(const struct watch *w, const char *from) {
    if (w->enter->to == NULL) {
        const struct slice own = sender_bare(w);
        return from == NULL || slice_equals(own, from, strlen(from));
    }
    return from != NULL && (strcmp(from, w->enter->to) == 0 || slice_equals(w->to.full, from, strlen(from)));
}

static bool is_to_sender(const struct watch *w, const char *to) {
    if (w->sender < 0) { /* without 'from' it goes to the stream that the stanza came on */
        return w->enter->from == NULL || same(to, w->enter->from);
    }
    const char *full = sender_full(w);
    return to != NULL && (full == NULL || strcmp(to, full) == 0);
}

static enum finding addresses_are_swapped(const struct watch *w) {
    const struct xml_node *tree = error_of(w);
    if (tree == NULL || (w->enter->to != NULL && !w->to.good) || rule_begins(w, "in.s2s.bad-addr")) {
        return SILENT;
    }
    return kept_if(is_from_asked(w, xml_attribute_get(tree, "from")) && is_to_sender(w, xml_attribute_get(tree, "to")));
}

static enum finding same_id(const struct watch *w) {
    const bool answer = is_effect(w, ROUTER_ANSWER) && is_iq(w->enter->stanza_kind);
    const struct xml_node *tree = answer ? element(w) : error_of(w);
    if (tree == NULL || (is_iq(w->enter->stanza_kind) && strcmp(tree->name, "iq") != 0)) {
        return SILENT;
    }
    const char *id = xml_attribute_get(tree, "id");
    if (w->enter->id == NULL && is_iq(w->enter->stanza_kind)) {
        return kept_if(id != NULL && id[0] == '\0');
    }
    return kept_if(same(id, w->enter->id));
}

/* The last error child of a stanza: one of the sender's own, sent back with the rest, stands before it. */
static const struct xml_node *error_child(const struct xml_node *tree, size_t *count) {
    const struct xml_node *found = NULL;
    *count = 0;
    for (const struct xml_node *child = tree->child; child != NULL; child = child->next) {
        if (strcmp(child->name, "error") == 0 && strcmp(child->ns, tree->ns) == 0) {
            found = child;
            ++*count;
        }
    }
    return found;
}

/* The one defined condition, or NULL where there is none, or more than one. */
static const char *condition_of(const struct xml_node *error) {
    const char *condition = NULL;
    for (const struct xml_node *child = error->child; child != NULL; child = child->next) {
        if (strcmp(child->ns, STANZAS_NS) != 0 || strcmp(child->name, "text") == 0) {
            continue;
        }
        if (condition != NULL || types_of(child->name) == NULL) {
            return NULL;
        }
        condition = child->name;
    }
    return condition;
}

static enum finding one_error_child(const struct watch *w) {
    const struct xml_node *tree = is_effect(w, ROUTER_BOUNCE) ? element(w) : NULL;
    if (tree == NULL) {
        return SILENT;
    }
    size_t count;
    const struct xml_node *error = error_child(tree, &count);
    const char *type = error == NULL ? NULL : xml_attribute_get(error, "type");
    const bool payload = w->enter->stanza != NULL && strstr(w->enter->stanza, "error") != NULL;
    return kept_if(type != NULL && is_word_of(type, types_of("undefined-condition")) && condition_of(error) != NULL &&
                   (count == 1 || payload));
}

static enum finding type_fits_condition(const struct watch *w) {
    const struct xml_node *tree = is_effect(w, ROUTER_BOUNCE) ? element(w) : NULL;
    size_t count;
    const struct xml_node *error = tree == NULL ? NULL : error_child(tree, &count);
    const char *type = error == NULL ? NULL : xml_attribute_get(error, "type");
    const char *condition = error == NULL ? NULL : condition_of(error);
    if (type == NULL || condition == NULL) {
        return SILENT;
    }
    /* 6121 2.5.3 shows its error with a type of its own. */
    const bool removal = rule_begins(w, "roster.rem.missing") && strcmp(type, "modify") == 0;
    /* To wait for a server that nobody trusts may be in vain (6120 8.3.3.17). */
    const bool lasting = w->lasting == w->event->number && strcmp(condition, "remote-server-timeout") == 0;
    return kept_if(lasting ? drill_knob_is(w, "s2s.auth-fail-type", type)
                           : is_word_of(type, types_of(condition)) || removal);
}

/* ------------------------------------------------------------------------------------------ what it gives away ---- */

/* Whether the stanza is for somebody else's account here. */
static bool is_for_another(const struct watch *w) {
    const struct slice own = sender_bare(w);
    return w->enter->to != NULL && w->to.here && w->to.local && own.data != NULL &&
           !slice_equals(w->to.bare, own.data, own.size);
}

static struct tie *stranger_tie(const struct watch *w, bool *stranger) {
    const struct slice own = sender_bare(w);
    struct tie *tie = drill_tie(w, w->to.bare.data, w->to.bare.size, own.data, own.size);
    *stranger = tie == NULL || !(tie->entitled || tie->directed || tie->rostered);
    return tie;
}

static enum finding nothing_leaks(const struct watch *w) {
    if (!is_effect(w, ROUTER_BOUNCE) || w->event->condition == NULL || !is_for_another(w)) {
        return SILENT;
    }
    bool stranger;
    (void)stranger_tie(w, &stranger);
    const bool telling = strcmp(w->event->condition, "item-not-found") == 0 ||
                         strcmp(w->event->condition, "recipient-unavailable") == 0;
    return stranger ? kept_if(!telling) : SILENT;
}

/* An error that concerns the account, not the form of what was sent, is the same for each of its addresses. */
static enum finding strangers_get_one_answer(const struct watch *w) {
    bool stranger = false;
    if (error_of(w) == NULL || w->event->condition == NULL || !is_for_another(w) || !rule_is_of(w, "local")) {
        return SILENT;
    }
    struct tie *tie = stranger_tie(w, &stranger);
    if (!stranger) {
        return SILENT;
    }
    const struct slice own = sender_bare(w);
    tie = tie != NULL ? tie : drill_tie_for(w->self, w->to.bare.data, w->to.bare.size, own.data, own.size);
    const struct world_event *before = tie == NULL ? NULL : tie->answer;
    if (tie != NULL) {
        tie->answer = w->event;
    }
    const struct world_event *asked = before == NULL ? NULL : drill_run_enter(w->run, before->number);
    if (asked == NULL || asked->stanza_kind != w->enter->stanza_kind || strcmp(asked->to, w->enter->to) == 0) {
        return SILENT;
    }
    return kept_if(strcmp(before->condition, w->event->condition) == 0);
}

/* --------------------------------------------------------------------------------------- what is done with one ---- */

static enum finding unknown_condition_is_undefined(const struct watch *w) {
    if (w->enter == NULL || !is_unanswerable(w->enter->stanza_kind) || w->enter->stanza_kind == STANZA_RESULT ||
        !w->to.here || w->to.local) {
        return SILENT;
    }
    const struct xml_node *tree = drill_run_tree(w->run, w->run->enters[w->event->number - 1]);
    size_t count;
    const struct xml_node *error = tree == NULL ? NULL : error_child(tree, &count);
    const struct xml_node *child = error == NULL ? NULL : error->child;
    while (child != NULL && (strcmp(child->ns, STANZAS_NS) != 0 || strcmp(child->name, "text") == 0)) {
        child = child->next;
    }
    if (child == NULL || types_of(child->name) != NULL) {
        return SILENT;
    }
    return kept_if(is_effect(w, ROUTER_DROP) || is_effect(w, ROUTER_HANDLE));
}

/* One reply at most to each request; at the end one exactly where nobody but this server has to answer. */
static enum finding replied_once(const struct watch *w) {
    if (w->enter == NULL || !is_request(w->enter->stanza_kind)) {
        return SILENT;
    }
    const unsigned replies = w->replies[w->event->number];
    if (!is_enter(w)) {
        return kept_if(replies <= 1);
    }
    return !saw(w, SAW_REQUEST) || saw(w, SAW_REFUSAL) ? SILENT : kept_if(replies == 1);
}

enum { FATES = ON(DELIVER) | ON(ROUTE) | ON(STORE) | ON(BOUNCE) | ON(ANSWER) | ON(DROP) | ON(HANDLE) | ON(CLOSE) };

const struct never drill_nevers_error[] = {
    {"in.iq.reply-once", replied_once, ON(BOUNCE) | ON(ANSWER) | ON_LATE},
    {"in.msg.attempt", message_is_tried, ON(DELIVER) | ON(ROUTE) | ON(STORE) | ON(BOUNCE) | ON(DROP)},
    {"err.when", error_is_sent, ON(BOUNCE) | ON(DROP)},
    {"err.kind", same_kind, ON(BOUNCE)},
    {"err.swap", addresses_are_swapped, ON(BOUNCE)},
    {"err.id", same_id, ON(BOUNCE) | ON(ANSWER)},
    {"err.child", one_error_child, ON(BOUNCE)},
    {"err.condition-type", type_fits_condition, ON(BOUNCE)},
    {"err.leak", nothing_leaks, ON(BOUNCE)},
    {"err.same-answer", strangers_get_one_answer, ON(BOUNCE)},
    {"err.unknown-cond", unknown_condition_is_undefined, FATES},
    {"s2s.recv.undeliverable", peer_is_told, ON(BOUNCE) | ON(DROP)},
    {NULL, NULL, 0},
};
