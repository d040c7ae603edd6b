"""Which server and which user: kubeconfig files merged and resolved the way kubectl does it."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from istiokit.errors import UsageError

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_SECTIONS = ("clusters", "contexts", "users")


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """kubectl's own connection flags; everything unset means what the kubeconfig says."""

    kubeconfig: str | None = None
    """Path of the file; None: $KUBECONFIG (may list several), then ~/.kube/config, then the Pod's account."""
    context: str | None = None
    cluster: str | None = None
    """Name of a cluster entry, instead of the context's."""
    user: str | None = None
    """Name of a user entry, instead of the context's."""
    as_user: str | None = None
    as_groups: tuple[str, ...] = ()
    request_timeout: float = 0.0
    """Seconds that the server may be silent; 0: two minutes."""
    namespace: str | None = None
    """The namespace where an object names none; None: the context's, then `default`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One named entry of a kubeconfig and the folder that its relative paths start from."""

    value: Mapping[str, Any]
    folder: Path


@dataclass(frozen=True, slots=True)
class Selection:
    """What a context comes to."""

    context: str
    cluster: Entry
    user: Entry
    namespace: str


class _Named(msgspec.Struct, frozen=True):
    """An item of one of the three lists."""

    name: str
    cluster: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    user: dict[str, Any] | None = None


class _Document(msgspec.Struct, frozen=True, rename="kebab"):
    """A kubeconfig file."""

    current_context: str | None = None
    clusters: tuple[_Named, ...] | None = None
    contexts: tuple[_Named, ...] | None = None
    users: tuple[_Named, ...] | None = None


def select(options: ConnectOptions) -> Selection:
    """Read the kubeconfig files and follow the context; raises UsageError where that leads nowhere."""
    config = _merged(_paths(options.kubeconfig))
    if not any(config[section] for section in _SECTIONS):
        return _of_the_pod(options) or _nothing()
    name = options.context or config["current-context"]
    context = _context(config, name, free=bool(options.cluster))
    return Selection(
        context=name or "(none)",
        cluster=_entry(config, "cluster", options.cluster or context.get("cluster"), name),
        user=_entry(config, "user", options.user or context.get("user"), name),
        namespace=options.namespace or context.get("namespace") or "default",
    )


def entries(kubeconfig: str | None) -> Mapping[str, Sequence[str]]:
    """The names in the kubeconfig files, by section: `clusters`, `contexts` and `users`."""
    config = _merged(_paths(kubeconfig))
    return {section: tuple(config[section]) for section in _SECTIONS}


def _paths(flag: str | None) -> list[Path]:
    if flag is not None:
        path = Path(flag).expanduser()
        if not path.is_file():
            raise UsageError(f"{flag}: there is no such kubeconfig", "check --kubeconfig")
        return [path]
    on_windows = sys.platform == "win32"
    listed = split_list(os.environ.get("KUBECONFIG", ""), on_windows=on_windows)
    if listed:
        return [path for path in (Path(part).expanduser() for part in listed) if path.is_file()]
    homes = homes_on_windows(os.environ) if on_windows else [Path.home()]
    found = (home / ".kube" / "config" for home in homes)
    return [path for path in found if path.is_file()][:1]


def split_list(value: str, *, on_windows: bool) -> list[str]:
    """The paths of a variable such as KUBECONFIG; on Windows one with a semicolon may stand in quotes.

    Source: Go's path/filepath.SplitList, which kubectl uses.
    """
    if not on_windows:
        return [part for part in value.split(":") if part]
    parts = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', value)
    return [part for part in (one.replace('"', "") for one in parts) if part]


def homes_on_windows(env: Mapping[str, str]) -> list[Path]:
    """Where kubectl looks for `.kube\\config` on Windows, in its order (client-go, util/homedir)."""
    drive, path = env.get("HOMEDRIVE", ""), env.get("HOMEPATH", "")
    found = (env.get("HOME", ""), drive + path if drive and path else "", env.get("USERPROFILE", ""))
    return [Path(one) for one in found if one]


def _merged(paths: list[Path]) -> dict[str, Any]:
    """All entries by section and name; as in kubectl, the first file that names something wins."""
    config: dict[str, Any] = {section: {} for section in _SECTIONS} | {"current-context": ""}
    for path in paths:
        document = _load(path)
        config["current-context"] = config["current-context"] or document.current_context or ""
        for section in _SECTIONS:
            for item in getattr(document, section) or ():
                entry = Entry(getattr(item, section[:-1]) or {}, path.absolute().parent)
                config[section].setdefault(item.name, entry)
    return config


def _load(path: Path) -> _Document:
    """One kubeconfig; raises UsageError unless it has the shape of one."""
    try:
        return msgspec.convert(_values(path.read_text("utf-8"), str(path)) or {}, type=_Document)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "check --kubeconfig") from error
    except (UnicodeDecodeError, msgspec.ValidationError) as error:
        what = f"{path}: this is not a kubeconfig: {error}"
        raise UsageError(what, "check --kubeconfig and KUBECONFIG") from error


def _values(text: str, origin: str) -> Any:
    """The values of the text; only where they have anchors or the like, with the tree that costs more to import."""
    from istiokit.cluster.yamlload import NotPlain, load

    try:
        return load(text, origin).value
    except NotPlain:
        from istiokit.cluster.yamltext import parse

        return parse(text, origin).values


def _context(config: Mapping[str, Any], name: str, *, free: bool) -> Mapping[str, Any]:
    """The context's own fields; none are needed where --cluster says where to go."""
    known = config["contexts"]
    if name in known:
        value: Mapping[str, Any] = known[name].value
        return value
    if free and not name:
        return {}
    what = f"the kubeconfig has no context {name}" if name else "the kubeconfig has no current context"
    raise UsageError(what, "kubectl config get-contexts lists them; choose one with --context")


def _entry(config: Mapping[str, Any], noun: str, name: str | None, context: str) -> Entry:
    if name in config[noun + "s"]:
        found: Entry = config[noun + "s"][name]
        return found
    if noun == "user" and not name:
        return Entry({}, Path())
    what = f"the kubeconfig has no {noun} {name}" if name else f"context {context} names no {noun}"
    raise UsageError(what, f"kubectl config get-{noun}s lists them")


def _of_the_pod(options: ConnectOptions) -> Selection | None:
    """The account that Kubernetes gives a Pod, if we run in one."""
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT")
    if not (host and port and (_SERVICE_ACCOUNT / "token").is_file()):
        return None
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    own = _SERVICE_ACCOUNT / "namespace"
    namespace = own.read_text("utf-8").strip() if own.is_file() else "default"
    return Selection(
        context="in-cluster",
        cluster=Entry({"server": server, "certificate-authority": "ca.crt"}, _SERVICE_ACCOUNT),
        user=Entry({"tokenFile": "token"}, _SERVICE_ACCOUNT),
        namespace=options.namespace or namespace,
    )


def _nothing() -> Selection:
    raise UsageError("there is no kubeconfig with a cluster in it", "give --kubeconfig, or set KUBECONFIG")
