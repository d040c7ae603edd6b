"""Plays the scenes, and writes what they show into the guides and into docs/pictures/. Run by `make pictures`."""

from __future__ import annotations

import sys

from tests.pictures.guides import PICTURES, embed, page
from tests.pictures.scenes import SCENES, played


def main(names: list[str]) -> None:
    PICTURES.mkdir(exist_ok=True)
    for guide in names or SCENES:
        scene = played(guide)
        before = page(guide).read_text("utf-8")
        after = embed(before, scene.transcripts)
        page(guide).write_text(after, encoding="utf-8")
        for name, svg in scene.pictures.items():
            path = PICTURES / f"{guide}-{name}.svg"
            # Each run has its own times: a picture is only replaced when the guide says something else.
            if after != before or not path.exists():
                path.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
