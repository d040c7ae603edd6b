"""Templates in values mean to us what they mean to the real Helm, or we say that we do not know."""

import base64
import json
import random
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from istiokit.gotemplate.expressions import Unknown, evaluate
from tests.tools import build

VALUES: dict[str, Any] = {
    "domain": "Bigbang.dev",
    "hostname": "",
    "words": " a b  c ",
    "dashes": "--a-b--",
    "quoted": 'say "hi" \\ \t',
    "umlaut": "grün",
    "template": "{{ .Values.domain }}",
    "port": 8443,
    "big": 30000000,
    "ratio": 1.5,
    "whole": 3.0,
    "zero": 0,
    "on": True,
    "off": False,
    "none": None,
    "hosts": ["one", "two", "three"],
    "mixed": ["a", 1, True, 2.5, ["z"], {"k": "v"}],
    "empty": {"list": [], "mapping": {}},
    "gateway": {"host": "gw", "tls": {"mode": "SIMPLE", "port": 443}, "Table": "t", "domain.io": "dotted"},
}

SAME = r"""
plain text
*.{{ .Values.domain }}
{{ .Values.hostname | default .Values.domain }}
app.{{ .Values.domain | lower }}
{{$.Values.domain}}{{ $.Values.gateway.tls.mode }}
{{ (.Values.gateway).host }}{{ (.Values.missing).host | default "none" }}{{ (.Values.missing).a.b.c | default "deep" }}
{{ .Values.port }} {{ .Values.ratio }} {{ .Values.whole }} {{ .Values.zero }} {{ .Values.on }} {{ .Values.off }}
{{ .Values.hosts }} {{ .Values.mixed }} {{ .Values.empty.list }}
{{ .Values.gateway }} {{ .Values.empty.mapping }}
{{ .Values.gateway.Table }}
{{ "a\tb\"c\\ \x41 \u00e9" }}{{ `raw "\n"` }}
{{ 5 }} {{ -3 }} {{+7}} {{ 1.50 }} {{ 2.0 }} {{ 1000000 }} {{ true }} {{ false }}
a  {{- " b " -}}  c {{- /* a comment */ -}} d
{{/* a comment with }} in it */}}x{{- 3 -}} y
{{ "}}" }}{{ "{{" }}
{{ .Values.template }}
a<no value>b {{ "<no value>" }}{{ "<no " }}value>
{{ .Values.missing | default .Values.none | default "last" }}
{{ default "x" .Values.on }} {{ default "x" .Values.off }} {{ default "x" .Values.zero }}
{{ default "x" .Values.empty.list }}
{{ quote .Values.quoted .Values.port }} {{ .Values.domain | quote }} {{ .Values.on | quote }}
{{ quote "\a\b\f\n\r\t\v\x7f\x01" }}
{{ squote "it's" .Values.port }} {{ squote .Values.hosts }}
{{ lower .Values.domain }} {{ upper .Values.domain }} {{ .Values.domain | upper | lower | quote }}
[{{ trim .Values.words }}] [{{ trim "\u0085\u00a0\u2003x\u200b\u3000" }}] [{{ trim "\x1cx\x1f" }}]
[{{ nospace .Values.words }}]
{{ trimSuffix ".dev" .Values.domain }} {{ trimPrefix "Big" .Values.domain }} {{ .Values.domain | trimSuffix "x" }}
{{ trimAll "-" .Values.dashes }} {{ trimAll "" "abc" }} {{ trimAll "-b" .Values.dashes }}
{{ replace "." "-" .Values.domain }} {{ "abc" | replace "" "-" }} {{ .Values.umlaut | replace "ü" "ue" }}
{{ printf "%s-%v-%%-%q-%t" .Values.domain .Values.port "x\"y" .Values.on }} {{ printf "%d %v" 5 .Values.mixed }}
{{ .Values.domain | printf "%s.%s" "www" }} {{ printf "plain" }}
{{ print 1 2 "a" 3 true .Values.port .Values.hosts }} {{ print "a" "b" }}{{ print }}
{{ required "a domain is required" .Values.domain }} {{ .Values.zero | required "no" }}
{{ coalesce .Values.missing .Values.hostname .Values.zero .Values.domain "x" }}
{{ ternary "yes" "no" .Values.on }} {{ .Values.off | ternary "yes" "no" }} {{ eq .Values.domain "x" | ternary 1 2 }}
{{ empty .Values.missing }} {{ empty .Values.hosts }} {{ empty .Values.empty.mapping }} {{ empty 0 }} {{ empty "0" }}
{{ toString .Values.port }} {{ toString .Values.on | upper }} {{ toString .Values.hosts }}
{{ trunc 3 .Values.domain }} {{ trunc -3 .Values.domain }} {{ trunc 100 "ab" }} {{ trunc -100 "ab" }}
[{{ trunc 0 "ab" }}]
{{ join "," .Values.hosts }} {{ .Values.mixed | join "-" }} {{ join "," .Values.port }}
{{ join "," .Values.empty.list }}
{{ first .Values.hosts }} {{ last .Values.hosts }} {{ first .Values.empty.list | default "none" }}
{{ index .Values.hosts 1 }} {{ index .Values "gateway" "tls" "mode" }} {{ index .Values.gateway "domain.io" }}
{{ index .Values.mixed 5 "k" }} {{ index .Values.mixed 4 0 }} {{ index .Values.domain }}
{{ get .Values.gateway "host" }} {{ get .Values.gateway "missing" | default "none" }} {{ get .Values "domain" }}
{{ hasKey .Values "domain" }} {{ hasKey .Values.gateway "missing" }} {{ hasKey .Values.empty.mapping "x" }}
{{ dig "tls" "mode" "none" .Values.gateway }} {{ dig "tls" "x" "none" .Values.gateway }}
{{ dig "a" "b" 3 .Values.gateway }}
{{ eq .Values.domain "Bigbang.dev" }} {{ eq .Values.domain "a" "b" "Bigbang.dev" }} {{ ne .Values.domain "x" }}
{{ eq .Values.on true }} {{ eq 3 3 }} {{ eq .Values.ratio 1.5 }} {{ ne 3 4 }} {{ ne .Values.on false }}
{{ and .Values.domain .Values.hosts }} {{ and .Values.on .Values.off }} {{ and .Values.off .Values.missing.x }}
{{ or .Values.hostname .Values.domain }} {{ or .Values.domain .Values.missing.x }} {{ or .Values.missing "x" }}
{{ .Values.domain | and .Values.on }} {{ .Values.domain | or .Values.off }} {{ and .Values.zero 1 }}
{{ or 0 0.0 "" false }}
{{ not .Values.missing }} {{ not .Values.domain }} {{ not .Values.zero }} {{ not (and .Values.on .Values.hosts) }}
{{ list "a" .Values.port true }} {{ list }} {{ list "a" "b" | join "." }} {{ list .Values.hosts "x" }}
{{ dict "a" 1 "b" (list 2 "x") }} {{ (dict "k" .Values.domain).k }} [{{ get (dict "a") "a" }}] {{ dict }}
{{ contains "bang" .Values.domain }} {{ hasPrefix "Big" .Values.domain }} {{ .Values.domain | hasSuffix ".com" }}
{{ splitList "." .Values.domain | first }} {{ splitList "." .Values.domain }} {{ splitList "," "" }}
{{ last (splitList "." "a.b.c") }}
{{ .Values.port | int }} {{ printf "%d" (int .Values.port) }} {{ int .Values.big }} {{ eq (int .Values.port) 8443 }}
{{ if .Values.on }}yes{{ end }}{{ if .Values.off }}no{{ end }}{{ if .Values.missing }}no{{ else }}else{{ end }}
{{ if eq .Values.domain "x" }}a{{ else if .Values.hosts }}b{{ else }}c{{ end }} {{if(.Values.on)}}d{{end}}
{{- if .Values.on -}}  trimmed  {{- else -}} other {{- end -}}  end
{{ if .Values.off }}{{ .Values.missing.x }}{{ else if 0 }}b{{ else if "" }}c{{ else }}{{ if 1 }}d{{ end }}{{ end }}
{{ with .Values.gateway.tls }}{{ .mode }}:{{ .port }} {{ $.Values.domain }} {{ . }}{{ end }}
{{ with .Values.missing }}{{ .x }}{{ else }}none{{ end }} {{ with .Values.domain }}{{ . | lower }}{{ end }}
{{ with .Values.gateway }}{{ with .tls }}{{ .mode }}{{ end }}{{ .host }}{{ end }}
{{ with .Values }}{{ .domain }} {{ index . "hosts" 0 }}{{ end }}
{{ ((lower .Values.domain) | upper) }}{{ (((.Values.gateway).tls).mode) }}
{{ default (printf "%s.%s" "host" (.Values.domain | lower)) .Values.hostname | quote }}
https://{{ .Values.gateway.host }}.{{ lower .Values.domain }}:{{ .Values.port }}/
{{ .Values.umlaut }} {{ hasPrefix "gr" .Values.umlaut }} {{ trimSuffix "n" .Values.umlaut }}
{{ splitList "ü" .Values.umlaut }}
""".strip().splitlines()
SAME += [
    "",
    "  ",
    "{{/* only a comment */}}",
    "a \n {{- 1 }}\r\n{{ 2 -}} \t\n b\n",
    "{{ `a\r\nb` }}",
    "{{ lower\n\t`X` }}",
    "a\v\u00a0{{- 1 -}}\v\u2003b",
    "{{ if (eq (1) (1)) }}x{{ end }}" * 31,
    "{{ print" + " (1)" * 31 + " }}",
]

REFUSED = {
    "[{{ .Values.missing }}]": ".Values.missing is not set",
    "{{ .Values.none }}": ".Values.none is not set",
    "{{ (.Values.missing).a.b }}": ".Values.missing is not set",
    "{{ index .Values.gateway `x` }}": '"x" is not set',
    "{{ .Values.missing | quote }}": ".Values.missing is not set",
    "{{ first .Values.empty.list }}": "the list is empty",
    "{{ hasKey .Values `none` }}": 'it is unclear whether Helm keeps the null at "none"',
    "{{ .Values.big }}": "whether Helm prints 30000000 with an exponent depends on how it was set",
    "{{ eq .Values.port .Values.port }}": "it is unclear whether Helm can compare these two",
    "{{ lower .Values.umlaut }}": "lower needs a string of ASCII characters here",
    "{{ quote .Values.umlaut }}": "it is unclear how Helm quotes characters beyond ASCII",
    "{{ nospace .Values.umlaut }}": "nospace needs a string of ASCII characters here",
    "{{ printf `%d` .Values.port }}": "printf %d needs a whole number here",
    "{{ printf `%5s` `a` }}": "the format %5s is not supported for these values",
    "{{ .Release.Name }}": ".Release is known only to Helm",
    "{{ .Chart.Name }}": ".Chart is known only to Helm",
    "{{ .Capabilities.KubeVersion }}": ".Capabilities is known only to Helm",
    "{{ .Values.YAML }}": "YAML is a method of .Values",
    "{{ tpl .Values.template . }}": "tpl is not supported within another template",
    "{{ $x := 1 }}{{ $x }}": "the variable $x is not supported",
    "{{ range .Values.hosts }}{{ . }}{{ end }}": "range is not supported",
    "{{ with .Values.missing }}{{ else with 1 }}{{ . }}{{ end }}": "only newer versions of Helm know else with",
    "{{ title `a` }}": "title is not supported",
    "{{ 0x10 }}": "0x10 is not supported",
    "{{ 'a' }}": "it cannot be read",
    "{{ .Values.domain | }}": "it cannot be read",
}
"""What Helm evaluates and we do not: the result would hardly be meant, or depends on more than the values."""

FAILING = [
    "{{ .Values.missing.x }}",
    "{{ (.Values.gateway).x.y }}",
    "{{ .Values.domain.x }}",
    "{{ eq .Values.port 8443 }}",
    "{{ index .Values.hosts 3 }}",
    "{{ upper .Values.port }}",
    "{{ dig `a` `b` .Values }}",
    "{{ required `say it` .Values.hostname }}",
    "{{ `a` | `b` }}",
    "{{ nil }}",
    "{{ and | default `x` }}",
    "{{ /* a comment */ }}",
    "{{/* a comment */-}}",
    "{{/* a comment */  -}}",
    "{{ eq `1` 1 }}",
    "{{ if`a` }}b{{ end }}",
    "{{ .Values.domain | ( lower ) }}",
]

CHART = "apiVersion: v2\nname: probe\nversion: 0.1.0\n"
TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: probe}
data:
{{- range $number, $text := .Values.texts }}
  case-{{ $number }}: {{ tpl $text $ | b64enc | quote }}
{{- end }}
"""

Helm = Callable[[Sequence[str]], list[str]]


@pytest.fixture
def helm(tmp_path: Path) -> Helm:
    """What the real Helm makes of each text; raises CalledProcessError if it fails for one of them."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text(CHART)
    (tmp_path / "templates" / "probe.yaml").write_text(TEMPLATE)

    def told(texts: Sequence[str]) -> list[str]:
        (tmp_path / "given.json").write_text(json.dumps({**VALUES, "texts": list(texts)}))
        argv = [
            str(build.tool("helm")),
            "template",
            "probe",
            str(tmp_path),
            "--values",
            str(tmp_path / "given.json"),
        ]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        data = yaml.safe_load(done.stdout)["data"]
        return [base64.b64decode(data[f"case-{number}"]).decode() for number in range(len(texts))]

    return told


def ours(text: str) -> str:
    """Our result, or the reason why there is none."""
    try:
        return evaluate(text, VALUES)
    except Unknown as unknown:
        return f"unknown: {unknown.why}"


def differences(texts: Sequence[str], results: Sequence[str]) -> list[tuple[str, str, str]]:
    """Text, our result and Helm's, wherever these two differ."""
    both = zip(texts, map(ours, texts), results, strict=True)
    return [(text, mine, theirs) for text, mine, theirs in both if mine != theirs]


def test_same_as_helm(helm: Helm) -> None:
    assert len(SAME) >= 60
    assert differences(SAME, helm(SAME)) == []


def test_refused_though_helm_evaluates_it(helm: Helm) -> None:
    assert len(helm(list(REFUSED))) == len(REFUSED)
    assert {text: ours(text) for text in REFUSED} == {
        text: f"unknown: {why}" for text, why in REFUSED.items()
    }


def test_refused_where_helm_fails(helm: Helm) -> None:
    for text in FAILING:
        with pytest.raises(subprocess.CalledProcessError):
            helm([text])
        assert ours(text).startswith("unknown: "), text


class Guesser:
    """Makes up templates, most of which mean something: a kind of value each method."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def template(self) -> str:
        shape = self._of(
            "*.{{ A }}",
            "{{A}}",
            " x {{- A -}} \n",
            "{{ if A }}1{{ else if A }}{{ A }}{{ else }}{{ A }}{{ end }}",
            "{{ with A }}{{ . }} {{ $.Values.port }}{{ else }}{{ A }}{{ end }}",
        )
        return re.sub("A", lambda _: self._value(3), shape)

    def _of(self, *choices: str) -> str:
        return self._random.choice(choices)

    def _value(self, depth: int) -> str:
        makers = (self._text, self._text, self._text, self._truth, self._list, self._mapping, self._number)
        return self._random.choice(makers)(depth)

    def _text(self, depth: int) -> str:
        if depth <= 0:
            return self._of(
                ".Values.domain", "$.Values.dashes", ".Values.hostname", ".Values.missing", '"."', "`a`"
            )
        text, other, value = self._text(depth - 1), self._text(depth - 1), self._value(depth - 1)
        return self._of(
            f"({self._of('lower', 'upper', 'trim', 'nospace', 'toString', 'quote', 'squote')} {value})",
            f"({text} | {self._of('lower', 'upper', 'trim', 'nospace', 'quote')})",
            f"({self._of('trimPrefix', 'trimSuffix', 'trimAll', 'default', 'coalesce')} {other} {text})",
            f"({text} | replace {other} {self._text(0)})",
            f"(trunc {self._of('-3', '0', '4', '99')} {text})",
            f"(ternary {value} {text} {self._truth(depth - 1)})",
            f'(printf "{self._of("%s", "%v", "%q", "<%s>%%")}" {text})',
            f"(print {text} {value} {self._number(0)})",
            f"(join {other} {self._list(depth - 1)})",
            f"({self._of('first', 'last')} {self._list(depth - 1)})",
            f"(index {self._list(depth - 1)} {self._of('0', '1', '-1')})",
            f'(get {self._mapping(depth - 1)} "{self._of("a", "host", "x")}")',
            f'(dig "tls" "{self._of("mode", "x")}" {text} {self._mapping(depth - 1)})',
            f"({self._mapping(depth - 1)}).{self._of('a', 'host', 'x.b')}",
            f'(required "must be" {value})',
        )

    def _truth(self, depth: int) -> str:
        if depth <= 0:
            return self._of("true", ".Values.on", ".Values.off")
        text, value = self._text(depth - 1), self._value(depth - 1)
        return self._of(
            f"({self._of('eq', 'ne', 'contains', 'hasPrefix', 'hasSuffix')} {self._text(0)} {text})",
            f"({self._of('not', 'empty')} {value})",
            f"({self._of('and', 'or')} {value} {self._truth(depth - 1)})",
            f'(hasKey {self._mapping(depth - 1)} "{self._of("a", "x")}")',
        )

    def _list(self, depth: int) -> str:
        if depth <= 0:
            return self._of(".Values.hosts", ".Values.mixed", ".Values.empty.list")
        text, value = self._text(depth - 1), self._value(depth - 1)
        return self._of(f"(list {text} {value})", f"(splitList {self._text(0)} {text})", self._list(0))

    def _mapping(self, depth: int) -> str:
        if depth <= 0:
            return self._of(".Values.gateway", ".Values.empty.mapping", "(dict)", ".Values.gateway.tls")
        value = self._value(depth - 1)
        return self._of(f'(dict "a" {value} "host" {self._text(0)})', self._mapping(0))

    def _number(self, depth: int) -> str:
        return self._of(
            "5", "-3", "1.5", ".Values.port", ".Values.ratio", "(int .Values.big)", ".Values.whole"
        )


def test_same_as_helm_for_made_up_templates(helm: Helm) -> None:
    guesser = Guesser(seed=2024)
    texts = [guesser.template() for _ in range(400)]
    known = [text for text in texts if not ours(text).startswith("unknown: ")]
    assert len(known) >= 200
    assert differences(known, helm(known)) == []
