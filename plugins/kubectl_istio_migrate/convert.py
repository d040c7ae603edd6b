"""`kubectl istio-migrate convert`: old gateway values become new ones, and every old key is accounted for."""

import argparse

from istiokit.errors import UsageError
from istiokit.ui import options
from istiokit.ui.completable import Source, completed_by
from istiokit.ui.context import Context
from istiokit.ui.parser import Parser
from istiokit.ui.values import checked, file_name
from kubectl_istio_migrate import flags
from kubectl_istio_migrate.convert_options import Options

_BALANCERS = ("nlb", "alb", "service")
_CERTIFICATES = ("values", "external")
_FIRST, _LAST = 30000, 32767
_DETAILS = (
    "`--node-ports keep` is for a migration in place, `shift` takes the guide's second set for blue-green, and "
    "a number is the first of new ones.",
    "`--load-balancer` asks for 2 to 5 replicas; for `nlb` and `alb` also for node ports, and for `alb` for "
    "the host * alone.",
    "With `--certs external` the Secrets have to be there. The file of `--output-file` is for nobody else to read.",
    "With `--chart` what helm makes of the charts is compared instead of the model's word: name the old "
    "package, the new one, and the umbrella.",
)


def configure(parser: Parser) -> None:
    """The flags of the command."""
    parser.description = (
        "Write the values of istiod, istioCRDs and istioGateway that mean what those of istio and "
        "istioOperator mean, and say of every old key what became of it. No switch is set: step1 and step2 do that."
    )
    parser.exit_one = "a key was not carried, a certificate is not sound, or listeners differ"
    parser.details = _DETAILS
    parser.examples = (
        ("See the new values, and what becomes of each old key", "-f values.yaml"),
        ("Write them into the file, and keep all that is there", "-f values.yaml -f secrets.yaml --in-place"),
        (
            "A second set beside the first, on other node ports",
            "-f values.yaml --node-ports shift --load-balancer nlb",
        ),
        ("Prove that both sets mean the same listeners", "-f values.yaml --verify"),
        (
            "The same, by the charts' real output",
            "-f values.yaml --verify --chart istio-controlplane --chart gateway",
        ),
        ("Ready for Big Bang 3.0", "-f values.yaml --in-place --drop-old --bigbang-version 3.0.0"),
    )
    options.add_files(parser)
    parser.add_argument(
        "--from-cluster",
        action="store_true",
        help="Read the values of the umbrella HelmRelease.",
    )
    options.add_namespace(parser, what="Namespace of the umbrella HelmRelease (default: wherever it is).")
    flags.add_bigbang_version(parser)
    ports = parser.add_argument(
        "--node-ports",
        metavar="PORTS",
        type=checked(_node_ports),
        default="keep",
        help="keep (the default), shift to the second set, or the first of new ones.",
    )
    completed_by(ports, "keep", "shift")
    parser.add_argument(
        "--load-balancer",
        metavar="KIND",
        choices=_BALANCERS,
        default="",
        help="What stands in front of the gateways: nlb, alb or service.",
    )
    parser.add_argument(
        "--certs",
        metavar="|".join(_CERTIFICATES),
        choices=_CERTIFICATES,
        default="values",
        help="external leaves private keys out of the values (default: values).",
    )
    _add_targets(parser)
    options.add_output(parser)
    options.add_connection(parser)


def _add_targets(parser: Parser) -> None:
    target = parser.add_mutually_exclusive_group()
    file = target.add_argument(
        "--output-file",
        metavar="FILE",
        type=checked(file_name),
        default=None,
        help="Write the new values to this file, which must not be there yet.",
    )
    completed_by(file, Source.FILES)
    target.add_argument(
        "--in-place",
        action="store_true",
        help="Write them into the files that were read; every byte there stays.",
    )
    target.add_argument(
        "--verify",
        action="store_true",
        help="Compare the listeners of both sets of values; write nothing.",
    )
    chart = parser.add_argument(
        "--chart",
        dest="charts",
        metavar="DIR",
        type=checked(file_name),
        action="append",
        default=[],
        help="With --verify: compare what helm makes of this chart (repeatable).",
    )
    completed_by(chart, Source.FOLDERS)
    parser.add_argument(
        "--drop-old",
        action="store_true",
        help="With --in-place: take istio, istioOperator and istioCore out.",
    )
    options.add_dry_run(parser, server=False)
    parser.add_argument("-y", "--yes", action="store_true", help="Do not ask before files are changed.")


def _node_ports(text: str) -> str:
    if text in ("keep", "shift"):
        return text
    if not text.isdecimal() or not _FIRST <= int(text) <= _LAST:
        raise ValueError(f"keep, shift, or a number from {_FIRST} to {_LAST}")
    return text


def parse(namespace: argparse.Namespace) -> Options:
    """The arguments as a value; raises UsageError for contradicting ones."""
    if bool(namespace.filenames) == namespace.from_cluster:
        raise UsageError("the old values are read with -f FILE or --from-cluster", "give one of the two")
    if namespace.namespace and not namespace.from_cluster:
        raise UsageError("-n names a namespace of a cluster", "leave it out, or read --from-cluster")
    if namespace.in_place and (namespace.from_cluster or "-" in namespace.filenames):
        raise UsageError("--in-place changes files", "name them with -f, or write to --output-file")
    if namespace.charts and not namespace.verify:
        raise UsageError("--chart is what --verify compares", "add --verify")
    if namespace.output_file == "-":
        raise UsageError("--output-file writes a file, and - is stdout", "leave it out to see the values")
    if namespace.drop_old and not namespace.in_place:
        raise UsageError("--drop-old changes the files that hold the old keys", "add --in-place")
    return Options(
        filenames=tuple(namespace.filenames),
        recursive=namespace.recursive,
        from_cluster=namespace.from_cluster,
        namespace=namespace.namespace,
        bigbang_version=namespace.bigbang_version,
        node_ports=namespace.node_ports,
        load_balancer=namespace.load_balancer,
        external=namespace.certs == "external",
        output_file=namespace.output_file or "",
        in_place=namespace.in_place,
        drop_old=namespace.drop_old,
        verify=namespace.verify,
        charts=tuple(namespace.charts),
        yes=namespace.yes,
        dry_run=namespace.dry_run != "none",
        output=namespace.output,
        no_headers=namespace.no_headers,
    )


def run(given: Options, context: Context) -> int:
    """Read, convert, write, report; 1 if something was not carried, or if --verify found a difference."""
    from kubectl_istio_migrate import converting

    return converting.run(given, context)
