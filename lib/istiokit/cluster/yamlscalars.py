"""What a YAML scalar means to Helm, which reads values with sigs.k8s.io/yaml: the rules of YAML 1.1.

Source: the resolver of sigs.k8s.io/yaml (goyaml.v2/resolve.go): `yes`, `on` and `y` are booleans, dates stay
strings, base 60 does not exist. PyYAML's own resolver differs in all three.
"""

import re
from typing import Any

_NAN = float("nan")
"""One object for every `.nan`, so that equal values compare equal."""

_WORDS: dict[str, Any] = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"], False),
    **dict.fromkeys(["", "~", "null", "Null", "NULL"], None),
    **dict.fromkeys([".nan", ".NaN", ".NAN"], _NAN),
    **dict.fromkeys([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], float("inf")),
    **dict.fromkeys(["-.inf", "-.Inf", "-.INF"], float("-inf")),
}
_INTEGER = re.compile(r"([-+]?)(?:0x([0-9a-fA-F]+)|0b([01]+)|0o?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BASES = (16, 2, 8, 10)
_NAMESPACE = "tag:yaml.org,2002:"
_RESOLVED = {"", *(f"{_NAMESPACE}{name}" for name in ("bool", "int", "float", "null"))}


def resolve(raw: str, tag: str, *, plain: bool) -> Any:
    """The value of a scalar written as `raw`: None, a bool, an int, a float or a str.

    `tag` is the explicit tag ("" if there is none); `plain` is False for quoted and block scalars.
    """
    if tag not in _RESOLVED or not (plain or tag):
        return raw
    if raw in _WORDS:
        return _WORDS[raw]
    return _number(raw.replace("_", ""), raw) if raw[0] in "+-.0123456789" else raw


def _number(digits: str, raw: str) -> Any:
    whole = _INTEGER.fullmatch(digits)
    if whole:
        sign, *forms = whole.groups()
        base, body = next((base, form) for base, form in zip(_BASES, forms, strict=True) if form is not None)
        return int(sign + body, base)
    return float(digits) if _FLOAT.fullmatch(digits) else raw


def key_text(value: Any) -> str:
    """A key as JSON knows it: `true:` and `8080:` become the strings "true" and "8080"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def scalar_text(value: bool | str | int) -> str:
    """How a value is written into YAML text; strings always in double quotes."""
    if isinstance(value, str):
        import json

        return json.dumps(value, ensure_ascii=False)
    return key_text(value)


_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def key_source(key: str, *, quoted: bool) -> str:
    """How a key is written into YAML text: in quotes where it would not be a string without them."""
    plain = _PLAIN_KEY.fullmatch(key) and isinstance(resolve(key, "", plain=True), str)
    return key if plain and not quoted else scalar_text(key)
