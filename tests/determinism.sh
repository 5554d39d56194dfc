#!/bin/sh
# Same input, same octets: reports and traces of the whole suite are compared between compilers, optimisation levels,
# numbers of threads and orders of arguments.
set -u
. "$(dirname "$0")/lib.sh"
BUILD=${BUILD:-build} MAKE=${MAKE:-make} JOBS=${JOBS:-2}
workspace

# trace OUTPUT BINARY ARGUMENT...: what is printed, and all reports behind it
trace() {
    output=$1
    shift
    "$@" --trace --format junit:"$scratch/junit" --format json:"$scratch/json" --format html:"$scratch/html" \
        --format openmetrics:"$scratch/openmetrics" --format github:"$scratch/github" >"$output" 2>&1
    [ $? -le 1 ] && [ -s "$output" ] || return
    for report in junit json html openmetrics github; do
        cat "$scratch/$report" >>"$output" || return
        rm "$scratch/$report"
    done
}

# compare NAME: between $scratch/first and $scratch/seen, which are too long to be shown whole
compare() {
    if cmp -s "$scratch/first" "$scratch/seen"; then
        pass "$1"
    else
        fail "$1"
        diff -u "$scratch/first" "$scratch/seen" | head -n 40
    fi
}

if ! trace "$scratch/first" "$BUILD/stanzadrill" run -j 1 scenarios; then
    fail 'the suite can be traced'
    finish
fi
for variant in gcc-O0 gcc-O3 clang-O0 clang-O3; do
    compiler=${variant%-*} level=${variant#*-}
    if ! command -v "$compiler" >/dev/null 2>&1; then
        if [ -n "${WITH_CLANG:-}" ]; then
            fail "$variant: no $compiler here"
        else
            skip "$variant: no $compiler here; \`make test WITH_CLANG=1\` installs it"
        fi
    elif ! "$MAKE" --no-print-directory -s -j"$JOBS" BUILD="$BUILD/$variant" CC="$compiler" CFLAGS="-$level" all; then
        fail "$variant does not build"
    elif ! trace "$scratch/seen" "$BUILD/$variant/stanzadrill" run scenarios; then
        fail "$variant cannot trace the suite"
    else
        compare "$variant: the same traces and reports"
    fi
done

trace "$scratch/seen" "$BUILD/stanzadrill" run -j 2 scenarios
compare '-j 2: the same traces and reports'
trace "$scratch/seen" "$BUILD/stanzadrill" run -j 7 scenarios
compare '-j 7: the same traces and reports'
find scenarios -name '*.scs' | sort -r >"$scratch/files"
trace "$scratch/seen" xargs -n 100000 "$BUILD/stanzadrill" run <"$scratch/files"
compare 'files given in reverse: the same traces and reports'
trace "$scratch/seen" "$BUILD/stanzadrill" run ./scenarios/ scenarios scenarios//lessons
compare 'a folder given twice: the same traces and reports'

"$BUILD/stanzadrill" run --format tap -j 1 scenarios >"$scratch/first" 2>&1
"$BUILD/stanzadrill" run -j 2 scenarios --format=tap >"$scratch/seen" 2>&1
compare 'tap with two threads: the same report'
finish
