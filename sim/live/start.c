/* start.c - what starting a server needs, whichever it is: processes, and waiting for what they make ready. */
#include "parts.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_QUOTED = 260, ANSWER_SIZE = 160 };

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
    const uint64_t end_us = live_clock_us() + (uint64_t)server->start_seconds * 1000000;
    char why[64];
    while (!ready(server, data)) {
        for (size_t i = 0; i < server->process_count; i++) {
            if (!live_nest_runs(server->nest, server->processes[i])) {
                return live_start_fails(server, i, "it ended", step, error);
            }
        }
        if (live_clock_us() > end_us) {
            snprintf(why, sizeof why, "%u s went by", server->start_seconds);
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

bool live_wait_ports(struct live_server *server, struct live_error *error) {
    return live_wait_port(server, server->c2s_port, "open its port for clients", error) &&
           live_wait_port(server, server->s2s_port, "open its port for servers", error) &&
           (server->needs.component_count == 0 ||
            live_wait_port(server, server->component_port, "open its port for components", error));
}

static bool hosts_answer(struct live_server *server, const void *data) {
    struct live_error *why = *(struct live_error *const *)data;
    for (size_t i = 0; i < server->needs.domain_count; i++) {
        if (!live_reach(server, server->needs.domains[i], LIVE_NO_END, why)) {
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

/* ----------------------------------------------------------------------------------- what kinds write and ask ---- */

bool live_write(struct live_server *server, const char *name, struct live_text *text, struct live_error *error) {
    const bool good = text->failed ? live_fail(error, "memory ran out")
                                   : live_nest_write(server->nest, name, text->data, text->size, error);
    live_text_free(text);
    return good;
}

bool live_order(struct live_server *server, struct live_text *text, const char *refusal, const char *step,
                const char *local, const char *domain, uint64_t end_us, struct live_error *error) {
    char answer[ANSWER_SIZE] = "";
    if (text->failed) {
        live_text_free(text);
        return live_fail(error, "memory ran out");
    }
    pthread_mutex_lock(&server->lock);
    errno = EPIPE;
    const bool heard = server->channel >= 0 && live_ask(server->channel, &server->late, text->data, text->size, answer,
                                                        sizeof answer, live_end_us(server, end_us));
    const char *why = !heard ? errno == ETIMEDOUT ? "no answer" : "it is gone" : refusal != NULL ? refusal : answer;
    pthread_mutex_unlock(&server->lock);
    live_text_free(text);
    return (heard && strcmp(answer, "ok") == 0) ||
           live_fail(error, "%s: %s %s@%s: %s", server->kind->name, step, local, domain, why);
}

bool live_find(const char *const *patterns, char *path, size_t size) {
    glob_t found;
    while (*patterns != NULL && glob(*patterns, 0, NULL, &found) != 0) {
        patterns++;
    }
    if (*patterns == NULL) {
        return false;
    }
    snprintf(path, size, "%s", found.gl_pathv[0]);
    globfree(&found);
    return true;
}
