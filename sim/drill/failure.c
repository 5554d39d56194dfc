/* failure.c - the text of a failure: where, what was expected, what came, which rule decided, and how to see it again.
 */
#include "parts.h"

#include <inttypes.h>
#include <string.h>

void drill_difference(struct run *run, const struct difference *difference) {
    if (run->state == RUN_GOING && run->differences++ == 0) {
        run->first = *difference;
    }
}

static void add_label(struct text *out, const char *label) {
    drill_text_format(out, "    %-10s ", label);
}

static void add_line(struct text *out, const char *label, const char *value) {
    if (value != NULL) {
        add_label(out, label);
        drill_text_line(out, value);
        drill_text_put(out, "\n");
    }
}

/* "6120 8.1.1; X0160 2" as a person cites it: "RFC 6120 8.1.1; XEP-0160 2". */
static void add_source(struct text *out, const char *source) {
    for (bool start = true; *source != '\0'; source++) {
        if (start && strspn(source, "0123456789") == 4) {
            drill_text_put(out, "RFC ");
        } else if (start && source[0] == 'X' && strspn(source + 1, "0123456789") == 4) {
            drill_text_put(out, "XEP-");
            start = false;
            continue;
        }
        start = source[0] == ' ' && source[-1] == ';';
        drill_text_add(out, source, 1);
    }
}

static const struct router_rule *rule_of(const struct world_event *event) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    return event->rule < 0 || (size_t)event->rule >= count ? NULL : &rules[event->rule];
}

static void add_decided(struct text *out, const struct world_event *event, const struct router_rule *rule) {
    add_label(out, "decided by");
    if (event->departure != NULL) {
        drill_text_format(out, "%s, a departure from ", event->departure);
    }
    drill_text_format(out, "%s, fate=%s", rule->id, router_fate_name(event->effect));
    if (event->condition != NULL) {
        drill_text_format(out, " %s", event->condition);
    }
    if (event->target != NULL) {
        drill_text_put(out, " to=");
        drill_text_word(out, event->target);
    }
    drill_text_put(out, "   ");
    add_source(out, rule->source);
    drill_text_format(out, " (%s)\n", rule->strength);
}

static void add_explanation(const struct run *run, struct text *out) {
    if (run->first.decided == NO_EVENT) {
        return;
    }
    const struct world_event *event = drill_event(run, (size_t)run->first.decided);
    const struct world_event *enter = drill_run_enter(run, event->number);
    const struct router_rule *rule = rule_of(event);
    if (rule != NULL) {
        add_decided(out, event, rule);
    }
    if (enter != NULL) {
        add_line(out, "facts", enter->text);
    }
    if (rule != NULL) {
        add_line(out, "allowed", rule->outcome);
    }
}

static bool needs_quotes(const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,:=@+%";
    return word[0] == '\0' || word[strspn(word, plain)] != '\0';
}

static void add_argument(struct text *out, const char *word) {
    if (!needs_quotes(word)) {
        drill_text_put(out, word);
        return;
    }
    drill_text_put(out, "'");
    for (; *word != '\0'; word++) {
        if (*word == '\'') {
            drill_text_put(out, "'\\''");
        } else {
            drill_text_line(out, (char[2]){*word, '\0'});
        }
    }
    drill_text_put(out, "'");
}

static bool needs_profile(const struct run *run) {
    const char *profile = run->options->profile;
    const char *usual = run->options->target == NULL ? "rfc6121" : run->options->target;
    return profile != NULL && strcmp(profile, usual) != 0;
}

char *drill_replay_text(const struct run *run) {
    struct text out = {0};
    drill_text_put(&out, "stanzadrill run ");
    if (run->options->target != NULL) {
        drill_text_put(&out, "--target ");
        add_argument(&out, run->options->target);
        drill_text_put(&out, " ");
    }
    if (needs_profile(run)) {
        drill_text_put(&out, "--profile ");
        add_argument(&out, run->options->profile);
        drill_text_put(&out, " ");
    }
    if (run->options->scansion) {
        drill_text_put(&out, "--scansion ");
    }
    if (run->options->seed != 0) {
        drill_text_format(&out, "--seed %" PRIu64 " ", run->options->seed);
    }
    if (run->options->strict) {
        drill_text_put(&out, "--strict ");
    }
    if (run->options->virtual_max_us != 0) {
        drill_text_format(&out, "--timeout %" PRIu64 " ", run->options->virtual_max_us / 1000000);
    }
    if (run->script->case_name != NULL) {
        drill_text_put(&out, "--case ");
        add_argument(&out, run->script->case_name);
        drill_text_put(&out, " ");
    }
    add_argument(&out, run->script->file);
    drill_text_put(&out, " --trace");
    return drill_text_take(&out);
}

static void add_place(const struct run *run, struct text *out) {
    drill_text_put(out, "  ");
    drill_text_line(out, run->script->file);
    if (run->first.line > 0) {
        drill_text_format(out, ":%u", run->first.line);
    }
    if (run->first.line > 0 && run->state == RUN_CANNOT) {
        drill_text_format(out, ":%u", run->first.column);
    }
    drill_text_put(out, ": ");
    drill_text_line(out, run->first.what == NULL ? "" : run->first.what);
    drill_text_put(out, "\n");
}

char *drill_failure_text(struct run *run, const char *replay) {
    struct text out = {0};
    add_place(run, &out);
    if (run->state != RUN_CANNOT) {
        add_line(&out, "expected", run->first.expected);
        add_line(&out, "instead", run->first.instead);
        add_line(&out, "differs", run->first.differs);
        add_line(&out, "stream", run->first.stream);
        add_line(&out, "network", run->first.network);
        add_line(&out, "step", run->first.step);
        add_line(&out, "server", run->options->venue == NULL ? NULL : drill_run_target(run));
        add_explanation(run, &out);
        add_line(&out, "replay", replay);
        if (run->differences > 1) {
            add_label(&out, "also");
            drill_text_format(&out, "%zu more difference%s\n", run->differences - 1, run->differences > 2 ? "s" : "");
        }
    }
    return drill_text_take(&out);
}
