/* nevers_presence.c - what must never happen to presence and subscriptions: who sees what, and in whose name
 * (6121 3, 4). */
#include "watch.h"

static const char *type_of(const struct xml_node *tree) {
    return xml_attribute_get(tree, "type");
}

/* The presence that an effect carries and that says whether somebody is available, or NULL. */
static const struct xml_node *shown(const struct watch *w) {
    if (w->event->kind != WORLD_EFFECT || w->event->stanza == NULL || strncmp(w->event->stanza, "<presence", 9) != 0) {
        return NULL;
    }
    const struct xml_node *tree = element(w);
    const char *type = tree == NULL ? NULL : type_of(tree);
    return type == NULL || strcmp(type, "unavailable") == 0 ? tree : NULL;
}

static bool is_of(const char *jid, const char *bare, size_t size) {
    return bare_size(jid) == size && memcmp(jid, bare, size) == 0;
}

static bool has_type(const struct watch *w, const char *word) {
    if (w->event->stanza == NULL || strncmp(w->event->stanza, "<presence", 9) != 0 ||
        strstr(w->event->stanza, word) == NULL) {
        return false;
    }
    const struct xml_node *tree = element(w);
    return tree != NULL && type_of(tree) != NULL && strncmp(type_of(tree), word, strlen(word)) == 0;
}

/* What a user on this server shows of itself, and to whom; entity NULL: nothing, or only to the user itself. */
struct sight {
    const char *user, *entity;
    const struct tie *tie;
    bool bare; /* nothing of a resource is told */
};

static struct sight sight_of(const struct watch *w) {
    const struct xml_node *tree = shown(w);
    const char *from = tree == NULL ? NULL : xml_attribute_get(tree, "from");
    bool waited = w->event->effect == ROUTER_WRITE && tree != NULL;
    const char *to = waited ? xml_attribute_get(tree, "to") : w->event->target;
    if (from == NULL || to == NULL || strchr(from, '@') == NULL) {
        return (struct sight){.entity = NULL};
    }
    size_t size = bare_size(from), to_size = bare_size(to);
    if (is_of(from, to, to_size)) {
        return (struct sight){.entity = NULL};
    }
    return (struct sight){
        .user = from, .entity = to, .tie = drill_tie(w, from, size, to, to_size), .bare = from[size] == '\0'};
}

static bool is_entitled(const struct sight *s) {
    return s->tie != NULL && s->tie->entitled;
}

static bool may_see(const struct watch *w, const struct sight *s) {
    if (is_entitled(s) || (s->tie != NULL && s->tie->directed)) {
        return true;
    }
    bool trusted = strchr(s->entity, '@') == NULL && drill_knob_is(w, "pres.probe-trusted", "on");
    bool receipt = s->bare && drill_knob_is(w, "sub.ack", "on");
    /* Directed presence to one may then open the way for all of its domain. */
    bool neighbour = drill_knob_is(w, "iq.directed-match", "domain");
    return trusted || receipt || neighbour || !drill_served_here(w, s->user) || drill_of_component(w, s->user);
}

static const struct tie *sender_of(const struct watch *w) {
    if (w->sender < 0) {
        return NULL;
    }
    const char *bare = w->run->actors[w->run->actor_of[w->sender]].bare;
    return drill_tie(w, bare, strlen(bare), "", 0);
}

/* -------------------------------------------------------------------------------------- who may see presence ---- */

static enum finding only_those_allowed(const struct watch *w) {
    if (is_enter(w)) {
        return saw(w, SAW_SESSION) ? TEMPTED : SILENT;
    }
    struct sight s = sight_of(w);
    return s.entity == NULL ? SILENT : kept_if(may_see(w, &s));
}

static enum finding initial_to_subscribers(const struct watch *w) {
    const struct tie *own = sender_of(w);
    if (!saw(w, SAW_INITIAL) || own == NULL) {
        return SILENT;
    }
    if (is_enter(w)) {
        return own->strangers > 0 ? TEMPTED : SILENT;
    }
    struct sight s = sight_of(w);
    bool own_presence = s.entity != NULL && is_of(s.user, own->user, strlen(own->user));
    return own_presence && !is_entitled(&s) ? BROKEN : SILENT;
}

static enum finding update_to_subscribers(const struct watch *w) {
    const struct tie *own = sender_of(w);
    if (!saw(w, SAW_UPDATE) || own == NULL) {
        return SILENT;
    }
    if (is_enter(w)) {
        return own->guests > 0 ? TEMPTED : SILENT;
    }
    struct sight s = sight_of(w);
    bool own_presence = s.entity != NULL && is_of(s.user, own->user, strlen(own->user));
    return own_presence && !is_entitled(&s) && s.tie != NULL && s.tie->directed ? BROKEN : SILENT;
}

/* The address of what somebody else sent may come back to that sender: it was known already. */
static enum finding no_resource_told(const struct watch *w) {
    const struct xml_node *tree = w->event->stanza == NULL || w->enter == NULL ? NULL : element(w);
    const char *from = tree == NULL ? NULL : xml_attribute_get(tree, "from");
    if (from == NULL || w->event->target == NULL || !w->to.here || !w->to.local) {
        return SILENT;
    }
    size_t size = bare_size(from), to_size = bare_size(w->event->target);
    if (is_of(from, w->event->target, to_size)) {
        return SILENT;
    }
    struct sight s = {.user = from, .entity = w->event->target, .bare = from[size] == '\0'};
    s.tie = drill_tie(w, from, size, s.entity, to_size);
    if (may_see(w, &s)) {
        return SILENT;
    }
    return kept_if(s.bare || same(from, w->enter->to) ||
                   (strlen(from) == w->to.full.size && memcmp(from, w->to.full.data, w->to.full.size) == 0));
}

/* -------------------------------------------------------------------------------------------- steps and ends ---- */

static enum finding steps_before_next(const struct watch *w) {
    if (w->sender < 0 || w->event->server != w->enter->server) {
        return SILENT;
    }
    uint32_t last = w->last_enter[w->sender];
    if (is_enter(w)) {
        return last > 0 && (w->saw[last] & SAW_SESSION) ? TEMPTED : SILENT;
    }
    /* An error that comes back later is no step of the presence, but of its way. */
    bool late = saw(w, SAW_SESSION) && last > w->event->number && w->event->stanza != NULL;
    return late && !has_type(w, "error") ? BROKEN : SILENT;
}

static enum finding nothing_for_the_gone(const struct watch *w) {
    if (w->event->kind == WORLD_ENDED) {
        return w->before != ROUTER_NOT_AVAILABLE ? TEMPTED : SILENT;
    }
    for (const struct ended *ended = w->ended; ended != NULL; ended = ended->next) {
        if (same(ended->full, w->event->target) && (ended->unsure_us == 0 || ended->unsure_us < w->event->time_us)) {
            return BROKEN;
        }
    }
    return SILENT;
}

static enum finding directed_from_full(const struct watch *w) {
    if (!is_passed_on(w) || w->sender < 0 ||
        (w->enter->stanza_kind != STANZA_AVAILABLE && w->enter->stanza_kind != STANZA_UNAVAILABLE)) {
        return SILENT;
    }
    const struct xml_node *tree = element(w);
    const char *full = sender_full(w);
    return tree == NULL || full == NULL ? SILENT : kept_if(same(xml_attribute_get(tree, "from"), full));
}

/* ---------------------------------------------------------------------------------------------------- probes ---- */

static enum finding no_client_sees_a_probe(const struct watch *w) {
    if (is_enter(w)) {
        return w->enter->stanza_kind == STANZA_PROBE && w->to.here ? TEMPTED : SILENT;
    }
    return has_type(w, "probe") ? BROKEN : SILENT;
}

/* Presence of the account that a probe is for, on its way to the prober. */
static const struct xml_node *answer_to_probe(const struct watch *w) {
    if (w->enter == NULL || w->enter->stanza_kind != STANZA_PROBE || !w->to.here) {
        return NULL;
    }
    const struct xml_node *tree = shown(w);
    const char *from = tree == NULL ? NULL : xml_attribute_get(tree, "from");
    return from != NULL && is_of(from, w->to.bare.data, w->to.bare.size) ? tree : NULL;
}

static enum finding strangers_learn_nothing(const struct watch *w) {
    if (w->enter == NULL || w->enter->stanza_kind != STANZA_PROBE) {
        return SILENT;
    }
    if (answer_to_probe(w) != NULL) {
        w->saw[w->event->number] |= SAW_PRESENCE;
    } else if (has_type(w, "unsubscribed")) {
        const char *from = xml_attribute_get(element(w), "from");
        w->saw[w->event->number] |= SAW_DENIAL;
        if (from != NULL && strchr(from, '/') != NULL) {
            return BROKEN;
        }
    } else if (w->event->effect == ROUTER_ANSWER &&
               (rule_begins(w, "pres.probe.no-sub") || rule_begins(w, "pres.probe.full.no-sub"))) {
        w->saw[w->event->number] |= SAW_DENIAL;
    }
    return saw(w, SAW_DENIAL) ? kept_if(!saw(w, SAW_PRESENCE)) : SILENT;
}

static enum finding only_that_resource(const struct watch *w) {
    if (w->enter == NULL || w->enter->stanza_kind != STANZA_PROBE || !w->to.here || !w->to.resource) {
        return SILENT;
    }
    if (is_enter(w)) {
        return TEMPTED;
    }
    const struct xml_node *tree = answer_to_probe(w);
    const char *from = tree == NULL ? NULL : xml_attribute_get(tree, "from");
    bool other = from != NULL && strlen(from) != w->to.bare.size &&
                 (strlen(from) != w->to.full.size || memcmp(from, w->to.full.data, w->to.full.size) != 0);
    return other ? BROKEN : SILENT;
}

/* --------------------------------------------------------------------------------------------- subscriptions ---- */

/* What a peer's server let through, or a component wrote, is not this server's stamp, now or from its store. */
static enum finding stamped_bare(const struct watch *w) {
    bool passed = w->event->effect == ROUTER_DELIVER && w->enter != NULL && w->sender < 0;
    if (passed || (!has_type(w, "subscribe") && !has_type(w, "unsubscribe"))) {
        return SILENT;
    }
    const char *from = xml_attribute_get(element(w), "from");
    if (from != NULL && (!drill_served_here(w, from) || drill_is_component(w, drill_domain(from)))) {
        return SILENT;
    }
    return kept_if(from != NULL && strchr(from, '/') == NULL);
}

static enum finding reached_all(const struct watch *w, enum stanza_kind kind, uint32_t number) {
    uint32_t wanted = w->wanted[w->event->number];
    wanted -= wanted > 0;
    if (w->enter->stanza_kind != kind || wanted == 0 || (w->saw[number] & SAW_DEPARTURE)) {
        return SILENT;
    }
    /* A peer may take back what nobody had. */
    if (w->played && w->deliveries[w->event->number] == 0) {
        return SILENT;
    }
    return kept_if(w->deliveries[number] == wanted);
}

static enum finding presence_follows_approval(const struct watch *w) {
    return reached_all(w, STANZA_AVAILABLE, w->event->number);
}

static enum finding presence_comes_with_cancellation(const struct watch *w) {
    return reached_all(w, STANZA_UNSUBSCRIBED, w->event->number - 1);
}

enum { SENT = ON(DELIVER) | ON(ROUTE) | ON(ANSWER) | ON(WRITE) };

const struct never drill_nevers_presence[] = {
    {"pres.init.nobcast", initial_to_subscribers, ON_ENTER | ON(DELIVER) | ON(ROUTE) | ON(WRITE)},
    {"pres.init.order", steps_before_next, ON_ENTER | ON(DELIVER) | ON(ROUTE)},
    {"pres.upd.directed", update_to_subscribers, ON_ENTER | ON(DELIVER) | ON(ROUTE) | ON(WRITE)},
    {"pres.end.nodep", nothing_for_the_gone, ON_END | ON(DELIVER)},
    {"pres.probe.noleak", strangers_learn_nothing, SENT},
    {"pres.probe.never-delivered", no_client_sees_a_probe, ON_ENTER | ON(DELIVER)},
    {"pres.probe.full.only", only_that_resource, ON_ENTER | SENT},
    {"pres.dir.stamp", directed_from_full, ON(DELIVER) | ON(ROUTE)},
    {"pres.leak.bcast", only_those_allowed, ON_ENTER | SENT},
    {"pres.leak.full-jid", no_resource_told, ON(ANSWER) | ON(BOUNCE)},
    {"sub.stamp", stamped_bare, SENT},
    {"sub.app.in.presence", presence_follows_approval, ON_LATE},
    {"sub.cancel.in.unavail", presence_comes_with_cancellation, ON_LATE},
    {NULL, NULL, 0},
};
