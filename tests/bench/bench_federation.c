/* bench_federation.c - a federation of many servers in one simulated network: what a stanza to another server costs,
 * from the client that sends it to the client that gets it, and whether the fate of each is accounted for. */
#include "bench.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "world.h"

enum { USERS = 100, MESSAGES = 10, SERVERS_FEW = 10, SERVERS_MANY = 1000, REPEATS_FEW = 30, FRIENDS = 16, RUNS = 3 };

struct federation {
    unsigned servers;
    unsigned friends; /* how many other servers the users of one server write to */
    struct world *world;
    double set_up_ns, run_ns;
    uint64_t random;
};

static double clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Of one core, whatever else the machine does meanwhile. */
static double now_ns(void) {
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static unsigned pick(struct federation *f, unsigned count) {
    f->random = f->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((f->random >> 33) % count);
}

static bool add_user(struct federation *f, int server, unsigned s, unsigned u) {
    char jid[64];
    const int bare = snprintf(jid, sizeof jid, "u%u@s%u.example", u, s);
    const struct slice account = {jid, (size_t)bare};
    if (router_account(world_router(f->world, server), account) != ROUTER_OK) return false;
    snprintf(jid + bare, sizeof jid - (size_t)bare, "/r");
    const int client = world_client(f->world, "u", jid);
    return client == (int)(s * USERS + u) && world_connect(f->world, client) == ROUTER_OK;
}

static bool set_up(struct federation *f) {
    const struct world_config config = {.seed = 1, .tally_only = true};
    f->world = world_new(&config);
    for (unsigned s = 0; f->world != NULL && s < f->servers; s++) {
        char name[32];
        const char *const domains[] = {name};
        struct router_error error;
        snprintf(name, sizeof name, "s%u.example", s);
        const int server = world_server(f->world, name, domains, 1, NULL, &error);
        for (unsigned u = 0; u < USERS; u++)
            if (server < 0 || !add_user(f, server, s, u)) return false;
    }
    return f->world != NULL;
}

/* Every user writes to a user of another server; then all of it arrives. */
static bool one_round(struct federation *f) {
    for (unsigned client = 0; client < f->servers * USERS; client++) {
        char text[200];
        const unsigned other = (client / USERS + 1 + pick(f, f->friends)) % f->servers;
        const int size = snprintf(text, sizeof text,
                                  "<message to='u%u@s%u.example/r' type='chat' id='%u'><body>What light through yonder "
                                  "window breaks?</body></message>",
                                  pick(f, USERS), other, client);
        if (world_send(f->world, (int)client, text, (size_t)size) != ROUTER_OK) return false;
    }
    while (world_busy(f->world))
        if (!world_step(f->world)) return false;
    return true;
}

static bool check(const char *what, uint64_t found, uint64_t wanted) {
    if (found != wanted)
        fprintf(stderr, "bench: %s: found %" PRIu64 ", expected %" PRIu64 "\n", what, found, wanted);
    return found == wanted;
}

/* Every message entered twice, was routed and then delivered, and is nowhere else. */
static bool accounted(const struct federation *f) {
    const struct world_tally tally = world_tally(f->world);
    const uint64_t sent = (uint64_t)f->servers * USERS * MESSAGES;
    uint64_t fates = 0;
    for (size_t i = 0; i < ROUTER_FATE_COUNT; i++) fates += tally.fates[i];
    return !world_failed(f->world) && check("sent", tally.sent, sent) &&
           check("routed", tally.fates[ROUTER_ROUTE], sent) && check("written", tally.written, sent) &&
           check("crossed", tally.crossed, sent) && check("delivered", tally.fates[ROUTER_DELIVER], sent) &&
           check("arrived", tally.arrived, sent) && check("fates", fates, 2 * sent) && check("lost", tally.lost, 0) &&
           check("failed", tally.failed, 0) && check("opened", tally.opened, tally.attempts);
}

static bool play(struct federation *f) {
    const double start = now_ns();
    f->random = 1;
    bool fine = set_up(f);
    const double begun = now_ns();
    for (unsigned i = 0; fine && i < MESSAGES; i++) fine = one_round(f);
    f->set_up_ns = begun - start;
    f->run_ns = now_ns() - begun;
    return fine && accounted(f);
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Nanoseconds of one stanza among few servers: the median of several runs over worlds that were made anew. */
static double measure_few(bool *fine) {
    double runs[RUNS];
    for (size_t i = 0; i < RUNS; i++) {
        runs[i] = 0;
        for (unsigned k = 0; k < REPEATS_FEW; k++) {
            struct federation f = {.servers = SERVERS_FEW, .friends = SERVERS_FEW - 1};
            *fine = play(&f) && *fine;
            runs[i] += f.run_ns / REPEATS_FEW / SERVERS_FEW / USERS / MESSAGES;
            world_free(f.world);
        }
    }
    qsort(runs, RUNS, sizeof *runs, by_value);
    return runs[RUNS / 2];
}

static void line(const char *name, const char *what, double value, const char *unit) {
    char text[64];
    snprintf(text, sizeof text, "%s-%s", name, what);
    bench_line(text, value, unit);
}

static bool measure_many(const char *name, unsigned friends, double few_ns) {
    struct federation f = {.servers = SERVERS_MANY, .friends = friends};
    struct rusage usage;
    const double start_ns = clock_ns(CLOCK_MONOTONIC);
    const bool fine = play(&f);
    const double real_ns = clock_ns(CLOCK_MONOTONIC) - start_ns;
    const double stanzas = (double)SERVERS_MANY * USERS * MESSAGES;
    getrusage(RUSAGE_SELF, &usage);
    line(name, "stanzas", stanzas, "stanzas");
    line(name, "streams", f.world == NULL ? 0 : (double)world_tally(f.world).opened, "streams");
    line(name, "time", (f.set_up_ns + f.run_ns) / 1e9, "s");
    line(name, "real", real_ns / 1e9, "s");
    line(name, "set-up", f.set_up_ns / 1e9, "s");
    line(name, "virtual", f.world == NULL ? 0 : (double)world_now_us(f.world) / 1e6, "s");
    line(name, "speed", stanzas / f.run_ns * 1e9, "stanzas/s");
    line(name, "stanza", f.run_ns / stanzas, "ns");
    line(name, "growth", f.run_ns / stanzas / few_ns, "times");
    line(name, "memory", (double)usage.ru_maxrss / 1024, "MiB");
    world_free(f.world);
    return fine;
}

/* Memory is the most that the process ever had, so that the largest federation comes last. */
int bench_federation(void) {
    bool fine = true;
    const double few_ns = measure_few(&fine);
    bench_line("federation-few-stanza", few_ns, "ns");
    fine = measure_many("federation", FRIENDS, few_ns) && fine;
    fine = measure_many("federation-all", SERVERS_MANY - 1, few_ns) && fine;
    return fine ? 0 : 1;
}
