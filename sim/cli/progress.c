/* How far a run is, for who sits at a terminal. Nothing but this line depends on the clock. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_MS = 1000, NEXT_MS = 100 };

static unsigned long long now_ms(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned long long)now.tv_sec * 1000 + (unsigned long long)now.tv_nsec / 1000000;
}

void cli_progress_start(struct cli_progress *progress, size_t total, bool quiet) {
    const char *term = getenv("TERM");
    const bool dumb = term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
    *progress = (struct cli_progress){.total = total, .on = !quiet && !dumb && isatty(STDERR_FILENO)};
    if (progress->on) {
        progress->start_ms = now_ms();
    }
}

void cli_progress_step(struct cli_progress *progress, bool failed) {
    progress->done++;
    progress->failed += failed;
    if (!progress->on) {
        return;
    }
    const unsigned long long now = now_ms();
    if (now - progress->start_ms >= FIRST_MS && now - progress->last_ms >= NEXT_MS) {
        fprintf(stderr, "\r%zu/%zu cases, %zu failed\033[K", progress->done, progress->total, progress->failed);
        progress->last_ms = now;
        progress->shown = true;
    }
}

void cli_progress_end(struct cli_progress *progress) {
    if (progress->shown) {
        fputs("\r\033[K", stderr);
        progress->shown = false;
    }
}
