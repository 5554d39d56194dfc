/* nevers_roster.c - what a roster push must never be (6121 2.1.6, 2.6.3). */
#include "watch.h"

#include <stdlib.h>

static const char *const roster_ns = "jabber:iq:roster";

static const struct xml_node *query_of(const struct xml_node *tree) {
    const struct xml_node *query = tree->child;
    bool only = query != NULL && query->next == NULL;
    return only && strcmp(query->name, "query") == 0 && strcmp(query->ns, roster_ns) == 0 ? query : NULL;
}

static enum finding push_has_its_form(const struct watch *w) {
    const struct xml_node *tree = element(w);
    if (tree == NULL || w->event->target == NULL) {
        return SILENT;
    }
    const char *id = xml_attribute_get(tree, "id"), *type = xml_attribute_get(tree, "type");
    const struct xml_node *query = query_of(tree);
    const struct xml_node *item = query == NULL ? NULL : query->child;
    bool one = item != NULL && item->next == NULL && strcmp(item->name, "item") == 0;
    bool full = strchr(w->event->target, '/') != NULL && same(xml_attribute_get(tree, "to"), w->event->target);
    return kept_if(strcmp(tree->name, "iq") == 0 && type != NULL && strcmp(type, "set") == 0 && id != NULL &&
                   id[0] != '\0' && one && full);
}

static enum finding push_is_from_the_account(const struct watch *w) {
    const struct xml_node *tree = element(w);
    if (tree == NULL || w->event->target == NULL) {
        return SILENT;
    }
    const char *from = xml_attribute_get(tree, "from");
    size_t size = bare_size(w->event->target);
    return kept_if(from == NULL || (strlen(from) == size && memcmp(from, w->event->target, size) == 0));
}

/* The version of this push, and of the one before it to the same resource. */
static bool versions(const struct watch *w, const char **now, const char **before) {
    const struct xml_node *tree = element(w);
    const struct xml_node *query = tree == NULL ? NULL : query_of(tree);
    if (query == NULL || w->event->target == NULL || drill_knob_is(w, "roster.versioning", "off")) {
        return false;
    }
    const struct tie *own = drill_tie(w, w->event->target, strlen(w->event->target), "", 0);
    *now = xml_attribute_get(query, "ver");
    *before = own == NULL ? NULL : own->version;
    return true;
}

static enum finding push_has_a_new_version(const struct watch *w) {
    const char *now, *before;
    if (!versions(w, &now, &before)) {
        return SILENT;
    }
    return kept_if(now != NULL && (before == NULL || strcmp(now, before) != 0));
}

/* A version tells nothing to a client; that it is a number here is what lets the order be seen. */
static enum finding pushes_are_in_order(const struct watch *w) {
    const char *now, *before;
    if (!versions(w, &now, &before) || now == NULL || before == NULL) {
        return SILENT;
    }
    return kept_if(strtoul(now, NULL, 10) > strtoul(before, NULL, 10));
}

const struct never drill_nevers_roster[] = {
    {"roster.push.form", push_has_its_form, ON(PUSH)},
    {"roster.push.from", push_is_from_the_account, ON(PUSH)},
    {"roster.push.ver", push_has_a_new_version, ON(PUSH)},
    {"roster.push.order", pushes_are_in_order, ON(PUSH)},
    {NULL, NULL, 0},
};
