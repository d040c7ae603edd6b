"""zsh: sourced after compinit, or as a file in a folder of fpath."""

TEXT = r"""#compdef @PROGRAMS@
# zsh completion of `@PROG@`, run by itself. Load it after compinit with: source <(@PROG@ completion zsh)

_@FUNCTION@() {
    local directive line program word
    local -a typed lines found
    # The words without their quotes; nothing that stands in them is run.
    (( CURRENT > 2 )) && typed=("${(@Q)words[2,CURRENT-1]}")
    word=${(Q)PREFIX}
    program=${(Q)words[1]}
    [[ $program == ('~'|'$HOME')/* ]] && program=$HOME/${program#*/}
    lines=("${(@f)$("$program" __completeWhole "${typed[@]}" "$word" 2>/dev/null </dev/null)}")
    directive=${lines[-1]#:}
    lines[-1]=()
    [[ $directive == <-> ]] || return 1

    # Of --flag=value only the value is completed.
    [[ $PREFIX == -*=* ]] && compset -P 1 '*='

    if (( directive & 8 )); then
        _files -g "*.(${(j:|:)lines})"
        return
    elif (( directive & 16 )); then
        _files -/
        return
    fi
    for line in "${lines[@]}"; do
        word=${line%%$'\t'*}
        # _describe takes a backslash for its own, and a colon for the end of the word.
        word=${${word//\\/\\\\}//:/\\:}
        [[ $line == *$'\t'* ]] && word+=:${line#*$'\t'}
        found+=("$word")
    done
    if (( ! ${#found} )); then
        (( directive & 4 )) && return 1
        _files
    elif (( directive & 2 )); then
        _describe -t words word found -S ''
    else
        _describe -t words word found
    fi
}

if [[ ${funcstack[1]} == _@FUNCTION@ ]]; then
    _@FUNCTION@ "$@"
elif (( $+functions[compdef] )); then
    compdef _@FUNCTION@ @PROGRAMS@
fi
"""
