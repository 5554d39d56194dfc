/* Which rules of the catalogue are carried out, which of them scenarios fire, and which one shows a rule at work. */
#include "cli.h"
#include "router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct proofs {
    char **first; /* by rule: name of the case that fired it first */
    size_t cases;
};

static void note(void *context, const struct script *script) {
    struct proofs *proofs = context;
    const struct drill_options options = {.profile = NULL};
    struct drill_result result;
    if (!drill_play(script, &options, &result)) {
        cli_need(NULL);
    }
    proofs->cases++;
    for (size_t i = 0; i < result.rule_count; i++) {
        if (result.fired[i] && proofs->first[i] == NULL) {
            proofs->first[i] = cli_copy(script->name);
        }
    }
    drill_result_free(&result);
}

char **cli_proofs(const char *path, size_t *cases) {
    size_t count;
    router_rules(&count);
    struct proofs proofs = {cli_need(calloc(count, sizeof *proofs.first)), 0};
    struct cli_settings settings = {.jobs = 1};
    cli_words_add(&settings.paths, path);
    const int status = cli_each_case(&settings, note, &proofs);
    free(settings.paths.items);
    *cases = proofs.cases;
    if (status == CLI_OK) {
        return proofs.first;
    }
    cli_proofs_free(proofs.first);
    return NULL;
}

void cli_proofs_free(char **proofs) {
    size_t count;
    router_rules(&count);
    for (size_t i = 0; proofs != NULL && i < count; i++) {
        free(proofs[i]);
    }
    free(proofs);
}

struct tally {
    size_t rules, implemented, fired, unshown;
};

static void print_tally(const char *name, const struct tally *t) {
    printf("%-14s %6zu %12zu %8zu %16zu\n", name, t->rules, t->implemented, t->fired, t->unshown);
}

static void print_table(const struct router_rule *rules, size_t count, char *const *proofs) {
    struct tally all = {0, 0, 0, 0}, group = {0, 0, 0, 0};
    printf("%-14s %6s %12s %8s %16s\n", "group", "rules", "carried out", "fired", "cannot be shown");
    for (size_t i = 0; i < count; i++) {
        const bool implemented = router_rule_runs(&rules[i]);
        group.rules++;
        group.implemented += implemented;
        group.fired += implemented && proofs[i] != NULL;
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

static void print_unfired(const struct router_rule *rules, size_t count, char *const *proofs, size_t cases) {
    size_t unfired = 0;
    for (size_t i = 0; i < count; i++) {
        if (!router_rule_runs(&rules[i]) || proofs[i] != NULL) {
            continue;
        }
        if (unfired++ == 0) {
            printf("\ncarried out, but fired by none of the %zu cases:\n", cases);
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

int cli_status(const struct cli_settings *settings) {
    size_t count, cases;
    const struct router_rule *rules = router_rules(&count);
    char **proofs = cli_proofs(settings->proof != NULL ? settings->proof : "scenarios", &cases);
    if (proofs == NULL) {
        return CLI_USAGE;
    }
    print_table(rules, count, proofs);
    print_unfired(rules, count, proofs, cases);
    print_unshown(rules, count);
    cli_proofs_free(proofs);
    return CLI_OK;
}
