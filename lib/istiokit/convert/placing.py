"""To which of the files each new value goes. Pure.

Private keys never change their file: what cannot stay where it was is not carried. All else goes to a file without
keys, if there is one that may be written.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache

import msgspec

from istiokit.bigbang.layers import Layer, where
from istiokit.convert.model import (
    CarriedSecret,
    Converted,
    Fate,
    KeyFate,
    Path,
    Values,
    at,
    dotted,
    leaves,
    put,
)
from istiokit.convert.others import OLD_KEYS
from istiokit.convert.secrets import PARTS
from istiokit.convert.sources import keys_of
from istiokit.errors import NotDone

_EVERYWHERE = ("domain", "hostname", "networkPolicies")
"""Keys beside the old ones that new values depend on."""
_TEMPLATED = re.compile(r"\.Values\.(\w+)")
_DEPTH = 4
"""Of the entry of a gateway: istioGateway.values.gateways.NAME. Its certificates are one list, and so in one file."""


def stranded(layers: Sequence[Layer], user: Values, converted: Converted) -> Converted:
    """The conversion without the certificates that cannot be written beside the old ones, which are not carried."""
    reasons: dict[Path, str] = {}
    for entry, secrets in _by_gateway(converted).items():
        homes = {home for one in secrets for home in _homes(layers, user, one)}
        if reason := _reason(layers, homes):
            reasons[entry] = reason
    if not reasons:
        return converted
    lost = [one for one in converted.secrets if one.new[:_DEPTH] in reasons]
    return msgspec.structs.replace(
        converted,
        values=_without(converted.values, reasons),
        fates=tuple(_fates(converted.fates, lost, reasons)),
        secrets=tuple(one for one in converted.secrets if one not in lost),
    )


def shares(layers: Sequence[Layer], user: Values, converted: Converted) -> dict[int, Values]:
    """The new values by the index of the layer that each goes to.

    Raises NotDone where there is none that may be written.
    """
    homes = {
        entry: min(home for one in secrets for home in _homes(layers, user, one))
        for entry, secrets in _by_gateway(converted).items()
    }
    # Only when something needs it: certificates alone have their files already.
    rest = cache(lambda: _rest(layers, user, homes.values()))
    found: dict[int, Values] = {}
    for path, value in leaves(converted.values):
        kept = homes.get(path[:_DEPTH]) if _is_certificate(path) else None
        index = rest() if kept is None else kept
        put(found.setdefault(index, {}), [str(step) for step in path], value)
    return found


def _by_gateway(converted: Converted) -> Mapping[Path, list[CarriedSecret]]:
    """Those that are among the new values."""
    found: dict[Path, list[CarriedSecret]] = defaultdict(list)
    for one in converted.secrets:
        if at(converted.values, one.new) is not None:
            found[one.new[:_DEPTH]].append(one)
    return found


def _homes(layers: Sequence[Layer], user: Values, one: CarriedSecret) -> Iterator[int]:
    """The layer that each part of it comes from."""
    for part in PARTS:
        if at(user, (*one.old, part)):
            layer = where(layers, keys_of((*one.old, part)))
            yield from (index for index, other in enumerate(layers) if other is layer)


def _reason(layers: Sequence[Layer], homes: Collection[int]) -> str:
    """Why what comes from these layers cannot stay there; empty where it can."""
    names = [layers[index].origin for index in sorted(homes)]
    if len(homes) > 1:
        return f"what belongs together is in {' and '.join(names)}, and would have to move"
    locked = (layers[index] for index in homes if not layers[index].editable)
    return next((f"{layer.origin}: {layer.why_not}" for layer in locked), "")


def _without(values: Values, entries: Collection[Path]) -> Values:
    kept: Values = {}
    for path, value in leaves(values):
        if not (path[:_DEPTH] in entries and _is_certificate(path)):
            put(kept, [str(step) for step in path], value)
    return kept


def _is_certificate(path: Path) -> bool:
    return len(path) > _DEPTH and path[_DEPTH] in ("gatewayCerts", "tls")


def _fates(
    fates: Sequence[KeyFate], lost: Sequence[CarriedSecret], reasons: Mapping[Path, str]
) -> Iterator[KeyFate]:
    told = {dotted((*one.old, part)): one for one in lost for part in PARTS}
    for fate in fates:
        one = told.get(fate.key)
        if one is None:
            yield fate
        else:
            todo = f"write {dotted(one.new)} there by hand, or take all of it from --output-file"
            yield KeyFate(key=fate.key, fate=Fate.LOST, why=reasons[one.new[:_DEPTH]], todo=todo)


def _rest(layers: Sequence[Layer], user: Values, shunned: Collection[int]) -> int:
    """Where all else goes: to the last layer that says something which the new values depend on, so that what holds
    for one environment never ends up in a file that others share. One with private keys comes last.
    """
    writable = [index for index in reversed(range(len(layers))) if layers[index].editable]
    if not writable:
        reasons = "; ".join(f"{layer.origin}: {layer.why_not}" for layer in layers)
        raise NotDone(f"nothing was written: {reasons}", "take the new values from --output-file")
    used = {*OLD_KEYS, *_EVERYWHERE, *_TEMPLATED.findall(msgspec.json.encode(user.get("istio")).decode())}
    return min(writable, key=lambda index: (index in shunned, used.isdisjoint(layers[index].values)))
