/* From the paths on the command line to parsed files: folders are walked, names sorted by their octets, each once. */
#include "cli.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "./a//b/./c/" becomes "a/b/c", so that one file has one name; "." and "/" stay. */
static char *tidy(const char *path) {
    char *out = cli_need(malloc(strlen(path) + 2));
    size_t size = 0;
    for (const char *p = path; *p != '\0';) {
        size_t part = strcspn(p, "/");
        bool here = part == 0 || (part == 1 && p[0] == '.');
        if (part == 0 && p == path) {
            out[size++] = '/';
        } else if (!here) {
            if (size > 0 && out[size - 1] != '/') {
                out[size++] = '/';
            }
            memcpy(out + size, p, part);
            size += part;
        }
        p += part + (p[part] == '/');
    }
    if (size == 0) {
        out[size++] = '.';
    }
    out[size] = '\0';
    return out;
}

static struct cli_file *add(struct cli_files *files, const char *path) {
    files->items = cli_need(realloc(files->items, (files->count + 1) * sizeof *files->items));
    struct cli_file *file = &files->items[files->count++];
    *file = (struct cli_file){.path = cli_copy(path)};
    return file;
}

static void cannot(struct cli_file *file, const char *what, const char *why) {
    snprintf(file->error.text, sizeof file->error.text, "%s%s", what, why);
}

static bool ends_with(const char *text, const char *end) {
    size_t text_size = strlen(text), end_size = strlen(end);
    return text_size > end_size && strcmp(text + text_size - end_size, end) == 0;
}

/* A folder's entries. Links to folders are not followed, which leaves no way to walk in a circle. */
static void walk(struct cli_files *files, const char *folder) {
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        cannot(add(files, folder), "folder cannot be read: ", strerror(errno));
        return;
    }
    char *stem = strcmp(folder, ".") == 0 ? cli_copy("") : cli_join(folder, strcmp(folder, "/") == 0 ? "" : "/");
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        char *path = cli_join(stem, entry->d_name);
        struct stat link, target;
        bool known = lstat(path, &link) == 0;
        bool is_folder = known && S_ISDIR(link.st_mode);
        bool is_link_to_folder = known && S_ISLNK(link.st_mode) && stat(path, &target) == 0 && S_ISDIR(target.st_mode);
        if (is_folder) {
            walk(files, path);
        } else if (ends_with(path, ".scs") && !is_link_to_folder) {
            add(files, path);
        }
        free(path);
    }
    free(stem);
    closedir(dir);
}

static int by_path(const void *a, const void *b) {
    const struct cli_file *x = a, *y = b;
    return strcmp(x->path, y->path);
}

static void sort_and_thin(struct cli_files *files) {
    if (files->count == 0) {
        return;
    }
    qsort(files->items, files->count, sizeof *files->items, by_path);
    size_t kept = 1;
    for (size_t i = 1; i < files->count; i++) {
        if (strcmp(files->items[i].path, files->items[kept - 1].path) == 0) {
            free(files->items[i].path);
        } else {
            files->items[kept++] = files->items[i];
        }
    }
    files->count = kept;
}

/* Files given, and every .scs below the folders given. Nothing is read yet. */
static void find(struct cli_files *files, const struct cli_words *paths) {
    *files = (struct cli_files){NULL, 0};
    for (size_t i = 0; i < paths->count; i++) {
        char *path = tidy(paths->items[i]);
        struct stat status;
        if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
            size_t before = files->count;
            walk(files, path);
            if (files->count == before) {
                cannot(add(files, path), "no scenario (.scs) in this folder or below", "");
            }
        } else {
            add(files, path);
        }
        free(path);
    }
    sort_and_thin(files);
}

char *cli_read(const char *path, size_t most, size_t *size, const char **why) {
    /* A named pipe would otherwise wait for a writer. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        *why = strerror(errno);
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    if (!S_ISREG(status.st_mode)) {
        *why = "not a regular file";
        close(fd);
        return NULL;
    }
    size_t room = most;
    if (status.st_size >= 0 && (uintmax_t)status.st_size < room) {
        room = (size_t)status.st_size + 1;
    }
    char *bytes = cli_need(malloc(room + 1));
    ssize_t got = 1;
    for (*size = 0; *size < room && got > 0; *size += (size_t)(got > 0 ? got : 0)) {
        got = read(fd, bytes + *size, room - *size);
    }
    bytes[*size] = '\0';
    if (got < 0) {
        *why = strerror(errno);
        free(bytes);
        bytes = NULL;
    }
    close(fd);
    return bytes;
}

void cli_files_read(struct cli_files *files, const struct cli_settings *settings) {
    find(files, &settings->paths);
    for (size_t i = 0; i < files->count; i++) {
        struct cli_file *file = &files->items[i];
        if (file->error.text[0] != '\0') {
            continue;
        }
        size_t size = 0;
        const char *why = "";
        /* One octet more than a script may have is enough to let its reader say so. */
        char *bytes = cli_read(file->path, SCRIPT_SIZE_MAX + 1, &size, &why);
        if (bytes == NULL) {
            cannot(file, "cannot be read: ", why);
        } else {
            file->script = script_read(file->path, bytes, size, settings->mode, &file->error);
            free(bytes);
        }
    }
}

void cli_files_free(struct cli_files *files) {
    for (size_t i = 0; i < files->count; i++) {
        free(files->items[i].path);
        script_file_free(files->items[i].script);
    }
    free(files->items);
}

char *cli_file_error(const struct cli_file *file) {
    const struct script_error *error = &file->error;
    char place[64];
    /* Editors jump to FILE:LINE:COLUMN, and what is about the whole file is about its start. */
    snprintf(place, sizeof place, ":%u:%u: ", error->line > 0 ? error->line : 1, error->column > 0 ? error->column : 1);
    char *start = cli_join(file->path, place);
    char *line = cli_join(start, error->text);
    char *whole = cli_join(line, "\n");
    free(start);
    free(line);
    return whole;
}

void cli_file_complain(const struct cli_file *file) {
    (void)cli_complain_at(file->path, file->error.line, file->error.column, file->error.text);
}

/* Whether one of the words, or of their parts between commas, means the tag. */
static bool means(const struct cli_words *words, const char *tag) {
    size_t tag_size = strlen(tag), key_size = strcspn(tag, ":");
    for (size_t i = 0; i < words->count; i++) {
        if (strcmp(words->items[i], tag) == 0) {
            return true;
        }
        for (const char *p = words->items[i]; *p != '\0'; p += strcspn(p, ","), p += *p == ',') {
            size_t size = strcspn(p, ",");
            if ((size == tag_size || size == key_size) && memcmp(p, tag, size) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool has_any(const struct cli_words *words, const struct script *script) {
    for (size_t i = 0; script->tags[i] != NULL; i++) {
        if (means(words, script->tags[i])) {
            return true;
        }
    }
    return false;
}

bool cli_is_case(const struct cli_settings *settings, const struct script *script) {
    return settings->only_case == NULL ||
           (script->case_name != NULL && strcmp(script->case_name, settings->only_case) == 0);
}

bool cli_selects(const struct cli_settings *settings, const struct script *script) {
    bool wanted = settings->only_tags.count == 0 || has_any(&settings->only_tags, script);
    return wanted && !has_any(&settings->skip_tags, script);
}

int cli_each_case(const struct cli_settings *settings, void (*visit)(void *context, const struct script *script),
                  void *context) {
    struct cli_files files;
    struct cli_selection selection;
    struct cli_progress progress;
    size_t unreadable = 0;
    cli_files_read(&files, settings);
    cli_select(&selection, &files, settings);
    cli_progress_start(&progress, selection.count, !settings->watch || settings->quiet);
    for (size_t i = 0; i < selection.count; i++) {
        const struct cli_choice *choice = &selection.items[i];
        if (choice->file->script != NULL) {
            struct arena *arena = cli_need(arena_new());
            visit(context, cli_need((void *)(uintptr_t)script_case(choice->file->script, choice->n, arena)));
            arena_free(arena);
            cli_progress_step(&progress, false);
            continue;
        }
        cli_progress_step(&progress, true);
        cli_progress_end(&progress);
        cli_file_complain(choice->file);
        unreadable++;
    }
    cli_progress_end(&progress);
    const int status = selection.count == 0 ? selection.status : unreadable == 0 ? CLI_OK : CLI_USAGE;
    cli_selection_free(&selection);
    cli_files_free(&files);
    return status;
}
