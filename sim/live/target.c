/* target.c - what a run is played on: a built-in server, or one that a target file describes. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct live_kind *const kinds[] = {&live_prosody, &live_ejabberd, &live_jabberd2};
enum { KINDS = sizeof kinds / sizeof *kinds };

const char *live_builtin_name(size_t n) {
    return n < KINDS ? kinds[n]->name : NULL;
}

struct live_target *live_target_builtin(const char *name, struct live_error *error) {
    const char *names[KINDS + 1] = {NULL};
    const struct live_kind *kind = NULL;
    for (size_t i = 0; i < KINDS; i++) {
        names[i] = kinds[i]->name;
        kind = strcmp(kinds[i]->name, name) == 0 ? kinds[i] : kind;
    }
    if (kind == NULL) {
        const char *meant = live_nearest(name, names);
        live_fail(error, "there is no built-in target \"%.60s\"%s%s%s; there are prosody, ejabberd and jabberd2", name,
                  meant == NULL ? "" : ", but \"", meant == NULL ? "" : meant, meant == NULL ? "" : "\"");
        return NULL;
    }
    struct live_target *target = calloc(1, sizeof *target);
    if (target != NULL) {
        *target = (struct live_target){.kind = kind, .tls = LIVE_TLS_OFF, .pings_in_rounds = kind->pings_in_rounds};
        target->name = strdup(name);
        target->profile = strdup(name);
    }
    if (target == NULL || target->name == NULL || target->profile == NULL) {
        live_target_free(target);
        live_fail(error, "memory ran out");
        return NULL;
    }
    return target;
}

void live_target_free(struct live_target *target) {
    if (target == NULL) {
        return;
    }
    for (size_t i = 0; i < target->host_count; i++) {
        free(target->hosts[i].domain);
        free(target->hosts[i].address);
    }
    for (size_t i = 0; i < target->listed_count; i++) {
        free(target->listed[i].bare);
        free(target->listed[i].password);
    }
    for (size_t i = 0; i < target->attached_count; i++) {
        free(target->attached[i].domain);
        free(target->attached[i].secret);
    }
    for (size_t i = 0; target->command != NULL && target->command[i] != NULL; i++) {
        free(target->command[i]);
    }
    free(target->hosts);
    free(target->listed);
    free(target->attached);
    free(target->command);
    free(target->name);
    free(target->profile);
    free(target->ca_file);
    free(target);
}

const char *live_target_profile(const struct live_target *target) {
    return target->profile;
}

const char *live_target_name(const struct live_target *target) {
    return target->name;
}
