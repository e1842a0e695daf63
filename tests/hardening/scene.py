"""Sets up what a probe looks at: a class with its image, volumes, Secrets, targets. Judges nothing.

The pods are the operator's own, or copies made with its pure builders.
"""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from cluster import Cluster
from cluster.storage import make_volume
from e2e_support import items_of, wait_for
from hardening import image, metadata
from hardening.rules import Wanted
from pdf_security_operator.api import ClassSpec, JobSpec
from pdf_security_operator.effective import effective_limits_of
from pdf_security_operator.job import build_job
from product import Installation, apply, build_class, build_credentials

Object = dict[str, Any]
Facts = dict[str, Any]

SCRATCH_BYTES = 16 * 1024**2
MEMORY_BYTES = 512 * 1024**2
NEIGHBOUR_PORT = 8000

WITH_STORE = Wanted(
    SCRATCH_BYTES,
    MEMORY_BYTES,
    frozenset(["passwords/reader", "passwords/owner", "s3/accessKeyId", "s3/secretAccessKey"]),
    open_ways=frozenset(["S3", "DNS"]),
)
CLAIMS_ONLY = Wanted(
    SCRATCH_BYTES,
    MEMORY_BYTES,
    frozenset(["passwords/reader"]),
    open_ways=frozenset(),
    writable=frozenset(["/data/output"]),
)
JOBS = {"with-store": WITH_STORE, "claims-only": CLAIMS_ONLY}


@dataclass(frozen=True)
class Scene:
    """A namespace in which jobs of the probe's class can run."""

    cluster: Cluster
    namespace: str
    probe_class: Object

    def create_jobs(self) -> None:
        """Create the PdfSecurityJobs that the operator is to turn into pods."""
        apply(self.cluster, *(self._resource(name) for name in JOBS))

    def built_pod(self, name: str) -> Object:
        """Build a pod as the operator would of the first job, lines and labels alike."""
        resource = self._resource("with-store")
        spec = JobSpec.model_validate(resource["spec"])
        class_spec = ClassSpec.model_validate(self.probe_class["spec"])
        job = build_job(
            {**resource["metadata"], "uid": "00000000-0000-0000-0000-000000000000"},
            spec,
            self.probe_class["metadata"]["name"],
            class_spec,
            effective_limits_of(spec, class_spec),
        )
        return self._pod(job, name)

    def copied_pod(self, job_name: str, name: str) -> Object:
        """Copy the pod template of a Job that the operator has created."""
        (job,) = [
            job
            for job in items_of(self.cluster, "jobs", self.namespace)
            if job["metadata"]["name"].startswith(job_name)
        ]
        return self._pod(job, name)

    def facts_of(self, pod: str) -> Facts:
        """Read what the probe has told.

        A kubelet that is busy may say for a moment, in place of a log, that it has none.
        """

        def told() -> str:
            log = self.cluster.kubectl("logs", pod, "-n", self.namespace)
            last = log.splitlines()[-1:]
            return last[0] if last and last[0].startswith("{") else ""

        facts: Facts = json.loads(wait_for(told, f"pod {pod} has a log", 20))
        return facts

    def ended(self, names: set[str], seconds: float = 90) -> dict[str, str]:
        """Wait until pods have ended or cannot start; return the phase or reason of each."""
        ends: dict[str, str] = {}

        def all_ended() -> bool:
            for pod in items_of(self.cluster, "pods", self.namespace):
                if pod["metadata"]["name"] in names:
                    ends[pod["metadata"]["name"]] = _end_of(pod)
            return set(ends) == names and all(ends.values())

        with suppress(TimeoutError):
            wait_for(all_ended, "", seconds)
        return {name: end or "never started" for name, end in ends.items()}

    def pod_of(self, job_name: str) -> Object:
        """Wait for the ended pod of a PdfSecurityJob."""

        def found() -> Object | None:
            for pod in items_of(self.cluster, "pods", self.namespace):
                owner = pod["metadata"].get("annotations", {}).get("pdfsecurity.dev/job-name")
                if owner == job_name and "ownerReferences" in pod["metadata"] and _end_of(pod):
                    return pod
            return None

        return wait_for(found, f"the pod of {job_name}", 90)

    def _pod(self, job: Object, name: str) -> Object:
        template = copy.deepcopy(job["spec"]["template"])
        own = ("batch.kubernetes.io/", "controller-uid", "job-name")
        labels = {
            key: value
            for key, value in template["metadata"]["labels"].items()
            if not key.startswith(own)
        }
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": self.namespace, "labels": labels},
            "spec": template["spec"],
        }

    def _resource(self, name: str) -> Object:
        spec: Object = {
            "className": self.probe_class["metadata"]["name"],
            "input": _on_claim(f"in/{name}.json"),
            "scratchSize": "16Mi",
            "backoffLimit": 0,
        }
        reader = {"name": "passwords", "key": "reader"}
        if name == "with-store":
            endpoint = self.probe_class["spec"]["storageEndpoints"][0]["url"]
            spec["output"] = {
                "s3": {
                    "endpoint": endpoint,
                    "bucket": "none",
                    "key": "none.pdf",
                    "credentialsSecretRef": {"name": "s3"},
                }
            }
            owner = {"name": "passwords", "key": "owner"}
            spec["operations"] = [
                {"encrypt": {"userPasswordSecretRef": reader, "ownerPasswordSecretRef": owner}}
            ]
        else:
            spec["output"] = _on_claim("out/none.pdf")
            spec["operations"] = [{"decrypt": {"passwordSecretRef": reader}}]
        return {
            "apiVersion": "pdfsecurity.dev/v1alpha1",
            "kind": "PdfSecurityJob",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": spec,
        }


def build_probe_class(installation: Installation, name: str, reference: str) -> Object:
    """Build a class that runs the probe's image, otherwise as the demonstration's."""
    probe_class = build_class(installation)
    probe_class["metadata"] = {"name": name}
    probe_class["spec"]["image"] = reference
    probe_class["spec"]["defaults"]["resources"] = {
        "requests": {"cpu": "10m", "memory": "32Mi"},
        "limits": {"cpu": "1", "memory": "512Mi"},
    }
    return probe_class


def set_up(installation: Installation, namespace: str, probe_class: Object) -> Scene:
    """Put Secrets, a claim and a neighbour into a namespace, and the list of targets on the claim.

    The Secrets hold more keys than any job names.
    """
    cluster = installation.cluster
    scene = Scene(cluster, namespace, probe_class)
    credentials = build_credentials(installation, namespace)
    credentials["stringData"]["other"] = "not for anybody"
    words = {"reader": "a", "owner": "b", "other": "c"}
    apply(
        cluster,
        credentials,
        _object("Secret", "passwords", namespace, stringData=words),
        _build_neighbour(namespace, probe_class["spec"]["image"]),
        _object(
            "Service",
            "neighbour",
            namespace,
            spec={"ports": [{"port": 80}], "selector": {"a": "b"}},
        ),
    )
    volume = make_volume(cluster.provider, "documents", namespace)
    cluster.kubectl(
        "wait", "pod/neighbour", "-n", namespace, "--for=condition=Ready", "--timeout=60s"
    )
    targets = _targets(cluster, namespace)
    for name, wanted in JOBS.items():
        listed = [{**target, "open": target["name"] in wanted.open_ways} for target in targets]
        volume.write(f"in/{name}.json", json.dumps(listed).encode())
    (volume.folder / "out").mkdir()
    return scene


def _targets(cluster: Cluster, namespace: str) -> list[Object]:
    """List the ways out of a pod: addresses, so that none is closed for want of its name."""

    def told(*what: str) -> str:
        return cluster.kubectl("get", *what).strip()

    service = told("service", "kubernetes", "-n", "default", "-o", "jsonpath={.spec.clusterIP}")
    host, port = told(
        "endpointslices", "kubernetes", "-n", "default",
        "-o", "jsonpath={.endpoints[0].addresses[0]} {.ports[0].port}",
    ).split()  # fmt: skip
    neighbour = told("pod", "neighbour", "-n", namespace, "-o", "jsonpath={.status.podIP}")
    dns = told("service", "kube-dns", "-n", "kube-system", "-o", "jsonpath={.spec.clusterIP}")
    dns_pod = told(
        "pods", "-n", "kube-system", "-l", "k8s-app=kube-dns",
        "-o", "jsonpath={.items[0].status.podIP}",
    )  # fmt: skip
    tcp = (
        ("API server's service", service, 443),
        ("API server's host", host, int(port)),
        ("cloud metadata", metadata.ADDRESS, metadata.PORT),
        ("neighbour", neighbour, NEIGHBOUR_PORT),
        ("name server's other port", dns_pod, 8080),
    )
    s3 = {"name": "S3", "how": "tls", "address": cluster.s3.cluster_ip, "port": 7070}
    question = "s3.storage.svc.cluster.local"
    return [
        *({"name": name, "how": "tcp", "address": a, "port": p} for name, a, p in tcp),
        {**s3, "server": "s3.storage.svc"},
        {"name": "DNS", "how": "dns", "address": dns, "port": 53, "question": question},
    ]


def _build_neighbour(namespace: str, reference: str) -> Object:
    container = {
        "name": "listener",
        "image": reference,
        "command": [image.PYTHON, "-I", f"/{image.PROGRAM}", str(NEIGHBOUR_PORT)],
        "readinessProbe": {"tcpSocket": {"port": NEIGHBOUR_PORT}, "periodSeconds": 1},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    user = {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {
        "containers": [container],
        "securityContext": user,
        "automountServiceAccountToken": False,
        # Nobody waits for it when the namespace goes.
        "terminationGracePeriodSeconds": 0,
    }
    return _object("Pod", "neighbour", namespace, spec=spec)


def _on_claim(path: str) -> Object:
    return {"persistentVolumeClaim": {"claimName": "documents", "path": path}}


def _object(kind: str, name: str, namespace: str, **content: Any) -> Object:
    metadata_ = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata_, **content}


def _end_of(pod: Object) -> str:
    """Name how a pod ended, or why its container never will start; empty while it may."""
    phase = str(pod["status"].get("phase", ""))
    if phase in ("Succeeded", "Failed"):
        return phase
    for container in pod["status"].get("containerStatuses", []):
        reason = str(container["state"].get("waiting", {}).get("reason", ""))
        if reason.startswith(("Create", "Run")) and reason.endswith("Error"):
            return reason
    return ""
