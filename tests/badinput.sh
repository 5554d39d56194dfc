#!/bin/sh
# Bad input: what cannot be read ends in FILE:LINE:COLUMN and exit status 2, while the rest of the run goes on; what can
# be read but breaks a rule of XMPP ends as that rule says. Never a crash (a sanitizer would be seen), never a hang.
#
#   badinput.sh BINARY
set -u
. "$(dirname "$0")/lib.sh"
drill=$(absolute "$1")
workspace
cd "$scratch" || exit 1
mkdir bad rule

head_of() { # a title and a cast; $1: line for the server
    cat <<END
# Romeo writes to Juliet

[Server] verona
	hosts: verona.example
	${1:-profile: rfc6121}

$(clients verona.example verona.example)

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

# What the cast says of the network. Its lines come first, so the first one is line 1.
cast() { # NAME PLACE WORDS LINES...: the cast begins with these lines
    name=$1 place=$2 words=$3
    shift 3
    { printf '%s\n' "$@"; head_of; tail_of; } >"bad/$name.scs"
    refused "$name" "$place" "$words"
}
cast link-to-nobody 1:15 '"mantua" is not in the cast' '[Link] verona mantua' '	latency: 40ms'
cast link-to-typo 1:8 'did you mean "verona"' '[Link] vernoa p.example' '	latency: 40ms' '[Peer] p.example'
cast link-without-unit 2:11 '"40" is no duration: its unit is missing' \
    '[Link] verona p.example' '	latency: 40' '[Peer] p.example'
cast link-without-latency 1:1 'has no latency' '[Link] verona p.example' '	jitter: 5ms' '[Peer] p.example'
cast link-jitter-unit 3:10 'its unit is unknown' \
    '[Link] verona p.example' '	latency: 40ms' '	jitter: 5sec' '[Peer] p.example'
cast link-twice 3:8 'have a \[Link\] in line 1 already' '[Link] verona p.example' '	latency: 40ms' \
    '[Link] p.example verona.example' '	latency: 50ms' '[Peer] p.example'
cast link-to-itself 1:15 'are one server' '[Link] verona verona.example' '	latency: 40ms'
cast peer-latency 2:11 'its unit is missing' '[Peer] p.example' '	latency: 40'
cast peer-connect 2:11 'ok, refused or timeout.*did you mean "refused"' '[Peer] p.example' '	connect: refusd'
cast peer-stream 2:10 'did you mean "host-unknown"' '[Peer] p.example' '	stream: host-unknwon'
cast peer-served 1:8 'belongs to the \[Server\] of line 4' '[Peer] verona.example'
cast component-nowhere 1:13 'server: NAME' '[Component] rooms.mantua.example'
cast component-server 2:10 'did you mean "verona"' \
    '[Component] rooms.mantua.example' '	server: veronna'

# Faults. The cast is one line longer, so that the actions begin in line 21.
fault() { # NAME PLACE WORDS LINES...: with these actions
    name=$1 place=$2 words=$3
    shift 3
    { printf '[Peer] p.example\n'; head_of; printf '\nJuliet receives: nothing\n'; printf '%s\n' "$@"; } >"bad/$name.scs"
    refused "$name" "$place" "$words"
}
fault crash-nobody 21:1 '"mantua" is not in the cast' 'mantua crashes'
fault crash-client 21:1 '"Romeo" is a \[Client\]' 'Romeo crashes'
fault crash-twice 22:1 '"verona" is down since line 21' 'verona crashes' 'verona crashes'
fault start-up 21:1 '"verona" is up' 'verona starts'
fault start-twice 23:1 '"p.example" is up since line 22' 'p.example crashes' 'p.example starts' 'p.example starts'
fault connect-down 22:1 'is down since line 21' 'verona crashes' 'Romeo connects'
fault send-down 22:1 'is down since line 21' 'verona crashes' 'Romeo sends:' '	<presence/>'
fault send-after-crash 23:1 '"Romeo" to connect again' 'verona crashes' 'verona starts' 'Romeo sends:' '	<presence/>'
fault peer-down 22:1 'is down since line 21' 'p.example crashes' 'p.example sends:' '	<presence/>'
fault peer-connects 21:11 'open when it sends' 'p.example connects'
fault closes 21:15 'did you mean "reset"' 'Romeo closes: rset'
fault cut-nobody 21:26 '"mantua" is not in the cast' 'network cuts verona from mantua'
fault cut-twice 22:14 'is cut since line 21' 'network cuts verona from p.example' 'network cuts p.example to verona'
fault stall-twice 22:16 'is stalled since line 21' 'network stalls verona to p.example' 'network stalls verona to p.example'
fault heal-whole 21:1 'nothing is cut or stalled' 'network heals'
fault dns-nobody 21:11 '"mantua.example" is not in the cast' 'DNS loses mantua.example'
fault dns-twice 22:11 'is lost since line 21' 'DNS loses p.example' 'DNS loses p.example'
fault dns-found 21:11 'is not lost' 'DNS finds p.example'
fault time-without-unit 21:14 'its unit is missing' 'time passes: 30'

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

# A peer may say what it likes: a stanza for a third domain ends its stream as the rule says.
{ printf '[Peer] p.example\n[Peer] third.example\n'; head_of
  printf 'p.example sends:\n\t<message from="nurse@p.example" to="friar@third.example"/>\n\n'
  printf 'third.example receives: nothing\n\nverona.example decides:\n\tclose host-unknown by in.s2s.foreign-to\n'
  tail_of; } >rule/third-domain.scs
judged third-domain

# --- reports that cannot be written, and files about a run that are broken ---
mkdir reports
cd reports || exit 1
cp ../good.scs .
{ head_of; tail_of; } | sed 's/id="m9" from/id="m8" from/' >bad.scs
"$drill" run --format json:keep.json good.scs bad.scs >/dev/null 2>&1

# told NAME WORDS ARGUMENT...: run ends with exit status 2 and a line with WORDS (a pattern); keep.json is as it was
told() {
    name=$1 words=$2
    shift 2
    cp keep.json before
    timeout 120 "$drill" run "$@" >out 2>err </dev/null
    seen=$?
    if [ "$seen" -eq 2 ] && grep -qE -- "$words" err && cmp -s keep.json before && [ -z "$(ls | grep '\.new$')" ]; then
        pass "told: $name"
    else
        fail "told: $name: exit status $seen, wanted 2 with $words"
        head -c 2000 err
    fi
}
silent() { # NAME: nothing was played
    if [ -s out ]; then fail "silent: $1"; else pass "silent: $1"; fi
}

told 'an unknown format' 'unknown format "jnuit"; did you mean "junit"\?' --format jnuit:x.xml good.scs
told 'a format without a file' 'needs a file behind "junit:"' --format junit: good.scs
told 'a format without a name' 'unknown format ""' --format :x.xml good.scs
told 'two reports on standard output' 'two reports on standard output.*--format github:FILE' \
    --format tap --format github good.scs
told 'two reports in one file' 'two reports in one file, "x"; give each its own$' --format tap:x --format junit:x good.scs
silent 'two reports in one file'
ln -s keep.json link.json
told 'two reports in one file under two names' 'two reports in one file' \
    --format json:keep.json --format junit:link.json good.scs
told 'a folder that is missing' '^nowhere/x:1:1: cannot be written: No such file or directory$' \
    --format junit:nowhere/x good.scs
silent 'a folder that is missing'
mkdir folder
told 'a folder is no file' '^folder:1:1: cannot be written: Is a directory$' --format junit:folder good.scs
: >build
told 'the folder of reports cannot be there' 'build/reports/ cannot be created: ' --format junit good.scs
silent 'the folder of reports cannot be there'
rm build
if [ "$(id -u)" -ne 0 ]; then
    mkdir closed && chmod 555 closed
    told 'a folder that is closed' '^closed/x:1:1: cannot be written: Permission denied$' --format junit:closed/x good.scs
    silent 'a folder that is closed'
    chmod 755 closed
fi
if [ -e /dev/full ]; then
    for format in pretty tap junit json openmetrics github; do
        told "a full disk: $format" '^/dev/full:1:1: cannot be written: No space left on device$' \
            --format $format:/dev/full --format junit:beside.xml good.scs
        check "the report beside it is whole: $format" [ "$(tail -n 1 beside.xml)" = '</testsuites>' ]
        rm beside.xml
    done
    timeout -k 5 60 "$drill" run --format junit:beside.xml good.scs >/dev/full 2>err
    check 'standard output on a full disk ends with 2' [ $? -eq 2 ]
    check 'and the report in a file is whole' [ "$(tail -n 1 beside.xml)" = '</testsuites>' ]
else
    skip 'a full disk: no /dev/full here'
fi
# A block is 512 or 1024 octets, and the report of this run has more than 2048.
for n in 1 2 3 4 5 6 7 8 9; do cp good.scs "many-$n.scs"; done
( ulimit -f 2
  timeout -k 5 60 "$drill" run --format json:keep.json --format github:small.txt . >out 2>err </dev/null
  echo $? >seen )
check 'a file that may not grow ends with 2' [ "$(cat seen)" -eq 2 ]
check 'a file that may not grow is named' grep -q '^keep\.json:1:1: cannot be written: File too large$' err
check 'what stood there is as it was' cmp keep.json before
check 'a report that is small enough is there' grep -q '^10 passed, 1 failed$' small.txt
none 'nothing half is left' "$(ls | grep '\.new$')"

baseline() { # NAME WORDS TEXT: a baseline that is refused
    printf "$3" >baseline
    told "baseline: $1" "^baseline:$2" --baseline baseline good.scs bad.scs
    silent "baseline: $1"
}
baseline 'no reason' '1:4: no reason stands behind "bad"$' 'bad\n'
baseline 'a blank reason' '2:4: no reason stands behind "bad"$' '# known\nbad \t \r\n'
baseline 'a name twice' '3:1: line 1 has this case already: "bad"$' 'bad why\n\nbad why\n'
baseline 'a name that is none' '2:1: no case is called "bad/one"$' 'good why\nbad/one why\n'
baseline 'a line that begins with a blank' '1:1: expected a case.s name at the start of the line$' ' bad why\n'
baseline 'octets' '1:1: no baseline' 'bad\000 why\n'
told 'baseline: missing' '^nowhere:1:1: cannot be read: No such file or directory$' --baseline nowhere good.scs
told 'baseline: a folder' '^folder:1:1: cannot be read: ' --baseline folder good.scs
told 'baseline: a file that never ends' '^/dev/zero:1:1: cannot be read: ' --baseline /dev/zero good.scs
repeat 1100000 x >large
told 'baseline: a large one' '^large:1:1: larger than the 1 MiB that a baseline may have$' --baseline large good.scs
baseline_hostile=$(printf 'a\033[31mb')
printf '%s\n' "$baseline_hostile" >baseline
told 'baseline: control characters' '^baseline:1:8: no reason stands behind "a.x1b\[31mb"$' --baseline baseline good.scs

told 'a part that is none' 'needs I/N' --shard 3/2 good.scs
told 'results that are none' '^good\.scs:1:1: no JSON' --rerun-failed=good.scs good.scs
printf '{"format":1,"target":"t","cases":[]}' >old
told 'results of another format' '^old:1:1: results of format 1; this version reads format 2$' --rerun-failed=old good.scs
told 'a time that is none' '"--timeout" needs a number of seconds' --timeout 0 good.scs
cd .. || exit 1
finish
