"""Whether Kyverno says that a policy is in force, and whether it may read what it reports on."""

from typing import Any

import pytest

from istiokit.cluster.types import Ref
from istiokit.istio.workloads import Deployment
from istiokit.kyverno.access import ROLE, USUAL, Access, Account, account_of, findings, notes, role
from istiokit.kyverno.readiness import unready
from istiokit.survey.kyverno_access import missing_verbs, read_access
from tests.unit.policy_world import PolicyCluster, reports_controller


def condition(type_: str, status: str, message: str = "") -> dict[str, Any]:
    return {"type": type_, "status": status, "message": message, "reason": "Failed"}


GRANTED = "RBACPermissionsGranted"


@pytest.mark.parametrize(
    ("kind", "status", "reason"),
    [
        ("ClusterPolicy", {"conditions": [condition("Ready", "True")]}, ""),
        ("ClusterPolicy", {"conditions": [condition("Ready", "False", "Not Ready")]}, "Ready: Not Ready"),
        ("ClusterPolicy", {"ready": True}, ""),
        ("ClusterPolicy", {}, "Kyverno has not said anything about it yet"),
        ("MutatingPolicy", {"conditionStatus": {"ready": True}}, ""),
        ("MutatingPolicy", {}, "Kyverno has not said anything about it yet"),
        ("MutatingPolicy", {"conditionStatus": {"ready": False}}, "Kyverno has not said anything about it yet"),
        (
            "MutatingPolicy",
            {"conditionStatus": {"ready": False, "conditions": [condition("WebhookConfigured", "False", "not yet")]}},
            "WebhookConfigured: not yet",
        ),
        (  # it mutates, and only reports are missing
            "MutatingPolicy",
            {
                "conditionStatus": {
                    "ready": False,
                    "conditions": [condition("WebhookConfigured", "True"), condition(GRANTED, "False", "no list")],
                }
            },
            "",
        ),
        ("MutatingPolicy", {"conditionStatus": {"conditions": [condition(GRANTED, "False")]}},
         "Kyverno has not said anything about it yet"),
        ("MutatingAdmissionPolicy", {}, ""),
    ],
)  # fmt: skip
def test_ready_is_what_kyverno_says(kind: str, status: dict[str, Any], reason: str) -> None:
    assert unready({"kind": kind, "status": status}) == reason


def test_the_account_is_that_of_the_deployment_wherever_it_is() -> None:
    cluster = PolicyCluster([reports_controller("policy", "reporter")])
    found = read_access(cluster)
    assert found == Access(Account("policy", "reporter"), missing=("get", "list", "watch"))
    cluster.readers.add("system:serviceaccount:policy:reporter")
    assert read_access(cluster) == Access(Account("policy", "reporter"))


def test_where_deployments_may_not_be_listed_it_is_that_of_the_chart() -> None:
    cluster = PolicyCluster([reports_controller("policy")], denied={("list", "Deployment")})
    assert read_access(cluster).account == USUAL


def test_without_a_controller_there_are_no_reports_to_speak_of() -> None:
    found = read_access(PolicyCluster())
    assert (found, findings(found)) == (Access(None), ())
    assert "no reports controller here" in notes(found)[0]


def test_who_may_not_ask_is_told_so() -> None:
    found = read_access(PolicyCluster([reports_controller()], denied={("create", "SubjectAccessReview")}))
    assert findings(found) == ()
    assert "was not checked: you may not create subjectaccessreviews" in notes(found)[0]


def test_what_it_may_not_is_a_warning_that_names_the_way() -> None:
    (found,) = findings(Access(USUAL, missing=("watch",)))
    assert (found.code, found.severity, found.object) == ("PR010", "warning", str(USUAL))
    assert "may not watch VirtualServices" in found.reason
    assert "--grant" in found.remedy


def test_the_role_is_collected_by_label_and_grants_reading_alone() -> None:
    made = role()
    assert made["metadata"]["name"] == ROLE
    assert made["metadata"]["labels"]["rbac.kyverno.io/aggregate-to-reports-controller"] == "true"
    assert [label for label in made["metadata"]["labels"] if "aggregate-to" in label] == [
        "rbac.kyverno.io/aggregate-to-reports-controller"
    ]
    (rule,) = made["rules"]
    assert (rule["resources"], rule["verbs"]) == (["virtualservices"], ["get", "list", "watch"])


def test_the_review_asks_for_the_groups_of_the_account() -> None:
    asked: list[dict[str, Any]] = []

    class Listening(PolicyCluster):
        def create(self, manifest: Any, *, dry_run: bool = False) -> dict[str, Any]:
            asked.append(manifest["spec"])
            return super().create(manifest, dry_run=dry_run)

    assert missing_verbs(Listening([role()]), USUAL) == ()
    assert {one["user"] for one in asked} == {"system:serviceaccount:kyverno:kyverno-reports-controller"}
    assert asked[0]["groups"] == [
        "system:serviceaccounts",
        "system:serviceaccounts:kyverno",
        "system:authenticated",
    ]
    assert asked[0]["resourceAttributes"] == {
        "verb": "get",
        "group": "networking.istio.io",
        "resource": "virtualservices",
    }


def test_nobody_without_a_deployment() -> None:
    assert account_of([]) is None
    assert account_of([Deployment()]) == Account("default", "default")
    assert Ref("ClusterRole", ROLE).name == role()["metadata"]["name"]
