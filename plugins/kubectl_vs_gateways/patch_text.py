"""What people are told of kustomize patches: they are parts of objects, and only what they build to can be judged."""

import shlex
from collections.abc import Iterable

from istiokit.cluster.kustomize import Patch
from istiokit.istio.bindings import OLD_NAMESPACE, resolve
from istiokit.istio.mapping import Mapping


def told_patches(patches: Iterable[Patch], mapping: Mapping | None, prog: str) -> dict[str, str]:
    """By place, what to do about each patch that names an old Gateway: one of the mapping, else one of Big Bang's."""
    olds = {pair.old for pair in mapping.pairs} if mapping else None
    found = {}
    for one in patches:
        named = [name for name in one.gateways if _is_old(resolve(name, one.namespace or "default"), olds)]
        if named:
            build = f"kustomize build {shlex.quote(one.folder)} | {prog} -f -"
            found[one.place] = f"a kustomize patch that names {named[0]}: judge what it builds to: {build}"
    return found


def _is_old(gateway: str, olds: set[str] | None) -> bool:
    return gateway in olds if olds is not None else gateway.startswith(f"{OLD_NAMESPACE}/")
