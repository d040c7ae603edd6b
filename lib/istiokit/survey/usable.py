"""Objects of manifests as values, and what is wrong with those that are none."""

from typing import TYPE_CHECKING, TypeVar

import msgspec

from istiokit.cluster.types import EVERYWHERE, Kind, Where
from istiokit.istio.manifest import read_as, reason_and_path
from istiokit.istio.unusable import Unusable

if TYPE_CHECKING:
    from istiokit.cluster.files import FilesCluster
    from istiokit.cluster.files_text import NoObject

T = TypeVar("T")


def usable(
    files: "FilesCluster", kind: Kind, as_: type[T], where: Where = EVERYWHERE, *, spec: bool = True
) -> tuple[list[tuple[T, str]], list[Unusable]]:
    """The objects with their places, and those that are none by the types of their fields, or (`spec`) have no spec."""
    found: list[tuple[T, str]] = []
    wrong: list[Unusable] = []
    for one in files.stored(kind, where):
        try:
            found.append((read_as(one, as_) if spec else one.decoded(as_), one.place))
        except msgspec.ValidationError as error:
            wrong.append(Unusable(str(one.ref), *reason_and_path(error), place=one.place))
    return found, wrong


def broken(files: "FilesCluster") -> list[Unusable]:
    """What is of no use at all, with what to do about it."""
    found = (one for one in files.skipped if one.broken)
    return [Unusable(one.place, one.reason, file=True, place=one.place, remedy=_remedy(one)) for one in found]


def _remedy(one: "NoObject") -> str:
    if one.template:
        return "check what it renders to: helm template ... | kubectl vs-gateways --audit -f -"
    return one.hint
