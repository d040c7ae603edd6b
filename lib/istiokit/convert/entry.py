"""One old ingress or egress gateway as an entry of `istioGateway.values.gateways`. Pure.

An entry `public` makes a HelmRelease, a Deployment, a Service and a Gateway, all called `public-ingressgateway`, so
there is an entry for each old workload and not for each old Gateway (Big Bang 2.51.0 to 3.0.0, chart/templates/
istio-gateway; istio-gateway 1.25.2, chart/templates/gateway.yaml).
"""

from collections.abc import Sequence

from istiokit.convert.choices import Choices
from istiokit.convert.model import CarriedSecret, Ledger, Path, Values, at, put
from istiokit.convert.node_ports import LoadBalancer, renumbered, unnamed
from istiokit.convert.old import EGRESS, OldWorkload
from istiokit.convert.old_gateways import Certificate, OldGateway
from istiokit.convert.resources import Resources
from istiokit.convert.secrets import say_of_halves, secrets_of
from istiokit.convert.servers import BY_DEFAULT, contested, credentials, default_servers, merged, told
from istiokit.convert.succession import HOME, NewGateways, full_name, home_of, short_name, succeed

_OF_CHART = (
    *("app", "istio", "helm.sh/chart", "sidecar.istio.io/inject", "istio.io/rev"),
    *(f"app.kubernetes.io/{key}" for key in ("name", "instance", "managed-by", "part-of", "version")),
)
"""Labels that the gateway chart writes itself: a second time they would be duplicate keys."""


class Entry:
    """One new gateway in the making."""

    def __init__(
        self,
        workload: OldWorkload,
        bound: Sequence[OldGateway],
        user: Values,
        values: Values,
        choices: Choices,
        ledger: Ledger,
    ) -> None:
        self._workload, self._bound, self._user, self._values = workload, bound, user, values
        self._choices, self._ledger = choices, ledger
        self._name = short_name(workload)
        self._home: Path = (*HOME, self._name)
        self._entry: Values = {}

    def write(self, found: NewGateways) -> None:
        """Add the entry to the others."""
        certificates = [one for gateway in self._bound for one in gateway.certificates]
        made = {one.name for one in certificates}
        secrets = secrets_of(
            certificates,
            credentials(self._bound) - made,
            self._user,
            self._home,
            self._choices.release.certificate_key,
            self._ledger,
            external=self._choices.external_certificates,
        )
        self._entry |= secrets.values
        for gateway in self._bound:
            say_of_halves(gateway.name, self._user, self._ledger)
        self._servers(secrets.names)
        resources = Resources(self._workload, (*self._home, "upstream"), self._ledger)
        resources.convert()
        upstream: Values = {"labels": self._labels(), **resources.upstream}
        self._service(upstream)
        if self._choices.balancer is not None:
            _scaled(upstream)
        self._entry["upstream"] = upstream
        self._policies()
        found.values[self._name] = self._entry
        found.secrets += [self._carried(place, one) for place, one in secrets.places]
        found.secret_names[full_name(self._workload)] = secrets.names
        if resources.patches:
            found.patches[self._name] = resources.patches
        succeed(self._workload, self._bound, self._user, made, found)

    def _carried(self, place: Path, one: Certificate) -> CarriedSecret:
        every = (server for gateway in self._bound for server in gateway.servers)
        hosts = (
            host for server in every if server.tls.get("credentialName") == one.name for host in server.hosts
        )
        return CarriedSecret(place, one.home, one.name, tuple(dict.fromkeys(hosts)))

    def _servers(self, secrets: dict[str, str]) -> None:
        """All servers of all Gateways on it, unless the chart has the very same by itself."""
        renamed = merged(self._bound, secrets, alb=self._choices.balancer is LoadBalancer.ALB)
        usual = renamed == default_servers(self._name, self._values)
        if not usual:
            self._entry["gateway"] = {"servers": renamed}
        for gateway in self._bound:
            self._spoken(gateway, usual=usual)
        for first, second, host in contested(self._bound):
            port = second.port["number"]
            why = (
                f"{host} is on port {port} twice, and one of the two is served: so far age has decided which"
            )
            todo = f"decide, and take the other out (the first says {told(first)}, this one {told(second)})"
            self._ledger.lost(second.home, why, todo)

    def _spoken(self, gateway: OldGateway, *, usual: bool) -> None:
        to = (*self._home, "gateway", "servers")
        for home in (("istio", "gateways", gateway.name), ("istio", "values", "gateways", gateway.name)):
            for key in ("hosts", "ports", "servers", "autoHttpRedirect"):
                self._say((*home, key), to, usual=usual)
            for key in ("mode", "credentialName", "minProtocolVersion", "httpsRedirect"):
                self._say((*home, "tls", key), to, usual=usual)
            for key in ("ingressGateway", "selector"):
                self._ledger.carried((*home, key), self._home)
            self._ledger.default((*home, "enabled"), "an entry is on by being there")
            self._unheard(home, gateway.name)

    def _say(self, path: Path, to: Path, *, usual: bool) -> None:
        if usual:
            self._ledger.default(path, "the new chart has the same by itself")
        else:
            self._ledger.carried(path, to)

    def _unheard(self, home: Path, name: str) -> None:
        """What stands in a server and never had an effect."""
        servers = at(self._user, (*home, "servers"))
        for index, one in enumerate(servers if isinstance(servers, list) and home[1] == "gateways" else []):
            place: Path = (*home, "servers", index)
            if at(one, ("autoHttpRedirect",)) is not None:
                why = f"the old chart reads istio.gateways.{name}.autoHttpRedirect alone"
                self._ledger.default((*place, "autoHttpRedirect"), why)
            if at(one, ("tls", "minProtocolVersion")) is not None:
                why = f"the old chart reads istio.gateways.{name}.tls.minProtocolVersion alone"
                self._ledger.default((*place, "tls", "minProtocolVersion"), why)

    def _labels(self) -> Values:
        """Those of the pods. `app` and `istio` select them: they are the chart's."""
        extra = self._workload.extra_labels
        for home in self._workload.homes:
            self._ledger.carried((*home, "extraLabels"), (*self._home, "upstream", "labels"))
            for key in filter(_OF_CHART.__contains__, extra):
                if key == "istio" and extra[key] == self._workload.type:
                    self._ledger.default((*home, "extraLabels", key), "the new chart has it too")
                else:
                    todo = "use another label where something selects by it"
                    self._ledger.lost(
                        (*home, "extraLabels", key), "the new chart sets this label itself", todo
                    )
        kept = {key: value for key, value in extra.items() if key not in _OF_CHART}
        return {"istio": self._workload.type, **kept}

    def _service(self, upstream: Values) -> None:
        told = self._workload.type == EGRESS or at(self._workload.spec, ("service", "ports"))
        balancer = self._choices.balancer
        kind = {
            LoadBalancer.NLB: "NodePort",
            LoadBalancer.ALB: "NodePort",
            LoadBalancer.SERVICE: "LoadBalancer",
        }
        if balancer is not None:
            put(upstream, ("service", "type"), kind[balancer])
        elif not at(upstream, ("service", "type")):
            put(upstream, ("service", "type"), self._workload.usual_type)
        there = at(self._user, (*self._home, "upstream", "service", "ports"))
        if told or balancer in (LoadBalancer.NLB, LoadBalancer.ALB):
            # Numbers that were given out before stay: the second run would find others.
            again = there if self._choices.ports.could_have_given(there, self._workload.ports) else None
            ports = again or renumbered(
                self._workload.ports, self._name, self._choices.ports, balancer, home_of(self._workload)
            )
            put(upstream, ("service", "ports"), ports)
        to: Path = (*self._home, "upstream", "service")
        for place in self._workload.homes:
            self._ledger.carried((*place, "type"), (*to, "type"))
            self._ledger.carried((*place, "nodePortBase"), (*to, "ports"))
            self._ledger.default((*place, "enabled"), "an entry is on by being there")
        for place in self._workload.specs:
            self._ledger.carried((*place, "service", "ports"), (*to, "ports"))
            for index, one in enumerate(self._workload.ports):
                if unnamed(one) != one:
                    todo = f"see that {unnamed(one)['targetPort']} is the number that {one['targetPort']} stood for"
                    why = "the new chart takes a number here, and no name"
                    self._ledger.lost((*place, "service", "ports", index, "targetPort"), why, todo)

    def _policies(self) -> None:
        """Of public and passthrough the umbrella says whether there are NetworkPolicies; of others the chart does."""
        if self._name not in BY_DEFAULT and at(self._values, ("networkPolicies", "enabled")) is False:
            self._entry["networkPolicies"] = {"enabled": False}


def _scaled(upstream: Values) -> None:
    """As in the guide, unless the old values say otherwise."""
    scale = upstream.setdefault("autoscaling", {})
    upstream["autoscaling"] = {"minReplicas": 2, "maxReplicas": 5, **scale}
