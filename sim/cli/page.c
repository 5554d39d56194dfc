/* How explanations are laid out, and what they say of one rule. */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL = 9 };

/* ------------------------------------------------------------------------------------------------------ layout ---- */

unsigned cli_columns(const char *text, size_t size) {
    unsigned count = 0;
    for (size_t i = 0; i < size; i++) {
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    }
    return count;
}

void cli_put(const char *text, size_t size) {
    char *piece = cli_need(malloc(size + 1));
    memcpy(piece, text, size);
    piece[size] = '\0';
    report_text(stdout, piece);
    free(piece);
}

unsigned cli_wrap(unsigned width, unsigned column, unsigned indent, const char *text, size_t size) {
    static const char blank[] = " \t\n";
    bool fresh = true;
    for (size_t at = strspn(text, blank); at < size; at += strspn(text + at, blank)) {
        const size_t word = strcspn(text + at, blank), length = word < size - at ? word : size - at;
        const unsigned wanted = cli_columns(text + at, length);
        if (!fresh && column + 1 + wanted > width) {
            printf("\n%*s", (int)indent, "");
            column = indent;
            fresh = true;
        }
        fputs(fresh ? "" : " ", stdout);
        cli_put(text + at, length);
        column += wanted + !fresh;
        fresh = false;
        at += length;
    }
    return column;
}

/* column: where the cursor is already. */
static void wrap_from(int column, int indent, const char *text) {
    (void)cli_wrap(PAGE_WIDTH, (unsigned)column, (unsigned)indent, text, strlen(text));
    putchar('\n');
}

void page_wrap(int indent, const char *text) {
    printf("%*s", indent, "");
    wrap_from(indent, indent, text);
}

void page_item(int indent, int width, const char *label, const char *text) {
    const int used = printf("%*s%-*s ", indent, "", width, label);
    wrap_from(used, indent + width + 1, text);
}

static void put_line(int indent, const char *text) {
    printf("%*s", indent, "");
    report_text(stdout, text);
    putchar('\n');
}

void page_stanza(int indent, const char *text) {
    struct arena *arena = cli_need(arena_new());
    struct xml_node *root = NULL;
    struct xml_fault fault;
    if (xml_parse(arena, text, strlen(text), 1, &root, &fault) && root != NULL && root->next == NULL) {
        char none[1];
        const size_t size = xml_write(root, none, sizeof none) + 1;
        char *line = cli_need(arena_take(arena, size));
        xml_write(root, line, size);
        put_line(indent, line);
    } else {
        put_line(indent, text);
    }
    arena_free(arena);
}

char *page_safe(const char *text) {
    char *safe = NULL;
    size_t size = 0;
    FILE *out = cli_need(open_memstream(&safe, &size));
    report_text(out, text);
    if (fclose(out) != 0) {
        cli_need(NULL);
    }
    return cli_need(safe);
}

/* ------------------------------------------------------------------------------------------------------ a rule ---- */

void page_rule(int indent, int rule) {
    const struct router_rule *r = cli_rule(rule);
    char *source = cli_cite(r->source);
    printf("%*s%s   %s (%s)\n", indent, "", r->id, source, r->strength);
    free(source);
}

static struct policy *built_in(const char *name) {
    struct policy *policy = cli_need(policy_new(NULL));
    if (policy_profile(policy, name, NULL) != ROUTER_OK) {
        cli_need(NULL);
    }
    return policy;
}

static void add(char **text, const char *word) {
    char *longer = cli_join(*text == NULL ? "" : *text, *text == NULL ? "" : ", ");
    char *whole = cli_join(longer, word);
    free(longer);
    free(*text);
    *text = whole;
}

/* The built-in profiles whose knob has this value, in their order; NULL: none. */
static char *who_picks(size_t knob, const char *value) {
    char *names = NULL;
    for (size_t i = 0; router_profile_name(i) != NULL; i++) {
        char own[24];
        struct policy *policy = built_in(router_profile_name(i));
        if (strcmp(policy_get(policy, knob, own), value) == 0) {
            add(&names, router_profile_name(i));
        }
        policy_free(policy);
    }
    return names;
}

static void show_value(int indent, size_t knob, const char *value, const char *here) {
    char *names = who_picks(knob, value);
    const bool used = here != NULL && strcmp(here, value) == 0;
    char *label = cli_join(value, used ? "  <- here" : "");
    page_item(indent, 28, label, names != NULL ? names : value[0] == '(' ? "known, and not carried out here" : "nobody");
    free(label);
    free(names);
}

static void show_values(int indent, size_t number, const struct router_knob *knob, const char *here) {
    for (const char *at = knob->values; *at != '\0';) {
        const size_t size = strcspn(at, ",");
        char value[64];
        snprintf(value, sizeof value, "%.*s", (int)size, at);
        show_value(indent, number, value, here);
        at += size;
        at += strspn(at, ", ");
    }
}

/* Of a number, only the values that somebody has. */
static void show_numbers(int indent, size_t number, const char *here) {
    for (size_t i = 0; router_profile_name(i) != NULL; i++) {
        char value[24], earlier[24];
        bool shown = false;
        struct policy *policy = built_in(router_profile_name(i));
        policy_get(policy, number, value);
        policy_free(policy);
        for (size_t k = 0; k < i; k++) {
            struct policy *before = built_in(router_profile_name(k));
            shown |= strcmp(policy_get(before, number, earlier), value) == 0;
            policy_free(before);
        }
        if (!shown) {
            show_value(indent, number, value, here);
        }
    }
}

static void show_departures(int indent, int rule) {
    for (size_t i = 0; router_profile_name(i) != NULL; i++) {
        struct policy *policy = built_in(router_profile_name(i));
        struct router_departure d;
        for (size_t n = 0; policy_departure(policy, n, &d); n++) {
            if (d.rule == rule) {
                printf("%*s%s departs: ", indent, "", router_profile_name(i));
                cli_departure(&d);
                printf(", as %s\n", d.id);
            }
        }
        policy_free(policy);
    }
}

void page_picks(int indent, int rule, const char *value) {
    const struct router_rule *r = cli_rule(rule);
    if (r->knob_number >= 0) {
        const size_t number = (size_t)r->knob_number;
        const struct router_knob knob = router_knob(number);
        char *head = cli_join("the choice is knob ", knob.name);
        page_wrap(indent, head);
        free(head);
        if (knob.is_number) {
            page_wrap(indent + 2, knob.values);
            show_numbers(indent + 2, number, value);
        } else {
            show_values(indent + 2, number, &knob, value);
        }
        page_item(indent + 2, 28, "why rfc6121 picks as it does", knob.basis);
    }
    show_departures(indent, rule);
}

/* ------------------------------------------------------------------------------------------- what a rule is for ---- */

static const char *part_text(const struct router_rule *rule) {
    switch (rule->part) {
    case RULE_ROW: return "a row: it decides what becomes of a stanza of certain classes";
    case RULE_MARK: return "a mark: it is carried out on the way, beside the row that decides";
    case RULE_NEVER: return "a law: it must not be broken; every run is checked against it";
    case RULE_UNSHOWN: return "nothing here can show it";
    default: return "in the catalogue, and not carried out";
    }
}

/* The classes of one stage and state that a row is for, as a line. */
static void show_classes(int rule) {
    struct router_class c = {0};
    unsigned stage = (unsigned)-1, count = 0;
    while (router_class_next(&c)) {
        if (!router_class_row(&c, rule)) {
            continue;
        }
        if (c.stage != stage) {
            stage = c.stage;
            page_item(2, LABEL, count++ == 0 ? "decides" : "", router_stage_meaning(stage));
        }
        printf("%*s%s: %s\n", LABEL + 5, "", stanza_kind_name((enum stanza_kind)c.kind),
               router_state_meaning(stage, c.state));
    }
}

static void show_proofs(int rule, const struct cli_proofs *proofs, const struct cli_words *cited) {
    const char *first = proofs->first[rule];
    printf("  %-*s ", LABEL, "shown by");
    report_text(stdout, first != NULL ? first : "none of these scenarios");
    putchar('\n');
    for (size_t i = 0; i < cited->count; i++) {
        printf("  %-*s ", LABEL, i == 0 ? "cited by" : "");
        report_text(stdout, cited->items[i]);
        putchar('\n');
    }
}

void page_about(int rule, const struct cli_proofs *proofs, const struct cli_words *cited) {
    const struct router_rule *r = cli_rule(rule);
    page_rule(0, rule);
    page_item(2, LABEL, "group", r->group);
    page_item(2, LABEL, "when", r->condition);
    page_item(2, LABEL, "then", r->outcome);
    page_item(2, LABEL, "it is", part_text(r));
    if (r->reason != NULL) {
        page_item(2, LABEL, "because", r->reason);
    }
    if (r->part == RULE_ROW) {
        show_classes(rule);
    }
    page_picks(2, rule, NULL);
    if (proofs != NULL) {
        show_proofs(rule, proofs, cited);
    }
}

bool page_stage(const char *word) {
    size_t count, rules;
    const struct router_rule *catalogue = router_rules(&rules);
    struct cli_table *tables = cli_tables(&count);
    size_t n = 1;
    while (n < count && strcmp(router_stage_name((unsigned)n - 1), word) != 0) {
        n++;
    }
    if (n < count) {
        const struct cli_table *table = &tables[n];
        printf("%s\n", table->title);
        for (size_t row = 0; row < table->row_count; row++) {
            printf("\n  %s\n", table->rows[row]);
            for (size_t column = 0; column < table->column_count; column++) {
                const int rule = table->rules[row * table->column_count + column];
                if (rule >= 0) {
                    printf("    %-24s %s\n", table->columns[column], catalogue[rule].id);
                }
            }
        }
    }
    cli_tables_free(tables, count);
    return n < count;
}
