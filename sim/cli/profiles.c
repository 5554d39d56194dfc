/* stanzadrill profiles: what there is, what one does, and in what two differ. */
#include "cli.h"
#include "router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROFILE_SIZE_MAX = 1 << 20 };

static struct slice whole(const char *text) {
    return (struct slice){text, strlen(text)};
}

static bool is_built_in(const char *name) {
    for (size_t i = 0; router_profile_name(i) != NULL; i++) {
        if (strcmp(router_profile_name(i), name) == 0) {
            return true;
        }
    }
    return false;
}

static bool complain_unknown(const char *name) {
    struct cli_words known = {NULL, 0};
    for (size_t i = 0; router_profile_name(i) != NULL; i++) {
        cli_words_add(&known, router_profile_name(i));
    }
    cli_words_add(&known, NULL);
    cli_unknown("profile", name, known.items, NULL);
    free(known.items);
    return false;
}

/* What has a slash or a dot in it is meant as a file; everything else must be a built-in name. */
static char *read_profile(const char *name) {
    size_t size = 0;
    const char *why = "";
    char *text = cli_read(name, PROFILE_SIZE_MAX, &size, &why);
    if (text == NULL) {
        (void)cli_cannot_read(name, why);
        return NULL;
    }
    if (size == PROFILE_SIZE_MAX || memchr(text, '\0', size) != NULL) {
        (void)cli_complain_at(name, 0, 0, size == PROFILE_SIZE_MAX ? "larger than the 1 MiB that a profile may have"
                                                                    : "no profile: it holds a NUL octet");
        free(text);
        return NULL;
    }
    return text;
}

struct policy *cli_policy(const char *name, char **text) {
    struct router_error error = {0};
    if (text != NULL) {
        *text = NULL;
    }
    const bool file = !is_built_in(name);
    if (file && strpbrk(name, "./") == NULL) {
        complain_unknown(name);
        return NULL;
    }
    struct policy *policy = cli_need(policy_new(NULL));
    char *own = file ? read_profile(name) : NULL;
    bool good = !file || own != NULL;
    if (good) {
        good = (file ? policy_read(policy, whole(own), &error) : policy_profile(policy, name, &error)) == ROUTER_OK;
        if (!good) {
            (void)cli_complain_at(name, error.line, error.column, error.text);
        }
    }
    if (good && text != NULL) {
        *text = own;
    } else {
        free(own);
    }
    if (!good) {
        policy_free(policy);
        return NULL;
    }
    return policy;
}

static size_t print_knobs(const struct policy *a, const struct policy *b) {
    size_t count = 0;
    for (size_t i = 0; i < router_knob_count(); i++) {
        char left[24], right[24];
        const struct router_knob knob = router_knob(i);
        if (strcmp(policy_get(a, i, left), policy_get(b, i, right)) != 0) {
            printf("  %-24s %-20s %-20s %s\n", knob.name, left, right, knob.basis);
            count++;
        }
    }
    return count;
}

static void print_departure(const struct router_departure *d) {
    const struct router_rule *rule = cli_rule(d->rule);
    printf("  %-34s %s (%s): ", d->id, rule->id, rule->strength);
    cli_departure(d);
    putchar('\n');
}

static bool has_departure(const struct policy *policy, const struct router_departure *wanted) {
    struct router_departure d;
    for (size_t i = 0; policy_departure(policy, i, &d); i++) {
        if (d.rule == wanted->rule && d.kinds == wanted->kinds && strcmp(d.verb, wanted->verb) == 0 &&
            (d.condition == NULL ? wanted->condition == NULL
                                 : wanted->condition != NULL && strcmp(d.condition, wanted->condition) == 0)) {
            return true;
        }
    }
    return false;
}

static size_t print_departures(const char *name, const struct policy *of, const struct policy *not_of) {
    struct router_departure d;
    size_t count = 0;
    for (size_t i = 0; policy_departure(of, i, &d); i++) {
        if (has_departure(not_of, &d)) {
            continue;
        }
        if (count++ == 0) {
            printf("only %s departs from the specification:\n", name);
        }
        print_departure(&d);
    }
    return count;
}

static int compare(const char *first, const char *second) {
    struct policy *a = cli_policy(first, NULL);
    struct policy *b = a == NULL ? NULL : cli_policy(second, NULL);
    if (b == NULL) {
        policy_free(a);
        return CLI_USAGE;
    }
    printf("  %-24s %-20s %-20s %s\n", "knob", first, second, "basis");
    size_t count = print_knobs(a, b);
    count += print_departures(first, a, b);
    count += print_departures(second, b, a);
    printf("%zu difference%s\n", count, count == 1 ? "" : "s");
    policy_free(a);
    policy_free(b);
    return CLI_OK;
}

static int run(const struct cli_settings *settings) {
    const struct cli_words *names = &settings->paths;
    if (names->count > 2) {
        cli_complain("profiles takes at most two names, but got \"%s\" too", names->items[2]);
        return CLI_USAGE;
    }
    if (names->count > 0) {
        return names->count == 1 ? compare("rfc6121", names->items[0]) : compare(names->items[0], names->items[1]);
    }
    for (size_t i = 0; router_profile_name(i) != NULL; i++) {
        puts(router_profile_name(i));
    }
    return CLI_OK;
}

const struct cli_command cli_profiles_command = {
    .name = "profiles",
    .usage = "[A [B]]",
    .summary = "list the built-in profiles; with one, what sets it off from rfc6121; with two, in what they differ",
    .notes = "A and B are built-in names or files in the form of router/profiles/README.md; a file's name holds a dot or\n"
             "a slash.\n",
    .run = run,
};
