/* stanza_text.c - what libstrophe has read, as text again. */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <strophe.h>

/* Line ends and the like in an attribute would not survive being read once more. */
static void put_value(struct live_text *text, const char *value) {
    for (const char *at = value; *at != '\0';) {
        const size_t plain = strcspn(at, "\t\r\n");
        if (plain > 0) {
            char few[64];
            const size_t size = plain < sizeof few ? plain : sizeof few - 1;
            memcpy(few, at, size);
            few[size] = '\0';
            live_text_xml(text, few);
            at += size;
        } else {
            live_text_format(text, "&#%d;", *at++);
        }
    }
}

static void put_attribute(struct live_text *text, const char *name, const char *value) {
    live_text_format(text, " %s=\"", strcmp(name, "lang") == 0 ? "xml:lang" : name);
    put_value(text, value);
    live_text_add(text, "\"", 1);
}

static void put_attributes(struct live_text *text, xmpp_stanza_t *element, const char *scope, const char *without_lang) {
    const int count = xmpp_stanza_get_attribute_count(element);
    const char *ns = xmpp_stanza_get_ns(element);
    const char **pairs = count <= 0 ? NULL : calloc((size_t)count * 2, sizeof *pairs);
    if (strcmp(ns == NULL ? "" : ns, scope) != 0) {
        put_attribute(text, "xmlns", ns == NULL ? "" : ns);
    }
    if (count > 0 && pairs == NULL) {
        text->failed = true;
        return;
    }
    const int got = pairs == NULL ? 0 : xmpp_stanza_get_attributes(element, pairs, count * 2);
    for (int i = 0; i + 1 < got; i += 2) {
        const bool left_out = strcmp(pairs[i], "xmlns") == 0 || (without_lang != NULL && strcmp(pairs[i], "lang") == 0 &&
                                                                 strcmp(pairs[i + 1], without_lang) == 0);
        if (!left_out) {
            put_attribute(text, pairs[i], pairs[i + 1]);
        }
    }
    free(pairs);
}

void live_stanza_text(struct live_text *text, xmpp_stanza_t *element, const char *scope, const char *without_lang) {
    const char *name = xmpp_stanza_get_name(element);
    const char *ns = xmpp_stanza_get_ns(element);
    xmpp_stanza_t *child = xmpp_stanza_get_children(element);
    if (xmpp_stanza_is_text(element)) {
        const char *plain = xmpp_stanza_get_text_ptr(element);
        live_text_xml(text, plain == NULL ? "" : plain);
        return;
    }
    live_text_format(text, "<%s", name);
    put_attributes(text, element, scope, without_lang);
    live_text_add(text, child == NULL ? "/>" : ">", child == NULL ? 2 : 1);
    if (child == NULL) {
        return;
    }
    for (; child != NULL; child = xmpp_stanza_get_next(child)) {
        live_stanza_text(text, child, ns == NULL ? "" : ns, NULL);
    }
    live_text_format(text, "</%s>", name);
}

void live_stanza_condition(xmpp_stanza_t *error, char *condition, size_t size) {
    xmpp_stanza_t *child = error == NULL ? NULL : xmpp_stanza_get_children(error);
    while (child != NULL && xmpp_stanza_is_text(child)) {
        child = xmpp_stanza_get_next(child);
    }
    (void)snprintf(condition, size, "%s", child == NULL ? "undefined-condition" : xmpp_stanza_get_name(child));
}
