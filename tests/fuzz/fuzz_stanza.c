/* fuzz_stanza.c - libFuzzer target: however a stream is cut into chunks, the reader makes the same of it.
 *
 * Input: one octet for the size limit, one for the content namespace and the number of chunk sizes, the chunk sizes,
 * the stream. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "router.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONG_STREAM = 4096 };

struct log {
    char *data;
    size_t size, capacity;
};

static void demand(bool holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void log_octets(struct log *log, const void *data, size_t size) {
    if (log->size + size > log->capacity) {
        log->capacity = 2 * (log->size + size);
        log->data = realloc(log->data, log->capacity);
        demand(log->data != NULL, "memory");
    }
    if (size > 0) memcpy(log->data + log->size, data, size);
    log->size += size;
}

static void log_number(struct log *log, size_t number) {
    log_octets(log, &number, sizeof number);
}

static void log_slice(struct log *log, struct slice slice) {
    log_number(log, slice.size);
    log_octets(log, slice.data, slice.size);
}

static void check_address(struct slice text) {
    struct jid_parts parts;
    if (jid_prepare(text, &parts) != ROUTER_OK) return;
    demand(parts.size <= sizeof parts.text, "the prepared JID fits");
    demand(parts.domain.size > 0 && parts.domain.size <= ROUTER_JID_PART_MAX, "the domainpart's size");
    demand(parts.local.size <= ROUTER_JID_PART_MAX, "the localpart's size");
    demand(parts.resource.size <= ROUTER_JID_PART_MAX, "the resourcepart's size");
    size_t marks = (parts.local.size > 0) + (size_t)(parts.resource.size > 0);
    demand(parts.size == parts.local.size + parts.domain.size + parts.resource.size + marks, "the parts make the text");
}

static void log_stanza(struct log *log, const struct stanza *st) {
    const bool flags[] = {st->oversize, st->prefixed, st->other_content, st->has_to,
                          st->has_from, st->has_id,   st->has_lang};
    log_number(log, (size_t)st->kind);
    log_octets(log, flags, sizeof flags);
    log_slice(log, st->to);
    log_slice(log, st->from);
    log_slice(log, st->id);
    log_slice(log, st->type);
    log_slice(log, st->start);
    log_slice(log, st->body);
    log_number(log, st->child_count);
    for (size_t i = 0; i < st->child_count && i < STANZA_CHILDREN_MAX; i++) {
        log_slice(log, st->child[i].ns);
        log_slice(log, st->child[i].name);
        log_slice(log, st->child[i].raw);
    }
    demand(!st->oversize || (st->child_count == 0 && st->body.size == 0), "of a large stanza only the start is kept");
    check_address(st->to);
}

/* Feeds a copy of its own, so that a view past its end, or into an earlier chunk, is seen. */
static enum stanza_read feed(struct stanza_reader *reader, struct slice chunk, struct log *log) {
    struct stanza stanza;
    enum stanza_read result;
    char *copy = malloc(chunk.size > 0 ? chunk.size : 1);
    demand(copy != NULL, "memory");
    memcpy(copy, chunk.data, chunk.size);
    demand(stanza_reader_feed(reader, (struct slice){copy, chunk.size}) == ROUTER_OK, "a chunk is taken");
    while ((result = stanza_reader_next(reader, &stanza)) == STANZA_READY) log_stanza(log, &stanza);
    demand(result != STANZA_NOMEM, "memory");
    free(copy);
    return result;
}

static struct log read_stream(struct slice stream, enum stanza_namespace ns, size_t size_max, struct slice cuts) {
    struct log log = {NULL, 0, 0};
    struct stanza_reader *reader = stanza_reader_new(NULL, ns, size_max);
    enum stanza_read result = STANZA_MORE;
    demand(reader != NULL, "memory");
    for (size_t at = 0, n = 0; at < stream.size && result == STANZA_MORE; n++) {
        uint8_t cut = cuts.size > 0 ? (uint8_t)cuts.data[n % cuts.size] : 0;
        size_t left = stream.size - at, size = cuts.size == 0 ? left : cut < 200 ? cut : (cut - 199u) * 64u;
        /* an empty chunk is fine, but not for ever */
        if (size == 0 && n % 2 == 1) size = 1;
        if (size > left) size = left;
        result = feed(reader, (struct slice){stream.data + at, size}, &log);
        at += size;
    }
    /* the end of a long tag may be waited for before expat sees its faults; this shows them */
    if (result == STANZA_MORE) feed(reader, (struct slice){"<", 1}, &log);
    enum stanza_fault fault = stanza_reader_fault(reader);
    /* within a character that must not stand there, a cut leaves open whether it would have been UTF-8 */
    if (fault == STANZA_FAULT_ENCODING) fault = STANZA_FAULT_ILLFORMED;
    /* a long comment that is malformed is a fault either way, but which one hangs on the cuts */
    if (stream.size >= LONG_STREAM && fault == STANZA_FAULT_RESTRICTED) fault = STANZA_FAULT_ILLFORMED;
    log_number(&log, (size_t)fault);
    stanza_reader_free(reader);
    return log;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    static const enum stanza_namespace namespaces[] = {STANZA_CLIENT, STANZA_SERVER, STANZA_COMPONENT, STANZA_CLIENT};
    size_t size_max = (size_t)data[0] * data[0], cut_count = data[1] >> 2;
    enum stanza_namespace ns = namespaces[data[1] & 3];
    data += 2;
    size -= 2;
    if (cut_count > size) cut_count = size;
    struct slice cuts = {(const char *)data, cut_count}, none = {NULL, 0};
    struct slice stream = {(const char *)data + cut_count, size - cut_count};
    struct log whole = read_stream(stream, ns, size_max, none);
    struct log cut = read_stream(stream, ns, size_max, cuts);
    demand(whole.size == cut.size && memcmp(whole.data, cut.data, cut.size) == 0, "the cuts do not matter");
    free(whole.data);
    free(cut.data);
    return 0;
}
