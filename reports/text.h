/* text.h - what the writers share: text that is safe to show. */
#ifndef STANZADRILL_REPORTS_TEXT_H
#define STANZADRILL_REPORTS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { TEXT_PIECE_MAX = 16 };

/* text_plain - octets at the start of a text that stand for themselves everywhere, printable ASCII; `most` at most. */
size_t text_plain(const char *text, size_t most);

/* text_piece - the next character of `text`, or octets of it as \xNN, NUL-terminated in `out`.
 * escaped   whether it is not as it stood.
 * returns   octets of `text` that it stands for; 0 at the end. */
size_t text_piece(const char *text, char out[TEXT_PIECE_MAX + 1], bool *escaped);

/* text_piece_xml - the same for XML, which has no place for U+FFFE and U+FFFF, not even as references. */
size_t text_piece_xml(const char *text, char out[TEXT_PIECE_MAX + 1], bool *escaped);

/* text_guard - the first `most` octets of a text, with a backslash before each of the characters in `guarded`. */
void text_guard(FILE *out, const char *text, size_t most, const char *guarded);

/* text_json - a JSON string with its quotes, which YAML reads too. Octets that are not UTF-8 stand as \\xNN. */
void text_json(FILE *out, const char *text);

#endif
