/* stanza.h - reading the bytes of a stanza that has been found well-formed: start tags, references, short texts. */
#ifndef STANZADRILL_STANZA_H
#define STANZADRILL_STANZA_H

#include "router.h"

/* stanza_attribute_next - the next attribute of a start tag, namespace declarations included.
 * start_tag  from '<' to '>', well-formed.
 * at         0 before the first call; moved on by each.
 * name       as written, with its prefix. raw_value: between the quotes, as written. quote: ' or ".
 * returns    false: none left. */
bool stanza_attribute_next(struct slice start_tag, size_t *at, struct slice *name, struct slice *raw_value,
                           char *quote);

/* stanza_unescape - an attribute value as XML reads it: references resolved, each tab and line end a space.
 * returns    octets of the whole value, never more than raw.size; out gets what fits in size. */
size_t stanza_unescape(struct slice raw, char *out, size_t size);

/* stanza_child_text - the character data of a described child, without white space at both ends.
 * child      its index, below child_count and STANZA_CHILDREN_MAX.
 * returns    false where it has child elements, or does not fit in size; else *length is set. */
bool stanza_child_text(const struct stanza *st, size_t child, char *out, size_t size, size_t *length);

enum stanza_element { STANZA_IS_MESSAGE, STANZA_IS_PRESENCE, STANZA_IS_IQ, STANZA_IS_FOREIGN };

/* stanza_kind_of - the kind that goes with an element and its type attribute; NULL: it has none. */
enum stanza_kind stanza_kind_of(enum stanza_element element, const struct slice *type);

#endif
