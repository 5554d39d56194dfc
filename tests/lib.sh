# lib.sh - counting for the check scripts, which read it with `.`
passed=0 failed=0 skipped=0
LC_ALL=C
export LC_ALL

pass() {
    passed=$((passed + 1))
    echo "PASS $1"
}

fail() {
    failed=$((failed + 1))
    echo "FAIL $1"
}

skip() {
    skipped=$((skipped + 1))
    echo "SKIPPED $1"
}

# same NAME EXPECTED_FILE SEEN_FILE
same() {
    if cmp -s "$2" "$3"; then
        pass "$1"
    else
        fail "$1 (- expected, + seen)"
        diff -u "$2" "$3" | sed -e 1,2d -e 's/^/  /'
    fi
}

# check NAME COMMAND...: passes where the command succeeds
check() {
    name=$1
    shift
    if "$@"; then
        pass "$name"
    else
        fail "$name: $*"
    fi
}

# none NAME TEXT: passes where the text is empty
none() {
    if [ -z "$2" ]; then
        pass "$1"
    else
        fail "$1"
        printf '%s\n' "$2" | sed 's/^/  /'
    fi
}

finish() {
    if [ "$skipped" -gt 0 ]; then
        echo "$passed passed, $failed failed, $skipped skipped"
    else
        echo "$passed passed, $failed failed"
    fi
    [ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
    exit
}
