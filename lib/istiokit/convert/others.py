"""Old keys that no part of the conversion has spoken of: none is passed over in silence. Pure."""

from istiokit.convert.control_plane.draft import hides
from istiokit.convert.model import Ledger, Values, dotted, leaves

OLD_KEYS = ("istio", "istioOperator", "istioCore")
"""The umbrella's keys of the old packages; Big Bang 3.0 refuses them."""


def say_of_others(values: Values, ledger: Ledger) -> None:
    """Say of every old key that nobody knows that it has no place."""
    for path, value in leaves({key: values[key] for key in OLD_KEYS if key in values}):
        if ledger.spoken_of(path):
            continue
        if value in ({}, [], "", None):
            ledger.default(path, "it is empty")
        elif hides(value):
            todo = f"look at {dotted(path)} with sops, and write what is still needed to the new packages' values"
            ledger.lost(path, "it is encrypted with SOPS", todo)
        else:
            todo = "see whether anything still needs it; leave it out otherwise"
            ledger.lost(path, "the new packages have no key for it", todo)
