"""Whether Kyverno says that a policy is in force. Pure.

A ClusterPolicy has a condition Ready, true once the webhook knows of it. A MutatingPolicy has
status.conditionStatus: `ready`, and a condition for each thing that it takes (WebhookConfigured, PolicyCached,
RBACPermissionsGranted). The last one is about reports alone: the policy mutates without it. A MutatingAdmissionPolicy
has no status.
"""

from collections.abc import Mapping
from typing import Any

_ABOUT_REPORTS = "RBACPermissionsGranted"
_NOT_YET = "Kyverno has not said anything about it yet"


def unready(policy: Mapping[str, Any]) -> str:
    """Why it is not in force, in Kyverno's words; empty where it is, or where its kind has nothing to say."""
    kind, status = policy.get("kind"), policy.get("status") or {}
    if kind == "ClusterPolicy":
        return _unready_cluster_policy(status)
    if kind == "MutatingPolicy":
        return _unready_mutating_policy(status.get("conditionStatus") or {})
    return ""


def _unready_cluster_policy(status: Mapping[str, Any]) -> str:
    for one in status.get("conditions") or ():
        if one.get("type") == "Ready":
            return "" if one.get("status") == "True" else _said(one)
    return "" if status.get("ready") is True else _NOT_YET  # before 1.10 it was a field


def _unready_mutating_policy(status: Mapping[str, Any]) -> str:
    conditions = status.get("conditions") or ()
    if status.get("ready") is True:
        return ""
    bad = [one for one in conditions if one.get("status") != "True" and one.get("type") != _ABOUT_REPORTS]
    if bad:
        return _said(bad[0])
    is_configured = any(one.get("type") == "WebhookConfigured" for one in conditions)
    return "" if is_configured else _NOT_YET


def _said(condition: Mapping[str, Any]) -> str:
    words = (condition.get("type"), condition.get("message") or condition.get("reason"))
    return ": ".join(" ".join(str(word).split()) for word in words if word)
