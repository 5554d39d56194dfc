/* recorder_values.c - which values a scenario keeps, which become variables, and which are different each time. What a
 * client has written stays; what comes from the server stays too, unless it looks made up. */
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_XML     "http://www.w3.org/XML/1998/namespace"
#define NS_ROSTER  "jabber:iq:roster"
#define NS_VERSION "jabber:iq:version"
#define NS_STANZAS "urn:ietf:params:xml:ns:xmpp-stanzas"

/* ----------------------------------------------------------------------------------------- what was sent, when ---- */

static bool is_word(const char *text, const char *const *words) {
    for (; *words != NULL; words++) {
        if (strcmp(text, *words) == 0) {
            return true;
        }
    }
    return false;
}

bool live_is_blank(const char *text) {
    return text[strspn(text, " \t\r\n")] == '\0';
}

/* Passwords are not written down wherever they may stand (XEP-0077, XEP-0078, XEP-0045, XEP-0133). */
static bool is_secret(const struct live_node *parent, const struct live_node *node) {
    static const char *const names[] = {"password", "digest", "secret", NULL};
    if (is_word(node->name, names)) {
        return true;
    }
    if (parent == NULL || strcmp(parent->name, "field") != 0) {
        return false;
    }
    const char *var = live_node_get(parent, "var"), *type = live_node_get(parent, "type");
    return (type != NULL && strcmp(type, "text-private") == 0) ||
           (var != NULL && (strstr(var, "passw") != NULL || strstr(var, "secret") != NULL));
}

static void keep(struct live_writing *writing, struct live_sent sent) {
    if (writing->sent != NULL) {
        writing->sent[writing->sent_count] = sent;
    }
    writing->sent_count++;
}

static bool is_answer(const struct live_node *root) {
    const char *type = live_node_get(root, "type");
    return strcmp(root->name, "iq") == 0 && type != NULL && (strcmp(type, "result") == 0 || strcmp(type, "error") == 0);
}

static void collect(struct live_writing *writing, const struct live_node *parent, const struct live_node *node,
                    size_t event) {
    for (const struct live_attribute *a = node->attributes; a != NULL; a = a->next) {
        const bool echo = parent == NULL && strcmp(a->name, "id") == 0 && is_answer(node);
        keep(writing, (struct live_sent){a->value, event, echo});
    }
    for (const struct live_node *child = node->child; child != NULL; child = child->next) {
        if (child->name != NULL) {
            collect(writing, node, child, event);
        } else if (!live_is_blank(child->text) && !is_secret(parent, node)) {
            keep(writing, (struct live_sent){child->text, event, false});
        }
    }
}

static int by_value(const void *a, const void *b) {
    const struct live_sent *x = a, *y = b;
    const int value = strcmp(x->value, y->value);
    return value != 0 ? value : (x->event > y->event) - (x->event < y->event);
}

/* Once to count, once to keep. */
static void collect_all(struct live_writing *writing) {
    writing->sent_count = 0;
    for (size_t i = 0; i < writing->recorder->count; i++) {
        if (writing->recorder->events[i].kind == LIVE_RECORDED_SEND) {
            collect(writing, NULL, writing->recorder->events[i].root, i);
        }
    }
}

bool live_values_begin(struct live_writing *writing) {
    collect_all(writing);
    writing->sent = calloc(writing->sent_count + 1, sizeof *writing->sent);
    writing->full = calloc(writing->recorder->client_count + 1, sizeof *writing->full);
    writing->pool = live_pool_new();
    if (writing->sent == NULL || writing->full == NULL || writing->pool == NULL) {
        return false;
    }
    collect_all(writing);
    qsort(writing->sent, writing->sent_count, sizeof *writing->sent, by_value);
    return true;
}

void live_values_end(struct live_writing *writing) {
    free(writing->sent);
    free(writing->full);
    live_pool_free(writing->pool);
}

/* The first time at which a value was sent, not before an event. */
static size_t find_sent(const struct live_writing *writing, const char *value, size_t event) {
    size_t low = 0, high = writing->sent_count;
    const struct live_sent key = {.value = value, .event = event};
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (by_value(&writing->sent[middle], &key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_sent(const struct live_writing *writing, size_t n, const char *value) {
    return n < writing->sent_count && strcmp(writing->sent[n].value, value) == 0;
}

/* Whether a client uses it after the present event. */
static bool is_used_later(const struct live_writing *writing, const char *value) {
    return is_sent(writing, find_sent(writing, value, writing->event), value);
}

/* Whether a client came up with it before the present event. */
static bool was_sent(const struct live_writing *writing, const char *value) {
    for (size_t n = find_sent(writing, value, 0); is_sent(writing, n, value); n++) {
        if (writing->sent[n].event < writing->event && !writing->sent[n].echo) {
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------------------------------------------ origin ---- */

static bool same_or_none(const char *a, const char *b) {
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool is_of(const char *jid, const char *bare) {
    const size_t size = strlen(bare);
    return jid != NULL && strncmp(jid, bare, size) == 0 && (jid[size] == '\0' || jid[size] == '/');
}

size_t live_values_origin(const struct live_recorder *recorder, size_t event) {
    enum { LOOKED_AT = 2000 };
    const struct live_recorded *received = &recorder->events[event];
    const struct live_node *root = received->root;
    for (size_t i = event; i-- > 0 && event - i < LOOKED_AT;) {
        const struct live_recorded *sent = &recorder->events[i];
        if (sent->kind != LIVE_RECORDED_SEND || strcmp(sent->root->name, root->name) != 0 ||
            !same_or_none(live_node_get(sent->root, "type"), live_node_get(root, "type")) ||
            !same_or_none(live_node_get(sent->root, "id"), live_node_get(root, "id")) ||
            !is_of(live_node_get(root, "from"), recorder->clients[sent->client].bare)) {
            continue;
        }
        const char *to = live_node_get(sent->root, "to");
        if (to == NULL ? strcmp(root->name, "presence") == 0 : is_of(to, recorder->clients[received->client].bare)) {
            return i;
        }
    }
    return SIZE_MAX;
}

/* Whether the sender has written this attribute of the stanza itself just so. */
static bool is_senders(const struct live_writing *writing, const struct live_attribute *attribute) {
    const size_t origin = live_values_origin(writing->recorder, writing->event);
    if (origin == SIZE_MAX) {
        return false;
    }
    const struct live_attribute *a = writing->recorder->events[origin].root->attributes;
    for (; a != NULL; a = a->next) {
        if (strcmp(a->ns, attribute->ns) == 0 && strcmp(a->name, attribute->name) == 0) {
            return strcmp(a->value, attribute->value) == 0;
        }
    }
    return false;
}

/* ------------------------------------------------------------------------------------------ what looks made up ---- */

static bool is_moment(const char *value) {
    static const char form[] = "dddd-dd-ddTdd:dd:dd", old[] = "ddddddddTdd:dd:dd";
    const char *forms[] = {form, old};
    for (size_t n = 0; n < 2; n++) {
        size_t i = 0;
        while (forms[n][i] != '\0' &&
               (forms[n][i] == 'd' ? value[i] >= '0' && value[i] <= '9' : value[i] == forms[n][i])) {
            i++;
        }
        if (forms[n][i] == '\0') {
            return true;
        }
    }
    return false;
}

/* Long enough not to be a word, without anything that a sentence, a domain or a namespace holds, and with digits in it.
 */
static bool looks_made_up(const char *value) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-";
    size_t digits = 0, size = strlen(value);
    for (size_t i = 0; i < size; i++) {
        digits += value[i] >= '0' && value[i] <= '9';
    }
    return is_moment(value) || (size >= 8 && digits >= 2 && digits < size && strspn(value, letters) == size) ||
           (size >= 10 && digits == size);
}

static bool ends_with(const char *text, const char *end) {
    const size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static bool is_generated(const struct live_node *parent, const struct live_node *node, const struct live_attribute *a) {
    static const char *const named[] = {"xmlns", "type", "var", "node", "name", "hash", "category", NULL};
    static const char *const addresses[] = {"jid", "from", "to", "by", NULL};
    static const char *const ids[] = {"urn:xmpp:sid:0", "urn:xmpp:occupant-id:0", NULL};
    if (is_word(a->name, addresses)) {
        const char *slash = strchr(a->value, '/');
        return slash != NULL && looks_made_up(slash + 1);
    }
    if (strcmp(a->name, "id") == 0 && (parent == NULL || is_word(node->ns, ids))) {
        return true;
    }
    if (strcmp(a->name, "stamp") == 0 || strcmp(a->name, "ver") == 0 ||
        (strcmp(node->ns, "jabber:iq:last") == 0 && strcmp(a->name, "seconds") == 0)) {
        return true;
    }
    return !is_word(a->name, named) && looks_made_up(a->value);
}

static bool is_generated_text(const struct live_node *node, const char *text) {
    static const char *const always[] = {"urn:xmpp:time", "jabber:iq:last", NULL};
    return is_word(node->ns, always) || (strcmp(node->ns, LIVE_TAP_CLIENT) != 0 && looks_made_up(text));
}

bool live_is_delay(const struct live_node *node) {
    return live_node_is(node, "urn:xmpp:delay", "delay") || live_node_is(node, "jabber:x:delay", "x");
}

/* ----------------------------------------------------------------------------------------------------- writing ---- */

void live_values_literal(struct live_text *out, const char *value) {
    for (const char *p = value; *p != '\0'; p++) {
        if (p[0] == '$' && p[1] == '{') {
            live_text_format(out, "&#36;");
        } else if (*p == '\n' || *p == '\r' || *p == '\t' || *p == 0x7F) {
            live_text_format(out, "&#%d;", *p);
        } else if (*p == '\'') {
            live_text_add(out, p, 1); /* values stand in the other kind of quotes */
        } else if ((unsigned char)*p < 0x80) {
            live_text_xml(out, (const char[]){*p, '\0'});
        } else {
            live_text_add(out, p, 1);
        }
    }
}

/* What would mean something else where it is expected. */
static bool is_special(const char *value) {
    return strstr(value, "${") != NULL || strstr(value, "{scansion:") != NULL;
}

static bool expects(const struct live_writing *writing) {
    return writing->recorder->events[writing->event].kind == LIVE_RECORDED_RECEIVE;
}

static bool put_any(struct live_writing *writing) {
    live_text_format(&writing->out, "{scansion:any}");
    return true;
}

/* A client's JID, if that is what the client's present or last session has. */
static bool put_jid(struct live_writing *writing, const char *value) {
    const struct live_recorder *recorder = writing->recorder;
    for (size_t i = 0; strchr(value, '@') != NULL && i < recorder->client_count; i++) {
        const struct live_recorded_client *client = &recorder->clients[i];
        const size_t size = strlen(client->bare);
        if (!is_of(value, client->bare)) {
            continue;
        }
        const bool bare = value[size] == '\0';
        if (bare || (client->resource != NULL && strcmp(client->resource, value + size + 1) == 0) ||
            (client->resource == NULL && writing->full[i] != NULL && strcmp(writing->full[i], value) == 0)) {
            live_text_format(&writing->out, "${%s's %s}", client->name, bare ? "JID" : "full JID");
            return true;
        }
    }
    return false;
}

/* The last one of a client, or else of any. */
static const struct live_capture *find_capture(const struct live_writing *writing, const char *value, size_t client) {
    const struct live_capture *found = NULL;
    for (const struct live_capture *c = writing->captures; c != NULL; c = c->next) {
        if (strcmp(c->value, value) == 0 && (found == NULL || c->client == client)) {
            found = c;
            if (c->client == client) {
                break;
            }
        }
    }
    return found;
}

static void put_capture(struct live_writing *writing, const char *value, const char *what) {
    char name[80];
    snprintf(name, sizeof name, "%.60s%zu", what, ++writing->capture_count);
    struct live_capture *capture = live_pool_take(writing->pool, sizeof *capture);
    char *copy = live_pool_text(writing->pool, name, strlen(name));
    if (capture == NULL || copy == NULL) {
        writing->failed = true;
        return;
    }
    *capture = (struct live_capture){.next = writing->captures,
                                     .value = value,
                                     .name = copy,
                                     .client = writing->recorder->events[writing->event].client};
    writing->captures = capture;
    live_text_format(&writing->out, "{scansion:capture:%s}", name);
}

static bool put_expected(struct live_writing *writing, const char *value, bool generated, const char *what) {
    const size_t client = writing->recorder->events[writing->event].client;
    const struct live_capture *capture = find_capture(writing, value, client);
    const bool sent = was_sent(writing, value);
    if (capture != NULL && sent) {
        live_text_format(&writing->out, "${%s}", capture->name);
        return true;
    }
    if (put_jid(writing, value)) {
        return true;
    }
    if (is_special(value)) {
        return put_any(writing);
    }
    if (!generated || sent) {
        live_values_literal(&writing->out, value);
    } else if (is_used_later(writing, value)) {
        put_capture(writing, value, what);
    } else {
        return put_any(writing);
    }
    return true;
}

static bool put_sent(struct live_writing *writing, const char *value) {
    const struct live_capture *capture = find_capture(writing, value, writing->recorder->events[writing->event].client);
    if (capture != NULL) {
        live_text_format(&writing->out, "${%s}", capture->name);
    } else if (!put_jid(writing, value)) {
        live_values_literal(&writing->out, value);
    }
    return true;
}

/* --------------------------------------------------------------------------------------------------- questions ---- */

/* What the server has added to a stanza itself, and what only says whom it is for. */
static bool is_left_out(const struct live_writing *writing, const struct live_node *root,
                        const struct live_attribute *a) {
    const struct live_recorded_client *client =
        &writing->recorder->clients[writing->recorder->events[writing->event].client];
    if (strcmp(a->ns, NS_XML) == 0) {
        return !is_senders(writing, a);
    }
    if (strcmp(a->name, "to") == 0 && is_of(a->value, client->bare)) {
        return !is_senders(writing, a);
    }
    return strcmp(a->name, "from") == 0 && strcmp(root->name, "iq") == 0 && strcmp(a->value, client->bare) == 0;
}

/* A scenario can say what contacts a roster has, but neither their names nor their groups. */
static bool is_left_out_of_roster(const struct live_writing *writing, const struct live_node *node, const char *name,
                                  const char *value) {
    return strcmp(node->ns, NS_ROSTER) == 0 && strcmp(name, "name") == 0 && !was_sent(writing, value);
}

/* Nor can it be known what a server tells people about an error, or says of itself. */
bool live_values_child(const struct live_writing *writing, const struct live_node *child) {
    const bool own = live_node_is(child, NS_ROSTER, "group") || live_node_is(child, NS_STANZAS, "text") ||
                     (strcmp(child->ns, NS_VERSION) == 0 && strcmp(child->name, "query") != 0);
    return !expects(writing) || !own || was_sent(writing, live_node_text(child));
}

static bool lacks_child(const struct live_writing *writing, const struct live_node *node) {
    for (const struct live_node *child = node->child; child != NULL; child = child->next) {
        if (child->name != NULL && !live_values_child(writing, child)) {
            return true;
        }
    }
    return false;
}

static bool item_is_loose(const struct live_writing *writing, const struct live_node *item) {
    const char *name = live_node_get(item, "name");
    return (name != NULL && is_left_out_of_roster(writing, item, "name", name)) || lacks_child(writing, item);
}

bool live_values_loose(const struct live_writing *writing, const struct live_node *node) {
    bool loose = live_is_delay(node) || (live_node_is(node, NS_VERSION, "query") && lacks_child(writing, node));
    if (live_node_is(node, NS_ROSTER, "query")) {
        for (const struct live_node *item = node->child; !loose && item != NULL; item = item->next) {
            loose = item->name != NULL && item_is_loose(writing, item);
        }
    }
    return loose && expects(writing);
}

static const char *capture_word(const struct live_node *parent, const struct live_node *node, const char *attribute) {
    if (parent == NULL && strcmp(node->name, "iq") == 0 && live_node_child(node, NS_ROSTER, "query") != NULL) {
        return "push";
    }
    return parent == NULL || !ends_with(attribute, "id") ? attribute : node->name;
}

bool live_values_attribute(struct live_writing *writing, const struct live_node *parent, const struct live_node *node,
                           const struct live_attribute *a) {
    const bool secret = strcmp(a->name, "password") == 0;
    if (!expects(writing)) {
        if (secret) {
            live_text_format(&writing->out, "secret");
        }
        return secret || put_sent(writing, a->value);
    }
    if ((parent == NULL && is_left_out(writing, node, a)) || is_left_out_of_roster(writing, node, a->name, a->value) ||
        (live_is_delay(node) && strcmp(a->name, "stamp") != 0) ||
        (live_node_is(node, LIVE_TAP_CLIENT, "error") && strcmp(a->name, "code") == 0 &&
         !was_sent(writing, a->value))) {
        return false;
    }
    return secret ? put_any(writing)
                  : put_expected(writing, a->value, is_generated(parent, node, a), capture_word(parent, node, a->name));
}

bool live_values_text(struct live_writing *writing, const struct live_node *parent, const struct live_node *node,
                      const char *text) {
    const bool secret = is_secret(parent, node);
    if (!expects(writing)) {
        if (secret) {
            live_text_format(&writing->out, "secret");
        }
        return secret || put_sent(writing, text);
    }
    if (live_is_delay(node)) {
        return false;
    }
    return secret ? put_any(writing) : put_expected(writing, text, is_generated_text(node, text), node->name);
}
