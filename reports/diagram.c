/* diagram.c - a sequence diagram of a story: brought into rows, drawn in the form that is wanted, and written. */
#include "diagram.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------------- text ---- */

void ink_number(struct ink *ink, long number) {
    char digits[24];
    char *at = digits + sizeof digits;
    unsigned long rest = number < 0 ? 0UL - (unsigned long)number : (unsigned long)number;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) {
        *--at = '-';
    }
    ink_add(ink, at, (size_t)(digits + sizeof digits - at));
}

/* Columns of a character in a terminal: none for marks that combine, two for the wide scripts. */
static unsigned columns_of(const char *piece) {
    const unsigned char *p = (const unsigned char *)piece;
    uint32_t code = p[0];
    if (p[0] >= 0xF0) {
        code = (p[0] & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
    } else if (p[0] >= 0xE0) {
        code = (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
    } else if (p[0] >= 0xC0) {
        code = (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
    }
    const bool combines = (code >= 0x300 && code <= 0x36F) || (code >= 0x1AB0 && code <= 0x1AFF) ||
                          (code >= 0x20D0 && code <= 0x20FF) || (code >= 0x200B && code <= 0x200D) ||
                          (code >= 0xFE00 && code <= 0xFE0F) || code == 0xFEFF;
    const bool wide = (code >= 0x1100 && code <= 0x115F) || (code >= 0x2E80 && code <= 0xA4CF) ||
                      (code >= 0xAC00 && code <= 0xD7A3) || (code >= 0xF900 && code <= 0xFAFF) ||
                      (code >= 0xFE30 && code <= 0xFE6F) || (code >= 0xFF00 && code <= 0xFF60) ||
                      (code >= 0x1F300 && code <= 0x1FAFF) || (code >= 0x20000 && code <= 0x3FFFD);
    return combines ? 0 : wide ? 2 : 1;
}

unsigned ink_clean(struct ink *ink, const char *text, unsigned most) {
    char piece[TEXT_PIECE_MAX + 1];
    bool escaped;
    unsigned columns = 0;
    size_t fits = ink->size; /* how far an ellipsis finds room behind it */
    unsigned marks = 0;
    for (;;) {
        const size_t plain = text_plain(text, most - columns);
        if (plain > 0) {
            ink_add(ink, text, plain);
            text += plain;
            columns += (unsigned)plain;
            fits = ink->size - (columns == most);
            marks = 0;
        }
        const size_t size = text_piece_xml(text, piece, &escaped);
        if (size == 0) {
            return columns;
        }
        const unsigned wanted = escaped ? (unsigned)strlen(piece) : columns_of(piece);
        /* Nobody needs more marks on one letter; a line of them has no width, but no end either. */
        marks = wanted == 0 ? marks + 1 : 0;
        if (columns + wanted > most) {
            if (!ink->failed) {
                ink->size = fits;
            }
            ink_put(ink, "…");
            return most;
        }
        if (marks <= 4) {
            ink_put(ink, piece);
        }
        columns += wanted;
        fits = columns < most ? ink->size : fits;
        text += size;
    }
}

void ink_xml(struct ink *ink, const char *clean) {
    for (;;) {
        const size_t plain = strcspn(clean, "<&]");
        ink_add(ink, clean, plain);
        clean += plain;
        switch (*clean) {
        case '<':
            ink_put(ink, "&lt;");
            break;
        case '&':
            ink_put(ink, "&amp;");
            break;
        case ']': /* "]]>" may not stand in text */
            ink_put(ink, clean[1] == ']' ? "&#93;" : "]");
            break;
        default:
            return;
        }
        clean++;
    }
}

void diagram_time(struct ink *out, uint64_t time_us) {
    char digits[8] = ".000000";
    unsigned rest = (unsigned)(time_us % 1000000);
    for (int i = 6; i > 0; i--) {
        digits[i] = (char)('0' + rest % 10);
        rest /= 10;
    }
    size_t size = 7;
    while (size > 4 && digits[size - 1] == '0') {
        size--;
    }
    ink_number(out, (long)(time_us / 1000000));
    ink_add(out, digits, size);
}

/* ---------------------------------------------------------------------------------------------------- writing ---- */

bool diagram_draw(struct ink *out, const struct report_story *story, const struct report_diagram *how) {
    struct plan plan;
    bool whole = plan_make(&plan, story, how);
    if (whole) {
        switch (how->form) {
        case REPORT_SVG:
            whole = diagram_svg(out, &plan, how);
            break;
        case REPORT_MERMAID:
            whole = diagram_mermaid(out, &plan, how);
            break;
        case REPORT_TEXT:
            whole = diagram_text(out, &plan, how);
            break;
        }
    }
    plan_free(&plan);
    return whole;
}

bool report_diagram(FILE *out, const struct report_story *story, const struct report_diagram *how) {
    struct ink ink = {0};
    const bool whole = diagram_draw(&ink, story, how) &&
                       (ink.size == 0 || fwrite(ink.data, 1, ink.size, out) == ink.size);
    free(ink.data);
    return whole;
}
