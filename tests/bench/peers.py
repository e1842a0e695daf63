"""What the operator is measured beside: its peers, each as one plain process. Measures nothing.

A peer runs on any cluster, in no pod of it, with all that it is limited by set to where it does not
matter; what favours one is said in its `settings`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster import toolchain
from cluster.certificates import Authority
from cluster.components import COMPONENTS
from cluster.layout import SOURCE
from controlplane.ports import free_ports
from controlplane.process import Process
from product import Kubectl

QPS = 1000
BURST = 2000
"""Requests a second, and at once, that each peer's client allows itself."""

READY_SECONDS, REMOVE_SECONDS = 60.0, 300.0
"""Both take two; a definition is removed after its objects, and those one by one."""

IMAGE = "registry.invalid/nothing:1"
"""On fake nodes nothing is pulled."""


@dataclass(frozen=True)
class Resource:
    """One kind of objects at the API server."""

    api_version: str
    plural: str
    kind: str

    def path(self, namespace: str = "") -> str:
        """Where its objects of a namespace are created, listed and watched; or those of all."""
        root = "apis" if "/" in self.api_version else "api"
        within = f"namespaces/{namespace}/" if namespace else ""
        return f"/{root}/{self.api_version}/{within}{self.plural}"


@dataclass(frozen=True)
class Peer:
    """A peer: how it runs, what it is given, and what it makes of that."""

    name: str
    version: str
    settings: str
    """What of its settings bears on its speed."""
    given: Resource
    made: Resource
    owner_label: str
    """On each object made: the name of the one given, which is in the same namespace."""
    build: Callable[[str, str, Mapping[str, Any]], dict[str, Any]]
    """Builds the object that it is given, of a name, a namespace and a pod's specification."""
    run: Callable[[Path, Kubectl, Path], AbstractContextManager[Process]]
    """Runs it: kubeconfig, kubectl, and a folder for its files and its log."""


def build_workflow(name: str, namespace: str, pod: Mapping[str, Any]) -> dict[str, Any]:
    """Return a Workflow of one pod, hardened as the given one as far as a Workflow can say it."""
    [container] = pod["containers"]
    # Without a command it would ask the image's registry for one.
    main = {**container, "name": "main", "image": IMAGE, "command": ["true"]}
    kept = {name: pod[name] for name in ("securityContext", "volumes") if name in pod}
    specification = _workflow_of({"name": "main", "container": main})
    return _build(WORKFLOWS, name, namespace, {**specification, **kept})


def build_jobset(name: str, namespace: str, pod: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JobSet of one Job of the given pod."""
    return _build(JOBSETS, name, namespace, _jobset_of(pod, suspended=False))


@contextmanager
def argo_workflows(kubeconfig: Path, kubectl: Kubectl, folder: Path) -> Iterator[Process]:
    """Run Argo Workflows' controller while the block runs."""
    programs = toolchain.build(["argo-workflows"])["argo-workflows"]
    namespace = "bench-peer-argo-workflows"
    configuration = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "workflow-controller-configmap", "namespace": namespace},
        # Only that its port may be taken.
        "data": {"metricsConfig": "enabled: false\n"},
    }
    controller = Process(
        "argo-workflows",
        [
            str(programs / "workflow-controller"),
            f"--kubeconfig={kubeconfig.absolute()}",
            f"--namespace={namespace}",
            f"--qps={QPS}",
            f"--burst={BURST}",
            f"--executor-image={IMAGE}",
        ],
        folder=folder,
        log=folder / "argo-workflows.log",
        # Alone, it has nobody to wait for.
        environment={**_environment(folder), "LEADER_ELECTION_DISABLE": "true"},
    )
    # A pause makes no pod, and yet is begun by the same workers that make pods.
    probe = _build(WORKFLOWS, "probe", namespace, _workflow_of({"name": "main", "suspend": {}}))
    with _installed(kubectl, programs, namespace, configuration):
        yield from _running(controller, kubectl, probe, "{..status.phase}")


@contextmanager
def jobset(kubeconfig: Path, kubectl: Kubectl, folder: Path) -> Iterator[Process]:
    """Run JobSet's controller while the block runs."""
    programs = toolchain.build(["jobset"])["jobset"]
    namespace = "bench-peer-jobset"
    health, webhook = free_ports(2)
    certificates = folder.absolute() / "jobset-certificates"
    # It does not start without a webhook's certificate, though nobody calls its webhook.
    Authority(certificates).issue("tls", common_name="jobset")
    configuration = {
        "apiVersion": "config.jobset.x-k8s.io/v1alpha1",
        "kind": "Configuration",
        "clientConnection": {"qps": QPS, "burst": BURST},
        "health": {"healthProbeBindAddress": f"127.0.0.1:{health}"},
        "internalCertManagement": {"enable": False},
        "leaderElection": {"leaderElect": False},
        "metrics": {"bindAddress": "0"},
        "webhook": {"host": "127.0.0.1", "port": webhook, "certDir": str(certificates)},
    }
    file = folder.absolute() / "jobset.json"
    file.write_text(json.dumps(configuration))
    controller = Process(
        "jobset",
        [
            str(programs / "jobset"),
            f"--kubeconfig={kubeconfig.absolute()}",
            f"--config={file}",
            # As its own release has it.
            "--zap-log-level=2",
        ],
        folder=folder,
        log=folder / "jobset.log",
        environment=_environment(folder),
    )
    # A suspended one has a Job and no pod.
    pod = {
        "restartPolicy": "Never",
        "containers": [{"name": "main", "image": IMAGE, "command": ["true"]}],
    }
    probe = _build(JOBSETS, "probe", namespace, _jobset_of(pod, suspended=True))
    with _installed(kubectl, programs, namespace):
        yield from _running(controller, kubectl, probe, "{..status.conditions[*].type}")


def _workflow_of(template: dict[str, Any]) -> dict[str, Any]:
    return {"entrypoint": template["name"], "templates": [template]}


def _jobset_of(pod: Mapping[str, Any], *, suspended: bool) -> dict[str, Any]:
    job = {
        "backoffLimit": 0,
        "completionMode": "Indexed",
        "completions": 1,
        "parallelism": 1,
        "template": {"spec": pod},
    }
    return {
        "suspend": suspended,
        "replicatedJobs": [{"name": "main", "replicas": 1, "template": {"spec": job}}],
        # What its webhook would fill in: without the network's the controller panics. By its
        # default of host names there would be a headless Service beside each Job.
        "network": {"enableDNSHostnames": False, "publishNotReadyAddresses": True},
        "startupPolicy": {"startupPolicyOrder": "AnyOrder"},
        "successPolicy": {"operator": "All"},
    }


def _build(
    resource: Resource, name: str, namespace: str, specification: dict[str, Any]
) -> dict[str, Any]:
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": specification,
    }


@contextmanager
def _installed(
    kubectl: Kubectl, programs: Path, namespace: str, *objects: dict[str, Any]
) -> Iterator[None]:
    definitions = [f"--filename={file}" for file in sorted(programs.glob("*.yaml"))]
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    items = {"apiVersion": "v1", "kind": "List", "items": [home, *objects]}
    try:
        # By the server: JobSet's is too large for the annotation of a client's.
        kubectl("apply", "--server-side", "--force-conflicts", *definitions)
        until = time.monotonic() + READY_SECONDS
        while not _are_established(kubectl, definitions) and time.monotonic() < until:
            time.sleep(0.1)
        kubectl("apply", "-f", "-", input=json.dumps(items))
        yield
    finally:
        try:
            kubectl("delete", "--ignore-not-found", *definitions, seconds=REMOVE_SECONDS)
        finally:
            kubectl("delete", "namespace", "--ignore-not-found", namespace, seconds=REMOVE_SECONDS)


def _are_established(kubectl: Kubectl, definitions: Sequence[str]) -> bool:
    """Ask; `kubectl wait` takes the null that comes before the first condition for an error."""
    found = json.loads(kubectl("get", *definitions, "-o", "json"))
    items = found.get("items", [found])  # Of one file, it prints no list.
    known = [(each.get("status") or {}).get("conditions") or [] for each in items]
    return all(("Established", "True") in {(c["type"], c["status"]) for c in of} for of in known)


def _running(
    peer: Process, kubectl: Kubectl, probe: dict[str, Any], sign: str
) -> Iterator[Process]:
    """Run it; it is ready when it has worked on the probe, since only then its caches are full."""
    written = json.dumps(probe)

    def has_worked() -> bool:
        return bool(kubectl("get", "-f", "-", "-o", f"jsonpath={sign}", input=written).strip())

    try:
        peer.start()
        kubectl("apply", "-f", "-", input=written)
        peer.wait_until(has_worked, READY_SECONDS)
        kubectl("delete", "-f", "-", input=written)
        yield peer
    finally:
        peer.kill()


def _environment(folder: Path) -> dict[str, str]:
    # Nothing inherited: a proxy's variable would send its calls elsewhere, and Argo takes any
    # ARGO_* for a flag.
    return {"HOME": str(folder.absolute()), "PATH": os.defpath}


def _version_of(component: str) -> str:
    """Return the pin, so that no report names another version than the one that ran."""
    module = COMPONENTS[component].module
    text = (SOURCE / "components" / component / "go.mod").read_text()
    lines = [line.split() for line in text.splitlines()]
    return next(line[1] for line in lines if line[:1] == [module])


WORKFLOWS = Resource("argoproj.io/v1alpha1", "workflows", "Workflow")
JOBSETS = Resource("jobset.x-k8s.io/v1alpha2", "jobsets", "JobSet")

ARGO_WORKFLOWS = Peer(
    name="Argo Workflows",
    version=_version_of("argo-workflows"),
    settings=(
        f"--qps {QPS} --burst {BURST}, 32 workflow workers (its default), leader election off, "
        "metrics off, minimal definitions (its release's), log level info; our pod, as far as a "
        "Workflow can say it"
    ),
    given=WORKFLOWS,
    made=Resource("v1", "pods", "Pod"),
    owner_label="workflows.argoproj.io/workflow",
    build=build_workflow,
    run=argo_workflows,
)

JOBSET = Peer(
    name="JobSet",
    version=_version_of("jobset"),
    settings=(
        f"clientConnection qps {QPS} burst {BURST}, one reconciler (fixed), leader election off, "
        "metrics off, no webhook in the way of JobSets and pods, no headless Service, log level 2 "
        "(its release's); our pod"
    ),
    given=JOBSETS,
    made=Resource("batch/v1", "jobs", "Job"),
    owner_label="jobset.sigs.k8s.io/jobset-name",
    build=build_jobset,
    run=jobset,
)

PEERS = (ARGO_WORKFLOWS, JOBSET)
