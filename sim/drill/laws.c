/* laws.c - what holds of every log, whatever rule decides: what another server sent is taken only where its domain is
 * verified, and what goes to another server arrives, comes back or is lost, one of these and once. */
#include "watch.h"

/* ------------------------------------------------------------------------------------------------ who may send ---- */

static bool is_verified(const struct watch *w, struct slice from) {
    const struct tie *tie = drill_tie(w, from.data, from.size, w->to.domain.data, w->to.domain.size);
    return tie != NULL && tie->verified;
}

static enum finding only_verified_domains(const struct watch *w) {
    struct jid_parts from;
    if (!w->crossed || !drill_is_fate(w->event) || w->event->effect == ROUTER_CLOSE || rule_is_of(w, "entry") ||
        !w->to.good || w->enter->from == NULL ||
        jid_prepare((struct slice){.data = w->enter->from, .size = strlen(w->enter->from)}, &from) != ROUTER_OK) {
        return SILENT;
    }
    return kept_if(is_verified(w, from.domain));
}

/* What waited for a stream is written when it is ready, and seen where it arrives, or where nobody reads it. */
static enum finding only_on_ready_streams(const struct watch *w) {
    if (w->event->kind == WORLD_LOST) {
        const char *host = w->event->host, *target = w->event->target;
        const bool unread =
            w->event->number > 0 && host != NULL && target != NULL && strcmp(w->event->text, "closed") == 0;
        const struct tie *pair = unread ? drill_tie(w, host, strlen(host), target, strlen(target)) : NULL;
        return !unread ? SILENT : kept_if(pair != NULL && pair->verified);
    }
    const struct world_event *effect = world_event(w->run->world, w->event->sent_by);
    struct jid_parts to;
    if (w->event->kind != WORLD_ARRIVE || drill_run_role(w->run, w->event->client) != SCRIPT_PEER ||
        effect->kind != WORLD_EFFECT || effect->effect != ROUTER_ROUTE || effect->target == NULL ||
        jid_prepare((struct slice){.data = effect->target, .size = strlen(effect->target)}, &to) != ROUTER_OK) {
        return SILENT;
    }
    const struct tie *tie = drill_tie(w, effect->host, strlen(effect->host), to.domain.data, to.domain.size);
    return kept_if(tie != NULL && tie->verified);
}

/* ------------------------------------------------------------------------------------------------ what becomes ---- */

/* Which of them there can be when nothing is under way any more; what a stall holds up has none yet. */
static enum finding one_end(const struct watch *w) {
    static const uint32_t ends[] = {SAW_ARRIVED, SAW_LOST, SAW_BOUNCE, SAW_DROP};
    if (!saw(w, SAW_ROUTED) || w->departed || !w->run->finished) {
        return SILENT;
    }
    size_t count = 0;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        count += (w->saw[w->event->number] & ends[i]) != 0;
    }
    return kept_if(count == 1 || (count == 0 && w->run->stalled));
}

/* When nothing is under way any more. */
static enum finding nothing_vanished(const struct watch *w) {
    for (size_t i = 0; w->run->finished && i < w->run->client_count; i++) {
        if (w->under_way[i] != 0) {
            return BROKEN;
        }
    }
    return SILENT;
}

#define FATES (ON(DELIVER) | ON(ROUTE) | ON(HAND) | ON(STORE) | ON(BOUNCE) | ON(ANSWER) | ON(DROP) | ON(HANDLE))

const struct law drill_laws[] = {
    {"a stanza was taken from a server that is not verified for its domain",
     "a stanza from another server is taken only where a stream for its two domains is verified", only_verified_domains,
     FATES},
    {"a stanza for another server has not one end",
     "what goes to another server arrives there, comes back, is dropped by a rule or is lost: one of these, and once",
     one_end, ON_LATE},
    {"a stanza was written on a stream that was not ready", "nothing is written on a stream before it is ready",
     only_on_ready_streams, ON_ARRIVE | ON_OTHER},
    {"a stanza for a client neither arrived nor was lost",
     "what is sent to a client or a component arrives, or is lost", nothing_vanished, ON_LAST},
    {NULL, NULL, NULL, 0},
};
