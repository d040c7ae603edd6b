"""Where the documents of a manifest begin and end, whatever stands between them."""

from hypothesis import given
from hypothesis import strategies as st

from istiokit.helm.manifest import virtual_services
from istiokit.helm.release import Release

MARKERS = ("---\n", "---   \n", "--- # VirtualService\n", "---\n---\n", "---\r\n", "# VirtualService\n---\n")
"""A comment may speak of a VirtualService, and a document may be empty."""


def document(name: str, kind: str) -> str:
    group = "networking.istio.io/v1" if kind == "VirtualService" else "v1"
    note = "annotations: {a: '---', b: 'x --- y', c: VirtualService}"
    return (
        f"apiVersion: {group}\nkind: {kind}\nmetadata:\n  name: {name}\n  {note}\nspec: {{hosts: [{name}]}}\n"
    )


@given(
    st.lists(st.tuples(st.sampled_from(MARKERS), st.sampled_from(("VirtualService", "ConfigMap")))),
    st.booleans(),
)
def test_each_document_is_found_once(parts: list[tuple[str, str]], marked: bool) -> None:
    text = "".join(f"{marker}{document(f'n{at}', kind)}" for at, (marker, kind) in enumerate(parts))
    bare = text.removeprefix(parts[0][0]) if parts and not marked else text
    expected = {
        ("shop", f"n{at}"): (f"n{at}",) for at, (_, kind) in enumerate(parts) if kind == "VirtualService"
    }
    found = virtual_services(Release(namespace="shop", manifest=bare))
    assert {key: spec.hosts for key, spec in found.items()} == expected
