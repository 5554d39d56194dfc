/* drill.h - plays a script on a venue, the simulated network or real servers, compares what happened with what the script
 * expects, and says what differed. */
#ifndef STANZADRILL_DRILL_H
#define STANZADRILL_DRILL_H

#include "script.h"

#include <stddef.h>

struct drill_profiles;
struct policy;
struct router_error;
struct venue;

enum drill_verdict {
    DRILL_PASS,
    DRILL_NON_STRICT, /* passed, but a SHOULD was not followed, or a MAY was taken that the scenario flags */
    DRILL_FAIL,
    DRILL_SKIP,   /* not played; `reason` says why */
    DRILL_BROKEN, /* an invariant or assertion broke: the fault is ours, or the router's */
    DRILL_ERROR   /* the script cannot be played as written (unknown policy value, no server for a domain, ...) */
};

enum drill_keep { DRILL_KEEP_ALL, DRILL_KEEP_TROUBLES /* all but DRILL_PASS */, DRILL_KEEP_FAILURES /* nor NON_STRICT */ };

struct drill_options {
    const char *profile;            /* of servers that name none; NULL: rfc6121. On real servers the one that they follow */
    const char *profile_text;       /* NULL: it is built in; else the text of one that is not */
    bool scansion;                  /* third-party scripts: what is still unread at the end is no failure */
    bool strict;                    /* NON-STRICT fails */
    bool trace;                     /* keep the trace */
    uint64_t seed;
    bool one_policy;                /* for comparing venues: all [Server]s follow `profile`, whatever they say. The script
                                     * goes on for as long as there is something to send. Where a stanza does not come as
                                     * expected, captures are taken from the one that is most like it; what cannot be
                                     * sent or done is passed over */
    bool observe;                   /* fill `observations` */
    bool story;                     /* fill `story` */
    enum drill_keep keep;           /* of which cases trace and story are kept, where they are asked for */
    uint64_t virtual_max_us;        /* a case that takes longer in the simulation's time fails; 0: no bound. On real
                                     * servers the venue sees to the same bound; here it is for texts */
    bool tally;                     /* fill `tally` */
    bool trace_failure;             /* keep the trace of a case that fails */
    struct drill_profiles *profiles; /* borrowed: what earlier plays have read; NULL: each play reads its own */

    /* Where to play. venue: makes a venue for one case, which drill_play frees; NULL: the simulated network. number: of
     * the case in the run, handed on to it. returns ROUTER_OK and *venue, or as the functions of venue_ops.
     * On a venue of real servers a case is played once, whatever comes of it. It is skipped where it needs what such a
     * venue has not: another profile than rfc6121 or the target's, a knob that the target's profile has otherwise,
     * latencies, faults that the venue refuses, more time than pass_max_us. `HOST decides:` is passed over. Which rule
     * decided is unknown, and invariants are not checked. */
    int (*venue)(void *context, unsigned number, struct venue **venue, struct router_error *error);
    void *venue_context;
    unsigned number;
    const char *target;             /* what a user calls the real server (--target), for texts; NULL: as the profile */
    uint64_t pass_max_us;           /* the most that `time passes` may take in all on real servers, where a [Peer] takes
                                     * part; without any, no time need go by. 0: no bound */
};

/* What one actor got, in a form in which two venues can be compared: one item for each stanza, in their order, and one
 * for each stream that did not end because the script said so ("ended: CONDITION", "refused: CONDITION").
 * A stanza is canonical text (xml_write), without what says nothing of where it went. What a server makes up, and the
 * script does not write down itself, stands as {id}, {version} (of a roster), {stamp}, and {resource:1}, numbered in the
 * order of binding. Children of the stanza are sorted by name, and so is a roster. Left out are: an error's <text/>,
 * application-specific condition, `code` and `by`; a message's type "normal", which it has without saying so; an xml:lang that
 * the script does not write; a client's own bare JID as `from`, for a stanza without one is from there (6120 8.1.2.1);
 * the namespaces of attributes, which not every client can see;
 * what the answers of accounts and domains say of their software (disco#info, jabber:iq:version);
 * the subscription "none" of a roster item, which it has without saying so; an error's empty id; the xml:lang of a
 * <status/>; who delayed a stanza, and why. */
struct drill_observation {
    char *actor;
    char *bare; /* of a client: its bare JID, prepared; else NULL */
    char **items;
    size_t count;
};

/* What happened, as a diagram needs it. Lanes: clients, peers and components in the order of the cast, each server
 * between its first client and what is beside it. Its fields mean what they do in reports/report.h, whose structs of
 * events and lanes these mirror. */
enum drill_lane_kind { DRILL_LANE_CLIENT, DRILL_LANE_SERVER, DRILL_LANE_PEER, DRILL_LANE_COMPONENT };

struct drill_lane {
    const char *name, *address;
    enum drill_lane_kind kind;
};

enum drill_event_kind {
    DRILL_SENDS,
    DRILL_CROSSES,
    DRILL_ARRIVES,
    DRILL_FATE,
    DRILL_MARK,
    DRILL_SESSION,
    DRILL_STREAM,
    DRILL_LOST,
    DRILL_FAULT,
    DRILL_STEP
};

struct drill_event {
    enum drill_event_kind kind;
    uint64_t time_us, sent_us;
    int from, to;
    unsigned line, number;
    const char *label, *stanza_kind, *stanza;
    int rule; /* index into router_rules, or -1 */
    const char *departure, *fate, *condition, *address;
    bool shown;
};

struct drill_story {
    struct drill_lane *lanes;
    size_t lane_count;
    struct drill_event *events;
    size_t event_count;
    void *owner; /* of lanes, events and their texts */
};

/* A case in numbers, each list in the order of the log: of every copy of a stanza what became of it; how long after the
 * stanza that it came of had reached its first server each arrival was; how long a queue for another domain was whenever a
 * stanza joined it; how each attempt to open an s2s stream ended ("ready", or as WORLD_FAILED says, "stream error" for
 * all of those). */
struct drill_fate {
    int rule;                 /* index into router_rules, or -1 */
    unsigned char kind, fate; /* of stanza_kind_name and router_fate_name */
};

struct drill_tally {
    struct drill_fate *fates;
    size_t fate_count;
    uint64_t *latencies_us;
    size_t latency_count;
    size_t *queues;
    size_t queue_count;
    const char **attempts; /* static */
    size_t attempt_count;
};

struct drill_result {
    enum drill_verdict verdict;
    bool down;              /* FAIL because a real server was gone, or did not answer: nothing was played after that */
    unsigned line, column;  /* of the action that failed or that cannot be played */
    char *failure;          /* lines of the failure text as every format shows it, NULL on a pass */
    char *reason;           /* SKIP and NON-STRICT: why, in one line; else NULL */
    char *trace;            /* one event a line; NULL unless asked for */
    char *replay;           /* the command that plays it again */
    uint64_t virtual_us;    /* how long the script took in the venue's time */
    unsigned char *fired;   /* one octet a rule of router_rules: 1 where this case fired it; NULL: played on real servers */
    size_t rule_count;
    unsigned char *classes; /* one octet a number of a class of input, below router_class_limit: 1 where a stanza of this
                             * case was of that class; NULL: played on real servers */
    size_t further;         /* differences after the first */
    size_t decides_skipped; /* accounts of `HOST decides:` that were not compared, as real servers give none */
    struct drill_observation *observations; /* of clients, peers and components, in the order of the cast; NULL unless
                                             * asked for, or where the case was not played */
    size_t observation_count;
    struct drill_story *story; /* NULL unless asked for, or where the case was not played */
    struct drill_tally *tally; /* NULL unless asked for, or where the case was not played on the simulated network */
};

/* drill_profiles_new - profiles once read, kept for plays one after the other: to read one takes longer than to play a short
 * case. Plays at the same time need one each. returns NULL where memory ran out. */
struct drill_profiles *drill_profiles_new(void);
void drill_profiles_free(struct drill_profiles *profiles);

/* drill_play - play one case on a fresh venue.
 * result    filled; free it with drill_result_free.
 * returns   false where memory ran out (result is then empty). */
bool drill_play(const struct script *script, const struct drill_options *options, struct drill_result *result);
void drill_result_free(struct drill_result *result);
void drill_tally_free(struct drill_tally *tally); /* of a result's that was taken out of it; NULL: nothing to do */

/* drill_compare - what differs between two observations of one case, `differs` called for each; it may be NULL.
 * a, b      texts, or NULL where there is nothing in that place. place: from 1, among what the actor got, as sorted.
 * returns   how many differences there are.
 * The order between two entities counts (6120 10.1), not which of two pairs comes first: items are sorted by sender, and
 * for peers and components by recipient. A stanza without `to` is for who gets it (6120 10.3, 8.1.1.1). */
size_t drill_compare(struct drill_result *a, struct drill_result *b,
                     void (*differs)(void *context, const char *actor, size_t place, const char *a, const char *b),
                     void *context);

#endif
