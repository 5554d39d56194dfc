/* stanza_fault.c - which fault of a stream stands behind an error of expat. */
#include "stanza_fault.h"

#include <string.h>

#include "utf8.h"

/* Whether octets start with what is no character of UTF-8. One that the end of the octets cuts off may yet be. */
static bool is_no_utf8(const char *text, size_t size) {
    unsigned char lead = (unsigned char)text[0];
    size_t need = lead < 0xC2 || lead > 0xF4 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t code;
    return size >= need && utf8_decode(text, size, &code) == 0;
}

/* expat says "invalid token" of much; the octets up to the place of the error tell more. `at` is the first octet that
 * could not be. Where an ASCII character was due and a chunk ends in the middle of another one, that is not yet known
 * to be no UTF-8; else the answer does not hang on how the stream was cut into chunks. */
static enum stanza_fault invalid_token(const char *text, size_t at, size_t size) {
    static const char after_colon[] = {'=', '/', '>', ' ', '\t', '\r', '\n', '-', '.',
                                       '0', '1', '2', '3', '4',  '5',  '6',  '7', '8', '9'};
    if (is_no_utf8(text + at, size - at)) return STANZA_FAULT_ENCODING;
    char before = text[at - 1];
    bool declaration = before == '!' && text[at - 2] == '<';
    if (declaration && memchr("DEAN", text[at], 4) != NULL) return STANZA_FAULT_RESTRICTED;
    /* a second colon in a name, or one at an end of it: fine for XML, not for namespaces */
    if (text[at] == ':' && before != '=') return STANZA_FAULT_NS_ILLFORMED;
    bool cut_name = before == ':' && memchr(after_colon, text[at], sizeof after_colon) != NULL;
    return cut_name ? STANZA_FAULT_NS_ILLFORMED : STANZA_FAULT_ILLFORMED;
}

enum stanza_fault stanza_fault_of(XML_Parser parser, enum XML_Error error) {
    switch (error) {
    case XML_ERROR_INVALID_TOKEN: {
        int at = 0, size = 0;
        const char *text = XML_GetInputContext(parser, &at, &size);
        bool shown = text != NULL && at > 1 && at < size;
        return shown ? invalid_token(text, (size_t)at, (size_t)size) : STANZA_FAULT_ILLFORMED;
    }
    case XML_ERROR_DUPLICATE_ATTRIBUTE: {
        /* expat points at an attribute that is written twice, but at the whole tag where two prefixes of one namespace
         * make two attributes the same. */
        int at = 0, size = 0;
        const char *text = XML_GetInputContext(parser, &at, &size);
        return text != NULL && at < size && text[at] == '<' ? STANZA_FAULT_NS_ILLFORMED : STANZA_FAULT_ILLFORMED;
    }
    case XML_ERROR_UNDEFINED_ENTITY: return STANZA_FAULT_RESTRICTED; /* without a DTD, all but five are undefined */
    case XML_ERROR_UNBOUND_PREFIX:
    case XML_ERROR_UNDECLARING_PREFIX:
    case XML_ERROR_RESERVED_PREFIX_XML:
    case XML_ERROR_RESERVED_PREFIX_XMLNS:
    case XML_ERROR_RESERVED_NAMESPACE_URI: return STANZA_FAULT_NS_ILLFORMED;
    default: return STANZA_FAULT_ILLFORMED;
    }
}
