"""Changing one value in YAML text: where it goes, what is refused, what it reads."""

import pytest
import yaml

from istiokit.cluster.yamltext import apply, parse, parse_all, redo, undo
from istiokit.errors import UsageError

SWITCH = ("istio", "enabled")

EDITS = {
    "a plain value": ("istio:\n  enabled: true # on\n", "istio:\n  enabled: false # on\n"),
    "a quoted value": ("istio:\n  enabled: 'true'\n", "istio:\n  enabled: false\n"),
    "a tagged value": ('istio:\n  enabled: !!bool "true"\n', "istio:\n  enabled: false\n"),
    "a block scalar": ("istio:\n  enabled: |\n    true\na: 1\n", "istio:\n  enabled: false\na: 1\n"),
    "an unused anchor stays": ("istio:\n  enabled: &e true\n", "istio:\n  enabled: &e false\n"),
    "an alias becomes the value": (
        "on: &on true\nistio:\n  enabled: *on\n",
        "on: &on true\nistio:\n  enabled: false\n",
    ),
    "an aliased mapping is merged": (
        "d: &d {enabled: true}\nistio: *d\n",
        "d: &d {enabled: true}\nistio: {<<: *d, enabled: false}\n",
    ),
    "behind a merge key": (
        "d: &d {enabled: true}\nistio:\n  <<: *d\n  x: 2\n",
        "d: &d {enabled: true}\nistio:\n  <<: *d\n  enabled: false\n  x: 2\n",
    ),
    "behind the last merge key": (
        "d: &d {enabled: true}\nistio:\n  <<: *d\n",
        "d: &d {enabled: true}\nistio:\n  <<: *d\n  enabled: false\n",
    ),
    "behind a merge key in braces": (
        "d: &d {enabled: true}\nistio: {<<: *d}\n",
        "d: &d {enabled: true}\nistio: {<<: *d, enabled: false}\n",
    ),
    "first in a block": ("istio:\n    x: 1\n", "istio:\n    enabled: false\n    x: 1\n"),
    "above the first comment": (
        "istio: # i\n\n  # about x\n  x: 1\n",
        "istio: # i\n  enabled: false\n\n  # about x\n  x: 1\n",
    ),
    "between a merge key and the next comment": (
        "d: &d {enabled: true}\nistio:\n  # the rest\n  <<: *d # d\n  # about x\n  x: 1\n",
        "d: &d {enabled: true}\nistio:\n  # the rest\n  <<: *d # d\n  enabled: false\n  # about x\n  x: 1\n",
    ),
    "below a question mark key": ("? istio\n: x: 1\n", "? istio\n: enabled: false\n  x: 1\n"),
    "first in braces": ("istio: {x: 1}\n", "istio: {enabled: false, x: 1}\n"),
    "in empty braces": ("istio: {}\n", "istio: {enabled: false}\n"),
    "in braces over several lines": (
        "istio: {\n  x: 1\n}\n",
        "istio: {enabled: false,\n  x: 1\n}\n",
    ),
    "JSON keeps its quotes": ('{"istio":{"x":1}}', '{"istio":{"enabled": false, "x":1}}'),
    "below a key without a value": ("istio: # c\nb: 1\n", "istio: # c\n  enabled: false\nb: 1\n"),
    "in place of null": ("istio: ~ # c\n", "istio: {enabled: false} # c\n"),
    "below an anchor without a value": ("istio: &x\nb: 1\n", "istio: &x\n  enabled: false\nb: 1\n"),
    "behind a colon": ("istio:\n  enabled: # c\n", "istio:\n  enabled: false # c\n"),
    "a key without a colon": ("{istio}\n", "{istio: {enabled: false}}\n"),
    "a question mark key": ("? istio\n: enabled: true\n", "? istio\n: enabled: false\n"),
    "a new key at the end": ("a: 1\n# c\n", "a: 1\n# c\nistio:\n  enabled: false\n"),
    "as deep as the others": ("a:\n    b: 1\n", "a:\n    b: 1\nistio:\n    enabled: false\n"),
    "an indented document": ("  a: 1\n", "  a: 1\n  istio:\n    enabled: false\n"),
    "without a final line break": ("a: 1", "a: 1\nistio:\n  enabled: false"),
    "with a blank last line": ("a: 1\n  ", "a: 1\nistio:\n  enabled: false\n  "),
    "CRLF": ("a: 1\r\n", "a: 1\r\nistio:\r\n  enabled: false\r\n"),
    "a lone CR": ("a: 1\rb: 2\r", "a: 1\rb: 2\ristio:\r  enabled: false\r"),
    "a next line character in a string": (
        'a: "x\x85y"\nistio: {enabled: true}\n',
        'a: "x\x85y"\nistio: {enabled: false}\n',
    ),
    "a byte order mark": ("\ufeffa: 1\n", "\ufeffa: 1\nistio:\n  enabled: false\n"),
    "only a byte order mark": ("\ufeff", "\ufeffistio:\n  enabled: false\n"),
    "outside the basic plane": (
        "é😀: '😀' # 😀\nistio: {enabled: on}",
        "é😀: '😀' # 😀\nistio: {enabled: false}",
    ),
    "nothing at all": ("", "istio:\n  enabled: false\n"),
    "a comment": ("# c", "# c\nistio:\n  enabled: false"),
    "only a marker": ("---", "---\nistio:\n  enabled: false"),
    "before the end marker": ("a: 1\n...\n# t\n", "a: 1\nistio:\n  enabled: false\n...\n# t\n"),
    "before an empty second document": ("a: 1\n---\n# t\n", "a: 1\nistio:\n  enabled: false\n---\n# t\n"),
    "braces as the document": ("{a: 1}\n", "{a: 1, istio: {enabled: false}}\n"),
    "JSON as the document": ('{\n  "a": 1\n}\n', '{\n  "a": 1,\n  "istio": {"enabled": false}\n}\n'),
    "empty braces as the document": ("{}\n", "{istio: {enabled: false}}\n"),
    "null as the document": ("~\n", "{istio: {enabled: false}}\n"),
    "a block scalar that keeps its line breaks": (
        "a: |+\n  t\n\n",
        "a: |+\n  t\n\nistio:\n  enabled: false\n",
    ),
    "a block scalar that must not get one": ("a: |\n  t", "istio:\n  enabled: false\na: |\n  t"),
}


@pytest.mark.parametrize("case", EDITS)
@pytest.mark.parametrize("libyaml", [True, False], ids=["libyaml", "python"])
def test_set_writes_the_value_and_nothing_else(
    case: str, libyaml: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not libyaml:
        monkeypatch.delattr(yaml, "CSafeLoader")
    before, after = EDITS[case]
    change = parse(before, "v.yaml").set(SWITCH, False)
    assert change is not None
    assert apply(before, [change.splice]) == after
    assert parse(after, "v.yaml").set(SWITCH, False) is None
    assert redo(before, change, "v.yaml") == change.splice
    assert apply(after, [undo(after, change, "v.yaml")]) == before


REFUSALS = {
    "istio:\n\tenabled: true\n": "v.yaml:2:1: a tab cannot indent YAML; use spaces",
    "a: 1\na: 2\n": 'v.yaml:2:1: the key "a" is given twice (first in line 1)',
    "on: 1\ntrue: 2\n": 'v.yaml:2:1: the key "true" is given twice (first in line 1)',
    "a: 1\n---\nb: 2\n": "v.yaml:3: a values file has one document and this is another",
    "---\n---\na: 1\n": "Helm reads only the first",
    "- a\n": "v.yaml:1: the document is not a mapping",
    "istio: [a]\n": "v.yaml:1: istio is not a mapping",
    "istio: {enabled: {a: 1}}\n": "v.yaml:1: istio.enabled is not a single value",
    "a: *x\n": "v.yaml:1:4: the alias *x has no anchor before it",
    "a: &a [*a]\n": "the alias *a has no anchor before it",
    "a: [1\n": "v.yaml:2:1: not YAML",
    'a: "\x00"\n': "v.yaml:1: a character that YAML does not allow",
    "a: \ud800\n": "v.yaml:1: a character that YAML does not allow",
    "{[a]: 1}\n": "v.yaml:1:2: a mapping or a list cannot be a key",
    "<<: 1\n": "v.yaml:1:1: the merge key << takes a mapping",
    "a: " + "[" * 200 + "]" * 200: "nested deeper than",
    "istio: &i {enabled: true}\nk: *i\n": "v.yaml:1: istio is shared through the anchor &i (line 2 uses it)",
    "istio: {enabled: &e true}\nk: *e\n": "istio.enabled is shared through the anchor &e (line 2 uses it)",
    "d: &d {istio: {x: 1}}\n<<: *d\n": "v.yaml:1: the document gets istio through a merge key",
    "d: &d {enabled: true}\nistio:\n  enabled: false\n  <<: *d\n": "v.yaml:3: istio.enabled cannot be changed here",
}


@pytest.mark.parametrize("text", REFUSALS)
def test_what_cannot_be_edited_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        parse(text, "v.yaml").set(SWITCH, False)
    assert REFUSALS[text] in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_nested_aliases_do_not_explode() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(UsageError, match="stand for too much"):
        parse("\n".join(lines), "v.yaml")


def test_values_are_what_helm_reads() -> None:
    text = (
        "a: [yes, On, y, Y, n, No, OFF, 'yes', \"no\"]\nb: [~, null, ]\nc: [012, 0o17, 0x1F, 0b11, 08, 1_000, -5]\n"
        "d: [1e3, .5, 1:30, 2020-01-01, 1.2.3]\ny: k\n8080: p\n"
        "f: &f {x: 1, enabled: true}\ng: {enabled: false, <<: *f}\nh: {<<: [{p: 1}, {p: 2, q: 2}], q: 3}\n"
        "i: [!!str true, ! no, !mine yes]\n'<<': text\n"
    )
    assert parse(text, "v.yaml").values == {
        "a": [True, True, True, True, False, False, False, "yes", "no"],
        "b": [None, None],
        "c": [10, 15, 31, 3, 8.0, 1000, -5],
        "d": [1000.0, 0.5, "1:30", "2020-01-01", "1.2.3"],
        "true": "k",
        "8080": "p",
        "f": {"x": 1, "enabled": True},
        "g": {"enabled": True, "x": 1},
        "h": {"p": 1, "q": 3},
        "i": ["true", "no", "yes"],
        "<<": "text",
    }


def test_find_goes_through_aliases_and_merge_keys() -> None:
    document = parse("d: &d\n  enabled: true\nistio:\n  <<: *d\nkiali: *d\n", "v.yaml")
    for package in ("istio", "kiali"):
        node = document.find((package, "enabled"))
        assert node is not None
        assert (node.line, node.column) == (2, 12)
        assert document.explicit((package, "enabled")) is None
    assert document.find(("istio", "nothing")) is None
    assert document.place(("istio", "enabled")) == "v.yaml:2"
    assert document.place(("tempo",)) == "v.yaml:1"


def test_one_document_of_several_is_changed() -> None:
    text = "kind: A\n---\nspec:\n  x: 1\n---\nkind: C\n"
    change = parse_all(text, "m.yaml")[1].set(("spec", "z"), "a: b")
    assert change is not None
    after = apply(text, [change.splice])
    assert after == 'kind: A\n---\nspec:\n  z: "a: b"\n  x: 1\n---\nkind: C\n'
    assert apply(after, [undo(after, change, "m.yaml")]) == text


def test_other_values_can_be_written() -> None:
    text = "a: 1\n"
    change = parse(text, "v.yaml").set(("on", "8080"), "ü\n")
    assert change is not None
    assert apply(text, [change.splice]) == 'a: 1\n"on":\n  "8080": "ü\\n"\n'
    number = parse(text, "v.yaml").set(("a",), 2)
    assert number is not None
    assert apply(text, [number.splice]) == "a: 2\n"


def test_a_text_inside_a_file_is_cited_by_the_files_lines() -> None:
    with pytest.raises(UsageError, match=r"^cm\.yaml:12:1: "):
        parse("a: 1\na: 2\n", "cm.yaml", first_line=11)


def test_a_long_file_is_edited_in_its_middle() -> None:
    filler = "".join(f"key{n}:\n  values: [1, 2]  # é\n" for n in range(2000))
    text = f"{filler}istio:\n  enabled: true\n{filler.replace('key', 'more')}"
    change = parse(text, "v.yaml").set(SWITCH, False)
    assert change is not None
    assert (
        apply(text, [change.splice]) == f"{filler}istio:\n  enabled: false\n{filler.replace('key', 'more')}"
    )
