"""Candidates from the cluster: names of objects. Only metadata is asked for, and each name is offered as it comes."""

import contextlib
import importlib
from collections.abc import Callable, Iterable

from istiokit.cluster import kinds
from istiokit.cluster.decode import Object, Part
from istiokit.cluster.types import EVERYWHERE, Kind, Ref, Where
from istiokit.errors import SuiteError
from istiokit.ui.completion.look import Look

_POLICIES = (
    kinds.CLUSTER_POLICY,
    kinds.KYVERNO_POLICY,
    kinds.MUTATING_POLICY,
    kinds.NAMESPACED_MUTATING_POLICY,
    kinds.MUTATING_ADMISSION_POLICY,
)
_WORKLOADS = {"deploy": kinds.DEPLOYMENT, "sts": kinds.STATEFUL_SET, "ds": kinds.DAEMON_SET}
"""Offered by these short names; other kinds are completed once they are typed."""


class _Hosts(Part, frozen=True, kw_only=True):
    hosts: tuple[str, ...] = ()


class _Routed(Object, frozen=True, kw_only=True):
    spec: _Hosts = _Hosts()


def each(look: Look, kind: Kind, where: Where, offer: Callable[[Object], None]) -> None:
    """Hand on every object of the kind while the list still comes: whoever waits may have to go before its end."""

    def keep(item: Object) -> Object:
        offer(item)
        return item

    look.cluster.list(kind, Object, where, keep)


def namespaces(look: Look) -> None:
    """All of them."""
    each(look, kinds.NAMESPACE, EVERYWHERE, lambda item: look.offer(item.metadata.name))


def virtual_services(look: Look) -> None:
    """By name in the namespace, as NAMESPACE/NAME with -A or a slash; where there are none, the namespaces."""
    _named(look, kinds.VIRTUAL_SERVICE, "vs/")
    if not look.found and "/" not in look.prefix:
        each(look, kinds.NAMESPACE, EVERYWHERE, lambda item: look.begin(f"{item.metadata.name}/"))


def gateways(look: Look) -> None:
    """Always NAMESPACE/NAME: they are rarely where one works."""
    each(look, kinds.GATEWAY, EVERYWHERE, lambda item: look.offer(_full(item)))


def helm_releases(look: Look) -> None:
    """Those of the namespace."""
    _plain(look, kinds.HELM_RELEASE)


def hosts(look: Look) -> None:
    """Those of the VirtualService that was named."""
    from istiokit.istio.naming import plain

    namespace, slash, name = plain(look.typed.operands[0]).rpartition("/")
    where = namespace if slash else look.cluster.namespace
    found = look.cluster.get(Ref(kinds.VIRTUAL_SERVICE.name, name, where), _Routed)
    for host in found.spec.hosts if found else ():
        look.offer(host)


def workloads(look: Look) -> None:
    """First the kind, then those of the kind in the namespaces."""
    from istiokit.istio.owners import kind_of_word

    word, slash, _ = look.prefix.partition("/")
    if not slash:
        for short, kind in _WORKLOADS.items():
            look.begin(f"{short}/", kind.name)
        return
    if (known := kinds.KINDS.get(kind_of_word(word))) is None:
        return
    for where in _places(look):
        each(look, known, where, lambda item: look.offer(f"{word}/{item.metadata.name}"))


def policies(look: Look) -> None:
    """Of every engine that the cluster has."""
    for kind in _POLICIES:
        with contextlib.suppress(SuiteError):
            each(look, kind, EVERYWHERE, _offer_name(look, kind.name))


def runs(look: Look, modules: Iterable[str]) -> None:
    """The ids of the journal's runs, in its namespace or wherever it is, or beside the files that were named."""
    migrations = [importlib.import_module(module).MIGRATION for module in modules]
    if filenames := look.typed.values.get("filenames"):
        _runs_beside(look, migrations, filenames)
        return
    from istiokit.plan.store_cluster import JOURNAL

    where = Where(look.typed.last("journal_namespace") or None, f"{JOURNAL} in ({','.join(migrations)})")
    each(look, kinds.CONFIG_MAP, where, _offer_run(look))


def _runs_beside(look: Look, migrations: Iterable[str], filenames: Iterable[str]) -> None:
    from istiokit.plan.beside import existing_file_store

    store = existing_file_store(tuple(filenames))
    for run in (run for migration in migrations for run in store.list(migration)):
        look.offer(run.id, f"{run.name} {run.state.value}")


def _offer_run(look: Look) -> Callable[[Object], None]:
    def offer(item: Object) -> None:
        labels = item.metadata.labels
        told = (labels.get(f"istio-migrate.dev/{key}", "") for key in ("step", "state"))
        look.offer(item.metadata.name, " ".join(told))

    return offer


def _offer_name(look: Look, text: str) -> Callable[[Object], None]:
    return lambda item: look.offer(item.metadata.name, text)


def _plain(look: Look, kind: Kind) -> None:
    """By name alone."""
    for where in _places(look):
        each(look, kind, where, lambda item: look.offer(item.metadata.name))


def _named(look: Look, kind: Kind, short: str) -> None:
    """By name or NAMESPACE/NAME, both also with the kind in front, as that was typed."""
    front = short if look.prefix.startswith(short) else ""
    namespace, slash, _ = look.prefix.removeprefix(front).partition("/")
    if slash:
        each(look, kind, Where(namespace), lambda item: look.offer(f"{front}{_full(item)}"))
    elif "all_namespaces" in look.typed.values:
        each(look, kind, EVERYWHERE, lambda item: look.offer(f"{front}{_full(item)}"))
    else:
        each(look, kind, _places(look)[0], lambda item: look.offer(f"{front}{item.metadata.name}"))


def _places(look: Look) -> list[Where]:
    """The namespaces that the typed flags name; else that of the context."""
    if "all_namespaces" in look.typed.values:
        return [EVERYWHERE]
    named = look.typed.values.get("namespaces") or (look.typed.last("namespace"),)
    return [Where(name or look.cluster.namespace) for name in named]


def _full(item: Object) -> str:
    return "/".join(item.metadata.address)
