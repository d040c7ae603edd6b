"""What to run next, as the status and its short form say it. Pure."""

from collections.abc import Sequence

from istiokit.bigbang.place import Place
from istiokit.bigbang.status import Status
from istiokit.cluster.unread import Unread
from istiokit.ui.overview import Next, nothing_left
from kubectl_istio_migrate.main import APP


def steps(
    status: Status, unread: Sequence[Unread], there: str, others: str, *, detailed: bool = False
) -> list[Next]:
    """The commands; `there` is this plugin with the flags that lead to what was read, `others` those of other plugins.

    `detailed` where the page that they end says already what is left behind.
    """
    if status.next:
        helps = {command.name: command.help for command in APP.commands}
        why = helps[status.next.split()[0]]
        return [Next(f"{there} {status.next}", f"{why[0].lower()}{why[1:]}")]
    if any(item.kind == "HelmRelease" and not item.missing for item in unread):
        return [nothing_left(unread)]  # the umbrella could not be looked for, so no step can be named
    found = []
    if stranded(status):
        found.append(Next(f"kubectl vs-gateways{others}", "where each is bound, and what to do about it"))
    if status.old_sidecars:
        found.append(Next(f"kubectl recycle-injected list{others}", "which sidecars are stale, and why"))
    if status.leftovers:
        found.append(
            Next("", "remove what is left behind, as it says above")
            if detailed
            else Next(f"{there} status", "what is left behind, and how to remove it")
        )
    return found or [_nothing(status, unread)]


def stranded(status: Status) -> dict[str, int]:
    """How many VirtualServices the new gateways do not serve, by how they are bound."""
    bound = {name: status.virtual_services.get(name, 0) for name in ("broken", "old-only")}
    return {name: number for name, number in bound.items() if number}


def _nothing(status: Status, unread: Sequence[Unread]) -> Next:
    if status.place is Place.PLAIN and all(item.missing for item in unread):
        return Next("", "the steps are for Big Bang, and there is none; nothing else is left to do here")
    return nothing_left(unread, empty=status.place is Place.NONE)
