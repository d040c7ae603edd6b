"""A step on values files: read, plan, show the diff, ask, write."""

import shlex
import sys
from collections.abc import Iterable, Mapping

from istiokit.bigbang.embedded import edited
from istiokit.bigbang.layers import Layer, merge
from istiokit.bigbang.switches import Step, family_of
from istiokit.bigbang.versions import parse_version, release
from istiokit.cluster.files import FilesCluster
from istiokit.cluster.files_read import STDIN
from istiokit.errors import NotDone, UsageError
from istiokit.plan.beside import file_flags, file_lock, file_store, who
from istiokit.plan.bigbang import MIGRATION
from istiokit.plan.model import Plan, World
from istiokit.plan.resume import unfinished
from istiokit.plan.runner import run
from istiokit.plan.valuesfiles import FilesPlan, plan_files, without_file
from istiokit.survey.files import file_address, layers_of_files, read_texts
from istiokit.ui.context import Context
from kubectl_istio_migrate import files_text, plan_text
from kubectl_istio_migrate.step_options import Options


def run_on_files(step: Step, given: Options, context: Context) -> int:
    """Set the step's switches in the files; returns 0 when they are set, raises what stands in the way."""
    _refuse_flags(given)
    texts = read_texts(given.filenames, given.recursive, context.stdin)
    made = _planned(step, given, texts)
    _show(made, given, context)
    if given.dry_run != "none":
        context.say("nothing was written (--dry-run)")
        return 0
    if made.blocked:
        hint = "make the edit, then run the same command again"
        raise NotDone("nothing was written: a switch has to be set by hand", hint)
    _write_files(made, given, context)
    if STDIN in texts:
        context.write(_edited_stdin(made, texts[STDIN]))
    return 0


def _refuse_flags(given: Options) -> None:
    if given.dry_run == "server":
        raise UsageError("--dry-run=server needs a server, and -f has none", "use --dry-run=client")
    if STDIN in given.filenames and given.dry_run == "none" and given.output != "table":
        what = f"-f - writes the edited text to stdout, where -o {given.output} would be too"
        raise UsageError(what, "add --dry-run to see the plan only")


def _planned(step: Step, given: Options, texts: Mapping[str, str]) -> FilesPlan:
    about = release(parse_version(given.bigbang_version)) if given.bigbang_version else None
    layers = layers_of_files(given.filenames, texts)
    return plan_files(layers, step, family_of(merge(layers), about))


def _show(made: FilesPlan, given: Options, context: Context) -> None:
    """The plan on stdout (the diff on stderr if stdout is for the edited text), what to know on stderr."""
    if given.output in ("table", "wide"):
        to_stderr = STDIN in given.filenames and given.dry_run == "none"
        stream = context.err if to_stderr else context.out
        stream.write(files_text.diff(made.plan, colour=context.colour(stream)))
        stream.flush()
    else:
        context.write(plan_text.shown(made.plan, given.output))
    for line in [*files_text.edits_to_make(made.blocked), *files_text.unseen(made.unknown), *made.plan.notes]:
        context.say(line)


def _write_files(made: FilesPlan, given: Options, context: Context) -> None:
    """Carry out the plan, or what an interrupted run has left of it, on the files."""
    named = [name for name in given.filenames if name != STDIN]
    plan = without_file(made.plan, STDIN)
    store = file_store(named) if named else None
    waiting = unfinished(store.list(MIGRATION)) if store else None
    if not (made.edits or waiting):
        context.say(f"nothing to do: every switch of {plan.name} is set as it should be")
    if store is None or not (plan.groups or waiting):
        return
    if plan.groups and not context.confirm(_question(made, plan)):
        raise NotDone("answered no; nothing was written")
    world = World(FilesCluster(()), context.say)
    lock = file_lock(named, MIGRATION)
    done = run(plan, world, store, lock, who=who(), command=sys.argv, allowed=given.allow)
    context.say(f"{done.name} is set in {_files(edit.layer for edit in made.edits) or store.place}")
    back = shlex.join(file_flags(named))
    context.say(f"The way back: {context.prog} rollback {back}")


def _question(made: FilesPlan, plan: Plan) -> str:
    layers = [edit.layer for edit in made.edits if file_address(edit.layer).path != STDIN]
    return f"{plan.name}: write these switches to {_files(layers)}?"


def _files(layers: Iterable[Layer]) -> str:
    return ", ".join(layer.origin for layer in layers if file_address(layer).path != STDIN)


def _edited_stdin(made: FilesPlan, text: str) -> str:
    """The text that came by stdin, with the switches that belong in it."""
    for edit in made.edits:
        address = file_address(edit.layer)
        text = edited(text, address, edit.changes) if address.path == STDIN else text
    return text
