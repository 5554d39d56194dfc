/* nevers_offline.c - what must never go into an account's store, and how it must never come out (XEP-0160,
 * XEP-0203). */
#include "watch.h"

/* --------------------------------------------------------------------------------------------------- storing ---- */

static bool to_account(const struct watch *w) {
    return w->to.here && w->to.local;
}

static enum finding never_stored(const struct watch *w, enum stanza_kind kind) {
    if (w->enter == NULL || w->enter->stanza_kind != kind) {
        return SILENT;
    }
    if (is_effect(w, ROUTER_STORE)) {
        return BROKEN;
    }
    return is_enter(w) && to_account(w) ? TEMPTED : SILENT;
}

static enum finding no_groupchat(const struct watch *w) {
    return never_stored(w, STANZA_GROUPCHAT);
}

static enum finding no_headline(const struct watch *w) {
    return never_stored(w, STANZA_HEADLINE);
}

static enum finding no_error(const struct watch *w) {
    return never_stored(w, STANZA_MESSAGE_ERROR);
}

/* Requests and notices of subscriptions are kept too, but not as messages. */
static enum finding no_iq_or_presence(const struct watch *w) {
    if (w->enter == NULL || is_message(w->enter->stanza_kind) || is_subscription(w->enter->stanza_kind)) {
        return SILENT;
    }
    if (is_effect(w, ROUTER_STORE)) {
        return kept_if(strcmp(w->rules[w->event->rule].group, "subscription") == 0);
    }
    return to_bare_account(w) ? TEMPTED : SILENT;
}

static enum finding nothing_without_account(const struct watch *w) {
    if (!is_effect(w, ROUTER_STORE)) {
        return rule_begins(w, "msg.nouser.") ? TEMPTED : SILENT;
    }
    char facts[sizeof((struct jid_parts *)0)->text + 32];
    if (w->event->target == NULL) {
        return SILENT;
    }
    struct slice bare = {.data = w->event->target, .size = bare_size(w->event->target)};
    router_describe(world_router(w->run->world, w->event->server), bare, facts, sizeof facts);
    return strstr(facts, "no such account") != NULL ? BROKEN : SILENT;
}

static enum finding no_normal_to_full(const struct watch *w) {
    if (w->enter == NULL || w->enter->stanza_kind != STANZA_NORMAL || !w->to.resource) {
        return SILENT;
    }
    if (is_effect(w, ROUTER_STORE)) {
        return BROKEN;
    }
    return rule_begins(w, "msg.full.normal.nomatch") ? TEMPTED : SILENT;
}

static enum finding stored_or_refused(const struct watch *w) {
    if (w->enter == NULL || !is_message(w->enter->stanza_kind) || !saw(w, SAW_STORE)) {
        return SILENT;
    }
    return kept_if(!saw(w, SAW_BOUNCE));
}

/* ------------------------------------------------------------------------------------------------ delivering ---- */

static bool is_from_store(const struct watch *w) {
    return is_effect(w, ROUTER_DELIVER) && rule_begins(w, "off.deliver.when");
}

static enum finding to_who_came(const struct watch *w) {
    const char *full = sender_full(w);
    return !is_from_store(w) || full == NULL ? SILENT : kept_if(same(w->event->target, full));
}

static enum finding delivered_once(const struct watch *w) {
    return is_from_store(w) ? kept_if(w->taken != NULL) : SILENT;
}

static enum finding delivered_in_order(const struct watch *w) {
    const struct xml_node *tree = is_from_store(w) ? element(w) : NULL;
    if (tree == NULL || w->taken == NULL) {
        return SILENT;
    }
    return kept_if(same(xml_attribute_get(tree, "id"), w->taken->id));
}

static enum finding addresses_are_kept(const struct watch *w) {
    const struct xml_node *tree = is_from_store(w) ? element(w) : NULL;
    if (tree == NULL || w->taken == NULL || !drill_knob_is(w, "addr.canon-to", "preserve")) {
        return SILENT;
    }
    return kept_if((w->taken->from == NULL || same(xml_attribute_get(tree, "from"), w->taken->from)) &&
                   (w->taken->to == NULL || same(xml_attribute_get(tree, "to"), w->taken->to)));
}

/* The delay that this server added stands behind all else. */
static const struct xml_node *own_delay(const struct watch *w) {
    const struct xml_node *tree = is_from_store(w) ? element(w) : NULL;
    const struct xml_node *last = tree == NULL ? NULL : tree->child;
    while (last != NULL && last->next != NULL) {
        last = last->next;
    }
    return last != NULL && strcmp(last->name, "delay") == 0 && strcmp(last->ns, "urn:xmpp:delay") == 0 ? last : NULL;
}

static enum finding delay_is_from_the_server(const struct watch *w) {
    if (!is_from_store(w) || element(w) == NULL || !drill_knob_is(w, "off.delay", "on")) {
        return SILENT;
    }
    const struct xml_node *delay = own_delay(w);
    return kept_if(delay != NULL && same(xml_attribute_get(delay, "from"), w->event->host));
}

/* XEP-0082: date, time, an optional fraction, and UTC said by a Z. */
static bool is_utc(const char *stamp) {
    static const char form[] = "dddd-dd-ddTdd:dd:dd";
    for (size_t i = 0; i < sizeof form - 1; i++, stamp++) {
        bool digit = *stamp >= '0' && *stamp <= '9';
        if (form[i] == 'd' ? !digit : *stamp != form[i]) {
            return false;
        }
    }
    if (*stamp == '.') {
        size_t digits = strspn(stamp + 1, "0123456789");
        stamp += digits == 0 ? 0 : digits + 1;
    }
    return strcmp(stamp, "Z") == 0;
}

static enum finding delay_is_in_utc(const struct watch *w) {
    const struct xml_node *delay = own_delay(w);
    const char *stamp = delay == NULL ? NULL : xml_attribute_get(delay, "stamp");
    return delay == NULL ? SILENT : kept_if(stamp != NULL && is_utc(stamp));
}

const struct never drill_nevers_offline[] = {
    {"off.normal-full", no_normal_to_full, ON(STORE) | ON(BOUNCE) | ON(DROP)},
    {"off.groupchat", no_groupchat, ON_ENTER | ON(STORE)},
    {"off.headline", no_headline, ON_ENTER | ON(STORE)},
    {"off.error", no_error, ON_ENTER | ON(STORE)},
    {"off.iqpres", no_iq_or_presence, ON(STORE) | ON(BOUNCE) | ON(DROP)},
    {"off.nouser", nothing_without_account, ON(STORE) | ON(BOUNCE) | ON(DROP)},
    {"off.accept", stored_or_refused, ON(STORE) | ON(BOUNCE)},
    {"off.deliver.whom", to_who_came, ON(DELIVER)},
    {"off.deliver.order", delivered_in_order, ON(DELIVER)},
    {"off.deliver.once", delivered_once, ON(DELIVER)},
    {"off.deliver.to", addresses_are_kept, ON(DELIVER)},
    {"off.delay.from", delay_is_from_the_server, ON(DELIVER)},
    {"off.delay.stamp", delay_is_in_utc, ON(DELIVER)},
    {NULL, NULL, 0},
};
