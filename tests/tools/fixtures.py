"""pytest fixtures: rigs and namespaces. None ever skips: what cannot be had is an error with its reason."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.tools.rig import Rig

FLUX_PARTS = ("istio_crds", "flux", "loadbalancer", "charts", "git")

KYVERNO_PARTS = ("istio_crds", "kyverno", "flux", "loadbalancer", "charts")


@pytest.fixture(scope="session")
def rig() -> Iterator[Rig]:
    """A cluster with the kinds of Istio, for all tests of this process. Tests keep apart by namespace."""
    with Rig(parts=("istio_crds",)) as rig:
        yield rig


@pytest.fixture(scope="session")
def flux_rig() -> Iterator[Rig]:
    """Flux, load balancer addresses, a chart repository and Git, for all tests of this process."""
    with Rig(parts=FLUX_PARTS) as rig:
        yield rig


@pytest.fixture(scope="session")
def injector_rig() -> Iterator[Rig]:
    """istiod injects for the revisions 1-30 (1.30.4) and 1-31 (1.31.1, tag stable), for all tests of this process."""
    with Rig(parts=("injector", "workload_crds")) as rig:
        rig.injector.install("1-30", tag="1.30.4")
        rig.injector.install("1-31", tag="1.31.1", revision_tags=("stable",))
        yield rig


@pytest.fixture(scope="session")
def kyverno_rig() -> Iterator[Rig]:
    """Kyverno and Flux, load balancer addresses and a chart repository, for all tests of this process."""
    with Rig(parts=KYVERNO_PARTS) as rig:
        yield rig


@pytest.fixture
def fresh_rig() -> Iterator[Callable[..., Rig]]:
    """`fresh_rig("flux", ...)` starts a rig with these parts, for this test alone; several are fine."""
    with ExitStack() as stack:
        yield lambda *parts: stack.enter_context(Rig(parts=parts))


@pytest.fixture
def namespace(rig: Rig, request: pytest.FixtureRequest) -> Iterator[str]:
    """A new namespace in `rig`, named after the test. Nobody waits for its deletion, which takes seconds."""
    yield from _namespace(rig, request)


@pytest.fixture
def injector_namespace(injector_rig: Rig, request: pytest.FixtureRequest) -> Iterator[str]:
    """A new namespace in `injector_rig`, named after the test, of revision 1-30."""
    for name in _namespace(injector_rig, request):
        injector_rig.kubectl("label", "namespace", name, "istio.io/rev=1-30")
        yield name


@pytest.fixture
def flux_namespace(flux_rig: Rig, request: pytest.FixtureRequest) -> Iterator[str]:
    """A new namespace in `flux_rig`, named after the test. Nobody waits for its deletion."""
    yield from _namespace(flux_rig, request)


@pytest.fixture
def kyverno_namespace(kyverno_rig: Rig, request: pytest.FixtureRequest) -> Iterator[str]:
    """A new namespace in `kyverno_rig`, named after the test. Nobody waits for its deletion."""
    yield from _namespace(kyverno_rig, request)


def namespace_name(test: str) -> str:
    """A namespace's name for the test called TEST: readable, valid, and never the same twice."""
    readable = re.sub(r"[^a-z0-9]+", "-", test.lower().removeprefix("test_")).strip("-")[:50].rstrip("-")
    return f"{readable or 'test'}-{secrets.token_hex(3)}"


def _namespace(rig: Rig, request: pytest.FixtureRequest) -> Iterator[str]:
    name = namespace_name(request.node.name)
    rig.kubectl("create", "namespace", name)
    # Every real namespace has these two; a test that runs before they exist would see an unreal cluster.
    rig.kubectl("wait", "--for=create", f"--namespace={name}", "serviceaccount/default", "--timeout=60s")
    yield name
    rig.kubectl("delete", "namespace", name, "--wait=false")
