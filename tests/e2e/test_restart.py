"""The operator is killed in mid-work, again and again: nothing is lost, nothing is done twice."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import time
from base64 import b64encode
from collections import Counter
from pathlib import Path

from cluster import Cluster
from cluster.storage import make_volume
from demo import documents
from e2e_support import (
    Object,
    exclusive_operator,
    items_of,
    phase_of,
    temporary_namespace,
    wait_for,
    wait_for_jobs,
)
from product import DEPLOYMENT, NAMESPACE, Installation, apply

JOBS = 100
KILLS = 5
REFUSALS = range(400, 500)
COMMAND = b"-m\0pdf_security_operator\0"


def operator_processes() -> list[int]:
    """Find the operator's processes as this machine sees them."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if command.endswith(COMMAND):
                found.append(int(entry.name))
    return found


def audited(cluster: Cluster, namespace: str, resource: str, verb: str) -> Counter[str]:
    """Count what was asked for in a namespace by name, by the API server's own record.

    Refused requests are left out. Of one whose sender was killed before its answer the record does
    not say that it succeeded, although it may have: it counts.
    """
    found: Counter[str] = Counter()
    for line in cluster.layout.audit_log.read_text().splitlines():
        entry = json.loads(line)
        reference = entry.get("objectRef", {})
        if (
            entry.get("stage") == "ResponseComplete"
            and entry.get("verb") == verb
            and reference.get("resource") == resource
            and reference.get("namespace") == namespace
            and entry.get("responseStatus", {}).get("code", 0) not in REFUSALS
        ):
            found[reference.get("name", "")] += 1
    return found


def build_jobs(namespace: str, numbers: range) -> Object:
    """Give jobs by their numbers, each with an output of its own."""
    return {
        "apiVersion": "v1",
        "kind": "List",
        "items": [
            {
                "apiVersion": "pdfsecurity.dev/v1alpha1",
                "kind": "PdfSecurityJob",
                "metadata": {"name": f"job-{index:03}", "namespace": namespace},
                "spec": {
                    "input": {"configMap": {"name": "small", "key": "small.pdf"}},
                    "output": {
                        "persistentVolumeClaim": {
                            "claimName": "documents",
                            "path": f"out/{index:03}.pdf",
                        }
                    },
                    "operations": [{"removeMetadata": {}}],
                },
            }
            for index in numbers
        ],
    }


def kill_operators(cluster: Cluster) -> None:
    """Kill all replicas, and replace their pods so that no back-off delays the next ones."""
    killed = wait_for(operator_processes, "an operator runs", 30)
    for process in killed:
        os.kill(process, signal.SIGKILL)
    selector = ["-n", NAMESPACE, "-l", f"app.kubernetes.io/name={DEPLOYMENT}"]
    cluster.kubectl("delete", "pod", *selector, "--force", "--grace-period=0")
    cluster.kubectl("rollout", "status", f"deployment/{DEPLOYMENT}", "-n", NAMESPACE)
    wait_for(lambda: set(operator_processes()) - set(killed), "a new one")


def _begin(cluster: Cluster, namespace: str, numbers: range) -> None:
    """Create jobs, and return when the first of them is being worked on."""
    before = len(items_of(cluster, "jobs", namespace))
    cluster.kubectl("create", "-f", "-", input=json.dumps(build_jobs(namespace, numbers)))
    wait_for(lambda: len(items_of(cluster, "jobs", namespace)) > before, "a further Job")


def test_hundred_jobs_while_the_operator_dies(installation: Installation) -> None:
    """A job would be lost, run twice, or left without a status when the operator dies."""
    cluster = installation.cluster
    content = (documents.fetch() / "classified.pdf").read_bytes()
    with exclusive_operator(), temporary_namespace(cluster, "restart") as namespace:
        volume = make_volume(cluster.provider, "documents", namespace)
        small = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "small", "namespace": namespace},
            "binaryData": {"small.pdf": b64encode(content).decode()},
        }
        apply(cluster, small)
        begun = time.monotonic()
        share = JOBS // KILLS
        for kill in range(KILLS):
            # In mid-work: a replica that has just come waits for the Lease of the one before.
            _begin(cluster, namespace, range(kill * share, (kill + 1) * share))
            ended_early = sum(
                phase_of(job) == "Succeeded" for job in items_of(cluster, "psj", namespace)
            )
            kill_operators(cluster)
        jobs = wait_for_jobs(cluster, namespace, JOBS, 240)
        seconds = time.monotonic() - begun
        created = audited(cluster, namespace, "jobs", "create")
        patches = audited(cluster, namespace, "pdfsecurityjobs", "patch")
        figures = {
            "jobs": len(jobs),
            "succeeded": sum(phase_of(job) == "Succeeded" for job in jobs),
            "kills": KILLS,
            "finished_before_last_kill": ended_early,
            "jobs_created": len(created),
            "status_writes_per_job": round(patches.total() / JOBS, 2),
            "seconds": round(seconds, 1),
        }
        sys.stdout.write(json.dumps(figures) + "\n")
        assert figures["succeeded"] == JOBS, [job for job in jobs if phase_of(job) != "Succeeded"][
            :1
        ]
        # A name is of one UID: none was created that is not there, and none of them twice.
        there = {job["metadata"]["name"] for job in items_of(cluster, "jobs", namespace)}
        assert set(created) == there
        assert len(there) == JOBS
        assert audited(cluster, namespace, "jobs", "delete") == {}
        assert ended_early < JOBS, "all was done before the last kill: the test proved nothing"
        assert patches.total() <= JOBS * 8
        for index, job in enumerate(sorted(jobs, key=lambda job: str(job["metadata"]["name"]))):
            output = (volume.folder / "out" / f"{index:03}.pdf").read_bytes()
            assert hashlib.sha256(output).hexdigest() == job["status"]["report"]["output"]["sha256"]
        assert list((volume.folder / "out").glob(".*")) == []


def test_ends_cleanly_when_told_to(installation: Installation) -> None:
    """An update of the operator would take its grace time to the full, or end in a kill."""
    cluster = installation.cluster
    with exclusive_operator():
        process = wait_for(operator_processes, "an operator runs", 30)[0]
        begun = time.monotonic()
        os.kill(process, signal.SIGTERM)
        wait_for(lambda: process not in operator_processes(), "the operator ended", 15)
        sys.stdout.write(f"ended {time.monotonic() - begun:.1f} s after SIGTERM\n")

        def exit_codes() -> list[int]:
            containers = [
                pod["status"]["containerStatuses"][0]
                for pod in items_of(cluster, "pods", NAMESPACE)
                if not pod["metadata"].get("deletionTimestamp")
            ]
            states = [container["lastState"] | container["state"] for container in containers]
            return [state["terminated"]["exitCode"] for state in states if "terminated" in state]

        assert wait_for(exit_codes, "the exit code is known", 30) == [0]
        cluster.kubectl("rollout", "status", f"deployment/{DEPLOYMENT}", "-n", NAMESPACE)


def test_replicas_do_nothing_twice(installation: Installation) -> None:
    """Replicas that stand by would run a document a second time."""
    cluster = installation.cluster
    number = 10
    content = (documents.fetch() / "classified.pdf").read_bytes()
    with exclusive_operator(), temporary_namespace(cluster, "second") as namespace:
        make_volume(cluster.provider, "documents", namespace)
        small = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "small", "namespace": namespace},
            "binaryData": {"small.pdf": b64encode(content).decode()},
        }
        apply(cluster, small)
        cluster.kubectl("rollout", "status", f"deployment/{DEPLOYMENT}", "-n", NAMESPACE)
        assert len(wait_for(operator_processes, "operators run", 30)) > 1
        cluster.kubectl("create", "-f", "-", input=json.dumps(build_jobs(namespace, range(number))))
        jobs = wait_for_jobs(cluster, namespace, number)
        assert all(phase_of(job) == "Succeeded" for job in jobs)
        created = audited(cluster, namespace, "jobs", "create")
        assert (len(created), created.total()) == (number, number)
