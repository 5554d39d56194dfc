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

/* Numbers under names. */
struct world_names {
    struct world_name *slots;
    size_t capacity, count;
};

int world_names_get(const struct world_names *names, const char *key, size_t size);       /* -1: none */
bool world_names_put(struct world_names *names, const char *key, size_t size, int value); /* key is borrowed */
void world_names_free(struct world_names *names);

/* world_grow - room for one more element. returns false where memory ran out. */
bool world_grow(void **items, size_t *capacity, size_t count, size_t item_size);

/* ------------------------------------------------------------------------------------------------------ queue ---- */

enum world_task_kind {
    TASK_OCTETS, /* octets of a client, peer or component reach its server */
    TASK_RAW,    /* the same, of one that may send anything */
    TASK_LEAVE,  /* a server learns that a client's stream is over; `event` is how it ended */
    TASK_ARRIVE, /* a stanza reaches a client */
    TASK_END,    /* a client learns that its stream is over; `bytes` is why */
    TASK_NAME,   /* the answer of the look-up of a name */
    TASK_STEP,   /* a step of opening an s2s stream, on its way there or back */
    TASK_PAIR,   /* the same of one more pair of domains on a peer's stream; `number` is the link */
    TASK_CROSS,  /* a stanza reaches the other end of an s2s stream; one that waits for it to open */
    TASK_CLOSE,  /* an end of an s2s stream learns that it is over; `event` is how, `bytes` why */
    TASK_TIMER   /* a router has something to do */
};

struct world_task {
    struct world_task *next, *prev;           /* of the same moment */
    struct world_task *lane_next, *lane_prev; /* of the same lane */
    struct world_moment *moment;              /* NULL: it is held up, or waits */
    uint64_t time_us, order;
    size_t sent_by;    /* the event of the effect */
    const char *bytes; /* behind the task, or in the store */
    size_t size;
    int subject;     /* client; server of TASK_TIMER; else stream */
    uint32_t port;   /* of a client's session that it belongs to */
    uint32_t number; /* of the stanza that it comes of */
    int cause;
    uint8_t kind;  /* enum world_task_kind */
    uint8_t event; /* enum router_link_event */
    uint8_t pool;  /* the pool's own */
    bool back;     /* from the receiver of an s2s stream to its opener */
    bool raw;      /* TASK_CROSS: any octets */
    char octets[];
};

enum { POOL_CLASSES = 16 };

/* Memory of tasks, by size, so that one after the other uses the same. */
struct world_pool {
    struct world_task *spare[POOL_CLASSES];
    struct world_block *blocks;
    char *at;
    size_t left;
};

struct world_task *world_pool_take(struct world_pool *pool, size_t octets); /* NULL where memory ran out */
void world_pool_give(struct world_pool *pool, struct world_task *task);
void world_pool_free(struct world_pool *pool); /* with all tasks, wherever they are */

/* Everything that is due at one time, in the order in which it was asked for. */
struct world_moment {
    uint64_t time_us;
    struct world_task *first, *last;
    struct world_moment *chained; /* in the index, or among those that are spare */
};

struct world_queue {
    struct world_moment **heap; /* a binary heap by time */
    size_t count, capacity;
    struct world_moment **index; /* by hash of the time; size is a power of two, or 0 */
    size_t index_size;
    struct world_moment *spare;
    uint64_t next_order;
    size_t busy; /* tasks other than timers */
};

bool world_queue_put(struct world_queue *queue, struct world_task *task); /* at task->time_us; fills in `order` */
void world_queue_remove(struct world_queue *queue, struct world_task *task);
struct world_task *world_queue_first(struct world_queue *queue); /* NULL: none */
void world_queue_free(struct world_queue *queue);

/* Tasks that belong to somebody, in the order in which they came. */
struct world_lane {
    struct world_task *first, *last;
};

void world_lane_put(struct world_lane *lane, struct world_task *task);
void world_lane_remove(struct world_lane *lane, struct world_task *task);

/* ---------------------------------------------------------------------------------------- those who take part ---- */

struct world_domain {
    const char *name; /* prepared */
    size_t size;
    int place;  /* server or peer; -1: nobody has it */
    bool lost;  /* DNS does not find it */
};

/* A server, or a peer: then without a router. Its index is its place. What each stanza needs stands first. */
struct world_server {
    struct router *router;
    int *ends; /* who is at the other end of the router's streams, by port */
    size_t end_count;
    struct world_task *timer;         /* NULL: none runs */
    struct stanza_reader *readers[3]; /* by enum stanza_namespace; shared with other servers */
    bool down;
    int *hosts; /* domains; of a peer its own, then the further ones */
    size_t host_count, host_capacity;
    size_t size_max;
    const char *name;
    struct world_peer *trouble; /* a peer's; its text is a lasting copy */
    int client;                 /* a peer's; else -1 */
    int last_link;              /* a peer's, that it used last; -1: none */
};

enum world_client_kind { CLIENT_USER, CLIENT_COMPONENT, CLIENT_PEER };

struct world_client {
    const char *name, *jid, *full_jid, *host;
    const char *left;             /* how the last session ended */
    struct stanza_reader *reader; /* of its own once it has sent raw octets, else NULL */
    struct world_lane flight;     /* what is under way between it and its server */
    uint64_t latency_us;
    uint64_t up_us, down_us; /* when the latest arrives: a stream keeps its order */
    uint32_t port;           /* 0: no session */
    uint32_t reader_port;    /* whose octets its own reader has read */
    int server;              /* a peer: its place */
    enum world_client_kind kind;
    bool connected; /* as the client sees it */
};

/* Which stanza something comes of. */
struct world_origin {
    uint32_t number;
    int cause;
};

/* ------------------------------------------------------------------------------------------------ s2s streams ---- */

/* From a domain of one place to a domain of another, as often as a stream is opened for them. */
struct world_link {
    int from;         /* server or peer */
    int host, remote; /* domains */
    int stream;       /* the one that stanzas go to now; -1: none */
    struct world_lane waiting; /* stanzas that its router holds until there is one; of a peer: that it holds itself */
    uint32_t waiting_count;
    uint8_t pair; /* enum world_pair: whether it shares the stream of another pair of domains */
};

enum world_pair { PAIR_OWN, PAIR_WAITS, PAIR_ASKS, PAIR_VERIFIED };

enum world_step { STEP_NAME, STEP_CONNECTION, STEP_STREAM, STEP_DIALBACK, STEP_DONE };

/* One stream from its opening to its end on both sides. */
struct world_stream {
    struct world_lane flight;     /* what is under way on it */
    uint64_t last_us;             /* when the latest stanza arrives */
    struct stanza_reader *reader; /* of its own once a peer has sent raw octets on it, else NULL */
    int link;                     /* -1: free */
    int to;                       /* place; -1: nobody has the name */
    uint32_t out_port, in_port;   /* 0: none, or that end belongs to a peer */
    int cause;
    uint8_t step;   /* enum world_step, the next to be done */
    uint8_t answer; /* enum router_link_event, what comes back of this step */
    bool out_open, in_open;
    bool ended;     /* its end is in the log */
    bool told;      /* the opener is about to learn of it */
    bool held_off;  /* a step was lost to a cut, and is done again when the network heals */
};

/* What is unusual about the way from one place to another. */
struct world_path {
    int a, b;
    uint64_t latency_us, jitter_us;
    bool set, cut, stalled; /* set: latency and jitter were */
};

enum { LOG_SEGMENTS = 40, LOG_FIRST = 64, NOBODY = INT32_MIN };

struct world_shared_reader {
    struct stanza_reader *reader;
    enum stanza_namespace ns;
    size_t size_max;
};

struct world {
    uint64_t now_us;
    uint64_t seed, random;
    bool record_facts, tally_only, failed;
    int cause;
    uint32_t last_number;
    int queue_rule; /* index of s2s.queue */
    struct world_tally tally;
    struct world_store store;
    struct world_pool pool;
    struct world_queue queue;
    struct world_server *servers;
    size_t server_count, server_capacity;
    struct world_client *clients;
    size_t client_count, client_capacity;
    struct world_domain *domains;
    size_t domain_count, domain_capacity;
    struct world_names domain_names;
    struct world_link *links;
    size_t link_count, link_capacity;
    uint32_t *link_index; /* links plus one by hash; size is a power of two, or 0 */
    size_t link_index_size;
    struct world_stream *streams;
    size_t stream_count, stream_capacity;
    int spare_stream; /* the first of those that are free, which are chained by `to`; -1: none */
    struct world_path *paths;
    size_t path_count, path_capacity;
    struct world_names path_names;
    struct world_shared_reader *readers;
    size_t reader_count, reader_capacity;
    struct world_event *segments[LOG_SEGMENTS]; /* segment n holds LOG_FIRST << n events, which never move */
    size_t event_count;
};

/* ---- world.c ---- */

const char *world_keep(struct world *world, const char *data, size_t size);
const char *world_keep_slice(struct world *world, struct slice text); /* NULL for an empty one */
struct slice world_slice(const char *text);

void world_finish_moment(struct world *world); /* whatever is due now happens */
uint64_t world_after(const struct world *world, uint64_t delay_us);

/* world_task - a new task of some origin. copy: the bytes are copied behind it, else they must last. NULL: memory. */
struct world_task *world_task(struct world *world, enum world_task_kind kind, int subject, struct world_origin origin,
                              struct slice bytes, bool copy);
void world_task_free(struct world *world, struct world_task *task);
void world_due(struct world *world, struct world_task *task, uint64_t time_us); /* NULL does nothing */

/* ---- log.c ---- */

/* world_log - one more event. returns NULL where no log is kept, or memory ran out. */
struct world_event *world_log(struct world *world, enum world_event_kind kind, struct world_origin origin);
struct world_event *world_log_lost(struct world *world, const struct world_task *task, const char *why, int client);
void world_log_fault(struct world *world, int place, const char *format, const char *a, const char *b);

/* ---- domains.c ---- */

int world_refuse(struct router_error *error, const char *format, const char *what); /* -1 */
int world_domain_find(const struct world *world, struct slice name); /* prepared; -1: unknown */
int world_domain_take(struct world *world, struct slice name);       /* the same; -1: memory */
int world_domain_read(const struct world *world, struct slice jid);  /* of any address; -1: unknown */
bool world_host_add(struct world *world, int place, struct world_server *server, const char *domain,
                    struct router_error *error);

bool world_is_server(const struct world *world, int place);
struct world_server *world_server_room(struct world *world, const char *name, struct router_error *error);
const char *world_server_domain(struct world *world, int server, struct slice domain); /* a lasting copy */
int world_end(const struct world *world, int server, uint32_t port); /* client, or end of a stream; NOBODY: none */
bool world_end_set(struct world *world, int server, uint32_t port, int end);
struct stanza_reader *world_reader(struct world *world, int server, enum stanza_namespace ns); /* NULL: memory */

/* ---- effects.c ---- */

/* world_drain - fetch and carry out all effects of a router's last call. link: the link that was spoken of, or -1. */
void world_drain(struct world *world, int server, struct world_origin origin, int link);
void world_timer_task(struct world *world, int server);
bool world_timer_is_early(struct world *world, struct world_task *timer); /* it was set anew, or taken away */

/* ---- reading.c ---- */

/* world_read - what a stream brought is read and handed to its router, stanza by stanza. */
struct world_source {
    int server, client; /* client -1: an s2s stream's input */
    int stream;         /* -1: a client's */
    uint32_t port;
    const char *host;
    struct stanza_reader *reader;
    bool shared; /* the reader is */
    struct world_origin origin;
    size_t sent_by; /* see struct world_event */
};
void world_read(struct world *world, const struct world_source *source, struct slice bytes);

/* ---- clients.c ---- */

struct world_origin world_own_origin(const struct world *world);
int world_client_add(struct world *world, const char *name, const char *jid, enum world_client_kind kind);
void world_client_deliver(struct world *world, int client, uint32_t port, struct world_origin origin,
                          struct slice bytes, size_t sent_by);
/* Its stream was ended by itself, or by its server, or by the server's crash. */
void world_client_ended(struct world *world, int client, uint32_t port, const char *why, struct world_origin origin);
void world_client_closed(struct world *world, int client, uint32_t port, struct world_origin origin, const char *why);
void world_client_crashed(struct world *world, int client);
void world_client_task(struct world *world, struct world_task *task);

/* ---- links.c ---- */

int world_link_find(struct world *world, int from, int host, int remote); /* made on first use; -1: memory */
void world_link_wait(struct world *world, int link, struct world_task *task); /* takes it; NULL does nothing */
struct world_task *world_link_next(struct world *world, int link); /* the oldest waits no longer; NULL: none did */
void world_link_lose(struct world *world, int link, const char *why);   /* all that waits */
void world_links_lose(struct world *world, int place, const char *why); /* the same, of all links of a place */
void world_link_log(struct world *world, int link, enum world_event_kind kind, struct world_origin origin,
                    const char *text);

/* ---- streams.c ---- */

enum { TRAVEL_THERE = 1, TRAVEL_BACK = 2, TRAVEL_BOTH = 3 };

int world_stream_new(struct world *world, int link, uint32_t port, struct world_origin origin); /* -1: memory */
void world_stream_accepted(struct world *world, int stream, uint32_t port); /* the port at the receiver, or 0 */
void world_stream_settle(struct world *world, int stream);                  /* freed where nothing is left of it */
int world_stream_of_end(int end, bool *input);
void world_stream_task(struct world *world, struct world_task *task);

/* world_stream_send - a task sets out on its stream, which takes it; it may be lost or held up. */
void world_stream_send(struct world *world, struct world_task *task);
void world_stream_set_off(struct world *world, struct world_task *task, bool held);
void world_stream_write(struct world *world, int stream, struct world_origin origin, struct slice bytes,
                        size_t sent_by);
void world_stream_drop(struct world *world, int stream, unsigned travel, const char *why); /* what is under way */

void world_stream_tell_opener(struct world *world, int stream, enum router_link_event event, const char *why);
void world_stream_fail(struct world *world, int stream, enum router_link_event event, const char *why);
/* One end is over. The other one learns of it after all that was sent before. */
void world_stream_end_out(struct world *world, int stream, enum router_link_event event, const char *why,
                          struct world_origin origin);
void world_stream_end_in(struct world *world, int stream, enum router_link_event event, const char *why,
                         struct world_origin origin);
/* Both ends are over now. */
void world_stream_closed_by_opener(struct world *world, int stream, const char *why, struct world_origin origin);
void world_stream_break(struct world *world, int stream, const char *why, struct world_origin origin);

/* ---- opening.c ---- */

void world_stream_open(struct world *world, int link, uint32_t port, struct world_origin origin);
void world_stream_begin_step(struct world *world, int stream);
void world_stream_step(struct world *world, const struct world_task *task);
bool world_stream_connected(const struct world_stream *stream); /* it is open, or the connection for it stands */

/* ---- network.c ---- */

uint64_t world_delay(struct world *world, int a, int b);
bool world_is_cut(const struct world *world, int a, int b);     /* from a to b */
bool world_is_stalled(const struct world *world, int a, int b); /* the same */

/* ---- peers.c ---- */

void world_peer_task(struct world *world, const struct world_task *task); /* it sends */
void world_peer_leave(struct world *world, int client, enum router_link_event event, const char *why);
void world_peer_ready(struct world *world, int stream);                 /* one of its streams is open */
void world_peer_over(struct world *world, int stream, const char *why); /* one of its streams is not any more */
void world_pair_step(struct world *world, const struct world_task *task);
void world_pairs_ask(struct world *world); /* those that wait and may */

#endif
