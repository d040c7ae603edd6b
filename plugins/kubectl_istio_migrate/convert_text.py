"""A conversion as people and programs read it. Everything returns strings."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from istiokit.bigbang.versions import Release
from istiokit.convert.model import Converted, Fate, KeyFate, Path
from istiokit.ui.output import Column, Document, as_json, as_yaml, envelope, render

COLUMNS: tuple[Column[KeyFate], ...] = (
    Column("key", lambda one: one.key),
    Column("fate", lambda one: one.fate),
    Column("to", lambda one: one.to),
    Column("why", lambda one: one.why, wide=True),
    Column("todo", lambda one: one.todo, wide=True),
)


def fates_text(converted: Converted, output: str, *, no_headers: bool) -> str:
    """What became of each old key; nothing where there is none."""
    if not converted.fates:
        return ""
    document = Document("Conversion", converted.fates)
    return render(document, COLUMNS, output, name=lambda one: one.key, no_headers=no_headers)


def document(converted: Converted, about: Release, output: str) -> str:
    """Values and report in one document."""
    found = envelope(Document("Conversion", converted.fates, _summary(converted, about)))
    whole = {
        **found,
        "values": converted.values,
        "mapping": converted.mapping,
        "notes": list(converted.notes),
    }
    return as_json(whole) if output == "json" else as_yaml(whole)


def talk(
    converted: Converted, faults: Sequence[str], about: Release, place: Callable[[Path], str]
) -> Iterator[str]:
    """What people should know, and do; `place` names file and line of an old key."""
    told = (
        _counted(converted) if converted.fates else "nothing of the old packages is set, their defaults count"
    )
    yield f"for Big Bang {about.version}: {told}"
    for pair in converted.pairs:
        yield f"Gateway {pair.old} becomes {pair.new}"
    yield from converted.notes
    yield from _beside(converted)
    yield from faults
    for one in converted.lost:
        where = place(converted.paths[one.key])
        yield f"{where}: {one.key} is not carried: {one.why}; {one.todo}"


def _beside(converted: Converted) -> Iterator[str]:
    """What else is needed for what was carried; keys that need the same stand together."""
    needs: dict[str, list[str]] = {}
    for one in converted.fates:
        if one.fate is not Fate.LOST and one.todo:
            needs.setdefault(one.todo, []).append(one.key)
    yield from (f"{', '.join(keys)}: {todo}" for todo, keys in needs.items())


def _summary(converted: Converted, about: Release) -> dict[str, object]:
    counts = Counter(one.fate for one in converted.fates)
    return {"version": str(about.version), "keys": {str(fate): counts[fate] for fate in Fate}}


def _counted(converted: Converted) -> str:
    counts = Counter(one.fate for one in converted.fates)
    keys = len(converted.fates)
    carried, default, lost = (counts[fate] for fate in Fate)
    return f"of {keys} key{'' if keys == 1 else 's'} {carried} carried, {default} need nothing, {lost} not carried"
