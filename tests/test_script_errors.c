/* Scripts that are wrong: each is refused with its line and column, what was found, and the nearest known word. */
#include "script_harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *script_errors_suite(void);

/* CAST has seven lines; the actions begin in line 8. */
#define EXPECT "Romeo receives: nothing\n"
/* Two lines, then the table. */
#define TABLE "[Client] Romeo\n\tjid: r@a.example\n[Cases]\n\tcase  who  what\n"

/* ------------------------------------------------------------------------------------------------------ forms ---- */

static const struct wrong forms[] = {
    {"", 0, 0, {"no cast", "[Client]"}},
    {"# only a title\n", 0, 0, {"no cast"}},
    {"---\nRomeo connects\n", 0, 0, {"no cast"}},
    {"# T\n\nRomeo connects\n" CAST, 3, 1, {"\"Romeo connects\" stands before the cast"}},
    {"  jid: a@b\n", 1, 3, {"belongs to nothing"}},
    {"[Clint] Romeo\n", 1, 1, {"unknown section \"Clint\"", "did you mean \"Client\""}},
    {"[Client Romeo\n", 1, 1, {"no closing bracket"}},
    {CAST "[Client] Late\n\tjid: a@b\n", 8, 1, {"among the actions"}},
    {CAST "\t<message/>\n", 8, 2, {"belongs to nothing", "an action"}},
    {CAST "Romeo connects\n", 0, 0, {"nothing is expected", "receives"}},
    {CAST "Romeo sends:\n\t<a/>\n", 0, 0, {"nothing is expected"}},
    {"## tag: ${x}\n" CAST EXPECT, 1, 9, {"\"x\" is no column"}},
};

START_TEST(the_form_of_a_file_is_checked) {
    refuse(&forms[_i]);
}
END_TEST

static const struct {
    const char *text;
    size_t size;
    unsigned line, column;
    const char *words;
} octets[] = {
    {"# \xC3\xA9\xFF\n", 5, 1, 4, "not UTF-8"}, {"# a\n#\xC3", 6, 2, 2, "not UTF-8"},
    {"\n\n\xED\xA0\x80", 5, 3, 1, "not UTF-8"}, {"\xC0\x80", 2, 1, 1, "not UTF-8"},
    {"\xF4\x90\x80\x80", 4, 1, 1, "not UTF-8"}, {"\xF5\x80\x80\x80", 4, 1, 1, "not UTF-8"},
    {"\xE0\x80\x80", 3, 1, 1, "not UTF-8"},     {"# a\r\n#\0b\n", 8, 2, 2, "NUL"},
};

START_TEST(octets_that_are_no_text_are_refused) {
    struct script_error error;
    ck_assert_ptr_null(script_read("x.scs", octets[_i].text, octets[_i].size, SCRIPT_STRICT_FORM, &error));
    ck_assert_uint_eq(error.line, octets[_i].line);
    ck_assert_uint_eq(error.column, octets[_i].column);
    ck_assert_ptr_nonnull(strstr(error.text, octets[_i].words));
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- cast ---- */

#define SERVER "[Server] s\n\thosts: a.example\n"

static const struct wrong casts[] = {
    {"[Client]\n\tjid: a@b\n", 1, 9, {"without a name"}},
    {"[Client] R\n", 1, 1, {"\"R\" has no jid"}},
    {"[Client] R\n\tjid:\n", 2, 6, {"jid has no value"}},
    {"[Client] R\n\tjid: b.example\n", 2, 7, {"\"b.example\" is no JID", "no @"}},
    {"[Client] R\n\tjid: a@\n", 2, 7, {"domain is empty"}},
    {"[Client] R\n\tjid: @b\n", 2, 7, {"before the @"}},
    {"[Client] R\n\tjid: a@b/\n", 2, 7, {"behind the /"}},
    {"[Client] R\n\tjid: a@b c\n", 2, 7, {"holds a space"}},
    {"[Client] R\n\tjid: a b@c\n", 2, 7, {"a space stands before the @"}},
    {"[Client] R\n\tjdi: a@b\n", 2, 2, {"unknown property \"jdi\"", "connect_host", "did you mean \"jid\""}},
    {"[Client] R\n\thosts: a\n", 2, 2, {"unknown property \"hosts\""}},
    {"[Client] R\n\ta@b\n", 2, 2, {"found \"a@b\"", "property: value"}},
    {"[Client] R\n\tjid: a@b\n\tjid: c@d\n", 3, 7, {"twice", "line 2"}},
    {"[Client] R\n\tjid: a@b/c\n\tresource: d\n", 3, 12, {"\"d\"", "line 2"}},
    {"[Client] R\n\tjid: a@b\n\tconnect_port: 65536\n", 3, 16, {"\"65536\"", "1 to 65535"}},
    {"[Client] R\n\tjid: a@b\n[Client] R\n", 3, 10, {"\"R\" is taken", "line 1"}},
    {"[Client] b\n\tjid: a@b\n[Peer] b\n", 3, 8, {"\"b\" is taken by the [Client]"}},
    {"[Client] <R>\n\tjid: a@b\n", 1, 10, {"holds \"<\""}},
    {"[Client] #1\n\tjid: a@b\n", 1, 10, {"begins like a comment"}},
    {"[Client] R\n\tjid: a@${b}\n", 2, 9, {"\"b\" is no column"}},
    {"[Server] s\n", 1, 1, {"has no hosts"}},
    {"[Server] s\n\thosts:\n", 2, 8, {"hosts has no value"}},
    {"[Server] s\n\thosts: a,,b\n", 2, 11, {"domain is empty"}},
    {"[Server] s\n\thosts: a, x@b\n", 2, 12, {"\"x@b\""}},
    {"[Server] s\n\thosts: a, A\n", 2, 12, {"\"A\" is here twice"}},
    {SERVER "[Server] t\n\thosts: b, A.example\n", 4, 12, {"belongs to the [Server] of line 1"}},
    {SERVER "[Peer] a.example\n", 3, 8, {"belongs to the [Server] of line 1"}},
    {SERVER "\tprofile: a b\n", 3, 11, {"one word"}},
    {SERVER "\tpolicy: knob\n", 3, 10, {"KNOB=VALUE"}},
    {SERVER "\tpolicy: =v\n", 3, 10, {"KNOB=VALUE"}},
    {SERVER "\tpolicy: k=v\n\tpolicy: k=w\n", 4, 10, {"\"k\" is here twice", "line 3"}},
    {SERVER "[Client] R\n\tjid: r@aa.example\n", 4, 7, {"no [Server]", "\"aa.example\"", "did you mean \"a.example\""}},
    {SERVER "[Account] r@b.example\n", 3, 1, {"no [Server]", "\"b.example\""}},
    {"[Account] a@b/c\n", 1, 11, {"no resource"}},
    {"[Account] b.example\n", 1, 11, {"no @"}},
    {"[Account] a@b\n[Account] A@b\n", 2, 1, {"twice", "line 1"}},
    {"[Account] a@b\n\tcontact: c@d\n", 2, 14, {"none, to, from or both"}},
    {"[Account] a@b\n\tcontact: c@d bth\n", 2, 15, {"\"bth\"", "did you mean \"both\""}},
    {"[Account] a@b\n\tcontact: c@d both ask\n", 2, 15, {"\"both ask\""}},
    {"[Account] a@b\n\tcontact: c@d both, aks\n", 2, 21, {"\"aks\"", "did you mean \"ask\""}},
    {"[Account] a@b\n\tcontact: c@d both, ask, ask\n", 2, 26, {"twice"}},
    {"[Account] a@b\n\tcontact: c@d both,\n", 2, 20, {"found \"\""}},
    {"[Account] a@b\n\tcontact: @d both\n", 2, 11, {"\"@d\" is no JID"}},
    {"[Account] a@b\n\tcontact: c@d both\n\tcontact: C@D to\n", 3, 11, {"twice", "line 2"}},
    {"[Account] a@b\n\texists: yes\n", 2, 10, {"\"yes\"", "expected no"}},
    {"[Account] a@b\n\texists: no\n\tcontact: c@d both\n", 2, 10, {"does not exist"}},
    {"[Account] A@b\n\texists: no\n[Client] R\n\tjid: a@B/c\n", 2, 10, {"\"A@b\" exists", "\"R\" of line 3"}},
    {"[Account] a@b\n\toffline:\n", 2, 10, {"offline has no value"}},
    {"[Account] a@b\n\toffline: <presence/>\n", 2, 11, {"<presence>", "only messages"}},
    {"[Account] a@b\n\toffline: <message xmlns='urn:x'/>\n", 2, 11, {"only messages"}},
    {"[Account] a@b\n\toffline:\n\t\t<message>\n\t\t <body>\n\t\t</message>\n", 5, 3, {"expected </body> of line 4"}},
    {"[Account] a@b\n\toffline: <message to=\"${R's JID}\"/>\n", 2, 24, {"unknown variable \"R's JID\""}},
    {"[Peer] p\n\tlatency: 40\n", 2, 11, {"unit is missing", "40ms"}},
    {"[Peer] p\n\tlatency: 4min\n", 2, 11, {"unit is unknown"}},
    {"[Peer] p\n\tlatency: 1.5s\n", 2, 11, {"unit is unknown", "whole number"}},
    {"[Peer] p\n\tlatency: ms\n", 2, 11, {"begin with a number"}},
    {"[Peer] p\n\tlatency: 99999999999999999999h\n", 2, 11, {"too long"}},
    {"[Peer] x@p\n", 1, 8, {"\"x@p\"", "expected a domain"}},
};

START_TEST(the_cast_is_checked) {
    refuse(&casts[_i]);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ cases ---- */

static const struct wrong cases[] = {
    {"[Cases]\n", 1, 1, {"without a table"}},
    {TABLE, 3, 1, {"without rows"}},
    {"[Cases] x\n", 1, 9, {"no name"}},
    {TABLE "\ta  Romeo  x\n[Cases]\n", 6, 1, {"a second [Cases]", "line 3"}},
    {TABLE "\ta\tRomeo\n", 5, 9, {"2 of 3 cells", "below \"what\"", "\"\""}},
    {TABLE "\ta\n", 5, 3, {"1 of 3 cells", "\"who\", \"what\""}},
    {TABLE "\ta  Romeo  x  y\n", 5, 15, {"\"y\" stands below no column", "\"case\", \"who\", \"what\""}},
    {TABLE "\ta  Romeo  x\n\tb  Romeo  y\n\ta  Romeo  z\n", 7, 2, {"\"a\" is here twice", "line 5"}},
    {TABLE "\t\"\"  Romeo  x\n", 5, 2, {"without a name"}},
    {"[Cases]\n\ta  b  a\n", 2, 8, {"\"a\" is here twice"}},
    {"[Cases]\n\ta  \"\"\n", 2, 5, {"without a name"}},
    {"[Cases]\n\ta  ${b}\n", 2, 5, {"$, { or }"}},
    {TABLE "\ta  Romeo  x\n---\n${who} receives: nothing\n# ${what}\n", 4, 13, {"nothing uses the column \"what\""}},
    {TABLE "\ta  Romeo  connects\n\tb  Rome  connects\n---\n${who} ${what}\nRomeo receives: nothing\n",
     8,
     1,
     {"\"Rome\" is not in the cast", "did you mean \"Romeo\"", "in case \"b\" of line 6"}},
    {TABLE "\ta  Romeo  \xC3\xA9\n---\n${who} receives:\n\t<a>\xC3\xA9${what}</a> x\n",
     8,
     18,
     {"text \"x\" outside", "in case \"a\" of line 5"}},
    {TABLE "\ta  Romeo  <b>\n---\n${who} receives:\n\t<a>${what}</a>\n", 8, 12, {"expected </b> of line 8"}},
    {TABLE "\ta  Romeo  <b\n---\n${who} receives:\n\t<a>${what}</a>\n", 8, 12, {"not well-formed"}},
    {TABLE "\ta  Romeo  ${who}\n---\n${who} receives:\n\t<a>${what}</a>\n", 8, 5, {"unknown variable \"who\""}},
    {TABLE "\ta  Romeo  \"\"\n---\nRomeo receives: nothing\n${what}\n\t<a>${who}</a>\n",
     8,
     1,
     {"with the case's values"}},
    {TABLE "\ta  Romeo  \"\"\n---\n${who} receives:\n\t${what}\n", 8, 1, {"the block is empty"}},
    {TABLE "\ta  Romeo  \"\"\n---\n${who} sends raw:\n\t${what}\n", 8, 1, {"the block is empty"}},
    {TABLE "\ta  Romeo  \"\"\n---\n${who} receives: nothing\na.example decides:\n\t${what}\n",
     9,
     1,
     {"the block is empty"}},
    {TABLE "\ta  Romeo  //\n---\nRomeo receives: nothing\n${what} ${who}\n", 8, 1, {"with the case's values"}},
    {TABLE "\ta  Romeo  x\n---\n${woh} receives: nothing\n${who} ${what}\n", 7, 1, {"\"woh\" is no column", "\"who\""}},
    {TABLE "\ta  Romeo  x\n\tb  Romeo  y\n---\n${who} receives:\n\t<a b='{scansion:capture:what}' c='${what}'/>\n",
     9,
     2,
     {"called like a column"}},
    {TABLE
     "\ta  receives: nothing  x\n\tb  connects  x\n---\n## ${what}\nRomeo ${who}\nRomeo sends:\n\t<a>${what}</a>\n",
     0,
     0,
     {"nothing is expected", "in case \"b\" of line 6"}},
    {"[Client] R\n\tjid: r@${d}\n[Cases]\n\tc  d\n\t1  a.example\n\t2  @\n---\nR receives: nothing\n",
     2,
     7,
     {"\"r@@\" is no JID", "in case \"2\" of line 6"}},
};

START_TEST(the_table_and_each_of_its_cases_is_checked) {
    refuse(&cases[_i]);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- actions ---- */

static const struct wrong actions[] = {
    {CAST "Romeo conects\n", 8, 7, {"unknown verb \"conects\"", "did you mean \"connects\""}},
    {CAST "Romeo recieves:\n\t<a/>\n", 8, 7, {"did you mean \"receives\""}},
    {CAST "Romeo\n", 8, 6, {"expected a verb"}},
    {CAST "Rmeo connects\n", 8, 1, {"\"Rmeo\" is not in the cast", "did you mean \"Romeo\""}},
    {CAST "Juliet's fone sends:\n\t<a/>\n", 8, 1, {"did you mean \"Juliet's phone\""}},
    {CAST "Juliets JID\n", 8, 1, {"a name of the cast and what it does"}},
    {CAST "jid: a@b\n", 8, 1, {"a property of the cast is indented"}},
    {CAST "Romeo connects now\n", 8, 7, {"\"connects now\"", "nothing behind the verb"}},
    {CAST "Romeo connects:\n", 8, 7, {"\"connects:\""}},
    {CAST "Romeo sends: <presence/>\n", 8, 7, {"in the next lines, indented"}},
    {CAST "Romeo receives in order:\n\t<a/>\n", 8, 7, {"receives in any order:"}},
    {CAST "Romeo connects\n\t<a/>\n", 9, 2, {"an indented block below line 8"}},
    {CAST "Romeo receives: nothing\n\t<a/>\n", 9, 2, {"an indented block below line 8"}},
    {CAST "Romeo sends:\n", 8, 13, {"nothing stands below"}},
    {CAST "Romeo sends:\n\n# c\nRomeo receives: nothing\n", 8, 13, {"nothing stands below"}},
    {CAST "Romeo sends raw:\n\t<a>\n\t{octet:}\n", 10, 1, {"two hexadecimal digits, 01 to FF"}},
    {CAST "Romeo sends raw:\n\t{octet:0}\n", 9, 1, {"two hexadecimal digits"}},
    {CAST "Romeo sends raw:\n\t{octet:0G}\n", 9, 1, {"two hexadecimal digits"}},
    {CAST "Romeo sends raw:\n\t{octet:00}\n", 9, 1, {"two hexadecimal digits"}},
    {CAST "Romeo sends raw:\n\t{octet:0F0}\n", 9, 1, {"two hexadecimal digits"}},
    {CAST "Romeo sends raw:\n\t{octet:FF\n", 9, 1, {"two hexadecimal digits"}},
    {CAST "Romeo sends raw:\n", 8, 17, {"nothing stands below"}},
    {CAST "Romeo receives:\n\tnothing\n", 9, 1, {"NAME receives: nothing"}},
    {CAST "Romeo receives one of:\n\t<a/>\n", 8, 1, {"two or more"}},
    {CAST "Romeo receives one of:\n\tnothing\n\t<a/>\n\tnothing\n", 8, 1, {"twice"}},
    {CAST "Romeo receives in any order:\n\t<a/>\n\tnothing\n", 10, 2, {"\"nothing\" outside of any element"}},
    {CAST "${gets} receives:\n\t<a/>\n", 8, 1, {"\"gets\" is no column of [Cases]"}},
    {"[Server] s\n\thosts: a.example\n---\ns connects\n", 4, 3, {"[Server] only crashes, starts and decides"}},
    {CAST "montage.example decides:\n\tdrop\n", 8, 1, {"\"montage.example\"", "did you mean \"montague.example\""}},
    {CAST "Romeo decides:\n\tdrop\n", 8, 1, {"no server serves the domain \"Romeo\""}},
    {CAST "montague.example decides:\n", 8, 26, {"nothing stands below", "FATE"}},
    {CAST "montague.example decides:\n\tdrop\n\tdrp\n", 10, 2, {"\"drp\"", "did you mean \"drop\""}},
    {CAST "montague.example decides:\n\tbounce gon\n", 9, 9, {"\"gon\"", "did you mean \"gone\""}},
    {CAST "montague.example decides:\n\tclose gone\n", 9, 8, {"\"gone\"", "stream error"}},
    {CAST "montague.example decides:\n\tdrop gone\n", 9, 7, {"\"gone\"", "only bounce and close"}},
    {CAST "montague.example decides:\n\tdrop by\n", 9, 7, {"found \"by\""}},
    {CAST "montague.example decides:\n\tdrop by a b\n", 9, 7, {"found \"by a b\""}},
    {CAST "montague.example decides:\n\tdeliver to a@b c\n", 9, 13, {"found \"a@b c\""}},
    {CAST "montague.example decides:\n\tdeliver to ${Rome's JID}\n", 9, 13, {"unknown variable \"Rome's JID\""}},
    {CAST "time passes: 30\n", 8, 14, {"\"30\"", "unit is missing"}},
    {CAST "time passes 30s\n", 8, 1, {"time passes: 30s"}},
    {CAST "time passes:\n", 8, 13, {"begin with a number"}},
    {CAST "time passes: 30s\n\t<a/>\n", 9, 2, {"an indented block below line 8"}},
};

/* Found by fuzzing: the list of columns in a message overran its room by two octets for some lengths of names. */
START_TEST(columns_of_any_length_are_named_in_a_message) {
    enum { COLUMNS = 8 };
    for (int length = 1; length <= 64; length++) {
        char text[2000];
        int size = snprintf(text, sizeof text, "[Client] Romeo\n\tjid: r@a.example\n[Cases]\n\t");
        for (int i = 0; i < COLUMNS; i++)
            size += snprintf(text + size, sizeof text - (size_t)size, "%c%0*d  ", 'a' + i, length, 0);
        size += snprintf(text + size, sizeof text - (size_t)size, "\n\t");
        for (int i = 0; i <= COLUMNS; i++)
            size += snprintf(text + size, sizeof text - (size_t)size, "x  ");
        struct script_error error;
        struct script_file *wrong = script_read("x.scs", text, (size_t)size, SCRIPT_STRICT_FORM, &error);
        ck_assert_ptr_null(wrong);
        ck_assert_msg(strstr(error.text, "below no column; the columns are \"a0") != NULL, "%s", error.text);
    }
}
END_TEST

START_TEST(each_action_is_checked) {
    refuse(&actions[_i]);
}
END_TEST

static const struct wrong blocks[] = {
    {CAST "Romeo sends:\n\t<message>\n\n\t  <body>\n", 11, 4, {"<body> is never ended"}},
    {CAST "Romeo sends:\n\t<message/> text\n", 9, 13, {"text \"text\" outside"}},
    {CAST "Romeo sends:\n   \t<a b='\xC3\xA9'/><c d='1' d='2'/>\n", 9, 24, {"duplicate attribute"}},
    {CAST "Romeo sends:\n\t<a/>\n# c\n\n\t\t</b>\n", 12, 3, {"without its start tag"}},
    {CAST "Romeo sends:\n\t<!DOCTYPE a [<!ENTITY b 'c'>]>\n\t<a>&b;</a>\n", 9, 2, {"DTD"}},
    {CAST "Romeo sends:\n\t<a>&b;</a>\n", 9, 5, {"undefined entity"}},
    {CAST "Romeo sends:\n\t<a><!-- c --></a>\n", 9, 5, {"comment"}},
    {CAST "Romeo sends:\n\t<a to='${Juliet's ful JID}'/>\n",
     9,
     9,
     {"unknown variable \"Juliet's ful JID\"", "did you mean \"Juliet's full JID\""}},
    {CAST "Romeo sends:\n\t<a>\n\t<b>\xC3\xA9 ${x}</b></a>\n", 10, 7, {"unknown variable \"x\""}},
    {CAST "Romeo sends raw:\n\t<a>${x}\n", 9, 5, {"unknown variable \"x\""}},
    {CAST "Romeo sends:\n\t<a b=\"${Romeo's JID\"/>\n", 9, 8, {"${ without }"}},
    {CAST "Romeo receives:\n\t<a b='{scansion:capture:x}'/>\n\t<a b='${x}'/>\n", 10, 8, {"unknown variable \"x\""}},
    {CAST "Romeo sends:\n\t<a b='{scansion:capture:x}'/>\nRomeo receives:\n\t<a b='${x}'/>\n", 11, 8, {"\"x\""}},
    {CAST "Romeo receives:\n\t<a b='{scansion:capture:xy}'/>\nRomeo sends:\n\t<a b='${xz}'/>\n",
     11,
     8,
     {"did you mean \"xy\""}},
    {CAST "Romeo receives:\n\t<a>\n\t\t<b c='{scansion:anny}'/></a>\n", 10, 3, {"in <b>", "{scansion:anny}"}},
    {CAST "Romeo receives:\n\t<a b='x{scansion:any}'/>\n", 9, 2, {"as the whole of a value"}},
    {CAST "Romeo receives:\n\t<a>{scansion:capture:}</a>\n", 9, 2, {"{scansion:capture:NAME}"}},
    {CAST "Romeo receives:\n\t<a>&#36;{x}</a>\n", 9, 2, {"in <a>", "can be sent, but not expected"}},
    {CAST "Romeo receives:\n\t<a scansion:strict='yes'/>\n", 9, 2, {"\"true\" or \"false\"", "\"yes\""}},
    {CAST "Romeo receives:\n\t<a scansion:loose='true'/>\n", 9, 2, {"only the attribute strict", "\"loose\""}},
};

START_TEST(each_block_is_checked) {
    refuse(&blocks[_i]);
}
END_TEST

/* ----------------------------------------------------------------------------------------------- hostile input ---- */

static struct script_error refuse_large(const char *before, const char *unit, size_t count, const char *after) {
    size_t size = strlen(before) + strlen(unit) * count + strlen(after);
    char *text = malloc(size + 1), *next = text;
    ck_assert_ptr_nonnull(text);
    memcpy(next, before, strlen(before));
    next += strlen(before);
    for (size_t i = 0; i < count; i++, next += strlen(unit)) {
        memcpy(next, unit, strlen(unit));
    }
    memcpy(next, after, strlen(after) + 1);
    struct script_error error;
    struct script_file *wrong = script_read("x.scs", text, size, SCRIPT_STRICT_FORM, &error);
    free(text);
    ck_assert_ptr_null(wrong);
    return error;
}

static void expect_error(struct script_error error, unsigned line, unsigned column, const char *words) {
    ck_assert_msg(error.line == line && error.column == column && strstr(error.text, words) != NULL, "%u:%u: %s",
                  error.line, error.column, error.text);
}

START_TEST(what_is_too_large_or_too_deep_is_refused) {
    expect_error(refuse_large(CAST "Romeo sends:\n\t", "<a>", 10000, "\n"), 9, 602, "200 elements");
    expect_error(refuse_large(CAST "Romeo sends:\n\t<a>", "x", XML_SIZE_MAX, "</a>\n"), 9, 1, "octets of XML");
    expect_error(refuse_large("", "#", SCRIPT_SIZE_MAX + 1, ""), 0, 0, "octets");
    expect_error(refuse_large("", "\n", SCRIPT_LINES_MAX + 1, ""), SCRIPT_LINES_MAX, 1, "lines");
    expect_error(refuse_large(CAST, "Romeo ", 1000, "\n"), 8, 1, "at most 4096");
    expect_error(refuse_large("[Client] ", "x", 256, "\n\tjid: a@b\n"), 1, 10, "at most 255");
    expect_error(refuse_large("", "[Account] a@b\n", SCRIPT_ACTORS_MAX + 1, ""), SCRIPT_ACTORS_MAX + 1, 1, "sections");
    expect_error(refuse_large("[Client] R\n\tjid: ", "x", 4000, "@b\n"), 2, 7, "longer than a JID can be");
    expect_error(refuse_large("[Cases]\n\tc", "  a", 2, "\n\t1  x\n"), 2, 8, "twice");
    expect_error(refuse_large("[Cases]\n\ta  b\n", "\tx\ty\n", SCRIPT_CASES_MAX + 1, ""), 4, 2, "twice");
}
END_TEST

START_TEST(too_much_work_for_many_cases_is_refused) {
    enum { ROWS = 20000, ROOM = 16 * ROWS };
    char *before = malloc(ROOM);
    ck_assert_ptr_nonnull(before);
    int size = snprintf(before, ROOM, "[Client] R\n\tjid: r@a.example\n[Cases]\n\tcase\n");
    for (int i = 0; i < ROWS; i++) {
        size += snprintf(before + size, (size_t)(ROOM - size), "\tc%d\n", i);
    }
    size += snprintf(before + size, (size_t)(ROOM - size), "---\nR receives: nothing\n");
    struct script_error error = refuse_large(before, "R connects\nR vanishes\n", 1000, "");
    free(before);
    ck_assert_ptr_nonnull(strstr(error.text, "values of all cases"));
    ck_assert_uint_gt(error.line, ROWS);
}
END_TEST

START_TEST(a_megabyte_in_one_stanza_is_read) {
    size_t size = strlen(CAST) + 1100000;
    char *text = malloc(size);
    ck_assert_ptr_nonnull(text);
    int before = snprintf(text, size, CAST EXPECT "Romeo sends:\n\t<a>");
    memset(text + before, 'x', 1000000);
    memcpy(text + before + 1000000, "</a>", 5);
    struct script_error error;
    struct script_file *large = script_read("x.scs", text, strlen(text), SCRIPT_STRICT_FORM, &error);
    free(text);
    ck_assert_msg(large != NULL, "%u:%u: %s", error.line, error.column, error.text);
    struct arena *memory = arena_new();
    ck_assert_uint_eq(script_case(large, 0, memory)->actions[1].stanzas[0].size, 1000007);
    arena_free(memory);
    script_file_free(large);
    script_file_free(NULL);
}
END_TEST

START_TEST(what_was_found_is_shown_in_whole_characters) {
    struct script_error error = refuse_large(CAST "Romeo ", "\xE2\x82\xAC", 300, "\n");
    expect_error(error, 8, 7, "unknown verb \"\xE2\x82\xAC");
    ck_assert_ptr_nonnull(strstr(error.text, "\xE2\x82\xAC...\""));
}
END_TEST

/* The last character is whole: so many octets follow its first one as that one says. */
static bool ends_whole(const char *text) {
    const unsigned char *end = (const unsigned char *)text + strlen(text), *last = end - 1;
    while ((*last & 0xC0) == 0x80) {
        last--;
    }
    size_t wanted = *last < 0x80 ? 1 : *last < 0xE0 ? 2 : *last < 0xF0 ? 3 : 4;
    return (size_t)(end - last) == wanted;
}

/* The message ends in what was found, which is longer than there is room. */
START_TEST(a_long_error_text_ends_in_a_whole_character) {
    for (size_t shift = 0; shift < 4; shift++) {
        char header[2000] = "[Cases]\n\tcase";
        for (int i = 10; i < 40; i++) {
            size_t size = strlen(header);
            snprintf(header + size, sizeof header - size, "  \xF0\x9F\x98\x80\xF0\x9F\x98\x80%d", i);
        }
        char row[16];
        snprintf(row, sizeof row, "\n\t%.*s\n", (int)shift + 1, "abcd");
        struct script_error error = refuse_large(header, "", 0, row);
        ck_assert_ptr_nonnull(strstr(error.text, "1 of 31 cells"));
        ck_assert_msg(ends_whole(error.text), "%s", error.text);
    }
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

Suite *script_errors_suite(void) {
    Suite *suite = suite_create("script_errors");
    TCase *tests = tcase_create("script_errors");
    tcase_add_loop_test(tests, the_form_of_a_file_is_checked, 0, COUNT(forms));
    tcase_add_loop_test(tests, octets_that_are_no_text_are_refused, 0, COUNT(octets));
    tcase_add_loop_test(tests, the_cast_is_checked, 0, COUNT(casts));
    tcase_add_loop_test(tests, the_table_and_each_of_its_cases_is_checked, 0, COUNT(cases));
    tcase_add_test(tests, columns_of_any_length_are_named_in_a_message);
    tcase_add_loop_test(tests, each_action_is_checked, 0, COUNT(actions));
    tcase_add_loop_test(tests, each_block_is_checked, 0, COUNT(blocks));
    tcase_add_test(tests, what_is_too_large_or_too_deep_is_refused);
    tcase_add_test(tests, too_much_work_for_many_cases_is_refused);
    tcase_add_test(tests, a_megabyte_in_one_stanza_is_read);
    tcase_add_test(tests, what_was_found_is_shown_in_whole_characters);
    tcase_add_test(tests, a_long_error_text_ends_in_a_whole_character);
    suite_add_tcase(suite, tests);
    return suite;
}
