"""Templates in the old values: what they come to, and that whatever is not certain is refused."""

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from istiokit.bigbang.layers import ENCRYPTED
from istiokit.gotemplate.expressions import Unknown, evaluate, is_template

VALUES: dict[str, Any] = {
    "domain": "bigbang.dev",
    "hostname": "",
    "port": 8443,
    "big": 1_000_000,
    "small": 0.00001,
    "huge": 2**53 + 1,
    "on": True,
    "hosts": ["one", "two"],
    "gateway": {"host": "gw", "password": ENCRYPTED},
    "secret": ENCRYPTED,
    "secrets": ["plain", ENCRYPTED],
    "nulls": {"a": None},
    "gaps": ["a", None],
    "strange": object(),
}


def why(text: str) -> str:
    with pytest.raises(Unknown) as caught:
        evaluate(text, VALUES)
    return caught.value.why


def where(text: str) -> str:
    with pytest.raises(Unknown) as caught:
        evaluate(text, VALUES)
    return caught.value.expression


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("*.{{ .Values.domain }}", "*.bigbang.dev"),
        ("{{ .Values.hostname | default .Values.domain }}", "bigbang.dev"),
        ("{{ .Values.missing | default (printf `%s.%s` `a` $.Values.domain) }}", "a.bigbang.dev"),
        ("app.{{ .Values.domain | upper }}:{{ .Values.port }}", "app.BIGBANG.DEV:8443"),
        ("a {{- /* nothing */ -}} b", "ab"),
        ("{{ if .Values.on }}{{ index .Values.hosts 1 }}{{ else }}none{{ end }}", "two"),
        ("{{ with .Values.gateway }}{{ .host }}.{{ $.Values.domain }}{{ end }}", "gw.bigbang.dev"),
        ("{{ hasKey .Values.gateway `password` }}", "true"),
        ("{{ empty .Values.secrets }}", "false"),
        ("{{ .Values.hosts }}", "[one two]"),
        ("{{ 999999 }} {{ .Values.port | toString | quote }}", '999999 "8443"'),
    ],
)
def test_known(text: str, told: str) -> None:
    assert evaluate(text, VALUES) == told


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{ .Values.missing }}", ".Values.missing is not set"),
        ("{{ .Values.gateway.a.b }}", ".Values.gateway.a is not set"),
        ("{{ (.Values.missing).a }}", ".Values.missing is not set"),
        ("{{ .Values.missing | lower }}", ".Values.missing is not set"),
        ("{{ list .Values.missing }}", ".Values.missing is not set"),
        ("{{ and .Values.on .Values.missing }}", ".Values.missing is not set"),
        ("{{ coalesce .Values.missing .Values.hostname }}", "none of the values is set"),
        ("{{ default nil .Values.missing }}", "nil is not a value"),
        ("{{ required `the domain is required.` .Values.hostname }}", "the domain is required"),
        ("{{ required `` .Values.hostname }}", "a required value is not set"),
        ("{{ .Values.secret }}", ".Values.secret is encrypted"),
        ("{{ .Values.secret | default `a` }}", ".Values.secret is encrypted"),
        ("{{ if .Values.gateway.password }}a{{ end }}", ".Values.gateway.password is encrypted"),
        ("{{ with .Values.gateway }}{{ .password }}{{ end }}", ".password is encrypted"),
        ("{{ get .Values.gateway `password` }}", '"password" is encrypted'),
        ("{{ dig `password` `` .Values.gateway }}", '"password" is encrypted'),
        ("{{ index .Values.secrets 1 }}", "item 1 is encrypted"),
        ("{{ last .Values.secrets }}", "an item is encrypted"),
        ("{{ join `,` .Values.secrets }}", "a value in it is encrypted"),
        ("{{ .Values.gateway }}", "a value in it is encrypted"),
        ("{{ print .Values.gaps }}", "a value in it is not set"),
        ("{{ empty .Values.nulls }}", "it is unclear whether a mapping of nothing but nulls is empty"),
        ("{{ .Values }}", "it is unclear how Helm prints that"),
        ("{{ .Values.strange }}", "it is unclear how Helm prints that"),
        ("{{ not .Values.strange }}", "it is unclear whether that is empty"),
        ("{{ .Values.big }}", "whether Helm prints 1000000 with an exponent depends on how it was set"),
        ("{{ .Values.small }}", "whether Helm prints 1e-05 with an exponent depends on how it was set"),
        ("{{ eq .Values.port 8443 }}", "it is unclear whether Helm can compare these two"),
        ("{{ .Values.domain.a }}", ".Values.domain has no a"),
        ("{{ . }}", "the root is known only to Helm"),
        ("{{ .Release.Name }}", ".Release is known only to Helm"),
        ("{{ (.Values).YAML }}", "YAML is a method of .Values"),
        ("{{ include `a` . }}", "include needs the templates of the chart"),
        ("{{ template `a` . }}", "template needs the templates of the chart"),
        ("{{ lookup `v1` `Secret` `` `` }}", "lookup asks the cluster"),
        ("{{ $a := 1 }}", "the variable $a is not supported"),
        ("{{ range .Values.hosts }}{{ end }}", "range is not supported"),
        ("{{ fail `no` }}", "fail makes Helm give up"),
        ("{{ kebabcase `aB` }}", "kebabcase is not supported"),
        ("{{ lower `a` `b` }}", "lower does not take 2 values"),
        ("{{ default }}", "default does not take 0 values"),
        ("{{ or }}", "or is given no value"),
        ("{{ trunc 1.5 `a` }}", "trunc needs a whole number here"),
        ("{{ int .Values.huge }}", "int is supported only for whole numbers"),
        ("{{ eq true 1 }}", "it is unclear whether Helm can compare these two"),
        ("{{ int 1.5 }}", "int is supported only for whole numbers"),
        ("{{ printf `%s` }}", "the format %s is not supported for these values"),
        ("{{ printf `a` 1 }}", "the format a is not supported for these values"),
        ("{{ printf `%` }}", "the format % is not supported for these values"),
        ("{{ dig `a` .Values.gateway }}", "dig needs keys, a default and a mapping other than .Values"),
        ("{{ splitList `` `a` }}", "splitList has no separator"),
        ("{{ 010 }}", "010 is not supported"),
        (r'{{ "\xff" }}', r"the escape \x is not supported"),
        (r'{{ "\ud800" }}', r"the escape \ud800 is not supported"),
        ("{{ `a` | `b` }}", "there is something other than a function behind a |"),
        ("{{ .Values.domain `a` }}", "it cannot be read: only a function can be given values"),
        ("{{ `a`.b }}", "it cannot be read: only a mapping has fields"),
        ("{{ nil }}", "nil is not a value"),
        ("{{ }}", "it cannot be read"),
        ("{{ lower (`a` }}", "it cannot be read"),
        ("{{ . .Values }}", "it cannot be read: only a function can be given values"),
        ("{{/* a }}", "the comment does not end together with its action"),
        ("{{ if .Values.on }}a", "it has no end"),
        ("{{ if .Values.on }}a{{ else }}b{{ else }}c{{ end }}", "it has no end"),
        ("a{{ end }}", "there is nothing that this end belongs to"),
        ("{{ if 1 }}{{ end 1 }}", "it cannot be read"),
        ("{{ if 1 }}{{ else 1 }}{{ end }}", "it cannot be read"),
        ("{{ " + "(" * 40 + "1" + ")" * 40 + " }}", "it is nested too deep"),
        ("{{ if 1 }}" * 40 + "{{ end }}" * 40, "it is nested too deep"),
    ],
)
def test_unknown(text: str, reason: str) -> None:
    assert why(text) == reason


def test_the_action_is_named() -> None:
    assert where("a {{- .Values.missing -}} b") == "{{- .Values.missing -}}"
    assert where("{{ .Values.domain }} {{ title `a` }} {{ lower }}") == "{{ title `a` }}"
    assert where("{{ if 1 }}{{ .Values.missing }}{{ end }}") == "{{ .Values.missing }}"
    assert where("{{ if .Values.missing.a }}{{ end }}") == "{{ if .Values.missing.a }}"
    assert where("{{ if 1 }}a{{ else 2 }}b{{ end }}") == "{{ else 2 }}"
    assert where("a {{ & }} b") == "{{ & }}"
    assert where("a {{ .Values.domain") == "{{ .Values.domain"
    assert where('{{ "}}" | title }}') == '{{ "}}" | title }}'


def test_an_unsupported_action_counts_even_where_it_is_not_reached() -> None:
    assert (
        why("{{ if .Values.hostname }}{{ include `a` . }}{{ end }}")
        == "include needs the templates of the chart"
    )


def test_unknown_says_both() -> None:
    assert str(Unknown("{{ a }}", "it cannot be read")) == "{{ a }}: it cannot be read"


def test_is_template() -> None:
    assert is_template("*.{{ .Values.domain }}")
    assert not is_template("*.bigbang.dev }}")


@given(st.text())
def test_text_without_actions_stays(text: str) -> None:
    plain = text.replace("{{", "").replace("<no value>", "")
    if not is_template(plain):
        assert evaluate(plain, VALUES) == plain


WORDS = (
    *("{{", "}}", "{{-", "-}}", "{{ ", " }}", "/*", "*/", " ", "\n", "|", "(", ")", ".", "$", ",", ":=", "-"),
    *(
        ".Values",
        ".Values.domain",
        ".Values.port",
        ".Values.gateway",
        ".Values.hosts",
        ".Values.missing",
        ".host",
    ),
    *(
        "if ",
        "else",
        "end",
        "with ",
        "range ",
        "default ",
        "lower ",
        "printf ",
        "index ",
        "and ",
        "dict ",
        "list ",
    ),
    *(
        '"%s"',
        "`a`",
        '"\\n"',
        "1",
        "-1",
        "1.5",
        "007",
        "true",
        "nil",
        "'a'",
        "join ",
        "trunc ",
        "dig ",
        "eq ",
    ),
)


@given(st.one_of(st.text(), st.lists(st.sampled_from(WORDS)).map("".join)).map(lambda text: "{{" + text))
@example("{{" + "(" * 10_000)
@example("{{ if 1 }}" * 10_000)
@example("{{ if 1 }}" * 29 + "{{ " + "(" * 29 + "1" + ")" * 29 + " }}" + "{{ end }}" * 29)
def test_whatever_it_is_nothing_else_is_raised(text: str) -> None:
    try:
        assert isinstance(evaluate(text, VALUES), str)
    except Unknown as unknown:
        assert unknown.expression in text
        assert unknown.expression.startswith("{{")
        assert unknown.why


@given(st.text().map(lambda text: re.sub(r'["\\\n]', "", text)))
def test_a_string_comes_out_as_it_is(text: str) -> None:
    assert evaluate(f'{{{{ "{text}" }}}}', {}) == text.replace("<no value>", "")
    assert evaluate("{{ .Values.text }}", {"text": text}) == text.replace("<no value>", "")
