"""`kubectl recycle-injected restart`: restart what runs a stale sidecar, in waves, and wait until it is well."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from istiokit.errors import UsageError
from istiokit.ui import codes, options
from istiokit.ui.completable import Source, completed_by
from istiokit.ui.context import Context
from istiokit.ui.duration import parse_duration
from istiokit.ui.parser import Parser
from istiokit.ui.values import checked, parse_count
from kubectl_recycle_injected import scope

if TYPE_CHECKING:  # --help needs none of it
    from istiokit.plan.recycle import How

_STRATEGIES = ("rollout", "evict", "delete")
_DETAILS = (
    "The new pods have to be Ready with the sidecar they should have. A restart cannot be undone; what is left "
    "alone is told with its reason.",
    "`--wave-by` makes waves by namespace, by the value of a label of the pods (`label=KEY`), or as the lines "
    "of a file have it (`file=FILE`): a namespace or NAMESPACE/KIND/NAME each, * for anything; an empty line "
    "ends a wave. `--order` names what goes first because others depend on it, and `--pause-between` how long "
    "to wait between two waves.",
    "`--strategy rollout` restarts through the owner, and evicts where the owner cannot; `evict` goes pod by "
    "pod and asks PodDisruptionBudgets; `delete` does not.",
    "`--undo-failed` puts the old template back where new pods do not become well while old ones still live.",
    "`--relabel OLD=NEW` moves namespaces one after the other. OLD may be `istio-injection`, which means "
    "istio-injection=enabled.",
    *scope.DETAILS,
)


@dataclass(frozen=True, slots=True)
class Options:
    """What to restart, how carefully, and how to show it."""

    scope: scope.Given
    concurrency: int
    per_namespace: int
    wave_by: tuple[str, str]
    order: tuple[str, ...]
    pause: float
    max_failures: int
    strategy: str
    bare_pods: str
    undo_failed: bool
    relabel: str
    fail_if_none: bool
    timeout: float
    dry_run: str
    output: str
    allow: tuple[str, ...]
    journal_namespace: str


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Restart what runs a stale sidecar (see `list`), through its owners, several at a time, until the new "
        "pods are Ready. Interrupted or killed, the same command goes on: nothing is restarted twice."
    )
    parser.exit_one = "not done: a no, some that failed or were left alone"
    parser.details = _DETAILS
    parser.examples = (
        ("Show the plan for all namespaces, change nothing", "-A --dry-run"),
        ("Restart what is stale in two namespaces", "-n shop -n cart"),
        ("A namespace after the other, a minute between them, shared services first",
         "-A --wave-by namespace --order platform,auth --pause-between 1m"),
        ("Move namespaces from one revision to the next, each with its workloads", "-A --relabel 1-30=1-31"),
    )  # fmt: skip
    scope.add_flags(parser)
    _add_pace(parser)
    _add_ways(parser)
    options.add_dry_run(parser)
    options.add_confirmation(parser, codes.restarts)
    options.add_timeout(parser, "10m", "How long one workload may take")
    options.add_journal_namespace(parser)
    options.add_output(parser, headers=False)


def _add_pace(parser: argparse.ArgumentParser) -> None:
    options.add_concurrency(parser, 10)
    parser.add_argument(
        "--per-namespace",
        metavar="N",
        type=checked(parse_count),
        default=0,
        help="How many of them in one namespace (default: as --concurrency).",
    )
    waves = parser.add_argument(
        "--wave-by",
        metavar="WAY",
        type=checked(_wave_by),
        default=("", ""),
        help="Restart in waves: namespace, label=KEY or file=FILE.",
    )
    completed_by(waves, "namespace", "label=", "file=")
    parser.add_argument(
        "--order",
        metavar="NAME,...",
        default="",
        help="What goes first: waves, namespaces, or NAMESPACE/KIND/NAME.",
    )
    parser.add_argument(
        "--pause-between",
        metavar="DURATION",
        type=checked(parse_duration),
        default=0.0,
        help="How long to wait between two waves (default: not at all).",
    )
    parser.add_argument(
        "--max-failures",
        metavar="N",
        type=checked(_failures),
        default=5,
        help="Begin nothing more after so many failures; 0 for no limit (default: 5).",
    )


def _add_ways(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--strategy",
        metavar="WAY",
        choices=_STRATEGIES,
        default="rollout",
        help="How: rollout, evict or delete (default: rollout).",
    )
    parser.add_argument(
        "--bare-pods",
        metavar="evict|delete",
        choices=("evict", "delete"),
        default="",
        help="Remove pods too that nobody makes again (default: left alone).",
    )
    parser.add_argument(
        "--undo-failed",
        action="store_true",
        help="Put the old template back where new pods do not become well.",
    )
    relabel = parser.add_argument(
        "--relabel",
        metavar="OLD=NEW",
        default="",
        help="Move namespaces from revision OLD to NEW, each with its workloads.",
    )
    completed_by(relabel, Source.REVISIONS)
    parser.add_argument(
        "--fail-if-none", action="store_true", help="Exit with 1 where there is nothing to restart."
    )


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value; raises UsageError for what contradicts itself."""
    given = scope.parse(namespace)
    if namespace.relabel:
        _check_relabel(namespace.relabel, given)
    return Options(
        scope=given,
        concurrency=namespace.concurrency,
        per_namespace=namespace.per_namespace,
        wave_by=namespace.wave_by,
        order=tuple(word.strip() for word in namespace.order.split(",") if word.strip()),
        pause=namespace.pause_between,
        max_failures=namespace.max_failures,
        strategy=namespace.strategy,
        bare_pods=namespace.bare_pods,
        undo_failed=namespace.undo_failed,
        relabel=namespace.relabel,
        fail_if_none=namespace.fail_if_none,
        timeout=namespace.timeout,
        dry_run=namespace.dry_run,
        output=namespace.output,
        allow=tuple(code.upper() for code in namespace.allow),
        journal_namespace=namespace.journal_namespace,
    )


def run(given: Options, context: Context) -> int:
    """Read, plan, show, prove, ask, restart, report."""
    from kubectl_recycle_injected.restarting import run_restart

    return run_restart(given, how_of(given), context)


def how_of(given: Options) -> "How":
    """The flags as the planning takes them; reads the file of --wave-by."""
    from datetime import UTC, datetime

    from istiokit.plan.recycle import How, Strategy
    from istiokit.plan.waves import WaveBy, normal, waves_of_lines

    kind, value = given.wave_by
    lines = waves_of_lines(_text(value), value) if kind == "file" else ()
    return How(
        mark=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        concurrency=given.concurrency,
        strategy=Strategy(given.strategy),
        bare_pods=given.bare_pods,
        waves=WaveBy(kind, value if kind == "label" else "", lines),
        first=tuple(normal(pattern) for pattern in given.order),
        pause=given.pause,
        undo_failed=given.undo_failed,
    )


def _text(path: str) -> str:
    from pathlib import Path

    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"--wave-by {path}: {reason}", "name a text file") from None


def _check_relabel(text: str, given: scope.Given) -> None:
    from istiokit.plan.relabel import parse_relabel

    try:
        parse_relabel(text)
    except ValueError as reason:
        raise UsageError(f"--relabel {reason}") from None
    if given.names or given.selector:
        raise UsageError(
            "--relabel moves whole namespaces", "name them with -n or -A, without KIND/NAME and -l"
        )


def _wave_by(text: str) -> tuple[str, str]:
    kind, _, value = text.partition("=")
    if (kind == "namespace" and "=" not in text) or (kind in ("label", "file") and value):
        return kind, value
    raise ValueError(f"{text!r} is none of namespace, label=KEY and file=FILE")


def _failures(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"{text!r} is not a whole number from 0 on")
    return int(text)
