/* The stanza reader's limits: large stanzas, what never ends, and memory that runs out. */
#include "stanza_harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *stanza_limits_suite(void);

/* --------------------------------------------------------------------------------------------------- limits ----- */

/* A text that is put together; size counts what is written. */
struct text {
    char *data;
    size_t size;
};

static struct text text_new(size_t room) {
    struct text text = {malloc(room), 0};
    ck_assert_ptr_nonnull(text.data);
    return text;
}

static void put(struct text *text, const char *piece) {
    memcpy(text->data + text->size, piece, strlen(piece));
    text->size += strlen(piece);
}

static void put_times(struct text *text, const char *piece, size_t times) {
    for (size_t i = 0; i < times; i++) put(text, piece);
}

/* Feeds a text in pieces; *out is the last stanza of it. returns what the reader said in the end. */
static enum stanza_read feed_pieces(struct stanza_reader *reader, struct text text, size_t piece, struct stanza *out,
                                    size_t *count) {
    enum stanza_read result = STANZA_MORE;
    *count = 0;
    for (size_t at = 0; at < text.size && result == STANZA_MORE; at += piece) {
        size_t size = text.size - at < piece ? text.size - at : piece;
        if (stanza_reader_feed(reader, (struct slice){text.data + at, size}) != ROUTER_OK) ck_abort();
        while ((result = stanza_reader_next(reader, out)) == STANZA_READY) (*count)++;
    }
    return result;
}

/* A large stanza, then a small one, in pieces of each size: the large one's views must say `start` and nothing else. */
static void assert_oversize(struct text text, size_t size_max, const char *start) {
    static const size_t pieces[] = {1 << 24, 16384, 4096, 1000, 17};
    struct stanza stanza;
    put(&text, "<presence id='after'/>");
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_CLIENT, size_max);
        size_t at = 0;
        enum stanza_read result = STANZA_MORE;
        ck_assert_ptr_nonnull(reader);
        while (result == STANZA_MORE && at < text.size) {
            size_t size = text.size - at < pieces[i] ? text.size - at : pieces[i];
            ck_assert_int_eq(stanza_reader_feed(reader, (struct slice){text.data + at, size}), ROUTER_OK);
            at += size;
            result = stanza_reader_next(reader, &stanza);
        }
        ck_assert_int_eq(result, STANZA_READY);
        ck_assert(stanza.oversize);
        ck_assert_view(stanza.start, start);
        ck_assert_uint_eq(stanza.body.size, 0);
        ck_assert_uint_eq(stanza.child_count, 0);
        ck_assert_int_eq(stanza.kind, STANZA_CHAT);
        ck_assert_view(stanza.to, "a@b");
        ck_assert_view(stanza.id, "7");
        while (result != STANZA_FAULT && at < text.size) {
            size_t size = text.size - at < pieces[i] ? text.size - at : pieces[i];
            while ((result = stanza_reader_next(reader, &stanza)) == STANZA_READY) continue;
            ck_assert_int_eq(stanza_reader_feed(reader, (struct slice){text.data + at, size}), ROUTER_OK);
            at += size;
        }
        ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_READY);
        ck_assert(!stanza.oversize);
        ck_assert_view(stanza.start, "<presence id='after'/>");
        stanza_reader_free(reader);
    }
}

#define CHAT "<message type='chat' to='a@b' id='7'>"

START_TEST(a_stanza_may_be_as_large_as_the_limit) {
    enum { LIMIT = 10000 };
    for (size_t more = 0; more < 2; more++) {
        struct text text = text_new(2 * LIMIT);
        struct stanza stanza;
        size_t count;
        put(&text, CHAT);
        put_times(&text, "x", LIMIT + more - strlen(CHAT) - strlen("</message>"));
        put(&text, "</message>");
        ck_assert_uint_eq(text.size, LIMIT + more);
        struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_CLIENT, LIMIT);
        ck_assert_int_eq(feed_pieces(reader, text, 999, &stanza, &count), STANZA_MORE);
        ck_assert_uint_eq(count, 1);
        ck_assert_int_eq(stanza.oversize, more > 0);
        stanza_reader_free(reader);
        free(text.data);
    }
}
END_TEST

START_TEST(a_stanza_of_a_megabyte_is_kept_where_the_limit_allows) {
    enum { SIZE = 1 << 20 };
    struct text text = text_new(SIZE + 200);
    put(&text, CHAT "<body>");
    put_times(&text, "x", SIZE);
    put(&text, "</body></message>");
    static const size_t pieces[] = {1 << 24, 65536, 4096, 100};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct stanza stanza;
        struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_CLIENT, (size_t)2 * SIZE);
        enum stanza_read result = STANZA_MORE;
        for (size_t at = 0; at < text.size && result == STANZA_MORE; at += pieces[i]) {
            size_t size = text.size - at < pieces[i] ? text.size - at : pieces[i];
            ck_assert_int_eq(stanza_reader_feed(reader, (struct slice){text.data + at, size}), ROUTER_OK);
            result = stanza_reader_next(reader, &stanza);
        }
        ck_assert_int_eq(result, STANZA_READY);
        ck_assert(!stanza.oversize);
        ck_assert_uint_eq(stanza.body.size, SIZE + strlen("<body></body>"));
        ck_assert_view(stanza.start, CHAT);
        ck_assert_mem_eq(stanza.child[0].raw.data, text.data + strlen(CHAT), stanza.child[0].raw.size);
        stanza_reader_free(reader);
    }
    free(text.data);
}
END_TEST

START_TEST(of_a_stanza_past_the_limit_only_the_start_tag_is_kept) {
    enum { SIZE = 1 << 20 };
    struct text text = text_new(SIZE + 200);
    put(&text, CHAT "<a/><body>");
    put_times(&text, "x", SIZE);
    put(&text, "</body><b/></message>");
    assert_oversize(text, SIZE_MAX_INITIAL, CHAT);
    assert_oversize(text, strlen(CHAT), CHAT);
    free(text.data);
}
END_TEST

START_TEST(a_child_may_be_one_huge_tag) {
    struct text text = text_new(2 << 20);
    put(&text, CHAT "<a b='");
    put_times(&text, "\">", 500000);
    put(&text, "'/></message>");
    assert_oversize(text, SIZE_MAX_INITIAL, CHAT);
    free(text.data);
}
END_TEST

START_TEST(elements_may_nest_512_deep) {
    for (size_t more = 0; more < 2; more++) {
        size_t depth = ROUTER_STANZA_DEPTH_MAX + more;
        struct text text = text_new(16 * depth);
        struct stanza stanza;
        size_t count;
        put_times(&text, "<iq>", depth);
        put_times(&text, "</iq>", depth);
        struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_CLIENT, SIZE_MAX_INITIAL);
        ck_assert_int_eq(feed_pieces(reader, text, 100, &stanza, &count), STANZA_MORE);
        ck_assert_uint_eq(count, 1);
        ck_assert_int_eq(stanza.oversize, more > 0);
        ck_assert_uint_eq(stanza.child_count, more == 0);
        stanza_reader_free(reader);
        free(text.data);
    }
}
END_TEST

START_TEST(a_stanza_of_10000_nested_elements_is_too_large) {
    struct text text = text_new(100000);
    put(&text, CHAT);
    put_times(&text, "<a>", 10000);
    put_times(&text, "</a>", 10000);
    put(&text, "</message>");
    assert_oversize(text, SIZE_MAX_INITIAL, CHAT);
    free(text.data);
}
END_TEST

START_TEST(a_start_tag_past_the_limit_leaves_nothing_to_keep) {
    struct text text = text_new(1 << 20);
    static const size_t pieces[] = {1 << 24, 4096, 10};
    put(&text, "<message id='7' type='chat' to='a@");
    put_times(&text, "b", 500000);
    put(&text, "'><body/></message>");
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct stanza stanza;
        size_t count;
        struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_CLIENT, SIZE_MAX_INITIAL);
        ck_assert_int_eq(feed_pieces(reader, text, pieces[i], &stanza, &count), STANZA_MORE);
        ck_assert_uint_eq(count, 1);
        ck_assert(stanza.oversize && !stanza.has_to && !stanza.has_from && !stanza.has_id);
        ck_assert_uint_eq(stanza.to.size + stanza.from.size + stanza.id.size + stanza.type.size, 0);
        ck_assert_uint_eq(stanza.start.size + stanza.body.size + stanza.child_count, 0);
        ck_assert_int_eq(stanza.kind, STANZA_NORMAL);
        stanza_reader_free(reader);
    }
    free(text.data);
}
END_TEST

/* Memory that counts, and that runs out at the n-th request. */
struct purse {
    size_t requests, fail_at; /* fail_at 0: never */
    size_t blocks, octets, octets_most;
};

static void *purse_resize(void *ctx, void *old, size_t size) {
    struct purse *purse = ctx;
    size_t *block = old == NULL ? NULL : (size_t *)old - 2, had = block == NULL ? 0 : *block;
    if (size == 0) {
        purse->blocks -= block != NULL;
        purse->octets -= had;
        free(block);
        return NULL;
    }
    if (++purse->requests == purse->fail_at) return NULL;
    size_t *moved = realloc(block, size + 2 * sizeof *moved);
    ck_assert_ptr_nonnull(moved);
    purse->blocks += block == NULL;
    purse->octets = purse->octets - had + size;
    if (purse->octets > purse->octets_most) purse->octets_most = purse->octets;
    *moved = size;
    return moved + 2;
}

/* Streams that never come to an end of what they begin. */
static const struct {
    const char *head, *more;
} endless[] = {
    {"<message to='", "aaaaaaaaaaaaaaaa"},
    {"<message to='", ">>>>\"\">>"},
    {"<message ", "                "},
    {"<message><body", "bbbbbbbbbbbbbbb"},
    {"<message><body a=\"", "bbbbbbb'>bbbbbbb"},
    {"<message>", "text text text  "},
    {"<message>", "<a/>"},
    {"<message>", "<a>"},
    {"<message><body>", "<![CDATA[]]>"},
    {"<!-- ", "comment "},
    {"<?a ", "instruction "},
    {"<message><!--", "-a"},
    {"<message>&", "long"},
    {"&#", "0000"},
};

START_TEST(what_never_ends_ends_the_stream_and_needs_little_memory) {
    enum { PIECE = 4096, TOTAL = 100 << 20 };
    struct purse purse = {0};
    const struct router_alloc alloc = {purse_resize, &purse};
    struct stanza_reader *reader = stanza_reader_new(&alloc, STANZA_CLIENT, SIZE_MAX_INITIAL);
    struct text text = text_new(PIECE + 64);
    struct stanza stanza;
    size_t fed = 0;
    enum stanza_read result = STANZA_MORE;
    put(&text, endless[_i].head);
    while (fed < TOTAL && result == STANZA_MORE) {
        while (text.size < PIECE) put(&text, endless[_i].more);
        ck_assert_int_eq(stanza_reader_feed(reader, (struct slice){text.data, text.size}), ROUTER_OK);
        result = stanza_reader_next(reader, &stanza);
        fed += text.size;
        text.size = 0;
    }
    ck_assert_int_eq(result, STANZA_FAULT);
    ck_assert_int_eq(stanza_reader_fault(reader), STANZA_FAULT_RESTRICTED);
    ck_assert_uint_lt(fed, 6 << 20);
    ck_assert_uint_lt(purse.octets_most, 10 << 20);
    stanza_reader_free(reader);
    ck_assert_uint_eq(purse.blocks, 0);
    free(text.data);
}
END_TEST

START_TEST(what_is_dropped_takes_no_memory) {
    enum { SIZE = 4 << 20 };
    struct purse purse = {0};
    const struct router_alloc alloc = {purse_resize, &purse};
    struct stanza_reader *reader = stanza_reader_new(&alloc, STANZA_CLIENT, SIZE_MAX_INITIAL);
    struct text text = text_new(SIZE + 100);
    struct stanza stanza;
    size_t count;
    put(&text, CHAT);
    put_times(&text, "<a>text</a>", SIZE / strlen("<a>text</a>"));
    put(&text, "</message>");
    ck_assert_int_eq(feed_pieces(reader, text, 5000, &stanza, &count), STANZA_MORE);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_lt(purse.octets_most, 3 * SIZE_MAX_INITIAL);
    stanza_reader_free(reader);
    free(text.data);
}
END_TEST

START_TEST(a_long_tag_in_small_pieces_is_read_in_time) {
    /* Were the tag scanned anew with each octet, this would take hours. */
    struct text text = text_new(5 << 20);
    struct stanza stanza;
    size_t count;
    put(&text, "<message><a b='>");
    put_times(&text, "\"b>", 1000000);
    put(&text, "' c=\"'>\"/></message ");
    put_times(&text, " ", 1000000);
    put(&text, "><presence/>");
    struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_CLIENT, (size_t)8 << 20);
    ck_assert_int_eq(feed_pieces(reader, text, 1, &stanza, &count), STANZA_MORE);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(stanza.kind, STANZA_AVAILABLE);
    stanza_reader_free(reader);
    free(text.data);
}
END_TEST

START_TEST(a_long_tag_may_end_in_the_next_chunk) {
    struct text text = text_new(20000);
    put(&text, "<iq id='");
    put_times(&text, "x", 9000);
    put(&text, "'/>");
    for (size_t piece = 4000; piece < 9000; piece += 500) {
        struct stanza stanza;
        size_t count;
        struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_CLIENT, SIZE_MAX_INITIAL);
        ck_assert_int_eq(feed_pieces(reader, text, piece, &stanza, &count), STANZA_MORE);
        ck_assert_uint_eq(count, 1);
        ck_assert_uint_eq(stanza.id.size, 9000);
        ck_assert_uint_eq(stanza.start.size, text.size);
        ck_assert_int_eq(stanza_reader_reset(reader), ROUTER_OK);
        ck_assert_int_eq(stanza_reader_feed(reader, (struct slice){text.data, 8000}), ROUTER_OK);
        ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_MORE);
        ck_assert_int_eq(stanza_reader_feed(reader, (struct slice){NULL, 0}), ROUTER_OK);
        ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_MORE);
        ck_assert_int_eq(stanza_reader_feed(reader, (struct slice){text.data + 8000, text.size - 8000}), ROUTER_OK);
        ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_READY);
        ck_assert_uint_eq(stanza.id.size, 9000);
        stanza_reader_free(reader);
    }
    free(text.data);
}
END_TEST

START_TEST(a_long_tag_that_is_malformed_is_a_fault_when_it_ends) {
    static const char *const ends[] = {"<", "' b='<", "' b=>", "'b='>'>"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct text text = text_new(20000);
        struct stanza stanza;
        size_t count;
        put(&text, "<iq a='");
        put_times(&text, "x", 9000);
        put(&text, ends[i]);
        struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_CLIENT, SIZE_MAX_INITIAL);
        ck_assert_int_eq(feed_pieces(reader, text, 500, &stanza, &count), STANZA_FAULT);
        ck_assert_int_eq(stanza_reader_fault(reader), STANZA_FAULT_ILLFORMED);
        stanza_reader_free(reader);
        free(text.data);
    }
}
END_TEST

START_TEST(a_stanza_may_pass_the_limit_by_four_megabytes) {
    enum { LIMIT = 10000 };
    static const size_t pieces[] = {1 << 24, 65536, 5000};
    struct text text = text_new(LIMIT + ROUTER_STANZA_DROP_MAX + 100);
    for (size_t more = 0; more < 2; more++) {
        text.size = 0;
        put(&text, CHAT);
        put_times(&text, "x", LIMIT + ROUTER_STANZA_DROP_MAX + more - strlen(CHAT) - strlen("</message>"));
        put(&text, "</message>");
        for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
            struct stanza stanza;
            size_t count;
            struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_CLIENT, LIMIT);
            enum stanza_read result = feed_pieces(reader, text, pieces[i], &stanza, &count);
            ck_assert_int_eq(result, more == 0 ? STANZA_MORE : STANZA_FAULT);
            ck_assert_int_eq(stanza_reader_fault(reader), more == 0 ? STANZA_FAULT_NONE : STANZA_FAULT_RESTRICTED);
            ck_assert_uint_eq(count, 1 - more);
            stanza_reader_free(reader);
        }
    }
    free(text.data);
}
END_TEST

START_TEST(elements_may_nest_32768_deep_before_the_stream_ends) {
    for (size_t more = 0; more < 2; more++) {
        size_t depth = ROUTER_STANZA_NESTING_MAX + more, count;
        struct text text = text_new(8 * depth);
        struct stanza stanza;
        put_times(&text, "<a>", depth);
        put_times(&text, "</a>", depth);
        struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_CLIENT, SIZE_MAX_INITIAL);
        ck_assert_int_eq(feed_pieces(reader, text, 1000, &stanza, &count), more == 0 ? STANZA_MORE : STANZA_FAULT);
        ck_assert_uint_eq(count, 1 - more);
        stanza_reader_free(reader);
        free(text.data);
    }
}
END_TEST

START_TEST(a_long_stream_is_read_on) {
    struct text text = text_new(4 << 20);
    struct stanza stanza;
    size_t count, wanted = 0;
    while (text.size < (4 << 20) - 100) {
        char piece[100];
        snprintf(piece, sizeof piece, "<iq id='%zu'><x%zu xmlns='urn:x'/></iq> ", wanted, wanted);
        put(&text, piece);
        wanted++;
    }
    for (size_t piece = 1000; piece < text.size * 100; piece *= 100) {
        struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_CLIENT, SIZE_MAX_INITIAL);
        ck_assert_int_eq(feed_pieces(reader, text, piece, &stanza, &count), STANZA_MORE);
        ck_assert_uint_eq(count, wanted);
        stanza_reader_free(reader);
    }
    free(text.data);
}
END_TEST

/* --------------------------------------------------------------------------------------------------- memory ----- */

/* One reader's life with some of everything. returns whether memory ran out somewhere. */
static bool live(const struct router_alloc *alloc) {
    static const char *const pieces[] = {
        "<message to='a@b' id='1'><bo",
        "dy>hi</body><x xmlns='urn:a:namespace:whose:name:is:longer:than:all:that:stands:in:the:start:tag:of:this:"
        "stanza:so:that:it:takes:more:room:than:was:there:before:and:as:it:is:the:room:that:is:looked:for:at:first:"
        "which:may:not:be:small:it:goes:on:for:some:time'/></mess",
        "age><presence/><iq", " id='long"};
    struct stanza stanza;
    struct stanza_reader *reader = stanza_reader_new(alloc, STANZA_CLIENT, 100000);
    if (reader == NULL) return true;
    enum stanza_read result = STANZA_MORE;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces && result != STANZA_NOMEM; i++) {
        ck_assert_int_eq(stanza_reader_feed(reader, text_of(pieces[i])), ROUTER_OK);
        while ((result = stanza_reader_next(reader, &stanza)) == STANZA_READY) continue;
    }
    for (size_t i = 0; i < 3000 && result != STANZA_NOMEM; i++) {
        ck_assert_int_eq(stanza_reader_feed(reader, text_of("er and longer")), ROUTER_OK);
        result = stanza_reader_next(reader, &stanza);
    }
    if (result != STANZA_NOMEM) {
        ck_assert_int_eq(stanza_reader_feed(reader, text_of("'><longer-than-before xmlns='urn:x'/></iq>")), ROUTER_OK);
        result = stanza_reader_next(reader, &stanza);
        ck_assert(result == STANZA_NOMEM || result == STANZA_READY);
    }
    bool ran_out = result == STANZA_NOMEM;
    if (ran_out) {
        ck_assert_int_eq(stanza_reader_feed(reader, text_of("<iq/>")), ROUTER_E_NOMEM);
        ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_NOMEM);
        ck_assert_int_eq(stanza_reader_fault(reader), STANZA_FAULT_NONE);
        ck_assert_int_eq(stanza_reader_reset(reader), ROUTER_OK);
        ck_assert_int_eq(stanza_reader_feed(reader, text_of("<presence/>")), ROUTER_OK);
        ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_READY);
    }
    stanza_reader_free(reader);
    return ran_out;
}

START_TEST(memory_may_run_out_at_any_request) {
    size_t n = 0;
    bool ran_out = true;
    while (ran_out) {
        struct purse purse = {.fail_at = ++n};
        const struct router_alloc alloc = {purse_resize, &purse};
        ran_out = live(&alloc);
        ck_assert_uint_eq(purse.blocks, 0);
        ck_assert(n < 1000);
        ck_assert(ran_out == (purse.requests >= n));
    }
    ck_assert_uint_gt(n, 8);
}
END_TEST

START_TEST(freeing_nothing_does_nothing) {
    stanza_reader_free(NULL);
    struct stanza_reader *reader = stanza_reader_new(NULL, STANZA_CLIENT, SIZE_MAX);
    struct stanza stanza;
    ck_assert_ptr_nonnull(reader);
    ck_assert_int_eq(stanza_reader_next(reader, &stanza), STANZA_MORE);
    stanza_reader_free(reader);
}
END_TEST

#define EACH(test, table) tcase_add_loop_test(tcase, test, 0, (int)(sizeof(table) / sizeof *(table)))

Suite *stanza_limits_suite(void) {
    Suite *suite = suite_create("stanza_limits");
    TCase *tcase = tcase_create("limits");
    tcase_add_test(tcase, a_stanza_may_be_as_large_as_the_limit);
    tcase_add_test(tcase, a_stanza_of_a_megabyte_is_kept_where_the_limit_allows);
    tcase_add_test(tcase, of_a_stanza_past_the_limit_only_the_start_tag_is_kept);
    tcase_add_test(tcase, a_child_may_be_one_huge_tag);
    tcase_add_test(tcase, elements_may_nest_512_deep);
    tcase_add_test(tcase, a_stanza_of_10000_nested_elements_is_too_large);
    tcase_add_test(tcase, a_start_tag_past_the_limit_leaves_nothing_to_keep);
    EACH(what_never_ends_ends_the_stream_and_needs_little_memory, endless);
    tcase_add_test(tcase, what_is_dropped_takes_no_memory);
    tcase_add_test(tcase, a_long_tag_in_small_pieces_is_read_in_time);
    tcase_add_test(tcase, a_long_tag_may_end_in_the_next_chunk);
    tcase_add_test(tcase, a_long_tag_that_is_malformed_is_a_fault_when_it_ends);
    tcase_add_test(tcase, a_stanza_may_pass_the_limit_by_four_megabytes);
    tcase_add_test(tcase, elements_may_nest_32768_deep_before_the_stream_ends);
    tcase_add_test(tcase, a_long_stream_is_read_on);
    tcase_add_test(tcase, memory_may_run_out_at_any_request);
    tcase_add_test(tcase, freeing_nothing_does_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
