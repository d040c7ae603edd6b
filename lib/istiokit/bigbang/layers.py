"""Where Big Bang's values come from: the layers that helm-controller merges, and which of them decides.

Source: ChartValuesFromReferences and MergeMaps of fluxcd/pkg (chartutil/values.go and merge.go).
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from istiokit.bigbang.merge import Values, merge_maps, set_target
from istiokit.cluster.yamltext import Document, parse, parse_all
from istiokit.cluster.yamlvalues import read_at
from istiokit.errors import UsageError

Path = tuple[str, ...]
ENCRYPTED = "(encrypted)"
"""Stands in the values for what SOPS has encrypted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One source of values. Layers are kept in the order in which they are merged: a later one wins."""

    origin: str
    """For people: `Secret bigbang/environment-bb key values.yaml`, `values.yaml`."""
    values: Mapping[str, Any] = field(default_factory=dict)
    text: str | None = None
    """The YAML text that can be edited; None where the values come in another form (a HelmRelease's JSON)."""
    root: Path = ()
    """Where in the text the values begin: `("spec", "values")` in a HelmRelease manifest."""
    document: int = 0
    """Which document of the text."""
    first_line: int = 1
    """The line of the file in which the text begins, for messages."""
    inline: bool = False
    """Whether these are a HelmRelease's spec.values, which are merged last."""
    target_path: str = ""
    """The targetPath of a valuesFrom entry: `text` is then one value, not a mapping."""
    encrypted: bool = False
    """SOPS holds it: its keys are known, its values are not, and it is never written."""
    opaque: bool = False
    """Not even the keys are known (a Secret whose values.yaml is one encrypted string)."""
    blocked: str = ""
    """Why it must not be edited here; empty if it may be."""
    secret: bool = False
    """Whether it comes from a Secret: what stands around an edit must not be shown."""
    address: object = None
    """Where the caller writes it back to."""

    @property
    def editable(self) -> bool:
        """Whether the suite may write a switch into it."""
        return not (self.encrypted or self.blocked or self.target_path)

    @property
    def why_not(self) -> str:
        """The reason why it is not editable, for messages; empty if it is."""
        if self.encrypted:
            return "it is encrypted with SOPS"
        single = f"it sets one value at the targetPath {self.target_path}" if self.target_path else ""
        return self.blocked or single


def values_layer(
    text: str, origin: str, *, first_line: int = 1, blocked: str = "", address: object = None
) -> Layer:
    """A layer from the text of a values file or of a values key; raises UsageError if that is no mapping."""
    document = parse(text, origin, first_line)
    values = mapping_at(document, ())
    return Layer(
        origin=origin,
        text=text,
        values=hidden(values),
        first_line=first_line,
        encrypted=is_encrypted(values),
        blocked=blocked,
        address=address,
    )


def document_of(layer: Layer) -> Document:
    """The document of the layer's text that its values stand in."""
    text = layer.text or ""
    if not layer.root:
        return parse(text, layer.origin, layer.first_line)
    return parse_all(text, layer.origin, layer.first_line)[layer.document]


def mapping_at(document: Document, root: Path) -> Values:
    """The values in a document; nothing at all counts as none. Raises UsageError for a list or a scalar."""
    values = read_at(document.values, root)[1]
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise UsageError(
            f"{document.place(root)}: Helm values are a mapping, and this is not one", "name another file"
        )
    return values


def is_encrypted(values: Mapping[str, Any]) -> bool:
    """Whether SOPS has encrypted this file: it then keeps its own top-level `sops` with a `mac`."""
    sops = values.get("sops")
    return isinstance(sops, dict) and "mac" in sops


def hidden(values: Any) -> Any:
    """The values with `ENCRYPTED` in place of what SOPS has encrypted."""
    if isinstance(values, dict):
        return {key: hidden(value) for key, value in values.items()}
    if isinstance(values, list):
        return [hidden(value) for value in values]
    return ENCRYPTED if isinstance(values, str) and values.startswith("ENC[AES256_GCM") else values


def merge(layers: Sequence[Layer]) -> Values:
    """The effective values, as helm-controller merges them: references in order, then spec.values.

    Before a targetPath it merges spec.values too; whether the target then beats them depends on which maps
    are shared, and this does the same.
    """
    inline: Values = {}
    for layer in layers:
        inline = merge_maps(inline, deepcopy(dict(layer.values))) if layer.inline else inline
    merged: Values = {}
    for layer in layers:
        if layer.inline:
            continue
        if layer.target_path:
            merged = merge_maps(merged, inline)
            set_target(merged, layer.target_path, layer.text or "", layer.origin)
        else:
            merged = merge_maps(merged, deepcopy(dict(layer.values)))
    return merge_maps(merged, inline)


def decides(layer: Layer, path: Path) -> bool:
    """Whether the layer has a say about the path: it sets it, or puts something else above it."""
    values: Any = merge([layer]) if layer.target_path else layer.values
    for key in path:
        if not isinstance(values, Mapping):
            return True
        if key not in values:
            return False
        values = values[key]
    return True


def where(layers: Sequence[Layer], path: Path) -> Layer | None:
    """The layer that decides about the path: the last one that sets it, spec.values after all others."""
    in_order = [one for one in layers if not one.inline] + [one for one in layers if one.inline]
    return next((layer for layer in reversed(in_order) if decides(layer, path)), None)
