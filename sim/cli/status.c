/* Which rules of the catalogue are carried out, which of them scenarios fire, and which one shows a rule at work. */
#include "cli.h"
#include "router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct playing {
    const struct cli_settings *settings;
    struct cli_proofs *proofs;
};

static void note(void *context, const struct script *script) {
    const struct playing *playing = context;
    struct cli_proofs *proofs = playing->proofs;
    struct drill_result result;
    if (!drill_play(script, &playing->settings->drill, &result)) {
        cli_need(NULL);
    }
    proofs->cases++;
    for (size_t i = 0; i < result.rule_count; i++) {
        if (result.fired[i] && proofs->first[i] == NULL) {
            proofs->first[i] = cli_copy(script->name);
        }
    }
    for (unsigned i = 0; result.classes != NULL && i < router_class_limit(); i++) {
        proofs->classes[i] += result.classes[i];
    }
    drill_result_free(&result);
}

int cli_proofs_play(const struct cli_settings *settings, struct cli_proofs *out) {
    size_t count;
    router_rules(&count);
    out->cases = 0;
    out->first = cli_need(calloc(count, sizeof *out->first));
    out->classes = cli_need(calloc(router_class_limit(), sizeof *out->classes));
    struct playing playing = {settings, out};
    struct cli_settings own = *settings;
    own.watch = true;
    const int status = cli_each_case(&own, note, &playing);
    if (status != CLI_OK) {
        cli_proofs_free(out);
    }
    return status;
}

int cli_proofs_below(const char *path, struct cli_proofs *out) {
    struct cli_settings settings = {.jobs = 1};
    cli_words_add(&settings.paths, path);
    const int status = cli_proofs_play(&settings, out);
    free(settings.paths.items);
    return status;
}

void cli_proofs_free(struct cli_proofs *proofs) {
    size_t count;
    router_rules(&count);
    for (size_t i = 0; proofs->first != NULL && i < count; i++) {
        free(proofs->first[i]);
    }
    free(proofs->first);
    free(proofs->classes);
    *proofs = (struct cli_proofs){0};
}

/* ---------------------------------------------------------------------------------------------------- counting ---- */

struct tally {
    size_t rules, implemented, fired, unshown;
};

static void print_tally(const char *name, const struct tally *t) {
    printf("%-14s %6zu %12zu %8zu %16zu\n", name, t->rules, t->implemented, t->fired, t->unshown);
}

static void print_table(const struct router_rule *rules, size_t count, const struct cli_proofs *proofs) {
    struct tally all = {0, 0, 0, 0}, group = {0, 0, 0, 0};
    printf("%-14s %6s %12s %8s %16s\n", "group", "rules", "carried out", "fired", "cannot be shown");
    for (size_t i = 0; i < count; i++) {
        const bool implemented = router_rule_runs(&rules[i]);
        group.rules++;
        group.implemented += implemented;
        group.fired += implemented && proofs->first[i] != NULL;
        group.unshown += rules[i].part == RULE_UNSHOWN;
        if (i + 1 == count || strcmp(rules[i].group, rules[i + 1].group) != 0) {
            print_tally(rules[i].group, &group);
            all.rules += group.rules;
            all.implemented += group.implemented;
            all.fired += group.fired;
            all.unshown += group.unshown;
            group = (struct tally){0, 0, 0, 0};
        }
    }
    print_tally("all", &all);
}

static void print_unfired(const struct router_rule *rules, size_t count, const struct cli_proofs *proofs) {
    size_t unfired = 0;
    for (size_t i = 0; i < count; i++) {
        if (!router_rule_runs(&rules[i]) || proofs->first[i] != NULL) {
            continue;
        }
        if (unfired++ == 0) {
            printf("\ncarried out, but fired by none of the %zu cases:\n", proofs->cases);
        }
        printf("  %s\n", rules[i].id);
    }
}

static void print_unshown(const struct router_rule *rules, size_t count) {
    puts("\nnothing that a simulator of routed stanzas can show:");
    for (size_t i = 0; i < count; i++) {
        if (rules[i].part == RULE_UNSHOWN) {
            printf("  %-26s %s\n", rules[i].id, rules[i].reason);
        }
    }
}

void cli_status_show(const struct cli_proofs *proofs) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    print_table(rules, count, proofs);
    print_unfired(rules, count, proofs);
    print_unshown(rules, count);
}

void cli_status_count(const struct cli_proofs *proofs, size_t *carried_out, size_t *fired) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    *carried_out = *fired = 0;
    for (size_t i = 0; i < count; i++) {
        *carried_out += router_rule_runs(&rules[i]);
        *fired += router_rule_runs(&rules[i]) && proofs->first[i] != NULL;
    }
}

int cli_status(const struct cli_settings *settings) {
    struct cli_proofs proofs;
    if (cli_proofs_below(settings->proof != NULL ? settings->proof : "scenarios", &proofs) != CLI_OK) {
        return CLI_USAGE;
    }
    cli_status_show(&proofs);
    cli_proofs_free(&proofs);
    return CLI_OK;
}
