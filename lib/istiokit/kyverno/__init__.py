"""Mutation at admission: who gets which Gateway, and the policies that see to it. Pure."""
