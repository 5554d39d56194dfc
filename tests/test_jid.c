/* Preparation of JIDs: split, mapping, limits. The numbered examples are those of RFC 7622 section 3.5. */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "router.h"

Suite *jid_suite(void);

static int prepare(const char *jid, struct jid_parts *out) {
    return jid_prepare((struct slice){jid, strlen(jid)}, out);
}

static bool same(struct slice part, const char *wanted) {
    return part.size == strlen(wanted) && memcmp(part.data, wanted, part.size) == 0;
}

/* The prepared JID as a whole, in a static buffer; "refused" where there is none. */
static const char *prepared(const char *jid) {
    static char whole[3 * (ROUTER_JID_PART_MAX + 1) + 1];
    static struct jid_parts parts;
    if (prepare(jid, &parts) != ROUTER_OK) return "refused";
    memcpy(whole, parts.text, parts.size);
    whole[parts.size] = '\0';
    return whole;
}

/* A text put together, in a static buffer. */
static char text[16384];

static void compose(const char *format, ...) {
    va_list values;
    va_start(values, format);
    int size = vsnprintf(text, sizeof text, format, values);
    va_end(values);
    ck_assert(size > 0 && (size_t)size < sizeof text);
}

static void repeat(char *to, const char *piece, size_t count) {
    size_t size = strlen(piece);
    for (size_t i = 0; i < count; i++) memcpy(to + i * size, piece, size);
    to[count * size] = '\0';
}

static const struct {
    const char *text, *local, *domain, *resource;
} legal[] = {
    {"juliet@example.com", "juliet", "example.com", ""},                /* example 1 */
    {"juliet@example.com/foo", "juliet", "example.com", "foo"},         /* 2 */
    {"juliet@example.com/foo bar", "juliet", "example.com", "foo bar"}, /* 3 */
    {"juliet@example.com/foo@bar", "juliet", "example.com", "foo@bar"}, /* 4 */
    {"foo\\20bar@example.com", "foo\\20bar", "example.com", ""},        /* 5 */
    {"fussball@example.com", "fussball", "example.com", ""},            /* 6 */
    {"\xCF\x80@example.com", "\xCF\x80", "example.com", ""},            /* 8 */
    {"\xCE\xA3@example.com/foo", "\xCF\x83", "example.com", "foo"},     /* 9: is compared as example 10 */
    {"\xCF\x83@example.com/foo", "\xCF\x83", "example.com", "foo"},     /* 10 */
    {"king@example.com/\xE2\x99\x9A", "king", "example.com", "\xE2\x99\x9A"}, /* 12 */
    {"example.com", "", "example.com", ""},                                   /* 13 */
    {"example.com/foobar", "", "example.com", "foobar"},                      /* 14 */
    {"a.example.com/b@example.net", "", "a.example.com", "b@example.net"},    /* 15 */
    {"room@chat.example.com/a/b", "room", "chat.example.com", "a/b"},         /* 3.4: no hierarchy */
    {"example.com//", "", "example.com", "/"},
    {"192.0.2.7", "", "192.0.2.7", ""},
    {"a@localhost", "a", "localhost", ""},
    {"a@9-to-5.example", "a", "9-to-5.example", ""},
    {"!#$%()*+,-.;=?[\\]^_`{|}~@b", "!#$%()*+,-.;=?[\\]^_`{|}~", "b", ""},
    {"a@b/!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "a", "b", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"},
};

START_TEST(a_legal_jid_is_split) {
    struct jid_parts parts;
    ck_assert_int_eq(prepare(legal[_i].text, &parts), ROUTER_OK);
    ck_assert_msg(same(parts.local, legal[_i].local), "localpart of %s", legal[_i].text);
    ck_assert_msg(same(parts.domain, legal[_i].domain), "domainpart of %s", legal[_i].text);
    ck_assert_msg(same(parts.resource, legal[_i].resource), "resourcepart of %s", legal[_i].text);
}
END_TEST

START_TEST(the_prepared_parts_make_up_one_text) {
    struct jid_parts parts;
    ck_assert_int_eq(prepare("Juliet@Capulet.Example./Balcony", &parts), ROUTER_OK);
    ck_assert_uint_eq(parts.size, strlen("juliet@capulet.example/Balcony"));
    ck_assert_mem_eq(parts.text, "juliet@capulet.example/Balcony", parts.size);
    ck_assert_ptr_eq(parts.local.data, parts.text);
    ck_assert_ptr_eq(parts.domain.data, parts.text + 7);
    ck_assert_ptr_eq(parts.resource.data, parts.text + 23);
}
END_TEST

static const char *const malformed[] = {
    "",
    "\"juliet\"@example.com", /* example 16 */
    "foo bar@example.com",    /* 17 */
    "@example.com/",          /* 19 */
    "@example.com",
    "example.com/",
    "a@example.com/",
    "juliet@", /* 22 */
    "/foobar", /* 23 */
    "@",
    "/",
    "@/",
    "a@/b",
    ".",
    "a@.",
    /* 3.3.1: each character that a localpart must not hold ('/' and '@' end it) */
    "a\"b@c",
    "a&b@c",
    "a'b@c",
    "a:b@c",
    "a<b@c",
    "a>b@c",
    "a b@c",
    "a\tb@c",
    "a\x7F@c",
    "a@b@c",
    /* RFC 1034 3.5: labels of letters, digits and inner hyphens */
    "a@b_c",
    "a@b{c",
    "a@b`c",
    "a@b c",
    "a@-b",
    "a@b-",
    "a@b-.c",
    "a@b..c",
    "a@.b",
    "a@b..",
    "a@b:5222",
    "a@\x01",
    /* resourceparts: no controls */
    "a@b/\x01",
    "a@b/c\x1F",
    "a@b/c\x7F",
    "a@b/c\td",
    "a@b/\xC2\x85",     /* a C1 control */
    "a@b/\xE2\x80\xA8", /* line separator */
    "a@b/\xEE\x80\x80", /* private use */
    "\xEE\x80\x80@b",
    "\xEF\xBF\xBD@b", /* replacement character */
    "a@b/\xE2\x80\x8E", /* changes the direction of display */
    /* 6122 A.5: a space of any kind in a localpart */
    "a\xC2\xA0z@b",
    "a\xE3\x80\x80z@b",
    /* nothing is left after mapping */
    "\xC2\xAD@b",
    "a@\xC2\xAD",
    "a@b.\xC2\xAD.c",
    "a@b/\xC2\xAD",
    /* RFC 3454 6: right-to-left text that does not keep to itself */
    "\xD7\x90z@b",
    ("a@b/\xD8\xA7" "1"),
    "a@\xD7\x90z.b",
};

START_TEST(a_malformed_jid_is_refused) {
    struct jid_parts parts;
    ck_assert_msg(prepare(malformed[_i], &parts) == ROUTER_E_JID, "%s", malformed[_i]);
}
END_TEST

static const char *const not_utf8[] = {
    "\x80",             /* a tail without a lead */
    "\xC3",             /* cut off */
    "\xC3(",            /* no tail */
    "\xE2\x82",         /* cut off */
    "\xE2(\xA1",        /* no tail */
    "\xC0\xAF",         /* longer than need be */
    "\xE0\x80\xAF",     /* likewise */
    "\xF0\x80\x80\xAF", /* likewise */
    "\xED\xA0\x80",     /* a surrogate */
    "\xF4\x90\x80\x80", /* past U+10FFFF */
    "\xF8\x88\x80\x80\x80",
    "\xFE",
    "\xFF",
};

START_TEST(octets_that_are_not_utf8_are_refused_in_every_part) {
    const char *const form[] = {"x%s%s@b.example", "a@x%s%s", "a@b.example/x%s%s"};
    for (size_t part = 0; part < 3; part++) {
        compose(form[part], not_utf8[_i], "x");
        ck_assert_str_eq(prepared(text), "refused");
        compose(form[part], not_utf8[_i], "");
        ck_assert_str_eq(prepared(text), "refused");
    }
}
END_TEST

START_TEST(an_octet_of_zero_is_refused_in_every_part) {
    struct jid_parts parts;
    ck_assert_int_eq(jid_prepare((struct slice){"a\0@b", 4}, &parts), ROUTER_E_JID);
    ck_assert_int_eq(jid_prepare((struct slice){"a@b\0", 4}, &parts), ROUTER_E_JID);
    ck_assert_int_eq(jid_prepare((struct slice){"a@b/c\0", 6}, &parts), ROUTER_E_JID);
    ck_assert_int_eq(jid_prepare((struct slice){"\xC3\xBC\0@b", 5}, &parts), ROUTER_E_JID);
    ck_assert_int_eq(jid_prepare((struct slice){"a@\xC3\xBC\0", 5}, &parts), ROUTER_E_JID);
    ck_assert_int_eq(jid_prepare((struct slice){"a@b/\xC3\xBC\0", 7}, &parts), ROUTER_E_JID);
}
END_TEST

static const struct {
    const char *from, *to;
} mapped[] = {
    /* case: of localparts and domainparts, never of resourceparts */
    {"ROMEO@MONTAGUE.EXAMPLE/Orchard", "romeo@montague.example/Orchard"},
    {"\xC3\x9C@b/\xC3\x9C", "\xC3\xBC@b/\xC3\x9C"},
    {"a@B\xC3\x9C" "CHER.example", "a@b\xC3\xBC" "cher.example"},
    {"Z\xC3\x9C" "RICH@b", "z\xC3\xBCrich@b"},
    /* one final dot of the domainpart goes (7622 3.2) */
    {"a@example.com.", "a@example.com"},
    {"a@example.com./r", "a@example.com/r"},
    {"a@b\xC3\xBC" "cher.example.", "a@b\xC3\xBC" "cher.example"},
    {"a@b/c.", "a@b/c."},
    /* composed and decomposed forms are the same */
    {"u\xCC\x88@b/u\xCC\x88", "\xC3\xBC@b/\xC3\xBC"},
    {"a@u\xCC\x88" "b", "a@\xC3\xBC" "b"},
    /* fullwidth forms */
    {"\xEF\xBC\xA1@b", "a@b"},
    {"a@\xEF\xBC\xA2.c", "a@b.c"},
    /* what is not seen goes: soft hyphen, zero width joiner (6122 A.3, RFC 3454 B.1) */
    {"ro\xC2\xADmeo@b", "romeo@b"},
    {"a@mon\xC2\xADtague.example", "a@montague.example"},
    {"a@b/or\xE2\x80\x8D" "chard", "a@b/orchard"},
    /* the four dots of IDNA (RFC 3490 3.1) */
    {"a@b\xE3\x80\x82" "c", "a@b.c"},
    {"a@b\xEF\xBC\x8E" "c", "a@b.c"},
    {"a@b\xEF\xBD\xA1" "c", "a@b.c"},
    /* spaces in resourceparts: kept, and all of one kind (7613 4.2.2; 6122 B.3) */
    {"a@b/c d", "a@b/c d"},
    {"a@b/c\xC2\xA0" "d", "a@b/c d"},
    /* right-to-left text, label by label */
    {"\xD7\x90\xD7\x91@b", "\xD7\x90\xD7\x91@b"},
    {"a@\xD7\x90\xD7\x91.example", "a@\xD7\x90\xD7\x91.example"},
    /* past the first 65536 code points: a Gothic letter, and a mathematical one that is a letter's form */
    {"\xF0\x90\x8C\xB0@b/\xF0\x90\x8C\xB0", "\xF0\x90\x8C\xB0@b/\xF0\x90\x8C\xB0"},
    {"\xF0\x9D\x90\x80@b", "a@b"},
    /* an address after the first '/' is but a resourcepart */
    {"a@b/C@D", "a@b/C@D"},
};

START_TEST(parts_are_mapped) {
    ck_assert_str_eq(prepared(mapped[_i].from), mapped[_i].to);
}
END_TEST

START_TEST(what_is_prepared_stays_as_it_is) {
    char once[3 * (ROUTER_JID_PART_MAX + 1) + 1];
    strcpy(once, prepared(mapped[_i].from));
    ck_assert_str_eq(prepared(once), once);
}
END_TEST

START_TEST(separators_that_only_mapping_would_make_do_not_split) {
    /* 7622 3.1: separators are matched before any mapping; what a localpart must not hold is refused after it */
    ck_assert_str_eq(prepared("a\xEF\xBC\xA0" "b"), "refused");   /* fullwidth @ in a domainpart */
    ck_assert_str_eq(prepared("a\xEF\xBC\xA0" "b@c"), "refused"); /* in a localpart */
    ck_assert_str_eq(prepared("a\xEF\xBC\x8F" "b@c"), "refused"); /* fullwidth / */
    ck_assert_str_eq(prepared("a\xEF\xBC\x82@c"), "refused");     /* fullwidth " */
    ck_assert_str_eq(prepared("a\xEF\xBC\x86@c"), "refused");     /* fullwidth & */
    ck_assert_str_eq(prepared("a\xEF\xBC\x87@c"), "refused");     /* fullwidth ' */
    ck_assert_str_eq(prepared("a\xEF\xBC\x9A@c"), "refused");     /* fullwidth : */
    ck_assert_str_eq(prepared("a\xEF\xBC\x9C@c"), "refused");     /* fullwidth < */
    ck_assert_str_eq(prepared("a\xEF\xBC\x9E@c"), "refused");     /* fullwidth > */
    ck_assert_str_eq(prepared("\xE2\x84\x80@c"), "refused");      /* "a/c" as one character */
    ck_assert_str_eq(prepared("a@b\xEF\xBC\xBF" "c"), "refused"); /* fullwidth low line in a domainpart */
    ck_assert_str_eq(prepared("a@\xEF\xBC\x8D" "b"), "refused");  /* fullwidth hyphen before a label */
}
END_TEST

/* RFC 5890: an A-label and its U-label are one label. "xn--bcher-kva" is the A-label of "buecher" with u umlaut. */
static const struct {
    const char *from, *to;
} labels[] = {
    {"xn--bcher-kva.example", "b\xC3\xBC" "cher.example"},
    {"b\xC3\xBC" "cher.example", "b\xC3\xBC" "cher.example"},
    {"XN--BCHER-KVA.Example", "b\xC3\xBC" "cher.example"},
    {"a@www.xn--bcher-kva.example/r", "a@www.b\xC3\xBC" "cher.example/r"},
    {"\xEF\xBD\x98n--bcher-kva", "b\xC3\xBC" "cher"}, /* with a fullwidth x */
    {"xn--4xa", "\xCF\x83"},                          /* sigma */
    /* A-labels of IDNA2008 whose U-label the mapping of RFC 3491 changes or does not know: final sigma, sharp s */
    {"xn--3xa", "xn--3xa"},
    {"xn--fa-hia.example", "xn--fa-hia.example"},
    {"xn--e28h", "xn--e28h"},
    {"xn-a", "xn-a"},
    {"xna-a", "xna-a"},
    {"x--n", "x--n"},
    {"xn--", "refused"},
    {"xn--9", "refused"},        /* does not decode */
    {"xn--example-", "refused"}, /* decodes to ASCII */
    {"xn--99999a", "refused"},   /* decodes to what is past the end of Unicode */
    {"xn--a", "refused"},        /* decodes to a control character, U+0080 */
    {"xn--b\xC3\xBC" "cher-kva", "refused"},
    {"a@xn--bcher_kva", "refused"},
};

START_TEST(a_label_and_its_ascii_form_are_the_same) {
    ck_assert_str_eq(prepared(labels[_i].from), labels[_i].to);
}
END_TEST

static const struct {
    const char *from, *to;
} literals[] = {
    {"a@[::1]/r", "a@[::1]/r"},
    {"[2001:DB8::7]", "[2001:db8::7]"},
    {"[::]", "[::]"},
    {"[1::]", "[1::]"},
    {"[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]"},
    {"[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7::]"},
    {"[::ffff:192.0.2.7]", "[::ffff:192.0.2.7]"},
    {"[1:2:3:4:5:6:192.0.2.7]", "[1:2:3:4:5:6:192.0.2.7]"},
    {"[fe80::1%25Eth0]", "[fe80::1%25Eth0]"}, /* RFC 6874 */
    {"[::1].", "[::1]"},
    {"[", "refused"},
    {"[]", "refused"},
    {"[::1", "refused"},
    {"[:]", "refused"},
    {"[:::]", "refused"},
    {"[:1]", "refused"},
    {"[1:]", "refused"},
    {"[1]", "refused"},
    {"[1:2:3:4:5:6:7]", "refused"},
    {"[1:2:3:4:5:6:7:8:9]", "refused"},
    {"[1:2:3:4:5:6:7:8::]", "refused"},
    {"[1::2::3]", "refused"},
    {"[12345::]", "refused"},
    {"[g::]", "refused"},
    {"[::1.2.3]", "refused"},
    {"[::1.2.3.256]", "refused"},
    {"[::1.2.3.1000]", "refused"},
    {"[::1000.2.3.4]", "refused"},
    {"[::1.2.3.]", "refused"},
    {"[::1.2.3.0]", "[::1.2.3.0]"},
    {"[::0.0.0.0]", "[::0.0.0.0]"},
    {"[::1.2.3.04]", "refused"},
    {"[::1.2.3.4.5]", "refused"},
    {"[::1..3.4]", "refused"},
    {"[::1.2:3.4]", "refused"},
    {"[1g::]", "refused"},
    {"[::.2.3.4]", "refused"},
    {"[1:2:3:4:5:6:7:192.0.2.7]", "refused"},
    {"[fe80::1%25]", "refused"},
    {"[fe80::1%eth0]", "refused"},
    {"[fe80::1%25e/h0]", "refused"},
    {"[fe80::1%25e_h~0-.]", "[fe80::1%25e_h~0-.]"},
    {"[fe80::1%25e h0]", "refused"},
    {"[::\xC3\xBC]", "refused"},
    {"2001:db8::7", "refused"}, /* 7622 3.1: without brackets since RFC 6122 it is no domainpart */
};

START_TEST(an_ipv6_address_stands_in_brackets) {
    ck_assert_str_eq(prepared(literals[_i].from), literals[_i].to);
}
END_TEST

START_TEST(a_part_of_1023_octets_is_taken_and_one_of_1024_is_not) {
    static char part[2048];
    repeat(part, "x", 1023);
    compose("%s@b/%s", part, part);
    ck_assert_str_eq(prepared(text), text);
    compose("%sx@b", part);
    ck_assert_str_eq(prepared(text), "refused");
    compose("a@b/%sx", part);
    ck_assert_str_eq(prepared(text), "refused");
}
END_TEST

START_TEST(three_parts_of_1023_octets_fit) {
    static char part[2048], domain[2048];
    repeat(part, "x", 1023);
    repeat(domain, "abcdefghijklmno.", 63);
    strcat(domain, "abcdefghijklmno");
    ck_assert_uint_eq(strlen(domain), 1023);
    compose("%s@%s/%s", part, domain, part);
    ck_assert_uint_eq(strlen(text), 3071);
    ck_assert_str_eq(prepared(text), text);
    strcat(domain, "p");
    ck_assert_str_eq(prepared(domain), "refused");
}
END_TEST

START_TEST(lengths_count_after_mapping) {
    static char part[8192];
    /* 7622 3.3: U+2460, three octets, maps to one digit; U+FDFA, three octets, to 33 (NFKC) */
    repeat(part, "\xE2\x91\xA0", 1023);
    compose("a@b/%s", part);
    ck_assert_uint_eq(strlen(prepared(text)), 4 + 1023);
    repeat(part, "\xE2\x91\xA0", 1024);
    compose("a@b/%s", part);
    ck_assert_str_eq(prepared(text), "refused");
    repeat(part, "\xEF\xB7\xBA", 31);
    compose("a@b/%s", part);
    ck_assert_uint_eq(strlen(prepared(text)), 4 + 1023);
    repeat(part, "\xEF\xB7\xBA", 32);
    compose("a@b/%s", part);
    ck_assert_str_eq(prepared(text), "refused");
    repeat(part, "\xC3\xBC", 511);
    compose("%sx@b", part);
    ck_assert_str_eq(prepared(text), text);
    repeat(part, "\xC3\xBC", 512);
    compose("%s@b", part);
    ck_assert_str_eq(prepared(text), "refused");
}
END_TEST

START_TEST(a_megabyte_in_any_part_is_refused) {
    enum { SIZE = 1 << 20 };
    char *big = malloc(SIZE);
    const char *const head[] = {"", "a@", "a@b/"};
    struct jid_parts parts;
    ck_assert_ptr_nonnull(big);
    for (size_t i = 0; i < 6; i++) {
        const char *start = head[i / 2];
        memset(big, 'x', SIZE);
        memcpy(big, start, strlen(start));
        if (i % 2 == 1) memcpy(big + 100, "\xC3\xBC", 2);
        if (i / 2 == 0) memcpy(big + SIZE - 2, "@b", 2);
        ck_assert_int_eq(jid_prepare((struct slice){big, SIZE}, &parts), ROUTER_E_JID);
    }
    free(big);
}
END_TEST

START_TEST(a_zone_counts_towards_the_length_of_the_domainpart) {
    static char zone[2048];
    repeat(zone, "z", 1023 - 12);
    compose("[fe80::1%%25%s]", zone);
    ck_assert_uint_eq(strlen(text), 1023);
    ck_assert_str_eq(prepared(text), text);
    strcat(zone, "z");
    compose("[fe80::1%%25%s]", zone);
    ck_assert_str_eq(prepared(text), "refused");
}
END_TEST

START_TEST(a_label_has_at_most_63_octets) {
    char label[512];
    repeat(label, "x", 63);
    compose("a@%s.%s", label, label);
    ck_assert_str_eq(prepared(text), text);
    compose("a@%sx", label);
    ck_assert_str_eq(prepared(text), "refused");
    /* RFC 3490 3.1: it is the A-label that counts */
    repeat(label, "\xC3\xBC", 20);
    compose("a@%s", label);
    ck_assert_str_eq(prepared(text), text);
    repeat(label, "\xC3\xBC", 100);
    compose("a@%s", label);
    ck_assert_str_eq(prepared(text), "refused");
    repeat(label, "\xEF\xB7\xBA", 100);
    compose("a@%s", label);
    ck_assert_str_eq(prepared(text), "refused");
    repeat(label, "xy\xC3\xBC", 30);
    compose("a@%s", label);
    ck_assert_str_eq(prepared(text), "refused");
}
END_TEST

/* RFC 7622 replaced stringprep (Unicode 3.2, RFC 6122) with PRECIS. These are the places where a JID fares differently;
 * each row says what RFC 7622 has instead. */
static const struct {
    const char *from, *to;
} older[] = {
    {"fu\xC3\x9F" "ball@example.com", "fussball@example.com"}, /* example 7: 7622 keeps sharp s apart from "ss" */
    {"\xCF\x82@example.com", "\xCF\x83@example.com"},          /* 11: 7622 keeps final sigma apart from sigma */
    {"henry\xE2\x85\xA3@example.com", "henryiv@example.com"},  /* 20: 7622 refuses what has a compatibility form */
    {"\xE2\x99\x9A@example.com", "\xE2\x99\x9A@example.com"},  /* 21: 7622 refuses symbols in localparts */
    {"a@b/\xE2\x85\xA3", "a@b/IV"},                            /* 7622 (NFC) keeps the character in resourceparts */
    {"a@b/\xF0\x9F\x98\x80", "refused"},                       /* newer than Unicode 3.2: 7622 takes it */
    {"a@fa\xC3\x9F.example", "a@fass.example"},                /* IDNA2008 keeps sharp s apart */
};

START_TEST(stringprep_decides_where_precis_would_differ) {
    ck_assert_str_eq(prepared(older[_i].from), older[_i].to);
}
END_TEST

START_TEST(a_resourcepart_may_start_and_end_with_a_space) {
    /* Example 18 calls this one malformed, but neither profile says so: see erratum 4560 of RFC 7622. */
    ck_assert_str_eq(prepared("juliet@example.com/ foo "), "juliet@example.com/ foo ");
}
END_TEST

START_TEST(code_points_that_are_not_assigned_are_refused_in_every_part) {
    ck_assert_str_eq(prepared("a\xC8\xA1@b"), "refused"); /* U+0221, unassigned in Unicode 3.2 */
    ck_assert_str_eq(prepared("a@b\xC8\xA1"), "refused");
    ck_assert_str_eq(prepared("a@b/c\xC8\xA1"), "refused");
}
END_TEST

#define EACH(test, table) tcase_add_loop_test(tcase, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *jid_suite(void) {
    Suite *suite = suite_create("jid");
    TCase *tcase = tcase_create("jid");
    EACH(a_legal_jid_is_split, legal);
    tcase_add_test(tcase, the_prepared_parts_make_up_one_text);
    EACH(a_malformed_jid_is_refused, malformed);
    EACH(octets_that_are_not_utf8_are_refused_in_every_part, not_utf8);
    tcase_add_test(tcase, an_octet_of_zero_is_refused_in_every_part);
    EACH(parts_are_mapped, mapped);
    EACH(what_is_prepared_stays_as_it_is, mapped);
    tcase_add_test(tcase, separators_that_only_mapping_would_make_do_not_split);
    EACH(a_label_and_its_ascii_form_are_the_same, labels);
    EACH(an_ipv6_address_stands_in_brackets, literals);
    tcase_add_test(tcase, a_part_of_1023_octets_is_taken_and_one_of_1024_is_not);
    tcase_add_test(tcase, three_parts_of_1023_octets_fit);
    tcase_add_test(tcase, lengths_count_after_mapping);
    tcase_add_test(tcase, a_megabyte_in_any_part_is_refused);
    tcase_add_test(tcase, a_zone_counts_towards_the_length_of_the_domainpart);
    tcase_add_test(tcase, a_label_has_at_most_63_octets);
    EACH(stringprep_decides_where_precis_would_differ, older);
    tcase_add_test(tcase, a_resourcepart_may_start_and_end_with_a_space);
    tcase_add_test(tcase, code_points_that_are_not_assigned_are_refused_in_every_part);
    suite_add_tcase(suite, tcase);
    return suite;
}
