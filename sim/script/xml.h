/* xml.h - small XML trees, for what scripts expect and what streams brought. */
#ifndef STANZADRILL_XML_H
#define STANZADRILL_XML_H

#include <stdbool.h>
#include <stddef.h>

struct arena; /* memory that is freed as a whole */

struct arena *arena_new(void);          /* NULL where memory ran out */
void arena_free(struct arena *arena);   /* NULL is allowed */
void *arena_take(struct arena *arena, size_t size); /* zeroed, aligned for any object; NULL where memory ran out */
char *arena_text(struct arena *arena, const char *data, size_t size); /* NUL-terminated copy; NULL likewise */

enum {
    XML_DEPTH_MAX = 200,          /* nested elements in a script's block */
    XML_SIZE_MAX = 4 * 1024 * 1024 /* octets of one block */
};

struct xml_attribute {
    const char *ns; /* "" where none */
    const char *name;
    const char *value; /* decoded */
};

struct xml_node {
    const char *ns; /* XML_STREAM_NS for the stream's default namespace */
    const char *name;
    struct xml_attribute *attributes; /* in the order written, namespace declarations left out */
    size_t attribute_count;
    struct xml_node *child, *next; /* elements only, in order */
    const char *text;              /* character data directly inside, without white space at both ends; "" if none */
    unsigned line, column;         /* from 1, plus the offset of what was parsed, in characters */
    size_t offset, size;           /* octets of the element within the text that was parsed */
};

/* A default namespace that stands for jabber:client on a client's stream and jabber:server on a server's. */
#define XML_STREAM_NS "stream"

/* Where the prefix `scansion` points: scansion:strict is an attribute "strict" in this namespace. */
#define XML_SCANSION_NS "https://matthewwild.co.uk/projects/scansion"

struct xml_fault {
    unsigned line, column;
    char text[200];
};

/* xml_parse - the root elements of a text, as a list linked by `next`.
 * text      UTF-8, borrowed until return; several root elements may follow each other, with white space between.
 * line      of the first octet, for positions and messages.
 * arena     owns the result.
 * returns   false and *fault where it is not well-formed, holds a DTD, comment or processing instruction, nests deeper
 *           than XML_DEPTH_MAX or is larger than XML_SIZE_MAX; *roots is NULL for a text without elements.
 * Prefixes `scansion` and `stream` need no declaration; elements without prefix or in jabber:client and jabber:server
 * at depth 1, and what inherits from them, get XML_STREAM_NS. */
bool xml_parse(struct arena *arena, const char *text, size_t size, unsigned line, struct xml_node **roots,
               struct xml_fault *fault);

/* xml_parse_words - as xml_parse; besides, `word` may stand on a line of its own between root elements.
 * count     how often it does. */
bool xml_parse_words(struct arena *arena, const char *text, size_t size, unsigned line, const char *word,
                     unsigned *count, struct xml_node **roots, struct xml_fault *fault);

/* xml_attribute_get - value of an attribute in no namespace, or NULL. */
const char *xml_attribute_get(const struct xml_node *node, const char *name);

/* xml_write - canonical text of an element: attributes sorted by namespace and name, one space between, double quotes,
 * empty elements short. Used in traces and messages.
 * returns   octets that the whole text has; buffer holds what fits, NUL-terminated (size 1 or more). */
size_t xml_write(const struct xml_node *node, char *buffer, size_t size);

#endif
