/* main.c - runs all benches. */
#include "bench.h"

int main(void) {
    return bench_parse();
}
