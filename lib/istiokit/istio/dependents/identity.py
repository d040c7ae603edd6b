"""Whether what a policy says of a request's source fits a gateway. Pure.

Sources: pilot/pkg/security/authz/model/generator.go (srcPrincipalGenerator, srcNamespaceGenerator,
srcServiceAccountGenerator), pilot/pkg/security/authz/matcher/string.go (StringMatcherWithPrefix) and
pilot/pkg/security/trustdomain/bundle.go (ReplaceTrustDomainAliases) of istio/istio, 1.20 to 1.32. An identity is
`spiffe://<trust domain>/ns/<namespace>/sa/<service account>`; policies leave `spiffe://` out.
"""

import re
from collections.abc import Collection

from istiokit.istio.dependents.labels import Verdict, some

LOCAL = "cluster.local"
"""In a policy it stands for the mesh's own trust domain, whatever that is called."""
PARTS = 5
"""Of `td/ns/namespace/sa/account`: only such a principal has a trust domain that istiod looks at."""


def spelled(pattern: str, text: str) -> bool:
    """`*` is anything but nothing, a leading or trailing `*` any beginning or end; elsewhere it is just a star."""
    if pattern == "*":
        return text != ""
    if pattern.startswith("*"):
        return text.endswith(pattern[1:])
    if pattern.endswith("*"):
        return text.startswith(pattern[:-1])
    return pattern == text


def principal_fits(
    pattern: str, namespace: str, account: str, domains: Collection[str] | None = None
) -> Verdict:
    """Whether an entry of `principals` fits this service account.

    `domains` are the mesh's trust domain and its aliases. Where they are not known `cluster.local` is assumed, and a
    principal with another trust domain may be meant for this mesh or for another one: None.
    """
    rest = f"/ns/{namespace}/sa/{account}"
    own = domains or (LOCAL,)
    if any(spelled(one, f"{domain}{rest}") for one in _forms(pattern, own) for domain in own):
        return True
    foreign = pattern.split("/")[0]
    if domains is None and foreign != LOCAL and spelled(pattern, f"{foreign}{rest}"):
        return None
    return False


def namespace_fits(pattern: str, namespace: str) -> bool:
    """Whether an entry of `namespaces` fits; a `*` anywhere in it stands for anything."""
    if "*" not in pattern:
        return pattern == namespace
    words = ".*".join(re.escape(word) for word in pattern.split("*"))
    return re.fullmatch(f".*/ns/{words}/.*", f"spiffe://{LOCAL}/ns/{namespace}/sa/any") is not None


def account_fits(spelling: str, place: str, namespace: str, account: str) -> bool:
    """Whether an entry of `serviceAccounts` fits: `account` in the policy's own namespace, or `namespace/account`."""
    before, slash, name = spelling.partition("/")
    return (before, name) == (namespace, account) if slash else (place, spelling) == (namespace, account)


def likely_accounts(hints: Collection[str]) -> frozenset[str]:
    """The service accounts that a gateway's pods may run as, by its name and labels, where no pods were read.

    Istio's operator and old charts make `<deployment>-service-account`, the gateway chart the release's name.
    """
    return frozenset(
        f"{front}{hint}{end}"
        for hint in hints
        for front in ("", "istio-")
        for end in ("", "-service-account")
    )


def any_account(
    pattern: str,
    namespace: str,
    accounts: Collection[str] | None,
    likely: Collection[str],
    domains: Collection[str] | None,
) -> Verdict:
    """`principal_fits` for pods that run as one of `accounts`; where these are not known, as one of `likely` perhaps.

    Where the pods run as several accounts it must fit all of them.
    """
    if accounts is not None:
        fits = [principal_fits(pattern, namespace, one, domains) for one in sorted(accounts)]
        return True if all(fits) else (None if any(one is not False for one in fits) else False)
    if principal_fits(pattern, namespace, "\N{REPLACEMENT CHARACTER}", domains):
        return True
    return None if some(principal_fits(pattern, namespace, one, domains) for one in likely) else False


def _forms(pattern: str, domains: Collection[str]) -> list[str]:
    """What istiod makes of the pattern: one with each of the mesh's trust domains, if it begins with one of them.

    Where the domain itself begins with `*` and fits, the pattern stays as it is (`replaceTrustDomains`).
    """
    first, *rest = pattern.split("/")
    if len(rest) != PARTS - 1 or first == "*":
        return [pattern]
    if first != LOCAL and not any(_alike(first, domain) for domain in domains):
        return [pattern]
    return [
        pattern if first.startswith("*") and domain.endswith(first[1:]) else "/".join((domain, *rest))
        for domain in domains
    ]


def _alike(one: str, other: str) -> bool:
    """Whether two trust domains are the same, with a star at an end of either (`stringMatch`, trustdomain/util.go)."""
    return one == other or any(
        (star.endswith("*") and text.startswith(star[:-1]))
        or (star.startswith("*") and text.endswith(star[1:]))
        for text, star in ((one, other), (other, one))
    )
