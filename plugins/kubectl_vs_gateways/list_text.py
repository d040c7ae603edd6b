"""Rows of VirtualServices as people read them. Everything returns strings."""

from collections.abc import Sequence

from istiokit.istio.listing import NOBODY, BindingRow, by_owner, by_state, percent_done
from istiokit.ui.output import Column

_MANY = 3
RESOURCE = "virtualservice.networking.istio.io"
_OWNERS = 4
"""So many owners are named."""

COLUMNS: tuple[Column[BindingRow], ...] = (
    Column("namespace", lambda row: row.namespace),
    Column("name", lambda row: row.name),
    Column("hosts", lambda row: _short(row.hosts)),
    Column("gateways", lambda row: row.gateways),
    Column("state", lambda row: row.state),
    Column("owner", lambda row: row.owner),
    Column("source", lambda row: row.source.text if row.source else "", wide=True),
)


def row_name(row: BindingRow) -> str:
    """As `kubectl get -o name` spells it."""
    return f"{RESOURCE}/{row.name}"


def summary_line(found: Sequence[BindingRow]) -> str:
    """`12 VirtualServices: 3 old-only, 9 both; 75% are bound to the new gateways`."""
    states = ", ".join(f"{number} {state}" for state, number in by_state(found).items())
    percent = percent_done(found)
    done = (
        f"; {percent}% of those on old or new gateways are bound to the new ones"
        if percent is not None
        else ""
    )
    noun = "VirtualService" if len(found) == 1 else "VirtualServices"
    return f"{len(found)} {noun}{f': {states}' if states else ''}{done}"


def owners_line(found: Sequence[BindingRow]) -> str:
    """`owners: 12 HelmRelease bigbang/shop, 3 Kustomization flux-system/apps, 9 of 4 others, 2 unowned`."""
    counted = by_owner(found)
    nobody = counted.pop(NOBODY, 0)
    named = list(counted.items())
    told = [f"{number} {title}" for title, number in named[:_OWNERS]]
    if rest := named[_OWNERS:]:
        told.append(f"{sum(number for _, number in rest)} of {len(rest)} others")
    return f"owners: {', '.join([*told, *([f'{nobody} unowned'] if nobody else [])])}" if found else ""


def _short(hosts: Sequence[str]) -> str:
    rest = len(hosts) - _MANY
    return ",".join(hosts[:_MANY]) + (f" and {rest} more" if rest > 0 else "")
