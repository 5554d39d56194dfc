/* dialback.c - how two servers show each other who they are (XEP-0220). On streams that it accepted the peer believes
 * whoever asks, unless the script wants it otherwise, and says which keys are its own; on its own it asks to be
 * believed. A key is made from a secret, so that nothing is to be remembered of it (XEP-0185). */
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <strophe.h>

#define FEATURES "<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>"
#define STANZA_ERROR(type, condition)                                                                                  \
    "<error type='" type "'><" condition " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"

static bool is(const char *text, const char *word) {
    return text != NULL && strcmp(text, word) == 0;
}

static bool is_dialback(const struct live_element *element, const char *name) {
    return is(element->ns, LIVE_NS_DIALBACK) && is(element->name, name);
}

/* -------------------------------------------------------------------------------------------------------- keys ---- */

static bool make_key(const struct live_peer *peer, const char *id, const char *own, const char *served,
                     char key[PEER_KEY_SIZE]) {
    unsigned char digest[XMPP_SHA1_DIGEST_SIZE];
    struct live_text text = {0};
    live_text_format(&text, "%s %s %s %s", peer->secret, served, own, id);
    if (!text.failed) {
        xmpp_sha1_digest((const unsigned char *)text.data, text.size, digest);
        for (size_t i = 0; i < sizeof digest; i++) {
            snprintf(key + 2 * i, 3, "%02x", digest[i]);
        }
    }
    const bool good = !text.failed;
    live_text_free(&text);
    return good;
}

static bool key_is_ours(const struct live_peer *peer, const struct live_element *element) {
    const int own = peer_own(peer, element->to);
    char key[PEER_KEY_SIZE];
    return own >= 0 && element->from != NULL && element->id != NULL &&
           make_key(peer, element->id, peer->domains[own], element->from, key) && strcmp(key, element->text) == 0;
}

/* <db:NAME from='' to='' id='' type=''>text</db:NAME>; id, type and text may be NULL; text goes out as it stands. */
static void put_dialback(struct live_text *out, const char *name, const char *const values[4], const char *text) {
    static const char *const names[] = {"from", "to", "id", "type"};
    live_text_format(out, "<db:%s", name);
    for (size_t i = 0; i < 4; i++) {
        if (values[i] != NULL) {
            live_text_format(out, " %s='", names[i]);
            live_text_xml(out, values[i]);
            live_text_add(out, "'", 1);
        }
    }
    live_text_format(out, ">%s</db:%s>", text == NULL ? "" : text, name);
}

static void write_dialback(struct live_peer *peer, struct live_stream *stream, const char *name,
                           const char *const values[4], const char *text) {
    struct live_text out = {0};
    put_dialback(&out, name, values, text);
    if (out.failed) {
        peer_fail(peer, "memory ran out");
    } else {
        live_stream_write(stream, out.data, out.size);
    }
    live_text_free(&out);
}

/* ------------------------------------------------------------------------------ streams that the peer accepted ---- */

static void accepted_opened(void *owner, const struct live_element *header) {
    struct peer_stream *stream = owner;
    struct live_peer *peer = stream->peer;
    struct live_error error;
    const int own = header->to == NULL ? 0 : peer_own(peer, header->to);
    char id[LIVE_PASSWORD_SIZE];
    stream->id = live_secret(id, &error) ? strdup(id) : NULL;
    if (stream->id == NULL) {
        peer_fail(peer, "no id can be made for a stream");
        live_stream_break(stream->stream);
        return;
    }
    live_stream_open(stream->stream, "jabber:server", own < 0 ? header->to : peer->domains[own], header->from, id,
                     header->version != NULL);
    if (own < 0) {
        live_stream_error(stream->stream, "host-unknown");
    } else if (peer->config.stream == WORLD_FAILS && peer->window != WINDOW_OPEN) {
        live_stream_error(stream->stream, peer->stream_error);
    } else if (header->version != NULL) {
        live_stream_write(stream->stream, FEATURES, sizeof FEATURES - 1);
    }
}

static void note_verified(struct peer_stream *stream, const char *served, size_t own) {
    char *copy = stream->verified_count < PEER_VERIFIED_MAX ? strdup(served) : NULL;
    if (copy != NULL) {
        stream->verified[stream->verified_count].served = copy;
        stream->verified[stream->verified_count++].own = own;
    }
}

bool peer_is_verified(const struct live_peer *peer, const char *served, size_t own) {
    for (const struct peer_stream *stream = peer->first->streams; stream != NULL; stream = stream->next) {
        const bool open = !live_stream_over(stream->stream) && !live_stream_closing(stream->stream);
        for (size_t i = 0; i < stream->verified_count && open; i++) {
            if (stream->verified[i].own == own && strcmp(stream->verified[i].served, served) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Whoever can send to the peer may ask it something; and later its name may be lost. */
static void prepare_to_answer(struct live_peer *peer, const char *served, size_t own) {
    struct peer_pair *pair = peer_pair_find(peer, own, served, false);
    if (pair != NULL && pair->stream == NULL) {
        peer_pair_begin(peer, pair, false);
    }
}

static void answer_result(struct peer_stream *stream, const struct live_element *element) {
    struct live_peer *peer = stream->peer;
    const enum world_trouble trouble = peer->window == WINDOW_NONE ? peer->config.dialback : WORLD_FINE;
    const int own = peer_own(peer, element->to);
    const char *type = "valid", *text = NULL;
    if (own < 0 || element->from == NULL) {
        type = "error";
        text = STANZA_ERROR("cancel", "item-not-found");
    } else if (trouble == WORLD_SILENT) {
        return;
    } else if (trouble == WORLD_INVALID) {
        type = "invalid";
    } else if (trouble == WORLD_FAILS) {
        type = "error";
        text = STANZA_ERROR("wait", "remote-server-timeout");
    } else {
        note_verified(stream, element->from, (size_t)own);
    }
    const char *const values[] = {element->to, element->from, NULL, type};
    write_dialback(peer, stream->stream, "result", values, text);
    if (strcmp(type, "valid") == 0 && !peer_is_troubled(peer)) {
        prepare_to_answer(peer, element->from, (size_t)own);
    }
}

static void answer_verify(struct peer_stream *stream, const struct live_element *element) {
    const char *const values[] = {element->to, element->from, element->id,
                                  key_is_ours(stream->peer, element) ? "valid" : "invalid"};
    write_dialback(stream->peer, stream->stream, "verify", values, NULL);
}

static void show(struct live_peer *peer, const struct live_element *element) {
    if (!peer_marks_see(peer, element)) {
        peer->events.arrived(peer->events.context, element->raw, element->size);
    }
}

static void accepted_came(void *owner, const struct live_element *element) {
    struct peer_stream *stream = owner;
    if (is_dialback(element, "result")) {
        answer_result(stream, element);
    } else if (is_dialback(element, "verify")) {
        answer_verify(stream, element);
    } else if (live_is_stanza(element) && stream->verified_count == 0) {
        live_stream_error(stream->stream, "not-authorized");
    } else if (live_is_stanza(element) && stream->peer->window == WINDOW_NONE) {
        show(stream->peer, element);
    }
}

static void accepted_over(void *owner, const char *why, const char *wrong) {
    const struct peer_stream *stream = owner;
    (void)why;
    if (wrong != NULL) {
        peer_fail(stream->peer, wrong);
    }
}

const struct live_stream_calls peer_accepted_calls = {accepted_opened, accepted_came, accepted_over};

/* ------------------------------------------------------------------------------------------ streams of its own ---- */

static void ask(struct live_peer *peer, struct peer_pair *pair) {
    const char *own = peer->domains[pair->own];
    const char *const values[] = {own, pair->served, NULL, NULL};
    char key[PEER_KEY_SIZE];
    pair->step = PAIR_ASKED;
    pair->since_us = live_clock_us();
    if (!make_key(peer, pair->stream->id, own, pair->served, key)) {
        peer_fail(peer, "memory ran out");
        return;
    }
    write_dialback(peer, pair->stream->stream, "result", values, key);
}

void peer_ask_next(struct peer_stream *stream) {
    struct peer_pair *next = stream->pair->stream == stream && stream->pair->step == PAIR_WAITS ? stream->pair : NULL;
    bool asks = !stream->ready;
    for (struct peer_pair *pair = stream->peer->pairs; pair != NULL; pair = pair->next) {
        asks = asks || (pair->stream == stream && pair->step == PAIR_ASKED);
        if (next == NULL && pair->stream == stream && pair->step == PAIR_WAITS) {
            next = pair;
        }
    }
    if (next != NULL && !asks) {
        ask(stream->peer, next);
    }
}

void peer_probe(struct live_peer *peer, struct peer_pair *pair, unsigned number) {
    char id[sizeof LIVE_MARK + 16];
    snprintf(id, sizeof id, LIVE_MARK "%u", number);
    const char *const values[] = {peer->domains[pair->own], pair->served, id, NULL};
    struct live_text text = {0};
    put_dialback(&text, "verify", values, "0");
    if (text.failed) {
        peer_fail(peer, "memory ran out");
    } else {
        peer_pair_put(peer, pair, text.data, text.size, false);
    }
    live_text_free(&text);
}

static void own_is_ready(struct peer_stream *stream) {
    stream->ready = true;
    peer_ask_next(stream);
}

static void own_opened(void *owner, const struct live_element *header) {
    struct peer_stream *stream = owner;
    stream->id = header->id == NULL ? NULL : strdup(header->id);
    if (stream->id == NULL) {
        peer_fail_pair(stream->peer, stream->pair, "stream header", "it has no id");
        live_stream_break(stream->stream);
    } else if (header->version == NULL) {
        own_is_ready(stream);
    }
}

/* The pair that a result is for; NULL: none that was asked for. */
static struct peer_pair *asked_pair(const struct peer_stream *stream, const struct live_element *element) {
    const int own = peer_own(stream->peer, element->to);
    struct peer_pair *pair = stream->peer->pairs;
    while (pair != NULL && (pair->stream != stream || pair->step != PAIR_ASKED || (int)pair->own != own ||
                            !is(element->from, pair->served))) {
        pair = pair->next;
    }
    return pair;
}

/* A pair that came to another's stream, and is not wanted there, gets one of its own. */
static void not_believed(struct live_peer *peer, struct peer_pair *pair, const char *why) {
    if (pair->stream != NULL && pair->stream->pair != pair) {
        peer_pair_begin(peer, pair, true);
    } else {
        if (peer_reached(peer, pair->own)) {
            peer_fail_pair(peer, pair, pair->step == PAIR_ASKED ? "dialback" : "stream header", why);
        }
        peer_pair_drop(peer, pair);
    }
}

/* Without its own pair a stream is of no use for those that came to it. */
static void give_up_stream(struct peer_stream *stream) {
    struct live_peer *peer = stream->peer;
    for (struct peer_pair *pair = peer->pairs; pair != NULL; pair = pair->next) {
        if (pair->stream == stream) {
            peer_pair_begin(peer, pair, true);
        }
    }
    live_stream_close(stream->stream);
}

static void result_came(struct peer_stream *stream, const struct live_element *element) {
    struct live_peer *peer = stream->peer;
    struct peer_pair *pair = asked_pair(stream, element);
    if (pair == NULL) {
        return;
    }
    if (is(element->type, "valid")) {
        pair->step = PAIR_READY;
        peer_pair_flush(peer, pair);
        peer_ask_next(stream);
        return;
    }
    not_believed(peer, pair, is(element->type, "invalid") ? "the key is invalid" : "it could not find out");
    if (stream->pair == pair) {
        give_up_stream(stream);
    } else {
        peer_ask_next(stream);
    }
}

static void own_came(void *owner, const struct live_element *element) {
    struct peer_stream *stream = owner;
    if (is_dialback(element, "result")) {
        result_came(stream, element);
    } else if (is_dialback(element, "verify")) {
        peer_marks_back(stream->peer, element->id);
    } else if (is(element->ns, LIVE_NS_STREAMS) && is(element->name, "features") && !stream->ready) {
        own_is_ready(stream);
    } else if (live_is_stanza(element)) {
        show(stream->peer, element);
    }
}

static void own_over(void *owner, const char *why, const char *wrong) {
    struct peer_stream *stream = owner;
    struct live_peer *peer = stream->peer;
    char text[160];
    if (wrong != NULL) {
        snprintf(text, sizeof text, "%s", wrong);
    } else {
        snprintf(text, sizeof text, "it ends the stream: %s", why);
    }
    for (struct peer_pair *pair = peer->pairs; pair != NULL; pair = pair->next) {
        if (pair->stream == stream && pair->step != PAIR_READY) {
            not_believed(peer, pair, text);
        } else if (pair->stream == stream) {
            if (pair->scripted) {
                peer_fail_pair(peer, pair, "before what the script sends was written", text);
            }
            live_text_free(&pair->waiting);
            pair->stream = NULL;
            peer_marks_again(peer, pair);
        }
    }
    if (stream->used) {
        peer->events.ended(peer->events.context, why);
    }
}

const struct live_stream_calls peer_own_calls = {own_opened, own_came, own_over};
