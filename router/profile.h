/* profile.h - the texts of the built-in profiles, made from router/profiles/ when the library is built. */
#ifndef ROUTER_PROFILE_H
#define ROUTER_PROFILE_H

struct router_profile_text {
    const char *name, *text;
};
extern const struct router_profile_text router_profile_texts[]; /* ends with two NULLs; rfc6121 comes first */

#endif
