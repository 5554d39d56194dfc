/* iq.c - requests that the server itself answers, for its domains and for its accounts. To answer another payload, add
 * a line to the table and a function that writes the result's content. */
#include "state.h"

enum { FOR_DOMAIN = 1, FOR_ACCOUNT = 2, FOR_FRIENDS = 4 /* of the account: itself and entitled contacts */ };

struct handler {
    const char *ns, *name;
    unsigned scope;
    enum stanza_kind kind; /* STANZA_GET or STANZA_SET */
    struct slice (*content)(struct router *r, const struct input *in);
};

static struct slice ping(struct router *r, const struct input *in) {
    (void)r;
    (void)in;
    return (struct slice){NULL, 0};
}

static struct slice version(struct router *r, const struct input *in) {
    (void)r;
    (void)in;
    return text_slice("<query xmlns='jabber:iq:version'><name>stanzadrill</name><version>" ROUTER_VERSION
                      "</version></query>");
}

static struct slice disco_info(struct router *r, const struct input *in) {
    (void)r;
    if (in->stage != STAGE_DOMAIN)
        return text_slice("<query xmlns='http://jabber.org/protocol/disco#info'>"
                          "<identity category='account' type='registered'/>"
                          "<feature var='http://jabber.org/protocol/disco#info'/>"
                          "<feature var='urn:xmpp:ping'/></query>");
    return text_slice("<query xmlns='http://jabber.org/protocol/disco#info'>"
                      "<identity category='server' type='im' name='stanzadrill'/>"
                      "<feature var='http://jabber.org/protocol/disco#info'/>"
                      "<feature var='jabber:iq:version'/><feature var='urn:xmpp:ping'/></query>");
}

static const struct handler handlers[] = {
    {"urn:xmpp:ping", "ping", FOR_DOMAIN | FOR_ACCOUNT, STANZA_GET, ping},
    {"http://jabber.org/protocol/disco#info", "query", FOR_DOMAIN | FOR_ACCOUNT | FOR_FRIENDS, STANZA_GET, disco_info},
    {"jabber:iq:version", "query", FOR_DOMAIN, STANZA_GET, version},
};
enum { HANDLER_COUNT = sizeof handlers / sizeof handlers[0] };

/* Whether a handler serves this address and this sender. Who may not see the account learns nothing from it. */
static bool serves(const struct router *r, const struct input *in, const struct handler *h, unsigned stage) {
    if (stage == STAGE_DOMAIN)
        return h->scope & FOR_DOMAIN;
    if (!(h->scope & FOR_ACCOUNT))
        return false;
    return stage == STAGE_NOTO || !(h->scope & FOR_FRIENDS) || is_self(in->account, &in->who) ||
           is_entitled(r, in->account, &in->who);
}

static bool is_namespace_of(const struct handler *h, const struct stanza *st) {
    return st->child_count == 1 && slice_is(st->child[0].ns, text_slice(h->ns));
}

bool iq_is_known(const struct router *r, const struct input *in, unsigned stage) {
    for (int i = 0; i < HANDLER_COUNT; i++)
        if (is_namespace_of(&handlers[i], in->st) && serves(r, in, &handlers[i], stage))
            return true;
    return false;
}

void answer_iq(struct router *r, struct input *in, const struct decision *d) {
    const struct handler *found = NULL;
    for (int i = 0; i < HANDLER_COUNT && found == NULL; i++)
        if (is_namespace_of(&handlers[i], in->st) && slice_is(in->st->child[0].name, text_slice(handlers[i].name)) &&
            handlers[i].kind == in->st->kind)
            found = &handlers[i];
    if (found == NULL) {
        const struct decision unknown = {.rule = RULE_in_iq_unknown_elem};
        bounce(r, in, &unknown, CONDITION_FEATURE_NOT_IMPLEMENTED, NULL);
        return;
    }
    struct slice from = in->host;
    if (in->stage == STAGE_DOMAIN)
        mark(r, in->host, RULE_in_from_server);
    else
        from = in->stage == STAGE_BARE ? jid_slice(in->account->jid) : (struct slice){"", 0};
    if (in->stage == STAGE_NOTO) {
        mark(r, in->host, RULE_in_from_account);
        if (knob_is(r, KNOB_gen_account_from, 1))
            from = jid_slice(in->sender->account->jid);
    }
    const struct slice id = in->st->has_id ? in->st->id : (struct slice){"", 0};
    answer(r, in, d, STANZA_RESULT, from, write_start(r, "iq", "result", id), found->content(r, in));
}
