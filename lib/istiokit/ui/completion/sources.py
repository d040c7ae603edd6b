"""The candidates of each source: the kubeconfig and the files here, the cluster in live.py, imported for it alone."""

from collections.abc import Callable, Mapping

from istiokit.ui.completable import Completer, Runs, Source
from istiokit.ui.completion.look import Look
from istiokit.ui.completion.protocol import Candidate, Directive

MANIFESTS = ("yaml", "yml", "json")
"""How the names of files end that hold manifests or values."""


def fill(completer: Completer, look: Look) -> None:
    """Add the candidates of one completer; raises SuiteError where they cannot be had."""
    if isinstance(completer, str):
        look.offer(completer)
    elif isinstance(completer, Source) and completer in _HERE:
        _HERE[completer](look)
    elif isinstance(completer, Source | Runs):
        from istiokit.ui.completion.live import look_up

        look_up(completer, look)
    else:
        for word, text in completer():
            look.offer(word, text)


def needs_cluster(completer: Completer) -> bool:
    """Whether it may take as long as a server does."""
    return isinstance(completer, Runs) or (isinstance(completer, Source) and completer not in _HERE)


def _files(look: Look, directive: Directive, *extensions: str) -> None:
    """Leave it to the shell, which completes no files in the middle of a word, nor among other candidates.

    So a word that may stand for a file is offered only once it was begun.
    """
    if not look.prefix:
        look.found.clear()
    if not look.found and not look.asked.glued:
        look.found += [Candidate(extension) for extension in extensions]
        look.directive = directive


def _entries(section: str) -> Callable[[Look], None]:
    def read(look: Look) -> None:
        from istiokit.cluster.live_kubeconfig import entries

        for name in entries(look.typed.last("kubeconfig") or None)[section]:
            look.offer(name)

    return read


_HERE: Mapping[Source, Callable[[Look], None]] = {
    Source.FILES: lambda look: _files(look, Directive.EXTENSIONS, *MANIFESTS),
    Source.ANY_FILES: lambda look: _files(look, Directive.DEFAULT),
    Source.FOLDERS: lambda look: _files(look, Directive.FOLDERS),
    Source.CONTEXTS: _entries("contexts"),
    Source.CLUSTERS: _entries("clusters"),
    Source.USERS: _entries("users"),
}
