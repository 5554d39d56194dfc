#!/bin/sh
# stanzadrill diagram and stanzadrill lesson.
#
#   diagram.sh BINARY
set -u
. "$(dirname "$0")/lib.sh"
drill=$(absolute "$1")
root=$(cd "$(dirname "$0")/.." && pwd)
workspace
cd "$scratch" || exit 1

cat >talk.scs <<'END'
# Talk & <more>
[Client] Romeo
	jid: romeo@verona.example/orchard
[Client] Juliet
	jid: juliet@verona.example/balcony
---------
Romeo connects
Juliet connects
Romeo sends:
	<message id="m1" to="${Juliet's full JID}" type="chat"><body>a &lt; b</body></message>
Juliet receives:
	<message id="m1"/>
END
sed 's/id="m1"\/>/id="m2"\/>/' talk.scs >red.scs
cat >cases.scs <<'END'
# Cases
[Client] Romeo
	jid: romeo@verona.example/orchard
[Cases]
	name  id
	one   x1
	two   x2
---------
Romeo connects
Romeo sends:
	<message id="${id}" to="romeo@verona.example/orchard" type="chat"/>
Romeo receives:
	<message id="${id}"/>
END

# --- forms ---

try 0 diagram talk.scs
holds 'text is what there is without a format' out '│'
holds 'an arrow has its stanza' out 'm1 message/chat'
holds 'an arrow has its rule' out 'msg.full.chat.match'
lacks 'no colours in a file' out "$(printf '\033')"
try 0 diagram --format svg talk.scs
check 'the picture is well-formed' xmllint --noout out
holds 'the title is text' out 'Talk &amp; &lt;more>'
try 0 diagram --format mermaid talk.scs
check 'Mermaid begins with what it is' test "$(head -n 1 out)" = sequenceDiagram
try 0 diagram --width 40 talk.scs
check 'text fits the width' test "$(LC_ALL=C.UTF-8 wc -L <out)" -le 40
try 0 diagram --marks talk.scs
holds 'rules that acted are shown' out 'in.from.full'
try 0 diagram --profile prosody talk.scs
try 2 diagram --format png talk.scs
holds 'an unknown format is named' err 'unknown format "png"'
try 2 diagram --width 12 talk.scs
try 2 diagram --width x talk.scs

# --- files ---

for kind in 'svg <svg' 'mmd sequenceDiagram' 'txt Romeo'; do
    try 0 diagram -o "picture.${kind%% *}" talk.scs
    holds "the name ${kind%% *} says what to write" "picture.${kind%% *}" "${kind#* }"
    check 'nothing else is printed' test ! -s out
done
try 0 diagram --format svg -o picture.txt talk.scs
holds 'the format goes before the name' picture.txt '<svg'
try 2 diagram -o nowhere/picture.svg talk.scs
try 2 diagram -o . talk.scs
try 2 diagram missing.scs
try 2 diagram
try 2 diagram talk.scs red.scs
has 'one file too many is named' err 'stanzadrill: diagram takes one scenario, but got "red.scs" too'
mkdir folder && cp talk.scs red.scs folder
try 2 diagram folder
has 'a folder is no scenario' err 'stanzadrill: diagram needs one scenario, and "folder" is not one'
try 0 diagram -o same.svg talk.scs
cp same.svg before.svg
if [ -e /dev/full ]; then
    try 2 diagram -o /dev/full talk.scs
    timeout -k 5 60 "$drill" diagram talk.scs >/dev/full 2>err
    check 'output that cannot be written is an error' test $? -eq 2
fi
try 0 diagram -o same.svg talk.scs
same 'the same case, the same picture' before.svg same.svg

# --- cases ---

try 2 diagram cases.scs
holds 'a case must be chosen' err '--case one'
try 0 diagram --case two cases.scs
holds 'the case that was asked for' out 'x2 message/chat'
lacks 'and no other' out 'x1 message/chat'
try 2 diagram --case tow cases.scs
holds 'the nearest name is told' err 'two'
try 2 diagram --case one talk.scs
try 1 diagram red.scs
holds 'a case that fails is drawn' out 'm1 message/chat'
holds 'and what was wrong is said beside it' err 'Juliet should have received'

# --- every scenario ---

total=0
for folder in federation faults; do
    for file in "$root"/scenarios/$folder/*.scs; do
        grep -q '^\[Cases\]' "$file" && continue
        total=$((total + 1))
        for form in svg mermaid text; do
            timeout -k 5 60 "$drill" diagram --format $form -o "$total.$form" "$file" >>log 2>&1 ||
                echo "$form $file" >>wrong
        done
        xmllint --noout "$total.svg" 2>>wrong || echo "$file" >>wrong
        [ "$(LC_ALL=C.UTF-8 wc -L <"$total.text")" -le 100 ] || echo "too wide: $file" >>wrong
    done
done
check 'there are scenarios to draw' test "$total" -gt 50
none "all $total scenarios make diagrams" "$(cat wrong 2>/dev/null)"

# --- lessons ---

try 2 lesson 1
holds 'without lessons it says where they should be' err 'scenarios/lessons'
mkdir -p scenarios/lessons
cat >scenarios/lessons/02-second.scs <<'END'
# Lesson 2: the second
# You learn: how long
# a line may be.

# Before the cast.

[Client] Romeo
	jid: romeo@verona.example/orchard

---------

# He logs in.
Romeo connects

# He sends.

# Twice explained.
Romeo sends:
	<message id="m1" to="nobody@verona.example" type="chat"/>

Romeo receives: nothing

# The end.
END
sed -e 's/Lesson 2: the second/Lesson 1: the first/' scenarios/lessons/02-second.scs >scenarios/lessons/01-first.scs
echo 'not a lesson' >scenarios/lessons/README.md
try 0 lesson
printf '  1  the first\n  2  the second\n' >expected
same 'lessons are listed with their numbers' expected out
try 0 lesson 2
cat >expected <<'END'
Lesson 2: the second

You learn: how long a line may be.

Before the cast.

Who takes part:
    [Client] Romeo
        jid: romeo@verona.example/orchard

He logs in.

    Romeo connects
     0.000 Romeo: bound romeo@verona.example/orchard

He sends.

Twice explained.

    Romeo sends:
        <message id="m1" to="nobody@verona.example" type="chat"/>
     0.000 Romeo ─▶ verona.example  m1 message/chat
     0.000 verona.example: drop  m1 message/chat
END
head -n "$(wc -l <expected)" out >begin
same 'a lesson is told step by step' expected begin
holds 'the rule that decided is named' out 'rule msg.nouser.bare.chat (6121 8.5.1; 6120 10.5.3.1)'
holds 'what was expected came' out '✓'
check 'what stands behind the last action comes last' \
    test "$(tail -n 3 out | head -n 1)" = 'The end.'
printf '\nq\n' | timeout -k 5 60 "$drill" lesson 2 >out 2>err
check 'a pipe is not waited for' test "$(tail -n 3 out | head -n 1)" = 'The end.'
try 0 lesson --no-wait 2
try 2 lesson 3
try 2 lesson x
try 2 lesson 1 2
has 'one lesson too many is named' err 'stanzadrill: lesson plays one at a time, but got "2" too'
printf '# Lesson 3: broken\n' >scenarios/lessons/03-broken.scs
try 2 lesson 3
holds 'a broken lesson is told by place' err 'scenarios/lessons/03-broken.scs:1:1:'
sed 's/Romeo receives: nothing/Romeo receives:\n\t<message id="m9"\/>/' scenarios/lessons/02-second.scs \
    >scenarios/lessons/03-broken.scs
try 1 lesson 3
holds 'a lesson that goes wrong says so' err 'Romeo should have received'
holds 'at its place' out '✗'
{
    printf '# Lesson 3: \033[2J\n[Client] Romeo\n\tjid: romeo@verona.example/a\n---\n'
    printf '# \033[31m red\nRomeo connects\nRomeo receives: nothing\n'
} >scenarios/lessons/03-broken.scs
"$drill" lesson --no-wait 3 >out 2>err </dev/null
lacks 'what a lesson says cannot steer a terminal' out "$(printf '\033')"

# On a terminal it waits, and q leaves.
if command -v script >/dev/null 2>&1; then
    printf 'q\n' | timeout 60 script -qec "'$drill' lesson 2" /dev/null >out 2>err
    holds 'on a terminal a lesson waits' out 'Enter: next step'
    lacks 'q leaves' out 'The end.'
    printf '\n\n\n\n\n\n' | timeout 60 script -qec "'$drill' lesson 2" /dev/null >out 2>err
    holds 'Enter goes on' out 'The end.'
fi

cd "$root" || exit 1
drilled=0
for number in $("$drill" lesson | awk '{ print $1 }'); do
    drilled=$((drilled + 1))
    timeout -k 5 60 "$drill" lesson "$number" >"$scratch/out" 2>"$scratch/err" </dev/null ||
        { fail "lesson $number"; cat "$scratch/err"; }
done
check 'there are twelve lessons' test "$drilled" -ge 12
finish
