#!/bin/sh
# Finds out what this machine lacks and installs it through the distribution's packages.
#
#   install-deps.sh --check PART...        only say what is missing; exit 1 if something is
#   install-deps.sh --stamp FILE PART...   install what is missing; FILE remembers that all was there
#
# PART: build (compiler, expat, libidn, libstrophe, jansson), test (Check, and what reads what is written), cover (lcov),
# clang, fuzz (clang's fuzzer runtime), deb (tools for Debian packages), browser (opens the HTML report), live (the
# servers, and what their tests need), live-SERVER (one server, and what is needed to play on it). No service of a server
# is started or left enabled.
# What counts is whether a tool or header works, not whether a package is called as on Debian.
set -eu

CC=${CC:-gcc}
LC_ALL=C
export LC_ALL

# CC may hold several words ("ccache gcc").
compiles() { # a program that includes $1 and links with $2
    printf '#include <stdio.h>\n#include <%s>\nint main(void) { return 0; }\n' "$1" |
        $CC -x c -o /dev/null - $2 2>/dev/null
}

lua_of_prosody() { # its first line names the interpreter
    lua=$(sed -n '1s/^#! *//p' "$(PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin command -v prosody)" 2>/dev/null)
    [ -n "$lua" ] && $lua "$@" >/dev/null 2>&1
}

program() { # servers are installed where only an administrator's PATH looks
    PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin command -v "$1" >/dev/null 2>&1
}

has() {
    case $1 in
    libc6-dev) compiles stdio.h '' ;;
    libexpat1-dev) compiles expat.h -lexpat ;;
    libidn-dev) compiles stringprep.h -lidn ;;
    libstrophe-dev) compiles strophe.h -lstrophe ;;
    libjansson-dev) compiles jansson.h -ljansson ;;
    check) compiles check.h "$(pkg-config --libs check 2>/dev/null || echo -lcheck)" ;;
    fuzzer)
        echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { (void)d; (void)n; return 0; }' |
            clang -x c -fsanitize=fuzzer,address -o /dev/null - 2>/dev/null
        ;;
    libxml2-utils) program xmllint ;;
    perl) program prove && perl -MJSON::PP -e 1 2>/dev/null ;;
    chromium) program chromium || program chromium-browser || program google-chrome ;;
    fonts-dejavu-core) [ -n "$(find /usr/share/fonts /usr/local/share/fonts -name '*.[to]tf' 2>/dev/null | head -n 1)" ] ;;
    prosody) program prosody ;;
    lua-unbound) lua_of_prosody -e 'require "lunbound"' ;;
    ejabberd) program ejabberdctl ;;
    jabberd2) program jabberd2-router ;;
    procps) program ps ;;
    *) program "$1" ;;
    esac
}

needs() { # names of what a part needs, in the order in which they can be looked for
    case $1 in
    build)
        echo "${CC%% *}" libc6-dev pkg-config libexpat1-dev libidn-dev libstrophe-dev libjansson-dev
        ;;
    test) echo check bash groff libxml2-utils perl openssl ;;
    cover) echo gcc lcov ;;
    clang) echo clang ;;
    fuzz) echo clang fuzzer ;;
    deb) echo dpkg-deb dpkg-shlibdeps lintian ;;
    browser) echo chromium python3 fonts-dejavu-core ;;
    live) echo prosody lua-unbound ejabberd jabberd2 sqlite3 openssl procps ;;
    live-prosody) echo prosody lua-unbound ;;
    live-ejabberd) echo ejabberd ;;
    live-jabberd2) echo jabberd2 sqlite3 ;;
    *)
        echo "install-deps.sh: unknown part $1" >&2
        exit 2
        ;;
    esac
}

known() { # ends everything where a part is none
    for part in "$@"; do
        needs "$part" >/dev/null
    done
}

missing_of() {
    for part in "$@"; do
        for name in $(needs "$part"); do
            has "$name" || echo "$name"
        done
    done | awk '!seen[$0]++'
}

package() { # the fuzzer's runtime is packaged by clang's version
    case $1 in
    fuzzer)
        version=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9][0-9]*\)$/\1/p' | head -n 1)
        echo "libclang-rt-${version:+$version-}dev"
        ;;
    groff) echo groff-base ;;
    dpkg-deb) echo dpkg ;;
    dpkg-shlibdeps) echo dpkg-dev ;;
    *) echo "$1" ;;
    esac
}

packages() { # in one line
    for name in "$@"; do
        package "$name"
    done | paste -s -d ' ' -
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n true 2>/dev/null || echo 'stanzadrill: sudo may ask for your password' >&2
        sudo "$@"
    fi
}

services() { # what a package would start and enable; other software may use what is here already
    case $1 in
    prosody) echo prosody ;;
    ejabberd)
        echo ejabberd
        program epmd || echo epmd.service epmd.socket
        ;;
    jabberd2) echo jabberd jabberd2 jabberd-router jabberd-sm jabberd-s2s jabberd-c2s ;;
    esac
}

# The tests start servers of their own; those of the system shall not run, now or later, for the tests' sake. Where
# somebody has a policy for services already, it stands.
policy=/usr/sbin/policy-rc.d policy_made=
forbid_services() {
    if [ ! -e "$policy" ]; then
        policy_made=yes
        trap allow_services EXIT
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
}

allow_services() {
    if [ -n "$policy_made" ]; then
        as_root rm -f "$policy"
        policy_made=
    fi
}

install_package() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$(package "$1")" >&2
}

install_server() {
    units=$(services "$1")
    result=0
    forbid_services
    install_package "$1" || result=1
    allow_services
    for unit in $units; do
        as_root systemctl disable "$unit" >/dev/null 2>&1 || true
    done
    as_root update-rc.d "$1" disable >/dev/null 2>&1 || true
    return "$result"
}

install() {
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "stanzadrill: missing here: $(packages "$@")" >&2
        echo 'stanzadrill: those are the names on Debian; please install their likes with your package manager' >&2
        return 1
    fi
    if [ "$(id -u)" -ne 0 ] && ! { command -v sudo >/dev/null 2>&1 && as_root true; }; then
        echo "stanzadrill: missing here, and installing it needs root or sudo: apt-get install $(packages "$@")" >&2
        return 1
    fi
    echo "stanzadrill: installing $(packages "$@")" >&2
    as_root apt-get update -q >&2 ||
        echo 'stanzadrill: apt-get update failed; going on with the lists that are here' >&2
    for name in "$@"; do
        if [ -n "$(services "$name")" ]; then
            install_server "$name"
        else
            install_package "$name"
        fi || {
            echo "stanzadrill: package $(package "$name") could not be installed" >&2
            return 1
        }
    done
}

mode=$1
shift
case $mode in
--check)
    known "$@"
    missing=$(missing_of "$@")
    [ -z "$missing" ] && exit 0
    echo "stanzadrill: missing here: $(packages $missing)" >&2
    echo 'stanzadrill: `make run` and `make test` install what they need' >&2
    exit 1
    ;;
--stamp)
    stamp=$1
    shift
    known "$@"
    key="$CC $*"
    [ -f "$stamp" ] && [ -z "$(find "$0" -newer "$stamp")" ] && grep -qxF "$key" "$stamp" && exit 0
    missing=$(missing_of "$@")
    [ -z "$missing" ] || install $missing
    missing=$(missing_of "$@")
    if [ -n "$missing" ]; then
        echo "stanzadrill: still not usable after installing: $(packages $missing)" >&2
        exit 1
    fi
    mkdir -p "$(dirname "$stamp")"
    [ -z "$(find "$0" -newer "$stamp" 2>/dev/null)" ] || rm -f "$stamp"
    echo "$key" >> "$stamp"
    ;;
*)
    echo "usage: install-deps.sh --check PART... | --stamp FILE PART..." >&2
    exit 2
    ;;
esac
