/* bench_parse.c - what the stanza reader costs beside bare namespace-aware expat on the same bytes. */
#include "bench.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "router.h"

enum { STANZAS = 20000, CHUNK = 16 * 1024, ROOM = 256 };

static const char header[] = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

struct work {
    char *text;
    size_t size;
    struct stanza_reader *reader;
    XML_Parser parser;
    size_t seen;
    int failed;
};

static struct slice chunk_at(const struct work *work, size_t at) {
    size_t left = work->size - at;
    return (struct slice){work->text + at, left < CHUNK ? left : CHUNK};
}

static void run_expat(void *ctx) {
    struct work *work = ctx;
    XML_ParserReset(work->parser, "UTF-8");
    XML_Parse(work->parser, header, (int)sizeof header - 1, 0);
    for (size_t at = 0; at < work->size; at += CHUNK) {
        struct slice chunk = chunk_at(work, at);
        if (XML_Parse(work->parser, chunk.data, (int)chunk.size, 0) != XML_STATUS_OK) work->failed = 1;
    }
}

static void run_reader(void *ctx) {
    struct work *work = ctx;
    struct stanza stanza;
    work->seen = 0;
    if (stanza_reader_reset(work->reader) != ROUTER_OK) work->failed = 1;
    for (size_t at = 0; at < work->size; at += CHUNK) {
        if (stanza_reader_feed(work->reader, chunk_at(work, at)) != ROUTER_OK) work->failed = 1;
        enum stanza_read result;
        while ((result = stanza_reader_next(work->reader, &stanza)) == STANZA_READY) work->seen += stanza.to.size > 0;
        if (result != STANZA_MORE) work->failed = 1;
    }
}

/* Chat messages of about 170 octets, as a client writes them. */
static void write_stream(struct work *work) {
    for (unsigned i = 0; i < STANZAS; i++) {
        int size = snprintf(work->text + work->size, ROOM,
                            "<message from='romeo@montague.example/orchard' to='juliet@capulet.example/balcony' "
                            "type='chat' id='m%05u'><body>Wherefore art thou, and what is in a name? %u</body>"
                            "</message>",
                            i, i);
        work->size += (size_t)size;
    }
}

int bench_parse(void) {
    struct work work = {.text = malloc((size_t)STANZAS * ROOM), .parser = XML_ParserCreateNS("UTF-8", '\x1F')};
    work.reader = stanza_reader_new(NULL, STANZA_CLIENT, 262144);
    if (work.text != NULL && work.parser != NULL && work.reader != NULL) {
        write_stream(&work);
        double expat = bench_median_ns(run_expat, &work, 5) / 5 / STANZAS;
        double reader = bench_median_ns(run_reader, &work, 5) / 5 / STANZAS;
        bench_line("parse-expat", expat, "ns/stanza");
        bench_line("parse-reader", reader, "ns/stanza");
        bench_line("parse-ratio", bench_ratio(run_reader, &work, run_expat, &work, 5), "times");
        bench_line("parse-octets", (double)work.size / STANZAS, "octets/stanza");
    } else {
        work.failed = 1;
    }
    if (work.seen != STANZAS) work.failed = 1;
    stanza_reader_free(work.reader);
    if (work.parser != NULL) XML_ParserFree(work.parser);
    free(work.text);
    return work.failed;
}
