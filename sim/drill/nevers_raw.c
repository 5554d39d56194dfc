/* nevers_raw.c - what must never happen to octets that are no stanza yet, or none at all (6120 8, 11.7). */
#include "watch.h"

#include <string.h>

static size_t white_size(const char *text) {
    return strspn(text, " \t\r\n");
}

/* Everything that a client has sent unchecked up to the event. */
static const char *sent_by(const struct watch *w, int client) {
    size_t size = 0;
    const struct raw *first = w->run->first_raw;
    for (const struct raw *raw = first; raw != NULL && raw->action <= (size_t)w->event->cause; raw = raw->next) {
        size += raw->client == client ? strlen(raw->bytes) : 0;
    }
    char *all = drill_run_take(w->run, size + 1), *at = all;
    for (const struct raw *raw = first; all != NULL && raw != NULL && raw->action <= (size_t)w->event->cause;
         raw = raw->next) {
        const size_t piece = raw->client == client ? strlen(raw->bytes) : 0;
        memcpy(at, raw->bytes, piece);
        at += piece;
    }
    return all;
}

/* The last piece that the event comes from, where it comes from one. */
static const struct raw *piece_of(const struct watch *w) {
    const struct raw *raw = w->event->client < 0 || w->event->cause < 0 ? NULL : w->run->first_raw;
    const struct raw *found = NULL;
    for (; raw != NULL && raw->action <= (size_t)w->event->cause; raw = raw->next) {
        found = raw->client == w->event->client && raw->action == (size_t)w->event->cause ? raw : found;
    }
    return found;
}

/* A stanza as far as its end tag, which may have been written in more than one way. */
static size_t size_without_end(const struct world_event *enter) {
    size_t size = enter->stanza_size;
    if (size < 2 || enter->stanza[size - 2] == '/') {
        return size;
    }
    while (size > 0 && enter->stanza[size - 1] != '<') {
        size--;
    }
    return size + 1; /* with the "</" that it begins with */
}

static const char *find(const char *text, const char *what, size_t size) {
    for (const char *at = strchr(text, what[0]); at != NULL; at = strchr(at + 1, what[0])) {
        if (strncmp(at, what, size) == 0) {
            return at;
        }
    }
    return NULL;
}

/* The octets behind the last stanza that was read, up to the present. */
static const char *unread(const struct watch *w, const char *all, uint32_t **known) {
    enum { READ = -3 };
    *known = drill_lane(w->self, w->event->client, READ);
    if (*known == NULL || **known > strlen(all)) {
        return NULL;
    }
    const char *rest = all + **known;
    const char *end = **known > 0 && rest[-1] != '>' ? strchr(rest, '>') : NULL;
    return end == NULL ? rest : end + 1;
}

/* A stanza must stand there as a whole; it came in pieces where it begins before the last one. */
static void look(struct watch *w) {
    if (w->unchecked.number == w->event->number) {
        return;
    }
    w->unchecked.number = w->event->number;
    w->unchecked.whole = w->unchecked.apart = SILENT;
    const struct raw *last = piece_of(w);
    const char *all = last == NULL ? NULL : sent_by(w, w->event->client);
    uint32_t *known;
    const char *rest = all == NULL ? NULL : unread(w, all, &known);
    if (rest == NULL) {
        return;
    }
    const size_t size = size_without_end(w->event);
    const char *at = find(rest, w->event->stanza, size);
    /* Of a stanza past a limit, in size or in depth, only the start is kept. */
    if (at == NULL && size >= 2 && strchr(w->event->stanza + 1, '<') == w->event->stanza + size - 2) {
        return;
    }
    /* Some servers pass over what may not be there, and it may stand within a stanza. */
    if (at == NULL && (strstr(rest, "<!--") != NULL || strstr(rest, "<?") != NULL)) {
        return;
    }
    if (at == NULL) {
        w->unchecked.whole = BROKEN;
        return;
    }
    const char *piece = all + strlen(all) - strlen(last->bytes);
    w->unchecked.whole = at < piece ? TEMPTED : SILENT;
    w->unchecked.apart = at > rest && rest + white_size(rest) == at ? TEMPTED : SILENT;
    *known = (uint32_t)((size_t)(at - all) + size);
}

static enum finding whole_only(const struct watch *w) {
    look(w->self);
    return w->unchecked.whole;
}

/* White space between stanzas is part of none. */
static enum finding white_space_is_nothing(const struct watch *w) {
    look(w->self);
    return w->event->stanza != NULL && w->event->stanza[0] != '<' ? BROKEN : w->unchecked.apart;
}

const struct never drill_nevers_raw[] = {
    {"in.xml.partial", whole_only, ON_ENTER},
    {"in.xml.whitespace", white_space_is_nothing, ON_ENTER},
    {NULL, NULL, 0},
};
