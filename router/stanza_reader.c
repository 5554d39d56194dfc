/* stanza_reader.c - cuts the first-level elements out of a stream's bytes. expat proves the XML well-formed and tells
 * where elements start and end; what a stanza holds are views into the bytes themselves.
 *
 * Offsets: `*_at` counts octets as expat does since its last reset, the synthetic stream header included.
 *
 * Memory is bounded whatever the peer sends. Of one element at most size_max octets are kept. One that grows past
 * that, or nests deeper than ROUTER_STANZA_DEPTH_MAX, is read on and dropped, but not for ever, since expat remembers
 * names and open elements, and a tag as a whole: past ROUTER_STANZA_DROP_MAX more octets, be it one huge tag, or past
 * ROUTER_STANZA_NESTING_MAX open elements the stream ends as restricted XML. No fault fits better. */
#include "stanza.h"

#include <expat.h>
#include <string.h>

#include "alloc.h"
#include "stanza_fault.h"

enum {
    PIECE_MAX = 64 * 1024,      /* octets that expat gets at a time: its own buffer grows with them */
    RENEW_AFTER = 1024 * 1024,  /* octets after which expat starts anew between two stanzas: it never forgets a name */
    HOLD_MIN = 4096,            /* octets of an unfinished tag from which on expat waits for the tag's end */
    SEPARATOR = 0x1F            /* between namespace and local name; no XML text can hold it, not even as &#31; */
};

static const char *const content_ns[] = {[STANZA_CLIENT] = "jabber:client",
                                         [STANZA_SERVER] = "jabber:server",
                                         [STANZA_COMPONENT] = "jabber:component:accept"};

/* Text in the scratch buffer, which may move while a stanza is read. */
struct span {
    size_t at, size;
};

struct buffer {
    char *data;
    size_t size, capacity;
};

enum reader_state { READER_READING, READER_SUSPENDED, READER_FAULT, READER_NOMEM };

struct stanza_reader {
    struct router_alloc alloc;
    XML_Parser parser;
    enum stanza_namespace ns;
    size_t size_max, read_max;
    enum reader_state state;
    enum stanza_fault fault;

    struct slice window; /* what was fed, from the first octet that expat had not got when the window was set */
    size_t window_at;
    size_t passed;       /* octets of the window that expat has got */
    bool borrowed;       /* the window is not read to its end */

    struct buffer kept;  /* octets from kept_at on that came before the window */
    size_t kept_at;
    struct buffer held;  /* octets that expat has not got, of a tag whose end has not come */
    bool holding;
    char hold_quote;     /* the quote that the held octets end in; 0: none */

    /* the element being read */
    size_t depth; /* open elements, the stream's own not counted */
    bool ready, oversize, other_content;
    enum stanza_element element;
    size_t start_at, start_size, end_at;
    size_t local_size; /* of the element's local name */
    bool has_to, has_from, has_id, has_type, has_lang;
    struct span to, from, id, type;
    struct buffer scratch;
    size_t child_count;
    struct {
        size_t at, size;
        struct span ns, name;
    } child[STANZA_CHILDREN_MAX];
};

/* ---------------------------------------------------------------------------------------------------- memory ---- */

static bool buffer_reserve(struct stanza_reader *r, struct buffer *buffer, size_t more) {
    if (more <= buffer->capacity - buffer->size) return true;
    if (more > SIZE_MAX / 2 - buffer->size) return false;
    size_t need = buffer->size + more, capacity = buffer->capacity < 256 ? 256 : buffer->capacity;
    while (capacity < need) capacity *= 2;
    char *data = r->alloc.resize(r->alloc.ctx, buffer->data, capacity);
    if (data == NULL) return false;
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

static bool buffer_append(struct stanza_reader *r, struct buffer *buffer, const char *data, size_t size) {
    if (!buffer_reserve(r, buffer, size)) return false;
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    return true;
}

static void buffer_free(struct stanza_reader *r, struct buffer *buffer) {
    if (buffer->data != NULL) r->alloc.resize(r->alloc.ctx, buffer->data, 0);
}

/* Copies into scratch, where room was reserved. */
static struct span scratch_put(struct stanza_reader *r, const char *text, size_t size) {
    struct span span = {r->scratch.size, size};
    memcpy(r->scratch.data + span.at, text, size);
    r->scratch.size += size;
    return span;
}

static struct slice scratch_view(const struct stanza_reader *r, struct span span) {
    return (struct slice){span.size > 0 ? r->scratch.data + span.at : "", span.size};
}

/* -------------------------------------------------------------------------------------------------- handlers ---- */

static size_t token_at(const struct stanza_reader *r) {
    return (size_t)XML_GetCurrentByteIndex(r->parser);
}

static size_t token_end(const struct stanza_reader *r) {
    return token_at(r) + (size_t)XML_GetCurrentByteCount(r->parser);
}

/* Ends the stream from inside a handler. */
static void handler_stop(struct stanza_reader *r, enum reader_state state, enum stanza_fault fault) {
    r->state = state;
    r->fault = fault;
    XML_StopParser(r->parser, XML_FALSE);
}

static bool same_word(const char *a, size_t a_size, const char *b) {
    return strlen(b) == a_size && memcmp(a, b, a_size) == 0;
}

static bool is_content(const char *ns, size_t size) {
    for (size_t i = 0; i < sizeof content_ns / sizeof content_ns[0]; i++)
        if (same_word(ns, size, content_ns[i])) return true;
    return false;
}

/* What the stanza's element is, from expat's "namespace SEPARATOR local". */
static void begin_name(struct stanza_reader *r, const char *name) {
    const char *mark = strchr(name, SEPARATOR);
    const char *local = mark == NULL ? name : mark + 1;
    size_t ns_size = mark == NULL ? 0 : (size_t)(mark - name);
    bool content = same_word(name, ns_size, content_ns[r->ns]);
    r->local_size = strlen(local);
    r->other_content = !content && is_content(name, ns_size);
    r->element = STANZA_IS_FOREIGN;
    if (!content && !r->other_content) return;
    if (same_word(local, r->local_size, "message")) r->element = STANZA_IS_MESSAGE;
    if (same_word(local, r->local_size, "presence")) r->element = STANZA_IS_PRESENCE;
    if (same_word(local, r->local_size, "iq")) r->element = STANZA_IS_IQ;
}

/* The attributes that routing reads. expat has decoded them; what they decode to is never longer than the start tag,
 * for which the scratch buffer has room. */
static void begin_attributes(struct stanza_reader *r, const char *const *pair) {
    for (; pair[0] != NULL; pair += 2) {
        const char *name = pair[0], *value = pair[1];
        if (strcmp(name, "to") == 0) {
            r->has_to = true;
            r->to = scratch_put(r, value, strlen(value));
        } else if (strcmp(name, "from") == 0) {
            r->has_from = true;
            r->from = scratch_put(r, value, strlen(value));
        } else if (strcmp(name, "id") == 0) {
            r->has_id = true;
            r->id = scratch_put(r, value, strlen(value));
        } else if (strcmp(name, "type") == 0) {
            r->has_type = true;
            r->type = scratch_put(r, value, strlen(value));
        } else if (strcmp(name, "http://www.w3.org/XML/1998/namespace\x1Flang") == 0) {
            r->has_lang = true;
        }
    }
}

static void begin_stanza(struct stanza_reader *r, const char *name, const char *const *attributes) {
    r->start_at = token_at(r);
    r->start_size = (size_t)XML_GetCurrentByteCount(r->parser);
    r->ready = r->oversize = false;
    r->has_to = r->has_from = r->has_id = r->has_type = r->has_lang = false;
    r->to = r->from = r->id = r->type = (struct span){0, 0};
    r->scratch.size = 0;
    r->child_count = 0;
    begin_name(r, name);
    if (r->start_size > r->size_max) {
        r->oversize = true;
    } else if (buffer_reserve(r, &r->scratch, r->start_size)) {
        begin_attributes(r, attributes);
    } else {
        handler_stop(r, READER_NOMEM, STANZA_FAULT_NONE);
    }
}

static void begin_child(struct stanza_reader *r, const char *name) {
    size_t n = r->child_count++;
    if (n >= STANZA_CHILDREN_MAX || r->oversize) return;
    size_t size = strlen(name);
    if (!buffer_reserve(r, &r->scratch, size)) {
        handler_stop(r, READER_NOMEM, STANZA_FAULT_NONE);
        return;
    }
    const char *mark = memchr(name, SEPARATOR, size);
    size_t ns_size = mark == NULL ? 0 : (size_t)(mark - name), skip = mark == NULL ? 0 : ns_size + 1;
    r->child[n].at = token_at(r);
    r->child[n].ns = scratch_put(r, name, ns_size);
    r->child[n].name = scratch_put(r, name + skip, size - skip);
}

static void XMLCALL on_start(void *data, const XML_Char *name, const XML_Char **attributes) {
    struct stanza_reader *r = data;
    r->depth++;
    if (r->depth == 1) {
        begin_stanza(r, name, attributes);
    } else if (r->depth == 2) {
        begin_child(r, name);
    } else if (r->depth > ROUTER_STANZA_DEPTH_MAX) {
        r->oversize = true;
        if (r->depth > ROUTER_STANZA_NESTING_MAX) handler_stop(r, READER_FAULT, STANZA_FAULT_RESTRICTED);
    }
}

static void XMLCALL on_end(void *data, const XML_Char *name) {
    struct stanza_reader *r = data;
    (void)name;
    if (r->depth == 2 && r->child_count <= STANZA_CHILDREN_MAX) {
        size_t n = r->child_count - 1;
        r->child[n].size = token_end(r) - r->child[n].at;
    } else if (r->depth == 1) {
        r->end_at = token_end(r);
        r->ready = true;
        XML_StopParser(r->parser, XML_TRUE);
    } else if (r->depth == 0) {
        handler_stop(r, READER_FAULT, STANZA_FAULT_END);
        return;
    }
    r->depth--;
}

static void XMLCALL on_comment(void *data, const XML_Char *text) {
    (void)text;
    handler_stop(data, READER_FAULT, STANZA_FAULT_RESTRICTED);
}

static void XMLCALL on_instruction(void *data, const XML_Char *target, const XML_Char *text) {
    (void)target;
    (void)text;
    handler_stop(data, READER_FAULT, STANZA_FAULT_RESTRICTED);
}

/* ---------------------------------------------------------------------------------------------------- faults ---- */

static enum stanza_read reader_fail(struct stanza_reader *r, enum stanza_fault fault) {
    r->state = READER_FAULT;
    r->fault = fault;
    return STANZA_FAULT;
}

static enum stanza_read reader_nomem(struct stanza_reader *r) {
    r->state = READER_NOMEM;
    return STANZA_NOMEM;
}

/* expat stopped for good: a handler wanted it to, or it found an error itself. */
static enum stanza_read reader_stopped(struct stanza_reader *r) {
    enum XML_Error error = XML_GetErrorCode(r->parser);
    if (r->state == READER_NOMEM || error == XML_ERROR_NO_MEMORY) return reader_nomem(r);
    if (r->state == READER_FAULT) return STANZA_FAULT;
    return reader_fail(r, stanza_fault_of(r->parser, error));
}

/* -------------------------------------------------------------------------------------------------- delivery ---- */

/* The first octets of the element at start_at, in one piece: a part of the window, or of what was kept. */
static const char *element_octets(struct stanza_reader *r, size_t size) {
    if (r->kept.size > 0 && r->kept_at != r->start_at) r->kept.size = 0;
    if (size == 0) return "";
    if (r->kept.size == 0) return r->window.data + (r->start_at - r->window_at);
    if (r->kept.size < size) {
        size_t from = r->kept_at + r->kept.size - r->window_at;
        if (!buffer_append(r, &r->kept, r->window.data + from, size - r->kept.size)) return NULL;
    }
    return r->kept.data;
}

/* Whether the name that follows '<' goes on after as many octets as the local name has. */
static bool is_prefixed(const char *start_tag, size_t local_size) {
    return memchr(" \t\r\n/>", start_tag[1 + local_size], 6) == NULL;
}

static void describe_children(const struct stanza_reader *r, const char *octets, struct stanza *out) {
    size_t count = r->child_count < STANZA_CHILDREN_MAX ? r->child_count : STANZA_CHILDREN_MAX;
    for (size_t i = 0; i < count; i++) {
        out->child[i].ns = scratch_view(r, r->child[i].ns);
        out->child[i].name = scratch_view(r, r->child[i].name);
        out->child[i].raw = (struct slice){octets + (r->child[i].at - r->start_at), r->child[i].size};
    }
}

/* The octets between start tag and end tag. */
static struct slice stanza_body(const char *octets, size_t start_size, size_t size) {
    size_t end = size;
    if (size == start_size) return (struct slice){"", 0};
    while (octets[end - 1] != '<') end--;
    return (struct slice){octets + start_size, end - 1 - start_size};
}

static enum stanza_read reader_deliver(struct stanza_reader *r, struct stanza *out) {
    size_t size = r->end_at - r->start_at;
    if (size > r->read_max) return reader_fail(r, STANZA_FAULT_RESTRICTED);
    bool oversize = r->oversize || size > r->size_max;
    size_t keep = !oversize ? size : r->start_size <= r->size_max ? r->start_size : 0;
    const char *octets = element_octets(r, keep);
    if (octets == NULL) return reader_nomem(r);

    struct slice type = scratch_view(r, r->type);
    out->kind = stanza_kind_of(r->element, r->has_type ? &type : NULL);
    out->oversize = oversize;
    out->prefixed = keep > 0 && is_prefixed(octets, r->local_size);
    out->other_content = r->other_content;
    out->has_to = r->has_to;
    out->has_from = r->has_from;
    out->has_id = r->has_id;
    out->has_lang = r->has_lang;
    out->to = scratch_view(r, r->to);
    out->from = scratch_view(r, r->from);
    out->id = scratch_view(r, r->id);
    out->type = type;
    out->start = (struct slice){octets, keep > 0 ? r->start_size : 0};
    out->body = oversize ? (struct slice){"", 0} : stanza_body(octets, r->start_size, size);
    out->child_count = oversize ? 0 : r->child_count;
    if (!oversize) describe_children(r, octets, out);
    return STANZA_READY;
}

/* ---------------------------------------------------------------------------------------------------- window ---- */

/* Where the element begins that is not complete yet; where there is none, the end of what expat has got. */
static size_t unfinished_at(const struct stanza_reader *r) {
    return r->depth > 0 ? r->start_at : token_at(r);
}

/* The window goes away: keeps what a later call needs of the element that is not complete. */
static enum stanza_read window_keep(struct stanza_reader *r) {
    size_t first = unfinished_at(r), size = r->window_at + r->window.size - first;
    if (r->kept.size > 0 && r->kept_at != first) r->kept.size = 0;
    size_t keep = size;
    if (size > r->size_max || (r->depth > 0 && r->oversize)) {
        keep = r->depth > 0 && r->start_size <= r->size_max ? r->start_size : 0;
    }
    if (keep <= r->kept.size) {
        r->kept.size = keep;
        return STANZA_MORE;
    }
    /* text between stanzas, such as the second of three brackets: nobody asks for it */
    if (first + r->kept.size < r->window_at) return STANZA_MORE;
    size_t from = first + r->kept.size - r->window_at;
    r->kept_at = first;
    bool kept = buffer_append(r, &r->kept, r->window.data + from, keep - r->kept.size);
    return kept ? STANZA_MORE : reader_nomem(r);
}

/* Whether an unfinished tag ends in these octets. What cannot be inside a tag ends it too: expat shall see it. */
static bool hold_ends(struct stanza_reader *r, struct slice bytes) {
    for (size_t i = 0; i < bytes.size; i++) {
        char c = bytes.data[i];
        if (c == '<') return true;
        if (r->hold_quote != 0) {
            if (c == r->hold_quote) r->hold_quote = 0;
        } else if (c == '>') {
            return true;
        } else if (c == '"' || c == '\'') {
            r->hold_quote = c;
        }
    }
    return false;
}

/* expat scans an unfinished token anew with each piece that it gets, so that a long one that comes in small pieces
 * would cost the square of its size. A tag's end is waited for without telling expat; nothing else is that long and
 * allowed: a comment, a processing instruction, or a reference that is not to one of the five entities. */
static enum stanza_read hold_begin(struct stanza_reader *r) {
    int at = 0, size = 0;
    const char *text = XML_GetInputContext(r->parser, &at, &size);
    if (text == NULL || size - at < HOLD_MIN) return STANZA_MORE;
    if (text[at] != '<' || text[at + 1] == '!' || text[at + 1] == '?') return reader_fail(r, STANZA_FAULT_RESTRICTED);
    r->hold_quote = 0;
    r->holding = !hold_ends(r, (struct slice){text + at + 1, (size_t)(size - at - 1)});
    return STANZA_MORE;
}

/* The window is read to its end. */
static enum stanza_read window_end(struct stanza_reader *r) {
    enum stanza_read result = STANZA_MORE;
    if (r->window.size > 0) {
        result = window_keep(r);
        if (result == STANZA_MORE) result = hold_begin(r);
    }
    r->window_at += r->window.size;
    r->window = (struct slice){NULL, 0};
    r->passed = 0;
    r->held.size = 0;
    r->borrowed = false;
    return result;
}

/* Puts the window behind the octets that were held. returns STANZA_READY where expat may go on. */
static enum stanza_read window_hold(struct stanza_reader *r) {
    bool over = hold_ends(r, r->window);
    size_t element = r->window_at + r->held.size + r->window.size - unfinished_at(r);
    if (element > r->read_max) return reader_fail(r, STANZA_FAULT_RESTRICTED);
    if (over && r->held.size == 0) {
        r->holding = false;
        return STANZA_READY;
    }
    if (!buffer_append(r, &r->held, r->window.data, r->window.size)) return reader_nomem(r);
    r->holding = !over;
    r->window = over ? (struct slice){r->held.data, r->held.size} : (struct slice){NULL, 0};
    r->borrowed = over;
    return over ? STANZA_READY : STANZA_MORE;
}

/* ---------------------------------------------------------------------------------------------------- parser ---- */

/* expat from 2.6 on puts off the end of a token until much more has come, which a stream may never bring. The function
 * that turns this off was also carried back to releases whose version does not tell, hence weak. */
extern XML_Bool XML_SetReparseDeferralEnabled(XML_Parser parser, XML_Bool enabled) __attribute__((weak));

/* Brings a new or reset expat to where the stream's header is behind it. */
static bool parser_start(struct stanza_reader *r) {
    static const char *const header[] = {
        [STANZA_CLIENT] = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
        [STANZA_SERVER] = "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'>",
        [STANZA_COMPONENT] =
            "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>"};
    size_t size = strlen(header[r->ns]);
    if (XML_SetReparseDeferralEnabled != NULL) XML_SetReparseDeferralEnabled(r->parser, XML_FALSE);
    if (XML_Parse(r->parser, header[r->ns], (int)size, XML_FALSE) != XML_STATUS_OK) return false;
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCommentHandler(r->parser, on_comment);
    XML_SetProcessingInstructionHandler(r->parser, on_instruction);
    r->window_at = size;
    r->state = READER_READING;
    return true;
}

/* Starts expat anew behind the element that it stopped after. */
static bool parser_renew(struct stanza_reader *r) {
    size_t done = r->end_at - r->window_at;
    r->window = (struct slice){r->window.data + done, r->window.size - done};
    r->passed = 0;
    return XML_ParserReset(r->parser, "UTF-8") && parser_start(r);
}

/* Lets expat work until it stops or needs more. */
static enum XML_Status parser_run(struct stanza_reader *r) {
    if (r->state == READER_SUSPENDED) {
        r->state = READER_READING;
        return XML_ResumeParser(r->parser);
    }
    size_t size = r->window.size - r->passed;
    if (size > PIECE_MAX) size = PIECE_MAX;
    const char *piece = r->window.data + r->passed;
    r->passed += size;
    return XML_Parse(r->parser, piece, (int)size, XML_FALSE);
}

enum stanza_read stanza_reader_next(struct stanza_reader *r, struct stanza *out) {
    if (r->state == READER_FAULT) return STANZA_FAULT;
    if (r->state == READER_NOMEM) return STANZA_NOMEM;
    if (r->state == READER_SUSPENDED) {
        r->kept.size = 0;
        if (r->end_at > RENEW_AFTER && !parser_renew(r)) return reader_nomem(r);
    }
    if (r->holding && r->window.size > 0) {
        enum stanza_read result = window_hold(r);
        if (result != STANZA_READY) return result;
    }
    while (r->state == READER_SUSPENDED || r->passed < r->window.size) {
        r->ready = false;
        enum XML_Status status = parser_run(r);
        if (status == XML_STATUS_ERROR) return reader_stopped(r);
        if (r->ready) {
            r->state = READER_SUSPENDED;
            return reader_deliver(r, out);
        }
        size_t read = r->window_at + r->passed - unfinished_at(r);
        if (read > r->read_max) return reader_fail(r, STANZA_FAULT_RESTRICTED);
    }
    return window_end(r);
}

/* ------------------------------------------------------------------------------------------------- interface ---- */

struct stanza_reader *stanza_reader_new(const struct router_alloc *alloc, enum stanza_namespace ns, size_t size_max) {
    const struct router_alloc memory = alloc_or_malloc(alloc);
    struct stanza_reader *r = memory.resize(memory.ctx, NULL, sizeof *r);
    if (r == NULL) return NULL;
    *r = (struct stanza_reader){.alloc = memory, .ns = ns, .size_max = size_max};
    r->read_max = size_max > SIZE_MAX - ROUTER_STANZA_DROP_MAX ? SIZE_MAX : size_max + ROUTER_STANZA_DROP_MAX;
    r->parser = XML_ParserCreateNS("UTF-8", SEPARATOR);
    if (r->parser == NULL || !parser_start(r)) {
        stanza_reader_free(r);
        return NULL;
    }
    return r;
}

void stanza_reader_free(struct stanza_reader *r) {
    if (r == NULL) return;
    if (r->parser != NULL) XML_ParserFree(r->parser);
    buffer_free(r, &r->kept);
    buffer_free(r, &r->held);
    buffer_free(r, &r->scratch);
    struct router_alloc alloc = r->alloc;
    alloc.resize(alloc.ctx, r, 0);
}

int stanza_reader_reset(struct stanza_reader *r) {
    r->window = (struct slice){NULL, 0};
    r->passed = r->kept.size = r->held.size = 0;
    r->borrowed = r->holding = r->ready = r->oversize = false;
    r->depth = 0;
    r->fault = STANZA_FAULT_NONE;
    if (XML_ParserReset(r->parser, "UTF-8") && parser_start(r)) return ROUTER_OK;
    r->state = READER_NOMEM;
    return ROUTER_E_NOMEM;
}

int stanza_reader_feed(struct stanza_reader *r, struct slice bytes) {
    if (r->state == READER_NOMEM) return ROUTER_E_NOMEM;
    if (r->state == READER_FAULT || r->borrowed) return ROUTER_E_CONFLICT;
    r->window = bytes;
    r->borrowed = true;
    return ROUTER_OK;
}

enum stanza_fault stanza_reader_fault(const struct stanza_reader *r) {
    return r->fault;
}
