"""Istio's objects as files have them: no server has checked their types before. Pure."""

from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from istiokit.cluster.files_text import Stored

T = TypeVar("T")


class _Spec(msgspec.Struct):
    spec: msgspec.Raw = msgspec.Raw(b"null")


def read_as(stored: "Stored", as_: type[T]) -> T:
    """The object as this type; raises msgspec.ValidationError where a field has another, or there is no spec."""
    if bytes(stored.decoded(_Spec).spec) == b"null":
        raise msgspec.ValidationError("it has no spec - at `$.spec`")
    return stored.decoded(as_)


def reason_and_path(error: msgspec.ValidationError) -> tuple[str, str]:
    """What is wrong, and with which field: `Expected str, got int` and `spec.hosts[0]`."""
    reason, _, path = str(error).rpartition(" - at `$.")
    return (reason or str(error)).replace("`", "").replace(" | null", ""), path.rstrip("`")
