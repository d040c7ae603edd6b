"""Waiting until a mutation policy is in force, and proving that it is."""

import time
from collections.abc import Sequence
from typing import Any

from istiokit.cluster.types import Ref
from istiokit.errors import Forbidden, NotDone, OperationFailed
from istiokit.kyverno.access import Account
from istiokit.kyverno.grants import Grant
from istiokit.kyverno.readiness import unready
from istiokit.plan.actions.waiting import Await
from istiokit.plan.model import Action, State, World
from istiokit.survey.admitting import Try, samples, unproved
from istiokit.survey.kyverno_access import missing_verbs

_PERIOD = 0.5
_REFUSED = "the server refuses a VirtualService that would prove it"
_IS_KYVERNO_UP = "see whether Kyverno's pods are up and what they log: kubectl -n kyverno get pods"


class AwaitPolicy(Await, frozen=True, kw_only=True):
    """Wait until Kyverno says that its policy is Ready: its webhook sends it VirtualServices from then on."""

    ref: Ref
    period = _PERIOD
    vital = True

    def target(self) -> str:
        return str(self.ref)

    def change(self) -> str:
        return "wait until it is Ready"

    def pending(self, world: World) -> list[str]:
        live = world.cluster.get(self.ref, dict[str, Any])
        reason = "it is not there" if live is None else unready(live)
        return [reason] if reason else []

    def waits(self, pending: list[str], world: World) -> None:
        world.tell(self, pending[0])

    def late(self, pending: list[str]) -> NotDone:
        return NotDone(f"{self.ref} is not Ready: {pending[0]}", _IS_KYVERNO_UP)


class AwaitAccess(Await, frozen=True, kw_only=True):
    """Wait until Kyverno's reports controller may read VirtualServices: its role collects ours by a label."""

    account: Account
    period = _PERIOD

    def target(self) -> str:
        return str(self.account)

    def change(self) -> str:
        return "wait until it may read VirtualServices"

    def pending(self, world: World) -> list[str]:
        return list(missing_verbs(world.cluster, self.account))

    def late(self, pending: list[str]) -> NotDone:
        return NotDone(
            f"{self.account} still may not {', '.join(pending)} VirtualServices",
            "Kyverno before 1.13 does not collect rules by this label: put them into the values of its chart, under "
            "reportsController.rbac.clusterRole.extraResources",
        )


class ProvePolicy(Action, frozen=True, kw_only=True):
    """Let the API server admit a VirtualService for each Gateway, and store none: each must get what goes with it.

    It is asked again until it does, for a policy acts a moment after it was made, and for some seconds after a CRD was
    made the server has no schema to mutate its kind by. Where we may not ask it is told, and nothing else happens.
    """

    grants: tuple[Grant, ...]
    passive = True
    vital = True

    def target(self) -> str:
        return "VirtualServices"

    def change(self) -> str:
        return "prove by a dry run what the policy gives them"

    def state(self, world: World) -> State:
        return State.TODO

    def do(self, world: World, *, dry_run: bool = False) -> None:
        if dry_run:
            return  # the policy may not be there
        try:
            self._prove(world)
        except Forbidden as error:
            world.say(f"not proved that the policy mutates: {error.what}")

    def undo(self, world: World) -> None:
        """There is nothing to take back."""

    def _prove(self, world: World) -> None:
        until = time.monotonic() + world.timeout
        acts_in: set[str] = set()
        for sample in samples(world.cluster, self.grants):
            tries = sample.tries
            if not sample.gets:  # where the policy does not act at all, nothing would be proved
                tries = tuple(one for one in tries if one.namespace in acts_in) or tries
            acts_in.add(self._until_one_is_right(world, tries, until))

    def _until_one_is_right(self, world: World, tries: Sequence[Try], until: float) -> str:
        """Try them in turn until one comes back as it should; its namespace. An engine may leave out some."""
        while True:
            reasons = []
            for one in tries:
                reason = self._wrong(world, one)
                if not reason:
                    return one.namespace
                reasons.append(reason)
            is_final = all(reason.startswith(_REFUSED) for reason in reasons)
            if is_final or time.monotonic() > until or world.stop.wait(_PERIOD):
                raise NotDone(f"the policy does not mutate as it should: {reasons[0]}", _hint(reasons[0]))

    def _wrong(self, world: World, one: Try) -> str:
        """Why it does not come back as it should; empty if it does."""
        try:
            return unproved(world.cluster, one, self.grants)
        except Forbidden:
            raise
        except OperationFailed as error:
            return f"{_REFUSED}: {error.what}"


def _hint(reason: str) -> str:
    """What to look at, by what was seen last."""
    if "failed calling webhook" in reason:
        return f"a webhook does not answer; {_IS_KYVERNO_UP}"
    if reason.startswith(_REFUSED):
        return "see what refuses it, and whether it would refuse others too"
    if " still gets " in reason:
        return "something else gives it: see whether there is another policy"
    return "see whether something keeps the policy from acting: its status, exceptions, excluded namespaces"
