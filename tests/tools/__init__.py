"""The test rig: real Kubernetes and Flux servers as plain local processes.

- `recipes` says what is built, `build` builds it into the user's cache folder.
- `rig.Rig` starts the servers on free loopback ports and stops them again.
- `parts/` holds what a rig can have besides a bare cluster: one file per part, one line in its registry.
- `fixtures` offers rigs to pytest; `python -m tests.tools` offers them to people.
"""
