"""A namespace with a class, a bucket and credentials, and what tests ask and do there.

No assertions. The API is asked through `kubectl proxy`: hundreds of questions, and no process each.
"""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from api_client import AnsweredError, Api, path_of
from cluster import Cluster
from demo.stage import connect
from e2e_support import exclusive_operator, phase_of, wait_for
from product import DEPLOYMENT, Installation, build_class, build_credentials
from product import NAMESPACE as OPERATOR_NAMESPACE

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Object = dict[str, Any]

OPERATOR_USER = f"system:serviceaccount:{OPERATOR_NAMESPACE}:{DEPLOYMENT}"

REPLICAS = 2
"""As `manifests/base` has it."""

MISSING_SECRET = "comes-later"
"""A job that names it has a pod that waits: nothing is as sure to be in mid-run."""


@contextmanager
def open_api(cluster: Cluster) -> Iterator[Api]:
    """Open a way to the API server for as long as it is needed."""
    # It ends with the tests however they end: what is left over is in the way of the next ones.
    command = ["setpriv", "--pdeathsig", "KILL", str(cluster.kubectl_path)]
    command += [f"--kubeconfig={cluster.kubeconfig}", "proxy", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as proxy:
        try:
            assert proxy.stdout is not None
            # "Starting to serve on 127.0.0.1:43211"
            yield Api(f"http://{proxy.stdout.readline().split()[-1]}")
        finally:
            proxy.terminate()


def build_job(name: str, spec: Object) -> Object:
    """Build a PdfSecurityJob."""
    return {
        "apiVersion": "pdfsecurity.dev/v1alpha1",
        "kind": "PdfSecurityJob",
        "metadata": {"name": name},
        "spec": spec,
    }


@dataclass(frozen=True)
class Scene:
    """One namespace; its class and its bucket bear its name."""

    api: Api
    installation: Installation
    namespace: str
    s3: S3Client
    _classes: list[str] = field(default_factory=list)

    @property
    def bucket(self) -> str:
        """Bucket of the documents."""
        return self.namespace

    def add_class(self, name: str = "", **spec: Any) -> Object:
        """Create a class, removed with the scene; the namespace's own without a name."""
        body = build_class(self.installation)
        name = name or self.namespace
        body["metadata"] = {"name": name}
        body["spec"].update(spec)
        self._classes.append(name)
        return self.api.create("pdfsecurityclasses", body)

    def remove_classes(self) -> None:
        """Delete the classes that were added."""
        for name in self._classes:
            self.api.delete("pdfsecurityclasses", name)

    def add_secret(self, name: str, **values: str) -> None:
        """Create a Secret."""
        body = {"metadata": {"name": name}, "stringData": values}
        self.api.create("secrets", body, self.namespace)

    def add_missing_secret(self) -> None:
        """Create the Secret that `waiting_spec` waits for."""
        self.add_secret(MISSING_SECRET, user="one-password", owner="another-password")

    def put(self, key: str, content: bytes) -> bytes:
        """Put a document into the bucket."""
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)
        return content

    def objects(self) -> set[str]:
        """List what lies in the bucket."""
        found = self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return {entry["Key"] for entry in found}

    def at(self, key: str, **changes: Any) -> Object:
        """Build a location in the bucket."""
        place = {
            "endpoint": self.installation.cluster.s3.endpoint,
            "bucket": self.bucket,
            "key": key,
            "credentialsSecretRef": {"name": "s3"},
        }
        return {"s3": {**place, **changes}}

    def spec(self, source: str = "plain.pdf", target: str = "", **changes: Any) -> Object:
        """Build a spec: a document of the bucket to the bucket, its metadata removed."""
        return {
            "className": self.namespace,
            "input": self.at(source),
            "output": self.at(target or f"out-{uuid.uuid4().hex}.pdf"),
            "operations": [{"removeMetadata": {}}],
            **changes,
        }

    def waiting_spec(self, **changes: Any) -> Object:
        """Build a spec whose pod waits for a Secret that is not there."""
        encrypt = {
            f"{who}PasswordSecretRef": {"name": MISSING_SECRET, "key": who}
            for who in ("user", "owner")
        }
        return self.spec(operations=[{"encrypt": encrypt}], **changes)

    def start(self, name: str, spec: Object | None = None) -> Object:
        """Create a PdfSecurityJob."""
        return self.api.create(
            "pdfsecurityjobs", build_job(name, spec or self.spec()), self.namespace
        )

    def is_accepted(self, spec: Object) -> bool:
        """Tell whether the API server would take a job; it keeps none."""
        path = f"{path_of('pdfsecurityjobs', self.namespace)}?dryRun=All"
        try:
            self.api.call("POST", path, json=build_job("trial", spec))
        except AnsweredError:
            return False
        return True

    def change(self, name: str, **fields: Any) -> Object:
        """Change fields of a PdfSecurityJob's spec."""
        return self.api.patch("pdfsecurityjobs", name, {"spec": fields}, self.namespace)

    def remove(self, name: str) -> None:
        """Delete a PdfSecurityJob."""
        self.api.delete("pdfsecurityjobs", name, self.namespace)

    def read(self, name: str) -> Object:
        """Read a PdfSecurityJob; empty where there is none."""
        return self.api.get("pdfsecurityjobs", name, self.namespace) or {}

    def until(self, name: str, phase: str, reason: str = "", seconds: float = 60) -> Object:
        """Wait until a PdfSecurityJob has a phase, and a reason where one is given."""
        seen: Object = {}

        def arrived() -> Object | None:
            job = self.read(name)
            seen.update(job.get("status", {}))
            fits = phase_of(job) == phase and reason in ("", job["status"]["reason"])
            if not fits and phase_of(job) in ("Succeeded", "Failed"):
                raise AssertionError(f"{name} is to be {phase} {reason}, and is {seen}")
            return job if fits else None

        try:
            return wait_for(arrived, f"{name} {phase} {reason}", seconds)
        except TimeoutError as late:
            raise TimeoutError(f"{late}; last seen: {seen}") from None

    def ended(self, name: str, seconds: float = 90) -> Object:
        """Wait until a PdfSecurityJob has ended in whatever way; return it."""

        def final() -> Object | None:
            job = self.read(name)
            return job if phase_of(job) in ("Succeeded", "Failed") else None

        return wait_for(final, f"{name} ended", seconds)

    def jobs_of(self, job: Object) -> list[Object]:
        """List the Jobs of a PdfSecurityJob."""
        return self.api.list("jobs", self.namespace, labelSelector=_selector(job))

    def pods_of(self, job: Object) -> list[Object]:
        """List the pods of a PdfSecurityJob."""
        return self.api.list("pods", self.namespace, labelSelector=_selector(job))

    def policies(self) -> dict[str, Object]:
        """List the NetworkPolicies by name."""
        found = self.api.list("networkpolicies", self.namespace)
        return {policy["metadata"]["name"]: policy for policy in found}

    def events_of(self, job: Object, awaited: str = "") -> list[tuple[str, str]]:
        """List type and reason of a PdfSecurityJob's events, in the order in which they came.

        Args:
            job: the resource.
            awaited: a reason that is waited for: an event follows the status that it tells of.
        """
        if awaited:
            wait_for(
                lambda: awaited in {reason for _, reason in self.events_of(job)},
                f"an event {awaited} of {job['metadata']['name']}",
                10,
            )
        selector = f"involvedObject.uid={job['metadata']['uid']}"
        events = self.api.list("events", self.namespace, fieldSelector=selector)
        events.sort(key=lambda event: int(event["metadata"]["resourceVersion"]))
        return [(event["type"], event["reason"]) for event in events]

    def writes(self) -> list[Object]:
        """Give the audit log's writes in the namespace, in their order."""
        log = self.installation.cluster.layout.audit_log
        with log.open() as lines:
            entries = [json.loads(line) for line in lines if f'"{self.namespace}"' in line]
        return [entry for entry in entries if entry["objectRef"].get("namespace") == self.namespace]


def conditions_of(job: Object) -> dict[str, Object]:
    """Conditions of a PdfSecurityJob by type."""
    return {entry["type"]: entry for entry in job.get("status", {}).get("conditions", [])}


def creations(writes: list[Object], plural: str, name: str = "") -> list[int]:
    """Give the places of successful creations among the audit log's writes."""
    return [
        place
        for place, entry in enumerate(writes)
        if entry["verb"] == "create"
        and entry["responseStatus"]["code"] == 201
        and entry["objectRef"]["resource"] == plural
        and not entry["objectRef"].get("subresource")
        and entry["objectRef"].get("name", "").startswith(name)
    ]


@contextmanager
def open_scene(api: Api, installation: Installation, prefix: str) -> Iterator[Scene]:
    """Make a namespace with credentials and a bucket; all of it goes in the end."""
    name = f"{prefix}-{uuid.uuid4().hex[:8]}"
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    api.create("namespaces", {"metadata": {"name": name, "labels": labels}})
    scene = Scene(api, installation, name, connect(installation.cluster.s3))
    scene.s3.create_bucket(Bucket=scene.bucket)
    try:
        api.create("secrets", build_credentials(installation, name), name)
        yield scene
    finally:
        api.delete("namespaces", name)
        scene.remove_classes()
        for key in scene.objects():
            scene.s3.delete_object(Bucket=scene.bucket, Key=key)
        scene.s3.close()


@contextmanager
def operator_down(api: Api) -> Iterator[None]:
    """Stop the operator, and have it back in the end, whatever happens between."""
    with exclusive_operator():
        try:
            _scale(api, 0)
            yield
        finally:
            _scale(api, REPLICAS)


def _scale(api: Api, replicas: int) -> None:
    api.patch("deployments", DEPLOYMENT, {"spec": {"replicas": replicas}}, OPERATOR_NAMESPACE)

    def settled() -> bool:
        label = f"app.kubernetes.io/name={DEPLOYMENT}"
        pods = api.list("pods", OPERATOR_NAMESPACE, labelSelector=label)
        return len(pods) == replicas and all(
            status.get("ready") for pod in pods for status in _containers(pod)
        )

    wait_for(settled, f"{replicas} operators", 90)


def _containers(pod: Object) -> list[Object]:
    return pod.get("status", {}).get("containerStatuses") or [{}]


def _selector(job: Object) -> str:
    return f"pdfsecurity.dev/job-uid={job['metadata']['uid']}"
