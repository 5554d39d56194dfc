#!/bin/sh
# Real servers that go wrong, end to end: the message names the host and the step, the exit status is right, and nothing
# takes longer than the bound for a wait allows.
#
#   badserver.sh BINARY FAKE_SERVER
set -u
. "$(dirname "$0")/lib.sh"
drill=$(absolute "$1")
fake=$(absolute "$2")
workspace
servers=
trap 'for server in $servers; do kill "$server" 2>/dev/null; done; rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

# What a wait may take, and what a run may take in all: two waits, and a slow machine.
bound=2 most=20

cat >play.scs <<'END'
# Romeo asks his server

[Client] Romeo
	jid: romeo@montague.example/orchard

---------

Romeo connects

Romeo sends:
	<iq type="get" id="q1"><query xmlns="jabber:iq:roster"/></iq>

Romeo receives:
	<iq type="result" id="q1"/>
END

serve() { # MODE...: starts a fake server; sets port
    rm -f port.txt
    mkfifo port.txt
    "$fake" "$@" >port.txt &
    servers="$servers $!"
    read -r port <port.txt
}

target() { # PROPERTY...: of the target file
    {
        printf '[Target] cellar\n\taccounts: listed\n'
        for line in "$@"; do printf '\t%s\n' "$line"; done
        printf '[Host] montague.example\n\taddress: 127.0.0.1\n\tport: %s\n' "$port"
        printf '[Account] romeo@montague.example\n\tpassword: hunter2\n'
    } >cellar.target
}

# says NAME STATUS PATTERN: the run's exit status, and a line of what it says
says() {
    begun=$(date +%s)
    timeout "$most" "$drill" run --target ./cellar.target --timeout "$bound" play.scs >out 2>err </dev/null
    seen=$?
    took=$(($(date +%s) - begun))
    if [ "$seen" -ne "$2" ]; then
        fail "$1: exit status $seen, not $2"
        sed 's/^/  /' out err
    elif ! cat out err | grep -q -e "$3"; then
        fail "$1: no line has \"$3\""
        sed 's/^/  /' out err
    elif [ "$took" -gt $((4 * bound)) ]; then
        fail "$1: it took $took s"
    else
        pass "$1"
    fi
    none "$1: no password is shown" "$(grep -h hunter2 out err)"
}

at() {
    echo "for montague.example at 127\\.0\\.0\\.1:$port: "
}

serve silent
port_closed=$port
kill "$!"
wait "$!" 2>/dev/null
port=$port_closed
target 'tls: off'
says 'a port that is closed' 2 "cellar: connect $(at)Connection refused"

serve silent
target 'tls: off'
says 'a server that never answers' 2 "cellar: open a stream $(at)no answer within $bound s"

serve closes
target 'tls: off'
says 'a server that closes at once' 2 "cellar: open a stream $(at)\(the server closed the connection\|Connection reset by peer\)"

serve no-xmpp
target 'tls: off'
says 'something that is no server' 2 "cellar: open a stream $(at)what the server says is no XMPP"

serve refuses
target 'tls: off'
says 'a wrong password' 1 \
    "cellar: log in as romeo@montague.example/orchard at 127.0.0.1:$port: the server refuses the password (not-authorized)"

target 'tls: required'
says 'a server without TLS' 2 "cellar: start TLS $(at)the server does not offer it"

serve tls-silent
target 'tls: required'
says 'a handshake of TLS without an answer' 2 "cellar: start TLS $(at)no answer within $bound s"

serve mute
target 'tls: off'
says 'a server that never answers a client' 1 "cellar: .* at 127.0.0.1:$port: .*after $bound s without an answer"

# Each case by itself: the second one is played too, and no case takes longer than it may.
cp play.scs again.scs
begun=$(date +%s)
timeout "$most" "$drill" run -j 1 --target ./cellar.target --timeout "$bound" play.scs again.scs >out 2>err </dev/null
check 'a server that never answers two clients: the run ends' [ $? -eq 1 ]
check 'a server that never answers two clients: it takes two bounds' [ $(($(date +%s) - begun)) -le $((3 * bound)) ]
for name in play again; do
    check "a server that never answers two clients: $name.scs says that its time is over, where, and what it waited for" \
        grep -q "$name.scs:13: this takes more than the $bound s that it may: cellar: wait for romeo@.*a ping is after" out
done

# Every answer comes in time, but all of them together do not.
{
    sed '/^Romeo connects/q' play.scs
    for n in 1 2 3 4 5 6; do
        printf '\nRomeo sends:\n\t<iq type="get" id="q%s"/>\n\nRomeo receives:\n\t<iq type="result" id="q%s"/>\n' "$n" "$n"
    done
} >long.scs
serve slow
target 'tls: off' 'barrier: ping'
timeout "$most" "$drill" run --target ./cellar.target --timeout $((5 * bound)) long.scs >out 2>err </dev/null
check 'a slow server has the time that it needs' [ $? -eq 0 ]
timeout "$most" "$drill" run --target ./cellar.target --timeout "$bound" long.scs >out 2>err </dev/null
check 'a slow server runs out of the time of a case' [ $? -eq 1 ]
check 'a slow server: the case says so' grep -q 'long.scs:[0-9]*: this takes more than the '"$bound"' s that it may' out

serve dies
target 'tls: off'
says 'a server that closes on a client' 1 'Romeo should have received'

if command -v openssl >/dev/null 2>&1; then
    openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=montague.example \
        -addext subjectAltName=DNS:montague.example >openssl.log 2>&1
    serve silent
    tls_port=$port
    kill "$!"
    wait "$!" 2>/dev/null
    mkfifo open ready
    exec 9<>open 8<>ready # at its input's end it would go
    openssl s_server -accept "127.0.0.1:$tls_port" -key key.pem -cert cert.pem <&9 >&8 2>/dev/null &
    servers="$servers $!"
    line=
    while [ "$line" != ACCEPT ] && read -r line <&8; do :; done
    serve tls "$tls_port"
    target 'tls: required'
    says 'a certificate that is not trusted' 2 "cellar: .* $(at).*not trusted"
else
    skip 'a certificate that is not trusted: there is no openssl'
fi
finish
