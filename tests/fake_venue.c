/* fake_venue.c - a venue over arrays: it does what a test has planned, and keeps what it was asked for. */
#include "fake_venue.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MAX = 64, CLIENTS_MAX = 8, TEXTS_MAX = 128 };

struct fake {
    struct venue venue;
    struct world_event events[EVENTS_MAX];
    struct fake_reply pending[EVENTS_MAX];
    size_t event_count, pending_count, pending_read;
    struct {
        char jid[200];
        bool connected, bound;
    } clients[CLIENTS_MAX];
    size_t client_count;
    char *texts[TEXTS_MAX]; /* that events point to */
    size_t text_count;
    uint32_t entered;
    uint64_t now_us;
    int cause;
    bool down;
};

struct fake_plan fake_plan;
char fake_calls[4000];
unsigned fake_made, fake_freed;

void fake_reset(void) {
    fake_plan = (struct fake_plan){.bound = NULL};
    fake_calls[0] = '\0';
    fake_made = fake_freed = 0;
}

void fake_answer(size_t n, const char *id, int client, const char *stanza) {
    fake_plan.replies[n] = (struct fake_reply){.id = id, .client = client, .stanza = stanza};
}

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void note(const char *format, ...) {
    size_t size = strlen(fake_calls);
    va_list arguments;
    va_start(arguments, format);
    int more = vsnprintf(fake_calls + size, sizeof fake_calls - size, format, arguments);
    va_end(arguments);
    ck_assert(more >= 0 && (size_t)more + 1 < sizeof fake_calls - size);
    strcat(fake_calls, "\n");
}

static struct fake *fake_of(struct venue *venue) {
    return (struct fake *)venue;
}

/* ROUTER_OK, or what the plan has for a function. */
static int planned(const char *function, struct router_error *error) {
    if (fake_plan.cannot != NULL && strcmp(fake_plan.cannot, function) == 0) {
        snprintf(error->text, sizeof error->text, "a fake has no %s", function);
        return VENUE_E_CANNOT;
    }
    if (fake_plan.down != NULL && strcmp(fake_plan.down, function) == 0) {
        snprintf(error->text, sizeof error->text, "fake: %s at 127.0.0.1:5222: the connection is closed", function);
        return VENUE_E_DOWN;
    }
    return ROUTER_OK;
}

static const char *keep(struct fake *fake, const char *data, size_t size) {
    ck_assert_uint_lt(fake->text_count, TEXTS_MAX);
    char *copy = malloc(size + 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, data, size);
    copy[size] = '\0';
    fake->texts[fake->text_count++] = copy;
    return copy;
}

static struct world_event *add_event(struct fake *fake, enum world_event_kind kind, int client, const char *text) {
    ck_assert_uint_lt(fake->event_count, EVENTS_MAX);
    fake->now_us += 1000;
    struct world_event *event = &fake->events[fake->event_count++];
    *event = (struct world_event){.kind = kind, .time_us = fake->now_us, .cause = fake->cause, .server = -1};
    event->client = client;
    event->text = text;
    return event;
}

/* -------------------------------------------------------------------------------------------------------- cast ---- */

static int server(struct venue *venue, const char *name, const char *const *domains, size_t count,
                  const struct policy *policy, struct router_error *error) {
    (void)venue;
    ck_assert_ptr_nonnull(policy);
    note("server %s %s +%zu", name, domains[0], count - 1);
    return planned("server", error);
}

static int account(struct venue *venue, const char *bare, bool exists, struct router_error *error) {
    (void)venue;
    note("account %s%s", bare, exists ? "" : " not");
    return planned("account", error);
}

static void add_client(struct venue *venue, const char *jid) {
    struct fake *fake = fake_of(venue);
    ck_assert_uint_lt(fake->client_count, CLIENTS_MAX);
    snprintf(fake->clients[fake->client_count++].jid, sizeof fake->clients[0].jid, "%s", jid);
}

static int client(struct venue *venue, const char *name, const char *jid, const char *password, uint64_t latency_us,
                  struct router_error *error) {
    ck_assert_uint_eq(latency_us, 0);
    note("client %s %s%s%s", name, jid, password == NULL ? "" : " ", password == NULL ? "" : password);
    add_client(venue, jid);
    return planned("client", error);
}

static int peer(struct venue *venue, const char *name, const struct world_peer *config, struct router_error *error) {
    note("peer %s %s +%zu", name, config->domain, config->also_count);
    add_client(venue, config->domain);
    return planned("peer", error);
}

static int component(struct venue *venue, const char *name, const char *domain, const char *home,
                     struct router_error *error) {
    note("component %s %s of %s", name, domain, home);
    add_client(venue, domain);
    return planned("component", error);
}

static int link(struct venue *venue, const char *a, const char *b, uint64_t latency_us, uint64_t jitter_us,
                struct router_error *error) {
    (void)venue, (void)latency_us, (void)jitter_us;
    note("link %s %s", a, b);
    return planned("link", error);
}

static int contact(struct venue *venue, const char *bare, struct slice jid, struct router_contact state,
                   struct router_error *error) {
    (void)venue;
    note("contact %s %.*s %d", bare, (int)jid.size, jid.data, (int)state.subscription);
    return planned("contact", error);
}

static int offline(struct venue *venue, const char *bare, struct slice stanza, struct router_error *error) {
    (void)venue;
    note("offline %s %.*s", bare, (int)stanza.size, stanza.data);
    return planned("offline", error);
}

static int ready(struct venue *venue, struct router_error *error) {
    (void)venue;
    note("ready");
    return planned("ready", error);
}

static int allows(const struct venue *venue, enum venue_fault fault, const char *a, const char *b,
                  struct router_error *error) {
    (void)venue;
    note("allows %d %s %s", (int)fault, a == NULL ? "-" : a, b == NULL ? "-" : b);
    return fake_plan.foresees ? planned("fault", error) : ROUTER_OK;
}

/* ----------------------------------------------------------------------------------------------------- actions ---- */

static int connect(struct venue *venue, int who, struct router_error *error) {
    struct fake *fake = fake_of(venue);
    char *jid = fake->clients[who].jid;
    note("connect %d", who);
    int result = planned("connect", error);
    if (result != ROUTER_OK || fake->clients[who].connected) {
        return result == ROUTER_OK ? ROUTER_E_CONFLICT : result;
    }
    if (fake_plan.refused != NULL) {
        add_event(fake, WORLD_REFUSED, who, fake_plan.refused);
        return ROUTER_E_CONFLICT;
    }
    if (strchr(jid, '/') == NULL && strchr(jid, '@') != NULL) {
        size_t size = strlen(jid);
        snprintf(jid + size, sizeof fake->clients[0].jid - size, "/%s",
                 fake_plan.bound == NULL ? "made-up" : fake_plan.bound);
    }
    fake->clients[who].connected = fake->clients[who].bound = true;
    add_event(fake, WORLD_BOUND, who, jid);
    return ROUTER_OK;
}

static int leave(struct venue *venue, int who, bool vanishes, struct router_error *error) {
    struct fake *fake = fake_of(venue);
    note("%s %d", vanishes ? "vanish" : "disconnect", who);
    if (fake->clients[who].connected) {
        add_event(fake, WORLD_ENDED, who, vanishes ? "vanishes" : "disconnects");
    }
    fake->clients[who].connected = false;
    return planned("leave", error);
}

static int close_stream(struct venue *venue, int who, const char *condition, struct router_error *error) {
    struct fake *fake = fake_of(venue);
    note("close %d %s", who, condition);
    if (!fake->clients[who].connected) {
        return ROUTER_E_CONFLICT;
    }
    fake->clients[who].connected = false;
    add_event(fake, WORLD_ENDED, who, keep(fake, condition, strlen(condition)));
    return planned("close", error);
}

static const char *id_of(struct fake *fake, const char *bytes) {
    const char *at = strstr(bytes, " id='");
    return at == NULL ? NULL : keep(fake, at + 5, strcspn(at + 5, "'"));
}

static int send_bytes(struct venue *venue, int who, bool raw, const char *bytes, size_t size,
                      struct router_error *error) {
    struct fake *fake = fake_of(venue);
    note("send%s %d %.*s", raw ? " raw" : "", who, (int)size, bytes);
    int result = planned("send", error);
    if (result != ROUTER_OK || (strchr(fake->clients[who].jid, '@') != NULL && !fake->clients[who].connected)) {
        return result == ROUTER_OK ? ROUTER_E_CONFLICT : result;
    }
    struct world_event *event = add_event(fake, WORLD_ENTER, who, NULL);
    event->number = ++fake->entered;
    event->stanza = keep(fake, bytes, size);
    event->stanza_size = size;
    event->id = id_of(fake, event->stanza);
    fake->down = fake->down || (fake_plan.down_at != NULL && strstr(event->stanza, fake_plan.down_at) != NULL);
    for (size_t i = 0; event->id != NULL && fake_plan.replies[i].id != NULL; i++) {
        if (strcmp(fake_plan.replies[i].id, event->id) == 0) {
            fake->pending[fake->pending_count++] = fake_plan.replies[i];
        }
    }
    return ROUTER_OK;
}

static int make_fault(struct venue *venue, enum venue_fault fault, const char *a, const char *b,
                      struct router_error *error) {
    note("fault %d %s %s", (int)fault, a == NULL ? "-" : a, b == NULL ? "-" : b);
    int result = planned("fault", error);
    if (result == ROUTER_OK) {
        add_event(fake_of(venue), WORLD_FAULT, -1, fault == VENUE_CRASH ? "A crashes" : "something breaks");
    }
    return result;
}

/* -------------------------------------------------------------------------------------------------------- time ---- */

static bool step(struct venue *venue) {
    struct fake *fake = fake_of(venue);
    if (fake->down || fake->pending_read == fake->pending_count) {
        return false;
    }
    const struct fake_reply *reply = &fake->pending[fake->pending_read++];
    if (reply->stanza == NULL) {
        fake->clients[reply->client].connected = false;
        add_event(fake, WORLD_ENDED, reply->client, reply->ended);
        return true;
    }
    struct world_event *event = add_event(fake, WORLD_ARRIVE, reply->client, NULL);
    event->stanza = reply->stanza;
    event->stanza_size = strlen(reply->stanza);
    return true;
}

static void settle(struct venue *venue) {
    note("settle");
    while (step(venue)) {
    }
}

static void pass(struct venue *venue, uint64_t duration_us) {
    note("pass %u", (unsigned)duration_us);
    fake_of(venue)->now_us += duration_us;
}

static uint64_t now_us(const struct venue *venue) {
    return ((const struct fake *)venue)->now_us;
}

static void set_cause(struct venue *venue, int cause) {
    fake_of(venue)->cause = cause;
}

static bool is_connected(const struct venue *venue, int who) {
    return ((const struct fake *)venue)->clients[who].connected;
}

static const char *full_jid(const struct venue *venue, int who) {
    const struct fake *fake = (const struct fake *)venue;
    return fake->clients[who].bound ? fake->clients[who].jid : NULL;
}

static size_t event_count(const struct venue *venue) {
    return ((const struct fake *)venue)->event_count;
}

static const struct world_event *event_at(const struct venue *venue, size_t n) {
    const struct fake *fake = (const struct fake *)venue;
    return n < fake->event_count ? &fake->events[n] : NULL;
}

static int failed(const struct venue *venue, struct router_error *error) {
    const struct fake *fake = (const struct fake *)venue;
    if (fake->down && fake->pending_read < fake->pending_count) {
        snprintf(error->text, sizeof error->text, "fake: wait for an answer: the connection was lost");
        return VENUE_E_DOWN;
    }
    return ROUTER_OK;
}

static void free_fake(struct venue *venue) {
    struct fake *fake = fake_of(venue);
    for (size_t i = 0; i < fake->text_count; i++) {
        free(fake->texts[i]);
    }
    free(fake);
    fake_freed++;
}

static const struct venue_ops ops = {
    .server = server,
    .account = account,
    .client = client,
    .peer = peer,
    .component = component,
    .link = link,
    .contact = contact,
    .offline = offline,
    .ready = ready,
    .allows = allows,
    .connect = connect,
    .leave = leave,
    .close = close_stream,
    .send = send_bytes,
    .fault = make_fault,
    .step = step,
    .settle = settle,
    .pass = pass,
    .now_us = now_us,
    .cause = set_cause,
    .connected = is_connected,
    .full_jid = full_jid,
    .event_count = event_count,
    .event = event_at,
    .failed = failed,
    .free = free_fake,
};

int fake_venue(void *context, unsigned number, struct venue **venue, struct router_error *error) {
    ck_assert_ptr_eq(context, &fake_plan);
    ck_assert_uint_eq(number, 7);
    if (fake_plan.no_venue) {
        snprintf(error->text, sizeof error->text, "fake: start: port 5222 is taken");
        return VENUE_E_DOWN;
    }
    struct fake *fake = calloc(1, sizeof *fake);
    ck_assert_ptr_nonnull(fake);
    fake->venue.ops = &ops;
    fake->cause = -1;
    fake_made++;
    *venue = &fake->venue;
    return ROUTER_OK;
}
