/* bench.c - times a piece of work, and prints what was measured. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS = 5 };

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double time_ns(void (*body)(void *), void *ctx, unsigned repeat) {
    double start = now_ns();
    for (unsigned i = 0; i < repeat; i++) body(ctx);
    return now_ns() - start;
}

double bench_median_ns(void (*body)(void *), void *ctx, unsigned repeat) {
    double run[RUNS];
    body(ctx);
    for (size_t i = 0; i < RUNS; i++) run[i] = time_ns(body, ctx, repeat);
    qsort(run, RUNS, sizeof *run, by_value);
    return run[RUNS / 2];
}

double bench_ratio(void (*body)(void *), void *ctx, void (*base)(void *), void *base_ctx, unsigned repeat) {
    double run[RUNS];
    body(ctx);
    base(base_ctx);
    for (size_t i = 0; i < RUNS; i++) {
        double body_ns = 0, base_ns = 0;
        for (unsigned k = 0; k < repeat; k++) {
            body_ns += time_ns(body, ctx, 1);
            base_ns += time_ns(base, base_ctx, 1);
        }
        run[i] = body_ns / base_ns;
    }
    qsort(run, RUNS, sizeof *run, by_value);
    return run[RUNS / 2];
}

void bench_line(const char *name, double value, const char *unit) {
    printf("bench %s %.*f %s\n", name, value < 100 ? 3 : 0, value, unit);
}
