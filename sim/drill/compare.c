/* compare.c - whether two venues gave everybody the same. */
#include "drill.h"

#include <string.h>

#define FROM " from=\""
#define TO " to=\""

/* Where an attribute of the stanza itself begins, with the space before it; NULL: it has none. */
static const char *attribute_of(const char *item, const char *mark) {
    const char *at = strstr(item, mark), *end = strchr(item, '>');
    return at == NULL || end == NULL || at > end ? NULL : at;
}

static size_t value_of(const char *item, const char *mark, const char **start) {
    const char *at = attribute_of(item, mark);
    *start = at == NULL ? "" : at + strlen(mark);
    return strcspn(*start, "\"");
}

static int by_value(const char *a, const char *b, const char *mark) {
    const char *value_a, *value_b;
    const size_t size_a = value_of(a, mark, &value_a), size_b = value_of(b, mark, &value_b);
    const int order = strncmp(value_a, value_b, size_a < size_b ? size_a : size_b);
    return order != 0 ? order : size_a < size_b ? -1 : size_a > size_b;
}

/* Two servers may serve different senders in another order; between two entities the order counts. A client is one
 * entity, whether it is addressed by its bare or its full JID; others stand for whole domains. */
static int by_pair(const char *a, const char *b, bool client) {
    const int order = by_value(a, b, FROM);
    return order != 0 || client ? order : by_value(a, b, TO);
}

/* Insertion keeps the order of equal ones, and what one actor gets is not much. */
static void sort_items(const struct drill_observation *observation) {
    char **items = observation->items;
    for (size_t i = 1; i < observation->count; i++) {
        char *item = items[i];
        size_t at = i;
        for (; at > 0 && by_pair(items[at - 1], item, observation->bare != NULL) > 0; at--) {
            items[at] = items[at - 1];
        }
        items[at] = item;
    }
}

/* Whether two texts are the same but for a `to` that only one of them has, and which is an address of who got it. */
static bool same_without_to(const char *with, const char *without, const char *bare) {
    const char *value;
    const size_t size = value_of(with, TO, &value), own = strcspn(value, "/\"");
    if (own != strlen(bare) || strncmp(value, bare, own) != 0) {
        return false;
    }
    const size_t before = (size_t)(value - strlen(TO) - with);
    return strncmp(with, without, before) == 0 && strcmp(value + size + 1, without + before) == 0;
}

static bool same_item(const char *a, const char *b, const char *bare) {
    if (a == NULL || b == NULL || strcmp(a, b) == 0) {
        return a == b || (a != NULL && b != NULL);
    }
    const char *to_a = attribute_of(a, TO), *to_b = attribute_of(b, TO);
    if (bare == NULL || (to_a == NULL) == (to_b == NULL)) {
        return false;
    }
    return to_b == NULL ? same_without_to(a, b, bare) : same_without_to(b, a, bare);
}

static const char *item_at(const struct drill_observation *observation, size_t n) {
    return n < observation->count ? observation->items[n] : NULL;
}

size_t drill_compare(struct drill_result *a, struct drill_result *b,
                     void (*differs)(void *context, const char *actor, size_t place, const char *a, const char *b),
                     void *context) {
    size_t count = 0;
    for (size_t i = 0; i < a->observation_count && i < b->observation_count; i++) {
        const struct drill_observation *own = &a->observations[i], *other = &b->observations[i];
        sort_items(own);
        sort_items(other);
        for (size_t n = 0; n < own->count || n < other->count; n++) {
            if (same_item(item_at(own, n), item_at(other, n), own->bare)) {
                continue;
            }
            count++;
            if (differs != NULL) {
                differs(context, own->actor, n + 1, item_at(own, n), item_at(other, n));
            }
        }
    }
    return count;
}
