"""The rig for people: `python -m tests.tools build|run|up|down|list`, which the Makefile uses.

Exit codes: 0 done, 1 not possible (one reason on stderr), 2 wrong usage. `up` prints nothing on stdout but
the line that makes kubectl use the rig: eval "$(python -m tests.tools up flux)".
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import time

from tests.tools import build, detached, shells
from tests.tools.golang import BuildError
from tests.tools.parts import PARTS
from tests.tools.process import RigError
from tests.tools.recipes import RECIPES


def main(argv: list[str] | None = None) -> int:
    """Runs one command and returns the exit code."""
    args = _parser().parse_args(argv)
    try:
        code: int = args.command(args)
    except (BuildError, RigError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except ValueError as error:  # the name of a part
        print(f"error: {error}", file=sys.stderr)
        return 2
    return code


def _build(args: argparse.Namespace) -> int:
    code = build.main(args.names)
    if not (args.names or code):
        shells.main()
    return code


def _run(args: argparse.Namespace) -> int:
    program = build.tool(args.name)
    os.execv(program, [str(program), *args.words])


def _up(args: argparse.Namespace) -> int:
    started = time.monotonic()
    kubeconfig = detached.up(args.name, args.parts)
    print(f"rig {args.name} is up after {time.monotonic() - started:.1f} s", file=sys.stderr)
    print(f"export KUBECONFIG={shlex.quote(str(kubeconfig))}")
    return 0


def _down(args: argparse.Namespace) -> int:
    done = detached.down(args.name)
    print(f"rig {args.name} is {'down' if done else 'not there'}", file=sys.stderr)
    return 0


def _list(_args: argparse.Namespace) -> int:
    for name in detached.names():
        print(f"{name}: {detached.describe(detached.read_state(detached.folder_of(name)))}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.tools", description="The rig of real servers.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("build", help="build tools that are not in the cache yet")
    one.add_argument(
        "names", nargs="*", metavar="TOOL", help=f"default: the shells, and all of {', '.join(RECIPES)}"
    )
    one.set_defaults(command=_build)

    one = commands.add_parser("run", help="run one tool, which is built first if need be")
    one.add_argument("name", choices=sorted(RECIPES), metavar="TOOL")
    one.add_argument("words", nargs=argparse.REMAINDER, metavar="WORD")
    one.set_defaults(command=_run)

    one = commands.add_parser("up", help="start a rig and print the line that makes kubectl use it")
    one.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}")
    one.set_defaults(command=_up)
    one.add_argument("--name", default="default", help="for more than one rig (default: %(default)s)")

    one = commands.add_parser("down", help="end a rig that `up` started")
    one.add_argument("--name", default="default", help="which one (default: %(default)s)")
    one.set_defaults(command=_down)

    commands.add_parser("list", help="the rigs that `up` started").set_defaults(command=_list)
    return parser


if __name__ == "__main__":
    sys.exit(main())
