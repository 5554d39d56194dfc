/* edit.c - a stanza that does not go on as it came: children that are left out or added, and delays that lie. */
#include "state.h"

#define DELAY_NAMESPACE "urn:xmpp:delay"

/* The body is another text now; what was described stands at the same distance from its start, up to `from` octets. */
static void move_children(struct stanza *st, struct slice body, size_t from, size_t gone) {
    const size_t described = st->child_count < STANZA_CHILDREN_MAX ? st->child_count : STANZA_CHILDREN_MAX;
    for (size_t i = 0; i < described; i++) {
        const size_t at = (size_t)(st->child[i].raw.data - st->body.data);
        st->child[i].raw.data = body.data + (at < from ? at : at - gone);
    }
    st->body = body;
}

void add_child(struct router *r, struct stanza *edited, struct slice text) {
    const struct slice parts[] = {edited->body, text};
    const struct slice body = write_join(r, parts, 2);
    if (!r->failed)
        move_children(edited, body, body.size, 0);
}

void cut_child(struct router *r, struct input *in, struct stanza *edited, struct slice child) {
    if (in->st != edited)
        *edited = *in->st;
    in->st = edited;
    const size_t before = (size_t)(child.data - edited->body.data);
    const struct slice parts[] = {{edited->body.data, before},
                                  {child.data + child.size, edited->body.size - before - child.size}};
    const struct slice body = write_join(r, parts, 2);
    if (r->failed) {
        edited->body.size = edited->child_count = 0;
        return;
    }
    size_t kept = 0;
    const size_t described = edited->child_count < STANZA_CHILDREN_MAX ? edited->child_count : STANZA_CHILDREN_MAX;
    for (size_t i = 0; i < described; i++)
        if (edited->child[i].raw.data != child.data)
            edited->child[kept++] = edited->child[i];
    /* With more children than are described there would be a gap: then none is. */
    edited->child_count = edited->child_count > STANZA_CHILDREN_MAX ? 0 : kept;
    move_children(edited, body, before, child.size);
}

void omit_empty(struct router *r, struct input *in, struct stanza *edited, const char *name, enum alternative alternative) {
    size_t i = 0;
    while (departs(r, alternative) != NULL && in->st->child_count <= STANZA_CHILDREN_MAX && i < in->st->child_count) {
        const struct stanza_child child = in->st->child[i];
        char text[1];
        size_t size = 0;
        if (slice_is(child.name, text_slice(name)) && is_content_namespace(child.ns) &&
            stanza_child_text(in->st, i, text, sizeof text, &size) && size == 0 && depart(r, in->host, alternative))
            cut_child(r, in, edited, child.raw);
        else
            i++;
    }
}

/* A component stamps what it held back itself. */
static bool is_own_delay(struct router *r, struct slice start) {
    struct jid_parts parts;
    const struct slice from = attribute_value(r, start, "from");
    return from.data != NULL && jid_prepare(from, &parts) == ROUTER_OK && parts.local.size == 0 &&
           host_find(r, parts.domain) != NULL && component_find(r, parts.domain) == NULL;
}

/* A delay that claims to be from this server: among the children that are described, or where there are more of them
 * (`many`) anywhere in the body. */
static bool find_own_delay(struct router *r, const struct stanza *st, bool many, struct slice *delay) {
    for (size_t i = 0; i < st->child_count && i < STANZA_CHILDREN_MAX; i++) {
        const struct slice raw = st->child[i].raw;
        if (slice_is(st->child[i].ns, text_slice(DELAY_NAMESPACE)) &&
            is_own_delay(r, (struct slice){raw.data, start_tag_size(raw)})) {
            *delay = raw;
            return true;
        }
    }
    struct element element;
    for (size_t at = 0; many && element_next(st->body, &at, &element);)
        if (slice_is(attribute_value(r, element.start, "xmlns"), text_slice(DELAY_NAMESPACE)) &&
            is_own_delay(r, element.start)) {
            *delay = element.raw;
            return true;
        }
    return false;
}

bool check_delay(struct router *r, struct input *in, struct stanza *edited) {
    const bool many = in->st->child_count > STANZA_CHILDREN_MAX;
    for (struct slice delay; !knob_is(r, KNOB_off_delay_spoof, 2) && find_own_delay(r, in->st, many, &delay);) {
        if (knob_is(r, KNOB_off_delay_spoof, 1)) {
            const struct decision d = {.rule = RULE_off_delay_spoof};
            bounce(r, in, &d, CONDITION_NOT_ACCEPTABLE, NULL);
            return false;
        }
        mark(r, in->host, RULE_off_delay_spoof);
        cut_child(r, in, edited, delay);
    }
    return true;
}
