/* values.c - what ${...} stands for: the cast's JIDs and what was captured. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

static const char *join(struct run *run, const struct jid_parts *parts, bool with_resource) {
    struct text text = {0};
    if (parts->local.size > 0) {
        drill_text_add(&text, parts->local.data, parts->local.size);
        drill_text_put(&text, "@");
    }
    drill_text_add(&text, parts->domain.data, parts->domain.size);
    if (with_resource && parts->resource.size > 0) {
        drill_text_put(&text, "/");
        drill_text_add(&text, parts->resource.data, parts->resource.size);
    }
    return drill_run_keep(run, &text);
}

bool drill_value_bare_jid(struct run *run, const char *jid, const char **bare, const char **full) {
    struct jid_parts parts;
    if (jid_prepare((struct slice){.data = jid, .size = strlen(jid)}, &parts) != ROUTER_OK) {
        return false;
    }
    *bare = join(run, &parts, false);
    *full = parts.resource.size == 0 ? NULL : join(run, &parts, true);
    return run->state == RUN_GOING;
}

struct slice drill_domain(const char *jid) {
    size_t size = strcspn(jid, "/");
    const char *at = memchr(jid, '@', size);
    size_t before = at == NULL ? 0 : (size_t)(at + 1 - jid);
    return (struct slice){.data = jid + before, .size = size - before};
}

static const char *captured(const struct run *run, const struct script_variable *variable) {
    for (const struct capture *capture = run->captures; capture != NULL; capture = capture->older) {
        if (capture->name_size == variable->name_size &&
            memcmp(capture->name, variable->name, variable->name_size) == 0) {
            return capture->value;
        }
    }
    return NULL;
}

/* Where something failed before, what rests on it proves nothing more. */
static void no_value(struct run *run, const struct script_variable *variable, unsigned line) {
    if (run->quiet || run->options->one_policy || run->state != RUN_GOING) {
        return;
    }
    if (run->differences > 0) {
        run->state = RUN_ENDED;
    } else if (variable->kind == SCRIPT_CAPTURE) {
        drill_run_stop(run, RUN_CANNOT, line, 1, "nothing has been captured as '%.*s' yet", (int)variable->name_size,
                       variable->name);
    } else {
        drill_run_stop(run, RUN_CANNOT, line, 1, "%s has no full JID before it has connected",
                       run->script->cast[variable->actor].name);
    }
}

static const char *variable_value(const struct run *run, const struct script_variable *variable) {
    if (variable->kind == SCRIPT_CAPTURE) {
        return captured(run, variable);
    }
    const struct actor *actor = &run->actors[variable->actor];
    if (variable->kind == SCRIPT_BARE_JID) {
        return actor->bare;
    }
    if (run->script->cast[variable->actor].role != SCRIPT_CLIENT) {
        return actor->full;
    }
    const char *bound = actor->client < 0 ? NULL : run->venue->ops->full_jid(run->venue, actor->client);
    return bound != NULL ? bound : actor->full;
}

static void add_for_xml(struct text *out, const char *value) {
    for (; *value != '\0'; value++) {
        switch (*value) {
        case '&':
            drill_text_put(out, "&amp;");
            break;
        case '<':
            drill_text_put(out, "&lt;");
            break;
        case '>':
            drill_text_put(out, "&gt;");
            break;
        case '"':
            drill_text_put(out, "&quot;");
            break;
        case '\'':
            drill_text_put(out, "&apos;");
            break;
        default:
            drill_text_add(out, value, 1);
            break;
        }
    }
}

const char *drill_value_resolve(struct run *run, const char *text, bool escape, unsigned line) {
    struct script_variable variable;
    if (strstr(text, "${") == NULL || !script_variable_next(run->script, text, &variable)) {
        return text;
    }
    struct text out = {0};
    do {
        const char *value = variable_value(run, &variable);
        if (value == NULL) {
            no_value(run, &variable, line);
            free(out.data);
            return NULL;
        }
        drill_text_add(&out, text, variable.start);
        if (escape) {
            add_for_xml(&out, value);
        } else {
            drill_text_put(&out, value);
        }
        text += variable.end;
    } while (script_variable_next(run->script, text, &variable));
    drill_text_put(&out, text);
    return drill_run_keep(run, &out);
}

static const char *resolve_word(void *context, const char *value) {
    struct run *run = context;
    return drill_value_resolve(run, value, false, run->script->actions[run->action].line);
}

static void capture_word(void *context, const char *name, size_t name_size, const char *value) {
    struct run *run = context;
    struct capture *capture = drill_run_take(run, sizeof *capture);
    if (capture != NULL) {
        *capture = (struct capture){.older = run->captures, .name = name, .value = value, .name_size = name_size};
        run->captures = capture;
    }
}

/* Real servers may leave out what does not change the meaning: a message's type "normal", and the address of the client
 * that gets a stanza (6120 10.3). */
static const char *implied_word(void *context, const struct xml_node *stanza, const char *attribute,
                                const char *wanted) {
    struct run *run = context;
    const int index = run->script->actions[run->action].actor;
    if (strcmp(attribute, "type") == 0 && strcmp(stanza->name, "message") == 0) {
        return wanted == NULL || strcmp(wanted, "normal") == 0 ? "normal" : NULL;
    }
    if (strcmp(attribute, "to") != 0 || run->script->cast[index].role != SCRIPT_CLIENT) {
        return NULL;
    }
    const char *full = run->venue->ops->full_jid(run->venue, run->actors[index].client);
    if (wanted == NULL || (full != NULL && strcmp(wanted, full) == 0)) {
        return full;
    }
    return strcmp(wanted, run->actors[index].bare) == 0 ? wanted : NULL;
}

struct match_words drill_value_words(struct run *run) {
    return (struct match_words){.resolve = resolve_word,
                                .capture = capture_word,
                                .implied = run->world == NULL ? implied_word : NULL,
                                .context = run};
}
