"""VirtualServices by the names that people type. Pure."""

from collections.abc import Iterable, Sequence

from istiokit.errors import NotDone
from istiokit.istio.model import VirtualService, full_name

_PREFIXES = ("vs/", "virtualservice/", "virtualservices/", "virtualservice.networking.istio.io/")


def named(
    items: Iterable[VirtualService], names: Sequence[str], namespace: str | None, *, files: bool = False
) -> list[VirtualService]:
    """Those that are called so: `namespace/name`, or `name` in the namespace (None: in any); all without a name.

    Raises NotDone with all names that nobody has (in a cluster, or in `files`): a typo must not look like success.
    """
    if not names:
        return list(items)
    wanted = set(names)
    spelled = [(item, _spellings(item, namespace)) for item in items]
    found = [(item, spellings) for item, spellings in spelled if spellings & wanted]
    missing = wanted.difference(*(spellings for _, spellings in found))
    if missing:
        where = f" in namespace {namespace}" if namespace else ""
        told = [name for name in dict.fromkeys(names) if name in missing]
        raise NotDone(
            f"no VirtualService {', '.join(told)}{where}{' in these files' if files else ''}",
            "check the spelling, or name more files" if files else "look with -A, or check the spelling",
        )
    return [item for item, _ in found]


def _spellings(item: VirtualService, namespace: str | None) -> set[str]:
    here = namespace is None or item.metadata.namespace == namespace
    return {full_name(item), item.metadata.name} if here else {full_name(item)}


def plain(name: str) -> str:
    """The name without `vs/` or another form of its kind in front."""
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    return name
