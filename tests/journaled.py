"""What a journal would find out about an edit of a file, and take back: with the action that does it for users."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from istiokit.bigbang.embedded import Address
from istiokit.cluster.yamltext import Change
from istiokit.plan.actions.text import EditText, TextPlace
from istiokit.plan.model import State, World
from tests.fakes import FakeCluster


def state_of(text: str, address: Address, changes: Sequence[Change]) -> State:
    """How the edit stands to a file with this text."""
    found: list[State] = []
    _on_file(text, address, changes, lambda action, world: found.append(action.state(world)))
    return found[0]


def reverted(text: str, address: Address, changes: Sequence[Change]) -> str:
    """The file's text once the edit is undone; raises Conflict where others edited the place."""
    return _on_file(text, address, changes, lambda action, world: action.undo(world))


def _on_file(
    text: str, address: Address, changes: Sequence[Change], act: Callable[[EditText, World], object]
) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "values.yaml")
        file.write_bytes(text.encode())
        place = TextPlace(
            file=str(file), document=address.document, keys=address.keys, encoding=address.encoding
        )
        act(EditText(why="", place=place, changes=tuple(changes), shown=""), World(FakeCluster(), print))
        return file.read_bytes().decode()
