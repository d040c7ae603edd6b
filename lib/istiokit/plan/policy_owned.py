"""Whether a policy has an owner that would put it back, or make it again. Pure."""

from collections.abc import Iterable, Sequence

from istiokit.cluster.manifests import ref_of
from istiokit.errors import NotDone
from istiokit.ownership.model import Owners
from istiokit.plan.owned import Change, held, notes
from istiokit.survey.policies import Manifest, metadata_of


def owned_notes(
    manifests: Iterable[Manifest], owners: Owners, allowed: Sequence[str], verb: str = "exchange"
) -> tuple[str, ...]:
    """What takes the change of these back later.

    Raises NotDone, with the edit to make there, where an owner would do so at once (or where nobody can tell, and
    `allowed` has not VSG053).
    """
    verdicts = []
    for one in manifests:
        words = f"{verb} the policy there"
        verdict = held(Change(ref_of(one), metadata_of(one), ("/spec",), words), owners, allowed)
        if verdict.refused:
            raise NotDone(f"{ref_of(one)}: {verdict.owner.why}", verdict.remedy)
        verdicts.append(verdict)
    return notes(verdicts)
