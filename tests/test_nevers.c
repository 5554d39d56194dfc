/* Tests of the checks over a run's log: they are tempted where a rule could have been broken, and only there. */
#include "drill_harness.h"
#include "router_harness.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *nevers_suite(void);

static void setup(void) {
    drill_setup_case();
    options.seed = 1;
    options.trace = true;
}

#define VERONA \
    "# Test\n" \
    "[Server] verona\n\thosts: montague.example\n" \
    "[Server] mantua\n\thosts: capulet.example\n" \
    "[Account] romeo@montague.example\n\tcontact: juliet@capulet.example both\n\tcontact: tybalt@capulet.example none\n" \
    "[Account] juliet@capulet.example\n\tcontact: romeo@montague.example both\n" \
    "[Client] Romeo\n\tjid: romeo@montague.example/orchard\n" \
    "[Client] Juliet\n\tjid: juliet@capulet.example/balcony\n" \
    "---\n" \
    "Romeo connects\n"

START_TEST(presence_tempts_the_rules_on_who_may_see_it) {
    passes(VERONA "Romeo sends:\n\t<presence/>\n"
               "Romeo receives:\n\t<presence/>\n\t<presence type='unavailable'/>\n");
    ck_assert(fired("pres.leak.bcast"));
    ck_assert(fired("pres.init.nobcast")); /* Tybalt is in the roster and no subscriber */
    ck_assert(!fired("pres.upd.directed"));
    ck_assert(!fired("pres.end.nodep"));
    ck_assert(!fired("pres.probe.full.only"));
    ck_assert(!fired("roster.push.form"));
}
END_TEST

START_TEST(a_stored_message_tempts_the_rules_on_the_store) {
    passes(VERONA "Romeo sends:\n"
               "\t<message id='m1' type='chat' to='juliet@capulet.example'><body>Hi</body></message>\n"
               "\t<message id='m2' type='headline' to='juliet@capulet.example'/>\n"
               "time passes: 1s\n"
               "Juliet connects\n"
               "Juliet sends:\n\t<presence/>\n"
               "Juliet receives:\n\t<presence/>\n\t<message id='m1'/>\n\t<presence type='unavailable'/>\n");
    ck_assert(fired("off.accept"));
    ck_assert(fired("off.headline"));
    ck_assert(!fired("off.groupchat"));
    ck_assert(fired("off.deliver.whom"));
    ck_assert(fired("off.deliver.once"));
    ck_assert(fired("off.deliver.order"));
    ck_assert(fired("off.deliver.to"));
    ck_assert(fired("off.delay.from"));
    ck_assert(fired("off.delay.stamp"));
}
END_TEST

START_TEST(an_error_tempts_the_rules_on_errors) {
    passes(VERONA "Romeo sends:\n"
               "\t<message id='m1' to='montague.example'><body>Hark</body></message>\n"
               "\t<iq id='q1' type='get' to='montague.example'><ping xmlns='urn:xmpp:ping'/></iq>\n"
               "Romeo receives:\n"
               "\t<message id='m1' type='error'/>\n"
               "\t<iq id='q1' type='result'/>\n");
    static const char *const tempted[] = {"err.kind", "err.swap", "err.id", "err.child", "err.condition-type",
                                          "in.iq.reply-once", "in.msg.attempt", "in.order.stream", "in.order.direct",
                                          "in.to.generated", "loc.self"};
    for (size_t i = 0; i < sizeof tempted / sizeof *tempted; i++) {
        ck_assert_msg(fired(tempted[i]), "%s", tempted[i]);
    }
    static const char *const untempted[] = {"err.when", "err.leak", "err.same-answer", "err.unknown-cond",
                                            "in.order.local", "in.order.remote", "in.s2s.nostamp", "s2s.fail.any"};
    for (size_t i = 0; i < sizeof untempted / sizeof *untempted; i++) {
        ck_assert_msg(!fired(untempted[i]), "%s", untempted[i]);
    }
}
END_TEST

START_TEST(stanzas_between_servers_tempt_the_rules_on_streams) {
    passes(VERONA "Juliet connects\n"
               "Romeo sends:\n"
               "\t<message id='m1' to='juliet@capulet.example/balcony'><body>One</body></message>\n"
               "\t<message id='m2' to='juliet@capulet.example/balcony'><body>Two</body></message>\n"
               "Juliet receives:\n\t<message id='m1'/>\n\t<message id='m2'/>\n"
               "Juliet sends:\n\t<message id='m3' type='error' to='romeo@montague.example/orchard'>"
               "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>\n"
               "Romeo receives:\n\t<message id='m3' type='error'/>\n");
    static const char *const tempted[] = {"s2s.single", "s2s.header-from", "s2s.recv.deliver", "s2s.recv.error-back",
                                          "in.order.remote", "in.order.fromremote", "in.s2s.nostamp", "in.to.present",
                                          "in.to.scope", "in.elem.unmodified"};
    for (size_t i = 0; i < sizeof tempted / sizeof *tempted; i++) {
        ck_assert_msg(fired(tempted[i]), "%s", tempted[i]);
    }
    ck_assert(!fired("s2s.direction")); /* nothing was sent on a stream while its counterpart was open */
    ck_assert(!fired("in.ns.rescope"));
    ck_assert(!fired("s2s.subscription-from"));
}
END_TEST

START_TEST(content_tempts_the_rules_on_what_it_holds) {
    passes(VERONA "Juliet connects\n"
               "Romeo sends raw:\n\t<message id='m1' to='juliet@capulet.example/balcony'><body>a&#xFEFF;b</body>\n"
               "Romeo sends raw:\n\t<g:gift xmlns:g='urn:example:g'><message xmlns='jabber:client' "
               "to='nurse@capulet.example'/></g:gift></message>\n"
               "Juliet receives:\n\t<message id='m1'/>\n");
    ck_assert(fired("in.xml.partial"));
    ck_assert(fired("in.xml.bom"));
    ck_assert(fired("in.xml.keep-prefix"));
    ck_assert(fired("in.xml.noprefix-out"));
    ck_assert(fired("in.ns.rescope-nested"));
    ck_assert(fired("in.elem.depth"));
    ck_assert(!fired("in.xml.whitespace"));
    ck_assert(!fired("in.elem.foreign"));
    ck_assert(!fired("in.to.payload-jids"));
}
END_TEST

START_TEST(all_that_waits_for_a_stream_is_named_when_it_fails) {
    passes(VERONA "Romeo sends:\n"
               "\t<presence id='s1' type='subscribe' to='nurse@nowhere.example'/>\n"
               "\t<message id='m1' to='nurse@nowhere.example'><body>One</body></message>\n"
               "\t<message id='m2' to='nurse@nowhere.example'><body>Two</body></message>\n"
               "Romeo receives:\n\t<message id='m1' type='error'/>\n\t<message id='m2' type='error'/>\n");
    ck_assert(fired("s2s.fail.any"));
    const char *first = strstr(result.trace, "m1 rule=s2s.fail.msg fate=bounce");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(strstr(first, "m2 rule=s2s.fail.msg fate=bounce"));
}
END_TEST

START_TEST(presence_that_was_kept_takes_the_namespace_of_the_stream_it_goes_out_on) {
    contact("juliet@capulet.example", "nurse@verona.example", ROUTER_SUB_FROM);
    ck_assert_int_eq(input(juliet, "<presence><show xmlns='jabber:client'>away</show></presence>"), ROUTER_OK);
    ck_assert_int_eq(router_link(router, opened(), ROUTER_LINK_READY, 0), ROUTER_OK);
    const char *waited = effects(BYTES);
    ck_assert_ptr_nonnull(strstr(waited, "away"));
    ck_assert_ptr_null(strstr(waited, "jabber:client"));
    const uint32_t from = peer();
    const char *probe = "<presence from='nurse@verona.example' to='juliet@capulet.example' type='probe'/>";
    const char *answer = send_as(from, probe, BYTES);
    ck_assert_ptr_nonnull(strstr(answer, "away"));
    ck_assert_ptr_null(strstr(answer, "jabber:client"));
    ck_assert_int_eq(input(from, probe), ROUTER_OK);
    ck_assert(has_mark("pres.probe.ns"));
}
END_TEST

/* A peer breaks rules on purpose; whatever it sends, the server's answer is no breach of one. */
START_TEST(whatever_a_peer_says_breaks_no_rule) {
    static const char *const says[] = {
        "<presence id='p1' from='tybalt@verona.example' to='romeo@montague.example' type='subscribed'/>"
        "<presence id='p2' from='tybalt@verona.example/square' to='romeo@montague.example'/>",
        "<presence id='p1' from='tybalt@verona.example/square' to='romeo@montague.example' type='unavailable'/>"
        "<presence id='p2' from='tybalt@verona.example' to='romeo@montague.example' type='unsubscribed'/>",
        "<presence id='p1' from='tybalt@verona.example/square' to='romeo@montague.example' type='subscribe'/>",
        "<presence id='p1' from='tybalt@verona.example/square' to='romeo@montague.example/orchard' type='probe'/>",
        "<message id='m1' from='tybalt@verona.example' to='romeo@montague.example/orchard' type='error'/>",
        "<iq id='q1' from='tybalt@verona.example' to='romeo@montague.example/orchard' type='result'/>",
        "<iq id='q1' from='tybalt@verona.example' to='romeo@montague.example/orchard' type='error'/>",
        "<iq from='tybalt@verona.example' to='montague.example' type='get'/>",
        "<message id='m1' from='romeo@montague.example/orchard' to='romeo@montague.example'/>",
        "<presence id='p1' from='romeo@montague.example/orchard' to='romeo@montague.example' type='subscribe'/>",
        "<message id='m1' from='juliet@capulet.example' to='romeo@montague.example'/>",
        "<message id='m1' from='tybalt@verona.example' to='juliet@capulet.example'/>",
        "<message id='m1' from='tybalt@verona.example'/>",
        "<message id='m1' to='romeo@montague.example'/>",
        "<message id='m1' from='@verona.example' to='romeo@montague.example'/>",
        "<message id='m1' from='TYBALT@Verona.Example' to='Romeo@MONTAGUE.example/orchard'/>",
        "<square/>",
    };
    for (size_t i = 0; i < sizeof says / sizeof *says; i++) {
        char script[2000];
        snprintf(script, sizeof script, "[Peer] verona.example\n%sRomeo sends:\n\t<presence/>\nverona.example sends:\n\t%s\n",
                 VERONA, says[i]);
        options = (struct drill_options){.scansion = true};
        play_case(script, 0);
        ck_assert_msg(result.verdict == DRILL_PASS, "%s\n%s", says[i], result.failure == NULL ? "" : result.failure);
    }
}
END_TEST

START_TEST(an_error_may_go_back_to_a_peer_that_wrote_to_itself) {
    options.profile_text = "departs in.s2s.foreign-to does bounce item-not-found as mine.foreign\n";
    passes_loosely("[Peer] mantua.example\n" VERONA "mantua.example sends:\n"
                   "\t<message id='m1' from='a@mantua.example' to='b@mantua.example'/>\n"
                   "mantua.example receives:\n"
                   "\t<message id='m1' type='error'/>\n");
}
END_TEST

Suite *nevers_suite(void) {
    Suite *suite = suite_create("nevers");
    TCase *tc = tcase_create("nevers");
    tcase_add_checked_fixture(tc, setup, drill_teardown_case);
    tcase_add_test(tc, presence_tempts_the_rules_on_who_may_see_it);
    tcase_add_test(tc, a_stored_message_tempts_the_rules_on_the_store);
    tcase_add_test(tc, an_error_tempts_the_rules_on_errors);
    tcase_add_test(tc, stanzas_between_servers_tempt_the_rules_on_streams);
    tcase_add_test(tc, content_tempts_the_rules_on_what_it_holds);
    tcase_add_test(tc, all_that_waits_for_a_stream_is_named_when_it_fails);
    tcase_add_test(tc, whatever_a_peer_says_breaks_no_rule);
    tcase_add_test(tc, an_error_may_go_back_to_a_peer_that_wrote_to_itself);
    suite_add_tcase(suite, tc);
    TCase *bare = tcase_create("router");
    tcase_add_checked_fixture(bare, harness_setup, harness_teardown);
    tcase_add_test(bare, presence_that_was_kept_takes_the_namespace_of_the_stream_it_goes_out_on);
    suite_add_tcase(suite, bare);
    return suite;
}
