/* element.c - walking through the elements of a piece of XML that has been found well-formed. */
#include "state.h"

#include <string.h>

static size_t find(struct slice text, size_t at, const char *what) {
    const size_t size = strlen(what);
    while (at + size <= text.size && memcmp(text.data + at, what, size) != 0)
        at++;
    return at + size <= text.size ? at : text.size;
}

static bool begins(struct slice text, size_t at, const char *what) {
    const size_t size = strlen(what);
    return at + size <= text.size && memcmp(text.data + at, what, size) == 0;
}

/* The next tag from `at` on: CDATA is stepped over, and nothing else can hold a '<' that opens no tag. */
static bool tag_next(struct slice text, size_t *at, struct slice *tag) {
    for (;;) {
        const size_t open = find(text, *at, "<");
        if (open == text.size)
            return false;
        if (begins(text, open, "<![CDATA[")) {
            *at = find(text, open, "]]>");
            continue;
        }
        const struct slice rest = {text.data + open, text.size - open};
        const size_t size = start_tag_size(rest);
        *tag = (struct slice){rest.data, size};
        *at = open + size;
        return size > 0;
    }
}

static bool is_closing(struct slice tag) {
    return tag.size > 1 && tag.data[1] == '/';
}

static bool is_empty(struct slice tag) {
    return tag.size > 1 && tag.data[tag.size - 2] == '/';
}

static struct slice local_name(struct slice tag) {
    size_t from = 1, end = 1;
    for (; end < tag.size && strchr(" \t\r\n/>", tag.data[end]) == NULL; end++)
        if (tag.data[end] == ':')
            from = end + 1;
    return (struct slice){tag.data + from, end - from};
}

bool element_next(struct slice text, size_t *at, struct element *out) {
    struct slice tag;
    if (!tag_next(text, at, &tag) || is_closing(tag))
        return false;
    *out = (struct element){.start = tag, .name = local_name(tag)};
    out->body = (struct slice){tag.data + tag.size, 0};
    out->raw = tag;
    size_t depth = is_empty(tag) ? 0 : 1;
    while (depth > 0 && tag_next(text, at, &tag)) {
        if (is_closing(tag))
            depth--;
        else if (!is_empty(tag))
            depth++;
        out->body.size = (size_t)(tag.data - out->body.data);
        out->raw.size = (size_t)(tag.data + tag.size - out->raw.data);
    }
    return depth == 0;
}

struct slice element_text(struct router *r, const struct element *element) {
    char *text = router_text(r, element->body.size);
    size_t size = 0;
    if (text == NULL)
        return (struct slice){"", 0};
    for (size_t at = 0; at < element->body.size;) {
        if (begins(element->body, at, "<![CDATA[")) {
            const size_t end = find(element->body, at, "]]>");
            memcpy(text + size, element->body.data + at + 9, end - at - 9);
            size += end - at - 9;
            at = end + 3;
            continue;
        }
        const size_t end = find(element->body, at + 1, "<");
        if (element->body.data[at] != '<')
            size += stanza_unescape((struct slice){element->body.data + at, end - at}, text + size, element->body.size - size);
        at = element->body.data[at] == '<' ? find(element->body, at, ">") + 1 : end;
    }
    return (struct slice){text, size};
}
