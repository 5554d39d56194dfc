/* peer.c - a remote server that the script plays: which of its streams a stanza goes on, and their end. */
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DOMAIN_SIZE = ROUTER_JID_PART_MAX + 1 };

void peer_fail(struct live_peer *peer, const char *why) {
    if (!peer->failed) {
        peer->failed = true;
        live_fail(&peer->failure, "%s: streams with %s: %s", live_target_name(peer->server->target), peer->domains[0],
                  why);
    }
}

void peer_fail_pair(struct live_peer *peer, const struct peer_pair *pair, const char *step, const char *why) {
    if (!peer->failed) {
        peer->failed = true;
        live_fail(&peer->failure, "%s: open a stream from %s to %s at 127.0.0.1:%u: %s: %s",
                  live_target_name(peer->server->target), peer->domains[pair->own], pair->served,
                  peer->server->s2s_port, step, why);
    }
}

/* ----------------------------------------------------------------------------------------------------- domains ---- */

bool peer_domain(const char *jid, char *domain, size_t size) {
    struct jid_parts parts;
    const bool good =
        jid != NULL && jid_prepare((struct slice){jid, strlen(jid)}, &parts) == ROUTER_OK && parts.domain.size < size;
    if (good) {
        memcpy(domain, parts.domain.data, parts.domain.size);
        domain[parts.domain.size] = '\0';
    }
    return good;
}

int peer_own(const struct live_peer *peer, const char *jid) {
    char domain[DOMAIN_SIZE];
    if (peer_domain(jid, domain, sizeof domain)) {
        for (size_t i = 0; i < peer->domain_count; i++) {
            if (strcmp(peer->domains[i], domain) == 0) {
                return (int)i;
            }
        }
    }
    return -1;
}

/* The n-th domain that the target serves, or NULL. */
static const char *served_domain(const struct live_peer *peer, size_t n) {
    const struct live_needs *needs = &peer->server->needs;
    if (peer->served_count > 0) {
        return n < peer->served_count ? peer->served[n] : NULL;
    }
    if (n < needs->domain_count) {
        return needs->domains[n];
    }
    return n - needs->domain_count < needs->component_count ? needs->components[n - needs->domain_count] : NULL;
}

static const char *served_of(const struct live_peer *peer, const char *jid) {
    char domain[DOMAIN_SIZE];
    const char *served = NULL;
    if (peer_domain(jid, domain, sizeof domain)) {
        for (size_t i = 0; (served = served_domain(peer, i)) != NULL && strcmp(served, domain) != 0; i++) {
        }
    }
    return served;
}

bool live_peer_serves(struct live_peer *peer, const char *domain) {
    char prepared[DOMAIN_SIZE];
    char **grown = realloc(peer->served, (peer->served_count + 1) * sizeof *grown);
    char *copy = grown == NULL || !peer_domain(domain, prepared, sizeof prepared) ? NULL : strdup(prepared);
    peer->served = grown == NULL ? peer->served : grown;
    if (copy != NULL) {
        peer->served[peer->served_count++] = copy;
    }
    return copy != NULL;
}

bool live_peer_is_reached(const struct live_peer *peer) {
    const struct peer_stream *stream = peer->first->streams;
    while (stream != NULL && (!stream->accepted || stream->verified_count == 0 || live_stream_over(stream->stream))) {
        stream = stream->next;
    }
    return stream != NULL;
}

/* ------------------------------------------------------------------------------------------------------- pairs ---- */

struct peer_pair *peer_pair_find(struct live_peer *peer, size_t own, const char *served, bool aside) {
    struct peer_pair **at = &peer->pairs;
    while (*at != NULL && ((*at)->own != own || (*at)->aside != aside || strcmp((*at)->served, served) != 0)) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        return *at;
    }
    struct peer_pair *pair = calloc(1, sizeof *pair);
    if (pair != NULL) {
        *pair = (struct peer_pair){.own = own, .served = strdup(served), .aside = aside};
    }
    if (pair != NULL && pair->served == NULL) {
        free(pair);
        pair = NULL;
    }
    *at = pair; /* behind the others, so that they are asked for in the order in which they were wanted */
    return pair;
}

/* A stream of the peer to the same domain of the target, opened for another domain of its own (XEP-0220 2.7). */
static struct peer_stream *carrier_for(const struct live_peer *peer, const struct peer_pair *wanted) {
    struct peer_stream *stream = peer->streams;
    while (stream != NULL &&
           (stream->accepted || live_stream_over(stream->stream) || live_stream_closing(stream->stream) ||
            stream->pair->aside || stream->raw != LIVE_RAW_WHOLE || stream->pair->own == wanted->own ||
            strcmp(stream->pair->served, wanted->served) != 0)) {
        stream = stream->next;
    }
    return stream;
}

static void open_own(struct live_peer *peer, struct peer_pair *pair) {
    struct peer_stream *stream = peer_stream_add(peer, -1, pair->served);
    if (stream == NULL) {
        peer_fail(peer, "there is no room for another stream");
        return;
    }
    stream->pair = pair;
    pair->stream = stream;
    live_stream_open(stream->stream, "jabber:server", peer->domains[pair->own], pair->served, NULL, true);
}

void peer_pair_begin(struct live_peer *peer, struct peer_pair *pair, bool alone) {
    if (peer_is_away(peer, pair->own)) {
        peer_pair_drop(peer, pair); /* the target would ask for it in vain */
        return;
    }
    if (!peer_window_open(peer)) {
        return;
    }
    pair->step = PAIR_WAITS;
    pair->since_us = live_clock_us();
    pair->stream = alone || pair->aside ? NULL : carrier_for(peer, pair);
    if (pair->stream == NULL) {
        open_own(peer, pair);
    } else {
        peer_ask_next(pair->stream);
    }
}

void peer_pair_flush(struct live_peer *peer, struct peer_pair *pair) {
    if (pair->waiting.failed) {
        peer_fail(peer, "memory ran out");
    } else if (pair->stream != NULL && pair->step == PAIR_READY && pair->waiting.size > 0 &&
               peer->first->window == WINDOW_NONE) {
        struct live_text text = pair->waiting;
        pair->waiting = (struct live_text){0};
        pair->stream->used = pair->stream->used || pair->scripted;
        pair->scripted = false;
        live_stream_write(pair->stream->stream, text.data, text.size);
        live_text_free(&text);
    }
}

void peer_pair_put(struct live_peer *peer, struct peer_pair *pair, const char *bytes, size_t size, bool scripted) {
    live_text_add(&pair->waiting, bytes, size);
    pair->scripted = pair->scripted || scripted;
    if (pair->waiting.size > LIVE_UNSENT_MAX) {
        peer_fail(peer, "too much waits to be sent");
    } else if (pair->stream == NULL) {
        peer_pair_begin(peer, pair, false);
    } else {
        peer_pair_flush(peer, pair);
    }
}

void peer_pair_drop(struct live_peer *peer, struct peer_pair *pair) {
    live_text_free(&pair->waiting);
    pair->scripted = false;
    pair->stream = NULL;
    peer_marks_drop(peer, pair);
}

/* ----------------------------------------------------------------------------------------------------- sending ---- */

/* Where a stanza goes whose addresses are of no pair: it follows the last one. */
static struct peer_pair *pair_anyway(struct live_peer *peer) {
    if (peer->last != NULL && peer->last->stream != NULL) {
        return peer->last;
    }
    const char *served = served_domain(peer, 0);
    return served == NULL ? NULL : peer_pair_find(peer, 0, served, false);
}

static char *text_of(bool there, struct slice slice) {
    return there ? strndup(slice.data, slice.size) : NULL;
}

static struct peer_pair *pair_of(struct live_peer *peer, const struct stanza *stanza) {
    char *from = text_of(stanza->has_from, stanza->from), *to = text_of(stanza->has_to, stanza->to);
    const int own = peer_own(peer, from);
    const char *served = served_of(peer, to);
    struct peer_pair *pair = own >= 0 && served != NULL ? peer_pair_find(peer, (size_t)own, served, false) : NULL;
    free(from);
    free(to);
    return pair != NULL ? pair : pair_anyway(peer);
}

static void put_piece(struct live_peer *peer, struct peer_pair *pair, const char *bytes, size_t size, bool raw) {
    if (pair == NULL) {
        peer_fail(peer, "there is no stream for what the script sends");
        return;
    }
    peer->last = pair;
    peer_pair_put(peer, pair, bytes, size, true);
    struct peer_stream *stream = pair->stream;
    if (stream != NULL && (raw || stream->raw != LIVE_RAW_WHOLE)) {
        stream->raw = live_raw_add(&stream->open, bytes, size);
    }
}

/* Each stanza goes out by itself, with whatever stands behind it. */
static void put_stanzas(struct live_peer *peer, struct stanza_reader *reader, const char *bytes, size_t size) {
    struct stanza stanza;
    struct peer_pair *pair = NULL;
    enum stanza_read read;
    size_t begun = 0;
    bool some = false;
    while ((read = stanza_reader_next(reader, &stanza)) == STANZA_READY) {
        const size_t at = (size_t)(stanza.start.data - bytes);
        if (some) {
            put_piece(peer, pair, bytes + begun, at - begun, false);
            begun = at;
        }
        pair = pair_of(peer, &stanza);
        some = true;
    }
    put_piece(peer, some ? pair : pair_anyway(peer), bytes + begun, size - begun, read == STANZA_FAULT);
}

bool live_peer_send(struct live_peer *peer, bool raw, const char *bytes, size_t size, struct live_error *error) {
    const char *mute = live_peer_mute(peer);
    if (mute != NULL) {
        return live_fail(error, "%s: %s", peer->domains[0], mute);
    }
    if (raw) {
        put_piece(peer, pair_anyway(peer), bytes, size, true);
    } else {
        struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_SERVER, size);
        if (reader != NULL && stanza_reader_feed(reader, (struct slice){bytes, size}) == ROUTER_OK) {
            put_stanzas(peer, reader, bytes, size);
        } else {
            peer_fail(peer, "memory ran out");
        }
        stanza_reader_free(reader);
    }
    *error = peer->failure;
    return !peer->failed;
}

/* -------------------------------------------------------------------------------------------------------- ends ---- */

void live_peer_end(struct live_peer *peer, bool breaks, const char *condition) {
    peer_marks_drop(peer, NULL);
    for (struct peer_stream *stream = peer->streams; stream != NULL; stream = stream->next) {
        if (stream->id == NULL) {
            live_stream_break(stream->stream);
        } else if (breaks) {
            live_stream_drop(stream->stream);
        } else if (live_stream_closing(stream->stream)) {
            continue;
        } else if (condition != NULL) {
            live_stream_error(stream->stream, condition);
        } else {
            live_stream_close(stream->stream);
        }
    }
    for (struct peer_pair *pair = peer->pairs; pair != NULL; pair = pair->next) {
        peer_pair_drop(peer, pair);
    }
    peer_sweep(peer);
}

bool live_peer_ending(const struct live_peer *peer) {
    const struct peer_stream *stream = peer->streams;
    while (stream != NULL && !live_stream_closing(stream->stream)) {
        stream = stream->next;
    }
    return stream != NULL;
}

size_t live_peer_descriptors(const struct live_peer *peer, int *fds, size_t room) {
    if (room > 0) {
        fds[0] = peer->loop;
    }
    return 1;
}

static void check_patience(struct live_peer *peer) {
    static const char *const steps[] = {[PAIR_WAITS] = "stream header", [PAIR_ASKED] = "dialback"};
    const uint64_t now_us = live_clock_us(), patience_us = (uint64_t)peer->server->seconds * 1000000;
    const struct live_peer *first = peer->first;
    for (struct peer_pair *pair = peer->pairs; pair != NULL; pair = pair->next) {
        const bool waits = pair->stream != NULL && pair->step != PAIR_READY && now_us - pair->since_us > patience_us;
        if (waits && !peer_reached(peer, pair->own)) {
            peer_pair_drop(peer, pair);
        } else if (waits && !first->stall_in && !first->stall_out) {
            peer_fail_pair(peer, pair, steps[pair->step], "no answer");
        }
    }
}

bool live_peer_work(struct live_peer *peer, struct live_error *error) {
    while (live_loop_work(peer->loop) && peer_accept(peer)) {
    }
    peer_sweep(peer);
    peer_window_step(peer);
    peer_marks_remind(peer);
    check_patience(peer);
    *error = peer->failure;
    return !peer->failed;
}
