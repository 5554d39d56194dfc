/* text.c - a text that grows. A failure is kept, so that only its end has to be looked at. */
#include "parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool grow(struct live_text *text, size_t size) {
    if (text->failed || size >= SIZE_MAX / 4 - text->size) {
        text->failed = true;
    } else if (text->size + size + 1 > text->capacity) {
        const size_t capacity = 2 * (text->size + size) + 64;
        char *grown = realloc(text->data, capacity);
        text->failed = grown == NULL;
        text->data = grown == NULL ? text->data : grown;
        text->capacity = grown == NULL ? text->capacity : capacity;
    }
    return !text->failed;
}

void live_text_add(struct live_text *text, const char *data, size_t size) {
    if (grow(text, size)) {
        if (size > 0) {
            memcpy(text->data + text->size, data, size);
        }
        text->size += size;
        text->data[text->size] = '\0';
    }
}

void live_text_format(struct live_text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0 || !grow(text, (size_t)size)) {
        text->failed = true;
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(text->data + text->size, (size_t)size + 1, format, arguments);
    va_end(arguments);
    text->size += (size_t)size;
}

void live_text_xml(struct live_text *text, const char *plain) {
    for (; *plain != '\0'; plain++) {
        switch (*plain) {
        case '&':
            live_text_add(text, "&amp;", 5);
            break;
        case '<':
            live_text_add(text, "&lt;", 4);
            break;
        case '>':
            live_text_add(text, "&gt;", 4);
            break;
        case '"':
            live_text_add(text, "&quot;", 6);
            break;
        case '\'':
            live_text_add(text, "&apos;", 6);
            break;
        default:
            live_text_add(text, plain, 1);
        }
    }
}

void live_text_free(struct live_text *text) {
    free(text->data);
    *text = (struct live_text){0};
}
