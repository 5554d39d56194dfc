/* peer_window.c - how a peer that the target cannot reach comes to send. In the simulation such a peer counts as
 * verified; a real server asks for its name and at its port. So when it sends, all is well for as long as dialback
 * takes: some servers ask on a stream that has to be verified itself. Nothing that comes in that time is shown; and
 * before the script's stanza is written, the target's streams are closed, and everything is again as the script wants
 * it. */
#include "peer.h"

static bool is_fine(const struct world_peer *config) {
    return config->dns == WORLD_FINE && config->connect == WORLD_FINE && config->stream == WORLD_FINE &&
           config->dialback == WORLD_FINE;
}

bool peer_is_troubled(const struct live_peer *peer) {
    return !is_fine(&peer->first->config);
}

/* jabberd2 passes a stanza on from process to process, and only an answer shows that the last one has it. */
const char *live_peer_mute(const struct live_peer *peer) {
    const bool unseen = peer_is_troubled(peer) && peer->server->kind == &live_jabberd2;
    return unseen ? "what a peer sends to jabberd2 that cannot be reached itself may arrive at any time" : NULL;
}

/* What is wrong with the port or the name of the first is so for all that joined it. */
static bool show(struct live_peer *peer, enum peer_port how) {
    struct live_error error;
    const bool good = peer_listen(peer->first, how, &error) && peer_tell_dns(peer->first, &error);
    if (!good && !peer->failed) {
        peer->failed = true;
        peer->failure = error;
    }
    return good;
}

bool peer_window_open(struct live_peer *peer) {
    struct live_peer *first = peer->first;
    if (!peer_is_troubled(first) || first->down || first->cut || first->window == WINDOW_OPEN) {
        return true;
    }
    first->window = WINDOW_OPEN;
    return show(peer, PORT_OPEN);
}

/* Whether any pair of the peer is still to be verified. */
static bool is_opening(const struct live_peer *first) {
    for (const struct live_peer *each = first; each != NULL; each = each->joined) {
        for (const struct peer_pair *pair = each->pairs; pair != NULL; pair = pair->next) {
            if (pair->stream != NULL && pair->step != PAIR_READY) {
                return true;
            }
        }
    }
    return false;
}

static bool close_accepted(struct live_peer *first) {
    bool left = false;
    for (struct peer_stream *stream = first->streams; stream != NULL; stream = stream->next) {
        if (!stream->accepted || live_stream_over(stream->stream)) {
            continue;
        }
        if (stream->id == NULL) {
            live_stream_break(stream->stream);
        } else if (!live_stream_closing(stream->stream)) {
            live_stream_close(stream->stream);
        }
        left = left || !live_stream_over(stream->stream);
    }
    return left;
}

static void flush_all(struct live_peer *first) {
    for (struct live_peer *each = first; each != NULL; each = each->joined) {
        for (struct peer_pair *pair = each->pairs; pair != NULL; pair = pair->next) {
            peer_pair_flush(each, pair);
        }
    }
}

void peer_window_step(struct live_peer *peer) {
    struct live_peer *first = peer->first;
    if (first->window == WINDOW_OPEN && !is_opening(first)) {
        first->window = WINDOW_CLOSING;
    }
    if (first->window == WINDOW_CLOSING && !close_accepted(first)) {
        first->window = WINDOW_NONE;
        (void)show(peer, peer_wanted_port(first));
        flush_all(first);
    }
}
