/* peer_marks.c - barriers of a peer: pings of its own on its streams, whose answers come back behind all that the
 * target had to send. Where the target has no way to the peer, a question of dialback is asked instead, which every
 * server answers on the stream on which it came, so that at least what the peer sent before has been read. */
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES_MAX = 3, REMIND_US = 100000 };

/* ------------------------------------------------------------------------------------------------------- marks ---- */

/* What is in the middle of an element must not be followed by anything else. */
static struct peer_pair *pair_for(struct live_peer *peer, size_t own, const char *served) {
    struct peer_pair *pair = peer_pair_find(peer, own, served, false);
    const bool middle = pair != NULL && pair->stream != NULL && pair->stream->raw == LIVE_RAW_MIDDLE;
    return middle ? peer_pair_find(peer, own, served, true) : pair;
}

/* The answer comes from the domain as the peer has shown it: some servers hold one with a full stop behind it for
 * another, and would end the stream. */
static void answer(struct live_peer *peer, const struct live_element *element) {
    const int own = peer_own(peer, element->to);
    char served[ROUTER_JID_PART_MAX + 1];
    struct live_element asked = *element;
    struct live_text text = {0};
    if (own < 0 || !peer_domain(element->from, served, sizeof served)) {
        return;
    }
    asked.to = peer->domains[own];
    (void)live_mark_answer(&text, &asked);
    struct peer_pair *pair = text.failed ? NULL : pair_for(peer, (size_t)own, served);
    if (pair == NULL) {
        peer_fail(peer, "memory ran out");
    } else {
        peer_pair_put(peer, pair, text.data, text.size, false);
    }
    live_text_free(&text);
}

bool peer_marks_see(struct live_peer *peer, const struct live_element *element) {
    if (!live_is_mark(element)) {
        return false;
    }
    if (element->type != NULL && strcmp(element->type, "get") == 0) {
        answer(peer, element);
    } else {
        peer_marks_back(peer, element->id);
    }
    return true;
}

static void ask(struct live_peer *peer, struct peer_mark *mark) {
    struct live_text text = {0};
    mark->asked_us = live_clock_us();
    char id[sizeof LIVE_MARK + 16];
    snprintf(id, sizeof id, LIVE_MARK "%u", mark->number);
    live_mark_ask(&text, peer->domains[mark->pair->own], mark->pair->served, id);
    if (text.failed) {
        peer_fail(peer, "memory ran out");
    } else {
        peer_pair_put(peer, mark->pair, text.data, text.size, false);
    }
    live_text_free(&text);
}

static struct peer_mark *add_mark(struct live_peer *peer, struct peer_pair *pair) {
    struct peer_mark *mark = pair == NULL ? NULL : calloc(1, sizeof *mark);
    if (mark == NULL) {
        peer_fail(peer, "memory ran out");
        return NULL;
    }
    *mark = (struct peer_mark){.next = peer->marks, .pair = pair, .number = ++peer->first->mark_count};
    peer->marks = mark;
    return mark;
}

/* Whether the answer to a ping would find its way to the peer. */
static bool comes_back(const struct live_peer *peer, size_t own, const char *served, bool ready) {
    return !peer_is_troubled(peer) && (peer_reached(peer, own) || (ready && peer_is_verified(peer, served, own)));
}

static void mark_pair(struct live_peer *peer, size_t own, const char *served) {
    struct peer_pair *pair = pair_for(peer, own, served);
    if (pair == NULL) {
        peer_fail(peer, "memory ran out");
        return;
    }
    const bool back = comes_back(peer, own, served, pair->stream != NULL && pair->step == PAIR_READY);
    struct peer_mark *mark = back || pair->stream != NULL ? add_mark(peer, pair) : NULL;
    if (mark == NULL || (pair->stream != NULL && pair->stream->raw == LIVE_RAW_ENDS)) {
        return; /* when the stream has ended, it is asked on the next one */
    }
    mark->probes = !back;
    if (back) {
        ask(peer, mark);
    } else {
        peer_probe(peer, pair, mark->number);
    }
}

bool live_peer_marker(struct live_peer *peer, const char *served_domain, struct live_error *error) {
    const struct live_peer *first = peer->first;
    const bool passes = !first->down && !first->cut && !first->stall_in && !first->stall_out;
    char served[ROUTER_JID_PART_MAX + 1];
    if (!peer_domain(served_domain, served, sizeof served)) {
        return live_fail(error, "%s is no domain", served_domain);
    }
    for (size_t i = 0; i < peer->domain_count && passes; i++) {
        mark_pair(peer, i, served);
    }
    *error = peer->failure;
    return !peer->failed;
}

bool live_peer_marked(const struct live_peer *peer) {
    return peer->marks == NULL;
}

/* ------------------------------------------------------------------------------------------------- coming back ---- */

static void remove_mark(struct live_peer *peer, const char *id) {
    char own[sizeof LIVE_MARK + 16];
    for (struct peer_mark **at = &peer->marks; *at != NULL; at = &(*at)->next) {
        snprintf(own, sizeof own, LIVE_MARK "%u", (*at)->number);
        if (strcmp(own, id) == 0) {
            struct peer_mark *mark = *at;
            *at = mark->next;
            free(mark);
            return;
        }
    }
}

void peer_marks_back(struct live_peer *peer, const char *id) {
    for (struct live_peer *each = peer->first; each != NULL && id != NULL; each = each->joined) {
        remove_mark(each, id);
    }
}

/* A stream that ended took the pings with it that stood behind whatever ended it. */
void peer_marks_again(struct live_peer *peer, struct peer_pair *pair) {
    if (!comes_back(peer, pair->own, pair->served, false)) {
        peer_marks_drop(peer, pair);
    }
    for (struct peer_mark *mark = peer->marks; mark != NULL; mark = mark->next) {
        if (mark->pair == pair && ++mark->tries > TRIES_MAX) {
            peer_fail_pair(peer, pair, "wait until it is quiet", "it ends every stream");
            return;
        }
        if (mark->pair == pair) {
            ask(peer, mark);
        }
    }
}

/* A server that could not reach the peer a moment ago may not try again at once, and drops the answers of that time. */
void peer_marks_remind(struct live_peer *peer) {
    const uint64_t now_us = live_clock_us();
    for (struct peer_mark *mark = peer->marks; mark != NULL && peer->first->was_away; mark = mark->next) {
        if (!mark->probes && mark->pair->step == PAIR_READY && now_us - mark->asked_us > REMIND_US &&
            (mark->pair->stream == NULL || mark->pair->stream->raw == LIVE_RAW_WHOLE)) {
            ask(peer, mark);
        }
    }
}

void peer_marks_drop(struct live_peer *peer, const struct peer_pair *pair) {
    struct peer_mark **at = &peer->marks;
    while (*at != NULL) {
        struct peer_mark *mark = *at;
        if (pair == NULL || mark->pair == pair) {
            *at = mark->next;
            free(mark);
        } else {
            at = &mark->next;
        }
    }
}
