/* recorder.c - what passed, in the order in which it passed. */
#include "record.h"

#include <stdlib.h>
#include <string.h>

struct live_recorder *live_recorder_new(void) {
    return calloc(1, sizeof(struct live_recorder));
}

void live_recorder_free(struct live_recorder *recorder) {
    if (recorder == NULL) {
        return;
    }
    for (size_t i = 0; i < recorder->count; i++) {
        live_pool_free(recorder->events[i].pool);
        free(recorder->events[i].text);
    }
    for (size_t i = 0; i < recorder->client_count; i++) {
        free(recorder->clients[i].bare);
        free(recorder->clients[i].resource);
        free(recorder->clients[i].name);
    }
    free(recorder->events);
    free(recorder->clients);
    free(recorder->sessions);
    free(recorder);
}

size_t live_recorder_clients(const struct live_recorder *recorder) {
    return recorder->client_count;
}

size_t live_recorder_stanzas(const struct live_recorder *recorder) {
    return recorder->stanzas;
}

bool live_is_session(const struct live_node *root) {
    return live_node_is(root, LIVE_TAP_CLIENT, "iq") &&
           live_node_child(root, "urn:ietf:params:xml:ns:xmpp-session", "session") != NULL;
}

static bool make_room(struct live_recorder *recorder, void **items, size_t *capacity, size_t count, size_t size) {
    if (count == *capacity) {
        const size_t wanted = *capacity == 0 ? 16 : 2 * *capacity;
        void *grown = wanted > SIZE_MAX / size ? NULL : realloc(*items, wanted * size);
        if (grown == NULL) {
            recorder->failed = true;
            return false;
        }
        *items = grown;
        *capacity = wanted;
    }
    return true;
}

static char *copy(struct live_recorder *recorder, const char *text, size_t size) {
    char *made = malloc(size + 1);
    if (made == NULL) {
        recorder->failed = true;
        return NULL;
    }
    memcpy(made, text, size);
    made[size] = '\0';
    return made;
}

/* At `place`, for what passed before what is written there already. Takes the event's memory. */
static void add_at(struct live_recorder *recorder, size_t place, struct live_recorded event) {
    if (recorder->full || recorder->failed ||
        !make_room(recorder, (void **)&recorder->events, &recorder->capacity, recorder->count, sizeof event)) {
        live_pool_free(event.pool);
        free(event.text);
        return;
    }
    memmove(recorder->events + place + 1, recorder->events + place, (recorder->count - place) * sizeof event);
    recorder->events[place] = event;
    recorder->count++;
    recorder->size += event.size;
    for (size_t i = 0; place + 1 < recorder->count && i < recorder->session_count; i++) {
        recorder->sessions[i].left += recorder->sessions[i].left >= place;
    }
}

static void add(struct live_recorder *recorder, enum live_recorded_kind kind, size_t client, const char *text) {
    enum { LINE = 300 };
    struct live_recorded event = {.kind = kind, .client = client, .size = LINE};
    event.text = text == NULL ? NULL : copy(recorder, text, strlen(text));
    add_at(recorder, recorder->count, event);
}

static void overflow(struct live_recorder *recorder, size_t client) {
    add(recorder, LIVE_RECORDED_NOTE, client,
        "sent or got more than a scenario can hold; nothing is written down from here on");
    recorder->full = true;
}

/* ------------------------------------------------------------------------------------------------------- sizes ---- */

/* A character reference takes up to six octets; a value that is a JID may become a variable with a long name. */
static size_t value_size(const char *value) {
    enum { LONGEST = 6, JID = 280, CAPTURE = 100 };
    return LONGEST * strlen(value) + (strchr(value, '@') != NULL ? JID : CAPTURE);
}

/* The most that an element takes in a scenario, where prefixes are written out. */
static size_t written_size(const struct live_node *node, const char *outer_ns, size_t depth) {
    enum { TAGS = 40, ATTRIBUTE = 40 };
    size_t size = TAGS + 2 * (strlen(node->name) + depth);
    size += strcmp(node->ns, outer_ns) == 0 ? 0 : value_size(node->ns);
    for (const struct live_attribute *a = node->attributes; a != NULL; a = a->next) {
        size += ATTRIBUTE + strlen(a->name) + value_size(a->value) + (a->ns[0] == '\0' ? 0 : value_size(a->ns));
    }
    for (const struct live_node *child = node->child; child != NULL && size <= LIVE_RECORDED_STANZA_MAX;
         child = child->next) {
        size += child->name == NULL ? value_size(child->text) : written_size(child, node->ns, depth + 1);
    }
    return size;
}

/* ----------------------------------------------------------------------------------------------------- clients ---- */

/* A client that was there before, and is there again: by its resource, or, where the server makes one up each time, by
 * its account. Behind the last one where there is none. */
static size_t find_client(const struct live_recorder *recorder, const char *full, size_t bare_size, bool asked) {
    size_t i = 0;
    for (; i < recorder->client_count; i++) {
        const struct live_recorded_client *client = &recorder->clients[i];
        if (!client->online && (client->resource != NULL) == asked && strncmp(client->bare, full, bare_size) == 0 &&
            client->bare[bare_size] == '\0' && (!asked || strcmp(client->resource, full + bare_size + 1) == 0)) {
            break;
        }
    }
    return i;
}

/* An account that a scenario can name. */
static bool is_account(const char *bare, size_t size) {
    size_t ats = 0;
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)bare[i] <= ' ' || bare[i] == 0x7F || (bare[i] == '$' && bare[i + 1] == '{')) {
            return false;
        }
        ats += bare[i] == '@';
    }
    return ats == 1 && bare[0] != '@' && bare[size - 1] != '@';
}

/* A resource that a scenario's jid: line can hold as it is. */
static bool can_be_written(const char *resource) {
    const size_t size = strlen(resource);
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)resource[i] < ' ' || resource[i] == 0x7F || resource[i] == '$') {
            return false;
        }
    }
    return size > 0 && resource[0] != ' ' && resource[size - 1] != ' ';
}

static bool add_client(struct live_recorder *recorder, const char *full, size_t bare_size, bool asked) {
    if (recorder->client_count == LIVE_RECORDED_CLIENTS_MAX ||
        !make_room(recorder, (void **)&recorder->clients, &recorder->client_capacity, recorder->client_count,
                   sizeof *recorder->clients)) {
        return false;
    }
    const char *resource = full + bare_size + 1;
    recorder->clients[recorder->client_count++] = (struct live_recorded_client){
        .bare = copy(recorder, full, bare_size), .resource = asked ? copy(recorder, resource, strlen(resource)) : NULL};
    return !recorder->failed;
}

int live_recorder_bound(struct live_recorder *recorder, const char *full_jid, bool asked) {
    const char *slash = strchr(full_jid, '/');
    const size_t bare_size = (size_t)(slash - full_jid);
    asked = asked && can_be_written(slash + 1);
    const size_t found = find_client(recorder, full_jid, bare_size, asked);
    if (recorder->full || recorder->failed || !is_account(full_jid, bare_size) ||
        !make_room(recorder, (void **)&recorder->sessions, &recorder->session_capacity, recorder->session_count,
                   sizeof *recorder->sessions) ||
        (found == recorder->client_count && !add_client(recorder, full_jid, bare_size, asked))) {
        return LIVE_NOBODY;
    }
    struct live_recorded_client *client = &recorder->clients[found];
    if (client->thrown_out) {
        /* A script does not know of it: only who has left can connect again. */
        add(recorder, LIVE_RECORDED_DISCONNECT, found, NULL);
    }
    client->online = true;
    client->thrown_out = false;
    recorder->sessions[recorder->session_count] = (struct live_recorded_session){.client = found, .online = true};
    add(recorder, LIVE_RECORDED_CONNECT, found, full_jid);
    if (recorder->size > LIVE_RECORDED_MAX) {
        overflow(recorder, found);
    }
    return (int)recorder->session_count++;
}

const char *live_recorder_account(const struct live_recorder *recorder, int session) {
    return recorder->clients[recorder->sessions[session].client].bare;
}

void live_recorder_leaves(struct live_recorder *recorder, int session, enum live_recorded_kind kind,
                          const char *condition) {
    struct live_recorded_session *s = &recorder->sessions[session];
    if (s->online) {
        s->online = recorder->clients[s->client].online = false;
        s->leaving = kind != LIVE_RECORDED_VANISH;
        s->left = recorder->count;
        add(recorder, kind, s->client, condition);
    }
}

void live_recorder_ended(struct live_recorder *recorder, int session, const char *why) {
    struct live_recorded_session *s = &recorder->sessions[session];
    if (s->online) {
        s->online = recorder->clients[s->client].online = false;
        recorder->clients[s->client].thrown_out = true;
        add(recorder, LIVE_RECORDED_ENDED, s->client, why);
    }
    s->leaving = false;
}

void live_recorder_note(struct live_recorder *recorder, int session, const char *text) {
    add(recorder, LIVE_RECORDED_NOTE, recorder->sessions[session].client, text);
}

void live_recorder_stanza(struct live_recorder *recorder, int session, bool sent, struct live_node *root,
                          struct live_pool *pool) {
    const struct live_recorded_session *s = &recorder->sessions[session];
    struct live_recorded event = {.client = s->client, .root = root, .pool = pool};
    event.kind = sent ? LIVE_RECORDED_SEND : LIVE_RECORDED_RECEIVE;
    event.size = written_size(root, "", 1);
    /* What the server still says to somebody who has said goodbye was under way before. */
    const bool late = !sent && s->leaving;
    if (recorder->full || (!s->online && !late)) {
        live_pool_free(pool);
    } else if (event.size > LIVE_RECORDED_STANZA_MAX) {
        add(recorder, LIVE_RECORDED_NOTE, s->client,
            sent ? "sent a stanza that is longer than can be written down"
                 : "got a stanza that is longer than can be written down");
        live_pool_free(pool);
    } else if (recorder->size + event.size > LIVE_RECORDED_MAX) {
        overflow(recorder, s->client);
        live_pool_free(pool);
    } else {
        recorder->stanzas++;
        add_at(recorder, late ? s->left : recorder->count, event);
    }
}
