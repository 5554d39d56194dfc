/* stanzadrill rules: the catalogue of routing rules, as text to read or as a table for other programs. */
#include "cli.h"
#include "router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show_tsv(const struct router_rule *rule) {
    printf("%s\t%s\t%s\t%s\t%s\t%s\t%s: %s\n", rule->id, rule->group, rule->source, rule->strength, rule->knob,
           router_rule_runs(rule) ? "yes" : "no", rule->condition, rule->outcome);
}

static void show_text(const struct router_rule *rule, const char *proof) {
    printf("  %s   %s   %s\n", rule->id, rule->strength, rule->source);
    printf("      when     %s\n      then     %s\n", rule->condition, rule->outcome);
    if (rule->knob[0] != '\0') {
        printf("      knob     %s\n", rule->knob);
    }
    if (rule->reason != NULL) {
        printf("      state    cannot be shown here: %s\n", rule->reason);
    } else if (!router_rule_runs(rule)) {
        puts("      state    in the catalogue, not carried out yet");
    }
    if (proof != NULL) {
        printf("      shown    %s\n", proof);
    }
}

/* An id means itself and, as a prefix of whole parts, all below it: "msg.bare" is "msg.bare.chat.one" too. */
static bool matches(const struct router_rule *rule, const char *word) {
    size_t size = strlen(word);
    if (size > 0 && word[size - 1] == '.') {
        size--;
    }
    return strncmp(rule->id, word, size) == 0 && (rule->id[size] == '\0' || rule->id[size] == '.');
}

static bool is_wanted(const struct router_rule *rule, const struct cli_words *words) {
    for (size_t i = 0; i < words->count; i++) {
        if (matches(rule, words->items[i])) {
            return true;
        }
    }
    return words->count == 0;
}

static bool is_known(const char *word, const struct router_rule *rules, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (matches(&rules[i], word)) {
            return true;
        }
    }
    struct cli_words ids = {NULL, 0};
    for (size_t i = 0; i < count; i++) {
        cli_words_add(&ids, rules[i].id);
    }
    cli_words_add(&ids, NULL);
    cli_unknown("rule", word, ids.items, "`stanzadrill rules`");
    free(ids.items);
    return false;
}

static int run(const struct cli_settings *settings) {
    if (settings->status) {
        return cli_status(settings);
    }
    size_t count;
    struct cli_proofs proofs = {0};
    if (settings->proof != NULL && cli_proofs_below(settings->proof, &proofs) != CLI_OK) {
        return CLI_USAGE;
    }
    const struct router_rule *rules = router_rules(&count);
    int status = CLI_OK;
    for (size_t i = 0; i < settings->paths.count; i++) {
        if (!is_known(settings->paths.items[i], rules, count)) {
            status = CLI_USAGE;
        }
    }
    if (settings->tsv) {
        puts("#id\tgroup\tsource\tstrength\tknob\timplemented\tsummary");
    }
    const char *group = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct router_rule *rule = &rules[i];
        if (!is_wanted(rule, &settings->paths)) {
            continue;
        }
        if (settings->tsv) {
            show_tsv(rule);
            continue;
        }
        if (group == NULL || strcmp(group, rule->group) != 0) {
            printf("%s%s\n", group != NULL ? "\n" : "", rule->group);
            group = rule->group;
        }
        show_text(rule, proofs.first == NULL ? NULL : proofs.first[i]);
    }
    cli_proofs_free(&proofs);
    return status;
}

const struct cli_command cli_rules_command = {
    .name = "rules",
    .usage = "[OPTION]... [ID]...",
    .summary = "print the catalogue of routing rules, or those with an ID",
    .notes = "An ID stands for all rules below it too: `msg.bare` for `msg.bare.chat.one` and the others.\n",
    .options = CLI_TABLE | CLI_PROOF | CLI_STATUS,
    .run = run,
};
