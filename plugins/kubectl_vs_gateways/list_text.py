"""Rows of VirtualServices as people read them. Everything returns strings."""

from collections.abc import Sequence

from istiokit.istio.listing import BindingRow, by_state, percent_done
from istiokit.ui.output import Column

_MANY = 3
RESOURCE = "virtualservice.networking.istio.io"

COLUMNS: tuple[Column[BindingRow], ...] = (
    Column("namespace", lambda row: row.namespace),
    Column("name", lambda row: row.name),
    Column("hosts", lambda row: _short(row.hosts)),
    Column("gateways", lambda row: row.gateways),
    Column("state", lambda row: row.state),
    Column("owner", lambda row: row.owner),
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


def _short(hosts: Sequence[str]) -> str:
    rest = len(hosts) - _MANY
    return ",".join(hosts[:_MANY]) + (f" and {rest} more" if rest > 0 else "")
