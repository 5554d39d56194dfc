/* Sums over the cases of a run, in an order that depends on nothing but what happened. */
#include "cli.h"
#include "router.h"

#include <stdlib.h>
#include <string.h>

/* Values that came so often; sorted when all are there. */
struct values {
    struct report_value *items;
    size_t count, room;
};

struct cli_metrics {
    size_t rule_count;
    uint64_t *routes; /* by rule, kind and fate */
    struct values latencies, queues;
    struct report_outcome *attempts;
    size_t attempt_count;
};

struct cli_metrics *cli_metrics_new(void) {
    struct cli_metrics *metrics = cli_need(calloc(1, sizeof *metrics));
    (void)router_rules(&metrics->rule_count);
    const size_t routes = metrics->rule_count * STANZA_KIND_COUNT * ROUTER_FATE_COUNT;
    metrics->routes = cli_need(calloc(routes, sizeof *metrics->routes));
    return metrics;
}

static size_t place_of(size_t rule, size_t kind, size_t fate) {
    return (rule * STANZA_KIND_COUNT + kind) * ROUTER_FATE_COUNT + fate;
}

static void add_value(struct values *values, uint64_t value) {
    /* Neighbours are often the same. */
    if (values->count > 0 && values->items[values->count - 1].value == value) {
        values->items[values->count - 1].count++;
        return;
    }
    if (values->count == values->room) {
        values->room = values->room == 0 ? 256 : 2 * values->room;
        values->items = cli_need(realloc(values->items, values->room * sizeof *values->items));
    }
    values->items[values->count++] = (struct report_value){value, 1};
}

static void add_attempt(struct cli_metrics *metrics, const char *name) {
    size_t at = 0;
    while (at < metrics->attempt_count && strcmp(metrics->attempts[at].name, name) < 0) {
        at++;
    }
    if (at == metrics->attempt_count || strcmp(metrics->attempts[at].name, name) != 0) {
        const size_t size = (metrics->attempt_count + 1) * sizeof(struct report_outcome);
        struct report_outcome *items = cli_need(realloc(metrics->attempts, size));
        memmove(items + at + 1, items + at, (metrics->attempt_count - at) * sizeof *items);
        items[at] = (struct report_outcome){name, 0};
        metrics->attempts = items;
        metrics->attempt_count++;
    }
    metrics->attempts[at].count++;
}

void cli_metrics_add(struct cli_metrics *metrics, const struct drill_tally *tally) {
    if (metrics == NULL || tally == NULL) {
        return;
    }
    for (size_t i = 0; i < tally->fate_count; i++) {
        const struct drill_fate *fate = &tally->fates[i];
        if (fate->rule >= 0) {
            metrics->routes[place_of((size_t)fate->rule, fate->kind, fate->fate)]++;
        }
    }
    for (size_t i = 0; i < tally->latency_count; i++) {
        add_value(&metrics->latencies, tally->latencies_us[i]);
    }
    for (size_t i = 0; i < tally->queue_count; i++) {
        add_value(&metrics->queues, tally->queues[i]);
    }
    for (size_t i = 0; i < tally->attempt_count; i++) {
        add_attempt(metrics, tally->attempts[i]);
    }
}

static int by_value(const void *a, const void *b) {
    const struct report_value *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

static void close_values(struct values *values) {
    size_t kept = 0;
    if (values->count > 0) {
        qsort(values->items, values->count, sizeof *values->items, by_value);
    }
    for (size_t i = 0; i < values->count; i++) {
        if (kept > 0 && values->items[kept - 1].value == values->items[i].value) {
            values->items[kept - 1].count += values->items[i].count;
        } else {
            values->items[kept++] = values->items[i];
        }
    }
    values->count = kept;
}

static struct report_route *close_routes(const struct cli_metrics *metrics, size_t *count) {
    const struct router_rule *rules = router_rules(&(size_t){0});
    const size_t most = metrics->rule_count * STANZA_KIND_COUNT * ROUTER_FATE_COUNT;
    size_t used = 0;
    for (size_t i = 0; i < most; i++) {
        used += metrics->routes[i] > 0;
    }
    struct report_route *routes = cli_need(calloc(used + 1, sizeof *routes));
    *count = 0;
    for (size_t i = 0; i < most; i++) {
        if (metrics->routes[i] > 0) {
            routes[(*count)++] = (struct report_route){
                .kind = stanza_kind_name((enum stanza_kind)(i / ROUTER_FATE_COUNT % STANZA_KIND_COUNT)),
                .rule = rules[i / ROUTER_FATE_COUNT / STANZA_KIND_COUNT].id,
                .fate = router_fate_name((enum router_effect_kind)(i % ROUTER_FATE_COUNT)),
                .count = metrics->routes[i],
            };
        }
    }
    return routes;
}

struct report_metrics *cli_metrics_close(struct cli_metrics *metrics) {
    if (metrics == NULL) {
        return NULL;
    }
    struct report_metrics *sums = cli_need(calloc(1, sizeof *sums));
    close_values(&metrics->latencies);
    close_values(&metrics->queues);
    sums->routes = close_routes(metrics, &sums->route_count);
    sums->latencies_us = metrics->latencies.items;
    sums->latency_count = metrics->latencies.count;
    sums->queues = metrics->queues.items;
    sums->queue_count = metrics->queues.count;
    sums->attempts = metrics->attempts;
    sums->attempt_count = metrics->attempt_count;
    free(metrics->routes);
    free(metrics);
    return sums;
}

void cli_metrics_free(struct report_metrics *metrics) {
    if (metrics != NULL) {
        free((void *)(uintptr_t)metrics->routes);
        free((void *)(uintptr_t)metrics->latencies_us);
        free((void *)(uintptr_t)metrics->queues);
        free((void *)(uintptr_t)metrics->attempts);
        free(metrics);
    }
}
