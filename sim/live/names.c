/* names.c - fresh account names for each case on a server that goes on running, and the scenario's names back. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct name {
    struct name *next;
    size_t local_size, domain_size; /* local_size 0: a whole domain */
    size_t prefix_size;
    char prefix[16]; /* of a whole domain */
    char text[];     /* localpart and domain, one behind the other */
};

struct live_names {
    struct name *names;
    size_t suffix_size, prefix_size;
    char suffix[16], prefix[16]; /* of localparts, ".1f"; of peers' domains, "x1f." */
};

struct live_names *live_names_new(unsigned number) {
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    struct live_names *names = calloc(1, sizeof *names);
    if (names == NULL) {
        return NULL;
    }
    char reversed[16];
    size_t size = 0;
    do {
        reversed[size++] = digits[number % 36];
        number /= 36;
    } while (number > 0);
    names->suffix[names->suffix_size++] = '.';
    names->prefix[names->prefix_size++] = 'x';
    while (size > 0) {
        names->suffix[names->suffix_size++] = names->prefix[names->prefix_size++] = reversed[--size];
    }
    names->prefix[names->prefix_size++] = '.';
    return names;
}

void live_names_free(struct live_names *names) {
    while (names != NULL && names->names != NULL) {
        struct name *next = names->names->next;
        free(names->names);
        names->names = next;
    }
    free(names);
}

static char folded(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same(const char *a, const char *b, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (folded(a[i]) != folded(b[i])) {
            return false;
        }
    }
    return true;
}

/* prefix: of a whole domain; NULL: none. */
static bool add(struct live_names *names, const char *local, size_t local_size, const char *domain,
                const char *prefix) {
    const size_t domain_size = strlen(domain);
    struct name *name = malloc(sizeof *name + local_size + domain_size);
    if (name == NULL) {
        return false;
    }
    *name = (struct name){.next = names->names, .local_size = local_size, .domain_size = domain_size};
    name->prefix_size = (size_t)snprintf(name->prefix, sizeof name->prefix, "%s", prefix == NULL ? "" : prefix);
    memcpy(name->text, local, local_size);
    memcpy(name->text + local_size, domain, domain_size);
    names->names = name;
    return true;
}

bool live_names_add(struct live_names *names, const char *bare) {
    const char *at = strchr(bare, '@');
    if (at == NULL || at == bare) {
        return true; /* a domain's own address stays as it is */
    }
    return add(names, bare, (size_t)(at - bare), at + 1, NULL);
}

bool live_names_add_domain(struct live_names *names, const char *domain) {
    return *domain == '\0' || add(names, "", 0, domain, names->prefix);
}

bool live_names_add_component(struct live_names *names, const char *domain, unsigned slot) {
    char prefix[16];
    snprintf(prefix, sizeof prefix, "c%u.", slot % 1000000);
    return *domain == '\0' || add(names, "", 0, domain, prefix);
}

/* What can stand beside a localpart that is not part of it. All that RFC 7622 forbids in one, and what it allows but
 * plain text puts around addresses. */
static bool ends_local(char c) {
    return c == '\0' || strchr(" \t\r\n\"'<>@/&:;,=(){}[]", c) != NULL;
}

static bool in_domain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           (unsigned char)c > 127;
}

/* Whether a name's domain stands from `at` on, and not as the beginning of a longer one. A full stop may be a
 * sentence's. */
static bool domain_at(const struct name *name, const char *text, size_t size, size_t at) {
    const size_t end = at + name->domain_size;
    if (end > size || !same(text + at, name->text + name->local_size, name->domain_size)) {
        return false;
    }
    return end == size || !(in_domain(text[end]) || (text[end] == '.' && end + 1 < size && in_domain(text[end + 1])));
}

/* The octets of a reference to a character beyond ASCII that ends before `end`; 0: there is none. */
static size_t reference_before(const char *text, size_t end) {
    size_t start = end;
    if (end == 0 || text[end - 1] != ';') {
        return 0;
    }
    while (start > 0 && end - start < 12 && text[start - 1] != '&') {
        start--;
    }
    const bool numeric = start > 0 && text[start - 1] == '&' && end - start > 3 && text[start] == '#';
    const bool hex = numeric && text[start + 1] == 'x';
    return numeric && strtoul(text + start + (hex ? 2 : 1), NULL, hex ? 16 : 10) > 127 ? end - start + 1 : 0;
}

static size_t put_character(char *at, unsigned long code) {
    const size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, code >>= 6) {
        at[i] = (char)(0x80 | (code & 0x3f));
    }
    at[0] = (char)((size == 2 ? 0xc0 : size == 3 ? 0xe0 : 0xf0) | code);
    return size;
}

/* A part of an address with its references resolved; it gets no longer by that. */
static size_t put_decoded(char *piece, const char *text, size_t size) {
    size_t out = 0;
    for (size_t i = 0; i < size; i++) {
        const char *end = text[i] == '&' ? memchr(text + i, ';', size - i) : NULL;
        const size_t length = end == NULL ? 0 : reference_before(text, (size_t)(end + 1 - text));
        if (length > 0) {
            const bool hex = text[i + 2] == 'x';
            const unsigned long code = strtoul(text + i + (hex ? 3 : 2), NULL, hex ? 16 : 10);
            out += code > 0x10ffff ? 0 : put_character(piece + out, code);
            i += length - 1;
        } else {
            piece[out++] = text[i];
        }
    }
    return out;
}

static size_t local_start(const char *text, size_t end) {
    size_t start = end;
    while (start > 0) {
        const size_t reference = reference_before(text, start);
        if (reference == 0 && ends_local(text[start - 1])) {
            break;
        }
        start -= reference == 0 ? 1 : reference;
    }
    return start;
}

static size_t domain_end(const char *text, size_t size, size_t stop) {
    while (stop < size) {
        const char *end = text[stop] == '&' ? memchr(text + stop, ';', size - stop) : NULL;
        const size_t reference = end == NULL ? 0 : reference_before(text, (size_t)(end + 1 - text));
        const bool dot = text[stop] == '.' && stop + 1 < size && (in_domain(text[stop + 1]) || text[stop + 1] == '&');
        if (reference == 0 && !in_domain(text[stop]) && !dot) {
            break;
        }
        stop += reference == 0 ? 1 : reference;
    }
    return stop;
}

static bool is_plain(const char *text, size_t size) {
    size_t i = 0;
    while (i < size && (unsigned char)text[i] < 128 && text[i] != '&') {
        i++;
    }
    return i == size;
}

/* The same for an address that is written in another form than the prepared one, beyond upper and lower case. */
static bool is_known_prepared(const struct live_names *names, const char *text, size_t size, size_t end, size_t at) {
    char piece[2 * ROUTER_JID_PART_MAX + 2];
    const size_t start = local_start(text, end), stop = domain_end(text, size, at + 1);
    if (start == end || end - start + (stop - at) > sizeof piece ||
        (is_plain(text + start, end - start) && is_plain(text + at, stop - at))) {
        return false;
    }
    size_t whole = put_decoded(piece, text + start, end - start);
    whole += put_decoded(piece + whole, text + at, stop - at);
    struct jid_parts parts;
    if (jid_prepare((struct slice){.data = piece, .size = whole}, &parts) != ROUTER_OK) {
        return false;
    }
    for (const struct name *name = names->names; name != NULL; name = name->next) {
        if (name->local_size > 0 && parts.local.size == name->local_size && parts.domain.size == name->domain_size &&
            same(parts.local.data, name->text, name->local_size) &&
            same(parts.domain.data, name->text + name->local_size, name->domain_size)) {
            return true;
        }
    }
    return false;
}

/* Whether the octets before `end` are the localpart of an account whose domain stands behind the '@' at `at`. */
static bool is_known(const struct live_names *names, const char *text, size_t size, size_t end, size_t at) {
    for (const struct name *name = names->names; name != NULL; name = name->next) {
        const size_t local = name->local_size;
        if (local > 0 && end >= local && same(text + end - local, name->text, local) &&
            (end == local || ends_local(text[end - local - 1])) && domain_at(name, text, size, at + 1)) {
            return true;
        }
    }
    return is_known_prepared(names, text, size, end, at);
}

static bool starts_domain(const char *text, size_t at) {
    return at == 0 || !(in_domain(text[at - 1]) || text[at - 1] == '.');
}

/* The domain that is mapped as a whole and stands from `at` on, and not as the end of a longer one; or NULL. */
static const struct name *domain_starts(const struct live_names *names, const char *text, size_t size, size_t at) {
    const struct name *name = starts_domain(text, at) ? names->names : NULL;
    while (name != NULL && (name->local_size > 0 || !domain_at(name, text, size, at))) {
        name = name->next;
    }
    return name;
}

static char *finish(struct live_text *copy, const char *rest, size_t size, size_t *out_size) {
    live_text_add(copy, rest, size);
    if (copy->failed) {
        live_text_free(copy);
    }
    *out_size = copy->size;
    return copy->data;
}

char *live_names_out(const struct live_names *names, const char *text, size_t size, size_t *out_size) {
    struct live_text copy = {0};
    size_t done = 0;
    for (size_t at = 0; at < size; at++) {
        const bool local = text[at] == '@' && is_known(names, text, size, at, at);
        const struct name *domain = local ? NULL : domain_starts(names, text, size, at);
        if (local || domain != NULL) {
            live_text_add(&copy, text + done, at - done);
            live_text_add(&copy, local ? names->suffix : domain->prefix,
                          local ? names->suffix_size : domain->prefix_size);
            done = at;
        }
    }
    return finish(&copy, text + done, size - done, out_size);
}

/* Whether `added` stands before `at`, and nothing of it is gone yet. */
static bool stands_before(const char *text, size_t at, size_t done, const char *added, size_t size) {
    return at - done >= size && same(text + at - size, added, size);
}

/* How much stands before `at` that makes the domain there one of the wire; 0: nothing. */
static size_t prefix_before(const struct live_names *names, const char *text, size_t size, size_t at, size_t done) {
    const struct name *name = names->names;
    while (name != NULL && (name->local_size > 0 || !stands_before(text, at, done, name->prefix, name->prefix_size) ||
                            !starts_domain(text, at - name->prefix_size) || !domain_at(name, text, size, at))) {
        name = name->next;
    }
    return name == NULL ? 0 : name->prefix_size;
}

char *live_names_back(const struct live_names *names, const char *text, size_t size, size_t *out_size) {
    struct live_text copy = {0};
    size_t done = 0;
    for (size_t at = 0; at < size; at++) {
        size_t gone = 0;
        if (text[at] == '@' && stands_before(text, at, done, names->suffix, names->suffix_size) &&
            is_known(names, text, size, at - names->suffix_size, at)) {
            gone = names->suffix_size;
        } else {
            gone = prefix_before(names, text, size, at, done);
        }
        if (gone > 0) {
            live_text_add(&copy, text + done, at - gone - done);
            done = at;
        }
    }
    return finish(&copy, text + done, size - done, out_size);
}
