"""What the API server's refusals mean, in one place."""

import re

import msgspec

from istiokit.cluster.decode import decoder
from istiokit.cluster.live_failures import NoAnswer
from istiokit.cluster.live_http import Body, Reply
from istiokit.errors import Conflict, Forbidden, OperationFailed, SuiteError

_RBAC = re.compile(
    r'cannot (?P<verb>\S+) resource "(?P<resource>[^"]+)" in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]+)")?'
)
_QUOTED = re.compile(r'Invalid value: "(?:[^"\\]|\\.)*"')
_LONGEST = 300


class Cause(msgspec.Struct, frozen=True):
    """One of the reasons that validation gives."""

    reason: str = ""
    field: str = ""
    message: str = ""


class Details(msgspec.Struct, frozen=True):
    """What a refusal is about."""

    kind: str = ""
    name: str = ""
    causes: tuple[Cause, ...] | None = None


class Status(msgspec.Struct, frozen=True):
    """The API's own error object."""

    message: str = ""
    reason: str = ""
    code: int = 0
    details: Details | None = None


def status_of(body: Body) -> Status:
    """The Status in the body, or one that holds the text that came instead (a proxy's page, say)."""
    try:
        return decoder(Status).decode(body)
    except msgspec.DecodeError:
        return Status(message=body[:_LONGEST].decode(errors="replace"))


def refusal(reply: Reply, what: str, server: str, context: str) -> SuiteError:
    """The exception for an answer of 400 and up; `what` was tried, such as `patch HelmRelease a/b`."""
    status = status_of(reply.body)
    said = _said(status)
    match reply.status:
        case 401:
            hint = "log in again; kubectl auth whoami shows who you are"
            return OperationFailed(f"{server} refused the credentials of context {context}", hint)
        case 403:
            return _forbidden(said) or OperationFailed(f"{what}: {said}")
        case 404 if status.details and status.details.kind == "namespaces":
            return OperationFailed(f"{what}: there is no namespace {status.details.name}", "check its name")
        case 409:
            return Conflict(f"{what}: {said}", "run the command again")
        case 422 if _is_failed_test(status):
            return Conflict(
                f"{what}: the object is no longer what the patch expects", "run the command again"
            )
        case code if code >= 500:
            return NoAnswer(f"{what}: {server} answered {code}: {said}", "try again")
        case _:
            return OperationFailed(f"{what}: {said}")


def is_unknown_path(reply: Reply) -> bool:
    """A 404 that is about the kind: one about an object (or its namespace) names it."""
    details = status_of(reply.body).details
    return reply.status == 404 and not (details and details.name)


def _said(status: Status) -> str:
    """The server's own words, without the values that it quotes: they may come from a Secret."""
    return one_line(_QUOTED.sub("invalid value", status.message)) or status.reason or "no reason given"


def one_line(message: str) -> str:
    """The message on one line, cut where it becomes a page."""
    line = " ".join(message.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 3] + "..."


def _forbidden(message: str) -> Forbidden | None:
    """RBAC's refusals name the missing rule; those of admission (a webhook, a quota) read differently."""
    found = _RBAC.search(message)
    if not found:
        return None
    if found["verb"].startswith("impersonate-on:"):  # Kubernetes 1.35 on: --as is judged for each request
        return Forbidden("impersonate", "users")
    resource = f"{found['resource']}.{found['group']}" if found["group"] else found["resource"]
    return Forbidden(found["verb"], resource, found["namespace"])


def _is_failed_test(status: Status) -> bool:
    """A JSON patch that does not apply is Invalid without saying of what; validation always says it."""
    return not (status.details and (status.details.kind or status.details.causes))
