"""The journal in the cluster: a ConfigMap for each run, and parts beside it where one is too small.

Kubernetes refuses a ConfigMap of more than 1 MiB. Of a longer journal the head keeps the first line, and the
rest is cut up; each part is named after its content, so a part never changes, and only the last one is written
again when entries are added. New parts are written first, then the head that lists them (with its
resourceVersion, so that two writers cannot both win), then the parts that it no longer lists are removed.
"""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from istiokit.cluster.decode import Object
from istiokit.cluster.kinds import CONFIG_MAP
from istiokit.cluster.types import Cluster, Ref, Where
from istiokit.errors import Conflict, OperationFailed
from istiokit.plan.codec import Codec
from istiokit.plan.journal import Run, oldest_first

JOURNAL = "istio-migrate.dev/journal"
"""Label of a head; its value is the migration."""
PART_OF = "istio-migrate.dev/journal-part-of"
"""Label of a part; its value is the run's id."""
TEXT, PARTS = "run.jsonl", "parts"
LIMIT = 900_000
"""Bytes of data in one ConfigMap, with room below 1 MiB (1,048,576) for the metadata."""
_READS = 5


class _ConfigMap(Object, frozen=True, kw_only=True):
    data: dict[str, str] = msgspec.field(default_factory=dict)


class ClusterStore:
    """A `JournalStore` in the ConfigMaps of one namespace."""

    def __init__(self, cluster: Cluster, namespace: str, codec: Codec) -> None:
        """The namespace must exist; heads and parts are found there by their labels."""
        self._cluster, self._namespace, self._codec = cluster, namespace, codec

    @property
    def place(self) -> str:
        """Where that is, in words."""
        return f"ConfigMaps in namespace {self._namespace}"

    def list(self, migration: str) -> Sequence[Run]:
        """All runs of the migration, oldest first."""
        where = Where(self._namespace, labels=f"{JOURNAL}={migration}")
        heads = self._cluster.list(CONFIG_MAP, _ConfigMap, where)
        return oldest_first(
            [run for head in heads if (run := self._run(head) or self.load(head.metadata.name))]
        )

    def load(self, run_id: str) -> Run | None:
        """The run, or None; a head that is rewritten while we collect its parts is read again."""
        for _ in range(_READS):
            head = self._cluster.get(self._ref(run_id), _ConfigMap)
            if head is None or JOURNAL not in head.metadata.labels:
                return None
            run = self._run(head)
            if run is not None:
                return run
        raise OperationFailed(
            f"the journal {run_id} in namespace {self._namespace} is incomplete: a part of it is missing",
            f"look at kubectl -n {self._namespace} get configmap -l {PART_OF}={run_id}",
        )

    def create(self, run: Run) -> Run:
        """Store a new run."""
        stored = self._cluster.create(self._head(run))
        return _revised(run, stored)

    def update(self, run: Run) -> Run:
        """Store a run that was read before."""
        head = self._head(run)
        head["metadata"] = {**_mapping(head["metadata"]), "resourceVersion": run.revision}
        try:
            stored = self._cluster.replace(head)
        except Conflict:
            raise Conflict(
                f"the journal {run.id} was written by somebody else meanwhile",
                f"was it edited or deleted? See kubectl -n {self._namespace} get configmap {run.id}",
            ) from None
        self._remove_parts(run.id, keep=_parts_of(_mapping(head["data"])))
        return _revised(run, stored)

    def _head(self, run: Run) -> dict[str, object]:
        """The manifest of the head; the parts that it lists are written here, before it."""
        text = self._codec.encode(run)
        data = {TEXT: text}
        if len(text.encode()) > LIMIT:
            first, _, rest = text.partition("\n")
            data = {TEXT: f"{first}\n", PARTS: self._write_parts(run.id, rest)}
        labels = {
            JOURNAL: run.migration,
            "istio-migrate.dev/step": run.name,
            "istio-migrate.dev/state": run.state.value,
        }
        return self._manifest(run.id, labels, data)

    def _manifest(self, name: str, labels: Mapping[str, str], data: Mapping[str, str]) -> dict[str, object]:
        metadata = {"name": name, "namespace": self._namespace, "labels": labels}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}

    def _write_parts(self, run_id: str, text: str) -> str:
        """Write what is not there yet; return the names, one a line."""
        present = set(self._present_parts(run_id))
        names = []
        for part in cut(text, LIMIT):
            name = f"{run_id}-{_digest(part)}"
            names.append(name)
            if name not in present:
                self._cluster.create(self._manifest(name, {PART_OF: run_id}, {TEXT: part}))
                present.add(name)
        return "\n".join(names)

    def _run(self, head: _ConfigMap) -> Run | None:
        """The run; None where a part of it is not there (any more)."""
        parts = [self._cluster.get(self._ref(name), _ConfigMap) for name in _parts_of(head.data)]
        texts = [part.data.get(TEXT, "") for part in parts if part is not None]
        if len(texts) < len(parts):
            return None
        run = self._codec.decode(
            "".join([head.data.get(TEXT, ""), *texts]), f"the journal {self._ref(head.metadata.name)}"
        )
        return msgspec.structs.replace(run, revision=head.metadata.resource_version)

    def _remove_parts(self, run_id: str, keep: Sequence[str]) -> None:
        for name in self._present_parts(run_id):
            if name not in keep:
                self._cluster.delete(self._ref(name))

    def _present_parts(self, run_id: str) -> Sequence[str]:
        where = Where(self._namespace, labels=f"{PART_OF}={run_id}")
        return [item.metadata.name for item in self._cluster.list(CONFIG_MAP, Object, where)]

    def _ref(self, name: str) -> Ref:
        return Ref("ConfigMap", name, self._namespace)


def cut(text: str, limit: int) -> Sequence[str]:
    """The text in pieces of at most `limit` bytes of UTF-8, no character cut in two."""
    data, pieces, start = text.encode(), [], 0
    while start < len(data):
        end = min(start + limit, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(data[start:end].decode())
        start = end
    return pieces


def _parts_of(data: Mapping[str, object]) -> Sequence[str]:
    return str(data.get(PARTS, "")).split()


def _digest(part: str) -> str:
    return hashlib.sha256(part.encode()).hexdigest()[:16]


def _revised(run: Run, stored: Mapping[str, object]) -> Run:
    return msgspec.structs.replace(run, revision=str(_mapping(stored["metadata"]).get("resourceVersion", "")))


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
