/* jid.c - splits a JID and brings its parts into the form in which they are compared: ASCII by hand, all else through
 * libidn's stringprep profiles (RFC 6122) and IDNA. */
#include "router.h"

#include <idna.h>
#include <punycode.h>
#include <string.h>
#include <stringprep.h>

#include "utf8.h"

enum {
    /* Octets of a part before it is mapped. Mapping makes text up to four times shorter (a mathematical letter of four
     * octets becomes an ASCII one); longer parts can fit only if they hold what is mapped to nothing. */
    RAW_PART_MAX = 4 * ROUTER_JID_PART_MAX,
    CODES_MAX = RAW_PART_MAX, /* code points while they are mapped */
    LABEL_MAX = 63            /* octets of a domain's label, U-labels counted as A-labels (RFC 1034 3.1) */
};

/* ----------------------------------------------------------------------------------------------------- ASCII ---- */

static bool is_ascii(struct slice text) {
    for (size_t i = 0; i < text.size; i++) {
        if ((unsigned char)text.data[i] >= 0x80) return false;
    }
    return true;
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_hex(char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

static bool is_control(char c) {
    return (unsigned char)c < 0x20 || c == 0x7F;
}

/* ASCII that no localpart may hold (7622 3.3.1, and 3.3 for space and controls). */
static bool is_excluded(char c) {
    switch (c) {
    case ' ':
    case '"':
    case '&':
    case '\'':
    case '/':
    case ':':
    case '<':
    case '>':
    case '@': return true;
    default: return is_control(c);
    }
}

/* -------------------------------------------------------------------------------------------------- mappings ---- */

/* The text being prepared; parts are appended to it. */
struct draft {
    char *text;
    size_t size;
};

/* Code points of a text of at most RAW_PART_MAX octets; returns their number, 0 where it is empty or not UTF-8. */
static size_t decode(struct slice text, uint32_t codes[CODES_MAX]) {
    size_t count = 0;
    for (size_t at = 0, size; at < text.size; at += size) {
        size = utf8_decode(text.data + at, text.size - at, &codes[count]);
        if (size == 0 || codes[count++] == 0) return 0;
    }
    return count;
}

/* Appends code points as UTF-8. false: more than one part may have. */
static bool put_codes(struct draft *draft, const uint32_t *codes, size_t count) {
    size_t first = draft->size;
    for (size_t i = 0; i < count; i++) {
        char piece[4];
        size_t size = utf8_encode(codes[i], piece);
        if (draft->size - first + size > ROUTER_JID_PART_MAX) return false;
        memcpy(draft->text + draft->size, piece, size);
        draft->size += size;
    }
    return true;
}

/* Maps code points by a stringprep profile, in place. Those that Unicode 3.2 does not assign are refused. */
static bool map_codes(uint32_t codes[CODES_MAX], size_t *count, const Stringprep_profile *profile) {
    return stringprep_4i(codes, count, CODES_MAX, STRINGPREP_NO_UNASSIGNED, profile) == STRINGPREP_OK && *count > 0;
}

static bool put_mapped(struct draft *draft, struct slice raw, const Stringprep_profile *profile) {
    uint32_t codes[CODES_MAX];
    size_t count = decode(raw, codes);
    return count > 0 && map_codes(codes, &count, profile) && put_codes(draft, codes, count);
}

/* ----------------------------------------------------------------------------------------------------- parts ---- */

static bool put_local(struct draft *draft, struct slice raw) {
    size_t first = draft->size;
    if (raw.size == 0 || raw.size > RAW_PART_MAX) return false;
    if (!is_ascii(raw)) {
        if (!put_mapped(draft, raw, stringprep_xmpp_nodeprep)) return false;
    } else {
        if (raw.size > ROUTER_JID_PART_MAX) return false;
        for (size_t i = 0; i < raw.size; i++) draft->text[draft->size++] = lower(raw.data[i]);
    }
    for (size_t i = first; i < draft->size; i++) {
        if (is_excluded(draft->text[i])) return false;
    }
    return true;
}

static bool put_resource(struct draft *draft, struct slice raw) {
    size_t first = draft->size;
    if (raw.size == 0 || raw.size > RAW_PART_MAX) return false;
    if (!is_ascii(raw)) {
        if (!put_mapped(draft, raw, stringprep_xmpp_resourceprep)) return false;
    } else {
        if (raw.size > ROUTER_JID_PART_MAX) return false;
        memcpy(draft->text + draft->size, raw.data, raw.size);
        draft->size += raw.size;
    }
    for (size_t i = first; i < draft->size; i++) {
        if (is_control(draft->text[i])) return false;
    }
    return true;
}

/* --------------------------------------------------------------------------------------------------- domains ---- */

/* Appends an ASCII label of letters, digits and inner hyphens. */
static bool put_plain_label(struct draft *draft, struct slice label) {
    if (label.size == 0 || label.size > LABEL_MAX) return false;
    if (label.data[0] == '-' || label.data[label.size - 1] == '-') return false;
    for (size_t i = 0; i < label.size; i++) {
        char c = lower(label.data[i]);
        if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-') return false;
        draft->text[draft->size++] = c;
    }
    return true;
}

static bool is_ace(struct slice label) {
    return label.size >= 4 && lower(label.data[0]) == 'x' && lower(label.data[1]) == 'n' && label.data[2] == '-' &&
           label.data[3] == '-';
}

/* Whether a lower-case "xn--" label decodes to a name. What nameprep prohibits is none for IDNA2008 either; what it
 * maps, or does not know, may be one. */
static bool is_decodable(const char *label, size_t size) {
    uint32_t codes[LABEL_MAX * STRINGPREP_MAX_MAP_CHARS];
    size_t count = LABEL_MAX;
    if (punycode_decode(size - 4, label + 4, &count, codes, NULL) != PUNYCODE_SUCCESS) return false;
    for (size_t i = 0; i < count; i++) {
        if (codes[i] > 0x10FFFF) return false;
    }
    return stringprep_4i(codes, &count, sizeof codes / sizeof *codes, 0, stringprep_nameprep) == STRINGPREP_OK;
}

/* Appends an A-label as its U-label, so that both are the same domain. Labels that only IDNA2008 knows (sharp s, later
 * Unicode) have no U-label that would be mapped to itself; they stay A-labels. */
static bool put_ace_label(struct draft *draft, struct slice label) {
    uint32_t codes[LABEL_MAX], mapped[LABEL_MAX];
    size_t first = draft->size, count = LABEL_MAX;
    if (!put_plain_label(draft, label)) return false;
    for (size_t i = 0; i < label.size; i++) codes[i] = (unsigned char)draft->text[first + i];
    int result = idna_to_unicode_44i(codes, label.size, mapped, &count, IDNA_USE_STD3_ASCII_RULES);
    if (result == IDNA_MALLOC_ERROR) return false;
    if (result != IDNA_SUCCESS) return is_decodable(draft->text + first, label.size);
    draft->size = first;
    return put_codes(draft, mapped, count);
}

/* Appends a label with characters outside of ASCII. */
static bool put_mapped_label(struct draft *draft, struct slice label) {
    uint32_t codes[CODES_MAX];
    char ace[LABEL_MAX + 1];
    size_t first = draft->size, count = decode(label, codes);
    if (count == 0 || !map_codes(codes, &count, stringprep_nameprep)) return false;
    if (!put_codes(draft, codes, count)) return false;
    struct slice mapped = {draft->text + first, draft->size - first};
    if (!is_ascii(mapped)) {
        return count <= LABEL_MAX && idna_to_ascii_4i(codes, count, ace, IDNA_USE_STD3_ASCII_RULES) == IDNA_SUCCESS;
    }
    draft->size = first;
    return is_ace(mapped) ? put_ace_label(draft, mapped) : put_plain_label(draft, mapped);
}

/* Octets of the dot that a text starts with, 0 for none. IDNA knows four (RFC 3490 3.1). */
static size_t dot_size(const char *text, size_t size) {
    if (text[0] == '.') return 1;
    if (size < 3) return 0;
    bool wide = memcmp(text, "\xE3\x80\x82", 3) == 0 || memcmp(text, "\xEF\xBC\x8E", 3) == 0 ||
                memcmp(text, "\xEF\xBD\xA1", 3) == 0;
    return wide ? 3 : 0;
}

static bool put_label(struct draft *draft, struct slice label) {
    if (!is_ascii(label)) return put_mapped_label(draft, label);
    return is_ace(label) ? put_ace_label(draft, label) : put_plain_label(draft, label);
}

static bool put_name(struct draft *draft, struct slice raw) {
    size_t first = draft->size, at = 0;
    for (;;) {
        size_t end = at, dot = 0;
        while (end < raw.size && (dot = dot_size(raw.data + end, raw.size - end)) == 0) end++;
        if (!put_label(draft, (struct slice){raw.data + at, end - at})) return false;
        if (draft->size - first > ROUTER_JID_PART_MAX) return false;
        if (dot == 0) return true;
        draft->text[draft->size++] = '.';
        at = end + dot;
    }
}

static bool is_ipv4(const char *text, size_t size) {
    size_t at = 0;
    for (unsigned octet = 0; octet < 4; octet++) {
        unsigned value = 0;
        size_t first = at;
        while (at < size && is_digit(text[at]) && at - first < 3) value = value * 10 + (unsigned)(text[at++] - '0');
        if (at == first || value > 255 || (at - first > 1 && text[first] == '0')) return false;
        if (octet < 3 && (at == size || text[at++] != '.')) return false;
    }
    return at == size;
}

/* IPv6address of RFC 3986 3.2.2: eight groups, or fewer with one "::". */
static bool is_ipv6(const char *text, size_t size) {
    bool gap = size >= 2 && text[0] == ':' && text[1] == ':';
    unsigned groups = 0;
    size_t at = gap ? 2 : 0;
    while (at < size) {
        size_t first = at;
        while (at < size && is_hex(text[at])) at++;
        if (at < size && text[at] == '.') {
            if (!is_ipv4(text + first, size - first)) return false;
            groups += 2;
            break;
        }
        if (at == first || at - first > 4) return false;
        groups++;
        if (at == size) break;
        if (text[at++] != ':' || at == size) return false;
        if (text[at] == ':') {
            if (gap) return false;
            gap = true;
            at++;
        }
    }
    return gap ? groups < 8 : groups == 8;
}

/* An IPv6 literal in brackets; a zone may follow the address after "%25" (RFC 6874 2), and keeps its case. */
static bool put_literal(struct draft *draft, struct slice raw) {
    if (raw.size < 2 || raw.size > ROUTER_JID_PART_MAX || raw.data[raw.size - 1] != ']') return false;
    const char *text = raw.data + 1, *zone = memchr(raw.data, '%', raw.size);
    size_t size = zone == NULL ? raw.size - 2 : (size_t)(zone - text);
    if (!is_ipv6(text, size)) return false;
    for (size_t i = 0; i <= size; i++) draft->text[draft->size++] = lower(raw.data[i]);
    size_t rest = raw.size - 1 - size;
    if (zone != NULL && (rest < 5 || memcmp(zone, "%25", 3) != 0)) return false;
    for (size_t i = 0; i < rest; i++) {
        char c = text[size + i];
        bool plain = is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || memchr("-._~", c, 4) != NULL;
        if (i >= 3 && i + 1 < rest && !plain) return false;
        draft->text[draft->size++] = c;
    }
    return true;
}

static bool put_domain(struct draft *draft, struct slice raw) {
    if (raw.size > 0 && raw.data[raw.size - 1] == '.') raw.size--;
    if (raw.size == 0 || raw.size > RAW_PART_MAX) return false;
    return raw.data[0] == '[' ? put_literal(draft, raw) : put_name(draft, raw);
}

/* ---------------------------------------------------------------------------------------------------- whole ----- */

int jid_prepare(struct slice text, struct jid_parts *out) {
    struct draft draft = {out->text, 0};
    if (text.size == 0) return ROUTER_E_JID;
    const char *slash = memchr(text.data, '/', text.size);
    struct slice bare = {text.data, slash == NULL ? text.size : (size_t)(slash - text.data)};
    const char *at = memchr(bare.data, '@', bare.size);

    out->local = out->resource = (struct slice){out->text, 0};
    if (at != NULL) {
        size_t size = (size_t)(at - bare.data);
        if (!put_local(&draft, (struct slice){bare.data, size})) return ROUTER_E_JID;
        out->local.size = draft.size;
        draft.text[draft.size++] = '@';
        bare = (struct slice){at + 1, bare.size - size - 1};
    }
    size_t first = draft.size;
    if (!put_domain(&draft, bare)) return ROUTER_E_JID;
    out->domain = (struct slice){out->text + first, draft.size - first};
    if (slash != NULL) {
        draft.text[draft.size++] = '/';
        first = draft.size;
        struct slice raw = {slash + 1, text.size - (size_t)(slash + 1 - text.data)};
        if (!put_resource(&draft, raw)) return ROUTER_E_JID;
        out->resource = (struct slice){out->text + first, draft.size - first};
    }
    out->size = draft.size;
    return ROUTER_OK;
}
