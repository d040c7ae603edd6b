"""Edits of YAML text as tests need them: straight from a text, without layers of values."""

from collections.abc import Sequence

from istiokit.cluster import yamltext
from istiokit.plan.actions.text import EditText, TextPlace, edit_diff

Wanted = tuple[yamltext.Path, yamltext.Value]


def edit_text(
    text: str, place: TextPlace, wanted: Sequence[Wanted], *, why: str, document: int = 0, context: int = 3
) -> EditText | None:
    """The action that gives the values in `text` (read at `place`) what is wanted; None if all is so already.

    `document` counts the YAML documents of the text from 0, `context` the lines around a change in the diff
    (0 for a Secret, whatever is asked). Raises UsageError where a value cannot be changed without others.
    """
    new, changes = text, []
    for path, value in wanted:
        one = yamltext.parse_all(new, str(place))[document].set(path, value)
        if one is not None:
            new = yamltext.apply(new, (one.splice,))
            changes.append(one)
    if not changes:
        return None
    shown = edit_diff(text, new, str(place), changes, private=place.secret, context=context)
    return EditText(why=why, place=place, changes=tuple(changes), shown=shown)
