/* The stanza reader: kinds, attributes, children, faults, and that it does not matter how a stream is cut. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "router.h"

Suite *stanza_suite(void);

enum { SIZE_MAX_INITIAL = 262144 }; /* knob size.max at first */

static struct slice text_of(const char *text) {
    return (struct slice){text, strlen(text)};
}

static bool same(struct slice view, const char *text) {
    return view.size == strlen(text) && memcmp(view.data, text, view.size) == 0;
}

#define ck_assert_view(view, text)                                                                                     \
    ck_assert_msg(same((view), (text)), "%s is \"%.*s\", not \"%s\"", #view, (int)(view).size, (view).data, (text))

static struct stanza_reader *reader_for(enum stanza_namespace ns, const char *text) {
    struct stanza_reader *reader = stanza_reader_new(NULL, ns, SIZE_MAX_INITIAL);
    ck_assert_ptr_nonnull(reader);
    ck_assert_int_eq(stanza_reader_feed(reader, text_of(text)), ROUTER_OK);
    return reader;
}

/* Reads the one stanza that a text holds; the reader is to be freed. */
static struct stanza_reader *read_one(enum stanza_namespace ns, const char *text, struct stanza *out) {
    struct stanza_reader *reader = reader_for(ns, text);
    ck_assert_msg(stanza_reader_next(reader, out) == STANZA_READY, "not a stanza: %s", text);
    return reader;
}

static void read_more(struct stanza_reader *reader, const char *text, struct stanza *out) {
    ck_assert_int_eq(stanza_reader_next(reader, out), STANZA_MORE);
    ck_assert_int_eq(stanza_reader_feed(reader, text_of(text)), ROUTER_OK);
    ck_assert_msg(stanza_reader_next(reader, out) == STANZA_READY, "not a stanza: %s", text);
}

static enum stanza_fault fault_in(const char *text) {
    struct stanza stanza;
    struct stanza_reader *reader = reader_for(STANZA_CLIENT, text);
    enum stanza_read result;
    while ((result = stanza_reader_next(reader, &stanza)) == STANZA_READY) continue;
    enum stanza_fault fault = stanza_reader_fault(reader);
    ck_assert_msg((result == STANZA_FAULT) == (fault != STANZA_FAULT_NONE), "%s", text);
    stanza_reader_free(reader);
    return fault;
}

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
    struct stanza_reader *reader = read_one(
        STANZA_CLIENT, "<iq to=\"d'art@b\" from='&amp;&lt;&gt;&apos;&quot;' id='&#65;&#x42;&#xFc;&#x1F600;'/>", &stanza);
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

/* ---------------------------------------------------------------------------------------------------- faults ---- */

static const struct {
    const char *text;
    enum stanza_fault fault;
} faults[] = {
    /* 6120 11.1 */
    {"<!-- hello -->", STANZA_FAULT_RESTRICTED},
    {"<iq><!----></iq>", STANZA_FAULT_RESTRICTED},
    {"<?php ?>", STANZA_FAULT_RESTRICTED},
    {"<iq><a><?b?></a></iq>", STANZA_FAULT_RESTRICTED},
    {"<!DOCTYPE a>", STANZA_FAULT_RESTRICTED},
    {"<!DOCTYPE a [<!ENTITY b 'c'>]><iq>&b;</iq>", STANZA_FAULT_RESTRICTED},
    {"<iq><!DOCTYPE a></iq>", STANZA_FAULT_RESTRICTED},
    {"<!ENTITY a 'b'>", STANZA_FAULT_RESTRICTED},
    {"<!ELEMENT a ANY>", STANZA_FAULT_RESTRICTED},
    {"<!ATTLIST a>", STANZA_FAULT_RESTRICTED},
    {"<!NOTATION a>", STANZA_FAULT_RESTRICTED},
    {"&nbsp;", STANZA_FAULT_RESTRICTED},
    {"<iq>&lol9;</iq>", STANZA_FAULT_RESTRICTED},
    {"<iq to='&a;'/>", STANZA_FAULT_RESTRICTED},
    {"<iq><a b='&AMP;'/></iq>", STANZA_FAULT_RESTRICTED},
    /* 6120 11.3, XML */
    {"<iq></message>", STANZA_FAULT_ILLFORMED},
    {"<iq></stream:stream>", STANZA_FAULT_ILLFORMED},
    {"</iq>", STANZA_FAULT_ILLFORMED},
    {"<iq><a></iq></a>", STANZA_FAULT_ILLFORMED},
    {"<iq a='1' a='2'/>", STANZA_FAULT_ILLFORMED},
    {"<iq a=1/>", STANZA_FAULT_ILLFORMED},
    {"<iq a=:/>", STANZA_FAULT_ILLFORMED},
    {"<iq a='<'/>", STANZA_FAULT_ILLFORMED},
    {"<iq a/>", STANZA_FAULT_ILLFORMED},
    {"<iq a='b'c='d'/>", STANZA_FAULT_ILLFORMED},
    {"<<iq/>", STANZA_FAULT_ILLFORMED},
    {"< iq/>", STANZA_FAULT_ILLFORMED},
    {"<1/>", STANZA_FAULT_ILLFORMED},
    {"<iq>&</iq>", STANZA_FAULT_ILLFORMED},
    {"<iq>&amp</iq>", STANZA_FAULT_ILLFORMED},
    {"<iq>&#0;</iq>", STANZA_FAULT_ILLFORMED},
    {"<iq>&#x1F;</iq>", STANZA_FAULT_ILLFORMED},
    {"<iq>&#xD800;</iq>", STANZA_FAULT_ILLFORMED},
    {"<iq>&#x110000;</iq>", STANZA_FAULT_ILLFORMED},
    {"<iq>]]></iq>", STANZA_FAULT_ILLFORMED},
    {"<iq>\x01</iq>", STANZA_FAULT_ILLFORMED},
    {"<iq a=':\x01'/>", STANZA_FAULT_ILLFORMED},
    {"<iq>:\x01</iq>", STANZA_FAULT_ILLFORMED},
    {"<iq>\xEF\xBF\xBF</iq>", STANZA_FAULT_ILLFORMED}, /* U+FFFF is UTF-8, but no character of XML */
    {"<a\xC3\x97/>", STANZA_FAULT_ILLFORMED},          /* a character that no name may hold */
    {"<iq/\xC3\xBC>", STANZA_FAULT_ILLFORMED},        /* likewise */
    {"<!iq>", STANZA_FAULT_ILLFORMED},
    {"<iq><!doctype a></iq>", STANZA_FAULT_ILLFORMED},
    {"<![CDATA[a]]>]]>", STANZA_FAULT_ILLFORMED},
    {"<?xml version='1.0'?>", STANZA_FAULT_ILLFORMED}, /* no processing instruction, and not at the start */
    /* 6120 11.3, namespaces */
    {"<p:iq/>", STANZA_FAULT_NS_ILLFORMED},
    {"<iq p:a='1'/>", STANZA_FAULT_NS_ILLFORMED},
    {"<iq><p:a/></iq>", STANZA_FAULT_NS_ILLFORMED},
    {"<iq><a xmlns:p='urn:p'/><p:a/></iq>", STANZA_FAULT_NS_ILLFORMED},
    {"<iq xmlns:p=''/>", STANZA_FAULT_NS_ILLFORMED},
    {"<iq xmlns:xml='urn:p'/>", STANZA_FAULT_NS_ILLFORMED},
    {"<iq xmlns:xmlns='urn:p'/>", STANZA_FAULT_NS_ILLFORMED},
    {"<iq xmlns:p='http://www.w3.org/2000/xmlns/'/>", STANZA_FAULT_NS_ILLFORMED},
    {"<iq xmlns:p='http://www.w3.org/XML/1998/namespace'/>", STANZA_FAULT_NS_ILLFORMED},
    {"<a:b:c xmlns:a='urn:a'/>", STANZA_FAULT_NS_ILLFORMED},
    {"<:a/>", STANZA_FAULT_NS_ILLFORMED},
    {"<a:/>", STANZA_FAULT_NS_ILLFORMED},
    {"<a:1/>", STANZA_FAULT_NS_ILLFORMED},
    {"<iq :a='1'/>", STANZA_FAULT_NS_ILLFORMED},
    {"<iq stream:='1'/>", STANZA_FAULT_NS_ILLFORMED},
    {"<iq stream:a:b='1'/>", STANZA_FAULT_NS_ILLFORMED},
    /* 6120 11.6 */
    {"<iq>\xFF</iq>", STANZA_FAULT_ENCODING},
    {"<iq>\x80</iq>", STANZA_FAULT_ENCODING},
    {"<iq>\xC3(</iq>", STANZA_FAULT_ENCODING},
    {"<iq>\xC0\xAF</iq>", STANZA_FAULT_ENCODING},
    {"<iq>\xED\xA0\x80</iq>", STANZA_FAULT_ENCODING},
    {"<iq>\xF4\x90\x80\x80</iq>", STANZA_FAULT_ENCODING},
    {"<iq to='\xE4'/>", STANZA_FAULT_ENCODING},
    {"<\xE4/>", STANZA_FAULT_ENCODING},
    {"\xFC", STANZA_FAULT_ENCODING},
    {"<iq><![CDATA[\xFC]]></iq>", STANZA_FAULT_ENCODING},
    /* 6120 4.4 */
    {"</stream:stream>", STANZA_FAULT_END},
    {" </stream:stream >", STANZA_FAULT_END},
    {"</stream:stream><!-- what follows is not read -->", STANZA_FAULT_END},
};

START_TEST(a_fault_is_named) {
    ck_assert_int_eq(fault_in(faults[_i].text), faults[_i].fault);
}
END_TEST

START_TEST(a_fault_comes_after_the_stanzas_before_it_and_ends_the_stream) {
    char text[256];
    struct stanza stanza;
    int size = snprintf(text, sizeof text, "<iq/>%s<presence/>", faults[_i].text);
    struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_CLIENT, SIZE_MAX_INITIAL);
    ck_assert_ptr_nonnull(reader);
    ck_assert_int_eq(stanza_reader_feed(reader, (struct slice){text, (size_t)size}), ROUTER_OK);
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_READY);
    ck_assert_int_eq(stanza_reader_fault(reader), STANZA_FAULT_NONE);
    for (int again = 0; again < 2; again++) {
        ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_FAULT);
        ck_assert_int_eq(stanza_reader_fault(reader), faults[_i].fault);
        ck_assert_int_eq(stanza_reader_feed(reader, text_of("<presence/>")), ROUTER_E_CONFLICT);
    }
    ck_assert_int_eq(stanza_reader_reset(reader), ROUTER_OK);
    ck_assert_int_eq(stanza_reader_fault(reader), STANZA_FAULT_NONE);
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_MORE);
    ck_assert_int_eq(stanza_reader_feed(reader, text_of("<presence/>")), ROUTER_OK);
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_READY);
    ck_assert_int_eq(stanza.kind, STANZA_AVAILABLE);
    stanza_reader_free(reader);
}
END_TEST

START_TEST(entities_cannot_be_defined_so_that_none_can_be_blown_up) {
    ck_assert_int_eq(fault_in("<!DOCTYPE lolz [<!ENTITY lol 'lol'><!ENTITY lol1 '&lol;&lol;&lol;&lol;&lol;&lol;'>"
                              "<!ENTITY lol2 '&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;'>]><iq>&lol2;</iq>"),
                     STANZA_FAULT_RESTRICTED);
    ck_assert_int_eq(fault_in("<iq>&lol2;</iq>"), STANZA_FAULT_RESTRICTED);
    ck_assert_int_eq(fault_in("<!DOCTYPE a SYSTEM 'file:///etc/passwd'>"), STANZA_FAULT_RESTRICTED);
}
END_TEST

START_TEST(a_reset_forgets_half_a_stanza) {
    struct stanza stanza;
    struct stanza_reader *reader = reader_for(STANZA_SERVER, "<message to='a'><body>");
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_MORE);
    ck_assert_int_eq(stanza_reader_reset(reader), ROUTER_OK);
    ck_assert_int_eq(stanza_reader_feed(reader, text_of("<presence/><iq/>")), ROUTER_OK);
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_READY);
    ck_assert_view(stanza.start, "<presence/>");
    ck_assert_int_eq(stanza_reader_reset(reader), ROUTER_OK);
    ck_assert_int_eq(stanza_reader_feed(reader, text_of("<message/>")), ROUTER_OK);
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_READY);
    ck_assert_view(stanza.start, "<message/>");
    ck_assert(!stanza.has_to);
    stanza_reader_free(reader);
}
END_TEST

/* --------------------------------------------------------------------------------------------------- chunks ----- */

static void log_view(FILE *log, const char *name, struct slice view) {
    fprintf(log, " %s=[", name);
    fwrite(view.data, 1, view.size, log);
    fprintf(log, "]");
}

static void log_stanza(FILE *log, const struct stanza *st) {
    fprintf(log, "%s %d%d%d %d%d%d%d %zu", stanza_kind_name(st->kind), st->oversize, st->prefixed, st->other_content,
            st->has_to, st->has_from, st->has_id, st->has_lang, st->child_count);
    log_view(log, "to", st->to);
    log_view(log, "from", st->from);
    log_view(log, "id", st->id);
    log_view(log, "type", st->type);
    log_view(log, "start", st->start);
    log_view(log, "body", st->body);
    for (size_t i = 0; i < st->child_count && i < STANZA_CHILDREN_MAX; i++) {
        log_view(log, "ns", st->child[i].ns);
        log_view(log, "name", st->child[i].name);
        log_view(log, "raw", st->child[i].raw);
    }
    fprintf(log, "\n");
}

/* All that a reader makes of a text that it gets as `first` octets, then `step` at a time. Each piece is freed when the
 * reader asks for more, so that a view into an earlier one would show. To be freed. */
static char *read_all(struct slice text, size_t first, size_t step, size_t size_max) {
    char *written = NULL;
    size_t size = 0;
    FILE *log = open_memstream(&written, &size);
    struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_CLIENT, size_max);
    struct stanza stanza;
    enum stanza_read result = STANZA_MORE;
    ck_assert(log != NULL && reader != NULL);
    for (size_t at = 0, next; at < text.size && result == STANZA_MORE; at = next) {
        next = at + (at == 0 ? first : step);
        if (next > text.size) next = text.size;
        char *piece = malloc(next - at);
        ck_assert_ptr_nonnull(piece);
        memcpy(piece, text.data + at, next - at);
        ck_assert_int_eq(stanza_reader_feed(reader, (struct slice){piece, next - at}), ROUTER_OK);
        while ((result = stanza_reader_next(reader, &stanza)) == STANZA_READY) log_stanza(log, &stanza);
        free(piece);
    }
    fprintf(log, "then %d %d\n", (int)result, (int)stanza_reader_fault(reader));
    stanza_reader_free(reader);
    fclose(log);
    return written;
}

static void assert_cuts_do_not_matter(struct slice text, size_t size_max) {
    char *whole = read_all(text, text.size, 1, size_max);
    for (size_t first = 1; first < text.size; first++) {
        char *cut = read_all(text, first, text.size, size_max);
        ck_assert_msg(strcmp(cut, whole) == 0, "cut at %zu: %s\n%s\n%s", first, text.data, cut, whole);
        free(cut);
    }
    for (size_t step = 1; step < 5; step++) {
        char *cut = read_all(text, step, step, size_max);
        ck_assert_msg(strcmp(cut, whole) == 0, "cut every %zu: %s\n%s\n%s", step, text.data, cut, whole);
        free(cut);
    }
    free(whole);
}

static const char *const streams[] = {
    ("<message from='a@b/c' to='d@e' type='chat' id='1'><body>hi</body></message><presence/> <iq type='get' id='2'>"
    "<ping xmlns='urn:xmpp:ping'/></iq>\n<m:message xmlns:m='jabber:client'><m:body>\xC3\xBC\xE2\x82\xAC</m:body>"
    "</m:message>"),
    ("text \xC3\xBC &amp; &#x20AC; \xF0\x9F\x98\x80<iq to='&#xFC;&lt;' from=\"a>'/>\"></iq ><![CDATA[<>]]><presence type"
    "='unavailable' /><message><body><![CDATA[]]]]><![CDATA[>]]></body><a b='c'/><a/><a/><a/><a/><a/><a/><a/><a/>"
    "</message></stream:stream>"),
    ("<iq/><iq></iq><iq/><presence xmlns='jabber:server'><x xmlns='urn:x'><y/></x></presence><z xml:lang='de'>\r\n\r"
    "</z>]]]]<iq><a xmlns:p='urn:p'><p:b/></a></iq>\xEF\xBB\xBF<iq>\xEF\xBB\xBF</iq><presence"),
};

START_TEST(where_a_stream_is_cut_does_not_matter) {
    assert_cuts_do_not_matter(text_of(streams[_i]), SIZE_MAX_INITIAL);
}
END_TEST

START_TEST(where_a_stream_with_large_stanzas_is_cut_does_not_matter) {
    for (size_t size_max = 0; size_max < 120; size_max += 3) {
        assert_cuts_do_not_matter(text_of(streams[_i]), size_max);
    }
}
END_TEST

START_TEST(where_a_stream_with_a_fault_is_cut_does_not_matter) {
    char text[256];
    int size = snprintf(text, sizeof text, "<presence/>  %s<iq/>", faults[_i].text);
    assert_cuts_do_not_matter((struct slice){text, (size_t)size}, SIZE_MAX_INITIAL);
    assert_cuts_do_not_matter((struct slice){text, (size_t)size}, 10);
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
    {"<priority><![CDATA[42]]></priority>", 42},
    {"<priority>4<![CDATA[]]><![CDATA[2]]></priority >", 42},
    {"<priority><![CDATA[ 4]]>2 </priority>", 42},
    {"<priority xml:lang='>'>7</priority>", 7},
    {"<priority xml:lang=\"'/>\"\n>7</priority>", 7},
    {"<p:priority xmlns:p='jabber:client'>7</p:priority>", 7},
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
    {"<priority><![CDATA[&#53;]]></priority>", 0},
    {"<priority>5 5</priority>", 0},
    {"<priority>\xC2\xA0" "5</priority>", 0},
    {"<priority>&#xA0;5</priority>", 0},
    {"<priority>1234567890</priority>", 0},
};

static const struct slice romeo = {"romeo@montague.example", 22};

START_TEST(text_is_read_however_it_is_written) {
    static const char *const domains[] = {"montague.example"};
    const struct router_config config = {.domains = domains, .domain_count = 1};
    struct router *router;
    struct stanza stanza;
    uint32_t port;
    char presence[256], facts[256], wanted[64];
    ck_assert_int_eq(router_new(&config, &router), ROUTER_OK);
    ck_assert_int_eq(router_account(router, romeo), ROUTER_OK);
    ck_assert_int_eq(router_bind(router, text_of("romeo@montague.example/orchard"), 0, &port), ROUTER_OK);
    snprintf(presence, sizeof presence, "<presence>%s</presence>", priorities[_i].child);
    struct stanza_reader *reader = read_one(STANZA_CLIENT, presence, &stanza);
    ck_assert_int_eq(router_input(router, port, &stanza, 0), ROUTER_OK);
    router_describe(router, romeo, facts, sizeof facts);
    snprintf(wanted, sizeof wanted, "priority %d available", priorities[_i].priority);
    ck_assert_msg((strstr(facts, wanted) != NULL) || (priorities[_i].priority == 0 && strstr(facts, "connected")),
                  "%s gives: %s", priorities[_i].child, facts);
    stanza_reader_free(reader);
    router_free(router);
}
END_TEST

#define EACH(test, table) tcase_add_loop_test(tcase, test, 0, (int)(sizeof(table) / sizeof *(table)))

static TCase *reading(void) {
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
    EACH(where_a_stream_is_cut_does_not_matter, streams);
    EACH(where_a_stream_with_large_stanzas_is_cut_does_not_matter, streams);
    EACH(text_is_read_however_it_is_written, priorities);
    return tcase;
}

static TCase *faulty(void) {
    TCase *tcase = tcase_create("faults");
    EACH(a_fault_is_named, faults);
    EACH(a_fault_comes_after_the_stanzas_before_it_and_ends_the_stream, faults);
    EACH(where_a_stream_with_a_fault_is_cut_does_not_matter, faults);
    tcase_add_test(tcase, entities_cannot_be_defined_so_that_none_can_be_blown_up);
    tcase_add_test(tcase, a_reset_forgets_half_a_stanza);
    return tcase;
}

Suite *stanza_suite(void) {
    Suite *suite = suite_create("stanza");
    suite_add_tcase(suite, reading());
    suite_add_tcase(suite, faulty());
    return suite;
}
