/* items.c - reading the items of a roster set (6121 2.1.2). */
#include "items.h"

static struct slice decoded(struct router *r, struct slice raw) {
    char *text = router_text(r, raw.size);
    return (struct slice){text, text == NULL ? 0 : stanza_unescape(raw, text, raw.size)};
}

static bool is_subscription(struct slice word) {
    return slice_is(word, text_slice("none")) || slice_is(word, text_slice("to")) ||
           slice_is(word, text_slice("from")) || slice_is(word, text_slice("both"));
}

void item_read(struct router *r, const struct element *element, struct item *item) {
    *item = (struct item){.inside = element->body};
    size_t at = 0;
    struct slice name, raw;
    char quote;
    while (stanza_attribute_next(element->start, &at, &name, &raw, &quote)) {
        if (slice_is(name, text_slice("jid"))) {
            item->jid = decoded(r, raw);
            item->has_jid = true;
        } else if (slice_is(name, text_slice("name"))) {
            item->name = decoded(r, raw);
            item->has_name = true;
        } else if (slice_is(name, text_slice("subscription"))) {
            item->remove = slice_is(raw, text_slice("remove"));
            item->has_subscription = !item->remove;
            item->odd = !item->remove && !is_subscription(raw);
        } else if (slice_is(name, text_slice("ask"))) {
            item->has_ask = true;
        } else if (slice_is(name, text_slice("approved"))) {
            item->has_approved = true;
        }
    }
}

struct slice items_query(const struct input *in) {
    struct slice text = in->st->child[0].raw;
    struct element query;
    size_t at = 0;
    return element_next(text, &at, &query) ? query.body : (struct slice){NULL, 0};
}

size_t items_read(struct router *r, const struct input *in, struct item *first) {
    const struct slice query = items_query(in);
    size_t count = 0, at = 0;
    for (struct element element; element_next(query, &at, &element);) {
        if (!slice_is(element.name, text_slice("item")))
            continue;
        if (count++ == 0)
            item_read(r, &element, first);
    }
    return count;
}

/* The n-th group of an item, decoded. */
bool item_group_next(struct router *r, const struct item *item, size_t *at, struct slice *group) {
    for (struct element element; element_next(item->inside, at, &element);)
        if (slice_is(element.name, text_slice("group"))) {
            *group = element_text(r, &element);
            return true;
        }
    return false;
}

bool item_is_duplicate(struct router *r, const struct item *item, size_t before, struct slice group) {
    struct slice other;
    for (size_t at = 0, n = 0; n < before && item_group_next(r, item, &at, &other); n++)
        if (slice_is(other, group))
            return true;
    return false;
}
