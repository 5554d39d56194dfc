/* arena.h - what arena.c and xml.c have for each other alone. */
#ifndef STANZADRILL_SCRIPT_ARENA_H
#define STANZADRILL_SCRIPT_ARENA_H

#include "xml.h"

struct xml_reader;
void xml_reader_free(struct xml_reader *reader); /* NULL is allowed */

/* arena_reader - a place for what reads XML into the arena, freed with it; NULL stands in it at first. To set up a
 * parser takes longer than to read a stanza. */
struct xml_reader **arena_reader(struct arena *arena);

#endif
