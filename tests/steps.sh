# steps.sh - the steps of make test and make test-live, which read it with `.`
#
# Each step is a program whose last line is "N passed, N failed[, N skipped]"; a step that ends without it, or contradicts
# it with its exit status, or has checked nothing, counts as a failure. Logs and the sum, `summary`, are kept in the folder
# $out.
LC_ALL=C
export LC_ALL
rm -rf "$out"
mkdir -p "$out"
passed=0 failed=0 skipped=0

finish() {
    [ "$skipped" -eq 0 ] || echo "$skipped skipped"
    echo "$passed passed, $failed failed" | tee "$out/summary"
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
    set -- $(tail -n 1 "$log" |
        awk '/^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?(, [0-9]+ known to fail)?$/ { print $1, $3, $5 + 0 }')
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
