/* start.c - what starting a server needs, whichever it is: processes, and waiting for what they make ready. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_QUOTED = 260 };

/* The end of a log, its lines side by side. */
static void quote(const char *log, char out[LOG_QUOTED + 1]) {
    struct live_text text = {0};
    for (const char *at = log; *at != '\0'; at++) {
        if (*at == '\n' && at[strspn(at, "\r\n\t ")] != '\0') {
            at += strspn(at, "\r\n\t ") - 1;
            live_text_add(&text, " | ", 3);
        } else if ((unsigned char)*at >= ' ' && *at != 127) {
            live_text_add(&text, at, 1);
        }
    }
    const char *end = text.failed || text.size == 0 ? "" : text.data;
    end += strlen(end) > LOG_QUOTED ? strlen(end) - LOG_QUOTED : 0;
    while (((unsigned char)*end & 0xC0) == 0x80) {
        end++;
    }
    memcpy(out, end, strlen(end) + 1);
    live_text_free(&text);
}

bool live_start_fails(struct live_server *server, size_t which, const char *why, const char *step,
                      struct live_error *error) {
    char *log = which < server->process_count ? live_nest_log(server->nest, server->processes[which]) : NULL;
    char quoted[LOG_QUOTED + 1] = "";
    if (log != NULL) {
        quote(log, quoted);
    }
    free(log);
    return live_fail(error, "%s: start: %s before it could %s%s%s", server->kind->name, why, step,
                     quoted[0] == '\0' ? "" : "; it said: ", quoted);
}

bool live_start_process(struct live_server *server, const char *const *argv, const char *const *environment,
                        int *channel, struct live_error *error) {
    const int number = live_nest_start(server->nest, argv, environment, channel, error);
    if (number < 0) {
        return live_fail(error, "%s: start: %s", server->kind->name, error->text);
    }
    server->processes[server->process_count++] = number;
    return true;
}

bool live_wait(struct live_server *server, bool (*ready)(struct live_server *server, const void *data),
               const void *data, const char *step, struct live_error *error) {
    const uint64_t end_us = live_clock_us() + (uint64_t)server->seconds * 1000000;
    char why[64];
    while (!ready(server, data)) {
        for (size_t i = 0; i < server->process_count; i++) {
            if (!live_nest_runs(server->nest, server->processes[i])) {
                return live_start_fails(server, i, "it ended", step, error);
            }
        }
        if (live_clock_us() > end_us) {
            snprintf(why, sizeof why, "%u s went by", server->seconds);
            return live_start_fails(server, server->process_count - 1, why, step, error);
        }
        live_pause();
    }
    return true;
}

static bool port_ready(struct live_server *server, const void *data) {
    (void)server;
    return live_port_open("127.0.0.1", *(const uint16_t *)data);
}

bool live_wait_port(struct live_server *server, uint16_t port, const char *step, struct live_error *error) {
    return live_wait(server, port_ready, &port, step, error);
}

static bool hosts_answer(struct live_server *server, const void *data) {
    struct live_error *why = *(struct live_error *const *)data;
    for (size_t i = 0; i < server->needs.domain_count; i++) {
        if (!live_reach(server, server->needs.domains[i], why)) {
            return false;
        }
    }
    return true;
}

bool live_wait_hosts(struct live_server *server, struct live_error *error) {
    struct live_error why = {.text = ""};
    struct live_error *const last = &why;
    if (live_wait(server, hosts_answer, &last, "answer clients of every domain", error)) {
        return true;
    }
    return why.text[0] == '\0' ? false : live_fail(error, "%s (%s)", error->text, why.text);
}
