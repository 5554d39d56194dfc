/* What the HTML report counts before it writes: verdicts, folders, and who fired which rule. */
#include "html.h"

#include <stdlib.h>
#include <string.h>

const enum report_verdict html_worst[REPORT_VERDICT_COUNT] = {
    REPORT_BROKEN, REPORT_ERROR, REPORT_FAIL, REPORT_XPASS, REPORT_XFAIL, REPORT_SKIP, REPORT_NON_STRICT, REPORT_PASS,
};

bool html_troubles(enum report_verdict verdict) {
    return verdict != REPORT_PASS && verdict != REPORT_SKIP;
}

static bool is_worse(enum report_verdict a, enum report_verdict b) {
    for (size_t i = 0; i < REPORT_VERDICT_COUNT && html_worst[i] != b; i++) {
        if (html_worst[i] == a) {
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------------------------------------------- folders ---- */

/* Octets of the first `depth` folders of a path. */
static size_t folder_size(const char *path, size_t depth) {
    size_t size = 0;
    for (size_t at = 0; depth > 0; depth--) {
        const char *slash = strchr(path + at + (path[at] == '/'), '/');
        if (slash == NULL) {
            break;
        }
        size = at = (size_t)(slash - path);
    }
    return size;
}

/* The folder of this name, which becomes one if it is new; HTML_FOLDERS_MAX where there is no room for it. Cases of one
 * folder mostly follow each other, so that the search from the end is short. */
static size_t folder_of(struct html_tally *tally, const char *name, size_t size) {
    for (size_t i = tally->folder_count; i-- > 0;) {
        if (tally->folders[i].size == size && memcmp(tally->folders[i].name, name, size) == 0) {
            return i;
        }
    }
    if (tally->folder_count == HTML_FOLDERS_MAX) {
        return HTML_FOLDERS_MAX;
    }
    tally->folders[tally->folder_count] = (struct html_folder){.name = name, .size = size};
    return tally->folder_count++;
}

/* Puts each case into its folder of at most this depth; false where these are too many. */
static bool divide(struct html_tally *tally, const struct report_run *run, size_t depth) {
    tally->folder_count = 0;
    for (size_t i = 0; i < run->case_count; i++) {
        const char *path = run->cases[i].file;
        const size_t folder = folder_of(tally, path, folder_size(path, depth));
        if (folder == HTML_FOLDERS_MAX) {
            return false;
        }
        tally->folder_of[i] = (unsigned char)folder;
        tally->folders[folder].cases++;
        tally->folders[folder].verdicts[run->cases[i].verdict]++;
    }
    return true;
}

static size_t deepest(const struct report_run *run) {
    size_t most = 0;
    for (size_t i = 0; i < run->case_count; i++) {
        size_t depth = 0;
        for (const char *p = run->cases[i].file; *p != '\0'; p++) {
            depth += *p == '/';
        }
        most = depth > most ? depth : most;
    }
    return most;
}

/* What all folders begin with, whole parts of their names. */
static void find_shared(struct html_tally *tally) {
    const struct html_folder *first = &tally->folders[0];
    size_t shared = first->size;
    for (size_t i = 1; i < tally->folder_count; i++) {
        const struct html_folder *folder = &tally->folders[i];
        size_t same = 0;
        while (same < shared && same < folder->size && folder->name[same] == first->name[same]) {
            same++;
        }
        shared = same;
    }
    while (shared > 0 && first->name[shared - 1] != '/') {
        shared--;
    }
    for (size_t i = 0; i < tally->folder_count; i++) {
        tally->folders[i].shown = tally->folder_count > 1 ? shared : 0;
    }
}

static void tally_folders(struct html_tally *tally, const struct report_run *run) {
    size_t depth = deepest(run);
    while (!divide(tally, run, depth)) {
        depth = depth > 8 ? 8 : depth - 1;
    }
    find_shared(tally);
}

/* ------------------------------------------------------------------------------------------------------ names ---- */

struct named {
    const char *name;
    size_t index;
};

static int by_name(const void *a, const void *b) {
    const struct named *x = a, *y = b;
    const int name = strcmp(x->name, y->name);
    return name != 0 ? name : (x->index > y->index) - (x->index < y->index);
}

/* Cases of one name, such as a/b.scs and row b of a.scs, need ids of their own. */
static bool find_twins(struct html_tally *tally, const struct report_run *run) {
    struct named *named = calloc(run->case_count + 1, sizeof *named);
    if (named == NULL) {
        return false;
    }
    for (size_t i = 0; i < run->case_count; i++) {
        named[i] = (struct named){run->cases[i].name, i};
    }
    qsort(named, run->case_count, sizeof *named, by_name);
    for (size_t i = 1; i < run->case_count; i++) {
        if (strcmp(named[i].name, named[i - 1].name) == 0) {
            tally->twins[named[i].index] = tally->twins[named[i - 1].index] + 1;
        }
    }
    free(named);
    return true;
}

/* ------------------------------------------------------------------------------------------------------ rules ---- */

/* A rule's links: one a file, so that they lead to different things. */
static void pick(struct html_rule *rule, const struct report_run *run, size_t index) {
    if (rule->pick_count == HTML_PICKS ||
        (rule->pick_count > 0 &&
         strcmp(run->cases[rule->picks[rule->pick_count - 1]].file, run->cases[index].file) == 0)) {
        return;
    }
    rule->picks[rule->pick_count++] = index;
}

static void tally_case(struct html_tally *tally, const struct report_run *run, size_t index) {
    const struct report_case *c = &run->cases[index];
    for (size_t r = 0; r < run->rule_count; r++) {
        if (c->fired_rules[r] == 0) {
            continue;
        }
        struct html_rule *rule = &tally->rules[r];
        if (rule->fired++ == 0 || is_worse(c->verdict, rule->worst)) {
            rule->worst = c->verdict;
        }
        rule->folders[tally->folder_of[index]]++;
        pick(rule, run, index);
    }
}

static void tally_rules(struct html_tally *tally, const struct report_run *run) {
    for (int troubled = 1; troubled >= 0; troubled--) {
        for (size_t i = 0; i < run->case_count; i++) {
            if (run->cases[i].fired_rules != NULL && html_troubles(run->cases[i].verdict) == (troubled == 1)) {
                tally_case(tally, run, i);
            }
        }
    }
}

bool html_tally(struct html_tally *tally, const struct report_run *run) {
    *tally = (struct html_tally){
        .folder_of = calloc(run->case_count + 1, sizeof *tally->folder_of),
        .twins = calloc(run->case_count + 1, sizeof *tally->twins),
        .rules = calloc(run->rule_count + 1, sizeof *tally->rules),
    };
    if (tally->folder_of == NULL || tally->twins == NULL || tally->rules == NULL || !find_twins(tally, run)) {
        return false;
    }
    for (size_t i = 0; i < run->case_count; i++) {
        tally->verdicts[run->cases[i].verdict]++;
    }
    tally_folders(tally, run);
    tally_rules(tally, run);
    return true;
}

void html_tally_free(struct html_tally *tally) {
    free(tally->folder_of);
    free(tally->twins);
    free(tally->rules);
}
