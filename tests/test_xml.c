/* XML trees: what is kept of a text, where it stood, what is refused, and how a tree is written. */
#include "xml.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *xml_suite(void);

static struct arena *arena;

static void set_up(void) {
    arena = arena_new();
    ck_assert_ptr_nonnull(arena);
}

static void tear_down(void) {
    arena_free(arena);
}

static struct xml_node *parse(const char *text) {
    struct xml_node *roots;
    struct xml_fault fault;
    bool parsed = xml_parse(arena, text, strlen(text), 1, &roots, &fault);
    ck_assert_msg(parsed, "%u:%u: %s", fault.line, fault.column, fault.text);
    return roots;
}

static const char *written(const struct xml_node *node) {
    static char buffer[1000];
    ck_assert_uint_lt(xml_write(node, buffer, sizeof buffer), sizeof buffer);
    return buffer;
}

/* ------------------------------------------------------------------------------------------------------ arena ---- */

START_TEST(taken_memory_is_zeroed_aligned_and_apart) {
    unsigned char *last = NULL;
    for (size_t size = 0; size < 3000; size += 7) {
        unsigned char *piece = arena_take(arena, size);
        ck_assert_ptr_nonnull(piece);
        ck_assert_ptr_ne(piece, last);
        ck_assert_uint_eq((uintptr_t)piece % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++) {
            ck_assert_uint_eq(piece[i], 0);
        }
        memset(piece, 0xFF, size);
        last = piece;
    }
}
END_TEST

START_TEST(an_arena_gives_pieces_of_any_size) {
    char *large = arena_take(arena, 5000000);
    ck_assert_ptr_nonnull(large);
    large[4999999] = 'x';
    ck_assert_ptr_nonnull(arena_take(arena, 10));
    ck_assert_ptr_null(arena_take(arena, SIZE_MAX));
    ck_assert_ptr_null(arena_text(arena, "x", SIZE_MAX));
}
END_TEST

START_TEST(a_text_is_copied_and_ended) {
    char source[] = "Juliet";
    char *copy = arena_text(arena, source, 3);
    source[0] = 'x';
    ck_assert_str_eq(copy, "Jul");
    ck_assert_str_eq(arena_text(arena, NULL, 0), "");
    arena_free(NULL);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ trees ---- */

START_TEST(root_elements_follow_each_other) {
    struct xml_node *root = parse("\n  <message/>\n\n<iq><ping/><pong/></iq><presence/> ");
    ck_assert_str_eq(root->name, "message");
    ck_assert_str_eq(root->next->name, "iq");
    ck_assert_str_eq(root->next->child->name, "ping");
    ck_assert_str_eq(root->next->child->next->name, "pong");
    ck_assert_ptr_null(root->next->child->next->next);
    ck_assert_str_eq(root->next->next->name, "presence");
    ck_assert_ptr_null(root->next->next->next);
}
END_TEST

START_TEST(a_text_without_elements_has_no_root) {
    ck_assert_ptr_null(parse(""));
    ck_assert_ptr_null(parse(" \n\t\n"));
}
END_TEST

START_TEST(an_element_knows_its_octets_and_its_place) {
    const char *text = "\t<a x='\xC3\xA9'/><b>\n\xC3\xA9 <c/></b>\n";
    struct xml_node *roots;
    struct xml_fault fault;
    ck_assert(xml_parse(arena, text, strlen(text), 7, &roots, &fault));
    const struct xml_node *b = roots->next, *c = b->child;
    ck_assert_uint_eq(roots->line, 7);
    ck_assert_uint_eq(roots->column, 2);
    ck_assert_uint_eq(roots->offset, 1);
    ck_assert_uint_eq(roots->size, strlen("<a x='\xC3\xA9'/>"));
    ck_assert_uint_eq(b->line, 7);
    ck_assert_uint_eq(b->column, 12); /* characters, not octets */
    ck_assert_mem_eq(text + b->offset, "<b>\n\xC3\xA9 <c/></b>", b->size);
    ck_assert_uint_eq(b->size, strlen("<b>\n\xC3\xA9 <c/></b>"));
    ck_assert_uint_eq(c->line, 8);
    ck_assert_uint_eq(c->column, 3);
    ck_assert_mem_eq(text + c->offset, "<c/>", c->size);
}
END_TEST

START_TEST(attributes_keep_their_order_and_lose_declarations) {
    struct xml_node *node = parse(
        "<a z='1' xmlns='urn:x' b=\"&lt;2&#233;\" xml:lang='de' xmlns:p='urn:y' p:c='3' scansion:strict='true'/>");
    static const char *const expected[][3] = {{"", "z", "1"},
                                              {"", "b", "<2\xC3\xA9"},
                                              {"http://www.w3.org/XML/1998/namespace", "lang", "de"},
                                              {"urn:y", "c", "3"},
                                              {XML_SCANSION_NS, "strict", "true"}};
    ck_assert_uint_eq(node->attribute_count, 5);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_str_eq(node->attributes[i].ns, expected[i][0]);
        ck_assert_str_eq(node->attributes[i].name, expected[i][1]);
        ck_assert_str_eq(node->attributes[i].value, expected[i][2]);
    }
    ck_assert_str_eq(xml_attribute_get(node, "b"), "<2\xC3\xA9");
    ck_assert_ptr_null(xml_attribute_get(node, "strict"));
    ck_assert_ptr_null(xml_attribute_get(node, "lang"));
}
END_TEST

START_TEST(text_is_that_directly_inside_trimmed) {
    struct xml_node *node = parse("<a>\n  x &amp; <b> y </b><c/><![CDATA[<z>]]> \n</a>");
    ck_assert_str_eq(node->text, "x & <z>");
    ck_assert_str_eq(node->child->text, "y");
    ck_assert_str_eq(node->child->next->text, "");
}
END_TEST

/* Text, then the namespace of the innermost first child, followed from the root. */
static const struct {
    const char *text;
    const char *ns[3];
} namespaces[] = {
    {"<message><body/></message>", {XML_STREAM_NS, XML_STREAM_NS, NULL}},
    {"<message xmlns='jabber:client'><body/></message>", {XML_STREAM_NS, XML_STREAM_NS, NULL}},
    {"<message xmlns='jabber:server'><body/></message>", {XML_STREAM_NS, XML_STREAM_NS, NULL}},
    {"<c:message xmlns:c='jabber:client'><c:body/></c:message>", {XML_STREAM_NS, XML_STREAM_NS, NULL}},
    {"<iq><q xmlns='urn:x'><item/></q></iq>", {XML_STREAM_NS, "urn:x", "urn:x"}},
    {"<iq><p:q xmlns:p='urn:x'><item/></p:q></iq>", {XML_STREAM_NS, "urn:x", XML_STREAM_NS}},
    {"<m><f xmlns='urn:f'><m xmlns='jabber:client'/></f></m>", {XML_STREAM_NS, "urn:f", "jabber:client"}},
    {"<m xmlns='jabber:client'><f xmlns='urn:f'><m xmlns='jabber:client'/></f></m>",
     {XML_STREAM_NS, "urn:f", "jabber:client"}},
    {"<x xmlns=''><y/></x>", {"", "", NULL}},
    {"<x xmlns='urn:x'/>", {"urn:x", NULL, NULL}},
    {"<stream:error><gone/></stream:error>", {"http://etherx.jabber.org/streams", XML_STREAM_NS, NULL}},
};

START_TEST(an_element_has_the_namespace_it_inherits_or_declares) {
    const struct xml_node *node = parse(namespaces[_i].text);
    for (size_t i = 0; i < 3 && namespaces[_i].ns[i] != NULL; i++, node = node->child) {
        ck_assert_ptr_nonnull(node);
        ck_assert_str_eq(node->ns, namespaces[_i].ns[i]);
    }
}
END_TEST

START_TEST(a_word_may_stand_between_roots_on_a_line_of_its_own) {
    const char *text = "<a/>\n\tnothing \n<b>nothing</b>\nnothing";
    struct xml_node *roots;
    struct xml_fault fault;
    unsigned count;
    ck_assert(xml_parse_words(arena, text, strlen(text), 1, "nothing", &count, &roots, &fault));
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(roots->name, "a");
    ck_assert_str_eq(roots->next->text, "nothing");
    ck_assert(!xml_parse(arena, text, strlen(text), 1, &roots, &fault));
    ck_assert_uint_eq(fault.line, 2);
    ck_assert_uint_eq(fault.column, 2);
    text = "<a/> nothing";
    ck_assert(!xml_parse_words(arena, text, strlen(text), 1, "nothing", &count, &roots, &fault));
    text = "nothingness";
    ck_assert(!xml_parse_words(arena, text, strlen(text), 1, "nothing", &count, &roots, &fault));
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- faults ---- */

static const struct {
    const char *text;
    unsigned line, column;
    const char *words; /* in the message */
} faults[] = {
    {"<a>", 5, 1, "<a> is never ended"},
    {"<a>\n <b></b>\n", 5, 1, "<a> is never ended"},
    {"<a/>\n<b><c></c>", 6, 1, "<b> is never ended"},
    {"<a><b></a>", 5, 7, "expected </b> of line 5"},
    {"</a>", 5, 1, "without its start tag"},
    {"<a/></a>", 5, 5, "without its start tag"},
    {"</stanzas>", 5, 1, "without its start tag"},
    {"</stanzas><stanzas>", 5, 1, "without its start tag"},
    {"\n\xC3\xA9<a/>", 6, 1, "outside of any element"},
    {"<a/> Juliet", 5, 6, "text \"Juliet\" outside of any element"},
    {"&amp;", 5, 1, "outside of any element"},
    {"<![CDATA[x]]>", 5, 10, "outside of any element"},
    {"<a", 5, 1, "never finished"},
    {"<a/>\n<b c='d", 6, 1, "never finished"},
    {"<a b='1' b='2'/>", 5, 10, "duplicate attribute"},
    {"<a b=1/>", 5, 6, "not well-formed"},
    {"<p:a/>", 5, 1, "unbound prefix"},
    {"<a>&eacute;</a>", 5, 4, "undefined entity"},
    {"<a>&#0;</a>", 5, 4, "not well-formed"},
    {"<!-- x --><a/>", 5, 1, "comment"},
    {"<a>\n<!-- x --></a>", 6, 1, "comment"},
    {"<a><?x y?></a>", 5, 4, "processing instruction"},
    {"<?xml version='1.0'?><a/>", 5, 1, "declaration"},
    {"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", 5, 1, "DTD"},
    {"<a/>\n <!DOCTYPE a>", 6, 2, "DTD"},
    {"<a>\x01</a>", 5, 4, "not well-formed"},
    {"<a>]]></a>", 5, 6, "not well-formed"},
    {"<a/>\n<!-- x", 6, 1, "never finished"},
    {"<a/>\n<![CDATA[x", 6, 10, "outside of any element"},
    {"<a/>\n<![CDATA[", 6, 1, "never finished"},
    {"<a/>\n<?x", 6, 1, "never finished"},
    {"<a>\n<![CDATA[x</a>", 5, 1, "<a> is never ended"},
    {"<a>&am", 5, 1, "<a> is never ended"},
    {"<a/>\n<", 6, 1, "never finished"},
    {"<a>\xC3", 5, 1, "<a> is never ended"},
};

START_TEST(a_fault_names_its_place_and_its_kind) {
    struct xml_node *roots;
    struct xml_fault fault;
    const char *text = faults[_i].text;
    ck_assert(!xml_parse(arena, text, strlen(text), 5, &roots, &fault));
    ck_assert_msg(fault.line == faults[_i].line && fault.column == faults[_i].column &&
                      strstr(fault.text, faults[_i].words) != NULL,
                  "%s gave %u:%u: %s", text, fault.line, fault.column, fault.text);
}
END_TEST

/* All that is read into an arena has one parser. */
START_TEST(what_was_read_before_changes_nothing) {
    static const char text[] = "\n<m xmlns:p='urn:p'>x<p:b/></m> <end/>\r";
    struct xml_node *roots;
    struct xml_fault fault;
    for (int i = 0; i < 3; i++) {
        ck_assert(xml_parse(arena, text, strlen(text), 7, &roots, &fault));
        ck_assert_str_eq(roots->name, "m");
        ck_assert_str_eq(roots->text, "x");
        ck_assert_uint_eq(roots->line, 8);
        ck_assert_uint_eq(roots->offset, 1);
        ck_assert_uint_eq(roots->size, strlen(text) - 9);
        ck_assert_str_eq(roots->child->ns, "urn:p");
        ck_assert_uint_eq(roots->child->column, 21);
        ck_assert_str_eq(roots->next->name, "end");
        ck_assert_ptr_null(roots->next->next);
        ck_assert(!xml_parse(arena, "<p:b/>", 6, 1, &roots, &fault));
        ck_assert_ptr_nonnull(strstr(fault.text, "unbound prefix"));
        ck_assert(!xml_parse(arena, faults[_i].text, strlen(faults[_i].text), 5, &roots, &fault));
        ck_assert_uint_eq(fault.column, faults[_i].column);
    }
}
END_TEST

/* More than any one text may have, so that parsers are renewed. */
START_TEST(an_arena_takes_any_number_of_texts) {
    enum { SIZE = XML_SIZE_MAX / 3 };
    struct xml_node *roots;
    struct xml_fault fault;
    char *text = arena_take(arena, SIZE);
    memset(text, ' ', SIZE);
    memcpy(text, "<a b='c'/>", 10);
    memcpy(text + SIZE - 4, "<d/>", 4);
    for (int i = 0; i < 12; i++) {
        ck_assert(xml_parse(arena, text, SIZE, 1, &roots, &fault));
        ck_assert_str_eq(xml_attribute_get(roots, "b"), "c");
        ck_assert_uint_eq(roots->next->column, SIZE - 3);
        ck_assert_uint_eq(roots->next->offset, SIZE - 4);
        ck_assert_uint_eq(roots->next->size, 4);
        ck_assert_ptr_null(roots->next->next);
    }
}
END_TEST

static char *nested(size_t depth) {
    char *text = arena_take(arena, depth * 7 + 1), *next = text;
    for (size_t i = 0; i < depth; i++, next += 3) {
        memcpy(next, "<a>", 3);
    }
    for (size_t i = 0; i < depth; i++, next += 4) {
        memcpy(next, "</a>", 4);
    }
    return text;
}

START_TEST(elements_nest_as_deep_as_the_limit_and_no_deeper) {
    struct xml_node *roots;
    struct xml_fault fault;
    const char *text = nested(XML_DEPTH_MAX);
    ck_assert(xml_parse(arena, text, strlen(text), 1, &roots, &fault));
    text = nested(XML_DEPTH_MAX + 1);
    ck_assert(!xml_parse(arena, text, strlen(text), 1, &roots, &fault));
    ck_assert_uint_eq(fault.line, 1);
    ck_assert_uint_eq(fault.column, 3 * XML_DEPTH_MAX + 1);
    text = nested(10000);
    ck_assert(!xml_parse(arena, text, strlen(text), 1, &roots, &fault));
}
END_TEST

START_TEST(a_text_is_as_large_as_the_limit_and_no_larger) {
    struct xml_node *roots;
    struct xml_fault fault;
    char *text = arena_take(arena, XML_SIZE_MAX + 1);
    memset(text, 'x', XML_SIZE_MAX + 1);
    memcpy(text, "<a>", 3);
    memcpy(text + XML_SIZE_MAX - 4, "</a>", 4);
    ck_assert(xml_parse(arena, text, XML_SIZE_MAX, 1, &roots, &fault));
    ck_assert_uint_eq(strlen(roots->text), XML_SIZE_MAX - 7);
    ck_assert(!xml_parse(arena, text, XML_SIZE_MAX + 1, 3, &roots, &fault));
    ck_assert_uint_eq(fault.line, 3);
    ck_assert_ptr_null(roots);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- writing ---- */

static const struct {
    const char *text, *canonical;
} canonical[] = {
    {"<a></a>", "<a/>"},
    {"<a>\n\t<b />\n</a>", "<a><b/></a>"},
    {"<a c = '3'  b='2'\n a='1'/>", "<a a=\"1\" b=\"2\" c=\"3\"/>"},
    {"<a xml:lang='de' z='1' scansion:strict='true'/>", "<a z=\"1\" xml:lang=\"de\" scansion:strict=\"true\"/>"},
    {"<a> x &lt;&gt;&amp;\"' </a>", "<a>x &lt;&gt;&amp;\"'</a>"},
    {"<a b='&quot;&lt;&amp;&gt;&#10;&#9;&#13;'/>", "<a b=\"&quot;&lt;&amp;&gt;&#10;&#9;&#13;\"/>"},
    {"<m xmlns='jabber:client'><q xmlns='urn:q' b='1'><i/></q></m>", "<m><q xmlns=\"urn:q\" b=\"1\"><i/></q></m>"},
    {"<p:m xmlns:p='urn:m'><p:n/></p:m>", "<m xmlns=\"urn:m\"><n/></m>"},
    {"<a q:z='1' p:y='2' p:x='3' xmlns:p='urn:p' xmlns:q='urn:q'/>",
     "<a xmlns:a1=\"urn:p\" a1:x=\"3\" a1:y=\"2\" xmlns:a2=\"urn:q\" a2:z=\"1\"/>"},
};

START_TEST(a_tree_is_written_in_one_form) {
    const struct xml_node *node = parse(canonical[_i].text);
    ck_assert_str_eq(written(node), canonical[_i].canonical);
    ck_assert_str_eq(written(parse(canonical[_i].canonical)), canonical[_i].canonical);
}
END_TEST

START_TEST(many_attributes_are_sorted_too) {
    char text[1000] = "<a", expected[1000] = "<a";
    for (int i = 99; i >= 50; i--) {
        snprintf(text + strlen(text), sizeof text - strlen(text), " a%d='x'", i);
    }
    for (int i = 50; i <= 99; i++) {
        snprintf(expected + strlen(expected), sizeof expected - strlen(expected), " a%d=\"x\"", i);
    }
    strcat(text, "/>");
    strcat(expected, "/>");
    ck_assert_str_eq(written(parse(text)), expected);
}
END_TEST

START_TEST(writing_tells_the_whole_size_and_cuts_at_a_character) {
    const struct xml_node *node = parse("<a>\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80</a>");
    static const char whole[] = "<a>\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80</a>";
    static const size_t kept[] = {0, 1, 2, 3, 3, 5, 5, 5, 8, 8, 8, 8, 12, 13, 14, 15, 16, 16};
    char buffer[32];
    for (size_t size = 1; size <= sizeof kept / sizeof kept[0]; size++) {
        memset(buffer, 'x', sizeof buffer);
        ck_assert_uint_eq(xml_write(node, buffer, size), sizeof whole - 1);
        ck_assert_uint_eq(strlen(buffer), kept[size - 1]);
        ck_assert_mem_eq(buffer, whole, kept[size - 1]);
    }
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

Suite *xml_suite(void) {
    Suite *suite = suite_create("xml");
    TCase *tests = tcase_create("xml");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, taken_memory_is_zeroed_aligned_and_apart);
    tcase_add_test(tests, an_arena_gives_pieces_of_any_size);
    tcase_add_test(tests, a_text_is_copied_and_ended);
    tcase_add_test(tests, root_elements_follow_each_other);
    tcase_add_test(tests, a_text_without_elements_has_no_root);
    tcase_add_test(tests, an_element_knows_its_octets_and_its_place);
    tcase_add_test(tests, attributes_keep_their_order_and_lose_declarations);
    tcase_add_test(tests, text_is_that_directly_inside_trimmed);
    tcase_add_loop_test(tests, an_element_has_the_namespace_it_inherits_or_declares, 0, COUNT(namespaces));
    tcase_add_test(tests, a_word_may_stand_between_roots_on_a_line_of_its_own);
    tcase_add_loop_test(tests, a_fault_names_its_place_and_its_kind, 0, COUNT(faults));
    tcase_add_loop_test(tests, what_was_read_before_changes_nothing, 0, COUNT(faults));
    tcase_add_test(tests, an_arena_takes_any_number_of_texts);
    tcase_add_test(tests, elements_nest_as_deep_as_the_limit_and_no_deeper);
    tcase_add_test(tests, a_text_is_as_large_as_the_limit_and_no_larger);
    tcase_add_loop_test(tests, a_tree_is_written_in_one_form, 0, COUNT(canonical));
    tcase_add_test(tests, many_attributes_are_sorted_too);
    tcase_add_test(tests, writing_tells_the_whole_size_and_cuts_at_a_character);
    suite_add_tcase(suite, tests);
    return suite;
}
