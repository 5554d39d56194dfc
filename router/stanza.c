/* stanza.c - kinds of stanzas, and what can be read from the bytes of a stanza without parsing it anew. */
#include "stanza.h"

#include <string.h>

#include "utf8.h"

/* ----------------------------------------------------------------------------------------------------- kinds ---- */

static const struct {
    const char *name;
    const char *type; /* value of the attribute; NULL where no value stands for this kind alone */
    enum stanza_element element;
} kinds[STANZA_KIND_COUNT] = {
    [STANZA_NORMAL] = {"message/normal", "normal", STANZA_IS_MESSAGE},
    [STANZA_CHAT] = {"message/chat", "chat", STANZA_IS_MESSAGE},
    [STANZA_GROUPCHAT] = {"message/groupchat", "groupchat", STANZA_IS_MESSAGE},
    [STANZA_HEADLINE] = {"message/headline", "headline", STANZA_IS_MESSAGE},
    [STANZA_MESSAGE_ERROR] = {"message/error", "error", STANZA_IS_MESSAGE},
    [STANZA_AVAILABLE] = {"presence/available", NULL, STANZA_IS_PRESENCE},
    [STANZA_UNAVAILABLE] = {"presence/unavailable", "unavailable", STANZA_IS_PRESENCE},
    [STANZA_SUBSCRIBE] = {"presence/subscribe", "subscribe", STANZA_IS_PRESENCE},
    [STANZA_SUBSCRIBED] = {"presence/subscribed", "subscribed", STANZA_IS_PRESENCE},
    [STANZA_UNSUBSCRIBE] = {"presence/unsubscribe", "unsubscribe", STANZA_IS_PRESENCE},
    [STANZA_UNSUBSCRIBED] = {"presence/unsubscribed", "unsubscribed", STANZA_IS_PRESENCE},
    [STANZA_PROBE] = {"presence/probe", "probe", STANZA_IS_PRESENCE},
    [STANZA_PRESENCE_ERROR] = {"presence/error", "error", STANZA_IS_PRESENCE},
    [STANZA_PRESENCE_OTHER] = {"presence/other", NULL, STANZA_IS_PRESENCE},
    [STANZA_GET] = {"iq/get", "get", STANZA_IS_IQ},
    [STANZA_SET] = {"iq/set", "set", STANZA_IS_IQ},
    [STANZA_RESULT] = {"iq/result", "result", STANZA_IS_IQ},
    [STANZA_IQ_ERROR] = {"iq/error", "error", STANZA_IS_IQ},
    [STANZA_IQ_OTHER] = {"iq/other", NULL, STANZA_IS_IQ},
    [STANZA_FOREIGN] = {"foreign", NULL, STANZA_IS_FOREIGN},
};

const char *stanza_kind_name(enum stanza_kind kind) {
    return (size_t)kind < STANZA_KIND_COUNT ? kinds[kind].name : "unknown";
}

/* Where a type says nothing that is defined. */
static enum stanza_kind kind_untold(enum stanza_element element, bool has_type) {
    switch (element) {
    case STANZA_IS_MESSAGE: return STANZA_NORMAL;
    case STANZA_IS_PRESENCE: return has_type ? STANZA_PRESENCE_OTHER : STANZA_AVAILABLE;
    case STANZA_IS_IQ: return STANZA_IQ_OTHER;
    case STANZA_IS_FOREIGN: break;
    }
    return STANZA_FOREIGN;
}

enum stanza_kind stanza_kind_of(enum stanza_element element, const struct slice *type) {
    static const struct {
        enum stanza_kind first, last;
    } range[] = {[STANZA_IS_MESSAGE] = {STANZA_NORMAL, STANZA_MESSAGE_ERROR},
                 [STANZA_IS_PRESENCE] = {STANZA_AVAILABLE, STANZA_PRESENCE_OTHER},
                 [STANZA_IS_IQ] = {STANZA_GET, STANZA_IQ_OTHER},
                 [STANZA_IS_FOREIGN] = {STANZA_FOREIGN, STANZA_FOREIGN}};
    if (type == NULL || type->size == 0) return kind_untold(element, type != NULL);
    for (unsigned kind = range[element].first; kind <= (unsigned)range[element].last; kind++) {
        const char *word = kinds[kind].type;
        if (word != NULL && word[0] == type->data[0] && strlen(word) == type->size &&
            memcmp(word, type->data, type->size) == 0) {
            return (enum stanza_kind)kind;
        }
    }
    return kind_untold(element, true);
}

/* ------------------------------------------------------------------------------------------------ start tags ---- */

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool ends_name(char c) {
    return is_space(c) || c == '=' || c == '/' || c == '>';
}

bool stanza_attribute_next(struct slice start_tag, size_t *at, struct slice *name, struct slice *raw_value,
                           char *quote) {
    const char *text = start_tag.data;
    size_t end = start_tag.size, i = *at;
    if (i == 0) {
        while (i < end && !ends_name(text[i])) i++;
    }
    while (i < end && is_space(text[i])) i++;
    size_t name_at = i;
    while (i < end && !ends_name(text[i])) i++;
    *name = (struct slice){text + name_at, i - name_at};
    if (name->size == 0) return false;

    while (i < end && (is_space(text[i]) || text[i] == '=')) i++;
    if (i >= end) return false;
    *quote = text[i++];
    const char *close = memchr(text + i, *quote, end - i);
    if (close == NULL) return false;
    *raw_value = (struct slice){text + i, (size_t)(close - (text + i))};
    *at = i + raw_value->size + 1;
    return true;
}

/* ------------------------------------------------------------------------------------------------ references ---- */

/* A character reference past "&#"; returns the code point, 0 where it is none. */
static uint32_t reference_number(const char *digits, size_t size) {
    bool hex = size > 0 && digits[0] == 'x';
    uint32_t base = hex ? 16 : 10, code = 0;
    if (size == (hex ? 1u : 0u)) return 0;
    for (size_t i = hex ? 1 : 0; i < size; i++) {
        char c = digits[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit >= base) return 0;
        code = code * base + digit;
        if (code > 0x10FFFF) return 0;
    }
    return code;
}

/* The code point that a reference stands for; 0 where it is none of the five names and no number. */
static uint32_t reference_code(const char *name, size_t size) {
    static const struct {
        const char *name;
        uint32_t code;
    } known[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"apos", '\''}, {"quot", '"'}};
    if (size > 0 && name[0] == '#') return reference_number(name + 1, size - 1);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i].name) == size && memcmp(known[i].name, name, size) == 0) return known[i].code;
    }
    return 0;
}

/* The character at the start of escaped text, as 1 to 4 octets in out; *taken raw octets stand for it. An ampersand
 * that starts no reference stands for itself, so that any octets can be walked. Line ends become one newline. */
static size_t unescape_one(const char *raw, size_t size, char out[4], size_t *taken) {
    out[0] = raw[0];
    *taken = 1;
    if (raw[0] == '\r') {
        out[0] = '\n';
        if (size > 1 && raw[1] == '\n') *taken = 2;
        return 1;
    }
    if (raw[0] != '&') return 1;
    const char *close = memchr(raw, ';', size);
    if (close == NULL) return 1;
    uint32_t code = reference_code(raw + 1, (size_t)(close - raw) - 1);
    if (code == 0) return 1;
    *taken = (size_t)(close - raw) + 1;
    return utf8_encode(code, out);
}

size_t stanza_unescape(struct slice raw, char *out, size_t size) {
    size_t length = 0;
    for (size_t i = 0, taken; i < raw.size; i += taken) {
        char piece[4];
        size_t count = unescape_one(raw.data + i, raw.size - i, piece, &taken);
        if (raw.data[i] != '&' && is_space(piece[0])) piece[0] = ' ';
        for (size_t k = 0; k < count; k++, length++) {
            if (length < size) out[length] = piece[k];
        }
    }
    return length;
}

/* ----------------------------------------------------------------------------------------------------- texts ---- */

/* What stands between an element's start tag and end tag. */
static struct slice element_content(struct slice raw) {
    char quote = 0;
    size_t i = 0;
    for (; i < raw.size && (quote != 0 || raw.data[i] != '>'); i++) {
        if (quote != 0) {
            if (raw.data[i] == quote) quote = 0;
        } else if (raw.data[i] == '"' || raw.data[i] == '\'') {
            quote = raw.data[i];
        }
    }
    if (i == 0 || i >= raw.size || raw.data[i - 1] == '/') return (struct slice){raw.data, 0};
    size_t end = raw.size;
    while (end > i && raw.data[end - 1] != '<') end--;
    return end > i ? (struct slice){raw.data + i + 1, end - i - 2} : (struct slice){raw.data, 0};
}

/* A walk over character data, CDATA sections included. */
struct text_walk {
    struct slice raw;
    size_t at;
    size_t cdata_end; /* past the octets of the section that `at` is in; 0: in none */
};

static bool starts_with(const struct text_walk *walk, const char *word, size_t size) {
    return walk->raw.size - walk->at >= size && memcmp(walk->raw.data + walk->at, word, size) == 0;
}

/* Steps over the marks of CDATA sections. false: an element starts here. */
static bool walk_marks(struct text_walk *walk) {
    for (;;) {
        if (walk->cdata_end > 0) {
            if (walk->at < walk->cdata_end) return true;
            walk->at += 3;
            walk->cdata_end = 0;
        }
        if (walk->at >= walk->raw.size || walk->raw.data[walk->at] != '<') return true;
        if (!starts_with(walk, "<![CDATA[", 9)) return false;
        walk->at += 9;
        walk->cdata_end = walk->at;
        while (walk->raw.size - walk->cdata_end >= 3 && memcmp(walk->raw.data + walk->cdata_end, "]]>", 3) != 0) {
            walk->cdata_end++;
        }
        if (walk->raw.size - walk->cdata_end < 3) return false;
    }
}

/* The next character's octets; 0 at the end, and where an element starts (*element is set then). */
static size_t walk_next(struct text_walk *walk, char out[4], bool *element) {
    if (!walk_marks(walk)) {
        *element = true;
        return 0;
    }
    if (walk->at >= walk->raw.size) return 0;
    const char *raw = walk->raw.data + walk->at;
    size_t taken = 1, count = 1;
    out[0] = raw[0];
    if (walk->cdata_end == 0 || raw[0] != '&') count = unescape_one(raw, walk->raw.size - walk->at, out, &taken);
    walk->at += taken;
    return count;
}

bool stanza_child_text(const struct stanza *st, size_t child, char *out, size_t size, size_t *length) {
    if (child >= st->child_count || child >= STANZA_CHILDREN_MAX) return false;
    struct text_walk walk = {.raw = element_content(st->child[child].raw)};
    bool element = false, begun = false;
    size_t at = 0, end = 0; /* end: past the last octet that is not white space */
    char piece[4];
    for (size_t count; (count = walk_next(&walk, piece, &element)) > 0;) {
        bool space = count == 1 && is_space(piece[0]);
        if (space && !begun) continue;
        begun = true;
        for (size_t k = 0; k < count; k++, at++) {
            if (at < size) out[at] = piece[k];
        }
        if (!space) end = at;
    }
    if (element || end > size) return false;
    *length = end;
    return true;
}
