"""Files that are wrong in one way each, by the name of the way."""

import json
from typing import Any

ROUTE = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: NAME, namespace: shop}
spec:
  hosts: [NAME.example.com]
  gateways: [istio-system/public]
"""
A, B, GOOD = (ROUTE.replace("NAME", name) for name in ("a", "b", "good"))
META = "metadata: {name: a, namespace: shop}\n"
HEAD = A.partition("spec:")[0]
LAUGHS = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
LAUGHS += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]


def spec(text: str) -> str:
    return f"{HEAD}spec:{text}\n"


def meta(text: str) -> str:
    return A.replace(META, text)


def gateways(text: str) -> str:
    return A.replace("[istio-system/public]", text)


def listed(*items: str) -> str:
    return "apiVersion: v1\nitems:\n" + "".join(f"- {_below(item)}\n" for item in items) + "kind: List\n"


def _below(text: str) -> str:
    return text.rstrip("\n").replace("\n", "\n  ")


def as_json(name: str, **changes: Any) -> str:
    spec = {"hosts": [f"{name}.example.com"], "gateways": ["istio-system/public"], **changes}
    metadata = {"name": name, "namespace": "shop"}
    return json.dumps(
        {"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": metadata, "spec": spec}
    )


TEXTS: dict[str, str] = {
    # nothing in it
    "empty": "",
    "only comments": "# networking.istio.io\n\n# nothing\n",
    "only dashes": "---\n---\n",
    "a scalar": "networking.istio.io\n",
    "values of a chart": "istio: {enabled: true}\n",
    "list of nothing": "apiVersion: v1\nkind: List\nitems: null\n",
    "list without items": "apiVersion: v1\nkind: List\n",
    # how the text is written
    "byte order mark": f"\ufeff{A}",
    "byte order mark and dashes": f"\ufeff---\n{A}",
    "carriage returns and line feeds": A.replace("\n", "\r\n"),
    "carriage returns": A.replace("\n", "\r"),
    "tab": A.replace("  hosts", "\thosts"),
    "dots between documents": f"{A}...\n{B}",
    "directive": f"%YAML 1.1\n---\n{A}",
    "directive of no version": f"%YAML 9.9\n---\n{A}",
    "line separator": f"{A}  x: a\u2028b\n",
    "huge line": f"{A}  x: {'y' * 1_000_000}\n",
    "words of YAML 1.1": f"{A}  x: [2020-01-01, 1_000, .inf, .nan, 0o14, 0x1F, 190:20:30, {'9' * 30}, yes]\n",
    "tags": f"{A}  x: [!!python/object/apply:os.system [ls], !!binary aGk=, !!set {{a, b}}, !mine a]\n",
    # not YAML
    "bracket": f"{A}---\na: [\n---\n{B}",
    "quote": f"{A}  x: 'open\n---\n{B}",
    "NUL": f"{A}  x: \x00\n---\n{B}",
    "control character": f"{A}  x: \x07\n---\n{B}",
    "key twice": f"{A}kind: X\n---\n{B}",
    "key twice inside": f"{A}  hosts: [x]\n---\n{B}",
    "key that is a list": f"{A}  ? [a]\n  : b\n---\n{B}",
    "alias without an anchor": f"{A}  http: *none\n---\n{B}",
    "deep": f"a: {'[' * 10_000}{']' * 10_000}\n---\n{A}",
    "deep blocks": "".join(f"{' ' * n}a:\n" for n in range(3_000)) + f"---\n{A}",
    "billion laughs": "\n".join(LAUGHS) + f"\n---\n{A}",
    "billion laughs in an object": f"{A}  x:\n" + "".join(f"    {line}\n" for line in LAUGHS) + f"---\n{B}",
    "item of a list": listed(A, B.replace("[istio", "[[istio"), GOOD.replace("good", "c")),
    # anchors, which are YAML
    "anchor": gateways("&g [istio-system/public]") + "  http: [{match: [{gateways: *g}]}]\n",
    "merge key": f"x-base: &base {{gateways: [istio-system/public]}}\n{spec(' {<<: *base, hosts: [a]}')}",
    # templates
    "template": f"{{{{- range .Values.x }}}}\n{A}---\n{B}{{{{- end }}}}\n",
    "template in quotes": A.replace("a.example.com", '"{{ .host }}"'),
    "braces of others": f"{A}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x}}\ndata: {{x: '{{{{ y }}}}'}}\n",
    # JSON
    "JSON": as_json("a"),
    "JSON lines": f"{as_json('a')}\n{as_json('b')}\n",
    "JSON lines, one wrong": f'{as_json("a")}\n{{"b": }}\n{as_json("b")}\n',
    "JSON with a trailing comma": as_json("a")[:-1] + ",}\n",
    "JSON that ends early": as_json("a")[:-9],
    "JSON with a comment": f"{as_json('a')} // a\n",
    "JSON array": f"[{as_json('a')}]",
    "JSON with half a pair": as_json("a", x="\ud83d"),
    "JSON with a pair": as_json("a", x="😀"),
    "deep JSON": '{"a":' * 10_000 + "1" + "}" * 10_000,
    # objects that are none
    "items that are no objects": listed("1", "a", "null", "[x]", "{a: b}"),
    "items that are no list": "apiVersion: v1\nkind: List\nitems: {a: b}\n",
    "list in a list": listed(listed(A)),
    "no apiVersion": A.partition("\n")[2],
    "no group": A.replace("networking.istio.io/v1", "networking.istio.io"),
    "kind that is a number": A.replace("VirtualService", "5"),
    "no metadata": meta(""),
    "metadata that is a list": meta("metadata: [a]\n"),
    "no name": meta("metadata: {namespace: shop}\n"),
    "generateName": meta("metadata: {generateName: a-}\n"),
    "name that is a number": meta("metadata: {name: 7, namespace: shop}\n"),
    "name that is a list": meta("metadata: {name: [a], namespace: shop}\n"),
    "namespace that is a list": meta("metadata: {name: a, namespace: [b]}\n"),
    "labels that are a list": meta("metadata: {name: a, namespace: shop, labels: [b]}\n"),
    "labels that are nothing": meta("metadata: {name: a, namespace: shop, labels: , annotations: }\n"),
    "no spec": HEAD,
    "spec of nothing": spec(""),
    "spec that is empty": spec(" {}"),
    "spec that is a list": spec(" [a]"),
    "spec that is a word": spec(" a"),
    "hosts that are a word": A.replace("[a.example.com]", "a.example.com"),
    "gateways that are a word": gateways("istio-system/public"),
    "gateways of nothing": gateways(""),
    "gateway that is nothing": gateways("[istio-system/public, null]"),
    "gateway that is a number": gateways("[1, istio-system/public]"),
    "names of no gateway": gateways("['', /, a/b/c, A/B, '*', istio-system/public]"),
    "http that is a map": f"{A}  http: {{match: []}}\n",
    "match that is a word": f"{A}  http: [{{match: x}}]\n",
    "match of nothing": f"{A}  http: [{{match: [null]}}]\n",
    "port that is a word": f"{A}  http: [{{match: [{{port: '80'}}]}}]\n",
    "Gateway that is none": A
    + f"---\n{A}".replace("VirtualService", "Gateway").replace("gateways:", "servers:"),
    "object twice": f"{A}---\n{A}",
}
BYTES: dict[str, bytes] = {
    **{name: text.encode() for name, text in TEXTS.items()},
    "UTF-16": A.encode("utf-16"),
    "UTF-16 without its mark": A.encode("utf-16-le"),
    "UTF-32": A.encode("utf-32"),
    "half of UTF-16": A.encode("utf-16")[:-1],
    "Latin-1": f"{A}# caf\u00e9\n".encode("latin-1"),
    "a picture": b"\x89PNG\r\n\x1a\n\x00\xff",
}
