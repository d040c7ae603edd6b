"""The flags that `step1` and `step2` share."""

import argparse
from dataclasses import dataclass

from istiokit.errors import UsageError
from istiokit.ui import codes, options
from istiokit.ui.completable import Source, completed_by
from istiokit.ui.parser import Parser
from kubectl_istio_migrate import flags


@dataclass(frozen=True, slots=True)
class Options:
    """What to change, how carefully, and how to show it."""

    namespace: str
    filenames: tuple[str, ...]
    recursive: bool
    git_dir: str
    dry_run: str
    output: str
    allow: tuple[str, ...]
    timeout: float
    bigbang_version: str
    journal_namespace: str


def configure(parser: Parser) -> None:
    """The flags of both steps."""
    parser.examples = (
        ("Show the plan, change nothing", "--dry-run"),
        ("Change the cluster of the current context", ""),
        (
            "Git owns the values: edit a clone, then wait for Flux to bring the edit",
            "--git-dir ~/src/my-bigbang",
        ),
        ("Change a values file, without a cluster", "-f values.yaml"),
    )
    parser.exit_one = "not done: a finding stops it, a no, a time-out, an edit left to Git"
    parser.details = (
        "`--git-dir` is a clone of the repository that owns the values. The edit is made there; it is never "
        "committed or pushed. The command then waits for Flux to bring it.",
    )
    options.add_namespace(parser, what="Namespace of the umbrella HelmRelease (default: wherever it is).")
    options.add_files(parser)
    clone = parser.add_argument(
        "--git-dir",
        metavar="DIR",
        default="",
        help="Clone of the repository that owns the values: edit there.",
    )
    completed_by(clone, Source.FOLDERS)
    options.add_dry_run(parser)
    options.add_confirmation(parser, codes.checks)
    options.add_timeout(parser, "30m")
    flags.add_bigbang_version(parser)
    options.add_journal_namespace(parser, default="")
    options.add_output(parser, headers=False)
    options.add_connection(parser)


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value; raises UsageError for flags that exclude each other."""
    if namespace.filenames and namespace.git_dir:
        raise UsageError("-f and --git-dir exclude each other", "name the files of the clone with -f")
    return Options(
        namespace=namespace.namespace,
        filenames=tuple(namespace.filenames),
        recursive=namespace.recursive,
        git_dir=namespace.git_dir,
        dry_run=namespace.dry_run,
        output=namespace.output,
        allow=tuple(code.upper() for code in namespace.allow),
        timeout=namespace.timeout,
        bigbang_version=namespace.bigbang_version,
        journal_namespace=namespace.journal_namespace,
    )
