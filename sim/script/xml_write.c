/* Canonical text of XML trees, so that equal elements give equal texts. */
#include "xml.h"

#include <stdlib.h>
#include <string.h>

#define XML_PREFIX_NS "http://www.w3.org/XML/1998/namespace"

/* Counts all octets and keeps those that fit. */
struct out {
    char *buffer;
    size_t room; /* octets of buffer without the final NUL */
    size_t size;
};

static void put_octet(struct out *out, char c) {
    if (out->size < out->room) {
        out->buffer[out->size] = c;
    }
    out->size++;
}

static void put(struct out *out, const char *text) {
    for (; *text != '\0'; text++) {
        put_octet(out, *text);
    }
}

static const char *escape(char c, bool in_attribute) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\r':
        return "&#13;";
    case '"':
        return in_attribute ? "&quot;" : NULL;
    case '\n':
        return in_attribute ? "&#10;" : NULL;
    case '\t':
        return in_attribute ? "&#9;" : NULL;
    default:
        return NULL;
    }
}

static void put_escaped(struct out *out, const char *text, bool in_attribute) {
    for (; *text != '\0'; text++) {
        const char *escaped = escape(*text, in_attribute);
        if (escaped != NULL) {
            put(out, escaped);
        } else {
            put_octet(out, *text);
        }
    }
}

static void put_attribute(struct out *out, const char *prefix, const char *name, const char *value) {
    put_octet(out, ' ');
    if (prefix[0] != '\0') {
        put(out, prefix);
        put_octet(out, ':');
    }
    put(out, name);
    put(out, "=\"");
    put_escaped(out, value, true);
    put_octet(out, '"');
}

static void put_number(struct out *out, size_t number) {
    if (number >= 10) {
        put_number(out, number / 10);
    }
    put_octet(out, (char)('0' + number % 10));
}

static int compare(const void *left, const void *right) {
    const struct xml_attribute *a = *(const struct xml_attribute *const *)left;
    const struct xml_attribute *b = *(const struct xml_attribute *const *)right;
    int order = strcmp(a->ns, b->ns);
    return order != 0 ? order : strcmp(a->name, b->name);
}

static bool known_prefix(const struct xml_attribute *attribute, const char **prefix) {
    *prefix = attribute->ns[0] == '\0'                      ? ""
              : strcmp(attribute->ns, XML_PREFIX_NS) == 0   ? "xml"
              : strcmp(attribute->ns, XML_SCANSION_NS) == 0 ? "scansion"
                                                            : NULL;
    return *prefix != NULL;
}

/* Attributes of any other namespace get a prefix by number, declared with the first of them. */
static void put_foreign(struct out *out, const struct xml_attribute *attribute, bool declare, size_t number) {
    if (declare) {
        put(out, " xmlns:a");
        put_number(out, number);
        put(out, "=\"");
        put_escaped(out, attribute->ns, true);
        put_octet(out, '"');
    }
    put(out, " a");
    put_number(out, number);
    put_octet(out, ':');
    put(out, attribute->name);
    put(out, "=\"");
    put_escaped(out, attribute->value, true);
    put_octet(out, '"');
}

static void put_sorted(struct out *out, const struct xml_attribute *const *sorted, size_t count) {
    size_t number = 0;
    const char *ns = "";
    for (size_t i = 0; i < count; i++) {
        const char *prefix;
        if (known_prefix(sorted[i], &prefix)) {
            put_attribute(out, prefix, sorted[i]->name, sorted[i]->value);
            continue;
        }
        bool declare = strcmp(sorted[i]->ns, ns) != 0;
        number += declare;
        ns = sorted[i]->ns;
        put_foreign(out, sorted[i], declare, number);
    }
}

static void put_attributes(struct out *out, const struct xml_node *node) {
    const struct xml_attribute *few[16];
    const struct xml_attribute **sorted = few;
    size_t count = node->attribute_count;
    if (count > sizeof few / sizeof few[0] && (sorted = malloc(count * sizeof *sorted)) == NULL) {
        /* Without memory to sort them, each still shows. */
        for (size_t i = 0; i < count; i++) {
            const struct xml_attribute *one = &node->attributes[i];
            put_sorted(out, &one, 1);
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &node->attributes[i];
    }
    if (count > 1) {
        qsort(sorted, count, sizeof *sorted, compare);
    }
    put_sorted(out, sorted, count);
    if (sorted != few) {
        free(sorted);
    }
}

static void put_node(struct out *out, const struct xml_node *node, const char *ns) {
    put_octet(out, '<');
    put(out, node->name);
    if (strcmp(node->ns, ns) != 0) {
        put_attribute(out, "", "xmlns", node->ns);
    }
    put_attributes(out, node);
    if (node->child == NULL && node->text[0] == '\0') {
        put(out, "/>");
        return;
    }
    put_octet(out, '>');
    put_escaped(out, node->text, false);
    for (const struct xml_node *child = node->child; child != NULL; child = child->next) {
        put_node(out, child, node->ns);
    }
    put(out, "</");
    put(out, node->name);
    put_octet(out, '>');
}

/* A character that was cut in two is left out. */
static size_t whole_characters(const char *buffer, size_t size) {
    size_t start = size;
    while (start > 0 && size - start < 3 && ((unsigned char)buffer[start - 1] & 0xC0) == 0x80) {
        start--;
    }
    if (start == 0 || (unsigned char)buffer[start - 1] < 0xC0) {
        return size;
    }
    unsigned char lead = (unsigned char)buffer[start - 1];
    size_t wanted = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    return size - start == wanted ? size : start - 1;
}

size_t xml_write(const struct xml_node *node, char *buffer, size_t size) {
    struct out out = {buffer, size - 1, 0};
    put_node(&out, node, XML_STREAM_NS);
    buffer[out.size < out.room ? out.size : whole_characters(buffer, out.room)] = '\0';
    return out.size;
}
