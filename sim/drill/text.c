/* text.c - texts that grow, and values written so that one event stays one line. */
#include "parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct text *text, size_t more) {
    if (text->failed || more > SIZE_MAX / 2 - text->size) {
        text->failed = true;
        return false;
    }
    if (text->size + more < text->capacity) {
        return true;
    }
    size_t capacity = text->capacity < 128 ? 256 : text->capacity * 2;
    capacity = capacity > text->size + more ? capacity : text->size + more + 1;
    char *data = realloc(text->data, capacity);
    if (data == NULL) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void drill_text_add(struct text *text, const char *bytes, size_t size) {
    if (make_room(text, size)) {
        memcpy(text->data + text->size, bytes, size);
        text->size += size;
        text->data[text->size] = '\0';
    }
}

void drill_text_put(struct text *text, const char *string) {
    drill_text_add(text, string, strlen(string));
}

void drill_text_format(struct text *text, const char *format, ...) {
    char few[256];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(few, sizeof few, format, arguments);
    va_end(arguments);
    if (size >= 0 && (size_t)size < sizeof few) {
        drill_text_add(text, few, (size_t)size);
    } else if (size >= 0 && make_room(text, (size_t)size)) {
        va_start(arguments, format);
        (void)vsnprintf(text->data + text->size, (size_t)size + 1, format, arguments);
        va_end(arguments);
        text->size += (size_t)size;
    }
}

static void add_escaped(struct text *text, const char *string, unsigned char last_hidden) {
    const char *plain = string;
    for (; *string != '\0'; string++) {
        unsigned char c = (unsigned char)*string;
        if (c <= last_hidden || c == 0x7f) {
            drill_text_add(text, plain, (size_t)(string - plain));
            drill_text_format(text, "&#%u;", (unsigned)c);
            plain = string + 1;
        }
    }
    drill_text_add(text, plain, (size_t)(string - plain));
}

void drill_text_xml(struct text *text, const struct xml_node *node) {
    size_t size = 512;
    while (make_room(text, size)) {
        const size_t room = text->capacity - text->size;
        size = xml_write(node, text->data + text->size, room);
        if (size < room) {
            text->size += size;
            return;
        }
    }
}

char *drill_text_take(struct text *text) {
    if (text->failed) {
        free(text->data);
        text->data = NULL;
    }
    return text->data;
}

void drill_text_line(struct text *text, const char *string) {
    add_escaped(text, string, 0x1f);
}

void drill_text_word(struct text *text, const char *string) {
    add_escaped(text, string, 0x20);
}

void drill_text_number(struct text *text, uint64_t number) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    drill_text_add(text, digits + at, sizeof digits - at);
}

void drill_text_time(struct text *text, uint64_t time_us) {
    char fraction[7] = ".000000";
    uint64_t rest = time_us % 1000000;
    for (size_t i = sizeof fraction - 1; i > 0; i--) {
        fraction[i] = (char)('0' + rest % 10);
        rest /= 10;
    }
    drill_text_number(text, time_us / 1000000);
    drill_text_add(text, fraction, sizeof fraction);
}
