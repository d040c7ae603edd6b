"""Which of the three engines for a mutation policy a cluster has."""

from istiokit.cluster.kinds import CLUSTER_POLICY, MUTATING_ADMISSION_POLICY, MUTATING_POLICY
from istiokit.cluster.types import Cluster, Kind
from istiokit.errors import NotDone
from istiokit.kyverno.policies import Engine

KIND_OF: dict[Engine, Kind] = {
    Engine.KYVERNO_MUTATING: MUTATING_POLICY,
    Engine.KYVERNO: CLUSTER_POLICY,
    Engine.ADMISSION: MUTATING_ADMISSION_POLICY,
}
"""What the policy of each engine is; in the order in which they are chosen."""

_WHY = {
    Engine.KYVERNO_MUTATING: "Kyverno is there, with MutatingPolicy v1",
    Engine.KYVERNO: "Kyverno is there, without MutatingPolicy v1",
    Engine.ADMISSION: "the API server has MutatingAdmissionPolicy v1, and no Kyverno",
}


def chosen_engine(cluster: Cluster) -> tuple[Engine, str]:
    """What the cluster has, and how that is known; Kyverno first: its reports tell later who still needs the policy.

    Raises NotDone where it has none of the three.
    """
    for engine, kind in KIND_OF.items():
        if cluster.served(kind):
            return engine, _WHY[engine]
    raise NotDone(
        "this cluster has neither Kyverno nor MutatingAdmissionPolicy v1 (Kubernetes 1.36)",
        "install Kyverno, or bind the VirtualServices themselves with `kubectl vs-gateways add`",
    )


def asked_engine(cluster: Cluster, engine: Engine) -> Engine:
    """The engine that people ask for; raises NotDone, with what would do instead, where the cluster has not got it."""
    kind = KIND_OF[engine]
    if cluster.served(kind):
        return engine
    try:
        other, why = chosen_engine(cluster)
        instead = f"--engine {other} would do: {why}"
    except NotDone as none:
        instead = none.hint
    raise NotDone(f"--engine {engine}: the cluster does not serve {kind.name}", instead)
