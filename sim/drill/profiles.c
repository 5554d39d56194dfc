/* profiles.c - the policies that profiles mean, each read once for all plays that share them. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

struct drill_profiles {
    struct profile *first;
};

struct profile {
    struct profile *next;
    struct policy *policy;
    bool built_in;
    char source[]; /* its name where it is built in, else its text */
};

struct drill_profiles *drill_profiles_new(void) {
    return calloc(1, sizeof(struct drill_profiles));
}

static void free_profile(struct profile *profile) {
    if (profile != NULL) {
        policy_free(profile->policy);
        free(profile);
    }
}

void drill_profiles_free(struct drill_profiles *profiles) {
    for (struct profile *next; profiles != NULL && profiles->first != NULL; profiles->first = next) {
        next = profiles->first->next;
        free_profile(profiles->first);
    }
    free(profiles);
}

static struct policy *read_profile(bool built_in, const char *source, int *result, struct router_error *error) {
    struct policy *policy = policy_new(NULL);
    *result = policy == NULL ? ROUTER_E_NOMEM
              : built_in     ? policy_profile(policy, source, error)
                             : policy_read(policy, (struct slice){.data = source, .size = strlen(source)}, error);
    if (*result != ROUTER_OK) {
        policy_free(policy);
        return NULL;
    }
    return policy;
}

/* In front of the others, as the next server is likely to name the same one. */
static struct profile *add(struct drill_profiles *profiles, bool built_in, const char *source, int *result,
                           struct router_error *error) {
    const size_t size = strlen(source) + 1;
    struct profile *profile = malloc(sizeof *profile + size);
    if (profile == NULL) {
        *result = ROUTER_E_NOMEM;
        return NULL;
    }
    memcpy(profile->source, source, size);
    profile->built_in = built_in;
    profile->policy = read_profile(built_in, source, result, error);
    if (profile->policy == NULL) {
        free_profile(profile);
        return NULL;
    }
    profile->next = profiles->first;
    profiles->first = profile;
    return profile;
}

struct policy *drill_profile(struct drill_profiles *profiles, bool built_in, const char *source, int *result,
                             struct router_error *error) {
    if (profiles == NULL) {
        return read_profile(built_in, source, result, error);
    }
    const struct profile *profile = profiles->first;
    while (profile != NULL && (profile->built_in != built_in || strcmp(profile->source, source) != 0)) {
        profile = profile->next;
    }
    if (profile == NULL && (profile = add(profiles, built_in, source, result, error)) == NULL) {
        return NULL;
    }
    struct policy *copy = policy_copy(profile->policy, NULL);
    *result = copy == NULL ? ROUTER_E_NOMEM : ROUTER_OK;
    return copy;
}
