"""Completion in the shell: what is asked for, the candidates, and how they are told. Imported only to complete."""
