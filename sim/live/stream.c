/* stream.c - XML streams over TCP. expat reads what comes; of each element the octets are kept until it is complete. */
#include "stream.h"

#include <errno.h>
#include <expat.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#define NS_STREAM_ERRORS "urn:ietf:params:xml:ns:xmpp-streams"

enum { CHUNK = 1 << 16, TEXT_MAX = 4096, CONDITION_SIZE = 64, SEPARATOR = 0x1F, EVENTS = 32, ROUNDS_MAX = 1000 };

enum field { FIELD_NS, FIELD_NAME, FIELD_FROM, FIELD_TO, FIELD_ID, FIELD_TYPE, FIELD_VERSION, FIELD_COUNT };

struct live_stream {
    int loop, socket; /* socket -1: it is over */
    unsigned interest;
    bool watched; /* the loop has it */
    bool connecting, closing, dropped, hold_in, hold_out;
    const struct live_stream_calls *calls;
    void *owner;

    struct live_text out;
    size_t written; /* octets of it */

    XML_Parser parser;
    struct live_text kept; /* octets from kept_at on, as expat counts them */
    size_t kept_at, done_at, begin_at;
    size_t depth;
    char *fields[FIELD_COUNT];
    struct live_text text;
    char condition[CONDITION_SIZE]; /* of the stream error that came */
    const char *wrong;
};

/* ---------------------------------------------------------------------------------------------------- the loop ---- */

int live_loop_new(void) {
    return epoll_create1(EPOLL_CLOEXEC);
}

bool live_loop_work(int loop) {
    bool listener = false;
    struct epoll_event events[EVENTS];
    int count = 1;
    for (int round = 0; round < ROUNDS_MAX && count > 0; round++) {
        count = epoll_wait(loop, events, EVENTS, 0);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr != NULL) {
                live_stream_ready(events[i].data.ptr, events[i].events);
            }
            listener = listener || events[i].data.ptr == NULL;
        }
        if (listener) {
            break;
        }
    }
    return listener;
}

static void watch(struct live_stream *stream) {
    const bool writes = stream->connecting || (stream->out.size > stream->written && !stream->hold_out);
    const unsigned interest = (stream->hold_in ? 0u : (unsigned)EPOLLIN) | (writes ? (unsigned)EPOLLOUT : 0u);
    struct epoll_event event = {.events = interest, .data.ptr = stream};
    if (stream->socket < 0 || (stream->watched && interest == stream->interest)) {
        return;
    }
    /* A reset would be told again and again of a stream from which nothing may be read, so the loop forgets it. */
    if (interest == 0) {
        (void)epoll_ctl(stream->loop, EPOLL_CTL_DEL, stream->socket, NULL);
        stream->watched = false;
    } else {
        const int how = stream->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
        stream->watched = epoll_ctl(stream->loop, how, stream->socket, &event) == 0;
    }
    stream->interest = interest;
}

static void finish(struct live_stream *stream) {
    if (stream->socket >= 0) {
        /* A process that is just being started may have the descriptor too, and then the loop would go on telling of a
         * stream that is gone. */
        if (stream->watched) {
            (void)epoll_ctl(stream->loop, EPOLL_CTL_DEL, stream->socket, NULL);
            stream->watched = false;
        }
        close(stream->socket);
        stream->socket = -1;
        if (stream->depth > 0) {
            (void)XML_StopParser(stream->parser, XML_FALSE);
        }
    }
}

/* The other side has ended it. */
static void end(struct live_stream *stream, const char *why) {
    if (stream->socket < 0) {
        return;
    }
    finish(stream);
    if (!stream->closing) {
        stream->calls->over(stream->owner, stream->condition[0] != '\0' ? stream->condition : why, stream->wrong);
    }
}

/* The other side did what it must not. */
static void refuse(struct live_stream *stream, const char *wrong, const char *condition) {
    if (stream->socket >= 0 && stream->wrong == NULL) {
        stream->wrong = wrong;
        const bool closing = stream->closing;
        live_stream_error(stream, condition);
        stream->closing = closing;
        end(stream, "lost");
    }
}

/* ----------------------------------------------------------------------------------------------------- reading ---- */

static void clear_element(struct live_stream *stream) {
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        free(stream->fields[i]);
        stream->fields[i] = NULL;
    }
    stream->text.size = 0;
    live_text_add(&stream->text, "", 0);
}

static void set_field(struct live_stream *stream, enum field field, const char *value) {
    stream->fields[field] = strdup(value);
    if (stream->fields[field] == NULL) {
        refuse(stream, "memory ran out", "resource-constraint");
    }
}

static void read_element(struct live_stream *stream, const char *name, const char **attributes) {
    static const char *const names[FIELD_COUNT] = {[FIELD_FROM] = "from",
                                                   [FIELD_TO] = "to",
                                                   [FIELD_ID] = "id",
                                                   [FIELD_TYPE] = "type",
                                                   [FIELD_VERSION] = "version"};
    const char *mark = strrchr(name, SEPARATOR);
    clear_element(stream);
    set_field(stream, FIELD_NAME, mark == NULL ? name : mark + 1);
    set_field(stream, FIELD_NS, mark == NULL ? "" : name);
    if (mark != NULL && stream->fields[FIELD_NS] != NULL) {
        stream->fields[FIELD_NS][mark - name] = '\0';
    }
    for (; *attributes != NULL; attributes += 2) {
        for (size_t i = FIELD_FROM; i < FIELD_COUNT; i++) {
            if (strcmp(attributes[0], names[i]) == 0) {
                set_field(stream, (enum field)i, attributes[1]);
            }
        }
    }
}

static bool is_element(const struct live_element *element, const char *ns, const char *name) {
    return strcmp(element->ns, ns) == 0 && strcmp(element->name, name) == 0;
}

static struct live_element element_of(const struct live_stream *stream, size_t end_at) {
    char *const *fields = stream->fields;
    return (struct live_element){.ns = fields[FIELD_NS],
                                 .name = fields[FIELD_NAME],
                                 .from = fields[FIELD_FROM],
                                 .to = fields[FIELD_TO],
                                 .id = fields[FIELD_ID],
                                 .type = fields[FIELD_TYPE],
                                 .version = fields[FIELD_VERSION],
                                 .text = stream->text.data,
                                 .raw = stream->kept.data + (stream->begin_at - stream->kept_at),
                                 .size = end_at - stream->begin_at};
}

static size_t token_at(const struct live_stream *stream) {
    return (size_t)XML_GetCurrentByteIndex(stream->parser);
}

static size_t token_end(const struct live_stream *stream) {
    return token_at(stream) + (size_t)XML_GetCurrentByteCount(stream->parser);
}

static void header_came(struct live_stream *stream) {
    stream->begin_at = token_at(stream);
    const struct live_element header = element_of(stream, token_end(stream));
    if (!is_element(&header, LIVE_NS_STREAMS, "stream")) {
        refuse(stream, "what it sends is no stream", "invalid-namespace");
    } else if (!stream->closing) {
        stream->calls->opened(stream->owner, &header);
    }
}

static void read_condition(struct live_stream *stream, const char *name) {
    static const char ns[] = NS_STREAM_ERRORS "\x1F";
    const bool is_error =
        strcmp(stream->fields[FIELD_NAME], "error") == 0 && strcmp(stream->fields[FIELD_NS], LIVE_NS_STREAMS) == 0;
    const char *condition = name + sizeof ns - 1;
    if (is_error && strncmp(name, ns, sizeof ns - 1) == 0 && strcmp(condition, "text") != 0 &&
        strlen(condition) < CONDITION_SIZE) {
        memcpy(stream->condition, condition, strlen(condition) + 1);
    }
}

static void XMLCALL begin_element(void *data, const char *name, const char **attributes) {
    struct live_stream *stream = data;
    const size_t depth = stream->depth++;
    if (stream->socket < 0) {
        return;
    }
    if (depth < 2) {
        read_element(stream, name, attributes);
        stream->begin_at = depth == 1 ? token_at(stream) : stream->begin_at;
    }
    if (depth == 0 && stream->socket >= 0) {
        header_came(stream);
        stream->done_at = token_end(stream);
    } else if (depth == 2) {
        read_condition(stream, name);
    } else if (depth == LIVE_DEPTH_MAX) {
        refuse(stream, "what it sends is nested too deep", "policy-violation");
    }
}

static void element_came(struct live_stream *stream) {
    stream->done_at = token_end(stream);
    const struct live_element element = element_of(stream, stream->done_at);
    if (stream->text.failed) {
        refuse(stream, "memory ran out", "resource-constraint");
    } else if (is_element(&element, LIVE_NS_STREAMS, "error")) {
        if (stream->condition[0] == '\0') {
            memcpy(stream->condition, "undefined-condition", sizeof "undefined-condition");
        }
    } else if (!stream->closing) {
        stream->calls->came(stream->owner, &element);
    }
}

static void XMLCALL end_element(void *data, const char *name) {
    struct live_stream *stream = data;
    (void)name;
    stream->depth--;
    if (stream->socket < 0) {
        return;
    }
    if (stream->depth == 1) {
        element_came(stream);
    } else if (stream->depth == 0) {
        if (!stream->closing) {
            live_stream_write(stream, "</stream:stream>", 16);
        }
        end(stream, "closed");
    }
}

static void XMLCALL characters(void *data, const char *text, int size) {
    struct live_stream *stream = data;
    if (stream->depth == 2 && stream->text.size < TEXT_MAX) {
        live_text_add(&stream->text, text, (size_t)size);
    } else if (stream->depth == 1) {
        stream->done_at = token_end(stream);
    }
}

static void XMLCALL doctype(void *data, const char *name, const char *system, const char *identifier, int internal) {
    (void)name;
    (void)system;
    (void)identifier;
    (void)internal;
    refuse(data, "it sends a document type", "restricted-xml");
}

/* Octets of elements that are complete are not needed any more. */
static void forget(struct live_stream *stream) {
    const size_t done = stream->done_at - stream->kept_at;
    if (done > 0) {
        memmove(stream->kept.data, stream->kept.data + done, stream->kept.size - done);
        stream->kept.size -= done;
        stream->kept_at = stream->done_at;
    }
    if (stream->kept.size > LIVE_ELEMENT_MAX) {
        refuse(stream, "what it sends is too large", "policy-violation");
    }
}

static void parse(struct live_stream *stream, const char *data, size_t size) {
    live_text_add(&stream->kept, data, size);
    if (stream->kept.failed) {
        refuse(stream, "memory ran out", "resource-constraint");
    } else if (XML_Parse(stream->parser, data, (int)size, XML_FALSE) != XML_STATUS_OK) {
        refuse(stream, "what it sends is not well-formed", "not-well-formed");
    }
    if (stream->socket >= 0) {
        forget(stream);
    }
}

static void read_some(struct live_stream *stream) {
    char data[CHUNK];
    const int yes = 1;
    const ssize_t size = recv(stream->socket, data, sizeof data, MSG_DONTWAIT);
    /* A sender that follows Nagle's algorithm would wait 40 ms for what the kernel does not say at once. */
    (void)setsockopt(stream->socket, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
    if (size > 0 && !stream->dropped) {
        parse(stream, data, (size_t)size);
    } else if (size == 0 || (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
        end(stream, "lost");
    }
}

/* ----------------------------------------------------------------------------------------------------- writing ---- */

static void flush(struct live_stream *stream) {
    struct live_text *out = &stream->out;
    while (stream->socket >= 0 && !stream->connecting && !stream->hold_out && stream->written < out->size) {
        const ssize_t sent =
            send(stream->socket, out->data + stream->written, out->size - stream->written, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            break; /* what is wrong shows when it is read from */
        }
        stream->written += (size_t)sent;
    }
    if (stream->written == out->size) {
        stream->written = out->size = 0;
    }
    watch(stream);
}

void live_stream_write(struct live_stream *stream, const char *data, size_t size) {
    if (stream->socket < 0 || stream->closing) {
        return;
    }
    live_text_add(&stream->out, data, size);
    if (stream->out.failed || stream->out.size - stream->written > LIVE_UNSENT_MAX) {
        stream->wrong = stream->out.failed ? "memory ran out" : "it does not take what is sent";
        finish(stream);
        stream->calls->over(stream->owner, "lost", stream->wrong);
        return;
    }
    flush(stream);
}

static void write_text(struct live_stream *stream, struct live_text *text) {
    if (text->failed) {
        stream->out.failed = true;
    }
    live_stream_write(stream, text->data, text->failed ? 0 : text->size);
    live_text_free(text);
}

void live_stream_open(struct live_stream *stream, const char *content, const char *from, const char *to, const char *id,
                      bool version) {
    const char *const attributes[][2] = {{"from", from}, {"to", to}, {"id", id}, {"version", version ? "1.0" : NULL}};
    struct live_text text = {0};
    live_text_format(&text, "<?xml version='1.0'?><stream:stream xmlns='%s' xmlns:stream='" LIVE_NS_STREAMS "'",
                     content);
    if (strcmp(content, "jabber:server") == 0) {
        live_text_format(&text, " xmlns:db='" LIVE_NS_DIALBACK "'");
    }
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        if (attributes[i][1] != NULL) {
            live_text_format(&text, " %s='", attributes[i][0]);
            live_text_xml(&text, attributes[i][1]);
            live_text_add(&text, "'", 1);
        }
    }
    live_text_add(&text, ">", 1);
    write_text(stream, &text);
}

void live_stream_close(struct live_stream *stream) {
    live_stream_write(stream, "</stream:stream>", 16);
    stream->closing = true;
}

void live_stream_error(struct live_stream *stream, const char *condition) {
    struct live_text text = {0};
    const bool named = condition[strspn(condition, "abcdefghijklmnopqrstuvwxyz-")] == '\0' && *condition != '\0';
    live_text_format(&text, "<stream:error><%s xmlns='" NS_STREAM_ERRORS "'/></stream:error>",
                     named ? condition : "undefined-condition");
    write_text(stream, &text);
    live_stream_close(stream);
}

void live_stream_drop(struct live_stream *stream) {
    if (stream->connecting || stream->hold_in || stream->hold_out) {
        live_stream_break(stream);
    } else if (stream->socket >= 0) {
        stream->out.size = stream->written = 0;
        stream->closing = stream->dropped = true;
        (void)shutdown(stream->socket, SHUT_WR);
        watch(stream);
    }
}

void live_stream_break(struct live_stream *stream) {
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (stream->socket >= 0) {
        (void)setsockopt(stream->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        finish(stream);
    }
}

void live_stream_hold(struct live_stream *stream, bool in, bool out) {
    stream->hold_in = in;
    stream->hold_out = out;
    flush(stream);
}

/* -------------------------------------------------------------------------------------------- life of a stream ---- */

static void connected(struct live_stream *stream) {
    int error = 0;
    socklen_t size = sizeof error;
    (void)getsockopt(stream->socket, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0 || stream->wrong != NULL) {
        stream->wrong = error == 0 || error == ECONNREFUSED ? "the connection is refused" : "the connection fails";
        end(stream, "lost");
        return;
    }
    stream->connecting = false;
    flush(stream);
}

void live_stream_ready(struct live_stream *stream, unsigned events) {
    if (stream->socket >= 0 && stream->connecting) {
        connected(stream);
    } else if (stream->socket >= 0 && (events & EPOLLOUT) != 0) {
        flush(stream);
    }
    if (stream->socket >= 0 && !stream->connecting && !stream->hold_in && (events & ~(unsigned)EPOLLOUT) != 0) {
        read_some(stream);
    } else if (stream->socket >= 0 && stream->hold_in && (events & (EPOLLERR | EPOLLHUP)) != 0) {
        stream->hold_out = true;
        watch(stream);
    }
}

struct live_stream *live_stream_new(int loop, int socket, const struct live_stream_calls *calls, void *owner) {
    const int yes = 1;
    struct live_stream *stream = calloc(1, sizeof *stream);
    XML_Parser parser = XML_ParserCreateNS(NULL, SEPARATOR);
    if (stream == NULL || parser == NULL) {
        free(stream);
        if (parser != NULL) {
            XML_ParserFree(parser);
        }
        close(socket);
        return NULL;
    }
    *stream = (struct live_stream){.loop = loop, .socket = socket, .calls = calls, .owner = owner, .parser = parser};
    XML_SetUserData(parser, stream);
    XML_SetElementHandler(parser, begin_element, end_element);
    XML_SetCharacterDataHandler(parser, characters);
    XML_SetStartDoctypeDeclHandler(parser, doctype);
    (void)fcntl(socket, F_SETFL, O_NONBLOCK);
    (void)fcntl(socket, F_SETFD, FD_CLOEXEC);
    (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    watch(stream);
    return stream;
}

struct live_stream *live_stream_connect(int loop, const char *source, uint16_t port,
                                        const struct live_stream_calls *calls, void *owner) {
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0) {
        return NULL;
    }
    if (source != NULL && inet_pton(AF_INET, source, &from.sin_addr) == 1) {
        (void)bind(fd, (const struct sockaddr *)&from, sizeof from);
    }
    const bool refused = connect(fd, (const struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS;
    struct live_stream *stream = live_stream_new(loop, fd, calls, owner);
    if (stream != NULL) {
        /* One that was refused at once is told of in the loop, as any other. */
        stream->connecting = true;
        stream->wrong = refused ? "the connection is refused" : NULL;
        watch(stream);
    }
    return stream;
}

bool live_stream_over(const struct live_stream *stream) {
    return stream->socket < 0;
}

bool live_stream_closing(const struct live_stream *stream) {
    return stream->closing && stream->socket >= 0;
}

void live_stream_free(struct live_stream *stream) {
    if (stream == NULL) {
        return;
    }
    finish(stream);
    clear_element(stream);
    XML_ParserFree(stream->parser);
    live_text_free(&stream->kept);
    live_text_free(&stream->text);
    live_text_free(&stream->out);
    free(stream);
}
