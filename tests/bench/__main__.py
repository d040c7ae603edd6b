"""`python -m tests.bench`: how fast the suite is, as ratios to what people use without it.

Times of one machine say nothing on another, so each command is measured against its rival in turns and only
their ratio counts. A goal that is missed is printed, not failed: a busy machine is no defect.
"""

import argparse
import sys
from collections.abc import Callable, Sequence

from tests.bench.completion import measure_completion
from tests.bench.dependents import measure_dependents
from tests.bench.files import measure_files
from tests.bench.frozen import measure_frozen
from tests.bench.gateways import measure_gateways, measure_large
from tests.bench.help import measure_help
from tests.bench.measure import BenchError
from tests.bench.reconcile import measure_reconcile
from tests.bench.recycle import measure_recycle
from tests.bench.reports import measure_reports
from tests.bench.routing import measure_routing
from tests.bench.sidecars import measure_sidecars
from tests.bench.status import measure_status
from tests.bench.swap import measure_swap
from tests.bench.table import Told, table

_CASES: dict[str, tuple[Callable[[int], Sequence[Told]], int]] = {
    "help": (measure_help, 21),
    "frozen": (measure_frozen, 21),
    "completion": (measure_completion, 7),
    "status": (measure_status, 7),
    "reconcile": (measure_reconcile, 3),
    "routing": (measure_routing, 7),
    "files": (measure_files, 3),
    "dependents": (measure_dependents, 7),
    "gateways": (measure_gateways, 5),
    "swap": (measure_swap, 3),
    "sidecars": (measure_sidecars, 7),
    "reports": (measure_reports, 3),
    "large": (measure_large, 1),
    "recycle": (measure_recycle, 1),
}
"""What measures each case, and how often unless --runs says otherwise."""
_LONG = ("large", "recycle")
"""Only where asked for."""
_USUAL = [case for case in _CASES if case not in _LONG]


def main() -> int:
    """Measure what was asked for, print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--only",
        metavar="CASE,...",
        default=",".join(_USUAL),
        help=f"Cases: %(default)s, and {', '.join(_LONG)}.",
    )
    parser.add_argument("--runs", type=int, metavar="N", default=0, help="Runs of each command.")
    given = parser.parse_args()
    cases = given.only.split(",")
    if unknown := sorted(set(cases) - set(_CASES)):
        parser.error(f"no case {', '.join(unknown)}; there are {', '.join(_CASES)}")
    try:
        found = [one for case in cases for one in _measured(case, given.runs)]
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(table(found), end="")
    return 0


def _measured(case: str, runs: int) -> Sequence[Told]:
    print(f"measuring {case} ...", file=sys.stderr, flush=True)
    measure, usual = _CASES[case]
    return measure(runs or usual)


if __name__ == "__main__":
    sys.exit(main())
