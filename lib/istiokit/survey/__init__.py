"""Reads a `Cluster` into the domain's frozen values; the only part of the reading side that sends requests."""
