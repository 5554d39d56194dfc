#!/bin/sh
# The pages for readers tell the truth: what they show of the program is what it prints, each command that they give as an
# example works, and each page or place that they lead to is there.
#
#   readme.sh BINARY
set -u
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/.." && pwd)
drill=$(absolute "$1")
workspace
cd "$scratch" || exit 1
ln -s "$root/scenarios" scenarios

# --- the scenario of README.md, and its two runs ---
awk '/^A scenario is a text file\. Save this/ { on = 1; next } on && /^- The comment/ { exit }
    on && (begun || NF) { begun = 1; sub(/^    /, ""); print }' "$root/README.md" >good.scs
sed "s/^    lower     1        5  /    lower     1        -5 /" good.scs >bad.scs
check 'README.md has a scenario' [ "$(grep -c ' connects$' good.scs)" -eq 3 ]

# shown FILE COMMAND N: what FILE shows below the N-th "$ COMMAND", up to the end of the block
shown() {
    awk -v command="    \$ $2" -v wanted="$3" '
        on && /^[^ ]/ { exit }
        on { sub(/^    /, ""); line[++count] = $0 }
        $0 == command && ++seen == wanted { on = 1 }
        END { while (count && line[count] == "") count--; for (i = 1; i <= count; i++) print line[i] }' "$root/$1"
}
cp bad.scs soft.scs
try 1 run soft.scs
shown README.md 'build/stanzadrill run soft.scs' 1 >expected
same 'README.md begins with what a run that fails prints' expected out
shown README.md 'build/stanzadrill run soft.scs' 3 >expected
same 'README.md explains what a run that fails prints' expected out
cp good.scs soft.scs
try 0 run soft.scs
shown README.md 'build/stanzadrill run soft.scs' 2 >expected
same 'README.md shows what a run that passes prints' expected out

# --- every example of a command that is whole, and needs no server ---
cp soft.scs my.scs
cp soft.scs talk.scs
awk '/^## A first scenario/ { on = 1; next } on && /^Title and description/ { exit }
    on && (begun || NF) { begun = 1; sub(/^    /, ""); print }' "$root/scenarios/README.md" >first.scs
try 0 run first.scs
count=0
for page in README.md scenarios/README.md reports/README.md sim/live/README.md; do
    sed -n 's/^    \{1,4\}\([$] \)\{0,1\}\(build\/\)\{0,1\}stanzadrill /stanzadrill /p' "$root/$page" |
        sed -e 's/   .*//' -e 's/ || .*//' | grep -v -e --target -e '[A-Z][A-Z]' -e '\.\.\.' -e '\[' -e 'drill record' >examples
    while read -r _ arguments; do
        count=$((count + 1))
        # The words are ours; eval lets them be quoted.
        eval "timeout -k 5 120 \"\$drill\" $arguments" >out 2>err </dev/null
        seen=$?
        if [ "$seen" -le 1 ]; then
            pass "$page: stanzadrill $arguments"
        else
            fail "$page: stanzadrill $arguments: exit status $seen"
            cat err
        fi
    done <examples
done
check 'the pages have examples' [ "$count" -ge 20 ]
try 0 compare --only-differences ours.json note.json
shown reports/README.md 'stanzadrill compare --only-differences ours.json note.json' 1 >expected
same 'reports/README.md shows what compare prints' expected out

# --- commands and options ---
sed -n 's/^    stanzadrill \([a-z]*\) .*  .*/\1/p' "$root/README.md" >names
"$drill" --help | sed -n 's/^  \([a-z]*\) .*/\1/p' >expected
same 'README.md lists the commands as --help does' expected names
check 'README.md says how many rules there are' \
    grep -q "its table of $("$drill" rules --format tsv | sed 1d | wc -l) rules" "$root/README.md"
awk '/^    ROW\(/ { on = 1 } /^$/ { on = 0 } on { sub(/^    /, ""); print }' "$root/README.md" >row
check 'README.md has a row of the catalogue' [ "$(wc -l <row)" -ge 4 ]
none 'it is one' "$(grep -vxF -f "$root/router/rules.def" row)"
for command in $(cat names); do "$drill" "$command" --help; done | grep -o -e '--[a-z-]*[a-z]' | sort -u >known
for page in README.md scenarios/README.md reports/README.md; do
    grep -o '`[^`]*`' "$root/$page" | grep -o -e '[ `]--[a-z][a-z-]*' | cut -c 2- | sort -u >named
    none "$page names only options that there are" "$(comm -13 known named | grep -vx -e --noout -e --help)"
done

# --- links ---
for page in README.md scenarios/README.md reports/README.md sim/live/README.md router/profiles/README.md; do
    grep -o ']([^)]*)' "$root/$page" | sed 's/^](\(.*\))$/\1/' | grep -v '^https*:' | sort -u | while read -r link; do
        file=${link%%#*}
        target=$root/$(dirname "$page")/$file
        [ -n "$file" ] || target=$root/$page
        [ -e "$target" ] || { echo "$link"; continue; }
        case $link in *'#'*)
            sed -n 's/^##* //p' "$target" | tr 'A-Z' 'a-z' | tr -d "',.()\`" | tr ' ' '-' |
                grep -qx -e "${link#*#}" || echo "$link"
            ;;
        esac
    done >dead
    none "$page leads to nothing that is not there" "$(cat dead)"
done
finish
