"""What a process finds inside a pod that the operator made, and that each protection matters.

The probe takes the processor's place in the processor's own image, so the pod is the operator's.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cluster import Cluster
from cluster.errors import CommandFailedError
from cluster.machine import find_processes
from cluster.oci import ImageConfig, layer_of_files, write_archive
from cluster.storage import Volume, make_volume
from e2e_support import Object, items_of, temporary_namespace, wait_for, wait_for_jobs
from product import Installation, apply, build_class, build_credentials

CLASS = "probe"
METADATA = "169.254.169.254"
SCRATCH_BYTES = 64 * 2**20
PROBE = Path(__file__).parent / "probe" / "probe.py"

Facts = dict[str, Any]


def build_probe_image(installation: Installation, targets: dict[str, str], folder: Path) -> Path:
    """Put the probe on top of the processor's own layers."""
    archive = next(iter(Path("build/images").absolute().glob("processor.oci.tar")))
    layers: list[Path | bytes] = []
    with tarfile.open(archive) as tar:

        def blob(digest: str) -> bytes:
            file = tar.extractfile("blobs/" + digest.replace(":", "/"))
            assert file is not None
            return file.read()

        index = tar.extractfile("index.json")
        assert index is not None
        manifest = json.loads(blob(json.loads(index.read())["manifests"][0]["digest"]))
        layers += [blob(layer["digest"]) for layer in manifest["layers"]]
    layers.append(
        layer_of_files(
            {
                "probe/probe.py": (PROBE.read_bytes(), 0o644),
                "probe/targets.json": (json.dumps(targets).encode(), 0o644),
            }
        )
    )
    config = ImageConfig(entrypoint=["/usr/bin/python3.11", "-I", "/probe/probe.py"], user="65532")
    path = folder / "probe.oci.tar"
    write_archive(path, "localhost/pdf-security-probe:test", layers, config)
    return path


@contextmanager
def metadata_service(cluster: Cluster) -> Iterator[None]:
    """Serve the address of clouds' metadata services on the embedded cluster's node."""
    processes = find_processes(cluster.layout)
    inside = ["nsenter", "--target", str(min(processes)), "--net"]
    subprocess.run([*inside, "ip", "address", "add", f"{METADATA}/32", "dev", "lo"], check=False)
    server = subprocess.Popen(
        [*inside, sys.executable, "-m", "http.server", "80", "--bind", METADATA],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        server.kill()
        server.wait()
        subprocess.run([*inside, "ip", "address", "del", f"{METADATA}/32", "dev", "lo"], check=True)


def targets_of(cluster: Cluster) -> dict[str, str]:
    """List what is tried from inside; all of it is there."""
    api = cluster.kubectl("get", "svc", "kubernetes", "-o", "jsonpath={.spec.clusterIP}")
    host = cluster.kubectl(
        "get", "ep", "kubernetes", "-o", "jsonpath={.subsets[0].addresses[0].ip}"
    )
    dns = cluster.kubectl(
        "get", "pod", "-n", "kube-system", "-l", "k8s-app=kube-dns",
        "-o", "jsonpath={.items[0].status.podIP}",
    )  # fmt: skip
    return {
        "apiService": f"{api}:443",
        "apiHost": f"{host}:6443",
        "metadata": f"{METADATA}:80",
        "otherPod": f"{dns}:8181",
        "storeName": cluster.s3.endpoint.removeprefix("https://"),
    }


class Stage:
    """A namespace with a class whose image is the probe, and what its jobs name."""

    def __init__(self, installation: Installation, namespace: str, image: str) -> None:
        self.cluster = installation.cluster
        self.namespace = namespace
        definition = build_class(installation)
        definition["metadata"] = {"name": CLASS}
        definition["spec"]["image"] = image
        definition["spec"]["defaults"]["scratchSize"] = "64Mi"
        apply(
            self.cluster,
            definition,
            build_credentials(installation, namespace),
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "passwords", "namespace": namespace},
                "stringData": {"owner": "one", "unasked": "two"},
            },
            # Its variables would be in the environment of a pod with service links.
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "neighbour", "namespace": namespace},
                "spec": {"ports": [{"port": 80}]},
            },
        )
        self.volume: Volume = make_volume(self.cluster.provider, "documents", namespace)

    def submit(self) -> None:
        """Create a job that uses the store, and one that does not."""
        place = {"claimName": "documents", "path": "in.pdf"}
        store = {
            "endpoint": self.cluster.s3.endpoint,
            "bucket": "any",
            "key": "any.pdf",
            "credentialsSecretRef": {"name": "s3"},
        }
        owner = {"ownerPasswordSecretRef": {"name": "passwords", "key": "owner"}}
        for name, output in (
            ("store", {"s3": store}),
            ("claims", {"persistentVolumeClaim": {**place, "path": "out.pdf"}}),
        ):
            job = {
                "apiVersion": "pdfsecurity.dev/v1alpha1",
                "kind": "PdfSecurityJob",
                "metadata": {"name": name, "namespace": self.namespace},
                "spec": {
                    "className": CLASS,
                    "input": {"persistentVolumeClaim": place},
                    "output": output,
                    "operations": [{"encrypt": owner}],
                },
            }
            apply(self.cluster, job)

    def facts_of_job(self, name: str) -> Facts:
        """Read what the probe of a job printed."""
        (job,) = [
            job
            for job in items_of(self.cluster, "jobs", self.namespace)
            if job["metadata"]["name"].startswith(f"{name}-")
        ]
        printed = self.cluster.kubectl(
            "logs", "-n", self.namespace, f"job/{job['metadata']['name']}"
        )
        facts: Facts = json.loads(printed)
        return facts

    def pod_of_job(self, name: str) -> Object:
        """Give a pod like that of a job, with the same labels and spec."""
        (job,) = [
            job
            for job in items_of(self.cluster, "jobs", self.namespace)
            if job["metadata"]["name"].startswith(f"{name}-")
        ]
        template = job["spec"]["template"]
        labels = {
            key: value
            for key, value in template["metadata"]["labels"].items()
            if key.startswith("pdfsecurity.dev/")
        }
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"namespace": self.namespace, "labels": labels},
            "spec": template["spec"],
        }

    def run_pod(self, pod: Object) -> Facts:
        """Run a pod to its end and read what its probe printed."""
        name = pod["metadata"]["name"]
        apply(self.cluster, pod)

        def ended() -> str | None:
            phase = self.cluster.kubectl(
                "get", "pod", name, "-n", self.namespace, "-o", "jsonpath={.status.phase}"
            )
            return phase if phase in ("Succeeded", "Failed") else None

        phase = wait_for(ended, f"pod {name} ended", 90)
        printed = self.cluster.kubectl("logs", "-n", self.namespace, name)
        assert phase == "Succeeded", printed
        facts: Facts = json.loads(printed)
        return facts


@pytest.fixture(scope="module")
def stage(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The stage, with both jobs done, and a metadata service to reach."""
    cluster = installation.cluster
    folder = tmp_path_factory.mktemp("probe")
    image = cluster.load_image(build_probe_image(installation, targets_of(cluster), folder))
    with temporary_namespace(cluster, "hardening") as namespace, metadata_service(cluster):
        built = Stage(installation, namespace, image)
        built.volume.write("in.pdf", b"never read")
        built.submit()
        wait_for_jobs(cluster, namespace, 2)
        yield built
        cluster.kubectl("delete", "psc", CLASS)


@pytest.fixture(scope="module")
def facts(stage: Stage) -> Facts:
    """What was found in the pod that uses the store."""
    return stage.facts_of_job("store")


CHECKS: dict[str, Callable[[Facts], bool]] = {
    "uid": lambda f: f["status"]["Uid"] == ["65532"] * 4,
    "gid": lambda f: f["status"]["Gid"] == ["65532"] * 4,
    "groups": lambda f: set(f["status"]["Groups"]) == {"65532"},
    "user-namespace": lambda f: f["uidMap"][0] == "0" and f["uidMap"][1] != "0",
    "no-capability": lambda f: all(
        int(f["status"][name][0], 16) == 0 for name in ("CapEff", "CapPrm", "CapBnd")
    ),
    "seccomp": lambda f: f["status"]["Seccomp"] == ["2"],
    "no-new-privileges": lambda f: f["status"]["NoNewPrivs"] == ["1"],
    "root-read-only": lambda f: (
        f["rootReadOnly"]
        and not any(
            f["writable"][folder]
            for folder in ("/", "/tmp", "/app/src", "/usr/bin", "/etc", "/var")
        )
    ),
    "scratch-is-tmpfs": lambda f: f["scratch"]["type"] == "tmpfs" and f["scratchWritable"],
    "scratch-bounded": lambda f: (
        f["scratch"]["bytes"] == SCRATCH_BYTES
        and f["filled"]["errno"] == 28
        and f["filled"]["bytes"] <= SCRATCH_BYTES
    ),
    "input-read-only": lambda f: not f["inputWritable"],
    "no-token": lambda f: not f["token"],
    "environment": lambda f: (
        [name for name in f["environment"] if name.startswith("NEIGHBOUR_")] == []
        and "PDF_SECURITY_REQUEST" in f["environment"]
    ),
    "secrets": lambda f: f["secrets"] == {
        "passwords/owner": "0o440",
        "s3/accessKeyId": "0o440",
        "s3/secretAccessKey": "0o440",
    },
    "api-service-closed": lambda f: not f["network"]["apiService"],
    "api-host-closed": lambda f: not f["network"]["apiHost"],
    "metadata-closed": lambda f: not f["network"]["metadata"],
    "other-pod-closed": lambda f: not f["network"]["otherPod"],
    "store-open": lambda f: f["network"]["storeHandshake"] and f["network"]["storeResolves"],
}  # fmt: skip
"""What must hold inside every pod."""


@pytest.mark.parametrize("name", CHECKS)
def test_inside_the_pod(facts: Facts, name: str) -> None:
    """A parser that is taken over would have what this line denies it."""
    assert CHECKS[name](facts), facts


def test_gap_is_known(facts: Facts) -> None:
    """The plugin would never have closed the way, or nobody would know how long it took."""
    gap = facts["network"]["closedAfterMilliseconds"]
    sys.stdout.write(f"policies held {gap} ms after the container's start\n")
    assert gap is not None


def test_without_a_store_no_network(stage: Stage) -> None:
    """A job that needs no store could still ask name servers, and tell them what it read."""
    network = stage.facts_of_job("claims")["network"]
    assert not network["storeHandshake"]
    assert not network["storeResolves"]
    assert not network["apiService"]


def make_input_writable(spec: Object) -> None:
    """Take away what keeps the input as it is: at the mount, and at the claim."""
    volume_of(spec, "input")["persistentVolumeClaim"].pop("readOnly", None)
    for mount in spec["containers"][0]["volumeMounts"]:
        if mount["name"] == "input":
            mount.pop("readOnly")


def volume_of(spec: Object, name: str) -> Object:
    """Find a volume."""
    found: Object = next(volume for volume in spec["volumes"] if volume["name"] == name)
    return found


MUTANTS: dict[str, tuple[Callable[[Object], object], str]] = {
    "host-users": (lambda spec: spec.pop("hostUsers"), "user-namespace"),
    "root-writable": (
        lambda spec: spec["containers"][0]["securityContext"].pop("readOnlyRootFilesystem"),
        "root-read-only",
    ),
    "token": (lambda spec: spec.pop("automountServiceAccountToken"), "no-token"),
    "service-links": (lambda spec: spec.pop("enableServiceLinks"), "environment"),
    "scratch-on-disk": (
        lambda spec: volume_of(spec, "scratch")["emptyDir"].pop("medium"),
        "scratch-is-tmpfs",
    ),
    "scratch-unbounded": (
        lambda spec: volume_of(spec, "scratch")["emptyDir"].pop("sizeLimit"),
        "scratch-bounded",
    ),
    "secrets-for-all": (
        lambda spec: volume_of(spec, "secrets")["projected"].update(defaultMode=0o444),
        "secrets",
    ),
    "secrets-whole": (
        lambda spec: [
            source["secret"].pop("items")
            for source in volume_of(spec, "secrets")["projected"]["sources"]
            if source["secret"]["name"] == "passwords"
        ],
        "secrets",
    ),
    "input-writable": (make_input_writable, "input-read-only"),
}
"""One protection taken out of the pod -> the check that must then fail."""


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_caught_inside(stage: Stage, name: str) -> None:
    """The check inside the pod would hold whether the protection is there or not."""
    mutate, check = MUTANTS[name]
    pod = copy.deepcopy(stage.pod_of_job("store"))
    pod["metadata"]["name"] = f"mutant-{name}"
    mutate(pod["spec"])
    assert not CHECKS[check](stage.run_pod(pod))


def container(**fields: Any) -> Callable[[Object], object]:
    """Change the container's security context; None removes a field."""

    def change(spec: Object) -> None:
        context = spec["containers"][0]["securityContext"]
        for name, value in fields.items():
            context[name] = value
            if value is None:
                del context[name]

    return change


REFUSED: dict[str, Callable[[Object], object]] = {
    "privileged": container(privileged=True),
    "escalation": container(allowPrivilegeEscalation=None),
    "capabilities-kept": container(capabilities=None),
    "capability-added": container(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
    "no-seccomp": lambda spec: [
        context.pop("seccompProfile")
        for context in (spec["securityContext"], spec["containers"][0]["securityContext"])
    ],
    "seccomp-off": container(seccompProfile={"type": "Unconfined"}),
    "host-network": lambda spec: spec.update(hostNetwork=True, hostUsers=None),
    "host-pid": lambda spec: spec.update(hostPID=True, hostUsers=None),
    "host-path": lambda spec: spec["volumes"].append({"name": "host", "hostPath": {"path": "/"}}),
    "root-without-user-namespace": lambda spec: (
        spec.update(hostUsers=None),
        spec["securityContext"].update(runAsUser=0),
        spec["containers"][0]["securityContext"].update(runAsUser=0),
    ),
}
"""What Pod Security `restricted` must refuse, so that no one needs to look inside."""


@pytest.mark.parametrize("name", REFUSED)
def test_mutant_is_refused(stage: Stage, name: str) -> None:
    """The namespace's own guard would not be there, and all would hang on the builder."""
    pod = copy.deepcopy(stage.pod_of_job("store"))
    pod["metadata"]["name"] = f"refused-{name}"
    REFUSED[name](pod["spec"])
    with pytest.raises(CommandFailedError, match=r"PodSecurity|Invalid"):
        stage.cluster.kubectl("create", "-f", "-", input=json.dumps(pod))


def test_without_policies_everything_is_reached(stage: Stage) -> None:
    """The network checks would pass on a cluster whose plugin enforces nothing."""
    stage.cluster.kubectl("delete", "networkpolicy", "--all", "-n", stage.namespace)
    time.sleep(1)
    pod = copy.deepcopy(stage.pod_of_job("store"))
    pod["metadata"]["name"] = "unconfined"
    network = stage.run_pod(pod)["network"]
    assert network["closedAfterMilliseconds"] is None
    for name in ("apiService", "apiHost", "metadata", "otherPod"):
        assert network[name], (name, network)
