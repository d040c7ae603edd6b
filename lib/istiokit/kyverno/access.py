"""What Kyverno itself has to be allowed for the mutation policies of the suite. Pure.

Read in the sources of 1.12 to 1.19. The admission controller is given the object that it mutates, and asks for nothing.
The background controller reads and updates VirtualServices only for policies that mutate what exists (`targets`,
`mutateExisting`), which ours do not. The reports controller watches every kind that a policy is about: where it may not
get, list and watch VirtualServices it throws away what admission reports, and a MutatingPolicy does not become Ready
(condition RBACPermissionsGranted), though it mutates.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from istiokit.cluster.kinds import VIRTUAL_SERVICE
from istiokit.findings import Finding, Severity
from istiokit.istio.workloads import Deployment

REPORTS_UNREADABLE = "PR010"
"""Kyverno's reports controller may not read VirtualServices."""

COMPONENT = "app.kubernetes.io/component=reports-controller"
"""The label of its Deployment, in the chart and in Kyverno's own manifests."""
VERBS = ("get", "list", "watch")
"""What it does with VirtualServices."""
ROLE = "istio-migrate:kyverno:virtualservices"
_LABELS = {
    "app.kubernetes.io/managed-by": "istio-migrate",
    "rbac.kyverno.io/aggregate-to-reports-controller": "true",
}
"""The second is what the role of Kyverno's controller collects its rules by, from 1.13 on."""


@dataclass(frozen=True, slots=True)
class Account:
    """A ServiceAccount."""

    namespace: str
    name: str

    @property
    def user(self) -> str:
        """As the API server calls it."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"

    @property
    def groups(self) -> tuple[str, ...]:
        """Those that it is in, which a review has to be told."""
        return ("system:serviceaccounts", f"system:serviceaccounts:{self.namespace}", "system:authenticated")

    def __str__(self) -> str:
        return f"ServiceAccount {self.namespace}/{self.name}"


USUAL = Account("kyverno", "kyverno-reports-controller")
"""As the chart calls it, if the release is called kyverno."""


@dataclass(frozen=True, slots=True)
class Access:
    """Whether the reports controller may read VirtualServices."""

    account: Account | None
    """None where there is no such controller."""
    missing: tuple[str, ...] = ()
    unchecked: str = ""
    """Why nobody could tell; empty where it was asked."""


def account_of(deployments: Iterable[Deployment]) -> Account | None:
    """Whom the first of these Deployments works as."""
    for one in sorted(deployments, key=lambda one: (one.metadata.namespace or "", one.metadata.name)):
        name = one.spec.template.spec.service_account_name or "default"
        return Account(one.metadata.namespace or "default", name)
    return None


def findings(access: Access) -> tuple[Finding, ...]:
    """A warning where it may not: there never is a report about a VirtualService then."""
    if not access.missing or access.account is None:
        return ()
    return (
        Finding(
            REPORTS_UNREADABLE,
            Severity.WARNING,
            str(access.account),
            f"Kyverno's reports controller may not {', '.join(access.missing)} VirtualServices, so it reports on none",
            "grant it with `kubectl istio-migrate policy apply --grant`, or in the values of Kyverno's chart",
        ),
    )


def notes(access: Access) -> tuple[str, ...]:
    """What is not known, or not there."""
    if access.unchecked:
        what = "whether Kyverno's reports controller may read VirtualServices was not checked"
        return (f"{what}: {access.unchecked}",)
    if access.account is None:
        return ("Kyverno has no reports controller here, so there will be no reports about VirtualServices",)
    return ()


def role() -> dict[str, Any]:
    """The ClusterRole that grants it: aggregated, so that no role or binding of Kyverno's changes."""
    rule = {"apiGroups": [VIRTUAL_SERVICE.group], "resources": [VIRTUAL_SERVICE.plural], "verbs": list(VERBS)}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": ROLE, "labels": dict(_LABELS)},
        "rules": [rule],
    }
