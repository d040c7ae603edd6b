"""All actions that a journal can hold. A new one: its module here, and its class in `TYPES`."""

from istiokit.plan.actions.addresses import AwaitAddresses
from istiokit.plan.actions.bigbang import AwaitSwitches, AwaitUpgrade
from istiokit.plan.actions.bindings import EditBindings
from istiokit.plan.actions.crds import ProveCrds
from istiokit.plan.actions.evict import EvictPods
from istiokit.plan.actions.flux import ReconcileReleases, WaitForReleases
from istiokit.plan.actions.lifecycle import CreateObject, DeleteObject
from istiokit.plan.actions.manifests import EditManifests
from istiokit.plan.actions.namespaces import AwaitNamespaces
from istiokit.plan.actions.objects import Annotate, SetField
from istiokit.plan.actions.pause import Pause
from istiokit.plan.actions.policies import AwaitAccess, AwaitPolicy, ProvePolicy
from istiokit.plan.actions.relabel import RelabelNamespace
from istiokit.plan.actions.releases import SuspendRelease
from istiokit.plan.actions.replace import ReplaceObject
from istiokit.plan.actions.restart import RestartWorkload
from istiokit.plan.actions.text import EditText
from istiokit.plan.actions.touch import TouchVirtualService
from istiokit.plan.codec import Codec
from istiokit.plan.model import Action

TYPES: tuple[type[Action], ...] = (
    Annotate,
    AwaitAccess,
    AwaitAddresses,
    AwaitNamespaces,
    AwaitPolicy,
    AwaitSwitches,
    AwaitUpgrade,
    CreateObject,
    DeleteObject,
    EditBindings,
    EditManifests,
    EditText,
    EvictPods,
    Pause,
    ProveCrds,
    ProvePolicy,
    ReconcileReleases,
    RelabelNamespace,
    ReplaceObject,
    RestartWorkload,
    SetField,
    SuspendRelease,
    TouchVirtualService,
    WaitForReleases,
)


def codec(*more: type[Action]) -> Codec:
    """The journal's codec for all actions of the suite (and `more`, which tests bring)."""
    return Codec((*TYPES, *more))
