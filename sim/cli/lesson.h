/* lesson.h - how a lesson is told; private to sim/cli. */
#ifndef STANZADRILL_CLI_LESSON_H
#define STANZADRILL_CLI_LESSON_H

#include "drill.h"
#include "script.h"

struct lesson_page {
    const char *text;                  /* of the file */
    const struct script *script;       /* its first case */
    const struct drill_result *result; /* of playing it, with its story */
    unsigned width;
    bool colour, wait;                 /* wait: for Enter, after each step */
};

void lesson_tell(const struct lesson_page *page);

#endif
