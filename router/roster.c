/* roster.c - an account's roster over the wire: get, set, removal, push and versions (6121 2). */
#include "items.h"
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROSTER_NAMESPACE "jabber:iq:roster"

/* ---- errors of a set (6121 2.3.3), in the order of checking ---- */

struct refusal {
    int rule; /* -1: none */
    enum condition condition;
};

static struct refusal refuse_groups(struct router *r, struct slice host, const struct item *item) {
    const uint32_t limit = r->policy->value[KNOB_roster_limits];
    struct slice group;
    for (size_t at = 0, n = 0; item_group_next(r, item, &at, &group); n++) {
        if (n >= ROUTER_GROUPS_MAX && limit < INT32_MAX)
            return (struct refusal){RULE_roster_set_fail, CONDITION_RESOURCE_CONSTRAINT};
        if (item_is_duplicate(r, item, n, group) && !depart(r, host, ALTERNATIVE_roster_set_dupgroup_merge))
            return (struct refusal){RULE_roster_set_dupgroup, CONDITION_BAD_REQUEST};
    }
    if (item->name.size > limit)
        return (struct refusal){RULE_roster_set_name_long, CONDITION_NOT_ACCEPTABLE};
    for (size_t at = 0; item_group_next(r, item, &at, &group);) {
        if (group.size == 0 && depart(r, host, ALTERNATIVE_roster_set_group_empty_bad_request))
            return (struct refusal){RULE_roster_set_group_empty, CONDITION_BAD_REQUEST};
        if (group.size == 0 && !depart(r, host, ALTERNATIVE_roster_set_group_empty_accept))
            return (struct refusal){RULE_roster_set_group_empty, CONDITION_NOT_ACCEPTABLE};
        if (group.size > limit)
            return (struct refusal){RULE_roster_set_group_long, CONDITION_NOT_ACCEPTABLE};
    }
    return (struct refusal){-1, CONDITION_NONE};
}

static struct refusal refuse_jid(struct router *r, const struct account *account, const struct item *item,
                                 struct jid_parts *parts) {
    if (!item->has_jid)
        return (struct refusal){RULE_roster_set_noitem, CONDITION_BAD_REQUEST};
    if (item->odd && depart(r, jid_slice(account->host->jid), ALTERNATIVE_roster_set_ignore_sub_refuse_unknown))
        return (struct refusal){RULE_roster_set_ignore_sub, CONDITION_BAD_REQUEST};
    if (item->has_ask && depart(r, jid_slice(account->host->jid), ALTERNATIVE_roster_set_ignore_ask_refuse))
        return (struct refusal){RULE_roster_set_ignore_ask, CONDITION_BAD_REQUEST};
    mark(r, jid_slice(account->host->jid), RULE_in_to_handled_jids);
    if (jid_prepare(item->jid, parts) != ROUTER_OK)
        return (struct refusal){RULE_roster_set_bad_jid, CONDITION_JID_MALFORMED};
    if (parts->resource.size > 0 && knob_is(r, KNOB_roster_full_jid_item, 2))
        return (struct refusal){RULE_roster_set_full_jid, CONDITION_BAD_REQUEST};
    if (parts->resource.size > 0 && knob_is(r, KNOB_roster_full_jid_item, 1)) {
        parts->size -= parts->resource.size + 1;
        parts->resource.size = 0;
    }
    if (slice_is((struct slice){parts->text, parts->size}, jid_slice(account->jid)) && knob_is(r, KNOB_roster_self_item, 0))
        return (struct refusal){RULE_roster_set_self, CONDITION_NOT_ALLOWED};
    return (struct refusal){-1, CONDITION_NONE};
}

static void refuse(struct router *r, struct input *in, struct refusal refusal) {
    struct decision d = {.rule = refusal.rule};
    if (refusal.rule == RULE_roster_set_bad_jid)
        d.departure = departs(r, ALTERNATIVE_roster_set_bad_jid_bad_request);
    if (d.departure != NULL)
        refusal.condition = CONDITION_BAD_REQUEST;
    mark(r, in->host, RULE_roster_push_failed);
    /* 6121 2.5.3 shows its error with a type of its own. */
    bounce(r, in, &d, refusal.condition, refusal.rule == RULE_roster_rem_missing ? "modify" : NULL);
}

/* ---- writing items ---- */

static const char *subscription_word(unsigned state) {
    switch (state) {
    case STATE_SUB_TO:
    case STATE_SUB_TO_IN: return "to";
    case STATE_SUB_FROM:
    case STATE_SUB_FROM_OUT: return "from";
    case STATE_SUB_BOTH: return "both";
    default: return "none";
    }
}

static struct slice write_groups(struct router *r, const struct contact *c) {
    struct slice text = {NULL, 0};
    for (const char *at = c->groups; at != NULL && at < c->groups + c->groups_size; at += strlen(at) + 1) {
        const struct slice parts[] = {text, text_slice("<group>"), write_escaped(r, text_slice(at)), text_slice("</group>")};
        text = write_join(r, parts, 4);
    }
    return text;
}

static struct slice write_item(struct router *r, struct slice host, const struct contact *c) {
    if (!c->item) {
        const struct slice gone[] = {text_slice("<item jid='"), write_escaped(r, contact_shown(c)),
                                     text_slice("' subscription='remove'/>")};
        return write_join(r, gone, 3);
    }
    const bool named = c->name != NULL && c->name[0] != '\0';
    const bool approved = c->approved && !depart(r, host, ALTERNATIVE_roster_get_attrs_hide_approved);
    const struct slice groups = write_groups(r, c);
    const struct slice parts[] = {
        text_slice("<item jid='"),
        write_escaped(r, contact_shown(c)),
        text_slice(named ? "' name='" : ""),
        named ? write_escaped(r, text_slice(c->name)) : text_slice(""),
        text_slice("' subscription='"),
        text_slice(subscription_word(c->state)),
        text_slice(c->leaving ? "' ask='unsubscribe" : state_asks(c->state) ? "' ask='subscribe" : ""),
        text_slice(approved ? "' approved='true" : ""),
        text_slice(groups.size > 0 ? "'>" : "'/>"),
        groups,
        text_slice(groups.size > 0 ? "</item>" : ""),
    };
    return write_join(r, parts, sizeof parts / sizeof parts[0]);
}

static struct slice write_query(struct router *r, uint32_t version, bool asked, struct slice items) {
    char ver[32] = "";
    if (!knob_is(r, KNOB_roster_versioning, 2) || asked)
        snprintf(ver, sizeof ver, " ver='%u'", (unsigned)version);
    const struct slice parts[] = {text_slice("<query xmlns='" ROSTER_NAMESPACE "'"), text_slice(ver),
                                  text_slice(items.size > 0 ? ">" : "/>"), items,
                                  text_slice(items.size > 0 ? "</query>" : "")};
    return write_join(r, parts, 5);
}

/* ---- push ---- */

static void push_to(struct router *r, struct session *s, const struct contact *c, uint32_t version) {
    const struct account *account = s->account;
    char id[32];
    snprintf(id, sizeof id, "push%u", (unsigned)++r->pushes);
    s->pushed_last = r->pushes;
    if (s->pushed_first == 0)
        s->pushed_first = r->pushes;
    const struct stanza st = {.kind = STANZA_SET,
                              .start = write_start(r, "iq", "set", text_slice(id)),
                              .body = write_query(r, version, false, write_item(r, jid_slice(account->host->jid), c))};
    struct input in = {.st = &st, .to = jid_slice(s->jid), .host = jid_slice(account->host->jid)};
    if (knob_is(r, KNOB_gen_account_from, 1))
        in.from = jid_slice(account->jid);
    struct router_effect *e = effect(r, ROUTER_PUSH, in.host, RULE_roster_push_who);
    const size_t place = (size_t)(e - r->effects);
    const struct slice text = write_copy(r, &in, (struct slice){NULL, 0});
    e = place < r->effect_count ? &r->effects[place] : &r->spare;
    e->port = s->port;
    e->to = jid_slice(s->jid);
    e->bytes = text;
}

/* A version is made here and nowhere else, whether a client asked for it or not. */
static void mark_version(struct router *r, const struct account *account) {
    if (!knob_is(r, KNOB_roster_versioning, 2))
        mark(r, jid_slice(account->host->jid), RULE_roster_get_ver_make);
}

bool roster_push(struct router *r, struct account *account, struct contact *c) {
    bool any = false;
    c->version = ++account->roster_version;
    const bool connected = depart(r, jid_slice(account->host->jid), ALTERNATIVE_roster_push_who_connected);
    for (struct session *s = account->sessions; s != NULL; s = s->next)
        if (s->interested || connected) {
            if (!any)
                mark_version(r, account);
            any = true;
            push_to(r, s, c, c->version);
        }
    return any;
}

bool roster_take_reply(struct router *r, struct input *in) {
    struct session *s = in->sender;
    if (s == NULL || !in->st->has_id || s->pushed_first == 0 || in->st->id.size <= 4 || in->st->id.size > 14 ||
        memcmp(in->st->id.data, "push", 4) != 0)
        return false;
    uint64_t number = 0;
    for (size_t i = 4; i < in->st->id.size; i++) {
        if (in->st->id.data[i] < '0' || in->st->id.data[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(in->st->id.data[i] - '0');
    }
    if (number < s->pushed_first || number > s->pushed_last)
        return false;
    mark(r, in->host, in->st->kind == STANZA_RESULT ? RULE_roster_push_result : RULE_roster_push_error);
    return true;
}

/* ---- get ---- */

/* The version a client says it has: 0 where it has none that this account ever gave out. */
static bool version_of(struct router *r, const struct input *in, const struct account *account, uint32_t *version) {
    struct element query;
    size_t at = 0;
    if (!element_next(in->st->child[0].raw, &at, &query))
        return false;
    const struct slice value = attribute_value(r, query.start, "ver");
    uint64_t number = 0;
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] < '0' || value.data[i] > '9' || number > account->roster_version)
            return false;
        number = number * 10 + (uint64_t)(value.data[i] - '0');
    }
    *version = (uint32_t)number;
    return value.size > 0 && number <= account->roster_version;
}

/* A request alone is no item (6121 A.1). */
static bool is_shown(struct router *r, const struct contact *c) {
    return c->item &&
           (c->state != STATE_SUB_NONE_IN || departs(r, ALTERNATIVE_roster_get_hidden_hide_item) == NULL);
}

/* How many items a roster shows. */
static size_t count_items(struct router *r, const struct input *in, const struct account *account) {
    size_t count = 0;
    bool hidden = false, attributes = false;
    for (uint32_t i = 0; i < account->contact_count; i++) {
        const struct contact *c = &account->contacts[i];
        count += is_shown(r, c);
        hidden = hidden || (!is_shown(r, c) && c->request != NULL);
        attributes = attributes || (c->item && (c->approved || state_asks(c->state)));
    }
    if (hidden && !depart(r, in->host, ALTERNATIVE_roster_get_hidden_hide_item))
        mark(r, in->host, RULE_roster_get_hidden);
    if (attributes)
        mark(r, in->host, RULE_roster_get_attrs);
    if (count == 0)
        mark(r, in->host, RULE_roster_get_empty);
    return count;
}

static int by_coming(const void *a, const void *b) {
    const struct contact *const *x = a, *const *y = b;
    return ((*x)->added > (*y)->added) - ((*x)->added < (*y)->added);
}

static bool wants_version(struct router *r, const struct input *in) {
    struct element query;
    size_t at = 0;
    return departs(r, ALTERNATIVE_roster_get_ver_make_if_asked) != NULL &&
           element_next(in->st->child[0].raw, &at, &query) && attribute_value(r, query.start, "ver").data != NULL &&
           depart(r, in->host, ALTERNATIVE_roster_get_ver_make_if_asked);
}

static void send_whole(struct router *r, struct input *in, const struct decision *d, const struct account *account) {
    size_t count = count_items(r, in, account);
    mark(r, in->host, RULE_roster_get_ok);
    mark_version(r, account);
    const struct contact **listed = count == 0 ? NULL : router_take(r, count * sizeof *listed);
    struct slice *items = count == 0 ? NULL : router_take(r, count * sizeof *items);
    count = 0;
    for (uint32_t i = 0; listed != NULL && items != NULL && i < account->contact_count; i++)
        if (is_shown(r, &account->contacts[i]))
            listed[count++] = &account->contacts[i];
    if (count > 0)
        qsort(listed, count, sizeof *listed, by_coming);
    for (size_t i = 0; i < count; i++)
        items[i] = write_item(r, in->host, listed[i]);
    struct slice all = count > 0 ? write_join(r, items, count) : (struct slice){NULL, 0};
    if (departs(r, ALTERNATIVE_roster_get_items_beside) != NULL) {
        const struct slice both[] = {all, items_query(in)};
        all = write_join(r, both, 2);
    }
    router_give(r, listed);
    router_give(r, items);
    answer_result(r, in, d, write_query(r, account->roster_version, wants_version(r, in), all));
}

static int by_version(const void *a, const void *b) {
    const struct contact *const *x = a, *const *y = b;
    return ((*x)->version > (*y)->version) - ((*x)->version < (*y)->version);
}

/* Each item that changed since is pushed once, in its final state, in the order of the changes (6121 2.6.3). */
static void push_since(struct router *r, struct session *s, uint32_t version) {
    const struct account *account = s->account;
    size_t count = 0;
    struct contact **changed = router_take(r, (account->contact_count + 1) * sizeof *changed);
    for (uint32_t i = 0; changed != NULL && i < account->contact_count; i++)
        if (account->contacts[i].version > version)
            changed[count++] = &account->contacts[i];
    if (count > 0)
        qsort(changed, count, sizeof *changed, by_version);
    mark(r, jid_slice(account->host->jid), count > 0 ? RULE_roster_get_ver_empty : RULE_roster_get_ver_same);
    for (size_t i = 0; i < count; i++)
        push_to(r, s, changed[i], changed[i]->version);
    router_give(r, changed);
}

static void roster_get(struct router *r, struct input *in, const struct decision *d) {
    struct account *account = in->sender->account;
    struct item item;
    uint32_t version = 0;
    if (items_read(r, in, &item) > 0 && !depart(r, in->host, ALTERNATIVE_roster_get_items_answer) &&
        !depart(r, in->host, ALTERNATIVE_roster_get_items_beside)) {
        const struct decision refused = {.rule = RULE_roster_get_items};
        bounce(r, in, &refused, CONDITION_BAD_REQUEST, NULL);
        return;
    }
    if (!in->sender->interested)
        mark(r, in->host, RULE_roster_get_interested);
    in->sender->interested = true;
    const bool known = version_of(r, in, account, &version);
    if (known && knob_is(r, KNOB_roster_versioning, 0)) {
        answer_result(r, in, d, (struct slice){NULL, 0});
        push_since(r, in->sender, version);
        return;
    }
    if (known && version == account->roster_version &&
        depart(r, in->host, ALTERNATIVE_roster_get_ver_full_empty_if_same)) {
        answer_result(r, in, d, (struct slice){NULL, 0});
        return;
    }
    if (known)
        mark(r, in->host, RULE_roster_get_ver_full);
    send_whole(r, in, d, account);
}

/* ---- set ---- */

static bool keep_text(struct router *r, char **place, uint32_t *size, const char *text, size_t length) {
    char *copy = NULL;
    if (length > 0) {
        copy = router_take(r, length);
        if (copy == NULL)
            return false;
        memcpy(copy, text, length);
    }
    router_give(r, *place);
    *place = copy;
    *size = (uint32_t)length;
    return true;
}

/* Name and groups become exactly what the set says (6121 2.4.1). Groups are kept one behind the other, each with a NUL. */
static bool store_item(struct router *r, struct contact *c, const struct item *item) {
    struct slice group;
    const struct slice nul = {"", 1};
    const bool lenient = departs(r, ALTERNATIVE_roster_set_result_lenient) != NULL;
    char *all = router_text(r, item->inside.size); /* tags are longer than the NUL that takes their place */
    size_t all_size = 0;
    for (size_t at = 0, n = 0; all != NULL && item_group_next(r, item, &at, &group); n++) {
        if (!lenient && item_is_duplicate(r, item, n, group))
            continue;
        if (group.size > 0)
            memcpy(all + all_size, group.data, group.size);
        all_size += group.size;
        all[all_size++] = '\0';
    }
    const struct slice named[] = {item->name, nul};
    const struct slice name = write_join(r, named, 2);
    uint32_t name_size;
    return !r->failed && ((lenient && !item->has_name) || keep_text(r, &c->name, &name_size, name.data, name.size)) &&
           keep_text(r, &c->groups, &c->groups_size, all, all_size);
}

static bool finish_set(struct router *r, struct input *in, const struct decision *d, struct contact *c) {
    struct account *account = in->sender->account;
    const bool push_first = knob_is(r, KNOB_roster_order, 1);
    const uint32_t place = (uint32_t)(c - account->contacts);
    bool pushed = false;
    if (push_first)
        pushed = roster_push(r, account, c);
    answer_result(r, in, d, (struct slice){NULL, 0});
    if (!push_first)
        pushed = roster_push(r, account, &account->contacts[place]);
    return pushed;
}

/* What a set can neither say nor change: how things stand between the two sides (6121 2.1.2.5). */
static void mark_set(struct router *r, const struct input *in, const struct item *item, const struct contact *c) {
    mark(r, in->host, c->item ? RULE_roster_set_atomic : RULE_roster_set_result);
    mark(r, in->host, RULE_roster_set_unmodified);
    if (item->has_subscription)
        mark(r, in->host, RULE_roster_set_ignore_sub);
    if (item->has_ask || item->has_approved)
        mark(r, in->host, RULE_roster_set_ignore_ask);
    if (c->item && (c->state != STATE_SUB_NONE || c->approved))
        mark(r, in->host, RULE_roster_set_keep_state);
    if (c->item && state_asks(c->state))
        mark(r, in->host, RULE_sub_either_order);
    mark(r, in->host, RULE_roster_set_nopresence);
}

/* An item that is shown with a resource, though it is the bare JID's. */
static bool show_as(struct router *r, struct slice host, struct contact *c, struct slice full) {
    const bool bare = slice_is(full, jid_slice(c->jid));
    const struct slice parts[] = {full, {"", 1}};
    const struct slice text = bare ? (struct slice){NULL, 0} : write_join(r, parts, 2);
    uint32_t size;
    if (!bare)
        (void)depart(r, host, ALTERNATIVE_roster_set_full_jid_under_bare);
    return !r->failed && keep_text(r, &c->shown, &size, text.data, text.size);
}

static void add_or_update(struct router *r, struct input *in, const struct decision *d, const struct item *item,
                          const struct jid_parts *parts) {
    struct account *account = in->sender->account;
    const struct slice full = {parts->text, parts->size};
    const bool under_bare = departs(r, ALTERNATIVE_roster_set_full_jid_under_bare) != NULL;
    struct contact *c = contact_for(r, account, under_bare ? who_is(full).bare : full);
    if (c != NULL && under_bare && !show_as(r, in->host, c, full))
        c = NULL;
    if (c == NULL || !store_item(r, c, item)) {
        refuse(r, in, (struct refusal){RULE_roster_set_fail, CONDITION_RESOURCE_CONSTRAINT});
        return;
    }
    if (c->approved && depart(r, in->host, ALTERNATIVE_roster_set_keep_state_forget_approval))
        c->approved = false;
    mark_set(r, in, item, c);
    contact_list(account, c);
    if (finish_set(r, in, d, c))
        mark(r, in->host, RULE_roster_set_push);
}

/* What goes to the contact of an item that a client removed. */
static void send_removal(struct router *r, const struct session *s, struct slice contact, enum stanza_kind kind) {
    const struct slice host = jid_slice(s->account->host->jid), none = {NULL, 0};
    const bool full = depart(r, host, ALTERNATIVE_sub_stamp_remove_from_full);
    generated(r, kind, STATE_BY_SERVER, host, jid_slice(full ? s->jid : s->account->jid), contact,
              write_start(r, "presence", kind == STANZA_UNSUBSCRIBE ? "unsubscribe" : "unsubscribed", none), none);
}

static void end_to(struct router *r, struct session *s, struct slice contact, unsigned state, bool both) {
    const struct slice host = jid_slice(s->account->host->jid);
    const bool to = state == STATE_SUB_TO || state == STATE_SUB_TO_IN || state == STATE_SUB_BOTH;
    if (!to && !(state_asks(state) && knob_is(r, KNOB_roster_remove_pending, 0)))
        return;
    mark(r, host, to ? both ? RULE_sub_remove_both : RULE_sub_remove_to : RULE_sub_remove_pending_out);
    if (depart(r, host, ALTERNATIVE_sub_remove_to_unavailable_first))
        send_unavailable_of_all(r, s->account, contact, RULE_sub_remove_to);
    send_removal(r, s, contact, STANZA_UNSUBSCRIBE);
}

static void end_from(struct router *r, struct session *s, struct slice contact, unsigned state) {
    const struct slice host = jid_slice(s->account->host->jid);
    const bool from = state >= STATE_SUB_FROM;
    const bool pending_in = state == STATE_SUB_NONE_IN || state == STATE_SUB_NONE_OUTIN || state == STATE_SUB_TO_IN;
    if (from && directed_listed(s->account, contact))
        mark(r, host, RULE_sub_remove_directed);
    if (from && !depart(r, host, ALTERNATIVE_sub_remove_from_no_unavailable))
        send_unavailable_of_all(r, s->account, contact, RULE_sub_remove_from);
    if (!from && !(pending_in && knob_is(r, KNOB_roster_remove_pending, 0)))
        return;
    mark(r, host, from ? RULE_sub_remove_from : RULE_sub_remove_pending_in);
    send_removal(r, s, contact, STANZA_UNSUBSCRIBED);
}

/* What the removal of an item means for the two sides' subscriptions (6121 2.5.2). */
static void end_subscriptions(struct router *r, struct session *s, struct slice contact, unsigned state) {
    const struct slice host = jid_slice(s->account->host->jid);
    const bool both = state == STATE_SUB_BOTH;
    const bool ends_to = state_asks(state) || state == STATE_SUB_TO || state == STATE_SUB_TO_IN || both;
    const bool ends_from = state >= STATE_SUB_FROM || state == STATE_SUB_NONE_OUTIN || state == STATE_SUB_TO_IN;
    const bool from_first = ends_to && ends_from && depart(r, host, ALTERNATIVE_sub_remove_both_unsubscribed_first);
    if (from_first)
        end_from(r, s, contact, state);
    end_to(r, s, contact, state, both);
    if (!from_first)
        end_from(r, s, contact, state);
}

/* An item that goes keeps its place and its last version, so that a client with an older one can be told (6121 2.6.3). */
static void remove_item(struct router *r, struct input *in, const struct decision *d, const struct jid_parts *parts) {
    struct account *account = in->sender->account;
    struct contact *c = contact_find_text(r, account, (struct slice){parts->text, parts->size});
    if (depart(r, in->host, ALTERNATIVE_sub_key_loose)) {
        c = loose_remove(r, in, parts);
        if (c != NULL)
            finish_set(r, in, d, c);
        return;
    }
    if ((c == NULL || !c->item) && depart(r, in->host, ALTERNATIVE_roster_rem_missing_remove))
        c = contact_for(r, account, (struct slice){parts->text, parts->size});
    else if (c == NULL || !c->item)
        c = NULL;
    if (c == NULL) {
        refuse(r, in, (struct refusal){RULE_roster_rem_missing, CONDITION_ITEM_NOT_FOUND});
        return;
    }
    const unsigned state = c->state;
    const bool keeps_request = c->request != NULL &&
                               (!knob_is(r, KNOB_roster_remove_pending, 0) ||
                                depart(r, in->host, ALTERNATIVE_sub_remove_pending_in_keep_request)) &&
                               !depart(r, in->host, ALTERNATIVE_roster_rem_ok_forget_request);
    mark(r, in->host, RULE_roster_rem_ok);
    if (c->approved)
        mark(r, in->host, RULE_sub_pre_cancel);
    contact_unlist(r, c);
    c->state = keeps_request ? STATE_SUB_NONE_IN : STATE_SUB_NONE;
    known_forget(r, c);
    if (!keeps_request) {
        kept_free(r, c->request);
        c->request = NULL;
    }
    const struct slice contact = router_text_copy(r, jid_slice(c->jid));
    finish_set(r, in, d, c);
    end_subscriptions(r, in->sender, contact, state);
}

/* One item of several, without a result of its own. returns false: the set ends here, with an error. */
static bool take_item(struct router *r, struct input *in, const struct item *item) {
    struct account *account = in->sender->account;
    struct jid_parts parts;
    struct contact *c = NULL;
    if (!item->has_jid || item->jid.size == 0) {
        refuse(r, in, (struct refusal){RULE_roster_set_noitem, CONDITION_BAD_REQUEST});
        return false;
    }
    if (jid_prepare(item->jid, &parts) != ROUTER_OK)
        return true;
    if (item->remove) {
        c = loose_remove(r, in, &parts);
    } else {
        c = contact_for(r, account, (struct slice){parts.text, parts.size});
        if (c == NULL || !store_item(r, c, item))
            return true;
        contact_list(account, c);
    }
    if (c != NULL && roster_push(r, account, c))
        mark(r, in->host, RULE_roster_set_push);
    return true;
}

static void take_items(struct router *r, struct input *in, const struct decision *d) {
    const struct slice query = items_query(in);
    size_t at = 0, count = 0;
    for (struct element element; element_next(query, &at, &element);) {
        struct item item;
        if (!slice_is(element.name, text_slice("item")))
            continue;
        count++;
        item_read(r, &element, &item);
        if (!take_item(r, in, &item))
            return;
    }
    if (count == 0)
        refuse(r, in, (struct refusal){RULE_roster_set_noitem, CONDITION_BAD_REQUEST});
    else
        answer_result(r, in, d, (struct slice){NULL, 0});
}

static void roster_set(struct router *r, struct input *in, const struct decision *d) {
    const struct account *account = in->sender->account;
    struct item item = {.has_jid = false};
    struct jid_parts parts;
    if (depart(r, in->host, ALTERNATIVE_roster_set_result_lenient)) {
        take_items(r, in, d);
        return;
    }
    const size_t count = items_read(r, in, &item);
    if (count == 0 && depart(r, in->host, ALTERNATIVE_roster_set_noitem_service_unavailable)) {
        refuse(r, in, (struct refusal){RULE_roster_set_noitem, CONDITION_SERVICE_UNAVAILABLE});
        return;
    }
    if (count != 1) {
        refuse(r, in, (struct refusal){count == 0 ? RULE_roster_set_noitem : RULE_roster_set_multi, CONDITION_BAD_REQUEST});
        return;
    }
    struct refusal refusal = refuse_jid(r, account, &item, &parts);
    if (refusal.rule < 0 && !item.remove)
        refusal = refuse_groups(r, in->host, &item);
    if (refusal.rule >= 0)
        refuse(r, in, refusal);
    else if (item.remove)
        remove_item(r, in, d, &parts);
    else
        add_or_update(r, in, d, &item, &parts);
}

void answer_roster(struct router *r, struct input *in, const struct decision *d) {
    const bool own = in->sender != NULL && (in->stage == STAGE_NOTO || in->account == in->sender->account);
    const bool get = in->st->kind == STANZA_GET;
    if (own && get) {
        roster_get(r, in, d);
    } else if (own) {
        if (in->stage == STAGE_BARE)
            mark(r, in->host, RULE_roster_set_tobare);
        roster_set(r, in, d);
    } else {
        if (!get)
            mark(r, in->host, RULE_roster_push_failed);
        struct decision foreign = {.rule = get ? RULE_roster_get_foreign : RULE_roster_set_forbidden};
        if (!get)
            foreign.departure = departs(r, ALTERNATIVE_roster_set_forbidden_service_unavailable);
        const bool hide = get ? knob_is(r, KNOB_roster_get_foreign, 1) : foreign.departure != NULL;
        bounce(r, in, &foreign, hide ? CONDITION_SERVICE_UNAVAILABLE : CONDITION_FORBIDDEN, NULL);
    }
}
