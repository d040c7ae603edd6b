"""Several VirtualServices with the same host: who is left with what.

istiod puts their routes behind one another, oldest VirtualService first and routes that take everything last
(`SortVHostRoutes`); Envoy takes the first that matches. So an older VirtualService takes away only what its
conditions on paths alone cover, and the rest is answered by both.
"""

from itertools import groupby

from istiokit.istio.model import Match
from istiokit.istio.routing.attached import Attached
from istiokit.istio.routing.facts import Workload
from istiokit.istio.routing.parts import Outcome, Part, is_before
from istiokit.istio.routing.paths import Claims
from istiokit.istio.routing.reasons import RANK, Reason


def who_is_first(takers: list[Part], item: Attached) -> Outcome:
    """For one of the VirtualServices that would have a whole chain (TLS, TCP): whether it is the one that gets it."""
    mine = next(part for part in takers if part[0] is item)
    others = [(part, is_before(part, mine)) for part in takers if part[0] is not item]
    for wanted, reason in ((True, Reason.OLDER_VIRTUAL_SERVICE), (None, Reason.UNKNOWN_ORDER)):
        for part, before in others:
            if before is wanted:
                return reason, mine[1].gateway, part[0].name
    return Reason.ANSWERS, mine[1].gateway, ""


def shared(parts: list[Part], workload: Workload) -> dict[int, Outcome]:
    """What each VirtualService of a virtual host is left with, by its `id`; the best, if it has several parts."""
    sure: Claims[Attached] = Claims()
    perhaps: Claims[Attached] = Claims()
    found: dict[int, Outcome] = {}
    for _, group in groupby(sorted(parts, key=_turn), key=lambda part: part[2]):
        turn = [(part, _matches(part, workload)) for part in group]
        doubtful = [one for one in turn if not one[0][0].known_age]
        for part, matches in doubtful:
            perhaps.add(matches, part[0])
        late: Claims[Attached] = Claims()
        for part, matches in turn:
            late.add(matches, part[0])
        for part, matches in doubtful:
            _judge(part, matches, sure, (perhaps, late), found)
        for part, matches in turn:
            if part[0].known_age:
                _judge(part, matches, sure, (perhaps,), found)
                sure.add(matches, part[0])
                perhaps.add(matches, part[0])
        for part, matches in doubtful:
            sure.add(matches, part[0])
    return found


def _judge(
    part: Part,
    matches: list[Match],
    sure: Claims[Attached],
    perhaps: tuple[Claims[Attached], ...],
    found: dict[int, Outcome],
) -> None:
    item, server, _ = part
    outcome = Reason.ANSWERS, server.gateway, ""
    takers = [sure.taker(match, item) for match in matches]
    maybe = [next(filter(None, (one.taker(match, item) for one in perhaps)), None) for match in matches]
    if all(takers):
        outcome = Reason.OLDER_VIRTUAL_SERVICE, server.gateway, _last(takers)
    elif all(one or other for one, other in zip(takers, maybe, strict=True)):
        outcome = Reason.UNKNOWN_ORDER, server.gateway, _last(maybe)
    known = found.get(id(item))
    if known is None or RANK[outcome[0]] < RANK[known[0]]:
        found[id(item)] = outcome


def _last(takers: list[Attached | None]) -> str:
    return next((one.name for one in reversed(takers) if one is not None), "")


def _turn(part: Part) -> tuple[tuple[int, int], tuple[str, str, str]]:
    return part[2], part[0].age


def _matches(part: Part, workload: Workload) -> list[Match]:
    item, server, _ = part
    return list(item.http_matches(server.gateway, server.number, workload))
