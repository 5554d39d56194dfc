#!/bin/sh
# What each folder may know, seen from outside: symbols of the built objects, includes, and the cheap part of the style.
set -u
. "$(dirname "$0")/lib.sh"
BUILD=${BUILD:-build}
workspace

sources() { # .c and .h files below some folders
    find "$@" -name '*.[ch]' | sort
}

# The names in the output of nm -u. Hardened builds call checked variants of the same functions, and clang makes bcmp of
# a memcmp that is only asked for equality.
names() {
    sed -n 's/^ *U //p' | sed -e 's/^__\(.*\)_chk$/\1/' -e 's/^__isoc[0-9]*_//' -e 's/^bcmp$/memcmp/' | sort -u
}

needed() { # what the objects of some folders need from elsewhere
    for folder in "$@"; do
        find "$BUILD/obj/$folder" -name '*.o' -exec nm -u {} +
    done | names
}

# --- the core: only these functions from outside, whatever the reason ---
cat >"$scratch/allowed" <<'END'
XML_[A-Za-z]*
(stringprep|idna|punycode)[a-z_0-9]*
(malloc|calloc|realloc|free)
mem(chr|cmp|cpy|move|set)
str(chr|rchr|cmp|ncmp|len|spn|cspn|pbrk|str)
strto(ul|ull|l|ll|umax|imax)
(qsort|bsearch)
v?snprintf
(__assert_fail|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_)
END
nm -u "$BUILD/librouter.a" | names >"$scratch/undefined"
nm -g --defined-only "$BUILD/librouter.a" | awk 'NF == 3 { print $3 }' | sort -u >"$scratch/defined"
if [ -s "$scratch/undefined" ] && [ -s "$scratch/defined" ]; then
    pass 'nm reads librouter.a'
else
    fail 'nm reads librouter.a'
fi
none 'librouter.a calls nothing but expat, libidn, memory and text functions' \
    "$(comm -23 "$scratch/undefined" "$scratch/defined" | grep -vxE -f "$scratch/allowed")"
none 'librouter.a exports only names that a user of router.h expects' \
    "$(grep -vE '^(router|jid|stanza|policy)_[a-z_0-9]+$' "$scratch/defined")"

# --- the rest: no clock, no luck, no environment; nothing below sim/cli prints, opens files or exits ---
outside='time|clock|clock_gettime|gettimeofday|localtime|gmtime|rand|random|srand|srandom|drand48|getrandom|getenv'
outside="$outside|setlocale|exit|_exit|quick_exit|system|fork|open|fopen|socket|usleep|nanosleep|sleep"
prints='printf|vprintf|fprintf|vfprintf|puts|fputs|fputc|putc|putchar|fwrite|perror|write|stdout|stderr|_IO_putc'
none 'sim/script, sim/world and sim/drill have no clock, luck, environment or files, and print nothing' \
    "$(needed sim/script sim/world sim/drill | grep -xE "$outside|$prints")"
none 'sim/live prints nothing, does not end the program, asks for no luck and waits for nothing by the clock alone' \
    "$(needed sim/live | grep -xE "setlocale|getenv|rand|random|srand|srandom|drand48|exit|_exit|quick_exit|abort|system|popen|\
usleep|nanosleep|sleep|printf|vprintf|puts|putchar|perror|stdout|stderr")"
none 'reports have no clock, luck, environment or files of their own' \
    "$(needed reports | grep -xE "$outside|stdout|stderr")"
# The line of progress on a terminal comes after a second, and nothing else depends on that.
clocks='time|clock|clock_gettime|gettimeofday|localtime|gmtime|rand|random|srand|setlocale'
none 'sim/cli has no clock and no luck, but for the progress on a terminal' \
    "$(find "$BUILD/obj/sim/cli" -name '*.o' ! -name progress.o -exec nm -u {} + | names | grep -xE "$clocks")"
none 'and that has no clock but a monotonic one' \
    "$(nm -u "$BUILD/obj/sim/cli/progress.o" | names | grep -xE "$clocks" | grep -vx clock_gettime)"

# Constants that hold pointers stand in .data.rel.ro and do not change.
variables=$(find "$BUILD/obj" "$BUILD/gen" -name '*.o' ! -path '*/tests/*' -exec nm -A -f sysv {} + |
    awk -F'|' '$4 ~ /OBJECT/ && $7 ~ /^\.?(data|bss|\*COM)/ && $7 !~ /^\.data\.rel\.ro/ { print $1, $7 }')
none 'nothing global that changes' "$variables"

# --- includes ---
includes() { # FOLDER FOREIGN_HEADERS: includes of FOLDER that are neither its own nor among FOREIGN_HEADERS
    find "$1" -name '*.[ch]' | while read -r file; do
        sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$file" | while read -r header; do
            [ -f "${file%/*}/$header" ] || [ -f "$1/include/$header" ] || echo " $2 " | grep -qF " $header " ||
                echo "$file includes $header"
        done
    done
}
none 'router includes only its own headers' "$(includes router '')"
none 'sim/script includes only its own headers' "$(includes sim/script '')"
none 'sim/world includes only its own headers and router.h' "$(includes sim/world 'router.h')"
none 'sim/drill includes only public headers beside its own' "$(includes sim/drill 'router.h world.h venue.h script.h xml.h')"
none 'sim/live includes only public headers beside its own' "$(includes sim/live 'router.h world.h venue.h')"
none 'reports include only their own headers' "$(includes reports '')"
public='router.h world.h venue.h script.h xml.h drill.h live.h recorder.h report.h results.h'
none 'sim/cli includes only public headers beside its own' "$(includes sim/cli "$public")"
# match.h and nevers.h are not public, but small documented headers of sim/drill: what they compare and check has more
# cases than whole runs can show, so tests may include these two. The parts of sim/live (processes, names, a name server,
# what stands between streams) are tested one by one, since what is behind live.h needs real servers.
none 'tests include only public headers, two of sim/drill, and the parts of sim/live' \
    "$(includes tests "$public suites.h match.h nevers.h parts.h record.h")"
none 'the core includes no system header but the plain ones, expat and libidn' \
    "$(find router -name '*.[ch]' -exec grep -HnE '^ *# *include *<' {} + |
        grep -vE '<(assert|limits|std(arg|bool|def|int|io|lib)|string|expat|stringprep|idna|punycode)\.h>')"

# --- what is installed ---
# A program that a script can look for, but no part asks for, is missing on a machine that has nothing yet.
body() { # of a function of install-deps.sh
    sed -n "/^$1() {/,/^}/p" tests/install-deps.sh
}
body has | sed -n 's/^    \([a-z][a-z0-9-]*\)) .*/\1/p; s/^    \([a-z][a-z0-9-]*\))$/\1/p' | sort >"$scratch/looked"
body needs | tr ' ;' '\n\n' | sort -u >"$scratch/asked"
check 'install-deps.sh can be read' grep -qx check "$scratch/looked"
none 'whatever install-deps.sh can look for, some part needs' "$(comm -23 "$scratch/looked" "$scratch/asked")"

# --- style ---
all=$(sources router sim reports tests)
none 'no C file is longer than 600 lines' \
    "$(for f in $all; do awk -v f="$f" 'END { if (NR > 600) print f, NR }' "$f"; done)"
none 'no line is longer than 130 characters' \
    "$(for f in $all tests/*.sh Makefile; do awk -v f="$f" '{ t = $0; gsub(/[\200-\277]/, "", t) }
        length(t) > 130 { print f ":" NR }' "$f"; done)"
none 'no function is longer than 80 lines' \
    "$(for f in $all; do awk -v f="$f" '/^[a-zA-Z].*\) \{$/ { start = NR } /^}/ { if (start && NR - start > 80)
        print f ":" start, NR - start; start = 0 }' "$f"; done)"
none 'no tab, no space at the end of a line, no carriage return' "$(grep -nE "	| \$|$(printf '\r')" $all)"
none 'every C file starts with a comment about its job' \
    "$(for f in $all; do head -c 2 "$f" | grep -qF '/*' || echo "$f"; done)"
none 'no typedef of a struct' "$(grep -nE 'typedef +(struct|union|enum)' $all)"
none 'no marks of unfinished work' "$(grep -nE '\b(TO''DO|FIX''ME|XX''X|HA''CK)\b' $all tests/*.sh Makefile)"
finish
