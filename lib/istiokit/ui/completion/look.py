"""One look for candidates: what was typed, how to reach the cluster, and what was found so far."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from istiokit.ui.completion.protocol import Candidate, Directive
from istiokit.ui.completion.words import Asked, Typed
from istiokit.ui.connection import Connection

if TYPE_CHECKING:  # imported by those that ask it
    from istiokit.cluster.types import Cluster

REQUEST_SECONDS = 1.0
"""What one request may take: longer than anybody waits for the answer."""


@dataclass
class Look:
    """Filled from a thread that may be left alone: what is in `found` counts, even where more was to come."""

    asked: Asked
    connector: Callable[[Connection], "Cluster"]
    found: list[Candidate] = field(default_factory=list)
    directive: Directive = Directive.NO_FILES

    @property
    def typed(self) -> Typed:
        """The words before."""
        return self.asked.typed

    @property
    def prefix(self) -> str:
        """How the candidates begin."""
        return self.asked.prefix

    @cached_property
    def cluster(self) -> "Cluster":
        """The one that the typed flags name."""
        return self.connector(self.connection())

    def connection(self) -> Connection:
        """The connection flags among the typed words."""
        typed = self.typed
        return Connection(
            kubeconfig=typed.last("kubeconfig"),
            context=typed.last("context"),
            cluster=typed.last("cluster"),
            user=typed.last("user"),
            as_user=typed.last("as_user"),
            as_groups=typed.values.get("as_groups", ()),
            request_timeout=REQUEST_SECONDS,
            namespace=typed.last("namespace", "namespaces"),
        )

    def offer(self, word: str, help_text: str = "") -> None:
        """A candidate, if it begins as the word does, and is not among the operands already."""
        if word.startswith(self.prefix) and word not in self.asked.taken:
            self.found.append(Candidate(f"{self.asked.glued}{word}", help_text))

    def begin(self, word: str, help_text: str = "") -> None:
        """The first part of a candidate, which is to be typed on: no space behind it."""
        before = len(self.found)
        self.offer(word, help_text)
        if len(self.found) > before:
            self.directive |= Directive.NO_SPACE
