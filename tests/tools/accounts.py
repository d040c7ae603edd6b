"""Test users: ServiceAccounts with exactly the rights of one ClusterRole."""

from __future__ import annotations

from typing import Any

USERS_NAMESPACE = "rig-users"


def account_objects(name: str, cluster_role: dict[str, Any]) -> list[dict[str, Any]]:
    """The ServiceAccount NAME, and what lets it do what CLUSTER_ROLE says in all namespaces."""
    rbac = "rbac.authorization.k8s.io"
    metadata = {**cluster_role.get("metadata", {}), "name": name}
    account = {"kind": "ServiceAccount", "name": name, "namespace": USERS_NAMESPACE}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": USERS_NAMESPACE}},
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": USERS_NAMESPACE},
        },
        {**cluster_role, "apiVersion": f"{rbac}/v1", "kind": "ClusterRole", "metadata": metadata},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": name},
            "subjects": [account],
        },
    ]
