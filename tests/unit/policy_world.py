"""A cluster in memory whose mutation policies act on VirtualServices, and which answers SubjectAccessReviews."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from istiokit.cluster.live_failures import NoAnswer
from istiokit.cluster.types import Ref
from istiokit.errors import Forbidden
from istiokit.kyverno.access import ROLE
from istiokit.kyverno.grants import Grant, grants_of
from istiokit.kyverno.standing import is_one_way, told_mapping
from tests.fakes import FakeCluster
from tests.unit.kyverno_cases import Manifest, mutated

KYVERNO = ("ClusterPolicy", "MutatingPolicy")
KINDS = (*KYVERNO, "MutatingAdmissionPolicy")
NAME = "istio-migrate-gateways"
ACCOUNT = "kyverno-reports-controller"
READY: dict[str, Manifest] = {
    "ClusterPolicy": {"conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded"}]},
    "MutatingPolicy": {"conditionStatus": {"ready": True, "conditions": []}},
}
"""What Kyverno says of a policy that is in force."""


def reports_controller(namespace: str = "kyverno", account: str = ACCOUNT) -> Manifest:
    """The Deployment of Kyverno's reports controller."""
    labels = {"app.kubernetes.io/component": "reports-controller", "app.kubernetes.io/part-of": "kyverno"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": ACCOUNT, "namespace": namespace, "labels": labels},
        "spec": {"template": {"spec": {"serviceAccountName": account, "containers": []}}},
    }


class PolicyCluster(FakeCluster):
    """Policies act on every write and dry run, as their annotations say, once `delay` tries are over."""

    def __init__(self, objects: Iterable[Mapping[str, Any]] = (), **more: Any) -> None:
        super().__init__(objects, **more)
        self.delay = 0
        """How many writes of VirtualServices a policy does not see yet."""
        self.status = dict(READY)
        """What Kyverno says of each policy that is made."""
        self.readers: set[str] = set()
        """The users who may read VirtualServices; those of the ClusterRole come on top."""
        self.aggregates = True
        """Whether Kyverno's role collects the rules of ours."""
        self.excluded: set[str] = set()
        """Namespaces that the policies leave out, as Kyverno does its own."""
        self.is_down = False
        """Whether Kyverno's webhooks answer."""

    def create(self, manifest: Mapping[str, Any], *, dry_run: bool = False) -> Manifest:
        if manifest["kind"] == "SubjectAccessReview":
            return self._reviewed(manifest)
        return self._told(super().create(manifest, dry_run=dry_run), dry_run)

    def replace(self, manifest: Mapping[str, Any], *, dry_run: bool = False) -> Manifest:
        return self._told(super().replace(manifest, dry_run=dry_run), dry_run)

    def _told(self, made: Manifest, dry_run: bool) -> Manifest:
        """Kyverno says how it stands with a policy as soon as it is written."""
        if not dry_run and made["kind"] in self.status:
            self.put({**made, "status": self.status[made["kind"]]})
        return made

    def grants(self) -> tuple[Grant, ...]:
        """What the policies do that are there."""
        found: dict[Grant, None] = {}
        for ref, item in list(self._objects.items()):
            told = told_mapping(item["metadata"].get("annotations") or {})
            if ref.kind in KINDS and told and self._is_bound(ref):
                one_way = is_one_way(item["metadata"]["annotations"])
                found |= dict.fromkeys(grants_of(told, one_way=one_way))
        return tuple(found)

    def _is_bound(self, ref: Ref) -> bool:
        binding = Ref("MutatingAdmissionPolicyBinding", ref.name)
        return ref.kind != "MutatingAdmissionPolicy" or binding in self._objects

    def _reviewed(self, manifest: Mapping[str, Any]) -> Manifest:
        if ("create", "SubjectAccessReview") in self.denied:
            raise Forbidden("create", "subjectaccessreviews.authorization.k8s.io")
        granted = self.aggregates and Ref("ClusterRole", ROLE) in self._objects
        allowed = granted or manifest["spec"]["user"] in self.readers
        return {**manifest, "status": {"allowed": allowed}}

    def _write(
        self,
        verb: str,
        method: str,
        ref: Ref,
        change: Callable[[Manifest | None], Manifest],
        *,
        dry_run: bool,
    ) -> Manifest:
        if ref.kind in (*KYVERNO, "VirtualService") and self.is_down:
            raise NoAnswer(
                f'{method} {ref}: answered 500: failed calling webhook "kyverno.svc-fail"', "try again"
            )
        if ref.kind == "VirtualService":
            made = change
            acts = self.delay == 0 and ref.namespace not in self.excluded
            grants = self.grants() if acts else ()
            self.delay = max(0, self.delay - 1)
            change = lambda old: mutated(made(old), grants)  # noqa: E731 - it wraps the one before
        return super()._write(verb, method, ref, change, dry_run=dry_run)
