"""VSG018 against a plain model of what Envoy makes of AuthorizationPolicies: every request, through both gateways."""

import copy
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from istiokit.istio.dependents.identity import account_fits, namespace_fits, principal_fits
from tests.unit.dependents_world import BOUND, NEW_PRINCIPAL, OLD_PRINCIPAL, Manifest, live, made, mesh_config

PIECES = st.sampled_from(
    ["cluster.local", "corp", "old-corp", "ns", "sa", "istio-system", "web", "a", "*", ""]
)
PATTERNS = st.lists(PIECES, min_size=1, max_size=6).map("/".join) | st.builds(
    lambda domain, space, account, front, end: f"{front}{domain}/ns/{space}/sa/{account}{end}",
    st.sampled_from(["cluster.local", "corp", "old-corp", "partner", "*", "*corp", "co*"]),
    st.sampled_from(["istio-system", "web", "*"]),
    st.sampled_from(["a", "web", "", "*"]),
    st.sampled_from(["", "*"]),
    st.sampled_from(["", "*"]),
)
DOMAINS = st.lists(
    st.sampled_from(["cluster.local", "corp", "old-corp"]), min_size=1, max_size=2, unique=True
)


def as_regex(pattern: str) -> str:
    """`StringMatcherWithPrefix`, all of its four kinds as regular expressions over the whole SPIFFE name."""
    if pattern == "*":
        return ".+"
    if pattern.startswith("*"):
        return "spiffe://.*" + re.escape(pattern[1:])
    if pattern.endswith("*"):
        return "spiffe://" + re.escape(pattern[:-1]) + ".*"
    return "spiffe://" + re.escape(pattern)


def alike(one: str, other: str) -> bool:
    """`stringMatch` of the trust domains: a star at an end of either."""
    ends = ((one, other), (other, one))
    return one == other or any(
        (wild.endswith("*") and text.startswith(wild[:-1]))
        or (wild.startswith("*") and text.endswith(wild[1:]))
        for text, wild in ends
    )


def migrated(pattern: str, domains: Sequence[str]) -> list[str]:
    """`ReplaceTrustDomainAliases`."""
    parts = pattern.split("/")
    if len(parts) != 5 or parts[0] == "*":
        return [pattern]
    if parts[0] != "cluster.local" and not any(alike(parts[0], domain) for domain in domains):
        return [pattern]
    kept = [parts[0].startswith("*") and domain.endswith(parts[0][1:]) for domain in domains]
    return [
        pattern if keep else "/".join((domain, *parts[1:]))
        for keep, domain in zip(kept, domains, strict=True)
    ]


@example("*cluster.local/ns/istio-system/sa/web*", ["cluster.local"], "istio-system", "web")
@given(PATTERNS, DOMAINS, st.sampled_from(["istio-system", "web"]), st.sampled_from(["a", "web", "ab"]))
def test_principals_fit_as_envoy_has_them(pattern: str, domains: list[str], space: str, account: str) -> None:
    """The oracle has one identity for each of the mesh's trust domains: during a change of domain both exist."""
    names = [f"spiffe://{domain}/ns/{space}/sa/{account}" for domain in domains]
    expected = any(re.fullmatch(as_regex(one), name) for one in migrated(pattern, domains) for name in names)
    assert principal_fits(pattern, space, account, domains) is expected


@given(PATTERNS, st.sampled_from(["istio-system", "web"]), st.sampled_from(["a", "web"]))
def test_without_the_mesh_configuration_only_foreign_domains_are_open(
    pattern: str, space: str, account: str
) -> None:
    known = principal_fits(pattern, space, account, ["cluster.local"])
    unknown = principal_fits(pattern, space, account)
    assert unknown is known or (known is False and unknown is None)
    if unknown is None:
        assert principal_fits(pattern, space, account, [pattern.split("/")[0]]) is True


@given(st.text("ab-*./", max_size=6), st.text("ab-", min_size=1, max_size=5))
def test_namespaces_fit_as_envoy_has_them(pattern: str, space: str) -> None:
    words = ".*".join(map(re.escape, pattern.split("*")))
    expected = re.fullmatch(f".*/ns/{words}/.*", f"spiffe://x/ns/{space}/sa/y") is not None
    assert "/" in pattern or namespace_fits(pattern, space) is expected


@given(st.sampled_from(["web", "shop/web", "shop/", "/web", "a.b"]), st.sampled_from(["shop", "web"]))
def test_service_accounts_fit_as_envoy_has_them(spelling: str, place: str) -> None:
    space, name = spelling.split("/") if "/" in spelling else (place, spelling)
    regex = f"spiffe://.+/ns/{re.escape(space)}/(.+/|)sa/{re.escape(name)}(/.+)?"
    for own, account in product(["shop", "web"], ["web", "a.b", "aXb"]):
        expected = re.fullmatch(regex, f"spiffe://td/ns/{own}/sa/{account}") is not None
        assert account_fits(spelling, place, own, account) is expected


ENTRIES = {
    "principals": [OLD_PRINCIPAL, NEW_PRINCIPAL, "*", "cluster.local/ns/istio-*", "x/ns/web/sa/a"],
    "namespaces": ["istio-system", "istio-gateway", "istio-*", "web"],
}
ONLY_NEW = {NEW_PRINCIPAL, "istio-gateway"}
PATHS, ADDRESSES = ("/api/x", "/other"), ("10.1.1.1", "192.168.1.1")
SPACES = ("shop", "web", "elsewhere")
WORKLOADS: list[dict[str, str]] = [{}, {"app": "web"}, {"app": "web", "tier": "front"}, {"app": "api"}]


def entries(field: str, *, new: bool) -> st.SearchStrategy[list[str]]:
    known = [one for one in ENTRIES[field] if new or one not in ONLY_NEW]
    return st.lists(st.sampled_from(known), min_size=1, max_size=2, unique=True)


def sources(action: str) -> st.SearchStrategy[Manifest]:
    """A positive list of a DENY policy never names the new gateway alone: people who do that want it so."""
    positive = {field: entries(field, new=action == "ALLOW") for field in ENTRIES}
    negative = {
        f"not{field[0].upper()}{field[1:]}": entries(field, new=action == "ALLOW") for field in ENTRIES
    }
    blocks = {"ipBlocks": st.just(["10.0.0.0/8"])}
    return st.fixed_dictionaries({}, optional={**positive, **negative, **blocks}).filter(bool)


def rules(action: str) -> st.SearchStrategy[Manifest]:
    froms = st.lists(sources(action).map(lambda one: {"source": one}), min_size=1, max_size=2)
    to = st.just([{"operation": {"paths": ["/api/*"]}}])
    return st.fixed_dictionaries({}, optional={"from": froms, "to": to})


def policies(action: str) -> st.SearchStrategy[Manifest]:
    return st.builds(
        lambda space, labels, chosen: made(
            "AuthorizationPolicy",
            f"{space}/p",
            {"selector": {"matchLabels": labels}, "rules": chosen, "action": action},
        ),
        st.sampled_from(["shop", "shop", "istio-system", "web"]),
        st.sampled_from(WORKLOADS),
        st.lists(rules(action), min_size=1, max_size=2),
    )


def numbered(found: Iterable[Manifest]) -> list[Manifest]:
    return [
        {**one, "metadata": {**one["metadata"], "name": f"p{at}"}}
        for at, one in enumerate(copy.deepcopy(list(found)))
    ]


def fits(one: Manifest, name: str, path: str, address: str) -> bool:
    """Whether a rule fits a request, as Envoy's RBAC filter has it."""
    froms = [entry["source"] for entry in one.get("from", [])] or [{}]
    operations = [entry["operation"] for entry in one.get("to", [])] or [{}]
    return any(source_fits(each, name, address) for each in froms) and any(
        not each.get("paths") or any(path.startswith(p.removesuffix("*")) for p in each["paths"])
        for each in operations
    )


def source_fits(source: Manifest, name: str, address: str) -> bool:
    def principal(patterns: list[str]) -> bool:
        return any(re.fullmatch(as_regex(one), f"spiffe://{name}") for one in patterns)

    def space(patterns: list[str]) -> bool:
        return any(re.fullmatch(f".*/ns/{one.replace('*', '.*')}/.*", f"spiffe://{name}") for one in patterns)

    checks: dict[str, Callable[[list[str]], bool]] = {
        "principals": principal,
        "namespaces": space,
        "notPrincipals": lambda patterns: not principal(patterns),
        "notNamespaces": lambda patterns: not space(patterns),
        "ipBlocks": lambda blocks: address.startswith("10."),
    }
    return all(checks[field](values) for field, values in source.items())


def let_in(
    found: list[Manifest], space: str, labels: dict[str, str], name: str, path: str, address: str
) -> bool:
    """DENY first, then at least one ALLOW, or none there at all."""
    own = [
        one["spec"]
        for one in found
        if one["metadata"]["namespace"] in (space, "istio-system")
        and one["spec"]["selector"]["matchLabels"].items() <= labels.items()
    ]
    verdicts: dict[str, list[bool]] = {"ALLOW": [], "DENY": []}
    for spec in own:
        verdicts[spec["action"]].append(any(fits(one, name, path, address) for one in spec["rules"]))
    return not any(verdicts["DENY"]) and (not verdicts["ALLOW"] or any(verdicts["ALLOW"]))


def differs(found: list[Manifest]) -> bool:
    """Whether some request comes in through the old gateway and is refused through the new one."""
    return any(
        let_in(found, space, labels, OLD_PRINCIPAL, path, address)
        and not let_in(found, space, labels, NEW_PRINCIPAL, path, address)
        for space, labels, path, address in product(SPACES, WORKLOADS, PATHS, ADDRESSES)
    )


SETS = st.lists(policies("ALLOW") | policies("DENY"), min_size=1, max_size=3).map(numbered)


@settings(max_examples=300)
@given(SETS)
def test_silence_means_that_every_request_of_the_old_gateway_passes_through_the_new_one(
    found: list[Manifest],
) -> None:
    if not live(*found, BOUND, mesh_config("{}")):
        assert not differs(found)


@settings(max_examples=300)
@given(st.lists(policies("ALLOW"), min_size=1, max_size=3).map(numbered))
def test_an_error_means_that_a_request_is_refused(found: list[Manifest]) -> None:
    errors = [one for one in live(*found, BOUND, mesh_config("{}")) if one.severity == "error"]
    if any("it lets in" in one.reason for one in errors):
        assert differs(found)


@settings(max_examples=200)
@given(SETS)
def test_doing_what_the_remedy_says_ends_the_finding(found: list[Manifest]) -> None:
    told = live(*found, BOUND, mesh_config("{}"))
    by_name = {f"{one['metadata']['namespace']}/{one['metadata']['name']}": one for one in found}
    for one in told:
        changed(by_name[one.object.partition(" ")[2]], one.path, one.remedy)
    again = live(*found, BOUND, mesh_config("{}"))
    assert {(one.object, one.path) for one in told}.isdisjoint({(one.object, one.path) for one in again})


def changed(manifest: Manifest, path: str, remedy: str) -> None:
    """Edit the list as the remedy says: `add X, Y beside it`, `take X out of it`."""
    steps: list[Any] = [int(one) if one.isdigit() else one for one in re.findall(r"\w+", path)]
    target: Any = manifest
    for step in steps:
        target = target[step]
    verb, *words = remedy.replace(",", "").split()
    for word in words[: words.index("beside" if verb == "add" else "out")]:
        if verb == "add" and word not in target:
            target.append(word)
        elif verb == "take" and word in target:
            target.remove(word)
