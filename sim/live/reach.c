/* reach.c - a server is asked for a stream, so that it shows that it answers and whom it is trusted by, and where it
 * lets strangers register, for an account (XEP-0077). */
#include "session.h"

#include <stdio.h>
#include <string.h>

#include <strophe.h>

enum { NOTE_SIZE = 160, STEP_SIZE = 100, PATIENCE_MS = 20 };

struct visit {
    struct live_server *server;
    const char *domain, *address;
    uint16_t port;
    const char *local, *password; /* NULL: nobody registers */
    char step[STEP_SIZE];
    bool over, good;
    char note[NOTE_SIZE];     /* the last that the library said of TLS */
    char distrust[NOTE_SIZE]; /* what is wrong with the certificate */
    int socket;
    uint64_t begun_us, end_us;
    struct live_error *error;
};

/* The library asks about sockets without saying for whose sake. */
static _Thread_local struct visit *under_way;

static void fails(struct visit *visit, const char *why) {
    if (!visit->over) {
        visit->over = true;
        live_fail(visit->error, "%s: %s for %s at %s:%u: %s", live_target_name(visit->server->target), visit->step,
                  visit->domain, visit->address, visit->port, why);
    }
}

static void takes_too_long(struct visit *visit) {
    char why[64];
    snprintf(why, sizeof why, "no answer within %u s",
             live_seconds(visit->end_us > visit->begun_us ? visit->end_us - visit->begun_us : 0));
    fails(visit, why);
}

static void next_step(struct visit *visit, const char *step) {
    snprintf(visit->step, sizeof visit->step, "%s", step);
}

static void succeeds(struct visit *visit) {
    visit->good = !visit->over;
    visit->over = true;
}

static void fails_with(struct visit *visit, const char *what, xmpp_stanza_t *failure) {
    char condition[64], why[128];
    live_stanza_condition(failure, condition, sizeof condition);
    snprintf(why, sizeof why, "%s: %s", what, condition);
    fails(visit, why);
}

/* ------------------------------------------------------------------------------------------------- registering ---- */

static int registered(xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *data) {
    struct visit *visit = data;
    const char *type = xmpp_stanza_get_type(stanza);
    (void)conn;
    if (type != NULL && strcmp(type, "result") == 0) {
        succeeds(visit);
    } else {
        fails_with(visit, "the server refuses it", xmpp_stanza_get_child_by_name(stanza, "error"));
    }
    return 0;
}

static void ask_for_account(struct visit *visit, xmpp_conn_t *conn) {
    struct live_text text = {0};
    live_text_format(&text, "<iq type='set' id='register' to='");
    live_text_xml(&text, visit->domain);
    live_text_format(&text, "'><query xmlns='jabber:iq:register'><username>");
    live_text_xml(&text, visit->local);
    live_text_format(&text, "</username><password>");
    live_text_xml(&text, visit->password);
    live_text_format(&text, "</password></query></iq>");
    snprintf(visit->step, sizeof visit->step, "register %.80s", visit->local);
    if (text.failed) {
        fails(visit, "memory ran out");
    } else {
        xmpp_id_handler_add(conn, registered, "register", visit);
        xmpp_send_raw(conn, text.data, text.size);
    }
    live_text_free(&text);
}

/* -------------------------------------------------------------------------------------------------- the stream ---- */

static int features_came(xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *data);

static int refused_stream(xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *data) {
    (void)conn;
    fails_with(data, "the server ends the stream", stanza);
    return 0;
}

/* The handshake waits for as long as the server likes, unless somebody shuts the connection down. */
static bool secure(struct visit *visit, xmpp_conn_t *conn) {
    const uint64_t now_us = live_clock_us();
    const unsigned left_ms = now_us >= visit->end_us ? 0 : (unsigned)((visit->end_us - now_us) / 1000);
    struct live_deadline *deadline = live_deadline_new(visit->socket, left_ms);
    char why[NOTE_SIZE + 64];
    if (deadline == NULL) {
        fails(visit, "memory or descriptors ran out");
        return false;
    }
    const bool good = xmpp_conn_tls_start(conn) == 0;
    if (live_deadline_end(deadline)) {
        takes_too_long(visit);
    } else if (!good && visit->distrust[0] != '\0') {
        snprintf(why, sizeof why, "the certificate is not trusted: %s", visit->distrust);
        fails(visit, why);
    } else if (!good) {
        const char *detail = strstr(visit->note, "::"); /* behind OpenSSL's number and the name of a part of it */
        detail = detail == NULL ? visit->note : detail + 2;
        snprintf(why, sizeof why, "it does not come about%s%s", *detail == '\0' ? "" : ": ", detail);
        fails(visit, why);
    }
    return good && !visit->over;
}

static int may_secure(xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *data) {
    struct visit *visit = data;
    if (strcmp(xmpp_stanza_get_name(stanza), "proceed") != 0) {
        fails(visit, "the server offers TLS and refuses it");
    } else if (secure(visit, conn)) {
        next_step(visit, "open a stream with TLS");
        xmpp_handler_delete(conn, refused_stream);
        xmpp_handler_delete(conn, features_came);
        (void)xmpp_conn_open_stream_default(conn);
    }
    return 0;
}

static void ask_for_tls(struct visit *visit, xmpp_conn_t *conn) {
    static const char starttls[] = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
    next_step(visit, "start TLS");
    xmpp_handler_add(conn, may_secure, XMPP_NS_TLS, NULL, NULL, visit);
    xmpp_send_raw(conn, starttls, sizeof starttls - 1);
}

static int features_came(xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *data) {
    struct visit *visit = data;
    const enum live_tls tls = visit->server->target->tls;
    xmpp_stanza_t *starttls = xmpp_stanza_get_child_by_name(stanza, "starttls");
    const bool secured = xmpp_conn_is_secured(conn) != 0;
    const bool needed = !secured && starttls != NULL && xmpp_stanza_get_child_by_name(starttls, "required") != NULL;
    if (tls != LIVE_TLS_OFF && starttls != NULL && !secured) {
        ask_for_tls(visit, conn);
    } else if (!secured && (tls == LIVE_TLS_REQUIRED || needed)) {
        next_step(visit, "start TLS");
        fails(visit,
              needed ? "the server requires it, and the target file turns it off" : "the server does not offer it");
    } else if (visit->local != NULL) {
        ask_for_account(visit, conn);
    } else {
        succeeds(visit);
    }
    return 0;
}

static void changed(xmpp_conn_t *conn, xmpp_conn_event_t event, int number, xmpp_stream_error_t *stream_error,
                    void *data) {
    struct visit *visit = data;
    (void)stream_error;
    if (event == XMPP_CONN_RAW_CONNECT) {
        next_step(visit, "open a stream");
        (void)xmpp_conn_open_stream_default(conn);
    } else if (event == XMPP_CONN_CONNECT) {
        xmpp_handler_add(conn, refused_stream, XMPP_NS_STREAMS, "error", NULL, visit);
        xmpp_handler_add(conn, features_came, XMPP_NS_STREAMS, "features", NULL, visit);
    } else {
        const bool connected = strcmp(visit->step, "connect") != 0;
        const char *problem = connected ? NULL : live_port_problem(visit->address, visit->port, visit->server->seconds);
        fails(visit, problem != NULL ? problem : number > 0 ? strerror(number) : "the server closed the connection");
    }
}

/* --------------------------------------------------------------------------------------------------- the visit ---- */

void live_apply_tls(const struct live_server *server, xmpp_conn_t *conn) {
    static const unsigned long flags[] = {[LIVE_TLS_REQUIRED] = XMPP_CONN_FLAG_MANDATORY_TLS,
                                          [LIVE_TLS_ALLOWED] = XMPP_CONN_FLAG_TRUST_TLS,
                                          [LIVE_TLS_OFF] = XMPP_CONN_FLAG_DISABLE_TLS};
    (void)xmpp_conn_set_flags(conn, (long)(flags[server->target->tls] | XMPP_CONN_FLAG_DISABLE_SM));
    if (server->target->ca_file != NULL) {
        xmpp_conn_set_cafile(conn, server->target->ca_file);
    }
}

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

static void noted(void *data, xmpp_log_level_t level, const char *area, const char *message) {
    struct visit *visit = data;
    (void)level;
    if (strcmp(area, "tls") == 0) {
        snprintf(visit->note, sizeof visit->note, "%s", message);
    } else if (begins(message, "parse error") || begins(message, "Server did not open valid stream")) {
        fails(visit, "what the server says is no XMPP");
    }
}

static int distrusted(const xmpp_tlscert_t *certificate, const char *const why) {
    (void)certificate;
    snprintf(under_way->distrust, sizeof under_way->distrust, "%s", why);
    return 0;
}

static int socket_made(xmpp_conn_t *conn, void *socket) {
    (void)conn;
    under_way->socket = *(const int *)socket;
    return 0;
}

static void run(struct visit *visit, xmpp_ctx_t *ctx, xmpp_conn_t *conn) {
    xmpp_conn_set_jid(conn, visit->domain);
    xmpp_conn_set_sockopt_callback(conn, socket_made);
    live_apply_tls(visit->server, conn);
    xmpp_conn_set_certfail_handler(conn, distrusted);
    if (xmpp_connect_raw(conn, visit->address, visit->port, changed, visit) != XMPP_EOK) {
        const char *problem = live_port_problem(visit->address, visit->port, visit->server->seconds);
        fails(visit, problem != NULL ? problem : "the connection cannot be made");
    }
    while (!visit->over) {
        xmpp_run_once(ctx, PATIENCE_MS);
        if (live_clock_us() > visit->end_us) {
            takes_too_long(visit);
        }
    }
    if (visit->good) {
        xmpp_disconnect(conn);
        xmpp_run_once(ctx, 0);
    }
}

static void go(struct visit *visit) {
    const xmpp_log_t log = {.handler = noted, .userdata = visit};
    xmpp_ctx_t *ctx = xmpp_ctx_new(NULL, &log);
    xmpp_conn_t *conn = ctx == NULL ? NULL : xmpp_conn_new(ctx);
    next_step(visit, "connect");
    if (conn == NULL) {
        fails(visit, "memory ran out");
    } else {
        run(visit, ctx, conn);
        xmpp_conn_release(conn);
    }
    if (ctx != NULL) {
        xmpp_ctx_free(ctx);
    }
}

bool live_register(struct live_server *server, const char *local, const char *domain, const char *password,
                   uint64_t end_us, struct live_error *error) {
    struct visit visit = {.server = server, .domain = domain, .local = local, .password = password, .error = error};
    struct live_guard guard;
    visit.begun_us = live_clock_us();
    visit.end_us = live_end_us(server, end_us);
    if (!live_where(server, domain, &visit.address, &visit.port)) {
        return live_fail(error, "%s does not serve %s", live_target_name(server->target), domain);
    }
    live_guard_enter(&guard);
    under_way = &visit;
    go(&visit);
    under_way = NULL;
    live_guard_leave(&guard);
    return visit.good;
}

bool live_reach(struct live_server *server, const char *domain, uint64_t end_us, struct live_error *error) {
    return live_register(server, NULL, domain, NULL, end_us, error);
}
