/* One Check suite run to its end, for every program of tests: what has failed is printed, a line each. */
#ifndef SUITE_RUN_H
#define SUITE_RUN_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

struct suite_counts {
    int run, failed;
};

static inline struct suite_counts suite_run(Suite *suite) {
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_SILENT);
    const struct suite_counts counts = {srunner_ntests_run(runner), srunner_ntests_failed(runner)};
    TestResult **results = srunner_failures(runner);
    for (int i = 0; i < counts.failed; i++) {
        printf("%s:%d: %s: %s\n", tr_lfile(results[i]), tr_lno(results[i]), tr_tcname(results[i]), tr_msg(results[i]));
    }
    free(results);
    srunner_free(runner);
    fflush(stdout);
    return counts;
}

/* returns the exit status of a program that has only this suite. */
static inline int suite_main(Suite *suite) {
    const struct suite_counts counts = suite_run(suite);
    printf("%d passed, %d failed\n", counts.run - counts.failed, counts.failed);
    return counts.run == 0 || counts.failed > 0;
}

#endif
