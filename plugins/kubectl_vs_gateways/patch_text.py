"""What people are told of kustomize patches: they are parts of objects, and only what they build to can be judged."""

import shlex
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from istiokit.istio.bindings import OLD_NAMESPACE, resolve
from istiokit.istio.mapping import Mapping
from istiokit.istio.unusable import Unusable
from istiokit.survey.routes import RouteReading

if TYPE_CHECKING:
    from istiokit.cluster.kustomize import Patch


def with_patches(reading: RouteReading, mapping: Mapping | None, prog: str) -> RouteReading:
    """The reading with those patches among what is unusable that name an old Gateway."""
    olds = None if mapping is None else [pair.old for pair in mapping.pairs]
    found = told_patches(reading.patches, olds, prog)
    return replace(
        reading,
        unusable=(*reading.unusable, *found),
        places={**reading.places, **{one.object: one.place for one in found}},
    )


def told_patches(patches: "Iterable[Patch]", olds: Collection[str] | None, prog: str) -> list[Unusable]:
    """What to do about each patch that names an old Gateway: one of `olds`, else one of Big Bang's."""
    found = []
    for one in patches:
        named = [name for name in one.gateways if _is_old(resolve(name, one.namespace or "default"), olds)]
        if named:
            build = (
                f"judge what it builds to: kustomize build {shlex.quote(one.folder)} | {prog} --audit -f -"
            )
            reason = f"a kustomize patch that names {named[0]}"
            found.append(Unusable(one.place, reason, file=True, place=one.place, remedy=build))
    return found


def _is_old(gateway: str, olds: Collection[str] | None) -> bool:
    return gateway in olds if olds is not None else gateway.startswith(f"{OLD_NAMESPACE}/")
