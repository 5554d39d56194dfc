/* Plays the selected cases, with several threads where asked for. Results are kept by their place in the list, so that
 * nothing that is printed depends on which thread was faster. */
#include "cli.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* On real servers, where nothing else is asked for: cases that wait long do so side by side, while many of the others at
 * the same time would only keep the server from answering each of them in time. */
enum { PATIENT_THREADS = 48, BUSY_THREADS = 8 };

/* Of a run with more cases no report has room for all stories, so that they are not made. With the first case of each of
 * so many files it is full, so that of the others only what fails has one. */
enum { SMALL_RUN = 1000, MANY_FILES = 900 };

struct job {
    const struct cli_file *file;
    size_t n; /* case of the file; a file that cannot be read has one job too */
    size_t number;          /* in the list */
    unsigned long patience; /* on real servers */
    size_t decides;         /* accounts of decisions that were not compared */
    struct report_case report; /* owns its texts */
    struct drill_tally *tally; /* NULL: not asked for */
};

struct pool {
    pthread_mutex_t lock;
    const struct cli_settings *settings;
    const struct cli_baseline *baseline; /* NULL: none */
    struct drill_options options;
    struct job *jobs;
    struct job **order; /* in which they are taken */
    size_t count;
    size_t next, stop; /* guarded by lock: the next job to take; the first that is not wanted any more */
    size_t started;    /* guarded by lock: threads */
    size_t busy;       /* so many of them take jobs without patience */
    struct cli_progress progress; /* guarded by lock */
};

static enum report_verdict verdict_of(enum drill_verdict verdict) {
    switch (verdict) {
    case DRILL_PASS:
        return REPORT_PASS;
    case DRILL_NON_STRICT:
        return REPORT_NON_STRICT;
    case DRILL_FAIL:
        return REPORT_FAIL;
    case DRILL_SKIP:
        return REPORT_SKIP;
    case DRILL_ERROR:
        return REPORT_ERROR;
    case DRILL_BROKEN:
        break;
    }
    return REPORT_BROKEN;
}

static const char *profile_of(const struct drill_options *options) {
    return options->profile != NULL ? options->profile : "rfc6121";
}

static void fill_unreadable(struct job *job, const struct drill_options *options) {
    const struct script_error *error = &job->file->error;
    job->report = (struct report_case){
        .file = job->file->path,
        .name = cli_copy(job->file->path),
        .title = cli_copy(""),
        .description = cli_copy(""),
        .profile = profile_of(options),
        .verdict = REPORT_ERROR,
        .line = error->line > 0 ? error->line : 1,
        .column = error->column > 0 ? error->column : 1,
        .failure = cli_file_error(job->file),
    };
}

static char *copy_or_null(const char *text) {
    return text != NULL ? cli_copy(text) : NULL;
}

/* The drill writes failures with the indentation that they have on a screen; each format brings its own. */
static char *without_indent(const char *text) {
    if (text == NULL) {
        return NULL;
    }
    char *copy = cli_copy(text), *out = copy;
    for (const char *p = text; *p != '\0';) {
        for (int i = 0; i < 2 && *p == ' '; i++) {
            p++;
        }
        size_t size = strcspn(p, "\n");
        size += p[size] == '\n';
        memmove(out, p, size);
        out += size;
        p += size;
    }
    *out = '\0';
    return copy;
}

static size_t count_fired(const struct drill_result *result) {
    size_t count = 0;
    for (size_t i = 0; result->fired != NULL && i < result->rule_count; i++) {
        count += result->fired[i] != 0;
    }
    return count;
}

/* One piece of memory: the list, and then the texts. */
static const char *const *copy_tags(const char *const *tags) {
    size_t count = 0, size = 0;
    for (; tags[count] != NULL; count++) {
        size += strlen(tags[count]) + 1;
    }
    const char **copy = cli_need(malloc((count + 1) * sizeof *copy + size));
    char *text = (char *)(copy + count + 1);
    for (size_t i = 0; i < count; i++) {
        copy[i] = text;
        text = stpcpy(text, tags[i]) + 1;
    }
    copy[count] = NULL;
    return copy;
}

static void name_case(struct report_case *report, const struct cli_file *file, const struct script *script,
                      const struct drill_options *options) {
    *report = (struct report_case){
        .file = file->path,
        .name = cli_copy(script->name),
        .title = cli_copy(script->title),
        .description = cli_copy(script->description),
        .tags = copy_tags(script->tags),
        .profile = profile_of(options),
    };
}

static void fill(struct job *job, const struct script *script, const struct drill_options *options) {
    struct report_case *report = &job->report;
    struct drill_result result;
    if (!drill_play(script, options, &result)) {
        cli_need(NULL);
    }
    report->verdict = verdict_of(result.verdict);
    job->decides = result.decides_skipped;
    report->line = result.line;
    report->column = result.column;
    report->failure = without_indent(result.failure);
    report->reason = copy_or_null(result.reason);
    report->virtual_us = result.virtual_us;
    report->fired = count_fired(&result);
    report->story = cli_story(result.story);
    /* What is kept as it is changes hands. */
    report->trace = result.trace;
    report->replay = result.replay;
    report->fired_rules = result.fired;
    job->tally = result.tally;
    result.trace = result.replay = NULL;
    result.fired = NULL;
    result.tally = NULL;
    drill_result_free(&result);
}

static void do_job(struct job *job, const struct pool *pool, const struct drill_options *options) {
    if (job->file->script == NULL) {
        fill_unreadable(job, options);
        return;
    }
    struct arena *arena = cli_need(arena_new());
    const struct script *script = script_case(job->file->script, job->n, arena);
    if (script == NULL) {
        cli_need(NULL);
    }
    name_case(&job->report, job->file, script, options);
    if (pool->settings->calibrate) {
        cli_calibrate_case(script, options, &job->report);
    } else {
        fill(job, script, options);
    }
    cli_baseline_judge(pool->baseline, &job->report);
    arena_free(arena);
}

static bool is_first_of_file(const struct pool *pool, const struct job *job) {
    return job == pool->jobs || job[-1].file != job->file;
}

static enum drill_keep what_to_keep(const struct pool *pool) {
    size_t files = 0;
    for (size_t i = 0; i < pool->count; i++) {
        files += is_first_of_file(pool, &pool->jobs[i]);
    }
    return pool->count <= SMALL_RUN ? DRILL_KEEP_ALL : files <= MANY_FILES ? DRILL_KEEP_TROUBLES : DRILL_KEEP_FAILURES;
}

static void *work(void *argument) {
    struct pool *pool = argument;
    pthread_mutex_lock(&pool->lock);
    const bool busy = pool->started++ < pool->busy;
    pthread_mutex_unlock(&pool->lock);
    struct drill_profiles *profiles = cli_need(drill_profiles_new());
    for (;;) {
        pthread_mutex_lock(&pool->lock);
        const bool wanted = pool->next < pool->stop && (busy || pool->order[pool->next]->patience > 0);
        size_t mine = wanted ? pool->next++ : pool->count;
        pthread_mutex_unlock(&pool->lock);
        if (mine == pool->count) {
            drill_profiles_free(profiles);
            return NULL;
        }
        struct job *job = pool->order[mine];
        struct drill_options options = pool->options;
        options.number = (unsigned)job->number;
        options.profiles = profiles;
        options.keep = is_first_of_file(pool, job) ? DRILL_KEEP_ALL : pool->options.keep;
        do_job(job, pool, &options);
        const bool failed = report_is_failure(job->report.verdict);
        pthread_mutex_lock(&pool->lock);
        if (pool->settings->fail_fast && failed) {
            pool->stop = mine + 1 < pool->stop ? mine + 1 : pool->stop;
        }
        cli_progress_step(&pool->progress, failed);
        pthread_mutex_unlock(&pool->lock);
    }
}

static void work_together(struct pool *pool, unsigned threads) {
    pthread_t *ids = cli_need(calloc(threads, sizeof *ids));
    unsigned started = 0;
    /* With fewer threads than asked for the work is only slower; this one works too. */
    while (started + 1 < threads && pthread_create(&ids[started], NULL, work, pool) == 0) {
        started++;
    }
    work(pool);
    for (unsigned i = 0; i < started; i++) {
        pthread_join(ids[i], NULL);
    }
    free(ids);
}

static void make_jobs(struct pool *pool, const struct cli_selection *selection) {
    pool->jobs = cli_need(calloc(selection->count + 1, sizeof *pool->jobs));
    pool->count = pool->stop = selection->count;
    for (size_t i = 0; i < selection->count; i++) {
        pool->jobs[i] = (struct job){.file = selection->items[i].file, .n = selection->items[i].n, .number = i};
    }
}

static int by_patience(const void *a, const void *b) {
    const struct job *one = *(struct job *const *)a, *other = *(struct job *const *)b;
    if (one->patience != other->patience) {
        return one->patience > other->patience ? -1 : 1;
    }
    return one->number < other->number ? -1 : one->number > other->number;
}

/* On real servers those that wait longest come first, so that nobody waits for them alone at the end. To stop after the
 * first failure needs the list's own order. */
static struct job **order_jobs(struct job *jobs, size_t count, bool live, bool fail_fast) {
    struct job **order = cli_need(calloc(count + 1, sizeof *order));
    for (size_t i = 0; i < count; i++) {
        order[i] = &jobs[i];
        if (live && !fail_fast && jobs[i].file->script != NULL) {
            struct arena *arena = cli_need(arena_new());
            const struct script *script = script_case(jobs[i].file->script, jobs[i].n, arena);
            jobs[i].patience = script == NULL ? 0 : cli_live_patience(script);
            arena_free(arena);
        }
    }
    qsort(order, count, sizeof *order, by_patience);
    return order;
}

/* What real servers do not tell is passed over, which must not look as if it had been seen. */
static void count_decides(const struct pool *pool) {
    size_t count = 0;
    for (size_t i = 0; i < pool->count; i++) {
        count += i < pool->stop ? pool->jobs[i].decides : 0;
    }
    if (count > 0) {
        fflush(stdout);
        fprintf(stderr, "stanzadrill: %zu `decides` not compared, as real servers do not say what they decide\n", count);
    }
}

static void free_texts(const struct report_case *c) {
    const char *texts[] = {c->name, c->title, c->description, c->failure, c->reason, c->trace, c->replay};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free((void *)(uintptr_t)texts[i]);
    }
    free((void *)(uintptr_t)c->tags);
    free((void *)(uintptr_t)c->fired_rules);
    cli_story_free(c->story);
}

static int exit_of(enum report_verdict verdict) {
    return verdict == REPORT_BROKEN  ? CLI_BROKEN
           : verdict == REPORT_ERROR ? CLI_USAGE
           : report_is_failure(verdict)     ? CLI_FAILED
                                     : CLI_OK;
}

int cli_exit_of(enum drill_verdict verdict) {
    return exit_of(verdict_of(verdict));
}

/* What the outcomes amount to; the texts of errors go to stderr. */
static int sum_up(const struct cli_outcomes *outcomes) {
    int status = CLI_OK;
    for (size_t i = 0; i < outcomes->count; i++) {
        const struct report_case *c = &outcomes->items[i];
        const int own = exit_of(c->verdict);
        status = own > status ? own : status;
        if (c->verdict == REPORT_ERROR && c->failure != NULL) {
            report_lines(stderr, "", c->failure);
        }
    }
    return status;
}

/* What is recorded is what the reports need. */
static void set_options(struct drill_options *options, const struct cli_settings *settings) {
    *options = settings->drill;
    const bool samples = (settings->needs & REPORT_NEEDS_SAMPLES) != 0;
    options->trace = options->trace || samples;
    options->trace_failure = (settings->needs & REPORT_NEEDS_FAILURES) != 0;
    options->story = samples;
    options->tally = (settings->needs & REPORT_NEEDS_METRICS) != 0;
    options->virtual_max_us = (uint64_t)settings->timeout * 1000000;
}

static void collect(const struct pool *pool, struct cli_outcomes *out) {
    /* What happens inside a real server is not known. */
    const bool counts = (pool->settings->needs & REPORT_NEEDS_METRICS) != 0 && pool->options.venue == NULL;
    struct cli_metrics *metrics = counts ? cli_metrics_new() : NULL;
    out->items = cli_need(calloc(pool->count + 1, sizeof *out->items));
    out->count = 0;
    for (size_t i = 0; i < pool->count; i++) {
        const struct job *job = &pool->jobs[i];
        /* Beyond the stop another thread may have been at work already. */
        if (i < pool->stop) {
            out->items[out->count++] = job->report;
            cli_metrics_add(metrics, job->tally);
        } else {
            free_texts(&job->report);
        }
        drill_tally_free(job->tally);
    }
    out->metrics = cli_metrics_close(metrics);
}

/* Everything is at hand: play. */
static void play(struct pool *pool, const struct cli_settings *settings, const struct cli_files *files, bool live,
                 struct cli_outcomes *out) {
    struct cli_selection selection;
    cli_select(&selection, files, settings);
    make_jobs(pool, &selection);
    pool->order = order_jobs(pool->jobs, pool->count, live, settings->fail_fast);
    pool->busy = settings->jobs != 0 ? settings->jobs : BUSY_THREADS;
    pool->options.keep = settings->drill.trace ? DRILL_KEEP_ALL : what_to_keep(pool);
    cli_progress_start(&pool->progress, pool->count, settings->quiet);
    work_together(pool, settings->jobs != 0 ? settings->jobs : live ? PATIENT_THREADS : 1);
    cli_progress_end(&pool->progress);
    count_decides(pool);
    collect(pool, out);
    out->empty = selection.status;
    cli_selection_free(&selection);
    free(pool->order);
    free(pool->jobs);
}

int cli_play(const struct cli_files *files, const struct cli_settings *settings, struct cli_outcomes *out) {
    struct pool pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .settings = settings};
    struct cli_baseline *baseline = NULL;
    *out = (struct cli_outcomes){.items = NULL};
    if (settings->baseline != NULL && (baseline = cli_baseline_read(settings->baseline, files)) == NULL) {
        return CLI_USAGE;
    }
    struct cli_live *live = settings->target == NULL ? NULL : cli_live_open(settings, files);
    if (settings->target != NULL && live == NULL) {
        cli_baseline_free(baseline);
        return CLI_USAGE;
    }
    pool.baseline = baseline;
    set_options(&pool.options, settings);
    if (live != NULL) {
        cli_live_options(live, &pool.options);
    }
    /* The target that the name is of does not outlive the playing, but the outcomes do. */
    out->profile = live != NULL && pool.options.profile != NULL ? cli_copy(pool.options.profile) : NULL;
    out->target = live != NULL ? cli_copy(pool.options.target) : cli_join("simulator:", profile_of(&pool.options));
    pool.options.profile = out->profile != NULL ? out->profile : pool.options.profile;
    play(&pool, settings, files, live != NULL, out);
    cli_live_close(live);
    cli_baseline_free(baseline);
    return out->count == 0 ? out->empty : sum_up(out);
}

void cli_outcomes_free(struct cli_outcomes *outcomes) {
    for (size_t i = 0; i < outcomes->count; i++) {
        free_texts(&outcomes->items[i]);
    }
    free(outcomes->items);
    free(outcomes->profile);
    free(outcomes->target);
    cli_metrics_free(outcomes->metrics);
}
