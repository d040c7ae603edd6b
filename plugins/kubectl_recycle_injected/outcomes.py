"""How a run of restarts ended, workload by workload."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from istiokit.plan.actions.recycling import Recycle
from istiokit.plan.actions.relabel import RelabelNamespace
from istiokit.plan.engine import NOT_BEGUN
from istiokit.plan.journal import EntryState, Run
from istiokit.ui.output import Column, Document, render
from istiokit.ui.plans import many
from kubectl_recycle_injected.list_text import resource


class Result(StrEnum):
    """What became of a workload."""

    RECYCLED = "recycled"
    ALREADY = "already"
    """Its old pods were gone before we came to it."""
    FAILED = "failed"
    LEFT = "left"
    """Not begun."""


_RESULTS = {
    EntryState.DONE: Result.RECYCLED,
    EntryState.SKIPPED: Result.ALREADY,
    EntryState.FAILED: Result.FAILED,
    EntryState.STARTED: Result.FAILED,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One workload of the run."""

    namespace: str
    kind: str
    name: str
    result: Result
    why: str
    """Why it was restarted."""
    message: str
    """What went wrong; empty where nothing did."""
    seconds: float | None
    """How long it took in this sitting; None where it was not its turn."""


_COLUMNS: tuple[Column[Outcome], ...] = (
    Column("namespace", lambda one: one.namespace),
    Column("kind", lambda one: one.kind),
    Column("name", lambda one: one.name),
    Column("result", lambda one: one.result),
    Column("seconds", lambda one: "" if one.seconds is None else f"{one.seconds:.0f}"),
    Column("message", lambda one: one.message),
)


def outcomes(run: Run, seconds: Mapping[int, float]) -> list[Outcome]:
    """The workloads of a run, in the order of the plan."""
    latest = run.latest()
    found = []
    for index, action in enumerate(run.actions()):
        if not isinstance(action, Recycle):
            continue
        last = latest.get(index)
        begun = last is not None and last.message != NOT_BEGUN
        result = _RESULTS.get(last.state, Result.LEFT) if last and begun else Result.LEFT
        message = last.message if last and result is Result.FAILED else ""
        owner = action.owner
        found.append(
            Outcome(
                owner.namespace,
                owner.kind,
                owner.name,
                result,
                action.why,
                message,
                _rounded(seconds.get(index)),
            )
        )
    return found


def moved(run: Run) -> int:
    """How many namespaces the run has moved to another revision."""
    latest = run.latest()
    done = {index for index, last in latest.items() if last.state is EntryState.DONE}
    return sum(
        isinstance(action, RelabelNamespace) and index in done for index, action in enumerate(run.actions())
    )


def shown(found: Sequence[Outcome], skipped: Sequence[object], output: str) -> str:
    """The outcomes in one of options.FORMATS."""
    document = Document("RecycledWorkloadList", found, summary=counts(found), skipped=skipped)
    return render(document, _COLUMNS, output, name=lambda one: f"{resource(one.kind)}/{one.name}")


def counts(found: Sequence[Outcome]) -> dict[str, int]:
    """How many there are of each result, also where there is none."""
    numbers = Counter(one.result for one in found)
    return {str(result): numbers[result] for result in Result}


def summary_line(found: Sequence[Outcome], skipped: int) -> str:
    """`restarted 12 workloads; 1 failed, 2 not begun, 3 left alone`."""
    numbers = counts(found)
    parts = [
        ("already", "{} had new pods already"),
        ("failed", "{} failed"),
        ("left", "{} not begun"),
    ]
    told = [text.format(numbers[key]) for key, text in parts if numbers[key]]
    told += [f"{skipped} left alone"] if skipped else []
    head = f"restarted {many(numbers['recycled'], 'workload')}"
    return f"{head}; {', '.join(told)}" if told else head


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
