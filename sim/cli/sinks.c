/* --format: which reports are asked for, and where they go. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FORMATS_MAX = 32 };

static const struct report_format *format_of(const char *value, size_t size) {
    const char *known[FORMATS_MAX + 1] = {NULL};
    for (size_t i = 0; report_formats[i].name != NULL && i < FORMATS_MAX; i++) {
        known[i] = report_formats[i].name;
        if (strlen(known[i]) == size && memcmp(known[i], value, size) == 0) {
            return &report_formats[i];
        }
    }
    char *name = cli_copy(value);
    name[size] = '\0';
    cli_unknown("format", name, known, NULL);
    free(name);
    return NULL;
}

bool cli_sinks_add(struct cli_settings *settings, const char *value) {
    const size_t size = strcspn(value, ":");
    const struct report_format *format = format_of(value, size);
    if (format == NULL) {
        return false;
    }
    char *path = NULL;
    if (value[size] == ':' && value[size + 1] == '\0') {
        cli_complain("option \"--format\" needs a file behind \"%s\"", value);
        return false;
    }
    if (value[size] == ':') {
        path = strcmp(value + size + 1, "-") == 0 ? NULL : cli_copy(value + size + 1);
    } else if (format->file != NULL) {
        path = cli_join(CLI_REPORTS_FOLDER, format->file);
    }
    struct cli_sink *sinks = cli_need(realloc(settings->sinks, (settings->sink_count + 1) * sizeof *sinks));
    sinks[settings->sink_count++] = (struct cli_sink){format, path};
    settings->sinks = sinks;
    return true;
}

void cli_sinks_free(struct cli_settings *settings) {
    for (size_t i = 0; i < settings->sink_count; i++) {
        free(settings->sinks[i].path);
    }
    free(settings->sinks);
    settings->sinks = NULL;
    settings->sink_count = 0;
}

/* ---------------------------------------------------------------------------------------------------- checking ---- */

/* The folder of reports is ours to create; what the user names has to be there. */
static bool make_folder(const char *path) {
    static const char folder[] = CLI_REPORTS_FOLDER;
    if (strncmp(path, folder, sizeof folder - 1) != 0) {
        return true;
    }
    for (size_t i = 1; i < sizeof folder; i++) {
        if (folder[i] != '/') {
            continue;
        }
        char *part = cli_copy(folder);
        part[i] = '\0';
        const int why = mkdir(part, 0777) == 0 || errno == EEXIST ? 0 : errno;
        free(part);
        if (why != 0) {
            cli_complain("the folder " CLI_REPORTS_FOLDER " cannot be created: %s", strerror(why));
            return false;
        }
    }
    return true;
}

static bool same_place(const struct cli_sink *a, const struct cli_sink *b) {
    struct stat x, y;
    if (a->path == NULL || b->path == NULL) {
        return a->path == b->path;
    }
    /* A device may take several reports one after the other; a file would keep the last one only. */
    return strcmp(a->path, b->path) == 0 || (stat(a->path, &x) == 0 && stat(b->path, &y) == 0 && S_ISREG(x.st_mode) &&
                                             x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

bool cli_sinks_check(const struct cli_settings *settings, unsigned *needs) {
    *needs = 0;
    for (size_t i = 0; i < settings->sink_count; i++) {
        const struct cli_sink *sink = &settings->sinks[i];
        *needs |= sink->format->needs;
        for (size_t k = 0; k < i; k++) {
            if (!same_place(sink, &settings->sinks[k])) {
                continue;
            }
            if (sink->path == NULL) {
                cli_complain("two reports on standard output; give one of them a file, as in \"--format %s:FILE\"",
                             sink->format->name);
            } else {
                cli_complain("two reports in one file, \"%s\"; give each its own", sink->path);
            }
            return false;
        }
        if (sink->path != NULL && !(make_folder(sink->path) && cli_output_check(sink->path))) {
            return false;
        }
    }
    return true;
}

/* ----------------------------------------------------------------------------------------------------- writing ---- */

bool cli_colour(void) {
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    const bool refused = no_color != NULL && no_color[0] != '\0';
    const bool dumb = term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
    return !refused && !dumb && isatty(STDOUT_FILENO);
}

struct writing {
    const struct report_format *format;
    const struct report_run *run;
};

static bool write_sink(FILE *out, void *context) {
    const struct writing *writing = context;
    return writing->format->write(out, writing->run, false);
}

/* main sees to it that a write to standard output that fails does not go unnoticed. */
static void write_shown(const struct cli_settings *settings, const struct report_run *run) {
    bool (*write)(FILE *, const struct report_run *, bool) = report_pretty;
    for (size_t i = 0; i < settings->sink_count; i++) {
        if (settings->sinks[i].path == NULL) {
            write = settings->sinks[i].format->write;
        }
    }
    if (!(write == report_pretty && settings->quiet ? report_quiet : write)(stdout, run, cli_colour()) &&
        !ferror(stdout)) {
        cli_need(NULL);
    }
}

bool cli_sinks_write(const struct cli_settings *settings, const struct report_run *run) {
    bool good = true;
    write_shown(settings, run);
    for (size_t i = 0; i < settings->sink_count; i++) {
        struct writing writing = {settings->sinks[i].format, run};
        if (settings->sinks[i].path != NULL && !cli_output_write(settings->sinks[i].path, write_sink, &writing)) {
            good = false;
        }
    }
    return good;
}
