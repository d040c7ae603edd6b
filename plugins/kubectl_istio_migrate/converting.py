"""What `convert` does: read the old values, convert them, write the new ones, report."""

import pathlib
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from istiokit.bigbang.layers import Layer, merge
from istiokit.bigbang.versions import SPLIT_SINCE, TARGET, Family, Release, parse_version, release
from istiokit.cluster.files_write import write_private
from istiokit.convert.certifying import certificate_notes, holds_private_key
from istiokit.convert.choices import Choices
from istiokit.convert.conversion import convert
from istiokit.convert.insert import block_text
from istiokit.convert.model import Converted, Path, Problem, Values, placed
from istiokit.convert.node_ports import LoadBalancer, NodePorts, Ports, node_ports
from istiokit.convert.others import OLD_KEYS
from istiokit.convert.placing import stranded
from istiokit.convert.sources import place_of
from istiokit.errors import NotDone, OperationFailed, UsageError
from istiokit.ui.context import Context
from kubectl_istio_migrate import convert_text
from kubectl_istio_migrate.convert_options import Options


@dataclass(frozen=True, slots=True)
class Read:
    """What there is to convert."""

    layers: tuple[Layer, ...]
    values: Values
    release: Release
    services: tuple[Values, ...] = ()
    """Of the cluster, if it is one."""


def run(given: Options, context: Context) -> int:
    """The command; 1 if something was not carried, or somebody has to see to something."""
    read = _read(given, context)
    if read.release.family is Family.HELM_ONLY and not any(key in read.values for key in OLD_KEYS):
        context.say(
            f"nothing to do: these values have none of {', '.join(OLD_KEYS)}, and {read.release.version} neither"
        )
        return 0

    def place(path: Path) -> str:
        return place_of(read.layers, path)

    try:
        converted = convert(read.values, _choices(given, read))
        faults = [
            f"certificate: {one}" for one in certificate_notes(read.values, converted, datetime.now(UTC))
        ]
        faults += [
            f"{one.origin} is encrypted as a whole: what it says was not converted" for one in _opaque(read)
        ]
        if given.verify:
            from kubectl_istio_migrate.convert_verify import verify

            differs = verify(read.values, converted, given, context)
            for line in (*faults, *_taken_for_granted(read, given)):
                context.say(line)
            return 1 if faults or differs else 0
    except Problem as problem:
        raise placed(problem, place) from None
    if given.in_place:
        converted = stranded(read.layers, read.values, converted)
    _deliver(read, converted, given, context)
    for line in (
        *_taken_for_granted(read, given),
        *convert_text.talk(converted, faults, read.release, place),
    ):
        context.say(line)
    return 1 if converted.lost or faults else 0


def _opaque(read: Read) -> list[Layer]:
    return [layer for layer in read.layers if layer.opaque]


def _taken_for_granted(read: Read, given: Options) -> list[str]:
    """The order of the sources, and the version, where nobody has said them."""
    if given.from_cluster:
        return []
    lines = []
    if len(read.layers) > 1:
        ordered = sorted(read.layers, key=lambda layer: layer.inline)
        lines.append(f"in this order, the later wins: {', '.join(layer.origin for layer in ordered)}")
    if not given.bigbang_version:
        lines.append(f"taken for Big Bang {read.release.version}: --bigbang-version names another")
    return lines


def _read(given: Options, context: Context) -> Read:
    if given.from_cluster:
        return _from_cluster(given, context)
    from istiokit.survey.files import layers_of_files, read_texts
    from istiokit.survey.umbrella_files import of_umbrella

    texts = read_texts(given.filenames, given.recursive, context.stdin)
    layers = of_umbrella(layers_of_files(given.filenames, texts), texts)
    return Read(layers, merge(layers), _release(given.bigbang_version or TARGET))


def _from_cluster(given: Options, context: Context) -> Read:
    from istiokit.cluster.kinds import SERVICE
    from istiokit.survey.facts import survey_values

    facts = survey_values(context.cluster, given.namespace or None)
    if facts.umbrella is None:
        raise NotDone(f"there is no Big Bang in {facts.where}", "read the values from files with -f")
    if facts.problems:
        raise OperationFailed(
            f"its values are not whole: {facts.problems[0]}", "see kubectl istio-migrate status"
        )
    services = tuple(context.cluster.list(SERVICE, dict[str, Any]))
    found = _release(given.bigbang_version or facts.umbrella.version or TARGET)
    return Read(facts.layers, merge(facts.layers), found, services)


def _release(version: str) -> Release:
    found = release(parse_version(version))
    if found.version < SPLIT_SINCE:
        what = f"the new packages of Big Bang {found.version} have other values than all later ones"
        raise UsageError(what, f"convert for the version to migrate on: --bigbang-version {TARGET}.0")
    return found


def _choices(given: Options, read: Read) -> Choices:
    way: NodePorts | int = (
        int(given.node_ports) if given.node_ports.isdecimal() else NodePorts(given.node_ports)
    )
    taken = {port for one in read.services for port in node_ports((one.get("spec") or {}).get("ports") or ())}
    return Choices(
        release=read.release,
        ports=Ports(way, taken),
        balancer=LoadBalancer(given.load_balancer) if given.load_balancer else None,
        external_certificates=given.external,
    )


def _deliver(read: Read, converted: Converted, given: Options, context: Context) -> None:
    """Write the new values to where they were asked for, and the report to where the values are not."""
    if given.in_place:
        from kubectl_istio_migrate.convert_files import write_in_place

        _report(converted, read.release, given, context, context.write)
        write_in_place(read.layers, read.values, converted, read.release, given, context)
    elif given.output_file:
        _report(converted, read.release, given, context, context.write)
        _write_new(pathlib.Path(given.output_file), _text(converted), given, context)
    else:
        _refuse_keys(converted)
        if given.output in ("json", "yaml"):
            context.write(convert_text.document(converted, read.release, given.output))
            return
        _report(converted, read.release, given, context, context.err.write)
        context.write(_text(converted))


def _text(converted: Converted) -> str:
    """The new values as a file; empty where there is nothing to add."""
    return block_text(converted.values) if converted.values else ""


def _report(converted: Converted, about: Release, given: Options, context: Context, write: Any) -> None:
    if given.output in ("json", "yaml"):
        hidden = msgspec.structs.replace(converted, values={})
        write(convert_text.document(hidden, about, given.output))
    else:
        write(convert_text.fates_text(converted, given.output, no_headers=given.no_headers))


def _refuse_keys(converted: Converted) -> None:
    if holds_private_key(converted):
        raise UsageError(
            "the new values hold private keys, which do not belong on a screen",
            "use --output-file FILE or --in-place, or leave them out with --certs external",
        )


def _write_new(path: pathlib.Path, text: str, given: Options, context: Context) -> None:
    """A file that was not there, and that nobody else can read."""
    if not text:
        context.say("nothing to do: the values say all of it already")
        return
    if given.dry_run:
        context.say(f"nothing was written (--dry-run): {path} would have {len(text.splitlines())} lines")
        return
    write_private(path, text)
    private = "" if sys.platform == "win32" else "; only you can read it"
    context.say(f"{path} has the new values{private}")
