"""Which Gateway takes over from which: pairs OLD=NEW, given by people or found in what exists. Pure."""

import re
from collections.abc import Collection, Iterable
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass

from istiokit.cluster.yamltext import parse
from istiokit.errors import UsageError
from istiokit.istio.bindings import MESH, Sides, is_generated, sides_of
from istiokit.istio.model import Gateway, VirtualService, full_name

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_REFERENCE = re.compile(rf"{_LABEL}/{_LABEL}(?:\.{_LABEL})*")
_SPELLING = "a Gateway is written NAMESPACE/NAME, such as istio-system/public"


@dataclass(frozen=True, slots=True)
class Pair:
    """One old Gateway and its successor, each as `namespace/name`; `old` may be `mesh`."""

    old: str
    new: str
    why: str
    """Why the two belong together, in a few words."""

    def __str__(self) -> str:
        return f"{self.old}={self.new}"


@dataclass(frozen=True, slots=True)
class Mapping:
    """Pairs that do not contradict each other: no OLD twice, and none that is also a NEW."""

    pairs: tuple[Pair, ...] = ()

    def sides(self, known: Collection[str] | None) -> Sides:
        """Old and new as `bindings.classify` takes them; `known` are the Gateways that exist, None if unknown."""
        return Sides(
            successors={pair.old: pair.new for pair in self.pairs if pair.old != MESH},
            new=frozenset(pair.new for pair in self.pairs),
            known=None if known is None else frozenset(known),
        )


def parse_flag(text: str) -> Pair:
    """The pair of `--map OLD=NEW`; raises UsageError where that is none."""
    old, sign, new = (part.strip() for part in text.partition("="))
    if not sign:
        raise UsageError(f"--map {text}: this is not OLD=NEW", _SPELLING)
    return _pair(old, new, "given by --map", "--map")


def parse_file(text: str, origin: str) -> tuple[Pair, ...]:
    """The pairs of a YAML or JSON text that maps OLD to NEW, or of what `convert` prints as a document.

    Raises UsageError with file and line.
    """
    document = parse(text, origin)
    values = document.values
    if not isinstance(values, dict):
        raise UsageError(f"{origin}: this is no mapping of old Gateways to new ones", "write OLD: NEW lines")
    if isinstance(values.get("mapping"), dict):  # what `convert -o json` prints
        values = values["mapping"]
    return tuple(
        _pair(old, new, f"given by {origin}", document.place((old,)))
        if isinstance(new, str)
        else _refuse(document.place((old,)), f"{old} has no name of a Gateway behind it")
        for old, new in values.items()
    )


def mapping_of(pairs: Iterable[Pair]) -> Mapping:
    """The pairs as one mapping, each once.

    Raises UsageError where an OLD has two successors, and for loops and chains: a Gateway that is old in one pair
    and new in another would be moved on by every further run.
    """
    chosen: dict[str, Pair] = {}
    for pair in pairs:
        other = chosen.setdefault(pair.old, pair)
        if other.new != pair.new:
            raise UsageError(
                f"{pair.old} has two successors: {other.new} ({other.why}) and {pair.new} ({pair.why})",
                "decide for one",
            )
    for pair in chosen.values():
        if pair.new in chosen:
            what = f"{pair} and {chosen[pair.new]} make a {_shape(pair, chosen)}"
            raise UsageError(what, "a Gateway is either old or new: leave one pair out")
    return Mapping(tuple(chosen.values()))


def found_mapping(
    gateways: Iterable[Gateway] | None, virtual_services: Iterable[VirtualService] = ()
) -> Mapping:
    """The mapping as far as it can be found: from the Gateways (None: unknown) and what is referred to.

    First by Big Bang's names (istio-system/X and istio-gateway/X-ingressgateway or -egressgateway). Where a Gateway
    of that name does not exist, the one of the new Gateways that alone offers the same hosts is taken.
    """
    existing = list(gateways) if gateways is not None else None
    return mapping_by(existing, sides_of(existing, virtual_services))


def mapping_by(gateways: Iterable[Gateway] | None, sides: Sides) -> Mapping:
    """`found_mapping` where the old and new Gateways are known already."""
    existing = {full_name(gateway): gateway for gateway in gateways or ()}
    named = {old: new for old, new in sides.successors.items() if new in sides.new}
    pairs = [Pair(old, new, _by_name(old, new, existing)) for old, new in named.items()]
    taken = set(named.values())
    for old in sides.successors.keys() - named.keys():
        pairs.append(_by_hosts(old, sides, existing, taken))
    return mapping_of(sorted(pairs, key=lambda pair: pair.old))


def _pair(old: str, new: str, why: str, place: str) -> Pair:
    for name in (old, new):
        if is_generated(name):
            _refuse(
                place, f"{name} belongs to a Gateway of the Kubernetes Gateway API, which binds by itself"
            )
        if not _REFERENCE.fullmatch(name) and not (name == MESH and name is old):
            _refuse(place, f"{name or 'an empty name'} is no reference to a Gateway")
    if old == new:
        _refuse(place, f"{old} is to take over from itself")
    return Pair(old, new, why)


def _refuse(place: str, what: str) -> Pair:
    raise UsageError(f"{place}: {what}", _SPELLING)


def _shape(pair: Pair, pairs: AnyMapping[str, Pair]) -> str:
    """`loop` where following the pairs leads back, else `chain`."""
    seen, at = {pair.old}, pair.new
    while at in pairs and at not in seen:
        seen.add(at)
        at = pairs[at].new
    return "loop" if at in seen else "chain"


def _by_name(old: str, new: str, existing: AnyMapping[str, Gateway]) -> str:
    """The names decide; what else speaks for the pair is told with them."""
    evidence = _in_common(existing[old], existing[new]) if old in existing and new in existing else ()
    return ", ".join(("named as Big Bang names its gateways", *evidence))


def _by_hosts(old: str, sides: Sides, existing: AnyMapping[str, Gateway], taken: Collection[str]) -> Pair:
    hosts = _hosts(existing[old]) if old in existing else frozenset()
    alike = [
        name for name in sorted(sides.new & existing.keys() - set(taken)) if _hosts(existing[name]) == hosts
    ]
    if hosts and len(alike) == 1:
        return Pair(old, alike[0], ", ".join(_in_common(existing[old], existing[alike[0]])))
    return Pair(old, sides.successors[old], "the name that Big Bang would give it; no such Gateway was found")


def _in_common(old: Gateway, new: Gateway) -> tuple[str, ...]:
    """What speaks for the pair beside the names."""
    evidence = ("the same hosts",) if _hosts(old) and _hosts(old) == _hosts(new) else ()
    selector = old.spec.selector
    return (*evidence, "the same selector") if selector and selector == new.spec.selector else evidence


def _hosts(gateway: Gateway) -> frozenset[str]:
    return frozenset(
        host.rpartition("/")[2].lower() for server in gateway.spec.servers or () for host in server.hosts
    )
