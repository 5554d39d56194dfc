/* recorder_cast.c - who takes part: names for the clients, and what their accounts must have had before. */
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_ROSTER "jabber:iq:roster"

/* ------------------------------------------------------------------------------------------------------- names ---- */

enum { NAME_PART = 60, NAME_SIZE = 240 };

/* A name stands in action lines and inside ${...} inside XML. */
static void plain(char *out, const char *text) {
    size_t size = 0;
    while (text[size] != '\0' && size + 1 < NAME_PART) {
        const char c = text[size];
        out[size] = (unsigned char)c <= ' ' || c == 0x7F || strchr("{}$<&\"[]:", c) != NULL ? '-' : c;
        size++;
    }
    while (size > 0 && text[size] != '\0' && ((unsigned char)text[size] & 0xC0) == 0x80) {
        size--; /* not in the middle of a character */
    }
    out[size] = '\0';
}

static void first_of(char *out, const struct live_recorded_client *client) {
    char local[NAME_PART];
    snprintf(local, sizeof local, "%.*s", (int)strcspn(client->bare, "@"), client->bare);
    plain(out, local);
    if (out[0] >= 'a' && out[0] <= 'z') {
        out[0] = (char)(out[0] - 'a' + 'A');
    } else if (out[0] == '-' || out[0] == '#' || out[0] == '/') {
        out[0] = 'C'; /* what begins like a comment is none */
    }
}

static bool is_taken(const struct live_recorder *recorder, size_t before, const char *name) {
    for (size_t i = 0; i < before; i++) {
        if (strcmp(recorder->clients[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static size_t count_of(const struct live_recorder *recorder, const char *bare) {
    size_t count = 0;
    for (size_t i = 0; i < recorder->client_count; i++) {
        count += strcmp(recorder->clients[i].bare, bare) == 0;
    }
    return count;
}

/* Whether another account has the same first name. */
static bool is_shared(const struct live_recorder *recorder, const struct live_recorded_client *client,
                      const char *first) {
    char other[NAME_PART];
    for (size_t i = 0; i < recorder->client_count; i++) {
        first_of(other, &recorder->clients[i]);
        if (strcmp(other, first) == 0 && strcmp(recorder->clients[i].bare, client->bare) != 0) {
            return true;
        }
    }
    return false;
}

static void name_of(char *name, const struct live_recorder *recorder, size_t n) {
    const struct live_recorded_client *client = &recorder->clients[n];
    char first[NAME_PART], part[NAME_PART] = "client";
    first_of(first, client);
    size_t size = (size_t)snprintf(name, NAME_SIZE, "%s", first);
    if (is_shared(recorder, client, first)) {
        plain(part, client->bare + strcspn(client->bare, "@") + 1);
        size += (size_t)snprintf(name + size, NAME_SIZE - size, " of %s", part);
        snprintf(part, sizeof part, "client");
    }
    if (count_of(recorder, client->bare) > 1) {
        if (client->resource != NULL) {
            plain(part, client->resource);
        }
        size += (size_t)snprintf(name + size, NAME_SIZE - size, "'s %s", part);
    }
    for (unsigned number = 2; is_taken(recorder, n, name); number++) {
        snprintf(name + size, NAME_SIZE - size, " %u", number);
    }
}

bool live_cast_names(const struct live_recorder *recorder) {
    for (size_t i = 0; i < recorder->client_count; i++) {
        char name[NAME_SIZE];
        name_of(name, recorder, i);
        free(recorder->clients[i].name);
        recorder->clients[i].name = strdup(name);
        if (recorder->clients[i].name == NULL) {
            return false;
        }
    }
    return true;
}

/* --------------------------------------------------------------------------------------------- what was before ---- */

struct search {
    const struct live_recorder *recorder;
    struct live_pool *pool;
    struct live_past *first, **tail;
    bool failed;
};

/* Bare JIDs that a property's line can hold. */
static const char *bare_of(struct search *search, const char *jid) {
    const size_t size = jid == NULL ? 0 : strcspn(jid, "/");
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)jid[i] <= ' ' || jid[i] == 0x7F || jid[i] == '$' || jid[i] == ',') {
            return NULL;
        }
    }
    const char *at = size == 0 ? NULL : memchr(jid, '@', size);
    if (at == NULL || at == jid || at + 1 == jid + size || memchr(at + 1, '@', size - (size_t)(at + 1 - jid)) != NULL) {
        return NULL;
    }
    const char *bare = live_pool_text(search->pool, jid, size);
    search->failed = search->failed || bare == NULL;
    return bare;
}

static bool is_client(const struct search *search, const char *bare) {
    return count_of(search->recorder, bare) > 0;
}

/* Whether a client's server serves the domain of a JID. */
static bool is_served(const struct search *search, const char *bare) {
    for (size_t i = 0; i < search->recorder->client_count; i++) {
        const char *client = search->recorder->clients[i].bare;
        if (strcmp(strchr(bare, '@'), strchr(client, '@') == NULL ? "" : strchr(client, '@')) == 0) {
            return true;
        }
    }
    return false;
}

static struct live_past *past_of(struct search *search, const char *bare) {
    for (struct live_past *past = search->first; past != NULL; past = past->next) {
        if (strcmp(past->bare, bare) == 0) {
            return past;
        }
    }
    struct live_past *past = live_pool_take(search->pool, sizeof *past);
    if (past == NULL) {
        search->failed = true;
        return NULL;
    }
    past->bare = bare;
    *search->tail = past;
    search->tail = &past->next;
    return past;
}

/* The contact of an account, which becomes one if it is none. */
static struct live_contact *contact_of(struct search *search, struct live_past *past, const char *jid) {
    struct live_contact **tail = &past->contacts;
    for (; *tail != NULL; tail = &(*tail)->next) {
        if (strcmp((*tail)->jid, jid) == 0) {
            return *tail;
        }
    }
    *tail = live_pool_take(search->pool, sizeof **tail);
    if (*tail == NULL) {
        search->failed = true;
    } else {
        **tail = (struct live_contact){.jid = jid, .state = "none"};
    }
    return *tail;
}

static bool is_type(const struct live_node *root, const char *type) {
    const char *found = live_node_get(root, "type");
    return found != NULL && strcmp(found, type) == 0;
}

static const char *state_of(const struct live_node *item) {
    static const char *const states[] = {"none", "to", "from", "both"};
    const char *subscription = live_node_get(item, "subscription");
    for (size_t i = 0; subscription != NULL && i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(states[i], subscription) == 0) {
            return states[i];
        }
    }
    return subscription == NULL ? states[0] : NULL;
}

/* The roster before anything has changed it is the one that the account came with. */
static void read_roster(struct search *search, struct live_past *past, const struct live_node *query) {
    past->known = true;
    for (const struct live_node *item = query->child; item != NULL && !search->failed; item = item->next) {
        const char *jid = live_node_is(item, NS_ROSTER, "item") ? bare_of(search, live_node_get(item, "jid")) : NULL;
        const char *state = jid == NULL ? NULL : state_of(item);
        struct live_contact *contact = state == NULL ? NULL : contact_of(search, past, jid);
        if (contact != NULL) {
            const char *approved = live_node_get(item, "approved");
            contact->state = state;
            contact->ask = live_node_get(item, "ask") != NULL;
            contact->approved = approved != NULL && (strcmp(approved, "true") == 0 || strcmp(approved, "1") == 0);
        }
    }
}

static bool is_subscription(const struct live_node *root) {
    return strcmp(root->name, "presence") == 0 && (is_type(root, "subscribe") || is_type(root, "subscribed") ||
                                                   is_type(root, "unsubscribe") || is_type(root, "unsubscribed"));
}

static void look_at_sent(struct search *search, const struct live_recorded *event, struct live_past *own) {
    const struct live_node *root = event->root;
    const bool roster = live_node_child(root, NS_ROSTER, "query") != NULL && is_type(root, "set");
    if (!is_subscription(root) && !roster) {
        return;
    }
    own->changed = true;
    const char *other = is_subscription(root) ? bare_of(search, live_node_get(root, "to")) : NULL;
    if (other != NULL && is_client(search, other)) {
        struct live_past *past = past_of(search, other);
        if (past != NULL) {
            past->changed = true;
        }
    }
}

static bool is_delayed(const struct live_node *root) {
    const struct live_node *child = root->child;
    while (child != NULL && !live_is_delay(child)) {
        child = child->next;
    }
    return child != NULL;
}

static void keep_stored(struct search *search, struct live_past *past, size_t event) {
    struct live_stored **tail = &past->stored;
    while (*tail != NULL) {
        tail = &(*tail)->next;
    }
    *tail = live_pool_take(search->pool, sizeof **tail);
    if (*tail == NULL) {
        search->failed = true;
    } else {
        (*tail)->event = event;
    }
}

static void look_at_received(struct search *search, size_t n, struct live_past *own) {
    const struct live_node *root = search->recorder->events[n].root;
    const struct live_node *query = live_node_child(root, NS_ROSTER, "query");
    const char *from = bare_of(search, live_node_get(root, "from"));
    if (query != NULL && is_type(root, "result") && !own->known && !own->changed) {
        read_roster(search, own, query);
    } else if (query != NULL && is_type(root, "set")) {
        own->changed = true;
    } else if (from != NULL && strcmp(root->name, "presence") == 0 && is_type(root, "subscribe") &&
               live_values_origin(search->recorder, n) == SIZE_MAX) {
        struct live_contact *contact = contact_of(search, own, from);
        if (contact != NULL) {
            contact->pending = true;
        }
    } else if (from != NULL && strcmp(root->name, "message") == 0 && is_delayed(root) &&
               live_values_origin(search->recorder, n) == SIZE_MAX) {
        keep_stored(search, own, n);
    }
}

/* Whether a stanza's sender was told that it could not be delivered. */
static bool was_refused(const struct live_recorder *recorder, size_t sent) {
    const struct live_recorded *event = &recorder->events[sent];
    const char *id = live_node_get(event->root, "id"), *to = live_node_get(event->root, "to");
    for (size_t i = sent + 1; i < recorder->count; i++) {
        const struct live_recorded *answer = &recorder->events[i];
        if (answer->kind != LIVE_RECORDED_RECEIVE || answer->client != event->client ||
            !(is_type(answer->root, "error") || is_type(answer->root, "unsubscribed"))) {
            continue;
        }
        const char *answered = live_node_get(answer->root, "id"), *from = live_node_get(answer->root, "from");
        if ((id != NULL && answered != NULL && strcmp(id, answered) == 0) ||
            (id == NULL && from != NULL && strcmp(from, to) == 0)) {
            return true;
        }
    }
    return false;
}

/* Who can be written to exists, even if nobody has logged in there. */
static void look_for_absent(struct search *search, size_t n) {
    const struct live_node *root = search->recorder->events[n].root;
    const bool message = strcmp(root->name, "message") == 0 && !is_type(root, "groupchat") && !is_type(root, "error") &&
                         !is_type(root, "headline");
    const bool request = strcmp(root->name, "presence") == 0 && is_type(root, "subscribe");
    const char *to = message || request ? live_node_get(root, "to") : NULL, *bare = bare_of(search, to);
    if (bare != NULL && is_served(search, bare) && !is_client(search, bare) && !was_refused(search->recorder, n)) {
        (void)past_of(search, bare);
    }
}

/* Rosters are one-sided. Where only one side of two was seen, the other is taken to be its like. */
static void mirror(struct search *search) {
    for (struct live_past *past = search->first; past != NULL && !search->failed; past = past->next) {
        for (struct live_contact *c = past->known ? past->contacts : NULL; c != NULL && !search->failed; c = c->next) {
            const bool alone = strcmp(c->state, "none") == 0 || !is_served(search, c->jid);
            struct live_past *other = alone ? NULL : past_of(search, c->jid);
            struct live_contact *back = other == NULL || other->known ? NULL : contact_of(search, other, past->bare);
            if (back != NULL) {
                back->state = strcmp(c->state, "to") == 0 ? "from" : strcmp(c->state, "from") == 0 ? "to" : c->state;
            }
        }
    }
}

bool live_cast_past(const struct live_recorder *recorder, struct live_pool *pool, struct live_past **past) {
    struct search search = {.recorder = recorder, .pool = pool};
    search.tail = &search.first;
    for (size_t i = 0; i < recorder->client_count && !search.failed; i++) {
        (void)past_of(&search, recorder->clients[i].bare);
    }
    for (size_t i = 0; i < recorder->count && !search.failed; i++) {
        const struct live_recorded *event = &recorder->events[i];
        struct live_past *own = past_of(&search, recorder->clients[event->client].bare);
        if (own != NULL && event->kind == LIVE_RECORDED_SEND) {
            look_at_sent(&search, event, own);
            look_for_absent(&search, i);
        } else if (own != NULL && event->kind == LIVE_RECORDED_RECEIVE) {
            look_at_received(&search, i, own);
        }
    }
    mirror(&search);
    *past = search.first;
    return !search.failed;
}
