/* stream.h - an XML stream over TCP that nobody waits for: what comes is told element by element, as it came, and what
 * goes out is written as the other side takes it. For peers and components; what is raw is followed by venues too. */
#ifndef STANZADRILL_LIVE_STREAM_H
#define STANZADRILL_LIVE_STREAM_H

#include "parts.h"

enum {
    LIVE_ELEMENT_MAX = 1 << 20, /* octets of one element, or of a stream header, that are read */
    LIVE_DEPTH_MAX = 4096,      /* open elements */
    LIVE_UNSENT_MAX = 16 << 20, /* octets that wait to be written */
    LIVE_SOURCE_SIZE = 16       /* octets of an address of loopback in dots, with its NUL */
};

#define LIVE_NS_STREAMS  "http://etherx.jabber.org/streams"
#define LIVE_NS_DIALBACK "jabber:server:dialback"

/* An element of the stream, or its header. Texts are valid until the call that gets it returns. */
struct live_element {
    const char *ns, *name;
    const char *from, *to, *id, *type, *version; /* NULL where absent */
    const char *text;                            /* its own characters, without those of its children; may be cut */
    const char *raw;                             /* as it came */
    size_t size;
};

struct live_stream_calls {
    void (*opened)(void *owner, const struct live_element *header);
    void (*came)(void *owner, const struct live_element *element); /* stream errors excepted */
    /* over - the other side ended it: "closed", "lost", or a stream error's condition. wrong: NULL, or what the other
     * side did that it must not, or why the connection could not be made. Not called for what live_stream_close and the
     * like bring about. */
    void (*over)(void *owner, const char *why, const char *wrong);
};

/* It belongs to a loop: an epoll descriptor, whose events have the stream as their data. */
struct live_stream;
/* live_stream_new - on a connected socket, which it takes. returns NULL, with the socket closed: memory ran out. */
struct live_stream *live_stream_new(int loop, int socket, const struct live_stream_calls *calls, void *owner);
/* live_stream_connect - to a port of 127.0.0.1, from an address of loopback (NULL: any). returns NULL: no socket. */
struct live_stream *live_stream_connect(int loop, const char *source, uint16_t port,
                                        const struct live_stream_calls *calls, void *owner);
void live_stream_ready(struct live_stream *stream, unsigned events); /* what epoll says of it */
void live_stream_free(struct live_stream *stream);                   /* not from within a call of its own */

void live_stream_write(struct live_stream *stream, const char *data, size_t size);
/* live_stream_open - writes a stream header. content: the content namespace. Attributes may be NULL. */
void live_stream_open(struct live_stream *stream, const char *content, const char *from, const char *to, const char *id,
                      bool version);
void live_stream_close(struct live_stream *stream); /* in order: it is over when the other side has closed it too */
void live_stream_error(struct live_stream *stream, const char *condition); /* the same, with a stream error */
/* live_stream_drop - without a word: it is over when the other side has closed the connection too, which shows that it
 * knows. live_stream_break - at once, with a reset, of which nobody can say when the other side sees it. */
void live_stream_drop(struct live_stream *stream);
void live_stream_break(struct live_stream *stream);
/* live_stream_hold - nothing is read, or nothing written, until it is unsaid. */
void live_stream_hold(struct live_stream *stream, bool in, bool out);
bool live_stream_over(const struct live_stream *stream);
bool live_stream_closing(const struct live_stream *stream); /* closed here, and not over */

/* live_loop_work - all that is ready in a loop. returns whether an entry that is no stream (a listener) is ready. */
bool live_loop_work(int loop);
int live_loop_new(void); /* -1: no descriptor */

/* ----------------------------------------------------------------------------- marks, for all who have streams ---- */

bool live_is_stanza(const struct live_element *element);
bool live_is_mark(const struct live_element *element); /* an iq of the harness itself */
/* live_mark_answer - the answer to a ping that is a mark; add it to the text. returns false: it asks for none. */
bool live_mark_answer(struct live_text *text, const struct live_element *element);
void live_mark_ask(struct live_text *text, const char *from, const char *to, const char *id);

/* live_raw_add - keeps octets that were sent raw, and those that followed, until they make whole elements.
 * returns   what the other side sees now: whole elements; the beginning of one, so that a ping would become a part of
 * it; or what has to end the stream. */
enum live_raw { LIVE_RAW_WHOLE, LIVE_RAW_MIDDLE, LIVE_RAW_ENDS };
enum live_raw live_raw_add(struct live_text *raw, const char *bytes, size_t size);

#endif
