#!/bin/sh
# tests/selftest holds transcripts: the first line of NAME.expected is the command, then comes what it prints (stdout
# and stderr), then its exit status. Scenarios there are made to fail, or to be refused; each belongs to a transcript.
#
#   selftest.sh BINARY
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
binary=$(absolute "$1")
workspace
cd "$here/selftest" || exit 1

for expected in *.expected; do
    name=${expected%.expected}
    arguments=$(sed -n '1s/^\$ stanzadrill //p' "$expected")
    if [ -z "$arguments" ]; then
        fail "$name: the first line is no command"
        continue
    fi
    echo "\$ stanzadrill $arguments" >"$scratch/seen"
    # The words are ours; eval lets them be quoted.
    eval "timeout 60 \"\$binary\" $arguments" >>"$scratch/seen" 2>&1
    echo "exit $?" >>"$scratch/seen"
    same "$name" "$expected" "$scratch/seen"
    echo "$arguments" >>"$scratch/used"
done

for script in *.scs; do
    grep -qF "$script" "$scratch/used" || fail "$script belongs to no transcript"
done
finish
