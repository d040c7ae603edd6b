"""PowerShell, from 5.1 on."""

TEXT = r"""# PowerShell completion of `@PROG@`, run by itself.
# Load it with: @PROG@ completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName @QUOTED@ -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # The words up to the cursor, without their quotes; nothing that stands in them is run.
    $words = @(foreach ($element in $commandAst.CommandElements) {
        if ($element.Extent.StartOffset -ge $cursorPosition) { break }
        if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) {
            $element.Value
        } else {
            $element.Extent.Text
        }
    })
    $program = $words[0]
    $typed = @($words | Select-Object -Skip 1)
    $last = $commandAst.CommandElements[$words.Count - 1].Extent
    $word = ''
    if ($words.Count -gt 1 -and $last.EndOffset -ge $cursorPosition) {
        $word = $typed[-1]
        $word = $word.Substring(0, [Math]::Min($word.Length, $cursorPosition - $last.StartOffset))
        $typed = @($typed | Select-Object -SkipLast 1)
    }

    # Windows PowerShell, and PowerShell before 7.3, drop an empty argument unless it is quoted twice.
    $drops = $PSVersionTable.PSVersion -lt [version]'7.3' -or $PSNativeCommandArgumentPassing -eq 'Legacy'
    $passed = if ($word -eq '' -and $drops) { '""' } else { $word }
    $lines = @(& $program __completeWhole @typed $passed 2>$null)
    if ($lines.Count -eq 0 -or $lines[-1] -notmatch '^:[0-9]+$') { return }
    $directive = [int]$lines[-1].Substring(1)
    # Files are left to the shell, which completes them where nothing is returned.
    if ($directive -band 24) { return }

    # Of --flag=value only the value is completed; PowerShell wants the whole word.
    $front = ''
    if ($word -match '^-[^=]*=') { $front = $Matches[0] }
    $found = @($lines | Select-Object -SkipLast 1)
    foreach ($line in $found) {
        $candidate, $help = $line -split "`t", 2
        if (-not $help) { $help = $candidate }
        [System.Management.Automation.CompletionResult]::new("$front$candidate", $candidate, 'ParameterValue', $help)
    }
    # An empty string stands for nothing: else the shell would go on with files.
    if ($found.Count -eq 0 -and ($directive -band 4)) { '' }
}
"""
