/* Trees of XML elements, parsed by expat from a text that may hold several root elements. */
#include "arena.h"

#include <expat.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* expat wants one root, so that all that is read into an arena stands in one that never ends. Its default namespace is
 * a name of our own: where an element has it, the text declared none. An element of our own behind each text shows that
 * it is whole. */
#define DEFAULT_NS "urn:stanzadrill:no-namespace-declared"
#define WRAP_START                                                                                                     \
    "<stanzas xmlns='" DEFAULT_NS "' xmlns:stream='http://etherx.jabber.org/streams' xmlns:scansion='" XML_SCANSION_NS \
    "'>"
#define TEXT_END "<end/>"

/* Stands between namespace and name in what expat reports; it cannot occur in XML. */
enum { SEPARATOR = '\x01' };

/* expat keeps every name that it has read, and counts octets: after so many of them it begins anew. */
enum { RENEW_AFTER = XML_SIZE_MAX };

/* An element whose end has not come yet. */
struct open {
    struct xml_node *node;
    struct xml_node **next_child;
    const char *ns;    /* as expat reports it */
    bool in_stream;    /* node->ns is XML_STREAM_NS */
    size_t text_start; /* where its text starts in xml_reader.text */
};

struct xml_reader {
    XML_Parser parser;
    bool ready;   /* the parser is set up, and no fault has stopped it */
    size_t start; /* octets that the parser got before the text */
    struct arena *arena;
    const char *data;
    size_t size;
    struct open open[XML_DEPTH_MAX];
    size_t depth;
    struct xml_node **next_root;
    bool ending, ended; /* the element behind the text is being parsed; it was seen */
    bool failed;
    struct xml_fault *fault;

    /* Text of all open elements, the innermost last: an ended element's text is taken off, so that what follows it
     * continues its parent's. */
    char *text;
    size_t text_size, text_capacity;

    /* Positions are asked for in order, so each octet is counted once. */
    size_t counted;
    unsigned line, column;

    const char *word;
    unsigned *word_count;
};

static void reader_fail(struct xml_reader *reader, unsigned line, unsigned column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void reader_fail(struct xml_reader *reader, unsigned line, unsigned column, const char *format, ...) {
    if (reader->failed) {
        return;
    }
    reader->failed = true;
    reader->fault->line = line;
    reader->fault->column = column;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reader->fault->text, sizeof reader->fault->text, format, arguments);
    va_end(arguments);
    XML_StopParser(reader->parser, XML_FALSE);
}

static void count_to(struct xml_reader *reader, size_t offset) {
    for (; reader->counted < offset; reader->counted++) {
        char c = reader->data[reader->counted];
        if (c == '\n') {
            reader->line++;
            reader->column = 1;
        } else if (((unsigned char)c & 0xC0) != 0x80) {
            reader->column++;
        }
    }
}

/* Octet of the text at which expat stands; what is behind the text counts as its end. */
static size_t present_offset(const struct xml_reader *reader) {
    const XML_Index index = XML_GetCurrentByteIndex(reader->parser);
    if (index < (XML_Index)reader->start) {
        return 0;
    }
    const size_t offset = (size_t)index - reader->start;
    return offset > reader->size ? reader->size : offset;
}

static void fail_here(struct xml_reader *reader, const char *text) {
    count_to(reader, present_offset(reader));
    reader_fail(reader, reader->line, reader->column, "%s", text);
}

static void fail_memory(struct xml_reader *reader) {
    fail_here(reader, "memory ran out");
}

/* ------------------------------------------------------------------------------------------------- elements ---- */

/* The local name in "NAMESPACE\1NAME"; *ns_size: octets of the namespace, 0 where there is none. */
static const char *local_name(const char *full, size_t *ns_size) {
    const char *separator = strchr(full, SEPARATOR);
    *ns_size = separator == NULL ? 0 : (size_t)(separator - full);
    return separator == NULL ? full : separator + 1;
}

static bool same(const char *text, const char *data, size_t size) {
    return strncmp(text, data, size) == 0 && text[size] == '\0';
}

/* A copy of a namespace name; the usual ones need none. */
static const char *keep_ns(struct xml_reader *reader, const char *data, size_t size) {
    static const char *const usual[] = {DEFAULT_NS, "", XML_SCANSION_NS, "jabber:client",
                                        "urn:ietf:params:xml:ns:xmpp-stanzas"};
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        if (same(usual[i], data, size)) {
            return usual[i];
        }
    }
    return arena_text(reader->arena, data, size);
}

/* Elements of the stream's default namespace need no declaration of it, may have one at depth 1, and hand it down. */
static bool belongs_to_stream(const struct xml_reader *reader, const char *ns) {
    if (strcmp(ns, DEFAULT_NS) == 0) {
        return true;
    }
    if (reader->depth == 0) {
        return strcmp(ns, "jabber:client") == 0 || strcmp(ns, "jabber:server") == 0;
    }
    const struct open *parent = &reader->open[reader->depth - 1];
    return parent->in_stream && strcmp(ns, parent->ns) == 0;
}

static bool keep_attributes(struct xml_reader *reader, struct xml_node *node, const char **pairs) {
    size_t count = 0;
    while (pairs[2 * count] != NULL) {
        count++;
    }
    if (count == 0) {
        return true;
    }
    node->attributes = arena_take(reader->arena, count * sizeof *node->attributes);
    if (node->attributes == NULL) {
        return false;
    }
    node->attribute_count = count;
    for (size_t i = 0; i < count; i++) {
        struct xml_attribute *attribute = &node->attributes[i];
        size_t ns_size;
        const char *name = local_name(pairs[2 * i], &ns_size);
        attribute->ns = keep_ns(reader, pairs[2 * i], ns_size);
        attribute->name = arena_text(reader->arena, name, strlen(name));
        attribute->value = arena_text(reader->arena, pairs[2 * i + 1], strlen(pairs[2 * i + 1]));
        if (attribute->ns == NULL || attribute->name == NULL || attribute->value == NULL) {
            return false;
        }
    }
    return true;
}

static void link_node(struct xml_reader *reader, struct xml_node *node) {
    if (reader->depth == 0) {
        *reader->next_root = node;
        reader->next_root = &node->next;
    } else {
        struct open *parent = &reader->open[reader->depth - 1];
        *parent->next_child = node;
        parent->next_child = &node->next;
    }
}

static void open_node(struct xml_reader *reader, struct xml_node *node, const char *ns) {
    bool in_stream = belongs_to_stream(reader, ns);
    node->ns = in_stream ? XML_STREAM_NS : ns;
    node->text = "";
    node->offset = present_offset(reader);
    count_to(reader, node->offset);
    node->line = reader->line;
    node->column = reader->column;
    link_node(reader, node);
    reader->open[reader->depth++] = (struct open){node, &node->child, ns, in_stream, reader->text_size};
}

static void XMLCALL on_start(void *data, const XML_Char *full, const XML_Char **pairs) {
    struct xml_reader *reader = data;
    if (reader->failed) {
        return;
    }
    if (reader->ending) {
        reader->ended = reader->depth == 0;
        return;
    }
    if (reader->depth == XML_DEPTH_MAX) {
        count_to(reader, present_offset(reader));
        reader_fail(reader, reader->line, reader->column, "more than %d elements inside each other", XML_DEPTH_MAX);
        return;
    }
    size_t ns_size;
    const char *name = local_name(full, &ns_size);
    const char *ns = keep_ns(reader, full, ns_size);
    struct xml_node *node = arena_take(reader->arena, sizeof *node);
    if (ns == NULL || node == NULL || (node->name = arena_text(reader->arena, name, strlen(name))) == NULL ||
        !keep_attributes(reader, node, pairs)) {
        fail_memory(reader);
        return;
    }
    open_node(reader, node, ns);
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool keep_text(struct xml_reader *reader, const struct open *open) {
    size_t start = open->text_start, end = reader->text_size;
    while (start < end && is_space(reader->text[start])) {
        start++;
    }
    while (end > start && is_space(reader->text[end - 1])) {
        end--;
    }
    if (end > start) {
        open->node->text = arena_text(reader->arena, reader->text + start, end - start);
    }
    reader->text_size = open->text_start;
    return open->node->text != NULL;
}

static void XMLCALL on_end(void *data, const XML_Char *full) {
    struct xml_reader *reader = data;
    (void)full;
    if (reader->failed || reader->ending) {
        return;
    }
    if (reader->depth == 0) {
        fail_here(reader, "an end tag without its start tag");
        return;
    }
    const struct open *open = &reader->open[--reader->depth];
    XML_Index end = XML_GetCurrentByteIndex(reader->parser) + XML_GetCurrentByteCount(reader->parser);
    open->node->size = (size_t)end - reader->start - open->node->offset;
    if (!keep_text(reader, open)) {
        fail_memory(reader);
    }
}

/* ----------------------------------------------------------------------------------------------------- text ---- */

static bool text_room(struct xml_reader *reader, size_t size) {
    if (size <= reader->text_capacity - reader->text_size) {
        return true;
    }
    size_t capacity = reader->text_size + size + reader->text_capacity + 256;
    char *text = realloc(reader->text, capacity);
    if (text == NULL) {
        return false;
    }
    reader->text = text;
    reader->text_capacity = capacity;
    return true;
}

static bool alone_on_line(const struct xml_reader *reader, size_t start, size_t end) {
    while (start > 0 && reader->data[start - 1] != '\n') {
        if (!is_space(reader->data[--start])) {
            return false;
        }
    }
    for (; end < reader->size && reader->data[end] != '\n'; end++) {
        if (!is_space(reader->data[end])) {
            return false;
        }
    }
    return true;
}

/* Text between the root elements: only white space and the word that xml_parse_words allows. */
static void outer_text(struct xml_reader *reader, size_t start, size_t end) {
    while (start < end && is_space(reader->data[start])) {
        start++;
    }
    if (start >= end) {
        return;
    }
    size_t word_size = reader->word == NULL ? 0 : strlen(reader->word);
    if (word_size > 0 && reader->size - start >= word_size && same(reader->word, reader->data + start, word_size) &&
        alone_on_line(reader, start, start + word_size)) {
        ++*reader->word_count;
        return;
    }
    size_t size = 0;
    while (size < 40 && start + size < end && (unsigned char)reader->data[start + size] > ' ' &&
           (unsigned char)reader->data[start + size] < 0x7F) {
        size++;
    }
    count_to(reader, start);
    reader_fail(reader, reader->line, reader->column, "text%s%.*s%s outside of any element; expected \"<\"",
                size == 0 ? "" : " \"", (int)size, reader->data + start, size == 0 ? "" : "\"");
}

static void XMLCALL on_text(void *data, const XML_Char *text, int size) {
    struct xml_reader *reader = data;
    if (reader->failed) {
        return;
    }
    if (reader->depth == 0) {
        size_t start = present_offset(reader);
        size_t octets = (size_t)XML_GetCurrentByteCount(reader->parser);
        outer_text(reader, start, octets > reader->size - start ? reader->size : start + octets);
    } else if (!text_room(reader, (size_t)size)) {
        fail_memory(reader);
    } else {
        memcpy(reader->text + reader->text_size, text, (size_t)size);
        reader->text_size += (size_t)size;
    }
}

/* ---------------------------------------------------------------------------------------------------- faults ---- */

static void XMLCALL on_comment(void *data, const XML_Char *text) {
    (void)text;
    fail_here(data, "an XML comment, which XMPP forbids");
}

static void XMLCALL on_instruction(void *data, const XML_Char *target, const XML_Char *text) {
    (void)target;
    (void)text;
    fail_here(data, "a processing instruction, which XMPP forbids");
}

static bool starts_with(const struct xml_reader *reader, size_t offset, const char *word) {
    size_t size = strlen(word);
    return reader->size - offset >= size && memcmp(reader->data + offset, word, size) == 0;
}

/* The text ended too early: the fault is where what is unfinished began. */
static void fail_unfinished(struct xml_reader *reader) {
    if (reader->depth > 0) {
        const struct xml_node *node = reader->open[reader->depth - 1].node;
        reader_fail(reader, node->line, node->column, "the element <%.60s> is never ended; expected </%.60s>",
                    node->name, node->name);
        return;
    }
    size_t offset = reader->size;
    for (size_t i = reader->size; i > reader->counted; i--) {
        if (reader->data[i - 1] == '<') {
            offset = i - 1;
            break;
        }
    }
    count_to(reader, offset);
    reader_fail(reader, reader->line, reader->column, "a tag or reference that is never finished");
}

static void fail_by_expat(struct xml_reader *reader) {
    enum XML_Error code = XML_GetErrorCode(reader->parser);
    size_t offset = present_offset(reader);
    if (reader->failed) {
        return;
    }
    if (code == XML_ERROR_NO_MEMORY) {
        fail_memory(reader);
        return;
    }
    if (offset >= reader->size || reader->ending) {
        fail_unfinished(reader);
        return;
    }
    /* expat may stand behind the two characters that show what this is. */
    size_t before = offset < 2 ? 0 : offset - 2;
    bool dtd = starts_with(reader, offset, "<!DOCTYPE") || starts_with(reader, before, "<!DOCTYPE");
    bool end_tag = code == XML_ERROR_TAG_MISMATCH && starts_with(reader, before, "</");
    count_to(reader, end_tag || (dtd && reader->data[offset] != '<') ? before : offset);
    if (dtd) {
        reader_fail(reader, reader->line, reader->column, "a document type (DTD), which XMPP forbids");
    } else if (code == XML_ERROR_TAG_MISMATCH && reader->depth == 0) {
        reader_fail(reader, reader->line, reader->column, "an end tag without its start tag");
    } else if (code == XML_ERROR_TAG_MISMATCH) {
        const struct xml_node *node = reader->open[reader->depth - 1].node;
        reader_fail(reader, reader->line, reader->column,
                    "an end tag that does not match; expected </%.60s> of line %u", node->name, node->line);
    } else {
        reader_fail(reader, reader->line, reader->column, "not well-formed XML: %s", XML_ErrorString(code));
    }
}

/* ------------------------------------------------------------------------------------------------------ entry ---- */

/* As in the router: without this, expat may put off the end of a text until more has come. */
extern XML_Bool XML_SetReparseDeferralEnabled(XML_Parser parser, XML_Bool enabled) __attribute__((weak));

static bool feed(struct xml_reader *reader, const char *data, size_t size) {
    if (XML_Parse(reader->parser, data, (int)size, false) == XML_STATUS_ERROR) {
        fail_by_expat(reader);
    }
    return !reader->failed;
}

static void read_text(struct xml_reader *reader) {
    const bool read = feed(reader, reader->data, reader->size);
    reader->ending = true;
    if (read && feed(reader, TEXT_END, strlen(TEXT_END)) && !reader->ended) {
        fail_unfinished(reader);
    }
    reader->ready = !reader->failed;
    reader->start += reader->size + strlen(TEXT_END);
}

/* Brings a new or reset parser to where texts can follow each other. */
static bool begin(struct xml_reader *reader) {
    if (XML_SetReparseDeferralEnabled != NULL) {
        XML_SetReparseDeferralEnabled(reader->parser, XML_FALSE);
    }
    reader->ready = XML_Parse(reader->parser, WRAP_START, (int)strlen(WRAP_START), false) == XML_STATUS_OK;
    reader->start = strlen(WRAP_START);
    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, on_start, on_end);
    XML_SetCharacterDataHandler(reader->parser, on_text);
    XML_SetCommentHandler(reader->parser, on_comment);
    XML_SetProcessingInstructionHandler(reader->parser, on_instruction);
    return reader->ready;
}

void xml_reader_free(struct xml_reader *reader) {
    if (reader != NULL) {
        XML_ParserFree(reader->parser);
        free(reader->text);
        free(reader);
    }
}

static struct xml_reader *reader_new(void) {
    struct xml_reader *reader = malloc(sizeof *reader);
    if (reader != NULL) {
        reader->parser = NULL;
        reader->ready = false;
        reader->text = NULL;
        reader->text_capacity = 0;
    }
    return reader;
}

/* The arena's reader, ready for a text; NULL: memory ran out. */
static struct xml_reader *reader_of(struct arena *arena) {
    struct xml_reader **place = arena_reader(arena);
    struct xml_reader *reader = *place = *place == NULL ? reader_new() : *place;
    if (reader == NULL || (reader->ready && reader->start <= RENEW_AFTER)) {
        return reader;
    }
    if (reader->parser == NULL) {
        reader->parser = XML_ParserCreateNS("UTF-8", SEPARATOR);
    } else if (!XML_ParserReset(reader->parser, "UTF-8")) {
        return NULL;
    }
    return reader->parser != NULL && begin(reader) ? reader : NULL;
}

bool xml_parse_words(struct arena *arena, const char *text, size_t size, unsigned line, const char *word,
                     unsigned *count, struct xml_node **roots, struct xml_fault *fault) {
    *roots = NULL;
    *count = 0;
    if (size > XML_SIZE_MAX) {
        *fault = (struct xml_fault){line, 1, ""};
        snprintf(fault->text, sizeof fault->text, "%zu octets of XML; %d are allowed", size, XML_SIZE_MAX);
        return false;
    }
    struct xml_reader *reader = reader_of(arena);
    if (reader == NULL) {
        *fault = (struct xml_fault){line, 1, "memory ran out"};
        return false;
    }
    reader->arena = arena;
    reader->data = text;
    reader->size = size;
    reader->depth = 0;
    reader->next_root = roots;
    reader->ending = reader->ended = reader->failed = false;
    reader->fault = fault;
    reader->text_size = 0;
    reader->counted = 0;
    reader->line = line;
    reader->column = 1;
    reader->word = word;
    reader->word_count = count;
    read_text(reader);
    return !reader->failed;
}

bool xml_parse(struct arena *arena, const char *text, size_t size, unsigned line, struct xml_node **roots,
               struct xml_fault *fault) {
    unsigned count;
    return xml_parse_words(arena, text, size, line, NULL, &count, roots, fault);
}

const char *xml_attribute_get(const struct xml_node *node, const char *name) {
    for (size_t i = 0; i < node->attribute_count; i++) {
        if (node->attributes[i].ns[0] == '\0' && strcmp(node->attributes[i].name, name) == 0) {
            return node->attributes[i].value;
        }
    }
    return NULL;
}
