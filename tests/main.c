/* Runs the Check suites: all of them, or those that are named. The last line is "N passed, N failed". */
#include "suite_run.h"

#include <stdbool.h>
#include <string.h>

#define SUITE(name) Suite *name##_suite(void);
#include "suites.h"
#undef SUITE

static const struct {
    const char *name;
    Suite *(*make)(void);
} suites[] = {
#define SUITE(name) {#name, name##_suite},
#include "suites.h"
#undef SUITE
    {NULL, NULL},
};

static bool named(const char *name, int count, char **names) {
    for (int i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return count == 0;
}

int main(int argc, char **argv) {
    /* Under sanitizers and on a busy machine the usual four seconds say nothing about the code. */
    setenv("CK_DEFAULT_TIMEOUT", "300", 0);
    int run = 0, failed = 0;
    for (size_t i = 0; suites[i].name != NULL; i++) {
        if (!named(suites[i].name, argc - 1, argv + 1)) {
            continue;
        }
        const struct suite_counts counts = suite_run(suites[i].make());
        printf("%-12s %d of %d\n", suites[i].name, counts.run - counts.failed, counts.run);
        fflush(stdout);
        run += counts.run;
        /* A suite without a test checks nothing, which must not look like success. */
        failed += counts.failed + (counts.run == 0);
    }
    printf("%d passed, %d failed\n", run > failed ? run - failed : 0, failed);
    return run == 0 || failed > 0;
}
