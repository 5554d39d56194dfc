/* live.h - scenarios on real servers: targets, servers that are started for a run, and venues on them.
 *
 * A target describes a server. live_open makes it ready for a run: a built-in one is installed software that is started
 * with a private configuration, data folder and ports on loopback; one of a target file runs already. live_venue makes a
 * venue for one case; several may be in use at the same time, each by one thread. */
#ifndef STANZADRILL_LIVE_H
#define STANZADRILL_LIVE_H

#include "venue.h"

/* Why something went wrong: one sentence that names the host and the step ("prosody: log in as a@b at 127.0.0.1:5222:
 * the password was refused"). Never holds a password. */
struct live_error {
    unsigned line, column; /* of a target file; 0: not about a place */
    char text[400];
};

struct live_target;

/* live_target_builtin - "prosody", "ejabberd", "jabberd2". returns NULL and *error (with the nearest known word). */
struct live_target *live_target_builtin(const char *name, struct live_error *error);
const char *live_builtin_name(size_t n); /* NULL past the last */

/* live_target_read - a target file's text; its form is in sim/live/README.md. returns NULL and *error. */
struct live_target *live_target_read(const char *text, size_t size, struct live_error *error);
void live_target_free(struct live_target *target);
const char *live_target_name(const struct live_target *target); /* for reports */
const char *live_target_profile(const struct live_target *target); /* that describes it; NULL: none does */

/* What the scenarios of a run need, so that a server can be configured for all of them before it starts. */
struct live_needs {
    const char *const *domains; /* that servers of the scenarios serve */
    size_t domain_count;
    const char *const *components;
    size_t component_count;
};

struct live_server;

enum { LIVE_CASE_SECONDS = 60 }; /* that a case may take, where nothing else is asked for */

/* live_open - start it, or see that it answers. target: borrowed until live_close. seconds: the bound for one wait; 0:
 * the usual one, which a server that is started here always has.
 * returns   NULL and *error: missing software (with the package to install), a port that is closed, a server that does
 *           not answer, a certificate that is not trusted, and so on. */
struct live_server *live_open(const struct live_target *target, const struct live_needs *needs, unsigned seconds,
                              struct live_error *error);

/* live_close - stop it, with everything that was started and written for it. */
void live_close(struct live_server *server);

/* live_check - whether it still runs; one that was started here and died, or does not answer since a case failed for want
 * of an answer, is started anew. returns false and *error where that fails. Called between cases. */
bool live_check(struct live_server *server, struct live_error *error);

/* live_venue - a venue for one case. number: of the case in the run; makes its names fresh. seconds: that the case may
 * take from now on, beside what passes until servers have started for it or other cases leave its component's name to
 * it; all its waits share them, and the venue fails with VENUE_E_DOWN when they are over. returns NULL and *error. */
struct venue *live_venue(struct live_server *server, unsigned number, unsigned seconds, struct live_error *error);

#endif
