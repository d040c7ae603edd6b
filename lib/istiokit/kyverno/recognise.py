"""Policies that add to the gateways of VirtualServices, whoever wrote them and whatever they are called. Pure.

A rule is known by its patches: what counts is that it writes to a list of gateways. Its conditions tell whose
VirtualServices get the Gateway, where they are plain.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from istiokit.cluster import kinds
from istiokit.cluster.yamltext import parse
from istiokit.errors import UsageError
from istiokit.istio.mapping import Pair
from istiokit.kyverno import cel
from istiokit.kyverno.grants import Grant
from istiokit.kyverno.policies import MAPPING
from istiokit.kyverno.reports import Source

_LIST = re.compile(r"/gateways(/(-|\d+))?")
_REFERENCE = re.compile(r"""['"]([a-z0-9](?:[-a-z0-9]*[a-z0-9])?/[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)['"]""")
"""A Gateway as a string in an expression. Paths of patches begin with a slash, so they are none."""
_SOURCES = {
    kinds.CLUSTER_POLICY.name: Source.KYVERNO,
    kinds.KYVERNO_POLICY.name: Source.KYVERNO,
    kinds.MUTATING_POLICY.name: Source.MUTATING_POLICY,
    kinds.NAMESPACED_MUTATING_POLICY.name: Source.MUTATING_POLICY,
    kinds.MUTATING_ADMISSION_POLICY.name: Source.ADMISSION_POLICY,
}
_HOLDS = ("in", "anyin", "allin", "equals")

Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MutationRule:
    """One rule. A policy in CEL has no rules of its own: it is a rule without a name."""

    name: str
    grants: tuple[Grant, ...]
    """What it gives to whom; without holders where its conditions do not tell."""


@dataclass(frozen=True, slots=True)
class MutationPolicy:
    """A policy that binds VirtualServices to more Gateways."""

    kind: str
    name: str
    namespace: str
    """Empty for one of the whole cluster."""
    rules: tuple[MutationRule, ...]
    pairs: tuple[Pair, ...] = ()
    """Of the mapping that it says it was made of what it really does."""
    appends: bool = True
    """Whether it adds at the end of a list and nowhere else."""

    def __str__(self) -> str:
        return f"{self.kind} {self._reported}"

    def reported_rules(self) -> Iterator[tuple[tuple[str, str, str], tuple[Grant, ...]]]:
        """`Observation.key` of each rule, with what it gives to whom."""
        source = _SOURCES[self.kind]
        for rule in self.rules:
            yield (source, self._reported, rule.name), rule.grants

    @property
    def _reported(self) -> str:
        """How reports call it."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Of all its rules, each once."""
        return tuple(dict.fromkeys(grant for rule in self.rules for grant in rule.grants))


def recognise(kind: str, manifest: Manifest) -> MutationPolicy | None:
    """The policy as what it does to the gateways of VirtualServices; None where that is nothing.

    What it does is read off its rules, also where it is ours: somebody may have changed them since, and an annotation
    tells no more than which way a pair goes.
    """
    metadata, spec = manifest.get("metadata") or {}, manifest.get("spec") or {}
    rules = tuple(_of_rules(spec) if "rules" in spec else _of_cel(spec))
    if not rules:
        return None
    given = {(holder, one.gateway) for rule in rules for one in rule.grants for holder in one.holders}
    pairs = tuple(one for one in _told(metadata.get("annotations") or {}) if (one.old, one.new) in given)
    appends = _is_ours(spec) or _appends(spec)
    return MutationPolicy(
        kind, metadata.get("name", ""), metadata.get("namespace", ""), rules, pairs, appends
    )


def _told(annotations: Mapping[str, str]) -> Iterator[Pair]:
    """The mapping that it was made of, as it says itself."""
    for text in annotations.get(MAPPING, "").split(","):
        old, sign, new = text.partition("=")
        if sign:
            yield Pair(old, new, "by the policy's annotation")


def _appends(spec: Manifest) -> bool:
    """Whether every path to a list of gateways in its texts ends with `-`, which means behind the last entry."""
    paths = [match[0] for text in _leaves(spec) for match in _LIST.finditer(text)]
    merges = any((rule.get("mutate") or {}).get("patchStrategicMerge") for rule in spec.get("rules") or ())
    return bool(paths) and not merges and all(path.endswith("/-") for path in paths)


def _leaves(value: Any) -> Iterator[str]:
    """Every text, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, list, tuple)):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _leaves(inner)


def _of_rules(spec: Manifest) -> Iterator[MutationRule]:
    """The rules of a ClusterPolicy or Policy of Kyverno."""
    for rule in spec.get("rules") or ():
        mutate = rule.get("mutate")
        if not mutate or not _matches(rule.get("match") or {}):
            continue
        given = tuple(dict.fromkeys(_given(mutate)))
        if given:
            holders = tuple(dict.fromkeys((*_looked_for(rule), *_holders(rule.get("preconditions")))))
            yield MutationRule(rule.get("name", ""), tuple(Grant(name, holders) for name in given))


def _looked_for(rule: Manifest) -> Iterator[str]:
    """The Gateway that a rule of ours looks for: the first of its spellings in the variable `old`."""
    for entry in rule.get("context") or ():
        values = ((entry or {}).get("variable") or {}).get("value")
        if entry.get("name") == "old" and isinstance(values, list) and values:
            yield from _texts(values[0])


def _matches(match: Manifest) -> bool:
    """Whether the rule is about VirtualServices; kinds may have group and version in front."""
    filters = [match, *(match.get("any") or ()), *(match.get("all") or ())]
    names = (name for one in filters for name in (one.get("resources") or {}).get("kinds") or ())
    return any(str(name).split("/")[-1] in (kinds.VIRTUAL_SERVICE.name, "*") for name in names)


def _given(mutate: Manifest) -> Iterator[str]:
    """The Gateways that a mutation writes to a list, also in loops within loops."""
    if isinstance(text := mutate.get("patchesJson6902"), str):
        yield from _patched(text)
    merge = mutate.get("patchStrategicMerge")
    if isinstance(merge, Mapping):
        yield from _texts((merge.get("spec") or {}).get("gateways"))
    for loop in mutate.get("foreach") or ():
        yield from _given(loop)


def _patched(text: str) -> Iterator[str]:
    try:
        operations = parse(text, "patchesJson6902").values
    except UsageError:
        return  # with variables where YAML has none: nobody can tell what it does
    for one in operations if isinstance(operations, list) else ():
        path = str(one.get("path", "")) if isinstance(one, Mapping) else ""
        if _LIST.search(path) and one.get("op") in ("add", "replace"):
            yield from _texts(one.get("value"))


def _holders(conditions: Any) -> Iterator[str]:
    """The values of conditions that ask for a Gateway in the list; those with variables are left out."""
    if isinstance(conditions, Mapping) and "key" not in conditions:
        conditions = [*(conditions.get("all") or ()), *(conditions.get("any") or ())]
    for one in conditions if isinstance(conditions, list) else [conditions] if conditions else []:
        if not isinstance(one, Mapping):
            continue
        if "all" in one or "any" in one:
            yield from _holders(one)
        elif str(one.get("operator", "")).lower() in _HOLDS and "gateways" in str(one.get("key", "")):
            yield from (text for text in _texts(one.get("value")) if "{{" not in text)


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str) and one]


def _of_cel(spec: Manifest) -> Iterator[MutationRule]:
    """A MutatingPolicy of Kyverno or a MutatingAdmissionPolicy of Kubernetes."""
    constraints = (spec.get("matchConstraints") or {}).get("resourceRules") or ()
    resources = {str(name) for rule in constraints for name in rule.get("resources") or ()}
    text = "\n".join(_expressions(spec.get("mutations") or ()))
    about = "gateways" in f"{text}{spec.get('variables') or ''}"
    if not text or not about or not resources & {kinds.VIRTUAL_SERVICE.plural, "*"}:
        return
    if _is_ours(spec):
        yield MutationRule("", _granted(spec))
        return
    names = dict.fromkeys(_REFERENCE.findall("\n".join(_expressions([spec]))))
    yield MutationRule("", tuple(Grant(name, ()) for name in names))


def _is_ours(spec: Manifest) -> bool:
    """Whether all but the grants is as `cel.py` writes it, so that these say what it does."""
    wanted = {one["name"]: one["expression"].strip() for one in cel.variables(())} | {"grants": ""}
    found = {str(one.get("name")): str(one.get("expression")).strip() for one in spec.get("variables") or ()}
    patches = [text.strip() for text in _expressions(spec.get("mutations") or ())]
    return {**found, "grants": ""} == wanted and patches == [cel.PATCH.strip()] and bool(_granted(spec))


def _granted(spec: Manifest) -> tuple[Grant, ...]:
    """The grants in the variable of that name, which are JSON as well as CEL; none where they are something else."""
    texts = [one.get("expression") for one in spec.get("variables") or () if one.get("name") == "grants"]
    try:
        rows = msgspec.json.decode(texts[0], type=list[list[str]]) if texts else []
    except (msgspec.DecodeError, TypeError):
        return ()
    return tuple(Grant(row[0], tuple(row[1:])) for row in rows if len(row) > 1)


def _expressions(value: Any) -> Iterator[str]:
    """Every text under a key `expression`."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "expression" and isinstance(inner, str):
                yield inner
            else:
                yield from _expressions(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _expressions(inner)
