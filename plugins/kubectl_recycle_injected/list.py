"""`kubectl recycle-injected list`: which workloads run a stale sidecar, and why."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from istiokit.ui import options
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from kubectl_recycle_injected import scope

if TYPE_CHECKING:  # --help needs none of it
    from collections.abc import Sequence

    from istiokit.istio.sidecars import Workload


@dataclass(frozen=True, slots=True)
class Options:
    """What to look at, and how to show it."""

    scope: scope.Given
    pods: bool
    stale: bool
    output: str
    no_headers: bool


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Show each workload of the mesh with its sidecars. A pod is stale if it would get another sidecar were "
        "it made now: another version, another revision, one where it has none, none where it has one."
    )
    parser.exit_one = "no such name, or a revision that nobody serves"
    parser.details = scope.DETAILS
    parser.examples = (
        ("The whole cluster", "-A"),
        ("Two namespaces, each pod by itself", "-n shop -n cart --pods"),
        ("Against a version that is to come", "-A --proxy-version 1.28.2"),
        ("What was made before the control plane was installed", "-A --before control-plane"),
    )
    parser.add_argument("--pods", action="store_true", help="A line for each pod instead of each workload.")
    parser.add_argument("--stale", action="store_true", help="Leave out what is well.")
    scope.add_flags(parser)
    options.add_output(parser)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value."""
    given = scope.parse(namespace)
    return Options(given, namespace.pods, namespace.stale, namespace.output, namespace.no_headers)


def run(given: Options, context: Context) -> int:
    """Read, judge, show; 1 where something would lose its sidecar."""
    facts, found = scope.read(given.scope, context)

    from istiokit.istio.served_revisions import findings_of
    from istiokit.istio.sidecars import summary_of
    from istiokit.ui import unread
    from istiokit.ui.findings import finding_lines
    from kubectl_recycle_injected.list_text import next_line, summary_line

    findings = findings_of(found, facts.mesh, whole=given.scope.whole)
    summary = summary_of(found)
    context.write(_shown(given, found, {**summary, "findings": list(findings)}, unread.skips(facts.unread)))
    for line in (line for one in findings for line in finding_lines(one)):
        context.say(line)
    for line in filter(None, (summary_line(summary), next_line(summary, _command(given, context)))):
        context.say(line)
    for line in unread.lines(facts.unread):
        context.say(line)
    return int(summary["unservedPods"] > 0)


def _shown(given: Options, found: "Sequence[Workload]", summary: object, skipped: "Sequence[object]") -> str:
    from istiokit.istio.sidecars import pod_row_of, row_of
    from istiokit.ui.output import Document, render
    from kubectl_recycle_injected.list_text import COLUMNS, POD_COLUMNS, name_of

    if given.pods:
        pods = [
            pod_row_of(one.owner, pod) for one in found for pod in one.pods if pod.stale or not given.stale
        ]
        document = Document("InjectedPodList", pods, summary, skipped)
        return render(
            document,
            POD_COLUMNS,
            given.output,
            name=lambda row: f"pod/{row.pod}",
            no_headers=given.no_headers,
        )
    rows = [row_of(one) for one in found if one.stale or not given.stale]
    listed = Document("InjectedWorkloadList", rows, summary, skipped)
    return render(listed, COLUMNS, given.output, name=name_of, no_headers=given.no_headers)


def _command(given: Options, context: Context) -> list[str]:
    """The restart of what was listed."""
    asked = given.scope
    where = ["-A"] if asked.all_namespaces else [word for one in asked.namespaces for word in ("-n", one)]
    flags = [
        *where,
        *(["-l", asked.selector] if asked.selector else []),
        *(["--proxy-version", asked.proxy_version] if asked.proxy_version else []),
        *(["--before", asked.before] if asked.before else []),
        *(["--all"] if asked.all else []),
        *(["--gateways"] if asked.gateways else []),
    ]
    import shlex

    return [context.prog, *map(shlex.quote, [*asked.names, *flags])]
