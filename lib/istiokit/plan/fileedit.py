"""The action that edits a layer of values in its file, and the diff that people see of it. Pure."""

import re

from istiokit.bigbang.edit import LayerEdit
from istiokit.bigbang.embedded import Address
from istiokit.bigbang.layers import Layer
from istiokit.plan.actions.text import EditText, TextPlace, edit_diff

_PRIVATE = re.compile(
    r"PRIVATE KEY-----"
    r"|(?i:passw(?:or)?d|token|secret|credential|(?:private|access|api)[_-]?key)\w*[\"']?[ \t]*:[ \t]*[^\s#]"
)
"""Signs that a values file holds credentials: nothing but the switches of an edit is then shown."""


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
    before = layer.text or ""
    private = layer.secret or bool(_PRIVATE.search(before))
    shown = edit_diff(before, edit.text or "", _label(layer), edit.changes, private=private)
    return EditText(why=why, place=place, changes=edit.changes, shown=shown)


def _label(layer: Layer) -> str:
    """The file as a diff names it behind its `a/` and `b/`."""
    return "stdin" if layer.origin == "-" else layer.origin.lstrip("/")
