#!/bin/sh
# man.sh PROGRAM FOLDER - manual pages in FOLDER, made of what PROGRAM says about itself with --help, so that there is no
# second text to keep true: stanzadrill.1, and stanzadrill-COMMAND.1 for each command.
set -eu
program=$1 folder=$2
LC_ALL=C
export LC_ALL
version=$("$program" --version | sed 's/.* //')
mkdir -p "$folder"

# Text as roff: backslashes and hyphens that are meant as such, and no line that starts with a control character.
roff='
function text(s) {
    gsub(/\\/, "\\e", s)
    gsub(/-/, "\\-", s)
    if (s ~ /^[.\047]/) {
        s = "\\&" s
    }
    return s
}
function section(title) { print ".SH " title }
'

commands() {
    "$program" --help | awk '/^  [a-z]/ { print $1 }'
}

# The help of a command: usage, summary, options, notes, with empty lines between.
command_page() {
    "$program" "$1" --help | awk -v name="$1" -v version="$version" "$roff"'
    NR == 1 {
        sub(/^usage: /, "")
        synopsis = $0
        next
    }
    NR == 3 {
        printf ".TH STANZADRILL\\-%s 1 \"\" \"stanzadrill %s\" \"User Commands\"\n", toupper(name), version
        section("NAME")
        print "stanzadrill\\-" name " \\- " text($0)
        section("SYNOPSIS")
        sub(/^stanzadrill [a-z]+/, "", synopsis)
        print ".B stanzadrill " name
        print text(synopsis == "" ? "" : substr(synopsis, 2))
        next
    }
    NR < 4 { next }
    /^  -/ {
        if (part != "options") {
            section("OPTIONS")
            part = "options"
        }
        line = substr($0, 3)
        split_at = match(line, /  +/)
        print ".TP"
        if (split_at == 0) { # the option is so long that what it does begins in the next line
            print "\\fB" text(line) "\\fR"
        } else {
            print "\\fB" text(substr(line, 1, split_at - 1)) "\\fR"
            rest = substr(line, split_at)
            sub(/^ +/, "", rest)
            print text(rest)
        }
        next
    }
    part == "options" && /^    / {
        sub(/^ +/, "")
        print text($0)
        next
    }
    /^$/ {
        gap = part == "notes"
        next
    }
    {
        if (part != "notes") {
            section("DESCRIPTION")
            part = "notes"
        } else if (gap) {
            print ".PP"
        }
        gap = 0
        if ($0 ~ /^ /) { # as it stands
            print ".br"
        }
        print text($0)
    }
    END {
        section("SEE ALSO")
        print ".BR stanzadrill (1)"
    }'
}

overview_page() {
    "$program" --help | awk -v version="$version" "$roff"'
    NR == 1 {
        printf ".TH STANZADRILL 1 \"\" \"stanzadrill %s\" \"User Commands\"\n", version
        section("NAME")
        print "stanzadrill \\- XMPP stanza routing: simulator and conformance tests"
        section("SYNOPSIS")
        print ".B stanzadrill"
        sub(/^usage: stanzadrill /, "")
        print text($0)
        next
    }
    NR == 3 {
        section("DESCRIPTION")
        print text($0)
        next
    }
    /^  [a-z]/ {
        if (!commands++) {
            section("COMMANDS")
        }
        name = $1
        sub(/^ +[a-z]+ +/, "")
        print ".TP"
        print "\\fB" name "\\fR"
        print text($0)
        also = also (also == "" ? "" : ",\n") ".BR stanzadrill\\-" name " (1)"
        next
    }
    /^  --/ {
        if (!options++) {
            section("OPTIONS")
        }
        print ".TP"
        print "\\fB" text($1) "\\fR"
        sub(/^ +--[a-z]+ +/, "")
        print text($0)
        next
    }
    /^Exit status: / {
        section("EXIT STATUS")
        sub(/^Exit status: /, "")
        status = 1
    }
    status && NF { print text($0) }
    END {
        section("SEE ALSO")
        gsub(/,\n/, " ,\n", also)
        print also
        print ".PP"
        print "The language of scenarios, with examples, is in the file"
        print ".I scenarios/README.md"
        print "of the folder in which the scenarios are installed."
    }'
}

overview_page >"$folder/stanzadrill.1"
for command in $(commands); do
    command_page "$command" >"$folder/stanzadrill-$command.1"
done
