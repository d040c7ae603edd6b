"""fish, from 3.0 on: sourced, or as a file in its folder of completions."""

TEXT = r"""# fish completion of `@PROG@`, run by itself. Load it with: @PROG@ completion fish | source

function __@FUNCTION@_complete
    set -l typed (commandline -opc)
    # The shell does not expand what is typed so; nothing else that stands in the line is looked at.
    set -l program (string replace -r -- '^(?:~|\$HOME)(?=/)' "$HOME" "$typed[1]")
    type -q -- "$program"
    or return
    set -e typed[1]
    set -l word (commandline -ct)
    set -l plain (string unescape -- "$word" 2>/dev/null)
    or set plain "$word"
    set -l lines ($program __completeWhole $typed "$plain" 2>/dev/null </dev/null)
    string match -q -r -- '^:[0-9]+$' "$lines[-1]"
    or return
    set -l directive (string replace -- ':' '' $lines[-1])
    set -e lines[-1]

    # Of --flag=value only the value is completed; fish wants the whole word.
    set -l front (string match -r -- '^-[^=]*=' "$plain")
    set -l value (string replace -r -- '^-[^=]*=' '' "$plain")

    if test (math "floor($directive / 8) % 2") -eq 1
        set -l ends '(?:/|\.(?:'(string join '|' $lines)'))(?:\t.*)?$'
        set lines (__fish_complete_path "$value" | string match -r -- ".*$ends")
    else if test (math "floor($directive / 16) % 2") -eq 1
        set lines (__fish_complete_directories "$value" '')
    else if test (count $lines) -eq 0; and test (math "floor($directive / 4) % 2") -eq 0
        set lines (__fish_complete_path "$value")
    end
    for line in $lines
        printf '%s%s\n' "$front" "$line"
    end
end

for program in @PROGRAMS@
    complete -c $program -e
    complete -c $program -f -a '(__@FUNCTION@_complete)'
end
"""
