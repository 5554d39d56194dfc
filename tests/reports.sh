#!/bin/sh
# The reports of one run in all formats: valid for those who read them, with the same words, and with text from scenarios
# that stays text. Needs xmllint, prove and JSON::PP of Perl, as install-deps.sh test installs them.
#
#   reports.sh BINARY
set -u
. "$(dirname "$0")/lib.sh"
tests=$(cd "$(dirname "$0")" && pwd)
drill=$(absolute "$1")
workspace
cd "$scratch" || exit 1

every_verdict

# --- one run, all formats ---
"$drill" run --baseline baseline --format tap --format junit:r.xml --format json:r.json --format openmetrics:r.txt \
    --format github:r.github s >r.tap 2>err
check 'a run with a file that cannot be read exits with 2' [ $? -eq 2 ]
counts=$(tail -n 1 r.tap | sed 's/^# //')
case $counts in
*' passed, '*' failed, 1 known to fail') pass 'known failures are counted' ;;
*) fail "known failures are counted: $counts" ;;
esac

# --- junit ---
check 'junit is well-formed XML' xmllint --noout r.xml
check 'junit is valid' xmllint --noout --schema "$tests/junit.xsd" r.xml 2>/dev/null
of() { # XPATH: of the junit report
    xmllint --xpath "$1" r.xml
}
attribute() { # NAME XPATH VALUE
    if [ "$(of "string($2)")" = "$3" ]; then pass "$1"; else fail "$1: $(of "string($2)"), not $3"; fi
}
attribute 'junit tells failures' /testsuites/@failures "$(of 'count(//failure)')"
attribute 'junit tells errors from failures' /testsuites/@errors 1
attribute 'an error has its verdict' '//error/@type' error
attribute 'what is known is skipped' '//testsuite[@name="s/known.scs"]/@skipped' 1
attribute 'and has its reason' '//skipped/@message' 'known to fail: nobody has m2'
attribute 'what passes against the baseline fails' '//testcase[@name="s/surprise/two"]/failure/@type' xpass
attribute 'a failure has its replay' \
    'contains(//testcase[@name="s/bad/two"]/system-out, "replay: stanzadrill run --case two s/bad.scs --trace")' true
attribute 'a failure has its trace' \
    'contains(//testcase[@name="s/bad/two"]/system-out, "verona.example > m1 message/chat")' true
attribute 'a case that passed has no output' 'count(//testcase[@name="s/good/one"]/*)' 0

# --- json ---
check 'json is valid for its schema' perl "$tests/schema.pl" "$tests/../reports/results.schema.json" r.json
check 'compare reads it' sh -c '"$1" compare r.json >matrix' sh "$drill"
check 'an octet that is no UTF-8 stands as its number' grep -qF '[31m\\xff' r.json
none 'no trace was asked for' "$(grep -F '"trace":' r.json)"
"$drill" run --trace --format json:traced.json s/good.scs >/dev/null
check 'json has traces with --trace' grep -qF '"trace":"# line 21: Romeo connects\n0.000000 ' traced.json
check 'and is valid' perl "$tests/schema.pl" "$tests/../reports/results.schema.json" traced.json
{ # the validator itself
    sed 's/"format":2/"format":1/' r.json >wrong-1.json
    sed 's/"verdict":"pass"/"verdict":"passed"/' r.json >wrong-2.json
    sed 's/"title":/"titel":/' r.json >wrong-3.json
    sed 's/"duration_us":[0-9]*/"duration_us":"0"/' r.json >wrong-4.json
    sed 's/"line":[0-9]*/"line":0/' r.json >wrong-5.json
    head -c 300 r.json >wrong-6.json
}
for n in 1 2 3 4 5 6; do
    perl "$tests/schema.pl" "$tests/../reports/results.schema.json" wrong-$n.json >/dev/null &&
        fail "the validator finds fault $n" || pass "the validator finds fault $n"
done

# --- tap: a consumer that is older than version 14 refuses its first line, and reads the rest ---
run_prove() {
    prove --exec cat "$1" >proved 2>&1 && return
    grep -q "don't know about versions later than 13" proved || return
    sed '1s/14/13/' "$1" >thirteen
    prove --exec cat thirteen >proved 2>&1
}
"$drill" run --trace --format tap s/good.scs s/loose.scs >good.tap
check 'prove accepts a run that passed' run_prove good.tap
run_prove r.tap && fail 'prove sees failures' || pass 'prove sees failures'
none 'prove finds no fault in the form' "$(grep -A3 'Parse errors' proved)"
check 'prove counts the same failures' grep -q "Failed: $(echo "$counts" | sed 's/.*passed, \([0-9]*\) failed.*/\1/'))" proved
check 'a known failure is a thing to do' \
    grep -qE '^not ok [0-9]+ - s/known/two # TO''DO known to fail: nobody has m2$' r.tap
check 'a name cannot start a directive' grep -qE '^not ok [0-9]+ - s/a,b:c%d\\#e\\\\f\]\]>\\\\x1b\[31m' r.tap

# --- openmetrics ---
check 'openmetrics is what its specification allows' perl "$tests/openmetrics.pl" r.txt
check 'verdicts by profile' grep -qxF 'stanzadrill_cases{profile="rfc6121",verdict="xfail"} 1' r.txt
check 'stanzas by kind, type, rule and fate' grep -qE \
    '^stanzadrill_routed_stanzas_total\{kind="message",type="chat",rule="msg\.full\.chat\.match",fate="deliver"\} [1-9]' r.txt
edit() { # NUMBER SED_EXPRESSION: the checker refuses this
    sed -e "$2" r.txt >wrong.txt
    cmp -s r.txt wrong.txt && fail "the checker's fault $1 is one"
    perl "$tests/openmetrics.pl" wrong.txt >/dev/null && fail "the checker finds fault $1" || pass "the checker finds fault $1"
}
edit 1 '$d'
edit 2 's/^stanzadrill_routed_stanzas_total/stanzadrill_routed_stanzas/'
edit 3 's/^# UNIT stanzadrill_cases cases/# UNIT stanzadrill_cases seconds/'
edit 4 '/le="+Inf"/d'
edit 5 's/le="1\.0"/le="1"/'
edit 6 's/^\(stanzadrill_latency_seconds_count\) .*/\1 9999/'
edit 7 '/verdict="pass"/p'
edit 8 's/^\(stanzadrill_cases{.*}\) /\1  /'
edit 9 '/^# TYPE stanzadrill_run info/d'
edit 10 's/verdict="pass"/verdict="\\pass"/'
edit 11 's/^\(stanzadrill_latency_seconds_bucket{le="0.0"}\) .*/\1 99999/'
edit 12 '3i\

'

# --- github ---
none 'github has nothing but annotations and the counts' \
    "$(sed '$d' r.github | grep -vE '^::(error|warning|notice) file=[^:,]+(,line=[0-9]+,col=[0-9]+)?,title=[^:,]+::.')"
check 'the counts stand last' [ "$(tail -n 1 r.github)" = "$counts" ]
check 'what is not strict is a warning' grep -qE '^::warning file=s/loose\.scs,title=non-strict s/loose/one::' r.github
check 'what is known is a notice' \
    grep -qE '^::notice file=s/known.scs,line=[0-9]+,col=1,title=xfail s/known/two::known to' r.github
check 'an error has its place' grep -qE '^::error file=s/broken.scs,line=4,col=[0-9]+,title=error s/broken.scs::s/broken' r.github
check 'a comma, a colon and a per cent sign in a property are guarded' grep -qF '::error file=s/a%2Cb%3Ac%25d#e' r.github
check 'lines of a message are guarded' grep -qF 'should have received m2%0A  expected   ' r.github

# --- all carry the same words ---
"$drill" run --baseline baseline s >r.pretty 2>/dev/null
expected=$(sed -n "s/^    expected   //p" r.pretty | grep 'id="m2"' | head -n 1)
check 'pretty has words' [ -n "$expected" ]
check 'tap has them' grep -qF -e "$expected" r.tap
check 'github has them' grep -qF -e "$expected" r.github
check 'junit has them' sh -c "xmllint --xpath 'string(//failure)' r.xml | grep -qF -e '$expected'"
perl -X -CO -MJSON::PP -0777 -ne 'for (@{decode_json($_)->{cases}}) { print $_->{failure} // q() }' r.json >failures
check 'json has them' grep -qF -e "$expected" failures
none 'no control character reaches any text' "$(grep -l "$(printf '\033')" r.*)"

# --- the same octets again, with threads, and whatever else is asked for ---
for format in tap junit json openmetrics github; do
    "$drill" run -j 3 --baseline baseline --format $format:alone s >/dev/null 2>&1
    case $format in
    tap) other=r.tap ;; junit) other=r.xml ;; json) other=r.json ;; openmetrics) other=r.txt ;; github) other=r.github ;;
    esac
    same "$format does not depend on threads or on other formats" "$other" alone
done
finish
