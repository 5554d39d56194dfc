/* write.c - the octets of outgoing stanzas. A stanza that is passed on keeps its content and its attributes as they
 * were written; only addresses and namespace declarations of the stream change (6120 8.1, 8.4). */
#include "state.h"

#include <stdio.h>
#include <string.h>

static const char *reference(char c) {
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '\'': return "&apos;";
    /* White space that was a reference would else be read as a plain space. */
    case '\t': return "&#9;";
    case '\n': return "&#10;";
    case '\r': return "&#13;";
    default: return NULL;
    }
}

/* An empty text may have no address at all. */
static char *put(char *at, const char *data, size_t size) {
    if (size > 0)
        memcpy(at, data, size);
    return at + size;
}

static char *put_text(char *at, const char *text) {
    return put(at, text, strlen(text));
}

static char *put_escaped(char *at, struct slice text) {
    for (size_t i = 0; i < text.size; i++) {
        const char *name = reference(text.data[i]);
        if (name == NULL)
            *at++ = text.data[i];
        else
            at = put_text(at, name);
    }
    return at;
}

enum { ESCAPED_GROWTH = 6 }; /* octets that one octet can become */

static char *put_attribute(char *at, const char *name, struct slice value) {
    *at++ = ' ';
    at = put_text(at, name);
    at = put(at, "='", 2);
    at = put_escaped(at, value);
    *at++ = '\'';
    return at;
}

static const char *element_name(enum stanza_kind kind) {
    return kind_is_message(kind) ? "message" : kind_is_presence(kind) ? "presence" : "iq";
}

/* A type that was not understood, and does not go on. */
static bool drops_type(const struct router *r, const struct stanza *st) {
    return (st->kind == STANZA_AVAILABLE && departs(r, ALTERNATIVE_in_pres_type_unknown_as_available) != NULL) ||
           (st->kind == STANZA_NORMAL && departs(r, ALTERNATIVE_in_msg_type_unknown_remove) != NULL);
}

static char *put_old_attributes(const struct router *r, char *at, const struct input *in) {
    size_t position = 0;
    struct slice name, value;
    char quote;
    const bool no_type = drops_type(r, in->st);
    while (stanza_attribute_next(in->st->start, &position, &name, &value, &quote)) {
        if (slice_is(name, (struct slice){"from", 4}) || slice_is(name, (struct slice){"xmlns", 5}) ||
            (no_type && slice_is(name, (struct slice){"type", 4})) ||
            (in->to.data != NULL && slice_is(name, (struct slice){"to", 2})))
            continue;
        *at++ = ' ';
        at = put(at, name.data, name.size);
        *at++ = '=';
        *at++ = quote;
        at = put(at, value.data, value.size);
        *at++ = quote;
    }
    return at;
}

size_t start_tag_size(struct slice text) {
    size_t end = 0;
    for (char quote = 0; end < text.size && (quote != 0 || text.data[end] != '>'); end++) {
        const char c = text.data[end];
        if (quote != 0)
            quote = c == quote ? 0 : quote;
        else if (c == '\'' || c == '"')
            quote = c;
    }
    return end < text.size ? end + 1 : 0;
}

struct stanza stanza_cut(struct slice text, enum stanza_kind kind) {
    struct stanza st = {.kind = kind};
    const size_t start = start_tag_size(text);
    if (start == 0)
        return st;
    st.start = (struct slice){text.data, start};
    if (text.data[start - 2] == '/')
        return st;
    size_t end = text.size;
    while (end > start && text.data[end - 1] != '<')
        end--;
    st.body = (struct slice){text.data + start, end > start ? end - 1 - start : 0};
    return st;
}

static bool declares_content(const struct stanza_child *child) {
    const size_t bare = 1 + child->name.size;
    return is_content_namespace(child->ns) && child->raw.size > bare && child->raw.data[bare] != '>' &&
           memcmp(child->raw.data + 1, child->name.data, child->name.size) == 0;
}

/* A child that spells out the namespace of the stream it came on would keep it on a stream that has another. Without the
 * declaration it inherits the one it is written to, as its siblings do (6120 4.8.3). */
static char *put_body(char *at, const struct stanza *st) {
    const char *from = st->body.data;
    const char *end = st->body.data + st->body.size;
    bool any = st->child_count > STANZA_CHILDREN_MAX;
    for (size_t i = 0; i < st->child_count && i < STANZA_CHILDREN_MAX; i++)
        any = any || declares_content(&st->child[i]);
    struct element element;
    for (size_t next = 0; any && element_next(st->body, &next, &element);) {
        const struct slice start = element.start;
        size_t position = 0;
        struct slice name, value;
        char quote;
        while (stanza_attribute_next(start, &position, &name, &value, &quote))
            if (slice_is(name, (struct slice){"xmlns", 5}) && is_content_namespace(value)) {
                at = put(at, from, (size_t)(name.data - 1 - from));
                from = value.data + value.size + 1;
            }
    }
    return put(at, from, (size_t)(end - from));
}

size_t write_body(char *at, const struct stanza *st) {
    if (st->child_count > 0)
        return (size_t)(put_body(at, st) - at);
    if (st->body.size > 0)
        put(at, st->body.data, st->body.size);
    return st->body.size;
}

struct slice attribute_value(struct router *r, struct slice start, const char *wanted) {
    size_t at = 0;
    struct slice name, raw;
    char quote;
    while (stanza_attribute_next(start, &at, &name, &raw, &quote))
        if (slice_is(name, text_slice(wanted))) {
            char *value = router_text(r, raw.size);
            return (struct slice){value, value == NULL ? 0 : stanza_unescape(raw, value, raw.size)};
        }
    return (struct slice){NULL, 0};
}

struct slice write_copy(struct router *r, struct input *in, struct slice extra) {
    if (in->copy.size > 0 && extra.size == 0)
        return in->copy;
    const struct stanza *st = in->st;
    const size_t room = st->start.size + st->body.size + extra.size + ESCAPED_GROWTH * (in->from.size + in->to.size) + 64;
    char *text = router_text(r, room);
    if (text == NULL)
        return (struct slice){"", 0};
    const char *name = element_name(st->kind);
    char *at = text;
    *at++ = '<';
    at = put_text(at, name);
    if (in->from.size > 0)
        at = put_attribute(at, "from", in->from);
    if (in->to.size > 0)
        at = put_attribute(at, "to", in->to);
    at = put_old_attributes(r, at, in);
    if (st->body.size + extra.size == 0) {
        at = put(at, "/>", 2);
    } else {
        *at++ = '>';
        at += write_body(at, st);
        if (extra.size > 0)
            at = put(at, extra.data, extra.size);
        at = put(at, "</", 2);
        at = put_text(at, name);
        *at++ = '>';
    }
    const struct slice copy = {text, (size_t)(at - text)};
    router_text_trim(r, text, copy.size);
    if (extra.size == 0)
        in->copy = copy;
    return copy;
}

struct slice write_error(struct router *r, const struct input *in, struct slice to, enum condition condition,
                         const char *type) {
    const struct stanza *st = in->st;
    const bool canonical = knob_is(r, KNOB_addr_canon_to, 1) && in->to_parts != NULL && in->to.size > 0;
    struct slice from = canonical ? in->to : st->has_to ? st->to : (struct slice){"", 0};
    if (in->error_from.data != NULL)
        from = in->error_from;
    if (in->error_to.data != NULL)
        to = in->error_to;
    if (in->both.data != NULL)
        from = to = in->both;
    else if (in->error_from.data == NULL && from.size == 0 && in->stream == NULL && knob_is(r, KNOB_gen_account_from, 1))
        from = in->who.bare;
    const bool payload = knob_is(r, KNOB_err_payload, 1) && !st->oversize;
    const bool by = knob_is(r, KNOB_err_by, 1);
    const size_t room =
        ESCAPED_GROWTH * (st->id.size + to.size + from.size + in->host.size) + (payload ? st->body.size : 0) + 400;
    char *text = router_text(r, room);
    if (text == NULL)
        return (struct slice){"", 0};
    const char *name = element_name(st->kind);
    char *at = text;
    *at++ = '<';
    at = put_text(at, name);
    at = put_text(at, " type='error'");
    /* An iq always has an id; a reply to one without gets an empty one (6120 8.1.3). */
    if (st->has_id || (st->kind >= STANZA_GET && !depart(r, in->host, ALTERNATIVE_in_iq_id_omit_id)))
        at = put_attribute(at, "id", st->has_id ? st->id : (struct slice){"", 0});
    if (to.size > 0 || in->error_to.data == NULL)
        at = put_attribute(at, "to", to);
    if (from.size > 0)
        at = put_attribute(at, "from", from);
    *at++ = '>';
    /* An error that is answered all the same gets a condition that nobody knows, before its own. */
    const bool again = (st->kind == STANZA_MESSAGE_ERROR || st->kind == STANZA_IQ_ERROR) && st->body.size > 0;
    if (payload && !again)
        at = put(at, st->body.data, st->body.size);
    at = put_text(at, "<error type='");
    at = put_text(at, type != NULL ? type : condition_texts[condition].type);
    *at++ = '\'';
    if (by)
        at = put_attribute(at, "by", in->host);
    at = put_text(at, "><");
    at = put_text(at, condition_texts[condition].name);
    at = put_text(at, again ? "/></error>" : " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
    if (payload && again)
        at = put(at, st->body.data, st->body.size);
    at = put_text(at, "</");
    at = put_text(at, name);
    *at++ = '>';
    router_text_trim(r, text, (size_t)(at - text));
    return (struct slice){text, (size_t)(at - text)};
}

struct slice write_stream_error(struct router *r, enum condition condition) {
    const struct slice parts[] = {
        text_slice("<stream:error><"), text_slice(condition_texts[condition].name),
        text_slice(" xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>")};
    return write_join(r, parts, 3);
}

struct slice write_start(struct router *r, const char *name, const char *type, struct slice id) {
    const size_t type_size = type != NULL ? strlen(type) : 0;
    char *text = router_text(r, strlen(name) + type_size + ESCAPED_GROWTH * id.size + 32);
    if (text == NULL)
        return (struct slice){"", 0};
    char *at = text;
    *at++ = '<';
    at = put_text(at, name);
    if (type != NULL)
        at = put_attribute(at, "type", (struct slice){type, type_size});
    if (id.data != NULL)
        at = put_attribute(at, "id", id);
    at = put(at, "/>", 2);
    router_text_trim(r, text, (size_t)(at - text));
    return (struct slice){text, (size_t)(at - text)};
}

struct slice write_join(struct router *r, const struct slice *parts, size_t count) {
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += parts[i].size;
    char *text = router_text(r, size);
    if (text == NULL)
        return (struct slice){"", 0};
    char *at = text;
    for (size_t i = 0; i < count; i++)
        if (parts[i].size > 0)
            at = put(at, parts[i].data, parts[i].size);
    return (struct slice){text, size};
}

struct slice write_escaped(struct router *r, struct slice text) {
    char *copy = router_text(r, ESCAPED_GROWTH * text.size);
    if (copy == NULL)
        return (struct slice){"", 0};
    const char *end = put_escaped(copy, text);
    router_text_trim(r, copy, (size_t)(end - copy));
    return (struct slice){copy, (size_t)(end - copy)};
}

/* Days since 1970-01-01 as year, month and day, by counting in years that begin in March. */
static void civil_date(uint64_t days, unsigned *year, unsigned *month, unsigned *day) {
    const uint64_t shifted = days + 719468;
    const uint64_t era = shifted / 146097, day_of_era = shifted % 146097;
    const uint64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const uint64_t march_month = (5 * day_of_year + 2) / 153;
    *day = (unsigned)(day_of_year - (153 * march_month + 2) / 5 + 1);
    *month = (unsigned)(march_month < 10 ? march_month + 3 : march_month - 9);
    *year = (unsigned)(year_of_era + era * 400 + (*month <= 2));
}

struct slice write_delay(struct router *r, struct slice from, uint64_t time_us) {
    enum { STAMP_MAX = 80 };
    const uint64_t seconds = time_us / 1000000;
    unsigned year, month, day;
    civil_date(seconds / 86400, &year, &month, &day);
    char stamp[STAMP_MAX];
    const int size = snprintf(stamp, sizeof stamp, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ'/>", year, month, day,
                              (unsigned)(seconds / 3600 % 24), (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60),
                              (unsigned)(time_us % 1000000));
    const struct slice parts[] = {text_slice("<delay xmlns='urn:xmpp:delay' from='"), write_escaped(r, from),
                                  text_slice("' stamp='"), {stamp, (size_t)size}};
    return write_join(r, parts, 4);
}
