/* main.c - runs all benches. argv[1]: the folder of scenarios. */
#include "bench.h"

int main(int argc, char **argv) {
    const int federation = bench_federation();
    return federation | bench_parse() | bench_route() | bench_scale() | (argc > 1 ? bench_suite(argv[1]) : 0);
}
