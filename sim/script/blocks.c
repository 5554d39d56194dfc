/* What stands below an action line: stanzas, octets as they are, or the fates that a host tells. */
#include "reader.h"

#include <stdint.h>
#include <string.h>

/* ---------------------------------------------------------------------------------------------------- stanzas ---- */

size_t script_block_octet(const struct block *block, unsigned line, unsigned column) {
    const char *start = block->text, *end = block->text + block->size;
    for (unsigned number = block->line; number < line && start < end; number++) {
        const char *newline = memchr(start, '\n', (size_t)(end - start));
        start = newline == NULL ? end : newline + 1;
    }
    const char *place = start;
    for (unsigned number = 1; number < column && place < end && *place != '\n'; number++) {
        do {
            place++;
        } while (((unsigned char)*place & 0xC0) == 0x80);
    }
    return (size_t)(place - start);
}

bool script_xml(struct reading *reading, struct block *block, const char *word, unsigned *count,
                struct xml_node **roots) {
    struct xml_fault fault;
    bool parsed = xml_parse_words(reading->arena, block->text, block->size, block->line, word, count, roots, &fault);
    script_unmask(block->text, block->size);
    return parsed ||
           script_fail(reading, fault.line, script_block_octet(block, fault.line, fault.column), "%s", fault.text);
}

static bool read_block(struct reading *reading, const struct step *step, const char *expected, struct block *block) {
    if (step->block == step->block_end) {
        struct text line = reading->file->lines[step->line];
        return script_fail(reading, (unsigned)step->line + 1, line.size,
                           "nothing stands below this line; expected %s in the next lines, indented", expected);
    }
    return script_expand_block(reading, step, block) && script_mask(reading, block);
}

static bool keep_stanzas(struct reading *reading, const struct block *block, const struct xml_node *roots,
                         struct script_action *action) {
    for (const struct xml_node *node = roots; node != NULL; node = node->next) {
        action->stanza_count++;
    }
    action->stanzas = arena_take(reading->arena, action->stanza_count * sizeof *action->stanzas);
    if (action->stanzas == NULL) {
        return script_fail_memory(reading);
    }
    struct script_stanza *stanza = action->stanzas;
    for (const struct xml_node *node = roots; node != NULL; node = node->next, stanza++) {
        *stanza = (struct script_stanza){arena_text(reading->arena, block->text + node->offset, node->size), node->size,
                                         node, node->line};
        if (stanza->bytes == NULL) {
            return script_fail_memory(reading);
        }
    }
    return true;
}

/* `nothing` counts as one of the alternatives. */
static bool check_count(struct reading *reading, const struct block *block, const struct script_action *action,
                        unsigned nothings) {
    if (action->verb == SCRIPT_RECEIVES_ONE_OF) {
        return (nothings <= 1 && action->stanza_count + nothings >= 2) ||
               script_fail(reading, action->line, 0,
                           nothings > 1 ? "\"nothing\" stands here twice; expected it once"
                                        : "one alternative only; expected two or more of which one comes");
    }
    return action->stanza_count > 0 ||
           script_fail(reading, block->line, 0, "the block is empty; expected one XML element or more");
}

bool script_block_stanzas(struct reading *reading, const struct step *step, struct script_action *action) {
    const char *word = action->verb == SCRIPT_RECEIVES_ONE_OF ? "nothing" : NULL;
    struct block block;
    struct xml_node *roots;
    unsigned nothings;
    if (!read_block(reading, step, "XML", &block)) {
        return false;
    }
    if (action->verb == SCRIPT_RECEIVES && script_is(script_trim((struct text){block.text, block.size}), "nothing")) {
        return script_fail(reading, block.line, 0,
                           "found \"nothing\" in a block; expected \"NAME receives: nothing\" in "
                           "one line");
    }
    action->or_nothing = false;
    if (!script_xml(reading, &block, word, &nothings, &roots) ||
        !script_settle(reading, &block, roots, script_expects(action)) ||
        !keep_stanzas(reading, &block, roots, action)) {
        return false;
    }
    action->or_nothing = nothings > 0;
    return check_count(reading, &block, action, nothings);
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* {octet:FF} becomes that octet, in place: a script is UTF-8, and what it sends need not be. */
static bool put_octets(struct reading *reading, struct text *text, unsigned line) {
    static const char word[] = "{octet:";
    char *to = (char *)(uintptr_t)text->data;
    const char *from = text->data, *end = text->data + text->size;
    while (from < end) {
        if ((size_t)(end - from) < sizeof word - 1 || memcmp(from, word, sizeof word - 1) != 0) {
            line += *from == '\n';
            *to++ = *from++;
            continue;
        }
        from += sizeof word - 1;
        const int high = end - from < 3 ? -1 : hex_digit(from[0]), low = high < 0 ? -1 : hex_digit(from[1]);
        if (low < 0 || from[2] != '}' || high + low == 0) {
            return script_fail(reading, line, 0, "{octet:} takes two hexadecimal digits, 01 to FF, as in {octet:C0}");
        }
        *to++ = (char)(high * 16 + low);
        from += 3;
    }
    text->size = (size_t)(to - text->data);
    return true;
}

bool script_block_raw(struct reading *reading, const struct step *step, struct script_action *action) {
    struct block block;
    if (!read_block(reading, step, "the octets to send", &block)) {
        return false;
    }
    script_unmask(block.text, block.size);
    struct text text = script_trim((struct text){block.text, block.size});
    if (text.size == 0) {
        return script_fail(reading, block.line, 0, "the block is empty; expected the octets to send");
    }
    unsigned line = block.line;
    for (const char *c = block.text; c < text.data; c++) {
        line += *c == '\n';
    }
    if (!put_octets(reading, &text, line)) {
        return false;
    }
    action->stanzas = arena_take(reading->arena, sizeof *action->stanzas);
    char *bytes = arena_text(reading->arena, text.data, text.size);
    if (action->stanzas == NULL || bytes == NULL) {
        return script_fail_memory(reading);
    }
    action->stanzas[0] = (struct script_stanza){bytes, text.size, NULL, line};
    action->stanza_count = 1;
    return true;
}

/* ------------------------------------------------------------------------------------------------------ fates ---- */

#define FATE_FORM "FATE [CONDITION] [to JID] [by RULE]"

/* A line of the block; rest: what of it is not read yet. */
struct fate_line {
    struct text whole, rest;
    unsigned number;
};

static bool fate_fail(struct reading *reading, const struct fate_line *line, struct text found, const char *expected,
                      const char *const *words) {
    return script_fail(reading, line->number, (size_t)(found.data - line->whole.data), "found %s, expected %s%s",
                       script_quote(found).text, expected, script_hint(found, words).text);
}

static bool read_condition(struct reading *reading, struct fate_line *line, struct script_fate *fate) {
    struct text rest = line->rest, word = script_word(&rest);
    if (word.size == 0 || script_is(word, "to") || script_is(word, "by")) {
        return true;
    }
    bool bounce = strcmp(fate->fate, "bounce") == 0, close = strcmp(fate->fate, "close") == 0;
    if (!bounce && !close) {
        static const char *const next[] = {"to", "by", NULL};
        return fate_fail(reading, line, word,
                         "\"to JID\", \"by RULE\" or nothing (only bounce and close have a condition)", next);
    }
    const char *const *words = bounce ? script_stanza_conditions : script_stream_conditions;
    fate->condition = script_find_word(word, words);
    line->rest = rest;
    return fate->condition != NULL ||
           fate_fail(reading, line, word, bounce ? "a stanza error condition" : "a stream error condition", words);
}

static bool one_word(struct text text) {
    struct text word = script_word(&text);
    return word.size > 0 && script_trim(text).size == 0;
}

/* Where the last " by WORD" begins: a JID may hold a space, a rule's name does not. */
static size_t find_by(struct text text) {
    size_t found = TEXT_NONE;
    for (size_t at = script_find(text, " by ", 0); at != TEXT_NONE; at = script_find(text, " by ", at + 1)) {
        found = at;
    }
    return found != TEXT_NONE && one_word(script_cut(text, found + 4, text.size)) ? found : TEXT_NONE;
}

static bool check_to(struct reading *reading, const struct fate_line *line, struct text to) {
    struct text bare = script_bare_of(to);
    bool plain = script_find(to, "${", 0) == TEXT_NONE;
    if (to.size == 0 || (plain && !one_word(bare))) {
        struct text found = to.size == 0 ? script_trim(line->rest) : to;
        return fate_fail(reading, line, found, "\"to JID\" and then \"by RULE\" or nothing", NULL);
    }
    return true;
}

static bool read_to_and_by(struct reading *reading, struct fate_line *line, struct script_fate *fate) {
    struct text rest = script_trim(line->rest), to = {rest.data, 0}, by = to;
    if (rest.size == 0) {
        return true;
    }
    if (script_starts(rest, "to ")) {
        struct text behind = script_cut(rest, 3, rest.size);
        size_t at = find_by(behind);
        to = script_trim(script_cut(behind, 0, at == TEXT_NONE ? behind.size : at));
        by = at == TEXT_NONE ? by : script_trim(script_cut(behind, at + 4, behind.size));
        if (!check_to(reading, line, to)) {
            return false;
        }
    } else if (script_starts(rest, "by ") && one_word(script_cut(rest, 3, rest.size))) {
        by = script_trim(script_cut(rest, 3, rest.size));
    } else {
        return fate_fail(reading, line, rest, "\"to JID\", \"by RULE\" or nothing (" FATE_FORM ")", NULL);
    }
    fate->to = to.size == 0 ? NULL : arena_text(reading->arena, to.data, to.size);
    fate->by = by.size == 0 ? NULL : arena_text(reading->arena, by.data, by.size);
    return ((to.size == 0 || fate->to != NULL) && (by.size == 0 || fate->by != NULL)) || script_fail_memory(reading);
}

static bool read_fate(struct reading *reading, struct fate_line *line, struct script_fate *fate) {
    struct text word = script_word(&line->rest);
    fate->line = line->number;
    fate->fate = script_find_word(word, script_fate_words);
    if (fate->fate == NULL) {
        return fate_fail(reading, line, word,
                         "a fate: deliver, route, hand, store, bounce, answer, push, drop, close or handle",
                         script_fate_words);
    }
    return read_condition(reading, line, fate) && read_to_and_by(reading, line, fate);
}

bool script_block_fates(struct reading *reading, const struct step *step, struct script_action *action) {
    struct block block;
    if (!read_block(reading, step, "one line for each fate (" FATE_FORM ")", &block)) {
        return false;
    }
    script_unmask(block.text, block.size);
    struct text text = {block.text, block.size};
    struct fate_line line = {.number = block.line};
    for (size_t start = 0; start < text.size; line.number++) {
        size_t end = script_find(text, "\n", start);
        line.whole = line.rest = script_cut(text, start, end);
        start = end + 1;
        if (script_trim(line.whole).size == 0) {
            continue;
        }
        struct script_fate *fates = script_grow(reading->arena, action->fates, action->fate_count, sizeof *fates);
        if (fates == NULL) {
            return script_fail_memory(reading);
        }
        action->fates = fates;
        fates[action->fate_count] = (struct script_fate){NULL, NULL, NULL, NULL, 0};
        if (!read_fate(reading, &line, &fates[action->fate_count++])) {
            return false;
        }
    }
    return action->fate_count > 0 ||
           script_fail(reading, block.line, 0, "the block is empty; expected one line for each fate (" FATE_FORM ")");
}
