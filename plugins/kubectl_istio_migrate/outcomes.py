"""How it ended for each HelmRelease, for `reconcile` and `wait`: a table, a summary, an exit code."""

from collections import Counter
from collections.abc import Sequence

from istiokit.errors import NotDone
from istiokit.flux.progress import Outcome, Result
from istiokit.ui.context import Context
from istiokit.ui.duration import show_duration
from istiokit.ui.output import Column, Document, render

_FINE = (Result.READY, Result.GONE, Result.SKIPPED)
_COLUMNS: tuple[Column[Outcome], ...] = (
    Column("namespace", lambda item: item.ref.namespace),
    Column("name", lambda item: item.name),
    Column("result", lambda item: item.result),
    Column("seconds", lambda item: show_duration(item.seconds)),
    Column("reason", lambda item: item.reason),
    Column("message", lambda item: item.message, wide=True),
)


def refuse_none(releases: Sequence[object], namespace: str) -> None:
    """Raise NotDone where there are no releases: a wrong namespace must not look like success."""
    if not releases:
        raise NotDone(f"there is no HelmRelease in namespace {namespace}", "name theirs with -n")


def finish(outcomes: Sequence[Outcome], output: str, context: Context, *, no_headers: bool) -> int:
    """Show the outcomes on stdout, what to do about the bad ones on stderr; 1 if there are any, else 0."""
    counts = Counter(str(item.result) for item in outcomes)
    skipped = [
        {"object": str(item.ref), "reason": item.reason} for item in outcomes if item.result is Result.SKIPPED
    ]
    document = Document(
        "HelmReleaseOutcomeList", outcomes, summary=dict(sorted(counts.items())), skipped=skipped
    )
    context.write(render(document, _COLUMNS, output, name=_name, no_headers=no_headers))
    for item in outcomes:
        if item.result not in _FINE:
            context.say(f"{item.ref}: {item.message}")
            context.say(
                f"  -> {item.remedy}"
                if item.remedy
                else f"  -> flux events --for {item.ref.kind}/{item.name}"
            )
        elif item.result is Result.SKIPPED:
            context.say(f"skipped: {item.ref}: {item.reason}")
    context.say(", ".join(f"{number} {result}" for result, number in sorted(counts.items())))
    return 0 if all(item.result in _FINE for item in outcomes) else 1


def _name(item: Outcome) -> str:
    return f"helmrelease.helm.toolkit.fluxcd.io/{item.name}"
