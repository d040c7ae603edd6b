"""Whose SNI names the passthrough servers of one port have: a `tls` condition that comes too late is skipped whole.

Source: `buildGatewayNetworkFiltersFromTLSRoutes` with `model.CheckDuplicates` in
pilot/pkg/networking/core/gateway.go.
"""

from itertools import chain

from istiokit.istio.routing.attached import Attached
from istiokit.istio.routing.chains import Chain
from istiokit.istio.routing.names import HostTable, within
from istiokit.istio.routing.parts import Part, is_before


class SniNames:
    """Who has which name, with the VirtualServices in the order that is assumed."""

    def __init__(self) -> None:
        self.contested: HostTable[list[str]] = HostTable()
        """Names of which nobody can tell whose they are for want of an age, with the VirtualServices that want them."""
        self._chains: dict[str, Chain] = {}
        self._claims: list[tuple[tuple[str, ...], Part]] = []
        self._passed: dict[int, list[tuple[tuple[str, ...], str]]] = {}
        """By the `id` of a VirtualService: the names of a condition that is skipped, and because of which other one."""

    def claim(self, names: tuple[str, ...], part: Part) -> Chain | None:
        """The chain that a condition makes; None where one of its names has one already."""
        self._claims.append((names, part))
        known = list({id(one): one for name in names if (one := self._chains.get(name))}.values())
        for other in known:
            self._pass_over(names, part, other)
        if known:
            return None
        made = Chain(part[1].kind, [part[1]], takers=[part])
        self._chains.update(dict.fromkeys(names, made))
        return made

    def _pass_over(self, names: tuple[str, ...], part: Part, taken: Chain) -> None:
        first = taken.takers[0]
        taken.takers.append(part)
        if first[0] is part[0]:
            return
        self._passed.setdefault(id(part[0]), []).append((names, first[0].name))
        if is_before(first, part) is None:
            self._doubt(names, part)

    def spread(self) -> None:
        """Carry doubt on: which condition has a contested name decides whether its other names are taken too."""
        rest, before = self._claims, 0
        while len(self.contested) > before:
            before = len(self.contested)
            sure = []
            for names, part in rest:
                if any(name in self.contested for name in names):
                    self._doubt(names, part)
                else:
                    sure.append((names, part))
            rest = sure

    def _doubt(self, names: tuple[str, ...], part: Part) -> None:
        for name in names:
            rivals = self.contested.get(name)
            if rivals is None:
                self.contested.set(name, [part[0].name])
            else:
                rivals.append(part[0].name)

    def passed_over(self, item: Attached, host: str) -> str | None:
        """The VirtualService because of which a condition of the other one for the host is skipped."""
        found = self._passed.get(id(item), ())
        return next((by for names, by in found if any(within(host, name) for name in names)), None)

    def rival(self, item: Attached, host: str) -> str | None:
        """Another VirtualService on whose age it depends who has the host; rather one that wants the same host."""
        close = self.contested.find(host) or []
        everybody = (name for _, rivals in self.contested.items() for name in rivals)
        return next((name for name in chain(close, everybody) if name != item.name), None)
