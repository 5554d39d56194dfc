/* items.h - the items of a roster set, as a client wrote them. */
#ifndef ROUTER_ITEMS_H
#define ROUTER_ITEMS_H

#include "state.h"

/* A roster item as a client wrote it. */
struct item {
    struct slice jid, name; /* decoded */
    struct slice inside;    /* its content, where the groups are */
    bool has_jid, has_name, remove;
    bool has_subscription, has_ask, has_approved; /* of what only the server may say */
    bool odd; /* its subscription is none that is defined */
};

struct slice items_query(const struct input *in); /* where the items are */
void item_read(struct router *r, const struct element *element, struct item *item);
size_t items_read(struct router *r, const struct input *in, struct item *first); /* returns how many there are */
bool item_group_next(struct router *r, const struct item *item, size_t *at, struct slice *group); /* decoded */
bool item_is_duplicate(struct router *r, const struct item *item, size_t before, struct slice group);

#endif
