"""What the kubectl plugins share: read a mesh, plan a change, carry it out, prove it."""

__version__ = "0.1.0"
