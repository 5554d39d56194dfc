#!/bin/sh
# What happens to a run when its server dies or hangs, when a case takes too long, or when the run itself is stopped or
# killed: failures that say so, a fresh server for the cases that come, and nothing that stays behind.
#
#   cli.sh BINARY
set -u
. "$(dirname "$0")/../lib.sh"
drill=$(absolute "$1")
workspace
cd "$scratch" || exit 1
servers='prosody ejabberd jabberd2'

# Cases enough that a run is in the middle of them for some seconds.
{
    cat <<END
# Romeo writes to Juliet, again and again

[Server] all
	hosts: montague.example, capulet.example

$(clients montague.example capulet.example)

[Cases]
	case  id
END
    n=0
    while [ "$n" -lt 400 ]; do
        n=$((n + 1))
        printf '\tc%s  m%s\n' "$n" "$n"
    done
    printf '\n---------\n\nRomeo connects\nJuliet connects\n'
    for part in 1 2 3 4 5; do
        cat <<END

Romeo sends:
	<message id="\${id}-$part" to="\${Juliet's full JID}" type="chat"><body>$part</body></message>

Juliet receives:
	<message id="\${id}-$part"/>
END
    done
} >many.scs

{
    printf '# Romeo waits\n\n'
    clients montague.example capulet.example
    printf '\n---------\n\nRomeo connects\nJuliet connects\n\ntime passes: 90s\n\nRomeo sends:\n'
    printf '\t<message id="m1" to="${Juliet%ss full JID}"/>\n\nJuliet receives:\n\t<message id="m1"/>\n' "'"
} >waits.scs

# A case that takes longer than it may, and one that does not.
cat >slow.scs <<'END'
# Nothing happens for a while

[Client] Romeo
	jid: romeo@montague.example/orchard

[Peer] capulet.example

---------

Romeo connects

time passes: 4s

Romeo receives: nothing
END
cat >quick.scs <<'END'
# Romeo writes to himself

[Client] Romeo
	jid: romeo@montague.example/orchard

---------

Romeo connects

Romeo sends:
	<message id="m1" to="romeo@montague.example/orchard"/>

Romeo receives:
	<message id="m1"/>
END

# The processes of a run's server are those that have its folder in their arguments or environment.
folder_of() { # PROCESS: the folder of the server that it has started
    for janitor in $(ps -o pid= --ppid "$1"); do
        tr '\0' '\n' <"/proc/$janitor/cmdline" 2>/dev/null | grep -x '/.*/stanzadrill-[A-Za-z0-9]*'
    done | head -n 1
}

processes_of() { # FOLDER
    grep -lsaF -- "$1" /proc/[0-9]*/cmdline /proc/[0-9]*/environ | sed 's|/proc/\([0-9]*\)/.*|\1|' | sort -u |
        while read -r process; do
            case $(cat "/proc/$process/comm" 2>/dev/null) in grep | sed | sort | sh | '') ;; *) echo "$process" ;; esac
        done
}

# Tries something until it succeeds, for at most a minute.
soon() {
    end=$(($(date +%s) + 60))
    until "$@"; do
        [ "$(date +%s)" -lt "$end" ] || return 1
        sleep 0.05
    done
}

plays() { # clients have come: the server's port for them has connections
    folder=$(folder_of "$run")
    [ -n "$folder" ] && [ -n "$(processes_of "$folder")" ] && grep -qs . "$folder"/*.log && is_up
}

# Its own logs say when the first client has logged in.
is_up() {
    grep -qsE 'Authenticated as|Accepted c2s|session started|Opened c2s' "$folder"/*.log
}

gone() {
    [ ! -e "$folder" ] && [ -z "$(processes_of "$folder")" ]
}

begin() { # SERVER
    # What a shell starts in the background does not heed SIGINT.
    env --default-signal=INT "$drill" run --target "$1" -j2 --timeout 5 many.scs >out 2>err </dev/null &
    run=$!
    folder=
    check "$1: a run has begun" soon plays
}

for server in $servers; do
    check "$server: --timeout of calibrate is for the server, not for virtual time" \
        "$drill" calibrate --target "$server" --timeout 30 --quiet waits.scs
    begin "$server"
    # Only what this run has started is in its folder.
    for process in $(processes_of "$folder"); do kill -KILL "$process" 2>/dev/null; done
    wait "$run"
    check "$server is killed: the run fails" [ $? -eq 1 ]
    counts=$(tail -n 1 out | awk '/^[0-9]+ passed, [0-9]+ failed$/ { print $1, $3 }')
    check "$server is killed: every case has its verdict" [ "$((${counts% *} + ${counts#* }))" -eq 400 ]
    check "$server is killed: the run goes on with a fresh server" [ "${counts% *}" -gt "$((10 * ${counts#* }))" ]
    check "$server is killed: failures say so" grep -qE \
        "$server: .*(nobody answers there any more|Connection refused|the server closed the connection|reset|it is gone|no answer)" out
    none "$server is killed: no failure is the scenario's" "$(grep 'should have' out)"
    check "$server is killed: nothing is left" soon gone

    begin "$server"
    # The server's own processes, but for the one that watches them: their helpers end with them.
    for process in $(processes_of "$folder"); do
        [ "$(ps -o ppid= -p "$process" | tr -d ' ')" != "$run" ] || kill -STOP "$process"
    done
    wait "$run"
    check "$server hangs: the run fails" [ $? -eq 1 ]
    counts=$(tail -n 1 out | awk '/^[0-9]+ passed, [0-9]+ failed$/ { print $1, $3 }')
    check "$server hangs: every case has its verdict" [ "$((${counts% *} + ${counts#* }))" -eq 400 ]
    check "$server hangs: the run goes on with a fresh server" [ "${counts% *}" -gt "$((10 * ${counts#* }))" ]
    check "$server hangs: a case says that its time is over" grep -q 'this takes more than the 5 s that it may' out
    none "$server hangs: no failure is the scenario's" "$(grep 'should have' out)"
    check "$server hangs: nothing is left" soon gone

    "$drill" run --target "$server" -j1 --timeout 2 slow.scs quick.scs >out 2>err </dev/null
    check "$server: a case takes too long: the run fails" [ $? -eq 1 ]
    check "$server: a case takes too long: it says so, and where" \
        grep -qx '  slow.scs:12: this takes more than the 2 s that it may' out
    check "$server: a case takes too long: the next one passes" [ "$(tail -n 1 out)" = '1 passed, 1 failed' ]

    for signal in INT TERM KILL; do
        begin "$server"
        kill -"$signal" "$run"
        wait "$run" 2>/dev/null
        check "the run on $server gets SIG$signal: it does not end well" [ $? -ne 0 ]
        check "the run on $server gets SIG$signal: nothing is left" soon gone
    done
done
finish
