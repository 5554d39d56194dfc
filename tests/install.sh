#!/bin/sh
# make install puts everything in its place, what is there works without the source tree, and make uninstall takes it
# away.
set -u
. "$(dirname "$0")/lib.sh"
BUILD=${BUILD:-build} MAKE=${MAKE:-make} CC=${CC:-gcc} CFLAGS=${CFLAGS:--O2 -g}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
root="$scratch/a root"

make_it() {
    "$MAKE" --no-print-directory -s BUILD="$BUILD" CC="$CC" CFLAGS="$CFLAGS" PREFIX=/opt/drill DESTDIR="$root" "$1" \
        >"$scratch/log" 2>&1 || { fail "make $1"; cat "$scratch/log"; finish; }
}

make_it install
cat >"$scratch/expected" <<'END'
opt/drill/bin/stanzadrill
opt/drill/include/router.h
opt/drill/lib/librouter.a
END
(cd scenarios && find . -name '*.scs' -o -name '*.md') |
    sed 's/^\.\//opt\/drill\/share\/stanzadrill\/scenarios\//' >>"$scratch/expected"
(cd "$root" && find . -type f) | sed 's/^\.\///' | sort >"$scratch/seen"
sort -o "$scratch/expected" "$scratch/expected"
same 'the installed files' "$scratch/expected" "$scratch/seen"

if (cd "$root/opt/drill/share/stanzadrill" && ../../bin/stanzadrill run scenarios) >"$scratch/log" 2>&1; then
    pass 'the installed program plays the installed scenarios'
else
    fail 'the installed program plays the installed scenarios'
    tail -n 20 "$scratch/log"
fi

cat >"$scratch/user.c" <<'END'
#include <router.h>

int main(void) {
    struct jid_parts jid;
    const char text[] = "Romeo@Montague.example/orchard";
    struct slice slice = {text, sizeof text - 1};
    return jid_prepare(slice, &jid) == ROUTER_OK && jid.local.size == 5 && jid.local.data[0] == 'r' ? 0 : 1;
}
END
# The flags of the build may hold sanitizers, which the library then needs from its user too.
if $CC $CFLAGS -std=c11 -Wall -Werror "-I$root/opt/drill/include" -o "$scratch/user" "$scratch/user.c" \
    "$root/opt/drill/lib/librouter.a" -lexpat -lidn && "$scratch/user"; then
    pass 'a program can be built with the installed library and header alone'
else
    fail 'a program can be built with the installed library and header alone'
fi

make_it uninstall
none 'uninstall leaves no file behind' "$(cd "$root" && find . -type f)"
none 'uninstall leaves no folder of its own behind' "$(cd "$root" && find . -name 'stanzadrill*')"
finish
