/* client.c - clients that log in to a real server, over libstrophe. */
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <strophe.h>

enum {
    WHY_SIZE = 160,
    CONDITION_SIZE = 64,
    MARK_SIZE = 12,
    TLS_TURNS = 5 /* the library reads 4 KiB at a time; a record of TLS holds up to 16, and no descriptor says what is left */
};

/* The language that the library gives its streams; servers put it on stanzas that have none. */
static const char stream_lang[] = "en";

struct live_client {
    struct live_client *next;
    struct live_party *party;
    char *jid, *domain, *password, *called, *full_jid;
    struct live_peer_events events;
    enum live_client_state state;
    xmpp_conn_t *conn; /* NULL: none yet */
    int fd;            /* -1: none */
    bool deaf;         /* what is under way to it is lost */
    bool reached;      /* the connection stands */
    bool refused;      /* the server has said no; `why` says to what */
    uint64_t begun_us, end_us; /* by then it shall be logged in */
    struct live_deadline *deadline; /* of the handshake of TLS, for which the library would wait for ever */
    const char *step;
    char why[WHY_SIZE];
    char condition[CONDITION_SIZE];
    unsigned pings_first, pings_last, pings_missing; /* numbers of pings that are waited for */
};

struct live_party {
    struct live_server *server;
    xmpp_ctx_t *ctx;
    xmpp_log_t log; /* the context borrows it */
    bool english;   /* xml:lang of that value may be the script's */
    struct live_client *clients;
    unsigned passed;      /* lines that the library has written down while a client logged in */
    char mark[MARK_SIZE]; /* of this party's pings; nobody can guess it */
};

/* The library asks about sockets and certificates without saying for whose sake beyond the connection. */
static _Thread_local struct live_party *working;

static struct live_client *client_of(const xmpp_conn_t *conn) {
    struct live_client *client = working == NULL ? NULL : working->clients;
    while (client != NULL && client->conn != conn) {
        client = client->next;
    }
    return client;
}

/* ---------------------------------------------------------------------------------------------- calls to the library ---- */

static void enter_library(struct live_party *party, struct live_guard *guard) {
    live_guard_enter(guard);
    working = party;
}

static void leave_library(const struct live_guard *guard) {
    working = NULL;
    live_guard_leave(guard);
}

/* -------------------------------------------------------------------------------------------------- logging in ---- */

static void because(struct live_client *client, const char *why) {
    (void)snprintf(client->why, sizeof client->why, "%s", why);
}

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

/* The name of the first child of the first element called `parent`, in text that the library has written. */
static void child_name(const char *text, const char *parent, char *name, size_t size) {
    const char *at = strstr(text, parent);
    at = at == NULL ? NULL : strchr(at, '>');
    const bool child = at != NULL && at[-1] != '/' && at[1] == '<' && at[2] != '/';
    (void)snprintf(name, size, "%.*s", child ? (int)strcspn(at + 2, " />") : 19, child ? at + 2 : "undefined-condition");
}

/* What is sent says how far the client has come. It may hold the password, so nothing of it is kept. */
static void note_sent(struct live_client *client, const char *text) {
    const bool secured = xmpp_conn_is_secured(client->conn) != 0;
    if (begins(text, "<?xml") || begins(text, "<stream:stream")) {
        client->step = secured ? "open a stream with TLS" : "open a stream";
        client->reached = true;
    } else if (begins(text, "<starttls")) {
        client->step = "start TLS";
    } else if (begins(text, "<auth")) {
        client->step = "log in";
    } else if (begins(text, "<iq ") && strstr(text, "_xmpp_bind") != NULL) {
        client->step = "bind a resource";
    } else if (begins(text, "<iq ") && strstr(text, "_xmpp_session") != NULL) {
        client->step = "begin a session";
    }
}

static void note_features(struct live_client *client, const char *text) {
    const bool secured = xmpp_conn_is_secured(client->conn) != 0;
    if (!secured && client->party->server->target->tls == LIVE_TLS_REQUIRED && strstr(text, "<starttls") == NULL) {
        client->step = "start TLS";
        because(client, "the server does not offer it");
    } else if (strstr(text, "<mechanism>") != NULL) {
        client->step = "log in";
        because(client, "the server offers no way to log in with a password that can be used");
    }
}

static unsigned time_to_log_in(const struct live_client *client) {
    return live_seconds(client->end_us > client->begun_us ? client->end_us - client->begun_us : 0);
}

static void note_received(struct live_client *client, const char *text) {
    char condition[CONDITION_SIZE];
    if (begins(text, "<features") || begins(text, "<stream:features")) {
        note_features(client, text);
    } else if (begins(text, "<failure")) {
        const bool tls = strstr(text, XMPP_NS_TLS) != NULL;
        client->refused = true;
        child_name(text, "<failure", condition, sizeof condition);
        if (tls) {
            because(client, "the server refuses it");
        } else {
            (void)snprintf(client->why, sizeof client->why, "the server refuses the password (%s)", condition);
        }
    } else if (begins(text, "<success") || begins(text, "<proceed")) {
        client->why[0] = '\0';
        client->refused = false;
        if (begins(text, "<proceed") && client->deadline == NULL) {
            const uint64_t now = live_clock_us();
            const uint64_t left_us = now < client->end_us ? client->end_us - now : 0;
            client->deadline = live_deadline_new(client->fd, (unsigned)(left_us / 1000));
        }
    } else if (begins(text, "<iq ") && strstr(text, " type=\"error\"") != NULL) {
        child_name(text, "<error", client->condition, sizeof client->condition);
    }
}

/* The library calls nobody before a client is logged in, but it writes down what passes, which is enough to say at what
 * step something went wrong. */
static void noted(void *data, xmpp_log_level_t level, const char *area, const char *text) {
    struct live_party *party = data;
    struct live_client *client = party->clients;
    (void)level;
    while (client != NULL && client->state != LIVE_CLIENT_CONNECTING) {
        client = client->next;
    }
    if (client == NULL || client->conn == NULL) {
        return;
    }
    party->passed++;
    if (begins(text, "SENT: ")) {
        note_sent(client, text + 6);
    } else if (begins(text, "RECV: ")) {
        note_received(client, text + 6);
    } else if (begins(text, "parse error")) {
        because(client, "what it says is no stream of XMPP");
    } else if (strcmp(area, "tls") == 0 && client->why[0] == '\0' && begins(text, "Handshake failed")) {
        (void)snprintf(client->why, sizeof client->why, "%s", text);
    }
}

static int distrusted(const xmpp_tlscert_t *certificate, const char *message) {
    struct live_client *client = client_of(xmpp_tlscert_get_conn(certificate));
    if (client != NULL) {
        client->step = "check the certificate";
        (void)snprintf(client->why, sizeof client->why, "it is not trusted: %s", message);
    }
    return 0;
}

/* A descriptor that select cannot take would be written beyond its set by the library. */
static int socket_made(xmpp_conn_t *conn, void *data) {
    const int fd = *(const int *)data;
    const int on = 1;
    struct live_client *client = client_of(conn);
    if (client == NULL) {
        return 0;
    }
    if (fd >= FD_SETSIZE) {
        because(client, "too many files are open");
        return -1;
    }
    client->fd = fd;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return 0;
}

/* Why a connection could not be made; the library keeps it to itself. */
static void look_at_connection(struct live_client *client) {
    struct pollfd look = {.fd = client->fd, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof error;
    if (!client->reached && client->fd >= 0 && poll(&look, 1, 0) == 1 && (look.revents & (POLLERR | POLLHUP)) != 0 &&
        getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0) {
        because(client, strerror(error));
    }
}

/* ---------------------------------------------------------------------------------------------- while logged in ---- */

/* The answers that log a client in are handed on as well. */
static bool is_login(xmpp_stanza_t *stanza) {
    const char *id = xmpp_stanza_get_id(stanza);
    return id != NULL && (begins(id, "_xmpp_bind") || begins(id, "_xmpp_session"));
}

/* Whether it is the answer to one of the party's pings, or, what a lenient server may do, the ping itself. */
static bool is_own(struct live_client *client, xmpp_stanza_t *stanza) {
    const char *id = xmpp_stanza_get_id(stanza);
    if (id == NULL || !begins(id, LIVE_MARK) || !begins(id + sizeof LIVE_MARK - 1, client->party->mark)) {
        return false;
    }
    const unsigned long number = strtoul(id + sizeof LIVE_MARK - 1 + strlen(client->party->mark), NULL, 10);
    if (number >= client->pings_first && number <= client->pings_last && client->pings_missing > 0) {
        client->pings_missing--;
    }
    return true;
}

static int arrived(xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *data) {
    struct live_client *client = data;
    const char *ns = xmpp_stanza_get_ns(stanza);
    (void)conn;
    if (ns != NULL && strcmp(ns, XMPP_NS_STREAMS) == 0) {
        live_stanza_condition(stanza, client->condition, sizeof client->condition);
        return 1;
    }
    if (is_own(client, stanza) || is_login(stanza) || client->deaf) {
        return 1;
    }
    struct live_text text = {0};
    live_stanza_text(&text, stanza, XMPP_NS_CLIENT, client->party->english ? NULL : stream_lang);
    client->events.arrived(client->events.context, text.failed ? NULL : text.data, text.size);
    live_text_free(&text);
    return 1;
}

static void logged_in(struct live_client *client) {
    const char *bound = xmpp_conn_get_bound_jid(client->conn);
    free(client->full_jid);
    client->full_jid = bound == NULL ? NULL : strdup(bound);
    client->state = client->full_jid == NULL ? LIVE_CLIENT_FAILED : LIVE_CLIENT_IN;
    because(client, client->full_jid == NULL ? "the server does not say which" : "");
    client->condition[0] = '\0';
    xmpp_handler_add(client->conn, arrived, NULL, NULL, NULL, client);
}

static void not_logged_in(struct live_client *client, int error, const xmpp_stream_error_t *stream_error) {
    const bool refused = client->condition[0] != '\0' && strcmp(client->step, "bind a resource") == 0;
    client->state = refused ? LIVE_CLIENT_REFUSED : LIVE_CLIENT_FAILED;
    if (stream_error != NULL && stream_error->stanza != NULL) {
        char condition[CONDITION_SIZE];
        live_stanza_condition(stream_error->stanza, condition, sizeof condition);
        (void)snprintf(client->why, sizeof client->why, "the server ends the stream: %s", condition);
    } else if (client->why[0] == '\0') {
        because(client, error > 0 && error != ECONNRESET ? strerror(error) : "the server closed the connection");
    }
}

static void changed(xmpp_conn_t *conn, xmpp_conn_event_t event, int error, xmpp_stream_error_t *stream_error, void *data) {
    struct live_client *client = data;
    const enum live_client_state state = client->state;
    if (conn != client->conn) {
        return;
    }
    if (event == XMPP_CONN_CONNECT) {
        logged_in(client);
        return;
    }
    client->fd = -1;
    client->pings_missing = 0;
    if (state == LIVE_CLIENT_CONNECTING) {
        not_logged_in(client, error, stream_error);
    } else if (state == LIVE_CLIENT_IN || state == LIVE_CLIENT_ENDING) {
        client->state = LIVE_CLIENT_OUT;
        client->events.ended(client->events.context, client->condition[0] != '\0' ? client->condition
                                                     : error != 0                 ? "lost"
                                                                                  : "closed");
    }
}

static void release(struct live_client *client) {
    xmpp_conn_t *conn = client->conn;
    client->conn = NULL; /* so that what its end says is nobody's any more */
    client->fd = -1;
    if (conn != NULL) {
        xmpp_conn_release(conn);
    }
}

bool live_client_connect(struct live_client *client, uint64_t end_us, struct live_error *error) {
    struct live_party *party = client->party;
    const char *address = "";
    uint16_t port = 0;
    struct live_guard guard;
    if (!live_where(party->server, client->domain, &address, &port)) {
        return live_fail(error, "%s: connect as %s: it does not serve this domain", live_target_name(party->server->target),
                         client->called);
    }
    enter_library(party, &guard);
    release(client);
    client->step = "connect";
    client->why[0] = client->condition[0] = '\0';
    client->deaf = client->reached = client->refused = false;
    client->begun_us = live_clock_us();
    client->end_us = end_us;
    live_client_forget(client);
    client->conn = xmpp_conn_new(party->ctx);
    bool good = client->conn != NULL;
    if (good) {
        client->state = LIVE_CLIENT_CONNECTING;
        xmpp_conn_set_jid(client->conn, client->jid);
        xmpp_conn_set_pass(client->conn, client->password);
        live_apply_tls(party->server, client->conn);
        xmpp_conn_set_certfail_handler(client->conn, distrusted);
        xmpp_conn_set_sockopt_callback(client->conn, socket_made);
        good = xmpp_connect_client(client->conn, address, port, changed, client) == XMPP_EOK;
    }
    leave_library(&guard);
    if (!good) {
        client->state = LIVE_CLIENT_FAILED;
        if (client->why[0] == '\0') {
            because(client, "the address is not found, or cannot be reached");
        }
        return live_client_error(client, error);
    }
    return true;
}

bool live_client_error(const struct live_client *client, struct live_error *error) {
    const char *name = live_target_name(client->party->server->target);
    const char *address = "?";
    uint16_t port = 0;
    (void)live_where(client->party->server, client->domain, &address, &port);
    if (client->state == LIVE_CLIENT_CONNECTING && !client->refused) {
        return live_fail(error, "%s: %s as %s at %s:%u: no answer within %u s", name, client->step, client->called, address,
                         port, time_to_log_in(client));
    }
    return live_fail(error, "%s: %s as %s at %s:%u: %s", name, client->step, client->called, address, port, client->why);
}

/* ------------------------------------------------------------------------------------------------------- sending ---- */

static void send_text(struct live_client *client, const char *bytes, size_t size) {
    struct live_guard guard;
    enter_library(client->party, &guard);
    xmpp_send_raw(client->conn, bytes, size);
    leave_library(&guard);
}

void live_client_send(struct live_client *client, const char *bytes, size_t size) {
    if (client->state == LIVE_CLIENT_IN) {
        send_text(client, bytes, size);
        live_party_work(client->party);
    }
}

void live_client_ping(struct live_client *client, const char *to) {
    struct live_text text = {0};
    if (client->state != LIVE_CLIENT_IN) {
        return;
    }
    live_text_format(&text, "<iq type='get' id='" LIVE_MARK "%s%u' to='", client->party->mark, client->pings_last + 1);
    live_text_xml(&text, to);
    live_text_format(&text, "'><ping xmlns='urn:xmpp:ping'/></iq>");
    if (!text.failed) {
        client->pings_last++;
        client->pings_missing++;
        send_text(client, text.data, text.size);
    }
    live_text_free(&text);
}

unsigned live_client_pings(const struct live_client *client) {
    return client->pings_missing;
}

void live_client_forget(struct live_client *client) {
    client->pings_first = client->pings_last + 1;
    client->pings_missing = 0;
}

void live_client_leave(struct live_client *client, bool breaks, const char *condition) {
    struct live_guard guard;
    if (client->state != LIVE_CLIENT_IN) {
        return;
    }
    client->state = LIVE_CLIENT_ENDING;
    client->deaf = true;
    live_client_forget(client);
    enter_library(client->party, &guard);
    if (breaks) {
        /* The server sees the end at once, and by closing its own side it shows that it has. */
        (void)shutdown(client->fd, SHUT_WR);
    } else {
        if (condition != NULL) {
            xmpp_send_raw_string(client->conn, "<stream:error><%s xmlns='" XMPP_NS_STREAMS_IETF "'/></stream:error>", condition);
        }
        xmpp_disconnect(client->conn);
    }
    leave_library(&guard);
    live_party_work(client->party);
}

void live_client_drop(struct live_client *client) {
    struct live_guard guard;
    enter_library(client->party, &guard);
    release(client);
    leave_library(&guard);
    client->state = LIVE_CLIENT_OUT;
    client->pings_missing = 0;
}

/* ----------------------------------------------------------------------------------------------------- what there is ---- */

enum live_client_state live_client_state(const struct live_client *client) {
    return client->state;
}

const char *live_client_condition(const struct live_client *client) {
    return client->condition;
}

int live_client_connection(const struct live_client *client) {
    return client->fd;
}

const char *live_client_full_jid(const struct live_client *client) {
    return client->full_jid;
}

static void free_client(struct live_client *client) {
    free(client->jid);
    free(client->domain);
    free(client->password);
    free(client->called);
    free(client->full_jid);
    free(client);
}

struct live_client *live_client_new(struct live_party *party, const char *jid, const char *password, const char *called,
                                    const struct live_peer_events *events) {
    const char *at = strchr(jid, '@');
    struct live_client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        return NULL;
    }
    *client = (struct live_client){.party = party, .events = *events, .fd = -1, .step = "connect", .pings_first = 1};
    client->jid = strdup(jid);
    client->domain = strdup(at == NULL ? jid : at + 1);
    client->password = strdup(password);
    client->called = strdup(called);
    if (client->jid == NULL || client->domain == NULL || client->password == NULL || client->called == NULL) {
        free_client(client);
        return NULL;
    }
    client->domain[strcspn(client->domain, "/")] = '\0';
    client->next = party->clients;
    party->clients = client;
    return client;
}

/* ----------------------------------------------------------------------------------------------------- the party ---- */

struct live_party *live_party_new(struct live_server *server) {
    struct live_error error;
    char secret[LIVE_PASSWORD_SIZE];
    struct live_party *party = calloc(1, sizeof *party);
    if (party == NULL) {
        return NULL;
    }
    party->server = server;
    party->log = (xmpp_log_t){.handler = noted, .userdata = party};
    /* The library remembers the first context of all that makes a parser, and two at the same time would mix it up. */
    pthread_mutex_lock(&server->lock);
    party->ctx = xmpp_ctx_new(NULL, &party->log);
    xmpp_conn_t *conn = party->ctx == NULL ? NULL : xmpp_conn_new(party->ctx);
    if (conn != NULL) {
        xmpp_conn_release(conn);
    }
    pthread_mutex_unlock(&server->lock);
    if (conn == NULL || !live_secret(secret, &error)) {
        live_party_free(party);
        return NULL;
    }
    (void)snprintf(party->mark, sizeof party->mark, "%.*s-", (int)sizeof party->mark - 2, secret);
    return party;
}

void live_party_free(struct live_party *party) {
    if (party == NULL) {
        return;
    }
    while (party->clients != NULL) {
        struct live_client *next = party->clients->next;
        live_client_drop(party->clients);
        free_client(party->clients);
        party->clients = next;
    }
    if (party->ctx != NULL) {
        xmpp_ctx_free(party->ctx);
    }
    free(party);
}

void live_party_speaks_english(struct live_party *party) {
    party->english = true;
}

size_t live_party_polls(const struct live_party *party, struct pollfd *polls, size_t room) {
    size_t count = 0;
    for (const struct live_client *client = party->clients; client != NULL && count < room; client = client->next) {
        if (client->fd >= 0 && client->conn != NULL) {
            const bool writes = xmpp_conn_is_connecting(client->conn) || xmpp_conn_send_queue_len(client->conn) > 0;
            polls[count++] = (struct pollfd){.fd = client->fd, .events = (short)(POLLIN | (writes ? POLLOUT : 0))};
        }
    }
    return count;
}

/* The library has come back from a handshake, if it was in one. */
static void end_deadlines(struct live_party *party) {
    for (struct live_client *client = party->clients; client != NULL; client = client->next) {
        struct live_deadline *deadline = client->deadline;
        client->deadline = NULL;
        if (live_deadline_end(deadline)) {
            (void)snprintf(client->why, sizeof client->why, "no answer within %u s", time_to_log_in(client));
        }
    }
}

void live_party_work(struct live_party *party) {
    struct live_guard guard;
    int turns = 1;
    enter_library(party, &guard);
    for (struct live_client *client = party->clients; client != NULL; client = client->next) {
        if (client->state == LIVE_CLIENT_CONNECTING) {
            look_at_connection(client);
        }
        if (client->conn != NULL && xmpp_conn_is_secured(client->conn)) {
            turns = TLS_TURNS;
        }
    }
    /* What the library answers by itself while a client logs in is written in its next turn, and no queue shows it. */
    for (unsigned passed = 0; turns > 0 || passed != party->passed; turns--) {
        passed = party->passed;
        xmpp_run_once(party->ctx, 0);
        end_deadlines(party);
    }
    leave_library(&guard);
}
