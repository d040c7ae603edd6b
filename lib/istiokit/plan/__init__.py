"""Plans: actions as data, the runner that carries them out, the journal that remembers, the way back.

A command builds a `model.Plan` in pure code, shows it through `render`, and hands it to `runner.run` with a
`journal.JournalStore` (`store_cluster` or `store_files`) and a lock (`lease`). `rollback` reads the journal
and undoes. docs/journal.md describes what is stored.
"""
