"""`kubectl istio-migrate step1`; all but the number is in step.py and step_options.py."""

from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from kubectl_istio_migrate import step, step_options
from kubectl_istio_migrate.step_options import Options, parse

__all__ = ["configure", "parse", "run"]


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Step 1: swap the package istio for istiod and Istio's CRDs. The old gateways go with it."
    )
    step_options.configure(parser)


def run(given: Options, context: Context) -> int:
    """Show the plan, ask, do, report."""
    return step.run(1, given, context)
