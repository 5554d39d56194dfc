/* process.c - a private folder and the processes that were started for it, of which nothing stays behind. */
#include "parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum {
    PROCESSES_MAX = 8,
    PATH_SIZE = 512,
    LOG_SHOWN = 600,     /* octets of a log in a message */
    OPEN_MAX_SEEN = 1024, /* descriptors below it are not handed on */
    FOLDER_ROOM = 1 << 28 /* octets that a folder in memory must have for us */
};

struct process {
    pid_t pid; /* 0: it has ended and was waited for */
    char log[PATH_SIZE];
};

struct live_nest {
    char folder[PATH_SIZE / 2];
    int janitor_end; /* a socket; the janitor acts when nobody holds it any more */
    pid_t janitor;
    struct process processes[PROCESSES_MAX];
    size_t count;
};

/* Reads the numbers of process groups, and of those that are over with a minus; when no more can come, ends those that
 * are left and removes the folder. Nothing in it is worth an orderly end. */
static const char janitor_script[] =
    "trap '' INT TERM HUP QUIT\n"
    "cd /\n"
    "groups=\n"
    "while read -r group; do\n"
    "  case $group in\n"
    "  -*)\n"
    "    rest=\n"
    "    for other in $groups; do [ \"-$other\" = \"$group\" ] || rest=\"$rest $other\"; done\n"
    "    groups=$rest\n"
    "    ;;\n"
    "  *) groups=\"$groups $group\" ;;\n"
    "  esac\n"
    "done\n"
    "for turn in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do\n"
    "  left=\n"
    "  for group in $groups; do kill -KILL -\"$group\" 2>/dev/null && left=yes; done\n"
    "  rm -rf -- \"$1\"\n"
    "  [ -n \"$left\" ] || [ -e \"$1\" ] || exit 0\n"
    "  sleep 0.1\n"
    "done\n";

/* A process tells the janitor of itself before it becomes the program, so that there is no moment at which the harness
 * could die and leave it. */
static const char start_script[] = "cd \"$0\" && echo $$ >&3 && exec \"$@\" 3>&-\n";

bool live_fail(struct live_error *error, const char *format, ...) {
    char text[sizeof error->text];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments); /* the error's own text may be among the arguments */
    va_end(arguments);
    error->line = error->column = 0;
    memcpy(error->text, text, sizeof text);
    return false;
}

uint64_t live_clock_us(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t live_end_us(const struct live_server *server, uint64_t end_us) {
    const uint64_t usual_us = live_clock_us() + (uint64_t)server->seconds * 1000000;
    return usual_us < end_us ? usual_us : end_us;
}

unsigned live_seconds(uint64_t us) {
    return (unsigned)((us + 500000) / 1000000);
}

/* ---------------------------------------------------------------------------------------------------- starting ---- */

/* What a new process gets of the harness's descriptors; -1: /dev/null, or the file. */
struct ends {
    int input, output, janitor;
    const char *log; /* where output goes if there is no descriptor for it */
};

/* Libraries may have opened descriptors that would stay open in a server for as long as it runs. */
static int close_others(posix_spawn_file_actions_t *actions, int kept) {
    int result = 0;
    for (int fd = 3; fd < OPEN_MAX_SEEN; fd++) {
        const int flags = fcntl(fd, F_GETFD);
        if (fd != kept && flags >= 0 && (flags & FD_CLOEXEC) == 0) {
            result |= posix_spawn_file_actions_addclose(actions, fd);
        }
    }
    return result;
}

static int plan(posix_spawn_file_actions_t *actions, const struct ends *ends) {
    int result = ends->input >= 0 ? posix_spawn_file_actions_adddup2(actions, ends->input, 0)
                                  : posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    result |= ends->output >= 0
                  ? posix_spawn_file_actions_adddup2(actions, ends->output, 1)
                  : posix_spawn_file_actions_addopen(actions, 1, ends->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    result |= posix_spawn_file_actions_adddup2(actions, 1, 2);
    if (ends->janitor >= 0) {
        result |= posix_spawn_file_actions_adddup2(actions, ends->janitor, 3);
    }
    return result | close_others(actions, ends->janitor >= 0 ? 3 : -1);
}

static int spawn(pid_t *pid, const char *const *argv, char *const *environment, const struct ends *ends) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int result = posix_spawn_file_actions_init(&actions);
    if (result != 0) {
        return result;
    }
    result = posix_spawnattr_init(&attributes);
    if (result == 0) {
        result = plan(&actions, ends);
        result |= posix_spawnattr_setflags(&attributes,
                                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        result |= posix_spawnattr_setpgroup(&attributes, 0);
        result |= posix_spawnattr_setsigmask(&attributes, &none);
        result |= posix_spawnattr_setsigdefault(&attributes, &all);
        if (result == 0) {
            result = posix_spawnp(pid, argv[0], &actions, &attributes, (char *const *)(uintptr_t)argv, environment);
        }
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return result;
}

/* Sockets, as they can be made so that a process which another thread starts meanwhile does not get them. */
static bool make_ends(int ends[2]) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0;
}

/* ---------------------------------------------------------------------------------------------------- the nest ---- */

static bool hire_janitor(struct live_nest *nest, struct live_error *error) {
    const char *const argv[] = {"sh", "-c", janitor_script, "stanzadrill-janitor", nest->folder, NULL};
    int ends[2];
    if (!make_ends(ends)) {
        return live_fail(error, "a socket cannot be made: %s", strerror(errno));
    }
    const struct ends janitor = {.input = ends[0], .output = -1, .janitor = -1, .log = "/dev/null"};
    const int result = spawn(&nest->janitor, argv, environ, &janitor);
    close(ends[0]);
    nest->janitor_end = ends[1];
    if (result != 0) {
        close(ends[1]);
        return live_fail(error, "sh cannot be started: %s", strerror(result));
    }
    return true;
}

/* Servers write thousands of small files that nobody needs for long. In memory that costs nothing, while disks' file
 * systems may take most of a run's time for it. A container's memory folder may be too small. */
static bool make_folder(struct live_nest *nest) {
    static const char memory[] = "/dev/shm";
    struct statvfs room;
    if (statvfs(memory, &room) == 0 && (uint64_t)room.f_bavail * room.f_frsize >= FOLDER_ROOM) {
        snprintf(nest->folder, sizeof nest->folder, "%s/stanzadrill-XXXXXX", memory);
        if (mkdtemp(nest->folder) != NULL) {
            return true;
        }
    }
    snprintf(nest->folder, sizeof nest->folder, "/tmp/stanzadrill-XXXXXX");
    return mkdtemp(nest->folder) != NULL;
}

struct live_nest *live_nest_new(struct live_error *error) {
    struct live_nest *nest = calloc(1, sizeof *nest);
    if (nest == NULL) {
        live_fail(error, "memory ran out");
        return NULL;
    }
    if (!make_folder(nest)) {
        live_fail(error, "no folder can be made below /tmp: %s", strerror(errno));
        free(nest);
        return NULL;
    }
    if (!hire_janitor(nest, error)) {
        (void)rmdir(nest->folder);
        free(nest);
        return NULL;
    }
    return nest;
}

const char *live_nest_folder(const struct live_nest *nest) {
    return nest->folder;
}

static bool make_folders(char *path, size_t from) {
    for (char *slash = strchr(path + from, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        const bool made = mkdir(path, 0700) == 0 || errno == EEXIST;
        *slash = '/';
        if (!made) {
            return false;
        }
    }
    return true;
}

bool live_nest_write(struct live_nest *nest, const char *name, const char *text, size_t size,
                     struct live_error *error) {
    char path[PATH_SIZE], aside[PATH_SIZE + 8];
    const int needed = snprintf(path, sizeof path, "%s/%s", nest->folder, name);
    if (needed < 0 || (size_t)needed >= sizeof path) {
        return live_fail(error, "the file name %.80s... is too long", name);
    }
    snprintf(aside, sizeof aside, "%s.new", path);
    FILE *file = make_folders(path, strlen(nest->folder) + 1) ? fopen(aside, "wb") : NULL;
    bool good = file != NULL && (size == 0 || fwrite(text, 1, size, file) == size);
    good = file != NULL && fclose(file) == 0 && good;
    if (!good || rename(aside, path) != 0) {
        const int why = errno;
        (void)unlink(aside);
        return live_fail(error, "%s cannot be written: %s", path, strerror(why));
    }
    return true;
}

/* --------------------------------------------------------------------------------------------------- processes ---- */

/* A server shall do the same whatever the harness was started with, so it gets what is needed to find programs, and
 * what its starter gives it. The strings are borrowed. */
static char **small_environment(const char *const *additions, char home[PATH_SIZE]) {
    static const char *const kept[] = {"PATH=", "LD_LIBRARY_PATH="};
    size_t added = 0, count = 0;
    while (additions != NULL && additions[added] != NULL) {
        added++;
    }
    char **result = malloc((added + 5) * sizeof *result);
    if (result == NULL) {
        return NULL;
    }
    for (char **variable = environ; variable != NULL && *variable != NULL; variable++) {
        for (size_t i = 0; i < sizeof kept / sizeof *kept && count < 2; i++) {
            if (strncmp(*variable, kept[i], strlen(kept[i])) == 0) {
                result[count++] = *variable;
            }
        }
    }
    result[count++] = home;
    result[count++] = (char *)(uintptr_t) "LC_ALL=C.UTF-8";
    for (size_t i = 0; i < added; i++) {
        result[count++] = (char *)(uintptr_t)additions[i];
    }
    result[count] = NULL;
    return result;
}

static bool is_program(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode) && access(path, X_OK) == 0;
}

/* Looks through folders with colons between them. */
static bool look_in(const char *folders, const char *name, char *path, size_t size) {
    while (*folders != '\0') {
        const size_t folder = strcspn(folders, ":");
        const int needed = snprintf(path, size, "%.*s/%s", (int)folder, folders, name);
        if (folder > 0 && needed > 0 && (size_t)needed < size && is_program(path)) {
            return true;
        }
        folders += folder + (folders[folder] == ':');
    }
    return false;
}

bool live_program(const char *name, char *path, size_t size) {
    if (strchr(name, '/') != NULL) {
        return (size_t)snprintf(path, size, "%s", name) < size && is_program(path);
    }
    for (char **variable = environ; variable != NULL && *variable != NULL; variable++) {
        if (strncmp(*variable, "PATH=", 5) == 0 && look_in(*variable + 5, name, path, size)) {
            return true;
        }
    }
    /* Servers are often installed where only an administrator's PATH looks. */
    return look_in("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", name, path, size);
}

/* Starts a program with the janitor's knowledge. */
static bool begin(struct live_nest *nest, pid_t *pid, const char *const *argv, const char *const *environment,
                  struct ends ends, struct live_error *error) {
    char program[PATH_SIZE], home[PATH_SIZE];
    size_t count = 0;
    while (argv[count] != NULL) {
        count++;
    }
    if (!live_program(argv[0], program, sizeof program)) {
        return live_fail(error, "there is no program %s", argv[0]);
    }
    snprintf(home, sizeof home, "HOME=%s", nest->folder);
    char **variables = small_environment(environment, home);
    const char **words = malloc((count + 5) * sizeof *words);
    int result = ENOMEM;
    if (variables != NULL && words != NULL) {
        const char *const head[] = {"sh", "-c", start_script, nest->folder, program};
        memcpy(words, head, sizeof head);
        memcpy(words + 5, argv + 1, count * sizeof *words);
        ends.janitor = nest->janitor_end;
        result = spawn(pid, words, variables, &ends);
    }
    free(variables);
    free(words);
    return result == 0 || live_fail(error, "%s cannot be started: %s", argv[0], strerror(result));
}

/* A place for a process; that of the same program's last run, where it has ended. */
static size_t place_for(const struct live_nest *nest, const char *log) {
    size_t place = 0;
    while (place < nest->count && (nest->processes[place].pid != 0 || strcmp(nest->processes[place].log, log) != 0)) {
        place++;
    }
    return place;
}

int live_nest_start(struct live_nest *nest, const char *const *argv, const char *const *environment, int *channel,
                    struct live_error *error) {
    const char *slash = strrchr(argv[0], '/');
    char log[PATH_SIZE];
    snprintf(log, sizeof log, "%s/%.80s.log", nest->folder, slash == NULL ? argv[0] : slash + 1);
    const size_t place = place_for(nest, log);
    if (place == PROCESSES_MAX) {
        live_fail(error, "more than %d processes", (int)PROCESSES_MAX);
        return -1;
    }
    struct process *process = &nest->processes[place];
    int ends[2] = {-1, -1};
    if (channel != NULL && !make_ends(ends)) {
        live_fail(error, "a socket cannot be made: %s", strerror(errno));
        return -1;
    }
    const bool good =
        begin(nest, &process->pid, argv, environment, (struct ends){.input = ends[0], .output = -1, .log = log}, error);
    if (channel != NULL) {
        close(ends[0]);
        *channel = good ? ends[1] : -1;
        if (!good) {
            close(ends[1]);
        }
    }
    memcpy(process->log, log, sizeof log);
    nest->count += good && place == nest->count;
    return good ? (int)place : -1;
}

/* The group of a process that has ended, and is not waited for yet, is nobody else's: its children end with it. */
static void bury(struct live_nest *nest, pid_t *pid) {
    char line[32];
    const int size = snprintf(line, sizeof line, "-%ld\n", (long)*pid);
    (void)kill(-*pid, SIGKILL);
    (void)send(nest->janitor_end, line, (size_t)size, MSG_NOSIGNAL);
    while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR) {
    }
    *pid = 0;
}

static bool has_ended(pid_t pid) {
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

bool live_nest_runs(struct live_nest *nest, int process) {
    pid_t *pid = &nest->processes[process].pid;
    if (*pid != 0 && has_ended(*pid)) {
        bury(nest, pid);
    }
    return *pid != 0;
}

pid_t live_nest_pid(const struct live_nest *nest, int process) {
    return nest->processes[process].pid;
}

void live_pause(void) {
    (void)poll(NULL, 0, 2);
}

void live_nest_stop(struct live_nest *nest, unsigned seconds) {
    const uint64_t end_us = live_clock_us() + (uint64_t)seconds * 1000000;
    size_t left = seconds == 0 ? 0 : nest->count;
    for (size_t i = 0; i < left; i++) {
        if (nest->processes[i].pid != 0) {
            (void)kill(-nest->processes[i].pid, SIGTERM);
        }
    }
    while (left > 0 && live_clock_us() < end_us) {
        left = 0;
        for (size_t i = 0; i < nest->count; i++) {
            left += live_nest_runs(nest, (int)i);
        }
        live_pause();
    }
    for (size_t i = 0; i < nest->count; i++) {
        if (nest->processes[i].pid != 0) {
            bury(nest, &nest->processes[i].pid);
        }
    }
    nest->count = 0;
}

void live_nest_free(struct live_nest *nest) {
    if (nest == NULL) {
        return;
    }
    live_nest_stop(nest, 0);
    close(nest->janitor_end);
    while (waitpid(nest->janitor, NULL, 0) < 0 && errno == EINTR) {
    }
    free(nest);
}

char *live_nest_log(const struct live_nest *nest, int process) {
    FILE *file = fopen(nest->processes[process].log, "rb");
    if (file == NULL) {
        return NULL;
    }
    char *text = malloc(LOG_SHOWN + 1);
    size_t size = 0, from = 0;
    if (text != NULL) {
        const bool cut = fseek(file, -(long)LOG_SHOWN, SEEK_END) == 0;
        if (!cut) {
            rewind(file);
        }
        size = fread(text, 1, LOG_SHOWN, file);
        text[size] = '\0';
        from = cut ? strcspn(text, "\n") : 0;
        from = text[from] == '\n' ? from + 1 : 0;
        from = from < size && cut ? from : 0;
        memmove(text, text + from, size - from + 1);
    }
    fclose(file);
    return text;
}

/* -------------------------------------------------------------------------------------------------- to the end ---- */

/* What a command prints, up to a size; the rest is read and forgotten. returns false where time ran out. */
static bool hear(int fd, pid_t pid, uint64_t end_us, char *output, size_t size) {
    char more[512];
    size_t heard = 0;
    bool ended = false;
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        /* What it has started and left running may hold the output open. */
        const int count = poll(&ready, 1, ended ? 0 : 10);
        ssize_t got = count > 0 ? read(fd, more, sizeof more) : -1;
        if ((count > 0 && got == 0) || (count == 0 && ended)) {
            break;
        }
        for (ssize_t i = 0; i < got && heard + 1 < size; i++) {
            output[heard++] = more[i];
        }
        output[heard] = '\0';
        ended = has_ended(pid);
        if (live_clock_us() > end_us) {
            return false;
        }
    }
    while (!has_ended(pid)) {
        if (live_clock_us() > end_us) {
            return false;
        }
        live_pause();
    }
    return true;
}

bool live_nest_run(struct live_nest *nest, const char *const *argv, uint64_t end_us, int *status, char *output,
                   size_t size, struct live_error *error) {
    const uint64_t now_us = live_clock_us();
    int ends[2];
    pid_t pid;
    output[0] = '\0';
    if (!make_ends(ends)) {
        return live_fail(error, "a socket cannot be made: %s", strerror(errno));
    }
    bool good = begin(nest, &pid, argv, NULL, (struct ends){.input = -1, .output = ends[0], .log = "/dev/null"}, error);
    close(ends[0]);
    if (good) {
        siginfo_t info = {0};
        good = hear(ends[1], pid, end_us, output, size) ||
               live_fail(error, "%s did not end within %u s", argv[0], live_seconds(end_us > now_us ? end_us - now_us : 0));
        (void)waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
        *status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
        bury(nest, &pid);
    }
    close(ends[1]);
    return good;
}
