"""New values written into the files that the old ones were read from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from istiokit.bigbang.embedded import with_text
from istiokit.bigbang.layers import Layer
from istiokit.cluster.files_read import read_text
from istiokit.cluster.files_write import replace_file
from istiokit.convert.insert import inserted, without
from istiokit.convert.model import Converted, Values
from istiokit.convert.others import OLD_KEYS
from istiokit.convert.sources import shares
from istiokit.errors import NotDone
from istiokit.survey.files import file_address
from istiokit.ui.context import Context
from kubectl_istio_migrate.convert_options import Options


@dataclass(frozen=True, slots=True)
class FileEdit:
    """One file before and after."""

    path: Path
    old: str
    new: str

    def words(self) -> str:
        """`values.yaml: 34 lines more`, without a word of what they say: there may be keys among them."""
        more = len(self.new.splitlines()) - len(self.old.splitlines())
        return f"{self.path.name}: {abs(more)} lines {'more' if more >= 0 else 'less'}"


def write_in_place(layers: Sequence[Layer], converted: Converted, given: Options, context: Context) -> None:
    """Write every file, after the question. Raises NotDone where the answer is no, and before old keys are lost."""
    if given.drop_old and converted.lost:
        keys = ", ".join(one.key for one in converted.lost[:3])
        raise NotDone(
            f"nothing was written: the old values hold what was not carried ({keys})",
            "see to it, take those keys out by hand, then run it again; or leave --drop-old out",
        )
    edits = file_edits(layers, shares(layers, converted), drop_old=given.drop_old)
    if not edits:
        context.say("nothing to do: the files have all of it already")
        return
    for one in edits:
        context.say(one.words())
    if given.dry_run:
        context.say("nothing was written (--dry-run)")
        return
    if not context.confirm(f"Write {', '.join(one.path.name for one in edits)}?"):
        raise NotDone("answered no; nothing was written")
    for one in edits:
        replace_file(one.path, one.old.encode(), one.new.encode())
        context.say(f"{one.path} is written")


def file_edits(layers: Sequence[Layer], new: Mapping[int, Values], *, drop_old: bool) -> list[FileEdit]:
    """What changes in which file; nothing is written. Raises UsageError where a text does not allow it."""
    texts: dict[str, str] = {}
    before: dict[str, str] = {}
    for index, layer in enumerate(layers):
        if not layer.editable or layer.text is None:
            continue
        address = file_address(layer)
        if address.path not in texts:
            texts[address.path] = before[address.path] = read_text(address.path)
        text = _edited(layer, new.get(index, {}), drop_old=drop_old)
        if text != layer.text:
            texts[address.path] = with_text(texts[address.path], address, text)
    return [FileEdit(Path(path), before[path], text) for path, text in texts.items() if text != before[path]]


def _edited(layer: Layer, new: Values, *, drop_old: bool) -> str:
    text = inserted(layer, new) if new else layer.text or ""
    return without(replace(layer, text=text), OLD_KEYS) if drop_old else text
