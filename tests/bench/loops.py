"""The loops that people restart sidecars with, as a careful engineer writes them: each waits before it goes on."""

from collections.abc import Mapping

from tests.bench.fleet import PART
from tests.bench.measure import Command

_DELETE = f"""
for space in $(kubectl get namespaces -l {PART}=rivals -o jsonpath='{{.items[*].metadata.name}}'); do
  each='{{range .items[*]}}{{.metadata.name}}/{{.metadata.labels.app}} {{end}}'
  for pod in $(kubectl -n $space get pods -o jsonpath="$each"); do
    kubectl -n $space delete pod ${{pod%/*}}
    kubectl -n $space rollout status deployment/${{pod#*/}}
  done
done
"""
"""What the guide does: pod by pod, and nothing more before the Deployment has all of its pods again."""

_ROLLOUT = f"""
for space in $(kubectl get namespaces -l {PART}=rivals -o jsonpath='{{.items[*].metadata.name}}'); do
  for deployment in $(kubectl -n $space get deployments -o name); do
    kubectl -n $space rollout restart $deployment
    kubectl -n $space rollout status $deployment
  done
done
"""


def delete_loop(env: Mapping[str, str]) -> Command:
    """The guide's loop over the namespaces of the rivals."""
    return Command(("sh", "-euc", _DELETE), env)


def rollout_loop(env: Mapping[str, str]) -> Command:
    """A loop of `kubectl rollout restart` over the same."""
    return Command(("sh", "-euc", _ROLLOUT), env)
