"""bash, from 3.2 on (macOS), with or without the package bash-completion."""

TEXT = r"""# bash completion of `@PROG@`, run by itself. Load it with: source <(@PROG@ completion bash)

# What the shell makes of a word, without running anything that stands in it; the last may have an open quote.
__@FUNCTION@_plain() {
    quote=
    case $1 in
        *['$`<>();&|']* | *$'\n'*) plain=$1 ;;
        *)
            for quote in '' '"' "'" none; do
                eval "plain=$1$quote" 2>/dev/null && return
            done
            plain=$1
            ;;
    esac
}

# The words up to the cursor, as they were typed: bash also cuts at = and :.
__@FUNCTION@_words() {
    local line=${COMP_LINE:0:COMP_POINT} rest word at
    words=()
    for ((at = 0; at <= COMP_CWORD; at++)); do
        word=${COMP_WORDS[at]}
        rest=${line#"${line%%[![:space:]]*}"}
        [[ $rest == "$word"* ]] || word=$rest
        if ((at > 0)) && [[ -n $word && $rest == "$line" ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        line=${rest#"$word"}
    done
}

__@FUNCTION@_files() {
    local kind=$1 file
    shift
    while IFS= read -r file; do
        if [[ -d $file || $# -eq 0 && $kind == files ]] || __@FUNCTION@_ends "$file" "$@"; then
            COMPREPLY+=("$file")
        fi
    done < <(compgen -f -- "$word")
    compopt -o filenames 2>/dev/null
}

__@FUNCTION@_ends() {
    local file=$1 extension
    shift
    for extension in "$@"; do
        [[ $file == *."$extension" ]] && return 0
    done
    return 1
}

__@FUNCTION@() {
    local words plain quote word at line cut longest=0 directive=0 tab=$'\t'
    local typed=() found=()
    COMPREPLY=()
    __@FUNCTION@_words
    for ((at = 0; at < ${#words[@]}; at++)); do
        __@FUNCTION@_plain "${words[at]}"
        typed+=("$plain")
    done
    word=${typed[${#typed[@]} - 1]}
    while IFS= read -r line; do
        if [[ $line == :* ]]; then directive=${line#:}; else found+=("$line"); fi
    done < <("${typed[0]}" __completeWhole "${typed[@]:1}" 2>/dev/null </dev/null)

    # Of --flag=value only the value is completed.
    [[ $word == -*=* ]] && word=${word#*=}
    if ((directive & 8)); then
        __@FUNCTION@_files files "${found[@]}"
    elif ((directive & 16)); then
        __@FUNCTION@_files folders
    elif ((${#found[@]} == 0)); then
        ((directive & 4)) || __@FUNCTION@_files files
    elif ((${#found[@]} == 1)); then
        COMPREPLY=("${found[0]%%"$tab"*}")
        [[ -n $quote ]] || COMPREPLY=("$(printf %q "${COMPREPLY[0]}")")
    else
        for line in "${found[@]}"; do
            line=${line%%"$tab"*}
            ((${#line} > longest)) && longest=${#line}
        done
        for line in "${found[@]}"; do
            # Descriptions only where candidates are listed (63, 33, 64), not where they are put in.
            case ${COMP_TYPE-}$line in
                63*"$tab"* | 33*"$tab"* | 64*"$tab"*)
                    printf -v line '%-*s  (%s)' "$longest" "${line%%"$tab"*}" "${line#*"$tab"}"
                    ((${#line} >= ${COLUMNS:-80})) && line="${line:0:${COLUMNS:-80} - 5}...)"
                    ;;
            esac
            COMPREPLY+=("${line%%"$tab"*}")
        done
    fi
    ((directive & 2)) && compopt -o nospace 2>/dev/null

    # bash puts the candidate behind the last = or : of the word, if that is not quoted.
    [[ -n $quote ]] && return
    for cut in = :; do
        if [[ $word == *"$cut"* && $COMP_WORDBREAKS == *"$cut"* ]]; then
            for at in "${!COMPREPLY[@]}"; do
                COMPREPLY[at]=${COMPREPLY[at]#"${word%"${word##*"$cut"}"}"}
            done
        fi
    done
}

complete -F __@FUNCTION@ @PROGRAMS@
"""
