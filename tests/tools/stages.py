"""The kwok stages that a rig plays: what happens to nodes, pods and volumes, and when."""

from __future__ import annotations

from pathlib import Path

_FOLDERS = ("node/fast", "node/heartbeat-with-lease", "pod/fast", "volume/fast")
_NOT_STAGES = ("kustomization.yaml", "storage-class.yaml")
_OWN = Path(__file__).parent / "manifests"

# pod-ready comes from kwok's module and would make every pod Ready at once: some pods are for our own stages, and
# some say how long they take. A restart is what `kubectl rollout restart` notes on the pods it has made.
_POD_READY = "name: pod-ready\n"
_NOT_OURS = """\
    - cel:
        expression: >-
          !self.spec.containers.exists(c, c.image.endsWith(':broken')) &&
          !(has(self.metadata.labels) && 'rig/breaks' in self.metadata.labels &&
          self.metadata.labels['rig/breaks'] in ['on-restart', 'no-probe'] &&
          has(self.metadata.annotations) &&
          'kubectl.kubernetes.io/restartedAt' in self.metadata.annotations)
  delay:
    durationFrom:
      expressionFrom: '.metadata.annotations["rig/ready-after"]'
  next:
"""


def compose_stages(module_stages: Path) -> str:
    """All stages as one YAML text: kwok's own from MODULE_STAGES, changed where ours take over, and ours."""
    texts = [except_broken_images(path.read_text()) for path in _stage_files(module_stages)]
    texts += [path.read_text() for path in sorted(_OWN.glob("stage-*.yaml"))]
    return "\n---\n".join(text.strip() for text in texts) + "\n"


def except_broken_images(stage: str) -> str:
    """The stage pod-ready, but not for pods that shall break; any other stage as it is.

    Pods with an image tagged ":broken" break, and after a restart those with a label `rig/breaks`. The stage
    waits for as long as a pod's annotation `rig/ready-after` says.
    """
    if _POD_READY not in stage:
        return stage
    if "\n  next:\n" not in stage:
        raise ValueError("kwok's stage pod-ready looks different from what this code was written for")
    return stage.replace("  next:\n", _NOT_OURS, 1)


def _stage_files(module_stages: Path) -> list[Path]:
    return [
        path
        for folder in _FOLDERS
        for path in sorted((module_stages / folder).glob("*.yaml"))
        if path.name not in _NOT_STAGES
    ]
