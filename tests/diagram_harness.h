/* diagram_harness.h - making up stories, drawing them, and looking at the picture as an XML parser sees it. */
#ifndef STANZADRILL_TESTS_DIAGRAM_HARNESS_H
#define STANZADRILL_TESTS_DIAGRAM_HARNESS_H

#include "report.h"

extern struct report_story story;
extern struct report_diagram how;
extern char *drawn; /* the last diagram */

void diagram_setup(void);
void diagram_teardown(void);

/* The cast. Lanes 0, 1, 2: Romeo, server verona, Juliet; or 0 to 3: Romeo, north, south, Juliet. */
void two_clients(void);
void two_servers(void);
void story_lane(const char *name, const char *address, enum report_lane_kind kind);

/* Events, at the end of the story. They stay where they are. */
struct report_event *story_add(enum report_event_kind kind, int from, int to, uint64_t time_us, const char *label);
struct report_event *story_sends(int from, int to, uint64_t time_us, const char *label);
struct report_event *story_arrives(int from, int to, uint64_t time_us, const char *label, const char *rule);

/* draw - the story; a picture must be well-formed XML. */
void draw(enum report_diagram_form form);

/* What an XML parser finds in the picture. */
size_t elements(const char *name, const char *style); /* of this class; NULL: of any */
size_t drawn_texts(const char *text);
size_t titles(const char *text);
double text_y(const char *text); /* of the first one */
bool texts_share_a_line(const char *text);
bool slants(size_t arrow); /* the n-th arrow */
void nothing_overlaps(void);

void squeeze(void); /* the last diagram, which is text: blanks and lines become one letter each */
void lines_fit(unsigned width); /* of the last diagram, which is text */

#endif
