/* split.c - cases that have several servers: each gets a process of its own, which serves its domains alone, so that what
 * passes between them passes between servers. They are started when the first such case comes, one set for each way in
 * which scenarios share out domains, and are used by all cases that share them out so. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SPLITS_MAX = 8, PARTS_MAX = 4 };

struct live_split {
    struct live_split *next;
    char *key;                 /* domains in groups: "a.example b.example|c.example" */
    struct live_server *front; /* whose parts are the processes; it has none itself */
};

static bool word_of(const char *from, size_t size, char *to, size_t room) {
    const size_t kept = size < room ? size : room - 1;
    memcpy(to, from, kept);
    to[kept] = '\0';
    return kept == size;
}

static bool is_below(const char *component, const char *domain) {
    const size_t size = strlen(component), parent = strlen(domain);
    return size > parent && component[size - parent - 1] == '.' && strcasecmp(component + size - parent, domain) == 0;
}

/* A component is behind the server of the longest domain that it is below, in each of its slots. */
struct live_server *live_home(const struct live_server *server, const char *domain) {
    struct live_server *home = server->part_count > 0 ? server->parts[0] : (struct live_server *)(uintptr_t)server;
    size_t most = 0;
    for (size_t i = 0; i < server->part_count; i++) {
        const struct live_needs *needs = &server->parts[i]->needs;
        for (size_t n = 0; n < needs->domain_count; n++) {
            const size_t size = strlen(needs->domains[n]);
            if (strcasecmp(needs->domains[n], domain) == 0) {
                return server->parts[i];
            }
            if (is_below(domain, needs->domains[n]) && size > most) {
                home = server->parts[i];
                most = size;
            }
        }
    }
    return home;
}

/* --------------------------------------------------------------------------------------------------------- key ---- */

static int by_name(const void *a, const void *b) {
    const struct live_served *one = a, *other = b;
    return strcasecmp(one->domain, other->domain);
}

/* The same for each order in which a script may name them; new, or NULL. The list is sorted. */
static char *make_key(struct live_served *served, size_t count) {
    struct live_text key = {0};
    qsort(served, count, sizeof *served, by_name);
    for (size_t i = 0; i < count; i++) {
        bool first = true;
        for (size_t n = 0; n < i; n++) {
            first = first && served[n].server != served[i].server;
        }
        for (size_t n = i; first && n < count; n++) {
            if (served[n].server == served[i].server) {
                live_text_format(&key, "%s%s", n > i ? " " : i > 0 ? "|" : "", served[n].domain);
            }
        }
    }
    if (key.failed) {
        live_text_free(&key);
    }
    return key.data;
}

/* ----------------------------------------------------------------------------------------------------- starting ---- */

/* How long the longest domain of a group is that a component is below. */
static size_t parent_of(const char *component, const char *group) {
    char domain[256];
    size_t most = 0;
    for (size_t size = 0; *group != '\0' && *group != '|'; group += size + (group[size] == ' ')) {
        size = strcspn(group, " |");
        (void)word_of(group, size, domain, sizeof domain);
        most = is_below(component, domain) && size > most ? size : most;
    }
    return most;
}

/* The components of the run that are a group's, as the router would have it. The words are borrowed. */
static size_t choose_components(const struct live_server *server, const char *key, const char *group,
                                const char **chosen) {
    size_t count = 0;
    for (size_t i = 0; i < server->needs.component_count; i++) {
        const char *component = server->needs.components[i];
        const size_t own = parent_of(component, group);
        bool best = own > 0;
        for (const char *other = key; other != NULL; other = strchr(other, '|'), other += other != NULL) {
            best = best && (other == group || parent_of(component, other) < own);
        }
        if (best) {
            chosen[count++] = component;
        }
    }
    return count;
}

static struct live_server *start_part(struct live_server *front, const struct live_server *server, const char *key,
                                      const char *group, struct live_error *error) {
    char text[1024];
    const char *domains[LIVE_SERVED_MAX];
    struct live_needs needs = {.domains = domains};
    const char **components = calloc(server->needs.component_count + 1, sizeof *components);
    const bool fits = word_of(group, strcspn(group, "|"), text, sizeof text);
    for (char *at = text; fits && at != NULL && needs.domain_count < LIVE_SERVED_MAX;) {
        char *space = strchr(at, ' ');
        domains[needs.domain_count++] = at;
        at = space == NULL ? NULL : space + 1;
        if (space != NULL) {
            *space = '\0';
        }
    }
    if (components == NULL || !fits) {
        free(components);
        live_fail(error, "memory ran out");
        return NULL;
    }
    needs.components = components;
    needs.component_count = choose_components(server, key, group, components);
    struct live_server *part = live_server_new(server->target, &needs, server->seconds, 0);
    free(components);
    if (part == NULL) {
        live_fail(error, "memory ran out");
        return NULL;
    }
    part->dns = front->dns;
    part->borrows_dns = true;
    if (!live_server_start(part, error)) {
        live_close(part);
        return NULL;
    }
    return part;
}

static bool start_parts(struct live_server *front, const struct live_server *server, const char *key,
                        struct live_error *error) {
    front->dns = live_dns_start(error);
    front->parts = calloc(PARTS_MAX, sizeof(struct live_server *));
    if (front->dns == NULL || front->parts == NULL) {
        return front->dns == NULL ? false : live_fail(error, "memory ran out");
    }
    for (const char *group = key; group != NULL; group = strchr(group, '|'), group += group != NULL) {
        struct live_server *part = start_part(front, server, key, group, error);
        if (part == NULL) {
            return false;
        }
        front->parts[front->part_count++] = part;
    }
    front->s2s_port = front->parts[0]->s2s_port;
    return true;
}

/* ------------------------------------------------------------------------------------------------------ finding ---- */

static struct live_split *start_split(struct live_server *server, const struct live_served *served, size_t count,
                                      const char *key, struct live_error *error) {
    const char *domains[LIVE_SERVED_MAX];
    const struct live_needs needs = {.domains = domains, .domain_count = count};
    for (size_t i = 0; i < count; i++) {
        domains[i] = served[i].domain;
    }
    struct live_split *split = calloc(1, sizeof *split);
    struct live_server *front =
        split == NULL ? NULL : live_server_new(server->target, &needs, server->seconds, 0);
    if (front == NULL || (split->key = strdup(key)) == NULL) {
        live_fail(error, "memory ran out");
        live_close(front);
        free(split);
        return NULL;
    }
    split->front = front;
    if (!start_parts(front, server, key, error)) {
        live_close(front);
        free(split->key);
        free(split);
        return NULL;
    }
    split->next = server->splits;
    server->splits = split;
    return split;
}

static int find_split(struct live_server *server, const struct live_served *served, size_t count, const char *key,
                      struct live_server **front, struct live_error *error) {
    struct live_split *split = server->splits;
    size_t known = 0;
    while (split != NULL && strcmp(split->key, key) != 0) {
        split = split->next;
        known++;
    }
    if (split == NULL && known == SPLITS_MAX) {
        live_fail(error, "domains are shared out among servers in more than %d ways", (int)SPLITS_MAX);
        return VENUE_E_CANNOT;
    }
    const bool fresh = split == NULL;
    split = fresh ? start_split(server, served, count, key, error) : split;
    if (split == NULL || (!fresh && !live_check(split->front, error))) {
        return VENUE_E_DOWN;
    }
    *front = split->front;
    return ROUTER_OK;
}

int live_split(struct live_server *server, struct live_served *served, size_t count, size_t servers,
               struct live_server **front, struct live_error *error) {
    if (servers > PARTS_MAX || count > LIVE_SERVED_MAX) {
        live_fail(error, "%zu servers are more than are started for a case", servers);
        return VENUE_E_CANNOT;
    }
    char *key = make_key(served, count);
    if (key == NULL) {
        live_fail(error, "memory ran out");
        return ROUTER_E_NOMEM;
    }
    pthread_mutex_lock(&server->split_lock);
    const int result = find_split(server, served, count, key, front, error);
    pthread_mutex_unlock(&server->split_lock);
    free(key);
    return result;
}

void live_splits_close(struct live_server *server) {
    while (server->splits != NULL) {
        struct live_split *next = server->splits->next;
        live_close(server->splits->front);
        free(server->splits->key);
        free(server->splits);
        server->splits = next;
    }
    while (server->part_count > 0) {
        live_close(server->parts[--server->part_count]);
    }
    free(server->parts);
    server->parts = NULL;
}
