"""What the rig is made of: one frozen recipe per tool, data only.

A tool is one binary, or files only (`package` is None). Its Go module lives in `go/<module>/`, where
the committed go.mod and go.sum pin every version and checksum that goes into it.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

GO_DIR = Path(__file__).parent / "go"

_KUBE_VERSION = "1.36.3"
_KUBE_LDFLAGS = " ".join(
    f"-X k8s.io/component-base/version.{key}={value}"
    for key, value in (("gitVersion", f"v{_KUBE_VERSION}"), ("gitMajor", "1"), ("gitMinor", "36"))
)

_KYVERNO = "github.com/kyverno/kyverno"


@dataclass(frozen=True)
class Source:
    """A module to build as the main module, from a writable copy.

    Needed where a module's own `replace` lines or go.sum entries must count, which Go ignores for
    dependencies. The go.mod and go.sum of the recipe are laid over the copy. `checksum` is the hash of
    the module's zip, as in go.sum, because the copy itself appears in no go.sum.
    """

    module: str
    version: str
    checksum: str


@dataclass(frozen=True)
class DataFiles:
    """A folder or file of a Go module that is kept beside the binary, so that the module cache may go."""

    module: str
    path: str
    target: str


@dataclass(frozen=True)
class Recipe:
    """How one tool is built. `name` is the binary's file name, `package` what `go build` is given."""

    name: str
    version: str
    module: str
    package: str | None
    ldflags: str = ""
    source: Source | None = None
    placeholders: tuple[tuple[str, str], ...] = ()
    data: tuple[DataFiles, ...] = ()

    @property
    def module_dir(self) -> Path:
        """The folder with the committed go.mod and go.sum."""
        return GO_DIR / self.module

    def inputs_hash(self) -> str:
        """A hash over all that decides the result, except the Go toolchain and the platform."""
        digest = hashlib.sha256(repr(sorted(asdict(self).items())).encode())
        for name in ("go.mod", "go.sum"):
            content = (self.module_dir / name).read_bytes()
            digest.update(f"{name} {len(content)}\n".encode() + content)
        return digest.hexdigest()


def _kubernetes(name: str) -> Recipe:
    return Recipe(name, _KUBE_VERSION, "kubernetes", f"k8s.io/kubernetes/cmd/{name}", ldflags=_KUBE_LDFLAGS)


def _flux_controller(name: str, version: str, checksum: str) -> Recipe:
    module = f"github.com/fluxcd/{name}"
    return Recipe(
        name,
        version,
        name,
        ".",
        source=Source(module, f"v{version}", checksum),
        data=(DataFiles(module, "config/crd/bases", "crds"),),
    )


def _kyverno(name: str, data: tuple[DataFiles, ...] = ()) -> Recipe:
    version = "1.19.1"
    return Recipe(
        name,
        version,
        "kyverno",
        f"./cmd/{name}",
        ldflags=f"-X {_KYVERNO}/pkg/version.BuildVersion=v{version}",
        source=Source(_KYVERNO, f"v{version}", "h1:/MkgFii3/VlQfKR1JpC9tVwNNVNQTt2S4U6qCsafsTU="),
        data=data,
    )


_ALL = (
    _kubernetes("kube-apiserver"),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    _kubernetes("kubectl"),
    Recipe("etcd", "3.6.16", "etcd", "go.etcd.io/etcd/server/v3"),
    Recipe(
        "kwok",
        "0.8.0",
        "kwok",
        "sigs.k8s.io/kwok/cmd/kwok",
        data=(DataFiles("sigs.k8s.io/kwok", "kustomize/stage", "stage"),),
    ),
    Recipe(
        "istio-crds",
        "1.31.1",
        "istio-crds",
        None,
        data=(DataFiles("istio.io/api", "kubernetes/customresourcedefinitions.gen.yaml", "crds/istio.yaml"),),
    ),
    Recipe(
        "argo-rollouts-crds",
        "1.9.0",
        "argo-rollouts-crds",
        None,
        data=(
            DataFiles(
                "github.com/argoproj/argo-rollouts", "manifests/crds/rollout-crd.yaml", "crds/rollouts.yaml"
            ),
        ),
    ),
    Recipe(
        "kruise-crds",
        "1.8.0",
        "kruise-crds",
        None,
        data=(DataFiles("github.com/openkruise/kruise", "config/crd/bases", "crds"),),
    ),
    # Istio tags no Go versions: this commit is on its branch release-1.31.
    Recipe(
        "pilot-discovery",
        "0.0.0-20260827124520-eed52ebb66ad",
        "istiod",
        "istio.io/istio/pilot/cmd/pilot-discovery",
        ldflags="-X istio.io/istio/pkg/version.buildVersion=1.31-eed52ebb66ad",
    ),
    Recipe(
        "istio-samples",
        "0.0.0-20260827124520-eed52ebb66ad",
        "istiod",
        None,
        data=(DataFiles("istio.io/istio", "samples", "samples"),),
    ),
    Recipe(
        "istio-charts",
        "0.0.0-20260827124520-eed52ebb66ad",
        "istiod",
        None,
        data=(DataFiles("istio.io/istio", "manifests/charts/istio-control/istio-discovery", "istiod"),),
    ),
    Recipe("helm", "3.22.0", "helm", "helm.sh/helm/v3/cmd/helm"),
    Recipe("actionlint", "1.7.12", "actionlint", "github.com/rhysd/actionlint/cmd/actionlint"),
    Recipe("yq", "4.54.3", "yq", "github.com/mikefarah/yq/v4"),
    _flux_controller("source-controller", "1.7.3", "h1:gFfeBiNUgF0kFFGap/rrMeJqz+0Tod0ARENJO8w/UA8="),
    _flux_controller("helm-controller", "1.4.0", "h1:rkm8rmB6Na7eNc4pJOnvtXEaJ19iKluRtayHKjBxcUM="),
    _flux_controller("kustomize-controller", "1.7.3", "h1:SzNnGn/4ObAPEHHleM5U7y/AKxKXph3Vj6ZhteeXw8M="),
    Recipe(
        "flux",
        "2.9.5",
        "flux",
        "./cmd/flux",
        ldflags="-X main.VERSION=2.9.5",
        source=Source(
            "github.com/fluxcd/flux2/v2", "v2.9.5", "h1:jwCccxvkD+2QnsjN+pl5QqM8KnFUwA8pIoQ1Lf0avkA="
        ),
        # The module's zip lacks the manifests that the release process generates; go:embed wants one.
        placeholders=(("cmd/flux/manifests/placeholder.yaml", "# only here for go:embed\n"),),
    ),
    _kyverno(
        "kyverno",
        data=(
            DataFiles(_KYVERNO, "charts/kyverno", "chart"),
            DataFiles(_KYVERNO, "config/crds", "crds"),
            DataFiles("github.com/openreports/reports-api", "config/crd", "openreports"),
        ),
    ),
    _kyverno("reports-controller"),
    _kyverno("background-controller"),
    Recipe("krew", "0.5.0", "krew", "sigs.k8s.io/krew/cmd/krew"),
    Recipe("validate-krew-manifest", "0.5.0", "krew", "sigs.k8s.io/krew/cmd/validate-krew-manifest"),
)

RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in _ALL}

# What KUBEBUILDER_ASSETS holds by convention, and replaces.
KUBEBUILDER_TOOLS = ("etcd", "kube-apiserver", "kubectl")
