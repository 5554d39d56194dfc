/* component.c - a service behind the target that the script plays (XEP-0114). The stream is our own and not
 * libstrophe's, which gives stanzas taken apart instead of the octets that came, knows a list of stream errors only,
 * and cannot break a connection. The library makes the handshake's digest. */
#include "stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <strophe.h>

struct live_component {
    struct live_server *server;
    uint16_t port;
    const char *secret; /* of the server */
    char *domain;
    struct live_peer_events events;
    int loop;
    struct live_stream *stream; /* NULL: none */
    bool connected, failed;
    uint64_t since_us;
    struct live_text open;
    enum live_raw raw;
    unsigned asked, answered, stale; /* marks; stale: those up to here were asked on streams that are over */
    struct live_error failure;
};

static void fails(struct live_component *component, const char *step, const char *why) {
    if (!component->failed) {
        component->failed = true;
        live_fail(&component->failure, "%s: component %s at 127.0.0.1:%u: %s: %s",
                  live_target_name(component->server->target), component->domain, component->port,
                  step, why);
    }
}

/* ------------------------------------------------------------------------------------------------------ stream ---- */

static void write_text(struct live_component *component, struct live_text *text) {
    if (text->failed) {
        fails(component, "send", "memory ran out");
    } else {
        live_stream_write(component->stream, text->data, text->size);
    }
    live_text_free(text);
}

static void opened(void *owner, const struct live_element *header) {
    struct live_component *component = owner;
    struct live_text text = {0};
    unsigned char digest[XMPP_SHA1_DIGEST_SIZE];
    live_text_format(&text, "%s%s", header->id == NULL ? "" : header->id, component->secret);
    if (!text.failed) {
        xmpp_sha1_digest((const unsigned char *)text.data, text.size, digest);
        text.size = 0;
        live_text_format(&text, "<handshake>");
        for (size_t i = 0; i < sizeof digest; i++) {
            live_text_format(&text, "%02x", digest[i]);
        }
        live_text_format(&text, "</handshake>");
    }
    write_text(component, &text);
}

static void mark_came(struct live_component *component, const struct live_element *element) {
    struct live_text text = {0};
    if (live_mark_answer(&text, element)) {
        write_text(component, &text);
    } else if (strtoul(element->id + sizeof LIVE_MARK - 1, NULL, 10) > component->stale &&
               component->answered < component->asked) {
        component->answered++;
    }
    live_text_free(&text);
}

/* jabberd2's session manager asks each service what it is. That is no stanza of anybody who is in the script. */
static bool is_internal(const struct live_component *component, const struct live_element *element) {
    return component->server->kind == &live_jabberd2 && element->from != NULL && strcmp(element->from, "sm") == 0;
}

static void came(void *owner, const struct live_element *element) {
    struct live_component *component = owner;
    if (!component->connected) {
        component->connected = strcmp(element->name, "handshake") == 0;
    } else if (live_is_mark(element)) {
        mark_came(component, element);
    } else if (live_is_stanza(element) && !is_internal(component, element)) {
        component->events.arrived(component->events.context, element->raw, element->size);
    }
}

static void over(void *owner, const char *why, const char *wrong) {
    struct live_component *component = owner;
    component->answered = component->asked;
    if (wrong != NULL) {
        fails(component, component->connected ? "stream" : "connect", wrong);
    }
    component->connected = false;
    component->events.ended(component->events.context, why);
}

static const struct live_stream_calls calls = {opened, came, over};

/* -------------------------------------------------------------------------------------------------------- life ---- */

struct live_component *live_component_new(struct live_server *server, const char *domain,
                                          const struct live_peer_events *events, struct live_error *error) {
    struct live_component *component = calloc(1, sizeof *component);
    if (component == NULL) {
        live_fail(error, "memory ran out");
        return NULL;
    }
    *component =
        (struct live_component){.server = server, .domain = strdup(domain), .events = *events, .loop = live_loop_new()};
    const bool known = live_attach(server, domain, &component->port, &component->secret);
    if (component->domain == NULL || component->loop < 0 || !known) {
        live_fail(error, "%s: component %s: %s", live_target_name(server->target), domain,
                  known ? "memory ran out" : "the server has no port for components");
        live_component_free(component);
        return NULL;
    }
    return component;
}

bool live_component_connect(struct live_component *component, struct live_error *error) {
    live_stream_free(component->stream);
    live_text_free(&component->open);
    component->raw = LIVE_RAW_WHOLE;
    component->connected = false;
    component->answered = component->stale = component->asked;
    component->since_us = live_clock_us();
    (void)live_attach(component->server, component->domain, &component->port, &component->secret);
    component->stream =
        live_stream_connect(component->loop, NULL, component->port, &calls, component);
    if (component->stream == NULL) {
        return live_fail(error, "%s: component %s: memory ran out", live_target_name(component->server->target),
                         component->domain);
    }
    live_stream_open(component->stream, "jabber:component:accept", NULL, component->domain, NULL, false);
    return true;
}

bool live_component_connected(const struct live_component *component) {
    return component->connected;
}

void live_component_end(struct live_component *component, bool breaks, const char *condition) {
    struct live_stream *stream = component->stream;
    const bool connected = component->connected;
    component->answered = component->asked;
    component->connected = false;
    if (stream == NULL || live_stream_over(stream)) {
        return;
    }
    if (!connected && !live_stream_closing(stream)) {
        live_stream_break(stream);
    } else if (breaks) {
        live_stream_drop(stream);
    } else if (condition != NULL && connected) {
        live_stream_error(stream, condition);
    } else if (connected) {
        live_stream_close(stream);
    }
}

bool live_component_ending(const struct live_component *component) {
    return component->stream != NULL && live_stream_closing(component->stream);
}

void live_component_free(struct live_component *component) {
    if (component == NULL) {
        return;
    }
    live_component_end(component, false, NULL);
    live_stream_free(component->stream);
    live_text_free(&component->open);
    if (component->loop >= 0) {
        close(component->loop);
    }
    free(component->domain);
    free(component);
}

/* --------------------------------------------------------------------------------------------- what it is told ---- */

bool live_component_send(struct live_component *component, const char *bytes, size_t size, struct live_error *error) {
    if (!component->connected) {
        return live_fail(error, "%s: component %s: it is not connected", live_target_name(component->server->target),
                         component->domain);
    }
    component->raw = live_raw_add(&component->open, bytes, size);
    live_stream_write(component->stream, bytes, size);
    *error = component->failure;
    return !component->failed;
}

bool live_component_marker(struct live_component *component, const char *served_domain, struct live_error *error) {
    struct live_text text = {0};
    char id[sizeof LIVE_MARK + 16];
    /* What ends the stream is worked on when it has ended; what is not whole yet is not worked on at all. */
    if (component->connected && component->raw == LIVE_RAW_WHOLE) {
        snprintf(id, sizeof id, LIVE_MARK "%u", component->asked + 1);
        live_mark_ask(&text, component->domain, served_domain, id);
        write_text(component, &text);
    }
    if (component->connected && component->raw != LIVE_RAW_MIDDLE) {
        component->asked++;
    }
    *error = component->failure;
    return !component->failed;
}

bool live_component_marked(const struct live_component *component) {
    return component->asked == component->answered;
}

size_t live_component_descriptors(const struct live_component *component, int *fds, size_t room) {
    if (room > 0) {
        fds[0] = component->loop;
    }
    return 1;
}

bool live_component_work(struct live_component *component, struct live_error *error) {
    (void)live_loop_work(component->loop);
    const bool opening = component->stream != NULL && !component->connected && !live_stream_over(component->stream) &&
                         !live_stream_closing(component->stream);
    if (opening && live_clock_us() - component->since_us > (uint64_t)component->server->seconds * 1000000) {
        fails(component, "connect", "no answer");
    }
    *error = component->failure;
    return !component->failed;
}
