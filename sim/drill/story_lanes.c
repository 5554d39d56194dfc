/* story_lanes.c - who takes part in a story, and in which order they stand side by side. */
#include "story.h"

#include <string.h>

static bool takes_part(const struct script_actor *actor) {
    return actor->role == SCRIPT_CLIENT || actor->role == SCRIPT_PEER || actor->role == SCRIPT_COMPONENT;
}

static int add_lane(struct teller *t, enum drill_lane_kind kind, const char *name, const char *address) {
    struct drill_lane *lane = &t->story->lanes[t->story->lane_count];
    *lane = (struct drill_lane){.name = arena_text(t->arena, name, strlen(name)),
                                .address = arena_text(t->arena, address, strlen(address)),
                                .kind = kind};
    if (lane->name == NULL || lane->address == NULL) {
        t->run->state = RUN_NOMEM;
    }
    return (int)t->story->lane_count++;
}

/* ---------------------------------------------------------------------------------------------------- servers ---- */

static void add_word(struct text *text, struct slice word) {
    if (text->size > 0) {
        drill_text_put(text, " ");
    }
    drill_text_add(text, word.data, word.size);
}

static void add_hosts(struct text *text, const struct script_actor *server) {
    const struct script_property *hosts = drill_property(server, "hosts");
    struct slice rest = {.data = hosts->value, .size = strlen(hosts->value)};
    struct slice item;
    while (drill_item_next(&rest, ',', &item)) {
        add_word(text, item);
    }
}

/* The domains of the one server of a script that names none: those of its clients and accounts. */
static void add_all_domains(const struct run *run, struct text *text) {
    for (size_t i = 0; i < run->script->cast_count; i++) {
        const char *at = run->actors[i].bare == NULL ? NULL : strchr(run->actors[i].bare, '@');
        bool known = at == NULL;
        for (size_t k = 0; k < i && !known; k++) {
            const char *earlier = run->actors[k].bare == NULL ? NULL : strchr(run->actors[k].bare, '@');
            known = earlier != NULL && strcmp(earlier, at) == 0;
        }
        if (!known) {
            add_word(text, (struct slice){.data = at + 1, .size = strlen(at + 1)});
        }
    }
}

/* index: of the cast, or past its end for a server that it does not name. */
static void add_server(struct teller *t, size_t index) {
    const struct script *script = t->run->script;
    const char *name = index < script->cast_count ? script->cast[index].name : t->run->only_server;
    struct text hosts = {0};
    if (index < script->cast_count) {
        add_hosts(&hosts, &script->cast[index]);
    } else {
        add_all_domains(t->run, &hosts);
    }
    const char *kept = drill_run_keep(t->run, &hosts);
    t->lane_of_actor[index] = add_lane(t, DRILL_LANE_SERVER, name, kept == NULL ? "" : kept);
}

/* The cast's server of a client or component; past the end of the cast: the one that it does not name. */
static size_t server_index(const struct teller *t, size_t actor) {
    const struct run *run = t->run;
    const char *bare = run->actors[actor].bare;
    const char *at = bare == NULL ? NULL : strchr(bare, '@');
    const int place = run->world == NULL || bare == NULL ? -1 : world_host(run->world, at == NULL ? bare : at + 1);
    if (place >= 0 && (size_t)place < t->place_count) {
        return t->actor_of_place[place];
    }
    const char *name = at == NULL ? run->actors[actor].server : drill_server_of(run, at + 1);
    for (size_t i = 0; name != NULL && i < run->script->cast_count; i++) {
        if (run->script->cast[i].role == SCRIPT_SERVER && strcmp(run->script->cast[i].name, name) == 0) {
            return i;
        }
    }
    return run->script->cast_count;
}

/* ------------------------------------------------------------------------------------------------------ order ---- */

/* A server stands between its first client and whoever is beside that one already. */
static void add_with_server(struct teller *t, size_t index) {
    const struct script_actor *actor = &t->run->script->cast[index];
    const struct actor *own = &t->run->actors[index];
    static const enum drill_lane_kind kinds[] = {[SCRIPT_CLIENT] = DRILL_LANE_CLIENT,
                                                 [SCRIPT_PEER] = DRILL_LANE_PEER,
                                                 [SCRIPT_COMPONENT] = DRILL_LANE_COMPONENT};
    const char *address = own->full == NULL ? own->bare : own->full;
    const bool first = t->story->lane_count == 0;
    const size_t server = actor->role == SCRIPT_PEER ? 0 : server_index(t, index);
    const bool missing = actor->role != SCRIPT_PEER && t->lane_of_actor[server] < 0 &&
                         (server < t->run->script->cast_count || t->run->only_server != NULL);
    if (missing && !first) {
        add_server(t, server);
    }
    t->lane_of_actor[index] = add_lane(t, kinds[actor->role], actor->name, address == NULL ? "" : address);
    if (missing && first) {
        add_server(t, server);
    }
    t->server_of_actor[index] = actor->role == SCRIPT_PEER ? -1 : t->lane_of_actor[server];
}

/* The world numbers its servers in the order of the cast, and peers behind them. */
static void find_places(struct teller *t) {
    const struct script *script = t->run->script;
    for (int peers = 0; peers < 2; peers++) {
        for (size_t i = 0; i < script->cast_count; i++) {
            if (script->cast[i].role == (peers ? SCRIPT_PEER : SCRIPT_SERVER)) {
                t->actor_of_place[t->place_count++] = i;
            }
        }
        if (!peers && t->run->only_server != NULL) {
            t->actor_of_place[t->place_count++] = script->cast_count;
        }
    }
}

bool drill_story_lanes(struct teller *t) {
    const struct script *script = t->run->script;
    const size_t room = script->cast_count + 1;
    t->story->lanes = arena_take(t->arena, room * sizeof *t->story->lanes);
    t->lane_of_actor = drill_run_take(t->run, room * sizeof *t->lane_of_actor);
    t->server_of_actor = drill_run_take(t->run, room * sizeof *t->server_of_actor);
    t->actor_of_place = drill_run_take(t->run, room * sizeof *t->actor_of_place);
    if (t->story->lanes == NULL || t->lane_of_actor == NULL || t->server_of_actor == NULL ||
        t->actor_of_place == NULL) {
        return false;
    }
    find_places(t);
    for (size_t i = 0; i < room; i++) {
        t->lane_of_actor[i] = t->server_of_actor[i] = -1;
    }
    for (size_t i = 0; i < script->cast_count; i++) {
        if (takes_part(&script->cast[i])) {
            add_with_server(t, i);
        }
    }
    for (size_t i = 0; i < room; i++) {
        const bool server = i < script->cast_count ? script->cast[i].role == SCRIPT_SERVER
                                                   : t->run->only_server != NULL;
        if (server && t->lane_of_actor[i] < 0) {
            add_server(t, i);
        }
    }
    return t->run->state != RUN_NOMEM;
}

int drill_story_lane_of(const struct teller *t, int place) {
    return place >= 0 && (size_t)place < t->place_count ? t->lane_of_actor[t->actor_of_place[place]] : -1;
}

int drill_story_place(const struct teller *t, const char *domain) {
    const int place = t->run->world == NULL ? -1 : world_place(t->run->world, domain);
    return drill_story_lane_of(t, place);
}
