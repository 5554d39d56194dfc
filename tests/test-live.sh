#!/bin/sh
# make test-live: the same scenarios on real servers, which are installed by now. Whatever is started here is started by
# the programs that are tested, with private configurations. The last line is the sum; tests/steps.sh has what a step is.
#
#   test-live.sh [SERVER]...     all of tests/live/plan, or these only, and then without the tests of the harness itself
set -u

BUILD=${BUILD:-build} MAKE=${MAKE:-make} CC=${CC:-gcc} CFLAGS=${CFLAGS:--O2 -g} JOBS=${JOBS:-2}
export BUILD MAKE CC CFLAGS JOBS
out=$BUILD/test-live
. tests/steps.sh

drill=$BUILD/stanzadrill
units=
[ $# -gt 0 ] || units=$(for source in tests/live/*.c; do basename "$source" .c; done)
wanted=" $* "

step 'build' build BUILD="$BUILD" CC="$CC" CFLAGS="$CFLAGS" all $(for unit in $units; do echo "$BUILD/live-$unit"; done) ||
    finish
for unit in $units; do
    step "live $unit" "$BUILD/live-$unit"
done
[ $# -gt 0 ] || step 'live command line' sh tests/live/cli.sh "$drill"

calibrated=
while read -r server least baseline paths; do
    case $server in '' | '#'*) continue ;; esac
    case $wanted in '  ' | *" $server "*) ;; *) continue ;; esac
    calibrated=yes
    step "calibrate $server" sh tests/live/calibrate.sh "$drill" "$server" "$least" "$baseline" $paths &&
        grep -e 'cases agree' -e 'differ beyond' "$out/calibrate-$server.log"
done <tests/live/plan
[ -n "$calibrated" ] || { echo "tests/live/plan has none of:$wanted"; failed=$((failed + 1)); }
finish
