/* guard.c - SIGPIPE, which writing to a connection that is gone raises, and which must not end the harness; nor may one
 * that waits afterwards. libstrophe writes without saying that it wants none. */
#include "parts.h"

#include <time.h>

static void only_pipe(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGPIPE);
}

static bool is_pending(void) {
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGPIPE) == 1;
}

void live_guard_enter(struct live_guard *guard) {
    sigset_t pipe;
    only_pipe(&pipe);
    guard->was_pending = is_pending();
    (void)pthread_sigmask(SIG_BLOCK, &pipe, &guard->before);
}

void live_guard_leave(const struct live_guard *guard) {
    const struct timespec at_once = {0, 0};
    sigset_t pipe;
    only_pipe(&pipe);
    if (!guard->was_pending && is_pending()) {
        (void)sigtimedwait(&pipe, NULL, &at_once);
    }
    (void)pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}
