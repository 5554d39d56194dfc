#!/bin/sh
# Golden traces: tests/golden/DIR/NAME.trace is what `stanzadrill trace scenarios/DIR/NAME.scs` prints, octet by octet.
# Every lesson has one. `make golden-accept` (--accept) rewrites them; read the difference before it is committed.
set -u
here=$(dirname "$0")
. "$here/lib.sh"
binary=${BUILD:-build}/stanzadrill
golden=$here/golden
workspace

names() {
    { (cd scenarios && find lessons -name '*.scs' 2>/dev/null) | sed 's/\.scs$//'
      (cd "$golden" && find . -name '*.trace') | sed -e 's/^\.\///' -e 's/\.trace$//'; } | sort -u
}

for name in $(names); do
    if [ "${1:-}" = --accept ]; then
        mkdir -p "$golden/$(dirname "$name")"
        "$binary" trace "scenarios/$name.scs" >"$scratch/seen" || fail "$name"
        cmp -s "$scratch/seen" "$golden/$name.trace" || echo "rewritten: tests/golden/$name.trace"
        cp "$scratch/seen" "$golden/$name.trace"
        pass "$name"
    elif [ ! -f "$golden/$name.trace" ]; then
        fail "$name has no golden trace; \`make golden-accept\` writes it"
    elif ! "$binary" trace "scenarios/$name.scs" >"$scratch/seen" 2>"$scratch/errors"; then
        fail "$name cannot be traced"
        cat "$scratch/errors"
    else
        same "$name" "$golden/$name.trace" "$scratch/seen"
    fi
done
finish
