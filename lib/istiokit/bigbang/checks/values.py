"""The values of Big Bang as text and keys: do they say what their author means, and may they be written?"""

from collections.abc import Iterator, Sequence
from typing import Any

from istiokit.bigbang.checks.model import EVERY, STEPS, Check, Subject, Target, mapping
from istiokit.bigbang.edit import Blocked, EditPlan, plan_edits
from istiokit.bigbang.facts import Source
from istiokit.bigbang.layers import ENCRYPTED, merge
from istiokit.bigbang.switches import rejected, switches
from istiokit.bigbang.versions import Family
from istiokit.errors import UsageError
from istiokit.findings import Finding, Severity

_NO_WAY_BACK = "3.0 is the point of no return: it has no operator to go back to"


def _contradictions(subject: Subject) -> Iterator[Finding]:
    # In the middle of the upgrade that splits istioCore the values are ahead of the version.
    contradiction = "" if subject.target is Target.CORE else subject.contradiction
    for trouble in (subject.misfit, contradiction):
        if trouble:
            remedy = "correct the sources of values that set them"
            yield Finding("IM003", Severity.ERROR, "values", trouble, remedy)
    umbrella = subject.facts.umbrella
    for problem in subject.facts.problems:
        remedy = "create it, correct the entry of spec.valuesFrom, or mark that entry optional"
        about = str(umbrella.ref) if umbrella else "values"
        yield Finding("IM003", Severity.ERROR, about, problem, remedy)
    for path, state in switches(subject.layers, subject.family).states.items():
        if state.note and state.on is not None:
            reason = f"{path} in {state.origin}: {state.note}"
            remedy = "write true or false, without quotes"
            yield Finding("IM003", Severity.ERROR, path, reason, remedy)


def _rejected(subject: Subject) -> Iterator[Finding]:
    kept = [(layer.origin, rejected(merge([layer]), Family.HELM_ONLY)) for layer in subject.layers]
    left = [(origin, keys) for origin, keys in kept if keys]
    if subject.target is Target.BIG_BANG_3:
        yield from _before_3(subject, left)
    elif left:
        listed = "; ".join(f"{origin} ({', '.join(keys)})" for origin, keys in left)
        reason = f"top-level keys that Big Bang 3.0 refuses are in {listed}"
        remedy = "keep them for the two steps, and take them out before the upgrade to 3.0"
        yield Finding("IM004", Severity.INFO, "values", reason, remedy)


def _before_3(subject: Subject, left: Sequence[tuple[str, Sequence[str]]]) -> Iterator[Finding]:
    for origin, keys in left:
        reason = f"Big Bang 3.0's schema refuses its top-level keys {', '.join(keys)}; {_NO_WAY_BACK}"
        yield Finding("IM004", Severity.ERROR, origin, reason, "take these keys out before the upgrade")
    opaque = [layer.origin for layer in subject.layers if layer.opaque]
    for origin in opaque:
        reason = "cannot tell whether it has the keys istio or istioOperator: it is encrypted"
        yield Finding("IM004", Severity.WARNING, origin, reason, "look into it with sops")
    if not left and not opaque:
        reason = f"no source of values has keys that Big Bang 3.0 refuses; {_NO_WAY_BACK}"
        remedy = "go to 3.0 once the mesh has been well for a while"
        yield Finding("IM004", Severity.INFO, subject.facts.where, reason, remedy)


def _unwritable(subject: Subject) -> Iterator[Finding]:
    if not subject.facts.layers or subject.family is Family.HELM_ONLY or _by_helm(subject):
        return
    try:
        plan = plan_edits(subject.layers, subject.wanted)
    except UsageError as error:
        remedy = error.hint or "set the switches by hand"
        yield Finding("IM019", Severity.WARNING, "values", error.what, remedy)
        return
    for blocked in plan.blocked:
        yield _blocked(blocked)
    for layer in plan.unknown:
        reason = "all of it is encrypted; if it sets an Istio switch, it overrides what the step writes"
        yield Finding("IM019", Severity.WARNING, layer.origin, reason, "look into it with sops")


def _blocked(blocked: Blocked) -> Finding:
    value = str(blocked.value).lower()
    about = blocked.layer.origin if blocked.layer else "values"
    source = blocked.layer.address if blocked.layer else None
    place = source.place if isinstance(source, Source) else None
    at = f" in {place}" if place else f" at the source of {about}"
    reason = f"{blocked.path} has to be {value} and cannot be written here: {blocked.reason}"
    return Finding("IM019", Severity.WARNING, about, reason, f"set {blocked.path}: {value}{at}")


def _overwritten(subject: Subject) -> Iterator[Finding]:
    packages = subject.facts.zarf_packages
    if not packages or subject.family is Family.HELM_ONLY or not _something_to_write(subject):
        return
    for package in packages:
        reason = "it brings Big Bang; its next deploy overwrites values that are changed in the cluster"
        remedy = (
            "set the switches in bigbang-values.yaml (secrets: bigbang-secrets.yaml) and deploy the package"
        )
        yield Finding("IM020", Severity.ERROR, f"Zarf package {package}", reason, remedy)


def _something_to_write(subject: Subject) -> bool:
    try:
        plan = plan_edits(subject.layers, subject.wanted)
    except UsageError:
        plan = EditPlan()
    return len(plan.already) < len(subject.wanted)


def _by_helm(subject: Subject) -> bool:
    """IM022 speaks about an umbrella that `helm upgrade` has installed."""
    umbrella = subject.facts.umbrella
    return umbrella is not None and umbrella.release is None


def _repositories(subject: Subject) -> Iterator[Finding]:
    entries = subject.values.get("helmRepositories")
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        if entry != ENCRYPTED and not _has_credentials(mapping(entry)):
            name = mapping(entry).get("name", f"number {number + 1}")
            reason = (
                "has neither username and password, nor existingSecret, nor a provider other than generic"
            )
            remedy = "give it existingSecret: private-registry, which holds registryCredentials"
            yield Finding("IM021", Severity.ERROR, f"helmRepositories entry {name}", reason, remedy)


def _has_credentials(entry: Any) -> bool:
    login = "username" in entry and "password" in entry
    return login or "existingSecret" in entry or entry.get("provider", "generic") != "generic"


CHECKS = (
    Check(
        code="IM003",
        title="The values contradict themselves",
        severity=Severity.ERROR,
        why='Helm\'s templates take every string but "" for true, so `enabled: "false"` switches a package on. Keys '
        "of two Big Bang families, a targetPath that does not fit, or a source of values that is not there "
        "stop the umbrella, or make it do something else than you read.",
        remedy="Write switches as true or false without quotes, keep to the keys of your version, and make every "
        "entry of spec.valuesFrom exist.",
        run=_contradictions,
        steps=EVERY,
    ),
    Check(
        code="IM004",
        title="Keys that Big Bang 3.0 rejects",
        severity=Severity.ERROR,
        why="From 3.0 on the values schema allows no top-level istio, istioOperator or istioCore, in no source of "
        "values. The umbrella would fail, and there is no operator to go back to.",
        remedy="After step 2 take these keys out of every source of values, then upgrade.",
        run=_rejected,
        steps=STEPS | {Target.BIG_BANG_3},
    ),
    Check(
        code="IM019",
        title="A switch that this command cannot write",
        severity=Severity.WARNING,
        why="Values that SOPS has encrypted are never rewritten, and what Git or Argo CD owns would be put back "
        "within an interval. The step then stops before it changes anything.",
        remedy="Make the edit of the finding at its source, or give the step a clone with --git-dir.",
        run=_unwritable,
    ),
    Check(
        code="IM020",
        title="A Zarf package would overwrite the values",
        severity=Severity.ERROR,
        why="Zarf (and SmoothGlue with it) deploys Big Bang with the values of its package. A change made in the "
        "cluster lasts until the next deploy, which would bring the operator back.",
        remedy="Put the switches into bigbang-values.yaml, and secrets into bigbang-secrets.yaml, and deploy the "
        "package. With --allow IM020 the step changes the cluster all the same.",
        run=_overwritten,
        live=True,
    ),
    Check(
        code="IM021",
        title="A Helm repository without credentials",
        severity=Severity.ERROR,
        why="The values schema wants username and password, existingSecret or a provider for each entry of "
        "helmRepositories; without them the whole umbrella is refused.",
        remedy="Name a Secret under existingSecret, or give username and password (they may be empty).",
        run=_repositories,
        steps=EVERY,
    ),
)
