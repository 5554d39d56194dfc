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

struct job {
    const struct cli_file *file;
    size_t n; /* case of the file; a file that cannot be read has one job too */
    size_t number;          /* in the list */
    unsigned long patience; /* on real servers */
    size_t decides;         /* accounts of decisions that were not compared */
    struct report_case report; /* owns its texts */
    bool selected;
};

struct pool {
    pthread_mutex_t lock;
    const struct cli_settings *settings;
    struct drill_options options;
    struct job *jobs;
    struct job **order; /* in which they are taken */
    size_t count;
    size_t next, stop; /* guarded by lock: the next job to take; the first that is not wanted any more */
    size_t started;    /* guarded by lock: threads */
    size_t busy;       /* so many of them take jobs without patience */
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

static bool is_failure(enum report_verdict verdict) {
    return verdict == REPORT_FAIL || verdict == REPORT_BROKEN || verdict == REPORT_ERROR;
}

static void fill_unreadable(struct job *job) {
    job->report = (struct report_case){
        .file = job->file->path,
        .name = cli_copy(job->file->path),
        .title = cli_copy(""),
        .profile = "",
        .verdict = REPORT_ERROR,
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

static void fill(struct job *job, const struct script *script, const struct drill_options *options) {
    struct drill_result result;
    if (!drill_play(script, options, &result)) {
        cli_need(NULL);
    }
    job->report = (struct report_case){
        .file = job->file->path,
        .name = cli_copy(script->name),
        .title = cli_copy(script->title),
        .profile = options->profile != NULL ? options->profile : "rfc6121",
        .verdict = verdict_of(result.verdict),
        .failure = without_indent(result.failure),
        .reason = copy_or_null(result.reason),
        .trace = copy_or_null(result.trace),
        .virtual_us = result.virtual_us,
        .fired = count_fired(&result),
    };
    job->decides = result.decides_skipped;
    drill_result_free(&result);
}

static void calibrate(struct job *job, const struct script *script, const struct drill_options *options,
                      const char *baseline) {
    job->report = (struct report_case){
        .file = job->file->path,
        .name = cli_copy(script->name),
        .title = cli_copy(script->title),
        .profile = options->profile != NULL ? options->profile : "rfc6121",
    };
    cli_calibrate_case(script, options, baseline, &job->report);
}

static void do_job(struct job *job, const struct cli_settings *settings, const struct drill_options *options) {
    if (job->file->script == NULL) {
        fill_unreadable(job);
        job->selected = true;
        return;
    }
    struct arena *arena = cli_need(arena_new());
    const struct script *script = script_case(job->file->script, job->n, arena);
    if (script == NULL) {
        cli_need(NULL);
    }
    job->selected = cli_selects(settings, script);
    if (job->selected && settings->calibrate) {
        calibrate(job, script, options, settings->baseline);
    } else if (job->selected) {
        fill(job, script, options);
    }
    arena_free(arena);
}

static void *work(void *argument) {
    struct pool *pool = argument;
    pthread_mutex_lock(&pool->lock);
    const bool busy = pool->started++ < pool->busy;
    pthread_mutex_unlock(&pool->lock);
    for (;;) {
        pthread_mutex_lock(&pool->lock);
        const bool wanted = pool->next < pool->stop && (busy || pool->order[pool->next]->patience > 0);
        size_t mine = wanted ? pool->next++ : pool->count;
        pthread_mutex_unlock(&pool->lock);
        if (mine == pool->count) {
            return NULL;
        }
        struct job *job = pool->order[mine];
        struct drill_options options = pool->options;
        options.number = (unsigned)job->number;
        do_job(job, pool->settings, &options);
        if (pool->settings->fail_fast && job->selected && is_failure(job->report.verdict)) {
            pthread_mutex_lock(&pool->lock);
            pool->stop = mine + 1 < pool->stop ? mine + 1 : pool->stop;
            pthread_mutex_unlock(&pool->lock);
        }
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

static struct job *make_jobs(const struct cli_files *files, size_t *count) {
    *count = 0;
    for (size_t i = 0; i < files->count; i++) {
        *count += files->items[i].script != NULL ? script_case_count(files->items[i].script) : 1;
    }
    struct job *jobs = cli_need(calloc(*count + 1, sizeof *jobs));
    struct job *job = jobs;
    for (size_t i = 0; i < files->count; i++) {
        const struct cli_file *file = &files->items[i];
        size_t cases = file->script != NULL ? script_case_count(file->script) : 1;
        for (size_t n = 0; n < cases; n++) {
            *job = (struct job){.file = file, .n = n, .number = (size_t)(job - jobs)};
            job++;
        }
    }
    return jobs;
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
        count += i < pool->stop && pool->jobs[i].selected ? pool->jobs[i].decides : 0;
    }
    if (count > 0) {
        fflush(stdout);
        fprintf(stderr, "stanzadrill: %zu `decides` not compared, as real servers do not say what they decide\n", count);
    }
}

static void free_texts(const struct report_case *c) {
    const char *texts[] = {c->name, c->title, c->failure, c->reason, c->trace};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        free((void *)(uintptr_t)texts[i]);
    }
}

/* What the outcomes amount to; the texts of errors go to stderr. */
static int sum_up(const struct cli_outcomes *outcomes) {
    int status = CLI_OK;
    for (size_t i = 0; i < outcomes->count; i++) {
        const struct report_case *c = &outcomes->items[i];
        int own = c->verdict == REPORT_BROKEN  ? CLI_BROKEN
                  : c->verdict == REPORT_ERROR ? CLI_USAGE
                  : c->verdict == REPORT_FAIL  ? CLI_FAILED
                                               : CLI_OK;
        status = own > status ? own : status;
        if (c->verdict == REPORT_ERROR && c->failure != NULL) {
            report_lines(stderr, "", c->failure);
        }
    }
    if (outcomes->count == 0) {
        cli_complain("no case has these tags", "");
        status = CLI_USAGE;
    }
    return status;
}

int cli_play(const struct cli_files *files, const struct cli_settings *settings, struct cli_outcomes *out) {
    struct pool pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .settings = settings, .options = settings->drill};
    struct cli_live *live = settings->target == NULL ? NULL : cli_live_open(settings, files);
    if (settings->target != NULL && live == NULL) {
        *out = (struct cli_outcomes){.items = NULL};
        return CLI_USAGE;
    }
    if (live != NULL) {
        cli_live_options(live, &pool.options);
    }
    /* The target that the name is of does not outlive the playing, but the outcomes do. */
    out->profile = live != NULL && pool.options.profile != NULL ? cli_copy(pool.options.profile) : NULL;
    out->target = live != NULL ? cli_copy(pool.options.target) : NULL;
    pool.options.profile = out->profile != NULL ? out->profile : pool.options.profile;
    pool.jobs = make_jobs(files, &pool.count);
    pool.order = order_jobs(pool.jobs, pool.count, live != NULL, settings->fail_fast);
    pool.stop = pool.count;
    pool.busy = settings->jobs != 0 ? settings->jobs : BUSY_THREADS;
    work_together(&pool, settings->jobs != 0 ? settings->jobs : live != NULL ? PATIENT_THREADS : 1);
    cli_live_close(live);
    count_decides(&pool);
    out->items = cli_need(calloc(pool.count + 1, sizeof *out->items));
    out->count = 0;
    for (size_t i = 0; i < pool.count; i++) {
        const struct job *job = &pool.jobs[i];
        /* Beyond the stop another thread may have been at work already. */
        if (i < pool.stop && job->selected) {
            out->items[out->count++] = job->report;
        } else {
            free_texts(&job->report);
        }
    }
    free(pool.order);
    free(pool.jobs);
    return sum_up(out);
}

void cli_outcomes_free(struct cli_outcomes *outcomes) {
    for (size_t i = 0; i < outcomes->count; i++) {
        free_texts(&outcomes->items[i]);
    }
    free(outcomes->items);
    free(outcomes->profile);
    free(outcomes->target);
}
