/* Pieces of text: comparing, cutting, and showing them. */
#include "reader.h"

#include <stdio.h>
#include <string.h>

struct text script_text(const char *text) {
    return (struct text){text, strlen(text)};
}

bool script_is(struct text text, const char *word) {
    size_t size = strlen(word);
    return text.size == size && memcmp(text.data, word, size) == 0;
}

bool script_starts(struct text text, const char *word) {
    size_t size = strlen(word);
    return text.size >= size && memcmp(text.data, word, size) == 0;
}

size_t script_find(struct text text, const char *word, size_t from) {
    size_t size = strlen(word);
    while (from < text.size && text.size - from >= size) {
        const char *first = memchr(text.data + from, word[0], text.size - from - size + 1);
        if (first == NULL) {
            return TEXT_NONE;
        }
        from = (size_t)(first - text.data);
        if (memcmp(first, word, size) == 0) {
            return from;
        }
        from++;
    }
    return TEXT_NONE;
}

struct text script_cut(struct text text, size_t from, size_t to) {
    return (struct text){text.data + from, to - from};
}

bool script_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct text script_trim_end(struct text text) {
    while (text.size > 0 && script_space(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

struct text script_trim(struct text text) {
    text = script_trim_end(text);
    while (text.size > 0 && script_space(text.data[0])) {
        text = script_cut(text, 1, text.size);
    }
    return text;
}

struct text script_word(struct text *rest) {
    size_t start = 0;
    while (start < rest->size && script_space(rest->data[start])) {
        start++;
    }
    size_t end = start;
    while (end < rest->size && !script_space(rest->data[end])) {
        end++;
    }
    struct text word = script_cut(*rest, start, end);
    *rest = script_cut(*rest, end, rest->size);
    return word;
}

static bool continues(char c) {
    return ((unsigned char)c & 0xC0) == 0x80;
}

unsigned script_characters(struct text text) {
    unsigned count = 0;
    for (size_t i = 0; i < text.size; i++) {
        count += !continues(text.data[i]);
    }
    return count;
}

void script_lower_into(struct text text, char *out) {
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
}

char *script_lower(struct arena *arena, struct text text) {
    char *lower = arena_text(arena, text.data, text.size);
    if (lower != NULL) {
        script_lower_into(text, lower);
    }
    return lower;
}

/* Octets of the character at the start of the text, or 0 where it is none: overlong, a surrogate, too large, cut. */
static size_t utf8_size(const unsigned char *data, size_t size) {
    unsigned char lead = data[0];
    if (lead < 0x80) {
        return lead != 0;
    }
    size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || wanted > size) {
        return 0;
    }
    for (size_t i = 1; i < wanted; i++) {
        if (!continues((char)data[i])) {
            return 0;
        }
    }
    bool wrong = (lead == 0xE0 && data[1] < 0xA0) || (lead == 0xED && data[1] > 0x9F) ||
                 (lead == 0xF0 && data[1] < 0x90) || (lead == 0xF4 && data[1] > 0x8F);
    return wrong ? 0 : wanted;
}

bool script_utf8(struct text text, size_t *bad) {
    for (size_t i = 0; i < text.size;) {
        size_t size = utf8_size((const unsigned char *)text.data + i, text.size - i);
        if (size == 0) {
            *bad = i;
            return false;
        }
        i += size;
    }
    return true;
}

struct quoted script_quote(struct text text) {
    enum { ROOM = sizeof((struct quoted *)NULL)->text - sizeof "\"...\"" };
    struct quoted quoted;
    size_t size = 0, i = 0;
    quoted.text[size++] = '"';
    while (i < text.size) {
        size_t step = utf8_size((const unsigned char *)text.data + i, text.size - i);
        if (size + (step == 0 ? 1 : step) > ROOM) {
            break;
        }
        if (step <= 1) {
            unsigned char c = (unsigned char)text.data[i];
            quoted.text[size++] = c < ' ' || c >= 0x7F ? '?' : (char)c;
        } else {
            memcpy(quoted.text + size, text.data + i, step);
            size += step;
        }
        i += step == 0 ? 1 : step;
    }
    snprintf(quoted.text + size, sizeof quoted.text - size, "%s\"", i < text.size ? "..." : "");
    return quoted;
}
