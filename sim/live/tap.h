/* tap.h - one direction of an XML stream, cut where its elements end, with a tree of each. Private to recording. */
#ifndef STANZADRILL_LIVE_TAP_H
#define STANZADRILL_LIVE_TAP_H

#include <stdbool.h>
#include <stddef.h>

enum {
    LIVE_TAP_SIZE_MAX = 1 << 20, /* octets of one element, or of a stream header */
    LIVE_TAP_DEPTH_MAX = 190     /* of elements in each other, less than a scenario's block may have */
};

#define LIVE_TAP_CLIENT  "jabber:client"
#define LIVE_TAP_STREAMS "http://etherx.jabber.org/streams"

/* Memory that is freed as a whole. */
struct live_pool;
struct live_pool *live_pool_new(void);                                       /* NULL where memory ran out */
void *live_pool_take(struct live_pool *pool, size_t size);                   /* zeroed; NULL likewise */
char *live_pool_text(struct live_pool *pool, const char *data, size_t size); /* with a NUL; NULL likewise */
void live_pool_free(struct live_pool *pool);

struct live_attribute {
    struct live_attribute *next;
    const char *ns; /* "": none */
    const char *name, *value;
};

/* An element, or a piece of text between elements. */
struct live_node {
    struct live_node *next, *child;
    const char *ns;   /* "": none */
    const char *name; /* NULL: a text */
    const char *text; /* of a text */
    struct live_attribute *attributes;
    size_t start, end; /* octets of an element within the piece */
};

const char *live_node_get(const struct live_node *node, const char *name); /* attribute without namespace, or NULL */
const struct live_node *live_node_child(const struct live_node *node, const char *ns, const char *name); /* or NULL */
const char *live_node_text(const struct live_node *node);                          /* the first text in it, or "" */
bool live_node_is(const struct live_node *node, const char *ns, const char *name); /* false for NULL too */

enum live_piece_kind {
    LIVE_PIECE_MORE,    /* nothing whole is left; feed it */
    LIVE_PIECE_SPACE,   /* white space between elements */
    LIVE_PIECE_HEADER,  /* of the stream; the node has its attributes */
    LIVE_PIECE_ELEMENT, /* of the first level */
    LIVE_PIECE_END,     /* of the stream */
    LIVE_PIECE_BROKEN,  /* what came is no XML stream; `why` says so */
    LIVE_PIECE_BLIND,   /* what came after that, or after the end */
    LIVE_PIECE_NOMEM
};

struct live_piece {
    enum live_piece_kind kind;
    const char *octets; /* as they came; valid until the next call */
    size_t size;
    struct live_node *node; /* HEADER and ELEMENT; NULL where elements are nested too deep */
    const char *why;
};

struct live_tap;
struct live_tap *live_tap_new(void); /* NULL where memory ran out */
void live_tap_free(struct live_tap *tap);
bool live_tap_feed(struct live_tap *tap, const char *octets, size_t size); /* false where memory ran out */
/* live_tap_next - the pieces in their order; all octets that were fed come back once. */
void live_tap_next(struct live_tap *tap, struct live_piece *piece);
/* live_tap_take - keep the last piece's tree. */
struct live_pool *live_tap_take(struct live_tap *tap);
/* live_tap_restart - what follows the last piece is a new stream. returns false where memory ran out. */
bool live_tap_restart(struct live_tap *tap);

#endif
