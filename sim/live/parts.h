/* parts.h - what the files of sim/live share; private to it. */
#ifndef STANZADRILL_LIVE_PARTS_H
#define STANZADRILL_LIVE_PARTS_H

#include "live.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/types.h>

enum {
    LIVE_SECONDS = 10,      /* the bound for one wait, where nothing else is asked for */
    LIVE_PASSWORD_SIZE = 24, /* octets of a generated password with its NUL */
    LIVE_SLOTS = 16          /* cases that have components at the same time */
};

/* live_fail - fill an error; always returns false. */
bool live_fail(struct live_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A wait ends after the server's seconds, or at `end_us` of live_clock_us, when what it is for has no time left.
 * live_end_us - which comes first for one that begins now. live_seconds - for texts, to the nearest. */
#define LIVE_NO_END UINT64_MAX
uint64_t live_end_us(const struct live_server *server, uint64_t end_us);
unsigned live_seconds(uint64_t us);

/* ------------------------------------------------------------------------------------------------------- text.c ---- */

/* A text that grows; zeroed: empty. data has a NUL behind it, and is NULL before anything was added. */
struct live_text {
    char *data;
    size_t size, capacity;
    bool failed; /* memory ran out: the rest is missing */
};
void live_text_add(struct live_text *text, const char *data, size_t size);
void live_text_format(struct live_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void live_text_xml(struct live_text *text, const char *plain); /* escaped, for text and attributes */
void live_text_free(struct live_text *text);

/* ---------------------------------------------------------------------------------------------------- process.c ---- */

/* A private folder and the processes that were started for it. A janitor process of its own ends them and removes the
 * folder when the harness is gone, for whatever reason. */
struct live_nest;

struct live_nest *live_nest_new(struct live_error *error);
const char *live_nest_folder(const struct live_nest *nest);
/* live_nest_write - a file below the folder, made whole (written aside, then renamed); folders on the way are made. */
bool live_nest_write(struct live_nest *nest, const char *name, const char *text, size_t size, struct live_error *error);
/* live_program - where a program is: on PATH, or in /usr/sbin and the like. returns false: nowhere. */
bool live_program(const char *name, char *path, size_t size);
/* live_nest_start - a program, in the folder, with its output in the folder's NAME.log. environment: "NAME=value" lines,
 * NULL at the end, beside PATH, LD_LIBRARY_PATH, HOME (the folder) and LC_ALL, which are all that it gets. channel: NULL,
 * or becomes the other end of the socket that is its standard input. returns its number, or -1. */
int live_nest_start(struct live_nest *nest, const char *const *argv, const char *const *environment, int *channel,
                    struct live_error *error);
/* live_nest_run - a command to its end. status: as a shell has it. output: the first `size` octets of what it printed,
 * with a NUL. returns false where it could not be started, or did not end in time. */
bool live_nest_run(struct live_nest *nest, const char *const *argv, uint64_t end_us, int *status, char *output,
                   size_t size, struct live_error *error);
bool live_nest_runs(struct live_nest *nest, int process);      /* false: it ended */
pid_t live_nest_pid(const struct live_nest *nest, int process); /* 0: it ended */
void live_nest_stop(struct live_nest *nest, unsigned seconds); /* all processes: SIGTERM, then SIGKILL; 0: that at once */
void live_nest_free(struct live_nest *nest);                   /* stops, and removes the folder */
/* live_nest_log - the last lines that a process has printed, for a message; new, or NULL. */
char *live_nest_log(const struct live_nest *nest, int process);
uint64_t live_clock_us(void); /* never goes back */
void live_pause(void);        /* for a moment, between two looks at something that another process does */

/* ------------------------------------------------------------------------------------------------------ ports.c ---- */

uint16_t live_free_port(struct live_error *error); /* of 127.0.0.1, free a moment ago; 0: none */
bool live_port_open(const char *address, uint16_t port); /* something accepts connections there */
/* live_port_problem - the same of any address or name. returns NULL, or why there is no connection. */
const char *live_port_problem(const char *address, uint16_t port, unsigned seconds);
bool live_secret(char secret[LIVE_PASSWORD_SIZE], struct live_error *error); /* letters and digits, made by lot */
/* live_ask - write to a process's channel, and read the one line of its answer, cut where it is longer than size - 1.
 * late: how many answers were not waited for, and are passed over when they come. returns false with errno: ETIMEDOUT no
 * answer; EPIPE the process is gone. */
bool live_ask(int channel, unsigned *late, const char *question, size_t question_size, char *answer, size_t size,
              uint64_t end_us);

/* ---------------------------------------------------------------------------------------------------- target.c ---- */

enum live_tls { LIVE_TLS_REQUIRED, LIVE_TLS_ALLOWED, LIVE_TLS_OFF };
enum live_accounts { LIVE_ACCOUNTS_LISTED, LIVE_ACCOUNTS_REGISTER, LIVE_ACCOUNTS_COMMAND };

struct live_host { /* of a target file */
    char *domain, *address; /* an IP address or a name */
    uint16_t port;
};

struct live_listed {
    char *bare, *password;
};

struct live_attached { /* a component that the server of a target file knows; on 127.0.0.1 */
    char *domain, *secret;
    uint16_t port;
};

struct live_target {
    char *name;                   /* for reports */
    char *profile;                /* that describes it; NULL: a target file that names none */
    const struct live_kind *kind; /* NULL: a target file's, which runs already */
    enum live_tls tls;            /* for clients; built-in servers: LIVE_TLS_OFF */
    char *ca_file;                /* whom to trust beside the system's authorities; NULL: none */
    bool pings_in_rounds;         /* as in struct live_kind */
    enum live_accounts accounts;
    struct live_host *hosts;
    size_t host_count;
    struct live_listed *listed;
    size_t listed_count;
    struct live_attached *attached;
    size_t attached_count;
    char **command; /* words with placeholders, NULL at the end */
};

const char *live_nearest(const char *word, const char *const *words); /* of a list with NULL at its end; NULL: none is near */

/* ----------------------------------------------------------------------------------------------------- servers ---- */

struct live_item { /* of a roster */
    const char *jid;
    struct router_contact state;
};

/* What differs from server to server. Names that they get are those on the wire. end_us: as in live_end_us. */
struct live_kind {
    const char *name;     /* also of the profile that describes it */
    const char *package;  /* Debian's */
    const char *program;  /* whose presence shows that it is installed */
    bool pings_in_rounds; /* one ping is no barrier for other sessions */
    /* A session's end goes on inside after its connection is closed, and strikes the next connection, which gets the same
     * descriptor. So before anybody connects, wait for the end of the old connection and ping from another session; where
     * a client has vanished, ping twice. */
    bool rests_after_end;
    bool disowns_components; /* the domain of a component that is away is none of its own */
    /* start: configuration, processes, and waiting until it can be used. */
    bool (*start)(struct live_server *server, struct live_error *error);
    /* mend: start anew what has died, where the rest can go on. NULL: it cannot be done. */
    bool (*mend)(struct live_server *server);
    bool (*account)(struct live_server *server, const char *local, const char *domain, const char *password,
                    uint64_t end_us, struct live_error *error);
    /* over: wait until the session of a full JID has ended inside, where its connection has just been lost. NULL: whatever
     * comes of that end comes before the answer to anybody's next ping. */
    bool (*over)(struct live_server *server, const char *full_jid, uint64_t end_us, struct live_error *error);
    /* parted: wait until the server's streams to another domain are over, whose server has just left. NULL: it needs no
     * time to notice. */
    bool (*parted)(struct live_server *server, const char *domain, uint64_t end_us, struct live_error *error);
    /* furnish: roster and stored messages of an account that nobody has used yet. NULL: it cannot be done. */
    int (*furnish)(struct live_server *server, const char *local, const char *domain, const struct live_item *items,
                   size_t item_count, const char *const *stored, size_t stored_count, uint64_t end_us,
                   struct live_error *error);
};
extern const struct live_kind live_prosody, live_ejabberd, live_jabberd2;

struct live_server {
    const struct live_target *target;
    const struct live_kind *kind; /* NULL: a target file's, which runs already */
    struct live_needs needs;      /* owned copy; components as they are on the wire, in every slot */
    unsigned seconds;       /* of one wait */
    unsigned start_seconds; /* of one while it starts */
    struct live_nest *nest;
    struct live_dns *dns;
    uint16_t c2s_port, s2s_port, component_port;
    char component_secret[LIVE_PASSWORD_SIZE];
    int processes[8];
    size_t process_count;
    struct live_split *splits;  /* servers for cases that have several */
    struct live_server **parts; /* of such a one: it has no processes itself */
    size_t part_count;
    bool borrows_dns;    /* it is another's */
    unsigned generation; /* how often it was started anew */
    int channel;         /* of the kind, to one of the processes; -1: none */
    unsigned late;       /* answers there that nobody waited for */
    atomic_bool doubted; /* a case has failed for want of an answer: see that it still gives any */
    struct live_door *door; /* NULL: clients come and go as they like */
    /* A server must know its components before it starts, so it knows each under several names. A case that has components
     * takes a slot, and is alone there: in slot 3 the component rooms.example is c3.rooms.example on the wire. */
    pthread_mutex_t slot_lock;
    pthread_cond_t slot_left;
    bool slot_taken[LIVE_SLOTS];
    unsigned slot_next;
    pthread_mutex_t lock; /* recursive; of what several venues use at the same time: processes, generation, channel */
    pthread_mutex_t split_lock; /* of splits; held while servers start */
};

/* live_account - an account comes to be by the target's means: kind, list in the file, in-band registration, command. */
bool live_account(struct live_server *server, const char *local, const char *domain, const char *password,
                  uint64_t end_us, struct live_error *error);
/* live_where - address and port for clients of a domain. returns false: this server does not serve it. */
bool live_where(const struct live_server *server, const char *domain, const char **address, uint16_t *port);

/* live_server_new, live_server_start - the steps of live_open. slots: in how many each component is known; 0: components
 * are as they are on the wire. */
struct live_server *live_server_new(const struct live_target *target, const struct live_needs *needs, unsigned seconds,
                                    size_t slots);
bool live_server_start(struct live_server *server, struct live_error *error);

/* live_slot_take - waits for one. A target file's server has one slot, in which components have their own names. */
unsigned live_slot_take(struct live_server *server);
void live_slot_leave(struct live_server *server, unsigned slot);

/* live_attach - port of 127.0.0.1 and secret for a component, by its domain on the wire. returns false: it has none. */
bool live_attach(const struct live_server *server, const char *domain, uint16_t *port, const char **secret);

/* live_rests - whether its sessions must have ended inside before anybody connects: see rests_after_end. */
bool live_rests(const struct live_server *server);
/* live_own_names - whether accounts keep the scenario's names, as a target file lists them: then no fresh names. */
bool live_own_names(const struct live_server *server);
/* live_password - what an account logs in with: the listed password, or else `generated`. */
const char *live_password(const struct live_server *server, const char *local, const char *domain, const char *generated);

/* live_account_command - by the target file's command. Nothing in it is read by a shell. */
bool live_account_command(struct live_server *server, const char *local, const char *domain, const char *password,
                          uint64_t end_us, struct live_error *error);

/* ------------------------------------------------------------------------------------------------------- reach.c ---- */

struct _xmpp_conn_t; /* libstrophe's xmpp_conn_t */

/* live_apply_tls - the target's TLS policy and authorities, for a connection of libstrophe that is not connected yet. */
void live_apply_tls(const struct live_server *server, struct _xmpp_conn_t *connection);
/* live_deadline_new - shut a connection down after a time, whoever waits on it: libstrophe's TLS handshake would do so for
 * ever. NULL where there are no means. live_deadline_end - call it off; returns whether it has struck. NULL: false. */
struct live_deadline;
struct live_deadline *live_deadline_new(int connection, unsigned wait_ms);
bool live_deadline_end(struct live_deadline *deadline);

/* Around calls to libstrophe: its writing to a connection that is gone raises SIGPIPE, which must not end the harness. */
struct live_guard {
    sigset_t before;
    bool was_pending;
};
void live_guard_enter(struct live_guard *guard);
void live_guard_leave(const struct live_guard *guard);

/* live_reach - whether the server answers a client of a domain with stream features, with TLS where it is used. */
bool live_reach(struct live_server *server, const char *domain, uint64_t end_us, struct live_error *error);
bool live_register(struct live_server *server, const char *local, const char *domain, const char *password,
                   uint64_t end_us, struct live_error *error);

/* ------------------------------------------------------------------------------------------------------- split.c ---- */

enum { LIVE_SERVED_MAX = 16 };

struct live_served { /* a domain, and which of a case's servers serves it */
    const char *domain;
    size_t server;
};
/* live_split - servers that share out domains as a case has it; they are used as one, and closed with `server`. The list
 * is sorted. returns as a venue's functions do. */
int live_split(struct live_server *server, struct live_served *served, size_t count, size_t servers,
               struct live_server **front, struct live_error *error);
/* live_home - the one of several that serves a domain, or has the component; itself, if it is one alone. */
struct live_server *live_home(const struct live_server *server, const char *domain);
void live_splits_close(struct live_server *server);

/* ------------------------------------------------------------------------------------------------------- start.c ---- */

/* For kinds. What fails says the step: "prosody: start: it ended before it could STEP; it said: ...". */
bool live_start_process(struct live_server *server, const char *const *argv, const char *const *environment, int *channel,
                        struct live_error *error);
bool live_start_fails(struct live_server *server, size_t which, const char *why, const char *step,
                      struct live_error *error);
/* live_wait - until it is ready; fails where a process ends, or after the server's start_seconds. */
bool live_wait(struct live_server *server, bool (*ready)(struct live_server *server, const void *data), const void *data,
               const char *step, struct live_error *error);
bool live_wait_port(struct live_server *server, uint16_t port, const char *step, struct live_error *error);
bool live_wait_ports(struct live_server *server, struct live_error *error); /* of clients, servers and components */
bool live_wait_hosts(struct live_server *server, struct live_error *error); /* every domain answers clients */
/* live_write - a file of the server's folder; the text is freed. */
bool live_write(struct live_server *server, const char *name, struct live_text *text, struct live_error *error);
/* live_order - what a process is asked over the server's channel and must answer with "ok", about local@domain; the text
 * is freed. refusal: what any other answer means; NULL: it says so itself. */
bool live_order(struct live_server *server, struct live_text *text, const char *refusal, const char *step,
                const char *local, const char *domain, uint64_t end_us, struct live_error *error);
/* live_find - the first file that one of some patterns fits, NULL at their end. */
bool live_find(const char *const *patterns, char *path, size_t size);

/* -------------------------------------------------------------------------------------------------------- door.c ---- */

/* Where clients come and go at a server with rests_after_end; all take NULL, and do nothing then. Used by several threads.
 * come ... came: around a login. returns false and *error: then there is nothing to end. Do not go in between.
 * go ... gone: around what ends sessions; gone waits until the server has forgotten them. go returns false where the time
 * is over before it is one's turn: then nothing may end, and there is nothing to end.
 * keep: a connection is held open when its client is freed, and closed later, with others. -1: none. */
struct live_door;
struct live_door *live_door_new(struct live_server *server); /* NULL where memory ran out */
bool live_door_come(struct live_door *door, uint64_t end_us, struct live_error *error);
void live_door_came(struct live_door *door);
bool live_door_go(struct live_door *door, uint64_t end_us);
void live_door_gone(struct live_door *door);
void live_door_keep(struct live_door *door, int connection);
void live_door_free(struct live_door *door);

/* ------------------------------------------------------------------------------------------------------- names.c ---- */

/* Fresh names for one case, and back. Texts that are returned are new. */
struct live_names;
struct live_names *live_names_new(unsigned number);
void live_names_free(struct live_names *names);
bool live_names_add(struct live_names *names, const char *bare); /* an account of the scenario, whether it exists or not */
/* live_names_add_domain - the domain of a peer: a domain of its own below it, so that servers remember nothing of it. */
bool live_names_add_domain(struct live_names *names, const char *domain);
/* live_names_add_component - the domain of a component: what the server knows it as in a slot. */
bool live_names_add_component(struct live_names *names, const char *domain, unsigned slot);
char *live_names_out(const struct live_names *names, const char *text, size_t size, size_t *out_size);
char *live_names_back(const struct live_names *names, const char *text, size_t size, size_t *out_size);

/* --------------------------------------------------------------------------------------------------------- dns.c ---- */

/* A name server on a loopback UDP port, in a thread of its own. It has A and SRV _xmpp-server._tcp, and nothing else. */
struct live_dns;
enum live_dns_answer { LIVE_DNS_NONE, LIVE_DNS_HERE, LIVE_DNS_SILENT };
struct live_dns *live_dns_start(struct live_error *error);
uint16_t live_dns_port(const struct live_dns *dns);
/* live_dns_set - what is answered for a domain from now on; HERE: an address of loopback as "127.0.1.7", and a port.
 * Domains that were not set are LIVE_DNS_NONE. */
bool live_dns_set(struct live_dns *dns, const char *domain, enum live_dns_answer answer, const char *address, uint16_t port);
void live_dns_stop(struct live_dns *dns);

/* -------------------------------------------------------------------------------------------------------- peer.c ---- */

/* How ids of the harness's own stanzas begin. A peer or component answers a ping (iq get) with such an id from the target
 * to any address at its domains by itself, and shows neither the ping nor an answer to one of its own. */
#define LIVE_MARK "stanzadrill-mark-"

/* A remote server that the script plays: it accepts the target's streams, answers dialback both ways, and has streams of
 * its own. Runs in the venue's thread: live_peer_work is called when one of its descriptors is ready, or time goes by.
 * Domains are those on the wire; nobody else may use them on the same server at the same time. */
struct live_peer;
struct live_peer_events {
    void *context;
    void (*arrived)(void *context, const char *stanza, size_t size); /* jabber:server text, as it came */
    void (*ended)(void *context, const char *why); /* a stream of the peer's own was closed by the target: a stream
                                                    * error's condition, "closed", or "lost" */
};
/* live_peer_cannot - why nobody can play such a peer from outside; NULL: it can be done. Static. */
const char *live_peer_cannot(const struct live_server *server, const struct world_peer *config);
struct live_peer *live_peer_new(struct live_server *server, const struct world_peer *config,
                                const struct live_peer_events *events, struct live_error *error);
/* live_peer_join - one more connection of the server that `first` plays, with streams of its own. What is sent to the
 * domain reaches the first. Freed before it. */
struct live_peer *live_peer_join(struct live_peer *first, const struct live_peer_events *events, struct live_error *error);
/* live_peer_serves - a domain that the target serves in this case, in the script's order. What fits no stream of the peer,
 * and did not follow anything on one, goes to the first. Without any: what the server was started for. */
bool live_peer_serves(struct live_peer *peer, const char *domain);
/* live_peer_mute - why it cannot send, though the simulation's could; NULL: it can. Static. */
const char *live_peer_mute(const struct live_peer *peer);
bool live_peer_send(struct live_peer *peer, bool raw, const char *bytes, size_t size, struct live_error *error);
void live_peer_end(struct live_peer *peer, bool breaks, const char *condition); /* all its streams; condition may be NULL */
/* live_peer_is_reached - the target has a stream to it on which stanzas can come. */
bool live_peer_is_reached(const struct live_peer *peer);
/* live_peer_ending - streams that were closed in order have not been closed by the target yet. */
bool live_peer_ending(const struct live_peer *peer);

/* What can be made to go wrong from the peer's side. START ends CRASH, HEAL ends CUT and both STALLs, FIND ends LOSE. */
enum live_peer_fault {
    LIVE_PEER_CRASH,     /* streams break, connections are refused */
    LIVE_PEER_START,
    LIVE_PEER_CUT,       /* streams break, connections get no answer */
    LIVE_PEER_STALL_IN,  /* nothing from the target is read */
    LIVE_PEER_STALL_OUT, /* nothing is written to it */
    LIVE_PEER_HEAL,
    LIVE_PEER_LOSE,      /* the name of one of its domains */
    LIVE_PEER_FIND
};
/* live_peer_fault_cannot - why the target would not feel it; NULL: it does. Static. */
const char *live_peer_fault_cannot(const struct live_peer *peer, enum live_peer_fault fault);
bool live_peer_fault(struct live_peer *peer, enum live_peer_fault fault, const char *domain, struct live_error *error);

/* live_peer_marker - a barrier: everything that was sent before has been worked on, as far as a stream's order can tell,
 * and what the target had written for this pair of domains before it answered has arrived. A ping goes from each of the
 * peer's domains to the served one. begin sends it; done says whether all that were begun have come back. Where the target
 * cannot reach the peer there is no answer, and none is waited for. */
bool live_peer_marker(struct live_peer *peer, const char *served_domain, struct live_error *error);
bool live_peer_marked(const struct live_peer *peer);
size_t live_peer_descriptors(const struct live_peer *peer, int *fds, size_t room); /* to wait for: poll, POLLIN */
bool live_peer_work(struct live_peer *peer, struct live_error *error);
void live_peer_free(struct live_peer *peer);

/* --------------------------------------------------------------------------------------------------- component.c ---- */

/* A service behind the target (XEP-0114), which the script plays. As a peer in all that bears the same name; `ended`
 * before it is connected: it was refused. */
struct live_component;
struct live_component *live_component_new(struct live_server *server, const char *domain,
                                          const struct live_peer_events *events, struct live_error *error);
bool live_component_connect(struct live_component *component, struct live_error *error); /* begins it */
bool live_component_connected(const struct live_component *component);
bool live_component_send(struct live_component *component, const char *bytes, size_t size, struct live_error *error);
void live_component_end(struct live_component *component, bool breaks, const char *condition);
bool live_component_ending(const struct live_component *component);
bool live_component_marker(struct live_component *component, const char *served_domain, struct live_error *error);
bool live_component_marked(const struct live_component *component);
size_t live_component_descriptors(const struct live_component *component, int *fds, size_t room);
bool live_component_work(struct live_component *component, struct live_error *error);
void live_component_free(struct live_component *component);

#endif
