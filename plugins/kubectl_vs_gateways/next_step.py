"""What to run next, as the list and the audit say it after their summary."""

import shlex
from collections.abc import Sequence

from istiokit.istio.bindings import Binding, Sides
from istiokit.istio.listing import BindingRow, by_state
from istiokit.ui.pairs import Given
from kubectl_vs_gateways.scope import Scope


def next_line(found: Sequence[BindingRow], sides: Sides, prog: str, scope: Scope, given: Given) -> str:
    """The command for what comes first, with its reason; empty where nothing is left to do."""
    words, why = next_step(found, sides, scope, given)
    return f"next: {prog} {words} ({why})" if words else ""


def next_step(found: Sequence[BindingRow], sides: Sides, scope: Scope, given: Given) -> tuple[str, str]:
    """The words of that command and its reason; both empty where nothing is left to do.

    References that lead nowhere come first, then what is bound to an old Gateway alone, then the old Gateways.
    """
    states = by_state(found)
    olds = sorted(old for old in sides.successors if sides.known is None or old in sides.known)
    if number := states.get(Binding.BROKEN):
        refer = "refers" if number == 1 else "refer"
        return f"--audit{_flags(scope, given)}", f"{number} {refer} to a Gateway that does not exist"
    if number := states.get(Binding.OLD_ONLY):
        return f"add{_flags(scope, given)} --dry-run", f"{number} not bound to the new gateways yet"
    if olds and (states.get(Binding.BOTH) or states.get(Binding.NEW_ONLY)):
        return (
            f"can-drop {olds[0]}{_files(scope)}",
            "whether the old gateway may go, and what comes before that",
        )
    return "", ""


def _flags(scope: Scope, given: Given) -> str:
    """The words that choose the same VirtualServices and pairs again, with a space before."""
    words = [shlex.quote(name) for name in scope.names]
    namespace = ["-n", shlex.quote(scope.namespace)] if scope.namespace else []
    words += ["-A"] if scope.all_namespaces else namespace
    words += ["-l", shlex.quote(scope.selector)] if scope.selector else []
    words += ["--field-selector", shlex.quote(scope.field_selector)] if scope.field_selector else []
    pairs = [f"--map {shlex.quote(pair)}" for pair in given.maps]
    pairs += [f"--map-file {shlex.quote(name)}" for name in given.filenames]
    return "".join(f" {word}" for word in (*words, *pairs)) + _files(scope)


def _files(scope: Scope) -> str:
    words = [word for name in scope.filenames for word in ("-f", name)]
    words += ["-R"] if scope.recursive else []
    words += ["--gateways", scope.gateways] if scope.gateways else []
    return "".join(f" {shlex.quote(word)}" for word in words)
