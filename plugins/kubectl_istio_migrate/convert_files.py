"""New values written into the files that the old ones were read from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from istiokit.bigbang.embedded import text_at, with_text
from istiokit.bigbang.layers import Layer, document_of, hidden, mapping_at, merge
from istiokit.bigbang.versions import Family, Release
from istiokit.cluster.files_read import read_text, shortest
from istiokit.cluster.files_write import replace_file
from istiokit.convert.insert import inserted, without
from istiokit.convert.model import Converted, Values, at, dotted, leaves
from istiokit.convert.others import OLD_KEYS
from istiokit.convert.placing import shares
from istiokit.errors import NotDone, OperationFailed
from istiokit.survey.files import file_address
from istiokit.ui.context import Context
from kubectl_istio_migrate.convert_options import Options


@dataclass(frozen=True, slots=True)
class FileEdit:
    """One file before and after."""

    path: Path
    old: str
    new: str

    @property
    def place(self) -> str:
        """The path as it can be typed here."""
        return shortest(str(self.path))

    def words(self) -> str:
        """`values.yaml: 34 lines more`, without a word of what they say: there may be keys among them."""
        more = len(self.new.splitlines()) - len(self.old.splitlines())
        return f"{self.place}: {abs(more)} lines {'more' if more >= 0 else 'less'}"


def write_in_place(
    layers: Sequence[Layer],
    user: Values,
    converted: Converted,
    about: Release,
    given: Options,
    context: Context,
) -> None:
    """Write every file, or none, after the question. Raises NotDone where something would be lost with the old keys."""
    if given.drop_old:
        _refuse_to_drop(layers, converted, about, given)
    edits = file_edits(layers, shares(layers, user, converted), converted.values, drop_old=given.drop_old)
    if not edits:
        context.say("nothing to do: the files have all of it already")
        return
    for one in edits:
        context.say(one.words())
    if given.dry_run:
        context.say("nothing was written (--dry-run)")
        return
    if not context.confirm(f"Write {', '.join(one.place for one in edits)}?"):
        raise NotDone("answered no; nothing was written")
    _write(edits)
    for one in edits:
        context.say(f"{one.path} is written")


def _refuse_to_drop(layers: Sequence[Layer], converted: Converted, about: Release, given: Options) -> None:
    """Old keys are the only copy of what was not carried, and of private keys that were left out."""
    if about.family is not Family.HELM_ONLY:
        what = f"in Big Bang {about.version} the old packages are on unless the values say otherwise"
        hint = "drop the old keys with the upgrade that needs it: --bigbang-version 3.0.0"
        raise NotDone(f"nothing was written: {what}", hint)
    hint = "see to it, take those keys out by hand, then run it again; or leave --drop-old out"
    if converted.lost:
        keys = ", ".join(one.key for one in converted.lost[:3])
        raise NotDone(f"nothing was written: the old values hold what was not carried ({keys})", hint)
    if given.external and any(_holds_keys(layer) for layer in layers):
        raise NotDone(
            "nothing was written: --certs external leaves private keys to the old values alone", hint
        )
    for layer in layers:
        if layer.opaque or (not layer.editable and any(key in layer.values for key in OLD_KEYS)):
            raise NotDone(f"nothing was written: {layer.origin} may hold old keys, and {layer.why_not}", hint)


def _holds_keys(layer: Layer) -> bool:
    return _has_private_key(at(dict(layer.values), ("istio", "gateways")))


def _has_private_key(value: Any) -> bool:
    if isinstance(value, dict):
        return any((name == "key" and one) or _has_private_key(one) for name, one in value.items())
    if isinstance(value, list):
        return any(map(_has_private_key, value))
    return "PRIVATE KEY" in str(value)


def file_edits(
    layers: Sequence[Layer], new: Mapping[int, Values], wanted: Values, *, drop_old: bool
) -> list[FileEdit]:
    """What changes in which file; nothing is written.

    Raises UsageError where a text does not allow it, OperationFailed where the files would not say it all then.
    """
    texts: dict[str, str] = {}
    before: dict[str, str] = {}
    after = list(layers)
    for index, layer in enumerate(layers):
        if not layer.editable or layer.text is None:
            continue
        address = file_address(layer)
        if address.path not in texts:
            texts[address.path] = before[address.path] = read_text(address.path)
        # Another layer of the same file may have been edited: its text is not what was read.
        now = replace(layer, text=text_at(texts[address.path], address))
        text = _edited(now, new.get(index, {}), drop_old=drop_old)
        if text != now.text:
            texts[address.path] = with_text(texts[address.path], address, text)
        edited = replace(layer, text=text)
        after[index] = replace(edited, values=hidden(mapping_at(document_of(edited), layer.root)))
    _prove(merge(after), wanted, drop_old=drop_old)
    return [FileEdit(Path(path), before[path], text) for path, text in texts.items() if text != before[path]]


def _edited(layer: Layer, new: Values, *, drop_old: bool) -> str:
    text = inserted(layer, new) if new else layer.text or ""
    return without(replace(layer, text=text), OLD_KEYS) if drop_old else text


def _prove(merged: Values, wanted: Values, *, drop_old: bool) -> None:
    """Raise OperationFailed if the values as a whole would not say what is wanted."""
    missing = [path for path, value in leaves(wanted) if at(merged, path) != value]
    if missing:
        what = f"nothing was written: another source of values overrides {dotted(missing[0])}"
        raise OperationFailed(what, "take the new values from --output-file")
    left = [key for key in OLD_KEYS if drop_old and key in merged]
    if left:
        raise OperationFailed(f"nothing was written: {left[0]} would still be there", "take it out by hand")


def _write(edits: Sequence[FileEdit]) -> None:
    """All or none: what was written before another file could not be is put back."""
    done: list[FileEdit] = []
    try:
        for one in edits:
            replace_file(one.path, one.old.encode(), one.new.encode())
            done.append(one)
    except BaseException:
        for one in reversed(done):
            replace_file(one.path, one.new.encode(), one.old.encode())
        raise
