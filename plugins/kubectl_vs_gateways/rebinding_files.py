"""`add`, `swap` and `remove` in manifests: read, plan, show the diff, ask, write."""

import shlex
import sys

from istiokit.cluster.files import FilesCluster
from istiokit.cluster.files_read import STDIN, read_stdin, real, utf8
from istiokit.cluster.types import Where
from istiokit.errors import NotDone, UsageError
from istiokit.findings import Severity
from istiokit.istio.model import full_name
from istiokit.istio.rebinding import Operation
from istiokit.istio.routing.facts import RouteFacts
from istiokit.plan.actions.manifests import EditManifests
from istiokit.plan.beside import file_flags, file_lock, file_store, who
from istiokit.plan.model import Group, Plan, World
from istiokit.plan.rebind import MIGRATION, RebindPlan, Wanted, cut_off_findings
from istiokit.plan.rebind_files import named_only, plan_files, read_manifests, with_unread
from istiokit.plan.render import plan_diff
from istiokit.plan.resume import unfinished
from istiokit.plan.runner import run
from istiokit.survey.manifests import ManifestTexts, read_manifest_texts
from istiokit.survey.routes import other_gateways
from istiokit.ui import plans
from istiokit.ui.context import Context
from istiokit.ui.diffs import coloured
from istiokit.ui.pairs import chosen_mapping, strangers
from istiokit.ui.plans import many, refuse, way_back
from kubectl_vs_gateways.patch_text import told_patches
from kubectl_vs_gateways.rebind_options import Options
from kubectl_vs_gateways.rebinding import left_to_people, say_what_to_know
from kubectl_vs_gateways.scope_files import other_place
from kubectl_vs_gateways.serving import silenced


def run_on_files(operation: Operation, given: Options, context: Context) -> int:
    """Change the manifests; returns 0 when all is done, 1 where some is left to people, raises what is in the way."""
    names = given.scope.filenames
    if STDIN in names and given.dry_run == "none" and given.output != "table":
        what = f"-f - writes the edited text to stdout, where -o {given.output} would be too"
        raise UsageError(what, "add --dry-run to see the plan only")
    stdin = utf8(read_stdin(context.stdin), STDIN) if STDIN in names else ""
    files = read_manifest_texts(names, recursive=given.scope.recursive, stdin=stdin.encode())
    made = _planned(operation, files, given, context)
    _show(made.plan, given, context)
    if given.dry_run != "none":
        context.say("nothing was written (--dry-run)")
        return 0
    refuse(made.plan, given.allow)
    _write_files(made.plan, given, context)
    if STDIN in names:
        context.write(_edited_stdin(made.plan, stdin))
    if made.left:
        context.say(left_to_people(made.left))
    return int(made.left > 0)


def _planned(operation: Operation, files: ManifestTexts, given: Options, context: Context) -> RebindPlan:
    scope = given.scope
    anywhere = any("/" in name for name in scope.names)
    place = None if anywhere else scope.namespace or None
    manifests = read_manifests(files.texts, Where(place, scope.selector, scope.field_selector))
    if scope.names:
        manifests = named_only(manifests, scope.names)
    place_of_others = other_place(scope, context)
    others, wrong = other_gateways(place_of_others)
    items = [one.item for found in manifests.found.values() for one in found]
    gateways = (*manifests.gateways, *others)
    complete = place_of_others is not None and not wrong
    mapping = chosen_mapping(given.pairs, gateways, items, context, complete=complete)
    for line in strangers(mapping, gateways, items, complete=complete):
        context.say(line)
    patches = told_patches(files.patches, [pair.old for pair in mapping.pairs], context.prog)
    parts = {one.object: f"{one.reason}; {one.remedy}" for one in patches}
    manifests = with_unread(manifests, {**files.unread, **parts})
    known = {full_name(one) for one in gateways} if complete else None
    wanted = Wanted(operation, mapping, named=bool(scope.names))
    facts = RouteFacts(
        "the files",
        tuple(items),
        gateways,
        all_gateways=complete,
        all_virtual_services=False,
        workloads=None,
    )
    # An edit in Git takes effect later, and only a cluster knows which Gateway is older: else it is a warning.
    severity = Severity.ERROR if scope.gateways == "cluster" else Severity.WARNING
    return plan_files(
        files.texts,
        manifests,
        wanted,
        known,
        _absolute,
        lambda changes: cut_off_findings(silenced(facts, wanted, changes, context), severity),
    )


def _absolute(name: str) -> str:
    return name if name == STDIN else str(real(name))


def _show(plan: Plan, given: Options, context: Context) -> None:
    """The diff on stdout (on stderr if stdout is for the edited text), what to know on stderr."""
    if given.output in ("table", "wide"):
        to_stderr = STDIN in given.scope.filenames and given.dry_run == "none"
        stream = context.err if to_stderr else context.out
        stream.write(coloured(plan_diff(plan), colour=context.colour(stream)))
        stream.flush()
    else:
        context.write(plans.shown(plan, given.output))
    say_what_to_know(plan, given, context)


def _write_files(made: Plan, given: Options, context: Context) -> None:
    """Carry out the plan, or what an interrupted run has left of it, on the files."""
    named = [name for name in given.scope.filenames if name != STDIN]
    actions = tuple(one for one in _edits(made) if one.file != STDIN)
    plan = Plan(made.migration, made.name, (Group(actions),) if actions else (), made.skipped, made.findings)
    store = file_store(named) if named else None
    earlier = store.list(MIGRATION) if store else ()
    waiting = unfinished(earlier)
    if not (made.groups or waiting):
        context.say(f"nothing to {plan.name} in these files")
    if store is None or not (actions or waiting):
        return
    objects = sum(len(set(one.objects)) for one in actions)
    question = f"{plan.name}: change {many(objects, 'VirtualService')} in {many(len(actions), 'file')}?"
    if actions and not context.confirm(question):
        raise NotDone("answered no; nothing was written")
    world = World(FilesCluster(()), context.say)
    lock = file_lock(named, MIGRATION)
    done = run(plan, world, store, lock, who=who(), command=sys.argv, allowed=given.allow)
    context.say(f"{plan.name} is done: {many(objects, 'VirtualService')} in {many(len(actions), 'file')}")
    flags = shlex.join(file_flags(named))
    context.say(f"The way back: {context.prog} rollback {flags}{way_back(done, earlier)}")


def _edits(plan: Plan) -> list[EditManifests]:
    actions = plan.actions()
    return [action for action in actions if isinstance(action, EditManifests)]


def _edited_stdin(plan: Plan, text: str) -> str:
    """The text that came by stdin, with the changes that belong in it."""
    for action in _edits(plan):
        if action.file == STDIN:
            return action.redone(text) or text
    return text
