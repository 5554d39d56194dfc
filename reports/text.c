/* Text that is safe to show: no control characters, nothing that turns the writing direction, only UTF-8. */
#include "report.h"
#include "text.h"

#include <string.h>

/* Octets of the well-formed UTF-8 character at p, and its code point; 0 where there is none. */
static size_t utf8_size(const unsigned char *p, uint32_t *code) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    if (size < 2) {
        *code = p[0];
        return size;
    }
    uint32_t value = p[0] & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
        value = value << 6 | (p[i] & 0x3Fu);
    }
    bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    *code = value;
    return value < least[size] || surrogate || value > 0x10FFFF ? 0 : size;
}

static bool is_harmless(uint32_t code) {
    bool control = code < 0x20 || (code >= 0x7F && code <= 0x9F);
    bool separates = code == 0x2028 || code == 0x2029;
    bool turns = code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
                 (code >= 0x2066 && code <= 0x2069);
    return !control && !separates && !turns;
}

static size_t put_octets(const unsigned char *p, size_t size, char out[TEXT_PIECE_MAX + 1]) {
    for (size_t i = 0; i < size; i++) {
        snprintf(out + 4 * i, 5, "\\x%02x", p[i]);
    }
    return size;
}

size_t text_plain(const char *text, size_t most) {
    size_t size = 0;
    while (size < most && text[size] >= ' ' && text[size] <= '~') {
        size++;
    }
    return size;
}

size_t text_piece(const char *text, char out[TEXT_PIECE_MAX + 1], bool *escaped) {
    const unsigned char *p = (const unsigned char *)text;
    *escaped = false;
    out[0] = '\0';
    if (p[0] == '\0') {
        return 0;
    }
    uint32_t code;
    size_t size = utf8_size(p, &code);
    if (size > 0 && is_harmless(code)) {
        memcpy(out, p, size);
        out[size] = '\0';
        return size;
    }
    *escaped = true;
    return put_octets(p, size > 0 ? size : 1, out);
}

size_t text_piece_xml(const char *text, char out[TEXT_PIECE_MAX + 1], bool *escaped) {
    const size_t size = text_piece(text, out, escaped);
    if (strcmp(out, "\xEF\xBF\xBE") != 0 && strcmp(out, "\xEF\xBF\xBF") != 0) {
        return size;
    }
    *escaped = true;
    return put_octets((const unsigned char *)text, size, out);
}

void text_guard(FILE *out, const char *text, size_t most, const char *guarded) {
    char piece[TEXT_PIECE_MAX + 1];
    bool escaped;
    const char *end = text + most;
    for (size_t size; text < end && (size = text_piece(text, piece, &escaped)) > 0; text += size) {
        for (const char *p = piece; *p != '\0'; p++) {
            if (strchr(guarded, *p) != NULL) {
                putc('\\', out);
            }
            putc(*p, out);
        }
    }
}

/* Most of a text is plain, and goes out in one piece. */
static void put_line(FILE *out, const char *text, size_t size) {
    char piece[TEXT_PIECE_MAX + 1];
    bool escaped;
    for (size_t at = 0; at < size;) {
        const size_t plain = text_plain(text + at, size - at);
        fwrite(text + at, 1, plain, out);
        at += plain;
        if (at < size) {
            at += text_piece(text + at, piece, &escaped);
            fputs(piece, out);
        }
    }
}

bool report_text(FILE *out, const char *text) {
    put_line(out, text, strlen(text));
    return !ferror(out);
}

bool report_lines(FILE *out, const char *indent, const char *text) {
    while (*text != '\0') {
        size_t size = strcspn(text, "\n");
        if (size > 0) {
            fputs(indent, out);
        }
        put_line(out, text, size);
        putc('\n', out);
        text += size + (text[size] == '\n');
    }
    return !ferror(out);
}

/* Octets that stand for themselves in a JSON string. */
static size_t plain_size(const char *text) {
    size_t size = 0;
    while (text[size] >= ' ' && text[size] <= '~' && text[size] != '"' && text[size] != '\\') {
        size++;
    }
    return size;
}

void text_json(FILE *out, const char *text) {
    putc('"', out);
    for (;;) {
        const size_t plain = plain_size(text);
        fwrite(text, 1, plain, out);
        text += plain;
        if (*text == '\0') {
            break;
        }
        uint32_t code;
        const size_t size = utf8_size((const unsigned char *)text, &code);
        if (size == 0) {
            fprintf(out, "\\\\x%02x", (unsigned char)*text);
        } else if (code == '\n') {
            fputs("\\n", out);
        } else if (code < ' ' || code == '"' || code == '\\') {
            fprintf(out, code < ' ' ? "\\u%04x" : "\\%c", (unsigned)code);
        } else if (!is_harmless(code) && code <= 0xFFFF) {
            fprintf(out, "\\u%04x", (unsigned)code);
        } else {
            fwrite(text, 1, size, out);
        }
        text += size > 0 ? size : 1;
    }
    putc('"', out);
}
