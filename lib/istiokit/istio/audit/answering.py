"""What the routing model says: references that are right, and a host that does not answer all the same."""

from collections.abc import Callable, Collection, Iterator

from istiokit.findings import Finding, Severity
from istiokit.istio.audit.model import Rule, Subject
from istiokit.istio.routing.reasons import Reason
from istiokit.istio.routing.served import Answer
from istiokit.istio.serving import place_of

Judge = Callable[[Subject], Iterator[Finding]]


def _told(code: str, severity: Severity, reasons: Collection[Reason], remedy: str) -> Judge:
    """One finding for each host that does not answer for one of these reasons, with the first place."""

    def run(subject: Subject) -> Iterator[Finding]:
        for served in subject.served:
            if not any(is_told(one) for one in served.found):
                continue
            seen: set[tuple[str, str]] = set()
            for one in served.answers():
                if is_told(one) and (one.virtual_service, one.host) not in seen:
                    seen.add((one.virtual_service, one.host))
                    yield _finding(code, severity, one, remedy, subject)

    def is_told(one: Answer) -> bool:
        return one.reason in reasons and not one.answers

    return run


def _either(*judges: Judge) -> Judge:
    """What any of them finds."""

    def run(subject: Subject) -> Iterator[Finding]:
        for judge in judges:
            yield from judge(subject)

    return run


def _finding(code: str, severity: Severity, one: Answer, remedy: str, subject: Subject) -> Finding:
    hosts = subject.by_name[one.virtual_service].spec.hosts or ()
    path = f"spec.hosts[{hosts.index(one.host)}]" if one.host in hosts else "spec.hosts"
    word = "does not answer" if one.known else "may not answer"
    reason = f"{one.host} {word} on {place_of(one)}: {one.sentence}"
    told = remedy.format(gateway=one.gateway, other=one.other)
    return Finding(code, severity, f"VirtualService {one.virtual_service}", reason, told, path)


RULES = (
    Rule(
        code="VSG013",
        title="An older Gateway has the host: the 404 trap",
        severity=Severity.ERROR,
        why="Gateways select pods by label, across namespaces. Where the old and the new Gateway select the "
        "same pods and have the same TLS host, istiod takes the older one and skips the other's server, so "
        "a VirtualService that is bound to the new one alone answers 404 over https, on the new pods too.",
        remedy="Keep the reference to the old Gateway until it no longer selects the new pods: narrow its selector "
        "(`kubectl vs-gateways isolate`), or delete it.",
        run=_told(
            "VSG013",
            Severity.ERROR,
            {Reason.OLDER_GATEWAY},
            "bind it to {other} as well, or narrow the selector of {other} to its own pods first",
        ),
    ),
    Rule(
        code="VSG014",
        title="Nobody can tell whether it answers",
        severity=Severity.WARNING,
        why="It depends on which of two Gateways is older, and manifests in files have no creation time; or on the "
        "routes of a delegate that is not among the files; or istiod would make a listener that Envoy refuses. None "
        "of these is a pass.",
        remedy="Ask the cluster, where creation times are known, take the overlap of the two Gateways away, or name "
        "the file of the delegate as well.",
        run=_either(
            _told(
                "VSG014",
                Severity.WARNING,
                {Reason.UNKNOWN_ORDER, Reason.REJECTED},
                "run it on the cluster, or take the overlap of {gateway} and {other} away",
            ),
            _told(
                "VSG014",
                Severity.WARNING,
                {Reason.DELEGATE_UNKNOWN},
                "name the file that has {other} as well, or run it on the cluster",
            ),
        ),
    ),
    Rule(
        code="VSG015",
        title="Another VirtualService has the host",
        severity=Severity.WARNING,
        why="Of two VirtualServices for one host on one gateway the older comes first, and one with a closer "
        "host takes it from one with a wildcard. What the other routes never gets a request there.",
        remedy="Give each host to one VirtualService, or delegate from one to the other.",
        run=_told(
            "VSG015",
            Severity.WARNING,
            {Reason.OLDER_VIRTUAL_SERVICE, Reason.CLOSER_HOST},
            "give the host to one of the two, or let {other} delegate to it",
        ),
    ),
    Rule(
        code="VSG016",
        title="Another Gateway takes the connections",
        severity=Severity.WARNING,
        why="A server of another Gateway on the same pods has a closer host or another protocol on the same "
        "port, so connections never reach the Gateway that this VirtualService is bound to.",
        remedy="Bind the VirtualService to the Gateway that takes the connections, or separate the two.",
        run=_told(
            "VSG016",
            Severity.WARNING,
            {Reason.CLOSER_SERVER, Reason.PORT_CONFLICT},
            "bind it to {other} too, or keep {other} off these pods or this port",
        ),
    ),
)
