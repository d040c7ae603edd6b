"""What the API server's refusals become: the class decides the exit code, the line what people read."""

import msgspec
import pytest

from istiokit.cluster.live_errors import refusal
from istiokit.cluster.live_failures import NoAnswer
from istiokit.cluster.live_http import Reply
from istiokit.errors import Conflict, Forbidden, OperationFailed, SuiteError

SERVER = "https://10.0.0.1:6443"


def refused(code: int, message: str = "", **details: object) -> SuiteError:
    status = {"kind": "Status", "code": code, "message": message, "details": details}
    return refusal(Reply(code, msgspec.json.encode(status)), "patch Secret a/b", SERVER, "prod")


def test_unauthorized_says_who_has_to_log_in_where() -> None:
    error = refused(401, "Unauthorized")
    assert str(error).startswith(f"{SERVER} refused the credentials of context prod; log in again")


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        (
            'helmreleases.helm.toolkit.fluxcd.io "x" is forbidden: User "jane" cannot patch resource "helmreleases" '
            'in API group "helm.toolkit.fluxcd.io" in the namespace "bigbang"',
            ("patch", "helmreleases.helm.toolkit.fluxcd.io", "bigbang"),
        ),
        (
            'pods is forbidden: User "jane" cannot list resource "pods" in API group "" at the cluster scope',
            ("list", "pods", None),
        ),
        (
            'users "root" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the '
            "cluster scope",
            ("impersonate", "users", None),
        ),
    ],
)
def test_forbidden_names_the_missing_rule(message: str, rule: tuple[str, str, str | None]) -> None:
    error = refused(403, message)
    assert isinstance(error, Forbidden)
    assert (error.verb, error.resource, error.namespace) == rule


def test_an_admission_webhook_speaks_for_itself_on_one_line() -> None:
    error = refused(403, 'admission webhook "validate.kyverno.svc" denied the request:\n\n  no\n  gateways\n')
    assert type(error) is OperationFailed
    assert (
        error.what
        == 'patch Secret a/b: admission webhook "validate.kyverno.svc" denied the request: no gateways'
    )


def test_conflicts_are_conflicts_and_so_is_a_failed_test() -> None:
    assert isinstance(refused(409, "the object has been modified"), Conflict)
    assert isinstance(
        refused(422, "the server rejected our request due to an error in our request"), Conflict
    )
    invalid = refused(422, "metadata.labels: nope", kind="Secret", causes=[{"field": "metadata.labels"}])
    assert not isinstance(invalid, Conflict)


def test_values_that_the_server_quotes_do_not_come_through() -> None:
    error = refused(422, 'data: Invalid value: "{\\"data\\":\\"c2VjcmV0\\"}": json: wrong', kind="Secret")
    assert error.what == "patch Secret a/b: data: invalid value: json: wrong"


def test_a_long_message_is_cut() -> None:
    assert len(refused(400, "x" * 5000).what) < 350


@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b"\xff\xfe", b""])
def test_a_proxy_in_between_may_say_anything(body: bytes) -> None:
    error = refusal(Reply(502, body), "list Pod", SERVER, "prod")
    assert isinstance(error, NoAnswer)
    assert error.what.startswith(f"list Pod: {SERVER} answered 502: ")
