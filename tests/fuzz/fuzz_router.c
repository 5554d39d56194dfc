/* fuzz_router.c - arbitrary octets as a life of a router: who sends what, streams that come, fail and go, knobs that
 * stand anyhow. Every stanza must have a fate, every effect a rule, and nothing may leak or crash. */
#include "router.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct source {
    const uint8_t *data;
    size_t size;
};

static unsigned take(struct source *s, unsigned below) {
    if (s->size == 0) return 0;
    s->size--;
    return *s->data++ % below;
}

static struct slice text(const char *chars) {
    return (struct slice){chars, strlen(chars)};
}

static const char *const jids[] = {
    "romeo@montague.example",        "juliet@capulet.example",         "juliet@capulet.example/balcony",
    "romeo@montague.example/orchard", "nobody@capulet.example",         "nobody@capulet.example/x",
    "capulet.example",               "capulet.example/x",              "paris@verona.example",
    "paris@verona.example/x",        "verona.example",                 "Juliet@Capulet.example./Balcony",
    "@capulet.example",              "juliet@capulet.example/<'&\">",  "mantua.example",
    "rooms.capulet.example",         "hall@rooms.capulet.example",     "hall@rooms.capulet.example/Juliet",
    "hall@rooms.capulet.example/R",  "relay.montague.example",         "x.rooms.capulet.example",
};
static const char *const components[] = {"rooms.capulet.example", "relay.montague.example"};
enum { JIDS = sizeof jids / sizeof jids[0], PORTS = 16 };

static const char *const types[] = {"",           " type='chat'",        " type='groupchat'",   " type='headline'",
                                    " type='error'", " type='unavailable'", " type='subscribe'",   " type='subscribed'",
                                    " type='unsubscribe'", " type='unsubscribed'", " type='probe'", " type='get'",
                                    " type='set'", " type='result'",      " type='odd'"};
static const char *const bodies[] = {
    "",
    "<body>x</body>",
    "<priority>-1</priority>",
    "<priority>200</priority>",
    "<body xmlns='jabber:client'>x</body><priority xmlns='jabber:client'>5</priority>",
    "<body xmlns='jabber:component:accept'>x</body>",
    "<delay xmlns='urn:xmpp:delay' from='capulet.example' stamp='1970-01-01T00:00:00Z'/><body>x</body>",
    "<active xmlns='http://jabber.org/protocol/chatstates'/>",
    "<error type='cancel'/>",
    "<ping xmlns='urn:xmpp:ping'/>",
    "<query xmlns='jabber:iq:roster'/>",
    "<query xmlns='jabber:iq:roster' ver='1'/>",
    "<query xmlns='jabber:iq:roster'><item jid='juliet@capulet.example' name='&lt;J&#10;'><group>a</group></item></query>",
    "<query xmlns='jabber:iq:roster'><item jid='juliet@capulet.example' subscription='remove'/></query>",
    "<query xmlns='jabber:iq:roster'><item jid='paris@verona.example'><group><![CDATA[<]]></group></item></query>",
    "<query xmlns='http://jabber.org/protocol/disco#info'/>",
};

static void check(bool good) {
    if (!good) abort();
}

/* returns the number of fates */
static size_t drain(struct router *r, uint32_t *ports) {
    size_t rules, fates = 0;
    router_rules(&rules);
    for (struct router_effect e; router_next(r, &e);) {
        const bool silent = e.kind == ROUTER_OPEN || e.kind == ROUTER_WRITE;
        check(silent ? e.rule == -1 : e.rule >= 0 && (size_t)e.rule < rules);
        check(!silent || e.port != 0);
        fates += e.kind < ROUTER_FATE_COUNT;
        if (e.kind == ROUTER_OPEN) ports[e.port % PORTS] = e.port;
        /* An output stream that was given up is known no more. */
        if (e.kind == ROUTER_END) check(router_port_jid(r, e.port).size == 0);
    }
    return fates;
}

/* Time goes by: up to the next thing that the router does by itself, or less far. */
static void pass(struct router *r, struct source *s, uint32_t *ports, uint64_t *now_us) {
    const uint64_t wake_us = router_wake_us(r);
    const bool far = wake_us == UINT64_MAX || take(s, 4) == 0;
    *now_us = far ? *now_us + (uint64_t)take(s, 256) * 1000000 : wake_us > *now_us ? wake_us : *now_us;
    check(router_tick(r, *now_us) == ROUTER_OK);
    drain(r, ports);
    check(router_wake_us(r) > *now_us);
}

static void send_stanza(struct router *r, struct source *s, uint32_t port, uint32_t *ports, uint64_t now_us) {
    static const char *const names[] = {"message", "presence", "iq", "odd"};
    char xml[1200], *at = xml;
    const char *parts[12];
    size_t count = 0;
    const char *name = names[take(s, 4)];
    parts[count++] = "<";
    parts[count++] = name;
    parts[count++] = take(s, 4) == 0 ? "" : " id='push1'";
    parts[count++] = types[take(s, sizeof types / sizeof types[0])];
    const char *to = jids[take(s, JIDS)], *from = jids[take(s, JIDS)];
    char addresses[400] = "";
    if (take(s, 5) != 0 && strpbrk(to, "<&'") == NULL) strcat(strcat(strcat(addresses, " to='"), to), "'");
    if (take(s, 2) != 0 && strpbrk(from, "<&'") == NULL) strcat(strcat(strcat(addresses, " from='"), from), "'");
    parts[count++] = addresses;
    parts[count++] = ">";
    parts[count++] = bodies[take(s, sizeof bodies / sizeof bodies[0])];
    parts[count++] = take(s, 8) == 0 ? bodies[take(s, sizeof bodies / sizeof bodies[0])] : "";
    parts[count++] = "</";
    parts[count++] = name;
    parts[count++] = ">";
    for (size_t i = 0; i < count; i++) {
        const size_t size = strlen(parts[i]);
        memcpy(at, parts[i], size);
        at += size;
    }
    struct stanza_reader *reader = stanza_reader_new(NULL, router_port_namespace(r, port), 300);
    struct stanza st;
    check(reader != NULL && stanza_reader_feed(reader, (struct slice){xml, (size_t)(at - xml)}) == ROUTER_OK);
    if (stanza_reader_next(reader, &st) == STANZA_READY) {
        const int result = router_input(r, port, &st, now_us);
        const size_t fates = drain(r, ports);
        check(result == ROUTER_OK ? fates > 0 : result == ROUTER_E_UNKNOWN);
    }
    stanza_reader_free(reader);
}

static void turn_knobs(struct policy *policy, struct source *s) {
    for (unsigned n = take(s, 8); n > 0; n--) {
        const struct router_knob knob = router_knob((take(s, 256) << 1 | take(s, 2)) % router_knob_count());
        const char *at = knob.values;
        for (unsigned skip = take(s, 4); skip > 0 && strchr(at, ',') != NULL; skip--) at = strchr(at, ',') + 2;
        (void)policy_set(policy, text(knob.name), (struct slice){at, strcspn(at, ",")}, NULL);
    }
    static const char *const small[] = {"1", "2", "60"};
    if (take(s, 2) == 0) check(policy_set(policy, text("s2s.idle-after"), text(small[take(s, 3)]), NULL) == ROUTER_OK);
    if (take(s, 2) == 0) check(policy_set(policy, text("s2s.queue-max"), text(small[take(s, 3)]), NULL) == ROUTER_OK);
    if (take(s, 4) == 0) check(policy_profile(policy, router_profile_name(1), NULL) == ROUTER_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const domains[] = {"montague.example", "capulet.example"};
    struct source s = {data, size};
    struct policy *policy = policy_new(NULL);
    struct router *r;
    check(policy != NULL);
    turn_knobs(policy, &s);
    const struct router_config config = {.policy = policy, .domains = domains, .domain_count = 2};
    check(router_new(&config, &r) == ROUTER_OK);
    check(router_account(r, text(jids[0])) == ROUTER_OK && router_account(r, text(jids[1])) == ROUTER_OK);
    const struct router_contact state = {(enum router_subscription)take(&s, 4), take(&s, 2), take(&s, 2), take(&s, 2)};
    (void)router_contact_set(r, text(jids[take(&s, 2)]), text(jids[8]), state);
    for (size_t i = 0; i < 2; i++) check(router_component(r, text(components[i])) == ROUTER_OK);
    uint32_t ports[PORTS] = {0};
    uint64_t now_us = 0;
    while (s.size > 0) {
        uint32_t port = 0;
        now_us += 1000;
        switch (take(&s, 17)) {
        case 0:
        case 1:
            if (router_bind(r, text(jids[take(&s, 4)]), now_us, &port) == ROUTER_OK) ports[port % PORTS] = port;
            break;
        case 2:
        case 3:
            if (router_peer(r, text(take(&s, 3) == 0 ? components[0] : domains[take(&s, 2)]), text(jids[take(&s, JIDS)]),
                            &port) == ROUTER_OK)
                ports[port % PORTS] = port;
            break;
        case 4:
        case 5:
        case 6:
            (void)router_link(r, ports[take(&s, PORTS)], (enum router_link_event)take(&s, ROUTER_LINK_LOST + 1), now_us);
            break;
        case 7: pass(r, &s, ports, &now_us); break;
        case 8:
            (void)router_peer_pair(r, ports[take(&s, PORTS)], text(domains[take(&s, 2)]), text(jids[take(&s, JIDS)]));
            break;
        case 9:
            if (take(&s, 4) != 0) break;
            router_crash(r);
            check(router_wake_us(r) == UINT64_MAX);
            break;
        case 10:
            (void)router_fault(r, ports[take(&s, PORTS)], (enum stanza_fault)take(&s, STANZA_FAULT_END + 1), now_us);
            break;
        case 11:
            if (router_attach(r, text(components[take(&s, 2)]), now_us, &port) == ROUTER_OK) ports[port % PORTS] = port;
            break;
        default: send_stanza(r, &s, ports[take(&s, PORTS)], ports, now_us);
        }
        drain(r, ports);
    }
    char facts[200];
    router_describe(r, text(jids[1]), facts, sizeof facts);
    router_describe(r, text(components[0]), facts, sizeof facts);
    router_free(r);
    policy_free(policy);
    return 0;
}
