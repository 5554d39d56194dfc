#!/bin/sh
# Bad input: what cannot be read ends in FILE:LINE:COLUMN and exit status 2, while the rest of the run goes on; what can
# be read but breaks a rule of XMPP ends as that rule says. Never a crash (a sanitizer would be seen), never a hang.
#
#   badinput.sh BINARY
set -u
. "$(dirname "$0")/lib.sh"
drill=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
mkdir bad rule

head_of() { # a title and a cast; $1: line for the server
    cat <<END
# Romeo writes to Juliet

[Server] verona
	hosts: verona.example
	${1:-profile: rfc6121}

[Client] Romeo
	jid: romeo@verona.example/orchard

[Client] Juliet
	jid: juliet@verona.example/balcony

---------

Romeo connects
Juliet connects

END
}

# The first line below head_of is line 18.
tail_of() {
    cat <<'END'

Romeo sends:
	<message id="m9" to="${Juliet's full JID}" type="chat"/>

Juliet receives:
	<message id="m9" from="${Romeo's full JID}"/>
END
}

{ head_of; tail_of; } >good.scs

repeat() { # COUNT TEXT: without line ends
    awk -v n="$1" -v t="$2" 'BEGIN { for (i = 0; i < n; i++) printf "%s", t }'
}

nested() { # COUNT: elements in each other
    repeat "$1" '<a>'
    repeat "$1" '</a>'
}

# refused NAME PLACE WORDS: bad/NAME.scs is refused at PLACE (a pattern) with WORDS (a pattern) in the message
refused() {
    timeout 120 "$drill" run "bad/$1.scs" good.scs >out 2>err </dev/null
    seen=$?
    if [ "$seen" -eq 2 ] && grep -qE "^bad/$1\.scs:$2: .*($3)" err && [ "$(tail -n 1 out)" = '1 passed, 1 failed' ] &&
        [ "$(wc -l <err)" -eq 1 ]; then
        pass "refused: $1"
    else
        fail "refused: $1: exit status $seen, wanted bad/$1.scs:$2 with $3"
        head -c 2000 err
        tail -n 3 out
    fi
}

# judged NAME: rule/NAME.scs passes, with what it says about the rule
judged() {
    timeout 120 "$drill" run "rule/$1.scs" good.scs >out 2>&1 </dev/null
    if [ $? -eq 0 ] && [ "$(tail -n 1 out)" = '2 passed, 0 failed' ]; then
        pass "judged: $1"
    else
        fail "judged: $1"
        head -c 4000 out
    fi
}

# --- refused by the reader ---
: >bad/empty.scs
refused empty '[0-9]+:[0-9]+' ''
{ head_of; echo 'Romeo sings:'; } >bad/verb.scs
refused verb '18:[0-9]+' 'sings'
{ head_of; printf 'Romeo sends:\n\t<message to="juliet@verona.example">\n'; } >bad/unclosed.scs
refused unclosed '(19|20):[0-9]+' ''
{ head_of; printf 'Romeo sends:\n\t<message>\n\t<body>x</bodi>\n\t</message>\n'; tail_of; } >bad/xml.scs
refused xml '20:[0-9]+' 'bod|mismatch|well-formed'
{ head_of; printf 'Romeo sends:\n\t<message><body>\377</body></message>\n'; tail_of; } >bad/utf8.scs
refused utf8 '19:17' 'UTF-8'
{ printf '# a \303\n'; head_of; tail_of; } >bad/utf8-cut.scs
refused utf8-cut '1:5' 'UTF-8'
{ head_of; printf 'Romeo sends:\n\t<message><body>\000</body></message>\n'; tail_of; } >bad/nul.scs
refused nul '19:17' ''
{ head_of; printf 'Romeo sends:\n\t<!DOCTYPE m [<!ENTITY e "x">]>\n\t<message>&e;</message>\n'; tail_of; } >bad/dtd.scs
refused dtd '19:[0-9]+' 'DTD|DOCTYPE|document type'
{ head_of; printf 'Romeo sends:\n\t<message>&lol;</message>\n'; tail_of; } >bad/entity.scs
refused entity '19:[0-9]+' 'entity'
{ head_of; printf 'Romeo sends:\n\t<message>'; nested 10000; printf '</message>\n'; tail_of; } >bad/nested.scs
refused nested '19:[0-9]+' 'inside each other'
{ head_of; printf 'Romeo sends:\n\t<message>'; repeat 4200000 x; printf '</message>\n'; tail_of; } >bad/block.scs
refused block '1[89]:[0-9]+' 'large|octets|long|big'
{ head_of; tail_of; repeat 170000 "$(repeat 100 '#')
"; } >bad/file.scs
refused file '[0-9]+:[0-9]+' 'large|octets|big'
head -c 200000 "$drill" >bad/binary.scs
refused binary '[0-9]+:[0-9]+' 'UTF-8|NUL'
repeat 1000000 'x ' >bad/long-line.scs
refused long-line '[0-9]+:[0-9]+' ''
{ head_of; printf 'Romeo sends:\n\t<message to="${Tybalt'"'"'s JID}"/>\n'; tail_of; } >bad/name.scs
refused name '19:[0-9]+' 'Tybalt'
{ head_of; printf '${Romeo sends:\n\t<message/>\n'; tail_of; } >bad/open-variable.scs
refused open-variable '18:[0-9]+' ''
{ head_of 'policy: size.max=enough'; tail_of; } >bad/policy-value.scs
refused policy-value '5:[0-9]+' 'size\.max|enough'
{ head_of 'policy: size.mix=20000'; tail_of; } >bad/policy-name.scs
refused policy-name '5:[0-9]+' 'size\.max'
{ head_of 'profile: rfc6112'; tail_of; } >bad/profile.scs
refused profile '5:[0-9]+' 'rfc6121'

# All of them in one run: each is named once, and the good one is played.
count=$(find bad -name '*.scs' | wc -l)
timeout 300 "$drill" run -j 2 bad good.scs >out 2>err </dev/null
seen=$?
if [ "$seen" -eq 2 ] && [ "$(tail -n 1 out)" = "1 passed, $((count)) failed" ] &&
    [ "$(grep -cE '^bad/[a-z0-9-]*\.scs:[0-9]+:[0-9]+: ' err)" -eq "$count" ]; then
    pass 'all bad files in one run'
else
    fail "all bad files in one run: exit status $seen"
    head -c 4000 err
    tail -n 3 out
fi

# --- read, and judged by the rules ---
large() { # a well-formed stanza of 1 MB
    printf 'Romeo sends:\n\t<message id="m1" to="juliet@verona.example" type="chat"><body>'
    repeat 1000000 x
    printf '</body></message>\n\n'
}
{ head_of; large; printf 'verona.example decides:\n\tbounce policy-violation by in.size.limit\n\n'
  printf 'Romeo receives:\n\t<message id="m1" type="error"><error>'
  printf '<policy-violation xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></message>\n'
  tail_of; } >rule/large-bounced.scs
judged large-bounced
{ head_of 'policy: size.action=close'; large
  printf 'verona.example decides:\n\tclose policy-violation by in.size.limit\n'; } >rule/large-closed.scs
judged large-closed
{ head_of 'policy: size.max=2000000'; large; printf 'verona.example decides:\n\tstore\n'; } >rule/large-allowed.scs
judged large-allowed

raw() { # NAME FATE LINE: what Romeo sends is handled as FATE
    { head_of; printf 'Romeo sends raw:\n\t%s\n\nverona.example decides:\n\t%s\n' "$3" "$2"; } >"rule/$1.scs"
    judged "$1"
}
raw illformed 'close not-well-formed by in.xml.illformed' '<message to="juliet@verona.example"><body>x</bodi></message>'
raw dtd 'close restricted-xml by in.xml.restricted' '<!DOCTYPE m [<!ENTITY e "x">]><message/>'
raw comment 'close restricted-xml by in.xml.restricted' '<!-- psst --><message/>'
raw instruction 'close restricted-xml by in.xml.restricted' '<?php x?><message/>'
raw entity 'close restricted-xml by in.xml.restricted' '<message><body>&lol;</body></message>'
raw unbound-prefix 'close not-well-formed by in.xml.nsillformed' '<message><x:y/></message>'
{ head_of; printf 'Romeo sends raw:\n\t<message id="m1" to="juliet@verona.example">'; nested 10000
  printf '</message>\n\nverona.example decides:\n\tbounce policy-violation by in.size.limit\n\n'
  printf 'Romeo receives:\n\t<message id="m1" type="error"/>\n'; tail_of; } >rule/nested.scs
judged nested
finish
