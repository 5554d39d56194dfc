/* observe.c - what each actor got, in a form in which two venues can be compared: without what a server makes up. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

#define ERRORS_NS "urn:ietf:params:xml:ns:xmpp-stanzas"
#define ROSTER_NS "jabber:iq:roster"
#define CLIENT_NS "jabber:client"
#define SERVER_NS "jabber:server"
#define XML_NS "http://www.w3.org/XML/1998/namespace"

/* A session with a resource that the server has made up, as a JID, and how the resource is called instead. */
struct made_up {
    struct made_up *next;
    const char *value, *name;
};

struct observer {
    struct run *run;
    const char *bare; /* of the client whose stanzas are looked at; of others NULL */
    bool of_server;   /* the stanza is a server's own answer */
    struct made_up *sessions;
};

/* The events that are about one actor, in their order. */
struct events {
    size_t *items;
    size_t count, capacity;
};

/* ---------------------------------------------------------------------------------------------------- made up ---- */

/* Whether a text has an attribute of this name and value, written with either kind of quotes. */
static bool has_attribute(const char *text, const char *name, const char *value) {
    const size_t name_size = strlen(name), size = strlen(value);
    for (const char *at = strstr(text, name); at != NULL; at = strstr(at + 1, name)) {
        const char *rest = at + name_size;
        const char quote = rest[0] == '=' ? rest[1] : '\0';
        if ((quote == '"' || quote == '\'') && strncmp(rest + 2, value, size) == 0 && rest[2 + size] == quote) {
            return true;
        }
    }
    return false;
}

/* Whether the script itself writes an attribute with this value in what it sends or has stored; what it only hands on
 * stands there as a variable. */
static bool is_written(const struct script *script, const char *name, const char *value) {
    for (size_t i = 0; i < script->action_count; i++) {
        const struct script_action *action = &script->actions[i];
        const bool sends = action->verb == SCRIPT_SENDS || action->verb == SCRIPT_SENDS_RAW;
        for (size_t n = 0; sends && n < action->stanza_count; n++) {
            if (has_attribute(action->stanzas[n].bytes, name, value)) {
                return true;
            }
        }
    }
    for (size_t i = 0; i < script->cast_count; i++) {
        const struct script_actor *actor = &script->cast[i];
        for (size_t n = 0; actor->role == SCRIPT_ACCOUNT && n < actor->property_count; n++) {
            if (strcmp(actor->properties[n].key, "offline") == 0 &&
                has_attribute(actor->properties[n].value, name, value)) {
                return true;
            }
        }
    }
    return false;
}

/* Numbered in the order of binding. */
static void add_session(struct observer *o, const char *jid) {
    struct made_up **place = &o->sessions;
    size_t number = 1;
    for (; *place != NULL && strcmp((*place)->value, jid) != 0; number++) {
        place = &(*place)->next;
    }
    struct made_up *made = *place == NULL ? drill_run_take(o->run, sizeof *made) : NULL;
    const char *name = made == NULL ? NULL : drill_run_text(o->run, "{resource:%zu}", number);
    if (name != NULL) {
        *made = (struct made_up){.value = jid, .name = name};
        *place = made;
    }
}

/* Sessions whose resource is not the one that the script asks for. */
static void find_sessions(struct observer *o) {
    for (size_t i = 0; i < drill_event_count(o->run); i++) {
        const struct world_event *event = drill_event(o->run, i);
        const int index = event->kind == WORLD_BOUND ? o->run->actor_of[event->client] : -1;
        const char *full = index < 0 ? NULL : o->run->actors[index].full;
        if (index >= 0 && event->text != NULL && o->run->script->cast[index].role == SCRIPT_CLIENT &&
            (full == NULL || strcmp(full, event->text) != 0)) {
            add_session(o, event->text);
        }
    }
}

static bool goes_on(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* A text with the resource of one session left open. */
static const char *without_session(struct observer *o, const struct made_up *session, const char *value) {
    const size_t size = strlen(session->value);
    const size_t bare = strcspn(session->value, "/");
    struct text out = {0};
    const char *rest = value;
    for (const char *at = strstr(value, session->value); at != NULL; at = strstr(at, session->value)) {
        if (goes_on(at[size])) {
            at++;
            continue;
        }
        drill_text_add(&out, rest, (size_t)(at - rest) + bare);
        drill_text_format(&out, "/%s", session->name);
        at = rest = at + size;
    }
    if (rest == value) {
        return value;
    }
    drill_text_put(&out, rest);
    const char *kept = drill_run_keep(o->run, &out);
    return kept == NULL ? value : kept;
}

static const char *without_sessions(struct observer *o, const char *value) {
    for (const struct made_up *session = o->sessions; session != NULL; session = session->next) {
        value = without_session(o, session, value);
    }
    return value;
}

/* --------------------------------------------------------------------------------------------------- elements ---- */

static bool is_delay(const struct xml_node *node) {
    return (strcmp(node->name, "delay") == 0 &&
            (strcmp(node->ns, "urn:xmpp:delay") == 0 || strcmp(node->ns, XML_STREAM_NS) == 0)) ||
           (strcmp(node->name, "x") == 0 && strcmp(node->ns, "jabber:x:delay") == 0);
}

static bool is_error(const struct xml_node *node, unsigned depth) {
    return depth == 1 && strcmp(node->name, "error") == 0 && strcmp(node->ns, XML_STREAM_NS) == 0;
}

/* What is the same without it, or says nothing of where a stanza went. */
static bool says_nothing(struct observer *o, const struct xml_node *node, const struct xml_attribute *attribute,
                         unsigned depth) {
    const char *name = attribute->name, *value = attribute->value;
    if (attribute->ns[0] != '\0') {
        const bool kept = depth == 1 && strcmp(node->name, "status") == 0; /* the one part that is kept of a request */
        return (depth == 0 || kept) && strcmp(attribute->ns, XML_NS) == 0 && strcmp(name, "lang") == 0 &&
               (o->of_server || !is_written(o->run->script, "xml:lang", value));
    }
    if (depth == 0 && strcmp(name, "from") == 0) {
        return value[0] == '\0' || (o->bare != NULL && strcmp(value, o->bare) == 0);
    }
    if (depth == 0 && strcmp(name, "id") == 0) {
        const char *type = xml_attribute_get(node, "type");
        return value[0] == '\0' && type != NULL && strcmp(type, "error") == 0;
    }
    if (depth == 2 && strcmp(node->ns, ROSTER_NS) == 0 && strcmp(name, "subscription") == 0) {
        return strcmp(value, "none") == 0;
    }
    if (depth == 0) {
        return strcmp(node->name, "message") == 0 && strcmp(name, "type") == 0 && strcmp(value, "normal") == 0;
    }
    if (is_error(node, depth)) {
        return strcmp(name, "code") == 0 || strcmp(name, "by") == 0;
    }
    return is_delay(node) && strcmp(name, "from") == 0;
}

static const char *normal_value(struct observer *o, const struct xml_node *node, const struct xml_attribute *attribute) {
    const char *name = attribute->name, *value = attribute->value;
    if (attribute->ns[0] != '\0' || value[0] == '\0') {
        return value;
    }
    if (is_delay(node) && strcmp(name, "stamp") == 0) {
        return is_written(o->run->script, name, value) ? value : "{stamp}";
    }
    if (strcmp(name, "ver") == 0 && strcmp(node->ns, ROSTER_NS) == 0) {
        return "{version}";
    }
    if (strcmp(name, "id") == 0 && !is_written(o->run->script, name, value)) {
        return "{id}";
    }
    return without_sessions(o, value);
}

/* What a server says of itself: its name, version and features. */
static bool is_self_portrait(const struct xml_node *node, unsigned depth) {
    return depth == 1 && strcmp(node->name, "query") == 0 &&
           (strcmp(node->ns, "http://jabber.org/protocol/disco#info") == 0 || strcmp(node->ns, "jabber:iq:version") == 0);
}

/* Of an error only the condition counts that the specification defines. */
static bool is_left_out(const struct observer *o, const struct xml_node *parent, const struct xml_node *child,
                        unsigned depth) {
    if (o->of_server && is_self_portrait(parent, depth)) {
        return true;
    }
    return is_error(parent, depth) &&
           (strcmp(child->ns, ERRORS_NS) != 0 || strcmp(child->name, "text") == 0);
}

static const char *sort_key(const struct xml_node *node) {
    const char *jid = xml_attribute_get(node, "jid");
    return jid == NULL ? node->text : jid;
}

static int in_set(const struct xml_node *a, const struct xml_node *b) {
    return strcmp(sort_key(a), sort_key(b));
}

/* Extensions of a stanza go side by side; of two with the same name the first stays first. */
static int in_stanza(const struct xml_node *a, const struct xml_node *b) {
    const int order = strcmp(a->name, b->name);
    return order != 0 ? order : strcmp(a->ns, b->ns);
}

/* A place for one more child, behind those that go before it. */
static void insert(struct xml_node **first, struct xml_node *child,
                   int (*compare)(const struct xml_node *a, const struct xml_node *b)) {
    while (*first != NULL && compare(*first, child) <= 0) {
        first = &(*first)->next;
    }
    child->next = *first;
    *first = child;
}

static bool normal_children(struct observer *o, const struct xml_node *node, struct xml_node *copy, unsigned depth);

/* depth: 0 for a stanza. NULL where memory ran out. */
static struct xml_node *normal(struct observer *o, const struct xml_node *node, unsigned depth) {
    struct xml_node *copy = drill_run_take(o->run, sizeof *copy);
    struct xml_attribute *attributes = drill_run_take(o->run, (node->attribute_count + 1) * sizeof *attributes);
    if (copy == NULL || attributes == NULL) {
        return NULL;
    }
    *copy = *node;
    /* The namespaces of stanzas, spelled out; what a server forwards among its own streams may have any of them. */
    const bool content = strcmp(node->ns, CLIENT_NS) == 0 || strcmp(node->ns, SERVER_NS) == 0;
    copy->ns = content ? XML_STREAM_NS : node->ns;
    copy->attributes = attributes;
    copy->next = copy->child = NULL;
    copy->attribute_count = 0;
    for (size_t i = 0; i < node->attribute_count; i++) {
        if (!says_nothing(o, node, &node->attributes[i], depth)) {
            struct xml_attribute *attribute = &attributes[copy->attribute_count++];
            *attribute = node->attributes[i];
            attribute->value = normal_value(o, node, &node->attributes[i]);
            attribute->ns = strcmp(attribute->ns, XML_NS) == 0 ? attribute->ns : "";
        }
    }
    copy->text = is_delay(node) ? "" : without_sessions(o, node->text);
    return normal_children(o, node, copy, depth) ? copy : NULL;
}

static bool normal_children(struct observer *o, const struct xml_node *node, struct xml_node *copy, unsigned depth) {
    struct xml_node **last = &copy->child;
    for (const struct xml_node *child = node->child; child != NULL; child = child->next) {
        if (is_left_out(o, node, child, depth)) {
            continue;
        }
        struct xml_node *fresh = normal(o, child, depth + 1);
        if (fresh == NULL) {
            return false;
        }
        if (depth == 0 || match_is_set(node)) {
            insert(&copy->child, fresh, depth == 0 ? in_stanza : in_set);
        } else {
            *last = fresh;
            last = &fresh->next;
        }
    }
    return true;
}

/* ------------------------------------------------------------------------------------------------------ items ---- */

static char *copy_text(const char *text) {
    char *copy = malloc(strlen(text) + 1);
    return copy == NULL ? NULL : strcpy(copy, text);
}

/* Whether an account or a domain has answered a request itself. */
static bool is_servers_answer(const struct xml_node *stanza) {
    const char *from = xml_attribute_get(stanza, "from"), *type = xml_attribute_get(stanza, "type");
    return strcmp(stanza->name, "iq") == 0 && type != NULL && strcmp(type, "result") == 0 &&
           (from == NULL || strchr(from, '/') == NULL);
}

static char *stanza_text(struct observer *o, size_t event) {
    const struct xml_node *tree = drill_run_tree(o->run, event);
    if (tree == NULL) {
        const char *text = drill_event(o->run, event)->stanza;
        return o->run->state == RUN_NOMEM ? NULL : copy_text(text == NULL ? "" : text);
    }
    o->of_server = is_servers_answer(tree);
    const struct xml_node *copy = normal(o, tree, 0);
    struct text text = {.failed = copy == NULL || o->run->state == RUN_NOMEM};
    if (!text.failed) {
        drill_text_xml(&text, copy);
    }
    return drill_text_take(&text);
}

static char *item_text(struct observer *o, size_t event) {
    const struct world_event *e = drill_event(o->run, event);
    if (e->kind == WORLD_ARRIVE) {
        return stanza_text(o, event);
    }
    struct text text = {0};
    drill_text_put(&text, e->kind == WORLD_REFUSED ? "refused: " : "ended: ");
    drill_text_line(&text, e->text == NULL ? "" : e->text);
    return drill_text_take(&text);
}

static bool is_one_of(const char *text, const char *const *words) {
    while (*words != NULL && strcmp(text, *words) != 0) {
        words++;
    }
    return *words != NULL;
}

/* Whether the script has ended the stream itself. A peer's streams come and go; what counts is that one was refused. */
static bool ends_by_script(const struct run *run, size_t actor, const struct world_event *event) {
    static const char *const client[] = {"disconnects", "vanishes", "crash", NULL};
    static const char *const peer[] = {"disconnects", "vanishes", "crash", "closed", "lost", "idle", "cut", NULL};
    const struct script_action *action = event->cause < 0 ? NULL : &run->script->actions[event->cause];
    if (event->text == NULL || is_one_of(event->text, run->script->cast[actor].role == SCRIPT_PEER ? peer : client)) {
        return true;
    }
    return action != NULL && action->verb == SCRIPT_CLOSES && action->actor == (int)actor &&
           strcmp(action->first, event->text) == 0;
}

static bool is_peer_of(const struct run *run, size_t index, const char *domain) {
    const struct actor *actor = &run->actors[index];
    return run->script->cast[index].role == SCRIPT_PEER &&
           (strcmp(actor->bare, domain) == 0 || (actor->also != NULL && is_one_of(domain, actor->also)));
}

/* The peer whose own stream a simulated server has closed; NO_EVENT: it is none. Of several of one domain it is the one
 * that has just acted. */
static long opener_of(const struct run *run, const struct world_event *event) {
    const int acting = event->cause < 0 ? -1 : run->script->actions[event->cause].actor;
    if (event->host != NULL && acting >= 0 && is_peer_of(run, (size_t)acting, event->host)) {
        return acting;
    }
    for (size_t i = 0; event->host != NULL && i < run->script->cast_count; i++) {
        if (is_peer_of(run, i, event->host)) {
            return (long)i;
        }
    }
    return NO_EVENT;
}

/* Whom an event is about, as an index into the cast; NO_EVENT: it is no observation. */
static long observer_of(const struct run *run, const struct world_event *event) {
    if (event->kind == WORLD_ARRIVE || event->kind == WORLD_REFUSED) {
        return run->actor_of[event->client];
    }
    const long actor = event->kind == WORLD_ENDED    ? run->actor_of[event->client]
                       : event->kind == WORLD_CLOSED ? opener_of(run, event)
                                                     : NO_EVENT;
    return actor == NO_EVENT || ends_by_script(run, (size_t)actor, event) ? NO_EVENT : actor;
}

static bool sort_events(struct run *run, struct events *events) {
    for (size_t i = 0; i < drill_event_count(run); i++) {
        const long actor = observer_of(run, drill_event(run, i));
        struct events *own = actor == NO_EVENT ? NULL : &events[actor];
        if (own == NULL) {
            continue;
        }
        if (!drill_run_grow(run, (void **)&own->items, &own->capacity, own->count, sizeof *own->items)) {
            return false;
        }
        own->items[own->count++] = i;
    }
    return true;
}

static bool fill(struct observer *o, struct drill_observation *out, size_t actor, const struct events *events) {
    const struct script_actor *cast = &o->run->script->cast[actor];
    out->actor = copy_text(cast->name);
    o->bare = cast->role == SCRIPT_CLIENT ? o->run->actors[actor].bare : NULL;
    out->bare = o->bare == NULL ? NULL : copy_text(o->bare);
    out->items = calloc(events->count + 1, sizeof *out->items);
    if (out->actor == NULL || out->items == NULL || (out->bare == NULL && o->bare != NULL)) {
        return false;
    }
    for (size_t i = 0; i < events->count; i++) {
        out->items[i] = item_text(o, events->items[i]);
        if (out->items[i] == NULL) {
            return false;
        }
        out->count++;
    }
    return true;
}

bool drill_observe(struct run *run, struct drill_result *result) {
    const size_t cast = run->script->cast_count;
    struct observer o = {.run = run};
    struct events *events = calloc(cast + 1, sizeof *events);
    result->observations = calloc(cast + 1, sizeof *result->observations);
    bool whole = events != NULL && result->observations != NULL && sort_events(run, events);
    if (whole) {
        find_sessions(&o);
    }
    for (size_t i = 0; whole && i < cast; i++) {
        if (run->actors[i].client >= 0) {
            struct drill_observation *out = &result->observations[result->observation_count++];
            whole = fill(&o, out, i, &events[i]);
        }
    }
    for (size_t i = 0; events != NULL && i < cast; i++) {
        free(events[i].items);
    }
    free(events);
    return whole && run->state != RUN_NOMEM;
}

void drill_observe_free(struct drill_result *result) {
    for (size_t i = 0; i < result->observation_count; i++) {
        struct drill_observation *observation = &result->observations[i];
        for (size_t n = 0; n < observation->count; n++) {
            free(observation->items[n]);
        }
        free(observation->items);
        free(observation->bare);
        free(observation->actor);
    }
    free(result->observations);
}
