/* iq.c - requests that the server itself answers, for its domains and for its accounts. To answer another payload, add
 * a line to the table and a function that answers it. */
#include "state.h"

enum {
    FOR_DOMAIN = 1,
    FOR_ACCOUNT = 2,
    FOR_FRIENDS = 4, /* of the account: itself and entitled contacts */
    GETS = 8,
    SETS = 16
};

struct handler {
    const char *ns, *name;
    unsigned use; /* scopes and kinds */
    void (*answer)(struct router *r, struct input *in, const struct decision *d);
};

/* A result says from whom it is as 6120 8.1.2.1 wants it: the domain for itself, an account to others by its bare JID. */
static struct slice result_from(struct router *r, const struct input *in) {
    if (in->stage == STAGE_DOMAIN) {
        mark(r, in->host, RULE_in_from_server);
        if (in->to_parts->resource.size > 0)
            return router_text_copy(r, (struct slice){in->to_parts->text, in->to_parts->size});
        return in->host;
    }
    if (in->stage == STAGE_BARE)
        return jid_slice(in->account->jid);
    mark(r, in->host, RULE_in_from_account);
    return knob_is(r, KNOB_gen_account_from, 1) ? jid_slice(in->sender->account->jid) : (struct slice){"", 0};
}

void answer_result(struct router *r, struct input *in, const struct decision *d, struct slice content) {
    struct slice id = in->st->has_id ? in->st->id : (struct slice){"", 0};
    if (!in->st->has_id && departs(r, ALTERNATIVE_in_iq_id_omit_id) != NULL)
        id.data = NULL;
    answer(r, in, d, STANZA_RESULT, result_from(r, in), write_start(r, "iq", "result", id), content);
}

static void ping(struct router *r, struct input *in, const struct decision *d) {
    answer_result(r, in, d, (struct slice){NULL, 0});
}

static void version(struct router *r, struct input *in, const struct decision *d) {
    answer_result(r, in, d, text_slice("<query xmlns='jabber:iq:version'><name>stanzadrill</name><version>" ROUTER_VERSION
                                       "</version></query>"));
}

static void disco_info(struct router *r, struct input *in, const struct decision *d) {
    if (in->stage != STAGE_DOMAIN) {
        answer_result(r, in, d,
                      text_slice("<query xmlns='http://jabber.org/protocol/disco#info'>"
                                 "<identity category='account' type='registered'/>"
                                 "<feature var='http://jabber.org/protocol/disco#info'/>"
                                 "<feature var='urn:xmpp:ping'/></query>"));
        return;
    }
    const bool stores = knob_is(r, KNOB_msg_store, 0);
    if (stores)
        mark(r, in->host, RULE_off_disco);
    const struct slice parts[] = {text_slice("<query xmlns='http://jabber.org/protocol/disco#info'>"
                                             "<identity category='server' type='im' name='stanzadrill'/>"
                                             "<feature var='http://jabber.org/protocol/disco#info'/>"
                                             "<feature var='jabber:iq:roster'/><feature var='jabber:iq:version'/>"),
                                  text_slice(stores ? "<feature var='msgoffline'/>" : ""),
                                  text_slice("<feature var='urn:xmpp:ping'/></query>")};
    answer_result(r, in, d, write_join(r, parts, 3));
}

static const struct handler handlers[] = {
    {"urn:xmpp:ping", "ping", FOR_DOMAIN | FOR_ACCOUNT | GETS, ping},
    {"http://jabber.org/protocol/disco#info", "query", FOR_DOMAIN | FOR_ACCOUNT | FOR_FRIENDS | GETS, disco_info},
    {"jabber:iq:version", "query", FOR_DOMAIN | GETS, version},
    {"jabber:iq:roster", "query", FOR_ACCOUNT | GETS | SETS, answer_roster},
};
enum { HANDLER_COUNT = sizeof handlers / sizeof handlers[0] };

static bool is_friend(struct router *r, const struct input *in) {
    const struct contact *c = contact_find_text(r, in->account, in->who.bare);
    const bool related = c != NULL && (contact_watched(c) || state_asks(c->state));
    return contact_entitled(c) || (related && depart(r, in->host, ALTERNATIVE_iq_bare_known_any_relation));
}

/* Whether a handler serves this address and this sender. Who may not see the account learns nothing from it. */
static bool serves(struct router *r, const struct input *in, const struct handler *h, unsigned stage) {
    if (stage == STAGE_DOMAIN)
        return h->use & FOR_DOMAIN;
    const bool refused = stage == STAGE_BARE && h->answer == ping && depart(r, in->host, ALTERNATIVE_iq_bare_known_no_ping);
    if (!(h->use & FOR_ACCOUNT) || refused)
        return false;
    if (stage == STAGE_NOTO || !(h->use & FOR_FRIENDS) || is_self(in->account, &in->who))
        return true;
    bool friend = is_friend(r, in);
    (void)asker_decides(r, in, ALTERNATIVE_iq_bare_known_asker_decides, &friend);
    return friend || depart(r, in->host, ALTERNATIVE_iq_bare_known_tell_strangers);
}

static bool is_namespace_of(const struct handler *h, const struct stanza *st) {
    return st->child_count > 0 && slice_is(st->child[0].ns, text_slice(h->ns));
}

/* What only friends may see, and the server says so. */
bool iq_is_hidden(struct router *r, const struct input *in) {
    for (int i = 0; i < HANDLER_COUNT; i++)
        if (is_namespace_of(&handlers[i], in->st) && handlers[i].use & FOR_FRIENDS)
            return depart(r, in->host, ALTERNATIVE_iq_bare_unknown_say_why);
    return false;
}

/* There is no such account, and the answer is the one that it would give to a stranger. */
bool answer_for_nobody(struct router *r, struct input *in) {
    const struct handler *h = NULL;
    if (departs(r, ALTERNATIVE_iq_nouser_request_as_account) == NULL || in->to_parts->resource.size > 0)
        return false;
    if (in->st->child_count != 1) {
        const struct decision d = {.rule = RULE_in_iq_children};
        (void)depart(r, in->host, ALTERNATIVE_iq_nouser_request_as_account);
        bounce(r, in, &d, CONDITION_BAD_REQUEST, NULL);
        return true;
    }
    for (int i = 0; i < HANDLER_COUNT && h == NULL; i++)
        if (is_namespace_of(&handlers[i], in->st) && handlers[i].use & FOR_ACCOUNT)
            h = &handlers[i];
    if (h == NULL || !depart(r, in->host, ALTERNATIVE_iq_nouser_request_as_account))
        return false;
    const struct decision d = instead(r, ALTERNATIVE_iq_nouser_request_as_account);
    const struct slice id = in->st->has_id ? in->st->id : (struct slice){"", 0};
    if (h->use & FOR_FRIENDS)
        bounce(r, in, &d, CONDITION_SUBSCRIPTION_REQUIRED, NULL);
    else if (h->answer == answer_roster)
        bounce(r, in, &d, CONDITION_FORBIDDEN, NULL);
    else
        answer(r, in, &d, STANZA_RESULT, router_text_copy(r, (struct slice){in->to_parts->text, in->to_parts->size}),
               write_start(r, "iq", "result", id), (struct slice){NULL, 0});
    return true;
}

bool iq_is_known(struct router *r, const struct input *in, unsigned stage) {
    for (int i = 0; i < HANDLER_COUNT; i++)
        if (is_namespace_of(&handlers[i], in->st) && serves(r, in, &handlers[i], stage))
            return true;
    return false;
}

void answer_iq(struct router *r, struct input *in, const struct decision *d) {
    const unsigned kind = in->st->kind == STANZA_GET ? GETS : SETS;
    for (int i = 0; i < HANDLER_COUNT; i++)
        if (is_namespace_of(&handlers[i], in->st) && slice_is(in->st->child[0].name, text_slice(handlers[i].name)) &&
            handlers[i].use & kind) {
            handlers[i].answer(r, in, d);
            return;
        }
    enum condition condition = CONDITION_BAD_REQUEST;
    struct decision unknown = instead(r, ALTERNATIVE_in_iq_unknown_elem_bad_request);
    if (unknown.departure == NULL) {
        unknown = instead(r, ALTERNATIVE_in_iq_unknown_elem_service_unavailable);
        condition = unknown.departure != NULL ? CONDITION_SERVICE_UNAVAILABLE : CONDITION_FEATURE_NOT_IMPLEMENTED;
    }
    bounce(r, in, &unknown, condition, NULL);
}
