"""What cannot be judged: names that are no references, objects and files that cannot be understood."""

import re
from collections.abc import Iterator

from istiokit.findings import Finding, Severity
from istiokit.istio.audit.model import Rule, Subject, each
from istiokit.istio.wording import Wording

_NAME = r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?"
_REFERENCE = re.compile(rf"(({_NAME}|\.)/)?{_NAME}")
"""`mesh`, `name`, `namespace/name`, `./name`: names of Kubernetes objects (RFC 1123 subdomains)."""


def _objects(subject: Subject) -> Iterator[Finding]:
    for one in subject.unusable:
        if not one.file:
            remedy = "correct the field; nothing else was looked at in this object"
            yield Finding("VSG010", Severity.ERROR, one.object, one.reason, remedy, one.path)


def _files(subject: Subject) -> Iterator[Finding]:
    for one in subject.unusable:
        if one.file:
            yield Finding(
                "VSG011", Severity.WARNING, one.object, one.reason, one.remedy or "correct the file"
            )


def _no_reference(wording: Wording, subject: Subject) -> Iterator[Finding]:
    for one in subject.references(wording):
        if not _REFERENCE.fullmatch(one.spelled):
            reason = f'"{one.spelled}" can be the name of no Gateway'
            remedy = "write namespace/name, in lower case"
            yield Finding("VSG012", Severity.ERROR, "", reason, remedy, one.path)


RULES = (
    Rule(
        code="VSG010",
        title="An object that cannot be understood",
        severity=Severity.ERROR,
        why="A field has another type than Istio gives it, or spec is missing. The API server refuses such an "
        "object, so what is running is an older one, or none.",
        remedy="Correct the field that the finding names.",
        run=_objects,
    ),
    Rule(
        code="VSG011",
        title="A file that cannot be used",
        severity=Severity.WARNING,
        why="It cannot be read, is no YAML (a template, perhaps), is a kustomize patch that names an old gateway, or "
        "repeats an object of another file, so what stands in it was not judged. No findings for it does not mean "
        "that there is nothing to find.",
        remedy="Correct the file, or render templates and build kustomizations first and check what comes out.",
        run=_files,
    ),
    Rule(
        code="VSG012",
        title="A name that no Gateway can have",
        severity=Severity.ERROR,
        why="A reference is `namespace/name` or `name`, both names of Kubernetes objects. With anything else, a "
        "template that was not rendered for instance, nothing is bound.",
        remedy="Write the name of a Gateway.",
        run=each(_no_reference),
    ),
)
