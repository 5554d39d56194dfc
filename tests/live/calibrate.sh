#!/bin/sh
# How well a profile predicts its server: at least LEAST per cent of the cases that both can run must agree, counted
# without what the baseline lists. A real server under load may once in a while do in another order what it does; so what
# differs beyond the baseline is printed, and fails where the share is not reached. The last line is "N passed, N failed".
#
#   calibrate.sh BINARY SERVER LEAST BASELINE PATH...
set -u
drill=$1 server=$2 least=$3 baseline=$4
shift 4
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$drill" calibrate --target "$server" --profile "$server" --baseline "$baseline" --quiet "$@" >"$log" 2>&1
set -- $(tail -n 1 "$log" | awk '
    /^[0-9]+ passed, [0-9]+ failed/ {
        for (i = 1; i < NF; i++) if ($(i + 1) ~ /^known/) known = $i
        print $1, $3, known + 0
    }')
if [ $# -ne 3 ]; then
    cat "$log"
    echo 'calibrate ended without its counts'
    exit 1
fi
sed '$d' "$log"
if awk -v agree="$1" -v differ="$(($2 + $3))" -v least="$least" \
    'BEGIN { all = agree + differ; printf "%.2f %% of %d cases agree, at least %s %% should\n", all ? 100 * agree / all : 0, all, least
             exit !(all > 0 && 100 * agree >= least * all) }'; then
    [ "$2" -eq 0 ] || echo "$2 differ beyond $baseline"
    echo "$1 passed, 0 failed"
else
    echo "$1 passed, $(($2 + 1)) failed"
    exit 1
fi
