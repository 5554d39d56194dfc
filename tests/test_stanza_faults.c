/* The stanza reader: what ends a stream, and that it does not matter how a stream is cut. */
#include "stanza_harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *stanza_faults_suite(void);

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
    {"<iq>hello!\x01</iq>", STANZA_FAULT_ILLFORMED},
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
    {"<iq xmlns:a='urn:x' xmlns:b='urn:x' a:c='1' b:c='2'/>", STANZA_FAULT_NS_ILLFORMED},
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
    ("text \xC3\xBC &amp; &#x20AC; \xF0\x9F\x98\x80<iq to='&#xFC;&lt;' from=\"a>'/>\"></iq ><![CDATA[<>]]>"
     "<presence type='unavailable' /><message><body><![CDATA[]]]]><![CDATA[>]]></body>"
     "<a b='c'/><a/><a/><a/><a/><a/><a/><a/><a/>"
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

#define EACH(test, table) tcase_add_loop_test(tcase, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *stanza_faults_suite(void) {
    Suite *suite = suite_create("stanza_faults");
    TCase *tcase = tcase_create("faults");
    EACH(a_fault_is_named, faults);
    EACH(a_fault_comes_after_the_stanzas_before_it_and_ends_the_stream, faults);
    tcase_add_test(tcase, entities_cannot_be_defined_so_that_none_can_be_blown_up);
    tcase_add_test(tcase, a_reset_forgets_half_a_stanza);
    EACH(where_a_stream_is_cut_does_not_matter, streams);
    EACH(where_a_stream_with_large_stanzas_is_cut_does_not_matter, streams);
    EACH(where_a_stream_with_a_fault_is_cut_does_not_matter, faults);
    suite_add_tcase(suite, tcase);
    return suite;
}
