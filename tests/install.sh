#!/bin/sh
# make install puts everything in its place, what is there works without the source tree, and make uninstall takes it
# away.
set -u
. "$(dirname "$0")/lib.sh"
BUILD=${BUILD:-build} MAKE=${MAKE:-make} CC=${CC:-gcc} CFLAGS=${CFLAGS:--O2 -g}
workspace
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
opt/drill/lib/pkgconfig/librouter.pc
opt/drill/share/bash-completion/completions/stanzadrill
opt/drill/share/man/man1/stanzadrill.1
opt/drill/share/zsh/site-functions/_stanzadrill
END
"$BUILD/stanzadrill" --help | sed -n 's/^  \([a-z]*\) .*/opt\/drill\/share\/man\/man1\/stanzadrill-\1.1/p' >>"$scratch/expected"
(cd sim/packaging && find vim vscode ci -type f) | sed 's/^/opt\/drill\/share\/stanzadrill\//' >>"$scratch/expected"
(cd scenarios && find . -name '*.scs' -o -name '*.known' -o -name '*.md') |
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

# Not every pkg-config can cope with the blank in the path.
ln -s "$root/opt/drill" "$scratch/drill"
flags=$(PKG_CONFIG_PATH="$scratch/drill/lib/pkgconfig" pkg-config --define-variable=prefix="$scratch/drill" \
    --cflags --libs librouter)
if eval "$CC $CFLAGS -std=c11 -o '$scratch/user' '$scratch/user.c' $flags" 2>"$scratch/log" && "$scratch/user"; then
    pass 'pkg-config knows how'
else
    fail 'pkg-config knows how'
    cat "$scratch/log"
fi

# --- manual pages ---
for page in "$root"/opt/drill/share/man/man1/*.1; do
    name=$(basename "$page" .1)
    none "$name(1) has nothing that groff warns of" "$(groff -man -ww -z -Tutf8 "$page" 2>&1)"
    groff -man -Tascii -P -cbou "$page" >"$scratch/page" 2>/dev/null
    command=${name#stanzadrill}
    "$BUILD/stanzadrill" ${command#-} --help | grep -o -- '^  \(-[a-z] [A-Z]*, \)\{0,1\}--[]=[A-Za-z-]*' | grep -o -- '--.*' |
        tee -a "$scratch/options" | while read -r option; do
            grep -qF -e "$option" "$scratch/page" || echo "$option"
        done >"$scratch/missing"
    none "$name(1) names all options" "$(cat "$scratch/missing")"
    none "$name(1) has a name, a synopsis and something to say" "$(for part in NAME SYNOPSIS 'SEE ALSO'; do
        grep -q "^$part\$" "$scratch/page" || echo "$part"
    done)"
done

check 'the commands have options' [ "$(wc -l <"$scratch/options")" -gt 60 ]

# --- completion ---
cat >"$scratch/complete" <<'END'
. "$1/share/bash-completion/completions/stanzadrill"
PATH=$1/bin:$PATH
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_stanzadrill
printf '%s\n' "${COMPREPLY[@]}"
END
completes() { # EXPECTED WORD...
    expected=$1
    shift
    seen=$(bash "$scratch/complete" "$root/opt/drill" stanzadrill "$@" | tr '\n' ' ')
    check "bash completes '$*'" [ "$seen" = "$expected " ]
}
completes 'calibrate' cal
completes '--fail-fast' run --fail-f
completes '--rerun-failed' run --rer
completes '--jobs' run --j
completes 'prosody-note prosody' run --profile pro
completes 'msg.bare.chat.multi' rules msg.bare.chat.mu
completes 'msg.bare.chat.multi' explain msg.bare.chat.mu
completes '7' lesson 7
completes 'scenarios/lessons' run scenarios/less
if command -v zsh >/dev/null 2>&1; then
    check 'zsh reads its completion' zsh -n "$root/opt/drill/share/zsh/site-functions/_stanzadrill"
else
    skip 'zsh is not here: its completion was not read'
fi

make_it uninstall
none 'uninstall leaves no file behind' "$(cd "$root" && find . -type f)"
none 'uninstall leaves no folder of its own behind' "$(cd "$root" && find . -name 'stanzadrill*')"
finish
