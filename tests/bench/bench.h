/* bench.h - times a piece of work, and prints what was measured. */
#ifndef STANZADRILL_BENCH_H
#define STANZADRILL_BENCH_H

/* bench_median_ns - median of five times of `repeat` calls of body(ctx), by the monotonic clock, after one call that is
 * not counted. returns nanoseconds of all `repeat` calls. */
double bench_median_ns(void (*body)(void *), void *ctx, unsigned repeat);

/* bench_ratio - how many times as long body(ctx) takes as base(base_ctx): the median of five ratios of `repeat` calls
 * each. The two take turns, so that a machine that is busy for a while slows both. */
double bench_ratio(void (*body)(void *), void *ctx, void (*base)(void *), void *base_ctx, unsigned repeat);

/* bench_line - prints "bench NAME VALUE UNIT". */
void bench_line(const char *name, double value, const char *unit);

/* One function a file; each prints its lines. returns 0; 1 where the work could not be done. */
int bench_parse(void);
int bench_route(void);
int bench_scale(void);
int bench_federation(void); /* before the others, as it measures memory */
int bench_suite(const char *folder); /* of scenarios */

#endif
