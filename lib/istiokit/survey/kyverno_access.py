"""Asks the API server what Kyverno's reports controller may do."""

from istiokit.cluster.kinds import DEPLOYMENT, SUBJECT_ACCESS_REVIEW, VIRTUAL_SERVICE
from istiokit.cluster.types import Cluster, Where
from istiokit.errors import Forbidden
from istiokit.istio.workloads import Deployment
from istiokit.kyverno.access import COMPONENT, USUAL, VERBS, Access, Account, account_of


def read_access(cluster: Cluster) -> Access:
    """Who it works as, by its Deployment (or as the chart has it, where Deployments may not be listed), and may it."""
    try:
        account = account_of(cluster.list(DEPLOYMENT, Deployment, Where(labels=COMPONENT)))
    except Forbidden:
        account = USUAL
    if account is None:
        return Access(None)
    try:
        return Access(account, missing=missing_verbs(cluster, account))
    except Forbidden as error:
        return Access(account, unchecked=error.what)


def missing_verbs(cluster: Cluster, account: Account) -> tuple[str, ...]:
    """What it may not do with VirtualServices in all namespaces; raises Forbidden where we may not ask."""
    return tuple(verb for verb in VERBS if not _may(cluster, account, verb))


def _may(cluster: Cluster, account: Account, verb: str) -> bool:
    attributes = {"verb": verb, "group": VIRTUAL_SERVICE.group, "resource": VIRTUAL_SERVICE.plural}
    review = {
        "apiVersion": f"{SUBJECT_ACCESS_REVIEW.group}/v1",
        "kind": SUBJECT_ACCESS_REVIEW.name,
        "metadata": {},
        "spec": {
            "user": account.user,
            "groups": list(account.groups),
            "resourceAttributes": attributes,
        },
    }
    answer = cluster.create(review)
    return bool((answer.get("status") or {}).get("allowed"))
