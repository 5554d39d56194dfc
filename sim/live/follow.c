/* follow.c - a connection between a client and a server is passed on and understood: features that would hide what
 * passes are taken out of the server's offer, the bound resource is recognised, and stanzas go to the recorder. */
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_TLS      "urn:ietf:params:xml:ns:xmpp-tls"
#define NS_SASL     "urn:ietf:params:xml:ns:xmpp-sasl"
#define NS_BIND     "urn:ietf:params:xml:ns:xmpp-bind"
#define NS_COMPRESS "http://jabber.org/protocol/compress"

/* What a client may not use while it is recorded: it would be encrypted, or packed; a stream could go on in another
 * without logging in; or things would happen of which no scenario can tell. */
static const struct {
    const char *ns, *name;
} hidden[] = {
    {NS_TLS, "starttls"},
    {"http://jabber.org/features/compress", "compression"},
    {"urn:xmpp:sm:2", "sm"},
    {"urn:xmpp:sm:3", "sm"},
    {"urn:xmpp:csi:0", "csi"},
    {"urn:xmpp:sasl:2", "authentication"},
    {"http://jabber.org/features/iq-auth", "auth"},
};

/* Sent before the server has said that the resource is bound. */
struct early {
    struct early *next;
    struct live_node *root;
    struct live_pool *pool;
};

struct live_follow {
    struct live_recorder *recorder;
    const struct live_record_calls *calls;
    struct live_tap *up, *down; /* from the client, from the server */
    struct live_text to_server, to_client;
    char *domain;
    bool began;   /* the client has sent something */
    bool greeted; /* the client has got a stream header */
    bool authenticated;
    bool over;
    bool failed; /* memory ran out */
    char *bind_id, *bind_resource, *session_id;
    struct early *early, **early_tail;
    int session; /* LIVE_NOBODY: no resource is bound, or not any more */
};

struct live_follow *live_follow_new(struct live_recorder *recorder, const struct live_record_calls *calls) {
    struct live_follow *follow = calloc(1, sizeof *follow);
    if (follow == NULL) {
        return NULL;
    }
    *follow = (struct live_follow){.recorder = recorder, .calls = calls, .session = LIVE_NOBODY};
    follow->early_tail = &follow->early;
    follow->up = live_tap_new();
    follow->down = live_tap_new();
    if (follow->up == NULL || follow->down == NULL) {
        live_follow_free(follow);
        return NULL;
    }
    return follow;
}

static void drop_early(struct live_follow *follow) {
    while (follow->early != NULL) {
        struct early *next = follow->early->next;
        live_pool_free(follow->early->pool);
        free(follow->early);
        follow->early = next;
    }
    follow->early_tail = &follow->early;
}

void live_follow_free(struct live_follow *follow) {
    if (follow != NULL) {
        drop_early(follow);
        live_tap_free(follow->up);
        live_tap_free(follow->down);
        live_text_free(&follow->to_server);
        live_text_free(&follow->to_client);
        free(follow->domain);
        free(follow->bind_id);
        free(follow->bind_resource);
        free(follow->session_id);
        free(follow);
    }
}

const char *live_follow_domain(const struct live_follow *follow) {
    return follow->domain;
}

struct live_text *live_follow_out(struct live_follow *follow, bool to_server) {
    return to_server ? &follow->to_server : &follow->to_client;
}

bool live_follow_over(const struct live_follow *follow) {
    return follow->over;
}

/* ---------------------------------------------------------------------------------------------------- messages ---- */

static void notice(const struct live_follow *follow, const char *text) {
    if (follow->calls != NULL && follow->calls->notice != NULL) {
        follow->calls->notice(follow->calls->context, text);
    }
}

static void notice_about(const struct live_follow *follow, const char *what, const char *why) {
    char text[600];
    const char *who =
        follow->session != LIVE_NOBODY ? live_recorder_account(follow->recorder, follow->session) : follow->domain;
    snprintf(text, sizeof text, "a client of %.200s: %s%.300s", who == NULL ? "an unknown domain" : who, what, why);
    notice(follow, text);
}

void live_follow_refuse(struct live_follow *follow, const char *condition, const char *why) {
    struct live_text *out = &follow->to_client;
    notice(follow, why);
    if (!follow->greeted) {
        live_text_format(out, "<?xml version='1.0'?><stream:stream xmlns='%s' xmlns:stream='%s' version='1.0'",
                         LIVE_TAP_CLIENT, LIVE_TAP_STREAMS);
        if (follow->domain != NULL) {
            live_text_format(out, " from='");
            live_text_xml(out, follow->domain);
            live_text_format(out, "'");
        }
        live_text_format(out, ">");
    }
    live_text_format(out, "<error xmlns='%s'><%s xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></error></stream:stream>",
                     LIVE_TAP_STREAMS, condition);
    follow->over = true;
}

/* For the scenario. */
static void note(const struct live_follow *follow, const char *text) {
    if (follow->session != LIVE_NOBODY) {
        live_recorder_note(follow->recorder, follow->session, text);
    }
}

static void demand_tls(struct live_follow *follow) {
    char why[400];
    snprintf(why, sizeof why,
             "the server demands TLS of clients of %.200s, which the recorder does not offer; let it take clients "
             "without TLS on loopback",
             follow->domain == NULL ? "this domain" : follow->domain);
    live_follow_refuse(follow, "policy-violation", why);
}

static char *copy(struct live_follow *follow, const char *text) {
    char *made = text == NULL ? NULL : strdup(text);
    follow->failed = follow->failed || (text != NULL && made == NULL);
    return made;
}

static void replace(struct live_follow *follow, char **text, const char *by) {
    free(*text);
    *text = copy(follow, by);
}

static bool is_stanza(const struct live_node *node) {
    return live_node_is(node, LIVE_TAP_CLIENT, "message") || live_node_is(node, LIVE_TAP_CLIENT, "presence") ||
           live_node_is(node, LIVE_TAP_CLIENT, "iq");
}

static bool has_value(const struct live_node *node, const char *name, const char *value) {
    const char *found = live_node_get(node, name);
    return found != NULL && value != NULL && strcmp(found, value) == 0;
}

static const char *condition_of(const struct live_node *error) {
    const struct live_node *child = error->child;
    while (child != NULL && child->name == NULL) {
        child = child->next;
    }
    return child == NULL ? "undefined-condition" : child->name;
}

/* --------------------------------------------------------------------------------------------- from the client ---- */

static void keep_early(struct live_follow *follow, const struct live_piece *piece) {
    struct early *early = calloc(1, sizeof *early);
    if (early == NULL) {
        follow->failed = true;
        return;
    }
    *early = (struct early){.root = piece->node, .pool = live_tap_take(follow->up)};
    *follow->early_tail = early;
    follow->early_tail = &early->next;
}

static void up_stanza(struct live_follow *follow, const struct live_piece *piece) {
    const struct live_node *bind = live_node_child(piece->node, NS_BIND, "bind");
    if (live_is_session(piece->node)) {
        replace(follow, &follow->session_id, live_node_get(piece->node, "id"));
    } else if (follow->session != LIVE_NOBODY) {
        live_recorder_stanza(follow->recorder, follow->session, true, piece->node, live_tap_take(follow->up));
    } else if (follow->session == LIVE_NOBODY && bind != NULL && live_node_is(piece->node, LIVE_TAP_CLIENT, "iq")) {
        const struct live_node *resource = live_node_child(bind, NS_BIND, "resource");
        replace(follow, &follow->bind_id, live_node_get(piece->node, "id"));
        replace(follow, &follow->bind_resource, resource == NULL ? NULL : live_node_text(resource));
    } else if (follow->bind_id != NULL) {
        keep_early(follow, piece);
    }
}

/* Returns false where the element is not for the server. */
static bool up_element(struct live_follow *follow, const struct live_piece *piece) {
    const struct live_node *node = piece->node;
    if (live_node_is(node, NS_TLS, "starttls")) {
        live_text_format(&follow->to_client, "<failure xmlns='%s'/></stream:stream>", NS_TLS);
        notice_about(follow, "it asks for TLS, which the recorder does not offer; let it log in without", "");
        follow->over = true;
        return false;
    }
    if (live_node_is(node, NS_COMPRESS, "compress")) {
        live_text_format(&follow->to_client, "<failure xmlns='%s'><setup-failed/></failure>", NS_COMPRESS);
        return false;
    }
    if (live_node_is(node, LIVE_TAP_STREAMS, "error") && follow->session != LIVE_NOBODY) {
        live_recorder_leaves(follow->recorder, follow->session, LIVE_RECORDED_CLOSE, condition_of(node));
    } else if (is_stanza(node)) {
        up_stanza(follow, piece);
    } else if (node == NULL) {
        note(follow, "sent a stanza whose elements are nested deeper than can be written down");
    }
    return true;
}

static void up_header(struct live_follow *follow, const struct live_piece *piece) {
    if (follow->domain == NULL) {
        const char *to = live_node_get(piece->node, "to");
        follow->domain = copy(follow, to == NULL ? "" : to);
    }
}

static void broken(struct live_follow *follow, bool from_client, const char *why) {
    if (from_client && follow->domain == NULL) {
        char text[200];
        snprintf(text, sizeof text, "a client begins with what is no XML stream: %.100s", why);
        live_follow_refuse(follow, "not-well-formed", text);
        return;
    }
    notice_about(follow,
                 from_client ? "what it sends is no XML stream, and is not written down from here on: "
                             : "what it gets is no XML stream, and is not written down from here on: ",
                 why);
    note(follow, from_client ? "sent what is not well-formed" : "got what is not well-formed");
}

static void up_piece(struct live_follow *follow, const struct live_piece *piece) {
    bool passes = true;
    switch (piece->kind) {
    case LIVE_PIECE_HEADER:
        up_header(follow, piece);
        break;
    case LIVE_PIECE_ELEMENT:
        passes = up_element(follow, piece);
        break;
    case LIVE_PIECE_END:
        if (follow->session != LIVE_NOBODY) {
            live_recorder_leaves(follow->recorder, follow->session, LIVE_RECORDED_DISCONNECT, NULL);
        }
        break;
    case LIVE_PIECE_BROKEN:
        broken(follow, true, piece->why);
        break;
    default:
        break;
    }
    if (passes) {
        live_text_add(&follow->to_server, piece->octets, piece->size);
    }
}

/* --------------------------------------------------------------------------------------------- from the server ---- */

static bool is_hidden(const struct live_node *feature) {
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
        if (live_node_is(feature, hidden[i].ns, hidden[i].name)) {
            return true;
        }
    }
    return false;
}

static void down_features(struct live_follow *follow, const struct live_piece *piece) {
    const struct live_node *features = piece->node;
    const bool tls = live_node_child(features, NS_TLS, "starttls") != NULL;
    if (!follow->authenticated && tls && live_node_child(features, NS_SASL, "mechanisms") == NULL) {
        demand_tls(follow);
        return;
    }
    size_t done = 0;
    for (const struct live_node *feature = features->child; feature != NULL; feature = feature->next) {
        if (is_hidden(feature)) {
            live_text_add(&follow->to_client, piece->octets + done, feature->start - done);
            done = feature->end;
        }
    }
    live_text_add(&follow->to_client, piece->octets + done, piece->size - done);
}

static void bound(struct live_follow *follow, const struct live_node *bind) {
    const struct live_node *jid = live_node_child(bind, NS_BIND, "jid");
    const char *full = jid == NULL ? "" : live_node_text(jid), *slash = strchr(full, '/');
    if (slash != NULL) {
        const bool asked = follow->bind_resource != NULL && strcmp(slash + 1, follow->bind_resource) == 0;
        follow->session = live_recorder_bound(follow->recorder, full, asked);
    }
    if (follow->session == LIVE_NOBODY) {
        notice_about(follow, "it is not written down: the scenario is full, or cannot name it: ", full);
    }
    while (follow->session != LIVE_NOBODY && follow->early != NULL) {
        struct early *early = follow->early;
        live_recorder_stanza(follow->recorder, follow->session, true, early->root, early->pool);
        follow->early = early->next;
        free(early);
    }
}

static void down_stanza(struct live_follow *follow, const struct live_piece *piece) {
    const struct live_node *node = piece->node;
    const bool iq = live_node_is(node, LIVE_TAP_CLIENT, "iq");
    if (iq && follow->session == LIVE_NOBODY && has_value(node, "id", follow->bind_id)) {
        const struct live_node *bind = live_node_child(node, NS_BIND, "bind");
        if (bind != NULL && has_value(node, "type", "result")) {
            bound(follow, bind);
        }
        drop_early(follow);
        replace(follow, &follow->bind_id, NULL);
    } else if (iq && has_value(node, "id", follow->session_id)) {
        replace(follow, &follow->session_id, NULL);
    } else if (follow->session != LIVE_NOBODY) {
        live_recorder_stanza(follow->recorder, follow->session, false, piece->node, live_tap_take(follow->down));
    }
}

static void server_ends(struct live_follow *follow, const char *why) {
    if (follow->session != LIVE_NOBODY) {
        live_recorder_ended(follow->recorder, follow->session, why);
        follow->session = LIVE_NOBODY;
    }
}

/* The features are passed on by themselves. */
static bool down_element(struct live_follow *follow, const struct live_piece *piece) {
    const struct live_node *node = piece->node;
    if (live_node_is(node, LIVE_TAP_STREAMS, "features")) {
        down_features(follow, piece);
        return false;
    }
    if (live_node_is(node, NS_SASL, "failure") && live_node_child(node, NS_SASL, "encryption-required") != NULL) {
        demand_tls(follow);
        return false;
    }
    if (live_node_is(node, LIVE_TAP_STREAMS, "error")) {
        server_ends(follow, condition_of(node));
    } else if (is_stanza(node)) {
        down_stanza(follow, piece);
    } else if (node == NULL) {
        note(follow, "got a stanza whose elements are nested deeper than can be written down");
    }
    return true;
}

static void down_piece(struct live_follow *follow, const struct live_piece *piece) {
    bool passes = true;
    const bool success = piece->kind == LIVE_PIECE_ELEMENT && live_node_is(piece->node, NS_SASL, "success");
    switch (piece->kind) {
    case LIVE_PIECE_HEADER:
        follow->greeted = true;
        break;
    case LIVE_PIECE_ELEMENT:
        passes = down_element(follow, piece);
        break;
    case LIVE_PIECE_END:
        server_ends(follow, "closed");
        break;
    case LIVE_PIECE_BROKEN:
        broken(follow, false, piece->why);
        break;
    default:
        break;
    }
    if (passes) {
        live_text_add(&follow->to_client, piece->octets, piece->size);
    }
    if (success && !follow->authenticated) {
        /* Both sides begin a new stream (RFC 6120 6.4.6). */
        follow->authenticated = true;
        follow->failed = follow->failed || !live_tap_restart(follow->up) || !live_tap_restart(follow->down);
    }
}

/* -------------------------------------------------------------------------------------------------- both sides ---- */

bool live_follow_octets(struct live_follow *follow, bool from_client, const char *octets, size_t size) {
    enum { TLS_HANDSHAKE = 0x16 };
    struct live_tap *tap = from_client ? follow->up : follow->down;
    if (from_client && !follow->began && size > 0) {
        follow->began = true;
        if (octets[0] == TLS_HANDSHAKE) {
            follow->over = true;
            notice(follow, "a client begins with TLS, which the recorder does not offer; let it connect without");
        }
    }
    if (follow->over) {
        return true;
    }
    follow->failed = follow->failed || !live_tap_feed(tap, octets, size);
    struct live_piece piece = {.kind = LIVE_PIECE_SPACE};
    while (!follow->failed && !follow->over && piece.kind != LIVE_PIECE_MORE) {
        live_tap_next(tap, &piece);
        follow->failed = piece.kind == LIVE_PIECE_NOMEM;
        if (!follow->failed) {
            (from_client ? up_piece : down_piece)(follow, &piece);
        }
    }
    return !follow->failed && !follow->recorder->failed && !follow->to_server.failed && !follow->to_client.failed;
}

void live_follow_end(struct live_follow *follow, bool by_client) {
    if (!by_client) {
        server_ends(follow, "broken");
        follow->over = true;
    } else if (follow->session != LIVE_NOBODY) {
        live_recorder_leaves(follow->recorder, follow->session, LIVE_RECORDED_VANISH, NULL);
    }
}
