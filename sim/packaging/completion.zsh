#compdef stanzadrill
# stanzadrill(1) completion for zsh. It asks the program itself what it knows, so that it fits every version.

_stanzadrill() {
    local program=$words[1] before=$words[CURRENT-1]
    local -a known
    if (( CURRENT == 2 )); then
        known=(${(f)"$($program --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\)  *\(.*\)/\1:\2/p')"})
        _describe -t commands command known
        return
    fi
    if [[ $PREFIX == -* ]]; then
        known=(${(f)"$($program $words[2] --help 2>/dev/null |
            sed -n 's/^  \(-[a-z][^,]*, \)\{0,1\}\(--[a-z-]*\)\([ []=*[A-Z][^ ]*\)\{0,1\} *\(.*\)/\2:\4/p')"} '--help:print the options')
        _describe -t options option known
        return
    fi
    case $words[2]:$before in
    *:--profile|profiles:*)
        known=(${(f)"$($program profiles 2>/dev/null | sed -n 's/^\([a-z][a-z0-9-]*\).*/\1/p')"})
        compadd -a known
        ;;
    *:--target) compadd prosody ejabberd jabberd2 ;;
    rules:*|explain:*)
        known=(${(f)"$($program rules --format tsv 2>/dev/null | sed -e '/^#/d' -e 's/	.*//')"})
        compadd -a known
        ;;
    lesson:*)
        known=(${(f)"$($program lesson 2>/dev/null </dev/null | awk '$1 ~ /^[0-9]+$/ { print $1 }')"})
        compadd -a known
        ;;
    esac
    _files
}

_stanzadrill "$@"
