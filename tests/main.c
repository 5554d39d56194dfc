/* Runs the Check suites: all of them, or those that are named. The last line is "N passed, N failed". */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

static void show_failures(SRunner *runner, int count) {
    TestResult **results = srunner_failures(runner);
    for (int i = 0; i < count; i++) {
        printf("%s:%d: %s: %s\n", tr_lfile(results[i]), tr_lno(results[i]), tr_tcname(results[i]), tr_msg(results[i]));
    }
    free(results);
}

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
        SRunner *runner = srunner_create(suites[i].make());
        srunner_run_all(runner, CK_SILENT);
        int suite_run = srunner_ntests_run(runner), suite_failed = srunner_ntests_failed(runner);
        printf("%-12s %d of %d\n", suites[i].name, suite_run - suite_failed, suite_run);
        show_failures(runner, suite_failed);
        srunner_free(runner);
        fflush(stdout);
        run += suite_run;
        /* A suite without a test checks nothing, which must not look like success. */
        failed += suite_failed + (suite_run == 0);
    }
    printf("%d passed, %d failed\n", run > failed ? run - failed : 0, failed);
    return run == 0 || failed > 0;
}
