/* venue_acts.c - what members of the cast do on a real server, and what becomes of the network around it. */
#include "session.h"
#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STANZA_SIZE_MAX = 1 << 28 };

/* Things happen in the order in which the script has them: what others have sent is worked on first. Between servers there
 * is no such order. */
static void take_turn(const struct live_actor *actor) {
    struct live_venue *venue = actor->venue;
    bool others = venue->barrier.stirred;
    for (size_t i = 0; i < venue->actor_count; i++) {
        const struct live_actor *other = venue->actors[i];
        others = others || (other->dirty && other != actor && other->role != LIVE_ROLE_PEER);
    }
    if (others) {
        live_barrier_run(venue, false, false);
    }
}

/* Whoever comes or goes does so when all is quiet around its server: who is there decides what comes of a stanza. */
static void wait_for_turn(const struct live_actor *actor) {
    if (!live_barrier_quiet(actor->venue, false)) {
        live_barrier_run(actor->venue, false, false);
    }
}

/* What a server has written to a peer when that one breaks is lost, and it shall not be a matter of luck what has been
 * written by then: all that was sent for it. */
static void lose_what_is_under_way(struct live_actor *actor) {
    if (actor->role == LIVE_ROLE_PEER && live_peer_is_reached(actor->peer)) {
        actor->deaf = true;
        live_barrier_run(actor->venue, true, false);
        actor->deaf = false;
    }
}

/* -------------------------------------------------------------------------------------------------- connecting ---- */

static int come_in(struct live_actor *actor, struct router_error *error) {
    struct live_venue *venue = actor->venue;
    const char *wire = live_client_full_jid(actor->client);
    size_t size = 0;
    char *own = live_venue_back(venue, wire, strlen(wire), &size);
    if (own == NULL) {
        return live_no_memory(error);
    }
    for (size_t i = 0; i < venue->actor_count; i++) {
        const struct live_actor *other = venue->actors[i];
        if (other != actor && other->full_jid != NULL && strcmp(other->full_jid, own) == 0) {
            live_barrier_stirs(venue); /* that one loses its resource */
        }
    }
    free(actor->full_jid);
    actor->full_jid = own;
    actor->leaving = NULL;
    actor->middle = false;
    actor->begun_count = 0;
    live_text_free(&actor->begun);
    live_log_add(&venue->log, WORLD_BOUND, actor->index, own);
    return ROUTER_OK;
}

static bool logs_in(const struct live_actor *actor) {
    return live_client_state(actor->client) == LIVE_CLIENT_CONNECTING;
}

static int log_in(struct live_actor *actor, struct router_error *error) {
    struct live_venue *venue = actor->venue;
    struct live_error why;
    if (!live_client_connect(actor->client, live_end_us(venue->server, venue->end_us), &why)) {
        return live_venue_down(venue, &why, error);
    }
    live_venue_until(actor, logs_in);
    switch (live_client_state(actor->client)) {
    case LIVE_CLIENT_IN:
        return come_in(actor, error);
    case LIVE_CLIENT_REFUSED:
        live_log_add(&venue->log, WORLD_REFUSED, actor->index, live_client_condition(actor->client));
        return live_refuse(error, ROUTER_E_CONFLICT, "the server refuses the resource: %s",
                           live_client_condition(actor->client));
    case LIVE_CLIENT_CONNECTING:
    case LIVE_CLIENT_FAILED:
        (void)live_client_error(actor->client, &why);
        live_client_drop(actor->client);
        return live_venue_down(venue, &why, error);
    default:
        return live_venue_result(venue, error);
    }
}

static int connect_client(struct live_actor *actor, struct router_error *error) {
    struct live_door *door = live_actor_door(actor);
    struct live_error why;
    if (!live_door_come(door, actor->venue->end_us, &why)) {
        return live_venue_down(actor->venue, &why, error);
    }
    const int result = log_in(actor, error);
    live_door_came(door);
    return result;
}

static bool attaches(const struct live_actor *actor) {
    return actor->coming && !live_component_connected(actor->component);
}

static int connect_component(struct live_actor *actor, struct router_error *error) {
    struct live_venue *venue = actor->venue;
    struct live_error why;
    actor->leaving = NULL;
    actor->coming = true;
    if (!live_component_connect(actor->component, &why)) {
        actor->coming = false;
        return live_venue_down(venue, &why, error);
    }
    /* It knows itself when it has waited long enough. */
    while (attaches(actor) && venue->result == ROUTER_OK) {
        live_venue_until(actor, attaches);
    }
    actor->coming = false;
    if (!live_component_connected(actor->component)) {
        return venue->result != ROUTER_OK ? live_venue_result(venue, error)
                                          : live_refuse(error, ROUTER_E_CONFLICT, "the server refuses the component");
    }
    live_barrier_stirs(venue); /* another one of the same domain may have to go */
    live_log_add(&venue->log, WORLD_BOUND, actor->index, actor->full_jid);
    return ROUTER_OK;
}

int live_act_connect(struct venue *base, int client, struct router_error *error) {
    struct live_actor *actor = live_venue_of(base)->actors[client];
    wait_for_turn(actor);
    if (live_actor_connected(actor) || actor->role == LIVE_ROLE_PEER) {
        return live_refuse(error, ROUTER_E_CONFLICT, "%.200s is connected already", actor->name);
    }
    const int result = live_venue_result(actor->venue, error);
    if (result != ROUTER_OK) {
        return result;
    }
    return actor->role == LIVE_ROLE_CLIENT ? connect_client(actor, error) : connect_component(actor, error);
}

/* ----------------------------------------------------------------------------------------------------- leaving ---- */

bool live_actor_ending(const struct live_actor *actor) {
    switch (actor->role) {
    case LIVE_ROLE_CLIENT:
        return actor->client != NULL && live_client_state(actor->client) == LIVE_CLIENT_ENDING;
    case LIVE_ROLE_PEER:
        return actor->peer != NULL && live_peer_ending(actor->peer);
    case LIVE_ROLE_COMPONENT:
        return actor->component != NULL && live_component_ending(actor->component);
    }
    return false;
}

static void end_stream(struct live_actor *actor, bool breaks, const char *condition) {
    switch (actor->role) {
    case LIVE_ROLE_CLIENT:
        live_client_leave(actor->client, breaks, condition);
        break;
    case LIVE_ROLE_PEER:
        live_peer_end(actor->peer, breaks, condition);
        break;
    case LIVE_ROLE_COMPONENT:
        live_component_end(actor->component, breaks, condition);
        break;
    }
}

/* The end is over when the server has closed its side too. A server that does not is left to itself. */
static void see_off(struct live_actor *actor) {
    live_venue_until(actor, live_actor_ending);
    if (actor->role == LIVE_ROLE_CLIENT && live_actor_ending(actor)) {
        live_client_drop(actor->client);
        live_log_add(&actor->venue->log, WORLD_ENDED, actor->index, actor->leaving);
    }
}

static const struct live_error others_come = {.text = "other cases are still coming"};

/* why: static, or of the script, whose texts live longer than the venue's use of it. */
static int leave(struct live_actor *actor, bool breaks, const char *condition, const char *why,
                 struct router_error *error) {
    struct live_venue *venue = actor->venue;
    struct live_door *door = live_actor_door(actor);
    const size_t before = venue->log.count;
    if (!live_door_go(door, venue->end_us)) {
        return live_venue_down(venue, &others_come, error);
    }
    actor->leaving = why;
    end_stream(actor, breaks, condition);
    see_off(actor);
    live_door_gone(door);
    if (actor->role == LIVE_ROLE_COMPONENT && venue->log.count == before) {
        live_log_add(&venue->log, WORLD_ENDED, actor->index, why);
    }
    actor->leaving = NULL;
    live_barrier_stirs(venue);
    return live_venue_result(venue, error);
}

static void wait_for_end(const struct live_actor *actor, const char *jid) {
    struct live_venue *venue = actor->venue;
    const struct live_kind *kind = venue->server->kind;
    struct live_error why;
    size_t size = 0;
    char *wire = kind == NULL || kind->over == NULL || jid == NULL ? NULL : live_venue_out(venue, jid, strlen(jid), &size);
    if (wire != NULL && !kind->over(live_home(venue->server, actor->domain), wire, venue->end_us, &why)) {
        live_venue_fails(venue, &why);
    }
    free(wire);
}

static void wait_for_streams(struct live_venue *venue, const char *domain) {
    const struct live_kind *kind = venue->server->kind;
    struct live_error why;
    size_t size = 0;
    char *wire = kind == NULL || kind->parted == NULL ? NULL : live_venue_out(venue, domain, strlen(domain), &size);
    const size_t parts = venue->server->part_count;
    for (size_t i = 0; wire != NULL && i < (parts == 0 ? 1 : parts); i++) {
        if (!kind->parted(parts == 0 ? venue->server : venue->server->parts[i], wire, venue->end_us, &why)) {
            live_venue_fails(venue, &why);
        }
    }
    free(wire);
}

int live_act_leave(struct venue *base, int client, bool vanishes, struct router_error *error) {
    struct live_actor *actor = live_venue_of(base)->actors[client];
    if (vanishes) {
        lose_what_is_under_way(actor);
    }
    wait_for_turn(actor);
    if (!live_actor_connected(actor)) {
        return live_venue_result(actor->venue, error);
    }
    char *jid = vanishes && actor->role == LIVE_ROLE_CLIENT && actor->full_jid != NULL ? strdup(actor->full_jid) : NULL;
    const int result = leave(actor, vanishes, NULL, vanishes ? "vanishes" : "disconnects", error);
    if (result == ROUTER_OK && actor->role == LIVE_ROLE_PEER) {
        wait_for_streams(actor->venue, actor->domain);
    } else if (result == ROUTER_OK) {
        wait_for_end(actor, jid);
    }
    free(jid);
    return result == ROUTER_OK ? live_venue_result(actor->venue, error) : result;
}

int live_act_close(struct venue *base, int client, const char *condition, struct router_error *error) {
    struct live_actor *actor = live_venue_of(base)->actors[client];
    wait_for_turn(actor);
    if (!live_actor_connected(actor)) {
        return live_refuse(error, ROUTER_E_CONFLICT, "%.200s is not connected", actor->name);
    }
    const int result = leave(actor, false, condition, condition, error);
    if (result == ROUTER_OK && actor->role == LIVE_ROLE_PEER) {
        wait_for_streams(actor->venue, actor->domain);
    }
    return result == ROUTER_OK ? live_venue_result(actor->venue, error) : result;
}

/* ----------------------------------------------------------------------------------------------------- sending ---- */

void live_act_language(struct live_venue *venue, struct slice start) {
    static const char *const forms[] = {"xml:lang=\"en\"", "xml:lang='en'"};
    const size_t size = sizeof "xml:lang='en'" - 1;
    for (size_t i = 0; i + size <= start.size && start.data[i] != '>'; i++) {
        if (memcmp(start.data + i, forms[0], size) == 0 || memcmp(start.data + i, forms[1], size) == 0) {
            venue->english = true;
            live_party_speaks_english(venue->party);
        }
    }
}

static bool has_no_answer(const struct live_actor *actor) {
    return live_client_pings(actor->client) > 0;
}

/* jabberd2 looks for a component that is not connected elsewhere, and for a second remembers that there is no such name, as
 * its error then says. Components have the same names in all cases, so that it is made to remember it in each. */
static void look_in_vain(struct live_actor *actor, struct slice to) {
    struct live_venue *venue = actor->venue;
    const struct live_actor *other = live_venue_actor(venue, live_jid_domain(to));
    if (venue->server->door == NULL || actor->client == NULL || other == NULL || other->role != LIVE_ROLE_COMPONENT ||
        live_actor_connected(other)) {
        return;
    }
    size_t size = 0;
    char *wire = live_venue_out(venue, other->domain, strlen(other->domain), &size);
    if (wire == NULL) {
        live_venue_fails(venue, NULL);
        return;
    }
    live_client_ping(actor->client, wire);
    free(wire);
    live_venue_until(actor, has_no_answer);
    live_client_forget(actor->client);
}

static void entered(struct live_actor *actor, const struct stanza *stanza) {
    if (stanza->has_to) {
        look_in_vain(actor, stanza->to);
    }
    live_log_enter(&actor->venue->log, actor->index, stanza);
    live_act_language(actor->venue, stanza->start);
    live_barrier_sent(actor, stanza->has_from ? &stanza->from : NULL, stanza->has_to ? &stanza->to : NULL);
}

/* Whole stanzas are written down as soon as they are whole, like a server would read them. returns false where memory ran
 * out. */
static bool read_begun(struct live_actor *actor) {
    static const enum stanza_namespace contents[] = {[LIVE_ROLE_CLIENT] = STANZA_CLIENT,
                                                     [LIVE_ROLE_PEER] = STANZA_SERVER,
                                                     [LIVE_ROLE_COMPONENT] = STANZA_COMPONENT};
    struct stanza_reader *reader = stanza_reader_new(NULL, contents[actor->role], STANZA_SIZE_MAX);
    const struct slice bytes = {.data = actor->begun.data, .size = actor->begun.size};
    struct stanza stanza;
    size_t count = 0;
    enum stanza_read read = STANZA_NOMEM;
    if (reader != NULL && stanza_reader_feed(reader, bytes) == ROUTER_OK) {
        while ((read = stanza_reader_next(reader, &stanza)) == STANZA_READY) {
            if (++count > actor->begun_count) {
                entered(actor, &stanza);
                actor->begun_count = count;
            }
        }
    }
    if (read == STANZA_FAULT && stanza_reader_fault(reader) == STANZA_FAULT_END) {
        actor->leaving = "disconnects";
    }
    stanza_reader_free(reader);
    return read != STANZA_NOMEM;
}

static bool enter(struct live_actor *actor, const char *bytes, size_t size) {
    struct live_text kept = {0};
    live_barrier_sent(actor, NULL, NULL);
    /* live_raw_add lets go of whole elements, so they are read from a copy. */
    live_text_add(&kept, actor->begun.data == NULL ? "" : actor->begun.data, actor->begun.size);
    live_text_add(&kept, bytes, size);
    struct live_text begun = actor->begun;
    actor->begun = kept;
    const bool good = !kept.failed && read_begun(actor);
    live_text_free(&actor->begun);
    actor->begun = begun;
    const enum live_raw state = live_raw_add(&actor->begun, bytes, size);
    actor->middle = state == LIVE_RAW_MIDDLE;
    actor->begun_count = state == LIVE_RAW_WHOLE ? 0 : actor->begun_count;
    return good && !actor->begun.failed;
}

static bool send_out(struct live_actor *actor, bool raw, const char *bytes, size_t size, struct live_error *error) {
    switch (actor->role) {
    case LIVE_ROLE_CLIENT:
        live_client_send(actor->client, bytes, size);
        return true;
    case LIVE_ROLE_PEER:
        return live_peer_send(actor->peer, raw, bytes, size, error);
    case LIVE_ROLE_COMPONENT:
        return live_component_send(actor->component, bytes, size, error);
    }
    return false;
}

int live_act_send(struct venue *base, int client, bool raw, const char *bytes, size_t size, struct router_error *error) {
    struct live_actor *actor = live_venue_of(base)->actors[client];
    struct live_venue *venue = actor->venue;
    struct live_error why;
    take_turn(actor);
    if (!live_actor_connected(actor)) {
        return live_refuse(error, ROUTER_E_CONFLICT, "%.200s is not connected", actor->name);
    }
    const char *mute = actor->role == LIVE_ROLE_PEER ? live_peer_mute(actor->peer) : NULL;
    if (mute != NULL) {
        return live_refuse(error, VENUE_E_CANNOT, "%s", mute);
    }
    size_t out_size = 0;
    if (!enter(actor, bytes, size)) {
        return live_no_memory(error);
    }
    char *out = live_venue_out(venue, bytes, size, &out_size);
    if (out == NULL) {
        return live_no_memory(error);
    }
    /* What is no stanza may end the stream. */
    struct live_door *door = raw ? live_actor_door(actor) : NULL;
    const bool goes = live_door_go(door, venue->end_us);
    const bool sent = goes && send_out(actor, raw, out, out_size, &why);
    if (goes) {
        live_door_gone(door);
    }
    free(out);
    return sent ? live_venue_result(venue, error) : live_venue_down(venue, goes ? &why : &others_come, error);
}

/* ------------------------------------------------------------------------------------------------------ faults ---- */

static struct live_actor *peer_called(const struct live_venue *venue, const char *name) {
    for (size_t i = 0; name != NULL && i < venue->actor_count; i++) {
        if (venue->actors[i]->role == LIVE_ROLE_PEER && strcmp(venue->actors[i]->name, name) == 0) {
            return venue->actors[i];
        }
    }
    struct live_actor *actor = name == NULL ? NULL : live_venue_actor(venue, live_slice(name));
    return actor != NULL && actor->role == LIVE_ROLE_PEER ? actor : NULL;
}

/* What a fault of the script is to one of the peers; NULL: it concerns none, or cannot be made from where peers stand. */
static struct live_actor *struck(const struct live_venue *venue, enum venue_fault fault, const char *a, const char *b,
                                 enum live_peer_fault *how) {
    struct live_actor *first = peer_called(venue, a), *second = peer_called(venue, b);
    switch (fault) {
    case VENUE_CRASH:
    case VENUE_START:
        *how = fault == VENUE_CRASH ? LIVE_PEER_CRASH : LIVE_PEER_START;
        return first;
    case VENUE_DNS_LOSE:
    case VENUE_DNS_FIND:
        *how = fault == VENUE_DNS_LOSE ? LIVE_PEER_LOSE : LIVE_PEER_FIND;
        return first;
    case VENUE_CUT:
        *how = LIVE_PEER_CUT;
        return first != NULL && second != NULL ? NULL : first != NULL ? first : second;
    case VENUE_STALL:
        *how = first != NULL ? LIVE_PEER_STALL_OUT : LIVE_PEER_STALL_IN;
        return first != NULL && second != NULL ? NULL : first != NULL ? first : second;
    default:
        return NULL;
    }
}

int live_act_allows(const struct venue *base, enum venue_fault fault, const char *a, const char *b,
                    struct router_error *error) {
    static const char *const whats[] = {
        [VENUE_CUT] = "the network around a real server cannot be cut",
        [VENUE_CUT_ONE_WAY] = "a real connection cannot be cut in one direction",
        [VENUE_STALL] = "the network around a real server cannot be stalled",
        [VENUE_CRASH] = "a real server is not made to crash",
        [VENUE_START] = "a real server is not made to crash",
        [VENUE_DNS_LOSE] = "the name of a real server cannot be lost",
        [VENUE_DNS_FIND] = "the name of a real server cannot be lost",
    };
    enum live_peer_fault how;
    return fault == VENUE_HEAL || struck(live_venue_of(base), fault, a, b, &how) != NULL
               ? ROUTER_OK
               : live_refuse(error, VENUE_E_CANNOT, "%s", whats[fault]);
}

static void log_fault(struct live_venue *venue, enum venue_fault fault, const char *a, const char *b) {
    static const char *const forms[] = {
        [VENUE_CUT] = "network cuts %s from %s", [VENUE_CUT_ONE_WAY] = "network cuts %s to %s",
        [VENUE_STALL] = "network stalls %s to %s", [VENUE_HEAL] = "network heals",
        [VENUE_CRASH] = "%s crashes",            [VENUE_START] = "%s starts",
        [VENUE_DNS_LOSE] = "DNS loses %s",       [VENUE_DNS_FIND] = "DNS finds %s",
    };
    struct live_text text = {0};
    const char *form = forms[fault];
    for (const char *next = strchr(form, '%'); next != NULL; next = strchr(form, '%')) {
        const char *name = a == NULL ? "" : a;
        live_text_add(&text, form, (size_t)(next - form));
        live_text_add(&text, name, strlen(name));
        form = next + 2;
        a = b;
    }
    live_text_add(&text, form, strlen(form));
    if (text.failed) {
        live_venue_fails(venue, NULL);
    } else {
        live_log_add(&venue->log, WORLD_FAULT, -1, text.data);
    }
    live_text_free(&text);
}

static bool heal(struct live_venue *venue, struct live_error *error) {
    bool good = true;
    for (size_t i = 0; i < venue->actor_count; i++) {
        struct live_peer *peer = venue->actors[i]->peer;
        good = (peer == NULL || live_peer_fault(peer, LIVE_PEER_HEAL, NULL, error)) && good;
    }
    return good;
}

static bool strike(struct live_venue *venue, struct live_actor *actor, enum live_peer_fault how, const char *name,
                   struct live_error *error) {
    size_t size = 0;
    char *domain = live_venue_out(venue, name, strlen(name), &size);
    if (domain == NULL) {
        return live_fail(error, "memory ran out");
    }
    const bool good = live_peer_fault(actor->peer, how, domain, error);
    free(domain);
    if (how == LIVE_PEER_CRASH || how == LIVE_PEER_START) {
        actor->down = how == LIVE_PEER_CRASH;
    }
    return good;
}

int live_act_fault(struct venue *base, enum venue_fault fault, const char *a, const char *b, struct router_error *error) {
    struct live_venue *venue = live_venue_of(base);
    enum live_peer_fault how;
    struct live_error why;
    struct live_actor *actor = struck(venue, fault, a, b, &how);
    const int result = live_act_allows(base, fault, a, b, error);
    if (result != ROUTER_OK) {
        return result;
    }
    if ((fault == VENUE_CRASH || fault == VENUE_START) && actor->down == (fault == VENUE_CRASH)) {
        return live_refuse(error, ROUTER_E_CONFLICT, "it is so already");
    }
    if (actor != NULL && (fault == VENUE_CRASH || fault == VENUE_CUT)) {
        lose_what_is_under_way(actor);
    }
    log_fault(venue, fault, a, b);
    live_barrier_stirs(venue);
    const bool good = fault == VENUE_HEAL ? heal(venue, &why) : strike(venue, actor, how, a, &why);
    if (good && fault == VENUE_CRASH) {
        wait_for_streams(venue, actor->domain);
    }
    return good ? ROUTER_OK : live_venue_down(venue, &why, error);
}
