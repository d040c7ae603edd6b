"""Argo CD: its Applications, as far as they say where objects come from and whether changes are put back."""
