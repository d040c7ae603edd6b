"""The new gateways together, what takes the place of what, and what that means for others. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from istiokit.convert.model import CarriedSecret, Pair, Path, Values, at
from istiokit.convert.old import OldWorkload
from istiokit.convert.old_gateways import OldGateway
from istiokit.convert.overlays import Patch
from istiokit.convert.servers import credentials

HOME: Path = ("istioGateway", "values", "gateways")
NAMESPACE = "istio-gateway"
OLD_NAMESPACE = "istio-system"


@dataclass(slots=True)
class NewGateways:
    """The entries, with what belongs to them elsewhere."""

    values: Values = field(default_factory=dict)
    """By name, for `istioGateway.values.gateways`."""
    patches: dict[str, list[Patch]] = field(default_factory=dict)
    pairs: list[Pair] = field(default_factory=list)
    secrets: list[CarriedSecret] = field(default_factory=list)
    secret_names: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def short_name(workload: OldWorkload) -> str:
    """The name of the entry: the chart puts the type behind it, so that a Service keeps its name."""
    return workload.name.removesuffix(f"-{workload.type}") or workload.name


def full_name(workload: OldWorkload) -> str:
    """What the entry's objects are called."""
    return f"{short_name(workload)}-{workload.type}"


def home_of(workload: OldWorkload) -> Path:
    """Where the user speaks of it, or of such at all."""
    return next(iter(workload.homes), ("istio", "ingressGateways"))


def succeed(
    workload: OldWorkload, bound: Sequence[OldGateway], user: Values, made: set[str], found: NewGateways
) -> None:
    """Note what takes the place of the workload and its Gateways; `made` are the Secrets that old values made."""
    new = f"{NAMESPACE}/{full_name(workload)}"
    found.pairs += [Pair(f"{OLD_NAMESPACE}/{gateway.name}", new) for gateway in bound]
    found.notes += [*_never_made(bound), *_renamed(workload), *_merged(bound, new)]
    for secret in sorted(credentials(bound) - made - _made_already(workload, user)):
        found.notes.append(
            f"a Secret {NAMESPACE}/{secret} is needed, and these values do not make it: a gateway reads it in its "
            f"own namespace, so {OLD_NAMESPACE}/{secret} is not enough"
        )


def _never_made(bound: Sequence[OldGateway]) -> Iterator[str]:
    for gateway in bound:
        if gateway.fails_by:
            yield (
                f"Gateway {gateway.name}: Big Bang's own template fails on {gateway.fails_by}, so these values "
                "have never made one; they are taken as they are meant"
            )


def _renamed(workload: OldWorkload) -> Iterator[str]:
    if full_name(workload) != workload.name:
        yield (
            f"{workload.name} becomes {full_name(workload)}: what selects its pods by app, such as affinities, "
            "EnvoyFilters and monitors, has to name the new one"
        )


def _merged(bound: Sequence[OldGateway], new: str) -> Iterator[str]:
    if len(bound) > 1:
        names = " and ".join(one.name for one in bound)
        yield f"Gateways {names} become one, {new}: what is bound to one of them answers on the hosts of all"


def _made_already(workload: OldWorkload, user: Values) -> set[str]:
    """The Secrets that the new values make as they are."""
    name = short_name(workload)
    entries = at(user, (*HOME, name, "gatewayCerts"))
    names = {str(at(one, ("name",))) for one in (entries if isinstance(entries, list) else ())}
    return names | ({f"{name}-cert"} if at(user, (*HOME, name, "tls")) else set())
