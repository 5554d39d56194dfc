#!/bin/sh
# The baselines of calibration, scenarios/TARGET.known: each line is the name of a case that there is, once, and a reason.
set -u
here=$(dirname "$0")
. "$here/lib.sh"
binary=${BUILD:-build}/stanzadrill
workspace

check 'the scenarios can be listed' "$binary" list scenarios >"$scratch/list"
cut -f 1 "$scratch/list" | sort >"$scratch/names"
for baseline in scenarios/*.known; do
    listed "$baseline" >"$scratch/known"
    check "$baseline names cases" test -s "$scratch/known"
    none "$baseline names only cases that there are" "$(comm -23 "$scratch/known" "$scratch/names" | uniq)"
    none "$baseline names each case once" "$(uniq -d "$scratch/known")"
    none "$baseline gives a reason for each" "$(unexplained "$baseline")"
done
finish
