/* command.c - accounts that a target file's command makes. No shell reads it: each word is one argument, whatever the
 * names are that are put in. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTPUT_SHOWN = 200 };

struct put_in {
    const char *placeholder, *value;
};

/* A word of the command with the placeholders' values; NULL where memory ran out. */
static char *fill_in(const char *word, const struct put_in *values) {
    struct live_text text = {0};
    live_text_add(&text, "", 0);
    while (*word != '\0') {
        const struct put_in *value = values;
        while (value->placeholder != NULL && strncmp(word, value->placeholder, strlen(value->placeholder)) != 0) {
            value++;
        }
        if (value->placeholder != NULL) {
            live_text_add(&text, value->value, strlen(value->value));
            word += strlen(value->placeholder);
        } else {
            live_text_add(&text, word++, 1);
        }
    }
    if (text.failed) {
        live_text_free(&text);
    }
    return text.data;
}

static void free_all(char **words) {
    for (size_t i = 0; words != NULL && words[i] != NULL; i++) {
        free(words[i]);
    }
    free(words);
}

static char **fill_all(char *const *command, const struct put_in *values) {
    size_t count = 0;
    while (command[count] != NULL) {
        count++;
    }
    char **words = calloc(count + 1, sizeof *words);
    for (size_t i = 0; words != NULL && i < count; i++) {
        words[i] = fill_in(command[i], values);
        if (words[i] == NULL) {
            free_all(words);
            words = NULL;
        }
    }
    return words;
}

/* What a command prints goes into messages: in one line, and without the password. */
static void clean(char *output, const char *password) {
    const size_t size = strlen(password);
    for (char *at = size > 0 ? strstr(output, password) : NULL; at != NULL; at = strstr(at, password)) {
        memset(at, '*', size);
    }
    /* One that is cut at the end cannot be found as a whole. */
    for (size_t part = size, length = strlen(output); part > 0; part--) {
        if (part <= length && memcmp(output + length - part, password, part) == 0) {
            memset(output + length - part, '*', part);
            break;
        }
    }
    for (char *at = output; *at != '\0'; at++) {
        *at = (unsigned char)*at < ' ' || *at == 127 ? ' ' : *at;
    }
    for (size_t length = strlen(output); length > 0 && output[length - 1] == ' '; length--) {
        output[length - 1] = '\0';
    }
}

static bool run_command(struct live_server *server, char *const *words, const char *password, const char *bare,
                        uint64_t end_us, struct live_error *error) {
    char output[OUTPUT_SHOWN];
    int status = 0;
    struct live_error why;
    const char *name = server->target->name;
    if (!live_nest_run(server->nest, (const char *const *)words, live_end_us(server, end_us), &status, output,
                       sizeof output, &why)) {
        return live_fail(error, "%s: make the account %s: %s", name, bare, why.text);
    }
    clean(output, password);
    return status == 0 || live_fail(error, "%s: make the account %s: %s ends with status %d%s%s", name, bare, words[0],
                                    status, output[0] == '\0' ? "" : ": ", output);
}

bool live_account_command(struct live_server *server, const char *local, const char *domain, const char *password,
                          uint64_t end_us, struct live_error *error) {
    struct live_text bare = {0};
    live_text_format(&bare, "%s@%s", local, domain);
    if (local[0] == '-' || domain[0] == '-' || bare.failed) {
        live_text_free(&bare);
        return live_fail(error,
                         "%s: make the account %.80s@%.80s: it begins with a dash, and would be read as an option",
                         server->target->name, local, domain);
    }
    const struct put_in values[] = {
        {"{local}", local}, {"{domain}", domain}, {"{jid}", bare.data}, {"{password}", password}, {NULL, NULL}};
    char **words = fill_all(server->target->command, values);
    /* Few servers' programs bear another beside them: two of Prosody's lose accounts. */
    pthread_mutex_lock(&server->lock);
    const bool good = words == NULL ? live_fail(error, "memory ran out")
                                    : run_command(server, words, password, bare.data, end_us, error);
    pthread_mutex_unlock(&server->lock);
    free_all(words);
    live_text_free(&bare);
    return good;
}
