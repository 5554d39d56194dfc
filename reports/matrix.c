/* The matrix cases x targets of several results files. */
#include "results.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

struct column {
    const struct report_source *source;
    const char *target;
    bool shared; /* another source has the target too */
    struct report_counts counts;
};

struct row {
    const char *name;
    const struct report_result **cells; /* one a column; NULL: not among its results */
};

struct table {
    struct column *columns;
    size_t column_count;
    struct row *rows;
    size_t row_count;
    const struct report_result **cells; /* of all rows */
};

/* One result, where it belongs; sorted to find what belongs together. */
struct entry {
    const struct report_result *result;
    size_t column, order; /* order: in which it came */
};

/* ---------------------------------------------------------------------------------------------------- building ---- */

static size_t count_results(const struct report_matrix *matrix) {
    size_t count = 0;
    for (size_t i = 0; i < matrix->source_count; i++) {
        count += matrix->sources[i].results.count;
    }
    return count;
}

/* The column of a target in a source, which becomes one if it is new. Results of one target mostly follow each other,
 * so that the search from the end is short. */
static size_t column_of(struct table *table, const struct report_source *source, const char *target) {
    for (size_t i = table->column_count; i-- > 0 && table->columns[i].source == source;) {
        if (strcmp(table->columns[i].target, target) == 0) {
            return i;
        }
    }
    struct column *column = &table->columns[table->column_count];
    *column = (struct column){.source = source, .target = target};
    for (size_t i = 0; i < table->column_count; i++) {
        if (table->columns[i].source != source && strcmp(table->columns[i].target, target) == 0) {
            table->columns[i].shared = column->shared = true;
        }
    }
    return table->column_count++;
}

static int by_name(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    const int name = strcmp(x->result->name, y->result->name);
    return name != 0 ? name : (x->order > y->order) - (x->order < y->order);
}

/* An entry that is the first of its case comes before all others of it. */
struct first {
    size_t order, entry;
};

static int by_order(const void *a, const void *b) {
    const struct first *x = a, *y = b;
    return (x->order > y->order) - (x->order < y->order);
}

/* entries: sorted by name. Rows go by the order in which their cases came first. */
static void fill_rows(struct table *table, const struct entry *entries, size_t entry_count, struct first *firsts) {
    size_t names = 0;
    for (size_t i = 0; i < entry_count; i++) {
        if (i == 0 || strcmp(entries[i].result->name, entries[i - 1].result->name) != 0) {
            firsts[names++] = (struct first){entries[i].order, i};
        }
    }
    qsort(firsts, names, sizeof *firsts, by_order);
    for (size_t n = 0; n < names; n++) {
        struct row *row = &table->rows[n];
        row->name = entries[firsts[n].entry].result->name;
        row->cells = table->cells + n * table->column_count;
        for (size_t i = firsts[n].entry; i < entry_count && strcmp(entries[i].result->name, row->name) == 0; i++) {
            row->cells[entries[i].column] = entries[i].result;
            report_count_add(&table->columns[entries[i].column].counts, entries[i].result->verdict);
        }
    }
    table->row_count = names;
}

static bool build(struct table *table, const struct report_matrix *matrix) {
    const size_t total = count_results(matrix);
    struct entry *entries = calloc(total + 1, sizeof *entries);
    struct first *firsts = calloc(total + 1, sizeof *firsts);
    table->columns = calloc(total + 1, sizeof *table->columns);
    table->rows = calloc(total + 1, sizeof *table->rows);
    bool good = entries != NULL && firsts != NULL && table->columns != NULL && table->rows != NULL;
    size_t n = 0;
    for (size_t i = 0; good && i < matrix->source_count; i++) {
        const struct report_source *source = &matrix->sources[i];
        for (size_t k = 0; k < source->results.count; k++, n++) {
            const struct report_result *result = &source->results.items[k];
            entries[n] = (struct entry){result, column_of(table, source, result->target), n};
        }
    }
    /* calloc sees to it that the product fits. */
    table->cells = good && total <= SIZE_MAX / (table->column_count + 1)
                       ? calloc(total * table->column_count + 1, sizeof *table->cells)
                       : NULL;
    good = table->cells != NULL;
    if (good) {
        qsort(entries, total, sizeof *entries, by_name);
        fill_rows(table, entries, total, firsts);
    }
    free(entries);
    free(firsts);
    return good;
}

static void unbuild(struct table *table) {
    free(table->columns);
    free(table->rows);
    free(table->cells);
}

/* ----------------------------------------------------------------------------------------------------- judging ---- */

static bool differs(const struct table *table, const struct row *row) {
    const struct report_result *first = NULL;
    for (size_t i = 0; i < table->column_count; i++) {
        const struct report_result *cell = row->cells[i];
        if (cell == NULL || cell->verdict == REPORT_SKIP) {
            continue;
        }
        if (first != NULL && first->verdict != cell->verdict) {
            return true;
        }
        first = cell;
    }
    return false;
}

static bool departs(const struct table *table, const struct row *row) {
    for (size_t i = 0; i < table->column_count; i++) {
        const struct report_result *cell = row->cells[i];
        if (cell != NULL && cell->verdict != REPORT_PASS && cell->verdict != REPORT_SKIP) {
            return true;
        }
    }
    return false;
}

static bool is_shown(const struct report_matrix *matrix, const struct table *table, const struct row *row) {
    return (!matrix->only_differences || differs(table, row)) && (!matrix->only_departures || departs(table, row));
}

/* ---------------------------------------------------------------------------------------------------- printing ---- */

static size_t width_of(const char *text) {
    char piece[TEXT_PIECE_MAX + 1];
    bool escaped;
    size_t width = 0;
    for (size_t size; (size = text_piece(text, piece, &escaped)) > 0; text += size) {
        for (const char *p = piece; *p != '\0'; p++) {
            width += ((unsigned char)*p & 0xC0) != 0x80;
        }
    }
    return width;
}

static size_t label_width(const struct column *column) {
    return width_of(column->target) + (column->shared ? width_of(column->source->path) + 3 : 0);
}

static void put_label(FILE *out, const struct column *column) {
    report_text(out, column->target);
    if (column->shared) {
        fputs(" (", out);
        report_text(out, column->source->path);
        putc(')', out);
    }
}

static const char *cell_word(const struct report_result *cell) {
    return cell == NULL ? "-" : report_verdict_word(cell->verdict);
}

static void put_capitals(FILE *out, const char *word) {
    for (; *word != '\0'; word++) {
        putc(*word >= 'a' && *word <= 'z' ? *word - 'a' + 'A' : *word, out);
    }
}

static void put_spaces(FILE *out, size_t count_wanted) {
    for (; count_wanted > 0; count_wanted--) {
        putc(' ', out);
    }
}

/* Spaces that bring a cell to its column's width; none behind the last. */
static void put_gap(FILE *out, const struct table *table, size_t column, size_t used) {
    static const size_t widest = sizeof "NON-STRICT" - 1;
    if (column + 1 < table->column_count) {
        const size_t label = label_width(&table->columns[column]), width = label > widest ? label : widest;
        put_spaces(out, width - used + 2);
    }
}

static void put_row(FILE *out, const struct table *table, const struct row *row, size_t name_width) {
    report_text(out, row->name);
    put_spaces(out, name_width - width_of(row->name) + 2);
    for (size_t i = 0; i < table->column_count; i++) {
        const char *word = cell_word(row->cells[i]);
        put_capitals(out, word);
        put_gap(out, table, i, strlen(word));
    }
    putc('\n', out);
}

static void put_table(FILE *out, const struct report_matrix *matrix, const struct table *table) {
    static const char head[] = "case";
    size_t width = sizeof head - 1, shown = 0;
    for (size_t i = 0; i < table->row_count; i++) {
        if (is_shown(matrix, table, &table->rows[i])) {
            const size_t own = width_of(table->rows[i].name);
            width = own > width ? own : width;
            shown++;
        }
    }
    if (shown == 0) {
        return;
    }
    fputs(head, out);
    put_spaces(out, width - (sizeof head - 1) + 2);
    for (size_t i = 0; i < table->column_count; i++) {
        put_label(out, &table->columns[i]);
        put_gap(out, table, i, label_width(&table->columns[i]));
    }
    putc('\n', out);
    for (size_t i = 0; i < table->row_count; i++) {
        if (is_shown(matrix, table, &table->rows[i])) {
            put_row(out, table, &table->rows[i], width);
        }
    }
    putc('\n', out);
}

static void put_sums(FILE *out, const struct table *table) {
    size_t different = 0, departing = 0;
    for (size_t i = 0; i < table->row_count; i++) {
        different += differs(table, &table->rows[i]);
        departing += departs(table, &table->rows[i]);
    }
    for (size_t i = 0; i < table->column_count; i++) {
        put_label(out, &table->columns[i]);
        fputs(": ", out);
        report_summary(out, &table->columns[i].counts);
    }
    fprintf(out, "%zu case%s, %zu with differences, %zu with departures\n", table->row_count,
            table->row_count == 1 ? "" : "s", different, departing);
}

static void put_tsv(FILE *out, const struct report_matrix *matrix, const struct table *table) {
    fputs("#case", out);
    for (size_t i = 0; i < table->column_count; i++) {
        putc('\t', out);
        put_label(out, &table->columns[i]);
    }
    putc('\n', out);
    for (size_t n = 0; n < table->row_count; n++) {
        const struct row *row = &table->rows[n];
        if (!is_shown(matrix, table, row)) {
            continue;
        }
        report_text(out, row->name);
        for (size_t i = 0; i < table->column_count; i++) {
            fprintf(out, "\t%s", cell_word(row->cells[i]));
        }
        putc('\n', out);
    }
}

bool report_matrix(FILE *out, const struct report_matrix *matrix) {
    struct table table = {0};
    const bool good = build(&table, matrix);
    if (good && matrix->tsv) {
        put_tsv(out, matrix, &table);
    } else if (good) {
        put_table(out, matrix, &table);
        put_sums(out, &table);
    }
    unbuild(&table);
    return good && !ferror(out);
}
