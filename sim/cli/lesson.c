/* stanzadrill lesson: a scenario of scenarios/lessons, played step by step with its explanation. */
#include "cli.h"
#include "lesson.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Here first, so that whoever works on lessons sees his own. */
static const char *const folders[] = {"scenarios/lessons/", STANZADRILL_SHARE "/scenarios/lessons/"};

struct lesson {
    unsigned number;
    char *path;
};

struct lessons {
    struct lesson *items;
    size_t count;
};

/* The number with which a lesson's file name begins; 0: it is none. */
static unsigned number_of(const char *name) {
    const size_t digits = strspn(name, "0123456789"), size = strlen(name);
    const bool good = digits > 0 && digits < 4 && size > 4 && strcmp(name + size - 4, ".scs") == 0;
    return good ? (unsigned)strtoul(name, NULL, 10) : 0;
}

static int by_number(const void *a, const void *b) {
    const struct lesson *x = a, *y = b;
    return x->number != y->number ? (x->number > y->number) - (x->number < y->number) : strcmp(x->path, y->path);
}

static struct lessons find_lessons(void) {
    struct lessons found = {NULL, 0};
    for (size_t i = 0; i < sizeof folders / sizeof *folders && found.count == 0; i++) {
        DIR *folder = opendir(folders[i]);
        for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
            const unsigned number = number_of(entry->d_name);
            if (number > 0) {
                found.items = cli_need(realloc(found.items, (found.count + 1) * sizeof *found.items));
                found.items[found.count++] = (struct lesson){number, cli_join(folders[i], entry->d_name)};
            }
        }
        if (folder != NULL) {
            closedir(folder);
        }
    }
    if (found.count > 0) {
        qsort(found.items, found.count, sizeof *found.items, by_number);
    }
    return found;
}

static void free_lessons(struct lessons *lessons) {
    for (size_t i = 0; i < lessons->count; i++) {
        free(lessons->items[i].path);
    }
    free(lessons->items);
}

/* "Lesson 3: who gets a message" is listed with its number in front. */
static const char *short_title(const char *title) {
    const char *rest = strncmp(title, "Lesson ", 7) == 0 ? title + 7 + strspn(title + 7, "0123456789") : title;
    return rest[0] == ':' && rest[1] == ' ' ? rest + 2 : title;
}

/* --- reading --- */

/* The text of a lesson, and the scenario that it is. false: the message is out. */
static bool read_lesson(const char *path, char **text, struct script_file **file) {
    size_t size = 0;
    const char *why = "";
    struct cli_file shown = {.path = (char *)(uintptr_t)path};
    *text = cli_read(path, SCRIPT_SIZE_MAX + 1, &size, &why);
    *file = NULL;
    if (*text == NULL) {
        return cli_cannot_read(path, why);
    }
    *file = script_read(path, *text, size, SCRIPT_STRICT_FORM, &shown.error);
    if (*file == NULL) {
        cli_file_complain(&shown);
        free(*text);
        return false;
    }
    return true;
}

static int list(const struct lessons *lessons) {
    int status = CLI_OK;
    for (size_t i = 0; i < lessons->count; i++) {
        char *text;
        struct script_file *file;
        struct arena *arena = cli_need(arena_new());
        if (read_lesson(lessons->items[i].path, &text, &file)) {
            const struct script *script = cli_need((void *)(uintptr_t)script_case(file, 0, arena));
            printf("%3u  ", lessons->items[i].number);
            report_text(stdout, short_title(script->title));
            putchar('\n');
            script_file_free(file);
            free(text);
        } else {
            status = CLI_USAGE;
        }
        arena_free(arena);
    }
    return status;
}

static int play(const struct cli_settings *settings, const char *path) {
    char *text;
    struct script_file *file;
    if (!read_lesson(path, &text, &file)) {
        return CLI_USAGE;
    }
    struct arena *arena = cli_need(arena_new());
    const struct script *script = cli_need((void *)(uintptr_t)script_case(file, 0, arena));
    struct drill_options options = {.story = true};
    struct drill_result result;
    if (!drill_play(script, &options, &result)) {
        cli_need(NULL);
    }
    const unsigned columns = cli_width();
    const struct lesson_page page = {.text = text,
                                     .script = script,
                                     .result = &result,
                                     .width = columns == 0 || columns > 100 ? 100 : columns < 40 ? 40 : columns,
                                     .colour = cli_colour(),
                                     .wait = !settings->no_wait && isatty(STDIN_FILENO)};
    lesson_tell(&page);
    const int status = cli_exit_of(result.verdict);
    drill_result_free(&result);
    arena_free(arena);
    script_file_free(file);
    free(text);
    return status;
}

static int play_number(const struct cli_settings *settings, const struct lessons *lessons) {
    const char *word = settings->paths.items[0];
    const size_t digits = strspn(word, "0123456789");
    const unsigned wanted = digits > 0 && digits < 4 && word[digits] == '\0' ? (unsigned)strtoul(word, NULL, 10) : 0;
    for (size_t i = 0; i < lessons->count; i++) {
        if (lessons->items[i].number == wanted) {
            return play(settings, lessons->items[i].path);
        }
    }
    cli_complain("there is no lesson \"%s\"; without a number, `stanzadrill lesson` lists them", word);
    return CLI_USAGE;
}

static int run(const struct cli_settings *settings) {
    struct lessons lessons = find_lessons();
    int status = CLI_USAGE;
    if (lessons.count == 0) {
        cli_complain("there are no lessons, neither in scenarios/lessons nor in \"%s\"",
                     STANZADRILL_SHARE "/scenarios/lessons");
    } else if (settings->paths.count > 1) {
        cli_complain("lesson plays one at a time, but got \"%s\" too", settings->paths.items[1]);
    } else {
        status = settings->paths.count == 0 ? list(&lessons) : play_number(settings, &lessons);
    }
    free_lessons(&lessons);
    return status;
}

const struct cli_command cli_lesson_command = {
    .name = "lesson",
    .usage = "[OPTION]... [N]",
    .summary = "play lesson N step by step; without N, list the lessons",
    .notes = "Lessons are the scenarios NN-NAME.scs of scenarios/lessons, here or where stanzadrill is installed. Each\n"
             "step shows its explanation, the action as the scenario has it, what happened, and the rule that decided.\n"
             "On a terminal, Enter goes on and q leaves.\n",
    .options = CLI_NO_WAIT,
    .needs_path = false,
    .run = run,
};
