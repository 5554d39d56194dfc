/* venue.c - a case on a real server: time, the log and what there is. */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    TURN_MS = 100, /* libstrophe has timers of its own, which are looked at so often */
    PEER_FDS_MAX = 8
};

/* ------------------------------------------------------------------------------------------------------- texts ---- */

static char *copy(const char *text, size_t size, size_t *out_size) {
    char *same = malloc(size + 1);
    if (same != NULL) {
        memcpy(same, text, size);
        same[size] = '\0';
        *out_size = size;
    }
    return same;
}

char *live_venue_out(struct live_venue *venue, const char *text, size_t size, size_t *out_size) {
    return venue->names == NULL || size == 0 ? copy(text, size, out_size)
                                             : live_names_out(venue->names, text, size, out_size);
}

char *live_venue_back(struct live_venue *venue, const char *text, size_t size, size_t *out_size) {
    return venue->names == NULL || size == 0 ? copy(text, size, out_size)
                                             : live_names_back(venue->names, text, size, out_size);
}

struct slice live_slice(const char *text) {
    return (struct slice){.data = text, .size = strlen(text)};
}

struct slice live_jid_domain(struct slice jid) {
    const char *slash = jid.size == 0 ? NULL : memchr(jid.data, '/', jid.size);
    const size_t size = slash == NULL ? jid.size : (size_t)(slash - jid.data);
    const char *at = size == 0 ? NULL : memchr(jid.data, '@', size);
    const size_t before = at == NULL ? 0 : (size_t)(at + 1 - jid.data);
    return (struct slice){.data = jid.data + before, .size = size - before};
}

bool live_same_domain(struct slice a, const char *b) {
    return strlen(b) == a.size && strncasecmp(a.data, b, a.size) == 0;
}

struct live_actor *live_venue_actor(const struct live_venue *venue, struct slice domain) {
    for (size_t i = 0; i < venue->actor_count; i++) {
        struct live_actor *actor = venue->actors[i];
        for (char **own = actor->domains; own != NULL && *own != NULL; own++) {
            if (live_same_domain(domain, *own)) {
                return actor;
            }
        }
    }
    return NULL;
}

bool live_venue_serves(const struct live_venue *venue, struct slice domain) {
    for (size_t i = 0; i < venue->domain_count; i++) {
        if (live_same_domain(domain, venue->domains[i])) {
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------------------------------------------- failing ---- */

/* Whether it gives any answers is looked into before the next case. */
static void doubt(struct live_server *server) {
    for (size_t i = 0; i < server->part_count; i++) {
        doubt(server->parts[i]);
    }
    atomic_store(&server->doubted, true);
}

void live_venue_fails(struct live_venue *venue, const struct live_error *error) {
    if (venue->result != ROUTER_OK) {
        return;
    }
    venue->result = error == NULL ? ROUTER_E_NOMEM : VENUE_E_DOWN;
    if (error == NULL) {
        live_fail(&venue->error, "memory ran out");
        return;
    }
    doubt(venue->server);
    if (live_clock_us() < venue->end_us) {
        venue->error = *error;
    } else {
        live_fail(&venue->error, "this takes more than the %u s that it may%s%s", venue->seconds,
                  error->text[0] == '\0' ? "" : ": ", error->text);
    }
}

int live_venue_result(const struct live_venue *venue, struct router_error *error) {
    return venue->result == ROUTER_OK ? ROUTER_OK : live_refuse(error, venue->result, "%s", venue->error.text);
}

int live_venue_down(struct live_venue *venue, const struct live_error *why, struct router_error *error) {
    live_venue_fails(venue, why);
    return live_venue_result(venue, error);
}

/* The case's time is over: what is waited for is what is not as it should be. */
static void run_late(struct live_venue *venue) {
    struct live_error error = {.text = ""};
    const char *name = live_target_name(venue->server->target);
    bool found = false;
    for (size_t i = 0; !found && i < venue->actor_count; i++) {
        const struct live_actor *actor = venue->actors[i];
        found = true;
        if (actor->client != NULL && live_client_state(actor->client) == LIVE_CLIENT_CONNECTING) {
            (void)live_client_error(actor->client, &error);
        } else if (actor->coming) {
            live_fail(&error, "%s: attach the component %s: no answer", name, actor->domain);
        } else if (live_actor_ending(actor)) {
            live_fail(&error, "%s: end the stream of %s: no answer", name, actor->name);
        } else {
            found = false;
        }
    }
    if (!found && venue->barrier.going) {
        (void)live_barrier_missing(venue, &error);
    }
    live_venue_fails(venue, &error);
}

/* A connection that ends without a word may be all that is seen of a server that has died. Some of its sockets go before
 * others, so that only an answer shows that it lives. */
static void look_for_server(struct live_venue *venue) {
    const struct live_actor *actor = venue->bereft;
    const char *address = "";
    uint16_t port = 0;
    struct live_error why, error;
    venue->bereft = NULL;
    if (live_where(venue->server, actor->domain, &address, &port) &&
        !live_reach(venue->server, actor->domain, venue->end_us, &why)) {
        live_fail(&error, "%s: the stream of %s at %s:%u ended, and nobody answers there any more",
                  live_target_name(venue->server->target), actor->jid, address, port);
        live_venue_fails(venue, &error);
    }
}

/* ----------------------------------------------------------------------------------------------------- events ---- */

/* Takes an attribute off the stanza itself, if it has that value. returns the new size. */
static size_t without(char *stanza, size_t size, const char *name, const char *value) {
    const size_t name_size = strlen(name), value_size = strlen(value), whole = name_size + value_size + 4;
    char quote = '\0';
    for (size_t at = 0; at + whole < size && (quote != '\0' || stanza[at] != '>'); at++) {
        const char *equals = stanza + at + 1 + name_size;
        if (quote != '\0') {
            quote = stanza[at] == quote ? '\0' : quote;
        } else if (stanza[at] == '"' || stanza[at] == '\'') {
            quote = stanza[at];
        } else if (stanza[at] == ' ' && memcmp(stanza + at + 1, name, name_size) == 0 && *equals == '=' &&
                   memcmp(equals + 2, value, value_size) == 0 && equals[2 + value_size] == equals[1]) {
            memmove(stanza + at, stanza + at + whole, size - at - whole + 1);
            return size - whole;
        }
    }
    return size;
}

/* What stands between servers, and in components' streams, but not in scripts: the content namespace, and the language that
 * libstrophe's streams have. */
static size_t as_scripts_have_it(const struct live_venue *venue, char *stanza, size_t size) {
    static const char *const contents[] = {"jabber:server", "jabber:client", "jabber:component:accept"};
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        size = without(stanza, size, "xmlns", contents[i]);
    }
    return venue->english ? size : without(stanza, size, "xml:lang", "en");
}

/* The value of `from` in a stanza's start tag. */
static struct slice from_of(const char *stanza, size_t size) {
    static const char name[] = " from=";
    const char *end = memchr(stanza, '>', size);
    for (const char *at = stanza; end != NULL && at + sizeof name < end; at++) {
        const char *value = at + sizeof name;
        const char *last = memcmp(at, name, sizeof name - 1) != 0 ? NULL : memchr(value, value[-1], (size_t)(end - value));
        if (last != NULL) {
            return (struct slice){.data = value, .size = (size_t)(last - value)};
        }
    }
    return (struct slice){.data = "", .size = 0};
}

/* A component's domain is the same in every case. What a user of another case has left behind may still come to it: its
 * name, which has a dot and a number, is none that this case knows. */
static bool is_strangers(const struct live_actor *actor, const char *stanza, size_t size, const char *own, size_t own_size) {
    const struct slice from = from_of(stanza, size), known = from_of(own, own_size);
    return actor->role == LIVE_ROLE_COMPONENT && actor->venue->names != NULL && from.size > 0 &&
           from.size == known.size && memcmp(from.data, known.data, from.size) == 0 &&
           memchr(from.data, '@', from.size) != NULL &&
           memchr(from.data, '.', (size_t)((const char *)memchr(from.data, '@', from.size) - from.data)) != NULL &&
           live_venue_serves(actor->venue, live_jid_domain(from));
}

static void arrived(void *context, const char *stanza, size_t size) {
    struct live_actor *actor = context;
    struct live_venue *venue = actor->venue;
    size_t own_size = 0;
    if (actor->deaf) {
        return;
    }
    char *own = stanza == NULL ? NULL : live_venue_back(venue, stanza, size, &own_size);
    if (own == NULL) {
        live_venue_fails(venue, NULL);
        return;
    }
    if (is_strangers(actor, stanza, size, own, own_size)) {
        free(own);
        return;
    }
    if (actor->role != LIVE_ROLE_CLIENT) {
        own_size = as_scripts_have_it(venue, own, own_size);
    }
    live_log_arrive(&venue->log, actor->index, own, own_size);
    free(own);
}

static void ended(void *context, const char *why) {
    struct live_actor *actor = context;
    struct live_venue *venue = actor->venue;
    if (actor->coming) {
        actor->coming = false;
        live_log_add(&venue->log, WORLD_REFUSED, actor->index, why);
        return;
    }
    live_log_add(&venue->log, WORLD_ENDED, actor->index, actor->leaving == NULL ? why : actor->leaving);
    live_barrier_stirs(venue);
    if (actor->role == LIVE_ROLE_CLIENT && actor->leaving == NULL &&
        (strcmp(why, "lost") == 0 || strcmp(why, "closed") == 0)) {
        venue->bereft = actor;
    }
}

const struct live_peer_events live_actor_events = {.context = NULL, .arrived = arrived, .ended = ended};

/* --------------------------------------------------------------------------------------------------- waiting ---- */

static size_t add_descriptors(const struct live_actor *actor, struct pollfd *polls) {
    int fds[PEER_FDS_MAX];
    const size_t count = actor->peer != NULL        ? live_peer_descriptors(actor->peer, fds, PEER_FDS_MAX)
                         : actor->component != NULL ? live_component_descriptors(actor->component, fds, PEER_FDS_MAX)
                                                    : 0;
    for (size_t i = 0; i < count; i++) {
        polls[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    }
    return count;
}

static size_t gather(struct live_venue *venue) {
    const size_t room = venue->actor_count * PEER_FDS_MAX + 1;
    if (room > venue->poll_capacity) {
        struct pollfd *grown = realloc(venue->polls, room * sizeof *grown);
        if (grown == NULL) {
            live_venue_fails(venue, NULL);
            return 0;
        }
        venue->polls = grown;
        venue->poll_capacity = room;
    }
    size_t count = live_party_polls(venue->party, venue->polls, room);
    for (size_t i = 0; i < venue->actor_count; i++) {
        count += add_descriptors(venue->actors[i], venue->polls + count);
    }
    return count;
}

static void work(struct live_venue *venue) {
    struct live_error error;
    live_party_work(venue->party);
    for (size_t i = 0; i < venue->actor_count; i++) {
        struct live_actor *actor = venue->actors[i];
        if ((actor->peer != NULL && !live_peer_work(actor->peer, &error)) ||
            (actor->component != NULL && !live_component_work(actor->component, &error))) {
            live_venue_fails(venue, &error);
        }
    }
    if (venue->bereft != NULL && venue->result == ROUTER_OK) {
        look_for_server(venue);
    }
    if (venue->log.failed) {
        live_venue_fails(venue, NULL);
    }
}

void live_venue_wait(struct live_venue *venue, uint64_t wait_us) {
    const uint64_t now_us = live_clock_us(), left_us = venue->end_us > now_us ? venue->end_us - now_us : 0;
    const size_t count = gather(venue);
    if (venue->result != ROUTER_OK) {
        return;
    }
    if (left_us == 0 && wait_us > 0) {
        run_late(venue);
        return;
    }
    wait_us = wait_us < left_us ? wait_us : left_us;
    const uint64_t wait_ms = wait_us / 1000 + (wait_us % 1000 > 0);
    (void)poll(venue->polls, (nfds_t)count, wait_ms < TURN_MS ? (int)wait_ms : TURN_MS);
    work(venue);
}

void live_venue_until(struct live_actor *actor, bool (*lasts)(const struct live_actor *actor)) {
    struct live_venue *venue = actor->venue;
    const uint64_t end_us = live_end_us(venue->server, LIVE_NO_END);
    for (uint64_t now = live_clock_us(); lasts(actor) && venue->result == ROUTER_OK && now < end_us;
         now = live_clock_us()) {
        live_venue_wait(venue, end_us - now);
    }
}

void live_venue_rest(struct live_venue *venue, uint64_t since_us) {
    venue->end_us += live_clock_us() - since_us;
}

static bool step(struct venue *base) {
    struct live_venue *venue = live_venue_of(base);
    const size_t before = venue->log.count;
    if (venue->result == ROUTER_OK) {
        live_venue_wait(venue, 0);
    }
    if (venue->log.count == before) {
        live_barrier_run(venue, true, true);
    }
    return venue->log.count > before;
}

static void settle(struct venue *base) {
    live_barrier_run(live_venue_of(base), true, false);
}

static bool has_peer(const struct live_venue *venue) {
    for (size_t i = 0; i < venue->actor_count; i++) {
        if (venue->actors[i]->role == LIVE_ROLE_PEER) {
            return true;
        }
    }
    return false;
}

/* Only other servers are waited for with patience. Without any, time brings nothing that is not under way already. */
static void pass(struct venue *base, uint64_t duration_us) {
    struct live_venue *venue = live_venue_of(base);
    if (!has_peer(venue)) {
        settle(base);
        return;
    }
    const uint64_t end_us = live_clock_us() + duration_us;
    for (uint64_t now = live_clock_us(); venue->result == ROUTER_OK && now < end_us; now = live_clock_us()) {
        live_venue_wait(venue, end_us - now);
    }
}

static uint64_t now_us(const struct venue *base) {
    return live_clock_us() - live_venue_of(base)->log.began_us;
}

/* ----------------------------------------------------------------------------------------------- what there is ---- */

static void set_cause(struct venue *base, int cause) {
    live_venue_of(base)->log.cause = cause;
}

bool live_actor_connected(const struct live_actor *actor) {
    switch (actor->role) {
    case LIVE_ROLE_CLIENT:
        return live_client_state(actor->client) == LIVE_CLIENT_IN;
    case LIVE_ROLE_PEER:
        return !actor->down;
    case LIVE_ROLE_COMPONENT:
        return live_component_connected(actor->component);
    }
    return false;
}

struct live_door *live_actor_door(const struct live_actor *actor) {
    return actor->role == LIVE_ROLE_CLIENT ? live_home(actor->venue->server, actor->domain)->door : NULL;
}

static bool connected(const struct venue *base, int client) {
    return live_actor_connected(live_venue_of(base)->actors[client]);
}

static const char *full_jid(const struct venue *base, int client) {
    return live_venue_of(base)->actors[client]->full_jid;
}

static size_t event_count(const struct venue *base) {
    return live_venue_of(base)->log.count;
}

static const struct world_event *event_at(const struct venue *base, size_t n) {
    const struct live_log *log = &live_venue_of(base)->log;
    return n < log->count ? log->events[n] : NULL;
}

static int failed(const struct venue *base, struct router_error *error) {
    const struct live_venue *venue = live_venue_of(base);
    return venue->log.failed ? ROUTER_E_NOMEM : live_venue_result(venue, error);
}

/* The next case's component would hear of these sessions' end, as it has the same name. */
static void send_home(struct live_venue *venue, struct live_server *server) {
    for (size_t i = 0; i < server->part_count; i++) {
        send_home(venue, server->parts[i]);
    }
    (void)live_door_go(server->door, LIVE_NO_END);
    for (size_t i = 0; i < venue->actor_count; i++) {
        struct live_actor *actor = venue->actors[i];
        if (actor->client != NULL && live_home(venue->server, actor->domain) == server) {
            live_client_drop(actor->client);
        }
    }
    live_door_gone(server->door);
}

static void free_venue(struct venue *base) {
    struct live_venue *venue = live_venue_of(base);
    if (venue->has_slot) {
        send_home(venue, venue->server);
    }
    for (size_t i = 0; i < venue->actor_count && !venue->has_slot; i++) {
        struct live_client *client = venue->actors[i]->client;
        if (client != NULL) {
            live_door_keep(live_actor_door(venue->actors[i]), live_client_connection(client));
        }
    }
    live_cast_free(venue);
    live_party_free(venue->party);
    live_names_free(venue->names);
    live_log_free(&venue->log);
    free(venue->polls);
    free(venue);
}

const struct venue_ops live_venue_ops = {
    .server = live_cast_server,
    .account = live_cast_account,
    .client = live_cast_client,
    .peer = live_cast_peer,
    .component = live_cast_component,
    .link = live_cast_link,
    .contact = live_cast_contact,
    .offline = live_cast_offline,
    .ready = live_cast_ready,
    .connect = live_act_connect,
    .leave = live_act_leave,
    .close = live_act_close,
    .send = live_act_send,
    .allows = live_act_allows,
    .fault = live_act_fault,
    .step = step,
    .settle = settle,
    .pass = pass,
    .now_us = now_us,
    .cause = set_cause,
    .connected = connected,
    .full_jid = full_jid,
    .event_count = event_count,
    .event = event_at,
    .failed = failed,
    .free = free_venue,
};

struct venue *live_venue(struct live_server *server, unsigned number, unsigned seconds, struct live_error *error) {
    struct live_venue *venue = calloc(1, sizeof *venue);
    if (venue == NULL) {
        live_fail(error, "memory ran out");
        return NULL;
    }
    venue->venue.ops = &live_venue_ops;
    venue->server = server;
    venue->names = live_own_names(server) ? NULL : live_names_new(number);
    venue->party = live_party_new(server);
    venue->log.began_us = live_clock_us();
    venue->seconds = seconds;
    venue->end_us = venue->log.began_us + (uint64_t)seconds * 1000000;
    if (venue->party == NULL || (venue->names == NULL && !live_own_names(server))) {
        free_venue(&venue->venue);
        live_fail(error, "memory ran out");
        return NULL;
    }
    return &venue->venue;
}
