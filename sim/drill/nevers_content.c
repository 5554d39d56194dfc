/* nevers_content.c - what must never happen to the content of a stanza that is passed on: it goes out as it came in
 * (6120 4.8, 8.4). */
#include "watch.h"

/* A stanza as it came from its sender, and as it goes on. */
struct passage {
    const struct watch *watch;
    size_t sent, came; /* events */
    const char *sent_text, *came_text;
};

/* What waited for its stream is seen where it arrives. */
static bool is_passage(const struct watch *w, struct passage *p) {
    const bool there = is_enter(w) || w->event->kind == WORLD_ARRIVE;
    uint32_t number = there ? w->original : is_passed_on(w) ? w->event->number : 0;
    if (number == 0 || w->event->stanza == NULL || (w->saw[number] & SAW_DEPARTURE)) {
        return false;
    }
    p->watch = w;
    p->sent = w->run->enters[number - 1];
    p->came = w->index;
    p->sent_text = world_event(w->run->world, p->sent)->stanza;
    p->came_text = w->event->stanza;
    return p->sent_text != NULL;
}

/* ----------------------------------------------------------------------------------------------- the quick way ---- */

static size_t tag_size(const char *text) {
    size_t size = 0;
    for (char quote = 0; text[size] != '\0' && (quote != 0 || text[size] != '>'); size++) {
        const char c = text[size];
        quote = quote != 0 ? (c == quote ? 0 : quote) : c == '\'' || c == '"' ? c : 0;
    }
    return size;
}

/* The next attribute of a start tag, as written. at: 0 to begin. */
static bool next_attribute(const char *text, size_t end, size_t *at, struct slice *out) {
    size_t i = *at > 0 ? *at : strcspn(text, " \t\r\n/>");
    i += strspn(text + i, " \t\r\n");
    const size_t name = i;
    while (i < end && text[i] != '\'' && text[i] != '"') {
        i++;
    }
    const char *close = i < end ? memchr(text + i + 1, text[i], end - i - 1) : NULL;
    if (close == NULL) {
        return false;
    }
    *at = (size_t)(close + 1 - text);
    *out = (struct slice){.data = text + name, .size = *at - name};
    return true;
}

static bool is_of_the_stream(struct slice attribute) {
    static const char *const names[] = {"from=", "to=", "xmlns="};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const size_t size = strlen(names[i]);
        if (attribute.size >= size && memcmp(attribute.data, names[i], size) == 0) {
            return true;
        }
    }
    return false;
}

static bool next_own_attribute(const char *text, size_t end, size_t *at, struct slice *out) {
    bool found = next_attribute(text, end, at, out);
    while (found && is_of_the_stream(*out)) {
        found = next_attribute(text, end, at, out);
    }
    return found;
}

static struct slice body_of(const char *text, size_t tag) {
    const char *end = strrchr(text, '<');
    if (tag == 0 || text[tag] == '\0' || text[tag - 1] == '/' || end == NULL || end <= text + tag) {
        return (struct slice){.data = "", .size = 0};
    }
    return (struct slice){.data = text + tag + 1, .size = (size_t)(end - text) - tag - 1};
}

/* Whether attributes and content are the same to the octet; that they are not says nothing yet. */
static bool is_same_text(const struct passage *p) {
    const size_t sent_tag = tag_size(p->sent_text), came_tag = tag_size(p->came_text);
    const struct slice sent_body = body_of(p->sent_text, sent_tag), came_body = body_of(p->came_text, came_tag);
    if (!slice_equals(sent_body, came_body.data, came_body.size)) {
        return false;
    }
    size_t sent_at = 0, came_at = 0;
    struct slice sent, came;
    while (next_own_attribute(p->sent_text, sent_tag, &sent_at, &sent)) {
        if (!next_own_attribute(p->came_text, came_tag, &came_at, &came) ||
            !slice_equals(sent, came.data, came.size)) {
            return false;
        }
    }
    return !next_own_attribute(p->came_text, came_tag, &came_at, &came);
}

/* -------------------------------------------------------------------------------------------- the thorough way ---- */

static bool is_content(const char *ns) {
    return strcmp(ns, XML_STREAM_NS) == 0 || strcmp(ns, "jabber:client") == 0 || strcmp(ns, "jabber:server") == 0 ||
           strcmp(ns, "jabber:component:accept") == 0;
}

/* Two elements to be compared, and whether all around them belong to the stream, whatever it calls its namespace. */
struct both {
    const struct passage *p;
    const struct xml_node *sent, *came;
    bool in_stream, root;
    bool prefixes; /* as they were written count too */
};

static bool same_attributes(const struct both *b) {
    size_t expected = b->sent->attribute_count, seen = b->came->attribute_count;
    for (size_t i = 0; i < b->sent->attribute_count; i++) {
        const struct xml_attribute *a = &b->sent->attributes[i];
        if (b->root && a->ns[0] == '\0' && (strcmp(a->name, "from") == 0 || strcmp(a->name, "to") == 0)) {
            expected--;
            continue;
        }
        bool found = false;
        for (size_t n = 0; n < b->came->attribute_count && !found; n++) {
            const struct xml_attribute *other = &b->came->attributes[n];
            found = strcmp(a->name, other->name) == 0 && strcmp(a->ns, other->ns) == 0 &&
                    strcmp(a->value, other->value) == 0;
        }
        if (!found) {
            return false;
        }
    }
    for (size_t n = 0; b->root && n < b->came->attribute_count; n++) {
        const struct xml_attribute *a = &b->came->attributes[n];
        seen -= a->ns[0] == '\0' && (strcmp(a->name, "from") == 0 || strcmp(a->name, "to") == 0);
    }
    return expected == seen;
}

static size_t prefix_size(const char *tag) {
    const size_t size = strcspn(tag, ":/> \t\r\n");
    return tag[size] == ':' ? size : 0;
}

static bool same_node(const struct both *b) {
    const bool content = b->in_stream && is_content(b->sent->ns) && is_content(b->came->ns);
    if (strcmp(b->sent->name, b->came->name) != 0 || (!content && strcmp(b->sent->ns, b->came->ns) != 0) ||
        strcmp(b->sent->text, b->came->text) != 0 || !same_attributes(b)) {
        return false;
    }
    const char *sent = b->p->sent_text + b->sent->offset + 1, *came = b->p->came_text + b->came->offset + 1;
    const size_t prefix = prefix_size(sent);
    return !b->prefixes || content || (prefix == prefix_size(came) && memcmp(sent, came, prefix) == 0);
}

static bool is_on_the_way(const struct passage *p, struct slice domain) {
    const size_t events[] = {p->sent, p->came};
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        struct world *world = p->watch->run->world;
        if (router_serves(world_router(world, world_event(world, events[i])->server), domain)) {
            return true;
        }
    }
    return false;
}

/* A delay in a server's own name was a lie when it came in there, and is taken out (XEP-0203 5). */
static bool may_go(const struct both *b, const struct xml_node *node) {
    const char *from = xml_attribute_get(node, "from");
    struct jid_parts parts;
    return b->root && from != NULL && strcmp(node->name, "delay") == 0 && strcmp(node->ns, "urn:xmpp:delay") == 0 &&
           jid_prepare((struct slice){.data = from, .size = strlen(from)}, &parts) == ROUTER_OK &&
           is_on_the_way(b->p, parts.domain);
}

/* Trees are never deeper than XML_DEPTH_MAX. */
static bool same_tree(const struct both *b) {
    if (!same_node(b)) {
        return false;
    }
    struct both child = *b;
    child.root = false;
    child.in_stream = b->in_stream && is_content(b->sent->ns);
    child.came = b->came->child;
    for (child.sent = b->sent->child; child.sent != NULL; child.sent = child.sent->next) {
        if (child.came != NULL && same_tree(&child)) {
            child.came = child.came->next;
        } else if (!may_go(b, child.sent)) {
            return false;
        }
    }
    return child.came == NULL;
}

static bool is_same(const struct passage *p, bool prefixes) {
    if (is_same_text(p)) {
        return true;
    }
    struct run *run = p->watch->run;
    const struct both top = {.p = p,
                             .sent = drill_run_tree(run, p->sent),
                             .came = drill_run_tree(run, p->came),
                             .in_stream = true,
                             .root = true,
                             .prefixes = prefixes};
    /* One that cannot be read here, for its depth, says nothing; one that could be read must stay so. */
    return top.sent == NULL || (top.came != NULL && same_tree(&top));
}

static enum finding content_is_kept(const struct watch *w) {
    struct passage p;
    return is_passage(w, &p) ? kept_if(is_same(&p, false)) : SILENT;
}

/* -------------------------------------------------------------------------------------------------- namespaces ---- */

/* Whether some element, from its start on, was written with a prefix. */
static bool has_prefix(const char *text) {
    for (const char *at = strchr(text, '<'); at != NULL; at = strchr(at + 1, '<')) {
        if (at[1] != '/' && prefix_size(at + 1) > 0) {
            return true;
        }
    }
    return false;
}

static enum finding prefixes_are_kept(const struct watch *w) {
    struct passage p;
    return is_passage(w, &p) && has_prefix(p.sent_text) ? kept_if(is_same(&p, true)) : SILENT;
}

static enum finding no_prefix_for_content(const struct watch *w) {
    struct passage p;
    if (!is_passage(w, &p) || (!has_prefix(p.came_text) && !has_prefix(p.sent_text))) {
        return SILENT;
    }
    const struct xml_node *tree = drill_run_tree(w->run, p.came);
    if (tree == NULL) {
        return drill_run_tree(w->run, p.sent) == NULL ? SILENT : BROKEN;
    }
    bool clean = prefix_size(p.came_text + tree->offset + 1) == 0;
    for (const struct xml_node *child = tree->child; child != NULL && clean; child = child->next) {
        clean = !is_content(child->ns) || prefix_size(p.came_text + child->offset + 1) == 0;
    }
    return kept_if(clean);
}

/* Whether the stanza, or a child that would inherit from it, spells out this namespace. */
static bool spells_out(const struct watch *w, size_t event, const char *ns) {
    const char *text = world_event(w->run->world, event)->stanza;
    const struct xml_node *tree = text == NULL || strstr(text, ns) == NULL ? NULL : drill_run_tree(w->run, event);
    if (tree == NULL) {
        return false;
    }
    const size_t end = tag_size(text);
    size_t at = 0;
    struct slice attribute;
    while (next_attribute(text, end, &at, &attribute)) {
        if (attribute.size == strlen("xmlns=''") + strlen(ns) && memcmp(attribute.data, "xmlns=", 6) == 0 &&
            memcmp(attribute.data + 7, ns, strlen(ns)) == 0) {
            return true;
        }
    }
    for (const struct xml_node *child = tree->child; child != NULL; child = child->next) {
        if (strcmp(child->ns, ns) == 0) {
            return true;
        }
    }
    return false;
}

static enum finding namespace_is_the_streams(const struct watch *w) {
    struct passage p;
    if (!is_passage(w, &p)) {
        return SILENT;
    }
    const bool to_client = is_effect(w, ROUTER_DELIVER), to_component = is_effect(w, ROUTER_HAND);
    if ((!to_client && spells_out(w, p.came, "jabber:client")) ||
        ((to_client || to_component) && spells_out(w, p.came, "jabber:server"))) {
        return BROKEN;
    }
    return spells_out(w, p.sent, "jabber:client") || spells_out(w, p.sent, "jabber:server") ? TEMPTED : SILENT;
}

/* An element of a content namespace below an extension, or NULL. stanza: only one that looks like a stanza. */
static const struct xml_node *nested(const struct xml_node *node, bool below, bool stanza) {
    for (const struct xml_node *child = node == NULL ? NULL : node->child; child != NULL; child = child->next) {
        const bool named = strcmp(child->name, "message") == 0 || strcmp(child->name, "presence") == 0 ||
                           strcmp(child->name, "iq") == 0;
        if (below && is_content(child->ns) && (named || !stanza)) {
            return child;
        }
        const struct xml_node *found = nested(child, below || !is_content(child->ns), stanza);
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

static const struct xml_node *nested_in(const struct watch *w, size_t event, bool stanza) {
    const char *text = world_event(w->run->world, event)->stanza;
    if (text == NULL || (strstr(text, "jabber:client") == NULL && strstr(text, "jabber:server") == NULL)) {
        return NULL;
    }
    return nested(drill_run_tree(w->run, event), false, stanza);
}

static enum finding nested_is_left_alone(const struct watch *w) {
    struct passage p;
    return is_passage(w, &p) && nested_in(w, p.sent, false) != NULL ? kept_if(is_same(&p, false)) : SILENT;
}

/* What is wrapped in a stanza leads nowhere, whatever address it has. */
static enum finding nested_is_not_sent(const struct watch *w) {
    if (w->enter == NULL || w->event->target == NULL) {
        return SILENT;
    }
    const struct xml_node *inner = nested_in(w, w->run->enters[w->event->number - 1], true);
    const char *to = inner == NULL ? NULL : xml_attribute_get(inner, "to");
    if (to == NULL || w->enter->to == NULL) {
        return SILENT;
    }
    const size_t size = bare_size(to);
    const bool same_account = size == bare_size(w->enter->to) && memcmp(to, w->enter->to, size) == 0;
    return kept_if(same_account || size != bare_size(w->event->target) || memcmp(to, w->event->target, size) != 0);
}

static enum finding foreign_goes_nowhere(const struct watch *w) {
    if (w->enter == NULL || w->enter->stanza_kind != STANZA_FOREIGN) {
        return SILENT;
    }
    return is_enter(w) ? (w->enter->to == NULL ? SILENT : TEMPTED) : BROKEN;
}

/* ------------------------------------------------------------------------------------------ text and addresses ---- */

static size_t marks_in(const char *text) {
    size_t count = 0;
    for (const char *at = strstr(text, "\xEF\xBB\xBF"); at != NULL; at = strstr(at + 1, "\xEF\xBB\xBF")) {
        count++;
    }
    return count;
}

static size_t byte_order_marks(const struct xml_node *node) {
    size_t count = marks_in(node->text);
    for (size_t i = 0; i < node->attribute_count; i++) {
        count += marks_in(node->attributes[i].value);
    }
    for (const struct xml_node *child = node->child; child != NULL; child = child->next) {
        count += byte_order_marks(child);
    }
    return count;
}

static enum finding byte_order_mark_is_text(const struct watch *w) {
    struct passage p;
    if (!is_passage(w, &p) || (strchr(p.sent_text, '\xEF') == NULL && strstr(p.sent_text, "&#") == NULL)) {
        return SILENT;
    }
    const struct xml_node *sent = drill_run_tree(w->run, p.sent), *came = drill_run_tree(w->run, p.came);
    const size_t marks = sent == NULL ? 0 : byte_order_marks(sent);
    return marks == 0 || came == NULL ? SILENT : kept_if(byte_order_marks(came) == marks);
}

/* Whether some element below the stanza has an attribute jid that is no JID. */
static bool has_bad_jid(const struct xml_node *node) {
    for (const struct xml_node *child = node->child; child != NULL; child = child->next) {
        const char *jid = xml_attribute_get(child, "jid");
        struct jid_parts parts;
        if ((jid != NULL && jid_prepare((struct slice){.data = jid, .size = strlen(jid)}, &parts) != ROUTER_OK) ||
            has_bad_jid(child)) {
            return true;
        }
    }
    return false;
}

static enum finding payload_addresses_are_let_be(const struct watch *w) {
    if (w->enter == NULL || w->enter->stanza == NULL || !w->to.good || !w->to.resource ||
        strstr(w->enter->stanza, " jid=") == NULL) {
        return SILENT;
    }
    const struct xml_node *sent = drill_run_tree(w->run, w->run->enters[w->event->number - 1]);
    if (sent == NULL || !has_bad_jid(sent)) {
        return SILENT;
    }
    const bool refused = w->event->condition != NULL && strcmp(w->event->condition, "jid-malformed") == 0;
    return refused || is_passed_on(w) ? kept_if(!refused) : SILENT;
}

enum { PASSED = ON_ENTER | ON(DELIVER) | ON(ROUTE) | ON(HAND) | ON_ARRIVE };

const struct never drill_nevers_content[] = {
    {"in.xml.bom", byte_order_mark_is_text, PASSED},
    {"in.xml.noprefix-out", no_prefix_for_content, PASSED},
    {"in.xml.keep-prefix", prefixes_are_kept, PASSED},
    {"in.ns.rescope", namespace_is_the_streams, PASSED},
    {"in.ns.rescope-nested", nested_is_left_alone, PASSED},
    {"in.elem.depth", nested_is_not_sent, ON(DELIVER) | ON(ROUTE) | ON(STORE)},
    {"in.elem.foreign", foreign_goes_nowhere, ON_ENTER | ON(DELIVER) | ON(ROUTE) | ON(STORE)},
    {"in.elem.unmodified", content_is_kept, PASSED},
    {"in.to.payload-jids", payload_addresses_are_let_be, ON(DELIVER) | ON(ROUTE) | ON(BOUNCE) | ON(CLOSE)},
    {NULL, NULL, 0},
};
