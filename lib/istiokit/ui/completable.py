"""What completes a flag or an operand in the shell, said where it is defined. ui/completion/ answers the shell."""

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto


class Source(Enum):
    """Where candidates come from that are not known beforehand."""

    FILES = auto()
    """Files with manifests or values, and folders."""
    ANY_FILES = auto()
    FOLDERS = auto()
    CONTEXTS = auto()
    CLUSTERS = auto()
    USERS = auto()
    NAMESPACES = auto()
    VIRTUAL_SERVICES = auto()
    HOSTS = auto()
    """Those of the VirtualService that is the first operand."""
    GATEWAYS = auto()
    PAIRS = auto()
    """OLD=NEW, of Gateways."""
    WORKLOADS = auto()
    """KIND/NAME."""
    HELM_RELEASES = auto()
    POLICIES = auto()
    """Mutation policies of any engine."""
    REVISIONS = auto()
    """OLD=NEW, of revisions and tags of Istio."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Ids in the journal, of the migrations of these modules (their MIGRATION)."""

    modules: tuple[str, ...]


Words = Callable[[], Iterable[tuple[str, str]]]
"""Words with what they mean, known without a cluster, but only after an import."""
Completer = Source | Runs | str | Words


@dataclass(frozen=True, slots=True)
class Completion:
    """What completes one flag or operand: any of these."""

    first: tuple[Completer, ...] = ()
    later: tuple[Completer, ...] = ()
    """Of an operand that takes several words: what completes the ones after the first."""


_KEY = "completed_by"


def completed_by(
    action: argparse.Action, *completers: Completer, later: Iterable[Completer] | None = None
) -> None:
    """Say what completes the value: words as they are, and sources. Choices complete themselves."""
    vars(action)[_KEY] = Completion(completers, completers if later is None else tuple(later))


def completion_of(action: argparse.Action) -> Completion:
    """What was said by `completed_by`; nothing where nothing was."""
    found = vars(action).get(_KEY)
    return found if isinstance(found, Completion) else Completion()
