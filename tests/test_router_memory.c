/* Memory that runs out: stories that are played again and again, each time with another allocation failing. */
#include "router_harness.h"

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

Suite *router_memory_suite(void);

enum act {
    ROMEO_SENDS,
    JULIET_SENDS,
    PEER_SENDS,
    BINDS,        /* another resource; what it is called */
    LEAVES,       /* Juliet's first resource */
    STREAM_READY, /* the stream that was asked for last */
    STREAM_NO_HOST,
    PEER_LEAVES,
    SETS_CONTACT, /* of Juliet's, who is asked for approval */
    SETS_FRIEND,  /* of Juliet's, with subscription both */
    SETS_STORED,  /* a message for Juliet */
    ENDS = -1
};

struct step {
    enum act act;
    const char *text;
};

/* A story begins with Romeo and Juliet connected and a stream from verona.example to capulet.example. */
struct stage {
    struct router *router;
    uint32_t romeo, juliet, peer, opening;
};

static int send_in(struct stage *stage, uint32_t port, const char *xml) {
    struct stanza_reader *reader = stanza_reader_new(NULL, router_port_namespace(stage->router, port), 262144);
    struct stanza st;
    if (reader == NULL || stanza_reader_feed(reader, s(xml)) != ROUTER_OK ||
        stanza_reader_next(reader, &st) != STANZA_READY)
        ck_abort_msg("not a stanza: %s", xml);
    const int result = router_input(stage->router, port, &st, 0);
    stanza_reader_free(reader);
    return result;
}

static int act(struct stage *stage, const struct step *step) {
    const struct slice juliet_bare = s("juliet@capulet.example"), text = s(step->text);
    const struct router_contact asks = {.pending_in = true}, friend = {.subscription = ROUTER_SUB_BOTH};
    uint32_t port;
    switch (step->act) {
    case ROMEO_SENDS:
        return send_in(stage, stage->romeo, step->text);
    case JULIET_SENDS:
        return send_in(stage, stage->juliet, step->text);
    case PEER_SENDS:
        return send_in(stage, stage->peer, step->text);
    case BINDS:
        return router_bind(stage->router, text, 0, &port);
    case LEAVES:
        return router_link(stage->router, stage->juliet, ROUTER_LINK_LOST, 0);
    case STREAM_READY:
        return router_link(stage->router, stage->opening, ROUTER_LINK_READY, 0);
    case STREAM_NO_HOST:
        return router_link(stage->router, stage->opening, ROUTER_LINK_NO_HOST, 0);
    case PEER_LEAVES:
        return router_link(stage->router, stage->peer, ROUTER_LINK_CLOSED, 0);
    case SETS_CONTACT:
        return router_contact_set(stage->router, juliet_bare, text, asks);
    case SETS_FRIEND:
        return router_contact_set(stage->router, juliet_bare, text, friend);
    case SETS_STORED:
        return router_offline_add(stage->router, juliet_bare, text, 0);
    case ENDS:
        break;
    }
    return ROUTER_OK;
}

static int open_stage(struct stage *stage, const struct router_alloc *alloc) {
    static const char *const domains[] = {"montague.example", "capulet.example"};
    const struct router_config config = {.alloc = alloc, .policy = policy, .domains = domains, .domain_count = 2};
    int result = router_new(&config, &stage->router);
    if (result == ROUTER_OK)
        result = router_account(stage->router, s("romeo@montague.example"));
    if (result == ROUTER_OK)
        result = router_account(stage->router, s("juliet@capulet.example"));
    if (result == ROUTER_OK)
        result = router_bind(stage->router, s("romeo@montague.example"), 0, &stage->romeo);
    if (result == ROUTER_OK)
        result = router_bind(stage->router, s("juliet@capulet.example/balcony"), 0, &stage->juliet);
    if (result == ROUTER_OK)
        result = router_peer(stage->router, s("capulet.example"), s("verona.example"), &stage->peer);
    return result;
}

/* Every call must say that memory ran out, or succeed. */
static bool play(const struct router_alloc *alloc, const struct step *steps) {
    struct stage stage = {.router = NULL};
    int result = open_stage(&stage, alloc);
    const char *text = "the stage";
    for (; result == ROUTER_OK && steps->act != ENDS; steps++) {
        text = steps->text;
        result = act(&stage, steps);
        for (struct router_effect e; router_next(stage.router, &e);)
            if (e.kind == ROUTER_OPEN)
                stage.opening = e.port;
    }
    if (result != ROUTER_OK && result != ROUTER_E_NOMEM)
        ck_abort_msg("result %d of \"%s\"", result, text);
    router_free(stage.router);
    return result == ROUTER_OK;
}

#define STORY(name)                                                                                                    \
    static bool name(const struct router_alloc *alloc) {                                                               \
        return play(alloc, name##_steps);                                                                              \
    }

/* ---- the stories ---- */

static const struct step messages_steps[] = {
    {SETS_STORED, "<message from='a@b'><body>x</body></message>"},
    {JULIET_SENDS, "<presence id='p'><priority>1</priority></presence>"},
    {ROMEO_SENDS, "<message to='juliet@capulet.example' type='chat'><body>x</body></message>"},
    {ROMEO_SENDS, "<message to='JULIET@capulet.example/balcony'/>"},
    {ROMEO_SENDS, "<message type='chat'><body>to himself, who is not available</body></message>"},
    {ROMEO_SENDS, "<message to='mercutio@montague.example' type='chat'/>"},
    {ROMEO_SENDS, "<message to='@'/>"},
    {ROMEO_SENDS,
     "<message to='juliet@capulet.example/balcony'><delay xmlns='urn:xmpp:delay' from='capulet.example'/>"
     "<x xmlns='urn:x'/><delay xmlns='urn:xmpp:delay' from='capulet.example'/><y xmlns='urn:y'/></message>"},
    {ROMEO_SENDS, "<iq to='capulet.example' id='1' type='get'><query xmlns='jabber:iq:version'/></iq>"},
    {ROMEO_SENDS, "<iq id='1' type='get'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"},
    {PEER_SENDS, "<message from='a@verona.example/x' to='nurse@capulet.example' type='groupchat'/>"},
    {PEER_SENDS,
     "<iq from='a@verona.example/x' to='capulet.example' id='1' type='get'><ping xmlns='urn:xmpp:ping'/></iq>"},
    {STREAM_READY, ""},
    {PEER_SENDS, "<iq from='a@verona.example/x' to='capulet.example' id='2' type='get'><x xmlns='urn:x'/></iq>"},
    {LEAVES, ""},
    {ROMEO_SENDS, "<message to='juliet@capulet.example' type='chat'><body>stored</body></message>"},
    {PEER_LEAVES, ""},
    {ENDS, NULL},
};
STORY(messages)

static const struct step presence_steps[] = {
    {SETS_FRIEND, "romeo@montague.example"},
    {SETS_FRIEND, "paris@verona.example"},
    {SETS_CONTACT, "nurse@verona.example"},
    {ROMEO_SENDS, "<presence/>"},
    {JULIET_SENDS, "<presence id='p'><priority>1</priority></presence>"},
    {JULIET_SENDS, "<presence to='benvolio@montague.example/x'/>"},
    {JULIET_SENDS, "<presence to='tybalt@mantua.example/y'/>"},
    {STREAM_NO_HOST, ""},
    {PEER_SENDS, "<presence from='paris@verona.example/x' to='juliet@capulet.example' type='probe'/>"},
    {PEER_SENDS, "<presence from='tybalt@verona.example/x' to='juliet@capulet.example' type='probe'/>"},
    {ROMEO_SENDS, "<presence to='juliet@capulet.example/balcony' type='probe'/>"},
    {JULIET_SENDS, "<presence to='benvolio@montague.example/x' type='unavailable'/>"},
    {BINDS, "juliet@capulet.example"},
    {BINDS, "juliet@capulet.example/balcony"},
    {JULIET_SENDS, "<presence type='unavailable'><status>gone</status></presence>"},
    {PEER_SENDS, "<presence from='paris@verona.example/x' to='juliet@capulet.example' type='probe'/>"},
    {JULIET_SENDS, "<presence/>"},
    {LEAVES, ""},
    {ENDS, NULL},
};
STORY(presence)

static const struct step subscription_steps[] = {
    {JULIET_SENDS, "<presence/>"},
    {JULIET_SENDS, "<iq id='1' type='get'><query xmlns='jabber:iq:roster'/></iq>"},
    {ROMEO_SENDS, "<presence to='juliet@capulet.example/balcony' type='subscribe'/>"},
    {JULIET_SENDS, "<presence to='romeo@montague.example' type='subscribed'/>"},
    {JULIET_SENDS, "<presence to='nurse@verona.example' type='subscribed'/>"},
    {PEER_SENDS, "<presence from='nurse@verona.example' to='juliet@capulet.example' type='subscribe'/>"},
    {JULIET_SENDS, "<presence to='paris@mantua.example' type='subscribe'/>"},
    {STREAM_NO_HOST, ""},
    {JULIET_SENDS, "<presence type='unavailable'/>"},
    {PEER_SENDS, "<presence from='a@verona.example' to='juliet@capulet.example' type='subscribe'/>"},
    {PEER_SENDS, "<presence from='nurse@verona.example' to='juliet@capulet.example' type='unsubscribe'/>"},
    {JULIET_SENDS, "<presence/>"},
    {JULIET_SENDS, "<presence to='romeo@montague.example' type='unsubscribed'/>"},
    {ENDS, NULL},
};
STORY(subscription)

#define QUERY "<query xmlns='jabber:iq:roster'"

static const struct step roster_steps[] = {
    {SETS_FRIEND, "romeo@montague.example"},
    {JULIET_SENDS, "<presence/>"},
    {JULIET_SENDS, "<iq id='1' type='get'>" QUERY "/></iq>"},
    {JULIET_SENDS, "<iq id='2' type='set'>" QUERY "><item jid='nurse@verona.example' name='N'><group>A</group>"
                   "<group>B</group></item></query></iq>"},
    {JULIET_SENDS,
     "<iq id='3' type='set'>" QUERY "><item jid='nurse@verona.example'><group>&amp;</group></item></query></iq>"},
    {JULIET_SENDS,
     "<iq id='4' type='set'>" QUERY "><item jid='romeo@montague.example' subscription='remove'/></query></iq>"},
    {JULIET_SENDS, "<iq id='5' type='get'>" QUERY " ver='1'/></iq>"},
    {JULIET_SENDS, "<iq id='6' type='get'>" QUERY " ver='9'/></iq>"},
    {JULIET_SENDS, "<iq id='push1' type='result'/>"},
    {JULIET_SENDS, "<iq id='7' type='set'>" QUERY "><item jid='@'/></query></iq>"},
    {JULIET_SENDS, "<iq id='8' type='set'>" QUERY "><item jid='paris@verona.example/r'/></query></iq>"},
    {JULIET_SENDS,
     "<iq id='9' type='set'>" QUERY "><item jid='paris@verona.example/r' subscription='remove'/></query></iq>"},
    {ENDS, NULL},
};
STORY(roster)

static const struct step queue_steps[] = {
    {ROMEO_SENDS, "<presence to='a@mantua.example/r'/>"},
    {ROMEO_SENDS, "<message id='1' to='a@mantua.example'><body>x</body></message>"},
    {ROMEO_SENDS, "<presence to='a@mantua.example' type='subscribe'/>"},
    {ROMEO_SENDS, "<message id='2' type='error' to='a@mantua.example'><error/></message>"},
    {STREAM_NO_HOST, ""},
    {ROMEO_SENDS, "<message id='3' to='a@mantua.example'/>"},
    {ROMEO_SENDS, "<iq id='4' type='get' to='a@mantua.example'><x xmlns='urn:x'/></iq>"},
    {STREAM_READY, ""},
    {ROMEO_SENDS, "<message id='5' to='a@mantua.example'/>"},
    {ENDS, NULL},
};
STORY(queue)

static const struct step knowledge_steps[] = {
    {SETS_FRIEND, "paris@verona.example"},
    {JULIET_SENDS, "<presence/>"},
    {PEER_SENDS, "<presence from='paris@verona.example/a' to='juliet@capulet.example'/>"},
    {PEER_SENDS, "<presence from='paris@verona.example/b' to='juliet@capulet.example'/>"},
    {PEER_SENDS, "<presence from='paris@verona.example/a' to='juliet@capulet.example' type='unavailable'/>"},
    {JULIET_SENDS, "<presence><status/></presence>"},
    {PEER_SENDS, "<presence from='paris@verona.example' to='juliet@capulet.example' type='unavailable'/>"},
    {JULIET_SENDS, "<presence><status/></presence>"},
    {ENDS, NULL},
};
STORY(knowledge)

START_TEST(memory_may_run_out_while_messages_are_sent) {
    exhaust(messages);
}
END_TEST

START_TEST(memory_may_run_out_while_presence_is_sent) {
    exhaust(presence);
}
END_TEST

START_TEST(memory_may_run_out_while_subscriptions_change) {
    exhaust(subscription);
}
END_TEST

START_TEST(memory_may_run_out_while_a_roster_changes) {
    exhaust(roster);
}
END_TEST

START_TEST(memory_may_run_out_while_stanzas_wait_for_a_stream) {
    exhaust(queue);
}
END_TEST

START_TEST(memory_may_run_out_while_presence_is_remembered) {
    knob("pres.probe-on-init", "unless-known");
    knob("pres.smart-bcast", "on");
    exhaust(knowledge);
}
END_TEST

START_TEST(memory_may_run_out_while_notices_are_kept) {
    knob("sub.notice-store", "on");
    knob("sub.ack", "on");
    knob("sub.autoapprove", "provider");
    knob("sub.fail-rollback", "rollback");
    exhaust(subscription);
}
END_TEST

START_TEST(memory_may_run_out_in_any_profile) {
    ck_assert_int_eq(policy_profile(policy, router_profile_name((size_t)_i), NULL), ROUTER_OK);
    knob("bind.conflict", "rename"); /* so that Juliet's first resource lasts */
    exhaust(messages);
    exhaust(presence);
    exhaust(subscription);
    exhaust(roster);
    exhaust(queue);
    exhaust(knowledge);
}
END_TEST

static void refuse_presence(struct stage *stage, int n) {
    char xml[160];
    snprintf(xml, sizeof xml,
             "<presence type='error' from='a@verona.example/%d' to='juliet@capulet.example/balcony'><error/></presence>", n);
    ck_assert_int_eq(send_in(stage, stage->peer, xml), ROUTER_OK);
}

/* Anybody may send errors, so who returned one is remembered once, and as many as have room in the list of directed
 * presence. */
START_TEST(a_list_of_those_who_returned_errors_has_a_limit) {
    struct failing f = {.refused_at = ULONG_MAX};
    const struct router_alloc alloc = failing_alloc(&f);
    struct stage stage = {.router = NULL};
    profile("departs pres.upd.noerrcheck does skip as mine");
    ck_assert_int_eq(open_stage(&stage, &alloc), ROUTER_OK);
    refuse_presence(&stage, 0);
    refuse_presence(&stage, 1);
    const long two = f.living;
    refuse_presence(&stage, 0);
    refuse_presence(&stage, 1);
    ck_assert_int_eq(f.living, two);
    for (int i = 2; i < ROUTER_DIRECTED_MAX; i++)
        refuse_presence(&stage, i);
    const long full = f.living;
    ck_assert_int_gt(full, two);
    refuse_presence(&stage, ROUTER_DIRECTED_MAX);
    ck_assert_int_eq(f.living, full);
    router_free(stage.router);
    ck_assert_int_eq(f.living, 0);
}
END_TEST

/* Larger than what the router sets aside for texts, so that each piece that it writes needs memory of its own. */
static char large[30000], large_set[30000], large_iq[30000];

static const struct step large_steps[] = {
    {ROMEO_SENDS, large},
    {ROMEO_SENDS, large_iq},
    {PEER_SENDS, "<message from='a@verona.example' to='juliet@capulet.example'/>"},
    {JULIET_SENDS, "<iq id='1' type='get'><query xmlns='jabber:iq:roster'/></iq>"},
    {JULIET_SENDS, large_set},
    {JULIET_SENDS, "<presence/>"},
    {ENDS, NULL},
};

static bool large_story(const struct router_alloc *alloc) {
    return play(alloc, large_steps);
}

static void put_times(char *text, const char *piece, int times) {
    for (text += strlen(text); times > 0; times--, text += strlen(piece))
        strcpy(text, piece);
}

START_TEST(memory_may_run_out_over_large_stanzas) {
    static const char delay[] = "<delay xmlns='urn:xmpp:delay' from='capulet.example'/>";
    snprintf(large, sizeof large, "<message to='juliet@capulet.example'>%s<x xmlns='urn:x'>", delay);
    put_times(large, "0123456789", 700);
    put_times(large, "</x>", 1);
    put_times(large, delay, 2);
    put_times(large, "<y xmlns='urn:y'/></message>", 1);
    snprintf(large_iq, sizeof large_iq, "<iq type='get' to='capulet.example' id='");
    put_times(large_iq, "0123456789", 700);
    put_times(large_iq, "'><ping xmlns='urn:xmpp:ping'/></iq>", 1);
    snprintf(large_set, sizeof large_set,
             "<iq type='set' id='2'><query xmlns='jabber:iq:roster'><item jid='a@b' name='");
    put_times(large_set, "0123456789", 500);
    for (int i = 0; i < 3; i++) {
        put_times(large_set, i == 0 ? "'><group>" : "</group><group>", 1);
        put_times(large_set, "0123456789", 500 + i);
    }
    put_times(large_set, "</group></item></query></iq>", 1);
    knob("roster.limits", "100000");
    exhaust(large_story);
}
END_TEST

static bool contacts(const struct router_alloc *alloc) {
    struct stage stage = {.router = NULL};
    int result = open_stage(&stage, alloc);
    for (int i = 0; i < 40 && result == ROUTER_OK; i++) {
        char jid[40];
        snprintf(jid, sizeof jid, "c%d@verona.example", i);
        const struct step step = {i % 2 == 0 ? SETS_FRIEND : SETS_CONTACT, jid};
        result = act(&stage, &step);
    }
    if (result == ROUTER_OK)
        result = send_in(&stage, stage.juliet, "<presence/>");
    if (result != ROUTER_OK && result != ROUTER_E_NOMEM)
        ck_abort_msg("result %d", result);
    router_free(stage.router);
    return result == ROUTER_OK;
}

START_TEST(memory_may_run_out_while_contacts_are_added) {
    exhaust(contacts);
}
END_TEST

static bool own_policy(const struct router_alloc *alloc) {
    static const char *const domains[] = {"montague.example"};
    const struct router_config config = {.alloc = alloc, .domains = domains, .domain_count = 1};
    struct router *r = NULL;
    uint32_t port = 0;
    int result = router_new(&config, &r);
    if (result == ROUTER_OK)
        result = router_account(r, s("romeo@montague.example"));
    for (int i = 0; i < 6 && result == ROUTER_OK; i++)
        result = router_bind(r, s("romeo@montague.example"), 0, &port);
    if (result == ROUTER_OK)
        result = router_link(r, port, ROUTER_LINK_CLOSED, 0);
    if (result != ROUTER_OK && result != ROUTER_E_NOMEM)
        ck_abort_msg("result %d", result);
    router_free(r);
    return result == ROUTER_OK;
}

START_TEST(memory_may_run_out_while_a_router_is_set_up) {
    exhaust(own_policy);
}
END_TEST

Suite *router_memory_suite(void) {
    Suite *suite = suite_create("router_memory");
    TCase *tc = tcase_create("memory");
    tcase_add_checked_fixture(tc, harness_setup, harness_teardown);
    tcase_add_test(tc, memory_may_run_out_while_messages_are_sent);
    tcase_add_test(tc, memory_may_run_out_while_presence_is_sent);
    tcase_add_test(tc, memory_may_run_out_while_subscriptions_change);
    tcase_add_test(tc, memory_may_run_out_while_a_roster_changes);
    tcase_add_test(tc, memory_may_run_out_while_stanzas_wait_for_a_stream);
    tcase_add_test(tc, memory_may_run_out_while_presence_is_remembered);
    tcase_add_test(tc, memory_may_run_out_while_notices_are_kept);
    int profiles = 0;
    while (router_profile_name((size_t)profiles) != NULL)
        profiles++;
    tcase_add_loop_test(tc, memory_may_run_out_in_any_profile, 0, profiles);
    tcase_add_test(tc, a_list_of_those_who_returned_errors_has_a_limit);
    tcase_add_test(tc, memory_may_run_out_over_large_stanzas);
    tcase_add_test(tc, memory_may_run_out_while_contacts_are_added);
    tcase_add_test(tc, memory_may_run_out_while_a_router_is_set_up);
    suite_add_tcase(suite, tc);
    return suite;
}
