/* OpenMetrics 1.0: a run in numbers. Values are of this run alone, and as there is no clock no sample has a time. */
#include "report.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct family {
    const char *name, *type, *unit, *help; /* unit: the name's last part; NULL: none */
};

static void put_family(FILE *out, const struct family *family) {
    fprintf(out, "# TYPE %s %s\n", family->name, family->type);
    if (family->unit != NULL) {
        fprintf(out, "# UNIT %s %s\n", family->name, family->unit);
    }
    fprintf(out, "# HELP %s %s\n", family->name, family->help);
}

/* In a label's value a backslash, a quote and a line's end are guarded; what could steer a terminal is its octets. */
static const char guarded[] = "\\\"";

static void put_label(FILE *out, const char *before, const char *name, const char *value) {
    fprintf(out, "%s%s=\"", before, name);
    text_guard(out, value, strlen(value), guarded);
    putc('"', out);
}

/* ------------------------------------------------------------------------------------------------------ a run ---- */

static void put_build(FILE *out, const struct report_run *run) {
    put_family(out, &(struct family){"stanzadrill_run", "info", NULL, "What was played, and on what."});
    put_label(out, "stanzadrill_run_info{", "version", run->version);
    put_label(out, ",", "target", run->target != NULL ? run->target : "");
    fputs("} 1\n", out);
}

/* Cases have few different profiles, which mostly follow each other. */
struct profile {
    const char *name;
    size_t verdicts[REPORT_VERDICT_COUNT];
};

static struct profile *profiles_of(const struct report_run *run, size_t *count) {
    struct profile *profiles = NULL;
    *count = 0;
    for (size_t i = 0, at = 0; i < run->case_count; i++) {
        const char *name = run->cases[i].profile;
        if (*count == 0 || strcmp(profiles[at].name, name) != 0) {
            for (at = 0; at < *count && strcmp(profiles[at].name, name) != 0; at++) {
            }
        }
        if (at == *count) {
            struct profile *more = realloc(profiles, (*count + 1) * sizeof *more);
            if (more == NULL) {
                free(profiles);
                return NULL;
            }
            profiles = more;
            profiles[(*count)++] = (struct profile){.name = name};
        }
        profiles[at].verdicts[run->cases[i].verdict]++;
    }
    return profiles != NULL ? profiles : calloc(1, sizeof *profiles);
}

/* Every verdict stands there, so that a sum over time has no gaps. */
static bool put_verdicts(FILE *out, const struct report_run *run) {
    size_t count;
    struct profile *profiles = profiles_of(run, &count);
    if (profiles == NULL) {
        return false;
    }
    put_family(out,
               &(struct family){"stanzadrill_cases", "gauge", "cases", "Cases of the run by profile and verdict."});
    for (size_t i = 0; i < count; i++) {
        for (int verdict = 0; verdict < REPORT_VERDICT_COUNT; verdict++) {
            put_label(out, "stanzadrill_cases{", "profile", profiles[i].name);
            put_label(out, ",", "verdict", report_verdict_word((enum report_verdict)verdict));
            fprintf(out, "} %zu\n", profiles[i].verdicts[verdict]);
        }
    }
    free(profiles);
    return true;
}

/* -------------------------------------------------------------------------------------------------- histograms ---- */

struct histogram {
    struct family family;
    const uint64_t *bounds; /* upper ones, rising */
    size_t bound_count;
    uint64_t scale; /* 1: the values are whole; 1000000: microseconds, shown as seconds */
};

/* A float as OpenMetrics writes bounds: "0.01", "1.0". */
static void put_number(FILE *out, uint64_t value, uint64_t scale) {
    char fraction[32];
    size_t size = 1;
    if (scale == 1) {
        fprintf(out, "%" PRIu64 ".0", value);
        return;
    }
    const int digits = snprintf(fraction, sizeof fraction, "%06" PRIu64, value % scale);
    for (size_t i = 1; digits > 0 && i < (size_t)digits; i++) {
        size = fraction[i] != '0' ? i + 1 : size;
    }
    fprintf(out, "%" PRIu64 ".%.*s", value / scale, (int)size, fraction);
}

static void put_histogram(FILE *out, const struct histogram *histogram, const struct report_value *values,
                          size_t count) {
    const char *name = histogram->family.name;
    uint64_t below = 0, sum = 0;
    size_t at = 0;
    put_family(out, &histogram->family);
    for (size_t i = 0; i < histogram->bound_count; i++) {
        for (; at < count && values[at].value <= histogram->bounds[i]; at++) {
            below += values[at].count;
        }
        fprintf(out, "%s_bucket{le=\"", name);
        put_number(out, histogram->bounds[i], histogram->scale);
        fprintf(out, "\"} %" PRIu64 "\n", below);
    }
    for (; at < count; at++) {
        below += values[at].count;
    }
    for (size_t i = 0; i < count; i++) {
        sum += values[i].value * values[i].count;
    }
    fprintf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_count %" PRIu64 "\n%s_sum ", name, below, name, below, name);
    put_number(out, sum, histogram->scale);
    putc('\n', out);
}

static int by_value(const void *a, const void *b) {
    const struct report_value *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

enum { MS = 1000, S = 1000000 };

/* Latencies of links are mostly 10 ms or some tens; what waits for a time-out takes 30 s, and stored stanzas longer. */
static const uint64_t time_bounds[] = {0,     10 * MS, 20 * MS, 50 * MS, 80 * MS, 100 * MS, 200 * MS,       500 * MS,
                                       1 * S, 5 * S,   10 * S,  30 * S,  60 * S,  600 * S,  (uint64_t)3600 * S};
static const uint64_t queue_bounds[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};

static bool put_durations(FILE *out, const struct report_run *run) {
    const struct histogram histogram = {
        {"stanzadrill_case_duration_seconds", "histogram", "seconds", "Virtual time that cases took."},
        time_bounds, sizeof time_bounds / sizeof *time_bounds, S};
    struct report_value *values = calloc(run->case_count + 1, sizeof *values);
    if (values == NULL) {
        return false;
    }
    for (size_t i = 0; i < run->case_count; i++) {
        values[i] = (struct report_value){run->cases[i].virtual_us, 1};
    }
    qsort(values, run->case_count, sizeof *values, by_value);
    put_histogram(out, &histogram, values, run->case_count);
    free(values);
    return true;
}

/* ----------------------------------------------------------------------------------------------------- routing ---- */

static void put_routes(FILE *out, const struct report_metrics *metrics) {
    put_family(out, &(struct family){"stanzadrill_routed_stanzas", "counter", "stanzas",
                                     "Copies of stanzas by what they were, the rule that decided, and their fate."});
    for (size_t i = 0; i < metrics->route_count; i++) {
        const struct report_route *route = &metrics->routes[i];
        const size_t kind = strcspn(route->kind, "/");
        fputs("stanzadrill_routed_stanzas_total{kind=\"", out);
        text_guard(out, route->kind, kind, guarded);
        fputc('"', out);
        put_label(out, ",", "type", route->kind[kind] == '/' ? route->kind + kind + 1 : "");
        put_label(out, ",", "rule", route->rule);
        put_label(out, ",", "fate", route->fate);
        fprintf(out, "} %" PRIu64 "\n", route->count);
    }
}

static void put_attempts(FILE *out, const struct report_metrics *metrics) {
    put_family(out, &(struct family){"stanzadrill_s2s_attempts", "counter", "attempts",
                                     "Streams to other servers that were to be opened, by what came of it."});
    for (size_t i = 0; i < metrics->attempt_count; i++) {
        put_label(out, "stanzadrill_s2s_attempts_total{", "outcome", metrics->attempts[i].name);
        fprintf(out, "} %" PRIu64 "\n", metrics->attempts[i].count);
    }
}

bool report_openmetrics(FILE *out, const struct report_run *run, bool colour) {
    (void)colour;
    const struct histogram queues = {
        {"stanzadrill_s2s_queue_stanzas", "histogram", "stanzas",
         "Stanzas that waited for a stream to another server, whenever one more came to wait."},
        queue_bounds, sizeof queue_bounds / sizeof *queue_bounds, 1};
    const struct histogram latencies = {
        {"stanzadrill_latency_seconds", "histogram", "seconds",
         "Virtual time from a stanza's first server to each arrival of it or of what came of it."},
        time_bounds, sizeof time_bounds / sizeof *time_bounds, S};
    put_build(out, run);
    bool good = put_verdicts(out, run) && put_durations(out, run);
    if (good && run->metrics != NULL) {
        put_routes(out, run->metrics);
        put_attempts(out, run->metrics);
        put_histogram(out, &queues, run->metrics->queues, run->metrics->queue_count);
        put_histogram(out, &latencies, run->metrics->latencies_us, run->metrics->latency_count);
    }
    fputs("# EOF\n", out);
    return good && !ferror(out);
}
