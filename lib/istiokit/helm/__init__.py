"""Helm's own record of its releases. Pure."""
