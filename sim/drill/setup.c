/* setup.c - tells the venue of the servers and accounts of a script's cast. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

static struct slice whole(const char *text) {
    return (struct slice){.data = text, .size = strlen(text)};
}

static bool is_key(const struct script_property *property, const char *key) {
    return strcmp(property->key, key) == 0;
}

/* ---------------------------------------------------------------------------------------------------- servers ---- */

static bool set_knob(struct run *run, struct policy *policy, const struct script_actor *actor,
                     const struct script_property *property) {
    struct slice value = whole(property->value);
    struct slice knob;
    if (memchr(value.data, '=', value.size) == NULL || !drill_item_next(&value, '=', &knob)) {
        return drill_refuse(run, actor, property,
                            drill_run_text(run, "found '%s', expected KNOB=VALUE", property->value));
    }
    struct router_error error = {0};
    return policy_set(policy, knob, drill_trim(value), &error) == ROUTER_OK ||
           drill_refuse(run, actor, property, error.text);
}

static struct policy *profile_of(const struct run *run, const struct script_property *named, int *result,
                                 struct router_error *error) {
    const struct drill_options *options = run->options;
    const bool built_in = named != NULL || options->profile_text == NULL;
    const char *usual = options->profile == NULL ? "rfc6121" : options->profile;
    const char *name = named == NULL ? usual : named->value;
    return drill_profile(options->profiles, built_in, built_in ? name : options->profile_text, result, error);
}

struct policy *drill_policy(struct run *run, const struct script_actor *actor) {
    actor = run->options->one_policy ? NULL : actor;
    const struct script_property *named = actor == NULL ? NULL : drill_property(actor, "profile");
    struct router_error error = {0};
    int result = ROUTER_OK;
    struct policy *policy = profile_of(run, named, &result, &error);
    const unsigned line = named == NULL ? 0 : named->line;
    if (result != ROUTER_OK && !drill_run_failed(run, result, &error, line)) {
        drill_run_stop(run, RUN_CANNOT, line, named == NULL ? 0 : named->column, "%s", error.text);
    }
    for (size_t i = 0; run->state == RUN_GOING && actor != NULL && i < actor->property_count; i++) {
        if (is_key(&actor->properties[i], "policy")) {
            (void)set_knob(run, policy, actor, &actor->properties[i]);
        }
    }
    if (run->state != RUN_GOING) {
        policy_free(policy);
        return NULL;
    }
    return policy;
}

static const struct policy *make_policy(struct run *run, const struct script_actor *actor) {
    struct policy **policies = realloc(run->policies, (run->policy_count + 1) * sizeof *policies);
    if (policies == NULL) {
        run->state = RUN_NOMEM;
        return NULL;
    }
    run->policies = policies;
    struct policy *policy = drill_policy(run, actor);
    if (policy != NULL) {
        run->policies[run->policy_count++] = policy;
    }
    return policy;
}

static bool has_account(const struct script_actor *actor) {
    return actor->role == SCRIPT_CLIENT || actor->role == SCRIPT_ACCOUNT;
}

struct domains {
    const char **names;
    size_t count;
};

static void add_domain(struct run *run, struct domains *domains, struct slice domain) {
    for (size_t i = 0; i < domains->count; i++) {
        if (strlen(domains->names[i]) == domain.size && memcmp(domains->names[i], domain.data, domain.size) == 0) {
            return;
        }
    }
    domains->names[domains->count] = arena_text(run->arena, domain.data, domain.size);
    if (domains->names[domains->count++] == NULL) {
        run->state = RUN_NOMEM;
    }
}

static bool add_server(struct run *run, const char *name, const struct domains *domains, const struct policy *policy,
                       const struct script_actor *actor, const struct script_property *hosts) {
    struct router_error error = {0};
    int result = run->venue->ops->server(run->venue, name, domains->names, domains->count, policy, &error);
    if (result == ROUTER_OK || drill_run_failed(run, result, &error, actor == NULL ? 0 : actor->line)) {
        return result == ROUTER_OK;
    }
    if (actor == NULL) {
        drill_run_stop(run, RUN_CANNOT, 0, 0, "%s", error.text);
        return false;
    }
    return drill_refuse(run, actor, hosts, error.text);
}

static size_t most_hosts(const struct script_actor *actor) {
    const struct script_property *hosts = drill_property(actor, "hosts");
    size_t count = 1;
    for (const char *at = hosts == NULL ? "" : hosts->value; *at != '\0'; at++) {
        count += *at == ',';
    }
    return count;
}

static bool read_hosts(struct run *run, const struct script_actor *actor, struct domains *domains) {
    const struct script_property *hosts = drill_property(actor, "hosts");
    if (hosts == NULL) {
        return drill_refuse(run, actor, NULL, drill_run_text(run, "[Server] %s has no hosts", actor->name));
    }
    struct slice rest = whole(hosts->value);
    struct slice item;
    while (drill_item_next(&rest, ',', &item)) {
        if (item.size == 0) {
            return drill_refuse(run, actor, hosts, "found an empty name, expected a domain");
        }
        add_domain(run, domains, item);
    }
    return run->state == RUN_GOING;
}

static bool make_server(struct run *run, size_t index) {
    const struct script_actor *actor = &run->script->cast[index];
    struct domains domains = {.names = drill_run_take(run, most_hosts(actor) * sizeof *domains.names)};
    if (domains.names == NULL || !read_hosts(run, actor, &domains)) {
        return false;
    }
    const struct policy *policy = make_policy(run, actor);
    return policy != NULL && drill_fits_policy(run, actor, policy) &&
           add_server(run, actor->name, &domains, policy, actor, drill_property(actor, "hosts"));
}

/* Without [Server], one server serves every domain of the clients and accounts. */
static bool make_only_server(struct run *run) {
    struct domains domains = {.names = drill_run_take(run, (run->script->cast_count + 1) * sizeof *domains.names)};
    for (size_t i = 0; domains.names != NULL && i < run->script->cast_count; i++) {
        const char *bare = run->actors[i].bare;
        if (bare != NULL && has_account(&run->script->cast[i])) {
            add_domain(run, &domains, whole(strchr(bare, '@') + 1));
        }
    }
    if (run->state != RUN_GOING || domains.count == 0) {
        return run->state == RUN_GOING;
    }
    run->only_server = domains.names[0];
    const struct policy *policy = make_policy(run, NULL);
    return policy != NULL && add_server(run, run->only_server, &domains, policy, NULL, NULL);
}

static bool make_servers(struct run *run) {
    bool any = false;
    for (size_t i = 0; i < run->script->cast_count; i++) {
        if (run->script->cast[i].role == SCRIPT_SERVER) {
            any = true;
            if (!make_server(run, i)) {
                return false;
            }
        }
    }
    return any || make_only_server(run);
}

/* --------------------------------------------------------------------------------------------------- accounts ---- */

static const struct script_property *address_of(const struct script_actor *actor) {
    return drill_property(actor, actor->role == SCRIPT_CLIENT ? "jid" : "domain");
}

static const char *jid_of(const struct script_actor *actor) {
    switch (actor->role) {
    case SCRIPT_CLIENT:
        return actor->jid;
    case SCRIPT_ACCOUNT:
        return actor->name;
    case SCRIPT_PEER:
    case SCRIPT_COMPONENT:
        return drill_property(actor, "domain") == NULL ? actor->name : drill_property(actor, "domain")->value;
    default:
        return NULL;
    }
}

static bool is_jid_for(const struct script_actor *actor, const struct actor *own) {
    const bool local = strchr(own->bare, '@') != NULL;
    return actor->role == SCRIPT_CLIENT ? local : local == has_account(actor) && own->full == NULL;
}

/* The JIDs of the cast, before any server is there to be asked. */
static bool read_jids(struct run *run) {
    static const char *const wanted[] = {[SCRIPT_CLIENT] = "the JID of a client",
                                         [SCRIPT_ACCOUNT] = "a bare JID",
                                         [SCRIPT_PEER] = "a domain",
                                         [SCRIPT_COMPONENT] = "a domain"};
    for (size_t i = 0; i < run->script->cast_count; i++) {
        const struct script_actor *actor = &run->script->cast[i];
        struct actor *own = &run->actors[i];
        own->client = -1;
        const char *jid = jid_of(actor);
        const bool good = jid == NULL || drill_value_bare_jid(run, jid, &own->bare, &own->full);
        if (run->state != RUN_GOING) {
            return false;
        }
        if (!good || (jid != NULL && !is_jid_for(actor, own))) {
            return drill_refuse(run, actor, address_of(actor),
                                drill_run_text(run, "found '%s', expected %s", jid, wanted[actor->role]));
        }
        if (jid != NULL && !has_account(actor)) {
            own->full = own->bare;
        }
    }
    return true;
}

static bool exists(const struct script_actor *actor) {
    const struct script_property *property = drill_property(actor, "exists");
    return property == NULL || strcmp(property->value, "no") != 0;
}

static bool make_account(struct run *run, size_t index) {
    const struct script_actor *actor = &run->script->cast[index];
    const char *bare = run->actors[index].bare;
    const bool there = actor->role != SCRIPT_ACCOUNT || exists(actor);
    struct router_error error = {0};
    int result = run->venue->ops->account(run->venue, bare, there, &error);
    if (result == ROUTER_OK || result == ROUTER_E_CONFLICT || drill_run_failed(run, result, &error, actor->line)) {
        return run->state == RUN_GOING;
    }
    return drill_refuse(run, actor, address_of(actor),
                        result == ROUTER_E_UNKNOWN
                            ? drill_run_text(run, "no server serves '%s'", strchr(bare, '@') + 1)
                            : drill_run_text(run, "'%s' cannot be an account", bare));
}

static bool is_word(struct slice text, const char *word) {
    return strlen(word) == text.size && memcmp(word, text.data, text.size) == 0;
}

static bool contact_word(struct router_contact *state, struct slice word, bool first) {
    static const char *const subscriptions[] = {
        [ROUTER_SUB_NONE] = "none", [ROUTER_SUB_TO] = "to", [ROUTER_SUB_FROM] = "from", [ROUTER_SUB_BOTH] = "both"};
    for (size_t i = 0; first && i < sizeof subscriptions / sizeof *subscriptions; i++) {
        if (is_word(word, subscriptions[i])) {
            state->subscription = (enum router_subscription)i;
            return true;
        }
    }
    bool *flag = first                         ? NULL
                 : is_word(word, "ask")        ? &state->ask
                 : is_word(word, "approved")   ? &state->approved
                 : is_word(word, "pending-in") ? &state->pending_in
                                               : NULL;
    if (flag != NULL) {
        *flag = true;
    }
    return flag != NULL;
}

static bool read_contact(struct run *run, const struct script_actor *actor, const struct script_property *property,
                         struct slice *jid, struct router_contact *state) {
    static const char *const words[] = {"none", "to", "from", "both", "ask", "approved", "pending-in", NULL};
    const char *value = drill_value_resolve(run, property->value, false, property->line);
    if (value == NULL) {
        return false;
    }
    struct slice rest = drill_trim(whole(value));
    size_t jid_size = strcspn(rest.data, " \t");
    *jid = (struct slice){.data = rest.data, .size = jid_size < rest.size ? jid_size : rest.size};
    rest = (struct slice){.data = rest.data + jid->size, .size = rest.size - jid->size};
    struct slice word;
    for (bool first = true; drill_item_next(&rest, ',', &word); first = false) {
        if (!contact_word(state, word, first)) {
            const char *found = arena_text(run->arena, word.data, word.size);
            const char *near = found == NULL ? NULL : script_nearest(found, words);
            const char *wanted = first ? "none, to, from or both" : "ask, approved or pending-in";
            return drill_refuse(
                run, actor, property,
                near == NULL ? drill_run_text(run, "found '%s', expected %s", found, wanted)
                             : drill_run_text(run, "found '%s', expected %s; did you mean '%s'?", found, wanted, near));
        }
    }
    return true;
}

static const char *contact_refusal(int result) {
    switch (result) {
    case ROUTER_E_JID:
        return "the contact's JID is not a JID";
    case ROUTER_E_CONFLICT:
        return "the contact is set already, or is the account itself";
    case ROUTER_E_VALUE:
        return "no roster can be in this state (RFC 6121 Appendix A)";
    case ROUTER_E_LIMIT:
        return "the account has too many contacts";
    default:
        return "there is no such account";
    }
}

static bool set_contact(struct run *run, size_t index, const struct script_property *property) {
    const struct script_actor *actor = &run->script->cast[index];
    struct slice jid;
    struct router_contact state = {.subscription = ROUTER_SUB_NONE};
    if (!read_contact(run, actor, property, &jid, &state)) {
        return false;
    }
    struct router_error error = {0};
    int result = run->venue->ops->contact(run->venue, run->actors[index].bare, jid, state, &error);
    if (result == ROUTER_OK || drill_run_failed(run, result, &error, property->line)) {
        return result == ROUTER_OK;
    }
    return drill_refuse(run, actor, property, contact_refusal(result));
}

static bool add_offline(struct run *run, size_t index, const struct script_property *property) {
    const char *stanza = drill_value_resolve(run, property->value, true, property->line);
    if (stanza == NULL) {
        return false;
    }
    struct router_error error = {0};
    int result = run->venue->ops->offline(run->venue, run->actors[index].bare, whole(stanza), &error);
    if (result == ROUTER_OK || drill_run_failed(run, result, &error, property->line)) {
        return result == ROUTER_OK;
    }
    const char *refusal = result == ROUTER_E_LIMIT     ? "the account's offline store is full"
                          : result == ROUTER_E_UNKNOWN ? "there is no such account"
                                                       : "expected one message with 'from' and 'to'";
    return drill_refuse(run, &run->script->cast[index], property, refusal);
}

static bool furnish_account(struct run *run, size_t index) {
    const struct script_actor *actor = &run->script->cast[index];
    for (size_t i = 0; i < actor->property_count; i++) {
        const struct script_property *property = &actor->properties[i];
        if ((is_key(property, "contact") && !set_contact(run, index, property)) ||
            (is_key(property, "offline") && !add_offline(run, index, property))) {
            return false;
        }
    }
    return true;
}

/* ---------------------------------------------------------------------------------------------------- clients ---- */

void drill_setup_client(struct run *run, size_t index) {
    run->actors[index].client = (int)run->client_count;
    run->actor_of[run->client_count++] = (int)index;
}

static bool add_client(struct run *run, size_t index) {
    const struct script_actor *actor = &run->script->cast[index];
    const struct script_property *password = drill_property(actor, "password");
    struct actor *own = &run->actors[index];
    struct router_error error = {0};
    if (!drill_duration(run, actor, "latency", &own->latency_us)) {
        return false;
    }
    int result = run->venue->ops->client(run->venue, actor->name, actor->jid, password == NULL ? NULL : password->value,
                                         own->latency_us, &error);
    if (result != ROUTER_OK) {
        return !drill_run_failed(run, result, &error, actor->line) && drill_refuse(run, actor, NULL, error.text);
    }
    drill_setup_client(run, index);
    return true;
}

static bool each(struct run *run, enum script_role role, bool (*make)(struct run *run, size_t index)) {
    for (size_t i = 0; i < run->script->cast_count; i++) {
        if (run->script->cast[i].role == role && !make(run, i)) {
            return false;
        }
    }
    return true;
}

static bool is_ready(struct run *run) {
    struct router_error error = {0};
    int result = run->venue->ops->ready(run->venue, &error);
    if (result != ROUTER_OK && !drill_run_failed(run, result, &error, 0)) {
        drill_run_stop(run, RUN_CANNOT, 0, 0, "%s", error.text);
    }
    return result == ROUTER_OK;
}

bool drill_setup(struct run *run) {
    run->actors = drill_run_take(run, (run->script->cast_count + 1) * sizeof *run->actors);
    run->actor_of = drill_run_take(run, (run->script->cast_count + 1) * sizeof *run->actor_of);
    return run->state == RUN_GOING && drill_fits_time(run) && read_jids(run) && make_servers(run) &&
           each(run, SCRIPT_COMPONENT, drill_setup_component) && each(run, SCRIPT_CLIENT, make_account) &&
           each(run, SCRIPT_ACCOUNT, make_account) && each(run, SCRIPT_CLIENT, add_client) &&
           each(run, SCRIPT_PEER, drill_setup_peer) && each(run, SCRIPT_LINK, drill_setup_link) &&
           drill_fits_faults(run) && each(run, SCRIPT_ACCOUNT, furnish_account) && is_ready(run);
}
