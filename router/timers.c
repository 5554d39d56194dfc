/* timers.c - what pairs of domains wait for. Each kind of timer has a list of its own with the earliest first: steps
 * and idle streams wait equally long, so that their place is the end, and a back-off finds its place from there. */
#include "state.h"

uint64_t time_after(uint64_t now_us, uint64_t duration_us) {
    return now_us > UINT64_MAX - duration_us ? UINT64_MAX : now_us + duration_us;
}

void timer_stop(struct router *r, struct pair *pair) {
    if (pair->timer == TIMER_NONE)
        return;
    if (pair->earlier != NULL)
        pair->earlier->later = pair->later;
    else
        r->timers[pair->timer].first = pair->later;
    if (pair->later != NULL)
        pair->later->earlier = pair->earlier;
    else
        r->timers[pair->timer].last = pair->earlier;
    pair->earlier = pair->later = NULL;
    pair->timer = TIMER_NONE;
}

void timer_start(struct router *r, struct pair *pair, enum timer timer, uint64_t due_us) {
    timer_stop(r, pair);
    struct pair *before = r->timers[timer].last;
    while (before != NULL && before->due_us > due_us)
        before = before->earlier;
    pair->due_us = due_us;
    pair->timer = (uint8_t)timer;
    pair->earlier = before;
    pair->later = before == NULL ? r->timers[timer].first : before->later;
    if (before == NULL)
        r->timers[timer].first = pair;
    else
        before->later = pair;
    if (pair->later == NULL)
        r->timers[timer].last = pair;
    else
        pair->later->earlier = pair;
}

struct pair *timer_first(const struct router *r) {
    struct pair *first = NULL;
    for (int i = 0; i < TIMER_COUNT; i++) {
        struct pair *pair = r->timers[i].first;
        if (pair != NULL && (first == NULL || pair->due_us < first->due_us))
            first = pair;
    }
    return first;
}

uint64_t router_wake_us(const struct router *r) {
    const struct pair *first = timer_first(r);
    return first == NULL ? UINT64_MAX : first->due_us;
}
