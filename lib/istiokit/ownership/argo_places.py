"""Where an Application of Argo CD has its objects from. Pure."""

from collections.abc import Iterator, Sequence

from istiokit.argocd.model import HEAD, Application, ApplicationSource
from istiokit.cluster.urls import masked
from istiokit.ownership.home import home, listed
from istiokit.ownership.model import Origin, Owner, Owners
from istiokit.ownership.spots import Wanted, of_application, spots


def application_origin(found: Owner, owners: Owners, wanted: Wanted) -> Origin | None:
    """One or several sources; parameters and values in the Application itself come before what is in Git."""
    item = owners.applications.read.get(found.ref) if found.ref else None
    if item is None or not item.edited:
        return None
    sources = item.edited
    own = spots((leaf for source in sources for leaf in of_application(source)), wanted)
    main = next((one for one in sources if one.path or one.chart), sources[0])
    repository = next((one for one in sources if not one.chart), None)
    return Origin(
        text=item.words,
        edit=_edit(item, found, owners, own),
        url=masked((repository or main).repo_url),
        revision=(repository or main).target_revision,
        path=(repository or main).path,
        chart=main.chart,
        version=main.target_revision if main.chart else "",
        values=tuple(f"{found.ref} {spot}" for spot in own),
    )


def _edit(item: Application, found: Owner, owners: Owners, own: Sequence[str]) -> str:
    text, at_home = item.words, home(item, "Application", owners)
    if own:
        return f"at {listed(own)} of {found.ref}{at_home}"
    files = list(_value_files(item.edited))
    if files:
        return f"in {listed(files)}, or in the templates of {text}"
    if any(one.chart or one.helm for one in item.edited):
        return f"in the values of {found.ref}{at_home}, or in {text}"
    return f"in {text}"


def _value_files(sources: Sequence[ApplicationSource]) -> Iterator[str]:
    """`$ref/path` is in the source of that name, everything else beside the chart."""
    named = {f"${one.ref}": one for one in sources if one.ref}
    for source in sources:
        for file in source.helm.value_files if source.helm else ():
            head, _, rest = file.partition("/")
            if head in named:
                other = named[head]
                yield f"{rest} of {masked(other.repo_url)}, revision {other.target_revision or HEAD}"
            else:
                yield f"{file} of {source.words}"
