/* The stanza reader: kinds, attributes, children and texts. */
#include "stanza_harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *stanza_suite(void);

/* ----------------------------------------------------------------------------------------------------- kinds ---- */

static const struct {
    const char *text, *name;
    enum stanza_kind kind;
} kinds[] = {
    /* 6121 5.2.2 */
    {"<message/>", "message/normal", STANZA_NORMAL},
    {"<message type='normal'/>", "message/normal", STANZA_NORMAL},
    {"<message type='chat'/>", "message/chat", STANZA_CHAT},
    {"<message type='groupchat'/>", "message/groupchat", STANZA_GROUPCHAT},
    {"<message type='headline'/>", "message/headline", STANZA_HEADLINE},
    {"<message type='error'/>", "message/error", STANZA_MESSAGE_ERROR},
    {"<message type='subscribe'/>", "message/normal", STANZA_NORMAL},
    {"<message type='CHAT'/>", "message/normal", STANZA_NORMAL},
    {"<message type='chats'/>", "message/normal", STANZA_NORMAL},
    {"<message type='cha'/>", "message/normal", STANZA_NORMAL},
    {"<message type='chit'/>", "message/normal", STANZA_NORMAL},
    {"<message type=''/>", "message/normal", STANZA_NORMAL},
    {"<message type='ch&#97;t'/>", "message/chat", STANZA_CHAT},
    /* 6121 4.7.1 */
    {"<presence/>", "presence/available", STANZA_AVAILABLE},
    {"<presence type='unavailable'/>", "presence/unavailable", STANZA_UNAVAILABLE},
    {"<presence type='subscribe'/>", "presence/subscribe", STANZA_SUBSCRIBE},
    {"<presence type='subscribed'/>", "presence/subscribed", STANZA_SUBSCRIBED},
    {"<presence type='unsubscribe'/>", "presence/unsubscribe", STANZA_UNSUBSCRIBE},
    {"<presence type='unsubscribed'/>", "presence/unsubscribed", STANZA_UNSUBSCRIBED},
    {"<presence type='probe'/>", "presence/probe", STANZA_PROBE},
    {"<presence type='error'/>", "presence/error", STANZA_PRESENCE_ERROR},
    {"<presence type='available'/>", "presence/other", STANZA_PRESENCE_OTHER},
    {"<presence type=''/>", "presence/other", STANZA_PRESENCE_OTHER},
    /* 6120 8.2.3 */
    {"<iq type='get'/>", "iq/get", STANZA_GET},
    {"<iq type='set'/>", "iq/set", STANZA_SET},
    {"<iq type='result'/>", "iq/result", STANZA_RESULT},
    {"<iq type='error'/>", "iq/error", STANZA_IQ_ERROR},
    {"<iq/>", "iq/other", STANZA_IQ_OTHER},
    {"<iq type=''/>", "iq/other", STANZA_IQ_OTHER},
    {"<iq type='chat'/>", "iq/other", STANZA_IQ_OTHER},
    /* first-level elements that are no stanzas */
    {"<messages/>", "foreign", STANZA_FOREIGN},
    {"<IQ type='get'/>", "foreign", STANZA_FOREIGN},
    {"<message xmlns=''/>", "foreign", STANZA_FOREIGN},
    {"<message xmlns='jabber:clients'/>", "foreign", STANZA_FOREIGN},
    {"<message xmlns='jabber:clien'/>", "foreign", STANZA_FOREIGN},
    {"<x:message xmlns:x='urn:x'/>", "foreign", STANZA_FOREIGN},
    {"<stream:features/>", "foreign", STANZA_FOREIGN},
    {"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' type='get'/>", "foreign", STANZA_FOREIGN},
};

START_TEST(a_stanza_is_known_by_name_and_type) {
    struct stanza stanza;
    struct stanza_reader *reader = read_one(STANZA_CLIENT, kinds[_i].text, &stanza);
    ck_assert_int_eq(stanza.kind, kinds[_i].kind);
    ck_assert_str_eq(stanza_kind_name(stanza.kind), kinds[_i].name);
    ck_assert(!stanza.oversize && !stanza.other_content);
    stanza_reader_free(reader);
}
END_TEST

START_TEST(every_kind_has_a_name_of_its_own) {
    for (int a = 0; a < STANZA_KIND_COUNT; a++) {
        for (int b = 0; b < a; b++) {
            ck_assert_str_ne(stanza_kind_name((enum stanza_kind)a), stanza_kind_name((enum stanza_kind)b));
        }
    }
    ck_assert_str_eq(stanza_kind_name(STANZA_KIND_COUNT), "unknown");
}
END_TEST

/* ---------------------------------------------------------------------------------------------- content namespace */

static const struct {
    enum stanza_namespace stream;
    const char *text;
    enum stanza_kind kind;
    bool prefixed, other_content;
} contents[] = {
    {STANZA_CLIENT, "<iq type='get'/>", STANZA_GET, false, false},
    {STANZA_SERVER, "<iq type='get'/>", STANZA_GET, false, false},
    {STANZA_CLIENT, "<iq xmlns='jabber:client' type='get'/>", STANZA_GET, false, false},
    {STANZA_SERVER, "<iq xmlns='jabber:server' type='get'/>", STANZA_GET, false, false},
    {STANZA_CLIENT, "<iq xmlns='jabber:server' type='get'/>", STANZA_GET, false, true},
    {STANZA_SERVER, "<iq xmlns='jabber:client' type='get'/>", STANZA_GET, false, true},
    {STANZA_COMPONENT, "<iq type='get'/>", STANZA_GET, false, false},
    {STANZA_COMPONENT, "<iq xmlns='jabber:component:accept' type='get'/>", STANZA_GET, false, false},
    {STANZA_COMPONENT, "<x:iq xmlns:x='jabber:component:accept' type='get'/>", STANZA_GET, true, false},
    {STANZA_COMPONENT, "<iq xmlns='jabber:client' type='get'/>", STANZA_GET, false, true},
    {STANZA_COMPONENT, "<iq xmlns='jabber:server' type='get'/>", STANZA_GET, false, true},
    {STANZA_COMPONENT, "<handshake/>", STANZA_FOREIGN, false, false},
    {STANZA_CLIENT, "<iq xmlns='jabber:component:accept' type='get'/>", STANZA_GET, false, true},
    {STANZA_SERVER, "<iq xmlns='jabber:component:accept' type='get'/>", STANZA_GET, false, true},
    {STANZA_CLIENT, "<x:iq xmlns:x='jabber:client' type='get'/>", STANZA_GET, true, false},
    {STANZA_CLIENT, "<iq:iq xmlns:iq='jabber:client' type='get'/>", STANZA_GET, true, false},
    {STANZA_CLIENT, "<longer:iq xmlns:longer='jabber:client' type='get'/>", STANZA_GET, true, false},
    {STANZA_CLIENT, "<x:iq xmlns:x='jabber:server' type='get'></x:iq>", STANZA_GET, true, true},
    {STANZA_CLIENT, "<p:presence xmlns:p='jabber:client'/>", STANZA_AVAILABLE, true, false},
    {STANZA_CLIENT, "<presence\n/>", STANZA_AVAILABLE, false, false},
    {STANZA_CLIENT, "<presence></presence>", STANZA_AVAILABLE, false, false},
    {STANZA_CLIENT, "<presence\txmlns='jabber:client'\r\n></presence\n>", STANZA_AVAILABLE, false, false},
    {STANZA_CLIENT, "<other xmlns='jabber:server'/>", STANZA_FOREIGN, false, true},
    {STANZA_CLIENT, "<stream:error/>", STANZA_FOREIGN, true, false},
};

START_TEST(prefix_and_content_namespace_are_told) {
    struct stanza stanza;
    struct stanza_reader *reader = read_one(contents[_i].stream, contents[_i].text, &stanza);
    ck_assert_int_eq(stanza.kind, contents[_i].kind);
    ck_assert_int_eq(stanza.prefixed, contents[_i].prefixed);
    ck_assert_int_eq(stanza.other_content, contents[_i].other_content);
    stanza_reader_free(reader);
}
END_TEST

/* ------------------------------------------------------------------------------------------------ attributes ---- */

START_TEST(attributes_are_told_apart_from_those_that_are_missing) {
    struct stanza stanza;
    struct stanza_reader *reader =
        read_one(STANZA_CLIENT, "<iq to='a@b' from='c@d/e' id='7' type='get' xml:lang='de'/>", &stanza);
    ck_assert(stanza.has_to && stanza.has_from && stanza.has_id && stanza.has_lang);
    ck_assert_view(stanza.to, "a@b");
    ck_assert_view(stanza.from, "c@d/e");
    ck_assert_view(stanza.id, "7");
    ck_assert_view(stanza.type, "get");
    read_more(reader, "<iq/>", &stanza);
    ck_assert(!stanza.has_to && !stanza.has_from && !stanza.has_id && !stanza.has_lang);
    ck_assert_uint_eq(stanza.to.size + stanza.from.size + stanza.id.size + stanza.type.size, 0);
    read_more(reader, "<iq to='' from='' id='' xml:lang=''/>", &stanza);
    ck_assert(stanza.has_to && stanza.has_from && stanza.has_id && stanza.has_lang);
    ck_assert_uint_eq(stanza.to.size + stanza.from.size + stanza.id.size + stanza.type.size, 0);
    stanza_reader_free(reader);
}
END_TEST

START_TEST(attributes_of_other_names_and_namespaces_do_not_count) {
    struct stanza stanza;
    struct stanza_reader *reader = read_one(
        STANZA_CLIENT, "<iq xmlns:x='urn:x' x:to='a' x:from='b' x:id='c' x:type='get' x:lang='d' lang='e' To='f'/>",
        &stanza);
    ck_assert(!stanza.has_to && !stanza.has_from && !stanza.has_id && !stanza.has_lang);
    ck_assert_int_eq(stanza.kind, STANZA_IQ_OTHER);
    read_more(reader, "<message><body to='a' id='b' xml:lang='c'/></message>", &stanza);
    ck_assert(!stanza.has_to && !stanza.has_id && !stanza.has_lang);
    stanza_reader_free(reader);
}
END_TEST

START_TEST(attribute_values_are_decoded) {
    struct stanza stanza;
    struct stanza_reader *reader =
        read_one(STANZA_CLIENT, "<iq to=\"d'art@b\" from='&amp;&lt;&gt;&apos;&quot;' id='&#65;&#x42;&#xFc;&#x1F600;'/>",
                 &stanza);
    ck_assert_view(stanza.to, "d'art@b");
    ck_assert_view(stanza.from, "&<>'\"");
    ck_assert_view(stanza.id, "AB\xC3\xBC\xF0\x9F\x98\x80");
    /* XML 3.3.3: written white space becomes spaces, a line end one; referenced white space stays */
    read_more(reader, "<iq to='a\tb\nc\r\nd\re' from='a&#9;b&#10;c' id='\"&amp;amp;>'/>", &stanza);
    ck_assert_view(stanza.to, "a b c d e");
    ck_assert_view(stanza.from, "a\tb\nc");
    ck_assert_view(stanza.id, "\"&amp;>");
    stanza_reader_free(reader);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- octets ---- */

static const struct {
    const char *text, *start, *body;
} octets[] = {
    {"<presence/>", "<presence/>", ""},
    {"<presence></presence>", "<presence>", ""},
    {"<presence ></presence >", "<presence >", ""},
    {"<message to='a>b' id=\"/>\"><body>c</body></message>", "<message to='a>b' id=\"/>\">", "<body>c</body>"},
    {"<message\n\tid = '1'\n>text<b/>more\n</message\n>", "<message\n\tid = '1'\n>", "text<b/>more\n"},
    {"<message><body><![CDATA[</body></message><a>&no;]]></body></message>", "<message>",
     "<body><![CDATA[</body></message><a>&no;]]></body>"},
    {"<message><body>\xEF\xBB\xBF" "a\xEF\xBB\xBF</body></message>", "<message>",
     "<body>\xEF\xBB\xBF" "a\xEF\xBB\xBF</body>"}, /* 6120 11.6: U+FEFF is a character like any other */
    {"<message><body>&lt;&#38;&gt;</body></message>", "<message>", "<body>&lt;&#38;&gt;</body>"},
    {"<m:iq xmlns:m='jabber:client'><m:iq/></m:iq>", "<m:iq xmlns:m='jabber:client'>", "<m:iq/>"},
    {"<message><message><message/></message></message>", "<message>", "<message><message/></message>"},
};

START_TEST(start_tag_and_body_are_as_written) {
    struct stanza stanza;
    struct stanza_reader *reader = read_one(STANZA_CLIENT, octets[_i].text, &stanza);
    ck_assert_view(stanza.start, octets[_i].start);
    ck_assert_view(stanza.body, octets[_i].body);
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_MORE);
    stanza_reader_free(reader);
}
END_TEST

START_TEST(a_stanza_within_a_chunk_is_not_copied) {
    const char text[] = " <message to='a'><body>hi</body></message>\n<presence/>";
    struct stanza stanza;
    struct stanza_reader *reader = reader_for(STANZA_CLIENT, text);
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_READY);
    ck_assert_ptr_eq(stanza.start.data, text + 1);
    ck_assert_ptr_eq(stanza.body.data, text + 17);
    ck_assert_ptr_eq(stanza.child[0].raw.data, text + 17);
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_READY);
    ck_assert_ptr_eq(stanza.start.data, strstr(text, "<presence"));
    stanza_reader_free(reader);
}
END_TEST

START_TEST(what_stands_between_stanzas_is_skipped) {
    struct stanza stanza;
    struct stanza_reader *reader =
        reader_for(STANZA_CLIENT, " \n\t\r\n<presence/>  <iq/>text &amp; <![CDATA[<a>]]><iq/> ");
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_READY);
    ck_assert_int_eq(stanza.kind, STANZA_AVAILABLE);
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_READY);
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_READY);
    ck_assert_int_eq(stanza.kind, STANZA_IQ_OTHER);
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_MORE);
    ck_assert_int_eq(stanza_reader_feed(reader, (struct slice){NULL, 0}), ROUTER_OK);
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_MORE);
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_MORE);
    stanza_reader_free(reader);
}
END_TEST

START_TEST(input_is_refused_while_earlier_input_is_not_read_to_its_end) {
    struct stanza stanza;
    struct stanza_reader *reader = reader_for(STANZA_CLIENT, "<iq/><iq/>");
    ck_assert_int_eq(stanza_reader_feed(reader, text_of("<iq/>")), ROUTER_E_CONFLICT);
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_READY);
    ck_assert_int_eq(stanza_reader_feed(reader, text_of("<iq/>")), ROUTER_E_CONFLICT);
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_READY);
    ck_assert_int_eq(stanza_reader_feed(reader, text_of("<iq/>")), ROUTER_E_CONFLICT);
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_MORE);
    ck_assert_int_eq(stanza_reader_feed(reader, text_of("<iq/>")), ROUTER_OK);
    stanza_reader_free(reader);
}
END_TEST

/* -------------------------------------------------------------------------------------------------- children ---- */

START_TEST(children_are_described_with_their_namespaces) {
    struct stanza stanza;
    struct stanza_reader *reader =
        read_one(STANZA_CLIENT,
                 "<message xmlns:p='urn:p'>a<body>b<c/></body><p:q z='>'/><d xmlns='urn:d&amp;e'><f/></d>"
                 "<g xmlns=''/><p:h xmlns:p='urn:h'></p:h><xml:i/></message>",
                 &stanza);
    const char *const children[][3] = {
        {"jabber:client", "body", "<body>b<c/></body>"},
        {"urn:p", "q", "<p:q z='>'/>"},
        {"urn:d&e", "d", "<d xmlns='urn:d&amp;e'><f/></d>"},
        {"", "g", "<g xmlns=''/>"},
        {"urn:h", "h", "<p:h xmlns:p='urn:h'></p:h>"},
        {"http://www.w3.org/XML/1998/namespace", "i", "<xml:i/>"},
    };
    ck_assert_uint_eq(stanza.child_count, 6);
    for (size_t i = 0; i < 6; i++) {
        ck_assert_view(stanza.child[i].ns, children[i][0]);
        ck_assert_view(stanza.child[i].name, children[i][1]);
        ck_assert_view(stanza.child[i].raw, children[i][2]);
    }
    stanza_reader_free(reader);
}
END_TEST

START_TEST(children_inherit_the_namespace_of_their_stream) {
    struct stanza stanza;
    struct stanza_reader *reader = read_one(STANZA_SERVER, "<message><body/></message>", &stanza);
    ck_assert_view(stanza.child[0].ns, "jabber:server");
    stanza_reader_free(reader);
}
END_TEST

START_TEST(children_past_the_eighth_are_counted) {
    struct stanza stanza;
    struct stanza_reader *reader =
        read_one(STANZA_CLIENT, "<iq><a/><b/><c/><d/><e/><f/><g/><h/><i><x/></i><j/></iq>", &stanza);
    ck_assert_uint_eq(stanza.child_count, 10);
    ck_assert_view(stanza.child[0].raw, "<a/>");
    ck_assert_view(stanza.child[STANZA_CHILDREN_MAX - 1].raw, "<h/>");
    ck_assert_view(stanza.child[STANZA_CHILDREN_MAX - 1].name, "h");
    ck_assert_view(stanza.body, "<a/><b/><c/><d/><e/><f/><g/><h/><i><x/></i><j/>");
    stanza_reader_free(reader);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- texts ---- */

/* 6121 4.7.2.3: the priority is an integer from -128 to 127. XML leaves many ways to write one. */
static const struct {
    const char *child;
    int priority;
} priorities[] = {
    {"<priority>5</priority>", 5},
    {"<priority>-128</priority>", -128},
    {"<priority> \t127\r\n</priority>", 127},
    {"<priority>&#52;2</priority>", 42},
    {"<priority>&#x34;&#x32;</priority>", 42},
    {"<priority>&#x0000000034;</priority>", 4},
    {"<priority>&#x2d;4</priority>", -4},
    {"<priority>&#x2D;4</priority>", -4},
    {"<priority>\r4\r\n</priority>", 4},
    {"<priority><![CDATA[42]]></priority>", 42},
    {"<priority>4<![CDATA[]]><![CDATA[2]]></priority >", 42},
    {"<priority><![CDATA[ 4]]>2 </priority>", 42},
    {"<priority xml:lang='>'>7</priority>", 7},
    {"<priority xml:lang=\"'/>\"\n>7</priority>", 7},
    {"<priority xmlns='urn:other'>7</priority>", 0},
    {"<show>away</show><priority>7</priority>", 7},
    {"<x/><x/><x/><x/><x/><x/><x/><priority>7</priority>", 7},
    {"<status>5</status>", 0},
    /* no integers: such a presence is not used with that priority, see the rules on bad priorities */
    {"<priority/>", 0},
    {"<priority></priority>", 0},
    {"<priority> </priority>", 0},
    {"<priority><x/></priority>", 0},
    {"<priority>5<x/></priority>", 0},
    {"<priority>5<![CDATA[<x/>]]></priority>", 0},
    {"<priority>&lt;</priority>", 0},
    {"<priority>&quot;</priority>", 0},
    {"<priority>&#xE9;</priority>", 0},
    {"<priority>&#x20AC;</priority>", 0},
    {"<priority>&#x1F600;</priority>", 0},
    {"<priority>4\r4</priority>", 0},
    {"<priority><![CDATA[&#53;]]></priority>", 0},
    {"<priority>5 5</priority>", 0},
    {"<priority>\xC2\xA0" "5</priority>", 0},
    {"<priority>&#xA0;5</priority>", 0},
    {"<priority>1234567890</priority>", 0},
};

static const struct slice romeo = {"romeo@montague.example", 22};

/* The facts about an account that sends one presence, in a static buffer. */
static const char *facts_after(const struct stanza *presence) {
    static const char *const domains[] = {"montague.example"};
    static char facts[256];
    const struct router_config config = {.domains = domains, .domain_count = 1};
    struct router *router;
    uint32_t port;
    ck_assert_int_eq(router_new(&config, &router), ROUTER_OK);
    ck_assert_int_eq(router_account(router, romeo), ROUTER_OK);
    ck_assert_int_eq(router_bind(router, text_of("romeo@montague.example/orchard"), 0, &port), ROUTER_OK);
    ck_assert_int_eq(router_input(router, port, presence, 0), ROUTER_OK);
    router_describe(router, romeo, facts, sizeof facts);
    router_free(router);
    return facts;
}

/* A presence with a bad priority may be refused, or count as 0. */
static bool has_priority(const char *facts, int priority) {
    char wanted[64];
    snprintf(wanted, sizeof wanted, "priority %d available", priority);
    return strstr(facts, wanted) != NULL || (priority == 0 && strstr(facts, "connected, no presence") != NULL);
}

START_TEST(text_is_read_however_it_is_written) {
    char text[256];
    struct stanza presence;
    snprintf(text, sizeof text, "<presence>%s</presence>", priorities[_i].child);
    struct stanza_reader *reader = read_one(STANZA_CLIENT, text, &presence);
    const char *facts = facts_after(&presence);
    ck_assert_msg(has_priority(facts, priorities[_i].priority), "%s gives %s", priorities[_i].child, facts);
    stanza_reader_free(reader);
}
END_TEST

/* What no reader would have let pass, put into a stanza by hand. */
static const char *const broken[] = {
    "",
    ">",
    "<",
    "<priority",
    "<priority>",
    "<priority>5",
    "<priority a='>5</priority>",
    "<priority>&</priority>",
    "<priority>&#53</priority>",
    "<priority>&;</priority>",
    "<priority>&#;</priority>",
    "<priority>&#x;</priority>",
    "<priority>&#x3g;</priority>",
    "<priority>&#5a;</priority>",
    "<priority>&#x110035;</priority>",
    "<priority>&five;</priority>",
    "<priority><![CDATA[5</priority>",
    "<priority><![CDATA[</priority>",
    "<priority><![</priority>",
    "<priority>\r",
};

START_TEST(text_that_is_not_well_formed_does_no_harm) {
    struct stanza presence;
    struct stanza_reader *reader = read_one(STANZA_CLIENT, "<presence><priority>5</priority></presence>", &presence);
    /* in memory of its own, so that a sanitizer sees each octet that is read past its end */
    size_t size = strlen(broken[_i]);
    char *raw = malloc(size > 0 ? size : 1);
    ck_assert_ptr_nonnull(raw);
    memcpy(raw, broken[_i], size);
    presence.child[0].raw = (struct slice){raw, size};
    const char *facts = facts_after(&presence);
    ck_assert_msg(has_priority(facts, 0), "%s gives %s", broken[_i], facts);
    free(raw);
    stanza_reader_free(reader);
}
END_TEST

#define EACH(test, table) tcase_add_loop_test(tcase, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *stanza_suite(void) {
    Suite *suite = suite_create("stanza");
    TCase *tcase = tcase_create("reading");
    EACH(a_stanza_is_known_by_name_and_type, kinds);
    tcase_add_test(tcase, every_kind_has_a_name_of_its_own);
    EACH(prefix_and_content_namespace_are_told, contents);
    tcase_add_test(tcase, attributes_are_told_apart_from_those_that_are_missing);
    tcase_add_test(tcase, attributes_of_other_names_and_namespaces_do_not_count);
    tcase_add_test(tcase, attribute_values_are_decoded);
    EACH(start_tag_and_body_are_as_written, octets);
    tcase_add_test(tcase, a_stanza_within_a_chunk_is_not_copied);
    tcase_add_test(tcase, what_stands_between_stanzas_is_skipped);
    tcase_add_test(tcase, input_is_refused_while_earlier_input_is_not_read_to_its_end);
    tcase_add_test(tcase, children_are_described_with_their_namespaces);
    tcase_add_test(tcase, children_inherit_the_namespace_of_their_stream);
    tcase_add_test(tcase, children_past_the_eighth_are_counted);
    EACH(text_is_read_however_it_is_written, priorities);
    EACH(text_that_is_not_well_formed_does_no_harm, broken);
    suite_add_tcase(suite, tcase);
    return suite;
}
