#!/bin/sh
# Every rule that is carried out is fired by a scenario, and every departure of a profile shows in one.
set -u
here=$(dirname "$0")
. "$here/lib.sh"
binary=${BUILD:-build}/stanzadrill
workspace

check 'the scenarios can be played for their rules' "$binary" rules --status --proof scenarios >"$scratch/status"
grep -q '^all ' "$scratch/status" && pass 'the rules are counted' || fail 'the rules are counted'
none 'each rule that is carried out is fired by a scenario' \
    "$(sed -n '/^carried out, but fired by none/,/^$/p' "$scratch/status" | sed -n 's/^  //p')"
"$binary" trace scenarios 2>/dev/null | grep -o ' departs=[^ ]*' | sed 's/.*=//' | sort -u >"$scratch/shown"
sed -n 's/^departs .* as //p' "$here"/../router/profiles/*.profile | sort -u >"$scratch/departures"
check 'the profiles have departures' [ -s "$scratch/departures" ]
none 'each departure of a profile shows in the trace of a scenario' \
    "$(comm -23 "$scratch/departures" "$scratch/shown")"
grep -E '^(group|[a-z]+) ' "$scratch/status"
finish
