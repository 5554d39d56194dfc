/* Which cases of the files are played: by their tags, by what failed before, and by parts of equal size. */
#include "cli.h"
#include "results.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------- what failed before ---- */

static bool has_failed(const struct report_result *result) {
    const struct report_case one = {.verdict = result->verdict};
    return report_count(&(struct report_run){.cases = &one, .case_count = 1}).failed > 0;
}

bool cli_rerun_read(struct cli_rerun *rerun, const char *path) {
    struct report_results results;
    *rerun = (struct cli_rerun){.path = path};
    if (!cli_results_read(path, &results)) {
        return false;
    }
    for (size_t i = 0; i < results.count; i++) {
        const struct report_result *result = &results.items[i];
        if (has_failed(result)) {
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

/* A file that could not be read has its path for a name, and then all its cases are to be played. */
static bool wants(const struct cli_settings *settings, const struct cli_file *file, size_t n, bool *tagged) {
    const bool by_tags = settings->only_tags.count > 0 || settings->skip_tags.count > 0;
    *tagged = true;
    if (file->script == NULL || (!by_tags && settings->rerun == NULL)) {
        return true;
    }
    struct arena *arena = cli_need(arena_new());
    const struct script *script = cli_need((void *)(uintptr_t)script_case(file->script, n, arena));
    *tagged = cli_selects(settings, script);
    const bool wanted = *tagged && (settings->rerun == NULL || is_among(settings->rerun, script->name) ||
                                    is_among(settings->rerun, file->path));
    arena_free(arena);
    return wanted;
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

static void say_why_empty(struct cli_selection *selection, const struct cli_settings *settings, bool any_tagged,
                          size_t before) {
    selection->status = CLI_USAGE;
    if (!any_tagged) {
        cli_complain("no case has these tags; `stanzadrill list` shows those that cases have", "");
    } else if (settings->rerun != NULL && settings->rerun->names.count == 0) {
        cli_complain("no case has failed in \"%s\"", settings->rerun->path);
        selection->status = CLI_OK;
    } else if (before == 0) {
        cli_complain("none of the cases that failed in \"%s\" is here", settings->rerun->path);
    } else {
        cli_complain("there are fewer cases than parts, and this part has none", "");
        selection->status = CLI_OK;
    }
}

void cli_select(struct cli_selection *selection, const struct cli_files *files, const struct cli_settings *settings) {
    size_t most = 0;
    bool any_tagged = false;
    for (size_t i = 0; i < files->count; i++) {
        most += files->items[i].script != NULL ? script_case_count(files->items[i].script) : 1;
    }
    *selection = (struct cli_selection){.items = cli_need(calloc(most + 1, sizeof *selection->items))};
    for (size_t i = 0; i < files->count; i++) {
        const struct cli_file *file = &files->items[i];
        const size_t cases = file->script != NULL ? script_case_count(file->script) : 1;
        for (size_t n = 0; n < cases; n++) {
            bool tagged;
            if (wants(settings, file, n, &tagged)) {
                selection->items[selection->count++] = (struct cli_choice){file, n};
            }
            any_tagged = any_tagged || tagged;
        }
    }
    const size_t before = selection->count;
    if (settings->shards > 1) {
        keep_shard(selection, settings);
    }
    if (selection->count == 0) {
        say_why_empty(selection, settings, any_tagged, before);
    }
}

void cli_selection_free(struct cli_selection *selection) {
    free(selection->items);
}
