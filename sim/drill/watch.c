/* watch.c - what the checks of a run's log must know of the events before the one they look at: who is available, who
 * may see whom, what waits in a store. */
#include "watch.h"

#include <limits.h>
#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------------ ties ---- */

static uint32_t hash(uint32_t seed, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        seed = (seed ^ (unsigned char)text[i]) * 16777619u;
    }
    return seed;
}

static bool is_text(const char *text, const char *other, size_t size) {
    return strncmp(text, other, size) == 0 && text[size] == '\0';
}

static struct tie *find(const struct watch *w, uint32_t bucket, const char *user, size_t user_size, const char *entity,
                        size_t entity_size) {
    struct tie *tie = w->ties[bucket];
    while (tie != NULL && !(is_text(tie->user, user, user_size) && is_text(tie->entity, entity, entity_size))) {
        tie = tie->next;
    }
    return tie;
}

static uint32_t bucket_of(const char *user, size_t user_size, const char *entity, size_t entity_size) {
    return hash(hash(2166136261u, user, user_size) * 31, entity, entity_size) % TIE_BUCKETS;
}

struct tie *drill_tie(const struct watch *w, const char *user, size_t user_size, const char *entity,
                      size_t entity_size) {
    return find(w, bucket_of(user, user_size, entity, entity_size), user, user_size, entity, entity_size);
}

struct tie *drill_tie_for(struct watch *w, const char *user, size_t user_size, const char *entity,
                          size_t entity_size) {
    uint32_t bucket = bucket_of(user, user_size, entity, entity_size);
    struct tie *tie = find(w, bucket, user, user_size, entity, entity_size);
    if (tie != NULL) {
        return tie;
    }
    tie = drill_run_take(w->run, sizeof *tie);
    if (tie == NULL) {
        return NULL;
    }
    tie->user = arena_text(w->run->arena, user, user_size);
    tie->entity = arena_text(w->run->arena, entity, entity_size);
    if (tie->user == NULL || tie->entity == NULL) {
        w->run->state = RUN_NOMEM;
        return NULL;
    }
    tie->next = w->ties[bucket];
    w->ties[bucket] = tie;
    return tie;
}

static struct tie *own_tie(struct watch *w, const char *user, size_t size) {
    return drill_tie_for(w, user, size, "", 0);
}

/* One more thing is known of the two; the user's own counts follow. */
static void learn(struct watch *w, const char *user, size_t user_size, const char *entity, size_t entity_size,
                  bool *(*what)(struct tie *tie)) {
    struct tie *tie = drill_tie_for(w, user, user_size, entity, entity_size);
    struct tie *own = own_tie(w, user, user_size);
    if (tie == NULL || own == NULL) {
        return;
    }
    own->strangers -= tie->rostered && !tie->entitled;
    own->guests -= tie->directed && !tie->entitled;
    *what(tie) = true;
    own->strangers += tie->rostered && !tie->entitled;
    own->guests += tie->directed && !tie->entitled;
}

static bool *rostered(struct tie *tie) {
    return &tie->rostered;
}

static bool *entitled(struct tie *tie) {
    return &tie->entitled;
}

static bool *directed(struct tie *tie) {
    return &tie->directed;
}

/* ------------------------------------------------------------------------------------ before the first event ---- */

static void take_contact(struct watch *w, const char *user, const char *value) {
    struct jid_parts parts;
    size_t size = strcspn(value, " \t");
    if (jid_prepare((struct slice){.data = value, .size = size}, &parts) != ROUTER_OK) {
        return;
    }
    learn(w, user, strlen(user), parts.text, parts.size, rostered);
    const char *state = value + size;
    if (strstr(state, "from") != NULL || strstr(state, "both") != NULL || strstr(state, "approved") != NULL) {
        learn(w, user, strlen(user), parts.text, parts.size, entitled);
    }
}

static void put_stored(struct watch *w, const char *user, size_t size, const char *from, const char *to,
                       const char *id) {
    struct tie *own = own_tie(w, user, size);
    struct stored *stored = own == NULL ? NULL : drill_run_take(w->run, sizeof *stored);
    if (stored == NULL) {
        return;
    }
    *stored = (struct stored){.from = from, .to = to, .id = id};
    if (own->last_stored == NULL) {
        own->first_stored = stored;
    } else {
        own->last_stored->next = stored;
    }
    own->last_stored = stored;
}

static void take_offline(struct watch *w, const char *user, const char *value) {
    struct xml_node *root = NULL;
    struct xml_fault fault;
    if (xml_parse(w->run->arena, value, strlen(value), 1, &root, &fault) && root != NULL) {
        put_stored(w, user, strlen(user), xml_attribute_get(root, "from"), xml_attribute_get(root, "to"),
                   xml_attribute_get(root, "id"));
    }
}

static void take_setup(struct watch *w) {
    for (size_t i = 0; i < w->run->script->cast_count; i++) {
        const struct script_actor *actor = &w->run->script->cast[i];
        const char *user = w->run->actors[i].bare;
        w->components |= actor->role == SCRIPT_COMPONENT;
        for (size_t n = 0; user != NULL && n < actor->property_count; n++) {
            const struct script_property *property = &actor->properties[n];
            bool contact = strcmp(property->key, "contact") == 0, offline = strcmp(property->key, "offline") == 0;
            const char *value =
                contact || offline ? drill_value_resolve(w->run, property->value, offline, property->line) : NULL;
            if (value != NULL && contact) {
                take_contact(w, user, value + strspn(value, " \t"));
            } else if (value != NULL) {
                take_offline(w, user, value);
            }
        }
    }
}

bool drill_watch_begin(struct watch *w) {
    size_t clients = w->run->client_count + 1, stanzas = w->run->enter_count + 1, count;
    w->priorities = drill_run_take(w->run, clients * sizeof *w->priorities);
    w->full = drill_run_take(w->run, clients * sizeof *w->full);
    w->unsure_us = drill_run_take(w->run, clients * sizeof *w->unsure_us);
    w->sessions = drill_run_take(w->run, clients * sizeof *w->sessions);
    w->sent_on = drill_run_take(w->run, stanzas * sizeof *w->sent_on);
    w->last_enter = drill_run_take(w->run, clients * sizeof *w->last_enter);
    w->under_way = drill_run_take(w->run, clients * sizeof *w->under_way);
    w->saw = drill_run_take(w->run, stanzas * sizeof *w->saw);
    w->deliveries = drill_run_take(w->run, stanzas * sizeof *w->deliveries);
    w->wanted = drill_run_take(w->run, stanzas * sizeof *w->wanted);
    w->replies = drill_run_take(w->run, stanzas * sizeof *w->replies);
    w->self = w;
    w->rules = router_rules(&count);
    if (w->run->state != RUN_GOING) {
        return false;
    }
    for (size_t i = 0; i < w->run->client_count; i++) {
        w->priorities[i] = ROUTER_NOT_AVAILABLE;
    }
    take_setup(w);
    return w->run->state == RUN_GOING;
}

/* --------------------------------------------------------------------------------------------------- reading ---- */

bool drill_is_component(const struct watch *w, struct slice domain) {
    for (size_t i = 0; w->components && i < w->run->script->cast_count; i++) {
        if (w->run->script->cast[i].role == SCRIPT_COMPONENT &&
            is_text(w->run->actors[i].bare, domain.data, domain.size)) {
            return true;
        }
    }
    return false;
}

static void read_sender(struct watch *w) {
    const int from = w->enter == NULL ? -1 : w->enter->client;
    w->user = is_user(w, w->event->client) ? w->event->client : -1;
    w->sender = is_user(w, from) ? from : -1;
    w->crossed = w->enter != NULL && from < 0;
    w->played = w->crossed && drill_run_peer(w->run, w->enter) >= 0;
}

static void read_address(struct watch *w, const struct world_event *enter) {
    struct address *to = &w->to;
    if (to->number == enter->number) {
        return;
    }
    to->number = enter->number;
    to->good = to->served = to->here = to->local = to->resource = false;
    struct jid_parts parts;
    if (enter->to == NULL ||
        jid_prepare((struct slice){.data = enter->to, .size = strlen(enter->to)}, &parts) != ROUTER_OK) {
        return;
    }
    to->good = true;
    to->served = router_serves(world_router(w->run->world, enter->server), parts.domain);
    to->here = to->served && !drill_is_component(w, parts.domain);
    to->local = parts.local.size > 0;
    to->resource = parts.resource.size > 0;
    memcpy(to->text, parts.text, parts.size);
    to->full = (struct slice){.data = to->text, .size = parts.size};
    to->domain = (struct slice){.data = to->text + (parts.domain.data - parts.text), .size = parts.domain.size};
    to->bare = to->full;
    if (to->resource) {
        to->bare.size -= parts.resource.size + 1;
    }
}

bool drill_served_here(const struct watch *w, const char *jid) {
    struct jid_parts parts;
    return jid != NULL && w->event->server >= 0 && (size_t)w->event->server < w->run->policy_count &&
           jid_prepare((struct slice){.data = jid, .size = strlen(jid)}, &parts) == ROUTER_OK &&
           router_serves(world_router(w->run->world, w->event->server), parts.domain);
}

bool drill_of_component(const struct watch *w, const char *jid) {
    const struct slice domain = drill_domain(jid);
    for (size_t i = 0; i < w->run->script->cast_count; i++) {
        const char *own = w->run->actors[i].bare;
        if (w->run->script->cast[i].role == SCRIPT_COMPONENT && own != NULL &&
            slice_equals(domain, own, strlen(own))) {
            return true;
        }
    }
    return false;
}

/* A knob's number is in the rule table beside each rule that reads it, and is looked up there once. */
static int knob_number(struct watch *w, const char *name) {
    size_t n = 0, count;
    while (n < KNOBS_KNOWN && w->knobs[n].name != NULL) {
        if (strcmp(w->knobs[n].name, name) == 0) {
            return w->knobs[n].number;
        }
        n++;
    }
    const struct router_rule *rules = router_rules(&count);
    for (size_t i = 0; i < count; i++) {
        if (rules[i].knob[0] == name[0] && strcmp(rules[i].knob, name) == 0) {
            if (n < KNOBS_KNOWN) {
                w->knobs[n].name = rules[i].knob;
                w->knobs[n].number = rules[i].knob_number;
            }
            return rules[i].knob_number;
        }
    }
    return -1;
}

const char *drill_knob(const struct watch *w, const char *name, char buffer[24]) {
    int number = knob_number(w->self, name);
    return number < 0 ? "" : policy_get(w->run->policies[w->event->server], (size_t)number, buffer);
}

bool drill_knob_is(const struct watch *w, const char *name, const char *value) {
    char buffer[24];
    return strcmp(drill_knob(w, name, buffer), value) == 0;
}

static size_t available_count(const struct watch *w, struct slice bare) {
    size_t count = 0;
    for (size_t i = 0; i < w->run->client_count; i++) {
        count += w->priorities[i] != ROUTER_NOT_AVAILABLE &&
                 is_text(w->run->actors[w->run->actor_of[i]].bare, bare.data, bare.size);
    }
    return count;
}

/* --------------------------------------------------------------------------------------------- from an event ---- */

/* What a client has sent may come in when its stream is over, and another one has begun: its action says on which. */
static void follow_sender(struct watch *w) {
    if (!is_enter(w) || w->sender < 0 || w->event->cause < 0) {
        return;
    }
    const struct session *session = w->sessions[w->sender];
    while (session != NULL && session->event >= w->run->began[w->event->cause]) {
        session = session->older;
    }
    w->sent_on[w->event->number] = session;
}

/* Whether a stanza came on the stream that its sender still has. */
static bool is_of_this_stream(const struct watch *w) {
    return w->full[w->sender] != NULL && w->sent_on[w->event->number] == w->sessions[w->sender];
}

static void follow_presence(struct watch *w) {
    const struct world_event *event = w->event;
    if (w->user < 0 || (is_enter(w) && !is_of_this_stream(w))) {
        return;
    }
    int *priority = &w->priorities[w->user];
    w->before = *priority;
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

static void follow_stream(struct watch *w) {
    const struct world_event *event = w->event;
    if (event->kind == WORLD_BOUND) {
        struct ended **at = &w->ended;
        struct session *session = drill_run_take(w->run, sizeof *session);
        if (session != NULL) {
            *session = (struct session){.older = w->sessions[w->user], .event = w->index};
            w->sessions[w->user] = session;
        }
        w->full[w->user] = event->text;
        while (*at != NULL && strcmp((*at)->full, event->text) != 0) {
            at = &(*at)->next;
        }
        if (*at != NULL) {
            *at = (*at)->next;
        }
    } else if (event->kind == WORLD_ENDED && w->full[w->user] != NULL) {
        const char *full = w->full[w->user];
        const uint64_t latency_us = w->run->actors[w->run->actor_of[w->user]].latency_us;
        w->full[w->user] = NULL;
        w->unsure_us[w->user] = latency_us == 0 ? 0 : event->time_us + latency_us;
        w->last_end = w->index;
        /* One whose place another client has taken is not gone. */
        for (size_t i = 0; i < w->run->client_count; i++) {
            if (w->full[i] != NULL && strcmp(w->full[i], full) == 0) {
                return;
            }
        }
        struct ended *ended = drill_run_take(w->run, sizeof *ended);
        if (ended != NULL) {
            *ended = (struct ended){.next = w->ended, .full = full, .unsure_us = w->unsure_us[w->user]};
            w->ended = ended;
        }
    }
}

/* To a peer a stanza goes on a stream between servers. */
static void follow_flight(struct watch *w) {
    const struct world_event *event = w->event;
    if (event->client < 0 || drill_run_role(w->run, event->client) == SCRIPT_PEER) {
        return;
    }
    const bool sent = drill_is_fate(event) && event->effect != ROUTER_CLOSE && event->stanza != NULL;
    w->under_way[event->client] += sent;
    w->under_way[event->client] -= event->kind == WORLD_ARRIVE || event->kind == WORLD_LOST;
}

static void follow_session(struct watch *w) {
    const struct world_event *event = w->event;
    if (w->sender < 0 || event->to != NULL || !is_of_this_stream(w)) {
        return;
    }
    if (event->stanza_kind == STANZA_AVAILABLE) {
        w->saw[event->number] = w->before != ROUTER_NOT_AVAILABLE ? SAW_UPDATE : SAW_INITIAL;
    } else if (event->stanza_kind == STANZA_UNAVAILABLE) {
        w->saw[event->number] = SAW_FAREWELL;
    }
}

/* Whoever a user approves, or whoever is approved for the user, may see its presence from then on; that it may end is
 * left out, so that nothing is held against a server that was in time. */
static void follow_approval(struct watch *w) {
    const struct world_event *event = w->event;
    const char *sender = sender_bare(w).data;
    if (sender == NULL || !w->to.good) {
        return;
    }
    size_t size = bare_size(sender);
    struct slice to = w->to.bare;
    bool own = size == to.size && memcmp(sender, to.data, size) == 0;
    if (own) {
        return;
    }
    if (w->sender >= 0 && event->stanza_kind == STANZA_SUBSCRIBED) {
        learn(w, sender, size, to.data, to.size, entitled);
    } else if (w->sender >= 0 && (event->stanza_kind == STANZA_AVAILABLE || event->stanza_kind == STANZA_UNAVAILABLE)) {
        learn(w, sender, size, to.data, to.size, directed);
    } else if (event->stanza_kind == STANZA_SUBSCRIBE && !drill_knob_is(w, "sub.autoapprove", "off")) {
        learn(w, to.data, to.size, sender, size, entitled);
    }
}

/* Whether some client of an account is gone, and its server does not know yet. */
static bool is_going(const struct watch *w, struct slice bare) {
    for (size_t i = 0; i < w->run->client_count; i++) {
        if (!is_sure(w, (int)i) && is_text(w->run->actors[w->run->actor_of[i]].bare, bare.data, bare.size)) {
            return true;
        }
    }
    return false;
}

/* A peer's approval may be one that nobody has asked for. */
static bool is_approval(const struct watch *w, const struct world_event *before) {
    return before != NULL && before->stanza_kind == STANZA_SUBSCRIBED &&
           (drill_run_peer(w->run, before) < 0 || w->deliveries[before->number] > 0);
}

/* What a change of subscription brings with it comes over s2s as stanzas of their own. */
static void follow_contact(struct watch *w) {
    const struct world_event *event = w->event;
    if (!w->crossed || event->from == NULL || !to_bare_account(w)) {
        return;
    }
    struct tie *tie = drill_tie_for(w, w->to.bare.data, w->to.bare.size, event->from, bare_size(event->from));
    if (tie == NULL) {
        return;
    }
    const struct world_event *before = drill_run_enter(w->run, tie->last);
    const bool approved = event->stanza_kind == STANZA_AVAILABLE && is_approval(w, before);
    const bool cancelled = event->stanza_kind == STANZA_UNSUBSCRIBED && before != NULL &&
                           before->stanza_kind == STANZA_UNAVAILABLE && tie->last + 1 == event->number &&
                           w->last_end < w->run->enters[tie->last - 1];
    if ((approved || cancelled) && !is_going(w, w->to.bare)) {
        size_t wanted = available_count(w, w->to.bare) + 1;
        w->wanted[event->number] = wanted > UINT16_MAX ? 0 : (uint16_t)wanted;
    }
    tie->last = event->number;
}

/* Requests to the server, and to the sender's own account, are the server's to answer (6120 10.3.3, 10.5.1). */
static void follow_request(struct watch *w) {
    const struct world_event *event = w->event;
    if (w->sender < 0 || (event->stanza_kind != STANZA_GET && event->stanza_kind != STANZA_SET)) {
        return;
    }
    struct slice own = sender_bare(w);
    bool own_bare = w->to.good && !w->to.resource && slice_equals(w->to.bare, own.data, own.size);
    if (event->to == NULL || (w->to.here && !w->to.local) || own_bare) {
        w->saw[event->number] |= SAW_REQUEST;
    }
}

static void follow_store(struct watch *w) {
    const struct world_event *event = w->event, *enter = w->enter;
    const char *from = w->sender >= 0 ? sender_full(w) : enter->from;
    w->saw[event->number] |= SAW_STORE;
    if (event->target != NULL) {
        put_stored(w, event->target, bare_size(event->target), from, enter->to, enter->id);
    }
}

/* Presence that was refused on entry changed nothing. */
static void follow_refusal(struct watch *w) {
    const bool refused = w->event->effect == ROUTER_BOUNCE || w->event->effect == ROUTER_DROP;
    if (refused && saw(w, SAW_SESSION) && rule_is_of(w, "entry")) {
        w->saw[w->event->number] &= ~(uint32_t)SAW_SESSION;
        w->priorities[w->sender] = w->before;
    }
}

static void follow_effect(struct watch *w) {
    const struct world_event *event = w->event;
    follow_refusal(w);
    if (event->effect == ROUTER_MARK && rule_begins(w, "s2s.fail.")) {
        w->lasting = rule_begins(w, "s2s.fail.auth") ? event->number : 0;
    }
    int seen = event->departure != NULL ? SAW_DEPARTURE : 0;
    w->departed |= event->departure != NULL;
    seen |= event->effect == ROUTER_BOUNCE ? SAW_BOUNCE : 0;
    seen |= event->effect == ROUTER_DROP && rule_is_of(w, "remote") ? SAW_DROP : 0;
    seen |= event->effect < ROUTER_FATE_COUNT ? SAW_FATE : 0;
    bool refused = event->effect == ROUTER_CLOSE || (event->effect == ROUTER_DROP && rule_is_of(w, "entry"));
    seen |= refused ? SAW_REFUSAL : 0;
    w->saw[event->number] |= (uint32_t)seen;
    bool reply = (event->effect == ROUTER_BOUNCE || event->effect == ROUTER_ANSWER) && event->stanza != NULL;
    if (reply && strncmp(event->stanza, "<iq", 3) == 0 && w->replies[event->number] < UCHAR_MAX) {
        w->replies[event->number]++;
    }
    if (event->effect == ROUTER_STORE && is_message(w->enter->stanza_kind)) {
        follow_store(w);
    } else if (event->effect == ROUTER_DELIVER) {
        if (w->deliveries[event->number] < UINT16_MAX) {
            w->deliveries[event->number]++;
        }
        if (event->target != NULL && rule_begins(w, "off.deliver.when")) {
            struct tie *own = own_tie(w, event->target, bare_size(event->target));
            w->taken = own == NULL ? NULL : own->first_stored;
            if (w->taken != NULL) {
                own->first_stored = w->taken->next;
                own->last_stored = own->first_stored == NULL ? NULL : own->last_stored;
            }
        }
    }
}

void drill_watch_event(struct watch *w) {
    w->event = world_event(w->run->world, w->index);
    w->enter = drill_run_enter(w->run, w->event->number);
    w->taken = NULL;
    read_sender(w);
    if (w->enter != NULL) {
        read_address(w, w->enter);
    }
    follow_sender(w);
    follow_presence(w);
    follow_flight(w);
    drill_watch_streams(w);
    if (w->user >= 0 && (w->event->kind == WORLD_BOUND || w->event->kind == WORLD_ENDED)) {
        follow_stream(w);
    } else if (is_enter(w)) {
        follow_request(w);
        follow_session(w);
        follow_approval(w);
        follow_contact(w);
    } else if (w->event->kind == WORLD_EFFECT && w->enter != NULL) {
        follow_effect(w);
    }
}

void drill_watch_late(struct watch *w, uint32_t number) {
    w->index = w->run->enters[number - 1];
    w->event = w->enter = world_event(w->run->world, w->index);
    read_sender(w);
    read_address(w, w->enter);
}

/* The order of a client's stanzas, and of the pushes to it, is about the event and the one before. */
void drill_watch_done(struct watch *w) {
    const struct world_event *event = w->event;
    if (is_enter(w) && w->sender >= 0) {
        const char *full = w->full[w->sender];
        w->last_enter[w->sender] = event->number;
        /* A roster that is asked for again may be told in pushes again (6121 2.6.3). */
        struct tie *own = event->stanza_kind != STANZA_GET || full == NULL ? NULL : own_tie(w, full, strlen(full));
        if (own != NULL) {
            own->version = NULL;
        }
    } else if (is_effect(w, ROUTER_PUSH) && event->target != NULL) {
        const struct xml_node *tree = element(w);
        struct tie *own = own_tie(w, event->target, strlen(event->target));
        if (own != NULL && tree != NULL && tree->child != NULL) {
            own->version = xml_attribute_get(tree->child, "ver");
        }
    }
}
