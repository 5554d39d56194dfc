/* Which cases of the files are played: by name, by their tags, by what failed before, and by parts of equal size. */
#include "cli.h"
#include "results.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------- what failed before ---- */

bool cli_rerun_read(struct cli_rerun *rerun, const char *path) {
    struct report_results results;
    *rerun = (struct cli_rerun){.path = path};
    if (!cli_results_read(path, &results)) {
        return false;
    }
    for (size_t i = 0; i < results.count; i++) {
        const struct report_result *result = &results.items[i];
        if (report_is_failure(result->verdict)) {
            cli_words_add(&rerun->names, cli_copy(result->name));
            cli_words_add(&rerun->files, cli_copy(result->file));
        }
    }
    report_results_free(&results);
    cli_words_sort(&rerun->names);
    return true;
}

void cli_rerun_free(struct cli_rerun *rerun) {
    cli_words_free(&rerun->names);
    cli_words_free(&rerun->files);
}

/* The file holds names as a report writes them. */
static bool is_among(const struct cli_rerun *rerun, const char *name) {
    char *written = cli_need(report_utf8(name));
    const bool found = cli_words_have(&rerun->names, written);
    free(written);
    return found;
}

/* ------------------------------------------------------------------------------------------------------ choose ---- */

/* What keeps a case from being played, in the order in which it is asked. */
enum chosen { OTHER_CASE, OTHER_TAGS, NOT_FAILED, CHOSEN };

static enum chosen choose_case(const struct cli_settings *settings, const char *path, const struct script *script) {
    const struct cli_rerun *rerun = settings->rerun;
    if (!cli_is_case(settings, script)) {
        return OTHER_CASE;
    }
    if (!cli_selects(settings, script)) {
        return OTHER_TAGS;
    }
    return rerun == NULL || is_among(rerun, script->name) || is_among(rerun, path) ? CHOSEN : NOT_FAILED;
}

/* A file that could not be read has its path for a name, and then all its cases are to be played. */
static enum chosen choose(const struct cli_settings *settings, const struct cli_file *file, size_t n) {
    const bool all = settings->only_case == NULL && settings->only_tags.count == 0 && settings->skip_tags.count == 0 &&
                     settings->rerun == NULL;
    if (file->script == NULL || all) {
        return CHOSEN;
    }
    struct arena *arena = cli_need(arena_new());
    const struct script *script = cli_need((void *)(uintptr_t)script_case(file->script, n, arena));
    const enum chosen chosen = choose_case(settings, file->path, script);
    arena_free(arena);
    return chosen;
}

/* Parts go by turns, so that cases of one kind, which stand together, come into different parts. */
static void keep_shard(struct cli_selection *selection, const struct cli_settings *settings) {
    size_t kept = 0;
    for (size_t i = 0; i < selection->count; i++) {
        if (i % settings->shards == settings->shard - 1) {
            selection->items[kept++] = selection->items[i];
        }
    }
    selection->count = kept;
}

static void say_unknown_case(const struct cli_files *files, const char *name) {
    struct cli_words known = {NULL, 0};
    struct arena *arena = cli_need(arena_new());
    for (size_t i = 0; i < files->count; i++) {
        const struct script_file *file = files->items[i].script;
        for (size_t n = 0; file != NULL && n < script_case_count(file); n++) {
            const struct script *script = cli_need((void *)(uintptr_t)script_case(file, n, arena));
            if (script->case_name != NULL) {
                cli_words_add(&known, script->case_name);
            }
        }
    }
    cli_words_add(&known, NULL);
    cli_unknown("case", name, known.items, NULL);
    free(known.items);
    arena_free(arena);
}

/* nearest: how far the case came that came furthest. */
static int say_why_empty(const struct cli_files *files, const struct cli_settings *settings, enum chosen nearest) {
    if (settings->rerun != NULL && settings->rerun->names.count == 0) {
        cli_complain("no case has failed in \"%s\"", settings->rerun->path);
        return CLI_OK;
    }
    switch (nearest) {
    case OTHER_CASE:
        say_unknown_case(files, settings->only_case);
        return CLI_USAGE;
    case OTHER_TAGS:
        cli_complain("no case has these tags; `stanzadrill list` shows those that cases have", "");
        return CLI_USAGE;
    case NOT_FAILED:
        cli_complain("none of the cases that failed in \"%s\" is here", settings->rerun->path);
        return CLI_USAGE;
    case CHOSEN:
        break;
    }
    cli_complain("there are fewer cases than parts, and this part has none", "");
    return CLI_OK;
}

void cli_select(struct cli_selection *selection, const struct cli_files *files, const struct cli_settings *settings) {
    size_t most = 0;
    enum chosen nearest = OTHER_CASE;
    for (size_t i = 0; i < files->count; i++) {
        most += files->items[i].script != NULL ? script_case_count(files->items[i].script) : 1;
    }
    *selection = (struct cli_selection){.items = cli_need(calloc(most + 1, sizeof *selection->items))};
    for (size_t i = 0; i < files->count; i++) {
        const struct cli_file *file = &files->items[i];
        const size_t cases = file->script != NULL ? script_case_count(file->script) : 1;
        for (size_t n = 0; n < cases; n++) {
            const enum chosen chosen = choose(settings, file, n);
            if (chosen == CHOSEN) {
                selection->items[selection->count++] = (struct cli_choice){file, n};
            }
            nearest = chosen > nearest ? chosen : nearest;
        }
    }
    if (settings->shards > 1) {
        keep_shard(selection, settings);
    }
    if (selection->count == 0) {
        selection->status = say_why_empty(files, settings, nearest);
    }
}

void cli_selection_free(struct cli_selection *selection) {
    free(selection->items);
}
