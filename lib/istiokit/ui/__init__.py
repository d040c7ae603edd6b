"""The command-line kit: arguments, output, progress, errors and exit codes. Knows no plugin and no mesh."""
