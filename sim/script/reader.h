/* reader.h - what the files of the script reader share with each other. */
#ifndef STANZADRILL_SCRIPT_READER_H
#define STANZADRILL_SCRIPT_READER_H

#include "script.h"

#include <limits.h>

enum {
    NAME_MAX_SIZE = 255,                  /* octets of a name in the cast */
    DOMAIN_MAX_SIZE = 1023,               /* octets of a domain */
    ACTION_MAX_SIZE = 4096,               /* octets of an action line */
    EXPANDED_MAX_SIZE = 64 * 1024 * 1024  /* octets of all cases of a file, values put in, and some for each line */
};

/* A piece of text that is not NUL-terminated. */
struct text {
    const char *data;
    size_t size;
};

#define TEXT_NONE SIZE_MAX

/* ----------------------------------------------------------------------------------------------------- text.c ---- */

struct text script_text(const char *text);
bool script_is(struct text text, const char *word);
bool script_starts(struct text text, const char *word);
size_t script_find(struct text text, const char *word, size_t from); /* TEXT_NONE: not there */
struct text script_cut(struct text text, size_t from, size_t to);
struct text script_trim(struct text text);     /* without white space at both ends */
struct text script_trim_end(struct text text); /* without white space at the end */
bool script_space(char c);
struct text script_word(struct text *rest); /* takes the next word off; size 0: none left */
unsigned script_characters(struct text text);
void script_lower_into(struct text text, char *out); /* ASCII only; text.size octets, no NUL behind them */
char *script_lower(struct arena *arena, struct text text); /* ASCII only; NULL: memory ran out */
bool script_utf8(struct text text, size_t *bad);           /* *bad: the first octet that is not UTF-8, or is NUL */

/* A word as messages show it: short, without control characters, in double quotes. */
struct quoted {
    char text[72];
};
struct quoted script_quote(struct text text);

/* ---------------------------------------------------------------------------------------------------- words.c ---- */

extern const char *const script_stanza_conditions[]; /* NULL at the end */
extern const char *const script_stream_conditions[];
const char *script_find_word(struct text word, const char *const *words); /* NULL: it is none of them */

/* ---------------------------------------------------------------------------------------------------- names.c ---- */

/* An index of names, whose cost does not depend on chance. Zeroed: empty. Keys are borrowed and hold no NUL. */
struct names {
    struct name_node *root;
};

enum { NAME_UNKNOWN = -1, NAME_NO_MEMORY = -2 };

bool script_names_equal(struct text a, struct text b);
int script_names_find(const struct names *names, struct text key); /* its value or NAME_UNKNOWN */

/* script_names_add - returns NAME_UNKNOWN where the key was new and is added, the older value where it was there,
 * NAME_NO_MEMORY. value: 0 or more. */
int script_names_add(struct names *names, struct arena *arena, struct text key, int value);

/* script_names_list - the names in the order of their octets, NULL at the end, with room for some more; NULL where
 * memory ran out. */
const char **script_names_list(const struct names *names, struct arena *arena, size_t room);

/* ----------------------------------------------------------------------------------------------------- a file ---- */

struct column {
    struct text name;
    size_t octet; /* where it stands in its line */
    bool used;
};

struct row {
    struct text *cells;
    unsigned line;
};

struct tag {
    struct text text;
    unsigned line;
    size_t octet;
};

/* Lines by index, from first up to end. */
struct range {
    size_t first, end;
};

/* An action line with the lines of its block, by index. */
struct step {
    size_t line, block, block_end; /* block == block_end: none */
};

/* A name that belongs to no actor: a domain that the one server of a file without [Server] serves. */
enum { DOMAIN_OF_ONLY_SERVER = INT_MAX };

/* Who is there. Where values of [Cases] stand in it, each case has one of its own. */
struct cast {
    struct script_actor *actors;
    size_t count;
    struct names names;   /* of those that can act -> index */
    struct names domains; /* in lower case, served or played -> index of the first, or DOMAIN_OF_ONLY_SERVER */
    int *homes;           /* of each client and component: its server's place; of others NO_PLACE */
};

/* A server or peer goes by its index in the cast, and the one server of a file without [Server] by the next number. */
enum { NO_PLACE = -1 };

struct script_file {
    struct arena *arena;
    enum script_mode mode;
    const char *name, *stem; /* as given; without .scs */

    struct text *lines; /* without line ends; line n is lines[n - 1] */
    size_t line_count;

    const char *title, *description;
    struct tag *tags;
    size_t tag_count;

    struct range *sections; /* of the cast, without [Cases] */
    size_t section_count;
    bool cast_varies; /* values stand in it */
    struct cast cast; /* of all cases; empty where it varies */

    unsigned cases_line; /* 0: no [Cases] */
    struct column *columns;
    size_t column_count;
    unsigned column_line;
    struct names column_names;
    struct row *rows;
    size_t row_count;

    struct step *steps;
    size_t step_count;
};

/* What the actions so far have led to. */
struct track {
    struct names marked; /* servers, peers, clients and components by name -> index */
    struct mark *marks;
    size_t mark_count;
    struct names cuts, stalls; /* directions between places -> line */
    struct names domains;      /* that were lost once, in lower case -> index */
    unsigned *lost;            /* the line in which it was lost; 0: it was found again */
    size_t domain_count;
};

/* One pass over a file, or over one of its cases. */
struct reading {
    struct script_file *file;
    struct arena *arena;        /* owns what is made */
    const struct row *row;      /* the case's; NULL: none */
    struct cast *cast;
    struct text *cast_lines;    /* as file->lines, with the case's values put into the sections of the cast */
    struct script_error *error; /* NULL: the file is known to be right */
    struct names captures;      /* of the actions so far */
    struct track track;
    size_t expanded;            /* octets so far */
};

/* ---------------------------------------------------------------------------------------------------- fault.c ---- */

/* script_fail - state what is wrong at an octet (from 0) of a line (from 1), values of the case put in.
 * returns   false. */
bool script_fail(struct reading *reading, unsigned line, size_t octet, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool script_fail_file(struct reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool script_fail_memory(struct reading *reading);

/* "; did you mean X?", or "". words: NULL at the end; NULL where memory ran out. */
struct hint {
    char text[NAME_MAX_SIZE + 32];
};
struct hint script_hint(struct text word, const char *const *words);

/* script_grow - make room for one more item of an array that doubles; NULL: memory ran out. */
void *script_grow(struct arena *arena, void *items, size_t count, size_t item_size);

/* ----------------------------------------------------------------------------------------------------- read.c ---- */

enum line_kind { LINE_BLANK, LINE_COMMENT, LINE_DASHES, LINE_INDENTED, LINE_SECTION, LINE_PLAIN };
enum line_kind script_line_kind(struct text line);

/* ----------------------------------------------------------------------------------------------------- cast.c ---- */

/* script_section - read "[Kind] name" and its properties into reading->cast, from reading->cast_lines. */
bool script_section(struct reading *reading, const struct range *section);
bool script_is_cases(struct text line);
bool script_known_section(struct text line);
const char *script_role_word(enum script_role role);
const struct script_property *script_property_of(const struct script_actor *actor, const char *key); /* or NULL */
struct text script_domain_played(const struct script_actor *actor); /* of a peer or component */
size_t script_name_octet(const struct reading *reading, const struct script_actor *actor); /* in its line */

/* A property's value where it stands. */
struct value {
    struct text text;
    unsigned line;
    size_t octet;
};

/* values.c: what each property's value must look like. */

/* script_check_value - seen: what the section has said so far. */
bool script_check_value(struct reading *reading, enum script_role role, const char *key, struct value value,
                        struct names *seen);
const char *script_property_key(enum script_role role, struct text word); /* NULL: this role has no such property */
void script_property_keys(enum script_role role, const char *keys[], size_t room); /* NULL at the end */
bool script_check_address(struct reading *reading, enum script_role role, struct value value);
bool script_next_item(struct value *rest, struct value *item); /* of a list with commas; false: none left */
struct text script_domain_of(struct text jid);
struct text script_bare_of(struct text jid);

/* script_duration - "40ms" as microseconds. returns NULL, or what is wrong with it. */
const char *script_duration(struct text text, uint64_t *us);

/* check_cast.c: what only the whole cast shows. */
bool script_check_cast(struct reading *reading);

/* --------------------------------------------------------------------------------------------------- places.c ---- */

int script_domain_owner(const struct cast *cast, struct text domain); /* as cast->domains, or NAME_UNKNOWN */
bool script_served(const struct cast *cast, struct text domain);
int script_find_place(const struct cast *cast, struct text name); /* a domain goes before a name; or NO_PLACE */
bool script_place(struct reading *reading, unsigned line, size_t octet, struct text name, int *place);
const char *script_place_name(const struct cast *cast, int place); /* "": the one server of a file without [Server] */

/* Two places as they are called, and which they are. */
struct ends {
    struct text first, second;
    int a, b;
};

/* script_two_places - whether something can travel between the two. octet: of the second. */
bool script_two_places(struct reading *reading, unsigned line, size_t octet, const struct ends *ends);

bool script_check_links(struct reading *reading);
bool script_check_homes(struct reading *reading); /* sets cast->homes */

/* ---------------------------------------------------------------------------------------------------- cases.c ---- */

/* script_cases - read the table. */
bool script_cases(struct reading *reading, const struct range *section);

/* script_check_columns - each is used; sets file->cast_varies. */
bool script_check_columns(struct reading *reading);

/* script_variable_find - the first "${...}" at or after `from`, within one line; false: none. */
bool script_variable_find(struct text text, size_t from, size_t *start, size_t *end);

/* script_expand - a piece of a line with the case's values put in. */
bool script_expand(struct reading *reading, struct text source, unsigned line, struct text *out);

/* What stands below an action line, with the case's values put in. */
struct block {
    char *text; /* NUL-terminated */
    size_t size;
    unsigned line; /* of its first octet */
};

bool script_expand_block(struct reading *reading, const struct step *step, struct block *block);

/* script_expand_cast - reading->cast_lines. */
bool script_expand_cast(struct reading *reading);

/* script_source_column - where an octet of an expanded line stands in the file, in characters from 1. */
unsigned script_source_column(const struct reading *reading, unsigned line, size_t octet);

/* -------------------------------------------------------------------------------------------------- actions.c ---- */

/* script_action - read one step. action: zeroed. */
bool script_action(struct reading *reading, const struct step *step, struct script_action *action);
bool script_expects(const struct script_action *action);

/* faults.c: time, and what breaks. */

/* script_fault_action - *found: the line is "time passes", "network ...", "DNS ...", "A crashes" or "A starts". */
bool script_fault_action(struct reading *reading, struct text line, struct script_action *action, bool *found);

/* script_fault_mistyped - fails where the line only begins like one of these. */
bool script_fault_mistyped(struct reading *reading, struct text line, unsigned number);

/* track.c: what one action rules out for those behind it. octet: of the name that a message is about. */

bool script_track_crash(struct reading *reading, const struct script_action *action, int place); /* or starts */
bool script_track_network(struct reading *reading, const struct script_action *action, size_t octet,
                          const struct ends *ends);
bool script_track_heal(struct reading *reading, const struct script_action *action);
bool script_track_dns(struct reading *reading, const struct script_action *action, size_t octet);
bool script_track_actor(struct reading *reading, const struct script_action *action);

/* --------------------------------------------------------------------------------------------------- blocks.c ---- */

bool script_block_stanzas(struct reading *reading, const struct step *step, struct script_action *action);
bool script_block_raw(struct reading *reading, const struct step *step, struct script_action *action);
bool script_block_fates(struct reading *reading, const struct step *step, struct script_action *action);

/* script_block_octet - where the column (in characters, from 1) of a line of the block lies in that line. */
size_t script_block_octet(const struct block *block, unsigned line, unsigned column);

/* script_xml - the elements of a block whose variables are known, or *fault with a place in the block. word: as in
 * xml_parse_words. */
bool script_xml(struct reading *reading, struct block *block, const char *word, unsigned *count,
                struct xml_node **roots);

/* ------------------------------------------------------------------------------------------------ variables.c ---- */

/* script_mask - check what is left of ${...}, and mask the apostrophes inside, so that XML in single quotes stays
 * well-formed. script_unmask undoes it. */
bool script_mask(struct reading *reading, struct block *block);
void script_unmask(char *text, size_t size);

/* script_check_plain - where only columns of [Cases] may stand, no other variable does. where: "an action line". */
bool script_check_plain(struct reading *reading, struct text text, unsigned line, size_t octet, const char *where);

/* script_settle - unmask trees; where they are expected, check what is said to the matcher and keep the captures. */
bool script_settle(struct reading *reading, const struct block *block, struct xml_node *roots, bool expected);

#endif
