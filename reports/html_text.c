/* Text of the HTML report: escaping and templates. */
#include "html.h"
#include "text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

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
static size_t put_special(struct ink *out, const char *text) {
    const char *name = entity(text[0]);
    if (name != NULL) {
        ink_put(out, name);
        return 1;
    }
    char piece[TEXT_PIECE_MAX + 1];
    bool escaped;
    const size_t size = text_piece_xml(text, piece, &escaped);
    ink_put(out, piece);
    return size;
}

void html_text(struct ink *out, const char *text, size_t size) {
    const char *end = text + size;
    while (text < end) {
        const char *p = text;
        while (p < end && (unsigned char)*p < 0x80 && plain[(unsigned char)*p] == '+') {
            p++;
        }
        ink_add(out, text, (size_t)(p - text));
        text = p < end ? p + put_special(out, p) : p;
    }
}

size_t html_cut(const char *text, size_t most) {
    size_t size = strnlen(text, most);
    for (int i = 0; i < 4 && size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80; i++) {
        size--;
    }
    return size;
}

void html_short(struct ink *out, const char *text, size_t size, size_t most) {
    const size_t shown = size > most ? html_cut(text, most) : size;
    html_text(out, text, shown);
    if (shown < size) {
        ink_put(out, "\xe2\x80\xa6");
    }
}

void html_id(struct ink *out, const char *text) {
    static const char digits[] = "0123456789abcdef";
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./";
    while (*text != '\0') {
        const size_t run = strspn(text, safe);
        ink_add(out, text, run);
        text += run;
        if (*text != '\0') {
            const unsigned char octet = (unsigned char)*text++;
            ink_add(out, (const char[]){'_', digits[octet >> 4], digits[octet & 15]}, 3);
        }
    }
}

/* -------------------------------------------------------------------------------------------------- templates ---- */

static void put_number(struct ink *out, uint64_t number, bool commas) {
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
    ink_add(out, digits + at, sizeof digits - at);
}

static void put_seconds(struct ink *out, uint64_t time_us) {
    char part[7];
    snprintf(part, sizeof part, "%06u", (unsigned)(time_us % 1000000));
    size_t size = 6;
    while (size > 0 && part[size - 1] == '0') {
        size--;
    }
    put_number(out, time_us / 1000000, true);
    if (size > 0) {
        ink_add(out, ".", 1);
        ink_add(out, part, size);
    }
}

static void put_argument(struct ink *out, char directive, const char *text) {
    if (directive == 's') {
        html_text(out, text, strlen(text));
    } else if (directive == 'i') {
        html_id(out, text);
    } else {
        ink_put(out, text);
    }
}

void html_put(struct ink *out, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    for (;;) {
        const size_t run = strcspn(format, "%");
        ink_add(out, format, run);
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
