/* marks.c - pings of the harness itself, by which it learns that what was sent before has arrived. Scripts never see
 * one. */
#include "stream.h"

#include <string.h>

#include <expat.h>

enum { RAW_MAX = 1 << 20 };

static bool is(const char *text, const char *word) {
    return text != NULL && strcmp(text, word) == 0;
}

bool live_is_stanza(const struct live_element *element) {
    return (is(element->ns, "jabber:server") || is(element->ns, "jabber:component:accept") ||
            is(element->ns, "jabber:client")) &&
           (is(element->name, "message") || is(element->name, "presence") || is(element->name, "iq"));
}

bool live_is_mark(const struct live_element *element) {
    return live_is_stanza(element) && is(element->name, "iq") && element->id != NULL &&
           strncmp(element->id, LIVE_MARK, sizeof LIVE_MARK - 1) == 0;
}

static void add_attribute(struct live_text *text, const char *name, const char *value) {
    live_text_format(text, " %s='", name);
    live_text_xml(text, value);
    live_text_add(text, "'", 1);
}

bool live_mark_answer(struct live_text *text, const struct live_element *element) {
    if (!is(element->type, "get") || element->from == NULL || element->to == NULL) {
        return false;
    }
    live_text_format(text, "<iq type='result'");
    add_attribute(text, "from", element->to);
    add_attribute(text, "to", element->from);
    add_attribute(text, "id", element->id);
    live_text_add(text, "/>", 2);
    return true;
}

void live_mark_ask(struct live_text *text, const char *from, const char *to, const char *id) {
    live_text_format(text, "<iq type='get'");
    add_attribute(text, "from", from);
    add_attribute(text, "to", to);
    add_attribute(text, "id", id);
    live_text_format(text, "><ping xmlns='urn:xmpp:ping'/></iq>");
}

/* -------------------------------------------------------------------------------------------------- raw octets ---- */

static void XMLCALL deeper(void *data, const char *name, const char **attributes) {
    (void)name;
    (void)attributes;
    ++*(size_t *)data;
}

static void XMLCALL higher(void *data, const char *name) {
    (void)name;
    --*(size_t *)data;
}

/* Prefixes are not looked at: some servers mind those that were not declared, and some do not. */
static enum live_raw state_of(XML_Parser parser, const struct live_text *raw) {
    size_t depth = 0;
    XML_SetUserData(parser, &depth);
    XML_SetElementHandler(parser, deeper, higher);
    if (XML_Parse(parser, "<s>", 3, 0) != XML_STATUS_OK ||
        XML_Parse(parser, raw->data, (int)raw->size, 0) != XML_STATUS_OK || depth == 0) {
        return LIVE_RAW_ENDS;
    }
    return XML_Parse(parser, "</s>", 4, 1) == XML_STATUS_OK ? LIVE_RAW_WHOLE : LIVE_RAW_MIDDLE;
}

enum live_raw live_raw_add(struct live_text *raw, const char *bytes, size_t size) {
    if (raw->size < RAW_MAX) {
        live_text_add(raw, bytes, size);
    }
    XML_Parser parser = raw->failed || raw->size == 0 ? NULL : XML_ParserCreate(NULL);
    const enum live_raw state = parser == NULL ? LIVE_RAW_MIDDLE : state_of(parser, raw);
    if (parser != NULL) {
        XML_ParserFree(parser);
    }
    if (state == LIVE_RAW_WHOLE) {
        live_text_free(raw);
    }
    return state;
}
