"""How `policy` prints manifests, and what people must know before they apply one."""

from collections.abc import Sequence
from typing import Any

from istiokit.kyverno.policies import Engine
from istiokit.ui.engines import KNOW, merged_lines
from istiokit.ui.output import as_json


def printed(manifests: Sequence[dict[str, Any]], output: str) -> str:
    """The manifests for `kubectl apply -f -`: a YAML stream, or one JSON document."""
    if output == "json":
        several = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        return as_json(manifests[0] if len(manifests) == 1 else several)
    return "---\n".join(_as_yaml(manifest) for manifest in manifests)


def notes(engine: Engine, merged: Sequence[str], prog: str) -> list[str]:
    """What to tell besides the policy; `merged` are Gateways that follow several old ones."""
    return [
        *(f"note: {line}" for line in (*merged_lines(merged), KNOW[engine])),
        f"next: apply it, then `{prog} touch` lets it see the VirtualServices that are there already",
    ]


def _as_yaml(manifest: dict[str, Any]) -> str:
    """YAML with texts of several lines as blocks, so that people can read the expressions."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)

    Dumper.add_representer(str, text)
    dumped: str = yaml.dump(manifest, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=float("inf"))
    return dumped
