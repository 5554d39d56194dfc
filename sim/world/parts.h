/* parts.h - what the files of the simulated network share; private to sim/world. */
#ifndef STANZADRILL_WORLD_PARTS_H
#define STANZADRILL_WORLD_PARTS_H

#include "world.h"

/* ------------------------------------------------------------------------------------------------- containers ---- */

/* Text and other objects that live as long as the world. */
struct world_chunk;
struct world_store {
    struct world_chunk *chunk;
};

void *world_store_take(struct world_store *store, size_t size);                         /* NULL where memory ran out */
const char *world_store_text(struct world_store *store, const char *data, size_t size); /* NUL-terminated copy */
void world_store_free(struct world_store *store);

/* Numbers under names: the domains that are served, and the links between two domains. */
struct world_names {
    struct world_name *slots;
    size_t capacity, count;
};

int world_names_get(const struct world_names *names, const char *key, size_t size);       /* -1: none */
bool world_names_put(struct world_names *names, const char *key, size_t size, int value); /* key is borrowed */
void world_names_free(struct world_names *names);

/* Who is at the other end of a router's stream. */
struct world_ports {
    struct world_port *slots;
    size_t capacity, count;
};

int world_ports_get(const struct world_ports *ports, uint32_t port, int none);
bool world_ports_put(struct world_ports *ports, uint32_t port, int end);
void world_ports_remove(struct world_ports *ports, uint32_t port);
void world_ports_free(struct world_ports *ports);

/* ------------------------------------------------------------------------------------------------------ queue ---- */

enum world_task_kind {
    TASK_OCTETS,       /* a client's octets reach its server */
    TASK_RAW,          /* the same, of a client that may send anything */
    TASK_ARRIVE,       /* a stanza reaches a client */
    TASK_END,          /* a client learns that its stream is over; `bytes` is why */
    TASK_CROSS,        /* a stanza reaches the other end of a link */
    TASK_LINK_READY,   /* a link is set up */
    TASK_LINK_NO_HOST, /* a name does not resolve */
    TASK_LINK_END      /* a link's opener learns that it is over */
};

struct world_task {
    uint64_t time_us, order;
    enum world_task_kind kind;
    int subject;      /* client or link */
    uint32_t session; /* of the client or link; a later one makes the task void */
    uint32_t number;
    int cause;
    size_t sent_by;    /* TASK_ARRIVE: the event of the effect */
    const char *bytes; /* in the store */
    char *octets;      /* TASK_OCTETS and TASK_RAW: owned by the task */
    size_t size;
};

struct world_queue {
    struct world_task *tasks; /* a binary heap by (time_us, order) */
    size_t count, capacity;
    uint64_t next_order;
};

bool world_queue_put(struct world_queue *queue, struct world_task task); /* fills in `order` */
bool world_queue_take(struct world_queue *queue, struct world_task *out);
void world_queue_free(struct world_queue *queue); /* with the octets that its tasks own */

/* ---------------------------------------------------------------------------------------------------- servers ---- */

struct world_server {
    struct router *router;
    const char *name;
    const char **domains; /* prepared */
    size_t domain_count;
    struct stanza_reader *readers[2]; /* by enum stanza_namespace */
    struct world_ports ports;
    size_t size_max;
};

struct world_client {
    const char *name, *jid, *full_jid, *host;
    struct stanza_reader *reader; /* of its own once it has sent raw octets, else NULL */
    uint32_t port;                /* 0: its server holds no stream of it */
    uint32_t session;
    int server;
    bool connected; /* as the client sees it */
};

/* Which stanza a waiting copy comes from. */
struct world_origin {
    uint32_t number;
    int cause;
};

/* The stream from a domain of one server to a domain of another, as often as it is opened. */
struct world_link {
    const char *host, *remote;
    int from, to; /* servers; to -1: the name does not resolve */
    uint32_t out_port, in_port;
    uint32_t session;
    uint64_t last_us;             /* arrival of the latest stanza: a stream keeps its order */
    struct world_origin *waiting; /* stanzas that its router holds until it is open, oldest first */
    size_t waiting_first, waiting_count, waiting_capacity;
};

enum { LOG_SEGMENTS = 40, LOG_FIRST = 64 };

struct world {
    uint64_t now_us;
    uint64_t seed;
    bool record_facts, failed;
    int cause;
    uint32_t last_number;
    struct world_store store;
    struct world_queue queue;
    struct world_server *servers;
    size_t server_count, server_capacity;
    struct world_client *clients;
    size_t client_count, client_capacity;
    struct world_link *links;
    size_t link_count, link_capacity;
    struct world_names domains, link_names;
    struct world_event *segments[LOG_SEGMENTS]; /* segment n holds LOG_FIRST << n events, which never move */
    size_t event_count;
};

/* world_grow - room for one more element. returns false where memory ran out. */
bool world_grow(void **items, size_t *capacity, size_t count, size_t item_size);

struct world_event *world_log(struct world *world, enum world_event_kind kind, struct world_origin origin);
const char *world_keep(struct world *world, const char *data, size_t size);
const char *world_keep_slice(struct world *world, struct slice text); /* NULL for an empty one */

struct slice world_slice(const char *text);
const char *world_server_domain(struct world *world, int server, struct slice domain); /* a lasting copy */

/* world_drain - fetch and carry out all effects of a router's last call. link: the link that was spoken of, or -1. */
void world_drain(struct world *world, int server, struct world_origin origin, int link);

/* world_read - what a stream brought is read and handed to its router, stanza by stanza. */
struct world_stream {
    int server, client; /* client -1: a link's input */
    uint32_t port;
    const char *host;
    struct stanza_reader *reader;
    struct world_origin origin;
};
void world_read(struct world *world, const struct world_stream *stream, struct slice bytes);

void world_client_leave(struct world *world, int client, enum router_link_event event, const char *why,
                        struct world_origin origin);
void world_client_deliver(struct world *world, int client, const struct world_event *effect, size_t sent_by);
void world_client_closed(struct world *world, int client, struct world_origin origin, const char *why);
void world_client_task(struct world *world, const struct world_task *task);

/* world_link_find - made on first use; -1 where memory ran out. */
int world_link_find(struct world *world, int server, struct slice host, struct slice remote);
void world_link_open(struct world *world, int link, uint32_t port, struct world_origin origin);
void world_link_wait(struct world *world, int link, struct world_origin origin);
bool world_link_waited(struct world *world, int link, bool take, struct world_origin *origin);
void world_link_write(struct world *world, int link, struct world_origin origin, const char *bytes, size_t size);
void world_link_closed(struct world *world, int link, bool input, struct world_origin origin);
void world_link_task(struct world *world, const struct world_task *task);

#endif
