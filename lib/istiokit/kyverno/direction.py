"""Which way a migration goes: a policy may give the new Gateway to the old one's holders, and back. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as AnyMapping

from istiokit.errors import UsageError
from istiokit.istio.bindings import MESH
from istiokit.istio.mapping import Mapping, Pair, mapping_of
from istiokit.istio.model import Gateway, full_name
from istiokit.kyverno.dependence import Forward
from istiokit.kyverno.grants import Grant, grants_of
from istiokit.kyverno.recognise import MutationPolicy
from istiokit.kyverno.reports import Observations

_VARIABLE = "{{"
_SOME = "the new Gateway"
_MUTATED = "mutated VirtualService/"
"""How the message of a pass begins (Kyverno's engine/handlers/mutation/common.go)."""


def forward(
    policies: Sequence[MutationPolicy], found: Mapping, gateways: Iterable[Gateway] | None
) -> Mapping:
    """The pairs OLD=NEW that the policies stand for.

    Ours say it. For others a rule that has no counterpart is forward (the seed's narrowed policy); of two that undo
    each other the one counts that `found` (the pairs that names and hosts speak for) has, else the older of both
    Gateways is the old one. Without any policy all of `found` counts. Raises UsageError where pairs contradict each
    other.
    """
    if not policies:
        return found
    pairs = list(dict.fromkeys(pair for policy in policies for pair in policy.pairs))
    said = {(pair.old, pair.new) for pair in pairs}
    ages = {full_name(one): one.metadata.creation_timestamp or "" for one in gateways or ()}
    ways = {way for policy in policies for way in _ways(policy, found) if not {way, way[::-1]} & said}
    chosen = {way for way in ways if way[::-1] not in ways or _leads(way, found, ages)}
    pairs += [Pair(old, new, "by the rules of the policy") for old, new in sorted(chosen)]
    return mapping_of(pairs)


def strangers(policies: Iterable[MutationPolicy], mapping: Mapping) -> tuple[str, ...]:
    """The Gateways that policies give and that are neither the old nor the new one of any pair."""
    told = {name for pair in mapping.pairs for name in (pair.old, pair.new)}
    return tuple(sorted({grant.gateway for policy in policies for grant in policy.grants} - told))


def refuse_reversed(given: Mapping, meant: Mapping) -> None:
    """Raise UsageError where people name a pair the other way round than the policies or the Gateways mean it."""
    known = {(pair.old, pair.new) for pair in meant.pairs}
    for pair in given.pairs:
        if (pair.new, pair.old) in known:
            raise UsageError(f"--map {pair}: it goes the other way", f"{pair.new}={pair.old} is meant here")


def forward_grants(mapping: Mapping) -> tuple[Grant, ...]:
    """What the policies have to give for nobody to lose traffic: each new Gateway to the holders of its old ones."""
    pairs = tuple(pair for pair in mapping.pairs if pair.old != MESH)
    return grants_of(Mapping(pairs), one_way=True) if pairs else ()


def _ways(policy: MutationPolicy, found: Mapping) -> Iterator[tuple[str, str]]:
    """From whom to what, as far as the rules tell; where they do not, by the pairs that were found."""
    names = {grant.gateway for grant in policy.grants}
    for grant in policy.grants:
        if _VARIABLE in grant.gateway:
            continue  # which Gateway it is only Kyverno knows
        yield from ((holder, grant.gateway) for holder in grant.holders)
        if not grant.holders:
            yield from (
                (pair.old, pair.new)
                for pair in found.pairs
                if pair.new == grant.gateway and (pair.old in names or policy.rules[0].name)
            )


def _leads(way: tuple[str, str], found: Mapping, ages: AnyMapping[str, str]) -> bool:
    """Whether this is the forward one of two ways that undo each other."""
    known = {(pair.old, pair.new) for pair in found.pairs}
    if way in known or way[::-1] in known:
        return way in known
    old, new = (ages.get(name, "") for name in way)
    return bool(old and new) and old < new


def rules_by_name(observations: Observations, named: Sequence[str], mapping: Mapping) -> Forward:
    """The rules as reports name them, where no policy could be read: only people can say which policies count.

    Without `named` those count that have changed a VirtualService by what they report. A rule that is named after an
    old Gateway, as ours and the guide's are, gives that one back.
    """
    every = [one for found in observations.values() for one in found]
    said = {(one.source, one.policy) for one in every if one.message.startswith(_MUTATED)}
    old = tuple(_dashed(pair.old) for pair in mapping.pairs)
    new = {_dashed(pair.new): pair.new for pair in mapping.pairs}
    return {
        one.key: () if one.rule.endswith(old) else (new.get(_after(one.rule, new), _SOME),)
        for one in every
        if (one.policy in named if named else (one.source, one.policy) in said)
    }


def _dashed(gateway: str) -> str:
    return gateway.replace("/", "-").replace(".", "-")


def _after(rule: str, names: Iterable[str]) -> str:
    """Which of the names the rule's ends with."""
    return next((name for name in names if rule.endswith(name)), "")
