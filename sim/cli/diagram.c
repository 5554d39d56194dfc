/* stanzadrill diagram: what happens in one case, as a picture. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const struct cli_form cli_forms[] = {{"text", ".txt", REPORT_TEXT},
                                     {"svg", ".svg", REPORT_SVG},
                                     {"mermaid", ".mmd", REPORT_MERMAID},
                                     {NULL, NULL, REPORT_TEXT}};

unsigned cli_width(void) {
    struct winsize size;
    return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* What was asked for, else what the name of the file says. */
static enum report_diagram_form form_of(const struct cli_settings *settings) {
    const size_t size = settings->output == NULL ? 0 : strlen(settings->output);
    for (size_t i = 0; settings->form == NULL && cli_forms[i].name != NULL; i++) {
        const size_t end = strlen(cli_forms[i].ending);
        if (size > end && strcmp(settings->output + size - end, cli_forms[i].ending) == 0) {
            return cli_forms[i].form;
        }
    }
    return settings->form == NULL ? REPORT_TEXT : settings->form->form;
}

struct drawing {
    const struct report_story *story;
    struct report_diagram how;
};

static bool draw(FILE *out, void *context) {
    const struct drawing *drawing = context;
    return report_diagram(out, drawing->story, &drawing->how);
}

static bool write_diagram(const struct cli_settings *settings, struct drawing *drawing) {
    if (drawing->how.form == REPORT_TEXT) {
        const unsigned width = settings->width > 0 ? settings->width : settings->output == NULL ? cli_width() : 0;
        drawing->how.width = width == 0 ? 100 : width < 40 ? 40 : width;
        drawing->how.colour = settings->output == NULL && cli_colour();
    }
    if (settings->output != NULL) {
        return cli_output_write(settings->output, draw, drawing);
    }
    if (!draw(stdout, drawing) && !ferror(stdout)) {
        cli_need(NULL);
    }
    return true;
}

/* A case that goes wrong has a picture too, and the words to it go where they do not get into the picture. */
static int draw_case(const struct cli_settings *settings, const struct script *script) {
    struct drill_options options = settings->drill;
    struct drill_result result;
    options.story = true;
    if (!drill_play(script, &options, &result)) {
        cli_need(NULL);
    }
    int status = cli_exit_of(result.verdict);
    const struct report_story *story = cli_story(result.story);
    if (story != NULL) {
        struct drawing drawing = {
            .story = story, .how = {.form = form_of(settings), .title = script->title, .marks = settings->marks}};
        status = write_diagram(settings, &drawing) ? status : CLI_USAGE;
    }
    if (result.failure != NULL) {
        fflush(stdout);
        report_lines(stderr, "", result.failure);
    }
    cli_story_free(story);
    drill_result_free(&result);
    return status;
}

static bool is_chosen(const struct cli_settings *settings, const struct script *script) {
    return script->case_name == NULL ? settings->only_case == NULL
                                     : settings->only_case != NULL && strcmp(settings->only_case, script->case_name) == 0;
}

/* Which of its cases, where none was named that the file has. */
static int which_case(const struct cli_settings *settings, const struct script_file *file, struct arena *arena) {
    struct cli_words known = {NULL, 0};
    const struct script *first = cli_need((void *)(uintptr_t)script_case(file, 0, arena));
    if (first->case_name == NULL) {
        cli_complain("option \"--case\" is for files with [Cases], which \"%s\" has not", first->file);
        return CLI_USAGE;
    }
    for (size_t n = 0; settings->only_case != NULL && n < script_case_count(file); n++) {
        const struct script *script = cli_need((void *)(uintptr_t)script_case(file, n, arena));
        cli_words_add(&known, script->case_name);
    }
    cli_words_add(&known, NULL);
    if (settings->only_case != NULL) {
        cli_unknown("case", settings->only_case, known.items, NULL);
    } else {
        cli_complain("a diagram shows one case; choose one with --case, as in \"--case %s\"", first->case_name);
    }
    free(known.items);
    return CLI_USAGE;
}

static int draw_file(const struct cli_settings *settings, const struct script_file *file) {
    struct arena *arena = cli_need(arena_new());
    const struct script *chosen = NULL;
    for (size_t n = 0; n < script_case_count(file) && chosen == NULL; n++) {
        const struct script *script = cli_need((void *)(uintptr_t)script_case(file, n, arena));
        chosen = is_chosen(settings, script) || (settings->only_case == NULL && script_case_count(file) == 1) ? script
                                                                                                              : NULL;
    }
    const int status = chosen == NULL ? which_case(settings, file, arena) : draw_case(settings, chosen);
    arena_free(arena);
    return status;
}

static int run(const struct cli_settings *settings) {
    struct cli_files files;
    int status = CLI_USAGE;
    cli_files_read(&files, settings);
    if (files.count != 1) {
        const bool several = settings->paths.count > 1;
        cli_complain(several ? "diagram takes one scenario, but got \"%s\" too"
                             : "diagram needs one scenario, and \"%s\" is not one",
                     settings->paths.items[several]);
    } else if (files.items[0].script == NULL) {
        cli_file_complain(&files.items[0]);
    } else {
        status = draw_file(settings, files.items[0].script);
    }
    cli_files_free(&files);
    return status;
}

const struct cli_command cli_diagram_command = {
    .name = "diagram",
    .usage = "[OPTION]... FILE.scs",
    .summary = "play one case and draw what happens as a sequence diagram",
    .notes = "Each arrow is a stanza, with the rule that sent it below its name. What stays at a server, such as a message\n"
             "that is stored, stands in a box; an arrow with a cross at its end was lost. Exit status and what is said\n"
             "about a case that fails are those of `run`; the diagram is drawn all the same.\n",
    .options = CLI_DIAGRAM | CLI_CASE | CLI_OUTPUT | CLI_PROFILE | CLI_SEED | CLI_SCANSION | CLI_STRICT,
    .needs_path = true,
    .run = run,
};
