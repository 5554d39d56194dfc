/* scene.h - one stanza in one state, played, with all that came of it; private to sim/cli. */
#ifndef STANZADRILL_CLI_SCENE_H
#define STANZADRILL_CLI_SCENE_H

#include "cli.h"
#include "venue.h"

/* A script whose last action sends the stanza; what stands before leads to the state. */
struct scene_script {
    struct script script;
    bool settle; /* nothing is under way any more when the stanza is sent */
};

struct scene {
    bool reached;  /* false: the state could not be played; `failure` says why */
    char *failure; /* several lines; owned */
    struct arena *arena;
    struct world_event *events; /* those that follow from the stanza, in order; NULL: it was not sent */
    const char **values;        /* of events: value of the knob of its rule where it happened, or NULL */
    size_t count;
    const char **names; /* of the world's clients */
    const char **bound; /* their full JIDs; NULL: never connected */
    size_t name_count;
};

/* scene_before - the script up to an action of it, with the first `stanzas` stanzas of that action; then the next one alone
 * as the last action. An action that sends no stanzas of its own is not to be asked for. */
struct scene_script scene_before(const struct script *script, size_t action, size_t stanza, struct arena *arena);

/* scene_after - the whole script, and then a stanza by a member of the cast. bytes: borrowed. returns false and *fault
 * where it is no XML, or not exactly one element. */
bool scene_after(const struct script *script, int actor, const char *bytes, struct arena *arena,
                 struct scene_script *out, struct xml_fault *fault);

/* scene_sender - the member of the cast that sends it: whom `as` names, or NULL; whom its `from` names; the first client.
 * returns -1: the message is out. */
int scene_sender(const struct script *script, const char *as, const struct xml_node *stanza);

void scene_play(const struct scene_script *script, const struct drill_options *options, struct scene *out);
void scene_free(struct scene *scene);

/* --- the page --- */

enum { PAGE_WIDTH = 100 };

void page_wrap(int indent, const char *text); /* a paragraph of the catalogue's words */
void page_item(int indent, int width, const char *label, const char *text); /* the same behind a label */
void page_stanza(int indent, const char *text); /* a stanza, on one line, made safe */
char *page_safe(const char *text);            /* such text, made safe; new */

/* page_rule - id, source and strength on one line. */
void page_rule(int indent, int rule);

/* page_picks - what each built-in profile does where a rule leaves a choice, and which of them depart from it.
 * value     of the knob here; NULL: not known. */
void page_picks(int indent, int rule, const char *value);

/* page_scene - the whole way of a stanza. */
void page_scene(const struct scene *scene);

/* page_fates - what became of it, a line each, as a text; new. */
char *page_fates(const struct scene *scene);

/* page_stage - a stage of routing: its states, and the rule for each kind there. false: there is no such word. */
bool page_stage(const char *word);

/* page_about - one rule. proofs: what scenarios show of it; NULL: unknown. cited: names of those that name it. */
void page_about(int rule, const struct cli_proofs *proofs, const struct cli_words *cited);

#endif
