#!/bin/sh
# make cover: line and branch coverage of each folder from the unit tests, the scenarios and the selftests. Ends with
# failure where a test fails or less than COVER_MIN % of the branches of router/ were taken.
set -eu
BUILD=${BUILD:-build} MAKE=${MAKE:-make} JOBS=${JOBS:-2} COVER_MIN=${COVER_MIN:-95}
cover=$BUILD/cover
LC_ALL=C
export LC_ALL

"$MAKE" --no-print-directory -s -j"$JOBS" BUILD="$cover" CC=gcc CFLAGS='-O0 -g --coverage -fprofile-abs-path' \
    all "$cover/unittests"
find "$cover" -name '*.gcda' -exec rm -f {} +

status=0
for part in units scenarios selftest cli badinput; do
    case $part in
    units) "$cover/unittests" ;;
    scenarios) "$cover/stanzadrill" run scenarios ;;
    selftest) sh tests/selftest.sh "$cover/stanzadrill" ;;
    cli) sh tests/cli.sh "$cover/stanzadrill" ;;
    badinput) sh tests/badinput.sh "$cover/stanzadrill" ;;
    esac >"$cover/$part.log" 2>&1 || {
        echo "cover: $part failed, see $cover/$part.log" >&2
        status=1
    }
done

lcov='lcov --quiet --rc lcov_branch_coverage=1'
{
    $lcov --capture --directory "$cover/obj" --base-directory . --no-external --output-file "$cover/all.info"
    $lcov --remove "$cover/all.info" '*/tests/*' '*/gen/*' --output-file "$cover/cover.info"
    genhtml --quiet --branch-coverage --prefix "$(pwd)" --output-directory "$cover/html" "$cover/cover.info"
} >"$cover/lcov.log" 2>&1 || {
    cat "$cover/lcov.log" >&2
    exit 1
}

awk -v top="$(pwd)/" -v least="$COVER_MIN" '
    function percent(hit, all) { return all > 0 ? 100 * hit / all : 0 }
    BEGIN { FS = ":" }
    $1 == "SF" { folder = $2; if (index(folder, top) == 1) folder = substr(folder, length(top) + 1)
                 sub(/\/[^\/]*$/, "", folder); if (!(folder in seen)) { seen[folder] = 1; order[++count] = folder } }
    $1 == "LF" { lines[folder] += $2 }   $1 == "LH" { lines_hit[folder] += $2 }
    $1 == "BRF" { branches[folder] += $2 }   $1 == "BRH" { branches_hit[folder] += $2 }
    END {
        for (i = 1; i <= count; i++) {
            f = order[i]
            printf "cover %-12s lines %5.1f %% (%d of %d)   branches %5.1f %% (%d of %d)\n", f,
                percent(lines_hit[f], lines[f]), lines_hit[f], lines[f],
                percent(branches_hit[f], branches[f]), branches_hit[f], branches[f]
        }
        if (branches["router"] == 0 || percent(branches_hit["router"], branches["router"]) < least) {
            printf "cover: router/ has less than %s %% of its branches\n", least
            exit 1
        }
    }' "$cover/cover.info" || status=1
echo "cover: line by line in $cover/html/index.html"
exit "$status"
