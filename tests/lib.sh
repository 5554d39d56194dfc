# lib.sh - what the check scripts share, which read it with `.`: counting, a folder to work in, and checks of what a
# program says
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

# absolute FILE: its path from the root, for scripts that go elsewhere
absolute() {
    echo "$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"
}

# workspace: a folder, $scratch, that is gone at the end
workspace() {
    scratch=$(mktemp -d)
    trap 'chmod -R u+rwx "$scratch"; rm -rf "$scratch"' EXIT
}

# try STATUS ARGUMENT...: runs $drill with them, keeps what it prints as `out` and `err`, and checks its exit status
try() {
    wanted=$1
    shift
    timeout -k 5 "${limit:-60}" "$drill" "$@" >out 2>err </dev/null
    seen=$?
    if [ "$seen" -eq "$wanted" ]; then
        pass "stanzadrill $*: exit status $wanted"
    else
        fail "stanzadrill $*: exit status $seen, not $wanted"
        cat out err
    fi
}

# has NAME FILE LINE: the file has exactly this line
has() {
    if grep -qxF -e "$3" "$2"; then pass "$1"; else fail "$1: no line \"$3\" in"; sed 's/^/  /' "$2"; fi
}

# holds NAME FILE TEXT: a line of the file has this text in it; lacks NAME FILE TEXT: none has
holds() {
    if grep -qF -e "$3" "$2"; then pass "$1"; else fail "$1: no \"$3\" in"; sed 's/^/  /' "$2"; fi
}

lacks() {
    if grep -qF -e "$3" "$2"; then fail "$1: \"$3\" in"; sed 's/^/  /' "$2"; else pass "$1"; fi
}

# last NAME LINE: the last line of `out`
last() {
    if [ "$(tail -n 1 out)" = "$2" ]; then pass "$1"; else fail "$1: the last line is not \"$2\" but"; tail -n 1 out; fi
}

# listed FILE: the first words of a list whose lines give a reason behind them, sorted; unexplained FILE: lines without
listed() {
    awk '!/^#/ && NF { print $1 }' "$1" | sort
}

unexplained() {
    awk '!/^#/ && NF == 1' "$1"
}

# clients ROMEO JULIET: two members of a cast, on these domains
clients() {
    printf '[Client] Romeo\n\tjid: romeo@%s/orchard\n\n[Client] Juliet\n\tjid: juliet@%s/balcony\n' "$1" "$2"
}

# two_cases FILE TITLE ID: a scenario whose case `one` passes, and whose case `two` does where ID is m1
two_cases() {
    cat >"$1" <<END
# $2
# What it is about: "quotes", <tags>, & more.
## section: RFC 6121 8.5.2

[Server] verona
	hosts: verona.example

$(clients verona.example verona.example)

[Cases]
	case  id
	one   m1
	two   $3

---------

Romeo connects
Juliet connects

Romeo sends:
	<message id="m1" to="\${Juliet's full JID}" type="chat"><body>]]&gt; &lt;script></body></message>

Juliet receives:
	<message id="\${id}" from="\${Romeo's full JID}"/>
END
}

# every_verdict: scenarios in the folder s that make every verdict but `skip` and `broken` with the baseline `baseline`,
# one of them in a file whose name no format likes. A title may hold whatever is UTF-8; of a file's name nothing at all
# is certain.
every_verdict() {
    hostile=$(printf 'a,b:c%%d#e\\f]]>\033[31m\377\357\277\276<i>"x".scs')
    mkdir s
    two_cases s/good.scs 'All is well' m1
    two_cases s/bad.scs 'One of these fails' m2
    two_cases "s/$hostile" '</title>]]> <script>alert(1)</script> & "::error::" # TO''DO' m2
    two_cases s/known.scs 'This is known to fail' m2
    two_cases s/surprise.scs 'This was known to fail' m1
    printf '# broken\n\n[Client] Romeo\n\tjdi: romeo@verona.example\n' >s/broken.scs
    awk '/hosts:/ { $0 = $0 "\n\tpolicy: pres.bad-type=drop" }
        /^Juliet connects/ { $0 = $0 "\n\nRomeo sends:\n\t<presence type=\"odd\"/>" } { print }' s/good.scs >s/loose.scs
    printf '# what is known\n\ns/known/two   nobody has m2\ns/surprise/two\twas once so\n' >baseline
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
