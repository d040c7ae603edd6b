"""`kubectl vs-gateways policy`: print the policy that binds VirtualServices to both gateways. Changes nothing."""

import argparse
import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from istiokit.errors import SuiteError, UsageError
from istiokit.ui import engines, options, pairs
from istiokit.ui.connection import NO_FLAGS
from istiokit.ui.context import Context
from istiokit.ui.pairs import Given
from istiokit.ui.parser import Parser

if TYPE_CHECKING:  # --help needs none of it
    from istiokit.cluster.types import Cluster
    from istiokit.istio.mapping import Mapping
    from istiokit.kyverno.policies import Engine

_PROBE_SECONDS = 5.0
"""How long a cluster is looked for that nobody asked for."""


@dataclass(frozen=True, slots=True)
class Options:
    """Which policy, and how to print it."""

    pairs: Given
    one_way: bool
    engine: str
    """Empty: whatever the cluster has."""
    output: str


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Print the mutation policy that gives every VirtualService bound to an old Gateway the new one as well, and "
        "the other way round. Nothing is changed."
    )
    parser.exit_one = "no pair of Gateways or no engine was found"
    parser.details = (
        "The policy acts whenever a VirtualService is created or updated. Route conditions are covered; "
        "delegates and VirtualServices without gateways are left alone. Existing ones need `touch` afterwards.",
        pairs.DETAILS,
        engines.DETAILS,
    )
    parser.examples = (
        ("Apply it to the cluster", "| kubectl apply -f -"),
        ("Two pairs, for Kyverno", "--engine kyverno --map-file gateways.yaml"),
        ("Only from old to new", "--map istio-system/public=istio-gateway/public-ingressgateway --one-way"),
    )
    pairs.add_flags(parser)
    engines.add_engine(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FORMAT",
        choices=("yaml", "json"),
        default="yaml",
        help="yaml or json (default: yaml).",
    )
    options.add_connection(parser)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value; raises UsageError for pairs that are none."""
    return Options(
        pairs=pairs.parse(namespace),
        one_way=namespace.one_way,
        engine=namespace.engine,
        output=namespace.output,
    )


def run(given: Options, context: Context) -> int:
    """Decide on pairs and engine, print the manifests; everything else goes to stderr."""
    from istiokit.kyverno.grants import merged
    from istiokit.kyverno.policies import Engine, policy
    from kubectl_vs_gateways.policy_text import notes, printed

    cluster = None if given.pairs.named and given.engine else _reachable(context)
    mapping = _mapping(given, cluster, context)
    engine = Engine(given.engine) if given.engine else _chosen(cluster, context)
    manifests = policy(engine, mapping, one_way=given.one_way)
    context.write(printed(manifests, given.output))
    for line in notes(engine, () if given.one_way else merged(mapping), context.prog):
        context.say(line)
    return 0


def _reachable(context: Context) -> "Cluster | None":
    """The cluster; None where none answers and no flag asked for a certain one."""
    if context.connection == NO_FLAGS:
        probe = dataclasses.replace(NO_FLAGS, request_timeout=_PROBE_SECONDS)
        try:
            context.connector(probe).server_version()
        except SuiteError as reason:
            context.say(f"no cluster in reach: {reason}")
            return None
    return context.cluster


def _mapping(given: Options, cluster: "Cluster | None", context: Context) -> "Mapping":
    if given.pairs.named:
        return pairs.given_mapping(given.pairs, context)
    if cluster is None:
        raise UsageError("without a cluster no pairs can be found", "name them with --map OLD=NEW")
    from istiokit.cluster.kinds import VIRTUAL_SERVICE
    from istiokit.istio.model import VirtualService

    virtual_services = cluster.list(VIRTUAL_SERVICE, VirtualService)
    return pairs.live_mapping(given.pairs, cluster, virtual_services, context)


def _chosen(cluster: "Cluster | None", context: Context) -> "Engine":
    """What the cluster has; raises NotDone where that is none of the three."""
    from istiokit.kyverno.policies import Engine
    from istiokit.survey.engines import chosen_engine

    if cluster is None:
        context.say("engine admission: it needs nothing but Kubernetes 1.36; choose another with --engine")
        return Engine.ADMISSION
    engine, why = chosen_engine(cluster)
    context.say(f"engine {engine}: {why}")
    return engine
