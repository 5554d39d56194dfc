#!/bin/sh
# make test: every check, step by step. The last line here is the sum; tests/steps.sh has what a step is.
set -u

BUILD=${BUILD:-build} MAKE=${MAKE:-make} CC=${CC:-gcc} CFLAGS=${CFLAGS:--O2 -g} JOBS=${JOBS:-2}
export BUILD MAKE CC CFLAGS JOBS
out=$BUILD/test
. tests/steps.sh

asan=$BUILD/asan
# A leak or an undefined operation ends the process, so that no check can pass over it.
ASAN_OPTIONS=abort_on_error=0:detect_leaks=1:exitcode=99 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export ASAN_OPTIONS UBSAN_OPTIONS

step 'build' build BUILD="$BUILD" CC="$CC" CFLAGS="$CFLAGS" all "$BUILD/unittests" "$BUILD/tool-fake_server" ||
    finish
step 'build sanitized' build BUILD="$asan" CC="$CC" \
    CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all' \
    all "$asan/unittests" || finish

step 'units' "$BUILD/unittests"
step 'units sanitized' "$asan/unittests"
step 'scenarios' "$BUILD/stanzadrill" run scenarios
step 'scenarios sanitized' "$asan/stanzadrill" run -j "$JOBS" scenarios
step 'selftest' sh tests/selftest.sh "$BUILD/stanzadrill"
step 'selftest sanitized' sh tests/selftest.sh "$asan/stanzadrill"
step 'command line' sh tests/cli.sh "$asan/stanzadrill"
step 'bad input' sh tests/badinput.sh "$asan/stanzadrill"
step 'bad servers' sh tests/badserver.sh "$asan/stanzadrill" "$BUILD/tool-fake_server"
step 'reports' sh tests/reports.sh "$asan/stanzadrill"
step 'HTML report' sh tests/html.sh "$BUILD/stanzadrill"
step 'golden traces' sh tests/golden.sh
step 'rules fired' sh tests/fired.sh
step 'known differences' sh tests/known.sh
step 'explanations' sh tests/explain.sh "$asan/stanzadrill"
step 'diagrams' sh tests/diagram.sh "$asan/stanzadrill"
step 'pages' sh tests/readme.sh "$BUILD/stanzadrill"
step 'determinism' sh tests/determinism.sh
step 'borders' sh tests/borders.sh
step 'install' sh tests/install.sh
finish
