/* bench_suite.c - how many cases of a folder of scenarios one core plays in a second, files read and parsed each time. */
#include "bench.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "drill.h"
#include "script.h"

enum { FILES_MAX = 4096, PATH_MAX_OCTETS = 512, FILE_MAX_OCTETS = 1 << 20 };

struct suite {
    char (*paths)[PATH_MAX_OCTETS];
    size_t path_count, cases, not_passed;
    char *text;
    int failed;
};

static void collect(struct suite *suite, const char *folder) {
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char path[PATH_MAX_OCTETS];
        struct stat info;
        const size_t size = strlen(entry->d_name);
        if (entry->d_name[0] == '.') continue;
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path) continue;
        if (stat(path, &info) != 0) continue;
        if (S_ISDIR(info.st_mode))
            collect(suite, path);
        else if (size > 4 && strcmp(entry->d_name + size - 4, ".scs") == 0 && suite->path_count < FILES_MAX)
            memcpy(suite->paths[suite->path_count++], path, sizeof path);
    }
    if (dir != NULL) closedir(dir);
}

static size_t read_file(struct suite *suite, const char *path) {
    FILE *file = fopen(path, "rb");
    const size_t size = file == NULL ? 0 : fread(suite->text, 1, FILE_MAX_OCTETS, file);
    if (file == NULL || size == 0) suite->failed = 1;
    if (file != NULL) fclose(file);
    return size;
}

static void play_file(struct suite *suite, struct drill_profiles *profiles, const char *path) {
    struct script_error error;
    struct script_file *file =
        script_read(path, suite->text, read_file(suite, path), SCRIPT_STRICT_FORM, &error);
    if (file == NULL) {
        suite->failed = 1;
        return;
    }
    for (size_t i = 0; i < script_case_count(file); i++) {
        struct arena *arena = arena_new();
        const struct script *script = arena == NULL ? NULL : script_case(file, i, arena);
        const struct drill_options options = {.seed = 1, .profiles = profiles};
        struct drill_result result;
        if (script == NULL || !drill_play(script, &options, &result)) {
            suite->failed = 1;
        } else {
            suite->cases++;
            suite->not_passed += result.verdict != DRILL_PASS && result.verdict != DRILL_NON_STRICT;
            drill_result_free(&result);
        }
        arena_free(arena);
    }
    script_file_free(file);
}

static void run(void *ctx) {
    struct suite *suite = ctx;
    suite->cases = suite->not_passed = 0;
    struct drill_profiles *profiles = drill_profiles_new();
    for (size_t i = 0; i < suite->path_count; i++) play_file(suite, profiles, suite->paths[i]);
    drill_profiles_free(profiles);
}

int bench_suite(const char *folder) {
    struct suite suite = {.paths = calloc(FILES_MAX, PATH_MAX_OCTETS), .text = malloc(FILE_MAX_OCTETS)};
    if (suite.paths == NULL || suite.text == NULL) {
        suite.failed = 1;
    } else {
        collect(&suite, folder);
        const double ns = bench_median_ns(run, &suite, 1);
        if (suite.cases == 0) suite.failed = 1;
        bench_line("suite-cases", (double)suite.cases, "cases");
        bench_line("suite-not-passed", (double)suite.not_passed, "cases");
        bench_line("suite-time", ns / 1e6, "ms");
        bench_line("suite-speed", (double)suite.cases / ns * 1e9, "cases/s");
    }
    free(suite.paths);
    free(suite.text);
    return suite.failed;
}
