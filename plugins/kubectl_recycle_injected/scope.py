"""Which workloads a command is about, and what counts as stale: the flags that all commands share, and the reading."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from istiokit.errors import UsageError
from istiokit.ui import options
from istiokit.ui.completable import Source, completed_by
from istiokit.ui.context import Context
from istiokit.ui.duration import parse_duration

if TYPE_CHECKING:  # --help needs none of it
    from istiokit.istio.sidecars import Workload
    from istiokit.istio.staleness import Question
    from istiokit.survey.sidecars import Scope, SidecarFacts

CONTROL_PLANE = "control-plane"

DETAILS = (
    "Without `--proxy-version` the sidecar of a pod should be what its injector is configured for.",
    "`--before` takes a time such as 2026-11-25T09:30:00Z, an age such as 2h, or `control-plane`, which is "
    "when the control plane of the pod was installed.",
)
"""What the help of these flags has no room for."""

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})")


@dataclass(frozen=True, slots=True)
class Given:
    """The shared flags."""

    names: tuple[str, ...]
    """`Kind/name`, the kind as its API spells it; none means all."""
    namespaces: tuple[str, ...]
    all_namespaces: bool
    selector: str
    proxy_version: str
    before: str
    """RFC 3339 in UTC, CONTROL_PLANE, or empty."""
    all: bool
    gateways: bool

    @property
    def whole(self) -> bool:
        """Whether it is about all workloads of its namespaces."""
        return not (self.names or self.selector)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """KIND/NAME..., -n, -A, -l, --proxy-version, --before, --all, --gateways, and how to connect."""
    names = parser.add_argument(
        "names", nargs="*", metavar="KIND/NAME", help="Workloads, such as deploy/web; none means all."
    )
    namespaces = parser.add_argument(
        "-n",
        "--namespace",
        dest="namespaces",
        metavar="NAMESPACE",
        action="append",
        default=[],
        help="Namespace to work in (repeatable; default: that of the context).",
    )
    completed_by(names, Source.WORKLOADS)
    completed_by(namespaces, Source.NAMESPACES)
    parser.add_argument(
        "-A", "--all-namespaces", action="store_true", help="Work in all namespaces; overrides -n."
    )
    parser.add_argument(
        "-l", "--selector", metavar="LABELS", default="", help="Label selector on the pods, as in kubectl."
    )
    parser.add_argument(
        "--proxy-version",
        metavar="VERSION",
        default="",
        help="What the sidecars should be (default: what the injector makes).",
    )
    before = parser.add_argument(
        "--before",
        metavar="TIME",
        default="",
        help="Pods from before count as stale: a time, an age, or control-plane.",
    )
    completed_by(before, CONTROL_PLANE)
    parser.add_argument("--all", action="store_true", help="Every pod with a sidecar counts as stale.")
    parser.add_argument(
        "--gateways", action="store_true", help="Look at Istio's own proxies too: gateways and ztunnel."
    )
    options.add_connection(parser)


def parse(namespace: argparse.Namespace) -> Given:
    """The flags of `add_flags`; raises UsageError for what none of them can mean."""
    if "" in namespace.namespaces:
        raise UsageError(
            "-n with an empty name; is a variable unset?", "name a namespace, or -A for all of them"
        )
    return Given(
        names=tuple(_name(word) for word in namespace.names),
        namespaces=tuple(dict.fromkeys(namespace.namespaces)),
        all_namespaces=namespace.all_namespaces,
        selector=namespace.selector,
        proxy_version=_version(namespace.proxy_version),
        before=_moment(namespace.before),
        all=namespace.all,
        gateways=namespace.gateways,
    )


def scope_of(given: Given, context: Context) -> "Scope":
    """The namespaces to read."""
    from istiokit.survey.sidecars import Scope

    if given.all_namespaces:
        return Scope((), given.selector)
    return Scope(given.namespaces or (context.cluster.namespace or "default",), given.selector)


def question_of(given: Given) -> "Question":
    """What counts as stale."""
    from istiokit.istio.staleness import Question
    from istiokit.istio.versions import parse as parse_version

    version = parse_version(given.proxy_version) if given.proxy_version else None
    return Question(version, given.before, given.all, given.gateways)


def read(given: Given, context: Context) -> "tuple[SidecarFacts, tuple[Workload, ...]]":
    """What there is, and the workloads among it that were asked for.

    Raises NotDone for a namespace or a name that is not there.
    """
    from istiokit.survey import sidecars as survey

    scope = scope_of(given, context)
    keep = survey.expect(context.cluster, scope)
    from istiokit.istio.sidecars import workloads

    facts = survey.read(context.cluster, scope, keep)
    survey.refuse_missing(context.cluster, scope, facts)
    survey.refuse_blindness(facts)
    found = workloads(facts.pods, facts.mesh, question_of(given))
    return facts, _named(found, given, facts)


def notes(given: Given) -> tuple[str, ...]:
    """What the journal has to remember of the scope, beside namespaces and names: the actions tell these."""
    return (f"label selector: {given.selector}",) if given.selector else ()


def _named(found: "Sequence[Workload]", given: Given, facts: "SidecarFacts") -> "tuple[Workload, ...]":
    if not given.names:
        return tuple(found)
    from istiokit.errors import NotDone
    from istiokit.istio.owners import owner_of

    known = {f"{one.kind}/{one.name}" for one in map(owner_of, facts.pods)}
    if missing := [name for name in given.names if name not in known]:
        raise NotDone(
            f"no pod belongs to {', '.join(missing)} here",
            "check kind, name and -n; `list` shows the workloads of the mesh",
        )
    return tuple(one for one in found if f"{one.owner.kind}/{one.owner.name}" in given.names)


def _name(word: str) -> str:
    """`deploy/web` as `Deployment/web`; raises UsageError for what is not KIND/NAME."""
    kind, slash, name = word.partition("/")
    if not (slash and kind and name) or "/" in name:
        raise UsageError(f"{word!r} is not KIND/NAME", "write it as deploy/web, and the namespace with -n")
    from istiokit.istio.owners import kind_of_word

    return f"{kind_of_word(kind)}/{name}"


def _version(text: str) -> str:
    from istiokit.istio.versions import parse as parse_version

    if text and (parse_version(text) is None or text.count(".") < 2):
        raise UsageError(f"--proxy-version {text!r} is not a version", "write it as 1.25.3")
    return text


def _moment(text: str) -> str:
    """A moment as the API server writes it."""
    if text in ("", CONTROL_PLANE):
        return text
    try:
        if _TIME.fullmatch(text):
            return _stamp(datetime.fromisoformat(text))
        return _stamp(datetime.now(UTC) - timedelta(seconds=parse_duration(text)))
    except (ValueError, OverflowError):
        hint = "write 2026-11-25T09:30:00Z, an age such as 2h, or control-plane"
        raise UsageError(f"--before {text!r} is not a time", hint) from None


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
