/* bench_route.c - what routing costs on top of parsing, what a decision costs alone, and what a resource weighs. */
#include "bench.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "router.h"

enum { STANZAS = 20000, CHUNK = 16 * 1024, ROOM = 256, RESOURCES = 10000, TIMES = 5 };

static const char header[] = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

struct heap {
    size_t used;
};

/* Each piece carries its size in front, so that what lives can be summed up. */
static void *counted(void *ctx, void *old, size_t size) {
    enum { HEAD = 16 };
    struct heap *heap = ctx;
    char *start = old == NULL ? NULL : (char *)old - HEAD;
    if (start != NULL) heap->used -= *(size_t *)(void *)start;
    if (size == 0) {
        free(start);
        return NULL;
    }
    start = realloc(start, size + HEAD);
    if (start == NULL) return NULL;
    *(size_t *)(void *)start = size;
    heap->used += size;
    return start + HEAD;
}

struct work {
    char *text;
    size_t size;
    struct stanza_reader *reader;
    XML_Parser parser;
    struct router *router;
    uint32_t port;
    struct stanza dropped;
    size_t octets, fates;
    int failed;
};

static struct slice text(const char *chars) {
    return (struct slice){chars, strlen(chars)};
}

static struct slice chunk_at(const struct work *work, size_t at) {
    const size_t left = work->size - at;
    return (struct slice){work->text + at, left < CHUNK ? left : CHUNK};
}

static void run_expat(void *ctx) {
    struct work *work = ctx;
    XML_ParserReset(work->parser, "UTF-8");
    XML_Parse(work->parser, header, (int)sizeof header - 1, 0);
    for (size_t at = 0; at < work->size; at += CHUNK) {
        const struct slice chunk = chunk_at(work, at);
        if (XML_Parse(work->parser, chunk.data, (int)chunk.size, 0) != XML_STATUS_OK) work->failed = 1;
    }
}

static void take_effects(struct work *work) {
    struct router_effect effect;
    while (router_next(work->router, &effect)) {
        work->octets += effect.bytes.size;
        work->fates += effect.kind < ROUTER_FATE_COUNT;
    }
}

static void run_route(void *ctx) {
    struct work *work = ctx;
    struct stanza stanza;
    if (stanza_reader_reset(work->reader) != ROUTER_OK) work->failed = 1;
    for (size_t at = 0; at < work->size; at += CHUNK) {
        if (stanza_reader_feed(work->reader, chunk_at(work, at)) != ROUTER_OK) work->failed = 1;
        while (stanza_reader_next(work->reader, &stanza) == STANZA_READY) {
            if (router_input(work->router, work->port, &stanza, 0) != ROUTER_OK) work->failed = 1;
            take_effects(work);
        }
    }
}

/* An error to a bare JID is found, decided and dropped: nothing is read and nothing written. */
static void run_decide(void *ctx) {
    struct work *work = ctx;
    for (unsigned i = 0; i < STANZAS; i++) {
        if (router_input(work->router, work->port, &work->dropped, 0) != ROUTER_OK) work->failed = 1;
        take_effects(work);
    }
}

static void write_stream(struct work *work) {
    for (unsigned i = 0; i < STANZAS; i++)
        work->size += (size_t)snprintf(work->text + work->size, ROOM,
                                       "<message from='romeo@montague.example/orchard' "
                                       "to='juliet@capulet.example/balcony' type='chat' id='m%05u'><body>Wherefore art "
                                       "thou, and what is in a name? %u</body></message>",
                                       i, i);
}

static int set_up(struct work *work) {
    static const char *const domains[] = {"montague.example", "capulet.example"};
    const struct router_config config = {.domains = domains, .domain_count = 2};
    uint32_t juliet;
    return router_new(&config, &work->router) == ROUTER_OK &&
           router_account(work->router, text("romeo@montague.example")) == ROUTER_OK &&
           router_account(work->router, text("juliet@capulet.example")) == ROUTER_OK &&
           router_bind(work->router, text("romeo@montague.example/orchard"), 0, &work->port) == ROUTER_OK &&
           router_bind(work->router, text("juliet@capulet.example/balcony"), 0, &juliet) == ROUTER_OK;
}

static void measure_routing(struct work *work) {
    static const char error[] = "<message type='error' to='juliet@capulet.example'/>";
    work->dropped = (struct stanza){.kind = STANZA_MESSAGE_ERROR,
                                    .has_to = true,
                                    .to = text("juliet@capulet.example"),
                                    .type = text("error"),
                                    .start = {error, sizeof error - 1}};
    const double expat = bench_median_ns(run_expat, work, TIMES) / TIMES / STANZAS;
    const double route = bench_median_ns(run_route, work, TIMES) / TIMES / STANZAS;
    const double ratio = bench_ratio(run_route, work, run_expat, work, TIMES);
    work->fates = 0;
    const double decide = bench_median_ns(run_decide, work, TIMES) / TIMES / STANZAS;
    /* One run warms up, then five runs of TIMES each: every stanza must have had exactly one fate. */
    if (work->fates != (size_t)STANZAS * (1 + TIMES * 5)) work->failed = 1;
    bench_line("route-expat", expat, "ns/stanza");
    bench_line("route-whole", route, "ns/stanza");
    bench_line("route-ratio", ratio, "times");
    bench_line("route-decide", decide, "ns/stanza");
}

/* Each resource belongs to an account of its own and has sent presence; the accounts are counted apart. */
static int measure_weight(void) {
    struct heap heap = {0};
    const struct router_alloc alloc = {counted, &heap};
    static const char *const domains[] = {"capulet.example"};
    const struct router_config config = {.alloc = &alloc, .domains = domains, .domain_count = 1};
    static const char start[] = "<presence>";
    static const char body[] = "<priority>1</priority>";
    const struct stanza presence = {
        .kind = STANZA_AVAILABLE, .start = {start, sizeof start - 1}, .body = {body, sizeof body - 1}};
    struct router *router;
    int failed = router_new(&config, &router) != ROUTER_OK;
    const size_t empty = heap.used;
    for (unsigned i = 0; i < RESOURCES && !failed; i++) {
        char jid[64];
        snprintf(jid, sizeof jid, "user%u@capulet.example", i);
        failed = router_account(router, text(jid)) != ROUTER_OK;
    }
    const size_t accounts = heap.used;
    for (unsigned i = 0; i < RESOURCES && !failed; i++) {
        char jid[64];
        uint32_t port;
        snprintf(jid, sizeof jid, "user%u@capulet.example/balcony", i);
        failed = router_bind(router, text(jid), 0, &port) != ROUTER_OK ||
                 router_input(router, port, &presence, 0) != ROUTER_OK;
    }
    if (!failed) {
        bench_line("weight-account", (double)(accounts - empty) / RESOURCES, "octets");
        bench_line("weight-resource", (double)(heap.used - accounts) / RESOURCES, "octets");
        router_free(router);
    }
    return failed;
}

int bench_route(void) {
    struct work work = {.text = malloc((size_t)STANZAS * ROOM), .parser = XML_ParserCreateNS("UTF-8", '\x1F')};
    work.reader = stanza_reader_new(NULL, STANZA_CLIENT, 262144);
    if (work.text != NULL && work.parser != NULL && work.reader != NULL && set_up(&work)) {
        write_stream(&work);
        measure_routing(&work);
    } else {
        work.failed = 1;
    }
    router_free(work.router);
    stanza_reader_free(work.reader);
    if (work.parser != NULL) XML_ParserFree(work.parser);
    free(work.text);
    return work.failed | measure_weight();
}
