#!/bin/sh
# What `explain` says of stanzas and rules, and what `coverage` counts.
#
#   explain.sh BINARY
set -u
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/.." && pwd)
drill=$(absolute "$1")
workspace
cd "$scratch" || exit 1

# says TEXT...: each is in `out`
says() {
    for text in "$@"; do
        holds "it says: $text" out "$text"
    done
}

# complains TEXT: in `err`, and nothing came out
complains() {
    holds "the message is: $1" err "$1"
    none "nothing is printed beside the message $1" "$(cat out)"
}

cat >talk.scs <<'END'
# Who is there

[Client] Romeo
	jid: romeo@verona.example/orchard

[Client] Juliet
	jid: juliet@verona.example/balcony

[Peer] mantua.example

[Cases]
	case   priority
	high   5
	under  -1

---------

Romeo connects
Juliet connects

Juliet sends:
	<presence><priority>${priority}</priority></presence>

Juliet receives:
	<presence/>

Romeo sends:
	<message id="m1" to="${Juliet's JID}" type="headline"><body>One</body></message>

	<message id="m2" to="apothecary@mantua.example"/>

mantua.example receives:
	<message id="m2"/>

END
cat talk.scs >fails.scs
printf 'Romeo receives:\n\t<message id="never"/>\n' >>fails.scs

# --- a stanza in the default state: 6121 8.5.4 says what becomes of it ---
try 0 explain '<message to="Nurse@capulet.example" type="chat" id="m1"><body>Hi</body></message>'
says 'message/chat' 'which is prepared, and then compared, as' 'nurse@capulet.example, a bare JID' \
    'nurse@capulet.example: no resource' 'no resource is connected' 'msg.bare.chat.none   RFC 6121 8.5.2.2.1' \
    'it is kept for nurse@capulet.example' 'the choice is knob msg.store' 'store  <- here' 'in.to.prep-local' \
    'rfc6121' 'jabberd2'
try 0 explain --profile prosody '<message to="nobody@capulet.example"/>'
says 'msg.nouser.bare.normal' 'an error goes back to romeo@montague.example/orchard: service-unavailable' \
    'it ends here, and nobody is told' 'under profile prosody'
try 0 explain --as "Juliet's phone" '<message type="headline" to="juliet@capulet.example"/>'
says "sent by Juliet's phone" 'a copy goes to juliet@capulet.example/balcony, of priority 5' \
    'a copy goes to juliet@capulet.example/phone, of priority 1'
try 0 explain '<message from="juliet@capulet.example/phone" to="romeo@montague.example/orchard"/>'
says "sent by Juliet's phone" 'msg.full.normal.match'
try 0 explain '<iq type="get" id="1" to="elsinore.example"><ping xmlns="urn:xmpp:ping"/></iq>'
says 's2s.route' 'the stream is ready' 'elsinore.example'
try 0 explain '<message from="paris@elsinore.example" to="juliet@capulet.example" type="groupchat"/>'
says 'sent by elsinore.example' 'msg.bare.groupchat.multi' 'an error goes back to paris@elsinore.example'
try 0 explain '<presence type="subscribe" to="nurse@capulet.example"/>'
says 'SUB_OUT' 'SUB_IN' 'sub.out.subscribe.none' 'a subscription stanza comes in to its contact'
try 0 explain '<message to="@capulet.example"/>'
says 'which is no address' 'in.to.malformed' 'jid-malformed'

# Whatever a stanza is and wherever it goes, there is an answer.
for kind in 'message' 'message type="chat"' 'message type="groupchat"' 'message type="headline"' 'message type="error"' \
    'presence' 'presence type="unavailable"' 'presence type="subscribe"' 'presence type="subscribed"' \
    'presence type="unsubscribe"' 'presence type="unsubscribed"' 'presence type="probe"' 'presence type="error"' \
    'presence type="foo"' 'iq id="1" type="get"' 'iq id="1" type="set"' 'iq id="1" type="result"' \
    'iq id="1" type="error"' 'iq'; do
    for to in '' ' to="juliet@capulet.example"' ' to="capulet.example"'; do
        "$drill" explain "<$kind$to/>" >out 2>err || cat err
        grep -q '^  The rule for that' out && grep -q '    -> \|The same stanza' out && ! [ -s err ] || echo "$kind$to"
    done
done >unexplained
none 'each kind of stanza is explained' "$(cat unexplained)"

# --- in the state of a scenario ---
try 0 explain talk.scs:28
says '# talk/high' '# talk/under' 'one available resource has non-negative priority' \
    'all available resources have negative priority' 'msg.bare.headline.one' 'msg.bare.headline.neg' \
    'a copy goes to juliet@verona.example/balcony, of priority 5'
try 0 explain --case under talk.scs:28
says 'all available resources have negative priority'
none 'one case is not the others' "$(grep 'msg.bare.headline.one' out)"
try 0 explain --case high talk.scs:30
says 'id        m2' 'a copy goes to the server of apothecary@mantua.example' 'mantua.example'
try 0 explain --state talk.scs --case high --as juliet@verona.example '<message to="${Romeo'"'"'s full JID}"/>'
says 'sent by Juliet, after talk/high' 'msg.full.normal.match'
try 0 explain talk.scs:28
cp out first
try 0 explain talk.scs:28
same 'the same question has the same answer' first out
cat >silent.scs <<'END'
[Client] Romeo
	jid: romeo@verona.example/orchard

---------

Romeo connects

Romeo sends:
	<message id="m0" to="nobody@verona.example"/>

Romeo receives: nothing
END
try 0 explain --state silent.scs '<message id="m1" to="romeo@verona.example/orchard"/>'
says '(what leads to the state goes otherwise there)' 'prosody'

# --- what cannot be explained ---
try 2 explain
complains 'explain needs a stanza, a rule, or FILE.scs:LINE'
try 2 explain '<message'
complains 'the stanza cannot be read: 1:1:'
try 2 explain '<message/><presence/>'
complains 'expected one stanza'
try 2 explain '<message/>' msg.bare
complains 'one stanza or place at a time'
try 2 explain msg.bare.chat.multii
complains 'unknown rule "msg.bare.chat.multii"; did you mean "msg.bare.chat.multi"?'
try 2 explain msg.bare
complains '"msg.bare" stands for several rules'
try 2 explain talk.scs
complains 'stanzadrill: explain needs the line of a stanza, as in "talk.scs:12"'
try 2 explain talk.scs:24
complains 'talk.scs:24:1: no stanza is sent here; the nearest one is at line 21'
try 2 explain talk.scs:4000
complains 'talk.scs:4000:1: no stanza is sent here; the nearest one is at line 27'
try 2 explain absent.scs:3
complains 'absent.scs:1:1: cannot be read'
try 2 explain --case hig talk.scs:28
complains 'unknown case "hig"; did you mean "high"?'
try 2 explain --as Tybalt '<message/>'
complains 'unknown client "Tybalt"'
try 2 explain --state fails.scs --case high '<message/>'
complains 'the stanza cannot be sent in this state: fails/high'
check 'and why' grep -q 'Romeo should have received never' err
try 2 explain --profile prosodi '<message/>'
complains 'did you mean "prosody"?'

# --- text from elsewhere stays text ---
esc=$(printf '\033')
try 0 explain "<message to='juliet@capulet.example' id='$(printf '\302\233')31m'/>"
none 'no control character reaches a terminal' "$(LC_ALL=C grep -l "$esc\|$(printf '\302\233')" out)"

# --- rules ---
"$drill" rules --format tsv | sed -e 1d -e 's/	.*//' >ids
# shellcheck disable=SC2046
try 0 explain $(cat ids)
grep -E '^[a-z0-9][^ ]*   (RFC|XEP)' out | sed 's/ .*//' >told
same 'every rule can be explained' ids told
try 0 explain msg.bare.chat.none
says 'store(offline) OR bounce(service-unavailable,cancel)' 'it is for the bare JID of an account' \
    'message/chat: no resource is connected' 'the choice is knob msg.store' 'XEP-0160'
try 0 explain --proof talk.scs msg.bare.headline.neg
says 'shown by  talk/under'
cat >cites.scs <<'END'
# Who has decided

[Client] Romeo
	jid: romeo@verona.example/orchard

[Cases]
	case  id
	one   m1
	two   m2

---------

Romeo connects

Romeo sends:
	<message id="${id}" to="nobody@verona.example" type="chat"/>

verona.example decides:
	drop by msg.nouser.bare.chat
END
try 0 explain --proof cites.scs msg.nouser.bare.chat msg.bare.chat.one
says 'shown by  cites/one' 'shown by  none of these scenarios'
check 'a file that names a rule is cited once' [ "$(grep -c 'cites\.scs' out)" -eq 1 ]
has 'and as that' out '  cited by  cites.scs'
try 0 explain BARE
says 'MULTI: several available resources have non-negative priority' 'msg.bare.chat.multi'

# --- coverage ---
try 0 coverage talk.scs
says '1+ negative resources but zero non-negative resources: bare' 'rules that are carried out are fired'
"$drill" rules --status --proof talk.scs >status
head -n "$(wc -l <status)" out >beginning
same 'coverage begins with the counts of rules --status' status beginning
try 0 coverage --format tsv talk.scs
check 'a rule that fires is counted with its first case' grep -q '^rule	msg.bare.headline.one	local	fired	talk/high$' out
check 'one that does not is not' grep -q '^rule	msg.bare.headline.none	local	unfired	$' out
check 'one that cannot be shown has its reason' grep -q '^rule	in.from.noip	entry	unshown	there are no IP' out
check 'a class counts its cases' grep -q '^class	REMOTE	message/normal	OPEN	s2s.route	2$' out
check 'one case has one priority' grep -q '^class	BARE	message/headline	NEGATIVE	msg.bare.headline.neg	1$' out
check 'what no case exercises is 0' grep -q '^class	BARE	message/chat	MULTI	msg.bare.chat.multi	0$' out
none 'every line has its columns' "$(awk -F'\t' '!/^#/ && !($1 == "rule" && NF == 5 || $1 == "class" && NF == 6)' out)"
awk -F'\t' '$1 == "rule" { print $2 }' out >told
same 'every rule has its line' ids told
try 0 coverage --fail-under 0 talk.scs
try 1 coverage --fail-under 100 talk.scs
check 'the gate says what is missing' grep -q 'coverage of rules is .* %, below 100.00 %' err
for share in 99.5 99.05 99.50; do
    try 1 coverage --format tsv --fail-under $share talk.scs
    case $share in 99.05) ;; *) share=99.50 ;; esac
    holds "the gate is at $share %" err ", below $share %"
done
for share in '' x -1 101 100.01 5.123 1e2 nan; do
    try 2 coverage --fail-under "$share" talk.scs
    complains 'option "--fail-under" needs a number from 0 to 100'
done
try 2 coverage
complains 'coverage needs a scenario file or a folder'
try 2 coverage --format json talk.scs
complains 'unknown format "json"'

# --- what comes with the program ---
try 0 coverage --format tsv --fail-under 99 "$root/scenarios"
# A scenario is text in UTF-8, so that none can send octets in another encoding.
none 'each class of input that can occur is exercised by a scenario' \
    "$(awk -F'\t' '$1 == "class" && $6 == 0 { print $2, $3, $4 }' out | grep -vx 'ENTRY foreign BAD_ENCODING')"
finish
