"""The action that edits a layer of values in its file, and the diff that people see of it. Pure."""

import re

from istiokit.bigbang.edit import LayerEdit
from istiokit.bigbang.embedded import Address
from istiokit.bigbang.layers import Layer
from istiokit.plan import difference
from istiokit.plan.actions.text import EditText, TextPlace

_PRIVATE = re.compile(r"PRIVATE KEY-----|(?i:password|token|secret|privatekey)\w*[\"']?:[ \t]*[^\s#]")
"""Signs that a values file holds credentials: the lines around an edit are then not shown."""
_CONTEXT = 3


def edit_action(edit: LayerEdit, why: str) -> EditText:
    """The action that makes an edit of a layer in its file."""
    layer, address = edit.layer, edit.layer.address
    assert isinstance(address, Address), "layers of files come with their address"
    place = TextPlace(
        file=address.path,
        document=address.document,
        keys=address.keys,
        encoding=address.encoding,
    )
    return EditText(why=why, place=place, changes=edit.changes, shown=edit_diff(edit, _label(layer)))


def edit_diff(edit: LayerEdit, label: str) -> str:
    """The unified diff of the layer's text; of one with credentials in it only the lines that change."""
    before = edit.layer.text or ""
    private = edit.layer.secret or _PRIVATE.search(before)
    return difference.unified(before, edit.text or "", label, 0 if private else _CONTEXT)


def _label(layer: Layer) -> str:
    """The file as a diff names it behind its `a/` and `b/`."""
    return "stdin" if layer.origin == "-" else layer.origin.lstrip("/")
