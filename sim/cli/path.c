/* The way of one stanza, step by step, in plain words. */
#include "scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL = 9 };

struct path {
    const struct scene *scene;
    unsigned char *told; /* rules whose sentence was shown already */
    unsigned last_class;
    unsigned stops;      /* servers that have read it, or what they made of it */
    bool decided;        /* at the present stop a row has decided */
    const char *section; /* the heading under which lines stand; NULL: none */
};

static const char *client_name(const struct scene *scene, int client) {
    return client >= 0 && (size_t)client < scene->name_count ? scene->names[client] : "another server";
}

/* ------------------------------------------------------------------------------------------------- what is read ---- */

static void section(struct path *path, const char *title) {
    if (path->section == NULL || strcmp(path->section, title) != 0) {
        printf("\n  %s\n", title);
        path->section = title;
    }
}

static void raw_item(const char *label, const char *text, const char *remark) {
    printf("  %-*s ", LABEL, label);
    report_text(stdout, text);
    puts(remark);
}

static const char *form_of(const struct jid_parts *parts) {
    if (parts->local.size == 0) {
        return parts->resource.size == 0 ? ", a domain" : ", a resource of a domain";
    }
    return parts->resource.size == 0 ? ", a bare JID" : ", a full JID";
}

static void show_address(const char *label, const char *written, const char *absent) {
    struct jid_parts parts;
    if (written == NULL) {
        page_item(2, LABEL, label, absent);
        return;
    }
    if (jid_prepare((struct slice){written, strlen(written)}, &parts) != ROUTER_OK) {
        raw_item(label, written, ", which is no address: a part of it is empty, too long, or not allowed");
        return;
    }
    char *prepared = cli_need(malloc(parts.size + 1));
    memcpy(prepared, parts.text, parts.size);
    prepared[parts.size] = '\0';
    if (strcmp(prepared, written) == 0) {
        raw_item(label, written, form_of(&parts));
    } else {
        raw_item(label, written, ", which is prepared, and then compared, as");
        raw_item("", prepared, form_of(&parts));
    }
    free(prepared);
}

static void show_entry(struct path *path, const struct world_event *e) {
    path->stops++;
    path->last_class = 0;
    path->decided = false;
    path->section = NULL;
    printf("\n%u. ", path->stops);
    report_text(stdout, e->host != NULL ? e->host : "a server");
    printf(" reads it, from %s", e->client < 0 ? "another server" : "");
    if (e->client >= 0) {
        report_text(stdout, client_name(path->scene, e->client));
    }
    printf(", at %" PRIu64 ".%06" PRIu64 " s\n\n", e->time_us / 1000000, e->time_us % 1000000);
    page_item(2, LABEL, "it is", stanza_kind_name(e->stanza_kind));
    if (e->id != NULL) {
        raw_item("id", e->id, "");
    }
    const char *bound = e->client < 0 ? NULL : path->scene->bound[e->client];
    char *own = bound == NULL ? cli_copy("not given") : cli_join("not given; the stream is that of ", bound);
    char *safe = page_safe(own);
    show_address("from", e->from, safe);
    free(own);
    free(safe);
    show_address("to", e->to, "not given");
    if (e->text != NULL) {
        char *facts = page_safe(e->text);
        page_item(2, LABEL, "known", facts);
        free(facts);
    }
}

/* ------------------------------------------------------------------------------------------------- what is done ---- */

/* A rule's sentence, the first time. */
static void tell_rule(struct path *path, int rule, const char *departure) {
    const struct router_rule *r = cli_rule(rule);
    page_rule(4, rule);
    if (departure != NULL) {
        char *text = cli_join("the profile departs from it, as ", departure);
        page_wrap(8, text);
        free(text);
    }
    if (path->told[rule] == 0) {
        path->told[rule] = 1;
        char *start = cli_join(r->condition, ": ");
        char *whole = cli_join(start, r->outcome);
        page_wrap(8, whole);
        free(start);
        free(whole);
    }
}

static void tell_class(struct path *path, unsigned number, const char *value) {
    struct router_class c;
    if (number == path->last_class || !router_class_at(number, &c)) {
        return;
    }
    const int row = cli_row_of(&c);
    path->last_class = number;
    section(path, path->decided ? "Then it, or what was made of it, belongs elsewhere" : "Where it belongs, and why");
    path->decided = true;
    path->section = NULL;
    page_item(4, LABEL + 6, router_stage_name(c.stage), router_stage_meaning(c.stage));
    page_item(4, LABEL + 6, router_state_name(c.stage, c.state), router_state_meaning(c.stage, c.state));
    section(path, "The rule for that");
    page_rule(4, row);
    page_item(6, LABEL, "when", cli_rule(row)->condition);
    page_item(6, LABEL, "then", cli_rule(row)->outcome);
    if (path->told[row] == 0) {
        page_picks(6, row, value);
    }
    path->told[row] = 1;
}

static const char *const fate_words[ROUTER_FATE_COUNT] = {
    [ROUTER_DELIVER] = "a copy goes to ",
    [ROUTER_ROUTE] = "a copy goes to the server of ",
    [ROUTER_HAND] = "a copy goes to the component, for ",
    [ROUTER_STORE] = "it is kept for ",
    [ROUTER_BOUNCE] = "an error goes back to ",
    [ROUTER_ANSWER] = "the server itself answers ",
    [ROUTER_PUSH] = "a roster push goes to ",
    [ROUTER_DROP] = "it ends here, and nobody is told",
    [ROUTER_CLOSE] = "the stream ends, of ",
    [ROUTER_HANDLE] = "the server takes it in, and nobody gets it",
};

static void show_fate(FILE *out, const struct world_event *e) {
    fputs(fate_words[e->effect], out);
    if (e->target != NULL && e->effect != ROUTER_DROP && e->effect != ROUTER_HANDLE) {
        report_text(out, e->target);
    }
    if (e->priority != ROUTER_NOT_AVAILABLE) {
        fprintf(out, ", of priority %d", e->priority);
    }
    if (e->condition != NULL) {
        fprintf(out, ": %s", e->condition);
    }
}

static void tell_effect(struct path *path, const struct world_event *e, const char *value) {
    if (e->effect != ROUTER_MARK && e->effect >= ROUTER_FATE_COUNT) {
        return;
    }
    if (e->input_class != 0) {
        tell_class(path, e->input_class, value);
    }
    struct router_class c;
    const bool row = e->rule >= 0 && router_class_at(e->input_class, &c) && router_class_row(&c, e->rule);
    if (e->effect == ROUTER_MARK) {
        if (e->rule >= 0 && !row) {
            section(path, path->decided ? "On the way" : "Checked and noted on the way");
            tell_rule(path, e->rule, e->departure);
        }
        return;
    }
    section(path, "What becomes of it");
    fputs("    -> ", stdout);
    show_fate(stdout, e);
    putchar('\n');
    if (e->departure != NULL) {
        char *text = cli_join("the profile departs from the rule, as ", e->departure);
        page_wrap(8, text);
        free(text);
    }
    if (e->rule >= 0 && !row) {
        tell_rule(path, e->rule, NULL);
    }
}

/* --------------------------------------------------------------------------------------------- the rest of the log ---- */

static void moment(uint64_t time_us) {
    printf("    %" PRIu64 ".%06" PRIu64 " s  ", time_us / 1000000, time_us % 1000000);
}

static void tell_stream(struct path *path, const struct world_event *e) {
    static const char *const words[] = {[WORLD_OPEN] = "a stream is opened", [WORLD_READY] = "the stream is ready",
                                        [WORLD_FAILED] = "the stream failed", [WORLD_CLOSED] = "the stream is over"};
    section(path, "Between the servers");
    moment(e->time_us);
    report_text(stdout, e->host != NULL ? e->host : "?");
    fputs(" to ", stdout);
    report_text(stdout, e->target != NULL ? e->target : "?");
    printf(": %s", words[e->kind]);
    if (e->text != NULL && (e->kind == WORLD_FAILED || e->kind == WORLD_CLOSED)) {
        fputs(": ", stdout);
        report_text(stdout, e->text);
    }
    putchar('\n');
}

static void tell_event(struct path *path, size_t n) {
    const struct world_event *e = &path->scene->events[n];
    switch (e->kind) {
    case WORLD_ENTER:
        show_entry(path, e);
        break;
    case WORLD_EFFECT:
        tell_effect(path, e, path->scene->values[n]);
        break;
    case WORLD_ARRIVE:
    case WORLD_LOST:
        section(path, e->kind == WORLD_ARRIVE ? "Who gets what" : "What is lost");
        moment(e->time_us);
        report_text(stdout, client_name(path->scene, e->client));
        if (e->kind == WORLD_LOST && e->text != NULL) {
            printf(", %s", e->text);
        }
        putchar('\n');
        page_stanza(8, e->stanza != NULL ? e->stanza : "");
        break;
    case WORLD_ENDED:
        section(path, "Who gets what");
        moment(e->time_us);
        report_text(stdout, client_name(path->scene, e->client));
        fputs("'s stream ends: ", stdout);
        report_text(stdout, e->text != NULL ? e->text : "");
        putchar('\n');
        break;
    case WORLD_OPEN:
    case WORLD_READY:
    case WORLD_FAILED:
    case WORLD_CLOSED:
        tell_stream(path, e);
        break;
    default:
        break;
    }
}

void page_scene(const struct scene *scene) {
    size_t count;
    router_rules(&count);
    struct path path = {.scene = scene, .told = cli_need(calloc(count, 1))};
    for (size_t i = 0; i < scene->count; i++) {
        tell_event(&path, i);
    }
    if (path.stops == 0) {
        puts("\n  No server read a stanza here.");
    }
    free(path.told);
}

char *page_fates(const struct scene *scene) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = cli_need(open_memstream(&text, &size));
    for (size_t i = 0; i < scene->count; i++) {
        const struct world_event *e = &scene->events[i];
        if (e->kind == WORLD_EFFECT && e->effect < ROUTER_FATE_COUNT) {
            report_text(out, e->host != NULL ? e->host : "?");
            fputs(": ", out);
            show_fate(out, e);
            putc('\n', out);
        }
    }
    if (fclose(out) != 0) {
        cli_need(NULL);
    }
    return cli_need(text);
}
