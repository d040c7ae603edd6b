"""Old umbrella values into new ones: all parts put together, and no old key without a word. Pure."""

from collections.abc import Iterator
from typing import Any

from istiokit.bigbang.merge import merge_maps
from istiokit.convert.choices import Choices
from istiokit.convert.control_plane.carry import control_plane
from istiokit.convert.gateways import gateways
from istiokit.convert.insert import block_text
from istiokit.convert.model import Converted, Fate, KeyFate, Ledger, Path, Values, at, dotted, leaves, put
from istiokit.convert.old import IDLE, effective, read_old
from istiokit.convert.others import say_of_others
from istiokit.convert.overlays import Patch
from istiokit.convert.succession import NewGateways

_GROUPS: tuple[Path, ...] = (
    ("istio", "ingressGateways"),
    ("istio", "gateways"),
    ("istio", "values", "ingressGateways"),
    ("istio", "values", "egressGateways"),
    ("istio", "values", "gateways"),
)
_MISSING = object()


def convert(user: Values, choices: Choices) -> Converted:
    """The new values for all that these say. `user`: the merged values as people set them.

    What they say under the new keys already is left as it is. Raises Problem, which names the place, for values that
    mean nothing.
    """
    ledger = Ledger(user)
    _switched_off(user, ledger)
    made = gateways(read_old(user), user, effective(user), choices, ledger)
    rest = control_plane(user, choices.release, ledger)
    entries = {
        name: merge_maps(rest.for_each_gateway, entry) if entry else entry
        for name, entry in made.values.items()
    }
    whole = merge_maps(rest.values, {"istioGateway": _gateway_values(entries, made)})
    say_of_others(user, ledger)
    new, taken = _unsaid(whole, user)
    return Converted(
        values=new,
        fates=tuple(_settled(ledger.fates(), taken)),
        paths=ledger.paths(),
        pairs=tuple(made.pairs),
        notes=(*made.notes, *_twofold(made), *rest.notes),
        secrets=tuple(made.secrets),
        secret_names=made.secret_names,
    )


def _twofold(made: NewGateways) -> Iterator[str]:
    """Old Gateways that were on several workloads: a map file can name one successor."""
    successors: dict[str, list[str]] = {}
    for pair in made.pairs:
        successors.setdefault(pair.old, []).append(pair.new)
    for old, new in successors.items():
        if len(new) > 1:
            yield f"Gateway {old} becomes {' and '.join(new)}: bind its VirtualServices to all of them by hand"


def _gateway_values(entries: Values, made: NewGateways) -> Values:
    found: Values = {"values": {"gateways": entries}}
    if made.patches:
        found["postRenderers"] = {name: _renderers(patches) for name, patches in sorted(made.patches.items())}
    return found


def _renderers(patches: list[Patch]) -> list[Values]:
    """One kustomize post-renderer with all patches."""
    texts = [{"target": {"kind": one.kind}, "patch": block_text(one.manifest())} for one in patches]
    return [{"kustomize": {"patches": texts}}]


def _switched_off(user: Values, ledger: Ledger) -> None:
    for prefix in _GROUPS:
        entries = at(user, prefix)
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            if isinstance(entry, dict) and entry.get("enabled", name != IDLE) is False:
                ledger.default((*prefix, name), "it is switched off")


def _unsaid(new: Values, user: Values) -> tuple[Values, list[Path]]:
    """The new values without what people have set already, and the places where they have set something else."""
    found: Values = {}
    taken: list[Path] = []
    for path, value in leaves(new):
        there = _there(user, path)
        if there is _MISSING:
            put(found, [str(step) for step in path], value)
        elif there != value and value != {}:
            taken.append(path)
    return found, taken


def _there(user: Values, path: Path) -> Any:
    """What stands there, or in its way."""
    values: Any = user
    for step in path:
        if not isinstance(values, dict):
            return values
        values = values.get(step)
        if values is None:  # what is null can be written
            return _MISSING
    return values


def _settled(fates: tuple[KeyFate, ...], taken: list[Path]) -> Iterator[KeyFate]:
    """What was to go where people have set something else has not gone there."""
    places = [dotted(path) for path in taken]
    for one in fates:
        hit = next((place for place in places if any(_within(to, place) for to in one.to)), "")
        if hit and one.fate is Fate.CARRIED:
            why = f"{hit} is there already, and says otherwise"
            yield KeyFate(key=one.key, fate=Fate.LOST, why=why, todo="decide which of them is right")
        else:
            yield one


def _within(one: str, other: str) -> bool:
    """Whether one of the places is the other, or is inside of it."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    return longer == shorter or longer.startswith((f"{shorter}.", f"{shorter}["))
