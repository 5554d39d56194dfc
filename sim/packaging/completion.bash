# stanzadrill(1) completion for bash. It asks the program itself what it knows, so that it fits every version.

_stanzadrill() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} program=${COMP_WORDS[0]}
    local command=${COMP_WORDS[1]} words=
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        words="$("$program" --help 2>/dev/null | awk '/^  [a-z]/ { print $1 }') --help --version"
    elif [[ $current == -* ]]; then
        words="$("$program" "$command" --help 2>/dev/null |
            sed -n 's/^  \(-[a-z][^,]*, \)\{0,1\}\(--[a-z-]*\).*/\2/p') --help"
    else
        case $command:$before in
        *:--profile | profiles:*) words=$("$program" profiles 2>/dev/null | awk '/^[a-z]/ { print $1 }') ;;
        *:--target) words='prosody ejabberd jabberd2' ;;
        rules:* | explain:*) words=$("$program" rules --format tsv 2>/dev/null | awk -F '\t' '!/^#/ { print $1 }') ;;
        lesson:*) words=$("$program" lesson 2>/dev/null </dev/null | awk '$1 ~ /^[0-9]+$/ { print $1 }') ;;
        esac
    fi
    if [ -n "$words" ]; then
        COMPREPLY=($(compgen -W "$words" -- "$current"))
    fi
    # A file fits nearly everywhere where a word does.
    if [ "$COMP_CWORD" -gt 1 ] && [[ $current != -* ]]; then
        COMPREPLY+=($(compgen -f -- "$current"))
        type compopt >/dev/null 2>&1 && compopt -o filenames 2>/dev/null
    fi
    return 0
}

complete -F _stanzadrill stanzadrill
