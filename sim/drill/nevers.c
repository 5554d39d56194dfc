/* nevers.c - what must never happen, looked for in the log of every run. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

/* What an event says about a rule: nothing; that it could have been broken here and was kept; that it was broken. */
enum finding { SILENT, TEMPTED, BROKEN };

/* The address of a stanza that entered, read once for all its effects. */
struct address {
    uint32_t number;
    bool good, here; /* it is a JID; its domain is served by the server that the stanza entered */
    bool local, resource;
    struct slice bare; /* in text */
    char text[sizeof((struct jid_parts *)0)->text + 2];
};

struct watch {
    struct run *run;
    size_t canon_knob;
    int *priorities; /* of clients; ROUTER_NOT_AVAILABLE: none */
    struct address to;
    size_t index;
    const struct world_event *event;
    const struct world_event *enter; /* the stanza that it is or comes from; NULL: none */
};

/* ---------------------------------------------------------------------------------------------------- reading ---- */

static void read_address(struct watch *w, const struct world_event *enter) {
    struct address *to = &w->to;
    if (to->number == enter->number) {
        return;
    }
    to->number = enter->number;
    to->good = to->here = to->local = to->resource = false;
    struct jid_parts parts;
    if (enter->to == NULL ||
        jid_prepare((struct slice){.data = enter->to, .size = strlen(enter->to)}, &parts) != ROUTER_OK) {
        return;
    }
    to->good = true;
    to->here = router_serves(world_router(w->run->world, enter->server), parts.domain);
    to->local = parts.local.size > 0;
    to->resource = parts.resource.size > 0;
    size_t size = parts.local.size;
    if (size > 0) {
        memcpy(to->text, parts.local.data, size);
        to->text[size++] = '@';
    }
    memcpy(to->text + size, parts.domain.data, parts.domain.size);
    to->bare = (struct slice){.data = to->text, .size = size + parts.domain.size};
}

static bool to_bare_account(const struct watch *w) {
    return w->to.here && w->to.local && !w->to.resource;
}

static bool is_enter(const struct watch *w) {
    return w->event->kind == WORLD_ENTER;
}

static bool is_effect(const struct watch *w, enum router_effect_kind effect) {
    return w->event->kind == WORLD_EFFECT && w->event->effect == effect && w->enter != NULL;
}

static bool is_message(enum stanza_kind kind) {
    return kind <= STANZA_MESSAGE_ERROR;
}

static bool is_iq(enum stanza_kind kind) {
    return kind >= STANZA_GET && kind <= STANZA_IQ_OTHER;
}

static bool is_error(enum stanza_kind kind) {
    return kind == STANZA_MESSAGE_ERROR || kind == STANZA_PRESENCE_ERROR || kind == STANZA_IQ_ERROR;
}

/* Whether an effect is the very stanza that entered, on its way to whom it is for. The server's own stanzas that others
 * cause (broadcasts, stored messages, answers to probes) are not. */
static bool is_passed_on(const struct watch *w) {
    if ((!is_effect(w, ROUTER_DELIVER) && !is_effect(w, ROUTER_ROUTE)) || w->event->stanza == NULL ||
        w->enter->to == NULL) {
        return false;
    }
    enum stanza_kind kind = w->enter->stanza_kind;
    return is_message(kind) || is_iq(kind) || kind == STANZA_AVAILABLE || kind == STANZA_UNAVAILABLE ||
           kind == STANZA_PRESENCE_ERROR;
}

static size_t bare_size(const char *jid) {
    return strcspn(jid, "/");
}

/* Whether the stanza that entered and the one it is delivered to belong to different accounts. */
static bool from_another(const struct watch *w) {
    const char *sender = w->enter->from;
    if (w->enter->client >= 0) {
        sender = w->run->actors[w->run->actor_of[w->enter->client]].bare;
    }
    if (sender == NULL || w->event->target == NULL) {
        return false;
    }
    size_t size = bare_size(sender);
    return size != bare_size(w->event->target) || memcmp(sender, w->event->target, size) != 0;
}

static const struct xml_node *element(const struct watch *w) {
    return drill_run_tree(w->run, w->index);
}

static enum finding kept_if(bool kept) {
    return kept ? TEMPTED : BROKEN;
}

static bool served_here(const struct watch *w, const char *jid) {
    struct jid_parts parts;
    return jid != NULL && jid_prepare((struct slice){.data = jid, .size = strlen(jid)}, &parts) == ROUTER_OK &&
           router_serves(world_router(w->run->world, w->event->server), parts.domain);
}

/* ----------------------------------------------------------------------------------------------------- checks ---- */

static enum finding to_is_kept(const struct watch *w) {
    char buffer[24];
    const struct policy *policy = w->run->policies[w->event->server];
    if (!is_passed_on(w) || w->event->effect != ROUTER_DELIVER || !from_another(w) ||
        strcmp(policy_get(policy, w->canon_knob, buffer), "preserve") != 0) {
        return SILENT;
    }
    const struct xml_node *tree = element(w);
    const char *to = tree == NULL ? NULL : xml_attribute_get(tree, "to");
    return tree == NULL ? SILENT : kept_if(to != NULL && strcmp(to, w->enter->to) == 0);
}

static enum finding bare_to_is_kept(const struct watch *w) {
    return w->enter != NULL && to_bare_account(w) ? to_is_kept(w) : SILENT;
}

static enum finding from_is_there(const struct watch *w) {
    if (!is_effect(w, ROUTER_DELIVER) || w->event->stanza == NULL || !from_another(w)) {
        return SILENT;
    }
    const struct xml_node *tree = element(w);
    return tree == NULL ? SILENT : kept_if(xml_attribute_get(tree, "from") != NULL);
}

static enum finding no_reply_to(const struct watch *w, bool concerned) {
    if (!concerned) {
        return SILENT;
    }
    if (is_effect(w, ROUTER_ANSWER) || is_effect(w, ROUTER_BOUNCE)) {
        return BROKEN;
    }
    return is_enter(w) ? TEMPTED : SILENT;
}

static enum finding iq_reply_is_not_answered(const struct watch *w) {
    return no_reply_to(w, w->enter != NULL &&
                              (w->enter->stanza_kind == STANZA_RESULT || w->enter->stanza_kind == STANZA_IQ_ERROR));
}

static enum finding error_is_not_answered(const struct watch *w) {
    return no_reply_to(w, w->enter != NULL && is_error(w->enter->stanza_kind));
}

static enum finding result_is_not_answered(const struct watch *w) {
    return no_reply_to(w, w->enter != NULL && w->enter->stanza_kind == STANZA_RESULT);
}

static enum finding no_error_child(const struct watch *w) {
    if ((!is_effect(w, ROUTER_ANSWER) && !is_effect(w, ROUTER_PUSH)) || w->event->stanza == NULL) {
        return SILENT;
    }
    const struct xml_node *tree = element(w);
    const char *type = tree == NULL ? NULL : xml_attribute_get(tree, "type");
    if (tree == NULL || (type != NULL && strcmp(type, "error") == 0)) {
        return SILENT;
    }
    for (const struct xml_node *child = tree->child; child != NULL; child = child->next) {
        if (strcmp(child->name, "error") == 0 && strcmp(child->ns, tree->ns) == 0) {
            return BROKEN;
        }
    }
    return TEMPTED;
}

static const char *language(const struct xml_node *node) {
    for (size_t i = 0; node != NULL && i < node->attribute_count; i++) {
        if (strcmp(node->attributes[i].name, "lang") == 0 && node->attributes[i].ns[0] != '\0') {
            return node->attributes[i].value;
        }
    }
    return NULL;
}

static enum finding language_is_kept(const struct watch *w) {
    if (!is_passed_on(w) || strstr(w->enter->stanza, "lang") == NULL) {
        return SILENT;
    }
    const char *sent = language(drill_run_tree(w->run, w->run->enters[w->enter->number - 1]));
    const struct xml_node *tree = element(w);
    if (sent == NULL || tree == NULL) {
        return SILENT;
    }
    const char *came = language(tree);
    return kept_if(came != NULL && strcmp(sent, came) == 0);
}

static enum finding no_relay(const struct watch *w) {
    if (w->enter == NULL || w->enter->client >= 0 || !w->to.good || w->to.here) {
        return SILENT;
    }
    return is_effect(w, ROUTER_ROUTE) ? BROKEN : is_enter(w) ? TEMPTED : SILENT;
}

/* The server's own domain as the target of a stream or of a stanza for another server. */
static bool goes_in_a_circle(const struct watch *w) {
    bool outward = (w->event->kind == WORLD_EFFECT && w->event->effect == ROUTER_ROUTE) || w->event->kind == WORLD_OPEN;
    return outward && served_here(w, w->event->target);
}

static enum finding no_loop(const struct watch *w) {
    if (goes_in_a_circle(w)) {
        return BROKEN;
    }
    return is_enter(w) && w->event->client < 0 && w->to.here ? TEMPTED : SILENT;
}

static enum finding no_forward(const struct watch *w) {
    if (goes_in_a_circle(w)) {
        return BROKEN;
    }
    return is_enter(w) && w->event->client >= 0 && w->to.here ? TEMPTED : SILENT;
}

static bool negative(int priority) {
    return priority < 0 && priority != ROUTER_NOT_AVAILABLE;
}

static bool has_negative_resource(const struct watch *w) {
    for (size_t i = 0; i < w->run->client_count; i++) {
        const char *bare = w->run->actors[w->run->actor_of[i]].bare;
        if (negative(w->priorities[i]) && strlen(bare) == w->to.bare.size &&
            memcmp(bare, w->to.bare.data, w->to.bare.size) == 0) {
            return true;
        }
    }
    return false;
}

static enum finding negative_gets_no_message(const struct watch *w) {
    if (w->enter == NULL || !is_message(w->enter->stanza_kind) || !to_bare_account(w)) {
        return SILENT;
    }
    if (is_effect(w, ROUTER_DELIVER) && negative(w->event->priority)) {
        return BROKEN;
    }
    return is_enter(w) && has_negative_resource(w) ? TEMPTED : SILENT;
}

static enum finding bare_iq_reaches_no_client(const struct watch *w) {
    if (w->enter == NULL || !is_iq(w->enter->stanza_kind) || !to_bare_account(w)) {
        return SILENT;
    }
    return is_effect(w, ROUTER_DELIVER) ? BROKEN : is_enter(w) ? TEMPTED : SILENT;
}

/* An error for another reason (a malformed address, a server that cannot be reached) is none for the probe itself. */
static enum finding client_may_probe(const struct watch *w) {
    if (w->enter == NULL || w->enter->stanza_kind != STANZA_PROBE || w->enter->client < 0) {
        return SILENT;
    }
    if (is_enter(w)) {
        return TEMPTED;
    }
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    bool on_entry =
        w->event->rule >= 0 && (size_t)w->event->rule < count && strcmp(rules[w->event->rule].group, "entry") == 0;
    bool error = is_effect(w, ROUTER_BOUNCE) || is_effect(w, ROUTER_CLOSE);
    return error && !on_entry && (w->enter->to == NULL || w->to.here) ? BROKEN : SILENT;
}

static const struct never {
    const char *id;
    enum finding (*check)(const struct watch *w);
} nevers[] = {
    {"in.to.norewrite", to_is_kept},
    {"in.from.never-absent", from_is_there},
    {"in.iq.no-reply", iq_reply_is_not_answered},
    {"err.none-for-error", error_is_not_answered},
    {"err.none-for-result", result_is_not_answered},
    {"err.nonerror-child", no_error_child},
    {"lang.keep", language_is_kept},
    {"s2s.norelay", no_relay},
    {"s2s.loop", no_loop},
    {"loc.noforward", no_forward},
    {"loc.norewrite", bare_to_is_kept},
    {"msg.bare.never-negative", negative_gets_no_message},
    {"iq.bare.never-deliver", bare_iq_reaches_no_client},
    {"pres.probe.client-noerr", client_may_probe},
};

enum { NEVER_COUNT = sizeof nevers / sizeof *nevers };

const char *drill_nevers_name(size_t n) {
    return n < NEVER_COUNT ? nevers[n].id : NULL;
}

/* ------------------------------------------------------------------------------------------------------ a run ---- */

static void broke(struct run *run, size_t index, const char *what, const char *wanted) {
    const struct world_event *event = world_event(run->world, index);
    unsigned line = event->cause < 0 ? 0 : run->script->actions[event->cause].line;
    struct text instead = {0};
    drill_text_time(&instead, event->time_us);
    drill_text_put(&instead, " ");
    if (event->kind == WORLD_EFFECT) {
        drill_text_format(&instead, "%s = ", event->host);
        drill_write_label(run, &instead, event->number);
        drill_text_put(&instead, " ");
        drill_write_fate(run, &instead, event);
    } else {
        drill_write_label(run, &instead, event->number);
    }
    const struct xml_node *tree = event->kind == WORLD_EFFECT ? drill_run_tree(run, index) : NULL;
    if (tree != NULL) {
        drill_text_put(&instead, " ");
        drill_write_element(&instead, tree);
    }
    const char *came = drill_run_keep(run, &instead);
    drill_run_stop(run, RUN_BROKEN, line, 1, "%s", what);
    run->first.expected = wanted;
    run->first.instead = came;
    run->first.decided = event->kind == WORLD_EFFECT ? (long)index : NO_EVENT;
}

static void follow_presence(struct watch *w) {
    const struct world_event *event = w->event;
    if (event->client < 0) {
        return;
    }
    int *priority = &w->priorities[event->client];
    if (event->kind == WORLD_ENDED || event->kind == WORLD_BOUND) {
        *priority = ROUTER_NOT_AVAILABLE;
    } else if (is_enter(w) && event->to == NULL && event->stanza_kind == STANZA_UNAVAILABLE) {
        *priority = ROUTER_NOT_AVAILABLE;
    } else if (is_enter(w) && event->to == NULL && event->stanza_kind == STANZA_AVAILABLE) {
        const struct xml_node *tree = strstr(event->stanza, "priority") == NULL ? NULL : element(w);
        const struct xml_node *child = tree == NULL ? NULL : tree->child;
        while (child != NULL && strcmp(child->name, "priority") != 0) {
            child = child->next;
        }
        *priority = child == NULL ? 0 : (int)strtol(child->text, NULL, 10);
    }
}

/* One check a rule of the table, in the table's order, so that each rule is looked up once. */
static void run_check(struct watch *w, const struct never *never, int rule) {
    enum finding finding = never->check(w);
    if (finding == SILENT) {
        return;
    }
    w->run->fired[rule] = 1;
    if (finding == BROKEN) {
        size_t count;
        const struct router_rule *r = &router_rules(&count)[rule];
        broke(w->run, w->index, drill_run_text(w->run, "%s was broken, which must never happen", r->id), r->outcome);
    }
}

static void check_rules(struct watch *w, const int *rules) {
    const struct run *run = w->run;
    for (w->index = 0; w->index < world_event_count(run->world) && run->state == RUN_GOING; w->index++) {
        w->event = world_event(run->world, w->index);
        w->enter = drill_run_enter(run, w->event->number);
        if (w->enter != NULL) {
            read_address(w, w->enter);
        }
        follow_presence(w);
        /* A profile that departs from the text does so on purpose, and says so. */
        if (w->event->kind == WORLD_ARRIVE || w->event->departure != NULL) {
            continue;
        }
        for (size_t i = 0; i < NEVER_COUNT && run->state == RUN_GOING; i++) {
            if (rules[i] >= 0) {
                run_check(w, &nevers[i], rules[i]);
            }
        }
    }
}

/* Which rules of the table this build carries out as checks. */
static void find_rules(int *indexes) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    for (size_t i = 0; i < NEVER_COUNT; i++) {
        indexes[i] = -1;
    }
    for (size_t n = 0; n < count; n++) {
        for (size_t i = 0; rules[n].part == RULE_NEVER && i < NEVER_COUNT; i++) {
            if (strcmp(rules[n].id, nevers[i].id) == 0) {
                indexes[i] = (int)n;
            }
        }
    }
}

/* Every stanza has a fate, every fate a rule, and time never goes back. */
static void check_log(struct run *run) {
    size_t rules;
    (void)router_rules(&rules);
    bool *fated = drill_run_take(run, run->enter_count + 1);
    uint64_t now = 0;
    for (size_t i = 0; fated != NULL && run->state == RUN_GOING && i < world_event_count(run->world); i++) {
        const struct world_event *event = world_event(run->world, i);
        if (event->time_us < now) {
            broke(run, i, "time went back", "events in the order of their time");
        }
        now = event->time_us;
        if (event->kind != WORLD_EFFECT || event->effect > ROUTER_MARK) {
            continue;
        }
        if (event->rule < 0 || (size_t)event->rule >= rules) {
            broke(run, i, "an effect names no rule", "each effect names the rule that it comes from");
        }
        if (event->effect < ROUTER_FATE_COUNT && event->number <= run->enter_count) {
            fated[event->number] = true;
        }
    }
    for (size_t n = 1; fated != NULL && run->state == RUN_GOING && n <= run->enter_count; n++) {
        if (!fated[n]) {
            broke(run, run->enters[n - 1], "a stanza has no fate", "each stanza that enters ends in a fate");
        }
    }
}

void drill_nevers_check(struct run *run) {
    struct watch *w = drill_run_take(run, sizeof *w);
    int *priorities = drill_run_take(run, (run->client_count + 1) * sizeof *priorities);
    int rules[NEVER_COUNT];
    if (run->state != RUN_GOING) {
        return;
    }
    w->run = run;
    w->priorities = priorities;
    for (size_t i = 0; i < run->client_count; i++) {
        priorities[i] = ROUTER_NOT_AVAILABLE;
    }
    while (w->canon_knob < router_knob_count() && strcmp(router_knob(w->canon_knob).name, "addr.canon-to") != 0) {
        w->canon_knob++;
    }
    check_log(run);
    find_rules(rules);
    check_rules(w, rules);
}
