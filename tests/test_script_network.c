/* Peers, components, links and faults: what is read of them, and which of them cannot be. */
#include "script_harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *script_network_suite(void);

/* Sixteen lines; the actions begin in line 17. */
#define WORLD                                                                                                          \
    "[Server] verona\n\thosts: a.example\n[Server] mantua\n\thosts: b.example, c.example\n"                            \
    "[Client] Romeo\n\tjid: romeo@a.example\n[Client] Juliet\n\tjid: juliet@c.example\n"                               \
    "[Peer] r.example\n\talso: s.example\n[Peer] Far away\n\tdomain: far.example\n"                                    \
    "[Component] Chat rooms\n\tdomain: rooms.a.example\n[Component] x.b.example\n---\n"
#define QUIET "Romeo receives: nothing\n"

/* --------------------------------------------------------------------------------------------------- the cast ---- */

static const char *property(const struct script_actor *actor, const char *key) {
    for (size_t i = 0; i < actor->property_count; i++) {
        if (strcmp(actor->properties[i].key, key) == 0) {
            return actor->properties[i].value;
        }
    }
    return NULL;
}

START_TEST(a_peer_keeps_its_name_and_what_it_does) {
    const struct script *script = read_first(
        "[Server] s\n\thosts: a.example\n[Peer] Far away\n\tdomain: far.example\n\talso: x.example, y.example\n"
        "\tdns: timeout\n\tconnect: refused\n\tstream: host-unknown\n\tauth: fails\n\tdialback: invalid\n"
        "\tlatency: 40ms\n---\nFar away receives: nothing\n");
    static const char *const expected[][2] = {{"domain", "far.example"},  {"also", "x.example, y.example"},
                                              {"dns", "timeout"},         {"connect", "refused"},
                                              {"stream", "host-unknown"}, {"auth", "fails"},
                                              {"dialback", "invalid"},    {"latency", "40ms"}};
    ck_assert_int_eq(script->cast[1].role, SCRIPT_PEER);
    ck_assert_str_eq(script->cast[1].name, "Far away");
    ck_assert_uint_eq(script->cast[1].property_count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        same_or_null(property(&script->cast[1], expected[i][0]), expected[i][1]);
    }
}
END_TEST

static const char *const peer_values[] = {
    "dns: ok",         "dns: none",         "dns: timeout", "connect: ok",     "connect: refused",  "connect: timeout",
    "stream: ok",      "stream: timeout",   "auth: ok",     "auth: fails",     "dialback: ok",      "dialback: invalid",
    "dialback: error", "dialback: timeout", "latency: 0s",  "also: x.example", "domain: y.example",
};

START_TEST(each_step_of_a_peer_may_go_well_or_wrong) {
    char text[300];
    snprintf(text, sizeof text, "[Client] R\n\tjid: r@a.example\n[Peer] p.example\n\t%s\n---\nR receives: nothing\n",
             peer_values[_i]);
    ck_assert_uint_eq(read_first(text)->cast[1].property_count, 1);
}
END_TEST

/* RFC 6120 4.9.3.1 to 4.9.3.25. */
static const char *const stream_errors[] = {
    "bad-format",
    "bad-namespace-prefix",
    "conflict",
    "connection-timeout",
    "host-gone",
    "host-unknown",
    "improper-addressing",
    "internal-server-error",
    "invalid-from",
    "invalid-namespace",
    "invalid-xml",
    "not-authorized",
    "not-well-formed",
    "policy-violation",
    "remote-connection-failed",
    "reset",
    "resource-constraint",
    "restricted-xml",
    "see-other-host",
    "system-shutdown",
    "undefined-condition",
    "unsupported-encoding",
    "unsupported-feature",
    "unsupported-stanza-type",
    "unsupported-version",
};

START_TEST(every_stream_error_may_close_a_stream_or_refuse_one) {
    char text[800];
    snprintf(text, sizeof text, WORLD "Romeo closes: %s\nr.example closes: %s\nChat rooms closes:%s\n" QUIET,
             stream_errors[_i], stream_errors[_i], stream_errors[_i]);
    static const int actors[] = {2, 4, 6};
    const struct script *script = read_first(text);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(script->actions[i].verb, SCRIPT_CLOSES);
        ck_assert_int_eq(script->actions[i].actor, actors[i]);
        ck_assert_str_eq(script->actions[i].first, stream_errors[_i]);
        ck_assert_ptr_null(script->actions[i].second);
    }
    snprintf(text, sizeof text, "[Client] R\n\tjid: r@a.example\n[Peer] p\n\tstream: %s\n---\nR receives: nothing\n",
             stream_errors[_i]);
    ck_assert_str_eq(property(&read_first(text)->cast[1], "stream"), stream_errors[_i]);
}
END_TEST

START_TEST(a_client_or_component_may_be_refused) {
    static const char *const conditions[] = {"bad-request", "conflict", "not-allowed", "resource-constraint"};
    char text[800];
    for (size_t i = 0; i < 4; i++) {
        snprintf(text, sizeof text, WORLD "Romeo is refused: %s\nChat rooms is  refused:%s\n" QUIET, conditions[i],
                 conditions[i]);
        const struct script *script = read_first(text);
        ck_assert_int_eq(script->actions[0].verb, SCRIPT_IS_REFUSED);
        ck_assert_int_eq(script->actions[0].actor, 2);
        ck_assert_str_eq(script->actions[0].first, conditions[i]);
        ck_assert_int_eq(script->actions[1].verb, SCRIPT_IS_REFUSED);
        ck_assert_int_eq(script->actions[1].actor, 6);
        ck_assert_str_eq(script->actions[1].first, conditions[i]);
    }
}
END_TEST

START_TEST(several_peers_or_components_may_share_a_domain) {
    const struct script *script =
        read_first("[Server] s\n\thosts: a.example\n[Peer] One\n\tdomain: p.example\n[Peer] Two\n\tdomain: P.example\n"
                   "[Component] c.a.example\n[Component] Second\n\tdomain: c.a.example\n---\nTwo receives: nothing\n"
                   "Second receives: nothing\nOne crashes\nTwo crashes\nTwo starts\n");
    ck_assert_int_eq(script->actions[0].actor, 2);
    ck_assert_int_eq(script->actions[1].actor, 4);
    ck_assert_int_eq(script->actions[2].actor, 1);
    ck_assert_int_eq(script->actions[3].actor, 2);
}
END_TEST

START_TEST(a_component_is_at_the_server_above_it_or_at_the_one_that_it_names) {
    const struct script *script =
        read_first("[Server] s\n\thosts: a.example\n[Server] t\n\thosts: b.a.example\n"
                   "[Component] c.b.a.example\n[Component] deep.x.y.a.example\n[Component] else.example\n\tserver: t\n"
                   "[Component] d.a.example\n---\ns crashes\nc.b.a.example connects\nelse.example connects\n"
                   "t crashes\ns starts\ndeep.x.y.a.example connects\nd.a.example connects\n"
                   "d.a.example receives: nothing\n");
    ck_assert_str_eq(property(&script->cast[4], "server"), "t");
}
END_TEST

START_TEST(a_component_may_be_in_a_file_without_servers) {
    const struct script *script =
        read_first("[Client] R\n\tjid: r@A.example\n[Component] c.a.example\n[Component] else.example\n"
                   "\tserver: a.example\n---\nc.a.example connects\nelse.example connects\n"
                   "c.a.example receives: nothing\n");
    ck_assert_int_eq(script->actions[0].verb, SCRIPT_CONNECTS);
    ck_assert_int_eq(script->actions[0].actor, 1);
    ck_assert_int_eq(script->actions[1].actor, 2);
}
END_TEST

START_TEST(a_server_decides_for_the_domain_of_a_component) {
    const struct script *script = read_first(WORLD "rooms.A.example decides:\n\thand by x.y\n");
    ck_assert_int_eq(script->actions[0].verb, SCRIPT_DECIDES);
    ck_assert_str_eq(script->actions[0].first, "rooms.A.example");
}
END_TEST

START_TEST(a_link_joins_places_by_name_or_by_domain) {
    const struct script *script =
        read_first("[Server] s\n\thosts: a.example\n[Server] t\n\thosts: b.example\n[Peer] p\n\tdomain: p.example\n"
                   "[Link] A.example t\n\tlatency: 40ms\n\tjitter: 500us\n[Link] p.example t\n\tlatency: 1s\n"
                   "[Link] s p\n\tlatency: 0s\n---\np receives: nothing\n");
    ck_assert_int_eq(script->cast[3].role, SCRIPT_LINK);
    ck_assert_str_eq(script->cast[3].name, "A.example");
    ck_assert_str_eq(script->cast[3].second, "t");
    ck_assert_str_eq(property(&script->cast[3], "jitter"), "500us");
    ck_assert_str_eq(script->cast[4].name, "p.example");
    ck_assert_str_eq(script->cast[5].second, "p");
}
END_TEST

START_TEST(a_client_may_be_far_from_its_server) {
    const struct script *script =
        read_first("[Client] R\n\tjid: r@a.example\n\tlatency: 50ms\n---\nR receives: nothing\n");
    ck_assert_str_eq(property(&script->cast[0], "latency"), "50ms");
}
END_TEST

/* ------------------------------------------------------------------------------------------------ actions, read ----
 */

static const char *const peer_actions[] = {"Far away sends:\n\t<message/>\n",
                                           "Far away sends raw:\n\t<a\n",
                                           "Far away receives:\n\t<message/>\n",
                                           "Far away disconnects\n",
                                           "Far away vanishes\n",
                                           "Far away closes: reset\n",
                                           "Far away crashes\n",
                                           "Far away receives: nothing\n"};

START_TEST(a_peer_does_all_but_connect) {
    char text[800];
    snprintf(text, sizeof text, WORLD "%s" QUIET, peer_actions[_i]);
    ck_assert_int_eq(read_first(text)->actions[0].actor, 5);
}
END_TEST

static const struct {
    const char *before, *line;
    enum script_verb verb;
    const char *first, *second;
    int actor;
} faults[] = {
    {"", "network cuts verona from b.example", SCRIPT_CUTS, "verona", "b.example", -1},
    {"", "network cuts verona to mantua", SCRIPT_CUTS_ONE_WAY, "verona", "mantua", -1},
    {"", "network stalls A.example to mantua", SCRIPT_STALLS, "A.example", "mantua", -1},
    {"", "network cuts Far away from mantua", SCRIPT_CUTS, "Far away", "mantua", -1},
    {"", "network stalls  verona  to  s.example", SCRIPT_STALLS, "verona", "s.example", -1},
    {"network stalls verona to mantua\n", "network heals", SCRIPT_HEALS, NULL, NULL, -1},
    {"", "verona crashes", SCRIPT_CRASHES, "verona", NULL, 0},
    {"", "c.example crashes", SCRIPT_CRASHES, "c.example", NULL, 1},
    {"", "s.example crashes", SCRIPT_CRASHES, "s.example", NULL, 4},
    {"Far away crashes\n", "far.example starts", SCRIPT_STARTS, "far.example", NULL, 5},
    {"", "DNS loses C.example", SCRIPT_DNS_LOSES, "C.example", NULL, -1},
    {"", "DNS loses rooms.a.example", SCRIPT_DNS_LOSES, "rooms.a.example", NULL, -1},
    {"DNS loses S.example\n", "DNS finds s.example", SCRIPT_DNS_FINDS, "s.example", NULL, -1},
};

START_TEST(a_fault_is_read_with_its_places_as_written) {
    char text[800];
    snprintf(text, sizeof text, WORLD QUIET "%s%s\n", faults[_i].before, faults[_i].line);
    const struct script *script = read_first(text);
    const struct script_action *action = &script->actions[script->action_count - 1];
    ck_assert_int_eq(action->verb, faults[_i].verb);
    same_or_null(action->first, faults[_i].first);
    same_or_null(action->second, faults[_i].second);
    ck_assert_int_eq(action->actor, faults[_i].actor);
}
END_TEST

START_TEST(the_words_between_two_places_may_stand_in_their_names) {
    const struct script *script = read_first(
        "[Server] ship to shore\n\thosts: a.example\n[Server] far from home\n\thosts: b.example\n"
        "[Client] network\n\tjid: r@a.example\n---\nnetwork cuts ship to shore from far from home\nnetwork heals\n"
        "network cuts far from home to ship to shore\nnetwork receives: nothing\n"
        "network stalls ship to shore to far from home\nnetwork heals\n"
        "network cuts far from home from ship to shore\n");
    ck_assert_int_eq(script->actions[0].verb, SCRIPT_CUTS);
    ck_assert_str_eq(script->actions[0].first, "ship to shore");
    ck_assert_str_eq(script->actions[0].second, "far from home");
    ck_assert_int_eq(script->actions[2].verb, SCRIPT_CUTS_ONE_WAY);
    ck_assert_str_eq(script->actions[2].first, "far from home");
    ck_assert_str_eq(script->actions[2].second, "ship to shore");
    ck_assert_str_eq(script->cast[script->actions[3].actor].name, "network");
    ck_assert_str_eq(script->actions[4].first, "ship to shore");
    ck_assert_str_eq(script->actions[4].second, "far from home");
    ck_assert_int_eq(script->actions[6].verb, SCRIPT_CUTS);
    ck_assert_str_eq(script->actions[6].first, "far from home");
}
END_TEST

START_TEST(a_domain_goes_before_a_name) {
    const struct script *script = read_first("[Server] b.example\n\thosts: a.example\n[Server] a.example\n\thosts: "
                                             "b.example\n[Client] C\n\tjid: c@a.example\n"
                                             "---\nC receives: nothing\nb.example crashes\nC connects\n");
    ck_assert_int_eq(script->actions[1].actor, 1);
}
END_TEST

START_TEST(the_one_server_of_a_file_without_servers_goes_by_each_of_its_domains) {
    const struct script *script =
        read_first("[Client] Romeo\n\tjid: romeo@montague.example\n[Account] juliet@capulet.example\n[Peer] p.example\n"
                   "---\nRomeo connects\ncapulet.example crashes\nmontague.example starts\n"
                   "network cuts p.example from montague.example\nRomeo connects\nRomeo receives: nothing\n");
    ck_assert_int_eq(script->actions[1].verb, SCRIPT_CRASHES);
    ck_assert_int_eq(script->actions[1].actor, -1);
    ck_assert_str_eq(script->actions[1].first, "capulet.example");
    ck_assert_int_eq(script->actions[2].actor, -1);
}
END_TEST

START_TEST(jids_of_a_peer_and_of_a_component_are_variables) {
    const struct script *script = read_first(WORLD "Far away sends:\n\t<a b='${Far away's JID}' "
                                                   "c='${r.example's full JID}' d='${Chat rooms's JID}'/>\n" QUIET);
    static const struct {
        enum script_variable_kind kind;
        int actor;
    } expected[] = {{SCRIPT_BARE_JID, 5}, {SCRIPT_FULL_JID, 4}, {SCRIPT_BARE_JID, 6}};
    const char *text = script->actions[0].stanzas[0].bytes;
    struct script_variable variable;
    for (size_t i = 0; i < 3; i++, text += variable.end) {
        ck_assert(script_variable_next(script, text, &variable));
        ck_assert_int_eq(variable.kind, expected[i].kind);
        ck_assert_int_eq(variable.actor, expected[i].actor);
    }
}
END_TEST

/* Each is fine: what was so is over, or it is another thing. Whether somebody has connected at all shows in playing. */
static const char *const sequences[] = {
    "verona crashes\nverona starts\nverona crashes\na.example starts\n",
    "verona crashes\nmantua crashes\nr.example crashes\n",
    "network cuts verona from mantua\nnetwork heals\nnetwork cuts mantua from verona\n",
    "network cuts verona to mantua\nnetwork cuts mantua to verona\n",
    "network cuts verona to mantua\nnetwork cuts verona from mantua\n",
    "network cuts verona from mantua\nnetwork cuts verona from r.example\nnetwork cuts mantua from r.example\n",
    "network stalls verona to mantua\nnetwork stalls mantua to verona\nnetwork cuts verona from mantua\n",
    "network stalls verona to mantua\nnetwork heals\nnetwork stalls verona to mantua\nnetwork heals\n",
    "DNS loses a.example\nDNS loses b.example\nDNS finds A.example\nDNS loses a.example\nDNS finds b.example\n",
    "Romeo connects\nmantua crashes\nRomeo sends:\n\t<presence/>\n",
    "Romeo connects\nverona crashes\nRomeo receives: nothing\nRomeo disconnects\nRomeo vanishes\nverona starts\n",
    "Romeo connects\nverona crashes\nverona starts\nRomeo connects\nRomeo sends:\n\t<presence/>\n",
    "Juliet connects\nc.example crashes\nb.example starts\nJuliet connects\nJuliet closes: reset\n",
    "Chat rooms connects\nverona crashes\nverona starts\nChat rooms connects\nChat rooms sends raw:\n\t<\n",
    "r.example sends:\n\t<a/>\nr.example crashes\nr.example receives: nothing\n",
    "r.example crashes\ns.example starts\nr.example sends:\n\t<a/>\n",
    "Romeo connects\nRomeo closes: reset\nverona crashes\nverona starts\nRomeo sends:\n\t<a/>\n",
    "verona crashes\nverona starts\nRomeo sends:\n\t<a/>\n",
    "verona crashes\nFar away sends:\n\t<a/>\n",
    "verona crashes\nnetwork cuts verona from mantua\nDNS loses a.example\n",
};

START_TEST(what_is_over_may_come_again) {
    char text[1000];
    snprintf(text, sizeof text, WORLD "%s" QUIET, sequences[_i]);
    ck_assert_uint_gt(read_first(text)->action_count, 2);
}
END_TEST

/* ------------------------------------------------------------------------------------------------- refused: cast ----
 */

#define SERVER "[Server] s\n\thosts: a.example\n"

static const struct wrong casts[] = {
    {"[Client] R\n\tjid: r@a.example\n\tlatency: 50\n", 3, 11, {"unit is missing", "40ms"}},
    {SERVER "[Peer] p\n\tconnect: maybe\n", 4, 11, {"\"maybe\"", "ok, refused or timeout"}},
    {SERVER "[Peer] p\n\tconnect: refuse\n", 4, 11, {"did you mean \"refused\""}},
    {SERVER "[Peer] p\n\tdns: non\n", 4, 7, {"ok, none or timeout", "did you mean \"none\""}},
    {SERVER "[Peer] p\n\tstream: host-unknwon\n", 4, 10, {"stream error", "did you mean \"host-unknown\""}},
    {SERVER "[Peer] p\n\tstream: timeuot\n", 4, 10, {"did you mean \"timeout\""}},
    {SERVER "[Peer] p\n\tstream: gone\n", 4, 10, {"\"gone\"", "RFC 6120 4.9.3"}},
    {SERVER "[Peer] p\n\tauth: fail\n", 4, 8, {"ok or fails", "did you mean \"fails\""}},
    {SERVER "[Peer] p\n\tdialback: invald\n", 4, 12, {"ok, invalid, error or timeout", "did you mean \"invalid\""}},
    {SERVER "[Peer] p\n\tlatency: 40\n", 4, 11, {"\"40\"", "unit is missing", "40ms"}},
    {SERVER "[Peer] p\n\tdns: ok\n\tdns: ok\n", 5, 7, {"twice", "line 4"}},
    {SERVER "[Peer] p\n\tdialbak: ok\n",
     4,
     2,
     {"a [Peer] has domain, also, dns, connect, stream, auth, dialback, latency", "did you mean \"dialback\""}},
    {SERVER "[Peer] Far away\n", 3, 8, {"\"Far away\"", "holds a space", "domain: DOMAIN"}},
    {SERVER "[Peer] P\n\tdomain: p@x\n", 4, 10, {"domain: \"p@x\" is no domain", "no @"}},
    {SERVER "[Peer] p\n\talso: x, y/z\n", 4, 11, {"also: \"y/z\" is no domain"}},
    {SERVER "[Peer] p\n\talso: x,, y\n", 4, 10, {"the domain is empty"}},
    {SERVER "[Peer] p\n\talso: x, X\n", 4, 11, {"\"X\" is here twice"}},
    {SERVER "[Peer] p\n\talso: x, P\n", 4, 11, {"the [Peer] of line 3 has the domain \"P\" already"}},
    {SERVER "[Peer] p\n\talso: x, A.example\n", 4, 11, {"\"A.example\" belongs to the [Server] of line 1"}},
    {SERVER "[Peer] P\n\tdomain: a.example\n", 4, 10, {"\"a.example\" belongs to the [Server] of line 1"}},
    {"[Peer] p\n" SERVER "[Server] t\n\thosts: p\n", 1, 8, {"\"p\" belongs to the [Server] of line 4"}},
    {SERVER "[Component] a.example\n", 3, 13, {"belongs to the [Server] of line 1"}},
    {SERVER "[Peer] x.a.example\n[Component] x.a.example\n",
     4,
     13,
     {"\"x.a.example\" is taken by the [Peer] of line 3"}},
    {SERVER "[Peer] x.a.example\n[Component] C\n\tdomain: x.a.example\n", 5, 10, {"belongs to the [Peer] of line 3"}},
    {"[Client] R\n\tjid: r@a.example\n[Peer] A.example\n", 3, 8, {"\"A.example\" of this [Peer] is served", "account"}},
    {SERVER "[Peer] b.example\n[Client] B\n\tjid: x@B.example\n",
     5,
     7,
     {"\"B.example\"", "played by the [Peer] of line 3"}},
    {SERVER "[Component] b.a.example\n[Account] x@b.a.example\n", 4, 1, {"played by the [Component] of line 3"}},
    {"[Peer] p.example\n---\n", 1, 8, {"no server is there for the [Peer] \"p.example\""}},
    {SERVER "[Component] c\n\tdns: ok\n", 4, 2, {"a [Component] has domain, server"}},
    {SERVER "[Component] Rooms for all\n", 3, 13, {"\"Rooms for all\"", "domain: DOMAIN"}},
    {SERVER "[Component] c.b.example\n", 3, 13, {"no server serves a domain above \"c.b.example\"", "server: NAME"}},
    {SERVER "[Component] example\n", 3, 13, {"no server serves a domain above"}},
    {SERVER "[Component] xa.example\n", 3, 13, {"no server serves a domain above"}},
    {SERVER "[Peer] b.example\n[Component] c.b.example\n", 4, 13, {"no server serves a domain above"}},
    {"[Client] R\n\tjid: r@a.example\n[Component] c.b.example\n", 3, 13, {"no server serves a domain above"}},
    {"[Server] verona\n\thosts: a.example\n[Component] c\n\tserver: veronna\n",
     4,
     10,
     {"\"veronna\" is no server", "did you mean \"verona\""}},
    {SERVER "[Client] R\n\tjid: r@a.example\n[Component] c\n\tserver: R\n", 6, 10, {"\"R\" is no server"}},
    {SERVER "[Peer] p\n[Component] c\n\tserver: p\n", 5, 10, {"\"p\" is no server"}},
    {SERVER
     "[Server] t\n\thosts: b.example\n[Component] c.a.example\n[Component] D\n\tdomain: c.a.example\n\tserver: t\n",
     6,
     13,
     {"line 5", "\"c.a.example\" at another server"}},
    {"[Link] a\n", 1, 8, {"two names"}},
    {"[Link] a b c\n", 1, 8, {"two names", "goes by its domain"}},
    {"[Link] a b\n", 1, 1, {"has no latency", "latency: 40ms"}},
    {"[Link] a b\n\tjitter: 1ms\n", 1, 1, {"has no latency"}},
    {"[Link] a b\n\tlatency: 10\n", 2, 11, {"\"10\" is no duration", "unit is missing", "40ms"}},
    {"[Link] a b\n\tlatency: 10ms\n\tjitter: 3 ms\n", 3, 10, {"unit is unknown"}},
    {"[Link] a b\n\tlatncy: 10ms\n", 2, 2, {"a [Link] has latency, jitter", "did you mean \"latency\""}},
    {SERVER "[Link] a.example b.example\n\tlatency: 1s\n",
     3,
     18,
     {"\"b.example\" is not in the cast", "did you mean \"a.example\""}},
    {SERVER "[Link] x a.example\n\tlatency: 1s\n", 3, 8, {"\"x\" is not in the cast"}},
    {SERVER "[Link] s s\n\tlatency: 1s\n", 3, 10, {"both ends are \"s\"", "two places"}},
    {SERVER "[Link] s A.example\n\tlatency: 1s\n", 3, 10, {"\"s\" and \"A.example\" are one server"}},
    {SERVER "[Peer] p\n[Peer] q\n[Link] q p\n\tlatency: 1s\n", 5, 10, {"\"q\" and \"p\" are both a [Peer]"}},
    {SERVER "[Component] c.a.example\n[Link] c.a.example s\n\tlatency: 1s\n",
     4,
     8,
     {"\"c.a.example\" is a [Component]"}},
    {SERVER "[Client] R\n\tjid: r@a.example\n[Link] s R\n\tlatency: 1s\n", 5, 10, {"\"R\" is a [Client]"}},
    {SERVER "[Peer] p\n[Link] s p\n\tlatency: 1s\n[Link] p a.example\n\tlatency: 2s\n",
     6,
     8,
     {"\"p\" and \"a.example\" have a [Link] in line 4 already"}},
    {"[Cases]\n\tcase  far\n\t1  40ms\n\t2  40\n[Client] R\n\tjid: r@a.example\n[Peer] p\n\tlatency: ${far}\n---\n"
     "R receives: nothing\n",
     8,
     11,
     {"unit is missing", "in case \"2\" of line 4"}},
};

START_TEST(the_cast_of_a_network_is_checked) {
    refuse(&casts[_i]);
}
END_TEST

/* ---------------------------------------------------------------------------------------------- refused: actions ----
 */

static const struct wrong actions[] = {
    {WORLD "Romeo closes\n", 17, 7, {"found \"closes\"", "closes: CONDITION"}},
    {WORLD "Romeo closes reset\n", 17, 7, {"closes: CONDITION"}},
    {WORLD "Romeo closes:\n", 17, 14, {"found \"\"", "closes: CONDITION"}},
    {WORLD "Romeo closes: rset\n", 17, 15, {"\"rset\"", "did you mean \"reset\""}},
    {WORLD "Romeo closes: item-not-found\n", 17, 15, {"RFC 6120 4.9.3"}},
    {WORLD "Romeo closes: reset\n\t<a/>\n", 18, 2, {"an indented block below line 17"}},
    {WORLD "verona closes: reset\n", 17, 8, {"[Server] only crashes, starts and decides"}},
    {WORLD "Romeo is refused\n", 17, 7, {"found \"is refused\"", "is refused: CONDITION"}},
    {WORLD "Romeo is refused conflict\n", 17, 7, {"is refused: CONDITION"}},
    {WORLD "Romeo is refused:\n", 17, 18, {"found \"\"", "resource-constraint"}},
    {WORLD "Romeo is refused: conflct\n", 17, 19, {"\"conflct\"", "did you mean \"conflict\""}},
    {WORLD "Romeo is refused: reset\n", 17, 19, {"bad-request, conflict, not-allowed or resource-constraint"}},
    {WORLD "Romeo is: conflict\n", 17, 7, {"found \"is: conflict\"", "is refused: CONDITION"}},
    {WORLD "Romeo is refused: conflict\n\t<a/>\n", 18, 2, {"an indented block below line 17"}},
    {WORLD "verona is refused: conflict\n", 17, 8, {"[Server] only crashes, starts and decides"}},
    {WORLD "Far away is refused: conflict\n", 17, 10, {"the streams of a [Peer] open when it sends"}},
    {WORLD "verona crashes\nRomeo is refused: conflict\n", 18, 1, {"is down since line 17"}},
    {WORLD "Romeo close: reset\n", 17, 7, {"unknown verb \"close\"", "did you mean \"closes\""}},
    {WORLD "Far away connects\n", 17, 10, {"found \"connects\"", "a [Peer] open when it sends"}},
    {WORLD "r.example conects\n", 17, 11, {"unknown verb \"conects\"", "expected sends, receives"}},
    {WORLD "verona crash\n", 17, 8, {"expected crashes or starts", "did you mean \"crashes\""}},
    {WORLD "verona sends:\n\t<a/>\n", 17, 8, {"[Server] only crashes, starts and decides"}},
    {WORLD "Romeo crashes\n", 17, 1, {"\"Romeo\" is a [Client]", "a server or a peer, by name or by domain"}},
    {WORLD "Chat rooms starts\n", 17, 1, {"\"Chat rooms\" is a [Component]"}},
    {WORLD "rooms.a.example crashes\n", 17, 1, {"\"rooms.a.example\" is a [Component]"}},
    {WORLD "vernoa crashes\n", 17, 1, {"\"vernoa\" is not in the cast", "did you mean \"verona\""}},
    {WORLD "far.exmaple crashes\n", 17, 1, {"did you mean \"far.example\""}},
    {WORLD "verona crashes\n\t<a/>\n", 18, 2, {"an indented block below line 17"}},
    {WORLD "Chat rooms decides:\n\tdrop\n", 17, 1, {"no server serves the domain \"Chat rooms\""}},
    {WORLD "r.example decides:\n\tdrop\n", 17, 1, {"no server serves", "the [Peer] of line 9"}},
    {WORLD "network cuts x from mantua\n", 17, 14, {"\"x\" is not in the cast"}},
    {WORLD "network cuts mantua from veronna\n", 17, 26, {"did you mean \"verona\""}},
    {WORLD "network cuts mantua to Romeo\n", 17, 24, {"\"Romeo\" is a [Client]"}},
    {WORLD "network cuts mantua\n", 17, 14, {"\"network cuts A from B\" or \"network cuts A to B\""}},
    {WORLD "network cuts\n", 17, 13, {"network cuts A from B"}},
    {WORLD "network stalls mantua from verona\n", 17, 16, {"network stalls A to B"}},
    {WORLD "network stalls mantua to mantua\n", 17, 26, {"both ends are \"mantua\"", "two places"}},
    {WORLD "network cuts b.example from c.example\n", 17, 29, {"\"b.example\" and \"c.example\" are one server"}},
    {WORLD "network cuts r.example from s.example\n", 17, 29, {"are one server"}},
    {WORLD "network cuts r.example from Far away\n", 17, 29, {"\"r.example\" and \"Far away\" are both a [Peer]"}},
    {WORLD "network stalls s.example to far.example\n", 17, 29, {"are both a [Peer]"}},
    {CAST "network cuts capulet.example from montague.example\n", 8, 35, {"are one server"}},
    {WORLD "network heals now\n", 17, 14, {"network heals"}},
    {WORLD "network burns\n", 17, 9, {"found \"burns\"", "network cuts A from B", "network heals"}},
    {WORLD "network heal\n", 17, 9, {"did you mean \"heals\""}},
    {WORLD "network\n", 17, 8, {"found \"\"", "network heals"}},
    {WORLD "DNS looses a.example\n", 17, 5, {"DNS finds DOMAIN", "did you mean \"loses\""}},
    {WORLD "dns loses a.example\n", 17, 1, {"found \"dns\"", "DNS loses DOMAIN"}},
    {WORLD "time pass: 30s\n", 17, 6, {"time passes: 30s"}},
    {WORLD "DNS loses nowhere.example\n", 17, 11, {"\"nowhere.example\" is not in the cast"}},
    {WORLD "DNS loses b.exmaple\n", 17, 11, {"did you mean \"b.example\""}},
    {WORLD "DNS loses verona\n", 17, 11, {"\"verona\" is the name of a [Server]", "expected a domain"}},
    {WORLD "DNS loses Far away\n", 17, 11, {"\"Far away\" is the name of a [Peer]"}},
    {WORLD "DNS loses\n", 17, 10, {"nothing stands behind \"DNS loses\"", "expected a domain"}},
};

START_TEST(each_action_in_a_network_is_checked) {
    refuse(&actions[_i]);
}
END_TEST

/* What the lines before rule out. */
static const struct wrong sequels[] = {
    {WORLD "verona crashes\nverona crashes\n", 18, 1, {"\"verona\" is down since line 17", "start"}},
    {WORLD "verona crashes\na.example crashes\n", 18, 1, {"\"a.example\" is down since line 17"}},
    {WORLD "b.example crashes\nmantua starts\nc.example crashes\nmantua crashes\n", 20, 1, {"down since line 19"}},
    {WORLD "s.example crashes\nr.example crashes\n", 18, 1, {"\"r.example\" is down since line 17"}},
    {CAST "capulet.example crashes\nmontague.example crashes\n", 9, 1, {"is down since line 8"}},
    {WORLD "verona starts\n", 17, 1, {"\"verona\" is up", "\"NAME crashes\" in a line before"}},
    {WORLD "verona crashes\nverona starts\nverona starts\n", 19, 1, {"\"verona\" is up since line 18"}},
    {WORLD "Far away starts\n", 17, 1, {"\"Far away\" is up"}},
    {WORLD "verona crashes\nRomeo connects\n",
     18,
     1,
     {"the server of \"Romeo\" is down since line 17", "\"verona\" to start first"}},
    {WORLD "Romeo connects\nverona crashes\nRomeo sends:\n\t<presence/>\n", 19, 1, {"\"Romeo\" is down since line 18"}},
    {WORLD "Romeo connects\nverona crashes\nverona starts\nRomeo sends:\n\t<presence/>\n",
     20,
     1,
     {"the stream of \"Romeo\" ended when \"verona\" crashed", "\"Romeo\" to connect again first"}},
    {WORLD "Romeo connects\na.example crashes\nverona starts\nRomeo sends:\n\t<presence/>\n",
     20,
     1,
     {"ended when \"a.example\" crashed"}},
    {WORLD "Juliet connects\nb.example crashes\nmantua starts\nJuliet sends raw:\n\t<\n", 20, 1, {"connect again"}},
    {WORLD "Romeo connects\nverona crashes\nverona starts\nRomeo closes: reset\n", 20, 1, {"connect again"}},
    {WORLD "Chat rooms connects\nverona crashes\nChat rooms sends:\n\t<a/>\n", 19, 1, {"the server of \"Chat rooms\""}},
    {WORLD "x.b.example connects\nmantua crashes\nmantua starts\nx.b.example sends:\n\t<a/>\n",
     20,
     1,
     {"connect again"}},
    {CAST "Juliet connects\nmontague.example crashes\nJuliet sends:\n\t<a/>\n",
     10,
     1,
     {"down since line 9", "\"montague.example\" to start first"}},
    {WORLD "Far away crashes\nFar away sends:\n\t<a/>\n", 18, 1, {"\"Far away\" is down since line 17", "start first"}},
    {WORLD "Far away crashes\nFar away closes: reset\n", 18, 1, {"is down since line 17"}},
    {WORLD "network heals\n", 17, 1, {"nothing is cut or stalled", "network cuts A from B"}},
    {WORLD "network cuts verona from mantua\nnetwork heals\nnetwork heals\n", 19, 1, {"nothing is cut or stalled"}},
    {WORLD "network cuts verona from mantua\nnetwork cuts b.example from a.example\n",
     18,
     14,
     {"the way from \"b.example\" to \"a.example\" is cut since line 17", "network heals"}},
    {WORLD "network cuts verona from mantua\nnetwork cuts mantua to verona\n", 18, 14, {"is cut since line 17"}},
    {WORLD "network cuts verona to mantua\nnetwork cuts verona to mantua\n", 18, 14, {"is cut since line 17"}},
    {WORLD "network cuts verona to mantua\nnetwork cuts mantua to verona\nnetwork cuts verona from mantua\n",
     19,
     14,
     {"is cut since line 17"}},
    {WORLD "network stalls verona to mantua\nnetwork stalls a.example to b.example\n",
     18,
     16,
     {"the way from \"a.example\" to \"b.example\" is stalled since line 17"}},
    {WORLD "DNS loses a.example\nDNS loses A.example\n", 18, 11, {"\"A.example\" is lost since line 17", "DNS finds"}},
    {WORLD "DNS finds a.example\n", 17, 11, {"\"a.example\" is not lost", "DNS loses"}},
    {WORLD "DNS loses a.example\nDNS finds a.example\nDNS finds a.example\n", 19, 11, {"is not lost"}},
    {"[Cases]\n\tcase  who\n\tone  verona\n\ttwo  mantua\n" WORLD "mantua crashes\n${who} crashes\n" QUIET,
     22,
     1,
     {"\"mantua\" is down since line 21", "in case \"two\" of line 4"}},
};

START_TEST(a_line_cannot_do_what_those_before_it_rule_out) {
    refuse(&sequels[_i]);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

Suite *script_network_suite(void) {
    Suite *suite = suite_create("script_network");
    TCase *tests = tcase_create("script_network");
    tcase_add_checked_fixture(tests, script_set_up, script_tear_down);
    tcase_add_test(tests, a_peer_keeps_its_name_and_what_it_does);
    tcase_add_loop_test(tests, each_step_of_a_peer_may_go_well_or_wrong, 0, COUNT(peer_values));
    tcase_add_loop_test(tests, every_stream_error_may_close_a_stream_or_refuse_one, 0, COUNT(stream_errors));
    tcase_add_test(tests, a_client_or_component_may_be_refused);
    tcase_add_test(tests, several_peers_or_components_may_share_a_domain);
    tcase_add_test(tests, a_component_is_at_the_server_above_it_or_at_the_one_that_it_names);
    tcase_add_test(tests, a_component_may_be_in_a_file_without_servers);
    tcase_add_test(tests, a_server_decides_for_the_domain_of_a_component);
    tcase_add_test(tests, a_link_joins_places_by_name_or_by_domain);
    tcase_add_test(tests, a_client_may_be_far_from_its_server);
    tcase_add_loop_test(tests, a_peer_does_all_but_connect, 0, COUNT(peer_actions));
    tcase_add_loop_test(tests, a_fault_is_read_with_its_places_as_written, 0, COUNT(faults));
    tcase_add_test(tests, the_words_between_two_places_may_stand_in_their_names);
    tcase_add_test(tests, a_domain_goes_before_a_name);
    tcase_add_test(tests, the_one_server_of_a_file_without_servers_goes_by_each_of_its_domains);
    tcase_add_test(tests, jids_of_a_peer_and_of_a_component_are_variables);
    tcase_add_loop_test(tests, what_is_over_may_come_again, 0, COUNT(sequences));
    tcase_add_loop_test(tests, the_cast_of_a_network_is_checked, 0, COUNT(casts));
    tcase_add_loop_test(tests, each_action_in_a_network_is_checked, 0, COUNT(actions));
    tcase_add_loop_test(tests, a_line_cannot_do_what_those_before_it_rule_out, 0, COUNT(sequels));
    suite_add_tcase(suite, tests);
    return suite;
}
