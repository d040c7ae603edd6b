"""Who owns an object, whether the owner puts back a change by hand, and where people change it instead."""
