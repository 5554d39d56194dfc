/* properties.c - the properties of the cast as set-up reads them. */
#include "parts.h"

#include <string.h>

struct slice drill_trim(struct slice text) {
    while (text.size > 0 && strchr(" \t", text.data[0]) != NULL) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && strchr(" \t", text.data[text.size - 1]) != NULL) {
        text.size--;
    }
    return text;
}

bool drill_item_next(struct slice *rest, char separator, struct slice *item) {
    if (rest->data == NULL) {
        return false;
    }
    const char *end = rest->size == 0 ? NULL : memchr(rest->data, separator, rest->size);
    size_t size = end == NULL ? rest->size : (size_t)(end - rest->data);
    *item = drill_trim((struct slice){.data = rest->data, .size = size});
    if (end == NULL) {
        rest->data = NULL;
    } else {
        rest->data += size + 1;
        rest->size -= size + 1;
    }
    return true;
}

const struct script_property *drill_property(const struct script_actor *actor, const char *key) {
    for (size_t i = 0; i < actor->property_count; i++) {
        if (strcmp(actor->properties[i].key, key) == 0) {
            return &actor->properties[i];
        }
    }
    return NULL;
}

bool drill_refuse(struct run *run, const struct script_actor *actor, const struct script_property *property,
                  const char *text) {
    drill_run_stop(run, RUN_CANNOT, property == NULL ? actor->line : property->line,
                   property == NULL ? 1 : property->column, "%s", text);
    return false;
}

static bool read_duration(const char *text, uint64_t *us) {
    static const struct {
        const char *word;
        uint64_t us;
    } units[] = {{"us", 1}, {"ms", 1000}, {"s", 1000000}, {"m", 60000000}, {"h", 3600000000}};
    const size_t digits = strspn(text, "0123456789");
    uint64_t number = 0;
    for (size_t i = 0; i < digits; i++) {
        if (number > UINT64_MAX / 3600000000 / 16) {
            return false;
        }
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    for (size_t i = 0; digits > 0 && i < sizeof units / sizeof *units; i++) {
        if (strcmp(text + digits, units[i].word) == 0) {
            *us = number * units[i].us;
            return true;
        }
    }
    return false;
}

bool drill_duration(struct run *run, const struct script_actor *actor, const char *key, uint64_t *us) {
    const struct script_property *property = drill_property(actor, key);
    return property == NULL || read_duration(property->value, us) ||
           drill_refuse(run, actor, property,
                        drill_run_text(run, "%s: found '%s', expected a number and us, ms, s, m or h, as in 40ms", key,
                                       property->value));
}
