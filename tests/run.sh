#!/bin/sh
# make test: every check, step by step. Each step is a program whose last line is "N passed, N failed[, N skipped]";
# a step that ends without it, or contradicts it with its exit status, or has checked nothing, counts as a failure.
# The last line here is the sum.
set -u

BUILD=${BUILD:-build} MAKE=${MAKE:-make} CC=${CC:-gcc} CFLAGS=${CFLAGS:--O2 -g} JOBS=${JOBS:-2}
export BUILD MAKE CC CFLAGS JOBS
LC_ALL=C
export LC_ALL
out=$BUILD/test
rm -rf "$out"
mkdir -p "$out"
passed=0 failed=0 skipped=0

finish() {
    summary="$passed passed, $failed failed"
    [ "$skipped" -eq 0 ] || summary="$summary, $skipped skipped"
    echo "$summary" | tee "$out/summary"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}

# step NAME COMMAND...: returns 1 where something failed
step() {
    name=$1
    shift
    log=$out/$(echo "$name" | tr ' /' '--').log
    "$@" >"$log" 2>&1 </dev/null
    status=$?
    set -- $(tail -n 1 "$log" | awk '/^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ { print $1, $3, $5 + 0 }')
    if [ $# -ne 3 ]; then
        problem="ended without its counts, exit status $status"
        set -- 0 1 0
    elif [ "$status" -eq 0 ] && [ "$2" -gt 0 ] || [ "$status" -ne 0 ] && [ "$2" -eq 0 ]; then
        problem="exit status $status does not go with its counts"
        set -- "$1" $(($2 + 1)) "$3"
    elif [ $(($1 + $2 + $3)) -eq 0 ]; then
        problem='has checked nothing'
        set -- 0 1 0
    else
        problem=
    fi
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
    printf '%-22s %s passed, %s failed' "$name" "$1" "$2"
    [ "$3" -eq 0 ] || printf ', %s skipped' "$3"
    printf '\n'
    [ -z "$problem" ] || echo "$name: $problem"
    if [ "$2" -gt 0 ]; then
        grep -v '^PASS ' "$log" | tail -n 200 | sed 's/^/    /'
        return 1
    fi
    grep '^SKIPPED' "$log"
    return 0
}

# Builds count too, and without them there is nothing to check.
build() {
    "$MAKE" --no-print-directory -s -j"$JOBS" "$@" && echo '1 passed, 0 failed'
}

asan=$BUILD/asan
# A leak or an undefined operation ends the process, so that no check can pass over it.
ASAN_OPTIONS=abort_on_error=0:detect_leaks=1:exitcode=99 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
export ASAN_OPTIONS UBSAN_OPTIONS

step 'build' build BUILD="$BUILD" CC="$CC" CFLAGS="$CFLAGS" all "$BUILD/unittests" || finish
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
step 'reports' sh tests/reports.sh "$asan/stanzadrill"
step 'HTML report' sh tests/html.sh "$BUILD/stanzadrill"
step 'golden traces' sh tests/golden.sh
step 'rules fired' sh tests/fired.sh
step 'known differences' sh tests/known.sh
step 'explanations' sh tests/explain.sh "$asan/stanzadrill"
step 'diagrams' sh tests/diagram.sh "$asan/stanzadrill"
step 'determinism' sh tests/determinism.sh
step 'borders' sh tests/borders.sh
step 'install' sh tests/install.sh
finish
