"""The grants in CEL, for the two engines that speak it: Kubernetes' own and Kyverno's MutatingPolicy.

Both evaluate the variables on the object as it was sent, and both know two-variable comprehensions and `flatten`:
Kubernetes from 1.34 on (k8s.io/apiserver pkg/cel/environment/base.go; MutatingAdmissionPolicy v1 comes with 1.36),
Kyverno with MutatingPolicy v1 (pkg/cel/compiler/env.go, pkg/cel/policies/mpol/compiler/compiler.go).
"""

import json
from collections.abc import Sequence

from istiokit.kyverno.grants import Grant

BOUND = (
    "has(object.spec) && has(object.spec.hosts) && size(object.spec.hosts) > 0 &&\n"
    "has(object.spec.gateways) && size(object.spec.gateways) > 0"
)
"""A match condition: neither a delegate nor for the mesh alone. Variables are not allowed in it."""

_LISTS = """\
[['/spec/gateways'] + object.spec.gateways] +
['http', 'tls', 'tcp'].filter(kind, kind in object.spec).map(kind,
  object.spec[kind].transformList(i, route, has(route.match),
    route.match.transformList(j, match, has(match.gateways),
      ['/spec/' + kind + '/' + string(i) + '/match/' + string(j) + '/gateways'] + match.gateways
    )
  )
).flatten(2)
"""
"""Every list of gateways, each with its own path in front."""

_NAMED = """\
variables.lists.map(entry, entry.map(name,
  name == 'mesh' ? name :
  name.startsWith('./') ? object.metadata.namespace + name.substring(1) :
  name.contains('/') ? name :
  name.contains('.') ? name.split('.')[1] + '/' + name.split('.')[0] :
  object.metadata.namespace + '/' + name
))
"""
"""The same with every reference as namespace/name (`bindings.resolve`); a path has slashes and stays."""

_TOP = """\
variables.named[0] +
variables.grants.filter(grant, grant.exists(name, name in variables.named[0])).map(grant, grant[0])
"""
"""What the top-level list has and is given: what a condition's list can reach."""

PATCH = """\
variables.named.map(entry,
  variables.grants.filter(grant,
    !(grant[0] in entry) && grant.exists(name, name in entry && name in variables.top)
  ).map(grant, JSONPatch{op: 'add', path: entry[0] + '/-', value: grant[0]})
).flatten()
"""
"""The mutation: one `add` at the end of each list that lacks a Gateway."""


def variables(grants: Sequence[Grant]) -> list[dict[str, str]]:
    """The variables that `PATCH` uses, each after those that it builds on."""
    expressions = {"grants": _literal(grants), "lists": _LISTS, "named": _NAMED, "top": _TOP}
    return [{"name": name, "expression": expression} for name, expression in expressions.items()]


def _literal(grants: Sequence[Grant]) -> str:
    """A list for each grant: the Gateway that is given, then those that entitle to it. JSON strings are CEL's too."""
    rows = (json.dumps([grant.gateway, *grant.holders], ensure_ascii=True) for grant in grants)
    return "[\n" + ",\n".join(f"  {row}" for row in rows) + "\n]\n"
