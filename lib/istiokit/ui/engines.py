"""--engine and --one-way: which mutation policy, and what people must know about one."""

import argparse
from collections.abc import Sequence

ENGINES = ("kyverno", "kyverno-mutating", "admission")
"""The values of `kyverno.policies.Engine`, which `--help` has no need to import."""

DETAILS = (
    "The engines: `kyverno` is Kyverno's ClusterPolicy, `kyverno-mutating` its MutatingPolicy, and `admission` "
    "Kubernetes' own MutatingAdmissionPolicy (1.36 and later). Without `--engine` it is the one that the cluster has."
)
"""What the help of --engine has no room for."""

KNOW = {
    "kyverno": "while Kyverno is down, every change to a VirtualService is refused (its failurePolicy is Fail); "
    "ClusterPolicy is deprecated since Kyverno 1.17",
    "kyverno-mutating": "while Kyverno is down, every change to a VirtualService is refused (failurePolicy Fail)",
    "admission": "who may change VirtualServices needs no further rights; nothing but the API server is asked",
}
"""What has to be known before such a policy is applied, by engine."""


def add_engine(parser: argparse.ArgumentParser) -> None:
    """--engine as `engine`, --one-way as `one_way`; an empty engine is what the cluster has."""
    parser.add_argument(
        "--one-way", action="store_true", help="Only give the new Gateway to those bound to the old one."
    )
    parser.add_argument(
        "--engine",
        metavar="ENGINE",
        choices=ENGINES,
        default="",
        help=f"{', '.join(ENGINES[:-1])} or {ENGINES[-1]} (default: as it is there).",
    )


def merged_lines(merged: Sequence[str]) -> list[str]:
    """A sentence for each Gateway that follows several old ones."""
    return [f"{name} follows several old Gateways: from it there is no way back" for name in merged]
