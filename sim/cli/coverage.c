/* stanzadrill coverage: how much of the catalogue, and which input, some scenarios exercise. */
#include "cli.h"
#include "router.h"

#include <stdio.h>
#include <string.h>

/* A hundred per cent in the unit of --fail-under. */
enum { WHOLE = 10000, LABEL_WIDTH = 20, COUNT_MOST = 999 };

/* The columns of a table of stanza kinds are too many for their full names. */
static const char *short_kind(const char *kind) {
    static const char *const names[][2] = {
        {"normal", "nrm"},     {"chat", "cht"},       {"groupchat", "grp"},   {"headline", "hdl"},
        {"error", "err"},      {"available", "avl"},  {"unavailable", "una"}, {"subscribe", "sub"},
        {"subscribed", "sbd"}, {"unsubscribe", "uns"}, {"unsubscribed", "usd"}, {"probe", "prb"},
        {"get", "get"},        {"set", "set"},        {"result", "res"},
    };
    const char *slash = strchr(kind, '/');
    for (size_t i = 0; slash != NULL && i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(slash + 1, names[i][0]) == 0) {
            return names[i][1];
        }
    }
    return slash == NULL ? "xml" : "oth";
}

/* "message", "presence", "iq", or the whole word where there is no more of it. */
static size_t family_size(const char *kind) {
    return strcspn(kind, "/");
}

static void print_families(const struct cli_table *table) {
    printf("  %-*s", LABEL_WIDTH, "");
    for (size_t i = 0; i < table->column_count;) {
        const size_t size = family_size(table->columns[i]);
        size_t same = i;
        while (same < table->column_count && family_size(table->columns[same]) == size &&
               strncmp(table->columns[same], table->columns[i], size) == 0) {
            same++;
        }
        const int room = (int)(same - i) * 4 - 1;
        printf(" %-*.*s", room, (int)size < room ? (int)size : room, table->columns[i]);
        i = same;
    }
    putchar('\n');
}

/* A cell: ".": cannot occur; else how many cases have a stanza of this class. */
static void print_count(unsigned class_number, const struct cli_proofs *proofs) {
    if (class_number == 0) {
        fputs("   .", stdout);
    } else {
        const unsigned count = proofs->classes[class_number];
        printf("%4u", count > COUNT_MOST ? COUNT_MOST : count);
    }
}

static void count_table(const struct cli_table *table, const struct cli_proofs *proofs, size_t *possible, size_t *seen) {
    *possible = *seen = 0;
    for (size_t i = 0; i < table->row_count * table->column_count; i++) {
        *possible += table->classes[i] != 0;
        *seen += table->classes[i] != 0 && proofs->classes[table->classes[i]] > 0;
    }
}

static void print_stage(const struct cli_table *table, const struct cli_proofs *proofs) {
    size_t possible, seen;
    count_table(table, proofs, &possible, &seen);
    printf("\n%s   (%zu of %zu)\n", table->title, seen, possible);
    print_families(table);
    printf("  %-*s", LABEL_WIDTH, "");
    for (size_t column = 0; column < table->column_count; column++) {
        printf(" %3s", short_kind(table->columns[column]));
    }
    putchar('\n');
    for (size_t row = 0; row < table->row_count; row++) {
        printf("  %-*.*s", LABEL_WIDTH, (int)strcspn(table->rows[row], ":"), table->rows[row]);
        for (size_t column = 0; column < table->column_count; column++) {
            print_count(table->classes[row * table->column_count + column], proofs);
        }
        putchar('\n');
    }
}

/* The table of the specification, in the words of the specification. */
static void print_messages(const struct cli_table *table, const struct cli_proofs *proofs) {
    enum { ROW_WIDTH = 68 };
    printf("%s\n  %-*s", table->title, ROW_WIDTH, "");
    for (size_t column = 0; column < table->column_count; column++) {
        printf(" %9s", table->columns[column]);
    }
    putchar('\n');
    for (size_t row = 0; row < table->row_count; row++) {
        printf("  %-*s", ROW_WIDTH, table->rows[row]);
        for (size_t column = 0; column < table->column_count; column++) {
            printf(" %9u", proofs->classes[table->classes[row * table->column_count + column]]);
        }
        putchar('\n');
    }
}

static void print_legend(const struct cli_table *tables, size_t count, const struct cli_proofs *proofs) {
    size_t possible = 0, seen = 0;
    for (size_t i = 1; i < count; i++) {
        size_t own_possible, own_seen;
        count_table(&tables[i], proofs, &own_possible, &own_seen);
        possible += own_possible;
        seen += own_seen;
    }
    printf("\ninput: %zu of %zu classes exercised. A class is what a stanza is, where it belongs, and what else matters\n"
           "there. The tables below count the cases with a stanza of each class; \"0\" is a class that none exercises, \".\"\n"
           "one that cannot occur, and %d stands for more too. What the words mean: `stanzadrill explain WORD`.\n\n",
           seen, possible, COUNT_MOST);
}

static void show_text(const struct cli_proofs *proofs) {
    size_t count;
    struct cli_table *tables = cli_tables(&count);
    cli_status_show(proofs);
    print_legend(tables, count, proofs);
    print_messages(&tables[0], proofs);
    for (size_t i = 1; i < count; i++) {
        print_stage(&tables[i], proofs);
    }
    cli_tables_free(tables, count);
}

static void show_tsv_rules(const struct cli_proofs *proofs) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    puts("#rule\tid\tgroup\tstate\tcase or reason");
    for (size_t i = 0; i < count; i++) {
        const char *first = proofs->first[i];
        const char *state = rules[i].part == RULE_UNSHOWN ? "unshown"
                            : !router_rule_runs(&rules[i]) ? "later"
                            : first != NULL                ? "fired"
                                                           : "unfired";
        printf("rule\t%s\t%s\t%s\t", rules[i].id, rules[i].group, state);
        report_text(stdout, rules[i].reason != NULL ? rules[i].reason : first != NULL ? first : "");
        putchar('\n');
    }
}

static void show_tsv_classes(const struct cli_proofs *proofs) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    puts("#class\tstage\tkind\tstate\trule\tcases");
    struct router_class input = {0};
    while (router_class_next(&input)) {
        printf("class\t%s\t%s\t%s\t%s\t%u\n", router_stage_name(input.stage),
               stanza_kind_name((enum stanza_kind)input.kind), router_state_name(input.stage, input.state),
               rules[cli_row_of(&input)].id, proofs->classes[input.next]);
    }
}

/* The gate counts rules only: those that are carried out, as nothing can fire the others. */
static int pass_gate(const struct cli_settings *settings, const struct cli_proofs *proofs) {
    size_t carried_out, fired;
    cli_status_count(proofs, &carried_out, &fired);
    const size_t share = carried_out == 0 ? WHOLE : fired * WHOLE / carried_out;
    if (!settings->tsv) {
        printf("\n%zu of %zu rules that are carried out are fired: %zu.%02zu %%\n", fired, carried_out, share / 100,
               share % 100);
    }
    if (fired * WHOLE >= settings->fail_under * carried_out) {
        return CLI_OK;
    }
    char text[64];
    snprintf(text, sizeof text, "%zu.%02zu %%, below %u.%02u %%", share / 100, share % 100, settings->fail_under / 100,
             settings->fail_under % 100);
    cli_complain("coverage of rules is %s", text);
    return CLI_FAILED;
}

static int run(const struct cli_settings *settings) {
    struct cli_proofs proofs;
    int status = cli_proofs_play(settings, &proofs);
    if (status != CLI_OK) {
        return status;
    }
    if (settings->tsv) {
        show_tsv_rules(&proofs);
        show_tsv_classes(&proofs);
    } else {
        show_text(&proofs);
    }
    status = pass_gate(settings, &proofs);
    cli_proofs_free(&proofs);
    return status;
}

const struct cli_command cli_coverage_command = {
    .name = "coverage",
    .usage = "[OPTION]... PATH...",
    .summary = "count the rules that scenarios fire, and the classes of input that they exercise",
    .notes =
        "Plays the scenarios, and counts what happens in them, whether they pass or not. --fail-under counts rules: of\n"
        "those that are carried out, the share that at least one case fires. What nothing can show does not count.\n"
        "With --format tsv a line `rule` for each rule and a line `class` for each class of input, with its number of\n"
        "cases; lines that begin with # say what the columns are.\n"
        "Exit status: 0; 1 where the share is below --fail-under; 2 bad usage, an unreadable script or nothing selected.\n",
    .options = CLI_PROFILE | CLI_TAGS | CLI_SEED | CLI_TABLE | CLI_FAIL_UNDER,
    .needs_path = true,
    .run = run,
};
