/* nevers.c - what must never happen, looked for in the log of every run: the list of checks, and the walk. */
#include "watch.h"

static const struct never *const groups[] = {
    drill_nevers_raw,      drill_nevers_content, drill_nevers_order,    drill_nevers_address, drill_nevers_stanza,
    drill_nevers_error,    drill_nevers_remote,  drill_nevers_presence, drill_nevers_roster,  drill_nevers_offline};

static const struct never *never_at(size_t n) {
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        for (const struct never *never = groups[g]; never->id != NULL; never++) {
            if (n-- == 0) {
                return never;
            }
        }
    }
    return NULL;
}

const char *drill_nevers_name(size_t n) {
    const struct never *never = never_at(n);
    return never == NULL ? NULL : never->id;
}

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

static void run_check(struct watch *w, const struct never *never, int rule) {
    enum finding finding = never->check(w);
    if (finding == SILENT) {
        return;
    }
    w->run->fired[rule] = 1;
    if (finding == BROKEN) {
        const struct router_rule *r = &w->rules[rule];
        broke(w->run, w->index, drill_run_text(w->run, "%s was broken, which must never happen", r->id), r->outcome);
    }
}

/* A check that this build carries out, with its place in the rule table, looked up once. */
struct armed {
    const struct never *never;
    int rule;
};

/* The checks stand in about the order of the catalogue, so each rule is looked for from the one before it. */
static size_t arm(const struct watch *w, struct armed *armed) {
    size_t count = 0, rules, at = 0;
    (void)router_rules(&rules);
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        for (const struct never *never = groups[g]; never->id != NULL; never++) {
            for (size_t tried = 0; tried < rules; tried++, at = at + 1 < rules ? at + 1 : 0) {
                if (w->rules[at].part == RULE_NEVER && strcmp(w->rules[at].id, never->id) == 0) {
                    armed[count++] = (struct armed){.never = never, .rule = (int)at};
                    break;
                }
            }
        }
    }
    return count;
}

static int when_of(const struct world_event *event) {
    switch (event->kind) {
    case WORLD_ENTER:
        return ON_ENTER;
    case WORLD_EFFECT:
        return 1 << event->effect;
    case WORLD_ENDED:
        return ON_END;
    case WORLD_ARRIVE:
        return ON_ARRIVE;
    default:
        return ON_OTHER;
    }
}

static void check_event(struct watch *w, const struct armed *armed, size_t count, int when) {
    for (size_t i = 0; i < count && w->run->state == RUN_GOING; i++) {
        if (armed[i].never->when & when) {
            run_check(w, armed[i].never, armed[i].rule);
        }
    }
}

static void check_laws(struct watch *w, int when) {
    for (const struct law *law = drill_laws; law->broken != NULL && w->run->state == RUN_GOING; law++) {
        if ((law->when & when) && law->check(w) == BROKEN) {
            broke(w->run, w->index, law->broken, law->wanted);
        }
    }
}

static void check_rules(struct watch *w, const struct armed *armed, size_t count) {
    const struct run *run = w->run;
    for (w->index = 0; w->index < world_event_count(run->world) && run->state == RUN_GOING; w->index++) {
        drill_watch_event(w);
        /* A profile that departs from the text does so on purpose, and says so. */
        if (w->event->departure == NULL && !saw(w, SAW_DEPARTURE)) {
            check_event(w, armed, count, when_of(w->event));
        }
        check_laws(w, when_of(w->event));
        drill_watch_done(w);
    }
    if (w->index > 0) {
        w->index--;
        check_laws(w, ON_LAST);
    }
    for (uint32_t n = 1; n <= run->enter_count && run->state == RUN_GOING; n++) {
        if ((w->wanted[n] > 0 || (w->saw[n] & (SAW_REQUEST | SAW_WAIT | SAW_ROUTED))) && !(w->saw[n] & SAW_DEPARTURE)) {
            drill_watch_late(w, n);
            check_event(w, armed, count, ON_LATE);
            check_laws(w, ON_LATE);
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
    size_t count = 0;
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        for (const struct never *never = groups[g]; never->id != NULL; never++) {
            count++;
        }
    }
    struct watch *w = drill_run_take(run, sizeof *w);
    struct armed *armed = drill_run_take(run, count * sizeof *armed);
    if (run->state != RUN_GOING) {
        return;
    }
    w->run = run;
    if (drill_watch_begin(w)) {
        check_log(run);
        check_rules(w, armed, arm(w, armed));
    }
}
