#!/bin/sh
# The command line: options, exit codes, formats, selection, and what happens when output or files fail.
#
#   cli.sh BINARY
set -u
. "$(dirname "$0")/lib.sh"
drill=$(absolute "$1")
root=$(cd "$(dirname "$0")/.." && pwd)
workspace
cd "$scratch" || exit 1

# A file with one case that passes, or fails where $2 is what Juliet should get instead of m1.
scenario() { # FILE [ID] [TAG LINES]
    mkdir -p "$(dirname "$1")"
    cat >"$1" <<END
# Romeo writes to Juliet
${3:-## basic}

$(clients verona.example verona.example)

---------

Romeo connects
Juliet connects

Romeo sends:
	<message id="m1" to="\${Juliet's full JID}" type="chat"><body>Soft, what light?</body></message>

Juliet receives:
	<message id="${2:-m1}" from="\${Romeo's full JID}"/>
END
}

scenario good.scs
scenario bad.scs m2
scenario deep/a/one.scs
scenario deep/b/two.scs
scenario deep/a-b.scs
echo 'not a scenario' >deep/readme.txt
printf '# broken\n\n[Client] Romeo\n\tjdi: romeo@verona.example\n' >broken.scs

# --- exit codes and last line ---
try 0 run good.scs
last 'one passed' '1 passed, 0 failed'
has 'a file has its line' out 'PASS        good.scs'
try 1 run bad.scs
last 'one failed' '0 passed, 1 failed'
try 1 run good.scs bad.scs deep
last 'sum of files and folders' '4 passed, 1 failed'
try 2 run good.scs broken.scs
last 'an unreadable script is failed, and the rest is played' '1 passed, 1 failed'
check 'the error has its place' grep -q '^broken\.scs:4:[0-9]*: .*jdi' err
try 2 run nowhere.scs good.scs
has 'a missing file is named' err 'nowhere.scs:1:1: cannot be read: No such file or directory'
last 'a missing file is failed' '1 passed, 1 failed'
mkdir -p empty/deeper
try 2 run empty
has 'a folder without scenarios is named' err 'empty:1:1: no scenario (.scs) in this folder or below'
if [ "$(id -u)" -ne 0 ]; then
    scenario secret/a.scs
    chmod 0 secret/a.scs
    try 2 run secret good.scs
    has 'a forbidden file is named' err 'secret/a.scs:1:1: cannot be read: Permission denied'
fi
mkdir odd && mkfifo odd/pipe.scs && scenario odd/fine.scs
try 2 run odd
has 'a pipe does not block' err 'odd/pipe.scs:1:1: cannot be read: not a regular file'
last 'the file beside the pipe is played' '1 passed, 1 failed'

# --- order, duplicates, links ---
try 0 list deep
cut -f 1 out >names
printf 'deep/a-b\ndeep/a/one\ndeep/b/two\n' >expected
same 'a folder is walked in the order of octets' expected names
try 0 run ./good.scs good.scs .//good.scs
last 'one file under several names is played once' '1 passed, 0 failed'
ln -s .. deep/a/up
ln -s up deep/a/again
ln -s nowhere deep/b/lost.scs
ln -s ../../good.scs deep/b/linked.scs
try 2 run deep
last 'links to folders are left out, links to files are played' '4 passed, 1 failed'
has 'a dead link is named' err 'deep/b/lost.scs:1:1: cannot be read: No such file or directory'
rm deep/a/up deep/a/again deep/b/lost.scs deep/b/linked.scs
scenario ./-odd.scs
try 0 run -- -odd.scs
last 'after -- a path may start with a minus' '1 passed, 0 failed'
scenario 'with space.scs'
try 0 run 'with space.scs' --trace
has 'options may follow paths' out 'PASS        with space'
scenario "$(printf 'esc\033[31m.scs')"
try 0 run "$(printf 'esc\033[31m.scs')"
has 'control characters in names do not reach the terminal' out 'PASS        esc\x1b[31m.scs'

# --- options ---
try 2
try 2 rum good.scs
has 'the nearest command' err 'stanzadrill: unknown command "rum"; did you mean "run"?'
try 2 run --formt tap good.scs
has 'the nearest option' err 'stanzadrill: unknown option "--formt"; did you mean "--format"?'
try 2 run --formt=tap good.scs
has 'the nearest option, with a value attached' err 'stanzadrill: unknown option "--formt"; did you mean "--format"?'
try 2 run --format
has 'a value that is missing' err 'stanzadrill: option "--format" needs a value: "--format F[:FILE]"'
try 2 run --strict=yes good.scs
has 'a value too many' err 'stanzadrill: option "--strict" takes no value'
try 2 run --format=tab good.scs
has 'the nearest format' err 'stanzadrill: unknown format "tab"; did you mean "tap"?'
try 2 run --format=excel good.scs
has 'no format is near: all are told' err \
    'stanzadrill: unknown format "excel"; expected pretty, tap, junit, json, html, openmetrics or github'
try 2 run --xyzzy good.scs
has 'no option is near: where they stand is told' err \
    'stanzadrill: unknown option "--xyzzy"; `stanzadrill run --help` lists those that there are'
try 2 record --pass 3
check 'the recorder passes no time' grep -q '^stanzadrill: unknown option "--pass"' err
try 2 calibrate good.scs
has 'calibrating needs a target' err \
    'stanzadrill: calibrate needs "--target T": prosody, ejabberd, jabberd2 or a target file'
try 2 run --profile rfc6221 good.scs
has 'the nearest profile' err 'stanzadrill: unknown profile "rfc6221"; did you mean "rfc6121"?'
for jobs in 0 -1 x 2x 257 ''; do try 2 run -j "$jobs" good.scs; done
try 0 run -j2 good.scs
try 0 run good.scs --jobs=2
try 2 run
has 'a path is needed' err 'stanzadrill: run needs a scenario file or a folder'
try 0 --version
version=$(sed -n 's/^stanzadrill \([0-9]*\.[0-9]*\.[0-9]*\)$/\1/p' out)
check 'the version is a version' [ -n "$version" ]
try 0 --help
commands='run trace list lint rules explain profiles diagram lesson coverage compare calibrate record'
for command in $commands; do
    check "--help names $command" grep -q "^  $command " out
done
for command in $commands; do
    try 0 "$command" --help
    check "$command --help" grep -q "^usage: stanzadrill $command" out
done
try 0 run --help
for option in --profile --scansion --strict '--format F\[:FILE\]' --only-tags --skip-tags --fail-fast --trace '-j N' \
    --quiet --list '--shard I/N' '--rerun-failed\[=FILE\]' --baseline --timeout; do
    check "run --help names $option" grep -q -e "^  .*$option" out
done
try 0 profiles
check 'rfc6121 is the first profile' [ "$(head -n 1 out)" = rfc6121 ]
check 'prosody-note is a profile' grep -qx prosody-note out

# --- profiles: what sets them apart, and one's own from a file ---
try 0 profiles prosody-note
check 'a profile shows its picks' grep -q '^  dom.message  *bounce  *admin ' out
check 'a profile shows its departures' grep -q '^  prosody-note.bare.message  *msg.bare.error.one (MUST): deliver-most$' out
try 0 profiles rfc6121 rfc6121
last 'a profile does not differ from itself' '0 differences'
printf 'base rfc6121\ndeparts noto.msg for message/headline message/chat does drop as own.lost\n' >kinds.profile
try 0 profiles kinds.profile
has 'a departure says for which kinds it is' out \
    '  own.lost                           noto.msg (MUST): drop, only for message/chat message/headline'
try 2 profiles rfc6121 prosody-not
has 'an unknown profile has a nearest one' err 'stanzadrill: unknown profile "prosody-not"; did you mean "prosody-note"?'
try 2 profiles a b c
printf 'base rfc6121\nknob msg.store = bounce\n' >own.profile
try 0 profiles own.profile
last 'a profile may be a file' '1 difference'
try 0 run --profile own.profile good.scs
printf 'base rfc6121\n\nknob msg.store = bounc\n' >wrong.profile
try 2 run --profile wrong.profile good.scs
has 'a wrong line of a profile has its place' err \
    "wrong.profile:3:18: value 'bounc' for knob msg.store; it takes one of: store, bounce"
try 2 run --profile nowhere.profile good.scs
has 'a missing profile is named' err 'nowhere.profile:1:1: cannot be read: No such file or directory'
try 2 run --profile ./deep good.scs
printf 'knob\0' >nul.profile
try 2 run --profile nul.profile good.scs

# --- strictness ---
scenario loose.scs
sed -i.orig -e "s/^\[Client\] Romeo/[Server] verona\n\thosts: verona.example\n\tpolicy: bind.submitted=accept\n\n&/" loose.scs
try 0 run --strict loose.scs
printf 'departs msg.full.chat.match does deliver-all as own.all\n' >departs.profile
scenario departs.scs
try 1 run --profile departs.profile departs.scs

# --- rules at work ---
try 0 rules --proof good.scs msg.full.chat.match
has 'a rule is shown by a scenario' out '      shown    good'
try 0 rules --status --proof good.scs
check 'rules are counted' grep -q '^all  *[1-9][0-9]*  *[1-9]' out
check 'what no case fires is listed' grep -qxF '  msg.bare.chat.one' out
try 2 rules --status --proof nowhere.scs
try 2 rules --proof nowhere.scs msg.full
try 0 rules roster.get.none
has 'what cannot be shown has its reason' out '      state    cannot be shown here: every account has a roster'

# --- tags ---
scenario tags/a.scs m1 "## slow
## section: RFC 6121 8.5"
scenario tags/b.scs m1 '## quick'
scenario tags/c.scs m1 '## slow'
tagged() { # COUNT OPTION...
    count=$1
    shift
    try 0 run "$@" tags
    last "$* selects $count" "$count passed, 0 failed"
}
tagged 3
tagged 2 --only-tags slow
tagged 1 --skip-tags slow
tagged 3 --only-tags slow,quick
tagged 3 --only-tags slow --only-tags quick
tagged 1 --only-tags section
tagged 1 --only-tags 'section: RFC 6121 8.5'
tagged 1 --only-tags slow --skip-tags section
try 2 run --only-tags sloow tags
has 'nothing selected is an error' err 'stanzadrill: no case has these tags; `stanzadrill list` shows those that cases have'
last 'nothing selected has its counts' '0 passed, 0 failed'
try 0 list tags --only-tags section
printf 'tags/a\tRomeo writes to Juliet\tslow; section: RFC 6121 8.5\n' >expected
same 'list prints name, title and tags' expected out

# --- fail-fast, jobs, formats, trace ---
mkdir many
for n in 01 02 03 04 05 06 07 08 09 10; do scenario many/$n.scs; done
scenario many/03.scs m2
scenario many/07.scs m2
for jobs in 1 2 8; do
    try 1 run --fail-fast -j $jobs many
    last "--fail-fast -j $jobs stops after the first in the list" '2 passed, 1 failed'
    try 1 run -j $jobs many
    cp out "many-$jobs"
done
check 'two threads change nothing' cmp many-1 many-2
check 'eight threads change nothing' cmp many-1 many-8
try 1 run --format tap many
head -n 3 out >start
printf 'TAP version 14\n1..10\nok 1 - many/01\n' >expected
same 'tap starts with version and plan' expected start
check 'tap has a line for what passed' [ "$(grep -c '^ok ' out)" = 8 ]
check 'tap has a line for what failed' [ "$(grep -c '^not ok ' out)" = 2 ]
last 'tap ends with the counts as a comment' '# 8 passed, 2 failed'
try 0 trace good.scs
cp out good.trace
check 'a trace has the stanza' grep -q '^0\.000000 .* m1 ' good.trace
try 0 run --trace good.scs
{ echo 'PASS        good'; sed 's/^/    /' good.trace; echo; echo '1 passed, 0 failed'; } >expected
same '--trace prints the same trace below the case' expected out
try 0 trace deep
check 'several traces have their names' [ "$(grep -c '^# deep/' out)" = 3 ]
try 1 trace bad.scs
has 'a failing case says so beside its trace' err 'stanzadrill: bad fails; `stanzadrill run` says why'

# --- reports, and the matrix of several results ---
try 1 run good.scs bad.scs
cp out shown
try 1 run --format json:first.json good.scs bad.scs
same 'a report in a file changes nothing of what is printed' shown out
check 'a case is a line' [ "$(grep -c '^{"file":' first.json)" -eq 2 ]
check 'results name the target' grep -q '"target":"simulator:rfc6121"' first.json
check 'nothing but the file is left' [ "$(ls | grep -c 'first\.json')" = 1 ]
try 2 run --format json:second.json --profile prosody-note good.scs bad.scs broken.scs
check 'a file that cannot be read has a result' \
    grep -q '"file":"broken.scs",.*"verdict":"error","line":4,.*broken.scs:4:' second.json
try 0 compare first.json second.json
cat >expected <<'END'
case        simulator:rfc6121  simulator:prosody-note
bad         FAIL               FAIL
good        PASS               PASS
broken.scs  -                  ERROR

simulator:rfc6121: 1 passed, 1 failed
simulator:prosody-note: 1 passed, 2 failed
3 cases, 0 with differences, 2 with departures
END
same 'compare prints a matrix' expected out
try 0 compare --only-departures --format tsv second.json first.json
printf '#case\tsimulator:prosody-note\tsimulator:rfc6121\nbad\tfail\tfail\nbroken.scs\terror\t-\n' >expected
same 'compare for programs, with departures only' expected out
sed 's/"pass"/"fail"/' first.json >changed.json
try 0 compare --only-differences changed.json first.json first.json
has 'files with the same target are told apart' out \
    'case  simulator:rfc6121 (changed.json)  simulator:rfc6121 (first.json)'
has 'what differs is shown' out 'good  FAIL                              PASS'
none 'what does not differ is not shown' "$(grep '^bad' out)"
try 2 compare
has 'results are needed' err \
    'stanzadrill: compare needs a file of results, as `stanzadrill run --format json` writes them'
try 2 compare first.json nowhere.json
has 'missing results are named' err 'nowhere.json:1:1: cannot be read: No such file or directory'
try 2 compare good.scs
check 'what is no results file is named with its place' grep -q '^good\.scs:1:1: no JSON: ' err
sed 's/"name":"good"/"name":1/' first.json >broken.json
try 2 compare broken.json
has 'a broken case is named' err 'broken.json:1:1: case 2: "name" is not a string'
head -c 400 first.json >cut.json
try 2 compare cut.json
check 'results that were cut off are named with the place' grep -q '^cut\.json:3:[0-9]*: no JSON: ' err
head -c 100000 "$drill" >binary.json
try 2 compare binary.json
try 2 compare deep
ln -s first.json link.json
try 0 run --format json:link.json good.scs
check 'a link stays a link' [ -L link.json ]
check 'what it leads to is written' [ "$(grep -c '^{"file":' first.json)" -eq 1 ]

mkdir elsewhere
cd elsewhere || exit 1
try 1 run --format junit --format json --format openmetrics ../good.scs ../bad.scs
last 'pretty stands on standard output where nothing else does' '1 passed, 1 failed'
check 'reports have a folder of their own' [ "$(ls build/reports | tr '\n' ' ')" = 'junit.xml openmetrics.txt results.json ' ]
try 1 run --format tap --format junit:j.xml ../good.scs ../bad.scs
last 'what stands on standard output stands there alone' '# 1 passed, 1 failed'
try 1 run --format=junit:- ../good.scs ../bad.scs
last 'any report may stand there' '</testsuites>'
try 1 run --format pretty:p.txt --format tap ../bad.scs
check 'and pretty may be a file' grep -qx 'FAIL        ../bad.scs' p.txt
cd .. || exit 1

# --- what is printed less ---
try 1 run --quiet good.scs bad.scs
has 'what failed is printed' out 'not ok 1 - bad'
none 'what did not is not' "$(grep -e PASS -e good.scs out)"
last 'and the counts' '1 passed, 1 failed'
try 0 run --quiet good.scs
echo '1 passed, 0 failed' >expected
same '--quiet leaves one line of a run that passed' expected out

# --- one case of a table ---
mkdir table
scenario table/rows.scs '${id}'
awk '/^-----/ { print "[Cases]\n\tcase\tid\n\tgood\tm1\n\tJuliet'"'"'s $2\tm2\n\tbad\tm2\n" } { print }' \
    table/rows.scs >rows && mv rows table/rows.scs
scenario table/alone.scs m2
try 0 run --case good table
last '--case plays the row of that name only' '1 passed, 0 failed'
try 1 run --case bad --only-tags basic table
last '--case goes with tags' '0 passed, 1 failed'
try 2 run --case bad --only-tags slow table
has 'the row is there, and its tags are not' err \
    'stanzadrill: no case has these tags; `stanzadrill list` shows those that cases have'
try 2 run --case god table
has 'a row that is not there' err 'stanzadrill: unknown case "god"; did you mean "good"?'
try 2 run --case good table/alone.scs
has 'a file without rows has none of that name' err 'stanzadrill: unknown case "good"'
try 0 trace --case good table
none 'trace knows it too' "$(grep '^#  *table' out)"
for name in "Juliet's \$2" bad; do
    try 1 run --case "$name" table
    eval "$(sed -n 's/^    replay     stanzadrill /set -- /p' out)"
    try 1 "$@"
    has "the replay is of this case: $name" out "not ok 1 - table/rows/$name"
    last 'and of no other one' '0 passed, 1 failed'
done

# --- parts ---
for part in 1 2 3; do
    try 0 run --shard $part/3 --format "json:part-$part.json" deep good.scs many/01.scs many/02.scs many/04.scs
    try 0 list --shard $part/3 deep good.scs many/01.scs many/02.scs many/04.scs
    cut -f 1 out >"names-$part"
    check "part $part has a third of the cases" [ "$(sed -n '$=' "names-$part")" -ge 2 ]
    try 0 run --list --shard $part/3 deep good.scs many/01.scs many/02.scs many/04.scs
    cut -f 1 out >names
    same '--list is what list prints' "names-$part" names
    grep -o '"name":"[^"]*"' "part-$part.json" | cut -d '"' -f 4 >names
    same '--list is what is played' "names-$part" names
done
try 0 list deep good.scs many/01.scs many/02.scs many/04.scs
cut -f 1 out | sort >expected
sort names-1 names-2 names-3 >names
same 'every case is in one part' expected names
try 0 list --shard 2/3 many
cut -f 1 out >names
printf 'many/%s\n' 02 05 08 >expected
same 'cases go into the parts by turns' expected names
try 0 run --shard 2/2 good.scs
last 'a part may be empty' '0 passed, 0 failed'
for part in 0/3 4/3 x 1 1/ /3 1/3x -1/3 1/0 1/10000 ''; do
    try 2 run --shard "$part" good.scs
    has "no part: $part" err \
        "stanzadrill: option \"--shard\" needs I/N with I from 1 to N and N up to 9999, not \"$part\""
done

# --- what failed before ---
mkdir again
cd again || exit 1
scenario one.scs
scenario two.scs m2
scenario three.scs m2
cp ../broken.scs .
try 2 run --format json .
try 2 run --rerun-failed --list .
cut -f 1 out >names
printf 'three\ntwo\n' >expected
same 'what failed is played again' expected names
try 2 run --rerun-failed
last 'without a path it is known where' '0 passed, 3 failed'
scenario two.scs
scenario broken.scs
try 1 run --rerun-failed --format json
last 'a file that can be read again is played whole' '2 passed, 1 failed'
try 1 run --rerun-failed=build/reports/results.json
last 'and then only what failed still' '0 passed, 1 failed'
scenario three.scs
try 0 run --rerun-failed --format json
try 0 run --rerun-failed
has 'at the end nothing has failed, and no path is needed to know it' err \
    'stanzadrill: no case has failed in "build/reports/results.json"'
try 0 run --rerun-failed .
has 'at the end nothing has failed' err 'stanzadrill: no case has failed in "build/reports/results.json"'
last 'and nothing is played' '0 passed, 0 failed'
cd .. || exit 1
try 1 run --format json:bad.json bad.scs
try 2 run --rerun-failed=bad.json good.scs
has 'what failed is elsewhere' err 'stanzadrill: none of the cases that failed in "bad.json" is here'
try 2 run --rerun-failed=nowhere.json good.scs
has 'there was no run' err 'nowhere.json:1:1: cannot be read: No such file or directory'
try 2 run --rerun-failed=good.scs good.scs

# --- what is known to fail ---
printf '# known\n\nbad\tnobody has m2 \nmany/03  this neither\r\nelsewhere/x  not here\n' >baseline
try 1 run --baseline baseline bad.scs many
has 'a known failure is XFAIL' out 'XFAIL       bad.scs'
has 'with its reason' out '            known to fail: nobody has m2'
has 'one that is not known fails' out 'not ok 8 - many/07'
last 'both are counted' '8 passed, 1 failed, 2 known to fail'
try 0 run --baseline baseline bad.scs good.scs
printf 'good  was once so\n' >surprise
try 1 run --baseline surprise good.scs bad.scs
has 'a known failure that passes is XPASS' out 'XPASS       good.scs'
has 'and fails' out '  surprise:1: this case passes, though it is known to fail: was once so'
try 1 run --baseline surprise --fail-fast good.scs tags
last 'it is a failure for --fail-fast too' '0 passed, 1 failed'
scenario 'with space.scs' m2
printf 'with space for a reason\n' >spaced
try 0 run --baseline spaced 'with space.scs'
has 'names may hold blanks' out '            known to fail: for a reason'
: >nothing
try 1 run --baseline nothing bad.scs
printf 'good  by chance: it draws lots\nbad  by chance: it draws lots\n' >lots
try 0 run --baseline lots good.scs bad.scs
last 'where a server draws lots, either is right' '1 passed, 0 failed, 1 known to fail'
scenario unplayable.scs
sed -i.orig -e 's/^\[Client\] Romeo/[Server] verona\n\thosts: verona.example\n\tpolicy: size.mix=1\n\n&/' unplayable.scs
printf 'unplayable  it is known\n' >excuse
try 2 run --baseline excuse unplayable.scs
last 'what cannot be played is never known to fail' '0 passed, 1 failed'

# --- virtual time ---
sed 's/^Romeo sends:/time passes: 90s\n\n&/' good.scs >slow.scs
try 0 run slow.scs
try 0 run --timeout 90 slow.scs
try 1 run --timeout 89 slow.scs
check 'a case that takes too long says where' \
    grep -q '^  slow.scs:15: this takes more than the 89 s of virtual time that it may$' out

# --- recording ---
try 2 record -o rec.scs
has 'a target is needed' err \
    'stanzadrill: record needs "--target T": prosody, ejabberd, jabberd2 or a target file'
try 2 record --target prosody
has 'an output is needed' err 'stanzadrill: record needs "-o FILE"'
try 2 record --target prosody -o rec.scs
check 'a server that is started needs accounts' grep -q '"--account JID"' err
try 2 record --target prosodi --account romeo@verona.example -o rec.scs
check 'the nearest target' grep -q '"prosodi", but "prosody"' err
try 2 record --target ./nowhere.target -o rec.scs
has 'a missing target file is named' err './nowhere.target:1:1: cannot be read: No such file or directory'
printf '[Target] here\n\ttls: of\n' >wrong.target
try 2 record --target wrong.target -o rec.scs
check 'a wrong line of a target file has its place' grep -q '^wrong\.target:2:7: ' err
cat >here.target <<'END'
[Target] here
	tls: off
	accounts: listed

[Host] verona.example
	address: 127.0.0.1
	port: 1

[Account] romeo@verona.example
	password: hemlock
END
sed 's/tls: off/tls: required/' here.target >secure.target
try 2 record --target secure.target -o rec.scs
check 'the recorder does not speak TLS' grep -q '^stanzadrill: here: clients may not connect without TLS' err
for jid in romeo '' @verona.example romeo@ romeo@verona.example/orchard 'ro meo@verona.example' a@b@c; do
    try 2 record --target prosody --account "$jid" -o rec.scs
    has "no account: $jid" err "stanzadrill: option \"--account\" needs local@domain, not \"$jid\""
done
try 2 record --target here.target --account romeo@verona.example -o rec.scs
check 'a server that runs has its own accounts' grep -q 'option "--account" is for a server that is started' err
for address in 5222 127.0.0.1 127.0.0.1:x 0.0.0.0:5222 192.0.2.1:5222 '[::]:5222'; do
    try 2 record --target here.target --listen "$address" -o rec.scs
    check "no place to listen: $address" grep -q '^stanzadrill: option "--listen": ' err
done
try 2 record --target here.target -o nowhere/rec.scs
has 'an output that cannot be written is said first' err 'nowhere/rec.scs:1:1: cannot be written: No such file or directory'
try 2 record --target here.target -o rec.scs good.scs
has 'record takes no path' err 'stanzadrill: record takes no path, but got "good.scs"'
mkfifo told
for signal in INT TERM HUP; do
    # The search for leaks stops a process by signals of its own, and may wait for ever where others are on their way.
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 \
        timeout -k 5 60 "$drill" record --target here.target -o rec.scs >told 2>err </dev/null &
    read -r first <told
    case $first in
    'listening at 127.0.0.1:'[1-9]*', without TLS; Ctrl-C ends the recording') pass 'the address is said' ;;
    *) fail "the address is said: $first" ;;
    esac
    kill -$signal $!
    wait $!
    check "SIG$signal ends a recording in which nobody came with exit status 2" [ $? -eq 2 ]
    has "SIG$signal: what was not recorded is said" err 'stanzadrill: nobody has logged in; rec.scs is not written'
done
none 'nothing is written where nothing was recorded' "$(ls | grep '^rec\.scs')"
none 'no password is in any message' "$(grep hemlock err)"

# --- lint ---
try 0 lint good.scs bad.scs deep
last 'lint counts' '5 cases are readable'
try 2 lint good.scs broken.scs
check 'lint names the place' grep -q '^broken\.scs:4:[0-9]*: ' err

# --- the network: peers, links, seeds ---
cat >network.scs <<'END'
# A server, a peer that the script plays, and a link between them whose latency varies

[Server] verona
	hosts: verona.example

[Peer] remote.example

[Link] verona remote.example
	latency: 10ms
	jitter: 90ms

[Client] Romeo
	jid: romeo@verona.example/orchard

---------

Romeo connects

Romeo sends:
	<message id="m1" to="friar@remote.example"/>

remote.example receives:
	<message id="m1"/>
END
try 0 run network.scs
last 'a script with a peer and a link is played' '1 passed, 0 failed'
for seed in 0 7 7 8 18446744073709551615; do
    try 0 trace --seed $seed network.scs
    [ -e "seed-$seed" ] && check 'the same seed gives the same octets' cmp out "seed-$seed"
    cp out "seed-$seed"
done
try 0 trace network.scs
check 'without --seed it is 0' cmp out seed-0
cmp -s seed-7 seed-8 && fail 'another seed gives another trace' || pass 'another seed gives another trace'
try 0 run --seed=7 --trace network.scs
{ echo 'PASS        network'; sed 's/^/    /' seed-7; echo; echo '1 passed, 0 failed'; } >expected
same 'run takes a seed too' expected out
for seed in -1 '' 1x ' 1' 18446744073709551616; do
    try 2 run --seed "$seed" network.scs
    has "no seed: $seed" err "stanzadrill: option \"--seed\" needs a number from 0 to 18446744073709551615, not \"$seed\""
done
check 'the help of run names --seed' sh -c "'$drill' run --help | grep -q -- '--seed N'"
check 'the help of trace names --seed' sh -c "'$drill' trace --help | grep -q -- '--seed N'"

# --- rules ---
try 0 rules --format tsv
cp out rules.tsv
printf '#id\tgroup\tsource\tstrength\tknob\timplemented\tsummary\n' >expected
head -n 1 rules.tsv >seen
same 'the table has its head' expected seen
check 'the table has all 674 rules' [ "$(sed 1d rules.tsv | wc -l)" = 674 ]
none 'each row has seven columns, with yes or no in the sixth' \
    "$(awk -F'\t' 'NR > 1 && (NF != 7 || ($6 != "yes" && $6 != "no") || $1 == "" || $2 == "" || $4 == "" || $7 == "")' \
        rules.tsv)"
none 'no id stands twice' "$(cut -f 1 rules.tsv | sort | uniq -d)"
try 0 rules in.xml --format=tsv
none 'a prefix selects what is below it' "$(sed 1d out | grep -v '^in\.xml\.')"
check 'a prefix selects something' [ "$(wc -l <out)" -gt 5 ]
try 0 rules in.xml.illformed
check 'a rule is shown with its source' grep -q '^  in\.xml\.illformed .*6120 11\.3' out
try 2 rules in.xml.ilformed
has 'the nearest rule' err 'stanzadrill: unknown rule "in.xml.ilformed"; did you mean "in.xml.illformed"?'
try 2 rules zzz
has 'no rule is near' err 'stanzadrill: unknown rule "zzz"; `stanzadrill rules` lists those that there are'

# --- output that cannot be written ---
if [ -e /dev/full ]; then
    for command in 'run good.scs' 'trace good.scs' 'list good.scs' 'rules' '--help' '--version'; do
        timeout -k 5 60 "$drill" $command >/dev/full 2>err
        check "a full disk is an error: $command" [ $? -eq 2 ]
        check "a full disk is named: $command" grep -q '^stanzadrill: output could not be written: ' err
    done
else
    skip 'a full disk: no /dev/full here'
fi

# --- colour ---
if command -v script >/dev/null 2>&1; then
    terminal() { script -qec "$1" /dev/null </dev/null >typed 2>&1; }
    escape=$(printf '\033')
    terminal "env -u NO_COLOR TERM=xterm '$drill' run good.scs"
    check 'colour on a terminal' grep -q "$escape\[32mPASS" typed
    mkdir often
    for n in 1 2 3 4 5 6 7 8 9 10 11 12; do cp -R "$root/scenarios" "often/$n"; done
    begun=$(date +%s)
    terminal "env TERM=xterm '$drill' run often"
    rm -r often
    if [ $(($(date +%s) - begun)) -gt 2 ]; then
        check 'what takes longer than a second says on a terminal how far it is' \
            grep -qE '[0-9]+/[0-9]+ cases, 0 failed' typed
    else
        skip 'progress on a terminal: all scenarios took less than two seconds, twelve times over'
    fi
    terminal "env NO_COLOR=1 TERM=xterm '$drill' run good.scs"
    check 'no colour with NO_COLOR' [ "$(grep -c PASS typed) $(grep -c "$escape" typed)" = '1 0' ]
    terminal "env -u NO_COLOR TERM=dumb '$drill' run good.scs"
    check 'no colour on a dumb terminal' [ "$(grep -c PASS typed) $(grep -c "$escape" typed)" = '1 0' ]
else
    skip 'colour: no program `script` here to make a terminal'
fi
try 0 run good.scs
grep -q "$(printf '\033')" out && fail 'no colour into a file' || pass 'no colour into a file'
finish
