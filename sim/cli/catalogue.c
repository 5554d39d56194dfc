/* The router's catalogue as plain structs: its rules, and the tables that say which rule decides which input. */
#include "cli.h"
#include "router.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KINDS = STANZA_KIND_COUNT, STATES = 32, STAGES = 32 };

char *cli_cite(const char *source) {
    /* "RFC " or "XEP-" goes before each document's number, and there are fewer of those than octets. */
    char *text = cli_need(malloc(5 * strlen(source) + 1));
    char *end = text;
    for (bool start = true; *source != '\0'; source++) {
        if (start && *source >= '0' && *source <= '9' && strspn(source, "0123456789") == 4) {
            memcpy(end, "RFC ", 4);
            end += 4;
        } else if (start && *source == 'X') {
            memcpy(end, "XEP-", 4);
            end += 4;
            start = false;
            continue;
        }
        *end++ = *source;
        start = *source == ' ' && source[-1] == ';';
    }
    *end = '\0';
    return text;
}

const struct router_rule *cli_rule(int rule) {
    return &router_rules(&(size_t){0})[rule];
}

void cli_departure(const struct router_departure *departure) {
    for (const char *p = departure->verb; *p != '\0'; p++) {
        putchar(*p == '_' ? '-' : tolower((unsigned char)*p));
    }
    if (departure->condition != NULL) {
        printf(" %s", departure->condition);
    }
    const unsigned all = (1u << STANZA_KIND_COUNT) - 1u;
    for (int kind = 0, shown = 0; (departure->kinds & all) != all && kind < STANZA_KIND_COUNT; kind++) {
        if (departure->kinds >> kind & 1u) {
            printf("%s %s", shown++ == 0 ? ", only for" : "", stanza_kind_name((enum stanza_kind)kind));
        }
    }
}

int cli_row_of(const struct router_class *input) {
    size_t count;
    router_rules(&count);
    for (size_t i = 0; i < count; i++) {
        if (router_class_row(input, (int)i)) {
            return (int)i;
        }
    }
    return -1;
}

/* ----------------------------------------------------------------------------------------------------- tables ---- */

/* Every class of input, and its row's rule plus one; 0: it cannot occur. */
struct classes {
    struct {
        unsigned number;
        int rule;
    } at[STAGES][KINDS][STATES];
    unsigned stage_count;
};

static struct classes *read_classes(void) {
    struct classes *classes = cli_need(calloc(1, sizeof *classes));
    struct router_class input = {0};
    while (router_class_next(&input)) {
        if (input.stage < STAGES && input.kind < KINDS && input.state < STATES) {
            classes->at[input.stage][input.kind][input.state].number = input.next;
            classes->at[input.stage][input.kind][input.state].rule = cli_row_of(&input) + 1;
            classes->stage_count = input.stage + 1;
        }
    }
    return classes;
}

static char *heading(const char *name, const char *meaning) {
    char *start = cli_join(name, ": ");
    char *whole = cli_join(start, meaning);
    free(start);
    return whole;
}

static void size_table(struct cli_table *table, size_t columns, size_t rows) {
    table->column_count = columns;
    table->row_count = rows;
    table->columns = cli_need(calloc(columns + 1, sizeof *table->columns));
    table->rows = cli_need(calloc(rows + 1, sizeof *table->rows));
    table->rules = cli_need(calloc(columns * rows + 1, sizeof *table->rules));
    table->classes = cli_need(calloc(columns * rows + 1, sizeof *table->classes));
}

static void set_cell(struct cli_table *table, size_t row, size_t column, const struct classes *classes, unsigned stage,
                     unsigned kind, unsigned state) {
    const size_t place = row * table->column_count + column;
    table->rules[place] = classes->at[stage][kind][state].rule - 1;
    table->classes[place] = classes->at[stage][kind][state].number;
}

static unsigned stage_named(const char *name) {
    unsigned stage = 0;
    while (stage < STAGES && strcmp(router_stage_name(stage), name) != 0) {
        stage++;
    }
    return stage;
}

static unsigned state_named(unsigned stage, const char *name) {
    unsigned state = 0;
    while (state < STATES && strcmp(router_state_name(stage, state), name) != 0) {
        state++;
    }
    return state;
}

/* Table 1 of RFC 6121 8.5.4, in its own order. */
static void message_table(struct cli_table *table, const struct classes *classes) {
    static const struct {
        const char *heading, *stage, *state;
    } rows[] = {
        {"account does not exist: bare", "NOUSER_BARE", "PLAIN"},
        {"account does not exist: full", "NOUSER_FULL", "PLAIN"},
        {"account exists, but no active resources: bare", "BARE", "NONE"},
        {"account exists, but no active resources: full (no match)", "FULL_NOMATCH", "NONE"},
        {"1+ negative resources but zero non-negative resources: bare", "BARE", "NEGATIVE"},
        {"1+ negative resources but zero non-negative resources: full match", "FULL_MATCH", "PLAIN"},
        {"1+ negative resources but zero non-negative resources: full no match", "FULL_NOMATCH", "NEGATIVE"},
        {"1 non-negative resource: bare", "BARE", "ONE"},
        {"1 non-negative resource: full match", "FULL_MATCH", "PLAIN"},
        {"1 non-negative resource: full no match", "FULL_NOMATCH", "ONE"},
        {"1+ non-negative resources: bare", "BARE", "MULTI"},
        {"1+ non-negative resources: full match", "FULL_MATCH", "PLAIN"},
        {"1+ non-negative resources: full no match", "FULL_NOMATCH", "MULTI"},
    };
    static const struct {
        const char *heading;
        enum stanza_kind kind;
    } columns[] = {{"Normal", STANZA_NORMAL},
                   {"Chat", STANZA_CHAT},
                   {"Groupchat", STANZA_GROUPCHAT},
                   {"Headline", STANZA_HEADLINE}};
    enum { ROWS = sizeof rows / sizeof rows[0], COLUMNS = sizeof columns / sizeof columns[0] };
    table->title = cli_copy("RFC 6121 8.5.4, table 1: message delivery rules");
    size_table(table, COLUMNS, ROWS);
    for (size_t column = 0; column < COLUMNS; column++) {
        table->columns[column] = columns[column].heading;
    }
    for (size_t row = 0; row < ROWS; row++) {
        const unsigned stage = stage_named(rows[row].stage), state = state_named(stage, rows[row].state);
        table->rows[row] = cli_copy(rows[row].heading);
        for (size_t column = 0; column < COLUMNS; column++) {
            set_cell(table, row, column, classes, stage, columns[column].kind, state);
        }
    }
}

/* A stage's own table has the kinds and the states that can occur there. */
static void stage_table(struct cli_table *table, const struct classes *classes, unsigned stage) {
    unsigned kinds[KINDS], states[STATES];
    bool kind_there[KINDS] = {false}, state_there[STATES] = {false};
    size_t columns = 0, rows = 0;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        for (unsigned state = 0; state < STATES; state++) {
            const bool there = classes->at[stage][kind][state].number != 0;
            kind_there[kind] |= there;
            state_there[state] |= there;
        }
    }
    for (unsigned kind = 0; kind < KINDS; kind++) {
        if (kind_there[kind]) {
            kinds[columns++] = kind;
        }
    }
    for (unsigned state = 0; state < STATES; state++) {
        if (state_there[state]) {
            states[rows++] = state;
        }
    }
    table->title = heading(router_stage_name(stage), router_stage_meaning(stage));
    size_table(table, columns, rows);
    for (size_t column = 0; column < columns; column++) {
        table->columns[column] = stanza_kind_name((enum stanza_kind)kinds[column]);
    }
    for (size_t row = 0; row < rows; row++) {
        table->rows[row] = heading(router_state_name(stage, states[row]), router_state_meaning(stage, states[row]));
        for (size_t column = 0; column < columns; column++) {
            set_cell(table, row, column, classes, stage, kinds[column], states[row]);
        }
    }
}

struct cli_table *cli_tables(size_t *count) {
    struct classes *classes = read_classes();
    *count = classes->stage_count + 1;
    struct cli_table *tables = cli_need(calloc(*count, sizeof *tables));
    message_table(&tables[0], classes);
    for (unsigned stage = 0; stage < classes->stage_count; stage++) {
        stage_table(&tables[stage + 1], classes, stage);
    }
    free(classes);
    return tables;
}

static void free_parts(struct cli_table *table) {
    for (size_t row = 0; row < table->row_count; row++) {
        free(table->rows[row]);
    }
    free(table->title);
    free(table->columns);
    free(table->rows);
    free(table->rules);
    free(table->classes);
}

void cli_tables_free(struct cli_table *tables, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free_parts(&tables[i]);
    }
    free(tables);
}

/* ------------------------------------------------------------------------------------------------ for reports ---- */

void cli_catalogue(struct report_run *run) {
    const struct router_rule *rules = router_rules(&run->rule_count);
    struct report_rule *copies = cli_need(calloc(run->rule_count, sizeof *copies));
    for (size_t i = 0; i < run->rule_count; i++) {
        copies[i] = (struct report_rule){
            .id = rules[i].id,
            .group = rules[i].group,
            .source = cli_cite(rules[i].source),
            .strength = rules[i].strength,
            .condition = rules[i].condition,
            .outcome = rules[i].outcome,
            .reason = rules[i].reason,
            .runs = router_rule_runs(&rules[i]),
        };
    }
    run->rules = copies;
    struct cli_table *tables = cli_tables(&run->grid_count);
    struct report_grid *grids = cli_need(calloc(run->grid_count, sizeof *grids));
    for (size_t i = 0; i < run->grid_count; i++) {
        grids[i] = (struct report_grid){
            .title = tables[i].title,
            .columns = tables[i].columns,
            .rows = (const char *const *)tables[i].rows,
            .column_count = tables[i].column_count,
            .row_count = tables[i].row_count,
            .rules = tables[i].rules,
        };
        free(tables[i].classes);
    }
    /* What the tables held is the grids' now. */
    free(tables);
    run->grids = grids;
}

static void drop(const void *owned) {
    free((void *)(uintptr_t)owned);
}

void cli_catalogue_free(struct report_run *run) {
    for (size_t i = 0; run->rules != NULL && i < run->rule_count; i++) {
        drop(run->rules[i].source);
    }
    for (size_t i = 0; run->grids != NULL && i < run->grid_count; i++) {
        const struct report_grid *grid = &run->grids[i];
        for (size_t row = 0; row < grid->row_count; row++) {
            drop(grid->rows[row]);
        }
        drop(grid->title);
        drop(grid->columns);
        drop(grid->rows);
        drop(grid->rules);
    }
    drop(run->rules);
    drop(run->grids);
    run->rules = NULL;
    run->grids = NULL;
    run->rule_count = run->grid_count = 0;
}
