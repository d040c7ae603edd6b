"""The diff of spliced text is the diff that everybody knows."""

import difflib

from hypothesis import given
from hypothesis import strategies as st

from istiokit.cluster.yamltext import Splice, apply
from istiokit.plan.splicediff import spliced_diff


@given(
    st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=1, max_size=30),
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 4), st.sampled_from(["", "x", "x\ny", "\n"])), max_size=4
    ),
    st.booleans(),
)
def test_it_applies_like_any_unified_diff(
    lines: list[str], wanted: list[tuple[int, int, str]], ending: bool
) -> None:
    text = "\n".join(lines) + ("\n" if ending else "")
    splices: list[Splice] = []
    at = 0
    for offset, length, new in sorted(wanted):
        if at <= offset <= len(text):
            old = text[offset : offset + length]
            splices.append(Splice(offset, old, new))
            at = offset + len(old) + 1
    diff = spliced_diff(text, splices, "a", context=1).splitlines()[2:]
    after = apply(text, splices)
    assert patched(text.split("\n"), diff) == strip(after)


def patched(lines: list[str], diff: list[str]) -> list[str]:
    """Apply hunks as `patch` does."""
    result: list[str] = []
    at = 0
    for line in diff:
        if line.startswith("@@"):
            start, _, length = line.split()[1].lstrip("-").partition(",")
            begin = int(start) - (1 if length != "0" else 0)
            result += lines[at:begin]
            at = begin
        elif line.startswith("+"):
            result.append(line[1:])
        else:
            assert lines[at] == line[1:]
            at += 1
            result += [line[1:]] if line.startswith(" ") else []
    return strip("\n".join([*result, *lines[at:]]))


def strip(text: str) -> list[str]:
    return text.rstrip("\n").split("\n")


def test_it_reads_as_difflib_writes_it() -> None:
    lines = [f"line {number}" for number in range(20)]
    text = "\n".join(lines) + "\n"
    splice = Splice(text.index("line 7\n"), "line 7\n", "line seven\nmore\n")
    expected = difflib.unified_diff(lines, apply(text, [splice]).splitlines(), "a/x", "b/x", lineterm="")
    assert spliced_diff(text, [splice], "x").splitlines() == list(expected)
