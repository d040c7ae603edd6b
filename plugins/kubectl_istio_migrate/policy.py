"""`kubectl istio-migrate policy`: install the mutation policy, prove it, narrow it, remove it when that is safe."""

import argparse
from dataclasses import dataclass

from istiokit.errors import UsageError
from istiokit.ui import codes, engines, options, pairs, sources
from istiokit.ui.completable import Runs, Source, completed_by
from istiokit.ui.context import Context
from istiokit.ui.pairs import Given
from istiokit.ui.parser import Parser

ACTIONS = ("plan", "apply", "touch", "narrow", "remove", "rollback")

_INSTALLS = ("plan", "apply")
_OF_ACTIONS = {
    "maps": ("--map", (*_INSTALLS, "touch")),
    "map_files": ("--map-file", (*_INSTALLS, "touch")),
    "one_way": ("--one-way", (*_INSTALLS, "touch")),
    "engine": ("--engine", _INSTALLS),
    "grant": ("--grant", _INSTALLS),
    "touch": ("--touch", _INSTALLS),
    "policies": ("--policy", ("remove",)),
    "sources": ("--source", (*_INSTALLS, "remove", "rollback")),
    "allow": ("--allow", (*_INSTALLS, "narrow", "remove", "rollback")),
    "to": ("--to", ("rollback",)),
    "abandon": ("--abandon", ("rollback",)),
}
"""Flags that mean nothing to the other actions, by the name that they have in the namespace."""


@dataclass(frozen=True, slots=True)
class Options:
    """What to do about the policy, how carefully, and how to show it."""

    action: str
    pairs: Given
    one_way: bool
    engine: str
    """Empty: whatever the cluster has."""
    grant: bool
    touch: bool
    policies: tuple[str, ...]
    """By name, of those that people wrote themselves."""
    sources: tuple[str, ...]
    """Manifests that tell what left no copy in the cluster."""
    to: str
    abandon: bool
    allow: tuple[str, ...]
    timeout: float
    journal_namespace: str
    dry_run: str
    output: str


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Keep every VirtualService bound to old and new gateways by a mutation policy. Each action has a plan, a "
        "journal and a way back, and goes on where it was stopped."
    )
    parser.exit_one = "not done: a finding stops it, a no, a time-out"
    parser.details = (
        "The policy is one of the engine that the cluster has. `apply` installs it, waits until it is Ready, "
        "and proves by a dry run that it mutates; `plan` shows what `apply` would do. `touch` lets it see the "
        "VirtualServices that were there before, `narrow` makes it one from old to new only, `remove` takes it "
        "away once no VirtualService depends on it any more, and `rollback` undoes what these have done.",
        "`--to` takes `start` (before everything), an action (after the last such one) or the id of a run "
        "(after it).",
        "`--abandon` closes the run that is neither finished nor undone, and leaves what it changed as it is.",
        "`--grant` makes a ClusterRole that lets Kyverno's reports controller read VirtualServices, where it "
        "may not.",
        pairs.DETAILS,
        engines.DETAILS,
        sources.DETAILS,
    )
    parser.examples = (
        ("Show what apply would do", "plan"),
        ("Install it, and touch what is there already", "apply --touch"),
        ("Let Kyverno report on VirtualServices too", "apply --grant"),
        ("Only from old to new from now on", "narrow"),
        (
            "Remove it, and the guide's own policy with it",
            "remove --policy mutate-istio-virtual-service-gateways",
        ),
        ("Undo what came after the last apply", "rollback --to apply"),
    )
    parser.add_argument("action", metavar="ACTION", choices=ACTIONS, help=f"One of {', '.join(ACTIONS)}.")
    pairs.add_flags(parser)
    engines.add_engine(parser)
    _add_flags(parser)
    options.add_dry_run(parser)
    options.add_confirmation(parser, codes.policies)
    options.add_timeout(parser, "2m", "How long to wait for its effect")
    options.add_journal_namespace(parser)
    options.add_output(parser, headers=False)
    options.add_connection(parser)


def _add_flags(parser: Parser) -> None:
    parser.add_argument(
        "--grant",
        action="store_true",
        help="Let Kyverno's reports controller read VirtualServices.",
    )
    parser.add_argument("--touch", action="store_true", help="After apply, do what touch does.")
    policy = parser.add_argument(
        "--policy",
        dest="policies",
        metavar="NAME",
        action="append",
        default=[],
        help="Remove this policy too, which others have made (repeatable).",
    )
    sources.add_source(parser)
    completed_by(policy, Source.POLICIES)
    to = parser.add_argument(
        "--to",
        metavar="start|ACTION|RUN",
        default="",
        help="The state that rollback goes back to (default: start).",
    )
    completed_by(to, "start", *ACTIONS[1:-1], Runs(("istiokit.plan.policy",)))
    parser.add_argument(
        "--abandon",
        action="store_true",
        help="Close an unfinished run, and leave what it changed as it is.",
    )


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value; raises UsageError for flags that the action does not have."""
    for name, (flag, actions) in _OF_ACTIONS.items():
        if getattr(namespace, name) and namespace.action not in actions:
            what = f"{flag} means nothing to `policy {namespace.action}`"
            raise UsageError(what, f"it is for {', '.join(actions)}")
    if namespace.abandon and namespace.to:
        raise UsageError("--abandon undoes nothing, and --to says how far to undo", "leave one of them out")
    return Options(
        action=namespace.action,
        pairs=pairs.parse(namespace),
        one_way=namespace.one_way,
        engine=namespace.engine,
        grant=namespace.grant,
        touch=namespace.touch,
        policies=tuple(namespace.policies),
        sources=tuple(namespace.sources),
        to=namespace.to or "start",
        abandon=namespace.abandon,
        allow=tuple(code.upper() for code in namespace.allow),
        timeout=namespace.timeout,
        journal_namespace=namespace.journal_namespace,
        dry_run=_dry_run(namespace),
        output=namespace.output,
    )


def _dry_run(namespace: argparse.Namespace) -> str:
    """`plan` is `apply --dry-run`; a rollback has nothing that a server could judge beforehand."""
    if namespace.action == "rollback" and namespace.dry_run == "server":
        raise UsageError("--dry-run=server cannot judge a rollback", "use --dry-run")
    asked = str(namespace.dry_run)
    return "client" if namespace.action == "plan" and asked == "none" else asked


def run(given: Options, context: Context) -> int:
    """Do what the action says; returns 0 when all is done, 1 where some is left."""
    from kubectl_istio_migrate import policy_changes, policy_install, policy_rollback

    _refuse_strange_codes(given)
    match given.action:
        case "plan" | "apply":
            return policy_install.run_apply(given, context)
        case "touch":
            return policy_install.run_touch(given, context)
        case "narrow":
            return policy_changes.run_narrow(given, context)
        case "remove":
            return policy_changes.run_remove(given, context)
    return policy_rollback.run_rollback(given, context)


def _refuse_strange_codes(given: Options) -> None:
    """Raise UsageError for a code of --allow that stops nothing here."""
    from istiokit.findings import Severity
    from istiokit.kyverno.loops import TOO_LARGE
    from istiokit.kyverno.removal import RULES
    from istiokit.plan.owned import UNSURE

    removal = [rule.code for rule in RULES if rule.severity is Severity.ERROR]
    installing = [TOO_LARGE, *removal]
    own = {"remove": removal, "rollback": removal, "plan": installing, "apply": installing}
    known = [*own.get(given.action, ()), UNSURE]
    for code in given.allow:
        if code not in known:
            raise UsageError(f"--allow {code}: no such finding stands in the way here", " or ".join(known))
