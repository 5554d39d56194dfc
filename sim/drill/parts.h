/* parts.h - what the files of the drill share; private to sim/drill. */
#ifndef STANZADRILL_DRILL_PARTS_H
#define STANZADRILL_DRILL_PARTS_H

#include "drill.h"
#include "match.h"
#include "nevers.h"
#include "venue.h"

/* ------------------------------------------------------------------------------------------------------- text ---- */

/* A text that grows. Once memory has run out, `failed` stays true and nothing is added. */
struct text {
    char *data; /* NUL-terminated once something was added; owned */
    size_t size, capacity;
    bool failed;
};

void drill_text_add(struct text *text, const char *bytes, size_t size);
void drill_text_put(struct text *text, const char *string);
void drill_text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

void drill_text_xml(struct text *text, const struct xml_node *node); /* all of it, as xml_write has it */
char *drill_text_take(struct text *text); /* what was written, to be freed; NULL: memory ran out */

/* drill_text_line - as drill_text_put, with everything that would break the line or show nothing written as an XML
 * reference. */
void drill_text_line(struct text *text, const char *string);

/* drill_text_word - as drill_text_line, but spaces too, so that what is written stays one word. */
void drill_text_word(struct text *text, const char *string);

void drill_text_number(struct text *text, uint64_t number);
void drill_text_time(struct text *text, uint64_t time_us);

/* -------------------------------------------------------------------------------------------------------- run ---- */

enum { NO_EVENT = -1 };

/* What an actor has sent to answer an iq request. */
struct answer {
    struct answer *next;
    size_t event; /* how long the log was */
    const char *id;
};

/* A member of the cast. Clients, peers and components are clients of the world. */
struct actor {
    int client;         /* -1: not a client of the venue */
    const char *server; /* of a [Component]: the name of its server */
    const char *bare; /* prepared; of a peer or a component its domain */
    const char *full; /* prepared, where the script gives a resource; else NULL; of a peer or a component its domain */
    uint64_t latency_us; /* of a client, to its server */
    size_t left;         /* how long the log was when the script last made it leave; 0: it has not */
    struct answer *answers;
    const char *const *also; /* of a peer: its further domains, prepared; NULL at the end */
    size_t *inbox;           /* events: what has arrived */
    size_t inbox_count, inbox_capacity, inbox_read;
};

struct capture {
    struct capture *older;
    const char *name, *value;
    size_t name_size;
};

/* How far a host's account of its fates has been read. */
struct account {
    struct account *next;
    const char *host; /* prepared */
    size_t next_event;
};

/* Something worth knowing that is no event: it stands in the trace before the event that came next. */
struct note {
    size_t before;
    const struct script_action *action;
    const char *text; /* NULL: what the action does */
};

/* The first difference, as the lines of a failure text. Texts are kept only when the facts are recorded too. */
struct difference {
    unsigned line, column;
    const char *what;                         /* "Juliet should have received m1" */
    const char *expected, *instead, *differs; /* NULL: no such line */
    const char *stream, *network;             /* what last became of the stream that was needed, and of the network */
    const char *step;                         /* where a real server failed */
    long decided;                             /* event of the fate that is to be explained, or NO_EVENT */
};

/* Octets that a client sent unchecked: they need not be whole stanzas. */
struct raw {
    struct raw *next;
    int client;
    size_t action;
    const char *bytes; /* NUL-terminated */
};

enum run_state {
    RUN_GOING,
    RUN_ENDED,  /* what is left rests on what has failed already */
    RUN_CANNOT, /* the script cannot be played as written */
    RUN_SKIPPED, /* it needs what the venue has not */
    RUN_DOWN,   /* a real server is gone, or does not answer */
    RUN_BROKEN, /* an invariant broke */
    RUN_NOMEM
};

struct run {
    const struct script *script;
    const struct drill_options *options;
    bool explain; /* texts are made, and in the simulation facts are recorded for them */
    bool quiet;   /* a word without a value is no reason to stop */
    enum run_state state;
    struct arena *arena;
    struct venue *venue;
    struct world *world;      /* the simulation, for what only it can be asked; NULL: real servers */
    struct policy **policies; /* one a server */
    size_t policy_count;
    struct policy *target;   /* of real servers, once it was needed */
    const char *only_server; /* its name, where the script has no [Server] */
    struct actor *actors; /* one for each of the cast; NULL before set-up */
    int *actor_of;        /* client: index into actors */
    size_t client_count;
    struct capture *captures;
    struct account *accounts;
    size_t pumped;  /* events of the log that were looked at */
    size_t *enters; /* event in which stanza number n entered */
    size_t enter_count, enter_capacity;
    struct raw *first_raw, *last_raw;
    bool stalled;  /* the network holds something up */
    bool finished; /* the script has ended, and all that was under way with it */
    struct note *notes;
    size_t note_count, note_capacity;
    const struct xml_node **trees; /* of events' stanzas, parsed when first asked for */
    size_t tree_capacity;
    size_t action; /* the present one */
    int sender;    /* of the cast: who sent last */
    size_t *began; /* of actions: how long the log was */
    uint64_t *began_us; /* of actions: when; NULL where no story is wanted */
    bool playing;  /* the cast is set up */
    uint64_t steps;
    size_t decides_skipped;
    size_t differences;
    struct difference first; /* also says why a run cannot go on */
    unsigned char *fired;
    unsigned char *classes; /* as in struct drill_result */
    const char *loose; /* what was allowed, but not what the specification asks for; NULL: nothing */
};

/* drill_run_stop - the run ends here, for a reason that is not a difference. line, column: in the script. */
void drill_run_stop(struct run *run, enum run_state state, unsigned line, unsigned column, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

void *drill_run_take(struct run *run, size_t size); /* from the arena; NULL stops the run */
const char *drill_run_text(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *drill_run_keep(struct run *run,
                           struct text *text); /* copies to the arena, frees text; NULL stops the run */
const char *drill_run_keep_in(struct run *run, struct arena *arena, struct text *text); /* likewise, to another one */
bool drill_run_grow(struct run *run, void **items, size_t *capacity, size_t count, size_t item_size);

/* drill_run_failed - whether what a venue's function has returned ends the run: memory ran out, this venue cannot do it, or
 * the server is gone. What other results mean is for the caller to say. line: of the script; 0: none. */
bool drill_run_failed(struct run *run, int result, const struct router_error *error, unsigned line);

static inline const struct world_event *drill_event(const struct run *run, size_t n) {
    return run->world != NULL ? world_event(run->world, n) : run->venue->ops->event(run->venue, n);
}

static inline size_t drill_event_count(const struct run *run) {
    return run->venue->ops->event_count(run->venue);
}

/* drill_run_target - what a person calls the real server. */
const char *drill_run_target(const struct run *run);

/* drill_run_tree - the element that an event holds, or NULL where it is not to be read. */
const struct xml_node *drill_run_tree(struct run *run, size_t event);

const struct world_event *drill_run_enter(const struct run *run, uint32_t number); /* NULL for number 0 */

/* drill_run_decider - the fate because of which a stanza arrived, or was lost: the last one before it of the same
 * stanza where the event names none itself; NO_EVENT: none. */
long drill_run_decider(const struct run *run, size_t event);

static inline bool drill_is_fate(const struct world_event *event) {
    return event->kind == WORLD_EFFECT && event->effect < ROUTER_FATE_COUNT;
}
const char *drill_run_name(const struct run *run, int client);

/* drill_run_peer - the peer that sent a stanza which entered over a stream between servers, as a client; -1: a
 * simulated server did. The log does not say: what a peer sends enters because of the action that says so, and nothing
 * else does. */
int drill_run_peer(const struct run *run, const struct world_event *enter);

static inline enum script_role drill_run_role(const struct run *run, int client) {
    return run->script->cast[run->actor_of[client]].role;
}

/* ------------------------------------------------------------------------------------------------------ setup ---- */

bool drill_setup(struct run *run);

/* Members of the cast by their index. They return false where the run has stopped. */
bool drill_setup_component(struct run *run, size_t index);
bool drill_setup_peer(struct run *run, size_t index);
bool drill_setup_link(struct run *run, size_t index);
void drill_setup_client(struct run *run, size_t index);  /* the venue has taken it as the next of its clients */

/* drill_profile - the policy that a built-in profile's name, or a profile's text, means: a copy of the one in profiles, which
 * takes it in where it is new; profiles may be NULL. Freed by the caller.
 * returns   NULL and *result, which is never ROUTER_OK then, with *error filled as by policy_read. */
struct policy *drill_profile(struct drill_profiles *profiles, bool built_in, const char *source, int *result,
                             struct router_error *error);
/* drill_policy - the policy of a [Server], or of servers that say nothing of it where actor is NULL. Freed by the caller.
 * returns   NULL where the run has stopped. */
struct policy *drill_policy(struct run *run, const struct script_actor *actor);

/* What real servers have not: found in the script, before the venue is asked for anything; in a server's policy; and of
 * faults, when the venue knows the cast. They return false where the run has stopped. */
bool drill_fits_time(struct run *run);
bool drill_fits_policy(struct run *run, const struct script_actor *actor, const struct policy *policy);
bool drill_fits_faults(struct run *run);
bool drill_fault_of(const struct script_action *action, enum venue_fault *fault); /* false: it is none */

/* drill_refuse - the run stops at a property, or at the member of the cast where it is NULL. returns false. */
bool drill_refuse(struct run *run, const struct script_actor *actor, const struct script_property *property,
                  const char *text);
/* drill_server_of - the name of the server that serves a prepared domain; NULL: none does. */
const char *drill_server_of(const struct run *run, const char *domain);

const struct script_property *drill_property(const struct script_actor *actor, const char *key); /* NULL: none */

/* drill_duration - the value of a property such as "40ms"; *us stays as it is where there is none.
 * returns   false where it is no duration; the run has stopped. */
bool drill_duration(struct run *run, const struct script_actor *actor, const char *key, uint64_t *us);

struct slice drill_trim(struct slice text);

/* drill_item_next - takes the text up to the next separator off `rest`. returns false: there was none left. */
bool drill_item_next(struct slice *rest, char separator, struct slice *item);

/* ----------------------------------------------------------------------------------------------------- values ---- */

/* drill_value_resolve - a text with its ${...} replaced. escape: for use inside XML.
 * returns   NULL where a name has no value (the run then stops, unless it is quiet) or memory ran out. */
const char *drill_value_resolve(struct run *run, const char *text, bool escape, unsigned line);
struct match_words drill_value_words(struct run *run);
bool drill_value_bare_jid(struct run *run, const char *jid, const char **bare, const char **full); /* prepared */
struct slice drill_domain(const char *jid);                                                        /* as written */

/* ------------------------------------------------------------------------------------------------------- play ---- */

void drill_play_script(struct run *run);
void drill_look(struct run *run);    /* at the events that are new in the log */
void drill_settle(struct run *run);  /* until nothing is under way; timers may still run */
void drill_rest(struct run *run);    /* as drill_settle, where real servers take part */
void drill_run_out(struct run *run); /* until nothing is under way and no timer runs */
void drill_note(struct run *run, const struct script_action *action, const char *text); /* text: as in struct note */
const char *drill_action_text(struct run *run, const struct script_action *action); /* "Romeo connects" */
const struct script_action *drill_present(const struct run *run); /* NULL: there is no action */

/* What members of the cast do, and what happens to the network. */
void drill_connects(struct run *run, const struct script_action *action);
void drill_is_refused(struct run *run, const struct script_action *action);
void drill_leaves(struct run *run, const struct script_action *action);
void drill_sends(struct run *run, const struct script_action *action);
void drill_network(struct run *run, const struct script_action *action);

static inline const char *drill_actor_name(const struct run *run, const struct script_action *action) {
    return run->script->cast[action->actor].name;
}

/* The next stanza that has come for an actor, as an event; NO_EVENT: none comes any more. timers: those that run are
 * waited for too. */
long drill_receive(struct run *run, int actor, bool timers);

void drill_expect_stanzas(struct run *run, const struct script_action *action);
void drill_expect_any_order(struct run *run, const struct script_action *action);
void drill_expect_one_of(struct run *run, const struct script_action *action);
void drill_expect_nothing(struct run *run, const struct script_action *action);
void drill_expect_end(struct run *run);
void drill_expect_fates(struct run *run, const struct script_action *action);

/* ---------------------------------------------------------------------------------------------------- verdict ---- */

/* drill_explain_missing - why what an actor should have got did not come: it went to somebody else, it was lost, it
 * waits for a stream, or something else was decided. */
void drill_explain_missing(struct run *run, int actor, const struct xml_node *expected, struct difference *difference);

/* drill_explain_way - where a stanza came back, why it found no way. */
void drill_explain_way(struct run *run, struct difference *difference);

/* drill_difference - count a difference; the first one is kept. Its texts may be NULL unless run->explain. */
void drill_difference(struct run *run, const struct difference *difference);

/* drill_failure_text - the lines that say what was wrong. NULL where memory ran out; else to be freed. */
char *drill_failure_text(struct run *run, const char *replay);
char *drill_replay_text(const struct run *run); /* new; NULL: memory ran out */

/* drill_trace_text - the log, one event a line. NULL where memory ran out; else to be freed. */
char *drill_trace_text(struct run *run);

/* drill_observe - what each actor got, into the result. returns false where memory ran out. */
bool drill_observe(struct run *run, struct drill_result *result);
void drill_observe_free(struct drill_result *result);

/* drill_tell - the story, into the result. returns false where memory ran out. */
bool drill_tell(struct run *run, struct drill_result *result);
void drill_story_free(struct drill_story *story); /* NULL: nothing to do */

struct drill_tally *drill_tally_make(struct run *run); /* NULL: memory ran out */

/* How the trace and failure texts write one thing. */
void drill_write_label(const struct run *run, struct text *out, uint32_t number);
void drill_write_fate(const struct run *run, struct text *out, const struct world_event *event);
void drill_write_event(struct run *run, struct text *out, size_t event); /* as a line of the trace, without its end */
bool drill_is_label(const char *id); /* it can stand for its stanza */
const char *drill_link_word(const struct world_event *event); /* of an s2s stream: "opens", "found", ... */
const char *drill_event_line(struct run *run, size_t event);             /* the same, kept */
void drill_write_element(struct text *out, const struct xml_node *node); /* in one line, cut where it is very long */
void drill_write_stanza(struct run *run, struct text *out, size_t event); /* likewise; what is no element, as it came */

#endif
