"""What Big Bang puts around the mesh: network policies, EnvoyFilters, AuthorizationPolicies, headers, jobs, the CNI.

Sources: chart/values.yaml and chart/templates of istio-controlplane 1.23.6-bb.1, of the istiod package 1.25.1-bb.0 to
1.25.3-bb.3 and of the istio-gateway package 1.25.2-bb.1.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from istiokit.bigbang.versions import Version
from istiokit.convert.control_plane.draft import Draft, hides
from istiokit.convert.control_plane.new_defaults import CIDRS_SINCE, HARDENED_SINCE, is_on
from istiokit.convert.control_plane.places import EACH_GATEWAY, ISTIOD, OLD_VALUES
from istiokit.convert.model import Path, Problem, at, dotted

_GATEWAY_POLICIES = "istioGateway.values.gateways.<name>.networkPolicies.additionalPolicies of one gateway"
_MOVED = f"gateway pods are in istio-gateway now: what it does for them goes to {_GATEWAY_POLICIES}"
_TEMPLATE = "the new chart evaluates templates in it: write {{ as {{`{{`}}"
_NO_NAMESPACE = "it selects gateway pods, which are in istio-gateway now"


def switches(draft: Draft) -> None:
    """Switches and settings that have the same meaning at their new places."""
    package = (*OLD_VALUES, "networkPolicies", "enabled")
    for old, places in (
        (package, [(*ISTIOD, *package[-2:]), (*EACH_GATEWAY, *package[-2:])]),
        ((*OLD_VALUES, "monitoring", "enabled"), [(*ISTIOD, "monitoring", "enabled")]),
        (
            (*OLD_VALUES, "defaultSecurityHeaders", "enabled"),
            [(*ISTIOD, "defaultSecurityHeaders", "enabled")],
        ),
    ):
        draft.flag(old)
        draft.carry(old, *places)


def network_policies(draft: Draft) -> None:
    """The rule for the API server, and policies of the user's own."""
    path = (*OLD_VALUES, "networkPolicies", "controlPlaneCidr")
    cidr = draft.text(path)
    if cidr and draft.release.version >= CIDRS_SINCE:
        draft.write(
            path, {(*ISTIOD, "networkPolicies", "controlPlaneCIDRs"): cidr if hides(cidr) else [cidr]}
        )
    elif cidr:
        todo = "let istiod reach the API server with an entry of istiod.values.networkPolicies.additionalPolicies"
        draft.ledger.lost(path, "the istiod package of this Big Bang has no rule for the API server", todo)
    _additional_policies(draft, (*OLD_VALUES, "networkPolicies", "additionalPolicies"))


def kiali(draft: Draft) -> None:
    """The policy for Kiali opened istiod's port 15014, which the new one for monitoring opens to everybody."""
    path = (*OLD_VALUES, "kiali", "enabled")
    wanted = draft.flag(path)
    monitored = draft.flag((*OLD_VALUES, "monitoring", "enabled"))
    if monitored is None:
        monitored = is_on(draft.values, "monitoring", "enabled", usual=True)
    if wanted and not monitored:
        todo = "let Kiali reach port 15014 with an entry of istiod.values.networkPolicies.additionalPolicies"
        draft.ledger.lost(path, "only with monitoring the new package opens istiod's port 15014", todo)
    elif wanted is not None:
        draft.ledger.default(path, "with monitoring the new package opens istiod's port 15014 to everybody")


def envoy_filters(draft: Draft) -> None:
    """The same list has another name, from the istiod package 1.25.2-bb.1 on."""
    path, place = (*OLD_VALUES, "envoyFilters"), (*ISTIOD, "additionalEnvoyFilters")
    filters = draft.items(path)
    _mappings(path, filters)
    if filters and draft.release.version < CIDRS_SINCE:
        todo = "apply them as EnvoyFilters in istio-system, or migrate on Big Bang 2.52 or later"
        draft.ledger.lost(path, "the istiod package of this Big Bang takes none", todo)
        return
    draft.carry(path, place)
    if not draft.carried(path):
        return
    for number, entry in enumerate(filters):
        todos = "; ".join(_filter_todos(entry, _istios(draft.release.version)))
        if todos:
            draft.ledger.carried((*path, number), (*place, number), todo=todos)


def hardened(draft: Draft) -> None:
    """AuthorizationPolicies that deny what is not allowed; the new chart has them from Big Bang 3.0 on."""
    path = (*OLD_VALUES, "hardened")
    on = draft.flag((*path, "enabled"))
    draft.items((*path, "customAuthorizationPolicies"))
    if on and draft.release.version < HARDENED_SINCE:
        todo = (
            "write the AuthorizationPolicies yourself (allow-nothing and your own), or set it again with 3.0"
        )
        draft.ledger.lost(path, "the istiod package has no hardened before Big Bang 3.0", todo)
    elif on is False or (on is None and not draft.hidden((*path, "enabled")) and draft.has(path)):
        draft.ledger.default(path, "without hardened.enabled: true it did nothing")
    else:
        for key in ("enabled", "customAuthorizationPolicies"):
            draft.carry((*path, key), (*ISTIOD, "hardened", key))
        _gateway_rules(draft, (*path, "ingressGateway", "authzRules"))


def openshift(draft: Draft) -> None:
    """The old chart brought Istio's CNI on OpenShift; the new packages have none."""
    path, cni = (*OLD_VALUES, "openshift"), (*OLD_VALUES, "cni")
    given = draft.flag(path)
    on = is_on(draft.values, "openshift") if given is None else given
    todo = (
        "install Istio's CNI as a package of your own, and set istiod.values.upstream.global.platform: openshift and "
        "istiod.values.upstream.pilot.cni.enabled: true"
    )
    if given:
        draft.ledger.lost(path, "the new packages bring no CNI", todo)
    elif given is False:
        draft.ledger.default(path, "it only added the CNI, which the new packages do not bring")
    if draft.has(cni) and on:
        draft.ledger.lost(cni, "the new packages bring no CNI", todo)
    elif draft.has(cni):
        draft.ledger.default(cni, "it counted only with openshift: true")


def _additional_policies(draft: Draft, path: Path) -> None:
    """Policies for gateways cannot go to all of them: their releases would fight for one name."""
    place = (*ISTIOD, "networkPolicies", "additionalPolicies")
    policies = draft.items(path)
    _mappings(path, policies)
    kept = [one for one in policies if not _selects_gateways(one)]
    if policies and not kept:
        todo = f"write it to {_GATEWAY_POLICIES}"
        draft.ledger.lost(path, _NO_NAMESPACE, todo)
        return
    if draft.has(path):
        value = at(draft.values, path)
        draft.write(path, {place: kept if policies else value})
    for number, one in enumerate(policies if draft.carried(path) else ()):
        if _selects_gateways(one):
            draft.ledger.lost((*path, number), _NO_NAMESPACE, f"write it to {_GATEWAY_POLICIES}")
        elif not at(one, ("spec", "podSelector")):
            draft.ledger.carried((*path, number), (*place, kept.index(one)), todo=_MOVED)


def _selects_gateways(policy: Any) -> bool:
    """Whether it is for gateway pods alone: istiod has app: istiod and istio: pilot."""
    labels = at(policy, ("spec", "podSelector", "matchLabels"))
    given = labels if isinstance(labels, dict) else {}
    app, istio = str(given.get("app", "")), str(given.get("istio", ""))
    return istio in ("ingressgateway", "egressgateway") or app.endswith(("ingressgateway", "egressgateway"))


def _gateway_rules(draft: Draft, path: Path) -> None:
    """The gateway chart always has a policy that allows everything."""
    if draft.items(path) == [{}]:
        draft.ledger.default(path, "it is what the gateways' chart does")
    elif draft.has(path):
        todo = "write an AuthorizationPolicy for your gateways in istio-gateway"
        draft.ledger.lost(
            path, "the policy of the gateways' chart allows everything, and cannot be changed", todo
        )


def _filter_todos(entry: Any, istios: Sequence[str]) -> Iterator[str]:
    if "{{" in str(at(entry, ("spec",))):
        yield _TEMPLATE
    patches = at(entry, ("spec", "configPatches"))
    for patch in patches if isinstance(patches, list) else ():
        version = at(patch, ("match", "proxy", "proxyVersion"))
        if version is not None and not any(_matches(str(version), istio) for istio in istios):
            yield f"its proxyVersion {version} is for another Istio than {' or '.join(istios)}: correct it"


def _matches(expression: str, istio: str) -> bool:
    try:
        return bool(re.search(expression, istio))
    except re.error:
        return False


def _istios(version: Version) -> tuple[str, ...]:
    """What its proxies say they are. The istiod package 1.25.3-bb.3 of 3.0 still has the image tag 1.25.2."""
    return ("1.25.2",) if version < HARDENED_SINCE else ("1.25.2", "1.25.3")


def _mappings(path: Path, entries: list[Any]) -> None:
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict) and not hides(entry):
            what = f"{dotted((*path, number))} has to be a mapping"
            raise Problem((*path, number), what, "correct the values")
