/* door.c - how clients come to a server whose sessions end inside after their connections have, and how they leave it: see
 * rests_after_end.
 *
 * Clients come side by side. One goes when nobody is coming, and until the server has forgotten its session nobody comes;
 * a session of the door's own pings to find out. As that makes everybody wait, the connections that a case leaves behind
 * are gathered, and closed many at a time. */
#include "session.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    KEPT_MAX = 128,
    KEPT_PART = 12, /* by each of several servers, as libstrophe has no use for descriptors above FD_SETSIZE */
    TURN_MS = 100, /* libstrophe has timers of its own, which are looked at so often */
    POLLS_MAX = 4
};

struct live_door {
    struct live_server *server;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned coming, waiting; /* how many come, and how many wait until nobody does */
    bool going;               /* somebody is alone */
    int kept[KEPT_MAX];
    size_t kept_count;

    /* the session that pings; whoever is alone uses it */
    struct live_party *party;
    struct live_client *watch;
    char *domain;
    unsigned generation; /* of the server that it is logged in to */
};

static void ignore(void *context, const char *stanza, size_t size) {
    (void)context;
    (void)stanza;
    (void)size;
}

static void ended(void *context, const char *why) {
    (void)context;
    (void)why;
}

/* ------------------------------------------------------------------------------------------------------ the watch ---- */

static void forget_watch(struct live_door *door) {
    live_party_free(door->party);
    free(door->domain);
    door->party = NULL;
    door->watch = NULL;
    door->domain = NULL;
}

static bool is_watched(const struct live_door *door) {
    return door->watch != NULL && door->generation == door->server->generation &&
           live_client_state(door->watch) == LIVE_CLIENT_IN;
}

/* Until it is neither logging in nor waiting for an answer. returns false: the time is over. */
static bool wait_for_watch(struct live_door *door, uint64_t end_us) {
    while (live_client_state(door->watch) == LIVE_CLIENT_CONNECTING || live_client_pings(door->watch) > 0) {
        struct pollfd polls[POLLS_MAX];
        if (live_clock_us() >= end_us) {
            return false;
        }
        const size_t count = live_party_polls(door->party, polls, POLLS_MAX);
        (void)poll(polls, (nfds_t)count, TURN_MS);
        live_party_work(door->party);
    }
    return true;
}

/* The first domain that it serves, and an account with a name that no case has. */
static bool log_in(struct live_door *door, uint64_t end_us, struct live_error *error) {
    static const struct live_peer_events events = {.context = NULL, .arrived = ignore, .ended = ended};
    char local[LIVE_PASSWORD_SIZE], password[LIVE_PASSWORD_SIZE];
    struct live_text jid = {0};
    door->domain = strdup(door->server->needs.domains[0]);
    door->party = live_party_new(door->server);
    if (door->domain == NULL || door->party == NULL) {
        return live_fail(error, "memory ran out");
    }
    if (!live_secret(local, error) || !live_secret(password, error)) {
        return false;
    }
    if (!live_account(door->server, local, door->domain, password, end_us, error)) {
        return false;
    }
    live_text_format(&jid, "%s@%s", local, door->domain);
    door->watch = jid.failed ? NULL : live_client_new(door->party, jid.data, password, jid.data, &events);
    live_text_free(&jid);
    if (door->watch == NULL) {
        return live_fail(error, "memory ran out");
    }
    door->generation = door->server->generation;
    end_us = live_end_us(door->server, end_us);
    if (!live_client_connect(door->watch, end_us, error) || !wait_for_watch(door, end_us) || !is_watched(door)) {
        return live_client_error(door->watch, error);
    }
    return true;
}

/* The first is read after what was closed before it was sent, or together with that; the second comes back behind all that
 * the server says to itself about it. This time is everybody's, so that no case's end cuts it short. A server that does not
 * answer is not asked again by this session. */
static void ping_twice(struct live_door *door) {
    for (int i = 0; i < 2 && is_watched(door); i++) {
        live_client_ping(door->watch, door->domain);
        if (!wait_for_watch(door, live_end_us(door->server, LIVE_NO_END))) {
            forget_watch(door);
        }
    }
}

/* --------------------------------------------------------------------------------------------------- come and go ---- */

/* With the lock, until something has changed. returns false: the time is over. */
static bool wait_for_change(struct live_door *door, uint64_t end_us) {
    const struct timespec end = {.tv_sec = (time_t)(end_us / 1000000), .tv_nsec = (long)(end_us % 1000000) * 1000};
    return end_us == LIVE_NO_END ? pthread_cond_wait(&door->changed, &door->lock) == 0
                                 : pthread_cond_timedwait(&door->changed, &door->lock, &end) == 0;
}

/* Alone, but without the lock, so that nobody waits longer than he has time. */
static bool see_to_watch(struct live_door *door, uint64_t end_us, struct live_error *error) {
    door->going = true;
    pthread_mutex_unlock(&door->lock);
    forget_watch(door);
    const bool good = log_in(door, end_us, error);
    pthread_mutex_lock(&door->lock);
    door->going = false;
    pthread_cond_broadcast(&door->changed);
    return good;
}

bool live_door_come(struct live_door *door, uint64_t end_us, struct live_error *error) {
    bool good = true;
    if (door == NULL) {
        return true;
    }
    pthread_mutex_lock(&door->lock);
    while (good && (door->going || door->waiting > 0)) {
        good = wait_for_change(door, end_us) || live_fail(error, "%s: other cases are still leaving",
                                                          live_target_name(door->server->target));
    }
    good = good && (is_watched(door) || see_to_watch(door, end_us, error));
    door->coming += good;
    pthread_mutex_unlock(&door->lock);
    return good;
}

void live_door_came(struct live_door *door) {
    if (door != NULL) {
        pthread_mutex_lock(&door->lock);
        door->coming--;
        pthread_cond_broadcast(&door->changed);
        pthread_mutex_unlock(&door->lock);
    }
}

bool live_door_go(struct live_door *door, uint64_t end_us) {
    bool good = true;
    if (door != NULL) {
        pthread_mutex_lock(&door->lock);
        door->waiting++;
        while (good && (door->going || door->coming > 0)) {
            good = wait_for_change(door, end_us);
        }
        door->waiting--;
        door->going = door->going || good;
        if (!good) {
            pthread_cond_broadcast(&door->changed); /* whoever has waited for this one need not */
        }
        pthread_mutex_unlock(&door->lock);
    }
    return good;
}

void live_door_gone(struct live_door *door) {
    if (door != NULL) {
        ping_twice(door);
        pthread_mutex_lock(&door->lock);
        door->going = false;
        pthread_cond_broadcast(&door->changed);
        pthread_mutex_unlock(&door->lock);
    }
}

/* -------------------------------------------------------------------------------------------------- what is kept ---- */

/* Others may bring more meanwhile. */
static void close_kept(struct live_door *door) {
    int kept[KEPT_MAX];
    pthread_mutex_lock(&door->lock);
    size_t count = door->kept_count;
    memcpy(kept, door->kept, sizeof kept);
    door->kept_count = 0;
    pthread_mutex_unlock(&door->lock);
    while (count > 0) {
        close(kept[--count]);
    }
}

void live_door_keep(struct live_door *door, int connection) {
    const int kept = door == NULL || connection < 0 ? -1 : dup(connection);
    if (kept < 0) {
        return;
    }
    const size_t most = door->server->borrows_dns ? KEPT_PART : KEPT_MAX;
    pthread_mutex_lock(&door->lock);
    const bool fits = door->kept_count < most;
    if (fits) {
        door->kept[door->kept_count++] = kept;
    }
    const bool full = door->kept_count == most;
    pthread_mutex_unlock(&door->lock);
    if (full) {
        (void)live_door_go(door, LIVE_NO_END);
        close_kept(door);
        live_door_gone(door);
    }
    if (!fits) {
        live_door_keep(door, kept);
        close(kept);
    }
}

struct live_door *live_door_new(struct live_server *server) {
    struct live_door *door = calloc(1, sizeof *door);
    pthread_condattr_t attributes;
    if (door != NULL) {
        door->server = server;
        pthread_mutex_init(&door->lock, NULL);
        pthread_condattr_init(&attributes);
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        pthread_cond_init(&door->changed, &attributes);
        pthread_condattr_destroy(&attributes);
    }
    return door;
}

void live_door_free(struct live_door *door) {
    if (door != NULL) {
        forget_watch(door);
        close_kept(door);
        pthread_cond_destroy(&door->changed);
        pthread_mutex_destroy(&door->lock);
        free(door);
    }
}
