/* Text of the HTML report: a buffer that grows, escaping, and templates. */
#include "html.h"
#include "text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------- the buffer ---- */

static bool make_room(struct html *out, size_t more) {
    if (out->failed || more > SIZE_MAX / 2 - out->size) {
        out->failed = true;
        return false;
    }
    if (out->size + more <= out->room) {
        return true;
    }
    size_t room = out->room == 0 ? 1 << 16 : out->room;
    while (room < out->size + more) {
        room *= 2;
    }
    char *text = realloc(out->text, room);
    if (text == NULL) {
        out->failed = true;
        return false;
    }
    out->text = text;
    out->room = room;
    return true;
}

void html_bytes(struct html *out, const char *bytes, size_t size) {
    if (size > 0 && make_room(out, size)) {
        memcpy(out->text + out->size, bytes, size);
        out->size += size;
    }
}

static void put_word(struct html *out, const char *word) {
    html_bytes(out, word, strlen(word));
}

/* --------------------------------------------------------------------------------------------------- escaping ---- */

/* One sign for each ASCII character: '+' stands for itself, in elements and attributes, HTML and XML. */
static const char plain[] = "---------++-----"
                            "----------------"
                            "++-+++--++++++++"
                            "++++++++++++-+-+"
                            "++++++++++++++++"
                            "++++++++++++++++"
                            "++++++++++++++++"
                            "+++++++++++++++-";

static const char *entity(char c) {
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* One character that does not stand for itself, or that is not ASCII; returns its octets. */
static size_t put_special(struct html *out, const char *text) {
    const char *name = entity(text[0]);
    if (name != NULL) {
        put_word(out, name);
        return 1;
    }
    /* U+FFFE and U+FFFF are well-formed UTF-8, but no characters of XML. */
    if (memcmp(text, "\xef\xbf", 2) == 0 && (unsigned char)text[2] >= 0xBE && (unsigned char)text[2] <= 0xBF) {
        put_word(out, (unsigned char)text[2] == 0xBE ? "\\xef\\xbf\\xbe" : "\\xef\\xbf\\xbf");
        return 3;
    }
    char piece[TEXT_PIECE_MAX + 1];
    bool escaped;
    const size_t size = text_piece(text, piece, &escaped);
    put_word(out, piece);
    return size;
}

void html_text(struct html *out, const char *text, size_t size) {
    const char *end = text + size;
    while (text < end) {
        const char *p = text;
        while (p < end && (unsigned char)*p < 0x80 && plain[(unsigned char)*p] == '+') {
            p++;
        }
        html_bytes(out, text, (size_t)(p - text));
        text = p < end ? p + put_special(out, p) : p;
    }
}

size_t html_cut(const char *text, size_t most) {
    const char *nul = memchr(text, '\0', most);
    if (nul != NULL) {
        return (size_t)(nul - text);
    }
    size_t size = most;
    for (int i = 0; i < 4 && size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80; i++) {
        size--;
    }
    return size;
}

void html_id(struct html *out, const char *text) {
    static const char digits[] = "0123456789abcdef";
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./";
    while (*text != '\0') {
        const size_t run = strspn(text, safe);
        html_bytes(out, text, run);
        text += run;
        if (*text != '\0') {
            const unsigned char octet = (unsigned char)*text++;
            html_bytes(out, (const char[]){'_', digits[octet >> 4], digits[octet & 15]}, 3);
        }
    }
}

/* -------------------------------------------------------------------------------------------------- templates ---- */

static void put_number(struct html *out, uint64_t number, bool commas) {
    char digits[32];
    size_t at = sizeof digits;
    int count = 0;
    do {
        if (commas && count > 0 && count % 3 == 0) {
            digits[--at] = ',';
        }
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
        count++;
    } while (number > 0);
    html_bytes(out, digits + at, sizeof digits - at);
}

static void put_seconds(struct html *out, uint64_t time_us) {
    char part[7];
    snprintf(part, sizeof part, "%06u", (unsigned)(time_us % 1000000));
    size_t size = 6;
    while (size > 0 && part[size - 1] == '0') {
        size--;
    }
    put_number(out, time_us / 1000000, true);
    if (size > 0) {
        html_bytes(out, ".", 1);
        html_bytes(out, part, size);
    }
}

static void put_argument(struct html *out, char directive, const char *text) {
    if (directive == 's') {
        html_text(out, text, strlen(text));
    } else if (directive == 'i') {
        html_id(out, text);
    } else {
        put_word(out, text);
    }
}

void html_put(struct html *out, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    for (;;) {
        const size_t run = strcspn(format, "%");
        html_bytes(out, format, run);
        format += run;
        if (*format == '\0') {
            break;
        }
        const char directive = format[1];
        if (directive == 'n' || directive == 'N') {
            put_number(out, va_arg(arguments, size_t), directive == 'N');
        } else if (directive == 't') {
            put_seconds(out, va_arg(arguments, uint64_t));
        } else {
            put_argument(out, directive, va_arg(arguments, const char *));
        }
        format += 2;
    }
    va_end(arguments);
}
