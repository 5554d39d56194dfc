/* Tests of the private folder and the processes started in it: that they get what they should, and that nothing stays
 * behind, whatever happens to the harness. */
#include "parts.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *live_process_suite(void);

enum { PATIENCE_US = 60 * 1000000 }; /* for what another process does; hardly any of it is used */

static struct live_nest *nest;
static struct live_error error;

static void make_nest(void) {
    nest = live_nest_new(&error);
    ck_assert_msg(nest != NULL, "%s", error.text);
}

static void free_nest(void) {
    live_nest_free(nest);
    nest = NULL;
}

static int start(const char *script, int *channel) {
    const char *const argv[] = {"sh", "-c", script, NULL};
    const int process = live_nest_start(nest, argv, NULL, channel, &error);
    ck_assert_msg(process >= 0, "%s", error.text);
    return process;
}

static void wait_for_end(int process) {
    const uint64_t start_us = live_clock_us();
    while (live_nest_runs(nest, process)) {
        ck_assert_uint_lt(live_clock_us() - start_us, PATIENCE_US);
        live_pause();
    }
}

/* What a file of the nest holds, once it is there and ends with a line's end. */
static void read_line(const char *name, char *text, size_t size) {
    const uint64_t start_us = live_clock_us();
    char path[300];
    snprintf(path, sizeof path, "%s/%s", live_nest_folder(nest), name);
    for (;;) {
        FILE *file = fopen(path, "r");
        const bool whole = file != NULL && fgets(text, (int)size, file) != NULL && strchr(text, '\n') != NULL;
        if (file != NULL) {
            fclose(file);
        }
        if (whole) {
            return;
        }
        ck_assert_uint_lt(live_clock_us() - start_us, PATIENCE_US);
        live_pause();
    }
}

/* Not there, or only waited for by nobody. */
static bool is_gone(long pid) {
    char path[40], line[400] = "";
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return true;
    }
    const char *got = fgets(line, sizeof line, file);
    fclose(file);
    return got == NULL || strstr(line, ") Z ") != NULL;
}

static void wait_until_gone(long pid) {
    const uint64_t start_us = live_clock_us();
    while (!is_gone(pid)) {
        ck_assert_uint_lt(live_clock_us() - start_us, PATIENCE_US);
        live_pause();
    }
}

/* -------------------------------------------------------------------------------------------------- the folder ---- */

START_TEST(the_folder_is_the_users_alone_and_goes_with_the_nest) {
    struct stat about;
    char folder[200];
    snprintf(folder, sizeof folder, "%s", live_nest_folder(nest));
    ck_assert_int_eq(stat(folder, &about), 0);
    ck_assert_uint_eq(about.st_mode & 0777, 0700);
    ck_assert(live_nest_write(nest, "a/b/c.txt", "one\n", 4, &error));
    free_nest();
    ck_assert_int_ne(stat(folder, &about), 0);
}
END_TEST

START_TEST(a_file_is_written_below_folders_that_are_made_for_it) {
    char line[20];
    ck_assert(live_nest_write(nest, "a/b/c.txt", "one\n", 4, &error));
    ck_assert(live_nest_write(nest, "a/b/c.txt", "two\n", 4, &error));
    read_line("a/b/c.txt", line, sizeof line);
    ck_assert_str_eq(line, "two\n");
}
END_TEST

START_TEST(a_file_that_cannot_be_written_is_named) {
    ck_assert(live_nest_write(nest, "a", "one\n", 4, &error));
    ck_assert(!live_nest_write(nest, "a/b", "one\n", 4, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "/a/b cannot be written"));
    char name[600];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_assert(!live_nest_write(nest, name, "", 0, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "too long"));
}
END_TEST

/* --------------------------------------------------------------------------------------------------- processes ---- */

START_TEST(a_program_that_is_not_there_is_named) {
    const char *const argv[] = {"no-such-program-anywhere", NULL};
    ck_assert_int_eq(live_nest_start(nest, argv, NULL, NULL, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "no-such-program-anywhere"));
}
END_TEST

START_TEST(a_program_of_the_administrators_folders_is_found) {
    char path[100];
    ck_assert(live_program("sh", path, sizeof path));
    ck_assert_int_eq(path[0], '/');
    ck_assert(live_program("/bin/sh", path, sizeof path));
    ck_assert_str_eq(path, "/bin/sh");
    ck_assert(!live_program("/bin", path, sizeof path));
    ck_assert(!live_program("no-such-program-anywhere", path, sizeof path));
}
END_TEST

START_TEST(a_program_runs_in_the_folder_and_its_output_is_kept) {
    const int process = start("pwd; echo to the other end >&2; exit 3", NULL);
    wait_for_end(process);
    char *log = live_nest_log(nest, process);
    ck_assert_ptr_nonnull(log);
    ck_assert_ptr_eq(strstr(log, live_nest_folder(nest)), log);
    ck_assert_ptr_nonnull(strstr(log, "\nto the other end\n"));
    free(log);
}
END_TEST

START_TEST(only_whole_lines_from_the_end_of_a_long_log_are_shown) {
    const int process = start("i=0; while [ $i -lt 500 ]; do echo \"line $i.\"; i=$((i + 1)); done", NULL);
    wait_for_end(process);
    char *log = live_nest_log(nest, process);
    ck_assert_ptr_nonnull(log);
    ck_assert_uint_lt(strlen(log), 1000);
    ck_assert_int_eq(strncmp(log, "line ", 5), 0);
    ck_assert_str_eq(log + strlen(log) - 10, "line 499.\n");
    free(log);
}
END_TEST

START_TEST(a_program_gets_a_small_environment) {
    const char *const argv[] = {"sh", "-c", "echo \"$HOME,$ONE,$TWO,$SECRET\"", NULL};
    const char *const environment[] = {"ONE=1", "TWO=2 =2", NULL};
    char expected[200];
    setenv("SECRET", "x", 1);
    const int process = live_nest_start(nest, argv, environment, NULL, &error);
    ck_assert_int_ge(process, 0);
    wait_for_end(process);
    char *log = live_nest_log(nest, process);
    snprintf(expected, sizeof expected, "%s,1,2 =2,\n", live_nest_folder(nest));
    ck_assert_str_eq(log, expected);
    free(log);
}
END_TEST

START_TEST(a_program_gets_none_of_the_harnesss_descriptors) {
    char script[200];
    const int fd = open("/dev/null", O_RDONLY); /* as a library may have opened it */
    snprintf(script, sizeof script, "for n in 3 %d; do [ -e /proc/$$/fd/$n ] && echo $n is open; done; echo end", fd);
    const int process = start(script, NULL);
    wait_for_end(process);
    char *log = live_nest_log(nest, process);
    ck_assert_str_eq(log, "end\n");
    free(log);
    close(fd);
}
END_TEST

START_TEST(a_channel_is_the_programs_standard_input) {
    int channel;
    unsigned late = 0;
    char answer[40];
    start("while read -r word; do echo \"$word, said he\" >&0; done", &channel);
    ck_assert(live_ask(channel, &late, "soft\n", 5, answer, sizeof answer, LIVE_NO_END));
    ck_assert_str_eq(answer, "soft, said he");
    ck_assert(live_ask(channel, &late, "what light\n", 11, answer, 5, LIVE_NO_END));
    ck_assert_str_eq(answer, "what");
    close(channel);
}
END_TEST

START_TEST(a_channel_whose_program_has_ended_says_so) {
    int channel;
    unsigned late = 0;
    char answer[40];
    const int process = start("exit 0", &channel);
    wait_for_end(process);
    ck_assert(!live_ask(channel, &late, "soft\n", 5, answer, sizeof answer, LIVE_NO_END));
    close(channel);
}
END_TEST

START_TEST(a_channel_whose_program_is_silent_is_not_waited_for_forever) {
    int channel;
    unsigned late = 0;
    char answer[40];
    start("exec sleep 1000", &channel);
    ck_assert(!live_ask(channel, &late, "soft\n", 5, answer, sizeof answer, 0));
    ck_assert_int_eq(errno, ETIMEDOUT);
    ck_assert(!live_ask(channel, &late, "soft\n", 5, answer, sizeof answer, live_clock_us() + 1000));
    ck_assert_int_eq(errno, ETIMEDOUT);
    close(channel);
}
END_TEST

START_TEST(an_answer_that_nobody_waited_for_is_not_the_next_ones) {
    int channel;
    unsigned late = 0;
    char answer[40], line[20];
    start("read -r word; while [ ! -e go ]; do sleep 0.01; done; echo \"$word\" >&0; read -r word; echo \"$word\" >&0; "
          "echo ready > said; read -r word; echo \"$word\" >&0",
          &channel);
    ck_assert(!live_ask(channel, &late, "one\n", 4, answer, sizeof answer, live_clock_us() + 1000));
    ck_assert(!live_ask(channel, &late, "two\n", 4, answer, sizeof answer, live_clock_us() + 1000));
    ck_assert_uint_eq(late, 2);
    ck_assert(live_nest_write(nest, "go", "", 0, &error));
    read_line("said", line, sizeof line);
    ck_assert(live_ask(channel, &late, "three\n", 6, answer, sizeof answer, LIVE_NO_END));
    ck_assert_str_eq(answer, "three");
    ck_assert_uint_eq(late, 0);
    close(channel);
}
END_TEST

START_TEST(stopping_lets_a_program_end_in_its_own_way) {
    start("trap 'echo ended > said; exit 0' TERM; echo ready > started; while :; do sleep 0.01; done", NULL);
    char line[20];
    read_line("started", line, sizeof line);
    live_nest_stop(nest, 60);
    read_line("said", line, sizeof line);
    ck_assert_str_eq(line, "ended\n");
}
END_TEST

START_TEST(stopping_ends_what_will_not_end_and_its_children) {
    char line[40];
    long first, second;
    start("trap '' TERM; sh -c 'trap \"\" TERM; echo $$ > child.new; mv child.new child; while :; do sleep 1; done' & "
          "echo $$ > parent; wait",
          NULL);
    read_line("parent", line, sizeof line);
    first = atol(line);
    read_line("child", line, sizeof line);
    second = atol(line);
    live_nest_stop(nest, 0);
    ck_assert(is_gone(first));
    wait_until_gone(second);
}
END_TEST

START_TEST(the_children_of_a_program_that_has_ended_end_too) {
    char line[40];
    const int process = start("sleep 1000 & echo $! > child", NULL);
    read_line("child", line, sizeof line);
    wait_for_end(process);
    wait_until_gone(atol(line));
}
END_TEST

/* -------------------------------------------------------------------------------------------------- to the end ---- */

static bool run(const char *script, unsigned seconds, int *status, char *output, size_t size) {
    const char *const argv[] = {"sh", "-c", script, NULL};
    return live_nest_run(nest, argv, live_clock_us() + seconds * UINT64_C(1000000), status, output, size, &error);
}

START_TEST(a_command_is_run_to_its_end) {
    char output[12];
    int status = -1;
    ck_assert(run("echo one; echo two >&2; exit 7", 60, &status, output, sizeof output));
    ck_assert_int_eq(status, 7);
    ck_assert_str_eq(output, "one\ntwo\n");
    ck_assert(run("echo a long line is cut", 60, &status, output, sizeof output));
    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(output, "a long line");
    ck_assert(run("kill -KILL $$", 60, &status, output, sizeof output));
    ck_assert_int_eq(status, 128 + 9);
}
END_TEST

START_TEST(a_command_that_prints_more_than_is_kept_still_ends) {
    char output[12];
    int status = -1;
    ck_assert(run("dd if=/dev/zero bs=1000 count=1000 2>/dev/null | tr '\\0' x", 60, &status, output, sizeof output));
    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(output, "xxxxxxxxxxx");
}
END_TEST

START_TEST(a_command_that_takes_too_long_is_ended) {
    char output[40];
    int status = -1;
    ck_assert(!run("echo $$; exec sleep 1000", 0, &status, output, sizeof output));
    ck_assert_ptr_nonnull(strstr(error.text, "did not end within 0 s"));
}
END_TEST

START_TEST(a_command_may_leave_somebody_with_its_output) {
    char output[40];
    int status = -1;
    ck_assert(run("sleep 1000 & echo $!", 60, &status, output, sizeof output));
    ck_assert_int_eq(status, 0);
    wait_until_gone(atol(output));
}
END_TEST

/* ------------------------------------------------------------------------------------------------- the janitor ---- */

struct report { /* what a harness tells of itself */
    long pids[3];
    char folder[200];
};

/* A harness that starts processes, tells about them, and waits to be ended. */
static void be_harness(int fd) {
    struct report report = {.pids = {0}};
    char line[40];
    (void)signal(SIGINT, SIG_DFL); /* the test runner's handler would end the test */
    make_nest();
    start("trap '' TERM INT; echo $$ > first; while :; do sleep 1; done", NULL);
    start("sh -c 'trap \"\" TERM; echo $$ > third.new; mv third.new third; sleep 1000; :' & echo $$ > second; wait",
          NULL);
    static const char *const names[] = {"first", "second", "third"};
    for (size_t i = 0; i < 3; i++) {
        read_line(names[i], line, sizeof line);
        report.pids[i] = atol(line);
    }
    snprintf(report.folder, sizeof report.folder, "%s", live_nest_folder(nest));
    ck_assert(live_nest_write(nest, "some/where/deep", "x", 1, &error));
    ck_assert_int_eq(write(fd, &report, sizeof report), sizeof report);
    pause();
}

static void nothing_stays_after(int signal) {
    struct report report;
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    const pid_t harness = fork();
    ck_assert_int_ge(harness, 0);
    if (harness == 0) {
        close(ends[0]);
        be_harness(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    ck_assert_int_eq(read(ends[0], &report, sizeof report), sizeof report);
    close(ends[0]);
    for (size_t i = 0; i < 3; i++) {
        ck_assert(!is_gone(report.pids[i]));
    }
    ck_assert_int_eq(access(report.folder, F_OK), 0);
    ck_assert_int_eq(kill(harness, signal), 0);
    ck_assert_int_eq(waitpid(harness, NULL, 0), harness);
    for (size_t i = 0; i < 3; i++) {
        wait_until_gone(report.pids[i]);
    }
    const uint64_t start_us = live_clock_us();
    while (access(report.folder, F_OK) == 0) {
        ck_assert_uint_lt(live_clock_us() - start_us, PATIENCE_US);
        live_pause();
    }
}

START_TEST(nothing_stays_where_the_harness_is_killed) {
    nothing_stays_after(SIGKILL);
}
END_TEST

START_TEST(nothing_stays_where_the_harness_is_interrupted) {
    nothing_stays_after(SIGINT);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- ports ---- */

START_TEST(a_port_is_free_and_nobody_answers_there) {
    const uint16_t port = live_free_port(&error);
    ck_assert_uint_gt(port, 1023);
    ck_assert(!live_port_open("127.0.0.1", port));
    ck_assert_str_eq(live_port_problem("127.0.0.1", port, 60), "Connection refused");
}
END_TEST

START_TEST(secrets_differ) {
    char one[LIVE_PASSWORD_SIZE], other[LIVE_PASSWORD_SIZE];
    ck_assert(live_secret(one, &error) && live_secret(other, &error));
    ck_assert_uint_eq(strlen(one), LIVE_PASSWORD_SIZE - 1);
    ck_assert_uint_eq(strspn(one, "abcdefghijklmnopqrstuvwxyz0123456789"), LIVE_PASSWORD_SIZE - 1);
    ck_assert_str_ne(one, other);
}
END_TEST

Suite *live_process_suite(void) {
    Suite *suite = suite_create("live_process");
    TCase *folder = tcase_create("folder"), *processes = tcase_create("processes"),
          *commands = tcase_create("commands"), *janitor = tcase_create("janitor"), *ports = tcase_create("ports");
    tcase_add_checked_fixture(folder, make_nest, free_nest);
    tcase_add_test(folder, the_folder_is_the_users_alone_and_goes_with_the_nest);
    tcase_add_test(folder, a_file_is_written_below_folders_that_are_made_for_it);
    tcase_add_test(folder, a_file_that_cannot_be_written_is_named);
    suite_add_tcase(suite, folder);
    tcase_add_checked_fixture(processes, make_nest, free_nest);
    tcase_add_test(processes, a_program_that_is_not_there_is_named);
    tcase_add_test(processes, a_program_of_the_administrators_folders_is_found);
    tcase_add_test(processes, a_program_runs_in_the_folder_and_its_output_is_kept);
    tcase_add_test(processes, only_whole_lines_from_the_end_of_a_long_log_are_shown);
    tcase_add_test(processes, a_program_gets_a_small_environment);
    tcase_add_test(processes, a_program_gets_none_of_the_harnesss_descriptors);
    tcase_add_test(processes, a_channel_is_the_programs_standard_input);
    tcase_add_test(processes, a_channel_whose_program_has_ended_says_so);
    tcase_add_test(processes, a_channel_whose_program_is_silent_is_not_waited_for_forever);
    tcase_add_test(processes, an_answer_that_nobody_waited_for_is_not_the_next_ones);
    tcase_add_test(processes, stopping_lets_a_program_end_in_its_own_way);
    tcase_add_test(processes, stopping_ends_what_will_not_end_and_its_children);
    tcase_add_test(processes, the_children_of_a_program_that_has_ended_end_too);
    suite_add_tcase(suite, processes);
    tcase_add_checked_fixture(commands, make_nest, free_nest);
    tcase_add_test(commands, a_command_is_run_to_its_end);
    tcase_add_test(commands, a_command_that_prints_more_than_is_kept_still_ends);
    tcase_add_test(commands, a_command_that_takes_too_long_is_ended);
    tcase_add_test(commands, a_command_may_leave_somebody_with_its_output);
    suite_add_tcase(suite, commands);
    tcase_add_test(janitor, nothing_stays_where_the_harness_is_killed);
    tcase_add_test(janitor, nothing_stays_where_the_harness_is_interrupted);
    suite_add_tcase(suite, janitor);
    tcase_add_test(ports, a_port_is_free_and_nobody_answers_there);
    tcase_add_test(ports, secrets_differ);
    suite_add_tcase(suite, ports);
    return suite;
}
