/* Files that a command writes: whole, or not at all. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool cannot(const char *path, int why) {
    char text[200];
    snprintf(text, sizeof text, "cannot be written: %s", strerror(why));
    return cli_complain_at(path, 0, 0, text);
}

/* Whether the path is free or a file's own. A link stays what it is, and a pipe or a device is not to be replaced. */
static bool is_replaced(const char *path) {
    struct stat status;
    return lstat(path, &status) != 0 || S_ISREG(status.st_mode);
}

static char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = cli_copy(slash == NULL ? "." : path);
    if (slash != NULL) {
        folder[slash == path ? 1 : slash - path] = '\0';
    }
    return folder;
}

bool cli_output_check(const char *path) {
    struct stat status;
    const bool exists = stat(path, &status) == 0;
    char *folder = folder_of(path);
    int why = 0;
    if (path[0] == '\0') {
        why = ENOENT;
    } else if ((exists && S_ISDIR(status.st_mode)) || path[strlen(path) - 1] == '/') {
        why = EISDIR;
    } else if ((exists && access(path, W_OK) != 0) || (is_replaced(path) && access(folder, W_OK | X_OK) != 0)) {
        why = errno;
    }
    free(folder);
    return why == 0 || cannot(path, why);
}

/* Returns 0, or why it could not be done. */
static int fill(int fd, bool (*write)(FILE *out, void *context), void *context) {
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (out == NULL) {
        return errno;
    }
    errno = 0;
    bool good = write(out, context);
    good = fflush(out) == 0 && good && !ferror(out);
    const int why = errno;
    if (fclose(out) != 0 && good) {
        return errno;
    }
    return good ? 0 : why != 0 ? why : ENOMEM;
}

bool cli_output_write(const char *path, bool (*write)(FILE *out, void *context), void *context) {
    enum { NEW = O_WRONLY | O_CREAT | O_CLOEXEC };
    int why;
    if (!is_replaced(path)) {
        why = fill(open(path, NEW | O_TRUNC, 0666), write, context);
        return why == 0 || cannot(path, why);
    }
    char number[32];
    snprintf(number, sizeof number, ".%ld.new", (long)getpid());
    char *aside = cli_join(path, number);
    const int fd = open(aside, NEW | O_EXCL, 0666);
    why = fill(fd, write, context);
    if (why == 0 && rename(aside, path) != 0) {
        why = errno;
    }
    if (why != 0 && fd >= 0) {
        unlink(aside);
    }
    free(aside);
    return why == 0 || cannot(path, why);
}
