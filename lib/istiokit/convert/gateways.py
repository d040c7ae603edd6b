"""The old ingress and egress gateways as entries of `istioGateway.values.gateways`. Pure."""

from collections.abc import Iterator

from istiokit.convert.choices import Choices
from istiokit.convert.entry import Entry
from istiokit.convert.model import Ledger, Problem, Values, at
from istiokit.convert.node_ports import NodePorts, node_ports
from istiokit.convert.old import OldMesh, OldWorkload
from istiokit.convert.servers import BY_DEFAULT
from istiokit.convert.succession import HOME, NewGateways, home_of, short_name


def gateways(mesh: OldMesh, user: Values, values: Values, choices: Choices, ledger: Ledger) -> NewGateways:
    """Every workload of the old values. `user` is what people set, `values` with the umbrella's own below.

    Raises Problem where two of them would have one name.
    """
    if choices.ports.way is not NodePorts.KEEP:
        choices.ports.taken |= {port for one in mesh.workloads for port in node_ports(one.ports)}
    found, seen = NewGateways(), dict[str, OldWorkload]()
    for workload in mesh.workloads:
        name = short_name(workload)
        if name in seen:
            what = f"{workload.name} and {seen[name].name} would both be gateway {name}"
            raise Problem(home_of(workload), what, "rename one of them, and the Gateways on it")
        seen[name] = workload
        bound = mesh.on(workload)
        if bound:
            Entry(workload, bound, user, values, choices, ledger).write(found)
        else:
            _unused(workload, ledger, found)
    found.notes += _budgets(mesh, user)
    for name in BY_DEFAULT:
        if name not in found.values:
            found.values[name] = {}
            found.notes.append(f"gateway {name} of the new chart is switched off: the old values have none")
    return found


def _budgets(mesh: OldMesh, user: Values) -> Iterator[str]:
    """The operator's default, global.defaultPodDisruptionBudget of Istio 1.23.6, has no successor."""
    place = "upstream", "podDisruptionBudget"
    served = (one for one in mesh.workloads if mesh.on(one) and place[-1] not in one.spec)
    names = [name for one in served if not at(user, (*HOME, name := short_name(one), *place))]
    if names:
        yield (
            "the operator gave each gateway a PodDisruptionBudget (minAvailable: 1), the new chart gives none: set "
            f"{'.'.join(place)} of {', '.join(names)} to have one"
        )


def _unused(workload: OldWorkload, ledger: Ledger, found: NewGateways) -> None:
    why = "no Gateway of these values is on it, and a new gateway always has one"
    todo = f"add istioGateway.values.gateways.{short_name(workload)} with gateway.servers, if it is in use"
    for home in workload.homes:
        ledger.lost(home, why, todo)
    if not workload.homes:
        found.notes.append(f"{workload.name}: {why}")
