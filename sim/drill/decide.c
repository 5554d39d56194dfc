/* decide.c - compares a host's own account of its fates with the script's. */
#include "parts.h"

#include <string.h>

static struct account *account_of(struct run *run, const char *host) {
    for (struct account *account = run->accounts; account != NULL; account = account->next) {
        if (strcmp(account->host, host) == 0) {
            return account;
        }
    }
    struct account *account = drill_run_take(run, sizeof *account);
    if (account != NULL) {
        *account = (struct account){.next = run->accounts, .host = host};
        run->accounts = account;
    }
    return account;
}

static long next_fate(const struct run *run, struct account *account) {
    while (account->next_event < world_event_count(run->world)) {
        size_t event = account->next_event++;
        const struct world_event *e = world_event(run->world, event);
        if (e->kind == WORLD_EFFECT && e->effect < ROUTER_FATE_COUNT && strcmp(e->host, account->host) == 0) {
            return (long)event;
        }
    }
    return NO_EVENT;
}

static bool same_jid(const char *a, const char *b) {
    struct jid_parts one;
    struct jid_parts other;
    if (jid_prepare((struct slice){.data = a, .size = strlen(a)}, &one) != ROUTER_OK ||
        jid_prepare((struct slice){.data = b, .size = strlen(b)}, &other) != ROUTER_OK) {
        return strcmp(a, b) == 0;
    }
    return one.local.size == other.local.size && one.domain.size == other.domain.size &&
           one.resource.size == other.resource.size &&
           (one.local.size == 0 || memcmp(one.local.data, other.local.data, one.local.size) == 0) &&
           memcmp(one.domain.data, other.domain.data, one.domain.size) == 0 &&
           (one.resource.size == 0 || memcmp(one.resource.data, other.resource.data, one.resource.size) == 0);
}

static const char *rule_id(const struct world_event *event) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    return event->rule < 0 || (size_t)event->rule >= count ? "" : rules[event->rule].id;
}

static bool same_fate(struct run *run, const struct script_fate *expected, const struct world_event *event) {
    if (strcmp(expected->fate, router_fate_name(event->effect)) != 0) {
        return false;
    }
    if (expected->condition != NULL &&
        (event->condition == NULL || strcmp(expected->condition, event->condition) != 0)) {
        return false;
    }
    if (expected->by != NULL && strcmp(expected->by, rule_id(event)) != 0 &&
        (event->departure == NULL || strcmp(expected->by, event->departure) != 0)) {
        return false;
    }
    if (expected->to != NULL) {
        const char *to = drill_value_resolve(run, expected->to, false, expected->line);
        return to != NULL && event->target != NULL && same_jid(to, event->target);
    }
    return true;
}

static const char *expected_line(struct run *run, const char *host, const struct script_fate *expected) {
    struct text text = {0};
    drill_text_format(&text, "%s = %s", host, expected->fate);
    if (expected->condition != NULL) {
        drill_text_format(&text, " %s", expected->condition);
    }
    if (expected->to != NULL) {
        run->quiet = true;
        const char *to = drill_value_resolve(run, expected->to, false, expected->line);
        run->quiet = false;
        drill_text_put(&text, " to ");
        drill_text_line(&text, to == NULL ? expected->to : to);
    }
    if (expected->by != NULL) {
        drill_text_format(&text, " by %s", expected->by);
    }
    return drill_run_keep(run, &text);
}

static const char *found_line(struct run *run, long event) {
    struct text text = {0};
    const struct world_event *e = world_event(run->world, (size_t)event);
    drill_text_time(&text, e->time_us);
    drill_text_format(&text, " %s = ", e->host);
    drill_write_label(run, &text, e->number);
    drill_text_put(&text, " ");
    drill_write_fate(run, &text, e);
    return drill_run_keep(run, &text);
}

/* expected NULL: there was one fate too many; event NO_EVENT: one too few. */
static void add_difference(struct run *run, const struct script_action *action, const char *host,
                           const struct script_fate *expected, long event) {
    struct difference difference = {
        .line = expected == NULL ? action->line : expected->line, .column = 1, .decided = event};
    if (run->explain) {
        difference.what = expected == NULL ? drill_run_text(run, "%s decided more than is listed", host)
                                           : drill_run_text(run, "%s should have decided %s", host, expected->fate);
        difference.expected =
            expected == NULL ? drill_run_text(run, "%s = nothing more", host) : expected_line(run, host, expected);
        difference.instead =
            event == NO_EVENT ? drill_run_text(run, "%s = nothing more", host) : found_line(run, event);
    }
    drill_difference(run, &difference);
}

static bool is_served(const struct run *run, const char *host) {
    bool served = world_host(run->world, host) >= 0;
    for (size_t i = 0; i < run->script->cast_count && !served; i++) {
        served = run->script->cast[i].role == SCRIPT_COMPONENT && strcmp(run->actors[i].bare, host) == 0;
    }
    return served;
}

void drill_expect_fates(struct run *run, const struct script_action *action) {
    const char *host = NULL;
    const char *resource = NULL;
    drill_settle(run);
    if (run->state != RUN_GOING) {
        return;
    }
    if (run->world == NULL) {
        run->decides_skipped++;
        drill_note(run, action, drill_run_text(run, "what %s decides is not known", action->first));
        return;
    }
    if (!drill_value_bare_jid(run, action->first, &host, &resource) || !is_served(run, host)) {
        drill_run_stop(run, RUN_CANNOT, action->line, action->column, "no server serves '%s'", action->first);
        return;
    }
    struct account *account = account_of(run, host);
    for (size_t i = 0; account != NULL && run->state == RUN_GOING && i < action->fate_count; i++) {
        long event = next_fate(run, account);
        if (event == NO_EVENT || !same_fate(run, &action->fates[i], world_event(run->world, (size_t)event))) {
            add_difference(run, action, host, &action->fates[i], event);
        }
    }
    while (account != NULL && run->state == RUN_GOING) {
        long event = next_fate(run, account);
        if (event == NO_EVENT) {
            return;
        }
        add_difference(run, action, host, NULL, event);
    }
}
