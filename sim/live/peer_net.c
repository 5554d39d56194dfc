/* peer_net.c - where a peer can be found, or not: its port, its name, and its streams; how it begins and ends. */
#include "peer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

enum { BACKLOG = 64, HOSTS = 250, NOTICE_US = 1000000 };

/* ---------------------------------------------------------------------------------------------------- its port ---- */

void peer_close_port(struct live_peer *peer) {
    int *fds[] = {&peer->listener, &peer->fillers[0], &peer->fillers[1]};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        if (*fds[i] >= 0) {
            close(*fds[i]);
            *fds[i] = -1;
        }
    }
}

/* With a backlog of nothing one connection that is never accepted is enough for the next ones to get no answer. */
static bool fill(struct live_peer *peer, const struct sockaddr_in *in) {
    bool good = listen(peer->listener, 0) == 0;
    for (size_t i = 0; i < 2 && good; i++) {
        peer->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        good = peer->fillers[i] >= 0 && (connect(peer->fillers[i], (const struct sockaddr *)in, sizeof *in) == 0 ||
                                         errno == EINPROGRESS || errno == EAGAIN);
    }
    return good;
}

static bool hear(struct live_peer *peer) {
    struct epoll_event event = {.events = EPOLLIN};
    return listen(peer->listener, BACKLOG) == 0 && epoll_ctl(peer->loop, EPOLL_CTL_ADD, peer->listener, &event) == 0;
}

/* A port that is bound, and at which nobody listens, refuses, and is nobody else's. */
bool peer_listen(struct live_peer *peer, enum peer_port how, struct live_error *error) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(peer->port)};
    socklen_t size = sizeof in;
    const int yes = 1;
    peer_close_port(peer);
    peer->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const bool bound = peer->listener >= 0 && inet_pton(AF_INET, peer->address, &in.sin_addr) == 1 &&
                       setsockopt(peer->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
                       bind(peer->listener, (const struct sockaddr *)&in, sizeof in) == 0 &&
                       getsockname(peer->listener, (struct sockaddr *)&in, &size) == 0;
    peer->port = ntohs(in.sin_port);
    if (!bound || (how == PORT_OPEN && !hear(peer)) || (how == PORT_SILENT && !fill(peer, &in))) {
        return live_fail(error, "%s: no port can be opened at %s: %s", peer->domains[0], peer->address,
                         strerror(errno));
    }
    return true;
}

enum peer_port peer_wanted_port(const struct live_peer *peer) {
    if (peer->down || peer->config.connect == WORLD_FAILS) {
        return PORT_REFUSES;
    }
    return peer->cut || peer->config.connect == WORLD_SILENT ? PORT_SILENT : PORT_OPEN;
}

bool peer_accept(struct live_peer *peer) {
    bool some = false;
    for (int socket; (socket = accept(peer->listener, NULL, NULL)) >= 0; some = true) {
        (void)peer_stream_add(peer, socket, NULL);
    }
    return some;
}

/* ---------------------------------------------------------------------------------------------------- its name ---- */

bool peer_tell_dns(struct live_peer *peer, struct live_error *error) {
    static const enum live_dns_answer answers[] = {
        [WORLD_FINE] = LIVE_DNS_HERE, [WORLD_FAILS] = LIVE_DNS_NONE, [WORLD_SILENT] = LIVE_DNS_SILENT};
    for (size_t i = 0; i < peer->domain_count; i++) {
        const enum world_trouble dns = peer->window == WINDOW_OPEN ? WORLD_FINE : peer->config.dns;
        const enum live_dns_answer answer = peer->lost[i] ? LIVE_DNS_NONE : answers[dns];
        if (!live_dns_set(peer->server->dns, peer->domains[i], answer, peer->address, peer->port)) {
            return live_fail(error, "%s: its name cannot be answered", peer->domains[i]);
        }
    }
    return true;
}

bool peer_is_away(const struct live_peer *peer, size_t own) {
    const struct live_peer *first = peer->first;
    return first->down || first->cut || first->lost[own];
}

bool peer_reached(const struct live_peer *peer, size_t own) {
    const struct live_peer *first = peer->first;
    const struct world_peer *config = &first->config;
    const bool fine = config->dns == WORLD_FINE && config->connect == WORLD_FINE && config->stream == WORLD_FINE;
    return (fine || first->window == WINDOW_OPEN) && !peer_is_away(peer, own);
}

/* ------------------------------------------------------------------------------------------------- its streams ---- */

static void hold(const struct peer_stream *stream) {
    const struct live_peer *first = stream->peer->first;
    live_stream_hold(stream->stream, first->stall_in || stream->silent, first->stall_out || stream->silent);
}

struct peer_stream *peer_stream_add(struct live_peer *peer, int socket, const char *served) {
    const struct live_peer *first = peer->first;
    struct peer_stream *stream = peer->stream_count < PEER_STREAMS_MAX ? calloc(1, sizeof *stream) : NULL;
    if (stream == NULL) {
        if (socket >= 0) {
            close(socket);
        }
        return NULL;
    }
    *stream = (struct peer_stream){.peer = peer, .accepted = socket >= 0};
    stream->stream = socket >= 0 ? live_stream_new(peer->loop, socket, &peer_accepted_calls, stream)
                                 : live_stream_connect(peer->loop, first->address,
                                                       live_home(peer->server, served)->s2s_port, &peer_own_calls, stream);
    if (stream->stream == NULL) {
        free(stream);
        return NULL;
    }
    stream->next = peer->streams;
    peer->streams = stream;
    peer->stream_count++;
    stream->silent = socket >= 0 && peer->config.stream == WORLD_SILENT && peer->window == WINDOW_NONE;
    hold(stream);
    return stream;
}

static void free_stream(struct peer_stream *stream) {
    live_stream_free(stream->stream);
    live_text_free(&stream->open);
    for (size_t i = 0; i < stream->verified_count; i++) {
        free(stream->verified[i].served);
    }
    free(stream->id);
    free(stream);
}

void peer_sweep(struct live_peer *peer) {
    struct peer_stream **at = &peer->streams;
    while (*at != NULL) {
        struct peer_stream *stream = *at;
        if (live_stream_over(stream->stream)) {
            for (struct peer_pair *pair = peer->pairs; pair != NULL; pair = pair->next) {
                pair->stream = pair->stream == stream ? NULL : pair->stream;
            }
            *at = stream->next;
            peer->stream_count--;
            free_stream(stream);
        } else {
            at = &stream->next;
        }
    }
}

/* ---------------------------------------------------------------------------------------------- beginning, end ---- */

static bool is_ascii(const char *text) {
    while ((unsigned char)*text - 1u < 127) {
        text++;
    }
    return *text == '\0';
}

const char *live_peer_cannot(const struct live_server *server, const struct world_peer *config) {
    bool ascii = is_ascii(config->domain);
    for (size_t i = 0; i < config->also_count; i++) {
        ascii = ascii && is_ascii(config->also[i]);
    }
    if (server->dns == NULL || server->s2s_port == 0) {
        return "a server that runs already looks up names elsewhere, and finds no peer that is played here";
    }
    if (config->auth != WORLD_FINE) {
        return "a real server that does not trust a certificate has to ask for one, and this one does not";
    }
    if (config->dns == WORLD_SILENT && server->kind == &live_prosody) {
        return "Prosody asks a name server that is silent for half a minute and longer";
    }
    if (!ascii) {
        return "the domain of a peer that real servers look up is plain ASCII here";
    }
    return NULL;
}

static bool copy_domains(struct live_peer *peer, const char *own, const char *const *also, size_t also_count) {
    char domain[ROUTER_JID_PART_MAX + 1];
    peer->domains = calloc(also_count + 1, sizeof *peer->domains);
    peer->lost = calloc(also_count + 1, sizeof *peer->lost);
    bool good = peer->domains != NULL && peer->lost != NULL;
    for (size_t i = 0; i <= also_count && good; i++) {
        good = peer_domain(i == 0 ? own : also[i - 1], domain, sizeof domain) &&
               (peer->domains[i] = strdup(domain)) != NULL;
        peer->domain_count += good;
    }
    return good;
}

static struct live_peer *peer_alloc(struct live_server *server, const struct live_peer_events *events,
                                    struct live_error *error) {
    struct live_peer *peer = calloc(1, sizeof *peer);
    if (peer == NULL) {
        live_fail(error, "memory ran out");
        return NULL;
    }
    *peer = (struct live_peer){.server = server, .first = peer, .events = *events, .listener = -1, .fillers = {-1, -1}};
    peer->loop = live_loop_new();
    return peer;
}

/* Each peer an address of its own: some servers take two at one address for one. */
static void choose_address(struct live_peer *peer) {
    unsigned sum = 0;
    for (const char *c = peer->domains[0]; *c != '\0'; c++) {
        sum = (sum * 31 + (unsigned char)*c) % HOSTS;
    }
    snprintf(peer->address, sizeof peer->address, "127.0.1.%u", sum + 1);
}

struct live_peer *live_peer_new(struct live_server *server, const struct world_peer *config,
                                const struct live_peer_events *events, struct live_error *error) {
    const char *cannot = live_peer_cannot(server, config);
    if (cannot != NULL) {
        live_fail(error, "%s: %s", config->domain, cannot);
        return NULL;
    }
    struct live_peer *peer = peer_alloc(server, events, error);
    if (peer == NULL) {
        return NULL;
    }
    peer->config = *config;
    peer->config.domain = NULL;
    peer->config.also = NULL;
    peer->config.stream_error = NULL;
    peer->stream_error = strdup(config->stream_error == NULL ? "undefined-condition" : config->stream_error);
    bool good = peer->loop >= 0 && peer->stream_error != NULL &&
                copy_domains(peer, config->domain, config->also, config->also_count);
    if (!good) {
        live_fail(error, "%s: memory ran out, or it is no domain", config->domain);
    } else {
        choose_address(peer);
        good = live_secret(peer->secret, error) && peer_listen(peer, peer_wanted_port(peer), error) &&
               peer_tell_dns(peer, error);
    }
    if (!good) {
        live_peer_free(peer);
        return NULL;
    }
    return peer;
}

struct live_peer *live_peer_join(struct live_peer *first, const struct live_peer_events *events,
                                 struct live_error *error) {
    struct live_peer *peer = peer_alloc(first->server, events, error);
    if (peer == NULL) {
        return NULL;
    }
    memcpy(peer->secret, first->secret, sizeof peer->secret);
    const char *const *also = (const char *const *)first->domains + 1;
    if (peer->loop < 0 || !copy_domains(peer, first->domains[0], also, first->domain_count - 1)) {
        live_fail(error, "%s: memory ran out", first->domains[0]);
        live_peer_free(peer);
        return NULL;
    }
    peer->first = first;
    peer->joined = first->joined;
    first->joined = peer;
    return peer;
}

static void leave_first(struct live_peer *peer) {
    struct live_peer **at = &peer->first->joined;
    while (peer->first != peer && *at != NULL && *at != peer) {
        at = &(*at)->joined;
    }
    if (peer->first != peer && *at == peer) {
        *at = peer->joined;
    }
}

static void free_domains(struct live_peer *peer) {
    for (size_t i = 0; i < peer->domain_count; i++) {
        free(peer->domains[i]);
    }
    for (size_t i = 0; i < peer->served_count; i++) {
        free(peer->served[i]);
    }
    free(peer->domains);
    free(peer->served);
    free(peer->lost);
}

static void forget_names(struct live_peer *peer) {
    for (size_t i = 0; i < peer->domain_count && peer->first == peer; i++) {
        (void)live_dns_set(peer->server->dns, peer->domains[i], LIVE_DNS_NONE, NULL, 0);
    }
}

void live_peer_free(struct live_peer *peer) {
    if (peer == NULL) {
        return;
    }
    leave_first(peer);
    forget_names(peer);
    live_peer_end(peer, false, NULL);
    while (peer->streams != NULL) {
        struct peer_stream *next = peer->streams->next;
        free_stream(peer->streams);
        peer->streams = next;
    }
    while (peer->pairs != NULL) {
        struct peer_pair *next = peer->pairs->next;
        live_text_free(&peer->pairs->waiting);
        free(peer->pairs->served);
        free(peer->pairs);
        peer->pairs = next;
    }
    peer_close_port(peer);
    if (peer->loop >= 0) {
        close(peer->loop);
    }
    free_domains(peer);
    free(peer->stream_error);
    free(peer);
}

/* ------------------------------------------------------------------------------------------------------ faults ---- */

/* What the target sends before it knows that a stream is broken would be lost without a trace. */
static void break_all(struct live_peer *peer) {
    const uint64_t end_us = live_clock_us() + NOTICE_US;
    live_peer_end(peer, true, NULL);
    while (live_peer_ending(peer) && live_clock_us() < end_us) {
        struct pollfd fd = {.fd = peer->loop, .events = POLLIN};
        (void)poll(&fd, 1, NOTICE_US / 1000);
        (void)live_loop_work(peer->loop);
    }
    for (struct peer_stream *stream = peer->streams; stream != NULL; stream = stream->next) {
        live_stream_break(stream->stream);
    }
    peer_sweep(peer);
}

static bool change_port(struct live_peer *peer, struct live_error *error) {
    const bool good = peer_listen(peer, peer_wanted_port(peer), error);
    peer->was_away = true;
    for (struct live_peer *each = peer; each != NULL && (peer->down || peer->cut); each = each->joined) {
        break_all(each);
    }
    return good;
}

static void change_hold(struct live_peer *peer) {
    for (struct live_peer *each = peer; each != NULL; each = each->joined) {
        for (struct peer_stream *stream = each->streams; stream != NULL; stream = stream->next) {
            hold(stream);
        }
    }
}

static bool change_name(struct live_peer *peer, const char *domain, bool lost, struct live_error *error) {
    const int own = peer_own(peer, domain);
    if (own < 0) {
        return live_fail(error, "%s is no domain of %s", domain, peer->domains[0]);
    }
    peer->lost[own] = lost;
    peer->was_away = true;
    return peer_tell_dns(peer, error);
}

const char *live_peer_fault_cannot(const struct live_peer *peer, enum live_peer_fault fault) {
    const bool name = fault == LIVE_PEER_LOSE || fault == LIVE_PEER_FIND;
    return name && peer->server->kind == &live_jabberd2 ? "jabberd2 remembers for a second what it was told of a name"
                                                        : NULL;
}

bool live_peer_fault(struct live_peer *peer, enum live_peer_fault fault, const char *domain, struct live_error *error) {
    peer = peer->first;
    switch (fault) {
    case LIVE_PEER_CRASH:
    case LIVE_PEER_START:
        peer->down = fault == LIVE_PEER_CRASH;
        return change_port(peer, error);
    case LIVE_PEER_CUT:
        peer->cut = true;
        return change_port(peer, error);
    case LIVE_PEER_STALL_IN:
        peer->stall_in = true;
        break;
    case LIVE_PEER_STALL_OUT:
        peer->stall_out = true;
        break;
    case LIVE_PEER_HEAL:
        peer->stall_in = peer->stall_out = false;
        if (peer->cut) {
            peer->cut = false;
            return change_port(peer, error);
        }
        break;
    case LIVE_PEER_LOSE:
    case LIVE_PEER_FIND:
        return change_name(peer, domain, fault == LIVE_PEER_LOSE, error);
    }
    change_hold(peer);
    return true;
}
