/* ink.c - text that grows in memory. */
#include "ink.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool make_room(struct ink *ink, size_t more) {
    if (ink->failed || more > SIZE_MAX / 4 - ink->size) {
        ink->failed = true;
        return false;
    }
    if (ink->size + more < ink->capacity) {
        return true;
    }
    size_t capacity = ink->capacity < 512 ? 1024 : ink->capacity * 2;
    capacity = capacity > ink->size + more ? capacity : ink->size + more + 1;
    char *data = realloc(ink->data, capacity);
    if (data == NULL) {
        ink->failed = true;
        return false;
    }
    ink->data = data;
    ink->capacity = capacity;
    return true;
}

void ink_add(struct ink *ink, const char *data, size_t size) {
    if (make_room(ink, size)) {
        memcpy(ink->data + ink->size, data, size);
        ink->size += size;
        ink->data[ink->size] = '\0';
    }
}

void ink_put(struct ink *ink, const char *text) {
    ink_add(ink, text, strlen(text));
}
